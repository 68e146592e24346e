//! SQS's JSON protocol: the operations that a client of queues needs.
//!
//! <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_Operations.html>.

use std::{collections::BTreeMap, time::Duration};

use axum::response::Response;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::HeaderValue;
use serde_json::{Map, Value, json};

use super::{
    Shared, Sqs, md5, now,
    parameters::{identifier, names, number, receipt, text},
    queue::{Delivery, Found, Sent},
    refusal::Refusal,
};
use crate::aws::services::json_response;

/// A message, with its attributes' values, and a batch of them.
const LARGEST_MESSAGE: usize = 1024 * 1024;
/// Entries of one batch.
const LARGEST_BATCH: usize = 10;
/// The longest visibility timeout.
const LONGEST_HIDDEN: u64 = 12 * 60 * 60;

type Answer = Result<Value, Refusal>;

/// One operation as an HTTP response.
pub(super) async fn respond(sqs: &Sqs, operation: &str, body: &[u8]) -> Response {
    let answer = match serde_json::from_slice::<Value>(body) {
        Ok(request) => answer(sqs, operation, &request).await,
        Err(error) => {
            Err(Refusal::new("SerializationException", format!("The request is not JSON: {error}")))
        }
    };
    match answer {
        Ok(answer) => json_response(http::StatusCode::OK, &answer),
        Err(refusal) => {
            let mut response = json_response(http::StatusCode::BAD_REQUEST, &refusal.body());
            if let Ok(value) = HeaderValue::from_str(&refusal.query_error()) {
                response.headers_mut().insert("x-amzn-query-error", value);
            }
            response
        }
    }
}

/// One operation.
pub(super) async fn answer(sqs: &Sqs, operation: &str, request: &Value) -> Answer {
    match operation {
        "GetQueueUrl" => {
            let shared = sqs.queues.get(text(request, "QueueName")?).ok_or_else(Refusal::no_queue)?;
            Ok(json!({"QueueUrl": shared.settings.url}))
        }
        "GetQueueAttributes" => attributes(find(sqs, request)?, request),
        "SendMessage" => send(sqs, find(sqs, request)?, request),
        "SendMessageBatch" => {
            let shared = find(sqs, request)?;
            let size: usize = entries(request)?.iter().map(size).sum();
            if size > LARGEST_MESSAGE {
                return Err(Refusal::new("BatchRequestTooLong", "The batch is longer than 1048576 bytes."));
            }
            each(request, |entry| send(sqs, shared, entry))
        }
        "ReceiveMessage" => receive(sqs, find(sqs, request)?, request).await,
        "DeleteMessage" => delete(find(sqs, request)?, request),
        "DeleteMessageBatch" => {
            let shared = find(sqs, request)?;
            each(request, |entry| delete(shared, entry))
        }
        "ChangeMessageVisibility" => hide(find(sqs, request)?, request),
        "ChangeMessageVisibilityBatch" => {
            let shared = find(sqs, request)?;
            each(request, |entry| hide(shared, entry))
        }
        _ => {
            Err(Refusal::new("UnsupportedOperation", format!("The local SQS has no operation {operation}.")))
        }
    }
}

/// The queue that a request is for: the last part of its URL is its name.
fn find<'s>(sqs: &'s Sqs, request: &Value) -> Result<&'s Shared, Refusal> {
    let url = text(request, "QueueUrl")?;
    let name = url.rsplit('/').next().unwrap_or_default();
    sqs.queues.get(name).ok_or_else(Refusal::no_queue)
}

