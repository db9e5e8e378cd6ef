//! What records hold: typed data of the types that matter, the text or the bytes of the others.

mod fields;
mod loc;
mod opaque;
mod svcb;
mod txt;

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};

use data_encoding::{BASE64, HEXUPPER};
use serde::de::Error as _;
use serde::ser::SerializeStruct as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use self::fields::{Fields, Rdata, Wire, encode_string, quoted};
pub(super) use self::fields::{digits, seconds};
pub use self::loc::Loc;
pub use self::opaque::Opaque;
pub use self::svcb::{SvcParam, SvcParams, Svcb};
pub use self::txt::Txt;
use super::name::Name;
use super::record::RecordType;
use super::token::{Fault, Lexer, Token};

/// The data of one record.
///
/// `Display` is the presentation format with absolute names, which [`RecordData::parse`] reads back to an equal value.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs)]
pub enum RecordData {
    A(Ipv4Addr),
    Aaaa(Ipv6Addr),
    Alias(Name),
    Caa(Caa),
    Cname(Name),
    Dnskey(Dnskey),
    Ds(Ds),
    Https(Svcb),
    Loc(Loc),
    Mx(Mx),
    Naptr(Naptr),
    Ns(Name),
    Ptr(Name),
    Soa(Soa),
    Srv(Srv),
    Sshfp(Sshfp),
    Svcb(Svcb),
    Tlsa(Tlsa),
    Txt(Txt),
    Uri(Uri),
    Opaque(Opaque),
}

/// Why a text or bytes are not the data of a record type.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct DataError {
    record_type: RecordType,
    column: Option<usize>,
    message: String,
}

impl DataError {
    pub(super) fn new(record_type: RecordType, message: impl Into<String>) -> Self {
        DataError { record_type, column: None, message: message.into() }
    }

    /// The type that the data was read as.
    pub fn record_type(&self) -> &RecordType {
        &self.record_type
    }

    /// The column of the text, counted in characters from 1, where the trouble begins.
    pub fn column(&self) -> Option<usize> {
        self.column
    }
}

impl fmt::Display for DataError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} data", self.record_type)?;
        if let Some(column) = self.column {
            write!(formatter, ", column {column}")?;
        }
        write!(formatter, ": {}", self.message)
    }
}

/// Does the same for every type with data of its own.
macro_rules! for_each_type {
    ($($variant:ident($data:ty)),* $(,)?) => {
        impl RecordData {
            /// The type of the record.
            pub fn record_type(&self) -> RecordType {
                match self {
                    $(RecordData::$variant(_) => RecordType::$variant,)*
                    RecordData::Opaque(opaque) => opaque.record_type().clone(),
                }
            }

            fn read_typed(record_type: &RecordType, fields: &mut Fields<'_>) -> Result<RecordData, Fault> {
                match record_type {
                    $(RecordType::$variant => <$data>::read(fields).map(RecordData::$variant),)*
                    RecordType::Other(_) => Opaque::read(record_type, fields).map(RecordData::Opaque),
                }
            }

            fn decode_typed(record_type: &RecordType, wire: &mut Wire<'_>) -> Option<RecordData> {
                match record_type {
                    $(RecordType::$variant => <$data>::decode(wire).map(RecordData::$variant),)*
                    RecordType::Other(_) => Some(RecordData::Opaque(Opaque::from_bytes(record_type.clone(), wire.rest()))),
                }
            }

            fn encode(&self, wire: &mut Vec<u8>) -> Option<()> {
                match self {
                    $(RecordData::$variant(data) => data.encode(wire),)*
                    RecordData::Opaque(opaque) => {
                        wire.extend_from_slice(opaque.wire()?);
                        Some(())
                    }
                }
            }
        }

        impl fmt::Display for RecordData {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self {
                    $(RecordData::$variant(data) => fmt::Display::fmt(data, formatter),)*
                    RecordData::Opaque(opaque) => fmt::Display::fmt(opaque, formatter),
                }
            }
        }
    };
}

