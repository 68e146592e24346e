//! Actions of the rules file, checked and typed.

mod on_failure;
mod texts;
mod webhook;

pub use texts::TextOf;
pub use webhook::{HeaderText, Method, WebhookBody, WebhookSpec};

pub use on_failure::{OnFailure, WithOnFailure};

use crate::approval::Choice;
use crate::freeze::Freeze;
use jiff::SignedDuration;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// One action of a rule. Text fields may hold template variables; they are rendered when the action runs.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(clippy::large_enum_variant, reason = "a rule has few actions, and most of them are approvals")]
pub enum Action {
    /// Ask people in a Slack channel, and wait for their votes.
    SlackChannelApproval(ApprovalSpec),
    /// Approve the job of a CircleCI workflow that is on hold for this deploy's revision.
    AutoApproveBuild(BuildRef),
    /// Start a build: a GitHub Actions workflow or a CircleCI pipeline.
    TriggerBuild(TriggerSpec),
    /// Post a message to a Slack channel.
    SlackChannelMessage(ChannelMessage),
    /// Post a message to the thread under this run's dialog.
    AddToDeployMessageThread(String),
    /// Post a message to each author of the deploy, in person.
    NotifyDeployAuthors(String),
    /// Post a message to the people who deployed, in person.
    NotifyDeployer(String),
    /// Post a message to people, in person.
    SlackPersonalMessage(PersonalMessage),
    /// Post a message to the deployment's own channel, where Signoff reports problems.
    SlackDeployMessage(String),
    /// Give the deploy a tag.
    AddDeployTag(String),
    /// Do something once another environment falls behind this deploy's, and once it has caught up.
    MonitorDrift(DriftMonitor),
    /// Call an address with a signed description of the deploy, or with what the rule writes.
    Webhook(WebhookSpec),
    /// Comment on the issues that the deploy mentions.
    NotifyMentionedIssues(String),
    /// Bring the issues that the deploy mentions into a state.
    TransitionMentionedIssues(IssueTransition),
    /// `transition_mentioned_issues` by an older name; a state, a template.
    TransitionIssues(String),
    /// Set a field of the issues that the deploy mentions.
    UpdateMentionedIssues(IssueField),
    /// Send a description of the deploy to an EventBridge bus.
    SendEvent(EventSpec),
    /// Do something about a proposed rules file, or a proposed policy. Signoff writes this itself; no rules
    /// file can.
    RulesFile(RulesFileStep),
    /// One of the others, except an approval, with the rule's `on_failure` for it. A run's steps have that
    /// apart from their action.
    WithOnFailure(Box<WithOnFailure>),
}

/// A step of Signoff's own about a proposed rules file, or a proposed policy.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum RulesFileStep {
    /// Put the proposed file in force: its voters approved it.
    PutInForce {
        /// The id of the file.
        file: String,
    },
    /// Leave the file in force as it is: the voters rejected the proposed one.
    Reject {
        /// The id of the proposed file.
        file: String,
    },
    /// Wait until the proposed file is in force: only that file lets the next steps act.
    Await {
        /// The id of the proposed file.
        file: String,
    },
    /// Put the proposed policy in force: two of the owners approved it.
    PutPolicyInForce {
        /// The hash of the policy.
        policy: String,
    },
    /// Leave the policy in force as it is: an owner rejected the proposed one.
    RejectPolicy {
        /// The hash of the proposed policy.
        policy: String,
    },
}

/// A kind of action, by what it does to the world outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// An approval: it asks people, and what follows it waits for their votes.
    Asks,
    /// A Slack message, or a comment on an issue.
    Tells,
    /// `monitor_drift`: its actions belong to rules of their own, each action with its own kind.
    Watches,
    /// Anything else: a build, a webhook, an event, a tag, a change of an issue.
    Acts,
}

