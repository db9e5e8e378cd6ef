//! What is to be done.

use std::collections::BTreeSet;

use howdah_digitalocean::{
    droplets::DropletStatus,
    load_balancers::{EntryProtocol, LoadBalancer, LoadBalancerStatus, LoadBalancerType},
};
use jiff::{SignedDuration, Timestamp};

use super::{
    Desired,
    observe::{FrontEnd, Observed, parts_of},
};
use crate::engine::{State, Step, Steps};

/// How long one looks away while a machine starts or proves that it is well.
const STARTING: SignedDuration = SignedDuration::from_secs(15);

/// So many Droplets can be behind a load balancer by their numbers.
const MOST_BY_NUMBER: usize = 10;

pub(super) fn steps(desired: &Desired, seen: &Observed, now: Timestamp) -> Steps {
    let Sorted { stay, leave } = sort(desired, seen);
    let missing = desired.wanted().saturating_sub(stay.len());
    let complete = missing == 0 && stay.iter().all(|front_end| front_end.healthy);
    let room = seen
        .droplet_limit
        .map_or(usize::MAX, |limit| usize::try_from(limit.saturating_sub(seen.droplets)).unwrap_or(usize::MAX));
    let places = match seen.tag_of_members() {
        Some(_) => usize::MAX,
        None => MOST_BY_NUMBER.saturating_sub(seen.balancer.droplet_ids.len()),
    };
    let joining = stay.iter().filter(|front_end| !front_end.member).count();
    let cramped = missing > 0 && room == 0 || joining > places;
    let first_to_go = cramped.then(|| next_to_go(desired, seen, &leave)).flatten();
    // Whether something goes on after which more can be done.
    let leaving = leave.iter().any(|front_end| !front_end.member) || first_to_go.is_some();
    let starting = stay.iter().any(|front_end| {
        let is_new = front_end.droplet.status == DropletStatus::New;
        is_new || front_end.member && !front_end.healthy
    });
    let stuck = missing + joining > 0 && places == 0 && !starting && !leaving;
    // Ten that are all needed leave no place for another one, now or later.
    let never = desired.count >= MOST_BY_NUMBER && places < MOST_BY_NUMBER && leave.iter().any(|one| one.member);
    let full = never || stuck && next_to_go(desired, seen, &leave).is_none();

    let fault = fault(desired, seen).or_else(|| full.then(|| no_place(seen)));
    let mut steps: Vec<_> = fault.into_iter().chain(protocols(desired, seen)).collect();
    for (index, name) in free_names(desired, seen).take(missing).enumerate() {
        let step = Step::new(format!("order {name}"), format!("order {name}"));
        let step = step.with_detail(format!("{}, {} USD a month", desired.size, price(seen, &desired.size)));
        steps.push(if index < room {
            step
        } else if room > 0 || leaving || starting || joining > 0 {
            later(step)
        } else {
            let limit = seen.droplet_limit.unwrap_or_default();
            step.blocked(
                format!("the account may have {limit} Droplets and has as many, and no front end can be spared"),
                "ask DigitalOcean for a higher limit, or destroy a Droplet that nobody needs",
            )
        });
    }
    let mut free = places;
    for front_end in stay {
        let step = join(front_end, now);
        steps.push(if step.state == State::Ready && free == 0 { later(step) } else { step });
        free = free.saturating_sub(usize::from(!front_end.member));
    }
    for front_end in leave {
        let may_go = complete || first_to_go == Some(front_end.droplet.name.as_str());
        steps.push(take_away(desired, seen, front_end, may_go, now));
    }
    steps.push(tidy(seen));
    // What cannot be, is told before anything is paid for.
    match steps.first().map(|step| &step.state) {
        Some(State::Blocked { .. }) => Steps::in_sequence(steps),
        _ => Steps::in_any_order(steps),
    }
}

/// What nothing that is done here would change.
fn fault(desired: &Desired, seen: &Observed) -> Option<Step> {
    let LoadBalancer { name, region, load_balancer_type, status, .. } = &seen.balancer;
    let elsewhere = region.as_ref().map(|region| &region.slug).filter(|slug| slug.as_str() != desired.region);
    let (because, remedy) = if *load_balancer_type == Some(LoadBalancerType::Global) {
        (
            format!("the load balancer {name} is a global one, and has no Droplets of its own"),
            "name one of those behind it",
        )
    } else if let Some(elsewhere) = elsewhere {
        (
            format!(
                "the load balancer {name} is in {elsewhere}, and front ends in {} cannot be behind it",
                desired.region
            ),
            "name its own region",
        )
    } else if *status == Some(LoadBalancerStatus::Errored) {
        (format!("the load balancer {name} could not be made"), "delete it and order another one")
    } else if desired.wanted() > MOST_BY_NUMBER && seen.tag_of_members().is_none() {
        (
            format!("the load balancer {name} takes {MOST_BY_NUMBER} Droplets at most by their numbers"),
            "let it choose by a tag",
        )
    } else {
        return None;
    };
    Some(Step::new("possible", "see that it can be").blocked(because, remedy))
}

