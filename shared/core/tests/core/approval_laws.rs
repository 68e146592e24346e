//! Laws that hold for an approval after any commands in any order.

use crate::approval_moves::{History, approvals, carry_out, stories};
use crate::samples::{all_may, at, because, click, consequences};
use jiff::Timestamp;
use proptest::prelude::*;
use signoff_core::approval::{
    Approval, ApprovalAction, Ask, Choice, Click, Closed, Command, Refusal, Standing, Status, Verdict, decide,
};
use signoff_core::effect::EffectKind;
use signoff_core::event::EventKind;
use std::collections::BTreeSet;

/// True if the account and the rule let `click` vote on `approval`.
fn may_vote(approval: &Approval, click: &Click) -> bool {
    let is_member = matches!(click.voter.standing, None | Some(Standing::Member));
    let is_ours = click.voter.workspace == approval.workspace;
    let is_named = approval.electorate.people.as_ref().is_none_or(|people| people.contains(&click.voter.id));
    is_member && is_ours && is_named && !approval.electorate.except.contains(&click.voter.id)
}

/// The approval without what may change after it closed.
fn nameless(approval: &Approval) -> Approval {
    let mut same = Approval { dialog: None, ..approval.clone() };
    for vote in &mut same.votes {
        (vote.name, vote.named) = (String::new(), false);
    }
    if let Some(broken) = &mut same.glass.broken {
        broken.review = None;
        same.clicks.clear();
    }
    same
}

/// The number of people who approved `approval`, were looked up and may vote, found in another way than the
/// one that is tested.
fn confirmed(approval: &Approval, command: &Command) -> usize {
    let Command::Confirm(check) = command else { return 0 };
    let named = |id: &String| check.electorate.people.as_ref().is_none_or(|people| people.contains(id));
    let may = |id: &String| named(id) && !check.electorate.except.contains(id);
    let approving =
        |id: &String| approval.votes.iter().any(|vote| vote.voter == *id && vote.choice == Choice::Approve);
    let looked_up = check.voters.iter().filter(|(id, verdict)| *verdict == Verdict::Eligible && may(id));
    looked_up.filter(|(id, _)| approving(id)).count()
}

/// The verdict of `command` on the person who broke the glass of `approval`: true if they may. `None`: it did
/// not look at them.
fn seen_breaker(approval: &Approval, command: &Command) -> Option<bool> {
    let Command::Confirm(check) = command else { return None };
    let broken = approval.glass.broken.as_ref()?;
    let look = check.breaker.as_ref().filter(|look| look.by == broken.by)?;
    let named = check.electorate.glass.as_ref().is_some_and(|glass| glass.people.contains(&look.by));
    Some(named && look.verdict == Verdict::Eligible)
}

/// The end of the only window that there may be.
fn freeze_end(approval: &Approval) -> Option<Timestamp> {
    let hours = approval.frozen.windows.first()?.hours?;
    Some(at((i64::from(hours.to) - (11 * 60 + 42)) * 60))
}

/// The end of the freeze at `now`, found in another way than the one that is tested.
fn freeze_at(approval: &Approval, now: Timestamp) -> Option<Timestamp> {
    let hours = approval.frozen.windows.first()?.hours?;
    let from = at((i64::from(hours.from) - (11 * 60 + 42)) * 60);
    freeze_end(approval).filter(|end| from <= now && now < *end && approval.frozen.lifted.is_none())
}

