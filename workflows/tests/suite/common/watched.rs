//! A watch over a domain: whatever a workflow does, at no moment may a resolver be led astray.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use howdah_core::{
    dns::{
        Ds, Name,
        wire::{ApexView, Exchange, ExchangeError, Link, Observer, Signing, chain},
    },
    http::{Body, Incoming, Transport, TransportError},
    testing::{Delegated, HostedZone, Hosting, Internet, Registry},
};
use jiff::{SignedDuration, Timestamp};

/// How long the answers of this world's parents are cached.
const CACHED: SignedDuration = SignedDuration::from_hours(1);

/// How often the watch looks while nobody sends anything: at first, and after long quiet.
const INTERVALS: [Duration; 2] = [Duration::from_secs(5 * 60), Duration::from_secs(24 * 3600)];

/// Looks at a domain as resolvers do, and notes what would fail: it asks each of the parent's servers, and each name
/// server that these name, or named so lately that a cache may remember. All of them have to answer for the zone, and
/// where there is a DS, with a key that it leads to and with signatures that hold. Clones are the same watch.
#[derive(Clone, Debug)]
pub struct Watch(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    domain: Name,
    world: Arc<Remembered>,
    observer: Observer,
    noted: Mutex<Noted>,
}

#[derive(Debug, Default)]
struct Noted {
    /// When each was last what one of the parent's servers says.
    referrals: BTreeMap<Referral, Timestamp>,
    /// What the last look went by: the state of the world, and who may be led where.
    grounds: Option<(u64, BTreeSet<Referral>)>,
    violations: BTreeSet<String>,
    requests: u64,
    observations: u64,
}

/// Where a parent's server leads resolvers.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Referral {
    name_servers: BTreeSet<Name>,
    ds: BTreeSet<Ds>,
}

impl Watch {
    /// Over a domain whose name servers are those of these fakes.
    pub fn new(domain: &Name, registry: &Registry, internet: &Internet, hostings: Vec<Arc<dyn Hosting>>) -> Self {
        let world = Arc::new(Remembered::new(domain, registry, internet, hostings));
        let observer = Observer::over(world.clone()).with_roots(internet.roots()).with_clock(registry.clock().clone());
        Self(Arc::new(Inner { domain: domain.clone(), world, observer, noted: Mutex::default() }))
    }

    /// One who asks the world as the watch does, and at less expense than the world itself.
    pub fn observer(&self) -> Observer {
        self.0.observer.clone()
    }

    /// A transport after each of whose requests the watch looks.
    pub fn over<T>(&self, transport: T) -> Watched<T> {
        Watched { watch: self.clone(), transport }
    }

    /// Looks before something begins, again and again while it takes its time, and when it has ended.
    pub async fn during<T>(&self, work: impl Future<Output = T>) -> T {
        let looking = async {
            let [first, last] = INTERVALS;
            let (mut interval, mut requests) = (first, self.noted().requests);
            loop {
                tokio::time::sleep(interval).await;
                self.look().await;
                let sent = std::mem::replace(&mut requests, self.noted().requests);
                interval = if sent == requests { (2 * interval).min(last) } else { first };
            }
        };
        self.look().await;
        let done = tokio::select! {
            done = work => done,
            () = looking => unreachable!("it never ends"),
        };
        self.look().await;
        done
    }

    /// What would have failed, and when.
    pub fn violations(&self) -> Vec<String> {
        self.noted().violations.iter().cloned().collect()
    }

    /// How often there was something new to ask for.
    pub fn observations(&self) -> u64 {
        self.noted().observations
    }

    /// Looks now.
    pub async fn look(&self) {
        let Some(referrals) = self.news() else {
            return;
        };
        let mut found = Vec::new();
        match self.0.observer.delegation(&self.0.domain).await {
            Err(error) => found.push(format!("the delegation was not observed: {error}")),
            Ok(delegation) => {
                found.extend(delegation.unobserved().map(|(server, why)| format!("{server} was not observed: {why}")));
                for (server, view) in delegation.observed() {
                    let says = Referral::new(&view.name_servers, &view.ds);
                    if !referrals.contains(&says) {
                        found.push(format!("{server} says what the registry does not: {says:?}"));
                    }
                }
            }
        }
        let mut together: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for Referral { name_servers, ds } in referrals {
            together.entry(name_servers).or_default().push(Vec::from_iter(ds));
        }
        for (name_servers, ds) in together {
            found.extend(self.astray(&Vec::from_iter(name_servers), &ds).await);
        }
        let now = self.0.world.now();
        let mut noted = self.noted();
        noted.observations += 1;
        noted.violations.extend(found.into_iter().map(|what| format!("{now}: {what}")));
    }

    /// Where resolvers are led now, if anything is new since the last look.
    fn news(&self) -> Option<BTreeSet<Referral>> {
        let (state, published) = self.0.world.refresh();
        let now = self.0.world.now();
        let mut noted = self.noted();
        for delegated in published.iter().flatten() {
            noted.referrals.insert(Referral::new(&delegated.name_servers, &delegated.ds), now);
        }
        noted.referrals.retain(|_, last| now.duration_since(*last) < CACHED);
        let referrals: BTreeSet<_> = noted.referrals.keys().cloned().collect();
        let before = noted.grounds.replace((state, referrals.clone()));
        // What caches have forgotten cannot harm.
        let known = before.is_some_and(|(before, known)| before == state && referrals.is_subset(&known));
        (!known).then_some(referrals)
    }

