//! A document of Swagger 2.0 in the words of `OpenAPI` 3.0.

use serde_json::{Map, Value, json};

/// The document as it is when it is no Swagger.
pub(super) fn modernise(document: Value) -> Value {
    if document["swagger"] != "2.0" {
        return document;
    }
    let mut paths = Map::new();
    for (path, item) in members(&document["paths"]) {
        let common = item.get("parameters");
        let operations = members(item).filter(|(method, _)| *method != "parameters");
        let operations = operations.map(|(method, it)| (method.clone(), operation(&document, it, common)));
        paths.insert(path.clone(), Value::Object(operations.collect()));
    }
    let responses: Map<_, _> =
        members(&document["responses"]).map(|(name, response)| (name.clone(), answer(response))).collect();
    let mut modern = json!({
        "openapi": "3.0.0",
        "info": document["info"],
        "paths": paths,
        "components": { "schemas": document["definitions"], "responses": responses },
    });
    walk(&mut modern);
    modern
}

fn members(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

fn operation(document: &Value, operation: &Value, common: Option<&Value>) -> Value {
    let own = operation.get("parameters");
    let all = [common, own].into_iter().flatten().filter_map(Value::as_array).flatten();
    let all = all.map(|parameter| match parameter["$ref"].as_str().and_then(|it| document.pointer(&it[1..])) {
        Some(shared) => shared,
        None => parameter,
    });
    let (mut parameters, mut fields, mut required) = (Vec::new(), Map::new(), Vec::new());
    let mut modern = json!({ "operationId": operation["operationId"] });
    for parameter in all {
        match parameter["in"].as_str() {
            Some("body") => {
                let content = json!({ "application/json": { "schema": parameter["schema"] } });
                modern["requestBody"] = json!({ "required": parameter["required"] == true, "content": content });
            }
            Some("formData") => {
                let name = parameter["name"].as_str().unwrap_or_default();
                fields.insert(name.to_owned(), schema(parameter));
                if parameter["required"] == true {
                    required.push(name);
                }
            }
            _ => parameters.push(json!({
                "name": parameter["name"],
                "in": parameter["in"],
                "required": parameter["required"] == true,
                "schema": schema(parameter),
            })),
        }
    }
    if !fields.is_empty() {
        let form = json!({ "type": "object", "properties": fields, "required": required });
        modern["requestBody"] = json!({ "content": { "multipart/form-data": { "schema": form } } });
    }
    // Bytes are no JSON.
    if modern.pointer("/requestBody/content/application~1json/schema/format") == Some(&json!("binary")) {
        modern["requestBody"]["content"] = json!({ "application/octet-stream": { "schema": {} } });
    }
    modern["parameters"] = parameters.into();
    let answers = members(&operation["responses"]).map(|(status, response)| (status.clone(), answer(response)));
    modern["responses"] = Value::Object(answers.collect());
    modern
}

/// What a parameter says of its value.
fn schema(parameter: &Value) -> Value {
    let said =
        members(parameter).filter(|(name, _)| !["name", "in", "required", "description"].contains(&name.as_str()));
    Value::Object(said.map(|(name, value)| (name.clone(), value.clone())).collect())
}

fn answer(response: &Value) -> Value {
    match (response.get("$ref"), response.get("schema")) {
        (Some(_), _) => response.clone(),
        (None, Some(schema)) => json!({ "content": { "application/json": { "schema": schema } } }),
        (None, None) => json!({}),
    }
}

/// References lead elsewhere, and the format of a moment is written otherwise by some.
fn walk(value: &mut Value) {
    match value {
        Value::Array(values) => values.iter_mut().for_each(walk),
        Value::Object(members) => {
            if let Some(Value::String(reference)) = members.get_mut("$ref") {
                *reference = reference
                    .replace("#/definitions/", "#/components/schemas/")
                    .replace("#/responses/", "#/components/responses/");
            }
            if members.get("format") == Some(&json!("dateTime")) {
                members.insert("format".into(), "date-time".into());
            }
            members.values_mut().for_each(walk);
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operation_is_written_anew() {
        let old = json!({
            "swagger": "2.0",
            "info": {},
            "parameters": { "page": { "name": "page", "in": "query", "type": "integer" } },
            "responses": { "error": { "schema": { "$ref": "#/definitions/Error" } } },
            "definitions": { "Error": { "properties": { "at": { "type": "string", "format": "dateTime" } } } },
            "paths": { "/a/{b}": {
                "parameters": [{ "name": "b", "in": "path", "type": "string", "required": true }],
                "post": {
                    "parameters": [
                        { "$ref": "#/parameters/page" },
                        { "name": "it", "in": "body", "required": true, "schema": { "$ref": "#/definitions/Error" } },
                    ],
                    "responses": { "204": { "description": "done" }, "default": { "$ref": "#/responses/error" } },
                },
            } },
        });
        let new = modernise(old);
        let post = &new["paths"]["/a/{b}"]["post"];
        let names: Vec<_> = post["parameters"].as_array().into_iter().flatten().map(|it| &it["name"]).collect();
        assert_eq!(names, ["b", "page"]);
        let media = &post["requestBody"]["content"]["application/json"];
        assert_eq!(media["schema"]["$ref"], "#/components/schemas/Error");
        assert_eq!(post["responses"]["default"]["$ref"], "#/components/responses/error");
        assert_eq!(post["responses"]["204"], json!({}));
        assert_eq!(new["components"]["schemas"]["Error"]["properties"]["at"]["format"], "date-time");
    }

    #[test]
    fn what_is_modern_stays() {
        let modern = json!({ "openapi": "3.0.0", "paths": {} });
        assert_eq!(modernise(modern.clone()), modern);
    }
}
