#![allow(clippy::expect_used)]

use std::{collections::BTreeSet, time::SystemTime};

use howdah_core::testing::{Answer, Fake};
use jiff::{SignedDuration, Timestamp};
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, PublicKeyData,
};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{State as World, contacts, csr, error, invalid, message, not_found, tags, tried};
use crate::certificates::{
    ADD_TAG, CHECK_ISSUE, CHECK_RENEW, CHECK_UPDATE, CLEAR_TAGS, Certificate, CertificateDates, CertificateFilter,
    CertificateId, CertificatePackage, CertificateProvider, CertificateStatus, DCV_PARAMS, DCV_PARAMS_OF, DcvMethod,
    DcvParams, GET, GET_PACKAGE, INTERMEDIATE, INTERMEDIATE_FILE, ISSUE, LIST, LIST_PACKAGES, LIST_TAGS,
    NewCertificate, PEM, PackageCategory, PackageFilter, RENEW, REPLACE_TAGS, RESEND_DCV, REVOKE, SET_DCV_METHOD,
    UPDATE, UPDATE_TAGS,
};
use howdah_core::http::Text;

/// How long the authority takes.
const ISSUING: SignedDuration = SignedDuration::from_mins(5);

const YEAR: SignedDuration = SignedDuration::from_hours(365 * 24);

#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct State {
    certificates: Vec<Held>,
    authority: Option<Authority>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Held {
    certificate: Certificate,
    csr: Option<String>,
    dcv_method: DcvMethod,
    /// When it is issued, if it is not yet.
    due: Option<Timestamp>,
    /// Until when, once it is issued.
    until: Timestamp,
    pem: Option<String>,
    tags: BTreeSet<String>,
}

/// Who signs: a certificate and its key, in PEM.
#[derive(Debug, Serialize, Deserialize)]
struct Authority {
    since: Timestamp,
    certificate: String,
    key: String,
}

pub(super) fn serve(fake: Fake<World>) -> Fake<World> {
    let fake = fake
        .on(&LIST, |world, [], filter| {
            let held = world.certificates.certificates.iter().map(|held| &held.certificate);
            let mut list: Vec<_> = held.filter(|certificate| fits(certificate, &filter)).cloned().collect();
            match filter.sort_by.as_deref() {
                None => {}
                Some("cn") => list.sort_by(|one, other| one.cn.cmp(&other.cn)),
                Some("-cn") => list.sort_by(|one, other| other.cn.cmp(&one.cn)),
                Some(_) => return Err(invalid("querystring", "sort_by", "is not a field to sort by")),
            }
            Ok(list)
        })
        .on(&ISSUE, |world, [], order| {
            let mut wanted = checked(&order)?;
            wanted.package = with_href(world, wanted.package);
            let id = format!("00000000-0000-4000-8000-{:012x}", world.new_id());
            let href = format!("{}/certificate/issued-certs/{id}", world.base);
            let held = order_of(&id, &href, wanted, order, world.now);
            world.certificates.certificates.push(held);
            let body = json!({ "id": id, "href": href, "message": "The certificate was ordered" });
            Err(Answer::json(202, body).with_header("location", href))
        })
        .on(&CHECK_ISSUE, |_, [], order| Err(tried(checked(&order))))
        .on(&GET, |world, [id], ()| Ok(find(world, id)?.certificate.clone()))
        .on(&REVOKE, |world, [id], ()| {
            let now = world.now;
            let held = find(world, id)?;
            match held.certificate.status {
                CertificateStatus::Valid | CertificateStatus::Revoked => {
                    held.certificate.status = CertificateStatus::Revoked;
                    held.certificate.dates.updated_at = Some(now);
                    Ok(())
                }
                ref status => Err(conflict(&format!("The certificate is {status}"))),
            }
        })
        .on(&PEM, |world, [id], ()| {
            let pem = find(world, id)?.pem.clone();
            pem.map(Text).ok_or_else(|| not_found("certificate", id))
        });
    packages(domain_control(tagging(changing(fake))))
}

