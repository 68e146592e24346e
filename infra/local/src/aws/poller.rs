//! SQS event source mappings: takes batches from a queue and hands them to a function.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html>. Messages that succeeded are deleted; the
//! others stay hidden for the rest of their visibility timeout. The queue itself keeps two batches from
//! having one message group at once: a group gives nothing behind a message in flight.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::body::Bytes;
use serde_json::{Value, json};
use tokio::{sync::Semaphore, task::JoinSet};

use super::{
    lambda::Invocation,
    services::Services,
    shuffle::Shuffle,
    template::resources::{EventSource, Queue},
};
use crate::stand_in::locked;

/// Between two tries of a receive that SQS itself refused.
const PAUSE: Duration = Duration::from_secs(1);

/// Settings for handing batches to a function.
#[derive(Debug, Clone)]
pub(super) struct How {
    pub(super) region: String,
    pub(super) visibility_timeout: Option<Duration>,
    /// See [`StackOptions::disorder`](super::StackOptions::disorder).
    pub(super) disorder: Option<u64>,
}

/// A function and the queue that feeds it.
struct Feed {
    services: Arc<Services>,
    source: EventSource,
    queue: Queue,
    how: How,
    shuffle: Option<Mutex<Shuffle>>,
}

/// Feeds a function from a queue until it is dropped.
pub(super) async fn run(services: Arc<Services>, source: EventSource, queue: Queue, how: How) {
    let shuffle = how.disorder.map(|seed| Mutex::new(Shuffle::new(seed)));
    let feed = Arc::new(Feed { services, source, queue, how, shuffle });
    let slots = Arc::new(Semaphore::new(usize::try_from(feed.source.concurrency).unwrap_or(1)));
    let mut batches = JoinSet::new();
    // Closed never: the semaphore lives as long as this loop.
    while let Ok(slot) = Arc::clone(&slots).acquire_owned().await {
        while batches.try_join_next().is_some() {}
        let messages = feed.receive().await;
        if messages.is_empty() {
            continue;
        }
        let feed = Arc::clone(&feed);
        batches.spawn(async move {
            let _slot = slot;
            feed.deliver(&messages).await;
        });
    }
}

impl Feed {
    async fn receive(&self) -> Vec<Value> {
        let mut receive = json!({
            "QueueUrl": self.queue.url,
            "MaxNumberOfMessages": self.source.batch_size,
            "WaitTimeSeconds": 20,
            "AttributeNames": ["All"],
            "MessageAttributeNames": ["All"],
        });
        if let Some(timeout) = self.how.visibility_timeout {
            receive["VisibilityTimeout"] = json!(timeout.as_secs());
        }
        match self.services.sqs.call("ReceiveMessage", receive).await {
            Ok(answer) => answer["Messages"].as_array().cloned().unwrap_or_default(),
            Err(error) => {
                tracing::warn!(%error, queue = self.queue.name, "can't receive");
                tokio::time::sleep(PAUSE).await;
                Vec::new()
            }
        }
    }

    /// Hands a batch over; where disorder is asked for, twice, each time in another order.
    async fn deliver(&self, messages: &[Value]) {
        match &self.shuffle {
            None => self.batch(messages).await,
            Some(shuffle) => {
                for _ in 0..2 {
                    let shuffled = locked(shuffle).shuffled(messages.to_vec());
                    self.batch(&shuffled).await;
                }
            }
        }
        let ids = messages.iter().filter_map(|message| message["MessageId"].as_str());
        self.services.sqs.give_back(&self.queue, ids);
    }

    /// One batch: the invocation, and what follows from its answer.
    async fn batch(&self, messages: &[Value]) {
        let Self { services, source, queue, how, .. } = self;
        let records: Vec<Value> =
            messages.iter().map(|message| record(message, &queue.arn, &how.region)).collect();
        let payload = Bytes::from(json!({"Records": records}).to_string());
        let invocation = services.functions.invoke(&source.function, payload).await;
        let failures = failures(&invocation, source.reports_failures, messages);
        for message in messages {
            if message["MessageId"].as_str().is_some_and(|id| failures.contains(&id)) {
                continue;
            }
            let request = json!({"QueueUrl": queue.url, "ReceiptHandle": message["ReceiptHandle"]});
            if let Err(error) = services.sqs.call("DeleteMessage", request).await {
                tracing::warn!(%error, queue = queue.name, "can't delete");
            }
        }
    }
}

