//! Slack's limits for a dialog, whatever is in it.

use crate::dialogs::{blocks, said};
use crate::samples::{approval, at, authors, counted, except, hook, opened, window};
use proptest::prelude::*;
use serde_json::Value;
use signoff_core::approval::{Approval, Choice, Closed, Electorate, Frozen, Lifted, Status, Struck, Verdict};
use signoff_core::deploy::RulesChange;
use signoff_core::id::{ApprovalId, DeployId, RunId};
use signoff_core::message::dialog;
use signoff_core::run::{Run, StepState};

/// Asserts that Slack takes a dialog: the number and the length of its blocks, together and each, its text,
/// and the values of its buttons.
fn assert_taken(approval: &Approval, run: Option<&Run>) {
    let blocks = blocks(approval, run);
    assert!(blocks.len() <= 50, "{} blocks", blocks.len());
    for block in &blocks {
        let length = said(block).chars().count();
        assert!(length <= 3000 + "context: ".len() || block["type"] == "actions", "{length} characters");
        assert!(length > "context: ".len(), "a block without text");
        for element in block["elements"].as_array().into_iter().flatten() {
            assert!(element["value"].as_str().unwrap_or_default().len() <= 2000);
            for option in element["options"].as_array().into_iter().flatten() {
                assert!(option["value"].as_str().expect("a value").len() <= 75, "{option}");
            }
        }
    }
    let all: usize = blocks.iter().map(|block| block.to_string().chars().count()).sum();
    assert!(all <= 13_000, "{all} characters in all blocks");
    let text = dialog(approval, run).text;
    assert!(!text.is_empty() && text.len() <= 4000, "{} bytes of text", text.len());
}

/// An approval and a run with ids as long as real ones.
fn real() -> (Approval, Run) {
    let deploy = DeployId::derive("register", &["acme/checkout", "staging", "7bf7226"]);
    let mut run = opened(&[crate::samples::ask("Promote", vec![hook(&"one.".repeat(900))])]).next;
    run.deploy = deploy.clone();
    run.id = RunId::derive(&deploy, "promote");
    let id = ApprovalId::derive(&run.id, 0);
    (Approval { deploy, id, run: run.id.clone(), workspace: "T012345678901".to_owned(), ..approval() }, run)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn slack_takes_every_dialog(
        (people, approvals, rejections, struck) in (0..60_usize, 0..300_usize, 0..50_usize, 0..50_usize),
        prompt in proptest::collection::vec(prop_oneof![
            Just("<https://github.com/acme/checkout/pull/1|Fix &amp; more>"), Just("&amp;"), Just("\u{1f680}"), Just("x ")
        ], 0..4000).prop_map(|words| words.concat()),
        reason in proptest::option::of(prop_oneof![Just("&"), Just("\u{1f680}"), Just("<!here>"), Just("no ")]),
        status in 0..4_usize,
        freeze in 0..3_usize,
        below in 0..6_usize,
    ) {
        let (first, mut run) = real();
        let long = "<&\u{1f680} ".repeat(900);
        let vote = |number: usize| {
            let choice = if number < approvals { Choice::Approve } else { Choice::Reject };
            let reason = reason.map(|reason| reason.repeat(500));
            signoff_core::approval::Vote { reason, ..counted(&format!("U0123456{number:03}"), choice) }
        };
        let ids = || (0..people).map(|number| format!("U0123456{number:03}")).collect::<Vec<_>>();
        let status = [
            Status::Pending,
            Status::Quorum { since: at(1), until: at(60), note: Some(long.clone()) },
            Status::Closed(Closed::Cancelled { at: at(1), by: None, reason: long.clone() }),
            Status::Closed(Closed::Superseded { at: at(1), by: crate::samples::successor() }),
        ][status].clone();
        let windows = vec![window(&long, "UTC")];
        let frozen = [
            Frozen::default(),
            Frozen::new(windows.clone(), at(1)),
            Frozen {
                lifted: Some(Lifted { by: "U0123456000".to_owned(), at: at(1), reason: long.clone() }),
                ..Frozen::new(windows, at(1))
            },
        ][freeze].clone();
        let drawn = Approval {
            frozen,
            prompt,
            name: long.clone(),
            status,
            votes: (0..approvals + rejections).map(vote).collect(),
            struck: ids().into_iter().take(struck).map(|voter| Struck { voter, why: Verdict::NotNamed }).collect(),
            rules_change: RulesChange::Yes(vec![long.clone(); people]),
            electorate: Electorate { lift_freeze: vec![ids()], people: Some(ids()), except: ids(), not_found: vec![long.clone(); people], below_policy: vec![long.clone(); below], ..authors(0) },
            expires_at: Some(at(600)),
            ..first
        };
        run.steps[1].state = StepState::Unknown { at: at(90), reason: long };
        assert_taken(&drawn, Some(&run));
    }
}

