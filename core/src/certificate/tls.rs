//! What listeners present, seen by a handshake.
//!
//! ```
//! # #[cfg(feature = "testing")]
//! # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() -> howdah_core::Result<()> {
//! use howdah_core::certificate::{TlsEndpoint, tls::{Observer, Roots}};
//! # use howdah_core::testing::{Edge, Listening, TestAuthority};
//! # use jiff::{SignedDuration, Timestamp};
//! # let now = Timestamp::now();
//! # let authority = TestAuthority::new(now);
//! # let issued = authority.issue(&["vmst.io"], SignedDuration::from_hours(90 * 24));
//! # let edge = Edge::new(move |_| Some(Listening::new(issued.full_chain(), issued.key.clone())));
//! # let observer = Observer::new(std::sync::Arc::new(edge), Roots::from_pem(authority.root())?)?;
//! # if false {
//!
//! // As a browser would:
//! let observer = Observer::network()?;
//! # }
//! // The load balancer itself, wherever the name leads to.
//! let endpoint = TlsEndpoint::new("vmst.io").with_address("203.0.113.7");
//! let presented = observer.look(&endpoint, now).await?;
//! println!("{endpoint}: {} until {}", presented.sha256, presented.not_after);
//! assert_eq!(presented.distrust, None);
//! # Ok(()) }
//! # #[cfg(not(feature = "testing"))] fn main() {}
//! ```

use std::{
    fmt, io,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use aws_lc_rs::digest::SHA256;
use jiff::Timestamp;
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error as TlsError, RootCertStore, SignatureScheme,
    client::{
        WebPkiServerVerifier,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    },
    crypto::{CryptoProvider, aws_lc_rs::default_provider},
    pki_types::{CertificateDer, ServerName, UnixTime, pem::PemObject},
};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsConnector;

use super::{CertBundle, Fingerprint, TlsEndpoint, bundle::One};
use crate::{Error, ErrorKind, Result};

/// A way to a port: the network, or a world in memory.
#[async_trait]
pub trait Dial: Send + Sync + fmt::Debug {
    /// Connects to a port of an address, which is a name or an IP address.
    async fn dial(&self, address: &str, port: u16) -> io::Result<Box<dyn Connection>>;
}

/// Bytes in both directions.
pub trait Connection: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Connection for T {}

/// The network.
#[derive(Clone, Copy, Debug, Default)]
pub struct Network;

#[async_trait]
impl Dial for Network {
    async fn dial(&self, address: &str, port: u16) -> io::Result<Box<dyn Connection>> {
        Ok(Box::new(tokio::net::TcpStream::connect((address, port)).await?))
    }
}

/// The authorities that are trusted.
#[derive(Clone, Debug)]
pub struct Roots(RootCertStore);

impl Roots {
    /// Those of the operating system.
    pub fn of_the_system() -> Result<Self> {
        let found = rustls_native_certs::load_native_certs();
        let mut store = RootCertStore::empty();
        store.add_parsable_certificates(found.certs);
        if store.is_empty() {
            let message = "this system has no root certificates: install them (on Debian the package ca-certificates)";
            return Err(Error::new(ErrorKind::Config, message));
        }
        Ok(Self(store))
    }

    /// Those of a PEM text.
    pub fn from_pem(text: &str) -> Result<Self> {
        let mut store = RootCertStore::empty();
        for root in CertificateDer::pem_slice_iter(text.as_bytes()) {
            let added = root.map_err(|error| error.to_string());
            let added = added.and_then(|root| store.add(root).map_err(|error| error.to_string()));
            added.map_err(|why| Error::new(ErrorKind::Config, format!("a root certificate cannot be read: {why}")))?;
        }
        if store.is_empty() {
            return Err(Error::new(ErrorKind::Config, "there is no root certificate in the text"));
        }
        Ok(Self(store))
    }
}

/// What a listener presented.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Presented {
    /// The leaf's fingerprint.
    pub sha256: Fingerprint,
    /// The names that the leaf is for.
    pub names: Vec<String>,
    /// Until when the leaf is valid.
    pub not_after: Timestamp,
    /// What the listener chose of `h2` and `http/1.1`, if anything.
    pub protocol: Option<String>,
    /// Why a browser would turn back, if it would.
    pub distrust: Option<String>,
}

/// Sees what listeners present. Clones look the same way.
#[derive(Clone)]
pub struct Observer {
    dial: Arc<dyn Dial>,
    provider: Arc<CryptoProvider>,
    verifier: Arc<WebPkiServerVerifier>,
}

/// How long a handshake may take, connecting included.
const PATIENCE: Duration = Duration::from_secs(10);

