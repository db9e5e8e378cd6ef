//! The shared traits, domain types and HTTP kit of the Howdah provider clients.

#[cfg(feature = "certificate")]
pub mod certificate;
mod clock;
pub mod dns;
mod error;
pub mod http;
mod id;
mod input;
pub mod monitor;
mod open_enum;
pub mod rdap;
pub mod registrar;
pub mod secret;
#[cfg(feature = "store")]
pub mod store;
#[cfg(feature = "testing")]
pub mod testing;

pub use clock::Clock;
pub use error::{Error, ErrorKind, FieldError, Outcome, Result};
pub use id::Id;
pub use secret::Secret;

/// For the macros of this crate.
#[doc(hidden)]
pub mod __private {
    pub use pastey::paste;
}
