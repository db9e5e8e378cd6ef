//! What is asked of transfers to the registrar.

use super::bench::{Bench, ensure, is_error, is_refusal};
use crate::{
    ErrorKind, Outcome, Secret,
    registrar::{Confirm, Money, OperationState, Purchase, Quote},
    testing::conformance::Stop,
};

pub(super) async fn quoted(bench: &Bench<'_>) -> Result<(), Stop> {
    let elsewhere = bench.elsewhere(false).await?;
    let wanted = Purchase::Transfer(1);
    let quote = bench.registrar.quote(&elsewhere.domain, wanted).await?;
    ensure(quote.domain == elsewhere.domain && quote.purchase == wanted, || {
        format!("it is for something else: {quote:?}")
    })?;
    let known: Result<Money, _> = quote.price.to_string().parse();
    ensure(known.is_ok_and(|price| price == quote.price), || format!("`{}` is no price", quote.price))?;
    bench.paid(&elsewhere.domain, 0)
}

pub(super) async fn none_yet(bench: &Bench<'_>) -> Result<(), Stop> {
    let elsewhere = bench.elsewhere(false).await?;
    let transfer = bench.registrar.transfer(&elsewhere.domain).await?;
    ensure(transfer.is_none(), || format!("nobody asked for {transfer:?}"))?;
    let corrected = bench.registrar.correct_transfer(&elsewhere.domain, &elsewhere.auth_code).await;
    is_error(corrected, None, "there is no transfer to be corrected")?;
    bench.paid(&elsewhere.domain, 0)
}

pub(super) async fn checked(bench: &Bench<'_>) -> Result<(), Stop> {
    let locked = bench.elsewhere(true).await?;
    let check = bench.registrar.check_transfer(&locked.domain, Some(&locked.auth_code)).await?;
    let mut unseen = Vec::new();
    if check.feasible {
        unseen.push("that a domain is locked");
    } else {
        ensure(check.because.is_some(), || "a transfer is called impossible without a reason".into())?;
    }
    let open = bench.subject.domain_elsewhere("transfer-in-checked-when-open", false).await?;
    let open = open.ok_or_else(|| Stop::Failed("the subject has locked domains only".into()))?;
    for code in [None, Some(&open.auth_code)] {
        let check = bench.registrar.check_transfer(&open.domain, code).await?;
        ensure(check.feasible, || format!("the domain is unlocked, and the check says {check:?}"))?;
    }
    let check = bench.registrar.check_transfer(&open.domain, Some(&Secret::from("wrong"))).await?;
    if check.feasible {
        unseen.push("that a code is wrong");
    }
    bench.paid(&open.domain, 0)?;
    if unseen.is_empty() {
        return Ok(());
    }
    Err(Stop::Ignored(format!("the registrar does not tell beforehand {}", unseen.join(", nor "))))
}

pub(super) async fn too_dear(bench: &Bench<'_>) -> Result<(), Stop> {
    let elsewhere = bench.elsewhere(false).await?;
    let (order, confirm) = bench.order(&elsewhere).await?;
    let price = confirm.max_price();
    let Some(less) = price.cents.checked_sub(1) else {
        return Err(Stop::Ignored("transfers cost nothing".to_owned()));
    };
    let cheaper = Money::new(less, price.currency.clone());
    let foreign = Money::new(price.cents, if price.currency == "CHF" { "EUR" } else { "CHF" });
    for agreed in [cheaper, foreign] {
        // As if that had been quoted before the price rose.
        let quote = Quote {
            domain: order.domain.clone(),
            purchase: Purchase::Transfer(order.years),
            price: agreed.clone(),
            premium: false,
        };
        let confirm = Confirm::up_to(agreed.clone(), &quote)?;
        let answer = bench.registrar.transfer_in(&order, &confirm).await;
        is_error(answer, Some(ErrorKind::Payment), &format!("it costs more than {agreed}"))?;
        bench.paid(&order.domain, 0)?;
        let transfer = bench.registrar.transfer(&order.domain).await?;
        ensure(transfer.is_none(), || format!("a transfer began nevertheless: {transfer:?}"))?;
    }
    Ok(())
}

