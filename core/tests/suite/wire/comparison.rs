//! Old servers beside new ones, and single answers.

use std::{net::SocketAddr, sync::Arc};

use async_trait::async_trait;
use futures::FutureExt as _;
use howdah_core::dns::{
    Name, RecordData, RecordType, Txt,
    wire::{Comparison, Exchange, ExchangeError, Found, Observer, Rcode, Seen, Server},
};
use proptest::prelude::*;

use super::world::{Manner, World, Zone, name, one_record, server};
use crate::dns::strategies;

const OLD: &str = "@ 300 A 203.0.113.1\n@ 300 AAAA 2001:db8::1\nwww 300 CNAME @\ntext 300 TXT \"one two\"\n\
    mail 300 MX 10 mx\nttl 300 A 203.0.113.2";
const QUESTIONS: [(&str, RecordType); 6] = [
    ("example.org", RecordType::Alias),
    ("www.example.org", RecordType::Cname),
    ("text.example.org", RecordType::Txt),
    ("mail.example.org", RecordType::Mx),
    ("ttl.example.org", RecordType::A),
    ("absent.example.org", RecordType::A),
];

fn old() -> Server {
    server("ns.old.example", "192.0.2.1")
}

fn new() -> Server {
    server("ns.new.example", "192.0.2.2")
}

fn world(of_new: &str) -> World {
    let world = World::default();
    world.serve("192.0.2.1", Zone::new("example.org", OLD));
    world.serve("192.0.2.2", Zone::new("example.org", of_new));
    world
}

fn questions() -> impl Iterator<Item = (Name, RecordType)> {
    QUESTIONS.into_iter().map(|(owner, record_type)| (name(owner), record_type))
}

async fn compare(world: &World) -> Comparison {
    world.observer().compare(questions(), &[old()], &[new()]).await
}

#[tokio::test(start_paused = true)]
async fn the_same_zone_is_the_same() {
    let comparison = compare(&world(&OLD.replace("\"one two\"", "\"one \" \"two\""))).await;
    assert_eq!(comparison.to_string(), "14 answers compared: 0 differ, 0 have other TTLs, 0 could not be compared");
    assert!(comparison.is_same());
    let nothing = World::default().observer().compare([], &[old()], &[new()]).await;
    assert!(!nothing.is_same(), "where nothing was compared nothing is known");
    assert!(!World::default().observer().compare(questions(), &[], &[]).await.is_same());
}

/// Whoever observes in the background spawns it.
#[tokio::test(start_paused = true)]
async fn what_an_observer_does_can_be_spawned() {
    let observer = world(OLD).observer();
    let task = tokio::spawn(async move {
        let (zone, hosts) = (name("example.org"), [old(), new()]);
        let apex = observer.apex(&zone, &hosts).await.len();
        let same = observer.compare(questions(), &hosts[..1], &hosts[1..]).await.is_same();
        let answered = observer.ask(&hosts[0], &zone, &RecordType::A).await.answered().is_some();
        let (servers, delegation) =
            (observer.servers(std::slice::from_ref(&zone)).await, observer.delegation(&zone).await);
        let nowhere = servers.found.is_empty() && delegation.is_err();
        (apex, same, answered, nowhere && observer.resolve(&zone, &RecordType::A).await.is_err())
    });
    assert_eq!(task.await.unwrap(), (2, true, true, true));
}

#[tokio::test(start_paused = true)]
async fn every_difference_is_told() {
    let of_new = "@ 300 A 203.0.113.9\n@ 300 AAAA 2001:db8::1\nwww 300 CNAME www.example.org\n\
        text 300 TXT \"one  two\"\nttl 60 A 203.0.113.2\nabsent 300 A 203.0.113.3";
    let comparison = compare(&world(of_new)).await;
    assert!(!comparison.is_same());
    assert_eq!(
        comparison.to_string(),
        "14 answers compared: 5 differ, 1 have other TTLs, 0 could not be compared\n\
         example.org. A: ns.new.example (192.0.2.2) answers 203.0.113.9 instead of 203.0.113.1\n\
         absent.example.org. A: ns.new.example (192.0.2.2) answers 203.0.113.3 instead of no such records\n\
         mail.example.org. MX: ns.new.example (192.0.2.2) answers no such records instead of 10 mx.example.org.\n\
         text.example.org. TXT: ns.new.example (192.0.2.2) answers \"one  two\" instead of \"one two\"\n\
         www.example.org. CNAME: ns.new.example (192.0.2.2) answers www.example.org.example.org. instead of example.org.\n\
         ttl.example.org. A: ns.new.example (192.0.2.2) answers with the TTL 60 s instead of 300 s"
    );
    let json = serde_json::to_value(&comparison).unwrap();
    assert_eq!(json["differences"][1]["expected"], "nothing");
    assert_eq!(json["differences"][0]["found"]["records"][0]["data"], "203.0.113.9");
}

