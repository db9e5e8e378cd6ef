//! What every `Registrar` has to do, held against Gandi on its fake.

use crate::common::{fake, owner};
use async_trait::async_trait;
use howdah_core::{
    Result,
    dns::Name,
    registrar::Registrar,
    testing::{
        TRANSFER_PROHIBITED,
        conformance::registrar::{self, DomainElsewhere, Subject},
    },
};
use howdah_gandi::{
    GandiRegistrar,
    testing::{FakeGandi, NAME},
};
use jiff::SignedDuration;

const CODE: &str = "the-code";
const SERVERS: [&str; 2] = ["ns1.example.net", "ns2.example.net"];

/// A label has 63 characters at most.
fn named(prefix: &str, case: &str) -> Name {
    let short = &case[..case.len().min(45)];
    Name::parse(&format!("{prefix}-{}-{short}.com", case.len()).replace("-.", ".")).unwrap()
}

struct Gandi {
    fake: FakeGandi,
    registrar: GandiRegistrar,
}

#[async_trait]
impl Subject for Gandi {
    fn registrar(&self) -> &dyn Registrar {
        &self.registrar
    }

    async fn domain_here(&self, case: &str) -> Result<Name> {
        let domain = named("here", case);
        let servers = SERVERS.map(|server| Name::parse(server).unwrap());
        self.fake.registry().register(&domain, NAME, &servers, SignedDuration::from_hours(24 * 100));
        Ok(domain)
    }

    async fn domain_elsewhere(&self, case: &str, locked: bool) -> Result<Option<DomainElsewhere>> {
        let domain = named("elsewhere", case);
        self.fake.register_elsewhere(&domain.to_fqdn_without_dot(), CODE, &SERVERS);
        let registry = self.fake.registry();
        registry.set_status(&domain, "elsewhere", TRANSFER_PROHIBITED, locked).unwrap();
        let name_servers = SERVERS.map(|server| Name::parse(server).unwrap()).to_vec();
        Ok(Some(DomainElsewhere { domain, auth_code: CODE.into(), name_servers }))
    }

    fn payments(&self, domain: &Name) -> Option<usize> {
        let journal = self.fake.world().journal();
        let paid = journal.iter().filter(|one| {
            let order = one.route.as_deref() == Some("POST /domain/transferin") && one.status == 202;
            order && one.request["fqdn"] == domain.to_fqdn_without_dot()
        });
        Some(paid.count())
    }

    fn requests(&self) -> Option<u64> {
        Some(self.fake.world().requests())
    }
}

#[tokio::test(start_paused = true)]
async fn gandi_is_a_registrar() {
    let fake = fake();
    let registrar = GandiRegistrar::new(fake.client()).with_owner(owner());
    let report = registrar::run_all(&Gandi { fake, registrar }).await;
    report.assert_passed();
}
