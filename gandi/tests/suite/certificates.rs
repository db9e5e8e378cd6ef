//! Certificates against the fake.

use std::time::Duration;

use howdah_core::{Clock, ErrorKind, Outcome, dns::RecordType, http::Repeat, testing::Fault};
use howdah_gandi::{
    certificates::{
        self, Certificate, CertificateChange, CertificateFilter, CertificateId, CertificateProvider,
        CertificateRenewal, CertificateStatus, Certificates, DcvMethod, DcvParamsChange, DcvQuestion, NewCertificate,
        PackageFilter,
    },
    testing::FakeGandi,
};
use rcgen::{CertificateParams, DnType, KeyPair, PublicKeyData};

const PACKAGE: &str = "cert_std_1_0_0";
const NAME: &str = "social.example.org";

fn with_fake() -> (FakeGandi, Certificates) {
    let fake = FakeGandi::at(Clock::starting_at("2024-02-01T12:00:00Z".parse().unwrap()));
    let certificates = fake.client().certificates();
    (fake, certificates)
}

/// A signing request, and its key.
fn csr(name: &str) -> (String, KeyPair) {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    (params.serialize_request(&key).unwrap().pem().unwrap(), key)
}

fn order(name: &str) -> NewCertificate {
    NewCertificate::new(PACKAGE).with_cn(name).with_dcv_method(DcvMethod::Dns)
}

async fn issued(certificates: &Certificates, order: NewCertificate) -> Certificate {
    certificates.issue(order).await.unwrap().await.unwrap()
}

async fn days(days: u64) {
    tokio::time::sleep(Duration::from_secs(days * 24 * 3600)).await;
}

/// Whether the certificate in a PEM block holds these bytes.
fn holds(pem: &str, part: &[u8]) -> bool {
    let body: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    let der = data_encoding::BASE64.decode(body.as_bytes()).unwrap();
    der.windows(part.len()).any(|window| window == part)
}

fn unknown() -> CertificateId {
    CertificateId::new("00000000-0000-4000-8000-000000000000".to_owned())
}

