//! App Platform, against the published examples.

use howdah_core::{
    Outcome,
    http::{Stage, Staged},
    testing::{Answer, Fault},
};
use howdah_digitalocean::{
    Decimal,
    apps::{
        AppId, AppUpdate, BandwidthDay, BandwidthOf, HealthState, NewApp, Phase, Proposal, Restart,
        alerts::{AlertDestinations, AlertId, SlackWebhook},
        deployments::{
            Deployment, DeploymentFilter, DeploymentId, DeploymentPhase, DeploymentType, NewDeployment, Rollback,
        },
        invocations::{EventFilter, EventId, EventType, InvocationFilter, InvocationId, InvocationPhase, JobName},
        logs::{ConsoleFilter, InvocationLogFilter, LogFilter, LogType},
        spec::{
            AlertRule, AppSpec, HostedSource, ImageSource, IngressComponent, RegistryType, Service, StaticSite,
            Variable,
        },
    },
    testing::FakeDigitalOcean,
};
use serde_json::json;

fn app() -> AppId {
    AppId::new("4f6c71e2-1e90-4762-9fee-6cc4a0a9f2cf".to_owned())
}

fn deployment() -> DeploymentId {
    DeploymentId::new("b6bdf840-2854-4f87-a36c-5f231c617c84".to_owned())
}

#[tokio::test(start_paused = true)]
async fn an_app_is_read_and_said_anew() {
    let apps = FakeDigitalOcean::new().client().apps();
    let listed = apps.list().all().await.unwrap();
    assert_eq!(listed[0].spec.name, "sample-php");
    let source = HostedSource::new().with_repo("digitalocean/sample-golang").with_branch("main");
    let service = Service::new("api").with_github(source).with_envs(vec![Variable::secret("KEY", "hush")]);
    let spec = AppSpec::new("sample-golang").with_services(vec![service]).with_region("ams");
    let made = apps.create(NewApp::new(spec.clone())).await.unwrap();
    assert!(made.live_url.is_some() && made.active_deployment.is_some());
    let read = apps.get(&made.id).await.unwrap();
    assert_eq!(apps.update(&made.id, AppUpdate::new(read.spec)).await.unwrap().id, made.id);
    let proposed = apps.propose(Proposal::new(spec)).await.unwrap();
    assert_eq!((proposed.app_cost, proposed.existing_static_apps), (Some(5.0), Some(2)));
    assert_eq!(apps.list_instances(&app()).await.unwrap()[0].component_type.as_deref(), Some("SERVICE"));
    let health = apps.health(&app()).await.unwrap();
    assert_eq!(health.components[0].state, Some(HealthState::Healthy));
    let day = BandwidthDay::new().with_date("2023-01-17T00:00:00Z".parse::<jiff::Timestamp>().unwrap());
    assert_eq!(apps.bandwidth(&app(), day).await.unwrap().app_bandwidth_usage[0].bandwidth_bytes, Some(513_668));
    let several = apps.bandwidth_of(BandwidthOf::new(vec![app()])).await.unwrap();
    assert_eq!(several.app_bandwidth_usage.len(), 2);
    assert!(apps.delete(&app()).await.unwrap().id.is_some());
}

#[tokio::test(start_paused = true)]
async fn deployments_begin_and_go_back() {
    let apps = FakeDigitalOcean::new().client().apps();
    let filter = DeploymentFilter::new().with_deployment_types([DeploymentType::Manual, DeploymentType::DeployOnPush]);
    assert_eq!(apps.list_deployments(&app(), filter).all().await.unwrap()[0].id, Some(deployment()));
    let begun = apps.deploy(&app(), NewDeployment::new().with_force_build(true)).await.unwrap();
    assert_eq!(begun.phase, Some(DeploymentPhase::PendingBuild));
    assert!(matches!(begun.stage(), Stage::Running));
    assert_eq!(apps.get_deployment(&app(), &deployment()).await.unwrap().id, Some(deployment()));
    assert!(apps.follow_deployment(app(), deployment()).refresh().await.is_ok());
    assert_eq!(apps.cancel_deployment(&app(), &deployment()).await.unwrap().id, Some(deployment()));
    assert!(apps.restart(&app(), Restart::new().with_components(["api".to_owned()])).await.unwrap().id.is_some());
    let rollback = Rollback::new().with_deployment_id(deployment()).with_skip_pin(true);
    assert!(apps.roll_back(&app(), rollback.clone()).await.unwrap().id.is_some());
    let validation = apps.validate_rollback(&app(), rollback).await.unwrap();
    assert_eq!((validation.valid, validation.error.unwrap().code.as_deref()), (false, Some("incompatible_result")));
    apps.commit_rollback(&app()).await.unwrap();
    assert!(apps.revert_rollback(&app()).await.unwrap().id.is_some());
}