#[test]
fn slack_takes_what_an_everyday_dialog_carries() {
    let (approval, run) = real();
    assert_taken(&approval, Some(&run));
    let longest = |blocks: &[Value]| blocks.iter().map(|block| said(block).len()).max();
    assert!(longest(&blocks(&approval, None)) < Some(500));
}

#[test]
fn the_votes_of_a_crowd_are_all_shown() {
    let votes: Vec<_> =
        (0..150).map(|number| counted(&format!("U0123456{number:03}"), Choice::Approve)).collect();
    let crowd = Approval { votes_required: 200, votes, electorate: authors(400), ..approval() };
    assert_taken(&crowd, None);
    let shown: Vec<_> = blocks(&crowd, None).iter().map(said).collect();
    let shown = shown.join("\n");
    assert_eq!(shown.matches(":+1:").count(), 150);
    assert_eq!(shown.matches("*Votes:*").count(), 1);
    assert!(crowd.votes.iter().all(|vote| shown.contains(&format!("<@{}>", vote.voter))));
}

#[test]
fn more_voters_than_a_dialog_can_show_are_counted() {
    let votes: Vec<_> =
        (0..10_000).map(|number| counted(&format!("U012345{number:05}"), Choice::Approve)).collect();
    let crowd = Approval { votes_required: 20_000, votes, ..approval() };
    assert_taken(&crowd, None);
    let shown: Vec<_> = blocks(&crowd, None).iter().map(said).collect();
    let named = shown.iter().map(|text| text.matches(":+1:").count()).sum::<usize>();
    assert!(named > 150 && shown[2].ends_with(&format!("\nand {} more", 10_000 - named)), "{named}");
    assert!(shown.last().expect("blocks").starts_with("\"votes\""), "the buttons are still there");
}

#[test]
fn what_is_last_in_a_long_line_of_people_is_not_lost() {
    let people = except(authors(900), &["U1"]);
    let shown = blocks(&Approval { electorate: people, expires_at: Some(at(600)), ..approval() }, None);
    let line = said(&shown[1]);
    assert!(
        line.contains("Expires on")
            && line.contains("and 879 more")
            && line.ends_with("Can't vote on their own change: <@U1>.")
    );
}

#[test]
fn a_prompt_that_is_too_long_is_cut_and_never_within_a_link() {
    let link = "<https://github.com/acme/checkout/pull/12345|Fix the checkout &amp; more>, ";
    for lead in 0..link.len() {
        let prompt = format!("{}{}", "x".repeat(lead), link.repeat(60));
        let message = dialog(&Approval { prompt, ..approval() }, None);
        let section = message.blocks[0]["text"]["text"].as_str().expect("text").to_owned();
        assert!((2800..=3000).contains(&section.chars().count()), "{}", section.chars().count());
        assert!(section.ends_with('\u{2026}'));
        for text in [section, message.text] {
            assert_eq!(text.matches('<').count(), text.matches('>').count(), "{lead}");
            assert_eq!(text.matches("&amp;").count(), text.matches('&').count(), "{lead}");
        }
    }
}

#[test]
fn prompt_is_counted_in_characters_of_any_script() {
    let prompt = "\u{1f680}\u{17d}".repeat(1500);
    let message = dialog(&Approval { prompt: prompt.clone(), ..approval() }, None);
    assert_eq!(message.blocks[0]["text"]["text"], prompt);
    assert!((3990..=4000).contains(&message.text.len()) && message.text.ends_with('\u{2026}'));
}
