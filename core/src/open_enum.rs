//! Enumerations of strings that a provider may extend at any time.

/// Declares an enumeration whose values travel as strings and which keeps a value it does not know.
///
/// ```
/// howdah_core::open_enum! {
///     /// How far a transfer has come.
///     pub enum TransferState {
///         /// Asked for, not begun.
///         New = "new",
///         /// Under way at the registry.
///         Transferring = "transferring",
///     }
/// }
///
/// let known: TransferState = serde_json::from_str("\"new\"").unwrap();
/// assert_eq!(known, TransferState::New);
/// let later: TransferState = serde_json::from_str("\"on_hold\"").unwrap();
/// assert_eq!(later, TransferState::Other("on_hold".into()));
/// assert_eq!(later.as_str(), "on_hold");
/// ```
#[macro_export]
macro_rules! open_enum {
    (
        $(#[$meta:meta])*
        $vis:vis enum $name:ident { $( $(#[$variant_meta:meta])* $variant:ident = $text:literal ),+ $(,)? }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        $vis enum $name {
            $( $(#[$variant_meta])* $variant, )+
            /// A value that this version does not know, as the provider wrote it.
            Other(String),
        }

        #[allow(unreachable_pub)]
        impl $name {
            /// The value as the provider writes it.
            pub fn as_str(&self) -> &str {
                match self {
                    $( Self::$variant => $text, )+
                    Self::Other(text) => text,
                }
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                match text {
                    $( $text => Self::$variant, )+
                    other => Self::Other(other.to_owned()),
                }
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self::from(text.as_str())
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl ::serde::Serialize for $name {
            fn serialize<S: ::serde::Serializer>(&self, serializer: S) -> ::std::result::Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> ::serde::Deserialize<'de> for $name {
            fn deserialize<D: ::serde::Deserializer<'de>>(deserializer: D) -> ::std::result::Result<Self, D::Error> {
                <::std::borrow::Cow<'de, str> as ::serde::Deserialize>::deserialize(deserializer)
                    .map(|text| Self::from(text.as_ref()))
            }
        }
    };
}

#[cfg(test)]
mod tests {
    crate::open_enum! {
        /// A colour.
        enum Colour {
            /// As blood.
            Red = "red",
        }
    }

    #[test]
    fn unknown_values_survive_a_round_trip() {
        for text in ["\"red\"", "\"mauve\"", "\"\"", "\"with \\\"quotes\\\"\""] {
            let colour: Colour = serde_json::from_str(text).unwrap();
            assert_eq!(serde_json::to_string(&colour).unwrap(), text);
        }
        assert_eq!(Colour::from("red"), Colour::Red);
        assert_eq!(format!("{:>5}", Colour::Red), "  red");
    }
}
