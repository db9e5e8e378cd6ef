//! Reserved addresses, firewalls and private networks against the fake.

use howdah_core::ErrorKind;
use howdah_digitalocean::{
    DigitalOcean,
    actions::ActionStatus,
    droplets::{DropletId, NewDroplet},
    firewalls::{FirewallRules, FirewallSettings, FirewallStatus, InboundRule, OutboundRule, Peers, Protocol},
    reserved_ips::{InRegion, NewReservedIp},
    testing::FakeDigitalOcean,
    vpcs::{MemberFilter, NewVpc, NewVpcPeering, VpcPeeringStatus, VpcUpdate},
};

async fn droplet(ocean: &DigitalOcean, name: &str) -> DropletId {
    let new = NewDroplet::new(name, "s-1vcpu-1gb", "debian-12-x64").with_region("tor1");
    let created = ocean.droplets().create(new).await.unwrap();
    ocean.droplets().follow(created.droplet.id).await.unwrap().id
}

#[tokio::test(start_paused = true)]
async fn a_reserved_address_moves_between_droplets() {
    let fake = FakeDigitalOcean::new();
    let ocean = fake.client();
    let addresses = ocean.reserved_ips();
    let (one, other) = (droplet(&ocean, "web-1").await, droplet(&ocean, "web-2").await);
    let place = InRegion::new("tor1").with_project_id("4e1bfbc3-dc3e-41f2-a18f-1b4d7ba71679");
    let reserved = addresses.create(place.into()).await.unwrap();
    assert!(reserved.action().is_none() && reserved.reserved_ip.droplet.is_none());
    let ip = reserved.reserved_ip.ip;
    assert!(addresses.unassign(ip).await.unwrap_err().is_invalid());

    let action = addresses.assign(ip, one).await.unwrap();
    assert!(addresses.get(ip).await.unwrap().locked);
    assert!(addresses.assign(ip, other).await.unwrap_err().is_invalid());
    let action = action.await.unwrap();
    assert_eq!(action.status, ActionStatus::Completed);
    assert_eq!(addresses.get(ip).await.unwrap().droplet.unwrap().id, one);
    addresses.assign(ip, other).await.unwrap().await.unwrap();
    assert_eq!(addresses.get(ip).await.unwrap().droplet.unwrap().id, other);
    addresses.unassign(ip).await.unwrap().await.unwrap();
    assert_eq!(addresses.list_actions(ip).all().await.unwrap().len(), 3);
    assert_eq!(addresses.get_action(ip, action.id).await.unwrap(), action);

    let created = addresses.create(NewReservedIp::for_droplet(one)).await.unwrap();
    assert_eq!(created.links.droplets[0].id, one);
    ocean.actions().follow(created.action().unwrap()).await.unwrap();
    let own = created.reserved_ip.ip;
    ocean.droplets().delete(one).await.unwrap();
    assert_eq!(addresses.get(own).await.unwrap().droplet, None);
    addresses.delete(own).await.unwrap();
    assert_eq!(addresses.list().all().await.unwrap().len(), 1);
    assert!(addresses.create(NewReservedIp::in_region("moon1")).await.unwrap_err().is_invalid());
}

#[tokio::test(start_paused = true)]
async fn a_reserved_address_of_the_newer_kind_does_too() {
    let fake = FakeDigitalOcean::new();
    let ocean = fake.client();
    let addresses = ocean.reserved_ipv6();
    let one = droplet(&ocean, "web-1").await;
    let reserved = addresses.create("tor1").await.unwrap();
    addresses.assign(reserved.ip, one).await.unwrap().await.unwrap();
    assert_eq!(addresses.get(reserved.ip).await.unwrap().droplet.unwrap().id, one);
    assert!(addresses.delete(reserved.ip).await.unwrap_err().is_invalid(), "it is assigned");
    addresses.unassign(reserved.ip).await.unwrap().await.unwrap();
    assert_eq!(addresses.list().all().await.unwrap(), std::slice::from_ref(&reserved));
    addresses.delete(reserved.ip).await.unwrap();
    assert!(addresses.get(reserved.ip).await.unwrap_err().is_not_found());
}

