//! The conformance suite of certificate targets, and what it cannot know of DigitalOcean.

use std::time::Duration;

use howdah_core::{
    ErrorKind,
    certificate::{CertBundle, CertTarget, Outcome},
    testing::{
        Fault, TestAuthority,
        conformance::certificate::{self, Subject},
    },
};
use howdah_digitalocean::{
    CdnCertTarget, DigitalOcean, LoadBalancerCertTarget,
    cdn::NewEndpoint,
    certificates::{Certificate, CertificateFilter, NewCertificate},
    load_balancers::{ForwardingRule, NewLoadBalancer},
    testing::FakeDigitalOcean,
};
use jiff::{SignedDuration, Timestamp};

const HOST: &str = "vmst.io";

fn bundle(names: &[&str]) -> CertBundle {
    let now = Timestamp::now();
    let issued = TestAuthority::new(now).issue(names, SignedDuration::from_hours(365 * 24));
    CertBundle::read([issued.full_chain().as_str(), issued.key.expose()], now).unwrap()
}

async fn upload(ocean: &DigitalOcean, name: &str, bundle: &CertBundle) -> Certificate {
    let key = bundle.key_pem().clone();
    let new = NewCertificate::custom(name, key, bundle.leaf_pem(), bundle.chain_pem());
    ocean.certificates().create(new).await.unwrap()
}

/// A load balancer with two rules that do TLS and one that does not.
async fn balancer(ocean: &DigitalOcean) -> LoadBalancerCertTarget {
    let old = upload(ocean, "bought last year", &bundle(&[HOST])).await;
    let rules = vec![
        ForwardingRule::new("https", 443u16, "http", 80u16).with_certificate(old.id.clone()),
        ForwardingRule::new("http2", 8443u16, "http", 80u16).with_certificate(old.id),
        ForwardingRule::new("http", 80u16, "http", 80u16),
    ];
    let new = NewLoadBalancer::new("web", rules).with_region("tor1").with_tag("web");
    let ordered = ocean.load_balancers().create(new).await.unwrap();
    LoadBalancerCertTarget::new(ocean.clone(), ordered.id, [HOST])
}

async fn endpoint(ocean: &DigitalOcean, host: &str) -> CdnCertTarget {
    let new = NewEndpoint::new("media.nyc3.digitaloceanspaces.com");
    let id = ocean.cdn().create(new).await.unwrap().id;
    CdnCertTarget::new(ocean.clone(), id, host)
}

async fn certificates(ocean: &DigitalOcean) -> Vec<Certificate> {
    ocean.certificates().list(CertificateFilter::new()).all().await.unwrap()
}

struct Counted<T>(T, FakeDigitalOcean);

impl<T: CertTarget> Subject for Counted<T> {
    fn target(&self) -> &dyn CertTarget {
        &self.0
    }

    fn certificates(&self) -> Option<usize> {
        Some(self.1.certificates().len())
    }
}

#[tokio::test(start_paused = true)]
async fn a_load_balancer_conforms() {
    let fake = FakeDigitalOcean::new();
    let target = balancer(&fake.client()).await;
    certificate::run_all(&Counted(target, fake)).await.assert_passed();
}

#[tokio::test(start_paused = true)]
async fn a_cdn_endpoint_conforms() {
    let fake = FakeDigitalOcean::new();
    let target = endpoint(&fake.client(), HOST).await;
    certificate::run_all(&Counted(target, fake)).await.assert_passed();
}

#[tokio::test(start_paused = true)]
async fn all_rules_change_at_once_and_nothing_else_does() {
    let fake = FakeDigitalOcean::new();
    let ocean = fake.client();
    let target = balancer(&ocean).await;
    let before = ocean.load_balancers().list().all().await.unwrap().remove(0);
    let new = bundle(&[HOST]);
    let writes =
        |fake: &FakeDigitalOcean| fake.world().journal().iter().filter(|exchange| exchange.method == "PUT").count();
    assert_eq!((target.install(&new).await.unwrap(), writes(&fake)), (Outcome::Changed, 1));
    let mut after = ocean.load_balancers().get(&before.id).await.unwrap();
    let ids: Vec<_> = after.forwarding_rules.iter().filter_map(|rule| rule.certificate().cloned()).collect();
    assert_eq!((ids.len(), &ids[0]), (2, &ids[1]));
    for (rule, old) in after.forwarding_rules.iter_mut().zip(&before.forwarding_rules) {
        rule.certificate_id.clone_from(&old.certificate_id);
    }
    assert_eq!(after, before);

    // For a moment the old one counts as used.
    let retired = target.retire(&new).await.unwrap();
    assert_eq!((retired.deleted.len(), retired.in_use.len()), (0, 1));
    tokio::time::sleep(Duration::from_secs(30)).await;
    assert_eq!(target.retire(&new).await.unwrap().deleted, retired.in_use);
    assert_eq!(target.retire(&new).await.unwrap().deleted, Vec::<String>::new());
    assert_eq!(certificates(&ocean).await.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn what_was_uploaded_is_found_again() {
    let fake = FakeDigitalOcean::new();
    let ocean = fake.client();
    let target = balancer(&ocean).await;
    let new = bundle(&[HOST]);
    // Killed after each request in turn, and run again.
    for requests in 1..=5 {
        fake.world().fail_nth(requests, Fault::Lost { applied: true });
        let _ = target.install(&new).await;
    }
    target.install(&new).await.unwrap();
    assert!(target.installed().await.unwrap().iter().all(|listener| listener.has(&new)));
    assert_eq!(certificates(&ocean).await.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_wildcard_is_uploaded_once_more_for_the_cdn() {
    let fake = FakeDigitalOcean::new();
    let ocean = fake.client();
    let (web, files) = (balancer(&ocean).await, endpoint(&ocean, "files.vmst.io").await);
    let new = bundle(&[HOST, "*.vmst.io"]);
    web.install(&new).await.unwrap();
    files.install(&new).await.unwrap();
    assert!(files.installed().await.unwrap()[0].has(&new));
    assert_eq!(certificates(&ocean).await.len(), 3);
    // One that is for both by name is shared.
    let both = bundle(&[HOST, "files.vmst.io"]);
    web.install(&both).await.unwrap();
    files.install(&both).await.unwrap();
    tokio::time::sleep(Duration::from_secs(30)).await;
    web.retire(&both).await.unwrap();
    files.retire(&both).await.unwrap();
    let left: Vec<_> = certificates(&ocean).await.into_iter().map(|one| one.name).collect();
    assert!(left.iter().all(|name| !name.contains("-cdn-")), "{left:?}");
}

#[tokio::test(start_paused = true)]
async fn what_does_no_tls_is_refused() {
    let ocean = FakeDigitalOcean::new().client();
    let rule = ForwardingRule::new("http", 80u16, "http", 80u16);
    let new = NewLoadBalancer::new("web", vec![rule]).with_region("tor1").with_tag("web");
    let id = ocean.load_balancers().create(new).await.unwrap().id;
    let target = LoadBalancerCertTarget::new(ocean.clone(), id, [HOST]);
    let error = target.install(&bundle(&[HOST])).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Precondition);
    assert!(error.to_string().contains("add one for HTTPS"), "{error}");
    assert_eq!(certificates(&ocean).await, []);
}
