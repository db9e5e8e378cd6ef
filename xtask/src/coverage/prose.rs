//! The prose in which a list of calls writes types, such as `integer 1..10000` or `[FileVersion]|null`, read as a schema.
//!
//! A bar stands between alternatives, of which `null` and `absent` say that the field may be; what stands in parentheses is a
//! remark. A word that is no type is a value. What reads like none of this is an error, so that nothing passes for compared.

use serde_json::{Map, Value, json};

use super::notation::{Side, split};
use crate::process::Result;

/// Types may contain others, and not themselves.
const DEPTH: usize = 8;

/// The types that have a name, and the version that is described.
pub(super) struct Types<'a> {
    pub(super) named: &'a Map<String, Value>,
    pub(super) version: &'a str,
}

pub(super) struct Field {
    pub(super) schema: Value,
    /// In an answer: it is always there.
    pub(super) required: bool,
}

impl Types<'_> {
    /// Nothing when the field is in other versions only.
    pub(super) fn field(&self, prose: &str, side: Side) -> Result<Option<Field>> {
        self.field_at(prose, side, 0).map_err(|error| format!("`{prose}`: {error}"))
    }

    fn field_at(&self, prose: &str, side: Side, depth: usize) -> Result<Option<Field>> {
        if depth > DEPTH {
            return Err("the type contains itself".into());
        }
        let prose = self.of_version(prose);
        let (text, remark) = without_remark(prose);
        let other = remark.strip_suffix(" only").is_some_and(|version| version != self.version);
        if prose.starts_with("only ") || other {
            return Ok(None);
        }
        let mut alternatives = Alternatives::default();
        for alternative in split(text.strip_prefix("enum ").unwrap_or(text), '|') {
            match alternative {
                "null" => alternatives.null = true,
                "absent" => alternatives.absent = true,
                "..." => alternatives.schemas.push(json!({"type": "string"})),
                _ => match self.typed(alternative, side, depth)? {
                    Some(schema) => alternatives.schemas.push(schema),
                    None => alternatives.value(alternative)?,
                },
            }
        }
        if remark.contains("without case") {
            alternatives.values.extend(alternatives.values.clone().iter().map(|value| value.to_lowercase()));
        }
        let required = match side {
            Side::Answer => !alternatives.absent && !is_conditional(remark),
            Side::Request => !alternatives.absent && !alternatives.null && !is_conditional(remark) && remark != "read",
        };
        let mut schema = alternatives.schema()?;
        if remark.contains('|') {
            restrict(&mut schema, &remark.split('|').map(|value| value.trim_end_matches('?')).collect::<Vec<_>>())?;
        }
        if remark == "read" {
            schema["readOnly"] = json!(true);
        }
        if let Some(least) = remark.strip_prefix("last part from ").and_then(|it| it.parse::<u64>().ok()) {
            schema["minimum"] = json!(least);
        }
        Ok(Some(Field { schema, required }))
    }

    /// A single type; nothing when it is a value.
    fn typed(&self, text: &str, side: Side, depth: usize) -> Result<Option<Value>> {
        let item = |text: &str| {
            let field = self.field_at(text, side, depth + 1)?;
            field.map(|field| field.schema).ok_or_else(|| format!("{text} is in other versions only"))
        };
        if let Some(inside) = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')) {
            return Ok(Some(json!({"type": "array", "items": item(&split(inside, ',').join("|"))?})));
        }
        if let Some(inside) = text.strip_prefix('{').and_then(|text| text.strip_suffix('}')) {
            return self.object(&members(inside), side, depth).map(Some);
        }
        if let Some(inside) = text.strip_prefix("map<string,").and_then(|text| text.strip_suffix('>')) {
            return Ok(Some(json!({"type": "object", "additionalProperties": item(inside)?})));
        }
        let (first, rest) = text.split_once(' ').unwrap_or((text, ""));
        if let Some(fields) = self.named.get(first).and_then(Value::as_object) {
            let fields: Vec<_> = fields.iter().map(|(name, prose)| (name.as_str(), prose.as_str())).collect();
            let fields = fields.into_iter().map(|(name, prose)| (name, prose.unwrap_or_default().to_owned()));
            let mut schema = self.object(&fields.collect::<Vec<_>>(), side, depth)?;
            let words: Vec<_> = rest.split_whitespace().collect();
            match words[..] {
                [] => {}
                // `FileVersion action start`, and `ApplicationKey + applicationKey`.
                ["+", name] => extend(&mut schema, name),
                [_, value] => restrict(&mut schema, &[value])?,
                _ => return Err(format!("`{rest}` says nothing of {first}")),
            }
            return Ok(Some(schema));
        }
        primitive(first, rest).or_else(|| hexadecimal(text)).map_or_else(
            || if text.contains(' ') { Err(format!("`{text}` is no type")) } else { Ok(None) },
            |schema| Ok(Some(schema)),
        )
    }

    fn object(&self, fields: &[(&str, String)], side: Side, depth: usize) -> Result<Value> {
        let (mut properties, mut required) = (Map::new(), Vec::new());
        for (name, prose) in fields {
            let field = self.field_at(prose, side, depth + 1).map_err(|error| format!("{name}: {error}"))?;
            let Some(field) = field else {
                continue;
            };
            if field.required {
                required.push(*name);
            }
            properties.insert((*name).to_owned(), field.schema);
        }
        let mut schema =
            json!({"type": "object", "properties": properties, "required": required, "additionalProperties": false});
        depend(&mut schema, fields);
        Ok(schema)
    }

    /// Of `v4: {…}; v3: {…}` what is said of the version.
    fn of_version<'a>(&self, prose: &'a str) -> &'a str {
        let parts = split(prose, ';');
        parts.iter().find_map(|part| part.strip_prefix(self.version)?.strip_prefix(": ")).unwrap_or(prose)
    }
}

