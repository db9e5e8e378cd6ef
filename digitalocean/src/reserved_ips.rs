//! Addresses that outlive the Droplet that they are assigned to.
//!
//! ```
//! use howdah_digitalocean::reserved_ips::NewReservedIp;
//! # use howdah_digitalocean::{droplets::NewDroplet, testing::FakeDigitalOcean};
//! # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() -> howdah_core::Result<()> {
//! # let ocean = FakeDigitalOcean::new().client();
//! # let new = NewDroplet::new("web-1", "s-1vcpu-1gb", "debian-12-x64").with_region("tor1");
//! # let droplet = ocean.droplets().create(new).await?.droplet.id;
//! # ocean.droplets().follow(droplet).await?;
//! let addresses = ocean.reserved_ips();
//! let reserved = addresses.create(NewReservedIp::in_region("tor1")).await?.reserved_ip;
//! addresses.assign(reserved.ip, droplet).await?.await?;
//! let assigned = addresses.get(reserved.ip).await?.droplet.unwrap();
//! assert_eq!(assigned.id, droplet);
//! # Ok(()) }
//! ```
//!
//! One that is assigned to nothing is charged. While an action goes on, the address is locked, and another is refused as
//! [`Invalid`](howdah_core::ErrorKind::Invalid) (422).

use std::net::Ipv4Addr;

use howdah_core::{
    endpoints,
    http::{Api, Call, Pages, Pending},
    input,
};
use serde::{Deserialize, Serialize};

use crate::{
    PAGES,
    actions::{Action, ActionId, ActionLinks, Actions},
    droplets::{Droplet, DropletId},
    regions::{Region, RegionSlug},
};

endpoints! {
    LIST:         ()               => Vec<ReservedIp>   = get("/v2/reserved_ips").envelope("reserved_ips").pages(PAGES);
    CREATE:       NewReservedIp    => CreatedReservedIp = post("/v2/reserved_ips").status(202);
    GET:          ()               => ReservedIp        = get("/v2/reserved_ips/{reserved_ip}").envelope("reserved_ip");
    DELETE:       ()               => ()                = delete("/v2/reserved_ips/{reserved_ip}").status(204);
    LIST_ACTIONS: ()               => Vec<Action>       = get("/v2/reserved_ips/{reserved_ip}/actions").envelope("actions").pages(PAGES);
    ACT:          ReservedIpAction => Action            = post("/v2/reserved_ips/{reserved_ip}/actions").envelope("action").status(201);
    GET_ACTION:   ()               => Action            = get("/v2/reserved_ips/{reserved_ip}/actions/{action_id}").envelope("action");
}

/// The reserved IPs group. Reach it through [`DigitalOcean::reserved_ips`](crate::DigitalOcean::reserved_ips).
#[derive(Clone, Debug)]
pub struct ReservedIps(pub(crate) Api);

impl ReservedIps {
    /// Streams the account's reserved addresses.
    ///
    /// `GET /v2/reserved_ips`
    pub fn list(&self) -> Pages<ReservedIp> {
        self.0.pages(&LIST, [], ())
    }

    /// Reserves an address, for a region or for a Droplet that it is assigned to at once.
    ///
    /// `POST /v2/reserved_ips`
    pub fn create(&self, reserved_ip: NewReservedIp) -> Call<CreatedReservedIp> {
        self.0.send(&CREATE, [], reserved_ip)
    }

    /// Reads who has a reserved address.
    ///
    /// `GET /v2/reserved_ips/{reserved_ip}`
    pub fn get(&self, reserved_ip: Ipv4Addr) -> Call<ReservedIp> {
        self.0.send(&GET, [&reserved_ip], ())
    }

    /// Gives an address back, for good.
    ///
    /// `DELETE /v2/reserved_ips/{reserved_ip}`
    pub fn delete(&self, reserved_ip: Ipv4Addr) -> Call<()> {
        self.0.send(&DELETE, [&reserved_ip], ())
    }

