//! Moves of zones, undisturbed and killed at every moment.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use async_trait::async_trait;
use howdah_core::{
    Clock, Result,
    dns::{
        ApplyError, Atomicity, DnsCapabilities, DnsProvider, Name, Plan, Receipt, RecordData, RecordSet, RecordType,
        Safety, Ttl, Zone, ZoneInfo, ZoneSnapshot, zonefile,
    },
    testing::{KillSwitch, MemoryDns, MemoryFault},
};
use howdah_dnsimple::{
    DnSimple, DnSimpleDns,
    testing::{ACCOUNT, FakeDnSimple, Plan as AccountPlan},
    zones::NewRecord,
};
use howdah_workflows::{
    engine::{self, Outcome, Run, RunError, State, Verdict},
    instance::Instance,
    move_dns::{MoveDns, Observed, Options, Reach, Source},
};

const ZONE: &str = r#"
@      3600 IN SOA   ns.example.net. host.example.net. 1 2 3 4 5
@      3600 IN NS    ns.example.net.
@         1 IN CNAME lb.example.net. ; cf_tags=cf-proxied:true
@       300 IN MX    10 mx1.example.net.
@       300 IN MX    20 mx2.example.net.
@       300 IN TXT   "v=spf1 -all"
@       300 IN TXT   "verification=1"
www     300 IN A     192.0.2.1
www     300 IN A     192.0.2.2
www     300 IN AAAA  2001:db8::1
mail    300 IN A     192.0.2.25
mail    300 IN A     192.0.2.26
*       300 IN CNAME www
_sip._tcp 60 IN SRV  1 2 5060 sip.example.net.
"#;

fn apex() -> Name {
    Name::parse("example.org").unwrap()
}

fn zone(text: &str) -> Zone {
    zonefile::read(text, &apex()).unwrap().zone
}

fn set(owner: &str, data: &str) -> RecordSet {
    let data = RecordData::parse(&RecordType::A, data, &apex()).unwrap();
    RecordSet::new(Name::parse_in(owner, &apex()).unwrap(), Ttl::Seconds(300), [data]).unwrap()
}

fn job(text: &str, target: impl DnsProvider + 'static) -> MoveDns {
    MoveDns::new(Source::Zone(zone(text)), Arc::new(target))
}

async fn run(job: &MoveDns) -> Result<Outcome<Observed>, RunError> {
    engine::apply(job, &Run::default()).await
}

/// The reason and remedy of the only blocked step.
fn blocked(outcome: &Outcome<Observed>) -> (&str, &str, &str) {
    assert!(!outcome.is_complete());
    let step = outcome.steps.blocked().next().expect("a step is blocked");
    match &step.state {
        State::Blocked { because, remedy } => (&step.id, because, remedy),
        _ => unreachable!(),
    }
}

/// A world before the move, and whether the account has batches.
fn world(batch: bool, stale: bool) -> FakeDnSimple {
    let fake = FakeDnSimple::new();
    let mut plan = AccountPlan::default();
    plan.batch = batch;
    fake.set_plan(plan);
    if stale {
        fake.create_zone("example.org");
    }
    fake
}

async fn add_stale_records(fake: &FakeDnSimple) {
    let zones = fake.account().zones();
    for record in [
        NewRecord::new("www", "A", "192.0.2.2").with_ttl(300u32),
        NewRecord::new("www", "A", "192.0.2.99").with_ttl(300u32),
        // Of a TTL that goes down, and of one that goes up, both.
        NewRecord::new("", "TXT", "v=spf1 -all").with_ttl(3600u32),
        NewRecord::new("", "TXT", "verification=1").with_ttl(3600u32),
        NewRecord::new("mail", "A", "192.0.2.25").with_ttl(60u32),
        NewRecord::new("mail", "A", "192.0.2.26").with_ttl(60u32),
        NewRecord::new("gone", "TXT", "old"),
        NewRecord::new("", "MX", "mx1.example.net").with_priority(5u16),
    ] {
        zones.create_record("example.org", record).await.unwrap();
    }
}

