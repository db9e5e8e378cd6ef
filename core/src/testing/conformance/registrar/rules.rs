//! What is asked of domains that are registered here.

use super::bench::{Bench, ensure, is_error, new_key, server};
use crate::{
    ErrorKind,
    dns::{DigestType, KeyInfo, Name},
    registrar::{AuthCode, AuthCodeDelivery, GlueHost, KeyInput, PublishedKey},
    testing::conformance::Stop,
};

pub(super) async fn registration(bench: &Bench<'_>) -> Result<(), Stop> {
    let domain = bench.here().await?;
    let registration = bench.registration(&domain).await?;
    ensure(registration.domain == domain, || format!("asked for {domain}, told of {}", registration.domain))?;
    ensure(registration.name_servers.len() == 2, || format!("not two name servers: {registration:?}"))?;
    ensure(registration.transfer_lock != Some(false), || "the domain is locked, and is called unlocked".into())?;
    if let (Some(created), Some(expires)) = (registration.created_at, registration.expires_at) {
        ensure(created < expires, || format!("it expires before it was created: {registration:?}"))?;
    }
    Ok(())
}

pub(super) async fn unknown(bench: &Bench<'_>) -> Result<(), Stop> {
    let domain = bench.nobodys()?;
    let (registrar, why) = (bench.registrar, "nobody has registered the domain");
    is_error(registrar.registration(&domain).await, Some(ErrorKind::NotFound), why)?;
    let capabilities = registrar.capabilities();
    if capabilities.keys != KeyInput::None {
        is_error(registrar.keys(&domain).await, Some(ErrorKind::NotFound), why)?;
        is_error(registrar.add_key(&domain, &new_key(&domain).1).await, None, why)?;
    }
    if capabilities.name_servers {
        is_error(registrar.set_name_servers(&domain, &[server(1)?, server(2)?]).await, None, why)?;
    }
    if capabilities.transfer_lock {
        is_error(registrar.set_transfer_lock(&domain, false).await, None, why)?;
    }
    if capabilities.auto_renew {
        is_error(registrar.set_auto_renew(&domain, true).await, None, why)?;
    }
    if capabilities.auth_code != AuthCodeDelivery::Manual {
        is_error(registrar.auth_code(&domain).await, None, why)?;
    }
    if capabilities.glue {
        is_error(registrar.glue(&domain).await, Some(ErrorKind::NotFound), why)?;
    }
    Ok(())
}

pub(super) async fn name_servers(bench: &Bench<'_>) -> Result<(), Stop> {
    let domain = bench.here().await?;
    // The third is the first once more, with another order.
    for servers in
        [vec![server(1)?, server(2)?], vec![server(3)?, server(4)?, server(5)?], vec![server(2)?, server(1)?]]
    {
        for _ in 0..2 {
            bench.registrar.set_name_servers(&domain, &servers).await?;
            let what = format!("the delegation to {}", shown(&servers));
            bench.until_registered(&domain, &what, |it| same(&it.name_servers, &servers)).await?;
        }
    }
    Ok(())
}

pub(super) async fn no_name_servers(bench: &Bench<'_>) -> Result<(), Stop> {
    let domain = bench.here().await?;
    let before = bench.registration(&domain).await?.name_servers;
    let answer = bench.registrar.set_name_servers(&domain, &[]).await;
    is_error(answer, Some(ErrorKind::Invalid), "no name servers were given")?;
    let after = bench.registration(&domain).await?.name_servers;
    ensure(same(&after, &before), || "the name servers were changed nevertheless".into())
}

pub(super) async fn lock(bench: &Bench<'_>) -> Result<(), Stop> {
    let domain = bench.here().await?;
    if bench.registration(&domain).await?.transfer_lock.is_none() {
        return Err(Stop::Ignored("the registrar does not tell whether a domain is locked".to_owned()));
    }
    for locked in [false, false, true, true] {
        bench.registrar.set_transfer_lock(&domain, locked).await?;
        let what = if locked { "the lock" } else { "the open lock" };
        bench.until_registered(&domain, what, |it| it.transfer_lock == Some(locked)).await?;
    }
    Ok(())
}

pub(super) async fn auto_renew(bench: &Bench<'_>) -> Result<(), Stop> {
    let domain = bench.here().await?;
    if bench.registration(&domain).await?.auto_renew.is_none() {
        return Err(Stop::Ignored("the registrar does not tell whether a domain is renewed by itself".to_owned()));
    }
    for on in [true, true, false, false] {
        bench.registrar.set_auto_renew(&domain, on).await?;
        let what = format!("renewal by itself as {on}");
        bench.until_registered(&domain, &what, |it| it.auto_renew == Some(on)).await?;
    }
    Ok(())
}

pub(super) async fn auth_code(bench: &Bench<'_>) -> Result<(), Stop> {
    let domain = bench.here().await?;
    // Some have no code for a domain that cannot be transferred.
    if bench.registrar.capabilities().transfer_lock {
        bench.registrar.set_transfer_lock(&domain, false).await?;
        bench.until_registered(&domain, "the opened lock", |it| it.transfer_lock != Some(true)).await?;
    }
    let code = bench.registrar.auth_code(&domain).await?;
    match (bench.registrar.capabilities().auth_code, &code) {
        (AuthCodeDelivery::Returned, AuthCode::Returned(secret)) => {
            ensure(!secret.expose().trim().is_empty(), || "the code is empty".into())?;
            ensure(!format!("{code:?}").contains(secret.expose()), || "the code is printed".into())
        }
        (AuthCodeDelivery::Mailed, AuthCode::Mailed) => Ok(()),
        (declared, came) => Err(Stop::Failed(format!("codes are declared as {declared:?}, and this came: {came:?}"))),
    }
}

