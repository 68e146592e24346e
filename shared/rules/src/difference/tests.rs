//! Pairs of files, and what is said of them.

use super::*;
use crate::parse;

const ASKS: &str = "- gate: {conditions: [environment='Production'], actions: [slack_channel_approval: {name: Production, \
                    channel: '#gate', votes_required: 2, on_success: [auto_approve_build: deploy]}]}\n";
const ACTS: &str = "- ship: {conditions: [environment='Staging'], actions: [trigger_build]}\n";

fn file(rules: &[&str]) -> RulesFile {
    parse(&format!("rules:\n{}", rules.concat()), "rules.yml").unwrap()
}

/// The sentences of a difference, each with what it touches.
fn told(before: &[&str], after: &[&str]) -> String {
    let in_force = file(before);
    let difference = difference(&in_force, &file(after), false);
    let lines = difference.changes.iter().map(|change| {
        let touches = match &change.touches {
            Touches::Nothing => "-".to_owned(),
            Touches::Approvals(these) => {
                these.iter().map(|(_, name)| name.clone()).collect::<Vec<_>>().join(", ")
            }
            Touches::Everything => "everything".to_owned(),
        };
        format!("{touches}: {}\n", change.text)
    });
    let needs = if difference.needs_approval() { "needs approval" } else { "in force at once" };
    format!("{}{needs}", lines.collect::<String>())
}

#[test]
fn removal_of_a_rule_that_is_not_opened_needs_its_voters() {
    let old = ASKS.replace("]}]}", "]}, send_slack_msg: {message: b}]}");
    let changed = old.replace("votes_required: 2", "votes_required: 1");
    let text =
        "Production: removes or changes the rule `gate`, which this version of Signoff does not open\n";
    assert!(told(&[&old], &[&changed]).contains(text), "{}", told(&[&old], &[&changed]));
    assert!(told(&[&old, ACTS], &[ACTS]).ends_with(&format!("{text}needs approval")));
    assert_eq!(told(&[&old, ACTS], &[&old, ACTS]), "in force at once");
}

