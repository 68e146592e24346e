//! The texts of actions that act: which there are, and the action with others in their place.

use super::{Action, EventSpec, IssueField, IssueTransition, Kind, ParameterValue, TriggerSpec};
use std::collections::BTreeMap;
use std::fmt;

/// The place that a text of an action has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextOf {
    /// It is an address: a value stays in its place.
    Address,
    /// It is any other text.
    Other,
}

impl Action {
    /// True if it acts: it does more than post a message to Slack or a comment on an issue, and it is no
    /// approval.
    pub fn acts(&self) -> bool {
        match self.kind() {
            // What it has done acts.
            Kind::Acts | Kind::Watches => true,
            Kind::Asks | Kind::Tells => false,
        }
    }

    /// The action with each of its templates replaced by its `render`. An action that does not act, and one
    /// that has no templates, stays as it is. Error: the first one of `render`.
    pub fn with_texts<E>(&self, render: impl Fn(TextOf, &str) -> Result<String, E>) -> Result<Self, E> {
        let text = |template: &str| render(TextOf::Other, template);
        let maybe = |template: &Option<String>| template.as_deref().map(&text).transpose();
        let plain = match self.plain() {
            Self::TriggerBuild(spec) => {
                let mut parameters = BTreeMap::new();
                for (name, value) in &spec.parameters {
                    let value = match value {
                        ParameterValue::Text(template) => ParameterValue::Text(text(template)?),
                        ParameterValue::Bool(_) | ParameterValue::Integer(_) => value.clone(),
                    };
                    parameters.insert(name.clone(), value);
                }
                let (workflow, revision) = (maybe(&spec.workflow)?, maybe(&spec.revision)?);
                Self::TriggerBuild(TriggerSpec { workflow, parameters, revision })
            }
            Self::AddDeployTag(tag) => Self::AddDeployTag(text(tag)?),
            Self::TransitionMentionedIssues(transition) => Self::TransitionMentionedIssues(IssueTransition {
                state: text(&transition.state)?,
                comment: maybe(&transition.comment)?,
                resolution: transition.resolution.clone(),
            }),
            Self::TransitionIssues(state) => Self::TransitionIssues(text(state)?),
            Self::UpdateMentionedIssues(field) => Self::UpdateMentionedIssues(IssueField {
                name: field.name.clone(),
                value: text(&field.value)?,
            }),
            Self::SendEvent(event) => {
                let mut detail = BTreeMap::new();
                for (name, template) in &event.detail {
                    detail.insert(name.clone(), text(template)?);
                }
                let (detail_type, bus) = (text(&event.detail_type)?, event.bus.clone());
                Self::SendEvent(EventSpec { detail_type, detail, bus })
            }
            Self::Webhook(spec) => {
                Self::Webhook(spec.with_texts(|address| render(TextOf::Address, address), text)?)
            }
            Self::AutoApproveBuild(_)
            | Self::RulesFile(_)
            | Self::MonitorDrift(_)
            | Self::SlackChannelApproval(_)
            | Self::SlackChannelMessage(_)
            | Self::AddToDeployMessageThread(_)
            | Self::NotifyDeployAuthors(_)
            | Self::NotifyDeployer(_)
            | Self::SlackPersonalMessage(_)
            | Self::SlackDeployMessage(_)
            | Self::NotifyMentionedIssues(_)
            | Self::WithOnFailure(_) => self.plain().clone(),
        };
        Ok(plain.with_on_failure(self.on_failure()))
    }
}

/// The value as a person reads it, and as GitHub takes an input.
impl fmt::Display for ParameterValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool(value) => value.fmt(f),
            Self::Integer(value) => value.fmt(f),
            Self::Text(value) => f.write_str(value),
        }
    }
}
