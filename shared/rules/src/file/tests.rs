//! What a rules file says, and what is said about one that is wrong.

use super::*;
use approval::action::{QuotaSpec, Reasons};
use approval::deploy::{Deploy, PullRequest, Slug, Source as Reporter};
use approval::id::DeployId;
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use std::collections::HashSet;
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

fn problems(source: &str) -> String {
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
        branch: None,
        deployed_at: "2026-05-11T11:42:00Z".parse().unwrap(),
        registered_at: "2026-05-11T11:42:01Z".parse().unwrap(),
        source: Reporter::GithubDeployment,
        tags: vec!["#web".to_owned()],
        links: Default::default(),
        deployer: None,
        commits: vec![],
        pull_requests: [1, 2]
            .map(|number| PullRequest {
                number,
                title: "Fix".to_owned(),
                url: "https://example.com".to_owned(),
                author: "ana".to_owned(),
                merged_by: None,
                labels: vec![label.to_owned()],
            })
            .to_vec(),
        previous_revision: None,
        rules_change: approval::deploy::RulesChange::Unknown,
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
        let snapshot = Snapshot::of(deploy);
        file.rules.iter().filter(|rule| rule.opens_for(&snapshot)).map(|rule| rule.name.as_str()).collect()
    };
    assert_eq!(opened(&deploy("Staging", "fix")), ["plain", "both"]);
    assert_eq!(opened(&deploy("Staging", "feature")), ["both"]);
    assert_eq!(opened(&deploy("Production", "fix")), [""; 0]);

    let [plain, soak, ..] = file.rules.as_slice() else { panic!("two rules") };
    let snapshot = Snapshot::of(&deploy("Staging", "feature"));
    assert_eq!(plain.failing(&snapshot).unwrap().condition.to_string(), "pr_label='fix'");
    // What is not known yet may hold; what is known and does not hold rules it out.
    assert!(soak.may_hold(&snapshot) && !soak.holds(&snapshot));
    assert!(!soak.may_hold(&Snapshot::of(&deploy("Production", "fix"))));
}

#[test]
fn every_supported_variable_is_in_the_snapshot() {
    let deploy = deploy("Staging", "fix");
    let snapshot = Snapshot::at(&deploy, deploy.deployed_at);
    for variable in crate::reference::VARIABLES {
        assert!(snapshot.get(variable.name).is_some(), "{}", variable.name);
    }
    assert_eq!(snapshot.get("pr_labels"), Some(&Value::List(vec!["fix".to_owned()])));
}

#[test]
fn a_deploy_has_been_there_for_whole_seconds_and_never_less_than_none() {
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
        assert_eq!(Snapshot::at(&deploy, now).get("deployed_for"), Some(&expected), "{deployed_at}");
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
        let snapshot = Snapshot::at(&deploy, deploy.deployed_at + SignedDuration::from_mins(minutes));
        rule.holds_from(&snapshot).map(|from| from.as_secs())
    };
    for (minutes, expected) in [
        (-60, [Some(0), Some(300), Some(60), None]),
        (0, [Some(0), Some(300), Some(60), None]),
        (1, [Some(60), Some(300), Some(60), None]),
        (2, [Some(120), Some(300), None, None]),
        (10, [Some(600), Some(600), None, None]),
    ] {
        assert_eq!(
            file.rules.iter().map(|rule| from(rule, minutes)).collect::<Vec<_>>(),
            expected,
            "{minutes}"
        );
    }
    assert_eq!(file.rules.iter().map(Rule::depends_on_time).collect::<Vec<_>>(), [false, true, true, true]);
    assert_eq!(file.rules[1].holds_from(&Snapshot::of(&deploy)), None);
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
    assert_eq!(problems.len(), crate::problem::MAX_PROBLEMS + 1);
    assert_eq!(problems.last().unwrap().message, "too many problems: what follows was not looked at");
}

/// A file whose only rule asks for an approval with this line.
fn asking(line: &str) -> String {
    format!(
        "rules:\n  - a:\n      actions:\n        - slack_channel_approval:\n            channel: '#a'\n            {line}\n"
    )
}

