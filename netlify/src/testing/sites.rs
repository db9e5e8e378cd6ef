use howdah_core::testing::{Answer, Asked, Fake};
use serde_json::{Value, json};

use super::{ACCOUNT, State as World, body, either, not_found, page_of, refused, things::merge};
use crate::sites::{CREATE, CREATE_IN_TEAM, DELETE, DISABLE, ENABLE, GET, LIST, LIST_FOR_ACCOUNT, UNLINK_REPO, UPDATE};

/// Kinds of things that belong to a site and go with it.
const BELONGING: &[&str] =
    &["asset", "build", "build_hook", "database_branch", "dev_server", "form", "hook", "snapshot", "snippet"];

pub(super) fn serve(fake: Fake<World>) -> Fake<World> {
    fake.on_any(&LIST, |world, asked, _| page_of(asked, &listed(world, asked)))
        .on_any(&LIST_FOR_ACCOUNT, |world, asked, args| {
            let mut sites = listed(world, asked);
            sites.retain(|site| site["account_slug"] == args[0].as_str() || site["account_id"] == args[0].as_str());
            page_of(asked, &sites)
        })
        .on_any(&CREATE, |world, asked, _| either(create(world, asked, ACCOUNT)))
        .on_any(&CREATE_IN_TEAM, |world, asked, args| either(create(world, asked, &args[0])))
        .on_any(&GET, |world, _, args| either(world.site(&args[0]).map(|site| Answer::json(200, shown(world, &site)))))
        .on_any(&UPDATE, |world, asked, args| {
            either((|| {
                let id = id(&world.site(&args[0])?);
                let request = body(asked)?;
                check(world, Some(&id), &request)?;
                let now = world.now();
                let site = world.things.get_mut("site", &id)?;
                merge(site, &request);
                name(site);
                site["updated_at"] = now.into();
                let site = site.clone();
                Ok(Answer::json(200, shown(world, &site)))
            })())
        })
        .on_any(&DELETE, |world, _, args| {
            either((|| {
                let id = id(&world.site(&args[0])?);
                world.things.remove("site", &id)?;
                world.things.retain("deploy", |deploy| deploy["site_id"] != id.as_str());
                for kind in BELONGING {
                    world.things.retain(kind, |thing| thing["site_id"] != id.as_str());
                }
                world.certificates.forget(&id);
                Ok(Answer::empty(204))
            })())
        })
        .on_any(&ENABLE, |world, _, args| either(set_state(world, &args[0], "current")))
        .on_any(&DISABLE, |world, asked, args| {
            either(match asked.parameter("reason") {
                Some(_) => set_state(world, &args[0], "disabled"),
                None => Err(refused(422, "reason is missing")),
            })
        })
        .on_any(&UNLINK_REPO, |world, _, args| {
            either((|| {
                let id = id(&world.site(&args[0])?);
                let site = world.things.get_mut("site", &id)?;
                site["build_settings"] = json!({});
                site.as_object_mut().expect("a site is an object").remove("repo");
                let site = site.clone();
                Ok(Answer::json(200, shown(world, &site)))
            })())
        })
}

impl World {
    /// The site of this id or domain.
    pub(super) fn site(&self, wanted: &str) -> Result<Value, Answer> {
        let is = |site: &&Value| site["id"] == wanted || domains(site).iter().any(|domain| domain == wanted);
        self.things.all("site").iter().find(is).cloned().ok_or_else(not_found)
    }

    /// The id that is meant where a path may have a domain.
    pub(super) fn resolve(&self, wanted: &str) -> String {
        self.site(wanted).map_or_else(|_| wanted.to_owned(), |site| id(&site))
    }
}

pub(super) fn id(site: &Value) -> String {
    site["id"].as_str().unwrap_or_default().to_owned()
}

/// The id of the site that is the first argument of a path.
pub(super) fn of_site(world: &World, args: &[String]) -> Result<String, Answer> {
    world.site(&args[0]).map(|site| id(&site))
}

/// Every domain that a site is reached at.
pub(super) fn domains(site: &Value) -> Vec<String> {
    let aliases = site["domain_aliases"].as_array().into_iter().flatten();
    let name = site["name"].as_str().map(|name| format!("{name}.netlify.app"));
    let own = [&site["custom_domain"]].into_iter().chain(aliases);
    own.filter_map(Value::as_str).map(str::to_owned).chain(name).collect()
}

