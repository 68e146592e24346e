//! Starting a workflow, and finding out whether it was started.

use super::client::{GitHub, JSON};
use super::wire;
use crate::failure::{Failure, Repeat};
use crate::http::{MAX_ANSWER, send};
use jiff::{SignedDuration, Timestamp};
use reqwest::{Method, StatusCode};
use signoff_core::action::ParameterValue;
use std::collections::BTreeMap;

/// Trigger event of runs that were started this way.
const EVENT: &str = "workflow_dispatch";
/// Most inputs that a workflow can start with.
const MAX_INPUTS: usize = 25;
/// Number of the newest runs that are searched: one page.
const RUNS: &str = "100";
/// Time by which a run may seem to have started before the request, for clocks that differ from GitHub's.
const CLOCK_MARGIN: SignedDuration = SignedDuration::from_mins(1);
/// Longest time after the request until the run is on the list. GitHub accepts the request first (its answer
/// may be a plain 204) and creates the run afterwards; it does not document how much later, and it takes
/// seconds.
pub const RUN_APPEARS_WITHIN: SignedDuration = SignedDuration::from_secs(60);

/// Result of the search for a started workflow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SearchResult {
    /// It was started.
    Seen(StartedRun),
    /// It was not started, if [`RUN_APPEARS_WITHIN`] has passed since it was asked for.
    NotSeen,
    /// This run may be it, or another one that somebody started about that time: GitHub does not tell a run's
    /// inputs. Ask a person.
    Unclear(String),
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

    /// Looks whether a workflow was started on a branch (or tag) since `since`, of the revision `head_sha`
    /// where the branch's head is known: what to ask after a [`GitHub::dispatch_workflow`] whose answer was
    /// lost. A single such run is the one, unless it was there a moment before, or is of another revision:
    /// the branch may have moved. Runs whose page is among `others` are known to be another request's.
    /// <https://docs.github.com/rest/actions/workflow-runs#list-workflow-runs-for-a-workflow>
    ///
    /// # Errors
    ///
    /// [`Failure::Permanent`] for an unknown workflow, or if the token may not read runs.
    pub async fn find_dispatched(
        &self,
        repository: &str,
        workflow: &str,
        branch: &str,
        head_sha: Option<&str>,
        since: Timestamp,
        others: &[String],
    ) -> Result<SearchResult, Failure> {
        let file = file_of(workflow);
        let doing = format!("looking for runs of the workflow {file} of {repository} on {branch}");
        let branch = branch.trim_start_matches("refs/heads/").trim_start_matches("refs/tags/");
        let query = [("event", EVENT), ("branch", branch), ("per_page", RUNS)];
        let request = self
            .request(Method::GET, repository, ["actions", "workflows", file, "runs"], JSON)?
            .query(&query);
        let answer = self.found_in(repository, &doing, request).await?;
        let runs: wire::Runs = answer.json("GitHub", &doing, Repeat::Harmless)?;
        // GitHub tells whole seconds.
        let since = Timestamp::from_second(since.as_second()).unwrap_or(since);
        let earliest = since.checked_sub(CLOCK_MARGIN).unwrap_or(since);
        let may_be = |run: &wire::Run| {
            run.created_at >= earliest
                && run.event == EVENT
                && run.head_branch.as_deref().is_none_or(|head| head == branch)
                && !others.contains(&run.html_url)
        };
        let candidates = runs.workflow_runs.into_iter().filter(may_be);
        let is_of_head = |run: &wire::Run| head_sha.is_none_or(|sha| sha == run.head_sha);
        let (ours, elsewhere): (Vec<_>, Vec<_>) = candidates.partition(is_of_head);
        let several = ours.len() > 1;
        Ok(match (ours.into_iter().next(), elsewhere.into_iter().next()) {
            (None, None) => SearchResult::NotSeen,
            (Some(run), _) if !several && run.created_at >= since => {
                SearchResult::Seen(StartedRun { id: run.id, url: run.html_url })
            }
            (Some(run), _) | (None, Some(run)) => SearchResult::Unclear(run.html_url),
        })
    }
}

/// The name by which the API knows a workflow's file: without its folders.
pub(super) fn file_of(workflow: &str) -> &str {
    workflow.rsplit('/').next().unwrap_or(workflow)
}

#[cfg(test)]
mod tests;
