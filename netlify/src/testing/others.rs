use howdah_core::testing::{Answer, Fake};
use serde_json::{Value, json};

use super::{
    State as World, body, either, not_found, page_of, refused,
    sites::{self, of_site},
    things::Kind,
    unprocessable,
};
use crate::{
    ai_gateway, assets, build_hooks, deploy_keys, dev_servers, forms, hooks, metadata, oauth, purge, snippets,
};

pub(super) fn serve(fake: Fake<World>) -> Fake<World> {
    let fake = kinds().into_iter().fold(fake, |fake, kind| kind.serve(fake));
    let fake = serve_small(fake);
    serve_hooks_and_assets(fake)
}

fn kinds() -> Vec<Kind> {
    vec![
        Kind {
            name: "build_hook",
            make: |world, args, _| {
                let (site, id) = (of_site(world, args)?, world.new_id());
                let url = format!("https://api.netlify.com/build_hooks/{id}");
                Ok(json!({ "id": id, "url": url, "site_id": site, "created_at": world.now() }))
            },
            below: Some("site_id"),
            list: Some(&build_hooks::LIST),
            create: Some(&build_hooks::CREATE),
            get: Some(&build_hooks::GET),
            update: Some(&build_hooks::UPDATE),
            delete: Some(&build_hooks::DELETE),
        },
        Kind {
            name: "snippet",
            make: |world, args, _| {
                let (site, id) = (of_site(world, args)?, world.serial());
                Ok(json!({ "id": id, "site_id": site }))
            },
            below: Some("site_id"),
            list: Some(&snippets::LIST),
            create: Some(&snippets::CREATE),
            get: Some(&snippets::GET),
            update: Some(&snippets::UPDATE),
            delete: Some(&snippets::DELETE),
        },
        Kind {
            name: "deploy_key",
            make: |world, _, _| {
                let id = world.new_id();
                Ok(json!({ "id": id, "public_key": format!("ssh-rsa AAAAB3Nza{id}"), "created_at": world.now() }))
            },
            below: None,
            list: Some(&deploy_keys::LIST),
            create: Some(&deploy_keys::CREATE),
            get: Some(&deploy_keys::GET),
            update: None,
            delete: Some(&deploy_keys::DELETE),
        },
        Kind {
            name: "dev_server_hook",
            make: |world, args, _| {
                let (site, id) = (of_site(world, args)?, world.new_id());
                let url = format!("https://api.netlify.com/dev_server_hooks/{id}");
                Ok(
                    json!({ "id": id, "url": url, "site_id": site, "created_at": world.now(), "type": "new_dev_server" }),
                )
            },
            below: Some("site_id"),
            list: Some(&dev_servers::LIST_HOOKS),
            create: Some(&dev_servers::CREATE_HOOK),
            get: Some(&dev_servers::GET_HOOK),
            update: Some(&dev_servers::UPDATE_HOOK),
            delete: Some(&dev_servers::DELETE_HOOK),
        },
        Kind {
            name: "form",
            make: |_, _, _| Err(not_found()),
            below: Some("site_id"),
            list: Some(&forms::LIST),
            create: None,
            get: None,
            update: None,
            delete: Some(&forms::DELETE),
        },
    ]
}

/// Forms are found in deploys, and filled in by visitors: a test does both.
impl super::FakeNetlify {
    /// Puts a form into a site and fills it in so many times; the form's id.
    ///
    /// # Panics
    ///
    /// When there is no such site.
    pub fn fill_in(&self, site: &crate::sites::SiteId, form: &str, times: u32) -> crate::forms::FormId {
        self.world().state(|world| {
            let site = world.site(site.get()).expect("the site is there");
            let (id, now) = (world.new_id(), world.now());
            let form = json!({
                "id": id, "site_id": site["id"], "name": form, "paths": ["/contact"], "submission_count": times,
                "fields": [{ "name": "email", "type": "email" }], "created_at": now,
            });
            for number in 1..=times {
                let submission = json!({
                    "id": world.new_id(), "number": number, "email": "ada@example.com", "name": "Ada Lovelace",
                    "first_name": "Ada", "last_name": "Lovelace", "company": "", "summary": "Hello", "body": "Hello",
                    "data": { "email": "ada@example.com" }, "created_at": now, "site_url": site["url"],
                    "form_id": id, "site_id": site["id"],
                });
                world.things.add("submission", submission);
            }
            world.things.add("form", form);
            crate::forms::FormId::new(id)
        })
    }
}

