//! Object stores: Apache's [`object_store`], re-exported, and [`S3`], its S3 client over this crate's
//! [`Transport`](crate::http::Transport).
//!
//! What is built on the trait works with every store that implements it: S3 and what speaks like it, a directory,
//! memory, and the stores that other crates of this house implement.

mod connector;
mod s3;

pub use object_store;
pub use s3::{Acl, S3, S3Builder};
