//! An `OpenAPI` document, a table of endpoints or a list of facts: its operations, and whether a JSON value holds against one
//! of its schemas.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::fs;
use std::path::Path;
use std::rc::Rc;

use jsonschema::error::ValidationErrorKind;
use jsonschema::{Draft, Registry, Validator};
use serde_json::{Value, json};

use super::facts::{self, OTHER_FORM};
use super::rows::{self, Rows};
use super::swagger::modernise;
use super::translate::translate;
use crate::process::Result;

const URI: &str = "urn:document";
const METHODS: [&str; 7] = ["get", "put", "post", "delete", "options", "head", "patch"];

pub(super) struct Document {
    root: Value,
    answers: Schemas,
    /// The same without what only answers have.
    requests: Schemas,
    rows: Option<Rows>,
    has_examples: bool,
    whole_numbers: bool,
}

/// What a document says about an answer.
pub(super) enum Answer {
    /// The status does not occur.
    Undeclared,
    /// It has no body.
    Bodyless,
    /// It has a body that no schema describes.
    Undescribed,
    /// The pointer to its media type, which holds the schema and perhaps examples.
    Json(String),
}

/// Where a value departs from its schema.
#[derive(Debug)]
pub(super) struct Violation {
    /// Into the value; for a member that is missing, where it would be.
    pub(super) pointer: String,
    pub(super) message: String,
}

/// Where a request has a parameter.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Place {
    Query,
    Header,
}

impl Place {
    fn name(self) -> &'static str {
        match self {
            Self::Query => "query",
            Self::Header => "header",
        }
    }
}

/// A query parameter or a header that the document knows.
struct Parameter<'a> {
    name: &'a str,
    required: bool,
    /// To what has its schema.
    pointer: String,
}

impl Parameter<'_> {
    /// `x-bz-info-*` stands for all that begin so.
    fn is(&self, name: &str) -> bool {
        match self.name.strip_suffix('*') {
            Some(start) => name.starts_with(start),
            None => self.name.eq_ignore_ascii_case(name),
        }
    }
}

pub(super) struct RequestBody {
    pub(super) required: bool,
    /// The pointer to its media type, if that is JSON.
    pub(super) media: Option<String>,
}

impl Document {
    /// Reads a document and lets `mend` put right what is known to be wrong in it.
    pub(super) fn read(path: &Path, mend: fn(&mut Value)) -> Result<Self> {
        let named = |error: String| format!("{}: {error}", path.display());
        let text = fs::read_to_string(path).map_err(|error| named(error.to_string()))?;
        if path.extension().is_some_and(|it| it == "tsv") {
            return Self::of_rows(&text).map_err(named);
        }
        let mut root: Value = serde_json::from_str(&text).map_err(|error| named(error.to_string()))?;
        mend(&mut root);
        if facts::is_list_of_facts(&root) { Self::of_facts(root) } else { Self::new(root) }.map_err(named)
    }

    /// The document that a list of facts amounts to.
    pub(super) fn of_facts(root: Value) -> Result<Self> {
        Ok(Self { has_examples: false, ..Self::new(facts::read(root)?)? })
    }

    /// The document that a table of endpoints amounts to.
    pub(super) fn of_rows(table: &str) -> Result<Self> {
        let (root, rows) = rows::read(table)?;
        Ok(Self { rows: Some(rows), ..Self::new(root)? })
    }

    pub(super) fn new(root: Value) -> Result<Self> {
        let root = translate(modernise(root));
        let requests = Schemas::new(without_read_only(&root))?;
        Ok(Self {
            answers: Schemas::new(root.clone())?,
            requests,
            root,
            rows: None,
            has_examples: true,
            whole_numbers: false,
        })
    }

    /// The same, in which a `number` may be an id.
    pub(super) fn with_whole_numbers(self, whole_numbers: bool) -> Self {
        Self { whole_numbers, ..self }
    }

    /// May a `number` be an id?
    pub(super) fn has_whole_numbers(&self) -> bool {
        self.whole_numbers
    }

    /// What is known of the table, when it is one.
    pub(super) fn rows(&self) -> Option<&Rows> {
        self.rows.as_ref()
    }

    /// Does it show values, or only say what they are like?
    pub(super) fn has_examples(&self) -> bool {
        self.has_examples
    }