fn submissions(world: &World, member: &str, value: &str) -> Vec<Value> {
    let mut found = world.things.of("submission", member, value);
    for submission in &mut found {
        let members = submission.as_object_mut().expect("a submission is an object");
        members.remove("form_id");
        members.remove("site_id");
    }
    found
}

fn serve_small(fake: Fake<World>) -> Fake<World> {
    let token = |world: &World| {
        let expires = world.in_seconds(3600).as_second();
        Answer::json(
            200,
            json!({ "token": "fake-gateway-token", "url": "https://ai.example.com", "expires_at": expires }),
        )
    };
    fake.on_any(&metadata::GET, |world, _, args| {
        either(of_site(world, args).map(|site| {
            let noted = world.things.get("metadata", &site).map(|noted| noted["noted"].clone());
            Answer::json(200, noted.unwrap_or(json!({})))
        }))
    })
    .on_any(&metadata::UPDATE, |world, asked, args| {
        either((|| {
            let (site, noted) = (of_site(world, args)?, body(asked)?);
            let _ = world.things.remove("metadata", &site);
            world.things.add("metadata", json!({ "id": site, "noted": noted }));
            Ok(Answer::empty(204))
        })())
    })
    .on_any(&purge::PURGE, |world, asked, _| {
        either((|| {
            let request = body(asked)?;
            let slug = request["site_slug"].as_str().map(|slug| format!("{slug}.netlify.app"));
            let site = request["site_id"].as_str().map(str::to_owned).or(slug);
            world.site(&site.ok_or_else(|| refused(400, "site_id or site_slug is missing"))?)?;
            Ok(Answer::empty(202))
        })())
    })
    .on_any(&ai_gateway::PROVIDERS, |_, _, _| {
        let one = json!({ "token_env_var": "OPENAI_API_KEY", "url_env_var": "OPENAI_BASE_URL", "models": ["gpt-5"] });
        Answer::json(200, json!({ "providers": { "openai": one } }))
    })
    .on_any(&ai_gateway::SITE_TOKEN, move |world, _, args| either(of_site(world, args).map(|_| token(world))))
    .on_any(&ai_gateway::ACCOUNT_TOKEN, move |world, _, args| either(world.account(&args[0]).map(|_| token(world))))
    .on_any(&oauth::CREATE, |world, asked, _| {
        either((|| {
            let client = asked.parameter("client_id").ok_or_else(|| unprocessable("client_id is missing"))?;
            let (id, now) = (world.new_id(), world.now());
            // Nobody has to agree here.
            let ticket = json!({ "id": id, "client_id": client, "authorized": true, "created_at": now });
            world.things.add("ticket", ticket.clone());
            Ok(Answer::json(201, ticket))
        })())
    })
    .on_any(&oauth::GET, |world, _, args| either(world.things.get("ticket", &args[0]).map(|it| Answer::json(200, it))))
    .on_any(&oauth::EXCHANGE, |world, _, args| {
        either((|| {
            world.things.get("ticket", &args[0])?;
            Ok(Answer::json(
                201,
                json!({
                    "id": world.new_id(), "access_token": super::TOKEN, "user_id": "5f0000000000000000000001",
                    "user_email": "admin@example.com", "created_at": world.now(),
                }),
            ))
        })())
    })
    .on_any(&forms::LIST_OF_SITE, |world, asked, args| {
        either(of_site(world, args).map(|site| page_of(asked, &submissions(world, "site_id", &site))))
    })
    .on_any(&forms::LIST_SUBMISSIONS, |world, asked, args| {
        either(world.things.get("form", &args[0]).map(|_| page_of(asked, &submissions(world, "form_id", &args[0]))))
    })
    .on_any(&forms::GET_SUBMISSION, |world, asked, args| {
        either(world.things.get("submission", &args[0]).map(|_| page_of(asked, &submissions(world, "id", &args[0]))))
    })
    .on_any(&forms::DELETE_SUBMISSION, |world, _, args| {
        either(world.things.remove("submission", &args[0]).map(|()| Answer::empty(204)))
    })
}

