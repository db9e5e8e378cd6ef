//! What may be repeated, where that is not what the method says. An addition to a list is a decision.

use howdah_cloudflare::OPERATIONS;
use howdah_core::http::{Operation, Repeat, Verb};

fn routes(wanted: impl Fn(&dyn Operation) -> bool) -> Vec<String> {
    let all = OPERATIONS.iter().flat_map(|(_, operations)| *operations);
    all.filter(|operation| wanted(**operation)).map(|operation| operation.route().to_string()).collect()
}

#[test]
fn nothing_here_pays() {
    let never = routes(|operation| {
        let route = operation.route();
        matches!(route.method, Verb::Put | Verb::Delete) && route.repeat == Repeat::Once
    });
    assert_eq!(never, [""; 0]);
}

#[test]
fn what_may_be_repeated_although_its_method_would_not_allow_it() {
    let again = routes(|operation| {
        let route = operation.route();
        matches!(route.method, Verb::Post | Verb::Patch) && route.repeat != Repeat::Once
    });
    assert_eq!(again, ["PATCH /zones/{zone_id}/dns_records/{dns_record_id}", "PATCH /zones/{zone_id}/dnssec"]);
}

#[test]
fn what_reads_is_safe() {
    assert_eq!(
        routes(|operation| operation.route().method == Verb::Get && operation.route().repeat != Repeat::Safe),
        [""; 0]
    );
}
