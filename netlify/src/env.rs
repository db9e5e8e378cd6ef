//! Variables that builds and functions see.
//!
//! ```
//! use howdah_netlify::{accounts::AccountId, env::{EnvOptions, EnvVarSettings, EnvVarValue}};
//! # use howdah_netlify::testing::FakeNetlify;
//! # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() -> howdah_core::Result<()> {
//! # let netlify = FakeNetlify::new().client();
//! let account = AccountId::from("vmst");
//! let variable = EnvVarSettings::new().with_key("TOKEN").with_is_secret(true).with_values(vec![EnvVarValue::everywhere("hush")]);
//! netlify.env().create(&account, EnvOptions::new(), vec![variable]).await?;
//! assert_eq!(netlify.env().get(&account, "TOKEN", EnvOptions::new()).await?.is_secret, Some(true));
//! # Ok(()) }
//! ```
//!
//! They belong to an account, and to a single site where one is named.
//!
//! What is not there is [`NotFound`](howdah_core::ErrorKind::NotFound).

use howdah_core::{
    Id, Secret, endpoints,
    http::{Api, Call, Query, With, null_as_default},
    input, open_enum, secret,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{accounts::AccountId, sites::SiteId};

endpoints! {
    LIST:         EnvFilter                             => Vec<EnvVar> = get("/accounts/{account_id}/env");
    CREATE:       With<EnvOptions, Vec<EnvVarSettings>> => Vec<EnvVar> = post("/accounts/{account_id}/env").status(201);
    LIST_OF_SITE: SiteEnvFilter                         => Vec<EnvVar> = get("/sites/{site_id}/env");
    GET:          EnvOptions                            => EnvVar      = get("/accounts/{account_id}/env/{key}");
    UPDATE:       With<EnvOptions, EnvVarSettings>      => EnvVar      = put("/accounts/{account_id}/env/{key}");
    SET_VALUE:    With<EnvOptions, ContextValue>        => EnvVar      = patch("/accounts/{account_id}/env/{key}").status(201);
    DELETE:       Query<EnvOptions>                     => ()          = delete("/accounts/{account_id}/env/{key}").status(204);
    DELETE_VALUE: Query<EnvOptions>                     => ()          = delete("/accounts/{account_id}/env/{key}/value/{id}").status(204);
}

/// The environment variables. Reach them through [`Netlify::env`](crate::Netlify::env).
#[derive(Clone, Debug)]
pub struct EnvironmentVariables(pub(crate) Api);

impl EnvironmentVariables {
    /// Lists the variables of an account, or of one of its sites.
    ///
    /// `GET /accounts/{account_id}/env`
    pub fn list(&self, account: &AccountId, filter: EnvFilter) -> Call<Vec<EnvVar>> {
        self.0.send(&LIST, [account], filter)
    }

    /// Makes variables.
    ///
    /// `POST /accounts/{account_id}/env`
    pub fn create(
        &self,
        account: &AccountId,
        options: EnvOptions,
        variables: Vec<EnvVarSettings>,
    ) -> Call<Vec<EnvVar>> {
        self.0.send(&CREATE, [account], With { query: options, body: variables })
    }

    /// Lists what the builds and functions of a site see.
    ///
    /// `GET /sites/{site_id}/env`
    pub fn list_of_site(&self, site: &SiteId, filter: SiteEnvFilter) -> Call<Vec<EnvVar>> {
        self.0.send(&LIST_OF_SITE, [site], filter)
    }

    /// Reads a variable.
    ///
    /// `GET /accounts/{account_id}/env/{key}`
    pub fn get(&self, account: &AccountId, key: &str, options: EnvOptions) -> Call<EnvVar> {
        self.0.send(&GET, [account, &key], options)
    }

    /// Replaces a variable.
    ///
    /// `PUT /accounts/{account_id}/env/{key}`
    pub fn update(
        &self,
        account: &AccountId,
        key: &str,
        options: EnvOptions,
        settings: EnvVarSettings,
    ) -> Call<EnvVar> {
        self.0.send(&UPDATE, [account, &key], With { query: options, body: settings })
    }

    /// Sets a variable's value in one context.
    ///
    /// `PATCH /accounts/{account_id}/env/{key}`
    pub fn set_value(&self, account: &AccountId, key: &str, options: EnvOptions, value: ContextValue) -> Call<EnvVar> {
        self.0.send(&SET_VALUE, [account, &key], With { query: options, body: value })
    }

    /// Removes a variable.
    ///
    /// `DELETE /accounts/{account_id}/env/{key}`
    pub fn delete(&self, account: &AccountId, key: &str, options: EnvOptions) -> Call<()> {
        self.0.send(&DELETE, [account, &key], Query(options))
    }

    /// Removes one of a variable's values.
    ///
    /// `DELETE /accounts/{account_id}/env/{key}/value/{id}`
    pub fn delete_value(&self, account: &AccountId, key: &str, value: &EnvVarValueId, options: EnvOptions) -> Call<()> {
        self.0.send(&DELETE_VALUE, [account, &key, value], Query(options))
    }
}

/// A variable.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct EnvVar {
    pub key: Option<String>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub scopes: Vec<Scope>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub values: Vec<EnvVarValue>,
    pub is_secret: Option<bool>,
    pub updated_at: Option<Timestamp>,
    pub updated_by: Option<EnvVarUser>,
}

