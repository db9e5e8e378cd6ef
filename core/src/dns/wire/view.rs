//! What was seen, and what was not.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    net::IpAddr,
};

use jiff::Timestamp;
use serde::{Serialize, Serializer};

use crate::dns::{Dnskey, Ds, Name, RecordSet, Soa};

/// What a server answered, or why nothing is known of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Seen<T> {
    /// The server answered.
    Answered(T),
    /// The server could not be asked, or what it said is no answer to the question. This is not a "no".
    NotObserved {
        /// What stood in the way.
        why: String,
    },
}

impl<T> Seen<T> {
    /// The answer, if there is one.
    pub fn answered(&self) -> Option<&T> {
        match self {
            Seen::Answered(answer) => Some(answer),
            Seen::NotObserved { .. } => None,
        }
    }

    /// Why there is no answer, if there is none.
    pub fn why(&self) -> Option<&str> {
        match self {
            Seen::Answered(_) => None,
            Seen::NotObserved { why } => Some(why),
        }
    }
}

impl<T> From<Result<T, String>> for Seen<T> {
    fn from(outcome: Result<T, String>) -> Self {
        match outcome {
            Ok(answer) => Seen::Answered(answer),
            Err(why) => Seen::NotObserved { why },
        }
    }
}

/// A name server at one of its addresses.
///
/// A server that is known by its address alone, as the roots are at first, has the root as its name.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[allow(missing_docs)]
pub struct Server {
    pub name: Name,
    pub address: IpAddr,
}

impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.name.is_root() {
            return write!(f, "{}", self.address);
        }
        write!(f, "{} ({})", self.name.to_fqdn_without_dot(), self.address)
    }
}

/// Name servers with their addresses.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Servers {
    /// Each server at each of its addresses, in the order that they were asked for.
    pub found: Vec<Server>,
    /// The servers whose addresses could not be found.
    pub unresolved: Vec<Unresolved>,
}

/// A name server without an address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
#[allow(missing_docs)]
pub struct Unresolved {
    pub name: Name,
    /// What stood in the way.
    pub why: String,
}

/// What one server showed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
#[allow(missing_docs)]
pub struct View<T> {
    pub server: Server,
    pub seen: Seen<T>,
}

/// How the parent delegates a zone, as each of the parent's servers says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Delegation {
    /// The zone that was asked about.
    pub zone: Name,
    /// The zone above it, which delegates it.
    pub parent: Name,
    /// One view for each address of each of the parent's servers. Where this machine has no IPv6, a server that was
    /// observed over IPv4 has no view over IPv6.
    pub views: Vec<View<ParentView>>,
    /// The parent's servers whose addresses could not be found.
    pub unresolved: Vec<Unresolved>,
}

impl Delegation {
    /// What all of the parent's servers say, if every one of them was observed and none contradicts another.
    ///
    /// They agree on the name servers, the DS set and the glue below the zone; their TTLs may differ.
    pub fn agreed(&self) -> Option<&ParentView> {
        let first = self.observed().next()?.1;
        let complete = self.unresolved.is_empty() && self.unobserved().next().is_none();
        let same = self.observed().all(|(_, view)| view.says(&self.zone) == first.says(&self.zone));
        (complete && same).then_some(first)
    }

    /// The views that were had.
    pub fn observed(&self) -> impl Iterator<Item = (&Server, &ParentView)> {
        self.views.iter().filter_map(|view| Some((&view.server, view.seen.answered()?)))
    }

    /// The servers that were asked in vain, and why.
    pub fn unobserved(&self) -> impl Iterator<Item = (&Server, &str)> {
        self.views.iter().filter_map(|view| Some((&view.server, view.seen.why()?)))
    }

    /// The longest time, in seconds, that any server lets the delegation be cached.
    pub fn ns_ttl(&self) -> Option<u32> {
        self.observed().filter_map(|(_, view)| view.ns_ttl).max()
    }

    /// The longest time, in seconds, that any server lets the DS set be cached.
    pub fn ds_ttl(&self) -> Option<u32> {
        self.observed().filter_map(|(_, view)| view.ds_ttl).max()
    }

    /// The longest time, in seconds, that any server lets it be cached that there is no delegation or no DS.
    pub fn negative_ttl(&self) -> Option<u32> {
        self.observed().map(|(_, view)| view.negative_ttl).max()
    }
}

