//! The subject of a vote: the actions that will run, and the repository and commit that they run from.

use super::release::Release;
use crate::action::{Action, Method, RulesFileStep, WebhookSpec};
use crate::happened::AtOpening;
use crate::id::digest;
use crate::message::shorten;
use crate::run::Branch;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The subject of a vote: a vote stands for this and for nothing else.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Subject {
    /// The revision that is promoted.
    pub revision: String,
    /// The rule's name.
    pub rule: String,
    /// The hash of the rule as it stood.
    pub rule_hash: String,
    /// The actions that an approval starts, a line each.
    pub plan: Vec<String>,
    /// The repository and CI project of the deployment; `None`: the stack did not know the deployment.
    pub origin: Option<Origin>,
    /// The branch or tag that the deploy named, where it named one.
    pub branch: Option<String>,
    /// The actions that act once the approval has ended. Those that only tell are left out.
    pub acts: Vec<Act>,
    /// The acts that fail as things were when the approval opened, each with the reason and what to do. A
    /// vote does not stand for them: they may be mended before the acts run.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fails: Vec<String>,
    /// The values that texts have which the vote brings a part of, such as who approved: everything else in
    /// them is fixed. `None`: there are no such texts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_opening: Option<AtOpening>,
    /// The base of the range that is judged; `None`: there is none yet, or none is judged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<String>,
    /// The place that it leads to ([`crate::base::place`]), as it was when the approval opened. The base is
    /// the base of that place.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub place: String,
}

/// The repository and CI project of a deployment.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Origin {
    /// The source host.
    pub host: String,
    /// The repository there, `owner/name`.
    pub repository: String,
    /// The number that the source host gave it; `None`: none was kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repository_id: Option<u64>,
    /// CircleCI's slug of the project.
    pub circleci_project: String,
    /// The id of the project's pipeline definition; `None`: none is set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub circleci_definition: Option<String>,
}

/// An action that acts, as it will run.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Act {
    /// The run's step, from 0.
    pub step: usize,
    /// The outcome of the approval after which it runs.
    pub branch: Branch,
    /// The later approvals that decide about it too, in words; `None`: there are none.
    pub condition: Option<String>,
    /// A description of what it does, as a sentence without its full stop.
    pub line: String,
    /// The same with its long values shortened, where it has any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub short: Option<String>,
    /// The action, with its texts rendered.
    pub action: Action,
    /// The start of its build.
    pub start: Start,
}

/// The start of the build that an action starts, if it starts one.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Start {
    /// It starts no build.
    NoBuild,
    /// It starts a build from here.
    From(BuildSource),
    /// It would start a build or release a job, and may do neither: the reason, and the way out.
    Nothing(String),
    /// It starts no build, and may release a job in these pipelines.
    Releases(Release),
}

/// The start of a build: a branch or tag, and the commit that it stood at.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct BuildSource {
    /// The name of the branch or tag.
    pub name: String,
    /// True if it is a tag.
    pub is_tag: bool,
    /// The commit that it stood at.
    pub head: String,
    /// True if a parameter names the revision; else the head must be the revision.
    pub is_told: bool,
    /// True if it may stand elsewhere when the build starts. A parameter names the revision, and the rule
    /// names the branch or tag, or the host protects it.
    pub may_move: bool,
    /// The workflow's file at the head; `None`: a CircleCI pipeline, or no such file.
    pub workflow: Option<CiFile>,
    /// The CI's files and folders at the head, where a parameter names the revision.
    pub ci_files: Vec<CiFile>,
}

/// A file or folder that a CI reads.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct CiFile {
    /// Its path.
    pub path: String,
    /// Git's SHA of its blob or tree.
    pub sha: String,
}

impl Subject {
    /// A short text that stands for this subject and no other; the buttons carry it.
    pub fn mark(&self) -> String {
        let mut parts = vec!["subject", &self.revision, &self.rule, &self.rule_hash];
        parts.extend(self.plan.iter().map(String::as_str));
        // Derived: every field of these says something that a vote stands for.
        let rest = format!("{:?} {:?} {:?}", self.origin, self.branch, self.acts);
        let runs_somewhere = self.origin.is_some() || self.branch.is_some() || !self.acts.is_empty();
        parts.extend(runs_somewhere.then_some(rest.as_str()));
        let then = self.at_opening.as_ref().map(|then| format!("{then:?}"));
        parts.extend(then.as_deref());
        parts.extend(self.base.iter().flat_map(|base| ["base", base.as_str()]));
        let mut mark = digest(&parts);
        mark.truncate(10);
        mark
    }

