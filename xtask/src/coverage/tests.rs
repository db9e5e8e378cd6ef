//! The check against small documents, each with one fault that it must find.

use serde_json::{Value, json};

use super::*;

fn document() -> Value {
    let zone = json!({
        "type": "object", "required": ["id", "name"],
        "properties": {
            "id": {"type": "integer"}, "name": {"type": "string"}, "kind": {"enum": ["primary", "secondary"]},
            "created_at": {"type": "string", "format": "date-time"}, "note": {"type": ["string", "null"]},
        },
        "example": {"id": 1, "name": "example.com", "kind": "primary", "created_at": "2024-01-01T00:00:00Z", "note": null},
    });
    let answer = |schema: Value| json!({"description": "", "content": {"application/json": {"schema": schema}}});
    let envelope = |data: Value| json!({"type": "object", "required": ["data"], "properties": {"data": data}});
    let one = json!({"$ref": "#/components/schemas/Zone"});
    json!({
        "openapi": "3.1.0",
        "paths": {
            "/{account}/zones": {
                "get": {
                    "parameters": [{"$ref": "#/components/parameters/Name"}],
                    "responses": {"200": answer(envelope(json!({"type": "array", "items": one}))), "404": {"$ref": "#/components/responses/404"}},
                },
                "post": {
                    "requestBody": {"$ref": "#/components/requestBodies/Zone"},
                    "responses": {"201": answer(envelope(one.clone()))},
                },
            },
            "/{account}/zones/{zone}": {"delete": {"responses": {"204": {"description": ""}}}},
        },
        "components": {
            "schemas": {"Zone": zone},
            "parameters": {"Name": {"name": "name", "in": "query", "schema": {"type": "string"}}},
            "responses": {"404": answer(json!({"type": "object", "required": ["message"]}))},
            "requestBodies": {"Zone": {"required": true, "content": {"application/json": {"schema": {
                "type": "object", "required": ["name"],
                "properties": {"name": {"type": "string"}, "kind": {"enum": ["primary", "secondary"]}, "ttl": {"type": "integer"}},
                "example": {"name": "example.com"},
            }}}}},
        },
    })
}

const LIST: &str = "GET /{account}/zones";
const CREATE: &str = "POST /{account}/zones";
const DELETE: &str = "DELETE /{account}/zones/{zone}";

fn operation(route: &str, status: u16) -> Operation {
    let same = || Box::new(|value: &Value| Ok(value.clone()));
    Operation { route: route.into(), status, headers: &[], round_trip_input: same(), round_trip_output: same() }
}

fn operations() -> Vec<Operation> {
    vec![operation(LIST, 200), operation(CREATE, 201), operation(DELETE, 204)]
}

fn call(route: &str, query: &str, request: &Value, status: u16, response: &Value) -> Call {
    let line = json!({
        "route": route, "path": "/", "query": query, "request": request, "status": status, "response": response,
        "content_type": "application/json", "client": true,
    });
    serde_json::from_value(line).unwrap()
}

fn calls() -> Vec<Call> {
    let zone = json!({"id": 1, "name": "example.com"});
    vec![
        call(LIST, "name=a", &Value::Null, 200, &json!({"data": [zone, zone]})),
        call(CREATE, "", &json!({"name": "example.com"}), 201, &json!({"data": zone})),
        call(DELETE, "", &Value::Null, 204, &Value::Null),
    ]
}

/// What the check says of everything as it should be, but for what the caller changes.
struct Case {
    operations: Vec<Operation>,
    calls: Vec<Call>,
    untyped: Vec<String>,
    omitted: &'static str,
    deviations: &'static str,
    losses: &'static str,
}

impl Default for Case {
    fn default() -> Self {
        Self { operations: operations(), calls: calls(), untyped: Vec::new(), omitted: "", deviations: "", losses: "" }
    }
}

impl Case {
    fn judge(&self) -> Verdict {
        judge(&Evidence {
            document: &Document::new(document()).unwrap(),
            operations: &self.operations,
            calls: &self.calls,
            untyped: &self.untyped,
            exceptions: &Exceptions::parse(self.omitted, self.deviations, self.losses).unwrap(),
        })
    }