for_each_type! {
    A(Ipv4Addr), Aaaa(Ipv6Addr), Alias(Name), Caa(Caa), Cname(Name), Dnskey(Dnskey), Ds(Ds), Https(Svcb), Loc(Loc),
    Mx(Mx), Naptr(Naptr), Ns(Name), Ptr(Name), Soa(Soa), Srv(Srv), Sshfp(Sshfp), Svcb(Svcb), Tlsa(Tlsa), Txt(Txt),
    Uri(Uri),
}

impl RecordData {
    /// Reads presentation format: relative names are below `origin`, and any type may come as `\# length hex`.
    ///
    /// A semicolon outside of quotes would begin a comment and is refused, for it would cut the data short.
    ///
    /// ```
    /// use howdah_core::dns::{Name, RecordData, RecordType};
    ///
    /// let zone = Name::parse("example.org")?;
    /// let service = RecordData::parse(&RecordType::Srv, "10 5 5269 xmpp", &zone)?;
    /// assert_eq!(service.to_string(), "10 5 5269 xmpp.example.org.");
    ///
    /// let error = RecordData::parse(&RecordType::Mx, "ten mail", &zone).unwrap_err();
    /// assert_eq!(
    ///     error.to_string(),
    ///     "MX data, column 1: `ten` is not the preference: a whole number from 0 to 65535 was expected"
    /// );
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn parse(record_type: &RecordType, text: &str, origin: &Name) -> Result<RecordData, DataError> {
        RecordData::read_text(record_type, text, origin).map_err(|fault| DataError {
            record_type: record_type.clone(),
            column: Some(text[..fault.at].chars().count() + 1),
            message: fault.message,
        })
    }

    /// Reads the uncompressed wire format.
    pub fn from_wire(record_type: &RecordType, wire: &[u8]) -> Result<RecordData, DataError> {
        let mut rest = Wire(wire);
        let known = *record_type != RecordType::Alias && wire.len() <= 65_535;
        match known.then(|| RecordData::decode_typed(record_type, &mut rest)).flatten() {
            Some(data) if rest.0.is_empty() => Ok(data),
            _ => Err(DataError::new(
                record_type.clone(),
                format!("the {} bytes in wire format are malformed for this type", wire.len()),
            )),
        }
    }

    /// Reads the uncompressed wire format, and keeps bytes that do not fit their type as they are.
    #[cfg(feature = "wire")]
    pub(crate) fn from_wire_or_opaque(record_type: &RecordType, wire: &[u8]) -> RecordData {
        RecordData::from_wire(record_type, wire)
            .unwrap_or_else(|_| RecordData::Opaque(Opaque::from_bytes(record_type.clone(), wire.to_vec())))
    }

    /// The uncompressed wire format; none for ALIAS, for text of types that we do not take apart, and for what is too
    /// long for it.
    pub fn to_wire(&self) -> Option<Vec<u8>> {
        let mut wire = Vec::new();
        self.record_type().number()?;
        self.encode(&mut wire)?;
        (wire.len() <= 65_535).then_some(wire)
    }

    fn read_text(record_type: &RecordType, text: &str, origin: &Name) -> Result<RecordData, Fault> {
        let mut entries = Lexer::new(text);
        let entry = entries.next().unwrap_or_default();
        if let Some(fault) = entry.fault {
            return Err(fault);
        }
        if let Some(comment) = entry.comment {
            let at = comment.as_ptr() as usize - text.as_ptr() as usize;
            return Err(Fault::new(at, "a semicolon begins a comment; put the text in quotes if it belongs to it"));
        }
        if entries.any(|more| !more.tokens.is_empty()) {
            return Err(Fault::new(entry.end, "the data of one record does not go on after the end of the line"));
        }
        RecordData::read(record_type, &entry.tokens, entry.end, origin)
    }

