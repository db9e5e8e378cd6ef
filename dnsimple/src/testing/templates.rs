use howdah_core::testing::{Answer, Fake};
use serde::{Deserialize, Serialize};

use super::{State as World, domains, invalid, not_found, number, services};
use crate::{
    templates::{
        APPLY, CREATE, CREATE_RECORD, DELETE, DELETE_RECORD, GET, GET_RECORD, LIST, LIST_RECORDS, Template,
        TemplateRecord, UPDATE,
    },
    zones::NewRecord,
};

#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct State {
    templates: Vec<Template>,
    records: Vec<TemplateRecord>,
}

pub(super) fn serve(fake: Fake<World>) -> Fake<World> {
    let fake = fake
        .on(&LIST, |world, [_], _| Ok(world.templates.templates.clone()))
        .on(&CREATE, |world, [_], new| {
            let template = Template {
                id: world.new_id(),
                account_id: Some(world.account.id),
                name: new.name,
                sid: Some(new.sid),
                description: Some(new.description.unwrap_or_default()),
                created_at: Some(world.now()),
                updated_at: Some(world.now()),
            };
            check(world, &template)?;
            world.templates.templates.push(template.clone());
            Ok(template)
        })
        .on(&GET, |world, [_, template], ()| find(world, template).cloned())
        .on(&UPDATE, |world, [_, template], update| {
            let old = find(world, template)?.clone();
            let template = Template {
                name: update.name.unwrap_or(old.name),
                sid: update.sid.or(old.sid),
                description: update.description.or(old.description),
                updated_at: Some(world.now()),
                ..old
            };
            check(world, &template)?;
            for one in &mut world.templates.templates {
                if one.id == template.id {
                    one.clone_from(&template);
                }
            }
            Ok(template)
        })
        .on(&DELETE, |world, [_, template], ()| {
            let id = find(world, template)?.id;
            world.templates.templates.retain(|one| one.id != id);
            let records = &mut world.templates.records;
            records.retain(|record| record.template_id != Some(id));
            Ok(())
        })
        .on(&APPLY, |world, [_, domain, template], ()| {
            let zone = domains::find(world, domain)?.name.clone();
            let mut new = Vec::new();
            for record in records(world, template)? {
                let mut one = NewRecord::new(record.name, record.record_type, record.content);
                (one.ttl, one.priority) = (record.ttl, record.priority);
                new.push(one);
            }
            services::add_records(world, &zone, new)?;
            Ok(())
        });
    serve_records(fake)
}

fn serve_records(fake: Fake<World>) -> Fake<World> {
    fake.on(&LIST_RECORDS, |world, [_, template], _| records(world, template))
        .on(&CREATE_RECORD, |world, [_, template], new| {
            let template = find(world, template)?.id;
            if new.content.is_empty() {
                return Err(invalid("content", "can't be blank"));
            }
            let record = TemplateRecord {
                id: world.new_id(),
                template_id: Some(template),
                name: new.name,
                content: new.content,
                ttl: Some(new.ttl.unwrap_or(3600)),
                priority: new.priority,
                record_type: new.record_type,
                created_at: Some(world.now()),
                updated_at: Some(world.now()),
            };
            world.templates.records.push(record.clone());
            Ok(record)
        })
        .on(&GET_RECORD, |world, [_, template, record], ()| {
            let id = number(record, "Record")?;
            let mut records = records(world, template)?.into_iter();
            records.find(|one| one.id == id).ok_or_else(|| not_found("Record", record))
        })
        .on(&DELETE_RECORD, |world, [_, template, record], ()| {
            let id = number(record, "Record")?;
            if !records(world, template)?.iter().any(|one| one.id == id) {
                return Err(not_found("Record", record));
            }
            world.templates.records.retain(|one| one.id != id);
            Ok(())
        })
}

/// A template by its short name or its number.
fn find<'w>(world: &'w World, template: &str) -> Result<&'w Template, Answer> {
    let number = template.parse().ok();
    let is_it = |one: &&Template| one.sid.as_deref() == Some(template) || number == Some(*one.id.get());
    let mut templates = world.templates.templates.iter();
    templates.find(is_it).ok_or_else(|| not_found("Template", template))
}

fn records(world: &World, template: &str) -> Result<Vec<TemplateRecord>, Answer> {
    let id = find(world, template)?.id;
    let records = world.templates.records.iter();
    Ok(records.filter(|record| record.template_id == Some(id)).cloned().collect())
}

fn check(world: &World, template: &Template) -> Result<(), Answer> {
    let sid = template.sid.as_deref().unwrap_or_default();
    let mut others = world.templates.templates.iter();
    if template.name.is_empty() {
        Err(invalid("name", "can't be blank"))
    } else if sid.is_empty() {
        Err(invalid("sid", "can't be blank"))
    } else if others.any(|other| other.id != template.id && other.sid == template.sid) {
        Err(invalid("sid", "has already been taken"))
    } else {
        Ok(())
    }
}
