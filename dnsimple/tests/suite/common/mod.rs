//! What several tests need.

use howdah_dnsimple::contacts::NewContact;

/// A contact that the registry would take.
pub(crate) fn contact(first_name: &str) -> NewContact {
    NewContact::new(
        first_name,
        "Lovelace",
        "ada@example.com",
        "+442079460000",
        "12 St James's Square",
        "London",
        "London",
        "SW1Y 4JH",
        "GB",
    )
}
