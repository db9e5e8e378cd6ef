use howdah_core::testing::{Answer, Fake};
use serde_json::json;

use super::{State as World, body, either, page_of, refused, sites::of_site, unprocessable};
use crate::dev_servers;

pub(super) fn serve(fake: Fake<World>) -> Fake<World> {
    fake.on_any(&dev_servers::LIST, |world, asked, args| {
        let site = world.resolve(&args[0]);
        page_of(asked, &world.things.of("dev_server", "site_id", &site))
    })
    .on_any(&dev_servers::CREATE, |world, asked, args| {
        either((|| {
            let (site, id, now) = (of_site(world, args)?, world.new_id(), world.now());
            let branch = asked.parameter("branch").unwrap_or_else(|| "main".to_owned());
            let server = json!({
                "id": id, "site_id": site, "branch": branch, "url": format!("https://{id}.dev.netlify.app"),
                "state": "starting", "created_at": now, "updated_at": now, "starting_at": now, "title": branch,
            });
            world.things.add("dev_server", server.clone());
            Ok(Answer::json(200, json!([server])))
        })())
    })
    .on_any(&dev_servers::DELETE, |world, asked, args| {
        either((|| {
            let (site, branch) = (of_site(world, args)?, asked.parameter("branch"));
            world.things.retain("dev_server", |server| {
                server["site_id"] != site.as_str() || branch.as_deref().is_some_and(|branch| server["branch"] != branch)
            });
            Ok(Answer::empty(202))
        })())
    })
    .on_any(&dev_servers::GET, |world, _, args| {
        either(world.things.get("dev_server", &args[1]).map(|server| Answer::json(200, server)))
    })
    .on_any(&dev_servers::MARK_ACTIVITY, |world, _, args| {
        either(world.things.get("dev_server", &args[1]).map(|_| Answer::empty(200)))
    })
    .on_any(&dev_servers::UPDATE_STATE, |world, asked, args| {
        either((|| {
            let (request, now) = (body(asked)?, world.now());
            let server = world.things.get_mut("dev_server", &args[1])?;
            if server["state"] == "done" {
                return Err(refused(409, "the development server has ended"));
            }
            let state = request["state"].as_str().ok_or_else(|| unprocessable("state is missing"))?;
            server["state"] = state.into();
            server[format!("{state}_at")] = now.into();
            Ok(Answer::json(200, &*server))
        })())
    })
}
