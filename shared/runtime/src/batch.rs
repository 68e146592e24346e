//! The loop over a batch of FIFO messages: each is handled by itself, those of different groups side by side,
//! and one that must be tried again holds up its own group only.
//!
//! Source: <https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html>, partial batch
//! responses with a FIFO queue.

use crate::aws::Aws;
use crate::settings::{SettingError, Settings};
use aws_lambda_events::sqs::{BatchItemFailure, SqsBatchResponse, SqsEvent, SqsMessage};
use futures_util::future::join_all;
use jiff::{SignedDuration, Timestamp};
use signoff_store::{EffectMessage, StoreError, is_lane};
use std::collections::BTreeMap;

/// Time of an invocation that a message may need. With less left, the rest of the batch is left to the next
/// invocation.
const ROOM: SignedDuration = SignedDuration::from_secs(12);
/// The longest that SQS hides a message.
const LONGEST_WAIT: SignedDuration = SignedDuration::from_hours(12);

/// Outcome of handling a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Handled {
    /// Nothing is left to do.
    Done,
    /// It is to be tried again after this long.
    Again(SignedDuration),
    /// A provider asked to wait this long. Its lane waits with it: what else there is to do for the same
    /// deployment would take what others need as soon as the provider lets something through again.
    SlowDown(SignedDuration),
}

/// A function's own queue, and where what can't be read goes.
#[derive(Clone, Debug)]
pub struct OwnQueue {
    sqs: aws_sdk_sqs::Client,
    url: String,
    dead_letters_url: String,
}

impl OwnQueue {
    /// The queue whose address the setting `queue` holds, and its dead-letter queue.
    pub fn new(
        settings: &Settings,
        queue: &str,
        dead_letters: &str,
        aws: &Aws,
    ) -> Result<Self, SettingError> {
        Ok(Self {
            sqs: aws.sqs(),
            url: settings.required(queue)?.to_owned(),
            dead_letters_url: settings.required(dead_letters)?.to_owned(),
        })
    }

    /// Handles every message of `event` with `handle`, and says which ones SQS is to keep. `clock` tells the
    /// time, and `deadline` (in milliseconds since 1970, as Lambda's context has it) when this invocation is
    /// ended.
    ///
    /// A message that can't be read goes to the dead-letter queue at once: trying again can't help it.
    pub async fn each<F>(
        &self,
        event: SqsEvent,
        deadline: u64,
        clock: fn() -> Timestamp,
        handle: F,
    ) -> SqsBatchResponse
    where
        F: AsyncFn(EffectMessage) -> Handled,
    {
        let mut groups: BTreeMap<String, Vec<SqsMessage>> = BTreeMap::new();
        for message in event.records {
            let group = message.attributes.get("MessageGroupId").cloned().unwrap_or_default();
            groups.entry(group).or_default().push(message);
        }
        let lanes =
            groups.iter().map(|(group, messages)| self.group(group, messages, deadline, clock, &handle));
        let kept = join_all(lanes).await.into_iter().flatten();
        let mut response = SqsBatchResponse::default();
        response.batch_item_failures = kept
            .into_iter()
            .map(|id| {
                let mut failure = BatchItemFailure::default();
                failure.item_identifier = id;
                failure
            })
            .collect();
        response
    }

    /// Handles the messages of one group one after the other; the ids of those that SQS is to keep.
    async fn group<F>(
        &self,
        group: &str,
        messages: &[SqsMessage],
        deadline: u64,
        clock: fn() -> Timestamp,
        handle: &F,
    ) -> Vec<String>
    where
        F: AsyncFn(EffectMessage) -> Handled,
    {
        let mut kept = Vec::new();
        let mut held_up: Option<SignedDuration> = None;
        for message in messages {
            let id = message.message_id.clone().unwrap_or_default();
            if let Some(wait) = held_up {
                // It stays in flight otherwise, and its group closed, for the queue's whole visibility
                // timeout.
                self.extend_visibility(message, wait).await;
                kept.push(id);
                continue;
            }
            let left = i64::try_from(deadline).unwrap_or(i64::MAX).saturating_sub(clock().as_millisecond());
            let handled = if SignedDuration::from_millis(left) < ROOM {
                // It was not tried: it keeps its place.
                Handled::SlowDown(SignedDuration::ZERO)
            } else {
                self.handle(message, group, handle).await
            };
            let (wait, stays) = match handled {
                Handled::Done => continue,
                Handled::Again(wait) => (wait, false),
                Handled::SlowDown(wait) => (wait, true),
            };
            if !stays && is_lane(group) && self.leave_the_lane(message).await {
                continue;
            }
            self.extend_visibility(message, wait).await;
            held_up = Some(wait);
            kept.push(id);
        }
        kept
    }

    /// Sends a message that has to wait once more, in a group of its own, so that it does not hold up what
    /// others of its deployment wait for; whether that was done. It waits there as its effect's row says.
    async fn leave_the_lane(&self, message: &SqsMessage) -> bool {
        let body = message.body.clone().unwrap_or_default();
        let Ok(EffectMessage { deploy, effect }) = serde_json::from_str(&body) else { return false };
        let request = self
            .sqs
            .send_message()
            .queue_url(&self.url)
            .message_body(body)
            .message_group_id(format!("deploy-{deploy}"))
            .message_deduplication_id(format!(
                "{effect}-waits-{}",
                message.message_id.as_deref().unwrap_or_default()
            ));
        request.send().await.is_ok()
    }

