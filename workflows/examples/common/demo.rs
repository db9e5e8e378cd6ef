//! The demo's world: a fake of every provider and the internet between them, in this process.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use howdah_backblaze::testing::{FakeBackblaze, Settings};
use howdah_cloudflare::{CloudflareDns, testing::FakeCloudflare};
use howdah_core::{
    Clock,
    dns::{DnsProvider as _, DnsProviderExt as _, Name, Scope},
    testing::{Edge, FakeRdap, Internet, Registry, TestAuthority, Ttls},
};
use howdah_digitalocean::{
    spaces_keys::Grant,
    testing::{
        FakeDigitalOcean,
        spaces::{self, FakeSpaces},
    },
};
use howdah_dnsimple::{contacts::NewContact, testing::FakeDnSimple};
use howdah_gandi::testing::FakeGandi;
use howdah_netlify::testing::FakeNetlify;
use howdah_uptimerobot::testing::FakeUptimeRobot;
use howdah_workflows::lookout::Lookout;
use jiff::{SignedDuration, Timestamp};

use super::{Failure, read_zone_file};

/// The zone as Cloudflare exported it.
const ZONE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/vmst.io/vmst.io.zone");

/// How long ago the domain was registered.
const AGE: SignedDuration = SignedDuration::from_hours(24 * 100);

/// When the registry's name servers, one after the other, say what its database says.
const LAG: [SignedDuration; 2] = [SignedDuration::from_mins(10), SignedDuration::from_mins(15)];

/// Where the demo's Spaces are.
pub const SPACES_REGION: &str = "nyc3";

fn key_of_all(id: &str) -> Option<(String, Vec<Grant>)> {
    (id == spaces::ACCESS_KEY).then(|| (spaces::SECRET_KEY.to_owned(), vec![Grant::full_access()]))
}

/// All fakes, one registry for their domains, and name servers that answer what the fakes hold.
///
/// Its time is tokio's: where that is paused, days pass as soon as everybody waits.
#[derive(Clone, Debug)]
pub struct Demo {
    pub clock: Clock,
    pub registry: Registry,
    pub rdap: FakeRdap,
    pub backblaze: FakeBackblaze,
    pub cloudflare: FakeCloudflare,
    pub digitalocean: FakeDigitalOcean,
    pub dnsimple: FakeDnSimple,
    pub gandi: FakeGandi,
    pub netlify: FakeNetlify,
    pub spaces: FakeSpaces,
    pub uptimerobot: FakeUptimeRobot,
    pub internet: Internet,
    /// Who issues certificates in this world.
    pub authority: Arc<TestAuthority>,
    pub(super) directory: Option<PathBuf>,
}

impl Demo {
    /// A new world, or the one that a directory keeps, at the time at which it was left.
    pub fn open(state: Option<&Path>) -> Result<Self, Failure> {
        let Some(directory) = state else {
            let registry = Registry::new(Clock::system());
            let fakes = (FakeCloudflare::on(&registry), FakeDnSimple::on(&registry), FakeGandi::on(&registry));
            // Nobody reads what it would write down, and copies of buckets are long.
            let backblaze = FakeBackblaze::at(registry.clock().clone()).without_journal();
            let digitalocean = FakeDigitalOcean::at(registry.clock().clone());
            let spaces = FakeSpaces::at(SPACES_REGION, registry.clock().clone(), key_of_all);
            let (netlify, uptimerobot) =
                (FakeNetlify::at(registry.clock().clone()), FakeUptimeRobot::at(registry.clock().clone()));
            return Ok(Self::with(registry, fakes, backblaze, (digitalocean, spaces, netlify, uptimerobot), None));
        };
        let failed = |what: &str, error: &dyn std::error::Error| {
            let file = directory.join(what);
            Failure::new(format!("cannot keep the fakes' state in {}: {error}", file.display()))
        };
        let file = |name: &str| directory.join(name);
        fs::create_dir_all(directory).map_err(|error| failed("", &error))?;
        let left = fs::read_to_string(file("now")).ok().and_then(|text| text.trim().parse::<Timestamp>().ok());
        let clock = Clock::starting_at(left.map_or_else(Timestamp::now, |left| left.max(Timestamp::now())));
        let registry =
            Registry::kept_in(&file("registry.json"), clock).map_err(|error| failed("registry.json", &error))?;
        let backblaze = FakeBackblaze::kept_in(&file("backblaze"), registry.clock().clone());
        let backblaze = backblaze.map_err(|error| failed("backblaze", &error))?;
        let digitalocean = FakeDigitalOcean::kept_in(&file("digitalocean.json"), registry.clock().clone());
        let digitalocean = digitalocean.map_err(|error| failed("digitalocean.json", &error))?;
        let spaces = file("spaces");
        let spaces = FakeSpaces::kept_in(&spaces, SPACES_REGION, registry.clock().clone(), key_of_all);
        let spaces = spaces.map_err(|error| failed("spaces", &error))?;
        let netlify = FakeNetlify::kept_in(&file("netlify.json"), registry.clock().clone());
        let netlify = netlify.map_err(|error| failed("netlify.json", &error))?;
        let uptimerobot = FakeUptimeRobot::kept_in(&file("uptimerobot.json"), registry.clock().clone());
        let uptimerobot = uptimerobot.map_err(|error| failed("uptimerobot.json", &error))?;
        let cloudflare = FakeCloudflare::kept_in(&file("cloudflare.json"), &registry);
        let dnsimple = FakeDnSimple::kept_on(&file("dnsimple.json"), &registry);
        let gandi = FakeGandi::kept_in(&file("gandi.json"), &registry);
        let fakes = (
            cloudflare.map_err(|error| failed("cloudflare.json", &error))?,
            dnsimple.map_err(|error| failed("dnsimple.json", &error))?,
            gandi.map_err(|error| failed("gandi.json", &error))?,
        );
        let others = (digitalocean, spaces, netlify, uptimerobot);
        Ok(Self::with(registry, fakes, backblaze, others, Some(directory.to_owned())))
    }

