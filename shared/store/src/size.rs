//! The sizes of rows and transactions, so that what the record can't take is refused by name before it is
//! sent.
//!
//! Source: <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html>,
//! item sizes, and <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html>.

use crate::error::StoreError;
use crate::keys;
use crate::row::Row;
use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem};

/// The most bytes of a row.
const ROW: usize = 400 * 1024;
/// The most bytes of a deploy as it is registered: what the source host says of it is added later.
const REGISTERED: usize = 150 * 1024;
/// The most rows of a transaction.
const ROWS: usize = 100;
/// The most bytes of a transaction.
const TRANSACTION: usize = 4 * 1024 * 1024;

/// # Errors
/// [`StoreError::TooLarge`]: `row` is larger than a row may be.
pub(crate) fn check_row(row: &Row) -> Result<(), StoreError> {
    check(row, ROW)
}

/// # Errors
/// [`StoreError::TooLarge`]: `row` is larger than a deploy may be when it is registered.
pub(crate) fn check_registered(row: &Row) -> Result<(), StoreError> {
    check(row, REGISTERED)
}

/// # Errors
/// [`StoreError::TooLarge`]: `writes` are more, or larger together, than a transaction takes.
pub(crate) fn check_transaction(writes: &[TransactWriteItem]) -> Result<(), StoreError> {
    let too_large = |size: String, limit: String| {
        Err(StoreError::TooLarge { part: "the change".to_owned(), size, limit })
    };
    if writes.len() > ROWS {
        return too_large(format!("{} rows", writes.len()), format!("{ROWS} rows"));
    }
    let puts = writes.iter().filter_map(TransactWriteItem::put);
    let bytes: usize = puts.map(|put| size(put.item())).sum();
    if bytes > TRANSACTION { too_large(kilobytes(bytes), kilobytes(TRANSACTION)) } else { Ok(()) }
}

fn check(row: &Row, most: usize) -> Result<(), StoreError> {
    let bytes = size(row);
    if bytes <= most {
        return Ok(());
    }
    Err(StoreError::TooLarge { part: part(row), size: kilobytes(bytes), limit: kilobytes(most) })
}

/// A row's name for people.
fn part(row: &Row) -> String {
    let text = |name: &str| row.get(name).and_then(|value| value.as_s().ok()).map(String::as_str);
    match text(keys::SK).and_then(|sk| sk.split('#').next()) {
        Some("deploy") => "the deploy with its links, commits and pull requests",
        Some("run") => "the run of the rule, with the texts of its actions,",
        Some("approval") => "the approval with its votes",
        Some("facts") => "what is known of the deploy",
        Some("event") => "an event",
        Some("effect") => "a message",
        Some(_) | None => "a row",
    }
    .to_owned()
}

fn kilobytes(bytes: usize) -> String {
    format!("{} KB", bytes.div_ceil(1024))
}

/// The bytes that DynamoDB counts for a row.
fn size(row: &Row) -> usize {
    row.iter().map(|(name, value)| name.len() + value_size(value)).sum()
}

fn value_size(value: &AttributeValue) -> usize {
    match value {
        AttributeValue::S(text) => text.len(),
        // Two digits a byte, and one more for each of sign and exponent.
        AttributeValue::N(number) => number.len().div_ceil(2) + 2,
        AttributeValue::M(members) => {
            3 + members.iter().map(|(name, value)| 1 + name.len() + value_size(value)).sum::<usize>()
        }
        AttributeValue::L(items) => 3 + items.iter().map(|item| 1 + value_size(item)).sum::<usize>(),
        AttributeValue::Ss(texts) => texts.iter().map(String::len).sum(),
        AttributeValue::B(bytes) => bytes.as_ref().len(),
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::row::text;

    fn row(sk: &str, bytes: usize) -> Row {
        Row::from([
            (keys::SK.to_owned(), text(sk)),
            (
                "parts".to_owned(),
                AttributeValue::L(vec![text("x".repeat(bytes / 2)), text("y".repeat(bytes / 2))]),
            ),
        ])
    }

    #[test]
    fn a_row_that_is_too_large_is_named_with_its_limit() {
        assert!(check_row(&row("approval#a", 399 * 1024)).is_ok());
        let error = check_row(&row("approval#a", 420 * 1024)).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the approval with its votes would be 421 KB, and the record takes 400 KB"
        );
        assert!(check_registered(&row("deploy", 149 * 1024)).is_ok());
        assert!(check_registered(&row("deploy", 160 * 1024)).is_err());
        assert!(!error.is_passing());
    }
}
