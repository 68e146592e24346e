//! Finding out whether a pipeline was triggered.

use super::client::{CircleCi, MAX_PAGES, Target};
use super::wire;
use crate::failure::Failure;
use crate::found::{FoundBuild, Likeness};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use signoff_core::action::ParameterValue;
use signoff_core::effect::StartedBuild;
use std::collections::BTreeMap;

/// Time by which a pipeline may seem to have begun too early or too late, for clocks that differ from
/// CircleCI's.
const CLOCK_MARGIN: SignedDuration = SignedDuration::from_secs(5);

/// Longest time after the request until the pipeline is on the list. CircleCI may still be handling a request
/// whose answer was not waited for; it does not document how long that takes.
pub const PIPELINE_APPEARS_WITHIN: SignedDuration = SignedDuration::from_secs(60);

/// Requests to trigger a pipeline, of which the pipelines are searched.
#[derive(Clone, Copy, Debug)]
pub struct Triggers<'a> {
    /// The branch or tag.
    pub target: Target<'a>,
    /// The parameters.
    pub parameters: &'a BTreeMap<String, ParameterValue>,
    /// The commit that the pipeline has to be of, if that is known.
    pub head: Option<&'a str>,
    /// The time of the first request.
    pub first: Timestamp,
    /// The time of the last one.
    pub last: Timestamp,
}

impl CircleCi {
    /// Looks for the pipelines that may have come of `asked`: what to ask after a
    /// [`CircleCi::trigger_pipeline`] whose answer was lost. Only pipelines count that the API triggered for
    /// the same target, that show no other value of a parameter, and that began between the first request
    /// and [`PIPELINE_APPEARS_WITHIN`] after the last one. The first 10 pages of pipelines are read.
    /// <https://circleci.com/docs/api/v2/#operation/listPipelinesForProject>
    ///
    /// # Errors
    ///
    /// [`Failure::Permanent`] if there are more pipelines than that: whether it was triggered is then
    /// unknown.
    pub async fn find_triggered(
        &self,
        project: &str,
        asked: Triggers<'_>,
    ) -> Result<Vec<FoundBuild>, Failure> {
        let earliest = asked.first - CLOCK_MARGIN;
        let latest = asked.last + PIPELINE_APPEARS_WITHIN + CLOCK_MARGIN;
        let branch = if let Target::Branch(branch) = asked.target { Some(branch) } else { None };
        let mut found = Vec::new();
        let mut token = None;
        for _ in 0..MAX_PAGES {
            let page = self.pipelines(project, branch, token.as_deref()).await?;
            let count = page.items.len();
            let recent: Vec<_> =
                page.items.into_iter().filter(|pipeline| pipeline.created_at >= earliest).collect();
            let reached_the_end = recent.len() < count;
            let in_time = recent.into_iter().filter(|pipeline| pipeline.created_at <= latest);
            for pipeline in in_time.filter(|pipeline| may_be(pipeline, asked.target)) {
                let Some(likeness) = likeness(&pipeline, asked) else { continue };
                let number = pipeline.number;
                let url = self.pipeline_url(project, number);
                let build = StartedBuild::Pipeline { id: pipeline.id, number, url };
                found.push(FoundBuild { build, likeness });
            }
            token = page.next_page_token.filter(|token| !token.is_empty() && !reached_the_end);
            if token.is_none() {
                return Ok(found);
            }
        }
        Err(Failure::Permanent(format!(
            "{project} has had too many pipelines since to tell whether ours was triggered: look at {}/pipelines/{project}",
            self.app
        )))
    }
}

/// The likeness of a pipeline to the one that was asked for; `None`: a parameter has another value.
fn likeness(pipeline: &wire::Pipeline, asked: Triggers<'_>) -> Option<Likeness> {
    let is_whole = match has_parameters(pipeline, asked.parameters) {
        Some(false) => return None,
        // It may be somebody else's: ours has no others, unless CircleCI shows defaults too.
        Some(true) => !has_more(pipeline, asked.parameters),
        None => false,
    };
    let is_other = asked.head.zip(pipeline.revision()).is_some_and(|(head, ran)| head != ran);
    Some(match (is_other, is_whole) {
        (true, _) => Likeness::OtherCommit,
        (false, true) => Likeness::Same,
        (false, false) => Likeness::Near,
    })
}

/// True if the API may have triggered this pipeline for `target`. The name of the default branch is not known
/// here: any branch may be it.
fn may_be(pipeline: &wire::Pipeline, target: Target<'_>) -> bool {
    let vcs = pipeline.vcs.as_ref();
    let same_target = match target {
        Target::Branch(branch) => match vcs {
            Some(vcs) => vcs.branch.as_deref().is_none_or(|other| other == branch),
            None => pipeline.git("branch").is_none_or(|other| other == branch),
        },
        Target::Tag(tag) => match vcs {
            Some(vcs) => vcs.tag.as_deref() == Some(tag),
            None => pipeline.git("tag").is_none_or(|other| other == tag),
        },
        Target::DefaultBranch => match vcs {
            Some(vcs) => vcs.tag.is_none(),
            None => pipeline.git("tag").is_none(),
        },
    };
    // The documentation names both without saying which of them the API's own trigger gets.
    same_target && matches!(pipeline.trigger.r#type.as_str(), "api" | "explicit")
}

/// True if a pipeline was triggered with these parameters, and false if one differs. `None` if it does not
/// show them all, or shows none at all.
pub(super) fn has_parameters(
    pipeline: &wire::Pipeline,
    parameters: &BTreeMap<String, ParameterValue>,
) -> Option<bool> {
    let mut told = pipeline.trigger_parameters.is_some().then_some(true);
    for (name, value) in parameters {
        let expected = match value {
            ParameterValue::Bool(value) => Value::from(*value),
            ParameterValue::Integer(value) => Value::from(*value),
            ParameterValue::Text(value) => Value::from(value.as_str()),
        };
        match pipeline.trigger_parameters.as_ref().and_then(|told| told.get(name)) {
            Some(value) if *value != expected => return Some(false),
            Some(_) => {}
            None => told = None,
        }
    }
    told
}

/// True if a pipeline shows a parameter besides `parameters`. CircleCI's own values there, such as `git`, are
/// objects; a parameter of a configuration never is one.
fn has_more(pipeline: &wire::Pipeline, parameters: &BTreeMap<String, ParameterValue>) -> bool {
    let mut told = pipeline.trigger_parameters.iter().flatten();
    told.any(|(name, value)| !(parameters.contains_key(name) || value.is_object() || value.is_null()))
}

#[cfg(test)]
mod tests;
