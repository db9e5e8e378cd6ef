//! Public status pages.
//!
//! ```
//! use howdah_uptimerobot::{monitors::HttpMonitor, psps::{CustomSettings, NewPsp, PageSettings, PspUpdate, Theme}};
//! # use howdah_uptimerobot::testing::FakeUptimeRobot;
//! # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() -> howdah_core::Result<()> {
//! # let robot = FakeUptimeRobot::new().client();
//! let site = robot.monitors().create(HttpMonitor::new("vmst.io", 60u32, "https://vmst.io", 30u32)).await?;
//! let page = NewPsp::new("vmst.io").with_custom_domain("status.vmst.io").with_monitor_ids(vec![site.id]);
//! let page = robot.psps().create(page).await?;
//!
//! let dark = CustomSettings::new().with_page(PageSettings::new().with_theme(Theme::Dark));
//! robot.psps().update(page.id, PspUpdate::new().with_custom_settings(dark)).await?;
//! # Ok(()) }
//! ```
//!
//! A page at a domain of one's own has a certificate of Let's Encrypt, which the service looks after; there is no place for
//! another one. A page that is not there is [`NotFound`](howdah_core::ErrorKind::NotFound).

pub mod announcements;

use bytes::Bytes;
use howdah_core::{
    Error, Id, Result, Secret, endpoints,
    http::{Api, Call, Multipart, Pages, null_as_default},
    input, open_enum, secret,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{CURSOR, monitors::MonitorId, tags::TagId, texts};

endpoints! {
    LIST:               ()        => Vec<Psp> = get("/psps").envelope("data").pages(CURSOR);
    CREATE:             NewPsp    => Psp      = post("/psps").status(201);
    CREATE_WITH_IMAGES: Multipart => Psp      = post("/psps").status(201);
    GET:                ()        => Psp      = get("/psps/{id}");
    UPDATE:             PspUpdate => Psp      = patch("/psps/{id}");
    UPDATE_WITH_IMAGES: Multipart => Psp      = patch("/psps/{id}");
    DELETE:             ()        => ()       = delete("/psps/{id}");
}

/// The public status pages. Reach them through [`UptimeRobot::psps`](crate::UptimeRobot::psps).
#[derive(Clone, Debug)]
pub struct Psps(pub(crate) Api);

impl Psps {
    /// Streams the account's status pages.
    ///
    /// `GET /psps`
    pub fn list(&self) -> Pages<Psp> {
        self.0.pages(&LIST, [], ())
    }

    /// Makes a status page. Not repeated when the answer is lost: a second page would be made.
    ///
    /// `POST /psps`
    pub fn create(&self, page: NewPsp) -> Call<Psp> {
        self.0.send(&CREATE, [], page)
    }

    /// Makes a status page with pictures of its own.
    ///
    /// `POST /psps`
    pub fn create_with_images(&self, page: &NewPsp, images: Images) -> Call<Psp> {
        match form(page, images) {
            Ok(form) => self.0.send(&CREATE_WITH_IMAGES, [], form),
            Err(error) => Call::new(async { Err(error) }),
        }
    }

    /// Reads a status page.
    ///
    /// `GET /psps/{id}`
    pub fn get(&self, page: PspId) -> Call<Psp> {
        self.0.send(&GET, [&page], ())
    }

    /// Changes what is set in the update and leaves the rest.
    ///
    /// `PATCH /psps/{id}`
    pub fn update(&self, page: PspId, update: PspUpdate) -> Call<Psp> {
        self.0.send(&UPDATE, [&page], update)
    }

    /// Changes a status page and its pictures. A list cannot be emptied together with them.
    ///
    /// `PATCH /psps/{id}`
    pub fn update_with_images(&self, page: PspId, update: &PspUpdate, images: Images) -> Call<Psp> {
        match form(update, images) {
            Ok(form) => self.0.send(&UPDATE_WITH_IMAGES, [&page], form),
            Err(error) => Call::new(async { Err(error) }),
        }
    }

    /// Removes a status page.
    ///
    /// `DELETE /psps/{id}`
    pub fn delete(&self, page: PspId) -> Call<()> {
        self.0.send(&DELETE, [&page], ())
    }

    /// What a page announces.
    pub fn announcements(&self, page: PspId) -> announcements::Announcements {
        announcements::Announcements(self.0.clone(), page)
    }
}

/// The number of a status page.
pub type PspId = Id<Psp>;

/// A public status page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs)]
pub struct Psp {
    pub id: PspId,
    #[serde(default, deserialize_with = "null_as_default")]
    pub friendly_name: String,
    pub custom_domain: Option<String>,
    pub is_password_set: Option<bool>,
    /// 0 alone stands for all.
    #[serde(default, deserialize_with = "null_as_default")]
    pub monitor_ids: Vec<MonitorId>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub tag_ids: Vec<TagId>,
    pub monitors_count: Option<u64>,
    pub status: Option<PspStatus>,
    /// The last part of its address at `stats.uptimerobot.com`.
    pub url_key: Option<String>,
    pub homepage_link: Option<String>,
    pub ga_code: Option<String>,
    pub share_analytics_consent: Option<bool>,
    pub use_small_cookie_consent_modal: Option<bool>,
    pub icon: Option<String>,
    pub no_index: Option<bool>,
    pub logo: Option<String>,
    pub hide_url_links: Option<bool>,
    pub subscription: Option<bool>,
    pub show_cookie_bar: Option<bool>,
    pub pinned_announcement_id: Option<announcements::AnnouncementId>,
    pub custom_settings: Option<ShownSettings>,
}

open_enum! {
    /// Whether a page is shown.
    pub enum PspStatus {
        /// It is.
        Enabled = "ENABLED",
        /// It is not.
        Paused = "PAUSED",
    }
}

/// How a page looks.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct ShownSettings {
    pub font: Option<ShownFont>,
    pub page: Option<ShownPage>,
    pub colors: Option<ShownColors>,
    pub features: Option<ShownFeatures>,
}

