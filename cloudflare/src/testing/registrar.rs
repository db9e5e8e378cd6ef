use howdah_core::{
    dns::Name,
    testing::{Answer, Fake, RegisteredDomain, TRANSFER_PROHIBITED},
};
use jiff::SignedDuration;

use super::{ACCOUNT, FakeCloudflare, NAME, State as World, answer, name_servers, not_found, refused};
use crate::registrar::{GET, LIST, Registration, RegistrationStatus};

pub(super) fn serve(fake: Fake<World>) -> Fake<World> {
    fake.on(&LIST, |world, [account], ()| {
        require(account)?;
        let domains = world.registry.domains();
        let held = domains.into_iter().filter_map(|name| Some((world.registry.domain(&name)?, name)));
        let ours = held.filter(|(domain, _)| domain.registrar == NAME);
        Ok(ours.map(|(domain, name)| registration(&name, &domain)).collect())
    })
    .on(&GET, |world, [account, name], ()| {
        require(account)?;
        let found = Name::parse(name).ok().and_then(|name| Some((world.registry.domain(&name)?, name)));
        let found = found.filter(|(domain, _)| domain.registrar == NAME);
        let (domain, name) = found.ok_or_else(|| refused(404, 1005, "The registration is not there."))?;
        answer(registration(&name, &domain))
    })
}

impl FakeCloudflare {
    /// Registers a domain at Cloudflare, so many hours or years ago. It is locked, and delegated to Cloudflare, where it stays
    /// as long as it is registered there.
    ///
    /// # Panics
    ///
    /// When the domain is registered already.
    pub fn register(&self, domain: &Name, age: SignedDuration) {
        self.registry.register(domain, NAME, &name_servers(), age);
    }

    /// Unlocks a domain by hand, as its owner does in the dashboard, which then shows this authorization code.
    ///
    /// # Panics
    ///
    /// When the domain is not registered at Cloudflare, or a transfer goes on.
    pub fn unlock_in_dashboard(&self, domain: &Name) -> String {
        let code = self.world.state(World::new_id)[..16].to_owned();
        let unlocked = self.registry.set_status(domain, NAME, TRANSFER_PROHIBITED, false);
        let done = unlocked.and_then(|()| self.registry.set_auth_code(domain, NAME, &code));
        assert!(done.is_ok(), "{domain} cannot be unlocked: {done:?}");
        code
    }

    /// Locks a domain again.
    ///
    /// # Panics
    ///
    /// When the domain is not registered at Cloudflare, or a transfer goes on.
    pub fn lock_in_dashboard(&self, domain: &Name) {
        let done = self.registry.set_status(domain, NAME, TRANSFER_PROHIBITED, true);
        assert!(done.is_ok(), "{domain} cannot be locked: {done:?}");
    }

    /// Lets a domain go at once that another registrar has asked for, as its owner may in the dashboard.
    ///
    /// # Panics
    ///
    /// When no transfer goes on.
    pub fn release_in_dashboard(&self, domain: &Name) {
        let done = self.registry.answer_transfer(domain, NAME, true);
        assert!(done.is_ok(), "{domain} cannot be released: {done:?}");
    }
}

fn require(account: &str) -> Result<(), Answer> {
    if account == ACCOUNT { Ok(()) } else { Err(not_found(&format!("/client/v4/accounts/{account}"))) }
}

fn registration(name: &Name, domain: &RegisteredDomain) -> Registration {
    Registration {
        domain_name: name.to_fqdn_without_dot(),
        status: Some(RegistrationStatus::Active),
        locked: Some(domain.statuses.contains(TRANSFER_PROHIBITED)),
        auto_renew: Some(true),
        privacy_mode: Some("redaction".to_owned()),
        created_at: Some(domain.created_at),
        expires_at: Some(domain.expires_at),
    }
}
