//! The base: the revision that was let through to a place last, where the next range starts.

mod meeting;

pub use meeting::{Reach, acts_on, meets};

use crate::action::{
    Action, ApprovalSpec, HeaderText, ParameterValue, TextOf, TriggerSpec, WebhookBody, WebhookSpec,
};
use crate::deploy::Slug;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The longest time since a revision was let through for a rollback to it to have no makers.
pub const ROLLBACK_WITHIN: SignedDuration = SignedDuration::from_hours(30 * 24);
/// The most revisions of that time that are kept. A rollback to an older one is judged by the commits that it
/// takes out.
const MAX_RECENT: usize = 1_000;

/// The kind of a target that is a build.
const BUILD: &str = "build";
/// The name of a CircleCI pipeline among workflows.
const CIRCLECI: &str = "circleci";

/// The marks of a text that is not known before it is rendered. One that is rendered in part has an arrow.
const OPEN: [&str; 4] = ["{{", "{%", "{#", "\u{2192}"];
/// The template variables that are the revision.
const REVISION: [&str; 2] = ["revision", "deploy_revision"];
/// The template variables that are another text in another environment.
const OF_ENVIRONMENT: [&str; 5] = ["environment", "deploy_name", "deploy_slack", "branch", "tags"];

/// The revisions that were let through to a place of a deployment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Base {
    /// The deployment.
    pub deployment: Slug,
    /// The place ([`place`]).
    pub place: String,
    /// The revision that an approval of any kind let through last, or that an admin set.
    pub any: Option<Passed>,
    /// The revision that an approval with `self_approval: false` let through last, or that an admin set.
    pub four_eyes: Option<Passed>,
    /// The revision that a broken glass let through last. No range starts there before its review: what
    /// comes after is judged with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by_glass: Option<Passed>,
    /// The revisions that approvals with `self_approval: false` let through lately, the newest last.
    pub recent: Vec<Passed>,
    /// The number of times that it was committed.
    pub version: u64,
}

/// A revision that was let through.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Passed {
    /// The full SHA.
    pub revision: String,
    /// The time at which it was let through, or set.
    pub at: Timestamp,
    /// The admin who set it (a Slack user id); `None`: an approval let it through.
    #[serde(default)]
    pub set_by: Option<String>,
    /// True if a broken glass let it through that nobody reviewed yet.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub by_glass: bool,
    /// The one that was let through before another revision was; none where nothing was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Box<Passed>>,
}

impl Base {
    /// Nothing was let through to `place` of `deployment` yet.
    pub fn none(deployment: &Slug, place: &str) -> Self {
        let (deployment, place) = (deployment.clone(), place.to_owned());
        Self { deployment, place, any: None, four_eyes: None, by_glass: None, recent: Vec::new(), version: 0 }
    }

    /// The start of the range of an approval. `four_eyes`: the approval has `self_approval: false`.
    pub fn start(&self, four_eyes: bool) -> Option<&Passed> {
        if four_eyes { self.four_eyes.as_ref() } else { self.any.as_ref() }
    }

    /// The start of the range of an approval of `revision`. A revision that another approval let through
    /// already is judged over the same range again: a second rule for the place, or a second deploy of the
    /// revision, must not find nothing to judge. Where a broken glass let another revision through since, the
    /// range goes back from there.
    pub fn start_of(&self, four_eyes: bool, revision: &str) -> Option<&Passed> {
        let start = self.start(four_eyes)?;
        let glass = self.by_glass.as_ref().filter(|glass| glass.at > start.at && glass.revision != revision);
        if let Some(glass) = glass.filter(|_| start.revision == revision) {
            return Some(glass);
        }
        let before = start.before.as_deref().filter(|_| start.revision == revision);
        Some(before.unwrap_or(start))
    }

    /// The start of the range of an approval of `revision` that is about that range: who made it, and who
    /// signed it. `None`: there is none. Where another approval let the revision through and nothing was let
    /// through before, its votes do not say that either.
    pub fn judged_from(&self, four_eyes: bool, revision: &str) -> Option<&Passed> {
        let start = self.start_of(four_eyes, revision)?;
        (start.revision != revision || start.set_by.is_some()).then_some(start)
    }

