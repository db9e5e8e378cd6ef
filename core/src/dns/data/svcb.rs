//! Service binding (RFC 9460).

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};

use data_encoding::BASE64;

use super::DataError;
use super::fields::{Bounded as _, Fields, Rdata, Wire, digits, encode_string, quoted};
use crate::dns::name::Name;
use crate::dns::record::RecordType;
use crate::dns::token::{Fault, Token};

/// Where a service is and how it is reached; priority 0 makes it an alias.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs)]
pub struct Svcb {
    pub priority: u16,
    pub target: Name,
    pub params: SvcParams,
}

/// The parameters of a service, each key once, in the order of their numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SvcParams(Vec<SvcParam>);

/// One parameter of a service.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SvcParam {
    /// The numbers of the keys that a client must understand.
    Mandatory(Vec<u16>),
    /// The protocols offered.
    Alpn(Vec<Vec<u8>>),
    /// The scheme's own protocol is not offered.
    NoDefaultAlpn,
    /// The port.
    Port(u16),
    /// IPv4 addresses to try meanwhile.
    Ipv4Hint(Vec<Ipv4Addr>),
    /// The configuration of Encrypted Client Hello.
    Ech(Vec<u8>),
    /// IPv6 addresses to try meanwhile.
    Ipv6Hint(Vec<Ipv6Addr>),
    /// A key of another number, with its value as on the wire.
    Other {
        /// The key's number.
        key: u16,
        /// The value as on the wire.
        value: Vec<u8>,
    },
}

const KEYS: [(&str, u16); 9] = [
    ("mandatory", 0),
    ("alpn", 1),
    ("no-default-alpn", 2),
    ("port", 3),
    ("ipv4hint", 4),
    ("ech", 5),
    ("ipv6hint", 6),
    ("dohpath", 7),
    ("ohttp", 8),
];

impl SvcParams {
    /// Puts parameters in order, and refuses a key given twice and what contradicts `mandatory`.
    pub fn new(params: impl IntoIterator<Item = SvcParam>) -> Result<SvcParams, DataError> {
        SvcParams::checked(params.into_iter().collect()).map_err(|message| DataError::new(RecordType::Svcb, message))
    }

    /// The parameters in the order of their keys' numbers.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &SvcParam> {
        self.0.iter()
    }

    /// The parameter of a key's number.
    pub fn get(&self, key: u16) -> Option<&SvcParam> {
        self.0.iter().find(|param| param.key() == key)
    }

    fn checked(mut params: Vec<SvcParam>) -> Result<SvcParams, String> {
        for param in &mut params {
            if let SvcParam::Mandatory(keys) = param {
                keys.sort_unstable();
            }
            if let SvcParam::Other { key: key @ 0..=6, value } = &*param {
                let typed = SvcParam::decode(*key, value);
                *param = typed.ok_or_else(|| format!("the value of {} is malformed", key_text(*key)))?;
            }
            param.check()?;
        }
        params.sort_by_key(SvcParam::key);
        if let Some(pair) = params.windows(2).find(|pair| pair[0].key() == pair[1].key()) {
            return Err(format!("the parameter {} is given twice", key_text(pair[0].key())));
        }
        let has = |key| params.iter().any(|param| param.key() == key);
        if let Some(SvcParam::Mandatory(keys)) = params.first() {
            if let Some(pair) = keys.windows(2).find(|pair| pair[0] == pair[1]) {
                return Err(format!("mandatory lists {} twice", key_text(pair[0])));
            }
            if keys.contains(&0) {
                return Err("mandatory may not list itself".to_owned());
            }
            if let Some(absent) = keys.iter().find(|key| !has(**key)) {
                return Err(format!("mandatory lists {}, which is not given", key_text(*absent)));
            }
        }
        if has(2) && !has(1) {
            return Err("no-default-alpn needs the parameter alpn as well".to_owned());
        }
        Ok(SvcParams(params))
    }
}

impl SvcParam {
    /// The number of the key.
    pub fn key(&self) -> u16 {
        match self {
            SvcParam::Mandatory(_) => 0,
            SvcParam::Alpn(_) => 1,
            SvcParam::NoDefaultAlpn => 2,
            SvcParam::Port(_) => 3,
            SvcParam::Ipv4Hint(_) => 4,
            SvcParam::Ech(_) => 5,
            SvcParam::Ipv6Hint(_) => 6,
            SvcParam::Other { key, .. } => *key,
        }
    }