impl Observer {
    /// Looks over a way of the caller's, and trusts these authorities.
    pub fn new(dial: Arc<dyn Dial>, roots: Roots) -> Result<Self> {
        let provider = Arc::new(default_provider());
        let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots.0), provider.clone()).build();
        let verifier = verifier.map_err(|error| {
            Error::new(ErrorKind::Config, "the root certificates cannot be used").with_source(error)
        })?;
        Ok(Self { dial, provider, verifier })
    }

    /// Looks over the network, and trusts whom the operating system trusts.
    pub fn network() -> Result<Self> {
        Self::new(Arc::new(Network), Roots::of_the_system()?)
    }

    /// What an endpoint presents, and whether it holds at a moment. Untrusted certificates are looked at too: only an
    /// endpoint that cannot be reached, or does not speak TLS, is an error.
    pub async fn look(&self, endpoint: &TlsEndpoint, at: Timestamp) -> Result<Presented> {
        let Ok(presented) = tokio::time::timeout(PATIENCE, self.shake_hands(endpoint, at)).await else {
            let message = format!("{endpoint} did not answer within {} seconds", PATIENCE.as_secs());
            return Err(Error::new(ErrorKind::Timeout, message));
        };
        presented
    }

    /// Why a browser would turn back from a host that presents this bundle at a moment, if it would. Nobody is asked.
    pub fn distrust(&self, bundle: &CertBundle, host: &str, at: Timestamp) -> Option<String> {
        let Ok(name) = ServerName::try_from(host) else {
            return Some(format!("`{host}` cannot be the name of a host"));
        };
        let mut chain = bundle.certificates().map(|one| CertificateDer::from(one.der.as_slice()));
        let leaf = chain.next()?;
        let chain: Vec<_> = chain.collect();
        self.verifier.verify_server_cert(&leaf, &chain, &name, &[], moment(at)).err().map(|error| in_words(&error))
    }

    async fn shake_hands(&self, endpoint: &TlsEndpoint, at: Timestamp) -> Result<Presented> {
        let name = ServerName::try_from(endpoint.host().to_owned())
            .map_err(|_| Error::invalid(format!("`{}` cannot be the name of a host", endpoint.host())))?;
        let witness = Arc::new(Witness { verifier: self.verifier.clone(), at: moment(at), seen: Mutex::default() });
        let config = ClientConfig::builder_with_provider(self.provider.clone()).with_safe_default_protocol_versions();
        let mut config = config
            .map_err(|error| failed(&format!("no handshake is possible with {endpoint}"), error))?
            .dangerous()
            .with_custom_certificate_verifier(witness.clone())
            .with_no_client_auth();
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];

        let connection = self.dial.dial(endpoint.address(), endpoint.port()).await;
        let connection = connection.map_err(|error| failed(&format!("{endpoint} could not be connected to"), error))?;
        let stream = TlsConnector::from(Arc::new(config)).connect(name, connection).await;
        let stream = stream.map_err(|error| failed(&format!("{endpoint} shook no hands"), error))?;
        let protocol = stream.get_ref().1.alpn_protocol();
        let protocol = protocol.map(|name| String::from_utf8_lossy(name).into_owned());

        let seen = witness.seen.lock().unwrap_or_else(PoisonError::into_inner).take();
        let (leaf, distrust) =
            seen.ok_or_else(|| Error::new(ErrorKind::Decode, format!("{endpoint} presented no certificate")))?;
        let leaf =
            One::read(leaf, 1).map_err(|problem| failed(&format!("{endpoint} presents what is none"), problem))?;
        Ok(Presented {
            sha256: leaf.fingerprint(&SHA256),
            names: leaf.names,
            not_after: leaf.not_after,
            protocol,
            distrust,
        })
    }
}

impl fmt::Debug for Observer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Observer").field("dial", &self.dial).finish_non_exhaustive()
    }
}

fn moment(at: Timestamp) -> UnixTime {
    UnixTime::since_unix_epoch(Duration::from_secs(u64::try_from(at.as_second()).unwrap_or_default()))
}

fn failed(message: &str, source: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::new(ErrorKind::Transport, format!("{message}: {source}")).with_source(source)
}

/// Writes down what it is shown, with what is to be said of it, and lets it pass.
#[derive(Debug)]
struct Witness {
    verifier: Arc<WebPkiServerVerifier>,
    at: UnixTime,
    /// The leaf, DER, and why it is not to be trusted.
    seen: Mutex<Option<(Vec<u8>, Option<String>)>>,
}

impl ServerCertVerifier for Witness {
    fn verify_server_cert(
        &self,
        leaf: &CertificateDer<'_>,
        chain: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, TlsError> {
        let verdict = self.verifier.verify_server_cert(leaf, chain, name, ocsp, self.at);
        let distrust = verdict.err().map(|error| in_words(&error));
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = Some((leaf.to_vec(), distrust));
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        leaf: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, TlsError> {
        self.verifier.verify_tls12_signature(message, leaf, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        leaf: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, TlsError> {
        self.verifier.verify_tls13_signature(message, leaf, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.verifier.supported_verify_schemes()
    }
}

fn in_words(error: &TlsError) -> String {
    let TlsError::InvalidCertificate(error) = error else { return error.to_string() };
    match error {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => "a certificate has expired".to_owned(),
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "a certificate is not valid yet".to_owned()
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            "the certificate is for other names".to_owned()
        }
        CertificateError::UnknownIssuer => {
            "it leads to no root that is trusted here, as when an intermediate certificate is missing".to_owned()
        }
        CertificateError::BadSignature => "it was not signed by whom it names".to_owned(),
        other => other.to_string(),
    }
}
