//! The small internet, judged by what a parent's and a child's name servers say on the real one, and by a validating
//! resolver that was not written here.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use hickory_resolver::{
    Resolver, TokioResolver,
    config::{NameServerConfig, ResolverConfig},
    net::runtime::TokioRuntimeProvider,
    proto::{
        dnssec::{Algorithm, Proof, PublicKeyBuf, TrustAnchors},
        op::{Edns, Message, Query, ResponseCode},
        rr::{Name as HickoryName, Record, RecordType as HickoryType},
    },
};
use howdah_core::{
    Clock,
    dns::{
        DnsProvider, DnssecSigner, Name, RecordData, RecordSet, RecordType, Ttl, Zone,
        wire::{ApexView, Exchange, ExchangeError, Link, Observer, Seen, Signing, chain},
    },
    testing::{Delegated, HostedZone, Hosting, Internet, MemoryDns, Registry, Ttls, ZoneKey},
};
use jiff::SignedDuration;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpStream, UdpSocket},
};

const NS1: &str = "ns1.memory.example";
const NS2: &str = "ns2.memory.example";

fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

/// A world in which `example.org` is hosted by [`MemoryDns`], and signed if that is wished, the parent included.
struct Scene {
    registry: Registry,
    provider: MemoryDns,
    internet: Internet,
}

const ZONE: [(&str, &str, &str); 12] = [
    ("@", "ALIAS", "apex.example.net."),
    ("@", "MX", "10 mail"),
    ("www", "A", "192.0.2.1"),
    ("www", "TXT", "\"one\" \"two\""),
    ("alias", "CNAME", "www"),
    ("away", "CNAME", "www.example.io."),
    ("*.wild", "A", "192.0.2.7"),
    ("_sip+d2t._tcp", "SRV", "10 5 5060 www"),
    ("deep.empty", "A", "192.0.2.8"),
    ("sub", "NS", "ns.sub"),
    ("ns.sub", "A", "192.0.2.9"),
    ("old", "DNAME", "wild"),
];

impl Scene {
    async fn new(signed: bool) -> Self {
        let clock = Clock::starting_at("2022-12-04T09:00:00Z".parse().unwrap());
        let (registry, provider) = (Registry::new(clock), MemoryDns::new());
        for domain in ["example.org", "example.io"].map(name) {
            provider.create_zone(&domain).await.unwrap();
            registry.register(&domain, "registrar", &[NS1, NS2].map(name), SignedDuration::from_hours(24 * 400));
        }
        let scene = Self { internet: Internet::new(&registry).hosting(Arc::new(provider.clone())), registry, provider };
        for (at, record_type, data) in ZONE {
            scene.put(at, record_type, data);
        }
        let address =
            RecordSet::new(name("www.example.io"), Ttl::Seconds(300), [RecordData::A([198, 51, 100, 3].into())]);
        scene.provider.edit(&name("example.io"), |zone| drop(zone.insert(address.unwrap()).unwrap())).unwrap();
        if signed {
            scene.sign().await;
        }
        scene
    }

    async fn sign(&self) {
        let domain = name("example.org");
        self.provider.enable(&domain).await.unwrap();
        let ds = self.provider.keys(&domain).await.unwrap().remove(0).ds;
        self.registry.delegate(&domain, "registrar", |delegated| delegated.ds = ds).unwrap();
    }

    fn put(&self, at: &str, record_type: &str, data: &str) {
        let zone = name("example.org");
        let record_type: RecordType = record_type.parse().unwrap();
        let data = RecordData::parse(&record_type, data, &zone).unwrap();
        let set = RecordSet::new(Name::parse_in(at, &zone).unwrap(), Ttl::Seconds(300), [data]).unwrap();
        self.provider.edit(&zone, |zone| drop(zone.insert(set).unwrap())).unwrap();
    }

    async fn ask(&self, server: &str, at: &str, record_type: HickoryType) -> Message {
        let server = SocketAddr::new(self.internet.address(&name(server)), 53);
        let bytes = self.internet.exchange(server, &question(at, record_type)).await.unwrap();
        Message::from_vec(&bytes).unwrap()
    }
}

