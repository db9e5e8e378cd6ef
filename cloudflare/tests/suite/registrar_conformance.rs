//! What every `Registrar` has to do, held against Cloudflare on its fake: it can be read, and refuses everything else.

use async_trait::async_trait;
use howdah_cloudflare::{CloudflareRegistrar, testing::FakeCloudflare};
use howdah_core::{
    Result,
    dns::Name,
    registrar::Registrar,
    testing::conformance::registrar::{self, Subject},
};
use jiff::SignedDuration;

struct Dashboard {
    fake: FakeCloudflare,
    registrar: CloudflareRegistrar,
}

#[async_trait]
impl Subject for Dashboard {
    fn registrar(&self) -> &dyn Registrar {
        &self.registrar
    }

    async fn domain_here(&self, case: &str) -> Result<Name> {
        let short = case[..case.len().min(40)].trim_end_matches('-');
        let domain = Name::parse(&format!("{short}-{}.com", case.len())).unwrap();
        self.fake.create_zone(&domain.to_fqdn_without_dot());
        self.fake.register(&domain, SignedDuration::from_hours(24 * 100));
        Ok(domain)
    }

    fn requests(&self) -> Option<u64> {
        Some(self.fake.world().requests())
    }
}

#[tokio::test(start_paused = true)]
async fn cloudflare_can_be_read() {
    let fake = FakeCloudflare::new();
    let registrar = CloudflareRegistrar::new(fake.client(), fake.account());
    let report = registrar::run_all(&Dashboard { fake, registrar }).await;
    report.assert_passed();
    assert!(!report.ignored().is_empty(), "most of it is done by hand");
}
