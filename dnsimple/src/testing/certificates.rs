#![allow(clippy::expect_used, clippy::result_large_err)]

use std::{collections::BTreeSet, time::SystemTime};

use howdah_core::{
    dns::Name,
    testing::{Answer, Fake},
};
use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    RsaKeySize,
};
use serde::{Deserialize, Serialize};

use super::{FakeDnSimple, State as World, domains, invalid, not_found, number, plan_required, refused};
use crate::{
    certificates::{
        Certificate, CertificateAuthority, CertificateDownload, CertificateId, CertificatePrivateKey, CertificateState,
        DOWNLOAD, GET, GET_PRIVATE_KEY, ISSUE_LETSENCRYPT, ISSUE_LETSENCRYPT_RENEWAL, LIST, LetsencryptPurchase,
        LetsencryptPurchaseId, LetsencryptRenewal, LetsencryptRenewalId, PURCHASE_LETSENCRYPT,
        PURCHASE_LETSENCRYPT_RENEWAL, RenewalState, SignatureAlgorithm,
    },
    domains::Domain,
};

/// How long the authority takes.
const ISSUING: SignedDuration = SignedDuration::from_mins(1);

const LIFETIME: SignedDuration = SignedDuration::from_hours(90 * 24);

#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct State {
    certificates: Vec<Held>,
    purchases: Vec<LetsencryptPurchase>,
    renewals: Vec<LetsencryptRenewal>,
    /// The domains whose next certificate fails.
    failing: BTreeSet<String>,
    authority: Option<Authority>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Held {
    certificate: Certificate,
    domain: String,
    algorithm: SignatureAlgorithm,
    requested_at: Option<Timestamp>,
    issued: Option<Issued>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Issued {
    server: String,
    chain: String,
    key: String,
}

/// Who signs: a certificate and its key, in PEM.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Authority {
    since: Timestamp,
    certificate: String,
    key: String,
}

pub(super) fn serve(fake: Fake<World>) -> Fake<World> {
    fake.on(&LIST, |world, [_, domain], _| {
        let domain = Some(domains::find(world, domain)?.id);
        let held = world.certificates.certificates.iter();
        Ok(held.map(|held| &held.certificate).filter(|certificate| certificate.domain_id == domain).cloned().collect())
    })
    .on(&GET, |world, [_, domain, certificate], ()| Ok(find(world, domain, certificate)?.certificate.clone()))
    .on(&DOWNLOAD, |world, [_, domain, certificate], ()| {
        let issued = issued(find(world, domain, certificate)?)?;
        Ok(CertificateDownload { server: issued.server.clone(), root: None, chain: vec![issued.chain.clone()] })
    })
    .on(&GET_PRIVATE_KEY, |world, [_, domain, certificate], ()| {
        let private_key = issued(find(world, domain, certificate)?)?.key.as_str().into();
        Ok(CertificatePrivateKey { private_key })
    })
    .on(&PURCHASE_LETSENCRYPT, |world, [_, domain], new| {
        let domain = domains::find(world, domain)?.clone();
        let wanted = Wanted {
            name: new.name.unwrap_or_else(|| "www".to_owned()),
            alternate_names: new.alternate_names.unwrap_or_default(),
            auto_renew: new.auto_renew.unwrap_or(false),
            algorithm: new.signature_algorithm.unwrap_or(SignatureAlgorithm::Ecdsa),
        };
        let certificate_id = order(world, &domain, wanted)?;
        let purchase = LetsencryptPurchase {
            id: world.new_id(),
            certificate_id: Some(certificate_id),
            state: Some(CertificateState::New),
            auto_renew: Some(new.auto_renew.unwrap_or(false)),
            created_at: Some(world.now()),
            updated_at: Some(world.now()),
        };
        world.certificates.purchases.push(purchase.clone());
        Ok(purchase)
    })
    .on(&ISSUE_LETSENCRYPT, |world, [_, domain, purchase], ()| {
        let domain = domains::find(world, domain)?.clone();
        let id: LetsencryptPurchaseId = number(purchase, "Certificate purchase")?;
        let mut purchases = world.certificates.purchases.iter();
        let certificate = purchases.find(|one| one.id == id).and_then(|one| one.certificate_id);
        request(world, &domain, certificate)?.ok_or_else(|| not_found("Certificate purchase", purchase))
    })
    .on(&PURCHASE_LETSENCRYPT_RENEWAL, |world, [_, domain, certificate], new| {
        let old = find(world, domain, certificate)?.clone();
        issued(&old)?;
        let domain = domains::find(world, domain)?.clone();
        let wanted = Wanted {
            name: old.certificate.name,
            alternate_names: old.certificate.alternate_names,
            auto_renew: new.auto_renew.unwrap_or(false),
            algorithm: new.signature_algorithm.unwrap_or(SignatureAlgorithm::Ecdsa),
        };
        let new_certificate_id = order(world, &domain, wanted)?;
        let renewal = LetsencryptRenewal {
            id: world.new_id(),
            old_certificate_id: Some(old.certificate.id),
            new_certificate_id: Some(new_certificate_id),
            state: Some(RenewalState::New),
            auto_renew: Some(new.auto_renew.unwrap_or(false)),
            auto_renewal: None,
            created_at: Some(world.now()),
            updated_at: Some(world.now()),
        };
        world.certificates.renewals.push(renewal.clone());
        Ok(renewal)
    })
    .on(&ISSUE_LETSENCRYPT_RENEWAL, |world, [_, domain, certificate, renewal], ()| {
        let old = find(world, domain, certificate)?.certificate.id;
        let domain = domains::find(world, domain)?.clone();
        let id: LetsencryptRenewalId = number(renewal, "Certificate renewal")?;
        let mut renewals = world.certificates.renewals.iter();
        let certificate = renewals
            .find(|one| one.id == id && one.old_certificate_id == Some(old))
            .and_then(|one| one.new_certificate_id);
        request(world, &domain, certificate)?.ok_or_else(|| not_found("Certificate renewal", renewal))
    })
}

