//! Requests and events that can't be read: the function answers, and the sound one that comes next is done.

use jiff::SignedDuration;
use serde_json::{Value, json};
use signoff_core::effect::EffectKind;
use signoff_core::id::DeployId;
use signoff_local::github::{Delivery, DeploymentStatus};
use signoff_store::Change;
use std::collections::BTreeSet;
use system_tests::story::{Story, rule, tell};
use system_tests::world::World;

/// The time now.
fn now() -> jiff::Timestamp {
    signoff_runtime::time::now()
}

/// Returns `sound` without what is at `path`, with `true` there, and with something of a newer release.
fn damaged(sound: &Value, path: &str) -> [String; 3] {
    let but = |value: Value| {
        let mut body = sound.clone();
        *body.pointer_mut(path).unwrap() = value;
        body.to_string()
    };
    let (parent, field) = path.rsplit_once('/').unwrap();
    let mut missing = sound.clone();
    missing.pointer_mut(parent).unwrap().as_object_mut().unwrap().remove(field).unwrap();
    [missing.to_string(), but(json!(true)), but(json!({"do": "dance"}))]
}

async fn deliver(story: &Story, delivery: &Delivery) -> (u16, String) {
    let url = format!("{}/webhooks/github", story.world.front.url());
    let mut request = story.world.http.post(url).body(delivery.body.clone());
    for (name, value) in &delivery.headers {
        request = request.header(name, value);
    }
    let answer = request.send().await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

/// Delivers a deploy of GitHub's after deliveries of its that can't be read; its id.
async fn delivered(story: &Story, revision: &str) -> DeployId {
    let github = &story.world.github;
    let status = DeploymentStatus {
        sha: revision.to_owned(),
        git_ref: "main".to_owned(),
        environment: "Staging".to_owned(),
        state: "success".to_owned(),
        creator: story.author("Ana"),
        deployment_id: 4715,
    };
    let sound = github.deployment_status_delivery(&story.repository(), &status);
    let body: Value = serde_json::from_str(&sound.body).unwrap();
    let mut bodies = vec![("dance", sound.body.clone())];
    for path in ["/deployment/sha", "/deployment/id", "/deployment_status/state"] {
        bodies.extend(damaged(&body, path).map(|body| ("deployment_status", body)));
    }
    for (number, (event, body)) in bodies.into_iter().enumerate() {
        let id = format!("{}-{number}", story.name);
        let (status, told) = deliver(story, &github.delivery(&story.repository(), event, &id, body)).await;
        assert!(status == 400 || told.starts_with("Ignored: "), "{number}: {status} {told}");
    }
    assert_eq!(deliver(story, &sound).await, (200, "Success".to_owned()));
    let slug = story.repository();
    DeployId::derive("github", &[&slug, "4715", "staging"])
}

#[test]
fn sound_request_is_done_after_unreadable_ones() {
    tell("mixed-requests", async |story| {
        let reacted = "  - liked:\n      conditions: [\"environment='Staging'\", \"deploy_message_reactions_plus_1>=1\"]\n      \
                       actions: [{add_deploy_tag: '#liked'}]\n";
        story.rules(&(rule("votes_required: 1", "add_deploy_tag: '#done'") + reacted));
        let ana = story.person("Ana");
        let deploy = delivered(story, &story.push("Ben", "Take cards")).await;
        let dialog = story.dialog().await;
        let before = story.settled(&deploy).await;

        let slack = &story.world.slack;
        let click = slack.interaction_payload(&ana, &story.name, &dialog, "approve").unwrap();
        for path in ["/type", "/user/id", "/actions/0/action_id", "/actions/0/value"] {
            for payload in damaged(&click, path) {
                let outcome = slack.send(slack.signed(&payload, now())).await;
                assert!(matches!(outcome.status, Some(200 | 400)), "{path}: {outcome:?}");
            }
        }
        let at = json!({"type": "message", "channel": slack.channel_id(&story.name), "ts": dialog});
        let event = json!({
            "type": "reaction_added", "user": ana, "reaction": "+1", "item": at, "event_ts": "1795430760.000100",
        });
        let event = json!({"type": "event_callback", "team_id": slack.team_id(), "event": event});
        for path in ["/type", "/event/type", "/event/user", "/event/item/ts", "/event/event_ts"] {
            for body in damaged(&event, path) {
                let outcome = slack.send_event(slack.signed_event(&body, now())).await;
                assert!(matches!(outcome.status, Some(200 | 400)), "{path}: {outcome:?}");
            }
        }
        let page = story.settled(&deploy).await;
        assert_eq!(page.approvals[0].votes, []);
        assert_eq!((page.facts.reactions.len(), page.events.len()), (0, before.events.len()));

        let liked = slack.react(&ana, (&story.name, &dialog), "+1", true).await.unwrap();
        assert_eq!(liked.outcome.status, Some(200));
        story.click(&ana, &dialog, "approve").await;
        let page = story.settled(&deploy).await;
        let tags: BTreeSet<&str> = page.facts.tags.iter().map(String::as_str).collect();
        assert_eq!(tags, ["#done", "#liked"].into());
    });
}

#[test]
fn due_effect_is_sent_whatever_wakes_the_clock() {
    tell("mixed-wakes", async |story| {
        let Some(stack) = story.world.aws.as_embedded() else {
            eprintln!("not told: only the embedded local AWS invokes a function with any event");
            return;
        };
        story.rules("rules: []");
        let deploy = story.deploys(&story.push("Ana", "Take cards"), "Staging").await;
        story.settled(&deploy).await;
        let events = ["{}", "null", "7", "[true]", r#"{"detail-type": "Dance", "time": 7}"#];
        for (number, event) in events.into_iter().enumerate() {
            let text = format!("Woken by {number}");
            let tell = EffectKind::TellChannel { channel: format!("#{}", story.name), text: text.clone() };
            let change = Change::to(&deploy, now() - SignedDuration::from_mins(3));
            story.world.silent_store.commit(change.and(&text, vec![tell], Vec::new())).await.unwrap();
            let woken = stack.invoke("ClockFunction", event).await.unwrap();
            assert!(!woken.failed, "{event}: {woken:?}");
            let is_told =
                || story.world.slack.messages(&story.name).iter().any(|message| message.text == text);
            story.until(&text, async || is_told().then_some(())).await;
        }
        story.settled(&deploy).await;
    });
}

#[test]
fn every_source_of_messages_has_its_story() {
    let Some(stack) = World::get().aws.as_embedded() else { return };
    let resources = stack.resources();
    let queues =
        resources.event_sources.iter().map(|source| format!("{} > {}", source.queue, source.function));
    let rules = resources.event_rules.iter().map(|rule| format!("an event > {}", rule.function));
    let times = resources.schedules.iter().map(|schedule| format!("the time > {}", schedule.function));
    let routes = resources.routes.iter().map(|route| format!("a request > {}", route.function));
    let sources: BTreeSet<String> = queues.chain(rules).chain(times).chain(routes).collect();
    // The console's forms are in the stories of its pages; the others are here and in mixed_batches.rs.
    let expected = [
        "DeploysQueue > RuleEvaluationFunction",
        "EffectsQueue > ActionExecutionFunction",
        "a request > ConsoleFunction",
        "a request > DeployWebhookFunction",
        "a request > SlackInteractionFunction",
        "an event > AlarmFunction",
        "the time > ClockFunction",
    ];
    assert_eq!(sources.iter().map(String::as_str).collect::<Vec<_>>(), expected);
}
