//! `auto_approve_build`: approves the CircleCI job that is on hold for the deploy's revision.

use super::Done;
use crate::handler::ActionExecution;
use crate::trouble::Trouble;
use approval::action::BuildRef;
use approval::deploy::Deploy;
use runtime::connections::Connected;

impl ActionExecution {
    pub(super) async fn auto_approve_build(
        &self,
        deploy: &Deploy,
        connected: &Connected,
        build: &BuildRef,
    ) -> Result<Done, Trouble> {
        let project = &self.connection(deploy, connected)?.circleci_project;
        let circleci = self.outside.circleci(self.now()).await?;
        let (branch, job) = (deploy.branch.as_deref(), build.job.as_deref());
        let approved =
            circleci.approve_held_job(project, branch, &deploy.revision, &build.build, job).await?;
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
