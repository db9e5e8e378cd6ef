//! What a provider of DNS hosting can do, and how it is asked to.

use std::{collections::BTreeSet, fmt, ops::RangeInclusive};

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::{Change, Dnskey, Ds, Name, Plan, RecordData, RecordSet, RecordType, Scope, Ttl, Zone, ZoneSnapshot, zone};
use crate::{Error, Outcome, Result};

/// A provider of DNS hosting.
///
/// The unit is the record set. A provider whose API knows single records keeps their ids to itself.
///
/// ```
/// # #[cfg(feature = "testing")]
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use howdah_core::{
///     dns::{DnsProvider, DnsProviderExt, Name, RecordData, RecordSet, RecordType, Safety, Scope, Ttl, Zone},
///     testing::MemoryDns,
/// };
///
/// let provider: Box<dyn DnsProvider> = Box::new(MemoryDns::new());
/// let apex = Name::parse("example.org")?;
/// provider.create_zone(&apex).await?;
///
/// let address = RecordData::parse(&RecordType::A, "192.0.2.1", &apex)?;
/// let desired = Zone::try_from_sets(apex.clone(), [RecordSet::new(apex.child("www")?, Ttl::Seconds(300), [address])?])?;
/// assert!(provider.audit(&desired).is_empty());
///
/// let (plan, expected) = provider.plan_to(&desired, &Scope::WholeZone).await?;
/// plan.check(&Safety::default())?;
/// let receipt = provider.apply(&apex, &plan, &expected).await?;
/// assert_eq!(receipt.applied, 1);
/// # Ok(())
/// # }
/// # #[cfg(not(feature = "testing"))]
/// # fn main() {}
/// ```
#[async_trait]
pub trait DnsProvider: Send + Sync + fmt::Debug {
    /// The provider's name in one lower-case word, as in [`Error::provider`].
    fn name(&self) -> &'static str;

    /// What is possible. What is not is refused with [`ErrorKind::Unsupported`](crate::ErrorKind::Unsupported) before anything is sent.
    fn capabilities(&self) -> &DnsCapabilities;

    /// All zones that the credentials may see.
    async fn zones(&self) -> Result<Vec<ZoneInfo>>;

    /// Creates a zone without records of the user's. A zone that is there already is left as it is, and returned.
    async fn create_zone(&self, zone: &Name) -> Result<ZoneInfo>;

    /// Deletes a zone and all it holds, for good. One that is gone already is no error.
    ///
    /// A provider that does not say how is [`Unsupported`](crate::ErrorKind::Unsupported).
    async fn delete_zone(&self, zone: &Name) -> Result<()> {
        let message = format!("the zone {zone} is not deleted through this: delete it at the provider");
        Err(Error::unsupported(message).with_provider(self.name()))
    }

    /// The name servers that a registrar has to delegate the zone to.
    async fn name_servers(&self, zone: &Name) -> Result<Vec<Name>>;

    /// All that the provider holds for the zone now.
    async fn snapshot(&self, zone: &Name) -> Result<ZoneSnapshot>;

    /// What of a desired zone this provider cannot hold, or holds otherwise. It asks nobody.
    ///
    /// A provider with rules that [`DnsCapabilities`] does not express adds them to those of [`audit_against`].
    fn audit(&self, desired: &Zone) -> Vec<Finding> {
        audit_against(self.capabilities(), desired)
    }

    /// Makes the changes of a plan that was made from `expected`.
    ///
    /// It begins with [`preflight`](DnsProviderExt::preflight) and refuses with [`ErrorKind::Conflict`](crate::ErrorKind::Conflict), before
    /// anything is sent, when the zone is no longer what `expected` says. Nothing at all happens for an empty plan.
    async fn apply(&self, zone: &Name, plan: &Plan, expected: &ZoneSnapshot) -> Result<Receipt, ApplyError>;
}

/// What every [`DnsProvider`] can do without knowing how.
#[async_trait]
pub trait DnsProviderExt: DnsProvider {
    /// Whether the provider has the zone.
    async fn zone_exists(&self, zone: &Name) -> Result<bool> {
        Ok(self.zones().await?.iter().any(|info| info.name == *zone))
    }

    /// Compares what the provider holds with what is desired; the plan and the snapshot are what
    /// [`apply`](DnsProvider::apply) takes.
    async fn plan_to(&self, desired: &Zone, scope: &Scope) -> Result<(Plan, ZoneSnapshot)> {
        let snapshot = self.snapshot(desired.name()).await?;
        Ok((Plan::between(&snapshot.zone, desired, scope), snapshot))
    }

    /// For implementors: refuses what must not be sent. That is a plan for another zone, a set that the
    /// [`audit`](DnsProvider::audit) blocks, and a set that the provider keeps for itself.
    fn preflight(&self, zone: &Name, plan: &Plan, expected: &ZoneSnapshot) -> Result<(), ApplyError> {
        let refused = |error| Err(ApplyError::refused(plan, error));
        for (what, name) in [("plan", plan.zone()), ("snapshot", expected.zone.name())] {
            if name != zone {
                return refused(Error::invalid(format!("the {what} is for the zone {name}, not for {zone}")));
            }
        }
        let written = match Zone::try_from_sets(zone.clone(), plan.writes().cloned()) {
            Ok(written) => written,
            Err(error) => return refused(error.into()),
        };
        let mut blocking: Vec<_> = self.audit(&written).into_iter().filter(Finding::is_blocking).collect();
        blocking.extend(plan.changes().iter().filter_map(|change| match change {
            Change::Delete(set) if !self.capabilities().apex_ns && zone::is_authority(zone, set) => {
                Some(Finding::blocking(set, "the provider keeps it"))
            }
            _ => None,
        }));
        let Some(first) = blocking.first() else {
            return Ok(());
        };
        let more = match blocking.len() - 1 {
            0 => String::new(),
            count => format!(" (and {count} more)"),
        };
        refused(Error::unsupported(format!("cannot do this: {first}{more}")).with_provider(self.name()))
    }
}

impl<P: DnsProvider + ?Sized> DnsProviderExt for P {}

/// A zone at a provider.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
#[allow(missing_docs)]
pub struct ZoneInfo {
    pub name: Name,
    /// What the provider calls it.
    pub id: String,
    /// Whether the provider answers for it; `None` where it does not say.
    pub active: Option<bool>,
}

impl ZoneInfo {
    /// A zone of which it is not known whether it is active.
    pub fn new(name: Name, id: impl Into<String>) -> Self {
        Self { name, id: id.into(), active: None }
    }

    /// Says whether the provider answers for it.
    pub fn with_active(mut self, active: impl Into<Option<bool>>) -> Self {
        self.active = active.into();
        self
    }
}

/// What a provider can hold, and how it changes it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[allow(clippy::struct_excessive_bools)]
pub struct DnsCapabilities {
    /// Types that can be written, without ALIAS.
    pub record_types: BTreeSet<RecordType>,
    /// Where an ALIAS may be.
    pub alias: AliasScope,
    /// Seconds.
    pub ttl: RangeInclusive<u32>,
    /// What a TXT record may hold.
    pub txt: TxtLimits,
    /// Whether names may begin with `*`.
    pub wildcard: bool,
    /// Whether the NS set of the apex is the user's to change.
    pub apex_ns: bool,
    /// What of a plan happens at once or not at all.
    pub atomicity: Atomicity,
    /// Whether zones can be created.
    pub create_zone: bool,
    /// Whether the provider signs zones: whether there is a [`DnssecSigner`].
    pub dnssec: bool,
}

/// Where a provider accepts ALIAS, its way to give a name the addresses of another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum AliasScope {
    /// Nowhere.
    None,
    /// At the apex of a zone only.
    Apex,
    /// At every name.
    Any,
}

