//! Reading zone files.

use std::collections::BTreeMap;

use super::generate::{Range, Template};
use super::{Warning, ZoneFile, ZoneFileError, ZoneFileErrors};
use crate::dns::data::seconds;
use crate::dns::token::{Entry, Fault, Lexer, Token};
use crate::dns::{Name, RecordData, RecordSet, RecordType, Ttl, Zone};

/// How many records all `$GENERATE` lines of a file may make, and of how many bytes of text.
const MAX_GENERATED: u64 = 65_536;
const MAX_GENERATED_BYTES: u64 = 16 * 1024 * 1024;

pub(super) fn read(text: &str, origin: &Name) -> Result<ZoneFile, ZoneFileErrors> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = Reader::new(origin);
    for entry in Lexer::new(text) {
        if let Err(fault) = reader.entry(&entry) {
            reader.errors.push(fault);
        }
    }
    let zone = reader.finish();
    let mut places = Places::new(text);
    if reader.errors.is_empty() {
        let warnings = places.locate(reader.warnings, |line, column, message| Warning { line, column, message });
        return Ok(ZoneFile { zone, warnings });
    }
    let errors = places.locate(reader.errors, |line, column, message| ZoneFileError { line, column, message });
    Err(ZoneFileErrors { errors })
}

/// A TTL as it was written; what a bare 1 means is known at the end of the file only.
#[derive(Clone, Copy, Debug)]
struct WrittenTtl {
    seconds: u32,
    bare: bool,
}

impl WrittenTtl {
    fn read(text: &str) -> Option<WrittenTtl> {
        let bare = text.bytes().all(|byte| byte.is_ascii_digit());
        seconds(text).map(|seconds| WrittenTtl { seconds, bare })
    }
}

#[derive(Debug)]
struct Record {
    data: RecordData,
    ttl: Option<WrittenTtl>,
    proxied: bool,
    at: usize,
}

#[derive(Debug)]
struct Reader<'a> {
    zone: &'a Name,
    origin: Name,
    default_ttl: Option<WrittenTtl>,
    last_ttl: Option<WrittenTtl>,
    owner: Option<Name>,
    /// Whether a bare TTL of 1 means automatic.
    automatic: bool,
    /// Whether the comment of the entry at hand says that its records are proxied.
    proxied: bool,
    generated: u64,
    generated_bytes: u64,
    sets: BTreeMap<(Name, RecordType), Vec<Record>>,
    errors: Vec<Fault>,
    warnings: Vec<Fault>,
}

impl<'a> Reader<'a> {
    fn new(zone: &'a Name) -> Self {
        Reader {
            zone,
            origin: zone.clone(),
            default_ttl: None,
            last_ttl: None,
            owner: None,
            automatic: false,
            proxied: false,
            generated: 0,
            generated_bytes: 0,
            sets: BTreeMap::new(),
            errors: Vec::new(),
            warnings: Vec::new(),
        }
    }

    fn entry(&mut self, entry: &Entry<'_>) -> Result<(), Fault> {
        if let Some(comment) = entry.comment
            && (comment.contains("cf_tags=") || comment.starts_with(";; Exported:"))
        {
            self.automatic = true;
        }
        self.proxied = entry.comment.is_some_and(|comment| comment.contains("cf-proxied:true"));
        if let Some(fault) = &entry.fault {
            return Err(fault.clone());
        }
        match entry.tokens.as_slice() {
            [] => Ok(()),
            [directive, arguments @ ..] if directive.raw.starts_with('$') && !directive.quoted => {
                self.directive(directive, arguments, entry)
            }
            tokens if entry.indented => {
                let owner = self.owner.clone().ok_or_else(|| {
                    Fault::new(
                        tokens[0].at,
                        "a line that begins with white space belongs to the owner before it, and there is none yet",
                    )
                })?;
                self.record(owner, "", tokens, entry)
            }
            [owner, rest @ ..] => {
                let name = self.owner(owner)?;
                self.owner = Some(name.clone());
                self.record(name, owner.raw, rest, entry)
            }
        }
    }

    fn owner(&self, token: &Token<'_>) -> Result<Name, Fault> {
        if token.quoted {
            return Err(Fault::new(token.at, "an owner's name was expected, and names are written without quotes"));
        }
        Name::parse_in(token.raw, &self.origin).map_err(|error| Fault::new(token.at, error.to_string()))
    }