    /// The revisions that are known to have been let through, the newest first; with `four_eyes` by an
    /// approval that asked for four eyes, else by any. Those that an admin set are among them.
    pub fn let_through(&self, four_eyes: bool) -> Vec<&Passed> {
        let of_any = self.any.as_ref().filter(|_| !four_eyes);
        let last = of_any.into_iter().chain(&self.four_eyes);
        let mut known: Vec<&Passed> = last
            .flat_map(|last| std::iter::once(last).chain(last.before.as_deref()))
            .chain(&self.recent)
            .collect();
        known.sort_by_key(|passed| std::cmp::Reverse(passed.at));
        let mut seen = std::collections::BTreeSet::new();
        known.retain(|passed| seen.insert(&passed.revision));
        known
    }

    /// The base as far as it was known at `time`: without what was let through since. A revision that was let
    /// through both before and after it may lack, so that more counts as not let through.
    #[must_use]
    pub fn as_of(mut self, time: Timestamp) -> Self {
        let last = |passed: Option<Passed>| match passed {
            Some(passed) if passed.at > time => {
                passed.before.map(|before| *before).filter(|before| before.at <= time)
            }
            other => other,
        };
        (self.any, self.four_eyes) = (last(self.any), last(self.four_eyes));
        self.by_glass = self.by_glass.filter(|passed| passed.at <= time);
        self.recent.retain(|passed| passed.at <= time);
        self
    }

    /// The base after an approval, which asked for four eyes or not, let `revision` through at `now`.
    pub fn after(mut self, revision: &str, four_eyes: bool, now: Timestamp) -> Self {
        let passed = Passed::new(revision, now);
        if four_eyes {
            self.recent.retain(|other| other.revision != revision && is_recent(other, now));
            self.recent.push(passed.clone());
            let surplus = self.recent.len().saturating_sub(MAX_RECENT);
            self.recent.drain(..surplus);
            self.four_eyes = Some(passed.clone().following(self.four_eyes));
        }
        self.any = Some(passed.following(self.any));
        self
    }

    /// The base after a broken glass let `revision` through at `now`.
    pub fn after_glass(self, revision: &str, now: Timestamp) -> Self {
        let passed = Passed { by_glass: true, ..Passed::new(revision, now) };
        Self { by_glass: Some(passed), ..self }
    }

    /// The other revision than `revision` that votes or a broken glass let through after `since`, the
    /// newest of them.
    pub fn let_through_since(&self, since: Timestamp, revision: &str) -> Option<&Passed> {
        let passed = [&self.any, &self.by_glass].into_iter().flatten();
        passed
            .filter(|passed| passed.at > since && passed.revision != revision && passed.set_by.is_none())
            .max_by_key(|passed| passed.at)
    }

    /// The base after the review of `revision`, which a broken glass let through at `let_through`; `None`:
    /// something was let through since, so that the next range starts there already.
    pub fn reviewed(
        self,
        revision: &str,
        four_eyes: bool,
        let_through: Timestamp,
        now: Timestamp,
    ) -> Option<Self> {
        let places = [self.any.as_ref(), self.four_eyes.as_ref().filter(|_| four_eyes)];
        let is_overtaken = places.into_iter().flatten().any(|passed| passed.at > let_through);
        (!is_overtaken).then(|| self.after(revision, four_eyes, now))
    }

    /// The one that gives way to a base that an admin sets for an approval of `revision`. Where the start is
    /// `revision` itself, it is the one before: the start was let through, and other ranges begin there.
    pub fn replaced(&self, four_eyes: bool, revision: &str) -> Option<&Passed> {
        let start = self.start(four_eyes)?;
        if self.is_set_before(four_eyes, revision) { start.before.as_deref() } else { Some(start) }
    }

    /// The base that an admin (a Slack user id) sets at `now` for approvals that ask for four eyes, or not:
    /// `new`, for an approval of `revision`. The other one is set too where it is missing or the same.
    pub fn set(mut self, new: &str, revision: &str, four_eyes: bool, by: &str, now: Timestamp) -> Self {
        let passed = Passed { set_by: Some(by.to_owned()), ..Passed::new(new, now) };
        let is_before = self.is_set_before(four_eyes, revision);
        let replaced = self.replaced(four_eyes, revision).map(|replaced| replaced.revision.clone());
        for (place, is_asked) in [(&mut self.any, !four_eyes), (&mut self.four_eyes, four_eyes)] {
            let is_same = |other: Option<&Passed>| other.map(|other| &other.revision) == replaced.as_ref();
            match place {
                Some(start) if is_before && start.revision == revision => {
                    if is_asked || is_same(start.before.as_deref()) {
                        start.before = Some(Box::new(passed.clone()));
                    }
                }
                Some(start) if !is_asked && !is_same(Some(start)) => {}
                Some(_) | None => *place = Some(passed.clone()),
            }
        }
        self
    }

