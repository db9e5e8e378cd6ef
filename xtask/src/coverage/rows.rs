//! A table of endpoints, for a provider that publishes no document for programs: one row an endpoint, or several that
//! differ in method or path, with its fields in the [notation] and how sure they are.
//!
//! It becomes a document of the usual kind, in which a row that cannot be read allows anything, and says so.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::Evidence;
use super::document::escape;
use super::notation::{self, Side};
use crate::process::Result;

/// What is known of a table beyond the document that it becomes.
#[derive(Default)]
pub(super) struct Rows {
    /// Operations of which nothing is known but method and path.
    pub(super) path_only: BTreeSet<String>,
    /// Operations whose requests are not compared, for want of a row that can be read.
    pub(super) unread_requests: BTreeSet<String>,
    /// The same for answers.
    pub(super) unread_answers: BTreeSet<String>,
}

impl Rows {
    /// How many of the crate's operations the rows could be held against.
    pub(super) fn score(&self, evidence: &Evidence) -> String {
        let documented = evidence.document.routes();
        let routes: BTreeSet<_> = evidence.operations.iter().map(|it| &it.route).collect();
        let mut known = 0;
        let (mut requests, mut answers) = (0, 0);
        for route in routes.into_iter().filter(|route| documented.contains(*route)) {
            known += 1;
            requests += usize::from(!self.path_only.contains(route) && !self.unread_requests.contains(route));
            answers += usize::from(!self.path_only.contains(route) && !self.unread_answers.contains(route));
        }
        format!(
            "held against their rows: {requests} requests ({} not), {answers} answers ({} not)",
            known - requests,
            known - answers
        )
    }
}

/// Reads tab-separated lines: api, method, path, request, response, sureness; what follows is not looked at.
pub(super) fn read(text: &str) -> Result<(Value, Rows)> {
    let mut document = json!({"openapi": "3.1.0", "paths": {}});
    let mut rows = Rows::default();
    for (number, line) in text.lines().enumerate().skip(1).filter(|(_, line)| !line.trim().is_empty()) {
        let row = Row::read(line).map_err(|error| format!("line {}: {error}", number + 1))?;
        for (method, path) in row.endpoints().map_err(|error| format!("line {}: {error}", number + 1))? {
            let route = format!("{method} {path}");
            let operation = row.operation(method, &route, &mut rows);
            let pointer = format!("/paths/{}", escape(&path));
            if document.pointer(&pointer).is_none() {
                document["paths"][&path] = json!({});
            }
            let item = document.pointer_mut(&pointer).and_then(Value::as_object_mut);
            if item.is_none_or(|item| item.insert(method.to_lowercase(), operation).is_some()) {
                return Err(format!("line {}: {route} was in a line before", number + 1));
            }
        }
    }
    Ok((document, rows))
}

struct Row<'a> {
    api: &'a str,
    methods: Vec<&'a str>,
    path: &'a str,
    request: &'a str,
    answer: &'a str,
    sureness: &'a str,
}

impl<'a> Row<'a> {
    fn read(line: &'a str) -> Result<Self> {
        let columns: Vec<_> = line.split('\t').map(str::trim).collect();
        let [api, methods, path, request, answer, sureness, ..] = columns[..] else {
            return Err("there are fewer than six columns".into());
        };
        Ok(Self { api, methods: methods.split('|').collect(), path, request, answer, sureness })
    }

    /// `[/{id}]` is a path that may end there, and a comma stands between paths; the later ones may be relative.
    fn endpoints(&self) -> Result<Vec<(&'a str, String)>> {
        let mut endpoints = Vec::new();
        if let Some((collection, rest)) = self.path.split_once('[') {
            let item = format!("{collection}{}", rest.trim_end_matches(']'));
            for method in &self.methods {
                // Alone, a method goes with both; among others, with the one that it is usual for.
                let for_item = ["PUT", "PATCH", "DELETE"].contains(method);
                if !for_item || self.methods.len() == 1 {
                    endpoints.push((*method, collection.to_owned()));
                }
                if for_item || self.methods.len() == 1 {
                    endpoints.push((*method, item.clone()));
                }
            }
        } else {
            let base = self.path.split(", ").next().and_then(|path| path.rsplit_once('/')).map_or("", |(base, _)| base);
            for (at, path) in self.path.split(", ").enumerate() {
                let absolute = at == 0 || path.starts_with(&format!("/{}/", self.api));
                let path = if absolute { path.to_owned() } else { format!("{base}{path}") };
                endpoints.extend(self.methods.iter().map(|method| (*method, path.clone())));
            }
        }
        let stated: Option<usize> =
            self.answer.strip_suffix(" endpoints)").and_then(|text| text.rsplit('(').next()?.parse().ok());
        match stated {
            Some(count) if count != endpoints.len() => {
                Err(format!("it stands for {} endpoints and says {count}", endpoints.len()))
            }
            _ => Ok(endpoints),
        }
    }

