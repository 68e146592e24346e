//! Rows of a newer release after a rollback, or damaged ones, of every kind at once: each function does what
//! the sound neighbour needs in the same round.

use aws_sdk_dynamodb::types::AttributeValue;
use reqwest::StatusCode;
use serde_json::json;
use signoff_core::deploy::Slug;
use signoff_core::effect::{Effect, EffectKind};
use signoff_core::facts::Health;
use signoff_core::id::DeployId;
use signoff_core::people::{By, Claim, Entry, Handle};
use signoff_core::run;
use signoff_store::{Actor, ApiKey, Change, DeploymentSettings, Done, GitHost, Scope, SecretNumbers};
use std::collections::{BTreeSet, HashMap};
use system_tests::story::{Story, rule, tell_with_policy};
use system_tests::world::{API_KEY, POLICY_REPOSITORY};

type Row = HashMap<String, AttributeValue>;

/// The attributes that are keys, or of indexes: DynamoDB keeps their types.
const KEYS: [&str; 10] = [
    "pk",
    "sk",
    "kept_until",
    "listing",
    "listed_at",
    "environment_key",
    "approvals",
    "deployment_key",
    "due",
    "due_at",
];

/// Something that may be wrong with a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Damage {
    UnknownField,
    Missing,
    WrongType,
    UnknownKind,
}

const DAMAGES: [Damage; 4] = [Damage::UnknownField, Damage::Missing, Damage::WrongType, Damage::UnknownKind];

fn text(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_owned())
}

/// Every row of the record.
async fn rows(story: &Story) -> Vec<Row> {
    let scan = story.world.dynamodb.scan().table_name(&story.world.record_table).consistent_read(true);
    scan.into_paginator().items().send().collect::<Result<_, _>>().await.unwrap()
}

async fn put(story: &Story, row: &Row) {
    let put = story.world.dynamodb.put_item().table_name(&story.world.record_table);
    put.set_item(Some(row.clone())).send().await.unwrap();
}

fn part(row: &Row, name: &str) -> String {
    row.get(name).and_then(|value| value.as_s().ok()).cloned().unwrap_or_default()
}

/// `row` with this damage to all that is no key.
fn damaged(row: &Row, how: Damage) -> Row {
    let mut row = row.clone();
    let fields: Vec<_> = row.keys().filter(|field| !KEYS.contains(&field.as_str())).cloned().collect();
    let kind = HashMap::from([("do".to_owned(), text("dance")), ("is".to_owned(), text("dancing"))]);
    for field in fields {
        match how {
            Damage::UnknownField => {}
            Damage::Missing => drop(row.remove(&field)),
            Damage::WrongType => drop(row.insert(field, AttributeValue::Bool(true))),
            Damage::UnknownKind => drop(row.insert(field, AttributeValue::M(kind.clone()))),
        }
    }
    row.insert("from_a_newer_release".to_owned(), AttributeValue::N("7".to_owned()));
    row
}

/// A policy that asks for nothing.
fn set_policy(story: &Story) {
    let (owen, olga) = (story.email("Owen"), story.email("Olga"));
    let policy = format!("owners:\n  - {owen}\n  - {olga}\ndefault:\n  {{}}\n");
    story.world.github.set_file(POLICY_REPOSITORY, ".signoff/policy.yml", &policy);
}

