//! The dialog in each state, as Slack gets it.

use crate::samples::{
    Branches, after, all_may, approval, ask_with, at, authors, because, check, click, except, for_it, hook,
    of_three, opened, successor, voted,
};
use jiff::SignedDuration;
use serde_json::Value;
use signoff_core::action::{Action, BuildRef};
use signoff_core::approval::{Approval, ApprovalAction, Choice, Command, Electorate, Verdict, decide};
use signoff_core::deploy::RulesChange;
use signoff_core::message::{Message, dialog};
use signoff_core::run::{Run, StepState};

use Choice::{Approve, Reject};

/// The blocks after the prompt, a line each: their kind, then what they say.
pub fn drawn(approval: &Approval, run: Option<&Run>) -> String {
    let blocks = blocks(approval, run);
    blocks.iter().skip(1).map(|block| format!("{}\n", said(block))).collect()
}

pub fn blocks(approval: &Approval, run: Option<&Run>) -> Vec<Value> {
    dialog(approval, run).blocks.as_array().expect("a list of blocks").clone()
}

/// The text of a block; of buttons, their actions and values too.
pub fn said(block: &Value) -> String {
    let text = |value: &Value| value["text"].as_str().unwrap_or_default().to_owned();
    let button = |button: &Value| {
        let style = button["style"].as_str().map(|style| format!(", {style}")).unwrap_or_default();
        format!("[{}: {} {}{style}]", text(&button["text"]), button["action_id"], button["value"])
    };
    let element = |element: &Value| match element["type"].as_str() {
        Some("overflow") => {
            let options = element["options"].as_array().into_iter().flatten();
            let options: Vec<_> =
                options.map(|option| format!("{}: {}", text(&option["text"]), option["value"])).collect();
            format!("[{}: {}]", element["action_id"], options.join("; "))
        }
        _ => button(element),
    };
    match block["type"].as_str() {
        Some("section") => format!("section: {}", text(&block["text"])),
        Some("context") => format!("context: {}", text(&block["elements"][0])),
        Some("actions") => {
            let elements: Vec<_> = block["elements"].as_array().into_iter().flatten().map(element).collect();
            format!("{}: {}", block["block_id"], elements.join(" "))
        }
        other => panic!("a block of the kind {other:?}"),
    }
}

/// Two approvals are needed, of three people; it can be undone for a minute.
fn with_window() -> Approval {
    Approval { undo_window: Some(SignedDuration::from_mins(1)), ..of_three() }
}

fn both() -> [(&'static str, Choice); 2] {
    [("U1", Approve), ("U2", Approve)]
}

#[test]
fn a_new_dialog_is_the_prompt_and_its_buttons() {
    let message = dialog(&approval(), None);
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
            "value": "d a cfa564f969"
          },
          {
            "action_id": "reject",
            "style": "danger",
            "text": {
              "text": "Reject",
              "type": "plain_text"
            },
            "type": "button",
            "value": "d a cfa564f969"
          },
          {
            "action_id": "more",
            "options": [
              {
                "text": {
                  "text": "Withdraw my vote",
                  "type": "plain_text"
                },
                "value": "withdraw d a cfa564f969"
              },
              {
                "text": {
                  "text": "Cancel this approval",
                  "type": "plain_text"
                },
                "value": "cancel d a cfa564f969"
              }
            ],
            "type": "overflow"
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
    let quorum = voted(approval(), &[("U1", Approve)]);
    let approved = after(&quorum, all_may(&quorum), 61);
    insta::assert_snapshot!(serde_json::to_string_pretty(&dialog(&approved, None).blocks).expect("JSON"), @r#"
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
          "type": "mrkdwn",
          "verbatim": true
        },
        "type": "section"
      },
      {
        "elements": [
          {
            "text": "Action approved on <!date^1620733381^{date} at {time}|2021-05-11 at 11:43 UTC>.",
            "type": "mrkdwn",
            "verbatim": true
          }
        ],
        "type": "context"
      }
    ]
    "#);
    insta::assert_snapshot!(dialog(&approved, None).text, @"
    <@U1>, would you like to promote <https://signoff.example.com/deploys/d|7bf7226 - work-test (Production)> to production?
    Action approved on <!date^1620733381^{date} at {time}|2021-05-11 at 11:43 UTC>.
    *Votes:*
    <@U1> :+1:
    ");
}