    fn check(&self) -> Result<(), String> {
        let empty = match self {
            SvcParam::Mandatory(keys) => keys.is_empty(),
            SvcParam::Alpn(protocols) => {
                if protocols.iter().any(|protocol| protocol.is_empty() || protocol.len() > 255) {
                    return Err("each protocol of alpn has between 1 and 255 bytes".to_owned());
                }
                protocols.is_empty()
            }
            SvcParam::Ipv4Hint(addresses) => addresses.is_empty(),
            SvcParam::Ipv6Hint(addresses) => addresses.is_empty(),
            SvcParam::Ech(config) => config.is_empty(),
            SvcParam::NoDefaultAlpn | SvcParam::Port(_) | SvcParam::Other { .. } => false,
        };
        if empty {
            return Err(format!("the parameter {} needs a value", key_text(self.key())));
        }
        if self.value().len() > usize::from(u16::MAX) {
            return Err(format!("the value of {} is longer than 65535 bytes", key_text(self.key())));
        }
        Ok(())
    }

    /// The value as on the wire.
    fn value(&self) -> Vec<u8> {
        match self {
            SvcParam::Mandatory(keys) => keys.iter().flat_map(|key| key.to_be_bytes()).collect(),
            SvcParam::Alpn(protocols) => {
                let mut wire = Vec::new();
                for protocol in protocols {
                    // A protocol's length was checked when the parameters were put together.
                    let _ = encode_string(protocol, &mut wire);
                }
                wire
            }
            SvcParam::NoDefaultAlpn => Vec::new(),
            SvcParam::Port(port) => port.to_be_bytes().to_vec(),
            SvcParam::Ipv4Hint(addresses) => addresses.iter().flat_map(Ipv4Addr::octets).collect(),
            SvcParam::Ech(value) | SvcParam::Other { value, .. } => value.clone(),
            SvcParam::Ipv6Hint(addresses) => addresses.iter().flat_map(Ipv6Addr::octets).collect(),
        }
    }

    fn decode(key: u16, value: &[u8]) -> Option<SvcParam> {
        let mut wire = Wire(value);
        let param = match key {
            0 => SvcParam::Mandatory(repeat(&mut wire, Wire::u16)?),
            1 => SvcParam::Alpn(repeat(&mut wire, Wire::string)?),
            2 => SvcParam::NoDefaultAlpn,
            3 => SvcParam::Port(wire.u16()?),
            4 => SvcParam::Ipv4Hint(repeat(&mut wire, Ipv4Addr::decode)?),
            5 => SvcParam::Ech(wire.rest()),
            6 => SvcParam::Ipv6Hint(repeat(&mut wire, Ipv6Addr::decode)?),
            _ => SvcParam::Other { key, value: wire.rest() },
        };
        wire.0.is_empty().then_some(param)
    }

    /// Reads `key=value`, `key="value"` or `key`.
    fn read(token: &Token<'_>) -> Result<SvcParam, Fault> {
        let fail = |message: String| Fault::new(token.at, message);
        let (key, raw) = match token.raw.split_once('=') {
            Some((key, raw)) => (key, Some(raw)),
            None => (token.raw, None),
        };
        let value = Token { raw: raw.unwrap_or(""), ..*token }.bytes()?;
        let generic = key_number(key);
        let named = KEYS.iter().find(|(name, _)| *name == key).map(|(_, number)| *number);
        let number = generic.or(named).filter(|_| !token.quoted).ok_or_else(|| {
            fail(format!(
                "{} is not a service parameter: alpn=, port=, ipv4hint=, key65000= and the like were expected",
                token.shown()
            ))
        })?;
        if generic.is_some() {
            return SvcParam::decode(number, &value).ok_or_else(|| fail(format!("the value of {key} is malformed")));
        }
        let text = || std::str::from_utf8(&value).map_err(|_| fail(format!("the value of {key} is not text")));
        Ok(match number {
            0 => SvcParam::Mandatory(
                list(text()?, |item| {
                    let named = KEYS.iter().find(|(name, _)| *name == item).map(|(_, number)| *number);
                    named.or_else(|| key_number(item))
                })
                .ok_or_else(|| fail("mandatory lists names of keys, such as alpn,port".to_owned()))?,
            ),
            1 => SvcParam::Alpn(protocols(&value)),
            2 if raw.is_some() => return Err(fail("no-default-alpn takes no value".to_owned())),
            2 => SvcParam::NoDefaultAlpn,
            3 => {
                let port = digits(text()?).and_then(|port| u16::try_from(port).ok()).filter(|_| !value.is_empty());
                SvcParam::Port(port.ok_or_else(|| fail(format!("port takes a number from 0 to {}", u16::LARGEST)))?)
            }
            4 => SvcParam::Ipv4Hint(
                list(text()?, |item| item.parse().ok())
                    .ok_or_else(|| fail("ipv4hint lists IPv4 addresses with commas".to_owned()))?,
            ),
            5 => {
                SvcParam::Ech(BASE64.decode(&value).map_err(|_| fail("ech takes Base64 with its padding".to_owned()))?)
            }
            6 => SvcParam::Ipv6Hint(
                list(text()?, |item| item.parse().ok())
                    .ok_or_else(|| fail("ipv6hint lists IPv6 addresses with commas".to_owned()))?,
            ),
            _ => SvcParam::Other { key: number, value },
        })
    }
}

