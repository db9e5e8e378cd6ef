//! What belongs together in the control panel and on the bill.
//!
//! ```
//! use howdah_digitalocean::projects::{NewProject, ProjectUpdate};
//! # use howdah_digitalocean::{domains::NewDomain, testing::FakeDigitalOcean};
//! # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() -> howdah_core::Result<()> {
//! # let ocean = FakeDigitalOcean::new().client();
//! # ocean.domains().create(NewDomain::new("vmst.io")).await?;
//! let projects = ocean.projects();
//! let instance = projects.create(NewProject::new("vmst.io", "Web Application")).await?;
//! projects.assign(&instance.id, ["do:domain:vmst.io".to_owned()]).await?;
//! let update = ProjectUpdate::new().with_environment("Production");
//! projects.update(&instance.id, update).await?;
//! assert_eq!(projects.list_resources(&instance.id).all().await?.len(), 1);
//! # Ok(()) }
//! ```
//!
//! Resources are known by URNs such as `do:droplet:3164444`; each is in one project, and in the default one at first. A
//! project that has resources is not deleted: [`Precondition`](howdah_core::ErrorKind::Precondition) (412).

use howdah_core::{
    Id, endpoints,
    http::{Api, Call, Pages},
    input, open_enum,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::PAGES;

endpoints! {
    LIST:                   ()              => Vec<Project>         = get("/v2/projects").envelope("projects").pages(PAGES);
    CREATE:                 NewProject      => Project              = post("/v2/projects").envelope("project").status(201);
    GET_DEFAULT:            ()              => Project              = get("/v2/projects/default").envelope("project");
    REPLACE_DEFAULT:        ReplacedProject => Project              = put("/v2/projects/default").envelope("project");
    UPDATE_DEFAULT:         ProjectUpdate   => Project              = patch("/v2/projects/default").envelope("project").idempotent();
    GET:                    ()              => Project              = get("/v2/projects/{project_id}").envelope("project");
    REPLACE:                ReplacedProject => Project              = put("/v2/projects/{project_id}").envelope("project");
    UPDATE:                 ProjectUpdate   => Project              = patch("/v2/projects/{project_id}").envelope("project").idempotent();
    DELETE:                 ()              => ()                   = delete("/v2/projects/{project_id}").status(204);
    LIST_RESOURCES:         ()              => Vec<ProjectResource> = get("/v2/projects/{project_id}/resources").envelope("resources").pages(PAGES);
    ASSIGN:                 Assignment      => Vec<ProjectResource> = post("/v2/projects/{project_id}/resources").envelope("resources").idempotent();
    LIST_DEFAULT_RESOURCES: ()              => Vec<ProjectResource> = get("/v2/projects/default/resources").envelope("resources").pages(PAGES);
    ASSIGN_TO_DEFAULT:      Assignment      => Vec<ProjectResource> = post("/v2/projects/default/resources").envelope("resources").idempotent();
}

/// The projects group. Reach it through [`DigitalOcean::projects`](crate::DigitalOcean::projects).
#[derive(Clone, Debug)]
pub struct Projects(pub(crate) Api);

impl Projects {
    /// Streams the account's projects.
    ///
    /// `GET /v2/projects`
    pub fn list(&self) -> Pages<Project> {
        self.0.pages(&LIST, [], ())
    }

    /// Adds a project.
    ///
    /// `POST /v2/projects`
    pub fn create(&self, project: NewProject) -> Call<Project> {
        self.0.send(&CREATE, [], project)
    }

    /// Reads the default project, in which everything is at first.
    ///
    /// `GET /v2/projects/default`
    pub fn default_project(&self) -> Call<Project> {
        self.0.send(&GET_DEFAULT, [], ())
    }

    /// Says all of the default project anew.
    ///
    /// `PUT /v2/projects/default`
    pub fn replace_default(&self, project: ReplacedProject) -> Call<Project> {
        self.0.send(&REPLACE_DEFAULT, [], project)
    }

    /// Changes the given fields of the default project.
    ///
    /// `PATCH /v2/projects/default`
    pub fn update_default(&self, update: ProjectUpdate) -> Call<Project> {
        self.0.send(&UPDATE_DEFAULT, [], update)
    }

    /// Reads a project.
    ///
    /// `GET /v2/projects/{project_id}`
    pub fn get(&self, project: &ProjectId) -> Call<Project> {
        self.0.send(&GET, [project], ())
    }

    /// Says all of a project anew.
    ///
    /// `PUT /v2/projects/{project_id}`
    pub fn replace(&self, project: &ProjectId, new: ReplacedProject) -> Call<Project> {
        self.0.send(&REPLACE, [project], new)
    }

    /// Changes the given fields of a project.
    ///
    /// `PATCH /v2/projects/{project_id}`
    pub fn update(&self, project: &ProjectId, update: ProjectUpdate) -> Call<Project> {
        self.0.send(&UPDATE, [project], update)
    }

    /// Deletes a project that has nothing in it.
    ///
    /// `DELETE /v2/projects/{project_id}`
    pub fn delete(&self, project: &ProjectId) -> Call<()> {
        self.0.send(&DELETE, [project], ())
    }

    /// Streams what is in a project.
    ///
    /// `GET /v2/projects/{project_id}/resources`
    pub fn list_resources(&self, project: &ProjectId) -> Pages<ProjectResource> {
        self.0.pages(&LIST_RESOURCES, [project], ())
    }

    /// Moves resources into a project, from whichever they are in.
    ///
    /// `POST /v2/projects/{project_id}/resources`
    pub fn assign(&self, project: &ProjectId, urns: impl Into<Vec<String>>) -> Call<Vec<ProjectResource>> {
        self.0.send(&ASSIGN, [project], Assignment { resources: urns.into() })
    }

    /// Streams what is in the default project.
    ///
    /// `GET /v2/projects/default/resources`
    pub fn list_default_resources(&self) -> Pages<ProjectResource> {
        self.0.pages(&LIST_DEFAULT_RESOURCES, [], ())
    }

    /// Moves resources into the default project.
    ///
    /// `POST /v2/projects/default/resources`
    pub fn assign_to_default(&self, urns: impl Into<Vec<String>>) -> Call<Vec<ProjectResource>> {
        self.0.send(&ASSIGN_TO_DEFAULT, [], Assignment { resources: urns.into() })
    }
}

/// The UUID of a project.
pub type ProjectId = Id<Project, String>;

/// A project.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Project {
    pub id: ProjectId,
    pub owner_uuid: Option<String>,
    pub owner_id: Option<u64>,
    pub name: String,
    pub description: Option<String>,
    /// Such as `Web Application`; what is not on the service's list comes with `Other: ` before it.
    pub purpose: Option<String>,
    pub environment: Option<Environment>,
    pub created_at: Option<Timestamp>,
    pub updated_at: Option<Timestamp>,
    pub is_default: Option<bool>,
}

