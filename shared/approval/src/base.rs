//! The base: the revision that was let through to a place last, where the next range starts.

use crate::action::{
    Action, ApprovalSpec, HeaderText, Method, TextOf, TriggerSpec, WebhookBody, WebhookSpec,
};
use crate::deploy::Slug;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// How long ago a revision may have been let through for a rollback to it to have no makers.
pub const ROLLBACK_WITHIN: SignedDuration = SignedDuration::from_hours(30 * 24);
/// How many revisions of that time are kept; a rollback to an older one is judged by what it takes out.
const MAX_RECENT: usize = 100;

/// The end of what stands for any job of a build.
const ANY_JOB: &str = ",\"*\"]";

/// The template variables that are another text in another environment.
const OF_ENVIRONMENT: [&str; 5] = ["environment", "deploy_name", "deploy_slack", "branch", "tags"];

/// What was let through to a place of a deployment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Base {
    /// The deployment.
    pub deployment: Slug,
    /// The place ([`place`]).
    pub place: String,
    /// What an approval of any kind let through last.
    pub any: Option<Passed>,
    /// What an approval with `self_approval: false` let through last, or what an admin set.
    pub four_eyes: Option<Passed>,
    /// What approvals with `self_approval: false` let through lately, the newest last.
    pub recent: Vec<Passed>,
    /// How often it was committed.
    pub version: u64,
}

/// A revision that was let through.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Passed {
    /// The full SHA.
    pub revision: String,
    /// When.
    pub at: Timestamp,
    /// The admin who set it (a Slack user id); `None`: an approval let it through.
    #[serde(default)]
    pub set_by: Option<String>,
    /// The one that was let through before another revision was; none where nothing was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Box<Passed>>,
}

impl Base {
    /// Nothing was let through to `place` of `deployment` yet.
    pub fn none(deployment: &Slug, place: &str) -> Self {
        let (deployment, place) = (deployment.clone(), place.to_owned());
        Self { deployment, place, any: None, four_eyes: None, recent: Vec::new(), version: 0 }
    }

    /// Where the range of an approval starts that asks for four eyes, or not.
    pub fn start(&self, four_eyes: bool) -> Option<&Passed> {
        if four_eyes { self.four_eyes.as_ref() } else { self.any.as_ref() }
    }

    /// The same for an approval of `revision`. What another approval let through already is judged over the same range again:
    /// a second rule for the place, or a second deploy of the revision, must not find nothing to judge.
    pub fn start_of(&self, four_eyes: bool, revision: &str) -> Option<&Passed> {
        let start = self.start(four_eyes)?;
        let before = start.before.as_deref().filter(|_| start.revision == revision);
        Some(before.unwrap_or(start))
    }

