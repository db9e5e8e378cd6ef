//! Front ends behind a load balancer: what becomes of them, and runs that are killed at every request. All the while there
//! are never fewer healthy ones than asked for.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex},
    time::Duration,
};

use crate::common::killing::{Killable, killed_at_every_request};
use async_trait::async_trait;
use howdah_core::{
    Clock, Secret,
    certificate::tls::{Observer, Roots},
    http::{Body, Incoming, Transport, TransportError},
    testing::{KillSwitch, TestAuthority},
};
use howdah_digitalocean::{
    DigitalOcean,
    certificates::NewCertificate,
    droplets::{Droplet, DropletFilter, DropletId, NewDroplet},
    images::ImageId,
    load_balancers::{EntryProtocol, ForwardingRule, LoadBalancer, LoadBalancerId, NewLoadBalancer},
    testing::FakeDigitalOcean,
};
use howdah_workflows::{
    engine::{self, Outcome, Run, RunError, State, Verdict},
    front_ends::{Desired, FrontEnds, Observed},
};
use jiff::{SignedDuration, Timestamp};

const SMALL: &str = "s-2vcpu-2gb";
const LARGE: &str = "s-2vcpu-4gb";
const HOST: &str = "vmst.io";

struct World {
    fake: FakeDigitalOcean,
    clock: Clock,
    authority: TestAuthority,
    image: ImageId,
    balancer: LoadBalancerId,
    watch: Watch,
}

/// How the load balancer chooses.
#[derive(Clone, Copy, Debug, PartialEq)]
enum By {
    Number,
    Tag,
}

impl World {
    /// Three small front ends that were made by hand, healthy behind a load balancer that does TLS.
    async fn new(by: By) -> Self {
        let clock = Clock::starting_at("2026-11-01T12:00:00Z".parse().unwrap());
        let fake = FakeDigitalOcean::at(clock.clone());
        let ocean = fake.client();
        let image = fake.add_snapshot("mastodon-web", "nyc3");
        let mut ids = Vec::new();
        for n in 1..=3 {
            let new = NewDroplet::new(format!("web-{n}"), SMALL, image).with_region("nyc3");
            let new = if by == By::Tag { new.with_tags(["web".to_owned()]) } else { new };
            ids.push(fake.order_droplet(new));
        }
        // Something else that the account has, and nobody touches.
        fake.order_droplet(NewDroplet::new("database", LARGE, "debian-12-x64").with_region("nyc3"));
        tokio::time::sleep(Duration::from_secs(300)).await;
        let authority = TestAuthority::new(clock.now());
        let issued = authority.issue(&[HOST], SignedDuration::from_hours(365 * 24));
        let certificate = NewCertificate::custom("bought", issued.key, issued.leaf, issued.chain);
        let certificate = ocean.certificates().create(certificate).await.unwrap().id;
        let rules = vec![
            ForwardingRule::new("https", 443u16, "http", 80u16).with_certificate(certificate),
            ForwardingRule::new("http", 80u16, "http", 80u16),
        ];
        let new = NewLoadBalancer::new("web", rules).with_region("nyc3").with_redirect_http_to_https(true);
        let new = if by == By::Tag { new.with_tag("web") } else { new.with_droplet_ids(ids) };
        let balancer = ocean.load_balancers().create(new).await.unwrap().id;
        tokio::time::sleep(Duration::from_secs(300)).await;
        let watch = Watch {
            fake: fake.clone(),
            clock: clock.clone(),
            balancer: balancer.clone(),
            least: 0,
            drain: SignedDuration::ZERO,
            served: Arc::default(),
            violations: Arc::default(),
        };
        let world = Self { fake, clock, authority, image, balancer, watch };
        assert_eq!(world.healthy(), 3);
        world
    }

    fn desired(count: usize, size: &str) -> Desired {
        let mut desired = Desired::new("web", count, size, "mastodon-web", "nyc3", "web");
        desired.http2 = true;
        desired
    }

