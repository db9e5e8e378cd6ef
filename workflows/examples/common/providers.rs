//! Providers by their names on the command line.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use howdah_core::{
    Error, ErrorKind,
    dns::{DnsProvider, RecordData, RecordSet, RecordType, Txt, Zone, zonefile},
    http::RetryPolicy,
};
use howdah_dnsimple::{Account, DnSimple, DnSimpleDns, PRODUCTION, SANDBOX};
use howdah_workflows::{engine::Check, move_dns::ZoneCheck};

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

/// DNS hosting, with what its own interface can tell beyond the common trait.
pub struct Hosting {
    pub provider: Arc<dyn DnsProvider>,
    pub checks: Vec<Arc<dyn ZoneCheck>>,
}

impl Providers<'_> {
    /// DNS hosting by its name.
    pub async fn dns(&self, name: &str) -> Result<Hosting, Failure> {
        match name {
            "dnsimple" => {
                let account = self.dnsimple().await?;
                let checks: Vec<Arc<dyn ZoneCheck>> = vec![Arc::new(DnSimpleCheck(account.clone()))];
                Ok(Hosting { provider: Arc::new(DnSimpleDns::new(account)), checks })
            }
            _ => Err(Failure::new(format!("there is no provider `{name}` here: choose one of {}", DNS.join(", ")))),
        }
    }

    /// An account at `DNSimple`: `DNSIMPLE_TOKEN`, and `DNSIMPLE_ACCOUNT` where the token can see several accounts.
    pub async fn dnsimple(&self) -> Result<Account, Failure> {
        if let Some(demo) = self.demo {
            return Ok(demo.dnsimple.account());
        }
        let token = self.variable("DNSIMPLE_TOKEN")?;
        // A large zone may spend an hour's quota: the job waits for the next one.
        let patient = RetryPolicy::default().with_total(Duration::from_secs(2 * 60 * 60));
        let base = if self.sandbox { SANDBOX } else { PRODUCTION };
        let client = DnSimple::from(DnSimple::builder(token).base_url(base).retry(patient).build()?);
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

/// Reads the zone back as a zone file, and asks whether all name servers have it.
#[derive(Debug)]
struct DnSimpleCheck(Account);

#[async_trait]
impl ZoneCheck for DnSimpleCheck {
    async fn check(&self, zone: &Zone) -> Result<Vec<Check>, Error> {
        Ok(vec![self.export(zone).await?, self.distribution(zone).await?])
    }
}

impl DnSimpleCheck {
    async fn export(&self, zone: &Zone) -> Result<Check, Error> {
        let what = "the zone file that dnsimple exports says the same";
        let text = self.0.zones().file(&zone.name().to_fqdn_without_dot()).await?.zone;
        let exported = match zonefile::read(&text, zone.name()) {
            Ok(file) => file.zone,
            Err(errors) => return Ok(Check::not_observed(what, errors.to_string())),
        };
        // An ALIAS is a comment there, with a TXT record that tells of it.
        let (aliases, sets): (Vec<_>, Vec<_>) = zone.iter().partition(|set| *set.record_type() == RecordType::Alias);
        let differs = |set: &&&RecordSet| match exported.get(set.name(), set.record_type()) {
            Some(held) => held.data().iter().filter(|data| !tells_of_alias(data)).ne(set.data()),
            None => true,
        };
        let detail = match sets.iter().find(differs) {
            None => format!("{} sets; {} ALIAS cannot be in a zone file", sets.len(), aliases.len()),
            Some(set) => format!("not {} {}", set.name(), set.record_type()),
        };
        Ok(Check::holds(what, !sets.iter().any(|set| differs(&set))).with_detail(detail))
    }

    async fn distribution(&self, zone: &Zone) -> Result<Check, Error> {
        const TRIES: u32 = 10;
        let what = "all name servers of dnsimple serve it";
        let name = zone.name().to_fqdn_without_dot();
        for _ in 0..TRIES {
            match self.0.zones().check_distribution(&name).await {
                Ok(answer) if answer.distributed => return Ok(Check::holds(what, true)),
                Ok(_) => tokio::time::sleep(Duration::from_secs(3)).await,
                Err(error) if error.kind() == ErrorKind::Timeout => {
                    return Ok(Check::not_observed(what, "dnsimple could not ask them"));
                }
                Err(error) => return Err(error),
            }
        }
        Ok(Check::not_observed(what, "not yet; run this again in a few minutes"))
    }
}

fn tells_of_alias(data: &RecordData) -> bool {
    matches!(data, RecordData::Txt(text) if Txt::concat(text).starts_with(b"ALIAS for "))
}
