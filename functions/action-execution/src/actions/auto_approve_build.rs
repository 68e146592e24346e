//! `auto_approve_build`: approves the CircleCI job that is on hold for the deploy's revision.

use super::Done;
use crate::effect_error::Tried;
use crate::handler::ActionExecution;
use crate::policy::{Binding, judged};
use approval::action::{Action, BuildRef};
use approval::approval::{OwnPipeline, Start};
use approval::deploy::Deploy;
use approval::effect::StartedBuild;
use approval::run::Run;
use providers::Failure;
use providers::circleci::{HeldJob, NotApproved, Triggered};
use runtime::connections::Connected;
use runtime::effects::Attempt;

impl ActionExecution {
    /// Approves the job that `build` names, in a pipeline that the push of the revision started, or in one
    /// that an earlier step of `run` did and that people saw with `start`. Once an attempt was about to
    /// approve it, later ones look at the same pipeline alone: what that one approved may run, whatever was
    /// answered.
    pub(super) async fn auto_approve_build(
        &self,
        attempt: &Attempt,
        deploy: &Deploy,
        connected: &Connected,
        (run, step): (&Run, usize),
        (action, build): (&Action, &BuildRef),
        start: Option<&Start>,
    ) -> Tried<Done> {
        let own = own_pipelines(run, start)?;
        let connection = self.connection(deploy, connected)?;
        self.own_project(deploy, connection).await?;
        let circleci = self.outside.circleci(self.now()).await?;
        let (branch, job) = (deploy.branch.as_deref(), build.job.as_deref());
        let refs = match self.policy().await? {
            Binding::Nothing => Vec::new(),
            Binding::Unknown(why) => return Err(NotApproved::NotYet(why).into()),
            Binding::Policy(policy) => {
                let (actions, before) = (run.actions(), self.runs_before(run).await?);
                let before: Vec<_> =
                    before.iter().map(|run| (run.actions(), run.promotes_to.as_deref())).collect();
                let names = self.bound_as(&policy, deploy).await?;
                names.allowed_refs(&policy, &judged(run, &actions, &before), action)
            }
        };
        let before = run.steps.get(step).and_then(|step| step.started.as_ref());
        let pinned = match attempt.started_build().or(before) {
            Some(StartedBuild::Pipeline { id, .. }) => Some(id.as_str()),
            Some(StartedBuild::Run { .. }) | None => None,
        };
        let held = HeldJob {
            project: &connection.circleci_project,
            repository: &connection.repository,
            branch,
            revision: &deploy.revision,
            build: &build.build,
            job,
            own: &own,
            pinned,
        };
        let keep = async |Triggered { id, number, url }: Triggered| {
            if pinned.is_none() {
                self.keep_build(attempt, StartedBuild::Pipeline { id, number, url }).await;
            }
        };
        let approved =
            circleci.approve_held_job(held, |name| refs.iter().all(|refs| refs.allow(name)), keep).await?;
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

/// The ids of the pipelines that earlier steps of `run` started, among those that people saw with `start`.
/// Error: one of them is another one than people saw.
fn own_pipelines(run: &Run, start: Option<&Start>) -> Result<Vec<String>, Failure> {
    let Some(Start::Releases(own)) = start else { return Ok(Vec::new()) };
    let mut ids = Vec::new();
    for OwnPipeline { step, started: seen } in own {
        let started = run.steps.get(*step).and_then(|step| step.started.as_ref());
        if seen.is_some() && seen.as_ref() != started {
            return Err(Failure::Permanent(
                "nothing was approved: trigger_build started another pipeline than people saw".to_owned(),
            ));
        }
        match started {
            Some(StartedBuild::Pipeline { id, .. }) => ids.push(id.clone()),
            Some(StartedBuild::Run { .. }) | None => {}
        }
    }
    Ok(ids)
}

#[cfg(test)]
mod tests {
    use super::*;
    use approval::id::DeployId;
    use approval::run::Opening;

    const RULES: &str = "rules:\n\
        - ship:\n    actions:\n\
        \x20     - trigger_build: {parameters: {first: true}}\n\
        \x20     - slack_channel_approval:\n\
        \x20         channel: '#gate'\n\
        \x20         on_reject: [trigger_build: {parameters: {undo: true}}]\n\
        \x20     - trigger_build: {parameters: {name: promote.yml}}\n\
        \x20     - auto_approve_build: release\n";

    fn pipeline(id: &str) -> StartedBuild {
        StartedBuild::Pipeline { id: id.to_owned(), number: 7, url: format!("https://ci.example/{id}") }
    }

    #[test]
    fn only_pipelines_that_people_saw_are_released() {
        let file = rules::parse(RULES, "rules.yml").unwrap();
        let opening = Opening {
            deploy: &DeployId::from_text("d"),
            revision: "r",
            rule: "ship",
            rule_hash: "h",
            actions: &file.rules[0].actions,
            followed: false,
        };
        let mut run = Run::open(&opening, jiff::Timestamp::UNIX_EPOCH).next;
        // Neither the one after a rejection nor the workflow of GitHub's.
        assert_eq!(run.pipelines_before(4).collect::<Vec<_>>(), [0]);
        let seen = |started| Start::Releases(vec![OwnPipeline { step: 0, started }]);
        assert_eq!(own_pipelines(&run, Some(&seen(None))), Ok(Vec::new()), "none was started");
        run.steps[0].started = Some(pipeline("p1"));
        for start in [seen(None), seen(Some(pipeline("p1")))] {
            assert_eq!(own_pipelines(&run, Some(&start)), Ok(vec!["p1".to_owned()]));
        }
        for start in [None, Some(&Start::NoBuild)] {
            assert_eq!(own_pipelines(&run, start), Ok(Vec::new()), "nobody saw it");
        }
        own_pipelines(&run, Some(&seen(Some(pipeline("p2"))))).unwrap_err();
    }
}
