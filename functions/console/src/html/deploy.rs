//! A deploy's page: what it is, and four tabs about it.

use super::{approvals, external, icon, page, revision, tables, time, timeline};
use crate::place::{Tab, deploy_href};
use crate::view;
use crate::visitor::Visitor;
use approval::deploy::{Deploy, Person, Source};
use jiff::Timestamp;
use maud::{Markup, html};
use store::Page;

/// The page with `tab` open.
pub(crate) fn deploy(record: &Page, tab: Tab, visitor: Option<&Visitor>, now: Timestamp) -> Markup {
    let deploy = &record.deploy;
    let body = html! {
        nav.crumbs aria-label="Breadcrumb" { a href="/deploys" { "Deploys" } " / " (deploy.deployment) }
        h1 { (deploy.title()) }
        (facts(deploy, now))
        nav.tabs aria-label="About this deploy" {
            @for other in Tab::ALL {
                a href=(deploy_href(&deploy.id, other)) aria-current=[(other == tab).then_some("page")] {
                    (icon::tab(other)) span { (label(other)) }
                    @if let Some(count) = count(record, other) { " " span.count { (count) } }
                }
            }
        }
        section.tab aria-label=(label(tab)) {
            @match tab {
                Tab::Timeline => (timeline::timeline(&view::timeline(record), now)),
                Tab::Approvals => (approvals::approvals(&view::sections(record), &view::notices(record), now)),
                Tab::PullRequests => (tables::pull_requests(&deploy.pull_requests)),
                Tab::Commits => (tables::commits(&deploy.commits)),
            }
        }
    };
    page(&deploy.title(), Some("/deploys"), visitor, &body)
}

fn label(tab: Tab) -> &'static str {
    match tab {
        Tab::Timeline => "Timeline",
        Tab::Approvals => "Approvals",
        Tab::PullRequests => "Pull requests",
        Tab::Commits => "Commits",
    }
}

fn count(record: &Page, tab: Tab) -> Option<usize> {
    match tab {
        Tab::Timeline => None,
        Tab::Approvals => Some(record.approvals.len()),
        Tab::PullRequests => Some(record.deploy.pull_requests.len()),
        Tab::Commits => Some(record.deploy.commits.len()),
    }
}

fn facts(deploy: &Deploy, now: Timestamp) -> Markup {
    let reported_by = match deploy.source {
        Source::RegisterDeploy => "register_deploy",
        Source::GithubDeployment => "GitHub\u{2019}s deployment status",
    };
    let names =
        |people: &[&Person]| people.iter().map(|person| person.name.as_str()).collect::<Vec<_>>().join(", ");
    let authors = names(&deploy.authors());
    let fact = |name: &str, value: Markup| html! { div { dt { (name) } dd { (value) } } };
    html! {
        dl.facts {
            (fact("Environment", html! { (deploy.environment) }))
            (fact("Revision", html! { (revision(&deploy.revision)) @if let Some(branch) = &deploy.branch { " on " (branch) } }))
            (fact("Deployed", html! {
                (time(deploy.deployed_at, now))
                @if let Some(deployer) = &deploy.deployer { " by " (deployer.name) }
            }))
            @if !authors.is_empty() { (fact("Authors", html! { (authors) })) }
            (fact("Reported by", html! { (reported_by) }))
            @if !deploy.tags.is_empty() {
                (fact("Tags", html! { @for tag in &deploy.tags { span.tag { (tag) } " " } }))
            }
            @if !deploy.links.is_empty() {
                (fact("Links", html! {
                    @for (index, (name, url)) in deploy.links.iter().enumerate() {
                        @if index > 0 { ", " }
                        (external(Some(url), &html! { (name) }))
                    }
                }))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::lines;
    use super::*;
    use crate::sample;

    #[test]
    fn the_approvals_tab_of_the_picture() {
        insta::assert_snapshot!(lines(&deploy(
            &sample::approved(),
            Tab::Approvals,
            Some(&sample::visitor()),
            sample::at(600)
        )));
    }

    #[test]
    fn the_other_tabs() {
        let page = sample::approved();
        for tab in [Tab::Timeline, Tab::PullRequests, Tab::Commits] {
            let whole = deploy(&page, tab, None, sample::at(600)).0;
            let (_, section) = whole.split_once("<section").unwrap();
            insta::assert_snapshot!(format!("tab_{}", tab.name()), section.replace("><", ">\n<"));
        }
    }

    #[test]
    fn outside_text_stays_text_and_outside_links_lead_to_the_web() {
        let page = sample::hostile();
        for tab in Tab::ALL {
            let html = deploy(&page, tab, None, sample::at(600)).0;
            for live in ["<script", "<img", "href=\"javascript", "javascript:alert(document.cookie)\""] {
                assert!(!html.contains(live), "{live} in the tab {}: {html}", tab.name());
            }
            assert!(html.contains("&lt;script&gt;alert('x')&lt;/script&gt;&quot;"), "{}", tab.name());
        }
    }
}