/// `slack_channel_approval`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ApprovalSpec {
    /// The name of the approval on the deploy's page.
    pub name: String,
    /// The question, a template in Slack's mrkdwn.
    pub prompt: String,
    /// `#name` or a channel id.
    pub channel: String,
    /// The number of approving votes that approve it, at least 1; with `quotas`, the sum of theirs.
    pub votes_required: u32,
    /// The people whose votes are needed; empty: any approver's vote will do. Each vote is another person's.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub quotas: Vec<QuotaSpec>,
    /// The number of rejecting votes that reject it; at least 1.
    pub rejections_required: u32,
    /// True if only the authors of the deploy's commits may vote.
    pub authors_only: bool,
    /// The approvers: e-mail addresses, Slack user ids and @usergroups; `None`: anyone in the channel.
    pub approvers: Option<Vec<String>>,
    /// True if makers of the change may vote on it.
    pub self_approval: bool,
    /// The conditions on the range that the approval judges.
    #[serde(default, skip_serializing_if = "RangeRules::is_default")]
    pub range: RangeRules,
    /// True if people can ask for the approval again after it was rejected.
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    pub ask_again: bool,
    /// The votes that need a reason.
    pub require_reason: Reasons,
    /// The time after which the approval expires; `None`: it never does.
    pub expires_after: Option<SignedDuration>,
    /// The time after which the dialog's thread names the people who are still needed; `None`: never.
    pub remind_after: Option<SignedDuration>,
    /// True if a newer deploy to the same environment closes the approval, once the same rule asks about that
    /// deploy.
    pub supersede: bool,
    /// The time between the quorum and the actions, in which people can press Undo; `None`: there is none.
    pub undo_window: Option<SignedDuration>,
    /// The windows in which its rule does not act: votes count, and the actions wait.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub freeze: Vec<Freeze>,
    /// The people who may let it go ahead without its votes: e-mail addresses, Slack user ids and
    /// @usergroups.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub break_glass: Vec<String>,
    /// The actions to run, in order, once it is approved.
    pub on_success: Vec<Action>,
    /// The actions to run, in order, once it is rejected.
    pub on_reject: Vec<Action>,
    /// The actions to run, in order, once it has expired.
    pub on_expire: Vec<Action>,
}

fn yes() -> bool {
    true
}

fn is_yes(value: &bool) -> bool {
    *value
}

/// Conditions of an approval on the range between its base and the revision that it lets through.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct RangeRules {
    /// The environment that its rule promotes to; `None`: the place follows from the actions.
    pub promotes_to: Option<String>,
    /// True if a maker without a Slack member does not block the approval.
    pub allow_unknown_makers: bool,
    /// True if each commit needs a valid signature, by its author or by the source host.
    pub verified_commits: bool,
    /// True if the makers of a rollback count as those of any other change.
    pub rollback_four_eyes: bool,
}

/// So many votes from some of the approvers.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct QuotaSpec {
    /// The people: e-mail addresses, Slack user ids and @usergroups.
    pub from: Vec<String>,
    /// The number of votes; at least 1.
    pub votes: u32,
}

/// The votes that need a reason.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Reasons {
    /// None of them.
    #[default]
    Never,
    /// Approving votes.
    Approve,
    /// Rejecting votes.
    Reject,
    /// All of them.
    Both,
}

impl Reasons {
    /// True if a vote for `choice` needs a reason.
    pub fn wants(self, choice: Choice) -> bool {
        match (self, choice) {
            (Self::Both, Choice::Approve | Choice::Reject)
            | (Self::Approve, Choice::Approve)
            | (Self::Reject, Choice::Reject) => true,
            (Self::Never, Choice::Approve | Choice::Reject)
            | (Self::Approve, Choice::Reject)
            | (Self::Reject, Choice::Approve) => false,
        }
    }
}

/// `auto_approve_build`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct BuildRef {
    /// The workflow's name.
    pub build: String,
    /// The approval job's name; `None`: the one that is on hold.
    pub job: Option<String>,
}