    /// The base after an approval, which asked for four eyes or not, let `revision` through at `now`.
    pub fn after(mut self, revision: &str, four_eyes: bool, now: Timestamp) -> Self {
        let passed = Passed { revision: revision.to_owned(), at: now, set_by: None, before: None };
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

    /// The base after the review of `revision`, which a broken glass let through at `let_through`; `None`: something was let
    /// through since, so that the next range starts there already.
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

    /// The base that an admin (a Slack user id) sets at `now` for approvals that ask for four eyes, or not, where there is none
    /// or the host lost the one that was. The other one is set too where it is missing or the same.
    pub fn set(mut self, revision: &str, four_eyes: bool, by: &str, now: Timestamp) -> Self {
        let set_by = Some(by.to_owned());
        let passed = Passed { revision: revision.to_owned(), at: now, set_by, before: None };
        let lost = self.start(four_eyes).map(|start| start.revision.clone());
        for (place, is_asked) in [(&mut self.any, !four_eyes), (&mut self.four_eyes, four_eyes)] {
            if is_asked || place.as_ref().is_none_or(|other| Some(&other.revision) == lost.as_ref()) {
                *place = Some(passed.clone());
            }
        }
        self
    }

    /// Whether a range that ends at another revision starts elsewhere than it did by `before`.
    pub fn starts_elsewhere(&self, before: &Self) -> bool {
        [true, false].into_iter().any(|four_eyes| {
            let of = |base: &Self| base.start(four_eyes).map(|start| start.revision.clone());
            of(self) != of(before)
        })
    }

    /// Whether four eyes let `revision` through lately.
    pub fn was_let_through(&self, revision: &str, now: Timestamp) -> bool {
        self.recent.iter().any(|passed| passed.revision == revision && is_recent(passed, now))
    }
}

impl Passed {
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

/// The place that the actions after an approval of `rule` lead to: what its rule names in `promotes_to`, else
/// what they act on. An approval that only tells people has a place of its own.
///
/// `environment` is the one that was deployed to. The texts of the actions are rendered as far as they say
/// where something goes (`rules::place` does that); one that is still a template counts as one place for each
/// environment.
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

/// Everything that `actions` act on, at whatever depth, and the environment that their rule names in
/// `promotes_to`, with texts as in [`place`]. Two rules whose sets [meet](meets) may act on the same: what is
/// sent to an address besides tells them apart as places, and not here.
pub fn acts_on(actions: &[Action], promotes_to: Option<&str>) -> BTreeSet<String> {
    let environment = promotes_to.map(|named| format!("environment {}", named.to_lowercase()));
    let reached = |action: &Action| match action.plain() {
        Action::Webhook(spec) => vec![json!(["address", address(spec)]).to_string()],
        other => targets(other),
    };
    let mut all: BTreeSet<String> = actions.iter().flat_map(reached).chain(environment).collect();
    for next in actions.iter().filter_map(|action| match action.plain() {
        Action::SlackChannelApproval(next) => Some(next),
        _ => None,
    }) {
        all.extend(acts_on(&next.on_success, None));
    }
    all
}

/// Whether something is in both sets of [`acts_on`]. A job without a name may be any job of its build.
pub fn meets(one: &BTreeSet<String>, other: &BTreeSet<String>) -> bool {
    let any_of = |target: &String| target.strip_suffix(ANY_JOB).map(|build| format!("{build},"));
    let covers = |one: &BTreeSet<String>, other: &BTreeSet<String>| {
        let builds: Vec<String> = one.iter().filter_map(any_of).collect();
        builds.iter().any(|build| other.iter().any(|target| target.starts_with(build)))
    };
    !one.is_disjoint(other) || covers(one, other) || covers(other, one)
}

/// What an action acts on, with every parameter that is not the revision alone; nothing where it only tells
/// people. JSON, so that no value reads as another parameter.
fn targets(action: &Action) -> Vec<String> {
    let target = match action {
        Action::AutoApproveBuild(build) => {
            json!(["job", build.build, build.job.as_deref().unwrap_or("*")])
        }
        Action::TriggerBuild(spec) => {
            let workflow = spec.workflow.as_deref().unwrap_or("circleci");
            let parameters: BTreeMap<&String, Value> = spec
                .parameters
                .iter()
                .map(|(name, value)| (name, json!(value)))
                .filter(|(_, value)| !value.as_str().is_some_and(is_revision))
                .collect();
            json!(["build", workflow, parameters])
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

/// The address of a webhook, where both names of the revision are one.
fn address(spec: &WebhookSpec) -> String {
    let url = spec.url.replace("deploy_revision", "revision");
    url.replace("{{ revision }}", "{{revision}}")
}

fn without_revision(texts: &BTreeMap<String, String>) -> BTreeMap<&String, &String> {
    texts.iter().filter(|(_, value)| !is_revision(value)).collect()
}

/// Whether a text is nothing but the revision.
fn is_revision(text: &str) -> bool {
    let inner = text.trim().strip_prefix("{{").and_then(|rest| rest.strip_suffix("}}"));
    inner.is_some_and(|name| {
        name.contains("revision") && !name.contains("previous") && !name.contains(['{', '}', '~', '%'])
    })
}

/// Whether a text of `action`, or of one that follows from it, may be another one in another environment. What describes
/// the deploy names its environment.
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
        Action::Webhook(spec) if spec.body.is_none() && spec.method != Method::Get => return true,
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
