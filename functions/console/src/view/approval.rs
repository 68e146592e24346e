//! Approvals and runs: who voted how, and what became of each action.

use super::web_link;
use crate::mrkdwn::People;
use approval::action::Action;
use approval::approval::{Approval, Choice, Electorate, Status, Subject};
use approval::id::{ApprovalId, RunId};
use approval::run::{self, Run, Step, StepState};
use jiff::Timestamp;
use serde::Serialize;
use store::Page;

/// An approval.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct ApprovalView {
    pub(crate) id: ApprovalId,
    pub(crate) run: RunId,
    pub(crate) name: String,
    /// `pending`, `approved`, `rejected` or `cancelled`.
    pub(crate) status: &'static str,
    /// Why, where it was cancelled.
    pub(crate) reason: Option<String>,
    pub(crate) opened_at: Timestamp,
    pub(crate) closed_at: Option<Timestamp>,
    /// The question, as plain text.
    pub(crate) prompt: String,
    /// `#name` or a channel id, as the rule has it.
    pub(crate) channel: String,
    /// Who may vote, in words; `null`: anyone in the channel.
    pub(crate) voters: Option<String>,
    pub(crate) votes_required: u32,
    pub(crate) rejections_required: u32,
    pub(crate) votes: Vec<VoteView>,
    pub(crate) subject: SubjectView,
    /// What an approval starts, in the order in which it runs.
    pub(crate) actions: Vec<ActionView>,
    /// Where the dialog stands in Slack; `null`: it is not posted yet.
    pub(crate) dialog: Option<DialogView>,
}

/// One person's vote.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct VoteView {
    /// The Slack user id.
    pub(crate) voter: String,
    pub(crate) name: String,
    /// `approve` or `reject`.
    pub(crate) choice: Choice,
    pub(crate) at: Timestamp,
}

/// What a vote stands for.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct SubjectView {
    pub(crate) revision: String,
    pub(crate) rule: String,
    pub(crate) rule_hash: String,
    pub(crate) plan: Vec<String>,
}

/// A message in Slack.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct DialogView {
    /// The channel's id.
    pub(crate) channel: String,
    /// The message's timestamp.
    pub(crate) ts: String,
}

/// An action, and what became of it.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct ActionView {
    /// The action's line of the rules file.
    pub(crate) action: String,
    pub(crate) state: ActionState,
    /// When it ended.
    pub(crate) at: Option<Timestamp>,
    /// What was done, where it succeeded.
    pub(crate) summary: Option<String>,
    /// Where to look at it.
    pub(crate) url: Option<String>,
    /// Why it failed, is unknown, or is being tried again.
    pub(crate) reason: Option<String>,
}

/// What became of an action.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ActionState {
    /// Its turn has not come.
    Waiting,
    /// It is running, or being tried again.
    Running,
    /// An approval waits for votes.
    Asking,
    /// It was done.
    Succeeded,
    /// It failed for good.
    Failed,
    /// It may or may not have happened.
    Unknown,
    /// It did not run, and will not.
    Skipped,
}

/// A run of a rule, with all of its actions, approvals among them.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct RunView {
    pub(crate) id: RunId,
    pub(crate) rule: String,
    pub(crate) rule_hash: String,
    pub(crate) revision: String,
    /// `running`, `succeeded` or `stopped`.
    pub(crate) status: run::Status,
    pub(crate) opened_at: Timestamp,
    pub(crate) steps: Vec<ActionView>,
}

/// A part of the Approvals tab.
#[derive(Clone, Debug)]
pub(crate) enum Section {
    /// An approval with the actions that it starts.
    Approval(Box<ApprovalView>),
    /// A run whose actions wait for no approval, or for one that is not open.
    Run(RunView),
}

/// The parts of the Approvals tab, oldest run first: what runs without an approval, then its approvals.
pub(crate) fn sections(page: &Page) -> Vec<Section> {
    let people = People::of(page);
    let is_open = is_open(page);
    let mut sections = Vec::new();
    for run in &page.runs {
        let loose = |step: &usize| {
            !asks(run, *step).is_some_and(|id| is_open(&id)) && gate(run, *step, &is_open).is_none()
        };
        let steps: Vec<_> =
            (0..run.steps.len()).filter(loose).filter_map(|step| run.steps.get(step)).collect();
        if !steps.is_empty() {
            let steps = steps.into_iter().map(ActionView::of).collect();
            sections.push(Section::Run(RunView { steps, ..RunView::of(run) }));
        }
        let own = page.approvals.iter().filter(|approval| approval.run == run.id);
        sections.extend(
            own.map(|approval| Section::Approval(Box::new(ApprovalView::of(approval, run, page, &people)))),
        );
    }
    sections
}

/// Whether an approval of the page was opened.
fn is_open(page: &Page) -> impl Fn(&ApprovalId) -> bool {
    |id| page.approvals.iter().any(|approval| approval.id == *id)
}

/// The open approval that step number `step` waits for; where the one that it waits for is not open yet, the one that
/// that one waits for.
fn gate(run: &Run, step: usize, is_open: &impl Fn(&ApprovalId) -> bool) -> Option<ApprovalId> {
    let mut step = step;
    loop {
        let waits_for = run.thread_of(step)?;
        if is_open(&waits_for) {
            return Some(waits_for);
        }
        // Always an earlier step, so this ends.
        step = (0..step).rev().find(|earlier| asks(run, *earlier).as_ref() == Some(&waits_for))?;
    }
}

/// The approval that step number `step` opens, where it is one that asks.
fn asks(run: &Run, step: usize) -> Option<ApprovalId> {
    let asks = matches!(run.steps.get(step)?.action, Action::SlackChannelApproval(_));
    asks.then(|| ApprovalId::derive(&run.id, step))
}

