//! Simple Hosting: instances that serve web sites, and the virtual hosts on them.
//!
//! ```
//! use howdah_gandi::simple_hosting::{InstanceAction, NewInstance, NewVhost};
//! # use howdah_gandi::testing::FakeGandi;
//! # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() -> howdah_core::Result<()> {
//! # let hosting = FakeGandi::new().client().simple_hosting();
//! let wanted = NewInstance::new("web", "s").with_language("php").with_database("mysql");
//! if hosting.check_create(wanted.clone()).await?.is_accepted() {
//!     hosting.create(wanted).await?;
//! }
//! for instance in hosting.list().all().await? {
//!     hosting.create_vhost(&instance.id, NewVhost::new("www.example.org")).await?;
//!     hosting.act(&instance.id, InstanceAction::Reboot).await?;
//! }
//! # Ok(()) }
//! ```
//!
//! # Money
//!
//! Creating an instance and changing its size are charged. Neither call is ever repeated once it may have arrived: an error
//! with `Outcome::Unknown` says that it may have been carried out, so look before calling again.

use howdah_core::{
    Id, endpoints,
    http::{Api, Call, Detailed, Pages, string_or_number},
    input, open_enum,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::dry_run::{Accepted, DRY_RUN, DryRun};

endpoints! {
    LIST_APPLICATIONS: ()             => Vec<Application>   = get("/simplehosting/applications");
    GET_APPLICATION:   ()             => Application        = get("/simplehosting/applications/{id}");
    LIST:              ()             => Vec<Instance>      = get("/simplehosting/instances");
    CREATE:            NewInstance    => Detailed<Accepted> = post("/simplehosting/instances").status(202);
    CHECK_CREATE:      NewInstance    => Detailed<DryRun>   = post("/simplehosting/instances").headers(DRY_RUN).safe();
    GET:               ()             => Instance           = get("/simplehosting/instances/{id}");
    UPDATE:            InstanceChange => ()                 = patch("/simplehosting/instances/{id}");
    DELETE:            ()             => ()                 = delete("/simplehosting/instances/{id}");
    ACT:               ActionRequest  => ()                 = post("/simplehosting/instances/{id}/action");
    LIST_VHOSTS:       ()             => Vec<Vhost>         = get("/simplehosting/instances/{id}/vhosts");
    CREATE_VHOST:      NewVhost       => ()                 = post("/simplehosting/instances/{id}/vhosts");
    GET_VHOST:         ()             => Vhost              = get("/simplehosting/instances/{id}/vhosts/{fqdn}");
    UPDATE_VHOST:      VhostChange    => ()                 = patch("/simplehosting/instances/{id}/vhosts/{fqdn}");
    DELETE_VHOST:      ()             => ()                 = delete("/simplehosting/instances/{id}/vhosts/{fqdn}");
}

/// The Simple Hosting group. Reach it through [`Gandi::simple_hosting`](crate::Gandi::simple_hosting).
#[derive(Clone, Debug)]
pub struct SimpleHosting(pub(crate) Api);

impl SimpleHosting {
    /// Streams the applications that can be installed on a virtual host.
    ///
    /// `GET /simplehosting/applications`
    pub fn list_applications(&self) -> Pages<Application> {
        self.0.pages(&LIST_APPLICATIONS, [], ())
    }

    /// Reads an application.
    ///
    /// `GET /simplehosting/applications/{id}`
    pub fn application(&self, id: &str) -> Call<Application> {
        self.0.send(&GET_APPLICATION, [&id], ())
    }

    /// Streams the instances.
    ///
    /// `GET /simplehosting/instances`
    pub fn list(&self) -> Pages<Instance> {
        self.0.pages(&LIST, [], ())
    }

    /// Buys an instance, which is there a while after it is accepted.
    ///
    /// `POST /simplehosting/instances`
    pub fn create(&self, instance: NewInstance) -> Call<Accepted> {
        self.0.send(&CREATE, [], instance).map(Accepted::from)
    }

    /// Tries [`create`](Self::create). Nothing is bought.
    ///
    /// `POST /simplehosting/instances`
    pub fn check_create(&self, instance: NewInstance) -> Call<DryRun> {
        self.0.send(&CHECK_CREATE, [], instance).map(DryRun::from)
    }

    /// Reads an instance.
    ///
    /// `GET /simplehosting/instances/{id}`
    pub fn get(&self, instance: &InstanceId) -> Call<Instance> {
        self.0.send(&GET, [instance], ())
    }

    /// Changes what is set of an instance; another size is charged.
    ///
    /// `PATCH /simplehosting/instances/{id}`
    pub fn update(&self, instance: &InstanceId, change: InstanceChange) -> Call<()> {
        self.0.send(&UPDATE, [instance], change)
    }

    /// Deletes an instance with its sites and databases.
    ///
    /// `DELETE /simplehosting/instances/{id}`
    pub fn delete(&self, instance: &InstanceId) -> Call<()> {
        self.0.send(&DELETE, [instance], ())
    }

    /// Lets an instance do something.
    ///
    /// `POST /simplehosting/instances/{id}/action`
    pub fn act(&self, instance: &InstanceId, action: InstanceAction) -> Call<()> {
        self.0.send(&ACT, [instance], ActionRequest { action })
    }

    /// Streams the virtual hosts of an instance.
    ///
    /// `GET /simplehosting/instances/{id}/vhosts`
    pub fn list_vhosts(&self, instance: &InstanceId) -> Pages<Vhost> {
        self.0.pages(&LIST_VHOSTS, [instance], ())
    }

    /// Lets an instance serve a name.
    ///
    /// `POST /simplehosting/instances/{id}/vhosts`
    pub fn create_vhost(&self, instance: &InstanceId, vhost: NewVhost) -> Call<()> {
        self.0.send(&CREATE_VHOST, [instance], vhost)
    }

    /// Reads a virtual host.
    ///
    /// `GET /simplehosting/instances/{id}/vhosts/{fqdn}`
    pub fn vhost(&self, instance: &InstanceId, fqdn: &str) -> Call<Vhost> {
        self.0.send(&GET_VHOST, [instance, &fqdn], ())
    }

    /// Changes what is set of a virtual host.
    ///
    /// `PATCH /simplehosting/instances/{id}/vhosts/{fqdn}`
    pub fn update_vhost(&self, instance: &InstanceId, fqdn: &str, change: VhostChange) -> Call<()> {
        self.0.send(&UPDATE_VHOST, [instance, &fqdn], change)
    }

    /// Deletes a virtual host and its files.
    ///
    /// `DELETE /simplehosting/instances/{id}/vhosts/{fqdn}`
    pub fn delete_vhost(&self, instance: &InstanceId, fqdn: &str) -> Call<()> {
        self.0.send(&DELETE_VHOST, [instance, &fqdn], ())
    }
}

/// The id of an instance.
pub type InstanceId = Id<Instance, String>;

/// An application that can be installed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Application {
    #[serde(default, deserialize_with = "string_or_number")]
    pub id: Option<String>,
    /// Such as `wordpress`.
    pub name: Option<String>,
}