fn query(at: &str, record_type: HickoryType) -> Message {
    let mut message = Message::query();
    let labels = name(at);
    message.add_query(Query::query(HickoryName::from_labels(labels.labels()).unwrap(), record_type));
    message
}

fn question(at: &str, record_type: HickoryType) -> Vec<u8> {
    let mut message = query(at, record_type);
    let mut edns = Edns::new();
    edns.set_max_payload(1232).set_dnssec_ok(true);
    message.set_edns(edns);
    message.to_vec().unwrap()
}

/// Owner and type of every record, in order and each once.
fn shape(records: &[Record]) -> Vec<String> {
    let mut shape: Vec<String> = records.iter().map(|it| format!("{} {}", it.name, it.record_type())).collect();
    shape.dedup();
    shape
}

fn ttls(records: &[Record]) -> Vec<u32> {
    records.iter().map(|record| record.ttl).collect()
}

fn addresses(records: &[Record]) -> Vec<IpAddr> {
    records.iter().filter_map(|record| record.data.ip_addr()).collect()
}

#[tokio::test(start_paused = true)]
async fn a_parent_refers_as_real_ones_do() {
    let scene = Scene::new(true).await;
    let referral = scene.ask("a.nic.org", "www.example.org", HickoryType::A).await;
    assert!(!referral.metadata.authoritative && !referral.metadata.recursion_available);
    assert_eq!(referral.metadata.response_code, ResponseCode::NoError);
    assert_eq!(referral.answers, []);
    let expected = ["example.org. NS", "example.org. DS", "example.org. RRSIG"];
    assert_eq!(shape(&referral.authorities), expected);
    // The servers are in another top-level domain, whose servers know their addresses.
    assert_eq!(referral.additionals, []);

    let unsigned = scene.ask("b.nic.io", "www.example.io", HickoryType::A).await;
    assert_eq!(shape(&unsigned.authorities), ["example.io. NS", "example.io. NSEC", "example.io. RRSIG"]);

    let hosts = scene.ask("a.nic.example", "ns2.memory.example", HickoryType::A).await;
    assert!(!hosts.metadata.authoritative);
    assert_eq!(addresses(&hosts.additionals), [NS1, NS2].map(|host| scene.internet.address(&name(host))));
    let own = scene.ask(NS2, "ns2.memory.example", HickoryType::A).await;
    assert!(own.metadata.authoritative);
    assert_eq!(addresses(&own.answers), [scene.internet.address(&name(NS2))]);

    let root = scene.ask("a.root-servers.net", "org", HickoryType::NS).await;
    assert!(!root.metadata.authoritative);
    assert_eq!(shape(&root.authorities), ["org. NS", "org. DS", "org. RRSIG"]);
    assert_eq!(shape(&root.additionals), ["a.nic.org. A", "b.nic.org. A"]);
    let priming = scene.ask("b.root-servers.net", ".", HickoryType::NS).await;
    assert!(priming.metadata.authoritative);
    assert_eq!(addresses(&priming.additionals), scene.internet.roots());
}

#[tokio::test(start_paused = true)]
async fn the_parent_answers_for_the_ds() {
    let scene = Scene::new(true).await;
    let ds = scene.ask("a.nic.org", "example.org", HickoryType::DS).await;
    assert!(ds.metadata.authoritative);
    assert_eq!(shape(&ds.answers), ["example.org. DS", "example.org. RRSIG"]);
    assert_eq!(ttls(&ds.answers), [3600, 3600]);

    let none = scene.ask("a.nic.io", "example.io", HickoryType::DS).await;
    assert!(none.metadata.authoritative && none.answers.is_empty());
    assert_eq!(shape(&none.authorities), ["io. SOA", "io. RRSIG", "example.io. NSEC", "example.io. RRSIG"]);
    // The child does not know what the parent publishes.
    let child = scene.ask(NS1, "example.org", HickoryType::DS).await;
    assert!(child.metadata.authoritative && child.answers.is_empty());

    let org = name("org");
    scene.internet.set_ttls(&org, Ttls { ns: 172_800, ds: 86_400, negative: 900 });
    assert_eq!(ttls(&scene.ask("b.nic.org", "example.org", HickoryType::DS).await.answers), [86_400, 86_400]);
    let referral = scene.ask("b.nic.org", "example.org", HickoryType::A).await;
    assert_eq!(ttls(&referral.authorities), [172_800, 172_800, 86_400, 86_400]);
    let nothing = scene.ask("b.nic.org", "nothing.org", HickoryType::A).await;
    assert_eq!(nothing.metadata.response_code, ResponseCode::NXDomain);
    assert!(ttls(&nothing.authorities).iter().all(|ttl| *ttl == 900));
}

