//! A method that calls an endpoint says what it does in one sentence, and names its route.

use std::collections::{BTreeMap, BTreeSet};

use crate::checks::verdict;
use crate::process::{Result, Status, publishable_crates};
use crate::source::{Source, end_of_block, sources, words};

pub(crate) fn check() -> Result<Status> {
    let mut problems = Vec::new();
    for it in publishable_crates()? {
        for source in sources(&it.directory.join("src"))? {
            problems.extend(untidy(&source));
        }
    }
    verdict(&problems)
}

/// A function of the file, as far as this check cares.
struct Function<'a> {
    line: usize,
    name: &'a str,
    public: bool,
    docs: Vec<&'a str>,
    body: String,
}

fn untidy(source: &Source) -> Vec<String> {
    let lines = source.lines();
    let routes = routes(&lines);
    if routes.is_empty() {
        return Vec::new();
    }
    let functions = functions(&lines);
    let complain =
        |function: &Function, what: &str| format!("{}:{}: `{}` {what}", source.path, function.line + 1, function.name);
    let mut problems = Vec::new();
    for function in functions.iter().filter(|function| function.public) {
        let called = reached(function, &functions, &routes);
        if called.is_empty() {
            continue;
        }
        let sentence = function.docs.iter().take_while(|line| !line.is_empty()).copied().collect::<Vec<_>>().join(" ");
        if !sentence.ends_with('.') || sentence.starts_with('`') && sentence.ends_with('`') {
            problems.push(complain(function, "does not begin its documentation with a sentence"));
        }
        let named: BTreeSet<_> = function.docs.iter().filter_map(|line| route_in(line)).collect();
        if let Some(unknown) = named.iter().find(|route| !routes.values().any(|it| it == *route)) {
            problems.push(complain(function, &format!("names `{unknown}`, which this file's table does not have")));
        } else if named.is_disjoint(&called) {
            let called = called.into_iter().collect::<Vec<_>>().join("` or `");
            problems.push(complain(function, &format!("lacks its route, on a line of its own: `{called}`")));
        }
    }
    problems
}

/// The table of the file: constant to route.
fn routes(lines: &[&str]) -> BTreeMap<String, String> {
    let mut routes = BTreeMap::new();
    for (start, line) in lines.iter().enumerate().filter(|(_, line)| line.trim_end().ends_with("endpoints! {")) {
        let _ = line;
        let table: String = lines[start + 1..end_of_block(lines, start)]
            .iter()
            .filter(|line| !line.trim_start().starts_with("//"))
            .flat_map(|line| [line, " "])
            .collect();
        for entry in table.split(';') {
            let Some((declaration, call)) = entry.split_once(" = ") else {
                continue;
            };
            let (Some((verb, rest)), Some((before, _))) = (call.split_once("(\""), declaration.split_once(':')) else {
                continue;
            };
            let (Some(name), Some((path, _))) = (words(before).last(), rest.split_once('"')) else {
                continue;
            };
            routes.insert(name.to_owned(), format!("{} {path}", verb.trim().to_uppercase()));
        }
    }
    routes
}

fn functions<'a>(lines: &[&'a str]) -> Vec<Function<'a>> {
    let mut functions = Vec::new();
    let mut docs = Vec::new();
    for (start, line) in lines.iter().enumerate() {
        let line = line.trim();
        if let Some(doc) = line.strip_prefix("///") {
            docs.push(doc.trim());
            continue;
        }
        let public = line.starts_with("pub ");
        if let Some((before, after)) = line.split_once("fn ")
            && before
                .split_whitespace()
                .all(|word| ["pub", "async", "const"].contains(&word) || word.starts_with("pub("))
        {
            let end = end_of_block(lines, start);
            let name = words(after).next().unwrap_or_default();
            let body = lines[start..=end].join("\n");
            functions.push(Function { line: start, name, public, docs: std::mem::take(&mut docs), body });
        }
        if !line.starts_with("#[") {
            docs.clear();
        }
    }
    functions
}

/// The routes that a function calls itself or through a private function of the same file.
fn reached(function: &Function, functions: &[Function], routes: &BTreeMap<String, String>) -> BTreeSet<String> {
    let names = |body: &str| words(body).filter_map(|word| routes.get(word).cloned()).collect::<BTreeSet<_>>();
    let mut reached = names(&function.body);
    for helper in functions.iter().filter(|it| !it.public && it.line != function.line) {
        let calls = [".", "::", " "].iter().any(|before| function.body.contains(&format!("{before}{}(", helper.name)));
        if calls {
            reached.extend(names(&helper.body));
        }
    }
    reached
}

/// `` `GET /zones` `` alone on its line.
fn route_in(line: &str) -> Option<String> {
    let route = line.strip_prefix('`')?.strip_suffix('`')?;
    let (verb, path) = route.split_once(' ')?;
    let known = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"].contains(&verb);
    (known && path.starts_with('/')).then(|| route.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(methods: &str) -> Vec<String> {
        let table = "endpoints! {\n    /// All.\n    LIST: () => Vec<Zone> = get(\"/zones\").envelope(\"data\");\n    ACT: New\n        => Zone = post(\"/zones/{zone}\");\n}\n";
        let text = format!("{table}\nimpl Zones {{\n{methods}\n}}\n");
        untidy(&Source { path: "zones.rs".into(), text })
    }

    const ACT: &str = "\n    async fn act(&self) {\n        self.0.call(&ACT).await\n    }";

    #[test]
    fn a_sentence_and_the_route_are_enough() {
        let good = "    /// Lists the zones.\n    ///\n    /// `GET /zones`\n    pub fn list(&self) -> Pages<Zone> {\n        self.0.pages(&LIST)\n    }";
        assert_eq!(problems(good), [""; 0]);
        let helped = format!(
            "    /// Does it.\n    ///\n    /// `POST /zones/{{zone}}`\n    #[must_use]\n    pub async fn start(&self) {{\n        self.act().await\n    }}{ACT}"
        );
        assert_eq!(problems(&helped), [""; 0]);
    }

    #[test]
    fn what_is_missing_is_named() {
        let body = "    pub fn list(\n        &self,\n    ) -> Pages<Zone> {\n        self.0.pages(&LIST)\n    }";
        let bare = problems(body);
        assert!(bare[0].contains("zones.rs:9: `list` does not begin") && bare[1].contains("`GET /zones`"), "{bare:?}");
        let typo = problems(&format!("    /// Lists.\n    ///\n    /// `GET /zone`\n{body}"));
        assert!(typo.len() == 1 && typo[0].contains("names `GET /zone`"), "{typo:?}");
        let helped = problems(&format!(
            "    /// Does it.\n    pub async fn start(&self) {{\n        self.act().await\n    }}{ACT}"
        ));
        assert!(helped.len() == 1 && helped[0].contains("`POST /zones/{zone}`"), "{helped:?}");
    }

    #[test]
    fn other_methods_are_left_alone() {
        assert_eq!(problems("    pub fn name(&self) -> &str {\n        \"x\"\n    }"), [""; 0]);
    }
}
