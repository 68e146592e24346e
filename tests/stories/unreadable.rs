//! A row of a newer release after a rollback, or a damaged one: it is put aside and told, and its neighbours
//! are done in the same round.

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::SignedDuration;
use reqwest::StatusCode;
use signoff_core::approval::Choice;
use signoff_core::effect::{Effect, EffectKind, EffectState};
use signoff_core::event::{Event, EventKind};
use signoff_core::id::DeployId;
use signoff_store::Change;
use std::collections::HashMap;
use system_tests::story::{NO_RULE_HOLDS, Story, rule, tell};

pub(crate) type Row = HashMap<String, AttributeValue>;

/// Something that may be wrong with a row.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Damage {
    UnknownField,
    Missing,
    WrongType,
    UnknownKind,
}

pub(crate) const DAMAGES: [Damage; 4] =
    [Damage::UnknownField, Damage::Missing, Damage::WrongType, Damage::UnknownKind];

pub(crate) fn text(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_owned())
}

/// The rows of a deploy whose sort key begins so.
pub(crate) async fn rows(story: &Story, pk: &str, prefix: &str) -> Vec<Row> {
    let query = story.world.dynamodb.query().table_name(&story.world.record_table).consistent_read(true);
    let query = query.key_condition_expression("pk = :pk AND begins_with(sk, :prefix)");
    let query = query.expression_attribute_values(":pk", text(pk));
    let found = query.expression_attribute_values(":prefix", text(prefix)).send().await.unwrap();
    found.items.unwrap_or_default()
}

pub(crate) async fn put(story: &Story, row: &Row) {
    let put = story.world.dynamodb.put_item().table_name(&story.world.record_table);
    put.set_item(Some(row.clone())).send().await.unwrap();
}

/// `row` with this damage to its `field`.
pub(crate) fn damaged(row: &Row, field: &str, how: Damage) -> Row {
    let mut row = row.clone();
    match how {
        Damage::UnknownField => {
            drop(row.insert("from_a_newer_release".to_owned(), AttributeValue::N("7".to_owned())))
        }
        Damage::Missing => drop(row.remove(field).unwrap()),
        Damage::WrongType => drop(row.insert(field.to_owned(), AttributeValue::Bool(true)).unwrap()),
        Damage::UnknownKind => {
            let kind = HashMap::from([("do".to_owned(), text("dance")), ("is".to_owned(), text("dancing"))]);
            row.insert(field.to_owned(), AttributeValue::M(kind)).unwrap();
        }
    }
    row
}

/// Commits `kind` as a process does that ends before it sends: it is the clock's.
async fn unsent(story: &Story, deploy: &DeployId, owner: &str, kind: EffectKind) -> Effect {
    let then = signoff_runtime::time::now() - SignedDuration::from_mins(3);
    let change = Change::to(deploy, then).and(owner, vec![kind.clone()], Vec::new());
    story.world.silent_store.commit(change).await.unwrap();
    let page = story.page(deploy).await;
    page.effects.into_iter().find(|effect| effect.kind == kind && !effect.is_closed()).unwrap()
}

/// Something sound that is due in the same round.
async fn neighbour(story: &Story, deploy: &DeployId, words: &str) {
    let kind = EffectKind::TellChannel { channel: format!("#{}", story.name), text: words.to_owned() };
    unsent(story, deploy, words, kind).await;
}

async fn was_told(story: &Story, words: &str) {
    story
        .until(words, async || {
            story.world.slack.messages(&story.name).iter().any(|message| message.text == words).then_some(())
        })
        .await;
}