#[tokio::test(start_paused = true)]
async fn each_server_of_the_parent_follows_at_its_own_pace() {
    let scene = Scene::new(false).await;
    let (domain, hours) = (name("example.org"), SignedDuration::from_hours);
    scene.registry.publish_after([hours(1), hours(2)]);
    let host = name("ns.example.org");
    scene
        .registry
        .delegate(&domain, "registrar", |delegated| {
            delegated.name_servers = vec![host.clone()];
            delegated.glue.insert(host.clone(), vec![[192, 0, 2, 53].into()]);
        })
        .unwrap();
    let glue = async || {
        let mut seen = Vec::new();
        for server in ["a.nic.org", "b.nic.org"] {
            seen.push(addresses(&scene.ask(server, "example.org", HickoryType::A).await.additionals).len());
        }
        seen
    };
    assert_eq!(glue().await, [0, 0]);
    tokio::time::sleep(Duration::from_secs(3600)).await;
    assert_eq!(glue().await, [1, 0]);
    tokio::time::sleep(Duration::from_secs(3600)).await;
    assert_eq!(glue().await, [1, 1]);
}

#[tokio::test(start_paused = true)]
async fn name_servers_answer_from_what_the_provider_holds() {
    let scene = Scene::new(true).await;
    let www = scene.ask(NS1, "www.example.org", HickoryType::A).await;
    assert!(www.metadata.authoritative);
    assert_eq!(addresses(&www.answers), [IpAddr::from([192, 0, 2, 1])]);
    assert_eq!(ttls(&www.answers), [300, 300]);
    scene.put("www", "A", "192.0.2.2");
    let changed = scene.ask(NS1, "www.example.org", HickoryType::A).await;
    assert_eq!(addresses(&changed.answers), [IpAddr::from([192, 0, 2, 2])]);
    assert_eq!(changed, {
        let mut again = scene.ask(NS1, "www.example.org", HickoryType::A).await;
        again.metadata.id = changed.metadata.id;
        again
    });

    let chain = scene.ask(NS2, "alias.example.org", HickoryType::A).await;
    let expected =
        ["alias.example.org. CNAME", "alias.example.org. RRSIG", "www.example.org. A", "www.example.org. RRSIG"];
    assert_eq!(shape(&chain.answers), expected);
    let service = scene.ask(NS2, "_sip+d2t._tcp.example.org", HickoryType::SRV).await;
    assert_eq!(service.answers.len(), 2);

    let wild = scene.ask(NS1, "any.wild.example.org", HickoryType::A).await;
    assert_eq!(shape(&wild.answers), ["any.wild.example.org. A", "any.wild.example.org. RRSIG"]);
    assert_eq!(shape(&wild.authorities), ["*.wild.example.org. NSEC", "*.wild.example.org. RRSIG"]);
    let renamed = scene.ask(NS1, "any.old.example.org", HickoryType::A).await;
    let expected =
        ["old.example.org. DNAME", "old.example.org. RRSIG", "any.old.example.org. CNAME", "any.wild.example.org. A"];
    assert_eq!(shape(&renamed.answers)[..4], expected);

    let empty = scene.ask(NS1, "empty.example.org", HickoryType::A).await;
    assert_eq!((empty.metadata.response_code, empty.answers.len()), (ResponseCode::NoError, 0));
    let nothing = scene.ask(NS1, "nothing.example.org", HickoryType::A).await;
    assert_eq!(nothing.metadata.response_code, ResponseCode::NXDomain);
    let proofs = nothing.authorities.iter().filter(|record| record.record_type() == HickoryType::NSEC);
    assert_eq!((proofs.count(), ttls(&nothing.authorities)[0]), (2, 300));
    let below = scene.ask(NS1, "a.sub.example.org", HickoryType::A).await;
    assert!(!below.metadata.authoritative);
    assert_eq!(addresses(&below.additionals), [IpAddr::from([192, 0, 2, 9])]);

    let stranger = scene.ask(NS1, "www.example.com", HickoryType::A).await;
    assert_eq!(stranger.metadata.response_code, ResponseCode::Refused);
    let everything = scene.ask(NS1, "www.example.org", HickoryType::ANY).await;
    assert_eq!(everything.metadata.response_code, ResponseCode::NotImp);
    scene.provider.disable(&name("example.org")).await.unwrap();
    let unsigned = scene.ask(NS1, "www.example.org", HickoryType::A).await;
    assert_eq!(shape(&unsigned.answers), ["www.example.org. A"]);
}

