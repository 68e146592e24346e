use super::*;
use std::collections::BTreeMap;
use std::fmt::Write;

fn checkout_file(path: &str) -> String {
    std::fs::read_to_string(format!("{}/../../{path}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

/// A secret's JSON object; `random` stands for each random text.
fn value(secret: StackSecret, random: &str) -> String {
    let member = |row: &Credential| match row.form {
        Form::Text(start) => format!(r#""{}": "{start}…""#, row.key),
        Form::Random => format!(r#""{}": "{random}""#, row.key),
        Form::Headers(example) => format!(r#""{}": {example}"#, row.key),
    };
    let members: Vec<_> = secret.credentials().map(member).collect();
    format!("{{{}}}", members.join(", "))
}

/// The line of the README that fills a secret.
fn put_line(secret: StackSecret) -> String {
    let random = "$(openssl rand -hex 32)";
    let value = value(secret, random);
    let quoted = if value.contains(random) {
        format!("\"{}\"", value.replace('"', "\\\""))
    } else {
        format!("'{value}'")
    };
    format!("put \"${}Arn\" {quoted}", secret.name())
}

fn reader_names(readers: impl IntoIterator<Item = StackFunction>) -> String {
    readers.into_iter().map(StackFunction::name).collect::<Vec<_>>().join(", ")
}

fn page() -> String {
    let mut page = "# Secrets\n\n\
        The stack has five secrets in AWS Secrets Manager. A function's role can read a secret only if the function uses a \
        credential\nin it. `shared/runtime/src/credentials.rs` has this table. Tests compare the template, the local stack, the \
        README and this page with it.\n\n\
        | secret | read by |\n|---|---|\n"
        .to_owned();
    for secret in StackSecret::ALL {
        writeln!(page, "| `{}` | {} |", secret.name(), reader_names(secret.readers())).unwrap();
    }
    page.push_str(
        "\n## Credentials\n\n| secret | key | provider | used by | its holder can |\n|---|---|---|---|---|\n",
    );
    for row in &TABLE {
        let (secret, readers) = (row.secret.name(), reader_names(row.readers.iter().copied()));
        writeln!(page, "| `{secret}` | `{}` | {} | {readers} | {} |", row.key, row.provider, row.may)
            .unwrap();
    }
    page.push_str("\n## How to get each credential\n\n| secret | key | instructions |\n|---|---|---|\n");
    for row in &TABLE {
        writeln!(page, "| `{}` | `{}` | {} |", row.secret.name(), row.key, row.set_up).unwrap();
    }
    page
}

#[test]
fn each_secret_goes_to_the_functions_that_need_it() {
    use StackFunction::*;
    let readers: BTreeMap<_, Vec<_>> =
        StackSecret::ALL.map(|secret| (secret.name(), secret.readers().into_iter().collect())).into();
    let expected = BTreeMap::from([
        ("SlackSigningSecret", vec![SlackInteraction]),
        ("SlackAppSecret", vec![SlackInteraction, ActionExecution, Console]),
        ("InboundSecret", vec![DeployWebhook, Console]),
        ("ReadSecret", vec![RuleEvaluation, ActionExecution, Console]),
        ("WriteSecret", vec![ActionExecution]),
    ]);
    assert_eq!(readers, expected);
}

#[test]
fn table_has_each_key_of_a_secret_once() {
    let mut keys: Vec<_> = TABLE.iter().map(|row| (row.secret, row.key)).collect();
    assert!(keys.is_sorted_by_key(|(secret, _)| *secret), "the table goes secret by secret");
    keys.sort_unstable();
    keys.dedup();
    assert_eq!(keys.len(), TABLE.len());
    assert!(TABLE.iter().all(|row| !row.readers.is_empty()), "a credential that nobody reads");
}

#[test]
fn readme_fills_every_secret_with_its_keys() {
    let readme = checkout_file("README.md");
    for line in StackSecret::ALL.map(put_line) {
        assert!(readme.contains(&line), "the README's deploy section lacks the line\n{line}");
    }
}

#[test]
fn template_describes_every_secret_by_its_keys() {
    let template = checkout_file("template.yaml");
    for secret in StackSecret::ALL {
        let keys: Vec<_> = secret.credentials().map(|row| format!("`{}`", row.key)).collect();
        let output = format!(
            "  {name}Arn:\n    Description: {}.\n    Value: !Ref {name}\n",
            format_args!("To be filled with {}", keys.join(", ")),
            name = secret.name()
        );
        assert!(template.contains(&output), "template.yaml lacks the output\n{output}");
    }
}

#[test]
fn page_of_secrets_is_the_table() {
    let page = page();
    assert_eq!(
        checkout_file("docs/reference/secrets.md"),
        page,
        "docs/reference/secrets.md has to be\n{page}"
    );
}
