//! Which certificate authorities may issue for a host, as they would find out themselves (RFC 8659).

use std::fmt;

use howdah_core::dns::{Caa, Name, RecordData, RecordSet, RecordType, Zone};
use serde::{Deserialize, Serialize};

use crate::instance::Host;

/// A host whose own issuer is forbidden to issue for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
#[allow(missing_docs)]
pub struct CaaProblem {
    pub host: Name,
    pub issuer: String,
    /// The owner of the CAA set that forbids it.
    pub found_at: Name,
    /// The set's records as text.
    pub caa: Vec<String>,
    /// A name outside of the zone that the host is an alias of: a CAA set there would count instead.
    pub unless_at: Option<Name>,
}

/// The hosts that could not get their certificates if this zone were served.
///
/// ```
/// use howdah_core::dns::{Name, zonefile};
/// use howdah_workflows::{caa, instance::Host};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let zone = zonefile::read("@ 300 IN CAA 0 issue \"letsencrypt.org\"", &Name::parse("example.org")?)?.zone;
/// let host = Host::new(Name::parse("www.example.org")?, "sectigo.com");
/// let problems = caa::problems(&zone, [&host]);
/// assert_eq!(
///     problems[0].to_string(),
///     "sectigo.com may not issue for www.example.org.: the CAA set at example.org. says 0 issue \"letsencrypt.org\""
/// );
/// # Ok(()) }
/// ```
pub fn problems<'a>(zone: &Zone, hosts: impl IntoIterator<Item = &'a Host>) -> Vec<CaaProblem> {
    hosts.into_iter().filter_map(|host| problem(zone, host)).collect()
}

fn problem(zone: &Zone, host: &Host) -> Option<CaaProblem> {
    let wildcard = host.name.is_wildcard();
    let base = if wildcard { host.name.parent()? } else { host.name.clone() };
    let mut unless_at = None;
    let mut climbing = Some(base);
    while let Some(name) = climbing.filter(|name| name.is_within(zone.name())) {
        match caa_at(zone, &name) {
            Found::Set(set) if allows(set, &host.issuer, wildcard) => return None,
            Found::Set(set) => {
                return Some(CaaProblem {
                    host: host.name.clone(),
                    issuer: host.issuer.clone(),
                    found_at: set.name().clone(),
                    caa: set.data().iter().map(ToString::to_string).collect(),
                    unless_at,
                });
            }
            // Only the first is told: whoever looks there sees the rest.
            Found::Elsewhere(target) => unless_at = unless_at.or(Some(target)),
            Found::Nothing => {}
        }
        climbing = name.parent();
    }
    None
}

enum Found<'z> {
    Set(&'z RecordSet),
    /// The name is an alias of one that this zone says nothing about.
    Elsewhere(Name),
    Nothing,
}

/// The answer to a query for CAA: CNAMEs are followed. An ALIAS is not, since it lends addresses only.
fn caa_at<'z>(zone: &'z Zone, name: &Name) -> Found<'z> {
    const LONGEST_CHAIN: usize = 8;
    let mut name = name.clone();
    for _ in 0..LONGEST_CHAIN {
        if !name.is_within(zone.name()) {
            return Found::Elsewhere(name);
        }
        let owner = owner_for(zone, &name);
        if let Some(set) = zone.get(&owner, &RecordType::Caa) {
            return Found::Set(set);
        }
        let cname = zone.get(&owner, &RecordType::Cname).and_then(|set| set.data().first());
        let Some(RecordData::Cname(target)) = cname else {
            return Found::Nothing;
        };
        name = target.clone();
    }
    Found::Nothing
}

/// The name whose records answer for `name`: its own, or a wildcard's when nothing is at or below it.
fn owner_for(zone: &Zone, name: &Name) -> Name {
    let exists = |name: &Name| zone.names().any(|owner| owner.is_within(name));
    let mut closest = name.clone();
    while !exists(&closest) {
        match closest.parent() {
            Some(parent) => closest = parent,
            None => return name.clone(),
        }
    }
    if closest == *name {
        return closest;
    }
    closest.child("*").unwrap_or_else(|_| name.clone())
}

