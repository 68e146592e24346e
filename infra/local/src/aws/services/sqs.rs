//! SQS: rustack's, in memory.
//!
//! A restart loses the messages. Nothing is lost with them: an effect or a deploy stays unsent in the table until its
//! work is done, and the clock sends again what has waited too long.
//!
//! Known differences to AWS: a receive gives one message of each group at most; a queue takes messages up to 256 KB;
//! a hidden message comes back up to a second late to a receive that waits.

use std::sync::Arc;

use axum::{body::Bytes, response::Response};
use base64::Engine as _;
use http::StatusCode;
use rustack_sqs_core::{config::SqsConfig, handler::RustackSqsHandler, provider::RustackSqs};
use rustack_sqs_http::{dispatch::SqsHandler, response::error_to_response, router::resolve_operation};
use serde_json::{Value, json};

use super::{ServiceError, error, rustack};
use crate::aws::template::{Place, resources::Queue};

/// rustack writes the request id into its errors; nothing looks it up.
const REQUEST_ID: &str = "local";

pub(crate) struct Sqs {
    handler: RustackSqsHandler,
}

/// How many messages a queue holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Depth {
    pub(crate) visible: u64,
    pub(crate) in_flight: u64,
}

impl Sqs {
    /// `port` is where queue URLs lead to.
    pub(crate) fn new(place: &Place, port: u16) -> Self {
        let config = SqsConfig {
            skip_signature_validation: true,
            default_region: place.region.clone(),
            account_id: place.account.clone(),
            host: "127.0.0.1".to_owned(),
            port,
        };
        Self { handler: RustackSqsHandler::new(Arc::new(RustackSqs::new(config))) }
    }

    /// # Errors
    /// What SQS refuses.
    pub(crate) async fn create(&self, queue: &Queue) -> Result<(), ServiceError> {
        let mut attributes = json!({
            "VisibilityTimeout": queue.visibility_timeout.as_secs().to_string(),
            "MessageRetentionPeriod": queue.retention.as_secs().to_string(),
        });
        if queue.fifo {
            attributes["FifoQueue"] = json!("true");
            attributes["ContentBasedDeduplication"] = json!(queue.content_based_deduplication.to_string());
        }
        if let Some(redrive) = &queue.redrive {
            let policy =
                json!({"deadLetterTargetArn": redrive.target_arn, "maxReceiveCount": redrive.max_receives});
            attributes["RedrivePolicy"] = json!(policy.to_string());
        }
        self.call("CreateQueue", json!({"QueueName": queue.name, "Attributes": attributes})).await.map(|_| ())
    }

    /// # Errors
    /// What SQS refuses.
    pub(crate) async fn depth(&self, queue: &Queue) -> Result<Depth, ServiceError> {
        let request = json!({"QueueUrl": queue.url, "AttributeNames": ["All"]});
        let answer = self.call("GetQueueAttributes", request).await?;
        let count = |name: &str| answer["Attributes"][name].as_str().and_then(|text| text.parse().ok()).unwrap_or(0);
        Ok(Depth {
            visible: count("ApproximateNumberOfMessages"),
            in_flight: count("ApproximateNumberOfMessagesNotVisible"),
        })
    }

    /// Makes a call of the stack's own; it is not among the recorded requests.
    ///
    /// # Errors
    /// What SQS refuses.
    pub(crate) async fn call(&self, operation: &str, request: Value) -> Result<Value, ServiceError> {
        let response = self.handle(operation, Bytes::from(request.to_string())).await;
        rustack::json(format!("SQS.{operation}"), response).await
    }

    /// Answers one request.
    pub(crate) async fn handle(&self, operation: &str, body: Bytes) -> Response {
        if matches!(operation, "DeleteMessage" | "ChangeMessageVisibility") && !has_receipt(&body) {
            // rustack takes any text for a receipt handle.
            let message = "The input receipt handle is invalid.";
            return error(StatusCode::BAD_REQUEST, "com.amazonaws.sqs#ReceiptHandleIsInvalid", message);
        }
        let answer = match resolve_operation(&rustack::target("AmazonSQS", operation)) {
            Ok(operation) => self.handler.handle_operation(operation, body).await,
            Err(error) => Err(error),
        };
        rustack::response(answer.unwrap_or_else(|error| error_to_response(&error, REQUEST_ID)))
    }
}

/// Whether the request has a receipt handle that could have come from a receive.
fn has_receipt(body: &[u8]) -> bool {
    let request: Value = serde_json::from_slice(body).unwrap_or_default();
    let handle = request["ReceiptHandle"].as_str().unwrap_or_default();
    base64::engine::general_purpose::STANDARD
        .decode(handle)
        .is_ok_and(|bytes| bytes.iter().filter(|byte| **byte == b':').count() == 2)
}