/// How much of a plan a provider carries out at once or not at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Atomicity {
    /// Single records: a set may be seen half changed.
    None,
    /// One record set.
    RecordSet,
    /// A number of changes.
    Batch {
        /// How many changes one batch may have.
        max: usize,
    },
    /// The whole plan.
    WholeZone,
}

/// What a provider can keep in a TXT record.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TxtLimits {
    /// Octets of all character strings together.
    pub max_length: usize,
    /// Whether a record without any text is accepted.
    pub empty: bool,
    /// Whether spaces at the beginning and at the end survive.
    pub outer_spaces: bool,
    /// Which octets survive.
    pub octets: TxtOctets,
}

/// Which octets a TXT record may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum TxtOctets {
    /// Printable ASCII.
    Ascii,
    /// UTF-8 without control characters.
    Utf8,
    /// All.
    Any,
}

impl DnsCapabilities {
    /// Takes the given types; everything else is at its most modest, except for the TTL and the length of a TXT, which
    /// are not limited.
    pub fn new(record_types: impl IntoIterator<Item = RecordType>) -> Self {
        Self {
            record_types: record_types.into_iter().collect(),
            alias: AliasScope::None,
            ttl: 0..=i32::MAX.unsigned_abs(),
            txt: TxtLimits {
                max_length: usize::from(u16::MAX),
                empty: false,
                outer_spaces: false,
                octets: TxtOctets::Ascii,
            },
            wildcard: false,
            apex_ns: false,
            atomicity: Atomicity::None,
            create_zone: false,
            dnssec: false,
        }
    }

