//! Values that are written in more than one way.

use std::collections::BTreeMap;

use howdah_core::{Id, Secret, secret};
use serde::{Deserialize, Deserializer, Serialize, Serializer, ser::SerializeMap};

#[derive(Deserialize)]
#[serde(untagged)]
enum TextOrNumber {
    Text(String),
    Number(serde_json::Number),
}

impl From<TextOrNumber> for String {
    fn from(value: TextOrNumber) -> Self {
        match value {
            TextOrNumber::Text(text) => text,
            TextOrNumber::Number(number) => number.to_string(),
        }
    }
}

/// A number that may be written as text.
pub(crate) fn number<'de, D: Deserializer<'de>, T>(deserializer: D) -> Result<Id<T>, D::Error> {
    let text = String::from(TextOrNumber::deserialize(deserializer)?);
    text.parse().map(Id::new).map_err(|_| serde::de::Error::custom(format!("`{text}` is not the number of one")))
}

/// An enumeration of texts that may be written as the numbers which the service has for them.
pub(crate) fn name<'de, D: Deserializer<'de>, T: Numbered>(deserializer: D) -> Result<Option<T>, D::Error> {
    let value = Option::<TextOrNumber>::deserialize(deserializer)?;
    Ok(value.map(|value| {
        let text = String::from(value);
        let known = T::NUMBERS.iter().find(|(number, _)| *number == text);
        T::from(known.map_or(text.as_str(), |(_, name)| name))
    }))
}

/// The numbers that stand for an enumeration's texts.
pub(crate) trait Numbered: for<'a> From<&'a str> {
    const NUMBERS: &[(&str, &str)];
}

/// Headers, whose values may be numbers and may be secret.
pub(crate) fn headers<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<BTreeMap<String, Secret>>, D::Error> {
    let headers = Option::<BTreeMap<String, TextOrNumber>>::deserialize(deserializer)?;
    Ok(headers.map(|headers| headers.into_iter().map(|(name, value)| (name, String::from(value).into())).collect()))
}

/// Writes values that may be secret into a request.
#[allow(clippy::ref_option)] // serde hands over a reference to the field
pub(crate) fn expose_map_option<S: Serializer>(
    values: &Option<BTreeMap<String, Secret>>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    struct Exposed<'a>(&'a Secret);

    impl Serialize for Exposed<'_> {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            secret::expose(self.0, serializer)
        }
    }

    let Some(values) = values else {
        return serializer.serialize_none();
    };
    let mut map = serializer.serialize_map(Some(values.len()))?;
    for (name, value) in values {
        map.serialize_entry(name, &Exposed(value))?;
    }
    map.end()
}

/// A case rule as the number that answers and updates have for it.
pub(crate) mod case_number {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use crate::monitors::KeywordCaseType;

    #[allow(clippy::ref_option)] // serde hands over a reference to the field
    pub(crate) fn serialize<S: Serializer>(case: &Option<KeywordCaseType>, serializer: S) -> Result<S::Ok, S::Error> {
        match case {
            Some(KeywordCaseType::CaseSensitive) => serializer.serialize_u8(0),
            Some(KeywordCaseType::CaseInsensitive) => serializer.serialize_u8(1),
            Some(other) => other.serialize(serializer),
            None => serializer.serialize_none(),
        }
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<KeywordCaseType>, D::Error> {
        let value = Option::<super::TextOrNumber>::deserialize(deserializer)?;
        Ok(value.map(|value| match String::from(value).as_str() {
            "0" => KeywordCaseType::CaseSensitive,
            "1" => KeywordCaseType::CaseInsensitive,
            text => KeywordCaseType::from(text),
        }))
    }
}

/// A switch as the text that it comes as.
pub(crate) mod switch {
    use serde::{Deserialize, Deserializer, Serializer};

    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Either {
        Switch(bool),
        Text(String),
    }

    #[allow(clippy::ref_option, clippy::trivially_copy_pass_by_ref)] // serde hands over a reference to the field
    pub(crate) fn serialize<S: Serializer>(on: &Option<bool>, serializer: S) -> Result<S::Ok, S::Error> {
        match on {
            Some(on) => serializer.serialize_str(if *on { "true" } else { "false" }),
            None => serializer.serialize_none(),
        }
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<bool>, D::Error> {
        Ok(match Option::<Either>::deserialize(deserializer)? {
            Some(Either::Switch(on)) => Some(on),
            Some(Either::Text(text)) => Some(text.eq_ignore_ascii_case("true")),
            None => None,
        })
    }
}

/// What someone is told of, as the number that requests have for it.
pub(crate) mod notifications_number {
    use serde::{Deserializer, Serialize, Serializer};

    use super::Numbered;
    use crate::alert_contacts::NotificationsFor;

    #[allow(clippy::ref_option)] // serde hands over a reference to the field
    pub(crate) fn serialize<S: Serializer>(of: &Option<NotificationsFor>, serializer: S) -> Result<S::Ok, S::Error> {
        let Some(of) = of else {
            return serializer.serialize_none();
        };
        let number = NotificationsFor::NUMBERS.iter().position(|(_, name)| *name == of.as_str());
        match number {
            Some(number) => number.serialize(serializer),
            None => of.serialize(serializer),
        }
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<NotificationsFor>, D::Error> {
        super::name(deserializer)
    }
}
