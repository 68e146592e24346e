//! Messages and events that can't be read, because a newer release wrote them or because they are damaged:
//! the sound one beside them is done by the same invocation.

use crate::unreadable::{DAMAGES, Damage, damaged, put, rows, text};
use serde_json::{Value, json};
use signoff_core::effect::{Effect, EffectKind, EffectState};
use signoff_core::facts::Health;
use signoff_core::id::{DeployId, EffectId};
use signoff_local::aws::DeadLetter;
use signoff_runtime::time::now;
use signoff_store::{Change, EffectMessage};
use system_tests::story::{NO_RULE_HOLDS, Story, tell};

/// Returns bodies that are no message: no JSON, a missing field, a wrong type, a kind of a newer release.
/// `mark` tells them from those of another batch.
fn unreadable(mark: &str) -> [String; 5] {
    [
        format!("no JSON: {mark}"),
        json!({"deploy": mark}).to_string(),
        json!({"effect": mark}).to_string(),
        json!({"deploy": 1, "effect": mark}).to_string(),
        json!({"deploy": mark, "effect": mark, "kind": "dance"}).to_string(),
    ]
}

/// Puts effects on record that can't be read, one for each damage; the bodies of their messages.
async fn unreadable_effects(story: &Story, deploy: &DeployId) -> Vec<String> {
    let sound = rows(story, &format!("deploy#{deploy}"), "effect#").await.remove(0);
    let mut bodies = Vec::new();
    for (number, how) in DAMAGES.into_iter().enumerate() {
        let field = if matches!(how, Damage::UnknownKind) { "kind" } else { "attempts" };
        let mut row = damaged(&sound, field, how);
        let id = EffectId::from_text(format!("mixed{number}"));
        row.insert("sk".to_owned(), text(&format!("effect#{id}")));
        put(story, &row).await;
        bodies.push(body(deploy, &id));
    }
    bodies
}

fn body(deploy: &DeployId, effect: &EffectId) -> String {
    let message = EffectMessage { deploy: deploy.clone(), effect: effect.clone() };
    serde_json::to_string(&message).unwrap()
}

/// Commits `kind` as a process does that ends before it sends. It is too early for the clock to find it.
async fn unsent(story: &Story, deploy: &DeployId, owner: &str, kind: &EffectKind) -> Effect {
    let change = Change::to(deploy, now()).and(owner, vec![kind.clone()], Vec::new());
    story.world.silent_store.commit(change).await.unwrap();
    let effects = story.page(deploy).await.effects;
    effects.into_iter().find(|effect| effect.kind == *kind && !effect.is_closed()).unwrap()
}

/// Returns a batch as Lambda hands it to a function, `bodies` in one FIFO group or each in its own.
fn batch(mark: &str, bodies: &[String], is_one_group: bool) -> String {
    let record = |(number, body): (usize, &String)| {
        let group = if is_one_group { mark.to_owned() } else { format!("{mark}-{number}") };
        json!({
            "messageId": format!("{mark}-{number}"),
            "receiptHandle": "nobody took it from the queue",
            "body": body,
            "attributes": {"ApproximateReceiveCount": "1", "MessageGroupId": group},
            "messageAttributes": {},
            "eventSource": "aws:sqs",
            "awsRegion": "us-east-1",
        })
    };
    let records: Vec<Value> = bodies.iter().enumerate().map(record).collect();
    json!({"Records": records}).to_string()
}

