//! A list of calls with their fields, headers and errors in [prose](super::prose), for a provider whose calls all are facts that
//! somebody noted, since no document for programs is published.
//!
//! It becomes a document of the usual kind. Forms in which a call is accepted as well are in it, and are no operations of their own.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::notation::Side;
use super::prose::Types;
use crate::process::Result;

/// The mark of an operation that is another one in another form.
pub(super) const OTHER_FORM: &str = "x-other-form";

/// Calls to an address that another call hands out, and the path that our fake gives it.
const HANDED_OUT: [(&str, &str); 2] =
    [("b2_upload_file", "{bucket_id}/{slot}"), ("b2_upload_part", "{file_id}/{slot}")];

pub(super) fn is_list_of_facts(root: &Value) -> bool {
    root["facts_only"] == true
}

#[derive(Deserialize)]
struct Facts {
    version: String,
    calls: Vec<Call>,
    types: Map<String, Value>,
}

#[derive(Deserialize)]
struct Call {
    name: String,
    method: String,
    base: String,
    path: String,
    request: Vec<Fact>,
    #[serde(default)]
    request_headers: Vec<Fact>,
    response: Vec<Fact>,
    #[serde(default)]
    response_headers: Vec<Fact>,
    errors: Vec<String>,
    /// `POST with JSON; HEAD`
    #[serde(default)]
    also_accepted: String,
}

#[derive(Deserialize)]
struct Fact {
    name: String,
    #[serde(rename = "type")]
    prose: String,
    #[serde(default)]
    required: bool,
    #[serde(default)]
    note: String,
}

impl Fact {
    /// It stands in the path, perhaps to its end.
    fn is_in_path(&self) -> bool {
        self.prose.split(',').next() == Some("path")
    }
}

pub(super) fn read(root: Value) -> Result<Value> {
    let facts: Facts = serde_json::from_value(root).map_err(|error| error.to_string())?;
    let reader = Reader { types: Types { named: &facts.types, version: &facts.version }, version: &facts.version };
    let mut document = json!({"openapi": "3.1.0", "paths": {}});
    for call in &facts.calls {
        let named = |error| format!("{}: {error}", call.name);
        let path = reader.path(call);
        let forms = call.also_accepted.split(';').filter_map(|form| form.split_whitespace().next());
        let forms = forms.filter(|form| ["GET", "HEAD", "POST"].contains(form) && *form != call.method);
        let mut item = Map::new();
        item.insert(call.method.to_lowercase(), reader.operation(call, &call.method).map_err(named)?);
        for form in forms {
            let mut operation = reader.operation(call, form).map_err(named)?;
            operation[OTHER_FORM] = json!(true);
            item.insert(form.to_lowercase(), operation);
        }
        if document["paths"].get(&path).is_some() {
            return Err(named(format!("{path} is another call's")));
        }
        document["paths"][path] = Value::Object(item);
    }
    Ok(document)
}

struct Reader<'a> {
    types: Types<'a>,
    version: &'a str,
}

