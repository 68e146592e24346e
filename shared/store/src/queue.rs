//! From the record to SQS: which effect is to be done.

use crate::error::StoreError;
use crate::{Store, keys};
use aws_sdk_sqs::types::SendMessageBatchRequestEntry;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use signoff_core::effect::{Effect, Queue};
use signoff_core::id::{DeployId, EffectId};

/// Most messages that one request can send.
///
/// Source: <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html>.
const BATCH: usize = 10;

/// A message of either queue: an effect's keys. What to do is read from its row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EffectMessage {
    /// The deploy.
    pub deploy: DeployId,
    /// The effect.
    pub effect: EffectId,
}

/// A message, and how the queue is to treat it.
struct Letter {
    message: EffectMessage,
    /// The FIFO group.
    group: String,
    /// Tells it from other messages about the same effect.
    mark: String,
}

impl Letter {
    fn of(effect: &Effect) -> Self {
        let message = EffectMessage { deploy: effect.deploy.clone(), effect: effect.id.clone() };
        Self { message, group: effect.group(), mark: key_of(effect.due_at) }
    }
}

/// A time as deduplication ids take it.
fn key_of(at: Timestamp) -> String {
    keys::sortable(at).replace([':', '.'], "-")
}

impl Store {
    /// Sends `effects`, in order. What can't be sent stays in the record, where the clock finds it: the
    /// failure is logged here, and is nobody else's.
    pub(crate) async fn send_committed(&self, effects: &[Effect]) {
        if let Err(error) = self.send(effects).await {
            let deploy = effects.first().map_or("", |effect| effect.deploy.as_str());
            tracing::warn!(deploy, effects = effects.len(), %error, "not sent; the clock will send it");
        }
    }

    /// Sends `effects`, in order, each to its queue; at most one request a queue for up to 10 of them.
    ///
    /// # Errors
    /// The first failure. What belongs to other requests was sent all the same.
    pub async fn send(&self, effects: &[Effect]) -> Result<(), StoreError> {
        let mut sent = Ok(());
        for queue in [Queue::Deploys, Queue::Effects] {
            let of_queue = effects.iter().filter(|effect| effect.kind.queue() == queue);
            let letters: Vec<_> = of_queue.map(Letter::of).collect();
            for batch in letters.chunks(BATCH) {
                let this = self.send_batch(self.address(queue), batch).await;
                sent = sent.and(this);
            }
        }
        sent
    }

    /// Has action-execution tell people of effects whose rows can't be read.
    ///
    /// # Errors
    /// As of [`Store::send`].
    pub async fn send_unreadable(&self, effects: &[EffectMessage], now: Timestamp) -> Result<(), StoreError> {
        let letter = |message: &EffectMessage| Letter {
            message: message.clone(),
            group: format!("unreadable-{}", message.effect),
            mark: key_of(now),
        };
        let letters: Vec<_> = effects.iter().map(letter).collect();
        let mut sent = Ok(());
        for batch in letters.chunks(BATCH) {
            let this = self.send_batch(self.address(Queue::Effects), batch).await;
            sent = sent.and(this);
        }
        sent
    }

    fn address(&self, queue: Queue) -> Option<&str> {
        match queue {
            Queue::Deploys => self.places.deploys_queue.as_deref(),
            Queue::Effects => self.places.effects_queue.as_deref(),
        }
    }

    async fn send_batch(&self, address: Option<&str>, batch: &[Letter]) -> Result<(), StoreError> {
        const OPERATION: &str = "SendMessageBatch";
        let (Some(sqs), Some(address)) = (&self.sqs, address) else {
            let detail = "this function has no address of the queue".to_owned();
            return Err(StoreError::Service { operation: OPERATION, detail });
        };
        let mut entries = Vec::new();
        for (index, Letter { message, group, mark }) in batch.iter().enumerate() {
            let id = message.effect.as_str();
            let body = serde_json::to_string(message).map_err(|error| StoreError::row(id, error))?;
            let entry = SendMessageBatchRequestEntry::builder()
                .id(index.to_string())
                .message_body(body)
                .message_group_id(group)
                // What the clock sends again within SQS's five minutes of deduplication is another message.
                .message_deduplication_id(format!("{id}-{mark}"))
                .build()
                .map_err(|error| StoreError::row(id, error))?;
            entries.push(entry);
        }
        let request = sqs.send_message_batch().queue_url(address).set_entries(Some(entries));
        let answer = request.send().await.map_err(|error| StoreError::service(OPERATION, error))?;
        match answer.failed().first() {
            None => Ok(()),
            Some(failed) => Err(StoreError::Service {
                operation: OPERATION,
                detail: format!("{} of {} not taken: {}", answer.failed().len(), batch.len(), failed.code()),
            }),
        }
    }
}
