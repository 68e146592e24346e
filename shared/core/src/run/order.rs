//! The order in which approvals decide about the steps that come after them.

use super::{Branch, Run};
use crate::action::{Action, ApprovalSpec};
use crate::effect::StartedBuild;

impl Run {
    /// The outcome of the approval of step number `approval` with which the later step number `step` runs.
    /// `None`: the run comes to `step` without that approval, or never through both.
    pub fn decides(&self, approval: usize, step: usize) -> Option<Branch> {
        if approval >= step || step >= self.steps.len() || !self.is_approval(approval) {
            return None;
        }
        // An approval that `approval` itself is under has to end for both of them in the same way.
        let parts = |above: usize| {
            let needed = self.branch_of(approval, above);
            needed.is_some_and(|needed| needed != self.branch_of(step, above).unwrap_or_default())
        };
        // A step that is not under an approval goes on after it only where people approved.
        let branch = self.branch_of(step, approval).unwrap_or_default();
        (!(0..approval).any(parts)).then_some(branch)
    }

    /// The first approval that the run asks for; `None`: it asks for none.
    pub fn first_asked(&self) -> Option<&ApprovalSpec> {
        self.steps.iter().find_map(|step| match &step.action {
            Action::SlackChannelApproval(spec) => Some(spec),
            _ => None,
        })
    }

    /// The earlier steps that start a pipeline of CircleCI on the way to step number `step`.
    pub fn pipelines_before(&self, step: usize) -> impl Iterator<Item = usize> {
        let starts = |index: &usize| match self.steps.get(*index).map(|step| &step.action) {
            Some(Action::TriggerBuild(spec)) => spec.workflow.is_none(),
            _ => false,
        };
        (0..step).filter(starts).filter(move |index| self.is_on_the_way(*index, step))
    }

    /// The pipeline in which the last step before step number `step` released a job, or was about to, if that
    /// is one that a push started. `None`: none did.
    pub fn released_before(&self, step: usize) -> Option<&StartedBuild> {
        let id = |build: &StartedBuild| match build {
            StartedBuild::Pipeline { id, .. } => Some(id.clone()),
            StartedBuild::Run { .. } => None,
        };
        let own = self.pipelines_before(step).filter_map(|own| self.steps.get(own)?.started.as_ref());
        let own: Vec<Option<String>> = own.map(id).collect();
        let before = self.steps.iter().enumerate().take(step);
        let released = before.filter(|(index, earlier)| {
            matches!(earlier.action, Action::AutoApproveBuild(_)) && self.is_on_the_way(*index, step)
        });
        released.filter_map(|(_, earlier)| earlier.started.as_ref()).rfind(|build| !own.contains(&id(build)))
    }

    /// True if the run comes to step number `step` through the earlier step number `index`: an approval that
    /// the earlier one is under has to end for both of them in the same way.
    fn is_on_the_way(&self, index: usize, step: usize) -> bool {
        (0..index).all(|above| {
            let needed = self.branch_of(index, above);
            needed.is_none_or(|needed| needed == self.branch_of(step, above).unwrap_or_default())
        })
    }

    /// The approvals between step number `approval` and the later step number `step` that decide about it
    /// too, each with how it must end.
    pub fn decides_between(&self, approval: usize, step: usize) -> Vec<(usize, Branch)> {
        let between = (approval.saturating_add(1)..step)
            .filter(|other| self.is_approval(*other) && self.decides(approval, *other).is_some());
        between.filter_map(|other| Some((other, self.decides(other, step)?))).collect()
    }
}
