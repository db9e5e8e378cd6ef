//! The account, its keys, and what the provider offers, against the fake.

use howdah_core::ErrorKind;
use howdah_digitalocean::{
    DigitalOcean,
    account::AccountStatus,
    ssh_keys::{NewSshKey, SshKeyUpdate},
    testing::FakeDigitalOcean,
};

const KEY: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFbQ1pyx8h4rFH+8r8b1G0n9sVDgWnX5bm4bEJv8VYQe ada@example.com";

#[tokio::test(start_paused = true)]
async fn the_account_is_read_with_the_right_token_only() {
    let fake = FakeDigitalOcean::new();
    let account = fake.client().account().get().await.unwrap();
    assert_eq!((account.status, account.droplet_limit), (Some(AccountStatus::Active), Some(25)));
    let api = DigitalOcean::builder("dop_v1_another").transport(fake.world().clone()).build().unwrap();
    let error = DigitalOcean::from(api).account().get().await.unwrap_err();
    assert_eq!((error.kind(), error.code()), (ErrorKind::Unauthenticated, Some("unauthorized")));
    assert!(!format!("{error:?}").contains("dop_v1_another"));
}

#[tokio::test(start_paused = true)]
async fn keys_are_known_by_number_and_fingerprint() {
    let keys = FakeDigitalOcean::new().client().ssh_keys();
    let ada = keys.create(NewSshKey::new("ada", KEY)).await.unwrap();
    let fingerprint = ada.fingerprint.clone().unwrap();
    assert_eq!(keys.get(fingerprint.as_str()).await.unwrap(), ada);
    assert!(keys.create(NewSshKey::new("again", KEY)).await.unwrap_err().is_invalid());
    assert!(keys.create(NewSshKey::new("no key", "rubbish")).await.unwrap_err().is_invalid());
    let renamed = keys.update(ada.id, SshKeyUpdate::new().with_name("Ada")).await.unwrap();
    assert_eq!(keys.list().all().await.unwrap(), [renamed]);
    keys.delete(fingerprint).await.unwrap();
    assert!(keys.get(ada.id).await.unwrap_err().is_not_found());
}

#[tokio::test(start_paused = true)]
async fn listing_keys_waits_for_its_own_quota() {
    let fake = FakeDigitalOcean::new();
    let keys = fake.client().ssh_keys();
    let started = tokio::time::Instant::now();
    for _ in 0..25 {
        keys.list().all().await.unwrap();
    }
    assert!(started.elapsed().as_secs() >= 120);
    assert!(fake.world().journal().iter().all(|exchange| exchange.status == 200));
}

#[tokio::test(start_paused = true)]
async fn regions_and_sizes_fit_each_other() {
    let ocean = FakeDigitalOcean::new().client();
    let regions = ocean.regions().list().all().await.unwrap();
    let sizes = ocean.sizes().list().all().await.unwrap();
    for size in &sizes {
        assert!(size.regions.iter().all(|slug| regions.iter().any(|region| region.slug == *slug)));
    }
    assert!(regions.iter().flat_map(|region| &region.sizes).all(|slug| sizes.iter().any(|size| size.slug == *slug)));
}
