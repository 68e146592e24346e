//! People who sign in with Slack, and vote on a deploy's page.

use crate::browser::{Browser, ENTER, tell_in_browser};
use crate::judge;

#[test]
fn votes_of_two_people_appear_on_both_pages() {
    tell_in_browser("browser-voting", async |story| {
        let (ana, ben) = (story.person("Ana"), story.person("Ben"));
        let (deploy, _) = story
            .asks("votes_required: 2", "slack_channel_message: {channel: '#CHANNEL', message: Promoted}")
            .await;
        let page = format!("/deploys/{deploy}");
        let (ana, ben) = (Browser::of(story, &ana, &page).await, Browser::of(story, &ben, &page).await);
        for browser in [&ana, &ben] {
            judge::open_page(browser).await;
            browser.run("document.documentElement.dataset.loaded = 'once'", &[]).await;
        }
        ana.press("Approve").await;
        ana.until_shows("You approved this.").await;
        judge::open_page(&ana).await;
        ben.until_shows("1 of 2 approvals").await;
        // What is typed meanwhile stays.
        ben.fill("Reason", "Looks right").await;
        ben.press("Approve").await;
        ben.until_shows("Current status of approval is approved").await;
        ana.until_shows("Looks right").await;
        ana.until_shows("posted to #browser-voting").await;
        assert_eq!(
            ben.run("return document.querySelectorAll('.ballot').length", &[]).await,
            0,
            "it is closed"
        );
    });
}

#[test]
fn member_votes_by_keyboard_and_withdraws_without_scripts() {
    tell_in_browser("browser-vote-keys", async |story| {
        let ana = story.person("Ana");
        let (deploy, _) = story.asks("votes_required: 2", "webhook: 'https://example.com'").await;
        let page = format!("/deploys/{deploy}");
        let browser = Browser::without_javascript(story).await;
        browser.go(&page).await;
        browser.press("Sign in with Slack").await;
        // Without JavaScript the browser goes on by itself, too.
        browser.until_shows("Who are you?").await;
        browser.pick(&ana).await;
        browser.until_at(&page).await;
        browser.tab_to("Approve").await;
        browser.driver().keys(ENTER).await;
        browser.until_shows("You approved this.").await;
        browser.tab_to("Withdraw my vote").await;
        browser.driver().keys(ENTER).await;
        browser.until_shows("You withdrew your vote.").await;
    });
}
