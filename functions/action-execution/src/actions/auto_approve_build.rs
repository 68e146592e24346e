//! `auto_approve_build`: approves the CircleCI job that is on hold for the deploy's revision.

use super::Done;
use crate::effect_error::Tried;
use crate::handler::ActionExecution;
use crate::release::{KnownPipelines, known_pipelines};
use signoff_core::action::{Action, BuildRef};
use signoff_core::approval::Start;
use signoff_core::deploy::Deploy;
use signoff_core::effect::StartedBuild;
use signoff_core::run::Run;
use signoff_providers::circleci::{HeldJob, NotApproved, Triggered};
use signoff_runtime::connections::Connected;
use signoff_runtime::effects::Attempt;

impl ActionExecution {
    /// Approves the job that `build` names, in a pipeline that an earlier step of `run` started and that
    /// people saw with `start`, or in the one that the push of the revision to the branch or tag of `start`
    /// did. Where nobody was asked, it is that of the deploy. Once an attempt was about to approve it, later
    /// ones look at the same pipeline alone: what that one approved may run, whatever was answered.
    pub(super) async fn auto_approve_build(
        &self,
        attempt: &Attempt,
        deploy: &Deploy,
        connected: &Connected,
        (run, step): (&Run, usize),
        (action, build): (&Action, &BuildRef),
        start: Option<&Start>,
    ) -> Tried<Done> {
        let KnownPipelines { own, earlier, pushed_to } =
            known_pipelines(run, step, start, deploy.reading.built_on.as_ref())?;
        let connection = self.connection(deploy, connected)?;
        self.own_project(deploy, connection).await?;
        let circleci = self.outside.circleci(self.now()).await?;
        let refs = match self.allowed_refs(deploy, run, action).await? {
            Ok(refs) => refs,
            Err(why) => return Err(NotApproved::NotYet(why).into()),
        };
        let before = run.steps.get(step).and_then(|step| step.started.as_ref());
        let pinned = match attempt.started_build().or(before) {
            Some(StartedBuild::Pipeline { id, .. }) => Some(id.as_str()),
            Some(StartedBuild::Run { .. }) | None => None,
        };
        let held = HeldJob {
            project: &connection.circleci_project,
            repository: &connection.repository,
            pushed_to: pushed_to.as_ref(),
            revision: &deploy.revision,
            build: &build.build,
            job: build.job.as_deref(),
            own: &own,
            earlier: earlier.as_deref(),
            pinned,
        };
        let keep = async |Triggered { id, number, url }: Triggered| {
            if pinned.is_none() {
                self.keep_build(attempt, StartedBuild::Pipeline { id, number, url }).await;
            }
        };
        let approved =
            circleci.approve_held_job(held, |built| refs.iter().all(|refs| refs.allow(built)), keep).await?;
        let verb = if approved.already { "was approved before" } else { "approved" };
        Ok(Done {
            // The pipeline's id stays what it is; its number is what people read.
            summary: format!(
                "job {} of {} {verb} in pipeline {} ({}).",
                approved.job, build.build, approved.pipeline.number, approved.pipeline.id
            ),
            url: Some(approved.workflow_url),
        })
    }
}
