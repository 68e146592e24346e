//! Slack accounts by e-mail address, for mentioning people: Slack takes some dozens of lookups a minute, and
//! each process of a stack would make its own.

use crate::error::StoreError;
use crate::unreadable::read_or_none;
use crate::{Store, keys, row};
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// The time for which an account is known.
const KEPT_FOR: SignedDuration = SignedDuration::from_mins(30);

/// A Slack account that has an e-mail address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptAccount {
    /// The Slack user id.
    pub id: String,
    /// The name that Slack shows.
    pub name: String,
}

/// Slack's answer about an address.
#[derive(Debug, Serialize, Deserialize)]
struct Known {
    /// The account; `None`: nobody in the workspace has the address.
    account: Option<KeptAccount>,
    /// The time after which it does not count, though its row may still be there.
    known_until: Timestamp,
}

impl Store {
    /// The Slack account that has this e-mail address (in lower case), as Slack said in the last half
    /// hour; `None`: it was not asked since. `Some(None)`: nobody in the workspace has it. A row that can't
    /// be read is as good as none: Slack knows. Nothing may be judged by this. One request.
    ///
    /// # Errors
    ///
    /// The record can't be read.
    pub async fn known_account(
        &self,
        address: &str,
        now: Timestamp,
    ) -> Result<Option<Option<KeptAccount>>, StoreError> {
        let known: Option<Known> = read_or_none(self.get_row(&keys::account(address)).await?);
        Ok(known.filter(|known| known.known_until > now).map(|known| known.account))
    }

    /// Keeps what Slack said at `now` of the address (in lower case) for half an hour. One request.
    ///
    /// # Errors
    ///
    /// The record can't be written.
    pub async fn keep_account(
        &self,
        address: &str,
        account: Option<KeptAccount>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let known = Known { account, known_until: now + KEPT_FOR };
        let item = row::write(&keys::account(address), &known, now, KEPT_FOR)?;
        let request = self
            .dynamo
            .put_item()
            .table_name(&self.places.record_table)
            .set_item(Some(item))
            // One that can't be read stays as it is until its time is over.
            .condition_expression("attribute_not_exists(pk) OR known_until < :now")
            .expression_attribute_values(":now", row::text(now.to_string()));
        match request.send().await {
            Ok(_) => Ok(()),
            Err(error) => match error.as_service_error() {
                // Another process keeps the same, or has just kept it.
                Some(
                    PutItemError::ConditionalCheckFailedException(_)
                    | PutItemError::TransactionConflictException(_),
                ) => Ok(()),
                _ => Err(StoreError::service("PutItem", error)),
            },
        }
    }
}
