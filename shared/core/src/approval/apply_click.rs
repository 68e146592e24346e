//! Clicks on an approval, checked and applied.

use super::decide::{Refusal, close, draw, tally};
use super::frozen::lift_freeze;
use super::glass::break_glass;
use super::nobody::{NobodyConfirmed, confirm_nobody};
use super::{Approval, ApprovalAction, Choice, Click, Closed, LastClick, Outcome, Status, Verdict, Vote};
use crate::decision::Decision;
use crate::effect::EffectKind;
use crate::event::EventKind;
use crate::message::{shorten, undone};
use jiff::{SignedDuration, Timestamp};

/// The longest time between the two clicks of a double click.
const DOUBLE_CLICK: SignedDuration = SignedDuration::from_secs(10);
/// The time after a person's click before another one has a blocked approval looked at again.
const NEXT_LOOK: SignedDuration = SignedDuration::from_mins(1);
/// The most bytes that an approval keeps of all its votes' reasons; a row of the record takes 400 KB.
const MOST_REASONS: usize = 100_000;
/// The number of characters that are kept of each further reason.
const SHORT_REASON: usize = 24;

/// A click on an open approval.
pub(super) fn apply_click(
    approval: &Approval,
    click: Click,
    now: Timestamp,
) -> Result<Decision<Approval>, Refusal> {
    let double = is_double(approval, &click);
    counted(approval, click, now).map_err(|refusal| if double { Refusal::Repeated } else { refusal })
}

/// True if the same person clicked on the same within [`DOUBLE_CLICK`] and that click was counted, whichever
/// of the two arrived first. Clicks at the very same time are one click, sent again.
pub(super) fn is_double(approval: &Approval, click: &Click) -> bool {
    if let (ApprovalAction::ConfirmNobody, Some(maker)) = (click.ask.action, &click.ask.maker) {
        let is_it = |done: &NobodyConfirmed| done.handle == maker.handle && done.version == maker.version;
        // One button for each handle: another one that is refused is no click on the same.
        if !approval.nobody_here.iter().any(|done| is_it(done) && done.by == click.voter.id) {
            return false;
        }
    }
    approval.clicks.iter().any(|last| {
        last.person == click.voter.id
            && last.action == click.ask.action
            && last.at != click.at
            && last.at.duration_since(click.at).abs() <= DOUBLE_CLICK
    })
}

fn counted(approval: &Approval, click: Click, now: Timestamp) -> Result<Decision<Approval>, Refusal> {
    if click.subject != approval.subject.mark() {
        return Err(Refusal::OtherSubject);
    }
    if approval.clicks.iter().any(|last| last.person == click.voter.id && click.at <= last.at) {
        return Err(Refusal::Replayed);
    }
    if let Some(at) = approval.expires_at.filter(|at| now >= *at && needs_time(approval, &click)) {
        return Err(Refusal::Closed(Closed::Expired { at }));
    }
    admit(approval, &click)?;
    let mut decision = Decision::new(approval.clone());
    let is_blocked = !approval.electorate.blocked.is_empty();
    let is_recent = |last: &LastClick| click.at.duration_since(last.at) < NEXT_LOOK;
    let looked = approval.clicks.iter().any(|last| last.person == click.voter.id && is_recent(last));
    let look = EffectKind::JudgeAgain { approval: approval.id.clone(), round: 0 };
    let clicks = &mut decision.next.clicks;
    clicks.retain(|last| last.person != click.voter.id);
    clicks.push(LastClick { person: click.voter.id.clone(), at: click.at, action: click.ask.action });
    let reason = stated(click.ask.reason.as_ref());
    let mut is_news = true;
    match click.ask.action {
        ApprovalAction::Approve => {
            is_news = vote(&mut decision, &click, Choice::Approve, reason, now)?;
        }
        ApprovalAction::Reject => {
            is_news = vote(&mut decision, &click, Choice::Reject, reason, now)?;
        }
        ApprovalAction::Withdraw => {
            if !decision.next.votes.iter().any(|vote| vote.voter == click.voter.id) {
                return Err(Refusal::NoVote);
            }
            withdraw(&mut decision, &click.voter.id.clone(), &click);
        }
        ApprovalAction::Undo => undo(&mut decision, &click)?,
        ApprovalAction::LiftFreeze => {
            let hold = approval.may_lift_freeze(&click.voter, now)?;
            lift_freeze(&mut decision, &click, &hold, reason.ok_or(Refusal::ReasonNeeded)?, now);
        }
        ApprovalAction::BreakGlass => {
            let within = SignedDuration::from_secs(approval.may_break_glass(&click.voter)?.review_within);
            break_glass(&mut decision, &click, within, reason.ok_or(Refusal::ReasonNeeded)?, now);
        }
        ApprovalAction::ConfirmNobody => confirm_nobody(&mut decision, &click, now)?,
        // It did not go ahead yet.
        ApprovalAction::Review => return Err(Refusal::NoReviewOwed),
        ApprovalAction::Cancel => {
            let by = Some(click.voter.id.clone());
            let reason = reason.ok_or(Refusal::ReasonNeeded)?;
            let outcome = Outcome::Ended(format!("cancelled by {}: {reason}", click.voter.name));
            let closed = Closed::Cancelled { at: now, by, reason: reason.clone() };
            close(&mut decision, closed, outcome, Some(&click.voter), Some(reason));
            return Ok(decision);
        }
    }
    // What blocks it may be mended since they voted. Nobody says when an approver leaves Slack or a user
    // group: where votes are missing, those who could give them may be gone. What has enough votes has a
    // look of its own.
    let may_lack_people = is_news
        && click.ask.action == ApprovalAction::Approve
        && approval.electorate.people.is_some()
        && !decision.next.has_enough();
    let may_be_mended = click.ask.action.choice().is_some() && is_blocked;
    // Once a person and minute: a look costs more than a click.
    if (may_be_mended || may_lack_people) && !looked {
        decision.follow(look);
    }
    if !is_news {
        // Nothing new but its time: an older click that is still on its way must not undo it.
        return Ok(decision);
    }
    decision.follow(draw(approval));
    tally(&mut decision, now);
    Ok(decision)
}

