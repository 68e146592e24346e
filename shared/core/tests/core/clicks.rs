//! Clicks by different people, at different times and on different subjects.

use crate::approval_table::{outcome, table};
use crate::samples::{
    after, approval, at, authors, because, click, except, for_it, member, of_three, voted, with_votes,
};
use signoff_core::action::Reasons;
use signoff_core::approval::{
    Approval, ApprovalAction, Ask, Blocker, Choice, Click, Closed, Command, Electorate, Refusal, Standing,
    Status, Voter, decide,
};
use signoff_core::effect::EffectKind;
use signoff_core::event::EventKind;

use Choice::{Approve, Reject};

/// A click by `voter` on the sample's dialog.
fn by(voter: Voter, ask: Ask) -> Command {
    Command::Click(Click { voter, ask, at: at(90), subject: approval().subject.mark() })
}

fn cancel(reason: &str) -> Ask {
    ApprovalAction::Cancel.because(reason.to_owned())
}

#[test]
fn a_click_no_later_than_the_persons_last_changes_nothing() {
    let two = Approval { votes_required: 3, rejections_required: 3, ..of_three() };
    let approved = after(&two, click("U1", for_it(Approve), 60), 60);
    let changed = after(&approved, click("U1", for_it(Reject), 70), 70);
    let withdrawn = after(&changed, click("U1", ApprovalAction::Withdraw.into(), 80), 80);
    let again = |state: &Approval, ask: Ask, clicked| outcome(state, click("U1", ask, clicked), 120);
    insta::assert_snapshot!(table([
        ("the vote, once more", again(&approved, for_it(Approve), 60)),
        ("another vote, a moment before", again(&approved, for_it(Reject), 59)),
        ("another vote, a moment later", again(&approved, for_it(Reject), 61)),
        ("the first vote, after it was changed", again(&changed, for_it(Approve), 60)),
        ("the vote, after it was withdrawn", again(&withdrawn, for_it(Reject), 70)),
        ("the withdrawal, once more", again(&withdrawn, ApprovalAction::Withdraw.into(), 80)),
        ("a new vote after the withdrawal", again(&withdrawn, for_it(Reject), 81)),
    ]), @"
    the vote, once more                   refused: Replayed
    another vote, a moment before         refused: Replayed
    another vote, a moment later          pending 0:1; do: draw_dialog; record: vote_cast
    the first vote, after it was changed  refused: Replayed
    the vote, after it was withdrawn      refused: Replayed
    the withdrawal, once more             refused: Replayed
    a new vote after the withdrawal       pending 0:1; do: draw_dialog; record: vote_cast
    ");
}

#[test]
fn older_click_does_not_undo_a_repeated_vote() {
    // Reject, approve, reject, in a hurry; the approval comes last.
    let two = Approval { rejections_required: 2, ..of_three() };
    let first = after(&two, click("U1", for_it(Reject), 60), 60);
    let third = after(&first, click("U1", for_it(Reject), 62), 62);
    assert_eq!(third.votes, first.votes);
    assert_eq!(decide(&third, click("U1", for_it(Approve), 61), at(63)), Err(Refusal::Replayed));
}

#[test]
fn a_vote_that_somebody_undid_does_not_come_back_by_itself() {
    let window = Some(jiff::SignedDuration::from_mins(2));
    let quorum = voted(Approval { undo_window: window, ..approval() }, &[("U1", Approve)]);
    let undone = after(&quorum, click("U2", ApprovalAction::Undo.into(), 90), 90);
    let again = |voter, ask, clicked| outcome(&undone, click(voter, ask, clicked), 120);
    insta::assert_snapshot!(table([
        ("the vote that was undone, once more", again("U1", for_it(Approve), 60)),
        ("the undo, once more", again("U2", ApprovalAction::Undo.into(), 90)),
        ("a new vote", again("U1", for_it(Approve), 100)),
    ]), @"
    the vote that was undone, once more  refused: Replayed
    the undo, once more                  refused: Replayed
    a new vote                           quorum 1:0; do: draw_dialog, confirm_quorum at 240; record: vote_cast, quorum_reached
    ");
}

#[test]
fn click_on_a_closed_approval_learns_the_outcome() {
    let closed = |status| Approval { status, ..with_votes(of_three(), &[("U1", Approve)]) };
    let rejected = closed(Status::Closed(Closed::Rejected { at: at(70) }));
    let other = Command::Click(Click {
        voter: member("U1"),
        ask: for_it(Reject),
        at: at(90),
        subject: "another".to_owned(),
    });
    insta::assert_snapshot!(table([
        ("what the person said, once more", outcome(&rejected, click("U1", for_it(Approve), 60), 120)),
        ("what the person said, by a new click", outcome(&rejected, click("U1", for_it(Approve), 90), 120)),
        ("the opposite", outcome(&rejected, click("U1", for_it(Reject), 90), 120)),
        ("the opposite, by an older click", outcome(&rejected, click("U1", for_it(Reject), 50), 120)),
        ("withdraw", outcome(&rejected, click("U1", ApprovalAction::Withdraw.into(), 90), 120)),
        ("somebody else's undo", outcome(&rejected, click("U2", ApprovalAction::Undo.into(), 90), 120)),
        ("somebody else's cancel", outcome(&rejected, click("U2", cancel("why"), 90), 120)),
        ("a button of another subject", outcome(&rejected, other, 120)),
    ]), @"
    what the person said, once more       refused: Replayed
    what the person said, by a new click  refused: Repeated
    the opposite                          refused: already rejected
    the opposite, by an older click       refused: Replayed
    withdraw                              refused: already rejected
    somebody else's undo                  refused: already rejected
    somebody else's cancel                refused: already rejected
    a button of another subject           refused: OtherSubject
    ");
}

#[test]
fn a_button_of_another_subject_does_nothing() {
    let command = |ask| {
        let subject = Approval { name: "same".to_owned(), ..approval() }.subject;
        let other = signoff_core::approval::Subject { revision: "98c2f5b".to_owned(), ..subject };
        Command::Click(Click { voter: member("U1"), ask, at: at(90), subject: other.mark() })
    };
    for ask in [
        for_it(Approve),
        for_it(Reject),
        ApprovalAction::Withdraw.into(),
        ApprovalAction::Undo.into(),
        cancel("why"),
    ] {
        assert_eq!(decide(&approval(), command(ask.clone()), at(120)), Err(Refusal::OtherSubject), "{ask:?}");
    }
}

#[test]
fn a_subject_is_another_where_any_part_of_it_is() {
    let subject = || approval().subject;
    let mut others = [subject(), subject(), subject(), subject(), subject()];
    others[0].revision.push('x');
    others[1].rule.push('x');
    others[2].rule_hash.push('x');
    others[3].plan.push("webhook: https://one.example".to_owned());
    others[4].plan.clear();
    let mut marks: Vec<_> = others.iter().map(|other| other.mark()).collect();
    marks.push(subject().mark());
    marks.sort();
    marks.dedup();
    assert_eq!(marks.len(), 6);
    assert!(marks.iter().all(|mark| mark.len() == 10));
}

#[test]
fn whose_click_counts_is_a_matter_of_account_then_of_the_rule() {
    let standing = |standing| Voter { standing, ..member("U1") };
    let elsewhere = |standing| Voter { workspace: "T2".to_owned(), ..Voter { standing, ..member("U1") } };
    let clicks = |electorate: Electorate| {
        let first = Approval { electorate, votes_required: 2, ..approval() };
        table([
            ("a member", outcome(&first, by(standing(Some(Standing::Member)), for_it(Approve)), 120)),
            ("not known in time", outcome(&first, by(standing(None), for_it(Approve)), 120)),
            ("a guest", outcome(&first, by(standing(Some(Standing::Guest)), for_it(Approve)), 120)),
            ("deactivated", outcome(&first, by(standing(Some(Standing::Deactivated)), for_it(Approve)), 120)),
            ("a bot", outcome(&first, by(standing(Some(Standing::Bot)), for_it(Approve)), 120)),
            (
                "a stranger by Slack's word",
                outcome(&first, by(standing(Some(Standing::Stranger)), for_it(Approve)), 120),
            ),
            ("a stranger by the workspace", outcome(&first, by(elsewhere(None), for_it(Approve)), 120)),
            (
                "a member of elsewhere",
                outcome(&first, by(elsewhere(Some(Standing::Member)), for_it(Reject)), 120),
            ),
            ("a member who cancels", outcome(&first, by(member("U1"), cancel("not today")), 120)),
            (
                "a guest who cancels",
                outcome(&first, by(standing(Some(Standing::Guest)), cancel("not today")), 120),
            ),
        ])
    };
    let named = |who: &str| Electorate { people: Some(vec![who.to_owned()]), ..authors(1) };
    insta::assert_snapshot!(clicks(Electorate::anyone()), @"
    a member                     pending 1:0; do: draw_dialog; record: vote_cast
    not known in time            pending 1:0; do: draw_dialog; record: vote_cast
    a guest                      refused: Guest
    deactivated                  refused: Deactivated
    a bot                        refused: Bot
    a stranger by Slack's word   refused: Stranger
    a stranger by the workspace  refused: Stranger
    a member of elsewhere        refused: Stranger
    a member who cancels         cancelled 0:0; do: draw_dialog, advance_run 0; record: approval_closed
    a guest who cancels          refused: Guest
    ");
    insta::assert_snapshot!(clicks(named("U2")), @"
    a member                     refused: NotNamed
    not known in time            refused: NotNamed
    a guest                      refused: Guest
    deactivated                  refused: Deactivated
    a bot                        refused: Bot
    a stranger by Slack's word   refused: Stranger
    a stranger by the workspace  refused: Stranger
    a member of elsewhere        refused: Stranger
    a member who cancels         refused: NotNamed
    a guest who cancels          refused: Guest
    ");
    insta::assert_snapshot!(clicks(except(named("U1"), &["U1"])), @"
    a member                     refused: OwnChange
    not known in time            refused: OwnChange
    a guest                      refused: Guest
    deactivated                  refused: Deactivated
    a bot                        refused: Bot
    a stranger by Slack's word   refused: Stranger
    a stranger by the workspace  refused: Stranger
    a member of elsewhere        refused: Stranger
    a member who cancels         cancelled 0:0; do: draw_dialog, advance_run 0; record: approval_closed
    a guest who cancels          refused: Guest
    ");
}

#[test]
fn who_may_not_vote_any_more_may_still_withdraw() {
    let first =
        with_votes(Approval { electorate: authors(3), votes_required: 2, ..approval() }, &[("U1", Approve)]);
    let left = Voter { workspace: "T2".to_owned(), standing: Some(Standing::Deactivated), ..member("U1") };
    let only_others = Approval { electorate: except(authors(3), &["U1"]), ..first };
    assert_eq!(
        outcome(&only_others, by(left, ApprovalAction::Withdraw.into()), 120),
        "pending 0:0; do: draw_dialog; record: vote_withdrawn"
    );
    assert_eq!(
        outcome(&only_others, by(member("U2"), ApprovalAction::Withdraw.into()), 120),
        "refused: NoVote"
    );
}

#[test]
fn a_vote_needs_a_reason_where_the_rule_says_so() {
    let result = |require_reason, ask| {
        let approval = Approval { require_reason, votes_required: 2, ..approval() };
        outcome(&approval, click("U1", ask, 60), 60)
    };
    for (rule, approve, reject) in [
        (Reasons::Never, true, true),
        (Reasons::Approve, false, true),
        (Reasons::Reject, true, false),
        (Reasons::Both, false, false),
    ] {
        assert_eq!(result(rule, for_it(Approve)) != "refused: ReasonNeeded", approve, "{rule:?}");
        assert_eq!(result(rule, for_it(Reject)) != "refused: ReasonNeeded", reject, "{rule:?}");
        assert_eq!(result(rule, because(Approve, " \n\t")) != "refused: ReasonNeeded", approve, "{rule:?}");
        let with = "pending 1:0; do: draw_dialog; record: vote_cast";
        assert_eq!(result(rule, because(Approve, "it is tested")), with, "{rule:?}");
    }
}

#[test]
fn a_reason_is_kept_as_it_was_said_without_the_space_around_it() {
    let two = Approval { votes_required: 2, ..approval() };
    let first = after(&two, click("U1", because(Approve, "  it is\n tested "), 60), 60);
    assert_eq!(first.votes[0].reason.as_deref(), Some("it is\n tested"));
    let same = after(&first, click("U1", because(Approve, "it is\n tested"), 70), 70);
    assert_eq!(same.votes, first.votes);
    let decision = decide(&first, click("U1", because(Approve, "twice"), 80), at(80)).expect("a new reason");
    assert_eq!(decision.next.votes[0].reason.as_deref(), Some("twice"));
    assert_eq!((decision.next.votes.len(), decision.next.votes[0].at), (1, at(80)));
    let EventKind::VoteCast { previous, reason, standing, .. } = &decision.events[0] else {
        panic!("{:?}", decision.events)
    };
    assert_eq!((*previous, reason.as_deref()), (Some(Approve), Some("twice")));
    assert_eq!(*standing, Some(Standing::Member));
}

#[test]
fn a_changed_vote_keeps_its_place_and_says_what_it_replaces() {
    let first = with_votes(
        Approval { votes_required: 3, rejections_required: 2, ..approval() },
        &[("U1", Approve), ("U2", Approve)],
    );
    let decision = decide(&first, click("U1", for_it(Reject), 120), at(120)).expect("a change");
    let voters: Vec<_> = decision.next.votes.iter().map(|vote| vote.voter.as_str()).collect();
    assert_eq!(voters, ["U1", "U2"]);
    assert_eq!((decision.next.votes[0].choice, decision.next.votes[0].at), (Reject, at(120)));
    let event = serde_json::to_value(&decision.events[0]).expect("JSON");
    assert_eq!((event["choice"].as_str(), event["previous"].as_str()), (Some("reject"), Some("approve")));
}

#[test]
fn who_cancels_says_why() {
    assert_eq!(outcome(&approval(), click("U1", cancel(" \n"), 60), 60), "refused: ReasonNeeded");
    let decision = decide(&approval(), click("U1", cancel(" not today "), 60), at(60)).expect("cancelled");
    let by = Some("U1".to_owned());
    assert_eq!(
        decision.next.status,
        Status::Closed(Closed::Cancelled { at: at(60), by, reason: "not today".to_owned() })
    );
    let advance = serde_json::to_value(&decision.effects[1]).expect("JSON");
    assert_eq!(advance["outcome"]["ended"], "cancelled by name of U1: not today");
}

#[test]
fn vote_after_the_deadline_is_refused_before_the_clock() {
    let first = with_votes(
        Approval { expires_at: Some(at(100)), votes_required: 2, ..approval() },
        &[("U1", Approve)],
    );
    let late = |ask: Ask, now| outcome(&first, click("U2", ask, 90), now);
    insta::assert_snapshot!(table([
        ("a moment before", late(for_it(Approve), 99)),
        ("on time's end", late(for_it(Approve), 100)),
        ("a rejection", late(for_it(Reject), 101)),
        ("an undo", late(ApprovalAction::Undo.into(), 101)),
        ("a cancel", late(cancel("why"), 101)),
        ("a withdrawal", outcome(&first, click("U1", ApprovalAction::Withdraw.into(), 90), 101)),
        ("the clock, before", outcome(&first, Command::Expire, 99)),
        ("the clock", outcome(&first, Command::Expire, 100)),
    ]), @"
    a moment before    quorum 2:0; do: draw_dialog, confirm_quorum; record: vote_cast, quorum_reached
    on time's end      refused: already expired
    a rejection        refused: already expired
    an undo            refused: already expired
    a cancel           refused: already expired
    a withdrawal       refused: already expired
    the clock, before  refused: NotNow
    the clock          expired 1:0; do: draw_dialog, advance_run 0; record: approval_closed
    ");
    let endless = Approval { expires_at: None, ..first };
    assert_eq!(outcome(&endless, Command::Expire, 1_000_000), "refused: NotNow");
}

#[test]
fn repeated_vote_has_a_blocked_approval_looked_at() {
    let blocked = vec![Blocker::NoBase];
    let electorate = Electorate { blocked, ..approval().electorate };
    let open = Approval { votes_required: 2, electorate, ..approval() };
    let voted = after(&open, click("U1", for_it(Approve), 60), 60);
    let looks = |second| {
        let decision = decide(&voted, click("U1", for_it(Approve), second), at(second)).expect("a click");
        decision.effects.contains(&EffectKind::JudgeAgain { approval: open.id.clone(), round: 0 })
    };
    assert_eq!([90, 120].map(looks), [false, true], "once a minute");
}

#[test]
fn vote_short_of_the_quorum_looks_up_named_approvers() {
    let named = Approval { votes_required: 2, electorate: authors(3), ..approval() };
    let looks = |open: &Approval, ask, second| {
        let decision = decide(open, click("U1", ask, second), at(second)).expect("a click");
        decision.effects.contains(&EffectKind::JudgeAgain { approval: open.id.clone(), round: 0 })
    };
    assert!(looks(&named, for_it(Approve), 60), "those who are left may be gone");
    let voted = after(&named, click("U1", for_it(Approve), 60), 60);
    assert!(!looks(&voted, for_it(Reject), 200), "nobody is missing for a rejection");
    let enough = Approval { votes_required: 1, ..named.clone() };
    assert!(!looks(&enough, for_it(Approve), 60), "a quorum has a look of its own");
    let anyone = Approval { electorate: Electorate::anyone(), ..named };
    assert!(!looks(&anyone, for_it(Approve), 60), "there is nobody to look up");
}