pub(super) async fn other_consent(bench: &Bench<'_>) -> Result<(), Stop> {
    let elsewhere = bench.elsewhere(false).await?;
    let (order, confirm) = bench.order(&elsewhere).await?;
    let plenty = Money::new(confirm.max_price().cents.saturating_mul(10), confirm.max_price().currency.clone());
    let of = |domain, purchase| Quote { domain, purchase, price: plenty.clone(), premium: false };
    for (what, quote) in [
        ("another domain", of(bench.nobodys()?, Purchase::Transfer(order.years))),
        ("a renewal", of(order.domain.clone(), Purchase::Renewal(order.years))),
        ("more years", of(order.domain.clone(), Purchase::Transfer(order.years + 1))),
    ] {
        let confirm = Confirm::up_to(plenty.clone(), &quote)?;
        let answer = bench.registrar.transfer_in(&order, &confirm).await;
        is_error(answer, Some(ErrorKind::Invalid), &format!("the consent is for {what}"))?;
        bench.paid(&order.domain, 0)?;
    }
    Ok(())
}

pub(super) async fn wrong_code(bench: &Bench<'_>) -> Result<(), Stop> {
    let elsewhere = bench.elsewhere(false).await?;
    let (right, confirm) = bench.order(&elsewhere).await?;
    let wrong = right.clone().with_auth_code(Secret::from("wrong"));
    if let Err(error) = bench.registrar.transfer_in(&wrong, &confirm).await {
        is_refusal(&error)?;
    } else {
        let stopped = bench.until_transfer(&right.domain, "the end of a transfer with a wrong code", stops).await?;
        bench.is_not_here(&right.domain).await?;
        if !stopped.state.has_ended() {
            bench.registrar.correct_transfer(&right.domain, &elsewhere.auth_code).await?;
            return arrives(bench, &right.domain).await;
        }
        let corrected = bench.registrar.correct_transfer(&right.domain, &elsewhere.auth_code).await;
        is_error(corrected, None, "the transfer has ended")?;
    }
    bench.is_not_here(&right.domain).await?;
    bench.registrar.transfer_in(&right, &confirm).await?;
    arrives(bench, &right.domain).await
}

pub(super) async fn locked(bench: &Bench<'_>) -> Result<(), Stop> {
    let elsewhere = bench.elsewhere(true).await?;
    let (order, confirm) = bench.order(&elsewhere).await?;
    match bench.registrar.transfer_in(&order, &confirm).await {
        Err(error) => is_refusal(&error)?,
        Ok(_) => drop(bench.until_transfer(&order.domain, "the end of a transfer of a locked domain", stops).await?),
    }
    bench.is_not_here(&order.domain).await
}

pub(super) async fn paid_once(bench: &Bench<'_>) -> Result<(), Stop> {
    let elsewhere = bench.elsewhere(false).await?;
    let (order, confirm) = bench.order(&elsewhere).await?;
    let begun = bench.registrar.transfer_in(&order, &confirm).await?;
    ensure(begun.domain == order.domain && !begun.id.is_empty(), || format!("not a transfer of it: {begun:?}"))?;
    ensure(!matches!(begun.state, OperationState::Failed { .. } | OperationState::Cancelled), || format!("{begun:?}"))?;
    bench.paid(&order.domain, 1)?;
    if !begun.state.has_ended() {
        let again = bench.registrar.transfer_in(&order, &confirm).await?;
        ensure(again.id == begun.id, || format!("a second order began another transfer: {again:?}"))?;
        let read = bench.registrar.transfer(&order.domain).await?;
        let read = read.ok_or_else(|| Stop::Failed("what was begun is not found".into()))?;
        ensure(read.id == begun.id, || format!("another transfer is read: {read:?}"))?;
        bench.paid(&order.domain, 1)?;
    }
    arrives(bench, &order.domain).await?;
    let registration = bench.registration(&order.domain).await?;
    let same = registration.name_servers.len() == order.name_servers.len()
        && order.name_servers.iter().all(|server| registration.name_servers.contains(server));
    ensure(same, || format!("it is delegated to {:?}, not as ordered", registration.name_servers))?;
    match bench.registrar.transfer_in(&order, &confirm).await {
        Ok(done) => {
            ensure(done.state == OperationState::Succeeded, || format!("it is here, and this began: {done:?}"))?;
        }
        Err(error) => is_refusal(&error)?,
    }
    bench.paid(&order.domain, 1)
}

