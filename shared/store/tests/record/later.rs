//! Effects that are due later: they wait hidden in the queue, or for the clock.

use crate::local::{Local, places};
use crate::samples::{approval, deploy, second};
use aws_sdk_dynamodb::Client;
use aws_sdk_sqs::config::interceptors::BeforeSerializationInterceptorContextRef;
use aws_sdk_sqs::config::{BehaviorVersion, ConfigBag, Credentials, Intercept, Region, RuntimeComponents};
use aws_sdk_sqs::error::BoxError;
use aws_sdk_sqs::operation::send_message_batch::SendMessageBatchInput;
use jiff::SignedDuration;
use signoff_core::approval as votes;
use signoff_core::approval::Approval;
use signoff_core::effect::{Effect, EffectKind, GRACE};
use signoff_core::id::ApprovalId;
use signoff_store::{Change, EffectMessage, Store, StoreConfig};
use std::sync::{Arc, Mutex};

/// Messages that SQS was asked to take, by their bodies. None of them gets there.
#[derive(Clone, Debug, Default)]
struct Asked(Arc<Mutex<Vec<EffectMessage>>>);

impl Intercept for Asked {
    fn name(&self) -> &'static str {
        "Asked"
    }

    fn read_before_serialization(
        &self,
        context: &BeforeSerializationInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let input = context.input().downcast_ref::<SendMessageBatchInput>().expect("a batch");
        let bodies = input.entries().iter().map(|entry| serde_json::from_str(entry.message_body()));
        self.0.lock().expect("nobody panicked").extend(bodies.map(|body| body.expect("a message")));
        Err("nobody listens".into())
    }
}

/// A store on the tables of `dynamo` whose messages end in the list.
fn with_queue(dynamo: &Client) -> (Store, Asked) {
    let asked = Asked::default();
    let config = aws_sdk_sqs::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new("local", "local", None, None, "tests"))
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .interceptor(asked.clone());
    let sqs = aws_sdk_sqs::Client::from_conf(config.build());
    let places = StoreConfig { effects_queue: Some("http://127.0.0.1/effects.fifo".to_owned()), ..places() };
    (Store::new(dynamo.clone(), Some(sqs), places), asked)
}

/// Commits what is to be done `wait` after the first second, and returns it with the messages that were sent.
async fn committed(local: &Local, wait: SignedDuration) -> (Effect, Vec<EffectMessage>) {
    let (store, asked) = with_queue(&local.dynamo);
    let id = deploy(1).id;
    store.commit(Change::register(&deploy(1), second(-500))).await.expect("registered");
    // What follows from a deploy that is registered is none of this.
    let known = store.page(&id).await.expect("read").expect("a page").effects;
    let remind = EffectKind::Remind { approval: ApprovalId::from_text("a") };
    let change = Change::to(&id, second(0)).later("remind", remind, second(0) + wait);
    store.commit(change).await.expect("committed");
    let page = store.page(&id).await.expect("read").expect("a page");
    let effect = page.effects.into_iter().find(|effect| !known.contains(effect)).expect("an effect");
    let sent = std::mem::take(&mut *asked.0.lock().expect("nobody panicked"));
    (effect, sent)
}

/// The effects that the clock finds at this time, without the one that follows from a registered deploy.
async fn due(local: &Local, now: jiff::Timestamp) -> Vec<Effect> {
    let taken = local.store.due(now).take(10).await.expect("read").effects;
    taken.into_iter().filter(|effect| !matches!(effect.kind, EffectKind::EvaluateRules { .. })).collect()
}

#[tokio::test]
async fn effects_due_within_ten_minutes_are_enqueued() {
    for wait in [SignedDuration::ZERO, SignedDuration::from_secs(1), SignedDuration::from_mins(10)] {
        let local = Local::new().await;
        let (effect, sent) = committed(&local, wait).await;
        let message = EffectMessage { deploy: effect.deploy.clone(), effect: effect.id.clone() };
        assert_eq!(sent, [message], "{wait}");
        assert_eq!(effect.not_before, second(0) + wait);
        assert_eq!(due(&local, second(0) + wait + GRACE - SignedDuration::from_secs(1)).await, []);
        assert_eq!(due(&local, second(0) + wait + GRACE).await.len(), 1, "{wait}");
    }
}

#[tokio::test]
async fn effects_due_later_are_sent_by_the_clock() {
    for wait in [SignedDuration::from_secs(601), SignedDuration::from_hours(24 * 30)] {
        let local = Local::new().await;
        let (effect, sent) = committed(&local, wait).await;
        assert_eq!(sent, [], "{wait}");
        let time = second(0) + wait;
        assert_eq!(due(&local, time - SignedDuration::from_secs(1)).await, []);
        let found = due(&local, time).await;
        assert_eq!(found.iter().map(|effect| &effect.id).collect::<Vec<_>>(), [&effect.id]);
        assert!(
            local.store.claim(&found[0], time - SignedDuration::from_secs(1)).await.is_err(),
            "too early"
        );
        assert_eq!(local.store.claim(&found[0], time).await.expect("claimed").attempts, 1);
    }
}

#[tokio::test]
async fn approval_opens_with_its_deadline_and_reminder() {
    let local = Local::new().await;
    let id = deploy(1).id;
    let opening = Approval { expires_at: Some(second(7200)), ..approval(&id, 1) };
    let decision = votes::open(opening.clone(), Some(SignedDuration::from_hours(1)));
    local.store.commit(Change::to(&id, second(0)).approval(decision)).await.expect("committed");
    let (expire, remind) =
        (EffectKind::Expire { approval: opening.id.clone() }, EffectKind::Remind { approval: opening.id });
    let kinds = |effects: Vec<Effect>| effects.into_iter().map(|effect| effect.kind).collect::<Vec<_>>();
    assert_eq!(kinds(due(&local, second(3599)).await), []);
    assert_eq!(kinds(due(&local, second(3600)).await), std::slice::from_ref(&remind));
    // Nobody did the reminder, so the clock finds it once more.
    assert_eq!(kinds(due(&local, second(7200)).await), [remind, expire]);
}
