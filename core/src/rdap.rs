//! What a registry says of a domain, by RDAP (RFC 9082 and 9083).
//!
//! ```
//! # #[cfg(feature = "testing")]
//! # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() -> howdah_core::Result<()> {
//! use howdah_core::{dns::Name, rdap::Rdap};
//! # use howdah_core::testing::{FakeRdap, Registry};
//!
//! # let registry = Registry::default();
//! # registry.register(&Name::parse("example.org").unwrap(), "one", &[], jiff::SignedDuration::from_hours(1000));
//! # let rdap = FakeRdap::of(&registry).client();
//! # if false {
//! let rdap = Rdap::new()?;
//! # }
//! let domain = rdap.domain(&Name::parse("example.org").unwrap()).await?;
//! println!("held by {:?} until {:?}", domain.registrar, domain.expires_at);
//! if domain.statuses.contains("clientTransferProhibited") {
//!     println!("it is locked");
//! }
//! # Ok(()) }
//! # #[cfg(not(feature = "testing"))]
//! # fn main() {}
//! ```
//!
//! The registry's server is found by IANA's list. Nobody's credentials are needed, and nothing is changed.

use std::{
    collections::BTreeSet,
    sync::{Arc, OnceLock},
};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    Error, ErrorKind, Result,
    dns::{Ds, Name},
    endpoints,
    http::{Api, ApiBuilder, Call, Dialect, Explanation, Refusal},
};

/// Where IANA publishes which server knows which top-level domain.
pub const IANA: &str = "https://data.iana.org/rdap";

endpoints! {
    SERVICES: () => Services       = get("/dns.json");
    DOMAIN:   () => DomainResponse = get("/domain/{name}").headers(&[("accept", "application/rdap+json")]);
}

static RDAP: Dialect = Dialect { explain, ..Dialect::new("rdap") };

/// A client of all registries.
#[derive(Clone, Debug)]
pub struct Rdap {
    api: Api,
    services: Arc<OnceLock<Services>>,
}

impl Rdap {
    /// The registries that IANA lists.
    pub fn new() -> Result<Self> {
        Self::builder().build().map(Self::from)
    }

    /// For another list, transport, patience or clock: `Rdap::from(Rdap::builder()….build()?)`.
    pub fn builder() -> ApiBuilder {
        Api::builder(&RDAP, IANA)
    }

    /// What the registry says of a domain; [`ErrorKind::NotFound`] when it is not registered, and
    /// [`ErrorKind::Unsupported`] when its top-level domain has no RDAP. The list of registries is asked once, before.
    ///
    /// `GET /domain/{name}`
    pub fn domain(&self, domain: &Name) -> Call<DomainStatus> {
        let (client, domain) = (self.clone(), domain.clone());
        Call::new(async move {
            let base = client.server_of(&domain).await?;
            let name = domain.to_fqdn_without_dot();
            let response = client.api.at(&base)?.send(&DOMAIN, [&name], ()).await?;
            Ok(DomainStatus::from_response(domain, response))
        })
    }

    /// The base URL of the server for the longest suffix of the name that the list has.
    async fn server_of(&self, domain: &Name) -> Result<String> {
        let services = if let Some(services) = self.services.get() {
            services
        } else {
            let read = self.api.send(&SERVICES, [], ()).await?;
            self.services.get_or_init(|| read)
        };
        let suffixes = std::iter::successors(domain.parent(), Name::parent);
        for suffix in suffixes.map(|suffix| suffix.to_fqdn_without_dot()) {
            let listed = services.services.iter().filter(|(suffixes, _)| suffixes.contains(&suffix));
            let mut bases = listed.flat_map(|(_, bases)| bases);
            // The list may have the same server without TLS as well.
            let first = bases.clone().find(|base| base.starts_with("https://")).or_else(|| bases.next());
            if let Some(base) = first {
                return Ok(base.trim_end_matches('/').to_owned());
            }
        }
        let message = format!("no registry is known that tells of {domain} by RDAP");
        Err(Error::new(ErrorKind::Unsupported, message).with_provider("rdap"))
    }
}

impl From<Api> for Rdap {
    fn from(api: Api) -> Self {
        Self { api, services: Arc::default() }
    }
}

/// A domain as its registry has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
#[allow(missing_docs)]
pub struct DomainStatus {
    pub domain: Name,
    /// The registrar's name.
    pub registrar: Option<String>,
    /// EPP status codes, such as `clientTransferProhibited`.
    pub statuses: BTreeSet<String>,
    pub registered_at: Option<Timestamp>,
    pub changed_at: Option<Timestamp>,
    pub transferred_at: Option<Timestamp>,
    pub expires_at: Option<Timestamp>,
    pub name_servers: BTreeSet<Name>,
    pub ds: Vec<Ds>,
}

impl DomainStatus {
    /// Whether a status forbids to transfer the domain to another registrar.
    pub fn is_locked(&self) -> bool {
        self.statuses.iter().any(|status| status.ends_with("TransferProhibited"))
    }

    fn from_response(domain: Name, response: DomainResponse) -> Self {
        let event = |action: &str| {
            let events = response.events.iter().filter(|event| event.event_action == action);
            events.filter_map(|event| event.event_date.parse().ok()).max()
        };
        let mut registrars =
            response.entities.iter().filter(|entity| entity.roles.iter().any(|role| role == "registrar"));
        Self {
            registrar: registrars.find_map(Entity::name),
            statuses: response.status.iter().map(|status| epp(status)).collect(),
            registered_at: event("registration"),
            changed_at: event("last changed"),
            transferred_at: event("transfer"),
            expires_at: event("expiration"),
            name_servers: response.nameservers.iter().filter_map(|host| Name::parse(&host.ldh_name).ok()).collect(),
            ds: response.secure_dns.unwrap_or_default().ds_data.iter().filter_map(DsData::ds).collect(),
            domain,
        }
    }
}

