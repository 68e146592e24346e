//! The people behind a deploy, by the source host's word: who made the deployment, and who started the run
//! that did.

use crate::handler::{RuleEvaluation, Tried};
use approval::confirmation::Confirmation;
use approval::deploy::Deploy;
use approval::effect::{Effect, EffectKind};
use approval::id::DeployId;
use approval::range::Identity;
use providers::Failure;
use providers::github::{GitHub, HostStatus};
use std::collections::BTreeSet;
use store::{Change, CommitError};

/// The most runs of a deployment of which is read who started them.
const MAX_RUNS: usize = 5;
/// The most statuses of a deployment that GitHub lists.
const MAX_STATUSES: usize = 100;

/// Notes who made the GitHub deployment behind `deploy`: its `creator`, or, where that is a run's own token,
/// the people who started the runs that `statuses` name. Whoever GitHub does not name is a maker whom nobody
/// finds. A request for each attempt of each run.
///
/// # Errors
///
/// A request that GitHub did not answer.
pub(crate) async fn note_creator(
    github: &GitHub,
    deploy: &mut Deploy,
    creator: Option<Identity>,
    statuses: &[HostStatus],
) -> Result<(), Failure> {
    let is_run = |by: &Identity| by.account.as_ref().is_some_and(|account| account.is_run_token());
    let mut deployed_by = Vec::new();
    deploy.reading.started_by = Vec::new();
    match &creator {
        None => deployed_by.push(Identity::untold("who deployed it")),
        Some(creator) if is_run(creator) => {
            let runs: BTreeSet<u64> = statuses.iter().filter_map(|status| status.run).collect();
            let is_cut = runs.len() > MAX_RUNS || statuses.len() >= MAX_STATUSES;
            for run in runs.into_iter().rev().take(MAX_RUNS) {
                // A status names no attempt that can be trusted: whoever ran the run again may have made it.
                let starters = github.starters(&deploy.repository, run, None, &deploy.revision).await?;
                deployed_by.extend(starters);
            }
            if deployed_by.is_empty() {
                deployed_by.push(creator.clone());
            } else {
                deployed_by.dedup();
                let known = deployed_by.iter().filter(|by| !by.is_untold());
                deploy.reading.started_by = known.map(Identity::person).collect();
            }
            deployed_by
                .extend(is_cut.then(|| Identity::untold("who started earlier runs of the deployment")));
        }
        Some(creator) => deployed_by.push(creator.clone()),
    }
    deploy.reading.deployed_by = Vec::new();
    deploy.add_deployed_by(deployed_by);
    deploy.deployer = creator.as_ref().map(Identity::person);
    Ok(())
}

/// Notes who started the run of GitHub Actions whose token registered `deploy`, at first and again up to
/// the attempt that the token names: the token names the first starter alone. Of other CIs, the token is
/// all there is. A request for each attempt.
///
/// # Errors
///
/// A request that GitHub did not answer.
pub(crate) async fn note_job(github: &GitHub, deploy: &mut Deploy) -> Result<(), Failure> {
    let run = deploy.reading.ci_job.as_ref().and_then(|job| Some((job.github_run()?, job.commit.clone()?)));
    let Some(((run, attempt), commit)) = run else { return Ok(()) };
    let starters = github.starters(&deploy.repository, run, Some(attempt), &commit).await?;
    if starters.is_empty() && attempt > 1 {
        deploy.add_deployed_by([Identity::untold("who started the run again")]);
    }
    deploy.add_deployed_by(starters);
    if deploy.reading.deployed_by.is_empty() {
        deploy.add_deployed_by([Identity::untold("who started the run")]);
    }
    Ok(())
}

impl RuleEvaluation {
    /// The deploy that `deploy` is another registration of, by the word of the function that took it; `None`:
    /// it is none. At most one request.
    pub(crate) async fn registered_again(&self, deploy: &Deploy) -> Tried<Option<DeployId>> {
        let Some(first) = &deploy.reading.repeats else { return Ok(None) };
        Ok(match self.store.deploy(first).await?.map(|first| first.confirmation) {
            // Nothing acts for the first one: this one stands for itself.
            Some(Confirmation::Unconfirmed { .. } | Confirmation::Unevaluated { .. }) => None,
            Some(Confirmation::Repeat { of }) => Some(of),
            Some(Confirmation::Awaited | Confirmation::Confirmed) | None => Some(first.clone()),
        })
    }

    /// Has the open approvals of the deploy `of` judged again, after another report of it.
    pub(crate) async fn judge_repeated(&self, of: &DeployId, effect: &Effect) -> Tried<()> {
        let Some(page) = self.store.page(of).await? else { return Ok(()) };
        let open = page.approvals.iter().filter(|approval| approval.status.is_open());
        let judge: Vec<_> =
            open.map(|approval| EffectKind::JudgeAgain { approval: approval.id.clone(), round: 0 }).collect();
        if judge.is_empty() {
            return Ok(());
        }
        let change = Change::to(of, self.now()).and(&format!("reported by {}", effect.id), judge, Vec::new());
        match self.store.commit(change).await {
            // An earlier attempt did it.
            Ok(()) | Err(CommitError::Conflict) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}
