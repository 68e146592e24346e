//! The check before an action: the record, and not the effect that asks for it, says that a step may run.

use super::{Branch, Run, StepState};
use crate::approval::{Approval, Closed, Outcome, Status};
use crate::id::ApprovalId;

impl Run {
    /// The earlier steps that ask people and that the run went through, each with how its approval must have
    /// ended for step number `step` to run.
    fn asked_before(&self, step: usize) -> impl Iterator<Item = (usize, Branch)> {
        let asked = (0..step).filter(|index| self.is_approval(*index));
        let on_the_way = asked.filter(|index| {
            self.steps.get(*index).is_some_and(|step| match step.state {
                StepState::Skipped => false,
                StepState::Waiting
                | StepState::Running { .. }
                | StepState::Asking { .. }
                | StepState::Succeeded { .. }
                | StepState::Failed { .. }
                | StepState::Unknown { .. }
                | StepState::SkippedByHand { .. } => true,
            })
        });
        // A step that is not under an approval goes on after it only where people approved.
        on_the_way.map(move |index| (index, self.branch_of(step, index).unwrap_or_default()))
    }

    /// True if step number `step` may run, by the `approvals` on record: each approval that it follows
    /// belongs to this run, to its own step and to this rule and revision, and ended as the step needs. A run
    /// that asks nobody needs none. Once people asked again, no step of this run may run any more.
    pub fn permits(&self, step: usize, approvals: &[Approval]) -> bool {
        if self.asked_again.is_some() {
            return false;
        }
        self.asked_before(step).all(|(asked, branch)| {
            let id = ApprovalId::derive(&self.id, asked);
            approvals.iter().any(|approval| {
                approval.id == id && self.owns(approval, asked) && approval.status.branch() == Some(branch)
            })
        })
    }

    /// True if `approval` is that of step number `step` of this run, and judges the same deploy, revision and
    /// rule.
    pub fn owns(&self, approval: &Approval, step: usize) -> bool {
        let subject = &approval.subject;
        approval.deploy == self.deploy
            && approval.run == self.id
            && approval.step == step
            && subject.revision == self.revision
            && subject.rule == self.rule
            && subject.rule_hash == self.rule_hash
    }
}

impl Status {
    /// The branch of the steps that run after an approval with this status; `None`: none of them runs.
    pub fn branch(&self) -> Option<Branch> {
        match self.closed()? {
            Closed::Approved { .. } => Some(Branch::OnSuccess),
            Closed::Rejected { .. } => Some(Branch::OnReject),
            Closed::Expired { .. } => Some(Branch::OnExpire),
            Closed::Superseded { .. } | Closed::Cancelled { .. } => None,
        }
    }

    /// True if an approval with this status ended with `outcome`.
    pub fn is_outcome(&self, outcome: &Outcome) -> bool {
        match self {
            Self::Pending | Self::Quorum { .. } => false,
            Self::Closed(Closed::Approved { .. }) => *outcome == Outcome::Approved,
            Self::Closed(Closed::Rejected { .. }) => *outcome == Outcome::Rejected,
            Self::Closed(Closed::Expired { .. }) => *outcome == Outcome::Expired,
            Self::Closed(Closed::Superseded { .. }) => matches!(outcome, Outcome::Superseded(_)),
            Self::Closed(Closed::Cancelled { .. }) => {
                matches!(outcome, Outcome::Ended(_) | Outcome::Cancelled(_))
            }
        }
    }
}
