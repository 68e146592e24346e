//! Tests of the schema against the reader: both accept the same files, but for rules that only the reader
//! knows.

use super::schema;
use crate::problem::Source;
use crate::reference::ACTIONS;
use crate::reference::tests::{mappings, required};
use crate::yaml::{self, Content, Node};
use jsonschema::Validator;
use serde_json::Value;
use std::fs;
use std::path::Path;

/// Files of the corpus that the schema takes and the reader refuses, each with what only the reader knows.
const READER_ALONE: [(&str, &str); 4] = [
    ("conditions-of-other-languages", "the grammar of conditions"),
    ("same-name-twice", "the names of other rules"),
    ("templates", "variables, filters and the work of templates"),
    ("too-long-a-wait", "what a text of digits and a unit amounts to"),
];

fn validator() -> Validator {
    let schema: Value = serde_json::from_str(&schema()).unwrap();
    jsonschema::draft202012::meta::validate(&schema).unwrap();
    jsonschema::draft202012::new(&schema).unwrap()
}

/// A file as an editor hands it to the schema; `None`: it is not YAML that can be read.
fn document(text: &str) -> Option<Value> {
    let root = yaml::load(&Source::new("rules.yml", text), "").ok()?;
    Some(json(&root))
}

fn json(node: &Node) -> Value {
    match &node.content {
        Content::Scalar(scalar) if scalar.is_null() => Value::Null,
        Content::Scalar(scalar) => match (scalar.as_bool(), scalar.as_integer()) {
            (Some(truth), _) => truth.into(),
            (None, Some(number)) => number.into(),
            (None, None) => scalar.text.clone().into(),
        },
        Content::Sequence(nodes) => nodes.iter().map(|node| json(node)).collect(),
        Content::Mapping(entries) => {
            Value::Object(entries.iter().map(|entry| (entry.key.clone(), json(&entry.value))).collect())
        }
    }
}

/// Returns the schema's errors in a document, one line each.
fn refusals(validator: &Validator, document: &Value) -> Vec<String> {
    validator.iter_errors(document).map(|error| format!("{}: {error}", error.instance_path())).collect()
}

#[test]
fn the_corpus_gets_the_same_verdict_of_both() {
    let validator = validator();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus");
    let mut alone = Vec::new();
    for kind in ["good", "bad"] {
        for entry in fs::read_dir(folder.join(kind)).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_none_or(|extension| extension != "yml") {
                continue;
            }
            let text = fs::read_to_string(&path).unwrap();
            let taken = crate::parse(&text, "rules.yml").is_ok();
            let Some(document) = document(&text) else {
                assert!(!taken, "{}", path.display());
                continue;
            };
            let refusals = refusals(&validator, &document);
            assert!(!taken || refusals.is_empty(), "{}: {refusals:#?}", path.display());
            if !taken && refusals.is_empty() {
                alone.push(path.file_stem().unwrap().to_str().unwrap().to_owned());
            }
        }
    }
    alone.sort();
    assert_eq!(alone, READER_ALONE.map(|(name, _)| name.to_owned()));
}

#[test]
fn mistake_in_one_of_several_forms_is_told_at_its_place() {
    let validator = validator();
    for (rule, place) in [
        ("actions: [{webhook: {url: x}}]", "/rules/0/a/actions/0/webhook/url"),
        ("actions: [{webhook: {url: 'https://x.io', methd: PUT}}]", "/rules/0/a/actions/0/webhook"),
        (
            "actions: [{slack_channel_approval: {channel: '#a', votes_required: [{from: 5}]}}]",
            "/rules/0/a/actions/0/slack_channel_approval/votes_required/0/from",
        ),
        (
            "freeze: {name: w, days: [sat, someday], time_zone: UTC}\n    actions: [trigger_build]",
            "/rules/0/a/freeze/days/1",
        ),
        (
            "conditions: [{expression: [a]}]\n    actions: [trigger_build]",
            "/rules/0/a/conditions/0/expression",
        ),
    ] {
        let document = document(&format!("rules:\n- a:\n    {rule}\n")).unwrap();
        let places: Vec<String> =
            validator.iter_errors(&document).map(|error| error.instance_path().to_string()).collect();
        assert_eq!(places, [place], "{rule}");
    }
}

/// Values that a key may be given, right and wrong.
const VALUES: [&str; 55] = [
    "",
    "~",
    "''",
    "' '",
    "a",
    "'a b'",
    "0",
    "1",
    "'2'",
    "007",
    "-1",
    "1.0",
    "1.5",
    "4294967296",
    "true",
    "no",
    "'no'",
    "maybe",
    "both",
    "'approve '",
    "'#a'",
    "'#A'",
    "'# a'",
    "C0123ABCDEF",
    "c-1_é",
    "'30s'",
    "5m",
    "0h",
    "91d",
    "'1 h'",
    "'@sre'",
    "ana@example.com",
    "ana@b",
    "<@U0123ABCDEF|ana>",
    "[]",
    "[a]",
    "['@sre', U0123ABCDEF]",
    "[{from: '@sre'}]",
    "[{from: ['@sre'], votes: 0}]",
    "{}",
    "{a: b}",
    "[trigger_build]",
    "https://example.com/{{revision}}",
    "environment='Staging'",
    "{name: a, days: [sat], time_zone: UTC}",
    "[{name: a, dates: 2026-12-24}, {name: b, days: sat}]",
    "{name: a}",
    "'sat, Sunday'",
    "[fri, SAT]",
    "'8:30'",
    "24:00",
    "2026-12-24",
    "[2026-12-24, 2026-12-20 .. 2027-01-03]",
    "2027-02-30",
    "europe/berlin",
];

