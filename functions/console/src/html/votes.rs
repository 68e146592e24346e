//! Who voted how and why, what their accounts were, and who may vote.

use super::time;
use crate::view::words;
use crate::view::{ApprovalView, CheckView, StruckView, VoteView, WithdrawnView};
use approval::action::Reasons;
use approval::approval::{Choice, Standing};
use jiff::Timestamp;
use maud::{Markup, html};

/// The votes of `approval`: those that count, then those that don't.
pub(super) fn votes(approval: &ApprovalView, now: Timestamp) -> Markup {
    let rejects = approval.rejections_required > 1 || approval.count(Choice::Reject) > 0;
    html! {
        @if approval.votes.is_empty() { p { "Nobody has voted." } } @else {
            ul.votes { @for vote in &approval.votes { li { (counted(vote)) } } }
        }
        @if !approval.struck.is_empty() {
            p { "Votes that count no longer:" }
            ul.votes { @for vote in &approval.struck { li { (struck(vote)) } } }
        }
        @if !approval.withdrawn.is_empty() {
            p { "Votes that were taken back:" }
            ul.votes { @for vote in &approval.withdrawn { li { (withdrawn(vote)) } } }
        }
        p.meta {
            (approval.approvals) " of " (approval.votes_required) " approvals"
            @if rejects { ", " (approval.count(Choice::Reject)) " of " (approval.rejections_required) " rejections" }
            ". "
            (may_vote(approval))
            @if let Some(who) = reasoned(approval.require_reason) { " " (who) " has to say why." }
        }
        @if let Some(at_opening) = approval.electorate_at_opening.as_ref().filter(|then| **then != approval.electorate) {
            p.meta {
                "When it opened, " (time(approval.opened_at, now)) ": " (at_opening.sentences(&approval.channel).join(" "))
            }
        }
    }
}

fn may_vote(approval: &ApprovalView) -> String {
    approval.electorate.sentences(&approval.channel).join(" ")
}

fn reasoned(reasons: Reasons) -> Option<&'static str> {
    match reasons {
        Reasons::Never => None,
        Reasons::Approve => Some("Who approves"),
        Reasons::Reject => Some("Who rejects"),
        Reasons::Both => Some("Who votes"),
    }
}

fn counted(vote: &VoteView) -> Markup {
    html! {
        span data-say { (vote.name) " voted to " strong { (words::choice(vote.choice)) } } " " (clock(vote.at))
        (because(vote.reason.as_deref()))
        (account(vote.account, vote.checked))
    }
}

fn struck(vote: &StruckView) -> Markup {
    html! {
        (vote.name) " voted to " strong { (words::choice(Choice::Approve)) }
        @if let Some(at) = vote.voted_at { " " (clock(at)) }
        (because(vote.reason.as_deref()))
        @if vote.reason.is_none() { "." }
        " It does not count"
        @if let Some(at) = vote.at { " since " (clock(at)) }
        ": " (words::verdict(vote.why)) "."
        (account(vote.account, None))
    }
}

fn withdrawn(vote: &WithdrawnView) -> Markup {
    let what = words::choice(vote.choice);
    html! {
        span data-say {
            @if vote.undone {
                (vote.by.label()) " undid the approval, and with it the vote of " (vote.name) " to " strong { (what) }
            } @else {
                (vote.name) " withdrew their vote to " strong { (what) }
            }
        }
        " " (clock(vote.at))
    }
}

fn because(reason: Option<&str>) -> Markup {
    html! { @if let Some(reason) = reason { ": " (words::said(reason)) } }
}

/// What the voter's account was when they clicked, and when it was looked up.
fn account(account: Option<Standing>, checked: Option<CheckView>) -> Markup {
    html! {
        span.meta.account {
            (words::account(account))
            @if let Some(CheckView { at, verdict }) = checked {
                " Looked up again " (clock(at)) ": " (words::verdict(verdict)) "."
            }
        }
    }
}

/// A vote's time of day; its date is in the title.
fn clock(at: Timestamp) -> Markup {
    html! {
        time.meta datetime=(at.strftime("%Y-%m-%dT%H:%M:%SZ")) title=(at.strftime("%Y-%m-%d %H:%M:%S UTC")) {
            (at.strftime("%H:%M UTC"))
        }
    }
}
