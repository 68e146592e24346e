//! Results of actions, and the actions that each end of an approval starts.

use super::ballot::DeployPageContext;
use super::fit::{NAME, TEXT, TITLE, all_href, takes};
use super::{counted, external, time};
use crate::view::words::quoted;
use crate::view::{ActionState, ActionView, ApprovalView, cut};
use jiff::Timestamp;
use maud::{Markup, html};
use signoff_core::approval::{Closed, Status};
use signoff_core::id::ApprovalId;
use signoff_core::message::shorten;
use signoff_core::run::{Branch, Resolution};
use std::collections::BTreeSet;

/// Actions that an approval, a rejection and an expiry start, as many as fit into `room` bytes of HTML.
pub(super) fn every_branch(approval: &ApprovalView, booth: &DeployPageContext<'_>, room: usize) -> Markup {
    /// Size of the headings and of the links to the other actions, in bytes of HTML.
    const HEADINGS: usize = 900;
    let over = !approval.state.is_open();
    let nothing = approval.actions.is_empty();
    let without = nothing && approval.on_reject.is_empty() && approval.on_expire.is_empty();
    let mut left = room.saturating_sub(HEADINGS);
    let mut shown = |actions| listed(actions, Some(&approval.id), over, booth, &mut left);
    html! {
        p { (on_success(approval, nothing, without)) }
        (shown(&approval.actions))
        @if !approval.on_reject.is_empty() { p { (on_reject(&approval.state)) } }
        (shown(&approval.on_reject))
        @if !approval.on_expire.is_empty() { p { (on_expire(approval)) } }
        (shown(&approval.on_expire))
    }
}

/// Sentence that says what the votes led to. `nothing`: an approval starts no action; `without`: neither does
/// anything else.
fn on_success(approval: &ApprovalView, nothing: bool, without: bool) -> String {
    let missing = approval.votes_required.saturating_sub(approval.approvals) as usize;
    let needed = || counted(missing, "more approval is", "more approvals are");
    let (so_far, then) = match &approval.state {
        Status::Pending => (format!("{} needed", needed()), "; on approval the following actions run:"),
        Status::Quorum { .. } => {
            ("Enough people approved".to_owned(), "; once that is confirmed the following actions run:")
        }
        Status::Closed(Closed::Approved { .. }) => (
            "This approval was successfully approved".to_owned(),
            " and the following actions were triggered:",
        ),
        Status::Closed(Closed::Rejected { .. }) => ("This approval was rejected".to_owned(), DID_NOT_RUN),
        Status::Closed(Closed::Expired { .. }) => ("This approval expired".to_owned(), DID_NOT_RUN),
        Status::Closed(Closed::Superseded { .. }) => ("This approval was superseded".to_owned(), DID_NOT_RUN),
        Status::Closed(Closed::Cancelled { .. }) => ("This approval was cancelled".to_owned(), DID_NOT_RUN),
    };
    match (nothing, without) {
        (_, true) => format!("{so_far}. It has no actions."),
        (true, false) => format!("{so_far}. Approving it starts no actions."),
        (false, false) => format!("{so_far}{then}"),
    }
}

const DID_NOT_RUN: &str = " and the following actions did not run:";

fn on_reject(state: &Status) -> &'static str {
    match state {
        Status::Pending | Status::Quorum { .. } => "On rejection the following actions run:",
        Status::Closed(Closed::Rejected { .. }) => "The rejection triggered the following actions:",
        Status::Closed(
            Closed::Approved { .. }
            | Closed::Expired { .. }
            | Closed::Superseded { .. }
            | Closed::Cancelled { .. },
        ) => "The following actions are for a rejection and did not run:",
    }
}

fn on_expire(approval: &ApprovalView) -> &'static str {
    match &approval.state {
        Status::Pending | Status::Quorum { .. } => "If nobody decides in time, the following actions run:",
        Status::Closed(Closed::Expired { .. }) if !approval.votes.is_empty() => {
            "Too few people voted in time, so the following actions were triggered:"
        }
        Status::Closed(Closed::Expired { .. }) => {
            "Nobody voted in time, so the following actions were triggered:"
        }
        Status::Closed(
            Closed::Approved { .. }
            | Closed::Rejected { .. }
            | Closed::Superseded { .. }
            | Closed::Cancelled { .. },
        ) => "The following actions are for an expired approval and did not run:",
    }
}

/// The actions of a run that wait for no approval that is open, as many as fit into `room` bytes of HTML.
pub(super) fn of_run(actions: &[ActionView], booth: &DeployPageContext<'_>, room: usize) -> Markup {
    let mut left = room;
    listed(actions, None, true, booth, &mut left)
}

/// Actions that are looked at only, all of them.
pub(super) fn actions(actions: &[ActionView], now: Timestamp) -> Markup {
    html! {
        @if !actions.is_empty() { ul.actions { @for action in actions { (one(action, None, true, None, now)) } } }
    }
}

