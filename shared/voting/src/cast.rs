//! Requests about an approval: each is decided and committed, or refused, and the refusal is put on record.

use jiff::Timestamp;
use signoff_core::approval::{
    Approval, ApprovalAction, ApprovalRequest, Command, LastClick, NoConfirmer, Refusal, Voter, decide,
};
use signoff_core::event::EventKind;
use signoff_core::message;
use signoff_runtime::race;
use signoff_store::{Change, CommitError, Store};

/// The number of times that a lost race is decided again before the person is asked to click once more.
const MAX_RACES: u32 = 25;
/// The text that stands for a reason before it is given.
const NOT_GIVEN_YET: &str = "\u{2026}";
/// The answer to a person whose account Slack has to show first.
pub const UNSEEN: &str = "Slack did not say who you are, and nothing was done. Send it again.";

/// The answer to a person whose later click counts.
pub const OVERTAKEN: &str =
    "Nothing was changed: a later click of yours was dealt with before. Look at what stands here now.";

/// The outcome of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CastOutcome {
    /// It is on record, or was fulfilled before.
    Recorded,
    /// It was dealt with before, or a later one of the same person was.
    Duplicate,
    /// It changed nothing; the answer to the person says why.
    Refused(Refused),
}

/// The refusal of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// The answer to the person, in Slack's mrkdwn.
    pub text: String,
    /// The kind of reason for it.
    pub kind: RefusalKind,
}

/// The kind of reason for a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefusalKind {
    /// There is nothing on record that could change.
    NotFound,
    /// The person may not.
    Forbidden,
    /// It can't be done as things stand.
    Conflict,
}

impl CastOutcome {
    /// There is no such approval.
    pub fn not_on_record() -> Self {
        Self::Refused(Refused::new(RefusalKind::NotFound, message::NO_SUCH_APPROVAL))
    }
}

impl Refused {
    /// This text, for this kind of reason.
    pub(crate) fn new(kind: RefusalKind, text: impl Into<String>) -> Self {
        Self { text: text.into(), kind }
    }

    /// It can't be done as things stand, for this reason.
    fn not_now(text: &str) -> Self {
        Self::new(RefusalKind::Conflict, text)
    }

    /// Slack did not say who the person is.
    pub(crate) fn unseen() -> Self {
        Self::not_now(UNSEEN)
    }

