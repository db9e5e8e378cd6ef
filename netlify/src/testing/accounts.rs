use howdah_core::testing::{Answer, Fake};
use serde_json::{Value, json};

use super::{ACCOUNT, State as World, body, either, not_found, page_of, unprocessable};
use crate::{accounts as api, users};

/// What there is from the beginning.
pub(super) fn begin(world: &mut World) {
    let account = account(world, "vmst.io", ACCOUNT);
    world.things.add("account", account);
    let member = json!({
        "id": "5f0000000000000000000001", "full_name": "Ada Lovelace", "email": "admin@example.com", "role": "Owner",
        "account": ACCOUNT,
    });
    world.things.add("member", member);
}

fn account(world: &mut World, name: &str, slug: &str) -> Value {
    let (id, now) = (world.new_id(), world.now());
    let usage = json!({ "included": 100, "used": 1 });
    json!({
        "id": id, "name": name, "slug": slug, "type": "PERSONAL",
        "capabilities": { "sites": usage, "collaborators": usage },
        "billing_name": name, "billing_email": "admin@example.com", "billing_details": "", "billing_period": "monthly",
        "type_name": "Starter", "type_id": "5f00000000000000000000aa", "owner_ids": ["5f0000000000000000000001"],
        "roles_allowed": ["Owner", "Developer"], "created_at": now, "updated_at": now,
    })
}

impl World {
    /// The account of this id or slug.
    pub(super) fn account(&self, wanted: &str) -> Result<Value, Answer> {
        let is = |account: &&Value| account["id"] == wanted || account["slug"] == wanted;
        self.things.all("account").iter().find(is).cloned().ok_or_else(not_found)
    }
}

fn slug(account: &Value) -> String {
    account["slug"].as_str().unwrap_or_default().to_owned()
}

fn members(world: &World, account: &str) -> Vec<Value> {
    let mut members = world.things.of("member", "account", account);
    for member in &mut members {
        member.as_object_mut().expect("a member is an object").remove("account");
    }
    members
}

pub(super) fn serve(fake: Fake<World>) -> Fake<World> {
    let fake = fake.on_any(&api::LIST, |world, _, _| Answer::json(200, world.things.all("account")));
    let fake = fake
        .on_any(&api::CREATE, |world, asked, _| {
            either((|| {
                let request = body(asked)?;
                let name = request["name"].as_str().filter(|name| !name.is_empty());
                let name = name.ok_or_else(|| unprocessable("name is missing"))?;
                let slug = name.to_lowercase().replace(|c: char| !c.is_ascii_alphanumeric(), "-");
                if world.account(&slug).is_ok() {
                    return Err(unprocessable("slug has already been taken"));
                }
                let account = account(world, name, &slug);
                world.things.add("account", account.clone());
                Ok(Answer::json(201, account))
            })())
        })
        .on_any(&api::GET, |world, _, args| either(world.account(&args[0]).map(|account| Answer::json(200, account))))
        .on_any(&api::UPDATE, |world, asked, args| {
            either((|| {
                let id = super::sites::id(&world.account(&args[0])?);
                let mut request = body(asked)?;
                request.as_object_mut().expect("a body is an object").remove("extra_seats_block");
                let account = world.things.get_mut("account", &id)?;
                super::things::merge(account, &request);
                Ok(Answer::json(200, &*account))
            })())
        })
        .on_any(&api::CANCEL, |world, _, args| {
            either((|| {
                let id = super::sites::id(&world.account(&args[0])?);
                world.things.remove("account", &id)?;
                Ok(Answer::empty(204))
            })())
        })
        .on_any(&api::LIST_TYPES, |_, _, _| {
            let starter = json!({
                "id": "5f00000000000000000000aa", "name": "Starter", "description": "For a start.", "capabilities": {},
                "monthly_dollar_price": 0, "yearly_dollar_price": 0, "monthly_seats_addon_dollar_price": 0,
                "yearly_seats_addon_dollar_price": 0,
            });
            Answer::json(200, json!([starter]))
        })
        .on_any(&api::LIST_PAYMENT_METHODS, |world, _, _| {
            let card = json!({
                "id": "5f00000000000000000000bb", "method_name": "Visa", "type": "card", "state": "active",
                "data": { "card_type": "visa", "last4": "4242", "email": "admin@example.com" },
                "created_at": world.now(), "updated_at": world.now(),
            });
            Answer::json(200, json!([card]))
        })
        .on_any(&api::LIST_AUDIT_EVENTS, |world, asked, args| {
            either(world.account(&args[0]).map(|account| {
                let payload = json!({
                    "actor_id": "5f0000000000000000000001", "actor_name": "Ada Lovelace",
                    "actor_email": "admin@example.com", "action": "account_created", "timestamp": account["created_at"],
                    "log_type": "account",
                });
                page_of(
                    asked,
                    &[json!({ "id": "5f00000000000000000000cc", "account_id": account["id"], "payload": payload })],
                )
            }))
        });
    serve_members(fake).on_any(&users::CURRENT, |world, _, _| {
        let count = world.things.all("site").len();
        Answer::json(200, json!({
            "id": "5f0000000000000000000001", "uid": "1", "full_name": "Ada Lovelace",
            "avatar_url": "https://example.com/ada.png", "email": "admin@example.com", "affiliate_id": "", "site_count": count,
            "created_at": world.now(), "last_login": world.now(), "login_providers": ["email"],
            "onboarding_progress": { "slides": "done" },
        }))
    })
}

fn serve_members(fake: Fake<World>) -> Fake<World> {
    fake.on_any(&api::LIST_MEMBERS, |world, _, args| {
        either(world.account(&args[0]).map(|account| Answer::json(200, members(world, &slug(&account)))))
    })
    .on_any(&api::ADD_MEMBER, |world, asked, args| {
        either((|| {
            let account = slug(&world.account(&args[0])?);
            let request = body(asked)?;
            let email = request["email"].as_str().filter(|email| email.contains('@'));
            let email = email.ok_or_else(|| unprocessable("email is not valid"))?;
            let role = request["role"].as_str().unwrap_or("Developer");
            let id = world.new_id();
            let member = json!({ "id": id, "full_name": email, "email": email, "role": role, "account": account });
            world.things.add("member", member);
            Ok(Answer::json(200, members(world, &account)))
        })())
    })
    .on_any(&api::GET_MEMBER, |world, _, args| {
        either((|| {
            let account = slug(&world.account(&args[0])?);
            let member = members(world, &account).into_iter().find(|member| member["id"] == args[1].as_str());
            member.map(|member| Answer::json(200, member)).ok_or_else(not_found)
        })())
    })
    .on_any(&api::UPDATE_MEMBER, |world, asked, args| {
        either((|| {
            let account = slug(&world.account(&args[0])?);
            let request = body(asked)?;
            let member = world.things.get_mut("member", &args[1])?;
            if let Some(role) = request.get("role") {
                member["role"] = role.clone();
            }
            let member = members(world, &account).into_iter().find(|member| member["id"] == args[1].as_str());
            member.map(|member| Answer::json(200, member)).ok_or_else(not_found)
        })())
    })
    .on_any(&api::REMOVE_MEMBER, |world, _, args| {
        either((|| {
            world.account(&args[0])?;
            world.things.remove("member", &args[1])?;
            Ok(Answer::empty(204))
        })())
    })
}