/// Where as many are behind the load balancer as can be, and each of them is needed.
fn no_place(seen: &Observed) -> Step {
    Step::new("possible", "see that it can be").blocked(
        format!(
            "the load balancer {} takes {MOST_BY_NUMBER} Droplets at most by their numbers, and none can be spared",
            seen.balancer.name
        ),
        "let it choose by a tag, or ask for one less for as long as this takes",
    )
}

/// The front ends that stay, and the others.
struct Sorted<'o> {
    stay: Vec<&'o FrontEnd>,
    leave: Vec<&'o FrontEnd>,
}

fn sort<'o>(desired: &Desired, seen: &'o Observed) -> Sorted<'o> {
    let is_good = |front_end: &&FrontEnd| front_end.current && front_end.draining_since.is_none();
    let (mut stay, mut leave): (Vec<_>, Vec<_>) = seen.front_ends.iter().partition(is_good);
    // Those that were ordered first, unless they are unwell.
    stay.sort_by_key(|front_end| {
        let number = parts_of(&desired.pool, &front_end.droplet.name).map(|(_, number)| number);
        (!front_end.healthy, number, &front_end.droplet.name)
    });
    let superfluous = stay.split_off(stay.len().min(desired.wanted()));
    leave.extend(superfluous);
    Sorted { stay, leave }
}

/// Names that no front end of this order has.
fn free_names(desired: &Desired, seen: &Observed) -> impl Iterator<Item = String> {
    let taken: BTreeSet<_> = seen.front_ends.iter().map(|front_end| front_end.droplet.name.clone()).collect();
    let (pool, generation) = (desired.pool.clone(), seen.generation.clone());
    (1..).map(move |number| format!("{pool}-{generation}-{number}")).filter(move |name| !taken.contains(name))
}

/// Who can be spared although not all new ones are there, since there is no room for them: one at a time.
fn next_to_go<'o>(desired: &Desired, seen: &Observed, leave: &[&'o FrontEnd]) -> Option<&'o str> {
    let under_way = leave.iter().any(|front_end| !front_end.member);
    let can_be_spared = |front_end: &&&FrontEnd| seen.healthy_without(front_end.droplet.id) >= desired.count;
    let mut candidates: Vec<_> = leave.iter().filter(can_be_spared).collect();
    candidates.sort_by_key(|front_end| (front_end.draining_since.is_none(), front_end.healthy));
    candidates.first().filter(|_| !under_way).map(|front_end| front_end.droplet.name.as_str())
}

fn protocols(desired: &Desired, seen: &Observed) -> Option<Step> {
    let wanted = [(desired.http2, EntryProtocol::Http2, "HTTP/2"), (desired.http3, EntryProtocol::Http3, "HTTP/3")];
    let named: Vec<_> = wanted.iter().filter(|(wanted, ..)| *wanted).map(|(.., name)| *name).collect();
    if named.is_empty() {
        return None;
    }
    let step = Step::new("protocols", format!("speak {} on port 443", named.join(" and ")));
    let spoken = wanted.iter().all(|(wanted, protocol, _)| !wanted || seen.speaks(protocol));
    Some(if spoken {
        step.done()
    } else if seen.does_tls() {
        step
    } else {
        step.blocked(
            format!("the load balancer {} has no rule that does TLS on port 443", seen.balancer.name),
            "give it a rule for HTTPS with a certificate first",
        )
    })
}

fn join(front_end: &FrontEnd, now: Timestamp) -> Step {
    let name = &front_end.droplet.name;
    let step = Step::new(format!("join {name}"), format!("put {name} behind the load balancer"));
    let soon = now + STARTING;
    match &front_end.droplet.status {
        _ if front_end.healthy => step.done(),
        DropletStatus::New => step.waiting(soon, format!("{name} to start")),
        DropletStatus::Active if front_end.member => step.waiting(soon, format!("{name} to pass its checks")),
        DropletStatus::Active => step,
        status => step.blocked(
            format!("{name} does not run: its status is {status}"),
            "power it on, or destroy it, and another takes its place",
        ),
    }
}

fn take_away(desired: &Desired, seen: &Observed, front_end: &FrontEnd, may_go: bool, now: Timestamp) -> Step {
    let name = &front_end.droplet.name;
    let size = front_end.droplet.size_slug.as_deref().unwrap_or_default();
    let saved = format!("{size}, {} USD a month less", price(seen, size));
    let drain = || Step::new(format!("drain {name}"), format!("drain {name}"));
    let destroy = || Step::new(format!("destroy {name}"), format!("destroy {name}")).with_detail(saved);
    match front_end.draining_since {
        _ if front_end.droplet.locked => destroy().waiting(now + STARTING, format!("{name}, which is locked")),
        _ if front_end.member && may_go => drain(),
        _ if front_end.member => later(drain()),
        Some(since) if since + desired.drain > now => {
            destroy().waiting(since + desired.drain, format!("the last requests to {name}"))
        }
        // It serves nobody.
        _ => destroy(),
    }
}

