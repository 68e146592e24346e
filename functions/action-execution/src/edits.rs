//! Edits of dialogs that a newer deploy's took the place of: they come after what people wait for.
//!
//! Slack takes 50 edits a minute of a whole workspace
//! (<https://docs.slack.dev/reference/methods/chat.update>), and each deploy of a busy deployment closes the
//! dialog before it. Once Slack asks to wait, such edits leave the group of their dialog for the line of
//! their deployment, where one is tried at a time and waits longer than Slack asks. The edits that votes
//! need are tried as soon as Slack allows, so that they come first, and those of other deployments have lines
//! of their own.
//!
//! That is safe for these dialogs only: what the dialog of a superseded approval shows changes no more, so
//! that it does not matter which of two draws is the last.

use crate::effect_error::Tried;
use crate::handler::ActionExecution;
use jiff::SignedDuration;
use signoff_core::deploy::Slug;
use signoff_core::effect::Effect;
use signoff_providers::Failure;
use signoff_runtime::batch::Handled;
use signoff_runtime::effects::Attempt;
use signoff_store::edits_line;
use std::time::Duration;

/// Time that an edit waits beyond what Slack asks, for each attempt so far.
const LONGER: SignedDuration = SignedDuration::from_secs(2);
/// The most that it waits longer.
const LONGEST: SignedDuration = SignedDuration::from_secs(60);
/// Time for which an edit that is due is left to its line before the clock sends it again: the edits before
/// it may take that long.
const LEFT_TO_LINE: SignedDuration = SignedDuration::from_mins(15);

impl ActionExecution {
    /// Makes an edit that can wait leave Slack's next ones to others, where Slack asked this process to wait.
    ///
    /// # Errors
    ///
    /// It does not go now; the failure says for how long, as Slack's would.
    pub(crate) fn let_others_edit_first(&self) -> Result<(), Failure> {
        match self.edits.left(self.now()) {
            None => Ok(()),
            Some(left) => Err(Failure::Retryable {
                message: "Slack asks us to slow down (chat.update)".to_owned(),
                retry_after: Duration::try_from(left).ok(),
            }),
        }
    }

    /// Has the edit that `attempt` is of wait in the line of `deployment` for longer than the time that Slack
    /// `asked` for.
    ///
    /// # Errors
    ///
    /// The record can't be written.
    pub(crate) async fn line_up(
        &self,
        attempt: &Attempt,
        deployment: &Slug,
        asked: SignedDuration,
        reason: String,
    ) -> Tried<Handled> {
        let (effect, now) = (&attempt.effect, self.now());
        self.edits.lasts_until(now + asked);
        let wait = asked.max(SignedDuration::ZERO) + longer(effect.attempts);
        let postponed = attempt.postponed(now, wait, reason);
        let lane = Some(edits_line(deployment));
        let after = Effect { lane, due_at: postponed.not_before + LEFT_TO_LINE, ..postponed };
        self.store.settle(effect, &after).await?;
        if after.lane == effect.lane {
            return Ok(Handled::Again(wait));
        }
        if let Err(error) = self.store.send(std::slice::from_ref(&after)).await {
            tracing::warn!(deploy = %effect.deploy, effect = %effect.id, %error, "not lined up; the clock sends it");
        }
        Ok(Handled::Done)
    }
}

/// Returns the time that an edit waits beyond what Slack asks after so many attempts.
fn longer(attempts: u32) -> SignedDuration {
    LONGER.saturating_mul(i32::try_from(attempts).unwrap_or(i32::MAX)).min(LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edit_waits_longer_each_time() {
        let seconds = [1, 2, 30, 31, u32::MAX].map(|attempts| longer(attempts).as_secs());
        assert_eq!(seconds, [2, 4, 60, 60, 60]);
    }
}
