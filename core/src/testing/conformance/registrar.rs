//! What every [`Registrar`] has to do.
//!
//! ```
//! use async_trait::async_trait;
//! use howdah_core::{
//!     Result,
//!     dns::Name,
//!     registrar::Registrar,
//!     testing::{MemoryRegistrar, Registry, conformance::registrar::{self, Subject}},
//! };
//! use jiff::SignedDuration;
//!
//! struct One(MemoryRegistrar);
//!
//! #[async_trait]
//! impl Subject for One {
//!     fn registrar(&self) -> &dyn Registrar {
//!         &self.0
//!     }
//!
//!     async fn domain_here(&self, case: &str) -> Result<Name> {
//!         let domain = Name::parse(&format!("{case}.example")).unwrap();
//!         let servers = ["ns1.example.net", "ns2.example.net"].map(|server| Name::parse(server).unwrap());
//!         self.0.registry().register(&domain, "one", &servers, SignedDuration::from_hours(24 * 100));
//!         Ok(domain)
//!     }
//! }
//!
//! # #[tokio::main(flavor = "current_thread", start_paused = true)]
//! # async fn main() {
//! let report = registrar::run_all(&One(MemoryRegistrar::new(&Registry::default(), "one"))).await;
//! report.assert_passed();
//! assert!(report.ignored().contains(&"transfer in: goes through and is paid once"), "it brought no such domain");
//! # }
//! ```
//!
//! An implementor has this as one test, on the paused clock when the registrar is a fake in process. What a registrar
//! accepts is looked for until the subject's [`patience`](Subject::patience) ends, so one that takes days passes as well.
//! The report goes to standard error: `cargo test -- --nocapture` shows what was ignored, and for want of what.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use futures::{FutureExt as _, future::BoxFuture};

use super::{Case, Report, Stop};
use crate::{
    Result, Secret,
    dns::Name,
    registrar::{AuthCodeDelivery, KeyInput, Registrar, RegistrarCapabilities},
};

mod bench;
mod rules;
mod transfers;

use bench::Bench;

/// The implementation that the cases are run against, and the world around it.
///
/// Only the first two methods have to be written. Each of the others lets more cases run.
#[async_trait]
pub trait Subject: Send + Sync {
    /// The registrar.
    fn registrar(&self) -> &dyn Registrar;

    /// A domain that is registered through it, for the case of this name (lower-case letters, digits and hyphens):
    /// locked, delegated to two servers, without keys and without hosts.
    async fn domain_here(&self, case: &str) -> Result<Name>;

    /// A domain that another registrar holds, for the case of this name; locked against transfers or not. None where
    /// there are no such domains.
    async fn domain_elsewhere(&self, _case: &str, _locked: bool) -> Result<Option<DomainElsewhere>> {
        Ok(None)
    }

    /// How often a transfer of the domain to the registrar was paid for; none where that cannot be told.
    fn payments(&self, _domain: &Name) -> Option<usize> {
        None
    }

    /// Lets the answer to the call that pays for the next transfer be lost, after it was carried out or instead. Returns
    /// whether that can be done.
    fn lose_next_payment(&self, _carried_out: bool) -> bool {
        false
    }

    /// How many requests were sent so far; none where they are not counted.
    fn requests(&self) -> Option<u64> {
        None
    }

    /// How long what was accepted may take until it can be read back: a transfer takes days, and on the paused clock
    /// that costs nothing.
    fn patience(&self) -> Duration {
        Duration::from_secs(10 * 24 * 3600)
    }
}

/// A domain to be transferred.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub struct DomainElsewhere {
    pub domain: Name,
    /// The code that fits.
    pub auth_code: Secret,
    /// What it is delegated to.
    pub name_servers: Vec<Name>,
}

