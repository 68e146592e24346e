//! Builds: which requests for one were sent, and which step each belongs to.

use crate::error::StoreError;
use crate::row::{self, text};
use crate::unreadable::{left_out, read_each, read_whole};
use crate::{Store, keys};
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use signoff_core::effect::StartedBuild;
use signoff_core::id::{DeployId, EffectId, RunId};
use std::collections::HashMap;

/// A request for a build, as it is put on record before it is sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BuildRequest {
    /// The deploy.
    pub deploy: DeployId,
    /// The run.
    pub run: RunId,
    /// The step's number, from 0.
    pub step: usize,
    /// The effect that tried the step first.
    pub effect: EffectId,
    /// The build that was asked for: two requests with the same text may each have led to the same build.
    pub what: String,
}

/// The step that a build belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct BuildOwner {
    /// The effect that tried the step first.
    pub(crate) effect: EffectId,
}

/// The owner of a build, as far as the record tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Owner {
    /// The step that this effect tried first.
    Step(EffectId),
    /// Some step: the row can't be read.
    Unreadable,
}

impl Store {
    /// Gives `build`, which a search found, to the step that `effect` tried first. False: it belongs to
    /// another step. One request.
    ///
    /// # Errors
    ///
    /// The record can't be written.
    pub async fn claim_build(
        &self,
        build: &StartedBuild,
        effect: &EffectId,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let owner = BuildOwner { effect: effect.clone() };
        let row = row::write(&keys::build(build), &owner, now, self.places.retention)?;
        let put = self.dynamo.put_item().table_name(&self.places.record_table).set_item(Some(row));
        let put = put.condition_expression("attribute_not_exists(pk) OR effect = :effect");
        match put.expression_attribute_values(":effect", text(effect.as_str())).send().await {
            Ok(_) => Ok(true),
            Err(error) => match error.as_service_error() {
                Some(PutItemError::ConditionalCheckFailedException(_)) => Ok(false),
                _ => Err(StoreError::service("PutItem", error)),
            },
        }
    }

    /// The owners of those of `builds`, at most 100, that belong to a step, by their ids. One request.
    ///
    /// # Errors
    ///
    /// The record can't be read.
    pub async fn owners_of_builds(
        &self,
        builds: &[StartedBuild],
    ) -> Result<HashMap<String, Owner>, StoreError> {
        let wanted: Vec<_> = builds.iter().map(keys::build).collect();
        let mut rows = self.get_all(&wanted).await?;
        let owner = |row| match read_whole::<BuildOwner>(row) {
            Ok(owner) => Owner::Step(owner.effect),
            Err(error) => {
                left_out(&error);
                Owner::Unreadable
            }
        };
        let owned = builds
            .iter()
            .zip(wanted)
            .filter_map(|(build, key)| Some((build.id(), owner(rows.remove(&key)?))));
        Ok(owned.collect())
    }

    /// The requests for builds of `source` (a repository, or a project of CircleCI) that were sent from
    /// `from` to `to`, and the number of those that can't be read. One request, or more for more than 1 MB.
    ///
    /// # Errors
    ///
    /// The record can't be read.
    pub async fn build_requests(
        &self,
        source: &str,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<(Vec<BuildRequest>, usize), StoreError> {
        let query = self
            .dynamo
            .query()
            .table_name(&self.places.record_table)
            .key_condition_expression("pk = :pk AND sk BETWEEN :from AND :to")
            .expression_attribute_values(":pk", text(keys::build_requests(source)))
            .expression_attribute_values(":from", text(keys::sortable(from)))
            // It comes after every effect of that time.
            .expression_attribute_values(":to", text(format!("{}$", keys::sortable(to))))
            .consistent_read(true);
        let rows: Result<Vec<_>, _> = query.into_paginator().items().send().collect().await;
        Ok(read_each(rows.map_err(|error| StoreError::service("Query", error))?))
    }
}
