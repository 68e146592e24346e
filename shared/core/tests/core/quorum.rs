//! A quorum: the second look at the voters, the undo window, and everything that comes in between.

use crate::approval_table::{outcome, table};
use crate::samples::{after, all_may, approval, at, authors, check, click, except, for_it, of_three, voted};
use jiff::SignedDuration;
use signoff_core::approval::{
    Approval, ApprovalAction, Check, Choice, Closed, Command, Electorate, Refusal, Status, Struck, Verdict,
    decide,
};
use signoff_core::effect::EffectKind;
use signoff_core::event::EventKind;

use Choice::{Approve, Reject};
use Verdict::{Deactivated, Eligible};

/// U1 and U2 of four authors approved at 60; two are needed. It expires at 100.
fn quorum() -> Approval {
    let first = Approval { electorate: authors(4), expires_at: Some(at(100)), ..of_three() };
    voted(first, &[("U1", Approve), ("U2", Approve)])
}

/// The same, and it can be undone until 180.
fn with_window() -> Approval {
    let window = Some(SignedDuration::from_mins(2));
    let first =
        Approval { electorate: authors(4), expires_at: Some(at(100)), undo_window: window, ..of_three() };
    voted(first, &[("U1", Approve), ("U2", Approve)])
}

fn looked_up(voters: &[(&str, Verdict)]) -> Command {
    check(authors(4), voters)
}