    fn healthy(&self) -> usize {
        self.fake.health(&self.balancer).iter().filter(|(_, healthy)| *healthy).count()
    }

    async fn run(&self, desired: &Desired, switch: &KillSwitch) -> Result<Outcome<Observed>, RunError> {
        self.apply(desired, switch, true).await
    }

    async fn apply(
        &self,
        desired: &Desired,
        switch: &KillSwitch,
        waiting: bool,
    ) -> Result<Outcome<Observed>, RunError> {
        let watch = Watch { least: desired.count.min(self.healthy()), drain: desired.drain, ..self.watch.clone() };
        let watched = Watched { inner: switch.guard(self.fake.world().clone()), watch };
        let ocean = DigitalOcean::from(self.fake.builder().transport(watched).build().unwrap());
        let roots = Roots::from_pem(self.authority.root()).unwrap();
        let observer = Observer::new(Arc::new(self.fake.edge()), roots).unwrap();
        let job = FrontEnds::new(ocean, desired.clone(), self.clock.clone()).unwrap().seen_by(observer, HOST);
        engine::apply(&job, &Run::on(self.clock.clone()).waiting(waiting)).await
    }

    /// Runs to the end, and sees that a further run finds nothing to do.
    async fn bring_to(&self, desired: &Desired) -> Outcome<Observed> {
        let outcome = self.run(desired, &KillSwitch::never()).await.unwrap();
        assert!(outcome.is_complete(), "{}\n{:?}", outcome.steps, outcome.checks);
        let again = self.apply(desired, &KillSwitch::never(), false).await.unwrap();
        assert!(again.is_complete() && again.acted.is_empty(), "{:?} {}", again.acted, again.steps);
        assert_eq!(*self.watch.violations.lock().unwrap(), [] as [String; 0]);
        outcome
    }

    async fn droplets(&self) -> Vec<Droplet> {
        self.fake.client().droplets().list(DropletFilter::new()).all().await.unwrap()
    }

    async fn balancer(&self) -> LoadBalancer {
        self.fake.client().load_balancers().get(&self.balancer).await.unwrap()
    }

    /// What is left in the end, but for numbers.
    async fn end(&self) -> End {
        let balancer = self.balancer().await;
        let mut members = Vec::new();
        let mut others = Vec::new();
        for droplet in self.droplets().await {
            let is_member = balancer.droplet_ids.contains(&droplet.id);
            let told = format!("{} {} {:?}", droplet.name, droplet.size_slug.unwrap(), droplet.tags);
            if is_member { members.push(told) } else { others.push(told) }
        }
        members.sort();
        others.sort();
        let rules = balancer.forwarding_rules.iter().map(|rule| format!("{} {}", rule.entry_protocol, rule.entry_port));
        let tags = self.fake.client().tags().list().all().await.unwrap().into_iter().map(|tag| tag.name);
        End { members, others, rules: rules.collect(), tags: tags.collect(), ordered: self.ordered() }
    }

    /// How many Droplets were ever ordered by a request.
    fn ordered(&self) -> usize {
        let journal = self.fake.world().journal();
        journal.iter().filter(|exchange| exchange.method == "POST" && exchange.path == "/v2/droplets").count()
    }
}

#[derive(Debug, PartialEq, Eq)]
struct End {
    members: Vec<String>,
    others: Vec<String>,
    rules: Vec<String>,
    tags: Vec<String>,
    ordered: usize,
}

/// Counts the healthy after each request, and sees that nobody is destroyed whose last requests may not have ended.
struct Watched<T> {
    inner: T,
    watch: Watch,
}

#[derive(Clone)]
struct Watch {
    fake: FakeDigitalOcean,
    clock: Clock,
    balancer: LoadBalancerId,
    least: usize,
    drain: SignedDuration,
    /// When each was last behind the load balancer.
    served: Arc<Mutex<BTreeMap<DropletId, Timestamp>>>,
    violations: Arc<Mutex<Vec<String>>>,
}

