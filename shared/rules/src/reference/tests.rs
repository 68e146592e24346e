//! Tests of the reference against the reader: it describes exactly the things that are read.

use super::*;
use crate::condition::{self, Deploys, Snapshot, Value};
use crate::file::{Rule, parse};
use crate::template::{Context, Mentions, render_plain};
use crate::variables::{self, Behind, Known, is_duration, look_up};
use jiff::SignedDuration;
use signoff_core::approval::{Choice, Dialog, Vote};
use signoff_core::deploy::{Commit, Deploy, Person, PullRequest, RulesChange, Size, Slug, Source};
use signoff_core::facts::{self, Facts};
use signoff_core::happened::{Decided, Happened};
use signoff_core::id::DeployId;
use signoff_core::issue::{Issue, Tracker};
use signoff_core::range::Direction;
use signoff_core::reading::Reading;
use std::borrow::Cow;
use std::time::Duration;

/// The deploy that the page describes.
fn deploy() -> Deploy {
    let ana =
        || Person { name: "Ana".to_owned(), email: Some("ana@acme.example".to_owned()), username: None };
    let deployed_at = "2026-05-11T11:42:00Z".parse().unwrap();
    Deploy {
        id: DeployId::from_text("1"),
        deployment: Slug::new("acme", "checkout").unwrap(),
        repository: "acme/checkout".to_owned(),
        environment: "Staging".to_owned(),
        revision: "7bf72260c8f1d4e5a3b9027d6e8f41c59ab3d702".to_owned(),
        branch: Some("main".to_owned()),
        deployed_at,
        registered_at: deployed_at,
        source: Source::RegisterDeploy,
        tags: vec!["#web".to_owned()],
        links: [("Build".to_owned(), "https://ci.example.com/1".to_owned())].into(),
        size: Some(Size { files: 20, lines: 150 }),
        deployer: Some(ana()),
        commits: vec![Commit {
            revision: "7bf72260c8f1d4e5a3b9027d6e8f41c59ab3d702".to_owned(),
            title: "Take other currencies".to_owned(),
            authors: vec![ana()],
            url: Some("https://github.com/acme/checkout/commit/7bf7226".to_owned()),
            issues: Vec::new(),
        }],
        pull_requests: vec![PullRequest {
            number: 12,
            title: "Take other currencies".to_owned(),
            url: "https://github.com/acme/checkout/pull/12".to_owned(),
            author: "ana".to_owned(),
            merged_by: None,
            labels: vec!["fix".to_owned()],
            issues: Vec::new(),
        }],
        previous_revision: Some("645f46a0c9b8a7f6e5d4c3b2a19080716253445f".to_owned()),
        rules_change: RulesChange::Unknown,
        issues: vec![Issue {
            key: "SHOP-7".to_owned(),
            title: "Prices in other currencies".to_owned(),
            url: "https://acme.atlassian.net/browse/SHOP-7".to_owned(),
            priority: Some("High".to_owned()),
            labels: vec!["payments".to_owned()],
            kind: Some("Story".to_owned()),
            tracker: Tracker::Jira,
        }],
        silent_trackers: Vec::new(),
        confirmation: signoff_core::confirmation::Confirmation::Confirmed,
        state: Default::default(),
        host_deployment: None,
        reported_tags: Vec::new(),
        reading: Reading {
            direction: Some(Direction::Forward),
            on_branch: true,
            may_report: true,
            ..Reading::default()
        },
    }
}

/// Ben approved the deploy.
fn happened() -> Happened {
    let at = deploy().deployed_at;
    let vote = Vote {
        voter: "U1".to_owned(),
        name: "Ben".to_owned(),
        named: true,
        choice: Choice::Approve,
        reason: Some("tested in QA".to_owned()),
        at,
    };
    let decided = Decided {
        name: "Promote".to_owned(),
        rule: "promote".to_owned(),
        outcome: "approved",
        opened_at: at,
        closed_at: at,
        reason: None,
        votes: vec![vote],
        glass: None,
    };
    let health = Some(facts::Health::Healthy);
    Happened { health, failed_rules: vec!["smoke-test".to_owned()], decided: Some(decided), at_opening: None }
}

