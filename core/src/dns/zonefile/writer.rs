//! Writing zone files.

use std::fmt::Write as _;

use crate::dns::{RecordSet, RecordType, Ttl, Zone};

pub(super) fn write(zone: &Zone) -> String {
    let mut out = format!("$ORIGIN {}\n", zone.name());
    let automatic = zone.iter().any(|set| set.ttl() == Ttl::Auto || set.is_proxied());
    if automatic {
        // The reader takes 1 as automatic because of this line.
        out.push_str("; cf_tags=: a TTL of 1 means that the provider chooses\n");
    }
    let is_soa = |set: &&RecordSet| *set.record_type() == RecordType::Soa;
    for set in zone.iter().filter(is_soa).chain(zone.iter().filter(|set| !is_soa(set))) {
        write_set(zone, set, automatic, &mut out);
    }
    out
}

fn write_set(zone: &Zone, set: &RecordSet, automatic: bool, out: &mut String) {
    let owner = match set.name().relative_to(zone.name()) {
        Some(apex) if apex.is_empty() => "@".to_owned(),
        Some(relative) => relative,
        None => set.name().to_string(),
    };
    let ttl = match set.ttl() {
        Ttl::Auto => "1".to_owned(),
        Ttl::Seconds(1) if automatic => "1s".to_owned(),
        Ttl::Seconds(seconds) => seconds.to_string(),
    };
    let comment = if set.is_proxied() { " ; cf_tags=cf-proxied:true" } else { "" };
    for data in set.data() {
        // Writing to a String cannot fail.
        let _ = writeln!(out, "{owner} {ttl} IN {} {data}{comment}", set.record_type());
    }
}