#[test]
fn an_unreadable_effect_keeps_nothing_else_from_being_sent() {
    tell("unreadable-effect", async |story| {
        story.rules(NO_RULE_HOLDS);
        let deploy = story.deploys(&story.push("Ana", "Take cards"), "Staging").await;
        let other = story.deploys(&story.push("Ana", "Take coins"), "QA").await;
        story.settled(&deploy).await;
        story.settled(&other).await;
        let pk = format!("deploy#{deploy}");
        let sound = rows(story, &pk, "effect#").await.remove(0);
        let mut broken = Vec::new();
        for (number, how) in DAMAGES.into_iter().enumerate() {
            let field = if matches!(how, Damage::UnknownKind) { "kind" } else { "attempts" };
            let mut row = damaged(&sound, field, how);
            row.insert("sk".to_owned(), text(&format!("effect#{number}bad")));
            row.insert("state".to_owned(), text("pending"));
            row.insert("due".to_owned(), text(&format!("due#{}", number % 2)));
            row.insert("due_at".to_owned(), text("2026-01-01T00:00:00.000000Z"));
            put(story, &row).await;
            broken.push(row);
        }
        neighbour(story, &other, "The neighbour of unreadable-effect").await;
        story.world.tick().await;
        was_told(story, "The neighbour of unreadable-effect").await;
        let told = story
            .until("each of them to be told", async || {
                let events = story.page(&deploy).await.events;
                let aside =
                    events.into_iter().filter(|event| matches!(event.kind, EventKind::PutAside { .. }));
                let told = story.problems();
                (aside.count() == DAMAGES.len() && told.len() == DAMAGES.len()).then_some(told)
            })
            .await;
        assert!(told.iter().all(|text| text.contains("put aside") && text.contains("each hour")), "{told:?}");
        // Found again, they are not told again.
        for row in &broken {
            put(story, row).await;
        }
        neighbour(story, &other, "The neighbour once more").await;
        story.world.tick().await;
        was_told(story, "The neighbour once more").await;
        let after = rows(story, &pk, "effect#").await;
        for mut row in broken {
            let mut kept = after.iter().find(|after| after["sk"] == row["sk"]).expect("it is there").clone();
            assert_ne!(kept.remove("due_at"), row.remove("due_at"), "it has another turn");
            assert_eq!(kept, row);
        }
        assert_eq!(story.problems().len(), DAMAGES.len());
        for number in 0..DAMAGES.len() {
            let delete = story.world.dynamodb.delete_item().table_name(&story.world.record_table);
            let delete = delete.key("pk", text(&pk)).key("sk", text(&format!("effect#{number}bad")));
            delete.send().await.unwrap();
        }
    });
}

#[test]
fn an_unreadable_state_waits_and_its_effect_is_done_later() {
    tell("unreadable-state", async |story| {
        let (deploy, _) = story.asks("votes_required: 1", "webhook: 'https://example.com'").await;
        story.rules("rules: []");
        let other = story.deploys(&story.push("Ben", "Take coins"), "QA").await;
        story.settled(&other).await;
        let approval = story.page(&deploy).await.approvals.remove(0);
        let draw = EffectKind::DrawDialog { approval: approval.id.clone() };
        let line =
            EffectKind::DrawStep { approval: Some(approval.id.clone()), run: approval.run.clone(), step: 0 };
        for (sk, field, kind) in [
            ("approval#", "status", draw),
            ("run#", "steps", line),
            ("deploy", "revision", EffectKind::EvaluateRules { look: None }),
        ] {
            let pk = format!("deploy#{deploy}");
            let sound = rows(story, &pk, sk).await.remove(0);
            for how in DAMAGES {
                let what = format!("{sk} {how:?}");
                let broken = damaged(&sound, field, how);
                put(story, &broken).await;
                let effect = unsent_of(story, &deploy, &what, kind.clone()).await;
                neighbour(story, &other, &what).await;
                story.world.tick().await;
                was_told(story, &what).await;
                let waiting = story
                    .until(&format!("{what} to be put aside"), async || {
                        let read = story.world.store.effect(&deploy, &effect.id).await.unwrap()?;
                        let later = signoff_runtime::time::now() + SignedDuration::from_mins(50);
                        (read.not_before > later).then_some(read)
                    })
                    .await;
                assert_eq!((waiting.state, waiting.tries()), (EffectState::Started, 0), "{what}");
                assert_eq!(rows(story, &pk, sk).await.remove(0), broken, "{what}");
                // The newer release comes back, or somebody mends the row.
                put(story, &sound).await;
                story.pull_forward(&waiting).await;
                story.world.tick().await;
                story
                    .until(&format!("{what} to be done"), async || {
                        let read = story.world.store.effect(&deploy, &effect.id).await.unwrap()?;
                        (read.state == EffectState::Succeeded).then_some(())
                    })
                    .await;
            }
        }
        let told = story.problems();
        assert!(told.iter().any(|text| text.contains("can't read a part of")), "{told:?}");
    });
}

