//! A rules file that can't be used while none is in force: no rule is run, and the file is read again for a
//! day.

use crate::again::offer;
use crate::confirm::{look_number, next_look};
use crate::evaluate::EvaluationContext;
use crate::handler::{RuleEvaluation, Tried};
use crate::plan::Scope;
use signoff_core::confirmation::Confirmation;
use signoff_core::deploy::Deploy;
use signoff_core::effect::Effect;
use signoff_core::evaluation::Evaluation;
use signoff_core::event::{Event, EventKind};
use signoff_core::message;
use signoff_store::Change;

/// The reason for which no rule of the deploy was run.
const REASON: &str = "the rules file can't be used";

impl RuleEvaluation {
    /// Puts on record that the `file` (its path and its SHA-256) has `problems` and is not used for `deploy`,
    /// and has its channel told once. It is read again for a day in case somebody corrects it, and a person
    /// can ask for that. `is_proposed`: the file is the copy in force, and this says whether another one is
    /// proposed in its place.
    ///
    /// # Errors
    ///
    /// The record can't be read or written.
    pub(crate) async fn refuse(
        &self,
        look: &EvaluationContext<'_>,
        mut deploy: Deploy,
        file: (&str, &str),
        problems: &[String],
        is_proposed: Option<bool>,
    ) -> Tried<()> {
        let (effect, now, reason) = (&look.attempt.effect, self.now(), REASON.to_owned());
        let next = next_look(effect);
        // What was opened before goes on.
        let is_first = look.scope == Scope::All && !deploy.was_evaluated_in_part();
        let is_news = if is_first {
            deploy.confirmation = Confirmation::Unevaluated { reason };
            next.is_none() || !self.was_refused(effect, problems).await?
        } else {
            deploy.reading.unread_news.replace(reason).is_none()
        };
        let mut change = Change::to(&deploy.id, now).deploy(&deploy).done(effect);
        if let Some(later) = &next {
            change = later.after(change, now);
        }
        if is_news {
            let url = self.deploy_url(&deploy);
            let looks_again = next.is_some() || self.looks_again(effect).await?;
            let text = match is_proposed {
                None => message::rules_refused(&deploy, &url, problems, looks_again),
                Some(is_proposed) => {
                    let page = format!("{}/deployments/{}", self.public_url, deploy.deployment);
                    message::rules_unread(&deploy, &url, problems, &page, is_proposed)
                }
            };
            let tell = offer(look.channel.as_deref(), text).into_iter().collect();
            let mut evaluation = Evaluation::of(&deploy, now, Some(file));
            evaluation.problems = problems.len();
            let events = vec![EventKind::RulesRefused { problems: problems.to_vec() }];
            change = change.evaluation(evaluation, &effect.id).and(effect.id.as_str(), tell, events);
        }
        Ok(self.store.commit(change).await?)
    }

    /// True if the last evaluation found the same `problems` and `effect` is a later look of Signoff's own.
    async fn was_refused(&self, effect: &Effect, problems: &[String]) -> Tried<bool> {
        if look_number(effect).is_none_or(|look| look == 0) {
            return Ok(false);
        }
        let page = self.store.page(&effect.deploy).await?;
        Ok(page.is_some_and(|page| last_problems(&page.events) == Some(problems)))
    }
}

/// The problems that the last evaluation on record found; `None`: it found none, or there was no evaluation.
fn last_problems(events: &[Event]) -> Option<&[String]> {
    let mut found = None;
    for event in events {
        if let EventKind::RulesRefused { problems } = &event.kind {
            found = Some(problems.as_slice());
        } else if matches!(event.kind, EventKind::RulesEvaluated { .. }) {
            found = None;
        }
    }
    found
}
