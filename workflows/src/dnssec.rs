//! What the workflows that sign a zone and those that stop it look at.

use std::{collections::BTreeSet, sync::Arc};

use howdah_core::{
    Result,
    dns::{
        DnsProvider, Dnskey, DnssecSigner, Ds, KeyInfo, Name, SigningStatus,
        wire::{ApexView, Signing},
    },
    registrar::{KeyInput, PublishedKey, Registrar},
};

use crate::lookout::{Apex, Lookout, Parent};

/// A zone, who signs it, and who tells its parent: two companies, or one.
#[derive(Clone, Debug)]
pub(crate) struct Parties {
    pub(crate) zone: Name,
    pub(crate) hosting: Arc<dyn DnsProvider>,
    pub(crate) signer: Arc<dyn DnssecSigner>,
    pub(crate) registrar: Arc<dyn Registrar>,
    pub(crate) lookout: Lookout,
}

/// What is known of a zone's signatures.
#[derive(Clone, Debug)]
#[non_exhaustive]
#[allow(missing_docs)]
pub struct Observed {
    pub parent: Parent,
    /// The name servers of the provider that hosts the zone.
    pub name_servers: BTreeSet<Name>,
    /// What each of them says of the zone's apex.
    pub apex: Apex,
    /// What the signer says of itself.
    pub signing: SigningStatus,
    /// The keys that the signer tells of.
    pub signer_keys: Vec<KeyInfo>,
    /// The keys that the registrar has given to the parent.
    pub published: Vec<PublishedKey>,
}

impl Parties {
    pub(crate) async fn observe(&self) -> Result<Observed> {
        let zone = &self.zone;
        let parent = self.lookout.parent(zone).await?;
        let name_servers = self.hosting.name_servers(zone).await?;
        let apex = self.lookout.apex(zone, &name_servers).await;
        let signing = self.signer.status(zone).await?;
        let signer_keys = match signing {
            SigningStatus::Off => Vec::new(),
            _ => self.signer.keys(zone).await?,
        };
        let published = match self.registrar.capabilities().keys {
            // What it was told by hand, the parent shows.
            KeyInput::None => Vec::new(),
            _ => self.registrar.keys(zone).await?,
        };
        let name_servers = name_servers.into_iter().collect();
        Ok(Observed { parent, name_servers, apex, signing, signer_keys, published })
    }
}

impl Observed {
    /// The keys for the parent that every name server serves and signs with; none while one of them does not, or could not
    /// be asked.
    pub fn keys_everywhere(&self) -> Option<Vec<Dnskey>> {
        if self.apex.unobserved().is_some() {
            return None;
        }
        let mut common: Option<Vec<Dnskey>> = None;
        for view in self.apex.answered() {
            let Signing::Signed { keys, .. } = &view.signing else {
                return None;
            };
            let keys = keys.iter().filter(|key| is_for_parent(key));
            common = Some(match common {
                None => keys.cloned().collect(),
                Some(common) => keys.filter(|key| common.contains(key)).cloned().collect(),
            });
        }
        common
    }

    /// The keys for the parent that at least one name server still serves.
    pub fn keys_anywhere(&self) -> Vec<&Dnskey> {
        self.apex.answered().flat_map(|view| &view.keys).filter(|key| is_for_parent(key)).collect()
    }

    /// Of the served keys those that the signer vouches for with a digest or with the key itself.
    pub fn vouched(&self, zone: &Name) -> Option<Vec<Dnskey>> {
        let mut keys = self.keys_everywhere()?;
        keys.retain(|key| self.signer_keys.iter().any(|known| is_of(known, key, zone)));
        Some(keys)
    }

    /// The first name server that does not serve the zone as signed as it should be, and why.
    pub(crate) fn unsigned_server(&self) -> Option<String> {
        let found = self.apex.views.iter().find_map(|view| match view.seen.answered()? {
            ApexView { signing: Signing::Unsigned, .. } => Some(format!("{} serves no keys yet", view.server)),
            ApexView { signing: Signing::Bogus { why } | Signing::NotObserved { why }, .. } => {
                Some(format!("{}: {why}", view.server))
            }
            _ => None,
        });
        self.apex.unobserved().or(found)
    }

    /// Whether all of the parent's servers publish a digest of this key.
    pub(crate) fn has_ds(&self, key: &Dnskey, zone: &Name) -> bool {
        self.parent.ds.as_ref().is_some_and(|(ds, _)| ds.iter().any(|ds| ds.covers(key, zone)))
    }
}

/// Whether this is the key that the registrar or the signer tells of.
pub(crate) fn is_of(known: &KeyInfo, key: &Dnskey, zone: &Name) -> bool {
    known.dnskey.as_ref() == Some(key) || known.ds.iter().any(|ds| ds.covers(key, zone))
}

/// Whether a DS at the parent may refer to the key: a zone key with the secure entry point flag.
fn is_for_parent(key: &Dnskey) -> bool {
    const ZONE_AND_ENTRY: u16 = 0x0101;
    const REVOKED: u16 = 0x0080;
    key.flags & ZONE_AND_ENTRY == ZONE_AND_ENTRY && key.flags & REVOKED == 0
}

pub(crate) fn tags<'a>(keys: impl IntoIterator<Item = &'a Dnskey>) -> String {
    keys.into_iter().map(|key| key.key_tag().to_string()).collect::<Vec<_>>().join(", ")
}

pub(crate) fn ds_tags<'a>(set: impl IntoIterator<Item = &'a Ds>) -> String {
    set.into_iter().map(|ds| ds.key_tag.to_string()).collect::<Vec<_>>().join(", ")
}