/// The id of a value.
pub type EnvVarValueId = Id<EnvVarValue, String>;

input! {
    /// A value, and where it holds.
    pub struct EnvVarValue {} optional {
        id: EnvVarValueId,
        /// Empty where it is secret.
        #[serde(serialize_with = "secret::expose_option")]
        value: Secret,
        context: Context,
        /// The branch, where the context is [`Context::Branch`].
        context_parameter: String,
    }
}

impl EnvVarValue {
    /// A value that holds everywhere.
    pub fn everywhere(value: impl Into<Secret>) -> Self {
        Self::new().with_value(value).with_context(Context::All)
    }
}

/// Who changed a variable.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct EnvVarUser {
    pub id: Option<String>,
    pub full_name: Option<String>,
    pub email: Option<String>,
    pub avatar_url: Option<String>,
}

input! {
    /// A variable to be.
    pub struct EnvVarSettings {} optional {
        key: String,
        scopes: Vec<Scope>,
        values: Vec<EnvVarValue>,
        is_secret: bool,
    }
}

input! {
    /// A value in one context.
    pub struct ContextValue {} optional {
        context: Context,
        /// The branch, where the context is [`Context::Branch`].
        context_parameter: String,
        #[serde(serialize_with = "secret::expose_option")]
        value: Secret,
    }
}

input! {
    /// Narrows a list of variables.
    pub struct EnvFilter {} optional {
        context_name: Context,
        scope: Scope,
        site_id: SiteId,
    }
}

input! {
    /// Narrows what a site sees.
    pub struct SiteEnvFilter {} optional {
        context_name: Context,
        scope: Scope,
    }
}

input! {
    /// Whose variable it is: the account's, or one site's.
    pub struct EnvOptions {} optional {
        site_id: SiteId,
    }
}

open_enum! {
    /// Where a value holds.
    pub enum Context {
        /// Everywhere.
        All = "all",
        /// On a developer's machine.
        Dev = "dev",
        /// On a development server.
        DevServer = "dev-server",
        /// In deploys of branches.
        BranchDeploy = "branch-deploy",
        /// In previews.
        DeployPreview = "deploy-preview",
        /// In what the world sees.
        Production = "production",
        /// In deploys of one branch.
        Branch = "branch",
    }
}

open_enum! {
    /// What sees a variable.
    pub enum Scope {
        /// Builds.
        Builds = "builds",
        /// Functions.
        Functions = "functions",
        /// What runs beside them.
        Runtime = "runtime",
        /// What is done to files.
        PostProcessing = "post-processing",
    }
}
