//! Addresses of the newer kind that outlive the Droplet that they are assigned to.
//!
//! ```
//! # use howdah_digitalocean::{droplets::NewDroplet, testing::FakeDigitalOcean};
//! # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() -> howdah_core::Result<()> {
//! # let ocean = FakeDigitalOcean::new().client();
//! # let new = NewDroplet::new("web-1", "s-1vcpu-1gb", "debian-12-x64").with_region("tor1");
//! # let droplet = ocean.droplets().create(new).await?.droplet.id;
//! # ocean.droplets().follow(droplet).await?;
//! let addresses = ocean.reserved_ipv6();
//! let reserved = addresses.create("tor1").await?;
//! addresses.assign(reserved.ip, droplet).await?.await?;
//! assert_eq!(addresses.get(reserved.ip).await?.droplet.unwrap().id, droplet);
//! # Ok(()) }
//! ```
//!
//! One that is assigned cannot be given back: [`Invalid`](howdah_core::ErrorKind::Invalid) (422).

use std::net::Ipv6Addr;

use howdah_core::{
    endpoints,
    http::{Api, Call, Pages, Pending},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    PAGES,
    actions::{Action, Actions},
    droplets::{Droplet, DropletId},
    regions::RegionSlug,
    reserved_ips::ReservedIpAction,
};

endpoints! {
    LIST:   ()               => Vec<ReservedIpv6Address> = get("/v2/reserved_ipv6").envelope("reserved_ipv6s").pages(PAGES);
    CREATE: NewReservedIpv6  => ReservedIpv6Address      = post("/v2/reserved_ipv6").envelope("reserved_ipv6").status(201);
    GET:    ()               => ReservedIpv6Address      = get("/v2/reserved_ipv6/{reserved_ipv6}").envelope("reserved_ipv6");
    DELETE: ()               => ()                       = delete("/v2/reserved_ipv6/{reserved_ipv6}").status(204);
    ACT:    ReservedIpAction => Action                   = post("/v2/reserved_ipv6/{reserved_ipv6}/actions").envelope("action").status(201);
}

/// The reserved IPv6 group. Reach it through [`DigitalOcean::reserved_ipv6`](crate::DigitalOcean::reserved_ipv6).
#[derive(Clone, Debug)]
pub struct ReservedIpv6(pub(crate) Api);

impl ReservedIpv6 {
    /// Streams the account's reserved addresses.
    ///
    /// `GET /v2/reserved_ipv6`
    pub fn list(&self) -> Pages<ReservedIpv6Address> {
        self.0.pages(&LIST, [], ())
    }

    /// Reserves an address in a region.
    ///
    /// `POST /v2/reserved_ipv6`
    pub fn create(&self, region: impl Into<RegionSlug>) -> Call<ReservedIpv6Address> {
        self.0.send(&CREATE, [], NewReservedIpv6 { region_slug: region.into() })
    }

    /// Reads who has a reserved address.
    ///
    /// `GET /v2/reserved_ipv6/{reserved_ipv6}`
    pub fn get(&self, reserved_ipv6: Ipv6Addr) -> Call<ReservedIpv6Address> {
        self.0.send(&GET, [&reserved_ipv6], ())
    }

    /// Gives an address back, for good.
    ///
    /// `DELETE /v2/reserved_ipv6/{reserved_ipv6}`
    pub fn delete(&self, reserved_ipv6: Ipv6Addr) -> Call<()> {
        self.0.send(&DELETE, [&reserved_ipv6], ())
    }

    /// Assigns an address to a Droplet.
    ///
    /// `POST /v2/reserved_ipv6/{reserved_ipv6}/actions`
    pub fn assign(&self, reserved_ipv6: Ipv6Addr, droplet: DropletId) -> Call<Pending<Action>> {
        self.act(reserved_ipv6, ReservedIpAction::Assign { droplet_id: droplet })
    }

    /// Takes an address from its Droplet.
    ///
    /// `POST /v2/reserved_ipv6/{reserved_ipv6}/actions`
    pub fn unassign(&self, reserved_ipv6: Ipv6Addr) -> Call<Pending<Action>> {
        self.act(reserved_ipv6, ReservedIpAction::Unassign)
    }

    fn act(&self, reserved_ipv6: Ipv6Addr, action: ReservedIpAction) -> Call<Pending<Action>> {
        let actions = Actions(self.0.clone());
        self.0.send(&ACT, [&reserved_ipv6], action).map(move |action| actions.begun(action))
    }
}

/// A reserved address.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct ReservedIpv6Address {
    pub ip: Ipv6Addr,
    pub region_slug: Option<RegionSlug>,
    pub reserved_at: Option<Timestamp>,
    /// Who has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub droplet: Option<Box<Droplet>>,
}

/// Where an address is reserved.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct NewReservedIpv6 {
    pub region_slug: RegionSlug,
}