fn serve_hooks_and_assets(fake: Fake<World>) -> Fake<World> {
    let fake = fake
        .on_any(&hooks::LIST, |world, asked, _| {
            let site = world.resolve(&asked.parameter("site_id").unwrap_or_default());
            Answer::json(200, world.things.of("hook", "site_id", &site))
        })
        .on_any(&hooks::CREATE, |world, asked, _| {
            either((|| {
                let site = sites::id(&world.site(&asked.parameter("site_id").unwrap_or_default())?);
                let (id, now) = (world.new_id(), world.now());
                let mut hook =
                    json!({ "id": id, "site_id": site, "created_at": now, "updated_at": now, "disabled": false });
                super::things::merge(&mut hook, &body(asked)?);
                world.things.add("hook", hook.clone());
                Ok(Answer::json(201, hook))
            })())
        })
        .on_any(&hooks::ENABLE, |world, _, args| {
            either(world.things.get_mut("hook", &args[0]).map(|hook| {
                hook["disabled"] = false.into();
                Answer::json(200, &*hook)
            }))
        })
        .on_any(&hooks::LIST_TYPES, |_, _, _| {
            let email = json!({ "name": "email", "events": ["deploy_failed"], "fields": [{ "name": "email" }] });
            Answer::json(200, json!([email]))
        });
    let hook = Kind {
        name: "hook",
        make: |_, _, _| Err(not_found()),
        below: None,
        list: None,
        create: None,
        get: Some(&hooks::GET),
        update: Some(&hooks::UPDATE),
        delete: Some(&hooks::DELETE),
    };
    let asset = Kind {
        name: "asset",
        make: |_, _, _| Err(not_found()),
        below: Some("site_id"),
        list: Some(&assets::LIST),
        create: None,
        get: Some(&assets::GET),
        update: Some(&assets::UPDATE),
        delete: Some(&assets::DELETE),
    };
    let fake = asset.serve(hook.serve(fake));
    fake.on_any(&assets::CREATE, |world, asked, args| {
        either((|| {
            let (site, id, now) = (of_site(world, args)?, world.new_id(), world.now());
            let text = |name: &str| asked.parameter(name).ok_or_else(|| unprocessable(&format!("{name} is missing")));
            let length: u64 = text("size")?.parse().map_err(|_| unprocessable("size is not a number"))?;
            let asset = json!({
                "id": id, "site_id": site, "creator_id": "5f0000000000000000000001", "name": text("name")?,
                "state": "new", "content_type": text("content_type")?, "url": format!("https://assets.example.com/{id}"),
                "key": id, "visibility": asked.parameter("visibility").unwrap_or_else(|| "public".to_owned()), "size": length,
                "created_at": now, "updated_at": now,
            });
            world.things.add("asset", asset.clone());
            let form = json!({ "url": "https://uploads.example.com", "fields": { "key": id } });
            Ok(Answer::json(201, json!({ "form": form, "asset": asset })))
        })())
    })
    .on_any(&assets::PUBLIC_SIGNATURE, |world, _, args| {
        either(world.things.get("asset", &args[1]).map(|asset| Answer::json(200, json!({ "url": asset["url"] }))))
    })
}
