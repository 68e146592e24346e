//! A deploy's page: what it is, and four tabs about it.

use super::ballot::Booth;
use super::live::{Live, LivePage, version};
use super::{approvals, deployment_href, external, health, icon, page, revision, tables, time, timeline};
use crate::address::place::{Tab, deploy_href};
use crate::view;
use approval::deploy::{Deploy, Person, Source};
use approval::effect::{Effect, EffectKind};
use approval::message::shorten;
use approval::run::Status;
use jiff::Timestamp;
use maud::{Markup, html};
use store::Page;

/// After how many seconds it is asked for again while something is bound to come.
const SOON: u32 = 5;
/// The same while nothing is: health, reactions and tags come late, and may have the rules evaluated again.
const SLOWLY: u32 = 60;

/// How much of an issue's title is shown, in characters.
const ISSUE_TITLE: usize = 100;

/// The page with `tab` open.
pub(crate) fn deploy(booth: &Booth<'_>, tab: Tab) -> LivePage {
    let deploy = &booth.record.deploy;
    let from = deploy_href(&deploy.id, tab);
    let every = if changes_soon(booth.record) { SOON } else { SLOWLY };
    let live = Live { id: "deploy", from: &from, every };
    let content = live_part(booth, tab);
    // What only the sender of a form is told does not stand at the address.
    let version = match booth.told {
        Some(_) => version(&live_part(&Booth { told: None, ..*booth }, tab)),
        None => version(&content),
    };
    let body = html! {
        nav.crumbs aria-label="Breadcrumb" {
            a href="/deploys" { "Deploys" } " / "
            a href=(deployment_href(&deploy.deployment, "")) { (deploy.deployment) }
        }
        h1 { (deploy.title()) }
        (live.part(&version, &content))
    };
    LivePage { markup: page(&deploy.title(), Some("/deploys"), booth.visitor, &body), version }
}

/// Whether something is bound to come to stand on the page: rules that are to be evaluated, a run, an approval.
fn changes_soon(record: &Page) -> bool {
    let evaluates = |effect: &Effect| matches!(effect.kind, EffectKind::EvaluateRules) && !effect.is_closed();
    record.effects.iter().any(evaluates)
        || record.runs.iter().any(|run| run.status == Status::Running)
        || record.approvals.iter().any(|approval| approval.status.is_open())
}

fn live_part(booth: &Booth<'_>, tab: Tab) -> Markup {
    let Booth { record, now, .. } = *booth;
    let deploy = &record.deploy;
    html! {
        (facts(record, now))
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
                Tab::Approvals => (approvals::approvals(&view::sections(record), &view::notices(record), booth)),
                Tab::PullRequests => (tables::pull_requests(&deploy.pull_requests)),
                Tab::Commits => (tables::commits(&deploy.commits)),
            }
        }
    }
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

fn facts(record: &Page, now: Timestamp) -> Markup {
    let deploy = &record.deploy;
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
            @if record.facts.health().is_some() { (fact("Health", health(Some(&record.facts)))) }
            @if !authors.is_empty() { (fact("Authors", html! { (authors) })) }
            (fact("Reported by", html! { (reported_by) }))
            @if !deploy.tags.is_empty() {
                (fact("Tags", html! { @for tag in &deploy.tags { span.tag { (tag) } " " } }))
            }
            @if !deploy.issues.is_empty() || !deploy.silent_trackers.is_empty() {
                (fact("Issues", issues(deploy)))
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

/// The issues that the deploy mentions, and which tracker did not tell of them.
fn issues(deploy: &Deploy) -> Markup {
    html! {
        @for (index, issue) in deploy.issues.iter().enumerate() {
            @if index > 0 { br; }
            (external(Some(&issue.url), &html! { (issue.key) })) " " (shorten(&issue.title, ISSUE_TITLE))
        }
        @for tracker in &deploy.silent_trackers {
            @if !deploy.issues.is_empty() { br; }
            span.meta { (tracker) " did not say which issues there are." }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::lines;
    use super::*;
    use crate::sample;
    use approval::id::DeployId;
    use approval::issue::{Issue, Tracker};

    /// The page as nobody in particular sees it.
    fn seen(record: &Page) -> Booth<'_> {
        Booth { record, visitor: None, told: None, now: sample::at(600) }
    }

    #[test]
    fn the_approvals_tab_of_the_picture() {
        let (record, visitor) = (sample::approved(), sample::visitor());
        let booth = Booth { record: &record, visitor: Some(&visitor), told: None, now: sample::at(600) };
        let page = deploy(&booth, Tab::Approvals);
        insta::assert_snapshot!(lines(&page.markup).replace(&page.version, "VERSION"));
    }

    #[test]
    fn issues_and_health_are_shown_where_they_are_known() {
        let mut page = sample::approved();
        page.facts = sample::health().remove(&DeployId::from_text("d3")).unwrap();
        let issue = |key: &str, url: &str| Issue {
            key: key.to_owned(),
            title: "Refunds <fail>".to_owned(),
            url: url.to_owned(),
            priority: None,
            labels: Vec::new(),
            kind: None,
            tracker: Tracker::Jira,
        };
        page.deploy.issues = vec![
            issue("SHOP-7", "https://acme.atlassian.net/browse/SHOP-7"),
            issue("SHOP-8", "javascript:x"),
        ];
        page.deploy.silent_trackers = vec![Tracker::Linear];
        let facts = facts(&page, sample::at(600)).0.replace("><", ">\n<");
        insta::assert_snapshot!(facts);
    }

    #[test]
    fn the_other_tabs() {
        let page = sample::approved();
        for tab in [Tab::Timeline, Tab::PullRequests, Tab::Commits] {
            let whole = deploy(&seen(&page), tab).markup.0;
            let (_, section) = whole.split_once("<section").unwrap();
            insta::assert_snapshot!(format!("tab_{}", tab.name()), section.replace("><", ">\n<"));
        }
    }

    #[test]
    fn outside_text_stays_text_and_outside_links_lead_to_the_web() {
        let page = sample::hostile();
        for tab in Tab::ALL {
            let html = deploy(&seen(&page), tab).markup.0;
            for live in ["<script>", "<img", "href=\"javascript", "javascript:alert(document.cookie)\""] {
                assert!(!html.contains(live), "{live} in the tab {}: {html}", tab.name());
            }
            assert!(html.contains("&lt;script&gt;alert('x')&lt;/script&gt;&quot;"), "{}", tab.name());
        }
    }

    #[test]
    fn what_changes_no_more_is_asked_for_again_slowly() {
        let every = |record: &Page| {
            let page = deploy(&seen(record), Tab::Approvals).markup.0;
            let (_, every) = page.split_once("data-live=\"").unwrap();
            every.split_once('"').unwrap().0.to_owned()
        };
        assert_eq!(every(&sample::pending()), "5");
        assert_eq!(every(&sample::several_runs()), "5");
        assert_eq!(every(&sample::approved()), "60");
        let mut late = sample::approved();
        late.effects = vec![sample::effect(EffectKind::EvaluateRules)];
        assert_eq!(every(&late), "5", "its rules are evaluated again");
    }
}
