//! A broken glass, and the review that is owed for it.

use super::PersonView;
use crate::view::mrkdwn::People;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use signoff_core::approval::{Approval, Broken, Review};

/// A broken glass: the approval went ahead, or is about to, without its votes.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct GlassView {
    /// The person who broke it.
    pub(crate) by: PersonView,
    pub(crate) at: Timestamp,
    pub(crate) reason: String,
    /// The time by which somebody has to review it.
    pub(crate) review_due: Timestamp,
    /// True while the review is missing.
    pub(crate) review_owed: bool,
    /// The review; `null` until somebody does it.
    pub(crate) review: Option<ReviewView>,
}

/// A review of a broken glass.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct ReviewView {
    /// The reviewer.
    pub(crate) by: PersonView,
    pub(crate) at: Timestamp,
    /// The reviewer's note.
    pub(crate) note: String,
}

impl GlassView {
    /// `None`: the glass is whole.
    pub(super) fn of(approval: &Approval, people: &People<'_>) -> Option<Self> {
        let broken = approval.glass.broken.as_ref()?;
        let review_owed = approval.owed_review().is_some();
        Some(Self::new(broken, review_owed, |id, _| PersonView::of(id, people)))
    }

    /// The glass of an approval of a list, whose people are known by the names that stand with it.
    pub(super) fn listed(broken: &Broken, review_owed: bool) -> Self {
        let named = |id: &str, name: &str| PersonView { id: id.to_owned(), name: Some(name.to_owned()) };
        Self::new(broken, review_owed, named)
    }

    fn new(broken: &Broken, review_owed: bool, person: impl Fn(&str, &str) -> PersonView) -> Self {
        let Broken { by, name, at, reason, due, review, hands: _ } = broken;
        Self {
            by: person(by, name),
            at: *at,
            reason: reason.clone(),
            review_due: *due,
            review_owed,
            review: review.as_ref().map(|Review { by, name, at, note }| ReviewView {
                by: person(by, name),
                at: *at,
                note: note.clone(),
            }),
        }
    }
}