fn snapshot() -> Snapshot {
    let deploy = deploy();
    let deployed_at = deploy.deployed_at;
    let thumb = |user: &str| {
        let (message, user) = (Dialog { channel: "C1".to_owned(), ts: "1.1".to_owned() }, user.to_owned());
        let (name, thumb) = (user.clone(), facts::Thumb::Plus1);
        facts::Command::React(facts::Reaction { message, user, name, thumb, is_there: true, at: deployed_at })
    };
    let report = facts::Report { health: facts::Health::Healthy, at: deployed_at };
    let commands = [facts::Command::Report { source: "api".to_owned(), report }, thumb("U1"), thumb("U2")];
    let facts = commands.into_iter().fold(Facts::none(&deploy.id), |facts, command| {
        facts::decide(&facts, command, deployed_at).unwrap().next
    });
    let behind = Behind { since: deployed_at, deploys: Deploys { counted: 1, or_more: false } };
    let drift = ["env", "production"].map(|environment| (environment.to_owned(), Some(behind)));
    let known = Known { facts: Cow::Owned(facts), drift: drift.into(), ..Known::new(&deploy) };
    let mut snapshot = Snapshot::at(&known, deployed_at + SignedDuration::from_hours(2));
    // As the page has it.
    snapshot.set("drift_to_ENV", Value::Behind(Duration::from_secs(7200), behind.deploys));
    snapshot.set("deployed_for", Value::Duration(Duration::from_secs(600)));
    snapshot
}

/// `text` with every line but the first indented by so many spaces.
fn indented(text: &str, spaces: usize) -> String {
    text.replace('\n', &format!("\n{:spaces$}", ""))
}

/// A file whose first rule has these keys; the other one is what a rule may come after.
fn file(keys: &str) -> String {
    format!("rules:\n  - a:\n      {}\n  - canary: {{actions: [trigger_build]}}\n", indented(keys, 6))
}

/// A file whose first rule has this action.
fn file_acting(action: &str) -> String {
    file(&format!("actions:\n  {}", indented(action, 2)))
}

/// The first rule of a file.
fn only(text: &str) -> Rule {
    match parse(text, "rules.yml") {
        Ok(mut file) => file.rules.remove(0),
        Err(problems) => panic!("{text}\n{problems:#?}"),
    }
}

/// The rule with these keys.
fn rule(keys: &str) -> Rule {
    only(&file(keys))
}

/// The rule with this action.
fn acting(action: &str) -> Rule {
    only(&file_acting(action))
}

/// A file with a mapping in which these lines stand.
pub(super) type With = Box<dyn Fn(&str) -> String>;

/// Every mapping of a rule: its keys, and a file with it.
pub(super) fn mappings() -> Vec<(&'static [Key], With)> {
    let under = |name: &'static str| -> With {
        Box::new(move |lines: &str| file_acting(&format!("- {name}:\n    {}", indented(lines, 4))))
    };
    vec![
        (RULE.as_slice(), Box::new(file)),
        (
            FREEZE.as_slice(),
            Box::new(|lines: &str| {
                let has = |key: &str| lines.lines().any(|line| line.starts_with(&format!("{key}:")));
                let mut whole = lines.trim_end().to_owned();
                if ["days", "from", "to"].into_iter().any(has) {
                    whole.push_str("\ntime_zone: Europe/Berlin");
                } else if !has("dates") {
                    whole.push_str("\ndates: 2026-12-24");
                }
                file(&format!("actions: [trigger_build]\nfreeze:\n  {}", indented(&whole, 2)))
            }),
        ),
        (
            CONDITION.as_slice(),
            Box::new(|lines: &str| {
                file(&format!("actions: [trigger_build]\nconditions:\n  - {}", indented(lines, 4)))
            }),
        ),
        (APPROVAL.as_slice(), under("slack_channel_approval")),
        (
            QUOTA.as_slice(),
            Box::new(|lines: &str| {
                let quota = format!("channel: '#a'\n    votes_required:\n      - {}", indented(lines, 8));
                file_acting(&format!("- slack_channel_approval:\n    {quota}"))
            }),
        ),
        (BUILD.as_slice(), under("auto_approve_build")),
        (TRIGGER_BUILD.as_slice(), under("trigger_build")),
        (CHANNEL_MESSAGE.as_slice(), under("slack_channel_message")),
        (WEBHOOK.as_slice(), under("webhook")),
        (MONITOR_DRIFT.as_slice(), under("monitor_drift")),
        (ISSUE_TRANSITION.as_slice(), under("transition_mentioned_issues")),
        (ISSUE_FIELD.as_slice(), under("update_mentioned_issues")),
        (EVENT.as_slice(), under("send_event")),
        (
            PERSONAL_MESSAGE.as_slice(),
            Box::new(|lines: &str| {
                let has = |key: &str| lines.lines().any(|line| line.trim().starts_with(&format!("{key}:")));
                let mut whole = lines.replace("{}", "");
                if !["group", "email", "user"].into_iter().any(has) {
                    whole.push_str("\nuser: U0123ABCDEF");
                }
                if !["message", "meessage"].into_iter().any(has) {
                    whole.push_str("\nmessage: hello");
                }
                file_acting(&format!("- slack_personal_message:\n    {}", indented(whole.trim(), 4)))
            }),
        ),
    ]
}

