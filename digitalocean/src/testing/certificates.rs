use std::collections::BTreeMap;

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use data_encoding::HEXLOWER;
use howdah_core::testing::{Answer, Fake};
use jiff::{SignedDuration, Timestamp};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose, PublicKeyData};
use serde::{Deserialize, Serialize};
use x509_parser::{parse_x509_certificate, pem::Pem, prelude::GeneralName};

use super::{FakeDigitalOcean, State as World, cdn, domains, load_balancers, not_found, refused, unprocessable};
use crate::certificates::{
    CREATE, Certificate, CertificateId, CertificateState, CertificateType, CustomCertificate, DELETE, GET, LIST,
    LetsEncryptCertificate, NewCertificate,
};

#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct State {
    certificates: Vec<Held>,
    /// When each was last taken out of use.
    released: BTreeMap<CertificateId, Timestamp>,
    /// Domains whose next certificate is not issued.
    failing: Vec<String>,
}

/// A certificate, and what only its listeners show.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Held {
    certificate: Certificate,
    material: Material,
    /// When it is issued.
    due: Option<Timestamp>,
}

/// What a listener presents.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Material {
    /// The names that the leaf is for.
    pub(super) names: Vec<String>,
    /// PEM, the leaf first.
    pub(super) chain: String,
    /// PEM.
    pub(super) key: String,
}

const ISSUING: SignedDuration = SignedDuration::from_secs(60);

/// So long after it was taken out of use a certificate counts as used.
const RELEASING: SignedDuration = SignedDuration::from_secs(10);

pub(super) fn serve(fake: Fake<World>) -> Fake<World> {
    fake.on(&LIST, |world, [], filter| {
        let certificates = world.certificates.certificates.iter().map(|held| &held.certificate);
        Ok(certificates.filter(|one| filter.name.as_ref().is_none_or(|name| one.name == *name)).cloned().collect())
    })
    .on(&CREATE, |world, [], new| {
        let name = match &new {
            NewCertificate::Custom(new) => &new.name,
            NewCertificate::LetsEncrypt(new) => &new.name,
        };
        if name.is_empty() {
            return Err(unprocessable("Name can't be blank"));
        }
        if world.certificates.certificates.iter().any(|held| held.certificate.name == *name) {
            return Err(unprocessable("Certificate name must be unique"));
        }
        let held = match new {
            NewCertificate::Custom(new) => upload(world, new)?,
            NewCertificate::LetsEncrypt(new) => ask_for(world, new)?,
        };
        world.certificates.certificates.push(held.clone());
        Ok(held.certificate)
    })
    .on(&GET, |world, [id], ()| find(world, id).map(|held| held.certificate.clone()))
    .on(&DELETE, |world, [id], ()| {
        let id = find(world, id)?.certificate.id.clone();
        let released = world.certificates.released.get(&id);
        let just_now = released.is_some_and(|at| *at + RELEASING > world.now());
        if load_balancers::uses_certificate(world, &id) || cdn::uses_certificate(world, &id) || just_now {
            return Err(refused(
                422,
                "unprocessable_entity",
                "This certificate is being used by an active Load Balancer and cannot be deleted",
            ));
        }
        world.certificates.certificates.retain(|held| held.certificate.id != id);
        Ok(())
    })
}

pub(super) fn pass(world: &mut World) {
    let now = world.now();
    let state = &mut world.certificates;
    for held in &mut state.certificates {
        let Some(due) = held.due.take_if(|due| *due <= now) else { continue };
        let fails = state.failing.iter().position(|name| held.certificate.dns_names.contains(name));
        if let Some(index) = fails {
            state.failing.remove(index);
            held.certificate.state = Some(CertificateState::Error);
            continue;
        }
        let names: Vec<_> = held.certificate.dns_names.iter().map(String::as_str).collect();
        let (leaf, chain, key) = issue(&names, due, SignedDuration::from_hours(90 * 24));
        let Ok(read) = read(&leaf) else { continue };
        held.certificate.state = Some(CertificateState::Verified);
        held.certificate.not_after = Some(read.not_after);
        held.certificate.sha1_fingerprint = Some(read.fingerprint);
        held.material = Material { names: read.names, chain: leaf + &chain, key };
    }
}

fn upload(world: &mut World, new: CustomCertificate) -> Result<Held, Answer> {
    let CustomCertificate { name, private_key, leaf_certificate, certificate_chain, .. } = new;
    let leaf = read(&leaf_certificate)?;
    let key = KeyPair::from_pem(private_key.expose()).map_err(|_| unprocessable("The private key is not valid"))?;
    if key.der_bytes() != leaf.public_key {
        return Err(unprocessable("The private key does not match the leaf certificate"));
    }
    if leaf.not_after <= world.now() {
        return Err(unprocessable("The certificate has expired"));
    }
    let chain = certificate_chain.unwrap_or_default();
    if !chain.trim().is_empty() && Pem::iter_from_buffer(chain.as_bytes()).any(|block| block.is_err()) {
        return Err(unprocessable("The certificate chain is not valid"));
    }
    let certificate = Certificate {
        id: CertificateId::new(world.new_uuid()),
        name,
        not_after: Some(leaf.not_after),
        sha1_fingerprint: Some(leaf.fingerprint),
        created_at: Some(world.now()),
        // What it is for, nobody is told.
        dns_names: vec![String::new()],
        state: Some(CertificateState::Verified),
        certificate_type: Some(CertificateType::Custom),
    };
    let chain = format!("{}\n{}", leaf_certificate.trim_end(), chain);
    let material = Material { names: leaf.names, chain, key: private_key.expose().to_owned() };
    Ok(Held { certificate, material, due: None })
}

