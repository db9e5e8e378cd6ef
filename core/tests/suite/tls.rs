//! What handshakes show, against listeners in memory and on loopback.

use std::sync::Arc;

use howdah_core::{
    ErrorKind,
    certificate::{
        CertBundle, CertTarget, TlsEndpoint,
        tls::{Observer, Roots},
    },
    testing::{Edge, Issued, Listening, MemoryCertTarget, TestAuthority},
};
use jiff::{SignedDuration, Timestamp};

const MONTH: SignedDuration = SignedDuration::from_hours(30 * 24);

fn edge(issued: &Issued, chain: String) -> Edge {
    let key = issued.key.clone();
    Edge::new(move |hello| (hello.port == 443).then(|| Listening::new(chain.as_str(), key.clone())))
}

fn observer(edge: Edge, authority: &TestAuthority) -> Observer {
    Observer::new(Arc::new(edge), Roots::from_pem(authority.root()).unwrap()).unwrap()
}

#[tokio::test(start_paused = true)]
async fn what_is_presented_is_seen() {
    let now = Timestamp::now();
    let authority = TestAuthority::new(now);
    let issued = authority.issue(&["vmst.io", "*.vmst.io"], MONTH);
    let bundle = CertBundle::read([issued.full_chain().as_str(), issued.key.expose()], now).unwrap();
    let observer = observer(edge(&issued, issued.full_chain()), &authority);
    let presented = observer.look(&TlsEndpoint::new("www.vmst.io"), now).await.unwrap();
    assert_eq!(presented.sha256, bundle.sha256());
    assert_eq!(presented.names, ["vmst.io", "*.vmst.io"]);
    assert_eq!(presented.not_after, bundle.not_after());
    assert_eq!(presented.protocol.as_deref(), Some("http/1.1"));
    assert_eq!(presented.distrust, None);
}

#[tokio::test(start_paused = true)]
async fn what_a_browser_would_not_take_is_named() {
    let now = Timestamp::now();
    let authority = TestAuthority::new(now);
    let issued = authority.issue(&["vmst.io"], MONTH);
    let whole = observer(edge(&issued, issued.full_chain()), &authority);
    let bare = observer(edge(&issued, issued.leaf.clone()), &authority);
    let foreign = observer(edge(&issued, issued.full_chain()), &TestAuthority::new(now));
    for (observer, host, at, why) in [
        (&whole, "docs.vmst.io", now, "the certificate is for other names"),
        (&whole, "vmst.io", now + MONTH, "a certificate has expired"),
        (&whole, "vmst.io", now - MONTH, "a certificate is not valid yet"),
        (
            &bare,
            "vmst.io",
            now,
            "it leads to no root that is trusted here, as when an intermediate certificate is missing",
        ),
        (&foreign, "vmst.io", now, "it was not signed by whom it names"),
    ] {
        let presented = observer.look(&TlsEndpoint::new(host), at).await.unwrap();
        assert_eq!(presented.distrust.as_deref(), Some(why), "{host} at {at}");
    }
    let bundle = CertBundle::read([issued.full_chain().as_str(), issued.key.expose()], now).unwrap();
    assert_eq!(whole.distrust(&bundle, "vmst.io", now), None);
    assert_eq!(whole.distrust(&bundle, "docs.vmst.io", now).as_deref(), Some("the certificate is for other names"));
    assert_eq!(foreign.distrust(&bundle, "vmst.io", now).as_deref(), Some("it was not signed by whom it names"));
}

#[tokio::test(start_paused = true)]
async fn who_does_not_answer_is_an_error_that_says_where() {
    let now = Timestamp::now();
    let authority = TestAuthority::new(now);
    let issued = authority.issue(&["vmst.io"], MONTH);
    let observer = observer(edge(&issued, issued.full_chain()), &authority);
    let endpoint = TlsEndpoint::new("vmst.io").with_port(8443).with_address("203.0.113.7");
    let error = observer.look(&endpoint, now).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Transport);
    assert!(error.message().starts_with("vmst.io:8443 at 203.0.113.7 shook no hands"), "{error}");
    let error = observer.look(&TlsEndpoint::new("not a host"), now).await.unwrap_err();
    assert!(error.is_invalid() && error.message() == "`not a host` cannot be the name of a host", "{error}");
    assert_eq!(Roots::from_pem("nothing").unwrap_err().kind(), ErrorKind::Config);
}

