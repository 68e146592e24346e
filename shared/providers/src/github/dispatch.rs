//! Starting a workflow, and finding out whether it was started.

use super::client::{GitHub, JSON};
use super::graphql::Reply;
use super::wire;
use crate::failure::{Failure, Repeat};
use crate::found::{FoundBuild, Likeness};
use crate::http::{MAX_ANSWER, send};
use jiff::{SignedDuration, Timestamp};
use reqwest::{Method, StatusCode};
use serde_json::json;
use signoff_core::action::ParameterValue;
use signoff_core::effect::StartedBuild;
use std::collections::BTreeMap;

/// Trigger event of runs that were started this way.
const EVENT: &str = "workflow_dispatch";
/// Most inputs that a workflow can start with.
const MAX_INPUTS: usize = 25;
/// Number of the newest runs that are searched: one page.
const RUNS: &str = "100";
/// Time by which a run may seem to have started too early or too late, for clocks that differ from GitHub's.
const CLOCK_MARGIN: SignedDuration = SignedDuration::from_mins(1);
/// Longest time after the request until the run is on the list. GitHub accepts the request first (its answer
/// may be a plain 204) and creates the run afterwards; it does not document how much later, and it takes
/// seconds.
pub const RUN_APPEARS_WITHIN: SignedDuration = SignedDuration::from_secs(60);

/// Requests to start a workflow, of which the runs are searched.
#[derive(Clone, Copy, Debug)]
pub struct Dispatches<'a> {
    /// The file's name (`deploy.yml`, also with its folders) or its id.
    pub workflow: &'a str,
    /// The branch or tag.
    pub branch: &'a str,
    /// The commit that the run has to be of, if that is known.
    pub head: Option<&'a str>,
    /// The time of the first request.
    pub first: Timestamp,
    /// The time of the last one.
    pub last: Timestamp,
}

/// A run that was started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StartedRun {
    /// Its id in the repository.
    pub id: u64,
    /// Its page.
    pub url: String,
}