fn ask_for(world: &mut World, new: LetsEncryptCertificate) -> Result<Held, Answer> {
    let LetsEncryptCertificate { name, dns_names: mut names, .. } = new;
    if names.is_empty() {
        return Err(unprocessable("DNS names can't be blank"));
    }
    for name in &names {
        let labels: Vec<_> = name.trim_start_matches("*.").split('.').collect();
        let held = (0..labels.len()).any(|from| domains::exists(world, &labels[from..].join(".")));
        if !held {
            return Err(unprocessable(format!("{name} is not a domain of your account")));
        }
    }
    // A wildcard comes with its apex.
    let apexes: Vec<_> = names.iter().filter_map(|name| name.strip_prefix("*.")).map(str::to_owned).collect();
    names.extend(apexes);
    names.sort();
    names.dedup();
    let certificate = Certificate {
        id: CertificateId::new(world.new_uuid()),
        name,
        not_after: None,
        sha1_fingerprint: None,
        created_at: Some(world.now()),
        dns_names: names,
        state: Some(CertificateState::Pending),
        certificate_type: Some(CertificateType::LetsEncrypt),
    };
    Ok(Held { certificate, material: Material::default(), due: Some(world.now() + ISSUING) })
}

/// What the service reads of a leaf.
struct Leaf {
    not_after: Timestamp,
    fingerprint: String,
    names: Vec<String>,
    public_key: Vec<u8>,
}

fn read(pem: &str) -> Result<Leaf, Answer> {
    let wrong = || unprocessable("The leaf certificate is not valid");
    let block = Pem::iter_from_buffer(pem.as_bytes()).next().and_then(Result::ok).ok_or_else(wrong)?;
    let (_, certificate) = parse_x509_certificate(&block.contents).map_err(|_| wrong())?;
    let not_after = Timestamp::from_second(certificate.validity().not_after.timestamp()).map_err(|_| wrong())?;
    let names = certificate.subject_alternative_name().ok().flatten();
    let names = names.iter().flat_map(|extension| &extension.value.general_names).filter_map(|name| match name {
        GeneralName::DNSName(name) => Some((*name).to_owned()),
        _ => None,
    });
    Ok(Leaf {
        not_after,
        fingerprint: HEXLOWER.encode(digest(&SHA1_FOR_LEGACY_USE_ONLY, &block.contents).as_ref()),
        names: names.collect(),
        public_key: certificate.public_key().subject_public_key.data.to_vec(),
    })
}

fn find<'w>(world: &'w World, id: &str) -> Result<&'w Held, Answer> {
    world.certificates.certificates.iter().find(|held| held.certificate.id.get() == id).ok_or_else(not_found)
}

/// What listeners present that use a certificate, if it can be used.
pub(super) fn material<'w>(world: &'w World, id: &CertificateId) -> Option<&'w Material> {
    let held = find(world, id.get()).ok()?;
    (held.certificate.state == Some(CertificateState::Verified)).then_some(&held.material)
}

/// Can a certificate be put to use?
pub(super) fn usable(world: &World, id: &CertificateId) -> Result<(), Answer> {
    material(world, id).map(drop).ok_or_else(|| unprocessable("The certificate does not exist or is not verified"))
}

/// A certificate is no longer used somewhere.
pub(super) fn released(world: &mut World, id: CertificateId) {
    let now = world.now();
    world.certificates.released.insert(id, now);
}

impl FakeDigitalOcean {
    /// The certificates that there are, without a request.
    pub fn certificates(&self) -> Vec<Certificate> {
        self.world()
            .state(|world| world.certificates.certificates.iter().map(|held| held.certificate.clone()).collect())
    }

    /// Makes the next certificate of Let's Encrypt for a name end as `error`.
    pub fn fail_certificate(&self, name: &str) {
        self.world().state(|world| world.certificates.failing.push(name.to_owned()));
    }
}

/// A leaf, its chain and its key as PEM: good for a year from now, and nobody but a test trusts it.
///
/// # Panics
///
/// When a name cannot stand in a certificate.
pub fn certificate_for(names: &[&str]) -> (String, String, String) {
    issue(names, Timestamp::now() - SignedDuration::from_hours(1), SignedDuration::from_hours(365 * 24))
}

fn issue(names: &[&str], from: Timestamp, lifetime: SignedDuration) -> (String, String, String) {
    let names: Vec<_> = names.iter().map(ToString::to_string).collect();
    let (authority, key) =
        (KeyPair::generate().expect("keys can be made"), KeyPair::generate().expect("keys can be made"));
    let dated = |params: &mut CertificateParams| {
        params.not_before = std::time::SystemTime::from(from).into();
        params.not_after = std::time::SystemTime::from(from + lifetime).into();
    };
    let mut issuing = CertificateParams::default();
    issuing.distinguished_name = rcgen::DistinguishedName::new();
    issuing.distinguished_name.push(DnType::CommonName, "Fake authority");
    issuing.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    issuing.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    dated(&mut issuing);
    let chain = issuing.self_signed(&authority).expect("the authority can sign itself").pem();
    let mut params = CertificateParams::new(names).expect("the names are ASCII");
    dated(&mut params);
    let leaf = params.signed_by(&key, &Issuer::new(issuing, authority)).expect("the certificate can be signed");
    (leaf.pem(), chain, key.serialize_pem())
}
