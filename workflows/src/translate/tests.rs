use std::{collections::BTreeSet, sync::Arc};

use howdah_core::{
    dns::{Txt, zonefile},
    testing::MemoryDns,
};
use proptest::prelude::*;

use super::*;
use crate::{
    engine::{self, Run},
    move_dns::{MoveDns, Options, Source},
};

fn apex() -> Name {
    Name::parse("example.org").unwrap()
}

fn target(change: impl FnOnce(&mut howdah_core::dns::DnsCapabilities)) -> MemoryDns {
    let mut capabilities = MemoryDns::full_capabilities();
    change(&mut capabilities);
    MemoryDns::with_capabilities(capabilities)
}

fn translate(text: &str, target: &MemoryDns) -> Translation {
    let zone = zonefile::read(text, &apex()).unwrap().zone;
    Translation::of(&zone, target, 300)
}

/// What became of the only set of a zone file with one record, in short.
fn fate(text: &str, target: &MemoryDns) -> String {
    let translation = translate(text, target);
    let [entry] = translation.entries.as_slice() else { panic!("{} sets", translation.entries.len()) };
    match &entry.fate {
        Fate::Carried => "carried".to_owned(),
        Fate::Translated { to, changes } => format!("{to}: {}", changes.join("; ")),
        Fate::LeftOut { reason, decide } => {
            format!("{}: {reason}", if *decide { "decide" } else { "own" })
        }
    }
}

#[test]
fn each_kind_has_its_fate() {
    let full = MemoryDns::new();
    for (text, expected) in [
        ("www 300 IN A 192.0.2.1", "carried"),
        ("@ 300 IN SOA ns1 host 1 2 3 4 5", "own: the new provider writes its own"),
        ("@ 300 IN NS ns1.example.net.", "own: the new provider's own name servers"),
        ("sub 300 IN NS ns1.example.net.", "carried"),
        (
            "@ 300 IN DS 1 13 2 4469da50a4469da50a4469da50a4469da50a4469da50a4469da50a4469da50a4",
            "own: it belongs in the parent",
        ),
        ("sub 300 IN DS 1 13 2 4469da50a4469da50a4469da50a4469da50a4469da50a4469da50a4469da50a4", "carried"),
        ("@ 300 IN DNSKEY 257 3 13 AQID", "own: it belongs to the old signer"),
        ("@ 300 IN CDS 0 0 0 00", "own: it belongs to the old signer"),
        ("@ 300 IN CNAME lb.example.net.", "example.org. 300 IN ALIAS lb.example.net.: ALIAS instead of a CNAME"),
        ("app 300 IN CNAME uuid.cfargotunnel.com.", "decide: a Cloudflare tunnel"),
        ("@ 1 IN ALIAS uuid.cfargotunnel.com.", "decide: a Cloudflare tunnel"),
        ("w 300 IN CNAME w.account.workers.dev.", "decide: a Worker answers"),
        ("r 300 IN CNAME public.r2.dev.", "decide: an R2 bucket"),
        ("r 300 IN CNAME notr2.dev.", "carried"),
        ("@ 300 IN MX 5 route1.mx.cloudflare.net.", "decide: Cloudflare routes this mail"),
        ("@ 300 IN MX 5 mail.example.net.", "carried"),
        ("w 1 IN AAAA 100:: ; cf_tags=cf-proxied:true", "decide: there is no server behind it"),
        ("x 300 IN TYPE65280 \\# 1 00", "decide: the provider has no TYPE65280 records"),
    ] {
        let fate = fate(text, &full);
        assert!(fate.starts_with(expected), "{text}: {fate}");
    }
}

#[test]
fn proxied_sets_become_their_origins() {
    let translation = translate("www 1 IN A 192.0.2.1 ; cf_tags=cf-proxied:true", &MemoryDns::new());
    let entry = &translation.entries[0];
    let to = entry.target().unwrap();
    assert!(!to.is_proxied() && to.ttl() == Ttl::Seconds(300) && to.same_data(&entry.set));
    assert!(entry.warnings[0].contains("firewall"), "{:?}", entry.warnings);
}