    /// The check finds this problem and no other.
    fn finds(&self, problem: &str) {
        let found: Vec<_> = self.judge().problems.into_keys().collect();
        assert!(found.len() == 1 && found[0].contains(problem), "expected {problem:?}, found {found:#?}");
    }

    fn passes(&self) {
        let found = self.judge().problems;
        assert!(found.is_empty(), "{found:#?}");
    }
}

#[test]
fn what_is_whole_passes_and_is_counted() {
    let case = Case::default();
    case.passes();
    assert_eq!(case.judge().score, "3/3; examples 2/2; whole requests 3/3");
}

#[test]
fn a_missing_route_is_found_unless_omitted() {
    let mut case = Case::default();
    case.operations.pop();
    case.finds("DELETE /{account}/zones/{zone}: the crate has no such route");
    case.omitted = "[[operation]]\nroute = \"DELETE /{account}/zones/{zone}\"\nreason = \"too dangerous\"";
    case.passes();
    assert_eq!(case.judge().score, "2/3, omitted 1 too dangerous; examples 2/2; whole requests 3/3");
}

#[test]
fn a_route_with_another_parameter_name_is_another_route() {
    let mut case = Case::default();
    case.operations.push(operation("DELETE /{account}/zones/{id}", 204));
    case.finds("DELETE /{account}/zones/{id}: the document has no such operation");
    case.omitted = "[[route]]\nroute = \"DELETE /{account}/zones/{id}\"\nreason = \"undocumented\"";
    case.passes();
}

#[test]
fn a_route_stands_once() {
    let mut case = Case::default();
    case.operations.push(operation(LIST, 200));
    let found = case.judge().problems;
    assert!(found.contains_key("GET /{account}/zones: the crate has it 2 times"), "{found:?}");
}

#[test]
fn another_status_of_success_is_found() {
    let mut case = Case::default();
    case.operations[1].status = 200;
    case.finds("declares 200 for success, the document [201]");
    case.omitted = "[[status]]\nroute = \"POST /{account}/zones\"\nreason = \"seen\"";
    case.passes();
}

#[test]
fn an_operation_that_only_a_test_called_by_hand_is_not_covered() {
    let mut case = Case::default();
    case.calls[2].client = false;
    case.finds("DELETE /{account}/zones/{zone}: no public method called it");
    assert!(case.judge().score.starts_with("2/3, 1 left;"));
}

#[test]
fn a_failed_call_covers_nothing() {
    let mut case = Case::default();
    case.calls[0] = call(LIST, "", &Value::Null, 404, &json!({"message": "no"}));
    case.finds("GET /{account}/zones: no public method called it");
}

#[test]
fn an_invalid_request_covers_nothing() {
    let mut case = Case::default();
    case.calls[1].request = json!({"name": "a", "kind": "tertiary"});
    case.finds("POST /{account}/zones: request \"/kind\"");
    assert!(case.judge().score.starts_with("2/3, 1 left;"));
    case.deviations = "[[deviation]]\nroute = \"*\"\nrequest = \"/kind\"\nfact = \"a third kind exists\"";
    case.passes();
}

#[test]
fn a_missing_member_is_named() {
    let mut case = Case::default();
    case.calls[1].request = json!({"kind": "primary"});
    case.finds("POST /{account}/zones: request \"/name\"");
}

#[test]
fn bodies_are_where_the_document_has_them() {
    let mut case = Case::default();
    case.calls[1].request = Value::Null;
    case.finds("requires a body, the crate sent none");
    let mut case = Case::default();
    case.calls[2].request = json!({"sure": true});
    case.finds("takes no body, the crate sent {\"sure\":true}");
    let mut case = Case::default();
    case.calls[2].response = json!({});
    case.finds("DELETE /{account}/zones/{zone} 204: the document has no body here");
}

#[test]
fn an_unknown_query_parameter_is_found() {
    let mut case = Case::default();
    case.calls[0].query = Some("name=a&page=2".into());
    case.finds("query parameter `page`");
    case.deviations = "[[deviation]]\nroute = \"*\"\nquery = \"page\"\nfact = \"lists are paged\"";
    case.passes();
}

