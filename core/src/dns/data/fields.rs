//! What every record type's reader and writer needs: fields of presentation format and of wire format.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use data_encoding::{BASE64, HEXUPPER_PERMISSIVE};

use crate::dns::name::Name;
use crate::dns::token::{Fault, Token};

/// Data of one type in its two formats; `Display` is the presentation format.
pub(crate) trait Rdata: Sized + fmt::Display {
    fn read(fields: &mut Fields<'_>) -> Result<Self, Fault>;
    fn decode(wire: &mut Wire<'_>) -> Option<Self>;
    /// None if the data does not fit into the wire format.
    fn encode(&self, wire: &mut Vec<u8>) -> Option<()>;
}

/// The fields of one record's data in presentation format.
pub(crate) struct Fields<'a> {
    tokens: &'a [Token<'a>],
    end: usize,
    origin: &'a Name,
}

impl<'a> Fields<'a> {
    pub(crate) fn new(tokens: &'a [Token<'a>], end: usize, origin: &'a Name) -> Self {
        Fields { tokens, end, origin }
    }

    pub(crate) fn origin(&self) -> &'a Name {
        self.origin
    }

    pub(crate) fn peek(&self) -> Option<&'a Token<'a>> {
        self.tokens.first()
    }

    pub(crate) fn next(&mut self) -> Option<&'a Token<'a>> {
        let (first, rest) = self.tokens.split_first()?;
        self.tokens = rest;
        Some(first)
    }

    pub(crate) fn token(&mut self, what: &str) -> Result<&'a Token<'a>, Fault> {
        let end = self.end;
        self.next().ok_or_else(|| Fault::new(end, format!("{what} was expected, but the record ends here")))
    }

    pub(crate) fn finish(&self) -> Result<(), Fault> {
        match self.peek() {
            None => Ok(()),
            Some(extra) => Err(Fault::new(extra.at, format!("the record should end before {}", extra.shown()))),
        }
    }

    pub(crate) fn name(&mut self, what: &str) -> Result<Name, Fault> {
        let token = self.token(what)?;
        name_of(token, what, self.origin)
    }

    pub(crate) fn number<N: TryFrom<u64> + Bounded>(&mut self, what: &str) -> Result<N, Fault> {
        self.number_or(what, &[])
    }

    /// A number, or one of the mnemonics that stand for numbers.
    pub(crate) fn number_or<N: TryFrom<u64> + Bounded>(
        &mut self,
        what: &str,
        mnemonics: &[(&str, u64)],
    ) -> Result<N, Fault> {
        let token = self.token(what)?;
        let mnemonic = mnemonics.iter().find(|(mnemonic, _)| mnemonic.eq_ignore_ascii_case(token.raw));
        let value = mnemonic.map_or_else(|| digits(token.raw), |(_, value)| Some(*value));
        value.and_then(|value| N::try_from(value).ok()).ok_or_else(|| {
            let largest = N::LARGEST;
            Fault::new(
                token.at,
                format!("{} is not {what}: a whole number from 0 to {largest} was expected", token.shown()),
            )
        })
    }

    /// A time in seconds, or with units.
    pub(crate) fn seconds(&mut self, what: &str) -> Result<u32, Fault> {
        let token = self.token(what)?;
        seconds(token.raw).ok_or_else(|| {
            Fault::new(
                token.at,
                format!("{} is not {what}: seconds, or a time such as 1h30m or 10d, were expected", token.shown()),
            )
        })
    }

    pub(crate) fn address<A: FromStr>(&mut self, what: &str) -> Result<A, Fault> {
        let token = self.token(what)?;
        token.raw.parse().map_err(|_| Fault::new(token.at, format!("{} is not {what}", token.shown())))
    }

    /// A string of at most 255 bytes.
    pub(crate) fn string(&mut self, what: &str) -> Result<Vec<u8>, Fault> {
        let token = self.token(what)?;
        let bytes = token.bytes()?;
        match bytes.len() {
            0..=255 => Ok(bytes),
            length => Err(Fault::new(token.at, format!("{what} has {length} bytes and may have at most 255"))),
        }
    }

    /// A string of any length.
    pub(crate) fn long_string(&mut self, what: &str) -> Result<Vec<u8>, Fault> {
        self.token(what)?.bytes()
    }

    /// Hexadecimal digits up to the end, white space allowed within.
    pub(crate) fn hex(&mut self, what: &str) -> Result<Vec<u8>, Fault> {
        let (at, joined) = self.joined(what)?;
        HEXUPPER_PERMISSIVE.decode(joined.as_bytes()).map_err(|_| {
            Fault::new(at, format!("{what} is malformed: pairs of hexadecimal digits were expected up to the end"))
        })
    }

    /// Base64 up to the end, white space allowed within.
    pub(crate) fn base64(&mut self, what: &str) -> Result<Vec<u8>, Fault> {
        let (at, joined) = self.joined(what)?;
        BASE64.decode(joined.as_bytes()).map_err(|_| {
            Fault::new(at, format!("{what} is malformed: Base64 with its padding was expected up to the end"))
        })
    }

    fn joined(&mut self, what: &str) -> Result<(usize, String), Fault> {
        let first = self.token(what)?;
        let mut joined = first.raw.to_owned();
        while let Some(token) = self.next() {
            joined.push_str(token.raw);
        }
        Ok((first.at, joined))
    }
}

pub(crate) fn name_of(token: &Token<'_>, what: &str, origin: &Name) -> Result<Name, Fault> {
    if token.quoted {
        return Err(Fault::new(token.at, format!("{what} was expected, and names are written without quotes")));
    }
    Name::parse_in(token.raw, origin).map_err(|error| Fault::new(token.at, format!("{what} was expected: {error}")))
}

