//! Rules of who reaches which Droplets, and whom they reach.
//!
//! ```
//! use howdah_digitalocean::firewalls::{FirewallSettings, InboundRule, OutboundRule, Peers};
//! # use howdah_digitalocean::testing::FakeDigitalOcean;
//! # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() -> howdah_core::Result<()> {
//! # let ocean = FakeDigitalOcean::new().client();
//! let firewalls = ocean.firewalls();
//! let ssh = InboundRule::new("tcp", "22", Peers::addresses(["192.0.2.0/24".to_owned()]));
//! let anywhere = OutboundRule::new("tcp", "0", Peers::addresses(["0.0.0.0/0".to_owned(), "::/0".to_owned()]));
//! let settings = FirewallSettings::new("front-ends")
//!     .with_inbound_rules(vec![ssh])
//!     .with_outbound_rules(vec![anywhere])
//!     .with_tags(["web".to_owned()]);
//! let firewall = firewalls.create(settings).await?;
//! let firewall = firewalls.follow(firewall.id).await?;
//!
//! // An update says everything: begin with what is there.
//! let mut settings = firewall.clone().into_settings();
//! settings.inbound_rules.iter_mut().flatten().for_each(|rule| rule.sources = Peers::tags(["bastion".to_owned()]));
//! firewalls.update(&firewall.id, settings).await?;
//! # Ok(()) }
//! ```
//!
//! What no rule allows is kept out. An update replaces everything: begin with [`Firewall::into_settings`]. A firewall without
//! any rule is refused ([`Invalid`](howdah_core::ErrorKind::Invalid)).

use howdah_core::{
    Id, endpoints,
    http::{Api, Call, Pages, Pending, Stage, Staged, null_as_default},
    input, open_enum,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    PAGES,
    actions::{APPEARING, FIRST_LOOK, LAST_LOOK},
    droplets::DropletId,
    load_balancers::LoadBalancerId,
};

endpoints! {
    LIST:            ()               => Vec<Firewall> = get("/v2/firewalls").envelope("firewalls").pages(PAGES);
    CREATE:          FirewallSettings => Firewall      = post("/v2/firewalls").envelope("firewall").status(202);
    GET:             ()               => Firewall      = get("/v2/firewalls/{firewall_id}").envelope("firewall");
    UPDATE:          FirewallSettings => Firewall      = put("/v2/firewalls/{firewall_id}").envelope("firewall");
    DELETE:          ()               => ()            = delete("/v2/firewalls/{firewall_id}").status(204);
    ADD_DROPLETS:    FirewallDroplets => ()            = post("/v2/firewalls/{firewall_id}/droplets").status(204).idempotent();
    REMOVE_DROPLETS: FirewallDroplets => ()            = delete("/v2/firewalls/{firewall_id}/droplets").status(204);
    ADD_TAGS:        FirewallTags     => ()            = post("/v2/firewalls/{firewall_id}/tags").status(204).idempotent();
    REMOVE_TAGS:     FirewallTags     => ()            = delete("/v2/firewalls/{firewall_id}/tags").status(204);
    ADD_RULES:       FirewallRules    => ()            = post("/v2/firewalls/{firewall_id}/rules").status(204);
    REMOVE_RULES:    FirewallRules    => ()            = delete("/v2/firewalls/{firewall_id}/rules").status(204);
}

/// The firewalls group. Reach it through [`DigitalOcean::firewalls`](crate::DigitalOcean::firewalls).
#[derive(Clone, Debug)]
pub struct Firewalls(pub(crate) Api);

impl Firewalls {
    /// Streams the account's firewalls.
    ///
    /// `GET /v2/firewalls`
    pub fn list(&self) -> Pages<Firewall> {
        self.0.pages(&LIST, [], ())
    }

    /// Makes a firewall: [`follow`](Self::follow) it until it is in force.
    ///
    /// `POST /v2/firewalls`
    pub fn create(&self, settings: FirewallSettings) -> Call<Firewall> {
        self.0.send(&CREATE, [], settings)
    }

