//! Effects: reading one, claiming it, and putting on record what became of it.

use crate::error::StoreError;
use crate::row;
use crate::{CommitError, Store, keys};
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use jiff::Timestamp;
use signoff_core::effect::{Claim, Effect};
use signoff_core::id::{DeployId, EffectId};

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
}
