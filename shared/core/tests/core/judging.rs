//! An approval that is blocked: it keeps its votes, is judged again, and goes on by itself.

use crate::samples::{after, approval, at, click, consequences, for_it, judged};
use signoff_core::approval::{
    Approval, Blocker, Check, Choice, Closed, Command, Electorate, Part, Refusal, Status, Verdict,
    WithoutRange, decide, open,
};

fn blocked() -> Electorate {
    Electorate { blocked: vec![Blocker::NoBase], ..Electorate::anyone() }
}

fn part(makers: &[&str]) -> Part {
    let makers = makers.iter().map(ToString::to_string).collect();
    Part { makers, commits: 1, pull_requests: 0, title: "Take cards".to_owned() }
}

fn judge(electorate: Electorate, base: Option<&str>, round: u32) -> Command {
    Command::Judge { electorate, base: base.map(str::to_owned), round }
}

/// A blocked approval on which `U2` voted to approve.
fn voted() -> Approval {
    let opened = Approval { electorate: blocked(), ..approval() };
    after(&opened, click("U2", for_it(Choice::Approve), 10), 10)
}

#[test]
fn a_blocked_approval_keeps_its_votes_and_goes_on_by_itself() {
    let opening = open(Approval { electorate: blocked(), ..approval() }, None);
    assert!(consequences(&opening).contains("judge_again at 60"), "{}", consequences(&opening));
    let voted = voted();
    assert_eq!((voted.status.clone(), voted.votes.len()), (Status::Pending, 1));
    let mended = decide(&voted, judge(Electorate::anyone(), Some("b"), 1), at(60)).unwrap();
    assert!(mended.next.status.is_quorum() && mended.next.subject.base.as_deref() == Some("b"));
    assert!(consequences(&mended).contains("confirm_quorum"), "{}", consequences(&mended));
    assert!(!consequences(&mended).contains("judge_again"));
}

#[test]
fn a_blocked_approval_is_judged_ever_more_seldom() {
    for (round, minutes) in
        [(1, Some(2)), (14, Some(15)), (15, Some(30)), (17, Some(60)), (400, Some(60)), (0, None)]
    {
        let again = decide(&voted(), judge(blocked(), None, round), at(0)).unwrap();
        let waits: Vec<_> =
            again.later.iter().map(|later| later.at.duration_since(at(0)).as_mins()).collect();
        assert_eq!(waits, minutes.into_iter().collect::<Vec<_>>(), "round {round}");
        assert_eq!((again.effects.len(), again.events.len()), (0, 0), "nothing changed");
    }
    let closed = Approval { status: Status::Closed(Closed::Expired { at: at(5) }), ..voted() };
    assert_eq!(decide(&closed, judge(blocked(), None, 1), at(60)).err(), Some(Refusal::NotNow));
}

#[test]
fn first_vote_of_each_person_has_a_blocked_approval_judged() {
    let is_judged = |approval: &Approval, person: &str, choice, second| {
        let decision = decide(approval, click(person, for_it(choice), second), at(second)).unwrap();
        (consequences(&decision).contains("judge_again"), decision.next)
    };
    let opened = Approval { electorate: blocked(), ..approval() };
    let (judged, voted) = is_judged(&opened, "U2", Choice::Approve, 10);
    assert!(judged, "what is mended meanwhile is found at once");
    let (judged, changed) =
        is_judged(&Approval { rejections_required: 2, ..voted }, "U2", Choice::Reject, 20);
    assert!(!judged, "a look costs more than a click");
    assert!(is_judged(&changed, "U3", Choice::Approve, 30).0);
    assert!(!is_judged(&approval(), "U2", Choice::Approve, 10).0, "nothing blocks it");
}

#[test]
fn a_quorum_that_is_blocked_by_the_second_look_waits_again() {
    let mended = decide(&voted(), judge(Electorate::anyone(), Some("b"), 1), at(60)).unwrap().next;
    let voters = vec![("U2".to_owned(), Verdict::Eligible)];
    let check = Check { electorate: blocked(), voters, base: Some("b".to_owned()), breaker: None };
    let looked = decide(&mended, Command::Confirm(check), at(61)).unwrap();
    assert_eq!((looked.next.status.clone(), looked.next.votes.len()), (Status::Pending, 1));
    assert!(consequences(&looked).contains("judge_again"), "{}", consequences(&looked));
}

