//! Large inputs: each works, or is refused by a 4xx that names the part and its limit.

use jiff::SignedDuration;
use reqwest::StatusCode;
use serde_json::json;
use signoff_core::event::EventKind;
use signoff_local::github::DeploymentStatus;
use signoff_runtime::time::now;
use std::fmt::Write;
use system_tests::story::{Story, tell};

#[test]
fn a_file_of_many_rules_is_evaluated_whatever_they_do() {
    tell("many-rules", async |story| {
        let day = |days: i64| (now() + SignedDuration::from_hours(24 * days)).strftime("%Y-%m-%d");
        let freeze = format!("{{name: release, dates: '{}..{}'}}", day(-1), day(1));
        let mut rules = "rules:\n".to_owned();
        for number in 0..130 {
            let held = format!("conditions: [\"environment='Staging'\"], freeze: {freeze}");
            writeln!(rules, "  - frozen-{number}: {{{held}, actions: [{{auto_approve_build: build}}]}}")
                .unwrap();
            let tag = "add_deploy_tag: '#t'";
            writeln!(
                rules,
                "  - open-{number}: {{conditions: [\"environment='Staging'\"], actions: [{{{tag}}}]}}"
            )
            .unwrap();
        }
        for number in 0..55 {
            let conditions = "conditions: [\"environment='Staging'\"]";
            writeln!(rules, "  - unsupported-{number}: {{{conditions}, actions: [merge]}}").unwrap();
        }
        story.rules(&rules);
        let deploy = story.deploys(&story.push("Ana", "Take cards"), "Staging").await;
        let page = story.settled(&deploy).await;
        let count = |is: fn(&EventKind) -> bool| page.events.iter().filter(|event| is(&event.kind)).count();
        assert_eq!(count(|kind| matches!(kind, EventKind::Frozen { .. })), 130);
        assert_eq!(count(|kind| matches!(kind, EventKind::RuleNotOpened { .. })), 55);
        assert_eq!(count(|kind| matches!(kind, EventKind::RulesEvaluated { .. })), 1);
        assert_eq!(page.runs.len(), 130);
    });
}

#[test]
fn a_registration_that_is_too_large_is_refused_by_its_part() {
    tell("large-registration", async |story| {
        story.rules("rules: []");
        let revision = story.push("Ana", "Take cards");
        let path = format!("/api/1/deployments/acme/{}/register_deploy", story.name);
        let links: serde_json::Map<_, _> = (0..50)
            .map(|number| {
                (format!("link {number}"), json!(format!("https://example.com/{}", "x".repeat(4000))))
            })
            .collect();
        let answer =
            story.post(&path, &json!({"sha": revision, "environment": "Staging", "links": links})).await;
        assert_eq!(answer.status(), StatusCode::PAYLOAD_TOO_LARGE);
        let said = answer.text().await.unwrap();
        assert!(said.contains("with its links") && said.contains("the limit is 150 KB"), "{said}");
        let environment = "\u{1f600}".repeat(180);
        let answer = story.post(&path, &json!({"sha": revision, "environment": environment})).await;
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST);
        assert!(
            answer.text().await.unwrap().starts_with("environment: it must be a name of at most 600 bytes")
        );
        // The longest name that is taken is also evaluated.
        let longest = "\u{1f600}".repeat(150);
        let deploy = story.deploys(&revision, &longest).await;
        story.settled(&deploy).await;
    });
}

fn status(story: &Story, sha: &str, environment: &str) -> DeploymentStatus {
    DeploymentStatus {
        sha: sha.to_owned(),
        git_ref: "main".to_owned(),
        environment: environment.to_owned(),
        state: "success".to_owned(),
        creator: story.author("Ana"),
        deployment_id: 4712,
    }
}

#[test]
fn a_signed_delivery_with_too_long_a_name_is_refused() {
    tell("long-delivery", async |story| {
        let revision = story.push("Ana", "Take cards");
        let github = &story.world.github;
        let status = status(story, &revision, &"e".repeat(100_000));
        let long = github.deployment_status_delivery(&story.repository(), &status);
        let unheard = github.delivery(&story.repository(), "push", &"d".repeat(3000), long.body.clone());
        for (delivery, said) in [(long, "environment"), (unheard, "X-GitHub-Delivery")] {
            let url = format!("{}/webhooks/github", story.world.front.url());
            let mut request = story.world.http.post(url).body(delivery.body.clone());
            for (name, value) in &delivery.headers {
                request = request.header(name, value);
            }
            let answer = request.send().await.unwrap();
            assert_eq!(answer.status(), StatusCode::BAD_REQUEST, "{said}");
            let text = answer.text().await.unwrap();
            assert!(text.contains(said) && text.contains("bytes"), "{text}");
        }
        let slack = &story.world.slack;
        let event = json!({"type": "event_callback", "team_id": "T1", "event": {
            "type": "message", "subtype": "message_deleted", "channel": "C".repeat(3000), "deleted_ts": "1.000001",
        }});
        let outcome = slack.send_event(slack.signed_event(&event.to_string(), now())).await;
        assert_eq!(outcome.status, Some(400));
    });
}

#[test]
fn a_reporter_for_whom_there_is_no_room_is_refused() {
    tell("many-reporters", async |story| {
        story.rules("rules: []");
        let revision = story.push("Ana", "Take cards");
        let deploy = story.deploys(&revision, "Staging").await;
        story.settled(&deploy).await;
        let mut known = story.world.store.facts(&deploy).await.unwrap();
        let report = signoff_core::facts::Report { health: signoff_core::facts::Health::Healthy, at: now() };
        known.reports = (0..1000).map(|number| (format!("reporter {number}"), report)).collect();
        let decision = signoff_core::decision::Decision::new(known);
        story.world.store.commit(signoff_store::Change::to(&deploy, now()).facts(decision)).await.unwrap();
        let path = format!("/api/1/deployments/acme/{}/{revision}/health", story.name);
        let answer = story.post(&path, &json!({"health": "ailing", "source": "one more"})).await;
        assert_eq!(answer.status(), StatusCode::CONFLICT);
        let said = answer.text().await.unwrap();
        assert!(said.starts_with("source: 1000 sources"), "{said}");
        let answer = story.post(&path, &json!({"health": "ailing", "source": "reporter 7"})).await;
        assert_eq!(answer.status(), StatusCode::OK);
        story.settled(&deploy).await;
        // One for which there was room when it came to the queue.
        let (source, note) =
            ("too late".to_owned(), "as many other sources report on this deploy as Signoff keeps");
        let effect = signoff_core::effect::EffectKind::RecordHealth { source, report };
        let change =
            signoff_store::Change::to(&deploy, now()).and("too late", vec![effect.clone()], Vec::new());
        story.world.store.commit(change).await.unwrap();
        let page = story.settled(&deploy).await;
        let dropped = page.effects.iter().find(|of| of.kind == effect).unwrap();
        assert_eq!(dropped.note.as_deref(), Some(note));
        let visitor = story.sign_in(&story.person("Ana")).await;
        let shown = visitor.get(&format!("/deploys/{deploy}")).await.text().await.unwrap();
        assert!(
            shown.contains(&format!("Recording the health that too late reported failed for good: {note}"))
        );
    });
}
