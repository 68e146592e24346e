//! Deploys are healthy, or they are not: reports from outside.

use approval::event::{Event, EventKind};
use approval::facts::Health;
use jiff::SignedDuration;
use serde_json::{Value, json};
use store::Page;
use system_tests::story::{Story, tell};
use system_tests::world::API_KEY;

/// A rule that opens where a deploy on `environment` has this health.
fn rule(environment: &str, health: &str) -> String {
    format!(
        "rules:\n  - tell:\n      conditions: [\"environment='{environment}'\", \"health='{health}'\"]\n      actions:\n        \
         - slack_channel_message: {{channel: '#CHANNEL', message: It is {health}.}}\n"
    )
}

/// What was reported of the deploy's health, oldest first.
fn reported(page: &Page) -> Vec<(&str, Health)> {
    let reports = page.events.iter().filter_map(|Event { kind, .. }| match kind {
        EventKind::HealthReported { source, health, .. } => Some((source.as_str(), *health)),
        _ => None,
    });
    reports.collect()
}

fn path(story: &Story, revision: &str) -> String {
    format!("/api/1/deployments/acme/{}/{revision}/health", story.name)
}

async fn report(story: &Story, revision: &str, body: &Value) -> (u16, String) {
    let answer = story.post(&path(story, revision), body).await;
    (answer.status().as_u16(), answer.text().await.unwrap())
}

#[test]
fn a_healthy_report_opens_the_rule_that_asks_for_it() {
    tell("health-report", async |story| {
        story.rules(&rule("Staging", "Healthy"));
        let revision = story.push("Ana", "Take cards");
        let deploy = story.deploys(&revision, "Staging").await;
        assert_eq!(story.settled(&deploy).await.runs.len(), 0);
        let success = (200, "Success".to_owned());
        assert_eq!(report(story, &revision[..7], &json!({"health": "Ailing"})).await, success);
        assert_eq!(story.settled(&deploy).await.runs.len(), 0);

        // As a form, and as a query.
        let request = story.world.http.post(format!("{}{}", story.world.front.url(), path(story, &revision)));
        let form = [("health", "HEALTHY"), ("api_key", API_KEY)];
        assert_eq!(request.form(&form).send().await.unwrap().status(), 200);
        let page = story.settled(&deploy).await;
        assert_eq!(page.runs.len(), 1);
        let query = format!("{}?health=healthy&source=smoke%20tests", path(story, &revision));
        assert_eq!(story.post(&query, &json!({})).await.status(), 200);
        // What is known, and what is older, changes nothing.
        let earlier = runtime::time::now() - SignedDuration::from_hours(1);
        let unhealthy = json!({"health": "unhealthy", "date": earlier.to_string()});
        assert_eq!(report(story, &revision, &unhealthy).await, success);
        let page = story.settled(&deploy).await;
        let expected = [("api", Health::Ailing), ("api", Health::Healthy), ("smoke tests", Health::Healthy)];
        assert_eq!((reported(&page), page.runs.len()), (expected.to_vec(), 1));
    });
}

#[test]
fn the_newest_deploy_of_a_revision_takes_a_report() {
    tell("health-newest", async |story| {
        story.rules("rules: []");
        let revision = story.push("Ana", "Take cards");
        let staging = story.deploys(&revision, "Staging").await;
        let production = story.deploys(&revision, "Production").await;
        let body = json!({"health": "ailing", "environment": "PRODUCTION"});
        assert_eq!(report(story, &revision, &body).await, (200, "Success".to_owned()));
        assert_eq!(story.settled(&staging).await.facts.health(), None);
        assert_eq!(story.settled(&production).await.facts.health(), Some(Health::Ailing));
    });
}