#[test]
fn a_dialog_says_what_is_still_needed() {
    let anyone = Approval { votes_required: 2, ..approval() };
    insta::assert_snapshot!(drawn(&anyone, None), @r#"
    context: 0 of 2 approvals, 2 more needed.
    "votes": [Approve: "approve" "d a cfa564f969", primary] [Reject: "reject" "d a cfa564f969", danger] ["more": Withdraw my vote: "withdraw d a cfa564f969"; Cancel this approval: "cancel d a cfa564f969"]
    "#);
    let three =
        Approval { votes_required: 3, rejections_required: 2, expires_at: Some(at(3600)), ..of_three() };
    let voted = voted(three, &[("U1", Approve), ("U2", Approve), ("U3", Reject)]);
    insta::assert_snapshot!(drawn(&voted, None), @r#"
    section: *Votes:*
    <@U1> :+1:
    <@U2> :+1:
    <@U3> :-1:
    context: 2 of 3 approvals, 1 more needed. 1 of 2 rejections. Expires on <!date^1620736920^{date} at {time}|2021-05-11 at 12:42 UTC>. Only the authors of this deploy can vote: <@U1>, <@U2>, <@U3>.
    "votes": [Approve: "approve" "d a cfa564f969", primary] [Reject: "reject" "d a cfa564f969", danger] ["more": Withdraw my vote: "withdraw d a cfa564f969"; Cancel this approval: "cancel d a cfa564f969"]
    "#);
}

#[test]
fn a_dialog_says_who_may_vote() {
    let of = |electorate| drawn(&Approval { electorate, ..approval() }, None);
    let people = |who: &str, people: &[&str]| Electorate {
        people: Some(people.iter().map(ToString::to_string).collect()),
        who: who.to_owned(),
        ..Electorate::anyone()
    };
    insta::assert_snapshot!(of(people("@release & <ops>", &["U1", "U2"])), @r#"
    context: Only @release &amp; &lt;ops&gt; can vote: <@U1>, <@U2>.
    "votes": [Approve: "approve" "d a cfa564f969", primary] [Reject: "reject" "d a cfa564f969", danger] ["more": Withdraw my vote: "withdraw d a cfa564f969"; Cancel this approval: "cancel d a cfa564f969"]
    "#);
    insta::assert_snapshot!(of(authors(0)), @r#"
    context: Only the authors of this deploy can vote, and none of them has a Slack account.
    "votes": [Approve: "approve" "d a cfa564f969", primary] [Reject: "reject" "d a cfa564f969", danger] ["more": Withdraw my vote: "withdraw d a cfa564f969"; Cancel this approval: "cancel d a cfa564f969"]
    "#);
    insta::assert_snapshot!(of(authors(25)), @r#"
    context: Only the authors of this deploy can vote: <@U1>, <@U2>, <@U3>, <@U4>, <@U5>, <@U6>, <@U7>, <@U8>, <@U9>, <@U10>, <@U11>, <@U12>, <@U13>, <@U14>, <@U15>, <@U16>, <@U17>, <@U18>, <@U19>, <@U20> and 5 more.
    "votes": [Approve: "approve" "d a cfa564f969", primary] [Reject: "reject" "d a cfa564f969", danger] ["more": Withdraw my vote: "withdraw d a cfa564f969"; Cancel this approval: "cancel d a cfa564f969"]
    "#);
}

#[test]
fn a_dialog_of_four_eyes_says_who_made_the_change() {
    let of = |electorate| drawn(&Approval { electorate, ..approval() }, None);
    insta::assert_snapshot!(of(except(Electorate::anyone(), &["U1", "U2"])), @r#"
    context: Can't vote on their own change: <@U1>, <@U2>.
    "votes": [Approve: "approve" "d a cfa564f969", primary] [Reject: "reject" "d a cfa564f969", danger] ["more": Withdraw my vote: "withdraw d a cfa564f969"; Cancel this approval: "cancel d a cfa564f969"]
    "#);
    let not_found = vec!["Ana <ana@example.com>".to_owned(), "bob`".to_owned()];
    let said = Electorate {
        own_word: vec!["U3".to_owned()],
        people_page: Some("https://signoff.example.com/settings/people".to_owned()),
        not_found: not_found.clone(),
        ..Electorate::anyone()
    };
    insta::assert_snapshot!(of(said), @r#"
    context: <@U3> can't vote: nobody else has confirmed what they said about who made this. Not found in Slack, so not excluded from voting: `Ana &lt;ana@example.com&gt;`, `bob'`. An admin can add them: <https://signoff.example.com/settings/people|People>.
    "votes": [Approve: "approve" "d a cfa564f969", primary] [Reject: "reject" "d a cfa564f969", danger] ["more": Withdraw my vote: "withdraw d a cfa564f969"; Cancel this approval: "cancel d a cfa564f969"]
    "#);
    insta::assert_snapshot!(of(Electorate { not_found, ..except(authors(3), &["U1"]) }), @r#"
    context: Only the authors of this deploy can vote: <@U2>, <@U3>. Can't vote on their own change: <@U1>. Not found in Slack, so not excluded from voting: `Ana &lt;ana@example.com&gt;`, `bob'`.
    "votes": [Approve: "approve" "d a cfa564f969", primary] [Reject: "reject" "d a cfa564f969", danger] ["more": Withdraw my vote: "withdraw d a cfa564f969"; Cancel this approval: "cancel d a cfa564f969"]
    "#);
    insta::assert_snapshot!(of(except(authors(1), &["U1"])), @r#"
    context: Only the authors of this deploy can vote, and it is their own change. Can't vote on their own change: <@U1>.
    "votes": [Approve: "approve" "d a cfa564f969", primary] [Reject: "reject" "d a cfa564f969", danger] ["more": Withdraw my vote: "withdraw d a cfa564f969"; Cancel this approval: "cancel d a cfa564f969"]
    "#);
}

#[test]
fn a_dialog_says_that_the_deploy_changes_its_own_rules() {
    let of = |rules_change| drawn(&Approval { rules_change, ..approval() }, None);
    insta::assert_snapshot!(of(RulesChange::Yes(vec![".signoff/rules.yml".to_owned(), "a`b<c>".to_owned()])), @r#"
    context: :warning: This deploy changes its own rules: `.signoff/rules.yml`, `a'b&lt;c&gt;`.
    "votes": [Approve: "approve" "d a cfa564f969", primary] [Reject: "reject" "d a cfa564f969", danger] ["more": Withdraw my vote: "withdraw d a cfa564f969"; Cancel this approval: "cancel d a cfa564f969"]
    "#);
    insta::assert_snapshot!(of(RulesChange::Unknown), @r#"
    context: :grey_question: The git host did not say whether this deploy changes the rules that guard it, or what CI runs.
    "votes": [Approve: "approve" "d a cfa564f969", primary] [Reject: "reject" "d a cfa564f969", danger] ["more": Withdraw my vote: "withdraw d a cfa564f969"; Cancel this approval: "cancel d a cfa564f969"]
    "#);
    assert_eq!(of(RulesChange::No), drawn(&approval(), None));
}

#[test]
fn a_vote_stands_with_its_reason_in_one_line() {
    let first = after(
        &Approval { votes_required: 3, rejections_required: 2, ..approval() },
        click("U1", because(Approve, "tested\n\non <staging> & by  hand"), 60),
        60,
    );
    insta::assert_snapshot!(drawn(&after(&first, click("U2", because(Reject, "not on Friday"), 60), 60), None), @r#"
    section: *Votes:*
    <@U1> :+1: tested on &lt;staging&gt; &amp; by hand
    <@U2> :-1: not on Friday
    context: 1 of 3 approvals, 2 more needed. 1 of 2 rejections.
    "votes": [Approve: "approve" "d a cfa564f969", primary] [Reject: "reject" "d a cfa564f969", danger] ["more": Withdraw my vote: "withdraw d a cfa564f969"; Cancel this approval: "cancel d a cfa564f969"]
    "#);
}

#[test]
fn a_quorum_says_what_it_waits_for() {
    let postpone = |approval: &Approval, reason: &str| {
        after(approval, Command::Postpone { reason: reason.to_owned() }, 70)
    };
    let at_once = voted(of_three(), &both());
    insta::assert_snapshot!(drawn(&at_once, None), @r#"
    section: *Votes:*
    <@U1> :+1:
    <@U2> :+1:
    context: 2 approvals. Signoff is checking that those who approved can still approve.
    "votes": [Approve: "approve" "d a cfa564f969", primary] [Reject: "reject" "d a cfa564f969", danger] ["more": Withdraw my vote: "withdraw d a cfa564f969"; Cancel this approval: "cancel d a cfa564f969"]
    "#);
    insta::assert_snapshot!(drawn(&postpone(&at_once, "Slack answered 503"), None), @r#"
    section: *Votes:*
    <@U1> :+1:
    <@U2> :+1:
    context: 2 approvals. Signoff could not check yet that those who approved can still approve: Slack answered 503. It tries again.
    "votes": [Approve: "approve" "d a cfa564f969", primary] [Reject: "reject" "d a cfa564f969", danger] ["more": Withdraw my vote: "withdraw d a cfa564f969"; Cancel this approval: "cancel d a cfa564f969"]
    "#);
    let window = voted(with_window(), &both());
    insta::assert_snapshot!(drawn(&window, None), @r#"
    section: *Votes:*
    <@U1> :+1:
    <@U2> :+1:
    context: 2 approvals. It goes ahead on <!date^1620733440^{date} at {time_secs}|2021-05-11 at 11:44:00 UTC> unless somebody presses Undo.
    "votes": [Undo: "undo" "d a cfa564f969", danger]
    "#);
    let more = after(&window, click("U3", for_it(Approve), 70), 70);
    insta::assert_snapshot!(drawn(&postpone(&more, "the token was revoked: reinstall the app"), None), @r#"
    section: *Votes:*
    <@U1> :+1:
    <@U2> :+1:
    <@U3> :+1:
    context: 3 approvals. Signoff could not check yet that those who approved can still approve: the token was revoked: reinstall the app. It tries again.
    "votes": [Undo: "undo" "d a cfa564f969", danger]
    "#);
}

#[test]
fn a_dialog_says_whose_approval_does_not_count() {
    use Verdict::{Bot, Deactivated, Guest, NotNamed, OwnChange, Stranger};
    let first = Approval { votes_required: 7, ..approval() };
    let of = |verdicts: &[Verdict]| {
        let voters: Vec<_> = (1..=7).map(|number| format!("U{number}")).collect();
        let ballots: Vec<_> = voters.iter().map(|voter| (voter.as_str(), Approve)).collect();
        let quorum = voted(first.clone(), &ballots);
        let seen: Vec<_> = voters.iter().map(String::as_str).zip(verdicts.iter().copied()).collect();
        drawn(&after(&quorum, check(Electorate::anyone(), &seen), 70), None)
    };
    insta::assert_snapshot!(of(&[Deactivated, Guest, Stranger, Bot]), @r#"
    section: *Votes:*
    <@U5> :+1:
    <@U6> :+1:
    <@U7> :+1:
    context: :no_entry_sign: The approval of <@U4> does not count: it is a bot.
    :no_entry_sign: The approval of <@U3> does not count: they are in another workspace.
    :no_entry_sign: The approval of <@U2> does not count: they are a guest of this workspace.
    :no_entry_sign: The approval of <@U1> does not count: their account is deactivated.
    context: 3 of 7 approvals, 4 more needed.
    "votes": [Approve: "approve" "d a cfa564f969", primary] [Reject: "reject" "d a cfa564f969", danger] ["more": Withdraw my vote: "withdraw d a cfa564f969"; Cancel this approval: "cancel d a cfa564f969"]
    "#);
    insta::assert_snapshot!(of(&[NotNamed, OwnChange]), @r#"
    section: *Votes:*
    <@U3> :+1:
    <@U4> :+1:
    <@U5> :+1:
    <@U6> :+1:
    <@U7> :+1:
    context: :no_entry_sign: The approval of <@U2> does not count: it is their own change.
    :no_entry_sign: The approval of <@U1> does not count: they are no longer an approver.
    context: 5 of 7 approvals, 2 more needed.
    "votes": [Approve: "approve" "d a cfa564f969", primary] [Reject: "reject" "d a cfa564f969", danger] ["more": Withdraw my vote: "withdraw d a cfa564f969"; Cancel this approval: "cancel d a cfa564f969"]
    "#);
    // The last few are told; everybody's is on record.
    assert_eq!(of(&[Deactivated; 7]).matches("does not count").count(), 5);
}

#[test]
fn a_closed_dialog_says_how_it_ended() {
    let one = voted(of_three(), &[("U1", Approve)]);
    let of = |command| drawn(&after(&one, command, 120), None);
    insta::assert_snapshot!(of(click("U2", for_it(Reject), 120)), @"
    section: *Votes:*
    <@U1> :+1:
    <@U2> :-1:
    context: Action rejected on <!date^1620733440^{date} at {time}|2021-05-11 at 11:44 UTC>.
    ");
    let expires = Approval { expires_at: Some(at(100)), ..one.clone() };
    insta::assert_snapshot!(drawn(&after(&expires, Command::Expire, 120), None), @"
    section: *Votes:*
    <@U1> :+1:
    context: Expired on <!date^1620733440^{date} at {time}|2021-05-11 at 11:44 UTC>: too few people voted in time.
    ");
    insta::assert_snapshot!(of(Command::Supersede(successor())), @"
    section: *Votes:*
    <@U1> :+1:
    context: Superseded on <!date^1620733440^{date} at {time}|2021-05-11 at 11:44 UTC> by <https://signoff.example.com/deploys/d2|98c2f5b - checkout (Staging)>.
    ");
    insta::assert_snapshot!(of(click("U2", ApprovalAction::Cancel.because("not on <Friday>"), 120)), @"
    section: *Votes:*
    <@U1> :+1:
    context: Action cancelled by <@U2> on <!date^1620733440^{date} at {time}|2021-05-11 at 11:44 UTC>: not on &lt;Friday&gt;.
    ");
    let reason = "the dialog could not be shown in #deploys for a day: channel_not_found".to_owned();
    insta::assert_snapshot!(of(Command::Cancel { reason }), @"
    section: *Votes:*
    <@U1> :+1:
    context: Action cancelled on <!date^1620733440^{date} at {time}|2021-05-11 at 11:44 UTC>: the dialog could not be shown in #deploys for a day: channel_not_found.
    ");
}

/// A run that waits for this approval, whose next step is in this state.
fn run(state: StepState) -> (Approval, Run) {
    let branches = Branches { on_success: vec![hook("one.example")], ..Branches::default() };
    let mut run = opened(&[ask_with("Promote", branches), hook("two.example")]).next;
    run.steps[1].state = state;
    let id = run.thread_of(1).expect("a thread");
    let quorum = voted(approval(), &[("U1", Approve)]);
    (Approval { id, ..after(&quorum, all_may(&quorum), 61) }, run)
}

#[test]
fn a_dialog_closes_with_what_failed_after_it() {
    let reason = "no answer from one.example within 10 s".to_owned();
    let (approved, mut run) = run(StepState::Unknown { at: at(90), reason });
    insta::assert_snapshot!(drawn(&approved, Some(&run)), @"
    section: *Votes:*
    <@U1> :+1:
    context: Approved, but `webhook: https://one.example` may or may not have happened: no answer from one.example within 10 s.
    ");
    run.steps[1].state = StepState::Failed { at: at(90), reason: "one.example answered <500>".to_owned() };
    insta::assert_snapshot!(drawn(&approved, Some(&run)), @"
    section: *Votes:*
    <@U1> :+1:
    context: Approved, but `webhook: https://one.example` failed: one.example answered &lt;500&gt;.
    ");
    let build = BuildRef { build: "build-and-deploy".to_owned(), job: None };
    run.steps[1].action = Action::AutoApproveBuild(build);
    run.steps[2].state = run.steps[1].state.clone();
    insta::assert_snapshot!(drawn(&approved, Some(&run)), @"
    section: *Votes:*
    <@U1> :+1:
    context: Approved, but `build-and-deploy` was not approved: one.example answered &lt;500&gt;. Another action failed, too.
    ");
    // Not in another approval's dialog, and not once somebody dealt with it.
    assert!(!drawn(&approval(), Some(&run)).contains(", but"));
    run.steps[1].state = StepState::Running { note: None, waits: false };
    run.steps[2].state = StepState::Waiting;
    assert!(!drawn(&approved, Some(&run)).contains(", but"));
}

#[test]
fn a_dialogs_text_says_all_that_its_blocks_say() {
    let reason = "no answer".to_owned();
    let (approved, run) = run(StepState::Unknown { at: at(90), reason });
    let all = Approval { rules_change: RulesChange::Unknown, ..approved };
    let Message { text, .. } = dialog(&all, Some(&run));
    for block in blocks(&all, Some(&run)).iter().filter(|block| block["type"] != "actions") {
        let said = said(block);
        let (_, line) = said.split_once(": ").expect("a kind and a text");
        assert!(text.contains(line), "{line}");
    }
}

#[test]
fn a_dialog_drawn_twice_is_the_same() {
    let quorum = voted(with_window(), &both());
    assert_eq!(dialog(&quorum, None), dialog(&quorum, None));
}

#[test]
fn a_name_slack_gave_is_not_in_the_dialog() {
    // Slack shows each reader the name that they know; what was recorded is for the deploy's page.
    let quorum = voted(approval(), &[("U1", Approve)]);
    let names = vec![("U1".to_owned(), "Ana <Novak> & co".to_owned())];
    let named = decide(&quorum, Command::Name(names), at(90)).expect("named").next;
    assert_eq!(dialog(&named, None), dialog(&quorum, None));
}

#[test]
fn empty_prompt_becomes_the_name_of_the_approval() {
    let empty = Approval { prompt: " \n".to_owned(), name: "Promote <now>".to_owned(), ..approval() };
    assert_eq!(blocks(&empty, None)[0]["text"]["text"], "Promote &lt;now&gt;");
}
