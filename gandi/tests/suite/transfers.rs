//! Domains that come from another registrar.

use std::time::Duration;

use crate::common::{A_WHILE, fake, fields, owner};
use howdah_core::{
    ErrorKind, Outcome, Secret,
    dns::Name,
    testing::{Answer, Fault, TRANSFER_PROHIBITED},
};
use howdah_gandi::{
    testing::FakeGandi,
    transfers::{NewTransfer, Step, Transfers},
};
use serde_json::json;
use tokio::time::sleep;

const DOMAIN: &str = "example.com";
const CODE: &str = "the-code";
const SERVERS: [&str; 2] = ["ns1.example.net", "ns2.example.net"];
const FIVE_DAYS: Duration = Duration::from_secs(5 * 24 * 3600);

fn elsewhere() -> (FakeGandi, Transfers) {
    let fake = fake();
    fake.register_elsewhere(DOMAIN, CODE, &SERVERS);
    let transfers = fake.client().transfers();
    (fake, transfers)
}

fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

fn new() -> NewTransfer {
    NewTransfer::new(DOMAIN, owner()).with_authinfo(CODE).with_nameservers(SERVERS.map(str::to_owned))
}

#[tokio::test(start_paused = true)]
async fn a_transfer_takes_five_days_and_keeps_the_name_servers_that_it_names() {
    let (fake, transfers) = elsewhere();
    let ends = fake.registry().domain(&name(DOMAIN)).unwrap().expires_at;
    assert!(transfers.get(DOMAIN).await.unwrap_err().is_not_found());
    assert!(transfers.check_start(new()).await.unwrap().is_accepted());
    assert!(transfers.get(DOMAIN).await.unwrap_err().is_not_found(), "a dry run began it");

    let accepted = transfers.start(new()).await.unwrap();
    assert_eq!(accepted.id(), Some(DOMAIN));
    assert_eq!(transfers.get(DOMAIN).await.unwrap().step, Some(Step::Bill));
    sleep(A_WHILE).await;
    let transfer = transfers.get(DOMAIN).await.unwrap();
    assert_eq!((transfer.step, transfer.inner_step.as_deref()), (Some(Step::Run), Some("wait_registry")));
    assert!(transfer.regac_at > transfer.created_at);
    assert!(transfers.start(new()).await.unwrap_err().is_conflict());

    sleep(FIVE_DAYS).await;
    assert_eq!(transfers.get(DOMAIN).await.unwrap().step, Some(Step::Done));
    let held = fake.registry().domain(&name(DOMAIN)).unwrap();
    assert_eq!((held.registrar.as_str(), held.delegation.name_servers), ("gandi", SERVERS.map(name).to_vec()));
    assert_eq!((held.expires_at > ends, held.paid.len()), (true, 1));
    let error = transfers.start(new()).await.unwrap_err();
    assert_eq!(fields(&error), [("fqdn", "The domain is at Gandi already")]);
}

#[tokio::test(start_paused = true)]
async fn a_transfer_that_names_no_servers_ends_on_livedns() {
    let (fake, transfers) = elsewhere();
    transfers.start(NewTransfer::new(DOMAIN, owner()).with_authinfo(CODE)).await.unwrap();
    sleep(A_WHILE).await;
    transfers.get(DOMAIN).await.unwrap();
    sleep(FIVE_DAYS).await;
    transfers.get(DOMAIN).await.unwrap();
    let servers = fake.registry().domain(&name(DOMAIN)).unwrap().delegation.name_servers;
    assert!(servers.iter().all(|server| server.to_fqdn_without_dot().ends_with(".gandi.net")), "{servers:?}");
}

#[tokio::test(start_paused = true)]
async fn a_wrong_code_is_corrected() {
    let (fake, transfers) = elsewhere();
    transfers.start(new().with_authinfo("wrong")).await.unwrap();
    sleep(A_WHILE).await;
    let stopped = transfers.get(DOMAIN).await.unwrap();
    assert_eq!((stopped.step, stopped.errortype.as_deref()), (Some(Step::Error), Some("wrong_authinfo")));
    assert_eq!(stopped.errortype_label.as_deref(), Some("The authorization code is wrong"));

    transfers.set_authinfo(DOMAIN, CODE).await.unwrap();
    transfers.relaunch(DOMAIN).await.unwrap();
    assert!(transfers.relaunch(DOMAIN).await.unwrap_err().is_conflict());
    sleep(A_WHILE).await;
    let running = transfers.get(DOMAIN).await.unwrap();
    assert_eq!((running.step, running.errortype), (Some(Step::Run), None));
    assert!(transfers.set_authinfo(DOMAIN, CODE).await.unwrap_err().is_conflict());
    assert_eq!(fake.registry().domain(&name(DOMAIN)).unwrap().paid.len(), 1);
    assert!(transfers.relaunch("example.org").await.unwrap_err().is_not_found());
}

#[tokio::test(start_paused = true)]
async fn a_locked_domain_stops_the_transfer() {
    let (fake, transfers) = elsewhere();
    fake.registry().set_status(&name(DOMAIN), "elsewhere", TRANSFER_PROHIBITED, true).unwrap();
    transfers.start(new()).await.unwrap();
    sleep(A_WHILE).await;
    assert_eq!(transfers.get(DOMAIN).await.unwrap().errortype.as_deref(), Some("locked"));
    fake.registry().set_status(&name(DOMAIN), "elsewhere", TRANSFER_PROHIBITED, false).unwrap();
    transfers.relaunch(DOMAIN).await.unwrap();
    sleep(A_WHILE).await;
    assert_eq!(transfers.get(DOMAIN).await.unwrap().step, Some(Step::Run));
    fake.registry().answer_transfer(&name(DOMAIN), "elsewhere", false).unwrap();
    assert_eq!(transfers.get(DOMAIN).await.unwrap().errortype.as_deref(), Some("registrar_refused"));
}

