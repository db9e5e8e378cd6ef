//! LiveDNS, operation by operation, against the fake.

use std::net::IpAddr;

use howdah_core::{
    Clock, Error, ErrorKind, Id,
    dns::RecordType,
    testing::{Hosting, Registry},
};
use howdah_gandi::{
    livedns::{
        DomainUpdate, KeyStatus, LiveDns, NameServerSoftware, NewDomain, NewKey, NewRrset, NewSnapshot, NewZone,
        RecordFilter, Rrset, RrsetAtName, RrsetUpdate, RrsetValues, SnapshotFilter,
    },
    testing::FakeGandi,
};

const ZONE: &str = "example.com";

fn livedns() -> LiveDns {
    let fake = FakeGandi::new();
    fake.create_zone(ZONE);
    fake.client().livedns()
}

fn a(name: &str) -> NewRrset {
    NewRrset::new(name, RecordType::A, "192.0.2.1")
}

/// What is in the zone, a line each.
async fn held(livedns: &LiveDns) -> Vec<String> {
    let rrsets = livedns.rrsets(ZONE, RecordFilter::new()).all().await.unwrap();
    let line =
        |one: &Rrset| format!("{} {} {} {}", one.name, one.ttl.unwrap(), one.record_type, one.values.0.join(", "));
    rrsets.iter().map(line).collect()
}

fn refused(error: &Error, kind: ErrorKind, status: u16) {
    assert_eq!((error.kind(), error.status().map(|status| status.as_u16())), (kind, Some(status)), "{error}");
}

#[tokio::test(start_paused = true)]
async fn zones_are_created_read_and_listed() {
    let livedns = FakeGandi::new().client().livedns();
    let zone = NewZone::new([a("www"), a("short").with_ttl(300u32)]).with_ttl(3600u32);
    let said = livedns.create(NewDomain::new(ZONE).with_zone(zone)).await.unwrap();
    assert_eq!(said.message.as_deref(), Some("Domain Created"));
    assert_eq!(held(&livedns).await, ["www 3600 A 192.0.2.1", "short 300 A 192.0.2.1"]);
    refused(&livedns.create(NewDomain::new(ZONE)).await.unwrap_err(), ErrorKind::Conflict, 409);
    refused(&livedns.create(NewDomain::new("example")).await.unwrap_err(), ErrorKind::Invalid, 400);

    livedns.create(NewDomain::new("example.net")).await.unwrap();
    let listed: Vec<_> = livedns.list().all().await.unwrap().into_iter().map(|one| one.fqdn).collect();
    assert_eq!(listed, [ZONE, "example.net"]);

    assert_eq!(livedns.get(ZONE).await.unwrap().automatic_snapshots, Some(false));
    livedns.update(ZONE, DomainUpdate::new().with_automatic_snapshots(true)).await.unwrap();
    let zone = livedns.get(ZONE).await.unwrap();
    assert_eq!(zone.automatic_snapshots, Some(true));
    assert_eq!(zone.domain_href.as_deref(), Some("https://api.gandi.net/v5/livedns/domains/example.com"));
    refused(&livedns.get("example.org").await.unwrap_err(), ErrorKind::NotFound, 404);
    let missing = livedns.update("example.org", DomainUpdate::new()).await.unwrap_err();
    refused(&missing, ErrorKind::NotFound, 404);
}

#[tokio::test(start_paused = true)]
async fn name_servers_follow_from_the_name() {
    let livedns = livedns();
    let servers = livedns.name_servers(ZONE).await.unwrap();
    assert_eq!(servers.len(), 3);
    for (server, end) in servers.iter().zip(["-a.gandi.net", "-b.gandi.net", "-c.gandi.net"]) {
        assert!(server.starts_with("ns-") && server.ends_with(end), "{server}");
    }
    assert_eq!(livedns.predicted_name_servers(ZONE).await.unwrap(), servers);
    assert_ne!(livedns.predicted_name_servers("example.org").await.unwrap(), servers);
    assert!(livedns.name_servers("example.org").await.unwrap_err().is_not_found());
    assert!(livedns.record_types().await.unwrap().contains(&RecordType::Alias));
}