    /// The act of step number `step` of the run, if it is part of the subject.
    pub fn act(&self, step: usize) -> Option<&Act> {
        self.acts.iter().find(|act| act.step == step)
    }

    /// Descriptions of the acts that run once the approval ended as `branch` says: a sentence each, without
    /// its full stop.
    pub fn lines(&self, branch: Branch) -> impl Iterator<Item = String> {
        self.told(branch).map(|act| act.sentence(&act.line))
    }

    /// The same with long values shortened, builds and releases first.
    pub fn short_lines(&self, branch: Branch) -> Vec<String> {
        let (builds, others): (Vec<&Act>, Vec<&Act>) = self
            .told(branch)
            .partition(|act| matches!(act.action, Action::AutoApproveBuild(_) | Action::TriggerBuild(_)));
        let acts = builds.into_iter().chain(others);
        acts.map(|act| act.sentence(act.short.as_ref().unwrap_or(&act.line))).collect()
    }

    /// The acts of `branch` that people read. That a proposed file is kept out of force goes without saying.
    fn told(&self, branch: Branch) -> impl Iterator<Item = &Act> {
        let is_told = |act: &&Act| {
            let Action::RulesFile(step) = &act.action else { return true };
            match step {
                RulesFileStep::PutInForce { .. }
                | RulesFileStep::PutPolicyInForce { .. }
                | RulesFileStep::Await { .. } => true,
                RulesFileStep::Reject { .. } | RulesFileStep::RejectPolicy { .. } => false,
            }
        };
        self.acts.iter().filter(move |act| act.branch == branch).filter(is_told)
    }
}

impl Origin {
    /// The differences between this origin, which people voted on, and the deployment's origin `now`, in
    /// words; `None`: there are none. Case does not matter in names, as on GitHub and CircleCI.
    pub fn moved(&self, now: &Self) -> Option<String> {
        let definition =
            |origin: &Self| origin.circleci_definition.clone().unwrap_or_else(|| "not set".to_owned());
        let pairs = [
            ("source host", &self.host, &now.host),
            ("repository", &self.repository, &now.repository),
            ("CircleCI project", &self.circleci_project, &now.circleci_project),
            ("CircleCI pipeline definition", &definition(self), &definition(now)),
        ];
        let changed = pairs.into_iter().filter(|(_, was, is)| !was.eq_ignore_ascii_case(is));
        let told: Vec<_> =
            changed.map(|(what, was, is)| format!("its {what} was {was} and is {is}")).collect();
        (!told.is_empty()).then(|| told.join(", "))
    }
}

impl BuildSource {
    /// The paths of the CI's files that differ between the commit that people saw and the one that has `now`;
    /// `None`: none differ.
    pub fn changed_files(&self, now: &[CiFile]) -> Option<String> {
        let before = self.ci_files.iter().filter(|file| !now.contains(file)).map(|file| &file.path);
        let after = now.iter().filter(|file| !self.ci_files.contains(file)).map(|file| &file.path);
        let paths: std::collections::BTreeSet<&String> = before.chain(after).collect();
        let paths: Vec<&str> = paths.into_iter().map(String::as_str).collect();
        (!paths.is_empty()).then(|| paths.join(", "))
    }
}

impl Act {
    /// The line with the condition under which it runs, without the full stop.
    fn sentence(&self, line: &str) -> String {
        match &self.condition {
            Some(condition) => format!("{line}, {condition}"),
            None => line.to_owned(),
        }
    }

