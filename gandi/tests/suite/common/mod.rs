//! What several tests need.
#![allow(dead_code, clippy::unwrap_used)]

use std::time::Duration;

use howdah_core::{Clock, Error};
use howdah_gandi::{
    contacts::{ContactType, NewContact},
    testing::FakeGandi,
};

/// Long enough for what takes the registry a while.
pub(crate) const A_WHILE: Duration = Duration::from_secs(30);

/// A fake on the day that these stories are told on.
pub(crate) fn fake() -> FakeGandi {
    FakeGandi::at(Clock::starting_at("2024-03-01T10:00:00Z".parse().unwrap()))
}

/// An owner that the registry would take.
pub(crate) fn owner() -> NewContact {
    NewContact::new("GB", "ada@example.org", "Lovelace", "Ada", "12 St James's Square", ContactType::Individual)
        .with_city("London")
        .with_zip("SW1Y 4JH")
        .with_phone("+44.2079460000")
}

/// The fields that an error names.
pub(crate) fn fields(error: &Error) -> Vec<(&str, &str)> {
    error.fields().iter().map(|one| (one.field.as_str(), one.message.as_str())).collect()
}