#[tokio::test(start_paused = true)]
async fn an_alias_has_the_addresses_of_its_target() {
    let scene = Scene::new(true).await;
    let outside = scene.ask(NS1, "example.org", HickoryType::A).await;
    assert_eq!(shape(&outside.answers), ["example.org. A", "example.org. RRSIG"]);
    assert_eq!(outside.answers, scene.ask(NS2, "example.org", HickoryType::A).await.answers);
    assert_eq!(scene.ask(NS1, "example.org", HickoryType::AAAA).await.answers.len(), 2);

    scene.put("@", "ALIAS", "www.example.io.");
    let inside = scene.ask(NS1, "example.org", HickoryType::A).await;
    assert_eq!(addresses(&inside.answers), [IpAddr::from([198, 51, 100, 3])]);
    assert_eq!(scene.ask(NS1, "example.org", HickoryType::AAAA).await.answers, []);
    scene.put("@", "ALIAS", "away");
    assert_eq!(addresses(&scene.ask(NS1, "example.org", HickoryType::A).await.answers), addresses(&inside.answers));
    scene.put("@", "ALIAS", "@");
    assert_eq!(scene.ask(NS1, "example.org", HickoryType::A).await.answers, []);
}

/// Hosting of one zone on one server.
#[derive(Debug)]
struct One(Name, HostedZone);

impl Hosting for One {
    fn name_servers(&self) -> Vec<Name> {
        vec![self.0.clone()]
    }

    fn zones(&self, server: &Name) -> Vec<Name> {
        if *server == self.0 { vec![self.1.zone.name().clone()] } else { Vec::new() }
    }

    fn zone(&self, server: &Name, apex: &Name) -> Option<HostedZone> {
        (*server == self.0 && apex == self.1.zone.name()).then(|| self.1.clone())
    }
}

#[tokio::test(start_paused = true)]
async fn old_and_new_servers_answer_differently() {
    let scene = Scene::new(false).await;
    let mut zone = scene.provider.zone(&name(NS1), &name("example.org")).unwrap();
    let moved = RecordSet::new(name("www.example.org"), Ttl::Seconds(60), [RecordData::A([203, 0, 113, 1].into())]);
    zone.zone.insert(moved.unwrap()).unwrap();
    zone.keys = vec![ZoneKey::generate(257)];
    let internet = scene.internet.clone().hosting(Arc::new(One(name("ns.new.example"), zone)));
    assert_eq!(
        addresses(&scene.ask(NS1, "www.example.org", HickoryType::A).await.answers),
        [IpAddr::from([192, 0, 2, 1])]
    );
    let new = scene.ask("ns.new.example", "www.example.org", HickoryType::A).await;
    assert_eq!(shape(&new.answers), ["www.example.org. A", "www.example.org. RRSIG"]);
    assert_eq!(addresses(&new.answers), [IpAddr::from([203, 0, 113, 1])]);
    let other = scene.ask("ns.new.example", "www.example.io", HickoryType::A).await;
    assert_eq!(other.metadata.response_code, ResponseCode::Refused);
    assert_ne!(internet.address(&name("ns.new.example")), internet.address(&name(NS1)));
}