    async fn handle<F>(&self, message: &SqsMessage, group: &str, handle: &F) -> Handled
    where
        F: AsyncFn(EffectMessage) -> Handled,
    {
        match serde_json::from_str(message.body.as_deref().unwrap_or_default()) {
            Ok(readable) => handle(readable).await,
            Err(error) => self.send_to_dead_letters(message, group, &error).await,
        }
    }

    /// Hides a message until it is to be tried again. Where that fails, the queue's own visibility timeout
    /// does it.
    async fn extend_visibility(&self, message: &SqsMessage, wait: SignedDuration) {
        let request = self
            .sqs
            .change_message_visibility()
            .queue_url(&self.url)
            .set_receipt_handle(message.receipt_handle.clone())
            .visibility_timeout(seconds_hidden(wait));
        if let Err(error) = request.send().await {
            tracing::warn!(error = %StoreError::service("ChangeMessageVisibility", error), "the message waits for the queue's visibility timeout");
        }
    }

    async fn send_to_dead_letters(
        &self,
        message: &SqsMessage,
        group: &str,
        problem: &serde_json::Error,
    ) -> Handled {
        let id = message.message_id.clone().unwrap_or_default();
        tracing::error!(message = id, %problem, "a message that can't be read goes to the dead-letter queue");
        let request = self
            .sqs
            .send_message()
            .queue_url(&self.dead_letters_url)
            .message_body(
                message.body.clone().filter(|body| !body.is_empty()).unwrap_or_else(|| "(empty)".to_owned()),
            )
            .message_group_id(if group.is_empty() { "unreadable" } else { group })
            .message_deduplication_id(id);
        match request.send().await {
            Ok(_) => Handled::Done,
            Err(error) => {
                tracing::error!(error = %StoreError::service("SendMessage", error), "not buried; tried again");
                Handled::Again(SignedDuration::from_secs(30))
            }
        }
    }
}

/// Number of seconds for which a message is hidden that is to be tried again after `wait`, rounded up: a
/// message that came back early would come and go within that second until it is among the dead letters.
fn seconds_hidden(wait: SignedDuration) -> i32 {
    let wait = wait.clamp(SignedDuration::ZERO, LONGEST_WAIT);
    let begun = i64::from(wait.subsec_nanos() > 0);
    i32::try_from(wait.as_secs() + begun).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_sqs::config::interceptors::BeforeSerializationInterceptorContextRef;
    use aws_sdk_sqs::config::{
        BehaviorVersion, ConfigBag, Credentials, Intercept, Region, RuntimeComponents,
    };
    use aws_sdk_sqs::error::BoxError;
    use aws_sdk_sqs::operation::change_message_visibility::ChangeMessageVisibilityInput;
    use std::sync::{Arc, Mutex};

    /// Whether each request to SQS hides a message; nothing of it gets there.
    #[derive(Clone, Debug, Default)]
    struct Asked(Arc<Mutex<Vec<bool>>>);

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
            let hides = context.input().downcast_ref::<ChangeMessageVisibilityInput>().is_some();
            self.0.lock().unwrap().push(hides);
            Err("nobody listens".into())
        }
    }

    #[tokio::test]
    async fn message_without_time_left_stays_in_its_lane() {
        let asked = Asked::default();
        let config = aws_sdk_sqs::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("us-east-1"))
            .credentials_provider(Credentials::new("local", "local", None, None, "tests"))
            .http_client(aws_smithy_http_client::Builder::new().build_http())
            .interceptor(asked.clone());
        let url = "http://127.0.0.1/deploys.fifo".to_owned();
        let sqs = aws_sdk_sqs::Client::from_conf(config.build());
        let queue = OwnQueue { sqs, dead_letters_url: url.clone(), url };
        let mut event = SqsEvent::default();
        for id in ["m1", "m2"] {
            let mut message = SqsMessage::default();
            message.message_id = Some(id.to_owned());
            message.body = Some(r#"{"deploy": "d", "effect": "e"}"#.to_owned());
            message.attributes.insert("MessageGroupId".to_owned(), "lane-abcd-0".to_owned());
            event.records.push(message);
        }
        let handle = async |_| panic!("there is no time for it");
        let response = queue.each(event, 0, || Timestamp::UNIX_EPOCH, handle).await;
        let kept = response.batch_item_failures.into_iter().map(|failure| failure.item_identifier);
        assert_eq!(kept.collect::<Vec<_>>(), ["m1", "m2"]);
        assert_eq!(*asked.0.lock().unwrap(), [true, true], "one of them was sent elsewhere");
    }

    #[test]
    fn a_message_does_not_come_back_before_its_time() {
        for (wait, seconds) in [
            (SignedDuration::ZERO, 0),
            (SignedDuration::from_nanos(1), 1),
            (SignedDuration::from_millis(2_900), 3),
            (SignedDuration::from_secs(3), 3),
            (SignedDuration::from_secs(-5), 0),
            (SignedDuration::MAX, 12 * 60 * 60),
        ] {
            assert_eq!(seconds_hidden(wait), seconds, "{wait}");
        }
    }
}