#[test]
fn an_approval_is_asked_as_the_rule_says() {
    let spec = |line: &str| match &parse(&asking(line), "rules.yml").unwrap().rules[0].actions[0] {
        Action::SlackChannelApproval(spec) => spec.clone(),
        other => panic!("{other:?}"),
    };
    let wait = |seconds| Some(SignedDuration::from_secs(seconds));
    let default = spec("name: 'x'");
    assert_eq!(
        (default.self_approval, default.supersede, default.require_reason),
        (true, true, Reasons::Never)
    );
    assert_eq!((default.expires_after, default.remind_after, default.undo_window), (None, None, None));
    assert_eq!(spec("expires_after: '24h'").expires_after, wait(86_400));
    assert_eq!(spec("expires_after: 90d").expires_after, wait(90 * 86_400));
    assert_eq!(spec("remind_after: \"30m\"").remind_after, wait(1800));
    assert_eq!(spec("undo_window: 30s").undo_window, wait(30));
    assert!(!spec("self_approval: false").self_approval);
    assert!(!spec("supersede: false").supersede);
    assert_eq!(spec("require_reason: approve").require_reason, Reasons::Approve);
    assert_eq!(spec("require_reason: 'both'").require_reason, Reasons::Both);
    assert_eq!(
        spec("on_reject: [{webhook: 'https://x.io'}]").on_reject,
        [Action::Webhook("https://x.io".into())]
    );
    assert_eq!(spec("on_expire: [{webhook: 'https://x.io'}]").on_expire.len(), 1);
    let quotas = spec("votes_required: [{from: '@sre', votes: 2}, {from: [ana@b.co, '@qa', '@QA']}]");
    let quota =
        |from: &[&str], votes| QuotaSpec { from: from.iter().map(ToString::to_string).collect(), votes };
    assert_eq!(
        (quotas.votes_required, quotas.quotas, quotas.approvers),
        (3, vec![quota(&["@sre"], 2), quota(&["ana@b.co", "@qa"], 1)], None)
    );
}

