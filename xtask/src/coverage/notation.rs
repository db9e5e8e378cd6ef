//! The notation in which a table of endpoints writes fields, read as a schema.
//!
//! `name*` is required of a request, `name?` may be missing from an answer; `[]`, `{…}` and `:int` say the type, `(a|b)` the
//! values. An ellipsis says that there are more fields. What does not read like this gives no schema, so that nobody
//! takes it for compared.

use serde_json::{Map, Value, json};

use super::translate::nullable;

/// What a field is required of.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Side {
    /// What is marked with `*` must be there.
    Request,
    /// What is not marked with `?` must be there.
    Answer,
}

/// An object of the fields that are listed with commas between them.
pub(super) fn object(list: &str, side: Side) -> Option<Value> {
    let any = json!({"type": "object"});
    // The name of a thing, or names that the caller chooses.
    if ["", "contact", "rrset"].contains(&list) || list.contains(":[") && split(list, ',').len() == 1 {
        return Some(any);
    }
    let (mut properties, mut patterns, mut required, mut open) = (Map::new(), Map::new(), Vec::new(), false);
    for item in split(list, ',') {
        if item.starts_with('…') {
            open = true;
            continue;
        }
        let field = Field::read(item, side)?;
        if field.is_prefix {
            patterns.insert(format!("^{}", field.names.concat()), field.schema);
            continue;
        }
        let is_required = match side {
            Side::Request => field.required,
            Side::Answer => !field.optional && field.names.len() == 1,
        };
        if is_required {
            required.extend(field.names.clone());
        }
        properties.extend(field.names.into_iter().map(|name| (name, field.schema.clone())));
    }
    Some(json!({
        "type": "object",
        "properties": properties,
        "patternProperties": patterns,
        "required": required,
        "additionalProperties": open,
    }))
}

/// The body of an answer: an object, a list or a string, with or without a remark behind it.
pub(super) fn body(text: &str) -> Option<Value> {
    if let Some((inside, rest)) = enclosed(text, '{', '}') {
        return is_remark(rest).then(|| object(inside, Side::Answer))?;
    }
    if let Some((inside, rest)) = enclosed(text, '[', ']') {
        return is_remark(rest).then(|| list(inside, Side::Answer))?;
    }
    match text.split([' ', ';']).next() {
        Some("string") => return Some(json!({"type": "string"})),
        Some("rrset") => return Some(json!({"type": "object"})),
        _ => {}
    }
    // Fields without braces; a single word is a remark.
    let fields = split(text, ';').first().copied()?;
    let is_word = fields.chars().all(char::is_alphanumeric);
    (!is_word).then(|| object(fields, Side::Answer))?
}

/// The names at the head of listed query parameters.
pub(super) fn names(list: &str) -> Option<Vec<String>> {
    split(list, ',').into_iter().map(|item| Some(name(item).0.to_owned()).filter(|name| !name.is_empty())).collect()
}

/// The parts between separators that stand in no brackets and no quotes.
pub(super) fn split(text: &str, separator: char) -> Vec<&str> {
    let (mut parts, mut start, mut depth, mut quoted) = (Vec::new(), 0, 0_i32, false);
    for (at, character) in text.char_indices() {
        match character {
            '"' => quoted = !quoted,
            _ if quoted => {}
            '(' | '[' | '{' | '<' => depth += 1,
            ')' | ']' | '}' | '>' => depth -= 1,
            _ if character == separator && depth == 0 => {
                parts.push(text[start..at].trim());
                start = at + character.len_utf8();
            }
            _ => {}
        }
    }
    parts.push(text[start..].trim());
    parts.retain(|part| !part.is_empty());
    parts
}

struct Field {
    /// Several where one of them is enough.
    names: Vec<String>,
    is_prefix: bool,
    required: bool,
    optional: bool,
    schema: Value,
}