fn tidy(seen: &Observed) -> Step {
    let step = Step::new("tidy", "delete the tags of what was drained");
    if seen.spent_tags.is_empty() { step.done() } else { step }
}

fn price(seen: &Observed, size: &str) -> String {
    seen.price(size).map_or_else(|| "?".to_owned(), |price| format!("{price:.2}"))
}

fn later(step: Step) -> Step {
    Step { state: State::Later, ..step }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    const GENERATION: &str = "abcdef";

    /// A front end in any state that can be met.
    #[derive(Clone, Debug)]
    #[allow(clippy::struct_excessive_bools)]
    struct Drawn {
        status: &'static str,
        member: bool,
        passes: bool,
        current: bool,
        draining: Option<i64>,
        locked: bool,
    }

    fn drawn() -> impl Strategy<Value = Drawn> {
        let status = prop_oneof![1 => Just("new"), 20 => Just("active"), 1 => Just("off")];
        // Mostly as they are in the midst of a change, where it is easiest to go wrong.
        let flags = [0.9, 0.9, 0.4, 0.02].map(prop::bool::weighted);
        (status, flags, prop::option::weighted(0.05, 0..200i64)).prop_map(
            |(status, [member, passes, current, locked], draining)| Drawn {
                status,
                member,
                passes,
                current,
                draining,
                locked,
            },
        )
    }

    fn seen(drawn: &[Drawn], by_tag: bool, limit: Option<u64>, others: u64) -> Observed {
        let mut numbers = Vec::new();
        let front_ends = drawn.iter().zip(1u64..).map(|(one, id)| {
            // Nobody has more behind it by number.
            let member = one.member && (by_tag || numbers.len() < MOST_BY_NUMBER);
            if member {
                numbers.push(id);
            }
            let generation = if one.current { GENERATION } else { "000000" };
            let droplet = json!({
                "id": id, "name": format!("web-{generation}-{id}"), "status": one.status, "locked": one.locked,
            });
            FrontEnd {
                droplet: serde_json::from_value(droplet).unwrap(),
                member,
                healthy: member && one.passes && one.status == "active",
                draining_since: one.draining.map(|second| Timestamp::from_second(second).unwrap()),
                current: one.current,
            }
        });
        let front_ends: Vec<_> = front_ends.collect();
        let tag = if by_tag { "web" } else { "" };
        let balancer = json!({"id": "4de7ac8b", "name": "web", "tag": tag, "droplet_ids": numbers, "status": "active"});
        Observed {
            balancer: serde_json::from_value(balancer).unwrap(),
            image: 1.into(),
            droplets: front_ends.len() as u64 + others,
            front_ends,
            droplet_limit: limit,
            prices: BTreeMap::new(),
            spent_tags: Vec::new(),
            generation: GENERATION.to_owned(),
        }
    }

    proptest! {
        // What is dangerous is rare among what is drawn.
        #![proptest_config(ProptestConfig::with_cases(5000))]

        #[test]
        fn any_state_leads_on_and_nobody_goes_who_is_needed(
            drawn in prop::collection::vec(drawn(), 0..14),
            (count, spare) in (1usize..=10, any::<bool>()),
            (by_tag, room, others) in (any::<bool>(), prop::option::of(0u64..4), 0u64..3),
        ) {
            let limit = room.map(|room| drawn.len() as u64 + others + room);
            let mut desired = Desired::new("web", count, "s-2vcpu-4gb", "1", "nyc3", "web");
            desired.spare = spare;
            let seen = seen(&drawn, by_tag, limit, others);
            let steps = steps(&desired, &seen, Timestamp::from_second(100).unwrap());

            let leads_on = |step: &Step| !matches!(step.state, State::Done | State::Later);
            prop_assert!(steps.all_done() || steps.iter().any(leads_on), "{steps}");
            let ready = |what: &str| {
                let named = steps.ready().filter_map(|step| step.id.strip_prefix(what)?.strip_prefix(' '));
                named.map(str::to_owned).collect::<Vec<_>>()
            };
            let named = |name: &String| seen.front_ends.iter().find(|one| one.droplet.name == *name).unwrap();
            for name in ready("drain") {
                prop_assert!(seen.healthy_without(named(&name).droplet.id) >= count, "{steps}");
            }
            for name in ready("destroy") {
                prop_assert!(!named(&name).member, "{steps}");
            }
            let room = limit.map_or(u64::MAX, |limit| limit.saturating_sub(seen.droplets));
            let kept = seen.front_ends.iter().filter(|one| one.current && one.draining_since.is_none()).count();
            prop_assert!(ready("order").len() as u64 <= room, "{steps}");
            prop_assert!(ready("order").len() + kept <= desired.wanted().max(kept), "{steps}");
            let places = if by_tag { usize::MAX } else { MOST_BY_NUMBER - seen.balancer.droplet_ids.len() };
            prop_assert!(ready("join").len() <= places, "{steps}");
        }
    }
}
