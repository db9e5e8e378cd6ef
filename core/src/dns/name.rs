//! Domain names: absolute, lower-case, checked once and then known to be right.

use std::cmp::Ordering;
use std::fmt;
use std::fmt::Write as _;
use std::str::FromStr;
use std::sync::Arc;

use idna::AsciiDenyList;
use idna::uts46::{DnsLength, Hyphens, Uts46};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

const MAX_LABEL: usize = 63;
const MAX_WIRE: usize = 255;

/// A domain name: absolute, in lower case, every label between 1 and 63 bytes, at most 255 bytes on the wire.
///
/// Labels may hold any byte, as in DNS itself, so `_sip+d2t._tcp` and `*` are names too. Names are ordered
/// the way DNSSEC orders them: by label from the right, a parent before its children.
///
/// ```
/// use howdah_core::dns::Name;
///
/// let zone = Name::parse("Example.org")?;
/// let name = zone.child("_dmarc")?;
/// assert_eq!(name.to_string(), "_dmarc.example.org.");
/// assert_eq!(name.relative_to(&zone).as_deref(), Some("_dmarc"));
/// assert_eq!(Name::parse("bücher.example")?.to_string(), "xn--bcher-kva.example.");
/// # Ok::<(), howdah_core::dns::NameError>(())
/// ```
// The uncompressed wire form with its final zero byte, so that equality and hashing look at one slice.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Name(Arc<[u8]>);

/// Why a text or a list of labels is not a domain name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("\"{name}\" is not a domain name: {reason}")]
pub struct NameError {
    name: String,
    reason: Reason,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
enum Reason {
    #[error("it is empty (the root is written \".\")")]
    Empty,
    #[error("label {0} is empty (two dots in a row, or a dot at the start)")]
    EmptyLabel(usize),
    #[error("label {label} has {length} bytes and a label may have at most 63")]
    LongLabel { label: usize, length: usize },
    #[error("it takes {0} bytes on the wire and a name may take at most 255")]
    LongName(usize),
    #[error("label {0} ends in an unfinished escape: a backslash is followed by a character or by three digits")]
    UnfinishedEscape(usize),
    #[error("label {label} has the escape \\{digits}: three digits up to 255 were expected after the backslash")]
    BadEscape { label: usize, digits: String },
    #[error("label {label} has the character {found:?}; if it is meant, write it as \\{code:03}")]
    BadCharacter { label: usize, found: char, code: u32 },
    #[error("label {0} is not a valid internationalised label (IDNA)")]
    Idna(usize),
    #[error("label {0} has both escapes and characters outside ASCII: write its A-label (xn--...)")]
    MixedEscapes(usize),
}

impl NameError {
    fn new(name: impl Into<String>, reason: Reason) -> Self {
        let mut name: String = name.into();
        if name.chars().count() > 120 {
            name = name.chars().take(120).chain(['…']).collect();
        }
        NameError { name, reason }
    }

    /// What is wrong, without repeating the name.
    pub fn reason(&self) -> String {
        self.reason.to_string()
    }
}

impl Name {
    /// The root of the name space, written `.`.
    pub fn root() -> Name {
        Name(Arc::from([0].as_slice()))
    }

    /// Reads a name in presentation format; with or without the final dot it is taken as absolute.
    ///
    /// Understands the escapes `\DDD` (decimal) and `\X`, and converts labels with characters outside ASCII to
    /// A-labels.
    pub fn parse(text: &str) -> Result<Name, NameError> {
        if text == "." {
            return Ok(Name::root());
        }
        let mut wire = Vec::with_capacity(text.len() + 2);
        push_labels(text, &mut wire)?;
        finish(wire, || text.to_owned())
    }

    /// Reads a name by the rules of zone files: `@` is the origin, and a name without a final dot is below the origin.
    pub fn parse_in(text: &str, origin: &Name) -> Result<Name, NameError> {
        if text == "@" {
            return Ok(origin.clone());
        }
        if text == "." {
            return Ok(Name::root());
        }
        let mut wire = Vec::with_capacity(text.len() + origin.0.len() + 1);
        if push_labels(text, &mut wire)? {
            return finish(wire, || text.to_owned());
        }
        wire.extend_from_slice(&origin.0[..origin.0.len() - 1]);
        finish(wire, || format!("{text}.{origin}"))
    }

