//! Certificates against the fake.

use std::time::Duration;

use howdah_core::{
    Clock, ErrorKind, Outcome,
    http::{Repeat, Stage, Staged},
    testing::Fault,
};
use howdah_dnsimple::{
    certificates::{
        self, Certificate, CertificateFilter, CertificateState, Certificates, NewLetsencryptPurchase,
        NewLetsencryptRenewal, RenewalState, SignatureAlgorithm,
    },
    testing::{FakeDnSimple, Plan},
};
use rcgen::{KeyPair, PublicKeyData};

const DOMAIN: &str = "example.com";

fn with_domain() -> (FakeDnSimple, Certificates) {
    let clock = Clock::starting_at("2024-02-01T12:00:00Z".parse().unwrap());
    let fake = FakeDnSimple::at(clock);
    fake.create_zone(DOMAIN);
    let certificates = fake.account().certificates();
    (fake, certificates)
}

async fn issued(certificates: &Certificates, purchase: NewLetsencryptPurchase) -> Certificate {
    let purchase = certificates.purchase_letsencrypt(DOMAIN, purchase);
    let id = purchase.await.unwrap().id;
    let pending = certificates.issue_letsencrypt(DOMAIN, id).await.unwrap();
    pending.await.unwrap()
}

/// The bytes in a PEM block.
fn der(pem: &str) -> Vec<u8> {
    const DIGITS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let body = pem.lines().filter(|line| !line.starts_with('-'));
    let (mut bytes, mut bits, mut held) = (Vec::new(), 0u32, 0u32);
    for digit in body.flat_map(str::chars).filter(|digit| *digit != '=') {
        held = held << 6 | u32::try_from(DIGITS.find(digit).unwrap()).unwrap();
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push(u8::try_from(held >> bits & 0xff).unwrap());
        }
    }
    bytes
}

