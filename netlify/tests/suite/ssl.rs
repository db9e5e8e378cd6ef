//! Certificates of a site, and what its edge presents.

use std::{sync::Arc, time::Duration};

use howdah_core::{
    ErrorKind,
    certificate::{
        TlsEndpoint,
        tls::{Observer, Roots},
    },
};
use howdah_netlify::{
    sites::SiteSettings,
    ssl::{CustomCertificate, DomainFilter},
    testing::{FakeNetlify, certificate_for},
};
use jiff::Timestamp;

use crate::site;

#[tokio::test(start_paused = true)]
async fn a_certificate_has_to_fit() {
    let fake = FakeNetlify::new();
    let netlify = fake.client();
    let id = site(&netlify, "docs").await.id;
    let ssl = netlify.ssl();
    assert_eq!(ssl.get(&id).await.unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(ssl.provision(&id).await.unwrap_err().kind(), ErrorKind::Invalid);
    netlify.sites().update(&id, SiteSettings::new().with_custom_domain("docs.vmst.io")).await.unwrap();
    let (leaf, chain, key) = certificate_for(&["docs.vmst.io"]);
    let (_, _, other) = certificate_for(&["docs.vmst.io"]);
    let wrong = ssl.install(&id, CustomCertificate::new(leaf.as_str(), other, chain.as_str())).await.unwrap_err();
    assert_eq!(wrong.kind(), ErrorKind::Invalid);
    let (strange, strange_chain, strange_key) = certificate_for(&["vmst.io"]);
    let strange = CustomCertificate::new(strange, strange_key, strange_chain);
    assert_eq!(ssl.install(&id, strange).await.unwrap_err().kind(), ErrorKind::Invalid);
    let installed = ssl.install(&id, CustomCertificate::new(leaf, key.as_str(), chain)).await.unwrap();
    assert_eq!(
        (installed.state.as_deref(), installed.domains.as_slice()),
        (Some("custom"), &["docs.vmst.io".to_owned()][..])
    );
    assert_eq!(ssl.list(&id, DomainFilter::new("docs.vmst.io")).await.unwrap().len(), 1);
    // The key was in no address.
    assert!(fake.world().journal().iter().all(|exchange| exchange.query.is_empty() || !exchange.query.contains("key")));
}

#[tokio::test]
async fn the_edge_presents_what_was_issued() {
    let fake = FakeNetlify::new();
    let netlify = fake.client();
    let id = site(&netlify, "docs").await.id;
    netlify.sites().update(&id, SiteSettings::new().with_custom_domain("docs.vmst.io")).await.unwrap();
    netlify.ssl().provision(&id).await.unwrap();
    let observer = |fake: &FakeNetlify| {
        Observer::new(Arc::new(fake.edge()), Roots::from_pem(&fake.lets_encrypt()).unwrap()).unwrap()
    };
    let endpoint = TlsEndpoint::new("docs.vmst.io").with_address("docs.netlify.app");
    assert!(observer(&fake).look(&endpoint, Timestamp::now()).await.is_err());
    tokio::time::sleep(Duration::from_secs(6)).await;
    assert_eq!(netlify.ssl().get(&id).await.unwrap().state.as_deref(), Some("issued"));
    let presented = observer(&fake).look(&endpoint, Timestamp::now()).await.unwrap();
    assert_eq!(presented.distrust, None);
    let stranger = TlsEndpoint::new("other.vmst.io").with_address("docs.netlify.app");
    assert!(observer(&fake).look(&stranger, Timestamp::now()).await.is_err());
}
