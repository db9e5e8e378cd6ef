//! A case's world, and what is asked of it.

use std::{fmt::Debug, time::Duration};

use super::{DomainElsewhere, Subject};
use crate::{
    Error, ErrorKind, Outcome, Result,
    dns::{DigestType, Dnskey, KeyInfo, Name},
    registrar::{
        Confirm, GlueHost, Money, OperationState, PublishedKey, Purchase, Quote, Registrar, Registration, Transfer,
        TransferOrder,
    },
    testing::{ZoneKey, conformance::Stop},
};

pub(super) struct Bench<'a> {
    pub(super) subject: &'a dyn Subject,
    pub(super) registrar: &'a dyn Registrar,
    case: String,
}

impl<'a> Bench<'a> {
    pub(super) fn new(subject: &'a dyn Subject, case: String) -> Self {
        Self { subject, registrar: subject.registrar(), case }
    }

    pub(super) async fn here(&self) -> Result<Name, Stop> {
        Ok(self.subject.domain_here(&self.case).await?)
    }

    pub(super) async fn elsewhere(&self, locked: bool) -> Result<DomainElsewhere, Stop> {
        let domain = self.subject.domain_elsewhere(&self.case, locked).await?;
        domain.ok_or_else(|| Stop::Ignored("the subject has no domain at another registrar".to_owned()))
    }

    /// A name that nobody has registered.
    pub(super) fn nobodys(&self) -> Result<Name, Stop> {
        Ok(Name::parse(&format!("nobodys-{}.com", self.case))?)
    }

    pub(super) async fn registration(&self, domain: &Name) -> Result<Registration, Stop> {
        Ok(self.registrar.registration(domain).await?)
    }

    /// Reads until it is as it should be, or patience ends.
    pub(super) async fn until<T: Debug, R: Future<Output = Result<T>>>(
        &self,
        what: &str,
        mut read: impl FnMut() -> R,
        is: impl Fn(&T) -> bool,
    ) -> Result<T, Stop> {
        const LONGEST: Duration = Duration::from_secs(3600);
        let (mut waited, mut pause) = (Duration::ZERO, Duration::from_secs(1));
        loop {
            let read = read().await?;
            if is(&read) {
                return Ok(read);
            }
            if waited >= self.subject.patience() {
                return Err(Stop::Failed(format!("{what} is not so after {waited:?}: {read:?}")));
            }
            tokio::time::sleep(pause).await;
            (waited, pause) = (waited + pause, (pause * 2).min(LONGEST));
        }
    }

    pub(super) async fn until_registered(
        &self,
        domain: &Name,
        what: &str,
        is: impl Fn(&Registration) -> bool,
    ) -> Result<Registration, Stop> {
        self.until(what, || self.registrar.registration(domain), is).await
    }

    /// Waits until exactly these keys are listed.
    pub(super) async fn until_keys(&self, domain: &Name, wanted: &[&Dnskey]) -> Result<Vec<PublishedKey>, Stop> {
        let are = |keys: &Vec<PublishedKey>| {
            keys.len() == wanted.len() && wanted.iter().all(|wanted| keys.iter().any(|key| is_of(key, wanted, domain)))
        };
        self.until(&format!("{} keys and no others", wanted.len()), || self.registrar.keys(domain), are).await
    }

    pub(super) async fn until_glue(&self, domain: &Name, wanted: &[GlueHost]) -> Result<(), Stop> {
        let are = |hosts: &Vec<GlueHost>| {
            let sorted = |host: &GlueHost| {
                let mut addresses = host.addresses.clone();
                addresses.sort_unstable();
                (host.host.clone(), addresses)
            };
            hosts.len() == wanted.len() && wanted.iter().all(|one| hosts.iter().any(|host| sorted(host) == sorted(one)))
        };
        self.until(&format!("the glue {wanted:?}"), || self.registrar.glue(domain), are).await.map(drop)
    }

    pub(super) async fn until_transfer(
        &self,
        domain: &Name,
        what: &str,
        is: impl Fn(&OperationState) -> bool,
    ) -> Result<Transfer, Stop> {
        let is = |transfer: &Option<Transfer>| transfer.as_ref().is_some_and(|transfer| is(&transfer.state));
        let read = self.until(what, || self.registrar.transfer(domain), is).await?;
        read.ok_or_else(|| Stop::Failed(format!("there is no transfer of {domain}")))
    }

    /// An order for a domain, and the consent to what it costs now.
    pub(super) async fn order(&self, elsewhere: &DomainElsewhere) -> Result<(TransferOrder, Confirm), Stop> {
        let order = TransferOrder::new(elsewhere.domain.clone(), elsewhere.name_servers.clone())
            .with_auth_code(elsewhere.auth_code.clone());
        let quote = self.registrar.quote(&order.domain, Purchase::Transfer(order.years)).await?;
        let confirm = Confirm::up_to(quote.price.clone(), &quote)?;
        Ok((order, confirm))
    }

    /// Holds that so many transfers were paid for, where that can be told.
    pub(super) fn paid(&self, domain: &Name, times: usize) -> Result<(), Stop> {
        match self.subject.payments(domain) {
            Some(paid) => ensure(paid == times, || format!("{paid} transfers were paid for instead of {times}")),
            None => Ok(()),
        }
    }

