//! Votes with their reasons, the voters' accounts, and the people who may vote.

use super::fit::{NAME, TEXT, all_href, some};
use super::time;
use crate::view::words;
use crate::view::{ApprovalView, CheckView, ElectorateView, StruckView, VoteView, WithdrawnView, cut};
use jiff::Timestamp;
use maud::{Markup, html};
use signoff_core::action::Reasons;
use signoff_core::approval::{Choice, Standing};
use signoff_core::id::DeployId;
use signoff_core::message::{BELOW_POLICY, BELOW_POLICY_SHOWN, LONGEST_REASON, shorten};

/// The votes of `approval`: those that count, then those that don't, as many as fit into `room` bytes of
/// HTML.
pub(super) fn votes(approval: &ApprovalView, deploy: &DeployId, now: Timestamp, room: usize) -> Markup {
    /// Size of the headings and of the link to the other votes, in bytes of HTML.
    const HEADINGS: usize = 300;
    let about = about(approval, now);
    let mut left = room.saturating_sub(about.0.len() + HEADINGS);
    let (votes, more) = some(approval.votes.iter().map(|vote| html! { li { (counted(vote)) } }), &mut left);
    let struck = approval.struck.iter().map(|vote| html! { li { (struck(vote)) } });
    let (struck, more_struck) = some(struck, &mut left);
    let withdrawn = approval.withdrawn.iter().map(|vote| html! { li { (withdrawn(vote)) } });
    let (withdrawn, more_withdrawn) = some(withdrawn, &mut left);
    let more = more + more_struck + more_withdrawn;
    html! {
        @if approval.votes.is_empty() { p { "No votes yet." } }
        (list("", &votes))
        (list("Votes that no longer count:", &struck))
        (list("Withdrawn votes:", &withdrawn))
        @if more > 0 {
            p { a href=(all_href(deploy, "/approvals")) { "and " (super::counted(more, "more vote", "more votes")) } }
        }
        (about)
    }
}

fn list(heading: &str, votes: &[Markup]) -> Markup {
    html! {
        @if !votes.is_empty() {
            @if !heading.is_empty() { p { (heading) } }
            ul.votes { @for vote in votes { (vote) } }
        }
    }
}

/// Numbers of votes cast and needed, and the people who may vote.
fn about(approval: &ApprovalView, now: Timestamp) -> Markup {
    let rejects = approval.rejections_required > 1 || approval.count(Choice::Reject) > 0;
    html! {
        p.meta {
            (approval.approvals) " of " (approval.votes_required) " approvals"
            @if rejects { ", " (approval.count(Choice::Reject)) " of " (approval.rejections_required) " rejections" }
            ". "
            (may_vote(&approval.electorate, approval))
            @if approval.electorate.lacks_makers {
                " An admin can add them on " a href="/settings/people" { "People" } "."
            }
            @if let Some(who) = reasoned(approval.require_reason) { " " (who) " has to give a reason." }
        }
        @if approval.status == "pending" {
            @for line in &approval.electorate.blocked { p.notice { (cut(line, TEXT)) } }
            (below_policy(&approval.electorate.below_policy))
        }
        @if let Some(at_opening) = approval.electorate_at_opening.as_ref().filter(|then| **then != approval.electorate) {
            p.meta { "When it opened, " (time(approval.opened_at, now)) ": " (may_vote(at_opening, approval)) }
        }
    }
}

/// The ways in which the rule is below the policy, as many as a dialog in Slack tells.
fn below_policy(lines: &[String]) -> Markup {
    let more = lines.len().saturating_sub(BELOW_POLICY_SHOWN);
    html! {
        @if !lines.is_empty() {
            div.notice {
                p { "The policy blocks what this approval would start. " (BELOW_POLICY) }
                ul {
                    @for line in lines.iter().take(BELOW_POLICY_SHOWN) { li { (cut(line, TEXT)) } }
                    @if more > 0 { li { "and " (more) " more" } }
                }
            }
        }
    }
}

fn may_vote(electorate: &ElectorateView, approval: &ApprovalView) -> String {
    cut(&electorate.sentences(&approval.channel).join(" "), TEXT)
}

fn reasoned(reasons: Reasons) -> Option<&'static str> {
    match reasons {
        Reasons::Never => None,
        Reasons::Approve => Some("Everyone who approves"),
        Reasons::Reject => Some("Everyone who rejects"),
        Reasons::Both => Some("Everyone who votes"),
    }
}

fn counted(vote: &VoteView) -> Markup {
    html! {
        span data-say { (shorten(&vote.name, NAME)) " voted to " strong { (words::choice(vote.choice)) } } " " (clock(vote.at))
        (because(vote.reason.as_deref()))
        (account(vote.account, vote.checked))
    }
}

fn struck(vote: &StruckView) -> Markup {
    html! {
        (shorten(&vote.name, NAME)) " voted to " strong { (words::choice(Choice::Approve)) }
        @if let Some(at) = vote.voted_at { " " (clock(at)) }
        (because(vote.reason.as_deref()))
        @if vote.reason.is_none() { "." }
        " It doesn\u{2019}t count"
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
                (shorten(vote.by.label(), NAME)) " undid the approval, and with it the vote of " (shorten(&vote.name, NAME)) " to " strong { (what) }
            } @else {
                (shorten(&vote.name, NAME)) " withdrew their vote to " strong { (what) }
            }
        }
        " " (clock(vote.at))
    }
}

fn because(reason: Option<&str>) -> Markup {
    html! { @if let Some(reason) = reason { ": " (words::said(&shorten(reason, LONGEST_REASON))) } }
}

/// Standing of the voter's account when they clicked, and when it was looked up again.
fn account(account: Option<Standing>, checked: Option<CheckView>) -> Markup {
    html! {
        span.meta.account {
            (words::account(account))
            @if let Some(CheckView { at, verdict }) = checked {
                " Checked again at " (clock(at)) ": " (words::verdict(verdict)) "."
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
