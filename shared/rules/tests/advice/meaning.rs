//! The meaning of a file after advice was followed: an edit never makes the opposite of what was written, or
//! leaves out somebody who was named.

use super::{mended, rows, told};
use signoff_rules::parse;
use std::fmt::Write;

/// A slip, and what its printed line means; `None`: none may be printed, for nobody knows.
type Meant = (&'static str, Option<&'static str>);

/// Keys of an approval.
const APPROVALS: [Meant; 38] = [
    ("no_self_approval: true", Some("self_approval: false")),
    ("deny_self_approval: yes", Some("self_approval: false")),
    ("forbid_self_approval: 'true'", Some("self_approval: false")),
    ("block_self_approval: true", Some("self_approval: false")),
    ("not_self_approval: true", Some("self_approval: false")),
    ("without_self_approval: true", Some("self_approval: false")),
    ("disallow_self_approval: true", Some("self_approval: false")),
    ("no_self_approval: false", Some("self_approval: true")),
    ("prevent_self_review: true", Some("self_approval: false")),
    ("prevent_self_review: false", Some("self_approval: true")),
    ("four_eyes: true", Some("self_approval: false")),
    ("four_eyes: false", Some("self_approval: true")),
    ("never_ask_again: true", Some("ask_again: false")),
    ("no_ask_again: true", Some("ask_again: false")),
    ("dont_ask_again: true", Some("ask_again: false")),
    ("no_supersede: true", Some("supersede: false")),
    ("not_supersede: true", Some("supersede: false")),
    ("no_authors_only: true", Some("authors_only: false")),
    ("unverified_commits: true", Some("verified_commits: false")),
    ("skip_verified_commits: true", Some("verified_commits: false")),
    ("known_makers: allow", None),
    ("not_approvers: [ana@example.com]", None),
    ("deny_approvers: [ana@example.com]", None),
    ("no_approvers: [ana@example.com]", None),
    ("on_not_success: [trigger_build]", None),
    ("on_unsuccess: [trigger_build]", None),
    ("on_no_success: [trigger_build]", None),
    ("max_votes_required: 2", None),
    ("approvers: '@sre @qa'", Some("approvers: ['@sre', '@qa']")),
    ("approvers: '@sre, @qa'", Some("approvers: ['@sre', '@qa']")),
    (
        "approvers:\n  -ana@example.com\n  -ben@example.com",
        Some("approvers:\n  - ana@example.com\n  - ben@example.com"),
    ),
    ("approvers:\n  -ana@example.com", Some("approvers:\n  - ana@example.com")),
    ("approvers: -ana@example.com", None),
    ("timeout_minutes: 30", Some("expires_after: '30m'")),
    ("expires_in_hours: 4", Some("expires_after: '4h'")),
    ("timeout-days: 2", Some("expires_after: '2d'")),
    ("timeout_minutes: soon", None),
    ("prompt: \"\"\"Go?\"\"\"", Some("prompt: 'Go?'")),
];

/// Keys of an approval that name somebody who can't be.
const NOBODY: [&str; 9] = [
    "approvers: ['!ana@example.com', ben@example.com]",
    "approvers: ['-ana@example.com', ben@example.com]",
    "approvers: ana@example.com#note",
    "approvers: none",
    "approvers: nobody",
    "approvers: true",
    "approvers: false",
    "approvers: '@none'",
    "authors_only: not true",
];

