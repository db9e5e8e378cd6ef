//! What holds for any data.

use howdah_core::dns::{Name, RecordData, RecordSet, Ttl, zonefile};
use proptest::prelude::*;

use super::SAMPLE;
use super::strategies::{data, name, origin, soa, zone};

fn sample_origin() -> Name {
    Name::parse("sample.example").unwrap()
}

proptest! {
    #[test]
    fn record_data_is_what_it_shows(data in prop_oneof![20 => data(), 1 => soa()]) {
        let record_type = data.record_type();
        let text = data.to_string();
        prop_assert_eq!(&RecordData::parse(&record_type, &text, &origin()).unwrap(), &data, "{}", text);
        if let Some(wire) = data.to_wire() {
            prop_assert_eq!(&RecordData::from_wire(&record_type, &wire).unwrap(), &data);
            let hex = data_encoding::HEXLOWER.encode(&wire);
            let generic = format!("\\# {} {hex}", wire.len());
            prop_assert_eq!(&RecordData::parse(&record_type, &generic, &origin()).unwrap(), &data);
        }
        let json = serde_json::to_string(&data).unwrap();
        prop_assert_eq!(&serde_json::from_str::<RecordData>(&json).unwrap(), &data);
        let set = RecordSet::new(origin(), Ttl::Seconds(60), [data]).unwrap();
        let json = serde_json::to_string(&set).unwrap();
        prop_assert_eq!(serde_json::from_str::<RecordSet>(&json).unwrap(), set);
    }

    #[test]
    fn names_are_in_canonical_order(mut names in prop::collection::vec(name(), 0..20)) {
        names.sort();
        for pair in names.windows(2) {
            let key = |name: &Name| name.labels().rev().map(<[u8]>::to_vec).collect::<Vec<_>>();
            prop_assert!(key(&pair[0]) <= key(&pair[1]));
        }
    }

    #[test]
    fn a_written_zone_reads_as_itself(zone in prop_oneof![zone(true), zone(false)]) {
        let text = zonefile::write(&zone);
        let file = zonefile::read(&text, zone.name()).unwrap();
        prop_assert_eq!(&file.zone, &zone, "{}", text);
        prop_assert_eq!(zonefile::write(&file.zone), text);
    }

    #[test]
    fn any_text_gets_an_answer(text in prop_oneof![".{0,200}", "[a@$\\\\\"();\\n \\t0-9IN.#é{}-]{0,200}"]) {
        check(&text, &origin());
    }

    #[test]
    fn a_damaged_zone_gets_an_answer(edits in prop::collection::vec((any::<prop::sample::Index>(), 0..6_u8, any::<char>()), 1..12)) {
        let mut characters: Vec<char> = SAMPLE.chars().collect();
        for (index, kind, arbitrary) in edits {
            let at = index.index(characters.len());
            match kind {
                0 if characters.len() > 1 => drop(characters.remove(at)),
                0 => {}
                1 => characters[at] = arbitrary,
                2 => characters.truncate(at.max(1)),
                _ => characters.insert(at, ['"', '(', '\\'][usize::from(kind - 3)]),
            }
        }
        check(&characters.into_iter().collect::<String>(), &sample_origin());
    }

    #[test]
    fn any_bytes_as_data_get_an_answer(number in any::<u8>(), wire in prop::collection::vec(any::<u8>(), 0..60)) {
        let record_type = howdah_core::dns::RecordType::from_number(number.into());
        if let Ok(data) = RecordData::from_wire(&record_type, &wire) {
            prop_assert_eq!(RecordData::parse(&record_type, &data.to_string(), &origin()).unwrap(), data);
        }
    }
}

/// Reads a text; what can be read must survive being written, and errors lie within the text.
fn check(text: &str, origin: &Name) {
    match zonefile::read(text, origin) {
        Ok(file) => assert_eq!(zonefile::read(&zonefile::write(&file.zone), origin).unwrap().zone, file.zone),
        Err(errors) => {
            assert!(errors.iter().len() > 0);
            let lines = text.split('\n').count();
            assert!(errors.iter().all(|error| (1..=lines).contains(&error.line) && error.column >= 1));
        }
    }
}

#[test]
fn hostile_texts_are_answered_in_linear_time() {
    let repeated = |piece: &str| piece.repeat(400_000 / piece.len());
    let texts = [
        repeated("("),
        repeated("(\n"),
        repeated(")"),
        repeated("\""),
        repeated("\"\n"),
        repeated("\\"),
        repeated("a=\""),
        repeated("é"),
        repeated("a "),
        repeated("a\n"),
        repeated("a.\n"),
        format!("a 1 TXT {}", repeated("a ")),
        format!("a 1 HTTPS 1 . {}", repeated("key1=a ")),
        format!("{} 1 A 192.0.2.1", repeated("é")),
        repeated("a 1 A 192.0.2.1\n"),
        repeated("a 1 A 192.0.2.1\na 1 CNAME b\n"),
        repeated("$GENERATE 1-65536 a$ 1 A 192.0.2.1\n"),
        format!("$GENERATE 1-65536 a 1 A 192.0.2.1 ; {}", repeated("é")),
    ];
    for text in texts {
        check(&text, &origin());
    }
}

#[test]
fn the_sample_reads_and_writes() {
    let file = zonefile::read(SAMPLE, &sample_origin()).unwrap();
    let warnings: Vec<String> = file.warnings.iter().map(ToString::to_string).collect();
    assert_eq!(
        warnings,
        ["line 12, column 2: the NS records of sample.example. have different TTLs; 3600 is taken for all"]
    );
    assert_eq!(file.zone.iter().map(|set| set.data().len()).sum::<usize>(), 58);
    let text = zonefile::write(&file.zone);
    for line in [
        "@ 5400 IN SOA ns1.sample.example. host\\.master.sample.example. 2026010203 7200 1800 1209600 86400",
        "@ 3600 IN MX 20 sample.example.",
        "@ 5400 IN CAA 0 issue \"ca.example; validationmethods=dns-01\"",
        "www2 60 IN CNAME www.sample.example.",
        "_443._tcp.www 5400 IN TLSA 3 1 1 8CB0FC6C527506A053F4F14C8464BEBBD6DEDE2738D11468DD953D7D6A3021F1",
        "_sip\\+d2t",
        "host-3 5400 IN A 192.0.2.103",
        "004.dhcp 300 IN CNAME pool-14.other.example.",
        "under.deep 5400 IN A 192.0.2.71",
        "known 5400 IN A 192.0.2.2",
        "gone 5400 IN DNAME elsewhere.sample.example.",
        "last 300 IN A 192.0.2.73",
    ] {
        let line = line.replace("\\+", "+");
        assert!(text.contains(&line), "{line}\n{text}");
    }
    assert_eq!(zonefile::read(&text, &sample_origin()).unwrap().zone, file.zone);
}

#[test]
fn many_records_are_read() {
    let line = |number: u32| format!("host-{number} 300 IN A 192.0.2.{}\n", number % 250);
    let text: String = (0..100_000).map(line).collect();
    assert_eq!(zonefile::read(&text, &origin()).unwrap().zone.len(), 100_000);
}