fn changing(fake: Fake<World>) -> Fake<World> {
    fake.on(&RENEW, |world, [id], renewal| {
        let now = world.now;
        let held = find(world, id)?;
        check_renewal(held, renewal.csr.as_deref(), renewal.dcv_method.as_ref())?;
        // What is left of the old year is not lost.
        held.until = held.until.max(now) + YEAR;
        again(held, renewal.csr, renewal.dcv_method, now);
        Err(message(202, "The certificate is being renewed"))
    })
    .on(&CHECK_RENEW, |world, [id], renewal| {
        let held = find(world, id)?;
        Err(tried(check_renewal(held, renewal.csr.as_deref(), renewal.dcv_method.as_ref())))
    })
    .on(&UPDATE, |world, [id], change| {
        let now = world.now;
        let held = find(world, id)?;
        check_change(held, change.altnames.as_deref(), change.csr.as_deref(), change.dcv_method.as_ref())?;
        if let Some(altnames) = change.altnames {
            held.certificate.altnames_unicode.clone_from(&altnames);
            held.certificate.altnames = altnames;
        }
        again(held, change.csr, change.dcv_method, now);
        Err(message(202, "The certificate is being issued again"))
    })
    .on(&CHECK_UPDATE, |world, [id], change| {
        let held = find(world, id)?;
        let (altnames, csr) = (change.altnames.as_deref(), change.csr.as_deref());
        Err(tried(check_change(held, altnames, csr, change.dcv_method.as_ref())))
    })
}

fn domain_control(fake: Fake<World>) -> Fake<World> {
    fake.on(&DCV_PARAMS, |_, [], question| {
        let order = NewCertificate { csr: Some(question.csr), ..NewCertificate::new(question.package) };
        let order = NewCertificate { altnames: question.altnames, dcv_method: Some(question.dcv_method), ..order };
        let wanted = checked(&order)?;
        Ok(dcv_params(&wanted.cn, wanted.altnames, wanted.dcv_method, order.csr.as_deref().unwrap_or_default()))
    })
    .on(&DCV_PARAMS_OF, |world, [id], change| {
        let held = find(world, id)?;
        let method = change.dcv_method.unwrap_or_else(|| held.dcv_method.clone());
        check_method(&method)?;
        if let Some(package) = &change.package {
            package_of(package).ok_or_else(|| invalid("body", "package", "is not the name of a package"))?;
        }
        let csr = change.csr.as_ref().or(held.csr.as_ref());
        if csr.is_some_and(|csr| csr::read(csr).is_none()) {
            return Err(invalid("body", "csr", "is not a signing request in PEM"));
        }
        let cn = held.certificate.cn.clone().unwrap_or_default();
        let csr = csr.map_or(id, String::as_str);
        let params = dcv_params(&cn, held.certificate.altnames.clone(), method, csr);
        Ok(DcvParams { unique_value: Some(id.to_owned()), ..params })
    })
    .on(&RESEND_DCV, |world, [id], ()| {
        pending(find(world, id)?)?;
        Err(message(200, "The names are looked at again"))
    })
    .on(&SET_DCV_METHOD, |world, [id], change| {
        let held = find(world, id)?;
        check_method(&change.method)?;
        pending(held)?;
        held.dcv_method = change.method;
        Err(message(200, "The method was changed"))
    })
}

fn tagging(fake: Fake<World>) -> Fake<World> {
    fake.on(&LIST_TAGS, |world, [id], ()| Ok(find(world, id)?.tags.iter().cloned().collect()))
        .on(&ADD_TAG, |world, [id], new| tags::change(&mut find(world, id)?.tags, [new.tag], &[]))
        .on(&REPLACE_TAGS, |world, [id], set| tags::replace(&mut find(world, id)?.tags, set.tags))
        .on(&UPDATE_TAGS, |world, [id], change| tags::change(&mut find(world, id)?.tags, change.add, &change.remove))
        .on(&CLEAR_TAGS, |world, [id], ()| tags::replace(&mut find(world, id)?.tags, []))
}

fn packages(fake: Fake<World>) -> Fake<World> {
    fake.on(&LIST_PACKAGES, |world, [], filter| {
        let offered = all_packages().filter(|package| offers(package, &filter));
        Ok(offered.map(|package| with_href(world, package)).collect())
    })
    .on(&GET_PACKAGE, |world, [name], ()| {
        let package = package_of(name).ok_or_else(|| not_found("package", name))?;
        Ok(with_href(world, package))
    })
    .on(&INTERMEDIATE, |world, [kind], query| {
        let provider = query.provider.unwrap_or(CertificateProvider::Sectigo);
        if matches!(provider, CertificateProvider::Other(_)) {
            return Err(invalid("querystring", "provider", "is not one of Sectigo, Digicert"));
        }
        intermediate(world, kind)
    })
    .on(&INTERMEDIATE_FILE, |world, [filename], ()| {
        let kind = filename.strip_suffix(".pem");
        intermediate(world, kind.ok_or_else(|| not_found("certificate", filename))?)
    })
}