/// Keys of a rule.
const RULES: [Meant; 51] = [
    ("conditions:\n  - not: tags='#hotfix'", Some("conditions:\n  - tags!='#hotfix'")),
    ("conditions: [not: tags='#a']", Some("conditions: [tags!='#a']")),
    ("conditions:\n  - unless: tags='#a'", Some("conditions:\n  - tags!='#a'")),
    ("conditions:\n  - not: {environment: Production}", Some("conditions:\n  - environment!='Production'")),
    ("conditions:\n  - not: [tags='#a']", Some("conditions:\n  - tags!='#a'")),
    ("conditions:\n  - not: [tags='#a', tags='#b']", None),
    ("conditions:\n  - none: [tags='#a', tags='#b']", None),
    ("conditions:\n  - {expression: tags='#a', not: true}", None),
    ("conditions:\n  - not: branch~='main'", None),
    ("conditions:\n  - tags!=any", Some("conditions:\n  - tags=[]")),
    ("conditions:\n  - tags=any", Some("conditions:\n  - tags!=[]")),
    ("unless: tags='#a'", Some("conditions:\n  - tags!='#a'")),
    ("unless: rollback", None),
    ("except: [dev]", None),
    ("except: dev", None),
    ("only: [main]", None),
    ("any_conditions: [tags='#a', tags='#b']", None),
    ("conditions_any: [tags='#a', tags='#b']", None),
    ("no_conditions: [tags='#a', tags='#b']", None),
    ("conditions:\n  a) environment='a'", Some("conditions:\n  - environment='a'")),
    ("conditions:\n  [x] environment='a'", None),
    ("conditions: {environment='a'}", None),
    ("conditions: {expression: environment='a'}", None),
    ("conditions: true", Some("triggers:")),
    ("conditions: always", Some("triggers:")),
    ("conditions: none", Some("triggers:")),
    ("conditions: false", None),
    (
        "conditions:\n  - environment = Staging or Production",
        Some("conditions:\n  - environment='Staging' or environment='Production'"),
    ),
    (
        "conditions:\n  - pr_labels contains any of fix, feature",
        Some("conditions:\n  - pr_labels='fix' or pr_labels='feature'"),
    ),
    ("conditions:\n  - pr_labels contains all of fix, feature", None),
    (
        "conditions:\n  - deployed_for>'5m' and <'1h'",
        Some("conditions:\n  - deployed_for>'5m' and deployed_for<'1h'"),
    ),
    ("conditions: [environment='a', [tags='#a']", Some("conditions: [environment='a', tags='#a']")),
    ("conditions: ['environment='a'']", Some("conditions: [environment='a']")),
    (
        "actions: [slack_channel_approval: {channel: '#a', approvers: ['@sre', '@qa', votes_required: 2}]",
        Some(
            "actions: [slack_channel_approval: {channel: '#a', approvers: ['@sre', '@qa'], votes_required: 2}]",
        ),
    ),
    // A key that is spelt wrong is no part of a text.
    (
        "actions: [slack_channel_approval: {channel: '#a', prompt: Go, votes_requird: 2}]",
        Some("actions: [slack_channel_approval: {channel: '#a', prompt: Go, votes_required: 2}]"),
    ),
    (
        "actions: [slack_channel_approval: {channel: '#a', approvers: ana@example.com, ben@example.com}]",
        Some(
            "actions: [slack_channel_approval: {channel: '#a', approvers: [ana@example.com, ben@example.com]}]",
        ),
    ),
    (
        "freeze: {name: w, days: sat, sun, time_zone: UTC}",
        Some("freeze: {name: w, days: [sat, sun], time_zone: UTC}"),
    ),
    ("freeze: {name: w, days: '!sat', time_zone: UTC}", None),
    ("freeze: {name: w, days: [-sat], time_zone: UTC}", None),
    ("freeze: {name: w, dates: 30-12-24}", None),
    ("freeze: {name: w, dates: 24/12/30}", None),
    ("freeze: {name: w, dates: 24.12.30}", Some("freeze: {name: w, dates: 2030-12-24}")),
    ("freeze: {name: w, dates: 12/24/30}", Some("freeze: {name: w, dates: 2030-12-24}")),
    ("freeze: {name: w, days: sat, time_zone: UTC+2}", None),
    ("freeze: {name: w, days: sat, time_zone: '+02:00'}", None),
    ("freeze: {name: w, days: sat, time_zone: GMT-5}", None),
    ("freeze: {name: w, days: sat, time_zone: local}", None),
    ("freeze: {name: w, days: sat, time_zone: system}", None),
    ("conditions:\n  - environment|lower='staging'", None),
    ("conditions:\n  - branch | trim = 'main'", None),
    ("actions:\n  - conditions: [tags='#a']\n    actions: [trigger_build]", None),
];

/// Actions.
const ACTIONS: [Meant; 16] = [
    ("add_deploy_tag: '#a'\ncontinue-on-error: false", Some("add_deploy_tag: '#a'\non_failure: stop")),
    ("add_deploy_tag: '#a'\ncontinue-on-error: true", Some("add_deploy_tag: '#a'\non_failure: continue")),
    ("add_deploy_tag: '#a'\nignore_errors: no", Some("add_deploy_tag: '#a'\non_failure: stop")),
    ("add_deploy_tag: '#a'\nignore_errors: yes", Some("add_deploy_tag: '#a'\non_failure: continue")),
    ("add_deploy_tag: '#a'\nallow_failure: false", Some("add_deploy_tag: '#a'\non_failure: stop")),
    ("add_deploy_tag: '#a'\nfail_fast: true", Some("add_deploy_tag: '#a'\non_failure: stop")),
    ("add_deploy_tag: '#a'\nfail_fast: false", Some("add_deploy_tag: '#a'\non_failure: continue")),
    ("add_deploy_tag: '#a'\nstop_on_failure: false", Some("add_deploy_tag: '#a'\non_failure: continue")),
    ("add_deploy_tag: '#a'\nallow_failure: maybe", None),
    ("add_deploy_tag: '#a'\non_failure: dont_stop", None),
    ("trigger_build: no", None),
    ("trigger_build: false", None),
    ("trigger_build: off", None),
    ("trigger_build: never", None),
    ("trigger_build: yes", Some("trigger_build")),
    ("no_trigger_build: {}", None),
];