/// A machine that serves web sites.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Instance {
    pub id: InstanceId,
    pub name: Option<String>,
    /// Such as `s` or `m`.
    pub size: Option<String>,
    /// Such as `active`.
    pub status: Option<String>,
    pub created_at: Option<Timestamp>,
    pub expire_at: Option<Timestamp>,
}

input! {
    /// An instance to buy. Gandi decides what goes together; [`SimpleHosting::check_create`] asks it.
    pub struct NewInstance {
        name: String,
        /// Such as `s` or `m`.
        size: String,
    } optional {
        /// Such as `php` or `nodejs`.
        language: String,
        /// Such as `mysql` or `pgsql`.
        database: String,
        datacenter: String,
        /// Such as `FR`.
        location: String,
    }
}

input! {
    /// What changes of an instance.
    pub struct InstanceChange {} optional {
        name: String,
        /// Another one is charged.
        size: String,
    }
}

open_enum! {
    /// What an instance can do.
    pub enum InstanceAction {
        /// Opens the console for a while.
        Console = "console",
        /// Starts anew.
        Reboot = "reboot",
        /// Replaces the password of the database.
        ResetDatabasePassword = "reset_database_password",
    }
}

/// What an instance is to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct ActionRequest {
    pub action: InstanceAction,
}

/// A name that an instance serves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Vhost {
    pub fqdn: String,
    /// Such as `running`.
    pub status: Option<String>,
    pub created_at: Option<Timestamp>,
}

input! {
    /// A name to serve.
    pub struct NewVhost {
        fqdn: String,
    } optional {
        application: VhostApplication,
        linked_dns_zone: LinkedDnsZone,
        /// Takes the name away from the instance that serves it now.
        r#override: bool,
    }
}

input! {
    /// What changes of a virtual host.
    pub struct VhostChange {} optional {
        application: VhostApplication,
        linked_dns_zone: LinkedDnsZone,
    }
}

/// The application to install on a virtual host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct VhostApplication {
    /// As in [`Application::name`].
    pub name: String,
}

/// Whether Gandi may point the name's records on LiveDNS to the instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct LinkedDnsZone {
    pub allow_alteration: bool,
    /// Also where there are other records already.
    pub allow_alteration_override: bool,
}