/// What completes by itself: what was ordered is issued, and what is old expires.
pub(super) fn pass(world: &mut World) {
    let (now, state) = (world.now, &mut world.certificates);
    for held in &mut state.certificates {
        if let Some(due) = held.due.take_if(|due| *due <= now) {
            let authority = state.authority.get_or_insert_with(|| authority(due));
            held.pem = Some(signed(held, authority, due));
            held.certificate.status = CertificateStatus::Valid;
            let dates = &mut held.certificate.dates;
            (dates.started_at, dates.ends_at, dates.updated_at) = (Some(due), Some(held.until), Some(due));
            dates.subscription_ends_at = dates.subscription_ends_at.max(Some(held.until));
        }
        if held.certificate.status == CertificateStatus::Valid && held.until <= now {
            held.certificate.status = CertificateStatus::Expired;
            held.certificate.dates.updated_at = Some(held.until);
        }
    }
}

/// What an order comes to.
struct Wanted {
    cn: String,
    altnames: Vec<String>,
    dcv_method: DcvMethod,
    package: CertificatePackage,
}

fn checked(order: &NewCertificate) -> Result<Wanted, Answer> {
    let package = package_of(&order.package);
    let package = package.ok_or_else(|| invalid("body", "package", "is not the name of a package"))?;
    let cn = match (&order.csr, &order.cn) {
        (Some(csr), cn) => {
            let read = csr::read(csr).ok_or_else(|| invalid("body", "csr", "is not a signing request in PEM"))?;
            if cn.as_ref().is_some_and(|cn| *cn != read.common_name) {
                return Err(invalid("body", "cn", "is not the common name of the signing request"));
            }
            read.common_name
        }
        (None, Some(cn)) => cn.clone(),
        (None, None) => return Err(invalid("body", "csr", "is required unless there is a cn")),
    };
    let altnames = order.altnames.clone().unwrap_or_default();
    check_names(&package, &cn, &altnames)?;
    let dcv_method = order.dcv_method.clone().unwrap_or(DcvMethod::Email);
    check_method(&dcv_method)?;
    Ok(Wanted { cn, altnames, dcv_method, package })
}

fn check_names(package: &CertificatePackage, cn: &str, altnames: &[String]) -> Result<(), Answer> {
    let plain = |name: &str| name.contains('.') && !name.contains(['/', ' ', '@']);
    if cn.len() > 64 || !plain(cn) {
        return Err(invalid("body", "cn", "is not a name of at most 64 characters"));
    }
    if !altnames.iter().all(|name| plain(name)) {
        return Err(invalid("body", "altnames", "are not all names"));
    }
    let wildcard = package.wildcard == Some(true);
    if cn.starts_with("*.") != wildcard {
        return Err(invalid("body", "cn", "does not go with the package"));
    }
    let names = 1 + altnames.iter().filter(|name| *name != cn).count();
    if package.max_domains.is_some_and(|most| names > most as usize) {
        return Err(invalid("body", "altnames", "are more than the package holds"));
    }
    Ok(())
}

fn check_method(method: &DcvMethod) -> Result<(), Answer> {
    match method {
        DcvMethod::Other(_) => Err(invalid("body", "dcv_method", "is not one of email, dns, file, http, https")),
        _ => Ok(()),
    }
}

fn check_renewal(held: &Held, csr: Option<&str>, method: Option<&DcvMethod>) -> Result<(), Answer> {
    check_change(held, None, csr, method)
}

fn check_change(
    held: &Held,
    altnames: Option<&[String]>,
    csr: Option<&str>,
    method: Option<&DcvMethod>,
) -> Result<(), Answer> {
    let cn = held.certificate.cn.as_deref().unwrap_or_default();
    if let Some(csr) = csr {
        let read = csr::read(csr).ok_or_else(|| invalid("body", "csr", "is not a signing request in PEM"))?;
        if read.common_name != cn {
            return Err(invalid("body", "csr", "is not for the name of the certificate"));
        }
    }
    if let (Some(altnames), Some(package)) = (altnames, &held.certificate.package) {
        check_names(package, cn, altnames)?;
    }
    method.map_or(Ok(()), check_method)?;
    match held.certificate.status {
        CertificateStatus::Valid | CertificateStatus::Expired => Ok(()),
        ref status => Err(conflict(&format!("The certificate is {status}"))),
    }
}

fn pending(held: &Held) -> Result<(), Answer> {
    if held.due.is_some() { Ok(()) } else { Err(conflict("The certificate waits for nothing")) }
}

