//! Writing rules: from what somebody chose in a form to the text of a rules file.
//!
//! [`Draft`] is what is typed, [`Workflow`] what is left of it once every field is sound. [`file()`] writes a
//! workflow as a file of its own, [`merged`] adds it to one that there is. Nothing is given out before
//! [`crate::parse`] read it and found just that workflow.

mod draft;
mod lines;
mod merge;
mod scalar;

#[cfg(test)]
mod tests;

pub use draft::{Draft, DraftAction, Field, FieldProblem};
pub use merge::{Merged, NotMerged, merged};

use crate::condition::{Comparison, Condition, Operand, Operator, parse_duration};
use crate::file::{Rule, parse};
use crate::problem::Problem;
use crate::reference::MAX_RULE_NAME;
use jiff::SignedDuration;
use signoff_core::action::{
    Action, ApprovalSpec, BuildRef, ChannelMessage, EventSpec, IssueTransition, RangeRules, Reasons,
    TriggerSpec, WebhookSpec,
};
use std::collections::BTreeMap;

/// A rule that asks for an approval of what arrives in one environment, and acts once it is approved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Workflow {
    /// The rule's name.
    pub rule: String,
    /// The environment whose deploys it is for.
    pub environment: String,
    /// The environment that the approval leads to; `None`: what the action acts on.
    pub promotes_to: Option<String>,
    /// Name of the approval.
    pub name: String,
    /// The question, a template.
    pub prompt: String,
    /// `#name` or a channel's id.
    pub channel: String,
    /// Number of approving votes that it takes.
    pub votes_required: u32,
    /// Approvers: e-mail addresses, Slack ids and `@usergroups`; empty: anyone in the channel.
    pub approvers: Vec<String>,
    /// True if people may vote on their own change.
    pub self_approval: bool,
    /// The people who may let it go ahead without its votes, written as in `approvers`; empty: nobody.
    pub break_glass: Vec<String>,
    /// Votes that need a reason.
    pub require_reason: Reasons,
    /// Time for people to vote, as the language writes it (`24h`); `None`: no limit.
    pub expires_after: Option<String>,
    /// Action once it is approved.
    pub then: Then,
}

/// Action of a [`Workflow`] once it is approved. Texts are templates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Then {
    /// Posts a message to a Slack channel.
    SendMessage(ChannelMessage),
    /// Comments on the issues that the deploy mentions.
    NotifyIssues(String),
    /// Approves the CircleCI job that is on hold, by its workflow's name.
    ApproveBuild(String),
    /// Starts a GitHub workflow or a CircleCI pipeline.
    TriggerBuild(TriggerSpec),
    /// Calls an address.
    Webhook(String),
    /// Sends an event with this detail type to EventBridge.
    SendEvent(String),
    /// Brings the issues that the deploy mentions into this state.
    TransitionIssues(String),
}

impl Then {
    /// The action as the reader reads it.
    fn action(&self) -> Action {
        match self.clone() {
            Self::SendMessage(message) => Action::SlackChannelMessage(message),
            Self::NotifyIssues(text) => Action::NotifyMentionedIssues(text),
            Self::ApproveBuild(build) => Action::AutoApproveBuild(BuildRef { build, job: None }),
            Self::TriggerBuild(spec) => Action::TriggerBuild(spec),
            Self::Webhook(url) => Action::Webhook(WebhookSpec::to(url)),
            Self::SendEvent(detail_type) => {
                Action::SendEvent(EventSpec { detail_type, detail: BTreeMap::new(), bus: None })
            }
            Self::TransitionIssues(state) => {
                Action::TransitionMentionedIssues(IssueTransition { state, comment: None, resolution: None })
            }
        }
    }
}

impl Workflow {
    /// The approval as the reader reads it.
    pub fn approval(&self) -> ApprovalSpec {
        let wait = self.expires_after.as_deref().and_then(parse_duration);
        ApprovalSpec {
            name: self.name.clone(),
            prompt: self.prompt.clone(),
            channel: self.channel.clone(),
            votes_required: self.votes_required,
            quotas: Vec::new(),
            rejections_required: 1,
            authors_only: false,
            approvers: (!self.approvers.is_empty()).then(|| self.approvers.clone()),
            self_approval: self.self_approval,
            range: RangeRules { promotes_to: self.promotes_to.clone(), ..RangeRules::default() },
            ask_again: true,
            require_reason: self.require_reason,
            expires_after: wait.and_then(|wait| SignedDuration::try_from(wait).ok()),
            remind_after: None,
            supersede: true,
            undo_window: None,
            freeze: Vec::new(),
            break_glass: self.break_glass.clone(),
            on_success: vec![self.then.action()],
            on_reject: Vec::new(),
            on_expire: Vec::new(),
        }
    }

    /// Returns the condition that has to hold.
    fn condition(&self) -> Condition {
        Condition::Comparison(Comparison {
            variable: "environment".to_owned(),
            operator: Operator::Equal,
            value: Operand::Text(self.environment.clone()),
        })
    }

    /// True if `rule` is exactly this workflow.
    fn is_said_by(&self, rule: &Rule) -> bool {
        let conditions: Vec<_> = rule.conditions.iter().map(|entry| &entry.condition).collect();
        rule.name == self.rule
            && conditions == [&self.condition()]
            && rule.actions == [Action::SlackChannelApproval(self.approval())]
            && rule.triggers.is_empty()
            && rule.after.is_empty()
            && rule.freeze.is_empty()
            && rule.unsupported.is_empty()
    }
}

/// A rules file with `workflow` as its only rule, lines ended by `\n`. `path` is what it will be called.
///
/// # Errors
/// What the reader finds wrong in it, at its place in the file: limits that only show there. A workflow of
/// [`Draft::workflow`] has nothing else.
pub fn file(workflow: &Workflow, path: &str) -> Result<String, Vec<Problem>> {
    let text = format!("rules:\n{}", lines::rule(workflow, lines::INDENT, "\n"));
    let read = parse(&text, path)?;
    match read.rules.as_slice() {
        [rule] if workflow.is_said_by(rule) => Ok(text),
        _ => Err(vec![crate::problem::Source::new(path, &text).problem(
            crate::problem::Position { line: 2, column: 1 },
            "what is written here reads as something else",
            "write it by hand, as docs/rules.md has it".to_owned(),
        )]),
    }
}

/// The name of a rule for an approval with this name: `Promote deploy to production` becomes
/// `promote-deploy-to-production`.
fn rule_name(approval: &str) -> String {
    let lower = approval.to_lowercase();
    let words: Vec<&str> =
        lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let name: String = words.join("-").chars().take(MAX_RULE_NAME).collect();
    let name = name.trim_end_matches('-');
    if name.is_empty() { "approval".to_owned() } else { name.to_owned() }
}

/// `name`, or with the first number that makes it none of `taken`: `name-2`.
fn unique(name: &str, taken: impl Fn(&str) -> bool) -> String {
    if !taken(name) {
        return name.to_owned();
    }
    let numbered = |number: usize| {
        let end = format!("-{number}");
        let begin: String = name.chars().take(MAX_RULE_NAME - end.len()).collect();
        format!("{begin}{end}")
    };
    (2..).map(numbered).find(|name| !taken(name)).unwrap_or_else(|| name.to_owned())
}
