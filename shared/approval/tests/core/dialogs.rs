//! The dialog in each state, as Slack gets it.

use crate::samples::{approval, at, authors, counted, vote_of, voted};
use approval::approval::{Approval, Choice, Command, Status, decide};
use approval::message::{Message, dialog};
use serde_json::Value;

/// The blocks, one a paragraph: their kind, then what they say.
fn drawn(approval: &Approval) -> String {
    let Message { text, blocks } = dialog(approval);
    let mut paragraphs = vec![format!("text: {text}")];
    for block in blocks.as_array().expect("a list of blocks") {
        let kind = block["type"].as_str().unwrap_or_default();
        let said = match kind {
            "section" => block["text"]["text"].as_str().unwrap_or_default().to_owned(),
            "context" => block["elements"][0]["text"].as_str().unwrap_or_default().to_owned(),
            "actions" => {
                let buttons = block["elements"].as_array().into_iter().flatten();
                buttons
                    .map(|button| format!("[{}]", button["text"]["text"].as_str().unwrap_or_default()))
                    .collect()
            }
            other => panic!("a block of the kind {other}"),
        };
        paragraphs.push(format!("{kind}: {said}"));
    }
    paragraphs.join("\n\n")
}

fn blocks(approval: &Approval) -> Vec<Value> {
    dialog(approval).blocks.as_array().expect("a list of blocks").clone()
}

fn longest_text(blocks: &[Value]) -> usize {
    let texts = blocks
        .iter()
        .filter_map(|block| block["text"]["text"].as_str().or(block["elements"][0]["text"].as_str()));
    texts.map(|text| text.chars().count()).max().unwrap_or(0)
}

