//! The state machine of an approval: the commands, the refusals, and the decision on each.

use super::apply_click::{apply_click, too_late};
use super::dialog::{on_dialog_deleted, on_dialog_posted, record_voter_names};
use super::frozen::{on_freeze_changed, record, start_freeze};
use super::glass::{NoReviewer, Review, confirm_glass, owe_review, review_glass, strike_glass};
use super::reopened::{tell_reopened, tell_unkept};
use super::watched::{next_look, tell_out_of_reach};
use super::{
    Approval, ApprovalAction, Ask, Check, Choice, Click, Closed, Dialog, Electorate, NoConfirmer, Outcome,
    Status, Struck, Successor, Verdict, Vote, Voter,
};
use crate::decision::{Decision, Later};
use crate::effect::EffectKind;
use crate::event::EventKind;
use jiff::{SignedDuration, Timestamp};

/// The rounds after each of which a blocked approval waits a minute longer.
const STEADY_ROUNDS: u32 = 15;
/// The longest wait until a blocked approval is judged again.
const LONGEST_WAIT: SignedDuration = SignedDuration::from_hours(1);

/// A command to an approval.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Command {
    /// A person clicks.
    Click(Click),
    /// Those who approved were looked up once more.
    Confirm(Check),
    /// The range was judged again: a blocked approval had its turn, or something changed.
    Judge {
        /// The people who may vote now.
        electorate: Electorate,
        /// The base of the range.
        base: Option<String>,
        /// The number of this look since the approval was blocked, from 1; 0: the look is out of turn.
        round: u32,
    },
    /// Those who approved could not be looked up yet.
    Postpone {
        /// The reason.
        reason: String,
    },
    /// The time to decide is over.
    Expire,
    /// A freeze window may have opened or closed.
    WatchFreeze,
    /// A newer deploy takes its place.
    Supersede(Successor),
    /// The approval can't be decided any more.
    Cancel {
        /// The reason.
        reason: String,
    },
    /// The dialog stands in Slack.
    DialogPosted(Dialog),
    /// The dialog was deleted in Slack.
    DialogGone(Dialog),
    /// The names that Slack gave for these voters: user id and name.
    Name(Vec<(String, String)>),
}

/// The reason why a command changes nothing.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Refusal {
    /// It was done before; there is nothing to tell.
    Repeated,
    /// It is a click that was counted already, or one from before the person's last: a replay.
    Replayed,
    /// Its time has not come, or is over.
    NotNow,
    /// The approval is closed; this is how it ended.
    Closed(Closed),
    /// The person may not vote; the verdict, and the electorate that may.
    NotEligible(Verdict, Box<Electorate>),
    /// The button is of another approval than this one.
    OtherSubject,
    /// It needs a reason.
    ReasonNeeded,
    /// The person has no vote to withdraw.
    NoVote,
    /// There is no quorum to undo.
    NoQuorum,
    /// There is no freeze to lift.
    NotFrozen,
    /// The person is not among these (Slack user ids), who may lift the freeze.
    NotALifter(Vec<String>),
    /// The person is not among these (Slack user ids), who may break the glass; none: it has no glass.
    NotABreaker(Vec<String>),
    /// Enough people approved already, so there is nothing that a broken glass would replace.
    NoGlassNeeded,
    /// No glass was broken here, or nothing went ahead by it.
    NoReviewOwed,
    /// The broken glass was reviewed before.
    Reviewed(Box<Review>),
    /// The person may not review the broken glass, but these (Slack user ids) may; none: anyone else in the
    /// channel may.
    NotAReviewer(NoReviewer, Vec<String>),
    /// The person can't confirm that a maker is nobody here.
    NotAConfirmer(NoConfirmer),
}

/// The decision that opens an approval. `remind_after` is the time after which its thread names the people
/// who are still needed.
pub fn open(approval: Approval, remind_after: Option<SignedDuration>) -> Decision<Approval> {
    let (id, opened_at) = (approval.id.clone(), approval.opened_at);
    let event = EventKind::ApprovalOpened {
        approval: id.clone(),
        name: approval.name.clone(),
        channel: approval.channel.clone(),
        electorate: approval.electorate.clone(),
    };
    let expire =
        approval.expires_at.map(|at| Later { at, kind: EffectKind::Expire { approval: id.clone() } });
    let remind = remind_after
        .and_then(|after| opened_at.checked_add(after).ok())
        .map(|at| Later { at, kind: EffectKind::Remind { approval: id } });
    let look = next_look(&approval, opened_at);
    let mut decision = Decision::new(approval);
    decision.later.extend(expire.into_iter().chain(remind).chain(look));
    decision.events.push(event);
    start_freeze(&mut decision, opened_at);
    judge_again(&mut decision, 1, opened_at);
    decision
}

