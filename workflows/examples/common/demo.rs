//! The demo's world: a fake of every provider, in this process.

use std::{fs, path::Path};

use howdah_cloudflare::testing::FakeCloudflare;
use howdah_core::{Clock, testing::Registry};
use howdah_dnsimple::testing::FakeDnSimple;

use super::Failure;

/// All fakes.
#[derive(Clone, Debug)]
pub struct Demo {
    pub cloudflare: FakeCloudflare,
    pub dnsimple: FakeDnSimple,
}

impl Demo {
    /// A new world, or the one that a directory keeps.
    pub fn open(state: Option<&Path>, clock: Clock) -> Result<Self, Failure> {
        let Some(directory) = state else {
            let registry = Registry::new(clock.clone());
            return Ok(Self { cloudflare: FakeCloudflare::on(&registry), dnsimple: FakeDnSimple::at(clock) });
        };
        let failed =
            |what: &Path, error| Failure::new(format!("cannot keep the fakes' state in {}: {error}", what.display()));
        fs::create_dir_all(directory).map_err(|error| failed(directory, error))?;
        let file = directory.join("registry.json");
        let registry = Registry::kept_in(&file, clock.clone()).map_err(|error| failed(&file, error))?;
        let file = directory.join("cloudflare.json");
        let cloudflare = FakeCloudflare::kept_in(&file, &registry).map_err(|error| failed(&file, error))?;
        let file = directory.join("dnsimple.json");
        let dnsimple = FakeDnSimple::kept_in(&file, clock).map_err(|error| failed(&file, error))?;
        Ok(Self { cloudflare, dnsimple })
    }
}
