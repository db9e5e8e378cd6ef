//! Every crate that is published can be packaged as it stands, with a description and both licences.

use crate::checks::verdict;
use crate::process::{Result, Status, cargo, output, publishable_crates};

pub(crate) fn check() -> Result<Status> {
    let crates = publishable_crates()?;
    let mut problems = Vec::new();
    for it in &crates {
        if it.description.is_empty() || it.description == "TBD" {
            problems.push(format!("{}: Cargo.toml has no description yet", it.name));
        }
        let files = output(&mut cargo(&["package", "--list", "--allow-dirty", "--package", &it.name]))?;
        for licence in ["LICENSE-MIT", "LICENSE-APACHE"] {
            if !files.lines().any(|file| file == licence) {
                problems.push(format!(
                    "{}: the package lacks {licence}; link the workspace's into {}",
                    it.name,
                    it.directory.display()
                ));
            }
        }
    }
    let mut package = cargo(&["package", "--quiet", "--no-verify", "--allow-dirty"]);
    output(package.args(crates.iter().flat_map(|it| ["--package", &it.name])))?;
    verdict(&problems)
}
