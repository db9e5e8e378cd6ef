//! Web redirections against the fake.

use howdah_core::{
    ErrorKind,
    dns::{Name, RecordType},
    testing::Fault,
};
use howdah_gandi::{
    Gandi,
    livedns::{NewRrset, RrsetValues},
    testing::{FakeGandi, NAME},
    web_redirections::{NewWebRedirection, RedirectionProtocol, RedirectionType, WebRedirectionChange},
};
use jiff::SignedDuration;

const DOMAIN: &str = "example.org";

fn with_domain() -> (FakeGandi, Gandi) {
    let fake = FakeGandi::new();
    fake.registry().register(&Name::parse(DOMAIN).unwrap(), NAME, &[], SignedDuration::from_hours(24));
    let gandi = fake.client();
    (fake, gandi)
}

fn to(host: &str, url: &str) -> NewWebRedirection {
    NewWebRedirection::new(host, false, RedirectionProtocol::Https, RedirectionType::Permanent, url)
}

/// The same but for what is changed about it.
fn but<T: Clone>(value: &T, change: impl FnOnce(&mut T)) -> T {
    let mut value = value.clone();
    change(&mut value);
    value
}

#[tokio::test(start_paused = true)]
async fn a_host_is_redirected_elsewhere_and_no_more() {
    let (_, gandi) = with_domain();
    let redirections = gandi.web_redirections();
    redirections.create(DOMAIN, to("www.example.org", "https://example.org")).await.unwrap();
    redirections.create(DOMAIN, to("*.example.org", "https://example.net")).await.unwrap();

    let www = redirections.get(DOMAIN, "www.example.org").await.unwrap();
    assert_eq!(www.redirection_type, Some(RedirectionType::Permanent));
    assert_eq!((www.protocol, www.url.as_deref()), (Some(RedirectionProtocol::Https), Some("https://example.org")));
    let any = redirections.get(DOMAIN, "*.example.org").await.unwrap();
    assert_eq!(any.url.as_deref(), Some("https://example.net"));

    let change = WebRedirectionChange::new().with_url("https://example.com").with_redirection_type("http302");
    redirections.update(DOMAIN, "www.example.org", change).await.unwrap();
    let www = redirections.get(DOMAIN, "www.example.org").await.unwrap();
    assert_eq!(
        (www.redirection_type, www.protocol),
        (Some(RedirectionType::Temporary), Some(RedirectionProtocol::Https))
    );
    assert_eq!(www.url.as_deref(), Some("https://example.com"));

    redirections.delete(DOMAIN, "*.example.org").await.unwrap();
    let left = redirections.list(DOMAIN).all().await.unwrap();
    assert_eq!(left.iter().map(|one| one.host.as_str()).collect::<Vec<_>>(), ["www.example.org"]);
}

#[tokio::test(start_paused = true)]
async fn many_redirections_are_listed_page_by_page() {
    let (fake, gandi) = with_domain();
    let redirections = gandi.web_redirections();
    for number in 0..101 {
        redirections.create(DOMAIN, to(&format!("h{number}.example.org"), "https://example.net")).await.unwrap();
    }
    let before = fake.world().requests();
    assert_eq!(redirections.list(DOMAIN).all().await.unwrap().len(), 101);
    assert_eq!(fake.world().requests() - before, 2);
}

#[tokio::test(start_paused = true)]
async fn records_give_way_when_they_may() {
    let (fake, gandi) = with_domain();
    fake.create_zone(DOMAIN);
    let livedns = gandi.livedns();
    livedns.create_rrset(DOMAIN, NewRrset::new("www", RecordType::A, vec!["192.0.2.1"])).await.unwrap();
    let redirections = gandi.web_redirections();

    let refused = redirections.create(DOMAIN, to("www.example.org", "https://example.net")).await.unwrap_err();
    assert!(refused.is_conflict(), "{refused}");
    assert!(redirections.get(DOMAIN, "www.example.org").await.unwrap_err().is_not_found());
    let forced = but(&to("www.example.org", "https://example.net"), |new| new.override_records = true);
    redirections.create(DOMAIN, forced).await.unwrap();
    let www = livedns.rrset(DOMAIN, "www", &RecordType::Cname).await.unwrap();
    assert_eq!(www.values.0, ["webredir.vip.gandi.net."]);
    assert!(livedns.rrset(DOMAIN, "www", &RecordType::A).await.unwrap_err().is_not_found());

    livedns.replace_rrset(DOMAIN, "@", &RecordType::Txt, RrsetValues::new(vec!["\"kept\""])).await.unwrap();
    redirections.create(DOMAIN, to(DOMAIN, "https://example.net")).await.unwrap();
    assert!(livedns.rrset(DOMAIN, "@", &RecordType::A).await.is_ok());
    assert!(livedns.rrset(DOMAIN, "@", &RecordType::Txt).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_redirected_is_refused() {
    let (_, gandi) = with_domain();
    let redirections = gandi.web_redirections();
    let good = to("www.example.org", "https://example.net");
    for (field, wrong) in [
        ("host", to("www.example.net", "https://example.net")),
        ("url", to("www.example.org", "example.net")),
        ("protocol", but(&good, |new| new.protocol = "gopher".into())),
        ("type", but(&good, |new| new.redirection_type = "http418".into())),
    ] {
        let error = redirections.create(DOMAIN, wrong).await.unwrap_err();
        assert_eq!((error.kind(), error.fields()[0].field.as_str()), (ErrorKind::Invalid, field));
    }
    redirections.create(DOMAIN, good.clone()).await.unwrap();
    assert!(redirections.create(DOMAIN, good.clone()).await.unwrap_err().is_conflict());
    let wrong = redirections.update(DOMAIN, "www.example.org", WebRedirectionChange::new().with_url("nowhere"));
    assert_eq!(wrong.await.unwrap_err().fields()[0].field, "url");

    let none = WebRedirectionChange::new;
    for error in [
        redirections.get(DOMAIN, "ftp.example.org").await.unwrap_err(),
        redirections.update(DOMAIN, "ftp.example.org", none()).await.unwrap_err(),
        redirections.delete(DOMAIN, "ftp.example.org").await.unwrap_err(),
        redirections.list("example.net").all().await.unwrap_err(),
        redirections.create("example.net", good).await.unwrap_err(),
    ] {
        assert!(error.is_not_found(), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_deletion_whose_answer_was_lost_is_done() {
    let (fake, gandi) = with_domain();
    let redirections = gandi.web_redirections();
    redirections.create(DOMAIN, to("www.example.org", "https://example.net")).await.unwrap();
    fake.world().fail_next(Fault::Lost { applied: true });
    redirections.delete(DOMAIN, "www.example.org").await.unwrap();
    assert_eq!(redirections.list(DOMAIN).all().await.unwrap(), []);
}
