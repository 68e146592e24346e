//! A table of every command to an approval in every state.

use crate::samples::{
    all_may, at, because, check, click, consequences, for_it, frozen, of_three, successor, with_votes,
};
use jiff::SignedDuration;
use signoff_core::approval::{
    Approval, ApprovalAction, Choice, Closed, Command, Dialog, Refusal, Status, Verdict, decide,
};

/// The outcome of `command` to `approval` at [`at`] `second`: the status, approvals and rejections, and the
/// consequences; or the refusal.
pub fn outcome(approval: &Approval, command: Command, second: i64) -> String {
    match decide(approval, command, at(second)) {
        Ok(decision) => {
            let tally = |choice| decision.next.count(choice);
            let (yes, no) = (tally(Choice::Approve), tally(Choice::Reject));
            format!("{} {yes}:{no}; {}", decision.next.status.word(), consequences(&decision))
        }
        Err(Refusal::Closed(closed)) => format!("refused: already {}", closed.word()),
        Err(Refusal::NotEligible(verdict, _)) => format!("refused: {verdict:?}"),
        Err(other) => format!("refused: {other:?}"),
    }
}

/// The lines of a table, named.
pub fn table<'a>(lines: impl IntoIterator<Item = (&'a str, String)>) -> String {
    let lines: Vec<_> = lines.into_iter().collect();
    let width = lines.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    lines.iter().map(|(name, line)| format!("{name:width$}  {line}\n")).collect()
}

/// An approval of U1, U2 and U3 in each state. It needs two approving votes, can be undone for two minutes
/// and expires at 600. U1 approved, and U2 voted or cancelled where the state needs it; their dialog stands
/// in Slack.
fn states() -> Vec<(&'static str, Approval)> {
    use Choice::{Approve, Reject};
    let open = Approval {
        undo_window: Some(SignedDuration::from_mins(2)),
        expires_at: Some(at(600)),
        dialog: Some(Dialog { channel: "C1".to_owned(), ts: "1.0".to_owned() }),
        ..of_three()
    };
    let with = |ballots: &[_], status| Approval { status, ..with_votes(open.clone(), ballots) };
    let quorum = |until| {
        let note = Some("503".to_owned());
        with(&[("U1", Approve), ("U2", Approve)], Status::Quorum { since: at(60), until: at(until), note })
    };
    let cancelled = Status::Closed(Closed::Cancelled {
        at: at(60),
        by: Some("U2".to_owned()),
        reason: "not today".to_owned(),
    });
    vec![
        ("pending", with(&[("U1", Approve)], Status::Pending)),
        ("quorum, within its window", quorum(180)),
        ("quorum, after its window", quorum(120)),
        ("pending, frozen until 600", frozen(with(&[("U1", Approve)], Status::Pending), 600, &["U3"])),
        ("quorum, frozen until 600", frozen(quorum(600), 600, &["U3"])),
        (
            "approved",
            with(&[("U1", Approve), ("U2", Approve)], Status::Closed(Closed::Approved { at: at(60) })),
        ),
        (
            "rejected",
            with(&[("U1", Approve), ("U2", Reject)], Status::Closed(Closed::Rejected { at: at(60) })),
        ),
        ("expired", with(&[("U1", Approve)], Status::Closed(Closed::Expired { at: at(60) }))),
        (
            "superseded",
            with(&[("U1", Approve)], Status::Closed(Closed::Superseded { at: at(60), by: successor() })),
        ),
        ("cancelled", with(&[("U1", Approve)], cancelled)),
    ]
}

