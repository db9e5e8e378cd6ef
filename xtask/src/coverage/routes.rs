//! Every operation of the document has exactly one route in the crate, and every route an operation.

use std::collections::BTreeMap;

use super::{Evidence, Problems};

pub(super) struct Compared {
    /// Operations in the document.
    pub(super) total: usize,
    /// How many of them the crate leaves out on purpose.
    pub(super) omitted: usize,
}

pub(super) fn compare(evidence: &Evidence, problems: &mut Problems) -> Compared {
    let Evidence { document, operations, exceptions, .. } = evidence;
    let documented = document.routes();
    let mut declared: BTreeMap<&str, usize> = BTreeMap::new();
    for operation in *operations {
        let route = operation.route.as_str();
        *declared.entry(route).or_default() += 1;
        let successes = document.successes(route);
        if !documented.contains(route) {
            if !exceptions.adds(route) {
                problems.add(format!("{route}: the document has no such operation; names of parameters count"));
            }
        } else if !successes.contains(&operation.status) && !exceptions.changes_status(route) {
            problems.add(format!(
                "{route}: the crate declares {} for success, the document {successes:?}",
                operation.status
            ));
        }
    }
    for (route, count) in declared.iter().filter(|(_, count)| **count > 1) {
        problems.add(format!("{route}: the crate has it {count} times"));
    }
    let mut omitted = 0;
    for route in documented.iter().filter(|route| !declared.contains_key(route.as_str())) {
        if exceptions.omits(route) {
            omitted += 1;
        } else {
            problems.add(format!("{route}: the crate has no such route"));
        }
    }
    Compared { total: documented.len(), omitted }
}
