use std::collections::BTreeMap;

use howdah_core::{
    Id, Secret,
    testing::{Answer, Fake},
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{State as World, invalid, monitors, not_found, number, refused};
use crate::{
    alert_contacts::{self, AlertContact, AlertContactId, AlertContactStatus, AlertContactType, NotificationsFor},
    integrations::{self, Integration, IntegrationId},
    user::{self, Subscription, User, UserAlertContact, UserAlertContacts, UserName},
};

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct State {
    contacts: BTreeMap<u64, AlertContact>,
    integrations: BTreeMap<u64, Integration>,
}

/// The owner's address.
const OWNER: &str = "admin@example.com";

impl Default for State {
    fn default() -> Self {
        let id = 800_000_001;
        let owner = contact(Id::new(id), AlertContactType::Email, Some(OWNER.to_owned()));
        let owner = AlertContact { status: Some(AlertContactStatus::Active), ..owner };
        Self { contacts: BTreeMap::from([(id, owner)]), integrations: BTreeMap::new() }
    }
}

fn contact(id: AlertContactId, contact_type: AlertContactType, value: Option<String>) -> AlertContact {
    AlertContact {
        id,
        friendly_name: value.clone(),
        contact_type: Some(contact_type),
        value,
        custom_value: None,
        enable_notifications_for: Some(NotificationsFor::UpAndDown),
        ssl_expiration_reminder: Some(false),
        http_username: None,
        http_password: None,
        auth_type: None,
        custom_headers: None,
        mobile_provider_id: None,
        status: Some(AlertContactStatus::NotActivated),
        org_alert_contact_id: None,
        config: None,
    }
}

pub(super) fn serve(fake: Fake<World>) -> Fake<World> {
    let fake = fake
        .on(&user::ME, |world, [], ()| {
            let plan = world.plan;
            Ok(User {
                email: Some(OWNER.into()),
                full_name: Some("Ada Lovelace".into()),
                monitors_count: Some(monitors::count(world)),
                monitor_limit: Some(plan.monitors.into()),
                sms_credits: Some(10.0),
                active_subscription: Some(Subscription {
                    plan: Some(plan.name().into()),
                    monitor_limit: Some(plan.monitors.into()),
                    expiration_date: Some(super::written(world.in_seconds(30 * 86_400))),
                    status: Some("active".into()),
                }),
            })
        })
        .on(&user::ALERT_CONTACTS, |world, [], ()| Ok(world.contacts.contacts.values().cloned().collect()))
        .on(&user::ALL_ALERT_CONTACTS, |world, [], ()| {
            let contacts = world.contacts.contacts.values().map(|contact| UserAlertContact {
                id: contact.id,
                name: contact.friendly_name.clone(),
                value: contact.value.clone(),
                contact_type: contact.contact_type.clone(),
                status: contact.status.clone(),
                threshold: Some(0.0),
                recurrence: Some(0.0),
            });
            Ok(vec![UserAlertContacts {
                notify_only: Some(false),
                org_alert_contact_id: None,
                user: Some(UserName { id: 1_234_567, name: Some("Ada Lovelace".into()) }),
                alert_contacts: contacts.collect(),
            }])
        })
        .on(&alert_contacts::LIST, |world, [], ()| Ok(world.contacts.contacts.values().cloned().collect()))
        .on(&alert_contacts::CREATE, |world, [], new| {
            let is_email = new.contact_type == AlertContactType::Email;
            if is_email && new.value.as_deref().is_none_or(|value| !value.contains('@')) {
                return Err(invalid(["value must be an email".to_owned()]));
            }
            let id = world.new_id();
            let mut contact = contact(id, new.contact_type, new.value);
            contact.friendly_name = new.friendly_name.or(contact.friendly_name);
            contact.enable_notifications_for = new.enable_notifications_for.or(contact.enable_notifications_for);
            contact.config = new.config;
            world.contacts.contacts.insert(*id.get(), contact.clone());
            Ok(contact)
        })
        .on(&alert_contacts::GET, |world, [id], ()| find(world, id).cloned())
        .on(&alert_contacts::UPDATE, |world, [id], update| {
            let contact = find(world, id)?;
            contact.friendly_name = update.friendly_name.or(contact.friendly_name.take());
            contact.enable_notifications_for =
                update.enable_notifications_for.or(contact.enable_notifications_for.take());
            contact.ssl_expiration_reminder = update.ssl_expiration_reminder.or(contact.ssl_expiration_reminder);
            if let Some(active) = update.is_active {
                contact.status = Some(if active { AlertContactStatus::Active } else { AlertContactStatus::Paused });
            }
            Ok(contact.clone())
        })
        .on(&alert_contacts::DELETE, |world, [id], ()| {
            let id = *find(world, id)?.id.get();
            world.contacts.contacts.remove(&id);
            Ok(())
        });
    serve_integrations(fake)
}

fn find<'a>(world: &'a mut World, id: &str) -> Result<&'a mut AlertContact, Answer> {
    let id: AlertContactId = number(id, "Alert contact")?;
    world.contacts.contacts.get_mut(id.get()).ok_or_else(|| not_found("Alert contact"))
}

