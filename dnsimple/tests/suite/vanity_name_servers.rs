//! Vanity name servers against the fake.

use howdah_core::ErrorKind;
use howdah_dnsimple::{
    testing::{FakeDnSimple, Plan},
    zones::{NewRecord, ZoneRecord},
};

const DOMAIN: &str = "example.com";

/// The records at the name servers' names.
fn addresses(fake: &FakeDnSimple) -> Vec<ZoneRecord> {
    let mut records = fake.records(DOMAIN);
    records.retain(|record| record.name.starts_with("ns"));
    records
}

#[tokio::test(start_paused = true)]
async fn the_servers_come_and_go_with_their_addresses() {
    let fake = FakeDnSimple::new();
    fake.create_zone(DOMAIN);
    let vanity = fake.account().vanity_name_servers();
    let servers = vanity.enable(DOMAIN).await.unwrap();
    let names: Vec<_> = servers.iter().map(|server| server.name.as_str()).collect();
    assert_eq!(names, ["ns1.example.com", "ns2.example.com", "ns3.example.com", "ns4.example.com"]);
    let records = addresses(&fake);
    assert_eq!(records.len(), 8);
    for server in &servers {
        for address in [server.ipv4.clone().unwrap(), server.ipv6.clone().unwrap()] {
            let has_it =
                |record: &ZoneRecord| record.content == address && server.name == format!("{}.{DOMAIN}", record.name);
            assert!(records.iter().any(has_it), "{address}");
        }
    }

    assert_eq!(vanity.enable(DOMAIN).await.unwrap(), servers, "twice is the same as once");
    assert_eq!(addresses(&fake), records);

    vanity.disable(DOMAIN).await.unwrap();
    assert_eq!(addresses(&fake), []);
    vanity.disable(DOMAIN).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn what_stands_in_the_way_is_told_and_nothing_is_left_behind() {
    let fake = FakeDnSimple::new();
    let vanity = fake.account().vanity_name_servers();
    assert!(vanity.enable(DOMAIN).await.unwrap_err().is_not_found());
    assert!(vanity.disable(DOMAIN).await.unwrap_err().is_not_found());

    fake.create_zone(DOMAIN);
    let alias = NewRecord::new("ns3", "CNAME", "www.example.net");
    let alias = fake.account().zones().create_record(DOMAIN, alias);
    let alias = alias.await.unwrap();
    let error = vanity.enable(DOMAIN).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert_eq!(addresses(&fake), [alias]);

    fake.set_plan({
        let mut plan = Plan::default();
        plan.vanity = false;
        plan
    });
    for error in [vanity.enable(DOMAIN).await.unwrap_err(), vanity.disable(DOMAIN).await.unwrap_err()] {
        assert_eq!(error.kind(), ErrorKind::PlanRequired);
    }
}
