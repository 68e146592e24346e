//! Effects: claiming one, and finding those that the clock has to send.

use crate::error::StoreError;
use crate::queue::EffectMessage;
use crate::row::{self, text};
use crate::unreadable::read_whole;
use crate::{CommitError, Store, keys};
use approval::effect::{Claim, Effect, GRACE};
use approval::id::{DeployId, EffectId};
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};
use futures_util::future::join_all;
use jiff::{SignedDuration, Timestamp};

/// The time for which an effect is left alone whose row can't be read: a release that reads it may come.
pub const ASIDE: SignedDuration = SignedDuration::from_hours(1);

/// Number of effects that are postponed at the same time.
const SIDE_BY_SIDE: usize = 16;

/// The effects that are due, as far as they could be taken.
#[derive(Debug, Default)]
pub struct Due {
    /// The effects to send, oldest first.
    pub effects: Vec<Effect>,
    /// Effects whose rows this release can't read; people are to be told.
    pub unreadable: Vec<EffectMessage>,
    /// The failures that kept others from being taken. Each is due again a little later.
    pub failures: Vec<StoreError>,
}

impl Due {
    /// True where nothing was taken.
    pub fn is_empty(&self) -> bool {
        self.effects.is_empty() && self.unreadable.is_empty()
    }
}

impl Store {
    /// The effect, as it was last committed.
    pub async fn effect(&self, deploy: &DeployId, effect: &EffectId) -> Result<Option<Effect>, StoreError> {
        self.get(&keys::effect(deploy, effect)).await
    }

    /// Claims `effect` for this process until its lease runs out, and returns it as it was claimed.
    ///
    /// Errors: [`CommitError::Conflict`] where another process claimed or closed it since it was read, and
    /// where it may not be claimed at `now` at all ([`Effect::claim`]).
    pub async fn claim(&self, effect: &Effect, now: Timestamp) -> Result<Effect, CommitError> {
        match effect.claim(now) {
            Claim::Take { .. } => {}
            Claim::Held { .. } | Claim::Wait { .. } | Claim::Closed => return Err(CommitError::Conflict),
        }
        let claimed = effect.started(now);
        self.replace_effect(effect, &claimed).await?;
        Ok(claimed)
    }

    /// Puts what became of an effect that this process has claimed on record, where nothing else changes with
    /// it.
    ///
    /// Errors: [`CommitError::Conflict`] where the lease ran out and another process claimed it.
    pub async fn settle(&self, claimed: &Effect, after: &Effect) -> Result<(), CommitError> {
        self.replace_effect(claimed, after).await
    }

    async fn replace_effect(&self, before: &Effect, after: &Effect) -> Result<(), CommitError> {
        let state = serde_dynamo::to_attribute_value(before.state)
            .map_err(|error| StoreError::row(before.id.as_str(), error))?;
        let request = self
            .dynamo
            .put_item()
            .table_name(&self.places.record_table)
            .set_item(Some(row::effect(after, self.places.retention)?))
            .condition_expression("#state = :state AND attempts = :attempts")
            .expression_attribute_names("#state", "state")
            .expression_attribute_values(":state", state)
            .expression_attribute_values(":attempts", row::number(before.attempts));
        match request.send().await {
            Ok(_) => Ok(()),
            Err(error) => match error.as_service_error() {
                Some(
                    PutItemError::ConditionalCheckFailedException(_)
                    | PutItemError::TransactionConflictException(_),
                ) => Err(CommitError::Conflict),
                _ => Err(StoreError::service("PutItem", error).into()),
            },
        }
    }