/// `trigger_build`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct TriggerSpec {
    /// The workflow's file name, for GitHub Actions (the `name` parameter); `None`: a CircleCI pipeline.
    pub workflow: Option<String>,
    /// The other parameters, by name; text values are templates.
    pub parameters: BTreeMap<String, ParameterValue>,
    /// The branch or tag to build (a template); `None`: the default branch, where its head is the revision or
    /// a parameter names the revision, else a protected branch whose head it is.
    pub revision: Option<String>,
}

/// A build parameter's value, as CircleCI's and GitHub's APIs take them.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(untagged)]
pub enum ParameterValue {
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Integer(i64),
    /// Text, a template.
    Text(String),
}

/// `slack_channel_message`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ChannelMessage {
    /// `#name` or a channel id.
    pub channel: String,
    /// The message, a template in Slack's mrkdwn.
    pub message: String,
}

/// `monitor_drift`. Its actions run as two rules of their own, which come after the one that has this action.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct DriftMonitor {
    /// The environment that may fall behind.
    pub environment: String,
    /// The time by which it may be behind.
    pub threshold: SignedDuration,
    /// The actions to run, in order, once it is further behind.
    pub on_over: Vec<Action>,
    /// The actions to run, in order, once it has caught up again.
    pub on_under: Vec<Action>,
}

/// `slack_personal_message`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct PersonalMessage {
    /// The recipients.
    pub to: Addressees,
    /// The message, a template in Slack's mrkdwn.
    pub message: String,
}

/// The recipients of a personal message.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Addressees {
    /// The authors of the deploy.
    Authors,
    /// The people who deployed.
    Deployer,
    /// These people: e-mail addresses and Slack user ids.
    People(Vec<String>),
}

/// The recipients as the line of an action shows them.
impl fmt::Display for Addressees {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Authors => f.write_str("authors"),
            Self::Deployer => f.write_str("deployer"),
            Self::People(people) => f.write_str(&people.join(", ")),
        }
    }
}

/// `transition_mentioned_issues`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct IssueTransition {
    /// The state, or the name of a transition of Jira's, in any case; a template.
    pub state: String,
    /// The comment to write on the issue once it is in this state, a template; `None`: none.
    pub comment: Option<String>,
    /// The resolution that an issue of Jira's gets; `None`: Jira's own choice.
    pub resolution: Option<String>,
}

/// `update_mentioned_issues`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct IssueField {
    /// The field, by its name or its id.
    pub name: String,
    /// The value to set, a template.
    pub value: String,
}

/// The most characters of an event's detail type.
///
/// Source: <https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEventsRequestEntry.html>,
/// `DetailType`.
pub const MAX_DETAIL_TYPE: usize = 128;

/// The keys of an event's detail that describe the deploy. A rule can't give these names to keys of its own.
pub const EVENT_DETAIL: [&str; 20] = [
    "approval",
    "approved_by",
    "author",
    "branch",
    "changeSource",
    "commits",
    "commits_left_out",
    "environment",
    "health",
    "id",
    "links",
    "name",
    "on",
    "organization",
    "outcome",
    "previous_revision",
    "revision",
    "url",
    "votes",
    "votes_left_out",
];

/// `send_event`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct EventSpec {
    /// The event's detail type, a template.
    pub detail_type: String,
    /// The keys of its detail beside [`EVENT_DETAIL`], by name; the texts are templates.
    pub detail: BTreeMap<String, String>,
    /// The bus's name or ARN; `None`: the stack's.
    pub bus: Option<String>,
}

/// The consequence of running an action once more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum WhenRepeated {
    /// Nothing changes, or whoever hears of it twice can tell.
    Idempotent,
    /// It would happen twice, and can be looked up before.
    Observable,
    /// It would happen twice, and nobody can tell whether it did.
    Neither,
}