    /// True if the start is `revision` itself, so that its range begins at the one before. A broken glass
    /// since has it begin elsewhere.
    fn is_set_before(&self, four_eyes: bool, revision: &str) -> bool {
        let is_own = self.start(four_eyes).is_some_and(|start| start.revision == revision);
        is_own && self.start_of(four_eyes, revision).is_none_or(|start| !start.by_glass)
    }

    /// True if a range that ends at another revision starts elsewhere than by the base `before`.
    pub fn starts_elsewhere(&self, before: &Self) -> bool {
        [true, false].into_iter().any(|four_eyes| {
            let of = |base: &Self| base.start(four_eyes).map(|start| start.revision.clone());
            of(self) != of(before)
        })
    }

    /// True if an approval with four eyes let `revision` through within [`ROLLBACK_WITHIN`].
    pub fn was_let_through(&self, revision: &str, now: Timestamp) -> bool {
        self.recent.iter().any(|passed| passed.revision == revision && is_recent(passed, now))
    }
}

impl Passed {
    /// The revision `revision`, which votes let through at `at`.
    pub fn new(revision: &str, at: Timestamp) -> Self {
        Self { revision: revision.to_owned(), at, set_by: None, by_glass: false, before: None }
    }

    /// The same after `last` was let through.
    fn following(self, last: Option<Self>) -> Self {
        let before = match last {
            Some(last) if last.revision == self.revision => last.before,
            Some(last) => Some(Box::new(Self { before: None, ..last })),
            None => None,
        };
        Self { before, ..self }
    }
}

fn is_recent(passed: &Passed, now: Timestamp) -> bool {
    now.duration_since(passed.at) <= ROLLBACK_WITHIN
}

/// The place that the actions after an approval of `rule` lead to: the environment in the rule's
/// `promotes_to`, else the targets of the actions. An approval that only tells people has a place of its own.
///
/// `environment` is the one that was deployed to. The texts of the actions are rendered as far as they say
/// where something goes (`signoff_rules::place` does that); one that is still a template counts as one place
/// for each environment.
pub fn place(spec: &ApprovalSpec, rule: &str, environment: &str) -> String {
    if let Some(named) = &spec.range.promotes_to {
        return format!("environment {}", named.to_lowercase());
    }
    let mut targets: Vec<String> = spec.on_success.iter().flat_map(targets).collect();
    if targets.is_empty() {
        return format!("approval {}", json!([rule, spec.name, environment.to_lowercase()]));
    }
    if spec.on_success.iter().any(follows_environment) {
        targets.push(format!("from {}", environment.to_lowercase()));
    }
    targets.sort();
    targets.dedup();
    targets.join(" + ")
}

/// True if a text is not known before it is rendered.
fn is_open(text: &str) -> bool {
    OPEN.iter().any(|mark| text.contains(mark))
}

