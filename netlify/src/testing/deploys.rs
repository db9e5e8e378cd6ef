use std::collections::{BTreeMap, BTreeSet};

use aws_lc_rs::digest;
use data_encoding::HEXLOWER;
use howdah_core::testing::{Answer, Asked, Fake};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{State as World, body, either, not_found, page_of, refused, sites, unprocessable};
use crate::{
    builds, deployed_branches,
    deploys::{
        CANCEL, CREATE, DELETE, DELETE_OF_SITE, GET, GET_OF_SITE, LIST, LOCK, REPORT, RESTORE, ROLLBACK, UNLOCK,
        UPDATE, UPLOAD_FILE, UPLOAD_FUNCTION,
    },
    files, functions,
};

#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct State {
    /// What each deploy consists of.
    contents: BTreeMap<String, Contents>,
    /// What each site has, by its digest, and how long it is.
    known: BTreeMap<String, BTreeMap<String, u64>>,
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct Contents {
    files: BTreeMap<String, String>,
    functions: BTreeMap<String, String>,
    /// When it gets on by itself.
    until: Option<Timestamp>,
}

pub(super) fn serve(fake: Fake<World>) -> Fake<World> {
    let fake = serve_acts(serve_builds(serve_files(fake)));
    fake.on_any(&LIST, |world, asked, args| {
        either(world.site(&args[0]).map(|site| {
            let mut deploys = world.things.of("deploy", "site_id", &sites::id(&site));
            deploys.reverse();
            let wanted = |name: &str, member: &'static str| {
                let wanted = asked.parameter(name);
                move |deploy: &Value| wanted.as_deref().is_none_or(|wanted| deploy[member] == wanted)
            };
            let (state, branch) = (wanted("state", "state"), wanted("branch", "branch"));
            deploys.retain(|deploy| state(deploy) && branch(deploy));
            if asked.parameter("production").is_some_and(|only| only == "true") {
                deploys.retain(|deploy| deploy["context"] == "production");
            }
            page_of(asked, &deploys)
        }))
    })
    .on_any(&CREATE, |world, asked, args| either(create(world, asked, &args[0])))
    .on_any(&GET_OF_SITE, |world, _, args| either(of_site(world, args).map(|deploy| Answer::json(200, deploy))))
    .on_any(&UPDATE, |world, asked, args| {
        either((|| {
            let id = sites::id(&of_site(world, args)?);
            if is_over(&world.things.get("deploy", &id)?["state"]) {
                return Err(unprocessable("the deploy is over"));
            }
            let request = body(asked)?;
            consist(world, &id, &request)?;
            Ok(Answer::json(200, world.things.get("deploy", &id)?))
        })())
    })
    .on_any(&DELETE_OF_SITE, |world, _, args| {
        either(of_site(world, args).and_then(|it| remove(world, &sites::id(&it))))
    })
    .on_any(&GET, |world, _, args| either(world.things.get("deploy", &args[0]).map(|it| Answer::json(200, it))))
    .on_any(&DELETE, |world, _, args| either(remove(world, &args[0])))
    .on_any(&CANCEL, |world, _, args| {
        either((|| {
            let deploy = world.things.get_mut("deploy", &args[0])?;
            if !is_over(&deploy["state"]) {
                deploy["state"] = "error".into();
                deploy["error_message"] = "Canceled by the user".into();
            }
            Ok(Answer::json(201, &*deploy))
        })())
    })
    .on_any(&RESTORE, |world, _, args| {
        either((|| {
            let deploy = of_site(world, args)?;
            if deploy["state"] != "ready" {
                return Err(unprocessable("the deploy is not ready"));
            }
            publish(world, &sites::id(&deploy));
            Ok(Answer::json(201, world.things.get("deploy", &sites::id(&deploy))?))
        })())
    })
    .on_any(&ROLLBACK, |world, _, args| {
        either((|| {
            let site = world.site(&args[0])?;
            let mut ready = world.things.of("deploy", "site_id", &sites::id(&site));
            ready.retain(|deploy| deploy.get("published_at").is_some());
            let at = ready.iter().position(|deploy| deploy["id"] == site["published_deploy_id"]);
            let before = at.and_then(|at| ready.get(at.checked_sub(1)?)).ok_or_else(not_found)?;
            publish(world, &sites::id(before));
            Ok(Answer::empty(204))
        })())
    })
}