    /// Streams what was ever done with an address, the latest first.
    ///
    /// `GET /v2/reserved_ips/{reserved_ip}/actions`
    pub fn list_actions(&self, reserved_ip: Ipv4Addr) -> Pages<Action> {
        self.0.pages(&LIST_ACTIONS, [&reserved_ip], ())
    }

    /// Assigns an address to a Droplet, away from the one that has it.
    ///
    /// `POST /v2/reserved_ips/{reserved_ip}/actions`
    pub fn assign(&self, reserved_ip: Ipv4Addr, droplet: DropletId) -> Call<Pending<Action>> {
        self.act(reserved_ip, ReservedIpAction::Assign { droplet_id: droplet })
    }

    /// Takes an address from its Droplet.
    ///
    /// `POST /v2/reserved_ips/{reserved_ip}/actions`
    pub fn unassign(&self, reserved_ip: Ipv4Addr) -> Call<Pending<Action>> {
        self.act(reserved_ip, ReservedIpAction::Unassign)
    }

    fn act(&self, reserved_ip: Ipv4Addr, action: ReservedIpAction) -> Call<Pending<Action>> {
        let actions = Actions(self.0.clone());
        self.0.send(&ACT, [&reserved_ip], action).map(move |action| actions.begun(action))
    }

    /// Reads how far an action on an address has come.
    ///
    /// `GET /v2/reserved_ips/{reserved_ip}/actions/{action_id}`
    pub fn get_action(&self, reserved_ip: Ipv4Addr, action: ActionId) -> Call<Action> {
        self.0.send(&GET_ACTION, [&reserved_ip, &action], ())
    }
}

/// A reserved address.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct ReservedIp {
    pub ip: Ipv4Addr,
    pub region: Option<Region>,
    /// Who has it.
    pub droplet: Option<Box<Droplet>>,
    /// Whether an action goes on that keeps others out.
    #[serde(default)]
    pub locked: bool,
    pub project_id: Option<String>,
}

/// What an address is reserved for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
#[non_exhaustive]
#[allow(missing_docs)]
pub enum NewReservedIp {
    Droplet(ForDroplet),
    Region(InRegion),
}

impl NewReservedIp {
    /// For a Droplet, in its region.
    pub fn for_droplet(droplet: DropletId) -> Self {
        Self::Droplet(ForDroplet { droplet_id: droplet })
    }

    /// For a region, assigned to nothing yet.
    pub fn in_region(region: impl Into<RegionSlug>) -> Self {
        Self::Region(InRegion::new(region))
    }
}

/// The Droplet that an address is reserved for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct ForDroplet {
    pub droplet_id: DropletId,
}

input! {
    /// The region that an address is reserved in.
    pub struct InRegion {
        region: RegionSlug,
    } optional {
        project_id: String,
    }
}

impl From<InRegion> for NewReservedIp {
    fn from(place: InRegion) -> Self {
        Self::Region(place)
    }
}

/// An address that was reserved.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct CreatedReservedIp {
    pub reserved_ip: ReservedIp,
    #[serde(default)]
    pub links: ReservedIpLinks,
}

impl CreatedReservedIp {
    /// The action that assigns it, if it is for a Droplet.
    pub fn action(&self) -> Option<ActionId> {
        self.links.actions.actions.first().map(|link| link.id)
    }
}

/// What reserving an address began, and for which Droplets.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct ReservedIpLinks {
    #[serde(default)]
    pub droplets: Vec<DropletLink>,
    #[serde(flatten)]
    pub actions: ActionLinks,
}

/// A Droplet that an answer names.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct DropletLink {
    pub id: DropletId,
    pub rel: Option<String>,
    /// Where it can be read.
    pub href: Option<String>,
}

/// Something to do with an address.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[non_exhaustive]
#[allow(missing_docs)]
pub enum ReservedIpAction {
    Assign { droplet_id: DropletId },
    Unassign,
}
