//! Rules that could not be read or evaluated: Signoff tries again for a day, and a person can ask for it.

use crate::confirm::look_number;
use crate::handler::{RuleEvaluation, Tried, tell};
use jiff::{SignedDuration, Timestamp};
use signoff_core::confirmation::{Confirmation, Doubt};
use signoff_core::deploy::Deploy;
use signoff_core::effect::{Effect, EffectKind, EffectState, LEASE, MAX_ATTEMPTS, PARKED_FOR, backoff};
use signoff_core::event::EventKind;
use signoff_core::message;
use signoff_providers::Failure;
use signoff_runtime::batch::Handled;
use signoff_store::{Change, CommitError};

/// The shortest wait on a provider's word that people are told of.
const TOLD_FROM: SignedDuration = SignedDuration::from_mins(1);
/// The wait of an evaluation for the one that is under way.
const UNDER_WAY: SignedDuration = SignedDuration::from_secs(2);
/// The longest wait for one that waits for a provider.
const LONGEST_BESIDE: SignedDuration = SignedDuration::from_mins(15);
/// The end of the note of an evaluation that the clock tries again.
const PARKED: &str = "Signoff tries again for a day.";

/// True if `effect` evaluates all rules of its deploy, and not only those that wait for news of it.
pub(crate) fn is_whole(effect: &Effect) -> bool {
    effect.kind == EffectKind::EvaluateAgain || look_number(effect).is_some()
}

impl RuleEvaluation {
    /// True if the rules of `deploy` were evaluated after `effect` was committed, by a retry of Signoff's or
    /// because somebody asked for it. Takes one query for a later look at a deploy that is confirmed by now.
    pub(crate) async fn was_evaluated_meanwhile(&self, effect: &Effect, deploy: &Deploy) -> Tried<bool> {
        if !is_whole(effect) || deploy.may_be_evaluated_again() {
            return Ok(false);
        }
        if effect.kind == EffectKind::EvaluateAgain || is_parked(effect) {
            return Ok(deploy.confirmation != Confirmation::Awaited);
        }
        if look_number(effect).is_none_or(|look| look == 0) || !deploy.confirmation.counts() {
            return Ok(false);
        }
        let page = self.store.page(&deploy.id).await?;
        let is_evaluation = |kind: &EventKind| matches!(kind, EventKind::RulesEvaluated { .. });
        Ok(page.is_some_and(|page| page.events.iter().any(|event| is_evaluation(&event.kind))))
    }

    /// Puts on record that the rules could not be evaluated now. They are tried again soon a few times, and
    /// then by the clock, ever more seldom, for a day from when that was asked for; whoever waits for it is
    /// told, and can ask for it.
    pub(crate) async fn settle(&self, effect: &Effect, failure: Failure) -> Tried<Handled> {
        let now = self.now();
        let reason = failure.to_string();
        let was_parked = is_parked(effect);
        // A provider that asks to wait slows work down; it must not end it.
        let asked = failure.retry_after().filter(|_| failure.is_passing());
        let spared = if asked.is_some() { effect.spared(now) } else { effect.clone() };
        if failure.is_passing() && spared.tries() < MAX_ATTEMPTS && !was_parked {
            let wait = backoff(spared.tries(), failure.retry_after());
            let after = spared.postponed(now, wait, reason.clone());
            if asked.is_some() && is_long(effect, now, wait) {
                self.tell_of_wait(effect, after, &reason, wait).await?;
            } else {
                self.store.settle(effect, &after).await?;
            }
            return Ok(if asked.is_some() { Handled::SlowDown(wait) } else { Handled::Again(wait) });
        }
        if let EffectKind::AskAgain { approval, by, .. } = &effect.kind {
            let text = message::not_asked_again_yet(by, &reason);
            let change = Change::to(&effect.deploy, now);
            let change = change.effect(effect, effect.closed(EffectState::Failed, Some(reason)));
            let tell = EffectKind::tell_thread(approval.clone(), text);
            self.store.commit(change.and(effect.id.as_str(), vec![tell], Vec::new())).await?;
            return Ok(Handled::Done);
        }
        let parked = parked(&spared, now, &reason, asked.unwrap_or_default());
        let is_over = parked.is_none();
        let after = parked.unwrap_or_else(|| effect.closed(EffectState::Failed, Some(reason.clone())));
        let mut change = Change::to(&effect.deploy, now).effect(effect, after);
        if let Some(mut deploy) = self.store.deploy(&effect.deploy).await? {
            let connected = self.connections.of(&self.store, &deploy.deployment).await?;
            let channel = connected.connection().and_then(|connection| connection.channel.as_deref());
            if !deploy.confirmation.counts() {
                self.note_doubt(effect, deploy, Doubt::NotAnswered { reason }, channel).await?;
                return Ok(Handled::Done);
            }
            if is_over || !was_parked {
                let until = (!is_over).then(|| effect.first_due() + PARKED_FOR);
                let url = self.deploy_url(&deploy);
                let text = if is_whole(effect) && !deploy.was_evaluated_in_part() {
                    deploy.confirmation = Confirmation::Unevaluated { reason: reason.clone() };
                    message::rules_not_read(&deploy, &url, &reason, until)
                } else {
                    deploy.reading.unread_news = Some(reason.clone());
                    message::news_not_judged(&deploy, &url, &reason, until)
                };
                change = change.deploy(&deploy);
                let told = offer(channel, text);
                let owner = format!("{} not evaluated {}", effect.id, effect.attempts);
                let refused = EventKind::RulesRefused { problems: vec![reason] };
                change = change.and(&owner, told.into_iter().collect(), vec![refused]);
            }
        }
        self.store.commit(change).await?;
        // Its message is done; the clock sends the effect again when it is due.
        Ok(Handled::Done)
    }

