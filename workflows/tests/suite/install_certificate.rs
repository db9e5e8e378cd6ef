//! A certificate on a load balancer and a CDN endpoint: what is refused beforehand, and runs that are killed at every
//! request. All the while every listener has to present a certificate that a browser takes.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use crate::common::killing::{Killable, killed_at_every_request};
use async_trait::async_trait;
use howdah_core::{
    Clock,
    certificate::{
        CertBundle, CertTarget, TlsEndpoint,
        tls::{Observer, Roots},
    },
    http::{Body, Incoming, Transport, TransportError},
    testing::{Edge, Issued, KillSwitch, Listening, MemoryCertTarget, TestAuthority},
};
use howdah_digitalocean::{
    CdnCertTarget, DigitalOcean, LoadBalancerCertTarget,
    cdn::NewEndpoint,
    certificates::{CertificateId, NewCertificate},
    load_balancers::{ForwardingRule, LoadBalancerId, NewLoadBalancer},
    testing::FakeDigitalOcean,
};
use howdah_workflows::{
    engine::{self, Outcome, Run, RunError, State, Verdict},
    install_certificate::{InstallCertificate, Observed, Options},
};
use jiff::SignedDuration;

const YEAR: SignedDuration = SignedDuration::from_hours(365 * 24);
const HOST: &str = "vmst.io";
const MEDIA: &str = "media.vmst.io";

struct World {
    fake: FakeDigitalOcean,
    clock: Clock,
    authority: TestAuthority,
    bundle: CertBundle,
    balancer: LoadBalancerId,
    endpoint: howdah_digitalocean::cdn::EndpointId,
    endpoints: Vec<TlsEndpoint>,
    violations: Arc<Mutex<Vec<String>>>,
}

impl World {
    /// A load balancer and a CDN endpoint with a certificate from before, and one that was bought, both for these names.
    async fn new(names: &[&str]) -> Self {
        let clock = Clock::starting_at("2026-11-01T12:00:00Z".parse().unwrap());
        let fake = FakeDigitalOcean::at(clock.clone());
        let ocean = fake.client();
        let authority = TestAuthority::new(clock.now());
        let held = async |name: &str| {
            let Issued { leaf, chain, key, .. } = authority.issue(names, YEAR);
            ocean.certificates().create(NewCertificate::custom(name, key, leaf, chain)).await.unwrap().id
        };
        let old = held("lets-encrypt").await;
        let rule = |protocol: &str, port: u16, id: &CertificateId| {
            ForwardingRule::new(protocol, port, "http", 80u16).with_certificate(id.clone())
        };
        let rules = vec![rule("https", 443, &old), rule("http2", 8443, &old), rule("http3", 443, &old)];
        let new = NewLoadBalancer::new("web", rules).with_region("tor1").with_tag("web");
        let balancer = ocean.load_balancers().create(new).await.unwrap().id;
        tokio::time::sleep(Duration::from_secs(120)).await;
        let ip = ocean.load_balancers().get(&balancer).await.unwrap().ip.unwrap();

        // A wildcard certificate of the load balancer's cannot be shared.
        let old = if names[0].starts_with("*.") { held("lets-encrypt-cdn").await } else { old };
        let new =
            NewEndpoint::new("media.nyc3.digitaloceanspaces.com").with_custom_domain(MEDIA).with_certificate_id(old);
        let endpoint = ocean.cdn().create(new).await.unwrap().id;

        let bought = authority.issue(names, YEAR);
        let bundle = CertBundle::read([bought.full_chain().as_str(), bought.key.expose()], clock.now()).unwrap();
        let endpoints = vec![
            TlsEndpoint::new(HOST).with_address(ip.as_str()),
            TlsEndpoint::new(HOST).with_address(ip).with_port(8443),
            TlsEndpoint::new(MEDIA).with_address("media.nyc3.cdn.digitaloceanspaces.com"),
        ];
        Self { fake, clock, authority, bundle, balancer, endpoint, endpoints, violations: Arc::default() }
    }

    fn observer(&self) -> Observer {
        Observer::new(Arc::new(self.fake.edge()), Roots::from_pem(self.authority.root()).unwrap()).unwrap()
    }

    fn job(&self, ocean: &DigitalOcean) -> InstallCertificate {
        let targets: Vec<Arc<dyn CertTarget>> = vec![
            Arc::new(LoadBalancerCertTarget::new(ocean.clone(), self.balancer.clone(), [HOST])),
            Arc::new(CdnCertTarget::new(ocean.clone(), self.endpoint.clone(), MEDIA)),
        ];
        let options = Options::default();
        InstallCertificate::new(self.bundle.clone(), targets, self.observer(), self.clock.clone(), options).unwrap()
    }