fn listed(world: &World, asked: &Asked) -> Vec<Value> {
    let part = asked.parameter("name").unwrap_or_default();
    let is_guest = asked.parameter("filter").is_some_and(|filter| filter == "guest");
    let sites = world.things.all("site").iter();
    let wanted = sites.filter(|site| !is_guest && site["name"].as_str().is_some_and(|name| name.contains(&part)));
    wanted.map(|site| shown(world, site)).collect()
}

fn create(world: &mut World, asked: &Asked, account: &str) -> Result<Answer, Answer> {
    let request = body(asked)?;
    check(world, None, &request)?;
    let account = world.account(account)?;
    let (id, now) = (world.new_uuid(), world.now());
    let mut site = json!({
        "id": id,
        "state": "current",
        "plan": "nf_team_dev",
        "name": format!("gracious-otter-{}", &id[..6]),
        "domain_aliases": [],
        "created_at": now,
        "updated_at": now,
        "user_id": "5f0000000000000000000001",
        "ssl": false,
        "force_ssl": false,
        "managed_dns": false,
        "account_id": account["id"],
        "account_name": account["name"],
        "account_slug": account["slug"],
        "capabilities": {},
        "processing_settings": { "html": { "pretty_urls": true } },
        "build_settings": {},
        "default_hooks_data": { "access_token": "fake-hook-token" },
        "build_image": "noble",
        "functions_region": "us-east-2",
        "prevent_non_git_prod_deploys": false,
    });
    merge(&mut site, &request);
    name(&mut site);
    world.things.add("site", site.clone());
    Ok(Answer::json(201, shown(world, &site)))
}

/// Names and domains belong to one site each.
fn check(world: &World, own: Option<&str>, request: &Value) -> Result<(), Answer> {
    let taken = |wanted: &str| {
        let mut others = world.things.all("site").iter().filter(|site| site["id"].as_str() != own);
        others.any(|site| domains(site).iter().any(|domain| domain == wanted))
    };
    let field = |field: &str| {
        let errors = json!({ field: ["must be unique"] });
        Answer::json(422, json!({ "code": 422, "message": "Unprocessable Entity", "errors": errors }))
    };
    if let Some(name) = request["name"].as_str() {
        if name.is_empty() || !name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-') {
            return Err(refused(422, "name should only contain letters, digits and dashes"));
        }
        if taken(&format!("{name}.netlify.app")) {
            return Err(field("subdomain"));
        }
    }
    let aliases = request["domain_aliases"].as_array().into_iter().flatten();
    let domains = [&request["custom_domain"]].into_iter().chain(aliases).filter_map(Value::as_str);
    for domain in domains {
        if domain.ends_with(".netlify.app") || !domain.contains('.') {
            return Err(refused(422, "custom_domain is not valid"));
        }
        if taken(domain) {
            return Err(field("custom_domain"));
        }
    }
    Ok(())
}

/// Where a site is seen follows from what it is called.
fn name(site: &mut Value) {
    let own = site["name"].as_str().unwrap_or_default().to_owned();
    let domain = site["custom_domain"].as_str().map_or_else(|| format!("{own}.netlify.app"), str::to_owned);
    let scheme = if site["force_ssl"] == true { "https" } else { "http" };
    site["url"] = format!("{scheme}://{domain}").into();
    site["ssl_url"] = format!("https://{domain}").into();
    site["admin_url"] = format!("https://app.netlify.com/sites/{own}").into();
    site["deploy_url"] = format!("http://main--{own}.netlify.app").into();
    site["id_domain"] = format!("{}.netlify.app", site["id"].as_str().unwrap_or_default()).into();
    if let Some(repo) = site.get("repo").cloned() {
        site["build_settings"] = repo;
    }
}

/// A site with the deploy that is seen.
fn shown(world: &World, site: &Value) -> Value {
    let mut site = site.clone();
    let members = site.as_object_mut().expect("a site is an object");
    members.remove("repo");
    let published = members.remove("published_deploy_id");
    if let Some(deploy) = published.and_then(|id| world.things.get("deploy", id.as_str()?).ok().cloned()) {
        members.insert("published_deploy".into(), deploy);
    }
    site
}

fn set_state(world: &mut World, site: &str, state: &str) -> Result<Answer, Answer> {
    let id = id(&world.site(site)?);
    world.things.get_mut("site", &id)?["state"] = state.into();
    Ok(Answer::empty(204))
}
