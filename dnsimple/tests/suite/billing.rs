//! Charges and counted queries against the fake.

use howdah_core::{Clock, ErrorKind, Id};
use howdah_dnsimple::{
    billing::{Charge, ChargeFilter, ChargeItem, ChargeState, DnsAnalyticsQuery},
    testing::{ACCOUNT, FakeDnSimple},
};
use jiff::civil::date;

fn charge(invoiced_at: &str, reference: &str, amount: &str) -> Charge {
    Charge {
        invoiced_at: Some(invoiced_at.parse().unwrap()),
        total_amount: Some(amount.to_owned()),
        balance_amount: Some("0.00".to_owned()),
        reference: reference.to_owned(),
        state: Some(ChargeState::Collected),
        items: vec![ChargeItem {
            description: Some("Renewal of example.com".to_owned()),
            amount: Some(amount.to_owned()),
            product_id: Some(Id::new(153)),
            product_type: Some("domain-renewal".to_owned()),
            product_reference: Some("example.com".to_owned()),
        }],
    }
}

#[tokio::test(start_paused = true)]
async fn charges_are_listed_by_date() {
    let fake = FakeDnSimple::new();
    let march = charge("2024-03-03T13:49:58Z", "20240303-0001", "50.00");
    let july = charge("2024-07-01T00:00:00Z", "20240701-0001", "14.50");
    fake.add_charge(july.clone());
    fake.add_charge(march.clone());
    let billing = fake.account().billing();
    let list = async |filter| billing.list_charges(filter).all().await.unwrap();
    assert_eq!(list(ChargeFilter::new()).await, [march.clone(), july.clone()]);
    let latest_first = ChargeFilter::new().with_sort("invoiced:desc");
    assert_eq!(list(latest_first).await, [july.clone(), march.clone()]);
    let spring = ChargeFilter::new().with_start_date(date(2024, 3, 1)).with_end_date(date(2024, 5, 31));
    assert_eq!(list(spring).await, [march]);
    assert_eq!(july.items[0].amount.as_deref(), Some("14.50"));

    fake.deny_billing(true);
    let denied = billing.list_charges(ChargeFilter::new()).all().await;
    let denied = denied.unwrap_err();
    assert_eq!(denied.kind(), ErrorKind::Forbidden);
    assert!(denied.message().contains("Required Scope"), "{denied}");
}

#[tokio::test(start_paused = true)]
async fn queries_are_counted() {
    let now = "2024-09-01T12:00:00Z".parse().unwrap();
    let fake = FakeDnSimple::at(Clock::starting_at(now));
    for (day, zone, volume) in [(1, "example.com", 100), (2, "example.com", 20), (2, "example.net", 3)] {
        fake.count_queries(zone, date(2024, 8, day), volume);
    }
    fake.count_queries("example.com", date(2024, 6, 1), 4000);
    let billing = fake.account().billing();
    let count = async |query| billing.query_dns_analytics(query).await.unwrap();

    let all = count(DnsAnalyticsQuery::new()).await;
    assert_eq!(all.data.headers, ["volume"]);
    assert_eq!(all.rows().next().unwrap().volume, Some(123));
    let scope = all.query.unwrap();
    assert_eq!(scope.account_id, Some(ACCOUNT));
    assert_eq!(scope.end_date, Some(date(2024, 8, 31)), "until yesterday");
    assert_eq!(scope.per_page, Some(1000));

    let by_zone = DnsAnalyticsQuery::new().with_groupings("zone_name").with_sort("volume:asc,zone_name:asc");
    let by_zone = count(by_zone).await;
    let rows: Vec<_> = by_zone.rows().collect();
    assert_eq!(rows.len(), 2);
    assert_eq!(rows[0].zone_name, Some("example.net"));
    assert_eq!((rows[1].volume, rows[1].date), (Some(120), None));

    let by_date = DnsAnalyticsQuery::new()
        .with_start_date(date(2024, 8, 2))
        .with_end_date(date(2024, 8, 31))
        .with_groupings("date");
    let by_date = count(by_date).await;
    let rows: Vec<_> = by_date.rows().map(|row| (row.date, row.volume)).collect();
    assert_eq!(rows, [(Some(date(2024, 8, 2)), Some(23))]);
}

#[tokio::test(start_paused = true)]
async fn counted_queries_come_in_large_pages() {
    let now = "2024-09-01T12:00:00Z".parse().unwrap();
    let fake = FakeDnSimple::at(Clock::starting_at(now));
    for number in 0..1001 {
        let zone = format!("zone{number:04}.example");
        fake.count_queries(&zone, date(2024, 8, 31), number);
    }
    let billing = fake.account().billing();
    let by_zone = DnsAnalyticsQuery::new().with_groupings("zone_name");
    let first = billing.query_dns_analytics(by_zone.clone()).await.unwrap();
    assert_eq!(first.data.rows.len(), 1000);
    let pages = first.pagination.unwrap();
    assert_eq!((pages.total_entries, pages.total_pages), (Some(1001), Some(2)));

    let second = by_zone.clone().with_page(2u32);
    let second = billing.query_dns_analytics(second).await.unwrap();
    let last = second.rows().next().unwrap();
    assert_eq!(last.zone_name, Some("zone1000.example"));
    let whole = by_zone.with_per_page(10_000u32);
    let whole = billing.query_dns_analytics(whole).await.unwrap();
    assert_eq!(whole.data.rows.len(), 1001);

    let long = DnsAnalyticsQuery::new().with_start_date(date(2024, 1, 1)).with_end_date(date(2024, 8, 31));
    let error = billing.query_dns_analytics(long).await.unwrap_err();
    assert!(error.is_invalid());
}
