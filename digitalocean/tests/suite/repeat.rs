//! What may be repeated, where that is not what the method says. An addition to a list is a decision about money.

use howdah_core::http::{Operation, Repeat, Verb};
use howdah_digitalocean::OPERATIONS;

fn routes(wanted: impl Fn(&dyn Operation) -> bool) -> Vec<String> {
    let all = OPERATIONS.iter().flat_map(|(_, operations)| *operations);
    all.filter(|operation| wanted(**operation)).map(|operation| operation.route().to_string()).collect()
}

#[test]
fn what_pays_or_begins_again_is_not_repeated_although_its_method_would_allow_it() {
    let never = routes(|operation| {
        let route = operation.route();
        matches!(route.method, Verb::Put | Verb::Delete) && route.repeat == Repeat::Once
    });
    assert_eq!(
        never,
        [
            "PUT /v2/apps/{id}",
            "PUT /v2/databases/{database_cluster_uuid}/migrate",
            "PUT /v2/databases/{database_cluster_uuid}/resize",
            "PUT /v2/databases/{database_cluster_uuid}/online-migration",
            "PUT /v2/databases/{database_cluster_uuid}/replicas/{replica_name}/promote",
            "PUT /v2/databases/{database_cluster_uuid}/install_update",
            "PUT /v2/databases/{database_cluster_uuid}/upgrade",
        ]
    );
}

#[test]
fn what_may_be_repeated_although_its_method_would_not_allow_it() {
    let again = routes(|operation| {
        let route = operation.route();
        matches!(route.method, Verb::Post | Verb::Patch) && route.repeat != Repeat::Once
    });
    assert_eq!(
        again,
        [
            "POST /v2/apps/metrics/bandwidth_daily",
            "POST /v2/apps/propose",
            "POST /v2/apps/{app_id}/alerts/{alert_id}/destinations",
            "POST /v2/apps/{app_id}/deployments/{deployment_id}/cancel",
            "POST /v2/apps/{app_id}/rollback/validate",
            "POST /v2/apps/{app_id}/job-invocations/{job_invocation_id}/cancel",
            "POST /v2/apps/{app_id}/events/{event_id}/cancel",
            "PATCH /v2/databases/{database_cluster_uuid}/config",
            "PATCH /v2/domains/{domain_name}/records/{domain_record_id}",
            "POST /v2/firewalls/{firewall_id}/droplets",
            "POST /v2/firewalls/{firewall_id}/tags",
            "POST /v2/load_balancers/{lb_id}/droplets",
            "POST /v2/monitoring/sinks/destinations/{destination_uuid}",
            "PATCH /v2/projects/default",
            "PATCH /v2/projects/{project_id}",
            "POST /v2/projects/{project_id}/resources",
            "POST /v2/projects/default/resources",
            "PATCH /v2/spaces/keys/{access_key}",
            "POST /v2/tags",
            "POST /v2/tags/{tag_id}/resources",
            "PATCH /v2/vpcs/{vpc_id}",
            "PATCH /v2/vpcs/{vpc_id}/peerings/{vpc_peering_id}",
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
