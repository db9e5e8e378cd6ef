//! The registrar's conformance suite, and what it cannot know of DNSimple.

use std::time::Duration;

use async_trait::async_trait;
use howdah_core::{
    Clock, ErrorKind, Outcome, Result, Secret,
    dns::{DigestType, KeyInfo, Name},
    registrar::{AuthCode, Confirm, Money, OperationState, PublishedKey, Purchase, Registrar, TransferOrder},
    testing::{
        Fault, Hosting, MemoryRegistrar, Registry, TRANSFER_PROHIBITED, ZoneKey,
        conformance::{
            Report,
            registrar::{self, DomainElsewhere, Subject},
        },
    },
};
use howdah_dnsimple::{
    DnSimpleRegistrar, contacts::ContactId, domains::DomainState, registrar::TransferId, testing::FakeDnSimple,
    zones::NewRecord,
};
use jiff::SignedDuration;

use crate::common::contact;

const AGE: SignedDuration = SignedDuration::from_hours(24 * 100);

struct World {
    fake: FakeDnSimple,
    registry: Registry,
    registrant: ContactId,
    registrar: DnSimpleRegistrar,
    tld: &'static str,
    /// Whether a domain is hosted in the account before it is transferred there.
    hosted_before: bool,
}

impl World {
    async fn new(tld: &'static str, hosted_before: bool) -> Self {
        let registry = Registry::new(Clock::starting_at("2024-02-01T12:00:00Z".parse().unwrap()));
        let fake = FakeDnSimple::on(&registry);
        let registrant = fake.account().contacts().create(contact("Ada")).await.unwrap().id;
        let registrar = DnSimpleRegistrar::new(fake.account()).with_registrant(registrant);
        Self { fake, registry, registrant, registrar, tld, hosted_before }
    }

    async fn run(&self) -> Report {
        registrar::run_all(self).await
    }

    fn name(&self, label: &str) -> Name {
        name(&format!("{label}.{}", self.tld))
    }

    /// A domain that `two` holds, and the order for it.
    async fn order(&self, label: &str) -> (TransferOrder, Confirm) {
        let elsewhere = self.domain_elsewhere(label, false).await.unwrap().unwrap();
        let order = TransferOrder::new(elsewhere.domain, elsewhere.name_servers).with_auth_code(elsewhere.auth_code);
        let quote = self.registrar.quote(&order.domain, Purchase::Transfer(1)).await.unwrap();
        let confirm = Confirm::up_to("20 USD".parse().unwrap(), &quote).unwrap();
        (order, confirm)
    }
}

fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

fn servers() -> [Name; 2] {
    ["ns1.example.net", "ns2.example.net"].map(name)
}

async fn sleep_days(days: u64) {
    tokio::time::sleep(Duration::from_secs(days * 24 * 3600)).await;
}

#[async_trait]
impl Subject for World {
    fn registrar(&self) -> &dyn Registrar {
        &self.registrar
    }

    async fn domain_here(&self, case: &str) -> Result<Name> {
        let domain = self.name(case);
        self.registry.register(&domain, "dnsimple", &servers(), AGE);
        self.fake.register_domain(&domain.to_fqdn_without_dot(), self.registrant);
        Ok(domain)
    }

    async fn domain_elsewhere(&self, case: &str, locked: bool) -> Result<Option<DomainElsewhere>> {
        let domain = self.name(case);
        self.registry.register(&domain, "two", &servers(), AGE);
        self.registry.set_auth_code(&domain, "two", "right").unwrap();
        self.registry.set_status(&domain, "two", TRANSFER_PROHIBITED, locked).unwrap();
        if self.hosted_before {
            self.fake.create_zone(&domain.to_fqdn_without_dot());
        }
        let name_servers = servers().to_vec();
        Ok(Some(DomainElsewhere { domain, auth_code: Secret::from("right"), name_servers }))
    }

