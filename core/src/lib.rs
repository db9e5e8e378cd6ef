//! The shared traits, domain types and HTTP kit of the Howdah provider clients.

pub mod dns;