#[tokio::test(start_paused = true)]
async fn name_servers_may_have_names_of_any_kind() {
    let scene = Scene::new(false).await;
    let hosted = |host: &str, zone: &str| {
        let mut hosted = scene.provider.zone(&name(NS1), &name("example.org")).unwrap();
        let apex = name("example.org");
        let sets = hosted.zone.at(&apex).filter(|set| *set.record_type() != RecordType::Alias).cloned();
        let sets: Vec<_> = sets.map(|set| set.with_name(name(zone))).collect();
        hosted.zone = Zone::try_from_sets(name(zone), sets).unwrap();
        Arc::new(One(name(host), hosted))
    };
    let year = SignedDuration::from_hours(24 * 365);
    scene.registry.register(&name("example.co.uk"), "registrar", &[name("ns.elsewhere.co.uk")], year);
    scene.registry.register(&name("vanity.org"), "registrar", &[name("ns.vanity.org")], year);
    let internet = scene.internet.clone().hosting(hosted("ns.elsewhere.co.uk", "example.co.uk"));
    let internet = internet.hosting(hosted("ns.vanity.org", "vanity.org"));
    let observer = internet.observer();
    let mx = async |at: &str| observer.resolve(&name(at), &RecordType::Mx).await.map(|answer| answer.set.is_some());
    assert!(mx("example.co.uk").await.unwrap());
    assert!(mx("vanity.org").await.is_err(), "without glue nobody finds the way");
    let glue = [internet.address(&name("ns.vanity.org"))];
    let told = |to: &mut Delegated| drop(to.glue.insert(name("ns.vanity.org"), glue.to_vec()));
    scene.registry.delegate(&name("vanity.org"), "registrar", told).unwrap();
    assert!(mx("vanity.org").await.unwrap());
}

#[tokio::test(start_paused = true)]
async fn faults_show_and_are_mended() {
    let scene = Scene::new(true).await;
    let at = SocketAddr::new(scene.internet.address(&name(NS1)), 53);
    let asked = question("www.example.org", HickoryType::A);
    let is_silent = async |at: SocketAddr| {
        let begun = tokio::time::Instant::now();
        let silent = matches!(scene.internet.exchange(at, &asked).await, Err(ExchangeError::Timeout));
        assert_eq!(begun.elapsed().as_secs(), if silent { 2 } else { 0 });
        silent
    };
    assert!(!is_silent(at).await);
    scene.internet.silence(&name(NS1));
    assert!(is_silent(at).await);
    scene.internet.mend();
    assert!(!is_silent(at).await);
    scene.internet.unplug_port_53();
    assert!(is_silent(at).await && is_silent((scene.internet.roots()[0], 53).into()).await);
    scene.internet.mend();
    assert!(is_silent(([192, 0, 2, 1], 53).into()).await, "nobody is there");
    let refused = scene.internet.exchange((at.ip(), 54).into(), &asked).await;
    assert!(matches!(refused, Err(ExchangeError::Io(_))));

    scene.internet.lame(&name(NS1));
    let lame = scene.ask(NS1, "www.example.org", HickoryType::A).await;
    assert_eq!(lame.metadata.response_code, ResponseCode::Refused);
    assert_eq!(scene.ask(NS2, "www.example.org", HickoryType::A).await.answers.len(), 2);
}

async fn apexes(observer: &Observer) -> Vec<Seen<ApexView>> {
    let found = observer.servers(&[NS1, NS2].map(name)).await;
    assert_eq!((found.found.len(), found.unresolved.len()), (2, 0));
    observer.apex(&name("example.org"), &found.found).await.into_iter().map(|view| view.seen).collect()
}

fn is_signed(view: &Seen<ApexView>) -> bool {
    view.answered().is_some_and(|view| matches!(view.signing, Signing::Signed { .. }))
}

fn is_bogus(view: &Seen<ApexView>) -> bool {
    view.answered().is_some_and(|view| matches!(view.signing, Signing::Bogus { .. }))
}

