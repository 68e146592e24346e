//! Answers and questions to one person: the reasons why a click changed nothing, and the windows.

use crate::samples::{approval, at, authors, except, successor};
use signoff_core::approval::{Approval, Closed, Electorate, Refusal, Verdict};
use signoff_core::message::{
    Asking, NO_SUCH_APPROVAL, NO_SUCH_RUN, ask_reason, refusal, resolution_refused, say, why_not_counted,
};
use signoff_core::run;

fn told(why: Refusal) -> String {
    refusal(&why).expect("something to tell")
}

fn closed(closed: Closed) -> String {
    told(Refusal::Closed(closed))
}

fn not_eligible(verdict: Verdict, electorate: Electorate) -> String {
    told(Refusal::NotEligible(verdict, Box::new(electorate)))
}

#[test]
fn what_is_nothing_new_is_told_nobody() {
    for nothing in [Refusal::Repeated, Refusal::Replayed, Refusal::NotNow] {
        assert_eq!(refusal(&nothing), None, "{nothing:?}");
    }
}

#[test]
fn before_a_click_it_is_told_why_it_would_not_count() {
    let late = Refusal::Closed(Closed::Expired { at: at(0) });
    for refused in [late, Refusal::NotEligible(Verdict::Guest, Box::new(authors(1))), Refusal::OtherSubject] {
        let why = why_not_counted(&refused).expect("a reason");
        assert_eq!(told(refused), format!("Your click was not counted: {why}"));
    }
    for other in [Refusal::Repeated, Refusal::NoVote, Refusal::NoQuorum, Refusal::NotALifter(Vec::new())] {
        assert_eq!(why_not_counted(&other), None, "{other:?}");
    }
}

#[test]
fn a_late_click_is_told_how_it_ended() {
    insta::assert_snapshot!(closed(Closed::Approved { at: at(0) }), @"Your click was not counted: this was already approved on <!date^1620733320^{date} at {time}|2021-05-11 at 11:42 UTC>.");
    insta::assert_snapshot!(closed(Closed::Rejected { at: at(0) }), @"Your click was not counted: this was already rejected on <!date^1620733320^{date} at {time}|2021-05-11 at 11:42 UTC>.");
    insta::assert_snapshot!(closed(Closed::Expired { at: at(0) }), @"Your click was not counted: this expired on <!date^1620733320^{date} at {time}|2021-05-11 at 11:42 UTC>.");
    insta::assert_snapshot!(closed(Closed::Superseded { at: at(0), by: successor() }), @"Your click was not counted: this was superseded by <https://signoff.example.com/deploys/d2|98c2f5b - checkout (Staging)>. Vote on that one instead.");
    let cancelled = |by| Closed::Cancelled { at: at(0), by, reason: "the <channel> is gone".to_owned() };
    insta::assert_snapshot!(closed(cancelled(None)), @"Your click was not counted: this was cancelled on <!date^1620733320^{date} at {time}|2021-05-11 at 11:42 UTC>: the &lt;channel&gt; is gone.");
    insta::assert_snapshot!(closed(cancelled(Some("U2".to_owned()))), @"Your click was not counted: this was cancelled by <@U2> on <!date^1620733320^{date} at {time}|2021-05-11 at 11:42 UTC>: the &lt;channel&gt; is gone.");
}

#[test]
fn whose_account_may_not_vote_is_told_whose_may() {
    insta::assert_snapshot!(not_eligible(Verdict::Stranger, authors(1)), @"Your click was not counted: only members of this app's workspace can vote, and your account belongs to another one (even in the same Enterprise Grid organization).");
    insta::assert_snapshot!(not_eligible(Verdict::Guest, authors(1)), @"Your click was not counted: guests of the workspace cannot vote.");
    insta::assert_snapshot!(not_eligible(Verdict::Deactivated, authors(1)), @"Your click was not counted: your account is deactivated.");
    insta::assert_snapshot!(not_eligible(Verdict::Bot, authors(1)), @"Your click was not counted: only people can vote.");
}

#[test]
fn who_may_not_vote_is_told_who_may() {
    insta::assert_snapshot!(not_eligible(Verdict::NotNamed, authors(1)), @"Your click was not counted: only the authors of this deploy can vote: <@U1>.");
    insta::assert_snapshot!(not_eligible(Verdict::NotNamed, authors(0)), @"Your click was not counted: only the authors of this deploy can vote, and none of them has a Slack account.");
    insta::assert_snapshot!(not_eligible(Verdict::NotNamed, except(authors(3), &["U2"])), @"Your click was not counted: only the authors of this deploy can vote: <@U1>, <@U3>. Can't vote on their own change: <@U2>.");
    assert!(not_eligible(Verdict::NotNamed, authors(20)).ends_with("<@U19>, <@U20>."));
    assert!(not_eligible(Verdict::NotNamed, authors(23)).ends_with("<@U19>, <@U20> and 3 more."));
}

