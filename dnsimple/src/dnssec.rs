//! Signing of a domain's zone, and the DS records that its registry publishes.
//!
//! ```
//! use howdah_dnsimple::dnssec::DsRecordFilter;
//! # use howdah_dnsimple::testing::FakeDnSimple;
//! # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() -> howdah_core::Result<()> {
//! # let fake = FakeDnSimple::new();
//! # fake.create_zone("example.com");
//! # let account = fake.account();
//! let dnssec = account.dnssec();
//! dnssec.enable("example.com").await?;
//! for record in dnssec.list_ds_records("example.com", DsRecordFilter::new()).all().await? {
//!     // What a registrar elsewhere is to publish.
//!     println!("example.com. DS {}", record.ds().expect("a signed zone's records have digests"));
//! }
//! # Ok(()) }
//! ```
//!
//! For a domain registered here the DS records are published as well; elsewhere that is yours to do, now and at each
//! rotation: 83 days after a key was made its successor appears, whose DS has to be published within seven days, and the
//! old one withdrawn in the seven days after.
//!
//! Disabling what is not enabled is `Precondition` (428); withdraw the DS from the parent, and wait until it is forgotten
//! everywhere, before you disable.

use std::fmt::Display;

use howdah_core::{
    Id,
    dns::{Dnskey, Ds, Name, RecordData, RecordType},
    endpoints,
    http::{Call, Pages, string_or_number},
    input,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{Account, PAGES, domains::DomainId};

endpoints! {
    GET:              ()             => DnssecStatus  = get("/{account}/domains/{domain}/dnssec").envelope("data");
    ENABLE:           ()             => DnssecStatus  = post("/{account}/domains/{domain}/dnssec").envelope("data").status(201);
    DISABLE:          ()             => ()            = delete("/{account}/domains/{domain}/dnssec").status(204);
    LIST_DS_RECORDS:  DsRecordFilter => Vec<DsRecord> = get("/{account}/domains/{domain}/ds_records").envelope("data").pages(PAGES);
    CREATE_DS_RECORD: NewDsRecord    => DsRecord      = post("/{account}/domains/{domain}/ds_records").envelope("data").status(201);
    GET_DS_RECORD:    ()             => DsRecord      = get("/{account}/domains/{domain}/ds_records/{ds}").envelope("data");
    DELETE_DS_RECORD: ()             => ()            = delete("/{account}/domains/{domain}/ds_records/{ds}").status(204);
}

/// The DNSSEC group. Reach it through [`Account::dnssec`].
#[derive(Clone, Debug)]
pub struct Dnssec(pub(crate) Account);

impl Dnssec {
    /// Reads whether the zone is signed. It is not known how the service answers for a domain that never was: take
    /// `Precondition` (428) for no as well.
    ///
    /// `GET /{account}/domains/{domain}/dnssec`
    pub fn status(&self, domain: &str) -> Call<DnssecStatus> {
        self.0.api.send(&GET, [&self.0.id, &domain], ())
    }

    /// Begins to sign the zone, and publishes the DS if the domain is registered here.
    ///
    /// `POST /{account}/domains/{domain}/dnssec`
    pub fn enable(&self, domain: &str) -> Call<DnssecStatus> {
        self.0.api.send(&ENABLE, [&self.0.id, &domain], ())
    }

    /// Stops signing the zone. A DS that a registrar elsewhere still publishes makes the domain fail to resolve.
    ///
    /// `DELETE /{account}/domains/{domain}/dnssec`
    pub fn disable(&self, domain: &str) -> Call<()> {
        self.0.api.send(&DISABLE, [&self.0.id, &domain], ())
    }

    /// Streams the domain's DS records: those of its keys here, and those that were added.
    ///
    /// `GET /{account}/domains/{domain}/ds_records`
    pub fn list_ds_records(&self, domain: &str, filter: DsRecordFilter) -> Pages<DsRecord> {
        self.0.api.pages(&LIST_DS_RECORDS, [&self.0.id, &domain], filter)
    }

    /// Adds a DS record for a key that someone else signs with. Whether the registry takes digests or keys is told by the
    /// `dnssec_interface_type` of the top-level domain.
    ///
    /// `POST /{account}/domains/{domain}/ds_records`
    pub fn create_ds_record(&self, domain: &str, record: NewDsRecord) -> Call<DsRecord> {
        self.0.api.send(&CREATE_DS_RECORD, [&self.0.id, &domain], record)
    }

    /// Reads a DS record.
    ///
    /// `GET /{account}/domains/{domain}/ds_records/{ds}`
    pub fn ds_record(&self, domain: &str, record: DsRecordId) -> Call<DsRecord> {
        self.0.api.send(&GET_DS_RECORD, [&self.0.id, &domain, &record], ())
    }

    /// Removes a DS record.
    ///
    /// `DELETE /{account}/domains/{domain}/ds_records/{ds}`
    pub fn delete_ds_record(&self, domain: &str, record: DsRecordId) -> Call<()> {
        self.0.api.send(&DELETE_DS_RECORD, [&self.0.id, &domain, &record], ())
    }
}

/// Whether a zone is signed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct DnssecStatus {
    /// Whether signing was asked for.
    pub enabled: Option<bool>,
    /// Whether the signatures are there by now.
    pub active: Option<bool>,
    pub created_at: Option<Timestamp>,
    pub updated_at: Option<Timestamp>,
}