fn commands() -> Vec<(&'static str, Command)> {
    use Choice::{Approve, Reject};
    let dialog = |ts: &str| Dialog { channel: "C1".to_owned(), ts: ts.to_owned() };
    let names = |id: &str| Command::Name(vec![(id.to_owned(), "Ana".to_owned())]);
    let postpone = |reason: &str| Command::Postpone { reason: reason.to_owned() };
    vec![
        ("U1 approves again", click("U1", for_it(Approve), 90)),
        ("U1 approves again, and says why", click("U1", because(Approve, "it is tested"), 90)),
        ("U1 rejects after all", click("U1", for_it(Reject), 90)),
        ("U1 rejects, by an older click", click("U1", for_it(Reject), 60)),
        ("U1 withdraws", click("U1", ApprovalAction::Withdraw.into(), 90)),
        ("U2 approves", click("U2", for_it(Approve), 90)),
        ("U2 rejects", click("U2", for_it(Reject), 90)),
        ("U3 approves", click("U3", for_it(Approve), 90)),
        ("U3 rejects", click("U3", for_it(Reject), 90)),
        ("U3 withdraws, without a vote", click("U3", ApprovalAction::Withdraw.into(), 90)),
        ("U3 undoes", click("U3", ApprovalAction::Undo.into(), 90)),
        ("U3 cancels", click("U3", ApprovalAction::Cancel.because("not today"), 90)),
        ("U3 lifts the freeze", click("U3", ApprovalAction::LiftFreeze.because("outage"), 90)),
        ("U9 approves, not an author", click("U9", for_it(Approve), 90)),
        (
            "all who approved still may",
            check(of_three().electorate, &[("U1", Verdict::Eligible), ("U2", Verdict::Eligible)]),
        ),
        (
            "U1 is deactivated",
            check(of_three().electorate, &[("U1", Verdict::Deactivated), ("U2", Verdict::Eligible)]),
        ),
        ("they can't be looked up", postpone("401")),
        ("they still can't be looked up", postpone("503")),
        ("its time is over", Command::Expire),
        ("a freeze window opens or closes", Command::WatchFreeze),
        ("a newer deploy comes", Command::Supersede(successor())),
        ("it can't be decided", Command::Cancel { reason: "why".to_owned() }),
        ("its dialog is posted again", Command::DialogPosted(dialog("2.0"))),
        ("its dialog is posted, as known", Command::DialogPosted(dialog("1.0"))),
        ("its dialog is gone", Command::DialogGone(dialog("1.0"))),
        ("an older dialog is gone", Command::DialogGone(dialog("0.5"))),
        ("U1 is named", names("U1")),
        ("U9 is named", names("U9")),
    ]
}