fn repeat<'a, T>(wire: &mut Wire<'a>, one: impl Fn(&mut Wire<'a>) -> Option<T>) -> Option<Vec<T>> {
    let mut items = Vec::new();
    while !wire.0.is_empty() {
        items.push(one(wire)?);
    }
    Some(items)
}

fn list<T>(text: &str, one: impl Fn(&str) -> Option<T>) -> Option<Vec<T>> {
    text.split(',').map(one).collect()
}

/// Cuts at commas; a comma or backslash that belongs to a protocol's name has a backslash before it.
fn protocols(value: &[u8]) -> Vec<Vec<u8>> {
    let mut protocols = vec![Vec::new()];
    let mut bytes = value.iter();
    while let Some(&byte) = bytes.next() {
        let literal = match byte {
            b',' => {
                protocols.push(Vec::new());
                continue;
            }
            b'\\' => *bytes.next().unwrap_or(&byte),
            _ => byte,
        };
        if let Some(last) = protocols.last_mut() {
            last.push(literal);
        }
    }
    protocols
}

fn key_number(key: &str) -> Option<u16> {
    let number = key.strip_prefix("key").filter(|number| !number.is_empty())?;
    digits(number).and_then(|number| u16::try_from(number).ok())
}

fn key_text(key: u16) -> String {
    let named = KEYS.iter().find(|(_, number)| *number == key).filter(|_| key <= 6);
    named.map_or_else(|| format!("key{key}"), |(name, _)| (*name).to_owned())
}

fn commas<T: fmt::Display>(items: &[T]) -> String {
    items.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
}

impl fmt::Display for SvcParam {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = key_text(self.key());
        match self {
            SvcParam::Mandatory(keys) => {
                let keys: Vec<String> = keys.iter().map(|key| key_text(*key)).collect();
                write!(formatter, "{key}={}", keys.join(","))
            }
            SvcParam::Alpn(protocols) => {
                let mut joined = Vec::new();
                for (index, protocol) in protocols.iter().enumerate() {
                    if index > 0 {
                        joined.push(b',');
                    }
                    for &byte in protocol {
                        if matches!(byte, b',' | b'\\') {
                            joined.push(b'\\');
                        }
                        joined.push(byte);
                    }
                }
                write!(formatter, "{key}={}", quoted(&joined))
            }
            SvcParam::NoDefaultAlpn => formatter.write_str(&key),
            SvcParam::Port(port) => write!(formatter, "{key}={port}"),
            SvcParam::Ipv4Hint(addresses) => write!(formatter, "{key}={}", commas(addresses)),
            SvcParam::Ech(config) => write!(formatter, "{key}={}", quoted(BASE64.encode(config).as_bytes())),
            SvcParam::Ipv6Hint(addresses) => write!(formatter, "{key}={}", commas(addresses)),
            SvcParam::Other { value, .. } if value.is_empty() => formatter.write_str(&key),
            SvcParam::Other { value, .. } => write!(formatter, "{key}={}", quoted(value)),
        }
    }
}

impl fmt::Display for Svcb {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.priority, self.target)?;
        self.params.iter().try_for_each(|param| write!(formatter, " {param}"))
    }
}

