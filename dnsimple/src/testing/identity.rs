use howdah_core::testing::{Answer, Fake};
use serde_json::json;

use super::State;
use crate::identity::{ACCOUNTS, OAUTH_TOKEN, OauthToken, WHOAMI, Whoami};

pub(super) fn serve(fake: Fake<State>) -> Fake<State> {
    fake.on(&WHOAMI, |state, [], ()| {
        let account = state.user.is_none().then(|| state.account.clone());
        Ok(Whoami { account, user: state.user.clone() })
    })
    .on(&ACCOUNTS, |state, [], ()| {
        let others = state.user.iter().flat_map(|_| &state.other_accounts);
        Ok([&state.account].into_iter().chain(others).cloned().collect())
    })
    .on(&OAUTH_TOKEN, |state, [], exchange| {
        let refuse = |status, error: &str, why: &str| {
            Err(Answer::json(status, json!({ "error": error, "error_description": why })))
        };
        if exchange.client_secret.expose() != "fake-client-secret" {
            return refuse(401, "invalid_client", "The client is unknown or its secret is wrong");
        }
        if exchange.grant_type != "authorization_code" || exchange.code.expose() != "fake-code" {
            return refuse(400, "invalid_grant", "The authorization code is invalid or has expired");
        }
        Ok(OauthToken {
            access_token: super::TOKEN.into(),
            token_type: Some("bearer".to_owned()),
            scope: None,
            account_id: Some(state.account.id),
        })
    })
}
