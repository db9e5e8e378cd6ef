//! Providers by their names on the command line.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use howdah_cloudflare::{Cloudflare, CloudflareDns, CloudflareRegistrar};
use howdah_core::{
    Clock, Error, ErrorKind,
    certificate::tls,
    dns::{DnsProvider, DnssecSigner, RecordData, RecordSet, RecordType, Txt, Zone, wire::Observer, zonefile},
    http::{ApiBuilder, RetryPolicy},
    rdap::Rdap,
    registrar::Registrar,
};
use howdah_digitalocean::{DigitalOcean, DigitalOceanDns};
use howdah_dnsimple::{Account, DnSimple, DnSimpleDns, DnSimpleRegistrar};
use howdah_gandi::{
    Gandi, GandiDns, GandiRegistrar,
    contacts::{ContactType, NewContact},
};
use howdah_netlify::{Netlify, NetlifyDns, accounts::AccountId};
use howdah_workflows::{engine::Check, lookout::Lookout, move_dns::ZoneCheck};

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

/// Names that [`Providers::dns`] knows; `digitalocean` and `netlify` neither sign nor register.
pub const NAMES: [&str; 5] = ["cloudflare", "digitalocean", "dnsimple", "gandi", "netlify"];

/// DNS hosting, with what its own interface can tell beyond the common trait.
pub struct Hosting {
    pub provider: Arc<dyn DnsProvider>,
    pub checks: Vec<Arc<dyn ZoneCheck>>,
}

/// DNS hosting that signs its zones.
pub struct Signer {
    pub hosting: Arc<dyn DnsProvider>,
    pub signer: Arc<dyn DnssecSigner>,
}

impl Signer {
    fn new(provider: impl DnsProvider + DnssecSigner + 'static) -> Self {
        let provider = Arc::new(provider);
        Self { hosting: provider.clone(), signer: provider }
    }
}

fn unknown(name: &str) -> Failure {
    Failure::new(format!("there is no provider `{name}` here: choose one of {}", NAMES.join(", ")))
}