    async fn run(&self, switch: &KillSwitch) -> Result<Outcome<Observed>, RunError> {
        let watched = Watched {
            inner: switch.guard(self.fake.world().clone()),
            observer: self.observer(),
            endpoints: self.endpoints.clone(),
            clock: self.clock.clone(),
            violations: self.violations.clone(),
        };
        let ocean = DigitalOcean::from(self.fake.builder().transport(watched).build().unwrap());
        engine::apply(&self.job(&ocean), &Run::on(self.clock.clone()).waiting(true)).await
    }

    /// How many certificates are left, all of them the bundle.
    fn end(&self) -> usize {
        let held: Vec<_> = self.fake.certificates().into_iter().map(|one| one.sha1_fingerprint).collect();
        assert!(held.iter().flatten().all(|sha1| *sha1 == self.bundle.sha1().to_string()), "{held:?}");
        held.len()
    }
}

/// Looks at every listener after each request that may change something.
#[derive(Debug)]
struct Watched<T> {
    inner: T,
    observer: Observer,
    endpoints: Vec<TlsEndpoint>,
    clock: Clock,
    violations: Arc<Mutex<Vec<String>>>,
}

#[async_trait]
impl<T: Transport> Transport for Watched<T> {
    async fn send(&self, request: http::Request<Body>) -> Result<http::Response<Incoming>, TransportError> {
        let asked = format!("{} {}", request.method(), request.uri().path());
        let reads = request.method() == http::Method::GET;
        let answer = self.inner.send(request).await;
        // What only reads changes nothing of what is presented, and handshakes are slow.
        for endpoint in self.endpoints.iter().filter(|_| !reads) {
            let fault = match self.observer.look(endpoint, self.clock.now()).await {
                Ok(presented) => presented.distrust,
                Err(error) => Some(error.to_string()),
            };
            if let Some(fault) = fault {
                self.violations.lock().unwrap().push(format!("after {asked}, {endpoint}: {fault}"));
            }
        }
        answer
    }
}

#[tokio::test(start_paused = true)]
async fn a_bought_certificate_takes_the_place_of_the_old_one() {
    let world = World::new(&[HOST, MEDIA]).await;
    let (_, plan) = engine::plan(&world.job(&world.fake.client()), &world.clock).await.unwrap();
    assert_eq!(plan.ready().count(), 1, "{plan}");
    assert!(plan.iter().next().unwrap().detail.contains("https 443, http2 8443, http3 443; the present one ends 20"));

    let outcome = world.run(&KillSwitch::never()).await.unwrap();
    assert!(outcome.is_complete(), "{}\n{:?}", outcome.steps, outcome.checks);
    assert_eq!(outcome.acted, ["install-1", "install-2", "retire-1"]);
    assert!(outcome.checks.iter().all(|check| check.verdict == Verdict::Passed));
    assert_eq!(outcome.checks.iter().filter(|check| check.detail.starts_with("h2, until")).count(), 2);
    assert_eq!(world.end(), 1, "one upload serves both");
}

#[tokio::test(start_paused = true)]
async fn what_cannot_work_is_refused_by_name_before_anything_is_sent() {
    let world = World::new(&[HOST, MEDIA]).await;
    let sent = world.fake.world().requests();
    let now = world.clock.now();
    let refused = |names: &[&str], lifetime: SignedDuration, foreign: bool| {
        let stranger = TestAuthority::new(now);
        let issued = if foreign { &stranger } else { &world.authority }.issue(names, lifetime);
        let bundle = CertBundle::read([issued.full_chain().as_str(), issued.key.expose()], now).unwrap();
        let target = MemoryCertTarget::new([HOST, MEDIA]);
        let (observer, clock) = (world.observer(), world.clock.clone());
        InstallCertificate::new(bundle, vec![Arc::new(target)], observer, clock, Options::default()).unwrap_err()
    };
    for (error, expected) in [
        (refused(&[HOST], YEAR, false), "listeners in memory: the certificate is not for media.vmst.io"),
        (refused(&[HOST, MEDIA], SignedDuration::from_hours(24 * 13), false), "in less than 14 days"),
        (
            refused(&[HOST, MEDIA], YEAR, true),
            "no browser would take the certificate for vmst.io: it was not signed by whom it names",
        ),
    ] {
        assert!(error.is_invalid() && error.to_string().contains(expected), "{error}");
    }
    assert_eq!(world.fake.world().requests(), sent);
}

