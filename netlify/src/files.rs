//! The files that a site serves.
//!
//! ```
//! # use howdah_netlify::testing::FakeNetlify;
//! # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() -> howdah_core::Result<()> {
//! # let netlify = FakeNetlify::new().client();
//! # let site = netlify.sites().create(Default::default(), howdah_netlify::sites::SiteSettings::new()).await?;
//! # let folder = tempfile::tempdir().unwrap();
//! # std::fs::write(folder.path().join("index.html"), "<h1>Rules</h1>").unwrap();
//! # netlify.deploys().publish(&site.id, folder.path()).await?;
//! for file in netlify.files().list(&site.id).await? {
//!     println!("{:?} {:?} bytes", file.path, file.size);
//! }
//! assert!(netlify.files().get(&site.id, "index.html").await?.sha.is_some());
//! # Ok(()) }
//! ```
//!
//! What is not there is [`NotFound`](howdah_core::ErrorKind::NotFound).

use howdah_core::{
    endpoints,
    http::{Api, Call},
};
use serde::{Deserialize, Serialize};

use crate::sites::SiteId;

endpoints! {
    LIST: () => Vec<File> = get("/sites/{site_id}/files");
    GET:  () => File      = get("/sites/{site_id}/files/{file_path*}");
}

/// The files of a site. Reach them through [`Netlify::files`](crate::Netlify::files).
#[derive(Clone, Debug)]
pub struct Files(pub(crate) Api);

impl Files {
    /// Lists the files of the deploy that is seen.
    ///
    /// `GET /sites/{site_id}/files`
    pub fn list(&self, site: &SiteId) -> Call<Vec<File>> {
        self.0.send(&LIST, [site], ())
    }

    /// Reads what is known of a file.
    ///
    /// `GET /sites/{site_id}/files/{file_path*}`
    pub fn get(&self, site: &SiteId, path: &str) -> Call<File> {
        self.0.send(&GET, [site, &path], ())
    }
}

/// A file that is served.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct File {
    pub id: Option<String>,
    pub path: Option<String>,
    /// SHA-1.
    pub sha: Option<String>,
    pub mime_type: Option<String>,
    /// Bytes.
    pub size: Option<i64>,
}
