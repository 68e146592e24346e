//! Tables, and the tabs Commits and Pull requests.

use super::fit::{self, NAME, TAB, TITLE, pager, some};
use super::{counted, external, reported, revision};
use crate::address::place::Tab;
use maud::{Markup, html};
use signoff_core::deploy::{Commit, Deploy, Person, PullRequest};
use signoff_core::message::shorten;

/// A table with these columns. Its roles are spelled out because the style sheet lays its rows out as grids
/// on a phone, which takes the roles of a table's elements away.
pub(super) fn list(columns: &[&str], rows: impl Iterator<Item = Markup>) -> Markup {
    html! {
        table.list role="table" {
            thead role="rowgroup" {
                tr role="row" { @for column in columns { th role="columnheader" scope="col" { (column) } } }
            }
            tbody role="rowgroup" { @for row in rows { tr role="row" { (row) } } }
        }
    }
}

/// A cell. Its class says where it stands on a phone: `whole` across the row, `aside` to the right.
pub(super) fn cell(class: &str, content: &Markup) -> Markup {
    html! { td role="cell" class=[(!class.is_empty()).then_some(class)] { (content) } }
}

/// The commits, oldest first, from number `at` on, as many as fit.
pub(super) fn commits(deploy: &Deploy, at: Option<usize>) -> Markup {
    let row = |commit: &Commit| {
        html! {
            (cell("code", &external(commit.url.as_deref(), &revision(&commit.revision))))
            (cell("whole", &html! { (shorten(&commit.title, TITLE)) }))
            (cell("aside", &html! { (authors(&commit.authors)) }))
        }
    };
    let commits = &deploy.commits;
    html! {
        @if commits.is_empty() { p.lead { "No commits are known for this deploy." } } @else {
            (part(&["Commit", "Message", "Authors"], commits, row, Tab::Commits, at, deploy))
        }
        (reported::commits(deploy))
    }
}

/// The authors of a commit.
fn authors(authors: &[Person]) -> String {
    /// Number of authors that are named.
    const NAMED: usize = 3;
    let named = authors.iter().take(NAMED).map(|author| shorten(&author.name, NAME));
    let named = named.collect::<Vec<_>>().join(", ");
    match authors.len().saturating_sub(NAMED) {
        0 => named,
        others => format!("{named} and {}", counted(others, "other", "others")),
    }
}

/// The pull requests, from number `at` on, as many as fit.
pub(super) fn pull_requests(deploy: &Deploy, at: Option<usize>) -> Markup {
    /// Largest size of a pull request's labels, in bytes of HTML.
    const LABELS: usize = 2000;
    let row = |pull_request: &PullRequest| {
        let label = |label: &String| html! { " " span.tag { (shorten(label, NAME)) } };
        let mut left = LABELS;
        let (labels, more) = some(pull_request.labels.iter().map(label), &mut left);
        html! {
            (cell("code", &external(Some(&pull_request.url), &html! { "#" (pull_request.number) })))
            (cell("whole", &html! {
                (shorten(&pull_request.title, TITLE))
                @for label in &labels { (label) }
                @if more > 0 { " " span.meta { "and " (more) " more" } }
            }))
            (cell("aside", &html! { (shorten(&pull_request.author, NAME)) }))
        }
    };
    let pull_requests = &deploy.pull_requests;
    html! {
        @if pull_requests.is_empty() { p.lead { "No pull requests are known for this deploy." } } @else {
            (part(&["Number", "Title", "Author"], pull_requests, row, Tab::PullRequests, at, deploy))
        }
        (reported::pull_requests(deploy))
    }
}

/// Room of a tab for what CI reported, in bytes of HTML.
const REPORT: usize = 5_000;

/// The part of a tab of `deploy` that begins with number `at` of `all`, and the way to the others.
fn part<T>(
    columns: &[&str],
    all: &[T],
    row: impl Fn(&T) -> Markup,
    tab: Tab,
    at: Option<usize>,
    deploy: &Deploy,
) -> Markup {
    let from = at.filter(|at| *at < all.len()).unwrap_or(0);
    let rows = fit::part(all.iter().skip(from).map(row), TAB - REPORT);
    let shown = from..from + rows.len();
    html! {
        (list(columns, rows.into_iter()))
        (pager(&deploy.id, tab, &shown, all.len(), tab.name()))
    }
}

/// A note that a list lacks `count` entries because this release can't read them.
pub(super) fn unreadable(count: usize) -> Markup {
    let (entries, them) = if count == 1 { ("entry", "it") } else { ("entries", "them") };
    html! {
        @if count > 0 {
            p.warning role="status" {
                (count) " more " (entries) " can\u{2019}t be read by this release of Signoff. A newer release may have written "
                (them) ": deploy it again, or have an admin look at the functions\u{2019} log."
            }
        }
    }
}
