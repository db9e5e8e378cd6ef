//! Record types, TTLs and record sets.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::data::{DataError, RecordData};
use super::name::Name;

/// The type of a resource record.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RecordType {
    /// An IPv4 address.
    A,
    /// An IPv6 address.
    Aaaa,
    /// Not a DNS type: the provider answers A and AAAA with another name's addresses.
    Alias,
    /// Which certificate authorities may issue.
    Caa,
    /// Another name for this one.
    Cname,
    /// A DNSSEC public key.
    Dnskey,
    /// The digest of a child zone's DNSSEC key.
    Ds,
    /// Service binding of HTTPS.
    Https,
    /// A geographical location.
    Loc,
    /// A mail server.
    Mx,
    /// A rewriting rule.
    Naptr,
    /// A name server.
    Ns,
    /// A pointer to another name, used for reverse mapping.
    Ptr,
    /// The start of authority.
    Soa,
    /// The host and port of a service.
    Srv,
    /// The fingerprint of an SSH host key.
    Sshfp,
    /// Service binding.
    Svcb,
    /// The certificate association of a TLS service.
    Tlsa,
    /// Text.
    Txt,
    /// A URI.
    Uri,
    /// Any other type: its mnemonic in upper case, or `TYPEn` if it has none that we know.
    Other(String),
}

/// A text that cannot be the name of a record type.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is not a record type: a mnemonic such as MX, or TYPE and a number up to 65535, was expected")]
pub struct RecordTypeError(String);

/// The types with data of their own here.
static TYPED: [(RecordType, &str, u16); 19] = [
    (RecordType::A, "A", 1),
    (RecordType::Aaaa, "AAAA", 28),
    (RecordType::Caa, "CAA", 257),
    (RecordType::Cname, "CNAME", 5),
    (RecordType::Dnskey, "DNSKEY", 48),
    (RecordType::Ds, "DS", 43),
    (RecordType::Https, "HTTPS", 65),
    (RecordType::Loc, "LOC", 29),
    (RecordType::Mx, "MX", 15),
    (RecordType::Naptr, "NAPTR", 35),
    (RecordType::Ns, "NS", 2),
    (RecordType::Ptr, "PTR", 12),
    (RecordType::Soa, "SOA", 6),
    (RecordType::Srv, "SRV", 33),
    (RecordType::Sshfp, "SSHFP", 44),
    (RecordType::Svcb, "SVCB", 64),
    (RecordType::Tlsa, "TLSA", 52),
    (RecordType::Txt, "TXT", 16),
    (RecordType::Uri, "URI", 256),
];

/// The other assigned types that may be met in a zone.
static ASSIGNED: [(&str, u16); 45] = [
    ("MD", 3),
    ("MF", 4),
    ("MB", 7),
    ("MG", 8),
    ("MR", 9),
    ("NULL", 10),
    ("WKS", 11),
    ("HINFO", 13),
    ("MINFO", 14),
    ("RP", 17),
    ("AFSDB", 18),
    ("X25", 19),
    ("ISDN", 20),
    ("RT", 21),
    ("NSAP", 22),
    ("SIG", 24),
    ("KEY", 25),
    ("PX", 26),
    ("GPOS", 27),
    ("KX", 36),
    ("CERT", 37),
    ("DNAME", 39),
    ("APL", 42),
    ("IPSECKEY", 45),
    ("RRSIG", 46),
    ("NSEC", 47),
    ("DHCID", 49),
    ("NSEC3", 50),
    ("NSEC3PARAM", 51),
    ("SMIMEA", 53),
    ("HIP", 55),
    ("TALINK", 58),
    ("CDS", 59),
    ("CDNSKEY", 60),
    ("OPENPGPKEY", 61),
    ("CSYNC", 62),
    ("ZONEMD", 63),
    ("SPF", 99),
    ("NID", 104),
    ("L32", 105),
    ("L64", 106),
    ("LP", 107),
    ("EUI48", 108),
    ("EUI64", 109),
    ("AMTRELAY", 260),
];

impl RecordType {
    /// The mnemonic, in upper case.
    pub fn as_str(&self) -> &str {
        match self {
            RecordType::Alias => "ALIAS",
            RecordType::Other(mnemonic) => mnemonic,
            typed => TYPED.iter().find(|(known, ..)| known == typed).map_or("", |(_, mnemonic, _)| mnemonic),
        }
    }

    /// The type of a number on the wire.
    pub fn from_number(number: u16) -> RecordType {
        if let Some((typed, ..)) = TYPED.iter().find(|(.., known)| *known == number) {
            return typed.clone();
        }
        let assigned = ASSIGNED.iter().find(|(_, known)| *known == number);
        RecordType::Other(assigned.map_or_else(|| format!("TYPE{number}"), |(mnemonic, _)| (*mnemonic).to_owned()))
    }

