//! Open approvals and deadlines are kept, however long they are open.

use crate::failed_steps::failed;
use crate::local::{Local, Row, places, text};
use crate::samples::{approval, deploy, open, plain, second, vote};
use jiff::{SignedDuration, Timestamp};
use signoff_core::approval::{self as votes, Choice, Dialog};
use signoff_core::effect::{EffectKind, EffectState};
use signoff_core::id::ApprovalId;
use signoff_core::run::{Command, Resolution, decide};
use signoff_store::{Change, Store, StoreConfig};

fn kept_until(row: &Row) -> Option<i64> {
    row.get("kept_until")?.as_n().ok()?.parse().ok()
}

/// The record as it is once DynamoDB deleted what ended before `now`.
async fn deleted(local: &Local, now: Timestamp) -> Vec<String> {
    for row in local.rows().await.into_values() {
        if kept_until(&row).is_some_and(|until| until < now.as_second()) {
            let delete = local.dynamo.delete_item().table_name(crate::local::RECORD);
            delete.key("pk", row["pk"].clone()).key("sk", row["sk"].clone()).send().await.expect("deleted");
        }
    }
    local
        .rows()
        .await
        .values()
        .map(|row| text(row, "sk").split('#').next().unwrap_or_default().to_owned())
        .collect()
}

#[tokio::test]
async fn an_open_approval_and_its_deploy_outlive_the_retention() {
    let local = Local::new().await;
    let day = SignedDuration::from_hours(24);
    let store = Store::new(local.dynamo.clone(), None, StoreConfig { retention: day, ..places() });
    let id = deploy(1).id;
    store.commit(Change::register(&deploy(1), second(0))).await.expect("registered");
    let dialog = Dialog { channel: "C1".to_owned(), ts: "1.000001".to_owned() };
    let opened = open(&store, votes::Approval { dialog: Some(dialog.clone()), ..approval(&id, 1) }).await;
    store.commit(Change::to(&id, second(0)).dialog(&dialog, &opened.id)).await.expect("placed");
    // What is due at once is done; the approval has no deadline.
    for effect in store.due(second(100)).take(10).await.expect("read").effects {
        let claimed = store.claim(&effect, second(100)).await.expect("claimed");
        store.settle(&claimed, &claimed.closed(EffectState::Succeeded, None)).await.expect("settled");
    }
    assert_eq!(store.keep_open(second(3600)).await.expect("kept"), 0, "half of the day is not over");
    for hour in 1..=100 {
        let now = second(0) + SignedDuration::from_hours(hour);
        store.keep_open(now).await.expect("kept");
        let left = deleted(&local, now).await;
        for kind in ["deploy", "approval", "event", "effect", "dialog"] {
            assert!(left.iter().any(|left| left == kind), "{kind} after {hour} hours: {left:?}");
        }
    }
    let now = second(0) + SignedDuration::from_hours(100);
    let approved = votes::decide(&opened, vote(&opened, "U1", Choice::Approve), now).expect("a vote");
    let quorum = store.commit(Change::to(&id, now).approval(plain(approved.next))).await;
    quorum.expect("it still takes votes");
    let found = store.approval(&id, &opened.id).await.expect("read").expect("an approval");
    let cancel = votes::Command::Cancel { reason: "over".to_owned() };
    let closed = votes::decide(&found, cancel, now).expect("cancelled");
    store.commit(Change::to(&id, now).approval(plain(closed.next))).await.expect("closed");
    // Closed, it ends with its retention.
    for hour in 101..=130 {
        let now = second(0) + SignedDuration::from_hours(hour);
        store.keep_open(now).await.expect("kept");
        deleted(&local, now).await;
    }
    assert!(store.deploy(&id).await.expect("read").is_none());
}

