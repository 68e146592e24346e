//! Freezes that hold approvals.

use super::PersonView;
use crate::view::mrkdwn::People;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use signoff_core::approval::{Frozen, Lifted};

/// The freeze that holds an approval back, or that somebody lifted.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct FrozenView {
    /// Time until which the actions wait; `null` if no window is open.
    pub(crate) until: Option<Timestamp>,
    /// Names of the open windows.
    pub(crate) name: Option<String>,
    /// The freeze windows of the rule, in words.
    pub(crate) windows: Vec<String>,
    /// The person who lifted it, with the reason.
    pub(crate) lifted: Option<LiftedView>,
}

/// Lifting of a freeze.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct LiftedView {
    pub(crate) by: PersonView,
    pub(crate) at: Timestamp,
    pub(crate) reason: String,
}

impl FrozenView {
    /// `None`: the rule has no windows.
    pub(super) fn of(frozen: &Frozen, people: &People<'_>) -> Option<Self> {
        let lifted = |Lifted { by, at, reason }: &Lifted| LiftedView {
            by: PersonView::of(by, people),
            at: *at,
            reason: reason.clone(),
        };
        (!frozen.is_empty()).then(|| Self {
            until: frozen.hold.as_ref().map(|hold| hold.until),
            name: frozen.names(),
            windows: frozen.windows.iter().map(ToString::to_string).collect(),
            lifted: frozen.lifted.as_ref().map(lifted),
        })
    }
}
