use std::collections::BTreeMap;

use howdah_core::testing::{Answer, Fake};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{FakeGandi, State as World, message};
use crate::claims::{CREATE, DomainClaims, GET};

#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct State {
    claims: BTreeMap<String, Vec<Value>>,
}

pub(super) fn serve(fake: Fake<World>) -> Fake<World> {
    fake.on(&GET, |world, [domain], ()| {
        let claims = find(world, domain)?;
        Ok(DomainClaims { claims })
    })
    .on(&CREATE, |world, [domain], ()| {
        find(world, domain)?;
        Err(message(200, "The claims are being processed"))
    })
}

impl FakeGandi {
    /// Claims a name.
    pub fn claim(&self, domain: &str, claims: impl IntoIterator<Item = Value>) {
        self.world().state(|world| world.claims.claims.insert(domain.to_owned(), claims.into_iter().collect()));
    }
}

fn find(world: &World, domain: &str) -> Result<Vec<Value>, Answer> {
    world.claims.claims.get(domain).cloned().ok_or_else(|| {
        let body = json!({ "code": 404, "message": "No claims", "object": "HTTPNotFound", "cause": "Not Found" });
        // Spelled as the service does.
        Answer::text(404, "application/josn", body.to_string())
    })
}
