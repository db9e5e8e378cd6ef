//! What domains cost, and their registration, renewal, lock and code.

use crate::common::{A_WHILE, fake, fields, owner};
use howdah_core::{
    ErrorKind, Outcome,
    dns::Name,
    testing::{Answer, Fault},
};
use howdah_gandi::{
    contacts::ContactType,
    domains::{
        AutoRenewChange, DomainFilter, Domains, NewDomain, NewRenewal, PriceQuery, Prices, Process, ProductStatus,
    },
    testing::FakeGandi,
    tlds::{TldCategory, TldFilter},
    transfers::Step,
};
use serde_json::json;
use tokio::time::sleep;

const DOMAIN: &str = "example.com";

fn registered() -> (FakeGandi, Domains) {
    let fake = fake();
    fake.register_domain(DOMAIN);
    let domains = fake.client().domains();
    (fake, domains)
}

fn name() -> Name {
    Name::parse(DOMAIN).unwrap()
}

fn status_of(prices: &Prices) -> Vec<(Process, ProductStatus)> {
    let products = prices.products.iter();
    products.map(|product| (product.process.clone().unwrap(), product.status.clone().unwrap())).collect()
}

#[tokio::test(start_paused = true)]
async fn prices_are_told_for_each_process() {
    let (fake, domains) = registered();
    fake.set_price(&Process::Renew, 18.0);
    let all = [Process::Create, Process::Transfer, Process::Renew];
    let prices = domains.check(PriceQuery::new(DOMAIN, all.clone())).await.unwrap();
    let [create, transfer, renew] = all;
    assert_eq!(
        status_of(&prices),
        [
            (create, ProductStatus::Unavailable),
            (transfer, ProductStatus::Unavailable),
            (renew, ProductStatus::Available)
        ]
    );
    let price = &prices.products[2].prices[0];
    assert_eq!((price.price_before_taxes, price.price_after_taxes), (Some(15.0), Some(18.0)));
    assert_eq!((prices.currency.as_deref(), prices.taxes[0].rate), (Some("EUR"), Some(20.0)));
    assert_eq!(fake.world().journal()[0].query, "name=example.com&processes=create&processes=transfer&processes=renew");

    let dollars = PriceQuery::new("example.net", [Process::Create]).with_currency("USD".to_owned());
    let prices = domains.check(dollars).await.unwrap();
    assert_eq!(prices.currency.as_deref(), Some("USD"));
    assert_eq!(status_of(&prices), [(Process::Create, ProductStatus::Available)]);
    let error = domains.check(PriceQuery::new("a..b", [Process::Create])).await.unwrap_err();
    assert_eq!((error.kind(), fields(&error)[0].0), (ErrorKind::Invalid, "querystring.name"));
}

#[tokio::test(start_paused = true)]
async fn a_registration_takes_its_time() {
    let fake = fake();
    let domains = fake.client().domains();
    let new = || NewDomain::new(DOMAIN, owner()).with_duration(2u32);
    assert!(domains.check_create(new()).await.unwrap().is_accepted());
    assert!(fake.registry().domain(&name()).is_none(), "a dry run bought it");

    let accepted = domains.create(new()).await.unwrap();
    assert_eq!(accepted.id(), Some(DOMAIN));
    assert_eq!(domains.creation(DOMAIN).await.unwrap().step, Some(Step::Bill));
    assert!(domains.create(new()).await.unwrap_err().is_conflict());
    assert_eq!(domains.follow_creation(DOMAIN).await.unwrap().step, Some(Step::Done));
    let domain = domains.get(DOMAIN).await.unwrap();
    assert_eq!((domain.fqdn.as_str(), domain.tld.as_deref(), domain.nameservers.len()), (DOMAIN, Some("com"), 3));
    assert_eq!(fake.registry().domain(&name()).unwrap().paid[0].years, 2);

    let error = domains.create(new()).await.unwrap_err();
    assert_eq!((error.kind(), fields(&error)[0].0), (ErrorKind::Invalid, "fqdn"));
    let tried = domains.check_create(new()).await.unwrap();
    assert!(!tried.is_accepted());
    assert_eq!(tried.errors[0].name.as_deref(), Some("fqdn"));
    assert!(domains.creation("example.org").await.unwrap_err().is_not_found());
}