/// As [`unsent`], where the deploy's page can't be read.
async fn unsent_of(story: &Story, deploy: &DeployId, owner: &str, kind: EffectKind) -> Effect {
    let then = signoff_runtime::time::now() - SignedDuration::from_mins(3);
    let change = Change::to(deploy, then).and(owner, vec![kind], Vec::new());
    story.world.silent_store.commit(change).await.unwrap();
    let id = signoff_core::id::EffectId::derive(&format!("{deploy} {owner}"), 0, 0);
    story.world.store.effect(deploy, &id).await.unwrap().unwrap()
}

#[test]
fn a_click_on_an_unreadable_approval_changes_nothing() {
    tell("unreadable-click-on", async |story| {
        let (deploy, dialog) = story.asks("votes_required: 1", "add_deploy_tag: '#done'").await;
        let ben = story.person("Ben");
        let pk = format!("deploy#{deploy}");
        let sound = rows(story, &pk, "approval#").await.remove(0);
        for how in DAMAGES {
            let broken = damaged(&sound, "status", how);
            put(story, &broken).await;
            let outcome = story.world.slack.click(&ben, &story.name, &dialog, "approve").await.unwrap();
            assert!(outcome.status != Some(200) || outcome.problem.is_none(), "{how:?}: {outcome:?}");
            assert_eq!(rows(story, &pk, "approval#").await.remove(0), broken, "{how:?}");
        }
        put(story, &sound).await;
        story.click(&ben, &dialog, "approve").await;
        let page = story.settled(&deploy).await;
        let approval = &page.approvals[0];
        assert!(approval.status.is_approved(), "{:?}", approval.status);
        assert_eq!(approval.votes.iter().map(|vote| vote.choice).collect::<Vec<_>>(), [Choice::Approve]);
    });
}

#[test]
fn an_unreadable_row_leaves_lists_and_pages_readable() {
    tell("unreadable-lists", async |story| {
        let (deploy, _) = story.asks("votes_required: 1", "webhook: 'https://example.com'").await;
        let other = story.deploys(&story.push("Ben", "Take coins"), "Staging").await;
        story.until("the second approval", async || story.page(&other).await.approvals.pop()).await;
        story.settled(&other).await;
        let pk = format!("deploy#{deploy}");
        let sound = rows(story, &pk, "approval#").await.remove(0);
        let broken = damaged(&sound, "votes", Damage::WrongType);
        put(story, &broken).await;
        let visitor = story.sign_in(&story.person("Ben")).await;
        for path in [
            format!("/record?deployment=acme/{}", story.name),
            format!("/deploys/{deploy}"),
            format!("/deployments/acme/{}", story.name),
        ] {
            let answer = visitor.get(&path).await;
            assert_eq!(answer.status(), StatusCode::OK, "{path}");
            let body = answer.text().await.unwrap();
            let has_approvals = !path.starts_with("/deployments");
            assert_eq!(body.contains("can\u{2019}t be read by this release"), has_approvals, "{path}");
        }
        let answer = story.get(&format!("/api/v1/approvals?deployment=acme/{}", story.name)).await;
        let answer: serde_json::Value = answer.json().await.unwrap();
        assert_eq!((answer["approvals"].as_array().unwrap().len(), &answer["unreadable"]), (1, &1.into()));
        let file = story.get(&format!("/record.csv?deployment=acme/{}", story.name)).await;
        assert_eq!(file.headers()["signoff-unreadable"], "1");
        put(story, &sound).await;
    });
}

