//! Deployments without a rules file, or without a rule for deploys in it: their channel is told once.

use crate::error::StoreError;
use crate::row::{self, text};
use crate::{Store, keys};
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use serde::Serialize;
use signoff_core::deploy::Deploy;
use signoff_core::id::DeployId;

/// The deploy that the channel was told about.
#[derive(Serialize)]
struct Note<'a> {
    deploy: &'a DeployId,
}

impl Store {
    /// Notes that `deploy` is the one by which its channel is told that the deployment has no rules, or that
    /// its file (`has_file`) has none for deploys; whether it is. Another deploy may be that one already, and
    /// asking again for the same one changes nothing. One request.
    ///
    /// # Errors
    ///
    /// The record can't be written.
    pub async fn tells_without_rules(&self, deploy: &Deploy, has_file: bool) -> Result<bool, StoreError> {
        let row =
            row::keep(&keys::without_rules(&deploy.deployment, has_file), &Note { deploy: &deploy.id })?;
        let request = self
            .dynamo
            .put_item()
            .table_name(&self.places.record_table)
            .set_item(Some(row))
            .condition_expression("attribute_not_exists(pk) OR deploy = :deploy")
            .expression_attribute_values(":deploy", text(deploy.id.as_str()));
        match request.send().await {
            Ok(_) => Ok(true),
            Err(error) => match error.as_service_error() {
                Some(PutItemError::ConditionalCheckFailedException(_)) => Ok(false),
                _ => Err(StoreError::service("PutItem", error)),
            },
        }
    }
}
