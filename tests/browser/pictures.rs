//! The pictures of the README: `SIGNOFF_SCREENSHOTS=docs` writes them into that folder of the checkout.

use crate::browser::{Browser, tell_in_browser};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::json;
use signoff_local::slack::NewUser;
use system_tests::local_aws::{root, setting};

/// Writes what the browser shows of its page at a desk as `FOLDER/console-NAME.png`, if pictures are asked
/// for.
async fn photograph(browser: &Browser<'_>, name: &str) {
    let Some(folder) = setting("SIGNOFF_SCREENSHOTS").filter(|folder| !folder.is_empty()) else { return };
    browser.resize(1280, 960).await;
    browser.prefer("light").await;
    let picture = browser.driver().command("Page.captureScreenshot", &json!({"format": "png"})).await;
    let picture = BASE64_STANDARD.decode(picture["data"].as_str().unwrap()).unwrap();
    std::fs::write(root().join(folder).join(format!("console-{name}.png")), picture).unwrap();
}

/// Texts that are typed into the wizard, each with its field's label.
const TYPED: [(&str, &str); 5] = [
    ("Name", "Promote deploy to production"),
    ("Prompt", "{{ authors_slack }}, would you like to promote {{ deploy_slack }} to production?"),
    ("Slack channel", "#checkout-team"),
    ("Required votes", "2"),
    ("Build name", "build-and-deploy"),
];

#[test]
fn the_readmes_pictures() {
    tell_in_browser("checkout", async |story| {
        let ana = story.world.slack.add_user(NewUser::new("Ana", &story.email("Ana")).admin());
        let ben = story.person("Ben");
        let healthy = async |revision: &str, environment: &str| {
            let path = format!("/api/1/deployments/acme/checkout/{revision}/health");
            assert_eq!(
                story.post(&path, &json!({"health": "healthy", "environment": environment})).await.status(),
                200
            );
        };
        let (deploy, dialog) = story
            .asks("votes_required: 2", "slack_channel_message: {channel: '#CHANNEL', message: Promoted}")
            .await;
        story.click(&ana, &dialog, "approve").await;
        story.click(&ben, &dialog, "approve").await;
        let revision = story.settled(&deploy).await.deploy.revision;
        let production = story.deploys(&revision, "Production").await;
        story.settled(&production).await;
        healthy(&revision, "Production").await;
        story.push("Ben", "Retry refunds that the bank answered 503");
        let newer = story.push("Ana", "Show the card\u{2019}s last four digits");
        let waiting = story.deploys(&newer, "Staging").await;
        story.settled(&waiting).await;
        healthy(&newer, "Staging").await;
        let browser = Browser::of(story, &ana, "/").await;
        for (name, path, shown) in [
            ("deployments", "/".to_owned(), "1 approval pending"),
            ("deployment", "/deployments/acme/checkout".to_owned(), "Staging"),
            ("history", "/deployments/acme/checkout/history".to_owned(), "promote-to-production"),
            ("approvals", format!("/deploys/{deploy}"), "Promote deploy to production"),
            ("record", "/record?deployment=acme/checkout".to_owned(), "2 approvals"),
        ] {
            browser.visit(&path).await;
            browser.until_shows(shown).await;
            photograph(&browser, name).await;
        }

        browser.visit("/deployments/acme/checkout/approvals/new?step=workflow").await;
        for (label, text) in TYPED {
            browser.fill(label, text).await;
        }
        browser.choose("Four eyes").await;
        browser.press("Preview the dialog").await;
        browser.until_shows("would you like to promote").await;
        photograph(&browser, "wizard").await;
        browser.press("Next").await;
        browser.until_shows("new rule at the end").await;
        photograph(&browser, "export").await;
    });
}