/// The letters.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct ShownFont {
    pub family: Option<String>,
}

/// The page as a whole.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct ShownPage {
    pub layout: Option<String>,
    pub theme: Option<ShownTheme>,
    pub density: Option<ShownDensity>,
}

open_enum! {
    /// Light or dark, as answers write it.
    #[allow(missing_docs)]
    pub enum ShownTheme {
        Light = "light",
        Dark = "dark",
    }
}

open_enum! {
    /// How close the lines are, as answers write it.
    #[allow(missing_docs)]
    pub enum ShownDensity {
        Normal = "normal",
        Compact = "compact",
    }
}

/// Colours, such as `#00aa00`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct ShownColors {
    pub main: Option<String>,
    pub text: Option<String>,
    pub link: Option<String>,
}

/// What is on a page.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[allow(missing_docs)]
pub struct ShownFeatures {
    #[serde(with = "texts::switch")]
    pub show_bars: Option<bool>,
    #[serde(with = "texts::switch")]
    pub show_uptime_percentage: Option<bool>,
    #[serde(with = "texts::switch")]
    pub enable_floating_status: Option<bool>,
    #[serde(with = "texts::switch")]
    pub show_overall_uptime: Option<bool>,
    #[serde(with = "texts::switch")]
    pub show_outage_updates: Option<bool>,
    #[serde(with = "texts::switch")]
    pub show_outage_details: Option<bool>,
    #[serde(with = "texts::switch")]
    pub enable_details_page: Option<bool>,
    #[serde(with = "texts::switch", rename = "showMonitorURL")]
    pub show_monitor_url: Option<bool>,
    #[serde(with = "texts::switch")]
    pub hide_paused_monitors: Option<bool>,
}

input! {
    /// How a page is to look.
    pub struct CustomSettings {} optional {
        font: FontSettings,
        page: PageSettings,
        colors: ColorSettings,
        features: FeatureSettings,
    }
}

