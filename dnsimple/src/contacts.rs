//! Placeholder.
/// Placeholder.
#[derive(Clone, Debug)]
pub struct Contacts(pub(crate) crate::Account);
/// Placeholder.
pub const OPERATIONS: &[&dyn howdah_core::http::Operation] = &[];
/// Placeholder.
#[derive(Clone, Debug)]
pub struct Contact;
/// The number of a contact.
pub type ContactId = howdah_core::Id<Contact>;