/// The number of a DS record.
pub type DsRecordId = Id<DsRecord>;

/// A DS record. The numbers in it travel as text; [`ds`](Self::ds) and [`dnskey`](Self::dnskey) read them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct DsRecord {
    pub id: DsRecordId,
    pub domain_id: Option<DomainId>,
    #[serde(default, deserialize_with = "string_or_number")]
    pub algorithm: Option<String>,
    /// Hexadecimal.
    pub digest: Option<String>,
    #[serde(default, deserialize_with = "string_or_number")]
    pub digest_type: Option<String>,
    #[serde(default, deserialize_with = "string_or_number")]
    pub keytag: Option<String>,
    /// Base64; `None` where the registry takes digests.
    pub public_key: Option<String>,
    pub created_at: Option<Timestamp>,
    pub updated_at: Option<Timestamp>,
}

impl DsRecord {
    /// The digest as the parent zone publishes it; `None` when a part of it is missing or makes no sense.
    pub fn ds(&self) -> Option<Ds> {
        let text = format!(
            "{} {} {} {}",
            self.keytag.as_ref()?,
            self.algorithm.as_ref()?,
            self.digest_type.as_ref()?,
            self.digest.as_ref()?
        );
        match RecordData::parse(&RecordType::Ds, &text, &Name::root()) {
            Ok(RecordData::Ds(ds)) => Some(ds),
            _ => None,
        }
    }

    /// The key-signing key that it stands for; `None` where the registry takes digests.
    pub fn dnskey(&self) -> Option<Dnskey> {
        let (algorithm, key) = (self.algorithm.as_ref()?, self.public_key.as_ref()?);
        let text = format!("257 3 {algorithm} {key}");
        match RecordData::parse(&RecordType::Dnskey, &text, &Name::root()) {
            Ok(RecordData::Dnskey(key)) => Some(key),
            _ => None,
        }
    }
}

input! {
    /// Sorts the list of DS records.
    pub struct DsRecordFilter {} optional {
        /// Such as `created_at:desc`.
        sort: String,
    }
}

input! {
    /// A DS record to add: made from a [`Ds`] where the registry takes digests, from a [`Dnskey`] where it takes keys.
    ///
    /// ```
    /// use howdah_core::dns::Ds;
    /// use howdah_dnsimple::dnssec::NewDsRecord;
    ///
    /// let ds = Ds { key_tag: 2371, algorithm: 13, digest_type: 2, digest: vec![0x68; 32] };
    /// assert_eq!(NewDsRecord::from(&ds).keytag.as_deref(), Some("2371"));
    /// ```
    pub struct NewDsRecord {} optional {
        /// A number, as text, such as `13`.
        algorithm: String,
        /// Hexadecimal.
        digest: String,
        /// A number, as text, such as `2`.
        digest_type: String,
        /// A number, as text.
        keytag: String,
        /// Base64.
        public_key: String,
    }
}

impl From<&Ds> for NewDsRecord {
    fn from(ds: &Ds) -> Self {
        Self::new()
            .with_algorithm(ds.algorithm.to_string())
            .with_digest(last_field(ds))
            .with_digest_type(ds.digest_type.to_string())
            .with_keytag(ds.key_tag.to_string())
    }
}

impl From<&Dnskey> for NewDsRecord {
    fn from(key: &Dnskey) -> Self {
        Self::new().with_algorithm(key.algorithm.to_string()).with_public_key(last_field(key))
    }
}

/// The digest of a DS or the key of a DNSKEY, as the record's text has it.
pub(crate) fn last_field(record: &impl Display) -> String {
    let text = record.to_string();
    text.rsplit(' ').next().unwrap_or_default().to_owned()
}