    /// The number on the wire; none for ALIAS and for mnemonics whose number we do not know.
    pub fn number(&self) -> Option<u16> {
        match self {
            RecordType::Alias => None,
            RecordType::Other(mnemonic) => {
                let assigned = ASSIGNED.iter().find(|(known, _)| known == mnemonic).map(|(_, number)| *number);
                assigned.or_else(|| mnemonic.strip_prefix("TYPE")?.parse().ok())
            }
            typed => TYPED.iter().find(|(known, ..)| known == typed).map(|(.., number)| *number),
        }
    }
}

impl fmt::Display for RecordType {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.as_str())
    }
}

impl FromStr for RecordType {
    type Err = RecordTypeError;

    /// Reads a mnemonic in any case, or `TYPEn`, which becomes the mnemonic if the number has one.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let error = || RecordTypeError(text.chars().take(60).collect());
        let well_formed = text.len() <= 40
            && text.starts_with(|first: char| first.is_ascii_alphabetic())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
        if !well_formed {
            return Err(error());
        }
        let upper = text.to_ascii_uppercase();
        if upper == "ALIAS" {
            return Ok(RecordType::Alias);
        }
        if let Some((typed, ..)) = TYPED.iter().find(|(_, mnemonic, _)| *mnemonic == upper) {
            return Ok(typed.clone());
        }
        match upper.strip_prefix("TYPE") {
            Some(digits) if !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit()) => {
                digits.parse().map(RecordType::from_number).map_err(|_| error())
            }
            _ => Ok(RecordType::Other(upper)),
        }
    }
}

impl Serialize for RecordType {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for RecordType {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

/// How long a record set may be cached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Ttl {
    /// The provider chooses; Cloudflare writes this as 1.
    Auto,
    /// Seconds.
    Seconds(u32),
}

impl Ttl {
    /// The seconds, or `default` where the provider chooses.
    pub fn seconds_or(self, default: u32) -> u32 {
        match self {
            Ttl::Auto => default,
            Ttl::Seconds(seconds) => seconds,
        }
    }
}

impl fmt::Display for Ttl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Ttl::Auto => formatter.pad("auto"),
            Ttl::Seconds(seconds) => fmt::Display::fmt(seconds, formatter),
        }
    }
}

impl Serialize for Ttl {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Ttl::Auto => serializer.serialize_str("auto"),
            Ttl::Seconds(seconds) => serializer.serialize_u32(*seconds),
        }
    }
}

impl<'de> Deserialize<'de> for Ttl {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged, expecting = "a TTL is a number of seconds or \"auto\"")]
        enum Form {
            Seconds(u32),
            Word(Word),
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "lowercase")]
        enum Word {
            Auto,
        }
        Ok(match Form::deserialize(deserializer)? {
            Form::Seconds(seconds) => Ttl::Seconds(seconds),
            Form::Word(Word::Auto) => Ttl::Auto,
        })
    }
}

/// The records of one name and one type: never empty, with one TTL.
///
/// ```
/// use howdah_core::dns::{Name, RecordData, RecordSet, RecordType, Ttl};
///
/// let zone = Name::parse("example.org")?;
/// let mail = RecordData::parse(&RecordType::Mx, "10 mail", &zone)?;
/// let set = RecordSet::new(zone, Ttl::Seconds(3600), [mail])?;
/// assert_eq!(set.to_string(), "example.org. 3600 IN MX 10 mail.example.org.");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordSet {
    name: Name,
    record_type: RecordType,
    ttl: Ttl,
    data: BTreeSet<RecordData>,
    proxied: bool,
}

/// Why records do not make a set.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecordSetError {
    /// There were no records.
    #[error("the record set at {0} has no records; delete the set instead of emptying it")]
    Empty(Name),
    /// The records were of several types.
    #[error("the record set at {name} mixes the types {first} and {second}; each type makes a set of its own")]
    MixedTypes {
        /// The name they were meant for.
        name: Name,
        /// The type of the first record.
        first: RecordType,
        /// The type that differs.
        second: RecordType,
    },
}

impl RecordSet {
    /// A set of the given records, which are of one type; equal ones count once.
    pub fn new(name: Name, ttl: Ttl, data: impl IntoIterator<Item = RecordData>) -> Result<RecordSet, RecordSetError> {
        let data: BTreeSet<RecordData> = data.into_iter().collect();
        let Some(record_type) = data.first().map(RecordData::record_type) else {
            return Err(RecordSetError::Empty(name));
        };
        match data.iter().map(RecordData::record_type).find(|other| *other != record_type) {
            Some(second) => Err(RecordSetError::MixedTypes { name, first: record_type, second }),
            None => Ok(RecordSet { name, record_type, ttl, data, proxied: false }),
        }
    }

    /// The owner's name.
    pub fn name(&self) -> &Name {
        &self.name
    }

    /// The type of every record in the set.
    pub fn record_type(&self) -> &RecordType {
        &self.record_type
    }

    /// How long the set may be cached.
    pub fn ttl(&self) -> Ttl {
        self.ttl
    }

    /// The records' data, in a stable order.
    pub fn data(&self) -> &BTreeSet<RecordData> {
        &self.data
    }

    /// Whether the provider answers with the addresses of its own proxies instead, as Cloudflare does.
    pub fn is_proxied(&self) -> bool {
        self.proxied
    }

