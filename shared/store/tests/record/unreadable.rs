//! Rows that this release can't read: they stay as they are, and nothing else waits for them.

use crate::local::{Local, RECORD, Row, text};
use crate::samples::{approval, deploy, effect, open, plain, second};
use aws_sdk_dynamodb::types::AttributeValue;
use jiff::SignedDuration;
use signoff_core::approval::Dialog;
use signoff_core::facts::Facts;
use signoff_core::id::{ApprovalId, RunId};
use signoff_core::run::{Opening, Run};
use signoff_store::{ASIDE, Change, StoreError, Wanted, WantedApprovals};
use std::collections::BTreeSet;

/// Something that may be wrong with a row.
#[derive(Clone, Copy, Debug)]
enum Damage {
    /// A newer release kept something that this one does not know.
    UnknownField,
    /// The field is missing.
    Missing(&'static str),
    /// The field is no text, list or number, but true.
    WrongType(&'static str),
    /// The variant in the field is one of a newer release.
    UnknownKind(&'static str),
}

async fn damage(local: &Local, mut row: Row, how: Damage) -> Row {
    match how {
        Damage::UnknownField => {
            row.insert("from_a_newer_release".to_owned(), AttributeValue::N("7".to_owned()));
        }
        Damage::Missing(field) => {
            row.remove(field).expect("the field");
        }
        Damage::WrongType(field) => {
            row.insert(field.to_owned(), AttributeValue::Bool(true)).expect("the field");
        }
        Damage::UnknownKind(field) => {
            let kind = [("do", "dance"), ("state", "dancing")];
            let kind = kind.map(|(name, value)| (name.to_owned(), AttributeValue::S(value.to_owned())));
            row.insert(field.to_owned(), AttributeValue::M(kind.into())).expect("the field");
        }
    }
    put(local, row.clone()).await;
    row
}

async fn put(local: &Local, row: Row) {
    local.dynamo.put_item().table_name(RECORD).set_item(Some(row)).send().await.expect("put");
}

/// The row whose sort key begins so.
async fn row(local: &Local, prefix: &str) -> Row {
    let rows = local.rows().await;
    rows.into_values().find(|row| text(row, "sk").starts_with(prefix)).expect("a row")
}

fn is_row<T>(read: Result<T, StoreError>) -> bool {
    read.err().is_some_and(|error| matches!(error, StoreError::Row { .. }) && !error.is_passing())
}

#[tokio::test]
async fn an_unreadable_effect_is_put_aside_and_the_others_are_taken() {
    for how in [
        Damage::UnknownField,
        Damage::Missing("attempts"),
        Damage::WrongType("attempts"),
        Damage::UnknownKind("kind"),
    ] {
        let local = Local::new().await;
        let broken = effect(&local.store, 1, second(0)).await;
        let sound = effect(&local.store, 2, second(1)).await;
        let rows = local.rows().await;
        let of = rows.into_values().find(|row| text(row, "sk") == format!("effect#{}", broken.id));
        let before = damage(&local, of.expect("its row"), how).await;
        let due = local.store.due(second(100)).take(10).await.expect("read");
        assert_eq!(due.effects.iter().map(|effect| &effect.id).collect::<Vec<_>>(), [&sound.id], "{how:?}");
        let aside: Vec<_> = due.unreadable.iter().map(|message| &message.effect).collect();
        assert_eq!(aside, [&broken.id], "{how:?}");
        assert!(due.failures.is_empty(), "{how:?}: {:?}", due.failures);
        // Nothing of it changes but its turn.
        let mut after = row_of(&local, &before).await;
        let turn = |row: &mut Row| row.remove("due_at").and_then(|at| at.as_s().ok().cloned());
        assert_eq!(turn(&mut after), Some(sortable(second(100) + ASIDE)), "{how:?}");
        let mut expected = before.clone();
        turn(&mut expected);
        assert_eq!(after, expected, "{how:?}");
        // It is looked at again then, and taken where it can be read by then.
        let sooner = second(100) + ASIDE - SignedDuration::from_secs(1);
        assert!(local.store.due(sooner).take(10).await.expect("read").unreadable.is_empty(), "{how:?}");
        let again = local.store.due(second(100) + ASIDE).take(10).await.expect("read");
        assert_eq!(again.unreadable.len(), 1, "{how:?}");
    }
}

async fn row_of(local: &Local, row: &Row) -> Row {
    local.rows().await.remove(&format!("{} {}", text(row, "pk"), text(row, "sk"))).expect("the row")
}

fn sortable(at: jiff::Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S.%6fZ").to_string()
}

#[tokio::test]
async fn due_effects_are_spread_over_the_shards() {
    let local = Local::new().await;
    for number in 0..40 {
        effect(&local.store, number, second(0)).await;
    }
    let rows = local.rows().await;
    let shards: BTreeSet<_> =
        rows.values().map(|row| text(row, "due")).filter(|due| !due.is_empty()).collect();
    assert_eq!(shards.len(), 2, "{shards:?}");
    assert_eq!(local.store.due(second(100)).take(100).await.expect("read").effects.len(), 40);
}

#[tokio::test]
async fn an_unreadable_state_is_no_answer_and_changes_nothing() {
    for (sk, missing) in
        [("approval#", "status"), ("run#", "steps"), ("deploy", "revision"), ("facts", "version")]
    {
        for how in [Damage::UnknownField, Damage::Missing(missing), Damage::WrongType(missing)] {
            let local = Local::new().await;
            let (deploy, store) = (deploy(1), &local.store);
            store.commit(Change::register(&deploy, second(0))).await.expect("registered");
            let run = Run::open(
                &Opening {
                    deploy: &deploy.id,
                    revision: &deploy.revision,
                    rule: "promote",
                    rule_hash: "hash",
                    actions: &[],
                    followed: true,
                },
                second(0),
            );
            store.commit(Change::to(&deploy.id, second(0)).run(run)).await.expect("opened");
            let facts = plain(Facts::none(&deploy.id));
            store.commit(Change::to(&deploy.id, second(0)).facts(facts)).await.expect("known");
            let opened = open(store, approval(&deploy.id, 1)).await;
            let (run, id) = (RunId::derive(&deploy.id, "promote"), &deploy.id);
            let before = damage(&local, row(&local, sk).await, how).await;
            let unreadable = match sk {
                "approval#" => {
                    is_row(store.approval(id, &opened.id).await)
                        && is_row(store.approval_and_run(id, &opened.id, &run).await)
                }
                "run#" => is_row(store.run(id, &run).await) && is_row(store.step(id, &run, 0).await),
                "deploy" => is_row(store.deploy(id).await) && is_row(store.deploy_and_run(id, &run).await),
                _ => is_row(store.facts(id).await) && is_row(store.step(id, &run, 0).await),
            };
            assert!(unreadable, "{sk} {how:?}");
            assert_eq!(store.deployment_named(id).await.expect("read"), Some(deploy.deployment.clone()));
            assert_eq!(row_of(&local, &before).await, before, "{sk} {how:?}");
            // What is only shown is shown as far as it goes.
            let shown = matches!(how, Damage::UnknownField);
            match store.page(id).await {
                Ok(page) => {
                    let page = page.expect("a page");
                    assert_eq!(page.unreadable.is_empty(), shown, "{sk} {how:?}");
                    assert_eq!(is_row(page.whole()), !shown, "{sk} {how:?}");
                }
                Err(_) => assert!(sk == "deploy" && !shown, "{sk} {how:?}"),
            }
        }
    }
}

#[tokio::test]
async fn an_unreadable_row_leaves_its_neighbours_in_every_list() {
    let local = Local::new().await;
    let store = &local.store;
    for number in 1..=3 {
        let deploy = deploy(number);
        store.commit(Change::register(&deploy, second(i64::from(number)))).await.expect("registered");
        open(store, approval(&deploy.id, 1)).await;
    }
    let second_one = deploy(2).id;
    let rows = local.rows().await;
    let of_second = |row: &&Row| text(row, "pk") == format!("deploy#{second_one}");
    for row in rows.values().filter(of_second) {
        match text(row, "sk").split('#').next() {
            Some("deploy") => drop(damage(&local, row.clone(), Damage::Missing("revision")).await),
            Some("approval") => drop(damage(&local, row.clone(), Damage::WrongType("votes")).await),
            _ => {}
        }
    }
    let recent = store.recent(10, None).await.expect("read");
    assert_eq!((recent.deploys.len(), recent.unreadable), (2, 1));
    let of = Wanted { deployment: Some(deploy(1).deployment), ..Wanted::default() };
    let listed = store.list(&of, 10, None).await.expect("read");
    assert_eq!((listed.deploys.len(), listed.unreadable), (2, 1));
    let approvals = store.approvals(&WantedApprovals::default(), 10, None).await.expect("read");
    assert_eq!((approvals.approvals.len(), approvals.unreadable), (2, 1));
    // The parts of a list go on behind it.
    let part = store.approvals(&WantedApprovals::default(), 1, None).await.expect("read");
    let mut next = part.next.clone();
    let mut seen: BTreeSet<ApprovalId> = part.approvals.into_iter().map(|approval| approval.id).collect();
    while let Some(before) = next {
        let part = store.approvals(&WantedApprovals::default(), 1, Some(&before)).await.expect("read");
        seen.extend(part.approvals.into_iter().map(|approval| approval.id));
        next = part.next;
    }
    assert_eq!(seen.len(), 2);
    let nowhere = Dialog { channel: "C".to_owned(), ts: "1".to_owned() };
    assert_eq!(store.approval_at(&nowhere).await.expect("read"), None);
}
