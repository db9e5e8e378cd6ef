use howdah_core::testing::{Answer, Fake};
use serde_json::{Value, json};

use super::{State as World, body, either, not_found, page_of, refused, sites, things::Kind, unprocessable};
use crate::{
    agent_runners, ai_gateway, assets, build_hooks, databases, deploy_keys, dev_servers, env, forms, hooks, metadata,
    oauth, purge, services, snippets, split_tests,
};

pub(super) fn serve(fake: Fake<World>) -> Fake<World> {
    let fake = kinds().into_iter().fold(fake, |fake, kind| kind.serve(fake));
    let fake = serve_env(fake);
    let fake = serve_databases(fake);
    let fake = serve_agents(fake);
    let fake = serve_dev_servers(fake);
    let fake = serve_services(fake);
    let fake = serve_small(fake);
    serve_hooks_and_assets(fake)
}

fn of_site(world: &World, args: &[String]) -> Result<String, Answer> {
    world.site(&args[0]).map(|site| sites::id(&site))
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

fn serve_env(fake: Fake<World>) -> Fake<World> {
    fn shown(variable: &Value) -> Value {
        let mut variable = variable.clone();
        let members = variable.as_object_mut().expect("a variable is an object");
        members.remove("account");
        members.remove("site");
        if variable["is_secret"] == true {
            for value in variable["values"].as_array_mut().into_iter().flatten() {
                value.as_object_mut().expect("a value is an object").remove("value");
            }
        }
        variable
    }
    fn is(variable: &Value, account: &str, site: Option<&str>, key: &str) -> bool {
        variable["account"] == account && variable["site"].as_str() == site && variable["key"] == key
    }
    fn written(world: &mut World, account: &str, site: Option<&str>, request: &Value) -> Result<Value, Answer> {
        let key =
            request["key"].as_str().filter(|key| !key.is_empty()).ok_or_else(|| unprocessable("key is missing"))?;
        let mut values = request["values"].as_array().cloned().unwrap_or_default();
        for value in &mut values {
            if value.get("id").is_none() {
                value["id"] = world.new_uuid().into();
            }
        }
        let all = json!(["builds", "functions", "runtime", "post-processing"]);
        let mut variable = json!({
            "account": account, "key": key, "values": values, "updated_at": world.now(),
            "scopes": request.get("scopes").cloned().unwrap_or(all), "is_secret": request["is_secret"] == true,
            "updated_by": { "id": "5f0000000000000000000001", "full_name": "Ada Lovelace", "email": "admin@example.com" },
        });
        if let Some(site) = site {
            variable["site"] = site.into();
        }
        Ok(variable)
    }
    type Whose = (String, Option<String>);
    fn whose(world: &World, asked: &howdah_core::testing::Asked, account: &str) -> Result<Whose, Answer> {
        let account = sites::id(&world.account(account)?);
        let site = asked.parameter("site_id").map(|site| world.site(&site).map(|site| sites::id(&site))).transpose()?;
        Ok((account, site))
    }
    fn listed(world: &World, asked: &howdah_core::testing::Asked, account: &str, site: Option<&str>) -> Vec<Value> {
        let wanted = |name: &str| asked.parameter(name);
        let (scope, context) = (wanted("scope"), wanted("context_name"));
        let all = world.things.all("env").iter();
        let of = all.filter(|variable| variable["account"] == account && variable["site"].as_str() == site);
        of.filter(|variable| {
            let has =
                |list: &Value, test: &dyn Fn(&Value) -> bool| list.as_array().is_some_and(|list| list.iter().any(test));
            scope.as_deref().is_none_or(|scope| has(&variable["scopes"], &|one| one == scope))
                && context.as_deref().is_none_or(|context| {
                    context == "all"
                        || has(&variable["values"], &|value| value["context"] == context || value["context"] == "all")
                })
        })
        .map(shown)
        .collect()
    }
    fake.on_any(&env::LIST, |world, asked, args| {
        either(
            whose(world, asked, &args[0])
                .map(|(account, site)| Answer::json(200, listed(world, asked, &account, site.as_deref()))),
        )
    })
    .on_any(&env::CREATE, |world, asked, args| {
        either((|| {
            let (account, site) = whose(world, asked, &args[0])?;
            let mut made = Vec::new();
            for request in body(asked)?.as_array().into_iter().flatten() {
                let variable = written(world, &account, site.as_deref(), request)?;
                let key = variable["key"].as_str().unwrap_or_default().to_owned();
                if world.things.all("env").iter().any(|one| is(one, &account, site.as_deref(), &key)) {
                    return Err(refused(422, "this variable exists already"));
                }
                made.push(shown(&variable));
                world.things.add("env", variable);
            }
            Ok(Answer::json(201, made))
        })())
    })
    .on_any(&env::LIST_OF_SITE, |world, asked, args| {
        either((|| {
            let site = world.site(&args[0])?;
            let account = site["account_id"].as_str().unwrap_or_default();
            let mut seen = listed(world, asked, account, None);
            seen.extend(listed(world, asked, account, Some(&sites::id(&site))));
            Ok(Answer::json(200, seen))
        })())
    })
    .on_any(&env::GET, |world, asked, args| {
        either((|| {
            let (account, site) = whose(world, asked, &args[0])?;
            let found = world.things.all("env").iter().find(|one| is(one, &account, site.as_deref(), &args[1]));
            found.map(|variable| Answer::json(200, shown(variable))).ok_or_else(not_found)
        })())
    })
    .on_any(&env::UPDATE, |world, asked, args| {
        either((|| {
            let (account, site) = whose(world, asked, &args[0])?;
            let mut request = body(asked)?;
            request["key"] = args[1].as_str().into();
            let variable = written(world, &account, site.as_deref(), &request)?;
            let held = world.things.each("env").find(|one| is(one, &account, site.as_deref(), &args[1]));
            *held.ok_or_else(not_found)? = variable.clone();
            Ok(Answer::json(200, shown(&variable)))
        })())
    })
    .on_any(&env::SET_VALUE, |world, asked, args| {
        either((|| {
            let (account, site) = whose(world, asked, &args[0])?;
            let mut value = body(asked)?;
            value["id"] = world.new_uuid().into();
            let held = world.things.each("env").find(|one| is(one, &account, site.as_deref(), &args[1]));
            let held = held.ok_or_else(not_found)?;
            let values = held["values"].as_array_mut().expect("values are a list");
            values.retain(|one| {
                one["context"] != value["context"] || one["context_parameter"] != value["context_parameter"]
            });
            values.push(value);
            Ok(Answer::json(201, shown(held)))
        })())
    })
    .on_any(&env::DELETE, |world, asked, args| {
        either((|| {
            let (account, site) = whose(world, asked, &args[0])?;
            let before = world.things.all("env").len();
            world.things.retain("env", |one| !is(one, &account, site.as_deref(), &args[1]));
            if world.things.all("env").len() == before { Err(not_found()) } else { Ok(Answer::empty(204)) }
        })())
    })
    .on_any(&env::DELETE_VALUE, |world, asked, args| {
        either((|| {
            let (account, site) = whose(world, asked, &args[0])?;
            let held = world.things.each("env").find(|one| is(one, &account, site.as_deref(), &args[1]));
            let values = held.ok_or_else(not_found)?["values"].as_array_mut().expect("values are a list");
            let at = values.iter().position(|value| value["id"] == args[2].as_str()).ok_or_else(not_found)?;
            values.remove(at);
            Ok(Answer::empty(204))
        })())
    })
}

fn serve_databases(fake: Fake<World>) -> Fake<World> {
    fn connection(site: &str, branch: &str) -> String {
        format!("postgresql://netlifydb_owner:fake@{branch}.{}.db.netlify.com/netlifydb", &site[..8])
    }
    fn has(world: &World, args: &[String]) -> Result<String, Answer> {
        let site = of_site(world, args)?;
        let exists = world.things.all("database").iter().any(|database| database["id"] == site.as_str());
        if exists { Ok(site) } else { Err(not_found()) }
    }
    fn branch<'a>(world: &'a mut World, args: &[String]) -> Result<&'a mut Value, Answer> {
        let site = has(world, args)?;
        let mut branches = world.things.each("database_branch");
        branches
            .find(|one| one["site_id"] == site.as_str() && one["branch_id"] == args[1].as_str())
            .ok_or_else(not_found)
    }
    fn compute() -> Value {
        json!({ "min_cu": 0.25, "max_cu": 2.0, "sleep_timeout_seconds": 300 })
    }
    let fake = fake
        .on_any(&databases::CREATE, |world, _, args| {
            either((|| {
                let site = of_site(world, args)?;
                if has(world, args).is_err() {
                    world.things.add("database", json!({ "id": site, "compute": compute() }));
                }
                Ok(Answer::json(200, json!({ "connection_string": connection(&site, "main") })))
            })())
        })
        .on_any(&databases::GET, |world, _, args| {
            either(has(world, args).map(|site| Answer::json(200, json!({ "connection_string": connection(&site, "main") }))))
        })
        .on_any(&databases::DELETE, |world, _, args| {
            either((|| {
                let site = has(world, args)?;
                world.things.remove("database", &site)?;
                world.things.retain("database_branch", |one| one["site_id"] != site.as_str());
                Ok(Answer::empty(204))
            })())
        })
        .on_any(&databases::CREATE_BRANCH, |world, asked, args| {
            either((|| {
                let site = has(world, args)?;
                let request = body(asked)?;
                let id = request["branch_id"].as_str().ok_or_else(|| unprocessable("branch_id is missing"))?;
                let metadata = request.get("metadata").cloned().unwrap_or(json!({}));
                let now = world.now();
                let detail = json!({
                    "site_id": site, "branch_id": id, "name": id, "connection_string": connection(&site, id), "state": "ready",
                    "logical_size_bytes": 0, "created_at": now, "updated_at": now, "last_active_at": now,
                    "compute": {
                        "current_state": "idle", "autoscaling_limit_min_cu": 0.25, "autoscaling_limit_max_cu": 2.0,
                        "suspend_timeout_seconds": 300, "last_active": now,
                    },
                    "metadata": metadata,
                });
                world.things.add("database_branch", detail);
                Ok(Answer::json(200, json!({ "connection_string": connection(&site, id), "metadata": metadata })))
            })())
        })
        .on_any(&databases::LIST_BRANCHES, |world, _, args| {
            either(has(world, args).map(|site| {
                let mut branches = world.things.of("database_branch", "site_id", &site);
                for branch in &mut branches {
                    branch.as_object_mut().expect("a branch is an object").remove("site_id");
                }
                Answer::json(200, json!({ "branches": branches }))
            }))
        })
        .on_any(&databases::GET_BRANCH, |world, _, args| {
            either(branch(world, args).map(|branch| {
                let shown = json!({ "connection_string": branch["connection_string"], "metadata": branch["metadata"] });
                Answer::json(200, shown)
            }))
        })
        .on_any(&databases::DELETE_BRANCH, |world, _, args| {
            either((|| {
                let site = branch(world, args)?["site_id"].clone();
                world.things.retain("database_branch", |one| {
                    one["site_id"] != site || one["branch_id"] != args[1].as_str()
                });
                Ok(Answer::empty(204))
            })())
        })
        .on_any(&databases::RESET_BRANCH, |world, _, args| {
            either(branch(world, args).map(|branch| {
                let (connection, metadata) = (&branch["connection_string"], &branch["metadata"]);
                Answer::json(200, json!({ "reset": true, "connection_string": connection, "metadata": metadata }))
            }))
        })
        .on_any(&databases::SET_BRANCH_COMPUTE, |world, asked, args| {
            either((|| {
                let request = body(asked)?;
                let branch = branch(world, args)?;
                let names = [
                    ("autoscaling_limit_min_cu", "min_cu"),
                    ("autoscaling_limit_max_cu", "max_cu"),
                    ("suspend_timeout_seconds", "sleep_timeout_seconds"),
                ];
                for (name, of) in names {
                    if let Some(value) = request.get(of) {
                        branch["compute"][name] = value.clone();
                    }
                }
                Ok(Answer::json(200, request))
            })())
        })
        .on_any(&databases::SET_COMPUTE, |world, asked, args| {
            either((|| {
                let (site, request) = (has(world, args)?, body(asked)?);
                if request["min_cu"].as_f64() > request["max_cu"].as_f64() {
                    return Err(unprocessable("min_cu is greater than max_cu"));
                }
                let settings = &mut world.things.get_mut("database", &site)?["compute"];
                super::things::merge(settings, &request);
                Ok(Answer::json(200, &*settings))
            })())
        })
        .on_any(&databases::GET_COMPUTE, |world, _, args| {
            either((|| {
                let site = has(world, args)?;
                Ok(Answer::json(200, &world.things.get("database", &site)?["compute"]))
            })())
        })
        .on_any(&databases::CLEAR_COMPUTE, |world, _, args| {
            either((|| {
                let site = has(world, args)?;
                world.things.get_mut("database", &site)?["compute"] = compute();
                Ok(Answer::empty(204))
            })())
        });
    let migration = || json!({ "version": 1, "name": "0001_begin", "path": "migrations/0001_begin.sql" });
    fake.on_any(&databases::LIST_MIGRATIONS, move |world, _, args| {
        either((|| {
            let site = has(world, args)?;
            let mut one = migration();
            one["applied"] = (world.things.get("database", &site)?["migrated"] == true).into();
            Ok(Answer::json(200, json!({ "migrations": [one] })))
        })())
    })
    .on_any(&databases::GET_MIGRATION, move |world, _, args| {
        either((|| {
            has(world, args)?;
            let mut one = migration();
            if one["name"] != args[1].as_str() {
                return Err(not_found());
            }
            one["content"] = "CREATE TABLE accounts (id bigint PRIMARY KEY);".into();
            Ok(Answer::json(200, one))
        })())
    })
    .on_any(&databases::RUN_MIGRATIONS, |world, asked, args| {
        either((|| {
            let (site, request) = (has(world, args)?, body(asked)?);
            if request["dry_run"] != true {
                world.things.get_mut("database", &site)?["migrated"] = true.into();
            }
            Ok(Answer::empty(200))
        })())
    })
    .on_any(&databases::CREATE_SNAPSHOT, |world, asked, args| {
        either((|| {
            let (site, request) = (has(world, args)?, body(asked)?);
            let (id, now) = (world.new_uuid(), world.now());
            let mut snapshot = json!({
                "id": id, "source_branch_id": request["branch_id"].as_str().unwrap_or("main"), "manual": true,
                "created_at": now, "expires_at": now, "timestamp": now, "site_id": site,
            });
            if let Some(metadata) = request.get("metadata") {
                snapshot["metadata"] = metadata.clone();
            }
            world.things.add("snapshot", snapshot.clone());
            snapshot.as_object_mut().expect("a snapshot is an object").remove("site_id");
            Ok(Answer::json(201, snapshot))
        })())
    })
    .on_any(&databases::LIST_SNAPSHOTS, |world, _, args| {
        either(has(world, args).map(|site| {
            let mut snapshots = world.things.of("snapshot", "site_id", &site);
            for snapshot in &mut snapshots {
                snapshot.as_object_mut().expect("a snapshot is an object").remove("site_id");
            }
            Answer::json(200, json!({ "snapshots": snapshots }))
        }))
    })
    .on_any(&databases::DELETE_SNAPSHOT, |world, _, args| {
        either(world.things.remove("snapshot", &args[1]).map(|()| Answer::empty(204)))
    })
    .on_any(&databases::RESTORE_SNAPSHOT, |world, _, args| {
        either(world.things.get("snapshot", &args[1]).map(|_| Answer::empty(200)))
    })
}