    /// Reads a firewall.
    ///
    /// `GET /v2/firewalls/{firewall_id}`
    pub fn get(&self, firewall: &FirewallId) -> Call<Firewall> {
        self.0.send(&GET, [firewall], ())
    }

    /// Waits until a firewall is in force on all of its Droplets.
    ///
    /// `GET /v2/firewalls/{firewall_id}`
    pub fn follow(&self, firewall: FirewallId) -> Pending<Firewall> {
        let firewalls = self.clone();
        let what = format!("digitalocean: the firewall {firewall}");
        let pending = Pending::attached(move || firewalls.get(&firewall)).appearing_within(APPEARING);
        pending.named(what).every(FIRST_LOOK, LAST_LOOK)
    }

    /// Replaces what a firewall is, with all of its rules, Droplets and tags.
    ///
    /// `PUT /v2/firewalls/{firewall_id}`
    pub fn update(&self, firewall: &FirewallId, settings: FirewallSettings) -> Call<Firewall> {
        self.0.send(&UPDATE, [firewall], settings)
    }

    /// Deletes a firewall. Its Droplets are open to all afterwards, unless another keeps them.
    ///
    /// `DELETE /v2/firewalls/{firewall_id}`
    pub fn delete(&self, firewall: &FirewallId) -> Call<()> {
        self.0.send(&DELETE, [firewall], ())
    }

    /// Puts Droplets behind a firewall.
    ///
    /// `POST /v2/firewalls/{firewall_id}/droplets`
    pub fn add_droplets(&self, firewall: &FirewallId, droplets: impl Into<Vec<DropletId>>) -> Call<()> {
        self.0.send(&ADD_DROPLETS, [firewall], FirewallDroplets { droplet_ids: droplets.into() })
    }

    /// Takes Droplets from behind a firewall.
    ///
    /// `DELETE /v2/firewalls/{firewall_id}/droplets`
    pub fn remove_droplets(&self, firewall: &FirewallId, droplets: impl Into<Vec<DropletId>>) -> Call<()> {
        self.0.send(&REMOVE_DROPLETS, [firewall], FirewallDroplets { droplet_ids: droplets.into() })
    }

    /// Puts all Droplets of some tags behind a firewall, those to come too.
    ///
    /// `POST /v2/firewalls/{firewall_id}/tags`
    pub fn add_tags(&self, firewall: &FirewallId, tags: impl Into<Vec<String>>) -> Call<()> {
        self.0.send(&ADD_TAGS, [firewall], FirewallTags { tags: tags.into() })
    }

    /// Takes tags from a firewall.
    ///
    /// `DELETE /v2/firewalls/{firewall_id}/tags`
    pub fn remove_tags(&self, firewall: &FirewallId, tags: impl Into<Vec<String>>) -> Call<()> {
        self.0.send(&REMOVE_TAGS, [firewall], FirewallTags { tags: tags.into() })
    }

    /// Adds rules to a firewall.
    ///
    /// `POST /v2/firewalls/{firewall_id}/rules`
    pub fn add_rules(&self, firewall: &FirewallId, rules: FirewallRules) -> Call<()> {
        self.0.send(&ADD_RULES, [firewall], rules)
    }

    /// Takes rules from a firewall; each must be said as it is.
    ///
    /// `DELETE /v2/firewalls/{firewall_id}/rules`
    pub fn remove_rules(&self, firewall: &FirewallId, rules: FirewallRules) -> Call<()> {
        self.0.send(&REMOVE_RULES, [firewall], rules)
    }
}

/// The UUID of a firewall.
pub type FirewallId = Id<Firewall, String>;

/// A firewall.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Firewall {
    pub id: FirewallId,
    pub name: String,
    pub status: Option<FirewallStatus>,
    pub created_at: Option<Timestamp>,
    /// Droplets that it is not in force on yet, or is still.
    #[serde(default, deserialize_with = "null_as_default")]
    pub pending_changes: Vec<PendingChange>,
    /// Empty for a token that may not read Droplets.
    #[serde(default, deserialize_with = "null_as_default")]
    pub droplet_ids: Vec<DropletId>,
    /// Empty for a token that may not read tags.
    #[serde(default, deserialize_with = "null_as_default")]
    pub tags: Vec<String>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub inbound_rules: Vec<InboundRule>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub outbound_rules: Vec<OutboundRule>,
}