impl Reader<'_> {
    fn path(&self, call: &Call) -> String {
        if let Some((name, parameters)) = HANDED_OUT.iter().find(|(name, _)| *name == call.name) {
            return format!("/b2api/{}/{name}/{parameters}", self.version);
        }
        let tails = call.request.iter().filter(|fact| fact.is_in_path() && fact.prose.ends_with("/ kept"));
        tails.fold(call.path.clone(), |path, Fact { name, .. }| {
            path.replace(&format!("{{{name}}}"), &format!("{{{name}*}}"))
        })
    }

    fn operation(&self, call: &Call, method: &str) -> Result<Value> {
        let mut parameters = Vec::new();
        for fact in &call.request_headers {
            // `X-Bz-Info-<name>` stands for all that begin so.
            let name = fact.name.replace("<name>", "*").to_lowercase();
            parameters.push(json!({"in": "header", "name": name, "required": fact.required, "schema": self.schema(fact, Side::Request)?}));
        }
        let fields = || call.request.iter().filter(|fact| !fact.is_in_path());
        let mut operation = json!({"responses": self.answers(call, method)?});
        if call.base == "uploadUrl" {
            operation["requestBody"] = anything();
        } else if method == "POST" {
            let schema = self.object(fields(), |fact, _| fact.required, Side::Request)?;
            let required = call.method == "POST";
            operation["requestBody"] =
                json!({"required": required, "content": {"application/json": {"schema": schema}}});
        } else {
            for fact in fields() {
                let schema = self.schema(fact, Side::Request)?;
                parameters.push(json!({"in": "query", "name": fact.name, "required": fact.required, "schema": schema}));
            }
        }
        operation["parameters"] = json!(parameters);
        Ok(operation)
    }

    fn answers(&self, call: &Call, method: &str) -> Result<Map<String, Value>> {
        let mut success = match &call.response[..] {
            _ if method == "HEAD" => anything(),
            [fact] if fact.prose == "bytes" => anything(),
            [fact] if fact.name == "(body)" => json_body(&self.schema(fact, Side::Answer)?),
            facts => json_body(&self.object(facts.iter(), |_, is_always_there| is_always_there, Side::Answer)?),
        };
        let mut headers = Map::new();
        for fact in &call.response_headers {
            for name in fact.name.split('/') {
                headers.insert(name.to_lowercase(), json!({"schema": self.schema(fact, Side::Answer)?}));
            }
        }
        success["headers"] = Value::Object(headers);
        let mut answers = Map::new();
        let others = call.response_headers.iter().filter_map(|fact| fact.note.strip_prefix("with "));
        for status in others.filter(|status| status.len() == 3) {
            answers.insert(status.to_owned(), success.clone());
        }
        answers.insert("200".into(), success);
        for (status, codes) in errors(&call.errors)? {
            let answer = if method == "HEAD" { anything() } else { json_body(&self.error(&codes)?) };
            answers.insert(status, answer);
        }
        Ok(answers)
    }

    /// The error type, with one of these codes where they are known.
    fn error(&self, codes: &[String]) -> Result<Value> {
        let mut schema = self.types.field("Error", Side::Answer)?.map(|field| field.schema).unwrap_or_default();
        if !codes.is_empty() {
            // `event_type_*` stands for all that begin so.
            let patterns: Vec<_> = codes.iter().map(|code| code.replace('*', ".*")).collect();
            schema["properties"]["code"]["pattern"] = json!(format!("^({})$", patterns.join("|")));
        }
        Ok(schema)
    }

    fn object<'b>(
        &self,
        facts: impl Iterator<Item = &'b Fact>,
        is_required: impl Fn(&Fact, bool) -> bool,
        side: Side,
    ) -> Result<Value> {
        let mut object = empty_object();
        for fact in facts {
            let field = self.types.field(&fact.prose, side).map_err(|error| format!("{}: {error}", fact.name))?;
            let Some(field) = field else {
                continue;
            };
            // `apiInfo.storageApi` stands in an object of its own.
            let (mut owner, mut name) = (&mut object, fact.name.as_str());
            while let Some((outer, inner)) = name.split_once('.') {
                require(owner, outer);
                let member = &mut owner["properties"][outer];
                if member.is_null() {
                    *member = empty_object();
                }
                (owner, name) = (member, inner);
            }
            owner["properties"][name] = field.schema;
            if is_required(fact, field.required) {
                require(owner, name);
            }
        }
        Ok(object)
    }

    fn schema(&self, fact: &Fact, side: Side) -> Result<Value> {
        let field = self.types.field(&fact.prose, side).map_err(|error| format!("{}: {error}", fact.name))?;
        field.map(|field| field.schema).ok_or_else(|| format!("{}: it is in other versions only", fact.name))
    }
}

