//! Whose token it is.
//!
//! ```
//! # use howdah_netlify::testing::FakeNetlify;
//! # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() -> howdah_core::Result<()> {
//! # let netlify = FakeNetlify::new().client();
//! println!("{:?}", netlify.users().current().await?.email);
//! # Ok(()) }
//! ```
//!
//! What is not there is [`NotFound`](howdah_core::ErrorKind::NotFound).

use howdah_core::{
    endpoints,
    http::{Api, Call, null_as_default},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

endpoints! {
    CURRENT: () => User = get("/user");
}

/// The users group. Reach it through [`Netlify::users`](crate::Netlify::users).
#[derive(Clone, Debug)]
pub struct Users(pub(crate) Api);

impl Users {
    /// Reads whose token it is.
    ///
    /// `GET /user`
    pub fn current(&self) -> Call<User> {
        self.0.send(&CURRENT, [], ())
    }
}

/// Someone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct User {
    pub id: Option<String>,
    pub uid: Option<String>,
    pub full_name: Option<String>,
    pub avatar_url: Option<String>,
    pub email: Option<String>,
    pub affiliate_id: Option<String>,
    pub site_count: Option<i64>,
    pub created_at: Option<Timestamp>,
    pub last_login: Option<Timestamp>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub login_providers: Vec<String>,
    pub onboarding_progress: Option<OnboardingProgress>,
}

/// How far someone is in learning.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct OnboardingProgress {
    pub slides: Option<String>,
}
