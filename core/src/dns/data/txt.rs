//! Text.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};

use super::DataError;
use super::fields::{Fields, Rdata, Wire, encode_string, quote};
use crate::dns::record::RecordType;
use crate::dns::token::Fault;

const LONGEST: usize = 65_535;

/// The strings of a TXT record, each of at most 255 bytes.
///
/// Two texts are equal if they are the same once joined: where a provider cuts long texts into strings is its
/// own affair.
///
/// ```
/// use howdah_core::dns::Txt;
///
/// let long = Txt::from_bytes("v=DKIM1; p=".repeat(40));
/// assert_eq!(long.strings().count(), 2);
/// assert_eq!(Txt::from_strings(["v=spf1 ", "-all"])?, Txt::from_bytes("v=spf1 -all"));
/// # Ok::<(), howdah_core::dns::DataError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Txt(Vec<Vec<u8>>);

impl Txt {
    /// A text of any length, cut into strings of 255 bytes.
    pub fn from_bytes(bytes: impl AsRef<[u8]>) -> Txt {
        let bytes = bytes.as_ref();
        if bytes.is_empty() {
            return Txt(vec![Vec::new()]);
        }
        Txt(bytes.chunks(255).map(<[u8]>::to_vec).collect())
    }

    /// The strings as they are: at least one, each of at most 255 bytes.
    pub fn from_strings<I, S>(strings: I) -> Result<Txt, DataError>
    where
        I: IntoIterator<Item = S>,
        S: AsRef<[u8]>,
    {
        let strings: Vec<Vec<u8>> = strings.into_iter().map(|string| string.as_ref().to_vec()).collect();
        if strings.is_empty() {
            return Err(DataError::new(RecordType::Txt, "a text has at least one string, even if that is empty"));
        }
        if let Some(index) = strings.iter().position(|string| string.len() > 255) {
            let length = strings[index].len();
            let message = format!("string {} has {length} bytes and may have at most 255", index + 1);
            return Err(DataError::new(RecordType::Txt, message));
        }
        let txt = Txt(strings);
        match txt.wire_length() {
            0..=LONGEST => Ok(txt),
            length => Err(DataError::new(RecordType::Txt, too_long(length))),
        }
    }

    /// The strings in order.
    pub fn strings(&self) -> impl ExactSizeIterator<Item = &[u8]> {
        self.0.iter().map(Vec::as_slice)
    }

    /// The strings joined, which is what readers of TXT records look at.
    pub fn concat(&self) -> Vec<u8> {
        self.0.concat()
    }

    fn bytes(&self) -> impl Iterator<Item = &u8> {
        self.0.iter().flatten()
    }

    fn wire_length(&self) -> usize {
        self.0.iter().map(|string| string.len() + 1).sum()
    }
}

fn too_long(length: usize) -> String {
    format!("the text takes {length} bytes on the wire and may take at most {LONGEST}")
}

impl PartialEq for Txt {
    fn eq(&self, other: &Self) -> bool {
        self.bytes().eq(other.bytes())
    }
}

impl Eq for Txt {}

impl PartialOrd for Txt {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Txt {
    fn cmp(&self, other: &Self) -> Ordering {
        self.bytes().cmp(other.bytes())
    }
}

impl Hash for Txt {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.concat().hash(state);
    }
}

impl fmt::Display for Txt {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, string) in self.0.iter().enumerate() {
            if index > 0 {
                formatter.write_str(" ")?;
            }
            quote(string, formatter)?;
        }
        Ok(())
    }
}

impl Rdata for Txt {
    /// A string of more than 255 bytes, as several providers export it, is cut instead of refused.
    fn read(fields: &mut Fields<'_>) -> Result<Self, Fault> {
        let first = fields.token("a string")?;
        let mut strings = Txt::from_bytes(first.bytes()?).0;
        while let Some(token) = fields.next() {
            strings.extend(Txt::from_bytes(token.bytes()?).0);
        }
        let txt = Txt(strings);
        match txt.wire_length() {
            0..=LONGEST => Ok(txt),
            length => Err(Fault::new(first.at, too_long(length))),
        }
    }

    fn decode(wire: &mut Wire<'_>) -> Option<Self> {
        let mut strings = vec![wire.string()?];
        while !wire.0.is_empty() {
            strings.push(wire.string()?);
        }
        Some(Txt(strings))
    }

    fn encode(&self, wire: &mut Vec<u8>) -> Option<()> {
        self.0.iter().try_for_each(|string| encode_string(string, wire))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::dns::{Name, RecordData};

    #[test]
    fn cuts_and_joins() {
        for length in [0, 1, 254, 255, 256, 510, 511, 1000] {
            let txt = Txt::from_bytes(vec![b'x'; length]);
            assert_eq!(txt.strings().count(), length.div_ceil(255).max(1));
            assert_eq!(txt.concat().len(), length);
        }
        assert!(Txt::from_strings(Vec::<&[u8]>::new()).is_err());
        assert!(Txt::from_strings([vec![0; 256]]).unwrap_err().to_string().contains("256 bytes"));
        assert!(Txt::from_strings(vec![vec![0; 255]; 257]).unwrap_err().to_string().contains("65792"));
    }

    proptest! {
        #[test]
        fn any_bytes_round_trip(strings in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..300), 1..4)) {
            let joined = strings.concat();
            let txt = Txt::from_bytes(&joined);
            prop_assert_eq!(txt.concat(), joined);
            let text = txt.to_string();
            let back = RecordData::parse(&RecordType::Txt, &text, &Name::root()).unwrap();
            prop_assert_eq!(back, RecordData::Txt(txt.clone()));
            if let Ok(cut) = Txt::from_strings(&strings) {
                prop_assert_eq!(&cut, &txt);
                prop_assert_eq!(cut.cmp(&txt), Ordering::Equal);
            }
        }
    }
}
