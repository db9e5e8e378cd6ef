//! Keys with which repositories are read.
//!
//! ```
//! # use howdah_netlify::testing::FakeNetlify;
//! # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() -> howdah_core::Result<()> {
//! # let netlify = FakeNetlify::new().client();
//! let key = netlify.deploy_keys().create().await?;
//! println!("let {:?} read the repository", key.public_key);
//! # Ok(()) }
//! ```
//!
//! What is not there is [`NotFound`](howdah_core::ErrorKind::NotFound).

use howdah_core::{
    Id, endpoints,
    http::{Api, Call},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

endpoints! {
    LIST:   () => Vec<DeployKey> = get("/deploy_keys");
    CREATE: () => DeployKey      = post("/deploy_keys").status(201);
    GET:    () => DeployKey      = get("/deploy_keys/{key_id}");
    DELETE: () => ()             = delete("/deploy_keys/{key_id}").status(204);
}

/// The deploy keys. Reach them through [`Netlify::deploy_keys`](crate::Netlify::deploy_keys).
#[derive(Clone, Debug)]
pub struct DeployKeys(pub(crate) Api);

impl DeployKeys {
    /// Lists the keys.
    ///
    /// `GET /deploy_keys`
    pub fn list(&self) -> Call<Vec<DeployKey>> {
        self.0.send(&LIST, [], ())
    }

    /// Makes a key.
    ///
    /// `POST /deploy_keys`
    pub fn create(&self) -> Call<DeployKey> {
        self.0.send(&CREATE, [], ())
    }

    /// Reads a key.
    ///
    /// `GET /deploy_keys/{key_id}`
    pub fn get(&self, key: &DeployKeyId) -> Call<DeployKey> {
        self.0.send(&GET, [key], ())
    }

    /// Removes a key.
    ///
    /// `DELETE /deploy_keys/{key_id}`
    pub fn delete(&self, key: &DeployKeyId) -> Call<()> {
        self.0.send(&DELETE, [key], ())
    }
}

/// The id of a key.
pub type DeployKeyId = Id<DeployKey, String>;

/// A key with which a repository is read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct DeployKey {
    pub id: DeployKeyId,
    pub public_key: Option<String>,
    pub created_at: Option<Timestamp>,
}