/// What is done to a deploy when it is there.
fn serve_acts(fake: Fake<World>) -> Fake<World> {
    fake.on_any(&LOCK, |world, _, args| either(set_locked(world, &args[0], true)))
        .on_any(&UNLOCK, |world, _, args| either(set_locked(world, &args[0], false)))
        .on_any(&REPORT, |world, asked, args| {
            either((|| {
                world.things.get("deploy", &args[0])?;
                let request = body(asked)?;
                let scan = &request["secrets_scan"];
                let result = json!({
                    "scannedFilesCount": scan["scannedFilesCount"].as_u64().unwrap_or_default(),
                    "secretsScanMatches": [],
                });
                let report = json!({ "id": world.new_id(), "deploy_id": args[0], "secret_scan_result": result });
                Ok(Answer::json(200, report))
            })())
        })
}

fn serve_builds(fake: Fake<World>) -> Fake<World> {
    fake.on_any(&deployed_branches::LIST, |world, _, args| {
        either((|| {
            let site = world.site(&args[0])?;
            let Ok(deploy) = world.things.get("deploy", site["published_deploy_id"].as_str().unwrap_or_default()) else {
                return Ok(Answer::json(200, json!([])));
            };
            let branch = json!({
                "id": site["id"], "deploy_id": deploy["id"], "name": "main", "slug": "main",
                "url": site["url"], "ssl_url": site["ssl_url"],
            });
            Ok(Answer::json(200, json!([branch])))
        })())
    })
    .on_any(&builds::LIST, |world, asked, args| {
        let site = world.resolve(&args[0]);
        page_of(asked, &without_site(world.things.of("build", "site_id", &site)))
    })
    .on_any(&builds::CREATE, |world, _, args| {
        either((|| {
            let site = sites::id(&world.site(&args[0])?);
            let (id, deploy, now) = (world.new_id(), world.new_id(), world.now());
            let build = json!({
                "id": id, "deploy_id": deploy, "sha": "", "done": false, "error": "", "created_at": now,
                "site_id": site,
            });
            world.things.add("build", build.clone());
            Ok(Answer::json(200, without_site(vec![build]).remove(0)))
        })())
    })
    .on_any(&builds::GET, |world, _, args| {
        either(world.things.get("build", &args[0]).map(|build| Answer::json(200, without_site(vec![build.clone()]).remove(0))))
    })
    .on_any(&builds::LOG, |world, _, args| either(world.things.get("build", &args[0]).map(|_| Answer::empty(204))))
    .on_any(&builds::START, |world, _, args| either(world.things.get("build", &args[0]).map(|_| Answer::empty(204))))
    .on_any(&builds::STATUS, |world, _, args| {
        either(world.account(&args[0]).map(|_| {
            let minutes = json!({
                "current": 12, "current_average_sec": 40, "previous": 30, "period_start_date": world.now(),
                "period_end_date": world.now(), "last_updated_at": world.now(), "included_minutes": "300",
                "included_minutes_with_packs": "300",
            });
            let count = world.things.all("build").len();
            let status =
                json!({ "active": 0, "pending_concurrency": 0, "enqueued": 0, "build_count": count, "minutes": minutes });
            Answer::json(200, json!([status]))
        }))
    })
}

fn without_site(mut builds: Vec<Value>) -> Vec<Value> {
    for build in &mut builds {
        build.as_object_mut().expect("a build is an object").remove("site_id");
    }
    builds
}

fn serve_files(fake: Fake<World>) -> Fake<World> {
    fake.on_any(&UPLOAD_FILE, |world, asked, args| {
        either((|| {
            let path = format!("/{}", args[1]);
            let sha = HEXLOWER.encode(digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, &asked.body).as_ref());
            let wanted = contents(world, &args[0])?.files.get(&path).cloned();
            if wanted.as_deref() != Some(sha.as_str()) {
                return Err(unprocessable("the content is not what the deploy says"));
            }
            take(world, &args[0], &sha, asked.body.len() as u64, "required")?;
            Ok(Answer::json(200, file(&path, &sha, asked.body.len() as u64)))
        })())
    })
    .on_any(&UPLOAD_FUNCTION, |world, asked, args| {
        either((|| {
            let sha = HEXLOWER.encode(digest::digest(&digest::SHA256, &asked.body).as_ref());
            let wanted = contents(world, &args[0])?.functions.get(&args[1]).cloned();
            if wanted.as_deref() != Some(sha.as_str()) {
                return Err(unprocessable("the content is not what the deploy says"));
            }
            take(world, &args[0], &sha, asked.body.len() as u64, "required_functions")?;
            let function = json!({ "id": world.new_id(), "name": args[1], "sha": sha, "region": "us-east-2" });
            Ok(Answer::json(200, function))
        })())
    })
    .on_any(&files::LIST, |world, _, args| {
        either(published_files(world, &args[0]).map(|files| Answer::json(200, files)))
    })
    .on_any(&files::GET, |world, _, args| {
        either((|| {
            let path = format!("/{}", args[1]);
            let found = published_files(world, &args[0])?.into_iter().find(|file| file["path"] == path.as_str());
            found.map(|file| Answer::json(200, file)).ok_or_else(not_found)
        })())
    })
    .on_any(&functions::SEARCH, |world, _, args| {
        either((|| {
            let site = world.site(&args[0])?;
            let deploy = site["published_deploy_id"].as_str().unwrap_or_default();
            let names = world.deploys.contents.get(deploy).map(|it| it.functions.keys().cloned().collect::<Vec<_>>());
            let functions: Vec<_> = names.into_iter().flatten().map(|name| json!({ "n": name })).collect();
            let set = json!({
                "id": site["id"], "branch": "main", "provider": "aws", "log_type": "logs", "functions": functions,
                "created_at": world.now(),
            });
            Ok(Answer::json(200, json!([set])))
        })())
    })
}