    /// Makes a name of labels, the leftmost first; a label may hold any bytes.
    pub fn from_labels<I, L>(labels: I) -> Result<Name, NameError>
    where
        I: IntoIterator<Item = L>,
        L: AsRef<[u8]>,
    {
        let mut wire = Vec::new();
        for (index, label) in labels.into_iter().enumerate() {
            push_label(label.as_ref(), index + 1, &mut wire)
                .map_err(|reason| NameError::new(String::from_utf8_lossy(label.as_ref()), reason))?;
        }
        finish(wire, String::new)
    }

    /// The labels from left to right, without the root's empty one.
    pub fn labels(&self) -> impl DoubleEndedIterator<Item = &[u8]> + ExactSizeIterator {
        Labels::new(&self.0)
    }

    /// Whether this is the root.
    pub fn is_root(&self) -> bool {
        self.0.len() == 1
    }

    /// Whether the leftmost label is `*`.
    pub fn is_wildcard(&self) -> bool {
        self.0.starts_with(b"\x01*")
    }

    /// Whether this is `zone` itself or a name below it.
    pub fn is_within(&self, zone: &Name) -> bool {
        self.boundary(zone).is_some()
    }

    /// The name without its leftmost label; none for the root.
    pub fn parent(&self) -> Option<Name> {
        let first = usize::from(*self.0.first()?);
        (first > 0).then(|| Name(Arc::from(&self.0[first + 1..])))
    }

    /// The name below this one, `label` being one label or several with dots, in presentation format.
    pub fn child(&self, label: &str) -> Result<Name, NameError> {
        let mut wire = Vec::with_capacity(label.len() + self.0.len() + 1);
        push_labels(label, &mut wire)?;
        wire.extend_from_slice(&self.0[..self.0.len() - 1]);
        finish(wire, || format!("{label}.{self}"))
    }

    /// The part of the name to the left of `zone`: empty at the apex, without a final dot, none outside of the zone.
    pub fn relative_to(&self, zone: &Name) -> Option<String> {
        self.boundary(zone).map(|end| presentation(&self.0[..end]))
    }

    /// The absolute name without its final dot, as most providers' APIs want it; `.` for the root.
    pub fn to_fqdn_without_dot(&self) -> String {
        if self.is_root() { ".".to_owned() } else { presentation(&self.0[..self.0.len() - 1]) }
    }

    /// The name for people's eyes: A-labels as Unicode where they convert back to the same, no final dot.
    pub fn to_unicode(&self) -> String {
        if self.is_root() {
            return ".".to_owned();
        }
        let mut text = String::new();
        for label in self.labels() {
            if !text.is_empty() {
                text.push('.');
            }
            let shown = std::str::from_utf8(label).ok().filter(|label| label.starts_with("xn--")).and_then(|ascii| {
                let (unicode, result) = Uts46::new().to_unicode(ascii.as_bytes(), AsciiDenyList::EMPTY, Hyphens::Allow);
                let back = to_a_label(&unicode);
                (result.is_ok() && back.as_deref() == Some(ascii)).then(|| unicode.into_owned())
            });
            match shown {
                Some(unicode) => text.push_str(&unicode),
                None => push_presentation(label, &mut text),
            }
        }
        text
    }

    /// The uncompressed wire form, in lower case, with the root's final zero byte.
    pub fn to_wire(&self) -> Vec<u8> {
        self.0.to_vec()
    }

    pub(crate) fn wire(&self) -> &[u8] {
        &self.0
    }

    /// Where in the wire form `zone` begins, if this name is within it.
    fn boundary(&self, zone: &Name) -> Option<usize> {
        let at = self.0.len().checked_sub(zone.0.len())?;
        if self.0[at..] != zone.0[..] {
            return None;
        }
        // The bytes may agree in the middle of a label, so the boundary must be one between labels.
        let mut position = 0;
        while position < at {
            position += usize::from(self.0[position]) + 1;
        }
        (position == at).then_some(at)
    }
}

impl PartialOrd for Name {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Name {
    fn cmp(&self, other: &Self) -> Ordering {
        // Names that are compared are mostly of one zone, so siblings take the short way.
        let (mine, others) = (usize::from(self.0[0]) + 1, usize::from(other.0[0]) + 1);
        if mine > 1 && others > 1 && self.0[mine..] == other.0[others..] {
            return self.0[1..mine].cmp(&other.0[1..others]);
        }
        self.labels().rev().cmp(other.labels().rev())
    }
}

impl fmt::Display for Name {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_root() {
            return formatter.pad(".");
        }
        let mut text = presentation(&self.0[..self.0.len() - 1]);
        text.push('.');
        formatter.pad(&text)
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "\"{self}\"")
    }
}