fn serve_agents(fake: Fake<World>) -> Fake<World> {
    fn user() -> Value {
        json!({ "id": "5f0000000000000000000001", "full_name": "Ada Lovelace", "email": "admin@example.com" })
    }
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
    let reads: [&'static dyn howdah_core::http::Operation; 2] = [&agent_runners::GET, &agent_runners::UPDATE];
    let fake = reads.into_iter().fold(fake, |fake, operation| {
        fake.on_any(operation, |world, _, args| {
            either(world.things.get("agent_runner", &args[0]).map(|runner| Answer::json(200, runner)))
        })
    });
    let acts: [&'static dyn howdah_core::http::Operation; 2] = [&agent_runners::PULL_REQUEST, &agent_runners::COMMIT];
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

fn serve_dev_servers(fake: Fake<World>) -> Fake<World> {
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

fn serve_services(fake: Fake<World>) -> Fake<World> {
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
    let fake = serve_split_tests(fake);
    fake.on_any(&assets::CREATE, |world, asked, args| {
        either((|| {
            let (site, id, now) = (of_site(world, args)?, world.new_id(), world.now());
            let text = |name: &str| asked.parameter(name).ok_or_else(|| unprocessable(&format!("{name} is missing")));
            let size: u64 = text("size")?.parse().map_err(|_| unprocessable("size is not a number"))?;
            let asset = json!({
                "id": id, "site_id": site, "creator_id": "5f0000000000000000000001", "name": text("name")?,
                "state": "new", "content_type": text("content_type")?, "url": format!("https://assets.example.com/{id}"),
                "key": id, "visibility": asked.parameter("visibility").unwrap_or_else(|| "public".to_owned()), "size": size,
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

fn serve_split_tests(fake: Fake<World>) -> Fake<World> {
    fn branches(request: &Value) -> Value {
        let tests = request["branch_tests"].as_object().into_iter().flatten();
        tests.map(|(branch, percentage)| json!({ "branch": branch, "percentage": percentage })).collect()
    }
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