#[test]
fn what_pays_or_starts_work_is_not_repeated_and_what_only_asks_is() {
    let named = |wanted: Repeat| {
        let all = certificates::OPERATIONS.iter().filter(|operation| operation.route().repeat == wanted);
        all.map(|operation| operation.name()).collect::<Vec<_>>()
    };
    assert_eq!(named(Repeat::Once), ["ISSUE", "RENEW", "UPDATE", "RESEND_DCV", "SET_DCV_METHOD", "ADD_TAG"]);
    assert_eq!(named(Repeat::Idempotent), ["REVOKE", "REPLACE_TAGS", "UPDATE_TAGS", "CLEAR_TAGS"]);
    for tried in
        [certificates::CHECK_ISSUE.route(), certificates::CHECK_RENEW.route(), certificates::CHECK_UPDATE.route()]
    {
        assert_eq!(tried.headers, [("dry-run", "1")]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_certificate_is_asked_about_tried_ordered_and_fetched() {
    let (_, certificates) = with_fake();
    let (csr, key) = csr(NAME);
    let question = DcvQuestion::new(csr.as_str(), DcvMethod::Dns, PACKAGE);
    let params = certificates.dcv_params(question).await.unwrap();
    assert_eq!((params.fqdns.as_slice(), params.dcv_method.clone()), (&[NAME.to_owned()][..], Some(DcvMethod::Dns)));
    let sets = params.record_sets().unwrap();
    assert_eq!((sets.len(), sets[0].record_type()), (1, &RecordType::Cname));
    assert!(sets[0].name().to_string().ends_with(".social.example.org."), "{}", sets[0].name());

    let order = NewCertificate::new(PACKAGE).with_csr(csr).with_dcv_method(DcvMethod::Dns).with_duration(2u32);
    assert!(certificates.check_issue(order.clone()).await.unwrap().is_accepted());
    let none = certificates.list(CertificateFilter::new()).all().await.unwrap();
    assert_eq!(none, [], "a dry run ordered a certificate");

    let mut pending = certificates.issue(order).await.unwrap();
    let ordered = pending.refresh().await.unwrap().clone();
    assert_eq!((ordered.status, ordered.cn.as_deref()), (CertificateStatus::Pending, Some(NAME)));
    assert_eq!(certificates.get(&ordered.id).await.unwrap().dates.ends_at, None);
    assert!(certificates.pem(&ordered.id).await.unwrap_err().is_not_found());

    let certificate = pending.await.unwrap();
    assert_eq!(certificates.follow(&ordered.id).await.unwrap(), certificate);
    assert_eq!(certificate.status, CertificateStatus::Valid);
    let dates = certificate.dates;
    assert_eq!(dates.started_at, Some("2024-02-01T12:05:00Z".parse().unwrap()));
    // A year, although two were paid for.
    assert_eq!(dates.ends_at, Some("2025-01-31T12:05:00Z".parse().unwrap()));
    assert_eq!(dates.subscription_ends_at, Some("2026-01-31T12:00:00Z".parse().unwrap()));

    let pem = certificates.pem(&ordered.id).await.unwrap();
    assert!(pem.starts_with("-----BEGIN CERTIFICATE-----"));
    assert!(holds(&pem, &key.subject_public_key_info()), "the certificate is for another key");
    assert!(holds(&pem, NAME.as_bytes()) && holds(&pem, b"250131120500Z"));
}

#[tokio::test(start_paused = true)]
async fn a_payment_whose_answer_was_lost_is_not_made_again() {
    let (fake, certificates) = with_fake();
    fake.world().fail_next(Fault::Lost { applied: true });
    let lost = certificates.issue(order(NAME)).await.unwrap_err();
    assert_eq!((lost.outcome(), fake.world().requests()), (Outcome::Unknown, 1));
    let ordered = certificates.list(CertificateFilter::new().with_cn(NAME)).all().await.unwrap();
    assert_eq!(ordered.len(), 1);

    let id = certificates.follow(&ordered[0].id).await.unwrap().id;
    for attempt in [
        certificates.renew(&id, CertificateRenewal::new()),
        certificates.update(&id, CertificateChange::new().with_csr(csr(NAME).0)),
    ] {
        let before = fake.world().requests();
        fake.world().fail_next(Fault::Lost { applied: false });
        let lost = attempt.await.unwrap_err();
        assert_eq!((lost.outcome(), fake.world().requests() - before), (Outcome::Unknown, 1));
    }
}

#[tokio::test(start_paused = true)]
async fn an_order_that_cannot_be_right_is_not_sent() {
    let (fake, certificates) = with_fake();
    for (wrong, named) in
        [(NewCertificate::new(PACKAGE), "`csr`"), (order(&format!("{}.example.org", "x".repeat(60))), "longer than 64")]
    {
        for error in [
            certificates.issue(wrong.clone()).await.unwrap_err(),
            certificates.check_issue(wrong.clone()).await.unwrap_err(),
        ] {
            assert_eq!((error.kind(), error.outcome()), (ErrorKind::Invalid, Outcome::NotSent));
            assert_eq!(error.route(), Some("POST /certificate/issued-certs"));
            assert!(error.to_string().contains(named), "{error}");
        }
    }
    assert_eq!(fake.world().requests(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_wrong_order_is_refused_by_its_field_tried_or_not() {
    let (_, certificates) = with_fake();
    let (csr, _) = csr(NAME);
    for (field, wrong) in [
        ("package", NewCertificate::new("cert_gold").with_cn(NAME)),
        ("csr", NewCertificate::new(PACKAGE).with_csr("a request")),
        ("cn", NewCertificate::new(PACKAGE).with_csr(csr).with_cn("www.example.org")),
        ("cn", order("localhost")),
        ("cn", order("*.example.org")),
        ("altnames", order(NAME).with_altnames(["www.example.org".to_owned()])),
        ("altnames", order(NAME).with_altnames(["not a name".to_owned()])),
        ("dcv_method", order(NAME).with_dcv_method("pigeon")),
    ] {
        let tried = certificates.check_issue(wrong.clone()).await.unwrap();
        assert_eq!((tried.is_accepted(), tried.errors[0].name.as_deref()), (false, Some(field)), "{wrong:?}");
        let refused = certificates.issue(wrong.clone()).await.unwrap_err();
        assert_eq!((refused.outcome(), refused.fields()[0].field.as_str()), (Outcome::Refused, field), "{wrong:?}");
    }
    let question = DcvQuestion::new("a request", DcvMethod::Dns, PACKAGE);
    assert_eq!(certificates.dcv_params(question).await.unwrap_err().fields()[0].field, "csr");
}

#[tokio::test(start_paused = true)]
async fn a_certificate_is_renewed_and_expires_otherwise() {
    let (_, certificates) = with_fake();
    let id = issued(&certificates, order(NAME)).await.id;
    let old = certificates.pem(&id).await.unwrap();
    days(360).await;

    let wrong = CertificateRenewal::new().with_csr(csr("www.example.org").0);
    assert_eq!(certificates.check_renew(&id, wrong.clone()).await.unwrap().errors[0].name.as_deref(), Some("csr"));
    assert_eq!(certificates.renew(&id, wrong).await.unwrap_err().fields()[0].field, "csr");

    let (csr, key) = csr(NAME);
    let renewal = CertificateRenewal::new().with_csr(csr).with_dcv_method(DcvMethod::Http);
    assert!(certificates.check_renew(&id, renewal.clone()).await.unwrap().is_accepted());
    assert_eq!(certificates.get(&id).await.unwrap().status, CertificateStatus::Valid, "a dry run renewed it");
    certificates.renew(&id, renewal.clone()).await.unwrap();
    assert!(certificates.check_renew(&id, renewal.clone()).await.unwrap_err().is_conflict());
    assert!(certificates.renew(&id, renewal).await.unwrap_err().is_conflict());
    assert_eq!(certificates.pem(&id).await.unwrap(), old);
    let renewed = certificates.follow(&id).await.unwrap();
    // What was left of the first year is not lost.
    assert_eq!(renewed.dates.ends_at, Some("2026-01-31T12:05:00Z".parse().unwrap()));
    assert!(holds(&certificates.pem(&id).await.unwrap(), &key.subject_public_key_info()));

    days(370).await;
    let expired = certificates.get(&id).await.unwrap();
    assert_eq!((expired.status, expired.dates.updated_at), (CertificateStatus::Expired, renewed.dates.ends_at));
    let error = certificates.follow(&id).await.unwrap_err();
    assert!(error.to_string().contains("it is expired"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_certificate_is_issued_again_for_other_names() {
    let (_, certificates) = with_fake();
    let three = NewCertificate::new("cert_std_3_0_0").with_cn(NAME).with_altnames(["www.example.org".to_owned()]);
    let id = issued(&certificates, three).await.id;
    let names = |names: &[&str]| {
        CertificateChange::new().with_altnames(names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>())
    };

    let many = names(&["a.example.org", "b.example.org", "c.example.org"]);
    assert_eq!(certificates.check_update(&id, many.clone()).await.unwrap().errors[0].name.as_deref(), Some("altnames"));
    assert_eq!(certificates.update(&id, many).await.unwrap_err().fields()[0].field, "altnames");

    let two = names(&["a.example.org", "b.example.org"]);
    assert!(certificates.check_update(&id, two.clone()).await.unwrap().is_accepted());
    assert_eq!(certificates.get(&id).await.unwrap().altnames, ["www.example.org"], "a dry run changed it");
    certificates.update(&id, two).await.unwrap();
    let changed = certificates.follow(&id).await.unwrap();
    assert_eq!(changed.altnames, ["a.example.org", "b.example.org"]);
    let pem = certificates.pem(&id).await.unwrap();
    assert!(holds(&pem, b"b.example.org") && !holds(&pem, b"www.example.org"));
    assert_eq!(changed.dates.ends_at, Some("2025-01-31T12:05:00Z".parse().unwrap()));
}

#[tokio::test(start_paused = true)]
async fn a_certificate_is_revoked() {
    let (fake, certificates) = with_fake();
    let pending = certificates.issue(order(NAME)).await.unwrap();
    let ordered = certificates.list(CertificateFilter::new()).all().await.unwrap().remove(0);
    assert!(certificates.revoke(&ordered.id).await.unwrap_err().is_conflict());
    let id = pending.await.unwrap().id;

    fake.world().fail_next(Fault::Lost { applied: true });
    certificates.revoke(&id).await.unwrap();
    assert_eq!(certificates.get(&id).await.unwrap().status, CertificateStatus::Revoked);
    assert!(certificates.renew(&id, CertificateRenewal::new()).await.unwrap_err().is_conflict());
    assert!(certificates.update(&id, CertificateChange::new()).await.unwrap_err().is_conflict());
}

#[tokio::test(start_paused = true)]
async fn names_are_shown_in_one_way_or_another() {
    let (_, certificates) = with_fake();
    let mut pending = certificates.issue(order(NAME)).await.unwrap();
    let id = pending.refresh().await.unwrap().id.clone();

    let dns = certificates.dcv_params_of(&id, DcvParamsChange::new()).await.unwrap();
    assert_eq!((dns.dcv_method.clone(), dns.unique_value.is_some()), (Some(DcvMethod::Dns), true));
    assert_eq!(dns.record_sets().unwrap().len(), 1);
    let email =
        certificates.dcv_params_of(&id, DcvParamsChange::new().with_dcv_method(DcvMethod::Email)).await.unwrap();
    assert_eq!(email.raw_messages, [[NAME, "admin@social.example.org"]]);
    assert_eq!(email.record_sets().unwrap(), []);
    for (field, wrong) in [
        ("package", DcvParamsChange::new().with_package("cert_gold")),
        ("csr", DcvParamsChange::new().with_csr("a request")),
        ("dcv_method", DcvParamsChange::new().with_dcv_method("pigeon")),
    ] {
        assert_eq!(certificates.dcv_params_of(&id, wrong).await.unwrap_err().fields()[0].field, field);
    }

    certificates.set_dcv_method(&id, DcvMethod::File).await.unwrap();
    certificates.resend_dcv(&id).await.unwrap();
    let file = certificates.dcv_params_of(&id, DcvParamsChange::new()).await.unwrap();
    assert_eq!(file.dcv_method, Some(DcvMethod::File));
    assert!(file.messages[0].contains("/.well-known/pki-validation/"));
    assert_eq!(certificates.set_dcv_method(&id, "pigeon").await.unwrap_err().fields()[0].field, "dcv_method");

    pending.await.unwrap();
    assert!(certificates.resend_dcv(&id).await.unwrap_err().is_conflict());
    assert!(certificates.set_dcv_method(&id, DcvMethod::Dns).await.unwrap_err().is_conflict());
}

#[tokio::test(start_paused = true)]
async fn records_that_cannot_be_read_are_an_error() {
    let (_, certificates) = with_fake();
    let question = DcvQuestion::new(csr(NAME).0, DcvMethod::Dns, PACKAGE);
    let mut params = certificates.dcv_params(question).await.unwrap();
    params.dns_records.push("www.example.org. 300 IN A nowhere".to_owned());
    let error = params.record_sets().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    let why = std::error::Error::source(&error).unwrap().to_string();
    assert!(why.contains("line 2") && why.contains("nowhere"), "{why}");
}

#[tokio::test(start_paused = true)]
async fn certificates_are_listed_by_what_they_are() {
    let (_, certificates) = with_fake();
    let first = issued(&certificates, order("b.example.org")).await;
    let wildcard = NewCertificate::new("cert_std_w_0_0").with_cn("*.example.org");
    let wildcard = issued(&certificates, wildcard).await;
    let several = NewCertificate::new("cert_std_3_0_0").with_cn("a.example.net");
    drop(certificates.issue(several.with_altnames(["www.example.net".to_owned()])).await.unwrap());

    let listed = async |filter: CertificateFilter| {
        let all = certificates.list(filter).all().await.unwrap();
        all.into_iter().filter_map(|certificate| certificate.cn).collect::<Vec<_>>()
    };
    let filter = CertificateFilter::new;
    assert_eq!(listed(filter().with_sort_by("cn")).await, ["*.example.org", "a.example.net", "b.example.org"]);
    assert_eq!(listed(filter().with_sort_by("-cn")).await, ["b.example.org", "a.example.net", "*.example.org"]);
    assert_eq!(listed(filter().with_cn("b.*")).await, ["b.example.org"]);
    assert_eq!(listed(filter().with_covered_cn("b.example.org")).await, ["b.example.org", "*.example.org"]);
    assert_eq!(listed(filter().with_covered_cn("www.example.net")).await, ["a.example.net"]);
    assert_eq!(listed(filter().with_package("cert_std_w_0_0")).await, ["*.example.org"]);
    assert_eq!(listed(filter().with_status(CertificateStatus::Pending)).await, ["a.example.net"]);
    let wrong = certificates.list(filter().with_sort_by("colour")).all().await.unwrap_err();
    assert_eq!(wrong.fields()[0].field, "querystring.sort_by");
    assert_ne!(first.id, wildcard.id);
}

#[tokio::test(start_paused = true)]
async fn certificates_have_tags() {
    let (_, certificates) = with_fake();
    let id = issued(&certificates, order(NAME)).await.id;
    let none = [""; 0];
    assert_eq!(certificates.tags(&id).await.unwrap(), none);
    certificates.add_tag(&id, "mastodon").await.unwrap();
    certificates.update_tags(&id, ["2025"], ["2024"]).await.unwrap();
    assert_eq!(certificates.tags(&id).await.unwrap(), ["2025", "mastodon"]);
    certificates.replace_tags(&id, ["only"]).await.unwrap();
    assert_eq!(certificates.add_tag(&id, "").await.unwrap_err().fields()[0].field, "tags");
    assert_eq!(certificates.tags(&id).await.unwrap(), ["only"]);
    certificates.clear_tags(&id).await.unwrap();
    assert_eq!(certificates.tags(&id).await.unwrap(), none);
}

#[tokio::test(start_paused = true)]
async fn packages_tell_what_can_be_ordered() {
    let (_, certificates) = with_fake();
    let names = async |filter: PackageFilter| {
        let all = certificates.packages(filter).all().await.unwrap();
        all.into_iter().map(|package| package.name).collect::<Vec<_>>()
    };
    let filter = PackageFilter::new;
    assert!(names(filter()).await.iter().any(|name| name == PACKAGE));
    assert_eq!(names(filter().with_wildcard(true)).await, ["cert_std_w_0_0"]);
    assert_eq!(names(filter().with_category("pro")).await, ["cert_pro_1_10_0"]);
    assert_eq!(names(filter().with_min_domains(1u32).with_max_domains(3u32)).await, ["cert_std_3_0_0"]);
    assert_eq!(names(filter().with_warranty(10u64)).await, ["cert_std_1_10_0_digicert", "cert_pro_1_10_0"]);
    assert_eq!(names(filter().with_trustlogo(true)).await, [""; 0]);

    let digicert = certificates.package("cert_std_1_10_0_digicert").await.unwrap();
    assert_eq!((digicert.provider, digicert.max_domains), (Some(CertificateProvider::DigiCert), Some(1)));
    assert!(certificates.package("cert_gold").await.unwrap_err().is_not_found());
}

#[tokio::test(start_paused = true)]
async fn the_authority_has_a_certificate_too() {
    let (_, certificates) = with_fake();
    let pem = certificates.intermediate("cert_std", Some(CertificateProvider::Sectigo)).await.unwrap();
    assert!(holds(&pem, b"Fake authority of Gandi"));
    assert_eq!(certificates.intermediate_file("cert_pro.pem").await.unwrap(), pem);
    let id = issued(&certificates, order(NAME)).await.id;
    assert!(holds(&certificates.pem(&id).await.unwrap(), b"Fake authority of Gandi"));

    let wrong = certificates.intermediate("cert_std", Some("Honest Achmed".into())).await.unwrap_err();
    assert_eq!(wrong.fields()[0].field, "querystring.provider");
    assert!(certificates.intermediate("cert_gold", None).await.unwrap_err().is_not_found());
    for file in ["cert_gold.pem", "cert_std.txt"] {
        assert!(certificates.intermediate_file(file).await.unwrap_err().is_not_found());
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_not_there_is_not_found() {
    let (_, certificates) = with_fake();
    let id = unknown();
    for error in [
        certificates.get(&id).await.unwrap_err(),
        certificates.pem(&id).await.unwrap_err(),
        certificates.revoke(&id).await.unwrap_err(),
        certificates.renew(&id, CertificateRenewal::new()).await.unwrap_err(),
        certificates.check_renew(&id, CertificateRenewal::new()).await.unwrap_err(),
        certificates.update(&id, CertificateChange::new()).await.unwrap_err(),
        certificates.check_update(&id, CertificateChange::new()).await.unwrap_err(),
        certificates.resend_dcv(&id).await.unwrap_err(),
        certificates.set_dcv_method(&id, DcvMethod::Dns).await.unwrap_err(),
        certificates.dcv_params_of(&id, DcvParamsChange::new()).await.unwrap_err(),
        certificates.tags(&id).await.unwrap_err(),
        certificates.add_tag(&id, "a").await.unwrap_err(),
        certificates.replace_tags(&id, ["a"]).await.unwrap_err(),
        certificates.update_tags(&id, ["a"], ["b"]).await.unwrap_err(),
        certificates.clear_tags(&id).await.unwrap_err(),
    ] {
        assert!(error.is_not_found(), "{error}");
    }
}
