//! Laws of the writer, for any draft and any existing file.

use super::super::*;
use crate::parse;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

/// Draws text that people type, and text that they don't: signs with a meaning to YAML, to conditions and to
/// templates.
fn typed() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        "[ -~]{0,12}",
        "\\PC{0,6}",
        any::<String>(),
        prop::sample::select(vec![
            "'",
            "''",
            "\"",
            "\\",
            ": ",
            " #",
            "#",
            "\n",
            "\r\n",
            "\t",
            "- ",
            "{{ revision }}",
            "{{ nobody }}",
            "{%",
            "}}",
            "🚀",
            "\u{2028}",
            "\u{85}",
            "\u{feff}",
            "|",
            ">",
            "&a",
            "*a",
            "!",
            "%",
            "@",
            "`",
            "<<",
            "~",
            "null",
            "true",
            "1",
            "\n  ",
            "\n\n",
            "---",
            "...",
            "\u{0}",
        ])
        .prop_map(str::to_owned),
    ];
    prop::collection::vec(piece, 1..5).prop_map(|pieces| pieces.concat())
}

/// The same on one line, mostly.
fn line() -> impl Strategy<Value = String> {
    prop_oneof![6 => typed().prop_map(|text| text.replace(|c: char| c.is_control() || c == '"', "x")), 1 => typed()]
}

fn drafts() -> impl Strategy<Value = Draft> {
    let action = prop::sample::select(vec![
        DraftAction::SendMessage,
        DraftAction::NotifyIssues,
        DraftAction::ApproveBuild,
        DraftAction::TriggerBuild,
        DraftAction::Webhook,
        DraftAction::SendEvent,
        DraftAction::TransitionIssues,
    ]);
    let channel = prop_oneof![4 => "[a-zé0-9_-]{1,9}", 1 => typed()];
    let approvers = prop_oneof![3 => "(@[a-z]{1,4}, )?[a-z']{1,4}@[a-zé]{1,4}\\.io", 1 => Just(String::new()), 1 => typed()];
    let waits = prop_oneof![2 => Just(String::new()), 2 => "[1-9][smhd]", 1 => typed()];
    let reasons = prop::sample::select(vec!["", "approve", "reject", "both"]).prop_map(str::to_owned);
    let parameters = prop_oneof![
        2 => "([a-z_][a-z-]{0,3}=[ -z]{0,5}\n){0,3}",
        1 => Just("a=1\nb=true\nyes=no\nc=1.10\nd=-0\ne=0x1".to_owned()),
        1 => typed(),
    ];
    let url = prop_oneof![3 => "https://[a-z]{1,5}/[!-z]{0,9}", 1 => typed()];
    let texts = (line(), line(), typed(), typed());
    ((texts, channel, "[0-3]", approvers, any::<bool>()), (waits, reasons, action, parameters, url)).prop_map(
        |((texts, channel, votes_required, approvers, four_eyes), rest)| {
            let (name, environment, prompt, text) = texts;
            let (expires_after, require_reason, action, parameters, url) = rest;
            let message_channel = channel.clone();
            let [message, comment, build, workflow, revision, event, state] =
                std::array::from_fn(|_| text.clone());
            Draft {
                name,
                // A template is refused; many of the drafts would be.
                promotes_to: if votes_required.is_empty() {
                    environment.clone()
                } else {
                    environment.replace(['{', '}'], "")
                },
                environment,
                prompt,
                channel,
                votes_required,
                break_glass: approvers.clone(),
                approvers,
                four_eyes,
                expires_after,
                require_reason,
                action,
                message_channel,
                message,
                comment,
                build,
                workflow,
                parameters,
                revision,
                url,
                event,
                state,
            }
        },
    )
}

