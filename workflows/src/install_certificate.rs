//! Puts a certificate on every listener of an instance, sees it presented there, and deletes what it has replaced.
//!
//! What cannot work is refused before anything is touched: a certificate that is not for a host of some target, that
//! expires soon, or that browsers would not trust. A wrong key, a broken chain and what has expired is refused when the
//! [bundle](CertBundle) is read. No listener is without a valid certificate at any moment, and nothing is deleted before all
//! of them are seen, by a handshake, to present the new one.
//!
//! ```
//! use std::sync::Arc;
//! use howdah_core::{Clock, certificate::{CertBundle, CertTarget, tls::{Observer, Roots}}};
//! use howdah_workflows::{engine::{self, Run}, install_certificate::{InstallCertificate, Options}};
//! # use howdah_core::testing::{MemoryCertTarget, TestAuthority};
//! # use jiff::SignedDuration;
//! # #[tokio::main(flavor = "current_thread", start_paused = true)]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let clock = Clock::system();
//! # let authority = TestAuthority::new(clock.now());
//! # let bought = authority.issue(&["vmst.io"], SignedDuration::from_hours(365 * 24));
//! # let (crt, ca_bundle, key) = (bought.leaf.as_str(), bought.chain.as_str(), bought.key.expose());
//! # let load_balancer = MemoryCertTarget::new(["vmst.io"]);
//! # let observer = Observer::new(Arc::new(load_balancer.edge()), Roots::from_pem(authority.root())?)?;
//!
//! // Leaf, chain and key, as they were delivered.
//! let bundle = CertBundle::read([crt, ca_bundle, key], clock.now())?;
//! let targets: Vec<Arc<dyn CertTarget>> = vec![Arc::new(load_balancer)];
//! let job = InstallCertificate::new(bundle, targets, observer, clock.clone(), Options::default())?;
//! let outcome = engine::apply(&job, &Run::on(clock).waiting(true)).await?;
//! assert!(outcome.is_complete());
//! # Ok(()) }
//! ```

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use async_trait::async_trait;
use howdah_core::{
    Clock, Error, ErrorKind, Result,
    certificate::{
        CertBundle, CertTarget, HeldCertificate, Installed, TlsEndpoint,
        tls::{Observer, Presented},
    },
};
use jiff::{SignedDuration, Timestamp};

use crate::engine::{Check, Step, Steps, Workflow};

/// The job.
#[derive(Debug)]
pub struct InstallCertificate {
    bundle: CertBundle,
    targets: Vec<Arc<dyn CertTarget>>,
    observer: Observer,
    clock: Clock,
    options: Options,
}

/// How the job is done.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Options {
    /// How long the certificate is to be valid from now, at least.
    pub least_remaining: SignedDuration,
    /// Whether what was replaced is deleted.
    pub retire: bool,
}

/// Two weeks at least, and what was replaced is deleted.
impl Default for Options {
    fn default() -> Self {
        Self { least_remaining: SignedDuration::from_hours(14 * 24), retire: true }
    }
}

/// What the targets hold and present.
#[derive(Debug)]
#[allow(missing_docs)]
pub struct Observed {
    /// In the order of the targets.
    pub targets: Vec<ObservedTarget>,
}

/// What one target holds and presents.
#[derive(Debug)]
#[allow(missing_docs)]
pub struct ObservedTarget {
    pub installed: Vec<Installed>,
    /// What a handshake showed, or why there was none.
    pub presented: BTreeMap<TlsEndpoint, Result<Presented, String>>,
    /// Not looked at before every target has the new certificate.
    pub superseded: Vec<HeldCertificate>,
}

/// How long one looks away while an edge catches up.
const CATCHING_UP: SignedDuration = SignedDuration::from_secs(20);

/// How long it is tried to delete what counts as used still.
const RELEASING: Duration = Duration::from_secs(300);

/// How often, in that time.
const BETWEEN_TRIES: Duration = Duration::from_secs(10);

impl InstallCertificate {
    /// A certificate for these targets, whose listeners are seen through the observer.
    ///
    /// Fails where the certificate is not for a host of some target, expires soon, or would not be trusted.
    pub fn new(
        bundle: CertBundle,
        targets: Vec<Arc<dyn CertTarget>>,
        observer: Observer,
        clock: Clock,
        options: Options,
    ) -> Result<Self> {
        if targets.is_empty() {
            return Err(Error::invalid("there is nothing to install the certificate on: name a target"));
        }
        let now = clock.now();
        bundle.require_valid(now)?;
        bundle.require_remaining(options.least_remaining, now)?;
        for target in &targets {
            let of_target = |why: String| Error::invalid(format!("{}: {why}", target.what()));
            let hosts = || target.hosts().iter().map(String::as_str);
            bundle.require_names(hosts()).map_err(|problem| of_target(problem.to_string()))?;
            if let Some((host, why)) = hosts().find_map(|host| Some((host, observer.distrust(&bundle, host, now)?))) {
                return Err(of_target(format!("no browser would take the certificate for {host}: {why}")));
            }
        }
        Ok(Self { bundle, targets, observer, clock, options })
    }

    fn is_installed(&self, installed: &[Installed]) -> bool {
        !installed.is_empty() && installed.iter().all(|listener| listener.has(&self.bundle))
    }

    fn presents(&self, seen: &Result<Presented, String>) -> bool {
        seen.as_ref().is_ok_and(|presented| presented.sha256 == self.bundle.sha256())
    }

