//! What holds whatever records are in a zone.

use super::bench::{Bench, ensure, is_kind, shown};
use crate::{
    Error, ErrorKind, Outcome, Result,
    dns::{
        ApplyError, Atomicity, Change, DnsProviderExt as _, DnssecSigner, Name, Plan, RecordType, Scope, SigningStatus,
        Zone, ZoneSnapshot,
    },
    testing::conformance::Stop,
};

pub(super) async fn nothing_of_its_own(bench: &Bench<'_>, _: &str) -> Result<(), Stop> {
    let snapshot = bench.snapshot().await?;
    ensure(*snapshot.zone.name() == bench.zone, || format!("the snapshot is of {}", snapshot.zone.name()))?;
    ensure(snapshot.left_alone.iter().all(|record| !record.reason.is_empty()), || {
        "a record is left alone without a reason".into()
    })
}

pub(super) async fn empty_plan(bench: &Bench<'_>, lines: &str) -> Result<(), Stop> {
    let desired = bench.zone_of(lines)?;
    bench.reach(&desired).await?;
    let (plan, before) = bench.provider.plan_to(&desired, &Scope::WholeZone).await?;
    ensure(plan.is_empty(), || format!("planning again gives\n{plan}"))?;
    let receipt = bench.provider.apply(&bench.zone, &plan, &before).await?;
    ensure(receipt.applied == 0, || format!("{} changes applied of an empty plan", receipt.applied))?;
    let after = bench.snapshot().await?;
    ensure(after == before, || "an empty plan changed the zone or its version".into())
}

pub(super) async fn keeps_its_own(bench: &Bench<'_>, lines: &str) -> Result<(), Stop> {
    let before = bench.snapshot().await?;
    bench.reach(&bench.zone_of(lines)?).await?;
    bench.reach(&bench.base).await?;
    let after = bench.snapshot().await?;
    let kept = |snapshot: &ZoneSnapshot| {
        let mut kept: Vec<_> = snapshot.left_alone.iter().map(|r| (r.name.clone(), r.record_type.clone())).collect();
        kept.sort();
        kept
    };
    let (before, after) = (kept(&before), kept(&after));
    ensure(before == after, || format!("the provider's own records were {before:?} and are {after:?}"))
}

pub(super) async fn conflict(bench: &Bench<'_>, lines: &str) -> Result<(), Stop> {
    let first = bench.snapshot().await?;
    let other = bench.zone_of("other long A 192.0.2.9")?;
    bench.reach(&bench.zone_of(lines)?).await?;
    let now = bench.snapshot().await?;
    let stale = Plan::between(&first.zone, &other, &Scope::WholeZone);
    let Err(refusal) = bench.provider.apply(&bench.zone, &stale, &first).await else {
        return Err(Stop::Failed("a plan was applied to a zone that had changed since".into()));
    };
    is_kind(&refusal.error, ErrorKind::Conflict, Some(Outcome::NotSent))?;
    ensure(refusal.zone_unchanged(), || "the refusal does not say that the zone is unchanged".into())?;
    bench.is_unchanged_since(&now).await
}

pub(super) async fn delete_absent(bench: &Bench<'_>, lines: &str) -> Result<(), Stop> {
    let there = bench.zone_of(lines)?;
    let plan = Plan::between(&there, &bench.base, &Scope::WholeZone);
    let expected = bench.snapshot().await?;
    bench.provider.apply(&bench.zone, &plan, &expected).await?;
    bench.is_unchanged_since(&expected).await
}

pub(super) async fn out_of_scope(bench: &Bench<'_>, lines: &str) -> Result<(), Stop> {
    let full = bench.zone_of(lines)?;
    bench.reach(&full).await?;
    let www = bench.zone.child("www")?;
    for (scope, stays) in
        [(Scope::Types([RecordType::Txt].into()), Some(RecordType::A)), (Scope::Names([www.clone()].into()), None)]
    {
        bench.reach(&full).await?;
        let (plan, before) = bench.provider.plan_to(&bench.base, &scope).await?;
        bench.provider.apply(&bench.zone, &plan, &before).await?;
        let after = bench.snapshot().await?.zone;
        let held: Vec<_> = after.at(&www).map(|set| set.record_type().clone()).collect();
        ensure(held == Vec::from_iter(stays), || format!("after a plan for {scope:?} there is {held:?} at {www}"))?;
    }
    Ok(())
}

