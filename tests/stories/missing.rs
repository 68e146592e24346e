//! Missing things: a repository that the host does not show, and rules that nobody wrote.

use reqwest::StatusCode;
use serde_json::json;
use signoff_core::confirmation::{Confirmation, Doubt};
use signoff_core::deploy::Slug;
use signoff_core::event::EventKind;
use system_tests::story::{Story, rule, tell};
use system_tests::world::API_KEY;

/// Registers `revision`, which no repository has, and gives the reason for which it is not confirmed.
async fn doubted(story: &Story, revision: &str) -> Doubt {
    let path = format!("/api/1/deployments/acme/{}/register_deploy", story.name);
    let answer = story.post_as_it_is(&path, &json!({"sha": revision, "environment": "Staging"})).await;
    assert_eq!(answer.status(), StatusCode::OK);
    let deploy = story.deploy_id(revision, "Staging");
    let look = async || match story.world.store.deploy(&deploy).await.unwrap()?.confirmation {
        Confirmation::Unconfirmed { doubt } => Some(doubt),
        _ => None,
    };
    story.until("the deploy to be unconfirmed", look).await
}

/// An admin points the deployment at `repository`, over the settings that were saved `version` times.
async fn points_at(story: &Story, repository: &str, version: &str) {
    let url = format!("{}/deployments/acme/{}/edit", story.world.front.url(), story.name);
    let channel = format!("#{}", story.name);
    let fields =
        [("repository", repository), ("channel", &channel), ("git_host", "github"), ("version", version)];
    let saved = story.world.http.post(url).bearer_auth(API_KEY).form(&fields).send().await.unwrap();
    assert_eq!(saved.status(), StatusCode::SEE_OTHER);
}

#[test]
fn repository_that_is_not_shown_is_told_apart() {
    tell("missing-repository", async |story| {
        story.rules("rules: []");
        let first = story.push("Ana", "One");
        story.settled(&story.deploys(&first, "Staging").await).await;
        story.world.github.remove_repository(&story.repository());
        assert_eq!(doubted(story, &"a".repeat(40)).await, Doubt::RepositoryGone);
        points_at(story, "acme/missing-repository-other", "0").await;
        assert_eq!(doubted(story, &"b".repeat(40)).await, Doubt::UnknownRepository);
        points_at(story, "missing-owner/shop", "1").await;
        assert_eq!(doubted(story, &"c".repeat(40)).await, Doubt::UnknownOwner);
    });
}

#[test]
fn deployment_without_rules_is_told_once() {
    tell("missing-rules", async |story| {
        for message in ["One", "Two"] {
            let revision = story.push("Ana", message);
            story.settled(&story.deploys(&revision, "Staging").await).await;
        }
        let told = story.until("the channel to be told", async || story.problems().pop()).await;
        assert!(
            told.contains("has no .signoff/rules.yml or .sleuth/rules.yml on its default branch"),
            "{told}"
        );
        assert_eq!(story.problems().len(), 1);
        let slug = Slug::new("acme", &story.name).unwrap();
        assert_eq!(story.world.store.rules_in_force(&slug).await.unwrap(), None);
    });
}

#[test]
fn file_without_rules_for_deploys_is_told_once() {
    tell("missing-deploy-rules", async |story| {
        story.rules("rules:\n  - tidy:\n      triggers: [pr_updated]\n      actions: [merge]\n");
        for message in ["One", "Two"] {
            let revision = story.push("Ana", message);
            story.settled(&story.deploys(&revision, "Staging").await).await;
        }
        let told = story.until("the channel to be told", async || story.problems().pop()).await;
        assert!(told.contains("has no rules for deploys"), "{told}");
        assert!(told.contains("has triggers of pull requests"), "{told}");
        assert_eq!(story.problems().len(), 1);
    });
}

#[test]
fn rules_file_that_is_gone_was_there_at_a_commit() {
    tell("missing-file", async |story| {
        story.rules(&rule("votes_required: 2", "webhook: 'https://example.com'"));
        let first = story.deploys(&story.push("Ana", "One"), "Staging").await;
        story.settled(&first).await;
        let slug = Slug::new("acme", &story.name).unwrap();
        let in_force = story.world.store.rules_in_force(&slug).await.unwrap().unwrap().in_force;
        let (path, revision) = (in_force.file.path.unwrap(), in_force.revision.unwrap());
        story.world.github.remove_file(&story.repository(), &path);
        let second = story.deploys(&story.push("Ana", "Two"), "Staging").await;
        let page = story.settled(&second).await;
        let notices = page.events.iter().find_map(|event| match &event.kind {
            EventKind::RulesEvaluated { notices, .. } => Some(notices.join("\n")),
            _ => None,
        });
        let told = format!(
            "the removal of the rules file from the default branch ({path} was there at {}) is not in force: it needs an approval",
            &revision[..7]
        );
        assert!(notices.as_ref().is_some_and(|notices| notices.contains(&told)), "{notices:?}");
    });
}