fn conflict(message: &str) -> Answer {
    error(409, "certificate", "Conflict", message)
}

fn find<'w>(world: &'w mut World, id: &str) -> Result<&'w mut Held, Answer> {
    let mut held = world.certificates.certificates.iter_mut();
    held.find(|held| held.certificate.id.get() == id).ok_or_else(|| not_found("certificate", id))
}

fn fits(certificate: &Certificate, filter: &CertificateFilter) -> bool {
    let cn = certificate.cn.as_deref().unwrap_or_default();
    let package = certificate.package.as_ref().map(|package| &package.name);
    filter.cn.as_ref().is_none_or(|wanted| match wanted.split_once('*') {
        Some((before, after)) => cn.starts_with(before) && cn.ends_with(after),
        None => cn == wanted,
    }) && filter.covered_cn.as_ref().is_none_or(|wanted| {
        let parent = wanted.split_once('.').map_or("", |(_, parent)| parent);
        let covers = |name: &str| name == wanted || name.strip_prefix("*.") == Some(parent);
        covers(cn) || certificate.altnames.iter().any(|name| covers(name))
    }) && filter.package.as_ref().is_none_or(|wanted| package == Some(wanted))
        && filter.status.as_ref().is_none_or(|wanted| certificate.status == *wanted)
}

fn order_of(id: &str, href: &str, wanted: Wanted, order: NewCertificate, now: Timestamp) -> Held {
    let years = i32::try_from(order.duration.unwrap_or(1)).unwrap_or(1);
    let certificate = Certificate {
        id: CertificateId::new(id.to_owned()),
        cn: Some(wanted.cn.clone()),
        cn_unicode: Some(wanted.cn),
        altnames: wanted.altnames.clone(),
        altnames_unicode: wanted.altnames,
        contact: Some(contacts::somebody()),
        dates: CertificateDates {
            created_at: Some(now),
            subscription_ends_at: Some(now + YEAR * years),
            updated_at: Some(now),
            ..CertificateDates::default()
        },
        trustlogo: wanted.package.trustlogo,
        package: Some(wanted.package),
        software: None,
        status: CertificateStatus::Pending,
        trustlogo_token: None,
        href: Some(href.to_owned()),
    };
    let (due, until) = (Some(now + ISSUING), now + ISSUING + YEAR);
    let tags = BTreeSet::new();
    Held { certificate, csr: order.csr, dcv_method: wanted.dcv_method, due, until, pem: None, tags }
}

/// Has a certificate issued once more. The old one stays good until then.
fn again(held: &mut Held, csr: Option<String>, method: Option<DcvMethod>, now: Timestamp) {
    held.csr = csr.or(held.csr.take());
    held.dcv_method = method.unwrap_or_else(|| held.dcv_method.clone());
    held.due = Some(now + ISSUING);
    held.certificate.status = CertificateStatus::Pending;
    held.certificate.dates.updated_at = Some(now);
}

fn dcv_params(cn: &str, altnames: Vec<String>, method: DcvMethod, csr: &str) -> DcvParams {
    let (md5, sha256) = (digest(csr, 0), digest(csr, 1) + &digest(csr, 2));
    let mut fqdns: Vec<String> = Vec::new();
    for name in altnames.iter().map(String::as_str).chain([cn]) {
        let name = name.strip_prefix("*.").unwrap_or(name);
        if !fqdns.iter().any(|present| present == name) {
            fqdns.push(name.to_owned());
        }
    }
    let (one, other) = sha256.split_at(32);
    let raw_messages: Vec<Vec<String>> = fqdns
        .iter()
        .map(|name| match method {
            DcvMethod::Dns => vec![format!("_{md5}.{name}."), "CNAME".into(), format!("{one}.{other}.sectigo.com.")],
            DcvMethod::Email => vec![name.clone(), format!("admin@{name}")],
            _ => vec![format!("http://{name}/.well-known/pki-validation/{md5}.txt"), format!("{sha256}\nsectigo.com")],
        })
        .collect();
    let dns_records = match method {
        DcvMethod::Dns => raw_messages.iter().map(|raw| format!("{} 10800 IN {} {}", raw[0], raw[1], raw[2])).collect(),
        _ => Vec::new(),
    };
    DcvParams {
        messages: raw_messages.iter().map(|raw| raw.join(" ")).collect(),
        altnames,
        dcv_method: Some(method),
        fqdns,
        md5: Some(md5),
        sha256: Some(sha256),
        dns_records,
        raw_messages,
        unique_value: None,
    }
}

