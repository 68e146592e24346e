//! Changes that admins make: API keys, and settings of a deployment.

use crate::browser::{Browser, tell_in_browser};
use crate::judge;
use reqwest::StatusCode;

#[test]
fn a_key_is_created_shown_once_and_revoked() {
    tell_in_browser("browser-keys", async |story| {
        let browser = Browser::open(story).await;
        browser.sign_in("/settings/keys").await;
        browser.fill("Name", "CI of browser-keys").await;
        browser.choose("read: to read the record, as JSON, JSON lines or CSV").await;
        browser.press("Create the key").await;
        browser.until_shows("sgn_").await;
        let shown = browser.run("return document.querySelector('main code').innerText", &[]).await;
        let key = shown.as_str().unwrap();
        story.world.keeps_secret(key);
        judge::open_page_with(&browser, 201).await;
        let read =
            || story.world.http.get(format!("{}/api/v1/deploys", browser.site())).bearer_auth(key).send();
        assert_eq!(read().await.unwrap().status(), StatusCode::OK);
        browser.go("/settings/keys").await;
        assert!(!browser.text().await.contains(key), "the key is shown once");
        browser.press_labelled("Revoke CI of browser-keys").await;
        browser.press("Revoke this key").await;
        browser.until_shows("Revoked").await;
        judge::open_page(&browser).await;
        assert_eq!(read().await.unwrap().status(), StatusCode::UNAUTHORIZED);
    });
}

#[test]
fn a_deployment_is_edited_disconnected_and_connected_again() {
    tell_in_browser("browser-settings", async |story| {
        let revision = story.push("Ana", "Take cards");
        let deploy = story.deploys(&revision, "Staging").await;
        story.settled(&deploy).await;
        let browser = Browser::open(story).await;
        browser.sign_in("/deployments/acme/browser-settings").await;
        browser.press_labelled("Menu of acme/browser-settings").await;
        browser.press("Edit").await;
        browser.fill("Channel for problems", "#browser-settings").await;
        browser.press("Save").await;
        browser.until_shows("Saved").await;
        judge::open_page(&browser).await;
        browser.go("/deployments/acme/browser-settings").await;
        browser.press_labelled("Menu of acme/browser-settings").await;
        browser.press("Disconnect").await;
        browser.press("Disconnect\u{2026}").await;
        browser.press("Disconnect acme/browser-settings").await;
        browser.until_shows("Connect again").await;
        judge::open_page(&browser).await;
        let refused = story.register(&revision, "Production").await;
        assert_eq!(refused.status(), StatusCode::CONFLICT);
        browser.press("Connect again").await;
        browser.until_shows("Disconnect\u{2026}").await;
        assert_eq!(story.register(&revision, "Production").await.status(), StatusCode::OK);
        story.settled(&story.deploy_id(&revision, "Production")).await;
    });
}