    /// Whether a set of this type may be in a zone, at its apex or below.
    pub fn supports(&self, record_type: &RecordType, at_apex: bool) -> bool {
        match (record_type, self.alias) {
            (RecordType::Alias, AliasScope::None) => false,
            (RecordType::Alias, AliasScope::Apex) => at_apex,
            (RecordType::Alias, AliasScope::Any) => true,
            (other, _) => self.record_types.contains(other),
        }
    }

    /// Brings the TTLs of a zone into the provider's range, with a warning for each that changes.
    pub fn clamp_ttls(&self, zone: &mut Zone) -> Vec<Finding> {
        let mut findings = Vec::new();
        let beyond: Vec<RecordSet> = zone.iter().filter(|set| self.ttl_within(set.ttl()).is_some()).cloned().collect();
        for set in beyond {
            let Some(seconds) = self.ttl_within(set.ttl()) else {
                continue;
            };
            findings.push(Finding::warning(&set, format!("the TTL becomes {seconds} instead of {}", set.ttl())));
            // The set was in the zone before, so it fits.
            let _ = zone.insert(set.with_ttl(Ttl::Seconds(seconds)));
        }
        findings
    }

    /// The nearest TTL in range, when this one is not.
    fn ttl_within(&self, ttl: Ttl) -> Option<u32> {
        match ttl {
            Ttl::Seconds(seconds) if !self.ttl.contains(&seconds) => {
                Some(seconds.clamp(*self.ttl.start(), *self.ttl.end()))
            }
            _ => None,
        }
    }
}

/// Something about a record set that does not fit a provider.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
#[allow(missing_docs)]
pub struct Finding {
    pub name: Name,
    pub record_type: RecordType,
    pub severity: Severity,
    pub reason: String,
}

/// How bad a [`Finding`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Severity {
    /// It will be held, though not quite as written.
    Warning,
    /// It cannot be held; [`DnsProvider::apply`] refuses it.
    Blocking,
}

impl Finding {
    /// The set cannot be held.
    pub fn blocking(set: &RecordSet, reason: impl Into<String>) -> Self {
        Self::new(set, Severity::Blocking, reason.into())
    }

    /// The set will be held, though not quite as written.
    pub fn warning(set: &RecordSet, reason: impl Into<String>) -> Self {
        Self::new(set, Severity::Warning, reason.into())
    }

    /// Whether the provider cannot hold the set.
    pub fn is_blocking(&self) -> bool {
        self.severity == Severity::Blocking
    }