    /// Reads the tokens after the type; `end` is the offset at which the record ends.
    pub(super) fn read(
        record_type: &RecordType,
        tokens: &[Token<'_>],
        end: usize,
        origin: &Name,
    ) -> Result<RecordData, Fault> {
        let mut fields = Fields::new(tokens, end, origin);
        if let Some(generic) = fields.peek().filter(|token| token.raw == "\\#" && !token.quoted) {
            return RecordData::read_generic(record_type, generic.at, &mut fields);
        }
        let data = RecordData::read_typed(record_type, &mut fields)?;
        fields.finish()?;
        // Only a long text can become long data, so that short ones need not be encoded.
        if tokens.iter().map(|token| token.raw.len()).sum::<usize>() > 65_535
            && !matches!(data, RecordData::Opaque(_))
            && data.to_wire().is_none()
        {
            return Err(Fault::new(tokens[0].at, "the data takes more than 65535 bytes on the wire"));
        }
        Ok(data)
    }

    /// Reads the form of RFC 3597, `\# length hex`.
    fn read_generic(record_type: &RecordType, at: usize, fields: &mut Fields<'_>) -> Result<RecordData, Fault> {
        fields.next();
        let length: u16 = fields.number("the length of the data in bytes")?;
        let wire = if length == 0 { Vec::new() } else { fields.hex("the data")? };
        fields.finish()?;
        if wire.len() != usize::from(length) {
            return Err(Fault::new(at, format!("{length} bytes were announced and {} are given", wire.len())));
        }
        if record_type.number().is_none() {
            return Err(Fault::new(at, format!("{record_type} has no wire format, so it cannot be given as bytes")));
        }
        RecordData::from_wire(record_type, &wire).map_err(|error| Fault::new(at, error.message))
    }
}

impl Serialize for RecordData {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("RecordData", 2)?;
        fields.serialize_field("type", &self.record_type())?;
        fields.serialize_field("data", &self.to_string())?;
        fields.end()
    }
}

impl<'de> Deserialize<'de> for RecordData {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Text {
            #[serde(rename = "type")]
            record_type: RecordType,
            data: String,
        }
        let text = Text::deserialize(deserializer)?;
        RecordData::parse(&text.record_type, &text.data, &Name::root()).map_err(D::Error::custom)
    }
}

/// Which certificate authority may issue for a name (RFC 8659).
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Caa {
    /// 128 makes the property critical.
    pub flags: u8,
    /// Letters and digits in lower case: `issue`, `issuewild`, `iodef`.
    pub tag: String,
    /// Any bytes; in practice text.
    pub value: Vec<u8>,
}

/// A DNSSEC public key (RFC 4034).
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Dnskey {
    /// 256 for a zone-signing key, 257 for a key-signing key.
    pub flags: u16,
    /// Always 3.
    pub protocol: u8,
    /// 8 is RSASHA256, 13 is ECDSAP256SHA256, 15 is ED25519.
    pub algorithm: u8,
    /// The key itself, not its Base64.
    pub public_key: Vec<u8>,
}

/// The digest of a child zone's key (RFC 4034).
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Ds {
    /// See [`Dnskey::key_tag`].
    pub key_tag: u16,
    /// The algorithm of the key.
    pub algorithm: u8,
    /// 2 is SHA-256, 4 is SHA-384.
    pub digest_type: u8,
    /// The digest itself, not its hexadecimal digits.
    pub digest: Vec<u8>,
}

/// A mail server; the root as exchange at preference 0 says that there is no mail (RFC 7505).
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Mx {
    /// The lowest is tried first.
    pub preference: u16,
    /// The mail server's name.
    pub exchange: Name,
}

/// A rewriting rule (RFC 3403). The three strings have at most 255 bytes each.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs)]
pub struct Naptr {
    pub order: u16,
    pub preference: u16,
    pub flags: Vec<u8>,
    pub services: Vec<u8>,
    pub regexp: Vec<u8>,
    pub replacement: Name,
}

/// The start of authority (RFC 1035). Times are in seconds.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs)]
pub struct Soa {
    pub mname: Name,
    /// A mail address whose first label is the local part.
    pub rname: Name,
    pub serial: u32,
    pub refresh: u32,
    pub retry: u32,
    pub expire: u32,
    /// How long a negative answer may be cached.
    pub minimum: u32,
}

/// The host and port of a service; the root as target says that there is none (RFC 2782).
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs)]
pub struct Srv {
    pub priority: u16,
    pub weight: u16,
    pub port: u16,
    pub target: Name,
}

