//! A deployment's page: its environments, its deploys, and the menu of what can be done about it.

use super::glass::owed;
use super::policy::{PolicyShown, policy};
use super::rules_in_force::rules_in_force;
use super::tables::{cell, list, unreadable};
use super::{counted, deployment_href, failed, health, icon, page, revision, short_environment, time};
use crate::address::parameters::query;
use crate::auth::visitor::{Access, Visitor};
use jiff::Timestamp;
use maud::{Markup, html};
use signoff_core::deploy::Slug;
use signoff_core::facts::Facts;
use signoff_core::id::DeployId;
use signoff_core::owed::OwedReviews;
use signoff_core::rules_in_force::RulesInForce;
use signoff_store::{DeploySummary, Deployment, Environment, Listing};
use std::collections::HashMap;

/// Number of environments that are shown: those with the newest deploys.
const ENVIRONMENTS: usize = 20;

/// Contents of the page.
#[derive(Debug)]
pub(crate) struct DeploymentPage<'a> {
    deployment: &'a Deployment,
    /// Its environments, the one with the newest deploy first.
    environments: Vec<&'a Environment>,
    /// The environment whose deploys alone are listed.
    environment: Option<&'a str>,
    listing: &'a Listing,
    /// True for the newest part of the list.
    pub(crate) is_first: bool,
    /// The rules of the deployment; `None`: it never had any, or they can't be read.
    pub(crate) rules: Option<RulesInForce>,
    /// The reviews of broken glasses that it owes.
    pub(crate) reviews: OwedReviews,
    /// The policy that binds them; `None`: none does.
    pub(crate) policy: Option<PolicyShown>,
    /// The number of rows about its rules and reviews that this release can't read.
    pub(crate) unreadable: usize,
}

impl<'a> DeploymentPage<'a> {
    /// The page of `deployment` with the newest part of its deploys, of `environment` alone where it is
    /// named.
    pub(crate) fn new(
        deployment: &'a Deployment,
        environment: Option<&'a str>,
        listing: &'a Listing,
    ) -> Self {
        let mut environments: Vec<_> = deployment.environments.iter().collect();
        environments.sort_by_key(|environment| std::cmp::Reverse(environment.newest.deployed_at));
        environments.truncate(ENVIRONMENTS);
        Self {
            deployment,
            environments,
            environment,
            listing,
            is_first: true,
            rules: None,
            policy: None,
            reviews: OwedReviews::none(&deployment.slug),
            unreadable: 0,
        }
    }

    /// The deploys that are shown.
    pub(crate) fn deploys(&self) -> impl Iterator<Item = &DeployId> {
        let newest = self.environments.iter().map(|environment| &environment.newest.id);
        newest.chain(self.listing.deploys.iter().map(|deploy| &deploy.id))
    }

    fn href(&self, before: Option<&str>) -> String {
        let environment = self.environment.map(|environment| ("environment", environment));
        let pairs: Vec<_> = environment.into_iter().chain(before.map(|before| ("before", before))).collect();
        let href = deployment_href(&self.deployment.slug, "");
        if pairs.is_empty() { href } else { format!("{href}?{}", query(&pairs)) }
    }
}

/// The page; `facts`: what became known of its deploys.
pub(crate) fn deployment(
    shown: &DeploymentPage<'_>,
    facts: &HashMap<DeployId, Facts>,
    visitor: Option<&Visitor>,
    now: Timestamp,
) -> Markup {
    let slug = &shown.deployment.slug;
    let older = shown.listing.next.as_deref().map(|next| shown.href(Some(next)));
    let body = html! {
        nav.crumbs aria-label="Breadcrumb" { a href="/" { "Deployments" } }
        div.headed {
            h1 { (slug) @if shown.deployment.is_disconnected { " " span.tag { "Disconnected" } } }
            (menu(slug, visitor))
        }
        section.block aria-labelledby="environments" {
            h2 #environments { "Environments" }
            (environments(shown, facts, now))
            p { a href={ "/record?" (query(&[("deployment", slug.as_str())])) } { "Approval history and timing" } }
        }
        @if shown.unreadable > 0 {
            p.warning role="status" {
                "This release of Signoff can\u{2019}t read the rules in force or the reviews that are due. What needs them \
                 waits, and nothing of it is lost. A newer release may have written them: deploy it again, or have an admin look \
                 at the functions\u{2019} log."
            }
        }
        (owed(&shown.reviews, now))
        @if let Some(rules) = &shown.rules { (rules_in_force(rules, visitor, now)) }
        @if let Some(shown) = &shown.policy { (policy(shown, now)) }
        section.block aria-labelledby="deploys" {
            h2 #deploys { "Deploys" }
            (filter(shown))
            (unreadable(shown.listing.unreadable))
            @if shown.listing.deploys.is_empty() { p.lead { (nothing(shown)) } } @else {
                (deploys(&shown.listing.deploys, facts, now))
            }
            @if older.is_some() || !shown.is_first {
                nav.pager aria-label="More deploys" {
                    @if !shown.is_first { a href=(shown.href(None)) { "Newest" } }
                    @if let Some(older) = older { a href=(older) rel="next" { "Older" } }
                }
            }
        }
    };
    page(slug.as_str(), Some("/"), visitor, &body)
}

/// Menu of a deployment. It opens without a script, by the keyboard too.
fn menu(slug: &Slug, visitor: Option<&Visitor>) -> Markup {
    let is_admin = visitor.is_some_and(|visitor| visitor.may(Access::Admin));
    let entry = |path: &str, label: &str| html! { li { a href=(deployment_href(slug, path)) { (label) } } };
    html! {
        details.menu {
            summary aria-label={ "Menu of " (slug) } { (icon::cogwheel()) }
            ul {
                (entry("/approvals/new", "Add an approval"))
                (entry("/history", "Rule execution history"))
                (entry("/setup", "Setup instructions"))
                @if is_admin {
                    (entry("/edit", "Edit"))
                    (entry("/edit#disconnect", "Disconnect"))
                }
            }
        }
    }
}

