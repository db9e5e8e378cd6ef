use proptest::prelude::*;

use super::*;
use crate::dns::RecordData;

fn apex() -> Name {
    Name::parse("example.org").unwrap()
}

#[allow(clippy::needless_pass_by_value)]
fn set(name: &str, ttl: Ttl, record_type: RecordType, data: &[&str]) -> RecordSet {
    let data = data.iter().map(|text| RecordData::parse(&record_type, text, &apex()).unwrap());
    RecordSet::new(Name::parse_in(name, &apex()).unwrap(), ttl, data).unwrap()
}

fn zone(sets: impl IntoIterator<Item = RecordSet>) -> Zone {
    Zone::try_from_sets(apex(), sets).unwrap()
}

fn addresses(count: usize, from: usize) -> Zone {
    zone((0..count).map(|n| set(&format!("h{n}"), Ttl::Seconds(60), RecordType::A, &[&format!("192.0.2.{from}")])))
}

fn verbs(plan: &Plan) -> Vec<String> {
    plan.changes().iter().map(ToString::to_string).collect()
}

#[test]
fn creates_updates_deletes_and_swaps_in_place() {
    let ttl = Ttl::Seconds(300);
    let current = zone([
        set("a", ttl, RecordType::A, &["192.0.2.1"]),
        set("b", ttl, RecordType::Cname, &["a"]),
        set("old", ttl, RecordType::A, &["192.0.2.1"]),
        set("u", ttl, RecordType::Txt, &["one"]),
    ]);
    let desired = zone([
        set("a", ttl, RecordType::Cname, &["b"]),
        set("b", ttl, RecordType::A, &["192.0.2.2"]),
        set("b", ttl, RecordType::Aaaa, &["2001:db8::2"]),
        set("new", ttl, RecordType::A, &["192.0.2.1"]),
        set("u", ttl, RecordType::Txt, &["two"]),
    ]);
    assert_eq!(
        verbs(&Plan::between(&current, &desired, &Scope::WholeZone)),
        [
            "delete a.example.org. A",
            "create a.example.org. CNAME",
            "delete b.example.org. CNAME",
            "create b.example.org. A",
            "create b.example.org. AAAA",
            "create new.example.org. A",
            "update u.example.org. TXT",
            "delete old.example.org. A",
        ]
    );
}

#[test]
fn a_readable_table() {
    let current = zone([
        set("@", Ttl::Seconds(300), RecordType::Txt, &["old", "same"]),
        set("m", Ttl::Seconds(300), RecordType::Mx, &["10 a", "20 b"]),
        set("x", Ttl::Seconds(60), RecordType::A, &["192.0.2.1"]),
    ]);
    let desired = zone([
        set("@", Ttl::Seconds(300), RecordType::Txt, &["new", "same"]),
        set("m", Ttl::Seconds(3600), RecordType::Mx, &["10 a", "20 b"]),
        set("mail", Ttl::Auto, RecordType::A, &["192.0.2.1", "192.0.2.2"]),
    ]);
    assert_eq!(
        Plan::between(&current, &desired, &Scope::WholeZone).to_string(),
        "example.org.: 1 to create, 2 to update, 1 to delete, 0 unchanged\n\
         create  mail.example.org.  A    auto         192.0.2.1\n\
         \u{20}                                            192.0.2.2\n\
         update  example.org.       TXT  300          - \"old\"\n\
         \u{20}                                            + \"new\"\n\
         update  m.example.org.     MX   300 -> 3600\n\
         delete  x.example.org.     A    60           192.0.2.1\n"
    );
}

#[test]
fn automatic_ttls_agree_with_all_and_proxied_is_not_compared() {
    let one = zone([set("a", Ttl::Seconds(300), RecordType::A, &["192.0.2.1"])]);
    let auto = zone([set("a", Ttl::Auto, RecordType::A, &["192.0.2.1"]).with_proxied(true)]);
    let other = zone([set("a", Ttl::Seconds(301), RecordType::A, &["192.0.2.1"])]);
    assert!(Plan::between(&one, &auto, &Scope::WholeZone).is_empty());
    assert!(Plan::between(&auto, &one, &Scope::WholeZone).is_empty());
    assert_eq!(verbs(&Plan::between(&one, &other, &Scope::WholeZone)), ["update a.example.org. A"]);
}

