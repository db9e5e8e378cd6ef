//! What a call that may cost money is answered with: that it was accepted, or, when it is only tried, what it would meet.

use howdah_core::{
    Error, ErrorKind, Outcome,
    http::{Call, Detailed},
    open_enum,
};
use serde::{Deserialize, Serialize};

/// The header of a call that is only tried.
pub(crate) const DRY_RUN: &[(&str, &str)] = &[("dry-run", "1")];

/// What a call would meet. Nothing was done, whatever it says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct DryRun {
    pub status: DryRunStatus,
    #[serde(default)]
    pub errors: Vec<DryRunError>,
    /// What Gandi warns of although it would accept the call.
    #[serde(skip)]
    pub warning: Option<String>,
}

impl DryRun {
    /// Whether the call would be accepted as it is.
    pub fn is_accepted(&self) -> bool {
        self.status == DryRunStatus::Success && self.errors.is_empty()
    }
}

impl From<Detailed<DryRun>> for DryRun {
    fn from(answer: Detailed<DryRun>) -> Self {
        Self { warning: header(&answer, "warning"), ..answer.value }
    }
}

open_enum! {
    /// Whether a call would be accepted.
    pub enum DryRunStatus {
        /// It would.
        Success = "success",
        /// It would be refused.
        Error = "error",
    }
}

/// Something that a call would be refused for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct DryRunError {
    /// `header`, `path`, `querystring` or `body`.
    pub location: Option<String>,
    /// The field.
    pub name: Option<String>,
    pub description: Option<String>,
}

/// A call was accepted; what it asks for is done a while later, and can be read back then.
///
/// The answer to a dry run, which has no message, is never taken for one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Accepted {
    pub message: String,
    /// Where to look for what comes of it.
    #[serde(skip)]
    pub location: Option<String>,
}

impl Accepted {
    /// Reads the answer to a call that can also be tried.
    pub(crate) fn read(call: Call<Detailed<Self>>) -> Call<Self> {
        carried_out(call).map(Self::from)
    }

    /// The id of what was created: the end of its location.
    pub fn id(&self) -> Option<&str> {
        self.location.as_deref()?.trim_end_matches('/').rsplit('/').next()
    }
}

impl From<Detailed<Accepted>> for Accepted {
    fn from(answer: Detailed<Accepted>) -> Self {
        Self { location: header(&answer, "location"), ..answer.value }
    }
}

/// A call that can also be tried: an answer that says it was only tried is an error, and nothing was done.
pub(crate) fn carried_out<T: Send + 'static>(call: Call<T>) -> Call<T> {
    Call::new(async move {
        call.await.map_err(|error| {
            if !is_dry_run(&error) {
                return error;
            }
            error.with_message("the call was answered as if it were only tried").with_outcome(Outcome::Refused)
        })
    })
}

fn is_dry_run(error: &Error) -> bool {
    let body = error.body().filter(|_| error.kind() == ErrorKind::Decode);
    body.is_some_and(|body| serde_json::from_slice::<DryRun>(body).is_ok())
}

fn header<T>(answer: &Detailed<T>, name: &str) -> Option<String> {
    answer.headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dry_run_is_not_read_as_accepted_nor_the_reverse() {
        let tried = r#"{ "status": "success", "errors": [] }"#;
        let done = r#"{ "message": "Created" }"#;
        assert!(serde_json::from_str::<DryRun>(tried).unwrap().is_accepted());
        assert!(serde_json::from_str::<Accepted>(tried).is_err());
        assert!(serde_json::from_str::<Accepted>(done).is_ok());
        assert!(serde_json::from_str::<DryRun>(done).is_err());
    }

    #[test]
    fn only_an_unblemished_success_is_accepted() {
        let refused =
            r#"{ "status": "error", "errors": [{ "location": "body", "name": "fqdn", "description": "?" }] }"#;
        let doubtful = refused.replace("\"error\"", "\"success\"");
        let unknown = r#"{ "status": "of the future" }"#;
        for body in [refused, doubtful.as_str(), unknown] {
            assert!(!serde_json::from_str::<DryRun>(body).unwrap().is_accepted(), "{body}");
        }
    }

    #[test]
    fn an_id_is_the_end_of_the_location() {
        let at = |location: &str| Accepted { message: String::new(), location: Some(location.to_owned()) };
        assert_eq!(at("https://api.gandi.net/v5/certificate/issued-certs/a1").id(), Some("a1"));
        assert_eq!(at("https://api.gandi.net/v5/a1/").id(), Some("a1"));
        assert_eq!(Accepted { message: String::new(), location: None }.id(), None);
    }
}