#[tokio::test(start_paused = true)]
async fn our_own_observer_sees_what_is() {
    let scene = Scene::new(true).await;
    let (domain, observer) = (name("example.org"), scene.internet.observer());
    let delegation = observer.delegation(&domain).await.unwrap();
    assert_eq!((&delegation.parent, delegation.views.len()), (&name("org"), 2));
    let agreed = delegation.agreed().unwrap();
    assert_eq!(agreed.name_servers, [NS1, NS2].map(name).into());
    assert!(agreed.exists && !agreed.authoritative);
    let views = apexes(&observer).await;
    assert!(views.iter().all(is_signed), "{views:?}");
    let link = |view: &Seen<ApexView>, ds| chain(ds, &view.answered().unwrap().keys, &domain);
    assert!(matches!(link(&views[0], &agreed.ds), Link::Secure { .. }));
    let alias = observer.resolve(&name("away.example.org"), &RecordType::A).await.unwrap();
    assert_eq!(alias.set.unwrap().data().iter().next(), Some(&RecordData::A([198, 51, 100, 3].into())));

    scene.internet.tamper_ds(&domain);
    let tampered = observer.delegation(&domain).await.unwrap();
    assert!(matches!(link(&views[0], &tampered.agreed().unwrap().ds), Link::Broken { .. }));
    scene.internet.mend();
    scene.internet.expire_signatures(&domain);
    assert!(apexes(&observer).await.iter().all(is_bogus));
    scene.internet.mend();
    scene.internet.forge(&domain, &domain);
    assert!(apexes(&observer).await.iter().all(is_bogus));
    scene.internet.mend();
    scene.internet.lame(&name(NS1));
    let lame: Vec<_> = apexes(&observer).await.iter().map(|view| view.answered().unwrap().is_lame()).collect();
    assert_eq!(lame.iter().filter(|lame| **lame).count(), 1);
    scene.internet.unplug_port_53();
    assert!(observer.delegation(&domain).await.is_err());
    scene.internet.mend();
    // Signatures do not go out of date while the world goes on.
    tokio::time::sleep(Duration::from_secs(400 * 86_400)).await;
    assert!(apexes(&observer).await.iter().all(is_signed));
}

#[tokio::test]
async fn an_observer_on_loopback_sees_the_same() {
    let scene = Scene::new(true).await;
    let served = scene.internet.serve().await.unwrap();
    let observer = Observer::new().with_roots(scene.internet.roots()).with_port(served.port());
    let here = observer.with_clock(scene.registry.clock().clone());
    let there = scene.internet.observer();
    let domain = name("example.org");
    assert_eq!(here.delegation(&domain).await.unwrap(), there.delegation(&domain).await.unwrap());
    assert_eq!(apexes(&here).await, apexes(&there).await);
}

/// Asks the resolver on loopback, and validates.
fn validator(internet: &Internet, resolver: SocketAddr) -> TokioResolver {
    let key = internet.trust_anchor();
    let mut anchors = TrustAnchors::empty();
    anchors.insert(&PublicKeyBuf::new(key.public_key, Algorithm::from_u8(key.algorithm)));
    let mut server = NameServerConfig::udp_and_tcp(resolver.ip());
    for connection in &mut server.connections {
        connection.port = resolver.port();
    }
    let config = ResolverConfig::from_parts(None, Vec::new(), vec![server]);
    let builder = Resolver::builder_with_config(config, TokioRuntimeProvider::default());
    let mut builder = builder.with_trust_anchor(Arc::new(anchors));
    let options = builder.options_mut();
    (options.cache_size, options.attempts, options.timeout) = (0, 1, Duration::from_secs(5));
    builder.build().unwrap()
}

/// What a validator that knows nothing yet makes of a question: the state of the answer, or why there is none.
async fn verdict(scene: &Scene, resolver: SocketAddr, at: &str, record_type: HickoryType) -> Result<Proof, String> {
    let at = name(at);
    let at = HickoryName::from_labels(at.labels()).unwrap();
    let found = validator(&scene.internet, resolver).lookup(at, record_type).await;
    let found = found.map_err(|error| error.to_string())?;
    assert!(!found.answers().is_empty());
    Ok(found.answers().iter().map(|record| record.proof).min().unwrap())
}

