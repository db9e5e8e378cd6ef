//! Records as Cloudflare writes them, and as DNS does.
//!
//! What has several parts is in `data`, by names; `content` tells the same as text, and not always in the same manner.

use howdah_core::dns::{Name, RecordData, RecordType, Txt};
use serde_json::{Map, Value, json};

/// A content, with its priority and its parts where the type has them.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Written {
    pub(crate) content: Option<String>,
    pub(crate) data: Option<Value>,
    pub(crate) priority: Option<u16>,
}

/// How a part is written in presentation format.
#[derive(Clone, Copy)]
enum Part {
    Number,
    Word,
    Host,
    Quoted,
    /// All the rest of the line.
    Rest,
}

use Part::{Host, Number, Quoted, Rest, Word};

type Parts = &'static [(&'static str, Part)];

const SERVICE: Parts = &[("priority", Number), ("target", Host), ("value", Rest)];
const ASSOCIATION: Parts = &[("usage", Number), ("selector", Number), ("matching_type", Number), ("certificate", Word)];

fn parts(record_type: &str) -> Option<Parts> {
    Some(match record_type {
        "CAA" => &[("flags", Number), ("tag", Word), ("value", Quoted)],
        "CERT" => &[("type", Number), ("key_tag", Number), ("algorithm", Number), ("certificate", Word)],
        "DNSKEY" => &[("flags", Number), ("protocol", Number), ("algorithm", Number), ("public_key", Word)],
        "DS" => &[("key_tag", Number), ("algorithm", Number), ("digest_type", Number), ("digest", Word)],
        "HTTPS" | "SVCB" => SERVICE,
        "NAPTR" => &[
            ("order", Number),
            ("preference", Number),
            ("flags", Quoted),
            ("service", Quoted),
            ("regex", Quoted),
            ("replacement", Host),
        ],
        "SMIMEA" | "TLSA" => ASSOCIATION,
        "SRV" => &[("priority", Number), ("weight", Number), ("port", Number), ("target", Host)],
        "SSHFP" => &[("algorithm", Number), ("type", Number), ("fingerprint", Word)],
        "URI" => &[("priority", Number), ("weight", Number), ("target", Quoted)],
        _ => return None,
    })
}

/// The data of a record, or why there is none.
pub(crate) fn read(record_type: &str, written: &Written) -> Result<RecordData, String> {
    let parsed = record_type.parse::<RecordType>().map_err(|error| error.to_string())?;
    let content = written.content.as_deref().unwrap_or_default();
    if parsed == RecordType::Txt {
        return Ok(RecordData::Txt(text(content)));
    }
    let words = content.split_ascii_whitespace().count();
    let from_content = || match (record_type, written.priority) {
        ("MX", priority) => format!("{} {content}", priority.unwrap_or_default()),
        ("SRV", Some(priority)) if words == 3 => format!("{priority} {content}"),
        ("URI", Some(priority)) if words == 2 => format!("{priority} {content}"),
        _ => content.to_owned(),
    };
    let from_parts = written.data.as_ref().and_then(|data| line(record_type, data, written.priority));
    let line = from_parts.unwrap_or_else(from_content);
    // Host names have no final dot here and are absolute all the same.
    RecordData::parse(&parsed, &line, &Name::root()).map_err(|error| error.to_string())
}

/// Data as it is written.
pub(crate) fn write(data: &RecordData) -> Written {
    let host = Name::to_fqdn_without_dot;
    let content = |content| Written { content: Some(content), ..Written::default() };
    let parts = |parts| Written { data: Some(parts), ..Written::default() };
    let string = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    match data {
        RecordData::Alias(name) | RecordData::Cname(name) | RecordData::Ns(name) | RecordData::Ptr(name) => {
            content(host(name))
        }
        RecordData::Mx(mx) => Written { priority: Some(mx.preference), ..content(host(&mx.exchange)) },
        RecordData::Caa(caa) => parts(json!({ "flags": caa.flags, "tag": caa.tag, "value": string(&caa.value) })),
        RecordData::Naptr(naptr) => parts(json!({
            "order": naptr.order,
            "preference": naptr.preference,
            "flags": string(&naptr.flags),
            "service": string(&naptr.services),
            "regex": string(&naptr.regexp),
            "replacement": host(&naptr.replacement),
        })),
        RecordData::Uri(uri) => Written {
            priority: Some(uri.priority),
            ..parts(json!({ "weight": uri.weight, "target": string(&uri.target) }))
        },
        RecordData::Loc(loc) => parts(location(&loc.to_string())),
        other => match split(other) {
            Some(data) => parts(data),
            None => content(other.to_string()),
        },
    }
}

/// The parts of what has neither quotes nor spaces in them.
fn split(data: &RecordData) -> Option<Value> {
    let parts = parts(data.record_type().as_str())?;
    let line = data.to_string();
    let mut words = line.splitn(parts.len(), ' ');
    let mut members = Map::new();
    for (name, part) in parts {
        let word = words.next().unwrap_or_default();
        let value = match part {
            Number => word.parse::<u64>().map_or(Value::Null, Value::from),
            Host if word != "." => Value::from(word.trim_end_matches('.')),
            _ => Value::from(word),
        };
        members.insert((*name).to_owned(), value);
    }
    Some(Value::Object(members))
}