/// Checks that the person who clicked may ask for that. People who may not vote on their own change may still
/// undo or cancel: that is safe, and they may have seen a mistake.
fn admit(approval: &Approval, click: &Click) -> Result<(), Refusal> {
    match (click.ask.action, approval.admit(&click.voter)) {
        // Whether they may lift the freeze or break the glass is no question of votes.
        (
            ApprovalAction::Withdraw
            | ApprovalAction::LiftFreeze
            | ApprovalAction::BreakGlass
            | ApprovalAction::Review,
            _,
        )
        | (
            ApprovalAction::Undo | ApprovalAction::Cancel,
            Err(Refusal::NotEligible(Verdict::OwnChange | Verdict::SetTheBase | Verdict::OwnWord, _)),
        ) => Ok(()),
        (ApprovalAction::Undo, Err(_)) if approval.is_breaker(&click.voter) => Ok(()),
        (
            ApprovalAction::Approve
            | ApprovalAction::Reject
            | ApprovalAction::Undo
            | ApprovalAction::ConfirmNobody
            | ApprovalAction::Cancel,
            admitted,
        ) => admitted,
    }
}

/// True if `click` counts only before the approval expires. After a quorum that was reached in time, people
/// may still take their votes back, and nobody else may approve.
fn needs_time(approval: &Approval, click: &Click) -> bool {
    if approval.status == Status::Pending {
        return true;
    }
    let approved = |vote: &Vote| vote.voter == click.voter.id && vote.choice == Choice::Approve;
    match click.ask.action {
        ApprovalAction::Approve => !approval.votes.iter().any(approved),
        ApprovalAction::Reject
        | ApprovalAction::Withdraw
        | ApprovalAction::Undo
        | ApprovalAction::LiftFreeze
        | ApprovalAction::BreakGlass
        | ApprovalAction::Review
        | ApprovalAction::ConfirmNobody
        | ApprovalAction::Cancel => false,
    }
}

/// A reason without the space around it; `None` where nothing is left.
pub(super) fn stated(reason: Option<&String>) -> Option<String> {
    reason.map(|reason| reason.trim().to_owned()).filter(|reason| !reason.is_empty())
}

/// The reason why a click on an approval that ended as `closed` changes nothing.
pub(super) fn too_late(approval: &Approval, closed: &Closed, click: &Click) -> Refusal {
    if click.subject != approval.subject.mark() {
        return Refusal::OtherSubject;
    }
    if is_double(approval, click) {
        return Refusal::Repeated;
    }
    if approval.clicks.iter().any(|last| last.person == click.voter.id && click.at <= last.at) {
        return Refusal::Replayed;
    }
    // Who voted so is not told that it is over.
    let voted = approval.votes.iter().find(|vote| vote.voter == click.voter.id).map(|vote| vote.choice);
    match click.ask.action {
        ApprovalAction::Approve if voted == Some(Choice::Approve) => Refusal::Repeated,
        ApprovalAction::Reject if voted == Some(Choice::Reject) => Refusal::Repeated,
        ApprovalAction::Approve
        | ApprovalAction::Reject
        | ApprovalAction::Withdraw
        | ApprovalAction::Undo
        | ApprovalAction::LiftFreeze
        | ApprovalAction::BreakGlass
        | ApprovalAction::ConfirmNobody
        | ApprovalAction::Cancel => Refusal::Closed(closed.clone()),
        ApprovalAction::Review => Refusal::NoReviewOwed,
    }
}

