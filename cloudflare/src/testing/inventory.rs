use std::collections::BTreeMap;

use howdah_core::{Id, testing::Fake};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{FakeCloudflare, State as World, answer, zones};
use crate::{
    dns_records::{NewRecord, RecordMeta},
    inventory::{
        CertificatePack, EmailRouting, GET_EMAIL_ROUTING, GET_UNIVERSAL_SSL, LIST_CERTIFICATES, LIST_PAGE_RULES,
        LIST_RULESETS, LIST_SETTINGS, LIST_WORKER_ROUTES, PageRule, PageRuleAction, PageRuleConstraint, PageRuleTarget,
        Ruleset, RulesetKind, Setting, UniversalSsl, WorkerRoute,
    },
    zones::ZoneId,
};

#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct State {
    /// By the zone's id.
    zones: BTreeMap<String, Kept>,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Kept {
    settings: BTreeMap<String, (Value, Timestamp)>,
    page_rules: Vec<PageRule>,
    rulesets: Vec<Ruleset>,
    email_routing: EmailRouting,
    worker_routes: Vec<WorkerRoute>,
    universal_ssl: bool,
    certificates: Vec<CertificatePack>,
}

impl State {
    pub(super) fn remove(&mut self, zone: &str) {
        self.zones.remove(zone);
    }

    fn of(&self, zone: &str) -> Kept {
        self.zones.get(zone).cloned().unwrap_or_default()
    }
}

/// What a zone is set to before anybody has touched it.
fn untouched() -> BTreeMap<&'static str, Value> {
    let hsts =
        json!({ "enabled": false, "max_age": 0, "include_subdomains": false, "preload": false, "nosniff": false });
    BTreeMap::from([
        ("always_use_https", "off".into()),
        ("automatic_https_rewrites", "on".into()),
        ("browser_cache_ttl", 14400.into()),
        ("cname_flattening", "flatten_at_root".into()),
        ("development_mode", "off".into()),
        ("ipv6", "on".into()),
        ("min_tls_version", "1.0".into()),
        ("security_header", json!({ "strict_transport_security": hsts })),
        ("ssl", "full".into()),
    ])
}

pub(super) fn serve(fake: Fake<World>) -> Fake<World> {
    fake.on(&LIST_SETTINGS, |world, [zone], ()| {
        zones::find(world, zone)?;
        let changed = world.inventory.of(zone).settings;
        let mut settings: BTreeMap<String, (Value, Option<Timestamp>)> =
            untouched().into_iter().map(|(id, value)| (id.to_owned(), (value, None))).collect();
        settings.extend(changed.into_iter().map(|(id, (value, at))| (id, (value, Some(at)))));
        let setting = |(id, (value, modified_on)): (String, _)| {
            let time_remaining = (id == "development_mode").then_some(0);
            Setting { id, value: Some(value), enabled: None, editable: Some(true), modified_on, time_remaining }
        };
        answer(settings.into_iter().map(setting).collect::<Vec<_>>())
    })
    .on(&LIST_PAGE_RULES, |world, [zone], ()| {
        zones::find(world, zone)?;
        answer(world.inventory.of(zone).page_rules)
    })
    .on(&LIST_RULESETS, |world, [zone], ()| {
        zones::find(world, zone)?;
        let mut rulesets = world.inventory.of(zone).rulesets;
        rulesets.push(Ruleset {
            id: Id::new("70339d97bdb34195bbf054b1ebe81f76".to_owned()),
            name: Some("Normalization of URLs".to_owned()),
            kind: Some(RulesetKind::Managed),
            phase: Some("http_request_sanitize".to_owned()),
            version: Some("4".to_owned()),
            description: Some(String::new()),
            last_updated: Some(world.now),
        });
        Ok(rulesets)
    })
    .on(&GET_EMAIL_ROUTING, |world, [zone], ()| {
        let name = zones::find(world, zone)?.name.clone();
        let routing = world.inventory.of(zone).email_routing;
        let enabled = routing.enabled == Some(true);
        answer(EmailRouting {
            id: Some(zone.to_owned()),
            tag: Some(zone.to_owned()),
            name: Some(name),
            enabled: Some(enabled),
            status: Some(if enabled { "ready" } else { "unconfigured" }.to_owned()),
            skip_wizard: Some(false),
            created: Some(world.now),
            modified: Some(world.now),
        })
    })
    .on(&LIST_WORKER_ROUTES, |world, [zone], ()| {
        zones::find(world, zone)?;
        answer(world.inventory.of(zone).worker_routes)
    })
    .on(&GET_UNIVERSAL_SSL, |world, [zone], ()| {
        zones::find(world, zone)?;
        let enabled = Some(world.inventory.of(zone).universal_ssl);
        answer(UniversalSsl { enabled, certificate_authority: None })
    })
    .on(&LIST_CERTIFICATES, |world, [zone], ()| {
        zones::find(world, zone)?;
        Ok(world.inventory.of(zone).certificates)
    })
}

