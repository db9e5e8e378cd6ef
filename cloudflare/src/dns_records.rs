//! DNS records of a zone, and their export.

use howdah_core::http::{Api, Operation};

pub(crate) const OPERATIONS: &[&dyn Operation] = &[];

/// The dns records group. Reach it through [`Cloudflare::dns_records`](crate::Cloudflare::dns_records).
#[derive(Clone, Debug)]
#[allow(dead_code)]
pub struct DnsRecords(pub(crate) Api);
