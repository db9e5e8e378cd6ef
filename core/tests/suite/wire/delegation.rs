//! What the parent's servers show, and the way to them.

use std::collections::BTreeSet;

use howdah_core::{
    ErrorKind,
    dns::{RecordData, RecordType, wire::Rcode},
    testing::ZoneKey,
};
use tokio::time::Instant;

use super::world::{Manner, World, Zone, address, name, server};

fn world() -> World {
    World::new(&ZoneKey::generate(257))
}

#[tokio::test(start_paused = true)]
async fn every_server_of_the_parent_is_asked() {
    let key = ZoneKey::generate(257);
    let delegation = World::new(&key).observer().delegation(&name("example.org")).await.unwrap();
    assert_eq!((&delegation.zone, &delegation.parent), (&name("example.org"), &name("org")));
    let servers: Vec<_> = delegation.observed().map(|(server, _)| server.to_string()).collect();
    assert_eq!(servers, ["a.nic.org (198.51.100.2)", "b.nic.org (198.51.100.3)"]);
    let view = delegation.agreed().unwrap();
    assert!(view.exists && !view.authoritative);
    assert_eq!(view.name_servers, BTreeSet::from([name("ns1.example.org"), name("ns.host.net")]));
    assert_eq!((view.ns_ttl, view.ds_ttl, view.negative_ttl), (Some(3600), Some(1800), 300));
    assert_eq!(view.ds, [key.dnskey().to_ds(&name("example.org"), howdah_core::dns::DigestType::Sha256)]);
    let glue: Vec<_> = view.glue.iter().map(|(host, at)| (host.to_string(), at.clone())).collect();
    assert_eq!(glue, [("ns1.example.org.".to_owned(), BTreeSet::from([address("192.0.2.1")]))]);
    assert_eq!(
        (delegation.ns_ttl(), delegation.ds_ttl(), delegation.negative_ttl()),
        (Some(3600), Some(1800), Some(300))
    );
    let json = serde_json::to_value(&delegation).unwrap();
    assert_eq!(json["views"][1]["server"]["name"], "b.nic.org.");
    assert_eq!(json["views"][1]["seen"]["answered"]["ds"][0], view.ds[0].to_string());
}

#[tokio::test(start_paused = true)]
async fn servers_that_differ_do_not_agree() {
    type Edit = fn(&mut Zone);
    let edits: [Edit; 3] = [
        |zone| zone.records.retain(|(_, _, data)| *data != RecordData::Ns(name("ns.host.net"))),
        |zone| zone.records.retain(|(_, _, data)| data.record_type() != RecordType::Ds),
        |zone| zone.records.push((name("ns1.example.org"), 3600, RecordData::A([192, 0, 2, 9].into()))),
    ];
    for edit in edits {
        let world = world();
        world.edit("198.51.100.3", "org", edit);
        let delegation = world.observer().delegation(&name("example.org")).await.unwrap();
        assert_eq!((delegation.observed().count(), delegation.unobserved().count()), (2, 0));
        assert_eq!(delegation.agreed(), None);
    }
    let world = world();
    world.edit("198.51.100.3", "org", |zone| zone.records.iter_mut().for_each(|record| record.1 = 7200));
    let delegation = world.observer().delegation(&name("example.org")).await.unwrap();
    assert!(delegation.agreed().is_some(), "other TTLs are no disagreement");
    assert_eq!((delegation.ns_ttl(), delegation.ds_ttl()), (Some(7200), Some(7200)));
}