#[test]
fn an_unreadable_environment_keeps_nothing_from_registering() {
    tell("unreadable-latest", async |story| {
        story.rules(&rule("votes_required: 1", "webhook: 'https://example.com'"));
        let first = story.deploys(&story.push("Ana", "Take cards"), "QA").await;
        story.settled(&first).await;
        let pk = format!("latest#acme/{}#qa", story.name);
        let sound = rows(story, &pk, "latest").await.remove(0);
        for (told, how) in DAMAGES.into_iter().enumerate() {
            let broken = damaged(&sound, "revision", how);
            put(story, &broken).await;
            let revision = story.push("Ben", &format!("Take coins {how:?}"));
            let deploy = story.deploys(&revision, "QA").await;
            // The clock sends what the channel is told.
            let tell = story
                .until("what the channel is told", async || {
                    let is_told = |effect: &Effect| matches!(effect.kind, EffectKind::TellChannel { .. });
                    story.page(&deploy).await.effects.into_iter().find(is_told)
                })
                .await;
            story.pull_forward(&tell).await;
            story.world.tick().await;
            let page = story.settled(&deploy).await;
            let is_aside = |event: &Event| matches!(&event.kind, EventKind::PutAside { .. });
            assert_eq!((page.events.iter().filter(|event| is_aside(event)).count(), page.runs.len()), (1, 0));
            assert_eq!(rows(story, &pk, "latest").await.remove(0), broken, "{how:?}");
            story.until("the channel to be told", async || story.problems().get(told).cloned()).await;
            assert!(story.problems()[told].contains("put aside"), "{how:?}: {:?}", story.problems());
            let neighbour = story.push("Ben", &format!("{how:?}"));
            let neighbour = story.deploys(&neighbour, &format!("Demo {how:?}")).await;
            story.settled(&neighbour).await;
        }
        put(story, &sound).await;
        let second = story.deploys(&story.push("Ben", "Take notes"), "QA").await;
        story.settled(&second).await;
        assert_eq!(story.problems().len(), DAMAGES.len());
    });
}

#[test]
fn an_unreadable_deploy_is_registered_and_reported_anew() {
    tell("unreadable-deploy", async |story| {
        story.rules("rules: []");
        let revision = story.push("Ana", "Take cards");
        let deploy = story.deploys(&revision, "QA").await;
        story.settled(&deploy).await;
        let pk = format!("deploy#{deploy}");
        let sound = rows(story, &pk, "deploy").await.remove(0);
        let path = format!("/api/1/deployments/acme/{}/{revision}/health", story.name);
        for how in DAMAGES {
            let broken = damaged(&sound, "revision", how);
            put(story, &broken).await;
            let answer = story.register(&revision, "QA").await;
            // What it is called then stands for it: the second time it is on record.
            let expected = [StatusCode::OK, StatusCode::BAD_REQUEST];
            assert!(expected.contains(&answer.status()), "{how:?}: {}", answer.text().await.unwrap());
            let report = serde_json::json!({"health": "Healthy", "environment": "QA"});
            assert_eq!(story.post(&path, &report).await.status(), StatusCode::OK, "{how:?}");
            assert_eq!(rows(story, &pk, "deploy").await.remove(0), broken, "{how:?}");
        }
        put(story, &sound).await;
    });
}

#[test]
fn an_unreadable_person_keeps_one_step_waiting() {
    tell("unreadable-person", async |story| {
        let ana = story.email("Ana");
        let rules = "rules:\n  - tell:\n      conditions: [\"environment='Staging'\"]\n      actions: \
                     [{notify_deploy_authors: 'It is out'}, {add_deploy_tag: '#done'}]\n";
        story.rules(rules);
        let person = story.person("Ana");
        let key = [("pk", text("people")), ("sk", text(&ana)), ("version", text("not a number"))];
        let broken: Row = key.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        put(story, &broken).await;
        let deploy = story.deploys(&story.push("Ana", "Take cards"), "Staging").await;
        story.until("the channel to be told", async || story.problems().pop()).await;
        assert!(story.problems()[0].contains(&ana), "{:?}", story.problems());
        let delete = story.world.dynamodb.delete_item().table_name(&story.world.record_table);
        delete.key("pk", text("people")).key("sk", text(&ana)).send().await.unwrap();
        let waiting = story
            .until("the step to wait for an hour", async || {
                let later = signoff_runtime::time::now() + SignedDuration::from_mins(50);
                story.page(&deploy).await.effects.into_iter().find(|effect| effect.not_before > later)
            })
            .await;
        story.pull_forward(&waiting).await;
        story.world.tick().await;
        let page = story.settled(&deploy).await;
        assert_eq!((page.facts.tags.len(), page.failed_rules()), (1, Vec::<String>::new()));
        assert_eq!(story.world.slack.direct_messages(&person).len(), 1);
        assert_eq!(story.problems().len(), 1);
    });
}
