//! What the instance has at DigitalOcean as the month begins.

use std::{fs, time::Duration};

use howdah_core::certificate::tls::Roots;
use howdah_digitalocean::{
    cdn::NewEndpoint,
    certificates::NewCertificate,
    droplets::NewDroplet,
    load_balancers::{ForwardingRule, NewLoadBalancer},
};
use jiff::SignedDuration;

use super::{
    Failure,
    demo::{Demo, SPACES_REGION},
};

/// Where it stands.
pub const REGION: &str = "nyc3";
/// Its load balancer.
pub const LOAD_BALANCER: &str = "web";
/// What its front ends are made from.
pub const IMAGE: &str = "mastodon-web";
/// How large each of its three front ends is.
pub const SMALL: &str = "s-2vcpu-2gb";
/// What browsers ask for.
pub const HOSTS: [&str; 2] = ["vmst.io", "www.vmst.io"];
pub const MEDIA: &str = "media.vmst.io";
const DOCS: &str = "docs.vmst.io";
/// Where the media are.
pub const BUCKET: &str = "vmst-media";

/// A certificate as it was delivered, and who vouches for it.
pub struct Bought {
    /// Leaf, chain and key.
    pub pem: Vec<String>,
    /// The root of the authority.
    pub root: String,
}

impl Demo {
    /// Sets it up, unless it is there: three front ends behind a load balancer, media behind the CDN, and one free
    /// certificate on both. It takes the minutes that such things take, on the demo's clock.
    pub async fn house(&self) -> Result<(), Failure> {
        let ocean = self.digitalocean.client();
        if !ocean.load_balancers().list().all().await?.is_empty() {
            return Ok(());
        }
        self.spaces.create_bucket(BUCKET);
        let image = self.digitalocean.add_snapshot(IMAGE, REGION);
        let mut front_ends = Vec::new();
        for n in 1..=3 {
            let new = NewDroplet::new(format!("web-{n}"), SMALL, image).with_region(REGION);
            front_ends.push(ocean.droplets().create(new).await?.droplet.id);
        }
        let issued = self.authority.issue(&[HOSTS[0], HOSTS[1], MEDIA], SignedDuration::from_hours(90 * 24));
        let certificate = NewCertificate::custom("lets-encrypt", issued.key, issued.leaf, issued.chain);
        let certificate = ocean.certificates().create(certificate).await?.id;
        tokio::time::sleep(Duration::from_secs(120)).await;
        let rule = ForwardingRule::new("https", 443u16, "http", 80u16).with_certificate(certificate.clone());
        let new = NewLoadBalancer::new(LOAD_BALANCER, vec![rule, ForwardingRule::new("http", 80u16, "http", 80u16)])
            .with_region(REGION)
            .with_droplet_ids(front_ends)
            .with_redirect_http_to_https(true);
        ocean.load_balancers().create(new).await?;
        let new = NewEndpoint::new(format!("{BUCKET}.{SPACES_REGION}.digitaloceanspaces.com"));
        ocean.cdn().create(new.with_custom_domain(MEDIA).with_certificate_id(certificate)).await?;
        tokio::time::sleep(Duration::from_secs(300)).await;
        Ok(())
    }

    /// The certificate that was bought, for a year.
    pub fn bought(&self) -> Result<Bought, Failure> {
        let files =
            self.directory.as_ref().map(|directory| ["bought.pem", "root.pem"].map(|name| directory.join(name)));
        if let Some([bought, root]) = files.as_ref().filter(|files| files.iter().all(|file| file.exists())) {
            return Ok(Bought { pem: vec![fs::read_to_string(bought)?], root: fs::read_to_string(root)? });
        }
        let issued = self.authority.issue(&[HOSTS[0], HOSTS[1], MEDIA, DOCS], SignedDuration::from_hours(365 * 24));
        let pem = vec![issued.leaf, issued.chain, issued.key.expose().to_owned()];
        let root = self.authority.root().to_owned();
        if let Some([bought, kept]) = &files {
            fs::write(bought, pem.concat())?;
            fs::write(kept, &root)?;
        }
        Ok(Bought { pem, root })
    }

    /// Whom browsers trust in this world.
    pub fn roots(&self) -> Result<Roots, Failure> {
        Ok(Roots::from_pem(&self.bought()?.root)?)
    }
}
