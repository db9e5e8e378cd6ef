//! Variables that builds and functions see.

use howdah_core::ErrorKind;
use howdah_netlify::{
    accounts::AccountId,
    env::{Context, ContextValue, EnvFilter, EnvOptions, EnvVarSettings, EnvVarValue, Scope, SiteEnvFilter},
    testing::FakeNetlify,
};

use crate::site;

#[tokio::test(start_paused = true)]
async fn variables_of_an_account_and_of_a_site() {
    let netlify = FakeNetlify::new().client();
    let (account, id) = (AccountId::from("vmst"), site(&netlify, "docs").await.id);
    let env = netlify.env();
    let everywhere =
        |key: &str, value: &str| EnvVarSettings::new().with_key(key).with_values(vec![EnvVarValue::everywhere(value)]);
    let of_site = || EnvOptions::new().with_site_id(id.clone());
    let secret = everywhere("TOKEN", "hush").with_is_secret(true).with_scopes(vec![Scope::Builds]);
    let made = env.create(&account, EnvOptions::new(), vec![secret, everywhere("COLOUR", "red")]).await.unwrap();
    assert_eq!(made.len(), 2);
    assert!(made[0].values[0].value.is_none() && !format!("{made:?}").contains("hush"));
    env.create(&account, of_site(), vec![everywhere("PLACE", "docs")]).await.unwrap();

    let builds = EnvFilter::new().with_scope(Scope::Functions).with_context_name(Context::Production);
    assert_eq!(env.list(&account, builds).await.unwrap().len(), 1);
    let seen = env.list_of_site(&id, SiteEnvFilter::new().with_context_name(Context::All)).await.unwrap();
    assert_eq!(seen.len(), 3);

    let value = ContextValue::new().with_context(Context::Branch).with_context_parameter("next").with_value("blue");
    let colour = env.set_value(&account, "COLOUR", EnvOptions::new(), value).await.unwrap();
    assert_eq!(colour.values.len(), 2);
    let branch = colour.values[1].id.clone().unwrap();
    env.delete_value(&account, "COLOUR", &branch, EnvOptions::new()).await.unwrap();
    let replaced = env.update(&account, "COLOUR", EnvOptions::new(), everywhere("COLOUR", "green")).await.unwrap();
    assert_eq!(replaced.values[0].value.as_ref().unwrap().expose(), "green");

    env.delete(&account, "PLACE", of_site()).await.unwrap();
    assert_eq!(env.get(&account, "PLACE", of_site()).await.unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(env.get(&account, "TOKEN", EnvOptions::new()).await.unwrap().is_secret, Some(true));
}
