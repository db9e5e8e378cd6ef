use howdah_core::{
    http::Operation,
    testing::{Answer, Fake},
};
use serde_json::{Value, json};

use super::{State as World, either, page_of, sites};
use crate::agent_runners;

pub(super) fn serve(fake: Fake<World>) -> Fake<World> {
    let fake = fake
        .on_any(&agent_runners::LIST, |world, asked, _| {
            let site = world.resolve(&asked.parameter("site_id").unwrap_or_default());
            page_of(asked, &world.things.of("agent_runner", "site_id", &site))
        })
        .on_any(&agent_runners::CREATE, |world, asked, _| {
            either((|| {
                let site = world.site(&asked.parameter("site_id").unwrap_or_default())?;
                let (id, now) = (world.new_id(), world.now());
                let title = asked.parameter("prompt").unwrap_or_default();
                let branch = asked.parameter("branch").unwrap_or_else(|| "main".to_owned());
                let runner = json!({
                    "id": id, "site_id": sites::id(&site), "state": "running", "created_at": now, "updated_at": now,
                    "title": title, "branch": branch, "attached_file_keys": [], "user": user(),
                });
                world.things.add("agent_runner", runner.clone());
                Ok(Answer::json(200, runner))
            })())
        })
        .on_any(&agent_runners::CREATE_UPLOAD_URL, |world, _, _| {
            let id = world.new_id();
            Answer::json(200, json!({ "upload_url": format!("https://uploads.example.com/{id}"), "file_key": id }))
        })
        .on_any(&agent_runners::DELETE, |world, _, args| {
            either(world.things.remove("agent_runner", &args[0]).map(|()| Answer::empty(202)))
        })
        .on_any(&agent_runners::ARCHIVE, |world, _, args| {
            either(world.things.get_mut("agent_runner", &args[0]).map(|runner| {
                runner["state"] = "archived".into();
                Answer::empty(202)
            }))
        });
    let reads: [&'static dyn Operation; 2] = [&agent_runners::GET, &agent_runners::UPDATE];
    let fake = reads.into_iter().fold(fake, |fake, operation| {
        fake.on_any(operation, |world, _, args| {
            either(world.things.get("agent_runner", &args[0]).map(|runner| Answer::json(200, runner)))
        })
    });
    let acts: [&'static dyn Operation; 2] = [&agent_runners::PULL_REQUEST, &agent_runners::COMMIT];
    let fake = acts.into_iter().fold(fake, |fake, operation| {
        fake.on_any(operation, |world, _, args| {
            either(world.things.get("agent_runner", &args[0]).map(|_| Answer::empty(200)))
        })
    });
    fake.on_any(&agent_runners::LIST_SESSIONS, |world, asked, args| {
        page_of(asked, &world.things.of("agent_session", "agent_runner_id", &args[0]))
    })
    .on_any(&agent_runners::CREATE_SESSION, |world, asked, args| {
        either((|| {
            world.things.get("agent_runner", &args[0])?;
            let (id, now) = (world.new_id(), world.now());
            let session = json!({
                "id": id, "agent_runner_id": args[0], "state": "running", "created_at": now, "updated_at": now,
                "prompt": asked.parameter("prompt").unwrap_or_default(), "agent_config": { "agent": "claude", "model": "" },
                "steps": [], "user": user(), "attached_file_keys": [], "is_published": false,
            });
            world.things.add("agent_session", session.clone());
            Ok(Answer::json(200, session))
        })())
    })
    .on_any(&agent_runners::GET_SESSION, |world, _, args| {
        either(world.things.get("agent_session", &args[1]).map(|session| Answer::json(200, session)))
    })
    .on_any(&agent_runners::UPDATE_SESSION, |world, asked, args| {
        either(world.things.get_mut("agent_session", &args[1]).map(|session| {
            session["is_published"] = (asked.parameter("is_published").as_deref() == Some("true")).into();
            Answer::json(200, &*session)
        }))
    })
    .on_any(&agent_runners::DELETE_SESSION, |world, _, args| {
        either(world.things.remove("agent_session", &args[1]).map(|()| Answer::empty(202)))
    })
}

fn user() -> Value {
    json!({ "id": "5f0000000000000000000001", "full_name": "Ada Lovelace", "email": "admin@example.com" })
}
