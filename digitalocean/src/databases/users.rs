//! Who logs in, and the databases in a cluster.

use howdah_core::{
    Secret, endpoints,
    http::{Call, null_as_default},
    input, open_enum, secret,
};
use serde::{Deserialize, Serialize};

use super::{DatabaseId, Databases};

endpoints! {
    LIST_USERS:      ()                 => Vec<DatabaseUser> = get("/v2/databases/{database_cluster_uuid}/users").envelope("users");
    CREATE_USER:     NewDatabaseUser    => DatabaseUser      = post("/v2/databases/{database_cluster_uuid}/users").envelope("user").status(201);
    GET_USER:        ()                 => DatabaseUser      = get("/v2/databases/{database_cluster_uuid}/users/{username}").envelope("user");
    UPDATE_USER:     DatabaseUserUpdate => DatabaseUser      = put("/v2/databases/{database_cluster_uuid}/users/{username}").envelope("user").status(201);
    DELETE_USER:     ()                 => ()                = delete("/v2/databases/{database_cluster_uuid}/users/{username}").status(204);
    RESET_USER_AUTH: AuthReset          => DatabaseUser      = post("/v2/databases/{database_cluster_uuid}/users/{username}/reset_auth").envelope("user");
    LIST_DBS:        ()                 => Vec<Db>           = get("/v2/databases/{database_cluster_uuid}/dbs").envelope("dbs");
    CREATE_DB:       Db                 => Db                = post("/v2/databases/{database_cluster_uuid}/dbs").envelope("db").status(201);
    GET_DB:          ()                 => Db                = get("/v2/databases/{database_cluster_uuid}/dbs/{database_name}").envelope("db");
    DELETE_DB:       ()                 => ()                = delete("/v2/databases/{database_cluster_uuid}/dbs/{database_name}").status(204);
}

impl Databases {
    /// Reads a cluster's users.
    ///
    /// `GET /v2/databases/{database_cluster_uuid}/users`
    pub fn list_users(&self, database: &DatabaseId) -> Call<Vec<DatabaseUser>> {
        self.0.pages(&LIST_USERS, [database], ()).all()
    }

    /// Adds a user, whose password the service chooses.
    ///
    /// `POST /v2/databases/{database_cluster_uuid}/users`
    pub fn create_user(&self, database: &DatabaseId, user: NewDatabaseUser) -> Call<DatabaseUser> {
        self.0.send(&CREATE_USER, [database], user)
    }

    /// Reads a user.
    ///
    /// `GET /v2/databases/{database_cluster_uuid}/users/{username}`
    pub fn user(&self, database: &DatabaseId, name: &str) -> Call<DatabaseUser> {
        self.0.send(&GET_USER, [database, &name], ())
    }

    /// Changes what a user may do.
    ///
    /// `PUT /v2/databases/{database_cluster_uuid}/users/{username}`
    pub fn update_user(&self, database: &DatabaseId, name: &str, update: DatabaseUserUpdate) -> Call<DatabaseUser> {
        self.0.send(&UPDATE_USER, [database, &name], update)
    }

    /// Removes a user.
    ///
    /// `DELETE /v2/databases/{database_cluster_uuid}/users/{username}`
    pub fn delete_user(&self, database: &DatabaseId, name: &str) -> Call<()> {
        self.0.send(&DELETE_USER, [database, &name], ())
    }

    /// Gives a user another password, which the service chooses.
    ///
    /// `POST /v2/databases/{database_cluster_uuid}/users/{username}/reset_auth`
    pub fn reset_user_auth(&self, database: &DatabaseId, name: &str, reset: AuthReset) -> Call<DatabaseUser> {
        self.0.send(&RESET_USER_AUTH, [database, &name], reset)
    }

    /// Reads which databases there are in a cluster.
    ///
    /// `GET /v2/databases/{database_cluster_uuid}/dbs`
    pub fn list_dbs(&self, database: &DatabaseId) -> Call<Vec<Db>> {
        self.0.pages(&LIST_DBS, [database], ()).all()
    }

    /// Adds a database to a cluster.
    ///
    /// `POST /v2/databases/{database_cluster_uuid}/dbs`
    pub fn create_db(&self, database: &DatabaseId, name: &str) -> Call<Db> {
        self.0.send(&CREATE_DB, [database], Db { name: name.to_owned() })
    }

