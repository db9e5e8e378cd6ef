//! Brings the front ends behind a load balancer at DigitalOcean to a number and a size, from an image, one after the other
//! and never with fewer healthy ones than asked for.
//!
//! Front ends are the Droplets that are behind the load balancer, however they came there, and those that this job has
//! ordered for it. Those that are of another size, image or region than wanted are replaced: new ones are ordered, put
//! behind the load balancer and seen to be healthy before an old one is drained and destroyed. Where the account's limit of
//! Droplets leaves no room for that, old ones go one at a time, as long as enough healthy ones stay.
//!
//! What is in progress is written at the provider and not here: the name of a Droplet tells what it was ordered as, so none
//! is ordered twice, and a tag tells since when one is drained. So a run that is killed is continued by any other.
//!
//! ```
//! use howdah_workflows::{engine::{self, Run}, front_ends::{Desired, FrontEnds}};
//! # use howdah_core::Clock;
//! # use howdah_digitalocean::{load_balancers::{ForwardingRule, NewLoadBalancer}, testing::FakeDigitalOcean};
//! # #[tokio::main(flavor = "current_thread", start_paused = true)]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let clock = Clock::system();
//! # let fake = FakeDigitalOcean::at(clock.clone());
//! # fake.add_snapshot("mastodon-web", "nyc3");
//! # let ocean = fake.client();
//! # let new = NewLoadBalancer::new("web", vec![ForwardingRule::new("http", 80u16, "http", 80u16)]);
//! # ocean.load_balancers().create(new.with_region("nyc3").with_droplet_ids([])).await?;
//!
//! let desired = Desired::new("web", 2, "s-2vcpu-4gb", "mastodon-web", "nyc3", "web");
//! let job = FrontEnds::new(ocean, desired, clock.clone())?;
//! let (seen, steps) = engine::plan(&job, &clock).await?;
//! println!("{steps}\n{} dollars a month, and then {}", seen.monthly_cost(), job.monthly_cost(&seen));
//!
//! let outcome = engine::apply(&job, &Run::on(clock).waiting(true)).await?;
//! assert!(outcome.is_complete());
//! assert_eq!(outcome.observed.healthy(), 2);
//! # Ok(()) }
//! ```

mod observe;
mod plan;

use async_trait::async_trait;
use howdah_core::{
    Clock, Error, ErrorKind, Result, Secret,
    certificate::{TlsEndpoint, tls::Observer},
};
use howdah_digitalocean::{
    DigitalOcean,
    droplets::{DropletId, NewDroplet},
    load_balancers::EntryProtocol,
    ssh_keys::SshKeyRef,
    tags::{ResourceType, TaggedResource},
};
use jiff::{SignedDuration, Timestamp};
use rust_decimal::Decimal;
use tokio::sync::OnceCell;

use observe::Catalog;
pub use observe::{FrontEnd, Observed};

use crate::engine::{Check, Step, Steps, Workflow};

/// What the front ends are to be.
#[derive(Clone, Debug)]
#[non_exhaustive]
#[allow(clippy::struct_excessive_bools)]
pub struct Desired {
    /// What they are called, which their names begin with: letters, digits and dashes.
    pub pool: String,
    /// How many are to be healthy, at least and in the end.
    pub count: usize,
    /// The slug of their size.
    pub size: String,
    /// What they are made from: the number of an image, or the name of a snapshot, of which the newest is meant.
    pub image: String,
    /// The slug of the region.
    pub region: String,
    /// The name or the id of the load balancer that they are behind.
    pub load_balancer: String,
    /// The network that they are in; the region's default one without it.
    pub vpc_uuid: Option<String>,
    /// Who may log in as root.
    pub ssh_keys: Vec<SshKeyRef>,
    /// What cloud-init is given at the first start.
    pub user_data: Option<Secret>,
    /// Whether the agent for metrics is installed.
    pub monitoring: bool,
    /// Whether the load balancer is to speak HTTP/2 on port 443.
    pub http2: bool,
    /// Whether the load balancer is to speak HTTP/3 on port 443.
    pub http3: bool,
    /// How long requests may take to end, after a front end is taken from behind the load balancer.
    pub drain: SignedDuration,
    /// Whether there is to be one more, as for the time of a maintenance.
    pub spare: bool,
}

impl Desired {
    /// So many front ends of a size, from an image, in a region, behind a load balancer.
    pub fn new(
        pool: impl Into<String>,
        count: usize,
        size: impl Into<String>,
        image: impl Into<String>,
        region: impl Into<String>,
        load_balancer: impl Into<String>,
    ) -> Self {
        Self {
            pool: pool.into(),
            count,
            size: size.into(),
            image: image.into(),
            region: region.into(),
            load_balancer: load_balancer.into(),
            vpc_uuid: None,
            ssh_keys: Vec::new(),
            user_data: None,
            monitoring: false,
            http2: false,
            http3: false,
            drain: SignedDuration::from_secs(60),
            spare: false,
        }
    }