fn holds(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

#[tokio::test(start_paused = true)]
async fn a_certificate_is_purchased_issued_and_downloaded() {
    let (_, certificates) = with_domain();
    let wanted = NewLetsencryptPurchase::new()
        .with_name("social")
        .with_alternate_names(["files.example.com".to_owned()])
        .with_auto_renew(true)
        .with_signature_algorithm("ECDSA");
    let purchase = certificates.purchase_letsencrypt(DOMAIN, wanted);
    let purchase = purchase.await.unwrap();
    assert_eq!((purchase.state, purchase.auto_renew), (Some(CertificateState::New), Some(true)));
    let ordered = certificates.get(DOMAIN, purchase.certificate_id.unwrap());
    assert_eq!(ordered.await.unwrap().state, CertificateState::New);

    let mut pending = certificates.issue_letsencrypt(DOMAIN, purchase.id).await.unwrap();
    let begun = pending.latest().unwrap().clone();
    assert_eq!(begun.state, CertificateState::Requesting);
    assert_eq!((&begun.csr, begun.expires_at), (&None, None));
    assert_eq!(pending.refresh().await.unwrap(), &begun);

    let elsewhere = certificates.follow(DOMAIN, begun.id);
    let certificate = elsewhere.await.unwrap();
    assert_eq!(pending.await.unwrap(), certificate);
    assert_eq!(certificate.state, CertificateState::Issued);
    assert_eq!(certificate.common_name.as_deref(), Some("social.example.com"));
    assert_eq!(certificate.alternate_names, ["files.example.com"]);
    assert_eq!(certificate.expires_at, Some("2024-05-01T12:01:00Z".parse().unwrap()));
    assert_eq!(certificate.expires_on, Some(jiff::civil::date(2024, 5, 1)));
    assert!(certificate.csr.unwrap().contains("CERTIFICATE REQUEST"));

    let key = certificates.private_key(DOMAIN, certificate.id);
    let key = key.await.unwrap();
    assert!(!format!("{key:?}").contains("PRIVATE KEY"));
    let key = KeyPair::from_pem(key.private_key.expose()).unwrap();
    let download = certificates.download(DOMAIN, certificate.id);
    let download = download.await.unwrap();
    let server = der(&download.server);
    assert!(holds(&server, &key.subject_public_key_info()));
    for name in ["social.example.com", "files.example.com"] {
        assert!(holds(&server, name.as_bytes()), "{name}");
    }
    assert!(holds(&server, b"240501120100Z"));
    assert!(holds(&der(&download.chain[0]), b"Fake authority"));
    assert_eq!(download.root, None);
}

#[tokio::test(start_paused = true)]
async fn a_renewal_is_a_new_certificate_for_the_same_names() {
    let (fake, certificates) = with_domain();
    let old = issued(&certificates, NewLetsencryptPurchase::new()).await;
    assert_eq!((old.name.as_str(), old.auto_renew), ("www", Some(false)));
    tokio::time::sleep(Duration::from_secs(60 * 24 * 3600)).await;

    let wanted = NewLetsencryptRenewal::new().with_auto_renew(true).with_signature_algorithm(SignatureAlgorithm::Rsa);
    let renewal = certificates.purchase_letsencrypt_renewal(DOMAIN, old.id, wanted).await.unwrap();
    assert_eq!(
        (renewal.state, renewal.auto_renew, renewal.old_certificate_id),
        (Some(RenewalState::New), Some(true), Some(old.id))
    );
    let new = certificates.issue_letsencrypt_renewal(DOMAIN, old.id, renewal.id).await.unwrap().await.unwrap();
    assert_eq!(Some(new.id), renewal.new_certificate_id);
    assert_eq!((new.name.as_str(), new.auto_renew), ("www", Some(true)));
    assert!(new.expires_at > old.expires_at);
    assert_eq!(certificates.get(DOMAIN, old.id).await.unwrap(), old);

    let key = certificates.private_key(DOMAIN, new.id).await.unwrap();
    let key = KeyPair::from_pem(key.private_key.expose()).unwrap();
    assert!(key.is_compatible(&rcgen::PKCS_RSA_SHA256));
    let server = certificates.download(DOMAIN, new.id).await.unwrap().server;
    assert!(holds(&der(&server), &key.subject_public_key_info()));

    let list = |sort: &str| {
        let filter = CertificateFilter::new().with_sort(sort);
        certificates.list(DOMAIN, filter).all()
    };
    assert_eq!(list("expiration:desc").await.unwrap(), [new.clone(), old.clone()]);
    assert_eq!(list("id:asc").await.unwrap(), [old.clone(), new]);

    fake.create_zone("example.org");
    let elsewhere = certificates.get("example.org", old.id).await.unwrap_err();
    assert!(elsewhere.is_not_found());
    let nothing = certificates.list("example.org", CertificateFilter::new());
    assert_eq!(nothing.all().await.unwrap(), []);
}

#[tokio::test(start_paused = true)]
async fn what_is_not_issued_cannot_be_had() {
    let (_, certificates) = with_domain();
    let purchase = certificates.purchase_letsencrypt(DOMAIN, NewLetsencryptPurchase::new());
    let purchase = purchase.await.unwrap();
    let ordered = purchase.certificate_id.unwrap();
    let renewal = NewLetsencryptRenewal::new();
    let early = certificates.purchase_letsencrypt_renewal(DOMAIN, ordered, renewal);
    for error in [
        certificates.download(DOMAIN, ordered).await.unwrap_err(),
        certificates.private_key(DOMAIN, ordered).await.unwrap_err(),
        early.await.unwrap_err(),
    ] {
        assert_eq!((error.kind(), error.status().unwrap().as_u16()), (ErrorKind::Precondition, 428));
    }

    let _ = certificates.issue_letsencrypt(DOMAIN, purchase.id).await.unwrap();
    let again = certificates.issue_letsencrypt(DOMAIN, purchase.id).await;
    assert_eq!(again.unwrap_err().kind(), ErrorKind::Invalid);
    let unknown = certificates.issue_letsencrypt(DOMAIN, 1.into()).await;
    assert!(unknown.unwrap_err().is_not_found());
    let unknown = certificates.issue_letsencrypt_renewal(DOMAIN, ordered, 1.into());
    assert!(unknown.await.unwrap_err().is_not_found());
    assert!(certificates.follow(DOMAIN, 1.into()).await.unwrap_err().is_not_found());
}

#[tokio::test(start_paused = true)]
async fn a_certificate_that_fails_is_an_error_that_says_so() {
    let (fake, certificates) = with_domain();
    fake.fail_certificate(DOMAIN);
    let purchase = certificates.purchase_letsencrypt(DOMAIN, NewLetsencryptPurchase::new());
    let purchase = purchase.await.unwrap();
    let pending = certificates.issue_letsencrypt(DOMAIN, purchase.id).await;
    let error = pending.unwrap().await.unwrap_err();
    assert_eq!(error.outcome(), Outcome::Refused);
    assert!(error.message().ends_with("is failed"), "{error}");
    let failed = certificates.get(DOMAIN, purchase.certificate_id.unwrap());
    assert_eq!(failed.await.unwrap().state, CertificateState::Failed);
    assert_eq!(
        issued(&certificates, NewLetsencryptPurchase::new()).await.state,
        CertificateState::Issued,
        "one failure was asked for"
    );
}

#[tokio::test(start_paused = true)]
async fn names_are_checked_and_may_need_another_plan() {
    let (fake, certificates) = with_domain();
    for (wrong, field) in [
        (NewLetsencryptPurchase::new().with_name("a..b"), "name"),
        (NewLetsencryptPurchase::new().with_alternate_names(["www.example.org".to_owned()]), "alternate_names"),
        (NewLetsencryptPurchase::new().with_signature_algorithm("DSA"), "signature_algorithm"),
    ] {
        let error = certificates.purchase_letsencrypt(DOMAIN, wrong).await;
        assert_eq!(error.unwrap_err().fields()[0].field, field);
    }
    let apex = issued(&certificates, NewLetsencryptPurchase::new().with_name("")).await;
    assert_eq!(apex.common_name.as_deref(), Some(DOMAIN));
    let wildcard = NewLetsencryptPurchase::new().with_name("*");
    let any = issued(&certificates, wildcard.clone()).await;
    assert_eq!(any.common_name.as_deref(), Some("*.example.com"));

    fake.set_plan({
        let mut plan = Plan::default();
        plan.certificate_names = false;
        plan
    });
    let error = certificates.purchase_letsencrypt(DOMAIN, wildcard).await;
    assert_eq!(error.unwrap_err().kind(), ErrorKind::PlanRequired);
    let usual = certificates.purchase_letsencrypt(DOMAIN, NewLetsencryptPurchase::new());
    assert!(usual.await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn nothing_is_ordered_twice() {
    let (fake, certificates) = with_domain();
    for operation in certificates::OPERATIONS {
        let posts = operation.route().to_string().starts_with("POST");
        assert_eq!(operation.route().repeat == Repeat::Once, posts);
    }
    fake.world().fail_next(Fault::Lost { applied: true });
    let lost = certificates.purchase_letsencrypt(DOMAIN, NewLetsencryptPurchase::new());
    let lost = lost.await.unwrap_err();
    assert_eq!((lost.outcome(), lost.attempts()), (Outcome::Unknown, 1));
    let ordered = certificates.list(DOMAIN, CertificateFilter::new());
    assert_eq!(ordered.all().await.unwrap().len(), 1);
}

#[test]
fn states_of_the_future_are_still_running() {
    let certificate: Certificate = serde_json::from_str(
        r#"{"id":1,"name":"www","state":"queued","csr":null,"expires_at":null,"expires_on":null}"#,
    )
    .unwrap();
    assert_eq!(certificate.stage(), Stage::Running);
}