#[test]
fn emptying_a_zone_by_accident_is_refused() {
    let plan = Plan::between(&addresses(10, 1), &zone([]), &Scope::WholeZone);
    let violation = plan.check(&Safety::default()).unwrap_err();
    assert_eq!(
        violation.to_string(),
        "the plan for example.org. is refused: 10 of 10 record sets would be deleted, more than 30 %; force it if \
         that is meant"
    );
    let error = Error::from(violation);
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Precondition, Outcome::NotSent));
    assert!(plan.check(&Safety::none()).is_ok());
    assert!(plan.check(&Safety::default().with_max_delete(100)).is_ok());
    assert!(plan.check(&Safety::default().with_min_existing(11)).is_ok());
}

#[test]
fn the_thresholds_are_exact() {
    for (changed, allowed) in [(3, true), (4, false)] {
        let mut desired = addresses(10, 1);
        desired.split_off(|set| (0..changed).all(|n| *set.name() != apex().child(&format!("h{n}")).unwrap()));
        let plan = Plan::between(&addresses(10, 1), &desired, &Scope::WholeZone);
        assert_eq!(plan.stats().deletes, changed);
        assert_eq!(plan.check(&Safety::default()).is_ok(), allowed, "{changed} deletes");

        for new in addresses(changed, 2).iter().chain(addresses(10, 1).iter().skip(10)) {
            desired.insert(new.clone()).unwrap();
        }
        let plan = Plan::between(&addresses(10, 1), &desired, &Scope::WholeZone);
        assert_eq!((plan.stats().updates, plan.stats().unchanged), (changed, 10 - changed));
        assert_eq!(plan.check(&Safety::default()).is_ok(), allowed, "{changed} updates");
    }
    let few = Plan::between(&addresses(9, 1), &addresses(9, 2), &Scope::WholeZone);
    assert!(few.check(&Safety::default()).is_ok(), "nine sets are too few for percentages");
}

#[test]
fn apex_ns_needs_force() {
    let ns = |host: &str| zone([set("@", Ttl::Auto, RecordType::Ns, &[host])]);
    for plan in [
        Plan::between(&zone([]), &ns("a.example.net."), &Scope::WholeZone),
        Plan::between(&ns("a.example.net."), &ns("b.example.net."), &Scope::WholeZone),
        Plan::between(&ns("a.example.net."), &zone([]), &Scope::WholeZone),
    ] {
        assert_eq!(plan.check(&Safety::default()).unwrap_err().violations(), [Violation::ApexNs]);
        assert!(plan.check(&Safety::default().with_apex_ns(true)).is_ok());
    }
    let below = zone([set("sub", Ttl::Auto, RecordType::Ns, &["a.example.net."])]);
    assert!(Plan::between(&zone([]), &below, &Scope::WholeZone).check(&Safety::default()).is_ok());
}

#[test]
fn a_stored_plan_is_checked_when_read() {
    let current = addresses(2, 1);
    let plan = Plan::between(&current, &addresses(3, 2), &Scope::WholeZone);
    let json = serde_json::to_value(&plan).unwrap();
    assert_eq!(serde_json::from_value::<Plan>(json.clone()).unwrap(), plan);

    let mut foreign = json.clone();
    foreign["zone"] = "example.net.".into();
    let error = serde_json::from_value::<Plan>(foreign).unwrap_err().to_string();
    assert!(error.contains("outside of the zone example.net."), "{error}");

    let mut renamed = json;
    renamed["changes"][1]["update"]["from"]["name"] = "elsewhere.example.org.".into();
    let error = serde_json::from_value::<Plan>(renamed).unwrap_err().to_string();
    assert!(error.contains("name and type of a set stay"), "{error}");
}

fn ttls() -> impl Strategy<Value = Ttl> {
    prop_oneof![Just(Ttl::Auto), Just(Ttl::Seconds(60)), Just(Ttl::Seconds(3600))]
}