/// `400 bad_request`, `401/403 access_denied (object lock)`, `400 range_not_satisfiable/416`: statuses and the codes they come
/// with; no codes where any may come.
fn errors(lines: &[String]) -> Result<Vec<(String, Vec<String>)>> {
    let mut known: Vec<(String, Vec<String>)> = Vec::new();
    let mut any = Vec::new();
    for line in lines {
        let line = line.split('(').next().unwrap_or_default();
        let (mut statuses, mut codes) = (Vec::new(), Vec::new());
        let (first, rest) = line.trim().split_once(' ').unwrap_or((line.trim(), ""));
        for part in first.split('/').chain(rest.split('/')) {
            let word = part.split_whitespace().next().unwrap_or_default();
            if word.len() == 3 && word.chars().all(|it| it.is_ascii_digit()) {
                statuses.push(word.to_owned());
            } else if !word.is_empty() {
                codes.push(word.to_owned());
            }
        }
        if statuses.is_empty() {
            return Err(format!("the error `{line}` has no status"));
        }
        for status in statuses {
            if codes.is_empty() {
                any.push(status.clone());
            }
            match known.iter_mut().find(|(it, _)| *it == status) {
                Some((_, others)) => others.extend(codes.clone()),
                None => known.push((status, codes.clone())),
            }
        }
    }
    for (status, codes) in &mut known {
        if any.contains(status) {
            codes.clear();
        }
    }
    Ok(known)
}

fn empty_object() -> Value {
    json!({"type": "object", "properties": {}, "required": [], "additionalProperties": false})
}

fn require(object: &mut Value, name: &str) {
    if let Some(required) =
        object.get_mut("required").and_then(Value::as_array_mut).filter(|it| !it.iter().any(|one| one == name))
    {
        required.push(json!(name));
    }
}

fn json_body(schema: &Value) -> Value {
    json!({"description": "", "content": {"application/json": {"schema": schema}}})
}

/// A body that is no JSON.
fn anything() -> Value {
    json!({"description": "", "content": {"*/*": {}}})
}

#[cfg(test)]
mod tests {
    use super::super::document::Document;
    use super::super::exceptions::Exceptions;
    use super::super::operation::Operation;
    use super::super::{Evidence, instance, judge};
    use super::*;

    const LIST: &str = "POST /b2api/v4/b2_list_keys";
    const RULES: &str = "GET /b2api/v4/b2_rules";
    const UPLOAD: &str = "POST /b2api/v4/b2_upload_file/{bucket_id}/{slot}";
    const DOWNLOAD: &str = "GET /file/{bucketName}/{fileName*}";