impl Watch {
    fn look(&self, asked: &str) {
        let health = self.fake.health(&self.balancer);
        let healthy = health.iter().filter(|(_, healthy)| *healthy).count();
        if healthy < self.least {
            self.violations.lock().unwrap().push(format!("after {asked}: {healthy} healthy of {}", self.least));
        }
        let now = self.clock.now();
        let mut served = self.served.lock().unwrap();
        let destroyed = asked.strip_prefix("DELETE /v2/droplets/").and_then(|id| id.parse::<u64>().ok());
        let left = destroyed.and_then(|id| served.get(&DropletId::new(id)));
        if left.is_some_and(|left| *left + self.drain > now) {
            self.violations
                .lock()
                .unwrap()
                .push(format!("{asked}: it was behind the load balancer until a moment ago"));
        }
        served.extend(health.into_iter().map(|(id, _)| (id, now)));
    }
}

impl<T> fmt::Debug for Watched<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Watched")
    }
}

#[async_trait]
impl<T: Transport> Transport for Watched<T> {
    async fn send(&self, request: http::Request<Body>) -> Result<http::Response<Incoming>, TransportError> {
        let asked = format!("{} {}", request.method(), request.uri().path());
        let answer = self.inner.send(request).await;
        self.watch.look(&asked);
        answer
    }
}

#[tokio::test(start_paused = true)]
async fn three_small_ones_become_two_larger_ones_that_cost_less() {
    let world = World::new(By::Number).await;
    let job = FrontEnds::new(world.fake.client(), World::desired(2, LARGE), world.clock.clone()).unwrap();
    let (seen, plan) = engine::plan(&job, &world.clock).await.unwrap();
    assert_eq!((seen.monthly_cost().to_string(), job.monthly_cost(&seen).to_string()), ("54".into(), "48".into()));
    let ready: Vec<_> = plan.ready().map(|step| step.id.split_once(' ').map_or("", |(what, _)| what)).collect();
    assert_eq!(ready, ["", "order", "order"], "{plan}");
    assert_eq!(plan.iter().filter(|step| step.state == State::Later).count(), 3, "{plan}");

    let outcome = world.bring_to(&World::desired(2, LARGE)).await;
    let kinds: Vec<_> =
        outcome.acted.iter().map(|id| id.split_once(' ').map_or(id.as_str(), |(what, _)| what)).collect();
    assert_eq!(
        kinds,
        [
            "protocols",
            "order",
            "order",
            "join",
            "join",
            "drain",
            "drain",
            "drain",
            "destroy",
            "destroy",
            "destroy",
            "tidy"
        ]
    );
    assert!(outcome.checks.iter().all(|check| check.verdict == Verdict::Passed), "{:?}", outcome.checks);
    assert!(outcome.checks[1].detail.ends_with("chose h2"), "{:?}", outcome.checks);
    let end = world.end().await;
    assert_eq!((end.members.len(), end.others.len(), end.ordered), (2, 1, 2), "{end:?}");
    assert!(end.others[0].starts_with("database"));
    assert_eq!(end.rules, ["http2 443", "http 80"]);
    assert_eq!(world.balancer().await.redirect_http_to_https, Some(true));
}

#[tokio::test(start_paused = true)]
async fn made_by_hand_and_as_wanted_is_kept() {
    let world = World::new(By::Number).await;
    let outcome = world.bring_to(&World::desired(3, SMALL)).await;
    assert_eq!(outcome.acted, ["protocols"]);
    // One more, and one less again.
    let outcome = world.bring_to(&World::desired(4, SMALL)).await;
    assert_eq!(outcome.acted.len(), 2, "{:?}", outcome.acted);
    let before = world.droplets().await;
    let outcome = world.bring_to(&World::desired(3, SMALL)).await;
    assert_eq!(outcome.acted.len(), 3, "{:?}", outcome.acted);
    let after: Vec<_> = world.droplets().await.into_iter().map(|droplet| droplet.name).collect();
    assert!(after.iter().filter(|name| name.starts_with("web-")).all(|name| name.len() == 5), "{after:?}");
    assert_eq!(before.len(), after.len() + 1);
}

