#![allow(clippy::result_large_err)]

use howdah_core::testing::{Answer, Fake};
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use super::{FakeGandi, State as World, error, invalid, message, not_found, tried};
use crate::simple_hosting::{
    ACT, Application, CHECK_CREATE, CREATE, CREATE_VHOST, DELETE, DELETE_VHOST, GET, GET_APPLICATION, GET_VHOST,
    Instance, InstanceAction, InstanceId, LIST, LIST_APPLICATIONS, LIST_VHOSTS, NewInstance, UPDATE, UPDATE_VHOST,
    Vhost, VhostApplication,
};

#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct State {
    instances: Vec<Held>,
}

/// An instance and what is on it.
#[derive(Debug, Serialize, Deserialize)]
struct Held {
    instance: Instance,
    vhosts: Vec<Site>,
    acted: Vec<InstanceAction>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Site {
    vhost: Vhost,
    application: Option<VhostApplication>,
}

const SIZES: [&str; 5] = ["s", "m", "l", "xl", "xxl"];

impl FakeGandi {
    /// What an instance was told to do, in that order.
    pub fn instance_actions(&self, instance: &InstanceId) -> Vec<InstanceAction> {
        self.world().state(|world| held(world, instance.get()).map_or_else(|_| Vec::new(), |held| held.acted.clone()))
    }

    /// The application that a virtual host of an instance was to have.
    pub fn vhost_application(&self, instance: &InstanceId, fqdn: &str) -> Option<String> {
        self.world().state(|world| Some(site(world, instance.get(), fqdn).ok()?.application.clone()?.name))
    }
}

pub(super) fn serve(fake: Fake<World>) -> Fake<World> {
    serve_vhosts(serve_instances(fake))
}

fn serve_instances(fake: Fake<World>) -> Fake<World> {
    fake.on(&LIST_APPLICATIONS, |_, [], ()| Ok(applications()))
        .on(&GET_APPLICATION, |_, [id], ()| {
            let found = applications().into_iter().find(|one| one.id.as_deref() == Some(id));
            found.ok_or_else(|| not_found("application", id))
        })
        .on(&LIST, |world, [], ()| {
            Ok(world.simple_hosting.instances.iter().map(|held| held.instance.clone()).collect())
        })
        .on(&CREATE, |world, [], new| {
            check(world, &new)?;
            let (id, now) = (InstanceId::new(world.new_id().to_string()), world.now);
            let instance = Instance {
                id: id.clone(),
                name: Some(new.name),
                size: Some(new.size),
                status: Some("active".to_owned()),
                created_at: Some(now),
                expire_at: Some(now + SignedDuration::from_hours(31 * 24)),
            };
            world.simple_hosting.instances.push(Held { instance, vhosts: Vec::new(), acted: Vec::new() });
            let location = format!("https://api.gandi.net/v5/simplehosting/instances/{id}");
            Err(message(202, "The instance is being created").with_header("location", location))
        })
        .on(&CHECK_CREATE, |world, [], new| Err(tried(check(world, &new))))
        .on(&GET, |world, [id], ()| Ok(held(world, id)?.instance.clone()))
        .on(&UPDATE, |world, [id], change| {
            let held = held(world, id)?;
            if let Some(size) = change.size {
                held.instance.size = Some(known_size(&size)?);
            }
            held.instance.name = change.name.or(held.instance.name.take());
            Err(message(202, "The instance is being updated"))
        })
        .on(&DELETE, |world, [id], ()| {
            held(world, id)?;
            world.simple_hosting.instances.retain(|held| held.instance.id.get() != id);
            Err(message(202, "The instance is being deleted"))
        })
        .on(&ACT, |world, [id], asked| {
            let held = held(world, id)?;
            if let InstanceAction::Other(unknown) = &asked.action {
                return Err(invalid("body", "action", &format!("\"{unknown}\" is none of them")));
            }
            held.acted.push(asked.action);
            Err(message(202, "The action is being carried out"))
        })
}

fn serve_vhosts(fake: Fake<World>) -> Fake<World> {
    fake.on(&LIST_VHOSTS, |world, [id], ()| Ok(held(world, id)?.vhosts.iter().map(|site| site.vhost.clone()).collect()))
        .on(&CREATE_VHOST, |world, [id], new| {
            held(world, id)?;
            known_application(new.application.as_ref())?;
            let instances = &mut world.simple_hosting.instances;
            let is_served = instances.iter().any(|held| held.vhosts.iter().any(|site| site.vhost.fqdn == new.fqdn));
            if is_served && new.r#override != Some(true) {
                return Err(error(409, "HTTPConflict", "Conflict", "An instance serves the name already"));
            }
            for held in instances {
                held.vhosts.retain(|site| site.vhost.fqdn != new.fqdn);
            }
            let vhost = Vhost { fqdn: new.fqdn, status: Some("running".to_owned()), created_at: Some(world.now) };
            held(world, id)?.vhosts.push(Site { vhost, application: new.application });
            Err(message(202, "The virtual host is being created"))
        })
        .on(&GET_VHOST, |world, [id, fqdn], ()| Ok(site(world, id, fqdn)?.vhost.clone()))
        .on(&UPDATE_VHOST, |world, [id, fqdn], change| {
            known_application(change.application.as_ref())?;
            let site = site(world, id, fqdn)?;
            site.application = change.application.or(site.application.take());
            Err(message(202, "The virtual host is being updated"))
        })
        .on(&DELETE_VHOST, |world, [id, fqdn], ()| {
            site(world, id, fqdn)?;
            held(world, id)?.vhosts.retain(|site| site.vhost.fqdn != fqdn);
            Err(message(202, "The virtual host is being deleted"))
        })
}

fn check(world: &World, new: &NewInstance) -> Result<(), Answer> {
    known_size(&new.size)?;
    let is_taken = |held: &Held| held.instance.name.as_ref() == Some(&new.name);
    if new.name.is_empty() || world.simple_hosting.instances.iter().any(is_taken) {
        return Err(invalid("body", "name", "is empty or taken"));
    }
    Ok(())
}

fn known_size(size: &str) -> Result<String, Answer> {
    if SIZES.contains(&size) {
        return Ok(size.to_owned());
    }
    Err(invalid("body", "size", &format!("\"{size}\" is not one of {}", SIZES.join(", "))))
}

fn applications() -> Vec<Application> {
    let names = ["wordpress", "matomo", "nextcloud"];
    let numbered = names.iter().zip(1_u32..);
    numbered.map(|(name, id)| Application { id: Some(id.to_string()), name: Some((*name).to_owned()) }).collect()
}

fn known_application(wanted: Option<&VhostApplication>) -> Result<(), Answer> {
    let is_known = |wanted: &VhostApplication| applications().iter().any(|one| one.name.as_ref() == Some(&wanted.name));
    if wanted.is_none_or(is_known) {
        return Ok(());
    }
    Err(invalid("body", "application", "is none that can be installed"))
}

fn held<'w>(world: &'w mut World, id: &str) -> Result<&'w mut Held, Answer> {
    let mut instances = world.simple_hosting.instances.iter_mut();
    instances.find(|held| held.instance.id.get() == id).ok_or_else(|| not_found("instance", id))
}

fn site<'w>(world: &'w mut World, id: &str, fqdn: &str) -> Result<&'w mut Site, Answer> {
    let mut sites = held(world, id)?.vhosts.iter_mut();
    sites.find(|site| site.vhost.fqdn == fqdn).ok_or_else(|| not_found("vhost", fqdn))
}
