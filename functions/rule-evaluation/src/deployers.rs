//! The people behind a deploy, by the source host's word: who made the deployment, and who started the run
//! that did.

use crate::handler::{RuleEvaluation, Tried};
use jiff::Timestamp;
use signoff_core::confirmation::Confirmation;
use signoff_core::deploy::Deploy;
use signoff_core::effect::{Effect, EffectKind};
use signoff_core::id::DeployId;
use signoff_core::range::{Account, Identity};
use signoff_providers::Failure;
use signoff_providers::github::{GitHub, HostStatus};
use signoff_store::{Change, CommitError};
use std::collections::BTreeMap;

/// The most runs of a deployment of which is read who started them.
const MAX_RUNS: usize = 5;
/// The most statuses of a deployment that GitHub lists.
const MAX_STATUSES: usize = 100;

/// Notes who made the GitHub deployment behind `deploy`: its `creator`, and the people who started the runs
/// that `statuses` name. Whoever GitHub does not name is a maker whom nobody finds. A request for each
/// attempt of each run.
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
    let mut runs: BTreeMap<u64, Vec<Timestamp>> = BTreeMap::new();
    for status in statuses {
        if let Some(run) = status.run {
            runs.entry(run).or_default().push(status.created_at);
        }
    }
    let is_cut = runs.len() > MAX_RUNS || statuses.len() >= MAX_STATUSES;
    let mut starters = Vec::new();
    for (run, set_at) in runs.iter().rev().take(MAX_RUNS) {
        // A status names no attempt that can be trusted: whoever ran the run again may have made it.
        starters.push(github.starters_at(&deploy.repository, *run, &deploy.revision, set_at).await?);
    }
    let is_token = creator.as_ref().is_some_and(is_run_token);
    let known = starters.iter().flatten().filter(|by| is_token && !by.is_untold());
    deploy.reading.started_by = known.map(Identity::person).collect();
    deploy.reading.deployed_by = Vec::new();
    deploy.add_deployed_by(makers(creator.as_ref(), starters, is_cut));
    deploy.deployer = creator.as_ref().map(Identity::person);
    Ok(())
}

/// The makers of a GitHub deployment that `creator` made, by the people who started each of the runs that its
/// statuses name. These stand for a run's own token, unless one of the runs names nobody: then the token may
/// be that run's. `is_cut`: there are more runs.
fn makers(creator: Option<&Identity>, starters: Vec<Vec<Identity>>, is_cut: bool) -> Vec<Identity> {
    let are_all_told = !starters.is_empty() && starters.iter().all(|people| !people.is_empty());
    let mut makers: Vec<Identity> = starters.into_iter().flatten().collect();
    match creator {
        None => makers.push(Identity::untold("who deployed it")),
        Some(creator) if is_run_token(creator) && are_all_told => {}
        Some(creator) => makers.push(creator.clone()),
    }
    makers.extend(is_cut.then(|| Identity::untold("who started earlier runs of the deployment")));
    makers
}

fn is_run_token(by: &Identity) -> bool {
    by.account.as_ref().is_some_and(Account::is_run_token)
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
    /// The deploy that `deploy`, whose revision is resolved, is another registration of, by the word of the
    /// function that took it; `None`: it is none. A tag may have moved between the two. At most one request.
    pub(crate) async fn registered_again(&self, deploy: &Deploy) -> Tried<Option<DeployId>> {
        let Some(id) = &deploy.reading.repeats else { return Ok(None) };
        let Some(first) = self.store.deploy(id).await? else { return Ok(Some(id.clone())) };
        if !deploy.revision.starts_with(&first.revision) {
            return Ok(None);
        }
        Ok(match first.confirmation {
            // Nothing acts for the first one: this one stands for itself.
            Confirmation::Unconfirmed { .. } | Confirmation::Unevaluated { .. } => None,
            Confirmation::Repeat { of } => Some(of),
            Confirmation::Awaited | Confirmation::Confirmed => Some(id.clone()),
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

#[cfg(test)]
mod tests {
    use super::*;

    fn acted(login: &str) -> Identity {
        let is_bot = login.ends_with("[bot]");
        let account = Account { id: login.len() as u64, login: login.to_owned(), is_bot };
        Identity { name: login.to_owned(), email: None, account: Some(account), vouched: true }
    }

    #[test]
    fn every_named_run_has_to_name_somebody_behind_the_token() {
        let (token, person) = (acted("github-actions[bot]"), acted("mallory"));
        let starters = |runs: &[&[&str]]| -> Vec<Vec<Identity>> {
            runs.iter().map(|people| people.iter().map(|login| acted(login)).collect()).collect()
        };
        for (creator, runs, is_cut, expected) in [
            (Some(&token), &[&["ana"][..]][..], false, "ana"),
            (Some(&token), &[&["ana"], &["ben", "cleo"]], false, "ana ben cleo"),
            // The run that made it may be the one of which nobody is known.
            (Some(&token), &[&["ana"], &[]], false, "ana github-actions[bot]"),
            // Renovate's push started it.
            (Some(&token), &[&["renovate[bot]"]], false, "renovate[bot]"),
            (Some(&token), &[&[]], false, "github-actions[bot]"),
            (Some(&token), &[], false, "github-actions[bot]"),
            (Some(&token), &[&["ana"]], true, "ana who started earlier runs of the deployment"),
            // A person's token made it in somebody's run: both did.
            (Some(&person), &[&["ana"]], false, "ana mallory"),
            (Some(&person), &[&[]], false, "mallory"),
            (Some(&person), &[], false, "mallory"),
            (None, &[&["ana"]], false, "ana who deployed it"),
        ] {
            let found = makers(creator, starters(runs), is_cut);
            let names: Vec<&str> = found.iter().map(|by| by.name.as_str()).collect();
            assert_eq!(names.join(" "), expected, "{creator:?} {runs:?}");
        }
    }
}
