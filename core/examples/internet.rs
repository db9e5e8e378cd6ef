//! Serves a small internet on loopback until it is stopped, for dig, delv, unbound-host and the curious.
//!
//! It prints one line of JSON: the port, what to give delv and unbound-host to trust, and the domains, which differ
//! in how their parent and their signatures are.
#![allow(clippy::print_stdout)]

use std::{collections::BTreeMap, sync::Arc};

use howdah_core::{
    dns::{DnsProvider as _, DnssecSigner as _, Name, zonefile},
    testing::{Internet, MemoryDns, Registry},
};
use jiff::SignedDuration;
use serde_json::json;

const ZONE: &str = r#"
$TTL 300
@                IN ALIAS apex.example.net.
@                IN MX    10 mail
www              IN A     192.0.2.1
www              IN TXT   "a text" "in two strings"
alias            IN CNAME www
mail             IN AAAA  2001:db8::25
*.wild           IN A     192.0.2.7
_sip+d2t._tcp    IN SRV   10 5 5060 www
"#;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (registry, provider) = (Registry::default(), MemoryDns::new());
    let internet = Internet::new(&registry).hosting(Arc::new(provider.clone()));
    for domain in ["signed.org", "wrong-ds.org", "no-ds.org", "expired.org", "forged.org"] {
        let domain = Name::parse(domain)?;
        provider.create_zone(&domain).await?;
        let zone = zonefile::read(ZONE, &domain)?.zone;
        provider.edit(&domain, |held| {
            for set in zone.iter() {
                // Every name in the text is below the zone.
                let _ = held.insert(set.clone());
            }
        })?;
        provider.enable(&domain).await?;
        let servers = provider.name_servers(&domain).await?;
        registry.register(&domain, "registrar", &servers, SignedDuration::from_hours(24 * 400));
        if domain != Name::parse("no-ds.org")? {
            let ds = provider.keys(&domain).await?.into_iter().flat_map(|key| key.ds).collect();
            registry.delegate(&domain, "registrar", |delegated| delegated.ds = ds)?;
        }
    }
    internet.tamper_ds(&Name::parse("wrong-ds.org")?);
    internet.expire_signatures(&Name::parse("expired.org")?);
    internet.forge(&Name::parse("forged.org")?, &Name::parse("www.forged.org")?);

    let served = internet.serve().await?;
    let servers: BTreeMap<_, _> = served.servers().into_iter().map(|(server, at)| (server.to_string(), at)).collect();
    let line = json!({
        "port": served.port(),
        "delv": served.delv_conf(),
        "unbound": served.unbound_conf(),
        "servers": servers,
    });
    println!("{line}");
    std::future::pending().await
}