#[tokio::test(start_paused = true)]
async fn a_registration_can_come_too_late() {
    let fake = fake();
    let domains = fake.client().domains();
    domains.create(NewDomain::new(DOMAIN, owner())).await.unwrap();
    fake.registry().create(&name(), "another", &[], 1).unwrap();
    let error = domains.follow_creation(DOMAIN).await.unwrap_err();
    assert_eq!(error.outcome(), Outcome::Refused);
    assert!(error.to_string().contains("the registration of example.com ended without success"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn what_costs_money_is_tried_first_and_paid_once() {
    let (fake, domains) = registered();
    let before = fake.registry().domain(&name()).unwrap().expires_at;
    assert_eq!(domains.renewal(DOMAIN).await.unwrap().minimum, Some(1));
    let years = |years: u32| NewRenewal::new().with_duration(years);
    assert!(domains.check_renew(DOMAIN, years(2)).await.unwrap().is_accepted());
    assert_eq!(fake.registry().domain(&name()).unwrap().expires_at, before);
    assert_eq!(fields(&domains.renew(DOMAIN, years(10)).await.unwrap_err())[0].0, "duration");

    fake.refuse_payment(true);
    let error = domains.renew(DOMAIN, years(2)).await.unwrap_err();
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Payment, Outcome::Refused));
    fake.refuse_payment(false);

    fake.world().fail_next(Fault::Lost { applied: true });
    let error = domains.renew(DOMAIN, years(2)).await.unwrap_err();
    assert_eq!((error.outcome(), error.attempts()), (Outcome::Unknown, 1));
    let paid = fake.registry().domain(&name()).unwrap().paid;
    assert_eq!(paid.len(), 1);
    assert_eq!((paid[0].what.as_str(), paid[0].years), ("renewal", 2));

    // Three years of the ten that a registry goes ahead are taken.
    assert_eq!(domains.renewal(DOMAIN).await.unwrap().maximum, Some(7));
    let tried = domains.check_renew(DOMAIN, years(8)).await.unwrap();
    assert_eq!(tried.errors[0].name.as_deref(), Some("duration"));
}

#[tokio::test(start_paused = true)]
async fn an_answer_to_a_dry_run_is_not_taken_for_the_real_thing() {
    let (fake, domains) = registered();
    let answer = Answer::json(200, json!({ "status": "success", "errors": [] }));
    fake.world().fail_next(Fault::Answer { applied: false, answer });
    let error = domains.renew(DOMAIN, NewRenewal::new()).await.unwrap_err();
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Decode, Outcome::Refused));
    assert_eq!(error.message(), "the call was answered as if it were only tried");
}

