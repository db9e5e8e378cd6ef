//! Record sets: one, all of a name, or the whole zone.

use howdah_core::{
    dns::RecordType,
    http::{Call, Pages, Upload},
    input,
};
use serde::{Deserialize, Serialize};

use super::{
    CREATE_RRSET, CREATE_RRSET_AT, CREATE_RRSET_OF, DELETE_RRSET, DELETE_RRSETS_AT, GET_RRSET, GET_ZONE_FILE,
    LIST_RRSETS, LIST_RRSETS_AT, LiveDns, Message, REPLACE_RRSET, REPLACE_RRSETS, REPLACE_RRSETS_AT, REPLACE_ZONE_FILE,
    RESET_RRSETS, UPDATE_RRSET,
};

impl LiveDns {
    /// Streams the zone's record sets.
    ///
    /// `GET /livedns/domains/{fqdn}/records`
    pub fn rrsets(&self, fqdn: &str, filter: RecordFilter) -> Pages<Rrset> {
        self.0.pages(&LIST_RRSETS, [&fqdn], filter)
    }

    /// Reads the zone as a zone file.
    ///
    /// `GET /livedns/domains/{fqdn}/records`
    pub fn zone_file(&self, fqdn: &str) -> Call<String> {
        self.0.send(&GET_ZONE_FILE, [&fqdn], ()).map(|text| text.0)
    }

    /// Creates a record set. One that is there already with the same values is left as it is; one with other values is
    /// `Conflict` (409).
    ///
    /// `POST /livedns/domains/{fqdn}/records`
    pub fn create_rrset(&self, fqdn: &str, rrset: NewRrset) -> Call<Message> {
        self.0.send(&CREATE_RRSET, [&fqdn], rrset)
    }

    /// Replaces the whole zone, all of it or nothing: what is not among the items is gone, save for SOA and NS of the
    /// apex.
    ///
    /// `PUT /livedns/domains/{fqdn}/records`
    pub fn replace_rrsets(&self, fqdn: &str, items: impl IntoIterator<Item = NewRrset>) -> Call<Message> {
        self.0.send(&REPLACE_RRSETS, [&fqdn], items.into_iter().collect())
    }

    /// Replaces the whole zone by a zone file, all of it or nothing.
    ///
    /// `PUT /livedns/domains/{fqdn}/records`
    pub fn replace_zone_file(&self, fqdn: &str, text: impl Into<String>) -> Call<Message> {
        let upload = Upload::new(text.into()).with_content_type("text/plain");
        self.0.send(&REPLACE_ZONE_FILE, [&fqdn], upload)
    }

    /// Replaces the whole zone by Gandi's default records, a parking page and mail.
    ///
    /// `DELETE /livedns/domains/{fqdn}/records`
    pub fn reset_rrsets(&self, fqdn: &str) -> Call<()> {
        self.0.send(&RESET_RRSETS, [&fqdn], ())
    }

    /// Lists the record sets of one name.
    ///
    /// `GET /livedns/domains/{fqdn}/records/{name}`
    pub fn rrsets_at(&self, fqdn: &str, name: &str) -> Call<Vec<Rrset>> {
        self.0.send(&LIST_RRSETS_AT, [&fqdn, &name], ())
    }

    /// Creates a record set of this name, as [`create_rrset`](Self::create_rrset) does.
    ///
    /// `POST /livedns/domains/{fqdn}/records/{name}`
    pub fn create_rrset_at(&self, fqdn: &str, name: &str, rrset: RrsetAtName) -> Call<Message> {
        self.0.send(&CREATE_RRSET_AT, [&fqdn, &name], rrset)
    }

    /// Replaces all record sets of one name.
    ///
    /// `PUT /livedns/domains/{fqdn}/records/{name}`
    pub fn replace_rrsets_at(
        &self,
        fqdn: &str,
        name: &str,
        items: impl IntoIterator<Item = RrsetAtName>,
    ) -> Call<Message> {
        self.0.send(&REPLACE_RRSETS_AT, [&fqdn, &name], items.into_iter().collect())
    }

    /// Deletes all record sets of one name.
    ///
    /// `DELETE /livedns/domains/{fqdn}/records/{name}`
    pub fn delete_rrsets_at(&self, fqdn: &str, name: &str) -> Call<()> {
        self.0.send(&DELETE_RRSETS_AT, [&fqdn, &name], ())
    }

    /// Reads a record set.
    ///
    /// `GET /livedns/domains/{fqdn}/records/{name}/{type}`
    pub fn rrset(&self, fqdn: &str, name: &str, record_type: &RecordType) -> Call<Rrset> {
        self.0.send(&GET_RRSET, [&fqdn, &name, &record_type], ())
    }

    /// Creates a record set of this name and type, as [`create_rrset`](Self::create_rrset) does.
    ///
    /// `POST /livedns/domains/{fqdn}/records/{name}/{type}`
    pub fn create_rrset_of(
        &self,
        fqdn: &str,
        name: &str,
        record_type: &RecordType,
        values: RrsetValues,
    ) -> Call<Message> {
        self.0.send(&CREATE_RRSET_OF, [&fqdn, &name, &record_type], values)
    }

