use howdah_core::testing::{Answer, Fake};
use serde_json::{Value, json};

use super::{State as World, body, either, not_found, sites::of_site};
use crate::services;

pub(super) fn serve(fake: Fake<World>) -> Fake<World> {
    fake.on_any(&services::LIST, |world, asked, _| {
        let search = asked.parameter("search").unwrap_or_default();
        let found = "identity".contains(&search).then(|| identity(world));
        Answer::json(200, found.into_iter().collect::<Vec<_>>())
    })
    .on_any(&services::GET, |world, _, args| either(known(&args[0]).map(|()| Answer::json(200, identity(world)))))
    .on_any(&services::MANIFEST, |_, _, args| {
        either(known(&args[0]).map(|()| Answer::json(201, json!({ "name": "identity", "admin_url": "/admin" }))))
    })
    .on_any(&services::LIST_INSTANCES, |world, _, args| {
        let site = world.resolve(&args[0]);
        let mut instances = world.things.of("instance", "site", &site);
        for instance in &mut instances {
            instance.as_object_mut().expect("an instance is an object").remove("site");
        }
        Answer::json(200, instances)
    })
    .on_any(&services::CREATE_INSTANCE, |world, asked, args| {
        either((|| {
            known(&args[1])?;
            let (site, config) = (of_site(world, args)?, body(asked)?);
            let (id, now) = (world.new_id(), world.now());
            let mut instance = json!({
                "id": id, "url": "https://identity.example.com", "config": config, "external_attributes": {},
                "service_slug": args[1], "service_path": "/.netlify/identity", "service_name": "Identity", "env": {},
                "snippets": [], "auth_url": "https://identity.example.com/auth", "created_at": now, "updated_at": now,
            });
            let answer = Answer::json(201, &instance);
            instance["site"] = site.into();
            world.things.add("instance", instance);
            Ok(answer)
        })())
    })
    .on_any(&services::GET_INSTANCE, |world, _, args| {
        either(world.things.get("instance", &args[2]).map(|instance| {
            let mut instance = instance.clone();
            instance.as_object_mut().expect("an instance is an object").remove("site");
            Answer::json(200, instance)
        }))
    })
    .on_any(&services::UPDATE_INSTANCE, |world, asked, args| {
        either((|| {
            let config = body(asked)?;
            world.things.get_mut("instance", &args[2])?["config"] = config;
            Ok(Answer::empty(204))
        })())
    })
    .on_any(&services::DELETE_INSTANCE, |world, _, args| {
        either(world.things.remove("instance", &args[2]).map(|()| Answer::empty(204)))
    })
}

fn identity(world: &World) -> Value {
    json!({
        "id": "5f00000000000000000000dd", "name": "Identity", "slug": "identity", "service_path": "/.netlify/identity",
        "long_description": "Who visitors are.", "description": "Visitors", "events": [], "tags": ["auth"],
        "icon": "https://example.com/identity.png", "manifest_url": "https://example.com/identity.json",
        "environments": ["production"], "created_at": world.now(), "updated_at": world.now(),
    })
}

fn known(addon: &str) -> Result<(), Answer> {
    if addon == "identity" { Ok(()) } else { Err(not_found()) }
}
