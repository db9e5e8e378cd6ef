//! Identifiers that cannot be mistaken for one another.

use std::{cmp, fmt, hash, marker::PhantomData};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A provider's identifier of a `T`, written as an `R`: a number, unless it says otherwise.
///
/// ```
/// use howdah_core::Id;
///
/// struct Zone;
/// let id: Id<Zone> = serde_json::from_str("17").unwrap();
/// assert_eq!(id, Id::new(17));
/// assert_eq!(id.to_string(), "17");
/// ```
pub struct Id<T, R = u64>(R, PhantomData<fn() -> T>);

impl<T, R> Id<T, R> {
    /// An identifier that is known from elsewhere.
    pub const fn new(value: R) -> Self {
        Self(value, PhantomData)
    }

    /// The identifier as the provider writes it.
    pub const fn get(&self) -> &R {
        &self.0
    }
}

impl<T, R: Clone> Clone for Id<T, R> {
    fn clone(&self) -> Self {
        Self(self.0.clone(), PhantomData)
    }
}

impl<T, R: Copy> Copy for Id<T, R> {}

impl<T, R: PartialEq> PartialEq for Id<T, R> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl<T, R: Eq> Eq for Id<T, R> {}

impl<T, R: Ord> PartialOrd for Id<T, R> {
    fn partial_cmp(&self, other: &Self) -> Option<cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl<T, R: Ord> Ord for Id<T, R> {
    fn cmp(&self, other: &Self) -> cmp::Ordering {
        self.0.cmp(&other.0)
    }
}

impl<T, R: hash::Hash> hash::Hash for Id<T, R> {
    fn hash<H: hash::Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

impl<T, R: fmt::Display> fmt::Display for Id<T, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<T, R: fmt::Debug> fmt::Debug for Id<T, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Id({:?})", self.0)
    }
}

impl<T, R> From<R> for Id<T, R> {
    fn from(value: R) -> Self {
        Self::new(value)
    }
}

impl<T> From<&str> for Id<T, String> {
    fn from(value: &str) -> Self {
        Self::new(value.to_owned())
    }
}

impl<T, R: Serialize> Serialize for Id<T, R> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de, T, R: Deserialize<'de>> Deserialize<'de> for Id<T, R> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        R::deserialize(deserializer).map(Self::new)
    }
}
