//! The binary itself, and what it is built from.

use std::process::Command;

#[test]
fn the_binary_does_what_the_function_does() {
    let signoff = |args: &[&str]| Command::new(env!("CARGO_BIN_EXE_signoff")).args(args).output().unwrap();
    let fine = signoff(&["rules", "check", "../docs/example/rules.yml"]);
    assert_eq!(String::from_utf8_lossy(&fine.stdout), "../docs/example/rules.yml: fine, 3 rules\n");
    assert_eq!((fine.status.code(), fine.stderr.len()), (Some(0), 0));
    assert_eq!(signoff(&["rules", "check", "tests/files/typos.yml"]).status.code(), Some(1));
    assert_eq!(signoff(&["rules", "check", "no-such.yml"]).status.code(), Some(2));
    assert_eq!(signoff(&[]).status.code(), Some(2));
}

#[test]
fn the_command_line_needs_no_aws() {
    let tree = Command::new(env!("CARGO"))
        .args(["tree", "--package", "signoff", "--edges", "normal,build", "--prefix", "none", "--offline"])
        .output()
        .unwrap();
    let tree = String::from_utf8(tree.stdout).unwrap();
    assert!(tree.contains("clap v"), "{tree}");
    assert!(!tree.lines().any(|line| line.starts_with("aws") || line.starts_with("lambda")), "{tree}");
}
