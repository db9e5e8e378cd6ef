use howdah_core::testing::{Answer, Fake};
use serde_json::{Value, json};

use super::{ACCOUNT, State as World, body, either, refused, sites, unprocessable};
use crate::dns_zones::{
    CONFIGURE_FOR_SITE, CREATE, CREATE_RECORD, DELETE, DELETE_RECORD, GET, GET_FOR_SITE, GET_RECORD, LIST,
    LIST_RECORDS, TRANSFER,
};

/// Where a zone is to be delegated to.
pub(super) const NAME_SERVERS: [&str; 4] =
    ["dns1.p01.nsone.net", "dns2.p01.nsone.net", "dns3.p01.nsone.net", "dns4.p01.nsone.net"];

const TYPES: [&str; 9] = ["A", "AAAA", "ALIAS", "CAA", "CNAME", "MX", "NS", "SRV", "TXT"];

pub(super) fn serve(fake: Fake<World>) -> Fake<World> {
    fake.on_any(&LIST, |world, asked, _| {
        let mut zones = world.things.all("zone").to_vec();
        if let Some(slug) = asked.parameter("account_slug") {
            zones.retain(|zone| zone["account_slug"] == slug.as_str());
        }
        Answer::json(200, zones.iter().map(|zone| shown(world, zone)).collect::<Vec<_>>())
    })
    .on_any(&CREATE, |world, asked, _| {
        either((|| {
            let request = body(asked)?;
            let name = request["name"].as_str().unwrap_or_default();
            let account = world.account(request["account_slug"].as_str().unwrap_or(ACCOUNT))?;
            let zone = create(world, name, &account, request["site_id"].as_str())?;
            Ok(Answer::json(201, shown(world, &zone)))
        })())
    })
    .on_any(&GET, |world, _, args| {
        either(world.things.get("zone", &args[0]).map(|it| Answer::json(200, shown(world, it))))
    })
    .on_any(&DELETE, |world, _, args| {
        either((|| {
            world.things.remove("zone", &args[0])?;
            world.things.retain("record", |record| record["dns_zone_id"] != args[0].as_str());
            Ok(Answer::empty(204))
        })())
    })
    .on_any(&TRANSFER, |world, asked, args| {
        either((|| {
            let to = asked
                .parameter("transfer_account_id")
                .ok_or_else(|| unprocessable("transfer_account_id is missing"))?;
            let account = world.account(&to)?;
            let zone = world.things.get_mut("zone", &args[0])?;
            for (member, of) in [("account_id", "id"), ("account_slug", "slug"), ("account_name", "name")] {
                zone[member] = account[of].clone();
            }
            let zone = zone.clone();
            Ok(Answer::json(200, shown(world, &zone)))
        })())
    })
    .on_any(&GET_FOR_SITE, |world, _, args| {
        either(world.site(&args[0]).map(|site| Answer::json(200, of_site(world, &site))))
    })
    .on_any(&CONFIGURE_FOR_SITE, |world, _, args| {
        either((|| {
            let site = world.site(&args[0])?;
            if of_site(world, &site).is_empty() {
                let domain = site["custom_domain"].as_str().ok_or_else(|| unprocessable("the site has no domain"))?;
                let account = world.account(ACCOUNT)?;
                let zone = create(world, domain, &account, Some(&sites::id(&site)))?;
                for record_type in ["NETLIFY", "NETLIFYv6"] {
                    let id = world.new_id();
                    let value = format!("{}.netlify.app", site["name"].as_str().unwrap_or_default());
                    let record = json!({
                        "id": id, "hostname": domain, "type": record_type, "value": value, "ttl": 3600,
                        "dns_zone_id": zone["id"], "site_id": site["id"], "managed": true,
                    });
                    world.things.add("record", record);
                }
                world.things.get_mut("site", &sites::id(&site))?["managed_dns"] = true.into();
            }
            Ok(Answer::json(200, of_site(world, &site)))
        })())
    })
    .on_any(&LIST_RECORDS, |world, _, args| {
        either(world.things.get("zone", &args[0]).map(|_| Answer::json(200, records(world, &args[0]))))
    })
    .on_any(&CREATE_RECORD, |world, asked, args| {
        either((|| {
            let zone = world.things.get("zone", &args[0])?.clone();
            let request = body(asked)?;
            let record = record(world, &zone, &request)?;
            world.things.add("record", record.clone());
            Ok(Answer::json(201, record))
        })())
    })
    .on_any(&GET_RECORD, |world, _, args| {
        either(world.things.get("record", &args[1]).map(|record| Answer::json(200, record)))
    })
    .on_any(&DELETE_RECORD, |world, _, args| {
        either((|| {
            if world.things.get("record", &args[1])?["managed"] == true {
                return Err(refused(422, "a managed record cannot be deleted"));
            }
            world.things.remove("record", &args[1])?;
            Ok(Answer::empty(204))
        })())
    })
}