/// All raw records, the provider's own too, without ids, dates and serials.
fn raw(fake: &FakeDnSimple) -> Vec<String> {
    let mut records: Vec<_> = fake
        .records("example.org")
        .iter()
        .map(|record| {
            let content = if record.record_type.as_str() == "SOA" { "" } else { &record.content };
            format!(
                "{:?} {} {content:?} {:?} {:?} {:?} {} {}",
                record.name,
                record.record_type,
                record.ttl,
                record.priority,
                record.regions,
                record.system_record,
                record.parent_id.is_some()
            )
        })
        .collect();
    records.sort();
    records
}

fn through(fake: &FakeDnSimple, switch: &KillSwitch) -> DnSimpleDns {
    let api = fake.builder().transport(switch.guard(fake.world().clone())).build().unwrap();
    DnSimpleDns::new(DnSimple::from(api).account(ACCOUNT))
}

async fn killed_at_every_request(batch: bool, stale: bool) {
    let prepared = async || {
        let fake = world(batch, stale);
        if stale {
            add_stale_records(&fake).await;
        }
        fake
    };
    let undisturbed = prepared().await;
    let counting = KillSwitch::never();
    let outcome = run(&job(ZONE, through(&undisturbed, &counting))).await.unwrap();
    assert!(outcome.is_complete());
    let expected = raw(&undisturbed);
    assert!(expected.len() > 10 && counting.requests() > 5);

    for k in 1..=counting.requests() {
        for applied in [false, true] {
            let fake = prepared().await;
            let switch = KillSwitch::at(k, applied);
            let killed = run(&job(ZONE, through(&fake, &switch))).await;
            assert!(switch.is_dead() && killed.is_err(), "request {k} killed nobody");

            let again = run(&job(ZONE, DnSimpleDns::new(fake.account()))).await.unwrap();
            assert!(again.is_complete(), "killed at {k}, applied {applied}: {}", again.steps);
            assert_eq!(raw(&fake), expected, "killed at {k}, applied {applied}");

            let third = job(ZONE, DnSimpleDns::new(fake.account()));
            let (seen, steps) = engine::plan(&third, &Clock::system()).await.unwrap();
            assert!(steps.all_done() && seen.plan.is_empty(), "killed at {k}, applied {applied}: {steps}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn killed_at_every_request_with_batches() {
    killed_at_every_request(true, false).await;
}

#[tokio::test(start_paused = true)]
async fn killed_at_every_request_with_single_calls() {
    killed_at_every_request(false, false).await;
}

#[tokio::test(start_paused = true)]
async fn killed_while_a_zone_with_records_is_changed() {
    killed_at_every_request(true, true).await;
    killed_at_every_request(false, true).await;
}

#[tokio::test]
async fn in_memory_every_change_fails_once_and_is_made_once() {
    let poor = || {
        let mut capabilities = MemoryDns::full_capabilities();
        capabilities.atomicity = Atomicity::None;
        MemoryDns::with_capabilities(capabilities)
    };
    let undisturbed = poor();
    run(&job(ZONE, undisturbed.clone())).await.unwrap();
    let expected = undisturbed.snapshot(&apex()).await.unwrap().zone;
    let changes = undisturbed.changes_made();
    assert_eq!(changes, expected.len());

    for k in 0..changes {
        for fault in [MemoryFault::Refused, MemoryFault::LostBefore, MemoryFault::LostAfter] {
            let dns = poor();
            dns.fail_after(k, fault);
            let failed = run(&job(ZONE, dns.clone())).await.unwrap_err();
            assert_eq!(
                (failed.doing.as_str(), failed.acted.as_slice()),
                ("load the record sets", &["create".to_owned()][..])
            );
            let again = run(&job(ZONE, dns.clone())).await.unwrap();
            assert!(again.is_complete(), "{k} {fault:?}");
            assert_eq!(dns.snapshot(&apex()).await.unwrap().zone, expected, "{k} {fault:?}");
            assert_eq!(dns.changes_made(), changes, "{k} {fault:?}");
            assert!(run(&job(ZONE, dns)).await.unwrap().acted.is_empty());
        }
    }
}

#[tokio::test]
async fn what_is_in_the_target_is_what_was_carried() {
    let dns = MemoryDns::new();
    let outcome = run(&job(ZONE, dns.clone())).await.unwrap();
    let held = dns.snapshot(&apex()).await.unwrap().zone;
    assert_eq!(held, outcome.observed.translation.zone);
    assert_eq!(outcome.observed.translation.count(), (7, 1, 2));
    assert_eq!(outcome.observed.name_servers.len(), 2);
    assert!(outcome.checks.len() == 2 && outcome.checks.iter().all(|check| check.verdict == Verdict::Passed));
}

#[tokio::test]
async fn from_one_provider_to_another() {
    let old = MemoryDns::new();
    run(&job(ZONE, old.clone())).await.unwrap();
    let new = MemoryDns::new();
    let source = Source::Provider { provider: Arc::new(old.clone()), zone: apex() };
    let outcome = run(&MoveDns::new(source, Arc::new(new.clone()))).await.unwrap();
    assert!(outcome.is_complete());
    assert_eq!(outcome.observed.left_alone.len(), 3, "SOA and two NS");
    assert_eq!(new.snapshot(&apex()).await.unwrap().zone, old.snapshot(&apex()).await.unwrap().zone);
}

#[tokio::test(start_paused = true)]
async fn what_a_provider_keeps_is_not_lost_in_silence() {
    let fake = world(true, true);
    let zones = fake.account().zones();
    for record in [NewRecord::new("", "ALIAS", "lb.example.net"), NewRecord::new("go", "URL", "https://example.net/")] {
        zones.create_record("example.org", record).await.unwrap();
    }
    let source = || Source::Provider { provider: Arc::new(DnSimpleDns::new(fake.account())), zone: apex() };
    let target = MemoryDns::new();
    let outcome = run(&MoveDns::new(source(), Arc::new(target.clone()))).await.unwrap();
    let (step, because, _) = blocked(&outcome);
    assert_eq!((step, because), ("decide", "go.example.org. URL cannot be held by memory"));
    assert!(target.zones().await.unwrap().is_empty(), "nothing was changed");

    let options = Options::default().with_leave_out_unsupported(true);
    let job = MoveDns::new(source(), Arc::new(target.clone())).with_options(options);
    assert!(run(&job).await.unwrap().is_complete());
    assert_eq!(target.snapshot(&apex()).await.unwrap().zone.len(), 1);
}

#[tokio::test]
async fn a_zone_with_records_is_guarded() {
    let dns = MemoryDns::new();
    dns.create_zone(&apex()).await.unwrap();
    dns.edit(&apex(), |zone| {
        for number in 0..20 {
            zone.insert(set(&format!("host{number}"), "192.0.2.50")).unwrap();
        }
    })
    .unwrap();

    let outcome = run(&job(ZONE, dns.clone())).await.unwrap();
    let (step, because, remedy) = blocked(&outcome);
    assert_eq!(step, "load");
    assert_eq!(because, "20 of 20 record sets would be deleted, more than 30 %");
    assert!(remedy.contains("force"), "{remedy}");
    assert_eq!(dns.changes_made(), 0);

    let beside = Options::default().with_reach(Reach::NamesOfSource);
    let outcome = run(&job(ZONE, dns.clone()).with_options(beside)).await.unwrap();
    assert!(outcome.is_complete());
    assert_eq!(dns.snapshot(&apex()).await.unwrap().zone.len(), 20 + outcome.observed.translation.zone.len());

    let force = Options::default().with_safety(Safety::none());
    let outcome = run(&job(ZONE, dns.clone()).with_options(force)).await.unwrap();
    assert!(outcome.is_complete());
    assert_eq!(dns.snapshot(&apex()).await.unwrap().zone, outcome.observed.translation.zone);
}

#[tokio::test]
async fn the_targets_own_name_servers_stay() {
    let mut capabilities = MemoryDns::full_capabilities();
    capabilities.apex_ns = true;
    let dns = MemoryDns::with_capabilities(capabilities);
    assert!(run(&job(ZONE, dns.clone())).await.unwrap().is_complete());
    let held = dns.snapshot(&apex()).await.unwrap().zone;
    let servers = held.get(&apex(), &RecordType::Ns).unwrap();
    assert!(servers.to_string().contains("memory.example."), "{servers}");
}

#[tokio::test]
async fn a_provider_that_creates_no_zones_blocks() {
    let mut capabilities = MemoryDns::full_capabilities();
    capabilities.create_zone = false;
    let outcome = run(&job(ZONE, MemoryDns::with_capabilities(capabilities))).await.unwrap();
    assert_eq!(blocked(&outcome).0, "create");
}

#[tokio::test]
async fn a_host_that_could_not_get_its_certificate_is_told() {
    let text = format!("{ZONE}@ 300 IN CAA 0 issue \"letsencrypt.org\"\n");
    let instance = "[instance]\ndomain = 'example.org'\n[[host]]\nname = 'www.example.org'\nissuer = 'sectigo.com'\n";
    let instance = Instance::read(instance).unwrap();
    let warned = run(&job(&text, MemoryDns::new()).with_instance(instance.clone())).await.unwrap();
    assert!(warned.is_complete());
    assert_eq!(warned.observed.caa.len(), 1);

    let strict = Options::default().with_require_caa(true);
    let strict = job(&text, MemoryDns::new()).with_instance(instance).with_options(strict);
    let outcome = run(&strict).await.unwrap();
    let (step, because, _) = blocked(&outcome);
    assert_eq!(step, "caa");
    assert!(because.starts_with("sectigo.com may not issue for www.example.org."), "{because}");
}

/// Somebody who edits the zone just before each of the first plans is applied.
#[derive(Debug)]
struct Meddled {
    dns: MemoryDns,
    times: AtomicU32,
}

#[async_trait]
impl DnsProvider for Meddled {
    fn name(&self) -> &'static str {
        self.dns.name()
    }
    fn capabilities(&self) -> &DnsCapabilities {
        self.dns.capabilities()
    }
    async fn zones(&self) -> Result<Vec<ZoneInfo>> {
        self.dns.zones().await
    }
    async fn create_zone(&self, zone: &Name) -> Result<ZoneInfo> {
        self.dns.create_zone(zone).await
    }
    async fn name_servers(&self, zone: &Name) -> Result<Vec<Name>> {
        self.dns.name_servers(zone).await
    }
    async fn snapshot(&self, zone: &Name) -> Result<ZoneSnapshot> {
        self.dns.snapshot(zone).await
    }
    async fn apply(&self, zone: &Name, plan: &Plan, expected: &ZoneSnapshot) -> Result<Receipt, ApplyError> {
        let left = self.times.load(Ordering::SeqCst);
        if left > 0 {
            self.times.store(left - 1, Ordering::SeqCst);
            self.dns.edit(zone, |zone| drop(zone.insert(set(&format!("meddled{left}"), "192.0.2.77")))).unwrap();
        }
        self.dns.apply(zone, plan, expected).await
    }
}

#[tokio::test]
async fn a_zone_that_changes_meanwhile_is_planned_again_but_not_for_ever() {
    for (times, settles) in [(2, true), (9, false)] {
        let dns = MemoryDns::new();
        let outcome = run(&job(ZONE, Meddled { dns: dns.clone(), times: times.into() })).await;
        match outcome {
            Ok(outcome) => {
                assert!(settles && outcome.is_complete());
                assert_eq!(dns.snapshot(&apex()).await.unwrap().zone, outcome.observed.translation.zone);
            }
            Err(failed) => assert!(!settles && failed.error.is_conflict()),
        }
    }
}

#[tokio::test]
async fn what_is_missing_afterwards_is_found() {
    use howdah_workflows::engine::Workflow as _;
    let dns = MemoryDns::new();
    let job = job(ZONE, dns.clone());
    let outcome = run(&job).await.unwrap();
    dns.edit(&apex(), |zone| drop(zone.remove(&apex(), &RecordType::Mx))).unwrap();
    let checks = job.verify(&outcome.observed).await.unwrap();
    assert!(checks.iter().all(|check| check.verdict == Verdict::Failed), "{checks:?}");
    assert_eq!(checks[0].detail, "not example.org. MX");
}
