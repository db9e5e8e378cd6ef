//! An operation of a provider's crate, as the coverage check sees it.

use serde_json::Value;

type RoundTrip = Box<dyn Fn(&Value) -> Result<Value, String>>;

pub(super) struct Operation {
    /// `GET /{account}/zones`
    pub(super) route: String,
    /// The status of success that the crate declares.
    pub(super) status: u16,
    /// Decodes a request's body as the operation's input and encodes it again.
    pub(super) round_trip_input: RoundTrip,
    /// The same with an answer's body, envelope included.
    pub(super) round_trip_output: RoundTrip,
}
