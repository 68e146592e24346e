//! Reports of a deploy's health that lost their races with others: the queue has one after the other put on
//! record.

use crate::handler::{RuleEvaluation, Tried};
use signoff_core::effect::{Effect, EffectState};
use signoff_core::event::EventKind;
use signoff_core::facts::{Command, Report, decide};
use signoff_runtime::race;
use signoff_store::Change;

impl RuleEvaluation {
    /// Puts what `source` reports of the health of the deploy of `effect` on record, and has its rules
    /// evaluated again where it is news.
    ///
    /// # Errors
    ///
    /// The record can't be read or written, or others won the races of five seconds.
    pub(crate) async fn record_health(&self, effect: &Effect, source: &str, report: Report) -> Tried<()> {
        let (deploy, now) = (&effect.deploy, self.now());
        let command = Command::Report { source: source.to_owned(), report };
        let recorded = race::decide_patiently(effect.id.as_str(), async || {
            let known = self.store.facts(deploy).await?;
            let change = Change::to(deploy, now);
            let change = match decide(&known, command.clone(), now) {
                Some(decision) => change.facts(decision).done(effect),
                None if known.is_full_for(source) => {
                    // Its sender was answered before this was known.
                    tracing::error!(alarm = "untold", %deploy, "a report of its health was dropped: as many others report as are kept");
                    let note = "as many other sources report on this deploy as Signoff keeps".to_owned();
                    let change = change.effect(effect, effect.closed(EffectState::Failed, Some(note)));
                    change.and(effect.id.as_str(), Vec::new(), vec![EventKind::HealthFull])
                }
                None => change.done(effect),
            };
            self.store.commit(change).await
        });
        Ok(recorded.await?)
    }
}
