//! SQS's errors, in the words of its JSON protocol and of the query protocol that older clients know.
//!
//! <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/CommonErrors.html> and the errors
//! of each operation.

use serde_json::{Value, json};

/// Error of an operation that was not done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    /// The error's name in the JSON protocol.
    kind: &'static str,
    /// Its code in the query protocol.
    code: &'static str,
    message: String,
}

impl Refusal {
    pub(super) fn new(kind: &'static str, message: impl Into<String>) -> Self {
        let code = match kind {
            "BatchEntryIdsNotDistinct" => "AWS.SimpleQueueService.BatchEntryIdsNotDistinct",
            "BatchRequestTooLong" => "AWS.SimpleQueueService.BatchRequestTooLong",
            "EmptyBatchRequest" => "AWS.SimpleQueueService.EmptyBatchRequest",
            "MessageNotInflight" => "AWS.SimpleQueueService.MessageNotInflight",
            "QueueDoesNotExist" => "AWS.SimpleQueueService.NonExistentQueue",
            "TooManyEntriesInBatchRequest" => "AWS.SimpleQueueService.TooManyEntriesInBatchRequest",
            "UnsupportedOperation" => "AWS.SimpleQueueService.UnsupportedOperation",
            kind => kind,
        };
        Self { kind, code, message: message.into() }
    }

    pub(super) fn no_queue() -> Self {
        Self::new("QueueDoesNotExist", "The specified queue does not exist.")
    }

    pub(super) fn no_receipt() -> Self {
        Self::new("ReceiptHandleIsInvalid", "The input receipt handle is invalid.")
    }

    pub(super) fn not_in_flight() -> Self {
        let message = "Message does not exist or is not available for visibility timeout change.";
        Self::new("MessageNotInflight", message)
    }

    pub(super) fn missing(parameter: &str) -> Self {
        Self::new("MissingParameter", format!("The request must contain the parameter {parameter}."))
    }

    pub(super) fn invalid(parameter: &str, reason: &str) -> Self {
        let message = format!("Value for parameter {parameter} is invalid. Reason: {reason}");
        Self::new("InvalidParameterValue", message)
    }

    pub(super) fn message(&self) -> &str {
        &self.message
    }

    /// The body of the answer.
    pub(super) fn body(&self) -> Value {
        json!({"__type": format!("com.amazonaws.sqs#{}", self.kind), "message": self.message})
    }

    /// The header that carries the query protocol's code.
    pub(super) fn query_error(&self) -> String {
        format!("{};Sender", self.code)
    }

    /// An entry of a batch that failed.
    pub(super) fn entry(&self, id: &Value) -> Value {
        json!({"Id": id, "SenderFault": true, "Code": self.code, "Message": self.message})
    }
}