/// The decision on `command` to `approval` at `now`.
///
/// A closed approval never changes, except for its dialog, the names of its voters, and the review of its
/// broken glass.
pub fn decide(approval: &Approval, command: Command, now: Timestamp) -> Result<Decision<Approval>, Refusal> {
    match (&approval.status, command) {
        (Status::Pending | Status::Quorum { .. }, Command::Click(click)) => apply_click(approval, click, now),
        (
            Status::Closed(Closed::Approved { .. }),
            Command::Click(click @ Click { ask: Ask { action: ApprovalAction::Review, .. }, .. }),
        ) => review_glass(approval, &click, now),
        (Status::Closed(closed), Command::Click(click)) => Err(too_late(approval, closed, &click)),
        (Status::Quorum { until, .. }, Command::Confirm(check)) if now >= *until => {
            Ok(confirm(approval, check, now))
        }
        (Status::Quorum { .. }, Command::Confirm(_)) => Err(Refusal::NotNow),
        (Status::Pending | Status::Quorum { .. }, Command::Judge { electorate, base, round }) => {
            Ok(judge(approval, electorate, base, round, now))
        }
        (Status::Quorum { note, .. }, Command::Postpone { reason }) if note.as_ref() == Some(&reason) => {
            Err(Refusal::Repeated)
        }
        (Status::Quorum { since, until, note }, Command::Postpone { reason }) => {
            let mut decision = Decision::new(approval.clone());
            decision.next.status = Status::Quorum { since: *since, until: *until, note: Some(reason) };
            decision.follow(draw(approval));
            if note.is_none() {
                // Later reasons are an edit of the dialog.
                tell_unkept(&mut decision, approval);
            }
            Ok(decision)
        }
        // Those who approved were no longer enough, or it closed: there is nothing to look up.
        (Status::Pending | Status::Closed(_), Command::Confirm(_) | Command::Postpone { .. })
        | (Status::Closed(_), Command::Judge { .. }) => Err(Refusal::NotNow),
        (Status::Pending, Command::Expire) if approval.expires_at.is_some_and(|at| now >= at) => {
            let mut decision = Decision::new(approval.clone());
            close(&mut decision, Closed::Expired { at: now }, Outcome::Expired, None, None);
            Ok(decision)
        }
        (Status::Pending | Status::Quorum { .. }, Command::WatchFreeze) => on_freeze_changed(approval, now),
        // Who approved in time has approved: what becomes of the quorum decides.
        (Status::Pending | Status::Quorum { .. }, Command::Expire) => Err(Refusal::NotNow),
        (Status::Pending | Status::Quorum { .. }, Command::Supersede(by)) => {
            let reason = format!("superseded by {}", by.title);
            let mut decision = Decision::new(approval.clone());
            let outcome = Outcome::Superseded(reason);
            let closed = Closed::Superseded { at: now, by: by.clone() };
            close(&mut decision, closed, outcome, None, Some(by.title));
            tell_unkept(&mut decision, approval);
            Ok(decision)
        }
        (Status::Pending | Status::Quorum { .. }, Command::Cancel { reason }) => {
            let mut decision = Decision::new(approval.clone());
            let outcome = Outcome::Cancelled(reason.clone());
            let closed = Closed::Cancelled { at: now, by: None, reason: reason.clone() };
            close(&mut decision, closed, outcome, None, Some(reason));
            tell_unkept(&mut decision, approval);
            Ok(decision)
        }
        (
            Status::Closed(closed),
            Command::Expire | Command::WatchFreeze | Command::Supersede(_) | Command::Cancel { .. },
        ) => Err(Refusal::Closed(closed.clone())),
        (Status::Pending | Status::Quorum { .. } | Status::Closed(_), Command::DialogPosted(dialog)) => {
            on_dialog_posted(approval, dialog)
        }
        (Status::Pending | Status::Quorum { .. } | Status::Closed(_), Command::DialogGone(dialog)) => {
            on_dialog_deleted(approval, &dialog)
        }
        (Status::Pending | Status::Quorum { .. } | Status::Closed(_), Command::Name(names)) => {
            record_voter_names(approval, &names)
        }
    }
}

