//! Domains against the fake.

use howdah_core::{ErrorKind, Outcome, testing::Fault};
use howdah_dnsimple::{
    domains::{Availability, DomainFilter, DomainState, NewDomain},
    testing::FakeDnSimple,
};

#[tokio::test(start_paused = true)]
async fn a_domain_lives_and_its_zone_with_it() {
    let fake = FakeDnSimple::new();
    let (domains, zones) = (fake.account().domains(), fake.account().zones());
    let created = domains.create(NewDomain::new("example.com")).await.unwrap();
    assert_eq!(created.state, DomainState::Hosted);
    assert_eq!(created.registrant_id, None);
    assert_eq!(domains.get("example.com").await.unwrap(), created);
    let by_number = domains.get(&created.id.to_string()).await.unwrap();
    assert_eq!(by_number, created);
    assert_eq!(zones.get("example.com").await.unwrap().name, "example.com");

    domains.delete("example.com").await.unwrap();
    assert!(domains.get("example.com").await.unwrap_err().is_not_found());
    assert!(zones.get("example.com").await.unwrap_err().is_not_found());
    let again = domains.delete("example.com").await.unwrap_err();
    assert!(again.is_not_found());
}

#[tokio::test(start_paused = true)]
async fn names_are_checked() {
    let domains = FakeDnSimple::new().account().domains();
    let idn = domains.create(NewDomain::new("bücher.example")).await;
    let idn = idn.unwrap();
    assert_eq!(idn.name, "xn--bcher-kva.example");
    assert_eq!(idn.unicode_name.as_deref(), Some("bücher.example"));
    for (name, message) in [
        ("xn--bcher-kva.example", "has already been taken"),
        ("localhost", "is an invalid domain"),
        ("example.com.", "is an invalid domain"),
    ] {
        let error = domains.create(NewDomain::new(name)).await.unwrap_err();
        assert!(error.is_invalid());
        assert_eq!(error.fields()[0].field, "name");
        assert_eq!(error.fields()[0].message, message, "{name}");
    }
    let nothing = domains.get("").await.unwrap_err();
    assert_eq!(nothing.outcome(), Outcome::NotSent);
}

#[tokio::test(start_paused = true)]
async fn domains_are_listed_sorted_and_filtered() {
    let fake = FakeDnSimple::new();
    for name in ["b.example", "a.example", "c.test"] {
        fake.create_zone(name);
    }
    let domains = fake.account().domains();
    let names = async |filter| -> Vec<_> {
        let list = domains.list(filter).all().await.unwrap();
        list.into_iter().map(|domain| domain.name).collect()
    };
    let all = names(DomainFilter::new()).await;
    assert_eq!(all, ["a.example", "b.example", "c.test"]);
    let reversed = names(DomainFilter::new().with_sort("name:desc")).await;
    assert_eq!(reversed, ["c.test", "b.example", "a.example"]);
    let oldest = names(DomainFilter::new().with_sort("id:asc")).await;
    assert_eq!(oldest, ["b.example", "a.example", "c.test"]);
    let like = names(DomainFilter::new().with_name_like("example")).await;
    assert_eq!(like, ["a.example", "b.example"]);
    let hers = names(DomainFilter::new().with_registrant_id(17)).await;
    assert!(hers.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_domain_of_others_wants_a_proof_of_ownership() {
    let fake = FakeDnSimple::new();
    fake.hold_elsewhere("example.com");
    let domains = fake.account().domains();
    let error = domains.create(NewDomain::new("example.com")).await;
    let error = error.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Precondition);
    assert_eq!(error.status().unwrap().as_u16(), 406);
    assert_eq!(error.outcome(), Outcome::Refused);
    assert!(error.message().contains("ns1.dnsimple-edge.com"), "{error}");
    assert!(domains.get("example.com").await.unwrap_err().is_not_found());
}

#[tokio::test(start_paused = true)]
async fn a_domain_is_researched() {
    let fake = FakeDnSimple::new();
    fake.hold_elsewhere("taken.example");
    let domains = fake.account().domains();
    let free = domains.research("free.example").await.unwrap();
    assert_eq!(free.domain, "free.example");
    assert_eq!(free.availability, Availability::Available);
    let taken = domains.research("taken.example").await.unwrap();
    assert_eq!(taken.availability, Availability::Unavailable);

    let error = domains.research("nonsense").await.unwrap_err();
    assert!(error.is_invalid());
    assert_eq!(error.fields()[0].field, "");
    assert_eq!(error.fields()[0].message, "Invalid domain name");
    assert_eq!(
        error.to_string(),
        "dnsimple: GET /{account}/domains/research/status: 400 Bad Request: Invalid domain name \
         (refused, nothing was changed; request 3)"
    );
}

#[tokio::test(start_paused = true)]
async fn a_lost_creation_is_found_and_a_lost_deletion_is_done() {
    let fake = FakeDnSimple::new();
    let domains = fake.account().domains();
    fake.world().fail_next(Fault::Lost { applied: true });
    let error = domains.create(NewDomain::new("example.com")).await;
    assert_eq!(error.unwrap_err().outcome(), Outcome::Unknown);
    assert!(domains.get("example.com").await.is_ok());

    fake.world().fail_next(Fault::Lost { applied: true });
    domains.delete("example.com").await.unwrap();
    assert!(domains.get("example.com").await.unwrap_err().is_not_found());
}