    /// `C` is known by path only; `C (GET: B)` is better known where it is read.
    fn is_path_only(&self, method: &str) -> bool {
        let own = self.sureness.split_once(&format!("({method}: ")).map(|(_, sureness)| sureness);
        own.unwrap_or(self.sureness).starts_with('C')
    }

    fn operation(&self, method: &str, route: &str, rows: &mut Rows) -> Value {
        if self.is_path_only(method) {
            rows.path_only.insert(route.to_owned());
            return anything();
        }
        let request = Request::read(self.request, method);
        let (answers, is_read) = self.answers(method, &request);
        if !is_read {
            rows.unread_answers.insert(route.to_owned());
        }
        let query = request.query.iter().map(|name| json!({"name": name, "in": "query"}));
        let mut operation = json!({"parameters": query.collect::<Vec<_>>(), "responses": answers});
        match request.body {
            Body::None => {}
            Body::Schema(schema) => {
                let required = schema["required"].as_array().is_some_and(|fields| !fields.is_empty());
                operation["requestBody"] = json!({"required": required, "content": content(&schema)});
            }
            Body::Unread => {
                rows.unread_requests.insert(route.to_owned());
                operation["requestBody"] = json!({"content": content(&json!(true))});
            }
        }
        operation
    }

    /// The answers by status, and whether what they hold could be read.
    fn answers(&self, method: &str, request: &Request) -> (Map<String, Value>, bool) {
        let end = self.answer.find(|it: char| !it.is_ascii_digit() && it != '/').unwrap_or(self.answer.len());
        let (statuses, body) = self.answer.split_at(end);
        let mut statuses: Vec<_> = statuses.split('/').filter(|status| !status.is_empty()).collect();
        // Of several methods, the fields are those of reading, and the status is that of the others.
        let (shared, reads) = (self.methods.len() > 1, method == "GET");
        let body = if shared && (!reads || !statuses.is_empty()) { None } else { notation::body(body.trim()) };
        if statuses.is_empty() || shared && reads {
            statuses = vec!["2XX"];
        }
        let mut answers = Map::new();
        for status in &statuses {
            let answer = if *status == "204" {
                json!({"description": ""})
            } else {
                let mut content = content(body.as_ref().unwrap_or(&json!(true)));
                for accepted in &request.accepted {
                    content[accepted] = json!({});
                }
                json!({"description": "", "content": content})
            };
            answers.insert((*status).to_owned(), answer);
        }
        if request.dry_run && !statuses.contains(&"200") {
            let fields = "{status(success|error),errors?[{location,name,description}]}";
            let rehearsal = notation::body(fields).unwrap_or_default();
            answers.insert("200".into(), json!({"description": "", "content": content(&rehearsal)}));
        }
        // Refusals are not in the table.
        answers.insert("default".into(), json!({"description": "", "content": {"*/*": {}}}));
        (answers, body.is_some() || statuses == ["204"])
    }
}

enum Body {
    None,
    Schema(Value),
    Unread,
}

struct Request {
    query: Vec<String>,
    body: Body,
    dry_run: bool,
    /// What it may be answered with besides JSON.
    accepted: Vec<String>,
}

impl Request {
    fn read(text: &str, method: &str) -> Self {
        let has_body = ["POST", "PUT", "PATCH"].contains(&method);
        let mut request = Self { query: Vec::new(), body: Body::None, dry_run: false, accepted: Vec::new() };
        let mut is_silent = true;
        for part in notation::split(text, ';') {
            if let Some(list) = part.strip_prefix("q ") {
                match notation::names(list) {
                    Some(names) => request.query.extend(names),
                    None => request.body = Body::Unread,
                }
            } else if part == "sharing_id" {
                request.query.push(part.to_owned());
            } else if part.trim_start_matches("hdr ") == "Dry-Run" {
                request.dry_run = has_body;
            } else if part == "(none)" {
                is_silent = false;
            } else if let Some(media) = part.strip_prefix("Accept ") {
                request.accepted.extend(media.split('=').next().map(str::to_owned));
            } else if has_body {
                // Without a body it is a remark on the path.
                is_silent = false;
                let fields = part.strip_prefix('{').and_then(|part| part.strip_suffix('}')).unwrap_or(part);
                request.body = notation::object(fields, Side::Request).map_or(Body::Unread, Body::Schema);
            }
        }
        if is_silent && has_body {
            request.body = Body::Unread;
        }
        request
    }
}

fn content(schema: &Value) -> Value {
    json!({"application/json": {"schema": schema}})
}