/// As many as fit into what is `left`. `approval`: under which they are shown; what belongs to another one
/// says so.
fn listed(
    actions: &[ActionView],
    approval: Option<&ApprovalId>,
    with_results: bool,
    booth: &DeployPageContext<'_>,
    left: &mut usize,
) -> Markup {
    let rendered = actions.iter().map(|action| one(action, approval, with_results, Some(booth), booth.now));
    let rendered: Vec<_> = rendered.collect();
    // What people are asked about is not left out for others.
    let asked = |place: &usize| actions.get(*place).is_some_and(|action| action.question.is_some());
    let (first, then): (Vec<_>, Vec<_>) = (0..rendered.len()).partition(asked);
    let fits = |place: &usize| rendered.get(*place).is_some_and(|action| takes(action, left));
    let shown: BTreeSet<_> = first.into_iter().chain(then).take_while(fits).collect();
    let more = rendered.len() - shown.len();
    html! {
        @if !rendered.is_empty() {
            ul.actions {
                @for (_, action) in rendered.iter().enumerate().filter(|(place, _)| shown.contains(place)) { (action) }
                @if more > 0 {
                    li {
                        a href=(all_href(&booth.record.deploy.id, "")) {
                            "and " (counted(more, "more action", "more actions"))
                        }
                    }
                }
            }
        }
    }
}

fn one(
    action: &ActionView,
    approval: Option<&ApprovalId>,
    with_result: bool,
    booth: Option<&DeployPageContext<'_>>,
    now: Timestamp,
) -> Markup {
    html! {
        li {
            code.line { "- " (shorten(&action.action, TITLE)) }
            @if let Some(condition) = condition(action, approval) { p.result.meta { (condition) } }
            @if with_result { (result(action, booth, now)) }
        }
    }
}

/// On what other approval than `approval` the action depends.
fn condition(action: &ActionView, approval: Option<&ApprovalId>) -> Option<String> {
    let under = action.under.as_ref().filter(|under| Some(&under.approval) != approval)?;
    let name = quoted(&shorten(&under.name, NAME));
    Some(match under.branch {
        Branch::OnSuccess => format!("Once {name} is approved."),
        Branch::OnReject => format!("Once {name} is rejected."),
        Branch::OnExpire => format!("Once {name} expired."),
    })
}

/// Number of the newest resolutions of an action that are shown.
const RESOLVED: usize = 2;

/// True if it is news that an action has come to `state`.
fn is_over(state: ActionState) -> bool {
    match state {
        ActionState::Succeeded | ActionState::Failed | ActionState::Unknown | ActionState::SkippedByHand => {
            true
        }
        ActionState::Waiting | ActionState::Running | ActionState::Asking | ActionState::Skipped => false,
    }
}

fn result(action: &ActionView, booth: Option<&DeployPageContext<'_>>, now: Timestamp) -> Markup {
    let reason = action.reason.as_deref();
    let (class, word) = match action.state {
        ActionState::Waiting => ("quiet", "Queued"),
        ActionState::Running if action.waits => ("busy", "Waiting"),
        ActionState::Running if reason.is_some() => ("warn", "Retrying"),
        ActionState::Running => ("busy", "Running"),
        ActionState::Asking => ("busy", "Waiting for votes"),
        ActionState::Succeeded => ("good", "Succeeded"),
        // That people rejected is no failure.
        ActionState::Failed if action.asks.is_some() => ("bad", "Not approved"),
        ActionState::Failed => ("bad", "Failed"),
        ActionState::Unknown => ("warn", "May or may not have happened"),
        ActionState::Skipped => ("quiet", "Did not run"),
        ActionState::SkippedByHand => ("warn", "Skipped"),
    };
    html! {
        p.result {
            span.state.(class) data-say=[is_over(action.state).then(|| format!("{}: {word}.", shorten(&action.action, NAME)))] { (word) }
            @if let Some(text) = action.summary.as_deref().or(reason) { ": " (cut(text, TEXT)) }
            @if action.state == ActionState::Unknown {
                " Signoff doesn\u{2019}t repeat it by itself, so that nothing runs twice. Check whether it happened. If it did, mark \
                 it as done. If it didn\u{2019}t, retry it."
            }
            @if let Some(url) = &action.url { " " (external(Some(url), &html! { "Open" })) }
            @if let Some(at) = action.at { " " span.meta { (time(at, now)) } }
        }
        @if let (Some(question), Some(booth)) = (&action.question, booth) { (booth.question(question)) }
        @for resolved in action.resolved.iter().rev().take(RESOLVED).rev() {
            p.result.meta {
                (shorten(resolved.by.label(), NAME)) " clicked "
                @match resolved.resolution {
                    Resolution::Retry => "Retry",
                    Resolution::Skip => "Skip",
                    Resolution::MarkAsDone => "Mark as done",
                }
                @if let Some(reason) = &resolved.reason { ": " (cut(reason, TEXT)) }
                " " (time(resolved.at, now))
            }
        }
    }
}
