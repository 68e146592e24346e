//! Effects: claiming one, and finding those that the clock has to send.

use crate::error::StoreError;
use crate::row::{self, text};
use crate::{CommitError, Store, keys};
use approval::effect::{Claim, Effect, GRACE};
use approval::id::{DeployId, EffectId};
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::ReturnValue;
use jiff::Timestamp;

impl Store {
    /// The effect, as it was last committed.
    pub async fn effect(&self, deploy: &DeployId, effect: &EffectId) -> Result<Option<Effect>, StoreError> {
        self.get(&keys::effect(deploy, effect)).await
    }

    /// Claims `effect` for this process until its lease runs out, and returns it as it was claimed.
    ///
    /// Errors: [`CommitError::Conflict`] where another process claimed or closed it since it was read, and where it may
    /// not be claimed at `now` at all ([`Effect::claim`]).
    pub async fn claim(&self, effect: &Effect, now: Timestamp) -> Result<Effect, CommitError> {
        match effect.claim(now) {
            Claim::Take { .. } => {}
            Claim::Held { .. } | Claim::Wait { .. } | Claim::Closed => return Err(CommitError::Conflict),
        }
        let claimed = effect.started(now);
        self.replace_effect(effect, &claimed).await?;
        Ok(claimed)
    }

    /// Puts what became of an effect that this process has claimed on record, where nothing else changes with it.
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

    /// Takes the effects that are due at `now`, at most `limit`, and postpones their next turn, so that each is sent by
    /// one clock. The oldest come first.
    pub async fn take_due(&self, now: Timestamp, limit: i32) -> Result<Vec<Effect>, StoreError> {
        let request = self
            .dynamo
            .query()
            .table_name(&self.places.record_table)
            .index_name(keys::DUE_INDEX)
            .key_condition_expression("due = :due AND due_at <= :now")
            .expression_attribute_values(":due", text(keys::DUE))
            .expression_attribute_values(":now", text(keys::sortable(now)))
            .limit(limit);
        let answer = request.send().await.map_err(|error| StoreError::service("Query", error))?;
        let mut effects = Vec::new();
        for found in answer.items.unwrap_or_default() {
            effects.extend(self.postpone(found, now).await?);
        }
        Ok(effects)
    }

    /// Moves the turn of the effect whose keys are `found` to after `now`; `None` where another clock did, or it is done.
    async fn postpone(&self, found: row::Row, now: Timestamp) -> Result<Option<Effect>, StoreError> {
        let value = |name: &str| found.get(name).cloned().ok_or_else(|| StoreError::row("index due", name));
        let request = self
            .dynamo
            .update_item()
            .table_name(&self.places.record_table)
            .key(keys::PK, value(keys::PK)?)
            .key(keys::SK, value(keys::SK)?)
            .update_expression("SET due_at = :next")
            .condition_expression("due_at = :read AND attribute_exists(due)")
            .expression_attribute_values(":next", text(keys::sortable(now + GRACE)))
            .expression_attribute_values(":read", value(keys::DUE_AT)?)
            .return_values(ReturnValue::AllNew);
        match request.send().await {
            Ok(answer) => Ok(Some(row::read(answer.attributes.unwrap_or_default())?)),
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
