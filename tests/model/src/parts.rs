//! Parts of a change, with the people who made them.

use signoff_core::approval::{Choice, Vote};

/// The people who made each part of a range.
pub type Parts = &'static [&'static [&'static str]];

/// The change that a scenario asks about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct WhoseChange {
    /// Makers of each part; none: the approval does not require four eyes.
    pub parts: Parts,
    /// The same from the base that another approval may set meanwhile.
    pub moved: Option<Parts>,
    /// True if the range can't be read until somebody mends it.
    pub blocked: bool,
}

/// Result of a look at the change.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Look {
    /// True if another approval had set the base.
    pub moved: bool,
    /// True if somebody had mended the range, so that it can be read even if it was blocked.
    pub mended: bool,
}

impl WhoseChange {
    /// The parts of the change as they are at `look`.
    pub fn parts(&self, look: Look) -> Parts {
        self.moved.filter(|_| look.moved).unwrap_or(self.parts)
    }

    /// True if each part has `required` of these approving `votes` by people who did not make it, and the
    /// range could be read.
    pub fn has_four_eyes(&self, look: Look, votes: &[Vote], required: u32) -> bool {
        let of_others = |makers: &&[&str]| {
            let others = votes.iter().filter(|vote| vote.choice == Choice::Approve);
            others.filter(|vote| !makers.contains(&vote.voter.as_str())).count()
        };
        let is_readable = !self.blocked || look.mended;
        let is_enough = |votes: usize| u32::try_from(votes).unwrap_or(u32::MAX) >= required;
        self.parts.is_empty()
            || is_readable && self.parts(look).iter().all(|makers| is_enough(of_others(makers)))
    }
}
