//! People at work: with the keyboard alone, without JavaScript, and with names that look like markup.

use crate::browser::{Browser, ENTER, tell_in_browser};
use crate::judge;
use reqwest::Url;
use serde_json::json;
use signoff_local::github::{NewCommit, NewPullRequest};
use signoff_local::slack::NewUser;
use system_tests::story::rule;

#[test]
fn member_signs_in_and_navigates_by_keyboard() {
    tell_in_browser("browser-keyboard", async |story| {
        let ben = story.person("Ben");
        let revision = story.push("Ana", "Take cards");
        let deploy = story.deploys(&revision, "Staging").await;
        story.settled(&deploy).await;
        let browser = Browser::open(story).await;
        browser.go("/deploys").await;
        browser.tab_to("Sign in with Slack").await;
        browser.driver().keys(ENTER).await;
        browser.until_shows("Who are you?").await;
        browser.pick(&ben).await;
        browser.until_shows("Recent deploys").await;
        browser.tab_to("Skip to content").await;
        browser.driver().keys(ENTER).await;
        browser.tab_to("acme/browser-keyboard").await;
        browser.driver().keys(ENTER).await;
        browser.until_shows("Reported by").await;
        browser.tab_to("Commits 1").await;
        browser.driver().keys(ENTER).await;
        browser.until_at(&format!("/deploys/{deploy}?tab=commits")).await;
        browser.until_shows("Take cards").await;
        browser.go("/deployments/acme/browser-keyboard").await;
        browser.tab_to("Menu of acme/browser-keyboard").await;
        browser.driver().keys(ENTER).await;
        browser.tab_to("Rule execution history").await;
        browser.driver().keys(ENTER).await;
        browser.until_at("/deployments/acme/browser-keyboard/history").await;
        browser.tab_to("Sign out").await;
        browser.driver().keys(ENTER).await;
        browser.until_shows("Sign in with Slack").await;
    });
}

#[test]
fn pages_work_without_javascript() {
    tell_in_browser("browser-no-javascript", async |story| {
        let ana = story.person("Ana");
        let (deploy, dialog) = story.asks("votes_required: 2", "webhook: 'https://example.com'").await;
        story.click(&ana, &dialog, "approve").await;
        story.settled(&deploy).await;
        let browser = Browser::without_javascript(story).await;
        browser.sign_in(&format!("/deploys/{deploy}")).await;
        for (tab, shown) in [
            ("Approvals 1", "Promote deploy to production"),
            ("Timeline", "was registered by register_deploy"),
            ("Commits 1", "Take cards"),
            ("Pull requests 0", "No pull requests"),
        ] {
            browser.press(tab).await;
            browser.until_shows(shown).await;
        }

        browser.go("/record").await;
        browser.fill("Deployment (owner/name)", "acme/browser-no-javascript").await;
        browser.fill("Person (name or Slack id)", "Ana").await;
        browser.press("Search").await;
        browser.until_shows("1 approval, newest first.").await;
        browser.fill("Person (name or Slack id)", "Nobody").await;
        browser.press("Search").await;
        browser.until_shows("No approvals match.").await;

        browser.go("/deployments/acme/browser-no-javascript/approvals/new").await;
        browser.press("Next").await;
        browser.until_shows("Approval dialog").await;
        browser.fill("Name", "Promote").await;
        browser.fill("Prompt", "Ship {{ deployment_name }}?").await;
        browser.fill("Slack channel", "#browser-no-javascript").await;
        browser.press("Preview the dialog").await;
        browser.until_shows("Ship browser-no-javascript?").await;
        browser.choose("Trigger webhook").await;
        browser.fill("Address", "https://example.com/promote").await;
        browser.press("Next").await;
        browser.until_shows("new rule at the end").await;

        browser.go("/settings/keys").await;
        browser.fill("Name", "CI of browser-no-javascript").await;
        browser.choose("register: to register deploys").await;
        browser.press("Create the key").await;
        browser.until_shows("You won\u{2019}t see this key again").await;
        browser.go("/settings/keys").await;
        browser.press_labelled("Revoke CI of browser-no-javascript").await;
        browser.press("Revoke this key").await;
        browser.until_shows("Revoked").await;
        browser.press("Sign out").await;
        browser.until_shows("Sign in with Slack").await;
    });
}

/// Markup that would change the page's title if it were any.
const MARKUP: &str = "<img src=x onerror=document.title='owned'><script>document.title='owned'</script>";