    fn new(set: &RecordSet, severity: Severity, reason: String) -> Self {
        Self { name: set.name().clone(), record_type: set.record_type().clone(), severity, reason }
    }
}

/// `www.example.org. ALIAS: the provider has no ALIAS`
impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}", self.name, self.record_type, self.reason)
    }
}

/// Holds a desired zone against what a provider declares, and against the rules that no provider is free of.
pub fn audit_against(capabilities: &DnsCapabilities, desired: &Zone) -> Vec<Finding> {
    let mut findings = Vec::new();
    for set in desired.iter() {
        let mut block = |reason: String| findings.push(Finding::blocking(set, reason));
        let at_apex = set.name() == desired.name();
        match set.record_type() {
            RecordType::Soa if !capabilities.supports(&RecordType::Soa, at_apex) => {
                block("the provider writes the SOA itself: leave it out".into());
            }
            RecordType::Ns if at_apex && !capabilities.apex_ns => {
                block("the provider writes the NS set of the apex itself: leave it out".into());
            }
            RecordType::Alias if !capabilities.supports(&RecordType::Alias, at_apex) => {
                block(match capabilities.alias {
                    AliasScope::Apex => "the provider has ALIAS at the apex of a zone only".into(),
                    _ => "the provider has no ALIAS".into(),
                });
            }
            other if !capabilities.supports(other, at_apex) => {
                block(format!("the provider has no {other} records"));
            }
            RecordType::Cname if at_apex => block("a CNAME cannot be at the apex of a zone".into()),
            RecordType::Cname if desired.at(set.name()).nth(1).is_some() => {
                block("a CNAME cannot be beside other types at one name".into());
            }
            RecordType::Cname if set.data().len() > 1 => {
                block("there can be one CNAME at a name only".into());
            }
            RecordType::Txt => {
                set.data().iter().filter_map(|data| txt_problem(&capabilities.txt, data)).for_each(block);
            }
            _ => {}
        }
        if !capabilities.wildcard && set.name().is_wildcard() {
            findings.push(Finding::blocking(set, "the provider has no wildcards"));
        }
        if capabilities.ttl_within(set.ttl()).is_some() {
            let (from, to) = (capabilities.ttl.start(), capabilities.ttl.end());
            let reason = format!("the TTL {} is not between {from} and {to} seconds", set.ttl());
            findings.push(Finding::blocking(set, reason));
        }
    }
    findings
}

fn txt_problem(limits: &TxtLimits, data: &RecordData) -> Option<String> {
    let RecordData::Txt(data) = data else {
        return None;
    };
    let text = data.concat();
    let TxtLimits { max_length, .. } = limits;
    if text.len() > *max_length {
        return Some(format!("a text of {} octets is longer than the provider's {max_length}", text.len()));
    }
    if text.is_empty() && !limits.empty {
        return Some("the provider has no empty texts".into());
    }
    if !limits.outer_spaces && (text.starts_with(b" ") || text.ends_with(b" ")) {
        return Some("the provider loses spaces at the ends of a text".into());
    }
    let (fits, kept) = match limits.octets {
        TxtOctets::Any => (true, ""),
        TxtOctets::Ascii => (text.iter().all(|octet| (b' '..=b'~').contains(octet)), "printable ASCII"),
        TxtOctets::Utf8 => (
            std::str::from_utf8(&text).is_ok_and(|text| !text.chars().any(char::is_control)),
            "UTF-8 without control characters",
        ),
    };
    (!fits).then(|| format!("the provider keeps {kept} in texts only"))
}

/// What was done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Receipt {
    /// How many changes of the plan were made.
    pub applied: usize,
}

impl Receipt {
    /// All of this plan.
    pub fn all_of(plan: &Plan) -> Self {
        Self { applied: plan.changes().len() }
    }
}