    /// Every operation, as `GET /{account}/zones`, each in one form.
    pub(super) fn routes(&self) -> BTreeSet<String> {
        let paths = self.root["paths"].as_object().into_iter().flatten();
        let is_operation = |item: &Value, method| item.get(method).is_some_and(|it| it.get(OTHER_FORM).is_none());
        paths
            .flat_map(|(path, item)| {
                METHODS
                    .iter()
                    .filter(|method| is_operation(item, **method))
                    .map(move |method| format!("{} {path}", method.to_uppercase()))
            })
            .collect()
    }

    /// Is this an operation, in whatever form?
    pub(super) fn has(&self, route: &str) -> bool {
        self.operation(route).is_some()
    }

    /// The statuses that an operation declares for success, by number.
    pub(super) fn successes(&self, route: &str) -> Vec<u16> {
        let answers =
            self.operation(route).and_then(|operation| self.at(&format!("{operation}/responses"))?.as_object());
        answers
            .into_iter()
            .flatten()
            .filter_map(|(status, _)| status.parse().ok())
            .filter(|status| (200..300).contains(status))
            .collect()
    }

    /// Does an operation declare this status, by number or as any success?
    pub(super) fn declares(&self, route: &str, status: u16) -> bool {
        let names = [status.to_string(), format!("{}XX", status / 100)];
        self.operation(route)
            .is_some_and(|operation| names.iter().any(|it| self.at(&format!("{operation}/responses/{it}")).is_some()))
    }

    /// What it says about an answer of JSON, or of another type where that is given.
    pub(super) fn answer(&self, route: &str, status: u16, other: Option<&str>) -> Answer {
        let Some(operation) = self.operation(route) else {
            return Answer::Undeclared;
        };
        let class = status / 100;
        let names = [status.to_string(), format!("{class}XX"), format!("{class}xx"), "default".to_owned()];
        let declared = names
            .iter()
            .map(|name| self.follow(&format!("{operation}/responses/{name}")))
            .find(|it| self.at(it).is_some());
        match declared {
            None => Answer::Undeclared,
            Some(pointer) => match self.media(&pointer) {
                _ if other.is_some_and(|it| self.at(&format!("{pointer}/content/{}", escape(it))).is_some()) => {
                    Answer::Undescribed
                }
                Some(media) => Answer::Json(media),
                None if self.at(&format!("{pointer}/content")).is_some() => Answer::Undescribed,
                None => Answer::Bodyless,
            },
        }
    }

    /// The content type of an answer that is no JSON, and its example.
    pub(super) fn other_example(&self, route: &str, status: u16) -> Option<(String, String)> {
        let pointer = self.follow(&format!("{}/responses/{status}/content", self.operation(route)?));
        let (content_type, media) = self.at(&pointer)?.as_object()?.iter().next()?;
        let schema = media.get("schema").map(|schema| self.resolve(schema));
        let example = media.get("example").or_else(|| schema?.get("example"))?;
        Some((content_type.clone(), example.as_str()?.to_owned()))
    }

    pub(super) fn request_body(&self, route: &str) -> Option<RequestBody> {
        let pointer = self.follow(&format!("{}/requestBody", self.operation(route)?));
        let required = self.at(&pointer)?.get("required").is_some_and(|it| it == true);
        Some(RequestBody { required, media: self.media(&pointer) })
    }

    /// What is wrong with the query of a request, or with its headers; the pointers are names.
    pub(super) fn parameter_violations(&self, route: &str, place: Place, sent: &[(String, String)]) -> Vec<Violation> {
        let Some(operation) = self.operation(route) else {
            return Vec::new();
        };
        let item = operation.rsplit_once('/').map_or("", |(item, _)| item);
        let mut known = Vec::new();
        for owner in [item, &operation] {
            let count = self.at(&format!("{owner}/parameters")).and_then(Value::as_array).map_or(0, Vec::len);
            known.extend((0..count).map(|index| self.follow(&format!("{owner}/parameters/{index}"))));
        }
        let known = known.into_iter().filter_map(|pointer| {
            let parameter = self.at(&pointer).filter(|it| it["in"] == place.name())?;
            let (name, required) = (parameter["name"].as_str()?, parameter["required"] == true);
            Some(Parameter { name, required, pointer })
        });
        self.held_against(&known.collect::<Vec<_>>(), place, sent)
    }

    /// The same with the headers of an answer.
    pub(super) fn answer_header_violations(
        &self,
        route: &str,
        status: u16,
        sent: &[(String, String)],
    ) -> Vec<Violation> {
        let pointer =
            self.operation(route).map(|it| self.follow(&format!("{it}/responses/{status}"))).unwrap_or_default();
        let headers = self.at(&format!("{pointer}/headers")).and_then(Value::as_object).into_iter().flatten();
        let known = headers.map(|(name, _)| Parameter {
            name,
            required: false,
            pointer: self.follow(&format!("{pointer}/headers/{}", escape(name))),
        });
        self.held_against(&known.collect::<Vec<_>>(), Place::Header, sent)
    }

