//! Services that are told: every kind.

use std::collections::BTreeMap;

use howdah_core::{ErrorKind, Secret};
use howdah_uptimerobot::{
    alert_contacts::{AlertContactType, NotificationsFor},
    integrations::{
        DiscordChanges, GoogleChatChanges, IntegrationFilter, IntegrationUpdate, MattermostChanges, MsTeamsChanges,
        NewDiscord, NewGoogleChat, NewIntegration, NewMattermost, NewMsTeams, NewPagerduty, NewPushbullet, NewPushover,
        NewSlack, NewSplunk, NewTelegram, NewWebhook, NewZapier, PagerdutyChanges, PagerdutyLocation,
        PushbulletChanges, PushoverChanges, PushoverPriority, SlackChanges, SplunkChanges, TelegramChanges,
        WebhookChanges, ZapierChanges,
    },
    testing::FakeUptimeRobot,
};

const URL: &str = "https://chat.example.org/hooks/hush";

fn kinds() -> Vec<(NewIntegration, IntegrationUpdate)> {
    let headers = BTreeMap::from([("X-Key".to_owned(), Secret::from("hush"))]);
    let webhook = NewWebhook::new(URL, "monitor=*monitorID*").with_send_as_json(true).with_custom_headers(headers);
    let pagerduty = NewPagerduty::new("hush567890abcdef0123456789abcdef")
        .with_location(PagerdutyLocation::Europe)
        .with_auto_resolve(true);
    let pushover = NewPushover::new("hush").with_priority(PushoverPriority::High);
    vec![
        (NewSlack::new(URL, "vmst.io").into(), SlackChanges::new().with_webhook_url(URL).into()),
        (NewTelegram::new().into(), TelegramChanges::new().with_friendly_name("chat").into()),
        (NewMsTeams::new(URL).into(), MsTeamsChanges::new().with_webhook_url(URL).into()),
        (webhook.into(), WebhookChanges::new().with_post_value("x=y").into()),
        (NewZapier::new(URL).into(), ZapierChanges::new().with_hook_url(URL).into()),
        (pagerduty.into(), PagerdutyChanges::new().with_auto_resolve(false).into()),
        (NewGoogleChat::new(URL, "hello").into(), GoogleChatChanges::new().with_custom_message("bye").into()),
        (NewDiscord::new(URL, "hello").into(), DiscordChanges::new().with_custom_value("bye").into()),
        (NewSplunk::new(URL).into(), SplunkChanges::new().with_friendly_name("pager").into()),
        (NewPushbullet::new("hush").into(), PushbulletChanges::new().with_access_token("hush").into()),
        (pushover.into(), PushoverChanges::new().with_priority(PushoverPriority::Low).into()),
        (
            NewMattermost::new(URL, "hello").with_enable_notifications_for(NotificationsFor::Down).into(),
            MattermostChanges::new().with_ssl_expiration_reminder(true).into(),
        ),
    ]
}

#[tokio::test(start_paused = true)]
async fn every_kind_is_added_changed_and_removed() {
    let integrations = FakeUptimeRobot::new().client().integrations();
    for (new, update) in kinds() {
        let added = integrations.create(new).await.unwrap();
        assert!(!matches!(added.integration_type, Some(AlertContactType::Other(_)) | None), "{added:?}");
        assert!(!format!("{added:?}").contains("hush"));
        integrations.update(added.id, update).await.unwrap();
        assert_eq!(integrations.get(added.id).await.unwrap().integration_type, added.integration_type);
    }
    let all = integrations.list(IntegrationFilter::new().with_include_org_members(true)).all().await.unwrap();
    assert_eq!(all.len(), 12);
    integrations.delete(all[0].id).await.unwrap();
    assert_eq!(integrations.get(all[0].id).await.unwrap_err().code(), Some("021-005"));
}

#[tokio::test(start_paused = true)]
async fn the_same_once_more_and_another_kind_are_refused() {
    let integrations = FakeUptimeRobot::new().client().integrations();
    let slack = integrations.create(NewSlack::new(URL, "vmst.io")).await.unwrap();
    let again = integrations.create(NewSlack::new(URL, "other")).await.unwrap_err();
    assert_eq!(again.kind(), ErrorKind::Conflict);
    let other = integrations.update(slack.id, ZapierChanges::new().with_hook_url(URL)).await.unwrap_err();
    assert_eq!(other.kind(), ErrorKind::Invalid);
}
