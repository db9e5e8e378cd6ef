//! The Rust version that the workspace promises is the highest that a dependency needs: not lower, or the promise is
//! broken, and not higher without a reason.

use serde_json::Value;

use crate::process::{Result, Status, metadata};

type Version = (u32, u32);

pub(crate) fn check() -> Result<Status> {
    compare(&metadata()?).map(|()| Status::Passed)
}

fn compare(metadata: &Value) -> Result {
    let packages = || metadata["packages"].as_array().into_iter().flatten();
    let (needed, by) = packages()
        .filter(|package| !package["source"].is_null())
        .filter_map(|package| Some((version(package)?, package["name"].as_str()?)))
        .max()
        .ok_or("no dependency says which Rust it needs")?;
    for package in packages().filter(|package| package["source"].is_null()) {
        if version(package) != Some(needed) {
            let promised = package["rust_version"].as_str().unwrap_or("nothing");
            return Err(format!(
                "{} promises Rust {promised}, but {by} sets the bar at {}.{}",
                package["name"], needed.0, needed.1
            ));
        }
    }
    Ok(())
}

fn version(package: &Value) -> Option<Version> {
    let mut parts = package["rust_version"].as_str()?.split('.').map(str::parse);
    Some((parts.next()?.ok()?, parts.next()?.ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn workspace(promised: &str) -> Value {
        let source = "registry";
        json!({"packages": [
            {"name": "ours", "source": null, "rust_version": promised},
            {"name": "old", "source": source, "rust_version": "1.9"},
            {"name": "new", "source": source, "rust_version": "1.88.1"},
            {"name": "silent", "source": source, "rust_version": null},
        ]})
    }

    #[test]
    fn the_promise_is_what_the_newest_dependency_needs() {
        assert_eq!(compare(&workspace("1.88")), Ok(()));
        for wrong in ["1.87", "1.90"] {
            let problem = compare(&workspace(wrong)).unwrap_err();
            assert!(problem.contains(wrong) && problem.contains("new sets the bar at 1.88"), "{problem}");
        }
    }
}