#[test]
fn every_command_in_every_state() {
    let text: String = states()
        .into_iter()
        .map(|(name, state)| {
            let lines = commands().into_iter().map(|(name, command)| (name, outcome(&state, command, 120)));
            let lines: String = table(lines).lines().map(|line| format!("  {line}\n")).collect();
            format!("{name}\n{lines}")
        })
        .collect();
    insta::assert_snapshot!(text, @"
    pending
      U1 approves again                pending 1:0; do: -; record: -
      U1 approves again, and says why  pending 1:0; do: draw_dialog; record: vote_cast
      U1 rejects after all             rejected 0:1; do: draw_dialog, advance_run 0; record: vote_cast, approval_closed
      U1 rejects, by an older click    refused: Replayed
      U1 withdraws                     pending 0:0; do: draw_dialog; record: vote_withdrawn
      U2 approves                      quorum 2:0; do: draw_dialog, confirm_quorum at 240; record: vote_cast, quorum_reached
      U2 rejects                       rejected 1:1; do: draw_dialog, advance_run 0; record: vote_cast, approval_closed
      U3 approves                      quorum 2:0; do: draw_dialog, confirm_quorum at 240; record: vote_cast, quorum_reached
      U3 rejects                       rejected 1:1; do: draw_dialog, advance_run 0; record: vote_cast, approval_closed
      U3 withdraws, without a vote     refused: NoVote
      U3 undoes                        refused: NoQuorum
      U3 cancels                       cancelled 1:0; do: draw_dialog, advance_run 0; record: approval_closed
      U3 lifts the freeze              refused: NotFrozen
      U9 approves, not an author       refused: NotNamed
      all who approved still may       refused: NotNow
      U1 is deactivated                refused: NotNow
      they can't be looked up          refused: NotNow
      they still can't be looked up    refused: NotNow
      its time is over                 refused: NotNow
      a freeze window opens or closes  refused: NotNow
      a newer deploy comes             superseded 1:0; do: draw_dialog, advance_run 0; record: approval_closed
      it can't be decided              cancelled 1:0; do: draw_dialog, advance_run 0; record: approval_closed
      its dialog is posted again       pending 1:0; do: -; record: dialog_posted
      its dialog is posted, as known   refused: Repeated
      its dialog is gone               pending 1:0; do: draw_dialog; record: dialog_gone
      an older dialog is gone          refused: Repeated
      U1 is named                      pending 1:0; do: -; record: -
      U9 is named                      refused: Repeated
    quorum, within its window
      U1 approves again                quorum 2:0; do: -; record: -
      U1 approves again, and says why  quorum 2:0; do: draw_dialog; record: vote_cast
      U1 rejects after all             rejected 1:1; do: draw_dialog, advance_run 0; record: vote_cast, approval_closed
      U1 rejects, by an older click    refused: Replayed
      U1 withdraws                     pending 1:0; do: draw_dialog, expire at 600; record: vote_withdrawn
      U2 approves                      quorum 2:0; do: -; record: -
      U2 rejects                       rejected 1:1; do: draw_dialog, advance_run 0; record: vote_cast, approval_closed
      U3 approves                      quorum 3:0; do: draw_dialog; record: vote_cast
      U3 rejects                       rejected 2:1; do: draw_dialog, advance_run 0; record: vote_cast, approval_closed
      U3 withdraws, without a vote     refused: NoVote
      U3 undoes                        pending 1:0; do: tell_thread, draw_dialog, expire at 600; record: quorum_undone, vote_withdrawn
      U3 cancels                       cancelled 2:0; do: draw_dialog, advance_run 0; record: approval_closed
      U3 lifts the freeze              refused: NotFrozen
      U9 approves, not an author       refused: NotNamed
      all who approved still may       refused: NotNow
      U1 is deactivated                refused: NotNow
      they can't be looked up          quorum 2:0; do: draw_dialog; record: -
      they still can't be looked up    refused: Repeated
      its time is over                 refused: NotNow
      a freeze window opens or closes  refused: NotNow
      a newer deploy comes             superseded 2:0; do: draw_dialog, advance_run 0, tell_thread; record: approval_closed
      it can't be decided              cancelled 2:0; do: draw_dialog, advance_run 0, tell_thread; record: approval_closed
      its dialog is posted again       quorum 2:0; do: -; record: dialog_posted
      its dialog is posted, as known   refused: Repeated
      its dialog is gone               quorum 2:0; do: draw_dialog; record: dialog_gone
      an older dialog is gone          refused: Repeated
      U1 is named                      quorum 2:0; do: -; record: -
      U9 is named                      refused: Repeated
    quorum, after its window
      U1 approves again                quorum 2:0; do: -; record: -
      U1 approves again, and says why  quorum 2:0; do: draw_dialog; record: vote_cast
      U1 rejects after all             rejected 1:1; do: draw_dialog, advance_run 0; record: vote_cast, approval_closed
      U1 rejects, by an older click    refused: Replayed
      U1 withdraws                     pending 1:0; do: draw_dialog, expire at 600; record: vote_withdrawn
      U2 approves                      quorum 2:0; do: -; record: -
      U2 rejects                       rejected 1:1; do: draw_dialog, advance_run 0; record: vote_cast, approval_closed
      U3 approves                      quorum 3:0; do: draw_dialog; record: vote_cast
      U3 rejects                       rejected 2:1; do: draw_dialog, advance_run 0; record: vote_cast, approval_closed
      U3 withdraws, without a vote     refused: NoVote
      U3 undoes                        pending 1:0; do: tell_thread, draw_dialog, expire at 600; record: quorum_undone, vote_withdrawn
      U3 cancels                       cancelled 2:0; do: draw_dialog, advance_run 0; record: approval_closed
      U3 lifts the freeze              refused: NotFrozen
      U9 approves, not an author       refused: NotNamed
      all who approved still may       approved 2:0; do: draw_dialog, advance_run 0; record: voters_checked, approval_closed
      U1 is deactivated                pending 1:0; do: draw_dialog, tell_thread, expire at 600; record: voters_checked, vote_struck
      they can't be looked up          quorum 2:0; do: draw_dialog; record: -
      they still can't be looked up    refused: Repeated
      its time is over                 refused: NotNow
      a freeze window opens or closes  refused: NotNow
      a newer deploy comes             superseded 2:0; do: draw_dialog, advance_run 0, tell_thread; record: approval_closed
      it can't be decided              cancelled 2:0; do: draw_dialog, advance_run 0, tell_thread; record: approval_closed
      its dialog is posted again       quorum 2:0; do: -; record: dialog_posted
      its dialog is posted, as known   refused: Repeated
      its dialog is gone               quorum 2:0; do: draw_dialog; record: dialog_gone
      an older dialog is gone          refused: Repeated
      U1 is named                      quorum 2:0; do: -; record: -
      U9 is named                      refused: Repeated
    pending, frozen until 600
      U1 approves again                pending 1:0; do: -; record: -
      U1 approves again, and says why  pending 1:0; do: draw_dialog; record: vote_cast
      U1 rejects after all             rejected 0:1; do: draw_dialog, advance_run 0; record: vote_cast, approval_closed
      U1 rejects, by an older click    refused: Replayed
      U1 withdraws                     pending 0:0; do: draw_dialog; record: vote_withdrawn
      U2 approves                      quorum 2:0; do: draw_dialog, confirm_quorum at 600; record: vote_cast, quorum_reached, frozen
      U2 rejects                       rejected 1:1; do: draw_dialog, advance_run 0; record: vote_cast, approval_closed
      U3 approves                      quorum 2:0; do: draw_dialog, confirm_quorum at 600; record: vote_cast, quorum_reached, frozen
      U3 rejects                       rejected 1:1; do: draw_dialog, advance_run 0; record: vote_cast, approval_closed
      U3 withdraws, without a vote     refused: NoVote
      U3 undoes                        refused: NoQuorum
      U3 cancels                       cancelled 1:0; do: draw_dialog, advance_run 0; record: approval_closed
      U3 lifts the freeze              pending 1:0; do: tell_freeze_lifted, draw_dialog; record: freeze_lifted
      U9 approves, not an author       refused: NotNamed
      all who approved still may       refused: NotNow
      U1 is deactivated                refused: NotNow
      they can't be looked up          refused: NotNow
      they still can't be looked up    refused: NotNow
      its time is over                 refused: NotNow
      a freeze window opens or closes  pending 1:0; do: watch_freeze at 600; record: -
      a newer deploy comes             superseded 1:0; do: draw_dialog, advance_run 0; record: approval_closed
      it can't be decided              cancelled 1:0; do: draw_dialog, advance_run 0; record: approval_closed
      its dialog is posted again       pending 1:0; do: -; record: dialog_posted
      its dialog is posted, as known   refused: Repeated
      its dialog is gone               pending 1:0; do: draw_dialog; record: dialog_gone
      an older dialog is gone          refused: Repeated
      U1 is named                      pending 1:0; do: -; record: -
      U9 is named                      refused: Repeated
    quorum, frozen until 600
      U1 approves again                quorum 2:0; do: -; record: -
      U1 approves again, and says why  quorum 2:0; do: draw_dialog; record: vote_cast
      U1 rejects after all             rejected 1:1; do: draw_dialog, advance_run 0; record: vote_cast, approval_closed
      U1 rejects, by an older click    refused: Replayed
      U1 withdraws                     pending 1:0; do: draw_dialog, expire at 600; record: vote_withdrawn
      U2 approves                      quorum 2:0; do: -; record: -
      U2 rejects                       rejected 1:1; do: draw_dialog, advance_run 0; record: vote_cast, approval_closed
      U3 approves                      quorum 3:0; do: draw_dialog; record: vote_cast
      U3 rejects                       rejected 2:1; do: draw_dialog, advance_run 0; record: vote_cast, approval_closed
      U3 withdraws, without a vote     refused: NoVote
      U3 undoes                        pending 1:0; do: tell_thread, draw_dialog, expire at 600; record: quorum_undone, vote_withdrawn
      U3 cancels                       cancelled 2:0; do: draw_dialog, advance_run 0; record: approval_closed
      U3 lifts the freeze              quorum 2:0; do: tell_freeze_lifted, draw_dialog, confirm_quorum at 180; record: freeze_lifted
      U9 approves, not an author       refused: NotNamed
      all who approved still may       refused: NotNow
      U1 is deactivated                refused: NotNow
      they can't be looked up          quorum 2:0; do: draw_dialog; record: -
      they still can't be looked up    refused: Repeated
      its time is over                 refused: NotNow
      a freeze window opens or closes  quorum 2:0; do: watch_freeze at 600; record: -
      a newer deploy comes             superseded 2:0; do: draw_dialog, advance_run 0, tell_thread; record: approval_closed
      it can't be decided              cancelled 2:0; do: draw_dialog, advance_run 0, tell_thread; record: approval_closed
      its dialog is posted again       quorum 2:0; do: -; record: dialog_posted
      its dialog is posted, as known   refused: Repeated
      its dialog is gone               quorum 2:0; do: draw_dialog; record: dialog_gone
      an older dialog is gone          refused: Repeated
      U1 is named                      quorum 2:0; do: -; record: -
      U9 is named                      refused: Repeated
    approved
      U1 approves again                refused: Repeated
      U1 approves again, and says why  refused: Repeated
      U1 rejects after all             refused: already approved
      U1 rejects, by an older click    refused: Replayed
      U1 withdraws                     refused: already approved
      U2 approves                      refused: Repeated
      U2 rejects                       refused: already approved
      U3 approves                      refused: already approved
      U3 rejects                       refused: already approved
      U3 withdraws, without a vote     refused: already approved
      U3 undoes                        refused: already approved
      U3 cancels                       refused: already approved
      U3 lifts the freeze              refused: already approved
      U9 approves, not an author       refused: already approved
      all who approved still may       refused: NotNow
      U1 is deactivated                refused: NotNow
      they can't be looked up          refused: NotNow
      they still can't be looked up    refused: NotNow
      its time is over                 refused: already approved
      a freeze window opens or closes  refused: already approved
      a newer deploy comes             refused: already approved
      it can't be decided              refused: already approved
      its dialog is posted again       approved 2:0; do: -; record: dialog_posted
      its dialog is posted, as known   refused: Repeated
      its dialog is gone               refused: Repeated
      an older dialog is gone          refused: Repeated
      U1 is named                      approved 2:0; do: -; record: -
      U9 is named                      refused: Repeated
    rejected
      U1 approves again                refused: Repeated
      U1 approves again, and says why  refused: Repeated
      U1 rejects after all             refused: already rejected
      U1 rejects, by an older click    refused: Replayed
      U1 withdraws                     refused: already rejected
      U2 approves                      refused: already rejected
      U2 rejects                       refused: Repeated
      U3 approves                      refused: already rejected
      U3 rejects                       refused: already rejected
      U3 withdraws, without a vote     refused: already rejected
      U3 undoes                        refused: already rejected
      U3 cancels                       refused: already rejected
      U3 lifts the freeze              refused: already rejected
      U9 approves, not an author       refused: already rejected
      all who approved still may       refused: NotNow
      U1 is deactivated                refused: NotNow
      they can't be looked up          refused: NotNow
      they still can't be looked up    refused: NotNow
      its time is over                 refused: already rejected
      a freeze window opens or closes  refused: already rejected
      a newer deploy comes             refused: already rejected
      it can't be decided              refused: already rejected
      its dialog is posted again       rejected 1:1; do: -; record: dialog_posted
      its dialog is posted, as known   refused: Repeated
      its dialog is gone               refused: Repeated
      an older dialog is gone          refused: Repeated
      U1 is named                      rejected 1:1; do: -; record: -
      U9 is named                      refused: Repeated
    expired
      U1 approves again                refused: Repeated
      U1 approves again, and says why  refused: Repeated
      U1 rejects after all             refused: already expired
      U1 rejects, by an older click    refused: Replayed
      U1 withdraws                     refused: already expired
      U2 approves                      refused: already expired
      U2 rejects                       refused: already expired
      U3 approves                      refused: already expired
      U3 rejects                       refused: already expired
      U3 withdraws, without a vote     refused: already expired
      U3 undoes                        refused: already expired
      U3 cancels                       refused: already expired
      U3 lifts the freeze              refused: already expired
      U9 approves, not an author       refused: already expired
      all who approved still may       refused: NotNow
      U1 is deactivated                refused: NotNow
      they can't be looked up          refused: NotNow
      they still can't be looked up    refused: NotNow
      its time is over                 refused: already expired
      a freeze window opens or closes  refused: already expired
      a newer deploy comes             refused: already expired
      it can't be decided              refused: already expired
      its dialog is posted again       expired 1:0; do: -; record: dialog_posted
      its dialog is posted, as known   refused: Repeated
      its dialog is gone               refused: Repeated
      an older dialog is gone          refused: Repeated
      U1 is named                      expired 1:0; do: -; record: -
      U9 is named                      refused: Repeated
    superseded
      U1 approves again                refused: Repeated
      U1 approves again, and says why  refused: Repeated
      U1 rejects after all             refused: already superseded
      U1 rejects, by an older click    refused: Replayed
      U1 withdraws                     refused: already superseded
      U2 approves                      refused: already superseded
      U2 rejects                       refused: already superseded
      U3 approves                      refused: already superseded
      U3 rejects                       refused: already superseded
      U3 withdraws, without a vote     refused: already superseded
      U3 undoes                        refused: already superseded
      U3 cancels                       refused: already superseded
      U3 lifts the freeze              refused: already superseded
      U9 approves, not an author       refused: already superseded
      all who approved still may       refused: NotNow
      U1 is deactivated                refused: NotNow
      they can't be looked up          refused: NotNow
      they still can't be looked up    refused: NotNow
      its time is over                 refused: already superseded
      a freeze window opens or closes  refused: already superseded
      a newer deploy comes             refused: already superseded
      it can't be decided              refused: already superseded
      its dialog is posted again       superseded 1:0; do: draw_dialog; record: dialog_posted
      its dialog is posted, as known   refused: Repeated
      its dialog is gone               refused: Repeated
      an older dialog is gone          refused: Repeated
      U1 is named                      superseded 1:0; do: -; record: -
      U9 is named                      refused: Repeated
    cancelled
      U1 approves again                refused: Repeated
      U1 approves again, and says why  refused: Repeated
      U1 rejects after all             refused: already cancelled
      U1 rejects, by an older click    refused: Replayed
      U1 withdraws                     refused: already cancelled
      U2 approves                      refused: already cancelled
      U2 rejects                       refused: already cancelled
      U3 approves                      refused: already cancelled
      U3 rejects                       refused: already cancelled
      U3 withdraws, without a vote     refused: already cancelled
      U3 undoes                        refused: already cancelled
      U3 cancels                       refused: already cancelled
      U3 lifts the freeze              refused: already cancelled
      U9 approves, not an author       refused: already cancelled
      all who approved still may       refused: NotNow
      U1 is deactivated                refused: NotNow
      they can't be looked up          refused: NotNow
      they still can't be looked up    refused: NotNow
      its time is over                 refused: already cancelled
      a freeze window opens or closes  refused: already cancelled
      a newer deploy comes             refused: already cancelled
      it can't be decided              refused: already cancelled
      its dialog is posted again       cancelled 1:0; do: -; record: dialog_posted
      its dialog is posted, as known   refused: Repeated
      its dialog is gone               refused: Repeated
      an older dialog is gone          refused: Repeated
      U1 is named                      cancelled 1:0; do: -; record: -
      U9 is named                      refused: Repeated
    ");
}

#[test]
fn an_approval_opens_with_its_deadline_and_its_reminder() {
    let later = |expires_at, remind_after: Option<i64>| {
        let approval = Approval { expires_at, ..of_three() };
        consequences(&signoff_core::approval::open(approval, remind_after.map(SignedDuration::from_secs)))
    };
    insta::assert_snapshot!(table([
        ("neither", later(None, None)),
        ("a deadline", later(Some(at(600)), None)),
        ("a reminder", later(None, Some(300))),
        ("both", later(Some(at(600)), Some(300))),
    ]), @"
    neither     do: watch_approvers at 86400; record: approval_opened
    a deadline  do: expire at 600, watch_approvers at 86400; record: approval_opened
    a reminder  do: remind at 300, watch_approvers at 86400; record: approval_opened
    both        do: expire at 600, remind at 300, watch_approvers at 86400; record: approval_opened
    ");
}

#[test]
fn a_rule_may_ask_for_several_rejections() {
    let approval = Approval { rejections_required: 2, ..of_three() };
    let once = with_votes(approval, &[("U1", Choice::Reject)]);
    let twice = |voter| outcome(&once, click(voter, for_it(Choice::Reject), 90), 90);
    assert_eq!(twice("U1"), "pending 0:1; do: -; record: -");
    assert_eq!(
        twice("U2"),
        "rejected 0:2; do: draw_dialog, advance_run 0; record: vote_cast, approval_closed"
    );
}

#[test]
fn one_vote_approves_after_the_voter_is_looked_up() {
    let one = Approval { votes_required: 1, ..of_three() };
    let voted = click("U1", for_it(Choice::Approve), 60);
    assert_eq!(
        outcome(&one, voted, 60),
        "quorum 1:0; do: draw_dialog, confirm_quorum; record: vote_cast, quorum_reached"
    );
    let quorum = crate::samples::voted(one, &[("U1", Choice::Approve)]);
    assert_eq!(
        outcome(&quorum, all_may(&quorum), 60),
        "approved 1:0; do: draw_dialog, advance_run 0; record: voters_checked, approval_closed"
    );
}
