use howdah_core::testing::{Answer, Fake};
use serde_json::{Value, json};

use super::{State as World, body, either, sites::of_site};
use crate::split_tests;

pub(super) fn serve(fake: Fake<World>) -> Fake<World> {
    fake.on_any(&split_tests::LIST, |world, _, args| {
        let site = world.resolve(&args[0]);
        Answer::json(200, world.things.of("split_test", "site_id", &site))
    })
    .on_any(&split_tests::CREATE, |world, asked, args| {
        either((|| {
            let (site, id, now) = (of_site(world, args)?, world.new_id(), world.now());
            let test = json!({
                "id": id, "site_id": site, "name": "test", "path": "/", "branches": branches(&body(asked)?),
                "active": false, "created_at": now, "updated_at": now,
            });
            world.things.add("split_test", test.clone());
            Ok(Answer::json(201, test))
        })())
    })
    .on_any(&split_tests::GET, |world, _, args| {
        either(world.things.get("split_test", &args[1]).map(|test| Answer::json(200, test)))
    })
    .on_any(&split_tests::UPDATE, |world, asked, args| {
        either((|| {
            let branches = branches(&body(asked)?);
            let test = world.things.get_mut("split_test", &args[1])?;
            test["branches"] = branches;
            Ok(Answer::json(201, &*test))
        })())
    })
    .on_any(&split_tests::PUBLISH, |world, _, args| {
        either(world.things.get_mut("split_test", &args[1]).map(|test| {
            test["active"] = true.into();
            Answer::empty(204)
        }))
    })
    .on_any(&split_tests::UNPUBLISH, |world, _, args| {
        either(world.things.get_mut("split_test", &args[1]).map(|test| {
            test["active"] = false.into();
            Answer::empty(204)
        }))
    })
}

fn branches(request: &Value) -> Value {
    let tests = request["branch_tests"].as_object().into_iter().flatten();
    tests.map(|(branch, percentage)| json!({ "branch": branch, "percentage": percentage })).collect()
}
