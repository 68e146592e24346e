//! Errors of the record, the queues and their rows.

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use thiserror::Error;

/// DynamoDB or SQS did not do what it was asked, or a row can't be read. Trying again may help.
#[derive(Debug, Error)]
pub enum StoreError {
    /// The service's answer, or the lack of one.
    #[error("{operation}: {detail}")]
    Service {
        /// The operation, as AWS names it.
        operation: &'static str,
        /// The service's words.
        detail: String,
    },
    /// The service takes no such request, however often it is sent.
    #[error("{operation}, refused: {detail}")]
    Refused {
        /// The operation, as AWS names it.
        operation: &'static str,
        /// The service's words.
        detail: String,
    },
    /// Something would be larger than the record takes. Nothing was sent, and trying again won't help.
    #[error("{part} would be {size}, and the record takes {limit}")]
    TooLarge {
        /// Name of the part.
        part: String,
        /// Its size.
        size: String,
        /// The largest size.
        limit: String,
    },
    /// A row does not read as what it should be.
    #[error("row {key} can't be read: {detail}")]
    Row {
        /// Partition and sort key.
        key: String,
        /// Description of the mistake.
        detail: String,
    },
}

/// Reason why a change was not committed. Nothing of it was written.
#[derive(Debug, Error)]
pub enum CommitError {
    /// Somebody else committed first: load the newest state and decide again.
    #[error("somebody else committed first")]
    Conflict,
    /// Anything else.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl StoreError {
    /// The failure of a request to AWS, in words that hold nothing of the request.
    pub fn service<E, R>(operation: &'static str, error: SdkError<E, R>) -> Self
    where
        E: ProvideErrorMetadata,
    {
        let detail = said(&error);
        match error.code() {
            Some("ValidationException") => Self::Refused { operation, detail },
            _ => Self::Service { operation, detail },
        }
    }

    /// True where trying again may help by itself: AWS did not do what it was asked.
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Service { .. } => true,
            Self::Row { .. } | Self::Refused { .. } | Self::TooLarge { .. } => false,
        }
    }

    pub(crate) fn row(key: impl Into<String>, detail: impl ToString) -> Self {
        Self::Row { key: key.into(), detail: without_values(&detail.to_string()) }
    }
}

/// Tells a lost race from everything else.
///
/// Source: <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html>,
/// cancellation reasons `ConditionalCheckFailed` and `TransactionConflict`.
pub(crate) fn commit_error<R>(error: SdkError<TransactWriteItemsError, R>) -> CommitError {
    let lost = match error.as_service_error() {
        Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) => {
            let mut codes = cancelled.cancellation_reasons().iter().filter_map(|reason| reason.code());
            codes.any(|code| code == "ConditionalCheckFailed" || code == "TransactionConflict")
        }
        _ => false,
    };
    if lost {
        return CommitError::Conflict;
    }
    // That a row of it can't be written is told by its reason, not by the answer's code.
    let is_invalid = match error.as_service_error() {
        Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) => {
            cancelled.cancellation_reasons().iter().any(|reason| reason.code() == Some("ValidationError"))
        }
        _ => false,
    };
    match StoreError::service("TransactWriteItems", error) {
        StoreError::Service { operation, detail } if is_invalid => {
            StoreError::Refused { operation, detail }.into()
        }
        error => error.into(),
    }
}

/// The code and the words of the service about a failed request, or why there was no answer. Nothing of the
/// request: it holds names, addresses and texts of a change, and logs get this.
fn said<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> String {
    let what = match error {
        SdkError::ServiceError(answer) => {
            let answer = answer.err();
            let (code, message) = (answer.code().unwrap_or("no code"), answer.message().unwrap_or_default());
            return shortened(&format!("{code}: {message}"));
        }
        SdkError::ConstructionFailure(_) => "the request could not be made",
        SdkError::TimeoutError(_) => "no answer in time",
        SdkError::DispatchFailure(_) => "the service could not be reached",
        SdkError::ResponseError(_) => "the answer could not be read",
        _ => "no answer",
    };
    what.to_owned()
}

/// `text` without what stands in double quotes: what a row holds instead of what was expected, which may be
/// anybody's words.
fn without_values(text: &str) -> String {
    let mut parts = text.split('"');
    let first = parts.next().unwrap_or_default().to_owned();
    let rest =
        parts.enumerate().map(|(index, part)| if index % 2 == 0 { "\u{201c}\u{2026}\u{201d}" } else { part });
    shortened(&rest.fold(first, |text, part| text + part))
}

/// At most 300 characters of a text.
fn shortened(text: &str) -> String {
    match text.char_indices().nth(300) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unreadable_row_is_named_without_its_values() {
        let detail = "invalid type: string \"Ana's words\", expected u64";
        let StoreError::Row { detail, .. } = StoreError::row("pk sk", detail) else { panic!("a row") };
        assert_eq!(detail, "invalid type: string \u{201c}\u{2026}\u{201d}, expected u64");
        assert_eq!(without_values("unknown variant `dance`"), "unknown variant `dance`");
    }
}
