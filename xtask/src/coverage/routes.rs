//! Every operation of the document has exactly one route in the crate, and every route an operation.

use std::collections::BTreeMap;

use super::{Evidence, PATH_ONLY, Problems};

pub(super) struct Compared {
    /// Operations in the document.
    pub(super) total: usize,
    /// How many of them the crate leaves out on purpose, by reason.
    pub(super) omitted: BTreeMap<String, usize>,
}

pub(super) fn compare(evidence: &Evidence, problems: &mut Problems) -> Compared {
    let Evidence { document, operations, exceptions, .. } = evidence;
    let documented = document.routes();
    let mut declared: BTreeMap<&str, Vec<_>> = BTreeMap::new();
    for operation in *operations {
        let route = operation.route.as_str();
        declared.entry(route).or_default().push(operation.headers);
        if !document.has(route) {
            if !exceptions.adds(route) {
                problems.add(format!("{route}: the document has no such operation; names of parameters count"));
            }
        } else if !document.declares(route, operation.status) && !exceptions.changes_status(route) {
            problems.add(format!(
                "{route}: the crate declares {} for success, the document {:?}",
                operation.status,
                document.successes(route)
            ));
        }
    }
    for (route, headers) in &declared {
        // Asked for with another header, it is another call.
        let is_repeated = headers.iter().enumerate().any(|(at, one)| headers[..at].contains(one));
        if is_repeated && !exceptions.repeats(route) {
            problems.add(format!("{route}: the crate has it {} times", headers.len()));
        }
    }
    let is_path_only = |route| document.rows().is_some_and(|rows| rows.path_only.contains(route));
    let mut omitted = BTreeMap::new();
    for route in documented.iter().filter(|route| !declared.contains_key(route.as_str())) {
        let Some(reason) = exceptions.omits(route) else {
            problems.add(format!("{route}: the crate has no such route"));
            continue;
        };
        if reason == PATH_ONLY && !is_path_only(route) {
            problems.add(format!("{route}: omitted as {PATH_ONLY}, and the document knows more of it"));
        }
        *omitted.entry(reason.to_owned()).or_default() += 1;
    }
    Compared { total: documented.len(), omitted }
}