    /// Makes a record set what is given, whether or not there was one. The name is written as it was when it was
    /// created, in upper or lower case.
    ///
    /// `PUT /livedns/domains/{fqdn}/records/{name}/{type}`
    pub fn replace_rrset(
        &self,
        fqdn: &str,
        name: &str,
        record_type: &RecordType,
        values: RrsetValues,
    ) -> Call<Message> {
        self.0.send(&REPLACE_RRSET, [&fqdn, &name, &record_type], values)
    }

    /// Adds values to a record set and takes others away.
    ///
    /// `PATCH /livedns/domains/{fqdn}/records/{name}/{type}`
    pub fn update_rrset(&self, fqdn: &str, name: &str, record_type: &RecordType, update: RrsetUpdate) -> Call<Rrset> {
        self.0.send(&UPDATE_RRSET, [&fqdn, &name, &record_type], update)
    }

    /// Deletes a record set.
    ///
    /// `DELETE /livedns/domains/{fqdn}/records/{name}/{type}`
    pub fn delete_rrset(&self, fqdn: &str, name: &str, record_type: &RecordType) -> Call<()> {
        self.0.send(&DELETE_RRSET, [&fqdn, &name, &record_type], ())
    }
}

/// A record set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Rrset {
    /// Relative to the zone; `@` is the apex.
    #[serde(rename = "rrset_name")]
    pub name: String,
    #[serde(rename = "rrset_type")]
    pub record_type: RecordType,
    #[serde(rename = "rrset_values")]
    pub values: Values,
    /// Seconds.
    #[serde(rename = "rrset_ttl", default, skip_serializing_if = "Option::is_none")]
    pub ttl: Option<u32>,
    #[serde(rename = "rrset_href", default, skip_serializing_if = "Option::is_none")]
    pub href: Option<String>,
}

/// A set as it is, to be written back: as an item of [`LiveDns::replace_rrsets`], say from a snapshot.
impl From<Rrset> for NewRrset {
    fn from(rrset: Rrset) -> Self {
        Self { name: rrset.name, record_type: rrset.record_type, values: rrset.values, ttl: rrset.ttl }
    }
}

/// The values of a record set in presentation format: at least one.
///
/// Made of one text or several. A host name without a final dot is relative to the zone; text may come without quotes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Values(pub Vec<String>);

impl From<&str> for Values {
    fn from(value: &str) -> Self {
        Self(vec![value.to_owned()])
    }
}

impl From<String> for Values {
    fn from(value: String) -> Self {
        Self(vec![value])
    }
}

impl<T: Into<String>> From<Vec<T>> for Values {
    fn from(values: Vec<T>) -> Self {
        Self(values.into_iter().map(Into::into).collect())
    }
}

impl<T: Into<String>, const N: usize> From<[T; N]> for Values {
    fn from(values: [T; N]) -> Self {
        Self(values.into_iter().map(Into::into).collect())
    }
}

input! {
    /// Narrows and sorts the list of record sets.
    pub struct RecordFilter {} optional {
        #[serde(rename = "rrset_type")]
        record_type: RecordType,
        /// Such as `rrset_name`, or `-rrset_name` from the end.
        sort_by: String,
    }
}

input! {
    /// A record set to create, or one of a whole zone.
    pub struct NewRrset {
        /// Relative to the zone; `@` is the apex.
        #[serde(rename = "rrset_name")]
        name: String,
        #[serde(rename = "rrset_type")]
        record_type: RecordType,
        #[serde(rename = "rrset_values")]
        values: Values,
    } optional {
        /// Seconds, from 300 to 2592000; 10800 unless it says otherwise.
        #[serde(rename = "rrset_ttl")]
        ttl: u32,
    }
}

input! {
    /// A record set of a name that is known.
    pub struct RrsetAtName {
        #[serde(rename = "rrset_type")]
        record_type: RecordType,
        #[serde(rename = "rrset_values")]
        values: Values,
    } optional {
        /// Seconds, from 300 to 2592000; 10800 unless it says otherwise.
        #[serde(rename = "rrset_ttl")]
        ttl: u32,
    }
}

input! {
    /// A record set of a name and a type that are known.
    pub struct RrsetValues {
        #[serde(rename = "rrset_values")]
        values: Values,
    } optional {
        /// Seconds, from 300 to 2592000; 10800 unless it says otherwise.
        #[serde(rename = "rrset_ttl")]
        ttl: u32,
    }
}

input! {
    /// What changes about a record set.
    pub struct RrsetUpdate {} optional {
        #[serde(rename = "add_rrset_values")]
        add_values: Values,
        #[serde(rename = "remove_rrset_values")]
        remove_values: Values,
        /// Seconds, from 300 to 2592000.
        #[serde(rename = "rrset_ttl")]
        ttl: u32,
    }
}

/// What takes the place of all that was there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Items<T> {
    pub items: Vec<T>,
}

impl<T> FromIterator<T> for Items<T> {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Self {
        Self { items: items.into_iter().collect() }
    }
}