impl Firewall {
    /// What an update of it begins with.
    pub fn into_settings(self) -> FirewallSettings {
        FirewallSettings {
            name: self.name,
            droplet_ids: Some(self.droplet_ids),
            tags: Some(self.tags),
            inbound_rules: Some(self.inbound_rules),
            outbound_rules: Some(self.outbound_rules),
        }
    }
}

impl Staged for Firewall {
    fn stage(&self) -> Stage {
        match self.status {
            Some(FirewallStatus::Succeeded) => Stage::Done,
            Some(FirewallStatus::Failed) => Stage::Failed("its status is `failed`".to_owned()),
            _ => Stage::Running,
        }
    }
}

open_enum! {
    /// How far a firewall is in force.
    pub enum FirewallStatus {
        /// It is being set up.
        Waiting = "waiting",
        /// It is in force.
        Succeeded = "succeeded",
        /// It could not be set up.
        Failed = "failed",
    }
}

/// A Droplet on which a change is not in force yet.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct PendingChange {
    pub droplet_id: DropletId,
    /// Whether the firewall is being taken away.
    #[serde(default)]
    pub removing: bool,
    pub status: Option<String>,
}

input! {
    /// A firewall as it is to be. It needs at least one rule.
    pub struct FirewallSettings {
        /// Letters, digits, dots and dashes.
        name: String,
    } optional {
        /// At most ten.
        droplet_ids: Vec<DropletId>,
        /// At most five.
        tags: Vec<String>,
        inbound_rules: Vec<InboundRule>,
        outbound_rules: Vec<OutboundRule>,
    }
}

input! {
    /// Rules of a firewall.
    pub struct FirewallRules {} optional {
        inbound_rules: Vec<InboundRule>,
        outbound_rules: Vec<OutboundRule>,
    }
}

input! {
    /// Who may reach which ports.
    pub struct InboundRule {
        protocol: Protocol,
        /// A port, a range such as `8000-9000`, or `0` for all; of ICMP `0`.
        ports: String,
        sources: Peers,
    } optional {}
}

input! {
    /// Whom the Droplets may reach, at which ports.
    pub struct OutboundRule {
        protocol: Protocol,
        /// A port, a range such as `8000-9000`, or `0` for all; of ICMP `0`.
        ports: String,
        destinations: Peers,
    } optional {}
}

open_enum! {
    /// What a rule is about.
    pub enum Protocol {
        /// TCP.
        Tcp = "tcp",
        /// UDP.
        Udp = "udp",
        /// ICMP.
        Icmp = "icmp",
    }
}

input! {
    /// The other end: whoever is named in any of these ways.
    pub struct Peers {} optional {
        /// Addresses or networks.
        addresses: Vec<String>,
        droplet_ids: Vec<DropletId>,
        load_balancer_uids: Vec<LoadBalancerId>,
        kubernetes_ids: Vec<String>,
        tags: Vec<String>,
    }
}

impl Peers {
    /// By addresses or networks.
    pub fn addresses(addresses: impl Into<Vec<String>>) -> Self {
        Self::new().with_addresses(addresses)
    }

    /// All Droplets of some tags.
    pub fn tags(tags: impl Into<Vec<String>>) -> Self {
        Self::new().with_tags(tags)
    }

    /// Load balancers.
    pub fn load_balancers(ids: impl Into<Vec<LoadBalancerId>>) -> Self {
        Self::new().with_load_balancer_uids(ids)
    }
}

/// The Droplets of a firewall that are named by their numbers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct FirewallDroplets {
    pub droplet_ids: Vec<DropletId>,
}

/// The tags of a firewall.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct FirewallTags {
    pub tags: Vec<String>,
}
