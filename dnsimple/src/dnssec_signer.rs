//! DNSimple as a [`DnssecSigner`].

use std::collections::BTreeMap;

use async_trait::async_trait;
use howdah_core::{
    ErrorKind, Result,
    dns::{DnssecSigner, KeyInfo, Name, SigningStatus},
};

use crate::{
    DnSimpleDns,
    dnssec::{DsRecord, DsRecordFilter},
};

/// Keys are those of the zone's DS records. DNSimple replaces them by itself, three months after they were made, and two
/// weeks pass from the new key to the end of the old one: a registrar elsewhere has to follow.
///
/// ```
/// use howdah_core::dns::{DnssecSigner, Name, SigningStatus};
/// # use howdah_dnsimple::{DnSimpleDns, testing::FakeDnSimple};
///
/// # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() -> howdah_core::Result<()> {
/// # let fake = FakeDnSimple::new();
/// # fake.create_zone("example.com");
/// let dns = DnSimpleDns::new(fake.account());
/// let zone = Name::parse("example.com").unwrap();
/// dns.enable(&zone).await?;
/// while dns.status(&zone).await? != SigningStatus::Active {
///     tokio::time::sleep(std::time::Duration::from_secs(10)).await;
/// }
/// assert_eq!(dns.keys(&zone).await?.len(), 1);
/// # Ok(()) }
/// ```
#[async_trait]
impl DnssecSigner for DnSimpleDns {
    async fn status(&self, zone: &Name) -> Result<SigningStatus> {
        match self.account().dnssec().status(&zone.to_fqdn_without_dot()).await {
            Ok(status) if status.enabled != Some(true) => Ok(SigningStatus::Off),
            // An account that does not say whether the signatures are there is taken at its word that they were asked for.
            Ok(status) if status.active == Some(false) => Ok(SigningStatus::Enabling),
            Ok(_) => Ok(SigningStatus::Active),
            Err(error) if error.kind() == ErrorKind::Precondition => Ok(SigningStatus::Off),
            // A domain that was never signed may be answered like one that is not there.
            Err(error) if error.is_not_found() => {
                self.account().zones().get(&zone.to_fqdn_without_dot()).await?;
                Ok(SigningStatus::Off)
            }
            Err(error) => Err(error),
        }
    }

    async fn enable(&self, zone: &Name) -> Result<()> {
        if self.status(zone).await? != SigningStatus::Off {
            return Ok(());
        }
        self.account().dnssec().enable(&zone.to_fqdn_without_dot()).await.map(drop)
    }

    async fn disable(&self, zone: &Name) -> Result<()> {
        match self.account().dnssec().disable(&zone.to_fqdn_without_dot()).await {
            // It was off, or an attempt whose answer was lost switched it off.
            Err(error) if error.kind() == ErrorKind::Precondition => Ok(()),
            other => other,
        }
    }

    async fn keys(&self, zone: &Name) -> Result<Vec<KeyInfo>> {
        if self.status(zone).await? == SigningStatus::Off {
            return Ok(Vec::new());
        }
        let records = self.account().dnssec().list_ds_records(&zone.to_fqdn_without_dot(), DsRecordFilter::new());
        // A key may have a record for each kind of digest.
        let mut keys: BTreeMap<_, Vec<DsRecord>> = BTreeMap::new();
        for record in records.all().await? {
            keys.entry((record.keytag.clone(), record.algorithm.clone())).or_default().push(record);
        }
        let key = |records: Vec<DsRecord>| {
            KeyInfo::new(records.iter().find_map(DsRecord::dnskey), records.iter().filter_map(DsRecord::ds))
        };
        Ok(keys.into_values().map(key).collect())
    }
}
