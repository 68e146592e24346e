//! Effects that the clock finds and sends again.

use crate::local::{Local, RECORD, places};
use crate::samples::{effect, reread, second};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::interceptors::BeforeSerializationInterceptorContextRef;
use aws_sdk_dynamodb::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_dynamodb::error::BoxError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemInput;
use aws_sdk_dynamodb::types::AttributeValue;
use jiff::SignedDuration;
use signoff_core::effect::{Effect, EffectKind, EffectState, GRACE};
use signoff_core::id::{ApprovalId, DeployId, EffectId};
use signoff_store::{Change, MOST_OF_ONE, Store};
use std::collections::BTreeSet;
use tokio::task::JoinSet;

/// Takes all that is due, as the clock does: page after page until there is nothing.
async fn take_all(store: &Store, now: jiff::Timestamp, limit: usize) -> Vec<Effect> {
    let mut taken = Vec::new();
    loop {
        let page = store.due(now).take(limit).await.expect("read").effects;
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
    assert_eq!(local.store.due(second(89)).take(10).await.expect("read").effects, []);
    assert_eq!(sorted(local.store.due(second(90)).take(10).await.expect("read").effects), [committed.id]);
}

#[tokio::test]
async fn what_was_taken_is_due_again_unless_it_is_done_in_time() {
    let local = Local::new().await;
    let (lost, done) = (effect(&local.store, 1, second(0)).await, effect(&local.store, 2, second(0)).await);
    assert_eq!(take_all(&local.store, second(90), 10).await.len(), 2);
    assert_eq!(local.store.due(second(90)).take(10).await.expect("read").effects, []);
    let claimed = local.store.claim(&reread(&local.store, &done).await, second(91)).await.expect("claimed");
    local.store.settle(&claimed, &claimed.closed(EffectState::Succeeded, None)).await.expect("settled");
    let next = second(90) + GRACE;
    assert_eq!(sorted(local.store.due(next).take(10).await.expect("read").effects), [lost.id]);
}

#[tokio::test]
async fn an_effect_whose_process_ended_is_due_when_its_lease_runs_out() {
    let local = Local::new().await;
    let read = effect(&local.store, 1, second(0)).await;
    local.store.claim(&read, second(1)).await.expect("claimed");
    assert_eq!(local.store.due(second(45)).take(10).await.expect("read").effects, []);
    let due = local.store.due(second(46)).take(10).await.expect("read").effects;
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
    assert_eq!(local.store.due(second(900)).take(10).await.expect("read").effects, []);
    assert_eq!(local.store.due(second(1 + 900) + GRACE).take(10).await.expect("read").effects.len(), 1);
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
    assert_eq!(local.store.due(second(10_000)).take(10).await.expect("read").effects, []);
}

#[tokio::test]
async fn the_oldest_are_taken_first_and_no_more_than_asked_for() {
    let local = Local::new().await;
    let mut committed = Vec::new();
    for number in [3, 1, 2] {
        committed.push((number, effect(&local.store, number, second(i64::from(number))).await.id));
    }
    committed.sort();
    let taken = local.store.due(second(200)).take(2).await.expect("read").effects;
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

/// Commits `count` effects of a deploy of this deployment, each of which is due at `time`, and returns the
/// deploy's id.
async fn many_due(store: &Store, deployment: &str, count: usize, time: jiff::Timestamp) -> DeployId {
    let deploy = DeployId::derive("register", &[deployment, "staging", "7bf7226"]);
    let remind = EffectKind::Remind { approval: ApprovalId::from_text("a") };
    // DynamoDB takes 100 rows a transaction.
    for (part, some) in vec![remind; count].chunks(90).enumerate() {
        let change = Change::to(&deploy, time).and(&format!("part {part}"), some.to_vec(), Vec::new());
        store.commit(change).await.expect("committed");
    }
    deploy
}

#[tokio::test]
async fn noisy_deployment_keeps_no_other_waiting() {
    let local = Local::new().await;
    let beyond = 40;
    let noisy = many_due(&local.store, "acme/noisy", MOST_OF_ONE + beyond, second(0)).await;
    let quiet = many_due(&local.store, "acme/quiet", 5, second(60)).await;
    let mut look = local.store.due(second(200));
    let first = look.take(10).await.expect("read").effects;
    let deploys: Vec<_> = first.iter().map(|effect| &effect.deploy).collect();
    assert_eq!(deploys, [&noisy, &quiet].repeat(5), "they take turns");
    let mut taken = first.len();
    while !look.is_over() {
        taken += look.take(100).await.expect("read").effects.len();
    }
    assert_eq!((taken, look.left()), (MOST_OF_ONE + 5, beyond));
    // The next minute has those that were left, before what was taken is due again.
    let mut look = local.store.due(second(260));
    let next = look.take(100).await.expect("read").effects;
    assert_eq!((next.len(), look.is_over(), look.left()), (beyond, true, 0));
    assert!(next.iter().all(|effect| effect.deploy == noisy));
}

/// Fails each request that would put off one of these effects.
#[derive(Clone, Debug)]
struct Stuck(BTreeSet<String>);

impl Intercept for Stuck {
    fn name(&self) -> &'static str {
        "Stuck"
    }

    fn read_before_serialization(
        &self,
        context: &BeforeSerializationInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let input = context.input().downcast_ref::<UpdateItemInput>();
        let sk = input.and_then(|input| input.key()?.get("sk")?.as_s().ok());
        if sk.is_some_and(|sk| self.0.contains(sk)) { Err("it is stuck".into()) } else { Ok(()) }
    }
}

#[tokio::test]
async fn effects_that_cannot_be_taken_hide_no_others() {
    let local = Local::new().await;
    // As many as one deployment's share, so that those behind them are sent though they are of the same.
    let deploy = many_due(&local.store, "acme/stuck", MOST_OF_ONE, second(0)).await;
    let sks = local.rows().await.into_values().map(|row| crate::local::text(&row, "sk"));
    let stuck = Stuck(sks.collect());
    let sound = Change::to(&deploy, second(30)).and(
        "sound",
        vec![EffectKind::ApplyPolicy { from: None }; 3],
        Vec::new(),
    );
    local.store.commit(sound).await.expect("committed");
    let config = local.dynamo.config().to_builder().interceptor(stuck);
    let store = Store::new(Client::from_conf(config.build()), None, places());
    for minute in [200, 260] {
        let mut look = store.due(second(minute));
        let (mut taken, mut failures) = (Vec::new(), 0);
        while !look.is_over() {
            let due = look.take(100).await.expect("read");
            taken.extend(due.effects.into_iter().map(|effect| effect.kind));
            failures += due.failures.len();
        }
        // In the next minute, those that were taken wait for their next turn.
        let expected = if minute == 200 { 3 } else { 0 };
        assert_eq!(taken, vec![EffectKind::ApplyPolicy { from: None }; expected]);
        assert_eq!((failures, look.left()), (MOST_OF_ONE, 0));
    }
}
