//! Builds whose start may have been lost: putting on record what is asked for and what was started, and
//! searching for what came of a request.

use super::trigger_build::{Build, still_unanswered};
use crate::effect_error::Tried;
use crate::handler::ActionExecution;
use jiff::SignedDuration;
use signoff_core::deploy::Deploy;
use signoff_core::effect::{Asked, Effect, StartedBuild};
use signoff_core::id::{EffectId, digest};
use signoff_core::run::{Run, Step, StepState};
use signoff_providers::circleci::{self, PIPELINE_APPEARS_WITHIN};
use signoff_providers::github::{self, RUN_APPEARS_WITHIN};
use signoff_providers::{Failure, FoundBuild, Likeness};
use signoff_runtime::deployments::Connection;
use signoff_runtime::effects::Attempt;
use signoff_store::{BuildRequest, Change, Owner, StoreError};
use std::collections::BTreeSet;

/// The longest time between two requests of which one build may have come: a build appears within a minute
/// of its request, and the clocks may differ by another one on either side.
const SAME_BUILD_WITHIN: SignedDuration = SignedDuration::from_mins(3);
/// The most builds that a search compares.
const MOST_FOUND: usize = 100;

impl ActionExecution {
    /// Puts on record that `attempt` is about to ask for `build`: what a search finds counts only if it began
    /// about then. Nothing is asked for if that can't be written.
    pub(super) async fn note_request(
        &self,
        attempt: &Attempt,
        (run, step): (&Run, usize),
        connection: &Connection,
        build: Build<'_>,
    ) -> Tried<()> {
        let (now, claimed) = (self.now(), attempt.claimed());
        let asked = Asked::at(now).and(claimed.asked.as_ref());
        let asking = Effect { asked: Some(asked.clone()), ..claimed.clone() };
        let request = BuildRequest {
            deploy: run.deploy.clone(),
            run: run.id.clone(),
            step,
            effect: attempt.effect.id.clone(),
            what: what(build),
        };
        let change = Change::to(&run.deploy, now).effect(claimed, asking);
        self.store.commit(change.build_request(source(connection, build), request)).await?;
        let _ = attempt.asked.set(asked);
        Ok(())
    }

    /// Puts on record which build `attempt` started, and that it is its step's, so that a later attempt looks
    /// at it by its id and no other step takes it. If that can't be written, a later attempt of another
    /// process searches for the build.
    pub(super) async fn keep_started(&self, attempt: &Attempt, build: StartedBuild) {
        let claimed = attempt.claimed();
        let change = Change::to(&claimed.deploy, self.now()).effect(claimed, with_build(attempt, &build));
        let kept = self.store.commit(change.build(&build, &attempt.effect.id)).await;
        let _ = attempt.build.set(build);
        if let Err(error) = kept {
            tracing::warn!(deploy = %claimed.deploy, effect = %claimed.id, %error, "the id of the build is not kept");
        }
    }

    /// Puts on record in which pipeline `attempt` is about to release a job, so that a later attempt looks at
    /// it by its id.
    pub(super) async fn keep_build(&self, attempt: &Attempt, build: StartedBuild) {
        let (claimed, started) = (attempt.claimed(), with_build(attempt, &build));
        let _ = attempt.build.set(build);
        if let Err(error) = self.store.settle(claimed, &started).await {
            tracing::warn!(deploy = %claimed.deploy, effect = %claimed.id, %error, "the id of the build is not kept");
        }
    }

