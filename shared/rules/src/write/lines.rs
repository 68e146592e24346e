//! The lines of a rule.

use super::{Then, Workflow, scalar};
use crate::reference::DEFAULT_COMMENT;
use signoff_core::action::{ParameterValue, Reasons, TriggerSpec};

/// Spaces before the rules of a file that Signoff writes.
pub(super) const INDENT: usize = 2;

/// The rule of `workflow` as an entry of a list whose dashes stand behind `indent` spaces, each line ended by
/// `end`.
pub(super) fn rule(workflow: &Workflow, indent: usize, end: &str) -> String {
    let mut lines = Lines { text: String::new(), end };
    let dash = indent;
    lines.line(dash, &format!("- {}:", scalar::key(&workflow.rule)));
    if let Some(environment) = &workflow.promotes_to {
        lines.pair(dash + 4, "promotes_to", environment);
    }
    lines.line(dash + 4, "conditions:");
    lines.line(dash + 6, &format!("- {}", scalar::condition(&workflow.condition().to_string())));
    lines.line(dash + 4, "actions:");
    lines.line(dash + 6, "- slack_channel_approval:");
    lines.approval(workflow, dash + 10);
    lines.text
}

/// A list of people, on one line.
fn people(people: &[String]) -> String {
    let quoted: Vec<_> = people.iter().map(|who| scalar::quoted(who)).collect();
    format!("[{}]", quoted.join(", "))
}

struct Lines<'a> {
    text: String,
    end: &'a str,
}

impl Lines<'_> {
    fn line(&mut self, indent: usize, line: &str) {
        self.text.push_str(&" ".repeat(indent));
        self.text.push_str(line);
        self.text.push_str(self.end);
    }

    /// `key: 'text'`, or a block where the text has several lines.
    fn pair(&mut self, indent: usize, key: &str, text: &str) {
        let value = scalar::block(text, indent + 2, self.end).unwrap_or_else(|| scalar::quoted(text));
        self.line(indent, &format!("{key}: {value}"));
    }

    /// `- name: 'text'`.
    fn action(&mut self, dash: usize, name: &str, text: &str) {
        let value = scalar::block(text, dash + 4, self.end).unwrap_or_else(|| scalar::quoted(text));
        self.line(dash, &format!("- {name}: {value}"));
    }

    fn approval(&mut self, workflow: &Workflow, indent: usize) {
        self.pair(indent, "name", &workflow.name);
        self.pair(indent, "prompt", &workflow.prompt);
        self.pair(indent, "channel", &workflow.channel);
        self.line(indent, &format!("votes_required: {}", workflow.votes_required));
        if !workflow.approvers.is_empty() {
            self.line(indent, &format!("approvers: {}", people(&workflow.approvers)));
        }
        if !workflow.self_approval {
            self.line(indent, "self_approval: false");
        }
        if !workflow.break_glass.is_empty() {
            self.line(indent, &format!("break_glass: {}", people(&workflow.break_glass)));
        }
        let reasons = match workflow.require_reason {
            Reasons::Never => None,
            Reasons::Approve => Some("approve"),
            Reasons::Reject => Some("reject"),
            Reasons::Both => Some("both"),
        };
        if let Some(reasons) = reasons {
            self.line(indent, &format!("require_reason: {reasons}"));
        }
        if let Some(wait) = &workflow.expires_after {
            self.pair(indent, "expires_after", wait);
        }
        self.line(indent, "on_success:");
        self.then(&workflow.then, indent + 2);
    }

    fn then(&mut self, then: &Then, dash: usize) {
        match then {
            Then::SendMessage(message) => {
                self.line(dash, "- slack_channel_message:");
                self.pair(dash + 4, "channel", &message.channel);
                self.pair(dash + 4, "message", &message.message);
            }
            Then::NotifyIssues(text) if text == DEFAULT_COMMENT => {
                self.line(dash, "- notify_mentioned_issues");
            }
            Then::NotifyIssues(text) => self.action(dash, "notify_mentioned_issues", text),
            Then::ApproveBuild(build) => self.action(dash, "auto_approve_build", build),
            Then::TriggerBuild(spec) => self.trigger(spec, dash),
            Then::Webhook(url) => self.action(dash, "webhook", url),
            Then::SendEvent(detail_type) => self.action(dash, "send_event", detail_type),
            Then::TransitionIssues(state) => self.action(dash, "transition_mentioned_issues", state),
        }
    }

    fn trigger(&mut self, spec: &TriggerSpec, dash: usize) {
        let TriggerSpec { workflow, parameters, revision } = spec;
        let has_parameters = workflow.is_some() || !parameters.is_empty();
        if !has_parameters && revision.is_none() {
            return self.line(dash, "- trigger_build");
        }
        self.line(dash, "- trigger_build:");
        if has_parameters {
            self.line(dash + 4, "parameters:");
        }
        if let Some(workflow) = workflow {
            self.pair(dash + 6, "name", workflow);
        }
        for (name, value) in parameters {
            let name = scalar::key(name);
            match value {
                ParameterValue::Bool(truth) => self.line(dash + 6, &format!("{name}: {truth}")),
                ParameterValue::Integer(number) => self.line(dash + 6, &format!("{name}: {number}")),
                ParameterValue::Text(text) => self.pair(dash + 6, &name, text),
            }
        }
        if let Some(revision) = revision {
            self.pair(dash + 4, "revision", revision);
        }
    }
}
