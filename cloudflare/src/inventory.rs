//! What a zone has at Cloudflare besides its records, to be reported and not moved.
//!
//! ```
//! # use howdah_cloudflare::{inventory::WorkerRoute, testing::FakeCloudflare};
//! # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() -> howdah_core::Result<()> {
//! # let fake = FakeCloudflare::new();
//! # let zone = fake.create_zone("example.com");
//! # fake.add_worker_route(&zone, "example.com/api/*", "greeter");
//! # let cloudflare = fake.client();
//! let report = cloudflare.inventory().report(&zone).await?;
//! for item in &report.items {
//!     println!("{item}");
//! }
//! assert_eq!(report.items[0].to_string(), "Worker route example.com/api/*: the Worker `greeter` no longer runs there");
//! # Ok(()) }
//! ```

use std::{fmt, future::Future};

use howdah_core::{
    ErrorKind, Id, Result,
    dns::{Name, RecordData},
    endpoints,
    http::{Api, Call, Pages},
    open_enum,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    CURSOR, Cloudflare,
    addresses::is_cloudflare_address,
    dns_provider::read_record,
    dns_records::{DnsRecord, RecordFilter},
    numbered,
    zones::ZoneId,
};

endpoints! {
    LIST_SETTINGS:      () => Vec<Setting>         = get("/zones/{zone_id}/settings").envelope("result");
    LIST_PAGE_RULES:    () => Vec<PageRule>        = get("/zones/{zone_id}/pagerules").envelope("result");
    LIST_RULESETS:      () => Vec<Ruleset>         = get("/zones/{zone_id}/rulesets").envelope("result").pages(CURSOR);
    GET_EMAIL_ROUTING:  () => EmailRouting         = get("/zones/{zone_identifier}/email/routing").envelope("result");
    LIST_WORKER_ROUTES: () => Vec<WorkerRoute>     = get("/zones/{zone_id}/workers/routes").envelope("result");
    GET_UNIVERSAL_SSL:  () => UniversalSsl         = get("/zones/{zone_id}/ssl/universal/settings").envelope("result");
    LIST_CERTIFICATES:  () => Vec<CertificatePack> = get("/zones/{zone_id}/ssl/certificate_packs").envelope("result").pages(numbered(50));
}

/// The inventory group. Reach it through [`Cloudflare::inventory`](crate::Cloudflare::inventory).
#[derive(Clone, Debug)]
pub struct Inventory(pub(crate) Api);

impl Inventory {
    /// Reads everything below, and the records, and says what will be lost.
    ///
    /// What the credentials may not see is told as well, in [`Report::not_read`].
    pub fn report(&self, zone: &ZoneId) -> impl Future<Output = Result<Report>> + Send + use<> {
        report(self.clone(), zone.clone())
    }

    /// Reads how the zone is set up.
    ///
    /// `GET /zones/{zone_id}/settings`
    pub fn settings(&self, zone: &ZoneId) -> Call<Vec<Setting>> {
        self.0.send(&LIST_SETTINGS, [zone], ())
    }

    /// Reads the page rules.
    ///
    /// `GET /zones/{zone_id}/pagerules`
    pub fn page_rules(&self, zone: &ZoneId) -> Call<Vec<PageRule>> {
        self.0.send(&LIST_PAGE_RULES, [zone], ())
    }

    /// Streams the sets of rules, Cloudflare's own among them.
    ///
    /// `GET /zones/{zone_id}/rulesets`
    pub fn rulesets(&self, zone: &ZoneId) -> Pages<Ruleset> {
        self.0.pages(&LIST_RULESETS, [zone], ())
    }

    /// Reads whether mail to the zone is routed.
    ///
    /// `GET /zones/{zone_identifier}/email/routing`
    pub fn email_routing(&self, zone: &ZoneId) -> Call<EmailRouting> {
        self.0.send(&GET_EMAIL_ROUTING, [zone], ())
    }

    /// Reads where Workers run.
    ///
    /// `GET /zones/{zone_id}/workers/routes`
    pub fn worker_routes(&self, zone: &ZoneId) -> Call<Vec<WorkerRoute>> {
        self.0.send(&LIST_WORKER_ROUTES, [zone], ())
    }

    /// Reads whether Cloudflare keeps a certificate for the zone by itself.
    ///
    /// `GET /zones/{zone_id}/ssl/universal/settings`
    pub fn universal_ssl(&self, zone: &ZoneId) -> Call<UniversalSsl> {
        self.0.send(&GET_UNIVERSAL_SSL, [zone], ())
    }

