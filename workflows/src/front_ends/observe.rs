//! What there is.

use std::collections::{BTreeMap, BTreeSet};

use howdah_core::{Error, ErrorKind, Result, Secret};
use howdah_digitalocean::{
    droplets::{Droplet, DropletFilter, DropletId},
    images::{ImageFilter, ImageId},
    load_balancers::{EntryProtocol, ForwardingRule, LoadBalancer},
    monitoring::metrics::{Metrics, Series, Span},
};
use jiff::{SignedDuration, Timestamp};
use rust_decimal::Decimal;

use super::{Desired, FrontEnds};

/// The load balancer and everything that is, was or will be behind it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Observed {
    /// The load balancer.
    pub balancer: LoadBalancer,
    /// What new ones are made from.
    pub image: ImageId,
    /// By their names.
    pub front_ends: Vec<FrontEnd>,
    /// How many Droplets the account has, whatever they are for.
    pub droplets: u64,
    /// How many it may have, where that is told.
    pub droplet_limit: Option<u64>,
    /// What a size costs a month.
    pub(super) prices: BTreeMap<String, Decimal>,
    /// Tags of what was drained and is gone.
    pub(super) spent_tags: Vec<String>,
    /// What distinguishes this order from others.
    pub(super) generation: String,
}

/// A Droplet behind the load balancer, or on its way in or out.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct FrontEnd {
    /// The machine.
    pub droplet: Droplet,
    /// Whether it is behind the load balancer.
    pub member: bool,
    /// Whether it is behind the load balancer and passes its checks. What is not known is no.
    pub healthy: bool,
    /// Since when it is drained, or was to be.
    pub draining_since: Option<Timestamp>,
    /// Whether it is as one that would be ordered now.
    pub current: bool,
}

/// What is looked up once in a run, so that all of it orders alike.
#[derive(Clone, Debug)]
pub(super) struct Catalog {
    image: ImageId,
    prices: BTreeMap<String, Decimal>,
    droplet_limit: Option<u64>,
}

/// How far back checks are asked for.
const RECENT: SignedDuration = SignedDuration::from_mins(10);

impl Observed {
    /// How many front ends are healthy behind the load balancer.
    pub fn healthy(&self) -> usize {
        self.front_ends.iter().filter(|front_end| front_end.healthy).count()
    }

    /// What the front ends that there are cost a month, in US dollars.
    pub fn monthly_cost(&self) -> Decimal {
        let prices = self.front_ends.iter().map(|front_end| {
            let droplet = &front_end.droplet;
            let by_slug = droplet.size_slug.as_ref().and_then(|slug| self.price(slug));
            by_slug.or_else(|| droplet.size.as_ref().map(|size| size.price_monthly)).unwrap_or_default()
        });
        prices.sum()
    }

    /// What one of a size costs a month, in US dollars.
    pub fn price(&self, size: &str) -> Option<Decimal> {
        self.prices.get(size).copied()
    }

    pub(super) fn healthy_without(&self, droplet: DropletId) -> usize {
        self.front_ends.iter().filter(|front_end| front_end.healthy && front_end.droplet.id != droplet).count()
    }

    /// The tag that puts Droplets behind the load balancer, unless their numbers do.
    pub(super) fn tag_of_members(&self) -> Option<&str> {
        tag_of(&self.balancer)
    }

    pub(super) fn speaks(&self, protocol: &EntryProtocol) -> bool {
        self.balancer.forwarding_rules.iter().any(|rule| speaks(rule, protocol))
    }

    pub(super) fn does_tls(&self) -> bool {
        self.balancer.forwarding_rules.iter().any(does_tls)
    }
}

fn tag_of(balancer: &LoadBalancer) -> Option<&str> {
    balancer.tag.as_deref().filter(|tag| !tag.is_empty())
}

/// Whether a rule does TLS on port 443 over TCP.
pub(super) fn does_tls(rule: &ForwardingRule) -> bool {
    is_https(rule) || speaks(rule, &EntryProtocol::Http2)
}

pub(super) fn is_https(rule: &ForwardingRule) -> bool {
    speaks(rule, &EntryProtocol::Https)
}

pub(super) fn speaks(rule: &ForwardingRule, protocol: &EntryProtocol) -> bool {
    rule.entry_protocol == *protocol && rule.entry_port == 443 && rule.tls_passthrough != Some(true)
}

impl FrontEnds {
    pub(super) async fn look(&self) -> Result<Observed> {
        let balancer = self.find_balancer().await?;
        let Catalog { image, prices, droplet_limit } = self.catalog.get_or_try_init(|| self.look_up()).await?.clone();
        let all = self.ocean.droplets().list(DropletFilter::new()).all().await?;
        let droplets = all.len() as u64;
        let span = Span::last(RECENT, self.clock.now());
        let checks = self.ocean.monitoring().droplets_health_checks(&balancer.id, span).await?;
        let generation = generation(&self.desired, image);

        let by_number: BTreeSet<_> = balancer.droplet_ids.iter().copied().collect();
        let is_member = |droplet: &Droplet| match tag_of(&balancer) {
            Some(tag) => droplet.tags.iter().any(|one| one == tag),
            None => by_number.contains(&droplet.id),
        };
        let pool = self.desired.tag();
        let ours = all.into_iter().filter(|droplet| is_member(droplet) || droplet.tags.contains(&pool));
        let mut front_ends: Vec<_> = ours
            .map(|droplet| {
                let member = is_member(&droplet);
                let healthy = member && passes(&checks, &droplet);
                let draining_since = draining_since(&self.desired, &droplet);
                let current = is_current(&self.desired, image, &generation, &droplet);
                FrontEnd { droplet, member, healthy, draining_since, current }
            })
            .collect();
        front_ends.sort_by(|one, other| one.droplet.name.cmp(&other.droplet.name));

        let in_use: BTreeSet<_> = front_ends.iter().flat_map(|one| one.droplet.tags.iter().cloned()).collect();
        let tags = self.ocean.tags().list().all().await?.into_iter().map(|tag| tag.name);
        let spent = |tag: &String| tag.starts_with(&self.desired.draining()) && !in_use.contains(tag);
        let spent_tags = tags.filter(spent).collect();
        Ok(Observed { balancer, image, front_ends, droplets, droplet_limit, prices, spent_tags, generation })
    }

