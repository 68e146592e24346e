//! Rate limits that keep an approval from being asked, or an action from being done: people are told once the
//! wait is long.

use crate::effect_error::Tried;
use crate::handler::ActionExecution;
use jiff::{SignedDuration, Timestamp};
use signoff_core::action::Action;
use signoff_core::effect::{Effect, EffectKind};
use signoff_core::id::RunId;
use signoff_core::message;
use signoff_store::{Change, CommitError};

/// The shortest wait that people are told of.
const TOLD_FROM: SignedDuration = SignedDuration::from_mins(1);

/// True if `effect`, which is tried again in `wait`, will have waited for a minute then.
pub(crate) fn is_long(effect: &Effect, now: Timestamp, wait: SignedDuration) -> bool {
    now.duration_since(effect.first_due()) + wait >= TOLD_FROM
}

impl ActionExecution {
    /// Has people told, once, that step number `step` of `run` is asked or done later, for `reason`. The
    /// thread that it stands in is told, or else the deployment's channel: an approval's own dialog is not
    /// there yet. Nothing is told of an action that has a line in a thread: the line says it.
    ///
    /// # Errors
    ///
    /// The record can't be read or written.
    pub(crate) async fn tell_of_late_step(
        &self,
        effect: &Effect,
        run: &RunId,
        step: usize,
        reason: &str,
    ) -> Tried<()> {
        let (Some(run), Some(deploy)) =
            (self.store.run(&effect.deploy, run).await?, self.store.deploy(&effect.deploy).await?)
        else {
            return Ok(());
        };
        let Some(late) = run.steps.get(step) else { return Ok(()) };
        let (url, is_asked) =
            (self.deploy_url(&deploy.id), matches!(late.action, Action::SlackChannelApproval(_)));
        if !is_asked && run.thread_of(step).is_some() {
            return Ok(());
        }
        let text = match is_asked {
            true => message::asked_later(&deploy, &url, &run.rule, reason),
            false => message::done_later(&deploy, &url, &run.rule, &late.action, reason),
        };
        let tell = match run.thread_of(step) {
            Some(approval) => EffectKind::tell_thread(approval, text),
            None => match self.fallback_channel(&deploy).await? {
                Some(channel) => EffectKind::TellChannel { channel, text },
                None => return Ok(()),
            },
        };
        let owner = format!("late {} {step}", run.id);
        let told = Change::to(&deploy.id, self.now()).and(&owner, vec![tell], Vec::new());
        match self.store.commit(told).await {
            // It was told before.
            Ok(()) | Err(CommitError::Conflict) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use signoff_core::id::{DeployId, EffectId};

    #[test]
    fn wait_is_told_once_it_lasts_a_minute() {
        let at = |seconds| Timestamp::UNIX_EPOCH + SignedDuration::from_secs(seconds);
        let effect = Effect::new(
            EffectId::from_text("e"),
            DeployId::from_text("d"),
            EffectKind::EvaluateRules { look: None },
            at(0),
        );
        for (now, wait, expected) in [(0, 59, false), (0, 60, true), (30, 29, false), (55, 5, true)] {
            assert_eq!(is_long(&effect, at(now), SignedDuration::from_secs(wait)), expected, "{now} {wait}");
        }
    }
}
