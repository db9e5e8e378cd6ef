//! What every [`CertTarget`] has to do.
//!
//! ```
//! use howdah_core::{certificate::CertTarget, testing::{MemoryCertTarget, conformance::certificate::{self, Subject}}};
//!
//! struct Memory(MemoryCertTarget);
//!
//! impl Subject for Memory {
//!     fn target(&self) -> &dyn CertTarget {
//!         &self.0
//!     }
//! }
//!
//! # #[tokio::main(flavor = "current_thread", start_paused = true)]
//! # async fn main() {
//! certificate::run_all(&Memory(MemoryCertTarget::new(["example.org"]))).await.assert_passed();
//! # }
//! ```
//!
//! An implementor has this as one test, on the paused clock when the target is a fake in process. The cases follow each
//! other on one target: each installs a certificate of its own.

use std::{collections::BTreeSet, future::ready, time::Duration};

use futures::{FutureExt as _, future::BoxFuture};
use jiff::{SignedDuration, Timestamp};

use super::{Case, Report, Stop};
use crate::{
    certificate::{CertBundle, CertTarget, CertificateProblem, Outcome},
    testing::TestAuthority,
};

/// The implementation that the cases are run against.
pub trait Subject: Send + Sync {
    /// The target. It is reached at one host at least.
    fn target(&self) -> &dyn CertTarget;

    /// How many certificates the provider holds; none where that cannot be told.
    fn certificates(&self) -> Option<usize> {
        None
    }

    /// How long what was replaced may count as used.
    fn patience(&self) -> Duration {
        Duration::from_secs(10 * 60)
    }
}