/// The lines of the required keys other than `but`.
pub(super) fn required(keys: &[Key], but: &str) -> String {
    let others = keys.iter().filter(|key| key.absent == Absent::Refused && key.name != but);
    others.map(|key| format!("{}\n", key.examples[0])).collect()
}

#[test]
fn every_example_of_a_key_changes_its_rule() {
    for (keys, with) in mappings() {
        for key in keys {
            let others = required(keys, key.name);
            for example in key.examples {
                assert!(example.starts_with(&format!("{}:", key.name)), "{example}");
                let read = only(&with(&format!("{others}{example}")));
                assert!(read.unsupported.is_empty(), "{example}: {:?}", read.unsupported);
                if key.absent != Absent::Refused {
                    let lines = if others.is_empty() { "{}" } else { others.trim_end() };
                    assert_ne!(read.hash, only(&with(lines)).hash, "{example}");
                }
            }
        }
    }
    for example in FILE.iter().flat_map(|key| key.examples) {
        assert_eq!(parse(example, "rules.yml").unwrap().rules.len(), 1, "{example}");
    }
}

#[test]
fn a_key_that_is_not_there_is_what_the_description_says() {
    for (keys, with) in mappings() {
        for key in keys {
            let others = required(keys, key.name);
            let Absent::Value(value) = key.absent else { continue };
            let spelt = format!("{others}{}: \"{value}\"", key.name).replace("\"true\"", "true");
            let spelt = spelt.replace("\"false\"", "false");
            assert_eq!(only(&with(&spelt)).hash, only(&with(others.trim_end())).hash, "{}", key.name);
        }
    }
}

#[test]
fn every_word_is_read() {
    for (keys, with) in mappings() {
        for key in keys {
            let Takes::Word(words) = key.takes else { continue };
            let others = required(keys, "");
            let default = |word: &&&str| matches!(key.absent, Absent::Value(value) if value == **word);
            for word in words.iter().filter(|word| !default(word)) {
                let read = only(&with(&format!("{others}{}: {word}", key.name)));
                assert_ne!(read.hash, only(&with(&others)).hash, "{word}");
            }
        }
    }
}

#[test]
fn a_key_that_must_be_there_must_be_there() {
    for keys in [
        APPROVAL.as_slice(),
        &BUILD,
        &CHANNEL_MESSAGE,
        &MONITOR_DRIFT,
        &WEBHOOK,
        &ISSUE_TRANSITION,
        &ISSUE_FIELD,
    ] {
        let name = ACTIONS.iter().find(|action| {
            action.takes.iter().any(|takes| matches!(takes, Takes::Keys(of) if of[0].name == keys[0].name && of.len() == keys.len()))
        });
        let name = name.unwrap().name;
        for key in keys.iter().filter(|key| key.absent == Absent::Refused) {
            let others = required(keys, key.name).replace('\n', "\n            ");
            let lines = if others.trim().is_empty() { "{}" } else { others.trim_end() };
            let text = format!("rules:\n  - a:\n      actions:\n        - {name}:\n            {lines}\n");
            let told = parse(&text, "rules.yml").unwrap_err()[0].to_string();
            assert!(told.contains(&format!("{name} has no `{}`", key.name)), "{told}");
        }
    }
}

#[test]
fn every_action_is_of_the_kind_that_the_page_says() {
    use signoff_core::action::Kind;
    for action in ACTIONS {
        let kind = match action.name {
            ASKING => Kind::Asks,
            WATCHING => Kind::Watches,
            name if TELLING.contains(&name) => Kind::Tells,
            _ => Kind::Acts,
        };
        for example in action.examples {
            let rule = acting(example);
            assert_eq!(rule.actions.first().map(signoff_core::action::Action::kind), Some(kind), "{example}");
        }
    }
}

#[test]
fn examples_of_on_failure_change_what_follows() {
    use signoff_core::action::OnFailure;
    let read = ON_FAILURE_EXAMPLES.map(|example| acting(example).actions[0].on_failure());
    assert_eq!(read, [OnFailure::Continue, OnFailure::Stop]);
    assert_eq!(ON_FAILURES, OnFailure::ALL.map(OnFailure::word));
}

