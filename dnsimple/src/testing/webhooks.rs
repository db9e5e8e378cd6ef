use howdah_core::testing::{Answer, Fake};
use serde::{Deserialize, Serialize};

use super::{State as World, invalid, not_found, number};
use crate::webhooks::{CREATE, DELETE, GET, LIST, Webhook};

#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct State {
    webhooks: Vec<Webhook>,
}

pub(super) fn serve(fake: Fake<World>) -> Fake<World> {
    fake.on(&LIST, |world, [_], filter| {
        let mut webhooks = world.webhooks.webhooks.clone();
        if filter.sort.as_deref() == Some("id:desc") {
            webhooks.reverse();
        }
        Ok(webhooks)
    })
    .on(&CREATE, |world, [_], new| {
        let url = new.url.expose();
        let host = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
        if host.is_none_or(|host| host.is_empty() || host.starts_with('/')) {
            return Err(invalid("url", "is not a valid URL"));
        }
        let webhook = Webhook { id: world.new_id(), url: new.url, suppressed_at: None };
        world.webhooks.webhooks.push(webhook.clone());
        Ok(webhook)
    })
    .on(&GET, |world, [_, webhook], ()| find(world, webhook))
    .on(&DELETE, |world, [_, webhook], ()| {
        let id = find(world, webhook)?.id;
        world.webhooks.webhooks.retain(|one| one.id != id);
        Ok(())
    })
}

fn find(world: &World, webhook: &str) -> Result<Webhook, Answer> {
    let id = number(webhook, "Webhook")?;
    let mut webhooks = world.webhooks.webhooks.iter();
    webhooks.find(|one| one.id == id).cloned().ok_or_else(|| not_found("Webhook", webhook))
}
