//! A deploy's page: what it is, and four tabs about it.

use super::ballot::DeployPageContext;
use super::fit::{NAME, TITLE, all_href, and_more, some};
use super::live::{Live, LivePage, version};
use super::{
    again, approvals, deployment_href, external, health, icon, order, page, revision, state, tables, time,
    timeline,
};
use crate::address::place::{Part, Tab, deploy_href};
use crate::view;
use jiff::Timestamp;
use maud::{Markup, html};
use signoff_core::confirmation::Confirmation;
use signoff_core::deploy::{Person, Source};
use signoff_core::effect::{Effect, EffectKind};
use signoff_core::message::shorten;
use signoff_core::run::Status;
use signoff_store::Page;

/// Seconds until it is asked for again while something is bound to come.
const SOON: u32 = 5;
/// The same while nothing is: health, reactions and tags come late, and may have the rules evaluated again.
const SLOWLY: u32 = 60;

/// Largest sizes of the facts' lists, in bytes of HTML.
const AUTHORS: usize = 1200;
const TAGS: usize = 1200;
const ISSUES: usize = 4000;
const LINKS: usize = 3000;

/// The page that shows `part`.
pub(crate) fn deploy(booth: &DeployPageContext<'_>, part: impl Into<Part>) -> LivePage {
    let deploy = &booth.record.deploy;
    let (part, content) = live_part(booth, part.into());
    // What only the sender of a form is told does not stand at the address.
    let version = match booth.told {
        Some(_) => version(&live_part(&DeployPageContext { told: None, ..*booth }, part).1),
        None => version(&content),
    };
    let every = if changes_soon(booth.record) { SOON } else { SLOWLY };
    let live = Live { id: "deploy", from: &part.href(&deploy.id), every };
    let title = shorten(&deploy.title(), TITLE);
    let body = html! {
        nav.crumbs aria-label="Breadcrumb" {
            a href="/deploys" { "Deploys" } " / "
            a href=(deployment_href(&deploy.deployment, "")) { (deploy.deployment) }
        }
        h1 { (title) }
        (live.part(&version, &content))
    };
    LivePage { markup: page(&title, Some("/deploys"), booth.visitor, &body), version }
}

/// True if something is bound to appear on the page: rules are to be evaluated, or a run or an approval is
/// open.
fn changes_soon(record: &Page) -> bool {
    let evaluates = |effect: &Effect| {
        matches!(
            effect.kind,
            EffectKind::EvaluateRules { .. }
                | EffectKind::EvaluateAgain
                | EffectKind::AskAgain { .. }
                | EffectKind::RecordHealth { .. }
        ) && !effect.is_closed()
    };
    record.effects.iter().any(evaluates)
        || record.runs.iter().any(|run| run.status == Status::Running)
        || record.approvals.iter().any(|approval| approval.status.is_open())
}

/// Live part of the page, and its place in the address: the place that was asked for, or the one that it has
/// now if that depends on what is on record, so that a reader stays where they are.
fn live_part(booth: &DeployPageContext<'_>, part: Part) -> (Part, Markup) {
    let DeployPageContext { record, now, .. } = *booth;
    let deploy = &record.deploy;
    let Part { tab, at } = part;
    let (part, content) = match tab {
        Tab::Timeline => (part, timeline::timeline(&deploy.id, view::timeline(record), at, now)),
        Tab::Approvals => {
            let sections = order::in_order(view::sections(record), booth);
            let shown = approvals::approvals(&sections, &view::notices(record), booth, at);
            (Part { tab, at: shown.from.or(at) }, shown.markup)
        }
        Tab::PullRequests => (part, tables::pull_requests(deploy, at)),
        Tab::Commits => (part, tables::commits(deploy, at)),
    };
    let content = html! {
        (facts(record, now))
        (again::evaluate_again(booth))
        nav.tabs aria-label="About this deploy" {
            @for other in Tab::ALL {
                a href=(deploy_href(&deploy.id, other)) aria-current=[(other == tab).then_some("page")] {
                    (icon::tab(other)) span { (label(other)) }
                    @if let Some(count) = count(record, other) { " " span.count { (count) } }
                }
            }
        }
        section.tab aria-label=(label(tab)) { (content) }
    };
    (part, content)
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
        Tab::PullRequests => {
            Some(record.deploy.pull_requests.len() + record.deploy.reading.older.pull_requests)
        }
        Tab::Commits => Some(record.deploy.commits.len() + record.deploy.reading.older.commits),
    }
}

