//! A small internet on loopback.

use std::{
    collections::BTreeMap,
    fmt, io,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use data_encoding::BASE64;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream, UdpSocket},
    task::{JoinHandle, JoinSet},
};

use super::Internet;
use crate::dns::Name;

/// How many ports are tried until one is free on every address.
const ATTEMPTS: usize = 50;
const LOOK_AGAIN: Duration = Duration::from_millis(250);
const IDLE: Duration = Duration::from_secs(10);

/// A small internet on loopback, until this is dropped.
///
/// Each name server has its own address, all with the same port, where the system lets a program have any address of
/// 127.0.0.0/8, as Linux does. 127.0.0.1 is a resolver, which follows the delegations of this world and does not
/// validate: that is left to those who ask it.
pub struct Served {
    port: u16,
    internet: Internet,
    listening: Arc<Mutex<BTreeMap<Name, Ipv4Addr>>>,
    task: JoinHandle<()>,
}

impl Served {
    pub(super) async fn start(internet: Internet) -> io::Result<Self> {
        let mut attempts = 0;
        let (resolver, servers) = loop {
            attempts += 1;
            match bind_all(&internet).await {
                Err(error) if error.kind() == io::ErrorKind::AddrInUse && attempts < ATTEMPTS => {}
                bound => break bound?,
            }
        };
        let port = resolver.1.local_addr()?.port();
        let mut tasks = JoinSet::new();
        listen(&mut tasks, &internet, resolver, Role::Resolver);
        let listening: Arc<Mutex<BTreeMap<Name, Ipv4Addr>>> = Arc::default();
        let mut keeper = Keeper { internet: internet.clone(), port, tasks, listening: listening.clone() };
        for (server, address, sockets) in servers {
            keeper.take(server, address, sockets);
        }
        // Dropped with this task, and all sockets with it.
        let task = tokio::spawn(async move {
            loop {
                tokio::time::sleep(LOOK_AGAIN).await;
                keeper.look().await;
            }
        });
        Ok(Self { port, internet, listening, task })
    }

    /// The port of the resolver and of every name server.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The address of the resolver.
    pub fn resolver(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.port).into()
    }

    /// The name servers that can be asked, and where. One that is added while the world is served follows in an
    /// instant.
    pub fn servers(&self) -> BTreeMap<Name, SocketAddr> {
        let listening = self.listening.lock().unwrap_or_else(PoisonError::into_inner);
        listening.iter().map(|(server, address)| (server.clone(), (*address, self.port).into())).collect()
    }

    /// The file that `delv -a` reads: `delv @127.0.0.1 -p PORT -a FILE +root=. www.example.org`.
    pub fn delv_conf(&self) -> String {
        let key = self.internet.trust_anchor();
        let public_key = BASE64.encode(&key.public_key);
        format!(
            "trust-anchors {{\n    . static-key {} {} {} \"{public_key}\";\n}};\n",
            key.flags, key.protocol, key.algorithm
        )
    }

    /// The file that `unbound-host -C` reads: `unbound-host -v -C FILE www.example.org`.
    pub fn unbound_conf(&self) -> String {
        format!(
            "server:\n    do-not-query-localhost: no\n    use-syslog: no\n    trust-anchor: \". DNSKEY {}\"\n\
             forward-zone:\n    name: \".\"\n    forward-addr: 127.0.0.1@{}\n",
            self.internet.trust_anchor(),
            self.port
        )
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl fmt::Debug for Served {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Served({})", self.resolver())
    }
}

type Bound = (UdpSocket, TcpListener);

async fn bind(address: Ipv4Addr, port: u16) -> io::Result<Bound> {
    let udp = UdpSocket::bind((address, port)).await?;
    let tcp = TcpListener::bind((address, udp.local_addr()?.port())).await?;
    Ok((udp, tcp))
}

/// The resolver on a port of the system's choice, and every name server on the same.
async fn bind_all(internet: &Internet) -> io::Result<(Bound, Vec<(Name, Ipv4Addr, Bound)>)> {
    let resolver = bind(Ipv4Addr::LOCALHOST, 0).await?;
    let port = resolver.1.local_addr()?.port();
    let mut servers = Vec::new();
    for (server, address) in internet.servers() {
        match bind(address, port).await {
            Ok(sockets) => servers.push((server, address, sockets)),
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => return Err(error),
            // The system does not let us have this address.
            Err(_) => {}
        }
    }
    Ok((resolver, servers))
}

/// Lets name servers that come up later listen, too.
struct Keeper {
    internet: Internet,
    port: u16,
    tasks: JoinSet<()>,
    listening: Arc<Mutex<BTreeMap<Name, Ipv4Addr>>>,
}

impl Keeper {
    async fn look(&mut self) {
        for (server, address) in self.internet.servers() {
            let is_new = !self.listening.lock().unwrap_or_else(PoisonError::into_inner).contains_key(&server);
            if is_new && let Ok(sockets) = bind(address, self.port).await {
                self.take(server, address, sockets);
            }
        }
    }

    fn take(&mut self, server: Name, address: Ipv4Addr, sockets: Bound) {
        listen(&mut self.tasks, &self.internet, sockets, Role::Server(address.into()));
        self.listening.lock().unwrap_or_else(PoisonError::into_inner).insert(server, address);
    }
}

/// Who answers on a socket.
#[derive(Clone, Copy)]
enum Role {
    Resolver,
    Server(IpAddr),
}

impl Role {
    fn answer(self, internet: &Internet, query: &[u8], over_udp: bool) -> Option<Vec<u8>> {
        match self {
            Self::Resolver => internet.answer_resolved(query, over_udp),
            Self::Server(address) => internet.answer_at(address, query, over_udp),
        }
    }
}

fn listen(tasks: &mut JoinSet<()>, internet: &Internet, (udp, tcp): Bound, role: Role) {
    tasks.spawn(answer_datagrams(internet.clone(), udp, role));
    let internet = internet.clone();
    tasks.spawn(async move {
        let mut connections = JoinSet::new();
        loop {
            while connections.try_join_next().is_some() {}
            if let Ok((stream, _)) = tcp.accept().await {
                connections.spawn(answer_stream(internet.clone(), stream, role));
            }
        }
    });
}

async fn answer_datagrams(internet: Internet, udp: UdpSocket, role: Role) {
    let mut buffer = vec![0; usize::from(u16::MAX)];
    loop {
        // An error here is one of an earlier answer that did not arrive.
        let Ok((length, client)) = udp.recv_from(&mut buffer).await else {
            continue;
        };
        if let Some(answer) = role.answer(&internet, &buffer[..length], true) {
            let _ = udp.send_to(&answer, client).await;
        }
    }
}

/// Ends when the client goes, sends what is no question, or nothing for a while.
async fn answer_stream(internet: Internet, mut stream: TcpStream, role: Role) {
    let _ = stream.set_nodelay(true);
    while let Ok(Ok(length)) = tokio::time::timeout(IDLE, stream.read_u16()).await {
        let mut query = vec![0; length.into()];
        if stream.read_exact(&mut query).await.is_err() {
            return;
        }
        let Some(mut answer) = role.answer(&internet, &query, false) else {
            return;
        };
        let Ok(length) = u16::try_from(answer.len()) else {
            return;
        };
        answer.splice(..0, length.to_be_bytes());
        if stream.write_all(&answer).await.is_err() {
            return;
        }
    }
}
