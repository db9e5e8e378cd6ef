//! Load balancers, certificates and CDN endpoints against the fake.

use std::time::Duration;

use howdah_core::{Outcome, testing::Fault};
use howdah_digitalocean::{
    DigitalOcean,
    cdn::{EndpointUpdate, NewEndpoint},
    certificates::{Certificate, CertificateFilter, CertificateId, CertificateState, NewCertificate},
    droplets::{DropletId, NewDroplet},
    load_balancers::{
        EntryProtocol, ForwardingRule, HealthCheck, LoadBalancer, LoadBalancerStatus, LoadBalancerType, NewLoadBalancer,
    },
    testing::{FakeDigitalOcean, certificate_for},
};
use serde_json::json;

async fn certificate(ocean: &DigitalOcean, name: &str, names: &[&str]) -> Certificate {
    let (leaf, chain, key) = certificate_for(names);
    ocean.certificates().create(NewCertificate::custom(name, key, leaf, chain)).await.unwrap()
}

async fn droplet(ocean: &DigitalOcean, name: &str, tag: &str) -> DropletId {
    let new = NewDroplet::new(name, "s-1vcpu-1gb", "debian-12-x64").with_region("tor1").with_tags([tag.to_owned()]);
    let created = ocean.droplets().create(new).await.unwrap();
    ocean.droplets().follow(created.droplet.id).await.unwrap().id
}

fn https(certificate: &Certificate) -> ForwardingRule {
    ForwardingRule::new("https", 443, "http", 80).with_certificate(certificate.id.clone())
}

