//! The story of the round-up, told on fakes of all providers in this process. No network is used.
//!
//! `cargo run --example round_up`

mod common;

use std::{
    collections::BTreeMap,
    ffi::OsString,
    future::Future,
    io::Write,
    net::SocketAddr,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use clap::{Parser, ValueEnum};
use common::{
    Failure,
    demo::{Demo, SPACES_REGION},
    house,
    providers::Providers,
    terminal,
};
use futures::TryStreamExt as _;
use howdah_backblaze::{
    B2, Backblaze, FileInfo, RetentionMode,
    account::Capability,
    buckets::{BucketType, NewBucket},
    files::{NameFilter, VersionRef},
    keys::NewKey,
};
use howdah_core::{
    Clock, Secret,
    certificate::{CertBundle, CertTarget, tls::Observer},
    dns::{Name, RecordType},
    http::{Body, Transport as _},
    registrar::Purchase,
    store::{
        Acl,
        object_store::{
            Attribute, Attributes, GetResult, ObjectStore, ObjectStoreExt as _, local::LocalFileSystem,
            path::Path as ObjectPath,
        },
    },
    testing::{KillSwitch, Served},
};
use howdah_digitalocean::{CdnCertTarget, DigitalOcean, LoadBalancerCertTarget, testing::spaces};
use howdah_dnsimple::{
    DnSimple, DnSimpleDns,
    testing::{ACCOUNT, Plan},
};
use howdah_workflows::{
    enable_dnssec::EnableDnssec,
    engine::{self, Event, Run, Workflow},
    front_ends::{Desired, FrontEnds},
    install_certificate::{self, InstallCertificate},
    instance::Instance,
    lookout::Lookout,
    move_dns::{self, MoveDns, Source},
    offsite_copy::{OffsiteCopy, Options, Place, Report, SourceTime, Verification},
    transfer_domain::{self, TransferDomain},
};
use jiff::SignedDuration;
use serde_json::json;

/// The instance's own file.
const INSTANCE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/vmst.io/instance.toml");

/// The request to `DNSimple` after which nothing gets through: in the midst of the records.
const POWER_FAILS_AT: u64 = 36;

/// The request to Backblaze after which nothing gets through: in the midst of the pictures.
const COPY_FAILS_AT: u64 = 40;

/// The request to `DigitalOcean` after which nothing gets through: the load balancer has its certificate.
const CERTIFICATE_FAILS_AT: u64 = 10;

/// How large the two front ends are.
const LARGE: &str = "s-2vcpu-4gb";

/// What the transfer may cost.
const LIMIT: &str = "40.00 EUR";

/// Tells the story of the round-up on fakes of all providers.
#[derive(Parser, Debug)]
#[command(name = "round_up")]
struct Args {
    /// Keep the finished world on loopback until stopped with Ctrl-C: name servers, RDAP and the providers' fakes
    #[arg(long)]
    serve: bool,
    /// Tell nothing but one line of JSON, when the world is served
    #[arg(long, requires = "serve")]
    json: bool,
    /// Serve another DS than the right one, to see what validators say
    #[arg(long, value_enum, default_value_t = PublishedDs::Right, requires = "serve")]
    ds: PublishedDs,
}

#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
enum PublishedDs {
    /// That of the zone's key
    Right,
    /// One that differs in one bit
    Wrong,
    /// None: the zone is signed, and nobody can know
    None,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::process::ExitCode {
    // Where there is no Ctrl-C, the world is stopped otherwise.
    let stopped = async { drop(tokio::signal::ctrl_c().await) };
    common::exit(run(std::env::args_os(), std::io::stdout(), stopped).await)
}

/// Tells the story, and serves its world until `stopped` is.
pub(crate) async fn run(
    args: impl IntoIterator<Item = OsString>,
    mut out: impl Write + Send + 'static,
    stopped: impl Future<Output = ()>,
) -> Result<(), Failure> {
    let Some(args) = common::parse::<Args>(args, &mut out)? else {
        return Ok(());
    };
    let demo = Demo::open(None)?;
    let (story, loud) = if args.json { (Story::on(std::io::sink()), Some(out)) } else { (Story::on(out), None) };
    // A month of waits takes no time.
    tokio::time::pause();
    let told = tell(&story, &demo).await;
    tokio::time::resume();
    told?;
    if !args.serve {
        return Ok(());
    }
    serve(&story, &demo, args.ds, loud, stopped).await
}

/// Tells the whole story.
pub(crate) async fn tell(story: &Story, demo: &Demo) -> Result<(), Failure> {
    let instance = common::read_instance(Path::new(INSTANCE))?;
    story.say(format_args!(
        "THE ROUND-UP\n\n\
         A month after it went live, {} changes nearly everything that it stands on. Here that month is\n\
         played on fakes of its providers, inside this process: no network, no account, no money, and days\n\
         of waiting pass as soon as everybody waits.",
        instance.domain.to_fqdn_without_dot(),
    ))?;
    demo.begin().await?;
    let lookout = demo.lookout();
    leaving_cloudflare(story, &instance, demo, &lookout).await?;
    moving_the_registration(story, &instance.domain, demo, &lookout).await?;
    signing(story, &instance.domain, demo, &lookout).await?;
    demo.house().await?;
    one_certificate(story, demo).await?;
    two_front_ends(story, demo).await?;
    copying_outside(story, demo).await?;
    what_the_world_sees(story, &instance.domain, demo, &lookout).await
}

/// The zone moves from Cloudflare to `DNSimple`.
async fn leaving_cloudflare(story: &Story, instance: &Instance, demo: &Demo, lookout: &Lookout) -> Result<(), Failure> {
    story.chapter(
        1,
        "The zone leaves Cloudflare",
        "Registration and DNS were both at Cloudflare, and for a while its firewall stood before the\n\
         site. The registration has left already, for DNSimple on its way to Gandi. Now DNSimple will\n\
         answer for the domain, and browsers will speak TLS with the instance's own load balancer and CDN.",
    )?;
    let providers = Providers { env: &|_| None, demo: Some(demo), sandbox: false };
    let cloudflare = providers.dns("cloudflare").await?.provider;
    let registrar = providers.registrar("dnsimple").await?;
    let options = move_dns::Options::default().with_delete_source(true);
    let job = |target| {
        let source = Source::Provider { provider: cloudflare.clone(), zone: instance.domain.clone() };
        MoveDns::new(source, target)
            .with_options(options.clone())
            .with_instance(instance.clone())
            .delegating(registrar.clone(), lookout.clone())
    };
    let dnsimple = providers.dns("dnsimple").await?;
    let whole = dnsimple.checks.into_iter().fold(job(dnsimple.provider), MoveDns::with_check);

    let (seen, steps) = engine::plan(&whole, &demo.clock).await?;
    story.heading("What becomes of the records that Cloudflare has")?;
    story.say(terminal::translation(&seen.translation))?;
    match seen.caa.as_slice() {
        [] => story.say("Every host's certificate authority is allowed to issue for it: the CAA records agree.")?,
        problems => problems.iter().try_for_each(|problem| story.say(problem))?,
    }
    story.heading("The plan")?;
    story.say(terminal::steps(&steps))?;

    story.heading("The move, and the power fails")?;
    // This account's plan has no batches, so the records are created one by one.
    demo.dnsimple.set_plan(without_batches());
    let switch = KillSwitch::at(POWER_FAILS_AT, true);
    let doomed = demo.dnsimple.builder().transport(switch.guard(demo.dnsimple.world().clone())).build()?;
    let doomed = DnSimpleDns::new(DnSimple::from(doomed).account(ACCOUNT));
    match engine::apply(&job(Arc::new(doomed)), &story.run(&demo.clock)).await {
        Ok(_) => return Err(Failure::new("the power did not fail")),
        Err(error) => story.say(format_args!("  ✗ {error}: nothing got through after request {POWER_FAILS_AT}"))?,
    }
    story.say("Nobody wrote down how far it had come. The same command again looks, and goes on from there:")?;
    finish(story, &whole, demo).await
}

/// The registration moves from `DNSimple` to Gandi.
async fn moving_the_registration(story: &Story, domain: &Name, demo: &Demo, lookout: &Lookout) -> Result<(), Failure> {
    story.chapter(
        2,
        "The domain goes to Gandi",
        "Hosting and registration are broken up on purpose: whoever loses one of the two accounts keeps\n\
         the other. A transfer must not touch the delegation, and nothing is paid without a limit.",
    )?;
    let providers = Providers { env: &|_| None, demo: Some(demo), sandbox: false };
    let (from, to) = (providers.registrar("dnsimple").await?, providers.registrar("gandi").await?);
    let quote = to.quote(domain, Purchase::Transfer(1)).await?;
    story.say(format_args!("Gandi asks {} for the transfer and a year; at most {LIMIT} may be paid.", quote.price))?;

    let job = |code: Option<Secret>| {
        let mut options = transfer_domain::Options::default();
        (options.max_price, options.auth_code) = (LIMIT.parse().ok(), code);
        TransferDomain::new(domain.clone(), from.clone(), to.clone(), lookout.clone()).with_options(options)
    };
    story.heading("The first run")?;
    let outcome = engine::apply(&job(None), &story.run(&demo.clock)).await.map_err(common::interrupted)?;
    story.say(format_args!("\n{}", terminal::steps(&outcome.steps)))?;
    let mailed = demo.dnsimple.mailed_auth_codes(&domain.to_fqdn_without_dot()).pop();
    let code = mailed.ok_or_else(|| Failure::new("no authorization code was mailed"))?;
    story.heading("The registrant reads her mail, and runs it again with the code")?;
    finish(story, &job(Some(Secret::from(code))), demo).await?;
    let paid = demo.registry.domain(domain).map_or(0, |held| held.paid.len());
    story.say(format_args!("Paid for at the registry: {paid} time."))
}

/// `DNSimple` signs, and Gandi tells the parent.
async fn signing(story: &Story, domain: &Name, demo: &Demo, lookout: &Lookout) -> Result<(), Failure> {
    story.chapter(
        3,
        "The zone is signed",
        "\"DNSSEC is currently not enabled for the domain, but will be as soon as the transfer work is\n\
         completed.\" The signer and the registrar are two companies: the key is taken from the name\n\
         servers themselves, held against what the signer says, and only then given to the parent.",
    )?;
    let providers = Providers { env: &|_| None, demo: Some(demo), sandbox: false };
    let dnsimple = Arc::new(DnSimpleDns::new(providers.dnsimple().await?));
    let gandi = providers.registrar("gandi").await?;
    let job = EnableDnssec::new(domain.clone(), dnsimple.clone(), dnsimple, gandi, lookout.clone());
    finish(story, &job, demo).await
}

/// The certificate that was bought goes onto the load balancer and the CDN.
async fn one_certificate(story: &Story, demo: &Demo) -> Result<(), Failure> {
    story.chapter(
        4,
        "One certificate for a year",
        "\"Automation was easier said than done\": every 90 days a free certificate was put onto the load\n\
         balancer and the CDN by hand. Now one is bought, and one command puts it everywhere, sees it\n\
         presented there, and deletes what it has replaced.",
    )?;
    let ocean = demo.digitalocean.client();
    let bought = demo.bought()?;
    let bundle = CertBundle::read(bought.pem.iter().map(String::as_str), demo.clock.now())?;
    let observer = Observer::new(Arc::new(demo.digitalocean.edge()), demo.roots()?)?;
    let balancer = ocean.load_balancers().list().all().await?.swap_remove(0);
    let endpoint = ocean.cdn().list().all().await?.swap_remove(0);
    let job = |ocean: &DigitalOcean, bundle: &CertBundle| {
        let balancer = LoadBalancerCertTarget::new(ocean.clone(), balancer.id.clone(), house::HOSTS).with_name("web");
        let targets: [Arc<dyn CertTarget>; 2] =
            [Arc::new(balancer), Arc::new(CdnCertTarget::new(ocean.clone(), endpoint.id.clone(), house::MEDIA))];
        let (observer, clock) = (observer.clone(), demo.clock.clone());
        InstallCertificate::new(
            bundle.clone(),
            targets.to_vec(),
            observer,
            clock,
            install_certificate::Options::default(),
        )
    };

    // What the shop delivers first is not always what was asked for.
    let wrong = demo.authority.issue(&house::HOSTS, SignedDuration::from_hours(365 * 24));
    let wrong = CertBundle::read([wrong.full_chain().as_str(), wrong.key.expose()], demo.clock.now())?;
    match job(&ocean, &wrong) {
        Ok(_) => return Err(Failure::new("a certificate without all names was taken")),
        Err(refusal) => story.say(format_args!(
            "The first one that is delivered is refused before anything is touched:\n{}.",
            refusal.message()
        ))?,
    }
    story.heading("The right one, and the power fails")?;
    let switch = KillSwitch::at(CERTIFICATE_FAILS_AT, true);
    let doomed = demo.digitalocean.builder().transport(switch.guard(demo.digitalocean.world().clone())).build()?;
    match engine::apply(&job(&DigitalOcean::from(doomed), &bundle)?, &story.run(&demo.clock)).await {
        Ok(_) => return Err(Failure::new("the power did not fail")),
        Err(error) => story
            .say(format_args!("  ✗ {error}: nothing got through any more.\nThe load balancer has it, the CDN does not. The same command again:"))?,
    }
    finish(story, &job(&ocean, &bundle)?, demo).await
}

/// Three front ends become two larger ones, and the load balancer speaks HTTP/2.
async fn two_front_ends(story: &Story, demo: &Demo) -> Result<(), Failure> {
    story.chapter(
        5,
        "Two front ends instead of three",
        "\"This is actually cheaper than running the three smaller ones.\" Two larger ones are made from the\n\
         image and seen to be healthy before the first of the three is drained; and the load balancer, which\n\
         speaks with browsers itself since Cloudflare is gone, learns HTTP/2.",
    )?;
    let observer = Observer::new(Arc::new(demo.digitalocean.edge()), demo.roots()?)?;
    let mut desired = Desired::new("web", 2, LARGE, house::IMAGE, house::REGION, house::LOAD_BALANCER);
    desired.http2 = true;
    let job = FrontEnds::new(demo.digitalocean.client(), desired, demo.clock.clone())?;
    let job = job.seen_by(observer, house::HOSTS[0]);
    let (seen, steps) = engine::plan(&job, &demo.clock).await?;
    story.heading("The plan")?;
    story.say(terminal::steps(&steps))?;
    story.say(format_args!(
        "Front ends cost {:.2} dollars a month, and {:.2} then.",
        seen.monthly_cost(),
        job.monthly_cost(&seen)
    ))?;
    finish(story, &job, demo).await
}

/// Runs a job to its end, tells what was seen, and that there is nothing left to do.
async fn finish<W: Workflow>(story: &Story, job: &W, demo: &Demo) -> Result<(), Failure> {
    let started = demo.clock.now();
    let run = story.run(&demo.clock).waiting(true);
    let outcome = engine::apply(job, &run).await.map_err(common::interrupted)?;
    common::ended(&outcome)?;
    let took = demo.clock.now().duration_since(started);
    story.heading("How do we know?")?;
    story.say(terminal::checks(&outcome.checks))?;
    let again = engine::apply(job, &Run::on(demo.clock.clone())).await.map_err(common::interrupted)?;
    common::ended(&again)?;
    if !again.acted.is_empty() {
        return Err(Failure::new("a run after the last one found something to do"));
    }
    let passed = match took.as_hours() {
        0 if took.as_mins() == 0 => format!("{} seconds", took.as_secs()),
        0..2 => format!("{} minutes", took.as_mins()),
        hours @ 2..48 => format!("{hours} hours"),
        hours => format!("{} days", hours / 24),
    };
    story.say(format_args!("{passed} have passed in this world. A further run finds nothing to do."))
}

/// The media bucket is copied to Backblaze, with a key that cannot delete, and to a disk; and is had back from there.
async fn copying_outside(story: &Story, demo: &Demo) -> Result<(), Failure> {
    story.chapter(
        6,
        "The copy outside",
        "\"No one wants to think about backups.\" What people posted is in one bucket at one provider. Each\n\
         night it is read once and written to two places elsewhere. The key for Backblaze can write and not\n\
         delete, and every version is locked for 30 days: whoever takes over the instance cannot take the\n\
         copy.",
    )?;
    let bucket = NewBucket::new("vmst-media-copy", BucketType::AllPrivate).with_file_lock_enabled(true);
    let bucket = demo.backblaze.client().buckets().create(bucket).await?;
    let may = [
        Capability::ListBuckets,
        Capability::ListFiles,
        Capability::ReadFiles,
        Capability::WriteFiles,
        Capability::WriteFileRetentions,
    ];
    let key = NewKey::new("nightly-copy", may).with_bucket_ids(vec![bucket.bucket_id.clone()]);
    let key = demo.backblaze.client().keys().create(key).await?;
    let place = |backblaze: &Backblaze| {
        let month = Duration::from_secs(30 * 24 * 60 * 60);
        let locked = B2::new(backblaze, bucket.bucket_id.clone(), bucket.bucket_name.as_str())
            .with_retention(RetentionMode::Governance, month)
            .with_source_times()
            .with_resume();
        Place::new("Backblaze", Arc::new(locked))
            .with_source_time(SourceTime::Millis(FileInfo::SOURCE_TIME.into()))
            .with_content_sha1(FileInfo::LARGE_FILE_SHA1)
    };
    let disk = tempfile::tempdir()?;
    let files = Arc::new(LocalFileSystem::new_with_prefix(disk.path())?);
    let media = Arc::new(demo.spaces.client(house::BUCKET));
    fill(&media).await?;
    let job = |backblaze: &Backblaze| {
        let region = Some(SPACES_REGION.to_owned());
        let source = Place::new("the media Space", media.clone()).at_provider("digitalocean", region);
        let destinations = [place(backblaze), Place::new("a disk", files.clone()).without_attributes()];
        let options = Options::default().with_part_size(5 * 1024 * 1024).with_verification(Verification::Full);
        OffsiteCopy::new(source, destinations).with_options(options)
    };

    let line = KillSwitch::at(COPY_FAILS_AT, true);
    let cut_off = demo.backblaze.builder_with(&key).transport(line.guard(demo.backblaze.world().clone())).build()?;
    if job(&cut_off).apply(&()).await.and_then(Report::into_result).is_ok() {
        return Err(Failure::new("the copy did not notice that Backblaze was out of reach"));
    }
    story.say(format_args!(
        "The line to Backblaze is cut at request {COPY_FAILS_AT}; the copy onto the disk goes on. The same command is\n\
         given again in the morning:"
    ))?;

    let nightly = demo.backblaze.client_with(&key);
    let report = job(&nightly).apply(&()).await?.into_result()?;
    let mut table = terminal::table(["Copy", "There already", "Copied now", "Read again, byte for byte"]);
    for (copied, planned) in report.destinations.iter().zip(&report.plan.destinations) {
        let there = planned.unchanged.objects + planned.unchanged_by_time.objects;
        let read = copied.verified.as_ref().map_or(0, |verified| verified.read);
        table.add_row([copied.name.clone(), there.to_string(), copied.copied.to_string(), read.to_string()]);
    }
    story.say(terminal::shown(&table))?;
    if !job(&nightly).plan(&()).await?.is_empty() {
        return Err(Failure::new("a copy after the last one found something to do"));
    }

    let version = nightly.files().list_names(NameFilter::new(bucket.bucket_id.clone())).all().await?.into_iter().next();
    let version = version.and_then(|file| Some(VersionRef::new(file.file_name, file.file_id?)));
    let version = version.ok_or_else(|| Failure::new("the copy is empty"))?;
    let Err(refusal) = nightly.files().delete_version(version).await else {
        return Err(Failure::new("the key for the copy could delete"));
    };
    let refusal = refusal.message();
    story.say(format_args!("A further run finds nothing to do.\nDeleting with that key: {refusal}"))?;

    demo.spaces.create_bucket(REBUILT);
    let rebuilt = demo.spaces.builder(REBUILT, spaces::ACCESS_KEY, spaces::SECRET_KEY);
    let rebuilt = Arc::new(rebuilt.acl(Acl::PublicRead).build()?);
    let restore = OffsiteCopy::new(place(&nightly), [Place::new("a new Space", rebuilt.clone())]);
    let options = Options::default().with_verification(Verification::Full);
    let restored = restore.with_options(options).apply(&()).await?.into_result()?;
    let (copied, whole) = (&restored.destinations[0].copied, same(&*media, &*rebuilt).await?);
    if !whole {
        return Err(Failure::new("what was restored is not what was copied"));
    }
    let picture = http::Request::get(format!("https://{}/{}", rebuilt.origin(), picture(0))).body(Body::Empty)?;
    let seen = demo.spaces.send(picture).await?.status();
    story.say(format_args!(
        "And back again, into a new Space: {copied}, each with its content type, the same as before,\n\
         and for every browser to see: the first picture is answered with {seen}."
    ))
}

/// Where the media are restored.
const REBUILT: &str = "vmst-media-rebuilt";

fn picture(n: u32) -> String {
    format!("media_attachments/files/{:03}/{n:03}/original/picture.png", n % 7)
}

/// Puts there what people posted, as far as a demo goes.
async fn fill(media: &impl ObjectStore) -> Result<(), Failure> {
    for n in 0u32..60 {
        let content = format!("the pixels of picture {n} ").repeat(200).into_bytes();
        let attributes = Attributes::from_iter([(Attribute::ContentType, "image/png")]);
        media.put_opts(&ObjectPath::from(picture(n)), content.into(), attributes.into()).await?;
    }
    let path = ObjectPath::from("media_attachments/files/110/000/original/film.mp4");
    let attributes = Attributes::from_iter([(Attribute::ContentType, "video/mp4")]);
    media.put_opts(&path, vec![42; 12_000_000].into(), attributes.into()).await?;
    Ok(())
}

/// Whether two stores have the same objects with the same contents and content types.
async fn same(one: &impl ObjectStore, other: &impl ObjectStore) -> Result<bool, Failure> {
    let listed: Vec<_> = one.list(None).try_collect().await?;
    for meta in &listed {
        let (left, right) = (one.get(&meta.location).await?, other.get(&meta.location).await?);
        let content_type = |got: &GetResult| got.attributes.get(&Attribute::ContentType).cloned();
        if content_type(&left) != content_type(&right) || left.bytes().await? != right.bytes().await? {
            return Ok(false);
        }
    }
    // The manifest of the copy is beside it.
    let found: Vec<_> = other.list(None).try_collect().await?;
    Ok(found.iter().filter(|meta| !meta.location.as_ref().starts_with(".offsite-copy/")).count() == listed.len())
}

/// What anybody can see in the end, with the DNS and RDAP alone.
async fn what_the_world_sees(story: &Story, domain: &Name, demo: &Demo, lookout: &Lookout) -> Result<(), Failure> {
    story.chapter(
        7,
        "What the world sees",
        "Nobody is believed: the parent's name servers, the zone's own, and the registry are asked.",
    )?;
    let parent = lookout.parent(domain).await?;
    let mut table = terminal::table(["Asked", "Says"]);
    for (server, view) in parent.delegation.observed() {
        let servers: Vec<_> = view.name_servers.iter().map(Name::to_fqdn_without_dot).collect();
        let ds: Vec<_> = view.ds.iter().map(ToString::to_string).collect();
        table.add_row([format!("{server}"), format!("NS {}\nDS {}", servers.join(", "), ds.join(", "))]);
    }
    let servers: Vec<_> = parent.view().iter().flat_map(|view| view.name_servers.iter().cloned()).collect();
    for server in lookout.observer().servers(&servers).await.found {
        let answer = lookout.observer().ask(&server, domain, &RecordType::A).await;
        let said = match answer.answered().and_then(|answer| answer.set.as_ref().map(|set| (set, answer.signed))) {
            Some((set, signed)) => {
                let addresses: Vec<_> = set.data().iter().map(ToString::to_string).collect();
                format!("A {}, {}", addresses.join(", "), if signed { "signed" } else { "not signed" })
            }
            None => "nothing".to_owned(),
        };
        table.add_row([server.to_string(), said]);
    }
    if let Ok(status) = &parent.registry {
        let codes: Vec<_> = status.statuses.iter().cloned().collect();
        let until = status.expires_at.map(terminal::moment).unwrap_or_default();
        let registrar = status.registrar.clone().unwrap_or_default();
        table
            .add_row(["the registry, by RDAP".to_owned(), format!("{registrar}, until {until}, {}", codes.join(", "))]);
    }
    story.say(terminal::shown(&table))?;
    let requests = [
        ("Cloudflare", demo.cloudflare.world().requests()),
        ("DNSimple", demo.dnsimple.world().requests()),
        ("Gandi", demo.gandi.world().requests()),
        ("DigitalOcean", demo.digitalocean.world().requests()),
        ("Spaces", demo.spaces.world().requests()),
        ("Backblaze", demo.backblaze.world().requests()),
    ];
    let requests = requests.map(|(provider, requests)| format!("{provider} {requests}"));
    story.say(format_args!("It took so many requests:\n{}.", requests.join(", ")))
}

/// Keeps the world on loopback.
async fn serve(
    story: &Story,
    demo: &Demo,
    ds: PublishedDs,
    loud: Option<impl Write>,
    stopped: impl Future<Output = ()>,
) -> Result<(), Failure> {
    let domain = Name::parse("vmst.io")?;
    match ds {
        PublishedDs::Right => {}
        PublishedDs::Wrong => demo.internet.tamper_ds(&domain),
        PublishedDs::None => {
            demo.registry.publish_after([]);
            demo.registry.edit(&domain, |held| held.delegation.ds.clear());
        }
    }
    let net = demo.internet.serve().await?;
    let rdap = demo.rdap.serve().await?;
    let edge = demo.digitalocean.edge().serve().await?;
    let fakes = [
        ("cloudflare", demo.cloudflare.serve().await?, howdah_cloudflare::testing::TOKEN),
        ("digitalocean", demo.digitalocean.serve().await?, howdah_digitalocean::testing::TOKEN),
        ("dnsimple", demo.dnsimple.serve().await?, howdah_dnsimple::testing::TOKEN),
        ("gandi", demo.gandi.serve().await?, howdah_gandi::testing::TOKEN),
    ];
    if let Some(mut out) = loud {
        let fakes: BTreeMap<_, _> = fakes.iter().map(|(name, server, _)| (*name, server.base_url())).collect();
        writeln!(out, "{}", line(&net, &rdap.base_url(), &fakes, edge.address()))?;
        out.flush()?;
    } else {
        let port = net.port();
        story.chapter(8, "The world is served", "Until Ctrl-C. Ask it as you would ask the real one:")?;
        let mut table = terminal::table(["What", "Where"]);
        table
            .add_row(["a resolver", &format!("dig @127.0.0.1 -p {port} {} SOA +dnssec", domain.to_fqdn_without_dot())]);
        for (server, address) in net.servers() {
            table.add_row([server.to_fqdn_without_dot(), format!("dig @{} -p {port}", address.ip())]);
        }
        table.add_row(["RDAP", &rdap.base_url()]);
        table.add_row(["the site", &format!("curl -k --connect-to ::{} https://vmst.io", edge.address())]);
        for (name, server, token) in &fakes {
            table.add_row([(*name).to_owned(), format!("{} with the token {token}", server.base_url())]);
        }
        story.say(terminal::shown(&table))?;
        story.say(format_args!("The trust anchor, for delv -a FILE +root=. :\n{}", net.delv_conf()))?;
    }
    stopped.await;
    Ok(())
}

fn line(net: &Served, rdap: &str, fakes: &BTreeMap<&str, String>, edge: SocketAddr) -> serde_json::Value {
    let servers = net.servers().into_iter().map(|(server, at)| (server.to_string(), at));
    let servers: BTreeMap<_, _> = servers.collect();
    json!({
        "port": net.port(),
        "delv": net.delv_conf(),
        "unbound": net.unbound_conf(),
        "servers": servers,
        "rdap": rdap,
        "fakes": fakes,
        "edge": edge,
    })
}

fn without_batches() -> Plan {
    let mut plan = Plan::default();
    plan.batch = false;
    plan
}

/// Where the story is told: one writer for its text and for the progress of what happens in it.
#[derive(Clone)]
pub(crate) struct Story(Arc<Mutex<dyn Write + Send>>);

impl Story {
    pub(crate) fn on(out: impl Write + Send + 'static) -> Self {
        Self(Arc::new(Mutex::new(out)))
    }

    fn line(&self, text: impl std::fmt::Display) -> Result<(), Failure> {
        let mut out = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(writeln!(out, "{text}")?)
    }

    /// A paragraph.
    fn say(&self, text: impl std::fmt::Display) -> Result<(), Failure> {
        self.line(format_args!("{text}\n"))
    }

    fn chapter(&self, number: u32, title: &str, lead: &str) -> Result<(), Failure> {
        let title = format!("{number}. {title}");
        self.line(format_args!("\n{title}\n{}\n", "━".repeat(title.chars().count())))?;
        self.say(lead)
    }

    fn heading(&self, title: &str) -> Result<(), Failure> {
        self.line(format_args!("{title}\n{}", "─".repeat(title.chars().count())))
    }

    /// A run whose steps and waits are told as they come.
    fn run(&self, clock: &Clock) -> Run {
        let story = self.clone();
        // A wait that is looked into several times is told once.
        let told = Mutex::new(String::new());
        Run::on(clock.clone()).telling(move |event| {
            // A story that cannot be written fails at its next sentence.
            let _ = match event {
                Event::Started(step) if step.detail.is_empty() => story.line(format_args!("  … {}", step.title)),
                Event::Started(step) => story.line(format_args!("  … {}: {}", step.title, step.detail)),
                Event::Sleeping { until, what_for } => {
                    let mut told = told.lock().unwrap_or_else(PoisonError::into_inner);
                    if *told == *what_for {
                        return;
                    }
                    (*what_for).clone_into(&mut *told);
                    story.line(format_args!("  ⏳ until {}: {what_for}", terminal::moment(*until)))
                }
                Event::Finished(step) => story.line(format_args!("  ✓ {}", step.title)),
                Event::Verifying => story.line("  … verify\n"),
                _ => Ok(()),
            };
        })
    }
}
