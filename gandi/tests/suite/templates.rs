//! Templates against the fake.

use howdah_core::{ErrorKind, Outcome, dns::Name, testing::Fault};
use howdah_gandi::{
    templates::{
        DispatchId, DispatchState, NewTemplate, TemplateChange, TemplateId, TemplateNameServers, TemplatePayload,
        TemplateRecord, TemplateRecords, Templates,
    },
    testing::FakeGandi,
};

const DOMAIN: &str = "example.org";

fn elsewhere() -> TemplatePayload {
    let name_servers = TemplateNameServers::custom(["ns1.example.net", "ns2.example.net"]);
    TemplatePayload { name_servers: Some(name_servers), ..TemplatePayload::default() }
}

async fn with_template() -> (FakeGandi, Templates, TemplateId) {
    let fake = FakeGandi::new();
    fake.register_domain(DOMAIN);
    let templates = fake.client().templates();
    templates.create(NewTemplate::new("elsewhere", elsewhere())).await.unwrap();
    let id = templates.list().all().await.unwrap()[0].id.clone();
    (fake, templates, id)
}

#[tokio::test(start_paused = true)]
async fn a_template_lives() {
    let (_, templates, id) = with_template().await;
    let template = templates.get(&id).await.unwrap();
    assert_eq!((template.name.as_deref(), template.payload), (Some("elsewhere"), Some(elsewhere())));

    let www = TemplateRecord {
        name: "www".to_owned(),
        record_type: "A".to_owned(),
        values: vec!["192.0.2.1".to_owned()],
        ttl: Some(300),
    };
    let records = TemplateRecords { default_records: Some(false), records: vec![www] };
    let payload = TemplatePayload { records: Some(records), ..elsewhere() };
    let change = TemplateChange::new().with_description("for web sites").with_payload(payload.clone());
    templates.update(&id, change).await.unwrap();
    let template = templates.get(&id).await.unwrap();
    assert_eq!((template.name.as_deref(), template.description.as_deref()), (Some("elsewhere"), Some("for web sites")));
    assert_eq!(template.payload, Some(payload));

    templates.delete(&id).await.unwrap();
    assert_eq!(templates.list().all().await.unwrap(), []);
    assert!(templates.get(&id).await.unwrap_err().is_not_found());
    assert!(templates.update(&id, TemplateChange::new()).await.unwrap_err().is_not_found());
    assert!(templates.delete(&id).await.unwrap_err().is_not_found());
}

#[tokio::test(start_paused = true)]
async fn a_template_that_cannot_be_is_refused_with_its_field() {
    let (_, templates, id) = with_template().await;
    let nobody = TemplateNameServers { addresses: Vec::new(), ..TemplateNameServers::custom([""]) };
    let nobody = TemplatePayload { name_servers: Some(nobody), ..TemplatePayload::default() };
    for (template, field) in
        [(NewTemplate::new(" ", elsewhere()), "name"), (NewTemplate::new("nobody", nobody.clone()), "payload")]
    {
        let error = templates.create(template).await.unwrap_err();
        assert_eq!((error.kind(), error.fields()[0].field.as_str()), (ErrorKind::Invalid, field));
    }
    let change = TemplateChange::new().with_payload(nobody);
    assert_eq!(templates.update(&id, change).await.unwrap_err().fields()[0].field, "payload");
}

#[tokio::test(start_paused = true)]
async fn a_template_is_applied_to_a_domain() {
    let (fake, templates, id) = with_template().await;
    let done = templates.apply(&id, DOMAIN).await.unwrap().await.unwrap();
    assert_eq!(done.state, DispatchState::Done);
    assert_eq!(templates.dispatch(&done.id).await.unwrap(), done);
    let held = fake.registry().domain(&Name::parse(DOMAIN).unwrap()).unwrap();
    let servers: Vec<_> = held.delegation.name_servers.iter().map(ToString::to_string).collect();
    assert_eq!(servers, ["ns1.example.net.", "ns2.example.net."]);

    assert!(templates.apply(&id, "example.com").await.unwrap_err().is_not_found());
    let gone = TemplateId::new("gone".to_owned());
    assert!(templates.apply(&gone, DOMAIN).await.unwrap_err().is_not_found());
    let gone = DispatchId::new("gone".to_owned());
    assert!(templates.dispatch(&gone).await.unwrap_err().is_not_found());
    assert!(templates.follow(&gone).await.unwrap_err().is_not_found());
}

#[tokio::test(start_paused = true)]
async fn what_fails_while_it_is_applied_is_the_error() {
    let (fake, templates, id) = with_template().await;
    fake.fail_dispatch("the registry is closed");
    let error = templates.apply(&id, DOMAIN).await.unwrap().await.unwrap_err();
    assert!(error.to_string().contains("the registry is closed"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_template_is_not_applied_twice_although_the_answer_was_lost() {
    let (fake, templates, id) = with_template().await;
    fake.world().fail_next(Fault::Lost { applied: true });
    let lost = templates.apply(&id, DOMAIN).await.unwrap_err();
    assert_eq!((lost.outcome(), lost.attempts()), (Outcome::Unknown, 1));
}
