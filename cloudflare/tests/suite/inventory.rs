//! What is lost, against the fake.

use howdah_cloudflare::{
    dns_records::{NewRecord, RecordMeta},
    inventory::{ItemKind, PageRuleAction, bound_to_cloudflare},
    testing::FakeCloudflare,
    zones::ZoneId,
};
use howdah_core::testing::{Answer, Fault};
use serde_json::json;

fn with_zone() -> (FakeCloudflare, ZoneId) {
    let fake = FakeCloudflare::new();
    let zone = fake.create_zone("example.com");
    (fake, zone)
}

fn redirect() -> PageRuleAction {
    let value = json!({ "url": "https://example.net/", "status_code": 301 });
    PageRuleAction { id: Some("forwarding_url".to_owned()), value: Some(value) }
}

#[tokio::test(start_paused = true)]
async fn a_plain_zone_loses_nothing() {
    let (fake, zone) = with_zone();
    fake.add_record(&zone, NewRecord::new("A", "www").with_content("192.0.2.1").with_proxied(true));
    let report = fake.client().inventory().report(&zone).await.unwrap();
    assert_eq!((report.items, report.not_read), (vec![], vec![]));
}

#[tokio::test(start_paused = true)]
async fn everything_that_ends_is_told() {
    let (fake, zone) = with_zone();
    fake.route_mail(&zone);
    fake.add_worker_route(&zone, "example.com/api/*", "greeter");
    fake.add_page_rule(&zone, "old.example.com/*", [redirect()]);
    fake.add_ruleset(&zone, "redirects", "http_request_dynamic_redirect");
    fake.add_certificate(&zone, "universal", ["example.com", "*.example.com"]);
    fake.set_setting(&zone, "ssl", "flexible");
    fake.set_setting(&zone, "always_use_https", "on");
    fake.set_setting(&zone, "cname_flattening", "flatten_all");
    fake.set_setting(&zone, "security_header", json!({ "strict_transport_security": { "enabled": true } }));
    fake.set_setting(&zone, "min_tls_version", "1.2");
    let report = fake.client().inventory().report(&zone).await.unwrap();
    let told: Vec<_> = report.items.iter().map(|item| (item.kind, item.what.as_str())).collect();
    assert_eq!(
        told,
        [
            (ItemKind::Record, "example.com MX"),
            (ItemKind::Record, "example.com MX"),
            (ItemKind::Record, "example.com MX"),
            (ItemKind::EmailRouting, "example.com"),
            (ItemKind::WorkerRoute, "example.com/api/*"),
            (ItemKind::PageRule, "old.example.com/*"),
            (ItemKind::Ruleset, "redirects"),
            (ItemKind::Certificate, "example.com, *.example.com"),
            (ItemKind::Setting, "always_use_https"),
            (ItemKind::Setting, "cname_flattening"),
            (ItemKind::Setting, "min_tls_version"),
            (ItemKind::Setting, "security_header"),
            (ItemKind::Setting, "ssl"),
        ]
    );
    let lines: Vec<_> = report.items.iter().map(ToString::to_string).collect();
    assert_eq!(lines[5], "page rule old.example.com/*: no redirect to https://example.net/ any more");
    assert_eq!(lines[10], "setting min_tls_version: it is set to \"1.2\", which has no effect elsewhere");
    assert!(lines[12].contains("certificate") && lines[11].contains("HSTS"), "{lines:#?}");
    let mut kinds: Vec<_> = report.items.iter().map(|item| item.kind).collect();
    kinds.sort();
    assert!(kinds.iter().eq(report.items.iter().map(|item| &item.kind)), "in the order of the kinds");
    let json = serde_json::to_string(&report).unwrap();
    assert_eq!(serde_json::from_str::<howdah_cloudflare::inventory::Report>(&json).unwrap(), report);
}

#[tokio::test(start_paused = true)]
async fn what_the_token_may_not_see_is_told_too() {
    let (fake, zone) = with_zone();
    let errors = json!([{ "code": 10000, "message": "Authentication error" }]);
    let forbidden = Answer::json(403, json!({ "success": false, "errors": errors, "messages": [], "result": null }));
    // Records, mail, Workers, page rules.
    fake.world().fail_nth(4, Fault::Answer { applied: false, answer: forbidden });
    let report = fake.client().inventory().report(&zone).await.unwrap();
    let [one] = report.not_read.as_slice() else { panic!("{report:?}") };
    assert_eq!(one.kind, ItemKind::PageRule);
    assert!(one.why.contains("403 Authentication error"), "{}", one.why);
    let nowhere = ZoneId::new("nowhere".to_owned());
    assert!(fake.client().inventory().report(&nowhere).await.unwrap_err().is_not_found());
}

