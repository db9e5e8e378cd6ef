//! Builds, and the URLs that begin one.

use howdah_netlify::{
    accounts::AccountId,
    build_hooks::BuildHookSettings,
    builds::{BuildLogMessage, BuildOptions, BuildSection, BuildStart},
    testing::FakeNetlify,
};

use crate::site;

#[tokio::test(start_paused = true)]
async fn builds() {
    let netlify = FakeNetlify::new().client();
    let id = site(&netlify, "docs").await.id;
    let builds = netlify.builds();
    let build = builds.create(&id, BuildOptions::new().with_branch("main").with_clear_cache(true)).await.unwrap();
    builds.create_from_zip(&id, BuildOptions::new().with_title("sources"), &b"PK"[..]).await.unwrap();
    assert_eq!(builds.list(&id).all().await.unwrap().len(), 2);
    assert_eq!(builds.get(&build.id).await.unwrap(), build);
    builds.notify_start(&build.id, BuildStart::new().with_task_id("7")).await.unwrap();
    let line = BuildLogMessage::new().with_message("hello").with_section(BuildSection::Building);
    builds.write_log(&build.id, line).await.unwrap();
    let status = builds.account_status(&AccountId::from("vmst")).await.unwrap();
    assert_eq!(status[0].build_count, Some(2));

    let hooks = netlify.build_hooks();
    let hook = hooks.create(&id, BuildHookSettings::new().with_title("wiki").with_branch("main")).await.unwrap();
    assert!(!format!("{hook:?}").contains("build_hooks/"));
    hooks.update(&id, &hook.id, BuildHookSettings::new().with_title("other")).await.unwrap();
    assert_eq!(hooks.get(&id, &hook.id).await.unwrap().title.as_deref(), Some("other"));
    assert_eq!(hooks.list(&id).await.unwrap().len(), 1);
    hooks.delete(&id, &hook.id).await.unwrap();
    assert!(hooks.list(&id).await.unwrap().is_empty());
}
