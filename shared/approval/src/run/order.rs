//! The order in which approvals decide about the steps that come after them.

use super::{Branch, Run};
use crate::action::Action;

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

    /// The earlier steps that start a pipeline of CircleCI on the way to step number `step`.
    pub fn pipelines_before(&self, step: usize) -> impl Iterator<Item = usize> {
        let starts = |index: &usize| match self.steps.get(*index).map(|step| &step.action) {
            Some(Action::TriggerBuild(spec)) => spec.workflow.is_none(),
            _ => false,
        };
        (0..step).filter(starts).filter(move |index| {
            // An approval that the earlier step is under has to end for both of them in the same way.
            (0..*index).all(|above| {
                let needed = self.branch_of(*index, above);
                needed.is_none_or(|needed| needed == self.branch_of(step, above).unwrap_or_default())
            })
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
