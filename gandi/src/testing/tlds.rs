use howdah_core::testing::{Answer, Fake};

use super::{State as World, not_found};
use crate::tlds::{GET, LIST, Tld, TldCategory, TldName};

/// Name, whether it stands for a country, whether it can be locked, whether a transfer wants a code.
const TLDS: [(&str, bool, bool, bool); 9] = [
    ("com", false, true, true),
    ("de", true, false, true),
    ("dev", false, true, true),
    ("eu", true, false, true),
    ("fr", true, true, true),
    ("net", false, true, true),
    ("io", false, true, true),
    ("org", false, true, true),
    ("uk", true, false, false),
];

pub(super) fn serve(fake: Fake<World>) -> Fake<World> {
    fake.on(&LIST, |world, [], filter| {
        let all = TLDS.iter().filter_map(|(name, ..)| find(world, name).ok());
        let fitting = all.filter(|tld| filter.category.is_none() || tld.category == filter.category);
        Ok(fitting.map(|tld| TldName { name: tld.name, href: tld.href }).collect())
    })
    .on(&GET, |world, [name], ()| find(world, name))
}

/// A top-level domain by its name or that of a domain below it.
pub(super) fn find(world: &World, name: &str) -> Result<Tld, Answer> {
    let label = name.trim_end_matches('.').rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
    let found = TLDS.iter().find(|(tld, ..)| *tld == label);
    let (tld, country, lock, code) = found.ok_or_else(|| not_found("tld", name))?;
    Ok(Tld {
        name: (*tld).to_owned(),
        category: Some(if *country { TldCategory::Country } else { TldCategory::Generic }),
        lock: Some(*lock),
        change_owner: Some(true),
        authinfo_for_transfer: Some(*code),
        full_tld: Some((*tld).to_owned()),
        corporate: Some(false),
        ext_trade: Some(false),
        href: Some(format!("{}/domain/tlds/{tld}", world.base)),
    })
}
