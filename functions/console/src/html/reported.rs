//! Lists of what CI reported of a deploy's change beside the source host's word, and of how much the record
//! does not keep one by one.

use super::fit::{NAME, TITLE, all_href, and_more, some};
use super::{counted, external, revision};
use maud::{Markup, html};
use signoff_core::deploy::{Commit, Deploy, PullRequest};
use signoff_core::message::shorten;

/// Largest size of the list of what CI reported, in bytes of HTML.
const ROOM: usize = 4_000;

/// The commits that CI reported, and how many older ones there are.
pub(super) fn commits(deploy: &Deploy) -> Markup {
    let row = |commit: &Commit| {
        html! {
            li { (external(commit.url.as_deref(), &revision(&commit.revision))) " " (shorten(&commit.title, TITLE)) }
        }
    };
    let older = deploy.reading.older.commits;
    html! {
        (not_kept(older, "older commit is", "older commits are"))
        (list(deploy, deploy.reading.reported.commits.iter().rev().map(row)))
    }
}

/// The pull requests that CI reported, and how many older ones there are.
pub(super) fn pull_requests(deploy: &Deploy) -> Markup {
    let row = |pull_request: &PullRequest| {
        html! {
            li {
                (external(Some(&pull_request.url), &html! { "#" (pull_request.number) })) " "
                (shorten(&pull_request.title, TITLE)) " " (shorten(&pull_request.author, NAME))
            }
        }
    };
    let older = deploy.reading.older.pull_requests;
    html! {
        (not_kept(older, "older pull request is", "older pull requests are"))
        (list(deploy, deploy.reading.reported.pull_requests.iter().rev().map(row)))
    }
}

fn not_kept(count: usize, one: &str, several: &str) -> Markup {
    html! {
        @if count > 0 { p.meta { (counted(count, one, several)) " part of this deploy, and not listed." } }
    }
}

fn list(deploy: &Deploy, rows: impl ExactSizeIterator<Item = Markup>) -> Markup {
    let mut left = ROOM;
    let (shown, more) = some(rows, &mut left);
    html! {
        @if !shown.is_empty() || more > 0 {
            h3 { "Reported by CI" }
            p.meta { "CI sent this with the registration. Signoff doesn\u{2019}t check it, and it decides nothing." }
            ul {
                @for row in &shown { (row) }
                @if more > 0 { li { "and " (and_more(more, &all_href(&deploy.id, ""))) } }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn a_report_is_shown_apart_and_says_that_it_decides_nothing() {
        let mut deploy = sample::approved().deploy;
        assert_eq!(commits(&deploy).0 + &pull_requests(&deploy).0, "");
        deploy.reading.reported.commits = deploy.commits.clone();
        deploy.reading.reported.pull_requests = deploy.pull_requests.clone();
        deploy.reading.older.commits = 1;
        let (commits, pull_requests) = (commits(&deploy).0, pull_requests(&deploy).0);
        assert!(commits.contains("1 older commit is part of this deploy"), "{commits}");
        for html in [commits, pull_requests] {
            assert!(html.contains("Reported by CI") && html.contains("it decides nothing"), "{html}");
        }
    }

    #[test]
    fn a_long_report_takes_little_room() {
        let mut deploy = sample::approved().deploy;
        let commit = deploy.commits[0].clone();
        deploy.reading.reported.commits = vec![commit; 300];
        let html = commits(&deploy).0;
        assert!(html.len() < ROOM + 1_000 && html.contains(" more</a>"), "{} bytes", html.len());
    }
}
