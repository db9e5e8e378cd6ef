//! One program for all of these tests: each one more would be linked against the whole crate again.
#![allow(clippy::unwrap_used)]

mod accounts;
mod builds;
mod cert_target;
mod databases;
mod deploys;
mod dns_provider;
mod dns_zones;
mod env;
mod errors;
mod newer;
mod publication;
mod repeat;
mod sites;
mod ssl;

use howdah_netlify::{
    Netlify,
    sites::{Site, SiteOptions, SiteSettings},
};

/// A site that is called so.
async fn site(netlify: &Netlify, name: &str) -> Site {
    netlify.sites().create(SiteOptions::new(), SiteSettings::new().with_name(name)).await.unwrap()
}