fn send(sqs: &Sqs, shared: &Shared, request: &Value) -> Answer {
    let settings = &shared.settings;
    let body = text(request, "MessageBody")?;
    if body.is_empty() {
        return Err(Refusal::missing("MessageBody"));
    }
    if size(request) > LARGEST_MESSAGE {
        return Err(Refusal::invalid("MessageBody", "Message must be shorter than 1048576 bytes."));
    }
    let group = identifier(request, "MessageGroupId")?;
    let mut deduplication_id = identifier(request, "MessageDeduplicationId")?;
    let delay = number(request, "DelaySeconds", 0, 900)?.unwrap_or(0);
    if settings.fifo {
        if group.is_none() {
            return Err(Refusal::missing("MessageGroupId"));
        }
        if delay > 0 {
            return Err(Refusal::invalid("DelaySeconds", "A FIFO queue has no delay per message."));
        }
        if deduplication_id.is_none() && settings.content_based_deduplication {
            deduplication_id = Some(hex::encode(<sha2::Sha256 as sha2::Digest>::digest(body)));
        }
        if deduplication_id.is_none() {
            let message = "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId \
                           provided explicitly";
            return Err(Refusal::new("InvalidParameterValue", message));
        }
    } else if deduplication_id.is_some() {
        return Err(Refusal::invalid("MessageDeduplicationId", "The queue is not a FIFO queue."));
    }
    let attributes = request["MessageAttributes"].as_object().cloned().unwrap_or_default();
    let mut answer = json!({"MD5OfMessageBody": md5::of_body(body)});
    if let Some(digest) = md5::of_attributes(&attributes) {
        answer["MD5OfMessageAttributes"] = json!(digest);
    }
    let sent = Sent {
        body: body.to_owned(),
        attributes,
        group,
        deduplication_id,
        sender: sqs.account.clone(),
        delay_ms: i64::try_from(delay * 1000).unwrap_or_default(),
    };
    let (id, sequence) = shared.with(|queue| queue.send(sqs.ids.uuid(), sent, now()));
    shared.changed.notify_waiters();
    answer["MessageId"] = json!(id);
    if settings.fifo {
        answer["SequenceNumber"] = json!(format!("{sequence:020}"));
    }
    Ok(answer)
}

async fn receive(sqs: &Sqs, shared: &Shared, request: &Value) -> Answer {
    let max = number(request, "MaxNumberOfMessages", 1, 10)?.unwrap_or(1);
    let wait = number(request, "WaitTimeSeconds", 0, 20)?.unwrap_or(0);
    let hidden = number(request, "VisibilityTimeout", 0, LONGEST_HIDDEN)?
        .map_or(shared.settings.visibility_timeout, Duration::from_secs);
    let max = usize::try_from(max).unwrap_or(1);
    let deliveries = sqs.receive(shared, max, hidden, Duration::from_secs(wait)).await;
    if deliveries.is_empty() {
        return Ok(json!({}));
    }
    let system = [names(request, "AttributeNames"), names(request, "MessageSystemAttributeNames")].concat();
    let own = names(request, "MessageAttributeNames");
    let messages: Vec<Value> = deliveries.iter().map(|delivery| message(delivery, &system, &own)).collect();
    Ok(json!({"Messages": messages}))
}

fn message(delivery: &Delivery, system: &[&str], own: &[&str]) -> Value {
    let (message, receipt) = (&delivery.message, &delivery.receipt);
    let handle = STANDARD.encode(format!("{}:{}", receipt.message_id, receipt.receive));
    let mut value = json!({
        "MessageId": message.id,
        "ReceiptHandle": handle,
        "Body": message.body,
        "MD5OfBody": md5::of_body(&message.body),
    });
    let sequence = message.group.as_ref().map(|_| format!("{:020}", delivery.sequence));
    let all = [
        ("SenderId", Some(message.sender.clone())),
        ("SentTimestamp", Some(message.sent_ms.to_string())),
        ("ApproximateReceiveCount", Some(message.receives.to_string())),
        ("ApproximateFirstReceiveTimestamp", message.first_received_ms.map(|at| at.to_string())),
        ("SequenceNumber", sequence),
        ("MessageDeduplicationId", message.deduplication_id.clone()),
        ("MessageGroupId", message.group.clone()),
        ("DeadLetterQueueSourceArn", message.dead_letter_of.clone()),
    ];
    let wanted = |name: &str| system.contains(&"All") || system.contains(&name);
    let chosen: BTreeMap<&str, String> = all
        .into_iter()
        .filter(|(name, _)| wanted(name))
        .filter_map(|(name, value)| Some((name, value?)))
        .collect();
    if !chosen.is_empty() {
        value["Attributes"] = json!(chosen);
    }
    let wanted = |name: &str| {
        own.iter().any(|pattern| {
            matches!(*pattern, "All" | ".*")
                || *pattern == name
                || pattern.strip_suffix(".*").is_some_and(|prefix| name.starts_with(prefix))
        })
    };
    let chosen: Map<String, Value> = message
        .attributes
        .iter()
        .filter(|(name, _)| wanted(name))
        .map(|(name, attribute)| (name.clone(), attribute.clone()))
        .collect();
    if let Some(digest) = md5::of_attributes(&chosen) {
        value["MessageAttributes"] = Value::Object(chosen);
        value["MD5OfMessageAttributes"] = json!(digest);
    }
    value
}

