//! Pages that keep themselves up to date.

use crate::browser::{Browser, tell_in_browser};
use crate::judge;
use serde_json::json;

#[test]
fn a_vote_in_slack_appears_on_an_open_page_without_a_reload() {
    tell_in_browser("browser-live", async |story| {
        let (ana, ben) = (story.person("Ana"), story.person("Ben"));
        let (deploy, dialog) = story.asks("votes_required: 2", "webhook: 'https://example.com'").await;
        story.click(&ana, &dialog, "approve").await;
        story.settled(&deploy).await;
        let browser = Browser::open(story).await;
        browser.sign_in(&format!("/deploys/{deploy}")).await;
        browser.until_shows("1 of 2 approvals").await;
        assert!(!browser.text().await.contains("Ben"), "{}", browser.text().await);
        browser.run("document.documentElement.dataset.loaded = 'once'", &[]).await;
        story.click(&ben, &dialog, "approve").await;
        browser.until_shows("Ben").await;
        let loaded = browser.run("return document.documentElement.dataset.loaded", &[]).await;
        assert_eq!(loaded, "once", "the page was loaded again");
    });
}

#[test]
fn signed_out_page_says_that_it_is_stale() {
    tell_in_browser("browser-signed-out", async |story| {
        let (ana, ben) = (story.person("Ana"), story.person("Ben"));
        let (deploy, dialog) = story.asks("votes_required: 2", "webhook: 'https://example.com'").await;
        let browser = Browser::of(story, &ana, &format!("/deploys/{deploy}")).await;
        judge::forget(&browser).await;
        browser.go(&format!("/deploys/{deploy}")).await;
        browser.run("document.documentElement.dataset.loaded = 'once'", &[]).await;
        browser.driver().command("Network.clearBrowserCookies", &json!({})).await;
        browser.until_shows("You are signed out, and this page is not kept up to date any more.").await;
        let loaded = browser.run("return document.documentElement.dataset.loaded", &[]).await;
        assert_eq!(loaded, "once", "the page was loaded again");
        judge::open_page(&browser).await;
        story.click(&ben, &dialog, "approve").await;
        story.settled(&deploy).await;
        assert!(!browser.text().await.contains("Ben"), "{}", browser.text().await);
        browser.driver().command("Page.reload", &json!({})).await;
        browser.until_shows("Sign in with Slack").await;
    });
}