#[test]
fn a_quorum_is_confirmed_at_once_or_after_its_window() {
    let last = |approval: Approval| {
        let first = voted(approval, &[("U1", Approve)]);
        outcome(&first, click("U2", for_it(Approve), 60), 60)
    };
    let window = |seconds| Approval { undo_window: Some(SignedDuration::from_secs(seconds)), ..of_three() };
    insta::assert_snapshot!(table([("at once", last(of_three())), ("after two minutes", last(window(120)))]), @"
    at once            quorum 2:0; do: draw_dialog, confirm_quorum; record: vote_cast, quorum_reached
    after two minutes  quorum 2:0; do: draw_dialog, confirm_quorum at 180; record: vote_cast, quorum_reached
    ");
    let endless = last(Approval { undo_window: Some(SignedDuration::MAX), ..of_three() });
    assert_eq!(endless, last(of_three()), "a window without an end is none");
}

#[test]
fn the_second_look_counts_who_still_may() {
    let (both, more) = (quorum(), after(&quorum(), click("U3", for_it(Approve), 70), 70));
    let before = |state: &Approval, voters: &[_]| outcome(state, looked_up(voters), 90);
    let later = |state: &Approval, voters: &[_]| outcome(state, looked_up(voters), 110);
    let gone = check(except(authors(4), &["U1", "U2"]), &[("U1", Eligible), ("U2", Eligible)]);
    insta::assert_snapshot!(table([
        ("both may", before(&both, &[("U1", Eligible), ("U2", Eligible)])),
        ("both may, after the deadline", later(&both, &[("U1", Eligible), ("U2", Eligible)])),
        ("one may not", before(&both, &[("U1", Deactivated), ("U2", Eligible)])),
        ("one may not, after the deadline", later(&both, &[("U1", Deactivated), ("U2", Eligible)])),
        ("it is their own change", outcome(&both, gone, 90)),
        ("one of three may not", before(&more, &[("U1", Deactivated), ("U2", Eligible), ("U3", Eligible)])),
        ("U3 approved meanwhile", before(&more, &[("U1", Eligible), ("U2", Eligible)])),
        ("the same, and one may not", before(&more, &[("U1", Deactivated), ("U2", Eligible)])),
        ("nobody was looked up", before(&both, &[])),
        ("a look at somebody without a vote", before(&both, &[("U1", Eligible), ("U4", Eligible)])),
    ]), @"
    both may                           approved 2:0; do: draw_dialog, advance_run 0; record: voters_checked, approval_closed
    both may, after the deadline       approved 2:0; do: draw_dialog, advance_run 0; record: voters_checked, approval_closed
    one may not                        pending 1:0; do: draw_dialog, tell_thread, expire at 100; record: voters_checked, vote_struck
    one may not, after the deadline    expired 1:0; do: draw_dialog, advance_run 0, tell_thread; record: voters_checked, vote_struck, approval_closed
    it is their own change             pending 0:0; do: draw_dialog, tell_thread, expire at 100; record: voters_checked, vote_struck, vote_struck
    one of three may not               approved 2:0; do: draw_dialog, advance_run 0; record: voters_checked, vote_struck, approval_closed
    U3 approved meanwhile              approved 3:0; do: draw_dialog, advance_run 0; record: voters_checked, approval_closed
    the same, and one may not          quorum 2:0; do: draw_dialog, confirm_quorum; record: voters_checked, vote_struck
    nobody was looked up               quorum 2:0; do: draw_dialog, confirm_quorum; record: voters_checked
    a look at somebody without a vote  quorum 2:0; do: draw_dialog, confirm_quorum; record: voters_checked
    ");
}

#[test]
fn who_approved_while_others_were_looked_up_is_looked_up_next() {
    let three = after(&quorum(), click("U3", for_it(Approve), 70), 70);
    let noted = after(&three, Command::Postpone { reason: "503".to_owned() }, 80);
    let rest = after(&noted, looked_up(&[("U1", Deactivated), ("U2", Eligible)]), 90);
    assert_eq!(rest.status, Status::Quorum { since: at(60), until: at(60), note: None });
    assert_eq!(rest.struck, [Struck { voter: "U1".to_owned(), why: Deactivated }]);
    let approved = after(&rest, all_may(&rest), 120);
    assert_eq!(approved.status, Status::Closed(Closed::Approved { at: at(120) }));
}

#[test]
fn the_second_look_is_on_record_with_what_it_saw() {
    let electorate = Electorate { people: Some(vec!["U1".to_owned()]), ..authors(1) };
    let voters = vec![("U1".to_owned(), Verdict::Guest), ("U2".to_owned(), Eligible)];
    let command = Command::Confirm(Check {
        electorate: electorate.clone(),
        voters: voters.clone(),
        base: None,
        breaker: None,
    });
    let decision = decide(&quorum(), command, at(90)).expect("a look");
    assert_eq!(decision.next.electorate, electorate);
    let approval = decision.next.id.clone();
    let struck = |id: &str, verdict| EventKind::VoteStruck {
        approval: approval.clone(),
        voter: id.to_owned(),
        name: format!("name of {id}"),
        verdict,
    };
    let checked = EventKind::VotersChecked { approval: approval.clone(), electorate, voters };
    assert_eq!(decision.events, [checked, struck("U1", Verdict::Guest), struck("U2", Verdict::NotNamed)]);
}

#[test]
fn who_rejected_counts_without_a_look() {
    let first = Approval { rejections_required: 2, ..quorum() };
    let against = after(&first, click("U3", for_it(Reject), 70), 70);
    let looked = after(&against, looked_up(&[("U1", Deactivated), ("U2", Eligible)]), 90);
    assert_eq!((looked.count(Approve), looked.count(Reject)), (1, 1));
    let votes = outcome(&looked, click("U4", for_it(Reject), 91), 91);
    assert_eq!(votes, "rejected 1:2; do: draw_dialog, advance_run 0; record: vote_cast, approval_closed");
}

#[test]
fn a_struck_voter_who_may_again_votes_again() {
    let struck = after(&quorum(), looked_up(&[("U1", Deactivated), ("U2", Eligible)]), 90);
    assert_eq!(decide(&struck, click("U1", for_it(Approve), 60), at(91)), Err(Refusal::Replayed));
    let again = after(&struck, click("U1", for_it(Approve), 92), 92);
    assert_eq!((again.status.word(), again.struck.len()), ("quorum", 0));
}

#[test]
fn a_quorum_that_comes_apart_can_still_expire() {
    // The clock came during the quorum, and was told to come later.
    assert_eq!(outcome(&quorum(), Command::Expire, 100), "refused: NotNow");
    insta::assert_snapshot!(table([
        ("before the deadline", outcome(&quorum(), click("U1", ApprovalAction::Withdraw.into(), 90), 99)),
        ("after it", outcome(&quorum(), click("U1", ApprovalAction::Withdraw.into(), 90), 100)),
        ("undone before", outcome(&with_window(), click("U3", ApprovalAction::Undo.into(), 90), 99)),
        ("undone after", outcome(&with_window(), click("U3", ApprovalAction::Undo.into(), 90), 100)),
    ]), @"
    before the deadline  pending 1:0; do: draw_dialog, expire at 100; record: vote_withdrawn
    after it             expired 1:0; do: draw_dialog, advance_run 0; record: vote_withdrawn, approval_closed
    undone before        pending 1:0; do: tell_thread, draw_dialog, expire at 100; record: quorum_undone, vote_withdrawn
    undone after         expired 1:0; do: tell_thread, draw_dialog, advance_run 0; record: quorum_undone, vote_withdrawn, approval_closed
    ");
}

#[test]
fn nobody_is_added_to_a_quorum_after_the_deadline() {
    let late = |voter, ask| outcome(&quorum(), click(voter, ask, 90), 101);
    insta::assert_snapshot!(table([
        ("U3 approves", late("U3", for_it(Approve))),
        ("U1 approves again", late("U1", for_it(Approve))),
        ("U3 rejects", late("U3", for_it(Reject))),
        ("U3 cancels", late("U3", ApprovalAction::Cancel.because("why"))),
    ]), @"
    U3 approves        refused: already expired
    U1 approves again  quorum 2:0; do: -; record: -
    U3 rejects         rejected 2:1; do: draw_dialog, advance_run 0; record: vote_cast, approval_closed
    U3 cancels         cancelled 2:0; do: draw_dialog, advance_run 0; record: approval_closed
    ");
    let first = Approval { rejections_required: 2, votes_required: 1, ..quorum() };
    let changed = after(&first, click("U2", for_it(Reject), 90), 101);
    assert_eq!(outcome(&changed, click("U2", for_it(Approve), 95), 102), "refused: already expired");
}

#[test]
fn undo_takes_back_the_newest_approvals() {
    let quorum = with_window();
    let crowd = after(&quorum, click("U3", for_it(Approve), 70), 70);
    let crowd = after(&crowd, click("U4", for_it(Approve), 80), 80);
    let decision = decide(&crowd, click("U2", ApprovalAction::Undo.into(), 90), at(90)).expect("undone");
    let left: Vec<_> = decision.next.votes.iter().map(|vote| vote.voter.as_str()).collect();
    assert_eq!(left, ["U1"], "of those who approved at the same time, the last in the list");
    assert_eq!(decision.next.status, Status::Pending);
    let withdrawn: Vec<_> = decision
        .events
        .iter()
        .filter_map(|event| match event {
            EventKind::VoteWithdrawn { voter, by, .. } => Some((voter.as_str(), by.as_str())),
            _ => None,
        })
        .collect();
    assert_eq!(withdrawn, [("U4", "U2"), ("U3", "U2"), ("U2", "U2")]);
}

#[test]
fn an_undo_leaves_who_rejected() {
    let window = Some(SignedDuration::from_mins(2));
    let first = Approval { rejections_required: 2, undo_window: window, ..approval() };
    let quorum = voted(first, &[("U1", Reject), ("U2", Approve)]);
    let undone = after(&quorum, click("U1", ApprovalAction::Undo.into(), 90), 90);
    assert_eq!((undone.count(Approve), undone.count(Reject)), (0, 1));
}

#[test]
fn what_can_be_undone_and_by_whom() {
    let undo = |approval: &Approval, voter, now| {
        outcome(approval, click(voter, ApprovalAction::Undo.into(), 90), now)
    };
    let own = Approval { electorate: except(authors(4), &["U3"]), ..with_window() };
    let approved = after(&with_window(), looked_up(&[("U1", Eligible), ("U2", Eligible)]), 180);
    insta::assert_snapshot!(table([
        ("within the window", undo(&with_window(), "U3", 95)),
        ("after it, before the second look", undo(&Approval { expires_at: None, ..with_window() }, "U3", 181)),
        ("after the second look", undo(&approved, "U3", 181)),
        ("without a window", undo(&quorum(), "U3", 95)),
        ("by who approved", undo(&with_window(), "U1", 95)),
        ("by who may not vote", undo(&with_window(), "U9", 95)),
        ("by who made the change", undo(&own, "U3", 95)),
    ]), @"
    within the window                 pending 1:0; do: tell_thread, draw_dialog, expire at 100; record: quorum_undone, vote_withdrawn
    after it, before the second look  pending 1:0; do: tell_thread, draw_dialog; record: quorum_undone, vote_withdrawn
    after the second look             refused: already approved
    without a window                  refused: NoQuorum
    by who approved                   pending 1:0; do: tell_thread, draw_dialog, expire at 100; record: quorum_undone, vote_withdrawn
    by who may not vote               refused: NotNamed
    by who made the change            pending 1:0; do: tell_thread, draw_dialog, expire at 100; record: quorum_undone, vote_withdrawn
    ");
}

#[test]
fn a_quorum_made_again_has_a_window_of_its_own() {
    let undone = after(&with_window(), click("U3", ApprovalAction::Undo.into(), 90), 90);
    let again = decide(&undone, click("U4", for_it(Approve), 95), at(95)).expect("a vote");
    assert_eq!(again.next.status, Status::Quorum { since: at(95), until: at(215), note: None });
    let confirm = EffectKind::ConfirmQuorum { approval: again.next.id.clone() };
    assert!(
        again.later.iter().any(|later| later.kind == confirm && later.at == at(215)),
        "{:?}",
        again.later
    );
    // The first quorum's look comes when its own window is over.
    assert_eq!(decide(&again.next, all_may(&again.next), at(180)), Err(Refusal::NotNow));
    assert_eq!(
        after(&again.next, all_may(&again.next), 215).status,
        Status::Closed(Closed::Approved { at: at(215) })
    );
}

#[test]
fn voters_that_can_not_be_looked_up_keep_the_quorum_waiting() {
    let postpone = |reason: &str| Command::Postpone { reason: reason.to_owned() };
    let once = after(&quorum(), postpone("503"), 90);
    assert_eq!(once.status, Status::Quorum { since: at(60), until: at(60), note: Some("503".to_owned()) });
    assert_eq!(decide(&once, postpone("503"), at(91)), Err(Refusal::Repeated));
    let twice = after(&once, postpone("429"), 92);
    assert_eq!(twice.status, Status::Quorum { since: at(60), until: at(60), note: Some("429".to_owned()) });
    assert_eq!(after(&twice, all_may(&twice), 93).status, Status::Closed(Closed::Approved { at: at(93) }));
}