#[test]
fn every_change_names_what_it_touches() {
    let lower = ASKS.replace("votes_required: 2", "votes_required: 1");
    let narrower = ACTS.replace("'Staging'", "'Staging', tags='#safe'");
    let pairs: Vec<(&[&str], Vec<String>)> = vec![
        (&[ASKS, ACTS], vec![ACTS.into()]),
        (&[ASKS], vec![lower]),
        (&[ASKS], vec![ASKS.into(), ACTS.into()]),
        (&[ASKS, ACTS], vec![ASKS.into()]),
        (&[ASKS, ACTS], vec![ACTS.into(), ASKS.into()]),
        (&[ASKS, ACTS], vec![ASKS.into(), narrower]),
        (&[ASKS, ACTS], vec![ASKS.into(), ACTS.replace("'Staging'", "'Production'")]),
        (&[ASKS], vec![ASKS.replace("'Production'", "'Prod'")]),
        (&[ASKS], vec![ASKS.replace("auto_approve_build: deploy", "auto_approve_build: other")]),
        (&[ASKS], vec![ASKS.replace("conditions", "description: It guards, conditions")]),
        (&[ASKS], vec![ASKS.replace("]}]}", "]}, slack_channel_message: {channel: '#a', message: b}]}")]),
        (&[ASKS], vec![ASKS.replace("]}]}", "]}, trigger_build]}")]),
        (&[ASKS], vec![ASKS.replace("name: Production", "name: Other")]),
        (&[ASKS], vec![ASKS.replace("- gate: {", "- gate: {triggers: [pr_opened], ")]),
        (&[ACTS], vec![ASKS.into(), ACTS.replace("'Staging'", "'Production'")]),
        (
            &[ASKS],
            vec![ASKS.replace(
                "channel: '#gate'",
                "channel: '#gate', approvers: [ana@x.io], self_approval: false",
            )],
        ),
    ];
    let all: Vec<_> = pairs
        .iter()
        .map(|(before, after)| told(before, &after.iter().map(String::as_str).collect::<Vec<_>>()))
        .collect();
    insta::assert_snapshot!(all.join("\n\n"), @"
    Production: removes the approval “Production” with the rule `gate`
    needs approval

    Production: lowers `votes_required` from 2 to 1 of the approval “Production”
    needs approval

    everything: adds the rule `ship`, which acts without asking anybody: trigger_build: CircleCI pipeline
    needs approval

    -: removes the rule `ship`, which asks for no approval
    in force at once

    in force at once

    -: has the rule `ship` act less
    in force at once

    everything: changes the rule `ship`, which acts: changes the conditions from `environment='Staging'` to `environment='Production'`
    needs approval

    Production: changes the conditions from `environment='Production'` to `environment='Prod'` of the rule `gate`
    needs approval

    everything: changes `on_success` from `auto_approve_build: deploy` to `auto_approve_build: other` of the approval “Production”
    needs approval

    -: changes the description of the rule `gate`
    in force at once

    -: changes messages of the rule `gate`
    in force at once

    everything: changes what the rule `gate` does beside its approvals, from `slack_channel_approval: Production` to `slack_channel_approval: Production`, `trigger_build: CircleCI pipeline`
    needs approval

    Production: removes the approval “Production” from the rule `gate`
    everything: adds the approval “Other” to the rule `gate`
    needs approval

    Production: removes the approval “Production” with the rule `gate`
    needs approval

    everything: changes the rule `ship`, which acts: changes the conditions from `environment='Staging'` to `environment='Production'`
    everything: adds the rule `gate`, which acts after an approval of its own: slack_channel_approval: Production
    in force at once

    Production: changes `approvers` from anyone in the channel to ana@x.io of the approval “Production”
    Production: changes `self_approval` from true to false of the approval “Production”
    needs approval
    ");
}

#[test]
fn a_rule_that_others_depend_on_is_not_harmless() {
    let says = "- says: {actions: [slack_channel_message: {channel: '#a', message: a}]}\n";
    let louder = says.replace("message: a", "message: A");
    let wide = says.replace("{actions", "{conditions: [environment='QA'], actions");
    let tagging = "- tags: {actions: [add_deploy_tag: '#x']}\n";
    for (listener, before, after, needs) in [
        ("", says, louder.as_str(), false),
        ("- l: {conditions: [failed_rules='x'], actions: [trigger_build]}\n", says, &louder, true),
        ("- l: {conditions: [failed_rules='x'], actions: [slack_deploy_message: a]}\n", says, &louder, false),
        (
            "- l: {conditions: [deploy_message_reaction_plus_1>2], actions: [trigger_build]}\n",
            says,
            &louder,
            true,
        ),
        ("- l: {after: says, actions: [trigger_build]}\n", says, &wide, true),
        (
            "- m: {after: says, actions: [slack_deploy_message: a]}\n- l: {after: m, actions: [trigger_build]}\n",
            says,
            &wide,
            true,
        ),
        ("- l: {conditions: [tags!='#x'], actions: [trigger_build]}\n", tagging, "", true),
        ("- l: {conditions: [environment='a'], actions: [trigger_build]}\n", tagging, "", false),
        // A rule that only tells listens where one that acts comes after it.
        (
            "- m: {conditions: [tags='#x'], actions: [slack_deploy_message: a]}\n- l: {after: m, actions: [trigger_build]}\n",
            tagging,
            "",
            true,
        ),
        (
            "- m: {conditions: [failed_rules='says'], actions: [slack_deploy_message: a]}\n- l: {after: m, actions: [trigger_build]}\n",
            says,
            &louder,
            true,
        ),
        ("- l: {actions: [trigger_build: {parameters: {f: '{{ failed_rules }}'}}]}\n", says, &louder, true),
    ] {
        let found = difference(&file(&[ASKS, listener, before]), &file(&[ASKS, listener, after]), false);
        assert_eq!(found.needs_approval(), needs, "{listener} {after}: {found:?}");
    }
}

#[test]
fn default_tags_count_where_a_rule_asks_for_them() {
    let tagged = "- t: {conditions: [tags='#db'], actions: [trigger_build]}\n";
    let behind = "- t: {conditions: [tags='#db'], actions: [slack_deploy_message: a]}\n- l: {after: t, actions: [trigger_build]}\n";
    for (rules, tags_changed, needs) in [
        (vec![ASKS, tagged], true, true),
        (vec![ASKS, behind], true, true),
        (vec![ASKS, tagged], false, false),
        (vec![ASKS, ACTS], true, false),
    ] {
        assert_eq!(
            difference(&file(&rules), &file(&rules), tags_changed).needs_approval(),
            needs,
            "{rules:?}"
        );
    }
}

#[test]
fn a_new_rule_that_acts_touches_every_approval() {
    let second = ASKS.replace("gate", "second").replace("name: Production", "name: QA");
    let in_force = file(&[ASKS, &second]);
    let touched = |after: &[&str]| {
        let found = difference(&in_force, &file(after), false);
        found.touched(&in_force).into_iter().map(|(_, spec)| spec.name.clone()).collect::<Vec<_>>()
    };
    assert_eq!(touched(&[ASKS, &second, ACTS]), ["Production", "QA"]);
    assert_eq!(touched(&[ASKS]), ["QA"]);
    assert_eq!(touched(&[ASKS, &second]), Vec::<String>::new());
}

#[test]
fn an_approval_that_moves_needs_an_approval() {
    let rule =
        |actions: &str| format!("- gate: {{conditions: [environment='Production'], actions: [{actions}]}}\n");
    let (a, b) = ("name: A, channel: '#gate', votes_required: 2", "name: B, channel: '#devs'");
    let before = rule(&format!("slack_channel_approval: {{{a}}}, trigger_build"));
    let hidden = rule(&format!(
        "slack_channel_approval: {{name: X, channel: '#me', on_reject: [slack_channel_approval: {{{a}}}]}}, trigger_build"
    ));
    insta::assert_snapshot!(told(&[&before], &[&hidden]));
    let then = "on_success: [trigger_build]";
    let before = rule(&format!("slack_channel_approval: {{{a}}}, slack_channel_approval: {{{b}, {then}}}"));
    let under = rule(&format!(
        "slack_channel_approval: {{{b}, {then}, on_reject: [slack_channel_approval: {{{a}}}]}}"
    ));
    insta::assert_snapshot!(told(&[&before], &[&under]));
}

#[test]
fn an_approval_that_names_a_place_touches_everything() {
    let note = "- note: {promotes_to: Production, conditions: [environment='Staging'], actions: [slack_channel_approval: \
                {name: n, channel: '#me'}]}\n";
    let plain = note.replace("promotes_to: Production, ", "");
    insta::assert_snapshot!(
        [told(&[ASKS], &[ASKS, note]), told(&[ASKS, &plain], &[ASKS, note]), told(&[ASKS], &[ASKS, &plain])]
            .join("\n")
    );
}

#[test]
fn every_key_of_a_range_has_its_own_text() {
    let rule = |keys: &str, environment: &str| {
        format!(
            "- gate: {{promotes_to: {environment}, actions: [slack_channel_approval: {{name: P, channel: '#g', self_approval: false{keys}}}]}}\n"
        )
    };
    let before = rule("", "Staging");
    let all = rule(", verified_commits: true, unknown_makers: allow, rollback: four_eyes", "Production");
    let texts: Vec<String> = difference(&file(&[&before]), &file(&[&all]), false)
        .changes
        .into_iter()
        .map(|change| change.text)
        .collect();
    assert_eq!(
        texts,
        [
            "changes `verified_commits` from false to true of the approval \u{201c}P\u{201d}",
            "changes `unknown_makers` from none to allow of the approval \u{201c}P\u{201d}",
            "changes `rollback` from none to four_eyes of the approval \u{201c}P\u{201d}",
            "changes `promotes_to` from Staging to Production of the approval \u{201c}P\u{201d}",
        ]
    );
}

#[test]
fn actions_with_the_same_line_are_spelt_out() {
    let build = |environment: &str| {
        ASKS.replace(
            "auto_approve_build: deploy",
            &format!("trigger_build: {{parameters: {{name: d.yml, environment: {environment}}}}}"),
        )
    };
    let found = difference(&file(&[&build("staging")]), &file(&[&build("production")]), false);
    let texts: Vec<&str> = found.changes.iter().map(|change| change.text.as_str()).collect();
    let [text] = texts[..] else { panic!("{texts:?}") };
    assert!(
        text.contains(r#""environment":"staging""#) && text.contains(r#""environment":"production""#),
        "{text}"
    );
}

#[test]
fn rule_that_is_not_supported_yet_touches_everything() {
    let nightly = "- nightly: {actions: [send_slack_msg: {message: a}]}\n";
    for (before, after, needs) in [
        (vec![ASKS], vec![ASKS, nightly], true),
        (vec![ASKS, nightly], vec![ASKS, nightly], false),
        (vec![ASKS, nightly], vec![ASKS], false),
    ] {
        let found = difference(&file(&before), &file(&after), false);
        assert_eq!(found.needs_approval(), needs, "{found:?}");
    }
    let changed = nightly.replace("message: a", "message: b");
    assert!(difference(&file(&[ASKS, nightly]), &file(&[ASKS, &changed]), false).needs_approval());
}

#[test]
fn rule_with_two_approvals_of_one_name_is_not_harmless() {
    let ask = |more: &str| format!("slack_channel_approval: {{channel: '#dev'{more}}}");
    let rule = |asks: &[String]| format!("- staging: {{actions: [{}]}}\n", asks.join(", "));
    let releases = ask(", on_success: [auto_approve_build: prod]");
    for (before, after) in [
        (rule(&[ask("")]), rule(&[ask(""), releases.clone()])),
        (
            rule(&[releases.clone(), releases.clone()]),
            rule(&[releases.clone(), releases.replace("#dev", "#me")]),
        ),
        (rule(&[releases.clone(), releases.clone()]), rule(std::slice::from_ref(&releases))),
    ] {
        let (in_force, proposal) = (file(&[ASKS, &before]), file(&[ASKS, &after]));
        let found = difference(&in_force, &proposal, false);
        let touched: Vec<_> =
            found.touched(&in_force).into_iter().map(|(_, spec)| spec.name.clone()).collect();
        assert!(touched.contains(&"Production".to_owned()), "{found:?}");
        assert!(found.changes.iter().any(|change| change.text.contains("give each a `name`")), "{found:?}");
    }
}