#[tokio::test(start_paused = true)]
async fn a_spare_one_comes_and_goes() {
    let world = World::new(By::Number).await;
    let mut desired = World::desired(2, LARGE);
    world.bring_to(&desired).await;
    let regular: Vec<DropletId> = world.balancer().await.droplet_ids;
    desired.spare = true;
    world.bring_to(&desired).await;
    assert_eq!(world.healthy(), 3);

    // One is out of service meanwhile, and nothing is done about it but to wait.
    world.fake.set_ailing(regular[0], true);
    let outcome = world.apply(&desired, &KillSwitch::never(), false).await.unwrap();
    assert!(outcome.acted.is_empty() && outcome.steps.come_back().is_some(), "{}", outcome.steps);
    assert_eq!(world.healthy(), 2);
    world.fake.set_ailing(regular[0], false);
    tokio::time::sleep(Duration::from_secs(300)).await;

    desired.spare = false;
    world.bring_to(&desired).await;
    assert_eq!(world.balancer().await.droplet_ids, regular);
}

#[tokio::test(start_paused = true)]
async fn what_does_not_become_well_replaces_nobody() {
    let world = World::new(By::Number).await;
    let desired = World::desired(2, LARGE);
    // The first that is ordered never answers.
    let first = world.apply(&desired, &KillSwitch::never(), false).await.unwrap();
    let ordered: Vec<_> = first.acted.iter().filter_map(|id| id.strip_prefix("order ")).map(str::to_owned).collect();
    let unwell = world.droplets().await.into_iter().find(|droplet| droplet.name == ordered[0]).unwrap().id;
    world.fake.set_ailing(unwell, true);
    for _ in 0..20 {
        tokio::time::sleep(Duration::from_secs(60)).await;
        let outcome = world.apply(&desired, &KillSwitch::never(), false).await.unwrap();
        assert!(!outcome.acted.iter().any(|id| id.starts_with("drain")), "{:?}", outcome.acted);
    }
    assert_eq!(world.healthy(), 4, "three old ones and one new one");
    let outcome = world.apply(&desired, &KillSwitch::never(), false).await.unwrap();
    assert!(outcome.steps.come_back().unwrap().1.contains("to pass its checks"));
    world.fake.set_ailing(unwell, false);
    world.bring_to(&desired).await;
}

#[tokio::test(start_paused = true)]
async fn a_limit_that_leaves_little_room_makes_it_slower() {
    let world = World::new(By::Number).await;
    // Four are there, one of them somebody else's.
    world.fake.set_droplet_limit(5);
    let outcome = world.bring_to(&World::desired(2, LARGE)).await;
    let first_drain = outcome.acted.iter().position(|id| id.starts_with("drain")).unwrap();
    let last_order = outcome.acted.iter().rposition(|id| id.starts_with("order")).unwrap();
    assert!(first_drain < last_order, "{:?}", outcome.acted);

    let world = World::new(By::Number).await;
    world.fake.set_droplet_limit(4);
    world.bring_to(&World::desired(2, LARGE)).await;

    // Three are asked for, one after the other takes an old one's place.
    let world = World::new(By::Number).await;
    world.fake.set_droplet_limit(5);
    world.bring_to(&World::desired(3, LARGE)).await;

    // Three are asked for, and none can be spared.
    let world = World::new(By::Number).await;
    world.fake.set_droplet_limit(4);
    let outcome = world.run(&World::desired(3, LARGE), &KillSwitch::never()).await.unwrap();
    let State::Blocked { because, remedy } = &outcome.steps.blocked().next().unwrap().state else { panic!() };
    assert!(because.contains("the account may have 4 Droplets") && remedy.contains("higher limit"), "{because}");
    assert_eq!(world.healthy(), 3);
}