impl Field {
    fn read(item: &str, side: Side) -> Option<Self> {
        let (first, mut rest) = name(item);
        if first.is_empty() {
            return None;
        }
        let mut field = Self {
            names: vec![first.to_owned()],
            is_prefix: first.ends_with('_') && rest.starts_with('*'),
            required: false,
            optional: false,
            schema: json!({}),
        };
        while let Some(other) = rest.strip_prefix('|') {
            let (other, after) = name(other);
            field.names.push(other.to_owned());
            rest = after;
        }
        while let Some(mark) = rest.chars().next() {
            rest = match mark {
                '*' => {
                    field.required = true;
                    &rest[1..]
                }
                '?' => {
                    field.optional = true;
                    &rest[1..]
                }
                ' ' => &rest[1..],
                '[' => {
                    let (inside, after) = enclosed(rest, '[', ']')?;
                    field.schema = list(inside, side)?;
                    after
                }
                '{' => {
                    let (inside, after) = enclosed(rest, '{', '}')?;
                    field.schema = object(inside, side)?;
                    after
                }
                '(' => {
                    let (inside, after) = enclosed(rest, '(', ')')?;
                    field.optional |= inside == "deprecated";
                    field.allow(values(inside));
                    after
                }
                ':' | '=' => {
                    let (text, after) = word(&rest[1..]);
                    field.schema = if mark == ':' { typed(text) } else { json!({"const": constant(text)}) };
                    after
                }
                '0'..='9' => {
                    let (text, after) = word(rest);
                    field.schema = numbers(text)?;
                    after
                }
                _ => return None,
            };
        }
        if field.optional && side == Side::Answer {
            field.schema = nullable(field.schema);
        }
        Some(field)
    }

    fn allow(&mut self, values: Option<Vec<&str>>) {
        let Some(values) = values else {
            return;
        };
        if self.schema["type"] == "array" {
            self.schema["items"] = json!({"enum": values});
        } else {
            self.schema["enum"] = json!(values);
        }
    }
}

fn list(inside: &str, side: Side) -> Option<Value> {
    let items = match inside {
        "" | "…" => json!({}),
        "[]" => json!({"type": "array"}),
        "rrset" => json!({"type": "object"}),
        "ip" | "string" => json!({"type": "string"}),
        "int" => typed(inside),
        _ => {
            let (inside, rest) = enclosed(inside, '{', '}')?;
            rest.is_empty().then(|| object(inside, side))??
        }
    };
    Some(json!({"type": "array", "items": items}))
}

/// A type that is none of these is a remark.
fn typed(text: &str) -> Value {
    match text {
        "int" => json!({"type": "integer"}),
        "bool" | "BOOL" => json!({"type": "boolean"}),
        "f" => json!({"type": "number"}),
        "base64" => json!({"type": "string"}),
        _ if text.starts_with('"') => json!({"type": "string"}),
        _ => numbers(text).unwrap_or_else(|| json!({})),
    }
}

/// `1-10`, or `256|257`.
fn numbers(text: &str) -> Option<Value> {
    if let Some((least, most)) = text.split_once('-') {
        let (least, most): (i64, i64) = (least.parse().ok()?, most.parse().ok()?);
        return Some(json!({"type": "integer", "minimum": least, "maximum": most}));
    }
    let values: Option<Vec<i64>> = text.split('|').map(|value| value.parse().ok()).collect();
    Some(json!({"enum": values?}))
}

fn constant(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| json!(text))
}

/// `a|b|c`; a single word is a remark, and with an ellipsis there are others.
fn values(inside: &str) -> Option<Vec<&str>> {
    let values: Vec<_> = inside.split('|').collect();
    let plain = |value: &&str| !value.is_empty() && value.chars().all(|it| it.is_ascii_alphanumeric() || it == '_');
    (values.len() > 1 && values.iter().all(plain)).then_some(values)
}

fn name(text: &str) -> (&str, &str) {
    let end = text.find(|it: char| !it.is_ascii_alphanumeric() && it != '_').unwrap_or(text.len());
    let starts_well = text.starts_with(|it: char| it.is_ascii_alphabetic());
    text.split_at(if starts_well { end } else { 0 })
}

/// Up to a space or a mark, or the whole of a quotation.
fn word(text: &str) -> (&str, &str) {
    let quoted = text.strip_prefix('"').and_then(|inside| inside.find('"')).map(|end| end + 2);
    let end = quoted.or_else(|| text.find([' ', '*', '?', '(', '[', '{'])).unwrap_or(text.len());
    text.split_at(end)
}