#[test]
fn every_example_of_an_action_is_that_action() {
    for action in ACTIONS {
        for example in action.examples {
            let read = acting(example);
            assert_eq!(read.actions.len(), 1, "{example}");
            assert!(read.actions[0].to_string().starts_with(action.name), "{example}");
            let bare = *example == format!("- {}", action.name);
            assert!(!bare || action.bare, "{example}");
        }
        let by_name = parse(&format!("rules: [{{a: {{actions: [{}]}}}}]", action.name), "rules.yml");
        assert_eq!(by_name.is_ok(), action.bare, "{}", action.name);
    }
}

#[test]
fn what_is_not_supported_yet_is_told_and_not_refused() {
    let told =
        |rule: Rule| rule.unsupported.iter().map(|problem| problem.message.clone()).collect::<Vec<_>>();
    for action in ACTIONS_NOT_YET {
        for text in [format!("- {}: {}", action.name, action.example), format!("- {}", action.name)] {
            assert_eq!(told(acting(&text)), [format!("known, not supported yet: {}", action.name)]);
        }
    }
    for variable in VARIABLES_NOT_YET.iter().chain(&OF_PULL_REQUESTS) {
        let read = rule(&format!("actions: [trigger_build]\nconditions:\n  - {}", variable.example));
        assert_eq!(told(read), [format!("known, not supported yet: {}", variable.name)]);
    }
    for trigger in TRIGGERS_NOT_YET {
        let read = rule(&format!("actions: [trigger_build]\ntriggers:\n  {}", trigger.example));
        assert_eq!(told(read), [format!("known, not supported yet: {}", trigger.name)]);
    }
    for trigger in TRIGGERS {
        let read = rule(&format!("actions: [trigger_build]\ntriggers:\n  {}", trigger.example));
        assert_eq!((told(read.clone()), read.triggers), (vec![], vec![trigger.name.to_owned()]));
    }
    assert_eq!(look_up("drift_to_qa"), variables::Variable::Supported);
}

#[test]
fn every_example_of_a_condition_holds() {
    let variables =
        VARIABLES.iter().flat_map(|variable| variable.examples.iter().map(|e| (variable.name, *e)));
    let others = OPERATORS.iter().chain(&VALUES).map(|known| (known.name, known.example));
    for (name, example) in variables.chain(others) {
        assert!(
            rule(&format!("actions: [trigger_build]\nconditions: [\"{}\"]", example.replace('"', "\\\"")))
                .opens_for(&snapshot()),
            "{name}: {example}"
        );
    }
}

#[test]
fn variables_are_of_the_kind_that_is_described() {
    for variable in VARIABLES {
        let kind = match snapshot().get(variable.name) {
            Some(Value::Text(_)) => Kind::Text,
            Some(Value::List(_)) => Kind::List,
            Some(Value::Duration(_)) => Kind::Duration,
            Some(Value::Behind(..)) => Kind::Behind,
            Some(Value::Number(_)) => Kind::Number,
            Some(Value::Bool(_)) => Kind::Bool,
            other => panic!("{}: {other:?}", variable.name),
        };
        assert_eq!(kind, variable.kind, "{}", variable.name);
        let is_time = matches!(kind, Kind::Duration | Kind::Behind);
        assert_eq!(is_duration(variable.name), is_time, "{}", variable.name);
        assert!(variable.examples.iter().any(|example| example.contains(variable.name)));
    }
}

#[test]
fn operators_are_those_that_are_described() {
    let signs = ['=', '!', '<', '>', '~'];
    let mut read = Vec::new();
    for first in signs {
        for rest in [None].into_iter().chain(signs.map(Some)) {
            let sign: String = [Some(first), rest].into_iter().flatten().collect();
            if condition::parse(&format!("tags{sign}'#web'")).is_ok() {
                read.push(sign);
            }
        }
    }
    let mut described = OPERATORS.map(|operator| operator.name.to_owned());
    described.sort();
    read.sort();
    assert_eq!(read, described);
    assert!(OPERATORS.iter().all(|operator| operator.example.contains(operator.name)));
}

#[test]
fn templates_become_what_is_described() {
    let context =
        Context::new(&deploy(), "https://signoff.example.com/deploys/1", &Mentions::new()).with(&happened());
    for template in TEMPLATE_VARIABLES.iter().chain(&TEMPLATES) {
        let read = acting(&format!("- add_to_deploy_message_thread: \"{}\"", template.example));
        assert_eq!(read.actions.len(), 1);
        assert_eq!(render_plain(template.example, &context).unwrap(), template.becomes, "{}", template.name);
    }
    for filter in &FILTERS {
        assert_eq!(render_plain(filter.example, &context).unwrap(), filter.becomes, "{}", filter.name);
    }
}