    /// Reads a database of a cluster.
    ///
    /// `GET /v2/databases/{database_cluster_uuid}/dbs/{database_name}`
    pub fn db(&self, database: &DatabaseId, name: &str) -> Call<Db> {
        self.0.send(&GET_DB, [database, &name], ())
    }

    /// Deletes a database of a cluster with all that is in it.
    ///
    /// `DELETE /v2/databases/{database_cluster_uuid}/dbs/{database_name}`
    pub fn delete_db(&self, database: &DatabaseId, name: &str) -> Call<()> {
        self.0.send(&DELETE_DB, [database, &name], ())
    }
}

/// A user of a cluster.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct DatabaseUser {
    pub name: String,
    pub role: Option<DatabaseUserRole>,
    #[serde(default, serialize_with = "secret::expose_option")]
    pub password: Option<Secret>,
    /// Of Kafka: PEM.
    pub access_cert: Option<String>,
    /// Of Kafka: PEM.
    #[serde(default, serialize_with = "secret::expose_option")]
    pub access_key: Option<Secret>,
    pub mysql_settings: Option<MysqlSettings>,
    pub settings: Option<UserSettings>,
}

open_enum! {
    /// What a user is in a cluster.
    pub enum DatabaseUserRole {
        /// The one that came with it.
        Primary = "primary",
        /// Another.
        Normal = "normal",
    }
}

/// How a user of MySQL logs in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct MysqlSettings {
    pub auth_plugin: AuthPlugin,
}

open_enum! {
    /// How a user of MySQL logs in.
    pub enum AuthPlugin {
        /// As before version 8.
        MysqlNativePassword = "mysql_native_password",
        /// As since version 8.
        CachingSha2Password = "caching_sha2_password",
    }
}

/// What a user may do, engine by engine.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct UserSettings {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pg_allow_replication: Option<bool>,
    #[serde(default, deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub opensearch_acl: Vec<OpensearchAcl>,
    /// Of Kafka.
    #[serde(default, deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub acl: Vec<KafkaAcl>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mongo_user_settings: Option<MongoUserSettings>,
}

/// What a user of OpenSearch may do with an index.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct OpensearchAcl {
    /// A name, or a pattern of names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub index: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub permission: Option<OpensearchPermission>,
}

open_enum! {
    /// What a user of OpenSearch may do.
    pub enum OpensearchPermission {
        /// Nothing.
        Deny = "deny",
        /// Everything.
        Admin = "admin",
        /// Read.
        Read = "read",
        /// Read and write.
        Readwrite = "readwrite",
        /// Write.
        Write = "write",
    }
}

/// What a user of Kafka may do with a topic.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct KafkaAcl {
    /// In answers, and to change one that is there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// A name, or a pattern of names.
    pub topic: String,
    pub permission: KafkaPermission,
}

open_enum! {
    /// What a user of Kafka may do.
    pub enum KafkaPermission {
        /// Everything.
        Admin = "admin",
        /// Read.
        Consume = "consume",
        /// Write.
        Produce = "produce",
        /// Read and write.
        Produceconsume = "produceconsume",
    }
}

/// What a user of MongoDB may do.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct MongoUserSettings {
    #[serde(default, deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub databases: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<MongoRole>,
}

open_enum! {
    /// What a user of MongoDB may do.
    pub enum MongoRole {
        /// Read.
        ReadOnly = "readOnly",
        /// Read and write.
        ReadWrite = "readWrite",
        /// Administer.
        DbAdmin = "dbAdmin",
    }
}

input! {
    /// A user to add.
    pub struct NewDatabaseUser {
        name: String,
    } optional {
        mysql_settings: MysqlSettings,
        settings: UserSettings,
        /// Of MongoDB.
        readonly: bool,
    }
}

input! {
    /// What changes in a user.
    pub struct DatabaseUserUpdate {
        settings: UserSettings,
    } optional {}
}

input! {
    /// How a user logs in from now on, with a password that the service chooses.
    pub struct AuthReset {} optional {
        /// Of MySQL.
        mysql_settings: MysqlSettings,
    }
}

/// A database in a cluster.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Db {
    pub name: String,
}
