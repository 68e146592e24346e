//! Icons, drawn on a 16 by 16 grid in the colour of the text beside them.

use crate::address::place::Tab;
use maud::{Markup, html};

fn icon(paths: &[&str]) -> Markup {
    html! {
        svg.icon viewBox="0 0 16 16" width="16" height="16" fill="none" stroke="currentColor" stroke-width="1.4"
            stroke-linecap="round" stroke-linejoin="round" aria-hidden="true" {
            @for path in paths { path d=(path) {} }
        }
    }
}

/// Signoff's mark: a tick that signs.
pub(super) fn brand() -> Markup {
    icon(&["M2.5 8.5 6 12 13.5 3.5", "M2.5 14.2h11"])
}

/// A cogwheel.
pub(super) fn cogwheel() -> Markup {
    icon(&[
        "M8 5.6a2.4 2.4 0 1 1 0 4.8a2.4 2.4 0 1 1 0-4.8z",
        "M6.9 1.8h2.2l.4 1.7 1.3.6 1.5-.9 1.5 1.5-.9 1.5.6 1.3 1.7.4v2.2l-1.7.4-.6 1.3.9 1.5-1.5 1.5-1.5-.9-1.3.6-.4 1.7H6.9l-.4-1.7-1.3-.6-1.5.9-1.5-1.5.9-1.5-.6-1.3-1.7-.4V7.9l1.7-.4.6-1.3-.9-1.5 1.5-1.5 1.5.9 1.3-.6z",
    ])
}

/// A tab's icon.
pub(super) fn tab(tab: Tab) -> Markup {
    match tab {
        Tab::Timeline => icon(&["M8 1.8a6.2 6.2 0 1 1 0 12.4a6.2 6.2 0 1 1 0-12.4z", "M8 4.5V8l2.3 1.8"]),
        Tab::Approvals => icon(&[
            "M2 7.2h2.2v6.6H2z",
            "M4.2 7.6 7.4 1.8c1.2 0 1.9.9 1.7 2L8.7 6h3.9c.9 0 1.5.8 1.3 1.7l-1 4.8c-.2.8-.8 1.3-1.6 1.3H4.2",
        ]),
        Tab::PullRequests => icon(&[
            "M4 1.8a1.7 1.7 0 1 1 0 3.4a1.7 1.7 0 1 1 0-3.4z",
            "M4 10.8a1.7 1.7 0 1 1 0 3.4a1.7 1.7 0 1 1 0-3.4z",
            "M12 10.8a1.7 1.7 0 1 1 0 3.4a1.7 1.7 0 1 1 0-3.4z",
            "M4 5.2v5.6",
            "M7.5 3.5H10a2 2 0 0 1 2 2v5.3",
        ]),
        Tab::Commits => {
            icon(&["M8 5.2a2.8 2.8 0 1 1 0 5.6a2.8 2.8 0 1 1 0-5.6z", "M.8 8h4.4", "M10.8 8h4.4"])
        }
    }
}