impl FromStr for Name {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Name::parse(text)
    }
}

impl TryFrom<&str> for Name {
    type Error = NameError;

    fn try_from(text: &str) -> Result<Self, Self::Error> {
        Name::parse(text)
    }
}

impl Serialize for Name {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Name::parse(&text).map_err(serde::de::Error::custom)
    }
}

/// An iterator that can go both ways, which the wire form alone cannot: it finds where labels begin in advance.
struct Labels<'a> {
    wire: &'a [u8],
    starts: [u8; 128],
    front: usize,
    back: usize,
}

impl<'a> Labels<'a> {
    fn new(wire: &'a [u8]) -> Self {
        let mut labels = Labels { wire, starts: [0; 128], front: 0, back: 0 };
        let mut position: u8 = 0;
        while wire[usize::from(position)] != 0 {
            labels.starts[labels.back] = position;
            labels.back += 1;
            position += wire[usize::from(position)] + 1;
        }
        labels
    }

    fn label(&self, index: usize) -> &'a [u8] {
        let start = usize::from(self.starts[index]);
        &self.wire[start + 1..=start + usize::from(self.wire[start])]
    }
}

impl<'a> Iterator for Labels<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<Self::Item> {
        (self.front < self.back).then(|| {
            self.front += 1;
            self.label(self.front - 1)
        })
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = self.back - self.front;
        (left, Some(left))
    }
}

impl DoubleEndedIterator for Labels<'_> {
    fn next_back(&mut self) -> Option<Self::Item> {
        (self.front < self.back).then(|| {
            self.back -= 1;
            self.label(self.back)
        })
    }
}

impl ExactSizeIterator for Labels<'_> {}

/// Appends the labels of a presentation text; says whether the text ended in a dot.
fn push_labels(text: &str, wire: &mut Vec<u8>) -> Result<bool, NameError> {
    let fail = |reason| NameError::new(text, reason);
    if text.is_empty() {
        return Err(fail(Reason::Empty));
    }
    let mut number = 1;
    let mut label: Vec<u8> = Vec::with_capacity(MAX_LABEL);
    let mut escaped = false;
    let mut characters = text.chars();
    loop {
        let next = characters.next();
        match next {
            None | Some('.') => {
                if next.is_none() && label.is_empty() && number > 1 {
                    return Ok(true);
                }
                let done = if label.is_ascii() || escaped {
                    push_label(&label, number, wire)
                } else {
                    push_u_label(&label, number, wire)
                };
                done.map_err(fail)?;
                if next.is_none() {
                    return Ok(false);
                }
                label.clear();
                escaped = false;
                number += 1;
            }
            Some('\\') => {
                if !escaped && !label.is_ascii() {
                    return Err(fail(Reason::MixedEscapes(number)));
                }
                escaped = true;
                label.push(escape(&mut characters, number).map_err(fail)?);
            }
            Some(found) if found.is_ascii_graphic() => label.push(found.to_ascii_lowercase() as u8),
            Some(found) if found.is_ascii() => {
                return Err(fail(Reason::BadCharacter { label: number, found, code: u32::from(found) }));
            }
            Some(found) => {
                if escaped {
                    return Err(fail(Reason::MixedEscapes(number)));
                }
                label.extend_from_slice(found.encode_utf8(&mut [0; 4]).as_bytes());
            }
        }
    }
}

/// Reads what follows a backslash.
fn escape(characters: &mut std::str::Chars<'_>, label: usize) -> Result<u8, Reason> {
    let unfinished = Reason::UnfinishedEscape(label);
    let first = characters.next().ok_or(unfinished.clone())?;
    if !first.is_ascii_digit() {
        return u8::try_from(first).ok().filter(u8::is_ascii).ok_or(Reason::MixedEscapes(label));
    }
    let digits: String = [Some(first), characters.next(), characters.next()].into_iter().flatten().collect();
    if digits.chars().count() < 3 {
        return Err(unfinished);
    }
    let value = digits.chars().all(|digit| digit.is_ascii_digit()).then(|| digits.parse().ok()).flatten();
    value.ok_or(Reason::BadEscape { label, digits })
}

