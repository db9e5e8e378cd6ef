//! Sites, and what belongs to one.

use howdah_core::ErrorKind;
use howdah_netlify::{
    accounts::AccountId,
    assets::{AssetState, NewAsset},
    deploy_keys::DeployKey,
    hooks::HookSettings,
    metadata::Metadata,
    purge::Purge,
    services::{Config, ServiceFilter},
    sites::{AccountSiteFilter, DisableReason, RepoInfo, SiteFilter, SiteId, SiteOptions, SiteRelation, SiteSettings},
    snippets::SnippetSettings,
    split_tests::SplitTestSettings,
    testing::FakeNetlify,
};
use serde_json::{Map, json};

use crate::site;

#[tokio::test(start_paused = true)]
async fn a_site_is_made_changed_hidden_and_removed() {
    let netlify = FakeNetlify::new().client();
    let sites = netlify.sites();
    let repo = RepoInfo::new().with_repo_path("vmstan/docs").with_cmd("mkdocs build");
    let settings = SiteSettings::new()
        .with_name("vmst-docs")
        .with_custom_domain("docs.vmst.io")
        .with_domain_aliases(vec!["help.vmst.io".to_owned()])
        .with_password("hush")
        .with_repo(repo);
    let docs = sites.create(SiteOptions::new().with_configure_dns(false), settings).await.unwrap();
    assert_eq!(docs.ssl_url.as_deref(), Some("https://docs.vmst.io"));
    assert_eq!(docs.build_settings.as_ref().unwrap().cmd.as_deref(), Some("mkdocs build"));
    assert!(!format!("{docs:?}").contains("hush"));

    // A domain does as well as the id.
    assert_eq!(sites.get(&SiteId::from("help.vmst.io")).await.unwrap().id, docs.id);
    let forced = sites.update(&docs.id, SiteSettings::new().with_force_ssl(true)).await.unwrap();
    assert_eq!(forced.url.as_deref(), Some("https://docs.vmst.io"));
    let unlinked = sites.unlink_repo(&docs.id).await.unwrap();
    assert_eq!(unlinked.build_settings.unwrap().cmd, None);

    sites.disable(&docs.id, DisableReason::new("work")).await.unwrap();
    assert_eq!(sites.get(&docs.id).await.unwrap().state.as_deref(), Some("disabled"));
    sites.enable(&docs.id).await.unwrap();
    let team = AccountId::from("vmst");
    sites.create_in_team(&team, SiteOptions::new(), SiteSettings::new()).await.unwrap();
    assert_eq!(sites.list_for_account(&team, AccountSiteFilter::new().with_name("vmst")).all().await.unwrap().len(), 1);
    let guest = SiteFilter::new().with_filter(SiteRelation::Guest);
    assert!(sites.list(guest).all().await.unwrap().is_empty());
    sites.delete(&docs.id).await.unwrap();
    assert_eq!(sites.get(&docs.id).await.unwrap_err().kind(), ErrorKind::NotFound);
}

#[tokio::test(start_paused = true)]
async fn names_and_domains_belong_to_one_site() {
    let netlify = FakeNetlify::new().client();
    site(&netlify, "vmst-docs").await;
    let again =
        netlify.sites().create(SiteOptions::new(), SiteSettings::new().with_name("vmst-docs")).await.unwrap_err();
    assert_eq!(again.kind(), ErrorKind::Invalid);
    assert!(again.to_string().contains("subdomain must be unique"), "{again}");
}

#[tokio::test(start_paused = true)]
async fn long_lists_follow_the_link_header() {
    let fake = FakeNetlify::new();
    let netlify = fake.client();
    for number in 0..101 {
        if number == 99 || number == 100 {
            assert_eq!(netlify.sites().list(SiteFilter::new()).all().await.unwrap().len(), number);
        }
        site(&netlify, &format!("site-{number}")).await;
    }
    let before = fake.world().requests();
    assert_eq!(netlify.sites().list(SiteFilter::new()).all().await.unwrap().len(), 101);
    assert_eq!(fake.world().requests() - before, 2);
}

#[tokio::test(start_paused = true)]
async fn snippets_metadata_and_the_cache() {
    let netlify = FakeNetlify::new().client();
    let id = site(&netlify, "docs").await.id;
    let snippets = netlify.snippets();
    let snippet = SnippetSettings::new().with_title("a").with_general("<!-- a -->").with_general_position("head");
    let snippet = snippets.create(&id, snippet).await.unwrap();
    snippets.update(&id, snippet.id, SnippetSettings::new().with_title("b")).await.unwrap();
    assert_eq!(snippets.get(&id, snippet.id).await.unwrap().title.as_deref(), Some("b"));
    assert_eq!(snippets.list(&id).await.unwrap().len(), 1);
    snippets.delete(&id, snippet.id).await.unwrap();
    assert_eq!(snippets.get(&id, snippet.id).await.unwrap_err().kind(), ErrorKind::NotFound);

    assert_eq!(netlify.metadata().get(&id).await.unwrap(), Metadata::default());
    let noted = Metadata { members: Map::from_iter([("owner".to_owned(), json!("docs"))]) };
    netlify.metadata().update(&id, noted.clone()).await.unwrap();
    assert_eq!(netlify.metadata().get(&id).await.unwrap(), noted);

    netlify.purge().purge(Purge::new().with_site_slug("docs")).await.unwrap();
    let nobody = netlify.purge().purge(Purge::new().with_site_slug("other")).await.unwrap_err();
    assert_eq!(nobody.kind(), ErrorKind::NotFound);
}

