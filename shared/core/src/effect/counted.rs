//! Attempts that count against giving up, and those that do not.

use super::{Effect, PARKED_FOR};
use jiff::Timestamp;

impl Effect {
    /// The time from which its tries count: the commit, or the end of what it waited for or was held by.
    pub fn first_due(&self) -> Timestamp {
        self.first_due.unwrap_or(self.created_at)
    }

    /// The effect as it is when its last attempt is not counted: a provider asked to wait, up to a day after
    /// [`Effect::first_due`].
    #[must_use]
    pub fn spared(&self, now: Timestamp) -> Self {
        let is_over = now.duration_since(self.first_due()) > PARKED_FOR;
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
