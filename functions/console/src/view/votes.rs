//! Votes and what became of them: counted, taken back, or struck. A vote stands in its approval; the voter's
//! account at the click, and at the check before the first action, stands in the events.

use super::PersonView;
use crate::view::mrkdwn::People;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use signoff_core::approval::{Approval, Choice, Electorate, Standing, Verdict};
use signoff_core::event::{Event, EventKind};
use signoff_core::id::ApprovalId;
use signoff_store::Page;

/// One person's vote.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct VoteView {
    /// The Slack user id.
    pub(crate) voter: String,
    pub(crate) name: String,
    /// `approve` or `reject`.
    pub(crate) choice: Choice,
    /// The voter's reason.
    pub(crate) reason: Option<String>,
    pub(crate) at: Timestamp,
    /// The account's standing when the person voted: `member`, `guest`, `stranger`, `deactivated` or `bot`;
    /// `null` if Slack did not answer in time.
    pub(crate) account: Option<Standing>,
    /// The result of looking up the voter again before the first action; `null` until then.
    pub(crate) checked: Option<CheckView>,
}

/// The result of looking up a voter again.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
pub(crate) struct CheckView {
    pub(crate) at: Timestamp,
    /// `eligible`, or why the vote does not count: `deactivated`, `guest`, `stranger`, `bot`, `not_named`,
    /// `own_word`, `own_change`, `set_the_base` or `base_moved`.
    pub(crate) verdict: Verdict,
}

/// An approving vote that no longer counts.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct StruckView {
    /// The Slack user id.
    pub(crate) voter: String,
    pub(crate) name: String,
    /// The reason why it does not count, as in the `verdict` of a check.
    pub(crate) why: Verdict,
    /// Time at which Signoff struck it.
    pub(crate) at: Option<Timestamp>,
    /// Time at which it was cast.
    pub(crate) voted_at: Option<Timestamp>,
    /// The voter's reason for approving.
    pub(crate) reason: Option<String>,
    /// The account's standing when the person voted, as in the `account` of a vote that counts.
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
    /// The person who took it back.
    pub(crate) by: PersonView,
    /// True if that person undid the approval; false if they withdrew their own vote.
    pub(crate) undone: bool,
    pub(crate) at: Timestamp,
}

/// Details of somebody's last vote, from the record.
struct Cast<'a> {
    at: Timestamp,
    reason: Option<&'a String>,
    account: Option<Standing>,
    /// Events after it.
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

/// Verdict on `voter`: that of the check of their account, or if that is good, the one that `electorate` has.
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

/// True if `withdrawn`, which `by` did, was committed together with an undone quorum.
pub(super) fn is_undo(page: &Page, withdrawn: &Event, approval: &ApprovalId, by: &str) -> bool {
    page.events.iter().any(|event| {
        event.at == withdrawn.at
            && matches!(&event.kind, EventKind::QuorumUndone { approval: of, by: who, .. } if of == approval && who == by)
    })
}

/// Electorate of `approval` when it opened.
pub(super) fn at_opening<'a>(approval: &ApprovalId, page: &'a Page) -> Option<&'a Electorate> {
    page.events.iter().find_map(|event| match &event.kind {
        EventKind::ApprovalOpened { approval: of, electorate, .. } if of == approval => Some(electorate),
        _ => None,
    })
}