#[tokio::test(start_paused = true)]
async fn a_premium_domain_wants_its_price_back() {
    let fake = fake();
    fake.set_premium_price(DOMAIN, 500.0);
    let domains = fake.client().domains();
    let prices = domains.check(PriceQuery::new(DOMAIN, [Process::Create])).await.unwrap();
    let price = &prices.products[0].prices[0];
    assert_eq!((price.price_type.as_deref(), price.price_after_taxes), (Some("premium"), Some(500.0)));
    let new = || NewDomain::new(DOMAIN, owner());
    assert_eq!(fields(&domains.create(new()).await.unwrap_err())[0].0, "price");
    domains.create(new().with_price(500.0).with_enforce_premium(true)).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_code_comes_with_the_unlocking_and_can_be_renewed() {
    let (fake, domains) = registered();
    let locked = domains.get(DOMAIN).await.unwrap();
    assert_eq!(
        (locked.status.as_slice(), locked.authinfo, locked.can_tld_lock),
        (["clientTransferProhibited".to_owned()].as_slice(), None, Some(true))
    );
    domains.set_transfer_lock(DOMAIN, false).await.unwrap();
    assert!(domains.set_transfer_lock(DOMAIN, true).await.unwrap_err().is_conflict());
    sleep(A_WHILE).await;
    let unlocked = domains.get(DOMAIN).await.unwrap();
    let code = unlocked.authinfo.unwrap();
    assert_eq!(unlocked.status, [""; 0]);
    assert_eq!(fake.registry().check_transfer(&name(), "another", Some(code.expose())), Ok(()));

    domains.reset_authinfo(DOMAIN).await.unwrap();
    sleep(A_WHILE).await;
    let domain = domains.get(DOMAIN).await.unwrap();
    assert_ne!(domain.authinfo.as_ref(), Some(&code));
    assert!(!format!("{domain:?}").contains(domain.authinfo.as_ref().unwrap().expose()));

    fake.register_domain("example.eu");
    let error = domains.set_transfer_lock("example.eu", true).await.unwrap_err();
    assert_eq!((error.kind(), error.message()), (ErrorKind::Forbidden, "The TLD has no lock"));
}

#[tokio::test(start_paused = true)]
async fn renewal_by_itself_has_to_exist_before_it_is_switched_off() {
    let (_, domains) = registered();
    let error = domains.set_auto_renew(DOMAIN, AutoRenewChange::new(false)).await.unwrap_err();
    assert_eq!((error.kind(), error.message()), (ErrorKind::Invalid, "no autorenew record"));
    domains.set_auto_renew(DOMAIN, AutoRenewChange::new(true).with_duration(2u32)).await.unwrap();
    let renewal = domains.get(DOMAIN).await.unwrap().autorenew.unwrap();
    assert_eq!((renewal.enabled, renewal.duration), (Some(true), Some(2)));
    domains.set_auto_renew(DOMAIN, AutoRenewChange::new(false)).await.unwrap();
    assert_eq!(domains.get(DOMAIN).await.unwrap().autorenew.unwrap().enabled, Some(false));
    let error = domains.set_auto_renew(DOMAIN, AutoRenewChange::new(true).with_duration(10u32)).await.unwrap_err();
    assert_eq!(fields(&error)[0].0, "duration");
}

#[tokio::test(start_paused = true)]
async fn a_domain_is_given_up_and_had_back() {
    let (fake, domains) = registered();
    assert_eq!(domains.restoration(DOMAIN).await.unwrap().restorable, Some(false));
    assert!(domains.restore(DOMAIN).await.unwrap_err().is_conflict());
    domains.delete(DOMAIN).await.unwrap();
    sleep(A_WHILE).await;
    assert!(fake.registry().domain(&name()).unwrap().statuses.contains("pendingDelete"));
    assert_eq!(domains.restoration(DOMAIN).await.unwrap().restorable, Some(true));
    domains.restore(DOMAIN).await.unwrap();
    sleep(A_WHILE).await;
    assert_eq!(domains.restoration(DOMAIN).await.unwrap().restorable, Some(false));
    assert!(domains.delete("example.org").await.unwrap_err().is_not_found());
}

#[tokio::test(start_paused = true)]
async fn the_list_is_narrowed_and_paged() {
    let (fake, domains) = registered();
    for number in 0..120 {
        fake.register_domain(&format!("example-{number}.net"));
    }
    fake.register_elsewhere("example.org", "code", &["a.example", "b.example"]);
    let all = domains.list(DomainFilter::new()).all().await.unwrap();
    assert_eq!((all.len(), all[0].autorenew), (121, Some(false)));
    assert_eq!(fake.world().journal().len(), 2);
    let current = |domain: &howdah_gandi::domains::ListedDomain| domain.nameserver.clone().unwrap().current.unwrap();
    assert!(all.iter().all(|domain| current(domain) == "livedns"));

    let only = domains.list(DomainFilter::new().with_tld("com")).all().await.unwrap();
    assert_eq!(only.iter().map(|one| one.fqdn.as_str()).collect::<Vec<_>>(), [DOMAIN]);
    assert_eq!(domains.list(DomainFilter::new().with_fqdn("*-11*.net")).all().await.unwrap().len(), 11);
    assert_eq!(domains.list(DomainFilter::new().with_nameserver("other")).all().await.unwrap(), []);
}

#[tokio::test(start_paused = true)]
async fn a_transfer_away_is_answered() {
    let (fake, domains) = registered();
    let error = domains.answer_transfer_out(DOMAIN, true, "wrong").await.unwrap_err();
    assert_eq!(fields(&error)[0].0, "authinfo");
    domains.set_transfer_lock(DOMAIN, false).await.unwrap();
    sleep(A_WHILE).await;
    let code = domains.get(DOMAIN).await.unwrap().authinfo.unwrap();
    assert!(domains.answer_transfer_out(DOMAIN, false, code.clone()).await.unwrap_err().is_not_found());
    let request = || fake.registry().request_transfer(&name(), "another", code.expose(), 1);
    request().unwrap();
    assert!(domains.set_transfer_lock(DOMAIN, true).await.unwrap_err().is_conflict());
    domains.answer_transfer_out(DOMAIN, false, code.clone()).await.unwrap();
    assert_eq!(fake.registry().domain(&name()).unwrap().pending, None);
    request().unwrap();
    domains.answer_transfer_out(DOMAIN, true, code.clone()).await.unwrap();
    assert!(domains.get(DOMAIN).await.unwrap_err().is_not_found());
}

#[tokio::test(start_paused = true)]
async fn answers_of_several_ages_are_read() {
    let (fake, domains) = registered();
    let answer = json!({
        "id": "1",
        "fqdn": DOMAIN,
        "status": ["clientHold"],
        "contacts": { "owner": { "type": 1, "given": "Ada" }, "tech": { "type": "individual", "same_as_owner": true } },
        "autorenew": { "enabled": true, "dates": ["2025-01-01T00:00:00Z"], "new": [] },
        "dates": { "registry_ends_at": "2025-03-01T00:00:00Z" },
        "sharing_space": { "id": "5", "name": "ada", "type": "user" },
    });
    fake.world().fail_next(Fault::Answer { applied: false, answer: Answer::json(200, answer) });
    let domain = domains.get(DOMAIN).await.unwrap();
    let contacts = domain.contacts.unwrap();
    assert_eq!(contacts.owner.unwrap().contact_type, Some(ContactType::Company));
    assert_eq!(contacts.tech.unwrap().contact_type, Some(ContactType::Individual));
    assert_eq!((domain.nameservers, domain.authinfo), (vec![], None));
    assert_eq!(domain.sharing_space.unwrap().space_type.as_deref(), Some("user"));
}

#[tokio::test(start_paused = true)]
async fn top_level_domains_say_what_they_ask_for() {
    let tlds = fake().client().tlds();
    let all = tlds.list(TldFilter::new()).all().await.unwrap();
    let generic = tlds.list(TldFilter::new().with_category(TldCategory::Generic)).all().await.unwrap();
    assert!(generic.len() < all.len() && generic.iter().any(|tld| tld.name == "com"));
    let uk = tlds.get("example.uk").await.unwrap();
    assert_eq!((uk.name.as_str(), uk.lock, uk.authinfo_for_transfer), ("uk", Some(false), Some(false)));
    assert_eq!(uk.category, Some(TldCategory::Country));
    assert!(tlds.get("nowhere").await.unwrap_err().is_not_found());
}