    fn held_against(&self, known: &[Parameter], place: Place, sent: &[(String, String)]) -> Vec<Violation> {
        let mut violations = Vec::new();
        let mut add = |name: &str, message: String| violations.push(Violation { pointer: name.to_owned(), message });
        for parameter in known.iter().filter(|it| it.required) {
            if !sent.iter().any(|(name, _)| parameter.is(name)) {
                add(parameter.name, "is required".into());
            }
        }
        for (name, text) in sent {
            let exact = known.iter().find(|it| it.name.eq_ignore_ascii_case(name));
            let Some(parameter) = exact.or_else(|| known.iter().find(|it| it.is(name))) else {
                // Of other headers a document does not speak.
                let is_foreign = place == Place::Header
                    && !known.iter().any(|it| family(name).is_some() && family(it.name) == family(name));
                if !is_foreign {
                    add(name, "is not in the document".into());
                }
                continue;
            };
            let schema = self.at(&format!("{}/schema", parameter.pointer)).map(|schema| self.resolve(schema));
            let Some(value) = schema.and_then(|schema| typed(schema, text)) else {
                continue;
            };
            for violation in self.requests.violations(&parameter.pointer, &value) {
                add(name, violation.message);
            }
        }
        violations
    }

    /// What is wrong with an answer where the schema is that of a media type.
    pub(super) fn violations(&self, media: &str, answer: &Value) -> Vec<Violation> {
        self.answers.violations(media, answer)
    }

    /// The same of a request.
    pub(super) fn request_violations(&self, media: &str, request: &Value) -> Vec<Violation> {
        self.requests.violations(media, request)
    }

    pub(super) fn at(&self, pointer: &str) -> Option<&Value> {
        self.root.pointer(pointer)
    }

    /// The schema or other object itself, where there may be a reference to it.
    pub(super) fn resolve<'a>(&'a self, value: &'a Value) -> &'a Value {
        resolved(&self.root, value)
    }

    /// Does a request not have this property?
    pub(super) fn is_read_only(&self, property: &Value) -> bool {
        is_read_only(&self.root, property)
    }

    fn follow(&self, pointer: &str) -> String {
        let mut pointer = pointer.to_owned();
        for _ in 0..16 {
            let reference = self.at(&pointer).and_then(|it| it.get("$ref")?.as_str()?.strip_prefix('#'));
            match reference {
                Some(target) => target.clone_into(&mut pointer),
                None => break,
            }
        }
        pointer
    }

    fn operation(&self, route: &str) -> Option<String> {
        let (method, path) = route.split_once(' ')?;
        let pointer = format!("/paths/{}/{}", escape(path), method.to_lowercase());
        self.at(&pointer).map(|_| pointer)
    }

    /// The media type of JSON below an answer or a request body.
    fn media(&self, pointer: &str) -> Option<String> {
        let media = format!("{pointer}/content/application~1json");
        self.at(&media)?.get("schema").map(|_| media)
    }
}

/// The schemas of a document.
struct Schemas {
    registry: Registry<'static>,
    validators: RefCell<HashMap<String, Rc<Validator>>>,
}

impl Schemas {
    fn new(root: Value) -> Result<Self> {
        let registry = Registry::new()
            .add(URI, Draft::Draft202012.create_resource(root))
            .and_then(jsonschema::RegistryBuilder::prepare)
            .map_err(|error| error.to_string())?;
        Ok(Self { registry, validators: RefCell::default() })
    }

    /// A schema that cannot be used is a violation too.
    fn violations(&self, media: &str, value: &Value) -> Vec<Violation> {
        match self.validator(&format!("{media}/schema")) {
            Ok(validator) => validator
                .iter_errors(value)
                .flat_map(|error| {
                    let pointer = error.instance_path().as_str();
                    let below = |member: &str| format!("{pointer}/{}", escape(member));
                    match error.kind() {
                        ValidationErrorKind::Required { property } => {
                            let pointer = below(property.as_str().unwrap_or_default());
                            vec![Violation { pointer, message: error.to_string() }]
                        }
                        ValidationErrorKind::AdditionalProperties { unexpected } => unexpected
                            .iter()
                            .map(|member| Violation {
                                pointer: below(member),
                                message: "is not in the document".into(),
                            })
                            .collect(),
                        // It would repeat the whole value, and make every one a problem of its own.
                        ValidationErrorKind::AnyOf { .. } | ValidationErrorKind::OneOfNotValid { .. } => {
                            let message = "is none of the alternatives in the document".into();
                            vec![Violation { pointer: pointer.to_owned(), message }]
                        }
                        _ => vec![Violation { pointer: pointer.to_owned(), message: error.to_string() }],
                    }
                })
                .collect(),
            Err(message) => vec![Violation { pointer: String::new(), message }],
        }
    }

