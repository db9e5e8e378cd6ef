use std::collections::BTreeMap;

use howdah_core::testing::{Answer, Fake};
use serde::{Deserialize, Serialize};

use super::{State as World, bad_request, databases, droplets, images, not_found, number, unprocessable, volumes};
use crate::tags::{CREATE, DELETE, GET, LIST, ResourceType, TAG, Tag, TagCount, TagResources, TaggedResource, UNTAG};

#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct State {
    /// As they were first written, by what they are in lower case.
    tags: BTreeMap<String, String>,
}

const KINDS: [ResourceType; 5] = [
    ResourceType::Droplet,
    ResourceType::Image,
    ResourceType::Volume,
    ResourceType::VolumeSnapshot,
    ResourceType::Database,
];

pub(super) fn serve(fake: Fake<World>) -> Fake<World> {
    fake.on(&LIST, |world, [], ()| Ok(world.tags.tags.values().map(|name| shown(world, name)).collect()))
        .on(&CREATE, |world, [], new| {
            used(world, std::slice::from_ref(&new.name))?;
            let name = find(world, &new.name)?;
            Ok(shown(world, &name))
        })
        .on(&GET, |world, [tag], ()| find(world, tag).map(|name| shown(world, &name)))
        .on(&DELETE, |world, [tag], ()| {
            let name = find(world, tag)?;
            for kind in KINDS {
                for id in tagged(world, &kind, &name) {
                    set_on(world, &TaggedResource::new(kind.clone(), id), &name, false)?;
                }
            }
            world.tags.tags.remove(&name.to_ascii_lowercase());
            Ok(())
        })
        .on(&TAG, |world, [tag], resources| {
            let name = find(world, tag)?;
            resources.resources.iter().try_for_each(|resource| set_on(world, resource, &name, true))
        })
        .on(&UNTAG, |world, [tag], resources| {
            let name = find(world, tag)?;
            resources.resources.iter().try_for_each(|resource| set_on(world, resource, &name, false))
        })
}

fn find(world: &World, tag: &str) -> Result<String, Answer> {
    world.tags.tags.get(&tag.to_ascii_lowercase()).cloned().ok_or_else(not_found)
}

fn shown(world: &World, name: &str) -> Tag {
    let count = |kind: &ResourceType, path: &str| {
        let ids = tagged(world, kind, name);
        let uri = ids.last().map(|id| format!("{}/v2/{path}/{id}", crate::PRODUCTION));
        TagCount { count: Some(ids.len() as u64), last_tagged_uri: uri }
    };
    let [droplet, image, volume, snapshot, database] = &KINDS;
    let counts = [
        count(droplet, "droplets"),
        count(image, "images"),
        count(volume, "volumes"),
        count(snapshot, "snapshots"),
        count(database, "databases"),
    ];
    let all = counts.iter().filter_map(|count| count.count).sum();
    let last_tagged_uri = counts.iter().find_map(|count| count.last_tagged_uri.clone());
    let [droplets, images, volumes, volume_snapshots, databases] = counts.map(Some);
    let resources =
        TagResources { count: Some(all), last_tagged_uri, droplets, images, volumes, volume_snapshots, databases };
    Tag { name: name.to_owned(), resources: Some(resources) }
}

fn tagged(world: &World, kind: &ResourceType, tag: &str) -> Vec<String> {
    match kind {
        ResourceType::Droplet => droplets::tagged(world, tag).iter().map(ToString::to_string).collect(),
        ResourceType::Image => images::tagged(world, tag),
        ResourceType::Volume => volumes::tagged(world, tag),
        ResourceType::VolumeSnapshot => volumes::tagged_snapshots(world, tag),
        ResourceType::Database => databases::tagged(world, tag),
        ResourceType::Other(_) => Vec::new(),
    }
}

fn set_on(world: &mut World, resource: &TaggedResource, tag: &str, on: bool) -> Result<(), Answer> {
    let id = resource.resource_id.as_str();
    match &resource.resource_type {
        ResourceType::Droplet => {
            set(&mut droplets::find_mut(world, number(id)?)?.tags, tag, on);
            Ok(())
        }
        ResourceType::Image => images::set_tag(world, id, tag, on),
        ResourceType::Volume => volumes::set_tag(world, id, tag, on),
        ResourceType::VolumeSnapshot => volumes::set_snapshot_tag(world, id, tag, on),
        ResourceType::Database => databases::set_tag(world, id, tag, on),
        ResourceType::Other(other) => Err(bad_request(format!("{other} cannot be tagged"))),
    }
}

/// Puts a tag among others, or takes it away.
pub(super) fn set(tags: &mut Vec<String>, tag: &str, on: bool) {
    tags.retain(|one| one != tag);
    if on {
        tags.push(tag.to_owned());
    }
}

/// Makes sure that there are such tags, as a request that uses them does.
pub(super) fn used(world: &mut World, tags: &[String]) -> Result<(), Answer> {
    for tag in tags {
        let legal = |c: char| c.is_ascii_alphanumeric() || "_-:".contains(c);
        if tag.is_empty() || tag.len() > 255 || !tag.chars().all(legal) {
            return Err(unprocessable(format!("Tags `{tag}` is invalid")));
        }
    }
    for tag in tags {
        world.tags.tags.entry(tag.to_ascii_lowercase()).or_insert_with(|| tag.clone());
    }
    Ok(())
}
