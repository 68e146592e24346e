# Needs just (`pip install rust-just`; .ci/tools.txt has the version that is checked). `just` lists what there is.

_default:
    @just --list

# Format, lint and unit tests: the fast lane.
check:
    cargo fmt --all --check
    cargo clippy --locked --workspace --all-targets -- -D warnings
    cargo test --locked --workspace --lib --bins
    python3 .ci/style.py

# All tests; with a filter only those: `just test votes`.
test *FILTER:
    {{ if FILTER == "" { ".ci/test" } else { "cargo test --locked --workspace -- " + FILTER } }}

# Start the local stack.
run *OPTIONS:
    cargo run -- {{ OPTIONS }}

# Take the snapshots as they are now. Read the difference before you commit it.
bless *FILTER:
    INSTA_UPDATE=always cargo test --locked --workspace -- {{ FILTER }}
    git status --short

# Write the generated pages again.
docs:
    cargo build --locked --workspace --bin signoff
    target/debug/signoff rules reference > docs/rules.md
    target/debug/signoff rules schema > docs/rules.schema.json
    target/debug/signoff rules reference --policy > docs/policy.md
    target/debug/signoff rules schema --policy > docs/policy.schema.json
    INSTA_UPDATE=always cargo test --locked --workspace --bin console -- openapi_file

# Everything that a change must pass, or one part of it: `just ci lint`.
ci *PART:
    .ci/run {{ PART }}