open_enum! {
    /// What the resources of a project are for.
    pub enum Environment {
        /// Making it.
        Development = "Development",
        /// Trying it.
        Staging = "Staging",
        /// Using it.
        Production = "Production",
    }
}

input! {
    /// A project to add.
    pub struct NewProject {
        /// At most 175 characters, and no other project's.
        name: String,
        /// At most 255 characters.
        purpose: String,
    } optional {
        /// At most 255 characters.
        description: String,
        environment: Environment,
    }
}

input! {
    /// All of a project.
    pub struct ReplacedProject {
        name: String,
        description: String,
        purpose: String,
        environment: Environment,
        is_default: bool,
    } optional {}
}

input! {
    /// What changes in a project.
    pub struct ProjectUpdate {} optional {
        name: String,
        description: String,
        purpose: String,
        environment: Environment,
        /// Whether everything new is in it.
        is_default: bool,
    }
}

/// Something in a project.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct ProjectResource {
    /// Such as `do:droplet:3164444`.
    pub urn: String,
    pub assigned_at: Option<Timestamp>,
    pub links: Option<ResourceLinks>,
    pub status: Option<ResourceStatus>,
}

/// Where a resource can be read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct ResourceLinks {
    #[serde(rename = "self")]
    pub itself: Option<String>,
}

open_enum! {
    /// How it stands with a resource in a project.
    pub enum ResourceStatus {
        /// It is in it.
        Ok = "ok",
        /// There is no such resource.
        NotFound = "not_found",
        /// It was moved into it.
        Assigned = "assigned",
        /// It was in it before.
        AlreadyAssigned = "already_assigned",
        /// Nobody knows for now.
        ServiceDown = "service_down",
    }
}

/// What is moved into a project.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Assignment {
    pub resources: Vec<String>,
}
