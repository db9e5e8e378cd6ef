//! The HTTP kit: how an operation is declared, called, repeated, counted and paged.
//!
//! A crate declares its operations with [`endpoints!`](crate::endpoints) and calls them through an [`Api`]. Below the
//! typed edge everything works on bytes: a call takes a permit of the [quota](Quota), is signed ([`Auth`]), sent by a
//! [`Transport`], classified and perhaps repeated ([`retry`]), and decoded.

mod api;
mod body;
mod call;
mod dialect;
mod endpoint;
mod json;
pub mod kinds;
mod pages;
mod pending;
mod quota;
pub mod retry;
mod transport;

#[cfg(feature = "store")]
pub(crate) use api::checked_base;
pub use api::{Api, ApiBuilder, Auth, Authorize};
pub use body::{Body, ByteStream, Exact, Incoming, file_chunks};
pub use call::Call;
pub use dialect::{Dialect, Explanation, Refusal};
#[doc(hidden)]
pub use endpoint::parameters;
pub use endpoint::{Endpoint, Operation, Repeat, Route, Verb};
pub use kinds::{
    Binary, Detailed, Download, Form, Input, Multipart, Output, Query, Text, Upload, With, WithHeaders,
    null_as_default, string_or_number,
};
pub use pages::{PageNumbers, Pages, Pagination};
pub use pending::{Pending, Stage, Staged};
pub use quota::{Announced, Declared, Exhausted, Permit, Quota, QuotaRule};
pub use retry::{Means, RetryPolicy, Rule};
pub use transport::{Network, Transport, TransportError, TransportErrorKind};
