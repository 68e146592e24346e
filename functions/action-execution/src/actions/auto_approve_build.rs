//! `auto_approve_build`: approves the CircleCI job that is on hold for the deploy's revision.

use super::Done;
use crate::handler::ActionExecution;
use crate::policy::{Binding, judged};
use crate::trouble::Trouble;
use approval::action::{Action, BuildRef};
use approval::deploy::Deploy;
use approval::run::Run;
use providers::circleci::HeldJob;
use rules::policy::AllowedRefs;
use runtime::connections::Connected;

impl ActionExecution {
    pub(super) async fn auto_approve_build(
        &self,
        deploy: &Deploy,
        connected: &Connected,
        run: &Run,
        action: &Action,
        build: &BuildRef,
    ) -> Result<Done, Trouble> {
        let project = &self.connection(deploy, connected)?.circleci_project;
        let circleci = self.outside.circleci(self.now()).await?;
        let (branch, job) = (deploy.branch.as_deref(), build.job.as_deref());
        let refs = match self.policy().await? {
            Binding::Nothing | Binding::Unknown(_) => AllowedRefs::default(),
            Binding::Policy(policy) => {
                let (actions, before) = (run.actions(), self.runs_before(run).await?);
                let before: Vec<_> =
                    before.iter().map(|run| (run.actions(), run.promotes_to.as_deref())).collect();
                policy.allowed_refs(&deploy.deployment, &judged(run, &actions, &before), action)
            }
        };
        let held = HeldJob { project, branch, revision: &deploy.revision, build: &build.build, job };
        let approved = circleci.approve_held_job(held, |name| refs.allow(name)).await?;
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