    fn directive(&mut self, directive: &Token<'_>, arguments: &[Token<'_>], entry: &Entry<'_>) -> Result<(), Fault> {
        let fail = |message: &str| Err(Fault::new(directive.at, message));
        match (directive.raw.to_ascii_uppercase().as_str(), arguments) {
            ("$ORIGIN", [name]) => {
                self.origin = self.owner(name)?;
                Ok(())
            }
            ("$ORIGIN", _) => fail("$ORIGIN takes one name"),
            ("$TTL", [ttl]) => {
                let written = WrittenTtl::read(ttl.raw).ok_or_else(|| {
                    Fault::new(ttl.at, format!("{} is not a TTL: seconds or a time such as 1h30m", ttl.shown()))
                })?;
                self.default_ttl = Some(written);
                Ok(())
            }
            ("$TTL", _) => fail("$TTL takes one time, in seconds or such as 1h30m"),
            ("$GENERATE", [range, owner, rest @ ..]) => self.generate(range, owner, rest, entry),
            ("$GENERATE", _) => fail("$GENERATE takes a range, an owner, a type and data"),
            ("$INCLUDE", _) => fail("$INCLUDE is not followed; put the text of that file in its place"),
            _ => fail("this directive is not known: $ORIGIN, $TTL and $GENERATE are (a name with $ is written \\$)"),
        }
    }

    fn generate(
        &mut self,
        range: &Token<'_>,
        owner: &Token<'_>,
        rest: &[Token<'_>],
        entry: &Entry<'_>,
    ) -> Result<(), Fault> {
        let numbers = Range::read(range)?;
        let templates =
            std::iter::once(owner).chain(rest).map(Template::read).collect::<Result<Vec<Template>, Fault>>()?;
        self.generated = self.generated.saturating_add(numbers.len());
        let bytes: u64 = templates.iter().map(Template::longest).sum();
        self.generated_bytes = self.generated_bytes.saturating_add(numbers.len().saturating_mul(bytes));
        if self.generated > MAX_GENERATED || self.generated_bytes > MAX_GENERATED_BYTES {
            return Err(Fault::new(
                range.at,
                format!(
                    "$GENERATE would make too much: a file may make {MAX_GENERATED} records and {} MiB of text this way",
                    MAX_GENERATED_BYTES >> 20
                ),
            ));
        }
        for number in numbers.numbers() {
            let texts = templates.iter().map(|template| template.text(number)).collect::<Result<Vec<_>, Fault>>()?;
            let tokens: Vec<_> = templates.iter().zip(&texts).map(|(template, text)| template.token(text)).collect();
            let name = self.owner(&tokens[0])?;
            self.owner = Some(name.clone());
            self.record(name, tokens[0].raw, &tokens[1..], entry)?;
        }
        Ok(())
    }

    /// Reads what follows the owner: TTL and class in either order, the type and its data.
    fn record(
        &mut self,
        mut owner: Name,
        written_owner: &str,
        mut tokens: &[Token<'_>],
        entry: &Entry<'_>,
    ) -> Result<(), Fault> {
        let at = entry.tokens.first().map_or(0, |first| first.at);
        let (mut ttl, mut class) = (None, false);
        let record_type = loop {
            let Some((token, rest)) = tokens.split_first() else {
                return Err(Fault::new(entry.end, "a record type was expected, but the record ends here"));
            };
            tokens = rest;
            let written = WrittenTtl::read(token.raw).filter(|_| ttl.is_none() && !token.quoted);
            if written.is_some() {
                ttl = written;
            } else if !class && !token.quoted && is_class(token)? {
                class = true;
            } else {
                break record_type(token)?;
            }
        };
        if ttl.is_some() {
            self.last_ttl = ttl;
        }
        let data_at = tokens.first().map_or(entry.end, |first| first.at);
        let data = RecordData::read(&record_type, tokens, entry.end, &self.origin)?;
        if record_type == RecordType::Soa && owner != *self.zone {
            owner = self.soa_owner(&owner, written_owner, at)?;
        }
        if !owner.is_within(self.zone) {
            return Err(Fault::new(at, format!("{owner} is outside of the zone {}", self.zone)));
        }
        self.look_at(&owner, &record_type, &data, (at, data_at), entry);
        let proxied = self.proxied;
        let ttl = ttl.or(self.default_ttl).or(self.last_ttl);
        self.sets.entry((owner, record_type)).or_default().push(Record { data, ttl, proxied, at });
        Ok(())
    }

    /// Cloudflare writes the owner of the SOA record without its final dot.
    fn soa_owner(&mut self, owner: &Name, written: &str, at: usize) -> Result<Name, Fault> {
        let zone = self.zone.clone();
        if Name::parse(written).is_ok_and(|absolute| absolute == zone) {
            self.automatic = true;
            self.owner = Some(zone.clone());
            self.warnings.push(Fault::new(
                at,
                format!("the owner of the SOA record lacks its final dot and would be {owner}; {zone} is taken"),
            ));
            return Ok(zone);
        }
        Err(Fault::new(at, format!("the SOA record belongs to the zone's own name {zone}, not to {owner}")))
    }

    /// Warns of what is legal and hardly meant.
    fn look_at(
        &mut self,
        owner: &Name,
        record_type: &RecordType,
        data: &RecordData,
        (owner_at, data_at): (usize, usize),
        entry: &Entry<'_>,
    ) {
        let mut warn = |at, message| self.warnings.push(Fault::new(at, message));
        if let RecordType::Other(mnemonic) = record_type
            && record_type.number().is_none()
        {
            warn(data_at, format!("{mnemonic} is no record type of DNS that is known here; its data is kept as text"));
        }
        if let Some(comment_at) = entry.glued_comment
            && matches!(record_type, RecordType::Txt | RecordType::Caa)
        {
            let message = "the semicolon begins a comment; put the text in quotes if what follows belongs to it";
            warn(comment_at, message.to_owned());
        }
        for (name, at) in [(Some(owner), owner_at), (target(data), data_at)] {
            if let Some(name) = name.filter(|name| repeats(name, self.zone)) {
                warn(at, format!("the name is relative and becomes {name}; a final dot may be missing"));
            }
        }
    }

    /// Makes sets of the records, once all of them are known.
    fn finish(&mut self) -> Zone {
        let mut zone = Zone::new(self.zone.clone());
        let sets = std::mem::take(&mut self.sets);
        self.look_at_aliases(&sets);
        let minimum = sets.get(&(self.zone.clone(), RecordType::Soa)).and_then(|records| {
            if let Some(second) = records.iter().skip(1).find(|record| record.data != records[0].data) {
                self.errors.push(Fault::new(second.at, "a zone has one SOA record, and this is a second one"));
            }
            records.iter().find_map(|record| match &record.data {
                RecordData::Soa(soa) => Some(Ttl::Seconds(soa.minimum)),
                _ => None,
            })
        });
        let missing = sets.values().flatten().filter(|record| record.ttl.is_none()).map(|record| record.at).min();
        if let Some(at) = missing {
            let taken = match minimum {
                Some(minimum) => {
                    format!("the {minimum} seconds of the SOA record's last field are taken")
                }
                None => "the provider will choose".to_owned(),
            };
            self.warnings
                .push(Fault::new(at, format!("no TTL is given here or before, and there is no $TTL: {taken}")));
        }
        for ((name, record_type), records) in sets {
            let set = self.set(&name, &record_type, records, minimum.unwrap_or(Ttl::Auto));
            // Whatever is in `sets` is within the zone.
            if let Some(set) = set {
                let _ = zone.insert(set);
            }
        }
        zone
    }

    fn set(&mut self, name: &Name, record_type: &RecordType, records: Vec<Record>, missing: Ttl) -> Option<RecordSet> {
        let resolve = |ttl: Option<WrittenTtl>| match ttl {
            Some(WrittenTtl { seconds: 1, bare: true }) if self.automatic => Ttl::Auto,
            Some(written) => Ttl::Seconds(written.seconds),
            None => missing,
        };
        let ttls: Vec<Ttl> = records.iter().map(|record| resolve(record.ttl)).collect();
        let smallest = *ttls.iter().min()?;
        // A number that somebody wrote says more than the wish to have one chosen.
        let ttl = ttls.iter().filter(|ttl| **ttl != Ttl::Auto).min().copied().unwrap_or(smallest);
        if let Some(differs) = ttls.iter().position(|other| *other != ttls[0]) {
            let message = format!("the {record_type} records of {name} have different TTLs; {ttl} is taken for all");
            self.warnings.push(Fault::new(records[differs].at, message));
        }
        let proxied = records.iter().any(|record| record.proxied);
        if let Some(direct) = records.iter().find(|record| record.proxied != proxied) {
            let message =
                format!("only some of the {record_type} records of {name} are proxied; all are taken as proxied");
            self.warnings.push(Fault::new(direct.at, message));
        }
        let mut data = std::collections::BTreeSet::new();
        for record in records {
            if !data.insert(record.data) {
                let message = format!("this {record_type} record of {name} is given twice; it counts once");
                self.warnings.push(Fault::new(record.at, message));
            }
        }
        RecordSet::new(name.clone(), ttl, data).ok().map(|set| set.with_proxied(proxied))
    }

    fn look_at_aliases(&mut self, sets: &BTreeMap<(Name, RecordType), Vec<Record>>) {
        let mut sets = sets.iter().peekable();
        while let Some(((name, first), records)) = sets.next() {
            let (mut alias, mut other) = (None, None);
            let mut note = |record_type: &'_ RecordType, records: &[Record]| match record_type {
                RecordType::Cname => {
                    alias = records.first().map(|record| record.at);
                    if let Some(second) = records.iter().skip(1).find(|record| record.data != records[0].data) {
                        let message = format!("{name} has several CNAME records and DNS allows one; all are kept");
                        self.warnings.push(Fault::new(second.at, message));
                    }
                }
                RecordType::Other(mnemonic) if matches!(mnemonic.as_str(), "RRSIG" | "NSEC" | "KEY" | "SIG") => {}
                _ => other = Some(record_type.clone()),
            };
            note(first, records);
            while let Some(((_, record_type), records)) = sets.next_if(|((next, _), _)| next == name) {
                note(record_type, records);
            }
            if let (Some(at), Some(other)) = (alias, other) {
                let message = format!("{name} has a CNAME record beside {other}, which DNS forbids; both are kept");
                self.warnings.push(Fault::new(at, message));
            }
        }
    }
}