#[derive(Default)]
struct Alternatives {
    schemas: Vec<Value>,
    values: Vec<String>,
    null: bool,
    absent: bool,
}

impl Alternatives {
    /// `:Copy` is the value before with another end.
    fn value(&mut self, text: &str) -> Result {
        let text = text.trim_matches('\'');
        let fits = |it: char| it.is_ascii_alphanumeric() || "_-.:*".contains(it);
        if text.is_empty() || !text.chars().all(fits) {
            return Err(format!("`{text}` is neither a type nor a value"));
        }
        let start = self.values.last().filter(|_| text.starts_with(':')).and_then(|it| it.rsplit_once(':'));
        let value = start.map_or(text.to_owned(), |(start, _)| format!("{start}{text}"));
        self.values.push(value);
        Ok(())
    }

    fn schema(mut self) -> Result<Value> {
        if !self.values.is_empty() {
            self.schemas.push(json!({"type": "string", "enum": self.values}));
        }
        let mut schema = match self.schemas.len() {
            0 => return Err("there is no type".into()),
            1 => self.schemas.remove(0),
            _ => json!({"anyOf": self.schemas}),
        };
        // What is unknown may be null as it is.
        if self.null && schema != json!({}) {
            match schema.get_mut("anyOf").and_then(Value::as_array_mut) {
                Some(alternatives) => alternatives.push(json!({"type": "null"})),
                None => schema = json!({"anyOf": [schema, {"type": "null"}]}),
            }
        }
        Ok(schema)
    }
}

/// The remark at the end, taken off.
fn without_remark(prose: &str) -> (&str, &str) {
    let (mut depth, mut start) = (0_i32, None);
    for (at, character) in prose.char_indices() {
        match character {
            '(' if depth == 0 => {
                start = Some(at);
                break;
            }
            '[' | '{' | '<' => depth += 1,
            ']' | '}' | '>' => depth -= 1,
            _ => {}
        }
    }
    start.map_or((prose.trim(), ""), |at| (prose[..at].trim(), prose[at + 1..].trim_end_matches(')')))
}

/// `SSE-C`: a value of another field, which the field goes with.
fn is_conditional(remark: &str) -> bool {
    let is_value = |it: char| it.is_ascii_uppercase() || it == '-';
    !remark.is_empty() && remark.chars().all(is_value)
}

