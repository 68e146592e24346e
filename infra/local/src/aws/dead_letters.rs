//! What has come to the dead-letter queues.

use std::sync::Arc;

use serde_json::{Value, json};
use tokio::sync::Mutex;

use super::{
    services::{ServiceError, sqs::Sqs},
    template::{Resources, resources::Queue},
};

/// A message that was given up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetter {
    /// Logical id of the dead-letter queue.
    pub queue: String,
    /// The message as it was sent.
    pub body: String,
    /// `MessageGroupId`, of a FIFO queue.
    pub group: Option<String>,
}

/// Reads the dead-letter queues. A FIFO queue shows a group's next message only once the one before it is deleted, so
/// what is read here is taken out and kept in this place.
pub(super) struct DeadLetters {
    queues: Vec<Queue>,
    taken: Arc<Mutex<Vec<DeadLetter>>>,
}

impl DeadLetters {
    pub(super) fn new(resources: &Resources) -> Self {
        let is_target = |queue: &&Queue| {
            resources.queues.iter().filter_map(|other| other.redrive.as_ref()).any(|redrive| {
                redrive.target_arn == queue.arn
            })
        };
        Self { queues: resources.queues.iter().filter(is_target).cloned().collect(), taken: Arc::default() }
    }

    /// All that has arrived so far.
    pub(super) async fn collect(&self, sqs: &Sqs) -> Result<Vec<DeadLetter>, ServiceError> {
        let mut taken = self.taken.lock().await;
        for queue in &self.queues {
            loop {
                let receive = json!({
                    "QueueUrl": queue.url, "MaxNumberOfMessages": 10, "AttributeNames": ["All"], "WaitTimeSeconds": 0,
                });
                let answer = sqs.call("ReceiveMessage", receive).await?;
                let messages = answer["Messages"].as_array().map_or(&[][..], Vec::as_slice);
                if messages.is_empty() {
                    break;
                }
                for message in messages {
                    let delete = json!({"QueueUrl": queue.url, "ReceiptHandle": message["ReceiptHandle"]});
                    sqs.call("DeleteMessage", delete).await?;
                    taken.push(dead_letter(queue, message));
                }
            }
        }
        Ok(taken.clone())
    }
}

fn dead_letter(queue: &Queue, message: &Value) -> DeadLetter {
    DeadLetter {
        queue: queue.logical_id.clone(),
        body: message["Body"].as_str().unwrap_or_default().to_owned(),
        group: message["Attributes"]["MessageGroupId"].as_str().map(str::to_owned),
    }
}