fn environments(shown: &DeploymentPage<'_>, facts: &HashMap<DeployId, Facts>, now: Timestamp) -> Markup {
    let rows = shown.environments.iter().map(|environment| {
        let newest = &environment.newest;
        html! {
            (cell("", &html! { span.tag { (short_environment(&newest.environment)) } }))
            (cell("code aside", &html! {
                a href={ "/deploys/" (newest.id) } { (revision(&newest.revision)) } (failed(newest))
            }))
            (cell("", &time(newest.deployed_at, now)))
            (cell("aside", &health(facts.get(&newest.id))))
        }
    });
    let more = shown.deployment.environments.len() - shown.environments.len();
    html! {
        @if shown.environments.is_empty() {
            p.lead {
                "No deploys yet. The "
                a href=(deployment_href(&shown.deployment.slug, "/setup")) { "setup instructions" }
                " explain how to register the first one."
            }
        } @else { (list(&["Environment", "Revision", "Deployed", "Health"], rows)) }
        @if more > 0 {
            p.meta { (counted(more, "more environment has", "more environments have")) " older deploys." }
        }
    }
}

fn filter(shown: &DeploymentPage<'_>) -> Markup {
    html! {
        form.filter method="get" action=(deployment_href(&shown.deployment.slug, "")) {
            div {
                label for="environment" { "Environment" }
                input #environment name="environment" value=[shown.environment] list="known" autocomplete="off" spellcheck="false";
                datalist #known {
                    @for environment in suggestions(&shown.environments) { option value=(environment) {} }
                }
            }
            button type="submit" { "Filter" }
        }
    }
}

/// The names of environments that are short enough to be suggested.
fn suggestions<'a>(environments: &[&'a Environment]) -> impl Iterator<Item = &'a str> {
    let names = environments.iter().map(|environment| environment.newest.environment.as_str());
    names.filter(|name| short_environment(name) == *name)
}

fn nothing(shown: &DeploymentPage<'_>) -> &'static str {
    match (shown.is_first, shown.environment) {
        (false, _) => "No older deploys.",
        (true, Some(_)) => "No deploys to this environment yet.",
        (true, None) => "No deploys yet.",
    }
}

fn deploys(deploys: &[DeploySummary], facts: &HashMap<DeployId, Facts>, now: Timestamp) -> Markup {
    let rows = deploys.iter().map(|deploy| {
        html! {
            (cell("code", &html! {
                a href={ "/deploys/" (deploy.id) } { (revision(&deploy.revision)) } (failed(deploy))
            }))
            (cell("aside", &html! { span.tag { (short_environment(&deploy.environment)) } }))
            (cell("", &time(deploy.deployed_at, now)))
            (cell("aside", &health(facts.get(&deploy.id))))
        }
    });
    list(&["Revision", "Environment", "Deployed", "Health"], rows)
}

#[cfg(test)]
mod tests {
    use super::super::tests::lines;
    use super::*;
    use crate::auth::visitor::Who;
    use crate::sample;

    fn listing(deployment: &Deployment, next: Option<&str>) -> Listing {
        let deploys = deployment.environments.iter().map(|environment| environment.newest.clone()).collect();
        Listing { deploys, unreadable: 0, next: next.map(str::to_owned) }
    }

    #[test]
    fn the_page() {
        let known = sample::deployments().remove(0);
        let listing = listing(&known, Some("2026-11-23T10:00:00.000000Z#d1"));
        let shown = DeploymentPage::new(&known, Some("Staging"), &listing);
        let page = deployment(&shown, &sample::health(), Some(&sample::visitor()), sample::at(600));
        insta::assert_snapshot!(lines(&page));
    }

    #[test]
    fn a_deployment_without_deploys_leads_to_its_setup() {
        let known = sample::deployments().remove(1);
        let listing = listing(&known, None);
        let shown = DeploymentPage::new(&known, None, &listing);
        let page = deployment(&shown, &HashMap::new(), None, sample::at(600)).0;
        let setup = "<a href=\"/deployments/acme/legacy/setup\">setup instructions</a>";
        assert!(page.contains(setup) && page.contains("Disconnected"), "{page}");
    }

    #[test]
    fn only_admins_are_shown_the_way_to_the_settings() {
        let known = sample::deployments().remove(0);
        let listing = listing(&known, None);
        let page = |visitor: &Visitor| {
            deployment(
                &DeploymentPage::new(&known, None, &listing),
                &HashMap::new(),
                Some(visitor),
                sample::at(600),
            )
            .0
        };
        let admin = sample::visitor();
        let mut member = admin.clone();
        if let Who::Person(person) = &mut member.who {
            person.is_admin = false;
        }
        assert!(page(&admin).contains("/edit#disconnect"));
        assert!(!page(&member).contains("/edit") && page(&member).contains("/history"));
    }

    #[test]
    fn the_page_is_bounded_whatever_is_on_record() {
        let mut known = sample::deployments().remove(0);
        let mut environment = known.environments.remove(0);
        environment.newest.environment = "\"<b>\u{1f680}".repeat(100);
        known.environments = vec![environment; 50];
        let listing = listing(&known, None);
        let shown = DeploymentPage::new(&known, None, &listing);
        let page = deployment(&shown, &sample::health(), Some(&sample::visitor()), sample::at(600)).0;
        assert!(page.len() < 60_000 && !page.contains("<b>"), "{}", page.len());
        assert!(page.contains("30 more environments have"), "{page}");
    }
}
