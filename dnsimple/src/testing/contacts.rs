use std::collections::BTreeMap;

use howdah_core::testing::{Answer, Fake};
use serde::{Deserialize, Serialize};

use super::{State as World, not_found, number, refused, zones::validation_failed};
use crate::contacts::{CREATE, Contact, ContactId, DELETE, GET, LIST, UPDATE};

#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct State {
    contacts: Vec<Contact>,
}

pub(super) fn serve(fake: Fake<World>) -> Fake<World> {
    fake.on(&LIST, |world, [_], _| Ok(world.contacts.contacts.clone()))
        .on(&CREATE, |world, [_], new| {
            let text = |text: Option<String>| Some(text.unwrap_or_default());
            let contact = Contact {
                id: world.new_id(),
                account_id: Some(world.account.id),
                label: text(new.label),
                first_name: Some(new.first_name),
                last_name: Some(new.last_name),
                organization_name: text(new.organization_name),
                job_title: text(new.job_title),
                address1: Some(new.address1),
                address2: text(new.address2),
                city: Some(new.city),
                state_province: Some(new.state_province),
                postal_code: Some(new.postal_code),
                country: Some(new.country),
                phone: Some(new.phone),
                fax: text(new.fax),
                email: Some(new.email),
                created_at: Some(world.now()),
                updated_at: Some(world.now()),
            };
            check(&contact)?;
            world.contacts.contacts.push(contact.clone());
            Ok(contact)
        })
        .on(&GET, |world, [_, contact], ()| find(world, contact).cloned())
        .on(&UPDATE, |world, [_, contact], update| {
            let old = find(world, contact)?.clone();
            let contact = Contact {
                label: update.label.or(old.label),
                first_name: update.first_name.or(old.first_name),
                last_name: update.last_name.or(old.last_name),
                organization_name: update.organization_name.or(old.organization_name),
                job_title: update.job_title.or(old.job_title),
                address1: update.address1.or(old.address1),
                address2: update.address2.or(old.address2),
                city: update.city.or(old.city),
                state_province: update.state_province.or(old.state_province),
                postal_code: update.postal_code.or(old.postal_code),
                country: update.country.or(old.country),
                phone: update.phone.or(old.phone),
                fax: update.fax.or(old.fax),
                email: update.email.or(old.email),
                updated_at: Some(world.now()),
                ..old
            };
            check(&contact)?;
            for one in &mut world.contacts.contacts {
                if one.id == contact.id {
                    one.clone_from(&contact);
                }
            }
            Ok(contact)
        })
        .on(&DELETE, |world, [_, contact], ()| {
            let id = find(world, contact)?.id;
            let mut domains = world.domains.domains.iter();
            if domains.any(|domain| domain.registrant_id == Some(id)) {
                return Err(refused(400, "The contact is in use by a domain and cannot be deleted"));
            }
            world.contacts.contacts.retain(|one| one.id != id);
            Ok(())
        })
}

/// Whether there is such a contact.
pub(super) fn exists(world: &World, contact: ContactId) -> bool {
    world.contacts.contacts.iter().any(|one| one.id == contact)
}

fn find<'w>(world: &'w World, contact: &str) -> Result<&'w Contact, Answer> {
    let id = number(contact, "Contact")?;
    let mut contacts = world.contacts.contacts.iter();
    contacts.find(|one| one.id == id).ok_or_else(|| not_found("Contact", contact))
}

fn check(contact: &Contact) -> Result<(), Answer> {
    let is_blank = |text: &Option<String>| text.as_deref().unwrap_or_default().trim().is_empty();
    let mut wrong: BTreeMap<_, Vec<String>> = BTreeMap::new();
    let mut complain = |field, message: &str| {
        wrong.entry(field).or_default().push(message.to_owned());
    };
    for (field, text) in [
        ("first_name", &contact.first_name),
        ("last_name", &contact.last_name),
        ("email", &contact.email),
        ("phone", &contact.phone),
        ("address1", &contact.address1),
        ("city", &contact.city),
        ("state_province", &contact.state_province),
        ("postal_code", &contact.postal_code),
        ("country", &contact.country),
    ] {
        if is_blank(text) {
            complain(field, "can't be blank");
        }
    }
    let email = contact.email.as_deref().unwrap_or_default();
    if !matches!(email.split_once('@'), Some((name, host)) if !name.is_empty() && host.contains('.')) {
        complain("email", "is an invalid email address");
    }
    let country = contact.country.as_deref().unwrap_or_default();
    if country.len() != 2 || !country.bytes().all(|letter| letter.is_ascii_uppercase()) {
        complain("country", "is not a two-letter country code");
    }
    if !is_blank(&contact.organization_name) && is_blank(&contact.job_title) {
        complain("job_title", "can't be blank");
    }
    if wrong.is_empty() { Ok(()) } else { Err(validation_failed(wrong)) }
}

#[cfg(test)]
mod tests {
    use crate::{
        contacts::NewContact,
        testing::{FakeDnSimple, domains},
    };

    #[tokio::test(start_paused = true)]
    async fn the_registrant_of_a_domain_cannot_be_deleted() {
        let fake = FakeDnSimple::new();
        fake.create_zone("example.com");
        let contacts = fake.account().contacts();
        let new = NewContact::new("A", "B", "a@example.com", "+1", "C", "D", "E", "F", "GB");
        let contact = contacts.create(new).await.unwrap();
        let register = |to| {
            fake.world().state(|world| {
                let domain = domains::find_mut(world, "example.com").unwrap();
                domain.registrant_id = to;
            });
        };
        register(Some(contact.id));
        let error = contacts.delete(contact.id).await.unwrap_err();
        assert!(error.is_invalid());
        assert!(error.message().contains("in use"), "{error}");
        register(None);
        contacts.delete(contact.id).await.unwrap();
    }
}
