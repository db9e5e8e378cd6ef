//! What may be repeated, where that is not what the method says.

use howdah_core::http::{Repeat, Verb};
use howdah_netlify::OPERATIONS;

fn routes(wanted: impl Fn(Verb, Repeat) -> bool) -> Vec<String> {
    let all = OPERATIONS.iter().flat_map(|(_, operations)| *operations).map(|operation| operation.route());
    let mut found: Vec<_> = all.filter(|route| wanted(route.method, route.repeat)).map(ToString::to_string).collect();
    found.sort_unstable();
    found.dedup();
    found
}

#[test]
fn what_pays_or_goes_back_is_not_repeated_although_its_method_would_allow_it() {
    assert_eq!(
        routes(|verb, repeat| matches!(verb, Verb::Put | Verb::Delete) && repeat == Repeat::Once),
        [
            "PUT /accounts/{account_id}",
            "PUT /sites/{site_id}/rollback",
            "PUT /sites/{site_id}/services/{addon}/instances/{instance_id}",
            "PUT /{account_slug}/members/{member_id}",
        ]
    );
}

#[test]
fn what_twice_is_the_same_as_once_is_repeated_although_it_is_a_post() {
    assert_eq!(
        routes(|verb, repeat| matches!(verb, Verb::Post | Verb::Patch) && repeat != Repeat::Once),
        [
            "POST /agent_runners/{agent_runner_id}/archive",
            "POST /deploys/{deploy_id}/cancel",
            "POST /deploys/{deploy_id}/lock",
            "POST /deploys/{deploy_id}/unlock",
            "POST /hooks/{hook_id}/enable",
            "POST /purge",
            "POST /sites/{site_id}/deploys/{deploy_id}/restore",
            "POST /sites/{site_id}/dev_servers/{dev_server_id}/activity",
            "POST /sites/{site_id}/ssl",
            "POST /sites/{site_id}/traffic_splits/{split_test_id}/publish",
            "POST /sites/{site_id}/traffic_splits/{split_test_id}/unpublish",
        ]
    );
}
