use howdah_core::testing::{Answer, Fake};
use serde_json::{Value, json};

use super::{State as World, not_found};
use crate::tlds::{DnssecInterface, EXTENDED_ATTRIBUTES, ExtendedAttribute, ExtendedAttributeOption, GET, LIST, Tld};

pub(super) fn serve(fake: Fake<World>) -> Fake<World> {
    fake.on(&LIST, |_, [], _| Ok(catalogue()))
        .on(&GET, |_, [tld], ()| {
            let mut data = json!(find(tld)?);
            // The service writes these two as strings.
            for member in ["name_server_min", "name_server_max"] {
                if let Some(number) = data.get_mut(member) {
                    *number = Value::String(number.to_string());
                }
            }
            Err(Answer::json(200, json!({ "data": data })))
        })
        .on(&EXTENDED_ATTRIBUTES, |_, [tld], ()| Ok(extended_attributes(&find(tld)?)))
}

pub(super) fn find(tld: &str) -> Result<Tld, Answer> {
    let mut tlds = catalogue().into_iter();
    tlds.find(|one| one.tld.eq_ignore_ascii_case(tld)).ok_or_else(|| not_found("TLD", tld))
}

/// What a registration below the TLD is asked for besides the contact.
pub(super) fn extended_attributes(tld: &Tld) -> Vec<ExtendedAttribute> {
    match tld.tld.as_str() {
        "eu" => vec![eu_citizenship()],
        _ => Vec::new(),
    }
}

/// A few of each type.
fn catalogue() -> Vec<Tld> {
    let tld = |tld: &str, tld_type, interface| Tld {
        tld: tld.to_owned(),
        tld_type: Some(tld_type),
        whois_privacy: Some(tld_type != 2),
        auto_renew_only: Some(tld == "de"),
        idn: Some(true),
        minimum_registration: Some(1),
        registration_enabled: Some(true),
        renewal_enabled: Some(tld != "de"),
        transfer_enabled: Some(true),
        dnssec_interface_type: Some(interface),
        name_server_min: Some(2),
        name_server_max: Some(13),
        trustee_service_enabled: Some(tld == "eu"),
        trustee_service_required: Some(false),
    };
    vec![
        tld("com", 1, DnssecInterface::Ds),
        tld("de", 2, DnssecInterface::Key),
        tld("eu", 2, DnssecInterface::Key),
        tld("net", 1, DnssecInterface::Ds),
        tld("org", 1, DnssecInterface::Ds),
        tld("social", 3, DnssecInterface::Ds),
    ]
}

fn eu_citizenship() -> ExtendedAttribute {
    let option = |title: &str, value: &str| ExtendedAttributeOption {
        title: Some(title.to_owned()),
        value: value.to_owned(),
        description: Some(title.to_owned()),
    };
    ExtendedAttribute {
        name: "x-eu-registrant-citizenship".to_owned(),
        title: Some("Citizenship of the registrant".to_owned()),
        description: Some("A country of the EU, if the registrant lives elsewhere.".to_owned()),
        required: Some(false),
        options: vec![option("Germany", "de"), option("Italy", "it")],
    }
}
