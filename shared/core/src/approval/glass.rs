//! Break-glass: somebody who is named lets an approval go ahead without its votes, and somebody else reviews
//! that afterwards.
//!
//! It replaces votes, and nothing else: a freeze and an undo window still hold the actions, and every check
//! before an action is made.

use super::apply_click::{is_double, stated};
use super::decide::draw;
use super::{Approval, Click, Electorate, LastClick, Refusal, Status, Struck, Verdict, Voter};
use crate::decision::{Decision, Later};
use crate::effect::EffectKind;
use crate::event::EventKind;
use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The time that a review may take where nothing else is said.
pub const REVIEW_WITHIN: SignedDuration = SignedDuration::from_hours(48);
/// The time between two reminders of a review that is overdue.
const REMIND_EVERY: SignedDuration = SignedDuration::from_hours(24);

/// The people who can break the glass of an approval.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Breakers {
    /// Their Slack user ids.
    pub people: Vec<String>,
    /// The time for the review, in seconds.
    pub review_within: i64,
    /// True if the policy names them; otherwise the rule does.
    pub by_policy: bool,
}

/// The glass of an approval.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct Glass {
    /// The breaking of it, unless it was undone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub broken: Option<Broken>,
    /// Whoever broke it last and turned out not to be allowed to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub struck: Option<Struck>,
}

/// A broken glass.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Broken {
    /// The Slack user id of whoever broke it.
    pub by: String,
    /// The name at that time.
    pub name: String,
    /// The time.
    pub at: Timestamp,
    /// The reason, in their words.
    pub reason: String,
    /// The time by which the review is owed.
    pub due: Timestamp,
    /// The people who made the change, once they were looked up before the first action.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hands: Option<Hands>,
    /// The review, once it is done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub review: Option<Review>,
}

/// The people who made a change.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Hands {
    /// Their Slack user ids.
    pub members: Vec<String>,
    /// True if there may be others.
    pub may_lack: bool,
}

/// A review of a broken glass.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Review {
    /// The reviewer's Slack user id.
    pub by: String,
    /// The name at that time.
    pub name: String,
    /// The time.
    pub at: Timestamp,
    /// The result, in the reviewer's words.
    pub note: String,
}

/// The look at whoever broke the glass, before the first action.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct BreakerCheck {
    /// The Slack user id.
    pub by: String,
    /// The verdict on the account.
    pub verdict: Verdict,
    /// The people who made the change.
    pub hands: Hands,
}

/// The reason why somebody may not review a broken glass.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NoReviewer {
    /// They broke it.
    BrokeIt,
    /// They made some of the change.
    MadeSome,
    /// They are not among those who may vote.
    NotNamed,
}

impl Glass {
    /// True if the glass is not broken, and no breaking of it was struck.
    pub fn is_whole(&self) -> bool {
        self.broken.is_none() && self.struck.is_none()
    }
}

impl Approval {
    /// The broken glass whose review is still owed.
    pub fn owed_review(&self) -> Option<&Broken> {
        let broken = self.glass.broken.as_ref().filter(|broken| broken.review.is_none())?;
        self.status.is_approved().then_some(broken)
    }

    /// True if the glass was broken and some makers of the change may be unknown. A reviewer may then be one
    /// of them.
    pub fn may_lack_hands(&self) -> bool {
        let broken = self.glass.broken.as_ref();
        broken.is_some_and(|broken| broken.hands.as_ref().is_none_or(|hands| hands.may_lack))
    }

    /// The people (Slack user ids) who may review the broken glass: those of the electorate who made none of
    /// the change and did not break it. `None`: anyone in the channel who did neither. That is also so if
    /// nobody of the electorate is left.
    pub fn reviewers(&self) -> Option<Vec<&String>> {
        let people = self.electorate.people.as_ref()?;
        let left: Vec<_> = people.iter().filter(|person| self.bars_review(person).is_none()).collect();
        (!left.is_empty()).then_some(left)
    }

    /// The reason why `person` may not review, whoever else may.
    fn bars_review(&self, person: &str) -> Option<NoReviewer> {
        let broken = self.glass.broken.as_ref()?;
        let Electorate { except, own_word, .. } = &self.electorate;
        let is = |id: &String| id == person;
        let made = broken.hands.iter().flat_map(|hands| &hands.members).chain(except).chain(own_word).any(is);
        if broken.by == person {
            Some(NoReviewer::BrokeIt)
        } else if made {
            Some(NoReviewer::MadeSome)
        } else {
            None
        }
    }

    /// The people who may break the glass of this approval now.
    ///
    /// # Errors
    /// `voter` may not: they are no member of the workspace or not named, nobody may, or no vote is needed
    /// any more.
    pub(super) fn may_break_glass(&self, voter: &Voter) -> Result<&Breakers, Refusal> {
        match self.account(voter) {
            Verdict::Eligible => {}
            unfit => return Err(Refusal::NotEligible(unfit, Box::new(self.electorate.clone()))),
        }
        let breakers = self.electorate.glass.as_ref().ok_or_else(|| Refusal::NotABreaker(Vec::new()))?;
        if !breakers.people.contains(&voter.id) {
            return Err(Refusal::NotABreaker(breakers.people.clone()));
        }
        if self.status == Status::Pending { Ok(breakers) } else { Err(Refusal::NoGlassNeeded) }
    }