fn delete(shared: &Shared, request: &Value) -> Answer {
    let receipt = receipt(request)?;
    match shared.with(|queue| queue.delete(&receipt, now())) {
        Found::Done => {
            // The rest of its group may be waiting.
            shared.changed.notify_waiters();
            Ok(json!({}))
        }
        Found::Gone => Ok(json!({})),
        // A standard queue deletes by an old receipt, most of the time; a FIFO queue never does.
        Found::Expired if shared.settings.fifo => {
            Err(Refusal::invalid("ReceiptHandle", "The receipt handle has expired."))
        }
        Found::Expired => Ok(json!({})),
    }
}

fn hide(shared: &Shared, request: &Value) -> Answer {
    let receipt = receipt(request)?;
    let seconds = number(request, "VisibilityTimeout", 0, LONGEST_HIDDEN)?
        .ok_or_else(|| Refusal::missing("VisibilityTimeout"))?;
    let hidden_ms = i64::try_from(seconds * 1000).unwrap_or_default();
    match shared.with(|queue| queue.hide(&receipt, hidden_ms, now())) {
        Found::Done => {
            // Whoever waits has to wait for another moment now.
            shared.changed.notify_waiters();
            Ok(json!({}))
        }
        Found::Gone | Found::Expired => Err(Refusal::not_in_flight()),
    }
}

fn attributes(shared: &Shared, request: &Value) -> Answer {
    let settings = &shared.settings;
    let depth = shared.with(|queue| queue.depth(now()));
    let policy = settings.redrive.as_ref().map(|redrive| {
        json!({"deadLetterTargetArn": redrive.target_arn, "maxReceiveCount": redrive.max_receives})
            .to_string()
    });
    let fifo = |value: String| settings.fifo.then_some(value);
    let all = [
        ("QueueArn", Some(settings.arn.clone())),
        ("ApproximateNumberOfMessages", Some(depth.visible.to_string())),
        ("ApproximateNumberOfMessagesNotVisible", Some(depth.in_flight.to_string())),
        ("ApproximateNumberOfMessagesDelayed", Some(depth.delayed.to_string())),
        ("VisibilityTimeout", Some(settings.visibility_timeout.as_secs().to_string())),
        ("MessageRetentionPeriod", Some(settings.retention.as_secs().to_string())),
        ("FifoQueue", fifo("true".to_owned())),
        ("ContentBasedDeduplication", fifo(settings.content_based_deduplication.to_string())),
        ("RedrivePolicy", policy),
    ];
    let wanted = names(request, "AttributeNames");
    let chosen: BTreeMap<&str, String> = all
        .into_iter()
        .filter(|(name, _)| wanted.contains(&"All") || wanted.contains(name))
        .filter_map(|(name, value)| Some((name, value?)))
        .collect();
    Ok(json!({"Attributes": chosen}))
}

/// A batch: each entry by itself, told apart by its id.
fn each(request: &Value, act: impl Fn(&Value) -> Answer) -> Answer {
    let (mut successful, mut failed) = (Vec::new(), Vec::new());
    for entry in entries(request)? {
        match act(entry) {
            Ok(mut answer) => {
                answer["Id"] = entry["Id"].clone();
                successful.push(answer);
            }
            Err(refusal) => failed.push(refusal.entry(&entry["Id"])),
        }
    }
    Ok(json!({"Successful": successful, "Failed": failed}))
}

fn entries(request: &Value) -> Result<&[Value], Refusal> {
    let entries = request["Entries"].as_array().map_or(&[][..], Vec::as_slice);
    if entries.is_empty() {
        return Err(Refusal::new("EmptyBatchRequest", "There should be at least one entry in the request."));
    }
    if entries.len() > LARGEST_BATCH {
        let message =
            format!("Maximum number of entries per request are 10. You have sent {}.", entries.len());
        return Err(Refusal::new("TooManyEntriesInBatchRequest", message));
    }
    let mut ids: Vec<&str> = entries.iter().map(|entry| text(entry, "Id")).collect::<Result<_, _>>()?;
    ids.sort_unstable();
    if ids.windows(2).any(|pair| pair[0] == pair[1]) {
        return Err(Refusal::new("BatchEntryIdsNotDistinct", "Two or more entries have the same Id."));
    }
    Ok(entries)
}

/// Size that counts against a message's limit: its body, and the names, types and values of its attributes.
fn size(request: &Value) -> usize {
    let body = request["MessageBody"].as_str().map_or(0, str::len);
    let attributes = request["MessageAttributes"].as_object().into_iter().flatten();
    body + attributes
        .map(|(name, attribute)| {
            let values = attribute.as_object().into_iter().flatten().filter_map(|(_, value)| value.as_str());
            name.len() + values.map(str::len).sum::<usize>()
        })
        .sum::<usize>()
}

#[cfg(test)]
#[path = "wire_tests.rs"]
mod tests;
