//! Approvals that let nothing through any more.

use schemars::JsonSchema;
use serde::Serialize;
use signoff_core::id::ApprovalId;

/// An approval that lets nothing through any more, although people approved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct OvertakenView {
    pub(crate) approval: ApprovalId,
    /// The revision or the rollback that overtook it, in words.
    pub(crate) reason: String,
}
