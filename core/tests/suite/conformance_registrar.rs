//! The registrar's conformance suite against the registrar in memory, and against ones that are wrong in one way each.

use async_trait::async_trait;
use howdah_core::{
    Clock, Error, ErrorKind, Outcome, Result, Secret,
    dns::{DigestType, KeyInfo, Name},
    registrar::{
        AuthCode, AuthCodeDelivery, Confirm, GlueHost, KeyInput, OperationState, PublishedKey, Purchase, Quote,
        Registrar, RegistrarCapabilities, Registration, Transfer, TransferCheck, TransferOrder,
    },
    testing::{
        MemoryFault, MemoryRegistrar, Registry, TRANSFER_PROHIBITED,
        conformance::{
            Report,
            registrar::{self, DomainElsewhere, Subject},
        },
    },
};
use jiff::SignedDuration;

const AGE: SignedDuration = SignedDuration::from_hours(24 * 100);

struct World {
    inner: MemoryRegistrar,
    registrar: Flawed,
}

impl World {
    fn new(declared: RegistrarCapabilities, flaw: Flaw) -> Self {
        let registry = Registry::new(Clock::starting_at("2022-12-01T00:00:00Z".parse().unwrap()));
        let able = match flaw {
            Flaw::SendsAnyway | Flaw::TakesDigests => MemoryRegistrar::full_capabilities(),
            _ => declared.clone(),
        };
        let inner = MemoryRegistrar::new(&registry, "one").with_capabilities(able);
        let registrar = Flawed { inner: inner.clone(), declared, flaw };
        Self { inner, registrar }
    }

    async fn run(&self) -> Report {
        registrar::run_all(self).await
    }
}

fn servers() -> [Name; 2] {
    ["ns1.example.net", "ns2.example.net"].map(|server| Name::parse(server).unwrap())
}

#[async_trait]
impl Subject for World {
    fn registrar(&self) -> &dyn Registrar {
        &self.registrar
    }

    async fn domain_here(&self, case: &str) -> Result<Name> {
        let domain = Name::parse(&format!("{case}.example")).unwrap();
        self.inner.registry().register(&domain, "one", &servers(), AGE);
        Ok(domain)
    }

    async fn domain_elsewhere(&self, case: &str, locked: bool) -> Result<Option<DomainElsewhere>> {
        let (domain, registry) = (Name::parse(&format!("{case}.example")).unwrap(), self.inner.registry());
        registry.register(&domain, "two", &servers(), AGE);
        registry.set_auth_code(&domain, "two", "right").unwrap();
        registry.set_status(&domain, "two", TRANSFER_PROHIBITED, locked).unwrap();
        let name_servers = servers().to_vec();
        Ok(Some(DomainElsewhere { domain, auth_code: Secret::from("right"), name_servers }))
    }

    fn payments(&self, domain: &Name) -> Option<usize> {
        Some(self.inner.registry().domain(domain)?.paid.len())
    }

    fn lose_next_payment(&self, carried_out: bool) -> bool {
        self.inner.fail_after(0, if carried_out { MemoryFault::LostAfter } else { MemoryFault::LostBefore });
        true
    }

    fn requests(&self) -> Option<u64> {
        Some(self.inner.changes_made() as u64)
    }
}

#[tokio::test(start_paused = true)]
async fn memory_with_everything() {
    let report = World::new(MemoryRegistrar::full_capabilities(), Flaw::None).run().await;
    report.assert_passed();
    assert!(report.ignored().is_empty(), "nothing is lacking");
}

#[tokio::test(start_paused = true)]
async fn memory_in_every_shape() {
    for (keys, auth_code) in [(KeyInput::Key, AuthCodeDelivery::Mailed), (KeyInput::Digest, AuthCodeDelivery::Returned)]
    {
        let mut declared = MemoryRegistrar::full_capabilities();
        (declared.keys, declared.auth_code) = (keys, auth_code);
        World::new(declared, Flaw::None).run().await.assert_passed();
    }
}

#[tokio::test(start_paused = true)]
async fn memory_that_can_be_read_and_no_more() {
    let report = World::new(RegistrarCapabilities::read_only(), Flaw::None).run().await;
    report.assert_passed();
    let (passed, ignored) = (report.passed(), report.ignored());
    assert_eq!(passed.iter().filter(|case| case.starts_with("honesty: ")).count(), 7);
    assert_eq!((passed.len(), ignored.len()), (9, 23), "{report}");
    assert!(report.to_string().contains("ignored  keys: added, listed and removed: publishing keys"), "{report}");
}