    fn check(&self) -> Result<()> {
        let wrong = |why: String| Err(Error::invalid(why));
        if self.count == 0 {
            return wrong("`count` is 0: at least one front end is needed".to_owned());
        }
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '-';
        let pool = self.pool.as_str();
        if pool.is_empty() || pool.len() > 40 || !pool.chars().all(plain) || pool.starts_with('-') {
            return wrong(format!("`pool` is `{pool}`: letters, digits and dashes are meant, at most 40"));
        }
        for (name, value) in [
            ("size", &self.size),
            ("image", &self.image),
            ("region", &self.region),
            ("load_balancer", &self.load_balancer),
        ] {
            if value.trim().is_empty() {
                return wrong(format!("`{name}` is empty"));
            }
        }
        if self.drain.is_negative() {
            return wrong("`drain` is negative".to_owned());
        }
        Ok(())
    }

    /// How many there are to be, a spare one included.
    fn wanted(&self) -> usize {
        self.count + usize::from(self.spare)
    }

    /// The tag of what belongs to the pool, wherever it is.
    fn tag(&self) -> String {
        format!("front-end:{}", self.pool)
    }

    /// What the tags of those begin with that are drained.
    fn draining(&self) -> String {
        format!("draining:{}:", self.pool)
    }
}

/// The job.
#[derive(Debug)]
pub struct FrontEnds {
    ocean: DigitalOcean,
    desired: Desired,
    clock: Clock,
    edge: Option<(Observer, String)>,
    catalog: OnceCell<Catalog>,
}

impl FrontEnds {
    /// A job for a load balancer of this account.
    pub fn new(ocean: DigitalOcean, desired: Desired, clock: Clock) -> Result<Self> {
        desired.check()?;
        Ok(Self { ocean, desired, clock, edge: None, catalog: OnceCell::new() })
    }

    /// Sees by a handshake for a host that HTTP/2 is spoken in the end.
    #[must_use]
    pub fn seen_by(self, observer: Observer, host: impl Into<String>) -> Self {
        Self { edge: Some((observer, host.into())), ..self }
    }

    /// What all front ends will cost a month, in US dollars.
    pub fn monthly_cost(&self, observed: &Observed) -> Decimal {
        observed.price(&self.desired.size).unwrap_or_default() * Decimal::from(self.desired.wanted())
    }

    async fn order(&self, name: &str, observed: &Observed) -> Result<()> {
        let Desired { size, region, vpc_uuid, ssh_keys, user_data, monitoring, .. } = &self.desired;
        let mut new = NewDroplet::new(name, size.as_str(), observed.image)
            .with_region(region.as_str())
            .with_tags([self.desired.tag()])
            .with_monitoring(*monitoring);
        if let Some(vpc) = vpc_uuid {
            new = new.with_vpc_uuid(vpc.as_str());
        }
        if !ssh_keys.is_empty() {
            new = new.with_ssh_keys(ssh_keys.clone());
        }
        if let Some(data) = user_data {
            new = new.with_user_data(data.clone());
        }
        self.ocean.droplets().create(new).await.map(drop)
    }

    async fn join(&self, droplet: DropletId, observed: &Observed) -> Result<()> {
        match observed.tag_of_members() {
            Some(tag) => self.tag(tag, droplet).await,
            None => self.ocean.load_balancers().add_droplets(&observed.balancer.id, [droplet]).await,
        }
    }

    /// Takes a front end from behind the load balancer, after it was written down that and since when it is drained.
    async fn drain(&self, front_end: &FrontEnd, observed: &Observed) -> Result<()> {
        let droplet = front_end.droplet.id;
        // Somebody may have become unwell since.
        if self.look().await?.healthy_without(droplet) < self.desired.count {
            let message = format!("without {} there would be too few healthy front ends", front_end.droplet.name);
            return Err(Error::new(ErrorKind::Conflict, message));
        }
        self.tag(&self.desired.tag(), droplet).await?;
        // The next whole second: the tag must not be older than what it tells of.
        let moment = self.clock.now().as_second() + 1;
        self.tag(&format!("{}{moment}", self.desired.draining()), droplet).await?;
        match observed.tag_of_members() {
            Some(tag) => self.ocean.tags().untag(tag, [resource(droplet)]).await,
            None => self.ocean.load_balancers().remove_droplets(&observed.balancer.id, [droplet]).await,
        }
    }

