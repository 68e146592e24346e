//! Changes that DynamoDB refuses, and rows that can't be read.

use crate::local::{Local, RECORD, client, places, text};
use crate::samples::{approval, deploy, open, second};
use aws_sdk_dynamodb::types::AttributeValue;
use signoff_core::deploy::Deploy;
use signoff_core::effect::EffectKind;
use signoff_core::event::EventKind;
use signoff_core::id::ApprovalId;
use signoff_store::{Change, CommitError, Store, StoreConfig, StoreError};

fn note(text: impl Into<String>) -> EventKind {
    EventKind::NotTold { channel: "#deploys".to_owned(), reason: text.into() }
}

/// Returns the reason why a change is refused: a size that is checked before sending, or DynamoDB's answer.
fn refusal(result: Result<(), CommitError>) -> String {
    match result {
        Err(CommitError::Store(StoreError::TooLarge { part, size, limit })) => {
            format!("{part} has {size}, limit {limit}")
        }
        Err(CommitError::Store(StoreError::Refused { detail, .. })) => detail,
        other => panic!("the change is not refused: {other:?}"),
    }
}

#[tokio::test]
async fn a_row_that_is_too_large_is_an_error_and_writes_nothing() {
    let local = Local::new().await;
    let id = deploy(1).id;
    let change =
        Change::register(&deploy(1), second(1)).and("large", Vec::new(), vec![note("x".repeat(400 * 1024))]);
    assert_eq!(refusal(local.store.commit(change).await), "an event has 401 KB, limit 400 KB");
    assert_eq!(local.rows().await.len(), 0);
    let nearly = Change::to(&id, second(1)).and("large", Vec::new(), vec![note("x".repeat(399 * 1024))]);
    local.store.commit(nearly).await.expect("committed");
}

#[tokio::test]
async fn a_change_may_have_a_hundred_rows_and_no_more() {
    let local = Local::new().await;
    let change = |events: usize| {
        let events = (0..events).map(|number| note(number.to_string())).collect();
        Change::to(&deploy(1).id, second(1)).and("many", Vec::new(), events)
    };
    assert_eq!(change(101).rows(), 101);
    assert_eq!(refusal(local.store.commit(change(101)).await), "the change has 101 rows, limit 100 rows");
    assert_eq!(local.rows().await.len(), 0);
    local.store.commit(change(100)).await.expect("committed");
    assert_eq!(local.count("event").await, 100);
}

#[tokio::test]
async fn a_link_without_a_name_is_an_error_and_writes_nothing() {
    let local = Local::new().await;
    let links = [(String::new(), "https://ci.example.com".to_owned())].into();
    let change = Change::register(&Deploy { links, ..deploy(1) }, second(1));
    let detail = refusal(local.store.commit(change).await);
    assert!(detail.contains("Empty attribute name"), "{detail}");
    assert_eq!(local.rows().await.len(), 0);
}

#[tokio::test]
async fn an_event_may_have_a_hundred_notices() {
    let local = Local::new().await;
    let notices: Vec<_> = (0..100)
        .map(|line| format!(".signoff/rules.yml:{line}:9: known, not supported yet: monitor_drift"))
        .collect();
    let event = EventKind::RulesEvaluated {
        path: Some(".signoff/rules.yml".to_owned()),
        hash: Some("0".repeat(64)),
        held: Vec::new(),
        notices,
    };
    let change = Change::register(&deploy(1), second(1)).and("rules", Vec::new(), vec![event.clone()]);
    local.store.commit(change).await.expect("committed");
    let page = local.store.page(&deploy(1).id).await.expect("read").expect("a page");
    assert_eq!(page.events.last().map(|line| &line.kind), Some(&event));
}

#[tokio::test]
async fn one_owner_twice_in_a_change_is_an_error_and_writes_nothing() {
    let local = Local::new().await;
    let tell = || vec![EffectKind::TellChannel { channel: "#deploys".to_owned(), text: "told".to_owned() }];
    let change =
        Change::to(&deploy(1).id, second(1)).and("same", tell(), Vec::new()).and("same", tell(), Vec::new());
    refusal(local.store.commit(change).await);
    assert_eq!(local.rows().await.len(), 0);
}

