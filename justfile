# Needs just (`pip install rust-just`; .ci/tools.txt has the version that .ci/run checks). Run `just` to list the recipes.

_default:
    @just --list

# Check the format, lint, and run the unit tests.
check:
    cargo fmt --all --check
    cargo clippy --locked --workspace --all-targets -- -D warnings
    cargo test --locked --workspace --lib --bins
    python3 .ci/style.py

# Run all tests, or only those that match a filter: `just test votes`.
test *FILTER:
    {{ if FILTER == "" { ".ci/test" } else { "cargo test --locked --workspace -- " + FILTER } }}

# Start the local stack.
run *OPTIONS:
    cargo run -- {{ OPTIONS }}

# Accept the snapshots as they are now. Read the difference before you commit it.
bless *FILTER:
    INSTA_UPDATE=always cargo test --locked --workspace -- {{ FILTER }}
    git status --short

# Update the generated pages.
docs:
    cargo build --locked --workspace --bin signoff
    target/debug/signoff rules reference > docs/rules.md
    target/debug/signoff rules schema > docs/rules.schema.json
    target/debug/signoff rules reference --policy > docs/policy.md
    target/debug/signoff rules schema --policy > docs/policy.schema.json
    INSTA_UPDATE=always cargo test --locked --workspace --bin console -- openapi_file

# Run everything that a change must pass, or one part of it: `just ci lint`.
ci *PART:
    .ci/run {{ PART }}