#[test]
fn schema_and_reader_agree_on_every_key_and_value() {
    let validator = validator();
    let mut alone = Vec::new();
    for (keys, with) in mappings() {
        for key in keys {
            for value in VALUES {
                let text = with(&format!("{}{}: {value}", required(keys, key.name), key.name));
                let taken = crate::parse(&text, "rules.yml").is_ok();
                let Some(document) = document(&text) else { continue };
                let refusals = refusals(&validator, &document);
                assert!(!taken || refusals.is_empty(), "{text}{refusals:#?}");
                if !taken && refusals.is_empty() {
                    alone.push(format!("{}: {value}", key.name));
                }
            }
        }
    }
    insta::assert_snapshot!(alone.join("\n"), @"
    after: a
    after: 'a b'
    after: 0
    after: 1
    after: '2'
    after: 007
    after: -1
    after: 1.0
    after: 1.5
    after: 4294967296
    after: true
    after: no
    after: 'no'
    after: maybe
    after: both
    after: 'approve '
    after: '#a'
    after: '#A'
    after: '# a'
    after: C0123ABCDEF
    after: c-1_é
    after: '30s'
    after: 5m
    after: 0h
    after: 91d
    after: '1 h'
    after: '@sre'
    after: ana@example.com
    after: ana@b
    after: <@U0123ABCDEF|ana>
    after: [a]
    after: ['@sre', U0123ABCDEF]
    after: [trigger_build]
    after: https://example.com/{{revision}}
    after: environment='Staging'
    after: 'sat, Sunday'
    after: [fri, SAT]
    after: '8:30'
    after: 24:00
    after: 2026-12-24
    after: [2026-12-24, 2026-12-20 .. 2027-01-03]
    after: 2027-02-30
    after: europe/berlin
    promotes_to: https://example.com/{{revision}}
    conditions: [a]
    conditions: ['@sre', U0123ABCDEF]
    conditions: [trigger_build]
    conditions: [fri, SAT]
    conditions: [2026-12-24, 2026-12-20 .. 2027-01-03]
    time_zone: a
    time_zone: 'a b'
    time_zone: 0
    time_zone: 1
    time_zone: '2'
    time_zone: 007
    time_zone: -1
    time_zone: 1.0
    time_zone: 1.5
    time_zone: 4294967296
    time_zone: true
    time_zone: no
    time_zone: 'no'
    time_zone: maybe
    time_zone: both
    time_zone: 'approve '
    time_zone: '#a'
    time_zone: '#A'
    time_zone: '# a'
    time_zone: C0123ABCDEF
    time_zone: c-1_é
    time_zone: '30s'
    time_zone: 5m
    time_zone: 0h
    time_zone: 91d
    time_zone: '1 h'
    time_zone: '@sre'
    time_zone: ana@example.com
    time_zone: ana@b
    time_zone: <@U0123ABCDEF|ana>
    time_zone: https://example.com/{{revision}}
    time_zone: environment='Staging'
    time_zone: 'sat, Sunday'
    time_zone: '8:30'
    time_zone: 24:00
    time_zone: 2026-12-24
    time_zone: 2027-02-30
    dates: 2027-02-30
    expression: a
    expression: 'a b'
    expression: '2'
    expression: 007
    expression: 1.0
    expression: 1.5
    expression: 'no'
    expression: maybe
    expression: both
    expression: 'approve '
    expression: '#a'
    expression: '#A'
    expression: '# a'
    expression: C0123ABCDEF
    expression: c-1_é
    expression: '30s'
    expression: 5m
    expression: 0h
    expression: 91d
    expression: '1 h'
    expression: '@sre'
    expression: ana@example.com
    expression: ana@b
    expression: <@U0123ABCDEF|ana>
    expression: https://example.com/{{revision}}
    expression: 'sat, Sunday'
    expression: '8:30'
    expression: 24:00
    expression: 2026-12-24
    expression: 2027-02-30
    expression: europe/berlin
    authors_only: 'no'
    self_approval: 'no'
    verified_commits: 'no'
    ask_again: 'no'
    expires_after: 91d
    remind_after: 91d
    supersede: 'no'
    undo_window: 91d
    environment: '#a'
    environment: '#A'
    environment: '# a'
    environment: c-1_é
    environment: '@sre'
    environment: ana@example.com
    environment: ana@b
    environment: <@U0123ABCDEF|ana>
    environment: https://example.com/{{revision}}
    environment: environment='Staging'
    environment: 'sat, Sunday'
    environment: '8:30'
    environment: 24:00
    environment: europe/berlin
    threshold: 91d
    email: '@sre'
    email: ['@sre', U0123ABCDEF]
    user: '@sre'
    user: ['@sre', U0123ABCDEF]
    ");
}

#[test]
fn schema_and_reader_agree_on_every_action_and_value() {
    let validator = validator();
    let mut alone = Vec::new();
    for name in ACTIONS.map(|action| action.name).into_iter().chain(["merge", "mergee", "5"]) {
        for value in VALUES.map(|value| format!("{name}: {value}")).into_iter().chain([name.to_owned()]) {
            let text = format!("rules:\n- a:\n    actions:\n    - {value}\n");
            let taken = crate::parse(&text, "rules.yml").is_ok();
            let Some(document) = document(&text) else { continue };
            let refusals = refusals(&validator, &document);
            assert!(!taken || refusals.is_empty(), "{text}{refusals:#?}");
            if !taken && refusals.is_empty() {
                alone.push(value);
            }
        }
    }
    // That one of several keys must be there, the schema does not say.
    assert_eq!(alone, ["slack_personal_message: {}"]);
}