#[tokio::test]
async fn missing_table_is_an_error_with_the_operation() {
    let local = Local::new().await;
    let places = StoreConfig { record_table: "elsewhere".to_owned(), ..places() };
    let store = Store::new(local.dynamo, None, places);
    assert!(matches!(
        store.commit(Change::register(&deploy(1), second(1))).await,
        Err(CommitError::Store(StoreError::Service { operation: "TransactWriteItems", .. }))
    ));
    let error = store.deploy(&deploy(1).id).await.expect_err("no table");
    assert!(error.to_string().starts_with("GetItem: "), "{error}");
}

#[tokio::test]
async fn a_dynamodb_that_does_not_answer_is_an_error() {
    // Nobody listens there any more once the listener is dropped.
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = format!("http://{}", listener.local_addr().expect("an address"));
    drop(listener);
    let store = Store::new(client(&address), None, places());
    assert!(matches!(
        store.commit(Change::register(&deploy(1), second(1))).await,
        Err(CommitError::Store(StoreError::Service { operation: "TransactWriteItems", .. }))
    ));
    assert!(matches!(
        store.due(second(1)).take(10).await,
        Err(StoreError::Service { operation: "Query", .. })
    ));
}

#[tokio::test]
async fn a_row_that_does_not_read_is_an_error_that_names_it() {
    let local = Local::new().await;
    let opened = open(&local.store, approval(&deploy(1).id, 1)).await;
    let mut row = local.rows().await.into_values().next().expect("the approval's row");
    row.insert("votes_required".to_owned(), AttributeValue::S("two".to_owned()));
    local.dynamo.put_item().table_name(RECORD).set_item(Some(row)).send().await.expect("written");
    let error = local.store.approval(&opened.deploy, &opened.id).await.expect_err("no approval");
    let message = error.to_string();
    assert!(matches!(error, StoreError::Row { .. }), "{message}");
    let key = format!("row deploy#{} approval#{} can't be read", opened.deploy, opened.id);
    assert!(message.starts_with(&key), "{message}");
}

#[tokio::test]
async fn an_id_that_stands_for_nothing_finds_nothing() {
    let local = Local::new().await;
    let opened = open(&local.store, approval(&deploy(1).id, 1)).await;
    for id in ["x", "approval#x", "\u{1f680}", &"long".repeat(100)] {
        let found = local.store.approval(&opened.deploy, &ApprovalId::from_text(id)).await.expect("read");
        assert_eq!(found, None, "{id}");
    }
}

#[tokio::test]
async fn an_ignored_delivery_that_is_repeated_stays_as_it_was_first() {
    let local = Local::new().await;
    local.store.ignore_delivery("github", "72d3162e", "state pending", second(1)).await.expect("on record");
    let before = local.rows().await;
    local.store.ignore_delivery("github", "72d3162e", "state pending", second(500)).await.expect("on record");
    assert_eq!(local.rows().await, before);
    local.store.ignore_delivery("github", "another", "state pending", second(500)).await.expect("on record");
    assert_eq!(local.count("delivery").await, 2);
    let row = before.into_values().next().expect("a row");
    let said = ["source", "delivery", "ignored", "at"].map(|name| text(&row, name));
    assert_eq!(said, ["github", "72d3162e", "state pending", &second(1).to_string()]);
}

#[tokio::test]
async fn without_a_queue_what_was_committed_waits_for_the_clock() {
    let local = Local::new().await;
    local.store.commit(Change::register(&deploy(1), second(0))).await.expect("registered");
    let due = local.store.due(second(90)).take(10).await.expect("read").effects;
    assert_eq!(due.len(), 1);
    assert!(matches!(
        local.store.send(&due).await,
        Err(StoreError::Service { operation: "SendMessageBatch", .. })
    ));
}