fn contents<'a>(world: &'a World, deploy: &str) -> Result<&'a Contents, Answer> {
    let state = &world.things.get("deploy", deploy)?["state"];
    if !matches!(state.as_str(), Some("prepared" | "uploading")) {
        return Err(unprocessable("the deploy takes no files"));
    }
    world.deploys.contents.get(deploy).ok_or_else(not_found)
}

/// Takes what a deploy wants; with the last of it the deploy goes on.
fn take(world: &mut World, deploy: &str, sha: &str, length: u64, list: &str) -> Result<(), Answer> {
    let soon = world.in_seconds(2);
    let it = world.things.get_mut("deploy", deploy)?;
    it[list].as_array_mut().expect("a list").retain(|one| one != sha);
    let site = it["site_id"].as_str().unwrap_or_default().to_owned();
    let missing = |list: &str| it[list].as_array().is_some_and(|list| !list.is_empty());
    let all = !missing("required") && !missing("required_functions");
    it["state"] = if all { "processing" } else { "uploading" }.into();
    world.deploys.known.entry(site).or_default().insert(sha.to_owned(), length);
    if let (true, Some(contents)) = (all, world.deploys.contents.get_mut(deploy)) {
        contents.until = Some(soon);
    }
    Ok(())
}

fn file(path: &str, sha: &str, size: u64) -> Value {
    let extension = path.rsplit_once('.').map_or("", |(_, extension)| extension);
    let mime_type = match extension {
        "html" => "text/html",
        "css" => "text/css",
        "js" => "application/javascript",
        _ => "application/octet-stream",
    };
    json!({ "id": path, "path": path, "sha": sha, "mime_type": mime_type, "size": size })
}

fn published_files(world: &World, site: &str) -> Result<Vec<Value>, Answer> {
    let site = world.site(site)?;
    let deploy = site["published_deploy_id"].as_str().unwrap_or_default();
    let known = world.deploys.known.get(&sites::id(&site));
    let files = world.deploys.contents.get(deploy).map(|contents| &contents.files);
    let length = |sha: &String| known.and_then(|known| known.get(sha)).copied().unwrap_or_default();
    Ok(files.into_iter().flatten().map(|(path, sha)| file(path, sha, length(sha))).collect())
}

/// Does a site serve a path?
pub(super) fn serves(world: &World, site: &Value) -> bool {
    site["state"] == "current"
        && site
            .get("published_deploy_id")
            .is_some_and(|id| id.as_str().is_some_and(|id| world.things.get("deploy", id).is_ok()))
}

fn create(world: &mut World, asked: &Asked, site: &str) -> Result<Answer, Answer> {
    let site = world.site(site)?;
    let request = body(asked)?;
    let (id, now) = (world.new_id(), world.now());
    let name = site["name"].as_str().unwrap_or_default();
    let mut deploy = json!({
        "id": id,
        "site_id": site["id"],
        "user_id": site["user_id"],
        "build_id": "",
        "state": "new",
        "name": name,
        "url": site["url"],
        "ssl_url": site["ssl_url"],
        "admin_url": site["admin_url"],
        "deploy_url": format!("http://{id}--{name}.netlify.app"),
        "deploy_ssl_url": format!("https://{id}--{name}.netlify.app"),
        "draft": request["draft"] == true,
        "required": [],
        "required_functions": [],
        "branch": request["branch"].as_str().unwrap_or("main"),
        "skipped": false,
        "created_at": now,
        "updated_at": now,
        "context": "production",
        "locked": false,
        "function_schedules": [],
    });
    if let Some(title) = asked.parameter("title") {
        deploy["title"] = title.into();
    }
    world.things.add("deploy", deploy);
    consist(world, &id, &request)?;
    Ok(Answer::json(200, world.things.get("deploy", &id)?))
}

