//! A broken glass on the pages: who broke it, and the review that is owed for it.

use super::ballot::DeployPageContext;
use super::fit::{NAME, TEXT};
use super::tables::{cell, list};
use super::time;
use crate::address::place::{Next, Tab, deploy_href};
use crate::view::words::sentence;
use crate::view::{GlassView, cut};
use jiff::Timestamp;
use maud::{Markup, html};
use signoff_core::approval::Approval;
use signoff_core::message::shorten;
use signoff_core::owed::OwedReviews;

/// Number of owed reviews that are listed.
const LISTED: usize = 20;

/// Person who broke the glass, and the review, or the time by which it is owed.
pub(super) fn glass(glass: &GlassView, is_open: bool, now: Timestamp) -> Markup {
    html! {
        p data-say {
            "Glass broken by " (shorten(glass.by.label(), NAME)) " " (time(glass.at, now)) ": "
            (sentence(&cut(&glass.reason, TEXT)))
        }
        @if let Some(review) = &glass.review {
            p data-say {
                "Reviewed by " (shorten(review.by.label(), NAME)) " " (time(review.at, now)) ": "
                (sentence(&cut(&review.note, TEXT)))
            }
        } @else if glass.review_owed {
            p.notice.problem {
                "A review is due " (time(glass.review_due, now)) ". Until then, approvals of the next deploy to the same place cover these commits, too."
            }
        } @else if is_open {
            p { "Once it goes ahead, a review is due " (time(glass.review_due, now)) "." }
        }
    }
}

/// Link to signing in, which leads to the form of a review.
pub(super) fn sign_in(approval: &Approval, booth: &DeployPageContext<'_>) -> Markup {
    let href = Next::new(&deploy_href(&approval.deploy, Tab::Approvals), "").sign_in_href();
    html! {
        (booth.told(Some(&approval.id)))
        p { a href=(href) { "Sign in with Slack to review it" } ", or review it in " (shorten(&approval.channel, NAME)) "." }
    }
}

/// The reviews that a deployment owes, the one that is due first at the top; nothing where it owes none.
pub(super) fn owed(reviews: &OwedReviews, now: Timestamp) -> Markup {
    let mut owed: Vec<_> = reviews.owed.iter().collect();
    owed.sort_by_key(|owed| owed.due);
    let more = owed.len().saturating_sub(LISTED);
    let rows = owed.iter().take(LISTED).map(|owed| {
        html! {
            (cell("whole", &html! { a href={ "/deploys/" (owed.deploy) "#" (owed.approval) } { (shorten(&owed.name, NAME)) } }))
            (cell("", &html! { (shorten(&owed.broken_by, NAME)) }))
            (cell("", &time(owed.due, now)))
        }
    });
    html! {
        @if !owed.is_empty() {
            section.block aria-labelledby="reviews" {
                h2 #reviews { "Reviews due" }
                p { "Somebody broke the glass of these approvals, and nobody has reviewed them yet." }
                (list(&["Approval", "Broken by", "Due"], rows))
                @if more > 0 { p.meta { (more) " more are due later." } }
            }
        }
    }
}
