//! Cargo, called from a program that cargo itself runs.

use std::path::Path;
use tokio::process::Command;

/// The cargo that built this program, to be run in the checkout at `root`.
///
/// What cargo tells a program of its package (`CARGO_PKG_…`) is taken out of the environment: build scripts
/// that look at it would run again, and everything that depends on their packages would be compiled again.
#[must_use]
pub fn command(root: &Path) -> Command {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.current_dir(root).kill_on_drop(true);
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_CRATE_"].iter().any(|told| text.starts_with(told)) {
            cargo.env_remove(&name);
        }
    }
    cargo
}