/// Fields whose remark is a value of a sibling are there with that value, and only then.
fn depend(schema: &mut Value, fields: &[(&str, String)]) {
    let mut rules = Vec::new();
    for (name, prose) in fields {
        let (_, remark) = without_remark(prose);
        if !is_conditional(remark) {
            continue;
        }
        let chosen_by = fields.iter().map(|(other, _)| *other).find(|other| {
            let values = schema["properties"][other]["enum"].as_array();
            values.is_some_and(|values| values.iter().any(|value| value == remark))
        });
        if let Some(other) = chosen_by {
            rules.push(json!({
                "if": {"required": [other], "properties": {other: {"const": remark}}},
                "then": {"required": [name]},
                "else": {"properties": {*name: false}},
            }));
        }
    }
    if !rules.is_empty() {
        schema["allOf"] = Value::Array(rules);
    }
}

/// The property that has these values has no others here.
fn restrict(schema: &mut Value, values: &[&str]) -> Result {
    let mut properties = schema.get_mut("properties").and_then(Value::as_object_mut).into_iter().flatten();
    let restricted = properties.find_map(|(_, property)| {
        let known = property.get_mut("enum")?.as_array_mut()?;
        values.iter().all(|value| known.iter().any(|it| it == value)).then_some(known)
    });
    let known = restricted.ok_or_else(|| format!("no property has the values {}", values.join(", ")))?;
    known.retain(|value| values.iter().any(|it| value == it));
    Ok(())
}

/// A type with one text more.
fn extend(schema: &mut Value, name: &str) {
    schema["properties"][name] = json!({"type": "string"});
    if let Some(required) = schema.get_mut("required").and_then(Value::as_array_mut) {
        required.push(json!(name));
    }
}

/// `a,b|null,c:integer`: names with types or without.
fn members(inside: &str) -> Vec<(&str, String)> {
    split(inside, ',')
        .into_iter()
        .map(|member| match (member.split_once(':'), member.strip_suffix("|null")) {
            (Some((name, prose)), _) => (name, prose.to_owned()),
            (None, Some(name)) => (name, format!("{}|null", by_name(name))),
            (None, None) => (member, by_name(member).to_owned()),
        })
        .collect()
}

/// What a name says of a field that nothing else is said of.
fn by_name(name: &str) -> &'static str {
    let begins = |word: &str| name.strip_prefix(word).is_some_and(|rest| rest.starts_with(char::is_uppercase));
    match name {
        _ if begins("is") || begins("include") => "boolean",
        "duration" | "priority" => "integer",
        _ => "any",
    }
}

fn primitive(kind: &str, rest: &str) -> Option<Value> {
    let plain = |schema: Value| rest.is_empty().then_some(schema);
    let digits = || json!({"type": "string", "pattern": "^[0-9]+$", "example": "1700000000000"});
    match (kind, rest) {
        ("any" | "bytes", _) => plain(json!({})),
        ("boolean" | "object", _) => plain(json!({"type": kind})),
        ("integer", "ms as text") | ("decimal", "" | "ms") | ("string", "of decimal ms") => Some(digits()),
        ("integer", "ms") => Some(json!({"type": "integer", "minimum": 0, "example": 1_700_000_000_000_u64})),
        ("integer", _) => bounded(json!({"type": "integer"}), rest, "minimum", "maximum"),
        ("string", _) => {
            let (length, characters) = rest.split_once(' ').unwrap_or((rest, ""));
            let mut schema = bounded(json!({"type": "string"}), length, "minLength", "maxLength")?;
            if !characters.is_empty() {
                let is_class = characters.starts_with('[') && characters.ends_with(']');
                schema["pattern"] = json!(is_class.then(|| format!("^{characters}*$"))?);
                schema["example"] = json!("a-name");
            }
            Some(schema)
        }
        ("base64", "" | "of 32 bytes") => {
            let pattern = if rest.is_empty() { "^[A-Za-z0-9+/]+={0,2}$" } else { "^[A-Za-z0-9+/]{43}=$" };
            Some(json!({"type": "string", "pattern": pattern, "example": format!("{}=", "A".repeat(43))}))
        }
        ("encoded", "string") => Some(json!({"type": "string", "pattern": ENCODED})),
        ("percent-encoded", _) => plain(json!({"type": "string", "pattern": ENCODED})),
        ("comma", _) if rest.starts_with("list of ") => Some(json!({"type": "string"})),
        ("bytes=a-b", _) => plain(json!({"type": "string", "pattern": "^bytes=([0-9]+-[0-9]*|-[0-9]+)$"})),
        ("https", _) => plain(json!({"type": "string", "pattern": "^https://", "example": "https://example.com/"})),
        (count, "alphanumeric") => {
            let count: usize = count.parse().ok()?;
            let pattern = format!("^[A-Za-z0-9]{{{count}}}$");
            Some(json!({"type": "string", "pattern": pattern, "example": "a".repeat(count)}))
        }
        _ => None,
    }
}