impl RangeRules {
    /// True if the rule leaves all of these at their defaults.
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

impl ApprovalSpec {
    /// True if the approval judges who made the range or how its commits are signed. It then waits while the
    /// range is unknown.
    pub fn judges_range(&self) -> bool {
        !self.self_approval || self.range.verified_commits
    }
}

impl Action {
    /// Its kind: whether it asks, tells or acts. This is the one table that everything else goes by.
    pub fn kind(&self) -> Kind {
        match self {
            Self::SlackChannelApproval(_) => Kind::Asks,
            Self::SlackChannelMessage(_)
            | Self::AddToDeployMessageThread(_)
            | Self::NotifyDeployAuthors(_)
            | Self::NotifyDeployer(_)
            | Self::SlackPersonalMessage(_)
            | Self::SlackDeployMessage(_)
            | Self::NotifyMentionedIssues(_) => Kind::Tells,
            Self::MonitorDrift(_) => Kind::Watches,
            Self::WithOnFailure(with) => with.action.kind(),
            Self::AutoApproveBuild(_)
            | Self::TriggerBuild(_)
            | Self::AddDeployTag(_)
            | Self::Webhook(_)
            | Self::TransitionMentionedIssues(_)
            | Self::TransitionIssues(_)
            | Self::UpdateMentionedIssues(_)
            | Self::SendEvent(_)
            | Self::RulesFile(_) => Kind::Acts,
        }
    }

    /// True if it acts, or if it is an approval that may lead to an action that acts, whatever its outcome.
    pub fn may_act(&self) -> bool {
        match self {
            Self::SlackChannelApproval(spec) => {
                [&spec.on_success, &spec.on_reject, &spec.on_expire].into_iter().flatten().any(Self::may_act)
            }
            other => other.kind() == Kind::Acts,
        }
    }

    /// The approval that it is, and every approval that follows from it, in the order in which they are
    /// written.
    pub fn approvals(&self) -> Vec<&ApprovalSpec> {
        let Self::SlackChannelApproval(spec) = self else { return Vec::new() };
        let then = [&spec.on_success, &spec.on_reject, &spec.on_expire].into_iter().flatten();
        std::iter::once(spec).chain(then.flat_map(Self::approvals)).collect()
    }