#[tokio::test(start_paused = true)]
async fn the_parts_are_read_one_by_one() {
    let (fake, zone) = with_zone();
    let inventory = fake.client().inventory();
    assert!(inventory.settings(&zone).await.unwrap().iter().all(|setting| setting.modified_on.is_none()));
    fake.set_setting(&zone, "development_mode", "on");
    let settings = inventory.settings(&zone).await.unwrap();
    assert_eq!(settings.iter().filter(|setting| setting.modified_on.is_some()).count(), 1);
    assert_eq!(inventory.page_rules(&zone).await.unwrap(), []);
    assert_eq!(inventory.rulesets(&zone).all().await.unwrap().len(), 1, "Cloudflare's own are there always");
    assert_eq!(inventory.email_routing(&zone).await.unwrap().enabled, Some(false));
    assert_eq!(inventory.worker_routes(&zone).await.unwrap(), []);
    assert_eq!(inventory.universal_ssl(&zone).await.unwrap().enabled, Some(false));
    assert_eq!(inventory.certificates(&zone).all().await.unwrap(), []);
    for number in 0..120 {
        fake.add_ruleset(&zone, &format!("rules {number}"), "http_request_firewall_custom");
    }
    let before = fake.world().requests();
    assert_eq!(inventory.rulesets(&zone).all().await.unwrap().len(), 121);
    assert_eq!(fake.world().requests() - before, 3, "by a cursor");
    let nowhere = ZoneId::new("nowhere".to_owned());
    assert!(inventory.settings(&nowhere).await.unwrap_err().is_not_found());
    assert!(inventory.page_rules(&nowhere).await.unwrap_err().is_not_found());
    assert!(inventory.rulesets(&nowhere).all().await.unwrap_err().is_not_found());
    assert!(inventory.email_routing(&nowhere).await.unwrap_err().is_not_found());
    assert!(inventory.worker_routes(&nowhere).await.unwrap_err().is_not_found());
    assert!(inventory.universal_ssl(&nowhere).await.unwrap_err().is_not_found());
    assert!(inventory.certificates(&nowhere).all().await.unwrap_err().is_not_found());
}

#[test]
fn records_that_mean_nothing_elsewhere() {
    let (fake, zone) = with_zone();
    let bound = |record: NewRecord| {
        let record = fake.add_record(&zone, record);
        bound_to_cloudflare(&record).is_some()
    };
    let cname = |name: &str, target: &str| NewRecord::new("CNAME", name).with_content(target);
    let address = |record_type: &str, address: &str| {
        NewRecord::new(record_type, address.replace([':', '.'], "-")).with_content(address)
    };
    assert!(bound(cname("tunnel", "c1744f8b-faa1.cfargotunnel.com")));
    assert!(bound(cname("@", "site.pages.dev").with_proxied(true)));
    assert!(bound(cname("worker", "w.account.workers.dev")));
    assert!(bound(cname("bucket", "public.r2.dev")));
    assert!(!bound(cname("elsewhere", "notcfargotunnel.com")));
    assert!(bound(NewRecord::new("MX", "m").with_content("route1.mx.cloudflare.net").with_priority(1u16)));
    assert!(!bound(NewRecord::new("MX", "m").with_content("mx.example.net").with_priority(1u16)));
    assert!(bound(address("AAAA", "100::").with_proxied(true)));
    assert!(!bound(address("AAAA", "2001:db8::1").with_proxied(true)));
    assert!(bound(address("A", "104.16.1.1")));
    assert!(bound(address("AAAA", "2606:4700::1")));
    assert!(!bound(address("A", "192.0.2.1")));
    assert!(!bound(NewRecord::new("TXT", "t").with_content("x")));
    for meta in [
        RecordMeta { origin_worker_id: Some("w".to_owned()), ..RecordMeta::default() },
        RecordMeta { r2_bucket: Some("b".to_owned()), ..RecordMeta::default() },
        RecordMeta { email_routing: Some(true), ..RecordMeta::default() },
    ] {
        let mut record = fake.records(&zone).pop().unwrap();
        record.meta = Some(meta.clone());
        assert!(bound_to_cloudflare(&record).is_some(), "{meta:?}");
    }
}