    fn with(
        registry: Registry,
        (cloudflare, dnsimple, gandi): (FakeCloudflare, FakeDnSimple, FakeGandi),
        backblaze: FakeBackblaze,
        (digitalocean, spaces, netlify, uptimerobot): (FakeDigitalOcean, FakeSpaces, FakeNetlify, FakeUptimeRobot),
        directory: Option<PathBuf>,
    ) -> Self {
        let internet = Internet::new(&registry)
            .hosting(Arc::new(cloudflare.clone()))
            .hosting(Arc::new(digitalocean.clone()))
            .hosting(Arc::new(dnsimple.clone()))
            .hosting(Arc::new(gandi.clone()))
            .hosting(Arc::new(netlify.clone()));
        let (clock, rdap) = (registry.clock().clone(), FakeRdap::of(&registry));
        // Large files begin at a size that can be tried out.
        let mut settings = Settings::default();
        settings.recommended_part_size = settings.absolute_minimum_part_size;
        let backblaze = backblaze.with_settings(settings);
        let spaces = spaces.with_machine_dates();
        let authority = Arc::new(TestAuthority::new(clock.now()));
        Self {
            clock,
            registry,
            rdap,
            backblaze,
            cloudflare,
            digitalocean,
            dnsimple,
            gandi,
            netlify,
            spaces,
            uptimerobot,
            internet,
            authority,
            directory,
        }
    }

    /// All listeners of this world that do TLS.
    pub fn edge(&self) -> Edge {
        let (house, sites) = (self.digitalocean.edge(), self.netlify.edge());
        Edge::new(move |hello| house.answering(hello).or_else(|| sites.answering(hello)))
    }

    /// The world as the month begins, unless it has begun already: the zone is at Cloudflare, the registration has left it
    /// for `DNSimple`.
    pub async fn begin(&self) -> Result<(), Failure> {
        let domain = Name::parse("vmst.io")?;
        let text = domain.to_fqdn_without_dot();
        if self.registry.domain(&domain).is_some() {
            return Ok(());
        }
        self.registry.publish_after(LAG);
        let day = 24 * 60 * 60;
        self.internet.set_ttls(&Name::parse("io")?, Ttls { ns: day, ds: day, negative: 3600 });
        self.cloudflare.create_zone(&text);
        let cloudflare = CloudflareDns::new(self.cloudflare.client());
        let mut zone = read_zone_file(Path::new(ZONE), &domain)?.zone;
        zone.split_off_authority();
        let (plan, expected) = cloudflare.plan_to(&zone, &Scope::WholeZone).await?;
        cloudflare.apply(&domain, &plan, &expected).await?;

        self.registry.register(&domain, "dnsimple", &self.cloudflare.name_servers(), AGE);
        let registrant = NewContact::new(
            "Ada",
            "Lovelace",
            "ada@vmst.io",
            "+1.4165550100",
            "12 Front Street",
            "Toronto",
            "ON",
            "M5J 2N1",
            "CA",
        );
        let registrant = self.dnsimple.account().contacts().create(registrant).await?;
        self.dnsimple.register_domain(&text, registrant.id);
        Ok(())
    }

    /// A look at this world.
    pub fn lookout(&self) -> Lookout {
        Lookout::new(self.internet.observer(), self.clock.clone()).with_rdap(self.rdap.client())
    }

    /// Notes the world's time, so that it goes on from there.
    pub fn close(&self) -> Result<(), Failure> {
        match &self.directory {
            None => Ok(()),
            Some(directory) => Ok(fs::write(directory.join("now"), self.clock.now().to_string())?),
        }
    }
}