/// Whether the token is the class IN; an error if it is another class.
fn is_class(token: &Token<'_>) -> Result<bool, Fault> {
    let upper = token.raw.to_ascii_uppercase();
    let numbered = upper.strip_prefix("CLASS").is_some_and(|number| number.parse::<u16>().is_ok());
    match upper.as_str() {
        "IN" | "CLASS1" => Ok(true),
        "CH" | "CS" | "HS" => Err(Fault::new(token.at, format!("the class {upper} is not supported, only IN is"))),
        _ if numbered => Err(Fault::new(token.at, format!("the class {upper} is not supported, only IN is"))),
        _ => Ok(false),
    }
}

fn record_type(token: &Token<'_>) -> Result<RecordType, Fault> {
    let parsed = token.raw.parse::<RecordType>().ok().filter(|_| !token.quoted).ok_or_else(|| {
        Fault::new(
            token.at,
            format!(
                "{} is not a record type: owner, TTL, class IN and type were expected in this order (a line without an owner begins with white space)",
                token.shown()
            ),
        )
    })?;
    let question = match parsed.number() {
        Some(number) => matches!(number, 0 | 41 | 128..=255),
        None => matches!(parsed.as_str(), "ANY" | "AXFR" | "IXFR" | "MAILA" | "MAILB" | "OPT" | "TKEY" | "TSIG"),
    };
    if question {
        return Err(Fault::new(token.at, format!("{parsed} is used in messages only and is never part of a zone")));
    }
    Ok(parsed)
}