#[tokio::test(start_paused = true)]
async fn more_than_ten_for_a_while_do_not_fit_and_need_not() {
    let world = World::new(By::Number).await;
    world.bring_to(&World::desired(6, SMALL)).await;
    let outcome = world.bring_to(&World::desired(6, LARGE)).await;
    let first_drain = outcome.acted.iter().position(|id| id.starts_with("drain")).unwrap();
    let last_join = outcome.acted.iter().rposition(|id| id.starts_with("join")).unwrap();
    assert!(first_drain < last_join, "{:?}", outcome.acted);

    // Ten of which each is needed leave no place for an eleventh.
    world.fake.set_droplet_limit(100);
    world.bring_to(&World::desired(10, LARGE)).await;
    let outcome = world.run(&World::desired(10, SMALL), &KillSwitch::never()).await.unwrap();
    let State::Blocked { because, .. } = &outcome.steps.blocked().next().unwrap().state else { panic!() };
    assert!(because.ends_with("at most by their numbers, and none can be spared") && outcome.acted.is_empty());
    // Nine are enough for a while.
    let mut spared = World::desired(9, SMALL);
    spared.spare = true;
    world.bring_to(&spared).await;
}

#[tokio::test(start_paused = true)]
async fn what_can_never_be_is_told_before_anything_is_ordered() {
    let world = World::new(By::Number).await;
    world.fake.add_snapshot("mastodon-web", "tor1");
    for (desired, expected) in [
        (World::desired(11, SMALL), "takes 10 Droplets at most by their numbers"),
        (World::desired(10, LARGE), "takes 10 Droplets at most by their numbers, and none can be spared"),
        (
            Desired::new("web", 2, SMALL, "mastodon-web", "tor1", "web"),
            "is in nyc3, and front ends in tor1 cannot be behind it",
        ),
    ] {
        let outcome = world.run(&desired, &KillSwitch::never()).await.unwrap();
        let State::Blocked { because, .. } = &outcome.steps.blocked().next().unwrap().state else { panic!() };
        assert!(because.contains(expected) && outcome.acted.is_empty(), "{because}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_load_balancer_that_chooses_by_a_tag() {
    let world = World::new(By::Tag).await;
    world.bring_to(&World::desired(2, LARGE)).await;
    let balancer = world.balancer().await;
    assert_eq!((balancer.tag.as_deref(), balancer.droplet_ids.len()), (Some("web"), 2));
}

#[tokio::test(start_paused = true)]
async fn http3_comes_beside_http2() {
    let world = World::new(By::Number).await;
    let mut desired = World::desired(3, SMALL);
    desired.http3 = true;
    world.bring_to(&desired).await;
    let rules = world.balancer().await.forwarding_rules;
    assert_eq!(rules.len(), 3);
    let http3 = rules.iter().find(|rule| rule.entry_protocol == EntryProtocol::Http3).unwrap();
    assert_eq!(http3.certificate(), rules[0].certificate());

    let ocean = world.fake.client();
    let mut update = world.balancer().await.into_update();
    update.settings.forwarding_rules = vec![ForwardingRule::new("http", 80u16, "http", 80u16)];
    update.settings.redirect_http_to_https = Some(false);
    ocean.load_balancers().update(&world.balancer, update).await.unwrap();
    let outcome = world.run(&desired, &KillSwitch::never()).await.unwrap();
    let State::Blocked { because, .. } = &outcome.steps.blocked().next().unwrap().state else { panic!() };
    assert_eq!(because, "the load balancer web has no rule that does TLS on port 443");
}

#[tokio::test(start_paused = true)]
async fn a_new_image_and_new_user_data_are_new_front_ends() {
    let world = World::new(By::Number).await;
    world.bring_to(&World::desired(2, LARGE)).await;
    let before = world.balancer().await.droplet_ids;
    let mut desired = World::desired(2, LARGE);
    desired.user_data = Some(Secret::from("#cloud-config\npassword: hunter2"));
    assert!(!format!("{desired:?}").contains("hunter2"));
    world.bring_to(&desired).await;
    let between = world.balancer().await.droplet_ids;
    assert!(between.iter().all(|id| !before.contains(id)));

    tokio::time::sleep(Duration::from_secs(60)).await;
    let newer = world.fake.add_snapshot("mastodon-web", "nyc3");
    assert_ne!(newer, world.image);
    world.bring_to(&desired).await;
    for droplet in world.droplets().await.iter().filter(|droplet| droplet.name != "database") {
        assert_eq!(droplet.image.as_ref().unwrap().id, newer);
    }
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_is_refused_before_anything_is_sent() {
    let fake = FakeDigitalOcean::new();
    for (desired, expected) in [
        (World::desired(0, SMALL), "`count` is 0"),
        (Desired::new("we b", 1, SMALL, "1", "nyc3", "web"), "`pool` is `we b`"),
        (Desired::new("web", 1, "", "1", "nyc3", "web"), "`size` is empty"),
    ] {
        let error = FrontEnds::new(fake.client(), desired, Clock::system()).unwrap_err();
        assert!(error.is_invalid() && error.message().contains(expected), "{error}");
    }
    assert_eq!(fake.world().requests(), 0);
    let world = World::new(By::Number).await;
    for (desired, expected) in [
        (Desired::new("web", 1, "s-9", "mastodon-web", "nyc3", "web"), "there is no size `s-9`"),
        (
            Desired::new("web", 1, SMALL, "mastodon", "nyc3", "web"),
            "there is no image mastodon in nyc3; there is masto",
        ),
        (Desired::new("web", 1, SMALL, "mastodon-web", "nyc3", "api"), "there is no load balancer api; there is web"),
    ] {
        let error = world.run(&desired, &KillSwitch::never()).await.unwrap_err();
        assert!(error.error.message().contains(expected), "{}", error.error);
    }
}

/// Two large ones are asked for.
struct Asked(World);

impl Asked {
    async fn of(by: By, limit: Option<u64>) -> Self {
        let world = World::new(by).await;
        if let Some(limit) = limit {
            world.fake.set_droplet_limit(limit);
        }
        Self(world)
    }
}

impl Killable for Asked {
    type Observed = Observed;
    type End = End;

    async fn run(&self, switch: &KillSwitch) -> Result<Outcome<Observed>, RunError> {
        self.0.run(&World::desired(2, LARGE), switch).await
    }

    async fn end(&self) -> End {
        self.0.end().await
    }

    fn violations(&self) -> Vec<String> {
        self.0.watch.violations.lock().unwrap().clone()
    }
}

#[tokio::test(start_paused = true)]
async fn killed_before_any_request() {
    killed_at_every_request(false, async || Asked::of(By::Number, None).await).await;
}

#[tokio::test(start_paused = true)]
async fn killed_after_any_request() {
    killed_at_every_request(true, async || Asked::of(By::Number, None).await).await;
}

#[tokio::test(start_paused = true)]
async fn killed_before_any_request_where_a_tag_chooses() {
    killed_at_every_request(false, async || Asked::of(By::Tag, None).await).await;
}

#[tokio::test(start_paused = true)]
async fn killed_after_any_request_where_there_is_little_room() {
    killed_at_every_request(true, async || Asked::of(By::Number, Some(4)).await).await;
}

#[tokio::test(start_paused = true)]
async fn the_watch_sees_one_too_few_and_one_that_goes_too_early() {
    let world = World::new(By::Number).await;
    let ids = world.balancer().await.droplet_ids;
    let watch = Watch { least: 3, drain: SignedDuration::from_secs(60), ..world.watch.clone() };
    let watched = Watched { inner: world.fake.world().clone(), watch };
    let ocean = DigitalOcean::from(world.fake.builder().transport(watched).build().unwrap());
    ocean.load_balancers().list().all().await.unwrap();
    ocean.load_balancers().remove_droplets(&world.balancer, [ids[1]]).await.unwrap();
    tokio::time::sleep(Duration::from_secs(30)).await;
    ocean.droplets().delete(ids[1]).await.unwrap();
    let violations = world.watch.violations.lock().unwrap();
    assert_eq!(violations.len(), 3, "{violations:?}");
    assert!(violations[0].ends_with("2 healthy of 3") && violations[2].ends_with("until a moment ago"));
}