impl Providers<'_> {
    /// DNS hosting by its name.
    pub async fn dns(&self, name: &str) -> Result<Hosting, Failure> {
        let (provider, checks): (Arc<dyn DnsProvider>, Vec<Arc<dyn ZoneCheck>>) = match name {
            "cloudflare" => (Arc::new(CloudflareDns::new(self.cloudflare()?)), Vec::new()),
            "dnsimple" => {
                let account = self.dnsimple().await?;
                (Arc::new(DnSimpleDns::new(account.clone())), vec![Arc::new(DnSimpleCheck(account))])
            }
            "digitalocean" => (Arc::new(DigitalOceanDns::new(self.digitalocean()?)), Vec::new()),
            "gandi" => (Arc::new(GandiDns::new(self.gandi()?)), Vec::new()),
            "netlify" => {
                let account = match self.demo {
                    Some(_) => howdah_netlify::testing::ACCOUNT.to_owned(),
                    None => self.variable("NETLIFY_ACCOUNT")?,
                };
                (Arc::new(NetlifyDns::new(self.netlify()?, AccountId::new(account))), Vec::new())
            }
            _ => return Err(unknown(name)),
        };
        Ok(Hosting { provider, checks })
    }

    /// DNS hosting that signs, by its name.
    pub async fn signer(&self, name: &str) -> Result<Signer, Failure> {
        Ok(match name {
            "cloudflare" => Signer::new(CloudflareDns::new(self.cloudflare()?)),
            "dnsimple" => Signer::new(DnSimpleDns::new(self.dnsimple().await?)),
            "digitalocean" | "netlify" => {
                return Err(Failure::new(format!("{name} does not sign zones: DNSSEC needs another host")));
            }
            "gandi" => Signer::new(GandiDns::new(self.gandi()?)),
            _ => return Err(unknown(name)),
        })
    }

    /// A registrar by its name: `CLOUDFLARE_ACCOUNT_ID` for Cloudflare, and for transfers to them `DNSIMPLE_REGISTRANT` (the
    /// number of a contact) and `GANDI_OWNER` (a contact as JSON).
    pub async fn registrar(&self, name: &str) -> Result<Arc<dyn Registrar>, Failure> {
        Ok(match name {
            "cloudflare" => {
                let account = match self.demo {
                    Some(demo) => demo.cloudflare.account(),
                    None => self.variable("CLOUDFLARE_ACCOUNT_ID")?.into(),
                };
                Arc::new(CloudflareRegistrar::new(self.cloudflare()?, account))
            }
            "dnsimple" => {
                let registrar = DnSimpleRegistrar::new(self.dnsimple().await?);
                match self.optional("DNSIMPLE_REGISTRANT") {
                    None => Arc::new(registrar),
                    Some(contact) => {
                        let number = contact.parse::<u64>().map_err(|_| {
                            Failure::new(format!("DNSIMPLE_REGISTRANT is no contact's number: `{contact}`"))
                        })?;
                        Arc::new(registrar.with_registrant(number))
                    }
                }
            }
            "gandi" => {
                let registrar = GandiRegistrar::new(self.gandi()?);
                match (self.optional("GANDI_OWNER"), self.demo) {
                    (Some(json), _) => {
                        let owner = serde_json::from_str(&json)
                            .map_err(|error| Failure::new(format!("GANDI_OWNER is no contact as JSON: {error}")))?;
                        Arc::new(registrar.with_owner(owner))
                    }
                    (None, Some(_)) => Arc::new(registrar.with_owner(somebody())),
                    (None, None) => Arc::new(registrar),
                }
            }
            _ => return Err(unknown(name)),
        })
    }

    /// A look at the world: the real one from IANA's root servers down, or the demo's.
    pub fn lookout(&self, clock: &Clock) -> Result<Lookout, Failure> {
        match self.demo {
            Some(demo) => Ok(demo.lookout()),
            None => Ok(Lookout::new(Observer::new(), clock.clone()).with_rdap(Rdap::new()?)),
        }
    }

    /// An account at `DNSimple`: `DNSIMPLE_TOKEN`, and `DNSIMPLE_ACCOUNT` where the token can see several accounts.
    pub async fn dnsimple(&self) -> Result<Account, Failure> {
        if let Some(demo) = self.demo {
            return Ok(demo.dnsimple.account());
        }
        let builder = DnSimple::builder(self.variable("DNSIMPLE_TOKEN")?);
        let client = DnSimple::from(self.patient(builder, "DNSIMPLE_BASE_URL", howdah_dnsimple::SANDBOX).build()?);
        match self.optional("DNSIMPLE_ACCOUNT") {
            None => Ok(client.resolve_account().await?),
            Some(number) => number
                .parse::<u64>()
                .map(|number| client.account(number))
                .map_err(|_| Failure::new(format!("DNSIMPLE_ACCOUNT is no account number: `{number}`"))),
        }
    }

    /// Gandi: `GANDI_PERSONAL_ACCESS_TOKEN`, and `GANDI_SHARING_ID` for the organisation that pays.
    fn gandi(&self) -> Result<Gandi, Failure> {
        if let Some(demo) = self.demo {
            return Ok(demo.gandi.client());
        }
        let builder = Gandi::builder(self.variable("GANDI_PERSONAL_ACCESS_TOKEN")?);
        let mut builder = self.patient(builder, "GANDI_URL", howdah_gandi::SANDBOX);
        if let Some(organization) = self.optional("GANDI_SHARING_ID") {
            builder = builder.query("sharing_id", organization);
        }
        Ok(Gandi::from(builder.build()?))
    }

    /// Cloudflare: `CLOUDFLARE_API_TOKEN`. It has no sandbox.
    fn cloudflare(&self) -> Result<Cloudflare, Failure> {
        if let Some(demo) = self.demo {
            return Ok(demo.cloudflare.client());
        }
        let builder = Cloudflare::builder(self.variable("CLOUDFLARE_API_TOKEN")?);
        Ok(Cloudflare::from(self.patient(builder, "CLOUDFLARE_BASE_URL", howdah_cloudflare::PRODUCTION).build()?))
    }

    /// `DigitalOcean`: `DIGITALOCEAN_TOKEN`. It has no sandbox.
    pub fn digitalocean(&self) -> Result<DigitalOcean, Failure> {
        if let Some(demo) = self.demo {
            return Ok(demo.digitalocean.client());
        }
        let builder = DigitalOcean::builder(self.variable("DIGITALOCEAN_TOKEN")?);
        Ok(DigitalOcean::from(self.patient(builder, "DIGITALOCEAN_API_URL", howdah_digitalocean::PRODUCTION).build()?))
    }

    /// Netlify: `NETLIFY_AUTH_TOKEN`, and `NETLIFY_ACCOUNT`, a slug, for its DNS. It has no sandbox.
    pub fn netlify(&self) -> Result<Netlify, Failure> {
        if let Some(demo) = self.demo {
            return Ok(demo.netlify.client());
        }
        let builder = Netlify::builder(self.variable("NETLIFY_AUTH_TOKEN")?);
        Ok(Netlify::from(self.patient(builder, "NETLIFY_API_URL", howdah_netlify::PRODUCTION).build()?))
    }

    /// What browsers see: over the network with the system's authorities, or the demo's listeners with its own.
    pub fn tls_observer(&self) -> Result<tls::Observer, Failure> {
        Ok(match self.demo {
            Some(demo) => tls::Observer::new(Arc::new(demo.edge()), demo.roots()?)?,
            None => tls::Observer::network()?,
        })
    }

    /// A large job may spend an hour's quota: it waits for the next one. A base URL in the environment leads elsewhere.
    fn patient(&self, builder: ApiBuilder, variable: &str, sandbox: &str) -> ApiBuilder {
        let builder = builder.retry(RetryPolicy::default().with_total(Duration::from_secs(2 * 60 * 60)));
        match self.optional(variable) {
            Some(base) => builder.base_url(base),
            None if self.sandbox => builder.base_url(sandbox),
            None => builder,
        }
    }

    fn optional(&self, name: &str) -> Option<String> {
        (self.env)(name).filter(|text| !text.is_empty())
    }

    fn variable(&self, name: &str) -> Result<String, Failure> {
        self.optional(name)
            .ok_or_else(|| Failure::new(format!("{name} is not set: it holds the token to use (or try --demo)")))
    }
}

/// The demo's owner of domains.
fn somebody() -> NewContact {
    NewContact::new("CA", "ada@vmst.io", "Lovelace", "Ada", "12 Front Street", ContactType::Individual)
        .with_city("Toronto")
        .with_zip("M5J 2N1")
        .with_state("CA-ON")
        .with_phone("+1.4165550100")
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
