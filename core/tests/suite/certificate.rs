//! Bundles of certificates, and the conformance suite of their targets against the one in memory.

use async_trait::async_trait;
use howdah_core::{
    Result, Secret,
    certificate::{
        CertBundle, CertTarget, CertificateProblem as Problem, Fingerprint, HeldCertificate, Installed, Outcome,
        Retired,
    },
    testing::{
        Issued, MemoryCertTarget, TestAuthority,
        conformance::certificate::{self, Subject},
    },
};
use jiff::{SignedDuration, Timestamp};

const YEAR: SignedDuration = SignedDuration::from_hours(365 * 24);

fn now() -> Timestamp {
    "2026-11-01T00:00:00Z".parse().unwrap()
}

fn issued(names: &[&str]) -> Issued {
    TestAuthority::new(now()).issue(names, YEAR)
}

fn read(parts: &[&str]) -> Result<CertBundle, Problem> {
    CertBundle::read(parts.iter().copied(), now())
}

#[test]
fn every_usual_split_is_the_same_bundle() {
    let authority = TestAuthority::new(now());
    let bought = authority.issue(&["vmst.io", "*.vmst.io"], YEAR);
    let (leaf, chain, key, root) = (bought.leaf.as_str(), bought.chain.as_str(), bought.key.expose(), authority.root());
    let expected = read(&[leaf, chain, key]).unwrap();
    let all = format!("{key}{leaf}{chain}");
    let windows = format!("Bag Attributes\n    friendlyName: vmst\n{all}{leaf}").replace('\n', "\r\n");
    for parts in [
        vec![all.as_str()],
        vec![windows.as_str()],
        vec![chain, root, key, leaf],
        vec![root, chain, leaf, leaf, key, key],
        vec![&bought.full_chain(), key],
    ] {
        assert_eq!(read(&parts).unwrap(), expected);
    }
    assert_eq!((expected.names(), expected.issuer()), (vec!["vmst.io", "*.vmst.io"], "Test Intermediate"));
    assert_eq!((expected.subject(), expected.has_wildcard()), ("vmst.io", true));
    assert_eq!(expected.full_chain_pem().matches("BEGIN CERTIFICATE").count(), 2);
    assert_eq!(read(&[&expected.full_chain_pem(), expected.key_pem().expose()]).unwrap(), expected);
    assert!(!format!("{expected:?}").contains("PRIVATE KEY"));
    assert_eq!(expected.not_after().duration_since(expected.not_before()), YEAR);
}

