//! Attempts that count against giving up, and those that do not.

use super::{Effect, PARKED_FOR};
use jiff::Timestamp;

impl Effect {
    /// The effect as it is when its last attempt is not counted: a provider asked to wait, up to a day after
    /// the commit.
    #[must_use]
    pub fn spared(&self, now: Timestamp) -> Self {
        let is_over = now.duration_since(self.created_at) > PARKED_FOR;
        if is_over { self.clone() } else { self.uncounted() }
    }

    /// The effect as it is when its last attempt is not counted, however old it is.
    #[must_use]
    pub fn uncounted(&self) -> Self {
        Self { spared: self.spared + 1, ..self.clone() }
    }

    /// The number of attempts that count against giving up.
    pub fn tries(&self) -> u32 {
        self.attempts.saturating_sub(self.spared)
    }
}

pub(super) fn is_zero(number: &u32) -> bool {
    *number == 0
}
