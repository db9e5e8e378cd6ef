use std::{cmp::Ordering, collections::BTreeMap};

use howdah_core::testing::{Answer, Fake};
use jiff::{ToSpan, civil::Date, tz::TimeZone};
use serde::{Deserialize, Serialize};

use super::{FakeDnSimple, State as World, refused};
use crate::billing::{
    Charge, DnsAnalytics, DnsAnalyticsCell, DnsAnalyticsQuery, DnsAnalyticsScope, DnsAnalyticsTable, LIST_CHARGES,
    PageInfo, QUERY_DNS_ANALYTICS,
};

#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct State {
    charges: Vec<Charge>,
    denied: bool,
    counted: Vec<Counted>,
}

/// How often a zone was asked on a day.
#[derive(Debug, Serialize, Deserialize)]
struct Counted {
    zone: String,
    date: Date,
    volume: u64,
}

impl FakeDnSimple {
    /// Charges the account, without a request.
    pub fn add_charge(&self, charge: Charge) {
        self.world().state(|world| world.billing.charges.push(charge));
    }

    /// Says whether the token lacks the scope for the account's bills.
    pub fn deny_billing(&self, denied: bool) {
        self.world().state(|world| world.billing.denied = denied);
    }

    /// Lets a zone have been asked so often on a day.
    pub fn count_queries(&self, zone: &str, date: Date, volume: u64) {
        let zone = zone.to_owned();
        let counted = Counted { zone, date, volume };
        self.world().state(|world| world.billing.counted.push(counted));
    }
}

pub(super) fn serve(fake: Fake<World>) -> Fake<World> {
    fake.on(&LIST_CHARGES, |world, [_], filter| {
        if world.billing.denied {
            let message = "Permission Denied. Required Scope: billing:*:read";
            return Err(refused(403, message));
        }
        let in_time = |charge: &&Charge| {
            let date = charge.invoiced_at.map(|at| at.to_zoned(TimeZone::UTC).date());
            date.is_none_or(|date| {
                filter.start_date.is_none_or(|start| date >= start) && filter.end_date.is_none_or(|end| date <= end)
            })
        };
        let mut charges: Vec<_> = world.billing.charges.iter().filter(in_time).collect();
        charges.sort_by_key(|charge| charge.invoiced_at);
        if filter.sort.as_deref() == Some("invoiced:desc") {
            charges.reverse();
        }
        Ok(charges.into_iter().cloned().collect())
    })
    .on(&QUERY_DNS_ANALYTICS, |world, [_], query| analytics(world, query))
}

/// A row: zone and date where it is grouped by them, and the volume.
type Row = (Option<String>, Option<Date>, u64);

fn analytics(world: &World, query: DnsAnalyticsQuery) -> Result<DnsAnalytics, Answer> {
    let today = world.now().to_zoned(TimeZone::UTC).date();
    let start = query.start_date.unwrap_or(today.saturating_sub(31.days()));
    let end = query.end_date.unwrap_or(today.saturating_sub(1.day()));
    if !(0..=31).contains(&(end - start).get_days()) {
        return Err(refused(400, "The dates must be in order and at most 31 days apart"));
    }
    let groupings: Vec<_> = query.groupings.iter().flat_map(|it| it.split(',')).collect();
    if let Some(unknown) = groupings.iter().find(|it| !["zone_name", "date", "volume"].contains(it)) {
        return Err(refused(400, &format!("Unknown grouping `{unknown}`")));
    }
    let (by_zone, by_date) = (groupings.contains(&"zone_name"), groupings.contains(&"date"));

    let mut volumes: BTreeMap<_, u64> = BTreeMap::new();
    for one in &world.billing.counted {
        if (start..=end).contains(&one.date) {
            let key = (by_zone.then(|| one.zone.clone()), by_date.then_some(one.date));
            *volumes.entry(key).or_default() += one.volume;
        }
    }
    let mut rows: Vec<Row> = volumes.into_iter().map(|((zone, date), volume)| (zone, date, volume)).collect();
    let sort = query.sort.as_deref().unwrap_or("date:asc,zone_name:asc");
    rows.sort_by(|one, other| compare(sort, one, other));

    let per_page = query.per_page.unwrap_or(1000).clamp(1, 10_000);
    let page = query.page.unwrap_or(1).max(1);
    let (total, size) = (rows.len(), per_page as usize);
    let pagination = PageInfo {
        current_page: Some(page.into()),
        per_page: Some(per_page.into()),
        total_entries: Some(total as u64),
        total_pages: Some(total.div_ceil(size).max(1) as u64),
    };
    let rows = rows.into_iter().skip((page as usize - 1).saturating_mul(size)).take(size);
    let columns = [("zone_name", by_zone), ("date", by_date), ("volume", true)];
    let headers = columns.iter().filter(|(_, shown)| *shown);
    Ok(DnsAnalytics {
        data: DnsAnalyticsTable {
            rows: rows.map(cells).collect(),
            headers: headers.map(|(name, _)| (*name).to_owned()).collect(),
        },
        query: Some(DnsAnalyticsScope {
            account_id: Some(world.account.id),
            start_date: Some(start),
            end_date: Some(end),
            sort: Some(sort.to_owned()),
            groupings: query.groupings,
            page: Some(page),
            per_page: Some(per_page),
        }),
        pagination: Some(pagination),
    })
}

fn cells((zone, date, volume): Row) -> Vec<DnsAnalyticsCell> {
    let date = date.map(|date| date.to_string());
    let texts = zone.into_iter().chain(date).map(DnsAnalyticsCell::Text);
    texts.chain([DnsAnalyticsCell::Number(volume)]).collect()
}

fn compare(sort: &str, one: &Row, other: &Row) -> Ordering {
    sort.split(',')
        .map(|key| {
            let (column, direction) = key.split_once(':').unwrap_or((key, "asc"));
            let order = match column {
                "zone_name" => one.0.cmp(&other.0),
                "date" => one.1.cmp(&other.1),
                "volume" => one.2.cmp(&other.2),
                _ => Ordering::Equal,
            };
            if direction == "desc" { order.reverse() } else { order }
        })
        .fold(Ordering::Equal, Ordering::then)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    /// The document's type of `groupings` allows one of them, its words several.
    #[test]
    fn queries_are_counted_by_zone_and_day() {
        let fake = FakeDnSimple::at(howdah_core::Clock::starting_at("2024-09-01T12:00:00Z".parse().unwrap()));
        for (zone, day, volume) in [("b.com", 2, 5), ("a.com", 2, 7), ("a.com", 1, 1), ("a.com", 2, 3)] {
            fake.count_queries(zone, date(2024, 8, day), volume);
        }
        let query = DnsAnalyticsQuery::new().with_groupings("date,zone_name");
        let counted = fake.world().state(|world| analytics(world, query)).unwrap();
        assert_eq!(counted.data.headers, ["zone_name", "date", "volume"]);
        let rows: Vec<_> =
            counted.rows().map(|row| (row.zone_name.unwrap(), row.date.unwrap().day(), row.volume.unwrap())).collect();
        assert_eq!(rows, [("a.com", 1, 1), ("a.com", 2, 10), ("b.com", 2, 5)]);
    }
}