/// Applies a lookup of the voters: strikes the votes of people who may not vote any more.
fn confirm(approval: &Approval, check: Check, now: Timestamp) -> Decision<Approval> {
    let mut decision = Decision::new(approval.clone());
    let was_blocked = !approval.electorate.blocked.is_empty();
    take(&mut decision, check.electorate.with_confirmed(&approval.nobody_here), check.base);
    let next = &mut decision.next;
    let looked_up =
        |voter: &str| check.voters.iter().find(|(id, _)| id == voter).map(|(_, verdict)| *verdict);
    decision.events.push(EventKind::VotersChecked {
        approval: next.id.clone(),
        electorate: next.electorate.clone(),
        voters: check.voters.clone(),
    });
    let (mut kept, mut confirmed) = (Vec::new(), Vec::new());
    for vote in std::mem::take(&mut next.votes) {
        if vote.choice == Choice::Reject {
            kept.push(vote);
            continue;
        }
        let account = looked_up(&vote.voter);
        let verdict = match account.unwrap_or(Verdict::Eligible) {
            Verdict::Eligible => next.electorate.verdict(&vote.voter),
            unfit => unfit,
        };
        if verdict == Verdict::Eligible {
            confirmed.extend(account.is_some().then(|| vote.voter.clone()));
            kept.push(vote);
            continue;
        }
        decision.events.push(strike(next, vote, verdict));
    }
    next.votes = kept;
    let is_broken = confirm_glass(&mut decision, check.breaker);
    let next = &mut decision.next;
    let confirmed: Vec<&str> = confirmed.iter().map(String::as_str).collect();
    // A glass that was broken after this look has a look of its own.
    let is_unseen = next.glass.broken.is_some() && !is_broken;
    if is_broken || (!is_unseen && next.electorate.is_enough(&confirmed, next.votes_required)) {
        if let (Status::Quorum { since, .. }, Some(hold)) = (&approval.status, next.frozen.hold_at(now)) {
            // Its windows were followed for a year, or are not what they were then.
            let until = hold.until;
            next.status = Status::Quorum { since: *since, until, note: None };
            next.frozen.hold = Some(hold);
            record(&mut decision);
            decision.confirm_at(until, now);
            decision.follow(draw(approval));
            return decision;
        }
        owe_review(&mut decision);
        close(&mut decision, Closed::Approved { at: now }, Outcome::Approved, None, None);
        return decision;
    }
    decision.follow(draw(approval));
    tally(&mut decision, now);
    if let Status::Quorum { note, .. } = &mut decision.next.status {
        // Others approved while these were looked up; now it is their turn.
        *note = None;
        decision.follow(EffectKind::ConfirmQuorum { approval: approval.id.clone() });
    }
    if !was_blocked {
        judge_again(&mut decision, 1, now);
    }
    tell_reopened(&mut decision, approval);
    decision
}

/// The range was judged again: the approval goes on by itself once nothing blocks it.
fn judge(
    approval: &Approval,
    electorate: Electorate,
    base: Option<String>,
    round: u32,
    now: Timestamp,
) -> Decision<Approval> {
    let mut decision = Decision::new(approval.clone());
    let electorate = electorate.with_confirmed(&approval.nobody_here);
    if approval.electorate != electorate || approval.subject.base != base {
        take(&mut decision, electorate, base);
        decision.events.push(EventKind::VotersChecked {
            approval: approval.id.clone(),
            electorate: decision.next.electorate.clone(),
            voters: Vec::new(),
        });
        decision.follow(draw(approval));
        tally(&mut decision, now);
        tell_reopened(&mut decision, approval);
        tell_out_of_reach(&mut decision, approval);
    }
    // A look out of turn leaves the looks to those that wait, unless there are none.
    let next = match (round, approval.electorate.blocked.is_empty()) {
        (0, true) => Some(1),
        (0, false) => None,
        (round, _) => Some(round.saturating_add(1)),
    };
    if let Some(round) = next.filter(|_| decision.next.status.is_open()) {
        judge_again(&mut decision, round, now);
    }
    decision
}

/// Takes over the electorate for the range from `base`. If the base moved, and with it the commits that are
/// taken out or the makers, people voted on another change: the approving votes are struck.
fn take(decision: &mut Decision<Approval>, electorate: Electorate, base: Option<String>) {
    let approval = &mut decision.next;
    let takes_out = electorate.judged.as_ref().is_some_and(|judged| judged.removed > 0);
    let was_judged = approval.electorate.judged.is_some();
    // What nothing blocks goes on by what is known: it is on record that the range is not.
    let is_uncompared = electorate.without_range.is_some() && electorate.blocked.is_empty();
    if electorate.judged.is_none() && was_judged && !is_uncompared {
        // Whether the votes are on another change is known once the range can be read again: until then it
        // stays the one that they were given on, and what keeps it from being read blocks.
        let Electorate { judged, parts, .. } = approval.electorate.clone();
        approval.electorate = Electorate { judged, parts, ..electorate };
        return;
    }
    // Votes that were given while no range could be read are on whatever it turns out to be.
    let is_other = was_judged
        && (is_uncompared
            || approval.subject.base != base && (takes_out || approval.electorate.parts != electorate.parts));
    if !electorate.is_of_rules && approval.subject.base != base {
        approval.comparison = compared_since(approval, base.as_deref());
    }
    approval.electorate = electorate;
    approval.subject.base = base;
    if is_other {
        let approving: Vec<_> =
            approval.votes.extract_if(.., |vote| vote.choice == Choice::Approve).collect();
        for vote in approving {
            decision.events.push(strike(approval, vote, Verdict::BaseMoved));
        }
        strike_glass(decision, Verdict::BaseMoved);
    }
}