    /// Streams the certificates that Cloudflare's proxies show.
    ///
    /// `GET /zones/{zone_id}/ssl/certificate_packs`
    pub fn certificates(&self, zone: &ZoneId) -> Pages<CertificatePack> {
        self.0.pages(&LIST_CERTIFICATES, [zone], ())
    }
}

/// What is lost when a zone leaves Cloudflare.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Report {
    /// In the order of [`ItemKind`].
    pub items: Vec<Item>,
    /// What could not be looked at.
    pub not_read: Vec<NotRead>,
}

/// Something that ends with Cloudflare. `Display` is a line for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Item {
    pub kind: ItemKind,
    /// Which one: the setting's name, the rule's target, the record's owner and type.
    pub what: String,
    /// What will be missed, and where it can be helped, what to do about it.
    pub text: String,
}

/// What could not be looked at, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct NotRead {
    pub kind: ItemKind,
    pub why: String,
}

/// What kind of thing ends with Cloudflare.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[non_exhaustive]
#[serde(rename_all = "snake_case")]
pub enum ItemKind {
    /// A record that serves no purpose elsewhere.
    Record,
    /// Mail that is routed.
    EmailRouting,
    /// A path that a Worker answers.
    WorkerRoute,
    /// A redirect, or what else a page rule does.
    PageRule,
    /// Rules of the firewall, of redirects, of caches.
    Ruleset,
    /// A certificate that the proxies show.
    Certificate,
    /// A setting of the proxies or the name servers.
    Setting,
}

impl fmt::Display for ItemKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Record => "record",
            Self::EmailRouting => "email routing of",
            Self::WorkerRoute => "Worker route",
            Self::PageRule => "page rule",
            Self::Ruleset => "ruleset",
            Self::Certificate => "certificate",
            Self::Setting => "setting",
        })
    }
}

impl fmt::Display for Item {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}", self.kind, self.what, self.text)
    }
}

/// A setting of a zone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Setting {
    /// Its name, such as `always_use_https`.
    pub id: String,
    pub value: Option<Value>,
    /// Of the few settings that are on or off and have no value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    pub editable: Option<bool>,
    /// None as long as nobody has touched it.
    pub modified_on: Option<Timestamp>,
    /// Seconds until it goes back by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_remaining: Option<i64>,
}

/// Something that is done for URLs that match.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct PageRule {
    pub id: Id<PageRule, String>,
    #[serde(default)]
    pub targets: Vec<PageRuleTarget>,
    #[serde(default)]
    pub actions: Vec<PageRuleAction>,
    /// The highest comes first.
    pub priority: Option<i64>,
    /// `active` or `disabled`.
    pub status: Option<String>,
    pub created_on: Option<Timestamp>,
    pub modified_on: Option<Timestamp>,
}

/// What a page rule is about.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct PageRuleTarget {
    /// `url`.
    pub target: String,
    pub constraint: Option<PageRuleConstraint>,
}

/// What a URL has to look like.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct PageRuleConstraint {
    /// `matches`.
    pub operator: Option<String>,
    /// With `*` for anything.
    pub value: Option<String>,
}

/// What a page rule does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct PageRuleAction {
    /// Such as `forwarding_url` or `always_use_https`.
    pub id: Option<String>,
    pub value: Option<Value>,
}

/// A set of rules, without the rules.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Ruleset {
    pub id: Id<Ruleset, String>,
    pub name: Option<String>,
    pub kind: Option<RulesetKind>,
    /// What it works on, such as `http_request_dynamic_redirect`.
    pub phase: Option<String>,
    pub version: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    pub last_updated: Option<Timestamp>,
}

open_enum! {
    /// Whose rules they are.
    pub enum RulesetKind {
        /// Cloudflare's, which everyone has.
        Managed = "managed",
        /// The account's, to be used by zones.
        Custom = "custom",
        /// The account's, at work.
        Root = "root",
        /// The zone's, at work.
        Zone = "zone",
    }
}

/// Whether mail is routed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct EmailRouting {
    pub id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tag: Option<String>,
    pub name: Option<String>,
    pub enabled: Option<bool>,
    /// Such as `ready` or `misconfigured`.
    pub status: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub skip_wizard: Option<bool>,
    pub created: Option<Timestamp>,
    pub modified: Option<Timestamp>,
}

/// Where a Worker runs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct WorkerRoute {
    pub id: Id<WorkerRoute, String>,
    /// With `*` for anything.
    pub pattern: String,
    /// The Worker's name; none where Workers are kept from a path.
    pub script: Option<String>,
}

/// Whether Cloudflare keeps a certificate by itself.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct UniversalSsl {
    pub enabled: Option<bool>,
    /// Such as `google` or `lets_encrypt`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate_authority: Option<String>,
}

