//! The registry's RDAP server.

use std::io;

use jiff::Timestamp;
use serde_json::json;

use super::{Answer, Fake, Registry, Server, World};
use crate::{
    dns::Name,
    http::ApiBuilder,
    rdap::{DOMAIN, DomainResponse, DsData, Entity, Event, Host, IANA, Rdap, SERVICES, SecureDns, Services},
};

/// What a [`Registry`] tells everyone by RDAP, and IANA's list that leads there. Clones are the same one.
#[derive(Clone, Debug)]
pub struct FakeRdap {
    world: Fake<State>,
    registry: Registry,
}

/// What the fake holds.
#[derive(Debug)]
pub struct State {
    registry: Registry,
    base: String,
}

impl World for State {
    fn pass(&mut self, _: Timestamp) {}
}

impl FakeRdap {
    /// The server of a registry, which knows all its domains, whatever their top-level domain.
    pub fn of(registry: &Registry) -> Self {
        let state = State { registry: registry.clone(), base: IANA.to_owned() };
        let world = Fake::new("rdap", state)
            .below("/rdap")
            .with_clock(registry.clock().clone())
            .on(&SERVICES, |state, [], ()| {
                let names = state.registry.domains().into_iter();
                let suffixes = names.filter_map(|name| name.parent()).map(|name| name.to_fqdn_without_dot()).collect();
                Ok(Services { services: vec![(suffixes, vec![format!("{}/", state.base)])] })
            })
            .on(&DOMAIN, |state, [name], ()| {
                let name = Name::parse(name).ok();
                let found = name.and_then(|name| response(&state.registry, &name));
                found.ok_or_else(|| Answer::json(404, json!({ "errorCode": 404, "title": "Object not found" })))
            });
        Self { world, registry: registry.clone() }
    }

    /// The fake below: its journal and its faults.
    pub fn world(&self) -> &Fake<State> {
        &self.world
    }

    /// A client of it, in process.
    ///
    /// # Panics
    ///
    /// Never: its setup is known to be right.
    pub fn client(&self) -> Rdap {
        Rdap::from(self.builder().build().unwrap_or_else(|error| panic!("{error}")))
    }

    /// Sets up a client of it, for another transport around it or another patience.
    pub fn builder(&self) -> ApiBuilder {
        Rdap::builder().transport(self.world.clone()).clock(self.registry.clock().clone())
    }

    /// Puts it on a loopback port.
    pub async fn serve(&self) -> io::Result<Server> {
        let server = self.world.serve().await?;
        self.world.state(|state| state.base = server.base_url());
        Ok(server)
    }
}

fn response(registry: &Registry, name: &Name) -> Option<DomainResponse> {
    let domain = registry.domain(name)?;
    let event = |action: &str, at: Timestamp| Event { event_action: action.to_owned(), event_date: at.to_string() };
    let mut events = vec![
        event("registration", domain.created_at),
        event("last changed", domain.updated_at),
        event("expiration", domain.expires_at),
    ];
    events.extend(domain.transferred_at.map(|at| event("transfer", at)));
    let mut status: Vec<_> = domain.statuses.iter().map(|code| spaced(code)).collect();
    if status.is_empty() {
        status.push("active".to_owned());
    }
    let registrar = Entity {
        roles: vec!["registrar".to_owned()],
        handle: None,
        vcard_array: json!(["vcard", [["version", {}, "text", "4.0"], ["fn", {}, "text", domain.registrar]]]),
    };
    let ds_data = domain.delegation.ds.iter().map(|ds| DsData {
        key_tag: ds.key_tag,
        algorithm: ds.algorithm,
        digest_type: ds.digest_type,
        digest: data_encoding::HEXUPPER.encode(&ds.digest),
    });
    let servers = domain.delegation.name_servers.iter();
    Some(DomainResponse {
        object_class_name: "domain".to_owned(),
        ldh_name: name.to_fqdn_without_dot(),
        status,
        events,
        entities: vec![registrar],
        nameservers: servers.map(|server| Host { ldh_name: server.to_fqdn_without_dot() }).collect(),
        secure_dns: Some(SecureDns { delegation_signed: !domain.delegation.ds.is_empty(), ds_data: ds_data.collect() }),
    })
}

/// `clientTransferProhibited` as `client transfer prohibited`.
fn spaced(code: &str) -> String {
    let mut text = String::new();
    for letter in code.chars() {
        if letter.is_ascii_uppercase() {
            text.push(' ');
        }
        text.push(letter.to_ascii_lowercase());
    }
    text
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;
    use crate::testing::TRANSFER_PROHIBITED;

    #[tokio::test(start_paused = true)]
    async fn the_registry_is_told_as_it_is() {
        let registry = Registry::default();
        let domain = Name::parse("example.org").unwrap();
        let server = Name::parse("ns1.example.net").unwrap();
        registry.register(&domain, "one", std::slice::from_ref(&server), SignedDuration::from_hours(1000));
        let rdap = FakeRdap::of(&registry).client();
        let told = rdap.domain(&domain).await.unwrap();
        let held = registry.domain(&domain).unwrap();
        assert_eq!((told.registrar.as_deref(), told.is_locked()), (Some("one"), true));
        assert_eq!((told.registered_at, told.expires_at), (Some(held.created_at), Some(held.expires_at)));
        assert!(told.name_servers.contains(&server));

        registry.set_status(&domain, "one", TRANSFER_PROHIBITED, false).unwrap();
        assert!(!rdap.domain(&domain).await.unwrap().is_locked());
        let other = rdap.domain(&Name::parse("other.org").unwrap()).await.unwrap_err();
        assert!(other.is_not_found(), "{other}");
        let nowhere = rdap.domain(&Name::parse("example.test").unwrap()).await.unwrap_err();
        assert!(nowhere.is_unsupported(), "{nowhere}");
    }

    #[tokio::test]
    async fn on_loopback_the_list_leads_to_the_same_server() {
        let registry = Registry::default();
        let domain = Name::parse("example.org").unwrap();
        registry.register(&domain, "one", &[], SignedDuration::from_hours(1));
        let server = FakeRdap::of(&registry).serve().await.unwrap();
        let rdap = Rdap::from(Rdap::builder().base_url(server.base_url()).build().unwrap());
        assert_eq!(rdap.domain(&domain).await.unwrap().registrar.as_deref(), Some("one"));
    }
}
