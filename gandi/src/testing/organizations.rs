#![allow(clippy::result_large_err)]

use howdah_core::testing::{Answer, Fake};
use serde::{Deserialize, Serialize};

use super::{FakeGandi, State as World, invalid, message, not_found};
use crate::{
    domains::SharingSpace,
    organizations::{
        CREATE_CUSTOMER, Customer, CustomerId, GET, LIST, LIST_CUSTOMERS, Organization, OrganizationId, USER_INFO,
        UserInfo,
    },
};

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct State {
    organizations: Vec<Organization>,
    customers: Vec<(OrganizationId, Customer)>,
}

impl Default for State {
    fn default() -> Self {
        let organization = Organization {
            id: id("00000000-0000-4000-8000-000000000001"),
            name: Some("Example".to_owned()),
            kind: Some("company".to_owned()),
        };
        Self { organizations: vec![organization], customers: Vec::new() }
    }
}

impl FakeGandi {
    /// Lets the token reach another organisation, without a request. It is a customer's when its type is another than
    /// `reseller`, which has some.
    pub fn add_organization(&self, name: &str, kind: &str) -> OrganizationId {
        self.world().state(|world| {
            let id = id(&world.new_id().to_string());
            let organization =
                Organization { id: id.clone(), name: Some(name.to_owned()), kind: Some(kind.to_owned()) };
            world.organizations.organizations.push(organization);
            id
        })
    }
}

pub(super) fn serve(fake: Fake<World>) -> Fake<World> {
    fake.on(&USER_INFO, |_, [], ()| {
        Ok(UserInfo {
            id: "00000000-0000-4000-8000-000000000002".to_owned().into(),
            username: Some("ada".to_owned()),
            name: Some("Ada Lovelace".to_owned()),
            email: Some("ada@example.com".to_owned()),
        })
    })
    .on(&LIST, |world, [], filter| {
        let is = |wanted: &Option<String>, value: &Option<String>| wanted.is_none() || wanted == value;
        let all = world.organizations.organizations.iter();
        let mut found: Vec<_> =
            all.filter(|one| is(&filter.name, &one.name) && is(&filter.r#type, &one.kind)).cloned().collect();
        match filter.sort_by.as_deref() {
            None => {}
            Some("name") => found.sort_by(|one, other| one.name.cmp(&other.name)),
            Some("-name") => found.sort_by(|one, other| other.name.cmp(&one.name)),
            Some(_) => return Err(invalid("querystring", "sort_by", "is no field to sort by")),
        }
        Ok(found)
    })
    .on(&GET, |world, [id], ()| find(world, id).cloned())
    .on(&LIST_CUSTOMERS, |world, [id], ()| {
        let reseller = reseller(world, id)?;
        let customers = world.organizations.customers.iter().filter(|(of, _)| *of == reseller);
        Ok(customers.map(|(_, customer)| customer.clone()).collect())
    })
    .on(&CREATE_CUSTOMER, |world, [id], new| {
        let reseller = reseller(world, id)?;
        if !new.email.contains('@') {
            return Err(invalid("body", "email", "is no address"));
        }
        if new.r#type != "individual" && new.orgname.is_none() {
            return Err(invalid("body", "orgname", "Required"));
        }
        let customer = Customer {
            id: CustomerId::new(world.new_id().to_string()),
            name: Some(new.orgname.clone().unwrap_or_else(|| format!("{} {}", new.firstname, new.lastname))),
            email: Some(new.email),
            firstname: Some(new.firstname),
            lastname: Some(new.lastname),
            orgname: new.orgname,
            kind: Some(new.r#type),
        };
        world.organizations.customers.push((reseller, customer));
        Err(message(201, "The customer was created"))
    })
}

/// An organisation that the token reaches; 404 otherwise.
pub(super) fn find<'w>(world: &'w World, id: &str) -> Result<&'w Organization, Answer> {
    let found = world.organizations.organizations.iter().find(|one| one.id.get() == id);
    found.ok_or_else(|| not_found("organization", id))
}

/// What the token's own things are in.
pub(super) fn own(world: &World) -> Option<SharingSpace> {
    let own = world.organizations.organizations.first()?;
    let (id, space_type) = (Some(own.id.get().clone()), own.kind.clone());
    Some(SharingSpace { id, name: own.name.clone(), space_type })
}

fn reseller(world: &World, id: &str) -> Result<OrganizationId, Answer> {
    let found = find(world, id)?;
    if found.kind.as_deref() == Some("reseller") {
        return Ok(found.id.clone());
    }
    Err(super::error(403, "HTTPForbidden", "Forbidden", "The organization is no reseller"))
}

fn id(text: &str) -> OrganizationId {
    OrganizationId::new(text.to_owned())
}