#[test]
fn an_answer_that_departs_is_one_problem_however_often() {
    let mut case = Case::default();
    let zone = json!({"id": "one", "name": "a"});
    case.calls[0].response = json!({"data": [zone, zone]});
    case.finds("GET /{account}/zones 200 \"/data/*/id\"");
    assert_eq!(case.judge().problems.into_values().collect::<Vec<_>>(), [2]);
    case.deviations =
        "[[deviation]]\nroute = \"GET /{account}/zones\"\nstatus = 200\npointer = \"/data/*/id\"\nfact = \"recorded\"";
    case.passes();
}

#[test]
fn an_unknown_status_is_found() {
    let mut case = Case::default();
    case.calls.push(call(DELETE, "", &Value::Null, 502, &json!("<html>")));
    case.finds("DELETE /{account}/zones/{zone} 502: the document does not know this status");
    case.deviations = "[[deviation]]\nroute = \"*\"\nstatus = 502\nfact = \"any gateway\"";
    case.passes();
}

#[test]
fn a_call_without_an_answer_says_nothing() {
    let mut case = Case::default();
    case.calls.push(call(DELETE, "", &Value::Null, 0, &Value::Null));
    case.passes();
}

#[test]
fn answers_that_are_references_are_checked() {
    let mut case = Case::default();
    case.calls.push(call(LIST, "", &Value::Null, 404, &json!({})));
    case.finds("GET /{account}/zones 404 \"/message\"");
}

#[test]
fn an_entry_that_nothing_needs_is_found() {
    let deviation =
        Case { deviations: "[[deviation]]\nroute = \"*\"\nquery = \"page\"\nfact = \"old\"", ..Case::default() };
    deviation.finds("deviations.toml, * ?page: nothing needs this entry");
    let loss = Case { losses: "[[loss]]\nroute = \"*\"\npointer = \"/data\"\nreason = \"old\"", ..Case::default() };
    loss.finds("losses.toml, * /data: nothing needs this entry");
    let omitted = Case { omitted: "[[untyped]]\nfield = \"A.b\"\nreason = \"old\"", ..Case::default() };
    omitted.finds("omitted.toml, [[untyped]] A.b: nothing needs this entry");
}

#[test]
fn an_entry_without_its_reason_is_no_entry() {
    for (omitted, deviations) in [
        ("[[untyped]]\nfield = \"A.b\"\nreason = \" \"", ""),
        ("", "[[deviation]]\nroute = \"*\"\nstatus = 200\nfact = \"\""),
        ("", "[[deviation]]\nroute = \"*\"\nfact = \"says nothing\""),
        ("", "[[deviation]]\nroute = \"*\"\nquery = \"a\"\npointer = \"/b\"\nfact = \"says two things\""),
        ("[[operations]]\nroute = \"*\"\nreason = \"misspelt\"", ""),
    ] {
        assert!(Exceptions::parse(omitted, deviations, "").is_err(), "{omitted}{deviations}");
    }
}

#[test]
fn a_lossy_example_is_found_unless_named() {
    let mut case = Case::default();
    case.operations[0].round_trip_output = Box::new(|value| {
        let mut value = value.clone();
        value["data"][0].as_object_mut().ok_or("no object")?.remove("kind");
        Ok(value)
    });
    case.finds("GET /{account}/zones 200 example \"/data/0/kind\": \"primary\" is lost");
    assert_eq!(case.judge().score, "3/3; examples 1/2; whole requests 3/3");
    case.losses = "[[loss]]\nroute = \"GET /{account}/zones\"\npointer = \"/data/*/kind\"\nreason = \"deprecated\"";
    case.passes();
}

#[test]
fn an_example_that_changes_or_does_not_decode_is_found() {
    let mut case = Case::default();
    case.operations[0].round_trip_output = Box::new(|_| Ok(json!({"data": []})));
    case.finds("GET /{account}/zones 200 example \"/data\"");
    case.operations[0].round_trip_output = Box::new(|_| Err("expected a string".into()));
    case.finds("does not decode: expected a string");
}

#[test]
fn null_and_absent_are_equal_and_so_are_instants() {
    let mut case = Case::default();
    case.operations[1].round_trip_output = Box::new(|_| {
        Ok(
            json!({"data": {"id": 1.0, "name": "example.com", "kind": "primary", "created_at": "2024-01-01T01:00:00+01:00", "extra": 1}}),
        )
    });
    case.passes();
}