    /// The answer to a person about `refusal`; `None` where there is nothing to tell.
    pub(crate) fn of(refusal: &Refusal) -> Option<Self> {
        let kind = match refusal {
            Refusal::NotEligible(..)
            | Refusal::NotALifter(_)
            | Refusal::NotABreaker(_)
            | Refusal::NotAReviewer(..)
            | Refusal::NotAConfirmer(NoConfirmer::OwnWord | NoConfirmer::MadeSome) => RefusalKind::Forbidden,
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
            | Refusal::NotAConfirmer(NoConfirmer::Outdated) => RefusalKind::Conflict,
        };
        message::refusal(refusal).map(|text| Self { text, kind })
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
    request: &ApprovalRequest,
    reason: Option<String>,
    now: Timestamp,
) -> Result<CastOutcome, CommitError> {
    race::decide(&voter.id, MAX_RACES, || {
        // Good for the first time only: who lost the race has to read.
        let read = read.take();
        async {
            let newest = match read {
                Some(approval) => Some(approval),
                None => store.approval(&request.deploy, &request.approval).await?,
            };
            let Some(approval) = newest else { return Ok(CastOutcome::not_on_record()) };
            let decision = match decide(&approval, Command::Click(request.click(voter, reason.clone())), now)
            {
                Ok(decision) => decision,
                // Somebody waits in the window for an answer. Of a click alone, the dialog shows what counts.
                Err(refusal) if reason.is_some() => {
                    return Ok(refused(&refusal, is_overtaken(&approval.clicks, &voter.id, request.at)));
                }
                Err(refusal) => return Ok(refused(&refusal, false)),
            };
            if let Some(unseen) = unseen(voter, request) {
                return Ok(CastOutcome::Refused(unseen));
            }
            store.commit(Change::to(&request.deploy, now).approval(decision)).await?;
            Ok(CastOutcome::Recorded)
        }
    })
    .await
}

/// The reason why a request would change nothing, were its reason written; `None`: it would change something.
pub fn foresee(
    approval: &Approval,
    voter: &Voter,
    request: &ApprovalRequest,
    now: Timestamp,
) -> Option<Refusal> {
    let reason = Some(NOT_GIVEN_YET.to_owned());
    decide(approval, Command::Click(request.click(voter, reason)), now).err()
}

/// The refusal of a request whose reason is not written yet; `None`: it would not be refused. People who may
/// not make it are told before they write a reason.
pub fn would_refuse(
    approval: &Approval,
    voter: &Voter,
    request: &ApprovalRequest,
    now: Timestamp,
) -> Option<CastOutcome> {
    match foresee(approval, voter, request, now) {
        Some(refusal) => Some(refused(&refusal, false)),
        None => unseen(voter, request).map(CastOutcome::Refused),
    }
}

/// The refusal to lift a freeze, review a broken glass or confirm a maker for somebody about whom Slack did
/// not say anything: that takes effect at once, and nobody looks at them again. Voters, and whoever broke the
/// glass, are looked at before the first action, and stopping is safe.
fn unseen(voter: &Voter, request: &ApprovalRequest) -> Option<Refused> {
    let at_once = match request.action {
        ApprovalAction::LiftFreeze | ApprovalAction::Review | ApprovalAction::ConfirmNobody => true,
        ApprovalAction::Approve
        | ApprovalAction::Reject
        | ApprovalAction::Withdraw
        | ApprovalAction::Undo
        | ApprovalAction::BreakGlass
        | ApprovalAction::Cancel => false,
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
    request: &ApprovalRequest,
    refused: &Refused,
    owner: &str,
    now: Timestamp,
) -> Result<(), CommitError> {
    let events = refused.events(request, &voter.id, &voter.name);
    if events.is_empty() {
        return Ok(());
    }
    let change = Change::to(&request.deploy, now).and(owner, Vec::new(), events);
    match store.commit(change).await {
        Ok(()) | Err(CommitError::Conflict) => Ok(()),
        Err(error) => Err(error),
    }
}

impl Refused {
    /// The events that go on record about it; none where there is no record to put them on. `voter` is their
    /// Slack user id.
    pub fn events(&self, request: &ApprovalRequest, voter: &str, name: &str) -> Vec<EventKind> {
        if self.kind == RefusalKind::NotFound {
            return Vec::new();
        }
        vec![EventKind::VoteRefused {
            approval: request.approval.clone(),
            voter: voter.to_owned(),
            name: name.to_owned(),
            reason: self.text.clone(),
        }]
    }
}

/// True if the person `voter` clicked something else after `at`, and that was counted.
fn is_overtaken(clicks: &[LastClick], voter: &str, at: Timestamp) -> bool {
    clicks.iter().any(|last| last.person == voter && last.at > at)
}

/// The outcome of a refused request. `is_overtaken`: its person wrote a reason for it, and clicked something
/// else since.
fn refused(refusal: &Refusal, is_overtaken: bool) -> CastOutcome {
    let is_replayed = *refusal == Refusal::Replayed;
    if is_replayed && !is_overtaken {
        return CastOutcome::Duplicate;
    }
    let told = Refused::of(refusal).or_else(|| is_replayed.then(|| Refused::not_now(OVERTAKEN)));
    told.map_or(CastOutcome::Recorded, CastOutcome::Refused)
}

#[cfg(test)]
mod tests {
    use super::*;
    use signoff_core::approval::{Electorate, NoReviewer, Verdict};

    #[test]
    fn what_a_refusal_is_told_as() {
        let kind = |refusal: &Refusal| match refused(refusal, false) {
            CastOutcome::Refused(refused) => Some(refused.kind),
            CastOutcome::Recorded | CastOutcome::Duplicate => None,
        };
        let stranger = Refusal::NotEligible(Verdict::Stranger, Box::new(Electorate::anyone()));
        for (refusal, expected) in [
            (stranger, Some(RefusalKind::Forbidden)),
            (Refusal::NotALifter(Vec::new()), Some(RefusalKind::Forbidden)),
            (Refusal::NotABreaker(Vec::new()), Some(RefusalKind::Forbidden)),
            (Refusal::NotAReviewer(NoReviewer::BrokeIt, Vec::new()), Some(RefusalKind::Forbidden)),
            (Refusal::NoGlassNeeded, Some(RefusalKind::Conflict)),
            (Refusal::NoReviewOwed, Some(RefusalKind::Conflict)),
            (Refusal::OtherSubject, Some(RefusalKind::Conflict)),
            (Refusal::ReasonNeeded, Some(RefusalKind::Conflict)),
            (Refusal::NoVote, Some(RefusalKind::Conflict)),
            (Refusal::NoQuorum, Some(RefusalKind::Conflict)),
            (Refusal::NotFrozen, Some(RefusalKind::Conflict)),
            (Refusal::Repeated, None),
            (Refusal::Replayed, None),
        ] {
            assert_eq!(kind(&refusal), expected, "{refusal:?}");
        }
        assert_eq!(
            refused(&Refusal::Repeated, true),
            CastOutcome::Recorded,
            "who voted so already is content"
        );
        assert_eq!(refused(&Refusal::Replayed, false), CastOutcome::Duplicate);
    }

    #[test]
    fn window_is_overtaken_by_a_later_click_of_its_person() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let clicks = [LastClick { person: "U1".to_owned(), at: at(60), action: ApprovalAction::Approve }];
        assert!(is_overtaken(&clicks, "U1", at(59)));
        assert!(!is_overtaken(&clicks, "U1", at(60)), "it is this one, sent again");
        assert!(!is_overtaken(&clicks, "U2", at(59)));
        assert_ne!(refused(&Refusal::Replayed, true), refused(&Refusal::Replayed, false), "it is told");
    }
}