/// What stands between the bracket at the start and the one that closes it, and what follows.
fn enclosed(text: &str, open: char, close: char) -> Option<(&str, &str)> {
    let inside = text.strip_prefix(open)?;
    let mut depth = 0_i32;
    for (at, character) in inside.char_indices() {
        if character == open {
            depth += 1;
        } else if character == close {
            if depth == 0 {
                return Some((&inside[..at], &inside[at + 1..]));
            }
            depth -= 1;
        }
    }
    None
}

/// What may follow a body without changing what it says; an alternative does.
fn is_remark(rest: &str) -> bool {
    !rest.trim_start().starts_with("or ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(list: &str) -> Value {
        object(list, Side::Request).unwrap()
    }

    fn property(item: &str) -> Value {
        Field::read(item, Side::Request).unwrap().schema
    }

    #[test]
    fn a_request_requires_what_is_marked() {
        let schema = request("fqdn*,owner*{contact},duration 1-10,cn|csr,altnames[]");
        assert_eq!(schema["required"], json!(["fqdn", "owner"]));
        assert_eq!(schema["additionalProperties"], false);
        let names: Vec<_> = schema["properties"].as_object().unwrap().keys().collect();
        assert_eq!(names.len(), 6, "{names:?}");
        assert_eq!(request("name,…")["additionalProperties"], true);
    }

    #[test]
    fn an_answer_requires_what_is_not_marked() {
        let schema = body("id,dates{created_at,hold?},error?:int,normal_price_*?").unwrap();
        assert_eq!(schema["required"], json!(["id", "dates"]));
        assert_eq!(schema["properties"]["dates"]["required"], json!(["created_at"]));
        assert_eq!(schema["properties"]["error"], json!({"type": ["integer", "null"]}));
        assert_eq!(schema["patternProperties"], json!({"^normal_price_": {}}));
    }

    #[test]
    fn types_and_values_are_read() {
        assert_eq!(property("a:bool"), json!({"type": "boolean"}));
        assert_eq!(property("a*:0-255"), json!({"type": "integer", "minimum": 0, "maximum": 255}));
        assert_eq!(
            property("a?300-2592000,".trim_end_matches(',')),
            json!({"type": "integer", "minimum": 300, "maximum": 2_592_000})
        );
        assert_eq!(property("a 1-9 (default 1)"), json!({"type": "integer", "minimum": 1, "maximum": 9}));
        assert_eq!(property("flags* 256|257"), json!({"enum": [256, 257]}));
        assert_eq!(property("a*(none|zsk|ksk)"), json!({"enum": ["none", "zsk", "ksk"]}));
        assert_eq!(property("a[](b|c)"), json!({"type": "array", "items": {"enum": ["b", "c"]}}));
        assert_eq!(property("a(b|…)"), json!({}));
        assert_eq!(property("a(deprecated)"), json!({}));
        assert_eq!(property("deleted*=false"), json!({"const": false}));
        assert_eq!(property("action*=\"resend\""), json!({"const": "resend"}));
        assert_eq!(property("ds:\"name. ttl, IN DS …\""), json!({"type": "string"}));
        assert_eq!(property("ips{host:[ip]}"), json!({"type": "object"}));
        assert_eq!(property("tech? {contact}"), json!({"type": "object"}));
    }

    #[test]
    fn bodies_may_have_remarks() {
        for text in ["{message}: relaunch", "{message} (id is last path segment)", "{message}+Location", "{message}"] {
            assert_eq!(body(text).unwrap()["required"], json!(["message"]), "{text}");
        }
        assert_eq!(body("[string] (hash)").unwrap(), json!({"type": "array", "items": {"type": "string"}}));
        assert_eq!(body("[{id,name,…}] id is it").unwrap()["items"]["additionalProperties"], true);
        assert_eq!(body("rrset (the object)").unwrap(), json!({"type": "object"}));
        assert_eq!(body("step(A|B),nb; 303 when finished").unwrap()["required"], json!(["step", "nb"]));
    }

    #[test]
    fn what_is_no_notation_gives_no_schema() {
        for text in [
            "as list",
            "PAID",
            "same",
            "+ fingerprint,public_key",
            "{a} or {b}",
            "text/plain PEM",
            "state 0 pending,10 running",
            "one redirect",
            "",
        ] {
            assert_eq!(body(text), None, "{text}");
        }
        for text in ["items*[] or body text/plain zone file", "as domain tags", "reseller's customers", "POST = apply"]
        {
            assert_eq!(object(text, Side::Request), None, "{text}");
        }
    }
}
