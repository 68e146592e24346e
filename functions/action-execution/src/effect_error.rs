//! Reasons for which an effect was not done.

use signoff_providers::Failure;
use signoff_providers::circleci::NotApproved;
use signoff_runtime::effects::Attempt;
use signoff_store::{CommitError, StoreError};
use thiserror::Error;

/// Reason for which an effect was not done.
#[derive(Debug, Error)]
pub(crate) enum EffectError {
    /// The outside world's part.
    #[error(transparent)]
    ProviderClients(#[from] Failure),
    /// It can't be done yet, and nothing failed.
    #[error("{reason}")]
    NotYet {
        /// What it waits for.
        reason: String,
        /// True if only a person can end the wait.
        needs_person: bool,
    },
    /// The record's part: nothing is known to be committed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Other processes committed first again and again, or took the effect over.
    #[error("other processes committed first")]
    Race,
}

/// Result of something tried, or the reason for which it was not done.
pub(crate) type Tried<T> = Result<T, EffectError>;

impl EffectError {
    /// The outside world's failure, where it is one.
    pub(crate) fn outside(self) -> Result<Failure, Self> {
        match self {
            Self::ProviderClients(failure) => Ok(failure),
            other @ (Self::NotYet { .. } | Self::Store(_) | Self::Race) => Err(other),
        }
    }
}

/// Reason for which an action was not done. If an earlier answer of `attempt` was lost, nobody knows whether
/// it was.
pub(crate) fn unless_lost(attempt: &Attempt, trouble: EffectError) -> EffectError {
    match trouble {
        EffectError::ProviderClients(Failure::Permanent(why)) if attempt.lost => {
            Failure::Unanswered(why).into()
        }
        trouble => trouble,
    }
}

impl From<CommitError> for EffectError {
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::Conflict => Self::Race,
            CommitError::Store(error) => Self::Store(error),
        }
    }
}

impl From<NotApproved> for EffectError {
    fn from(error: NotApproved) -> Self {
        match error {
            NotApproved::NotYet(reason) => Self::NotYet { reason, needs_person: false },
            NotApproved::NeedsPerson(reason) => Self::NotYet { reason, needs_person: true },
            NotApproved::Failed(failure) => Self::ProviderClients(failure),
        }
    }
}