    async fn tag(&self, tag: &str, droplet: DropletId) -> Result<()> {
        match self.ocean.tags().tag(tag, [resource(droplet)]).await {
            Err(error) if error.is_not_found() => {
                self.ocean.tags().create(tag).await?;
                self.ocean.tags().tag(tag, [resource(droplet)]).await
            }
            tagged => tagged,
        }
    }

    /// Changes the protocols of port 443 by one update of the whole load balancer, so that there is no moment without TLS.
    async fn speak(&self) -> Result<()> {
        let balancer = self.find_balancer().await?;
        let id = balancer.id.clone();
        let mut update = balancer.into_update();
        let rules = &mut update.settings.forwarding_rules;
        if self.desired.http2 {
            for rule in rules.iter_mut().filter(|rule| observe::is_https(rule)) {
                rule.entry_protocol = EntryProtocol::Http2;
            }
        }
        let has_http3 = rules.iter().any(|rule| observe::speaks(rule, &EntryProtocol::Http3));
        if self.desired.http3 && !has_http3 {
            let over_tcp = rules.iter().find(|rule| observe::does_tls(rule)).cloned();
            rules.extend(over_tcp.map(|mut rule| {
                rule.entry_protocol = EntryProtocol::Http3;
                rule
            }));
        }
        self.ocean.load_balancers().update(&id, update).await.map(drop)
    }
}

fn resource(droplet: DropletId) -> TaggedResource {
    TaggedResource::new(ResourceType::Droplet, droplet)
}

#[async_trait]
impl Workflow for FrontEnds {
    type Observed = Observed;

    async fn observe(&self) -> Result<Observed> {
        self.look().await
    }

    fn plan(&self, observed: &Observed, now: Timestamp) -> Steps {
        plan::steps(&self.desired, observed, now)
    }

    async fn act(&self, step: &Step, observed: &Observed) -> Result<()> {
        let (what, name) = step.id.split_once(' ').unwrap_or((&step.id, ""));
        let named = || {
            let found = observed.front_ends.iter().find(|front_end| front_end.droplet.name == name);
            found.ok_or_else(|| Error::new(ErrorKind::Conflict, format!("there is no front end {name} any more")))
        };
        match what {
            "protocols" => self.speak().await,
            "order" => self.order(name, observed).await,
            "join" => self.join(named()?.droplet.id, observed).await,
            "drain" => self.drain(named()?, observed).await,
            "destroy" => match self.ocean.droplets().delete(named()?.droplet.id).await {
                Err(error) if error.is_not_found() => Ok(()),
                destroyed => destroyed,
            },
            "tidy" => {
                for tag in &observed.spent_tags {
                    match self.ocean.tags().delete(tag).await {
                        Err(error) if error.is_not_found() => {}
                        deleted => deleted?,
                    }
                }
                Ok(())
            }
            _ => Err(Error::invalid(format!("there is no step `{}`", step.id))),
        }
    }

    async fn verify(&self, observed: &Observed) -> Result<Vec<Check>> {
        let wanted = self.desired.wanted();
        let told = observed.front_ends.iter().map(|front_end| {
            format!("{} is {}", front_end.droplet.name, if front_end.healthy { "healthy" } else { "not healthy" })
        });
        let told: Vec<_> = told.collect();
        let exactly = observed.front_ends.len() == wanted && observed.healthy() == wanted;
        let balancer = &observed.balancer.name;
        let what = format!("{wanted} front ends of {} are behind {balancer}, and nothing else", self.desired.size);
        let mut checks = vec![Check::holds(what, exactly).with_detail(told.join(", "))];
        if self.desired.http2 {
            checks.push(self.verify_http2(observed).await);
        }
        if self.desired.http3 {
            let speaks = observed.speaks(&EntryProtocol::Http3);
            checks.push(Check::holds(format!("{balancer} has a rule for HTTP/3"), speaks));
        }
        Ok(checks)
    }
}

impl FrontEnds {
    async fn verify_http2(&self, observed: &Observed) -> Check {
        let what = format!("{} speaks HTTP/2", observed.balancer.name);
        let Some((edge, host)) = &self.edge else {
            return Check::not_observed(what, "no host was named to shake hands for");
        };
        let endpoint = match observed.balancer.ip.as_deref().filter(|ip| !ip.is_empty()) {
            Some(ip) => TlsEndpoint::new(host.as_str()).with_address(ip),
            None => TlsEndpoint::new(host.as_str()),
        };
        match edge.look(&endpoint, self.clock.now()).await {
            Ok(presented) => {
                let detail = format!("{endpoint} chose {}", presented.protocol.as_deref().unwrap_or("nothing"));
                Check::holds(what, presented.protocol.as_deref() == Some("h2")).with_detail(detail)
            }
            Err(error) => Check::holds(what, false).with_detail(error.message()),
        }
    }
}