pub(super) async fn foreign_plan(bench: &Bench<'_>, lines: &str) -> Result<(), Stop> {
    let plan = Plan::between(&bench.base, &bench.zone_of(lines)?, &Scope::WholeZone);
    let before = bench.snapshot().await?;
    let other = Name::parse("another-zone.example")?;
    let Err(refusal) = bench.provider.apply(&other, &plan, &before).await else {
        return Err(Stop::Failed("the plan of one zone was applied to another".into()));
    };
    is_kind(&refusal.error, ErrorKind::Invalid, Some(Outcome::NotSent))?;
    bench.is_unchanged_since(&before).await
}

/// Among three creates the middle one puts a CNAME beside an address, which nobody accepts.
pub(super) async fn truthful_account(bench: &Bench<'_>, _: &str) -> Result<(), Stop> {
    bench.reach(&bench.zone_of("m long A 192.0.2.1")?).await?;
    let before = bench.snapshot().await?;
    let desired = bench.zone_of("a long A 192.0.2.1\nm long CNAME host.example.net.\nz long A 192.0.2.1")?;
    let plan = Plan::between(&bench.base, &desired, &Scope::WholeZone);
    let Err(account) = bench.provider.apply(&bench.zone, &plan, &before).await else {
        return Err(Stop::Failed("a CNAME beside an address was accepted".into()));
    };
    let told = [&account.applied, &account.failed, &account.unknown, &account.not_attempted];
    let told: usize = told.iter().map(|changes| changes.len()).sum();
    let planned = plan.changes().len();
    ensure(told == planned, || format!("the account is of {told} changes, the plan had {planned}"))?;

    let after = bench.snapshot().await?;
    let is_made = |change: &Change| {
        let set = after.zone.get(change.name(), change.record_type());
        change.after().is_some_and(|wanted| set.is_some_and(|set| set.same_data(wanted)))
    };
    let undone = account.applied.iter().find(|change| !is_made(change));
    ensure(undone.is_none(), || format!("told as applied, and is not: {}", shown(undone)))?;
    let done = account.failed.iter().chain(&account.not_attempted).find(|change| is_made(change));
    ensure(done.is_none(), || format!("told as not applied, and is: {}", shown(done)))?;
    let is_whole = match bench.capabilities().atomicity {
        Atomicity::WholeZone => true,
        Atomicity::Batch { max } => max >= planned,
        Atomicity::None | Atomicity::RecordSet => false,
    };
    if is_whole {
        ensure(account.zone_unchanged(), || "all or nothing is declared, and the account says otherwise".into())?;
    }
    if account.zone_unchanged() {
        bench.is_unchanged_since(&before).await?;
    }
    Ok(())
}

pub(super) async fn listed(bench: &Bench<'_>, _: &str) -> Result<(), Stop> {
    let zones = bench.provider.zones().await?;
    let found: Vec<_> = zones.iter().filter(|info| info.name == bench.zone).collect();
    ensure(found.len() == 1, || format!("{} is listed {} times", bench.zone, found.len()))?;
    ensure(found.iter().all(|info| !info.id.is_empty()), || "its id is empty".into())?;
    let exists = bench.provider.zone_exists(&bench.zone).await?;
    ensure(exists, || format!("{} does not exist although it is listed", bench.zone))
}

pub(super) async fn created_twice(bench: &Bench<'_>, lines: &str) -> Result<(), Stop> {
    let full = bench.zone_of(lines)?;
    bench.reach(&full).await?;
    let first = bench.provider.zones().await?.into_iter().find(|info| info.name == bench.zone);
    let again = bench.provider.create_zone(&bench.zone).await?;
    let same = first.as_ref().is_some_and(|first| first.id == again.id && first.name == again.name);
    ensure(same, || format!("{again:?} instead of {first:?}"))?;
    let held = bench.snapshot().await?.zone;
    let lost = Plan::between(&held, &full, &Scope::WholeZone);
    ensure(lost.is_empty(), || format!("creating the zone again lost\n{lost}"))
}

