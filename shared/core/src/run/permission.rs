//! The check before an action: the record, and not the effect that asks for it, says that a step may run.

use super::{Branch, Run, StepState};
use crate::approval::{Approval, Outcome, Status};
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
            approvals
                .iter()
                .any(|approval| approval.id == id && self.owns(approval, asked) && leads(approval, branch))
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

/// True if `approval` ended so that the steps under it in `branch` run.
fn leads(approval: &Approval, branch: Branch) -> bool {
    match (&approval.status, branch) {
        (Status::Approved { .. }, Branch::OnSuccess)
        | (Status::Rejected { .. }, Branch::OnReject)
        | (Status::Expired { .. }, Branch::OnExpire) => true,
        (Status::Approved { .. }, Branch::OnReject | Branch::OnExpire)
        | (Status::Rejected { .. }, Branch::OnSuccess | Branch::OnExpire)
        | (Status::Expired { .. }, Branch::OnSuccess | Branch::OnReject)
        | (
            Status::Pending | Status::Quorum { .. } | Status::Superseded { .. } | Status::Cancelled { .. },
            Branch::OnSuccess | Branch::OnReject | Branch::OnExpire,
        ) => false,
    }
}

impl Status {
    /// True if an approval with this status ended with `outcome`.
    pub fn is_outcome(&self, outcome: &Outcome) -> bool {
        match (self, outcome) {
            (Self::Approved { .. }, Outcome::Approved)
            | (Self::Rejected { .. }, Outcome::Rejected)
            | (Self::Expired { .. }, Outcome::Expired)
            | (Self::Superseded { .. }, Outcome::Superseded(_))
            | (Self::Cancelled { .. }, Outcome::Ended(_) | Outcome::Cancelled(_)) => true,
            (Self::Pending | Self::Quorum { .. }, _)
            | (
                Self::Approved { .. },
                Outcome::Rejected
                | Outcome::Expired
                | Outcome::Ended(_)
                | Outcome::Superseded(_)
                | Outcome::Cancelled(_),
            )
            | (
                Self::Rejected { .. },
                Outcome::Approved
                | Outcome::Expired
                | Outcome::Ended(_)
                | Outcome::Superseded(_)
                | Outcome::Cancelled(_),
            )
            | (
                Self::Expired { .. },
                Outcome::Approved
                | Outcome::Rejected
                | Outcome::Ended(_)
                | Outcome::Superseded(_)
                | Outcome::Cancelled(_),
            )
            | (
                Self::Superseded { .. },
                Outcome::Approved
                | Outcome::Rejected
                | Outcome::Expired
                | Outcome::Ended(_)
                | Outcome::Cancelled(_),
            )
            | (
                Self::Cancelled { .. },
                Outcome::Approved | Outcome::Rejected | Outcome::Expired | Outcome::Superseded(_),
            ) => false,
        }
    }
}