/// How one server of the parent delegates a zone. Times are in seconds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ParentView {
    /// Whether the zone is delegated.
    pub exists: bool,
    /// Whether the server holds the zone itself too: it then shows the zone's own NS set and never the delegation's.
    pub authoritative: bool,
    /// The names of the NS set.
    pub name_servers: BTreeSet<Name>,
    /// None where there is no NS set.
    pub ns_ttl: Option<u32>,
    /// The DS set, in order.
    pub ds: Vec<Ds>,
    /// None where there is no DS set.
    pub ds_ttl: Option<u32>,
    /// How long it may be cached that there is no such delegation or no DS.
    pub negative_ttl: u32,
    /// The addresses that came with the delegation, for the name servers that have any.
    pub glue: BTreeMap<Name, BTreeSet<IpAddr>>,
}

impl ParentView {
    fn says(&self, zone: &Name) -> impl PartialEq {
        // Addresses outside of the zone are a courtesy, which one server may show and another leave out.
        let glue = self.glue.iter().filter(|(host, _)| host.is_within(zone));
        let glue: Vec<_> = glue.map(|(host, addresses)| (host.clone(), addresses.clone())).collect();
        (self.exists, self.name_servers.clone(), self.ds.clone(), glue)
    }
}

/// What one server says of the apex of a zone. Times are in seconds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ApexView {
    /// Whether the server claims the zone as its own.
    pub authoritative: bool,
    /// The code of the answer to the question for the SOA.
    pub rcode: Rcode,
    /// The start of authority.
    #[serde(serialize_with = "as_text")]
    pub soa: Option<Soa>,
    /// The names of the zone's own NS set.
    pub name_servers: BTreeSet<Name>,
    /// None where there is no NS set.
    pub ns_ttl: Option<u32>,
    /// The DNSKEY set, in order.
    pub keys: Vec<Dnskey>,
    /// None where there is no DNSKEY set.
    pub keys_ttl: Option<u32>,
    /// Whether the zone's signatures hold.
    pub signing: Signing,
}

impl ApexView {
    /// Whether the server does not serve the zone: it refuses, or answers without authority, or has no SOA.
    pub fn is_lame(&self) -> bool {
        !self.authoritative || self.rcode != Rcode::NOERROR || self.soa.is_none()
    }
}

/// Whether a zone is signed, as seen at one server: the signatures over its DNSKEY set, its SOA and a denial.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Signing {
    /// There are neither keys nor signatures.
    Unsigned,
    /// Everything that was looked at is signed by a key of the DNSKEY set, and no signature is out of date.
    Signed {
        /// The keys that sign the DNSKEY set: those that a DS may refer to. See [`chain`](super::chain).
        keys: Vec<Dnskey>,
        /// When the first of the signatures expires.
        expires_at: Timestamp,
    },
    /// Nothing is known: the server does not serve the zone, or the algorithms are not understood here.
    NotObserved {
        /// What stood in the way.
        why: String,
    },
    /// A validating resolver that trusts a key of this zone would refuse its answers.
    Bogus {
        /// What is wrong.
        why: String,
    },
}

/// What one server answers to one question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Answer {
    /// The response code.
    pub rcode: Rcode,
    /// Whether the server answers from a zone of its own.
    pub authoritative: bool,
    /// The records that were asked for; where the name is an alias, those at the end of the chain of CNAMEs, as far as
    /// the server itself has them.
    pub set: Option<RecordSet>,
    /// The names that the one that was asked for is an alias of, in the order of the chain.
    pub aliases: Vec<Name>,
    /// Whether a signature came with the set.
    pub signed: bool,
    /// How many seconds the absence of records may be cached, where they are absent.
    pub negative_ttl: Option<u32>,
}

/// A response code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Rcode(
    /// The number, with the bits of EDNS.
    pub u16,
);

impl Rcode {
    /// All is well; there may be no records all the same.
    pub const NOERROR: Rcode = Rcode(0);
    /// The server failed.
    pub const SERVFAIL: Rcode = Rcode(2);
    /// There is no such name.
    pub const NXDOMAIN: Rcode = Rcode(3);
    /// The server does not want to answer, mostly since it does not hold the zone.
    pub const REFUSED: Rcode = Rcode(5);
}

impl fmt::Display for Rcode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self.0 {
            0 => "NOERROR",
            1 => "FORMERR",
            2 => "SERVFAIL",
            3 => "NXDOMAIN",
            4 => "NOTIMP",
            5 => "REFUSED",
            9 => "NOTAUTH",
            16 => "BADVERS",
            number => return write!(f, "RCODE{number}"),
        })
    }
}

impl Serialize for Rcode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[allow(clippy::ref_option)] // serde gives the field as it is.
fn as_text<S: Serializer>(soa: &Option<Soa>, serializer: S) -> Result<S::Ok, S::Error> {
    match soa {
        Some(soa) => serializer.collect_str(soa),
        None => serializer.serialize_none(),
    }
}