#[tokio::test(start_paused = true)]
async fn a_load_balancer_without_tls_is_told_of() {
    let world = World::new(&[HOST, MEDIA]).await;
    let ocean = world.fake.client();
    let rule = ForwardingRule::new("http", 80u16, "http", 80u16);
    let plain = NewLoadBalancer::new("plain", vec![rule]).with_region("tor1").with_tag("plain");
    let plain = ocean.load_balancers().create(plain).await.unwrap().id;
    let target = LoadBalancerCertTarget::new(ocean, plain, [HOST]);
    let (bundle, clock) = (world.bundle.clone(), world.clock.clone());
    let job =
        InstallCertificate::new(bundle, vec![Arc::new(target)], world.observer(), clock, Options::default()).unwrap();
    let (_, steps) = engine::plan(&job, &world.clock).await.unwrap();
    let blocked = steps.blocked().next().unwrap();
    assert!(matches!(&blocked.state, State::Blocked { because, .. } if because.ends_with("no listener that does TLS")));
}

#[tokio::test(start_paused = true)]
async fn an_edge_that_lags_is_waited_for_and_nothing_is_deleted_before() {
    let world = World::new(&[HOST, MEDIA]).await;
    let old = world.authority.issue(&[HOST, MEDIA], YEAR);
    let target = MemoryCertTarget::new([HOST]);
    let bundle_of = |issued: &Issued| {
        CertBundle::read([issued.full_chain().as_str(), issued.key.expose()], world.clock.now()).unwrap()
    };
    target.install(&bundle_of(&old)).await.unwrap();
    let (behind, clock) = (target.edge(), world.clock.clone());
    let settled = clock.now() + SignedDuration::from_secs(90);
    let stale = old.clone();
    let edge = Edge::new(move |hello| {
        if clock.now() < settled {
            return Some(Listening::new(stale.full_chain(), stale.key.clone()));
        }
        behind.answering(hello)
    });
    let observer = Observer::new(Arc::new(edge), Roots::from_pem(world.authority.root()).unwrap()).unwrap();
    let job = |options| {
        let target = Arc::new(target.clone());
        InstallCertificate::new(world.bundle.clone(), vec![target], observer.clone(), world.clock.clone(), options)
            .unwrap()
    };
    let outcome = engine::apply(&job(Options::default()), &Run::on(world.clock.clone())).await.unwrap();
    assert_eq!(outcome.acted, ["install-1"]);
    let (_, what_for) = outcome.steps.come_back().unwrap();
    assert!(what_for.contains("vmst.io:443, which presents"), "{what_for}");
    assert_eq!(target.superseded(&world.bundle).await.unwrap().len(), 1);

    let mut keep = Options::default();
    keep.retire = false;
    let run = || Run::on(world.clock.clone()).waiting(true);
    assert!(engine::apply(&job(keep), &run()).await.unwrap().is_complete());
    assert_eq!(target.superseded(&world.bundle).await.unwrap().len(), 1, "it was asked to be kept");
    let outcome = engine::apply(&job(Options::default()), &run()).await.unwrap();
    assert!(outcome.is_complete() && outcome.acted == ["retire-1"], "{}", outcome.steps);
    assert_eq!(target.superseded(&world.bundle).await.unwrap().len(), 0);
}

impl Killable for World {
    type Observed = Observed;
    /// How many certificates are left.
    type End = usize;

    async fn run(&self, switch: &KillSwitch) -> Result<Outcome<Observed>, RunError> {
        World::run(self, switch).await
    }

    async fn end(&self) -> usize {
        World::end(self)
    }

    fn violations(&self) -> Vec<String> {
        self.violations.lock().unwrap().clone()
    }
}

#[tokio::test(start_paused = true)]
async fn killed_before_any_request() {
    killed_at_every_request(false, async || World::new(&[HOST, MEDIA]).await).await;
}

#[tokio::test(start_paused = true)]
async fn killed_after_any_request() {
    killed_at_every_request(true, async || World::new(&[HOST, MEDIA]).await).await;
}

#[tokio::test(start_paused = true)]
async fn killed_before_any_request_with_a_wildcard() {
    killed_at_every_request(false, async || World::new(&["*.vmst.io", HOST]).await).await;
}

#[tokio::test(start_paused = true)]
async fn killed_after_any_request_with_a_wildcard() {
    killed_at_every_request(true, async || World::new(&["*.vmst.io", HOST]).await).await;
}

#[tokio::test(start_paused = true)]
async fn the_watch_sees_a_listener_without_a_certificate() {
    let world = World::new(&[HOST, MEDIA]).await;
    let mut update = world.fake.client().load_balancers().get(&world.balancer).await.unwrap().into_update();
    update.settings.forwarding_rules.retain(|rule| rule.entry_port != 443);
    world.fake.client().load_balancers().update(&world.balancer, update).await.unwrap();
    world.run(&KillSwitch::never()).await.unwrap();
    let violations = world.violations.lock().unwrap();
    assert!(!violations.is_empty() && violations.iter().all(|one| one.contains("vmst.io:443 at")), "{violations:?}");
}