#[test]
fn an_option_that_cannot_be_is_told() {
    let told: Vec<String> = [
        "expires_after: 24",
        "expires_after: 'tomorrow'",
        "expires_after: '0h'",
        "expires_after: '91d'",
        "expires_after: '99999999999999999999d'",
        "expires_after: [1h]",
        "undo_window: '2h'",
        "require_reason: true",
        "require_reason: rejects",
        "self_approval: 'no'",
        "supersede: never",
        "on_reject: none",
        "expire_after: '1h'",
        "votes_required: {from: '@sre'}",
        "votes_required: []",
        "votes_required: ['@sre']",
        "votes_required: [{votes: 2}, {from: '@qa', vote: 1}, {from: sre}]",
        "votes_required: [{from: '@sre', votes: 0}]",
        "votes_required: [{from: '@sre'}]\n            approvers: ['@sre']\n            authors_only: true",
        "votes_required: [{from: '@a'}, {from: '@b'}, {from: '@c'}, {from: '@d'}, {from: '@e'}, {from: '@f'}, {from: '@g'}, {from: '@h'}, {from: '@i'}, {from: '@j'}, {from: '@k'}]",
    ]
    .iter()
    .map(|line| match parse(&asking(line), "rules.yml") {
        Err(problems) => problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"),
        Ok(_) => format!("{line}: taken"),
    })
    .collect();
    insta::assert_snapshot!(told.join("\n"), @"
    rules.yml:6:28: expires_after takes a time: a whole number and s, m, h or d; write, for example, `expires_after: '24h'`
    rules.yml:6:28: expires_after takes a time: a whole number and s, m, h or d; write, for example, `expires_after: '24h'`
    rules.yml:6:28: expires_after takes a time: a whole number and s, m, h or d; write, for example, `expires_after: '24h'`
    rules.yml:6:28: expires_after is longer than 90d; write at most '90d'
    rules.yml:6:28: expires_after takes a time: a whole number and s, m, h or d; write, for example, `expires_after: '24h'`
    rules.yml:6:28: expires_after takes a text, not a list
    rules.yml:6:26: undo_window is longer than 1h; write at most '1h'
    rules.yml:6:29: `true` is nobody who could give a reason; write approve, reject or both
    rules.yml:6:29: `rejects` is nobody who could give a reason; did you mean `reject`?
    rules.yml:6:28: self_approval takes true or false, not a text; write `true` or `false`, without quotes
    rules.yml:6:24: supersede takes true or false, not a text; write `true` or `false`, without quotes
    rules.yml:6:24: on_reject takes a list, not a text; write `- auto_approve_build: 'name-of-the-build'`
    rules.yml:6:13: slack_channel_approval takes no key `expire_after`; did you mean `expires_after`?
    rules.yml:6:29: votes_required takes a whole number from 1; write, for example, `votes_required: 2`
    rules.yml:6:29: votes_required is an empty list; write `votes_required: [{from: '@sre', votes: 2}, {from: '@qa', votes: 1}]`, or leave votes_required out
    rules.yml:6:30: an entry of votes_required takes keys with values, not a text; write `votes_required: [{from: '@sre', votes: 2}, {from: '@qa', votes: 1}]`
    rules.yml:6:30: an entry of votes_required has no `from`; write `votes_required: [{from: '@sre', votes: 2}, {from: '@qa', votes: 1}]`
    rules.yml:6:56: an entry of votes_required takes no key `vote`; did you mean `votes`?
    rules.yml:6:73: `sre` is nobody who could vote; write an e-mail address, a Slack user id (U0123ABCDEF) or a user group ('@release-managers')
    rules.yml:6:52: votes takes a whole number from 1; write, for example, `votes: 2`
    rules.yml:7:13: approvers beside a list of votes_required: both say who may vote; take approvers out, or require a number of votes
    rules.yml:8:13: authors_only beside a list of votes_required: both say who may vote; take authors_only out, or require a number of votes
    rules.yml:6:170: votes_required has more than 10 entries; name several groups in one `from`
    ");
}

/// A file with these rules, each with the line beside its actions.
fn stages(rules: &[(&str, &str)]) -> String {
    let rule =
        |(name, line): &(&str, &str)| format!("  - {name}:\n      {line}\n      actions: [trigger_build]\n");
    format!("rules:\n{}", rules.iter().map(rule).collect::<String>())
}

#[test]
fn a_rule_comes_after_others() {
    let text = stages(&[("a", "after: []"), ("b", "after: a"), ("c", "after: ['a', b, a]")]);
    let text = text.replace("after: []", "description: first");
    let file = parse(&text, "rules.yml").unwrap();
    let after: Vec<_> = file.rules.iter().map(|rule| rule.after.join(" ")).collect();
    assert_eq!(after, ["", "a", "a b"]);
    let hashes: HashSet<_> = file.rules.iter().map(|rule| &rule.hash).collect();
    assert_eq!(hashes.len(), 3);
    let [alone, waits] = ["", "after: b"]
        .map(|line| parse(&stages(&[("a", line), ("b", "")]), "f").unwrap().rules[0].hash.clone());
    assert_ne!(alone, waits, "what it waits for is part of what it says");
}

#[test]
fn rules_that_cannot_come_after_each_other_are_told() {
    let told: Vec<String> = [
        stages(&[("promote", ""), ("b", "after: [promot]")]),
        stages(&[("a", "after: nobody"), ("b", "")]),
        stages(&[("a", "after: a")]),
        stages(&[("a", "after: c"), ("b", "after: a"), ("c", "after: [b]"), ("d", "after: c")]),
        stages(&[("a", "after: {b: c}"), ("b", "after: []")]),
        stages(&[("a", "after:")]),
        stages(&[("a", "afer: b"), ("b", "")]),
    ]
    .iter()
    .map(|text| problems(text))
    .collect();
    insta::assert_snapshot!(told.join("\n"), @"
    rules.yml:6:15: no rule `promot` in this file; did you mean `promote`?
      |
    6 |       after: [promot]
      |               ^
    rules.yml:3:14: no rule `nobody` in this file; write the name of a rule of this file
      |
    3 |       after: nobody
      |              ^
    rules.yml:2:5: the rule `a` never opens: `after` goes round in a circle; take one of these rules out of `after`
      |
    2 |   - a:
      |     ^
    rules.yml:2:5: the rule `a` never opens: `after` goes round in a circle; take one of these rules out of `after`
      |
    2 |   - a:
      |     ^
    rules.yml:5:5: the rule `b` never opens: `after` goes round in a circle; take one of these rules out of `after`
      |
    5 |   - b:
      |     ^
    rules.yml:8:5: the rule `c` never opens: `after` goes round in a circle; take one of these rules out of `after`
      |
    8 |   - c:
      |     ^
    rules.yml:11:5: the rule `d` never opens: `after` goes round in a circle; take one of these rules out of `after`
       |
    11 |   - d:
       |     ^
    rules.yml:3:14: after takes a list, not keys with values; write `after: [name-of-a-rule]`
      |
    3 |       after: {b: c}
      |              ^
    rules.yml:6:14: after is an empty list; write `after: [name-of-a-rule]`, or leave after out
      |
    6 |       after: []
      |              ^
    rules.yml:3:12: after has no value
      |
    3 |       after:
      |            ^
    rules.yml:3:7: a rule takes no key `afer`; did you mean `after`?
      |
    3 |       afer: b
      |       ^
    ");
    let text = stages(&[("a", "triggers: [pr_created]"), ("b", "after: a")]);
    let notices: Vec<_> = parse(&text, "f").unwrap().notices.iter().map(ToString::to_string).collect();
    assert_eq!(notices[1], "f:6:14: deploys never open the rule `a`, so this one neither");
}

#[test]
fn what_never_happens_is_worth_knowing() {
    for (line, expected) in [
        ("on_expire: [trigger_build]", "rules.yml:6:13: on_expire never runs: the approval does not expire"),
        (
            "remind_after: 2h\n            expires_after: 1h",
            "rules.yml:6:13: nobody is reminded: the approval expires before",
        ),
        (
            "votes_required: [{from: '@g', votes: 9}, {from: [a@b.co], votes: 2}]",
            "rules.yml:6:13: 2 votes are required from 1: a@b.co",
        ),
    ] {
        let notices = parse(&asking(line), "rules.yml").unwrap().notices;
        let told: Vec<String> = notices.iter().map(ToString::to_string).collect();
        assert!(told.len() == 1 && told[0].starts_with(expected), "{told:?}");
    }
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