/// RDAP writes EPP's `clientTransferProhibited` as `client transfer prohibited`, and `ok` as `active` (RFC 8056).
fn epp(status: &str) -> String {
    if status == "active" {
        return "ok".to_owned();
    }
    let mut words = status.split(' ');
    let mut code = words.next().unwrap_or_default().to_owned();
    for word in words {
        let mut letters = word.chars();
        code.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        code.push_str(letters.as_str());
    }
    code
}

/// The list of servers.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Services {
    /// Suffixes, and the base URLs of the servers that know them.
    pub services: Vec<(Vec<String>, Vec<String>)>,
}

/// What a registry's server answers, as far as it is read.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
#[allow(missing_docs)]
pub struct DomainResponse {
    pub object_class_name: String,
    pub ldh_name: String,
    pub status: Vec<String>,
    pub events: Vec<Event>,
    pub entities: Vec<Entity>,
    pub nameservers: Vec<Host>,
    #[serde(rename = "secureDNS")]
    pub secure_dns: Option<SecureDns>,
}

/// Something that happened or will.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
#[allow(missing_docs)]
pub struct Event {
    pub event_action: String,
    pub event_date: String,
}

/// Somebody who has to do with the domain.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
#[allow(missing_docs)]
pub struct Entity {
    pub roles: Vec<String>,
    pub handle: Option<String>,
    /// A jCard: `["vcard", [[property, parameters, type, value], …]]`.
    pub(crate) vcard_array: serde_json::Value,
}

impl Entity {
    fn name(&self) -> Option<String> {
        let properties = self.vcard_array.get(1)?.as_array()?;
        let name = properties.iter().find(|property| property.get(0).is_some_and(|key| key == "fn"))?;
        name.get(3)?.as_str().map(str::to_owned)
    }
}

/// A name server.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
#[allow(missing_docs)]
pub struct Host {
    pub ldh_name: String,
}

/// What the parent publishes for DNSSEC.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
#[allow(missing_docs)]
pub struct SecureDns {
    pub delegation_signed: bool,
    pub ds_data: Vec<DsData>,
}

/// A DS.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
#[allow(missing_docs)]
pub struct DsData {
    pub key_tag: u16,
    pub algorithm: u8,
    pub digest_type: u8,
    pub digest: String,
}

impl DsData {
    fn ds(&self) -> Option<Ds> {
        let digest = data_encoding::HEXUPPER_PERMISSIVE.decode(self.digest.as_bytes()).ok()?;
        Some(Ds { key_tag: self.key_tag, algorithm: self.algorithm, digest_type: self.digest_type, digest })
    }
}

/// `{"errorCode", "title", "description": […]}`.
fn explain(refusal: &Refusal<'_>) -> Explanation {
    let text = |member| refusal.json.and_then(|json| json.get(member)?.as_str().map(str::to_owned));
    Explanation { message: text("title"), ..Explanation::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_are_told_as_epp_has_them() {
        for (rdap, code) in [
            ("client transfer prohibited", "clientTransferProhibited"),
            ("pending transfer", "pendingTransfer"),
            ("redemption period", "redemptionPeriod"),
            ("active", "ok"),
            ("", ""),
        ] {
            assert_eq!(epp(rdap), code);
        }
    }

    #[test]
    fn an_answer_is_read_whatever_it_lacks() {
        let domain = Name::parse("example.io").unwrap();
        let empty = DomainStatus::from_response(domain.clone(), serde_json::from_str("{}").unwrap());
        assert_eq!((empty.registrar.as_deref(), empty.expires_at, empty.is_locked()), (None, None, false));

        let text = r#"{
            "objectClassName": "domain", "ldhName": "EXAMPLE.IO", "status": ["client transfer prohibited"],
            "events": [
                {"eventAction": "registration", "eventDate": "2022-10-01T10:00:00.0Z"},
                {"eventAction": "last changed", "eventDate": "yesterday"},
                {"eventAction": "expiration", "eventDate": "2023-10-01T10:00:00+00:00"}
            ],
            "entities": [
                {"roles": ["abuse"], "vcardArray": ["vcard", [["fn", {}, "text", "Abuse"]]]},
                {"roles": ["registrar"], "handle": "81", "vcardArray": ["vcard", [["version", {}, "text", "4.0"], ["fn", {}, "text", "Gandi SAS"]]]}
            ],
            "nameservers": [{"objectClassName": "nameserver", "ldhName": "NS1.EXAMPLE.NET"}],
            "secureDNS": {"delegationSigned": true, "dsData": [{"keyTag": 1, "algorithm": 13, "digestType": 2, "digest": "aB"}, {"digest": "?"}]}
        }"#;
        let status = DomainStatus::from_response(domain, serde_json::from_str(text).unwrap());
        assert_eq!(status.registrar.as_deref(), Some("Gandi SAS"));
        assert!(status.is_locked() && status.changed_at.is_none());
        assert_eq!(status.registered_at.unwrap().to_string(), "2022-10-01T10:00:00Z");
        assert_eq!(status.expires_at.unwrap().to_string(), "2023-10-01T10:00:00Z");
        assert_eq!(status.name_servers.iter().next().unwrap().to_string(), "ns1.example.net.");
        assert_eq!(status.ds[0].to_string(), "1 13 2 AB");
    }
}