/// The largest value of an integer type, for messages.
pub(crate) trait Bounded {
    const LARGEST: u64;
}

impl Bounded for u8 {
    const LARGEST: u64 = 0xff;
}

impl Bounded for u16 {
    const LARGEST: u64 = 0xffff;
}

impl Bounded for u32 {
    const LARGEST: u64 = 0xffff_ffff;
}

/// A number of digits alone: no sign.
pub(crate) fn digits(text: &str) -> Option<u64> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

/// A time: seconds without a unit, or numbers with the units w, d, h, m, s in any case.
pub(crate) fn seconds(text: &str) -> Option<u32> {
    if !text.starts_with(|first: char| first.is_ascii_digit()) {
        return None;
    }
    if let Some(seconds) = digits(text) {
        return u32::try_from(seconds).ok();
    }
    let mut total: u64 = 0;
    let mut rest = text;
    while !rest.is_empty() {
        let (number, after) = rest.split_at(rest.find(|next: char| !next.is_ascii_digit())?);
        let unit = match after.as_bytes().first()?.to_ascii_lowercase() {
            b'w' => 604_800,
            b'd' => 86_400,
            b'h' => 3_600,
            b'm' => 60,
            b's' => 1,
            _ => return None,
        };
        total = total.checked_add(number.parse::<u64>().ok()?.checked_mul(unit)?)?;
        rest = &after[1..];
    }
    u32::try_from(total).ok()
}

/// Writes a string in quotes, everything outside printable ASCII as `\DDD`.
pub(crate) fn quote(bytes: &[u8], out: &mut impl fmt::Write) -> fmt::Result {
    out.write_char('"')?;
    for &byte in bytes {
        match byte {
            b'"' | b'\\' => {
                out.write_char('\\')?;
                out.write_char(char::from(byte))?;
            }
            0x20..=0x7e => out.write_char(char::from(byte))?,
            _ => write!(out, "\\{byte:03}")?,
        }
    }
    out.write_char('"')
}

/// A string in quotes, for use in format strings.
pub(crate) fn quoted(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() + 2);
    // Writing to a String cannot fail.
    let _ = quote(bytes, &mut text);
    text
}

/// Appends a string with its length before it.
pub(crate) fn encode_string(bytes: &[u8], wire: &mut Vec<u8>) -> Option<()> {
    wire.push(u8::try_from(bytes.len()).ok()?);
    wire.extend_from_slice(bytes);
    Some(())
}

/// A record's data in wire format, read from the front. Names are not compressed.
pub(crate) struct Wire<'a>(pub(crate) &'a [u8]);

impl<'a> Wire<'a> {
    pub(crate) fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    pub(crate) fn rest(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.0).to_vec()
    }

    pub(crate) fn u8(&mut self) -> Option<u8> {
        self.take(1).map(|bytes| bytes[0])
    }

    pub(crate) fn u16(&mut self) -> Option<u16> {
        Some(u16::from_be_bytes(self.take(2)?.try_into().ok()?))
    }

    pub(crate) fn u32(&mut self) -> Option<u32> {
        Some(u32::from_be_bytes(self.take(4)?.try_into().ok()?))
    }

    pub(crate) fn string(&mut self) -> Option<Vec<u8>> {
        let length = self.u8()?;
        self.take(length.into()).map(<[u8]>::to_vec)
    }

    pub(crate) fn name(&mut self) -> Option<Name> {
        let mut labels = Vec::new();
        loop {
            match self.u8()? {
                0 => return Name::from_labels(labels).ok(),
                length => labels.push(self.take(length.into())?),
            }
        }
    }
}

impl Rdata for Name {
    fn read(fields: &mut Fields<'_>) -> Result<Self, Fault> {
        fields.name("a domain name")
    }

    fn decode(wire: &mut Wire<'_>) -> Option<Self> {
        wire.name()
    }

    fn encode(&self, wire: &mut Vec<u8>) -> Option<()> {
        wire.extend_from_slice(self.wire());
        Some(())
    }
}

impl Rdata for Ipv4Addr {
    fn read(fields: &mut Fields<'_>) -> Result<Self, Fault> {
        fields.address("an IPv4 address (such as 192.0.2.1)")
    }

    fn decode(wire: &mut Wire<'_>) -> Option<Self> {
        wire.u32().map(Ipv4Addr::from)
    }

    fn encode(&self, wire: &mut Vec<u8>) -> Option<()> {
        wire.extend_from_slice(&self.octets());
        Some(())
    }
}

impl Rdata for Ipv6Addr {
    fn read(fields: &mut Fields<'_>) -> Result<Self, Fault> {
        fields.address("an IPv6 address (such as 2001:db8::1)")
    }

    fn decode(wire: &mut Wire<'_>) -> Option<Self> {
        let octets: [u8; 16] = wire.take(16)?.try_into().ok()?;
        Some(Ipv6Addr::from(octets))
    }

    fn encode(&self, wire: &mut Vec<u8>) -> Option<()> {
        wire.extend_from_slice(&self.octets());
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_units() {
        for (text, expected) in [
            ("0", Some(0)),
            ("007", Some(7)),
            ("1h30m", Some(5400)),
            ("10D", Some(864_000)),
            ("2w", Some(1_209_600)),
            ("1w2d3h4m5s", Some(788_645)),
            ("4294967295", Some(u32::MAX)),
            ("4294967296", None),
            ("9999999999999999999w", None),
            ("1h30", None),
            ("h", None),
            ("1hh", None),
            ("", None),
            ("-1", None),
            ("1é", None),
        ] {
            assert_eq!(seconds(text), expected, "{text}");
        }
    }
}