    /// The build that an earlier attempt of step number `step` started, if it did. Error: nobody can tell, or
    /// not yet.
    pub(super) async fn find_build(
        &self,
        attempt: &Attempt,
        deploy: &Deploy,
        connection: &Connection,
        (run, step): (&Run, usize),
        build: Build<'_>,
    ) -> Tried<Option<StartedBuild>> {
        let (created_at, now) = (attempt.effect.created_at, self.now());
        let asked = attempt.asked().unwrap_or(Asked { first: created_at, last: now, doubted: Vec::new() });
        let found = self.search(deploy, connection, build, &asked).await.map_err(still_unanswered)?;
        let told = run.steps.get(step).and_then(|step| step.asked_ci.as_ref());
        let is_told = |id: &String| told.is_some_and(|told| told.doubted.contains(id));
        let found: Vec<_> = found.into_iter().filter(|found| !is_told(&found.build.id())).collect();
        if found.len() > MOST_FOUND {
            return Err(Failure::Unanswered(format!(
                "{} builds may be the one that was asked for",
                found.len()
            ))
            .into());
        }
        let builds: Vec<_> = found.iter().map(|found| found.build.clone()).collect();
        let owners = self.store.owners_of_builds(&builds).await?;
        let own = Owner::Step(attempt.effect.id.clone());
        if let Some(ours) = builds.into_iter().find(|build| owners.get(&build.id()) == Some(&own)) {
            return Ok(Some(ours));
        }
        let unowned = |mut found: FoundBuild| match owners.get(&found.build.id()) {
            Some(Owner::Step(_)) => None,
            Some(Owner::Unreadable) => {
                found.likeness = Likeness::Near;
                Some(found)
            }
            None => Some(found),
        };
        let free: Vec<FoundBuild> = found.into_iter().filter_map(unowned).collect();
        if free.is_empty() {
            return not_seen(attempt, build).map_err(Into::into);
        }
        if let Some(ours) = the_one(&free)
            && !self.may_be_anothers(&attempt.effect.id, connection, build, &asked).await?
        {
            return Ok(Some(ours.clone()));
        }
        let _ = attempt.asked.set(asked.doubting(free.iter().map(|found| found.build.id()).collect()));
        let pages = free.iter().map(|found| found.build.url()).collect::<Vec<_>>().join(", ");
        Err(Failure::Unanswered(format!(
            "the answer to the start was lost. This may have come of it, or may be somebody else's: {pages}"
        ))
        .into())
    }

    /// The builds that may have come of the requests `asked` for `build`.
    async fn search(
        &self,
        deploy: &Deploy,
        connection: &Connection,
        build: Build<'_>,
        asked: &Asked,
    ) -> Result<Vec<FoundBuild>, Failure> {
        let head = (!build.source.is_told).then_some(deploy.revision.as_str());
        let (first, last) = (asked.first, asked.last);
        if build.spec.workflow.is_none() {
            let (target, parameters) = (build.target(), &build.spec.parameters);
            let asked = circleci::Triggers { target, parameters, head, first, last };
            let circleci = self.outside.circleci(self.now()).await?;
            return circleci.find_triggered(&connection.circleci_project, asked).await;
        }
        let by = self.outside.github_writer(self.now()).await?.own_account().await?;
        let (workflow, branch) = (build.workflow(), build.source.name.as_str());
        let asked = github::Dispatches { workflow, branch, head, first, last };
        let github = self.outside.github(self.now()).await?;
        github.find_dispatched(&connection.repository, asked, by).await
    }

    /// True if a request of another step for the same build may have led to what the requests `asked` of the
    /// step that `effect` tried first seem to have led to.
    async fn may_be_anothers(
        &self,
        effect: &EffectId,
        connection: &Connection,
        build: Build<'_>,
        asked: &Asked,
    ) -> Tried<bool> {
        let (from, to) = (asked.first - SAME_BUILD_WITHIN, asked.last + SAME_BUILD_WITHIN);
        let (requests, unreadable) = self.store.build_requests(source(connection, build), from, to).await?;
        let wanted = what(build);
        let others = requests.iter().filter(|other| other.effect != *effect && other.what == wanted);
        let others: BTreeSet<_> = others.map(|other| (&other.deploy, &other.run, other.step)).collect();
        for (deploy, run, step) in others {
            let run = match self.store.run(deploy, run).await {
                Ok(run) => run,
                Err(StoreError::Row { .. }) => return Ok(true),
                Err(error) => return Err(error.into()),
            };
            if run.is_none_or(|run| run.steps.get(step).is_none_or(lacks_build)) {
                return Ok(true);
            }
        }
        Ok(unreadable > 0)
    }
}

