//! Cloudflare as a [`DnssecSigner`].

use async_trait::async_trait;
use howdah_core::{
    Error, ErrorKind, Outcome, Result,
    dns::{DnssecSigner, KeyInfo, Name, SigningStatus},
};

use crate::{
    CloudflareDns,
    dnssec::{DnssecState, DnssecStatus, DnssecUpdate},
};

/// A zone whose DS is not at the parent yet is signed all the same, so it counts as [`SigningStatus::Active`]. Of a domain
/// that is registered at Cloudflare, [`enable`](DnssecSigner::enable) publishes the DS and
/// [`disable`](DnssecSigner::disable) withdraws it: with any other registrar that is done there, and before.
#[async_trait]
impl DnssecSigner for CloudflareDns {
    async fn status(&self, zone: &Name) -> Result<SigningStatus> {
        status_of(zone, &self.signing(zone).await?)
    }

    async fn enable(&self, zone: &Name) -> Result<()> {
        self.set(zone, DnssecStatus::Active, [SigningStatus::Enabling, SigningStatus::Active]).await
    }

    async fn disable(&self, zone: &Name) -> Result<()> {
        self.set(zone, DnssecStatus::Disabled, [SigningStatus::Disabling, SigningStatus::Off]).await
    }

    async fn keys(&self, zone: &Name) -> Result<Vec<KeyInfo>> {
        let state = self.signing(zone).await?;
        if matches!(state.status, None | Some(DnssecStatus::Disabled)) {
            return Ok(Vec::new());
        }
        let (dnskey, ds) = (state.dnskey(), state.ds());
        Ok(if dnskey.is_none() && ds.is_none() { Vec::new() } else { vec![KeyInfo::new(dnskey, ds)] })
    }
}

impl CloudflareDns {
    async fn signing(&self, zone: &Name) -> Result<DnssecState> {
        let id = self.zone(zone).await?.id;
        self.client().dnssec().get(&id).await
    }

    async fn set(&self, zone: &Name, wanted: DnssecStatus, enough: [SigningStatus; 2]) -> Result<()> {
        let id = self.zone(zone).await?.id;
        let dnssec = self.client().dnssec();
        let state = dnssec.get(&id).await?;
        // What is wrong may be cured by asking again.
        if status_of(zone, &state).is_ok_and(|status| enough.contains(&status)) {
            return Ok(());
        }
        dnssec.update(&id, DnssecUpdate::new().with_status(wanted)).await.map(drop)
    }
}

fn status_of(zone: &Name, state: &DnssecState) -> Result<SigningStatus> {
    match &state.status {
        None | Some(DnssecStatus::Disabled) => Ok(SigningStatus::Off),
        Some(DnssecStatus::Active | DnssecStatus::Pending) => Ok(SigningStatus::Active),
        Some(DnssecStatus::PendingDisabled) => Ok(SigningStatus::Disabling),
        Some(other) => {
            let message = format!("DNSSEC of {zone} is in the state `{other}`: look at it in the dashboard");
            Err(Error::new(ErrorKind::Precondition, message).with_provider("cloudflare").with_outcome(Outcome::Refused))
        }
    }
}