#[tokio::test(start_paused = true)]
async fn the_owner_may_have_to_agree() {
    let (fake, transfers) = elsewhere();
    fake.require_foa(true);
    transfers.start(new()).await.unwrap();
    sleep(A_WHILE).await;
    let waiting = transfers.get(DOMAIN).await.unwrap();
    let foa = waiting.foa.unwrap().remove(0);
    assert_eq!((waiting.step, foa.email.as_deref(), foa.answer), (Some(Step::Wait), Some("ada@example.org"), None));
    transfers.resend_foa(DOMAIN, "ada@example.org").await.unwrap();
    assert_eq!(fake.foa_reminders(DOMAIN), 1);
    let error = transfers.resend_foa(DOMAIN, "eve@example.org").await.unwrap_err();
    assert_eq!(fields(&error)[0].0, "email");
    fake.answer_foa(DOMAIN, false);
    assert_eq!(transfers.get(DOMAIN).await.unwrap().errortype.as_deref(), Some("foa_refused"));
    fake.answer_foa(DOMAIN, true);
    transfers.relaunch(DOMAIN).await.unwrap();
    sleep(A_WHILE).await;
    assert_eq!(transfers.get(DOMAIN).await.unwrap().step, Some(Step::Run));
}

#[tokio::test(start_paused = true)]
async fn what_is_wrong_is_told_before_and_after() {
    let (fake, transfers) = elsewhere();
    let lacking = NewTransfer::new(DOMAIN, owner());
    let unknown = NewTransfer::new("example.org", owner()).with_authinfo(CODE);
    for (new, field) in [
        (lacking, "authinfo"),
        (unknown, "fqdn"),
        (new().with_duration(2u32), "duration"),
        (new().with_nameservers(vec!["ns1.example.net".to_owned()]), "nameservers"),
    ] {
        let tried = transfers.check_start(new.clone()).await.unwrap();
        assert!(!tried.is_accepted());
        assert_eq!(tried.errors[0].name.as_deref(), Some(field));
        let error = transfers.start(new).await.unwrap_err();
        assert_eq!((error.kind(), error.outcome(), fields(&error)[0].0), (ErrorKind::Invalid, Outcome::Refused, field));
    }
    fake.refuse_payment(true);
    assert_eq!(transfers.start(new()).await.unwrap_err().kind(), ErrorKind::Payment);
}

#[tokio::test(start_paused = true)]
async fn availability_tells_whether_the_code_fits() {
    let (fake, transfers) = elsewhere();
    assert!(transfers.available(DOMAIN, None).await.unwrap().available);
    assert!(transfers.available(DOMAIN, Secret::from(CODE)).await.unwrap().available);
    let wrong = transfers.available(DOMAIN, Secret::from("wrong")).await.unwrap();
    assert_eq!((wrong.available, wrong.msg.as_deref()), (false, Some("invalid authorization information")));
    fake.register_domain("example.net");
    assert_eq!(transfers.available("example.net", None).await.unwrap().internal, Some(true));
    assert!(fake.registry().domain(&name(DOMAIN)).unwrap().pending.is_none());
}

#[tokio::test(start_paused = true)]
async fn a_code_is_in_no_output() {
    let (fake, transfers) = elsewhere();
    let secret = "a-code-to-keep";
    assert!(!format!("{:?}", new().with_authinfo(secret)).contains(secret));
    let answer = Answer::json(400, json!({ "message": format!("{secret} does not fit") }));
    fake.world().fail_next(Fault::Answer { applied: false, answer });
    let error = transfers.start(new().with_authinfo(secret)).await.unwrap_err();
    assert!(!format!("{error} {error:?}").contains(secret), "{error}");
    let answer = Answer::json(400, json!({ "message": format!("{secret} does not fit") }));
    fake.world().fail_next(Fault::Answer { applied: false, answer });
    let error = transfers.set_authinfo(DOMAIN, secret).await.unwrap_err();
    assert!(!format!("{error} {error:?}").contains(secret), "{error}");
}

#[tokio::test(start_paused = true)]
async fn answers_of_several_shapes_are_read() {
    let (fake, transfers) = elsewhere();
    let answer = json!({
        "owner_contact": 17,
        "params": { "domain": DOMAIN, "version": 1 },
        "step": "SOMETHING_NEW",
        "foa": [{ "email": "a@example.org", "answer": true }, { "email": "b@example.org", "answer": null }],
    });
    fake.world().fail_next(Fault::Answer { applied: false, answer: Answer::json(200, answer) });
    let transfer = transfers.get(DOMAIN).await.unwrap();
    assert_eq!(transfer.step, Some(Step::Other("SOMETHING_NEW".to_owned())));
    assert_eq!(transfer.owner_contact.as_deref(), Some("17"));
    let answers: Vec<_> = transfer.foa.unwrap().into_iter().map(|foa| foa.answer).collect();
    assert_eq!(answers, [Some("true".to_owned()), None]);
}
