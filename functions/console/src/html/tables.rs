//! Tables, and the tabs Commits and Pull requests.

use super::{external, revision};
use approval::deploy::{Commit, PullRequest};
use maud::{Markup, html};

/// A table with these columns. Its roles are spelled out because the style sheet lays its rows out as grids on a phone,
/// which takes the roles of a table's elements away.
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

/// The commits, oldest first.
pub(super) fn commits(commits: &[Commit]) -> Markup {
    let rows = commits.iter().map(|commit| {
        let authors: Vec<_> = commit.authors.iter().map(|author| author.name.as_str()).collect();
        html! {
            (cell("code", &external(commit.url.as_deref(), &revision(&commit.revision))))
            (cell("whole", &html! { (commit.title) }))
            (cell("aside", &html! { (authors.join(", ")) }))
        }
    });
    html! {
        @if commits.is_empty() { p.lead { "No commits are known for this deploy." } } @else {
            (list(&["Commit", "Message", "Authors"], rows))
        }
    }
}

/// The pull requests.
pub(super) fn pull_requests(pull_requests: &[PullRequest]) -> Markup {
    let rows = pull_requests.iter().map(|pull_request| {
        html! {
            (cell("code", &external(Some(&pull_request.url), &html! { "#" (pull_request.number) })))
            (cell("whole", &html! {
                (pull_request.title)
                @for label in &pull_request.labels { " " span.tag { (label) } }
            }))
            (cell("aside", &html! { (pull_request.author) }))
        }
    });
    html! {
        @if pull_requests.is_empty() { p.lead { "No pull requests are known for this deploy." } } @else {
            (list(&["Number", "Title", "Author"], rows))
        }
    }
}
