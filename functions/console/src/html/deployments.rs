//! The list of deployments.

use super::fields::copied;
use super::tables::{cell, list};
use super::{counted, deployment_href, failed, health, page, revision, short_environment, time};
use crate::address::parameters::query;
use crate::auth::visitor::Visitor;
use crate::view::{Overview, Pending};
use jiff::Timestamp;
use maud::{Markup, html};
use signoff_core::facts::Facts;
use signoff_core::id::DeployId;
use signoff_store::{Deployment, Environment};

/// Number of rows of deployments and environments on a page.
pub(crate) const ROWS: i32 = 45;

/// The page of `overview`; `is_first`: it is the first part; `example`: how a deploy is registered.
pub(crate) fn deployments(
    overview: &Overview,
    is_first: bool,
    example: &str,
    visitor: Option<&Visitor>,
    now: Timestamp,
) -> Markup {
    let part = &overview.part;
    let next = part.next.as_ref().map(|next| format!("/?{}", query(&[("after", next.as_str())])));
    let body = html! {
        h1 { "Deployments" }
        @if part.deployments.is_empty() { (nothing(is_first, example)) } @else { (table(overview, now)) }
        @if next.is_some() || !is_first {
            nav.pager aria-label="More deployments" {
                @if !is_first { a href="/" { "First" } }
                @if let Some(next) = next { a href=(next) rel="next" { "More" } }
            }
        }
    };
    page("Deployments", Some("/"), visitor, &body)
}

fn nothing(first: bool, example: &str) -> Markup {
    html! {
        @if first {
            p.lead { "No deployments yet." }
            p { "A deployment appears here with its first deploy. Any CI can report one, for example for acme/checkout:" }
            (copied("register", "How to register a deploy", example))
            p { "An admin creates the key at " a href="/settings/keys" { "API keys" } "." }
            p { "GitHub reports its deployments by a webhook to " code { "/webhooks/github" } "." }
        } @else {
            p.lead { "No more deployments." }
        }
    }
}

fn table(overview: &Overview, now: Timestamp) -> Markup {
    let pending = Pending::of(&overview.pending);
    let rows = overview.part.deployments.iter().flat_map(|deployment| {
        let name = name(deployment);
        let without = deployment.environments.is_empty().then(|| {
            html! { (cell("whole", &name)) td role="cell" colspan="5" { span.meta { "No deploy yet" } } }
        });
        let environments = deployment.environments.iter().map(|environment| {
            let facts = overview.facts.get(&environment.newest.id);
            row(&name, environment, facts, pending.in_environment(environment), now)
        });
        without.into_iter().chain(environments).collect::<Vec<_>>()
    });
    list(&["Deployment", "Environment", "Revision", "Deployed", "Health", "Approvals"], rows)
}

fn name(deployment: &Deployment) -> Markup {
    html! {
        a href=(deployment_href(&deployment.slug, "")) { (deployment.slug) }
        @if deployment.is_disconnected { " " span.tag { "Disconnected" } }
    }
}

fn row(
    name: &Markup,
    environment: &Environment,
    facts: Option<&Facts>,
    (waiting, on): (usize, Option<&DeployId>),
    now: Timestamp,
) -> Markup {
    let newest = &environment.newest;
    html! {
        (cell("whole", name))
        (cell("", &html! { span.tag { (short_environment(&newest.environment)) } }))
        (cell("code aside", &html! { a href={ "/deploys/" (newest.id) } { (revision(&newest.revision)) } (failed(newest)) }))
        (cell("", &time(newest.deployed_at, now)))
        (cell("aside", &health(facts)))
        (cell("whole", &html! {
            @match on {
                Some(on) => a href={ "/deploys/" (on) } { (counted(waiting, "approval pending", "approvals pending")) },
                None => span.meta { "\u{2013}" },
            }
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::lines;
    use super::*;
    use crate::sample;
    use signoff_core::deploy::Slug;
    use signoff_store::DeploymentListing;

    fn shown(part: DeploymentListing, is_first: bool) -> Markup {
        let overview = Overview { part, pending: sample::waiting_approvals(), facts: sample::health() };
        deployments(&overview, is_first, "curl \"$URL\"", Some(&sample::visitor()), sample::at(600))
    }

    #[test]
    fn the_list() {
        let part = DeploymentListing { deployments: sample::deployments(), next: Slug::new("acme", "shop") };
        insta::assert_snapshot!(lines(&shown(part, true)));
    }

    #[test]
    fn an_empty_list_says_how_to_register_the_first_deploy() {
        let empty = DeploymentListing { deployments: Vec::new(), next: None };
        let (_, body) = shown(empty.clone(), true)
            .0
            .split_once("<h1>")
            .map(|(a, b)| (a.to_owned(), b.to_owned()))
            .unwrap();
        insta::assert_snapshot!(body.replace("><", ">\n<"));
        let last = shown(empty, false).0;
        assert!(last.contains("No more deployments") && last.contains("<a href=\"/\">First</a>"), "{last}");
    }

    #[test]
    fn the_page_is_bounded_whatever_is_on_record() {
        let slug = Slug::new(&"o".repeat(100), &"n".repeat(100)).unwrap();
        let mut deployment = sample::deployments().remove(0);
        let mut environment = deployment.environments.remove(0);
        environment.newest.environment = "\"<b>\u{1f680}".repeat(100);
        environment.newest.deployment = slug.clone();
        deployment.slug = slug.clone();
        deployment.environments = vec![environment; ROWS.try_into().unwrap()];
        let part = DeploymentListing { deployments: vec![deployment], next: Some(slug) };
        let page = shown(part, false).0;
        assert!(page.len() < 60_000 && !page.contains("<b>"), "{}", page.len());
    }
}