#[tokio::test(start_paused = true)]
async fn servers_that_do_not_serve_or_do_not_answer() {
    let world = world(OLD);
    world.behave("192.0.2.2", Manner::Code(5));
    let comparison = compare(&world).await;
    assert_eq!((comparison.differences.len(), comparison.not_compared.len()), (7, 0));
    assert_eq!(comparison.differences[0].found, Found::NotServed(Rcode::REFUSED));
    assert!(
        comparison.differences[0].to_string().ends_with("answers REFUSED without authority instead of 203.0.113.1")
    );

    world.behave("192.0.2.2", Manner::Silent);
    let comparison = compare(&world).await;
    assert_eq!((comparison.compared, comparison.differences.len(), comparison.not_compared.len()), (7, 0, 7));
    assert!(!comparison.is_same());
    let expected = "example.org. A: not observed at ns.new.example (192.0.2.2): no answer";
    assert_eq!(comparison.not_compared[0].to_string(), expected);

    // Without an old answer there is nothing to hold the new one against.
    world.behave("192.0.2.2", Manner::Good);
    world.behave("192.0.2.1", Manner::Code(5));
    let comparison = compare(&world).await;
    assert_eq!((comparison.compared, comparison.not_compared.len()), (0, 14));
    assert!(comparison.not_compared[0].why.contains("no old server serves the zone"));
}

#[tokio::test(start_paused = true)]
async fn old_servers_may_differ_too() {
    let world = world(OLD);
    world.serve("192.0.2.3", Zone::new("example.org", &OLD.replace("203.0.113.1", "203.0.113.7")));
    let stale = server("ns2.old.example", "192.0.2.3");
    let comparison = world.observer().compare(questions(), &[old(), stale.clone()], &[new()]).await;
    assert_eq!(comparison.differences.iter().map(|difference| &difference.server).collect::<Vec<_>>(), [&stale]);
}

#[tokio::test(start_paused = true)]
async fn an_address_of_ipv6_is_left_out_without_ipv6() {
    let world = world(OLD);
    world.behave("2001:db8::2", Manner::OutOfReach);
    let both = [new(), server("ns.new.example", "2001:db8::2")];
    assert!(world.observer().compare(questions(), &[old()], &both).await.is_same());
    let comparison = world.observer().compare(questions(), &[old()], &[both[1].clone()]).await;
    assert_eq!(comparison.not_compared.len(), 7);
}

#[tokio::test(start_paused = true)]
async fn one_question_to_one_server() {
    let world = world(OLD);
    let ask = async |owner: &str, record_type| world.observer().ask(&old(), &name(owner), &record_type).await;
    let Seen::Answered(answer) = ask("WWW.example.org", RecordType::A).await else { panic!("it answers") };
    assert_eq!((answer.rcode, answer.authoritative, answer.signed), (Rcode::NOERROR, true, false));
    assert_eq!((answer.aliases, answer.set), (vec![name("example.org")], None));
    let Seen::Answered(answer) = ask("no.example.org", RecordType::A).await else { panic!("it answers") };
    assert_eq!((answer.rcode, answer.negative_ttl), (Rcode::NXDOMAIN, Some(300)));
    let Seen::Answered(answer) = ask("example.net", RecordType::A).await else { panic!("it answers") };
    assert_eq!((answer.rcode.to_string().as_str(), answer.authoritative), ("REFUSED", false));
    let alias = ask("example.org", RecordType::Alias).await;
    assert_eq!(alias.why(), Some("ALIAS cannot be asked: it is not a DNS type"));
    for (manner, expected) in [
        (Manner::AnswersAnotherQuestion, "it answers another question"),
        (Manner::Truncates, "its answer is cut short"),
        (Manner::Garbles, "its answer is malformed"),
    ] {
        world.behave("192.0.2.1", manner);
        let seen = ask("example.org", RecordType::A).await;
        assert!(seen.why().unwrap().starts_with(expected), "{seen:?}");
    }
}

#[derive(Debug)]
struct Echo(RecordData);

#[async_trait]
impl Exchange for Echo {
    async fn exchange(&self, _: SocketAddr, query: &[u8]) -> Result<Vec<u8>, ExchangeError> {
        Ok(one_record(query, &self.0))
    }
}

fn echoed(owner: &Name, data: &RecordData) -> Seen<howdah_core::dns::wire::Answer> {
    let observer = Observer::over(Arc::new(Echo(data.clone())));
    observer.ask(&old(), owner, &data.record_type()).now_or_never().expect("nothing waits here")
}

proptest! {
    #[test]
    fn data_arrives_as_it_was_sent(
        owner in strategies::name(),
        data in prop_oneof![20 => strategies::data(), 1 => strategies::soa()],
    ) {
        if data.to_wire().is_some() {
            match echoed(&owner, &data) {
                Seen::Answered(answer) => {
                    let set = answer.set.expect("the record is there");
                    prop_assert_eq!(set.data().iter().collect::<Vec<_>>(), [&data]);
                    prop_assert_eq!(set.name(), &owner);
                }
                seen @ Seen::NotObserved { .. } => prop_assert!(false, "{:?}: {:?}", data, seen),
            }
        }
    }
}

#[test]
fn names_and_texts_keep_their_bytes() {
    let owner = Name::from_labels([&b"_sip+d2t"[..], b"a.b", b"\xff\\ \0"]).unwrap();
    let strings: [&[u8]; 3] = [b"\0\xff\"", b"", b"x"];
    let text = RecordData::Txt(Txt::from_strings(strings).unwrap());
    let Seen::Answered(answer) = echoed(&owner, &text) else { panic!("it answers") };
    let set = answer.set.unwrap();
    let RecordData::Txt(read) = set.data().first().unwrap() else { panic!("it is a text") };
    assert_eq!((set.name(), read.strings().collect::<Vec<_>>()), (&owner, strings.to_vec()));
}
