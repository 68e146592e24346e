//! Steps that a freeze or the policy holds after their approval: people are told in a message of its own,
//! because an edit of the step's line notifies nobody.

use super::{Run, StepState};
use crate::approval::Approval;
use crate::decision::Decision;
use crate::effect::EffectKind;
use crate::message::step_held;

/// `decision`, which has step number `step` wait, with a message about that in the thread of the dialog of
/// `voted`, the approval that the step follows. Without one, nothing is added. `is_lost`: the answer to an
/// earlier attempt was lost, so that the step may have happened.
pub fn told_held(
    mut decision: Decision<Run>,
    step: usize,
    voted: Option<&Approval>,
    is_lost: bool,
) -> Decision<Run> {
    let Some(approval) = decision.next.thread_of(step) else { return decision };
    let Some(held) = decision.next.steps.get(step) else { return decision };
    let reason = match &held.state {
        StepState::Running { note: Some(reason), waits: true } => reason,
        StepState::Running { .. }
        | StepState::Waiting
        | StepState::Asking { .. }
        | StepState::Succeeded { .. }
        | StepState::Failed { .. }
        | StepState::Unknown { .. }
        | StepState::Skipped
        | StepState::SkippedByHand { .. } => return decision,
    };
    let text = step_held(&held.action, reason, voted, is_lost);
    decision.follow(EffectKind::TellThread { approval, text, to_deployers: true });
    decision
}