    /// What fails for resolvers that are led to these servers with one or another of these DS sets.
    async fn astray(&self, names: &[Name], ds: &[Vec<Ds>]) -> Vec<String> {
        let Inner { domain, observer, .. } = &*self.0;
        let servers = observer.servers(names).await;
        let mut found: Vec<_> =
            servers.unresolved.iter().map(|one| format!("{} has no address: {}", one.name, one.why)).collect();
        if names.is_empty() {
            found.push("nothing is delegated".to_owned());
        }
        for view in observer.apex(domain, &servers.found).await {
            let why: Vec<_> = match view.seen.answered() {
                None => view.seen.why().map(str::to_owned).into_iter().collect(),
                Some(apex) if apex.is_lame() => vec!["it does not answer for the zone".to_owned()],
                Some(apex) => ds.iter().filter_map(|ds| broken(domain, ds, apex)).collect(),
            };
            found.extend(why.into_iter().map(|why| format!("{}: {why}", view.server)));
        }
        found
    }

    fn noted(&self) -> MutexGuard<'_, Noted> {
        self.0.noted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Why a validating resolver refuses what the server answers.
fn broken(domain: &Name, ds: &[Ds], apex: &ApexView) -> Option<String> {
    match &apex.signing {
        _ if ds.is_empty() => None,
        Signing::Signed { keys, .. } => match chain(ds, keys, domain) {
            Link::Broken { why } => Some(why),
            _ => None,
        },
        Signing::Bogus { why } | Signing::NotObserved { why } => Some(why.clone()),
        _ => Some("there is a DS, and no signature".to_owned()),
    }
}

impl Referral {
    fn new<'a>(servers: impl IntoIterator<Item = &'a Name>, ds: &[Ds]) -> Self {
        Self { name_servers: servers.into_iter().cloned().collect(), ds: ds.iter().cloned().collect() }
    }
}

/// A transport under a [`Watch`].
#[derive(Debug)]
pub struct Watched<T> {
    watch: Watch,
    transport: T,
}

#[async_trait]
impl<T: Transport> Transport for Watched<T> {
    async fn send(&self, request: http::Request<Body>) -> Result<http::Response<Incoming>, TransportError> {
        let answer = self.transport.send(request).await;
        self.watch.noted().requests += 1;
        self.watch.look().await;
        answer
    }
}

/// A fake internet whose answers are kept for as long as nothing changes that they depend on. It makes most of them many
/// times, and takes its time over each.
struct Remembered {
    internet: Internet,
    domain: Name,
    registry: Registry,
    /// Each with one of its name servers: they answer alike.
    hostings: Vec<(Arc<dyn Hosting>, Name)>,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    /// Goes up with every change.
    state: u64,
    day: i64,
    at: Option<Timestamp>,
    grounds: Option<Grounds>,
    answers: HashMap<(SocketAddr, Vec<u8>), Vec<u8>>,
}

type Published = [Option<Delegated>; 2];

/// All that answers about the domain depend on.
#[derive(PartialEq)]
struct Grounds {
    published: Published,
    zones: Vec<Option<HostedZone>>,
}

impl Remembered {
    fn new(domain: &Name, registry: &Registry, internet: &Internet, hostings: Vec<Arc<dyn Hosting>>) -> Self {
        let (internet, domain, registry) = (internet.clone(), domain.clone(), registry.clone());
        let first = |hosting: Arc<dyn Hosting>| Some((hosting.clone(), hosting.name_servers().first()?.clone()));
        let hostings = hostings.into_iter().filter_map(first).collect();
        Self { internet, domain, registry, hostings, kept: Mutex::default() }
    }

    fn now(&self) -> Timestamp {
        self.registry.clock().now()
    }

    /// Sees whether anything has changed; what the parent's servers say, too.
    fn refresh(&self) -> (u64, Published) {
        let now = self.now();
        let published = [0, 1].map(|server| self.registry.published(&self.domain, server));
        let zones = self.hostings.iter().map(|(hosting, server)| hosting.zone(server, &self.domain)).collect();
        let grounds = Some(Grounds { published: published.clone(), zones });
        let day = now.as_second().div_euclid(24 * 3600);
        let mut kept = self.kept();
        kept.at = Some(now);
        if kept.grounds != grounds {
            kept.grounds = grounds;
            kept.state += 1;
            // What is above and beside the domain stays as it is.
            let domain = self.domain.to_wire();
            kept.answers.retain(|(_, question), _| !question.windows(domain.len()).any(|part| part == domain));
        }
        // Signatures are made anew every day.
        if std::mem::replace(&mut kept.day, day) != day {
            kept.answers.clear();
        }
        (kept.state, published)
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The world changes with requests, after which the watch looks, and with time.
#[async_trait]
impl Exchange for Remembered {
    async fn exchange(&self, server: SocketAddr, query: &[u8]) -> Result<Vec<u8>, ExchangeError> {
        if self.kept().at != Some(self.now()) {
            self.refresh();
        }
        let (id, question) = query.split_at(2);
        let key = (server, question.to_vec());
        let known = self.kept().answers.get(&key).cloned();
        let mut answer = if let Some(answer) = known {
            answer
        } else {
            let answer = self.internet.exchange(server, query).await?;
            self.kept().answers.insert(key, answer.clone());
            answer
        };
        answer[..2].copy_from_slice(id);
        Ok(answer)
    }
}

impl std::fmt::Debug for Remembered {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Remembered").field(&self.internet).finish()
    }
}
