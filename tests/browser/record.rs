//! The record: what is searched for is what is listed.

use crate::browser::{Browser, tell_in_browser};
use crate::judge;

#[test]
fn the_record_is_filtered() {
    tell_in_browser("browser-record", async |story| {
        let ana = story.person("Ana");
        let (approved, dialog) = story
            .asks("votes_required: 1", "slack_channel_message: {channel: '#CHANNEL', message: Promoted}")
            .await;
        story.click(&ana, &dialog, "approve").await;
        story.settled(&approved).await;
        let revision = story.push("Ana", "Take other cards");
        let pending = story.deploys(&revision, "Staging").await;
        story.settled(&pending).await;

        let browser = Browser::open(story).await;
        browser.sign_in("/record").await;
        browser.fill("Deployment (owner/name)", "acme/browser-record").await;
        browser.press("Search").await;
        browser.until_shows("2 approvals, newest first").await;
        judge::open_page(&browser).await;
        let links =
            "return [...document.querySelectorAll('main a')].map(a => a.getAttribute('href')).join(' ')";
        let listed = async || browser.run(links, &[]).await.as_str().unwrap().to_owned();
        for deploy in [&approved, &pending] {
            assert!(listed().await.contains(deploy.as_str()), "{}", listed().await);
        }
        let outcome = browser.field("Outcome").await;
        browser.driver().type_into(&outcome, "approved").await;
        browser.press("Search").await;
        browser.until_shows("1 approval, newest first").await;
        judge::open_page(&browser).await;
        assert!(listed().await.contains(approved.as_str()) && !listed().await.contains(pending.as_str()));
        browser.fill("Person (name or Slack id)", "Nobody").await;
        browser.press("Search").await;
        browser.until_shows("No approval").await;
        judge::open_page(&browser).await;
        browser.fill("Deployment (owner/name)", "browser-record").await;
        browser.press("Search").await;
        browser.until_shows("owner/name, such as").await;
        judge::open_page_with(&browser, 400).await;
    });
}