/// Counts the vote of `click`. False if it stands already.
fn vote(
    decision: &mut Decision<Approval>,
    click: &Click,
    choice: Choice,
    reason: Option<String>,
    now: Timestamp,
) -> Result<bool, Refusal> {
    let approval = &mut decision.next;
    let voter = &click.voter;
    let kept = kept_reason(&approval.votes, &voter.id, reason.as_deref());
    let same = |vote: &Vote| vote.voter == voter.id && vote.choice == choice && vote.reason == kept;
    if approval.votes.iter().any(same) {
        return Ok(false);
    }
    if reason.is_none() && approval.require_reason.wants(choice) {
        return Err(Refusal::ReasonNeeded);
    }
    let previous = match approval.votes.iter_mut().find(|vote| vote.voter == voter.id) {
        Some(vote) => {
            let previous = vote.choice;
            (vote.choice, vote.reason, vote.at) = (choice, kept, now);
            Some(previous)
        }
        None => {
            let (id, name) = (voter.id.clone(), voter.name.clone());
            let named = voter.standing.is_some();
            approval.votes.push(Vote { voter: id, name, named, choice, reason: kept, at: now });
            None
        }
    };
    approval.struck.retain(|struck| struck.voter != voter.id);
    decision.events.push(EventKind::VoteCast {
        approval: approval.id.clone(),
        voter: voter.id.clone(),
        name: voter.name.clone(),
        choice,
        previous,
        reason,
        standing: voter.standing,
    });
    Ok(true)
}

/// The part of the reason of `voter` that the approval keeps: the beginning of it, once those of the other
/// votes take as much as an approval keeps. The record of the vote has it whole.
fn kept_reason(votes: &[Vote], voter: &str, reason: Option<&str>) -> Option<String> {
    let reason = reason?;
    let others = votes.iter().filter(|vote| vote.voter != voter);
    let taken: usize = others.filter_map(|vote| vote.reason.as_ref()).map(String::len).sum();
    if taken + reason.len() <= MOST_REASONS {
        return Some(reason.to_owned());
    }
    Some(shorten(reason, SHORT_REASON))
}

/// Takes the vote of `voter` back, because of `click`.
fn withdraw(decision: &mut Decision<Approval>, voter: &str, click: &Click) {
    let approval = &mut decision.next;
    let Some(index) = approval.votes.iter().position(|vote| vote.voter == voter) else { return };
    let vote = approval.votes.remove(index);
    decision.events.push(EventKind::VoteWithdrawn {
        approval: approval.id.clone(),
        voter: vote.voter,
        name: vote.name,
        choice: vote.choice,
        by: click.voter.id.clone(),
    });
}

/// Takes back the votes that made the quorum, the newest first, until they are too few.
fn undo(decision: &mut Decision<Approval>, click: &Click) -> Result<(), Refusal> {
    let is_held = matches!(&decision.next.status, Status::Quorum { since, until, .. } if until > since);
    if !decision.next.status.is_quorum() || !(is_held || decision.next.undo_window.is_some()) {
        return Err(Refusal::NoQuorum);
    }
    decision.events.push(EventKind::QuorumUndone {
        approval: decision.next.id.clone(),
        by: click.voter.id.clone(),
        name: click.voter.name.clone(),
    });
    // Without the glass the votes are counted again.
    let was_broken = decision.next.glass.broken.take().is_some();
    let mut taken_back = Vec::new();
    while decision.next.has_enough() {
        let approving = decision.next.votes.iter().filter(|vote| vote.choice == Choice::Approve);
        let Some(newest) = approving.max_by_key(|vote| vote.at).map(|vote| vote.voter.clone()) else { break };
        withdraw(decision, &newest, click);
        taken_back.push(newest);
    }
    let text = undone(&click.voter.id, was_broken, &taken_back);
    decision.follow(EffectKind::tell_thread(decision.next.id.clone(), text));
    Ok(())
}
