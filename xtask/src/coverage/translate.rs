//! An `OpenAPI` 3.0 document in the words of 3.1, whose schemas are plain JSON Schema.

use serde_json::{Map, Value, json};

/// Members whose content is no schema, whatever it looks like.
const DATA: [&str; 5] = ["example", "examples", "default", "enum", "const"];

/// The document as it is when it is a 3.1 one already.
pub(super) fn translate(mut document: Value) -> Value {
    let is_modern = document["openapi"].as_str().is_some_and(|version| version.starts_with("3.1"));
    if !is_modern {
        walk(&mut document, Parent::Object);
    }
    document
}

/// The schema, for null as well.
pub(super) fn nullable(mut schema: Value) -> Value {
    let Some(members) = schema.as_object_mut() else {
        return schema;
    };
    match members.get("type") {
        Some(Value::String(one)) => {
            let several = json!([one, "null"]);
            members.insert("type".into(), several);
        }
        Some(_) => return schema,
        None if members.is_empty() => return schema,
        None if members.contains_key("enum") => {}
        None => return json!({"anyOf": [schema, {"type": "null"}]}),
    }
    if let Some(Value::Array(values)) = members.get_mut("enum") {
        values.push(Value::Null);
    }
    schema
}

/// In a map of properties the keys are names, and `nullable` or `example` may be one of them.
#[derive(Clone, Copy, PartialEq)]
enum Parent {
    Object,
    Names,
}

fn walk(value: &mut Value, parent: Parent) {
    match value {
        Value::Array(values) => values.iter_mut().for_each(|value| walk(value, Parent::Object)),
        Value::Object(members) => {
            for (key, member) in members.iter_mut() {
                if parent == Parent::Names {
                    walk(member, Parent::Object);
                } else if !DATA.contains(&key.as_str()) {
                    walk(member, if is_map_of_names(key) { Parent::Names } else { Parent::Object });
                }
            }
            if parent == Parent::Object {
                bound(members, "minimum", "exclusiveMinimum");
                bound(members, "maximum", "exclusiveMaximum");
                meant(members);
                let marks = ["nullable", "x-nullable"].map(|mark| members.remove(mark));
                if marks.contains(&Some(json!(true))) {
                    *value = nullable(value.take());
                }
            }
        }
        _ => {}
    }
}

fn is_map_of_names(key: &str) -> bool {
    ["properties", "patternProperties", "schemas", "definitions", "responses", "parameters"].contains(&key)
}

/// `exclusiveMinimum: true` beside `minimum: 0` becomes `exclusiveMinimum: 0`.
fn bound(members: &mut Map<String, Value>, inclusive: &str, exclusive: &str) {
    match members.get(exclusive) {
        Some(Value::Bool(true)) => {
            let limit = members.remove(inclusive);
            match limit {
                Some(limit) => members.insert(exclusive.into(), limit),
                None => members.remove(exclusive),
            };
        }
        Some(Value::Bool(false)) => {
            members.remove(exclusive);
        }
        _ => {}
    }
}

/// Generators of documents write `oneOf` with an alternative that allows anything, which nothing else can then fit, and
/// patterns between the slashes of the language that they were taken from.
fn meant(members: &mut Map<String, Value>) {
    let allows_anything = |alternatives: &Value| alternatives.as_array().is_some_and(|them| them.contains(&json!({})));
    if members.get("oneOf").is_some_and(allows_anything) {
        let alternatives = members.remove("oneOf").unwrap_or_default();
        members.insert("anyOf".into(), alternatives);
    }
    let literal = members.get("pattern").and_then(Value::as_str).and_then(|it| it.strip_prefix('/')?.strip_suffix('/'));
    if let Some(pattern) = literal.map(str::to_owned) {
        members.insert("pattern".into(), pattern.into());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schema(schema: &Value) -> Value {
        translate(json!({"openapi": "3.0.3", "components": {"schemas": {"A": schema}}}))["components"]["schemas"]["A"]
            .take()
    }

    #[test]
    fn null_becomes_a_type_a_value_or_an_alternative() {
        assert_eq!(schema(&json!({"type": "string", "nullable": true})), json!({"type": ["string", "null"]}));
        assert_eq!(schema(&json!({"type": "string", "x-nullable": true})), json!({"type": ["string", "null"]}));
        assert_eq!(schema(&json!({"type": "string", "nullable": false})), json!({"type": "string"}));
        assert_eq!(
            schema(&json!({"type": "string", "enum": ["a"], "nullable": true})),
            json!({"type": ["string", "null"], "enum": ["a", null]})
        );
        assert_eq!(
            schema(&json!({"allOf": [{"$ref": "#/a"}], "nullable": true})),
            json!({"anyOf": [{"allOf": [{"$ref": "#/a"}]}, {"type": "null"}]})
        );
    }

    #[test]
    fn a_bound_says_itself_that_it_is_exclusive() {
        assert_eq!(
            schema(&json!({"minimum": 0, "exclusiveMinimum": true, "maximum": 9, "exclusiveMaximum": false})),
            json!({"exclusiveMinimum": 0, "maximum": 9})
        );
        assert_eq!(schema(&json!({"exclusiveMaximum": true})), json!({}));
    }

    #[test]
    fn names_and_data_are_left_alone() {
        let named = json!({"properties": {
            "nullable": {"type": "boolean", "nullable": true},
            "example": {"type": "string", "nullable": true},
        }});
        let translated = json!({"properties": {
            "nullable": {"type": ["boolean", "null"]},
            "example": {"type": ["string", "null"]},
        }});
        assert_eq!(schema(&named), translated);
        let data = json!({"type": "object", "example": {"nullable": true}, "default": {"exclusiveMinimum": true}});
        assert_eq!(schema(&data), data);
    }

    #[test]
    fn a_modern_document_stays() {
        let document = json!({"openapi": "3.1.0", "a": {"type": "string", "nullable": true}});
        assert_eq!(translate(document.clone()), document);
    }

    #[test]
    fn what_a_generator_meant_is_taken() {
        let both = json!({"oneOf": [{}, {"type": "string"}], "pattern": "/^a$/"});
        assert_eq!(schema(&both), json!({"anyOf": [{}, {"type": "string"}], "pattern": "^a$"}));
        let neither = json!({"oneOf": [{"type": "number"}, {"type": "string"}], "pattern": "/a"});
        assert_eq!(schema(&neither), neither);
    }
}