    pub(super) async fn is_not_here(&self, domain: &Name) -> Result<(), Stop> {
        is_error(self.registrar.registration(domain).await, Some(ErrorKind::NotFound), "the domain is not here")
    }

    pub(super) async fn refuses_transfers(&self) -> Result<(), Stop> {
        let domain = self.nobodys()?;
        let quote = Quote {
            domain: domain.clone(),
            purchase: Purchase::Transfer(1),
            price: Money::new(1, "EUR"),
            premium: false,
        };
        let confirm = Confirm::up_to(quote.price.clone(), &quote)?;
        let order = TransferOrder::new(domain.clone(), [server(1)?]).with_auth_code(crate::Secret::from("code"));
        self.unsupported(self.registrar.quote(&domain, Purchase::Transfer(1))).await?;
        self.unsupported(self.registrar.check_transfer(&domain, None)).await?;
        self.unsupported(self.registrar.transfer_in(&order, &confirm)).await?;
        self.unsupported(self.registrar.transfer(&domain)).await?;
        self.unsupported(self.registrar.correct_transfer(&domain, &"code".into())).await
    }

    pub(super) async fn refuses_name_servers(&self) -> Result<(), Stop> {
        let domain = self.here().await?;
        let before = self.registration(&domain).await?.name_servers;
        self.unsupported(self.registrar.set_name_servers(&domain, &[server(1)?, server(2)?])).await?;
        let after = self.registration(&domain).await?.name_servers;
        ensure(after == before, || "the name servers were changed nevertheless".into())
    }

    pub(super) async fn refuses_lock(&self) -> Result<(), Stop> {
        let domain = self.here().await?;
        self.unsupported(self.registrar.set_transfer_lock(&domain, false)).await?;
        let locked = self.registration(&domain).await?.transfer_lock;
        ensure(locked != Some(false), || "the domain was unlocked nevertheless".into())
    }

    pub(super) async fn refuses_auto_renew(&self) -> Result<(), Stop> {
        let domain = self.here().await?;
        self.unsupported(self.registrar.set_auto_renew(&domain, true)).await
    }

    pub(super) async fn refuses_auth_code(&self) -> Result<(), Stop> {
        let domain = self.here().await?;
        self.unsupported(self.registrar.auth_code(&domain)).await
    }

    pub(super) async fn refuses_keys(&self) -> Result<(), Stop> {
        let domain = self.here().await?;
        let (_, key) = new_key(&domain);
        self.unsupported(self.registrar.add_key(&domain, &key)).await?;
        self.unsupported(self.registrar.remove_key(&domain, &PublishedKey { id: "1".to_owned(), key })).await?;
        self.unsupported(self.registrar.keys(&domain)).await
    }

    pub(super) async fn refuses_glue(&self) -> Result<(), Stop> {
        let domain = self.here().await?;
        self.unsupported(self.registrar.glue(&domain)).await?;
        let host = GlueHost { host: domain.child("ns1")?, addresses: vec!["192.0.2.1".parse()?] };
        self.unsupported(self.registrar.set_glue(&domain, &host)).await
    }

    /// Holds that it is refused as such, and that nothing was sent.
    async fn unsupported<T: Send>(&self, call: impl Future<Output = Result<T>> + Send) -> Result<(), Stop> {
        let before = self.subject.requests();
        let answer = call.await;
        ensure(self.subject.requests() == before, || "something was sent although it is not declared".into())?;
        let Err(error) = answer else {
            return Err(Stop::Failed("it was done although it is not declared".into()));
        };
        ensure(error.is_unsupported() && error.outcome() == Outcome::NotSent, || {
            format!("refused as {:?} and {:?}, not as Unsupported and NotSent: {error}", error.kind(), error.outcome())
        })
    }
}

/// A new key and what is known of it.
pub(super) fn new_key(domain: &Name) -> (Dnskey, KeyInfo) {
    let key = ZoneKey::generate(257).dnskey();
    let ds = key.to_ds(domain, DigestType::Sha256);
    (key.clone(), KeyInfo::new(key, [ds]))
}

pub(super) fn is_of(published: &PublishedKey, key: &Dnskey, domain: &Name) -> bool {
    published
        .key
        .dnskey
        .as_ref()
        .map_or_else(|| published.key.ds.iter().any(|ds| ds.covers(key, domain)), |published| published == key)
}

pub(super) fn server(number: u8) -> Result<Name, Stop> {
    Ok(Name::parse(&format!("ns{number}.example.net"))?)
}

pub(super) fn ensure(holds: bool, message: impl FnOnce() -> String) -> Result<(), Stop> {
    if holds { Ok(()) } else { Err(Stop::Failed(message())) }
}

/// Holds that nothing was done and that this is known.
pub(super) fn is_error<T>(answer: Result<T>, kind: Option<ErrorKind>, why: &str) -> Result<(), Stop> {
    let Err(error) = answer else {
        return Err(Stop::Failed(format!("no error although {why}")));
    };
    is_refusal(&error)?;
    ensure(kind.is_none_or(|kind| error.kind() == kind), || {
        format!("{why}, and the error is {:?} and not {kind:?}: {error}", error.kind())
    })
}

pub(super) fn is_refusal(error: &Error) -> Result<(), Stop> {
    ensure(matches!(error.outcome(), Outcome::NotSent | Outcome::Refused), || {
        format!("the error leaves open whether something was done: {error}")
    })
}
