//! Builds the functions with the cargo that built this program.

use std::path::{Path, PathBuf};

/// The directory that this program lies in: cargo puts the functions' programs there too.
pub fn bin_dir() -> Result<PathBuf, String> {
    let program =
        std::env::current_exe().map_err(|error| format!("this program can't find itself: {error}"))?;
    program.parent().map(Path::to_owned).ok_or_else(|| "this program lies nowhere".to_owned())
}

/// Builds the workspace's default members, with cargo's own output on the terminal.
pub async fn functions(root: &Path) -> Result<(), String> {
    let mut cargo = signoff_local::cargo::command(root);
    cargo.arg("build");
    if !cfg!(debug_assertions) {
        cargo.arg("--release");
    }
    let status = cargo.status().await.map_err(|error| format!("cargo can't be started: {error}"))?;
    if status.success() {
        Ok(())
    } else {
        Err(format!("`cargo build` ended with {status}; see its output above"))
    }
}