    fn facts() -> Value {
        let call = |name: &str, method: &str, base: &str, path: &str| json!({"name": name, "method": method, "base": base, "path": path, "errors": ["400 bad_request", "401"]});
        let mut list = call("b2_list_keys", "POST", "apiUrl", "/b2api/v4/b2_list_keys");
        list["request"] = json!([
            {"name": "accountId", "type": "string", "required": true},
            {"name": "maxKeyCount", "type": "integer 1..10000", "required": false, "note": "default 100"},
            {"name": "order", "type": "enum up|down", "required": false},
            {"name": "prefix", "type": "string|null", "required": false},
            {"name": "lock", "type": "Lock", "required": false},
        ]);
        list["response"] = json!([{"name": "keys", "type": "[Key]"}, {"name": "of.next", "type": "string|null"}]);
        list["also_accepted"] = json!("GET with the same fields; POST with JSON stays accepted");
        let mut rules = call("b2_rules", "GET", "apiUrl", "/b2api/v4/b2_rules");
        rules["request"] = json!([{"name": "count", "type": "integer 1..9 (query)", "required": true}]);
        rules["response"] = json!([{"name": "(body)", "type": "Key + secret (shown once)"}]);
        let mut upload = call("b2_upload_file", "POST", "uploadUrl", "(the whole uploadUrl)");
        upload["request"] = json!([]);
        upload["request_headers"] = json!([
            {"name": "X-Bz-File-Name", "type": "encoded string", "required": true},
            {"name": "X-Bz-Content-Sha1", "type": "40 hex | do_not_verify", "required": true},
            {"name": "X-Bz-Part", "type": "integer 1..3", "required": false},
            {"name": "X-Bz-Info-<name>", "type": "encoded string", "required": false},
            {"name": "X-Bz-Info-time", "type": "decimal", "required": false},
        ]);
        upload["response"] = json!([{"name": "(body)", "type": "Key"}]);
        let mut download = call("b2_download_file_by_name", "GET", "downloadUrl", "/file/{bucketName}/{fileName}");
        download["request"] = json!([
            {"name": "bucketName", "type": "path", "required": true},
            {"name": "fileName", "type": "path, percent-encoded, / kept", "required": true},
            {"name": "b2Expires", "type": "string", "required": false},
        ]);
        download["response"] = json!([{"name": "(body)", "type": "bytes"}]);
        download["response_headers"] = json!([
            {"name": "Content-Range", "type": "string", "note": "with 206"},
            {"name": "X-Bz-Info-*", "type": "percent-encoded"},
            {"name": "X-Bz-Lock/X-Bz-Hold", "type": "on|off"},
        ]);
        download["also_accepted"] = json!("HEAD");
        json!({
            "facts_only": true, "version": "v4", "calls": [list, rules, upload, download],
            "types": {
                "Key": {"id": "string", "rights": "[string]", "until": "integer ms|null", "sum": "40 hex|null|absent"},
                "Lock": {"mode": "plain|KEYED|none", "key": "string (KEYED)"},
                "Error": {"status": "integer", "code": "string", "message": "string"},
            },
        })
    }

    fn call(route: &str, request: &Value, status: u16, response: &Value) -> Value {
        json!({"route": route, "query": "", "request": request, "status": status, "response": response, "client": true,
            "content_type": "application/json"})
    }

    fn key() -> Value {
        json!({"id": "k", "rights": [], "until": null})
    }

    fn calls() -> Vec<Value> {
        let mut rules = call(RULES, &Value::Null, 200, &json!({"id": "k", "rights": [], "until": 1, "secret": "s"}));
        rules["query"] = json!("count=9");
        let mut upload = call(UPLOAD, &Value::Null, 200, &key());
        upload["headers"] = json!({"x-bz-file-name": "a%20b", "x-bz-content-sha1": "do_not_verify", "x-bz-info-time": "1", "accept": "*"});
        let mut download = call(DOWNLOAD, &Value::Null, 206, &json!("content"));
        download["content_type"] = json!("text/plain");
        download["answer_headers"] = json!({"x-bz-hold": "on", "x-bz-info-a": "b", "x-request-id": "1"});
        let keys = json!({"keys": [key()], "of": {"next": null}});
        vec![call(LIST, &json!({"accountId": "a", "maxKeyCount": 1}), 200, &keys), rules, upload, download]
    }

    fn operations() -> Vec<Operation> {
        let same = || Box::new(|value: &Value| Ok(value.clone()));
        let operation = |route: &&str| Operation {
            route: (*route).into(),
            status: 200,
            headers: &[],
            round_trip_input: same(),
            round_trip_output: same(),
        };
        [LIST, RULES, UPLOAD, DOWNLOAD].iter().map(operation).collect()
    }

    fn judged(calls: &[Value], deviations: &str) -> (String, Vec<String>) {
        let calls: Vec<_> = calls.iter().map(|call| serde_json::from_value(call.clone()).unwrap()).collect();
        let verdict = judge(&Evidence {
            document: &Document::of_facts(facts()).unwrap(),
            operations: &operations(),
            calls: &calls,
            untyped: &[],
            exceptions: &Exceptions::parse("", deviations, "").unwrap(),
        });
        (verdict.score, verdict.problems.into_keys().collect())
    }

