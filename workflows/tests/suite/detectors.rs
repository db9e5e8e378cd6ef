//! Every fault that can be seen is seen when it is there, and not when it is not.

use std::{collections::BTreeSet, net::IpAddr, sync::Arc};

use crate::common::{World, complete, domain, hours, name};
use howdah_core::{
    dns::{DnsProvider, DnssecSigner, Ds, Name, RecordData, RecordSet, RecordType, Ttl, Zone},
    registrar::{GlueHost, Registrar},
};
use howdah_workflows::{
    detectors::{Kind, Subject, examine},
    enable_dnssec::EnableDnssec,
    instance::Host,
};

/// The kinds of what is found.
async fn found(world: &World, subject: &Subject) -> BTreeSet<Kind> {
    examine(&world.lookout(), subject).await.unwrap().into_iter().map(|trouble| trouble.kind).collect()
}

async fn zone(world: &World) -> Zone {
    world.old.snapshot(&domain()).await.unwrap().zone
}

async fn subject(world: &World) -> Subject {
    let servers = world.old.name_servers(&domain()).await.unwrap();
    Subject::new(domain()).with_zone(zone(world).await).with_name_servers(servers)
}

async fn signed(world: &World) {
    let hosting = Arc::new(world.old.clone());
    let job = EnableDnssec::new(domain(), hosting.clone(), hosting, Arc::new(world.one.clone()), world.lookout());
    complete(&world.stay(&job).await.unwrap());
}