/// Runs all cases.
pub async fn run_all(subject: &(dyn Subject + 'static)) -> Report {
    let name = format!("{} as a target of certificates", subject.target().what());
    Report::of(name, &cases(), subject).await
}

/// All cases.
pub fn cases() -> Vec<Case<dyn Subject>> {
    vec![
        case("hosts: there is one at least", |subject| {
            let hosts = subject.target().hosts();
            ready(if hosts.is_empty() { Err(failed("it is reached at no host")) } else { Ok(()) }).boxed()
        }),
        case("install: every listener presents it", |subject| installs(subject).boxed()),
        case("install: once more changes nothing and uploads nothing", |subject| twice(subject).boxed()),
        case("install: another one takes its place everywhere", |subject| replaces(subject).boxed()),
        case("install: one that is not for its hosts is refused", |subject| refuses(subject).boxed()),
        case("retire: what was replaced is deleted, and nothing else", |subject| retires(subject).boxed()),
        case("retire: nothing was replaced, and nothing is deleted", |subject| retires_nothing(subject).boxed()),
        case("install: an older one can come back", |subject| comes_back(subject).boxed()),
    ]
}

fn case<F>(name: &str, run: F) -> Case<dyn Subject>
where
    F: for<'a> Fn(&'a dyn Subject) -> BoxFuture<'a, Result<(), Stop>> + Send + Sync + 'static,
{
    Case::new(name, move |subject: &(dyn Subject + 'static)| run(subject))
}

fn failed(why: impl Into<String>) -> Stop {
    Stop::Failed(why.into())
}

/// A certificate for the target's hosts.
fn bundle_for(subject: &dyn Subject) -> Result<CertBundle, CertificateProblem> {
    let hosts: Vec<_> = subject.target().hosts().iter().map(String::as_str).collect();
    bundle(&hosts)
}

fn bundle(hosts: &[&str]) -> Result<CertBundle, CertificateProblem> {
    let now = Timestamp::now();
    let issued = TestAuthority::new(now).issue(hosts, SignedDuration::from_hours(365 * 24));
    CertBundle::read([issued.full_chain().as_str(), issued.key.expose()], now)
}

async fn presents(subject: &dyn Subject, bundle: &CertBundle) -> Result<(), Stop> {
    let installed = subject.target().installed().await?;
    if installed.is_empty() {
        return Err(failed("it has no listener"));
    }
    match installed.iter().find(|listener| !listener.has(bundle)) {
        Some(listener) => Err(failed(format!("{} presents {:?}", listener.listener, listener.certificate))),
        None => Ok(()),
    }
}

async fn install(subject: &dyn Subject, bundle: &CertBundle, expected: Outcome) -> Result<(), Stop> {
    let outcome = subject.target().install(bundle).await?;
    if outcome != expected {
        return Err(failed(format!("installing says {outcome:?}")));
    }
    presents(subject, bundle).await
}

async fn installs(subject: &dyn Subject) -> Result<(), Stop> {
    install(subject, &bundle_for(subject)?, Outcome::Changed).await
}

async fn twice(subject: &dyn Subject) -> Result<(), Stop> {
    let bundle = bundle_for(subject)?;
    install(subject, &bundle, Outcome::Changed).await?;
    let before = subject.certificates();
    install(subject, &bundle, Outcome::Unchanged).await?;
    if subject.certificates() != before {
        return Err(failed("installing what was there has changed what the provider holds"));
    }
    Ok(())
}

async fn replaces(subject: &dyn Subject) -> Result<(), Stop> {
    install(subject, &bundle_for(subject)?, Outcome::Changed).await?;
    install(subject, &bundle_for(subject)?, Outcome::Changed).await
}

async fn refuses(subject: &dyn Subject) -> Result<(), Stop> {
    let before = subject.target().installed().await?;
    let error = match subject.target().install(&bundle(&["other.invalid"])?).await {
        Ok(outcome) => return Err(failed(format!("it was installed: {outcome:?}"))),
        Err(error) => error,
    };
    if !error.is_invalid() || error.outcome() != crate::Outcome::NotSent {
        return Err(failed(format!("it was refused otherwise: {error}")));
    }
    if subject.target().installed().await? != before {
        return Err(failed("it has changed something"));
    }
    Ok(())
}

/// Retires until nothing is in use any more, and says what was deleted.
async fn retire(subject: &dyn Subject, bundle: &CertBundle) -> Result<Vec<String>, Stop> {
    let mut deleted = Vec::new();
    let mut waited = Duration::ZERO;
    loop {
        let retired = subject.target().retire(bundle).await?;
        deleted.extend(retired.deleted);
        if retired.in_use.is_empty() {
            return Ok(deleted);
        }
        if waited >= subject.patience() {
            return Err(failed(format!("{:?} count as used after {waited:?}", retired.in_use)));
        }
        tokio::time::sleep(Duration::from_secs(10)).await;
        waited += Duration::from_secs(10);
    }
}

async fn retires(subject: &dyn Subject) -> Result<(), Stop> {
    let (old, new) = (bundle_for(subject)?, bundle_for(subject)?);
    install(subject, &old, Outcome::Changed).await?;
    retire(subject, &old).await?;
    let held = subject.certificates();
    let installed = subject.target().installed().await?;
    let replaced: Vec<_> = installed.iter().filter_map(|one| Some(one.certificate.as_ref()?.id.clone())).collect();
    if !subject.target().superseded(&new).await?.is_empty() {
        return Err(failed("something is superseded by a certificate that is not installed"));
    }
    install(subject, &new, Outcome::Changed).await?;
    let superseded: BTreeSet<_> = subject.target().superseded(&new).await?.into_iter().map(|held| held.id).collect();
    let deleted: BTreeSet<_> = retire(subject, &new).await?.into_iter().collect();
    if deleted != superseded {
        return Err(failed(format!("{deleted:?} were deleted, and {superseded:?} were superseded")));
    }
    if !subject.target().superseded(&new).await?.is_empty() {
        return Err(failed("what was deleted counts as superseded still"));
    }
    if deleted.iter().any(|id| !replaced.contains(id)) {
        return Err(failed(format!("{deleted:?} were deleted, and {replaced:?} had been replaced")));
    }
    if subject.certificates() != held {
        return Err(failed(format!("there were {held:?} certificates and are {:?}", subject.certificates())));
    }
    presents(subject, &new).await
}

async fn retires_nothing(subject: &dyn Subject) -> Result<(), Stop> {
    let (there, stranger) = (bundle_for(subject)?, bundle_for(subject)?);
    install(subject, &there, Outcome::Changed).await?;
    let deleted = subject.target().retire(&stranger).await?.deleted;
    if !deleted.is_empty() {
        return Err(failed(format!("{deleted:?} were deleted for a certificate that is not installed")));
    }
    presents(subject, &there).await
}

async fn comes_back(subject: &dyn Subject) -> Result<(), Stop> {
    let (first, second) = (bundle_for(subject)?, bundle_for(subject)?);
    install(subject, &first, Outcome::Changed).await?;
    install(subject, &second, Outcome::Changed).await?;
    install(subject, &first, Outcome::Changed).await
}
