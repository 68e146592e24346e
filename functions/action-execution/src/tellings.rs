//! Retries of messages that people wait for: for a day, so that neither an outage of minutes nor a channel
//! that somebody can repair loses one.

use crate::effect_error::Tried;
use crate::elsewhere::given_up;
use crate::handler::ActionExecution;
use crate::settle::sentence;
use jiff::Timestamp;
use signoff_core::effect::{Effect, EffectKind, MAX_ATTEMPTS, PARKED_FOR};
use signoff_core::event::EventKind;
use signoff_core::id::digest;
use signoff_providers::Failure;
use signoff_runtime::batch::Handled;
use signoff_runtime::effects::Attempt;
use signoff_store::{Change, CommitError};

impl ActionExecution {
    /// Puts on record that something that people wait for was not done, and has the clock send it
    /// again, ever more seldom, for a day. `channel` is where it goes, as the record names it. What
    /// the channel takes no more is put on record at once, and told elsewhere.
    ///
    /// # Errors
    ///
    /// The record can't be read or written.
    pub(crate) async fn settle_waited_for(
        &self,
        attempt: &Attempt,
        channel: &str,
        failure: Failure,
    ) -> Tried<Handled> {
        let (effect, now) = (&attempt.effect, self.now());
        let is_passing = failure.is_passing();
        if is_over(effect, now) {
            if is_passing {
                // What the channel refused was told elsewhere.
                given_up(effect);
            }
            return self.settle_telling(attempt, channel, failure).await;
        }
        if is_passing && effect.tries() < MAX_ATTEMPTS {
            return self.settle_telling(attempt, channel, failure).await;
        }
        if is_late(effect, now) {
            let (deploy, id, kind) = (&effect.deploy, &effect.id, effect.kind.name());
            tracing::error!(alarm = "untold", %deploy, effect = %id, kind, "a change could not be made for a day");
        }
        let reason = sentence(&failure.to_string());
        if !is_passing && effect.note.as_ref() != Some(&reason) {
            let elsewhere = self.told_elsewhere(attempt).await?;
            let event = EventKind::NotTold { channel: channel.to_owned(), reason: reason.clone() };
            let owner = format!("{} refused {}", effect.id, digest(&[&reason]));
            let told = Change::to(&effect.deploy, now).and(&owner, elsewhere, vec![event]);
            match self.store.commit(told).await {
                // A conflict: it was told before, and something else failed in between.
                Ok(()) | Err(CommitError::Conflict) => {}
                Err(error) => return Err(error.into()),
            }
        }
        // Its message is done; the clock sends the effect again when it is due.
        self.store.settle(effect, &self.parked(attempt, &reason)).await?;
        Ok(Handled::Done)
    }
}

/// True if nobody tries `effect` any longer at `now`, where it fails once more. The day begins when it was
/// due first, and not before a freeze ended that held it.
pub(crate) fn is_over(effect: &Effect, now: Timestamp) -> bool {
    is_late(effect, now) && !is_kept_up(&effect.kind)
}

/// True if nobody could ask for an effect of `kind` again: it is tried as long as its row is kept.
fn is_kept_up(kind: &EffectKind) -> bool {
    matches!(
        kind,
        EffectKind::SettleReview { .. }
            | EffectKind::AdvanceRun { .. }
            | EffectKind::Expire { .. }
            | EffectKind::WatchApprovers { .. }
    )
}

/// True if `effect` was tried for a day, and often enough.
fn is_late(effect: &Effect, now: Timestamp) -> bool {
    now.duration_since(effect.first_due()) > PARKED_FOR && effect.tries() > 2 * MAX_ATTEMPTS
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::SignedDuration;
    use signoff_core::id::{ApprovalId, DeployId, EffectId};

    #[test]
    fn effect_is_over_after_a_day_and_its_tries() {
        let at = |hours| Timestamp::UNIX_EPOCH + SignedDuration::from_hours(hours);
        let kind = EffectKind::WatchFreeze { approval: ApprovalId::from_text("a") };
        let effect = Effect::new(EffectId::from_text("e"), DeployId::from_text("d"), kind, at(0));
        for (attempts, hours, expected) in [(17, 24, false), (17, 25, true), (16, 25, false)] {
            let effect = Effect { attempts, ..effect.clone() };
            assert_eq!(is_over(&effect, at(hours)), expected, "{attempts} {hours}");
        }
        // Nobody can ask for the end of a review again.
        let kind = EffectKind::SettleReview { approval: ApprovalId::from_text("a") };
        assert!(!is_over(&Effect { attempts: 17, kind, ..effect.clone() }, at(25)));
        // A quorum that a freeze held over the weekend has a day from its end.
        let held = Effect { attempts: 17, first_due: Some(at(64)), ..effect };
        assert_eq!([65, 88, 89].map(|hours| is_over(&held, at(hours))), [false, false, true]);
    }
}
