//! Tests of the content of rules files, and of the messages about invalid ones.

use super::*;
use crate::condition::{Deploys, Value};
use crate::variables::{Behind, Known};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use signoff_core::approval::Dialog;
use signoff_core::deploy::{Deploy, Person, PullRequest, Slug, Source as Reporter};
use signoff_core::facts::{self, Facts};
use signoff_core::id::DeployId;
use std::borrow::Cow;
use std::fmt::Write;
use std::path::Path;

/// A file's rules and notices as text.
fn told(file: &RulesFile) -> String {
    let mut text = String::new();
    for rule in &file.rules {
        writeln!(text, "rule {:?} {}", rule.name, rule.description.as_deref().unwrap_or("-")).unwrap();
        if !rule.applies_to_deploys() {
            writeln!(text, "  not for deploys: {:?}", rule.triggers).unwrap();
        }
        for entry in &rule.conditions {
            writeln!(text, "  if {} {}", entry.condition, entry.description.as_deref().unwrap_or("-"))
                .unwrap();
        }
        for window in &rule.freeze {
            writeln!(text, "  not in {window}").unwrap();
        }
        for action in &rule.actions {
            writeln!(text, "  {action:#?}").unwrap();
        }
        for problem in &rule.unsupported {
            writeln!(text, "  not opened: {problem}").unwrap();
        }
    }
    for notice in &file.notices {
        writeln!(text, "{}", notice.rendered()).unwrap();
    }
    text
}

pub(super) fn problems(source: &str) -> String {
    match parse(source, "rules.yml") {
        Ok(file) => format!("fine\n{}", told(&file)),
        Err(problems) => problems.iter().map(Problem::rendered).collect::<Vec<_>>().join("\n"),
    }
}

/// The files under `tests/corpus/{folder}`, by name.
fn corpus(folder: &str) -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus").join(folder);
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "yml"))
        .map(|path| {
            (path.file_stem().unwrap().to_str().unwrap().to_owned(), std::fs::read_to_string(path).unwrap())
        })
        .collect();
    files.sort();
    files
}

fn against_snapshots(folder: &str, verdict: impl Fn(&str) -> String) {
    let files = corpus(folder);
    assert!(files.len() >= 4, "{folder} has only {} files", files.len());
    insta::with_settings!({
        snapshot_path => Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus").join(folder),
        prepend_module_to_snapshot => false,
        omit_expression => true,
    }, {
        for (name, text) in files {
            insta::assert_snapshot!(name.clone(), verdict(&text));
        }
    });
}

#[test]
fn files_as_teams_write_them_are_read() {
    against_snapshots("good", |text| told(&parse(text, ".signoff/rules.yml").unwrap()));
}

#[test]
fn files_with_mistakes_are_told_all_of_them() {
    against_snapshots("bad", |text| {
        let problems = parse(text, ".signoff/rules.yml").unwrap_err();
        problems.iter().map(Problem::rendered).collect::<Vec<_>>().join("\n")
    });
}

#[test]
fn a_problem_is_one_line_that_says_what_would_be_right() {
    let problem =
        parse("rules:\n  - a:\n      actions:\n        - slack_chanel_approval: {}\n", ".signoff/rules.yml")
            .unwrap_err();
    assert_eq!(
        problem[0].to_string(),
        ".signoff/rules.yml:4:11: unknown action `slack_chanel_approval`; did you mean `slack_channel_approval`?"
    );
}

