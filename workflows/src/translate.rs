//! What becomes of a zone's record sets at another provider: pure, and with an account of every set.

use std::collections::BTreeMap;

use howdah_core::dns::{AliasScope, DnsProvider, Finding, Name, RecordData, RecordSet, RecordType, Ttl, Zone};
use serde::{Deserialize, Serialize};

/// A zone in the words of another provider.
///
/// ```
/// use howdah_core::{dns::{Name, zonefile}, testing::MemoryDns};
/// use howdah_workflows::translate::Translation;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let text = "@ 3600 IN CNAME lb.example.net.\n@ 3600 IN MX 10 mail.example.net.";
/// let zone = zonefile::read(text, &Name::parse("example.org")?)?.zone;
/// let translation = Translation::of(&zone, &MemoryDns::new(), 300);
/// assert_eq!(translation.count(), (1, 1, 0)); // the MX as it is, the CNAME as an ALIAS
/// assert_eq!(translation.entries.len(), zone.len());
/// # Ok(()) }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Translation {
    /// Every set of the source, in canonical order.
    pub entries: Vec<Entry>,
    /// What the target is to hold.
    pub zone: Zone,
}

/// One set of the source and what becomes of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Entry {
    pub set: RecordSet,
    #[serde(flatten)]
    pub fate: Fate,
    /// What its owner should know before it is served by the target.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
}

/// What becomes of a set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "fate", rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum Fate {
    /// The target holds it as it is.
    Carried,
    /// The target holds something that serves the same purpose.
    Translated { to: RecordSet, changes: Vec<String> },
    /// The target does not hold it.
    LeftOut {
        reason: String,
        /// Whether something is lost by that, so that a person has to agree.
        decide: bool,
    },
}

/// Name servers and signatures of a zone belong to whoever serves it.
const SIGNER: [&str; 8] = ["DNSKEY", "CDS", "CDNSKEY", "RRSIG", "NSEC", "NSEC3", "NSEC3PARAM", "ZONEMD"];

impl Translation {
    /// Decides for every set of `source` what becomes of it at `target`, which is not asked anything.
    ///
    /// `moving_ttl` is the TTL in seconds of sets whose provider chose it until now: short, so that a mistake is
    /// soon forgotten.
    pub fn of(source: &Zone, target: &dyn DnsProvider, moving_ttl: u32) -> Self {
        let mut entries: Vec<Entry> = source.iter().map(|set| entry(source, set, target, moving_ttl)).collect();
        let mut zone = Zone::new(source.name().clone());
        for set in entries.iter().filter_map(Entry::target) {
            // A set of the source, at the name it had.
            let _ = zone.insert(set.clone());
        }
        leave_out_what_cannot_be_held(&mut entries, &mut zone, target);
        Self { entries, zone }
    }

    /// How many sets are carried as they are, translated, and left out.
    pub fn count(&self) -> (usize, usize, usize) {
        let count = |wanted: fn(&Fate) -> bool| self.entries.iter().filter(|entry| wanted(&entry.fate)).count();
        (
            count(|fate| matches!(fate, Fate::Carried)),
            count(|fate| matches!(fate, Fate::Translated { .. })),
            count(|fate| matches!(fate, Fate::LeftOut { .. })),
        )
    }

    /// The sets that are left out although something is lost by that.
    pub fn undecided(&self) -> impl Iterator<Item = &Entry> {
        let decide = |fate: &Fate| matches!(fate, Fate::LeftOut { decide: true, .. });
        self.entries.iter().filter(move |entry| decide(&entry.fate))
    }
}

impl Entry {
    /// The set that the target is to hold.
    pub fn target(&self) -> Option<&RecordSet> {
        match &self.fate {
            Fate::Carried => Some(&self.set),
            Fate::Translated { to, .. } => Some(to),
            Fate::LeftOut { .. } => None,
        }
    }
}

