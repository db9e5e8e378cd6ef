//! LiveDNS as a [`DnssecSigner`].

use async_trait::async_trait;
use howdah_core::{
    Error, ErrorKind, Outcome, Result,
    dns::{DnssecSigner, KeyInfo, Name, RecordType, SigningStatus},
};

use crate::{
    GandiDns,
    livedns::{Key, KeyStatus, NewKey},
};

/// Signing begins with a key of the flags 257 and ends with the deletion of all keys. Neither tells the parent: publish
/// and withdraw the DS at the registrar, also when that is Gandi. A key that was deleted by mistake can be taken into use
/// again with [`LiveDns::restore_key`](crate::livedns::LiveDns::restore_key).
///
/// ```
/// use howdah_core::dns::{DnsProvider, DnssecSigner, Name};
/// # use howdah_gandi::{GandiDns, testing::FakeGandi};
///
/// # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() -> howdah_core::Result<()> {
/// # let dns = GandiDns::new(FakeGandi::new().client());
/// let zone = Name::parse("example.com").unwrap();
/// dns.create_zone(&zone).await?;
/// dns.enable(&zone).await?;
/// let keys = dns.keys(&zone).await?;
/// assert!(keys[0].dnskey.is_some());
/// # Ok(()) }
/// ```
#[async_trait]
impl DnssecSigner for GandiDns {
    async fn status(&self, zone: &Name) -> Result<SigningStatus> {
        let keys = in_use(self, zone).await?;
        // A key that does not say how far it is has been taken into use, as far as anybody can tell.
        let active = keys.iter().any(|key| key.status.as_ref().is_none_or(|status| *status == KeyStatus::Active));
        Ok(match keys.len() {
            0 => SigningStatus::Off,
            _ if active => SigningStatus::Active,
            _ => SigningStatus::Enabling,
        })
    }

    async fn enable(&self, zone: &Name) -> Result<()> {
        if in_use(self, zone).await?.iter().any(is_for_the_parent) {
            return Ok(());
        }
        let (livedns, fqdn) = (self.gandi().livedns(), zone.to_fqdn_without_dot());
        match livedns.rrset(&fqdn, "@", &RecordType::Alias).await {
            Err(error) if error.is_not_found() => {}
            Err(error) => return Err(error),
            Ok(alias) => {
                let message = format!(
                    "the zone {zone} has an ALIAS to {} at its apex, and LiveDNS signs no zone with an ALIAS: \
                     put addresses in its place first",
                    alias.values.0.join(", ")
                );
                let error = Error::new(ErrorKind::Precondition, message);
                return Err(error.with_provider("gandi").with_outcome(Outcome::NotSent));
            }
        }
        match livedns.create_key(&fqdn, NewKey::new(257u16)).await {
            // A second key would be one too many, so it is looked for instead of asked for again.
            Err(error) if error.outcome() == Outcome::Unknown => match in_use(self, zone).await {
                Ok(keys) if keys.iter().any(is_for_the_parent) => Ok(()),
                _ => Err(error),
            },
            created => created.map(drop),
        }
    }

    async fn disable(&self, zone: &Name) -> Result<()> {
        let (livedns, fqdn) = (self.gandi().livedns(), zone.to_fqdn_without_dot());
        for key in in_use(self, zone).await? {
            match livedns.delete_key(&fqdn, &key.id).await {
                Err(error) if error.is_not_found() => {}
                other => other?,
            }
        }
        Ok(())
    }

    async fn keys(&self, zone: &Name) -> Result<Vec<KeyInfo>> {
        let mut keys = Vec::new();
        for brief in in_use(self, zone).await?.iter().filter(|key| is_for_the_parent(key)) {
            // The list leaves the public halves out.
            let key = self.gandi().livedns().key(&zone.to_fqdn_without_dot(), &brief.id).await?;
            keys.push(KeyInfo::new(key.dnskey(), key.digest().or_else(|| brief.digest())));
        }
        Ok(keys)
    }
}

async fn in_use(dns: &GandiDns, zone: &Name) -> Result<Vec<Key>> {
    let mut keys = dns.gandi().livedns().keys(&zone.to_fqdn_without_dot()).await?;
    keys.retain(|key| key.deleted != Some(true));
    Ok(keys)
}

fn is_for_the_parent(key: &Key) -> bool {
    key.flags == Some(257)
}
