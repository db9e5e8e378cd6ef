//! Listeners in memory: what [`CertTarget`] means, in the fewest words.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;

use super::{Edge, Listening};
use crate::{
    Result,
    certificate::{CertBundle, CertTarget, HeldCertificate, Installed, Outcome, Retired, TlsEndpoint},
};

/// Two listeners and the certificates that their provider holds: the reference of [`CertTarget`]. Clones are the same one.
///
/// Every state that the listeners were ever in is [written down](Self::history).
#[derive(Clone, Debug)]
pub struct MemoryCertTarget {
    hosts: Vec<String>,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    held: BTreeMap<String, CertBundle>,
    /// What each listener presents.
    listeners: BTreeMap<&'static str, String>,
    /// What each certificate has taken the place of.
    replaces: BTreeMap<String, Vec<String>>,
    history: Vec<Vec<Option<CertBundle>>>,
    uploads: usize,
}

impl State {
    fn superseded(&self, bundle: &CertBundle) -> Vec<String> {
        let Some(id) = self.held.iter().find(|(_, held)| *held == bundle).map(|(id, _)| id) else { return Vec::new() };
        if self.listeners.is_empty() || self.listeners.values().any(|shown| shown != id) {
            return Vec::new();
        }
        self.replaces.get(id).into_iter().flatten().filter(|old| self.held.contains_key(*old)).cloned().collect()
    }
}

const LISTENERS: [&str; 2] = ["https 443", "https 8443"];

impl MemoryCertTarget {
    /// Listeners that are reached at these hosts, and present nothing yet.
    pub fn new(hosts: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self { hosts: hosts.into_iter().map(Into::into).collect(), state: Arc::default() }
    }

    /// What the listeners presented after each change.
    pub fn history(&self) -> Vec<Vec<Option<CertBundle>>> {
        self.state().history.clone()
    }

    /// How many certificates were ever uploaded.
    pub fn uploads(&self) -> usize {
        self.state().uploads
    }

    /// What a handshake with its listeners shows.
    pub fn edge(&self) -> Edge {
        let target = self.clone();
        Edge::new(move |hello| {
            let state = target.state();
            let shown = state.listeners.get(format!("https {}", hello.port).as_str())?;
            let bundle = state.held.get(shown)?;
            Some(Listening::new(bundle.full_chain_pem(), bundle.key_pem().clone()).with_http2(true))
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl CertTarget for MemoryCertTarget {
    fn name(&self) -> &'static str {
        "memory"
    }

    fn what(&self) -> String {
        "listeners in memory".to_owned()
    }

    fn hosts(&self) -> &[String] {
        &self.hosts
    }

    async fn installed(&self) -> Result<Vec<Installed>> {
        let state = self.state();
        let installed = LISTENERS.into_iter().map(|listener| {
            let id = state.listeners.get(listener);
            let held = id.and_then(|id| Some((id, state.held.get(id)?)));
            let certificate = held.map(|(id, bundle)| {
                HeldCertificate::new(id.as_str()).with_fingerprint(bundle.sha256()).with_not_after(bundle.not_after())
            });
            let port = listener.trim_start_matches("https ").parse().unwrap_or(443);
            let endpoints = self.hosts.iter().map(|host| TlsEndpoint::new(host).with_port(port));
            Installed::new(listener, certificate).with_endpoints(endpoints)
        });
        Ok(installed.collect())
    }

    async fn install(&self, bundle: &CertBundle) -> Result<Outcome> {
        bundle.require_names(self.hosts.iter().map(String::as_str))?;
        let mut state = self.state();
        let held = state.held.iter().find(|(_, held)| *held == bundle).map(|(id, _)| id.clone());
        let id = held.unwrap_or_else(|| {
            state.uploads += 1;
            let id = format!("certificate-{}", state.uploads);
            state.held.insert(id.clone(), bundle.clone());
            id
        });
        let mut replaced: Vec<_> = state.listeners.values().filter(|old| **old != id).cloned().collect();
        if replaced.is_empty() && !state.listeners.is_empty() {
            return Ok(Outcome::Unchanged);
        }
        replaced.dedup();
        for listener in LISTENERS {
            state.listeners.insert(listener, id.clone());
            let shown = LISTENERS.map(|one| state.listeners.get(one).and_then(|id| state.held.get(id)).cloned());
            state.history.push(shown.to_vec());
        }
        state.replaces.insert(id, replaced);
        Ok(Outcome::Changed)
    }

    async fn superseded(&self, bundle: &CertBundle) -> Result<Vec<HeldCertificate>> {
        Ok(self.state().superseded(bundle).iter().map(|id| HeldCertificate::new(id.as_str())).collect())
    }

    async fn retire(&self, bundle: &CertBundle) -> Result<Retired> {
        let mut state = self.state();
        let mut retired = Retired::default();
        for old in state.superseded(bundle) {
            state.held.remove(&old);
            retired.deleted.push(old);
        }
        Ok(retired)
    }
}