#[test]
fn sound_message_is_done_beside_unreadable_ones() {
    tell("mixed-batch", async |story| {
        let Some(stack) = story.world.aws.as_embedded() else {
            eprintln!("not told: only the embedded local AWS shows its dead letters");
            return;
        };
        story.rules(NO_RULE_HOLDS);
        let deploy = story.deploys(&story.push("Ana", "Take cards"), "Staging").await;
        story.settled(&deploy).await;
        let effects = unreadable_effects(story, &deploy).await;
        let channel = format!("#{}", story.name);
        let tells = EffectKind::TellChannel { channel, text: "The sound one".to_owned() };
        for (function, dead_letters, kind) in [
            ("RuleEvaluationFunction", "DeploysDeadLetterQueue", EffectKind::EvaluateRules { look: None }),
            ("ActionExecutionFunction", "EffectsDeadLetterQueue", tells),
        ] {
            for is_one_group in [true, false] {
                let mark = format!("{}-{function}-{is_one_group}", story.name);
                let sound = unsent(story, &deploy, &mark, &kind).await;
                let unreadable = unreadable(&mark);
                let last = body(&deploy, &sound.id);
                let bodies: Vec<String> = unreadable.iter().chain(&effects).chain([&last]).cloned().collect();
                let answer = stack.invoke(function, batch(&mark, &bodies, is_one_group)).await.unwrap();
                assert!(!answer.failed, "{mark}: {answer:?}");
                // Each is done, buried or the clock's: none comes again and keeps the sound one waiting.
                let answer: Value = serde_json::from_slice(&answer.payload).unwrap();
                assert_eq!(answer["batchItemFailures"], json!([]), "{mark}");
                let done = story.world.store.effect(&deploy, &sound.id).await.unwrap().unwrap();
                assert_eq!(done.state, EffectState::Succeeded, "{mark}: {:?}", done.note);
                let letters = stack.dead_letters();
                for body in &unreadable {
                    let is_it = |letter: &&DeadLetter| is_letter(letter, dead_letters, body);
                    assert_eq!(letters.iter().filter(is_it).count(), 1, "{mark}: {body}");
                }
            }
        }
        let told = story
            .until("each row to be told", async || {
                let told = story.problems();
                (told.len() >= DAMAGES.len()).then_some(told)
            })
            .await;
        // Once, though each was found twice.
        assert_eq!(told.len(), DAMAGES.len(), "{told:?}");
        assert!(told.iter().all(|text| text.contains("put aside")), "{told:?}");
    });
}

/// True if `letter` lies in `queue` and has this body.
fn is_letter(letter: &DeadLetter, queue: &str, body: &str) -> bool {
    letter.queue == queue && letter.body == body
}

#[test]
fn sound_alarm_is_recorded_beside_unreadable_ones() {
    tell("mixed-alarms", async |story| {
        let Some(stack) = story.world.aws.as_embedded() else {
            eprintln!("not told: only the embedded local AWS has alarms");
            return;
        };
        story.rules("rules: []");
        let deploy = story.deploys(&story.push("Ana", "Take cards"), "Production").await;
        story.settled(&deploy).await;
        let (name, at) = (&story.name, now().strftime("%Y-%m-%dT%H:%M:%S.%3f+0000").to_string());
        let state = json!({"value": "ALARM", "reason": name, "timestamp": at});
        let sound = json!({"alarmName": name, "state": state, "configuration": {"metrics": []}});
        let but = |path: &str, value: Value| {
            let mut detail = sound.clone();
            *detail.pointer_mut(path).unwrap() = value;
            detail
        };
        let mut nameless = sound.clone();
        nameless.as_object_mut().unwrap().remove("alarmName");
        let unreadable = [
            nameless,
            but("/alarmName", json!([1])),
            but("/state", json!(true)),
            but("/state/value", json!("DANCING")),
            but("/state/timestamp", json!("noon")),
        ];
        for detail in unreadable.iter().chain([&sound]) {
            stack.emit("aws.cloudwatch", "CloudWatch Alarm State Change", detail.clone());
        }
        story
            .until("the sound alarm to be on record", async || {
                let facts = story.world.store.facts(&deploy).await.unwrap();
                (facts.health() == Some(Health::Unhealthy)).then_some(())
            })
            .await;
        story
            .until("the others among the dead letters", async || {
                let letters = stack.dead_letters();
                let events: Vec<Value> = letters
                    .iter()
                    .filter(|letter| letter.queue == "AlarmDeadLetterQueue")
                    .filter_map(|letter| serde_json::from_str(&letter.body).ok())
                    .collect();
                let has = |detail: &Value| events.iter().any(|event| event["detail"] == *detail);
                unreadable.iter().all(has).then_some(())
            })
            .await;
        let page = story.settled(&deploy).await;
        assert_eq!(page.facts.reports.len(), 1, "{:?}", page.facts.reports);
    });
}
