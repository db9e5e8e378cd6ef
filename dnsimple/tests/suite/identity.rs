//! Who the token is, against the fake.

use howdah_core::{
    ErrorKind, Outcome,
    http::Auth,
    testing::{Answer, Fault},
};
use howdah_dnsimple::{
    DnSimple, PRODUCTION, SANDBOX,
    identity::{Account, OauthExchange, User},
    testing::{ACCOUNT, FakeDnSimple, TOKEN},
};
use serde_json::json;

/// Makes the token a user's.
fn belong_to_a_user(fake: &FakeDnSimple, others: Vec<Account>) {
    fake.world().state(|state| {
        state.user = Some(User {
            id: 1.into(),
            email: "ada@example.com".to_owned(),
            created_at: "2015-09-18T23:04:37Z".parse().ok(),
            updated_at: "2016-06-09T20:03:39Z".parse().ok(),
        });
        state.other_accounts = others;
    });
}

#[tokio::test(start_paused = true)]
async fn an_account_token_names_its_account() {
    let fake = FakeDnSimple::new();
    let who = fake.client().identity().whoami().await.unwrap();
    assert_eq!(who.account.unwrap().id, ACCOUNT);
    assert_eq!(who.user, None);
    let account = fake.client().resolve_account().await.unwrap();
    assert_eq!(account.id(), ACCOUNT);
    assert_eq!(fake.world().requests(), 2, "one question is enough");
}

#[tokio::test(start_paused = true)]
async fn a_user_token_resolves_where_there_is_one_account() {
    let fake = FakeDnSimple::new();
    belong_to_a_user(&fake, Vec::new());
    let who = fake.client().identity().whoami().await.unwrap();
    assert_eq!(who.account, None);
    assert_eq!(who.user.unwrap().email, "ada@example.com");
    let accounts = fake.client().identity().accounts().await.unwrap();
    assert_eq!((accounts.len(), accounts[0].id), (1, ACCOUNT));
    let account = fake.client().resolve_account().await.unwrap();
    assert_eq!(account.id(), ACCOUNT);
}

#[tokio::test(start_paused = true)]
async fn a_user_token_of_several_accounts_has_to_choose() {
    let fake = FakeDnSimple::new();
    let other = Account {
        id: 2020.into(),
        email: "other@example.com".to_owned(),
        plan_identifier: Some("solo-v1-monthly".to_owned()),
        created_at: "2015-09-18T23:04:37Z".parse().ok(),
        updated_at: "2016-06-09T20:03:39Z".parse().ok(),
    };
    belong_to_a_user(&fake, vec![other]);
    let error = fake.client().resolve_account().await.unwrap_err();
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Config, Outcome::NotSent));
    assert_eq!(
        error.message(),
        "the token can see several accounts, choose one: 1010 (admin@example.com), 2020 (other@example.com)"
    );

    let (applied, answer) = (false, Answer::json(200, json!({ "data": [] })));
    fake.world().fail_nth(2, Fault::Answer { applied, answer });
    let error = fake.client().resolve_account().await.unwrap_err();
    assert_eq!(error.message(), "the token can see no account");
}

#[tokio::test(start_paused = true)]
async fn a_wrong_token_is_told_at_once_and_not_printed() {
    let fake = FakeDnSimple::new();
    let api = fake.builder().auth(Auth::bearer("a-wrong-token"));
    let wrong = DnSimple::from(api.build().unwrap());
    let error = wrong.resolve_account().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unauthenticated);
    assert_eq!((error.attempts(), fake.world().requests()), (1, 1));
    assert_eq!(
        error.to_string(),
        "dnsimple: GET /whoami: 401 Authentication failed (refused, nothing was changed; request 1)"
    );
    assert!(!format!("{error:?} {wrong:?}").contains("a-wrong-token"));

    let error = DnSimple::new("a\ntoken").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
}

#[tokio::test(start_paused = true)]
async fn a_code_is_exchanged_for_a_token() {
    let fake = FakeDnSimple::new();
    let exchange = |secret: &str, code: &str| {
        OauthExchange::new("client", secret, code, "https://example.com/back", "state", "authorization_code")
    };
    let identity = fake.client().identity();
    let good = exchange("fake-client-secret", "fake-code");
    assert!(!format!("{good:?}").contains("fake-c"));
    let token = identity.oauth_token(good).await.unwrap();
    assert_eq!(token.access_token.expose(), TOKEN);
    assert_eq!(token.account_id, Some(ACCOUNT));

    let wrong = exchange("another-secret", "fake-code");
    let error = identity.oauth_token(wrong).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unauthenticated);
    assert_eq!(error.code(), Some("invalid_client"));
    assert_eq!(error.message(), "The client is unknown or its secret is wrong");

    let stale = exchange("fake-client-secret", "stale");
    let error = identity.oauth_token(stale).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert_eq!(error.code(), Some("invalid_grant"));
}

#[tokio::test]
async fn service_and_sandbox_have_their_addresses() {
    let client = DnSimple::new("token").unwrap();
    assert_eq!(client.api().base_url(), PRODUCTION);
    let sandbox = DnSimple::sandbox("token").unwrap();
    assert_eq!(sandbox.api().base_url(), SANDBOX);
    assert!(SANDBOX.starts_with("https://api.sandbox."));
}