fn put(world: &World, owner: &str, record_type: &RecordType, data: &str) {
    let owner = Name::parse_in(owner, &domain()).unwrap();
    let data = RecordData::parse(record_type, data, &domain()).unwrap();
    let set = RecordSet::new(owner.clone(), Ttl::Seconds(300), [data]).unwrap();
    world
        .old
        .edit(&domain(), |zone| {
            zone.remove(&owner, record_type);
            zone.insert(set).unwrap();
        })
        .unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_healthy_domain_has_no_trouble() {
    let world = World::new().await;
    let subject = subject(&world).await.with_proxy(|_| false).with_hosts([Host::new(domain(), "letsencrypt.org")]);
    assert_eq!(examine(&world.lookout(), &subject).await.unwrap(), []);
    signed(&world).await;
    assert_eq!(examine(&world.lookout(), &subject).await.unwrap(), []);
}

#[tokio::test(start_paused = true)]
async fn a_ds_without_its_key_is_bogus() {
    let world = World::new().await;
    signed(&world).await;
    world.internet.tamper_ds(&domain());
    assert_eq!(found(&world, &subject(&world).await).await, [Kind::Bogus].into());
    world.internet.mend();
    assert_eq!(found(&world, &subject(&world).await).await, [].into());
}

#[tokio::test(start_paused = true)]
async fn signing_that_was_stopped_under_a_ds_is_bogus() {
    let world = World::new().await;
    signed(&world).await;
    world.old.disable(&domain()).await.unwrap();
    assert!(found(&world, &subject(&world).await).await.contains(&Kind::Bogus));
}

#[tokio::test(start_paused = true)]
async fn signatures_that_have_expired_are_bogus() {
    let world = World::new().await;
    signed(&world).await;
    world.internet.expire_signatures(&domain());
    assert!(found(&world, &subject(&world).await).await.contains(&Kind::Bogus));
}

#[tokio::test(start_paused = true)]
async fn a_lame_server_is_found() {
    let world = World::new().await;
    world.internet.lame(&name("ns2.old.example"));
    assert_eq!(found(&world, &subject(&world).await).await, [Kind::LameServer].into());
}

#[tokio::test(start_paused = true)]
async fn a_server_that_nobody_runs_is_found() {
    let world = World::new().await;
    world.registry.delegate(&domain(), "one", |parent| parent.name_servers.push(name("ns3.old.example"))).unwrap();
    tokio::time::sleep(std::time::Duration::from_secs(3600)).await;
    let seen = found(&world, &Subject::new(domain())).await;
    assert!(seen.contains(&Kind::LameServer) && seen.contains(&Kind::NameServersDiffer), "{seen:?}");
}

#[tokio::test(start_paused = true)]
async fn parent_and_child_that_differ_are_found() {
    let world = World::new().await;
    world.registry.delegate(&domain(), "one", |parent| drop(parent.name_servers.pop())).unwrap();
    tokio::time::sleep(std::time::Duration::from_secs(3600)).await;
    assert_eq!(found(&world, &Subject::new(domain())).await, [Kind::NameServersDiffer].into());
}

#[tokio::test(start_paused = true)]
async fn a_delegation_that_was_reset_is_found() {
    let world = World::new().await;
    crate::common::fill(&world.new).await;
    let subject = subject(&world).await;
    let others = world.new.name_servers(&domain()).await.unwrap();
    world.registry.delegate(&domain(), "one", |parent| parent.name_servers = others).unwrap();
    tokio::time::sleep(std::time::Duration::from_secs(3600)).await;
    assert_eq!(found(&world, &subject).await, [Kind::DelegatedElsewhere].into());
}

#[tokio::test(start_paused = true)]
async fn servers_of_the_parent_that_disagree_are_found_while_they_do() {
    let world = World::new().await;
    crate::common::fill(&world.new).await;
    let others = world.new.name_servers(&domain()).await.unwrap();
    world.registry.delegate(&domain(), "one", |parent| parent.name_servers = others).unwrap();
    // The first server publishes after ten minutes, the second after fifteen.
    tokio::time::sleep(std::time::Duration::from_secs(12 * 60)).await;
    assert!(found(&world, &Subject::new(domain())).await.contains(&Kind::ParentDisagrees));
    tokio::time::sleep(std::time::Duration::from_secs(5 * 60)).await;
    assert_eq!(found(&world, &Subject::new(domain())).await, [].into());
}

#[tokio::test(start_paused = true)]
async fn missing_and_mangled_records_are_found() {
    let world = World::new().await;
    let subject = subject(&world).await;
    world.old.edit(&domain(), |zone| drop(zone.remove(&name("mail.example.org"), &RecordType::A))).unwrap();
    assert_eq!(found(&world, &subject).await, [Kind::RecordDiffers].into());
    put(&world, "mail", &RecordType::A, "192.0.2.25");
    assert_eq!(found(&world, &subject).await, [].into());
    put(&world, "@", &RecordType::Txt, "\"v=spf1 mx ~all\"");
    assert_eq!(found(&world, &subject).await, [Kind::RecordDiffers].into());
    // How a text is cut makes no difference.
    put(&world, "@", &RecordType::Txt, "\"v=spf1 \" \"mx -all\"");
    assert_eq!(found(&world, &subject).await, [].into());
}

#[tokio::test(start_paused = true)]
async fn a_proxy_that_was_copied_is_found() {
    let world = World::new().await;
    put(&world, "@", &RecordType::A, "104.16.1.1");
    let is_proxy = howdah_cloudflare::addresses::is_cloudflare_address;
    assert_eq!(found(&world, &subject(&world).await.with_proxy(is_proxy)).await, [Kind::ProxyAddress].into());
    put(&world, "@", &RecordType::A, "192.0.2.1");
    assert_eq!(found(&world, &subject(&world).await.with_proxy(is_proxy)).await, [].into());
    assert!(is_proxy(IpAddr::from([172, 64, 0, 1])) && !is_proxy(IpAddr::from([192, 0, 2, 1])));
}

#[tokio::test(start_paused = true)]
async fn an_apex_without_addresses_is_found() {
    let world = World::new().await;
    world
        .old
        .edit(&domain(), |zone| {
            zone.remove(&domain(), &RecordType::A);
            zone.remove(&domain(), &RecordType::Aaaa);
        })
        .unwrap();
    assert_eq!(found(&world, &subject(&world).await).await, [Kind::EmptyApex].into());
}

#[tokio::test(start_paused = true)]
async fn a_forgotten_dot_is_found() {
    let world = World::new().await;
    let subject = subject(&world).await;
    put(&world, "@", &RecordType::Mx, "10 mail.example.org");
    assert_eq!(found(&world, &subject).await, [Kind::RelativeTarget].into());
}

#[tokio::test(start_paused = true)]
async fn stale_glue_is_found() {
    let world = World::new().await;
    let right = world.internet.address(&name("ns1.old.example"));
    put(&world, "ns1", &RecordType::A, &right.to_string());
    let servers = world.old.name_servers(&domain()).await.unwrap();
    let glue = |address| GlueHost { host: name("ns1.example.org"), addresses: vec![address] };
    world.one.set_glue(&domain(), &glue(right)).await.unwrap();
    let all = servers.into_iter().chain([name("ns1.example.org")]).collect();
    world.registry.delegate(&domain(), "one", |parent| parent.name_servers = all).unwrap();
    tokio::time::sleep(std::time::Duration::from_secs(3600)).await;
    assert!(!found(&world, &Subject::new(domain())).await.contains(&Kind::StaleGlue));
    world.one.set_glue(&domain(), &glue([192, 0, 2, 53].into())).await.unwrap();
    tokio::time::sleep(std::time::Duration::from_secs(3600)).await;
    assert!(found(&world, &Subject::new(domain())).await.contains(&Kind::StaleGlue));
}

#[tokio::test(start_paused = true)]
async fn an_issuer_that_is_forbidden_is_found() {
    let world = World::new().await;
    put(&world, "@", &RecordType::Caa, "0 issue \"letsencrypt.org\"");
    let subject = subject(&world).await;
    let hosts = |issuer| subject.clone().with_hosts([Host::new(domain(), issuer)]);
    assert_eq!(found(&world, &hosts("sectigo.com")).await, [Kind::IssuerForbidden].into());
    assert_eq!(found(&world, &hosts("letsencrypt.org")).await, [].into());
}

#[tokio::test(start_paused = true)]
async fn what_does_not_answer_is_not_observed() {
    let world = World::new().await;
    let subject = subject(&world).await;
    for server in ["ns1.old.example", "b.nic.org"] {
        world.internet.silence(&name(server));
        assert!(found(&world, &subject).await.contains(&Kind::NotObserved), "{server}");
        world.internet.mend();
    }
    let ds = Ds { key_tag: 1, algorithm: 13, digest_type: 2, digest: vec![1; 32] };
    world.registry.delegate(&domain(), "one", |parent| parent.ds.push(ds)).unwrap();
    tokio::time::sleep(hours(1).try_into().unwrap()).await;
    assert_eq!(found(&world, &subject).await, [Kind::Bogus].into());
}
