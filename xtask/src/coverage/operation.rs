//! An operation of a provider's crate, as the coverage check sees it.

use serde_json::Value;

/// The operations of a crate, group by group, as it lists them.
pub(super) type Groups<'a> = &'a [(&'a str, &'a [&'static dyn howdah_core::http::Operation])];

type RoundTrip = Box<dyn Fn(&Value) -> Result<Value, String>>;

pub(super) struct Operation {
    /// `GET /{account}/zones`
    pub(super) route: String,
    /// The status of success that the crate declares.
    pub(super) status: u16,
    /// The headers that each such request carries.
    pub(super) headers: &'static [(&'static str, &'static str)],
    /// Decodes a request's body as the operation's input and encodes it again.
    pub(super) round_trip_input: RoundTrip,
    /// The same with an answer's body, envelope included.
    pub(super) round_trip_output: RoundTrip,
}

impl Operation {
    pub(super) fn all(groups: Groups) -> Vec<Self> {
        let operations = groups.iter().flat_map(|(_, group)| *group);
        operations
            .map(|&operation| Self {
                route: operation.route().to_string(),
                status: operation.route().status,
                headers: operation.route().headers,
                round_trip_input: Box::new(|body| operation.round_trip_input(body)),
                round_trip_output: Box::new(|body| operation.round_trip_output(body)),
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    howdah_core::endpoints! {
        CREATE: Vec<u8> => u16 = post("/{account}/numbers").envelope("data").status(201);
    }

    #[test]
    fn an_endpoint_is_seen_through_json() {
        let [operation] = &Operation::all(&[("numbers", OPERATIONS)])[..] else {
            panic!("one operation");
        };
        assert_eq!((operation.route.as_str(), operation.status), ("POST /{account}/numbers", 201));
        assert_eq!((operation.round_trip_input)(&json!([1])), Ok(json!([1])));
        assert!((operation.round_trip_input)(&json!(["one"])).is_err());
        assert_eq!((operation.round_trip_output)(&json!({"data": 300})), Ok(json!({"data": 300})));
        assert!((operation.round_trip_output)(&json!({"data": 70_000})).is_err());
    }
}