fn push_label(label: &[u8], number: usize, wire: &mut Vec<u8>) -> Result<(), Reason> {
    if label.is_empty() {
        return Err(Reason::EmptyLabel(number));
    }
    match u8::try_from(label.len()) {
        Ok(length) if label.len() <= MAX_LABEL => wire.push(length),
        _ => {
            return Err(Reason::LongLabel { label: number, length: label.len() });
        }
    }
    wire.extend(label.iter().map(u8::to_ascii_lowercase));
    Ok(())
}

fn push_u_label(label: &[u8], number: usize, wire: &mut Vec<u8>) -> Result<(), Reason> {
    // An A-label is not shorter than the characters it stands for, and converting a very long one takes quadratic time.
    if label.len() > MAX_LABEL * 4 {
        return Err(Reason::LongLabel { label: number, length: label.len() });
    }
    let ascii = std::str::from_utf8(label).ok().and_then(to_a_label).ok_or(Reason::Idna(number))?;
    push_label(ascii.as_bytes(), number, wire)
}

fn to_a_label(label: &str) -> Option<String> {
    let ascii =
        Uts46::new().to_ascii(label.as_bytes(), AsciiDenyList::EMPTY, Hyphens::Allow, DnsLength::Ignore).ok()?;
    // Some characters stand for a dot or a space; what they would make of one label is not what was meant.
    (ascii.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'.')).then(|| ascii.into_owned())
}

fn finish(mut wire: Vec<u8>, name: impl FnOnce() -> String) -> Result<Name, NameError> {
    wire.push(0);
    if wire.len() > MAX_WIRE {
        return Err(NameError::new(name(), Reason::LongName(wire.len())));
    }
    Ok(Name(Arc::from(wire)))
}

/// Presentation format of labels in wire form without a terminating zero.
fn presentation(mut wire: &[u8]) -> String {
    let mut text = String::with_capacity(wire.len() + 1);
    while let Some((&length, rest)) = wire.split_first() {
        let (label, rest) = rest.split_at(usize::from(length));
        if !text.is_empty() {
            text.push('.');
        }
        push_presentation(label, &mut text);
        wire = rest;
    }
    text
}

