use howdah_core::{
    Id, Secret,
    testing::{Answer, Fake},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{State as World, domains, invalid, not_found, zones};
use crate::{
    domains::DomainId,
    services::{APPLY, GET, LIST, LIST_APPLIED, Service, ServiceId, ServiceSetting, ServiceSettings, UNAPPLY},
    zones::{NewRecord, RecordId},
};

#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct State {
    applied: Vec<Applied>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Applied {
    domain: DomainId,
    service: ServiceId,
    records: Vec<RecordId>,
}

pub(super) fn serve(fake: Fake<World>) -> Fake<World> {
    fake.on(&LIST, |_, [], _| Ok(catalogue()))
        .on(&GET, |_, [service], ()| find(service))
        .on(&LIST_APPLIED, |world, [_, domain], ()| {
            let domain = domains::find(world, domain)?.id;
            let is_applied = |service: &Service| {
                let mut applied = world.services.applied.iter();
                applied.any(|one| one.domain == domain && one.service == service.id)
            };
            Ok(catalogue().into_iter().filter(is_applied).collect())
        })
        .on(&APPLY, |world, [_, domain, service], settings| {
            let (id, zone) = domains::find(world, domain).map(|one| (one.id, one.name.clone()))?;
            let service = find(service)?;
            let records = add_records(world, &zone, records(&service, &settings)?)?;
            world.services.applied.push(Applied { domain: id, service: service.id, records });
            Ok(())
        })
        .on(&UNAPPLY, |world, [_, domain, service], ()| {
            let (id, zone) = domains::find(world, domain).map(|one| (one.id, one.name.clone()))?;
            let wanted = find(service)?.id;
            let is_it = |one: &Applied| one.domain == id && one.service == wanted;
            if !world.services.applied.iter().any(is_it) {
                return Err(not_found("Service", service));
            }
            let (gone, kept) = std::mem::take(&mut world.services.applied).into_iter().partition::<Vec<_>, _>(is_it);
            world.services.applied = kept;
            for record in gone.into_iter().flat_map(|one| one.records) {
                zones::delete_record(world, &zone, record);
            }
            Ok(())
        })
}

/// Adds all records to a zone or none.
pub(super) fn add_records(world: &mut World, zone: &str, records: Vec<NewRecord>) -> Result<Vec<RecordId>, Answer> {
    zones::zone(world, zone)?;
    let mut added = Vec::new();
    for record in records {
        match zones::create_record(world, zone, record) {
            Ok(record) => added.push(record.id),
            Err(wrong) => {
                for record in added {
                    zones::delete_record(world, zone, record);
                }
                return Err(zones::validation_failed(wrong));
            }
        }
    }
    Ok(added)
}

fn find(service: &str) -> Result<Service, Answer> {
    let number = service.parse().ok();
    let is_it = |one: &Service| one.sid.as_deref() == Some(service) || number == Some(*one.id.get());
    let mut services = catalogue().into_iter();
    services.find(is_it).ok_or_else(|| not_found("Service", service))
}

fn catalogue() -> Vec<Service> {
    let service = |id, sid: &str, name: &str, description: &str| Service {
        id: Id::new(id),
        name: name.to_owned(),
        sid: Some(sid.to_owned()),
        description: Some(description.to_owned()),
        setup_description: None,
        requires_setup: Some(false),
        default_subdomain: None,
        created_at: Some(Timestamp::UNIX_EPOCH),
        updated_at: Some(Timestamp::UNIX_EPOCH),
        settings: Vec::new(),
    };
    vec![
        service(1, "fastmail", "Fastmail", "Mail for the domain."),
        Service {
            requires_setup: Some(true),
            default_subdomain: Some("www".to_owned()),
            settings: vec![ServiceSetting {
                name: "app".to_owned(),
                label: Some("App".to_owned()),
                append: Some(".herokuapp.com".to_owned()),
                description: Some("The app that the domain leads to.".to_owned()),
                example: Some("my-app".to_owned()),
                password: Some(false),
            }],
            ..service(2, "heroku", "Heroku", "The domain leads to an app.")
        },
    ]
}

/// The records of a service with these settings.
fn records(service: &Service, settings: &ServiceSettings) -> Result<Vec<NewRecord>, Answer> {
    let value = |name: &str| settings.get(name).map_or("", Secret::expose);
    for setting in &service.settings {
        if value(&setting.name).is_empty() {
            return Err(invalid(&setting.name, "can't be blank"));
        }
    }
    Ok(match service.sid.as_deref() {
        Some("heroku") => {
            let target = format!("{}.herokuapp.com", value("app"));
            vec![NewRecord::new("", "ALIAS", target.as_str()), NewRecord::new("www", "CNAME", target.as_str())]
        }
        _ => vec![
            NewRecord::new("", "MX", "in1-smtp.messagingengine.com").with_priority(10u16),
            NewRecord::new("", "MX", "in2-smtp.messagingengine.com").with_priority(20u16),
            NewRecord::new("", "TXT", "v=spf1 include:spf.messagingengine.com ?all"),
        ],
    })
}