pub(super) async fn keys(bench: &Bench<'_>) -> Result<(), Stop> {
    let domain = bench.here().await?;
    bench.until_keys(&domain, &[]).await?;
    let (key, info) = new_key(&domain);
    bench.registrar.add_key(&domain, &info).await?;
    let listed = bench.until_keys(&domain, &[&key]).await?;
    ensure(listed.iter().all(|key| !key.id.is_empty()), || "a key is listed without an id".into())?;
    for key in &listed {
        bench.registrar.remove_key(&domain, key).await?;
    }
    bench.until_keys(&domain, &[]).await.map(drop)
}

pub(super) async fn keys_twice(bench: &Bench<'_>) -> Result<(), Stop> {
    let domain = bench.here().await?;
    let (key, info) = new_key(&domain);
    bench.registrar.add_key(&domain, &info).await?;
    bench.until_keys(&domain, &[&key]).await?;
    bench.registrar.add_key(&domain, &info).await?;
    let listed = bench.until_keys(&domain, &[&key]).await?;
    for _ in 0..2 {
        for key in &listed {
            bench.registrar.remove_key(&domain, key).await?;
        }
        bench.until_keys(&domain, &[]).await?;
    }
    Ok(())
}

pub(super) async fn two_keys(bench: &Bench<'_>) -> Result<(), Stop> {
    let domain = bench.here().await?;
    let ((old, old_info), (new, new_info)) = (new_key(&domain), new_key(&domain));
    bench.registrar.add_key(&domain, &old_info).await?;
    bench.until_keys(&domain, &[&old]).await?;
    bench.registrar.add_key(&domain, &new_info).await?;
    let both = bench.until_keys(&domain, &[&old, &new]).await?;
    let is_old = |key: &&PublishedKey| super::bench::is_of(key, &old, &domain);
    for key in both.iter().filter(is_old) {
        bench.registrar.remove_key(&domain, key).await?;
    }
    bench.until_keys(&domain, &[&new]).await.map(drop)
}

pub(super) async fn only_the_key(bench: &Bench<'_>) -> Result<(), Stop> {
    let domain = bench.here().await?;
    let (key, _) = new_key(&domain);
    bench.registrar.add_key(&domain, &KeyInfo::new(key.clone(), [])).await?;
    bench.until_keys(&domain, &[&key]).await.map(drop)
}

pub(super) async fn only_a_digest(bench: &Bench<'_>) -> Result<(), Stop> {
    let domain = bench.here().await?;
    let (key, _) = new_key(&domain);
    let info = KeyInfo::new(None, [key.to_ds(&domain, DigestType::Sha256)]);
    let answer = bench.registrar.add_key(&domain, &info).await;
    match (bench.registrar.capabilities().keys, answer) {
        (KeyInput::Key, answer) => {
            is_error(answer, Some(ErrorKind::Precondition), "the registrar wants keys")?;
            bench.until_keys(&domain, &[]).await.map(drop)
        }
        // This registry may be one of those that want keys.
        (KeyInput::Either, Err(error)) if error.kind() == ErrorKind::Precondition => {
            is_error::<()>(Err(error), None, "the registry wants keys")?;
            bench.until_keys(&domain, &[]).await.map(drop)
        }
        (_, answer) => {
            answer?;
            bench.until_keys(&domain, &[&key]).await.map(drop)
        }
    }
}

pub(super) async fn no_key(bench: &Bench<'_>) -> Result<(), Stop> {
    let domain = bench.here().await?;
    let answer = bench.registrar.add_key(&domain, &KeyInfo::new(None, [])).await;
    is_error(answer, None, "neither key nor digest was given")?;
    bench.until_keys(&domain, &[]).await.map(drop)
}

pub(super) async fn glue(bench: &Bench<'_>) -> Result<(), Stop> {
    let domain = bench.here().await?;
    let host = |label: &str, addresses: &[&str]| -> Result<GlueHost, Stop> {
        let addresses: Result<Vec<_>, _> = addresses.iter().map(|address| address.parse()).collect();
        Ok(GlueHost { host: domain.child(label)?, addresses: addresses? })
    };
    bench.until_glue(&domain, &[]).await?;
    let (one, two) = (host("ns1", &["192.0.2.1"])?, host("ns2", &["192.0.2.2", "2001:db8::2"])?);
    bench.registrar.set_glue(&domain, &one).await?;
    bench.registrar.set_glue(&domain, &two).await?;
    bench.until_glue(&domain, &[one.clone(), two.clone()]).await?;
    let moved = host("ns1", &["192.0.2.11"])?;
    bench.registrar.set_glue(&domain, &moved).await?;
    bench.until_glue(&domain, &[moved, two.clone()]).await?;
    bench.registrar.set_glue(&domain, &host("ns1", &[])?).await?;
    bench.until_glue(&domain, &[two]).await
}

pub(super) async fn foreign_glue(bench: &Bench<'_>) -> Result<(), Stop> {
    let domain = bench.here().await?;
    let host = GlueHost { host: server(1)?, addresses: vec!["192.0.2.1".parse()?] };
    let answer = bench.registrar.set_glue(&domain, &host).await;
    is_error(answer, Some(ErrorKind::Invalid), "the host is not below the domain")
}

fn same(one: &[Name], other: &[Name]) -> bool {
    one.len() == other.len() && one.iter().all(|name| other.contains(name))
}

fn shown(servers: &[Name]) -> String {
    servers.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}
