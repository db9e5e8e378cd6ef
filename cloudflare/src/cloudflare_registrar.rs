//! Cloudflare as a [`Registrar`] that can only be read.

use std::sync::LazyLock;

use async_trait::async_trait;
use howdah_core::{
    Error, ErrorKind, Outcome, Result, Secret,
    dns::{KeyInfo, Name},
    registrar::{
        AuthCode, Confirm, GlueHost, PublishedKey, Purchase, Quote, Registrar, RegistrarCapabilities, Registration,
        Transfer, TransferCheck, TransferOrder,
    },
};

use crate::{
    Cloudflare,
    zones::{AccountId, ZoneFilter},
};

/// The registrations of an account. What is not read is done in the dashboard, and refused here with the way there.
///
/// ```
/// use howdah_cloudflare::CloudflareRegistrar;
/// use howdah_core::{dns::Name, registrar::Registrar};
/// # use howdah_cloudflare::testing::FakeCloudflare;
///
/// # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() -> howdah_core::Result<()> {
/// # let fake = FakeCloudflare::new();
/// # let domain = Name::parse("example.com").unwrap();
/// # fake.register(&domain, jiff::SignedDuration::from_hours(24 * 400));
/// let registrar = CloudflareRegistrar::new(fake.client(), fake.account());
/// assert_eq!(registrar.registration(&domain).await?.transfer_lock, Some(true));
/// let error = registrar.auth_code(&domain).await.unwrap_err();
/// assert!(error.is_unsupported() && error.message().contains("Unlock"));
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct CloudflareRegistrar {
    client: Cloudflare,
    account: AccountId,
}

const NAME: &str = "cloudflare";

static CAPABILITIES: LazyLock<RegistrarCapabilities> = LazyLock::new(RegistrarCapabilities::read_only);

impl CloudflareRegistrar {
    /// The registrations of this account, which every [`Zone`](crate::zones::Zone) of it tells.
    pub fn new(client: Cloudflare, account: AccountId) -> Self {
        Self { client, account }
    }

    /// A domain at Cloudflare keeps Cloudflare's name servers, so they are those of its zone.
    async fn name_servers(&self, domain: &Name) -> Result<Vec<Name>> {
        let filter =
            ZoneFilter::new().with_name(domain.to_fqdn_without_dot()).with_account_id(self.account.get().as_str());
        let zones = self.client.zones().list(filter).all().await?;
        let servers = zones.into_iter().filter_map(|zone| zone.name_servers).flatten();
        servers.map(|server| crate::dns_provider::host(&server)).collect()
    }
}

#[async_trait]
impl Registrar for CloudflareRegistrar {
    fn name(&self) -> &'static str {
        NAME
    }

    fn capabilities(&self) -> &RegistrarCapabilities {
        &CAPABILITIES
    }

    async fn registration(&self, domain: &Name) -> Result<Registration> {
        let found = self.client.registrar().get(&self.account, &domain.to_fqdn_without_dot()).await?;
        let mut registration = Registration::new(domain.clone());
        registration.name_servers = self.name_servers(domain).await?;
        registration.transfer_lock = found.locked;
        registration.auto_renew = found.auto_renew;
        registration.created_at = found.created_at;
        registration.expires_at = found.expires_at;
        Ok(registration)
    }

    async fn quote(&self, domain: &Name, _: Purchase) -> Result<Quote> {
        Err(manual(domain, "prices are shown in the dashboard only (Domain Registration)"))
    }

    async fn check_transfer(&self, domain: &Name, _: Option<&Secret>) -> Result<TransferCheck> {
        Err(manual(domain, TRANSFER_IN))
    }

    async fn transfer_in(&self, order: &TransferOrder, _: &Confirm) -> Result<Transfer> {
        Err(manual(&order.domain, TRANSFER_IN))
    }

    async fn transfer(&self, domain: &Name) -> Result<Option<Transfer>> {
        Err(manual(domain, TRANSFER_IN))
    }

    async fn correct_transfer(&self, domain: &Name, _: &Secret) -> Result<()> {
        Err(manual(domain, TRANSFER_IN))
    }

    async fn set_name_servers(&self, domain: &Name, _: &[Name]) -> Result<()> {
        Err(manual(
            domain,
            "a domain that is registered at Cloudflare stays with Cloudflare's name servers: transfer it first, and let the \
             new registrar delegate it",
        ))
    }

    async fn set_transfer_lock(&self, domain: &Name, locked: bool) -> Result<()> {
        Err(manual(domain, if locked { LOCK } else { UNLOCK }))
    }

    async fn set_auto_renew(&self, domain: &Name, _: bool) -> Result<()> {
        Err(manual(domain, "renewal is set in the dashboard, in Domain Registration > Manage Domains > Configuration"))
    }

    async fn auth_code(&self, domain: &Name) -> Result<AuthCode> {
        Err(manual(domain, UNLOCK))
    }

    async fn keys(&self, domain: &Name) -> Result<Vec<PublishedKey>> {
        Err(manual(domain, KEYS))
    }

    async fn add_key(&self, domain: &Name, _: &KeyInfo) -> Result<()> {
        Err(manual(domain, KEYS))
    }

    async fn remove_key(&self, domain: &Name, _: &PublishedKey) -> Result<()> {
        Err(manual(domain, KEYS))
    }

    async fn glue(&self, domain: &Name) -> Result<Vec<GlueHost>> {
        Err(manual(domain, GLUE))
    }

    async fn set_glue(&self, domain: &Name, _: &GlueHost) -> Result<()> {
        Err(manual(domain, GLUE))
    }
}

const UNLOCK: &str = "it is unlocked by hand: in the dashboard open Domain Registration > Manage Domains, choose Manage, then \
                      Configuration, and press Unlock; the page then shows the authorization code";
const LOCK: &str = "it is locked by hand: in the dashboard open Domain Registration > Manage Domains, choose Manage, then \
                    Configuration, and press Lock";
const TRANSFER_IN: &str = "transfers to Cloudflare are not made here";
const KEYS: &str =
    "Cloudflare publishes the DS of its own signatures and no other: switch DNSSEC of its zone on or off";
const GLUE: &str = "the addresses of hosts below it cannot be read or changed";

fn manual(domain: &Name, what: &str) -> Error {
    Error::new(ErrorKind::Unsupported, format!("{domain}: {what}")).with_provider(NAME).with_outcome(Outcome::NotSent)
}
