//! Reading JSON out of an envelope, without building a tree of it first.

use std::{fmt, marker::PhantomData};

use serde::{
    Deserialize,
    de::{DeserializeOwned, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor},
};
use serde_json::{Map, Value};

use super::kinds::Unreadable;

/// Reads the whole body, or the member that the envelope names.
pub(crate) fn read<T: DeserializeOwned>(bytes: &[u8], envelope: Option<&str>) -> Result<T, Unreadable> {
    read_keeping(bytes, envelope, &[]).map(|(value, _)| value)
}

/// The same, and keeps the named members beside it.
pub(crate) fn read_keeping<T: DeserializeOwned>(
    bytes: &[u8],
    envelope: Option<&str>,
    keep: &[&str],
) -> Result<(T, Map<String, Value>), Unreadable> {
    let empty = bytes.trim_ascii().is_empty();
    let bytes = if empty { b"null" } else { bytes };
    let read = match envelope {
        Some(member) if !empty => {
            let mut json = serde_json::Deserializer::from_slice(bytes);
            let seed = Enveloped { member, keep, value: PhantomData };
            seed.deserialize(&mut json).and_then(|value| json.end().map(|()| value))
        }
        // A value that is the whole answer has nothing beside it.
        _ => serde_json::from_slice(bytes).map(|value| (value, Map::new())),
    };
    read.map_err(|error| explain::<T>(bytes, envelope, &error))
}

/// Reads once more, slowly, to say where it went wrong.
fn explain<T: DeserializeOwned>(bytes: &[u8], envelope: Option<&str>, error: &serde_json::Error) -> Unreadable {
    if error.is_syntax() || error.is_eof() {
        return Unreadable { message: format!("the answer is not JSON: {error}"), json: false };
    }
    let value = serde_json::from_slice::<Value>(bytes).unwrap_or_default();
    let (value, place) = match envelope {
        Some(member) => match value.get(member) {
            Some(value) => (value.clone(), member),
            None => return other_shape(error.to_string()),
        },
        None => (value, ""),
    };
    let message = match serde_path_to_error::deserialize::<_, T>(value) {
        Ok(_) => error.to_string(),
        Err(error) => {
            let path = match (place, error.path().to_string()) {
                (place, path) if path == "." => place.to_owned(),
                ("", path) => path,
                (place, path) if path.starts_with('[') => format!("{place}{path}"),
                (place, path) => format!("{place}.{path}"),
            };
            format!("at `{path}`: {}", error.inner())
        }
    };
    other_shape(message)
}

fn other_shape(why: impl fmt::Display) -> Unreadable {
    Unreadable { message: format!("the answer has another shape than documented: {why}"), json: true }
}

struct Enveloped<'a, T> {
    member: &'a str,
    keep: &'a [&'a str],
    value: PhantomData<T>,
}

impl<'de, T: Deserialize<'de>> DeserializeSeed<'de> for Enveloped<'_, T> {
    type Value = (T, Map<String, Value>);

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de, T: Deserialize<'de>> Visitor<'de> for Enveloped<'_, T> {
    type Value = (T, Map<String, Value>);

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "an object with the member `{}`", self.member)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let (mut value, mut kept) = (None, Map::new());
        while let Some(key) = map.next_key::<std::borrow::Cow<'de, str>>()? {
            if key == self.member {
                value = Some(map.next_value()?);
            } else if self.keep.contains(&key.as_ref()) {
                kept.insert(key.into_owned(), map.next_value()?);
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        match value {
            Some(value) => Ok((value, kept)),
            None => Err(serde::de::Error::custom(format_args!("the member `{}` is missing", self.member))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize, PartialEq)]
    struct Zone {
        id: u64,
    }

    #[test]
    fn reads_out_of_the_envelope_and_keeps_what_is_asked_for() {
        let body = br#"{"meta":{"n":1},"data":[{"id":1,"new":true}],"other":[1,2]}"#;
        let (zones, kept) = read_keeping::<Vec<Zone>>(body, Some("data"), &["meta"]).unwrap();
        assert_eq!(zones, [Zone { id: 1 }]);
        assert_eq!(Value::Object(kept), serde_json::json!({ "meta": { "n": 1 } }));
    }

    #[test]
    fn an_empty_body_is_null() {
        assert_eq!(read::<Option<Zone>>(b"", Some("data")).unwrap(), None);
        assert!(read::<Zone>(b" ", Some("data")).is_err());
    }

    #[test]
    fn a_wrong_shape_is_told_by_its_path() {
        let error = read::<Vec<Zone>>(br#"{"data":[{"id":1},{"id":"x"}]}"#, Some("data")).unwrap_err();
        assert!(error.json);
        assert!(error.message.contains("`data[1].id`"), "{}", error.message);
        let error = read::<Vec<Zone>>(br#"{"date":[]}"#, Some("data")).unwrap_err();
        assert!(error.json);
        assert!(error.message.contains("data"), "{}", error.message);
        let error = read::<Vec<Zone>>(b"<html>", Some("data")).unwrap_err();
        assert!(!error.json);
        let error = read::<Vec<Zone>>(b"[]", Some("data")).unwrap_err();
        assert!(error.message.contains("object with the member `data`"), "{}", error.message);
    }
}
