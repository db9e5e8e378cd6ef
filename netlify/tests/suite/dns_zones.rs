//! Zones and records, and those that the service looks after.

use howdah_core::ErrorKind;
use howdah_netlify::{
    accounts::{AccountId, NewAccount},
    dns_zones::{NewDnsRecord, NewDnsZone, ZoneFilter, ZoneTransfer},
    sites::SiteSettings,
    testing::FakeNetlify,
};

use crate::site;

#[tokio::test(start_paused = true)]
async fn zones_and_records_come_and_go() {
    let netlify = FakeNetlify::new().client();
    let zones = netlify.dns_zones();
    let zone = zones.create(NewDnsZone::new().with_name("vmst.io").with_account_slug("vmst")).await.unwrap();
    assert_eq!(zone.dns_servers.len(), 4);
    let record = NewDnsRecord::new().with_record_type("MX").with_hostname("vmst.io").with_value("mx.example.net");
    let bare = zones.create_record(&zone.id, record.clone()).await.unwrap_err();
    assert_eq!(bare.kind(), ErrorKind::Invalid);
    let record = zones.create_record(&zone.id, record.with_priority(10).with_ttl(300)).await.unwrap();
    assert_eq!(zones.get_record(&zone.id, &record.id).await.unwrap().priority, Some(10));
    assert_eq!(zones.list_records(&zone.id).await.unwrap().len(), 1);
    zones.delete_record(&zone.id, &record.id).await.unwrap();
    assert!(zones.get(&zone.id).await.unwrap().records.is_empty());

    let second = netlify.accounts().create(NewAccount::new("Second", "5f")).await.unwrap();
    let transfer = ZoneTransfer::new(AccountId::from("vmst"), second.id.get().as_str(), "5f");
    let given = zones.transfer(&zone.id, transfer).await.unwrap();
    assert_eq!(given.account_slug.as_deref(), Some("second"));
    assert!(zones.list(ZoneFilter::new().with_account_slug("vmst")).await.unwrap().is_empty());
    zones.delete(&zone.id).await.unwrap();
    assert_eq!(zones.get(&zone.id).await.unwrap_err().kind(), ErrorKind::NotFound);
}

#[tokio::test(start_paused = true)]
async fn a_site_gets_the_zone_that_it_needs() {
    let netlify = FakeNetlify::new().client();
    let id = site(&netlify, "docs").await.id;
    let zones = netlify.dns_zones();
    assert!(zones.get_for_site(&id).await.unwrap().is_empty());
    netlify.sites().update(&id, SiteSettings::new().with_custom_domain("docs.vmst.io")).await.unwrap();
    let made = zones.configure_for_site(&id).await.unwrap();
    assert_eq!(made[0].records.len(), 2);
    let managed = zones.delete_record(&made[0].id, &made[0].records[0].id).await.unwrap_err();
    assert_eq!(managed.kind(), ErrorKind::Invalid);
    assert_eq!(zones.configure_for_site(&id).await.unwrap().len(), 1);
}
