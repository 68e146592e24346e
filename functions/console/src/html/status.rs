//! Status of an approval.

use super::fit::{NAME, TEXT};
use super::{external, time, time_to_the_second};
use crate::view::words::{lasted, sentence};
use crate::view::{ApprovalView, FrozenView, PersonView, cut};
use jiff::{SignedDuration, Timestamp};
use maud::{Markup, html};
use signoff_core::approval::{Closed, Status};
use signoff_core::message::shorten;

/// A window that is shorter is told to the second.
const SHORT_WINDOW: SignedDuration = SignedDuration::from_mins(5);

/// The time at which a window that began at `since` is over.
fn start(since: Timestamp, until: Timestamp, now: Timestamp) -> Markup {
    if until.duration_since(since) < SHORT_WINDOW { time_to_the_second(until, now) } else { time(until, now) }
}

/// Status of the approval, and what it means.
pub(super) fn status(approval: &ApprovalView, now: Timestamp) -> Markup {
    let word = |word: &str, since: Option<Timestamp>| {
        html! {
            "Current status of approval is " strong.status.{ (approval.status) } { (word) }
            @if let Some(took) = approval.took() { " after " (lasted(took)) }
            @if let Some(since) = since { ", since " (time(since, now)) }
            "."
        }
    };
    html! {
        p data-say {
            @match &approval.state {
                Status::Pending => {
                    (word(approval.status, None))
                    @if let Some(at) = approval.expires_at { " It expires " (time(at, now)) "." }
                }
                Status::Quorum { since, until, note } => {
                    (word("being confirmed", Some(*since)))
                    @if approval.glass.is_some() { " Somebody broke the glass. " } @else { " Enough people approved. " }
                    @if *until > now {
                        "The actions start " (start(*since, *until, now)) " unless somebody presses Undo."
                    } @else {
                        "Signoff is checking once more that they can vote."
                    }
                    @if let Some(note) = note { " The check hasn\u{2019}t worked yet: " (sentence(&cut(note, TEXT))) }
                }
                Status::Closed(Closed::Approved { at }) if approval.glass.is_some() => {
                    (word(approval.status, Some(*at))) " It went ahead without its votes."
                }
                Status::Closed(Closed::Approved { at } | Closed::Rejected { at }) => (word(approval.status, Some(*at))),
                Status::Closed(Closed::Expired { at }) => { (word(approval.status, Some(*at)))
                    @if approval.votes.is_empty() { " Nobody voted in time." } @else { " Too few people voted in time." }
                }
                Status::Closed(Closed::Superseded { at, by }) => {
                    (word(approval.status, Some(*at)))
                    " A newer deploy took its place: " (external(Some(&by.url), &html! { (shorten(&by.title, NAME)) })) "."
                }
                Status::Closed(Closed::Cancelled { at, reason, .. }) => {
                    (word(approval.status, Some(*at)))
                    " " (shorten(approval.cancelled_by.as_ref().map_or("Signoff", PersonView::label), NAME))
                    " cancelled it: " (sentence(&cut(reason, TEXT)))
                }
            }
        }
    }
}

/// Freeze that holds its actions while it is open, or the person who lifted it.
pub(super) fn freeze(frozen: &FrozenView, is_open: bool, now: Timestamp) -> Markup {
    html! {
        @if let Some(lifted) = &frozen.lifted {
            p {
                (shorten(lifted.by.label(), NAME)) " lifted the freeze for it " (time(lifted.at, now)) ": "
                (sentence(&cut(&lifted.reason, TEXT)))
            }
        } @else if let (true, Some(until), Some(name)) = (is_open, frozen.until, &frozen.name) {
            p { "Frozen until " (time(until, now)) ": " (sentence(&shorten(name, NAME))) " You can vote now; actions run when the freeze ends." }
        }
    }
}