    /// True if `voter` broke the glass, and the account is a member's.
    pub(super) fn is_breaker(&self, voter: &Voter) -> bool {
        let is_they = self.glass.broken.as_ref().is_some_and(|broken| broken.by == voter.id);
        is_they && self.account(voter) == Verdict::Eligible
    }

    fn may_review(&self, voter: &Voter) -> Result<(), Refusal> {
        match self.account(voter) {
            Verdict::Eligible => {}
            unfit => return Err(Refusal::NotEligible(unfit, Box::new(self.electorate.clone()))),
        }
        let reviewers = self.reviewers();
        let named = reviewers.as_ref().is_none_or(|people| people.contains(&&voter.id));
        let why = self.bars_review(&voter.id).or((!named).then_some(NoReviewer::NotNamed));
        let people = || reviewers.into_iter().flatten().cloned().collect();
        why.map_or(Ok(()), |why| Err(Refusal::NotAReviewer(why, people())))
    }
}

/// Whoever clicked breaks the glass: the approval goes ahead without its votes.
pub(super) fn break_glass(
    decision: &mut Decision<Approval>,
    click: &Click,
    review_within: SignedDuration,
    reason: String,
    now: Timestamp,
) {
    let approval = &mut decision.next;
    let due = now.checked_add(review_within).unwrap_or(Timestamp::MAX);
    let (by, name) = (click.voter.id.clone(), click.voter.name.clone());
    decision.events.push(EventKind::GlassBroken {
        approval: approval.id.clone(),
        by: by.clone(),
        name: name.clone(),
        reason: reason.clone(),
        due,
    });
    approval.glass.struck = None;
    approval.glass.broken = Some(Broken { by, name, at: now, reason, due, hands: None, review: None });
    let tell = EffectKind::TellGlassBroken { approval: approval.id.clone() };
    decision.follow(tell);
}

/// The glass is whole again: whoever broke it may not have, for this reason.
pub(super) fn strike_glass(decision: &mut Decision<Approval>, why: Verdict) {
    let approval = &mut decision.next;
    let Some(broken) = approval.glass.broken.take() else { return };
    approval.glass.struck = Some(Struck { voter: broken.by.clone(), why });
    decision.events.push(EventKind::GlassStruck {
        approval: approval.id.clone(),
        by: broken.by,
        name: broken.name,
        verdict: why,
    });
}

/// Applies the check of the person who broke the glass. True if the glass stays broken; one that was broken
/// after the check waits for a check of its own.
pub(super) fn confirm_glass(decision: &mut Decision<Approval>, check: Option<BreakerCheck>) -> bool {
    let approval = &mut decision.next;
    let Some(BreakerCheck { by, verdict, hands }) = check else { return false };
    let named = approval.electorate.glass.as_ref().is_some_and(|breakers| breakers.people.contains(&by));
    let Some(broken) = approval.glass.broken.as_mut().filter(|broken| broken.by == by) else { return false };
    let verdict = match verdict {
        Verdict::Eligible if !named => Verdict::NotNamed,
        other => other,
    };
    if verdict == Verdict::Eligible {
        broken.hands = Some(hands);
        true
    } else {
        strike_glass(decision, verdict);
        false
    }
}

/// Schedules the first reminder of the review for the time at which it is due. Does nothing unless the
/// approval goes ahead with a broken glass.
pub(super) fn owe_review(decision: &mut Decision<Approval>) {
    let Some(broken) = &decision.next.glass.broken else { return };
    let kind = EffectKind::RemindReview { approval: decision.next.id.clone(), round: 1 };
    decision.later.push(Later { at: broken.due, kind });
}

/// The reminder after the one of `round`, at `now`.
pub fn next_reminder(approval: &Approval, round: u32, now: Timestamp) -> Later {
    let kind = EffectKind::RemindReview { approval: approval.id.clone(), round: round.saturating_add(1) };
    Later { at: now.checked_add(REMIND_EVERY).unwrap_or(Timestamp::MAX), kind }
}

/// A click on an approval that went ahead by a broken glass: its review.
pub(super) fn review_glass(
    approval: &Approval,
    click: &Click,
    now: Timestamp,
) -> Result<Decision<Approval>, Refusal> {
    if is_double(approval, click) {
        return Err(Refusal::Repeated);
    }
    let replayed = |last: &LastClick| last.person == click.voter.id && click.at <= last.at;
    if approval.clicks.iter().any(replayed) {
        return Err(Refusal::Replayed);
    }
    let broken = approval.glass.broken.as_ref().ok_or(Refusal::NoReviewOwed)?;
    if let Some(review) = &broken.review {
        return Err(Refusal::Reviewed(Box::new(review.clone())));
    }
    approval.may_review(&click.voter)?;
    let note = stated(click.ask.reason.as_ref()).ok_or(Refusal::ReasonNeeded)?;
    let mut decision = Decision::new(approval.clone());
    let next = &mut decision.next;
    let Voter { id: by, name, .. } = click.voter.clone();
    next.clicks.retain(|last| last.person != by);
    next.clicks.push(LastClick { person: by.clone(), at: click.at, action: click.ask.action });
    decision.events.push(EventKind::GlassReviewed {
        approval: next.id.clone(),
        by: by.clone(),
        name: name.clone(),
        note: note.clone(),
    });
    if let Some(broken) = &mut next.glass.broken {
        broken.review = Some(Review { by, name, at: now, note });
    }
    decision.follow(draw(approval));
    decision.follow(EffectKind::SettleReview { approval: approval.id.clone() });
    Ok(decision)
}
