//! `signoff rules reference` and `schema`, and what they are kept as.

use crate::signoff;
use signoff::Exit;

/// Asserts that a file in `docs` is what a command prints.
fn is_kept(command: &str, file: &str) {
    let args: Vec<_> = std::iter::once("rules").chain(command.split(' ')).collect();
    let done = signoff(&args);
    assert_eq!((done.exit, done.err.as_str()), (Exit::Fine, ""));
    let kept = std::fs::read_to_string(format!("../docs/{file}")).unwrap_or_default();
    let update = format!("cargo run --package signoff -- rules {command} > docs/{file}");
    // Both are long: what differs is seen better in the change that the command makes.
    assert!(kept == done.out, "docs/{file} is not what is printed now; run: {update}");
}

#[test]
fn the_schema_is_kept() {
    is_kept("schema", "rules.schema.json");
}

#[test]
fn the_page_is_kept() {
    is_kept("reference", "rules.md");
}

#[test]
fn schema_of_policies_is_kept() {
    is_kept("schema --policy", "policy.schema.json");
}

#[test]
fn page_of_policies_is_kept() {
    is_kept("reference --policy", "policy.md");
}
