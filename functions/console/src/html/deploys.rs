//! The list of recent deploys.

use super::tables::{cell, list};
use super::{Reader, page, revision, time};
use crate::route::Place;
use jiff::Timestamp;
use maud::{Markup, html};
use store::Listing;

/// The page of `listing`. `older`: the page after it, `first`: whether it is the newest.
pub(crate) fn deploys(listing: &Listing, older: Option<&Place>, first: bool, now: Timestamp) -> Markup {
    let body = html! {
        h1 { "Recent deploys" }
        @if listing.deploys.is_empty() { (nothing(first)) } @else { (table(listing, now)) }
        @if older.is_some() || !first {
            nav.pager aria-label="More deploys" {
                @if !first { a href="/" { "Newest" } }
                @if let Some(older) = older { a href=(older.href()) rel="next" { "Older" } }
            }
        }
    };
    page("Recent deploys", Reader::SignedIn, &body)
}

fn nothing(first: bool) -> Markup {
    html! {
        @if first {
            p.lead { "No deploy is on record yet." }
            p {
                "A deploy appears here once it is reported to "
                code { "POST /api/1/deployments/{organization}/{name}/register_deploy" }
                " or by GitHub\u{2019}s deployment webhook."
            }
        } @else {
            p.lead { "No older deploys are on record." }
        }
    }
}

fn table(listing: &Listing, now: Timestamp) -> Markup {
    let rows = listing.deploys.iter().map(|deploy| {
        html! {
            (cell("", &html! { a href={ "/deploys/" (deploy.id) } { (deploy.deployment) } }))
            (cell("aside", &html! { span.tag { (deploy.environment) } }))
            (cell("code", &revision(&deploy.revision)))
            (cell("aside", &time(deploy.deployed_at, now)))
        }
    });
    list(&["Deployment", "Environment", "Revision", "Deployed"], rows)
}

#[cfg(test)]
mod tests {
    use super::super::tests::lines;
    use super::*;
    use crate::sample;
    use store::DeploySummary;

    fn listing(environments: &[&str]) -> Listing {
        let deploy = sample::registered().deploy;
        let summary = |environment: &&str| DeploySummary {
            id: deploy.id.clone(),
            deployment: deploy.deployment.clone(),
            environment: (*environment).to_owned(),
            revision: deploy.revision.clone(),
            deployed_at: deploy.deployed_at,
        };
        Listing { deploys: environments.iter().map(summary).collect(), next: None }
    }

    #[test]
    fn the_list() {
        let older = Place::after_sign_in(Some("/?before=2026-11-23T10:00:00.000000Z%23d1"));
        let page = deploys(&listing(&["Staging", "<b>QA</b>"]), Some(&older), true, sample::at(0));
        insta::assert_snapshot!(lines(&page));
    }

    #[test]
    fn the_ends_of_the_list() {
        let empty = deploys(&listing(&[]), None, true, sample::at(0)).0;
        assert!(empty.contains("No deploy is on record yet") && !empty.contains("pager"), "{empty}");
        let last = deploys(&listing(&[]), None, false, sample::at(0)).0;
        assert!(
            last.contains("No older deploys are on record") && last.contains("<a href=\"/\">Newest</a>"),
            "{last}"
        );
    }
}
