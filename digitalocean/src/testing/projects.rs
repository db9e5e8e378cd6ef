use std::collections::BTreeMap;

use howdah_core::testing::{Answer, Fake};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    State as World, databases, domains, droplets, load_balancers, not_found, number, refused, reserved_ips,
    unprocessable, volumes, vpcs,
};
use crate::projects::{
    ASSIGN, ASSIGN_TO_DEFAULT, CREATE, DELETE, Environment, GET, GET_DEFAULT, LIST, LIST_DEFAULT_RESOURCES,
    LIST_RESOURCES, Project, ProjectId, ProjectResource, ProjectUpdate, REPLACE, REPLACE_DEFAULT, ReplacedProject,
    ResourceLinks, ResourceStatus, UPDATE, UPDATE_DEFAULT,
};

#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct State {
    /// Without the default one until it is first asked for.
    projects: BTreeMap<String, Project>,
    /// Where each resource that was moved is, and since when.
    assigned: BTreeMap<String, (String, Timestamp)>,
}

const PURPOSES: [&str; 10] = [
    "Just trying out DigitalOcean",
    "Class project / Educational purposes",
    "Website or blog",
    "Web Application",
    "Service or API",
    "Mobile Application",
    "Machine learning / AI / Data processing",
    "IoT",
    "Operational / Developer tooling",
    "Other: ",
];

pub(super) fn serve(fake: Fake<World>) -> Fake<World> {
    fake.on(&LIST, |world, [], ()| {
        default_of(world);
        Ok(world.projects.projects.values().cloned().collect())
    })
    .on(&CREATE, |world, [], new| {
        default_of(world);
        check_name(world, &new.name, None)?;
        let environment = new.environment;
        Ok(add(world, new.name, new.description.unwrap_or_default(), &new.purpose, environment, false))
    })
    .on(&GET_DEFAULT, |world, [], ()| {
        let id = default_of(world);
        find(world, &id).cloned()
    })
    .on(&REPLACE_DEFAULT, |world, [], new| {
        let id = default_of(world);
        change(world, &id, whole(new))
    })
    .on(&UPDATE_DEFAULT, |world, [], update| {
        let id = default_of(world);
        change(world, &id, update)
    })
    .on(&GET, |world, [id], ()| find(world, id).cloned())
    .on(&REPLACE, |world, [id], new| change(world, id, whole(new)))
    .on(&UPDATE, |world, [id], update| change(world, id, update))
    .on(&DELETE, |world, [id], ()| {
        if find(world, id)?.is_default == Some(true) {
            return Err(unprocessable("the default project cannot be deleted"));
        }
        if !resources(world, id).is_empty() {
            return Err(refused(412, "precondition_failed", "cannot delete a project with resources"));
        }
        world.projects.projects.remove(id);
        Ok(())
    })
    .on(&LIST_RESOURCES, |world, [id], ()| {
        find(world, id)?;
        Ok(resources(world, id))
    })
    .on(&ASSIGN, |world, [id], assignment| assign(world, id, assignment.resources))
    .on(&LIST_DEFAULT_RESOURCES, |world, [], ()| {
        let id = default_of(world);
        Ok(resources(world, &id))
    })
    .on(&ASSIGN_TO_DEFAULT, |world, [], assignment| {
        let id = default_of(world);
        assign(world, &id, assignment.resources)
    })
}

fn find<'w>(world: &'w World, id: &str) -> Result<&'w Project, Answer> {
    world.projects.projects.get(id).ok_or_else(not_found)
}

/// The project that everything is in at first.
fn default_of(world: &mut World) -> String {
    let mut projects = world.projects.projects.values();
    if let Some(project) = projects.find(|project| project.is_default == Some(true)) {
        return project.id.to_string();
    }
    let described = "Update your project information under Settings".to_owned();
    add(world, "first-project".to_owned(), described, PURPOSES[0], None, true).id.to_string()
}

fn add(
    world: &mut World,
    name: String,
    description: String,
    purpose: &str,
    environment: Option<Environment>,
    is_default: bool,
) -> Project {
    let now = world.now();
    let project = Project {
        id: ProjectId::new(world.new_uuid()),
        owner_uuid: Some("5d0b7e5a3c0f4e2b9a1d6c8e7f90a1b2c3d4e5f6".to_owned()),
        owner_id: Some(258_992),
        name,
        description: Some(description),
        purpose: Some(shown_purpose(purpose)),
        environment,
        created_at: Some(now),
        updated_at: Some(now),
        is_default: Some(is_default),
    };
    world.projects.projects.insert(project.id.to_string(), project.clone());
    project
}

fn shown_purpose(purpose: &str) -> String {
    let known = PURPOSES.contains(&purpose) || purpose.starts_with("Other: ");
    if known { purpose.to_owned() } else { format!("Other: {purpose}") }
}