#[tokio::test(start_paused = true)]
async fn what_is_not_observed_is_never_agreed_upon() {
    for (manner, expected) in [
        (Manner::Silent, "no answer"),
        (Manner::RefusesPort, "connection refused"),
        (Manner::OutOfReach, "this machine has no IPv6"),
        (Manner::Code(5), "asked for the delegation it answers REFUSED"),
        (Manner::Code(2), "asked for the delegation it answers SERVFAIL"),
        (Manner::WithoutAuthority, "asked for the DS set it answers without authority"),
        (Manner::AnswersAnotherQuestion, "it answers another question"),
        (Manner::Truncates, "its answer is cut short"),
        (Manner::Garbles, "its answer is malformed"),
    ] {
        let world = world();
        world.behave("198.51.100.3", manner);
        let delegation = world.observer().delegation(&name("example.org")).await.unwrap();
        assert_eq!(delegation.observed().count(), 1, "{manner:?}");
        let (server, why) = delegation.unobserved().next().unwrap();
        assert!(server.to_string() == "b.nic.org (198.51.100.3)" && why.contains(expected), "{manner:?}: {why}");
        assert_eq!(delegation.agreed(), None, "{manner:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_parent_server_without_an_address_is_not_forgotten() {
    let world = world();
    world.edit("198.51.100.1", ".", |root| {
        root.records.push((name("org"), 172_800, RecordData::Ns(name("c.nowhere.net"))));
    });
    let delegation = world.observer().delegation(&name("example.org")).await.unwrap();
    assert_eq!(delegation.observed().count(), 2);
    assert_eq!(delegation.unresolved[0].name, name("c.nowhere.net"));
    assert_eq!(delegation.agreed(), None);
}

#[tokio::test(start_paused = true)]
async fn an_address_of_ipv6_is_no_matter_without_ipv6() {
    let world = world();
    for at in ["198.51.100.1", "198.51.100.2", "198.51.100.3"] {
        for zone in [".", "org"] {
            if (zone == ".") == (at == "198.51.100.1") {
                let aaaa = RecordData::Aaaa("2001:db8::2".parse().unwrap());
                world.edit(at, zone, |zone| zone.records.push((name("a.nic.org"), 900, aaaa)));
            }
        }
    }
    world.behave("2001:db8::2", Manner::OutOfReach);
    let delegation = world.observer().delegation(&name("example.org")).await.unwrap();
    assert_eq!((delegation.views.len(), delegation.agreed().is_some()), (2, true));
    world.behave("2001:db8::2", Manner::Silent);
    let delegation = world.observer().delegation(&name("example.org")).await.unwrap();
    assert_eq!((delegation.views.len(), delegation.agreed().is_some()), (3, false));
}

#[tokio::test(start_paused = true)]
async fn a_zone_that_is_not_delegated() {
    let delegation = world().observer().delegation(&name("absent.org")).await.unwrap();
    let view = delegation.agreed().unwrap();
    assert!(!view.exists && view.name_servers.is_empty() && view.ds.is_empty() && view.glue.is_empty());
    assert_eq!((view.ns_ttl, view.ds_ttl, view.negative_ttl), (None, None, 300));
    let below = world().observer().delegation(&name("deep.absent.org")).await.unwrap();
    assert_eq!((below.parent.clone(), below.agreed().unwrap().exists), (name("org"), false));
    let error = world().observer().delegation(&name(".")).await.unwrap_err();
    assert!(error.is_invalid());
}

#[tokio::test(start_paused = true)]
async fn a_parent_whose_servers_hold_the_zone_above_it_too() {
    let world = world();
    for at in ["198.51.100.2", "198.51.100.3"] {
        world.edit(at, "org", |org| {
            for host in ["a.nic.org", "b.nic.org"] {
                org.records.push((name("co.org"), 900, RecordData::Ns(name(host))));
            }
        });
        let co = "@ 900 NS a.nic.org.\n@ 900 NS b.nic.org.\nmine 600 NS ns.host.net.";
        world.serve(at, Zone::new("co.org", co).signed_with(&ZoneKey::generate(257)));
    }
    let delegation = world.observer().delegation(&name("mine.co.org")).await.unwrap();
    assert_eq!((&delegation.parent, delegation.views.len()), (&name("co.org"), 2));
    assert_eq!(delegation.agreed().unwrap().ns_ttl, Some(600));
    // Of co.org itself these servers show the zone's own NS set, and the DS as its parent.
    let delegation = world.observer().delegation(&name("co.org")).await.unwrap();
    assert_eq!(delegation.parent, name("org"));
    assert!(delegation.agreed().unwrap().authoritative);
}

#[tokio::test(start_paused = true)]
async fn without_a_way_to_name_servers_there_is_an_error() {
    let world = world();
    world.behave("198.51.100.1", Manner::Silent);
    let error = world.observer().delegation(&name("example.org")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(error.to_string().contains("example.org. could not be observed: no server of . says anything"), "{error}");
    let servers = world.observer().servers(&[name("ns.host.net")]).await;
    assert!(servers.found.is_empty() && servers.unresolved[0].why.contains("no answer"));
}

#[tokio::test(start_paused = true)]
async fn one_silent_server_costs_a_head_start() {
    let world = world();
    world.behave("198.51.100.2", Manner::Silent);
    let began = Instant::now();
    let servers = world.observer().servers(&[name("ns1.example.org")]).await;
    assert_eq!(servers.found, [server("ns1.example.org", "192.0.2.1")]);
    assert!(began.elapsed().as_secs() < 3, "{:?}", began.elapsed());
}

#[tokio::test(start_paused = true)]
async fn addresses_of_name_servers() {
    let world = world();
    // A lame server is passed over.
    world.behave("198.51.100.2", Manner::Code(5));
    let hosts = ["ns.host.net", "also.host.net", "ns1.example.org", "gone.host.net", "_dmarc.example.org"].map(name);
    let servers = world.observer().servers(&hosts).await;
    let found: Vec<_> = servers.found.iter().map(ToString::to_string).collect();
    assert_eq!(found, ["ns.host.net (192.0.2.2)", "also.host.net (192.0.2.2)", "ns1.example.org (192.0.2.1)"]);
    let unresolved: Vec<_> = servers.unresolved.iter().map(|host| host.why.as_str()).collect();
    assert_eq!(unresolved, ["gone.host.net. has no address", "_dmarc.example.org. has no address"]);
}

#[tokio::test(start_paused = true)]
async fn circles_come_to_an_end() {
    let world = world();
    for at in ["198.51.100.2", "198.51.100.3"] {
        world.edit(at, "org", |org| {
            org.records.push((name("one.org"), 900, RecordData::Ns(name("ns.other.org"))));
            org.records.push((name("other.org"), 900, RecordData::Ns(name("ns.one.org"))));
        });
    }
    for at in ["192.0.2.1", "192.0.2.2"] {
        world.edit(at, "example.org", |zone| {
            zone.records.push((name("a.example.org"), 300, RecordData::Cname(name("b.example.org"))));
            zone.records.push((name("b.example.org"), 300, RecordData::Cname(name("a.example.org"))));
        });
    }
    let servers = world.observer().servers(&[name("ns.one.org"), name("a.example.org")]).await;
    assert!(servers.unresolved[0].why.contains("elsewhere, and so on"), "{servers:?}");
    assert!(servers.unresolved[1].why.contains("alias of an alias"), "{servers:?}");
}

#[tokio::test(start_paused = true)]
async fn resolving_follows_aliases() {
    let observer = world().observer();
    let answer = observer.resolve(&name("www.example.org"), &RecordType::A).await.unwrap();
    assert_eq!(answer.aliases, [name("example.org")]);
    assert_eq!(answer.set.unwrap().to_string(), "example.org. 300 IN A 203.0.113.1");
    let answer = observer.resolve(&name("nothing.example.org"), &RecordType::A).await.unwrap();
    assert_eq!((answer.rcode, answer.set, answer.negative_ttl), (Rcode::NXDOMAIN, None, Some(300)));
    let answer = observer.resolve(&name("www.example.org"), &RecordType::Cname).await.unwrap();
    assert_eq!((answer.set.is_some(), answer.aliases.len(), answer.signed), (true, 0, true));
    assert!(observer.resolve(&name("example.org"), &RecordType::Alias).await.unwrap_err().is_invalid());
}