#[tokio::test(start_paused = true)]
async fn a_set_is_created_once_and_replaced_as_often_as_one_likes() {
    let livedns = livedns();
    livedns.create_rrset(ZONE, a("www")).await.unwrap();
    let again = livedns.create_rrset(ZONE, a("www")).await.unwrap();
    assert_eq!(again.message.as_deref(), Some("A DNS Record already exists with same value"));
    let other = NewRrset::new("www", RecordType::A, "192.0.2.2");
    refused(&livedns.create_rrset(ZONE, other).await.unwrap_err(), ErrorKind::Conflict, 409);

    livedns.create_rrset_at(ZONE, "www", RrsetAtName::new(RecordType::Aaaa, "2001:db8::1")).await.unwrap();
    livedns.create_rrset_of(ZONE, "@", &RecordType::Mx, RrsetValues::new("10 mx").with_ttl(300u32)).await.unwrap();
    livedns.replace_rrset(ZONE, "www", &RecordType::A, RrsetValues::new(["192.0.2.2", "192.0.2.3"])).await.unwrap();
    let all = ["www 10800 A 192.0.2.2, 192.0.2.3", "www 10800 AAAA 2001:db8::1", "@ 300 MX 10 mx"];
    assert_eq!(held(&livedns).await, all);
    let mx = livedns.rrset(ZONE, "@", &RecordType::Mx).await.unwrap();
    let href = "https://api.gandi.net/v5/livedns/domains/example.com/records/%40/MX";
    assert_eq!((mx.values.0, mx.href.as_deref()), (vec!["10 mx".to_owned()], Some(href)));

    let update = RrsetUpdate::new().with_add_values(["192.0.2.4"]).with_remove_values(["192.0.2.2"]).with_ttl(600u32);
    let updated = livedns.update_rrset(ZONE, "www", &RecordType::A, update).await.unwrap();
    assert_eq!((updated.values.0, updated.ttl), (vec!["192.0.2.3".to_owned(), "192.0.2.4".to_owned()], Some(600)));
    let missing = livedns.update_rrset(ZONE, "ftp", &RecordType::A, RrsetUpdate::new()).await.unwrap_err();
    refused(&missing, ErrorKind::NotFound, 404);
    let none = RrsetUpdate::new().with_remove_values(["192.0.2.3", "192.0.2.4"]);
    let empty = livedns.update_rrset(ZONE, "www", &RecordType::A, none).await.unwrap_err();
    refused(&empty, ErrorKind::Invalid, 400);

    livedns.delete_rrset(ZONE, "@", &RecordType::Mx).await.unwrap();
    refused(&livedns.delete_rrset(ZONE, "@", &RecordType::Mx).await.unwrap_err(), ErrorKind::NotFound, 404);
    refused(&livedns.rrset(ZONE, "@", &RecordType::Mx).await.unwrap_err(), ErrorKind::NotFound, 404);
}

#[tokio::test(start_paused = true)]
async fn all_sets_of_a_name_go_together() {
    let livedns = livedns();
    let at_www = [RrsetAtName::new(RecordType::A, "192.0.2.1"), RrsetAtName::new(RecordType::Txt, "hello, you")];
    livedns.replace_rrsets_at(ZONE, "www", at_www).await.unwrap();
    livedns.create_rrset(ZONE, a("other")).await.unwrap();
    let here = livedns.rrsets_at(ZONE, "www").await.unwrap();
    assert_eq!(here.len(), 2);
    assert_eq!(here[1].values.0, ["\"hello, you\""], "text gets its quotes");
    livedns.replace_rrsets_at(ZONE, "www", [RrsetAtName::new(RecordType::Cname, "other")]).await.unwrap();
    assert_eq!(held(&livedns).await, ["other 10800 A 192.0.2.1", "www 10800 CNAME other"]);
    livedns.delete_rrsets_at(ZONE, "www").await.unwrap();
    assert_eq!(livedns.rrsets_at(ZONE, "www").await.unwrap(), []);
    refused(&livedns.delete_rrsets_at(ZONE, "www").await.unwrap_err(), ErrorKind::NotFound, 404);
}