impl GitHub {
    /// Starts a run of a workflow that has the trigger `workflow_dispatch`, and answers the run where GitHub
    /// tells it. `workflow` is the file's name (`deploy.yml`, also with its folders) or its id; `ref` is a
    /// branch or tag. Inputs are sent as text, which GitHub takes for every type of input.
    /// <https://docs.github.com/rest/actions/workflows#create-a-workflow-dispatch-event>
    ///
    /// # Errors
    ///
    /// [`Failure::Unanswered`] if it may have been started: then [`GitHub::find_dispatched`] tells, once
    /// [`RUN_APPEARS_WITHIN`] is over; [`Failure::Refusal`] for an unknown ref or input;
    /// [`Failure::Permanent`] for an unknown workflow.
    pub async fn dispatch_workflow(
        &self,
        repository: &str,
        workflow: &str,
        r#ref: &str,
        inputs: &BTreeMap<String, ParameterValue>,
    ) -> Result<Option<StartedRun>, Failure> {
        let file = file_of(workflow);
        let doing = format!("starting the workflow {file} of {repository} on {ref}", r#ref = r#ref);
        if inputs.len() > MAX_INPUTS {
            let count = inputs.len();
            return Err(Failure::Permanent(format!(
                "the workflow {file} was not started: GitHub takes at most {MAX_INPUTS} inputs, the rule has {count}"
            )));
        }
        let inputs = &inputs.iter().map(|(name, value)| (name.clone(), value.to_string())).collect();
        let segments = ["actions", "workflows", file, "dispatches"];
        let dispatch = async |return_run_details| {
            let body = wire::Dispatch { r#ref, inputs, return_run_details };
            let request = self.request(Method::POST, repository, segments, JSON)?.json(&body);
            send("GitHub", &doing, request, Repeat::MayDouble, MAX_ANSWER).await
        };
        let mut answer = dispatch(true).await?;
        // A GitHub Enterprise Server that is older than the parameter refuses the request for it: nothing was
        // started.
        if answer.status == StatusCode::UNPROCESSABLE_ENTITY
            && String::from_utf8_lossy(&answer.body).contains("return_run_details")
        {
            answer = dispatch(false).await?;
        }
        match answer.status {
            // It was started: an answer that lacks the run is no reason to doubt that.
            StatusCode::OK => {
                Ok(serde_json::from_slice(&answer.body).ok().map(|answer: wire::Dispatched| StartedRun {
                    id: answer.workflow_run_id,
                    url: answer.html_url,
                }))
            }
            StatusCode::NO_CONTENT => Ok(None),
            _ => Err(self.refusal(repository, &doing, &answer, Repeat::MayDouble).await),
        }
    }

    /// Looks for the runs that may have come of `asked`: what to ask after a [`GitHub::dispatch_workflow`]
    /// whose answer was lost. Only runs count that began between the first request and
    /// [`RUN_APPEARS_WITHIN`] after the last one, give or take a minute. Those are [`Likeness::Same`] that
    /// the account `by`, the token's own, started. GitHub does not tell a run's inputs.
    /// <https://docs.github.com/rest/actions/workflow-runs#list-workflow-runs-for-a-workflow>
    ///
    /// # Errors
    ///
    /// [`Failure::Permanent`] for an unknown workflow, if the token may not read runs, or if there are too
    /// many runs to tell.
    pub async fn find_dispatched(
        &self,
        repository: &str,
        asked: Dispatches<'_>,
        by: Option<u64>,
    ) -> Result<Vec<FoundBuild>, Failure> {
        let (file, branch) = (file_of(asked.workflow), asked.branch);
        let doing = format!("looking for runs of the workflow {file} of {repository} on {branch}");
        let branch = branch.trim_start_matches("refs/heads/").trim_start_matches("refs/tags/");
        // GitHub tells whole seconds.
        let first = Timestamp::from_second(asked.first.as_second()).unwrap_or(asked.first);
        let last = asked.last + RUN_APPEARS_WITHIN;
        let (earliest, latest) = (first - CLOCK_MARGIN, last + CLOCK_MARGIN);
        let text = |at: Timestamp| at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        let created = format!("{}..{}", text(earliest), text(latest));
        let query = [("event", EVENT), ("branch", branch), ("created", &created), ("per_page", RUNS)];
        let request = self
            .request(Method::GET, repository, ["actions", "workflows", file, "runs"], JSON)?
            .query(&query);
        let answer = self.found_in(repository, &doing, request).await?;
        let runs: wire::Runs = answer.json("GitHub", &doing, Repeat::Harmless)?;
        if runs.total_count > runs.workflow_runs.len() {
            return Err(Failure::Permanent(format!(
                "{repository} has had too many runs of {file} about then to tell whether ours was started"
            )));
        }
        let may_be = |run: &wire::Run| {
            (earliest..=latest).contains(&run.created_at)
                && run.event == EVENT
                && run.head_branch.as_deref().is_none_or(|head| head == branch)
        };
        // A run of another account is most likely not ours. Signoff asks a person all the same: if GitHub
        // named the token's account differently here and there, our run would start twice.
        let is_ours = |run: &wire::Run| by.is_some() && run.actor.as_ref().and_then(|actor| actor.id) == by;
        let likeness = |run: &wire::Run| {
            if asked.head.is_some_and(|head| head != run.head_sha) {
                Likeness::OtherCommit
            } else if is_ours(run) && (first..=last).contains(&run.created_at) {
                Likeness::Same
            } else {
                Likeness::Near
            }
        };
        let found = runs.workflow_runs.into_iter().filter(may_be).map(|run| FoundBuild {
            likeness: likeness(&run),
            build: StartedBuild::Run { id: run.id, url: run.html_url },
        });
        Ok(found.collect())
    }

    /// The number of the account that this client's token belongs to; `None`: GitHub does not tell.
    /// <https://docs.github.com/graphql/reference/queries#viewer>
    ///
    /// # Errors
    ///
    /// A request that GitHub did not answer, or declined for now.
    pub async fn own_account(&self) -> Result<Option<u64>, Failure> {
        let query = json!({"query": "query { viewer { databaseId } }"});
        match self.reply::<wire::OfViewer>(&query, "asking whose token it uses").await {
            Ok(Reply::Answered { data, .. }) => Ok(data.and_then(|data| data.viewer.database_id)),
            Ok(Reply::TooLarge(failure)) | Err(failure) if failure.is_passing() => Err(failure),
            Ok(Reply::TooLarge(failure)) | Err(failure) => {
                tracing::warn!(failure = failure.logged(), "GitHub does not tell whose token it is");
                Ok(None)
            }
        }
    }
}

/// The name by which the API knows a workflow's file: without its folders.
pub(super) fn file_of(workflow: &str) -> &str {
    workflow.rsplit('/').next().unwrap_or(workflow)
}

#[cfg(test)]
mod tests;