/// The fingerprint of an SSH host key (RFC 4255).
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Sshfp {
    /// 1 is RSA, 3 is ECDSA, 4 is Ed25519.
    pub algorithm: u8,
    /// 1 is SHA-1, 2 is SHA-256.
    pub fingerprint_type: u8,
    /// The fingerprint itself, not its hexadecimal digits.
    pub fingerprint: Vec<u8>,
}

/// The certificate association of a TLS service (RFC 6698).
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Tlsa {
    /// 2 is a trust anchor, 3 is the server's certificate itself.
    pub usage: u8,
    /// 0 is the whole certificate, 1 its public key.
    pub selector: u8,
    /// 0 is the thing itself, 1 its SHA-256, 2 its SHA-512.
    pub matching_type: u8,
    /// The bytes to match, not their hexadecimal digits.
    pub data: Vec<u8>,
}

/// A URI (RFC 7553).
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Uri {
    /// The lowest is tried first.
    pub priority: u16,
    /// The share among those of the same priority.
    pub weight: u16,
    /// The URI, never empty.
    pub target: Vec<u8>,
}

const ALGORITHMS: [(&str, u64); 10] = [
    ("RSAMD5", 1),
    ("DSA", 3),
    ("RSASHA1", 5),
    ("RSASHA1-NSEC3-SHA1", 7),
    ("RSASHA256", 8),
    ("RSASHA512", 10),
    ("ECDSAP256SHA256", 13),
    ("ECDSAP384SHA384", 14),
    ("ED25519", 15),
    ("ED448", 16),
];

impl fmt::Display for Caa {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {} {}", self.flags, self.tag, quoted(&self.value))
    }
}

impl Rdata for Caa {
    fn read(fields: &mut Fields<'_>) -> Result<Self, Fault> {
        let flags = fields.number("the flags")?;
        let token = fields.token("the tag (such as issue)")?;
        let tag = token.raw.to_ascii_lowercase();
        if !caa_tag(tag.as_bytes()) {
            return Err(Fault::new(
                token.at,
                format!("{} is not a tag: letters and digits were expected", token.shown()),
            ));
        }
        let value = fields.long_string("the value in quotes")?;
        if let Some(extra) = fields.peek() {
            return Err(Fault::new(extra.at, "the value ends before this; put the whole value in quotes"));
        }
        Ok(Caa { flags, tag, value })
    }

    fn decode(wire: &mut Wire<'_>) -> Option<Self> {
        let flags = wire.u8()?;
        let tag = wire.string().filter(|tag| caa_tag(tag)).and_then(|tag| String::from_utf8(tag).ok())?;
        Some(Caa { flags, tag: tag.to_ascii_lowercase(), value: wire.rest() })
    }

    fn encode(&self, wire: &mut Vec<u8>) -> Option<()> {
        wire.push(self.flags);
        encode_string(self.tag.as_bytes(), wire)?;
        wire.extend_from_slice(&self.value);
        Some(())
    }
}

fn caa_tag(tag: &[u8]) -> bool {
    (1..=255).contains(&tag.len()) && tag.iter().all(u8::is_ascii_alphanumeric)
}

impl fmt::Display for Dnskey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {} {} {}", self.flags, self.protocol, self.algorithm, BASE64.encode(&self.public_key))
    }
}

impl Rdata for Dnskey {
    fn read(fields: &mut Fields<'_>) -> Result<Self, Fault> {
        Ok(Dnskey {
            flags: fields.number("the flags")?,
            protocol: fields.number("the protocol (3)")?,
            algorithm: fields.number_or("the algorithm", &ALGORITHMS)?,
            public_key: fields.base64("the public key")?,
        })
    }

    fn decode(wire: &mut Wire<'_>) -> Option<Self> {
        let key = Dnskey { flags: wire.u16()?, protocol: wire.u8()?, algorithm: wire.u8()?, public_key: wire.rest() };
        (!key.public_key.is_empty()).then_some(key)
    }

    fn encode(&self, wire: &mut Vec<u8>) -> Option<()> {
        wire.extend(self.flags.to_be_bytes());
        wire.extend([self.protocol, self.algorithm]);
        wire.extend_from_slice(&self.public_key);
        Some(())
    }
}

impl fmt::Display for Ds {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {} {} {}", self.key_tag, self.algorithm, self.digest_type, HEXUPPER.encode(&self.digest))
    }
}