/// A plan was not carried out, or not wholly: what became of each of its changes.
#[derive(Debug, thiserror::Error)]
#[error("{} of {} changes applied, {} unknown: {error}", .applied.len(), self.total(), .unknown.len())]
#[non_exhaustive]
pub struct ApplyError {
    /// Made.
    pub applied: Vec<Change>,
    /// Refused: the set is as it was.
    pub failed: Vec<Change>,
    /// Perhaps made, or in part: look before they are repeated.
    pub unknown: Vec<Change>,
    /// Not tried after the others failed.
    pub not_attempted: Vec<Change>,
    /// Why.
    pub error: Error,
}

impl ApplyError {
    /// Nothing of the plan was tried.
    pub fn refused(plan: &Plan, error: Error) -> Self {
        Self::during(plan, 0..0, error)
    }

    /// The changes in `attempt` failed together after those before them were made; the outcome of `error` says what
    /// became of them. The changes behind them were not tried.
    pub fn during(plan: &Plan, attempt: std::ops::Range<usize>, error: Error) -> Self {
        let changes = plan.changes();
        let end = attempt.end.min(changes.len());
        let start = attempt.start.min(end);
        let mut account = Self {
            applied: changes[..start].to_vec(),
            failed: Vec::new(),
            unknown: Vec::new(),
            not_attempted: changes[end..].to_vec(),
            error,
        };
        let attempted = &changes[start..end];
        match account.error.outcome() {
            Outcome::NotSent | Outcome::Refused => account.failed.extend_from_slice(attempted),
            Outcome::Applied => account.applied.extend_from_slice(attempted),
            Outcome::Unknown => account.unknown.extend_from_slice(attempted),
        }
        account
    }

    /// Whether it is certain that nothing was changed.
    pub fn zone_unchanged(&self) -> bool {
        self.applied.is_empty() && self.unknown.is_empty()
    }

    fn total(&self) -> usize {
        self.applied.len() + self.failed.len() + self.unknown.len() + self.not_attempted.len()
    }
}

/// The same error with the account in its message. When the plan was applied in part, the outcome of the whole is
/// [`Outcome::Unknown`]: what is left can be seen by planning again.
impl From<ApplyError> for Error {
    fn from(account: ApplyError) -> Self {
        let (total, applied, unknown) = (account.total(), account.applied.len(), account.unknown.len());
        let unchanged = account.zone_unchanged();
        let error = account.error;
        if unchanged {
            return error;
        }
        let message = format!("{applied} of {total} changes applied, {unknown} unknown: {}", error.message());
        let outcome = if applied == total { Outcome::Applied } else { Outcome::Unknown };
        error.with_message(message).with_outcome(outcome)
    }
}

/// A provider that signs the zones it holds.
#[async_trait]
pub trait DnssecSigner: Send + Sync + fmt::Debug {
    /// Whether the zone is signed.
    async fn status(&self, zone: &Name) -> Result<SigningStatus>;

    /// Starts to sign. A zone that is signed already is left as it is.
    async fn enable(&self, zone: &Name) -> Result<()>;

    /// Stops signing, which is safe only when the parent has had no DS for as long as one may be cached. A zone that
    /// is not signed is left as it is.
    async fn disable(&self, zone: &Name) -> Result<()>;

    /// The keys that the parent may be told of, none when the zone is not signed.
    async fn keys(&self, zone: &Name) -> Result<Vec<KeyInfo>>;
}

/// Whether a zone is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum SigningStatus {
    /// No signatures.
    Off,
    /// On the way to signed.
    Enabling,
    /// All name servers of the provider give signatures.
    Active,
    /// On the way to unsigned.
    Disabling,
}

/// A key as a registrar may want it: some take the key, others its digests.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct KeyInfo {
    /// Known wherever the provider tells it.
    pub dnskey: Option<Dnskey>,
    /// The digests that the provider tells, or those of the key.
    pub ds: Vec<Ds>,
}

