use howdah_core::testing::{Answer, Fake};
use serde_json::{Value, json};

use super::{State as World, body, either, not_found, sites::of_site, unprocessable};
use crate::databases;

pub(super) fn serve(fake: Fake<World>) -> Fake<World> {
    serve_snapshots(serve_migrations(serve_compute(serve_branches(fake))))
}

fn serve_branches(fake: Fake<World>) -> Fake<World> {
    fake
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
}

fn serve_compute(fake: Fake<World>) -> Fake<World> {
    fake.on_any(&databases::SET_COMPUTE, |world, asked, args| {
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
    })
}

fn serve_migrations(fake: Fake<World>) -> Fake<World> {
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
}

fn serve_snapshots(fake: Fake<World>) -> Fake<World> {
    fake.on_any(&databases::CREATE_SNAPSHOT, |world, asked, args| {
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
    branches.find(|one| one["site_id"] == site.as_str() && one["branch_id"] == args[1].as_str()).ok_or_else(not_found)
}

fn compute() -> Value {
    json!({ "min_cu": 0.25, "max_cu": 2.0, "sleep_timeout_seconds": 300 })
}