impl Rdata for Ds {
    fn read(fields: &mut Fields<'_>) -> Result<Self, Fault> {
        Ok(Ds {
            key_tag: fields.number("the key tag")?,
            algorithm: fields.number_or("the algorithm", &ALGORITHMS)?,
            digest_type: fields.number("the digest type")?,
            digest: fields.hex("the digest")?,
        })
    }

    fn decode(wire: &mut Wire<'_>) -> Option<Self> {
        let ds = Ds { key_tag: wire.u16()?, algorithm: wire.u8()?, digest_type: wire.u8()?, digest: wire.rest() };
        (!ds.digest.is_empty()).then_some(ds)
    }

    fn encode(&self, wire: &mut Vec<u8>) -> Option<()> {
        wire.extend(self.key_tag.to_be_bytes());
        wire.extend([self.algorithm, self.digest_type]);
        wire.extend_from_slice(&self.digest);
        Some(())
    }
}

impl fmt::Display for Mx {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.preference, self.exchange)
    }
}

impl Rdata for Mx {
    fn read(fields: &mut Fields<'_>) -> Result<Self, Fault> {
        Ok(Mx { preference: fields.number("the preference")?, exchange: fields.name("the mail server's name")? })
    }

    fn decode(wire: &mut Wire<'_>) -> Option<Self> {
        Some(Mx { preference: wire.u16()?, exchange: wire.name()? })
    }

    fn encode(&self, wire: &mut Vec<u8>) -> Option<()> {
        wire.extend(self.preference.to_be_bytes());
        self.exchange.encode(wire)
    }
}

impl fmt::Display for Naptr {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.order, self.preference)?;
        for string in [&self.flags, &self.services, &self.regexp] {
            write!(formatter, " {}", quoted(string))?;
        }
        write!(formatter, " {}", self.replacement)
    }
}

impl Rdata for Naptr {
    fn read(fields: &mut Fields<'_>) -> Result<Self, Fault> {
        Ok(Naptr {
            order: fields.number("the order")?,
            preference: fields.number("the preference")?,
            flags: fields.string("the flags")?,
            services: fields.string("the services")?,
            regexp: fields.string("the regular expression")?,
            replacement: fields.name("the replacement's name")?,
        })
    }

    fn decode(wire: &mut Wire<'_>) -> Option<Self> {
        Some(Naptr {
            order: wire.u16()?,
            preference: wire.u16()?,
            flags: wire.string()?,
            services: wire.string()?,
            regexp: wire.string()?,
            replacement: wire.name()?,
        })
    }

    fn encode(&self, wire: &mut Vec<u8>) -> Option<()> {
        wire.extend(self.order.to_be_bytes());
        wire.extend(self.preference.to_be_bytes());
        for string in [&self.flags, &self.services, &self.regexp] {
            encode_string(string, wire)?;
        }
        self.replacement.encode(wire)
    }
}

impl fmt::Display for Soa {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {} {}", self.mname, self.rname, self.serial)?;
        write!(formatter, " {} {} {} {}", self.refresh, self.retry, self.expire, self.minimum)
    }
}

impl Rdata for Soa {
    fn read(fields: &mut Fields<'_>) -> Result<Self, Fault> {
        Ok(Soa {
            mname: fields.name("the primary name server's name")?,
            rname: fields.name("the mail address, written as a name,")?,
            serial: fields.number("the serial number")?,
            refresh: fields.seconds("the refresh time")?,
            retry: fields.seconds("the retry time")?,
            expire: fields.seconds("the expire time")?,
            minimum: fields.seconds("the negative answers' TTL")?,
        })
    }

    fn decode(wire: &mut Wire<'_>) -> Option<Self> {
        Some(Soa {
            mname: wire.name()?,
            rname: wire.name()?,
            serial: wire.u32()?,
            refresh: wire.u32()?,
            retry: wire.u32()?,
            expire: wire.u32()?,
            minimum: wire.u32()?,
        })
    }

    fn encode(&self, wire: &mut Vec<u8>) -> Option<()> {
        self.mname.encode(wire)?;
        self.rname.encode(wire)?;
        for number in [self.serial, self.refresh, self.retry, self.expire, self.minimum] {
            wire.extend(number.to_be_bytes());
        }
        Some(())
    }
}