/// An operation of which the document says nothing.
fn anything() -> Value {
    json!({"requestBody": {"content": content(&json!(true))}, "responses": {"default": {"content": {"*/*": {}}}}})
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = "api\tmethod\tpath\trequest\tresponse\tsure\n\
        zone\tGET|POST\t/zone/zones\tname*,ttl? 300-900; sharing_id\t[{id,name}]\tB\n\
        zone\tGET|PATCH\t/zone/zones/{id}\t\t\tC (GET: B)\n\
        zone\tPOST\t/zone/zones/{id}/renew\tyears*:int; hdr Dry-Run\t202 {message}+Location; PAID\tA\n\
        zone\tGET|POST|DELETE\t/zone/keys[/{id}]\tas zones\t202 on create\tB\n\
        zone\tGET\t/zone/tasks[/{id}]\t\t(2 endpoints)\tB\n\
        zone\tGET\t/zone/a/b, /c/{id}, /zone/d\tq page,kind(a|b); Accept text/plain=file\t[string]\tA\n\
        zone\tDELETE\t/zone/d/{id}\t\t204\tA\n";

    fn routes(document: &Value) -> Vec<String> {
        let paths = document["paths"].as_object().unwrap();
        paths
            .iter()
            .flat_map(|(path, item)| item.as_object().unwrap().keys().map(move |it| format!("{it} {path}")))
            .collect()
    }

    #[test]
    fn a_row_stands_for_several_endpoints() {
        let mut found = routes(&read(TABLE).unwrap().0);
        found.sort();
        assert_eq!(
            found,
            [
                "delete /zone/d/{id}",
                "delete /zone/keys/{id}",
                "get /zone/a/b",
                "get /zone/a/c/{id}",
                "get /zone/d",
                "get /zone/keys",
                "get /zone/tasks",
                "get /zone/tasks/{id}",
                "get /zone/zones",
                "get /zone/zones/{id}",
                "patch /zone/zones/{id}",
                "post /zone/keys",
                "post /zone/zones",
                "post /zone/zones/{id}/renew",
            ]
        );
    }

    #[test]
    fn what_cannot_be_read_is_known() {
        let (_, rows) = read(TABLE).unwrap();
        let list = |set: &BTreeSet<String>| set.iter().cloned().collect::<Vec<_>>();
        assert_eq!(list(&rows.path_only), ["PATCH /zone/zones/{id}"]);
        assert_eq!(list(&rows.unread_requests), ["POST /zone/keys"]);
        assert_eq!(
            list(&rows.unread_answers),
            [
                "DELETE /zone/keys/{id}",
                "GET /zone/keys",
                "GET /zone/tasks",
                "GET /zone/tasks/{id}",
                "GET /zone/zones/{id}",
                "POST /zone/keys",
                "POST /zone/zones",
            ]
        );
    }

    #[test]
    fn fields_go_to_the_methods_that_have_them() {
        let (document, _) = read(TABLE).unwrap();
        let zones = &document["paths"]["/zone/zones"];
        assert_eq!(zones["get"]["requestBody"], Value::Null);
        assert_eq!(zones["get"]["parameters"], json!([{"name": "sharing_id", "in": "query"}]));
        assert_eq!(zones["get"]["responses"]["2XX"]["content"]["application/json"]["schema"]["type"], "array");
        assert_eq!(zones["post"]["requestBody"]["required"], true);
        assert!(document["paths"]["/zone/d"]["get"]["responses"]["2XX"]["content"]["text/plain"].is_object());
        let keys = &document["paths"]["/zone/keys"];
        assert!(keys["post"]["responses"]["202"].is_object() && keys["get"]["responses"]["2XX"].is_object());
        let renew = &document["paths"]["/zone/zones/{id}/renew"]["post"]["responses"];
        let fields = |status: &str| renew[status]["content"]["application/json"]["schema"]["required"].clone();
        assert_eq!((fields("202"), fields("200")), (json!(["message"]), json!(["status"])));
        assert_eq!(document["paths"]["/zone/d/{id}"]["delete"]["responses"]["204"], json!({"description": ""}));
    }

    #[test]
    fn a_table_that_contradicts_itself_is_refused() {
        let twice = format!("{TABLE}zone\tGET\t/zone/d\t\t\tA\n");
        assert_eq!(read(&twice).err().unwrap(), "line 9: GET /zone/d was in a line before");
        let counted = TABLE.replace("(2 endpoints)", "(3 endpoints)");
        assert_eq!(read(&counted).err().unwrap(), "line 6: it stands for 2 endpoints and says 3");
        assert_eq!(read("\nzone\tGET").err().unwrap(), "line 2: there are fewer than six columns");
    }
}
