//! What may be repeated, where that is not what the method says. An addition to a list is a decision about money.

use howdah_core::http::{Operation, Repeat, Verb};
use howdah_gandi::OPERATIONS;

fn routes(wanted: impl Fn(&dyn Operation) -> bool) -> Vec<String> {
    let all = OPERATIONS.iter().flat_map(|(_, operations)| *operations);
    let wanted = all.filter(|operation| wanted(**operation));
    let mut routes: Vec<_> = wanted.map(|operation| operation.route().to_string()).collect();
    routes.sort();
    routes
}

fn is_dry(operation: &dyn Operation) -> bool {
    operation.route().headers.contains(&("dry-run", "1"))
}

#[test]
fn what_pays_is_not_repeated_although_its_method_would_allow_it() {
    let never = routes(|operation| {
        let route = operation.route();
        matches!(route.method, Verb::Put | Verb::Delete) && route.repeat == Repeat::Once
    });
    assert_eq!(
        never,
        [
            "DELETE /email/mailboxes/{domain}/{id}/contents",
            "DELETE /email/slots/{domain}/{id}",
            "PUT /certificate/issued-certs/{id}/dcv",
            "PUT /domain/domains/{domain}/authinfo",
            "PUT /domain/domains/{domain}/contacts/owner",
            "PUT /domain/transferin/{domain}",
            "PUT /domain/transferin/{domain}/authinfo",
        ]
    );
}

#[test]
fn what_may_be_repeated_although_its_method_would_not_allow_it() {
    let again = routes(|operation| {
        let route = operation.route();
        matches!(route.method, Verb::Post | Verb::Patch) && route.repeat != Repeat::Once && !is_dry(operation)
    });
    assert_eq!(
        again,
        [
            "PATCH /certificate/issued-certs/{id}/tags",
            "PATCH /domain/domains/{domain}/autorenew",
            "PATCH /domain/domains/{domain}/status",
            "PATCH /domain/domains/{domain}/tags",
            "PATCH /domain/domains/{domain}/webredirs/{host}",
            "PATCH /email/mailboxes/{domain}/{id}",
            "PATCH /livedns/domains/{fqdn}",
            "PATCH /livedns/domains/{fqdn}/keys/{id}",
            "PATCH /livedns/domains/{fqdn}/snapshots/{id}",
            "PATCH /template/templates/{id}",
            "POST /certificate/dcv_params",
            "POST /certificate/issued-certs/{id}/dcv_params",
            "POST /domain/transferin/{domain}/available",
        ]
    );
}

#[test]
fn what_reads_is_safe() {
    assert_eq!(
        routes(|operation| operation.route().method == Verb::Get && operation.route().repeat != Repeat::Safe),
        [""; 0]
    );
}

#[test]
fn a_dry_run_is_safe_and_stands_beside_the_real_thing() {
    let dry = routes(is_dry);
    assert!(!dry.is_empty());
    let real = routes(|operation| !is_dry(operation));
    for route in dry {
        assert!(real.contains(&route), "{route}");
    }
    assert_eq!(routes(|operation| is_dry(operation) && operation.route().repeat != Repeat::Safe), [""; 0]);
}