input! {
    /// The letters.
    pub struct FontSettings {} optional {
        family: String,
    }
}

input! {
    /// The page as a whole.
    pub struct PageSettings {} optional {
        layout: Layout,
        theme: Theme,
        density: Density,
    }
}

input! {
    /// Colours, such as `#00aa00`.
    pub struct ColorSettings {} optional {
        main: String,
        text: String,
        link: String,
    }
}

input! {
    /// What is to be on a page.
    #[serde(rename_all = "camelCase")]
    pub struct FeatureSettings {} optional {
        show_bars: bool,
        show_uptime_percentage: bool,
        enable_floating_status: bool,
        show_overall_uptime: bool,
        show_outage_updates: bool,
        show_outage_details: bool,
        enable_details_page: bool,
        #[serde(rename = "showMonitorURL")]
        show_monitor_url: bool,
        hide_paused_monitors: bool,
    }
}

open_enum! {
    /// Where the picture is.
    pub enum Layout {
        /// At the left.
        LogoOnLeft = "LogoOnLeft",
        /// In the middle.
        LogoOnCenter = "LogoOnCenter",
    }
}

open_enum! {
    /// Light or dark.
    #[allow(missing_docs)]
    pub enum Theme {
        Light = "Light",
        Dark = "Dark",
    }
}

open_enum! {
    /// How close the lines are.
    #[allow(missing_docs)]
    pub enum Density {
        Normal = "Normal",
        Compact = "Compact",
    }
}

open_enum! {
    /// In which order monitors are shown.
    pub enum PspSort {
        /// By name.
        FriendlyNameAsc = "FriendlyNameAsc",
        /// By name, from the end.
        FriendlyNameDesc = "FriendlyNameDesc",
        /// Those that answer first.
        StatusUpDownPaused = "StatusUpDownPaused",
        /// Those that do not answer first.
        StatusDownUpPaused = "StatusDownUpPaused",
    }
}

