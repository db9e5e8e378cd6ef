//! Transfers of zones to secondary name servers elsewhere, and the TSIG keys that authorise them.

use std::net::IpAddr;

use howdah_core::{Id, Secret, http::Call, open_enum, secret};
use serde::{Deserialize, Serialize};

use super::{
    ADD_SECONDARY, ADD_ZONE_TSIG_KEY, CREATE_TSIG_KEY, GET_TSIG_CONFIG, GET_TSIG_KEY, LIST_SECONDARIES, LIST_TSIG_KEYS,
    LIST_ZONE_TSIG_KEYS, LiveDns, Message, REMOVE_SECONDARY, REMOVE_ZONE_TSIG_KEY,
};

impl LiveDns {
    /// Lists the TSIG keys.
    ///
    /// `GET /livedns/axfr/tsig`
    pub fn tsig_keys(&self) -> Call<Vec<TsigKey>> {
        self.0.send(&LIST_TSIG_KEYS, [], ())
    }

    /// Creates a TSIG key. It belongs to no zone yet, and cannot be deleted.
    ///
    /// `POST /livedns/axfr/tsig`
    pub fn create_tsig_key(&self) -> Call<TsigKey> {
        self.0.send(&CREATE_TSIG_KEY, [], ())
    }

    /// Reads a TSIG key with its secret and how name servers are configured with it.
    ///
    /// `GET /livedns/axfr/tsig/{id}`
    pub fn tsig_key(&self, id: &TsigKeyId) -> Call<TsigKey> {
        self.0.send(&GET_TSIG_KEY, [id], ())
    }

    /// Reads how a name server is configured with a TSIG key: the text holds the key's secret.
    ///
    /// `GET /livedns/axfr/tsig/{id}/config/{software}`
    pub fn tsig_config(&self, id: &TsigKeyId, software: &NameServerSoftware) -> Call<Secret> {
        self.0.send(&GET_TSIG_CONFIG, [id, software], ()).map(|text| text.0.into())
    }

    /// Lists the addresses of the name servers that may transfer the zone.
    ///
    /// `GET /livedns/domains/{fqdn}/axfr/slaves`
    pub fn secondaries(&self, fqdn: &str) -> Call<Vec<String>> {
        self.0.send(&LIST_SECONDARIES, [&fqdn], ())
    }

    /// Lets a name server transfer the zone.
    ///
    /// `PUT /livedns/domains/{fqdn}/axfr/slaves/{ip}`
    pub fn add_secondary(&self, fqdn: &str, ip: IpAddr) -> Call<Message> {
        self.0.send(&ADD_SECONDARY, [&fqdn, &ip], ())
    }

    /// Lets a name server transfer the zone no more.
    ///
    /// `DELETE /livedns/domains/{fqdn}/axfr/slaves/{ip}`
    pub fn remove_secondary(&self, fqdn: &str, ip: IpAddr) -> Call<()> {
        self.0.send(&REMOVE_SECONDARY, [&fqdn, &ip], ())
    }

    /// Lists the TSIG keys that the zone may be transferred with, without their secrets.
    ///
    /// `GET /livedns/domains/{fqdn}/axfr/tsig`
    pub fn zone_tsig_keys(&self, fqdn: &str) -> Call<Vec<TsigKey>> {
        self.0.send(&LIST_ZONE_TSIG_KEYS, [&fqdn], ())
    }

    /// Lets the zone be transferred with a TSIG key.
    ///
    /// `PUT /livedns/domains/{fqdn}/axfr/tsig/{id}`
    pub fn add_zone_tsig_key(&self, fqdn: &str, id: &TsigKeyId) -> Call<Message> {
        self.0.send(&ADD_ZONE_TSIG_KEY, [&fqdn, id], ())
    }

    /// Lets the zone be transferred with a TSIG key no more.
    ///
    /// `DELETE /livedns/domains/{fqdn}/axfr/tsig/{id}`
    pub fn remove_zone_tsig_key(&self, fqdn: &str, id: &TsigKeyId) -> Call<()> {
        self.0.send(&REMOVE_ZONE_TSIG_KEY, [&fqdn, id], ())
    }
}

/// The identifier of a TSIG key.
pub type TsigKeyId = Id<TsigKey, String>;

/// A key that authorises transfers of zones.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct TsigKey {
    pub id: TsigKeyId,
    pub key_name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none", serialize_with = "secret::expose_option")]
    pub secret: Option<Secret>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub href: Option<String>,
    /// Only a single key that is read by its id has them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub config_samples: Option<ConfigSamples>,
}

/// How name servers are configured with a TSIG key; each text holds the key's secret.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct ConfigSamples {
    #[serde(default, skip_serializing_if = "Option::is_none", serialize_with = "secret::expose_option")]
    pub bind: Option<Secret>,
    #[serde(default, skip_serializing_if = "Option::is_none", serialize_with = "secret::expose_option")]
    pub knot: Option<Secret>,
    #[serde(default, skip_serializing_if = "Option::is_none", serialize_with = "secret::expose_option")]
    pub nsd: Option<Secret>,
    #[serde(default, skip_serializing_if = "Option::is_none", serialize_with = "secret::expose_option")]
    pub powerdns: Option<Secret>,
}

open_enum! {
    /// The software of a name server.
    #[allow(missing_docs)]
    pub enum NameServerSoftware {
        Bind = "bind",
        Knot = "knot",
        Nsd = "nsd",
        PowerDns = "powerdns",
    }
}