    pub(super) async fn find_balancer(&self) -> Result<LoadBalancer> {
        let there = self.ocean.load_balancers().list().all().await?;
        let meant = |one: &&LoadBalancer| [&one.name, one.id.get()].contains(&&self.desired.load_balancer);
        if let Some(found) = there.iter().find(meant) {
            return Ok(found.clone());
        }
        let names: Vec<_> = there.iter().map(|one| one.name.as_str()).collect();
        Err(missing("load balancer", &self.desired.load_balancer, &names))
    }

    async fn look_up(&self) -> Result<Catalog> {
        let sizes = self.ocean.sizes().list().all().await?;
        if !sizes.iter().any(|size| size.slug == self.desired.size) {
            return Err(Error::invalid(format!("there is no size `{}`", self.desired.size)));
        }
        Ok(Catalog {
            image: self.find_image().await?,
            prices: sizes.into_iter().map(|size| (size.slug, size.price_monthly)).collect(),
            droplet_limit: self.ocean.account().get().await?.droplet_limit,
        })
    }

    async fn find_image(&self) -> Result<ImageId> {
        if let Ok(number) = self.desired.image.parse::<u64>() {
            return Ok(ImageId::new(number));
        }
        let own = self.ocean.images().list(ImageFilter::new().with_private(true)).all().await?;
        let called = own.iter().filter(|image| image.name.as_ref() == Some(&self.desired.image));
        let here = called.filter(|image| image.regions.iter().any(|region| region.as_str() == self.desired.region));
        if let Some(newest) = here.max_by_key(|image| image.created_at) {
            return Ok(newest.id);
        }
        let names: Vec<_> = own.iter().filter_map(|image| image.name.as_deref()).collect();
        Err(missing("image", &format!("{} in {}", self.desired.image, self.desired.region), &names))
    }
}

fn missing(what: &str, name: &str, there: &[&str]) -> Error {
    let there = if there.is_empty() { "there are none".to_owned() } else { format!("there is {}", there.join(", ")) };
    Error::new(ErrorKind::NotFound, format!("there is no {what} {name}; {there}"))
}

/// A short word that is another one as soon as anything else would be ordered.
fn generation(desired: &Desired, image: ImageId) -> String {
    let mut hash = blake3::Hasher::new();
    let keys: Vec<_> = desired.ssh_keys.iter().map(ToString::to_string).collect();
    let user_data = desired.user_data.as_ref().map(Secret::expose);
    let image = image.to_string();
    for part in [
        desired.size.as_str(),
        &image,
        &desired.region,
        desired.vpc_uuid.as_deref().unwrap_or_default(),
        &keys.join(","),
        user_data.unwrap_or_default(),
        if desired.monitoring { "monitoring" } else { "" },
    ] {
        hash.update(&(part.len() as u64).to_le_bytes()).update(part.as_bytes());
    }
    hash.finalize().to_hex()[..6].to_owned()
}

/// The generation and the number in a name that this job has given.
pub(super) fn parts_of<'n>(pool: &str, name: &'n str) -> Option<(&'n str, usize)> {
    let (generation, number) = name.strip_prefix(pool)?.strip_prefix('-')?.split_once('-')?;
    let is_generation = generation.len() == 6 && generation.bytes().all(|byte| byte.is_ascii_hexdigit());
    Some((generation, number.parse().ok().filter(|_| is_generation)?))
}

fn is_current(desired: &Desired, image: ImageId, generation: &str, droplet: &Droplet) -> bool {
    let sized = droplet.size_slug.as_ref() == Some(&desired.size);
    let here = droplet.region.as_ref().is_some_and(|region| region.slug.as_str() == desired.region);
    let made = match parts_of(&desired.pool, &droplet.name) {
        Some((found, _)) => found == generation,
        // Somebody has made it by hand.
        None => droplet.image.as_ref().is_some_and(|found| found.id == image),
    };
    sized && here && made
}

fn draining_since(desired: &Desired, droplet: &Droplet) -> Option<Timestamp> {
    let prefix = desired.draining();
    let seconds = droplet.tags.iter().filter_map(|tag| tag.strip_prefix(&prefix)?.parse::<i64>().ok());
    // Where a run was killed between two tags, what is later is safer.
    Timestamp::from_second(seconds.max()?).ok()
}

/// Whether the last check of a Droplet was passed. Which label names it is not published, so any will do.
fn passes(checks: &Metrics, droplet: &Droplet) -> bool {
    let mut names = vec![droplet.id.to_string(), droplet.name.clone()];
    names.extend([droplet.public_v4(), droplet.private_v4()].into_iter().flatten().map(|address| address.to_string()));
    let series = checks.data.result.iter().find(|series| series.metric.values().any(|label| names.contains(label)));
    series.and_then(Series::latest).is_some_and(|latest| latest >= 1.0)
}