macro_rules! settings {
    ($(#[$meta:meta])* $name:ident { $($required:tt)* } { $($more:tt)* }) => {
        input! {
            $(#[$meta])*
            #[serde(rename_all = "camelCase")]
            pub struct $name { $($required)* } optional {
                monitor_ids: Vec<MonitorId>,
                tag_ids: Vec<TagId>,
                /// Whether all monitors are shown, those to come too; `monitor_ids` is not heeded then.
                auto_add_monitors: bool,
                #[serde(serialize_with = "secret::expose_option")]
                password: Secret,
                custom_domain: String,
                hide_url_links: bool,
                no_index: bool,
                ga_code: String,
                sort: PspSort,
                status: PspStatus,
                /// Whether visitors may ask to be told of announcements.
                subscription: bool,
                share_analytics_consent: bool,
                homepage_link: String,
                show_cookie_bar: bool,
                use_small_cookie_consent_modal: bool,
                custom_settings: CustomSettings,
                $($more)*
            }
        }
    };
}

settings! {
    /// A status page to make.
    NewPsp { friendly_name: String, } {}
}

settings! {
    /// What changes in a status page.
    PspUpdate {} {
        friendly_name: String,
        pinned_announcement_id: announcements::AnnouncementId,
    }
}

/// Pictures of a status page: JPEG or PNG, up to 150 KB each, 20 to 400 pixels wide and 10 to 200 high.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
#[allow(missing_docs)]
pub struct Images {
    pub logo: Option<Image>,
    pub icon: Option<Image>,
}

impl Images {
    /// No picture yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets what is above the page.
    #[must_use]
    pub fn with_logo(mut self, logo: Image) -> Self {
        self.logo = Some(logo);
        self
    }

    /// Sets what browsers show beside the title.
    #[must_use]
    pub fn with_icon(mut self, icon: Image) -> Self {
        self.icon = Some(icon);
        self
    }
}

/// A picture.
#[derive(Clone, Debug)]
pub struct Image {
    name: String,
    content_type: &'static str,
    content: Bytes,
}

/// The largest picture that is taken, in bytes.
const LARGEST: usize = 150 * 1024;

impl Image {
    /// A picture with the name of its file, which tells what it is.
    pub fn new(name: impl Into<String>, content: impl Into<Bytes>) -> Result<Self> {
        let (name, content) = (name.into(), content.into());
        let extension = name.rsplit_once('.').map(|(_, extension)| extension.to_ascii_lowercase());
        let content_type = match extension.as_deref() {
            Some("png") => "image/png",
            Some("jpg" | "jpeg") => "image/jpeg",
            _ => return Err(Error::invalid(format!("`{name}`: a picture ends in .png, .jpg or .jpeg"))),
        };
        if content.len() > LARGEST {
            return Err(Error::invalid(format!(
                "`{name}` has {} bytes; a picture has {LARGEST} at most",
                content.len()
            )));
        }
        Ok(Self { name, content_type, content })
    }
}

/// A form with lists as `key[]` and the members of objects as `key.member`, which is how the service takes one apart.
fn form(settings: &impl Serialize, images: Images) -> Result<Multipart> {
    let settings = serde_json::to_value(settings)
        .map_err(|error| Error::invalid("the status page cannot be written").with_source(error))?;
    let mut form = write(Multipart::new(), "", &settings)?;
    for (name, image) in [("logo", images.logo), ("icon", images.icon)] {
        if let Some(Image { name: file, content_type, content }) = image {
            form = form.with_file(name, file, content_type, content);
        }
    }
    Ok(form)
}

fn write(form: Multipart, name: &str, value: &Value) -> Result<Multipart> {
    match value {
        Value::Null => Ok(form),
        Value::Object(members) => members.iter().try_fold(form, |form, (member, value)| {
            let name = if name.is_empty() { member.clone() } else { format!("{name}.{member}") };
            write(form, &name, value)
        }),
        Value::Array(items) if items.is_empty() => {
            Err(Error::invalid(format!("`{name}` cannot be emptied together with a picture: change it by itself")))
        }
        Value::Array(items) => {
            Ok(items.iter().fold(form, |form, item| form.with_field(format!("{name}[]"), plain(item))))
        }
        value => Ok(form.with_field(name, plain(value))),
    }
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_written_as_the_service_takes_it_apart() {
        let page = NewPsp::new("vmst.io")
            .with_monitor_ids(vec![MonitorId::new(7)])
            .with_no_index(true)
            .with_custom_settings(CustomSettings::new().with_page(PageSettings::new().with_theme(Theme::Dark)));
        let logo = Image::new("logo.png", &b"\x89PNG"[..]).unwrap_or_else(|error| panic!("{error}"));
        let form = form(&page, Images::new().with_logo(logo)).unwrap_or_else(|error| panic!("{error}"));
        let part = |name: &str| form.part(name).map(|part| String::from_utf8_lossy(part).into_owned());
        assert_eq!(part("friendlyName").as_deref(), Some("vmst.io"));
        assert_eq!(part("monitorIds[]").as_deref(), Some("7"));
        assert_eq!(part("noIndex").as_deref(), Some("true"));
        assert_eq!(part("customSettings.page.theme").as_deref(), Some("Dark"));
        assert_eq!(form.file("logo"), Some(("logo.png", "image/png")));
    }

    #[test]
    fn what_a_form_cannot_say_is_refused() {
        let empty = PspUpdate::new().with_tag_ids(Vec::new());
        let refused = form(&empty, Images::new()).map(|_| ()).unwrap_err().to_string();
        assert!(refused.contains("`tagIds` cannot be emptied"), "{refused}");
        assert!(Image::new("logo.gif", Bytes::new()).is_err());
        assert!(Image::new("logo.png", vec![0; LARGEST + 1]).is_err());
    }
}