/// The address of the comparison since `base`, where the approval has one; without a base, the one that it
/// has.
fn compared_since(approval: &Approval, base: Option<&str>) -> Option<String> {
    let known = approval.comparison.as_ref()?;
    let moved = base.zip(known.split_once("/compare/"));
    let address = |(base, (page, _)): (&str, (&str, &str))| {
        format!("{page}/compare/{base}...{}", approval.subject.revision)
    };
    Some(moved.map_or_else(|| known.clone(), address))
}

/// Puts `vote` among those that count no longer; the event that says so.
fn strike(approval: &mut Approval, vote: Vote, why: Verdict) -> EventKind {
    approval.struck.push(Struck { voter: vote.voter.clone(), why });
    EventKind::VoteStruck { approval: approval.id.clone(), voter: vote.voter, name: vote.name, verdict: why }
}

/// Has an approval that is blocked judged again, ever more seldom.
fn judge_again(decision: &mut Decision<Approval>, round: u32, now: Timestamp) {
    if decision.next.electorate.blocked.is_empty() {
        return;
    }
    let kind = EffectKind::JudgeAgain { approval: decision.next.id.clone(), round };
    decision.later.push(Later { at: now + wait_before_round(round), kind });
}

/// The wait before a blocked approval is judged for the time number `round`, from 1: 1, 2, 3, ... 15 minutes,
/// then twice as long, up to an hour. A person's vote has it judged at once, and so has what Signoff hears
/// of: an entry of People, a base, a policy. It does not hear of a user group that is restored in Slack, or
/// of a token that is mended.
pub fn wait_before_round(round: u32) -> SignedDuration {
    let steady = SignedDuration::from_mins(i64::from(round.clamp(1, STEADY_ROUNDS)));
    let doublings = round.saturating_sub(STEADY_ROUNDS).min(16);
    steady.saturating_mul(1 << doublings).min(LONGEST_WAIT)
}

/// Counts the votes: closes the approval if they reject it, starts a quorum, or ends one that they no longer
/// make.
pub(super) fn tally(decision: &mut Decision<Approval>, now: Timestamp) {
    let approval = &decision.next;
    let has_quorum = approval.status.is_quorum();
    let enough = approval.has_enough();
    if approval.count(Choice::Reject) >= approval.rejections_required {
        close(decision, Closed::Rejected { at: now }, Outcome::Rejected, None, None);
    } else if enough && !has_quorum {
        let undone = approval.undone_until(now);
        let hold = approval.frozen.hold_at(undone);
        let until = hold.as_ref().map_or(undone, |hold| hold.until);
        if approval.glass.broken.is_none() {
            decision.events.push(EventKind::QuorumReached { approval: approval.id.clone(), until });
        }
        decision.next.frozen.hold = hold;
        decision.next.status = Status::Quorum { since: now, until, note: None };
        record(decision);
        decision.confirm_at(until, now);
    } else if !enough && has_quorum {
        let (id, expires_at) = (approval.id.clone(), approval.expires_at);
        decision.next.status = Status::Pending;
        decision.next.frozen.hold = decision.next.frozen.hold_at(now);
        match expires_at {
            Some(at) if now >= at => {
                close(decision, Closed::Expired { at: now }, Outcome::Expired, None, None)
            }
            // The first one may have come during the quorum, and was not its time then: clocks differ.
            Some(at) => decision.later.push(Later { at, kind: EffectKind::Expire { approval: id } }),
            None => {}
        }
    }
}

/// Closes the approval of `decision`, `by` somebody or of its own accord: the run that waits for it goes on,
/// and its dialog is drawn.
pub(super) fn close(
    decision: &mut Decision<Approval>,
    closed: Closed,
    outcome: Outcome,
    by: Option<&Voter>,
    reason: Option<String>,
) {
    let approval = &mut decision.next;
    decision.events.push(EventKind::ApprovalClosed {
        approval: approval.id.clone(),
        outcome: closed.word().to_owned(),
        by: by.map(|by| by.id.clone()),
        name: by.map(|by| by.name.clone()),
        reason,
    });
    let advance = EffectKind::AdvanceRun { run: approval.run.clone(), step: approval.step, outcome };
    let draw = draw(approval);
    approval.status = Status::Closed(closed);
    decision.follow(draw);
    decision.follow(advance);
}

pub(super) fn draw(approval: &Approval) -> EffectKind {
    EffectKind::DrawDialog { approval: approval.id.clone() }
}