fn check_name(world: &World, name: &str, own: Option<&str>) -> Result<(), Answer> {
    if name.is_empty() || name.len() > 175 {
        return Err(unprocessable("name must have between 1 and 175 characters"));
    }
    let taken = world.projects.projects.iter().any(|(id, project)| project.name == name && own != Some(id));
    if taken { Err(refused(409, "conflict", "name is already in use")) } else { Ok(()) }
}

fn whole(new: ReplacedProject) -> ProjectUpdate {
    let mut update = ProjectUpdate::new();
    (update.name, update.description, update.purpose) = (Some(new.name), Some(new.description), Some(new.purpose));
    (update.environment, update.is_default) = (Some(new.environment), Some(new.is_default));
    update
}

fn change(world: &mut World, id: &str, update: ProjectUpdate) -> Result<Project, Answer> {
    let was_default = find(world, id)?.is_default == Some(true);
    if let Some(name) = &update.name {
        check_name(world, name, Some(id))?;
    }
    match update.is_default {
        Some(false) if was_default => return Err(unprocessable("one project must be the default")),
        Some(true) => world.projects.projects.values_mut().for_each(|project| project.is_default = Some(false)),
        _ => {}
    }
    let now = world.now();
    let project = world.projects.projects.get_mut(id).ok_or_else(not_found)?;
    project.name = update.name.unwrap_or_else(|| project.name.clone());
    project.description = update.description.or(project.description.take());
    project.purpose = update.purpose.map(|purpose| shown_purpose(&purpose)).or(project.purpose.take());
    project.environment = update.environment.or(project.environment.take());
    project.is_default = Some(was_default || update.is_default == Some(true));
    project.updated_at = Some(now);
    Ok(project.clone())
}

/// All that is in a project: what was moved there, and in the default one what was not moved.
fn resources(world: &World, project: &str) -> Vec<ProjectResource> {
    let is_default = find(world, project).is_ok_and(|project| project.is_default == Some(true));
    let moved = world.projects.assigned.iter().filter(|(urn, (to, _))| to == project && exists(world, urn));
    let mut resources: Vec<_> = moved.map(|(urn, (_, at))| resource(urn, ResourceStatus::Ok, Some(*at))).collect();
    if is_default {
        let droplets = droplets::all(world).iter().map(|droplet| format!("do:droplet:{}", droplet.id));
        let domains = domains::names(world).into_iter().map(|name| format!("do:domain:{name}"));
        let others = droplets.chain(domains).filter(|urn| !world.projects.assigned.contains_key(urn));
        resources.extend(others.map(|urn| resource(&urn, ResourceStatus::Ok, None)));
    }
    resources
}

fn resource(urn: &str, status: ResourceStatus, assigned_at: Option<Timestamp>) -> ProjectResource {
    let mut parts = urn.splitn(3, ':').skip(1);
    let (kind, id) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let path = match kind {
        "domain" => "domains",
        "floatingip" => "floating_ips",
        "loadbalancer" => "load_balancers",
        "dbaas" => "databases",
        "volume" => "volumes",
        "vpc" => "vpcs",
        _ => "droplets",
    };
    let itself = Some(format!("{}/v2/{path}/{id}", crate::PRODUCTION));
    ProjectResource { urn: urn.to_owned(), assigned_at, links: Some(ResourceLinks { itself }), status: Some(status) }
}

fn exists(world: &World, urn: &str) -> bool {
    let mut parts = urn.splitn(3, ':');
    let (Some("do"), Some(kind), Some(id)) = (parts.next(), parts.next(), parts.next()) else {
        return false;
    };
    match kind {
        "droplet" => number(id).and_then(|id| droplets::find(world, id)).is_ok(),
        "domain" => domains::exists(world, id),
        "dbaas" => databases::exists(world, id),
        "loadbalancer" => load_balancers::exists(world, id),
        "volume" => volumes::exists(world, id),
        "floatingip" => reserved_ips::exists(world, id),
        "vpc" => vpcs::is_there(world, id),
        // A Space is not known here.
        "space" => true,
        _ => false,
    }
}

fn assign(world: &mut World, project: &str, urns: Vec<String>) -> Result<Vec<ProjectResource>, Answer> {
    find(world, project)?;
    let now = world.now();
    let moved = urns.into_iter().map(|urn| {
        if !exists(world, &urn) {
            return resource(&urn, ResourceStatus::NotFound, None);
        }
        if world.projects.assigned.get(&urn).is_some_and(|(to, _)| to == project) {
            return resource(&urn, ResourceStatus::AlreadyAssigned, Some(now));
        }
        world.projects.assigned.insert(urn.clone(), (project.to_owned(), now));
        resource(&urn, ResourceStatus::Assigned, Some(now))
    });
    Ok(moved.collect())
}