#[test]
fn a_new_dialog_is_the_prompt_and_two_buttons() {
    let message = dialog(&approval());
    insta::assert_snapshot!(serde_json::to_string_pretty(&message.blocks).expect("JSON"), @r#"
    [
      {
        "text": {
          "text": "<@U1>, would you like to promote <https://signoff.example.com/deploys/d|7bf7226 - work-test (Production)> to production?",
          "type": "mrkdwn"
        },
        "type": "section"
      },
      {
        "block_id": "votes",
        "elements": [
          {
            "action_id": "approve",
            "style": "primary",
            "text": {
              "text": "Approve",
              "type": "plain_text"
            },
            "type": "button",
            "value": "d a"
          },
          {
            "action_id": "reject",
            "style": "danger",
            "text": {
              "text": "Reject",
              "type": "plain_text"
            },
            "type": "button",
            "value": "d a"
          }
        ],
        "type": "actions"
      }
    ]
    "#);
    insta::assert_snapshot!(message.text, @"<@U1>, would you like to promote <https://signoff.example.com/deploys/d|7bf7226 - work-test (Production)> to production?");
}

#[test]
fn an_approved_dialog_shows_the_vote_and_when_and_no_buttons() {
    let approved = voted(approval(), &[("U1", Choice::Approve)]);
    insta::assert_snapshot!(serde_json::to_string_pretty(&dialog(&approved).blocks).expect("JSON"), @r#"
    [
      {
        "text": {
          "text": "<@U1>, would you like to promote <https://signoff.example.com/deploys/d|7bf7226 - work-test (Production)> to production?",
          "type": "mrkdwn"
        },
        "type": "section"
      },
      {
        "text": {
          "text": "*Votes:*\n<@U1> :+1:",
          "type": "mrkdwn"
        },
        "type": "section"
      },
      {
        "elements": [
          {
            "text": "Action approved on <!date^1620733380^{date} at {time}|2021-05-11 at 11:43 UTC>.",
            "type": "mrkdwn"
          }
        ],
        "type": "context"
      }
    ]
    "#);
}

#[test]
fn a_dialog_says_how_many_votes_are_needed_before_the_first_one() {
    insta::assert_snapshot!(drawn(&Approval { votes_required: 2, ..approval() }), @r"
    text: <@U1>, would you like to promote <https://signoff.example.com/deploys/d|7bf7226 - work-test (Production)> to production?
    0 of 2 approvals, 2 more needed.

    section: <@U1>, would you like to promote <https://signoff.example.com/deploys/d|7bf7226 - work-test (Production)> to production?

    context: 0 of 2 approvals, 2 more needed.

    actions: [Approve][Reject]
    ");
}

#[test]
fn a_dialog_says_how_many_votes_are_still_needed() {
    let three = Approval { votes_required: 3, ..approval() };
    insta::assert_snapshot!(drawn(&voted(three, &[("U1", Choice::Approve), ("U2", Choice::Approve)])), @r"
    text: <@U1>, would you like to promote <https://signoff.example.com/deploys/d|7bf7226 - work-test (Production)> to production?
    2 of 3 approvals, 1 more needed.

    section: <@U1>, would you like to promote <https://signoff.example.com/deploys/d|7bf7226 - work-test (Production)> to production?

    section: *Votes:*
    <@U1> :+1:
    <@U2> :+1:

    context: 2 of 3 approvals, 1 more needed.

    actions: [Approve][Reject]
    ");
}

#[test]
fn a_dialog_that_takes_several_rejections_counts_them() {
    let approval = Approval { rejections_required: 2, ..approval() };
    insta::assert_snapshot!(drawn(&voted(approval, &[("U1", Choice::Reject)])), @r"
    text: <@U1>, would you like to promote <https://signoff.example.com/deploys/d|7bf7226 - work-test (Production)> to production?
    0 of 1 approval, 1 more needed. 1 of 2 rejections.

    section: <@U1>, would you like to promote <https://signoff.example.com/deploys/d|7bf7226 - work-test (Production)> to production?

    section: *Votes:*
    <@U1> :-1:

    context: 0 of 1 approval, 1 more needed. 1 of 2 rejections.

    actions: [Approve][Reject]
    ");
}

#[test]
fn a_restricted_dialog_says_who_may_vote() {
    insta::assert_snapshot!(drawn(&Approval { electorate: authors(2), ..approval() }), @r"
    text: <@U1>, would you like to promote <https://signoff.example.com/deploys/d|7bf7226 - work-test (Production)> to production?
    Only the authors of this deploy may vote: <@U1>, <@U2>.

    section: <@U1>, would you like to promote <https://signoff.example.com/deploys/d|7bf7226 - work-test (Production)> to production?

    context: Only the authors of this deploy may vote: <@U1>, <@U2>.

    actions: [Approve][Reject]
    ");
}

#[test]
fn a_dialog_of_many_mentions_the_first_twenty() {
    let approval = Approval { electorate: authors(25), votes_required: 2, ..approval() };
    insta::assert_snapshot!(drawn(&voted(approval, &[("U3", Choice::Approve)])), @r"
    text: <@U1>, would you like to promote <https://signoff.example.com/deploys/d|7bf7226 - work-test (Production)> to production?
    1 of 2 approvals, 1 more needed. Only the authors of this deploy may vote: <@U1>, <@U2>, <@U3>, <@U4>, <@U5>, <@U6>, <@U7>, <@U8>, <@U9>, <@U10>, <@U11>, <@U12>, <@U13>, <@U14>, <@U15>, <@U16>, <@U17>, <@U18>, <@U19>, <@U20> and 5 more.

    section: <@U1>, would you like to promote <https://signoff.example.com/deploys/d|7bf7226 - work-test (Production)> to production?

    section: *Votes:*
    <@U3> :+1:

    context: 1 of 2 approvals, 1 more needed. Only the authors of this deploy may vote: <@U1>, <@U2>, <@U3>, <@U4>, <@U5>, <@U6>, <@U7>, <@U8>, <@U9>, <@U10>, <@U11>, <@U12>, <@U13>, <@U14>, <@U15>, <@U16>, <@U17>, <@U18>, <@U19>, <@U20> and 5 more.

    actions: [Approve][Reject]
    ");
}

#[test]
fn a_dialog_of_nobody_does_not_pretend() {
    insta::assert_snapshot!(drawn(&Approval { electorate: authors(0), ..approval() }), @r"
    text: <@U1>, would you like to promote <https://signoff.example.com/deploys/d|7bf7226 - work-test (Production)> to production?
    Only the authors of this deploy may vote, and none of them has a Slack account.

    section: <@U1>, would you like to promote <https://signoff.example.com/deploys/d|7bf7226 - work-test (Production)> to production?

    context: Only the authors of this deploy may vote, and none of them has a Slack account.

    actions: [Approve][Reject]
    ");
}

#[test]
fn a_rejected_dialog_shows_both_thumbs() {
    let approval = Approval { votes_required: 2, ..approval() };
    insta::assert_snapshot!(drawn(&voted(approval, &[("U1", Choice::Approve), ("U2", Choice::Reject)])), @r"
    text: <@U1>, would you like to promote <https://signoff.example.com/deploys/d|7bf7226 - work-test (Production)> to production?
    Action rejected on <!date^1620733380^{date} at {time}|2021-05-11 at 11:43 UTC>.

    section: <@U1>, would you like to promote <https://signoff.example.com/deploys/d|7bf7226 - work-test (Production)> to production?

    section: *Votes:*
    <@U1> :+1:
    <@U2> :-1:

    context: Action rejected on <!date^1620733380^{date} at {time}|2021-05-11 at 11:43 UTC>.
    ");
}

#[test]
fn a_cancelled_dialog_says_why() {
    let reason = "the dialog could not be shown in #deploys for a day: channel_not_found".to_owned();
    let cancelled = decide(&approval(), Command::Cancel { reason }, at(86_400)).expect("cancelled").next;
    insta::assert_snapshot!(drawn(&cancelled), @r"
    text: <@U1>, would you like to promote <https://signoff.example.com/deploys/d|7bf7226 - work-test (Production)> to production?
    Action cancelled on <!date^1620819720^{date} at {time}|2021-05-12 at 11:42 UTC>: the dialog could not be shown in #deploys for a day: channel_not_found.

    section: <@U1>, would you like to promote <https://signoff.example.com/deploys/d|7bf7226 - work-test (Production)> to production?

    context: Action cancelled on <!date^1620819720^{date} at {time}|2021-05-12 at 11:42 UTC>: the dialog could not be shown in #deploys for a day: channel_not_found.
    ");
}

#[test]
fn a_dialog_drawn_twice_is_the_same() {
    let approved = voted(approval(), &[("U1", Choice::Approve)]);
    assert_eq!(dialog(&approved), dialog(&approved));
}

#[test]
fn a_name_slack_gave_is_not_in_the_dialog() {
    // Slack shows each reader the name that they know; what was recorded is for the deploy's page.
    let approved = voted(approval(), &[("U1", Choice::Approve)]);
    let names = vec![("U1".to_owned(), "Ana <Novak> & co".to_owned())];
    let named = decide(&approved, Command::Name(names), at(90)).expect("named").next;
    assert_eq!(dialog(&named), dialog(&approved));
}

#[test]
fn the_votes_of_a_crowd_stay_within_slacks_limits() {
    let votes: Vec<_> =
        (0..150).map(|number| counted(&format!("U0123456{number:03}"), Choice::Approve)).collect();
    let crowd = Approval { votes_required: 200, votes, electorate: authors(400), ..approval() };
    let blocks = blocks(&crowd);
    assert!(
        blocks.len() <= 50 && longest_text(&blocks) <= 3000,
        "{} {}",
        blocks.len(),
        longest_text(&blocks)
    );
    let shown: String =
        blocks.iter().filter_map(|block| block["text"]["text"].as_str()).collect::<Vec<_>>().join("\n");
    assert_eq!(shown.matches(":+1:").count(), 150);
    assert_eq!(shown.matches("*Votes:*").count(), 1);
    assert!(crowd.votes.iter().all(|vote| shown.contains(&format!("<@{}>", vote.voter))));
}

#[test]
fn more_voters_than_a_dialog_can_show_do_not_keep_it_from_being_drawn() {
    let votes: Vec<_> =
        (0..10_000).map(|number| counted(&format!("U012345{number:05}"), Choice::Approve)).collect();
    let blocks = blocks(&Approval { votes_required: 20_000, votes, ..approval() });
    assert!(blocks.len() <= 50, "{} blocks", blocks.len());
    assert_eq!(
        blocks.last().map(|block| block["type"].clone()),
        Some("actions".into()),
        "the buttons are still there"
    );
}

#[test]
fn a_prompt_that_is_too_long_is_cut_and_never_within_a_link() {
    let link = "<https://github.com/acme/checkout/pull/12345|Fix the checkout &amp; more>, ";
    for lead in 0..link.len() {
        let prompt = format!("{}{}", "x".repeat(lead), link.repeat(60));
        let blocks = blocks(&Approval { prompt, ..approval() });
        let text = blocks[0]["text"]["text"].as_str().expect("text");
        assert!((2800..=3000).contains(&text.chars().count()), "{}", text.chars().count());
        assert!(text.ends_with('\u{2026}'));
        assert_eq!(text.matches('<').count(), text.matches('>').count(), "{lead}");
        assert_eq!(text.matches("&amp;").count(), text.matches('&').count(), "{lead}");
    }
}

#[test]
fn a_prompt_of_any_script_is_counted_in_characters() {
    let blocks = blocks(&Approval { prompt: "\u{1f680}\u{17d}".repeat(1500), ..approval() });
    assert_eq!(blocks[0]["text"]["text"].as_str().map(|text| text.chars().count()), Some(3000));
    assert!(!blocks[0]["text"]["text"].as_str().expect("text").ends_with('\u{2026}'));
}

#[test]
fn a_prompt_that_came_to_nothing_is_replaced_by_the_approvals_name() {
    let blocks =
        blocks(&Approval { prompt: " \n".to_owned(), name: "Promote <now>".to_owned(), ..approval() });
    assert_eq!(blocks[0]["text"]["text"], "Promote &lt;now&gt;");
}

#[test]
fn the_buttons_of_a_dialog_name_its_deploy_and_approval() {
    let blocks = blocks(&approval());
    let values: Vec<_> =
        blocks[1]["elements"].as_array().into_iter().flatten().map(|button| &button["value"]).collect();
    assert_eq!(values, ["d a", "d a"]);
}

#[test]
fn only_a_pending_dialog_has_buttons() {
    let pending = voted(Approval { votes_required: 2, ..approval() }, &[("U1", Choice::Approve)]);
    let closed = decide(&pending, vote_of("U2", Choice::Approve), at(90)).expect("a vote").next;
    let has_buttons = |approval: &Approval| blocks(approval).iter().any(|block| block["type"] == "actions");
    assert!(has_buttons(&pending) && !has_buttons(&closed));
    assert_eq!(closed.status, Status::Approved { at: at(90) });
}
