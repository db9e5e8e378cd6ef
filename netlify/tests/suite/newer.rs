//! Agents, development servers and the AI gateway.

use howdah_core::ErrorKind;
use howdah_netlify::{
    accounts::AccountId,
    agent_runners::{
        AgentRunnerFilter, NewAgentRunner, NewAttachment, NewSession, SessionFilter, SessionOrder, SessionUpdate,
        TargetBranch, WorkState,
    },
    dev_servers::{BranchOption, DevServerHookSettings, DevServerHookType, DevServerState, DevServerStateUpdate},
    testing::FakeNetlify,
};

use crate::site;

#[tokio::test(start_paused = true)]
async fn agents_work() {
    let netlify = FakeNetlify::new().client();
    let id = site(&netlify, "docs").await.id;
    let account = AccountId::from("vmst");
    let agents = netlify.agent_runners();
    let files = vec!["a".to_owned(), "b".to_owned()];
    let new = NewAgentRunner::new(id.clone()).with_prompt("Mend the links.").with_branch("main").with_file_keys(files);
    let work = agents.create(new).await.unwrap();
    agents.create_upload_url(NewAttachment::new(account.clone(), "a.png", "image/png")).await.unwrap();
    let filter = AgentRunnerFilter::new(account, id).with_state(WorkState::Live);
    assert_eq!(agents.list(filter).all().await.unwrap().len(), 1);
    assert_eq!(agents.get(&work.id).await.unwrap(), work);
    agents.update(&work.id).await.unwrap();
    let session = agents.create_session(&work.id, NewSession::new().with_prompt("And the spelling.")).await.unwrap();
    let sessions =
        agents.list_sessions(&work.id, SessionFilter::new().with_order_by(SessionOrder::Desc)).all().await.unwrap();
    assert_eq!(sessions.len(), 1);
    let seen =
        agents.update_session(&work.id, &session.id, SessionUpdate::new().with_is_published(true)).await.unwrap();
    assert_eq!(seen.is_published, Some(true));
    assert_eq!(agents.get_session(&work.id, &session.id).await.unwrap().id, session.id);
    agents.pull_request(&work.id).await.unwrap();
    agents.commit(&work.id, TargetBranch::new("main")).await.unwrap();
    agents.delete_session(&work.id, &session.id).await.unwrap();
    agents.archive(&work.id).await.unwrap();
    agents.delete(&work.id).await.unwrap();
    assert_eq!(agents.get(&work.id).await.unwrap_err().kind(), ErrorKind::NotFound);
}

#[tokio::test(start_paused = true)]
async fn development_servers_come_and_go() {
    let netlify = FakeNetlify::new().client();
    let id = site(&netlify, "docs").await.id;
    let servers = netlify.dev_servers();
    let server = servers.create(&id, BranchOption::new().with_branch("next")).await.unwrap().remove(0);
    servers.mark_activity(&id, &server.id).await.unwrap();
    let live = DevServerStateUpdate::new(DevServerState::Live).with_task_id("7");
    assert_eq!(servers.update_state(&id, &server.id, live).await.unwrap().state, Some(DevServerState::Live));
    assert_eq!(servers.get(&id, &server.id).await.unwrap().branch.as_deref(), Some("next"));
    servers.update_state(&id, &server.id, DevServerStateUpdate::new(DevServerState::Done)).await.unwrap();
    let over = servers.update_state(&id, &server.id, DevServerStateUpdate::new(DevServerState::Live)).await;
    assert_eq!(over.unwrap_err().kind(), ErrorKind::Conflict);
    assert_eq!(servers.list(&id).all().await.unwrap().len(), 1);
    servers.delete(&id, BranchOption::new()).await.unwrap();
    assert!(servers.list(&id).all().await.unwrap().is_empty());

    let refresh = DevServerHookSettings::new().with_title("wiki").with_hook_type(DevServerHookType::ContentRefresh);
    let hook = servers.create_hook(&id, refresh).await.unwrap();
    servers.update_hook(&id, &hook.id, DevServerHookSettings::new().with_branch("next")).await.unwrap();
    assert_eq!(servers.get_hook(&id, &hook.id).await.unwrap().branch.as_deref(), Some("next"));
    assert_eq!(servers.list_hooks(&id).await.unwrap().len(), 1);
    servers.delete_hook(&id, &hook.id).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn models_are_asked_with_a_token() {
    let netlify = FakeNetlify::new().client();
    let id = site(&netlify, "docs").await.id;
    let gateway = netlify.ai_gateway();
    assert!(gateway.providers().await.unwrap().providers.contains_key("openai"));
    let token = gateway.site_token(&id).await.unwrap();
    assert!(!format!("{token:?}").contains("fake-gateway-token"));
    gateway.account_token(&AccountId::from("vmst")).await.unwrap();
}
