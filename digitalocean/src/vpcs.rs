//! Private networks, one region each.
//!
//! ```
//! use howdah_digitalocean::vpcs::{MemberFilter, NewVpc, VpcUpdate};
//! # use howdah_digitalocean::testing::FakeDigitalOcean;
//! # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() -> howdah_core::Result<()> {
//! # let ocean = FakeDigitalOcean::new().client();
//! let vpcs = ocean.vpcs();
//! let vpc = vpcs.create(NewVpc::new("mastodon", "tor1").with_ip_range("10.20.0.0/20")).await?;
//! vpcs.modify(&vpc.id, VpcUpdate::new().with_default(true)).await?;
//! for member in vpcs.list_members(&vpc.id, MemberFilter::new()).all().await? {
//!     println!("{} is in it", member.urn);
//! }
//! # Ok(()) }
//! ```
//!
//! What names no VPC goes into the default one of its region. A default one, and one that has members, cannot be deleted
//! ([`Forbidden`](howdah_core::ErrorKind::Forbidden)). A range that another one has part of is refused.

use howdah_core::{
    Id, endpoints,
    http::{Api, Call, Pages, null_as_default},
    input, open_enum,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{PAGES, regions::RegionSlug};

endpoints! {
    LIST:           ()             => Vec<Vpc>        = get("/v2/vpcs").envelope("vpcs").pages(PAGES);
    CREATE:         NewVpc         => Vpc             = post("/v2/vpcs").envelope("vpc").status(201);
    GET:            ()             => Vpc             = get("/v2/vpcs/{vpc_id}").envelope("vpc");
    UPDATE:         VpcUpdate      => Vpc             = put("/v2/vpcs/{vpc_id}").envelope("vpc");
    MODIFY:         VpcUpdate      => Vpc             = patch("/v2/vpcs/{vpc_id}").envelope("vpc").idempotent();
    DELETE:         ()             => ()              = delete("/v2/vpcs/{vpc_id}").status(204);
    LIST_MEMBERS:   MemberFilter   => Vec<VpcMember>  = get("/v2/vpcs/{vpc_id}/members").envelope("members").pages(PAGES);
    LIST_PEERINGS:  ()             => Vec<VpcPeering> = get("/v2/vpcs/{vpc_id}/peerings").envelope("peerings").pages(PAGES);
    CREATE_PEERING: NewVpcPeering  => VpcPeering      = post("/v2/vpcs/{vpc_id}/peerings").envelope("peering").status(202);
    RENAME_PEERING: VpcPeeringName => VpcPeering      = patch("/v2/vpcs/{vpc_id}/peerings/{vpc_peering_id}").envelope("peering").idempotent();
}

/// The VPCs group. Reach it through [`DigitalOcean::vpcs`](crate::DigitalOcean::vpcs).
#[derive(Clone, Debug)]
pub struct Vpcs(pub(crate) Api);

impl Vpcs {
    /// Streams the account's VPCs.
    ///
    /// `GET /v2/vpcs`
    pub fn list(&self) -> Pages<Vpc> {
        self.0.pages(&LIST, [], ())
    }

    /// Makes a VPC. Its range is for good.
    ///
    /// `POST /v2/vpcs`
    pub fn create(&self, vpc: NewVpc) -> Call<Vpc> {
        self.0.send(&CREATE, [], vpc)
    }

    /// Reads a VPC.
    ///
    /// `GET /v2/vpcs/{vpc_id}`
    pub fn get(&self, vpc: &VpcId) -> Call<Vpc> {
        self.0.send(&GET, [vpc], ())
    }

    /// Changes a VPC; a description that is left out is emptied.
    ///
    /// `PUT /v2/vpcs/{vpc_id}`
    pub fn update(&self, vpc: &VpcId, update: VpcUpdate) -> Call<Vpc> {
        self.0.send(&UPDATE, [vpc], update)
    }

    /// Changes what is said of a VPC, and leaves the rest.
    ///
    /// `PATCH /v2/vpcs/{vpc_id}`
    pub fn modify(&self, vpc: &VpcId, update: VpcUpdate) -> Call<Vpc> {
        self.0.send(&MODIFY, [vpc], update)
    }

    /// Deletes a VPC that has no members and is not its region's default.
    ///
    /// `DELETE /v2/vpcs/{vpc_id}`
    pub fn delete(&self, vpc: &VpcId) -> Call<()> {
        self.0.send(&DELETE, [vpc], ())
    }

    /// Streams what is in a VPC.
    ///
    /// `GET /v2/vpcs/{vpc_id}/members`
    pub fn list_members(&self, vpc: &VpcId, filter: MemberFilter) -> Pages<VpcMember> {
        self.0.pages(&LIST_MEMBERS, [vpc], filter)
    }

    /// Streams the VPCs that a VPC is joined to.
    ///
    /// `GET /v2/vpcs/{vpc_id}/peerings`
    pub fn list_peerings(&self, vpc: &VpcId) -> Pages<VpcPeering> {
        self.0.pages(&LIST_PEERINGS, [vpc], ())
    }

    /// Joins a VPC to another.
    ///
    /// `POST /v2/vpcs/{vpc_id}/peerings`
    pub fn create_peering(&self, vpc: &VpcId, peering: NewVpcPeering) -> Call<VpcPeering> {
        self.0.send(&CREATE_PEERING, [vpc], peering)
    }

    /// Gives the link between two VPCs another name.
    ///
    /// `PATCH /v2/vpcs/{vpc_id}/peerings/{vpc_peering_id}`
    pub fn rename_peering(&self, vpc: &VpcId, peering: &VpcPeeringId, name: &str) -> Call<VpcPeering> {
        self.0.send(&RENAME_PEERING, [vpc, peering], VpcPeeringName { name: name.to_owned() })
    }
}

/// The UUID of a VPC.
pub type VpcId = Id<Vpc, String>;

/// A private network.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Vpc {
    pub id: VpcId,
    pub name: String,
    pub description: Option<String>,
    /// Such as `do:vpc:5a4981aa-9653-4bd1-bef5-d6bff52042e4`.
    pub urn: Option<String>,
    pub region: Option<RegionSlug>,
    /// Such as `10.20.0.0/20`.
    pub ip_range: Option<String>,
    /// Whether what names no VPC goes here.
    #[serde(default)]
    pub default: bool,
    pub created_at: Option<Timestamp>,
}

