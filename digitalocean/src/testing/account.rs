use howdah_core::testing::Fake;
use serde::{Deserialize, Serialize};

use super::State as World;
use crate::account::{Account, AccountStatus, GET, Team};

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct State {
    account: Account,
}

impl Default for State {
    fn default() -> Self {
        let team =
            Team { uuid: "5d0b7e5a3c0f4e2b9a1d6c8e7f90a1b2c3d4e5f6".to_owned(), name: Some("My Team".to_owned()) };
        let account = Account {
            uuid: "a1b2c3d4e5f60718293a4b5c6d7e8f9001122334".to_owned(),
            email: "admin@example.com".to_owned(),
            name: Some("Ada".to_owned()),
            email_verified: true,
            status: Some(AccountStatus::Active),
            status_message: Some(String::new()),
            droplet_limit: Some(25),
            floating_ip_limit: Some(10),
            reserved_ip_limit: Some(10),
            volume_limit: Some(100),
            team: Some(team),
        };
        Self { account }
    }
}

pub(super) fn serve(fake: Fake<World>) -> Fake<World> {
    fake.on(&GET, |world, [], ()| Ok(world.account.account.clone()))
}

/// How many Droplets there may be at one time.
pub(super) fn droplet_limit(world: &World) -> u64 {
    world.account.account.droplet_limit.unwrap_or(u64::MAX)
}

/// Sets how many Droplets there may be at one time.
pub(super) fn set_droplet_limit(world: &mut World, limit: u64) {
    world.account.account.droplet_limit = Some(limit);
}