#[test]
fn a_cname_beside_other_types_becomes_an_alias_where_there_is_one() {
    let text = "www 300 IN CNAME lb.example.net.\nwww 300 IN MX 10 mail.example.net.";
    let alias = translate(text, &MemoryDns::new());
    assert!(alias.zone.contains(&apex().child("www").unwrap(), &RecordType::Alias));
    assert_eq!(alias.count(), (1, 1, 0));

    let without = translate(text, &target(|can| can.alias = AliasScope::Apex));
    assert_eq!(without.count(), (1, 0, 1));
    let Fate::LeftOut { reason, decide: true } = &without.undecided().next().unwrap().fate else {
        panic!("{without:?}")
    };
    assert!(reason.contains("ALIAS at the apex only") && reason.contains("addresses of lb.example.net."), "{reason}");

    let apex_alias = translate("@ 300 IN CNAME lb.example.net.", &target(|can| can.alias = AliasScope::Apex));
    assert_eq!(apex_alias.count(), (0, 1, 0));

    let addressed = translate("www 300 IN CNAME lb.example.net.\nwww 300 IN A 192.0.2.1", &MemoryDns::new());
    assert_eq!(addressed.count(), (1, 0, 1));
}

#[test]
fn what_is_the_old_providers_own_does_not_stand_beside_a_cname() {
    let text = "sub 300 IN CNAME lb.example.net.\nsub 300 IN NSEC www.example.org. CNAME";
    let translation = translate(text, &MemoryDns::new());
    assert_eq!(translation.count(), (1, 0, 1));
}

#[test]
fn ttls_come_into_range() {
    let narrow = target(|can| can.ttl = 60..=3600);
    assert_eq!(
        fate("a 30 IN A 192.0.2.1", &narrow),
        "a.example.org. 60 IN A 192.0.2.1: TTL 60 instead of 30, the nearest there"
    );
    assert_eq!(fate("a 60 IN A 192.0.2.1", &narrow), "carried");
    assert!(fate("a 86400 IN A 192.0.2.1", &narrow).contains("TTL 3600"));
}

#[test]
fn an_alias_needs_a_provider_that_has_one() {
    let text = "@ 300 IN ALIAS lb.example.net.";
    assert_eq!(fate(text, &MemoryDns::new()), "carried");
    assert_eq!(
        fate(text, &target(|can| can.alias = AliasScope::None)),
        "decide: the provider has no ALIAS: put the addresses of lb.example.net. in its place"
    );
}

#[test]
fn an_alias_below_the_apex_may_be_a_cname_where_there_is_no_other() {
    let at_apex_only = target(|can| can.alias = AliasScope::Apex);
    let text = "www 1 IN ALIAS lb.example.net. ; cf_tags=cf-proxied:true";
    assert_eq!(fate("www 300 IN ALIAS lb.example.net.", &MemoryDns::new()), "carried");
    assert_eq!(
        fate("www 300 IN ALIAS lb.example.net.", &at_apex_only),
        "www.example.org. 300 IN CNAME lb.example.net.: CNAME instead of an ALIAS: the provider has ALIAS at the apex only"
    );
    let translation = translate(text, &at_apex_only);
    let to = translation.entries[0].target().unwrap();
    assert!(!to.is_proxied() && *to.record_type() == RecordType::Cname, "{to}");
    let beside = translate("www 300 IN ALIAS lb.example.net.\nwww 300 IN TXT x", &at_apex_only);
    assert_eq!(beside.count(), (1, 0, 1));
}

#[test]
fn as_json_and_back() {
    let translation =
        translate("@ 1 IN CNAME a.example.net. ; cf_tags=cf-proxied:true\n@ 1 IN TXT x", &MemoryDns::new());
    let json = serde_json::to_value(&translation).unwrap();
    assert_eq!(json["entries"][0]["fate"], "translated");
    assert_eq!(serde_json::from_value::<Translation>(json).unwrap(), translation);
}

fn data() -> impl Strategy<Value = RecordData> {
    let parse =
        |record_type: &str, text: &str| RecordData::parse(&record_type.parse().unwrap(), text, &Name::root()).unwrap();
    let texts = [
        ("A", "192.0.2.1"),
        ("A", "192.0.2.2"),
        ("AAAA", "2001:db8::1"),
        ("AAAA", "100::"),
        ("CNAME", "lb.example.net."),
        ("CNAME", "x.cfargotunnel.com."),
        ("ALIAS", "lb.example.net."),
        ("MX", "1 mail.example.org."),
        ("MX", "9 route2.mx.cloudflare.net."),
        ("NS", "ns.example.net."),
        ("SOA", "a. b. 1 2 3 4 5"),
        ("DS", "1 13 2 00"),
        ("DNSKEY", "257 3 13 AQID"),
        ("RRSIG", "\\# 1 00"),
        ("SRV", "0 0 443 lb.example.net."),
        ("LOC", "52 22 23 N 4 53 32 E 0m"),
        ("CAA", "0 issue \"letsencrypt.org\""),
        ("TYPE65280", "\\# 1 00"),
        ("TXT", "\"\""),
        ("TXT", "\" x \""),
    ];
    let pool: Vec<RecordData> = texts.iter().map(|(record_type, text)| parse(record_type, text)).collect();
    prop_oneof![
        8 => proptest::sample::select(pool),
        1 => proptest::collection::vec(any::<u8>(), 0..600).prop_map(|bytes| RecordData::Txt(Txt::from_bytes(&bytes))),
    ]
}

