//! Steps that the policy keeps back.

use super::{Run, StepState};

/// The beginning of a step's note while the policy keeps it back.
pub const KEPT_BACK: &str = "The policy keeps this back. ";

impl StepState {
    /// True if the policy keeps a step in this state back.
    pub fn is_kept_back(&self) -> bool {
        match self {
            Self::Running { note, .. } => note.as_ref().is_some_and(|note| note.starts_with(KEPT_BACK)),
            Self::Waiting
            | Self::Asking { .. }
            | Self::Succeeded { .. }
            | Self::Failed { .. }
            | Self::Unknown { .. }
            | Self::Skipped
            | Self::SkippedByHand { .. } => false,
        }
    }
}

impl Run {
    /// True if the policy keeps a step of this run back.
    pub fn is_kept_back(&self) -> bool {
        self.steps.iter().any(|step| step.state.is_kept_back())
    }
}