/// Returns what the rules of a file say, but for where they stand.
fn meaning(file: &str) -> Vec<String> {
    parse(file, "f").map(|file| file.rules.into_iter().map(|rule| rule.hash).collect()).unwrap_or_default()
}

/// The files that the advice of a file's messages makes; with `true`, where it is printed.
fn made_of(file: &str) -> Vec<(String, bool)> {
    let (_, problems) = told(file);
    problems.iter().filter_map(|problem| mended(file, problem)).map(|it| (it.text, it.is_exact)).collect()
}

#[test]
fn printed_line_means_what_was_written() {
    let with = |rows: &[Meant], with: fn(&str) -> String| -> Vec<(String, Option<String>)> {
        rows.iter().map(|(slip, meant)| (with(slip), meant.map(with))).collect()
    };
    let nobody = NOBODY.map(|slip| (slip, None));
    let rows = [
        with(&APPROVALS, rows::with_approval),
        with(&nobody, rows::with_approval),
        with(&RULES, rows::with_keys),
        with(&ACTIONS, rows::with_action),
    ];
    let mut wrong = String::new();
    for (file, meant) in rows.concat() {
        let (is_sound, problems) = told(&file);
        if is_sound {
            writeln!(wrong, "{file}is taken\n-----").unwrap();
        }
        let printed: Vec<String> = made_of(&file).into_iter().filter(|it| it.1).map(|it| it.0).collect();
        let is_right = match &meant {
            Some(meant) => !printed.is_empty() && printed.iter().all(|it| meaning(it) == meaning(meant)),
            None => printed.is_empty(),
        };
        if !is_right || meant.as_deref().is_some_and(|meant| meaning(meant).is_empty()) {
            writeln!(wrong, "{file}{}\nprints {printed:#?}\n-----", problems[0]).unwrap();
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// Keys of an approval, with a value, and the value that says the opposite.
const KEYS: [(&str, &str, Option<&str>); 18] = [
    ("self_approval", "true", Some("false")),
    ("self_approval", "false", Some("true")),
    ("ask_again", "true", Some("false")),
    ("supersede", "true", Some("false")),
    ("authors_only", "true", Some("false")),
    ("verified_commits", "true", Some("false")),
    ("verified_commits", "false", Some("true")),
    ("unknown_makers", "allow", None),
    ("unknown_makers", "block", None),
    ("approvers", "[ana@example.com]", None),
    ("break_glass", "[ana@example.com]", None),
    ("votes_required", "2", None),
    ("rejections_required", "2", None),
    ("require_reason", "both", None),
    ("expires_after", "24h", None),
    ("undo_window", "30s", None),
    ("on_success", "[trigger_build]", None),
    ("on_expire", "[trigger_build]", None),
];

/// Words that deny what they stand beside.
const DENYING: [&str; 12] = [
    "no", "not", "never", "non", "deny", "forbid", "block", "prevent", "without", "exclude", "skip",
    "disallow",
];

#[test]
fn advice_about_a_denied_key_never_allows_it() {
    let mut wrong = String::new();
    for (key, value, opposite) in KEYS {
        let allowed = rows::with_approval(&format!("{key}: {value}"));
        assert!(!meaning(&allowed).is_empty(), "{allowed}");
        let spellings = DENYING.iter().flat_map(|word| {
            let mut camel = word.to_string();
            for part in key.split('_') {
                camel.push_str(&part[..1].to_uppercase());
                camel.push_str(&part[1..]);
            }
            let short = format!("{word}_{}", &key[..key.len() - 1]);
            let (kebab, behind) = (format!("{word}-{}", key.replace('_', "-")), format!("{key}_{word}"));
            [format!("{word}_{key}"), kebab, behind, format!("{word}{key}"), camel, short]
        });
        for spelling in spellings {
            let file = rows::with_approval(&format!("{spelling}: {value}"));
            assert!(meaning(&file).is_empty(), "{file}");
            for (made, is_printed) in made_of(&file) {
                let is_opposite = opposite.is_some_and(|value| {
                    meaning(&made) == meaning(&rows::with_approval(&format!("{key}: {value}")))
                });
                if !is_opposite && (is_printed || meaning(&made) == meaning(&allowed)) {
                    writeln!(wrong, "{file}{}\nmakes\n{made}-----", told(&file).1[0]).unwrap();
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}
