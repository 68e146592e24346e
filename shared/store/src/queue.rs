//! From the record to SQS: which effect is to be done.

use crate::error::StoreError;
use crate::{Store, keys};
use approval::effect::{Effect, Queue};
use approval::id::{DeployId, EffectId};
use aws_sdk_sqs::types::SendMessageBatchRequestEntry;
use serde::{Deserialize, Serialize};

/// How many messages one request can send.
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

impl Store {
    /// Sends `effects`, in order. What can't be sent stays in the record, where the clock finds it: the failure is
    /// logged here, and is nobody else's.
    pub(crate) async fn send_committed(&self, effects: &[Effect]) {
        if let Err(error) = self.send(effects).await {
            let deploy = effects.first().map_or("", |effect| effect.deploy.as_str());
            tracing::warn!(deploy, effects = effects.len(), %error, "not sent; the clock will send it");
        }
    }

    /// Sends `effects`, in order, each to its queue; at most one request a queue for up to 10 of them.
    pub async fn send(&self, effects: &[Effect]) -> Result<(), StoreError> {
        for queue in [Queue::Deploys, Queue::Effects] {
            let address = match queue {
                Queue::Deploys => &self.places.deploys_queue,
                Queue::Effects => &self.places.effects_queue,
            };
            let of_queue: Vec<_> = effects.iter().filter(|effect| effect.kind.queue() == queue).collect();
            for batch in of_queue.chunks(BATCH) {
                self.send_batch(address.as_deref(), batch).await?;
            }
        }
        Ok(())
    }

    async fn send_batch(&self, address: Option<&str>, batch: &[&Effect]) -> Result<(), StoreError> {
        const OPERATION: &str = "SendMessageBatch";
        let (Some(sqs), Some(address)) = (&self.sqs, address) else {
            let detail = "this function has no address of the queue".to_owned();
            return Err(StoreError::Service { operation: OPERATION, detail });
        };
        let mut entries = Vec::new();
        for (index, effect) in batch.iter().enumerate() {
            let message = EffectMessage { deploy: effect.deploy.clone(), effect: effect.id.clone() };
            let body = serde_json::to_string(&message)
                .map_err(|error| StoreError::row(effect.id.as_str(), error))?;
            let entry = SendMessageBatchRequestEntry::builder()
                .id(index.to_string())
                .message_body(body)
                .message_group_id(effect.group())
                // What the clock sends again within SQS's five minutes of deduplication is another message.
                .message_deduplication_id(format!(
                    "{}-{}",
                    effect.id,
                    keys::sortable(effect.due_at).replace([':', '.'], "-")
                ))
                .build()
                .map_err(|error| StoreError::row(effect.id.as_str(), error))?;
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
