//! Values that must appear in no output.

use std::{cell::RefCell, fmt};

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer, Serializer};

/// A token, a key or a password.
///
/// It can be read from an answer but has no `Serialize` and prints as a placeholder, so it reaches a log only where
/// somebody wrote [`expose`](Self::expose). Memory is wiped when it is dropped.
///
/// ```
/// use howdah_core::Secret;
///
/// let token = Secret::from("dnsimple_a_0123456789");
/// assert_eq!(format!("{token:?}"), "Secret(…)");
/// assert_eq!(token.expose(), "dnsimple_a_0123456789");
/// ```
#[derive(Clone)]
pub struct Secret(SecretString);

impl Secret {
    /// The value itself.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

/// Writes a secret into a request body: the opt-in for `#[serde(serialize_with = "secret::expose")]`.
pub fn expose<S: Serializer>(secret: &Secret, serializer: S) -> Result<S::Ok, S::Error> {
    COLLECTED.with_borrow_mut(|collected| {
        if let Some(collected) = collected {
            collected.push(secret.clone());
        }
    });
    serializer.serialize_str(secret.expose())
}

/// The same for an optional field.
#[allow(clippy::ref_option)] // serde hands over a reference to the field
pub fn expose_option<S: Serializer>(secret: &Option<Secret>, serializer: S) -> Result<S::Ok, S::Error> {
    match secret {
        Some(secret) => expose(secret, serializer),
        None => serializer.serialize_none(),
    }
}

thread_local! {
    static COLLECTED: RefCell<Option<Vec<Secret>>> = const { RefCell::new(None) };
}

/// Runs a serialisation and tells which secrets it wrote, so that an answer that repeats one can be kept out of errors.
pub(crate) fn collect<T>(write: impl FnOnce() -> T) -> (T, Vec<Secret>) {
    let outer = COLLECTED.replace(Some(Vec::new()));
    let written = write();
    (written, COLLECTED.replace(outer).unwrap_or_default())
}

/// Replaces each secret in a text that others wrote.
pub(crate) fn redact(text: &str, secrets: &[Secret]) -> String {
    let mut forms: Vec<String> = secrets.iter().flat_map(written_forms).collect();
    // A secret that is a part of another one would leave the rest of it.
    forms.sort_by_key(|form| std::cmp::Reverse(form.len()));
    forms.iter().filter(|form| !form.is_empty()).fold(text.to_owned(), |text, form| text.replace(form, "…"))
}

/// A secret as it is, as a query writes it, and as a quoted string writes it.
fn written_forms(secret: &Secret) -> [String; 4] {
    let plain = secret.expose();
    let form: String = url::form_urlencoded::byte_serialize(plain.as_bytes()).collect();
    [plain.to_owned(), form.replace('+', "%20"), form, plain.escape_debug().to_string()]
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl From<String> for Secret {
    fn from(value: String) -> Self {
        Self(value.into())
    }
}

impl From<&str> for Secret {
    fn from(value: &str) -> Self {
        Self(value.into())
    }
}

impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        self.expose() == other.expose()
    }
}

impl Eq for Secret {}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // What stands there instead may be the secret all the same, so the error must not show it.
        String::deserialize(deserializer).map(Self::from).map_err(|_| serde::de::Error::custom("a secret is a string"))
    }
}
