use howdah_core::testing::Fake;
use serde::{Deserialize, Serialize};

#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct State {}

pub(super) fn serve(fake: Fake<super::State>) -> Fake<super::State> {
    fake
}

/// Whether a bucket has no version of any file, nor a large file that is not finished.
pub(super) fn is_empty(_: &super::State, _: &crate::buckets::BucketId) -> bool {
    true
}

pub(super) fn put(
    _: &mut super::State,
    _: &crate::buckets::BucketId,
    _: &str,
    _: &bytes::Bytes,
) -> Result<crate::FileId, howdah_core::testing::Answer> {
    Err(super::bad_request("not yet"))
}

/// Finds the contents of a state that was read.
pub(super) fn adopt(_: &mut super::State) -> std::io::Result<()> {
    Ok(())
}
