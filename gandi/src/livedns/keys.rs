//! The keys that a zone is signed with.

use howdah_core::{
    Id,
    dns::{Dnskey, Ds, Name, RecordData, RecordType},
    http::Call,
    input, open_enum,
};
use serde::{Deserialize, Serialize};

use super::{CREATE_KEY, DELETE_KEY, GET_KEY, LIST_KEYS, LiveDns, Message, RESTORE_KEY};

impl LiveDns {
    /// Lists the zone's keys without their public halves; those that were deleted may still be among them.
    ///
    /// `GET /livedns/domains/{fqdn}/keys`
    pub fn keys(&self, fqdn: &str) -> Call<Vec<Key>> {
        self.0.send(&LIST_KEYS, [&fqdn], ())
    }

    /// Creates a key, with which LiveDNS signs the zone. The parent is not told: publish the key's DS at the registrar.
    ///
    /// `POST /livedns/domains/{fqdn}/keys`
    pub fn create_key(&self, fqdn: &str, key: NewKey) -> Call<CreatedKey> {
        self.0.send(&CREATE_KEY, [&fqdn], key).map(|answer| {
            let location = answer.headers.get("location").and_then(|value| value.to_str().ok());
            let id = location.and_then(|href| href.rsplit('/').next()).filter(|id| !id.is_empty());
            CreatedKey { id: id.map(|id| Id::new(id.to_owned())), message: answer.value.message }
        })
    }

    /// Reads a key with its public half.
    ///
    /// `GET /livedns/domains/{fqdn}/keys/{id}`
    pub fn key(&self, fqdn: &str, id: &KeyId) -> Call<Key> {
        self.0.send(&GET_KEY, [&fqdn, id], ())
    }

    /// Takes a deleted key into use again.
    ///
    /// `PATCH /livedns/domains/{fqdn}/keys/{id}`
    pub fn restore_key(&self, fqdn: &str, id: &KeyId) -> Call<Message> {
        self.0.send(&RESTORE_KEY, [&fqdn, id], RestoredKey { deleted: false })
    }

    /// Deletes a key. While the parent publishes its DS, that makes the zone fail to resolve.
    ///
    /// `DELETE /livedns/domains/{fqdn}/keys/{id}`
    pub fn delete_key(&self, fqdn: &str, id: &KeyId) -> Call<()> {
        self.0.send(&DELETE_KEY, [&fqdn, id], ())
    }
}

/// The identifier of a key.
pub type KeyId = Id<Key, String>;

/// A key that a zone is signed with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Key {
    pub id: KeyId,
    pub algorithm: Option<u8>,
    pub algorithm_name: Option<String>,
    pub deleted: Option<bool>,
    /// The DS as a line of a zone file; [`digest`](Self::digest) reads it.
    pub ds: Option<String>,
    /// 257 for a key that the parent's DS may refer to, 256 for one that it does not.
    pub flags: Option<u16>,
    pub fqdn: Option<String>,
    pub key_href: Option<String>,
    pub status: Option<KeyStatus>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<String>,
    /// In Base64; only a single key that is read by its id has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub public_key: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tag: Option<u16>,
}

impl Key {
    /// The DS that the parent zone is to publish.
    pub fn digest(&self) -> Option<Ds> {
        let fields: Vec<&str> = self.ds.as_deref()?.split_ascii_whitespace().collect();
        let data = fields.iter().position(|field| field.eq_ignore_ascii_case("DS")).map_or(0, |at| at + 1);
        match RecordData::parse(&RecordType::Ds, &fields[data..].join(" "), &Name::root()) {
            Ok(RecordData::Ds(ds)) => Some(ds),
            _ => None,
        }
    }

    /// The public key; none when it was not told, or when it is not the one that the tag belongs to.
    pub fn dnskey(&self) -> Option<Dnskey> {
        // Whether the other fields of the record stand before the key or not, the key is at the end.
        let key = self.public_key.as_deref()?;
        let key = key.rsplit_once(" 3 ").map_or(key, |(_, rest)| rest.split_once(' ').map_or(rest, |(_, key)| key));
        let text = format!("{} 3 {} {key}", self.flags?, self.algorithm?);
        match RecordData::parse(&RecordType::Dnskey, &text, &Name::root()) {
            Ok(RecordData::Dnskey(key)) if self.tag.is_none_or(|tag| tag == key.key_tag()) => Some(key),
            _ => None,
        }
    }
}

open_enum! {
    /// What becomes of a key.
    pub enum KeyStatus {
        /// The zone is signed with it.
        Active = "active",
    }
}

input! {
    /// A key to create.
    pub struct NewKey {
        /// 257 for a key that the parent's DS may refer to, 256 for one that it does not.
        flags: u16,
    } optional {}
}

/// A key that was created.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct CreatedKey {
    /// None when LiveDNS did not say where the key is.
    pub id: Option<KeyId>,
    pub message: Option<String>,
}

/// A key that is no longer deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct RestoredKey {
    pub deleted: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(public_key: &str, tag: u16) -> Key {
        serde_json::from_value(serde_json::json!({
            "id": "a", "algorithm": 15, "flags": 257, "public_key": public_key, "tag": tag,
            "ds": "example.com. 3600 IN DS 3613 15 2 3AA5AB37EFCE57F737FC1627013FEE07BDF241BD10F3B1964AB55C78E79A304B",
        }))
        .unwrap()
    }

    #[test]
    fn a_public_key_is_read_with_and_without_the_rest_of_its_record() {
        const PUBLIC: &str = "l02Woi0iS8Aa25FQkUd9RMzZHJpBoRQwAQEX1SxZJA4=";
        for text in
            [PUBLIC.to_owned(), format!("257 3 15 {PUBLIC}"), format!("a.example. 60 IN DNSKEY 257 3 15 {PUBLIC}")]
        {
            assert_eq!(key(&text, 3613).dnskey().map(|key| key.key_tag()), Some(3613), "{text}");
        }
        assert_eq!(key(PUBLIC, 3614).dnskey(), None, "a key of another tag");
        assert_eq!(key("no key", 3613).dnskey(), None);
        let ds = key(PUBLIC, 3613).digest().unwrap();
        assert!(ds.covers(&key(PUBLIC, 3613).dnskey().unwrap(), &Name::parse("example.com").unwrap()));
    }
}
