//! Templates: what a domain is to have, kept to be applied to many of them.
//!
//! ```
//! use howdah_gandi::templates::{NewTemplate, TemplateNameServers, TemplatePayload};
//! # use howdah_gandi::testing::FakeGandi;
//! # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() -> howdah_core::Result<()> {
//! # let fake = FakeGandi::new();
//! # let domain = howdah_core::dns::Name::parse("example.org").unwrap();
//! # fake.registry().register(&domain, howdah_gandi::testing::NAME, &[], jiff::SignedDuration::from_hours(24));
//! # let templates = fake.client().templates();
//! let name_servers = TemplateNameServers::custom(["ns1.example.net", "ns2.example.net"]);
//! let payload = TemplatePayload { name_servers: Some(name_servers), ..TemplatePayload::default() };
//! templates.create(NewTemplate::new("elsewhere", payload)).await?;
//! for template in templates.list().all().await? {
//!     templates.apply(&template.id, "example.org").await?.await?;
//! }
//! # Ok(()) }
//! ```
//!
//! Applying one to a domain replaces what the template speaks of, and goes on for a while. What fails then is the error of
//! the [`Pending`].

use std::{collections::BTreeMap, time::Duration};

use howdah_core::{
    Error, ErrorKind, Id, Outcome, endpoints,
    http::{Api, Call, Detailed, Pages, Pending, Stage, Staged},
    input,
};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

endpoints! {
    LIST:     ()             => Vec<Template>        = get("/template/templates");
    CREATE:   NewTemplate    => ()                   = post("/template/templates");
    GET:      ()             => Template             = get("/template/templates/{id}");
    UPDATE:   TemplateChange => ()                   = patch("/template/templates/{id}").idempotent();
    DELETE:   ()             => ()                   = delete("/template/templates/{id}");
    APPLY:    Target         => Detailed<Dispatched> = post("/template/templates/{id}");
    DISPATCH: ()             => Dispatch             = get("/template/dispatch/{id}");
}

/// The templates group. Reach it through [`Gandi::templates`](crate::Gandi::templates).
#[derive(Clone, Debug)]
pub struct Templates(pub(crate) Api);

impl Templates {
    /// Streams the templates.
    ///
    /// `GET /template/templates`
    pub fn list(&self) -> Pages<Template> {
        self.0.pages(&LIST, [], ())
    }

    /// Creates a template.
    ///
    /// `POST /template/templates`
    pub fn create(&self, template: NewTemplate) -> Call<()> {
        self.0.send(&CREATE, [], template)
    }

    /// Reads a template.
    ///
    /// `GET /template/templates/{id}`
    pub fn get(&self, template: &TemplateId) -> Call<Template> {
        self.0.send(&GET, [template], ())
    }

    /// Changes what is set of a template.
    ///
    /// `PATCH /template/templates/{id}`
    pub fn update(&self, template: &TemplateId, change: TemplateChange) -> Call<()> {
        self.0.send(&UPDATE, [template], change)
    }

    /// Deletes a template; the domains stay as they are.
    ///
    /// `DELETE /template/templates/{id}`
    pub fn delete(&self, template: &TemplateId) -> Call<()> {
        self.0.send(&DELETE, [template], ())
    }

    /// Applies a template to a domain, and begins to follow it.
    ///
    /// `POST /template/templates/{id}`
    pub fn apply(&self, template: &TemplateId, domain: &str) -> Call<Pending<Dispatch>> {
        let target = Target { object_type: "domain".to_owned(), object_id: domain.to_owned() };
        let call = self.0.send(&APPLY, [template], target);
        let templates = self.clone();
        Call::new(async move {
            let answer = call.await?;
            let id = answer.value.id(answer.headers.get("location").and_then(|it| it.to_str().ok()));
            let id = id.ok_or_else(|| {
                let message = "the template is being applied, but the answer does not say where to follow it";
                Error::new(ErrorKind::Decode, message).with_provider("gandi").with_outcome(Outcome::Applied)
            })?;
            Ok(templates.follow(&id))
        })
    }

    /// Reads how far applying a template has come.
    ///
    /// `GET /template/dispatch/{id}`
    pub fn dispatch(&self, dispatch: &DispatchId) -> Call<Dispatch> {
        self.0.send(&DISPATCH, [dispatch], ())
    }

    /// Attaches to the applying of a template that was begun before.
    ///
    /// `GET /template/dispatch/{id}`
    pub fn follow(&self, dispatch: &DispatchId) -> Pending<Dispatch> {
        let (templates, dispatch) = (self.clone(), dispatch.clone());
        let what = format!("gandi: the template's dispatch {dispatch}");
        Pending::attached(move || templates.dispatch(&dispatch)).named(what).within(Duration::from_secs(3600))
    }
}

/// The id of a template.
pub type TemplateId = Id<Template, String>;

/// The id of what goes on when a template is applied.
pub type DispatchId = Id<Dispatch, String>;

/// What a domain is to have.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Template {
    pub id: TemplateId,
    pub name: Option<String>,
    pub description: Option<String>,
    /// A list may leave it out.
    pub payload: Option<TemplatePayload>,
}

