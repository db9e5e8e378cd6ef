//! Top-level domains against the fake.

use howdah_dnsimple::{
    testing::FakeDnSimple,
    tlds::{DnssecInterface, TldFilter},
};

#[tokio::test(start_paused = true)]
async fn tlds_are_listed_and_read() {
    let tlds = FakeDnSimple::new().client().tlds();
    let list = tlds.list(TldFilter::new()).all().await.unwrap();
    let names: Vec<_> = list.iter().map(|one| one.tld.as_str()).collect();
    assert!(names.is_sorted() && names.contains(&"com"), "{names:?}");
    let latest_first = TldFilter::new().with_sort("tld:desc");
    let reversed = tlds.list(latest_first).all().await.unwrap();
    assert!(reversed.iter().eq(list.iter().rev()));

    let com = tlds.get("com").await.unwrap();
    assert_eq!(com.dnssec_interface_type, Some(DnssecInterface::Ds));
    assert_eq!((com.tld_type, com.transfer_enabled), (Some(1), Some(true)));
    assert!(tlds.get("nonesuch").await.unwrap_err().is_not_found());
}

#[tokio::test(start_paused = true)]
async fn numbers_that_come_as_strings_are_numbers() {
    let fake = FakeDnSimple::new();
    let com = fake.client().tlds().get("com").await.unwrap();
    let journal = fake.world().journal();
    assert_eq!(journal[0].response["data"]["name_server_max"], "13");
    assert_eq!((com.name_server_min, com.name_server_max), (Some(2), Some(13)));
    let list = fake.client().tlds().list(TldFilter::new()).all().await;
    assert!(list.unwrap().contains(&com), "in a list they are numbers");
}

#[tokio::test(start_paused = true)]
async fn registries_want_to_know_more() {
    let tlds = FakeDnSimple::new().client().tlds();
    assert_eq!(tlds.extended_attributes("com").await.unwrap(), []);
    let eu = tlds.extended_attributes("eu").await.unwrap();
    assert_eq!(eu[0].name, "x-eu-registrant-citizenship");
    let values: Vec<_> = eu[0].options.iter().map(|one| one.value.as_str()).collect();
    assert_eq!(values, ["de", "it"]);
    let error = tlds.extended_attributes("nonesuch").await.unwrap_err();
    assert!(error.is_not_found());
}
