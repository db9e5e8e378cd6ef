//! Templates against the fake.

use howdah_core::{
    Outcome,
    testing::{Answer, Fault},
};
use howdah_dnsimple::{
    templates::{NewTemplate, NewTemplateRecord, TemplateFilter, TemplateRecordFilter, TemplateUpdate, Templates},
    testing::FakeDnSimple,
    zones::{NewRecord, RecordType},
};
use serde_json::json;

const DOMAIN: &str = "example.com";

async fn with_template() -> (FakeDnSimple, Templates) {
    let fake = FakeDnSimple::new();
    fake.create_zone(DOMAIN);
    let templates = fake.account().templates();
    let mail = NewTemplate::new("mail", "Mail").with_description("Where mail goes");
    templates.create(mail).await.unwrap();
    (fake, templates)
}

#[tokio::test(start_paused = true)]
async fn a_template_lives() {
    let (fake, templates) = with_template().await;
    let mail = templates.get("mail").await.unwrap();
    assert_eq!(mail.description.as_deref(), Some("Where mail goes"));
    assert_eq!(templates.get(&mail.id.to_string()).await.unwrap(), mail);

    let update = TemplateUpdate::new().with_name("Post");
    let post = templates.update("mail", update).await.unwrap();
    assert_eq!((post.name.as_str(), post.sid), ("Post", mail.sid));

    let web = NewTemplate::new("web", "Web");
    templates.create(web).await.unwrap();
    let filter = TemplateFilter::new().with_sort("sid:desc");
    let list = templates.list(filter).all().await.unwrap();
    let names: Vec<_> = list.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(names, ["Web", "Post"]);

    let taken = TemplateUpdate::new().with_sid("web");
    let error = templates.update("mail", taken).await.unwrap_err();
    assert_eq!(error.fields()[0].field, "sid");
    let error = templates.create(NewTemplate::new("", "x")).await.unwrap_err();
    assert_eq!(error.fields()[0].field, "sid");

    fake.world().fail_next(Fault::Lost { applied: true });
    let renamed = TemplateUpdate::new().with_sid("post");
    let error = templates.update("mail", renamed).await.unwrap_err();
    assert_eq!((error.outcome(), error.attempts()), (Outcome::Unknown, 1));
    assert_eq!(templates.get("post").await.unwrap().id, mail.id);

    templates.delete("post").await.unwrap();
    assert!(templates.get("post").await.unwrap_err().is_not_found());
}

#[tokio::test(start_paused = true)]
async fn records_come_and_go() {
    let (_, templates) = with_template().await;
    let mx = NewTemplateRecord::new("", "MX", "mx.example.net").with_ttl(600u32).with_priority(10u16);
    let mx = templates.create_record("mail", mx).await.unwrap();
    assert_eq!((mx.ttl, mx.priority), (Some(600), Some(10)));
    let spf = NewTemplateRecord::new("", "TXT", "v=spf1 mx -all");
    let spf = templates.create_record("mail", spf).await.unwrap();
    assert_eq!((spf.ttl, spf.priority), (Some(3600), None));
    assert_eq!(templates.record("mail", mx.id).await.unwrap(), mx);

    let filter = TemplateRecordFilter::new().with_sort("type:desc");
    let list = templates.list_records("mail", filter).all().await.unwrap();
    assert_eq!(list, [spf.clone(), mx.clone()]);

    templates.delete_record("mail", spf.id).await.unwrap();
    let gone = templates.record("mail", spf.id).await.unwrap_err();
    assert!(gone.is_not_found());
    let gone = templates.delete_record("mail", spf.id).await.unwrap_err();
    assert!(gone.is_not_found());
    let filter = TemplateRecordFilter::new();
    let left = templates.list_records("mail", filter).all().await.unwrap();
    assert_eq!(left, [mx]);

    let empty = NewTemplateRecord::new("", "A", "");
    let error = templates.create_record("mail", empty).await.unwrap_err();
    assert_eq!(error.fields()[0].field, "content");
}

#[tokio::test(start_paused = true)]
async fn a_priority_is_read_however_it_is_written() {
    let (fake, templates) = with_template().await;
    for (written, read) in [(json!("10"), Some(10)), (json!(10), Some(10)), (json!(null), None)] {
        let record = json!({ "id": 1, "name": "", "content": "mx.example.net", "type": "MX", "priority": written });
        let answer = Answer::json(200, json!({ "data": record }));
        let applied = false;
        fake.world().fail_next(Fault::Answer { applied, answer });
        let record = templates.record("mail", 1.into()).await.unwrap();
        assert_eq!(record.priority, read);
    }
}

#[tokio::test(start_paused = true)]
async fn applying_adds_all_records_or_none() {
    let (fake, templates) = with_template().await;
    let mx = NewTemplateRecord::new("", "MX", "mx.example.net").with_priority(10u16);
    templates.create_record("mail", mx).await.unwrap();
    let host = NewTemplateRecord::new("mail", "CNAME", "mx.example.net");
    templates.create_record("mail", host).await.unwrap();

    let zones = fake.account().zones();
    let taken = NewRecord::new("mail", "A", "192.0.2.1");
    let taken = zones.create_record(DOMAIN, taken).await.unwrap();
    let before = fake.records(DOMAIN);
    let error = templates.apply(DOMAIN, "mail").await.unwrap_err();
    assert!(error.is_invalid());
    assert_eq!(fake.records(DOMAIN), before);

    zones.delete_record(DOMAIN, taken.id).await.unwrap();
    fake.world().fail_next(Fault::Lost { applied: true });
    let error = templates.apply(DOMAIN, "mail").await.unwrap_err();
    assert_eq!((error.outcome(), error.attempts()), (Outcome::Unknown, 1));
    let records = fake.records(DOMAIN);
    let added = |wanted| records.iter().find(|record| record.record_type == wanted);
    assert_eq!(added(RecordType::Mx).unwrap().priority, Some(10));
    assert_eq!(added(RecordType::Cname).unwrap().name, "mail");

    fake.create_zone("example.net");
    templates.apply("example.net", "mail").await.unwrap();
    assert_eq!(fake.records("example.net").len(), before.len() + 1);
    let nowhere = templates.apply("example.org", "mail").await.unwrap_err();
    assert!(nowhere.is_not_found());
    let nothing = templates.apply(DOMAIN, "nonesuch").await.unwrap_err();
    assert!(nothing.is_not_found());
}