/// Each flaw is seen by the cases that are there for it.
#[tokio::test(start_paused = true)]
async fn wrong_registrars_fail() {
    let expectations: [(Flaw, &[&str]); 20] = [
        (Flaw::KnowsEverything, &["reading: what is not registered here is not found"]),
        (Flaw::ForgetsServers, &["name servers: changed and read back"]),
        (Flaw::NeverUnlocks, &["lock: opened, closed, and once more"]),
        (Flaw::MailsCodes, &["authorization code: comes as declared"]),
        (Flaw::AddsTwice, &["keys: added twice is there once, removed twice is gone"]),
        (Flaw::RemovesAllKeys, &["keys: one goes and the other stays"]),
        (Flaw::TakesDigests, &["keys: only a digest is known"]),
        (Flaw::AsksNoConsent, &["transfer in: a price above the limit pays nothing"]),
        (Flaw::AsksNoConsent, &["transfer in: the consent is for this and nothing else"]),
        (Flaw::BeginsAgain, &["transfer in: goes through and is paid once"]),
        (Flaw::DeniesTransfers, &["transfer in: what went through unseen is found"]),
        (Flaw::CallsItRefused, &["transfer in: what went through unseen is found"]),
        (
            Flaw::MakesUpTransfers,
            &["transfer in: without one there is none", "transfer in: what was never begun is not made up"],
        ),
        (Flaw::KnowsNoLimit, &["name servers: none at all are refused", "keys: nothing is known"]),
        (Flaw::QuotesAnother, &["transfer in: a quote is for what was asked"]),
        (Flaw::TakesWhatItWants, &["transfer in: a wrong code moves nothing, and can be made right"]),
        (Flaw::TakesWhatItWants, &["transfer in: a locked domain stays"]),
        (Flaw::NeedsDigests, &["keys: only the key is known"]),
        (Flaw::TakesForeignHosts, &["glue: a host outside of the domain is refused"]),
        (Flaw::SendsAnyway, &["honesty: no keys", "honesty: no change of name servers", "honesty: no glue"]),
    ];
    for (flaw, expected) in expectations {
        let mut declared = MemoryRegistrar::full_capabilities();
        match flaw {
            Flaw::TakesDigests => declared.keys = KeyInput::Key,
            Flaw::SendsAnyway => declared = RegistrarCapabilities::read_only(),
            _ => {}
        }
        let report = World::new(declared, flaw).run().await;
        let failed = report.failed();
        for case in expected {
            assert!(failed.contains(case), "{flaw:?} is not seen by `{case}`\n{report}");
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Flaw {
    None,
    KnowsEverything,
    ForgetsServers,
    NeverUnlocks,
    MailsCodes,
    AddsTwice,
    RemovesAllKeys,
    TakesDigests,
    AsksNoConsent,
    BeginsAgain,
    DeniesTransfers,
    CallsItRefused,
    MakesUpTransfers,
    KnowsNoLimit,
    QuotesAnother,
    TakesWhatItWants,
    NeedsDigests,
    TakesForeignHosts,
    SendsAnyway,
}

#[derive(Debug)]
struct Flawed {
    inner: MemoryRegistrar,
    declared: RegistrarCapabilities,
    flaw: Flaw,
}

#[async_trait]
impl Registrar for Flawed {
    fn name(&self) -> &'static str {
        "one"
    }

    fn capabilities(&self) -> &RegistrarCapabilities {
        &self.declared
    }

    async fn registration(&self, domain: &Name) -> Result<Registration> {
        match self.inner.registration(domain).await {
            Err(_) if self.flaw == Flaw::KnowsEverything => Ok(Registration::new(domain.clone())),
            other => other,
        }
    }

    async fn quote(&self, domain: &Name, purchase: Purchase) -> Result<Quote> {
        let mut quote = self.inner.quote(domain, purchase).await?;
        if self.flaw == Flaw::QuotesAnother {
            quote.domain = servers()[0].clone();
        }
        Ok(quote)
    }

    async fn check_transfer(&self, domain: &Name, auth_code: Option<&Secret>) -> Result<TransferCheck> {
        self.inner.check_transfer(domain, auth_code).await
    }

    async fn transfer_in(&self, order: &TransferOrder, confirm: &Confirm) -> Result<Transfer> {
        if self.flaw == Flaw::AsksNoConsent {
            let quote = self.quote(&order.domain, Purchase::Transfer(order.years)).await?;
            return self.inner.transfer_in(order, &Confirm::up_to(quote.price.clone(), &quote)?).await;
        }
        if self.flaw == Flaw::TakesWhatItWants {
            self.inner.registry().edit(&order.domain, |domain| "one".clone_into(&mut domain.registrar));
            return Ok(Transfer::new(order.domain.clone(), "1", OperationState::Succeeded));
        }
        let going_on = self.inner.transfer(&order.domain).await?;
        let begun = self.inner.transfer_in(order, confirm).await;
        match self.flaw {
            Flaw::BeginsAgain if going_on.is_some() => {
                self.inner.registry().edit(&order.domain, |domain| {
                    let paid = domain.paid[0].clone();
                    domain.paid.push(paid);
                });
                begun.map(|transfer| Transfer::new(transfer.domain, "another", transfer.state))
            }
            Flaw::CallsItRefused => begun.map_err(|error| error.with_outcome(Outcome::Refused)),
            _ => begun,
        }
    }

    async fn transfer(&self, domain: &Name) -> Result<Option<Transfer>> {
        let transfer = self.inner.transfer(domain).await?;
        Ok(match self.flaw {
            Flaw::DeniesTransfers => None,
            Flaw::MakesUpTransfers => {
                transfer.or_else(|| Some(Transfer::new(domain.clone(), "0", OperationState::Pending)))
            }
            _ => transfer,
        })
    }

    async fn correct_transfer(&self, domain: &Name, auth_code: &Secret) -> Result<()> {
        self.inner.correct_transfer(domain, auth_code).await
    }

    async fn set_name_servers(&self, domain: &Name, servers: &[Name]) -> Result<()> {
        if self.flaw == Flaw::KnowsNoLimit && servers.is_empty() {
            return Ok(());
        }
        let some = if self.flaw == Flaw::ForgetsServers { &servers[..servers.len().min(2)] } else { servers };
        self.inner.set_name_servers(domain, some).await
    }

    async fn set_transfer_lock(&self, domain: &Name, locked: bool) -> Result<()> {
        self.inner.set_transfer_lock(domain, locked || self.flaw == Flaw::NeverUnlocks).await
    }

    async fn set_auto_renew(&self, domain: &Name, on: bool) -> Result<()> {
        self.inner.set_auto_renew(domain, on).await
    }

    async fn auth_code(&self, domain: &Name) -> Result<AuthCode> {
        let code = self.inner.auth_code(domain).await?;
        Ok(if self.flaw == Flaw::MailsCodes { AuthCode::Mailed } else { code })
    }

    async fn keys(&self, domain: &Name) -> Result<Vec<PublishedKey>> {
        self.inner.keys(domain).await
    }

    async fn add_key(&self, domain: &Name, key: &KeyInfo) -> Result<()> {
        match self.flaw {
            Flaw::KnowsNoLimit if key.dnskey.is_none() && key.ds.is_empty() => return Ok(()),
            Flaw::NeedsDigests if key.ds.is_empty() => return Err(Error::invalid("a digest is needed")),
            _ => self.inner.add_key(domain, key).await?,
        }
        if let (Flaw::AddsTwice, Some(key)) = (self.flaw, &key.dnskey) {
            let longer = key.to_ds(domain, DigestType::Sha384);
            self.inner.registry().edit(domain, |domain| domain.delegation.ds.push(longer));
        }
        Ok(())
    }

    async fn remove_key(&self, domain: &Name, key: &PublishedKey) -> Result<()> {
        if self.flaw == Flaw::RemovesAllKeys {
            self.inner.registry().edit(domain, |domain| domain.delegation.ds.clear());
        }
        self.inner.remove_key(domain, key).await
    }

    async fn glue(&self, domain: &Name) -> Result<Vec<GlueHost>> {
        self.inner.glue(domain).await
    }

    async fn set_glue(&self, domain: &Name, host: &GlueHost) -> Result<()> {
        match self.inner.set_glue(domain, host).await {
            Err(error) if self.flaw == Flaw::TakesForeignHosts && error.kind() == ErrorKind::Invalid => Ok(()),
            other => other,
        }
    }
}