/// The targets of an action, with every parameter that is not the revision alone; none where it only tells
/// people. JSON, so that no value reads as another parameter.
fn targets(action: &Action) -> Vec<String> {
    let target = match action {
        Action::AutoApproveBuild(build) => {
            json!(["job", build.build, build.job.as_deref().unwrap_or("*")])
        }
        Action::TriggerBuild(spec) => {
            // One spelling each: GitHub is given the file without its folders, and every input as text.
            let workflow =
                spec.workflow.as_deref().map_or(CIRCLECI, |name| name.rsplit('/').next().unwrap_or(name));
            let parameters: BTreeMap<&String, String> = spec
                .parameters
                .iter()
                .filter(|(_, value)| !matches!(value, ParameterValue::Text(text) if is_revision(text)))
                .map(|(name, value)| (name, value.to_string()))
                .collect();
            json!([BUILD, workflow.trim(), parameters])
        }
        Action::Webhook(spec) => {
            let body = match &spec.body {
                None => Value::Null,
                Some(WebhookBody::Text(text)) => json!(text),
                Some(WebhookBody::Object(texts)) => json!(without_revision(texts)),
            };
            let is_sent = |value: &HeaderText| match value {
                HeaderText::Text(text) => !is_revision(text),
                HeaderText::Secret(_) => true,
            };
            let headers: BTreeMap<&String, &HeaderText> =
                spec.headers.iter().filter(|(_, value)| is_sent(value)).collect();
            json!(["address", address(spec), spec.method, body, headers])
        }
        Action::SendEvent(event) => {
            json!(["event", event.bus, event.detail_type, without_revision(&event.detail)])
        }
        Action::AddDeployTag(tag) => json!(["tag", tag]),
        Action::TransitionMentionedIssues(transition) => json!(["issues", transition.state]),
        Action::TransitionIssues(state) => json!(["issues", state]),
        Action::UpdateMentionedIssues(field) => json!(["field", field.name, field.value]),
        Action::WithOnFailure(with) => return targets(&with.action),
        Action::SlackChannelApproval(next) => return next.on_success.iter().flat_map(targets).collect(),
        Action::SlackChannelMessage(_)
        | Action::AddToDeployMessageThread(_)
        | Action::NotifyDeployAuthors(_)
        | Action::NotifyDeployer(_)
        | Action::SlackPersonalMessage(_)
        | Action::SlackDeployMessage(_)
        | Action::MonitorDrift(_)
        | Action::NotifyMentionedIssues(_)
        | Action::RulesFile(_) => return Vec::new(),
    };
    vec![target.to_string()]
}

/// The address of a webhook in one spelling: both names of the revision are one, and so are the ways to write
/// a scheme, a host and the port that goes without saying.
fn address(spec: &WebhookSpec) -> String {
    let url =
        spec.url.trim().replace("deploy_revision", "revision").replace("{{ revision }}", "{{revision}}");
    let Some((scheme, rest)) = url.split_once("://") else { return url };
    let scheme = scheme.to_ascii_lowercase();
    let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    let default = if scheme == "https" { ":443" } else { ":80" };
    let authority = authority.strip_suffix(default).unwrap_or(authority);
    // Only a text that is known is lower case for sure.
    let authority = if is_open(authority) { authority.to_owned() } else { authority.to_ascii_lowercase() };
    let path = if is_open(path) { path } else { path.split('#').next().unwrap_or(path) };
    let path = if path.is_empty() { "/" } else { path };
    format!("{scheme}://{authority}{path}")
}

fn without_revision(texts: &BTreeMap<String, String>) -> BTreeMap<&String, &String> {
    texts.iter().filter(|(_, value)| !is_revision(value)).collect()
}

/// True if a text is nothing but the revision, by its name. `signoff_rules::place` writes so whatever renders
/// to it.
fn is_revision(text: &str) -> bool {
    let inner = text.trim().strip_prefix("{{").and_then(|rest| rest.strip_suffix("}}"));
    inner.is_some_and(|name| REVISION.contains(&name.trim()))
}

/// True if a text of `action`, or of one that follows from it, may differ from environment to environment. A
/// description of the deploy names its environment.
fn follows_environment(action: &Action) -> bool {
    let found = std::cell::Cell::new(false);
    let look = |_: TextOf, text: &str| {
        let templates = ["{{", "{%"].into_iter().flat_map(|start| text.split(start).skip(1));
        if templates.into_iter().any(|rest| OF_ENVIRONMENT.iter().any(|name| rest.contains(name))) {
            found.set(true);
        }
        Ok::<_, std::convert::Infallible>(String::new())
    };
    let looked = match action.plain() {
        Action::SlackChannelApproval(next) => return next.on_success.iter().any(follows_environment),
        Action::SendEvent(_) => return true,
        Action::Webhook(spec) if spec.body.is_none() && spec.method.describes() => return true,
        // Where a build starts from is no part of what it acts on.
        Action::TriggerBuild(spec) => {
            Action::TriggerBuild(TriggerSpec { revision: None, ..spec.clone() }).with_texts(look)
        }
        other => other.with_texts(look),
    };
    match looked {
        Ok(_) => found.get(),
        Err(never) => match never {},
    }
}