input! {
    /// A VPC to make.
    pub struct NewVpc {
        /// Unique in the account: letters, digits, dots and dashes.
        name: String,
        region: RegionSlug,
    } optional {
        /// At most 255 characters.
        description: String,
        /// A private network between /16 and /28; chosen by the provider, if it is not said.
        ip_range: String,
    }
}

input! {
    /// What of a VPC changes.
    pub struct VpcUpdate {} optional {
        name: String,
        /// At most 255 characters.
        description: String,
        /// Only `true`: another one becomes the default by being made it.
        default: bool,
    }
}

input! {
    /// Narrows the list of what is in a VPC.
    pub struct MemberFilter {} optional {
        /// Such as `droplet`.
        resource_type: String,
    }
}

/// Something in a VPC.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct VpcMember {
    /// Such as `do:droplet:13457723`.
    pub urn: String,
    pub name: Option<String>,
    /// RFC 3339.
    pub created_at: Option<String>,
}

/// The UUID of a link between two VPCs.
pub type VpcPeeringId = Id<VpcPeering, String>;

/// A link between two VPCs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct VpcPeering {
    pub id: VpcPeeringId,
    pub name: Option<String>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub vpc_ids: Vec<VpcId>,
    pub status: Option<VpcPeeringStatus>,
    pub created_at: Option<Timestamp>,
}

open_enum! {
    /// What state a link between VPCs is in.
    pub enum VpcPeeringStatus {
        /// It is being made.
        Provisioning = "PROVISIONING",
        /// It works.
        Active = "ACTIVE",
        /// It is being removed.
        Deleting = "DELETING",
    }
}

input! {
    /// A link to make to another VPC.
    pub struct NewVpcPeering {
        name: String,
        /// The other one.
        vpc_id: VpcId,
    } optional {}
}

/// What a link between VPCs is called.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct VpcPeeringName {
    pub name: String,
}