impl Rdata for Svcb {
    fn read(fields: &mut Fields<'_>) -> Result<Self, Fault> {
        let priority = fields.number("the priority")?;
        let target = fields.name("the target name")?;
        let mut params = Vec::new();
        let at = fields.peek().map(|token| token.at);
        while let Some(token) = fields.next() {
            params.push(SvcParam::read(token)?);
        }
        let params = SvcParams::checked(params).map_err(|message| Fault::new(at.unwrap_or(0), message))?;
        match at {
            Some(at) if priority == 0 => {
                Err(Fault::new(at, "a record of priority 0 is an alias and takes no parameters"))
            }
            _ => Ok(Svcb { priority, target, params }),
        }
    }

    fn decode(wire: &mut Wire<'_>) -> Option<Self> {
        let (priority, target) = (wire.u16()?, wire.name()?);
        let params = repeat(wire, |wire| {
            let (key, length) = (wire.u16()?, wire.u16()?);
            SvcParam::decode(key, wire.take(length.into())?)
        })?;
        let ascending = params.windows(2).all(|pair| pair[0].key() < pair[1].key());
        let params =
            SvcParams::checked(params).ok().filter(|params| ascending && (priority > 0 || params.0.is_empty()))?;
        Some(Svcb { priority, target, params })
    }

    fn encode(&self, wire: &mut Vec<u8>) -> Option<()> {
        wire.extend(self.priority.to_be_bytes());
        self.target.encode(wire)?;
        self.params.iter().try_for_each(|param| {
            let value = param.value();
            wire.extend(param.key().to_be_bytes());
            wire.extend(u16::try_from(value.len()).ok()?.to_be_bytes());
            wire.extend(value);
            Some(())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dns::RecordData;

    fn read(text: &str) -> Result<String, String> {
        let data = RecordData::parse(&RecordType::Https, text, &Name::parse("example.org").unwrap());
        data.map(|data| data.to_string()).map_err(|error| error.to_string())
    }

    #[test]
    fn params_come_in_order() {
        assert_eq!(
            read(r#"1 . ipv6hint=2001:db8::1 key65000="a b" port=443 alpn=h2,h3 mandatory=port,alpn no-default-alpn ech="AQI=" key7=/q"#).unwrap(),
            r#"1 . mandatory=alpn,port alpn="h2,h3" no-default-alpn port=443 ech="AQI=" ipv6hint=2001:db8::1 key7="/q" key65000="a b""#
        );
        assert_eq!(read("0 www").unwrap(), "0 www.example.org.");
        assert_eq!(read(r"1 . key3=\001\187 key65001").unwrap(), "1 . port=443 key65001");
        // The protocols "f\oo,bar" and "h2".
        assert_eq!(read(r#"1 . alpn="f\\\\oo\\,bar,h2""#).unwrap(), r#"1 . alpn="f\\\\oo\\,bar,h2""#);
    }

    #[test]
    fn says_what_is_wrong() {
        for (text, message) in [
            ("1 . port=1 port=2", "port is given twice"),
            ("1 . key3=\\000\\001 port=2", "port is given twice"),
            ("1 . mandatory=port", "which is not given"),
            ("1 . mandatory=mandatory", "may not list itself"),
            ("1 . mandatory=port,port port=1", "lists port twice"),
            ("1 . mandatory=wrong port=1", "mandatory lists names"),
            ("1 . no-default-alpn", "needs the parameter alpn"),
            ("1 . no-default-alpn=1 alpn=h2", "takes no value"),
            ("1 . alpn=", "between 1 and 255"),
            ("1 . port=", "port takes a number"),
            ("1 . port=65536", "port takes a number"),
            ("1 . ipv4hint=::1", "IPv4 addresses"),
            ("1 . ech=???", "Base64"),
            ("1 . key3=abc", "key3 is malformed"),
            ("1 . key65536=1", "is not a service parameter"),
            ("1 . \"alpn=h2\"", "is not a service parameter"),
            ("0 . alpn=h2", "alias"),
        ] {
            let error = read(text).unwrap_err();
            assert!(error.contains(message), "{text}: {error}");
        }
        let twice = [SvcParam::Port(1), SvcParam::Port(2)];
        assert!(SvcParams::new(twice).unwrap_err().to_string().contains("twice"));
        let typed = SvcParams::new([SvcParam::Other { key: 3, value: vec![1, 187] }]).unwrap();
        assert_eq!(typed.get(3), Some(&SvcParam::Port(443)));
    }
}
