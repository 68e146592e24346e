//! The parts of the Approvals tab: which action is shown under which approval.

use super::{ActionState, ActionView, ApprovalView, RunView};
use crate::view::mrkdwn::People;
use signoff_core::approval::Approval;
use signoff_core::id::ApprovalId;
use signoff_core::run::{Branch, Run};
use signoff_store::Page;

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
            !run.asks(*step).is_some_and(|id| is_open(&id)) && gate(run, *step, &is_open).is_none()
        };
        let steps = (0..run.steps.len()).filter(loose);
        let steps: Vec<_> = steps.filter_map(|step| ActionView::of(run, step, page, &people)).collect();
        if !steps.is_empty() {
            sections.push(Section::Run(RunView { steps, ..RunView::of(run, page, &people) }));
        }
        let own = page.approvals.iter().filter(|approval| approval.run == run.id);
        sections.extend(
            own.map(|approval| Section::Approval(Box::new(ApprovalView::of(approval, run, page, &people)))),
        );
    }
    sections
}

/// Returns a predicate that is true for an approval of the page that was opened.
pub(super) fn is_open(page: &Page) -> impl Fn(&ApprovalId) -> bool {
    |id| page.approvals.iter().any(|approval| approval.id == *id)
}

/// The actions that run once `approval` ends as `branch` says.
pub(super) fn actions_of(
    approval: &Approval,
    run: &Run,
    branch: Branch,
    is_open: &impl Fn(&ApprovalId) -> bool,
    page: &Page,
    people: &People<'_>,
) -> Vec<ActionView> {
    // A run is told how its approval ended a moment after it did: what is going to be skipped is shown as
    // skipped.
    let is_over = !approval.status.is_open() && approval.status.branch() != Some(branch);
    let shown = |step: &usize| {
        // What follows an approval without being under it runs where it is approved.
        let needs = run.branch_of(*step, approval.step).unwrap_or(Branch::OnSuccess);
        gate(run, *step, is_open) == Some(approval.step) && needs == branch
    };
    let steps = (0..run.steps.len()).filter(shown);
    let mut actions: Vec<_> = steps.filter_map(|step| ActionView::of(run, step, page, people)).collect();
    for action in actions.iter_mut().filter(|action| is_over && action.state == ActionState::Waiting) {
        action.state = ActionState::Skipped;
    }
    actions
}

/// The step of the open approval that step number `step` waits for; where the one that it waits for is not
/// open yet, of the one that that one waits for.
fn gate(run: &Run, step: usize, is_open: &impl Fn(&ApprovalId) -> bool) -> Option<usize> {
    let mut step = step;
    loop {
        // Always an earlier step, so this ends.
        step = run.waits_for(step)?;
        if run.asks(step).is_some_and(|id| is_open(&id)) {
            return Some(step);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;
    use signoff_core::approval::{Closed, Status};

    /// Sections of the tab, a line each: `approval NAME` or `run RULE`, then its actions and their states.
    fn outline(page: &Page) -> Vec<String> {
        let lines = |heading: &str, actions: &[ActionView]| {
            let lines =
                actions.iter().map(|action| format!("  {heading}{}: {:?}", action.action, action.state));
            lines.collect::<Vec<_>>()
        };
        let parts = sections(page).into_iter().flat_map(|section| match section {
            Section::Approval(approval) => [
                vec![format!("approval {}", approval.name)],
                lines("", &approval.actions),
                lines("on reject ", &approval.on_reject),
                lines("on expire ", &approval.on_expire),
            ]
            .concat(),
            Section::Run(run) => [vec![format!("run {}", run.rule)], lines("", &run.steps)].concat(),
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
          slack_channel_message: #qa: Waiting
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
        approval.status = Status::Closed(Closed::Rejected { at: sample::at(60) });
        insta::assert_snapshot!(outline(&page).join("\n"), @r"
        approval Promote deploy to production
          auto_approve_build: example-circleci-build: Skipped
          slack_channel_message: #releases: Skipped
        ");
    }

    #[test]
    fn each_approval_outcome_shows_its_own_actions() {
        let mut page = sample::branches();
        insta::assert_snapshot!(outline(&page).join("\n"), @"
        approval Promote deploy to production
          auto_approve_build: deploy-us: Skipped
          slack_channel_approval: Promote to EU: Skipped
          auto_approve_build: deploy-eu: Skipped
          slack_channel_message: #inner-rejected: Skipped
          slack_channel_message: #done: Skipped
          on reject slack_channel_approval: Roll back: Asking
          on reject slack_channel_message: #incidents: Waiting
          on expire slack_channel_message: #forgotten: Skipped
        approval Roll back
          auto_approve_build: roll-back: Waiting
        ");
        page.approvals.truncate(1);
        insta::assert_snapshot!(outline(&page).join("\n"), @"
        approval Promote deploy to production
          auto_approve_build: deploy-us: Skipped
          slack_channel_approval: Promote to EU: Skipped
          auto_approve_build: deploy-eu: Skipped
          slack_channel_message: #inner-rejected: Skipped
          slack_channel_message: #done: Skipped
          on reject slack_channel_approval: Roll back: Asking
          on reject auto_approve_build: roll-back: Waiting
          on reject slack_channel_message: #incidents: Waiting
          on expire slack_channel_message: #forgotten: Skipped
        ");
    }
}
