use std::collections::BTreeMap;

use howdah_core::{
    Id,
    http::Multipart,
    testing::{Answer, Asked, Fake},
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::{State as World, forbidden, invalid, monitors, not_found, number, plan_lacks};
use crate::{
    monitors::MonitorId,
    psps::{
        CREATE, DELETE, GET, LIST, Psp, PspId, UPDATE,
        announcements::{self, Announcement, AnnouncementId, AnnouncementStatus, AnnouncementText},
    },
};

#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct State {
    pages: BTreeMap<u64, Held>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Held {
    page: Psp,
    all_monitors: bool,
    announcements: BTreeMap<u64, Announcement>,
}

pub(super) fn serve(fake: Fake<World>) -> Fake<World> {
    let fake = fake
        .on(&LIST, |world, [], ()| {
            let ids: Vec<u64> = world.psps.pages.keys().copied().collect();
            Ok(ids.into_iter().map(|id| shown(world, id)).collect())
        })
        .on_any(&CREATE, |world, asked, _| {
            let made = settings(asked).and_then(|settings| {
                let id = *world.new_id::<Psp>().get();
                let page = json!({
                    "id": id, "isPasswordSet": false, "monitorIds": [], "tagIds": [], "status": "ENABLED",
                    "urlKey": format!("{:010x}", id.wrapping_mul(0x9e37_79b9)), "shareAnalyticsConsent": false,
                    "useSmallCookieConsentModal": false, "noIndex": false, "hideUrlLinks": false,
                    "subscription": false, "showCookieBar": false, "homepageLink": "https://uptimerobot.com",
                });
                set(world, id, page, &settings)?;
                Ok(shown(world, id))
            });
            answered(201, made)
        })
        .on(&GET, |world, [id], ()| {
            let id = find(world, id)?;
            Ok(shown(world, id))
        })
        .on_any(&UPDATE, |world, asked, args| {
            let made = find(world, &args[0]).and_then(|id| {
                let settings = settings(asked)?;
                let page = serde_json::to_value(&world.psps.pages[&id].page).unwrap_or_default();
                set(world, id, page, &settings)?;
                Ok(shown(world, id))
            });
            answered(200, made)
        })
        .on(&DELETE, |world, [id], ()| {
            let id = find(world, id)?;
            world.psps.pages.remove(&id);
            Ok(())
        });
    serve_announcements(fake)
}

fn answered(status: u16, made: Result<Psp, Answer>) -> Answer {
    made.map_or_else(|refused| refused, |page| Answer::json(status, page))
}

/// What a request says of a page, whether it is JSON or a form.
fn settings(asked: &Asked) -> Result<Map<String, Value>, Answer> {
    let content_type = asked.headers.get("content-type").and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !content_type.starts_with("multipart/form-data") {
        return serde_json::from_slice(&asked.body).map_err(|error| invalid([error.to_string()]));
    }
    let form = Multipart::of(asked).map_err(|error| invalid([error]))?;
    let mut settings = Map::new();
    for name in form.names() {
        let text = form.part(name).map(|part| String::from_utf8_lossy(part).into_owned()).unwrap_or_default();
        if form.file(name).is_some() {
            settings.insert(name.to_owned(), format!("https://uptimerobot.com/assets/{name}.png").into());
            continue;
        }
        let value = |text: &str| serde_json::from_str(text).unwrap_or_else(|_| Value::from(text));
        match (name.strip_suffix("[]"), name.split_once('.')) {
            (Some(list), _) => {
                let list = settings.entry(list).or_insert(json!([]));
                list.as_array_mut()
                    .expect("a list")
                    .extend(form.all(name).map(|part| value(&String::from_utf8_lossy(part))));
            }
            (None, Some((object, path))) => {
                let mut place = settings.entry(object).or_insert(json!({}));
                for member in path.split('.') {
                    place = &mut place[member];
                }
                *place = value(&text);
            }
            (None, None) => {
                let is_text = matches!(name, "friendlyName" | "password" | "customDomain" | "gaCode" | "homepageLink");
                settings.insert(name.to_owned(), if is_text { text.into() } else { value(&text) });
            }
        }
    }
    Ok(settings)
}

fn set(world: &mut World, id: u64, mut page: Value, settings: &Map<String, Value>) -> Result<(), Answer> {
    let held = world.psps.pages.get(&id);
    let mut all_monitors = held.is_some_and(|held| held.all_monitors);
    let members = page.as_object_mut().expect("a page is an object");
    for (name, value) in settings {
        match name.as_str() {
            "autoAddMonitors" => all_monitors = value == true,
            "password" => {
                members.insert("isPasswordSet".into(), (value != "").into());
            }
            "sort" => {}
            "customDomain" if value != "" && !world.plan.paid => {
                return Err(plan_lacks("Your plan does not include a custom domain"));
            }
            "customSettings" => {
                let shown = members.entry("customSettings").or_insert(Value::Null);
                merge(shown, value);
            }
            _ => {
                members.insert(name.clone(), value.clone());
            }
        }
    }
    let page: Psp = serde_json::from_value(page).map_err(|error| invalid([error.to_string()]))?;
    if page.friendly_name.is_empty() {
        return Err(invalid(["friendlyName should not be empty".to_owned()]));
    }
    let is_sentinel = page.monitor_ids == [Id::new(0)];
    if !is_sentinel && page.monitor_ids.iter().any(|monitor| !monitors::exists(world, *monitor)) {
        return Err(not_found("Monitor"));
    }
    let taken = world.psps.pages.iter().any(|(other, held)| {
        *other != id && page.custom_domain.is_some() && held.page.custom_domain == page.custom_domain
    });
    if taken {
        return Err(forbidden("This custom domain is used already"));
    }
    let announcements = world.psps.pages.remove(&id).map(|held| held.announcements).unwrap_or_default();
    world.psps.pages.insert(id, Held { page, all_monitors: all_monitors || is_sentinel, announcements });
    Ok(())
}

/// Settings as answers write them: switches as text, words in lower case.
fn merge(shown: &mut Value, settings: &Value) {
    if !shown.is_object() {
        *shown = json!({
            "font": { "family": null },
            "page": { "layout": "logo_on_left", "theme": "light", "density": "normal" },
            "colors": { "main": null, "text": null, "link": null },
            "features": { "showUptimePercentage": "true" },
        });
    }
    for (group, members) in settings.as_object().into_iter().flatten() {
        for (name, value) in members.as_object().into_iter().flatten() {
            shown[group][name] = match value {
                Value::Bool(on) => on.to_string().into(),
                Value::String(text) if group == "page" && name != "layout" => text.to_lowercase().into(),
                other => other.clone(),
            };
        }
    }
}

fn shown(world: &World, id: u64) -> Psp {
    let held = &world.psps.pages[&id];
    let mut page = held.page.clone();
    page.monitors_count = Some(page.monitor_ids.len() as u64);
    if held.all_monitors {
        page.monitors_count = Some(monitors::count(world));
        page.monitor_ids = vec![Id::new(0)];
    }
    page
}

pub(super) fn of_monitor(world: &World, monitor: MonitorId) -> Vec<Psp> {
    let with =
        world.psps.pages.iter().filter(|(_, held)| held.all_monitors || held.page.monitor_ids.contains(&monitor));
    with.map(|(id, _)| shown(world, *id)).collect()
}

pub(super) fn forget_monitor(world: &mut World, monitor: MonitorId) {
    for held in world.psps.pages.values_mut() {
        held.page.monitor_ids.retain(|one| *one != monitor);
    }
}

fn find(world: &World, id: &str) -> Result<u64, Answer> {
    let id: PspId = number(id, "PSP")?;
    world.psps.pages.contains_key(id.get()).then_some(*id.get()).ok_or_else(|| not_found("PSP"))
}

fn serve_announcements(fake: Fake<World>) -> Fake<World> {
    fake.on(&announcements::LIST, |world, [page], filter| {
        let page = find(world, page)?;
        let all = world.psps.pages[&page].announcements.values();
        let wanted = filter.status.map(|status| status.as_str().to_lowercase());
        Ok(all
            .filter(|one| {
                let status = one.status.as_ref().map(|status| status.as_str().to_lowercase());
                wanted.is_none() || status == wanted
            })
            .cloned()
            .collect())
    })
    .on(&announcements::CREATE, |world, [page], text| {
        let page = find(world, page)?;
        let id = world.new_id();
        let announcement = Announcement {
            id,
            psp_id: Some(Id::new(page)),
            user_id: Some(1_234_567),
            title: None,
            content: None,
            status: Some(AnnouncementStatus::Offline),
            announcement_type: None,
            delivery_status: Some("InQueue".into()),
            start_date: None,
            end_date: None,
            creation_date: Some(world.now()),
            submit_date: None,
            sent_count: Some(0),
        };
        let announcement = changed(announcement, text)?;
        let held = world.psps.pages.get_mut(&page).expect("it was found");
        held.announcements.insert(*id.get(), announcement.clone());
        Ok(announcement)
    })
    .on(&announcements::GET, |world, [page, id], ()| announcement(world, page, id).cloned())
    .on(&announcements::UPDATE, |world, [page, id], text| {
        let announcement = announcement(world, page, id)?;
        *announcement = changed(announcement.clone(), text)?;
        Ok(announcement.clone())
    })
    .on(&announcements::PIN, |world, [page, id], ()| {
        let pinned = announcement(world, page, id)?.id;
        let page = find(world, page)?;
        world.psps.pages.get_mut(&page).expect("it was found").page.pinned_announcement_id = Some(pinned);
        Ok(())
    })
    .on(&announcements::UNPIN, |world, [page, id], ()| {
        let unpinned = announcement(world, page, id)?.id;
        let page = find(world, page)?;
        let pinned = &mut world.psps.pages.get_mut(&page).expect("it was found").page.pinned_announcement_id;
        *pinned = pinned.filter(|pinned| *pinned != unpinned);
        Ok(())
    })
}

fn changed(mut announcement: Announcement, text: AnnouncementText) -> Result<Announcement, Answer> {
    if text.title.as_deref().is_some_and(|title| title.chars().count() > 255) {
        return Err(invalid(["title must be shorter than or equal to 255 characters".to_owned()]));
    }
    announcement.title = text.title.or(announcement.title);
    announcement.content = text.content.or(announcement.content);
    announcement.status = text.status.or(announcement.status);
    announcement.announcement_type = text.announcement_type.or(announcement.announcement_type);
    announcement.start_date = text.start_date.map(super::written).or(announcement.start_date);
    announcement.end_date = text.end_date.map(super::written).or(announcement.end_date);
    Ok(announcement)
}

fn announcement<'a>(world: &'a mut World, page: &str, id: &str) -> Result<&'a mut Announcement, Answer> {
    let page = find(world, page)?;
    let id: AnnouncementId = number(id, "Announcement")?;
    let held = world.psps.pages.get_mut(&page).expect("it was found");
    held.announcements.get_mut(id.get()).ok_or_else(|| not_found("Announcement"))
}