/// Puts rows of the deployment on record that only people make: settings, an API key and an entry of People.
async fn set_up(story: &Story, number: u64) {
    let (world, now) = (story.world, signoff_runtime::time::now());
    let done = Done { by: Actor { id: "U1".to_owned(), name: "Ana".to_owned() }, at: now };
    let settings = DeploymentSettings {
        deployment: Slug::new("acme", &story.name).unwrap(),
        repository: story.repository(),
        channel: Some(format!("#{}", story.name)),
        circleci_project: None,
        circleci_definition: None,
        git_host: GitHost::Github,
        disconnected: None,
        leads: false,
        ci: Vec::new(),
        secrets: SecretNumbers::default(),
        saved: done.clone(),
        version: 0,
    };
    world.store.save_deployment(None, settings).await.unwrap();
    let key = ApiKey {
        id: format!("k{number}"),
        name: "CI".to_owned(),
        scopes: BTreeSet::from([Scope::Read]),
        deployments: Vec::new(),
        digest: "0".repeat(64),
        last_four: "cafe".to_owned(),
        created: done,
        revoked: None,
    };
    world.store.create_key(&key).await.unwrap();
    let claim = Claim::Member { id: story.person("Ana"), name: String::new() };
    let by = By { id: "U2".to_owned(), name: "Ben".to_owned(), at: now };
    let entry = Entry::new(Handle::github(number)).say("octo", claim, by).unwrap();
    world.silent_store.commit(Change::to(&DeployId::people(), now).person(entry)).await.unwrap();
}

/// Returns the place of a deploy's dialog.
async fn dialog(story: &Story, deploy: &DeployId) -> String {
    story
        .until("the dialog", async || {
            let page = story.world.store.page(deploy).await.unwrap()?;
            page.approvals.first().and_then(|approval| approval.dialog.clone())
        })
        .await
        .ts
}

/// A deploy that is asked about and approved, whose action runs, and which an alarm says is unhealthy.
async fn goes_through(story: &Story, what: &str) {
    let deploy = story.deploys(&story.push("Ana", what), "Production").await;
    let dialog = dialog(story, &deploy).await;
    story.click(&story.person("Ben"), &dialog, "approve").await;
    let page = story.settled(&deploy).await;
    assert!(page.approvals[0].status.is_approved(), "{what}: {:?}", page.approvals);
    assert!(page.runs.iter().all(|run| run.status == run::Status::Succeeded), "{what}: {:?}", page.runs);
    let at = signoff_runtime::time::now().strftime("%Y-%m-%dT%H:%M:%S.%3f+0000").to_string();
    let state = json!({"value": "ALARM", "reason": "Threshold Crossed", "timestamp": at});
    let detail = json!({"alarmName": story.name, "state": state, "configuration": {"metrics": []}});
    let stack = story.world.aws.as_embedded().unwrap();
    stack.emit("aws.cloudwatch", "CloudWatch Alarm State Change", detail);
    story
        .until(&format!("the alarm of {what}"), async || {
            let facts = story.world.store.facts(&deploy).await.unwrap();
            (facts.health() == Some(Health::Unhealthy)).then_some(())
        })
        .await;
}