fn create(world: &mut World, name: &str, account: &Value, site: Option<&str>) -> Result<Value, Answer> {
    if !name.contains('.') || name.ends_with('.') || name.contains(|c: char| c.is_whitespace() || c == '/') {
        return Err(unprocessable("name is not valid"));
    }
    if world.things.all("zone").iter().any(|zone| zone["name"] == name) {
        return Err(unprocessable("a zone with this name exists already"));
    }
    let (id, now) = (world.new_id(), world.now());
    let mut zone = json!({
        "id": id,
        "name": name,
        "errors": [],
        "supported_record_types": TYPES,
        "user_id": "5f0000000000000000000001",
        "created_at": now,
        "updated_at": now,
        "dns_servers": NAME_SERVERS,
        "account_id": account["id"],
        "account_slug": account["slug"],
        "account_name": account["name"],
        "domain": name,
        "ipv6_enabled": false,
        "dedicated": false,
    });
    if let Some(site) = site {
        zone["site_id"] = site.into();
    }
    world.things.add("zone", zone.clone());
    Ok(zone)
}

fn shown(world: &World, zone: &Value) -> Value {
    let mut zone = zone.clone();
    zone["records"] = records(world, zone["id"].as_str().unwrap_or_default()).into();
    zone
}

fn records(world: &World, zone: &str) -> Vec<Value> {
    world.things.of("record", "dns_zone_id", zone)
}

pub(super) fn zone_named(world: &World, name: &str) -> Option<Value> {
    world.things.all("zone").iter().find(|zone| zone["name"] == name).cloned()
}

pub(super) fn records_of(world: &World, zone: &Value) -> Vec<Value> {
    records(world, zone["id"].as_str().unwrap_or_default())
}

fn of_site(world: &World, site: &Value) -> Vec<Value> {
    let domains = sites::domains(site);
    let is_above = |zone: &Value| {
        let name = zone["name"].as_str().unwrap_or_default();
        domains.iter().any(|domain| domain == name || domain.ends_with(&format!(".{name}")))
    };
    world.things.all("zone").iter().filter(|zone| is_above(zone)).map(|zone| shown(world, zone)).collect()
}

/// A record as the service keeps it: whole names, and TTLs of its own where none is said.
fn record(world: &mut World, zone: &Value, request: &Value) -> Result<Value, Answer> {
    let text = |member: &str| request[member].as_str().map(str::trim).filter(|text| !text.is_empty());
    let record_type = text("type").ok_or_else(|| unprocessable("type is missing"))?.to_ascii_uppercase();
    if !TYPES.contains(&record_type.as_str()) {
        return Err(unprocessable("type is not supported"));
    }
    let apex = zone["name"].as_str().unwrap_or_default();
    let hostname = text("hostname").unwrap_or(apex).trim_end_matches('.');
    let hostname = match hostname {
        "@" => apex.to_owned(),
        name if name == apex || name.ends_with(&format!(".{apex}")) => name.to_owned(),
        name => format!("{name}.{apex}"),
    };
    let value = text("value").ok_or_else(|| unprocessable("value is missing"))?;
    // Some clients write it as text.
    let number = |member: &str| match &request[member] {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => text.parse().ok(),
        _ => None,
    };
    let zone_id = zone["id"].as_str().unwrap_or_default();
    let others = records(world, zone_id);
    let here: Vec<_> = others.iter().filter(|record| record["hostname"] == hostname.as_str()).collect();
    let has = |wanted: &str| here.iter().any(|record| record["type"] == wanted);
    if record_type == "CNAME" && !here.is_empty() || record_type != "CNAME" && has("CNAME") {
        return Err(unprocessable("a CNAME record cannot be beside another record"));
    }
    let same = |record: &Value| {
        record["type"] == record_type.as_str()
            && record["value"] == value
            && ["priority", "weight", "port", "flag"].iter().all(|member| record[member].as_i64() == number(member))
            && record["tag"].as_str() == text("tag")
    };
    if here.iter().any(|record| same(record)) {
        return Err(unprocessable("this record exists already"));
    }
    let id = world.new_id();
    let mut record = json!({
        "id": id,
        "hostname": hostname,
        "type": record_type,
        "value": value,
        "ttl": number("ttl").unwrap_or(3600),
        "dns_zone_id": zone["id"],
        "managed": false,
    });
    for member in ["priority", "flag", "weight", "port"] {
        if let Some(number) = number(member) {
            record[member] = number.into();
        }
    }
    if let Some(tag) = text("tag") {
        record["tag"] = tag.into();
    }
    if record_type == "CAA" && (number("flag").is_none() || text("tag").is_none()) {
        return Err(unprocessable("a CAA record has a flag and a tag"));
    }
    if record_type == "SRV" && (number("weight").is_none() || number("port").is_none()) {
        return Err(unprocessable("an SRV record has a weight and a port"));
    }
    if matches!(record_type.as_str(), "MX" | "SRV") && number("priority").is_none() {
        return Err(unprocessable("the record has a priority"));
    }
    Ok(record)
}
