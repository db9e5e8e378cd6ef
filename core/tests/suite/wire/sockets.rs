//! Real sockets, in real time.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use howdah_core::dns::{
    RecordData, RecordType, Txt,
    wire::{Exchange as _, ExchangeError, Observer, Rcode, Seen, Server, Sockets},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, UdpSocket},
};

use super::world::{name, one_record};

const LOCAL: &str = "127.0.0.1:0";

async fn ask(at: SocketAddr) -> Seen<howdah_core::dns::wire::Answer> {
    let sockets = Sockets::new().with_timeout(Duration::from_millis(200));
    let observer = Observer::over(std::sync::Arc::new(sockets)).with_port(at.port());
    let server = Server { name: name("ns.example.org"), address: at.ip() };
    observer.ask(&server, &name("example.org"), &RecordType::Txt).await
}

fn text(text: &str) -> RecordData {
    RecordData::Txt(Txt::from_bytes(text))
}

fn first(seen: &Seen<howdah_core::dns::wire::Answer>) -> String {
    let set = seen.answered().and_then(|answer| answer.set.as_ref());
    set.unwrap_or_else(|| panic!("{seen:?}")).data().first().unwrap().to_string()
}

async fn receive(socket: &UdpSocket) -> (Vec<u8>, SocketAddr) {
    let mut buffer = vec![0; 4096];
    let (length, from) = socket.recv_from(&mut buffer).await.unwrap();
    buffer.truncate(length);
    (buffer, from)
}

#[tokio::test]
async fn a_question_that_was_lost_is_repeated() {
    let socket = UdpSocket::bind(LOCAL).await.unwrap();
    let at = socket.local_addr().unwrap();
    let server = tokio::spawn(async move {
        let (lost, _) = receive(&socket).await;
        let (query, from) = receive(&socket).await;
        assert_eq!(query, lost);
        // Forged answers come first: of another number, to another question, and no answer at all.
        let good = one_record(&query, &text("good"));
        for (byte, bit) in [(0, 1), (13, 1), (2, 0x80)] {
            let mut forged = good.clone();
            forged[byte] ^= bit;
            socket.send_to(&forged, from).await.unwrap();
        }
        socket.send_to(&[], from).await.unwrap();
        socket.send_to(&good, from).await.unwrap();
        query
    });
    assert_eq!(first(&ask(at).await), "\"good\"");
    let query = server.await.unwrap();
    // No recursion; EDNS with room for 1232 bytes and the wish for signatures.
    assert_eq!((query[2] & 1, &query[query.len() - 11..]), (0, &[0, 0, 41, 4, 208, 0, 0, 0x80, 0, 0, 0][..]));
}

#[tokio::test]
async fn what_does_not_fit_comes_over_tcp() {
    let listener = TcpListener::bind(LOCAL).await.unwrap();
    let at = listener.local_addr().unwrap();
    let socket = UdpSocket::bind(at).await.unwrap();
    let long = "x".repeat(20_000);
    let expected = text(&long);
    tokio::spawn(async move {
        let (query, from) = receive(&socket).await;
        let mut cut = one_record(&query, &text(""));
        cut[2] |= 2;
        socket.send_to(&cut, from).await.unwrap();
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut again = vec![0; stream.read_u16().await.unwrap().into()];
        stream.read_exact(&mut again).await.unwrap();
        assert_eq!(again, query);
        let reply = one_record(&query, &text(&long));
        stream.write_u16(u16::try_from(reply.len()).unwrap()).await.unwrap();
        stream.write_all(&reply).await.unwrap();
    });
    assert_eq!(first(&ask(at).await), expected.to_string());
}

#[tokio::test]
async fn tcp_that_is_refused_is_no_answer() {
    let socket = UdpSocket::bind(LOCAL).await.unwrap();
    let at = socket.local_addr().unwrap();
    tokio::spawn(async move {
        let (query, from) = receive(&socket).await;
        let mut cut = one_record(&query, &text(""));
        cut[2] |= 2;
        socket.send_to(&cut, from).await.unwrap();
    });
    assert!(ask(at).await.why().unwrap().contains("refused"));
}

#[tokio::test]
async fn a_closed_port_is_told_at_once() {
    let at = UdpSocket::bind(LOCAL).await.unwrap().local_addr().unwrap();
    let began = Instant::now();
    let seen = ask(at).await;
    assert!(seen.why().unwrap().contains("refused"), "{seen:?}");
    assert!(began.elapsed() < Duration::from_millis(150), "{:?}", began.elapsed());
}

#[tokio::test]
async fn silence_ends_after_three_questions() {
    let socket = UdpSocket::bind(LOCAL).await.unwrap();
    let began = Instant::now();
    let seen = ask(socket.local_addr().unwrap()).await;
    assert_eq!(seen.why(), Some("no answer"));
    assert!(began.elapsed() >= Duration::from_millis(600));
    for _ in 0..3 {
        receive(&socket).await;
    }
    assert!(socket.try_recv_from(&mut [0; 512]).is_err());
}

#[tokio::test]
async fn an_error_may_come_without_the_question() {
    let socket = UdpSocket::bind(LOCAL).await.unwrap();
    let at = socket.local_addr().unwrap();
    tokio::spawn(async move {
        let (query, from) = receive(&socket).await;
        let reply = [&query[..2], &[0x80, 1, 0, 0, 0, 0, 0, 0, 0, 0]].concat();
        socket.send_to(&reply, from).await.unwrap();
    });
    assert_eq!(ask(at).await.answered().map(|answer| answer.rcode), Some(Rcode(1)));
}

#[tokio::test]
async fn ipv6_that_is_not_there_is_told_apart() {
    // This address is of a network that no machine has (RFC 6666): it is refused, or swallowed, or there is no IPv6.
    let sockets = Sockets::default().with_timeout(Duration::from_millis(50));
    let outcome = sockets.exchange("[100::1]:53".parse().unwrap(), &[0; 17]).await;
    match UdpSocket::bind("[::1]:0").await {
        Ok(_) => assert!(outcome.is_err()),
        Err(_) => assert!(matches!(outcome, Err(ExchangeError::NoIpv6)), "{outcome:?}"),
    }
}
