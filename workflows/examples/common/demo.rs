//! The demo's world: a fake of every provider and the internet between them, in this process.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use howdah_cloudflare::testing::FakeCloudflare;
use howdah_core::{
    Clock,
    dns::wire::Observer,
    testing::{FakeRdap, Internet, Registry},
};
use howdah_dnsimple::testing::FakeDnSimple;
use howdah_gandi::testing::FakeGandi;
use howdah_workflows::lookout::Lookout;
use jiff::Timestamp;

use super::Failure;

/// All fakes, one registry for their domains, and name servers that answer what the fakes hold.
///
/// Its time is tokio's: where that is paused, days pass as soon as everybody waits.
#[derive(Clone, Debug)]
pub struct Demo {
    pub clock: Clock,
    pub registry: Registry,
    pub rdap: FakeRdap,
    pub cloudflare: FakeCloudflare,
    pub dnsimple: FakeDnSimple,
    pub gandi: FakeGandi,
    pub internet: Internet,
    directory: Option<PathBuf>,
}

impl Demo {
    /// A new world, or the one that a directory keeps, at the time at which it was left.
    pub fn open(state: Option<&Path>) -> Result<Self, Failure> {
        let Some(directory) = state else {
            let registry = Registry::new(Clock::system());
            let fakes = (FakeCloudflare::on(&registry), FakeDnSimple::on(&registry), FakeGandi::on(&registry));
            return Ok(Self::with(registry, fakes, None));
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
        let cloudflare = FakeCloudflare::kept_in(&file("cloudflare.json"), &registry);
        let dnsimple = FakeDnSimple::kept_on(&file("dnsimple.json"), &registry);
        let gandi = FakeGandi::kept_in(&file("gandi.json"), &registry);
        let fakes = (
            cloudflare.map_err(|error| failed("cloudflare.json", &error))?,
            dnsimple.map_err(|error| failed("dnsimple.json", &error))?,
            gandi.map_err(|error| failed("gandi.json", &error))?,
        );
        Ok(Self::with(registry, fakes, Some(directory.to_owned())))
    }

    fn with(
        registry: Registry,
        (cloudflare, dnsimple, gandi): (FakeCloudflare, FakeDnSimple, FakeGandi),
        directory: Option<PathBuf>,
    ) -> Self {
        let internet = Internet::new(&registry)
            .hosting(Arc::new(cloudflare.clone()))
            .hosting(Arc::new(dnsimple.clone()))
            .hosting(Arc::new(gandi.clone()));
        let (clock, rdap) = (registry.clock().clone(), FakeRdap::of(&registry));
        Self { clock, registry, rdap, cloudflare, dnsimple, gandi, internet, directory }
    }

    /// A look at this world.
    pub fn lookout(&self) -> Lookout {
        let observer = Observer::over(Arc::new(self.internet.clone())).with_roots(self.internet.roots());
        Lookout::new(observer, self.clock.clone()).with_rdap(self.rdap.client())
    }

    /// Notes the world's time, so that it goes on from there.
    pub fn close(&self) -> Result<(), Failure> {
        match &self.directory {
            None => Ok(()),
            Some(directory) => Ok(fs::write(directory.join("now"), self.clock.now().to_string())?),
        }
    }
}