pub(super) async fn lost_after(bench: &Bench<'_>) -> Result<(), Stop> {
    let elsewhere = bench.elsewhere(false).await?;
    let (order, confirm) = bench.order(&elsewhere).await?;
    lose(bench, true)?;
    if let Err(error) = bench.registrar.transfer_in(&order, &confirm).await {
        ensure(error.outcome() == Outcome::Unknown, || format!("the call was made, and the error denies it: {error}"))?;
        bench.paid(&order.domain, 1)?;
        match bench.registrar.transfer(&order.domain).await {
            Ok(Some(_)) => drop(bench.registrar.transfer_in(&order, &confirm).await?),
            Ok(None) => return Err(Stop::Failed("the transfer was begun, and is denied".into())),
            // It cannot look, and says so; then it must not pay either.
            Err(error) => {
                ensure(error.outcome() == Outcome::Unknown, || format!("an error that settles nothing: {error}"))?;
                let answer = bench.registrar.transfer_in(&order, &confirm).await;
                ensure(answer.is_err(), || "it began another transfer without knowing of the first".into())?;
            }
        }
    }
    bench.paid(&order.domain, 1)?;
    let here = || async {
        match bench.registrar.registration(&order.domain).await {
            Err(error) if error.is_not_found() => Ok(false),
            other => other.map(|_| true),
        }
    };
    bench.until("the arrival of the domain", here, |here| *here).await?;
    bench.paid(&order.domain, 1)
}

pub(super) async fn lost_before(bench: &Bench<'_>) -> Result<(), Stop> {
    let elsewhere = bench.elsewhere(false).await?;
    let (order, confirm) = bench.order(&elsewhere).await?;
    lose(bench, false)?;
    let Err(error) = bench.registrar.transfer_in(&order, &confirm).await else {
        return Err(Stop::Failed("nothing was carried out, and it is called begun".into()));
    };
    ensure(error.outcome() != Outcome::Applied, || format!("nothing was carried out: {error}"))?;
    bench.paid(&order.domain, 0)?;
    match bench.registrar.transfer(&order.domain).await {
        Ok(Some(transfer)) => Err(Stop::Failed(format!("nothing was carried out, and this is told: {transfer:?}"))),
        Ok(None) => {
            bench.registrar.transfer_in(&order, &confirm).await?;
            bench.paid(&order.domain, 1)
        }
        Err(error) => {
            ensure(error.outcome() == Outcome::Unknown, || format!("an error that settles nothing: {error}"))?;
            Err(Stop::Ignored(format!("the registrar cannot look: {error}")))
        }
    }
}

fn lose(bench: &Bench<'_>, carried_out: bool) -> Result<(), Stop> {
    if bench.subject.lose_next_payment(carried_out) {
        return Ok(());
    }
    Err(Stop::Ignored("the subject cannot lose answers".to_owned()))
}

fn stops(state: &OperationState) -> bool {
    use OperationState::{ActionRequired, Blocked, Cancelled, Failed};
    matches!(state, ActionRequired { .. } | Blocked { .. } | Cancelled | Failed { .. })
}

async fn arrives(bench: &Bench<'_>, domain: &crate::dns::Name) -> Result<(), Stop> {
    let ended = bench.until_transfer(domain, "the end of the transfer", OperationState::has_ended).await?;
    ensure(ended.state == OperationState::Succeeded, || format!("the transfer ended otherwise: {ended:?}"))?;
    bench.paid(domain, 1)?;
    bench.registration(domain).await.map(drop)
}