    /// Takes the effects that are due at `now`, at most `limit`, and postpones their next turn, so that each
    /// is sent by one clock. The oldest come first. A row that can't be read is put aside for an hour: it
    /// stays as it is, but for its turn.
    ///
    /// # Errors
    ///
    /// No part of the index can be read. What else fails is in the answer, beside what could be taken.
    pub async fn take_due(&self, now: Timestamp, limit: i32) -> Result<Due, StoreError> {
        let mut due = Due::default();
        let mut found = Vec::new();
        for shard in 0..keys::DUE_SHARDS {
            match self.due_in(shard, now, limit).await {
                Ok(rows) => found.extend(rows),
                Err(error) => due.failures.push(error),
            }
        }
        if due.failures.len() == usize::from(keys::DUE_SHARDS)
            && let Some(error) = due.failures.pop()
        {
            return Err(error);
        }
        let due_at = |row: &row::Row| row.get(keys::DUE_AT).and_then(|at| at.as_s().ok()).cloned();
        found.sort_by_key(due_at);
        found.truncate(usize::try_from(limit).unwrap_or(0));
        // One after the other, a clock's minute would be too short for some hundreds.
        for some in found.chunks(SIDE_BY_SIDE) {
            let turned = join_all(some.iter().map(|found| self.postpone(found, now))).await;
            for (found, turned) in some.iter().zip(turned) {
                match turned {
                    Ok(Some(row)) => self.sort_in(row, found, now, &mut due).await,
                    Ok(None) => {}
                    Err(error) => due.failures.push(error),
                }
            }
        }
        Ok(due)
    }

    async fn due_in(&self, shard: u8, now: Timestamp, limit: i32) -> Result<Vec<row::Row>, StoreError> {
        let request = self
            .dynamo
            .query()
            .table_name(&self.places.record_table)
            .index_name(keys::DUE_INDEX)
            .key_condition_expression("due = :due AND due_at <= :now")
            .expression_attribute_values(":due", text(keys::due_shard(shard)))
            .expression_attribute_values(":now", text(keys::sortable(now)))
            .limit(limit);
        let answer = request.send().await.map_err(|error| StoreError::service("Query", error))?;
        Ok(answer.items.unwrap_or_default())
    }

    /// Puts a row whose turn was postponed among the effects to send, or aside.
    async fn sort_in(&self, row: row::Row, found: &row::Row, now: Timestamp, due: &mut Due) {
        let message = message_of(&row);
        let error = match read_whole(row) {
            Ok(effect) => return due.effects.push(effect),
            Err(error) => error,
        };
        tracing::error!(alarm = "unreadable", %error, "an effect can't be read; it is put aside for an hour");
        due.unreadable.extend(message);
        // Where that fails, it is looked at again a little sooner.
        let turn = text(keys::sortable(now + GRACE));
        if let Err(error) = self.turn(found, turn, now + ASIDE).await {
            due.failures.push(error);
        }
    }

    /// Moves the turn of the effect whose keys are `found` to after `now`, and gives its row; `None` where
    /// another clock did, or it is done.
    async fn postpone(&self, found: &row::Row, now: Timestamp) -> Result<Option<row::Row>, StoreError> {
        let read = found.get(keys::DUE_AT).cloned();
        let read = read.ok_or_else(|| StoreError::row(row::name(found), "it has no turn"))?;
        self.turn(found, read, now + GRACE).await
    }

    /// Moves the turn of an effect from `read` to `next`.
    async fn turn(
        &self,
        found: &row::Row,
        read: AttributeValue,
        next: Timestamp,
    ) -> Result<Option<row::Row>, StoreError> {
        let value = |name: &str| found.get(name).cloned().ok_or_else(|| StoreError::row("index due", name));
        let request = self
            .dynamo
            .update_item()
            .table_name(&self.places.record_table)
            .key(keys::PK, value(keys::PK)?)
            .key(keys::SK, value(keys::SK)?)
            .update_expression("SET due_at = :next")
            .condition_expression("due_at = :read AND attribute_exists(due)")
            .expression_attribute_values(":next", text(keys::sortable(next)))
            .expression_attribute_values(":read", read)
            .return_values(ReturnValue::AllNew);
        match request.send().await {
            Ok(answer) => Ok(answer.attributes),
            Err(error) => match error.as_service_error() {
                Some(
                    UpdateItemError::ConditionalCheckFailedException(_)
                    | UpdateItemError::TransactionConflictException(_),
                ) => Ok(None),
                _ => Err(StoreError::service("UpdateItem", error)),
            },
        }
    }
}

/// The effect that a row is of, by its keys.
fn message_of(row: &row::Row) -> Option<EffectMessage> {
    let part = |name: &str, prefix: &str| row.get(name)?.as_s().ok()?.strip_prefix(prefix).map(str::to_owned);
    let (deploy, effect) = (part(keys::PK, "deploy#")?, part(keys::SK, "effect#")?);
    Some(EffectMessage { deploy: DeployId::from_text(deploy), effect: EffectId::from_text(effect) })
}