/// Legal zones over few names, so that the two sides of a plan meet often.
fn zones() -> impl Strategy<Value = Zone> {
    let at_one_name = prop_oneof![
        2 => Just(vec![]),
        2 => (ttls(), 0..3u8).prop_map(|(ttl, n)| vec![(ttl, RecordType::Cname, format!("target{n}"))]),
        4 => prop::collection::vec((ttls(), 0..3u8), 4).prop_map(|choices| {
            let types = [RecordType::A, RecordType::Aaaa, RecordType::Mx, RecordType::Txt];
            let texts = ["192.0.2.", "2001:db8::", "10 mx", "text"];
            let all = types.into_iter().zip(texts).zip(choices);
            all.filter(|(_, (_, n))| *n > 0).map(|((t, text), (ttl, n))| (ttl, t, format!("{text}{n}"))).collect()
        }),
    ];
    prop::collection::vec(at_one_name, 5).prop_map(|names| {
        let named = names.into_iter().zip(["n0", "n1", "below.n1", "*", "zz"]);
        zone(named.flat_map(|(sets, name)| {
            sets.into_iter().map(move |(ttl, record_type, text)| set(name, ttl, record_type, &[&text]))
        }))
    })
}

fn scopes() -> impl Strategy<Value = Scope> {
    let names = prop::sample::subsequence(vec!["n0", "n1", "below.n1", "*", "zz"], 0..=5)
        .prop_map(|names| Scope::Names(names.iter().map(|name| Name::parse_in(name, &apex()).unwrap()).collect()));
    let types = [RecordType::A, RecordType::Aaaa, RecordType::Mx, RecordType::Txt, RecordType::Cname];
    let types =
        prop::sample::subsequence(types.to_vec(), 0..=5).prop_map(|types| Scope::Types(types.into_iter().collect()));
    prop_oneof![Just(Scope::WholeZone), names, types]
}

fn is_legal(zone: &Zone) -> bool {
    zone.names().all(|name| !zone.contains(name, &RecordType::Cname) || zone.at(name).count() == 1)
}

proptest! {
    #[test]
    fn applied_a_plan_gives_what_is_desired_and_nothing_else(
        current in zones(), desired in zones(), scope in scopes(),
    ) {
        let plan = Plan::between(&current, &desired, &scope);
        let outcome = plan.outcome(&current).unwrap();
        for before in current.iter().filter(|set| !scope.covers(set)) {
            prop_assert_eq!(outcome.get(before.name(), before.record_type()), Some(before));
        }
        for after in outcome.iter() {
            let (name, record_type) = key(after);
            if scope.covers(after) {
                let wanted = desired.get(name, record_type);
                prop_assert!(wanted.is_some_and(|wanted| {
                    after.data() == wanted.data()
                        && (after.ttl() == wanted.ttl() || wanted.ttl() == Ttl::Auto || after.ttl() == Ttl::Auto)
                }), "{after} instead of {wanted:?}");
            } else {
                prop_assert_eq!(current.get(name, record_type), Some(after));
            }
        }
        for wanted in desired.iter().filter(|set| scope.covers(set)) {
            prop_assert!(outcome.contains(wanted.name(), wanted.record_type()));
        }
        prop_assert!(plan.changes().iter().all(|change| scope.covers(change.set())));
        prop_assert!(Plan::between(&outcome, &desired, &scope).is_empty());
    }

    #[test]
    fn no_step_puts_a_cname_beside_another_type(current in zones(), desired in zones(), scope in scopes()) {
        let plan = Plan::between(&current, &desired, &scope);
        prop_assume!(is_legal(&plan.outcome(&current).unwrap()));
        let mut zone = current;
        for change in plan.changes() {
            change.apply_to(&mut zone).unwrap();
            prop_assert!(is_legal(&zone), "illegal after `{change}` of\n{plan}");
        }
    }

    #[test]
    fn a_swap_leaves_no_longer_gap_than_it_must(current in zones(), desired in zones()) {
        let plan = Plan::between(&current, &desired, &Scope::WholeZone);
        let changes = plan.changes();
        let deletes_last = changes.iter().rposition(|change| !matches!(change, Change::Delete(_)));
        for (index, change) in changes.iter().enumerate() {
            if matches!(change, Change::Delete(_)) && deletes_last.is_some_and(|last| index < last) {
                let next = changes[index..].iter().find(|next| !matches!(next, Change::Delete(_))).unwrap();
                prop_assert!(matches!(next, Change::Create(_)) && next.name() == change.name(), "{plan}");
            }
        }
    }
}