#[test]
fn a_deployment_that_failed_says_where() {
    let text = r#"{"id": "x", "phase": "ERROR", "progress": {"steps": [{"name": "build", "status": "ERROR", "steps": [
        {"name": "components", "status": "SUCCESS"},
        {"name": "web", "status": "ERROR", "reason": {"code": "BuildFailed", "message": "mkdocs is not there"}}]}]}}"#;
    let failed: Deployment = serde_json::from_str(text).unwrap();
    let Stage::Failed(why) = failed.stage() else { panic!("it failed") };
    assert_eq!(why, "the step web failed: mkdocs is not there");
    let later: Deployment = serde_json::from_str(r#"{"phase": "HALF_DONE"}"#).unwrap();
    assert!(matches!(later.stage(), Stage::Running));
    for (phase, done) in [("SUPERSEDED", true), ("ACTIVE", true), ("CANCELED", false)] {
        let ended: Deployment = serde_json::from_str(&format!(r#"{{"phase": "{phase}"}}"#)).unwrap();
        assert_eq!(matches!(ended.stage(), Stage::Done), done, "{phase}");
    }
}

#[tokio::test(start_paused = true)]
async fn logs_and_consoles_are_secret() {
    let apps = FakeDigitalOcean::new().client().apps();
    let run = || LogFilter::new(LogType::Run).with_follow(true);
    let invocation = InvocationId::new("ba32b134-569c-4c0c-ba02-8ffdb0492ece".to_owned());
    let event = EventId::new("c1e2a1a7".to_owned());
    let of_job = InvocationLogFilter::new(LogType::JobInvocation).with_tail_lines("100");
    for logs in [
        apps.logs(&app(), run()).await.unwrap(),
        apps.component_logs(&app(), "api", run()).await.unwrap(),
        apps.deployment_logs(&app(), &deployment(), run()).await.unwrap(),
        apps.deployment_component_logs(&app(), &deployment(), "api", run()).await.unwrap(),
        apps.invocation_logs(&app(), "migrate", &invocation, of_job).await.unwrap(),
        apps.event_logs(&app(), &event, LogFilter::new(LogType::AutoscaleEvent)).await.unwrap(),
    ] {
        assert_eq!(logs.historic_urls[0].expose(), "https://logs-example/archive/build.log");
        assert!(!format!("{logs:?}").contains("logs-example"));
        assert!(serde_json::to_string(&logs).unwrap().contains("logs-example"));
    }
    let console = apps.console(&app(), "api", ConsoleFilter::new().with_instance_name("api-1")).await.unwrap();
    assert!(console.url.expose().starts_with("wss://"));
    assert!(apps.deployment_console(&app(), &deployment(), "api", ConsoleFilter::new()).await.is_ok());
    let error = apps.component_logs(&app(), "", run()).await.unwrap_err();
    assert_eq!(error.outcome(), Outcome::NotSent);
    assert!(apps.deployment_component_logs(&app(), &deployment(), "", run()).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn runs_and_events_are_told() {
    let apps = FakeDigitalOcean::new().client().apps();
    let filter = InvocationFilter::new().with_job_names(["good-job".to_owned()]);
    let runs = apps.list_invocations(&app(), filter).all().await.unwrap();
    assert_eq!(runs[0].phase, Some(InvocationPhase::Succeeded));
    let id = runs[0].id.clone().unwrap();
    let job = || JobName::new().with_job_name("good-job");
    let run = apps.get_invocation(&app(), &id, job()).await.unwrap();
    assert_eq!(run.job_name.as_deref(), Some("good-job"));
    assert_eq!(apps.cancel_invocation(&app(), &id, job()).await.unwrap().id, Some(id));
    let filter = EventFilter::new().with_event_types([EventType::Autoscaling]);
    let events = apps.list_events(&app(), filter).all().await.unwrap();
    let event = events[0].id.clone().unwrap();
    let scaling = apps.get_event(&app(), &event).await.unwrap().autoscaling.unwrap();
    assert_eq!(scaling.components["property"].to, Some(3));
    assert_eq!(apps.cancel_event(&app(), &event).await.unwrap().id, Some(event));
}

#[tokio::test(start_paused = true)]
async fn alerts_go_to_their_destinations() {
    let apps = FakeDigitalOcean::new().client().apps();
    let alerts = apps.list_alerts(&app()).await.unwrap();
    assert_eq!(alerts[0].phase, Some(Phase::Active));
    let slack = SlackWebhook { url: "https://hooks.slack.com/services/T/B/x".into(), channel: Some("ops".to_owned()) };
    let to = AlertDestinations::new().with_emails(["ops@vmst.io".to_owned()]).with_slack_webhooks(vec![slack]);
    assert!(!format!("{to:?}").contains("hooks.slack.com"));
    let id = AlertId::new("e552e1f9-c1b0-4e6d-8777-ad6f27767306".to_owned());
    assert_eq!(apps.set_alert_destinations(&app(), &id, to).await.unwrap().id, id);
}

#[tokio::test(start_paused = true)]
async fn tiers_have_prices() {
    let apps = FakeDigitalOcean::new().client().apps();
    let sizes = apps.instance_sizes().await.unwrap().instance_sizes;
    assert_eq!((sizes[0].usd_per_month, sizes[0].memory_bytes), (Some(Decimal::new(500, 2)), Some(536_870_912)));
    assert_eq!(apps.instance_size("apps-s-1vcpu-0.5gb").await.unwrap().slug, "apps-s-1vcpu-0.5gb");
    assert!(apps.list_regions().await.unwrap().iter().any(|region| region.default == Some(true)));
}

#[test]
fn a_spec_goes_out_as_it_came_and_hides_its_secrets() {
    let image = ImageSource::new()
        .with_registry_type(RegistryType::Ghcr)
        .with_repository("vmstan/docs")
        .with_registry_credentials("ghp_hush");
    let site = StaticSite::new("docs").with_image(image).with_envs(vec![Variable::general("LANG", "en_CA")]);
    let spec = AppSpec::new("docs").with_static_sites(vec![site]);
    let written = serde_json::to_string(&spec).unwrap();
    assert!(written.contains("ghp_hush") && !format!("{spec:?}").contains("ghp_hush"));
    assert_eq!(serde_json::from_str::<AppSpec>(&written).unwrap(), spec);
}

#[tokio::test(start_paused = true)]
async fn an_update_sends_back_what_is_not_known() {
    let fake = FakeDigitalOcean::new();
    let read = json!({
        "name": "docs",
        "features": ["buildpack-stack=ubuntu-22"],
        "envs": [{ "key": "TOKEN", "type": "SECRET", "value": "EV[1:abc:def]" }],
        "alerts": [{ "rule": "DEPLOYMENT_FAILED" }],
        "domains": [{ "domain": "docs.vmst.io", "certificate": "later" }],
        "services": [{
            "name": "web",
            "alerts": [{ "rule": "CPU_UTILIZATION", "operator": "GREATER_THAN", "value": 85.0, "window": "FIVE_MINUTES" }],
            "inactivity_sleep": { "after_seconds": 300 },
            "image": { "registry_type": "GHCR", "repository": "web", "later": null },
            "autoscaling": { "min_instance_count": 1, "metrics": { "memory": { "percent": 80 } } },
        }],
        "jobs": [{ "name": "migrate", "kind": "SCHEDULED", "schedule": { "cron": "0 0 * * *" } }],
        "ingress": {
            "load_balancer": "DIGITALOCEAN",
            "rules": [{
                "match": { "path": { "prefix": "/api" } },
                "component": { "name": "web", "preserve_path_prefix": true },
            }],
        },
    });
    let answer = Answer::json(200, json!({ "app": { "id": app(), "spec": read.clone() } }));
    fake.world().fail_next(Fault::Answer { applied: true, answer });
    let apps = fake.client().apps();
    let spec = apps.get(&app()).await.unwrap().spec;
    let unknown = spec.extra.as_ref().unwrap();
    assert_eq!(format!("{unknown:?}"), r#"{"features"}"#);
    assert_eq!(spec.alerts.as_ref().unwrap()[0].rule, Some(AlertRule::DeploymentFailed));
    let web = &spec.services.as_ref().unwrap()[0];
    assert_eq!(web.extra.as_ref().unwrap().0["inactivity_sleep"]["after_seconds"], 300);

    let outcome = serde_json::to_value(AppUpdate::new(spec.clone())).unwrap();
    assert_eq!(outcome, json!({ "spec": read }));
    let known: AppSpec = serde_json::from_value(json!({ "name": "docs", "services": null, "envs": null })).unwrap();
    assert_eq!(known, AppSpec::new("docs"));
}

#[test]
fn a_rule_reads_a_flag_that_is_a_text() {
    for (read, flag) in
        [(json!("true"), Some(true)), (json!("false"), Some(false)), (json!(true), Some(true)), (json!(null), None)]
    {
        let to: IngressComponent =
            serde_json::from_value(json!({ "name": "web", "preserve_path_prefix": read })).unwrap();
        assert_eq!(to.preserve_path_prefix, flag);
    }
    let bare: IngressComponent = serde_json::from_value(json!({ "name": "web" })).unwrap();
    assert_eq!(bare, IngressComponent::new("web"));
    let sent = serde_json::to_value(bare.with_preserve_path_prefix(true)).unwrap();
    assert_eq!(sent, json!({ "name": "web", "preserve_path_prefix": true }));
}
