//! What each command makes of an approval in each state.

use crate::samples::{approval, at, authors, consequences, counted, member, vote_of};
use approval::approval::{Approval, Choice, Command, Dialog, Refusal, Status, Voter, decide};

/// An approval of U1, U2 and U3 that needs two approving votes and has U1's.
fn pending() -> Approval {
    Approval {
        votes_required: 2,
        electorate: authors(3),
        votes: vec![counted("U1", Choice::Approve)],
        ..approval()
    }
}

fn states() -> Vec<Approval> {
    let closed = |votes, status| Approval { votes, status, ..pending() };
    let (one, two) = (counted("U1", Choice::Approve), counted("U2", Choice::Approve));
    vec![
        pending(),
        closed(vec![one.clone(), two], Status::Approved { at: at(60) }),
        closed(vec![one.clone(), counted("U2", Choice::Reject)], Status::Rejected { at: at(60) }),
        closed(vec![one], Status::Cancelled { at: at(60), reason: "the channel is gone".to_owned() }),
    ]
}

fn commands() -> Vec<(&'static str, Command)> {
    let stranger = Voter { workspace: "T2".to_owned(), ..member("U1") };
    let posted = Dialog { channel: "C1".to_owned(), ts: "1.0".to_owned() };
    let names = |id: &str| Command::Name(vec![(id.to_owned(), "Ana".to_owned())]);
    vec![
        ("U1 approves again", vote_of("U1", Choice::Approve)),
        ("U1 rejects after all", vote_of("U1", Choice::Reject)),
        (
            "U1's older rejection is replayed",
            Command::Vote { voter: member("U1"), choice: Choice::Reject, clicked_at: at(30) },
        ),
        ("U2 approves", vote_of("U2", Choice::Approve)),
        ("U2 rejects", vote_of("U2", Choice::Reject)),
        ("U3 approves", vote_of("U3", Choice::Approve)),
        ("U9 approves, not an author", vote_of("U9", Choice::Approve)),
        (
            "U1 of another workspace approves",
            Command::Vote { voter: stranger, choice: Choice::Approve, clicked_at: at(90) },
        ),
        ("the dialog is posted", Command::DialogPosted(posted)),
        ("U1 is named", names("U1")),
        ("U9 is named", names("U9")),
        ("it is cancelled", Command::Cancel { reason: "why".to_owned() }),
    ]
}

fn outcome(approval: &Approval, command: Command) -> String {
    match decide(approval, command, at(120)) {
        Ok(decision) => {
            let tally = |choice| decision.next.count(choice);
            let (yes, no) = (tally(Choice::Approve), tally(Choice::Reject));
            format!("{} {yes}:{no}; {}", decision.next.status.word(), consequences(&decision))
        }
        Err(Refusal::Repeated) => "refused: repeated".to_owned(),
        Err(Refusal::Replayed) => "refused: replayed".to_owned(),
        Err(Refusal::Closed(status)) => format!("refused: already {}", status.word()),
        Err(Refusal::Stranger) => "refused: stranger".to_owned(),
        Err(Refusal::NotEligible { who, people }) => format!("refused: only {who} ({})", people.join(" ")),
    }
}