#[test]
fn unreadable_rows_of_every_kind_stop_no_neighbour() {
    tell_with_policy("health-alarm", async |story| {
        // An alarm of the stack has each one's name.
        let next = Story::begin(story.world, "health-goes-on");
        set_policy(story);
        for (number, story) in [(71, story), (72, &next)] {
            set_up(story, number).await;
            let rule = rule("votes_required: 1", "add_deploy_tag: '#done'");
            story.rules(&rule.replace("environment='Staging'", "environment='Production'"));
        }
        goes_through(story, "Take cards").await;
        let open = story.deploys(&story.push("Ana", "Take coins"), "Production").await;
        let dialog = dialog(story, &open).await;
        story.settled(&open).await;
        let signed_in = story.sign_in(&story.person("Ana")).await;
        // The policy's row binds everybody: see the next story. The stories register with a key of their own.
        let own = format!("key#{}", API_KEY.split('_').nth(1).unwrap());
        let others = ["policy policy", "key#k72", "github:72", &next.name, &own];
        let is_its = |row: &Row| {
            let keys = format!("{} {}", part(row, "pk"), part(row, "sk"));
            !others.iter().any(|other| keys.contains(other))
        };
        let before: Vec<Row> = rows(story).await.into_iter().filter(is_its).collect();
        let visitor = next.sign_in(&next.person("Ben")).await;
        for how in DAMAGES {
            for row in &before {
                put(story, &damaged(row, how)).await;
            }
            // What needs an unreadable row is refused, and keeps nobody waiting.
            let revision = story.push("Ana", &format!("Take notes {how:?}"));
            let status = story.register(&revision, "Production").await.status();
            assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE, "{how:?}");
            let ben = story.person("Ben");
            story.world.slack.click(&ben, &story.name, &dialog, "approve").await.unwrap();
            story.world.tick().await;
            goes_through(&next, &format!("Beside rows with {how:?}")).await;
            assert_eq!(
                signed_in.get("/deploys").await.status(),
                StatusCode::SEE_OTHER,
                "{how:?}: sign in again"
            );
            let its = format!("/deployments/acme/{}", story.name);
            for path in ["/", "/deploys", "/record", "/api/v1/deployments", "/api/v1/approvals", &its] {
                let answer = visitor.get(path).await;
                assert_eq!(answer.status(), StatusCode::OK, "{how:?}: {path}");
            }
            let after: HashMap<_, _> = rows(story)
                .await
                .into_iter()
                .map(|row| ((part(&row, "pk"), part(&row, "sk")), row))
                .collect();
            for row in &before {
                let (mut expected, key) = (damaged(row, how), (part(row, "pk"), part(row, "sk")));
                let mut kept = after[&key].clone();
                // But for its turn.
                for row in [&mut expected, &mut kept] {
                    row.remove("due_at");
                }
                assert_eq!(kept, expected, "{how:?}: {key:?}");
            }
            for row in &before {
                put(story, row).await;
            }
            assert_eq!(signed_in.get("/deploys").await.status(), StatusCode::OK, "{how:?} is mended");
        }
        story.click(&story.person("Ben"), &dialog, "approve").await;
        let page = story.settled(&open).await;
        assert!(page.approvals[0].status.is_approved(), "{:?}", page.approvals);
    });
}

#[test]
fn an_unreadable_policy_lets_nothing_act_until_it_is_mended() {
    tell_with_policy("policy-unreadable", async |story| {
        set_policy(story);
        story.rules(&rule("votes_required: 1", "add_deploy_tag: '#done'"));
        let first = story.deploys(&story.push("Ana", "Take cards"), "Staging").await;
        story.settled(&first).await;
        let sound = rows(story).await.into_iter().find(|row| part(row, "pk") == "policy").unwrap();
        let visitor = story.sign_in(&story.person("Ben")).await;
        for how in DAMAGES {
            put(story, &damaged(&sound, how)).await;
            let deploy = story.deploys(&story.push("Ana", &format!("Take notes {how:?}")), "Staging").await;
            let dialog = dialog(story, &deploy).await;
            story.click(&story.person("Ben"), &dialog, "approve").await;
            let waits = story
                .until("the action to be kept back", async || {
                    let page = story.world.store.page(&deploy).await.unwrap()?;
                    let is_it = |effect: &&Effect| {
                        matches!(effect.kind, EffectKind::RunStep { .. }) && effect.note.is_some()
                    };
                    page.effects.iter().find(is_it).cloned()
                })
                .await;
            let shown = visitor.get(&format!("/deployments/acme/{}", story.name)).await.text().await.unwrap();
            let says_why = |text: &str| {
                let text = text.replace('\u{2019}', "'").replace("&#39;", "'");
                text.contains("can't read the stack's policy")
            };
            for text in [shown, waits.note.clone().unwrap_or_default()] {
                assert!(says_why(&text), "{how:?}: {text}");
            }
            // The thread is drawn a moment later.
            let ben = story.person("Ben");
            story.until("the reason in the thread", async || says_why(&story.sees(&ben)).then_some(())).await;
            let kept = rows(story).await.into_iter().find(|row| part(row, "pk") == "policy");
            assert_eq!(kept, Some(damaged(&sound, how)), "{how:?}");
            put(story, &sound).await;
            story.pull_forward(&waits).await;
            story.world.tick().await;
            let page = story.settled(&deploy).await;
            assert!(
                page.runs.iter().all(|run| run.status == run::Status::Succeeded),
                "{how:?}: {:?}",
                page.runs
            );
        }
    });
}
