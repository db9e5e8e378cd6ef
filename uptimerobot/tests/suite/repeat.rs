//! What may be repeated, where that is not what the method says.

use howdah_core::http::{Repeat, Verb};
use howdah_uptimerobot::OPERATIONS;

#[test]
fn what_twice_is_the_same_as_once_is_repeated_although_it_is_a_post() {
    let all = OPERATIONS.iter().flat_map(|(_, operations)| *operations).map(|operation| operation.route());
    let repeated = all.filter(|route| matches!(route.method, Verb::Post | Verb::Patch) && route.repeat != Repeat::Once);
    let mut repeated: Vec<_> = repeated.map(ToString::to_string).collect();
    repeated.sort_unstable();
    assert_eq!(
        repeated,
        [
            "POST /monitors/bulk/pause",
            "POST /monitors/bulk/start",
            "POST /monitors/{id}/pause",
            "POST /monitors/{id}/start",
            "POST /psps/{pspId}/announcements/{id}/pin",
            "POST /psps/{pspId}/announcements/{id}/unpin",
        ]
    );
}