#[tokio::test]
async fn an_independent_validator_agrees() {
    let scene = Scene::new(true).await;
    let served = scene.internet.serve().await.unwrap();
    let verdict = async |at: &str, record_type| verdict(&scene, served.resolver(), at, record_type).await;
    // Wildcards are left to delv and unbound-host: this one does not take the proof that they come with.
    for (at, record_type) in [
        ("example.org", HickoryType::SOA),
        ("example.org", HickoryType::A),
        ("www.example.org", HickoryType::TXT),
        ("alias.example.org", HickoryType::A),
        ("_sip+d2t._tcp.example.org", HickoryType::SRV),
        ("example.org", HickoryType::DNSKEY),
        ("example.org", HickoryType::DS),
        ("org", HickoryType::NS),
    ] {
        assert_eq!(verdict(at, record_type).await, Ok(Proof::Secure), "{at} {record_type}");
    }
    assert_eq!(verdict("www.example.io", HickoryType::A).await, Ok(Proof::Insecure));
    let nothing = verdict("nothing.example.org", HickoryType::A).await.unwrap_err();
    assert!(nothing.contains("no records found"), "{nothing}");

    let is_secure = async || verdict("www.example.org", HickoryType::A).await.is_ok_and(|proof| proof == Proof::Secure);
    assert!(is_secure().await);
    scene.internet.tamper_ds(&name("example.org"));
    assert!(!is_secure().await);
    scene.internet.mend();
    assert!(is_secure().await);
    scene.internet.tamper_ds(&name("org"));
    assert!(!is_secure().await);
    scene.internet.mend();
    scene.internet.expire_signatures(&name("example.org"));
    assert!(!is_secure().await);
    scene.internet.mend();
    scene.internet.forge(&name("example.org"), &name("www.example.org"));
    assert!(!is_secure().await);
    assert_eq!(verdict("_sip+d2t._tcp.example.org", HickoryType::SRV).await, Ok(Proof::Secure));
    scene.internet.mend();
    scene.internet.silence(&name(NS1));
    assert!(is_secure().await, "the other server is enough");
    scene.internet.silence(&name(NS2));
    assert!(!is_secure().await);
}

#[tokio::test]
async fn what_is_long_comes_over_tcp() {
    let scene = Scene::new(true).await;
    scene.put(
        "long",
        "TXT",
        &format!("\"{}\" \"{}\" \"{0}\" \"{1}\" \"{0}\" \"{1}\"", "a".repeat(255), "b".repeat(255)),
    );
    let served = scene.internet.serve().await.unwrap();
    let hosting = served.servers()[&name(NS1)];
    assert_eq!(hosting.port(), served.port());
    for at in [hosting, served.resolver()] {
        let udp = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        udp.connect(at).await.unwrap();
        let asked = question("long.example.org", HickoryType::TXT);
        let mut buffer = vec![0; 65_535];
        udp.send(&asked).await.unwrap();
        let length = udp.recv(&mut buffer).await.unwrap();
        let cut_short = Message::from_vec(&buffer[..length]).unwrap();
        assert!(cut_short.metadata.truncation && cut_short.answers.is_empty());
        assert_eq!(cut_short.metadata.recursion_available, at == served.resolver());

        // Without EDNS, 512 bytes are the limit, and nothing is said of signatures.
        udp.send(&query("example.org", HickoryType::NS).to_vec().unwrap()).await.unwrap();
        let length = udp.recv(&mut buffer).await.unwrap();
        let plain = Message::from_vec(&buffer[..length]).unwrap();
        assert_eq!((shape(&plain.answers), plain.edns), (vec!["example.org. NS".to_owned()], None));

        let mut tcp = TcpStream::connect(at).await.unwrap();
        for _ in 0..2 {
            tcp.write_u16(u16::try_from(asked.len()).unwrap()).await.unwrap();
            tcp.write_all(&asked).await.unwrap();
            let length = tcp.read_u16().await.unwrap();
            tcp.read_exact(&mut buffer[..length.into()]).await.unwrap();
            let whole = Message::from_vec(&buffer[..length.into()]).unwrap();
            assert_eq!((whole.metadata.truncation, whole.answers.len()), (false, 2));
        }
    }
}

#[tokio::test]
async fn name_servers_that_come_later_are_served_too() {
    let scene = Scene::new(false).await;
    let served = scene.internet.serve().await.unwrap();
    let new = name("ns.new.example");
    assert!(!served.servers().contains_key(&new));
    let zone = scene.provider.zone(&name(NS1), &name("example.org")).unwrap();
    let _ = scene.internet.clone().hosting(Arc::new(One(new.clone(), zone)));
    let mut waited = 0;
    while !served.servers().contains_key(&new) {
        assert!(waited < 100, "not served after ten seconds");
        waited += 1;
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}
