//! The whole wizard, and the deploy that its file governs.

use crate::browser::{Browser, tell_in_browser};
use crate::judge;

#[test]
fn what_is_made_in_the_wizard_governs_the_next_deploy() {
    tell_in_browser("browser-wizard", async |story| {
        let ana = story.person("Ana");
        let first = story.push("Ana", "Take cards");
        let before = story.deploys(&first, "Staging").await;
        story.settled(&before).await;
        let browser = Browser::open(story).await;
        browser.sign_in("/deployments/acme/browser-wizard").await;
        browser.press_labelled("Menu of acme/browser-wizard").await;
        browser.press("Add an approval").await;
        browser.until_shows("Introduction").await;
        judge::open_page(&browser).await;
        browser.press("Next").await;
        browser.until_shows("Approval dialog").await;
        judge::open_page(&browser).await;

        // What is missing is said beside the field, and what was typed stays.
        browser.fill("Prompt", "Ship {{ deploy_revisoin }}?").await;
        browser.driver().type_into(&browser.field("Expiry").await, "Custom…").await;
        browser.fill("Custom time", "soon").await;
        browser.enter("Name").await;
        browser.until_shows("deploy_revisoin").await;
        let focus = browser.run("return document.activeElement.innerText", &[]).await;
        assert!(focus.as_str().unwrap().contains("deploy_revisoin"), "the problems have the focus: {focus}");
        judge::open_page_with(&browser, 422).await;
        for (label, told) in [("Prompt", "deploy_revisoin"), ("Custom time", "This is not a time")] {
            let beside = "const label = [...document.querySelectorAll('label')].find(label => label.innerText === arguments[0]);
                const described = label.control.getAttribute('aria-describedby').split(' ');
                return described.map(id => document.getElementById(id).innerText).join(' ')";
            let beside = browser.run(beside, &[label.into()]).await;
            assert!(beside.as_str().unwrap().contains(told), "{label}: {beside}");
        }
        browser.press("Custom time").await;
        let focus = browser.run("return document.activeElement.id", &[]).await;
        assert_eq!(focus, "custom_expires", "the summary leads to the field");
        browser.fill("Custom time", "36h").await;

        browser.fill("Name", "Promote deploy to production").await;
        browser.fill("Prompt", "Ship *{{ deployment_name }}* to {{ environment }}'s successor?").await;
        // The preview follows what is typed.
        browser
            .until_shows(
                "Ship browser-wizard to Staging\u{2019}s successor?".replace('\u{2019}', "'").as_str(),
            )
            .await;
        browser.fill("Slack channel", "#deplo").await;
        let offered =
            "return [...document.getElementById('channels').options].map(option => option.value).join()";
        let looked = "the channel to be offered";
        story.until(looked, async || (browser.run(offered, &[]).await == "#deploys").then_some(())).await;
        browser.fill("Slack channel", "#browser-wizard").await;
        browser.fill("Required votes", "1").await;
        browser.choose("Send Slack message").await;
        browser.fill("Channel of the message", "#browser-wizard").await;
        browser.fill("Message", "Promoted.").await;
        browser.press("Next").await;
        browser.until_shows("Save this as").await;
        judge::open_page(&browser).await;
        let shown = browser.text().await;
        assert!(shown.contains(".signoff/rules.yml") && shown.contains("acme/browser-wizard"), "{shown}");

        let yaml = browser.run("return document.querySelector('pre').innerText", &[]).await;
        let yaml = yaml.as_str().unwrap();
        browser.press("Copy").await;
        browser.until_shows("Copied").await;
        story.world.github.set_file(&story.repository(), ".signoff/rules.yml", yaml);
        let revision = story.push("Ana", "Take more cards");
        let deploy = story.deploys(&revision, "Staging").await;
        let dialog = story.dialog().await;
        story.click(&ana, &dialog, "approve").await;
        let page = story.settled(&deploy).await;
        assert_eq!(page.approvals[0].prompt, "Ship *browser-wizard* to Staging's successor?");
        assert!(page.approvals[0].status.is_approved(), "{:?}", page.approvals[0].status);
        assert!(page.runs[0].steps.iter().any(|step| step.action.to_string().contains("#browser-wizard")));
    });
}
