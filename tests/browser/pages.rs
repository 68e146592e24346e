//! Every page, at the width of a phone and of a desk.

use crate::browser::{Browser, admin, tell_in_browser};
use reqwest::header::CONTENT_TYPE;
use system_tests::routes;
use system_tests::visitor::Visitor;

/// Addresses that show something else for what stands after the question mark.
const VIEWS: &[&str] = &[
    "/deploys/{id}?tab=timeline",
    "/deploys/{id}?tab=pull-requests",
    "/deploys/{id}?tab=commits",
    "/record?deployment=acme/browser-pages",
    "/deployments/{organization}/{name}/history?held=on",
];

/// Addresses that answer with a file, with a part of a page, or lead on.
const NO_PAGES: &[&str] = &[
    "/record.csv",
    "/record.jsonl",
    "/deployments/{organization}/{name}/approvals/channels",
    "/settings/people.csv",
    "/sign-in/slack/callback",
    "/assets/{file}",
];

/// True if an address of the console answers a person with a page of its own, and not with a file or a
/// redirect.
async fn is_page(visitor: &Visitor<'_>, path: &str) -> bool {
    let answer = visitor.get(path).await;
    let kind = answer.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let is_html = answer.status() == 200 && kind.starts_with("text/html");
    // A part of a page, for its script, is none.
    is_html && answer.text().await.unwrap().starts_with("<!DOCTYPE")
}

#[test]
fn every_page_fits_is_accessible_and_asks_nobody_else() {
    tell_in_browser("browser-pages", async |story| {
        let ana = story.person("Ana");
        let (deploy, dialog) =
            story.asks("votes_required: 2", "auto_approve_build: 'build-and-deploy'").await;
        story.click(&ana, &dialog, "approve").await;
        story.settled(&deploy).await;

        let browser = Browser::open(story).await;
        browser.visit("/sign-in").await;
        browser.sign_in("/deploys").await;
        let visitor = story.sign_in(&admin(story)).await;
        let (mut visited, mut others) = (Vec::new(), Vec::new());
        for route in routes::all().iter().filter(|route| route.method == "GET") {
            let path = route.path(story, &deploy);
            if is_page(&visitor, &path).await {
                browser.visit(&path).await;
                visited.push(route.pattern.clone());
            } else if !route.pattern.starts_with("/api/") {
                others.push(route.pattern.clone());
            }
        }
        assert_eq!(others, NO_PAGES);
        for view in VIEWS {
            let (pattern, _) = view.split_once('?').unwrap();
            assert!(visited.iter().any(|known| known == pattern), "{view} is a view of no page: {visited:?}");
            let path = view.replace("{id}", deploy.as_str()).replace("{organization}", "acme");
            browser.visit(&path.replace("{name}", &story.name)).await;
        }
        for nothing in ["/deploys/00000000000000000000", "/nowhere"] {
            browser.visit_with(nothing, 404).await;
        }
        browser.go("/").await;
        browser.press("Sign out").await;
        browser.until_at("/sign-in").await;
    });
}

#[test]
fn a_deploy_of_many_votes_and_commits_still_has_a_small_page() {
    tell_in_browser("browser-much", async |story| {
        let deploy = story.much().await;
        let browser = Browser::open(story).await;
        browser.sign_in("/deploys").await;
        for (tab, several) in
            [("approvals", false), ("timeline", false), ("pull-requests", false), ("commits", true)]
        {
            let (mut next, mut parts) = (format!("/deploys/{deploy}?tab={tab}"), 0);
            while !next.is_empty() {
                browser.visit(&next).await;
                parts += 1;
                let script =
                    "return document.querySelector('.pager a[rel=next]')?.getAttribute('href') ?? ''";
                next = browser.run(script, &[]).await.as_str().unwrap().to_owned();
            }
            assert_eq!(parts > 1, several, "{tab} has {parts} parts");
        }
    });
}
