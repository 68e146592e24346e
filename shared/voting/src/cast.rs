//! Requests about an approval: each is decided and committed, or refused, and the refusal is put on record.

use crate::wish::{What, Wish};
use approval::approval::{Approval, NoConfirmer, Refusal, Voter, decide};
use approval::event::EventKind;
use approval::message;
use jiff::Timestamp;
use runtime::race;
use store::{Change, CommitError, Store};

/// The number of times that a lost race is decided again before the person is asked to click once more.
const MAX_RACES: u32 = 25;
/// The text that stands for a reason before it is given.
const NOT_GIVEN_YET: &str = "\u{2026}";
/// The answer to a person whose account Slack has to show first.
pub const UNSEEN: &str = "Slack did not say who you are, and nothing was done. Send it again.";

/// The outcome of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Dealt {
    /// It is on record, or was fulfilled before.
    With,
    /// It was dealt with before, or a later one of the same person was.
    Before,
    /// It changed nothing; the answer to the person says why.
    Refused(Refused),
}

/// The refusal of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// The answer to the person, in Slack's mrkdwn.
    pub text: String,
    /// The kind of reason for it.
    pub because: Because,
}

/// The kind of reason for a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Because {
    /// There is nothing on record that could change.
    NotOnRecord,
    /// The person may not.
    MayNot,
    /// It can't be done as things stand.
    NotNow,
}

impl Dealt {
    /// There is no such approval.
    pub fn not_on_record() -> Self {
        Self::Refused(Refused::new(Because::NotOnRecord, message::NO_SUCH_APPROVAL))
    }
}

impl Refused {
    /// This text, for this kind of reason.
    pub(crate) fn new(because: Because, text: impl Into<String>) -> Self {
        Self { text: text.into(), because }
    }

    /// Slack did not say who the person is.
    pub(crate) fn unseen() -> Self {
        Self::new(Because::NotNow, UNSEEN)
    }

    /// The answer to a person about `refusal`; `None` where there is nothing to tell.
    pub(crate) fn of(refusal: &Refusal) -> Option<Self> {
        let because = match refusal {
            Refusal::NotEligible(..)
            | Refusal::NotALifter(_)
            | Refusal::NotABreaker(_)
            | Refusal::NotAReviewer(..)
            | Refusal::NotAConfirmer(NoConfirmer::OwnWord | NoConfirmer::MadeSome) => Because::MayNot,
            Refusal::Repeated
            | Refusal::Replayed
            | Refusal::NotNow
            | Refusal::Closed(_)
            | Refusal::OtherSubject
            | Refusal::ReasonNeeded
            | Refusal::NoVote
            | Refusal::NoQuorum
            | Refusal::NotFrozen
            | Refusal::NoGlassNeeded
            | Refusal::NoReviewOwed
            | Refusal::Reviewed(_)
            | Refusal::NotAConfirmer(NoConfirmer::Outdated) => Because::NotNow,
        };
        message::refusal(refusal).map(|text| Self { text, because })
    }
}

/// Decides the request of `voter` at `now`, and commits the decision. It starts from `read` if that is there,
/// and else reads the approval; it reads and decides again where somebody else committed first.
///
/// Costs a read (none with `read`) and a commit.
///
/// # Errors
///
/// The record can't be read or written, or others committed first each time: nothing was changed. A refused
/// request is no error; [`record_refusal`] puts it on record.
pub async fn cast(
    store: &Store,
    mut read: Option<Approval>,
    voter: &Voter,
    wish: &Wish,
    reason: Option<String>,
    now: Timestamp,
) -> Result<Dealt, CommitError> {
    race::decide(&voter.id, MAX_RACES, || {
        // Good for the first time only: who lost the race has to read.
        let read = read.take();
        async {
            let newest = match read {
                Some(approval) => Some(approval),
                None => store.approval(&wish.deploy, &wish.approval).await?,
            };
            let Some(approval) = newest else { return Ok(Dealt::not_on_record()) };
            let decision = match decide(&approval, wish.command(voter, reason.clone()), now) {
                Ok(decision) => decision,
                Err(refusal) => return Ok(refused(&refusal)),
            };
            if let Some(unseen) = unseen(voter, wish) {
                return Ok(Dealt::Refused(unseen));
            }
            store.commit(Change::to(&wish.deploy, now).approval(decision)).await?;
            Ok(Dealt::With)
        }
    })
    .await
}