#[test]
fn every_command_in_every_state() {
    let mut table = String::new();
    for state in states() {
        table.push_str(&format!("{}\n", state.status.word()));
        for (name, command) in commands() {
            table.push_str(&format!("  {name:34} {}\n", outcome(&state, command)));
        }
    }
    insta::assert_snapshot!(table, @"
    pending
      U1 approves again                  refused: repeated
      U1 rejects after all               rejected 0:1; do: draw_dialog, advance_run 0; record: vote_cast, approval_closed
      U1's older rejection is replayed   refused: replayed
      U2 approves                        approved 2:0; do: draw_dialog, advance_run 0; record: vote_cast, approval_closed
      U2 rejects                         rejected 1:1; do: draw_dialog, advance_run 0; record: vote_cast, approval_closed
      U3 approves                        approved 2:0; do: draw_dialog, advance_run 0; record: vote_cast, approval_closed
      U9 approves, not an author         refused: only the authors of this deploy (U1 U2 U3)
      U1 of another workspace approves   refused: stranger
      the dialog is posted               pending 1:0; do: -; record: dialog_posted
      U1 is named                        pending 1:0; do: -; record: -
      U9 is named                        refused: repeated
      it is cancelled                    cancelled 1:0; do: draw_dialog, advance_run 0; record: approval_closed
    approved
      U1 approves again                  refused: repeated
      U1 rejects after all               refused: already approved
      U1's older rejection is replayed   refused: replayed
      U2 approves                        refused: repeated
      U2 rejects                         refused: already approved
      U3 approves                        refused: already approved
      U9 approves, not an author         refused: already approved
      U1 of another workspace approves   refused: repeated
      the dialog is posted               approved 2:0; do: -; record: dialog_posted
      U1 is named                        approved 2:0; do: -; record: -
      U9 is named                        refused: repeated
      it is cancelled                    refused: already approved
    rejected
      U1 approves again                  refused: repeated
      U1 rejects after all               refused: already rejected
      U1's older rejection is replayed   refused: replayed
      U2 approves                        refused: already rejected
      U2 rejects                         refused: repeated
      U3 approves                        refused: already rejected
      U9 approves, not an author         refused: already rejected
      U1 of another workspace approves   refused: repeated
      the dialog is posted               rejected 1:1; do: -; record: dialog_posted
      U1 is named                        rejected 1:1; do: -; record: -
      U9 is named                        refused: repeated
      it is cancelled                    refused: already rejected
    cancelled
      U1 approves again                  refused: repeated
      U1 rejects after all               refused: already cancelled
      U1's older rejection is replayed   refused: replayed
      U2 approves                        refused: already cancelled
      U2 rejects                         refused: already cancelled
      U3 approves                        refused: already cancelled
      U9 approves, not an author         refused: already cancelled
      U1 of another workspace approves   refused: repeated
      the dialog is posted               cancelled 1:0; do: -; record: dialog_posted
      U1 is named                        cancelled 1:0; do: -; record: -
      U9 is named                        refused: repeated
      it is cancelled                    refused: already cancelled
    ");
}

#[test]
fn a_changed_vote_keeps_its_place_and_says_what_it_replaces() {
    let approval = Approval { rejections_required: 2, ..pending() };
    let decision = decide(&approval, vote_of("U1", Choice::Reject), at(120)).expect("a change");
    assert_eq!(decision.next.votes.len(), 1);
    assert_eq!((decision.next.votes[0].choice, decision.next.votes[0].at), (Choice::Reject, at(120)));
    let event = serde_json::to_value(&decision.events[0]).expect("JSON");
    assert_eq!((event["choice"].as_str(), event["previous"].as_str()), (Some("reject"), Some("approve")));
}

#[test]
fn a_rule_may_ask_for_several_rejections() {
    let approval = Approval { rejections_required: 2, ..pending() };
    let once = decide(&approval, vote_of("U2", Choice::Reject), at(120)).expect("a vote").next;
    assert_eq!(once.status, Status::Pending);
    let twice = decide(&once, vote_of("U3", Choice::Reject), at(180)).expect("a vote").next;
    assert_eq!(twice.status, Status::Rejected { at: at(180) });
}

#[test]
fn a_dialog_that_moved_is_drawn_where_it_stands_now() {
    let command = |ts: &str| Command::DialogPosted(Dialog { channel: "C1".to_owned(), ts: ts.to_owned() });
    let first = decide(&pending(), command("1.0"), at(120)).expect("posted").next;
    assert_eq!(decide(&first, command("1.0"), at(121)), Err(Refusal::Repeated));
    let second = decide(&first, command("2.0"), at(122)).expect("posted").next;
    assert_eq!(second.dialog.map(|dialog| dialog.ts).as_deref(), Some("2.0"));
}
