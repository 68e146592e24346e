//! What can go wrong between Signoff and AWS.

use aws_sdk_dynamodb::error::{DisplayErrorContext, SdkError};
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
    /// A row does not read as what it should be.
    #[error("row {key} can't be read: {detail}")]
    Row {
        /// Partition and sort key.
        key: String,
        /// What is wrong with it.
        detail: String,
    },
}

/// Why a change was not committed. Nothing of it was written.
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
    pub(crate) fn service<E, R>(operation: &'static str, error: SdkError<E, R>) -> Self
    where
        E: std::error::Error + 'static,
        R: std::fmt::Debug,
    {
        Self::Service { operation, detail: DisplayErrorContext(&error).to_string() }
    }

    pub(crate) fn row(key: impl Into<String>, detail: impl ToString) -> Self {
        Self::Row { key: key.into(), detail: detail.to_string() }
    }
}

/// Tells a lost race from everything else.
///
/// Source: <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html>, cancellation
/// reasons `ConditionalCheckFailed` and `TransactionConflict`.
pub(crate) fn commit_error<R: std::fmt::Debug>(error: SdkError<TransactWriteItemsError, R>) -> CommitError {
    let lost = match error.as_service_error() {
        Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) => {
            let mut codes = cancelled.cancellation_reasons().iter().filter_map(|reason| reason.code());
            codes.any(|code| code == "ConditionalCheckFailed" || code == "TransactionConflict")
        }
        _ => false,
    };
    if lost { CommitError::Conflict } else { StoreError::service("TransactWriteItems", error).into() }
}
