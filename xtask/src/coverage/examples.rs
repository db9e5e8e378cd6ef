//! The crate's types against the document's examples: what they decode and encode again must still be all there.

use jiff::Timestamp;
use serde_json::Value;

use super::document::{Answer, escape};
use super::operation::Operation;
use super::{Evidence, Problems, instance};

#[derive(Default)]
pub(super) struct Tally {
    pub(super) passed: usize,
    pub(super) total: usize,
}

pub(super) struct Examples {
    pub(super) answers: Tally,
    pub(super) requests: Tally,
}

pub(super) fn check(evidence: &Evidence, problems: &mut Problems) -> Examples {
    let mut examples = Examples { answers: Tally::default(), requests: Tally::default() };
    let shown = if evidence.document.has_examples() { "example" } else { "with every property" };
    // A table has no examples, and too few types to make values of.
    let operations = if evidence.document.rows().is_some() { &[] } else { evidence.operations };
    for operation in operations {
        let Operation { route, round_trip_input, round_trip_output, .. } = operation;
        for status in evidence.document.successes(route) {
            let Answer::Json(media) = evidence.document.answer(route, status, None) else {
                continue;
            };
            for example in instance::examples(evidence.document, &media) {
                let what = format!("{route} {status} {shown}");
                let outcome = round_trip_output(&example);
                examples.answers.count(judge(evidence, route, &what, &example, outcome, Direction::Answer, problems));
            }
        }
        let Some(media) = evidence.document.request_body(route).and_then(|body| body.media) else {
            continue;
        };
        for value in instance::whole(evidence.document, &media) {
            let what = format!("{route}: request with every property");
            let outcome = round_trip_input(&value);
            examples.requests.count(judge(evidence, route, &what, &value, outcome, Direction::Request, problems));
        }
    }
    examples
}

#[derive(Clone, Copy, PartialEq)]
enum Direction {
    /// Nothing may be lost.
    Answer,
    /// Nothing may be lost, and nothing come from nowhere.
    Request,
}

fn judge(
    evidence: &Evidence,
    route: &str,
    what: &str,
    before: &Value,
    outcome: Result<Value, String>,
    direction: Direction,
    problems: &mut Problems,
) -> bool {
    let mut faults = Vec::new();
    match outcome {
        // An example that does not decode at all may be wrong itself, which a loss of the whole says.
        Err(error) => faults.push((String::new(), format!("does not decode: {error}"))),
        Ok(after) => {
            differences(before, &after, "", &mut faults);
            if direction == Direction::Request {
                let mut invented = Vec::new();
                differences(&after, before, "", &mut invented);
                invented.retain(|(pointer, _)| before.pointer(pointer).is_none());
                faults.extend(invented.into_iter().map(|(pointer, _)| (pointer, "comes from nowhere".to_owned())));
            }
        }
    }
    faults.retain(|(pointer, _)| !evidence.exceptions.allows_loss(route, pointer));
    for (pointer, fault) in &faults {
        problems.add(format!("{what} \"{pointer}\": {fault}"));
    }
    faults.is_empty()
}

/// What of `before` is not in `after`. Absent and null are the same, and so are two spellings of an instant.
fn differences(before: &Value, after: &Value, pointer: &str, faults: &mut Vec<(String, String)>) {
    match (before, after) {
        (Value::Object(before), Value::Object(after)) => {
            for (key, value) in before {
                differences(
                    value,
                    after.get(key).unwrap_or(&Value::Null),
                    &format!("{pointer}/{}", escape(key)),
                    faults,
                );
            }
        }
        (Value::Array(before), Value::Array(after)) if before.len() == after.len() => {
            for (index, (before, after)) in before.iter().zip(after).enumerate() {
                differences(before, after, &format!("{pointer}/{index}"), faults);
            }
        }
        (_, Value::Null) if !before.is_null() => {
            faults.push((pointer.to_owned(), format!("{before} is lost")));
        }
        _ if is_same(before, after) => {}
        _ => faults.push((pointer.to_owned(), format!("{before} becomes {after}"))),
    }
}

fn is_same(before: &Value, after: &Value) -> bool {
    let instant = |value: &Value| value.as_str().and_then(|text| text.parse::<Timestamp>().ok());
    before == after
        || before.is_number() && before.as_f64() == after.as_f64()
        || instant(before).is_some_and(|before| instant(after) == Some(before))
}

impl Tally {
    fn count(&mut self, passed: bool) {
        self.total += 1;
        self.passed += usize::from(passed);
    }
}
