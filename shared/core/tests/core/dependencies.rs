//! The crates that the core crates are built on.

use std::process::Command;

/// The crates that bring in I/O.
const BARRED: [&str; 4] = ["tokio", "reqwest", "hyper", "lambda_runtime"];

/// Every package that `package` is built from on this machine, direct or not, without what only its tests
/// use.
fn built_from(package: &str) -> Vec<String> {
    let output = Command::new(env!("CARGO"))
        .args([
            "tree",
            "--package",
            package,
            "--edges",
            "normal,build",
            "--prefix",
            "none",
            "--format",
            "{p}",
        ])
        .args(["--all-features", "--offline"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo tree starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let lines = String::from_utf8(output.stdout).expect("UTF-8");
    lines.lines().filter_map(|line| line.split(' ').next()).map(str::to_owned).collect()
}

#[test]
fn the_core_crates_do_no_io() {
    for package in ["signoff-core", "signoff-rules"] {
        let packages = built_from(package);
        assert!(packages.iter().any(|name| name == "serde"), "no list of packages: {packages:?}");
        let barred = |name: &&String| BARRED.contains(&name.as_str()) || name.starts_with("aws-");
        let found: Vec<_> = packages.iter().filter(barred).collect();
        assert!(found.is_empty(), "{package} depends on {found:?}");
    }
}

#[test]
fn the_check_sees_what_a_crate_with_io_is_built_from() {
    let packages = built_from("signoff-store");
    assert!(
        packages.iter().any(|name| name == "tokio") && packages.iter().any(|name| name.starts_with("aws-"))
    );
}
