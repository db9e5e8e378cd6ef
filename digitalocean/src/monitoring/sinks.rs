//! Where the logs of clusters go.
//!
//! ```
//! use howdah_digitalocean::monitoring::sinks::{Credentials, DestinationConfig, NewDestination, NewSink, SinkResource};
//! # use howdah_digitalocean::testing::FakeDigitalOcean;
//! # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() -> howdah_core::Result<()> {
//! # let ocean = FakeDigitalOcean::new().client();
//! let monitoring = ocean.monitoring();
//! let config = DestinationConfig::new("https://logs.example.org:9200").with_credentials(Credentials::new("ops", "a secret"));
//! let destination = monitoring.create_destination(NewDestination::new("opensearch_ext", config)).await?;
//! let cluster = SinkResource::new("do:kubernetes:5ba4518b-b9e2-4978-aa92-2d4c727e8824");
//! monitoring.create_sink(NewSink::new(destination.id.unwrap(), vec![cluster])).await?;
//! # Ok(()) }
//! ```
//!
//! A destination that sinks use cannot be deleted.

use howdah_core::{
    Id, Secret, endpoints,
    http::{Call, null_as_default},
    input, open_enum, secret,
};
use serde::{Deserialize, Serialize};

use super::Monitoring;

endpoints! {
    LIST_DESTINATIONS:  ()             => Vec<Destination> = get("/v2/monitoring/sinks/destinations").envelope("destinations");
    CREATE_DESTINATION: NewDestination => Destination      = post("/v2/monitoring/sinks/destinations").envelope("destination");
    GET_DESTINATION:    ()             => Destination      = get("/v2/monitoring/sinks/destinations/{destination_uuid}").envelope("destination");
    UPDATE_DESTINATION: NewDestination => ()               = post("/v2/monitoring/sinks/destinations/{destination_uuid}").status(204).idempotent();
    DELETE_DESTINATION: ()             => ()               = delete("/v2/monitoring/sinks/destinations/{destination_uuid}").status(204);
    LIST:               SinkFilter     => Vec<Sink>        = get("/v2/monitoring/sinks").envelope("sinks");
    CREATE:             NewSink        => ()               = post("/v2/monitoring/sinks").status(202);
    GET:                ()             => Sink             = get("/v2/monitoring/sinks/{sink_uuid}").envelope("sink");
    DELETE:             ()             => ()               = delete("/v2/monitoring/sinks/{sink_uuid}").status(204);
}

impl Monitoring {
    /// Lists where logs can go.
    ///
    /// `GET /v2/monitoring/sinks/destinations`
    pub fn list_destinations(&self) -> Call<Vec<Destination>> {
        self.0.pages(&LIST_DESTINATIONS, [], ()).all()
    }

    /// Adds a place where logs can go.
    ///
    /// `POST /v2/monitoring/sinks/destinations`
    pub fn create_destination(&self, destination: NewDestination) -> Call<Destination> {
        self.0.send(&CREATE_DESTINATION, [], destination)
    }

    /// Reads a place where logs can go.
    ///
    /// `GET /v2/monitoring/sinks/destinations/{destination_uuid}`
    pub fn get_destination(&self, destination: &DestinationId) -> Call<Destination> {
        self.0.send(&GET_DESTINATION, [destination], ())
    }

    /// Says all of a place anew.
    ///
    /// `POST /v2/monitoring/sinks/destinations/{destination_uuid}`
    pub fn update_destination(&self, destination: &DestinationId, new: NewDestination) -> Call<()> {
        self.0.send(&UPDATE_DESTINATION, [destination], new)
    }

    /// Deletes a place where logs can go.
    ///
    /// `DELETE /v2/monitoring/sinks/destinations/{destination_uuid}`
    pub fn delete_destination(&self, destination: &DestinationId) -> Call<()> {
        self.0.send(&DELETE_DESTINATION, [destination], ())
    }

    /// Lists whose logs go where.
    ///
    /// `GET /v2/monitoring/sinks`
    pub fn list_sinks(&self, filter: SinkFilter) -> Call<Vec<Sink>> {
        self.0.pages(&LIST, [], filter).all()
    }

    /// Has logs go to a place.
    ///
    /// `POST /v2/monitoring/sinks`
    pub fn create_sink(&self, sink: NewSink) -> Call<()> {
        self.0.send(&CREATE, [], sink)
    }

    /// Reads whose logs go where.
    ///
    /// `GET /v2/monitoring/sinks/{sink_uuid}`
    pub fn get_sink(&self, sink: &SinkId) -> Call<Sink> {
        self.0.send(&GET, [sink], ())
    }

    /// Has logs go there no longer.
    ///
    /// `DELETE /v2/monitoring/sinks/{sink_uuid}`
    pub fn delete_sink(&self, sink: &SinkId) -> Call<()> {
        self.0.send(&DELETE, [sink], ())
    }
}

/// The UUID of a place where logs can go.
pub type DestinationId = Id<Destination, String>;

/// A place where logs can go.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Destination {
    pub id: Option<DestinationId>,
    pub name: Option<String>,
    #[serde(rename = "type")]
    pub destination_type: Option<DestinationType>,
    pub config: Option<DestinationConfig>,
}

open_enum! {
    /// What a place where logs can go is.
    pub enum DestinationType {
        /// An OpenSearch cluster of the account.
        OpensearchDbaas = "opensearch_dbaas",
        /// OpenSearch elsewhere.
        OpensearchExt = "opensearch_ext",
    }
}

input! {
    /// How a place is reached.
    pub struct DestinationConfig {
        /// A URL or a host.
        endpoint: String,
    } optional {
        /// In answers.
        id: String,
        credentials: Credentials,
        cluster_uuid: String,
        cluster_name: String,
        /// `logs`, if it is not said.
        index_name: String,
        /// 14, if it is not said.
        retention_days: u32,
    }
}

/// Who may write there.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Credentials {
    pub username: String,
    #[serde(serialize_with = "secret::expose")]
    pub password: Secret,
}

impl Credentials {
    /// A name and its password.
    pub fn new(username: impl Into<String>, password: impl Into<Secret>) -> Self {
        Self { username: username.into(), password: password.into() }
    }
}

input! {
    /// A place to add.
    pub struct NewDestination {
        #[serde(rename = "type")]
        destination_type: DestinationType,
        config: DestinationConfig,
    } optional {
        name: String,
    }
}

/// The UUID of a sink.
pub type SinkId = Id<Sink, String>;

/// Whose logs go where.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Sink {
    pub destination: Option<Destination>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub resources: Vec<SinkResource>,
}

input! {
    /// Whose logs go there.
    pub struct SinkResource {
        /// Such as `do:kubernetes:5ba4518b-b9e2-4978-aa92-2d4c727e8824`.
        urn: String,
    } optional {
        name: String,
    }
}

input! {
    /// Logs to send to a place.
    pub struct NewSink {
        destination_uuid: DestinationId,
        resources: Vec<SinkResource>,
    } optional {}
}

input! {
    /// Narrows the list of sinks.
    pub struct SinkFilter {} optional {
        /// The URN of whose logs they are.
        resource_id: String,
    }
}