    fn payments(&self, domain: &Name) -> Option<usize> {
        let paid = self.registry.domain(domain)?.paid;
        Some(paid.iter().filter(|paid| paid.registrar == "dnsimple").count())
    }

    fn lose_next_payment(&self, carried_out: bool) -> bool {
        // After the prices and the look into the account.
        self.fake.world().fail_nth(3, Fault::Lost { applied: carried_out });
        true
    }

    fn requests(&self) -> Option<u64> {
        Some(self.fake.world().requests())
    }
}

const BLIND: &str = "transfer in: checked beforehand";
const UNSEEN: &str = "transfer in: what was never begun is not made up";

#[tokio::test(start_paused = true)]
async fn conforms_where_the_registry_takes_digests() {
    let report = World::new("com", false).await.run().await;
    report.assert_passed();
    let ignored = report.ignored();
    let glue: Vec<_> = ignored.iter().filter(|case| case.starts_with("glue: ")).collect();
    assert_eq!((ignored.len(), glue.len(), ignored.contains(&BLIND)), (3, 2, true), "{report}");
}

#[tokio::test(start_paused = true)]
async fn conforms_where_the_registry_takes_keys() {
    World::new("de", false).await.run().await.assert_passed();
}

#[tokio::test(start_paused = true)]
async fn conforms_with_domains_that_are_hosted_already() {
    let report = World::new("com", true).await.run().await;
    report.assert_passed();
    assert!(report.ignored().contains(&UNSEEN), "{report}");
}

#[tokio::test(start_paused = true)]
async fn without_a_contact_nothing_is_transferred() {
    let mut world = World::new("com", false).await;
    world.registrar = DnSimpleRegistrar::new(world.fake.account());
    let report = world.run().await;
    report.assert_passed();
    assert!(report.passed().contains(&"honesty: no transfers to it"));
}

#[tokio::test(start_paused = true)]
async fn a_lost_order_for_a_hosted_domain_is_unknown_until_it_arrives() {
    let world = World::new("com", true).await;
    let (order, confirm) = world.order("example").await;
    world.lose_next_payment(true);
    let lost = world.registrar.transfer_in(&order, &confirm).await.unwrap_err();
    assert_eq!(lost.outcome(), Outcome::Unknown);
    for error in [
        world.registrar.transfer(&order.domain).await.unwrap_err(),
        world.registrar.transfer_in(&order, &confirm).await.unwrap_err(),
    ] {
        assert_eq!(error.outcome(), Outcome::Unknown);
        assert!(error.to_string().contains("tell its number to `with_transfer`"), "{error}");
    }
    sleep_days(6).await;
    let arrived = world.registrar.transfer(&order.domain).await.unwrap().unwrap();
    assert_eq!(arrived.state, OperationState::Succeeded);
    assert_eq!(world.payments(&order.domain), Some(1));
}

#[tokio::test(start_paused = true)]
async fn a_transfer_is_taken_up_by_its_number() {
    let world = World::new("com", false).await;
    let (order, confirm) = world.order("example").await;
    let begun = world.registrar.transfer_in(&order, &confirm).await.unwrap();
    let number: u64 = begun.id.parse().unwrap();

    let elsewhere = DnSimpleRegistrar::new(world.fake.account()).with_registrant(world.registrant);
    assert_eq!(elsewhere.transfer(&order.domain).await.unwrap(), None);
    let refused = elsewhere.transfer_in(&order, &confirm).await.unwrap_err();
    assert_eq!((refused.kind(), refused.outcome()), (ErrorKind::Invalid, Outcome::Refused));
    let elsewhere = elsewhere.with_transfer(order.domain.clone(), TransferId::new(number));
    assert_eq!(elsewhere.transfer(&order.domain).await.unwrap(), Some(begun));
    assert_eq!(world.payments(&order.domain), Some(1));
}