fn zones() -> impl Strategy<Value = Zone> {
    let owners = ["@", "www", "*", "a.b", "b"].map(|owner| Name::parse_in(owner, &apex()).unwrap());
    let ttl = prop_oneof![Just(Ttl::Auto), (0u32..100_000).prop_map(Ttl::Seconds)];
    let record = (proptest::sample::select(owners.to_vec()), ttl, data(), any::<bool>());
    proptest::collection::vec(record, 0..40).prop_map(|records| {
        let mut zone = Zone::new(apex());
        for (name, ttl, data, proxied) in records {
            let earlier = zone.remove(&name, &data.record_type());
            let all = earlier.iter().flat_map(|set| set.data().iter().cloned()).chain([data]);
            zone.insert(RecordSet::new(name, ttl, all).unwrap().with_proxied(proxied)).unwrap();
        }
        zone
    })
}

fn targets() -> impl Strategy<Value = MemoryDns> {
    let alias = proptest::sample::select(vec![AliasScope::None, AliasScope::Apex, AliasScope::Any]);
    (alias, any::<[bool; 5]>(), 0u32..400, 400u32..90_000).prop_map(|(alias, can, from, to)| {
        target(|capabilities| {
            capabilities.alias = alias;
            capabilities.wildcard = can[0];
            capabilities.apex_ns = can[1];
            capabilities.txt.empty = can[2];
            capabilities.txt.outer_spaces = can[3];
            capabilities.ttl = from..=to;
            if can[4] {
                capabilities.txt.max_length = 200;
                capabilities.record_types.remove(&RecordType::Loc);
                capabilities.record_types.remove(&RecordType::Caa);
            }
        })
    })
}

proptest! {
    #[test]
    fn every_set_is_accounted_for_and_the_rest_can_be_held(source in zones(), target in targets()) {
        let translation = Translation::of(&source, &target, 300);

        let accounted: Vec<_> = translation.entries.iter().map(|entry| &entry.set).collect();
        prop_assert_eq!(accounted, source.iter().collect::<Vec<_>>());
        let (carried, translated, left_out) = translation.count();
        prop_assert_eq!(carried + translated + left_out, source.len());

        let wanted: BTreeSet<String> = translation.entries.iter().filter_map(Entry::target).map(ToString::to_string).collect();
        let held: BTreeSet<String> = translation.zone.iter().map(ToString::to_string).collect();
        prop_assert_eq!(translation.zone.len(), carried + translated, "two sets would be one");
        prop_assert_eq!(wanted, held);

        prop_assert!(!target.audit(&translation.zone).iter().any(Finding::is_blocking));
        for set in translation.zone.iter() {
            prop_assert!(!set.is_proxied() && set.ttl() != Ttl::Auto);
        }
        for entry in &translation.entries {
            if let Fate::Translated { to, .. } = &entry.fate {
                prop_assert_ne!(to, &entry.set);
            }
        }
    }
}

proptest! {
    #[test]
    fn what_ends_in_the_target_is_what_was_carried_and_translated(source in zones(), target in targets()) {
        let options = Options::default().with_leave_out_unsupported(true);
        let job = MoveDns::new(Source::Zone(source.clone()), Arc::new(target.clone())).with_options(options);
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let (outcome, mut held) = runtime.block_on(async {
            let outcome = engine::apply(&job, &Run::default()).await.unwrap();
            (outcome, target.snapshot(&apex()).await.unwrap().zone)
        });
        prop_assert!(outcome.is_complete());
        held.split_off_authority();
        let sets: Vec<_> = outcome.observed.translation.entries.iter().filter_map(|entry| entry.target().cloned()).collect();
        prop_assert_eq!(held, Zone::try_from_sets(apex(), sets).unwrap());
    }
}