/// Files that somebody may have: comments, blank lines, other keys, both line ends.
fn files() -> impl Strategy<Value = String> {
    let noise = || prop::sample::select(vec!["", "\n", "# c\n", "  # c\n", "\n\n# c: d\n\n"]);
    let action = prop::sample::select(vec![
        "actions: [trigger_build]\n",
        "actions:\nI  - slack_deploy_message: 'a # b'   # c\n",
        "actions:\nI  - slack_deploy_message: |\nI      a\n\nI      # no comment\n",
        "actions:\nI  - slack_deploy_message: |+\nI      a\n\n",
        "actions:\nI  - slack_deploy_message: >-\nI      a\nI      b\n",
        "# c\nIactions:\nI- trigger_build:\n",
        "freeze: {name: w, days: sat,\nI  time_zone: UTC}\nIactions: [trigger_build]\n",
    ]);
    let rule = (noise(), "[a-c]{1,2}", action, 0..2_usize);
    let rules = (0..5_usize, prop::collection::vec(rule, 0..4)).prop_map(|(indent, rules)| {
        let mut text = String::new();
        let mut names = std::collections::HashSet::new();
        for (noise, name, action, deeper) in rules {
            if !names.insert(name.clone()) {
                continue;
            }
            let (dash, inner) = (" ".repeat(indent), " ".repeat(indent + 3 + deeper));
            let action = action.replace('I', &inner);
            text.push_str(&format!("{noise}{dash}- {name}:\n{inner}{action}"));
        }
        text
    });
    let keys =
        || prop::sample::select(vec!["", "x-a: 1\n", "x-b:\n  - - a\n", "# about c\nx-c: |\n  text\n"]);
    let empty = prop::sample::select(vec!["rules:", "rules:  # all"]);
    (noise(), keys(), empty, rules, noise(), keys(), any::<bool>(), any::<bool>()).prop_map(
        |(before, first, key, rules, behind, last, crlf, ended)| {
            let last = if last == first { "" } else { last };
            let mut text = format!("{before}{first}{key}\n{rules}{behind}{last}");
            if !ended {
                text.truncate(text.trim_end_matches('\n').len());
            }
            if crlf { text.replace('\n', "\r\n") } else { text }
        },
    )
}

/// True if `old` is left of `new` when some of it is taken out.
fn is_subsequence(old: &str, new: &str) -> bool {
    let mut new = new.bytes();
    old.bytes().all(|byte| new.any(|other| other == byte))
}

/// The laws say nothing of a draft that is not sound.
#[test]
fn many_of_the_drafts_are_sound_whatever_they_do() {
    let mut runner = TestRunner::deterministic();
    let mut sound = Vec::new();
    for _ in 0..500 {
        sound.extend(drafts().new_tree(&mut runner).unwrap().current().workflow());
    }
    let actions: std::collections::HashSet<_> =
        sound.iter().map(|workflow| std::mem::discriminant(&workflow.then)).collect();
    assert!(sound.len() > 100 && actions.len() == 7, "{} of 500, {} actions", sound.len(), actions.len());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_typed_reads_as_it_was_meant(draft in drafts()) {
        if let Ok(workflow) = draft.workflow() {
            let text = file(&workflow, "rules.yml").map_err(|problems| TestCaseError::fail(format!("{problems:?}")))?;
            let read = parse(&text, "rules.yml").unwrap();
            prop_assert_eq!(read.rules.len(), 1);
            let rule = &read.rules[0];
            prop_assert_eq!(&rule.name, &workflow.rule);
            let approval = Action::SlackChannelApproval(workflow.approval());
            prop_assert_eq!(&rule.actions, &[approval]);
            prop_assert_eq!(rule.conditions[0].condition.to_string(), workflow.condition().to_string());
        } else {
            prop_assert!(!draft.workflow().unwrap_err().is_empty());
        }
    }

    #[test]
    fn a_merged_file_is_the_old_one_with_one_more_rule(old in files(), draft in drafts()) {
        let workflow = draft.workflow().unwrap_or_else(|_| super::draft().workflow().unwrap());
        let rules = match parse(&old, "rules.yml") {
            Ok(file) => file.rules,
            Err(problems) => return Err(TestCaseError::fail(format!("{old}\n{problems:?}"))),
        };
        match merged(&old, "rules.yml", &workflow) {
            Ok(merged) => {
                let read = parse(&merged.text, "rules.yml").unwrap().rules;
                let (new, kept) = read.split_last().unwrap();
                prop_assert_eq!(kept, &rules[..]);
                let taken = |name: &str| rules.iter().any(|rule| rule.name == name);
                prop_assert_eq!(&new.name, &unique(&workflow.rule, taken));
                prop_assert_eq!(&new.actions, &[Action::SlackChannelApproval(workflow.approval())]);
                prop_assert!(is_subsequence(&old, &merged.text));
                let lines: Vec<_> = merged.text.split_inclusive('\n').collect();
                let (from, to) = (merged.added.start() - 1, *merged.added.end());
                let rest = [&lines[..from], &lines[to..]].concat().concat();
                prop_assert_eq!(rest.trim_end(), old.trim_end());
            }
            // A text that ends with the file keeps its end only where nothing comes behind it.
            Err(NotMerged::ByHand(_)) => prop_assert!(!old.ends_with('\n') && old.contains(": |"), "{}", old),
            Err(NotMerged::Unreadable(problems)) => return Err(TestCaseError::fail(format!("{problems:?}"))),
        }
    }
}
