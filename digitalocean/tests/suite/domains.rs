//! Domains and their records against the fake.

use howdah_digitalocean::{
    domains::{NewDomain, NewRecord, RecordFilter, RecordType, RecordUpdate},
    testing::FakeDigitalOcean,
};

#[tokio::test(start_paused = true)]
async fn a_domain_comes_with_its_name_servers_and_goes() {
    let domains = FakeDigitalOcean::new().client().domains();
    let domain = domains.create(NewDomain::new("vmst.io").with_ip_address("192.0.2.1")).await.unwrap();
    assert_eq!((domain.ttl, domain.zone_file), (Some(1800), None));
    let error = domains.create(NewDomain::new("VMST.io")).await.unwrap_err();
    assert!(error.is_invalid() && error.to_string().contains("already exists"), "{error}");
    let records = domains.list_records("vmst.io", RecordFilter::new()).all().await.unwrap();
    let types: Vec<_> = records.iter().map(|record| record.record_type.as_str()).collect();
    assert_eq!(types, ["SOA", "NS", "NS", "NS", "A"]);
    let file = domains.get("vmst.io").await.unwrap().zone_file.unwrap();
    assert!(file.contains("vmst.io. 1800 IN A 192.0.2.1\n"), "{file}");
    assert_eq!(domains.list().all().await.unwrap().len(), 1);
    domains.delete("vmst.io").await.unwrap();
    assert!(domains.get("vmst.io").await.unwrap_err().is_not_found());
}

#[tokio::test(start_paused = true)]
async fn records_are_kept_as_the_service_keeps_them() {
    let domains = FakeDigitalOcean::new().client().domains();
    domains.create(NewDomain::new("vmst.io")).await.unwrap();
    let www = domains.create_record("vmst.io", NewRecord::new("CNAME", "www", "vmst.io.")).await.unwrap();
    assert_eq!((www.data.as_str(), www.ttl, www.priority), ("@", Some(1800), None));
    let mail = NewRecord::new("MX", "@", "mail.example.org.").with_priority(10u16).with_ttl(300u32);
    let mail = domains.create_record("vmst.io", mail).await.unwrap();
    assert_eq!((mail.data.as_str(), mail.priority), ("mail.example.org", Some(10)));
    let sip =
        NewRecord::new("SRV", "_sip._tcp", "sip.vmst.io.").with_priority(1u16).with_weight(5u16).with_port(5060u16);
    let sip = domains.create_record("vmst.io", sip).await.unwrap();
    assert_eq!((sip.weight, sip.port), (Some(5), Some(5060)));
    let caa = NewRecord::new("CAA", "@", "letsencrypt.org.").with_flags(0u8).with_tag("issue");
    assert_eq!(domains.create_record("vmst.io", caa).await.unwrap().data, "letsencrypt.org");

    let updated = domains.update_record("vmst.io", mail.id, RecordUpdate::new("MX").with_ttl(600u32)).await.unwrap();
    assert_eq!((updated.ttl, updated.data.as_str()), (Some(600), "mail.example.org"));
    let replaced = domains.replace_record("vmst.io", mail.id, RecordUpdate::new("MX").with_data("mx.vmst.io.")).await;
    assert_eq!(replaced.unwrap().data, "mx.vmst.io");
    assert_eq!(domains.record("vmst.io", mail.id).await.unwrap().priority, Some(10));
    // A filter wants the whole name.
    let found = domains.list_records("vmst.io", RecordFilter::new().with_name("www.vmst.io")).all().await.unwrap();
    assert_eq!(found, std::slice::from_ref(&www));
    assert_eq!(domains.list_records("vmst.io", RecordFilter::new().with_name("www")).all().await.unwrap(), []);
    let filter = RecordFilter::new().with_record_type(RecordType::Mx);
    assert_eq!(domains.list_records("vmst.io", filter).all().await.unwrap().len(), 1);
    domains.delete_record("vmst.io", www.id).await.unwrap();
    assert!(domains.record("vmst.io", www.id).await.unwrap_err().is_not_found());
}

#[tokio::test(start_paused = true)]
async fn what_is_wrong_is_refused() {
    let domains = FakeDigitalOcean::new().client().domains();
    domains.create(NewDomain::new("vmst.io")).await.unwrap();
    domains.create_record("vmst.io", NewRecord::new("A", "www", "192.0.2.1")).await.unwrap();
    let wrong = [
        NewRecord::new("CNAME", "www", "example.org."),
        NewRecord::new("CNAME", "@", "example.org."),
        NewRecord::new("CNAME", "docs", "example.org"),
        NewRecord::new("MX", "@", "mail.example.org."),
        NewRecord::new("A", "x", "not an address"),
        NewRecord::new("TXT", "x", ""),
        NewRecord::new("TXT", "x", "back\\slash"),
        NewRecord::new("TXT", "x", "short-lived").with_ttl(10u32),
        NewRecord::new("SOA", "@", "1800"),
        NewRecord::new("PTR", "x", "example.org."),
    ];
    for record in wrong {
        let error = domains.create_record("vmst.io", record.clone()).await.unwrap_err();
        assert!(error.is_invalid(), "{record:?}: {error}");
    }
    let soa = domains.list_records("vmst.io", RecordFilter::new().with_record_type("SOA")).all().await.unwrap();
    assert!(domains.delete_record("vmst.io", soa[0].id).await.unwrap_err().is_invalid());
    let longer = domains.update_record("vmst.io", soa[0].id, RecordUpdate::new("SOA").with_ttl(3600u32)).await.unwrap();
    assert_eq!(longer.ttl, Some(3600));
}