/// The effect that `attempt` claimed, with the build that it started. A retry acts as the effect before it,
/// whose row is closed.
fn with_build(attempt: &Attempt, build: &StartedBuild) -> Effect {
    let claimed = attempt.claimed();
    let asked = attempt.asked.get().cloned().or_else(|| claimed.asked.clone());
    Effect { build: Some(build.clone()), asked, ..claimed.clone() }
}

/// The list that shows `build`: that of its repository, or of its project of CircleCI.
fn source<'c>(connection: &'c Connection, build: Build<'_>) -> &'c str {
    match build.spec.workflow {
        Some(_) => &connection.repository,
        None => &connection.circleci_project,
    }
}

/// A text that two requests share whose builds the list does not tell apart. GitHub tells no inputs.
fn what(build: Build<'_>) -> String {
    let name = build.source.name.as_str();
    match &build.spec.workflow {
        Some(workflow) => format!("{} on {name}", workflow.rsplit('/').next().unwrap_or(workflow)),
        None => {
            let told = build.spec.parameters.iter().flat_map(|(key, value)| [key.clone(), value.to_string()]);
            let told: Vec<String> = told.collect();
            let told: Vec<&str> = told.iter().map(String::as_str).collect();
            format!("{} on {name}", digest(&told))
        }
    }
}

/// The one of the builds `free` that has to be the one that was asked for; `None`: it is not certain.
fn the_one(free: &[FoundBuild]) -> Option<&StartedBuild> {
    let mut near = free.iter().filter(|found| found.likeness != Likeness::OtherCommit);
    let first = near.next().filter(|found| found.likeness == Likeness::Same)?;
    near.next().is_none().then_some(&first.build)
}

/// The result of a search that found nothing: nothing was started, once it would be there.
fn not_seen(attempt: &Attempt, build: Build<'_>) -> Result<Option<StartedBuild>, Failure> {
    let (appears_within, told) = match &build.spec.workflow {
        Some(workflow) => {
            let branch = &build.source.name;
            let told = format!("GitHub shows no run of the workflow {workflow} on {branch} yet");
            (RUN_APPEARS_WITHIN, told)
        }
        None => (PIPELINE_APPEARS_WITHIN, "CircleCI shows no pipeline of it yet".to_owned()),
    };
    if attempt.backoff >= appears_within {
        return Ok(None);
    }
    Err(Failure::Unanswered(format!("{told}, which may take it a moment")))
}

/// True if `step` asked for a build, and it is not known which one came of that.
fn lacks_build(step: &Step) -> bool {
    match &step.state {
        StepState::Succeeded { .. } => step.started.is_none(),
        StepState::Failed { .. } | StepState::Skipped | StepState::SkippedByHand { .. } => {
            step.asked_ci.is_some()
        }
        StepState::Waiting
        | StepState::Running { .. }
        | StepState::Asking { .. }
        | StepState::Unknown { .. } => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_single_build_that_fits_is_ours() {
        use Likeness::{Near, OtherCommit, Same};
        let found = |likenesses: &[Likeness]| -> Vec<FoundBuild> {
            let numbered = (1..).zip(likenesses);
            let build = |id| StartedBuild::Run { id, url: format!("https://github.test/runs/{id}") };
            numbered.map(|(id, likeness)| FoundBuild { build: build(id), likeness: *likeness }).collect()
        };
        for (likenesses, expected) in [
            (&[Same][..], Some("1")),
            (&[OtherCommit, Same], Some("2")),
            (&[Same, Same], None),
            (&[Same, Near], None),
            (&[Near], None),
            (&[OtherCommit], None),
            (&[], None),
        ] {
            let found = found(likenesses);
            assert_eq!(the_one(&found).map(StartedBuild::id).as_deref(), expected, "{likenesses:?}");
        }
    }
}