fn facts(record: &Page, now: Timestamp) -> Markup {
    let deploy = &record.deploy;
    let reported_by = match deploy.source {
        Source::RegisterDeploy => "register_deploy",
        Source::GithubDeployment => "GitHub\u{2019}s deployment status",
    };
    let all = all_href(&deploy.id, "");
    let fact = |name: &str, value: Markup| html! { div { dt { (name) } dd { (value) } } };
    let listed = |items: Vec<Markup>, room: usize, separator: &Markup| {
        let mut left = room;
        let (shown, more) = some(items.into_iter(), &mut left);
        html! {
            @for (index, item) in shown.iter().enumerate() {
                @if index > 0 { (separator) }
                (item)
            }
            @if more > 0 { @if !shown.is_empty() { " and " } (and_more(more, &all)) }
        }
    };
    let (comma, space) = (html! { ", " }, html! { " " });
    let author = |author: &&Person| html! { (shorten(&author.name, NAME)) };
    let authors: Vec<_> = deploy.authors().iter().map(author).collect();
    let tags = deploy.tags.iter().map(|tag| html! { span.tag { (shorten(tag, NAME)) } });
    let reported_tags = deploy.reported_tags.iter().map(|tag| html! { span.tag { (shorten(tag, NAME)) } });
    let ignored = deploy.reading.reported.ignored.iter().map(|name| html! { code { (shorten(name, NAME)) } });
    let confirmation = match deploy.confirmation {
        // Nobody asks the host about a deploy that did not arrive.
        Confirmation::Awaited if !deploy.state.has_arrived() => None,
        Confirmation::Awaited => Some("not confirmed yet"),
        Confirmation::Unconfirmed { .. } => Some("unconfirmed"),
        Confirmation::Repeat { .. } => Some("another report of a deploy"),
        Confirmation::Confirmed | Confirmation::Unevaluated { .. } => None,
    };
    let issues = deploy.issues.iter().map(|issue| {
        html! {
            (external(Some(&issue.url), &html! { (shorten(&issue.key, NAME)) })) " " (shorten(&issue.title, NAME))
        }
    });
    let links = deploy.links.iter().map(|(name, url)| external(Some(url), &html! { (shorten(name, NAME)) }));
    html! {
        dl.facts {
            (fact("Environment", html! { (shorten(&deploy.environment, NAME)) }))
            (fact("Revision", html! {
                (revision(&deploy.revision))
                @if let Some(branch) = &deploy.branch { " on " (shorten(branch, NAME)) }
                @if let Some(word) = confirmation { " " span.meta { (word) } }
            }))
            @if let Some(state) = state(deploy.state) {
                (fact("State", html! { (state) ". No rules are evaluated unless a success is reported." }))
            }
            (fact(if deploy.state.has_arrived() { "Deployed" } else { "Reported" }, html! {
                (time(deploy.deployed_at, now))
                @if let Some(deployer) = &deploy.deployer { " by " (shorten(&deployer.name, NAME)) }
            }))
            @if record.facts.health().is_some() { (fact("Health", health(Some(&record.facts)))) }
            @if !authors.is_empty() { (fact("Authors", listed(authors, AUTHORS, &comma))) }
            (fact("Reported by", html! {
                (reported_by)
                @if let Some(job) = &deploy.reading.ci_job {
                    ", by the token of a job of " (job.ci) " for " (shorten(&job.git_ref, NAME))
                }
            }))
            @if !deploy.reading.reported.ignored.is_empty() { (fact("Ignored by register_deploy", listed(ignored.collect(), TAGS, &comma))) }
            @if !deploy.tags.is_empty() { (fact("Tags", listed(tags.collect(), TAGS, &space))) }
            @if !deploy.reported_tags.is_empty() {
                (fact("Tags reported by CI", listed(reported_tags.collect(), TAGS, &space)))
            }
            @if !deploy.issues.is_empty() || !deploy.silent_trackers.is_empty() {
                (fact("Issues", html! {
                    (listed(issues.collect(), ISSUES, &html! { br; }))
                    @for tracker in &deploy.silent_trackers {
                        @if !deploy.issues.is_empty() { br; }
                        span.meta { (tracker) " couldn\u{2019}t be asked for issues." }
                    }
                }))
            }
            @if !deploy.links.is_empty() { (fact("Links", listed(links.collect(), LINKS, &comma))) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::lines;
    use super::*;
    use crate::auth::visitor::{Member, Visitor, Who};
    use crate::html::FlashMessage;
    use crate::sample;
    use signoff_core::approval::ApprovalAction;
    use signoff_core::id::DeployId;
    use signoff_core::issue::{Issue, Tracker};
    use signoff_core::run::StepState;

    /// The page as nobody in particular sees it.
    fn seen(record: &Page) -> DeployPageContext<'_> {
        DeployPageContext { record, visitor: None, told: None, now: sample::at(600) }
    }

    #[test]
    fn the_approvals_tab_of_the_picture() {
        let (record, visitor) = (sample::approved(), sample::visitor());
        let booth =
            DeployPageContext { record: &record, visitor: Some(&visitor), told: None, now: sample::at(600) };
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

    /// The pages of a tab, one part after the other, as somebody sees them who may vote.
    fn parts(record: &Page, part: Part) -> Vec<String> {
        let member = Member { id: "U0".into(), name: "\"".repeat(80), is_admin: true };
        let visitor = Visitor { who: Who::Person(member), form_token: Some("0123abcd".into()) };
        let (mut pages, mut next) = (Vec::new(), Some(part));
        while let Some(part) = next {
            let booth = DeployPageContext { visitor: Some(&visitor), ..seen(record) };
            let LivePage { markup, version } = deploy(&booth, part);
            let from = between(&markup.0, "data-from=\"", "\"").replace("&amp;", "&");
            // What is asked for again is the same part.
            if pages.len() < 3 {
                assert_eq!(deploy(&booth, at(&from)).version, version, "{from}");
            }
            let link = markup.0.split_once("\" rel=\"next\"").map(|(before, _)| before);
            next = link
                .and_then(|before| before.rsplit_once("href=\""))
                .map(|(_, href)| at(&href.replace("&amp;", "&")));
            pages.push(markup.0);
            assert!(pages.len() < 300, "the parts have no end");
        }
        pages
    }

    fn between<'a>(text: &'a str, before: &str, after: &str) -> &'a str {
        let (_, rest) = text.split_once(before).unwrap();
        rest.split_once(after).unwrap().0
    }

    fn at(href: &str) -> Part {
        Part::of(href.split_once('?').map_or("", |(_, query)| query))
    }

    /// Texts between `before` and the next quotation mark, wherever `before` is.
    fn all<'a>(pages: &'a [String], before: &str) -> Vec<&'a str> {
        let found = pages.iter().flat_map(|page| page.split(before).skip(1));
        found.map(|rest| rest.split_once('"').unwrap().0).collect()
    }

    #[test]
    fn the_page_is_bounded_whatever_is_on_record() {
        let record = sample::crowded();
        for tab in Tab::ALL {
            let pages = parts(&record, Part { tab, at: (tab == Tab::Approvals).then_some(0) });
            for page in &pages {
                assert!(page.len() < 60_000, "{}: {} bytes", tab.name(), page.len());
            }
            assert!(pages.len() > 1, "{}", tab.name());
            // All parts together show everything once.
            match tab {
                Tab::Timeline => {
                    let mut pages = pages;
                    pages.reverse();
                    let times =
                        pages.iter().map(|page| between(page, "<ol", "</ol>").to_owned()).collect::<Vec<_>>();
                    let seconds = (0..300).map(|second| sample::at(second).to_string()).collect::<Vec<_>>();
                    assert_eq!(all(&times, "datetime=\""), seconds);
                }
                Tab::Approvals => {
                    let ids = record.approvals.iter().map(|approval| approval.id.as_str());
                    let mut ids: Vec<_> = ids.collect();
                    // Those that are open come first.
                    ids.rotate_left(2);
                    assert_eq!(all(&pages, "class=\"approval\" id=\""), ids);
                    assert_eq!(all(&pages, "<form class=\"ballot\" id=\"vote-"), ids[..3]);
                    // Results are shown of approvals that are over; of an action of each of those nobody
                    // knows.
                    assert_eq!(all(&pages, "<form class=\"choices\" id=\"").len(), 2);
                }
                Tab::PullRequests => {
                    let shown = pages.iter().flat_map(|page| page.split(">#").skip(1));
                    let numbers = shown.map(|rest| rest.split_once('<').unwrap().0.parse().unwrap());
                    assert_eq!(numbers.collect::<Vec<u64>>(), (0..250).collect::<Vec<_>>());
                }
                Tab::Commits => {
                    let tables = pages.iter().map(|page| between(page, "<tbody", "</tbody>").to_owned());
                    let shown = tables.collect::<Vec<_>>();
                    let revisions = record.deploy.commits.iter().map(|commit| commit.revision.as_str());
                    assert_eq!(all(&shown, "class=\"rev\" title=\""), revisions.collect::<Vec<_>>());
                }
            }
        }
    }

    #[test]
    fn of_several_parts_that_comes_first_in_which_people_are_asked() {
        let mut record = sample::crowded();
        for step in &mut record.runs[0].steps {
            step.state = StepState::Waiting;
        }
        let first = |booth: &DeployPageContext<'_>| {
            let page = deploy(booth, Tab::Approvals).markup.0;
            let from = between(&page, "data-from=\"", "\"").to_owned();
            assert!(page.len() < 60_000, "{} bytes", page.len());
            (from, between(&page, "class=\"approval\" id=\"", "\"").to_owned())
        };
        let id = |number: usize| record.approvals[number].id.to_string();
        let href = |from: usize| format!("/deploys/{}?from={from}", record.deploy.id);
        assert_eq!(first(&seen(&record)), (href(0), id(2)), "the first that is open");
        // Whoever sent a form comes back to what it was about.
        let member = Member { id: "U0".into(), name: "Ana".into(), is_admin: false };
        let visitor = Visitor { who: Who::Person(member), form_token: Some("0123abcd".into()) };
        for number in [0, 3, 4] {
            let told = FlashMessage {
                about: Some(record.approvals[number].id.clone()),
                what: Some(ApprovalAction::Approve),
                text: "\"".repeat(3000),
                reason: Some("\"".repeat(10_000)),
                is_done: false,
            };
            let booth = DeployPageContext { visitor: Some(&visitor), told: Some(&told), ..seen(&record) };
            // The three that are open come before the two that are over.
            assert_eq!(first(&booth), (href((number + 3) % 5), id(number)));
        }
    }

    #[test]
    fn what_changes_no_more_is_asked_for_again_slowly() {
        let every = |record: &Page| {
            let page = deploy(&seen(record), Tab::Approvals).markup.0;
            between(&page, "data-live=\"", "\"").to_owned()
        };
        assert_eq!(every(&sample::pending()), "5");
        assert_eq!(every(&sample::several_runs()), "5");
        assert_eq!(every(&sample::approved()), "60");
        let mut late = sample::approved();
        late.effects = vec![sample::effect(EffectKind::EvaluateRules { look: None })];
        assert_eq!(every(&late), "5", "its rules are evaluated again");
    }
}