    /// The same set with another TTL.
    pub fn with_ttl(self, ttl: Ttl) -> RecordSet {
        RecordSet { ttl, ..self }
    }

    /// The same set, proxied or not.
    pub fn with_proxied(self, proxied: bool) -> RecordSet {
        RecordSet { proxied, ..self }
    }

    /// The same set at another name.
    pub fn with_name(self, name: Name) -> RecordSet {
        RecordSet { name, ..self }
    }

    /// Whether both hold the same type and the same records, whatever their names and TTLs.
    pub fn same_data(&self, other: &RecordSet) -> bool {
        self.record_type == other.record_type && self.data == other.data
    }
}

/// One line of a zone file for each record, without a final newline.
impl fmt::Display for RecordSet {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, data) in self.data.iter().enumerate() {
            if index > 0 {
                formatter.write_str("\n")?;
            }
            write!(formatter, "{} {} IN {} {data}", self.name, self.ttl, self.record_type)?;
        }
        Ok(())
    }
}

#[derive(Serialize, Deserialize)]
struct RecordSetText {
    name: Name,
    #[serde(rename = "type")]
    record_type: RecordType,
    ttl: Ttl,
    data: Vec<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    proxied: bool,
}

impl Serialize for RecordSet {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let text = RecordSetText {
            name: self.name.clone(),
            record_type: self.record_type.clone(),
            ttl: self.ttl,
            data: self.data.iter().map(ToString::to_string).collect(),
            proxied: self.proxied,
        };
        text.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for RecordSet {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = RecordSetText::deserialize(deserializer)?;
        let root = Name::root();
        let data: Result<Vec<_>, DataError> =
            text.data.iter().map(|data| RecordData::parse(&text.record_type, data, &root)).collect();
        let set = RecordSet::new(text.name, text.ttl, data.map_err(D::Error::custom)?).map_err(D::Error::custom)?;
        Ok(set.with_proxied(text.proxied))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn record_types_read_and_show() {
        for (text, shown) in [
            ("aaaa", "AAAA"),
            ("Https", "HTTPS"),
            ("alias", "ALIAS"),
            ("TYPE15", "MX"),
            ("type39", "DNAME"),
            ("TYPE0065280", "TYPE65280"),
            ("dname", "DNAME"),
            ("URL", "URL"),
            ("TYPES", "TYPES"),
        ] {
            let record_type: RecordType = text.parse().unwrap();
            assert_eq!(record_type.to_string(), shown);
            assert_eq!(shown.parse::<RecordType>().unwrap(), record_type);
            let json = serde_json::to_string(&record_type).unwrap();
            assert_eq!(serde_json::from_str::<RecordType>(&json).unwrap(), record_type);
        }
        for wrong in ["", "192.0.2.1", "1", "TYPE65536", "A B", "é"] {
            assert!(wrong.parse::<RecordType>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn numbers_and_mnemonics_agree() {
        for number in 0..=u16::MAX {
            assert_eq!(RecordType::from_number(number).number(), Some(number));
        }
        assert_eq!(RecordType::Alias.number(), None);
        assert_eq!(RecordType::Other("URL".to_owned()).number(), None);
        assert_eq!(RecordType::from_number(16), RecordType::Txt);
    }

    #[test]
    fn sets_have_one_type_and_are_not_empty() {
        let name = Name::parse("example.org").unwrap();
        let address = RecordData::A([192, 0, 2, 1].into());
        let target = RecordData::Cname(name.clone());
        assert!(RecordSet::new(name.clone(), Ttl::Auto, []).unwrap_err().to_string().contains("no records"));
        let mixed = RecordSet::new(name.clone(), Ttl::Auto, [address.clone(), target]).unwrap_err().to_string();
        assert!(mixed.contains("A and CNAME"), "{mixed}");
        let set = RecordSet::new(name, Ttl::Auto, [address.clone(), address]).unwrap();
        assert_eq!(set.data().len(), 1);
        assert_eq!(set.to_string(), "example.org. auto IN A 192.0.2.1");
    }

    #[test]
    fn sets_as_json() {
        let json = r#"{"name":"www.example.org.","type":"A","ttl":300,"data":["192.0.2.1","192.0.2.2"]}"#;
        let set: RecordSet = serde_json::from_str(json).unwrap();
        assert_eq!(serde_json::to_string(&set).unwrap(), json);
        let json = serde_json::to_string(&set.clone().with_ttl(Ttl::Auto).with_proxied(true)).unwrap();
        assert!(json.contains(r#""ttl":"auto""#) && json.contains(r#""proxied":true"#), "{json}");
        let back: RecordSet = serde_json::from_str(&json).unwrap();
        assert!(back.is_proxied() && back.same_data(&set) && back.ttl() == Ttl::Auto);
        assert!(serde_json::from_str::<RecordSet>(r#"{"name":"a.","type":"A","ttl":1,"data":[]}"#).is_err());
        assert!(serde_json::from_str::<RecordSet>(r#"{"name":"a.","type":"A","ttl":1,"data":["x"]}"#).is_err());
    }
}
