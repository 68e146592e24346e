//! A pipeline that was triggered, as it came to run: of which commit, and with which parameters.

use super::client::{CircleCi, has_parameters};
use crate::failure::Failure;
use approval::action::ParameterValue;
use std::collections::BTreeMap;

/// A pipeline as it runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ran {
    /// The full SHA of its commit.
    pub revision: String,
    /// True if it has other parameters than it was triggered with, as far as CircleCI tells.
    pub has_other_parameters: bool,
}

impl CircleCi {
    /// The pipeline with the id `id`, which was triggered with `parameters`; `None` while CircleCI does not
    /// tell its commit. <https://circleci.com/docs/api/v2/#operation/getPipelineById>
    ///
    /// # Errors
    ///
    /// A request that CircleCI did not answer, or answered with an error.
    pub async fn ran(
        &self,
        id: &str,
        parameters: &BTreeMap<String, ParameterValue>,
    ) -> Result<Option<Ran>, Failure> {
        let pipeline = self.pipeline(id).await?;
        let has_other_parameters = has_parameters(&pipeline, parameters) == Some(false);
        let revision = match &pipeline.vcs {
            Some(vcs) => vcs.revision.as_deref().filter(|revision| !revision.is_empty()),
            None => pipeline.git("checkout_sha"),
        };
        Ok(revision.map(|revision| Ran { revision: revision.to_ascii_lowercase(), has_other_parameters }))
    }

    /// Asks for every workflow of the pipeline with the id `id` to be cancelled. They may have acted before,
    /// and one that is not there yet is not cancelled.
    /// <https://circleci.com/docs/api/v2/#operation/cancelWorkflow>
    ///
    /// # Errors
    ///
    /// [`Failure::Retryable`] if it has no workflow yet; else the first request that CircleCI did not answer,
    /// or refused.
    pub async fn cancel_pipeline(&self, id: &str) -> Result<(), Failure> {
        let pipeline = self.pipeline(id).await?;
        let workflows = self.workflows(&pipeline).await?;
        if workflows.is_empty() {
            return Err(Failure::retryable("it has no workflow yet"));
        }
        let mut refused = Ok(());
        for workflow in &workflows {
            let cancelled = self.cancel_workflow(workflow).await;
            refused = refused.and(cancelled);
        }
        refused
    }
}