    /// The words for approvals that decide about an act too, each with its name and how it must end; `None`:
    /// there are none.
    pub fn condition<'n>(others: impl IntoIterator<Item = (&'n str, Branch)>) -> Option<String> {
        let words = others.into_iter().map(|(name, branch)| match branch {
            Branch::OnSuccess => format!("once \u{201c}{name}\u{201d} is approved too"),
            Branch::OnReject => format!("if \u{201c}{name}\u{201d} is rejected"),
            Branch::OnExpire => format!("if nobody decides \u{201c}{name}\u{201d} in time"),
        });
        let words: Vec<String> = words.collect();
        (!words.is_empty()).then(|| words.join(" and "))
    }

    /// A description of `action`, whose texts are rendered, as a sentence without its full stop. `start` is
    /// the start of its build, and `project` CircleCI's slug of the project. Values are shortened to
    /// `longest` characters.
    pub fn describe(action: &Action, start: &Start, project: &str, longest: usize) -> String {
        let with = |values: Vec<(&String, String)>| {
            let values: Vec<String> = values
                .into_iter()
                .map(|(name, value)| format!("{}={}", shorten(name, longest), shorten(&value, longest)))
                .collect();
            if values.is_empty() { String::new() } else { format!(" with {}", values.join(", ")) }
        };
        match action {
            Action::AutoApproveBuild(build) => {
                let job = match &build.job {
                    Some(job) => format!("the job {job} of {} in {project}", build.build),
                    None => format!("the job that {} in {project} holds", build.build),
                };
                match start {
                    Start::Releases(release) => format!("Releases {job}{}", release.words()),
                    Start::Nothing(why) => format!("Does not release {job}: {why}"),
                    Start::NoBuild | Start::From(_) => format!("Releases {job}"),
                }
            }
            Action::TriggerBuild(spec) => {
                let with =
                    with(spec.parameters.iter().map(|(name, value)| (name, value.to_string())).collect());
                let what = match &spec.workflow {
                    Some(workflow) => workflow.clone(),
                    None => format!("a pipeline of {project}"),
                };
                match start {
                    Start::From(source) => {
                        let kind = if source.is_tag { "the tag " } else { "" };
                        // Else the revision itself stands there.
                        let at = source.is_told.then(|| format!(" at {}", short(&source.head)));
                        format!("Starts {what} on {kind}{}{}{with}", source.name, at.unwrap_or_default())
                    }
                    Start::Nothing(why) => format!("Does not start {what}: {why}"),
                    Start::NoBuild | Start::Releases(_) => format!("Starts {what}{with}"),
                }
            }
            Action::Webhook(spec) => called(spec, action),
            Action::AddDeployTag(tag) => format!("Tags the deploy {tag}"),
            Action::TransitionMentionedIssues(transition) => {
                format!("Moves the mentioned issues to {}", transition.state)
            }
            Action::TransitionIssues(state) => format!("Moves the mentioned issues to {state}"),
            Action::UpdateMentionedIssues(field) => {
                format!("Sets {} of the mentioned issues to {}", field.name, shorten(&field.value, longest))
            }
            Action::SendEvent(event) => {
                let to = event.bus.as_ref().map(|bus| format!(" to the bus {}", shorten(bus, longest)));
                let with = with(event.detail.iter().map(|(name, value)| (name, value.clone())).collect());
                let name = shorten(&event.detail_type, longest);
                format!("Sends the event {name}{}{with}", to.unwrap_or_default())
            }
            Action::WithOnFailure(with) => Self::describe(&with.action, start, project, longest),
            Action::MonitorDrift(monitor) => format!("Watches how far {} is behind", monitor.environment),
            Action::RulesFile(_)
            | Action::SlackChannelApproval(_)
            | Action::SlackChannelMessage(_)
            | Action::AddToDeployMessageThread(_)
            | Action::NotifyDeployAuthors(_)
            | Action::NotifyDeployer(_)
            | Action::SlackPersonalMessage(_)
            | Action::SlackDeployMessage(_)
            | Action::NotifyMentionedIssues(_) => action.to_string(),
        }
    }
}

/// The call of a webhook, with the names of the secrets that go with it.
fn called(spec: &WebhookSpec, action: &Action) -> String {
    let verb = match spec.method {
        Method::Post => "Posts to".to_owned(),
        other @ (Method::Get | Method::Put | Method::Patch | Method::Delete) => format!("Sends a {other} to"),
    };
    let secrets: Vec<&str> = spec.secrets().collect();
    let with =
        if secrets.is_empty() { String::new() } else { format!(" with the secret {}", secrets.join(", ")) };
    format!("{verb} the {action}{with}")
}

/// A revision as people read it.
fn short(revision: &str) -> &str {
    revision.get(..7).unwrap_or(revision)
}

#[cfg(test)]
mod tests;