#[tokio::test]
async fn a_deadline_beyond_the_retention_is_kept_with_its_deploy() {
    let local = Local::new().await;
    let day = SignedDuration::from_hours(24);
    let store = Store::new(local.dynamo.clone(), None, StoreConfig { retention: day, ..places() });
    let id = deploy(1).id;
    store.commit(Change::register(&deploy(1), second(0))).await.expect("registered");
    let review = EffectKind::RemindReview { approval: ApprovalId::from_text("a"), round: 3 };
    let due = second(0) + SignedDuration::from_hours(24 * 90);
    store.commit(Change::to(&id, second(0)).later("review", review.clone(), due)).await.expect("committed");
    for hour in (6..24 * 91).step_by(6) {
        let now = second(0) + SignedDuration::from_hours(hour);
        store.keep_open(now).await.expect("kept");
        deleted(&local, now).await;
    }
    let found = store.due(due).take(10).await.expect("read").effects;
    assert!(found.iter().any(|effect| effect.kind == review), "{found:?}");
    assert!(store.deploy(&id).await.expect("read").is_some());
}

#[tokio::test]
async fn a_failed_step_outlives_the_retention_until_resolved() {
    let local = Local::new().await;
    let day = SignedDuration::from_hours(24);
    let store = Store::new(local.dynamo.clone(), None, StoreConfig { retention: day, ..places() });
    let run = failed(&store).await;
    for effect in store.due(second(100)).take(10).await.expect("read").effects {
        let claimed = store.claim(&effect, second(100)).await.expect("claimed");
        store.settle(&claimed, &claimed.closed(EffectState::Succeeded, None)).await.expect("settled");
    }
    for hour in 1..=100 {
        let now = second(0) + SignedDuration::from_hours(hour);
        store.keep_open(now).await.expect("kept");
        deleted(&local, now).await;
    }
    let kept = store.run(&run.deploy, &run.id).await.expect("read").expect("it waits for somebody");
    let (failed_at, _) = kept.steps[0].failure().expect("it failed");
    let skipped = Command::Resolve {
        by: "U1".to_owned(),
        name: "Ana".to_owned(),
        resolution: Resolution::Skip,
        reason: Some("deployed by hand".to_owned()),
        failed_at,
    };
    let now = second(0) + SignedDuration::from_hours(100);
    let decision = decide(&kept, 0, skipped, now).expect("skipped");
    store.commit(Change::to(&run.deploy, now).run(plain(decision.next))).await.expect("committed");
    for hour in 101..=130 {
        let now = second(0) + SignedDuration::from_hours(hour);
        store.keep_open(now).await.expect("kept");
        deleted(&local, now).await;
    }
    assert!(store.run(&run.deploy, &run.id).await.expect("read").is_none());
}

#[tokio::test]
async fn a_row_written_late_is_kept_from_then_on() {
    let local = Local::new().await;
    let day = SignedDuration::from_hours(24);
    let store = Store::new(local.dynamo.clone(), None, StoreConfig { retention: day, ..places() });
    let known = deploy(1);
    let deadline = second(0) + SignedDuration::from_hours(24 * 90);
    let review = EffectKind::RemindReview { approval: ApprovalId::from_text("a"), round: 3 };
    let registered = Change::register(&known, second(0)).later("review", review.clone(), deadline);
    store.commit(registered).await.expect("registered");
    // The clock keeps the deploy on; then it is written anew, and its effect is claimed on the day.
    store.keep_open(second(0) + SignedDuration::from_hours(20)).await.expect("kept");
    let late = second(0) + SignedDuration::from_hours(30);
    store.commit(Change::to(&known.id, late).deploy(&known)).await.expect("written");
    deleted(&local, late + SignedDuration::from_hours(1)).await;
    assert!(store.deploy(&known.id).await.expect("read").is_some());
    let due = store.due(deadline).take(10).await.expect("read").effects;
    let effect = due.into_iter().find(|effect| effect.kind == review).expect("it is due");
    store.claim(&effect, deadline).await.expect("claimed");
    deleted(&local, deadline + SignedDuration::from_hours(1)).await;
    assert!(store.effect(&known.id, &effect.id).await.expect("read").is_some());
}