#[tokio::test(start_paused = true)]
async fn a_premium_price_is_confirmed_as_it_was_quoted() {
    let world = World::new("social", false).await;
    world.fake.set_premium_price("ruby.social", "2640.00");
    let elsewhere = world.domain_elsewhere("ruby", false).await.unwrap().unwrap();
    let order = TransferOrder::new(elsewhere.domain, servers()).with_auth_code(elsewhere.auth_code);
    let quote = world.registrar.quote(&order.domain, Purchase::Transfer(1)).await.unwrap();
    assert_eq!((quote.price.clone(), quote.premium), (Money::new(264_000, "USD"), true));
    let confirm = Confirm::up_to(quote.price.clone(), &quote).unwrap();
    let begun = world.registrar.transfer_in(&order, &confirm).await.unwrap();
    assert_eq!(begun.state, OperationState::Pending);

    let renewal = world.registrar.quote(&name("example.com"), Purchase::Renewal(3)).await.unwrap();
    assert_eq!(renewal.price, Money::new(4950, "USD"));
    let years = world.registrar.quote(&name("example.com"), Purchase::Transfer(2)).await.unwrap_err();
    assert!(years.is_unsupported(), "{years}");
}

#[tokio::test(start_paused = true)]
async fn a_check_sees_what_can_be_seen() {
    let world = World::new("com", false).await;
    let here = world.domain_here("here").await.unwrap();
    for (domain, why) in
        [(here, "here.com. is registered at DNSimple already"), (world.name("free"), "free.com. is not registered")]
    {
        let check = world.registrar.check_transfer(&domain, None).await.unwrap();
        assert_eq!((check.feasible, check.because.as_deref()), (false, Some(why)));
    }
    let unknown = world.registrar.check_transfer(&name("example.pineapple"), None).await.unwrap_err();
    assert_eq!(
        unknown.to_string(),
        "dnsimple: DNSimple has no domains like example.pineapple. (refused, nothing was changed)"
    );
}

#[tokio::test(start_paused = true)]
async fn a_domain_that_another_registrar_takes_over_stays_hosted() {
    let world = World::new("com", false).await;
    let domain = world.domain_here("example").await.unwrap();
    assert!(matches!(world.registrar.auth_code(&domain).await.unwrap(), AuthCode::Mailed));
    assert_eq!(world.registrar.registration(&domain).await.unwrap().transfer_lock, Some(false));
    let code = world.fake.mailed_auth_codes("example.com").pop().unwrap();

    let two = MemoryRegistrar::new(&world.registry, "two");
    let quote = two.quote(&domain, Purchase::Transfer(1)).await.unwrap();
    let confirm = Confirm::up_to(quote.price.clone(), &quote).unwrap();
    let order = TransferOrder::new(domain.clone(), servers()).with_auth_code(Secret::from(code));
    two.transfer_in(&order, &confirm).await.unwrap();
    let frozen = world.registrar.set_name_servers(&domain, &servers()).await.unwrap_err();
    assert_eq!(frozen.message(), "The registry refused: object pending transfer");
    sleep_days(6).await;
    assert!(world.registrar.registration(&domain).await.unwrap_err().is_not_found());
    let left = world.fake.account().domains().get("example.com").await.unwrap();
    assert_eq!((left.state, left.expires_at), (DomainState::Hosted, None));
    assert!(!world.fake.records("example.com").is_empty(), "its zone stays");
    assert_eq!(two.registration(&domain).await.unwrap().name_servers, servers());
}