impl ApprovalView {
    /// `approval`, of `run`, both of `page`.
    pub(crate) fn of(approval: &Approval, run: &Run, page: &Page, people: &People<'_>) -> Self {
        let (closed_at, reason) = match &approval.status {
            Status::Pending => (None, None),
            Status::Approved { at } | Status::Rejected { at } => (Some(*at), None),
            Status::Cancelled { at, reason } => (Some(*at), Some(reason.clone())),
        };
        let Subject { revision, rule, rule_hash, plan } = approval.subject.clone();
        let votes = approval.votes.iter().map(|vote| VoteView {
            voter: vote.voter.clone(),
            name: vote.name.clone(),
            choice: vote.choice,
            at: vote.at,
        });
        Self {
            id: approval.id.clone(),
            run: approval.run.clone(),
            name: approval.name.clone(),
            status: approval.status.word(),
            reason,
            opened_at: approval.opened_at,
            closed_at,
            prompt: people.plain(&approval.prompt),
            channel: approval.channel.clone(),
            voters: match &approval.electorate {
                Electorate::Anyone => None,
                Electorate::Only { who, .. } => Some(who.clone()),
            },
            votes_required: approval.votes_required,
            rejections_required: approval.rejections_required,
            votes: votes.collect(),
            subject: SubjectView { revision, rule, rule_hash, plan },
            actions: actions_of(approval, run, page),
            dialog: approval
                .dialog
                .clone()
                .map(|dialog| DialogView { channel: dialog.channel, ts: dialog.ts }),
        }
    }

    /// How many people voted for `choice`.
    pub(crate) fn count(&self, choice: Choice) -> usize {
        self.votes.iter().filter(|vote| vote.choice == choice).count()
    }
}

/// The actions that run once `approval` is approved.
fn actions_of(approval: &Approval, run: &Run, page: &Page) -> Vec<ActionView> {
    // A run is told how its approval ended a moment after it did: what is going to be skipped is shown as skipped.
    let refused = matches!(approval.status, Status::Rejected { .. } | Status::Cancelled { .. });
    let follows = |step: &usize| gate(run, *step, &is_open(page)).as_ref() == Some(&approval.id);
    let steps = (0..run.steps.len()).filter(follows).filter_map(|step| run.steps.get(step));
    let mut actions: Vec<_> = steps.map(ActionView::of).collect();
    for action in actions.iter_mut().filter(|action| refused && action.state == ActionState::Waiting) {
        action.state = ActionState::Skipped;
    }
    actions
}

impl RunView {
    /// `run`, with all of its steps.
    pub(crate) fn of(run: &Run) -> Self {
        Self {
            id: run.id.clone(),
            rule: run.rule.clone(),
            rule_hash: run.rule_hash.clone(),
            revision: run.revision.clone(),
            status: run.status,
            opened_at: run.opened_at,
            steps: run.steps.iter().map(ActionView::of).collect(),
        }
    }
}

impl ActionView {
    fn of(step: &Step) -> Self {
        let base = |state| Self {
            action: step.action.to_string(),
            state,
            at: None,
            summary: None,
            url: None,
            reason: None,
        };
        match &step.state {
            StepState::Waiting => base(ActionState::Waiting),
            StepState::Running { note } => Self { reason: note.clone(), ..base(ActionState::Running) },
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
            StepState::Skipped => base(ActionState::Skipped),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    /// What the tab shows, a line each: `approval NAME` or `run RULE`, then its actions and their states.
    fn outline(page: &Page) -> Vec<String> {
        let lines = |heading: String, actions: &[ActionView]| {
            let actions = actions.iter().map(|action| format!("  {}: {:?}", action.action, action.state));
            std::iter::once(heading).chain(actions).collect::<Vec<_>>()
        };
        let parts = sections(page).into_iter().flat_map(|section| match section {
            Section::Approval(approval) => lines(format!("approval {}", approval.name), &approval.actions),
            Section::Run(run) => lines(format!("run {}", run.rule), &run.steps),
        });
        parts.collect()
    }

    #[test]
    fn every_action_is_shown_once_under_what_it_waits_for() {
        let mut page = sample::several_runs();
        insta::assert_snapshot!(outline(&page).join("\n"), @r"
        run two-stages
          slack_channel_message: #deploys: Succeeded
        approval Promote to QA
          auto_approve_build: deploy-qa: Running
          slack_channel_approval: Promote to production: Waiting
          auto_approve_build: deploy-production: Waiting
          slack_channel_message: #releases: Waiting
        run not-shown
          slack_channel_approval: No such channel: Running
          auto_approve_build: deploy-eu: Waiting
        run smoke-tests
          trigger_build: smoke.yml: Succeeded
          webhook: https://hooks.example.com: Unknown
          slack_channel_message: #qa: Skipped
        ");
        page.approvals.clear();
        let steps: usize = page.runs.iter().map(|run| run.steps.len()).sum();
        let shown = outline(&page).iter().filter(|line| line.starts_with("  ")).count();
        assert_eq!(shown, steps, "without their approvals all steps stand under their runs");
    }

    #[test]
    fn what_a_rejection_stops_is_shown_as_stopped_at_once() {
        let mut page = sample::pending();
        let [approval] = page.approvals.as_mut_slice() else { panic!("one approval") };
        approval.status = Status::Rejected { at: sample::at(60) };
        insta::assert_snapshot!(outline(&page).join("\n"), @r"
        approval Promote deploy to production
          auto_approve_build: example-circleci-build: Skipped
          slack_channel_message: #releases: Skipped
        ");
    }
}
