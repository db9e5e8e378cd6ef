//! Types that are not taken apart.

use std::fmt;

use data_encoding::HEXUPPER;

use super::fields::{Fields, digits, name_of, quoted};
use crate::dns::record::RecordType;
use crate::dns::token::{Fault, Token};

/// Data of a type that is not taken apart here: its text with absolute names, or its bytes.
///
/// The text and the bytes of the same data are not equal, since only the type's own rules could tell.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Opaque {
    record_type: RecordType,
    form: Form,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Form {
    Text(String),
    Wire(Vec<u8>),
}

impl Opaque {
    /// The type of the record.
    pub fn record_type(&self) -> &RecordType {
        &self.record_type
    }

    /// The wire format, if that is how the data was given.
    pub fn wire(&self) -> Option<&[u8]> {
        match &self.form {
            Form::Text(_) => None,
            Form::Wire(wire) => Some(wire),
        }
    }

    pub(super) fn from_bytes(record_type: RecordType, wire: Vec<u8>) -> Opaque {
        Opaque { record_type, form: Form::Wire(wire) }
    }

    pub(super) fn read(record_type: &RecordType, fields: &mut Fields<'_>) -> Result<Opaque, Fault> {
        let mnemonic = record_type.as_str();
        let first = match fields.peek() {
            None if mnemonic == "APL" => {
                return Ok(Opaque { record_type: record_type.clone(), form: Form::Text(String::new()) });
            }
            _ => fields.token("the record's data")?,
        };
        if mnemonic.strip_prefix("TYPE").is_some_and(|number| digits(number).is_some()) {
            let message = format!("data of {mnemonic} must be given as `\\#`, its length and hexadecimal digits");
            return Err(Fault::new(first.at, message));
        }
        let origin = fields.origin();
        let mut tokens = vec![*first];
        tokens.extend(std::iter::from_fn(|| fields.next().copied()));
        let mut text = String::new();
        for (index, token) in tokens.iter().enumerate() {
            let bytes = token.bytes()?;
            if index > 0 {
                text.push(' ');
            }
            if token.quoted {
                text.push_str(&quoted(&bytes));
            } else if holds_name(mnemonic, index, &tokens) {
                text.push_str(&name_of(token, "a domain name", origin)?.to_string());
            } else {
                text.push_str(token.raw);
            }
        }
        Ok(Opaque { record_type: record_type.clone(), form: Form::Text(text) })
    }
}

impl fmt::Display for Opaque {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.form {
            Form::Text(text) => formatter.write_str(text),
            Form::Wire(wire) if wire.is_empty() => formatter.write_str("\\# 0"),
            Form::Wire(wire) => write!(formatter, "\\# {} {}", wire.len(), HEXUPPER.encode(wire)),
        }
    }
}

/// Which fields of the types kept as text are names, so that relative ones can be made absolute.
fn holds_name(mnemonic: &str, index: usize, tokens: &[Token<'_>]) -> bool {
    // What a gateway is, a name or an address, stands in a field before it.
    let gateway_is_name = || tokens.get(1).is_some_and(|kind| kind.raw == "3");
    match (mnemonic, index) {
        ("ANAME" | "DNAME" | "MB" | "MD" | "MF" | "MG" | "MR" | "NSEC", 0)
        | ("MINFO" | "RP" | "TALINK", 0 | 1)
        | ("AFSDB" | "KX" | "LP" | "RT", 1)
        | ("PX", 1 | 2)
        | ("RRSIG" | "SIG", 7)
        | ("HIP", 3..) => true,
        ("IPSECKEY", 3) => gateway_is_name(),
        ("AMTRELAY", 3) => tokens.get(2).is_some_and(|kind| kind.raw == "3"),
        _ => false,
    }
}