/// Every byte visible, and a percent sign only before two digits.
const ENCODED: &str = "^([!-$&-~]|%[0-9A-Fa-f]{2})*$";

/// `1..100`, the end perhaps as `5e9`.
fn bounded(mut schema: Value, range: &str, least: &str, most: &str) -> Option<Value> {
    if range.is_empty() {
        return Some(schema);
    }
    let number = |text: &str| match text.split_once('e') {
        None => text.parse().ok(),
        Some((digit, zeros)) => digit.parse::<u64>().ok()?.checked_mul(10_u64.checked_pow(zeros.parse().ok()?)?),
    };
    let (from, to) = range.split_once("..")?;
    schema[least] = json!(number(from)?);
    schema[most] = json!(number(to)?);
    Some(schema)
}

/// `40 hex`, and the same behind something: `'unverified:'+40 hex`, or `unverified:40hex`.
fn hexadecimal(text: &str) -> Option<Value> {
    let text = text.strip_suffix("hex")?.trim_end();
    let start = text.rfind(|it: char| !it.is_ascii_digit()).map_or(0, |at| at + 1);
    let count: usize = text[start..].parse().ok()?;
    let prefix = text[..start].trim_end_matches('+').trim_matches('\'');
    let example = format!("{prefix}{}", "0a".repeat(count / 2));
    Some(json!({"type": "string", "pattern": format!("^{prefix}[0-9a-f]{{{count}}}$"), "example": example}))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn types() -> Value {
        json!({
            "File": {"id": "string|null (folder)", "action": "start|upload|hide", "size": "only v1, instead of length",
                "info": "map<string,string>", "kind": "'file' (v3 only)", "sum": "32 hex|null|absent"},
            "Encryption": {"mode": "SSE-B2|SSE-C|none", "algorithm": "AES256", "key": "base64 of 32 bytes (SSE-C)"},
            "Rule": {"name": "string 6..63", "isOff": "boolean (read)", "of": "{a,isB,c:[{d,e:on|off|null}]|null}"},
            "Circle": {"of": "[Circle]"},
        })
    }

    fn field(prose: &str, side: Side) -> Result<Option<Field>> {
        let types = types();
        Types { named: types.as_object().unwrap(), version: "v4" }.field(prose, side)
    }

    fn schema(prose: &str) -> Value {
        field(prose, Side::Answer).unwrap().unwrap().schema
    }

    #[test]
    fn numbers_and_texts_have_their_bounds() {
        assert_eq!(schema("integer 1..10000"), json!({"type": "integer", "minimum": 1, "maximum": 10_000}));
        assert_eq!(schema("integer 1..86400 (a day)"), json!({"type": "integer", "minimum": 1, "maximum": 86_400}));
        assert_eq!(
            schema("integer 5000000..5e9 (last part from 1)"),
            json!({"type": "integer", "minimum": 1, "maximum": 5_000_000_000_u64})
        );
        assert_eq!(schema("string 6..63"), json!({"type": "string", "minLength": 6, "maxLength": 63}));
        assert_eq!(schema("string 1..100 [A-Za-z0-9-]")["pattern"], "^[A-Za-z0-9-]*$");
        assert_eq!(schema("string of decimal ms|null")["anyOf"][0]["pattern"], "^[0-9]+$");
    }

    #[test]
    fn values_are_what_is_no_type() {
        assert_eq!(schema("enum on|off"), json!({"type": "string", "enum": ["on", "off"]}));
        assert_eq!(
            schema("[a:Made:*|:Copy, a:Gone:*]")["items"]["enum"],
            json!(["a:Made:*", "a:Made:Copy", "a:Gone:*"])
        );
        assert_eq!(schema("ON|OFF (compare without case)")["enum"], json!(["ON", "OFF", "on", "off"]));
        let sums = schema("40 hex|'none'|'unverified:'+40 hex|null");
        let patterns: Vec<_> = sums["anyOf"].as_array().unwrap().iter().map(|it| it["pattern"].as_str()).collect();
        assert_eq!(patterns, [Some("^[0-9a-f]{40}$"), Some("^unverified:[0-9a-f]{40}$"), None, None]);
        assert_eq!(sums["anyOf"][2]["enum"], json!(["none"]));
        assert_eq!(schema("unverified:40hex")["pattern"], "^unverified:[0-9a-f]{40}$");
        assert_eq!(schema("fail|...")["anyOf"][0], json!({"type": "string"}));
    }

    #[test]
    fn a_named_type_is_its_fields_in_this_version() {
        let file = schema("File");
        assert_eq!(file["required"], json!(["action", "id", "info"]));
        assert_eq!(file["properties"].as_object().unwrap().len(), 4);
        assert_eq!(schema("[File (start|hide?)]|null")["anyOf"][0]["items"]["properties"]["action"]["enum"][1], "hide");
        assert_eq!(schema("File action hide")["properties"]["action"]["enum"], json!(["hide"]));
        let with_secret = schema("File + secret (shown once)");
        assert_eq!(with_secret["required"], json!(["action", "id", "info", "secret"]));
        assert_eq!(schema("v4: {a:integer}; v3: b, c")["properties"], json!({"a": {"type": "integer"}}));
    }

    #[test]
    fn a_request_requires_what_may_not_be_null_and_no_answer() {
        let rule = |side| field("Rule", side).unwrap().unwrap().schema;
        assert_eq!(rule(Side::Request)["required"], json!(["name", "of"]));
        assert_eq!(rule(Side::Answer)["required"], json!(["isOff", "name", "of"]));
        assert_eq!(rule(Side::Answer)["properties"]["isOff"], json!({"type": "boolean", "readOnly": true}));
        let of = rule(Side::Request)["properties"]["of"].take();
        assert_eq!((&of["required"], &of["properties"]["a"]), (&json!(["a", "isB"]), &json!({})));
        assert_eq!(of["properties"]["isB"], json!({"type": "boolean"}));
        let entry = &of["properties"]["c"]["anyOf"][0]["items"];
        assert_eq!(
            (&entry["required"], &entry["properties"]["e"]["anyOf"][1]),
            (&json!(["d"]), &json!({"type": "null"}))
        );
    }

    #[test]
    fn a_field_goes_with_a_value_of_another() {
        let validator =
            jsonschema::validator_for(&field("Encryption", Side::Request).unwrap().unwrap().schema).unwrap();
        let key = format!("{}=", "A".repeat(43));
        assert!(validator.is_valid(&json!({"mode": "SSE-B2", "algorithm": "AES256"})));
        assert!(validator.is_valid(&json!({"mode": "SSE-C", "algorithm": "AES256", "key": key})));
        assert!(!validator.is_valid(&json!({"mode": "SSE-C", "algorithm": "AES256"})));
        assert!(!validator.is_valid(&json!({"mode": "SSE-B2", "algorithm": "AES256", "key": key})));
        assert!(!validator.is_valid(&json!({"mode": "SSE-C", "algorithm": "AES256", "key": "short"})));
    }

    #[test]
    fn what_does_not_read_is_an_error() {
        for (prose, error) in [
            ("a long story", "`a long story` is no type"),
            ("string|<b>", "`<b>` is neither a type nor a value"),
            ("integer few", "`integer few` is no type"),
            ("File of stone", "no property has the values stone"),
            ("", "there is no type"),
            ("[Circle]", "the type contains itself"),
        ] {
            let found = field(prose, Side::Answer).err().unwrap_or_default();
            assert!(found.contains(error), "{prose}: {found}");
        }
    }
}
