//! What may be repeated. All but a few calls are POSTs, so that their method says nothing.

use howdah_backblaze::OPERATIONS;
use howdah_core::http::Repeat;

fn named(repeat: Repeat) -> Vec<&'static str> {
    let all = OPERATIONS.iter().flat_map(|(_, operations)| *operations);
    let wanted = all.filter(|operation| operation.route().repeat == repeat).map(|operation| operation.route().path);
    let mut names: Vec<_> = wanted.map(|path| path.strip_prefix("/b2api/v4/").unwrap_or(path)).collect();
    names.sort_unstable();
    names
}

#[test]
fn what_makes_something_is_not_repeated_when_nobody_knows_what_became_of_it() {
    assert_eq!(
        named(Repeat::Once),
        [
            "b2_copy_file",
            "b2_create_bucket",
            "b2_create_key",
            "b2_finish_large_file",
            "b2_start_large_file",
            "b2_upload_file/{bucket_id}/{slot}",
            "b2_upload_part/{file_id}/{slot}",
        ]
    );
}

#[test]
fn what_only_reads_is_safe() {
    let safe = named(Repeat::Safe);
    assert!(safe.iter().all(|name| name.starts_with("b2_get_")
        || name.starts_with("b2_list_")
        || name.starts_with("b2_download_")
        || name.starts_with("/file/")
        || *name == "b2_authorize_account"));
}

#[test]
fn what_changes_something_may_be_repeated_where_twice_is_once() {
    assert_eq!(
        named(Repeat::Idempotent),
        [
            "b2_cancel_large_file",
            "b2_copy_part",
            "b2_delete_bucket",
            "b2_delete_file_version",
            "b2_delete_key",
            "b2_hide_file",
            "b2_set_bucket_notification_rules",
            "b2_update_bucket",
            "b2_update_file_legal_hold",
            "b2_update_file_retention",
        ]
    );
}
