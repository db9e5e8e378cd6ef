//! Puts a certificate on load balancers, CDN endpoints and sites, sees it presented there, and deletes what it has replaced.
//!
//! `cargo run --example install_certificate -- --load-balancer web:vmst.io,www.vmst.io --cdn media.vmst.io --demo`

mod common;

use std::{ffi::OsString, io::Write, path::PathBuf, sync::Arc};

use clap::Parser;
use common::{Failure, job, job::Surroundings};
use howdah_core::certificate::{
    CertBundle, CertTarget,
    tls::{Network, Observer, Roots},
};
use howdah_digitalocean::{CdnCertTarget, DigitalOcean, LoadBalancerCertTarget};
use howdah_netlify::{Netlify, SiteCertTarget, sites::SiteFilter};
use howdah_workflows::install_certificate::{InstallCertificate, Options};
use jiff::SignedDuration;

/// Puts a certificate on load balancers and CDN endpoints at DigitalOcean, and on sites at Netlify.
///
/// Without --apply nothing is changed. What cannot work is refused before anything is: a key that does not fit, a chain that
/// is broken, names that are missing, a certificate that has expired or is about to. Tokens are taken from the environment:
/// DIGITALOCEAN_TOKEN, NETLIFY_AUTH_TOKEN.
#[derive(Parser, Debug)]
#[command(name = "install_certificate")]
// The text is shown in a terminal.
#[allow(clippy::doc_markdown)]
struct Args {
    /// A PEM file with the certificate, its chain or its key: all in one, or several, in any order
    #[arg(long, value_name = "FILE", required_unless_present = "demo")]
    pem: Vec<PathBuf>,
    /// A load balancer, by name or id, and the hosts that it is reached at
    #[arg(long, value_name = "NAME:HOST[,HOST]", value_parser = named, required_unless_present_any = ["cdn", "site"])]
    load_balancer: Vec<Named>,
    /// The name of one's own that a CDN endpoint is reached at, and its origin where it has no such name yet
    #[arg(long, value_name = "HOST[=ORIGIN]")]
    cdn: Vec<String>,
    /// A site at Netlify, by name or id, and those of its domains that the certificate is for
    #[arg(long, value_name = "NAME:HOST[,HOST]", value_parser = named)]
    site: Vec<Named>,
    /// Refuse a certificate that is valid for less than so many days
    #[arg(long, value_name = "DAYS", default_value_t = 14)]
    least_remaining: u16,
    /// Leave what is replaced in the account
    #[arg(long)]
    keep_old: bool,
    /// Trust the authorities in this PEM file, and not those of the system
    #[arg(long, value_name = "FILE")]
    roots: Option<PathBuf>,
    #[command(flatten)]
    how: job::How,
}

#[derive(Clone, Debug)]
struct Named {
    name: String,
    hosts: Vec<String>,
}

