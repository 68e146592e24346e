//! Tests of the options of an approval, and of rules that come after others.

use super::tests::problems;
use super::*;
use jiff::SignedDuration;
use signoff_core::action::{QuotaSpec, Reasons, WebhookSpec};
use std::collections::HashSet;

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
    assert!(default.range.is_default() && spec("unknown_makers: block").range.is_default());
    assert!(spec("unknown_makers: allow").range.allow_unknown_makers);
    assert!(spec("verified_commits: true").range.verified_commits);
    assert!(spec("rollback: four_eyes").range.rollback_four_eyes);
    assert_eq!(spec("require_reason: approve").require_reason, Reasons::Approve);
    assert_eq!(spec("require_reason: 'both'").require_reason, Reasons::Both);
    assert_eq!(
        spec("on_reject: [{webhook: 'https://x.io'}]").on_reject,
        [Action::Webhook(WebhookSpec::to("https://x.io"))]
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
fn every_approval_of_a_rule_promotes_to_its_environment() {
    let text = "rules:\n  - a:\n      promotes_to: Production\n      actions:\n        - slack_channel_approval:\n            \
                channel: '#a'\n            on_success:\n              - slack_channel_approval: {channel: '#b'}\n  \
                - b:\n      promotes_to: Production\n      actions: [{webhook: 'https://x.io'}]\n  \
                - c:\n      promotes_to: Production\n      actions: [{slack_channel_message: {channel: '#a', message: m}}]\n";
    let file = parse(text, "rules.yml").unwrap();
    let Action::SlackChannelApproval(first) = &file.rules[0].actions[0] else { panic!("no approval") };
    let Action::SlackChannelApproval(second) = &first.on_success[0] else { panic!("no second approval") };
    for spec in [first, second] {
        assert_eq!(spec.range.promotes_to.as_deref(), Some("Production"));
    }
    assert_eq!(file.rules[1].promotes_to.as_deref(), Some("Production"));
    let notices: Vec<_> = file.notices.iter().map(|notice| notice.message.as_str()).collect();
    assert_eq!(notices, ["promotes_to changes nothing: the rule neither asks for an approval nor acts"]);
}

#[test]
fn promotes_to_takes_no_template() {
    for value in ["{{ environment }}", "{% if true %}Production{% endif %}"] {
        let text = format!(
            "rules:\n  - a:\n      promotes_to: '{value}'\n      actions: [{{slack_channel_approval: {{channel: '#a'}}}}]\n"
        );
        let problems: Vec<_> =
            parse(&text, "rules.yml").unwrap_err().iter().map(|problem| problem.message.clone()).collect();
        assert_eq!(
            problems,
            [format!("promotes_to can't be a template: `{value}` would stand for every environment at once")]
        );
    }
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
        "unknown_makers: alow",
        "verified_commits: yes",
        "rollback: fast",
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
    rules.yml:6:28: expires_after takes a text, not a list; write, for example, `expires_after: '24h'`
    rules.yml:6:26: undo_window is longer than 1h; write at most '1h'
    rules.yml:6:29: `true` can't give a reason; write approve, reject or both
    rules.yml:6:29: `rejects` can't give a reason; did you mean `reject`?
    rules.yml:6:29: unknown_makers can't be `alow`; did you mean `allow`?
    verified_commits: yes: taken
    rules.yml:6:23: rollback can't be `fast`; it takes four_eyes alone
    rules.yml:6:28: self_approval takes true or false, not a text; write `false`, without quotes
    rules.yml:6:24: supersede takes true or false, not a text; write `true` or `false`, without quotes
    rules.yml:6:24: on_reject takes a list, not a text; write `- notify_deployer: 'It is not out.'`
    rules.yml:6:13: slack_channel_approval takes no key `expire_after`; did you mean `expires_after`?
    rules.yml:6:29: votes_required takes a whole number from 1; write, for example, `votes_required: 2`
    rules.yml:6:29: votes_required is an empty list; write, for example, `votes_required: [{from: '@sre', votes: 2}, {from: '@qa', votes: 1}]`, or leave votes_required out
    rules.yml:6:30: an entry of votes_required takes keys with values, not a text; write `votes_required: [{from: '@sre', votes: 2}, {from: '@qa', votes: 1}]`
    rules.yml:6:30: an entry of votes_required has no `from`; write `votes_required: [{from: '@sre', votes: 2}, {from: '@qa', votes: 1}]`
    rules.yml:6:56: an entry of votes_required takes no key `vote`; did you mean `votes`?
    rules.yml:6:73: `sre` can't vote; write, for example, '@sre' for a user group, or a person's e-mail address
    rules.yml:6:52: votes takes a whole number from 1; write, for example, `votes: 2`
    rules.yml:7:13: approvers beside a list of votes_required: both say who can vote; take approvers out, or require a number of votes
    rules.yml:8:13: authors_only beside a list of votes_required: both say who can vote; take authors_only out, or require a number of votes
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
    rules.yml:2:5: the rule `a` never opens: it comes after itself; take `a` out of its own `after`
      |
    2 |   - a:
      |     ^
    rules.yml:2:5: the rules `a`, `b`, `c` never open: `after` goes round in a circle, and so `d` neither; take one of them out of the `after` of another
      |
    2 |   - a:
      |     ^
    rules.yml:3:14: after takes a list, not keys with values; write `after: [name-of-a-rule]`
      |
    3 |       after: {b: c}
      |              ^
    rules.yml:6:14: after is an empty list; write, for example, `after: [name-of-a-rule]`, or leave after out
      |
    6 |       after: []
      |              ^
    rules.yml:3:12: after has no value; write, for example, `after: [canary]`
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
    assert_eq!(notices[1], "f:5:5: deploys never open the rule `a`, so `b` neither; take `a` out of `after`");
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

#[test]
fn every_approval_of_a_rule_is_frozen_with_it() {
    let ask = |inner: &str| {
        format!(
            "slack_channel_approval: {{channel: '#a', on_success: [{inner}], on_reject: [{inner}], on_expire: [{inner}]}}"
        )
    };
    let text = format!(
        "rules:\n  - a:\n      freeze: {{name: w, days: sat, time_zone: UTC}}\n      actions: [trigger_build, {{{}}}]\n",
        ask(&format!("{{{}}}", ask("trigger_build")))
    );
    let rule = parse(&text, "rules.yml").unwrap().rules.remove(0);
    let Action::SlackChannelApproval(spec) = &rule.actions[1] else { panic!("{:?}", rule.actions) };
    assert_eq!((rule.freeze.len(), &spec.freeze), (1, &rule.freeze));
    for then in [&spec.on_success, &spec.on_reject, &spec.on_expire] {
        assert!(matches!(&then[0], Action::SlackChannelApproval(inner) if inner.freeze == rule.freeze));
    }
}

#[test]
fn a_rule_that_acts_before_it_asks_opens_after_its_freeze() {
    let message = "slack_channel_message: {channel: '#a', message: hello}";
    let ask = "slack_channel_approval: {channel: '#a'}";
    for (actions, opens_after) in [
        (format!("[{ask}]"), false),
        (format!("[{message}, {ask}, trigger_build]"), false),
        (format!("[{message}]"), true),
        (format!("[trigger_build, {ask}]"), true),
        ("[webhook: https://x.io]".to_owned(), true),
    ] {
        let text = |freeze: &str| format!("rules:\n  - a:\n      {freeze}\n      actions: {actions}\n");
        let rule = |freeze: &str| parse(&text(freeze), "rules.yml").unwrap().rules.remove(0);
        let frozen = rule("freeze: {name: w, days: sat, time_zone: UTC}");
        let saturday = "2026-11-21T12:00:00Z".parse().unwrap();
        let until = frozen.frozen(saturday).map(|hold| hold.until.to_string());
        assert_eq!(until.as_deref(), opens_after.then_some("2026-11-22T00:00:00Z"), "{actions}");
        assert_eq!(frozen.may_open_later(), opens_after);
        assert_eq!(frozen.frozen("2026-11-22T00:00:00Z".parse().unwrap()), None);
        let never = rule("description: at any time");
        assert!(never.frozen(saturday).is_none() && !never.may_open_later() && never.hash != frozen.hash);
    }
}

/// The notices of a file with this rule and a sound one.
fn notices(rule: &str) -> Vec<String> {
    let text = format!("rules:\n  - a: {rule}\n  - sound: {{actions: [trigger_build]}}\n");
    let file = parse(&text, "f").unwrap();
    assert!(file.rules.len() >= 2, "no rule is left out");
    file.notices.iter().map(ToString::to_string).collect()
}

#[test]
fn a_problem_in_an_unsupported_rule_is_a_notice() {
    for (rule, expected) in [
        (
            "{actions: [merge, {slack_channel_approval: {chanel: '#a', prompt: '{{ x }}'}}]}",
            vec![
                "f:2:19: known, not supported yet: merge; the rule `a` is not opened",
                "f:2:52: slack_channel_approval takes no key `chanel`; did you mean `channel`?; the rule `a` is not opened",
                "f:2:78: prompt: unknown template variable `x`; the rule `a` is not opened",
            ],
        ),
        (
            "{triggers: [pr_opened], actions: [add_comment]}",
            vec![
                "f:2:5: the rule `a` has triggers of pull requests only: deploys never open it",
                "f:2:42: unknown action `add_comment`; `signoff rules reference` lists the actions; the rule `a` is not opened",
            ],
        ),
    ] {
        assert_eq!(notices(rule), expected, "{rule}");
    }
    let text =
        "rules:\n  - a: {actions: [merge, {slack_channel_approval: {}}]}\n  - b: {actions: [nothing]}\n";
    assert_eq!(parse(text, "f").unwrap_err().len(), 1, "the other rule's problem is one");
    let file = parse(&text.replace("nothing", "trigger_build"), "f").unwrap();
    assert!(!file.rules[0].unsupported.is_empty(), "it is not opened");
}

#[test]
fn a_tag_of_several_words_is_told() {
    assert_eq!(
        notices("{actions: [add_deploy_tag: two words]}"),
        [
            "f:2:35: add_deploy_tag always fails: a tag is one word, and `two words` is 2; write `add_deploy_tag: 'two-words'`"
        ]
    );
    assert_eq!(
        notices("{actions: [{add_deploy_tag: '#a'}, {add_deploy_tag: '#{{ environment | lower }}-x'}]}"),
        [""; 0]
    );
    assert_eq!(
        notices(
            "{actions: [{add_deploy_tag: '#'}, {add_deploy_tag: '{{ deploy_name }}'}, {add_deploy_tag: \"it's out {{ environment }}\"}]}"
        ),
        [
            "f:2:36: add_deploy_tag always fails: `#` alone is no tag; write, for example, `add_deploy_tag: '#soaked'`",
            "f:2:59: add_deploy_tag fails: a tag is one word, and this one becomes, for example, `7bf7226 - checkout (Staging)`; take the spaces out",
            "f:2:98: add_deploy_tag fails: a tag is one word, and this one becomes, for example, `it's out Staging`; take the spaces out"
        ]
    );
    assert_eq!(
        notices("{actions: [{add_deploy_tag: 'soaked {% if tags %}x{% endif %}'}]}"),
        [
            "f:2:36: add_deploy_tag fails: a tag is one word, and this one becomes, for example, `soaked x`; take the spaces out"
        ]
    );
    assert_eq!(
        notices("{actions: [{add_deploy_tag: '#{{ environment }} x'}, {add_deploy_tag: '#a,#b'}]}"),
        [
            "f:2:36: add_deploy_tag fails: a tag is one word, and a space stands in this one; write `add_deploy_tag: '#{{ environment }}-x'`",
            "f:2:78: add_deploy_tag adds one tag, and `#a,#b` has a comma; give each tag an action of its own"
        ]
    );
}

#[test]
fn a_failed_rule_that_is_not_there_is_told() {
    assert_eq!(
        notices("{conditions: [\"failed_rules!='soun' or failed_rules='sound'\"], actions: [trigger_build]}"),
        ["f:2:23: `failed_rules` never has `soun`: no rule in this file is called so; did you mean `sound`?"]
    );
    let monitor = "{conditions: [\"failed_rules='a (drift to qa over)'\"], actions: [{monitor_drift: {environment: qa, threshold: 2h, on_over: [trigger_build]}}]}";
    assert_eq!(notices(monitor), [""; 0]);
}

#[test]
fn a_comment_by_accident_is_told() {
    assert_eq!(
        notices(
            "\n      actions:\n        - notify_deployer: Deploy #42 is out\n        - trigger_build # a comment"
        ),
        [
            "f:4:35: `#42` starts a comment here; write 'Deploy #42 is out' if it is a part of the text, or a space behind `#`"
        ]
    );
}

#[test]
fn a_freeze_that_never_ends_is_told() {
    let told = |windows: &str| notices(&format!("{{freeze: {windows}, actions: [trigger_build]}}"));
    let never = "f:2:9: this freeze never ends: every minute of the week is in it, and the rule never acts; leave some hours out";
    for (windows, expected) in [
        ("{name: w, from: '00:00', to: '24:00', time_zone: UTC}", vec![never]),
        (
            "[{name: w, days: 'mon,tue,wed,thu,fri', time_zone: UTC}, {name: v, days: 'sat,sun', time_zone: UTC}]",
            vec![never],
        ),
        (
            "[{name: w, from: '08:00', to: '20:00', time_zone: UTC}, {name: v, from: '20:00', to: '08:00', time_zone: UTC}]",
            vec![never],
        ),
        (
            "[{name: w, from: '08:00', to: '20:00', time_zone: UTC}, {name: v, from: '20:01', to: '08:00', time_zone: UTC}]",
            vec![],
        ),
        ("{name: w, from: '00:00', to: '24:00', dates: 2026-12-24, time_zone: UTC}", vec![]),
        (
            "[{name: w, days: 'mon,tue,wed,thu,fri,sat', time_zone: UTC}, {name: v, days: 'sat,sun,mon', time_zone: America/New_York}]",
            vec![never],
        ),
        (
            "[{name: w, days: 'mon,tue,wed,thu,fri,sat', time_zone: UTC}, {name: v, days: sun, time_zone: America/New_York}]",
            vec![],
        ),
        ("{name: w, days: 'mon,tue,wed,thu,fri,sat', time_zone: UTC}", vec![]),
    ] {
        assert_eq!(told(windows), expected, "{windows}");
    }
}

#[test]
fn a_freeze_of_many_years_is_told() {
    let told =
        |window: &str| notices(&format!("{{freeze: {{name: w, {window}}}, actions: [trigger_build]}}"));
    for (window, until) in [
        ("dates: 2026-12-01..2099-12-31", Some("2099-12-31")),
        ("dates: 2026-12-01..2099-12-31, from: '00:00', to: '24:00', time_zone: UTC", Some("2099-12-31")),
        ("dates: 2026-12-01..2099-12-31, from: '00:00', time_zone: UTC", Some("2099-12-31")),
        ("dates: [2035-01-01..2044-12-31, 2026-12-01..2034-12-31]", Some("2044-12-31")),
        ("dates: [2035-01-02..2044-12-31, 2026-12-01..2034-12-31]", None),
        ("dates: 2026-12-01..2099-12-31, from: '08:00', time_zone: UTC", None),
        ("dates: 2026-12-01..2099-12-31, days: sat, time_zone: UTC", None),
    ] {
        let told = told(window);
        assert_eq!(told.len(), usize::from(until.is_some()), "{window} {told:?}");
        assert!(told.concat().contains(until.unwrap_or_default()), "{window} {told:?}");
    }
}

#[test]
fn a_freeze_that_is_over_is_told() {
    let text = "rules:\n  - a:\n      freeze:\n        - {name: w, dates: [2026-12-24, 2026-12-20..2027-01-03]}\n        \
                - {name: v, days: sat, time_zone: UTC}\n        - {name: u, dates: 2030-01-01}\n      actions: [trigger_build]\n";
    let told = |now: &str| -> Vec<String> {
        over(text, "f", now.parse().unwrap()).iter().map(ToString::to_string).collect()
    };
    assert_eq!(told("2027-01-05T23:59:59Z"), [""; 0]);
    assert_eq!(
        told("2027-01-06T00:00:00Z"),
        ["f:4:21: this freeze is over since 2027-01-03; give it new dates, or take it out"]
    );
    assert_eq!(told("2031-01-01T00:00:00Z").len(), 2);
    assert!(over("rules: [", "f", Timestamp::MAX).is_empty());
}

#[test]
fn a_character_that_nobody_sees_is_told() {
    for (value, expected) in [
        (
            "Sta\u{200b}ging",
            vec!["f:2:39: an invisible character (U+200B) is a part of the value; delete it"],
        ),
        ("Pre\u{a0}Prod", vec!["f:2:39: a no-break space (U+00A0) is a part of the value; use a space"]),
        ("Pré Prod – 1", vec![]),
    ] {
        let rule = format!("{{conditions: [\"environment='{value}'\"], actions: [trigger_build]}}");
        assert_eq!(notices(&rule), expected, "{value}");
    }
}