impl KeyInfo {
    /// A key, its digests, or both.
    pub fn new(dnskey: impl Into<Option<Dnskey>>, ds: impl IntoIterator<Item = Ds>) -> Self {
        Self { dnskey: dnskey.into(), ds: ds.into_iter().collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ErrorKind, testing::MemoryDns};

    fn apex() -> Name {
        Name::parse("example.org").unwrap()
    }

    #[allow(clippy::needless_pass_by_value)]
    fn set(name: &str, ttl: u32, record_type: RecordType, data: &[&str]) -> RecordSet {
        let data = data.iter().map(|text| RecordData::parse(&record_type, text, &apex()).unwrap());
        RecordSet::new(Name::parse_in(name, &apex()).unwrap(), Ttl::Seconds(ttl), data).unwrap()
    }

    fn zone(sets: impl IntoIterator<Item = RecordSet>) -> Zone {
        Zone::try_from_sets(apex(), sets).unwrap()
    }

    fn found(capabilities: &DnsCapabilities, sets: impl IntoIterator<Item = RecordSet>) -> Vec<String> {
        audit_against(capabilities, &zone(sets)).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn the_audit_names_what_does_not_fit() {
        let mut capabilities =
            DnsCapabilities::new([RecordType::A, RecordType::Cname, RecordType::Ns, RecordType::Txt]);
        capabilities.ttl = 60..=86_400;
        capabilities.txt.max_length = 5;
        capabilities.alias = AliasScope::Apex;
        let sets = [
            set("@", 300, RecordType::Soa, &["a. b. 1 2 3 4 5"]),
            set("@", 300, RecordType::Ns, &["ns.example.net."]),
            set("@", 300, RecordType::Alias, &["a.example.net."]),
            set("*", 59, RecordType::A, &["192.0.2.1"]),
            set("a", 300, RecordType::Alias, &["a.example.net."]),
            set("c", 300, RecordType::Cname, &["a.example.net."]),
            set("c", 300, RecordType::A, &["192.0.2.1"]),
            set("m", 300, RecordType::Mx, &["10 mx"]),
            set("sub", 300, RecordType::Ns, &["ns.example.net."]),
            set("t", 300, RecordType::Txt, &["\"123456\"", "\"\"", "\" a\"", "\"\\195\\188\"", "\"12345\""]),
        ];
        let mut expected = vec![
            "*.example.org. A: the TTL 59 is not between 60 and 86400 seconds",
            "*.example.org. A: the provider has no wildcards",
            "a.example.org. ALIAS: the provider has ALIAS at the apex of a zone only",
            "c.example.org. CNAME: a CNAME cannot be beside other types at one name",
            "example.org. NS: the provider writes the NS set of the apex itself: leave it out",
            "example.org. SOA: the provider writes the SOA itself: leave it out",
            "m.example.org. MX: the provider has no MX records",
            "t.example.org. TXT: a text of 6 octets is longer than the provider's 5",
            "t.example.org. TXT: the provider has no empty texts",
            "t.example.org. TXT: the provider keeps printable ASCII in texts only",
            "t.example.org. TXT: the provider loses spaces at the ends of a text",
        ];
        let mut findings = found(&capabilities, sets);
        findings.sort_unstable();
        expected.sort_unstable();
        assert_eq!(findings, expected);
    }

    #[test]
    fn a_cname_cannot_be_at_the_apex() {
        let capabilities = DnsCapabilities::new([RecordType::Cname]);
        let apex = set("@", 300, RecordType::Cname, &["a.example.net."]);
        assert_eq!(found(&capabilities, [apex]), ["example.org. CNAME: a CNAME cannot be at the apex of a zone"]);
        assert!(found(&capabilities, [set("a", 300, RecordType::Cname, &["b"])]).is_empty());
    }

    #[test]
    fn ttls_are_brought_into_range_with_a_warning_each() {
        let mut capabilities = DnsCapabilities::new([RecordType::A]);
        capabilities.ttl = 60..=3600;
        let mut zone = zone([
            set("a", 30, RecordType::A, &["192.0.2.1"]),
            set("b", 300, RecordType::A, &["192.0.2.1"]),
            set("c", 86_400, RecordType::A, &["192.0.2.1"]),
        ]);
        let findings = capabilities.clamp_ttls(&mut zone);
        let ttls: Vec<_> = zone.iter().map(RecordSet::ttl).collect();
        assert_eq!(ttls, [Ttl::Seconds(60), Ttl::Seconds(300), Ttl::Seconds(3600)]);
        assert_eq!(findings.len(), 2);
        assert!(findings.iter().all(|finding| finding.severity == Severity::Warning));
        assert_eq!(findings[1].to_string(), "c.example.org. A: the TTL becomes 3600 instead of 86400");
        assert!(audit_against(&capabilities, &zone).is_empty());
    }

    fn three_creates() -> Plan {
        let names = ["a", "b", "c"];
        let desired = zone(names.map(|name| set(name, 300, RecordType::A, &["192.0.2.1"])));
        Plan::between(&zone([]), &desired, &Scope::WholeZone)
    }

    #[test]
    fn the_account_follows_the_outcome() {
        let plan = three_creates();
        let during = |outcome| {
            let account =
                ApplyError::during(&plan, 1..2, Error::new(ErrorKind::Timeout, "no answer").with_outcome(outcome));
            let ApplyError { applied, failed, unknown, not_attempted, .. } = account;
            [applied.len(), failed.len(), unknown.len(), not_attempted.len()]
        };
        assert_eq!(during(Outcome::Refused), [1, 1, 0, 1]);
        assert_eq!(during(Outcome::NotSent), [1, 1, 0, 1]);
        assert_eq!(during(Outcome::Unknown), [1, 0, 1, 1]);
        assert_eq!(during(Outcome::Applied), [2, 0, 0, 1]);
        assert!(ApplyError::refused(&plan, Error::invalid("no")).zone_unchanged());
        assert_eq!(ApplyError::refused(&plan, Error::invalid("no")).not_attempted.len(), 3);
    }

    #[test]
    fn as_an_error_it_never_claims_that_nothing_was_changed_when_something_was() {
        let plan = three_creates();
        let refused = || Error::new(ErrorKind::Invalid, "bad").with_outcome(Outcome::Refused);
        let error = Error::from(ApplyError::during(&plan, 0..1, refused()));
        assert_eq!((error.kind(), error.outcome()), (ErrorKind::Invalid, Outcome::Refused));
        let error = Error::from(ApplyError::during(&plan, 2..3, refused()));
        assert_eq!((error.kind(), error.outcome()), (ErrorKind::Invalid, Outcome::Unknown));
        assert_eq!(error.message(), "2 of 3 changes applied, 0 unknown: bad");
    }

    #[test]
    fn preflight_refuses_with_the_first_finding() {
        let provider = MemoryDns::with_capabilities(DnsCapabilities::new([RecordType::A]));
        let expected = ZoneSnapshot::new(zone([]));
        assert!(provider.preflight(&apex(), &three_creates(), &expected).is_ok());

        let mx = zone([set("m", 300, RecordType::Mx, &["10 mx"]), set("n", 300, RecordType::Mx, &["10 mx"])]);
        let plan = Plan::between(&zone([]), &mx, &Scope::WholeZone);
        let refusal = provider.preflight(&apex(), &plan, &expected).unwrap_err();
        assert_eq!((refusal.error.kind(), refusal.error.outcome()), (ErrorKind::Unsupported, Outcome::NotSent));
        assert_eq!(
            refusal.error.to_string(),
            "memory: cannot do this: m.example.org. MX: the provider has no MX records (and 1 more) (nothing was sent)"
        );

        let own = zone([set("@", 300, RecordType::Ns, &["ns.example.net."])]);
        let plan = Plan::between(&own, &zone([]), &Scope::WholeZone);
        let refusal = provider.preflight(&apex(), &plan, &expected).unwrap_err();
        assert!(refusal.error.is_unsupported(), "{refusal}");
        assert!(refusal.zone_unchanged());
    }
}
