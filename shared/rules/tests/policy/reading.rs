//! Tests of the reading of policies, valid and invalid.

use crate::{OWNERS, policy};
use serde_json::Value;
use signoff_rules::policy::parse;
use signoff_rules::reference::{Absent, FLOOR, Key, POLICY, SECTION, policy_schema};
use signoff_rules::yaml::{self, Content, Node};

/// Policies that can't be read, and some that can.
const POLICIES: [&str; 35] = [
    "",
    "[]",
    "owners: [ana@acme.example, ben@acme.example]",
    "default: {}",
    "owner: [ana@acme.example, ben@acme.example]\ndefault: {}",
    "owners: [ana@acme.example]\ndefault: {}",
    "owners: [ana@acme.example, ANA@acme.example]\ndefault: {}",
    "owners: ana@acme.example\ndefault: {}",
    "owners: [ana@acme.example, '@sre']\ndefault: {}",
    "owners: [ana, ben@acme.example]\ndefault: {}",
    "owners: [ana@acme.example, ben@acme.example]\ndefault:",
    "owners: [ana@acme.example, ben@acme.example]\ndefaults: {}",
    "D: {}",
    "D: {votes: 2}",
    "D: {votes_required: 0}",
    "D: {votes_required: two}",
    "D: {votes_required: [{votes: 2}]}",
    "D: {approvers: sre}",
    "D: {self_approval: 'no', verified_commits: 1}",
    "D: {unknown_makers: alow, rollback: no}",
    "D: {expires_after: 91d, review_within: soon}",
    "D: {deployments: [acme/*]}",
    "D: {}\nfloors: {}",
    "D: {}\nfloors:",
    "D: {}\nfloors: []",
    "D: {}\nfloors: [{votes_required: 2}]",
    "D: {}\nfloors: [{place: Production}]",
    "D: {}\nfloors: [{places: [], votes_required: 2}]",
    "D: {}\nfloors: [{places: , votes_required: 2}]",
    "D: {}\nfloors: [{places: '{{ environment }}'}]",
    "D: {}\nfloors: [{deployments: [acme, '*', acme/*, a b/c]}]",
    "D: {}\nfloors: [{actions: [trigger_buil, webhook, slack_deploy_message, slack_channel_approval]}]",
    "D: {allowed_webhook_hosts: [hooks.acme.example, 'https://x.io', 'x.io:80']}",
    "D: {break_glass: [oncall]}\nx-anchors: {any: thing}",
    "D: {}\nfloor: [{places: Production}]",
];

fn text_of(policy: &str) -> String {
    policy.replace("D:", &format!("{OWNERS}default:"))
}