    /// Puts on record that `deploy` is not evaluated, as its deployment is not connected for `reason`. It is
    /// looked at again by itself for a day, in case somebody connects the deployment again. Where all of its
    /// rules were to be evaluated, that can be asked for, too, and the same revision registered again.
    ///
    /// # Errors
    ///
    /// The record can't be written.
    pub(crate) async fn note_disconnected(
        &self,
        effect: &Effect,
        mut deploy: Deploy,
        reason: String,
    ) -> Tried<()> {
        let now = self.now();
        let mut change = Change::to(&deploy.id, now);
        let waits = match &deploy.confirmation {
            Confirmation::Awaited | Confirmation::Unconfirmed { .. } if is_whole(effect) => {
                return self.note_doubt(effect, deploy, Doubt::Disconnected { reason }, None).await;
            }
            Confirmation::Confirmed | Confirmation::Unevaluated { .. } if is_whole(effect) => {
                deploy.confirmation = Confirmation::Unevaluated { reason: reason.clone() };
                change = change.deploy(&deploy);
                true
            }
            // News of it.
            Confirmation::Confirmed => true,
            // News of one whose rules are still to be evaluated, or of a deploy that it repeats.
            Confirmation::Awaited
            | Confirmation::Unconfirmed { .. }
            | Confirmation::Unevaluated { .. }
            | Confirmation::Repeat { .. } => false,
        };
        let parked = parked(effect, now, &reason, SignedDuration::ZERO).filter(|_| waits);
        let is_news = parked.is_none() || !is_parked(effect);
        let change = match parked {
            Some(parked) => change.effect(effect, parked),
            None => change.done(effect),
        };
        let owner = format!("{} disconnected {}", effect.id, effect.attempts);
        let events = is_news.then_some(EventKind::NotEvaluated { reason }).into_iter().collect();
        Ok(self.store.commit(change.and(&owner, Vec::new(), events)).await?)
    }

    /// Has an evaluation wait for the first one of its deploy, which is under way and goes on in
    /// `goes_on_in`. It waits alone: what there is to do for the deployment's other deploys goes on.
    pub(crate) async fn wait_for_the_first(
        &self,
        effect: &Effect,
        goes_on_in: SignedDuration,
    ) -> Tried<Handled> {
        let (now, note) = (self.now(), "the rules are evaluated for the first time".to_owned());
        let wait = wait_beside(goes_on_in);
        self.store.settle(effect, &effect.spared(now).postponed(now, wait, note)).await?;
        Ok(Handled::Again(wait))
    }

    /// Puts on record that the rules are evaluated `after` a wait that a provider asked for, and has the
    /// channel told, once.
    async fn tell_of_wait(
        &self,
        effect: &Effect,
        after: Effect,
        reason: &str,
        wait: SignedDuration,
    ) -> Tried<()> {
        let mut change = Change::to(&effect.deploy, self.now()).effect(effect, after.clone());
        if let EffectKind::AskAgain { approval, by, .. } = &effect.kind {
            // Where somebody waits for it.
            let text = message::asked_again_later(by, reason, wait);
            let tell = vec![EffectKind::tell_thread(approval.clone(), text)];
            change = change.and(&format!("{} waits", effect.id), tell, Vec::new());
        } else if let Some(deploy) = self.store.deploy(&effect.deploy).await? {
            let connected = self.connections.of(&self.store, &deploy.deployment).await?;
            let channel = connected.connection().and_then(|connection| connection.channel.as_deref());
            let text = message::evaluated_later(&deploy, &self.deploy_url(&deploy), reason, wait);
            let tell = tell(channel, text).into_iter().collect();
            change = change.and(&format!("{} waits", effect.id), tell, Vec::new());
        }
        match self.store.commit(change).await {
            // It was told before.
            Err(CommitError::Conflict) => Ok(self.store.settle(effect, &after).await?),
            told => Ok(told?),
        }
    }
}

