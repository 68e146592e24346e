//! A pause that Slack asked this process for: what can do without goes on without, and what can wait leaves
//! the next calls to what can't.

use jiff::{SignedDuration, Timestamp};
use std::sync::{Mutex, PoisonError};

/// Time until which Slack takes no more calls of one method, as far as this process was told.
#[derive(Debug, Default)]
pub(crate) struct Pause(Mutex<Option<Timestamp>>);

impl Pause {
    /// The time that is left of it at `now`; `None`: it is over.
    pub(crate) fn left(&self, now: Timestamp) -> Option<SignedDuration> {
        let until = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        until.map(|until| until.duration_since(now)).filter(|left| left.is_positive())
    }

    /// Slack takes no call before `until`.
    pub(crate) fn lasts_until(&self, until: Timestamp) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *known = (*known).max(Some(until));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pause_lasts_until_the_latest_time_asked_for() {
        let at = |seconds| Timestamp::UNIX_EPOCH + SignedDuration::from_secs(seconds);
        let pause = Pause::default();
        assert_eq!(pause.left(at(0)), None);
        pause.lasts_until(at(30));
        pause.lasts_until(at(10));
        assert_eq!(pause.left(at(20)), Some(SignedDuration::from_secs(10)));
        assert_eq!(pause.left(at(30)), None);
    }
}
