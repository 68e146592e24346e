//! The Timeline tab.

use super::fit::{self, TAB, TEXT, all_href, and_more, code_lines, pager, some};
use super::{external, time};
use crate::address::place::Tab;
use crate::view::{Entry, Tone, cut};
use jiff::Timestamp;
use maud::{Markup, html};
use signoff_core::id::DeployId;

/// Largest sizes of an event's text, of its notes and of its lines of code, in bytes of HTML.
const SAID: usize = 4000;
const NOTES: usize = 4000;
const DETAILS: usize = 12_000;

/// The tab: as many of `entries`, of which the last is number `before`, as fit. Without a number it has the
/// newest.
pub(super) fn timeline(
    deploy: &DeployId,
    entries: impl DoubleEndedIterator<Item = Entry> + ExactSizeIterator,
    before: Option<usize>,
    now: Timestamp,
) -> Markup {
    let count = entries.len();
    let end = before.filter(|before| (1..=count).contains(before)).unwrap_or(count);
    let all = all_href(deploy, "/events");
    let mut shown = fit::part(entries.take(end).rev().map(|entry| one(&entry, &all, now)), TAB);
    shown.reverse();
    // It stands where the older ones would.
    html! {
        (pager(deploy, Tab::Timeline, &(end - shown.len()..end), count, "events"))
        ol.timeline { @for entry in &shown { (entry) } }
    }
}

/// An event. `all`: the address of all that is on record of it.
fn one(entry: &Entry, all: &str, now: Timestamp) -> Markup {
    let mut left = NOTES;
    let (notes, more) = some(entry.notes.iter().map(|note| html! { li { (cut(note, TEXT)) } }), &mut left);
    html! {
        li.(class(entry.tone)) {
            (time(entry.at, now))
            div {
                p data-say {
                    (cut(&entry.text, SAID))
                    @if let Some(url) = &entry.url { " " (external(Some(url), &html! { "Open" })) }
                }
                @if !entry.notes.is_empty() {
                    ul.meta {
                        @for note in &notes { (note) }
                        @if more > 0 { li { "and " (and_more(more, all)) } }
                    }
                }
                (code_lines(&entry.details, all, DETAILS))
            }
        }
    }
}

fn class(tone: Tone) -> &'static str {
    match tone {
        Tone::Plain => "plain",
        Tone::Good => "good",
        Tone::Warning => "warn",
        Tone::Bad => "bad",
    }
}