/// A line of presentation format; none when a part is missing.
fn line(record_type: &str, data: &Value, priority: Option<u16>) -> Option<String> {
    if record_type == "LOC" {
        return location_line(data);
    }
    let mut line = Vec::new();
    for (name, part) in parts(record_type)? {
        let value = data.get(name).filter(|value| !value.is_null());
        let string = || value.and_then(Value::as_str);
        line.push(match part {
            Number => match value {
                Some(value) => whole(value)?.to_string(),
                None if *name == "priority" => priority?.to_string(),
                None => return None,
            },
            Word | Host => string().filter(|text| !text.is_empty())?.to_owned(),
            Quoted => format!("\"{}\"", string()?.replace('\\', "\\\\").replace('"', "\\\"")),
            Rest => string().unwrap_or_default().to_owned(),
        });
    }
    Some(line.join(" "))
}

/// Numbers come as such and, for some parts, as text.
fn whole(value: &Value) -> Option<u64> {
    match value {
        Value::String(text) => text.parse().ok(),
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // numbers of at most 16 bits
        other => other.as_u64().or_else(|| other.as_f64().map(|number| number as u64)),
    }
}

const LOCATION: [&str; 12] = [
    "lat_degrees",
    "lat_minutes",
    "lat_seconds",
    "lat_direction",
    "long_degrees",
    "long_minutes",
    "long_seconds",
    "long_direction",
    "altitude",
    "size",
    "precision_horz",
    "precision_vert",
];

fn location(line: &str) -> Value {
    let value = |word: &str| match word.trim_end_matches('m').parse::<f64>() {
        Ok(number) => Value::from(number),
        Err(_) => Value::from(word),
    };
    Value::Object(LOCATION.iter().zip(line.split(' ')).map(|(name, word)| ((*name).to_owned(), value(word))).collect())
}

fn location_line(data: &Value) -> Option<String> {
    let words = LOCATION.iter().enumerate().map(|(index, name)| {
        Some(match (data.get(name)?, index) {
            (Value::String(direction), _) => direction.clone(),
            (number, 0..2 | 4..6) => whole(number)?.to_string(),
            (number, 2 | 6) => format!("{:.3}", number.as_f64()?),
            (number, _) => format!("{:.2}m", number.as_f64()?),
        })
    });
    words.collect::<Option<Vec<_>>>().map(|words| words.join(" "))
}

/// Texts are in quotes, unless they were entered before that was the custom.
fn text(content: &str) -> Txt {
    if content.starts_with('"')
        && let Ok(RecordData::Txt(text)) = RecordData::parse(&RecordType::Txt, content, &Name::root())
    {
        return text;
    }
    Txt::from_bytes(content)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        for (record_type, line) in [
            ("A", "192.0.2.1"),
            ("CAA", "0 issue \"ca.example.net; account=\\\"1\\\"\""),
            ("CNAME", "host.example.net."),
            ("DS", "370 13 2 BE74359954660069D5C63D200C39F5603827D7DD02B56F120EE9F3A86764247C"),
            ("HTTPS", "1 . alpn=h2,h3 ipv4hint=192.0.2.1,192.0.2.2"),
            ("LOC", "52 0 0.001 S 179 59 59.999 W -100.00m 0.00m 0.00m 90000000.00m"),
            ("MX", "0 ."),
            ("NAPTR", "100 10 \"u\" \"E2U+sip\" \"!^(\\\\+44.*)$!sip:\\\\1@example.net!\" ."),
            ("SRV", "0 0 0 ."),
            ("SRV", "10 20 5060 host.example.net."),
            ("SSHFP", "4 2 123456789ABCDEF67890123456789ABCDEF67890123456789ABCDEF123456789"),
            ("TLSA", "3 1 1 0C72AC70B745AC19998811B131D662C9AC69DBDBE7CB23E5B514B56664C5D3D6"),
            ("TXT", "\"one; two\" \"a \\\"b\\\"\""),
            ("URI", "10 1 \"https://example.net/a?b=c;d#e\""),
        ] {
            let parsed = record_type.parse().unwrap();
            let data = RecordData::parse(&parsed, line, &Name::root()).unwrap();
            let written = write(&data);
            assert_eq!(read(record_type, &written).as_ref(), Ok(&data), "{record_type} {written:?}");
        }
    }

    #[test]
    fn contents_are_read_as_they_come() {
        let with =
            |content: &str, priority| Written { content: Some(content.to_owned()), priority, ..Written::default() };
        for (record_type, content, priority, line) in [
            ("SRV", "5\t5060\thost.example.net", Some(10), "10 5 5060 host.example.net."),
            ("SRV", "10 5 5060 host.example.net", Some(10), "10 5 5060 host.example.net."),
            ("MX", "mx.example.net", Some(5), "5 mx.example.net."),
            ("CAA", "0\tissue\t\"ca.example.net\"", None, "0 issue \"ca.example.net\""),
            ("TXT", "v=DKIM1; p=\"x", None, "\"v=DKIM1; p=\\\"x\""),
            ("TXT", "\"a\" b\"", None, "\"\\\"a\\\" b\\\"\""),
        ] {
            assert_eq!(read(record_type, &with(content, priority)).unwrap().to_string(), line);
        }
        let numbers_as_text = Written {
            data: Some(json!({ "usage": "3", "selector": 1.0, "matching_type": 1, "certificate": "00" })),
            content: Some("nonsense".to_owned()),
            ..Written::default()
        };
        assert_eq!(read("TLSA", &numbers_as_text).unwrap().to_string(), "3 1 1 00");
        assert!(read("A", &with("host.example.net", None)).is_err());
        assert!(read("no type", &with("", None)).is_err());
    }
}