#[test]
fn who_made_the_change_is_told_that_the_rule_wants_others() {
    insta::assert_snapshot!(not_eligible(Verdict::OwnChange, except(Electorate::anyone(), &["U1", "U2"])), @"Your click was not counted: you made some of this change. Can't vote on their own change: <@U1>, <@U2>.");
    let said = Electorate { own_word: vec!["U1".to_owned()], ..Electorate::anyone() };
    insta::assert_snapshot!(not_eligible(Verdict::OwnWord, said), @"Your click was not counted: nobody else has confirmed what you said on the page People about who made this.");
    insta::assert_snapshot!(not_eligible(Verdict::OwnChange, except(authors(3), &["U1"])), @"Your click was not counted: you made some of this change. Only the authors of this deploy can vote: <@U2>, <@U3>. Can't vote on their own change: <@U1>.");
}

#[test]
fn a_click_that_asks_for_what_is_not_there_is_told_so() {
    insta::assert_snapshot!(told(Refusal::OtherSubject), @"Your click was not counted: this button belongs to an older version of the change. Use the buttons of the current dialog.");
    insta::assert_snapshot!(told(Refusal::ReasonNeeded), @"Your click was not counted: it needs a reason. Click again and add one.");
    insta::assert_snapshot!(told(Refusal::NoVote), @"You have no vote to withdraw here.");
    insta::assert_snapshot!(told(Refusal::NoQuorum), @"There is nothing left to undo.");
    insta::assert_snapshot!(NO_SUCH_APPROVAL, @"Your click was not counted: this approval is no longer on record. Deploy again to ask again.");
    insta::assert_snapshot!(NO_SUCH_RUN, @"Nothing was done: this run is no longer on record.");
}

#[test]
fn who_says_too_late_what_became_of_a_step_is_told_so() {
    insta::assert_snapshot!(resolution_refused(run::Refusal::Repeated), @"Nothing was done: somebody was faster. Its line in the thread says who.");
    insta::assert_snapshot!(resolution_refused(run::Refusal::OutOfTurn), @"Nothing was done: this step does not allow that.");
    insta::assert_snapshot!(resolution_refused(run::Refusal::ReasonNeeded), @"Nothing was done: add a reason to skip it.");
    assert_eq!(resolution_refused(run::Refusal::NoSuchStep), NO_SUCH_RUN);
}

#[test]
fn the_window_that_asks_why() {
    let window = ask_reason(
        &Approval { name: "Promote <now>".to_owned(), ..approval() },
        "Approve",
        Asking::Reason,
        "d a mark",
    );
    insta::assert_snapshot!(serde_json::to_string_pretty(&window).expect("JSON"), @r#"
    {
      "blocks": [
        {
          "text": {
            "text": "*Promote &lt;now&gt;* (`7bf7226`)",
            "type": "mrkdwn",
            "verbatim": true
          },
          "type": "section"
        },
        {
          "block_id": "reason",
          "element": {
            "action_id": "reason",
            "max_length": 500,
            "min_length": 1,
            "multiline": true,
            "type": "plain_text_input"
          },
          "hint": {
            "text": "Shown in Slack and kept in the record.",
            "type": "plain_text"
          },
          "label": {
            "text": "Why?",
            "type": "plain_text"
          },
          "type": "input"
        }
      ],
      "callback_id": "reason",
      "close": {
        "text": "Back",
        "type": "plain_text"
      },
      "private_metadata": "d a mark",
      "submit": {
        "text": "Approve",
        "type": "plain_text"
      },
      "title": {
        "text": "Approve",
        "type": "plain_text"
      },
      "type": "modal"
    }
    "#);
}

#[test]
fn the_window_that_says_something() {
    insta::assert_snapshot!(serde_json::to_string_pretty(&say("Your click was not counted.")).expect("JSON"), @r#"
    {
      "blocks": [
        {
          "text": {
            "text": "Your click was not counted.",
            "type": "mrkdwn",
            "verbatim": true
          },
          "type": "section"
        }
      ],
      "close": {
        "text": "Close",
        "type": "plain_text"
      },
      "title": {
        "text": "Not counted",
        "type": "plain_text"
      },
      "type": "modal"
    }
    "#);
}

#[test]
fn slack_takes_every_window() {
    let length = |window: &serde_json::Value| {
        window["blocks"][0]["text"]["text"].as_str().map(|text| text.chars().count()).unwrap_or_default()
    };
    let long = "<&\u{1f680}".repeat(3000);
    let named =
        ask_reason(&Approval { name: long.clone(), ..approval() }, "Approve", Asking::Reason, "d a mark");
    assert!((200..=3000).contains(&length(&named)), "{}", length(&named));
    assert!((2990..=3000).contains(&length(&say(&long))), "{}", length(&say(&long)));
    for doing in ["Approve", "Reject", "Cancel it"] {
        assert_eq!(ask_reason(&approval(), doing, Asking::Reason, "")["title"]["text"], doing);
        assert!(doing.len() <= 24);
    }
    let electorate = Electorate { not_found: vec![long; 900], ..except(authors(900), &["U1"]) };
    let told = not_eligible(Verdict::NotNamed, electorate);
    assert!(told.chars().count() <= 40_000, "{}", told.chars().count());
}
