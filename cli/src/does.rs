//! Effects of an action on a deploy, rendered as people will read them.

use serde::Serialize;
use signoff_core::action::{Action, ApprovalSpec, ParameterValue, QuotaSpec, Reasons};
use signoff_rules::explain::shown_duration;
use signoff_rules::template::{Context, render_plain};
use std::collections::BTreeMap;

/// One action.
#[derive(Debug, Serialize)]
pub(crate) struct Does {
    /// Its line, as the deploy's page shows it.
    pub(crate) line: String,
    /// The message that it posts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) message: Option<String>,
    /// The parameters that it gives to a build, or the field that it sets.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) parameters: BTreeMap<String, String>,
    /// The detail type of the event that it sends; `parameters` are then what the event's detail says beside
    /// the deploy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) event: Option<String>,
    /// Dialog that it posts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) asks: Option<Asks>,
}

/// A dialog, with the keys of `slack_channel_approval`.
#[derive(Debug, Serialize)]
pub(crate) struct Asks {
    pub(crate) name: String,
    pub(crate) prompt: String,
    pub(crate) channel: String,
    pub(crate) votes_required: u32,
    /// Quotas that the votes have to fill. Empty: every approver can cast them.
    pub(crate) quotas: Vec<QuotaSpec>,
    pub(crate) rejections_required: u32,
    pub(crate) authors_only: bool,
    pub(crate) approvers: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) break_glass: Vec<String>,
    pub(crate) self_approval: bool,
    /// The environment that the rule promotes to.
    pub(crate) promotes_to: Option<String>,
    pub(crate) unknown_makers: &'static str,
    pub(crate) verified_commits: bool,
    pub(crate) rollback: Option<&'static str>,
    pub(crate) require_reason: Reasons,
    pub(crate) expires_after: Option<String>,
    pub(crate) remind_after: Option<String>,
    pub(crate) supersede: bool,
    pub(crate) undo_window: Option<String>,
    pub(crate) on_success: Vec<Does>,
    pub(crate) on_reject: Vec<Does>,
    pub(crate) on_expire: Vec<Does>,
}

/// Renders each of `actions`.
pub(crate) fn does(actions: &[Action], context: &Context) -> Vec<Does> {
    actions.iter().map(|action| one(action, context)).collect()
}

fn one(action: &Action, context: &Context) -> Does {
    if let Action::WithOnFailure(with) = action {
        return Does { line: action.to_string(), ..one(&with.action, context) };
    }
    let mut does = Does {
        line: action.to_string(),
        message: None,
        parameters: BTreeMap::new(),
        event: None,
        asks: None,
    };
    match action {
        Action::SlackChannelApproval(spec) => does.asks = Some(asks(spec, context)),
        Action::SlackPersonalMessage(message) => does.message = Some(rendered(&message.message, context)),
        Action::SlackChannelMessage(message) => does.message = Some(rendered(&message.message, context)),
        Action::AddToDeployMessageThread(message)
        | Action::NotifyDeployAuthors(message)
        | Action::NotifyDeployer(message)
        | Action::SlackDeployMessage(message)
        | Action::NotifyMentionedIssues(message) => does.message = Some(rendered(message, context)),
        Action::TriggerBuild(spec) => {
            for (name, value) in &spec.parameters {
                let value = match value {
                    ParameterValue::Bool(truth) => truth.to_string(),
                    ParameterValue::Integer(number) => number.to_string(),
                    ParameterValue::Text(text) => rendered(text, context),
                };
                does.parameters.insert(name.clone(), value);
            }
        }
        Action::TransitionMentionedIssues(transition) => {
            does.message = transition.comment.as_ref().map(|comment| rendered(comment, context));
        }
        Action::UpdateMentionedIssues(field) => {
            does.parameters.insert(field.name.clone(), rendered(&field.value, context));
        }
        Action::SendEvent(event) => {
            does.event = Some(rendered(&event.detail_type, context));
            for (name, text) in &event.detail {
                does.parameters.insert(name.clone(), rendered(text, context));
            }
        }
        Action::AutoApproveBuild(_)
        | Action::AddDeployTag(_)
        | Action::MonitorDrift(_)
        | Action::Webhook(_)
        | Action::TransitionIssues(_)
        | Action::WithOnFailure(_)
        | Action::RulesFile(_) => {}
    }
    does
}

