//! The pipelines in which `auto_approve_build` may release a job.

use crate::effect::StartedBuild;
use crate::git_ref::GitRef;
use serde::{Deserialize, Serialize};

/// The pipelines in which a job may be released: those of the run itself come first, then the one that the
/// push to one branch or tag started.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Release {
    /// The pipelines that earlier steps of the run start.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub own: Vec<OwnPipeline>,
    /// The branch or tag whose push counts; `None`: no push does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pushed_to: Option<GitRef>,
    /// The pipeline in which an earlier step of the run released a job, where one did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub earlier: Option<StartedBuild>,
}

/// A CircleCI pipeline that an earlier step of the same run starts.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct OwnPipeline {
    /// The step, from 0.
    pub step: usize,
    /// The pipeline, once it was started.
    pub started: Option<StartedBuild>,
}

impl Release {
    /// The pipelines, as the end of a sentence that says which job is released.
    pub fn words(&self) -> String {
        let own: Vec<String> = self.own.iter().map(OwnPipeline::words).collect();
        let own = own.join(" or ");
        let on = self.pushed_to.as_ref().map(|pushed| format!(" on {}", pushed.words()));
        let earlier = match &self.earlier {
            Some(StartedBuild::Pipeline { number, .. }) => Some(number),
            Some(StartedBuild::Run { .. }) | None => None,
        };
        let before = "where an earlier step released a job";
        match (own.is_empty(), on, earlier) {
            (true, None, _) => String::new(),
            (true, Some(on), None) => on,
            (true, Some(on), Some(number)) => format!("{on}, in pipeline {number}, {before}"),
            (false, None, _) => format!(": in {own}"),
            (false, Some(on), None) => format!(": in {own}, or else in the one that the push started{on}"),
            (false, Some(on), Some(number)) => {
                format!(": in {own}, or else in pipeline {number}{on}, {before}")
            }
        }
    }
}

impl OwnPipeline {
    /// The pipeline, as a part of a sentence.
    fn words(&self) -> String {
        match &self.started {
            Some(StartedBuild::Pipeline { number, .. }) => {
                format!("pipeline {number}, which trigger_build started")
            }
            Some(StartedBuild::Run { .. }) | None => "the pipeline that trigger_build starts".to_owned(),
        }
    }
}
