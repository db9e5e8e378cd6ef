//! The conformance suite of certificate targets, and what it cannot know of Netlify.

use howdah_core::{
    ErrorKind,
    certificate::{CertBundle, CertTarget, Outcome},
    testing::{
        TestAuthority,
        conformance::certificate::{self, Subject},
    },
};
use howdah_netlify::{
    Netlify, SiteCertTarget, metadata::Metadata, sites::SiteSettings, ssl::CustomCertificate, testing::FakeNetlify,
};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, json};

use crate::site;

const HOST: &str = "vmst.io";

fn bundle(names: &[&str]) -> CertBundle {
    let now = Timestamp::now();
    let issued = TestAuthority::new(now).issue(names, SignedDuration::from_hours(365 * 24));
    CertBundle::read([issued.full_chain().as_str(), issued.key.expose()], now).unwrap()
}

async fn target(netlify: &Netlify) -> SiteCertTarget {
    let id = site(netlify, "docs").await.id;
    netlify.sites().update(&id, SiteSettings::new().with_custom_domain(HOST)).await.unwrap();
    SiteCertTarget::new(netlify.clone(), id, [HOST])
}

struct Of(SiteCertTarget);

impl Subject for Of {
    fn target(&self) -> &dyn CertTarget {
        &self.0
    }

    fn certificates(&self) -> Option<usize> {
        None
    }
}

#[tokio::test(start_paused = true)]
async fn conforms() {
    certificate::run_all(&Of(target(&FakeNetlify::new().client()).await)).await.assert_passed();
}

#[tokio::test(start_paused = true)]
async fn a_note_is_believed_while_the_dates_agree() {
    let netlify = FakeNetlify::new().client();
    let target = target(&netlify).await;
    let id = netlify.sites().list(howdah_netlify::sites::SiteFilter::new()).all().await.unwrap().remove(0).id;
    netlify
        .metadata()
        .update(&id, Metadata { members: Map::from_iter([("owner".to_owned(), json!("docs"))]) })
        .await
        .unwrap();
    let (first, second) = (bundle(&[HOST]), bundle(&[HOST, "www.vmst.io"]));
    assert_eq!(target.install(&first).await.unwrap(), Outcome::Changed);
    assert_eq!(target.install(&first).await.unwrap(), Outcome::Unchanged);
    // What else is noted stays.
    assert_eq!(netlify.metadata().get(&id).await.unwrap().members["owner"], "docs");

    // By hand, a certificate with another end.
    let now = Timestamp::now();
    let issued = TestAuthority::new(now).issue(&[HOST], SignedDuration::from_hours(24));
    let other = CertBundle::read([issued.full_chain().as_str(), issued.key.expose()], now).unwrap();
    let by_hand = CustomCertificate::new(other.leaf_pem(), other.key_pem().clone(), other.chain_pem());
    netlify.ssl().install(&id, by_hand).await.unwrap();
    assert!(!target.installed().await.unwrap()[0].has(&first));
    assert_eq!(target.install(&second).await.unwrap(), Outcome::Changed);
    assert!(target.installed().await.unwrap()[0].has(&second));
}

#[tokio::test(start_paused = true)]
async fn a_site_without_the_domain_is_refused_before_the_key_is_sent() {
    let fake = FakeNetlify::new();
    let netlify = fake.client();
    let id = site(&netlify, "docs").await.id;
    let target = SiteCertTarget::new(netlify, id, [HOST]);
    let error = target.install(&bundle(&[HOST])).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Precondition);
    assert!(error.to_string().contains("does not have the domain vmst.io"), "{error}");
    assert!(
        fake.world().journal().iter().all(|exchange| exchange.method != "POST" || !exchange.path.ends_with("/ssl"))
    );
}