/// The reason why a request would change nothing, were its reason written; `None`: it would change something.
pub fn foresee(approval: &Approval, voter: &Voter, wish: &Wish, now: Timestamp) -> Option<Refusal> {
    let reason = Some(NOT_GIVEN_YET.to_owned());
    decide(approval, wish.command(voter, reason), now).err()
}

/// The refusal of a request whose reason is not written yet; `None`: it would not be refused. People who may
/// not make it are told before they write a reason.
pub fn would_refuse(approval: &Approval, voter: &Voter, wish: &Wish, now: Timestamp) -> Option<Dealt> {
    match foresee(approval, voter, wish, now) {
        Some(refusal) => Some(refused(&refusal)),
        None => unseen(voter, wish).map(Dealt::Refused),
    }
}

/// The refusal to lift a freeze or review a broken glass for somebody about whom Slack did not say anything:
/// that takes effect at once, and nobody looks at them again. Voters, and whoever broke the glass, are looked
/// at before the first action, and stopping is safe.
fn unseen(voter: &Voter, wish: &Wish) -> Option<Refused> {
    let at_once = match wish.what {
        What::LiftFreeze | What::Review => true,
        What::Approve | What::Reject | What::Withdraw | What::Undo | What::BreakGlass | What::Cancel => false,
    };
    (at_once && voter.standing.is_none()).then(Refused::unseen)
}

/// Puts on record that the request of `voter` was refused, at `now`. The same `owner` (the person, the place
/// and the time) at the same time is the same refusal, and is recorded once. A refusal without a record to
/// put it on is left out.
///
/// # Errors
///
/// The record can't be written.
pub async fn record_refusal(
    store: &Store,
    voter: &Voter,
    wish: &Wish,
    refused: &Refused,
    owner: &str,
    now: Timestamp,
) -> Result<(), CommitError> {
    let events = refused.events(wish, &voter.id, &voter.name);
    if events.is_empty() {
        return Ok(());
    }
    let change = Change::to(&wish.deploy, now).and(owner, Vec::new(), events);
    match store.commit(change).await {
        Ok(()) | Err(CommitError::Conflict) => Ok(()),
        Err(error) => Err(error),
    }
}

impl Refused {
    /// The events that go on record about it; none where there is no record to put them on. `voter` is their
    /// Slack user id.
    pub fn events(&self, wish: &Wish, voter: &str, name: &str) -> Vec<EventKind> {
        if self.because == Because::NotOnRecord {
            return Vec::new();
        }
        vec![EventKind::VoteRefused {
            approval: wish.approval.clone(),
            voter: voter.to_owned(),
            name: name.to_owned(),
            reason: self.text.clone(),
        }]
    }
}

fn refused(refusal: &Refusal) -> Dealt {
    if *refusal == Refusal::Replayed {
        return Dealt::Before;
    }
    Refused::of(refusal).map_or(Dealt::With, Dealt::Refused)
}

#[cfg(test)]
mod tests {
    use super::*;
    use approval::approval::{Electorate, NoReviewer, Verdict};

    #[test]
    fn what_a_refusal_is_told_as() {
        let kind = |refusal: &Refusal| match refused(refusal) {
            Dealt::Refused(refused) => Some(refused.because),
            Dealt::With | Dealt::Before => None,
        };
        let stranger = Refusal::NotEligible(Verdict::Stranger, Box::new(Electorate::anyone()));
        for (refusal, because) in [
            (stranger, Some(Because::MayNot)),
            (Refusal::NotALifter(Vec::new()), Some(Because::MayNot)),
            (Refusal::NotABreaker(Vec::new()), Some(Because::MayNot)),
            (Refusal::NotAReviewer(NoReviewer::BrokeIt, Vec::new()), Some(Because::MayNot)),
            (Refusal::NoGlassNeeded, Some(Because::NotNow)),
            (Refusal::NoReviewOwed, Some(Because::NotNow)),
            (Refusal::OtherSubject, Some(Because::NotNow)),
            (Refusal::ReasonNeeded, Some(Because::NotNow)),
            (Refusal::NoVote, Some(Because::NotNow)),
            (Refusal::NoQuorum, Some(Because::NotNow)),
            (Refusal::NotFrozen, Some(Because::NotNow)),
            (Refusal::Repeated, None),
            (Refusal::Replayed, None),
        ] {
            assert_eq!(kind(&refusal), because, "{refusal:?}");
        }
        assert_eq!(refused(&Refusal::Repeated), Dealt::With, "who voted so already is content");
        assert_eq!(refused(&Refusal::Replayed), Dealt::Before);
    }
}
