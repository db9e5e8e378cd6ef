//! Planning between two zones: the time, and how it grows with their size.

#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::{
    hint::black_box,
    time::{Duration, Instant},
};

use howdah_core::dns::{Name, Plan, RecordData, RecordSet, Scope, Ttl, Zone};

const RUNS: usize = 9;

/// A zone of `sets` A sets, of which every tenth differs between the two generations and every hundredth is missing in one.
fn zone(sets: u32, generation: u8) -> Zone {
    let apex = Name::parse("example.org").unwrap();
    let set = |number: u32| {
        let name = apex.child(&format!("host{number:06}")).unwrap();
        let last = if number.is_multiple_of(10) { generation } else { 0 };
        let address = RecordData::A([192, 0, 2, last].into());
        RecordSet::new(name, Ttl::Seconds(300), [address]).unwrap()
    };
    let present = (0..sets).filter(|number| number % 100 != u32::from(generation));
    Zone::try_from_sets(apex.clone(), present.map(set)).unwrap()
}

fn median(sets: u32) -> Duration {
    let (current, desired) = (zone(sets, 1), zone(sets, 2));
    let mut times: Vec<_> = (0..RUNS)
        .map(|_| {
            let started = Instant::now();
            let plan = black_box(Plan::between(&current, &desired, &Scope::WholeZone));
            let took = started.elapsed();
            assert_eq!(plan.changes().len(), sets as usize * 3 / 25, "a tenth updated, two hundredths made and unmade");
            took
        })
        .collect();
    times.sort();
    times[RUNS / 2]
}

fn main() {
    let (small, large) = (median(10_000), median(100_000));
    println!("plan, 10,000 record sets:  {:8.2} ms", small.as_secs_f64() * 1e3);
    println!("plan, 100,000 record sets: {:8.2} ms", large.as_secs_f64() * 1e3);
    println!("growth for ten times as many: {:.1} (linear is 10)", large.as_secs_f64() / small.as_secs_f64());
}