#[test]
fn votes_start_anew_where_the_base_moved_and_makers_changed() {
    let of = |makers: &[&str], removed| Electorate {
        parts: vec![part(makers)],
        judged: Some(judged(removed)),
        ..Electorate::anyone()
    };
    let before = decide(&voted(), judge(of(&["U1"], 0), Some("a"), 1), at(60)).unwrap().next;
    assert_eq!(before.votes.len(), 1);
    for (what, electorate, base, kept) in [
        ("the same base", of(&["U3"], 0), "a", true),
        ("another base, the same makers", of(&["U1"], 0), "b", true),
        ("another base and other makers", of(&["U3"], 0), "b", false),
        ("another base, and commits taken out", of(&["U1"], 1), "b", false),
        ("another base that is not known", blocked(), "b", true),
    ] {
        let later = decide(&before, judge(electorate, Some(base), 0), at(70)).unwrap().next;
        assert_eq!(later.votes.is_empty(), !kept, "{what}");
        let struck: Vec<_> = later.struck.iter().map(|struck| struck.why).collect();
        assert_eq!(struck, if kept { Vec::new() } else { vec![Verdict::BaseMoved] }, "{what}");
    }
}

#[test]
fn votes_stay_while_a_moved_base_can_not_be_read() {
    let of = |makers: &[&str]| Electorate {
        parts: vec![part(makers)],
        judged: Some(judged(0)),
        ..Electorate::anyone()
    };
    let before = decide(&voted(), judge(of(&["U1"]), Some("a"), 1), at(60)).unwrap().next;
    let unread = decide(&before, judge(blocked(), Some("b"), 0), at(70)).unwrap().next;
    assert_eq!((unread.votes.len(), unread.subject.base.as_deref()), (1, Some("a")));
    assert_eq!(unread.electorate.blocked, blocked().blocked);
    for (makers, kept) in [(["U1"], 1), (["U3"], 0)] {
        let read = decide(&unread, judge(of(&makers), Some("b"), 1), at(80)).unwrap().next;
        assert_eq!((read.votes.len(), read.subject.base.as_deref()), (kept, Some("b")), "{makers:?}");
    }
}

#[test]
fn look_out_of_turn_that_blocks_is_followed_by_another() {
    let open = Approval { electorate: Electorate::anyone(), ..approval() };
    let blocks = decide(&open, judge(blocked(), None, 0), at(60)).unwrap();
    assert!(consequences(&blocks).contains("judge_again at 120"), "{}", consequences(&blocks));
    let again = decide(&blocks.next, judge(blocked(), None, 0), at(70)).unwrap();
    assert_eq!(again.later.len(), 0, "the look that waits is enough");
}

#[test]
fn votes_start_anew_where_a_moved_base_is_not_compared() {
    let compared = Electorate { judged: Some(judged(0)), ..Electorate::anyone() };
    let open = Approval { electorate: compared, votes_required: 2, ..approval() };
    let voted = after(&open, click("U2", for_it(Choice::Approve), 10), 10);
    let lost = Electorate::anyone().without_range(WithoutRange::NotCompared { base: "b".repeat(40) });
    let moved = decide(&voted, judge(lost, Some("b"), 0), at(70)).unwrap().next;
    let struck: Vec<_> = moved.struck.iter().map(|struck| struck.why).collect();
    assert_eq!((moved.votes.len(), struck), (0, vec![Verdict::BaseMoved]));
    assert_eq!((moved.subject.base.as_deref(), moved.electorate.judged), (Some("b"), None));
}

#[test]
fn comparison_follows_the_base() {
    let page = "https://github.com/acme/checkout";
    let open = Approval {
        comparison: Some(format!("{page}/compare/old...{}", approval().subject.revision)),
        ..approval()
    };
    let moved = decide(&open, judge(blocked(), Some("b"), 1), at(60)).unwrap().next;
    assert_eq!(moved.comparison, Some(format!("{page}/compare/b...{}", open.subject.revision)));
    let without = decide(&approval(), judge(blocked(), Some("b"), 1), at(60)).unwrap().next;
    assert_eq!(without.comparison, approval().comparison);
}