#[tokio::test(start_paused = true)]
async fn forms_and_notifications() {
    let fake = FakeNetlify::new();
    let netlify = fake.client();
    let id = site(&netlify, "docs").await.id;
    let form = fake.fill_in(&id, "contact", 150);
    let forms = netlify.forms();
    assert_eq!(forms.list(&id).await.unwrap()[0].submission_count, Some(150));
    assert_eq!(forms.list_submissions_of_site(&id).all().await.unwrap().len(), 150);
    let all = forms.list_submissions(&form).all().await.unwrap();
    assert_eq!(all.len(), 150);
    let filter = howdah_netlify::forms::SubmissionFilter::new().with_query("Hello");
    assert_eq!(forms.submissions_of(&all[0].id, filter).all().await.unwrap().len(), 1);
    forms.delete_submission(&all[0].id).await.unwrap();
    assert_eq!(forms.list_submissions(&form).all().await.unwrap().len(), 149);
    forms.delete(&id, &form).await.unwrap();
    assert!(forms.list(&id).await.unwrap().is_empty());

    let hooks = netlify.hooks();
    assert_eq!(hooks.list_types().await.unwrap()[0].name.as_deref(), Some("email"));
    let data = Map::from_iter([("email".to_owned(), json!("admin@vmst.io"))]);
    let hook = HookSettings::new().with_hook_type("email").with_event("deploy_failed").with_data(data);
    let hook = hooks.create(&id, hook).await.unwrap();
    let off = hooks.update(&hook.id, HookSettings::new().with_disabled(true)).await.unwrap();
    assert_eq!(off.disabled, Some(true));
    assert_eq!(hooks.enable(&hook.id).await.unwrap().disabled, Some(false));
    assert_eq!(hooks.list(&id).await.unwrap().len(), 1);
    assert_eq!(hooks.get(&hook.id).await.unwrap().event.as_deref(), Some("deploy_failed"));
    hooks.delete(&hook.id).await.unwrap();
    assert!(hooks.list(&id).await.unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn assets_keys_services_and_split_tests() {
    let netlify = FakeNetlify::new().client();
    let id = site(&netlify, "docs").await.id;
    let assets = netlify.assets();
    let made =
        assets.create(&id, NewAsset::new("logo.png", 1024, "image/png").with_visibility("private")).await.unwrap();
    let asset = made.asset.unwrap();
    let uploaded = assets.update(&id, &asset.id, AssetState::new("uploaded")).await.unwrap();
    assert_eq!(uploaded.state.as_deref(), Some("uploaded"));
    assert_eq!(assets.list(&id).await.unwrap().len(), 1);
    assert_eq!(assets.get(&id, &asset.id).await.unwrap().size, Some(1024));
    assert!(assets.public_signature(&id, &asset.id).await.unwrap().url.is_some());
    assets.delete(&id, &asset.id).await.unwrap();

    let keys = netlify.deploy_keys();
    let key: DeployKey = keys.create().await.unwrap();
    assert_eq!(keys.get(&key.id).await.unwrap(), key);
    assert_eq!(keys.list().await.unwrap().len(), 1);
    keys.delete(&key.id).await.unwrap();

    let services = netlify.services();
    assert_eq!(services.list(ServiceFilter::new().with_search("ident")).await.unwrap().len(), 1);
    assert_eq!(services.get("identity").await.unwrap().slug.as_deref(), Some("identity"));
    assert!(!services.manifest("identity").await.unwrap().members.is_empty());
    let config = Config { members: Map::from_iter([("open".to_owned(), json!(true))]) };
    let instance = services.create_instance(&id, "identity", config.clone()).await.unwrap();
    services.update_instance(&id, "identity", &instance.id, Config::default()).await.unwrap();
    assert_eq!(services.get_instance(&id, "identity", &instance.id).await.unwrap().config, Some(Map::new()));
    assert_eq!(services.list_instances(&id).await.unwrap().len(), 1);
    services.delete_instance(&id, "identity", &instance.id).await.unwrap();
    assert_eq!(services.get("unheard-of").await.unwrap_err().kind(), ErrorKind::NotFound);

    let tests = netlify.split_tests();
    let halves = Map::from_iter([("main".to_owned(), json!(50)), ("next".to_owned(), json!(50))]);
    let test = tests.create(&id, SplitTestSettings::new().with_branch_tests(halves)).await.unwrap();
    let all = Map::from_iter([("main".to_owned(), json!(100))]);
    let updated = tests.update(&id, &test.id, SplitTestSettings::new().with_branch_tests(all)).await.unwrap();
    assert_eq!((test.branches.len(), updated.branches.len()), (2, 1));
    tests.publish(&id, &test.id).await.unwrap();
    assert_eq!(tests.get(&id, &test.id).await.unwrap().active, Some(true));
    tests.unpublish(&id, &test.id).await.unwrap();
    assert_eq!(tests.list(&id).await.unwrap()[0].active, Some(false));
}