pub(super) async fn unknown_zone(bench: &Bench<'_>, lines: &str) -> Result<(), Stop> {
    let unknown = Name::parse("nobody-has-this-zone.example")?;
    let exists = bench.provider.zone_exists(&unknown).await?;
    ensure(!exists, || format!("{unknown} exists"))?;
    let not_found = |what: &str, error: Option<Error>| match error {
        None => Err(Stop::Failed(format!("{what} succeeds for an unknown zone"))),
        Some(error) => is_kind(&error, ErrorKind::NotFound, None),
    };
    not_found("snapshot", bench.provider.snapshot(&unknown).await.err())?;
    not_found("name_servers", bench.provider.name_servers(&unknown).await.err())?;
    let wanted =
        Bench { provider: bench.provider, zone: unknown.clone(), base: Zone::new(unknown.clone()) }.zone_of(lines)?;
    let nothing = ZoneSnapshot::new(Zone::new(unknown.clone()));
    let plan = Plan::between(&nothing.zone, &wanted, &Scope::WholeZone);
    let refusal = bench.provider.apply(&unknown, &plan, &nothing).await.err();
    let unchanged = refusal.as_ref().is_none_or(ApplyError::zone_unchanged);
    not_found("apply", refusal.map(|refusal| refusal.error))?;
    ensure(unchanged, || "the refusal does not say that the zone is unchanged".into())
}

pub(super) async fn delegated_to(bench: &Bench<'_>, _: &str) -> Result<(), Stop> {
    let servers = bench.provider.name_servers(&bench.zone).await?;
    ensure(!servers.is_empty() && servers.iter().all(|server| !server.is_root()), || format!("{servers:?}"))
}

pub(super) async fn no_create(bench: &Bench<'_>) -> Result<(), Stop> {
    match bench.provider.create_zone(&Name::parse("never-created.example")?).await {
        Ok(info) => Err(Stop::Failed(format!("{} was created", info.name))),
        Err(error) => is_kind(&error, ErrorKind::Unsupported, Some(Outcome::NotSent)),
    }
}

pub(super) async fn on_and_off(signer: &dyn DnssecSigner, zone: &Name) -> Result<(), Stop> {
    let is = |wanted: &'static [SigningStatus]| async move {
        let status = signer.status(zone).await?;
        ensure(wanted.contains(&status), || format!("the status is {status:?} instead of {wanted:?}"))
    };
    is(&[SigningStatus::Off]).await?;
    let keys = signer.keys(zone).await?;
    ensure(keys.is_empty(), || format!("an unsigned zone has {} keys", keys.len()))?;
    for _ in 0..2 {
        signer.enable(zone).await?;
        is(&[SigningStatus::Enabling, SigningStatus::Active]).await?;
    }
    let keys = signer.keys(zone).await?;
    ensure(!keys.is_empty(), || "a signed zone has no keys".into())?;
    for key in &keys {
        let Some(dnskey) = &key.dnskey else {
            ensure(!key.ds.is_empty(), || "a key is told neither as DNSKEY nor as DS".into())?;
            continue;
        };
        ensure(dnskey.flags & 1 == 1, || format!("a key with flags {} is not for the parent", dnskey.flags))?;
        let stranger = key.ds.iter().find(|ds| ds.key_tag != dnskey.key_tag());
        ensure(stranger.is_none(), || format!("the DS {} is not of the key {}", shown(stranger), dnskey.key_tag()))?;
    }
    for _ in 0..2 {
        signer.disable(zone).await?;
        is(&[SigningStatus::Disabling, SigningStatus::Off]).await?;
    }
    let unknown = Name::parse("nobody-has-this-zone.example")?;
    match signer.status(&unknown).await {
        Ok(status) => Err(Stop::Failed(format!("an unknown zone is {status:?}"))),
        Err(error) => is_kind(&error, ErrorKind::NotFound, None),
    }
}
