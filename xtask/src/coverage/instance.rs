//! Values made from a schema: the examples that it holds, or instances with every property it knows.

use serde_json::{Map, Value, json};

use super::document::Document;

/// Schemas may contain themselves.
const DEPTH: usize = 12;

/// The examples of a media type: its own, or what the examples of its schema's parts add up to.
pub(super) fn examples(document: &Document, media: &str) -> Vec<Value> {
    let own = published(document, media);
    if own.is_empty() { assembled(document, media, Source::Examples) } else { own }
}

/// Values with every property of the schema, and the examples there are; each alternative and each value of an enumeration occurs.
pub(super) fn whole(document: &Document, media: &str) -> Vec<Value> {
    let mut values = assembled(document, media, Source::Properties);
    values.extend(published(document, media));
    let schema = document.at(&format!("{media}/schema")).map(|schema| document.resolve(schema));
    values.extend(schema.and_then(|schema| schema.get("example")).cloned());
    values
}

fn published(document: &Document, media: &str) -> Vec<Value> {
    let Some(media) = document.at(media) else {
        return Vec::new();
    };
    let named = media.get("examples").and_then(Value::as_object).into_iter().flat_map(Map::values);
    let named = named.filter_map(|example| document.resolve(example).get("value"));
    named.chain(media.get("example")).cloned().collect()
}

fn assembled(document: &Document, media: &str, source: Source) -> Vec<Value> {
    let Some(schema) = document.at(&format!("{media}/schema")) else {
        return Vec::new();
    };
    let mut values = Vec::new();
    let mut choices = 1;
    for choice in 0.. {
        let mut maker = Maker { document, source, choice, choices };
        let value = maker.value(schema, "value", 0);
        choices = maker.choices;
        if !values.contains(&value) {
            values.push(value);
        }
        if choice + 1 >= choices {
            break;
        }
    }
    values
}

#[derive(Clone, Copy, PartialEq)]
enum Source {
    /// An object's own example is taken as it is.
    Examples,
    /// Only what is no object takes its example.
    Properties,
}

struct Maker<'a> {
    document: &'a Document,
    source: Source,
    /// Which of several alternatives to take, wherever there are several.
    choice: usize,
    /// The most alternatives met.
    choices: usize,
}

impl Maker<'_> {
    fn value(&mut self, schema: &Value, name: &str, depth: usize) -> Value {
        let schema = self.document.resolve(schema);
        if depth > DEPTH {
            return Value::Null;
        }
        let has_parts = ["properties", "allOf", "oneOf", "anyOf"].iter().any(|key| schema.get(key).is_some());
        if self.source == Source::Examples || !(has_parts || schema.get("items").is_some()) {
            let examples = schema.get("examples").and_then(|it| it.get(0));
            if let Some(example) = schema.get("example").or(examples) {
                return example.clone();
            }
        }
        if let Some(values) = schema.get("enum").and_then(Value::as_array) {
            return self.choose(values).clone();
        }
        if has_parts {
            return self.composed(schema, name, depth);
        }
        let items = schema.get("items");
        match kind(schema) {
            "null" => Value::Null,
            "boolean" => json!(schema.get("default") != Some(&json!(true))),
            "integer" => schema.get("minimum").filter(|it| it.as_i64() > Some(0)).cloned().unwrap_or(json!(7)),
            "number" if self.document.has_whole_numbers() => {
                let bound = |name: &str| schema.get(name).and_then(Value::as_i64);
                json!(12.clamp(bound("minimum").unwrap_or(0), bound("maximum").unwrap_or(i64::MAX)))
            }
            "number" => json!(12.5),
            "array" => {
                json!([items.map_or(json!("text"), |items| self.value(items, name, depth + 1))])
            }
            "object" => match schema.get("additionalProperties") {
                Some(inner) if inner.is_object() => {
                    json!({"property": self.value(inner, name, depth + 1)})
                }
                _ if is_nullable(schema) => Value::Null,
                _ => json!({}),
            },
            _ => json!(text(schema, name)),
        }
    }

    /// An object from its properties, from all of `allOf` and from one alternative each of `oneOf` and `anyOf`.
    fn composed(&mut self, schema: &Value, name: &str, depth: usize) -> Value {
        let mut whole = Map::new();
        for (name, property) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
            // A request, which wants every property, does not have those of answers.
            if self.source == Source::Examples || !self.document.is_read_only(property) {
                whole.insert(name.clone(), self.value(property, name, depth + 1));
            }
        }
        let all = schema.get("allOf").and_then(Value::as_array).into_iter().flatten();
        let (rules, mut parts): (Vec<_>, Vec<_>) = all.partition(|part| part.get("if").is_some());
        for key in ["oneOf", "anyOf"] {
            if let Some(alternatives) = schema.get(key).and_then(Value::as_array) {
                parts.push(self.choose(alternatives));
            }
        }
        for part in parts {
            match self.value(part, name, depth + 1) {
                Value::Object(members) => whole.extend(members),
                other if whole.is_empty() => return other,
                _ => {}
            }
        }
        for rule in rules {
            forget(rule, &mut whole);
        }
        Value::Object(whole)
    }

    fn choose<'a>(&mut self, from: &'a [Value]) -> &'a Value {
        self.choices = self.choices.max(from.len());
        from.get(self.choice % from.len().max(1)).unwrap_or(&Value::Null)
    }
}

/// Takes out the properties that only another value of their sibling has.
fn forget(rule: &Value, whole: &mut Map<String, Value>) {
    let properties = |side: &str| rule[side]["properties"].as_object().into_iter().flatten();
    if properties("if").any(|(name, schema)| whole.get(name) != schema.get("const")) {
        for (name, _) in properties("else").filter(|(_, schema)| **schema == false) {
            whole.remove(name);
        }
    }
}

/// The schema's type; of several, the first that is not null.
fn kind(schema: &Value) -> &str {
    let types = match &schema["type"] {
        Value::String(one) => return one,
        Value::Array(several) => several.iter().filter_map(Value::as_str),
        _ => {
            return if schema.get("items").is_some() { "array" } else { "string" };
        }
    };
    let mut types = types.peekable();
    let first = types.peek().copied().unwrap_or("string");
    types.find(|it| *it != "null").unwrap_or(first)
}

fn is_nullable(schema: &Value) -> bool {
    schema["type"].as_array().is_some_and(|types| types.iter().any(|it| it == "null"))
}

fn text(schema: &Value, name: &str) -> String {
    match schema["format"].as_str().unwrap_or_default() {
        "date-time" => "2024-05-06T07:08:09Z".into(),
        "date" => "2024-05-06".into(),
        "email" => "someone@example.com".into(),
        "uri" | "url" => "https://example.com/path".into(),
        "hostname" => "host.example.com".into(),
        "ipv4" => "192.0.2.7".into(),
        "ipv6" => "2001:db8::7".into(),
        "uuid" => "6f1c2b9e-3a64-4c0e-9d53-0b7f7f3f1d2a".into(),
        _ => format!("a {name}"),
    }
}