#[tokio::test(start_paused = true)]
async fn a_firewall_comes_into_force_and_changes() {
    let fake = FakeDigitalOcean::new();
    let ocean = fake.client();
    let firewalls = ocean.firewalls();
    let one = droplet(&ocean, "web-1").await;
    let ssh = InboundRule::new(Protocol::Tcp, "22", Peers::addresses(["192.0.2.0/24".to_owned()]));
    let web = InboundRule::new("tcp", "3000", Peers::load_balancers(vec!["4de7ac8b".to_owned().into()]));
    let out = OutboundRule::new("udp", "53", Peers::addresses(["0.0.0.0/0".to_owned()]));
    let settings = FirewallSettings::new("web").with_inbound_rules(vec![ssh.clone()]).with_droplet_ids([one]);
    let made = firewalls.create(settings.clone()).await.unwrap();
    assert_eq!((made.status.clone(), made.pending_changes.len()), (Some(FirewallStatus::Waiting), 1));
    let firewall = firewalls.follow(made.id).await.unwrap();
    assert!(firewall.pending_changes.is_empty());
    assert_eq!(firewalls.create(settings).await.unwrap_err().kind(), ErrorKind::Conflict);
    assert!(firewalls.create(FirewallSettings::new("empty")).await.unwrap_err().is_invalid());

    let id = &firewall.id;
    let rules = FirewallRules::new().with_inbound_rules(vec![web.clone()]).with_outbound_rules(vec![out.clone()]);
    firewalls.add_rules(id, rules.clone()).await.unwrap();
    let all = firewalls.get(id).await.unwrap();
    assert_eq!((all.inbound_rules, all.outbound_rules), (vec![ssh.clone(), web], vec![out]));
    firewalls.remove_rules(id, rules).await.unwrap();
    firewalls.add_tags(id, ["web".to_owned()]).await.unwrap();
    firewalls.remove_droplets(id, [one]).await.unwrap();
    let changed = firewalls.get(id).await.unwrap();
    assert_eq!((changed.tags.len(), changed.droplet_ids.len(), &changed.inbound_rules), (1, 0, &vec![ssh]));
    firewalls.add_droplets(id, [one]).await.unwrap();
    firewalls.remove_tags(id, ["web".to_owned()]).await.unwrap();

    // What was read and is sent back changes nothing.
    let before = firewalls.follow(id.clone()).await.unwrap();
    firewalls.update(id, before.clone().into_settings()).await.unwrap();
    assert_eq!(firewalls.follow(id.clone()).await.unwrap(), before);
    assert_eq!(firewalls.list().all().await.unwrap(), [before]);
    firewalls.delete(id).await.unwrap();
    assert!(firewalls.get(id).await.unwrap_err().is_not_found());
}

#[tokio::test(start_paused = true)]
async fn networks_have_members_and_do_not_overlap() {
    let fake = FakeDigitalOcean::new();
    let ocean = fake.client();
    let vpcs = ocean.vpcs();
    let vpc = vpcs.create(NewVpc::new("mastodon", "tor1").with_ip_range("10.20.0.0/20")).await.unwrap();
    for range in ["10.20.8.0/24", "8.8.8.0/24", "10.0.0.0/8"] {
        let error = vpcs.create(NewVpc::new("other", "tor1").with_ip_range(range)).await.unwrap_err();
        assert!(error.is_invalid(), "{range}: {error}");
    }
    let new = NewDroplet::new("web-1", "s-1vcpu-1gb", "debian-12-x64").with_region("tor1");
    let web = ocean.droplets().create(new.with_vpc_uuid(vpc.id.get().as_str())).await.unwrap().droplet;
    let members = vpcs.list_members(&vpc.id, MemberFilter::new()).all().await.unwrap();
    assert_eq!(members[0].urn, format!("do:droplet:{}", web.id));
    let filter = MemberFilter::new().with_resource_type("loadbalancer");
    assert_eq!(vpcs.list_members(&vpc.id, filter).all().await.unwrap(), []);
    assert_eq!(vpcs.delete(&vpc.id).await.unwrap_err().kind(), ErrorKind::Forbidden);

    droplet(&ocean, "web-2").await;
    assert_eq!(vpcs.list().all().await.unwrap().len(), 2, "one was made for what names none");
    let modified = vpcs.modify(&vpc.id, VpcUpdate::new().with_default(true).with_description("all")).await.unwrap();
    assert!(modified.default && modified.name == "mastodon");
    let updated = vpcs.update(&vpc.id, VpcUpdate::new().with_name("instance")).await.unwrap();
    assert_eq!((updated.name.as_str(), updated.description.as_deref()), ("instance", Some("")));
    assert_eq!(vpcs.get(&vpc.id).await.unwrap(), updated);

    let other = vpcs.create(NewVpc::new("other", "ams3")).await.unwrap();
    let peering = vpcs.create_peering(&vpc.id, NewVpcPeering::new("link", other.id.clone())).await.unwrap();
    let renamed = vpcs.rename_peering(&vpc.id, &peering.id, "bridge").await.unwrap();
    assert_eq!((renamed.name.as_deref(), renamed.status.clone()), (Some("bridge"), Some(VpcPeeringStatus::Active)));
    assert_eq!(vpcs.list_peerings(&other.id).all().await.unwrap(), [renamed]);
    vpcs.delete(&other.id).await.unwrap();
    assert!(vpcs.get(&other.id).await.unwrap_err().is_not_found());
}
