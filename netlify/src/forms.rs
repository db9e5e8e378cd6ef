//! Forms of a site, and what was written into them.
//!
//! ```
//! # use howdah_netlify::testing::FakeNetlify;
//! # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() -> howdah_core::Result<()> {
//! # let netlify = FakeNetlify::new().client();
//! # let site = netlify.sites().create(Default::default(), howdah_netlify::sites::SiteSettings::new()).await?;
//! for form in netlify.forms().list(&site.id).await? {
//!     for submission in netlify.forms().list_submissions(&form.id).all().await? {
//!         println!("{:?}: {:?}", form.name, submission.summary);
//!     }
//! }
//! # Ok(()) }
//! ```
//!
//! What is not there is [`NotFound`](howdah_core::ErrorKind::NotFound).

use howdah_core::{
    Id, endpoints,
    http::{Api, Call, Pages, null_as_default},
    input,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{PAGES, sites::SiteId};

endpoints! {
    LIST:              ()               => Vec<Form>       = get("/sites/{site_id}/forms");
    DELETE:            ()               => ()              = delete("/sites/{site_id}/forms/{form_id}").status(204);
    LIST_OF_SITE:      ()               => Vec<Submission> = get("/sites/{site_id}/submissions").pages(PAGES);
    LIST_SUBMISSIONS:  ()               => Vec<Submission> = get("/forms/{form_id}/submissions").pages(PAGES);
    GET_SUBMISSION:    SubmissionFilter => Vec<Submission> = get("/submissions/{submission_id}").pages(PAGES);
    DELETE_SUBMISSION: ()               => ()              = delete("/submissions/{submission_id}").status(204);
}

/// The forms group. Reach it through [`Netlify::forms`](crate::Netlify::forms).
#[derive(Clone, Debug)]
pub struct Forms(pub(crate) Api);

impl Forms {
    /// Lists a site's forms.
    ///
    /// `GET /sites/{site_id}/forms`
    pub fn list(&self, site: &SiteId) -> Call<Vec<Form>> {
        self.0.send(&LIST, [site], ())
    }

    /// Removes a form and what was written into it.
    ///
    /// `DELETE /sites/{site_id}/forms/{form_id}`
    pub fn delete(&self, site: &SiteId, form: &FormId) -> Call<()> {
        self.0.send(&DELETE, [site, form], ())
    }

    /// Streams what was written into all forms of a site.
    ///
    /// `GET /sites/{site_id}/submissions`
    pub fn list_submissions_of_site(&self, site: &SiteId) -> Pages<Submission> {
        self.0.pages(&LIST_OF_SITE, [site], ())
    }

    /// Streams what was written into a form.
    ///
    /// `GET /forms/{form_id}/submissions`
    pub fn list_submissions(&self, form: &FormId) -> Pages<Submission> {
        self.0.pages(&LIST_SUBMISSIONS, [form], ())
    }

    /// Streams what was written together with a submission.
    ///
    /// `GET /submissions/{submission_id}`
    pub fn submissions_of(&self, submission: &SubmissionId, filter: SubmissionFilter) -> Pages<Submission> {
        self.0.pages(&GET_SUBMISSION, [submission], filter)
    }

    /// Removes what was written.
    ///
    /// `DELETE /submissions/{submission_id}`
    pub fn delete_submission(&self, submission: &SubmissionId) -> Call<()> {
        self.0.send(&DELETE_SUBMISSION, [submission], ())
    }
}

/// The id of a form.
pub type FormId = Id<Form, String>;

/// The id of a submission.
pub type SubmissionId = Id<Submission, String>;

/// A form of a site.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Form {
    pub id: FormId,
    pub site_id: Option<SiteId>,
    pub name: Option<String>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub paths: Vec<String>,
    pub submission_count: Option<i64>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub fields: Vec<Map<String, Value>>,
    pub created_at: Option<Timestamp>,
}

/// What was written into a form.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Submission {
    pub id: SubmissionId,
    pub number: Option<i64>,
    pub email: Option<String>,
    pub name: Option<String>,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub company: Option<String>,
    pub summary: Option<String>,
    pub body: Option<String>,
    /// What was written, field by field.
    pub data: Option<Map<String, Value>>,
    pub created_at: Option<Timestamp>,
    pub site_url: Option<String>,
}

input! {
    /// Narrows what was written.
    pub struct SubmissionFilter {} optional {
        query: String,
    }
}
