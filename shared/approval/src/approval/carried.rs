//! Votes that were given before the base moved: whether they stand for what a later approval of the same run
//! is about.

use super::{Approval, Electorate, Part};
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
        if judged.removed > 0 {
            return Carried::OtherChange;
        }
        if !now.blocked.is_empty() {
            return Carried::Unknown;
        }
        match makers(&self.electorate.parts) == makers(&now.parts) {
            true => Carried::Stand,
            false => Carried::OtherChange,
        }
    }
}

/// The groups of people who made a part each.
fn makers(parts: &[Part]) -> BTreeSet<BTreeSet<&str>> {
    parts.iter().map(|part| part.makers.iter().map(String::as_str).collect()).collect()
}