impl fmt::Display for Srv {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {} {} {}", self.priority, self.weight, self.port, self.target)
    }
}

impl Rdata for Srv {
    fn read(fields: &mut Fields<'_>) -> Result<Self, Fault> {
        Ok(Srv {
            priority: fields.number("the priority")?,
            weight: fields.number("the weight")?,
            port: fields.number("the port")?,
            target: fields.name("the target's name")?,
        })
    }

    fn decode(wire: &mut Wire<'_>) -> Option<Self> {
        Some(Srv { priority: wire.u16()?, weight: wire.u16()?, port: wire.u16()?, target: wire.name()? })
    }

    fn encode(&self, wire: &mut Vec<u8>) -> Option<()> {
        for number in [self.priority, self.weight, self.port] {
            wire.extend(number.to_be_bytes());
        }
        self.target.encode(wire)
    }
}

impl fmt::Display for Sshfp {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {} {}", self.algorithm, self.fingerprint_type, HEXUPPER.encode(&self.fingerprint))
    }
}

impl Rdata for Sshfp {
    fn read(fields: &mut Fields<'_>) -> Result<Self, Fault> {
        Ok(Sshfp {
            algorithm: fields.number("the algorithm")?,
            fingerprint_type: fields.number("the fingerprint type")?,
            fingerprint: fields.hex("the fingerprint")?,
        })
    }

    fn decode(wire: &mut Wire<'_>) -> Option<Self> {
        let key = Sshfp { algorithm: wire.u8()?, fingerprint_type: wire.u8()?, fingerprint: wire.rest() };
        (!key.fingerprint.is_empty()).then_some(key)
    }

    fn encode(&self, wire: &mut Vec<u8>) -> Option<()> {
        wire.extend([self.algorithm, self.fingerprint_type]);
        wire.extend_from_slice(&self.fingerprint);
        Some(())
    }
}

impl fmt::Display for Tlsa {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {} {} {}", self.usage, self.selector, self.matching_type, HEXUPPER.encode(&self.data))
    }
}

impl Rdata for Tlsa {
    fn read(fields: &mut Fields<'_>) -> Result<Self, Fault> {
        Ok(Tlsa {
            usage: fields.number("the certificate usage")?,
            selector: fields.number("the selector")?,
            matching_type: fields.number("the matching type")?,
            data: fields.hex("the association data")?,
        })
    }

    fn decode(wire: &mut Wire<'_>) -> Option<Self> {
        let tlsa = Tlsa { usage: wire.u8()?, selector: wire.u8()?, matching_type: wire.u8()?, data: wire.rest() };
        (!tlsa.data.is_empty()).then_some(tlsa)
    }

    fn encode(&self, wire: &mut Vec<u8>) -> Option<()> {
        wire.extend([self.usage, self.selector, self.matching_type]);
        wire.extend_from_slice(&self.data);
        Some(())
    }
}

impl fmt::Display for Uri {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {} {}", self.priority, self.weight, quoted(&self.target))
    }
}

impl Rdata for Uri {
    fn read(fields: &mut Fields<'_>) -> Result<Self, Fault> {
        let (priority, weight) = (fields.number("the priority")?, fields.number("the weight")?);
        let at = fields.peek().map(|token| token.at);
        let target = fields.long_string("the URI in quotes")?;
        match at {
            Some(at) if target.is_empty() => Err(Fault::new(at, "the URI is empty")),
            _ => Ok(Uri { priority, weight, target }),
        }
    }

    fn decode(wire: &mut Wire<'_>) -> Option<Self> {
        let uri = Uri { priority: wire.u16()?, weight: wire.u16()?, target: wire.rest() };
        (!uri.target.is_empty()).then_some(uri)
    }

    fn encode(&self, wire: &mut Vec<u8>) -> Option<()> {
        wire.extend(self.priority.to_be_bytes());
        wire.extend(self.weight.to_be_bytes());
        wire.extend_from_slice(&self.target);
        Some(())
    }
}

#[cfg(test)]
mod tests;
