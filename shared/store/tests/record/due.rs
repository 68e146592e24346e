//! Effects that the clock finds and sends again.

use crate::local::{Local, RECORD};
use crate::samples::{effect, reread, second};
use approval::effect::{Effect, EffectState, GRACE};
use approval::id::EffectId;
use aws_sdk_dynamodb::types::AttributeValue;
use jiff::SignedDuration;
use store::Store;
use tokio::task::JoinSet;

/// Takes all that is due, as the clock does: page after page until there is nothing.
async fn take_all(store: &Store, now: jiff::Timestamp, limit: i32) -> Vec<Effect> {
    let mut taken = Vec::new();
    loop {
        let page = store.take_due(now, limit).await.expect("read").effects;
        if page.is_empty() {
            return taken;
        }
        taken.extend(page);
    }
}

fn sorted(effects: impl IntoIterator<Item = Effect>) -> Vec<EffectId> {
    let mut ids: Vec<_> = effects.into_iter().map(|effect| effect.id).collect();
    ids.sort();
    ids
}

/// Returns the number of effects in the clock's index.
async fn indexed(local: &Local) -> i32 {
    let mut count = 0;
    for shard in 0..8 {
        let query =
            local.dynamo.query().table_name(RECORD).index_name("due").key_condition_expression("due = :due");
        let of = AttributeValue::S(format!("due#{shard}"));
        count += query.expression_attribute_values(":due", of).send().await.expect("read").count();
    }
    count
}

#[tokio::test]
async fn an_effect_is_due_once_the_queue_had_its_time() {
    let local = Local::new().await;
    let committed = effect(&local.store, 1, second(0)).await;
    assert_eq!(local.store.take_due(second(89), 10).await.expect("read").effects, []);
    assert_eq!(sorted(local.store.take_due(second(90), 10).await.expect("read").effects), [committed.id]);
}

#[tokio::test]
async fn what_was_taken_is_due_again_unless_it_is_done_in_time() {
    let local = Local::new().await;
    let (lost, done) = (effect(&local.store, 1, second(0)).await, effect(&local.store, 2, second(0)).await);
    assert_eq!(take_all(&local.store, second(90), 10).await.len(), 2);
    assert_eq!(local.store.take_due(second(90), 10).await.expect("read").effects, []);
    let claimed = local.store.claim(&reread(&local.store, &done).await, second(91)).await.expect("claimed");
    local.store.settle(&claimed, &claimed.closed(EffectState::Succeeded, None)).await.expect("settled");
    let next = second(90) + GRACE;
    assert_eq!(sorted(local.store.take_due(next, 10).await.expect("read").effects), [lost.id]);
}

#[tokio::test]
async fn an_effect_whose_process_ended_is_due_when_its_lease_runs_out() {
    let local = Local::new().await;
    let read = effect(&local.store, 1, second(0)).await;
    local.store.claim(&read, second(1)).await.expect("claimed");
    assert_eq!(local.store.take_due(second(45), 10).await.expect("read").effects, []);
    let due = local.store.take_due(second(46), 10).await.expect("read").effects;
    assert_eq!(due.iter().map(|effect| effect.state).collect::<Vec<_>>(), [EffectState::Started]);
    assert_eq!(local.store.claim(&due[0], second(47)).await.expect("claimed").attempts, 2);
}

#[tokio::test]
async fn an_effect_that_was_put_off_is_due_after_its_wait() {
    let local = Local::new().await;
    let claimed =
        local.store.claim(&effect(&local.store, 1, second(0)).await, second(1)).await.expect("claimed");
    let parked = claimed.postponed(second(1), SignedDuration::from_mins(15), "not in the channel".to_owned());
    local.store.settle(&claimed, &parked).await.expect("put off");
    assert_eq!(local.store.take_due(second(900), 10).await.expect("read").effects, []);
    assert_eq!(local.store.take_due(second(1 + 900) + GRACE, 10).await.expect("read").effects.len(), 1);
}

#[tokio::test]
async fn closed_effects_are_not_in_the_clocks_index() {
    let local = Local::new().await;
    for (number, state) in (1..).zip([EffectState::Succeeded, EffectState::Failed, EffectState::Unknown]) {
        let claimed = local
            .store
            .claim(&effect(&local.store, number, second(0)).await, second(1))
            .await
            .expect("claimed");
        assert_eq!(indexed(&local).await, 1);
        local.store.settle(&claimed, &claimed.closed(state, None)).await.expect("settled");
        assert_eq!(indexed(&local).await, 0, "{state:?}");
    }
    assert_eq!(local.store.take_due(second(10_000), 10).await.expect("read").effects, []);
}

#[tokio::test]
async fn the_oldest_are_taken_first_and_no_more_than_asked_for() {
    let local = Local::new().await;
    let mut committed = Vec::new();
    for number in [3, 1, 2] {
        committed.push((number, effect(&local.store, number, second(i64::from(number))).await.id));
    }
    committed.sort();
    let taken = local.store.take_due(second(200), 2).await.expect("read").effects;
    let oldest: Vec<_> = committed.iter().take(2).map(|(_, id)| id.clone()).collect();
    assert_eq!(taken.into_iter().map(|effect| effect.id).collect::<Vec<_>>(), oldest);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn five_clocks_at_the_same_time_take_each_effect_once() {
    let local = Local::new().await;
    let mut committed = Vec::new();
    for number in 0..30 {
        committed.push(effect(&local.store, number, second(0)).await);
    }
    let mut clocks = JoinSet::new();
    for _ in 0..5 {
        let store = local.store.clone();
        clocks.spawn(async move { take_all(&store, second(100), 7).await });
    }
    let mut taken: Vec<_> = clocks.join_all().await.into_iter().flatten().collect();
    // A clock whose page others took first stops early, as the function does; the next tick has the rest.
    taken.extend(take_all(&local.store, second(100), 100).await);
    assert_eq!(sorted(taken), sorted(committed));
}
