//! The fakes of three providers, one registry, the internet between them, and a disk: all that survives a program.

use std::{sync::Arc, time::Duration};

use howdah_cloudflare::{
    Cloudflare, CloudflareDns, dns_records::NewRecord as CloudflareRecord, testing::FakeCloudflare,
};
use howdah_core::{
    Clock,
    dns::{DigestType, Name},
    rdap::Rdap,
    testing::{FakeRdap, Hosting, Internet, KillSwitch, Paid, Registry},
};
use howdah_dnsimple::{
    DnSimple, DnSimpleDns, DnSimpleRegistrar,
    contacts::NewContact as Registrant,
    testing::{ACCOUNT, FakeDnSimple},
    zones::{NewRecord as DnSimpleRecord, RecordType},
};
use howdah_gandi::{
    Gandi, GandiRegistrar,
    contacts::{ContactType, NewContact as Owner},
    testing::FakeGandi,
};
use howdah_workflows::{
    engine::{self, Outcome, Run, RunError, Workflow},
    lookout::Lookout,
    sightings::Sightings,
};
use jiff::{SignedDuration, Timestamp};
use tempfile::TempDir;

use crate::common::watched::Watch;

pub const DOMAIN: &str = "example.org";

/// How long the domain has been registered.
const AGE: SignedDuration = SignedDuration::from_hours(24 * 400);

pub struct World {
    pub clock: Clock,
    pub registry: Registry,
    pub watch: Watch,
    cloudflare: FakeCloudflare,
    dnsimple: FakeDnSimple,
    gandi: FakeGandi,
    rdap: FakeRdap,
    disk: TempDir,
}

/// The clients of one program, which die together.
pub struct Clients {
    pub cloudflare: Arc<CloudflareDns>,
    pub dnsimple: Arc<DnSimpleDns>,
    pub dnsimple_registrar: Arc<DnSimpleRegistrar>,
    pub gandi: Arc<GandiRegistrar>,
    pub lookout: Lookout,
}

/// What a job leaves behind.
#[derive(Debug, PartialEq, Eq)]
pub struct End {
    registrar: String,
    name_servers: Vec<Name>,
    published: [Vec<Name>; 2],
    statuses: Vec<String>,
    expires_at: Timestamp,
    /// Who paid for what, and for how many years.
    paid: Vec<(String, String, u32)>,
    /// How many DS there are, and how many of them are of keys that are served.
    ds: [usize; 2],
    keys: usize,
    records: Vec<String>,
    zone_is_left_behind: bool,
    codes_mailed: usize,
}

pub fn domain() -> Name {
    Name::parse(DOMAIN).unwrap()
}

pub fn days(days: u64) -> Duration {
    Duration::from_secs(days * 24 * 3600)
}

impl World {
    fn new() -> Self {
        // Some moment, so that all worlds are alike.
        let clock = Clock::starting_at("2026-03-02T09:00:00Z".parse().unwrap());
        let registry = Registry::new(clock.clone());
        // Between two looks of a workflow that waits, so that it sees the servers differ once.
        registry.publish_after([SignedDuration::from_mins(4), SignedDuration::from_mins(9)]);
        let (cloudflare, dnsimple) = (FakeCloudflare::on(&registry), FakeDnSimple::on(&registry));
        let gandi = FakeGandi::on(&registry);
        let internet = Internet::new(&registry)
            .hosting(Arc::new(cloudflare.clone()))
            .hosting(Arc::new(dnsimple.clone()))
            .hosting(Arc::new(gandi.clone()));
        let hostings = vec![Arc::new(cloudflare.clone()) as _, Arc::new(dnsimple.clone()) as _];
        let watch = Watch::new(&domain(), &registry, &internet, hostings);
        let (rdap, disk) = (FakeRdap::of(&registry), TempDir::new().unwrap());
        Self { clock, registry, watch, cloudflare, dnsimple, gandi, rdap, disk }
    }