    /// With this change to one call, the check finds this and nothing else.
    fn finds(index: usize, change: impl Fn(&mut Value), problem: &str) {
        let mut calls = calls();
        change(&mut calls[index]);
        let (_, problems) = judged(&calls, "");
        assert!(problems.len() == 1 && problems[0].contains(problem), "expected {problem:?}, found {problems:#?}");
    }

    #[test]
    fn what_is_whole_passes_and_is_counted() {
        // The keys of a list once with a time and once without, and the same with the sum.
        let (score, problems) = judged(&calls(), "");
        assert_eq!(problems, [""; 0]);
        assert_eq!(score, "4/4; whole answers 6/6; whole requests 3/3");
    }

    #[test]
    fn the_body_of_a_request_is_held_against_its_fields() {
        let body = |body: Value| move |call: &mut Value| call["request"] = body.clone();
        finds(0, body(json!({})), "request \"/accountId\": \"accountId\" is a required property");
        finds(0, body(json!({"accountId": "a", "key": 1})), "request \"/key\": is not in the document");
        finds(0, body(json!({"accountId": 1})), "request \"/accountId\": 1 is not of type \"string\"");
        finds(0, body(json!({"accountId": null})), "request \"/accountId\": null is not of type \"string\"");
        finds(0, body(json!({"accountId": "a", "order": "left"})), "request \"/order\": \"left\" is not one of");
        finds(0, body(json!({"accountId": "a", "maxKeyCount": 10_001})), "request \"/maxKeyCount\": 10001 is greater");
        finds(0, body(Value::Null), "the document requires a body");
        finds(1, body(json!({"count": 1})), "the document takes no body");
    }

    #[test]
    fn so_are_the_query_and_the_headers() {
        let query = |query: &'static str| move |call: &mut Value| call["query"] = json!(query);
        finds(1, query(""), "query parameter `count` is required");
        finds(1, query("count=10"), "query parameter `count` 10 is greater than the maximum of 9");
        finds(1, query("count=few"), "query parameter `count` \"few\" is not of type \"integer\"");
        finds(1, query("count=1&all=1"), "query parameter `all` is not in the document");
        let header = |name: &'static str, value: Value| move |call: &mut Value| call["headers"][name] = value.clone();
        finds(2, |call| call["headers"] = json!({"x-bz-file-name": "a"}), "header `x-bz-content-sha1` is required");
        finds(2, header("x-bz-content-sha1", json!("abc")), "header `x-bz-content-sha1` is none of the alternatives");
        finds(2, header("x-bz-file-name", json!("100%")), "header `x-bz-file-name` \"100%\" does not match");
        finds(2, header("x-bz-part", json!("4")), "header `x-bz-part` 4 is greater");
        finds(2, header("x-bz-info-time", json!("noon")), "header `x-bz-info-time` \"noon\" does not match");
        finds(2, header("x-bz-other", json!("a")), "header `x-bz-other` is not in the document");
    }

