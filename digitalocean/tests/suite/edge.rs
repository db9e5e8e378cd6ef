//! What the fake's load balancers and CDN endpoints present to whoever connects to them.

use std::{sync::Arc, time::Duration};

use howdah_core::{
    certificate::{
        CertBundle, TlsEndpoint,
        tls::{Network, Observer, Presented, Roots},
    },
    testing::{Hello, TestAuthority},
};
use howdah_digitalocean::{
    cdn::NewEndpoint,
    certificates::{CertificateId, NewCertificate},
    droplets::NewDroplet,
    load_balancers::{EntryProtocol, ForwardingRule, LoadBalancerId, NewLoadBalancer},
    testing::FakeDigitalOcean,
};
use jiff::{SignedDuration, Timestamp};

struct House {
    fake: FakeDigitalOcean,
    authority: TestAuthority,
    web: LoadBalancerId,
    /// One for the load balancer, one for the CDN endpoint.
    bundles: [CertBundle; 2],
}

async fn house() -> House {
    let fake = FakeDigitalOcean::new();
    let (ocean, now) = (fake.client(), Timestamp::now());
    let authority = TestAuthority::new(now);
    let bundle = |name: &str| {
        let issued = authority.issue(&[name], SignedDuration::from_hours(365 * 24));
        CertBundle::read([issued.full_chain().as_str(), issued.key.expose()], now).unwrap()
    };
    let bundles = [bundle("vmst.io"), bundle("media.vmst.io")];
    let held = async |name: &str, bundle: &CertBundle| {
        let new = NewCertificate::custom(name, bundle.key_pem().clone(), bundle.leaf_pem(), bundle.chain_pem());
        ocean.certificates().create(new).await.unwrap().id
    };
    let (web, media): (CertificateId, _) = (held("web", &bundles[0]).await, held("media", &bundles[1]).await);
    let rule = ForwardingRule::new("https", 443u16, "http", 80u16).with_certificate(web);
    let new = NewLoadBalancer::new("web", vec![rule]).with_region("tor1").with_tag("web");
    let web = ocean.load_balancers().create(new).await.unwrap().id;
    let new = NewEndpoint::new("vmst.nyc3.digitaloceanspaces.com");
    ocean.cdn().create(new.with_custom_domain("media.vmst.io").with_certificate_id(media)).await.unwrap();
    House { fake, authority, web, bundles }
}

impl House {
    fn roots(&self) -> Roots {
        Roots::from_pem(self.authority.root()).unwrap()
    }

    async fn look(&self, endpoint: &TlsEndpoint) -> Option<Presented> {
        let observer = Observer::new(Arc::new(self.fake.edge()), self.roots()).unwrap();
        observer.look(endpoint, Timestamp::now()).await.ok()
    }
}

#[tokio::test(start_paused = true)]
async fn listeners_present_what_they_hold() {
    let house = house().await;
    let ocean = house.fake.client();
    let address = async || ocean.load_balancers().get(&house.web).await.unwrap().ip;
    assert_eq!(address().await.as_deref(), Some(""), "it is being made");
    tokio::time::sleep(Duration::from_secs(120)).await;
    let web = TlsEndpoint::new("vmst.io").with_address(address().await.unwrap());
    let presented = house.look(&web).await.unwrap();
    assert_eq!((presented.sha256, presented.distrust), (house.bundles[0].sha256(), None));
    assert_eq!(presented.protocol.as_deref(), Some("http/1.1"));
    assert!(house.look(&web.clone().with_port(8443)).await.is_none());

    let mut update = ocean.load_balancers().get(&house.web).await.unwrap().into_update();
    update.settings.forwarding_rules[0].entry_protocol = EntryProtocol::Http2;
    ocean.load_balancers().update(&house.web, update).await.unwrap();
    assert_eq!(house.look(&web).await.unwrap().protocol.as_deref(), Some("h2"));

    let media = TlsEndpoint::new("media.vmst.io").with_address("vmst.nyc3.cdn.digitaloceanspaces.com");
    let presented = house.look(&media).await.unwrap();
    assert_eq!((presented.sha256, presented.distrust), (house.bundles[1].sha256(), None));
    assert!(house.look(&media.with_port(80)).await.is_none());
    assert!(house.look(&TlsEndpoint::new("other.example").with_address("203.0.113.200")).await.is_none());
}

#[tokio::test(start_paused = true)]
async fn somebody_has_to_be_well_behind_a_load_balancer() {
    let house = house().await;
    let status = || {
        let hello = Hello { address: "vmst.io", port: 443, server_name: Some("vmst.io") };
        house.fake.edge().answering(&hello).map(|listening| listening.status())
    };
    assert_eq!(status(), None);
    tokio::time::sleep(Duration::from_secs(120)).await;
    assert_eq!(status(), Some(503));
    let web = NewDroplet::new("web-1", "s-1vcpu-1gb", "debian-12-x64").with_region("tor1");
    let web = house.fake.order_droplet(web.with_tags(["web".to_owned()]));
    tokio::time::sleep(Duration::from_secs(300)).await;
    assert_eq!(status(), Some(200));
    house.fake.set_ailing(web, true);
    assert_eq!(status(), Some(503));
}

#[tokio::test]
async fn on_loopback_one_port_stands_for_all() {
    let house = house().await;
    let server = house.fake.edge().serve().await.unwrap();
    let observer = Observer::new(Arc::new(Network), house.roots()).unwrap();
    let at = |host: &str| TlsEndpoint::new(host).with_address("127.0.0.1").with_port(server.address().port());
    let presented = observer.look(&at("media.vmst.io"), Timestamp::now()).await.unwrap();
    assert_eq!((presented.sha256, presented.distrust), (house.bundles[1].sha256(), None));
    // It takes a minute until a load balancer is there.
    assert!(observer.look(&at("vmst.io"), Timestamp::now()).await.is_err());
}
