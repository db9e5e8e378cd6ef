//! Copies of a zone at a moment, kept by LiveDNS.

use howdah_core::{
    Id,
    http::{Call, Pages},
    input,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    CREATE_SNAPSHOT, DELETE_SNAPSHOT, GET_SNAPSHOT, GET_SNAPSHOT_FILE, LIST_SNAPSHOTS, LiveDns, Message,
    RENAME_SNAPSHOT, Rrset,
};

impl LiveDns {
    /// Streams the zone's snapshots without their records.
    ///
    /// `GET /livedns/domains/{fqdn}/snapshots`
    pub fn snapshots(&self, fqdn: &str, filter: SnapshotFilter) -> Pages<Snapshot> {
        self.0.pages(&LIST_SNAPSHOTS, [&fqdn], filter)
    }

    /// Takes a snapshot of the zone as it is.
    ///
    /// `POST /livedns/domains/{fqdn}/snapshots`
    pub fn create_snapshot(&self, fqdn: &str, snapshot: NewSnapshot) -> Call<CreatedSnapshot> {
        self.0.send(&CREATE_SNAPSHOT, [&fqdn], snapshot)
    }

    /// Reads a snapshot with its records. To restore it, give them to [`replace_rrsets`](Self::replace_rrsets).
    ///
    /// `GET /livedns/domains/{fqdn}/snapshots/{id}`
    pub fn snapshot(&self, fqdn: &str, id: &SnapshotId) -> Call<Snapshot> {
        self.0.send(&GET_SNAPSHOT, [&fqdn, id], ())
    }

    /// Reads a snapshot as a zone file.
    ///
    /// `GET /livedns/domains/{fqdn}/snapshots/{id}`
    pub fn snapshot_zone_file(&self, fqdn: &str, id: &SnapshotId) -> Call<String> {
        self.0.send(&GET_SNAPSHOT_FILE, [&fqdn, id], ()).map(|text| text.0)
    }

    /// Gives a snapshot another name.
    ///
    /// `PATCH /livedns/domains/{fqdn}/snapshots/{id}`
    pub fn rename_snapshot(&self, fqdn: &str, id: &SnapshotId, name: impl Into<String>) -> Call<Message> {
        self.0.send(&RENAME_SNAPSHOT, [&fqdn, id], SnapshotName { name: name.into() })
    }

    /// Deletes a snapshot.
    ///
    /// `DELETE /livedns/domains/{fqdn}/snapshots/{id}`
    pub fn delete_snapshot(&self, fqdn: &str, id: &SnapshotId) -> Call<()> {
        self.0.send(&DELETE_SNAPSHOT, [&fqdn, id], ())
    }
}

/// The identifier of a snapshot.
pub type SnapshotId = Id<Snapshot, String>;

/// A copy of a zone at a moment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Snapshot {
    pub id: SnapshotId,
    pub name: Option<String>,
    pub created_at: Option<Timestamp>,
    /// Whether LiveDNS took it by itself.
    pub automatic: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub href: Option<String>,
    /// Only a single snapshot that is read by its id has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone_data: Option<Vec<Rrset>>,
}

input! {
    /// Narrows and sorts the list of snapshots.
    pub struct SnapshotFilter {} optional {
        /// Whether LiveDNS took them by itself.
        automatic: bool,
        /// `date_created`, or `-date_created` for the latest first.
        sort_by: String,
    }
}

input! {
    /// A snapshot to take.
    pub struct NewSnapshot {} optional {
        name: String,
    }
}

/// A snapshot that was taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct CreatedSnapshot {
    pub id: SnapshotId,
    pub message: Option<String>,
}

/// The name of a snapshot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct SnapshotName {
    pub name: String,
}