async fn balancer(ocean: &DigitalOcean, new: NewLoadBalancer) -> LoadBalancer {
    let ordered = ocean.load_balancers().create(new.with_region("tor1")).await.unwrap();
    assert_eq!(ordered.status, Some(LoadBalancerStatus::New));
    ocean.load_balancers().follow(ordered.id).await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_load_balancer_lives() {
    let fake = FakeDigitalOcean::new();
    let ocean = fake.client();
    let balancers = ocean.load_balancers();
    let web = certificate(&ocean, "web", &["vmst.io"]).await;
    let one = droplet(&ocean, "web-1", "web").await;
    let made = balancer(&ocean, NewLoadBalancer::new("web", vec![https(&web)]).with_droplet_ids([one])).await;
    assert!(made.ip.as_ref().is_some_and(|ip| !ip.is_empty()));
    assert_eq!(balancers.list().all().await.unwrap(), std::slice::from_ref(&made));

    let two = droplet(&ocean, "web-2", "web").await;
    balancers.add_droplets(&made.id, [two]).await.unwrap();
    assert_eq!(balancers.get(&made.id).await.unwrap().droplet_ids, [one, two]);
    fake.world().fail_next(Fault::Lost { applied: true });
    balancers.add_droplets(&made.id, [two]).await.unwrap();
    balancers.remove_droplets(&made.id, [one]).await.unwrap();
    assert_eq!(balancers.get(&made.id).await.unwrap().droplet_ids, [two]);
    ocean.droplets().delete(two).await.unwrap();
    assert_eq!(balancers.get(&made.id).await.unwrap().droplet_ids, []);

    let plain = ForwardingRule::new("http", 80, "http", 80);
    balancers.add_forwarding_rules(&made.id, vec![plain.clone()]).await.unwrap();
    assert!(balancers.add_forwarding_rules(&made.id, vec![plain.clone()]).await.unwrap_err().is_invalid());
    balancers.remove_forwarding_rules(&made.id, vec![plain]).await.unwrap();
    let rules = balancers.get(&made.id).await.unwrap().forwarding_rules;
    assert_eq!((rules.len(), rules[0].certificate()), (1, Some(&web.id)));
    assert!(balancers.purge_cache(&made.id).await.unwrap_err().is_invalid());
    balancers.delete(&made.id).await.unwrap();
    assert!(balancers.get(&made.id).await.unwrap_err().is_not_found());
}

#[tokio::test(start_paused = true)]
async fn a_tag_chooses_its_droplets_alone() {
    let ocean = FakeDigitalOcean::new().client();
    let web = certificate(&ocean, "web", &["vmst.io"]).await;
    let one = droplet(&ocean, "web-1", "web").await;
    let made = balancer(&ocean, NewLoadBalancer::new("web", vec![https(&web)]).with_tag("web")).await;
    let two = droplet(&ocean, "web-2", "web").await;
    droplet(&ocean, "db-1", "db").await;
    assert_eq!(ocean.load_balancers().get(&made.id).await.unwrap().droplet_ids, [one, two]);
    let error = ocean.load_balancers().add_droplets(&made.id, [two]).await.unwrap_err();
    assert!(error.is_invalid());
    assert!(ocean.load_balancers().remove_droplets(&made.id, [two]).await.unwrap_err().is_invalid());
}

#[tokio::test(start_paused = true)]
async fn an_update_of_what_was_read_changes_nothing() {
    let fake = FakeDigitalOcean::new();
    let ocean = fake.client();
    let balancers = ocean.load_balancers();
    let web = certificate(&ocean, "web", &["vmst.io"]).await;
    let one = droplet(&ocean, "web-1", "web").await;
    let check = HealthCheck { path: Some("/health".to_owned()), ..HealthCheck::default() };
    let rules = || vec![https(&web), ForwardingRule::new("tcp", 22, "tcp", 22)];
    let new = || {
        NewLoadBalancer::new("web", rules())
            .with_health_check(check.clone())
            .with_redirect_http_to_https(true)
            .with_http_idle_timeout_seconds(120u32)
            .with_enable_proxy_protocol(true)
    };
    for made in [
        balancer(&ocean, new().with_droplet_ids([one])).await,
        balancer(&ocean, new().with_tag("web").with_size_unit(2u32)).await,
        balancer(&ocean, new().with_load_balancer_type(LoadBalancerType::Global)).await,
    ] {
        let mut update = made.clone().into_update();
        update.extra.insert("of_tomorrow".to_owned(), json!({ "kept": [1, 2] }));
        balancers.update(&made.id, update).await.unwrap();
        let read = balancers.get(&made.id).await.unwrap();
        assert_eq!(read.extra["of_tomorrow"], json!({ "kept": [1, 2] }));
        let again = balancers.update(&made.id, read.clone().into_update()).await.unwrap();
        assert_eq!(again, read);
        assert_eq!(LoadBalancer { extra: made.extra.clone(), ..again }, made);
        let is_global = made.load_balancer_type == Some(LoadBalancerType::Global);
        assert_eq!(balancers.purge_cache(&made.id).await.is_ok(), is_global);
    }
    let sent = fake.world().journal().last().unwrap().request.clone();
    assert!(sent.get("algorithm").is_none() && sent.get("size").is_none() && sent.get("ip").is_none());
}

#[tokio::test(start_paused = true)]
async fn what_an_update_leaves_out_is_reset() {
    let ocean = FakeDigitalOcean::new().client();
    let web = certificate(&ocean, "web", &["vmst.io"]).await;
    let new = NewLoadBalancer::new("web", vec![https(&web)]).with_redirect_http_to_https(true);
    let made = balancer(&ocean, new).await;
    let mut update = made.clone().into_update();
    update.settings.redirect_http_to_https = None;
    update.settings.forwarding_rules[0].entry_protocol = EntryProtocol::Http2;
    let updated = ocean.load_balancers().update(&made.id, update).await.unwrap();
    assert_eq!(updated.redirect_http_to_https, Some(false));
    assert_eq!(updated.forwarding_rules[0].entry_protocol, EntryProtocol::Http2);
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_is_refused() {
    let ocean = FakeDigitalOcean::new().client();
    let balancers = ocean.load_balancers();
    let web = certificate(&ocean, "web", &["vmst.io"]).await;
    let one = droplet(&ocean, "web-1", "web").await;
    let new = |rules: Vec<ForwardingRule>| NewLoadBalancer::new("web", rules).with_region("tor1");
    let nowhere = CertificateId::new("nonesuch".to_owned());
    for wrong in [
        new(vec![]),
        new(vec![ForwardingRule::new("https", 443, "http", 80)]),
        new(vec![ForwardingRule::new("https", 443, "http", 80).with_certificate(nowhere)]),
        new(vec![https(&web), https(&web)]),
        new(vec![https(&web).with_tls_passthrough()]),
        new(vec![https(&web)]).with_tag("web").with_droplet_ids([one]),
        new(vec![https(&web)]).with_droplet_ids([DropletId::new(7)]),
        new(vec![https(&web)]).with_region("nyc3").with_droplet_ids([one]),
        new(vec![https(&web)]).with_http_idle_timeout_seconds(5u32),
        NewLoadBalancer::new("web", vec![https(&web)]),
    ] {
        let error = balancers.create(wrong.clone()).await.unwrap_err();
        assert!(error.is_invalid(), "{wrong:?}: {error}");
    }
    let made = balancer(&ocean, NewLoadBalancer::new("web", vec![https(&web)])).await;
    let mut update = made.clone().into_update();
    update.settings.size_unit = Some(3);
    assert!(balancers.update(&made.id, update.clone()).await.unwrap_err().is_invalid());
    tokio::time::sleep(Duration::from_secs(3600)).await;
    assert_eq!(balancers.update(&made.id, update).await.unwrap().size_unit, Some(3));
}

#[tokio::test(start_paused = true)]
async fn droplets_pass_their_health_checks_after_a_while() {
    let fake = FakeDigitalOcean::new();
    let ocean = fake.client();
    let web = certificate(&ocean, "web", &["vmst.io"]).await;
    let made = balancer(&ocean, NewLoadBalancer::new("web", vec![https(&web)]).with_tag("web")).await;
    let one = droplet(&ocean, "web-1", "web").await;
    assert_eq!(fake.health(&made.id), [(one, false)]);
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(fake.health(&made.id), [(one, true)]);
    fake.set_ailing(one, true);
    assert_eq!(fake.health(&made.id), [(one, false)]);
    fake.set_ailing(one, false);
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(fake.health(&made.id), [(one, true)]);
}

#[tokio::test(start_paused = true)]
async fn certificates_are_checked_and_their_names_unique() {
    let ocean = FakeDigitalOcean::new().client();
    let certificates = ocean.certificates();
    let made = certificate(&ocean, "web", &["vmst.io", "*.vmst.io"]).await;
    assert_eq!(made.state, Some(CertificateState::Verified));
    assert_eq!(made.sha1_fingerprint.as_ref().map(String::len), Some(40));
    let named = certificates.list(CertificateFilter::new().with_name("web")).all().await.unwrap();
    assert_eq!(named, std::slice::from_ref(&made));
    assert_eq!(certificates.get(&made.id).await.unwrap(), made);

    let (leaf, chain, key) = certificate_for(&["vmst.io"]);
    let (_, _, another) = certificate_for(&["vmst.io"]);
    for wrong in [
        NewCertificate::custom("web", key.as_str(), leaf.as_str(), chain.as_str()),
        NewCertificate::custom("", key.as_str(), leaf.as_str(), chain.as_str()),
        NewCertificate::custom("other", another.as_str(), leaf.as_str(), chain.as_str()),
        NewCertificate::custom("other", "rubbish", leaf.as_str(), chain.as_str()),
        NewCertificate::custom("other", key.as_str(), "rubbish", chain.as_str()),
    ] {
        let error = certificates.create(wrong).await.unwrap_err();
        assert!(error.is_invalid(), "{error}");
        assert!(!format!("{error:?}").contains(&key), "{error:?}");
    }
    certificates.delete(&made.id).await.unwrap();
    assert!(certificates.get(&made.id).await.unwrap_err().is_not_found());
}

#[tokio::test(start_paused = true)]
async fn a_certificate_in_use_stays_until_it_is_let_go() {
    let ocean = FakeDigitalOcean::new().client();
    let (old, new) = (certificate(&ocean, "old", &["vmst.io"]).await, certificate(&ocean, "new", &["vmst.io"]).await);
    let made = balancer(&ocean, NewLoadBalancer::new("web", vec![https(&old)])).await;
    let error = ocean.certificates().delete(&old.id).await.unwrap_err();
    assert!(error.is_invalid() && error.to_string().contains("being used"), "{error}");
    let mut update = made.clone().into_update();
    update.settings.forwarding_rules[0].certificate_id = Some(new.id.clone());
    ocean.load_balancers().update(&made.id, update).await.unwrap();
    assert!(ocean.certificates().delete(&old.id).await.unwrap_err().is_invalid());
    tokio::time::sleep(Duration::from_secs(10)).await;
    ocean.certificates().delete(&old.id).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn lets_encrypt_issues_after_a_while_or_not() {
    let fake = FakeDigitalOcean::new();
    let ocean = fake.client();
    let zone = howdah_digitalocean::domains::NewDomain::new("vmst.io");
    ocean.domains().create(zone).await.unwrap();
    let certificates = ocean.certificates();
    let names = ["*.vmst.io".to_owned()];
    let asked = certificates.create(NewCertificate::lets_encrypt("web", names.clone())).await.unwrap();
    assert_eq!(asked.state, Some(CertificateState::Pending));
    let issued = certificates.follow(asked.id).await.unwrap();
    assert_eq!(issued.dns_names, ["*.vmst.io", "vmst.io"]);
    assert!(issued.not_after.is_some());

    fake.fail_certificate("vmst.io");
    let asked = certificates.create(NewCertificate::lets_encrypt("again", names)).await.unwrap();
    assert_eq!(certificates.follow(asked.id).await.unwrap_err().outcome(), Outcome::Refused);
    let foreign = NewCertificate::lets_encrypt("foreign", ["example.net".to_owned()]);
    assert!(certificates.create(foreign).await.unwrap_err().is_invalid());
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_lives() {
    let fake = FakeDigitalOcean::new();
    let ocean = fake.client();
    let cdn = ocean.cdn();
    let new = || NewEndpoint::new("media.nyc3.digitaloceanspaces.com").with_ttl(600u32);
    let made = cdn.create(new()).await.unwrap();
    assert_eq!(made.endpoint.as_deref(), Some("media.nyc3.cdn.digitaloceanspaces.com"));
    assert!(cdn.create(new()).await.unwrap_err().is_invalid());
    assert!(cdn.create(NewEndpoint::new("example.com")).await.unwrap_err().is_invalid());
    assert_eq!(cdn.list().all().await.unwrap(), std::slice::from_ref(&made));

    let media = certificate(&ocean, "media", &["media.vmst.io"]).await;
    let named = |id: &CertificateId| {
        EndpointUpdate::of(&made).with_custom_domain("media.vmst.io").with_certificate_id(id.clone())
    };
    let updated = cdn.update(&made.id, named(&media.id)).await.unwrap();
    assert_eq!((updated.ttl, updated.certificate_id.as_ref()), (Some(600), Some(&media.id)));
    assert_eq!(cdn.get(&made.id).await.unwrap(), updated);
    assert!(ocean.certificates().delete(&media.id).await.unwrap_err().is_invalid());
    let wrong = certificate(&ocean, "wrong", &["vmst.io"]).await;
    assert!(cdn.update(&made.id, named(&wrong.id)).await.unwrap_err().is_invalid());
    assert!(cdn.update(&made.id, EndpointUpdate::new().with_ttl(7u32)).await.unwrap_err().is_invalid());

    cdn.purge(&made.id, ["*".to_owned()]).await.unwrap();
    let error = cdn.purge(&made.id, []).await.unwrap_err();
    assert_eq!(error.outcome(), Outcome::NotSent);
    let none =
        EndpointUpdate::of(&updated).with_custom_domain("").with_certificate_id(CertificateId::new(String::new()));
    let bare = cdn.update(&made.id, none).await.unwrap();
    assert_eq!((bare.custom_domain, bare.certificate_id), (None, None));
    cdn.delete(&made.id).await.unwrap();
    assert!(cdn.get(&made.id).await.unwrap_err().is_not_found());
    let refused = fake.world().journal().iter().filter(|exchange| exchange.status == 429).count();
    assert_eq!(refused, 0, "the endpoints have a quota of their own");
}

#[tokio::test(start_paused = true)]
async fn a_wildcard_in_use_elsewhere_is_not_for_the_cdn() {
    let ocean = FakeDigitalOcean::new().client();
    let wildcard = certificate(&ocean, "wildcard", &["*.vmst.io"]).await;
    balancer(&ocean, NewLoadBalancer::new("web", vec![https(&wildcard)])).await;
    let media = ocean.cdn().create(NewEndpoint::new("media.nyc3.digitaloceanspaces.com")).await.unwrap();
    let with = |id| EndpointUpdate::of(&media).with_custom_domain("media.vmst.io").with_certificate_id(id);
    let error = ocean.cdn().update(&media.id, with(wildcard.id)).await.unwrap_err();
    assert!(error.is_invalid());
    let second = certificate(&ocean, "wildcard-cdn", &["*.vmst.io"]).await;
    ocean.cdn().update(&media.id, with(second.id)).await.unwrap();
}
