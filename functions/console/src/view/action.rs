//! Actions and runs: what became of each action, and what people did about those that failed.

use super::{PersonView, web_link};
use crate::view::mrkdwn::People;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use signoff_core::action::{Action, OnFailure};
use signoff_core::event::EventKind;
use signoff_core::id::{ApprovalId, RunId};
use signoff_core::run::{self, Branch, Resolution, Run, Step, StepState};
use signoff_store::Page;

/// An action and its result.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct ActionView {
    /// The action as the rules file has it.
    pub(crate) action: String,
    pub(crate) state: ActionState,
    /// Time at which the action ended.
    pub(crate) at: Option<Timestamp>,
    /// A summary of what it did, if it succeeded.
    pub(crate) summary: Option<String>,
    /// URL of its result.
    pub(crate) url: Option<String>,
    /// The reason why it failed, is unknown, is tried again or was skipped by hand, or the thing that it
    /// waits for.
    pub(crate) reason: Option<String>,
    /// True if it waits for something that `reason` names.
    pub(crate) waits: bool,
    /// The approval whose outcome starts it; `null` if the rule itself starts it.
    pub(crate) under: Option<UnderView>,
    /// The approval, if the action is one.
    pub(crate) asks: Option<ApprovalId>,
    /// `stop` or `continue`: whether the actions after it run if it fails.
    pub(crate) on_failure: OnFailure,
    /// People's decisions, one for each time that it failed or its outcome was unknown.
    pub(crate) resolved: Vec<ResolvedView>,
    /// Question to people about how to resolve it, if it failed or its outcome is unknown.
    #[serde(skip)]
    pub(crate) question: Option<QuestionView>,
}

/// An action that failed, or of which nobody knows what became.
#[derive(Clone, Debug)]
pub(crate) struct QuestionView {
    pub(crate) run: RunId,
    pub(crate) step: usize,
    /// The time of the failure.
    pub(crate) failed_at: Timestamp,
    /// The approval whose voters can act on it; `None`: admins can.
    pub(crate) approval: Option<ApprovalId>,
    /// Resolutions to choose from.
    pub(crate) offers: &'static [Resolution],
}

/// The outcome of an approval that starts an action.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct UnderView {
    pub(crate) approval: ApprovalId,
    pub(crate) name: String,
    /// `on_success`, `on_reject` or `on_expire`.
    pub(crate) branch: Branch,
}

/// A person's decision about an action that failed, or whose outcome was unknown.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct ResolvedView {
    pub(crate) by: PersonView,
    /// `retry`, `skip` or `mark_as_done`.
    pub(crate) resolution: Resolution,
    /// The person's reason, if given.
    pub(crate) reason: Option<String>,
    pub(crate) at: Timestamp,
}

/// State of an action.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ActionState {
    /// It is not its turn yet.
    Waiting,
    /// It is running, or Signoff tries it again.
    Running,
    /// An approval waits for votes.
    Asking,
    /// It was done.
    Succeeded,
    /// It failed, and Signoff does not try it again. Of an approval: it was not approved.
    Failed,
    /// Nobody knows if it happened. A person has to say.
    Unknown,
    /// It did not run and will not run.
    Skipped,
    /// It failed, and somebody chose to go on without it.
    SkippedByHand,
}

/// A run of a rule, with its actions and approvals.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct RunView {
    pub(crate) id: RunId,
    pub(crate) rule: String,
    pub(crate) rule_hash: String,
    pub(crate) revision: String,
    /// `running`, `succeeded` or `stopped`.
    pub(crate) status: run::Status,
    /// The run that replaced this one when people asked again. Left out if they did not.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(default)]
    pub(crate) asked_again: Option<RunId>,
    pub(crate) opened_at: Timestamp,
    pub(crate) steps: Vec<ActionView>,
}

impl RunView {
    /// `run` of `page`, with all of its steps.
    pub(crate) fn of(run: &Run, page: &Page, people: &People<'_>) -> Self {
        let steps = (0..run.steps.len()).filter_map(|step| ActionView::of(run, step, page, people));
        Self {
            id: run.id.clone(),
            rule: run.rule.clone(),
            rule_hash: run.rule_hash.clone(),
            revision: run.revision.clone(),
            status: run.status,
            asked_again: run.asked_again.clone(),
            opened_at: run.opened_at,
            steps: steps.collect(),
        }
    }
}

impl ActionView {
    /// Step number `index` of `run`, both of `page`; `None` where there is no such step.
    pub(super) fn of(run: &Run, index: usize, page: &Page, people: &People<'_>) -> Option<Self> {
        Some(Self { resolved: resolved(run, index, page, people), ..Self::of_run(run, index)? })
    }

    /// The same without what people said: that is on record in the events of a page.
    pub(crate) fn of_run(run: &Run, index: usize) -> Option<Self> {
        let step = run.steps.get(index)?;
        let base = |state| Self {
            action: step.action.to_string(),
            state,
            at: None,
            summary: None,
            url: None,
            reason: None,
            waits: false,
            under: under(run, step),
            asks: run.asks(index),
            on_failure: step.on_failure,
            resolved: Vec::new(),
            question: question(run, index, step),
        };
        Some(match &step.state {
            StepState::Waiting => base(ActionState::Waiting),
            StepState::Running { note, waits } => {
                Self { reason: note.clone(), waits: *waits, ..base(ActionState::Running) }
            }
            StepState::Asking { .. } => base(ActionState::Asking),
            StepState::Succeeded { at, summary, url } => Self {
                at: Some(*at),
                summary: Some(summary.clone()),
                url: url.as_deref().and_then(web_link).map(str::to_owned),
                ..base(ActionState::Succeeded)
            },
            StepState::Failed { at, reason } => {
                Self { at: Some(*at), reason: Some(reason.clone()), ..base(ActionState::Failed) }
            }
            StepState::Unknown { at, reason } => {
                Self { at: Some(*at), reason: Some(reason.clone()), ..base(ActionState::Unknown) }
            }
            StepState::SkippedByHand { at, reason, .. } => {
                Self { at: Some(*at), reason: Some(reason.clone()), ..base(ActionState::SkippedByHand) }
            }
            StepState::Skipped => base(ActionState::Skipped),
        })
    }
}

/// Question about step number `index` of `run`; `None`: there is nothing to resolve.
fn question(run: &Run, index: usize, step: &Step) -> Option<QuestionView> {
    let offers = run.offers(index);
    let (failed_at, _) = step.failure().filter(|_| !offers.is_empty())?;
    Some(QuestionView { run: run.id.clone(), step: index, failed_at, approval: run.thread_of(index), offers })
}

fn under(run: &Run, step: &Step) -> Option<UnderView> {
    let index = step.under?;
    let Action::SlackChannelApproval(spec) = &run.steps.get(index)?.action else { return None };
    let approval = ApprovalId::derive(&run.id, index);
    Some(UnderView { approval, name: spec.name.clone(), branch: step.branch })
}

fn resolved(run: &Run, index: usize, page: &Page, people: &People<'_>) -> Vec<ResolvedView> {
    let views = page.events.iter().filter_map(|event| match &event.kind {
        EventKind::StepResolved { run: of, step, by, resolution, reason, .. }
            if *of == run.id && *step == index =>
        {
            let (by, reason) = (PersonView::of(by, people), reason.clone());
            Some(ResolvedView { by, resolution: *resolution, reason, at: event.at })
        }
        _ => None,
    });
    views.collect()
}