fn asks(spec: &ApprovalSpec, context: &Context) -> Asks {
    Asks {
        name: spec.name.clone(),
        prompt: rendered(&spec.prompt, context),
        channel: spec.channel.clone(),
        votes_required: spec.votes_required,
        quotas: spec.quotas.clone(),
        rejections_required: spec.rejections_required,
        authors_only: spec.authors_only,
        approvers: spec.approvers.clone(),
        break_glass: spec.break_glass.clone(),
        self_approval: spec.self_approval,
        promotes_to: spec.range.promotes_to.clone(),
        unknown_makers: if spec.range.allow_unknown_makers { "allow" } else { "block" },
        verified_commits: spec.range.verified_commits,
        rollback: spec.range.rollback_four_eyes.then_some("four_eyes"),
        require_reason: spec.require_reason,
        expires_after: spec.expires_after.map(shown_duration),
        remind_after: spec.remind_after.map(shown_duration),
        supersede: spec.supersede,
        undo_window: spec.undo_window.map(shown_duration),
        on_success: does(&spec.on_success, context),
        on_reject: does(&spec.on_reject, context),
        on_expire: does(&spec.on_expire, context),
    }
}

/// A template's text as people will read it: links by their text, people and deploys by name.
fn rendered(template: &str, context: &Context) -> String {
    match render_plain(template, context) {
        Ok(text) => printable(text.trim()),
        Err(error) => format!("(cannot be rendered: {error})"),
    }
}

/// Without what a terminal would take for a command.
pub(crate) fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() && c != '\n' { ' ' } else { c }).collect()
}

/// The steps of a run if everything is approved: what is done on success follows its approval.
pub(crate) fn steps(does: &[Does]) -> Vec<&Does> {
    let mut all = Vec::new();
    for action in does {
        all.push(action);
        all.extend(action.asks.iter().flat_map(|asks| steps(&asks.on_success)));
    }
    all
}

/// `1 vote`, `2 votes`.
pub(crate) fn votes(count: u32) -> String {
    if count == 1 { "1 vote".to_owned() } else { format!("{count} votes") }
}

/// `2 votes from @sre`.
pub(crate) fn quota(quota: &QuotaSpec) -> String {
    format!("{} from {}", votes(quota.votes), quota.from.join(" or "))
}

impl Asks {
    /// Votes needed to approve, as a clause.
    pub(crate) fn needs(&self) -> String {
        if self.quotas.is_empty() {
            return format!("{} to approve", votes(self.votes_required));
        }
        let mut needs = self.quotas.iter().map(quota).collect::<Vec<_>>().join(", ");
        if self.votes_required > 1 {
            needs.push_str(", of different people");
        }
        needs
    }

    /// People who may vote, as a clause.
    pub(crate) fn voters(&self) -> String {
        let mut named: Vec<&str> = Vec::new();
        for from in self.quotas.iter().flat_map(|quota| &quota.from) {
            if !named.iter().any(|known| known.eq_ignore_ascii_case(from)) {
                named.push(from);
            }
        }
        let mut who = match (&self.approvers, self.authors_only) {
            _ if !named.is_empty() => named.join(", "),
            (None, false) => "anyone in the channel".to_owned(),
            (None, true) => "the authors".to_owned(),
            (Some(approvers), false) => approvers.join(", "),
            (Some(approvers), true) => format!("authors who are among {}", approvers.join(", ")),
        };
        if !self.self_approval {
            who.push_str("; nobody can approve their own change");
        }
        who
    }
}