impl FakeCloudflare {
    /// Changes a setting, as someone does in the dashboard.
    pub fn set_setting(&self, zone: &ZoneId, id: &str, value: impl Into<Value>) {
        let value = value.into();
        self.keep_in(zone, |kept, _, now| {
            kept.settings.insert(id.to_owned(), (value, now));
        });
    }

    /// Adds a page rule for URLs of this form.
    pub fn add_page_rule(&self, zone: &ZoneId, url: &str, actions: impl Into<Vec<PageRuleAction>>) {
        let actions = actions.into();
        let constraint = PageRuleConstraint { operator: Some("matches".to_owned()), value: Some(url.to_owned()) };
        self.keep_in(zone, |kept, id, now| {
            kept.page_rules.push(PageRule {
                id: Id::new(id),
                targets: vec![PageRuleTarget { target: "url".to_owned(), constraint: Some(constraint) }],
                actions,
                priority: Some(1),
                status: Some("active".to_owned()),
                created_on: Some(now),
                modified_on: Some(now),
            });
        });
    }

    /// Adds rules of the zone's own to a phase.
    pub fn add_ruleset(&self, zone: &ZoneId, name: &str, phase: &str) {
        self.keep_in(zone, |kept, id, now| {
            kept.rulesets.push(Ruleset {
                id: Id::new(id),
                name: Some(name.to_owned()),
                kind: Some(RulesetKind::Zone),
                phase: Some(phase.to_owned()),
                version: Some("1".to_owned()),
                description: Some(String::new()),
                last_updated: Some(now),
            });
        });
    }

    /// Lets a Worker answer for URLs of this form.
    pub fn add_worker_route(&self, zone: &ZoneId, pattern: &str, script: &str) {
        let (pattern, script) = (pattern.to_owned(), Some(script.to_owned()));
        self.keep_in(zone, |kept, id, _| kept.worker_routes.push(WorkerRoute { id: Id::new(id), pattern, script }));
    }

    /// Routes the zone's mail, with the MX records that belong to that.
    pub fn route_mail(&self, zone: &ZoneId) {
        self.keep_in(zone, |kept, _, _| kept.email_routing.enabled = Some(true));
        for (host, priority) in [("route1", 13_u16), ("route2", 86), ("route3", 24)] {
            let record =
                NewRecord::new("MX", "@").with_content(format!("{host}.mx.cloudflare.net")).with_priority(priority);
            let record = self.add_record(zone, record);
            let meta = RecordMeta { read_only: Some(true), email_routing: Some(true), ..RecordMeta::default() };
            self.set_meta(zone, &record.id, &meta);
        }
    }

    /// Gives the proxies a certificate of this type, such as `universal` or `advanced`.
    pub fn add_certificate(&self, zone: &ZoneId, pack_type: &str, hosts: impl IntoIterator<Item = &'static str>) {
        let hosts = hosts.into_iter().map(str::to_owned).collect();
        self.keep_in(zone, |kept, id, _| {
            kept.universal_ssl |= pack_type == "universal";
            kept.certificates.push(CertificatePack {
                id: Id::new(id),
                pack_type: Some(pack_type.to_owned()),
                hosts,
                status: Some("active".to_owned()),
                certificate_authority: Some("google".to_owned()),
            });
        });
    }

    fn keep_in(&self, zone: &ZoneId, change: impl FnOnce(&mut Kept, String, Timestamp)) {
        self.world.state(|world| {
            let (id, now) = (world.new_id(), world.now);
            change(world.inventory.zones.entry(zone.get().clone()).or_default(), id, now);
        });
    }
}