    /// The zone is at Cloudflare, and the domain at Gandi.
    #[allow(clippy::unused_async)] // as the other worlds are made
    pub fn at_cloudflare() -> Self {
        let world = Self::new();
        world.registry.register(&domain(), "gandi", &world.cloudflare.name_servers(), AGE);
        let zone = world.cloudflare.create_zone(DOMAIN);
        let record = |kind: &str, owner: &str, content: &str| CloudflareRecord::new(kind, owner).with_content(content);
        for record in [
            record("A", "@", "192.0.2.1").with_ttl(300_u32),
            record("AAAA", "@", "2001:db8::1").with_ttl(300_u32),
            record("MX", "@", "mail.example.org").with_priority(10_u16).with_ttl(300_u32),
            record("TXT", "@", "\"v=spf1 mx -all\"").with_ttl(300_u32),
            record("A", "mail", "192.0.2.25").with_ttl(3600_u32),
            record("CNAME", "files", "files.example.net").with_ttl(600_u32),
            record("TXT", "_dmarc", "\"v=DMARC1; p=none\""),
            record("A", "www", "192.0.2.1").with_proxied(true),
        ] {
            world.cloudflare.add_record(&zone, record);
        }
        world
    }

    /// The zone is at DNSimple, and the domain at Gandi.
    pub async fn at_dnsimple() -> Self {
        let world = Self::new();
        world.registry.register(&domain(), "gandi", &world.dnsimple.name_servers(), AGE);
        world.dnsimple.create_zone(DOMAIN);
        world.fill_dnsimple().await;
        world
    }

    /// Both are at DNSimple.
    pub async fn registered_at_dnsimple() -> Self {
        let world = Self::new();
        world.registry.register(&domain(), "dnsimple", &world.dnsimple.name_servers(), AGE);
        let ada = Registrant::new(
            "Ada",
            "Lovelace",
            "ada@example.net",
            "+1.4165550100",
            "12 Front Street",
            "Toronto",
            "ON",
            "M5J 2N1",
            "CA",
        );
        let registrant = world.dnsimple.account().contacts().create(ada).await.unwrap().id;
        world.dnsimple.register_domain(DOMAIN, registrant);
        world.fill_dnsimple().await;
        world
    }

    async fn fill_dnsimple(&self) {
        let zones = self.dnsimple.account().zones();
        for (owner, kind, content) in [
            ("", "A", "192.0.2.1"),
            ("", "AAAA", "2001:db8::1"),
            ("", "TXT", "v=spf1 mx -all"),
            ("mail", "A", "192.0.2.25"),
            ("www", "CNAME", "example.org"),
            ("files", "CNAME", "files.example.net"),
            ("_dmarc", "TXT", "v=DMARC1; p=none"),
        ] {
            zones.create_record(DOMAIN, DnSimpleRecord::new(owner, kind, content)).await.unwrap();
        }
        let mail = DnSimpleRecord::new("", "MX", "mail.example.org").with_priority(10_u16);
        zones.create_record(DOMAIN, mail).await.unwrap();
    }