/// A certificate that the proxies show, in its several forms.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct CertificatePack {
    pub id: Id<CertificatePack, String>,
    /// Such as `universal`, `advanced` or `legacy_custom`.
    #[serde(rename = "type")]
    pub pack_type: Option<String>,
    #[serde(default)]
    pub hosts: Vec<String>,
    pub status: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate_authority: Option<String>,
}

/// Why a record cannot be carried elsewhere: what it refers to is reached through Cloudflare only. None for all others.
///
/// ```
/// use howdah_cloudflare::inventory::bound_to_cloudflare;
/// # use howdah_cloudflare::{dns_records::NewRecord, testing::FakeCloudflare};
///
/// # let fake = FakeCloudflare::new();
/// # let zone = fake.create_zone("example.com");
/// # let tunnel = NewRecord::new("CNAME", "app").with_content("c1744f8b.cfargotunnel.com").with_proxied(true);
/// let record = fake.add_record(&zone, tunnel);
/// assert!(bound_to_cloudflare(&record).unwrap().contains("tunnel"));
/// ```
pub fn bound_to_cloudflare(record: &DnsRecord) -> Option<&'static str> {
    if let Some(meta) = &record.meta {
        if meta.origin_worker_id.is_some() {
            return Some(WORKER);
        }
        if meta.r2_bucket.is_some() {
            return Some(BUCKET);
        }
        if meta.email_routing == Some(true) {
            return Some(ROUTED_MAIL);
        }
    }
    let ends = |name: &Name, suffix: &str| format!(".{}", name.to_fqdn_without_dot()).ends_with(suffix);
    // The record's own name stands for its zone's: an ALIAS will do as well as a CNAME.
    let owner = Name::parse(&record.name).ok()?;
    match read_record(&owner, record).ok()?.1 {
        RecordData::Cname(target) | RecordData::Alias(target) => [
            (
                ".cfargotunnel.com",
                "a tunnel is reached through Cloudflare's DNS only: its service needs an address of its own",
            ),
            (".workers.dev", WORKER),
            (".pages.dev", "Pages answers for this name only as long as it is a custom domain there"),
            (".r2.dev", BUCKET),
            (".r2.cloudflarestorage.com", BUCKET),
        ]
        .into_iter()
        .find_map(|(suffix, why)| ends(&target, suffix).then_some(why)),
        RecordData::Mx(mx) if ends(&mx.exchange, ".mx.cloudflare.net") => Some(ROUTED_MAIL),
        RecordData::Aaaa(address) if record.proxied == Some(true) && address.segments()[..4] == [0x100, 0, 0, 0] => {
            Some("there is no server behind it, only something that Cloudflare itself answers (a Worker, a redirect)")
        }
        RecordData::A(address) if is_cloudflare_address(address.into()) => Some(PROXY),
        RecordData::Aaaa(address) if is_cloudflare_address(address.into()) => Some(PROXY),
        _ => None,
    }
}

const WORKER: &str = "a Worker answers there, which runs at Cloudflare only";
const BUCKET: &str = "an R2 bucket is served there, which Cloudflare does in its own zones only";
const ROUTED_MAIL: &str = "Cloudflare routes this mail only while it serves the zone: name another mail server";
const PROXY: &str = "it is an address of Cloudflare's proxies, and not that of a server: find the origin";

async fn report(inventory: Inventory, zone: ZoneId) -> Result<Report> {
    let mut report = Report::default();
    let records = Cloudflare::from(inventory.0.clone()).dns_records();
    let records = records.list(&zone, RecordFilter::new()).all().await;
    for record in report.read(ItemKind::Record, records)?.unwrap_or_default() {
        if let Some(why) = bound_to_cloudflare(&record) {
            report.add(ItemKind::Record, format!("{} {}", record.name, record.record_type), why);
        }
    }

    let routing = inventory.email_routing(&zone).await;
    if let Some(routing) = report.read(ItemKind::EmailRouting, routing)?
        && routing.enabled == Some(true)
    {
        let what = routing.name.unwrap_or_else(|| zone.to_string());
        report.add(ItemKind::EmailRouting, what, "its addresses forward no more: have them elsewhere before");
    }

    let routes = inventory.worker_routes(&zone).await;
    for route in report.read(ItemKind::WorkerRoute, routes)?.unwrap_or_default() {
        if let Some(script) = route.script.filter(|script| !script.is_empty()) {
            report.add(ItemKind::WorkerRoute, route.pattern, format!("the Worker `{script}` no longer runs there"));
        }
    }

    let rules = inventory.page_rules(&zone).await;
    for rule in report.read(ItemKind::PageRule, rules)?.unwrap_or_default() {
        if rule.status.as_deref() != Some("disabled") {
            report.add(ItemKind::PageRule, target_of(&rule), effect_of(&rule));
        }
    }

    let rulesets = inventory.rulesets(&zone).all().await;
    for ruleset in report.read(ItemKind::Ruleset, rulesets)?.unwrap_or_default() {
        if ruleset.kind != Some(RulesetKind::Managed) {
            let what = ruleset.name.filter(|name| !name.is_empty()).unwrap_or_else(|| ruleset.id.to_string());
            let phase = ruleset.phase.as_deref().unwrap_or("an unknown phase");
            report.add(ItemKind::Ruleset, what, format!("its rules for {phase} apply no more"));
        }
    }

    report.certificates(&inventory, &zone).await?;

    let settings = inventory.settings(&zone).await;
    for setting in report.read(ItemKind::Setting, settings)?.unwrap_or_default() {
        if let Some(text) = consequence(&setting) {
            report.add(ItemKind::Setting, setting.id, text);
        }
    }
    Ok(report)
}

