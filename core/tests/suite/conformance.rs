//! The conformance suites against the providers in memory, and against providers that are wrong in one way each.

use async_trait::async_trait;
use howdah_core::{
    Error, ErrorKind, Result,
    dns::{
        AliasScope, ApplyError, Atomicity, Change, DnsCapabilities, DnsProvider, DnssecSigner, Finding, Name, Plan,
        Receipt, RecordData, RecordSet, RecordType, Txt, TxtOctets, Zone, ZoneInfo, ZoneSnapshot,
    },
    testing::{
        MemoryDns,
        conformance::dns::{self, Subject},
    },
};

fn crippled() -> DnsCapabilities {
    let types = [RecordType::A, RecordType::Cname, RecordType::Mx, RecordType::Txt];
    let mut capabilities = DnsCapabilities::new(types);
    capabilities.ttl = 600..=86_400;
    capabilities.txt.max_length = 255;
    capabilities.create_zone = true;
    capabilities
}

#[tokio::test(start_paused = true)]
async fn memory_with_everything() {
    struct Signing(MemoryDns);

    impl Subject for Signing {
        fn provider(&self) -> &dyn DnsProvider {
            &self.0
        }

        fn signer(&self) -> Option<&dyn DnssecSigner> {
            Some(&self.0)
        }
    }

    let mut capabilities = MemoryDns::full_capabilities();
    capabilities.apex_ns = true;
    let report = dns::run_all(&Signing(MemoryDns::with_capabilities(capabilities))).await;
    report.assert_passed();
    assert!(report.ignored().is_empty(), "nothing is lacking");
}

#[tokio::test(start_paused = true)]
async fn memory_with_little() {
    let report = dns::run_all(&MemoryDns::with_capabilities(crippled())).await;
    report.assert_passed();
    let (passed, ignored) = (report.passed(), report.ignored());
    for lacking in ["story: an ALIAS at the apex", "text: 256 octets", "round trip: SRV", "story: a wildcard"] {
        assert!(ignored.contains(&lacking), "{lacking} is to be ignored");
    }
    for honest in ["honesty: no ALIAS", "honesty: no text of 256 octets", "honesty: no SRV", "honesty: no wildcards"] {
        assert!(passed.contains(&honest), "{honest} is to pass");
    }
    assert!(passed.contains(&"text: 255 octets"));
}

#[tokio::test(start_paused = true)]
async fn memory_in_batches() {
    let mut capabilities = MemoryDns::full_capabilities();
    capabilities.atomicity = Atomicity::Batch { max: 7 };
    capabilities.alias = AliasScope::Apex;
    capabilities.txt.octets = TxtOctets::Utf8;
    capabilities.dnssec = false;
    dns::run_all(&MemoryDns::with_capabilities(capabilities)).await.assert_passed();
}

/// Zones that the API cannot create, as at a provider where somebody has to do that by hand.
#[tokio::test(start_paused = true)]
async fn a_subject_that_brings_its_own_zones() {
    struct ByHand {
        owner: MemoryDns,
        provider: Flawed,
    }

    #[async_trait]
    impl Subject for ByHand {
        fn provider(&self) -> &dyn DnsProvider {
            &self.provider
        }

        async fn empty_zone(&self, case: &str) -> Result<Name> {
            let name = Name::parse(&format!("{case}.example")).unwrap();
            Ok(self.owner.create_zone(&name).await?.name)
        }
    }

    let owner = MemoryDns::new();
    let mut declared = MemoryDns::full_capabilities();
    declared.create_zone = false;
    let provider = Flawed { inner: owner.clone(), declared, flaw: Flaw::None };
    let report = dns::run_all(&ByHand { owner, provider }).await;
    report.assert_passed();
    assert!(report.ignored().contains(&"zones: created twice is the same"));
    assert!(report.passed().contains(&"honesty: no creating of zones"));
}

