//! Templates: records that can be put into any zone.
//!
//! ```
//! use howdah_dnsimple::templates::{NewTemplate, NewTemplateRecord};
//! # use howdah_dnsimple::testing::FakeDnSimple;
//! # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() -> howdah_core::Result<()> {
//! # let fake = FakeDnSimple::new();
//! # fake.create_zone("example.com");
//! # let account = fake.account();
//! let templates = account.templates();
//! templates.create(NewTemplate::new("mail", "Mail")).await?;
//! let mx = NewTemplateRecord::new("", "MX", "mx.example.net").with_priority(10u16);
//! templates.create_record("mail", mx).await?;
//! templates.apply("example.com", "mail").await?;
//! # Ok(()) }
//! ```
//!
//! A template is given by its short name or its number. Applying one adds its records once; what is changed in the
//! template afterwards does not reach the zone.

use howdah_core::{
    Id, endpoints,
    http::{Call, Pages, string_or_number},
    input,
};
use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, de::Error as _};

use crate::{Account, PAGES, identity::AccountId, zones::RecordType};

endpoints! {
    LIST:          TemplateFilter       => Vec<Template>       = get("/{account}/templates").envelope("data").pages(PAGES);
    CREATE:        NewTemplate          => Template            = post("/{account}/templates").envelope("data").status(201);
    GET:           ()                   => Template            = get("/{account}/templates/{template}").envelope("data");
    UPDATE:        TemplateUpdate       => Template            = patch("/{account}/templates/{template}").envelope("data");
    DELETE:        ()                   => ()                  = delete("/{account}/templates/{template}").status(204);
    LIST_RECORDS:  TemplateRecordFilter => Vec<TemplateRecord> = get("/{account}/templates/{template}/records").envelope("data").pages(PAGES);
    CREATE_RECORD: NewTemplateRecord    => TemplateRecord      = post("/{account}/templates/{template}/records").envelope("data").status(201);
    GET_RECORD:    ()                   => TemplateRecord      = get("/{account}/templates/{template}/records/{templaterecord}").envelope("data");
    DELETE_RECORD: ()                   => ()                  = delete("/{account}/templates/{template}/records/{templaterecord}").status(204);
    APPLY:         ()                   => ()                  = post("/{account}/domains/{domain}/templates/{template}").status(204);
}

/// The templates group. Reach it through [`Account::templates`].
#[derive(Clone, Debug)]
pub struct Templates(pub(crate) Account);

impl Templates {
    /// Streams the account's templates.
    ///
    /// `GET /{account}/templates`
    pub fn list(&self, filter: TemplateFilter) -> Pages<Template> {
        self.0.api.pages(&LIST, [&self.0.id], filter)
    }

    /// Creates a template without records.
    ///
    /// `POST /{account}/templates`
    pub fn create(&self, template: NewTemplate) -> Call<Template> {
        self.0.api.send(&CREATE, [&self.0.id], template)
    }

    /// Reads a template.
    ///
    /// `GET /{account}/templates/{template}`
    pub fn get(&self, template: &str) -> Call<Template> {
        self.0.api.send(&GET, [&self.0.id, &template], ())
    }

    /// Changes the given fields of a template. It is not repeated, since a changed short name would not be found again.
    ///
    /// `PATCH /{account}/templates/{template}`
    pub fn update(&self, template: &str, update: TemplateUpdate) -> Call<Template> {
        self.0.api.send(&UPDATE, [&self.0.id, &template], update)
    }

    /// Deletes a template. Zones that it was applied to keep its records.
    ///
    /// `DELETE /{account}/templates/{template}`
    pub fn delete(&self, template: &str) -> Call<()> {
        self.0.api.send(&DELETE, [&self.0.id, &template], ())
    }

    /// Streams a template's records.
    ///
    /// `GET /{account}/templates/{template}/records`
    pub fn list_records(&self, template: &str, filter: TemplateRecordFilter) -> Pages<TemplateRecord> {
        self.0.api.pages(&LIST_RECORDS, [&self.0.id, &template], filter)
    }

    /// Adds a record to a template.
    ///
    /// `POST /{account}/templates/{template}/records`
    pub fn create_record(&self, template: &str, record: NewTemplateRecord) -> Call<TemplateRecord> {
        self.0.api.send(&CREATE_RECORD, [&self.0.id, &template], record)
    }

    /// Reads a record of a template.
    ///
    /// `GET /{account}/templates/{template}/records/{templaterecord}`
    pub fn record(&self, template: &str, record: TemplateRecordId) -> Call<TemplateRecord> {
        self.0.api.send(&GET_RECORD, [&self.0.id, &template, &record], ())
    }

    /// Takes a record out of a template.
    ///
    /// `DELETE /{account}/templates/{template}/records/{templaterecord}`
    pub fn delete_record(&self, template: &str, record: TemplateRecordId) -> Call<()> {
        self.0.api.send(&DELETE_RECORD, [&self.0.id, &template, &record], ())
    }

    /// Adds a template's records to the zone of a domain.
    ///
    /// `POST /{account}/domains/{domain}/templates/{template}`
    pub fn apply(&self, domain: &str, template: &str) -> Call<()> {
        self.0.api.send(&APPLY, [&self.0.id, &domain, &template], ())
    }
}

/// The number of a template.
pub type TemplateId = Id<Template>;

/// A template.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Template {
    pub id: TemplateId,
    pub account_id: Option<AccountId>,
    pub name: String,
    /// The short name.
    pub sid: Option<String>,
    pub description: Option<String>,
    pub created_at: Option<Timestamp>,
    pub updated_at: Option<Timestamp>,
}

input! {
    /// Sorts the list of templates.
    pub struct TemplateFilter {} optional {
        /// Such as `name:asc`.
        sort: String,
    }
}

input! {
    /// A template to create.
    pub struct NewTemplate {
        /// The short name.
        sid: String,
        name: String,
    } optional {
        description: String,
    }
}

input! {
    /// The fields of a template that change.
    pub struct TemplateUpdate {} optional {
        /// The short name.
        sid: String,
        name: String,
        description: String,
    }
}

/// The number of a template's record.
pub type TemplateRecordId = Id<TemplateRecord>;

/// A record of a template.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct TemplateRecord {
    pub id: TemplateRecordId,
    pub template_id: Option<TemplateId>,
    /// Relative to the zone; `""` is the apex.
    pub name: String,
    pub content: String,
    /// Seconds.
    pub ttl: Option<u32>,
    #[serde(default, deserialize_with = "priority")]
    pub priority: Option<u16>,
    #[serde(rename = "type")]
    pub record_type: RecordType,
    pub created_at: Option<Timestamp>,
    pub updated_at: Option<Timestamp>,
}

input! {
    /// Sorts the list of a template's records.
    pub struct TemplateRecordFilter {} optional {
        /// Such as `type:asc`.
        sort: String,
    }
}

input! {
    /// A record to add to a template. The TTL is 3600 seconds unless it says otherwise.
    pub struct NewTemplateRecord {
        /// Relative to the zone; `""` is the apex.
        name: String,
        #[serde(rename = "type")]
        record_type: RecordType,
        content: String,
    } optional {
        /// Seconds.
        ttl: u32,
        priority: u16,
    }
}

/// A string in the document, a number in answers.
fn priority<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u16>, D::Error> {
    string_or_number(deserializer)?
        .filter(|text| !text.is_empty())
        .map(|text| text.parse().map_err(D::Error::custom))
        .transpose()
}
