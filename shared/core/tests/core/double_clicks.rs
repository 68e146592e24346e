//! Double clicks: the same person asks for the same twice within seconds, and the two arrive in any order.

use crate::samples::{after, approval, at, click, for_it, of_three, voted};
use jiff::SignedDuration;
use signoff_core::approval::{Approval, ApprovalAction, Ask, Choice, Closed, Refusal, Status, decide};
use signoff_core::effect::{Effect, EffectKind};
use signoff_core::id::{DeployId, EffectId};

fn cancel() -> Ask {
    ApprovalAction::Cancel.because("why")
}

/// A quorum that U1 made at 60 and that can be undone.
fn quorum() -> Approval {
    let window = Some(SignedDuration::from_mins(2));
    voted(Approval { undo_window: window, ..approval() }, &[("U1", Choice::Approve)])
}

#[test]
fn second_click_is_no_error_in_either_order() {
    let voted = voted(of_three(), &[("U1", Choice::Approve)]);
    for (state, ask) in [
        (of_three(), for_it(Choice::Approve)),
        (of_three(), for_it(Choice::Reject)),
        (voted, ApprovalAction::Withdraw.into()),
        (quorum(), ApprovalAction::Undo.into()),
        (of_three(), cancel()),
    ] {
        for (first, second) in [(90, 91), (91, 90)] {
            let once = after(&state, click("U1", ask.clone(), first), 95);
            let again = decide(&once, click("U1", ask.clone(), second), at(96));
            let is_quiet = again.as_ref().map_or_else(
                |refusal| *refusal == Refusal::Repeated,
                |decision| decision.next.votes == once.votes && decision.events.is_empty(),
            );
            assert!(is_quiet, "{ask:?} at {first}, then {second}: {again:?}");
        }
    }
}

#[test]
fn later_click_and_another_persons_are_told() {
    let undone = after(&quorum(), click("U2", ApprovalAction::Undo.into(), 90), 90);
    for (person, second) in [("U2", 101), ("U1", 91)] {
        let again = decide(&undone, click(person, ApprovalAction::Undo.into(), second), at(110));
        assert_eq!(again, Err(Refusal::NoQuorum), "{person} at {second}");
    }
    let cancelled = after(&of_three(), click("U1", cancel(), 90), 90);
    let Status::Closed(closed @ Closed::Cancelled { .. }) = &cancelled.status else { panic!("cancelled") };
    let other = decide(&cancelled, click("U2", cancel(), 91), at(96));
    assert_eq!(other, Err(Refusal::Closed(closed.clone())));
}

#[test]
fn click_that_is_sent_again_is_a_replay() {
    let undone = after(&quorum(), click("U2", ApprovalAction::Undo.into(), 90), 90);
    assert_eq!(decide(&undone, click("U2", ApprovalAction::Undo.into(), 90), at(96)), Err(Refusal::Replayed));
}

#[test]
fn undo_says_who_undid_in_the_thread() {
    let decision =
        decide(&quorum(), click("U2", ApprovalAction::Undo.into(), 90), at(90)).expect("it is undone");
    let told = decision.effects.iter().find_map(|effect| match effect {
        EffectKind::TellThread { text, .. } => Some(text.as_str()),
        _ => None,
    });
    insta::assert_snapshot!(told.expect("the thread is told"), @":leftwards_arrow_with_hook: <@U2> undid the approval. The vote of <@U1> was withdrawn.");
}

#[test]
fn nothing_of_an_approval_waits_behind_its_deadline() {
    let (deploy, approval) = (DeployId::from_text("d"), approval().id);
    let later = |id: &str, kind: EffectKind, seconds| {
        Effect::later(EffectId::from_text(id), deploy.clone(), kind, at(seconds), at(0)).group()
    };
    let confirm = || EffectKind::ConfirmQuorum { approval: approval.clone() };
    let mut groups = vec![
        later("e1", EffectKind::Expire { approval: approval.clone() }, 600),
        later("e2", EffectKind::Remind { approval: approval.clone() }, 20),
        later("e3", EffectKind::WatchFreeze { approval: approval.clone() }, 300),
        // The quorum of a freeze that somebody lifts, and the look that follows from that.
        later("e4", confirm(), 500),
        Effect::new(EffectId::from_text("e5"), deploy.clone(), confirm(), at(0)).group(),
    ];
    let count = groups.len();
    groups.sort();
    groups.dedup();
    assert_eq!(groups.len(), count, "{groups:?}");
}