proptest! {
    #[test]
    fn each_eligible_person_has_at_most_one_vote(first in approvals(), story in stories()) {
        carry_out(&first, &story, |history, command, result| {
            let (Ok(decision), before) = (result, &history.last) else { return };
            let voters: BTreeSet<_> = decision.next.votes.iter().map(|vote| &vote.voter).collect();
            let struck: BTreeSet<_> = decision.next.struck.iter().map(|struck| &struck.voter).collect();
            assert_eq!(voters.len(), decision.next.votes.len());
            assert_eq!(struck.len(), decision.next.struck.len());
            assert!(voters.is_disjoint(&struck));
            let is_cast = |event: &EventKind| matches!(event, EventKind::VoteCast { .. });
            if let (true, Command::Click(click)) = (decision.events.iter().any(is_cast), command) {
                assert!(may_vote(before, click), "{click:?}");
            }
            let had = |voter: &String| before.votes.iter().any(|vote| vote.voter == *voter);
            assert!(voters.into_iter().all(|voter| had(voter) || matches!(command, Command::Click(_))));
        });
    }

    #[test]
    fn an_approval_has_one_outcome_and_its_run_hears_it_once(first in approvals(), story in stories()) {
        let history = carry_out(&first, &story, |_, _, _| {});
        if history.last.status.is_open() {
            prop_assert!(history.closings().is_empty() && history.advances() == 0);
        } else {
            prop_assert_eq!(history.closings(), [history.last.status.word()]);
            prop_assert_eq!(history.advances(), 1);
        }
    }

    #[test]
    fn look_at_eligible_voters_approves_at_its_time(
        first in approvals(),
        story in stories(),
    ) {
        carry_out(&first, &story, |history, command, result| {
            let before = &history.last;
            let is_approved = |approval: &Approval| approval.status.is_approved();
            let approves = result.as_ref().is_ok_and(|decision| is_approved(&decision.next)) && !is_approved(before);
            let Status::Quorum { since, until, .. } = before.status else {
                assert!(!approves, "{command:?}");
                return;
            };
            let undone = since + before.undo_window.unwrap_or_default();
            match freeze_at(before, undone) {
                Some(end) => assert_eq!(until, end),
                // A look that came in a freeze holds it again.
                None => assert!(until == undone || Some(until) == freeze_end(before)),
            }
            let enough = match (&before.glass.broken, seen_breaker(before, command)) {
                (Some(_), None) => false,
                (Some(_), Some(true)) => true,
                (None, _) | (Some(_), Some(false)) => {
                    confirmed(before, command) >= before.votes_required as usize
                }
            };
            let is_its_time = history.now >= until && freeze_at(before, history.now).is_none();
            assert_eq!(approves, enough && is_its_time, "{command:?}");
        });
    }

    #[test]
    fn the_votes_say_how_far_it_got(first in approvals(), story in stories()) {
        carry_out(&first, &story, |_, _, result| {
            let Ok(decision) = result else { return };
            let next = &decision.next;
            let is_broken = next.glass.broken.is_some();
            let enough = is_broken || next.count(Choice::Approve) >= next.votes_required;
            let against = next.count(Choice::Reject) >= next.rejections_required;
            match next.status {
                Status::Pending | Status::Closed(Closed::Expired { .. }) => assert!(!enough && !against),
                Status::Quorum { .. } | Status::Closed(Closed::Approved { .. }) => assert!(enough && !against),
                Status::Closed(Closed::Rejected { .. }) => assert!(against),
                Status::Closed(Closed::Superseded { .. } | Closed::Cancelled { .. }) => assert!(!against),
            }
        });
    }

    #[test]
    fn nobody_approves_after_the_deadline(first in approvals(), story in stories()) {
        let mut history = carry_out(&first, &story, |_, _, _| {});
        history.finish();
        let Some(deadline) = first.expires_at else { return Ok(()) };
        for (when, event) in &history.events {
            let is_late = match event {
                EventKind::QuorumReached { .. } | EventKind::GlassBroken { .. } => true,
                EventKind::VoteCast { choice: Choice::Approve, previous, .. } => *previous != Some(Choice::Approve),
                _ => false,
            };
            prop_assert!(!is_late || *when < deadline, "{event:?} at {when}");
        }
    }

    #[test]
    fn closed_approval_changes_only_its_dialog_and_names(first in approvals(), story in stories()) {
        carry_out(&first, &story, |history, command, result| {
            if let (false, Ok(decision)) = (history.last.status.is_open(), result) {
                assert_eq!(nameless(&history.last), nameless(&decision.next), "{command:?}");
                let is_review = |ask: &Ask| ask.action == ApprovalAction::Review;
                if matches!(command, Command::Click(Click { ask, .. }) if is_review(ask)) {
                    return;
                }
                // Only a dialog that was being posted when it was superseded is drawn once more.
                let drawn = EffectKind::DrawDialog { approval: history.last.id.clone() };
                let is_late = history.last.status.is_superseded() && matches!(command, Command::DialogPosted(_));
                let expected: &[EffectKind] = if is_late { &[drawn] } else { &[] };
                assert_eq!((&*decision.effects, decision.later.len()), (expected, 0), "{command:?}");
            }
        });
    }

    #[test]
    fn a_click_that_was_counted_never_counts_again(first in approvals(), story in stories()) {
        let check = |history: &History| {
            for click in &history.counted {
                let again = decide(&history.last, Command::Click(click.clone()), history.now);
                let is_refused = matches!(again, Err(Refusal::Replayed | Refusal::Repeated));
                assert!(is_refused, "{click:?}: {again:?}");
            }
        };
        let mut history = carry_out(&first, &story, |_, _, _| {});
        check(&history);
        history.finish();
        check(&history);
    }

    #[test]
    fn what_is_due_ends_every_quorum_and_every_deadline(first in approvals(), story in stories()) {
        let mut history = carry_out(&first, &story, |_, _, _| {});
        history.finish();
        let status = &history.last.status;
        prop_assert!(!status.is_open() || (*status == Status::Pending && first.expires_at.is_none()), "{status:?}");
    }

    #[test]
    fn an_undo_leaves_no_quorum_and_every_rejection(first in approvals(), story in stories()) {
        carry_out(&first, &story, |history, command, result| {
            let (Command::Click(Click { ask, .. }), Ok(decision)) = (command, result) else { return };
            if ask.action != ApprovalAction::Undo {
                return;
            }
            let (before, next) = (&history.last, &decision.next);
            assert!(matches!(before.status, Status::Quorum { .. }) && next.glass.broken.is_none());
            if before.glass.broken.is_none() {
                assert_eq!(next.count(Choice::Approve) + 1, next.votes_required);
            }
            assert_eq!(next.count(Choice::Reject), before.count(Choice::Reject));
            assert!(matches!(next.status, Status::Pending | Status::Closed(Closed::Expired { .. })));
        });
    }

    #[test]
    fn only_who_is_named_lifts_a_freeze_and_only_with_a_reason(first in approvals(), story in stories()) {
        carry_out(&first, &story, |history, command, result| {
            let (before, Ok(decision)) = (&history.last, result) else { return };
            if before.frozen.lifted == decision.next.frozen.lifted {
                return;
            }
            let Command::Click(Click { voter, ask, .. }) = command else { panic!("{command:?} lifts a freeze") };
            assert_eq!(ask.action, ApprovalAction::LiftFreeze);
            let reason = ask.reason.as_deref().unwrap_or_default();
            assert!(before.electorate.lift_freeze[0].contains(&voter.id) && before.status.is_open());
            assert!(voter.workspace == before.workspace && !reason.trim().is_empty());
            assert!(before.frozen.lifted.is_none() && !before.frozen.windows.is_empty());
            assert_eq!(before.votes, decision.next.votes, "it is no vote");
        });
    }

    #[test]
    fn only_who_is_named_breaks_a_glass_and_another_reviews_it(first in approvals(), story in stories()) {
        carry_out(&first, &story, |history, command, result| {
            let (before, Ok(decision)) = (&history.last, result) else { return };
            let (was, is) = (&before.glass.broken, &decision.next.glass.broken);
            let Command::Click(Click { voter, ask, .. }) = command else {
                assert!(is.is_none() || was.is_some(), "{command:?} breaks a glass");
                return;
            };
            if let (None, Some(broken)) = (was, is) {
                let glass = before.electorate.glass.as_ref();
                assert!(glass.is_some_and(|glass| glass.people.contains(&voter.id)) && broken.by == voter.id);
                assert!(before.status == Status::Pending && ask.action == ApprovalAction::BreakGlass);
                assert!(voter.workspace == before.workspace && !broken.reason.trim().is_empty());
                assert_eq!(before.votes, decision.next.votes, "votes that were cast stay");
            }
            if let (Some(owed), None) = (before.owed_review(), decision.next.owed_review()) {
                let electorate = &before.electorate;
                assert!(voter.id != owed.by && voter.id != "U3" && !electorate.except.contains(&voter.id));
                assert!(voter.workspace == before.workspace && ask.action == ApprovalAction::Review);
            }
        });
    }

    #[test]
    fn command_without_effect_is_refused(
        first in approvals(),
        story in stories(),
    ) {
        carry_out(&first, &story, |history, command, result| {
            if let Ok(decision) = result {
                // A look at too few is followed by another one, and one at a freeze by the next.
                let follows = !decision.effects.is_empty() || !decision.later.is_empty();
                assert!(history.last != decision.next || follows, "{command:?}");
                assert_eq!(history.last.version, decision.next.version);
            }
        });
    }

    #[test]
    fn the_order_of_the_same_approving_votes_does_not_matter(
        first in approvals(),
        (people, shuffled) in proptest::collection::btree_set(1..9_usize, 0..9).prop_flat_map(|people| {
            let people: Vec<_> = people.into_iter().collect();
            (Just(people.clone()), Just(people).prop_shuffle())
        }),
    ) {
        let outcome = |people: &[usize]| {
            let mut approval = first.clone();
            let mut followed = Vec::new();
            for number in people {
                let vote = click(&format!("U{number}"), because(Choice::Approve, "tested"), 9);
                if let Ok(decision) = decide(&approval, vote, at(9)) {
                    followed.push(consequences(&decision));
                    approval = decision.next;
                }
            }
            let confirmed = decide(&approval, all_may(&approval), at(1000)).map(|decision| decision.next.status);
            followed.sort();
            (approval.count(Choice::Approve), approval.status, confirmed.ok(), followed)
        };
        prop_assert_eq!(outcome(&people), outcome(&shuffled));
    }
}