/// Runs all cases.
pub async fn run_all(subject: &(dyn Subject + 'static)) -> Report {
    let registrar = subject.registrar();
    Report::of(format!("{} as a registrar", registrar.name()), &cases(registrar.capabilities()), subject).await
}

/// All cases for a registrar of these capabilities.
pub fn cases(capabilities: &RegistrarCapabilities) -> Vec<Case<dyn Subject>> {
    let lacks = |can: bool, what: &str| (!can).then(|| what.to_owned());
    let delivers = capabilities.auth_code != AuthCodeDelivery::Manual;
    let publishes = capabilities.keys != KeyInput::None;
    let servers = || lacks(capabilities.name_servers, "changing name servers");
    let codes = || lacks(delivers, "authorization codes through the API");
    let keys = || lacks(publishes, "publishing keys");
    let transfers = || lacks(capabilities.transfer_in, "transfers to it");
    let glue = || lacks(capabilities.glue, "hosts with glue");
    let mut cases = vec![
        case("reading: a registration says what it is", None, rules::registration),
        case("reading: what is not registered here is not found", None, rules::unknown),
        case("name servers: changed and read back", servers(), rules::name_servers),
        case("name servers: none at all are refused", servers(), rules::no_name_servers),
        case(
            "lock: opened, closed, and once more",
            lacks(capabilities.transfer_lock, "changing the transfer lock"),
            rules::lock,
        ),
        case(
            "renewal by itself: on, off, and once more",
            lacks(capabilities.auto_renew, "changing renewal by itself"),
            rules::auto_renew,
        ),
        case("authorization code: comes as declared", codes(), rules::auth_code),
        case("keys: added, listed and removed", keys(), rules::keys),
        case("keys: added twice is there once, removed twice is gone", keys(), rules::keys_twice),
        case("keys: one goes and the other stays", keys(), rules::two_keys),
        case("keys: only the key is known", keys(), rules::only_the_key),
        case("keys: only a digest is known", keys(), rules::only_a_digest),
        case("keys: nothing is known", keys(), rules::no_key),
        case("glue: added, changed and removed", glue(), rules::glue),
        case("glue: a host outside of the domain is refused", glue(), rules::foreign_glue),
    ];
    let transfers = [
        case("transfer in: a quote is for what was asked", transfers(), transfers::quoted),
        case("transfer in: without one there is none", transfers(), transfers::none_yet),
        case("transfer in: checked beforehand", transfers(), transfers::checked),
        case("transfer in: a price above the limit pays nothing", transfers(), transfers::too_dear),
        case("transfer in: the consent is for this and nothing else", transfers(), transfers::other_consent),
        case("transfer in: a wrong code moves nothing, and can be made right", transfers(), transfers::wrong_code),
        case("transfer in: a locked domain stays", transfers(), transfers::locked),
        case("transfer in: goes through and is paid once", transfers(), transfers::paid_once),
        case("transfer in: what went through unseen is found", transfers(), transfers::lost_after),
        case("transfer in: what was never begun is not made up", transfers(), transfers::lost_before),
    ];
    cases.extend(transfers);
    cases.extend(honesty(capabilities));
    cases
}

/// What is not declared is refused before anything is sent.
fn honesty(capabilities: &RegistrarCapabilities) -> Vec<RegistrarCase> {
    let undeclared: [(bool, &str, Rule); 7] = [
        (!capabilities.transfer_in, "no transfers to it", |bench| bench.refuses_transfers().boxed()),
        (!capabilities.name_servers, "no change of name servers", |bench| bench.refuses_name_servers().boxed()),
        (!capabilities.transfer_lock, "no change of the transfer lock", |bench| bench.refuses_lock().boxed()),
        (!capabilities.auto_renew, "no change of renewal by itself", |bench| bench.refuses_auto_renew().boxed()),
        (capabilities.auth_code == AuthCodeDelivery::Manual, "no authorization codes", |bench| {
            bench.refuses_auth_code().boxed()
        }),
        (capabilities.keys == KeyInput::None, "no keys", |bench| bench.refuses_keys().boxed()),
        (!capabilities.glue, "no glue", |bench| bench.refuses_glue().boxed()),
    ];
    let applying = undeclared.into_iter().filter(|(applies, ..)| *applies);
    applying.map(|(_, name, rule)| on_bench(&format!("honesty: {name}"), rule)).collect()
}

type RegistrarCase = Case<dyn Subject>;
type Fate<'a> = BoxFuture<'a, Result<(), Stop>>;
type Rule = for<'a> fn(&'a Bench<'a>) -> Fate<'a>;

/// An async function of a bench; closures cannot yet be asked for this without boxing.
trait RunOn<'a> {
    fn on(&self, bench: &'a Bench<'a>) -> Fate<'a>;
}

impl<'a, F, R> RunOn<'a> for F
where
    F: Fn(&'a Bench<'a>) -> R,
    R: Future<Output = Result<(), Stop>> + Send + 'a,
{
    fn on(&self, bench: &'a Bench<'a>) -> Fate<'a> {
        self(bench).boxed()
    }
}

fn case<F>(name: &str, missing: Option<String>, run: F) -> RegistrarCase
where
    F: for<'a> RunOn<'a> + Send + Sync + 'static,
{
    on_bench(name, move |bench| run.on(bench)).with_missing(missing)
}

fn on_bench<F>(name: &str, run: F) -> RegistrarCase
where
    F: for<'a> Fn(&'a Bench<'a>) -> Fate<'a> + Send + Sync + 'static,
{
    let (slug, run) = (super::slug(name), Arc::new(run));
    Case::new(name, move |subject| {
        let (slug, run) = (slug.clone(), Arc::clone(&run));
        async move { run(&Bench::new(subject, slug)).await }.boxed()
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::testing::MemoryRegistrar;

    #[test]
    fn names_of_cases_and_of_their_domains_are_unique() {
        for capabilities in [MemoryRegistrar::full_capabilities(), RegistrarCapabilities::read_only()] {
            let cases = cases(&capabilities);
            let names: BTreeSet<_> = cases.iter().map(Case::name).collect();
            let domains: BTreeSet<_> = cases.iter().map(|case| super::super::slug(case.name())).collect();
            assert_eq!((names.len(), domains.len()), (cases.len(), cases.len()), "{names:#?}");
        }
    }
}