    /// The consequence of running it once more.
    pub fn when_repeated(&self) -> WhenRepeated {
        match self {
            // An approval is opened under an id derived from its run.
            Self::SlackChannelApproval(_)
            | Self::AutoApproveBuild(_)
            | Self::UpdateMentionedIssues(_)
            | Self::AddDeployTag(_)
            // Rules of their own wait for the drift.
            | Self::MonitorDrift(_)
            // The record says which file is in force.
            | Self::RulesFile(_) => WhenRepeated::Idempotent,
            // EventBridge delivers at least once anyway; an event carries its effect's id, by which the same
            // one is known.
            Self::SendEvent(_) => WhenRepeated::Idempotent,
            // A message carries its effect's id; a pipeline can be found by its parameters and time, a
            // workflow's run by its revision, event and time; a comment is known by its effect's id, and an
            // issue has a state.
            Self::SlackChannelMessage(_)
            | Self::AddToDeployMessageThread(_)
            | Self::NotifyDeployAuthors(_)
            | Self::NotifyDeployer(_)
            | Self::SlackPersonalMessage(_)
            | Self::SlackDeployMessage(_)
            | Self::TriggerBuild(_)
            | Self::NotifyMentionedIssues(_)
            | Self::TransitionMentionedIssues(_)
            | Self::TransitionIssues(_) => WhenRepeated::Observable,
            Self::Webhook(_) => WhenRepeated::Neither,
            Self::WithOnFailure(with) => with.action.when_repeated(),
        }
    }
}

/// The action as a line of the rules file, as the deploy's page shows it
/// (`auto_approve_build: example-build`).
impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SlackChannelApproval(spec) => write!(f, "slack_channel_approval: {}", spec.name),
            Self::AutoApproveBuild(BuildRef { build, job: None }) => write!(f, "auto_approve_build: {build}"),
            Self::AutoApproveBuild(BuildRef { build, job: Some(job) }) => {
                write!(f, "auto_approve_build: {{build: {build}, job: {job}}}")
            }
            Self::TriggerBuild(spec) => match &spec.workflow {
                Some(workflow) => write!(f, "trigger_build: {workflow}"),
                None => write!(f, "trigger_build: CircleCI pipeline"),
            },
            Self::SlackChannelMessage(message) => write!(f, "slack_channel_message: {}", message.channel),
            Self::AddToDeployMessageThread(_) => write!(f, "add_to_deploy_message_thread"),
            Self::NotifyDeployAuthors(_) => write!(f, "notify_deploy_authors"),
            Self::NotifyDeployer(_) => write!(f, "notify_deployer"),
            Self::SlackPersonalMessage(message) => write!(f, "slack_personal_message: {}", message.to),
            Self::SlackDeployMessage(_) => write!(f, "slack_deploy_message"),
            Self::MonitorDrift(monitor) => write!(f, "monitor_drift: {}", monitor.environment),
            Self::AddDeployTag(tag) => write!(f, "add_deploy_tag: {tag}"),
            Self::Webhook(spec) => write!(f, "webhook: {}", host_of(&spec.url)),
            Self::NotifyMentionedIssues(_) => write!(f, "notify_mentioned_issues"),
            Self::TransitionMentionedIssues(transition) => {
                write!(f, "transition_mentioned_issues: {}", transition.state)
            }
            Self::TransitionIssues(state) => write!(f, "transition_issues: {state}"),
            Self::UpdateMentionedIssues(field) => write!(f, "update_mentioned_issues: {}", field.name),
            Self::SendEvent(event) => write!(f, "send_event: {}", event.detail_type),
            Self::WithOnFailure(with) => {
                write!(f, "{} (on_failure: {})", with.action, with.on_failure.word())
            }
            Self::RulesFile(RulesFileStep::PutInForce { file }) => {
                write!(f, "put the rules file {} in force", short(file))
            }
            Self::RulesFile(RulesFileStep::Reject { file }) => {
                write!(f, "keep the rules file {} out of force", short(file))
            }
            Self::RulesFile(RulesFileStep::Await { file }) => {
                write!(f, "wait until the rules file {} is in force", short(file))
            }
            Self::RulesFile(RulesFileStep::PutPolicyInForce { policy }) => {
                write!(f, "put the policy {} in force", short(policy))
            }
            Self::RulesFile(RulesFileStep::RejectPolicy { policy }) => {
                write!(f, "keep the policy {} out of force", short(policy))
            }
        }
    }
}

/// The beginning of a file's id, for people.
fn short(id: &str) -> &str {
    id.get(..7).unwrap_or(id)
}

/// The scheme and the host of an address, without anything that may be secret.
fn host_of(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("https", url));
    let authority = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    let host = authority.rsplit('@').next().unwrap_or(authority);
    format!("{scheme}://{host}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_action_reads_as_its_line_without_what_may_be_secret() {
        let hook = Action::Webhook(WebhookSpec::to("https://user:pw@hooks.example.com/T123/secret?k=v"));
        assert_eq!(hook.to_string(), "webhook: https://hooks.example.com");
        let build = Action::AutoApproveBuild(BuildRef { build: "deploy".into(), job: Some("hold".into()) });
        assert_eq!(build.to_string(), "auto_approve_build: {build: deploy, job: hold}");
        let detail = BTreeMap::from([("team".to_owned(), "payments".to_owned())]);
        let event = Action::SendEvent(EventSpec { detail_type: "promoted".into(), detail, bus: None });
        assert_eq!(event.to_string(), "send_event: promoted");
    }
}
