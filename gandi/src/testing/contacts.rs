use std::collections::BTreeMap;

use howdah_core::{
    dns::Name,
    testing::{Answer, Fake},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{FakeGandi, State as World, domains, invalid, message, registered, tried};
use crate::contacts::{
    CHECK_SET_OWNER, Contact, ContactType, DomainContacts, GET, NewContact, RESEND_REACHABILITY, SET_OWNER, UPDATE,
};

#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct State {
    domains: BTreeMap<Name, Held>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Held {
    contacts: DomainContacts,
    /// What they become, and when.
    change: Option<(Timestamp, DomainContacts)>,
    reminders: u32,
}

pub(super) fn serve(fake: Fake<World>) -> Fake<World> {
    fake.on(&GET, |world, [domain], ()| {
        let (name, _) = registered(world, domain)?;
        Ok(of(world, &name))
    })
    .on(&UPDATE, |world, [domain], change| {
        let (name, _) = registered(world, domain)?;
        for (field, new) in [("admin", &change.admin), ("bill", &change.bill), ("tech", &change.tech)] {
            new.as_ref().map_or(Ok(()), |new| check(new).map_err(|wrong| wrong.below(field)))?;
        }
        begin(world, &name, |contacts| {
            let places = [
                (&mut contacts.admin, change.admin),
                (&mut contacts.bill, change.bill),
                (&mut contacts.tech, change.tech),
            ];
            for (place, new) in places {
                *place = new.map(stored).or(place.take());
            }
        })
    })
    .on(&SET_OWNER, |world, [domain], owner| {
        let (name, _) = registered(world, domain)?;
        check(&owner)?;
        begin(world, &name, |contacts| contacts.owner = Some(stored(owner)))
    })
    .on(&CHECK_SET_OWNER, |world, [domain], owner| {
        registered(world, domain)?;
        Err(tried(check(&owner).map_err(Answer::from)))
    })
    .on(&RESEND_REACHABILITY, |world, [domain], request| {
        let (name, _) = registered(world, domain)?;
        if request.action != "resend" {
            return Err(invalid("body", "action", "\"resend\" is the only value"));
        }
        held(world, &name).reminders += 1;
        Err(message(202, "Accepted"))
    })
}

/// What completes by itself.
pub(super) fn pass(world: &mut World) {
    let now = world.now;
    for held in world.contacts.domains.values_mut() {
        if let Some((_, contacts)) = held.change.take_if(|(due, _)| *due <= now) {
            held.contacts = contacts;
        }
    }
}

impl FakeGandi {
    /// How often the owner of a domain was reminded to confirm the mail address.
    pub fn reachability_reminders(&self, domain: &str) -> u32 {
        let name = Name::parse(domain).ok();
        self.world().state(|world| Some(world.contacts.domains.get(&name?)?.reminders)).unwrap_or_default()
    }
}

/// The contacts of a domain.
pub(super) fn of(world: &World, domain: &Name) -> DomainContacts {
    world.contacts.domains.get(domain).map_or_else(everybody, |held| held.contacts.clone())
}

/// Makes somebody the owner of a domain at once.
pub(super) fn own(world: &mut World, domain: &Name, owner: NewContact) {
    held(world, domain).contacts.owner = Some(stored(owner));
}

/// Whoever was there before anybody changed it.
pub(super) fn somebody() -> Contact {
    let new = NewContact::new("FR", "owner@example.com", "Somebody", "Else", "1 place de la Loi", "individual");
    stored(new.with_city("Paris").with_zip("75001").with_phone("+33.123456789"))
}

/// What is wrong with a contact.
pub(super) fn check(contact: &NewContact) -> Result<(), Wrong> {
    let wrong = |field: &'static str, why: &'static str| Err(Wrong { field: field.to_owned(), why });
    let letters = |text: &str| text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_uppercase());
    if !letters(&contact.country) {
        return wrong("country", "is not the code of a country");
    }
    if contact.email.split_once('@').is_none_or(|(local, domain)| local.is_empty() || !domain.contains('.')) {
        return wrong("email", "is not a mail address");
    }
    if contact.streetaddr.is_empty() {
        return wrong("streetaddr", "must not be empty");
    }
    let digits = |rest: &str| rest.bytes().all(|byte| byte.is_ascii_digit());
    let number = |phone: &str| {
        let (country, rest) = phone.strip_prefix('+')?.split_once('.')?;
        (!country.is_empty() && !rest.is_empty() && digits(country) && digits(rest)).then_some(())
    };
    if contact.phone.as_deref().is_some_and(|phone| number(phone).is_none()) {
        return wrong("phone", "is not written as +33.123456789");
    }
    match &contact.contact_type {
        ContactType::Other(_) => wrong("type", "is not the type of a contact"),
        ContactType::Individual => Ok(()),
        _ if contact.orgname.is_none() => wrong("orgname", "is required of whoever is no individual"),
        _ => Ok(()),
    }
}

/// A field that is wrong.
pub(super) struct Wrong {
    field: String,
    why: &'static str,
}

impl Wrong {
    /// The same in a member of the request.
    pub(super) fn below(self, member: &str) -> Self {
        Self { field: format!("{member}.{}", self.field), ..self }
    }
}

impl From<Wrong> for Answer {
    fn from(wrong: Wrong) -> Self {
        invalid("body", &wrong.field, wrong.why)
    }
}

/// Contacts that were there before anybody changed them, for domains that came from elsewhere.
fn held<'w>(world: &'w mut World, domain: &Name) -> &'w mut Held {
    world.contacts.domains.entry(domain.clone()).or_insert_with(|| Held {
        contacts: everybody(),
        change: None,
        reminders: 0,
    })
}

fn everybody() -> DomainContacts {
    let contact = || Some(somebody());
    DomainContacts { owner: contact(), admin: contact(), bill: contact(), tech: contact() }
}

fn begin<T>(world: &mut World, domain: &Name, change: impl FnOnce(&mut DomainContacts)) -> Result<T, Answer> {
    let due = domains::begin(world, domain, None)?;
    let held = held(world, domain);
    let mut contacts = held.contacts.clone();
    change(&mut contacts);
    held.change = Some((due, contacts));
    Err(message(202, "The contacts are being updated"))
}

fn stored(new: NewContact) -> Contact {
    Contact {
        contact_type: Some(new.contact_type),
        given: Some(new.given),
        family: Some(new.family),
        orgname: new.orgname,
        email: Some(new.email),
        phone: new.phone,
        fax: new.fax,
        streetaddr: Some(new.streetaddr),
        zip: new.zip,
        city: new.city,
        state: new.state,
        country: Some(new.country),
        lang: new.lang,
        siren: new.siren,
        brand_number: new.brand_number,
        data_obfuscated: Some(new.data_obfuscated.unwrap_or(true)),
        mail_obfuscated: Some(new.mail_obfuscated.unwrap_or(true)),
        same_as_owner: None,
        extra_parameters: new.extra_parameters,
    }
}
