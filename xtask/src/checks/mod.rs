//! The checks of `cargo xtask ci` that are ours, one a file.

pub(crate) mod deny;
pub(crate) mod dependencies;
pub(crate) mod docs;
pub(crate) mod package;
pub(crate) mod rust_version;
pub(crate) mod signatures;

use crate::process::{Result, Status};

/// Passed if there is nothing to complain about.
fn verdict(problems: &[String]) -> Result<Status> {
    if problems.is_empty() { Ok(Status::Passed) } else { Err(problems.join("\n")) }
}
