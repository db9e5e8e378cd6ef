#![allow(clippy::result_large_err)]

use std::collections::BTreeMap;

use howdah_core::testing::{Answer, Fake};
use serde::{Deserialize, Serialize};

use super::{FakeGandi, State as World, invalid, message, not_found, registered};
use crate::email::{
    CREATE_FORWARD, CREATE_MAILBOX, CREATE_SLOT, DELETE_FORWARD, DELETE_MAILBOX, DELETE_SLOT, Forward, GET_MAILBOX,
    GET_OFFER, GET_SLOT, LIST_FORWARDS, LIST_MAILBOXES, LIST_SLOTS, Mailbox, MailboxId, MailboxType, NewMailbox, Offer,
    PURGE_MAILBOX, RENEW_MAILBOX, Slot, SlotId, SlotStatus, UPDATE_FORWARD, UPDATE_MAILBOX, UPDATE_OFFER,
};

#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct State {
    domains: BTreeMap<String, Domain>,
    last_slot: u64,
}

#[derive(Debug, Serialize, Deserialize)]
struct Domain {
    forwards: Vec<Forward>,
    mailboxes: Vec<Held>,
    slots: Vec<Slot>,
    version: u32,
}

/// A mailbox, and what no answer shows of it.
#[derive(Debug, Serialize, Deserialize)]
struct Held {
    mailbox: Mailbox,
    slot: SlotId,
    password: String,
    years: u32,
}

impl FakeGandi {
    /// Lets mail arrive at a mailbox, so many kilobytes of it.
    ///
    /// # Panics
    ///
    /// When there is no such mailbox.
    pub fn deliver_mail(&self, domain: &str, mailbox: &MailboxId, kilobytes: f64) {
        self.world().state(|world| {
            let held =
                held(world, domain, mailbox.get()).unwrap_or_else(|_| panic!("{domain} has no mailbox {mailbox}"));
            let used = &mut held.mailbox.quota_used;
            *used = Some(used.unwrap_or_default() + kilobytes);
        });
    }

    /// Whether a mailbox opens to this password.
    pub fn mailbox_opens(&self, domain: &str, mailbox: &MailboxId, password: &str) -> bool {
        self.world().state(|world| held(world, domain, mailbox.get()).is_ok_and(|held| held.password == password))
    }

    /// For how many years a mailbox was renewed.
    pub fn mailbox_renewed(&self, domain: &str, mailbox: &MailboxId) -> u32 {
        self.world().state(|world| held(world, domain, mailbox.get()).map_or(0, |held| held.years))
    }
}

pub(super) fn serve(fake: Fake<World>) -> Fake<World> {
    serve_slots(serve_mailboxes(serve_forwards(fake)))
}

fn serve_forwards(fake: Fake<World>) -> Fake<World> {
    fake.on(&LIST_FORWARDS, |world, [domain], ()| Ok(of(world, domain)?.forwards.clone()))
        .on(&CREATE_FORWARD, |world, [domain], new| {
            let forwards = &mut of(world, domain)?.forwards;
            if !is_local(&new.source) {
                return Err(invalid("body", "source", "is not what can stand before the @"));
            }
            if forwards.iter().any(|one| one.source == new.source) {
                return Err(super::error(409, "HTTPConflict", "Conflict", "The forward exists already"));
            }
            let href = Some(format!("https://api.gandi.net/v5/email/forwards/{domain}/{}", new.source));
            forwards.push(Forward { source: new.source, destinations: addresses(new.destinations)?, href });
            Err(message(201, "The forward was created"))
        })
        .on(&UPDATE_FORWARD, |world, [domain, source], new| {
            let destinations = addresses(new.destinations)?;
            forward(world, domain, source)?.destinations = destinations;
            Err(message(200, "The forward was updated"))
        })
        .on(&DELETE_FORWARD, |world, [domain, source], ()| {
            forward(world, domain, source)?;
            of(world, domain)?.forwards.retain(|one| one.source != source);
            Err(Answer::empty(204))
        })
}

