use howdah_core::testing::{Answer, Asked, Fake};
use serde_json::{Value, json};

use super::{State as World, body, either, not_found, refused, sites, unprocessable};
use crate::env;

pub(super) fn serve(fake: Fake<World>) -> Fake<World> {
    serve_single(fake)
        .on_any(&env::LIST, |world, asked, args| {
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
}

fn serve_single(fake: Fake<World>) -> Fake<World> {
    fake.on_any(&env::GET, |world, asked, args| {
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
    let key = request["key"].as_str().filter(|key| !key.is_empty()).ok_or_else(|| unprocessable("key is missing"))?;
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

fn whose(world: &World, asked: &Asked, account: &str) -> Result<Whose, Answer> {
    let account = sites::id(&world.account(account)?);
    let site = asked.parameter("site_id").map(|site| world.site(&site).map(|site| sites::id(&site))).transpose()?;
    Ok((account, site))
}

fn listed(world: &World, asked: &Asked, account: &str, site: Option<&str>) -> Vec<Value> {
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