fn named(text: &str) -> Result<Named, String> {
    let parts = text.split_once(':').filter(|(name, hosts)| !name.is_empty() && !hosts.is_empty());
    let (name, hosts) = parts.ok_or("NAME:HOST is meant, as in web:example.org,www.example.org")?;
    Ok(Named { name: name.to_owned(), hosts: hosts.split(',').map(|host| host.trim().to_owned()).collect() })
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::process::ExitCode {
    let env = |name: &str| std::env::var(name).ok();
    common::exit(run(std::env::args_os(), &env, &mut std::io::stdout()).await)
}

/// The command, with everything that it takes from its surroundings.
pub(crate) async fn run(
    args: impl IntoIterator<Item = OsString>,
    env: &(dyn Fn(&str) -> Option<String> + Sync),
    out: &mut (dyn Write + Send),
) -> Result<(), Failure> {
    let Some(args) = common::parse::<Args>(args, out)? else {
        return Ok(());
    };
    let texts = args.pem.iter().map(|file| common::read(file)).collect::<Result<Vec<_>, _>>()?;
    let around = args.how.surroundings(env).await?;
    if let Some(demo) = &around.demo {
        around.in_time(demo.house()).await?;
    }
    let texts = match &around.demo {
        Some(demo) if texts.is_empty() => demo.bought()?.pem,
        _ => texts,
    };
    let bundle = CertBundle::read(texts.iter().map(String::as_str), around.clock.now())?;
    let mut there = Vec::new();
    if !args.load_balancer.is_empty() || !args.cdn.is_empty() {
        there.extend(around.in_time(targets(&around.providers().digitalocean()?, &args)).await?);
    }
    if !args.site.is_empty() {
        there.extend(around.in_time(sites(&around.providers().netlify()?, &args.site)).await?);
    }
    let mut options = Options::default();
    options.least_remaining = SignedDuration::from_hours(24 * i64::from(args.least_remaining));
    options.retire = !args.keep_old;
    let title = format!("A certificate for {}, by {}", bundle.names().join(", "), bundle.issuer());
    let observer = observer(&around, &args)?;
    let job = InstallCertificate::new(bundle, there, observer, around.clock.clone(), options)?;
    around.run(&job, &title, &args.how, out).await
}

fn observer(around: &Surroundings<'_>, args: &Args) -> Result<Observer, Failure> {
    let Some(file) = &args.roots else {
        return around.providers().tls_observer();
    };
    let roots = Roots::from_pem(&common::read(file)?)?;
    Ok(match &around.demo {
        Some(demo) => Observer::new(Arc::new(demo.edge()), roots)?,
        None => Observer::new(Arc::new(Network), roots)?,
    })
}

/// The sites that the command names, as far as the account has them.
async fn sites(netlify: &Netlify, named: &[Named]) -> Result<Vec<Arc<dyn CertTarget>>, Failure> {
    let there = netlify.sites().list(SiteFilter::new()).all().await?;
    let mut targets: Vec<Arc<dyn CertTarget>> = Vec::new();
    for Named { name, hosts } in named {
        let found = there.iter().find(|site| site.name.as_ref() == Some(name) || site.id.get() == name);
        let known = there.iter().filter_map(|site| site.name.as_deref());
        let found = found.ok_or_else(|| common::missing(&format!("site {name}"), known))?;
        targets.push(Arc::new(SiteCertTarget::new(netlify.clone(), found.id.clone(), hosts)));
    }
    Ok(targets)
}

/// What the command names, as far as the account has it.
async fn targets(ocean: &DigitalOcean, args: &Args) -> Result<Vec<Arc<dyn CertTarget>>, Failure> {
    let mut targets: Vec<Arc<dyn CertTarget>> = Vec::new();
    if !args.load_balancer.is_empty() {
        let there = ocean.load_balancers().list().all().await?;
        for Named { name, hosts } in &args.load_balancer {
            let found = there.iter().find(|one| one.name == *name || one.id.get() == name);
            let known = there.iter().map(|one| one.name.as_str());
            let found = found.ok_or_else(|| common::missing(&format!("load balancer {name}"), known))?;
            let target = LoadBalancerCertTarget::new(ocean.clone(), found.id.clone(), hosts);
            targets.push(Arc::new(target.with_name(name)));
        }
    }
    if !args.cdn.is_empty() {
        let there = ocean.cdn().list().all().await?;
        for named in &args.cdn {
            let (host, origin) = named.split_once('=').map_or((named.as_str(), None), |(host, of)| (host, Some(of)));
            let found = there.iter().find(|one| match origin {
                Some(origin) => one.origin == origin,
                None => one.custom_domain.as_deref() == Some(host),
            });
            let names = there.iter().map(|one| one.custom_domain.as_deref().unwrap_or(&one.origin));
            let found =
                found.ok_or_else(|| common::missing(&format!("CDN endpoint {}", origin.unwrap_or(host)), names))?;
            targets.push(Arc::new(CdnCertTarget::new(ocean.clone(), found.id.clone(), host)));
        }
    }
    Ok(targets)
}