/// The parts of a template; what is left out stays as it is at the domain.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct TemplatePayload {
    #[serde(rename = "dns:records", default, skip_serializing_if = "Option::is_none")]
    pub records: Option<TemplateRecords>,
    #[serde(rename = "domain:nameservers", default, skip_serializing_if = "Option::is_none")]
    pub name_servers: Option<TemplateNameServers>,
    /// Parts that this crate does not know, by their names, so that a change does not lose them.
    #[serde(flatten)]
    pub others: BTreeMap<String, Value>,
}

/// The records that a domain is to have.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct TemplateRecords {
    /// Those that Gandi gives to every domain.
    #[serde(rename = "default")]
    pub default_records: Option<bool>,
    #[serde(default)]
    pub records: Vec<TemplateRecord>,
}

/// A record set that a domain is to have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct TemplateRecord {
    /// Below the domain; `@` is the domain itself.
    pub name: String,
    #[serde(rename = "type")]
    pub record_type: String,
    #[serde(default)]
    pub values: Vec<String>,
    /// Seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ttl: Option<u32>,
}

/// The name servers that a domain is to have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct TemplateNameServers {
    /// `livedns`, or `custom` for the addresses.
    pub service: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub addresses: Vec<String>,
}

impl TemplateNameServers {
    /// Gandi's own.
    pub fn livedns() -> Self {
        Self { service: "livedns".to_owned(), addresses: Vec::new() }
    }

    /// Others, by their names.
    pub fn custom(name_servers: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self { service: "custom".to_owned(), addresses: name_servers.into_iter().map(Into::into).collect() }
    }
}

input! {
    /// A template to create.
    pub struct NewTemplate {
        name: String,
        payload: TemplatePayload,
    } optional {
        description: String,
    }
}

input! {
    /// What changes of a template.
    pub struct TemplateChange {} optional {
        name: String,
        description: String,
        /// All of it.
        payload: TemplatePayload,
    }
}

/// What a template is applied to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Target {
    /// `domain`
    pub object_type: String,
    /// Of a domain, its name.
    pub object_id: String,
}

/// A template is being applied.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Dispatched {
    pub message: Option<String>,
    pub dispatch_href: Option<String>,
}

impl Dispatched {
    /// The end of the address at which it is followed, wherever the answer has that.
    fn id(&self, location: Option<&str>) -> Option<DispatchId> {
        let address = self.dispatch_href.as_deref().or(location)?;
        let id = address.trim_end_matches('/').rsplit('/').next()?;
        Some(DispatchId::new(id.to_owned()))
    }
}

/// How far applying a template has come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Dispatch {
    pub id: DispatchId,
    pub state: DispatchState,
    pub state_message: Option<String>,
}

impl Staged for Dispatch {
    fn stage(&self) -> Stage {
        match self.state {
            DispatchState::Done => Stage::Done,
            DispatchState::Error => {
                let why = self.state_message.as_deref().unwrap_or("Gandi does not say why");
                Stage::Failed(format!("the template was not applied: {why}"))
            }
            DispatchState::Pending | DispatchState::Running | DispatchState::Other(_) => Stage::Running,
        }
    }
}

/// A stage of applying a template. It travels as a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DispatchState {
    /// 0: not begun.
    Pending,
    /// 10: under way.
    Running,
    /// 20: the domain has it.
    Done,
    /// 30: given up.
    Error,
    /// A number that this version does not know.
    Other(u32),
}

impl Serialize for DispatchState {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u32(match self {
            Self::Pending => 0,
            Self::Running => 10,
            Self::Done => 20,
            Self::Error => 30,
            Self::Other(number) => *number,
        })
    }
}

impl<'de> Deserialize<'de> for DispatchState {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(match u32::deserialize(deserializer)? {
            0 => Self::Pending,
            10 => Self::Running,
            20 => Self::Done,
            30 => Self::Error,
            number => Self::Other(number),
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_change_of_a_payload_keeps_the_parts_it_does_not_know() {
        let read = json!({"domain:nameservers": {"service": "livedns"}, "domain:webredirs": {"values": [1]}});
        let payload: TemplatePayload = serde_json::from_value(read.clone()).unwrap();
        assert_eq!(payload.name_servers, Some(TemplateNameServers::livedns()));
        assert_eq!(serde_json::to_value(payload).unwrap(), read);
    }

    #[test]
    fn states_are_numbers_and_there_may_be_more() {
        for number in [0, 10, 20, 30, 40] {
            let state: DispatchState = serde_json::from_value(json!(number)).unwrap();
            assert_eq!(serde_json::to_value(state).unwrap(), json!(number));
        }
    }

    #[test]
    fn a_dispatch_is_found_in_the_body_or_the_header() {
        let said = |href: Option<&str>| Dispatched { message: None, dispatch_href: href.map(str::to_owned) };
        let id = |text: &str| Some(DispatchId::new(text.to_owned()));
        assert_eq!(said(Some("https://api.gandi.net/v5/template/dispatch/a1")).id(None), id("a1"));
        assert_eq!(said(None).id(Some("/v5/template/dispatch/a2/")), id("a2"));
        assert_eq!(said(None).id(None), None);
    }
}