#[test]
fn a_request_loses_and_invents_nothing() {
    let mut case = Case::default();
    case.operations[1].round_trip_input = Box::new(|value| Ok(json!({"name": value["name"], "kind": value["kind"]})));
    let found = case.judge().problems;
    assert!(
        found.keys().all(|it| it.contains("request with every property \"/ttl\": 7 is lost")) && found.len() == 1,
        "{found:?}"
    );

    case.operations[1].round_trip_input = Box::new(|value| {
        let mut value = value.clone();
        value["made_up"] = json!(true);
        Ok(value)
    });
    case.finds("\"/made_up\": comes from nowhere");
}

#[test]
fn every_value_of_an_enumeration_is_tried() {
    let mut case = Case::default();
    case.operations[1].round_trip_input = Box::new(|value| match value["kind"].as_str() {
        Some("secondary") => Err("unknown kind".into()),
        _ => Ok(value.clone()),
    });
    case.finds("does not decode: unknown kind");
}

#[test]
fn an_untyped_field_is_found_unless_listed() {
    let mut case = Case { untyped: vec!["Zone.extra".into()], ..Case::default() };
    case.finds("Zone.extra holds any JSON");
    case.omitted = "[[untyped]]\nfield = \"Zone.extra\"\nreason = \"the document says any object\"";
    case.passes();
}

#[test]
fn an_unknown_route_of_the_fake_is_found() {
    let mut case = Case::default();
    case.calls.push(call("GET /{account}/secrets", "", &Value::Null, 200, &json!({})));
    case.finds("GET /{account}/secrets: the fake serves it");
}

/// What a table of endpoints says of the same operations, and one of which only the path is known.
const TABLE: &str = "api\tmethod\tpath\trequest\tresponse\tsure\n\
    zones\tGET\t/{account}/zones\tq name,page; Accept text/plain\t{data[{id:int,name,kind?(primary|secondary)}]}\tA\n\
    zones\tPOST\t/{account}/zones\tname*,ttl:int\t201 {data{id:int,name}}\tA\n\
    zones\tDELETE\t/{account}/zones/{zone}\t\tPAID\tA\n\
    zones\tPOST\t/{account}/zones/{zone}/move\t\t\tC\n";

const KNOWN: &str = "[[operation]]\nroute = [\"POST /{account}/zones/{zone}/move\"]\nreason = \"known by path only\"";

fn of_rows(case: &Case) -> Verdict {
    judge(&Evidence {
        document: &Document::of_rows(TABLE).unwrap(),
        operations: &case.operations,
        calls: &case.calls,
        untyped: &case.untyped,
        exceptions: &Exceptions::parse(case.omitted, case.deviations, case.losses).unwrap(),
    })
}

fn found_in_rows(case: &Case) -> Vec<String> {
    of_rows(case).problems.into_keys().collect()
}

#[test]
fn a_table_is_held_against_what_was_sent_and_answered() {
    let mut case = Case { omitted: KNOWN, ..Case::default() };
    assert_eq!(found_in_rows(&case), [""; 0]);
    let score = "3/4, omitted 1 known by path only; held against their rows: 3 requests (0 not), 2 answers (1 not)";
    assert_eq!(of_rows(&case).score, score);

    case.calls[1].request = json!({"ttl": "long", "kind": "primary"});
    assert_eq!(
        found_in_rows(&case),
        [
            "POST /{account}/zones: request \"/kind\": is not in the document",
            "POST /{account}/zones: request \"/name\": \"name\" is a required property",
            "POST /{account}/zones: request \"/ttl\": \"long\" is not of type \"integer\"",
        ]
    );
    assert!(of_rows(&case).score.starts_with("2/4, omitted 1 known by path only, 1 left;"));

    let mut case = Case { omitted: KNOWN, ..Case::default() };
    case.calls[0].response = json!({"data": [{"id": 1, "kind": null, "owner": 7}]});
    assert_eq!(
        found_in_rows(&case),
        [
            "GET /{account}/zones 200 \"/data/*/name\": \"name\" is a required property",
            "GET /{account}/zones 200 \"/data/*/owner\": is not in the document",
        ]
    );
}

