//! The jobs of an instance's operator, composed from the shared traits of `howdah-core`.
//!
//! Every job is run by the [`engine`]: it observes, plans, acts and verifies. It notes nothing but since when
//! something is seen, so a run that was interrupted is continued by starting it again, and a plan is shown without
//! anything being changed.
//!
//! | job | leads to |
//! |---|---|
//! | [`move_dns`] | a zone at another provider of DNS hosting, delegated to and forgotten at the old one |
//! | [`transfer_domain`] | a domain at another registrar, with the name servers it had |
//! | [`enable_dnssec`] | a zone that is signed and whose parent knows its key; run again, it follows the keys' rotation |
//! | [`disable_dnssec`] | a zone that is unsigned, and was never bogus on the way |
//! | [`install_certificate`] | a certificate on every listener, seen there by a handshake |
//! | `front_ends` | so many Droplets of a size behind a load balancer at DigitalOcean (feature `digitalocean`) |
//!
//! What these look at is a [`Lookout`](lookout::Lookout): name servers asked directly, the registry, and since when they
//! say so. [`detectors`] finds what is wrong with a domain.
//!
//! A move, for example:
//!
//! ```
//! use std::sync::Arc;
//! use howdah_core::{Clock, dns::{DnsProvider, Name, zonefile}};
//! use howdah_dnsimple::{DnSimpleDns, testing::FakeDnSimple};
//! use howdah_workflows::{engine::{self, Run}, move_dns::{MoveDns, Source}};
//!
//! # #[tokio::main(flavor = "current_thread", start_paused = true)]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let origin = Name::parse("example.social")?;
//! let file = zonefile::read("@ 300 IN A 192.0.2.1\nwww 300 IN CNAME example.social.", &origin)?;
//! # let account = FakeDnSimple::new().account();
//! let dnsimple = Arc::new(DnSimpleDns::new(account));
//! let job = MoveDns::new(Source::Zone(file.zone), dnsimple.clone());
//!
//! // Look first: nothing is changed.
//! let (seen, steps) = engine::plan(&job, &Clock::system()).await?;
//! println!("{steps}\n{}", seen.plan);
//! assert!(dnsimple.zones().await?.is_empty());
//!
//! let outcome = engine::apply(&job, &Run::default()).await?;
//! assert!(outcome.is_complete());
//! assert_eq!(outcome.observed.name_servers[0].to_string(), "ns1.dnsimple-edge.com.");
//! # Ok(()) }
//! ```

pub mod caa;
pub mod capacity;
pub mod detectors;
pub mod disable_dnssec;
mod dnssec;
pub mod enable_dnssec;
pub mod engine;
#[cfg(feature = "digitalocean")]
pub mod front_ends;
pub mod install_certificate;
pub mod instance;
pub mod lookout;
pub mod move_dns;
pub mod offsite_copy;
pub mod sightings;
pub mod transfer_domain;
pub mod translate;