    fn install(&self, index: usize, seen: &ObservedTarget) -> Step {
        let what = self.targets[index].what();
        let step = Step::new(id("install", index), format!("install it on {what}"));
        if seen.installed.is_empty() {
            return step.blocked(
                format!("{what} has no listener that does TLS"),
                "give it one, such as a rule for HTTPS with the certificate that there is",
            );
        }
        if self.is_installed(&seen.installed) {
            return step.done();
        }
        let replaced = seen.installed.iter().filter_map(|listener| listener.certificate.as_ref()?.not_after).min();
        let listeners: Vec<_> = seen.installed.iter().map(|listener| listener.listener.as_str()).collect();
        step.with_detail(match replaced {
            Some(until) => {
                let until = until.strftime("%F");
                format!("{}; the present one ends {until}", listeners.join(", "))
            }
            None => listeners.join(", "),
        })
    }

    fn served(&self, index: usize, seen: &ObservedTarget, now: Timestamp) -> Step {
        let what = self.targets[index].what();
        let step = Step::new(id("served", index), format!("see it presented by {what}"));
        match seen.presented.iter().find(|(_, presented)| !self.presents(presented)) {
            None if seen.presented.is_empty() => step.done().with_detail("nothing there can be seen from outside"),
            None => step.done(),
            Some((endpoint, Ok(presented))) => step.waiting(
                now + CATCHING_UP,
                format!("{endpoint}, which presents {:.12}… still", presented.sha256.to_string()),
            ),
            Some((_, Err(why))) => step.waiting(now + CATCHING_UP, format!("a handshake: {why}")),
        }
    }

    fn retire(&self, index: usize, seen: &ObservedTarget, everywhere: bool) -> Step {
        let what = self.targets[index].what();
        let step = Step::new(id("retire", index), format!("delete what it replaced on {what}"));
        if !everywhere {
            return step;
        }
        if seen.superseded.is_empty() {
            return step.done();
        }
        let ids: Vec<_> = seen.superseded.iter().map(|held| held.id.as_str()).collect();
        step.with_detail(ids.join(", "))
    }
}

fn id(what: &str, index: usize) -> String {
    format!("{what}-{}", index + 1)
}

#[async_trait]
impl Workflow for InstallCertificate {
    type Observed = Observed;

    async fn observe(&self) -> Result<Observed> {
        let mut targets = Vec::new();
        for target in &self.targets {
            let installed = target.installed().await?;
            let mut presented = BTreeMap::new();
            for endpoint in installed.iter().flat_map(|listener| &listener.endpoints) {
                let look = self.observer.look(endpoint, self.clock.now()).await;
                presented.insert(endpoint.clone(), look.map_err(|error| error.message().to_owned()));
            }
            targets.push(ObservedTarget { installed, presented, superseded: Vec::new() });
        }
        if self.options.retire && targets.iter().all(|seen| self.is_installed(&seen.installed)) {
            for (target, seen) in self.targets.iter().zip(&mut targets) {
                seen.superseded = target.superseded(&self.bundle).await?;
            }
        }
        Ok(Observed { targets })
    }

    fn plan(&self, observed: &Observed, now: Timestamp) -> Steps {
        let targets = || observed.targets.iter().enumerate();
        let mut steps: Vec<_> = targets().map(|(index, seen)| self.install(index, seen)).collect();
        steps.extend(targets().map(|(index, seen)| self.served(index, seen, now)));
        if self.options.retire {
            // What is superseded is not known before.
            let everywhere = observed.targets.iter().all(|seen| self.is_installed(&seen.installed));
            steps.extend(targets().map(|(index, seen)| self.retire(index, seen, everywhere)));
        }
        Steps::in_sequence(steps)
    }

    async fn act(&self, step: &Step, _: &Observed) -> Result<()> {
        let (what, number) = step.id.split_once('-').unwrap_or_default();
        let target = number.parse::<usize>().ok().and_then(|number| self.targets.get(number.checked_sub(1)?));
        let target = target.ok_or_else(|| Error::invalid(format!("there is no step {}", step.id)))?;
        if what == "install" {
            return target.install(&self.bundle).await.map(drop);
        }
        let mut waited = Duration::ZERO;
        loop {
            let retired = target.retire(&self.bundle).await?;
            if retired.in_use.is_empty() {
                return Ok(());
            }
            if waited >= RELEASING {
                let message = format!(
                    "{} counts as used after {} minutes still; nothing is lost by leaving it: run this again later",
                    retired.in_use.join(", "),
                    waited.as_secs() / 60
                );
                return Err(Error::new(ErrorKind::Precondition, message));
            }
            tokio::time::sleep(BETWEEN_TRIES).await;
            waited += BETWEEN_TRIES;
        }
    }

    async fn verify(&self, observed: &Observed) -> Result<Vec<Check>> {
        let mut checks = Vec::new();
        for (target, seen) in self.targets.iter().zip(&observed.targets) {
            let what = target.what();
            checks.push(Check::holds(format!("{what} holds the certificate"), self.is_installed(&seen.installed)));
            if seen.presented.is_empty() {
                checks
                    .push(Check::not_observed(format!("{what} presents it"), "nothing there can be seen from outside"));
            }
            for (endpoint, presented) in &seen.presented {
                let title = format!("{endpoint} presents it, and browsers take it");
                checks.push(match presented {
                    Ok(presented) => {
                        let protocol = presented.protocol.as_deref().unwrap_or("http/1.1");
                        let detail = match &presented.distrust {
                            None => format!("{protocol}, until {}", presented.not_after),
                            Some(why) => why.clone(),
                        };
                        let so = self.presents(&Ok(presented.clone())) && presented.distrust.is_none();
                        Check::holds(title, so).with_detail(detail)
                    }
                    Err(why) => Check::holds(title, false).with_detail(why.as_str()),
                });
            }
            if self.options.retire {
                checks.push(Check::holds(format!("{what} keeps nothing that it replaced"), seen.superseded.is_empty()));
            }
        }
        Ok(checks)
    }
}
