//! Status pages and what they announce.

use howdah_core::ErrorKind;
use howdah_uptimerobot::{
    monitors::{HttpMonitor, MonitorId},
    psps::{
        ColorSettings, CustomSettings, Density, FeatureSettings, FontSettings, Image, Images, Layout, NewPsp,
        PageSettings, PspSort, PspStatus, PspUpdate, ShownTheme, Theme,
        announcements::{AnnouncementFilter, AnnouncementStatus, AnnouncementText, AnnouncementType, StatusFilter},
    },
    testing::FakeUptimeRobot,
};
use jiff::Timestamp;

fn settings() -> CustomSettings {
    let page =
        PageSettings::new().with_layout(Layout::LogoOnCenter).with_theme(Theme::Dark).with_density(Density::Compact);
    CustomSettings::new()
        .with_page(page)
        .with_font(FontSettings::new().with_family("Inter"))
        .with_colors(ColorSettings::new().with_main("#00aa00"))
        .with_features(FeatureSettings::new().with_show_bars(true).with_hide_paused_monitors(false))
}

#[tokio::test(start_paused = true)]
async fn a_page_is_made_changed_and_removed() {
    let robot = FakeUptimeRobot::new().client();
    let psps = robot.psps();
    let site = robot.monitors().create(HttpMonitor::new("site", 60u32, "https://vmst.io", 30u32)).await.unwrap();
    let page = NewPsp::new("vmst.io")
        .with_monitor_ids(vec![site.id])
        .with_custom_domain("status.vmst.io")
        .with_password("hush")
        .with_sort(PspSort::StatusDownUpPaused)
        .with_status(PspStatus::Enabled)
        .with_homepage_link("https://vmst.io")
        .with_no_index(false)
        .with_custom_settings(settings());
    let page = psps.create(page).await.unwrap();
    assert_eq!((page.is_password_set, page.monitor_ids.clone()), (Some(true), vec![site.id]));
    let shown = page.custom_settings.clone().unwrap();
    assert_eq!(shown.page.unwrap().theme, Some(ShownTheme::Dark));
    assert_eq!(shown.features.unwrap().show_bars, Some(true));
    assert_eq!(robot.monitors().get(site.id).await.unwrap().psps.len(), 1);

    let all = psps.update(page.id, PspUpdate::new().with_auto_add_monitors(true)).await.unwrap();
    assert_eq!((all.monitor_ids, all.monitors_count), (vec![MonitorId::new(0)], Some(1)));
    let taken = psps.create(NewPsp::new("other").with_custom_domain("status.vmst.io")).await.unwrap_err();
    assert_eq!(taken.kind(), ErrorKind::Forbidden);
    assert_eq!(psps.list().all().await.unwrap().len(), 1);
    psps.delete(page.id).await.unwrap();
    assert_eq!(psps.get(page.id).await.unwrap_err().kind(), ErrorKind::NotFound);
}

#[tokio::test(start_paused = true)]
async fn pictures_go_in_a_form() {
    let robot = FakeUptimeRobot::new().client();
    let psps = robot.psps();
    let site = robot.monitors().create(HttpMonitor::new("site", 60u32, "https://vmst.io", 30u32)).await.unwrap();
    let logo = || Image::new("logo.png", &b"\x89PNG"[..]).unwrap();
    let page = NewPsp::new("vmst.io").with_monitor_ids(vec![site.id]).with_custom_settings(settings());
    let page = psps.create_with_images(&page, Images::new().with_logo(logo())).await.unwrap();
    assert_eq!((page.friendly_name.as_str(), page.monitor_ids), ("vmst.io", vec![site.id]));
    assert!(page.logo.is_some() && page.icon.is_none());
    let update = PspUpdate::new().with_friendly_name("vmst.io status").with_subscription(true);
    let page = psps.update_with_images(page.id, &update, Images::new().with_icon(logo())).await.unwrap();
    assert!(page.icon.is_some() && page.subscription == Some(true));
    let emptied = PspUpdate::new().with_monitor_ids(Vec::new());
    let refused = psps.update_with_images(page.id, &emptied, Images::new()).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Invalid);
}

#[tokio::test(start_paused = true)]
async fn a_page_announces() {
    let robot = FakeUptimeRobot::new().client();
    let page = robot.psps().create(NewPsp::new("vmst.io")).await.unwrap().id;
    let announcements = robot.psps().announcements(page);
    let at = |text: &str| text.parse::<Timestamp>().unwrap();
    let text = AnnouncementText::new()
        .with_title("Updates")
        .with_content("Half an hour.")
        .with_status(AnnouncementStatus::Published)
        .with_announcement_type(AnnouncementType::Maintenance)
        .with_start_date(at("2026-12-01T03:00:00Z"))
        .with_end_date(at("2026-12-01T03:30:00Z"));
    let made = announcements.create(text).await.unwrap();
    announcements.pin(made.id).await.unwrap();
    assert_eq!(robot.psps().get(page).await.unwrap().pinned_announcement_id, Some(made.id));
    announcements.unpin(made.id).await.unwrap();
    let archived = AnnouncementText::new().with_status(AnnouncementStatus::Archived);
    announcements.update(made.id, archived).await.unwrap();
    let published = AnnouncementFilter::new().with_status(StatusFilter::Published);
    assert!(announcements.list(published).all().await.unwrap().is_empty());
    let seen = announcements.get(made.id).await.unwrap();
    assert_eq!(seen.status, Some(AnnouncementStatus::Archived));
    let long = AnnouncementText::new().with_title("x".repeat(256));
    assert_eq!(announcements.create(long).await.unwrap_err().kind(), ErrorKind::Invalid);
}
