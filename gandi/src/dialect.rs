//! How Gandi announces its quota and explains its errors.

use howdah_core::http::Dialect;

pub(crate) static GANDI: Dialect = Dialect::new("gandi");
