//! Providers by their names on the command line.

use std::sync::Arc;

use howdah_core::dns::DnsProvider;
use howdah_dnsimple::{Account, DnSimple, DnSimpleDns};

use super::{Failure, demo::Demo};

/// Where credentials and fakes are found.
pub struct Providers<'a> {
    /// The environment.
    pub env: &'a (dyn Fn(&str) -> Option<String> + Sync),
    /// Fakes instead of the real services.
    pub demo: Option<&'a Demo>,
    /// The providers' sandboxes instead of the real services.
    pub sandbox: bool,
}

/// Names that [`Providers::dns`] knows.
pub const DNS: [&str; 1] = ["dnsimple"];

impl Providers<'_> {
    /// DNS hosting by its name, with what its own interfaces can tell beyond the common trait.
    pub async fn dns(&self, name: &str) -> Result<Arc<dyn DnsProvider>, Failure> {
        match name {
            "dnsimple" => Ok(Arc::new(DnSimpleDns::new(self.dnsimple().await?))),
            _ => Err(Failure::new(format!("there is no provider `{name}` here: choose one of {}", DNS.join(", ")))),
        }
    }

    /// DNSimple: `DNSIMPLE_TOKEN`, and `DNSIMPLE_ACCOUNT` where the token can see several accounts.
    pub async fn dnsimple(&self) -> Result<Account, Failure> {
        if let Some(demo) = self.demo {
            return Ok(demo.dnsimple.account());
        }
        let token = self.variable("DNSIMPLE_TOKEN")?;
        let client = if self.sandbox { DnSimple::sandbox(token)? } else { DnSimple::new(token)? };
        match (self.env)("DNSIMPLE_ACCOUNT").filter(|text| !text.is_empty()) {
            None => Ok(client.resolve_account().await?),
            Some(number) => number
                .parse::<u64>()
                .map(|number| client.account(number))
                .map_err(|_| Failure::new(format!("DNSIMPLE_ACCOUNT is no account number: `{number}`"))),
        }
    }

    fn variable(&self, name: &str) -> Result<String, Failure> {
        (self.env)(name)
            .filter(|text| !text.is_empty())
            .ok_or_else(|| Failure::new(format!("{name} is not set: it holds the token to use (or try --demo)")))
    }
}