fn entry(source: &Zone, set: &RecordSet, target: &dyn DnsProvider, moving_ttl: u32) -> Entry {
    let mut entry = Entry { set: set.clone(), fate: Fate::Carried, warnings: Vec::new() };
    if let Some((reason, decide)) = left_behind(source.name(), set) {
        entry.fate = Fate::LeftOut { reason, decide };
        return entry;
    }
    let mut changes = Vec::new();
    let mut to = set.clone();
    match other_type(source, set, target) {
        Ok(None) => {}
        Ok(Some((other, change))) => {
            to = other;
            changes.push(change);
        }
        Err(reason) => {
            entry.fate = Fate::LeftOut { reason, decide: true };
            return entry;
        }
    }
    if set.is_proxied() {
        to = to.with_proxied(false);
        changes.push("answers with its origin instead of the proxy's addresses".to_owned());
        entry.warnings.push(
            "the origin can be seen and reached by everyone: it needs a certificate and a firewall of its own"
                .to_owned(),
        );
    }
    let range = &target.capabilities().ttl;
    let wanted = set.ttl().seconds_or(moving_ttl);
    let ttl = wanted.clamp(*range.start(), *range.end());
    to = to.with_ttl(Ttl::Seconds(ttl));
    if set.ttl() == Ttl::Auto {
        changes.push(format!("TTL {ttl} instead of the provider's choice"));
    } else if ttl != wanted {
        changes.push(format!("TTL {ttl} instead of {wanted}, the nearest there"));
    }
    if !changes.is_empty() {
        entry.fate = Fate::Translated { to, changes };
    }
    entry
}

/// Why a set stays at the old provider, and whether somebody has to agree to that.
fn left_behind(apex: &Name, set: &RecordSet) -> Option<(String, bool)> {
    let at_apex = set.name() == apex;
    let record_type = set.record_type();
    let owned = match record_type {
        RecordType::Soa => "the new provider writes its own",
        RecordType::Ns if at_apex => "the new provider's own name servers take their place",
        RecordType::Ds if at_apex => "it belongs in the parent zone, and the new signer has another key",
        other if SIGNER.contains(&other.as_str()) => "it belongs to the old signer",
        _ => return bound_to_cloudflare(set).map(|reason| (reason.to_owned(), true)),
    };
    Some((owned.to_owned(), false))
}

/// What works only as long as Cloudflare serves the zone.
fn bound_to_cloudflare(set: &RecordSet) -> Option<&'static str> {
    let host_of = |name: &Name| name.to_fqdn_without_dot();
    let bound = |data: &RecordData| match data {
        RecordData::Cname(target) | RecordData::Alias(target) => {
            let host = host_of(target);
            let served = [
                (
                    ".cfargotunnel.com",
                    "a Cloudflare tunnel is reached through Cloudflare's DNS only: its service needs an address of its own",
                ),
                (".workers.dev", "a Worker answers for this name only while Cloudflare serves the zone"),
                (".r2.dev", "an R2 bucket is served at this name only while Cloudflare serves the zone"),
            ];
            served.into_iter().find_map(|(suffix, reason)| host.ends_with(suffix).then_some(reason))
        }
        RecordData::Mx(mx) if is_routing_host(&host_of(&mx.exchange)) => {
            Some("Cloudflare routes this mail only while it serves the zone: name another mail server")
        }
        RecordData::Aaaa(address)
            if set.is_proxied() && address.segments()[0] == 0x100 && address.segments()[1..4] == [0; 3] =>
        {
            Some("there is no server behind it, only something that Cloudflare itself answers (a Worker, a redirect)")
        }
        _ => None,
    };
    set.data().iter().find_map(bound)
}

fn is_routing_host(host: &str) -> bool {
    host.strip_suffix(".mx.cloudflare.net").is_some_and(|label| label.starts_with("route"))
}