#[test]
fn each_thing_that_is_wrong_has_its_name() {
    let authority = TestAuthority::new(now());
    let bought = authority.issue(&["vmst.io"], YEAR);
    let (leaf, chain, key) = (bought.leaf.as_str(), bought.chain.as_str(), bought.key.expose());
    let stranger = issued(&["other.example"]);
    assert_eq!(read(&["nothing"]), Err(Problem::NoCertificate));
    assert_eq!(read(&[key]), Err(Problem::NoCertificate));
    assert_eq!(read(&[leaf, chain]), Err(Problem::NoKey));
    assert_eq!(read(&[leaf, chain, key, stranger.key.expose()]), Err(Problem::SeveralKeys { count: 2 }));
    assert!(matches!(read(&[&leaf[..200], key]), Err(Problem::NotPem { .. })));
    assert!(matches!(read(&[&leaf.replace("MII", "AAA"), key]), Err(Problem::Unreadable { part: 1, .. })));
    let encrypted = key.replace("PRIVATE KEY", "ENCRYPTED PRIVATE KEY");
    assert_eq!(read(&[leaf, &encrypted]), Err(Problem::EncryptedKey));
    let subjects = "vmst.io; Test Intermediate".to_owned();
    assert_eq!(read(&[leaf, chain, stranger.key.expose()]), Err(Problem::KeyFitsNone { subjects }));
    let missing = Problem::MissingIssuer { subject: "vmst.io".to_owned(), issuer: "Test Intermediate".to_owned() };
    assert_eq!(read(&[leaf, key]), Err(missing.clone()));
    assert!(missing.to_string().contains("`Test Intermediate`, which signed `vmst.io`"));
    // An authority of the same name and another key.
    let wrong = Problem::WrongSignature { subject: "vmst.io".to_owned(), issuer: "Test Intermediate".to_owned() };
    assert_eq!(read(&[leaf, &stranger.chain, key]), Err(wrong));
    let stray = Problem::Stray { subject: "other.example".to_owned() };
    assert_eq!(read(&[leaf, chain, &stranger.leaf, key]), Err(stray));

    let late = now() + YEAR;
    let expired = CertBundle::read([leaf, chain, key], late).unwrap_err();
    assert!(matches!(expired, Problem::Expired { .. }) && expired.to_string().contains("vmst.io"), "{expired}");
    let early = CertBundle::read([leaf, chain, key], now() - YEAR).unwrap_err();
    assert!(matches!(early, Problem::NotYetValid { .. }), "{early}");

    let bundle = read(&[leaf, chain, key]).unwrap();
    let missing = vec!["files.vmst.io".to_owned()];
    assert_eq!(bundle.require_names(["vmst.io", "files.vmst.io"]), Err(Problem::MissingNames { missing }));
    let soon = bundle.require_remaining(YEAR, now()).unwrap_err();
    assert!(matches!(soon, Problem::ExpiresSoon { .. }) && soon.to_string().contains("365 days"), "{soon}");
    let error = howdah_core::Error::from(soon);
    assert!(error.is_invalid() && error.to_string().contains("expires at"), "{error}");
}

#[test]
fn a_wildcard_stands_for_one_label() {
    let bought = issued(&["*.vmst.io", "VMST.io"]);
    let bundle = read(&[&bought.full_chain(), bought.key.expose()]).unwrap();
    for (host, covered) in [
        ("vmst.io", true),
        ("Files.vmst.io.", true),
        ("*.vmst.io", true),
        ("a.b.vmst.io", false),
        ("xvmst.io", false),
        ("io", false),
    ] {
        assert_eq!(bundle.covers(host), covered, "{host}");
    }
}

#[test]
fn fingerprints_are_known_in_both_kinds() {
    let bought = issued(&["vmst.io"]);
    let bundle = read(&[&bought.full_chain(), bought.key.expose()]).unwrap();
    let with_colons: Vec<_> = bundle.sha1().to_string().as_bytes().chunks(2).map(<[u8]>::to_vec).collect();
    let with_colons = String::from_utf8(with_colons.join(&b':')).unwrap().to_uppercase();
    assert!(bundle.has_fingerprint(&with_colons.parse().unwrap()));
    assert!(bundle.has_fingerprint(&bundle.sha256()));
    let other: Fingerprint = "00".repeat(32).parse().unwrap();
    assert!(!bundle.has_fingerprint(&other));
}

/// Made by OpenSSL: what `rcgen` does not make.
#[test]
fn keys_of_every_kind_are_known() {
    let now = "2030-01-01T00:00:00Z".parse().unwrap();
    for (name, text) in [
        ("rsa, pkcs1", include_str!("../data/certificates/rsa-pkcs1.pem")),
        ("rsa, pkcs8", include_str!("../data/certificates/rsa-pkcs8.pem")),
        ("ec p-256, sec1", include_str!("../data/certificates/ec-sec1.pem")),
        ("ec p-384, pkcs8", include_str!("../data/certificates/ec384-pkcs8.pem")),
        ("ed25519", include_str!("../data/certificates/ed25519.pem")),
    ] {
        let bundle = CertBundle::read([text], now).unwrap_or_else(|problem| panic!("{name}: {problem}"));
        assert_eq!(bundle.names(), ["vmst.io"], "{name}");
    }
    let encrypted = include_str!("../data/certificates/encrypted-pkcs1.pem");
    assert_eq!(CertBundle::read([encrypted], now), Err(Problem::EncryptedKey));
    let alone = include_str!("../data/certificates/self-signed.pem");
    assert!(matches!(CertBundle::read([alone], now), Err(Problem::SelfSigned { .. })));
    let authority = include_str!("../data/certificates/authority.pem");
    assert!(matches!(CertBundle::read([authority], now), Err(Problem::LeafIsAuthority { .. })));
}

