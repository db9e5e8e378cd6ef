//! What was called in the test run: was everything, and do requests and answers hold against the document?

use std::collections::BTreeSet;

use serde_json::Value;

use super::document::{Answer, Place};
use super::journal::Call;
use super::{Evidence, Problems};

/// The number of operations that a public method called with success, every such request being valid.
pub(super) fn check(evidence: &Evidence, problems: &mut Problems) -> usize {
    let documented = evidence.document.routes();
    let (mut called, mut invalid) = (BTreeSet::new(), BTreeSet::new());
    for call in evidence.calls.iter().filter(|call| call.status != 0 && !call.translated) {
        let Some(route) = call.route.as_deref() else {
            continue;
        };
        if !evidence.document.has(route) {
            if !evidence.exceptions.adds(route) {
                problems.add(format!("{route}: the fake serves it, and the document has no such operation"));
            }
            continue;
        }
        if call.client && call.succeeded() {
            called.insert(route);
            if !is_valid_request(evidence, route, call, problems) {
                invalid.insert(route);
            }
        }
        check_answer(evidence, route, call, problems);
    }
    let declared: BTreeSet<_> = evidence.operations.iter().map(|operation| operation.route.as_str()).collect();
    for route in declared.iter().filter(|route| evidence.document.has(route) && !called.contains(*route)) {
        problems.add(format!("{route}: no public method called it with success in the test run"));
    }
    called.difference(&invalid).filter(|route| declared.contains(*route) && documented.contains(**route)).count()
}

fn is_valid_request(evidence: &Evidence, route: &str, call: &Call, problems: &mut Problems) -> bool {
    let Evidence { document, exceptions, .. } = evidence;
    let mut faults = Vec::new();
    for violation in document.parameter_violations(route, Place::Query, &call.query_pairs()) {
        if !exceptions.allows_query(route, &violation.pointer) {
            faults.push(format!("{route}: query parameter `{}` {}", violation.pointer, shortened(&violation.message)));
        }
    }
    for violation in document.parameter_violations(route, Place::Header, &call.headers()) {
        if !exceptions.allows_header(route, &violation.pointer) {
            faults.push(format!("{route}: header `{}` {}", violation.pointer, shortened(&violation.message)));
        }
    }
    match document.request_body(route) {
        None if call.request.is_null() => {}
        None => {
            if !exceptions.allows_in_request(route, "") {
                faults.push(format!(
                    "{route}: the document takes no body, the crate sent {}",
                    shortened(&call.request.to_string())
                ));
            }
        }
        Some(body) if call.request.is_null() => {
            if body.required && !exceptions.allows_in_request(route, "") {
                faults.push(format!("{route}: the document requires a body, the crate sent none"));
            }
        }
        Some(body) => {
            for violation in body.media.iter().flat_map(|media| document.request_violations(media, &call.request)) {
                if !exceptions.allows_in_request(route, &violation.pointer) {
                    let pointer = without_indices(&violation.pointer, &call.request);
                    faults.push(format!("{route}: request \"{pointer}\": {}", shortened(&violation.message)));
                }
            }
        }
    }
    let valid = faults.is_empty();
    for fault in faults {
        problems.add(fault);
    }
    valid
}

fn check_answer(evidence: &Evidence, route: &str, call: &Call, problems: &mut Problems) {
    let Evidence { document, exceptions, .. } = evidence;
    let status = call.status;
    for violation in document.answer_header_violations(route, status, &call.answer_headers()) {
        if !exceptions.allows_answer_header(route, status, &violation.pointer) {
            let (name, message) = (violation.pointer, shortened(&violation.message));
            problems.add(format!("{route} {status}: header `{name}` {message}"));
        }
    }
    match document.answer(route, status, call.other_type()) {
        Answer::Undeclared => {
            if !exceptions.allows_status(route, status) {
                problems.add(format!("{route} {status}: the document does not know this status"));
            }
        }
        Answer::Undescribed => {}
        Answer::Bodyless => {
            if call.succeeded() && !call.response.is_null() && !exceptions.allows_in_answer(route, status, "") {
                problems.add(format!("{route} {status}: the document has no body here, the fake answered with one"));
            }
        }
        Answer::Json(media) => {
            for violation in document.violations(&media, &call.response) {
                if !exceptions.allows_in_answer(route, status, &violation.pointer) {
                    let pointer = without_indices(&violation.pointer, &call.response);
                    problems.add(format!("{route} {status} \"{pointer}\": {}", shortened(&violation.message)));
                }
            }
        }
    }
}

/// The pointer as a deviation would state it, so that a thousand records with one fault make one line.
fn without_indices(pointer: &str, value: &Value) -> String {
    let mut general = String::new();
    let mut exact = String::new();
    for segment in pointer.split('/').skip(1) {
        let in_array = value.pointer(&exact).is_some_and(Value::is_array);
        exact = format!("{exact}/{segment}");
        general = format!("{general}/{}", if in_array { "*" } else { segment });
    }
    general
}

/// A message repeats the value it is about, which can be a whole answer.
fn shortened(message: &str) -> String {
    const ENDS: usize = 100;
    let characters: Vec<char> = message.chars().collect();
    if characters.len() <= 2 * ENDS {
        return message.to_owned();
    }
    let (start, end) = (&characters[..ENDS], &characters[characters.len() - ENDS..]);
    start.iter().chain(&[' ', '…', ' ']).chain(end).collect()
}