#[test]
fn every_mistake_is_told_with_its_place() {
    let told = POLICIES.iter().map(|policy| match parse(&text_of(policy), "policy.yml") {
        Err(problems) => problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"),
        Ok(_) => format!("{policy:?} is fine"),
    });
    insta::assert_snapshot!(told.collect::<Vec<_>>().join("\n"), @r#"
    policy.yml:1:1: the file is empty; start with `owners:` and `default:`
    policy.yml:1:1: a policy takes keys with values, not a list; write `owners:` and `default:`
    policy.yml:1:1: a policy has no `default`; write `default:` and under it what binds everything that no entry of floors names
    policy.yml:1:1: a policy has no `owners`; write `owners: [ana@example.com, ben@example.com]`
    policy.yml:1:1: a policy takes no key `owner`; did you mean `owners`?
    policy.yml:1:1: a policy needs two owners: two of them approve a change of it; write `owners: [ana@example.com, ben@example.com]`
    policy.yml:1:1: a policy needs two owners: two of them approve a change of it; write `owners: [ana@example.com, ben@example.com]`
    policy.yml:1:9: owners takes a list, not a text; write `owners: [ana@example.com, ben@example.com]`
    policy.yml:1:28: `@sre` is a user group, and owners are people; write an e-mail address or a Slack user id (U0123ABCDEF)
    policy.yml:1:10: `ana` is not an owner; write an e-mail address or a Slack user id (U0123ABCDEF)
    policy.yml:2:8: default takes keys with values, and there is nothing here; write `default: {votes_required: 1}`, or `default: {}` where nothing binds the rest
    policy.yml:2:1: a policy takes no key `defaults`; did you mean `default`?
    "D: {}" is fine
    policy.yml:2:11: default takes no key `votes`; did you mean `votes_required`?
    policy.yml:2:27: votes_required takes a whole number from 1; write, for example, `votes_required: 2`
    policy.yml:2:27: votes_required takes a whole number from 1; write, for example, `votes_required: 2`
    policy.yml:2:28: an entry of votes_required has no `from`; write `votes_required: [{from: '@sre', votes: 2}, {from: '@qa', votes: 1}]`
    policy.yml:2:22: `sre` can't vote; write, for example, '@sre' for a user group, or a person's e-mail address
    policy.yml:2:26: self_approval takes true or false, not a text; write `false`, without quotes
    policy.yml:2:50: verified_commits takes true or false, not a number; write `true`, without quotes
    policy.yml:2:27: unknown_makers can't be `alow`; did you mean `allow`?
    policy.yml:2:43: rollback can't be `no`; it takes four_eyes alone
    policy.yml:2:26: expires_after is longer than 90d; write at most '90d'
    policy.yml:2:46: review_within takes a time: a whole number and s, m, h or d; write, for example, `review_within: '48h'`
    policy.yml:2:11: default takes no key `deployments`; it takes votes_required, approvers, self_approval, verified_commits, unknown_makers, rollback, ask_again, expires_after, promotes_to, allowed_actions, allowed_workflows, allowed_refs, allowed_webhook_hosts, break_glass, review_within
    policy.yml:3:9: floors takes a list, not keys with values; write `floors: [{places: [Production], votes_required: 2}]`
    "D: {}\nfloors:" is fine
    policy.yml:3:9: floors is an empty list; write, for example, `floors: [{places: [Production], votes_required: 2}]`, or leave floors out
    policy.yml:3:10: an entry of floors names nothing that it is for; write `deployments:`, `places:` or `actions:`, or put it under `default`
    policy.yml:3:11: an entry of floors takes no key `place`; did you mean `places`?
    policy.yml:3:19: places is an empty list; write, for example, `places: [one, another]`, or leave places out
    policy.yml:3:17: places has no value; write, for example, `'text'`
    policy.yml:3:19: a pattern has at most 200 characters and no template variables; write `*` for any text
    policy.yml:3:25: `acme` is not a deployment; write `owner/name`, or `owner/*` for all of an owner's
    policy.yml:3:31: `*` is not a deployment; write `owner/name`, or `owner/*` for all of an owner's
    policy.yml:3:44: `a b/c` is not a deployment; write `owner/name`, or `owner/*` for all of an owner's
    policy.yml:3:21: unknown action `trigger_buil`; did you mean `trigger_build`?
    policy.yml:3:44: `slack_deploy_message` does not act, and a policy binds what acts; take it out
    policy.yml:3:66: `slack_channel_approval` does not act, and a policy binds what acts; take it out
    policy.yml:2:55: `https://x.io` is not a host; write hooks.example.com, or '*.example.com' for all of a domain
    policy.yml:2:71: `x.io:80` is not a host; write hooks.example.com, or '*.example.com' for all of a domain
    policy.yml:2:25: `oncall` can't break the glass; write, for example, '@oncall' for a user group, or a person's e-mail address
    policy.yml:3:1: a policy takes no key `floor`; did you mean `floors`?
    "#);
}

#[test]
fn policy_has_a_limited_number_of_floors() {
    let floors = |count: usize| format!("default: {{}}\nfloors:\n{}", "  - places: [a]\n".repeat(count));
    assert_eq!(policy(&floors(100)).floors.len(), 100);
    let problems = parse(&format!("{OWNERS}{}", floors(101)), "policy.yml").unwrap_err();
    insta::assert_snapshot!(problems[0], @"
    policy.yml:104:5: a policy has more than 100 floors; join those that ask the same
    ");
    let places = |count: usize| format!("default: {{}}\nfloors: [{{places: [{}]}}]", "a, ".repeat(count));
    assert_eq!(policy(&places(50)).floors[0].places.len(), 50);
    let problems = parse(&format!("{OWNERS}{}", places(51)), "policy.yml").unwrap_err();
    insta::assert_snapshot!(problems[0], @"
    policy.yml:3:19: places has more than 50 entries; write patterns: `*` stands for any text
    ");
}

/// A policy with an example of a key of these keys.
fn with(keys: &[Key], example: &str) -> String {
    let indented = |spaces: usize| example.replace('\n', &format!("\n{:spaces$}", ""));
    let first = keys.first().map(|key| key.name);
    if first == Some(POLICY[0].name) {
        let rest = POLICY.iter().filter(|key| key.absent == Absent::Refused);
        let rest = rest.filter(|key| !example.starts_with(key.name)).map(|key| key.examples[0]);
        return std::iter::once(example).chain(rest).collect::<Vec<_>>().join("\n");
    }
    if first == Some(FLOOR[0].name) {
        return format!("{OWNERS}default:\n  {}", indented(2));
    }
    format!("{OWNERS}default: {{}}\nfloors:\n  - places: [a]\n  - actions: [webhook]\n    {}", indented(4))
        .replace("  - actions: [webhook]\n    actions", "  - actions")
}

#[test]
fn every_example_of_the_page_is_read() {
    for keys in [POLICY.as_slice(), &SECTION, &FLOOR] {
        for example in keys.iter().flat_map(|key| key.examples) {
            let text = with(keys, example);
            let read = parse(&text, "policy.yml").unwrap_or_else(|problems| panic!("{text}\n{problems:#?}"));
            let bare = parse(&with(keys, keys[0].examples[0]), "policy.yml").unwrap();
            assert!(keys[0].examples.contains(example) || read.hash != bare.hash);
        }
    }
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

#[test]
fn schema_takes_what_the_reader_takes() {
    let schema: Value = serde_json::from_str(&policy_schema()).unwrap();
    jsonschema::draft202012::meta::validate(&schema).unwrap();
    let validator = jsonschema::draft202012::new(&schema).unwrap();
    let examples = [POLICY.as_slice(), &SECTION, &FLOOR].into_iter();
    let examples = examples
        .flat_map(|keys| keys.iter().flat_map(|key| key.examples).map(move |example| with(keys, example)));
    let mut alone = Vec::new();
    for text in POLICIES.iter().map(|policy| text_of(policy)).chain(examples) {
        let Ok(root) = yaml::load(&signoff_rules::problem::Source::new("policy.yml", &text), "") else {
            continue;
        };
        let (read, valid) = (parse(&text, "policy.yml").is_ok(), validator.is_valid(&json(&root)));
        assert!(valid || !read, "the schema refuses {text}");
        if valid && !read {
            alone.push(text.replace(OWNERS, ""));
        }
    }
    insta::assert_snapshot!(alone.join("\n"), @"
    owners: [ana@acme.example, ANA@acme.example]
    default: {}
    owners: [ana@acme.example, '@sre']
    default: {}
    default: {}
    floors: [{places: '{{ environment }}'}]
    ");
}