struct Memory(MemoryCertTarget);

impl Subject for Memory {
    fn target(&self) -> &dyn CertTarget {
        &self.0
    }

    fn certificates(&self) -> Option<usize> {
        Some(self.0.uploads())
    }
}

/// Does not count what it holds, since uploads never shrink.
struct Uncounted(MemoryCertTarget);

impl Subject for Uncounted {
    fn target(&self) -> &dyn CertTarget {
        &self.0
    }
}

#[tokio::test(start_paused = true)]
async fn the_reference_conforms_and_is_never_without_a_certificate() {
    let target = MemoryCertTarget::new(["vmst.io"]);
    certificate::run_all(&Uncounted(target.clone())).await.assert_passed();
    // Until the first one is on both listeners there was none.
    let history = target.history();
    assert!(history.len() > 4 && history[2..].iter().all(|shown| shown.iter().all(Option::is_some)));
}

/// A target that is wrong in one way.
#[derive(Debug)]
struct Flawed {
    inner: MemoryCertTarget,
    hosts: Vec<String>,
    flaw: Flaw,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Flaw {
    TakesAnything,
    AlwaysSaysChanged,
    DeletesWithoutNeed,
}

#[async_trait]
impl CertTarget for Flawed {
    fn name(&self) -> &'static str {
        "flawed"
    }

    fn what(&self) -> String {
        format!("{:?}", self.flaw)
    }

    fn hosts(&self) -> &[String] {
        &self.hosts
    }

    async fn installed(&self) -> Result<Vec<Installed>> {
        self.inner.installed().await
    }

    async fn install(&self, bundle: &CertBundle) -> Result<Outcome> {
        let outcome = self.inner.install(bundle).await?;
        Ok(if self.flaw == Flaw::AlwaysSaysChanged { Outcome::Changed } else { outcome })
    }

    async fn superseded(&self, bundle: &CertBundle) -> Result<Vec<HeldCertificate>> {
        self.inner.superseded(bundle).await
    }

    async fn retire(&self, bundle: &CertBundle) -> Result<Retired> {
        let mut retired = self.inner.retire(bundle).await?;
        if self.flaw == Flaw::DeletesWithoutNeed {
            retired.deleted.push("another".to_owned());
        }
        Ok(retired)
    }
}

impl Subject for Flawed {
    fn target(&self) -> &dyn CertTarget {
        self
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_wrong_is_found() {
    for (flaw, case) in [
        (Flaw::TakesAnything, "install: one that is not for its hosts is refused"),
        (Flaw::AlwaysSaysChanged, "install: once more changes nothing and uploads nothing"),
        (Flaw::DeletesWithoutNeed, "retire: what was replaced is deleted, and nothing else"),
    ] {
        let hosts = vec!["vmst.io".to_owned()];
        let inner = MemoryCertTarget::new(if flaw == Flaw::TakesAnything { Vec::new() } else { hosts.clone() });
        let report = certificate::run_all(&Flawed { inner, hosts, flaw }).await;
        assert!(report.failed().contains(&case), "{report}");
    }
    // One that uploads what it holds already would be found by their number.
    let report = certificate::run_all(&Memory(MemoryCertTarget::new(["vmst.io"]))).await;
    assert_eq!(report.failed(), ["retire: what was replaced is deleted, and nothing else"], "uploads never shrink");
    let _: Secret = issued(&["vmst.io"]).key;
}
