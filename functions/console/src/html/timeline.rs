//! The Timeline tab.

use super::{external, time};
use crate::view::{Entry, Tone};
use jiff::Timestamp;
use maud::{Markup, html};

/// The tab.
pub(super) fn timeline(entries: &[Entry], now: Timestamp) -> Markup {
    html! {
        ol.timeline {
            @for entry in entries {
                li.(class(entry.tone)) {
                    (time(entry.at, now))
                    div {
                        p data-say {
                            (entry.text)
                            @if let Some(url) = &entry.url { " " (external(Some(url), &html! { "Open" })) }
                        }
                        @if !entry.notes.is_empty() { ul.meta { @for note in &entry.notes { li { (note) } } } }
                        @if !entry.details.is_empty() { ul { @for line in &entry.details { li { code { (line) } } } } }
                    }
                }
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