#[test]
fn what_the_end_leaves_open_is_told_of_the_last_line() {
    insta::assert_snapshot!(problems("?\n      "), @"
    rules.yml:1:1: no key `rules`; write `rules:` and under it a list of rules
      |
    1 | ?
      | ^
    rules.yml:2:7: a rules file takes no key ``; it takes rules
    ");
}

#[test]
fn misspelt_list_with_its_text_below_is_told() {
    for (key, text) in [("    condiitons:", "      -tags='#x'"), ("          condiitons:", "    tags='#x'")] {
        let told = problems(&format!("rules:\n- r:\n{key}\n{text}\n    actions: [trigger_build]\n"));
        assert!(told.starts_with("rules.yml:3:") || told.starts_with("rules.yml:4:"), "{told}");
    }
    let told = problems("rules:\n- r:\n    condiitons:\n      -tags='#x'\n    actions: [trigger_build]\n");
    assert!(told.starts_with("rules.yml:3:5: a rule takes no key `condiitons`"), "{told}");
}

#[test]
fn no_secret_of_an_address_is_told() {
    let told = problems(
        "rules:\n  - a:\n      actions:\n        - webhook: https://hooks.example.com/s3cret x\n        \
         - webhook: {uri: https://me:s3cret@example.com/}\n        \
         - webhook: \"https://example.com/s3cret/{{ revison }}\"\n",
    );
    assert!(!told.contains("s3cret"), "{told}");
    assert_eq!(told.matches("rules.yml:").count(), 3, "{told}");
}

/// A deploy to `environment` whose only pull request has `label`.
pub(super) fn deploy(environment: &str, label: &str) -> Deploy {
    Deploy {
        id: DeployId::from_text("d1"),
        deployment: Slug::new("acme", "checkout").unwrap(),
        repository: "acme/checkout".to_owned(),
        environment: environment.to_owned(),
        revision: "7bf7226".to_owned(),
        branch: Some("main".to_owned()),
        deployed_at: "2026-05-11T11:42:00Z".parse().unwrap(),
        registered_at: "2026-05-11T11:42:01Z".parse().unwrap(),
        source: Reporter::GithubDeployment,
        tags: vec!["#web".to_owned()],
        links: Default::default(),
        size: None,
        deployer: Some(Person { username: Some("ana".to_owned()), ..Person::default() }),
        commits: vec![],
        pull_requests: [1, 2]
            .map(|number| PullRequest {
                number,
                title: "Fix".to_owned(),
                url: "https://example.com".to_owned(),
                author: "ana".to_owned(),
                merged_by: None,
                labels: vec![label.to_owned()],
                issues: Vec::new(),
            })
            .to_vec(),
        previous_revision: None,
        rules_change: signoff_core::deploy::RulesChange::Unknown,
        issues: Vec::new(),
        silent_trackers: Vec::new(),
        confirmation: signoff_core::confirmation::Confirmation::Confirmed,
        state: Default::default(),
        host_deployment: None,
        reported_tags: Vec::new(),
        reading: signoff_core::reading::Reading {
            direction: Some(signoff_core::range::Direction::Forward),
            on_branch: true,
            may_report: true,
            ..Default::default()
        },
    }
}

#[test]
fn a_rule_opens_where_it_holds_and_nothing_is_missing() {
    let file = parse(
        "rules:\n\
         - plain: {conditions: [environment='staging', pr_label='fix'], actions: [trigger_build]}\n\
         - soak: {conditions: [environment='staging', deployed_for>'5m'], actions: [trigger_build]}\n\
         - pulls: {triggers: [pr_opened], conditions: [environment='staging'], actions: [trigger_build]}\n\
         - both: {conditions: [environment='staging' and pr_labels=1 and pr_authors='ana' and tags='#web'], actions: [trigger_build]}\n",
        "rules.yml",
    )
    .unwrap();
    let opened = |deploy: &Deploy| -> Vec<&str> {
        let snapshot = Snapshot::of(&Known::new(deploy));
        file.rules.iter().filter(|rule| rule.opens_for(&snapshot)).map(|rule| rule.name.as_str()).collect()
    };
    assert_eq!(opened(&deploy("Staging", "fix")), ["plain", "both"]);
    assert_eq!(opened(&deploy("Staging", "feature")), ["both"]);
    assert_eq!(opened(&deploy("Production", "fix")), [""; 0]);

    let [plain, soak, ..] = file.rules.as_slice() else { panic!("two rules") };
    let snapshot = Snapshot::of(&Known::new(&deploy("Staging", "feature")));
    assert_eq!(plain.failing(&snapshot).unwrap().condition.to_string(), "pr_label='fix'");
    // What is not known yet may hold; what is known and does not hold rules it out.
    assert!(soak.may_hold(&snapshot) && !soak.holds(&snapshot));
    assert!(!soak.may_hold(&Snapshot::of(&Known::new(&deploy("Production", "fix")))));
}

#[test]
fn every_supported_variable_is_in_the_snapshot() {
    let deploy = deploy("Staging", "fix");
    let snapshot = Snapshot::at(&Known::new(&deploy), deploy.deployed_at);
    for variable in crate::reference::VARIABLES.iter().filter(|variable| variable.name != "drift_to_ENV") {
        assert!(snapshot.get(variable.name).is_some(), "{}", variable.name);
    }
    assert_eq!(snapshot.get("pr_labels"), Some(&Value::List(vec!["fix".to_owned()])));
}

#[test]
fn deployed_for_is_whole_seconds_and_never_negative() {
    let mut deploy = deploy("Staging", "fix");
    let now: Timestamp = "2026-05-11T11:47:00.9Z".parse().unwrap();
    for (deployed_at, seconds) in [
        ("2026-05-11T11:42:00Z", 300),
        ("2026-05-11T11:42:00.95Z", 299),
        ("2026-05-11T11:47:00.9Z", 0),
        ("2030-01-01T00:00:00Z", 0),
        ("9999-12-30T22:00:00Z", 0),
        ("-009999-01-02T01:59:59Z", 379_483_523_221),
    ] {
        deploy.deployed_at = deployed_at.parse().unwrap();
        let expected = Value::Duration(Duration::from_secs(seconds));
        assert_eq!(
            Snapshot::at(&Known::new(&deploy), now).get("deployed_for"),
            Some(&expected),
            "{deployed_at}"
        );
    }
}

#[test]
fn a_rule_holds_from_the_time_on_that_all_its_conditions_do() {
    let file = parse(
        "rules:\n\
         - at-once: {conditions: [environment='staging'], actions: [trigger_build]}\n\
         - soaked: {conditions: [environment='staging', deployed_for>='5m', deployed_for>'4m'], actions: [trigger_build]}\n\
         - between: {conditions: [deployed_for>='1m', deployed_for<'2m'], actions: [trigger_build]}\n\
         - elsewhere: {conditions: [environment='production', deployed_for>='5m'], actions: [trigger_build]}\n",
        "rules.yml",
    )
    .unwrap();
    let deploy = deploy("Staging", "fix");
    let from = |rule: &Rule, minutes: i64| {
        let snapshot =
            Snapshot::at(&Known::new(&deploy), deploy.deployed_at + SignedDuration::from_mins(minutes));
        rule.holds_in(&snapshot).map(|wait| wait.as_secs())
    };
    for (minutes, expected) in [
        (-60, [Some(0), Some(3900), Some(3660), None]),
        (0, [Some(0), Some(300), Some(60), None]),
        (1, [Some(0), Some(240), Some(0), None]),
        (2, [Some(0), Some(180), None, None]),
        (10, [Some(0), Some(0), None, None]),
    ] {
        assert_eq!(
            file.rules.iter().map(|rule| from(rule, minutes)).collect::<Vec<_>>(),
            expected,
            "{minutes}"
        );
    }
    assert_eq!(file.rules[1].holds_in(&Snapshot::of(&Known::new(&deploy))), None);
}

#[test]
fn what_may_change_after_a_deploy_arrived_is_known_of_a_rule() {
    let told = |condition: &str| {
        let text = format!("rules:\n- a: {{conditions: [\"{condition}\"], actions: [trigger_build]}}\n");
        let rule = parse(&text, "rules.yml").unwrap().rules.remove(0);
        let drifts = rule.drifts().into_iter().collect::<Vec<_>>().join(" ");
        (rule.may_open_later(), rule.is_of_the_newest(), rule.asks_for_failures(), drifts)
    };
    for (condition, expected) in [
        ("environment='deployed_for'", (false, false, false, "")),
        ("deployed_for>='5m'", (true, true, false, "")),
        ("magnitude='Small' and (pr_labels='x' or stale_for>'1d')", (true, true, false, "")),
        ("health='Healthy'", (true, true, false, "")),
        ("deploy_message_reactions_plus_1>2", (true, true, false, "")),
        ("tags='#a'", (true, false, false, "")),
        ("future_deploy", (true, false, false, "")),
        ("failed_rules=[]", (true, false, true, "")),
        ("drift_to_Production>'5m' or drift_to_qa<drift_to_dev", (true, true, false, "dev production qa")),
    ] {
        let (may, newest, failures, drifts) = expected;
        assert_eq!(told(condition), (may, newest, failures, drifts.to_owned()), "{condition}");
    }
}

#[test]
fn what_became_known_of_a_deploy_is_in_its_snapshot() {
    let deploy = deploy("Staging", "fix");
    let at = |minutes| deploy.deployed_at + SignedDuration::from_mins(minutes);
    let mut facts = Facts::none(&deploy.id);
    let report = facts::Report { health: facts::Health::Ailing, at: at(1) };
    let message = Dialog { channel: "C1".to_owned(), ts: "1.1".to_owned() };
    let thumb = |user: &str, thumb| {
        let (message, user) = (message.clone(), user.to_owned());
        let name = user.clone();
        facts::Command::React(facts::Reaction { message, user, name, thumb, is_there: true, at: at(1) })
    };
    for (minutes, command) in [
        (1, facts::Command::Report { source: "api".to_owned(), report }),
        (2, thumb("U1", facts::Thumb::Plus1)),
        (2, thumb("U2", facts::Thumb::Plus1)),
        (2, thumb("U3", facts::Thumb::Minus1)),
        (3, facts::Command::Tag { tag: "#soaked".to_owned(), rule: "soak".to_owned() }),
    ] {
        facts = facts::decide(&facts, command, at(minutes)).unwrap().next;
    }
    let known = Known {
        facts: Cow::Owned(facts),
        failed_rules: vec!["promote".to_owned()],
        drift: [
            (
                "production".to_owned(),
                Some(Behind { since: at(1), deploys: Deploys { counted: 3, or_more: false } }),
            ),
            ("qa".to_owned(), None),
        ]
        .into(),
        ..Known::new(&deploy)
    };
    let snapshot = Snapshot::at(&known, at(5));
    for condition in [
        "health='Ailing'",
        "deploy_message_reaction_plus_1=2 and deploy_message_reactions_plus_1=2",
        "deploy_message_reaction_minus_1=1",
        "tags='#soaked' and tags=2",
        "failed_rules='promote' and failed_rules=1",
        "stale_for='2m' and deployed_for='5m'",
        "drift_to_production='4m' and drift_to_qa='0s'",
        "drift_to_production=3 and drift_to_qa=0",
        "drift_to_Production>='4m' and drift_to_QA<drift_to_PRODUCTION",
        "magnitude='Unknown'",
        "future_deploy=false",
    ] {
        assert!(crate::condition::parse(condition).unwrap().holds(&snapshot), "{condition}");
    }
}

#[test]
fn the_hash_of_a_rule_is_of_what_it_says() {
    let hash = |text: &str| parse(text, "rules.yml").unwrap().rules[0].hash.clone();
    let plain = hash(
        "rules:\n  - a:\n      conditions: [environment='X']\n      actions:\n        - slack_channel_approval: {channel: '#a'}\n",
    );
    let same = "# comment\nrules:\n- \"a\":\n    actions:\n    - slack_channel_approval:\n        votes_required: 1\n        channel: \"#a\"\n    conditions:\n    - ( environment = \"X\" )\n";
    assert_eq!(hash(same), plain);
    for (from, to) in [
        ("\"X\"", "\"Y\""),
        ("votes_required: 1", "votes_required: 2"),
        ("#a\"", "#b\""),
        ("\"a\":", "\"b\":"),
    ] {
        assert_ne!(hash(&same.replace(from, to)), plain, "{to}");
    }
    // A hash is on record for years: it changes only on purpose.
    insta::assert_snapshot!(plain, @"066d52aa96e8cc9eedf63873785d99efcf58022d9eee062868f3cbd3becc405d");
    assert_eq!(parse("rules: []", "r").unwrap().hash, hex::encode(Sha256::digest("rules: []")));
}

#[test]
fn ten_thousand_rules_are_read() {
    let mut text = "rules:\n".to_owned();
    for number in 0..10_000 {
        writeln!(text, "- r{number}: {{actions: [{{webhook: https://x.io}}]}}").unwrap();
    }
    assert_eq!(parse(&text, "rules.yml").unwrap().rules.len(), 10_000);
}

#[test]
fn ten_thousand_mistakes_are_told_in_short() {
    let mut text = "rules:\n".to_owned();
    for number in 0..10_000 {
        writeln!(text, "- r{number}: {{actions: [{{webhoek: x}}]}}").unwrap();
    }
    let problems = parse(&text, "rules.yml").unwrap_err();
    assert_eq!(problems.len(), MAX_PROBLEMS + 1);
    assert_eq!(problems.last().unwrap().message, "too many problems: what follows was not looked at");
}

/// Lines that a rules file is made of, whole and broken.
fn lines() -> impl Strategy<Value = String> {
    let lines = [
        "rules:",
        "  - a:",
        "      actions:",
        "        - trigger_build",
        "        - slack_channel_approval:",
        "            channel: '#a'",
        "            prompt: |",
        "              {{ tags }}",
        "            on_success:",
        "      conditions:",
        "        - environment='X'",
        "        - {expression: \"tags~='('\"}",
        "  - b: &b {actions: [trigger_build]}",
        "  - c: *b",
        "      <<: *b",
        "\t- x",
        "- ",
        "  : ",
        "? x",
        "  - {{ x }}",
        "'",
        "\"",
        "[",
        "}",
        "---",
        "...",
        "!x",
        "&a",
        "*a",
        "|",
        ">-",
        "# c",
        "            approvers: [a@b.co, '@g']",
        "é: \u{feff}",
    ];
    proptest::collection::vec(proptest::sample::select(lines.to_vec()), 0..16)
        .prop_map(|lines| lines.join("\n"))
}

proptest! {
    #[test]
    fn parsing_never_panics(text in "\\PC{0,80}") {
        let _ = parse(&text, "rules.yml");
    }

    #[test]
    fn parsing_any_bytes_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = parse(&String::from_utf8_lossy(&bytes), "rules.yml");
    }

    #[test]
    fn parsing_what_looks_like_rules_never_panics(text in lines()) {
        if let Err(problems) = parse(&text, "rules.yml") {
            prop_assert!(!problems.is_empty());
            for problem in problems {
                prop_assert!(problem.line >= 1 && problem.column >= 1, "{}", problem);
                let _ = problem.rendered();
            }
        }
    }
}