#[tokio::test(start_paused = true)]
async fn the_parent_publishes_what_the_account_lists() {
    let world = World::new("com", false).await;
    let domain = world.domain_here("example").await.unwrap();
    let parent = || world.registry.domain(&domain).unwrap().delegation.ds;

    // The zone's own keys, once the signatures are there.
    world.fake.account().dnssec().enable("example.com").await.unwrap();
    assert_eq!(parent(), []);
    tokio::time::sleep(Duration::from_secs(60)).await;
    let own = world.registrar.keys(&domain).await.unwrap();
    assert_eq!(parent(), own[0].key.ds);
    let served = Hosting::zone(&world.fake, &name("ns1.dnsimple-edge.com"), &domain).unwrap().keys;
    assert!(served.len() == 1 && parent()[0].covers(&served[0].dnskey(), &domain));

    // A key of somebody else's, by its longer digest.
    let other = ZoneKey::generate(257).dnskey().to_ds(&domain, DigestType::Sha384);
    world.registrar.add_key(&domain, &KeyInfo::new(None, [other.clone()])).await.unwrap();
    assert_eq!(parent()[1..], *std::slice::from_ref(&other));

    // The rotation, in the middle and at its end.
    sleep_days(84).await;
    assert_eq!((world.registrar.keys(&domain).await.unwrap().len(), parent().len()), (3, 3));
    sleep_days(14).await;
    assert_eq!((world.registrar.keys(&domain).await.unwrap().len(), parent().len()), (2, 2));
    assert!(!parent().contains(&own[0].key.ds[0]));

    world.fake.account().dnssec().disable("example.com").await.unwrap();
    assert_eq!(parent(), [other]);
    let wrong = PublishedKey { id: "first".to_owned(), ..own[0].clone() };
    let error = world.registrar.remove_key(&domain, &wrong).await.unwrap_err();
    assert_eq!(error.outcome(), Outcome::NotSent);
}

#[tokio::test(start_paused = true)]
async fn keys_at_the_parent_come_along_with_a_transfer() {
    let world = World::new("com", false).await;
    let (order, confirm) = world.order("example").await;
    let ds = ZoneKey::generate(257).dnskey().to_ds(&order.domain, DigestType::Sha256);
    world.registry.delegate(&order.domain, "two", |delegated| delegated.ds.push(ds.clone())).unwrap();
    world.registrar.transfer_in(&order, &confirm).await.unwrap();
    sleep_days(6).await;
    let keys = world.registrar.keys(&order.domain).await.unwrap();
    assert_eq!(keys[0].key.ds, [ds]);
    world.registrar.remove_key(&order.domain, &keys[0]).await.unwrap();
    assert_eq!(world.registry.domain(&order.domain).unwrap().delegation.ds, []);
}

#[tokio::test(start_paused = true)]
async fn zones_are_answered_as_they_are_held() {
    let fake = FakeDnSimple::new();
    fake.create_zone("example.com");
    let zones = fake.account().zones();
    for record in [
        NewRecord::new("", "ALIAS", "lb.example.net"),
        NewRecord::new("", "MX", "mx.example.net").with_priority(10u16),
        NewRecord::new("www", "A", "192.0.2.1").with_ttl(300u32),
        NewRecord::new("go", "URL", "https://example.net/"),
        NewRecord::new("pool", "POOL", "a.example.net"),
    ] {
        zones.create_record("example.com", record).await.unwrap();
    }
    let (apex, servers) = (name("example.com"), Hosting::name_servers(&fake));
    assert_eq!(servers.len(), 4);
    let hosted = Hosting::zone(&fake, &servers[3], &apex).unwrap();
    let mut sets: Vec<_> = hosted.zone.iter().map(|set| format!("{} {}", set.name(), set.record_type())).collect();
    sets.sort();
    assert_eq!(
        sets,
        [
            "example.com. ALIAS",
            "example.com. MX",
            "example.com. NS",
            "example.com. SOA",
            "example.com. TXT",
            "www.example.com. A"
        ]
    );
    let ns = hosted.zone.get(&apex, &howdah_core::dns::RecordType::Ns).unwrap();
    assert_eq!(ns.data().len(), 4);
    assert!(hosted.keys.is_empty());
    assert_eq!(Hosting::zones(&fake, &name("ns1.example.net")), []);
    zones.deactivate("example.com").await.unwrap();
    assert_eq!(Hosting::zone(&fake, &servers[0], &apex), None);
}
