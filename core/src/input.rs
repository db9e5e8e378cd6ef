//! Request structs with many optional fields.

/// Declares what a request takes: required fields first, then the optional ones.
///
/// It writes the struct with public fields, `new` with the required ones and a `with_…` method for each optional one.
/// Optional fields that were not set are left out of the request.
///
/// ```
/// howdah_core::input! {
///     /// A record to create.
///     pub struct NewRecord {
///         name: String,
///         content: String,
///     } optional {
///         /// Seconds.
///         ttl: u32,
///         #[serde(rename = "prio")]
///         priority: u16,
///     }
/// }
///
/// let record = NewRecord::new("www", "192.0.2.1").with_ttl(300u32);
/// assert_eq!(serde_json::to_string(&record).unwrap(), r#"{"name":"www","content":"192.0.2.1","ttl":300}"#);
/// ```
#[macro_export]
macro_rules! input {
    (
        $(#[$meta:meta])*
        $vis:vis struct $name:ident {
            $( $(#[$required_meta:meta])* $required:ident : $required_type:ty ),* $(,)?
        } optional {
            $( $(#[$optional_meta:meta])* $optional:ident : $optional_type:ty ),* $(,)?
        }
    ) => {
        #[derive(Clone, Debug, PartialEq, ::serde::Serialize, ::serde::Deserialize)]
        $(#[$meta])*
        #[non_exhaustive]
        #[allow(missing_docs)]
        $vis struct $name {
            $( $(#[$required_meta])* pub $required: $required_type, )*
            $(
                $(#[$optional_meta])*
                #[serde(default, skip_serializing_if = "Option::is_none")]
                pub $optional: Option<$optional_type>,
            )*
        }

        $crate::__private::paste! {
            #[allow(unreachable_pub, clippy::new_without_default, clippy::too_many_arguments)]
            impl $name {
                /// With the required fields, and nothing else set.
                pub fn new($( $required: impl Into<$required_type> ),*) -> Self {
                    Self { $( $required: $required.into(), )* $( $optional: None, )* }
                }

                $(
                    #[doc = concat!("Sets `", stringify!($optional), "`.")]
                    #[must_use]
                    pub fn [<with_ $optional>](mut self, $optional: impl Into<$optional_type>) -> Self {
                        self.$optional = Some($optional.into());
                        self
                    }
                )*
            }
        }

        $crate::__input_default! { $name { $( $required )* } { $( $optional )* } }
    };
}

/// A request without required fields has a default.
#[doc(hidden)]
#[macro_export]
macro_rules! __input_default {
    ($name:ident {} { $( $optional:ident )* }) => {
        impl Default for $name {
            fn default() -> Self {
                Self { $( $optional: None, )* }
            }
        }
    };
    ($name:ident { $( $required:ident )+ } { $( $optional:ident )* }) => {};
}

#[cfg(test)]
mod tests {
    crate::input! {
        /// Narrows a list.
        struct Filter {} optional {
            name_like: String,
        }
    }

    #[test]
    fn what_is_not_set_is_not_sent() {
        assert_eq!(Filter::default(), Filter::new());
        assert_eq!(serde_json::to_string(&Filter::new()).unwrap(), "{}");
        assert_eq!(serde_json::to_string(&Filter::new().with_name_like("a")).unwrap(), r#"{"name_like":"a"}"#);
    }
}
