//! How Cloudflare announces its quota and explains its errors.

use howdah_core::http::Dialect;

pub(crate) static CLOUDFLARE: Dialect = Dialect::new("cloudflare");
