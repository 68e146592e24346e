//! Votes that were given before the base moved: they may stand for a later approval of the same run, or not.

use super::{Approval, Blocker, Electorate, Judged, Part};
use std::collections::BTreeSet;

/// The worth of an approval's votes after the base of its range moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Carried {
    /// They stand: nothing is taken out, and the same people made it.
    Stand,
    /// They were given on another change: it takes out commits, or its makers are others.
    OtherChange,
    /// Nobody knows: the range can't be judged whole.
    Unknown,
}

impl Approval {
    /// The worth of the votes of this approval, which ended, by the electorate that is judged from the base
    /// as it is `now`.
    pub fn carried(&self, now: &Electorate) -> Carried {
        let Some(judged) = &now.judged else { return Carried::Unknown };
        let has_more = |then: &Judged| judged.added > then.added || judged.set_by != then.set_by;
        if judged.removed > 0 || self.electorate.judged.as_ref().is_some_and(has_more) {
            return Carried::OtherChange;
        }
        if now.blocked.iter().any(is_of_the_change) {
            return Carried::Unknown;
        }
        match makers(&self.electorate.parts) == makers(&now.parts) {
            true => Carried::Stand,
            false => Carried::OtherChange,
        }
    }
}

/// True if the blocker is about the change. False if it is about the people who could still vote.
fn is_of_the_change(blocker: &Blocker) -> bool {
    match blocker {
        Blocker::ApproversMissing { .. } | Blocker::NobodyLeft { .. } | Blocker::RulesUnread => false,
        Blocker::NoBase
        | Blocker::BaseLost { .. }
        | Blocker::BaseRefused { .. }
        | Blocker::Unrelated { .. }
        | Blocker::TooLarge { .. }
        | Blocker::Incomplete { .. }
        | Blocker::MakersNotFound { .. }
        | Blocker::SaidNobodyHere(_)
        | Blocker::MakersUntold { .. }
        | Blocker::NotVouched { .. }
        | Blocker::NotVerified { .. } => true,
    }
}

/// The groups of people who made a part each.
fn makers(parts: &[Part]) -> BTreeSet<BTreeSet<&str>> {
    parts.iter().map(|part| part.makers.iter().map(String::as_str).collect()).collect()
}