/// The name that the data refers to, for the types where it is mostly forgotten that names end in a dot.
fn target(data: &RecordData) -> Option<&Name> {
    match data {
        RecordData::Alias(name) | RecordData::Cname(name) | RecordData::Ns(name) | RecordData::Ptr(name) => Some(name),
        RecordData::Mx(mx) => Some(&mx.exchange),
        RecordData::Srv(srv) => Some(&srv.target),
        _ => None,
    }
}

/// Whether the name ends in the zone's name twice.
fn repeats(name: &Name, zone: &Name) -> bool {
    let (name, zone) = (name.wire(), zone.wire());
    zone.len() > 1 && name.strip_suffix(zone).is_some_and(|relative| relative.ends_with(&zone[..zone.len() - 1]))
}

/// Finds lines and columns.
struct Places<'a> {
    text: &'a str,
    line_starts: Vec<usize>,
}

impl<'a> Places<'a> {
    fn new(text: &'a str) -> Self {
        let breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1);
        Places { text, line_starts: std::iter::once(0).chain(breaks).collect() }
    }

    fn locate<T>(&mut self, mut faults: Vec<Fault>, make: impl Fn(usize, usize, String) -> T) -> Vec<T> {
        faults.sort_by_key(|fault| fault.at);
        let (mut known, mut place) = (usize::MAX, (0, 0));
        let located = faults.into_iter().map(|fault| {
            // Counting characters is what takes time, and one line may have made thousands of records.
            if fault.at != known {
                let line = self.line_starts.partition_point(|start| *start <= fault.at);
                let start = self.line_starts[line - 1];
                place = (line, self.text[start..fault.at].chars().count() + 1);
                known = fault.at;
            }
            make(place.0, place.1, fault.message)
        });
        located.collect()
    }
}