/// No digest that anybody would trust: as long as one, and another for another text (FNV-1a).
fn digest(text: &str, salt: u8) -> String {
    let sum = text.bytes().chain([salt]).fold(0x6c62_272e_07bb_0142_62b8_2175_6295_c58d_u128, |sum, byte| {
        (sum ^ u128::from(byte)).wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b)
    });
    format!("{sum:032X}")
}

fn all_packages() -> impl Iterator<Item = CertificatePackage> {
    let packages = [
        ("cert_std_1_0_0", "standard", CertificateProvider::Sectigo, 1, false, 0),
        ("cert_std_3_0_0", "standard", CertificateProvider::Sectigo, 3, false, 0),
        ("cert_std_w_0_0", "standard", CertificateProvider::Sectigo, 1, true, 0),
        ("cert_std_1_10_0_digicert", "standard", CertificateProvider::DigiCert, 1, false, 10),
        ("cert_pro_1_10_0", "pro", CertificateProvider::Sectigo, 1, false, 10),
    ];
    packages.into_iter().map(|(name, category, provider, most, wildcard, warranty)| CertificatePackage {
        name: name.to_owned(),
        category: Some(PackageCategory { name: category.to_owned() }),
        provider: Some(provider),
        min_domains: Some(1),
        max_domains: Some(most),
        wildcard: Some(wildcard),
        warranty: Some(warranty),
        trustlogo: Some(false),
        type_label: Some(if wildcard { "Wildcard" } else { "Single" }.to_owned()),
        sgc: None,
        href: None,
    })
}

fn with_href(world: &World, package: CertificatePackage) -> CertificatePackage {
    CertificatePackage { href: Some(format!("{}/certificate/packages/{}", world.base, package.name)), ..package }
}

fn package_of(name: &str) -> Option<CertificatePackage> {
    all_packages().find(|package| package.name == name)
}

fn offers(package: &CertificatePackage, filter: &PackageFilter) -> bool {
    let category = package.category.as_ref().map(|category| &category.name);
    filter.category.as_ref().is_none_or(|wanted| category == Some(wanted))
        && filter.min_domains.is_none_or(|wanted| package.min_domains == Some(wanted))
        && filter.max_domains.is_none_or(|wanted| package.max_domains == Some(wanted))
        && filter.trustlogo.is_none_or(|wanted| package.trustlogo == Some(wanted))
        && filter.warranty.is_none_or(|wanted| package.warranty == Some(wanted))
        && filter.wildcard.is_none_or(|wanted| package.wildcard == Some(wanted))
}

fn intermediate(world: &mut World, kind: &str) -> Result<Text, Answer> {
    let now = world.now;
    match kind {
        "cert_std" | "cert_pro" => {
            let authority = world.certificates.authority.get_or_insert_with(|| authority(now));
            Ok(Text(authority.certificate.clone()))
        }
        _ => Err(not_found("certificate", kind)),
    }
}

/// A real certificate for the key of the signing request, or for a new one where there is none, which nobody but this
/// fake vouches for.
fn signed(held: &Held, authority: &Authority, now: Timestamp) -> String {
    let cn = held.certificate.cn.clone().unwrap_or_default();
    let mut names = vec![cn.clone()];
    names.extend(held.certificate.altnames.iter().filter(|name| **name != cn).cloned());
    let mut params = CertificateParams::new(names).expect("the names are ASCII");
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, cn);
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.not_before = SystemTime::from(now).into();
    params.not_after = SystemTime::from(held.until).into();
    params.use_authority_key_identifier_extension = true;
    match held.csr.as_deref().and_then(csr::read) {
        Some(csr) => sign(&params, &csr, authority),
        None => sign(&params, &KeyPair::generate().expect("keys can be made"), authority),
    }
}

fn sign(params: &CertificateParams, key: &impl PublicKeyData, authority: &Authority) -> String {
    let signer = KeyPair::from_pem(&authority.key).expect("the authority's key is one");
    let issuer = Issuer::new(authority_params(authority.since), signer);
    params.signed_by(key, &issuer).expect("the certificate can be signed").pem()
}

fn authority(now: Timestamp) -> Authority {
    let key = KeyPair::generate().expect("keys can be made");
    let certificate = authority_params(now).self_signed(&key).expect("the authority can sign itself");
    Authority { since: now, certificate: certificate.pem(), key: key.serialize_pem() }
}

fn authority_params(since: Timestamp) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, "Fake authority of Gandi");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::DigitalSignature];
    params.not_before = SystemTime::from(since).into();
    params.not_after = SystemTime::from(since + YEAR * 10).into();
    params
}