/// True if people are told of the `wait` that a provider asks for at `now`: it takes a minute, or `effect`
/// waited before and will have taken a minute by then.
fn is_long(effect: &Effect, now: Timestamp, wait: SignedDuration) -> bool {
    let waited =
        if effect.spared == 0 { SignedDuration::ZERO } else { now.duration_since(effect.first_due()) };
    waited + wait >= TOLD_FROM
}

/// Has the deployment's channel told `text`, where it has one, with a button that has the rules evaluated
/// again.
pub(crate) fn offer(channel: Option<&str>, text: String) -> Option<EffectKind> {
    channel.map(|channel| EffectKind::OfferEvaluation { channel: channel.to_owned(), text })
}

/// The effect of an evaluation that failed for `reason` as the clock tries it again, after a wait that grows
/// and is `at_least` so long; `None`: it was tried for a day.
fn parked(effect: &Effect, now: Timestamp, reason: &str, at_least: SignedDuration) -> Option<Effect> {
    let waited = now.duration_since(effect.first_due());
    let wait = (waited / 4).clamp(SignedDuration::from_mins(1), SignedDuration::from_mins(15)).max(at_least);
    let note = format!("{}. {PARKED}", reason.trim_end_matches('.'));
    (waited <= PARKED_FOR).then(|| effect.postponed(now, wait, note))
}

/// The wait of an evaluation beside another one that goes on in `goes_on_in`. One that runs now is done in a
/// moment; one that waits for a provider is not looked at until then, as a queue takes no message for ever.
fn wait_beside(goes_on_in: SignedDuration) -> SignedDuration {
    if goes_on_in <= LEASE { UNDER_WAY } else { goes_on_in.min(LONGEST_BESIDE) }
}

/// True if the clock tries `effect` again.
pub(crate) fn is_parked(effect: &Effect) -> bool {
    effect.note.as_ref().is_some_and(|note| note.ends_with(PARKED))
}

#[cfg(test)]
mod tests {
    use super::*;
    use signoff_core::id::{DeployId, EffectId};

    #[test]
    fn wait_is_told_once_it_adds_up_to_a_minute() {
        let at = |seconds| Timestamp::UNIX_EPOCH + SignedDuration::from_secs(seconds);
        let (id, deploy) = (EffectId::from_text("e"), DeployId::from_text("d"));
        let effect = Effect::new(id, deploy, EffectKind::EvaluateRules { look: None }, at(0));
        for (spared, now, wait, expected) in [
            (0, 0, 59, false),
            (0, 0, 60, true),
            // It was not tried before: others of its lane were.
            (0, 300, 2, false),
            // The provider asked for 40 seconds, then for an hour; twice for 59; for two again and again.
            (1, 40, 900, true),
            (1, 59, 59, true),
            (9, 30, 2, false),
            (20, 58, 2, true),
        ] {
            let effect = Effect { spared, ..effect.clone() };
            let is_told = is_long(&effect, at(now), SignedDuration::from_secs(wait));
            assert_eq!(is_told, expected, "{spared} {now} {wait}");
        }
    }

    #[test]
    fn evaluation_waits_as_long_as_the_one_under_way() {
        for (goes_on_in, expected) in [(-5, 2), (0, 2), (45, 2), (300, 300), (3_600, 900)] {
            let wait = wait_beside(SignedDuration::from_secs(goes_on_in));
            assert_eq!(wait, SignedDuration::from_secs(expected), "{goes_on_in}");
        }
    }

    #[test]
    fn evaluation_is_parked_for_a_day() {
        let at = |minutes| Timestamp::UNIX_EPOCH + SignedDuration::from_mins(minutes);
        let (id, deploy) = (EffectId::from_text("e"), DeployId::from_text("d"));
        let effect = Effect::new(id, deploy, EffectKind::EvaluateRules { look: None }, at(0));
        let after = |minutes| {
            let parked = parked(&effect, at(minutes), "acme/shop is not connected.", SignedDuration::ZERO);
            parked.map(|parked| {
                assert!(is_parked(&parked), "{parked:?}");
                parked.not_before.duration_since(at(minutes)).as_mins()
            })
        };
        assert_eq!([0, 20, 600, 1440, 1441].map(after), [Some(1), Some(5), Some(15), Some(15), None]);
    }
}
