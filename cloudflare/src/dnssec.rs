//! DNSSEC of a zone.
//!
//! ```
//! use howdah_cloudflare::dnssec::{DnssecStatus, DnssecUpdate};
//! # use howdah_cloudflare::testing::FakeCloudflare;
//!
//! # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() -> howdah_core::Result<()> {
//! # let fake = FakeCloudflare::new();
//! # let zone = fake.create_zone("example.com");
//! # let dnssec = fake.client().dnssec();
//! let signed = dnssec.update(&zone, DnssecUpdate::new().with_status(DnssecStatus::Active)).await?;
//! assert_eq!(signed.status, Some(DnssecStatus::Pending)); // until the parent has the DS
//! println!("for the registrar: {}", signed.ds.unwrap_or_default());
//! # Ok(()) }
//! ```

use howdah_core::{
    dns::{Dnskey, Ds, Name, RecordData, RecordType},
    endpoints,
    http::{Api, Call},
    input, open_enum,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::zones::ZoneId;

endpoints! {
    GET:    ()           => DnssecState = get("/zones/{zone_id}/dnssec").envelope("result");
    UPDATE: DnssecUpdate => DnssecState = patch("/zones/{zone_id}/dnssec").envelope("result").idempotent();
    DELETE: ()           => ()          = delete("/zones/{zone_id}/dnssec").envelope("result");
}

/// The dnssec group. Reach it through [`Cloudflare::dnssec`](crate::Cloudflare::dnssec).
#[derive(Clone, Debug)]
pub struct Dnssec(pub(crate) Api);

impl Dnssec {
    /// Reads whether the zone is signed, and what the registrar has to know.
    ///
    /// `GET /zones/{zone_id}/dnssec`
    pub fn get(&self, zone: &ZoneId) -> Call<DnssecState> {
        self.0.send(&GET, [zone], ())
    }

    /// Signs, or stops signing, which is safe only when the parent has had no DS for as long as one may be cached. Of a domain
    /// that is registered at Cloudflare the DS comes and goes by itself. Since it sets values, it may be repeated.
    ///
    /// `PATCH /zones/{zone_id}/dnssec`
    pub fn update(&self, zone: &ZoneId, update: DnssecUpdate) -> Call<DnssecState> {
        self.0.send(&UPDATE, [zone], update)
    }

    /// Forgets keys and signatures at once.
    ///
    /// `DELETE /zones/{zone_id}/dnssec`
    pub fn delete(&self, zone: &ZoneId) -> Call<()> {
        self.0.send(&DELETE, [zone], ())
    }
}

/// Whether a zone is signed, and with what.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct DnssecState {
    pub status: Option<DnssecStatus>,
    pub flags: Option<u16>,
    /// A number, as text.
    pub algorithm: Option<String>,
    pub key_type: Option<String>,
    /// A number, as text.
    pub digest_type: Option<String>,
    pub digest_algorithm: Option<String>,
    /// Hexadecimal digits.
    pub digest: Option<String>,
    /// The DS as a line of the parent's zone file.
    pub ds: Option<String>,
    pub key_tag: Option<u16>,
    /// Base64.
    pub public_key: Option<String>,
    pub modified_on: Option<Timestamp>,
    /// Whether others sign the zone as well.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dnssec_multi_signer: Option<bool>,
    /// Whether signatures are copied from the primary servers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dnssec_presigned: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dnssec_use_nsec3: Option<bool>,
}

impl DnssecState {
    /// The key that the parent may be told of, when there is one.
    pub fn dnskey(&self) -> Option<Dnskey> {
        let text = format!("{} 3 {} {}", self.flags?, self.algorithm.as_ref()?, self.public_key.as_ref()?);
        match RecordData::parse(&RecordType::Dnskey, &text, &Name::root()) {
            Ok(RecordData::Dnskey(key)) => Some(key),
            _ => None,
        }
    }

    /// Its digest, when there is one.
    pub fn ds(&self) -> Option<Ds> {
        let Self { key_tag, algorithm, digest_type, digest, .. } = self;
        let text = format!("{} {} {} {}", (*key_tag)?, algorithm.as_ref()?, digest_type.as_ref()?, digest.as_ref()?);
        match RecordData::parse(&RecordType::Ds, &text, &Name::root()) {
            Ok(RecordData::Ds(ds)) => Some(ds),
            _ => None,
        }
    }
}

open_enum! {
    /// Whether a zone is signed.
    pub enum DnssecStatus {
        /// It is, and the parent has its DS.
        Active = "active",
        /// It is, and the parent does not have its DS yet.
        Pending = "pending",
        /// It is not.
        Disabled = "disabled",
        /// It still is, and will not be once the DS is gone.
        PendingDisabled = "pending-disabled",
        /// Something is wrong.
        Error = "error",
    }
}

input! {
    /// What is to change.
    pub struct DnssecUpdate {} optional {
        /// [`Active`](DnssecStatus::Active) or [`Disabled`](DnssecStatus::Disabled).
        status: DnssecStatus,
        dnssec_multi_signer: bool,
        dnssec_presigned: bool,
    }
}