/// Writes what a deploy consists of, and finds out what is missing: now, or later if that was asked for.
fn consist(world: &mut World, deploy: &str, request: &Value) -> Result<(), Answer> {
    let digests = |member: &str| -> Result<BTreeMap<String, String>, Answer> {
        match request.get(member) {
            None => Ok(BTreeMap::new()),
            Some(value) => serde_json::from_value(value.clone()).map_err(|_| unprocessable("a digest is no text")),
        }
    };
    let (files, functions) = (digests("files")?, digests("functions")?);
    if files.keys().any(|path| path.contains(['#', '?'])) {
        return Err(unprocessable("a path has a character that it may not have"));
    }
    let files = files.into_iter().map(|(path, sha)| (format!("/{}", path.trim_start_matches('/')), sha)).collect();
    let until = world.in_seconds(1);
    let later = request["async"] == true;
    let until = later.then_some(until);
    world.deploys.contents.insert(deploy.to_owned(), Contents { files, functions, until });
    if later {
        world.things.get_mut("deploy", deploy)?["state"] = "preparing".into();
    } else {
        prepare(world, deploy);
    }
    Ok(())
}

/// Finds out what is missing.
fn prepare(world: &mut World, deploy: &str) {
    let soon = world.in_seconds(2);
    let Some(contents) = world.deploys.contents.get_mut(deploy) else { return };
    let Ok(it) = world.things.get_mut("deploy", deploy) else { return };
    let site = it["site_id"].as_str().unwrap_or_default();
    let known = world.deploys.known.get(site);
    let missing = |digests: &BTreeMap<String, String>| -> Vec<String> {
        let digests: BTreeSet<&String> = digests.values().collect();
        let new = |digest: &&String| known.is_none_or(|known| !known.contains_key(*digest));
        digests.into_iter().filter(new).cloned().collect()
    };
    let (files, functions) = (missing(&contents.files), missing(&contents.functions));
    if files.is_empty() && functions.is_empty() {
        it["state"] = "processing".into();
        contents.until = Some(soon);
    } else {
        it["state"] = "prepared".into();
        contents.until = None;
    }
    it["required"] = files.into();
    it["required_functions"] = functions.into();
}

/// What was to get on by itself does.
pub(super) fn pass(world: &mut World) {
    let now = world.now;
    let due = world.deploys.contents.iter().filter(|(_, contents)| contents.until.is_some_and(|until| until <= now));
    let due: Vec<String> = due.map(|(deploy, _)| deploy.clone()).collect();
    for deploy in due {
        if let Some(contents) = world.deploys.contents.get_mut(&deploy) {
            contents.until = None;
        }
        let Ok(it) = world.things.get_mut("deploy", &deploy) else { continue };
        match it["state"].as_str() {
            Some("preparing") => prepare(world, &deploy),
            Some("processing") => {
                it["state"] = "ready".into();
                let is_draft = it["draft"] == true;
                let site = it["site_id"].as_str().unwrap_or_default().to_owned();
                let locked = world.things.of("deploy", "site_id", &site).iter().any(|deploy| deploy["locked"] == true);
                if !is_draft && !locked {
                    publish(world, &deploy);
                }
            }
            _ => {}
        }
    }
}

fn publish(world: &mut World, deploy: &str) {
    let now = world.now();
    let Ok(it) = world.things.get_mut("deploy", deploy) else { return };
    it["published_at"] = now.into();
    it["draft"] = false.into();
    let site = it["site_id"].as_str().unwrap_or_default().to_owned();
    if let Ok(site) = world.things.get_mut("site", &site) {
        site["published_deploy_id"] = deploy.into();
    }
}

fn is_over(state: &Value) -> bool {
    matches!(state.as_str(), Some("ready" | "error" | "rejected"))
}

fn of_site(world: &World, args: &[String]) -> Result<Value, Answer> {
    let site = world.site(&args[0])?;
    let deploy = world.things.get("deploy", &args[1])?;
    if deploy["site_id"] == site["id"] { Ok(deploy.clone()) } else { Err(not_found()) }
}

fn remove(world: &mut World, deploy: &str) -> Result<Answer, Answer> {
    let is_seen = world.things.all("site").iter().any(|site| site["published_deploy_id"] == deploy);
    if is_seen {
        return Err(refused(422, "the published deploy cannot be deleted"));
    }
    world.things.remove("deploy", deploy)?;
    world.deploys.contents.remove(deploy);
    Ok(Answer::empty(204))
}

fn set_locked(world: &mut World, deploy: &str, locked: bool) -> Result<Answer, Answer> {
    let deploy = world.things.get_mut("deploy", deploy)?;
    deploy["locked"] = locked.into();
    Ok(Answer::json(200, &*deploy))
}
