//! Pipelines that are known by their ids: those that the API started for the same run of a rule, and the one
//! in which a job was approved before.

use super::{HeldJob, NotApproved, Seen, fail, quote, which};
use crate::circleci::client::{CircleCi, Triggered};
use crate::circleci::wire::Workflow;

impl CircleCi {
    /// The workflow `held.build` in the one of the pipelines `held.own` that has it; `None`: none of them
    /// does. Two requests for each of them.
    ///
    /// # Errors
    ///
    /// [`NotApproved::NotYet`] if one of them has not started its workflows yet, or if several have this one;
    /// [`crate::Failure::Permanent`] if it was cancelled, if it builds another repository, or if its branch
    /// or tag is not one that `is_allowed`.
    pub(super) async fn find_in_own(
        &self,
        held: HeldJob<'_>,
        is_allowed: impl Fn(&str) -> bool,
    ) -> Result<Option<(Triggered, Workflow)>, NotApproved> {
        let HeldJob { project, repository, revision, build, own, .. } = held;
        let (mut seen, mut fitting) = (Seen::default(), Vec::new());
        for id in own {
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
            let name = pipeline.ref_name();
            if !is_allowed(name.unwrap_or_default()) {
                let name = name.map_or_else(|| "no branch".to_owned(), quote);
                return Err(fail(format!(
                    "nothing was approved: `allowed_refs` of the policy does not allow {name}, which pipeline {} builds ({url})",
                    pipeline.number
                )));
            }
            fitting.push((Triggered { number: pipeline.number, id: pipeline.id.clone(), url }, workflow));
        }
        if fitting.len() > 1 {
            return Err(which(held, &fitting));
        }
        if fitting.is_empty() && (seen.canceled.is_some() || seen.starting) {
            return Err(seen.reason(project, revision, build));
        }
        Ok(fitting.pop())
    }

    /// The workflow `held.build` in the pipeline with the id `pinned`. Two requests.
    ///
    /// # Errors
    ///
    /// Those of [`CircleCi::find_in_own`]; [`crate::Failure::Permanent`] if the pipeline has no such
    /// workflow.
    pub(super) async fn find_in_pinned(
        &self,
        held: HeldJob<'_>,
        pinned: &str,
        is_allowed: impl Fn(&str) -> bool,
    ) -> Result<(Triggered, Workflow), NotApproved> {
        let own = [pinned.to_owned()];
        let found = self.find_in_own(HeldJob { own: &own, ..held }, is_allowed).await?;
        found.ok_or_else(|| {
            let build = held.build;
            fail(format!(
                "nothing was approved: the pipeline {pinned}, in which {build} was found before, has no such workflow"
            ))
        })
    }
}