#[tokio::test(start_paused = true)]
async fn the_whole_zone_is_replaced_or_nothing_of_it() {
    let livedns = livedns();
    livedns.create_rrset(ZONE, a("old")).await.unwrap();
    let conflicting = [a("www"), NewRrset::new("www", RecordType::Cname, "old")];
    refused(&livedns.replace_rrsets(ZONE, conflicting).await.unwrap_err(), ErrorKind::Invalid, 400);
    refused(&livedns.replace_rrsets(ZONE, [a("www"), a("WWW")]).await.unwrap_err(), ErrorKind::Conflict, 409);
    assert_eq!(held(&livedns).await, ["old 10800 A 192.0.2.1"]);

    let own = NewRrset::new("@", RecordType::Ns, "ns.example.net.");
    livedns.replace_rrsets(ZONE, [own, a("www"), a("@")]).await.unwrap();
    assert_eq!(held(&livedns).await, ["www 10800 A 192.0.2.1", "@ 10800 A 192.0.2.1"]);

    let file = livedns.zone_file(ZONE).await.unwrap();
    assert!(file.starts_with("@ 10800 IN SOA ") && file.contains("\nwww 10800 IN A 192.0.2.1\n"), "{file}");
    livedns.reset_rrsets(ZONE).await.unwrap();
    assert!(held(&livedns).await.contains(&"www 10800 CNAME webredir.vip.gandi.net.".to_owned()));
    livedns.replace_zone_file(ZONE, file).await.unwrap();
    assert_eq!(held(&livedns).await, ["@ 10800 A 192.0.2.1", "www 10800 A 192.0.2.1"]);
    let wrong = livedns.replace_zone_file(ZONE, "www 300 IN A 192.0.2").await.unwrap_err();
    refused(&wrong, ErrorKind::Invalid, 400);
    assert!(wrong.body().is_some_and(|body| String::from_utf8_lossy(body).contains("line 1, column 14")), "{wrong}");
    assert!(livedns.reset_rrsets("example.org").await.unwrap_err().is_not_found());
    assert!(livedns.zone_file("example.org").await.unwrap_err().is_not_found());
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_a_set_is_refused() {
    let livedns = livedns();
    let cname = |name: &str| NewRrset::new(name, RecordType::Cname, "other");
    livedns.create_rrset(ZONE, a("www")).await.unwrap();
    let wrong = [
        ("a TTL too short", a("x").with_ttl(299u32)),
        ("a TTL too long", a("x").with_ttl(2_592_001u32)),
        ("no values", NewRrset::new("x", RecordType::A, Vec::<String>::new())),
        ("not an address", NewRrset::new("x", RecordType::A, "192.0.2")),
        ("not printable", NewRrset::new("x", RecordType::Txt, "ü")),
        ("too long", NewRrset::new("x", RecordType::Txt, "x".repeat(16_385))),
        ("an absolute name", a("x.example.com.")),
        ("a type of others", NewRrset::new("x", RecordType::Uri, "10 1 \"https://example.net/\"")),
        ("an SOA", NewRrset::new("@", RecordType::Soa, "a. b. 1 2 3 4 5")),
        ("the NS set of the apex", NewRrset::new("@", RecordType::Ns, "ns.example.net.")),
        ("an ALIAS below the apex", NewRrset::new("x", RecordType::Alias, "host.example.net.")),
        ("a CNAME beside an address", cname("www")),
        ("a CNAME in another case beside it", cname("WWW")),
        ("a CNAME at the apex", cname("@")),
        ("two CNAMEs", NewRrset::new("x", RecordType::Cname, ["a", "b"])),
    ];
    for (what, new) in wrong {
        let error = livedns.create_rrset(ZONE, new).await.expect_err(what);
        assert_eq!((error.kind(), error.status().unwrap().as_u16()), (ErrorKind::Invalid, 400), "{what}: {error}");
    }
    livedns.create_rrset(ZONE, NewRrset::new("sub", RecordType::Ns, "ns.example.net.")).await.unwrap();
    livedns.create_rrset(ZONE, a("x").with_ttl(300u32)).await.unwrap();
    livedns.create_rrset(ZONE, a("y").with_ttl(2_592_000u32)).await.unwrap();
    assert_eq!(held(&livedns).await.len(), 4);
    assert!(livedns.create_rrset("example.org", a("x")).await.unwrap_err().is_not_found());
}

#[tokio::test(start_paused = true)]
async fn a_label_is_found_as_it_was_written() {
    let livedns = livedns();
    livedns.create_rrset(ZONE, a("WWW")).await.unwrap();
    assert!(livedns.rrset(ZONE, "www", &RecordType::A).await.unwrap_err().is_not_found());
    let values = || RrsetValues::new("192.0.2.2");
    let twice = livedns.replace_rrset(ZONE, "www", &RecordType::A, values()).await.unwrap_err();
    refused(&twice, ErrorKind::Conflict, 409);
    livedns.replace_rrset(ZONE, "WWW", &RecordType::A, values()).await.unwrap();
    assert_eq!(held(&livedns).await, ["WWW 10800 A 192.0.2.2"]);
}

#[tokio::test(start_paused = true)]
async fn a_long_list_comes_in_pages_and_may_be_narrowed() {
    let livedns = livedns();
    let mut items: Vec<_> = (0..250).map(|n| a(&format!("h{n:03}"))).collect();
    items.push(NewRrset::new("text", RecordType::Txt, "x"));
    livedns.replace_rrsets(ZONE, items).await.unwrap();
    let addresses = RecordFilter::new().with_record_type(RecordType::A).with_sort_by("-rrset_name");
    let rrsets = livedns.rrsets(ZONE, addresses).all().await.unwrap();
    assert_eq!((rrsets.len(), rrsets[0].name.as_str(), rrsets[249].name.as_str()), (250, "h249", "h000"));
    assert_eq!(livedns.rrsets(ZONE, RecordFilter::new()).all().await.unwrap().len(), 251);
}

#[tokio::test(start_paused = true)]
async fn keys_are_deleted_and_restored() {
    let livedns = livedns();
    let created = livedns.create_key(ZONE, NewKey::new(257u16)).await.unwrap();
    let id = created.id.unwrap();
    let [brief] = &livedns.keys(ZONE).await.unwrap()[..] else { panic!("one key") };
    assert_eq!((&brief.id, brief.flags, brief.public_key.as_ref()), (&id, Some(257), None));
    assert_eq!((brief.status.clone(), brief.deleted), (Some(KeyStatus::Active), Some(false)));
    let key = livedns.key(ZONE, &id).await.unwrap();
    let (dnskey, ds) = (key.dnskey().unwrap(), key.digest().unwrap());
    assert!(ds.covers(&dnskey, &ZONE.parse().unwrap()));
    assert_eq!(Some(dnskey.key_tag()), key.tag);

    livedns.delete_key(ZONE, &id).await.unwrap();
    assert_eq!(livedns.key(ZONE, &id).await.unwrap().deleted, Some(true));
    livedns.restore_key(ZONE, &id).await.unwrap();
    let restored = livedns.key(ZONE, &id).await.unwrap();
    assert_eq!((restored.deleted, restored.dnskey()), (Some(false), Some(dnskey)));

    refused(&livedns.create_key(ZONE, NewKey::new(1u16)).await.unwrap_err(), ErrorKind::Invalid, 400);
    let nobody = Id::new("nobody".to_owned());
    assert!(livedns.key(ZONE, &nobody).await.unwrap_err().is_not_found());
    assert!(livedns.delete_key(ZONE, &nobody).await.unwrap_err().is_not_found());
    assert!(livedns.restore_key(ZONE, &nobody).await.unwrap_err().is_not_found());
    assert!(livedns.keys("example.org").await.unwrap_err().is_not_found());
}

#[tokio::test(start_paused = true)]
async fn an_alias_is_not_possible_in_a_signed_zone() {
    let livedns = livedns();
    let alias = || NewRrset::new("@", RecordType::Alias, "host.example.net.");
    livedns.create_rrset(ZONE, alias()).await.unwrap();
    refused(&livedns.create_key(ZONE, NewKey::new(257u16)).await.unwrap_err(), ErrorKind::Conflict, 409);
    livedns.delete_rrset(ZONE, "@", &RecordType::Alias).await.unwrap();
    let key = livedns.create_key(ZONE, NewKey::new(257u16)).await.unwrap().id.unwrap();
    refused(&livedns.create_rrset(ZONE, alias()).await.unwrap_err(), ErrorKind::Conflict, 409);
    livedns.delete_key(ZONE, &key).await.unwrap();
    livedns.create_rrset(ZONE, alias()).await.unwrap();
    refused(&livedns.restore_key(ZONE, &key).await.unwrap_err(), ErrorKind::Conflict, 409);
}

#[tokio::test(start_paused = true)]
async fn snapshots_keep_the_zone_as_it_was() {
    let livedns = livedns();
    livedns.create_rrset(ZONE, a("www")).await.unwrap();
    let id = livedns.create_snapshot(ZONE, NewSnapshot::new().with_name("before")).await.unwrap().id;
    livedns.update(ZONE, DomainUpdate::new().with_automatic_snapshots(true)).await.unwrap();
    livedns.delete_rrset(ZONE, "www", &RecordType::A).await.unwrap();

    let names = async |filter| {
        let snapshots = livedns.snapshots(ZONE, filter).all().await.unwrap();
        assert!(snapshots.iter().all(|one| one.zone_data.is_none() && one.created_at.is_some()));
        snapshots.into_iter().map(|one| (one.id, one.automatic.unwrap())).collect::<Vec<_>>()
    };
    let all = names(SnapshotFilter::new()).await;
    assert_eq!((all.len(), all[0].clone(), all[1].1), (2, (id.clone(), false), true));
    assert_eq!(names(SnapshotFilter::new().with_automatic(false)).await, all[..1]);
    assert_eq!(names(SnapshotFilter::new().with_sort_by("-date_created")).await[0], all[1]);

    let snapshot = livedns.snapshot(ZONE, &id).await.unwrap();
    assert_eq!(snapshot.name.as_deref(), Some("before"));
    let file = livedns.snapshot_zone_file(ZONE, &id).await.unwrap();
    assert!(file.contains("\nwww 10800 IN A 192.0.2.1\n"), "{file}");
    let items = snapshot.zone_data.unwrap().into_iter().map(NewRrset::from);
    livedns.replace_rrsets(ZONE, items).await.unwrap();
    assert_eq!(held(&livedns).await, ["www 10800 A 192.0.2.1"]);

    livedns.rename_snapshot(ZONE, &id, "good").await.unwrap();
    assert_eq!(livedns.snapshot(ZONE, &id).await.unwrap().name.as_deref(), Some("good"));
    livedns.delete_snapshot(ZONE, &id).await.unwrap();
    assert!(livedns.snapshot(ZONE, &id).await.unwrap_err().is_not_found());
    assert!(livedns.snapshot_zone_file(ZONE, &id).await.unwrap_err().is_not_found());
    assert!(livedns.rename_snapshot(ZONE, &id, "gone").await.unwrap_err().is_not_found());
    assert!(livedns.delete_snapshot(ZONE, &id).await.unwrap_err().is_not_found());
    let missing = livedns.create_snapshot("example.org", NewSnapshot::new()).await.unwrap_err();
    assert!(missing.is_not_found());
}

#[tokio::test(start_paused = true)]
async fn secondaries_transfer_with_a_key() {
    let livedns = livedns();
    let created = livedns.create_tsig_key().await.unwrap();
    assert_eq!(created.secret, None);
    let key = livedns.tsig_key(&created.id).await.unwrap();
    let secret = key.secret.clone().unwrap();
    let samples = key.config_samples.clone().unwrap();
    for (software, sample) in [
        (NameServerSoftware::Bind, samples.bind),
        (NameServerSoftware::Knot, samples.knot),
        (NameServerSoftware::Nsd, samples.nsd),
        (NameServerSoftware::PowerDns, samples.powerdns),
    ] {
        let config = livedns.tsig_config(&created.id, &software).await.unwrap();
        assert!(config.expose().contains(secret.expose()), "{software}");
        assert_eq!(Some(config), sample, "{software}");
    }
    let shown = format!("{key:?} {:?}", livedns.tsig_keys().await.unwrap());
    assert!(shown.contains("secret: Some") && !shown.contains(secret.expose()), "{shown}");
    let other = livedns.tsig_config(&created.id, &"djbdns".into()).await.unwrap_err();
    refused(&other, ErrorKind::Invalid, 400);

    livedns.add_zone_tsig_key(ZONE, &created.id).await.unwrap();
    let [held] = &livedns.zone_tsig_keys(ZONE).await.unwrap()[..] else { panic!("one key") };
    assert_eq!((&held.id, &held.secret), (&created.id, &None));
    livedns.remove_zone_tsig_key(ZONE, &created.id).await.unwrap();
    assert_eq!(livedns.zone_tsig_keys(ZONE).await.unwrap(), []);
    assert!(livedns.remove_zone_tsig_key(ZONE, &created.id).await.unwrap_err().is_not_found());
    let nobody = Id::new("nobody".to_owned());
    assert!(livedns.add_zone_tsig_key(ZONE, &nobody).await.unwrap_err().is_not_found());
    assert!(livedns.tsig_key(&nobody).await.unwrap_err().is_not_found());

    let addresses: [IpAddr; 2] = ["192.0.2.53".parse().unwrap(), "2001:db8::53".parse().unwrap()];
    for ip in addresses {
        livedns.add_secondary(ZONE, ip).await.unwrap();
    }
    assert_eq!(livedns.secondaries(ZONE).await.unwrap(), ["192.0.2.53", "2001:db8::53"]);
    livedns.remove_secondary(ZONE, addresses[0]).await.unwrap();
    assert_eq!(livedns.secondaries(ZONE).await.unwrap(), ["2001:db8::53"]);
    assert!(livedns.remove_secondary(ZONE, addresses[0]).await.unwrap_err().is_not_found());
    assert!(livedns.add_secondary("example.org", addresses[0]).await.unwrap_err().is_not_found());
}

#[tokio::test(start_paused = true)]
async fn what_a_file_keeps_is_there_again() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("state.json");
    let registry = Registry::new(Clock::system());
    let fake = FakeGandi::kept_in(&file, &registry).unwrap();
    let livedns = fake.client().livedns();
    livedns.create(NewDomain::new(ZONE)).await.unwrap();
    livedns.create_key(ZONE, NewKey::new(257u16)).await.unwrap();
    livedns.create_snapshot(ZONE, NewSnapshot::new()).await.unwrap();
    livedns.add_secondary(ZONE, "192.0.2.53".parse().unwrap()).await.unwrap();
    let key = livedns.create_tsig_key().await.unwrap().id;

    let again = FakeGandi::kept_in(&file, &registry).unwrap();
    let server = livedns.name_servers(ZONE).await.unwrap().remove(0).parse().unwrap();
    let apex = ZONE.parse().unwrap();
    let held = Hosting::zone(&again, &server, &apex).unwrap();
    assert_eq!((held.keys.len(), Some(&held)), (1, Hosting::zone(&fake, &server, &apex).as_ref()));
    let kept = again.client().livedns();
    assert_eq!(kept.snapshots(ZONE, SnapshotFilter::new()).all().await.unwrap().len(), 1);
    assert_eq!(kept.secondaries(ZONE).await.unwrap(), ["192.0.2.53"]);
    assert_eq!(kept.tsig_key(&key).await.unwrap(), livedns.tsig_key(&key).await.unwrap());
}