fn serve_mailboxes(fake: Fake<World>) -> Fake<World> {
    fake.on(&LIST_MAILBOXES, |world, [domain], ()| {
        let held = of(world, domain)?.mailboxes.iter();
        // The list is shorter about each of them.
        Ok(held.map(|held| Mailbox { aliases: None, ..held.mailbox.clone() }).collect())
    })
    .on(&CREATE_MAILBOX, |world, [domain], new| {
        let id = create_mailbox(world, domain, new)?;
        let location = format!("https://api.gandi.net/v5/email/mailboxes/{domain}/{id}");
        Err(message(202, "The mailbox is being created").with_header("location", location))
    })
    .on(&GET_MAILBOX, |world, [domain, id], ()| Ok(held(world, domain, id)?.mailbox.clone()))
    .on(&UPDATE_MAILBOX, |world, [domain, id], change| {
        let aliases = change.aliases.map(locals).transpose()?;
        let held = held(world, domain, id)?;
        if let Some(login) = change.login {
            held.mailbox.address = Some(format!("{login}@{domain}"));
            held.mailbox.login = Some(login);
        }
        if let Some(password) = change.password {
            password.expose().clone_into(&mut held.password);
        }
        if let Some(aliases) = aliases {
            held.mailbox.aliases = Some(aliases);
        }
        Err(message(202, "The mailbox is being updated"))
    })
    .on(&DELETE_MAILBOX, |world, [domain, id], ()| {
        let slot = held(world, domain, id)?.slot;
        let of = of(world, domain)?;
        of.mailboxes.retain(|held| held.mailbox.id.get() != id);
        for one in of.slots.iter_mut().filter(|one| one.id == slot) {
            one.status = Some(SlotStatus::Inactive);
        }
        Err(message(202, "The mailbox is being deleted"))
    })
    .on(&PURGE_MAILBOX, |world, [domain, id], ()| {
        held(world, domain, id)?.mailbox.quota_used = Some(0.0);
        Err(message(202, "The mailbox is being emptied"))
    })
    .on(&RENEW_MAILBOX, |world, [domain, id], renewal| {
        let years = renewal.duration.unwrap_or(1);
        if years == 0 {
            return Err(invalid("body", "duration", "is less than 1"));
        }
        held(world, domain, id)?.years += years;
        Err(message(202, "The mailbox is being renewed"))
    })
}

fn serve_slots(fake: Fake<World>) -> Fake<World> {
    fake.on(&GET_OFFER, |world, [domain], ()| {
        let version = of(world, domain)?.version;
        Err(Answer::json(200, serde_json::json!({ "version": version, "status": "active" })))
    })
    .on(&UPDATE_OFFER, |world, [domain], change| {
        let of = of(world, domain)?;
        if change.version < of.version {
            return Err(invalid("body", "version", "is older than the one it is on"));
        }
        of.version = change.version;
        Err(message(202, "The offer is being updated"))
    })
    .on(&LIST_SLOTS, |world, [domain], ()| Ok(of(world, domain)?.slots.clone()))
    .on(&CREATE_SLOT, |world, [domain], new| {
        of(world, domain)?;
        let slot = new_slot(&mut world.email.last_slot, new.mailbox_type, true);
        of(world, domain)?.slots.push(slot);
        Err(message(202, "The slot is being created"))
    })
    .on(&GET_SLOT, |world, [domain, id], ()| slot(world, domain, id).cloned())
    .on(&DELETE_SLOT, |world, [domain, id], ()| {
        let slot = slot(world, domain, id)?.clone();
        if slot.status == Some(SlotStatus::Active) {
            return Err(super::error(409, "HTTPConflict", "Conflict", "A mailbox is in the slot"));
        }
        of(world, domain)?.slots.retain(|one| one.id != slot.id);
        Err(message(202, "The slot is being deleted"))
    })
}

