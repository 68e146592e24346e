//! Pipelines that are known by their ids: those that the API started for the same run of a rule, and those in
//! which a job was approved before.

use super::{HeldJob, NotApproved, Seen, fail, shown, which};
use crate::circleci::client::{CircleCi, Triggered};
use crate::circleci::wire::Workflow;
use signoff_core::git_ref::GitRef;

impl CircleCi {
    /// The workflow `held.build` in the one of the pipelines `ids` that has it; `None`: none of them does.
    /// Two requests for each of them.
    ///
    /// # Errors
    ///
    /// [`NotApproved::NotYet`] if one of them has not started its workflows yet; [`NotApproved::NeedsPerson`]
    /// if several have this one; [`crate::Failure::Permanent`] if it was cancelled, if it builds another
    /// repository, or if its branch or tag is not one that `is_allowed`.
    pub(super) async fn find_in(
        &self,
        ids: &[String],
        held: HeldJob<'_>,
        is_allowed: impl Fn(Option<&GitRef>) -> bool,
    ) -> Result<Option<(Triggered, Workflow)>, NotApproved> {
        let HeldJob { project, repository, build, .. } = held;
        let (mut seen, mut fitting) = (Seen::default(), Vec::new());
        for id in ids {
            let pipeline = self.pipeline(id).await?;
            let url = self.pipeline_url(project, pipeline.number);
            let Some(workflow) = seen.look(&pipeline, self.workflows(&pipeline).await?, build) else {
                continue;
            };
            if let Some(other) = pipeline.other_repository(repository) {
                return Err(fail(format!(
                    "nothing was approved: pipeline {} builds {other}, and not {repository} ({url})",
                    pipeline.number
                )));
            }
            let built_on = pipeline.built_on();
            if !is_allowed(built_on.as_ref()) {
                return Err(fail(format!(
                    "nothing was approved: `allowed_refs` of the policy does not allow {}, which pipeline {} builds ({url})",
                    shown(&built_on),
                    pipeline.number
                )));
            }
            fitting.push((Triggered { number: pipeline.number, id: pipeline.id.clone(), url }, workflow));
        }
        if fitting.len() > 1 {
            return Err(which(held, &fitting));
        }
        if fitting.is_empty() && (seen.canceled.is_some() || seen.starting) {
            return Err(seen.reason(held));
        }
        Ok(fitting.pop())
    }

    /// The workflow `held.build` in the pipeline with the id `pinned`. Two requests.
    ///
    /// # Errors
    ///
    /// Those of [`CircleCi::find_in`]; [`crate::Failure::Permanent`] if the pipeline has no such
    /// workflow.
    pub(super) async fn find_in_pinned(
        &self,
        held: HeldJob<'_>,
        pinned: &str,
        is_allowed: impl Fn(Option<&GitRef>) -> bool,
    ) -> Result<(Triggered, Workflow), NotApproved> {
        let found = self.find_in(&[pinned.to_owned()], held, is_allowed).await?;
        found.ok_or_else(|| {
            let build = held.build;
            fail(format!(
                "nothing was approved: the pipeline {pinned}, in which {build} was found before, has no such workflow"
            ))
        })
    }
}