/// A listener that takes connections and says nothing.
#[derive(Debug)]
struct Silent;

#[async_trait::async_trait]
impl howdah_core::certificate::tls::Dial for Silent {
    async fn dial(&self, _: &str, _: u16) -> std::io::Result<Box<dyn howdah_core::certificate::tls::Connection>> {
        let (ours, theirs) = tokio::io::duplex(1024 * 1024);
        tokio::spawn(async move {
            tokio::time::sleep(std::time::Duration::from_secs(3600)).await;
            drop(theirs);
        });
        Ok(Box::new(ours))
    }
}

#[tokio::test(start_paused = true)]
async fn who_says_nothing_is_not_waited_for_long() {
    let now = Timestamp::now();
    let roots = Roots::from_pem(TestAuthority::new(now).root()).unwrap();
    let observer = Observer::new(Arc::new(Silent), roots).unwrap();
    let error = observer.look(&TlsEndpoint::new("vmst.io"), now).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
    assert_eq!(error.message(), "vmst.io:443 did not answer within 10 seconds");
}

#[tokio::test(start_paused = true)]
async fn a_target_says_where_its_listeners_are() {
    let now = Timestamp::now();
    let authority = TestAuthority::new(now);
    let issued = authority.issue(&["vmst.io"], MONTH);
    let bundle = CertBundle::read([issued.full_chain().as_str(), issued.key.expose()], now).unwrap();
    let target = MemoryCertTarget::new(["vmst.io"]);
    let observer = observer(target.edge(), &authority);
    target.install(&bundle).await.unwrap();
    let installed = target.installed().await.unwrap();
    let endpoints: Vec<_> = installed.iter().flat_map(|listener| &listener.endpoints).collect();
    assert_eq!(endpoints.len(), 2);
    for endpoint in endpoints {
        let presented = observer.look(endpoint, now).await.unwrap();
        assert_eq!((presented.sha256, presented.distrust), (bundle.sha256(), None));
    }
}

#[tokio::test]
async fn on_loopback_the_name_tells_which_listener_is_meant() {
    let now = Timestamp::now();
    let authority = TestAuthority::new(now);
    let one = authority.issue(&["one.example"], MONTH);
    let two = authority.issue(&["two.example"], MONTH);
    let fingerprint =
        |issued: &Issued| CertBundle::read([issued.full_chain().as_str(), issued.key.expose()], now).unwrap().sha256();
    let expected = [fingerprint(&one), fingerprint(&two)];
    let edge = Edge::new(move |hello| {
        let issued = [&one, &two][usize::from(hello.server_name? == "two.example")];
        let two = hello.address == "two.example";
        let listening = Listening::new(issued.full_chain(), issued.key.clone());
        Some(listening.with_http2(two).with_status(if two { 200 } else { 503 }))
    });
    let server = edge.serve().await.unwrap();
    let network = Arc::new(howdah_core::certificate::tls::Network);
    let observer = Observer::new(network, Roots::from_pem(authority.root()).unwrap()).unwrap();
    for (host, expected, protocol) in [("one.example", &expected[0], "http/1.1"), ("two.example", &expected[1], "h2")] {
        let endpoint = TlsEndpoint::new(host).with_address("127.0.0.1").with_port(server.address().port());
        let presented = observer.look(&endpoint, now).await.unwrap();
        assert_eq!((&presented.sha256, presented.distrust), (expected, None));
        assert_eq!(presented.protocol.as_deref(), Some(protocol));
    }

    // Whoever asks on over it is answered.
    let root = reqwest::Certificate::from_pem(authority.root().as_bytes()).unwrap();
    let browser = reqwest::Client::builder()
        .tls_certs_only([root])
        .resolve("one.example", server.address())
        .resolve("two.example", server.address())
        .build()
        .unwrap();
    for (host, status, version) in
        [("one.example", 503, http::Version::HTTP_11), ("two.example", 200, http::Version::HTTP_2)]
    {
        let answer = browser.get(format!("https://{host}:{}/", server.address().port())).send().await.unwrap();
        assert_eq!((answer.status().as_u16(), answer.version()), (status, version));
    }
}
