//! What became of each vote: counted, taken back, or struck. A vote stands in its approval; what the voter's
//! account was when they clicked, and when they were looked up before the first action, stands in the events.

use super::PersonView;
use crate::view::mrkdwn::People;
use approval::approval::{Approval, Choice, Electorate, Standing, Verdict};
use approval::event::{Event, EventKind};
use approval::id::ApprovalId;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use store::Page;

/// One person's vote.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct VoteView {
    /// The Slack user id.
    pub(crate) voter: String,
    pub(crate) name: String,
    /// `approve` or `reject`.
    pub(crate) choice: Choice,
    /// Why, in the voter's words.
    pub(crate) reason: Option<String>,
    pub(crate) at: Timestamp,
    /// What the account was at the click: `member`, `guest`, `stranger`, `deactivated` or `bot`; `null`:
    /// Slack did not say in time.
    pub(crate) account: Option<Standing>,
    /// What the look before the first action said; `null`: it was not looked up since.
    pub(crate) checked: Option<CheckView>,
}

/// What a look at a voter said.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
pub(crate) struct CheckView {
    pub(crate) at: Timestamp,
    /// `eligible`, or why not: `deactivated`, `guest`, `stranger`, `bot`, `not_named` or `own_change`.
    pub(crate) verdict: Verdict,
}

/// A vote to approve that counts no longer.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct StruckView {
    /// The Slack user id.
    pub(crate) voter: String,
    pub(crate) name: String,
    /// Why it does not count, as in [`CheckView::verdict`].
    pub(crate) why: Verdict,
    /// When it was struck.
    pub(crate) at: Option<Timestamp>,
    /// When it was cast.
    pub(crate) voted_at: Option<Timestamp>,
    /// Why the voter approved, in their words.
    pub(crate) reason: Option<String>,
    /// What the account was at the click, as in [`VoteView::account`].
    pub(crate) account: Option<Standing>,
}

/// A vote that was taken back.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct WithdrawnView {
    /// The Slack user id.
    pub(crate) voter: String,
    pub(crate) name: String,
    /// The vote: `approve` or `reject`.
    pub(crate) choice: Choice,
    /// Who took it back.
    pub(crate) by: PersonView,
    /// Whether that was by undoing the approval, and not by withdrawing one's own vote.
    pub(crate) undone: bool,
    pub(crate) at: Timestamp,
}

/// What the record says of how somebody last voted.
struct Cast<'a> {
    at: Timestamp,
    reason: Option<&'a String>,
    account: Option<Standing>,
    /// What happened after it.
    later: &'a [Event],
}

/// The last vote of `voter` on `approval`.
fn last_cast<'a>(page: &'a Page, approval: &ApprovalId, voter: &str) -> Option<Cast<'a>> {
    page.events.iter().enumerate().rev().find_map(|(index, event)| match &event.kind {
        EventKind::VoteCast { approval: of, voter: by, reason, standing, .. }
            if of == approval && by == voter =>
        {
            let later = page.events.get(index + 1..).unwrap_or_default();
            Some(Cast { at: event.at, reason: reason.as_ref(), account: *standing, later })
        }
        _ => None,
    })
}

/// The last look at `voter` among `events`.
fn last_check(events: &[Event], approval: &ApprovalId, voter: &str) -> Option<CheckView> {
    events.iter().rev().find_map(|event| match &event.kind {
        EventKind::VotersChecked { approval: of, electorate, voters } if of == approval => {
            let (_, verdict) = voters.iter().find(|(id, _)| id == voter)?;
            Some(CheckView { at: event.at, verdict: settled(*verdict, electorate, voter) })
        }
        _ => None,
    })
}

/// Whether `voter`, of whose account a look said `verdict`, may vote where `electorate` may.
pub(super) fn settled(verdict: Verdict, electorate: &Electorate, voter: &str) -> Verdict {
    if verdict == Verdict::Eligible { electorate.verdict(voter) } else { verdict }
}

/// The votes that count.
pub(super) fn counted(approval: &Approval, page: &Page) -> Vec<VoteView> {
    let views = approval.votes.iter().map(|vote| {
        let cast = last_cast(page, &approval.id, &vote.voter);
        let later = cast.as_ref().map_or(page.events.as_slice(), |cast| cast.later);
        VoteView {
            voter: vote.voter.clone(),
            name: vote.name.clone(),
            choice: vote.choice,
            reason: vote.reason.clone(),
            at: vote.at,
            account: cast.and_then(|cast| cast.account),
            checked: last_check(later, &approval.id, &vote.voter),
        }
    });
    views.collect()
}

/// The votes that count no longer.
pub(super) fn struck(approval: &Approval, page: &Page, people: &People<'_>) -> Vec<StruckView> {
    let views = approval.struck.iter().map(|struck| {
        let of_voter = |event: &&Event| matches!(&event.kind, EventKind::VoteStruck { approval: of, voter, .. } if *of == approval.id && *voter == struck.voter);
        let cast = last_cast(page, &approval.id, &struck.voter);
        StruckView {
            voter: struck.voter.clone(),
            name: people.name(&struck.voter, &struck.voter).to_owned(),
            why: struck.why,
            at: page.events.iter().rev().find(of_voter).map(|event| event.at),
            voted_at: cast.as_ref().map(|cast| cast.at),
            reason: cast.as_ref().and_then(|cast| cast.reason.cloned()),
            account: cast.and_then(|cast| cast.account),
        }
    });
    views.collect()
}

/// The votes that were taken back, oldest first.
pub(super) fn withdrawn(approval: &Approval, page: &Page, people: &People<'_>) -> Vec<WithdrawnView> {
    let views = page.events.iter().filter_map(|event| match &event.kind {
        EventKind::VoteWithdrawn { approval: of, voter, name, choice, by } if *of == approval.id => {
            Some(WithdrawnView {
                voter: voter.clone(),
                name: people.name(voter, name).to_owned(),
                choice: *choice,
                by: PersonView::of(by, people),
                undone: is_undo(page, event, &approval.id, by),
                at: event.at,
            })
        }
        _ => None,
    });
    views.collect()
}

/// Whether `withdrawn`, which `by` did, was committed together with an undone quorum.
pub(super) fn is_undo(page: &Page, withdrawn: &Event, approval: &ApprovalId, by: &str) -> bool {
    page.events.iter().any(|event| {
        event.at == withdrawn.at
            && matches!(&event.kind, EventKind::QuorumUndone { approval: of, by: who, .. } if of == approval && who == by)
    })
}

/// Who could vote when `approval` opened.
pub(super) fn at_opening<'a>(approval: &ApprovalId, page: &'a Page) -> Option<&'a Electorate> {
    page.events.iter().find_map(|event| match &event.kind {
        EventKind::ApprovalOpened { approval: of, electorate, .. } if of == approval => Some(electorate),
        _ => None,
    })
}
