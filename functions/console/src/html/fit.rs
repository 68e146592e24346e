//! Sizes of a page and its parts: every page stays under 60 KB of HTML, whatever is on record.
//!
//! A page of a deploy has room for its frame and its facts (20 KB at most, together with the notices), and
//! for [`TAB`].

use crate::address::place::{Part, Tab};
use crate::view::cut;
use maud::{Markup, html};
use signoff_core::id::DeployId;
use std::ops::Range;

/// Largest size of a tab's contents, in bytes of HTML.
pub(super) const TAB: usize = 36_000;
/// Longest part of a name that is shown, in characters.
pub(super) const NAME: usize = 100;
/// Longest part of a title that is shown, in characters.
pub(super) const TITLE: usize = 200;
/// Largest size of a text of a few sentences, in bytes of HTML.
pub(super) const TEXT: usize = 1500;
/// Size of an item's own element (a row or an entry of a list), in bytes of HTML.
const AROUND: usize = 32;

/// As many of `items`, from the first on, as fit into `room` bytes of HTML; one at least, so that parts that
/// follow each other come to an end.
pub(super) fn part(items: impl Iterator<Item = Markup>, room: usize) -> Vec<Markup> {
    let mut left = room;
    let mut shown = Vec::new();
    for item in items {
        let fits = takes(&item, &mut left);
        if !fits && !shown.is_empty() {
            break;
        }
        shown.push(item);
        if !fits {
            break;
        }
    }
    shown
}

/// As many of `items`, from the first on, as fit into what is `left` (bytes of HTML), which becomes less by
/// them; and how many more there are.
pub(super) fn some(items: impl ExactSizeIterator<Item = Markup>, left: &mut usize) -> (Vec<Markup>, usize) {
    let all = items.len();
    let shown: Vec<_> = items.take_while(|item| takes(item, left)).collect();
    let more = all - shown.len();
    (shown, more)
}

/// True if `item` fits into what is `left`, which becomes less by it if it does.
pub(super) fn takes(item: &Markup, left: &mut usize) -> bool {
    let rest = left.checked_sub(item.0.len() + AROUND);
    *left = rest.unwrap_or(*left);
    rest.is_some()
}

/// Lines of code as a list of at most `room` bytes of HTML; `all`: the address where all of them stand.
pub(super) fn code_lines(lines: &[String], all: &str, room: usize) -> Markup {
    /// Largest size of a line, in bytes of HTML.
    const LINE: usize = 900;
    let mut left = room;
    let (shown, more) = some(lines.iter().map(|line| html! { li { code { (cut(line, LINE)) } } }), &mut left);
    html! {
        @if !lines.is_empty() {
            ul {
                @for line in &shown { (line) }
                @if more > 0 { li { "and " (and_more(more, all)) } }
            }
        }
    }
}

/// Link to all of them that says how many more there are.
pub(super) fn and_more(more: usize, all: &str) -> Markup {
    html! { a href=(all) { (more) " more" } }
}

/// The address of all that is on record of a deploy, as JSON; `path`: of `/approvals` or `/events` of it
/// alone.
pub(super) fn all_href(deploy: &DeployId, path: &str) -> String {
    format!("/api/v1/deploys/{deploy}{path}")
}

/// The way to the other parts of a tab of which the items `shown` are on the page, of `all`; `what` they are.
pub(super) fn pager(deploy: &DeployId, tab: Tab, shown: &Range<usize>, all: usize, what: &str) -> Markup {
    let href = |at| Part { tab, at }.href(deploy);
    // The timeline is read from its end.
    let (back, next) = match tab {
        Tab::Timeline => (
            (shown.end < all).then(|| ("Newest", href(None))),
            (shown.start > 0).then(|| ("Older", href(Some(shown.start)))),
        ),
        Tab::Approvals | Tab::PullRequests | Tab::Commits => (
            (shown.start > 0).then(|| ("First", href(Some(0)))),
            (shown.end < all).then(|| ("More", href(Some(shown.end)))),
        ),
    };
    html! {
        @if back.is_some() || next.is_some() {
            nav.pager aria-label={ "More " (what) } {
                span.meta { (shown.start + 1) " to " (shown.end) " of " (all) }
                @if let Some((text, href)) = back { a href=(href) { (text) } }
                @if let Some((text, href)) = next { a href=(href) rel="next" { (text) } }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn items(lengths: &[usize]) -> Vec<Markup> {
        lengths.iter().map(|length| maud::PreEscaped("x".repeat(*length))).collect()
    }

    #[test]
    fn a_part_has_as_many_as_fit_and_one_at_least() {
        let count = |lengths: &[usize], room| part(items(lengths).into_iter(), room).len();
        assert_eq!(count(&[], 100), 0);
        assert_eq!(count(&[500], 100), 1);
        assert_eq!(count(&[500, 1], 100), 1);
        assert_eq!(count(&[10, 10, 10], 2 * (10 + AROUND)), 2);
        assert_eq!(count(&[10, 500, 10], 2 * (10 + AROUND)), 1, "none is left out");
    }

    #[test]
    fn a_list_says_how_many_more_there_are() {
        let mut left = 100;
        let (shown, more) = some(items(&[10, 500, 10]).into_iter(), &mut left);
        assert_eq!((shown.len(), more, left), (1, 2, 100 - 10 - AROUND));
        assert_eq!(some(items(&[500]).into_iter(), &mut left).1, 1);
    }
}