impl Report {
    fn add(&mut self, kind: ItemKind, what: impl Into<String>, text: impl Into<String>) {
        self.items.push(Item { kind, what: what.into(), text: text.into() });
    }

    /// A part that the credentials may not see, or that the plan does not have, does not keep the others from being told.
    fn read<T>(&mut self, kind: ItemKind, part: Result<T>) -> Result<Option<T>> {
        match part {
            Ok(part) => Ok(Some(part)),
            Err(error) if matches!(error.kind(), ErrorKind::Forbidden | ErrorKind::PlanRequired) => {
                self.not_read.push(NotRead { kind, why: error.to_string() });
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    async fn certificates(&mut self, inventory: &Inventory, zone: &ZoneId) -> Result<()> {
        let universal = inventory.universal_ssl(zone).await;
        let universal = self.read(ItemKind::Certificate, universal)?.unwrap_or_default().enabled == Some(true);
        let packs = inventory.certificates(zone).all().await;
        for pack in self.read(ItemKind::Certificate, packs)?.unwrap_or_default() {
            let kind = pack.pack_type.unwrap_or_default();
            if kind == "universal" && !universal {
                continue;
            }
            let text = format!("the {kind} certificate is Cloudflare's: every origin needs one of its own");
            self.add(ItemKind::Certificate, pack.hosts.join(", "), text);
        }
        Ok(())
    }
}

fn target_of(rule: &PageRule) -> String {
    let values = rule.targets.iter().filter_map(|target| target.constraint.as_ref()?.value.clone());
    values.collect::<Vec<_>>().join(", ")
}

fn effect_of(rule: &PageRule) -> String {
    let effects = rule.actions.iter().map(|action| {
        let id = action.id.as_deref().unwrap_or("an unknown action");
        let url = action.value.as_ref().and_then(|value| value.get("url")).and_then(Value::as_str);
        match url {
            Some(url) => format!("no redirect to {url} any more"),
            None => format!("`{id}` applies no more"),
        }
    });
    effects.collect::<Vec<_>>().join("; ")
}

/// What follows from a setting being gone: of a few always, of all others when somebody chose them.
fn consequence(setting: &Setting) -> Option<String> {
    let value = setting.value.clone().or(setting.enabled.map(Value::Bool))?;
    let text = match (setting.id.as_str(), value.as_str().unwrap_or_default()) {
        ("ssl", "off" | "flexible") => {
            "the proxies speak plain HTTP to the origin: it needs a certificate before it is reached directly"
        }
        ("always_use_https", "on") => "the origin has to redirect to HTTPS itself",
        ("cname_flattening", "flatten_all") => {
            "every CNAME was answered with the addresses of its target, and will be a CNAME"
        }
        ("security_header", _) if value.pointer("/strict_transport_security/enabled") == Some(&Value::Bool(true)) => {
            "browsers remember that the site is HTTPS only (HSTS): the origin needs a valid certificate from the first moment"
        }
        _ => {
            return setting.modified_on.map(|_| format!("it is set to {value}, which has no effect elsewhere"));
        }
    };
    Some(text.to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_setting_without_a_value_is_on_or_off() {
        let consequence = |setting: Value| consequence(&serde_json::from_value(setting).unwrap());
        let touched = "2024-02-01T12:00:00Z";
        assert_eq!(
            consequence(json!({ "id": "ssl_recommender", "enabled": true, "modified_on": touched })).as_deref(),
            Some("it is set to true, which has no effect elsewhere")
        );
        assert_eq!(consequence(json!({ "id": "ssl_recommender", "enabled": true })), None, "nobody chose it");
        assert_eq!(consequence(json!({ "id": "unheard_of", "modified_on": touched })), None);
    }
}