fn create_mailbox(world: &mut World, domain: &str, new: NewMailbox) -> Result<MailboxId, Answer> {
    of(world, domain)?;
    let id = MailboxId::new(world.new_id().to_string());
    let of = of(world, domain)?;
    if !is_local(&new.login) {
        return Err(invalid("body", "login", "is not what can stand before the @"));
    }
    if of.mailboxes.iter().any(|held| held.mailbox.login.as_ref() == Some(&new.login)) {
        return Err(super::error(409, "HTTPConflict", "Conflict", "The mailbox exists already"));
    }
    if new.password.expose().len() < 8 {
        return Err(invalid("body", "password", "is shorter than 8 characters"));
    }
    let aliases = locals(new.aliases.unwrap_or_default())?;
    let is_free = |slot: &&mut Slot| {
        slot.mailbox_type.as_ref() == Some(&new.mailbox_type) && slot.status != Some(SlotStatus::Active)
    };
    let Some(slot) = of.slots.iter_mut().find(is_free) else {
        return Err(invalid("body", "mailbox_type", "has no free slot"));
    };
    slot.status = Some(SlotStatus::Active);
    let mailbox = Mailbox {
        id: id.clone(),
        address: Some(format!("{}@{domain}", new.login)),
        login: Some(new.login),
        domain: Some(domain.to_owned()),
        mailbox_type: Some(new.mailbox_type),
        quota_used: Some(0.0),
        aliases: Some(aliases),
        href: Some(format!("https://api.gandi.net/v5/email/mailboxes/{domain}/{id}")),
    };
    let password = new.password.expose().to_owned();
    of.mailboxes.push(Held { mailbox, slot: slot.id, password, years: 0 });
    Ok(id)
}

/// The mail of a domain that is registered through the account; it begins with two free slots.
fn of<'w>(world: &'w mut World, domain: &str) -> Result<&'w mut Domain, Answer> {
    registered(world, domain)?;
    let State { domains, last_slot } = &mut world.email;
    Ok(domains.entry(domain.to_owned()).or_insert_with(|| Domain {
        forwards: Vec::new(),
        mailboxes: Vec::new(),
        slots: (0..2).map(|_| new_slot(last_slot, MailboxType::Standard, false)).collect(),
        version: 1,
    }))
}

fn new_slot(last: &mut u64, mailbox_type: MailboxType, refundable: bool) -> Slot {
    *last += 1;
    Slot {
        id: SlotId::new(*last),
        capacity: Some(if mailbox_type == MailboxType::Premium { 51_200 } else { 3072 }),
        mailbox_type: Some(mailbox_type),
        status: Some(SlotStatus::Inactive),
        refundable: Some(refundable),
    }
}

fn forward<'w>(world: &'w mut World, domain: &str, source: &str) -> Result<&'w mut Forward, Answer> {
    let mut forwards = of(world, domain)?.forwards.iter_mut();
    forwards.find(|one| one.source == source).ok_or_else(|| not_found("forward", source))
}

fn held<'w>(world: &'w mut World, domain: &str, id: &str) -> Result<&'w mut Held, Answer> {
    let mut mailboxes = of(world, domain)?.mailboxes.iter_mut();
    mailboxes.find(|held| held.mailbox.id.get() == id).ok_or_else(|| not_found("mailbox", id))
}

fn slot<'w>(world: &'w mut World, domain: &str, id: &str) -> Result<&'w Slot, Answer> {
    let mut slots = of(world, domain)?.slots.iter();
    slots.find(|slot| slot.id.to_string() == id).ok_or_else(|| not_found("slot", id))
}

fn is_local(text: &str) -> bool {
    !text.is_empty() && !text.contains(|one: char| one.is_whitespace() || one == '@')
}

fn locals(aliases: Vec<String>) -> Result<Vec<String>, Answer> {
    if aliases.iter().all(|alias| is_local(alias)) {
        return Ok(aliases);
    }
    Err(invalid("body", "aliases", "are not what can stand before the @"))
}

fn addresses(destinations: Vec<String>) -> Result<Vec<String>, Answer> {
    let is_address = |text: &String| {
        text.split_once('@').is_some_and(|(name, host)| is_local(name) && is_local(host) && host.contains('.'))
    };
    if !destinations.is_empty() && destinations.iter().all(is_address) {
        return Ok(destinations);
    }
    Err(invalid("body", "destinations", "are not all addresses"))
}