    #[test]
    fn and_so_are_answers() {
        let answer = |body: Value| move |call: &mut Value| call["response"] = body.clone();
        finds(0, answer(json!({"keys": [key()]})), "200 \"/of\": \"of\" is a required property");
        finds(2, answer(json!({"id": "k", "rights": []})), "200 \"/until\": \"until\" is a required property");
        finds(
            2,
            answer(json!({"id": "k", "rights": [], "until": 1, "old": 1})),
            "200 \"/old\": is not in the document",
        );
        finds(2, answer(json!({"id": null, "rights": [], "until": 1})), "200 \"/id\": null is not of type");
        finds(1, answer(key()), "200 \"/secret\": \"secret\" is a required property");
        let hold = |call: &mut Value| call["answer_headers"]["x-bz-hold"] = json!("maybe");
        finds(3, hold, "206: header `x-bz-hold` \"maybe\" is not one of");
        let refused = |status: u16, code: &'static str| {
            move |calls: &mut Vec<Value>| {
                let body = json!({"status": status, "code": code, "message": ""});
                calls.push(call(LIST, &json!({"accountId": "a"}), status, &body));
            }
        };
        let problems = |change: &dyn Fn(&mut Vec<Value>)| {
            let mut calls = calls();
            change(&mut calls);
            judged(&calls, "").1
        };
        assert_eq!(problems(&refused(401, "anything")), [""; 0]);
        assert_eq!(problems(&refused(400, "bad_request")), [""; 0]);
        assert!(problems(&refused(400, "bad_idea"))[0].contains("400 \"/code\": \"bad_idea\" does not match"));
        assert!(problems(&refused(409, "conflict"))[0].contains("409: the document does not know this status"));
    }

    #[test]
    fn another_form_of_a_call_is_held_against_the_same_and_counts_for_nothing() {
        let mut calls = calls();
        let mut list = calls.remove(0);
        list["route"] = json!("GET /b2api/v4/b2_list_keys");
        list["query"] = json!("accountId=a&maxKeyCount=0");
        list["request"] = Value::Null;
        calls.push(list);
        let (score, problems) = judged(&calls, "");
        assert_eq!(
            problems,
            [
                "GET /b2api/v4/b2_list_keys: query parameter `maxKeyCount` 0 is less than the minimum of 1",
                "POST /b2api/v4/b2_list_keys: no public method called it with success in the test run",
            ]
        );
        assert!(score.starts_with("3/4, 1 left;"), "{score}");
    }

    #[test]
    fn a_call_of_another_version_is_none_of_the_document() {
        let mut old = call(LIST, &json!({"account": "a"}), 200, &json!({"keys": {}}));
        old["translated"] = json!(true);
        let mut calls = calls();
        calls.push(old);
        assert_eq!(judged(&calls, "").1, [""; 0]);
    }

    #[test]
    fn a_header_may_depart_with_a_fact() {
        let mut calls = calls();
        calls[2]["headers"]["x-bz-test-mode"] = json!("a");
        calls[3]["answer_headers"]["x-bz-new"] = json!("a");
        let deviations = "[[deviation]]\nroute = \"*\"\nheader = \"x-bz-test-mode\"\nfact = \"for tests\"\n\
            [[deviation]]\nroute = \"*\"\nstatus = 206\nheader = \"x-bz-new\"\nfact = \"seen\"";
        assert_eq!(judged(&calls, deviations).1, [""; 0]);
        assert_eq!(judged(&calls, "").1.len(), 2);
    }

    #[test]
    fn errors_are_statuses_with_codes() {
        let found = |lines: &[&str]| errors(&lines.iter().map(ToString::to_string).collect::<Vec<_>>()).unwrap();
        let known = |status: &str, codes: &[&str]| (status.to_owned(), codes.iter().map(ToString::to_string).collect());
        assert_eq!(
            found(&["400 a/ b", "400 c not open", "401 d (e/f)"]),
            [known("400", &["a", "b", "c"]), known("401", &["d"])]
        );
        assert_eq!(
            found(&["400 a/416", "401/403 d", "401"]),
            [known("400", &["a"]), known("416", &["a"]), known("401", &[]), known("403", &["d"]),]
        );
        assert!(errors(&["broken".into()]).is_err());
    }

    #[test]
    fn whole_requests_have_what_goes_together() {
        let document = Document::of_facts(facts()).unwrap();
        let media = document.request_body(LIST).unwrap().media.unwrap();
        let values = instance::whole(&document, &media);
        let locks: Vec<_> = values.iter().map(|value| value["lock"].clone()).collect();
        assert_eq!(
            locks,
            [json!({"mode": "plain"}), json!({"mode": "KEYED", "key": "a key"}), json!({"mode": "none"})]
        );
        assert!(values.iter().all(|value| document.request_violations(&media, value).is_empty()));
    }

    #[test]
    fn what_does_not_read_is_named() {
        let mut facts = facts();
        facts["calls"][0]["request"][1]["type"] = json!("a few");
        assert_eq!(read(facts).err().unwrap(), "b2_list_keys: maxKeyCount: `a few`: `a few` is no type");
    }
}
