//! What some answers write as a number, and some as a text.

use howdah_core::{Secret, secret};
use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

#[derive(Deserialize)]
#[serde(untagged)]
enum Written {
    Flag(bool),
    Number(u64),
    Text(String),
}

impl From<Written> for String {
    fn from(written: Written) -> Self {
        match written {
            Written::Flag(flag) => flag.to_string(),
            Written::Number(number) => number.to_string(),
            Written::Text(text) => text,
        }
    }
}

/// A text that may come as a number.
pub(crate) fn one<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Written::deserialize(deserializer).map(String::from)
}

/// A truth value that may come as a text, or not at all.
pub(crate) fn flag<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<bool>, D::Error> {
    let written = Option::<Written>::deserialize(deserializer)?.map(String::from);
    Ok(written.map(|written| written == "true"))
}

/// Texts that may come as numbers, or not at all.
pub(crate) fn several<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let written = Option::<Vec<Written>>::deserialize(deserializer)?;
    Ok(written.unwrap_or_default().into_iter().map(String::from).collect())
}

/// A moment as a text of seconds since 1970.
pub(crate) mod seconds {
    use super::{Deserialize, Deserializer, Serializer, Timestamp};
    use serde::de::Error as _;

    // What serde asks for.
    #[allow(clippy::trivially_copy_pass_by_ref)]
    pub(crate) fn serialize<S: Serializer>(moment: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&moment.as_second())
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
        let text = String::deserialize(deserializer)?;
        let seconds = text.parse().map_err(D::Error::custom)?;
        Timestamp::from_second(seconds).map_err(D::Error::custom)
    }
}

/// A number that is written as a text.
pub(crate) mod number {
    use super::{Deserialize, Deserializer, Serializer, Written};
    use serde::de::Error as _;

    // What serde asks for.
    #[allow(clippy::ref_option, clippy::trivially_copy_pass_by_ref)]
    pub(crate) fn serialize<S: Serializer>(number: &Option<u64>, serializer: S) -> Result<S::Ok, S::Error> {
        match number {
            Some(number) => serializer.collect_str(number),
            None => serializer.serialize_none(),
        }
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
        match Option::<Written>::deserialize(deserializer)? {
            None => Ok(None),
            Some(Written::Text(text)) if text.is_empty() => Ok(None),
            Some(written) => String::from(written).parse().map(Some).map_err(D::Error::custom),
        }
    }
}

/// Secrets, to be told to the service.
pub(crate) fn secrets<S: Serializer>(secrets: &[Secret], serializer: S) -> Result<S::Ok, S::Error> {
    #[derive(Serialize)]
    struct Exposed<'s>(#[serde(serialize_with = "secret::expose")] &'s Secret);
    serializer.collect_seq(secrets.iter().map(Exposed))
}