/// Which member of an integration each of its kind's fields is shown as.
const VALUES: &[(&str, &str)] = &[
    ("webhookURL", "value"),
    ("urlToNotify", "value"),
    ("hookURL", "value"),
    ("integrationKey", "value"),
    ("roomURL", "value"),
    ("accessToken", "value"),
    ("userKey", "value"),
    ("customValue", "customValue"),
    ("postValue", "customValue"),
    ("customMessage", "customValue"),
    ("location", "customValue2"),
    ("priority", "customValue2"),
    ("friendlyName", "friendlyName"),
    ("enableNotificationsFor", "enableNotificationsFor"),
    ("sslExpirationReminder", "sslExpirationReminder"),
    ("customHeaders", "customHeaders"),
];

fn serve_integrations(fake: Fake<World>) -> Fake<World> {
    fake.on(&integrations::LIST, |world, [], _| Ok(world.contacts.integrations.values().cloned().collect()))
        .on(&integrations::CREATE, |world, [], new| {
            if !world.plan.paid {
                return Err(refused(403, "021-003", "Your plan does not include this integration"));
            }
            let request = serde_json::to_value(&new).unwrap_or_default();
            let id = world.new_id::<Integration>();
            let integration = json!({
                "id": id, "type": request["type"], "status": "Active",
                "enableNotificationsFor": "UpAndDown", "sslExpirationReminder": false,
            });
            let integration = filled(integration, &request["data"])?;
            let same = |one: &Integration| {
                one.integration_type == integration.integration_type
                    && one.value.as_ref().map(Secret::expose) == integration.value.as_ref().map(Secret::expose)
            };
            if integration.value.is_some() && world.contacts.integrations.values().any(same) {
                return Err(Answer::json(409, json!({ "message": "This integration exists already" })));
            }
            world.contacts.integrations.insert(*id.get(), integration.clone());
            Ok(integration)
        })
        .on(&integrations::GET, |world, [id], ()| find_integration(world, id).cloned())
        .on(&integrations::UPDATE, |world, [id], update| {
            let integration = find_integration(world, id)?;
            let request = serde_json::to_value(&update).unwrap_or_default();
            if integration.integration_type.as_ref().map(AlertContactType::as_str) != request["type"].as_str() {
                return Err(invalid(["type must be the type of the integration".to_owned()]));
            }
            let before = serde_json::to_value(&*integration).unwrap_or_default();
            *integration = filled(before, &request["data"])?;
            Ok(integration.clone())
        })
        .on(&integrations::DELETE, |world, [id], ()| {
            let id = *find_integration(world, id)?.id.get();
            world.contacts.integrations.remove(&id);
            Ok(())
        })
}

fn filled(mut integration: Value, data: &Value) -> Result<Integration, Answer> {
    for (field, member) in VALUES {
        if let Some(value) = data.get(field) {
            integration[member] = value.clone();
        }
    }
    serde_json::from_value(integration).map_err(|error| invalid([error.to_string()]))
}

fn find_integration<'a>(world: &'a mut World, id: &str) -> Result<&'a mut Integration, Answer> {
    let id: IntegrationId = number(id, "Integration")?;
    let missing = || refused(404, "021-005", "Integration not found");
    world.contacts.integrations.get_mut(id.get()).ok_or_else(missing)
}
