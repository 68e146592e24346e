//! The list of recent deploys.

use super::tables::{cell, list, unreadable};
use super::{failed, page, revision, short_environment, time};
use crate::address::parameters::query;
use crate::auth::visitor::Visitor;
use jiff::Timestamp;
use maud::{Markup, html};
use signoff_store::Listing;

/// The page of `listing`. `first`: whether it is the newest part.
pub(crate) fn deploys(listing: &Listing, first: bool, visitor: Option<&Visitor>, now: Timestamp) -> Markup {
    let older = listing.next.as_deref().map(|next| format!("/deploys?{}", query(&[("before", next)])));
    let body = html! {
        h1 { "Recent deploys" }
        (unreadable(listing.unreadable))
        @if listing.deploys.is_empty() && listing.unreadable == 0 { (nothing(first)) } @else { (table(listing, now)) }
        @if older.is_some() || !first {
            nav.pager aria-label="More deploys" {
                @if !first { a href="/deploys" { "Newest" } }
                @if let Some(older) = older { a href=(older) rel="next" { "Older" } }
            }
        }
    };
    page("Recent deploys", Some("/deploys"), visitor, &body)
}

fn nothing(first: bool) -> Markup {
    html! {
        @if first {
            p.lead { "No deploys yet." }
            p {
                "Deploys appear here once they are reported to "
                code { "POST /api/1/deployments/{organization}/{name}/register_deploy" }
                " or by GitHub\u{2019}s deployment webhook."
            }
        } @else {
            p.lead { "No older deploys." }
        }
    }
}

fn table(listing: &Listing, now: Timestamp) -> Markup {
    let rows = listing.deploys.iter().map(|deploy| {
        html! {
            (cell("", &html! { a href={ "/deploys/" (deploy.id) } { (deploy.deployment) } }))
            (cell("aside", &html! { span.tag { (short_environment(&deploy.environment)) } }))
            (cell("code", &html! { (revision(&deploy.revision)) (failed(deploy)) }))
            (cell("aside", &time(deploy.deployed_at, now)))
        }
    });
    list(&["Deployment", "Environment", "Revision", "Deployed"], rows)
}

#[cfg(test)]
mod tests {
    use super::super::tests::lines;
    use super::*;
    use crate::address::parameters::PAGE_SIZE;
    use crate::sample;
    use signoff_core::deploy::Slug;
    use signoff_core::deploy_state::DeployState;
    use signoff_store::DeploySummary;

    fn listing(environments: &[&str]) -> Listing {
        let deploy = sample::registered().deploy;
        let summary = |environment: &&str| DeploySummary {
            id: deploy.id.clone(),
            deployment: deploy.deployment.clone(),
            environment: (*environment).to_owned(),
            revision: deploy.revision.clone(),
            deployed_at: deploy.deployed_at,
            listed_at: deploy.deployed_at.to_string(),
            state: DeployState::Success,
            arrived_at: None,
            repeats: None,
            has_failed: *environment == "Staging",
        };
        Listing { deploys: environments.iter().map(summary).collect(), unreadable: 0, next: None }
    }

    #[test]
    fn the_list() {
        let next = Some("2026-11-23T10:00:00.000000Z#d1".to_owned());
        let listing = Listing { next, ..listing(&["Staging", "<b>QA</b>"]) };
        let page = deploys(&listing, true, Some(&sample::visitor()), sample::at(0));
        insta::assert_snapshot!(lines(&page));
    }

    #[test]
    fn the_page_is_bounded_whatever_is_on_record() {
        let environment = "\"".repeat(300);
        let mut listing = listing(&[environment.as_str(); PAGE_SIZE as usize]);
        for deploy in &mut listing.deploys {
            deploy.deployment = Slug::new(&"o".repeat(100), &"n".repeat(100)).unwrap();
        }
        listing.next = Some("2026-11-23T10:00:00.000000Z#d1".to_owned());
        let page = deploys(&listing, false, Some(&sample::visitor()), sample::at(40_000_000)).0;
        assert!(page.len() < 60_000, "{} bytes", page.len());
        assert_eq!(page.matches("<tr role=\"row\"><td").count(), usize::from(PAGE_SIZE));
    }

    #[test]
    fn the_ends_of_the_list() {
        let empty = deploys(&listing(&[]), true, None, sample::at(0)).0;
        assert!(empty.contains("No deploys yet") && !empty.contains("pager"), "{empty}");
        let last = deploys(&listing(&[]), false, None, sample::at(0)).0;
        assert!(
            last.contains("No older deploys") && last.contains("<a href=\"/deploys\">Newest</a>"),
            "{last}"
        );
    }
}