/// An ALIAS for a CNAME that is where none may be, and a CNAME for an ALIAS that the target does not have there; `Err`
/// says why it can be neither.
fn other_type(source: &Zone, set: &RecordSet, target: &dyn DnsProvider) -> Result<Option<(RecordSet, String)>, String> {
    let (apex, name) = (source.name(), set.name());
    let has_alias = target.capabilities().supports(&RecordType::Alias, name == apex);
    let is_cname = match set.record_type() {
        RecordType::Cname => true,
        RecordType::Alias if !has_alias => false,
        _ => return Ok(None),
    };
    let neighbours: Vec<&RecordType> = source
        .at(name)
        .filter(|other| *other != set && left_behind(apex, other).is_none())
        .map(RecordSet::record_type)
        .collect();
    let place = match (name == apex, neighbours.is_empty()) {
        (true, _) => Some("at the apex"),
        (false, false) => Some("beside other types"),
        (false, true) => None,
    };
    let addresses = [RecordType::A, RecordType::Aaaa, RecordType::Alias];
    let beside = neighbours.into_iter().find(|other| addresses.contains(other));
    let missing = match target.capabilities().alias {
        AliasScope::Apex => "ALIAS at the apex only",
        _ => "no ALIAS",
    };
    let mut data = set.data().iter();
    let host = match (data.next(), data.next()) {
        (Some(RecordData::Cname(host) | RecordData::Alias(host)), None) => host.clone(),
        _ => return Err("there can be one CNAME at a name only".to_owned()),
    };
    let (data, change) = match (is_cname, place) {
        (true, None) => return Ok(None),
        (true, Some(place)) => match beside {
            Some(other) => {
                return Err(format!(
                    "a CNAME cannot be {place}, and for an ALIAS the name has {other} records already"
                ));
            }
            None if has_alias => {
                (RecordData::Alias(host), format!("ALIAS instead of a CNAME, which cannot be {place}"))
            }
            None => {
                return Err(format!(
                    "a CNAME cannot be {place}, and the provider has {missing}: put the addresses of {host} in its place"
                ));
            }
        },
        (false, None) => (RecordData::Cname(host), format!("CNAME instead of an ALIAS: the provider has {missing}")),
        (false, Some(_)) => {
            return Err(format!("the provider has {missing}: put the addresses of {host} in its place"));
        }
    };
    match RecordSet::new(name.clone(), set.ttl(), [data]) {
        Ok(other) => Ok(Some((other.with_proxied(set.is_proxied()), change))),
        Err(error) => Err(error.to_string()),
    }
}

/// What the target's audit blocks goes, and may make room for what it stood in the way of: only by removal, so it ends.
fn leave_out_what_cannot_be_held(entries: &mut [Entry], zone: &mut Zone, target: &dyn DnsProvider) {
    loop {
        let mut reasons: BTreeMap<(Name, RecordType), Vec<String>> = BTreeMap::new();
        for finding in target.audit(zone) {
            let Finding { name, record_type, reason, .. } = &finding;
            let found = entries
                .iter_mut()
                .find(|entry| entry.target().is_some_and(|set| set.name() == name && set.record_type() == record_type));
            match found {
                Some(_) if finding.is_blocking() => {
                    reasons.entry((name.clone(), record_type.clone())).or_default().push(reason.clone());
                }
                Some(entry) if !entry.warnings.contains(reason) => entry.warnings.push(reason.clone()),
                _ => {}
            }
        }
        if reasons.is_empty() {
            return;
        }
        for ((name, record_type), reasons) in reasons {
            zone.remove(&name, &record_type);
            let entry = entries.iter_mut().find(|entry| {
                entry.target().is_some_and(|set| *set.name() == name && *set.record_type() == record_type)
            });
            if let Some(entry) = entry {
                entry.fate = Fate::LeftOut { reason: reasons.join("; "), decide: true };
            }
        }
    }
}

#[cfg(test)]
mod tests;