/// Ids of the messages that are not done: none, those that the answer names, or all.
/// <https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html#services-sqs-batchfailurereporting>
fn failures<'m>(invocation: &Invocation, reports: bool, messages: &'m [Value]) -> Vec<&'m str> {
    let ids: Vec<&str> = messages.iter().filter_map(|message| message["MessageId"].as_str()).collect();
    if invocation.failed {
        return ids;
    }
    if !reports {
        return Vec::new();
    }
    let Ok(answer) = serde_json::from_slice::<Value>(&invocation.payload) else {
        // No JSON at all, not even null, can't be an answer that says which failed.
        return ids;
    };
    let named = match answer.get("batchItemFailures") {
        None | Some(Value::Null) => return Vec::new(),
        Some(named) => named.as_array().map_or(&[][..], Vec::as_slice),
    };
    let named: Vec<&str> = named.iter().filter_map(|failure| failure["itemIdentifier"].as_str()).collect();
    // An empty or unknown id means that the whole batch failed.
    let all_known = answer["batchItemFailures"].as_array().is_some_and(|all| all.len() == named.len())
        && named.iter().all(|id| ids.contains(id));
    if all_known { ids.into_iter().filter(|id| named.contains(id)).collect() } else { ids }
}

/// A received message as an event's record.
fn record(message: &Value, arn: &str, region: &str) -> Value {
    let mut record = json!({
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": message.get("Attributes").cloned().unwrap_or_else(|| json!({})),
        "messageAttributes": {},
        "md5OfBody": message["MD5OfBody"],
        "eventSource": "aws:sqs",
        "eventSourceARN": arn,
        "awsRegion": region,
    });
    if let Some(md5) = message.get("MD5OfMessageAttributes") {
        record["md5OfMessageAttributes"] = md5.clone();
    }
    for (name, attribute) in message["MessageAttributes"].as_object().into_iter().flatten() {
        record["messageAttributes"][name] = json!({
            "stringValue": attribute.get("StringValue"),
            "binaryValue": attribute.get("BinaryValue"),
            "stringListValues": [],
            "binaryListValues": [],
            "dataType": attribute["DataType"],
        });
        if let Some(attribute) = record["messageAttributes"][name].as_object_mut() {
            attribute.retain(|_, value| !value.is_null());
        }
    }
    record
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed_ids(answer: &str, failed: bool, reports: bool) -> Vec<String> {
        let messages = [json!({"MessageId": "a"}), json!({"MessageId": "b"})];
        let invocation = Invocation { payload: Bytes::from(answer.to_owned()), failed };
        failures(&invocation, reports, &messages).into_iter().map(str::to_owned).collect()
    }

    #[test]
    fn answers_say_which_messages_failed() {
        let (none, all): (&[&str], &[&str]) = (&[], &["a", "b"]);
        for (answer, failed, reports, expected) in [
            ("{}", false, true, none),
            ("null", false, true, none),
            (r#"{"batchItemFailures": []}"#, false, true, none),
            (r#"{"batchItemFailures": null}"#, false, true, none),
            (r#"{"batchItemFailures": [{"itemIdentifier": "b"}]}"#, false, true, &["b"]),
            (r#"{"batchItemFailures": [{"itemIdentifier": "b"}]}"#, false, false, none),
            (r#"{"batchItemFailures": [{"itemIdentifier": "c"}]}"#, false, true, all),
            (r#"{"batchItemFailures": [{"itemIdentifier": ""}]}"#, false, true, all),
            (r#"{"batchItemFailures": [{"itemIdentifier": null}]}"#, false, true, all),
            ("no json", false, true, all),
            ("{}", true, true, all),
        ] {
            assert_eq!(failed_ids(answer, failed, reports), expected, "{answer} {failed} {reports}");
        }
    }

    #[test]
    fn records_have_the_shape_of_an_sqs_event() {
        let message = json!({
            "MessageId": "id", "ReceiptHandle": "handle", "Body": "{}", "MD5OfBody": "99914b",
            "Attributes": {"ApproximateReceiveCount": "1", "MessageGroupId": "g"},
            "MD5OfMessageAttributes": "5ae4", "MessageAttributes": {"Kind": {"DataType": "String", "StringValue": "x"}},
        });
        assert_eq!(
            record(&message, "arn:aws:sqs:us-east-1:0:q", "us-east-1"),
            json!({
                "messageId": "id", "receiptHandle": "handle", "body": "{}", "md5OfBody": "99914b",
                "attributes": {"ApproximateReceiveCount": "1", "MessageGroupId": "g"},
                "md5OfMessageAttributes": "5ae4",
                "messageAttributes": {"Kind": {"stringValue": "x", "stringListValues": [], "binaryListValues": [],
                    "dataType": "String"}},
                "eventSource": "aws:sqs", "eventSourceARN": "arn:aws:sqs:us-east-1:0:q", "awsRegion": "us-east-1",
            })
        );
    }
}
