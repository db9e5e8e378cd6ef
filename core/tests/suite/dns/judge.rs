//! What the crate `domain` can parse, ours parses to the same wire form.

use std::collections::BTreeSet;

use bytes::Bytes;
use domain::base::iana::Class;
use domain::base::name::ToName;
use domain::base::rdata::ComposeRecordData;
use domain::zonefile::inplace::{Entry, Zonefile};
use howdah_core::dns::{Name, RecordType, zonefile};
use proptest::prelude::*;

use super::SAMPLE;
use super::strategies::zone;

type Record = (Vec<u8>, u16, u32, Vec<u8>);

/// The records that `domain` finds, or its error.
fn judged(text: &str, origin: &Name) -> Result<BTreeSet<Record>, String> {
    let mut file = Zonefile::new();
    file.extend_from_slice(text.as_bytes());
    file.set_origin(domain::base::Name::from_octets(Bytes::from(origin.to_wire())).unwrap());
    file.set_default_class(Class::IN);
    let mut records = BTreeSet::new();
    while let Some(entry) = file.next_entry().map_err(|error| error.to_string())? {
        if let Entry::Record(record) = entry {
            let owner = record.owner().to_name::<Vec<u8>>().as_slice().to_ascii_lowercase();
            let mut data = Vec::new();
            record.data().compose_canonical_rdata(&mut data).unwrap();
            records.insert((owner, record.rtype().to_int(), record.ttl().as_secs(), data));
        }
    }
    Ok(records)
}

fn ours(text: &str, origin: &Name) -> BTreeSet<Record> {
    let zone = zonefile::read(text, origin).unwrap().zone;
    zone.iter()
        .flat_map(|set| {
            set.data().iter().map(|data| {
                let number = set.record_type().number().unwrap();
                (set.name().to_wire(), number, set.ttl().seconds_or(0), data.to_wire().unwrap())
            })
        })
        .collect()
}

#[test]
fn the_sample_reads_the_same() {
    // What `domain` does not know, or reads otherwise than BIND (`@` in data, which it takes as a label), and the NS
    // set whose TTLs differ, which it leaves as they are.
    let unknown = ["\tALIAS", "\tSPF", "\tLOC", "\tURI", "$GENERATE", "blåbær", "NS ns3", "\tDNAME", "\tRP"];
    let mut text = String::new();
    for line in SAMPLE.lines().filter(|line| !unknown.iter().any(|unknown| line.contains(unknown))) {
        let line = line
            .replace("1h30m", "5400")
            .replace("2h 30m", "7200 1800")
            .replace("2w", "1209600")
            .replace("\t@", "\tsample.example.")
            .replace("20 @", "20 sample.example.")
            .replace("tab\tinside", "tab inside");
        text.push_str(&line.replace("1D )", "86400 )").replace("5m IN", "300 IN").replace("ISSUEWILD", "issuewild"));
        text.push('\n');
    }
    let origin = Name::parse("sample.example").unwrap();
    let judged = judged(&text, &origin).unwrap();
    assert!(judged.len() >= 40, "only {} records were judged", judged.len());
    assert_eq!(ours(&text, &origin), judged);
}

proptest! {
    #[test]
    fn written_zones_read_the_same(zone in zone(false)) {
        let text = zonefile::write(&zone);
        let mut refused = BTreeSet::new();
        // One record at a time, since `domain` does not go on after what it does not know.
        for set in zone.iter() {
            for line in text.lines().filter(|line| line.starts_with(&owner(set.name(), zone.name()))) {
                if *set.record_type() == RecordType::Alias || !line.contains(&format!(" IN {} ", set.record_type())) {
                    continue;
                }
                let line = format!("{line}\n");
                match judged(&line, zone.name()) {
                    Ok(judged) if !judged.is_empty() => {
                        let zone = zonefile::read(&line, zone.name()).unwrap().zone;
                        let data = zone.iter().next().unwrap().data().first().unwrap();
                        if data.to_wire().is_some() {
                            prop_assert_eq!(ours(&line, zone.name()), judged, "{}", line);
                        }
                    }
                    _ => drop(refused.insert(set.record_type().to_string())),
                }
            }
        }
        for record_type in ["A", "AAAA", "CNAME", "MX", "NS", "PTR", "SRV", "TXT", "DS", "TLSA", "SSHFP", "SOA"] {
            prop_assert!(!refused.contains(record_type), "{record_type} was refused");
        }
    }
}

fn owner(name: &Name, zone: &Name) -> String {
    match name.relative_to(zone) {
        Some(apex) if apex.is_empty() => "@ ".to_owned(),
        relative => format!("{} ", relative.unwrap()),
    }
}