    fn validator(&self, pointer: &str) -> Result<Rc<Validator>> {
        if let Some(known) = self.validators.borrow().get(pointer) {
            return Ok(known.clone());
        }
        let built = jsonschema::options()
            .with_draft(Draft::Draft202012)
            .with_registry(&self.registry)
            .build(&json!({"$ref": format!("{URI}#{}", fragment(pointer))}))
            .map_err(|error| format!("the document's schema at {pointer} cannot be used: {error}"))?;
        let built = Rc::new(built);
        self.validators.borrow_mut().insert(pointer.to_owned(), built.clone());
        Ok(built)
    }
}

/// `x-bz` of `x-bz-file-name`; nothing of a header that is everybody's.
fn family(header: &str) -> Option<&str> {
    let end = header.strip_prefix("x-")?.find('-')?;
    Some(&header[..end + 2])
}

/// A parameter's text as the value that its schema describes; nothing where lists and objects can be written in several ways.
fn typed(schema: &Value, text: &str) -> Option<Value> {
    let kind = schema["type"].as_str().or_else(|| schema["anyOf"][0]["type"].as_str())?;
    match kind {
        "string" => Some(json!(text)),
        "integer" | "number" | "boolean" => Some(serde_json::from_str(text).unwrap_or_else(|_| json!(text))),
        _ => None,
    }
}

/// The document, with no property that a request must not have: it is required of answers only.
fn without_read_only(root: &Value) -> Value {
    fn names(root: &Value, schema: &Value) -> Vec<String> {
        let schema = resolved(root, schema);
        let own = schema.get("properties").and_then(Value::as_object).into_iter().flatten();
        let own = own.filter(|(_, property)| is_read_only(root, property)).map(|(name, _)| name.clone());
        let parts = ["allOf", "oneOf", "anyOf"].iter().filter_map(|key| schema.get(key)?.as_array()).flatten();
        own.chain(parts.flat_map(|part| names(root, part))).collect()
    }
    fn strip(root: &Value, value: &Value) -> Value {
        match value {
            Value::Array(values) => values.iter().map(|value| strip(root, value)).collect(),
            Value::Object(members) => {
                let read_only = names(root, value);
                let kept = members.iter().map(|(key, member)| match member {
                    Value::Object(properties) if key == "properties" => {
                        let properties = properties.iter().filter(|(name, _)| !read_only.contains(name));
                        (key.clone(), properties.map(|(name, it)| (name.clone(), strip(root, it))).collect())
                    }
                    Value::Array(required) if key == "required" => {
                        let is_kept =
                            |name: &&Value| name.as_str().is_none_or(|it| !read_only.iter().any(|one| one == it));
                        (key.clone(), required.iter().filter(is_kept).cloned().collect())
                    }
                    other => (key.clone(), strip(root, other)),
                });
                Value::Object(kept.collect())
            }
            other => other.clone(),
        }
    }
    strip(root, root)
}

/// A property that only answers have.
fn is_read_only(root: &Value, property: &Value) -> bool {
    let property = resolved(root, property);
    let parts = property.get("allOf").and_then(Value::as_array).into_iter().flatten();
    property["readOnly"] == true || parts.map(|part| resolved(root, part)).any(|part| part["readOnly"] == true)
}

fn resolved<'a>(root: &'a Value, mut value: &'a Value) -> &'a Value {
    // A chain of references that is longer than this is a circle.
    for _ in 0..16 {
        let reference = value.get("$ref").and_then(Value::as_str).and_then(|it| it.strip_prefix('#'));
        match reference.and_then(|it| root.pointer(it)) {
            Some(target) => value = target,
            None => break,
        }
    }
    value
}

/// One segment of a JSON pointer.
pub(super) fn escape(segment: &str) -> String {
    segment.replace('~', "~0").replace('/', "~1")
}

/// A JSON pointer as a URI's fragment.
fn fragment(pointer: &str) -> String {
    pointer
        .bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'~' | b'-' | b'_' | b'.' => char::from(byte).to_string(),
            _ => format!("%{byte:02X}"),
        })
        .collect()
}