#[test]
fn markup_from_outside_is_text_on_every_page_and_in_slack() {
    tell_in_browser("browser-markup", async |story| {
        let ana = NewUser::new(&format!("Ana {MARKUP}"), &story.email("Ana")).admin();
        let ana = story.world.slack.add_user(ana);
        story.rules(&rule("votes_required: 2", "webhook: 'https://example.com'"));
        let repository = story.repository();
        let author = story.author("Ana");
        let revision = story.world.github.push(
            &repository,
            NewCommit {
                author: author.clone(),
                message: format!("Take {MARKUP}"),
                branch: None,
                files: Vec::new(),
            },
        );
        story.world.github.add_pull_request(
            &repository,
            NewPullRequest {
                title: format!("Pull {MARKUP}"),
                body: None,
                author,
                labels: vec![format!("label {MARKUP}")],
                commits: vec![revision.clone()],
                merged: true,
                merger: None,
            },
        );
        let body = json!({"sha": revision, "environment": "Staging", "branch": format!("branch/{MARKUP}")});
        let registered = story.post("/api/1/deployments/acme/browser-markup/register_deploy", &body).await;
        assert_eq!(registered.status(), 200);
        let deploy = story.deploy_id(&revision, "Staging");
        let dialog = story.dialog().await;
        story.click(&ana, &dialog, "approve").await;
        story.settled(&deploy).await;
        let environment = format!("environment {MARKUP}");
        let elsewhere = story.push("Ana", "Take more cards");
        let elsewhere = story.deploys(&elsewhere, &environment).await;
        story.settled(&elsewhere).await;

        // Her own name stands on every page.
        let browser = Browser::of(story, &ana, "/deploys").await;
        let deployment = "/deployments/acme/browser-markup";
        let search = Url::parse_with_params(browser.site(), [("environment", &environment)]).unwrap();
        let search = format!("/record?{}", search.query().unwrap());
        for (path, text) in [
            ("/".to_owned(), "environment "),
            ("/deploys".to_owned(), "environment "),
            (deployment.to_owned(), "environment "),
            (format!("{deployment}/history"), "environment "),
            ("/record?deployment=acme/browser-markup".to_owned(), "Ana "),
            (search, "No approval"),
            (format!("{deployment}/setup"), "Ana "),
            (format!("{deployment}/edit"), "Ana "),
            ("/settings/keys".to_owned(), "Ana "),
        ] {
            browser.visit(&path).await;
            let shown = browser.text().await;
            // Lists shorten long names.
            let begins = MARKUP.get(..16).unwrap();
            let text = if text == "No approval" { text.to_owned() } else { format!("{text}{begins}") };
            assert!(shown.contains(&text), "{text} on {path}: {shown}");
            assert_eq!(browser.run("return document.querySelectorAll('img').length", &[]).await, 0, "{path}");
            assert_ne!(browser.run("return document.title", &[]).await, "owned", "{path}");
        }
        browser.go(&format!("{deployment}/approvals/new?step=workflow")).await;
        browser.fill("Prompt", "{{ prs[0].title }}").await;
        browser.press("Preview the dialog").await;
        browser.until_shows(&format!("Pull {}", MARKUP.get(..16).unwrap())).await;
        judge::open_page(&browser).await;
        assert_eq!(browser.run("return document.querySelectorAll('img').length", &[]).await, 0);
        assert_ne!(browser.run("return document.title", &[]).await, "owned");
        for (tab, texts) in [
            ("approvals", &["Ana ", "branch/"][..]),
            ("timeline", &["Ana ", "branch/"]),
            ("pull-requests", &["Pull ", "label "]),
            ("commits", &["Take "]),
        ] {
            browser.visit(&format!("/deploys/{deploy}?tab={tab}")).await;
            let shown = browser.text().await;
            for text in texts {
                assert!(shown.contains(&format!("{text}{MARKUP}")), "{text} on {tab}: {shown}");
            }
            assert_eq!(browser.run("return document.querySelectorAll('img').length", &[]).await, 0, "{tab}");
        }
        browser
            .driver()
            .goto(&format!("{}/?channel={}&user={ana}", story.world.slack.url(), story.name))
            .await;
        browser.until_shows(&format!("@Ana {MARKUP}")).await;
        assert_eq!(browser.run("return document.title", &[]).await, "Slack (stand-in)");
        assert_eq!(browser.run("return document.querySelectorAll('img[src=x]').length", &[]).await, 0);
    });
}