/// Each flaw is seen by the cases that are there for it.
#[tokio::test(start_paused = true)]
async fn wrong_providers_fail() {
    let expectations: [(Flaw, &[&str]); 11] = [
        (Flaw::SeesOnePage, &["size: 101 record sets", "size: 1200 record sets"]),
        (Flaw::ForgetsTtls, &["story: only the TTL changes"]),
        (Flaw::ForgetsDeletes, &["story: a set is created, changed and deleted", "size: 99 record sets"]),
        (Flaw::IgnoresConflicts, &["rules: a zone changed meanwhile is a conflict"]),
        (Flaw::AuditsNothing, &["honesty: no ALIAS", "honesty: no text of 256 octets", "honesty: no TTL of 599"]),
        (
            Flaw::SendsAnyway,
            &["honesty: no ALIAS", "honesty: no wildcards", "rules: a plan for another zone is refused"],
        ),
        (Flaw::EscapesTwice, &["text: backslashes", "text: a backslash at the end", "text: what looks like escapes"]),
        (Flaw::DeniesAll, &["rules: a failed plan is accounted for"]),
        (Flaw::PromisesAtomicity, &["rules: a failed plan is accounted for"]),
        (Flaw::HidesUnknownZones, &["zones: an unknown one is not found"]),
        (Flaw::CreatesOnce, &["zones: created twice is the same"]),
    ];
    for (flaw, expected) in expectations {
        let (inner, declared) = match flaw {
            Flaw::SendsAnyway => (MemoryDns::new(), crippled()),
            Flaw::AuditsNothing | Flaw::DeniesAll => (MemoryDns::with_capabilities(crippled()), crippled()),
            Flaw::PromisesAtomicity => {
                let mut single = MemoryDns::full_capabilities();
                single.atomicity = Atomicity::RecordSet;
                (MemoryDns::with_capabilities(single), MemoryDns::full_capabilities())
            }
            _ => (MemoryDns::new(), MemoryDns::full_capabilities()),
        };
        let report = dns::run_all(&Flawed { inner, declared, flaw }).await;
        let failed = report.failed();
        for case in expected {
            assert!(failed.contains(case), "{flaw:?} is not seen by `{case}`\n{report}");
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Flaw {
    None,
    SeesOnePage,
    ForgetsTtls,
    ForgetsDeletes,
    IgnoresConflicts,
    AuditsNothing,
    SendsAnyway,
    EscapesTwice,
    DeniesAll,
    PromisesAtomicity,
    HidesUnknownZones,
    CreatesOnce,
}

#[derive(Debug)]
struct Flawed {
    inner: MemoryDns,
    declared: DnsCapabilities,
    flaw: Flaw,
}

#[async_trait]
impl DnsProvider for Flawed {
    fn name(&self) -> &'static str {
        "flawed"
    }

    fn capabilities(&self) -> &DnsCapabilities {
        &self.declared
    }

    async fn zones(&self) -> Result<Vec<ZoneInfo>> {
        self.inner.zones().await
    }

    async fn create_zone(&self, zone: &Name) -> Result<ZoneInfo> {
        if !self.declared.create_zone {
            return Err(Error::unsupported("zones are created by hand"));
        }
        let exists = self.inner.snapshot(zone).await.is_ok();
        if self.flaw == Flaw::CreatesOnce && exists {
            return Err(Error::new(ErrorKind::Conflict, "it exists"));
        }
        self.inner.create_zone(zone).await
    }

    async fn name_servers(&self, zone: &Name) -> Result<Vec<Name>> {
        self.inner.name_servers(zone).await
    }

    async fn snapshot(&self, zone: &Name) -> Result<ZoneSnapshot> {
        let mut snapshot = self.inner.snapshot(zone).await.map_err(|error| match self.flaw {
            Flaw::HidesUnknownZones => error.with_kind(ErrorKind::Forbidden),
            _ => error,
        })?;
        let sets = snapshot.zone.iter().cloned().collect::<Vec<_>>().into_iter();
        let sets: Vec<_> = match self.flaw {
            Flaw::SeesOnePage => sets.take(100).collect(),
            Flaw::EscapesTwice => sets.map(|set| escaped(&set)).collect(),
            _ => return Ok(snapshot),
        };
        snapshot.zone = Zone::try_from_sets(zone.clone(), sets)?;
        Ok(snapshot)
    }

    fn audit(&self, desired: &Zone) -> Vec<Finding> {
        match self.flaw {
            Flaw::AuditsNothing => Vec::new(),
            _ => howdah_core::dns::audit_against(&self.declared, desired),
        }
    }

    async fn apply(&self, zone: &Name, plan: &Plan, expected: &ZoneSnapshot) -> Result<Receipt, ApplyError> {
        let real = self.inner.snapshot(zone).await;
        let expected = match (self.flaw, &real) {
            (Flaw::IgnoresConflicts | Flaw::EscapesTwice | Flaw::SeesOnePage, Ok(real)) => real,
            _ => expected,
        };
        let changes = plan.changes();
        if self.flaw == Flaw::SendsAnyway {
            let edit = |zone: &mut Zone| {
                for change in changes {
                    change.apply_to(zone).unwrap();
                }
            };
            let edited = self.inner.edit(plan.zone(), edit);
            return edited.map(|()| Receipt::all_of(plan)).map_err(|error| ApplyError::refused(plan, error));
        }
        let receipt = self.inner.apply(zone, plan, expected).await.map_err(|account| match self.flaw {
            Flaw::DeniesAll => ApplyError::refused(plan, account.error),
            _ => account,
        })?;
        let undone = |change: &&Change| match self.flaw {
            Flaw::ForgetsTtls => matches!(change, Change::Update { .. }),
            Flaw::ForgetsDeletes => matches!(change, Change::Delete(_)),
            _ => false,
        };
        let edit = |zone: &mut Zone| {
            for change in changes.iter().filter(undone) {
                let before = change.before().unwrap();
                let set = change.after().map_or_else(|| before.clone(), |after| after.clone().with_ttl(before.ttl()));
                zone.insert(set).unwrap();
            }
        };
        if changes.iter().any(|change| undone(&change)) {
            self.inner.edit(zone, edit).unwrap();
        }
        Ok(receipt)
    }
}

/// What becomes of a TXT that is quoted where it was quoted already.
fn escaped(set: &RecordSet) -> RecordSet {
    let twice = |octet| {
        if octet == b'\\' { vec![octet; 2] } else { vec![octet] }
    };
    let data = set.data().iter().map(|data| match data {
        RecordData::Txt(data) => {
            let text: Vec<u8> = data.concat().into_iter().flat_map(twice).collect();
            RecordData::Txt(Txt::from_bytes(&text))
        }
        other => other.clone(),
    });
    RecordSet::new(set.name().clone(), set.ttl(), data).unwrap()
}
