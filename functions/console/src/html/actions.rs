//! What became of each action, and what each end of an approval starts.

use super::ballot::Booth;
use super::{counted, external, time};
use crate::view::words::quoted;
use crate::view::{ActionState, ActionView, ApprovalView};
use approval::approval::Status;
use approval::id::ApprovalId;
use approval::run::{Branch, Resolution};
use jiff::Timestamp;
use maud::{Markup, html};

/// What an approval, a rejection and the end of the time start.
pub(super) fn every_branch(approval: &ApprovalView, booth: &Booth<'_>) -> Markup {
    let over = !approval.state.is_open();
    let nothing = approval.actions.is_empty();
    let without = nothing && approval.on_reject.is_empty() && approval.on_expire.is_empty();
    let shown = |actions| listed(actions, Some(&approval.id), over, Some(booth), booth.now);
    html! {
        p { (on_success(approval, nothing, without)) }
        (shown(&approval.actions))
        @if !approval.on_reject.is_empty() { p { (on_reject(&approval.state)) } }
        (shown(&approval.on_reject))
        @if !approval.on_expire.is_empty() { p { (on_expire(&approval.state)) } }
        (shown(&approval.on_expire))
    }
}

/// What the votes led to. `nothing`: an approval starts no action; `without`: neither does anything else.
fn on_success(approval: &ApprovalView, nothing: bool, without: bool) -> String {
    let missing = approval.votes_required.saturating_sub(approval.approvals) as usize;
    let needed = || counted(missing, "more approval is", "more approvals are");
    let (so_far, then) = match &approval.state {
        Status::Pending => (format!("{} needed", needed()), "; on approval the following actions run:"),
        Status::Quorum { .. } => {
            ("Enough people approved".to_owned(), "; once that is confirmed the following actions run:")
        }
        Status::Approved { .. } => (
            "This approval was successfully approved".to_owned(),
            " and the following actions were triggered:",
        ),
        Status::Rejected { .. } => ("This approval was rejected".to_owned(), DID_NOT_RUN),
        Status::Expired { .. } => ("This approval expired".to_owned(), DID_NOT_RUN),
        Status::Superseded { .. } => ("This approval was superseded".to_owned(), DID_NOT_RUN),
        Status::Cancelled { .. } => ("This approval was cancelled".to_owned(), DID_NOT_RUN),
    };
    match (nothing, without) {
        (_, true) => format!("{so_far}. It has no actions."),
        (true, false) => format!("{so_far}. It has no actions that an approval starts."),
        (false, false) => format!("{so_far}{then}"),
    }
}

const DID_NOT_RUN: &str = " and the following actions did not run:";

fn on_reject(state: &Status) -> &'static str {
    match state {
        Status::Pending | Status::Quorum { .. } => "On rejection the following actions run:",
        Status::Rejected { .. } => "The rejection triggered the following actions:",
        Status::Approved { .. }
        | Status::Expired { .. }
        | Status::Superseded { .. }
        | Status::Cancelled { .. } => "The following actions are for a rejection, and did not run:",
    }
}

fn on_expire(state: &Status) -> &'static str {
    match state {
        Status::Pending | Status::Quorum { .. } => "If nobody decides in time the following actions run:",
        Status::Expired { .. } => "As nobody decided in time, the following actions were triggered:",
        Status::Approved { .. }
        | Status::Rejected { .. }
        | Status::Superseded { .. }
        | Status::Cancelled { .. } => {
            "The following actions are for when nobody decides in time, and did not run:"
        }
    }
}

/// The actions of a run that wait for no approval that is open. `booth`: where people say what became of one; `None`: not here.
pub(super) fn actions(actions: &[ActionView], booth: Option<&Booth<'_>>, now: Timestamp) -> Markup {
    listed(actions, None, true, booth, now)
}

/// `approval`: under which they are shown; what belongs to another one says so.
fn listed(
    actions: &[ActionView],
    approval: Option<&ApprovalId>,
    with_results: bool,
    booth: Option<&Booth<'_>>,
    now: Timestamp,
) -> Markup {
    html! {
        @if !actions.is_empty() {
            ul.actions {
                @for action in actions {
                    li {
                        code.line { "- " (action.action) }
                        @if let Some(condition) = condition(action, approval) { p.result.meta { (condition) } }
                        @if with_results { (result(action, booth, now)) }
                    }
                }
            }
        }
    }
}

/// On what other approval than `approval` the action depends.
fn condition(action: &ActionView, approval: Option<&ApprovalId>) -> Option<String> {
    let under = action.under.as_ref().filter(|under| Some(&under.approval) != approval)?;
    let name = quoted(&under.name);
    Some(match under.branch {
        Branch::OnSuccess => format!("Once {name} is approved."),
        Branch::OnReject => format!("Once {name} is rejected."),
        Branch::OnExpire => format!("Once {name} expired."),
    })
}

/// Whether that an action has come to `state` is news.
fn is_over(state: ActionState) -> bool {
    match state {
        ActionState::Succeeded | ActionState::Failed | ActionState::Unknown => true,
        ActionState::Waiting | ActionState::Running | ActionState::Asking | ActionState::Skipped => false,
    }
}

fn result(action: &ActionView, booth: Option<&Booth<'_>>, now: Timestamp) -> Markup {
    let reason = action.reason.as_deref();
    let (class, word) = match action.state {
        ActionState::Waiting => ("quiet", "Waits for its turn"),
        ActionState::Running if reason.is_some() => ("warn", "Being tried again"),
        ActionState::Running => ("busy", "Running"),
        ActionState::Asking => ("busy", "Waits for votes"),
        ActionState::Succeeded => ("good", "Succeeded"),
        // That people rejected is no failure.
        ActionState::Failed if action.asks.is_some() => ("bad", "Not approved"),
        ActionState::Failed => ("bad", "Failed"),
        ActionState::Unknown => ("warn", "May or may not have happened"),
        ActionState::Skipped => ("quiet", "Did not run"),
    };
    html! {
        p.result {
            span.state.(class) data-say=[is_over(action.state).then(|| format!("{}: {word}.", action.action))] { (word) }
            @if let Some(text) = action.summary.as_deref().or(reason) { ": " (text) }
            @if action.state == ActionState::Unknown {
                " Signoff does not repeat it by itself, so that nothing runs twice. Look whether it happened, then say \
                 so here or in Slack: Retry runs it again, Mark as done goes on without it."
            }
            @if let Some(url) = &action.url { " " (external(Some(url), &html! { "Open" })) }
            @if let Some(at) = action.at { " " span.meta { (time(at, now)) } }
        }
        @if let (Some(question), Some(booth)) = (&action.question, booth) { (booth.question(question)) }
        @for resolved in &action.resolved {
            p.result.meta {
                (resolved.by.label()) " clicked "
                @match resolved.resolution {
                    Resolution::Retry => "Retry",
                    Resolution::MarkAsDone => "Mark as done",
                }
                " " (time(resolved.at, now))
            }
        }
    }
}