#[test]
fn another_type_of_answer_is_where_the_table_has_it() {
    let mut case = Case { omitted: KNOWN, ..Case::default() };
    let text =
        json!({"route": LIST, "status": 200, "response": "$ORIGIN .", "content_type": "text/plain; charset=utf-8"});
    case.calls.push(serde_json::from_value(text.clone()).unwrap());
    assert_eq!(found_in_rows(&case), [""; 0]);
    let mut elsewhere = text;
    elsewhere["route"] = json!(CREATE);
    elsewhere["status"] = json!(201);
    case.calls.push(serde_json::from_value(elsewhere).unwrap());
    assert_eq!(found_in_rows(&case).len(), 1);
}

#[test]
fn what_is_known_better_is_not_omitted_for_its_path() {
    let mut case = Case { omitted: KNOWN, ..Case::default() };
    case.operations.pop();
    case.calls.pop();
    case.omitted = "[[operation]]\nroute = [\"POST /{account}/zones/{zone}/move\", \"DELETE /{account}/zones/{zone}\"]\n\
        reason = \"known by path only\"";
    assert_eq!(
        found_in_rows(&case),
        ["DELETE /{account}/zones/{zone}: omitted as known by path only, and the document knows more of it"]
    );
}

#[test]
fn two_forms_of_a_body_are_two_endpoints_and_so_are_two_headers() {
    let mut case = Case::default();
    case.operations.push(Operation { headers: &[("dry-run", "1")], ..operation(CREATE, 201) });
    case.passes();
    case.operations.push(operation(CREATE, 201));
    case.finds("POST /{account}/zones: the crate has it 3 times");
    case.omitted = "[[twice]]\nroute = \"POST /{account}/zones\"\nreason = \"JSON, or text\"";
    case.passes();
}

#[test]
fn a_document_of_3_0_is_held_against_as_it_means_it() {
    let mut old = document();
    old["openapi"] = json!("3.0.3");
    old["components"]["schemas"]["Zone"]["properties"]["note"] = json!({"type": "string", "nullable": true});
    old["components"]["schemas"]["Zone"]["properties"]["id"] =
        json!({"type": "integer", "minimum": 0, "exclusiveMinimum": true});
    let responses = &mut old["paths"]["/{account}/zones"]["get"]["responses"];
    responses["4xx"] = responses["404"].take();
    responses.as_object_mut().unwrap().remove("404");
    let mut case = Case::default();
    let verdict = |case: &Case| {
        let document = Document::new(old.clone()).unwrap();
        let (operations, calls, exceptions) = (&case.operations, &case.calls, &Exceptions::default());
        judge(&Evidence { document: &document, operations, calls, untyped: &[], exceptions }).problems
    };
    case.calls.push(call(LIST, "", &Value::Null, 200, &json!({"data": [{"id": 1, "name": "a", "note": null}]})));
    case.calls.push(call(LIST, "", &Value::Null, 403, &json!({"message": "no"})));
    assert_eq!(verdict(&case).into_keys().collect::<Vec<_>>(), [""; 0]);
    case.calls.push(call(LIST, "", &Value::Null, 200, &json!({"data": [{"id": 0, "name": "a"}]})));
    let found: Vec<_> = verdict(&case).into_keys().collect();
    assert!(found.len() == 1 && found[0].contains("200 \"/data/*/id\""), "{found:?}");
}

#[test]
fn a_request_has_nothing_that_only_answers_have() {
    let mut both = document();
    let stamp = json!({"type": "string", "readOnly": true});
    both["components"]["schemas"]["Stamp"] = stamp;
    let schema = &mut both["components"]["requestBodies"]["Zone"]["content"]["application/json"]["schema"];
    *schema = json!({
        "required": ["id"],
        "allOf": [
            {"required": ["created_at", "name"], "properties": {"created_at": {"$ref": "#/components/schemas/Stamp"}, "name": {}}},
            {"oneOf": [{"properties": {"id": {"type": "integer", "readOnly": true}}}]},
        ],
    });
    let document = Document::new(both).unwrap();
    let media = document.request_body(CREATE).unwrap().media.unwrap();
    let found = |request: Value| {
        document.request_violations(&media, &request).into_iter().map(|it| it.pointer).collect::<Vec<_>>()
    };
    assert_eq!(found(json!({"name": "example.com"})), [""; 0]);
    assert_eq!(found(json!({})), ["/name"]);
    assert_eq!(document.violations(&media, &json!({"name": "example.com"})).len(), 2);
    assert_eq!(instance::whole(&document, &media), [json!({"name": "a name"})]);
}