fn push_presentation(label: &[u8], text: &mut String) {
    for &byte in label {
        match byte {
            b'.' | b'\\' | b'"' | b';' | b'(' | b')' | b'@' | b'$' => {
                text.extend(['\\', char::from(byte)]);
            }
            0x21..=0x7e => text.push(char::from(byte)),
            // Writing to a String cannot fail.
            _ => {
                let _ = write!(text, "\\{byte:03}");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn name(text: &str) -> Name {
        Name::parse(text).unwrap()
    }

    #[test]
    fn reads_and_shows() {
        assert_eq!(name("WWW.Example.ORG").to_string(), "www.example.org.");
        assert_eq!(name("www.example.org.").to_fqdn_without_dot(), "www.example.org");
        assert_eq!(name(".").to_string(), ".");
        assert_eq!(Name::root().to_fqdn_without_dot(), ".");
        assert_eq!(name("_sip+d2t._tcp.example.org").to_string(), "_sip+d2t._tcp.example.org.");
        assert_eq!(name(r"host\.master.example.org").labels().next(), Some(b"host.master".as_slice()));
        assert_eq!(name(r"a\032b\255.org").to_string(), r"a\032b\255.org.");
        assert_eq!(name(r"\065.org"), name("a.org"));
        assert_eq!(format!("{:?}", name("a.org")), "\"a.org.\"");
        assert_eq!(name("www.example.org").to_wire(), b"\x03www\x07example\x03org\0");
    }

    #[test]
    fn converts_unicode_labels_only() {
        assert_eq!(name("BÜCHER.example").to_string(), "xn--bcher-kva.example.");
        assert_eq!(name("_dmarc.bücher.example").to_unicode(), "_dmarc.bücher.example");
        assert_eq!(name("xn--bcher-kva.example").to_unicode(), "bücher.example");
        // Not a valid A-label: shown as it is, and still a name.
        assert_eq!(name("xn--zz--zz.example").to_unicode(), "xn--zz--zz.example");
        assert!(Name::parse("ü。b").is_err());
        assert!(Name::parse("ü\u{a0}b").is_err());
    }

    #[test]
    fn relative_names() {
        let zone = name("example.org");
        assert_eq!(Name::parse_in("@", &zone).unwrap(), zone);
        assert_eq!(Name::parse_in("www", &zone).unwrap(), name("www.example.org"));
        assert_eq!(Name::parse_in("www.", &zone).unwrap(), name("www"));
        assert_eq!(Name::parse_in("www", &Name::root()).unwrap(), name("www"));
        assert_eq!(Name::parse_in(r"\@", &zone).unwrap().relative_to(&zone).unwrap(), r"\@");
        assert_eq!(zone.relative_to(&zone).as_deref(), Some(""));
        assert_eq!(name("a.b.example.org").relative_to(&zone).as_deref(), Some("a.b"));
        assert_eq!(name("example.com").relative_to(&zone), None);
        assert_eq!(name("notexample.org").relative_to(&zone), None);
        assert!(!name("org").is_within(&zone));
        assert!(zone.is_within(&Name::root()));
        assert_eq!(name("a.org").relative_to(&Name::root()).as_deref(), Some("a.org"));
        assert_eq!(zone.child("*.b").unwrap().to_string(), "*.b.example.org.");
        assert!(zone.child("*").unwrap().is_wildcard());
        assert!(!name("*a.org").is_wildcard());
        assert_eq!(name("a.org").parent().unwrap().parent().unwrap().parent(), None);
    }

    #[test]
    fn a_label_that_contains_the_zone_is_not_within_it() {
        // The label's bytes end in the wire form of "org", yet it is a single label.
        let odd = Name::from_labels([b"xx\x03org".as_slice()]).unwrap();
        assert!(!odd.is_within(&name("org")));
    }

    #[test]
    fn canonical_order() {
        let sorted = ["example", "a.example", "yljkjljk.a.example", "z.a.example", "zabc.a.example", "z.example"]
            .map(name)
            .into_iter()
            .chain([name(r"\001.z.example"), name("*.z.example"), name(r"\200.z.example")])
            .collect::<Vec<_>>();
        let mut shuffled = sorted.clone();
        shuffled.reverse();
        shuffled.sort();
        assert_eq!(shuffled, sorted);
    }

    #[test]
    fn errors_say_where() {
        let reason = |text: &str| Name::parse(text).unwrap_err().to_string();
        assert_eq!(
            reason("a..b"),
            "\"a..b\" is not a domain name: label 2 is empty (two dots in a row, or a dot at the start)"
        );
        assert!(reason("").contains("it is empty"));
        assert!(reason("..").contains("label 1 is empty"));
        assert!(reason(".a").contains("label 1 is empty"));
        assert!(reason("a b.org").contains("write it as \\032"));
        assert!(reason(r"a\").contains("unfinished escape"));
        assert!(reason(r"a\25").contains("unfinished escape"));
        assert!(reason(r"a\256").contains(r"\256"));
        assert!(reason(r"ü\032").contains("xn--"));
        assert!(reason(&"a".repeat(64)).contains("64 bytes"));
        assert!(Name::parse(&"a".repeat(63)).is_ok());
        let long = ["a".repeat(63), "b".repeat(63), "c".repeat(63), "d".repeat(61)].join(".");
        assert_eq!(name(&long).to_wire().len(), 255);
        assert!(reason(&format!("{long}d")).contains("256 bytes"));
        assert!(Name::parse_in("x", &name(&long)).is_err());
        assert!(name(&long).child("x").is_err());
        assert!(Name::parse(&"ü".repeat(100_000)).is_err());
    }

    #[test]
    fn serde_is_the_text() {
        let www = name("www.example.org");
        assert_eq!(serde_json::to_string(&www).unwrap(), "\"www.example.org.\"");
        assert_eq!(serde_json::from_str::<Name>("\"www.example.org\"").unwrap(), www);
        assert!(serde_json::from_str::<Name>("\"a..b\"").is_err());
    }

    proptest! {
        #[test]
        fn any_bytes_round_trip(labels in prop::collection::vec(prop::collection::vec(any::<u8>(), 1..20), 0..8)) {
            let name = Name::from_labels(&labels).unwrap();
            prop_assert_eq!(&Name::parse(&name.to_string()).unwrap(), &name);
            let origin = Name::parse("example.org").unwrap();
            if let Ok(below) = origin.child(&name.to_fqdn_without_dot()) {
                prop_assert_eq!(Name::parse_in(&below.relative_to(&origin).unwrap(), &origin).unwrap(), below);
            }
            prop_assert_eq!(name.labels().len(), labels.len());
        }

        #[test]
        fn any_text_is_answered(text in ".{0,300}") {
            if let Ok(name) = Name::parse(&text) {
                prop_assert_eq!(Name::parse(&name.to_string()).unwrap(), name.clone());
                let _ = name.to_unicode();
            }
        }
    }
}
