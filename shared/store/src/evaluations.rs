//! The evaluations of a deployment's rules, newest first, and the runs that they opened.

use crate::error::StoreError;
use crate::row::{self, Row, text};
use crate::unreadable::{left_out, read_each};
use crate::{Store, keys};
use jiff::Timestamp;
use signoff_core::deploy::Slug;
use signoff_core::evaluation::Evaluation;
use signoff_core::id::{DeployId, RunId};
use signoff_core::run::Run;
use std::collections::HashMap;

/// Most evaluations in one part; DynamoDB reads 1 MB of them at most.
const MOST_READ: i32 = 100;

/// A place in the list of a deployment's evaluations: each one comes after those that are newer.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct EvaluationPlace(String);

/// An evaluation in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedEvaluation {
    /// Its place in the list.
    pub place: EvaluationPlace,
    /// The evaluation.
    pub evaluation: Evaluation,
}

impl EvaluationPlace {
    /// Reads what [`EvaluationPlace::as_str`] gave: a time, `#` and an id.
    pub fn parse(text: &str) -> Option<Self> {
        let (time, id) = text.split_once('#')?;
        let is_id = (1..=64).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_alphanumeric());
        (is_id && time.parse::<Timestamp>().is_ok()).then(|| Self(text.to_owned()))
    }

    /// Its text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Store {
    /// The evaluations of the rules of `deployment` from `from` on, newest first, and whether there are older
    /// ones. One request.
    pub async fn evaluations(
        &self,
        deployment: &Slug,
        from: Option<&EvaluationPlace>,
    ) -> Result<(Vec<ListedEvaluation>, bool), StoreError> {
        let request = self
            .dynamo
            .query()
            .table_name(&self.places.record_table)
            .index_name(keys::DEPLOYMENT_INDEX)
            .key_condition_expression("deployment_key = :of AND listed_at <= :from")
            .expression_attribute_values(":of", text(keys::evaluations_of(deployment)))
            .expression_attribute_values(":from", text(from.map_or("~", EvaluationPlace::as_str)))
            .scan_index_forward(false)
            .limit(MOST_READ);
        let answer = request.send().await.map_err(|error| StoreError::service("Query", error))?;
        let mut evaluations = Vec::new();
        for row in answer.items.unwrap_or_default() {
            match listed(row) {
                Ok(evaluation) => evaluations.push(evaluation),
                Err(error) => left_out(&error),
            }
        }
        Ok((evaluations, answer.last_evaluated_key.is_some()))
    }

    /// The last evaluation of a deploy's rules; `None`: they were not. One request.
    ///
    /// # Errors
    ///
    /// The record can't be read, or this release can't read the row.
    pub async fn newest_evaluation(&self, deploy: &DeployId) -> Result<Option<Evaluation>, StoreError> {
        let request = self
            .dynamo
            .query()
            .table_name(&self.places.record_table)
            .key_condition_expression("pk = :of")
            .expression_attribute_values(":of", text(keys::evaluations_of_deploy(deploy)))
            .scan_index_forward(false)
            .consistent_read(true)
            .limit(1);
        let answer = request.send().await.map_err(|error| StoreError::service("Query", error))?;
        answer.items.unwrap_or_default().pop().map(row::read).transpose()
    }

    /// The runs of these deploys that are on record, at most 100. One request.
    pub async fn runs(&self, of: &[(&DeployId, &RunId)]) -> Result<HashMap<RunId, Run>, StoreError> {
        let keys: Vec<_> = of.iter().map(|(deploy, run)| keys::run(deploy, run)).collect();
        let rows = self.get_all(&keys).await?;
        let (runs, _) = read_each::<Run>(rows.into_values());
        Ok(runs.into_iter().map(|run| (run.id.clone(), run)).collect())
    }
}

fn listed(row: Row) -> Result<ListedEvaluation, StoreError> {
    let place = EvaluationPlace(crate::listing::listed_at(&row).unwrap_or_default());
    Ok(ListedEvaluation { place, evaluation: row::read(row)? })
}