/// What completes by itself: what was requested is issued, or fails.
pub(super) fn pass(world: &mut World) {
    let now = world.now();
    let state = &mut world.certificates;
    for held in &mut state.certificates {
        let due = held.requested_at.map(|at| at + ISSUING);
        let Some(due) = due.filter(|due| held.certificate.state == CertificateState::Requesting && *due <= now) else {
            continue;
        };
        held.certificate.updated_at = Some(due);
        if state.failing.remove(&held.domain) {
            held.certificate.state = CertificateState::Failed;
            continue;
        }
        let authority = state.authority.get_or_insert_with(|| authority(due));
        issue(held, authority, due);
    }
}

impl FakeDnSimple {
    /// Makes the next certificate that is requested or under way for a domain fail.
    pub fn fail_certificate(&self, domain: &str) {
        self.world().state(|world| {
            world.certificates.failing.insert(domain.to_owned());
        });
    }
}

/// What a certificate is to be.
struct Wanted {
    name: String,
    alternate_names: Vec<String>,
    auto_renew: bool,
    algorithm: SignatureAlgorithm,
}

fn order(world: &mut World, domain: &Domain, wanted: Wanted) -> Result<CertificateId, Answer> {
    if matches!(wanted.algorithm, SignatureAlgorithm::Other(_)) {
        return Err(invalid("signature_algorithm", "is not included in the list"));
    }
    let common_name = match wanted.name.as_str() {
        "" => domain.name.clone(),
        name => format!("{name}.{}", domain.name),
    };
    let within = |name: &str| {
        let zone = Name::parse(&domain.name);
        Name::parse(name).is_ok_and(|name| zone.is_ok_and(|zone| name.is_within(&zone)))
    };
    if !within(&common_name) {
        return Err(invalid("name", "is invalid"));
    }
    if !wanted.alternate_names.iter().all(|name| within(name)) {
        return Err(invalid("alternate_names", "are not all names of the domain"));
    }
    let usual = wanted.name == "www" && wanted.alternate_names.is_empty();
    if !usual && !world.plan.certificate_names {
        return Err(plan_required());
    }
    let certificate = Certificate {
        id: world.new_id(),
        domain_id: Some(domain.id),
        name: wanted.name,
        common_name: Some(common_name),
        years: Some(1),
        csr: None,
        state: CertificateState::New,
        auto_renew: Some(wanted.auto_renew),
        alternate_names: wanted.alternate_names,
        authority_identifier: Some(CertificateAuthority::Letsencrypt),
        created_at: Some(world.now()),
        updated_at: Some(world.now()),
        expires_at: None,
        expires_on: None,
    };
    let id = certificate.id;
    world.certificates.certificates.push(Held {
        certificate,
        domain: domain.name.clone(),
        algorithm: wanted.algorithm,
        requested_at: None,
        issued: None,
    });
    Ok(id)
}

