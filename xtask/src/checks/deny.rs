//! Bans, licences and sources, by cargo-deny; the rules are in `deny.toml`.

use crate::process::{Result, Status, cargo, is_available, run};

pub(crate) fn check() -> Result<Status> {
    if !is_available(&mut cargo(&["deny", "--version"])) {
        return Ok(Status::NotChecked("cargo-deny is missing (`cargo install cargo-deny --locked`)".into()));
    }
    run(&mut cargo(&["deny", "check", "bans", "licenses", "sources"])).map(|()| Status::Passed)
}
