//! Secondary DNS against the fake.

use howdah_core::ErrorKind;
use howdah_dnsimple::{
    secondary_dns::{NewPrimaryServer, NewSecondaryZone, PrimaryServerFilter},
    testing::FakeDnSimple,
};

#[tokio::test(start_paused = true)]
async fn a_primary_server_lives() {
    let secondary = FakeDnSimple::new().account().secondary_dns();
    let a = NewPrimaryServer::new("a", "192.0.2.53");
    let a = secondary.create_primary(a).await.unwrap();
    assert_eq!((a.ip.as_deref(), a.port), (Some("192.0.2.53"), Some(53)));
    let b = NewPrimaryServer::new("b", "2001:db8::53").with_port("4567");
    let b = secondary.create_primary(b).await.unwrap();
    assert_eq!(b.port, Some(4567));
    assert_eq!(secondary.primary(a.id).await.unwrap(), a);

    let filter = PrimaryServerFilter::new().with_sort("name:desc");
    let list = secondary.list_primaries(filter).all().await.unwrap();
    assert_eq!(list, [b, a.clone()]);

    secondary.delete_primary(a.id).await.unwrap();
    let gone = secondary.primary(a.id).await.unwrap_err();
    assert!(gone.is_not_found());

    for (wrong, field) in [
        (NewPrimaryServer::new("", "192.0.2.53"), "name"),
        (NewPrimaryServer::new("c", "ns1.example.com"), "ip"),
        (NewPrimaryServer::new("c", "192.0.2.53").with_port("0"), "port"),
    ] {
        let error = secondary.create_primary(wrong).await.unwrap_err();
        assert_eq!(error.fields()[0].field, field);
    }
}

#[tokio::test(start_paused = true)]
async fn a_secondary_zone_is_linked_and_unlinked() {
    let fake = FakeDnSimple::new();
    let secondary = fake.account().secondary_dns();
    let primary = NewPrimaryServer::new("hidden", "192.0.2.53");
    let primary = secondary.create_primary(primary).await.unwrap().id;

    let zone = NewSecondaryZone::new("example.net");
    let zone = secondary.create_zone(zone.clone()).await.unwrap();
    assert_eq!(zone.secondary, Some(true));
    let zones = fake.account().zones();
    assert_eq!(zones.get("example.net").await.unwrap(), zone);

    let linked = secondary.link_primary(primary, "example.net");
    assert_eq!(linked.await.unwrap().linked_secondary_zones, ["example.net"]);
    let twice = secondary.link_primary(primary, "example.net");
    assert_eq!(twice.await.unwrap().linked_secondary_zones, ["example.net"]);
    let unlinked = secondary.unlink_primary(primary, "example.net");
    assert!(unlinked.await.unwrap().linked_secondary_zones.is_empty());
    let twice = secondary.unlink_primary(primary, "example.net");
    assert_eq!(twice.await.unwrap_err().kind(), ErrorKind::Invalid);
}

#[tokio::test(start_paused = true)]
async fn only_secondary_zones_are_linked() {
    let fake = FakeDnSimple::new();
    fake.create_zone("example.com");
    let secondary = fake.account().secondary_dns();
    let primary = NewPrimaryServer::new("hidden", "192.0.2.53");
    let primary = secondary.create_primary(primary).await.unwrap().id;
    let error = secondary.link_primary(primary, "example.com").await;
    assert_eq!(error.unwrap_err().fields()[0].field, "zone");
    let error = secondary.link_primary(primary, "example.org").await;
    assert!(error.unwrap_err().is_not_found());
    let error = secondary.link_primary(1.into(), "example.com").await;
    assert!(error.unwrap_err().is_not_found());

    for name in ["example.com", "no dots", "example.net."] {
        let error = secondary.create_zone(NewSecondaryZone::new(name)).await;
        assert_eq!(error.unwrap_err().fields()[0].field, "name", "{name}");
    }
}
