//! Deploys are healthy, or they are not: reports from outside, and CloudWatch alarms.

use crate::ci_tokens::{Ci, GITHUB, github, push_to};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use signoff_core::decision::Decision;
use signoff_core::deploy::Slug;
use signoff_core::effect::{EffectKind, EffectState};
use signoff_core::event::{Event, EventKind};
use signoff_core::facts::{Health, MAX_KEPT, Report};
use signoff_core::id::DeployId;
use signoff_store::{Change, Page};
use std::collections::BTreeSet;
use system_tests::story::{Story, tell, tell_alone};
use system_tests::world::API_KEY;
use tokio::task::JoinSet;

/// A rule that opens where a deploy on `environment` has this health.
fn rule(environment: &str, health: &str) -> String {
    format!(
        "rules:\n  - tell:\n      conditions: [\"environment='{environment}'\", \"health='{health}'\"]\n      actions:\n        \
         - slack_channel_message: {{channel: '#CHANNEL', message: It is {health}.}}\n"
    )
}

/// Returns the reports of the deploy's health, oldest first.
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
fn report_after_an_unconfirmed_registration_is_the_deploys() {
    tell("health-registered", async |story| {
        story.rules("rules: []");
        let ci = Ci::trusted(story, &[GITHUB]).await;
        let revision = story.push("Ana", "Take cards");
        let deploy = story.deploys(&revision, "Staging").await;
        story.settled(&deploy).await;
        // A job of a branch that is not protected registers what stands there.
        push_to(story, "feature", "Try something");
        let claims = [("ref", json!("refs/heads/feature")), ("ref_protected", json!("false"))];
        let (status, _) = ci.registers(&ci.token(&github(&revision), &claims), &revision).await;
        assert_eq!(status, 400, "it is registered already");
        let slug = Slug::new("acme", &story.name).unwrap();
        let reports = story.world.store.of_revision(&slug, &revision).await.unwrap();
        assert!(reports.iter().any(|report| report.id != deploy), "somebody else registered it");
        assert_eq!(report(story, &revision, &json!({"health": "Unhealthy"})).await.0, 200);
        assert_eq!(story.settled(&deploy).await.facts.health(), Some(Health::Unhealthy));
        for other in reports.iter().filter(|report| report.id != deploy) {
            assert_eq!(story.settled(&other.id).await.facts.health(), None);
        }
    });
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
        let earlier = signoff_runtime::time::now() - SignedDuration::from_hours(1);
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

/// The alarm called `alarm` has the state `value` since `at`. `false`: this local AWS can't be told so.
fn change(story: &Story, alarm: &str, value: &str, at: Timestamp) -> bool {
    let Some(stack) = story.world.aws.as_embedded() else { return false };
    let timestamp = at.strftime("%Y-%m-%dT%H:%M:%S.%3f+0000").to_string();
    let state = json!({"value": value, "reason": "Threshold Crossed", "timestamp": timestamp});
    let detail = json!({"alarmName": alarm, "state": state, "configuration": {"metrics": []}});
    stack.emit("aws.cloudwatch", "CloudWatch Alarm State Change", detail);
    true
}

/// Waits until `deploy` is known to be as healthy as that, and until all that follows from it is done.
async fn until_known(story: &Story, deploy: &DeployId, health: Health) -> Page {
    story
        .until("an alarm to be on record", async || {
            let facts = story.world.store.facts(deploy).await.unwrap();
            (facts.health() == Some(health)).then_some(())
        })
        .await;
    story.settled(deploy).await
}

#[test]
fn alarm_makes_its_newest_deploy_unhealthy() {
    tell("health-alarm", async |story| {
        story.rules(&rule("Production", "Unhealthy"));
        let now = signoff_runtime::time::now();
        let older = story.deploys(&story.push("Ana", "Take cards"), "Production").await;
        story.settled(&older).await;
        let deploy = story.deploys(&story.push("Ana", "Take coins"), "Production").await;
        assert_eq!(story.settled(&deploy).await.runs.len(), 0);
        let at = |seconds| now + SignedDuration::from_secs(seconds);
        if !change(story, "health-alarm-5xx", "ALARM", at(0)) {
            return;
        }
        let page = until_known(story, &deploy, Health::Unhealthy).await;
        assert_eq!(page.runs.len(), 1);

        change(story, "health-mild", "ALARM", at(0));
        change(story, "health-alarm-5xx", "OK", at(2));
        let page = until_known(story, &deploy, Health::Ailing).await;
        let of = |alarm: &str| page.facts.reports[alarm].health;
        assert_eq!(
            (of("alarm health-alarm-5xx"), of("alarm health-mild")),
            (Health::Healthy, Health::Ailing)
        );

        // What is older, says nothing or is nobody's changes nothing.
        change(story, "health-alarm-5xx", "ALARM", at(1));
        change(story, "health-mild", "INSUFFICIENT_DATA", at(3));
        change(story, "unhealthy-elsewhere", "ALARM", at(4));
        change(story, "health-mild", "OK", at(5));
        let page = until_known(story, &deploy, Health::Healthy).await;
        assert_eq!((reported(&page).len(), page.runs.len()), (4, 1));
        assert_eq!(story.settled(&older).await.facts.health(), None);
    });
}

#[test]
fn an_alarm_goes_on_with_the_deploy_that_takes_the_place() {
    tell("health-goes-on", async |story| {
        story.rules(&rule("Production", "Unhealthy"));
        let first = story.deploys(&story.push("Ana", "Take cards"), "Production").await;
        story.settled(&first).await;
        if !change(story, "health-goes-on", "ALARM", signoff_runtime::time::now()) {
            return;
        }
        until_known(story, &first, Health::Unhealthy).await;
        let second = story.deploys(&story.push("Ana", "Take coins"), "Production").await;
        assert_eq!(story.settled(&second).await.runs.len(), 1);

        // Through a deploy whose rules can't be read, too.
        story.rules("rules: 5\n");
        let third = story.deploys(&story.push("Ana", "Take notes"), "Production").await;
        assert_eq!(story.settled(&third).await.facts.health(), Some(Health::Unhealthy));
        story.rules(&rule("Production", "Unhealthy"));
        let fourth = story.deploys(&story.push("Ana", "Take cheques"), "Production").await;
        assert_eq!(story.settled(&fourth).await.runs.len(), 1);
    });
}

#[test]
fn each_of_forty_reports_at_once_is_kept() {
    tell_alone("health-crowd", async |story| {
        if story.world.aws.as_embedded().is_none() {
            eprintln!("not told: the second local AWS is too slow for a crowd");
            return;
        }
        story.rules("rules: []");
        let revision = story.push("Ana", "Take cards");
        let deploy = story.deploys(&revision, "Staging").await;
        story.settled(&deploy).await;
        let mut reports = JoinSet::new();
        for monitor in 0..40 {
            let url = format!("{}{}", story.world.front.url(), path(story, &revision));
            let body = json!({"health": "ailing", "source": format!("monitor {monitor}")});
            reports.spawn(story.world.http.post(url).bearer_auth(API_KEY).json(&body).send());
        }
        for answer in reports.join_all().await {
            assert_eq!(answer.unwrap().status(), 200);
        }
        // Some that lost every race; one is older than what is known.
        let now = signoff_runtime::time::now();
        let of = |source: &str, health, at| EffectKind::RecordHealth {
            source: source.to_owned(),
            report: Report { health, at },
        };
        let earlier = now - SignedDuration::from_hours(1);
        let queued = vec![of("late", Health::Unhealthy, now), of("monitor 7", Health::Healthy, earlier)];
        story.world.store.commit(Change::to(&deploy, now).and("late", queued, Vec::new())).await.unwrap();
        let page = story.settled(&deploy).await;
        assert_eq!((page.facts.reports.len(), page.facts.health()), (41, Some(Health::Unhealthy)));
        assert_eq!(page.facts.reports["monitor 7"].health, Health::Ailing);
        let sources: BTreeSet<_> = reported(&page).into_iter().map(|(source, _)| source.to_owned()).collect();
        assert_eq!((sources.len(), reported(&page).len()), (41, 41), "each is on record once");
        assert!(page.effects.iter().all(|effect| effect.state == EffectState::Succeeded));
    });
}

#[test]
fn queued_report_without_room_is_on_record() {
    tell("health-full", async |story| {
        story.rules("rules: []");
        let deploy = story.deploys(&story.push("Ana", "Take cards"), "Staging").await;
        story.settled(&deploy).await;
        let (store, now) = (&story.world.store, signoff_runtime::time::now());
        let report = Report { health: Health::Healthy, at: now };
        let mut facts = store.facts(&deploy).await.unwrap();
        facts.reports.extend((0..MAX_KEPT).map(|number| (format!("monitor {number}"), report)));
        store.commit(Change::to(&deploy, now).facts(Decision::new(facts))).await.unwrap();
        // It lost its races, and was answered 200, before there was no room any more.
        let late = EffectKind::RecordHealth { source: "late".to_owned(), report };
        store.commit(Change::to(&deploy, now).and("late", vec![late], Vec::new())).await.unwrap();
        let page = story.settled(&deploy).await;
        assert!(page.events.iter().any(|event| event.kind == EventKind::HealthFull), "{:?}", page.events);
        assert_eq!(page.facts.reports.len(), MAX_KEPT);
    });
}