/// Asks the authority for an ordered certificate, if there is one.
fn request(
    world: &mut World,
    domain: &Domain,
    certificate: Option<CertificateId>,
) -> Result<Option<Certificate>, Answer> {
    let now = world.now();
    let held = world
        .certificates
        .certificates
        .iter_mut()
        .find(|held| Some(held.certificate.id) == certificate && held.certificate.domain_id == Some(domain.id));
    let Some(held) = held else { return Ok(None) };
    if held.requested_at.is_some() {
        return Err(refused(400, "The certificate was requested already"));
    }
    held.requested_at = Some(now);
    held.certificate.state = CertificateState::Requesting;
    held.certificate.updated_at = Some(now);
    Ok(Some(held.certificate.clone()))
}

fn find<'w>(world: &'w World, domain: &str, certificate: &str) -> Result<&'w Held, Answer> {
    let domain = Some(domains::find(world, domain)?.id);
    let id: CertificateId = number(certificate, "Certificate")?;
    let mut held = world.certificates.certificates.iter();
    held.find(|held| held.certificate.id == id && held.certificate.domain_id == domain)
        .ok_or_else(|| not_found("Certificate", certificate))
}

fn issued(held: &Held) -> Result<&Issued, Answer> {
    let issued = held.issued.as_ref();
    issued.ok_or_else(|| refused(428, "The certificate has not been issued"))
}

/// A real certificate of a new key, which nobody but this fake vouches for.
fn issue(held: &mut Held, authority: &Authority, now: Timestamp) {
    let key = match held.algorithm {
        SignatureAlgorithm::Rsa => KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, RsaKeySize::_2048),
        _ => KeyPair::generate(),
    };
    let key = key.expect("keys can be made");
    let common_name = held.certificate.common_name.clone().unwrap_or_default();
    let mut names = vec![common_name.clone()];
    if held.certificate.name == "www" {
        names.push(held.domain.clone());
    }
    for name in &held.certificate.alternate_names {
        if !names.contains(name) {
            names.push(name.clone());
        }
    }
    let mut params = CertificateParams::new(names).expect("the names are ASCII");
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, common_name);
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let csr = params.serialize_request(&key).and_then(|csr| csr.pem());

    let expires_at = now + LIFETIME;
    params.not_before = SystemTime::from(now).into();
    params.not_after = SystemTime::from(expires_at).into();
    params.use_authority_key_identifier_extension = true;
    let signer = KeyPair::from_pem(&authority.key).expect("the authority's key is one");
    let issuer = Issuer::new(authority_params(authority.since), signer);
    let server = params.signed_by(&key, &issuer).expect("the certificate can be signed");

    held.issued = Some(Issued { server: server.pem(), chain: authority.certificate.clone(), key: key.serialize_pem() });
    held.certificate.csr = Some(csr.expect("a request can be signed"));
    held.certificate.state = CertificateState::Issued;
    held.certificate.expires_at = Some(expires_at);
    held.certificate.expires_on = Some(expires_at.to_zoned(TimeZone::UTC).date());
}

fn authority(now: Timestamp) -> Authority {
    let key = KeyPair::generate().expect("keys can be made");
    let certificate = authority_params(now).self_signed(&key);
    Authority {
        since: now,
        certificate: certificate.expect("the authority can sign itself").pem(),
        key: key.serialize_pem(),
    }
}

fn authority_params(since: Timestamp) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, "Fake authority");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::DigitalSignature];
    params.not_before = SystemTime::from(since).into();
    params.not_after = SystemTime::from(since + SignedDuration::from_hours(10 * 365 * 24)).into();
    params
}