    /// The clients of a program that begins, and dies by this switch; what it notes stays on the disk.
    pub fn clients(&self, switch: &KillSwitch) -> Clients {
        let Self { watch, cloudflare, dnsimple, gandi, rdap, .. } = self;
        let built = [
            cloudflare.builder().transport(switch.guard(watch.over(cloudflare.world().clone()))).build(),
            dnsimple.builder().transport(switch.guard(watch.over(dnsimple.world().clone()))).build(),
            gandi.builder().transport(switch.guard(watch.over(gandi.world().clone()))).build(),
            rdap.builder().transport(switch.guard(watch.over(rdap.world().clone()))).build(),
        ];
        let [cloudflare, dnsimple, gandi, rdap] = built.map(Result::unwrap);
        let account = DnSimple::from(dnsimple).account(ACCOUNT);
        let owner = Owner::new("CA", "ada@example.net", "Lovelace", "Ada", "12 Front Street", ContactType::Individual);
        let owner = owner.with_city("Toronto").with_zip("M5J 2N1").with_state("CA-ON").with_phone("+1.4165550100");
        let sightings = Sightings::kept_in(self.disk.path().join("sightings.json")).unwrap();
        let lookout = Lookout::new(watch.observer(), self.clock.clone())
            .with_rdap(Rdap::from(rdap))
            .with_sightings(Arc::new(sightings));
        Clients {
            cloudflare: Arc::new(CloudflareDns::new(Cloudflare::from(cloudflare))),
            dnsimple: Arc::new(DnSimpleDns::new(account.clone())),
            dnsimple_registrar: Arc::new(DnSimpleRegistrar::new(account)),
            gandi: Arc::new(GandiRegistrar::new(Gandi::from(gandi)).with_owner(owner)),
            lookout,
        }
    }

    /// Runs a job to its end, under the watch; once more, by a new program, when a code came by mail meanwhile.
    pub async fn run<W: Workflow>(
        &self,
        job: impl Fn(&Self, &Clients) -> W,
        switch: &KillSwitch,
    ) -> Result<Outcome<W::Observed>, RunError> {
        loop {
            let codes = self.codes_in_the_mail().len();
            let job = job(self, &self.clients(switch));
            let run = Run::on(self.clock.clone()).waiting(true);
            let outcome = self.watch.during(engine::apply(&job, &run)).await?;
            if outcome.is_complete() || self.codes_in_the_mail().len() <= codes {
                return Ok(outcome);
            }
        }
    }

    /// Time passes, and nobody does anything.
    pub async fn pass(&self, time: Duration) {
        self.watch.during(tokio::time::sleep(time)).await;
    }

    /// The authorization codes that the registrant was mailed, as long as the domain is there.
    pub fn codes_in_the_mail(&self) -> Vec<String> {
        self.dnsimple.mailed_auth_codes(DOMAIN)
    }

    pub fn end(&self) -> End {
        let held = self.registry.domain(&domain()).unwrap();
        let sorted = |mut names: Vec<Name>| {
            names.sort();
            names
        };
        let published = [0, 1].map(|server| self.registry.published(&domain(), server).unwrap());
        let keys = self.dnsimple.dnssec_keys(DOMAIN);
        let is_served =
            |ds: &&howdah_core::dns::Ds| keys.iter().any(|key| key.to_ds(&domain(), DigestType::Sha256) == **ds);
        let mut records: Vec<_> = self.dnsimple.records(DOMAIN);
        records.retain(|record| record.record_type != RecordType::Soa);
        let text = |record: howdah_dnsimple::zones::ZoneRecord| {
            let priority = record.priority.unwrap_or_default();
            format!("{} {:?} {} {priority} {}", record.name, record.ttl, record.record_type, record.content)
        };
        let mut records: Vec<_> = records.into_iter().map(text).collect();
        records.sort();
        let mails = |exchange: &&howdah_core::testing::Exchange| {
            exchange.method == "POST" && exchange.path.ends_with("/authorize_transfer_out") && exchange.status < 300
        };
        End {
            registrar: held.registrar,
            name_servers: sorted(held.delegation.name_servers),
            published: published.map(|delegated| sorted(delegated.name_servers)),
            statuses: held.statuses.into_iter().collect(),
            expires_at: held.expires_at,
            paid: held.paid.into_iter().map(|Paid { registrar, what, years, .. }| (registrar, what, years)).collect(),
            ds: [held.delegation.ds.len(), held.delegation.ds.iter().filter(is_served).count()],
            keys: keys.len(),
            records,
            zone_is_left_behind: self.cloudflare.zone_id(DOMAIN).is_some(),
            codes_mailed: self.dnsimple.world().journal().iter().filter(mails).count(),
        }
    }
}