/// Whether a CAA set lets an issuer issue.
fn allows(set: &RecordSet, issuer: &str, wildcard: bool) -> bool {
    let records: Vec<&Caa> = set
        .data()
        .iter()
        .filter_map(|data| match data {
            RecordData::Caa(caa) => Some(caa),
            _ => None,
        })
        .collect();
    let known = ["issue", "issuewild", "iodef", "issuemail", "issuevmc", "contactemail", "contactphone"];
    let critical = |caa: &Caa| caa.flags & 128 != 0 && !known.contains(&caa.tag.as_str());
    if records.iter().any(|caa| critical(caa)) {
        return false;
    }
    let tagged = |tag: &str| records.iter().filter(|caa| caa.tag == tag).collect::<Vec<_>>();
    let wild = tagged("issuewild");
    let relevant = if wildcard && !wild.is_empty() { wild } else { tagged("issue") };
    relevant.is_empty() || relevant.iter().any(|caa| names_issuer(&caa.value, issuer))
}

/// The issuer's domain comes before the first semicolon.
fn names_issuer(value: &[u8], issuer: &str) -> bool {
    let value = String::from_utf8_lossy(value);
    value.split(';').next().is_some_and(|domain| domain.trim().eq_ignore_ascii_case(issuer))
}

impl fmt::Display for CaaProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { host, issuer, found_at, caa, unless_at } = self;
        write!(f, "{issuer} may not issue for {host}: the CAA set at {found_at} says {}", caa.join(", "))?;
        match unless_at {
            Some(name) => write!(f, "; unless {name}, which is outside of the zone, has one that allows it"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use howdah_core::dns::zonefile;

    use super::*;

    const ZONE: &str = r#"
@           300 IN CAA 0 issue "letsencrypt.org"
@           300 IN CAA 0 issue "Sectigo.com; account=1"
@           300 IN CAA 0 iodef "mailto:security@example.org"
@           300 IN CAA 0 issuewild ";"
shop        300 IN A   192.0.2.1
shop        300 IN CAA 0 issue "other.example"
shop        300 IN CAA 0 issuewild "sectigo.com"
www.shop    300 IN A   192.0.2.1
docs        300 IN CNAME shop
status      300 IN CNAME stats.example.net.
report      300 IN CAA 0 iodef "mailto:security@example.org"
strict      300 IN CAA 128 newtag "x"
*.any       300 IN CNAME shop
loop        300 IN CNAME loop
"#;

    fn problem_of(host: &str, issuer: &str) -> Option<CaaProblem> {
        let zone = zonefile::read(ZONE, &Name::parse("example.org").unwrap()).unwrap().zone;
        problem(&zone, &Host::new(Name::parse(host).unwrap(), issuer))
    }

    #[test]
    fn climbs_follows_and_tells_wildcards_apart() {
        for (host, issuer, found_at) in [
            ("example.org", "letsencrypt.org", None),
            ("example.org", "LetsEncrypt.org", None),
            ("example.org", "sectigo.com", None),
            ("example.org", "other.example", Some("example.org")),
            ("deep.down.example.org", "other.example", Some("example.org")),
            ("*.example.org", "letsencrypt.org", Some("example.org")),
            ("shop.example.org", "letsencrypt.org", Some("shop.example.org")),
            ("www.shop.example.org", "letsencrypt.org", Some("shop.example.org")),
            ("www.shop.example.org", "other.example", None),
            ("*.shop.example.org", "sectigo.com", None),
            ("*.shop.example.org", "other.example", Some("shop.example.org")),
            ("docs.example.org", "letsencrypt.org", Some("shop.example.org")),
            ("one.any.example.org", "letsencrypt.org", Some("shop.example.org")),
            ("report.example.org", "whoever.example", None),
            ("strict.example.org", "letsencrypt.org", Some("strict.example.org")),
            ("loop.example.org", "letsencrypt.org", None),
            ("example.net", "letsencrypt.org", None),
        ] {
            let found = problem_of(host, issuer).map(|problem| problem.found_at);
            assert_eq!(found, found_at.map(|name| Name::parse(name).unwrap()), "{host} {issuer}");
        }
    }

    #[test]
    fn an_alias_out_of_the_zone_is_told() {
        assert_eq!(problem_of("status.example.org", "letsencrypt.org"), None);
        let problem = problem_of("status.example.org", "other.example").unwrap();
        assert_eq!(problem.unless_at, Some(Name::parse("stats.example.net").unwrap()));
        assert!(problem.to_string().contains("unless stats.example.net."), "{problem}");
    }
}
