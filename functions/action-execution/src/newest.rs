//! Committing what was decided on the newest state.

use crate::effect_error::Tried;
use crate::handler::ActionExecution;
use signoff_core::effect::{Effect, StartedBuild};
use signoff_core::id::{ApprovalId, DeployId, EffectId, RunId};
use signoff_core::{approval as votes, decision::Decision, run};
use signoff_runtime::race;
use signoff_store::{Change, StoreError};

/// Most times that a lost race is decided again.
const MAX_RACES: u32 = 19;

impl ActionExecution {
    /// Commits what `decide` makes of the newest state, and decides again when another process committed
    /// first. `None` from `decide`: there is nothing to commit any more.
    pub(crate) async fn commit_newest<F>(&self, effect: &Effect, decide: F) -> Tried<()>
    where
        F: AsyncFn() -> Result<Option<Change>, StoreError>,
    {
        let committed = race::decide(effect.id.as_str(), MAX_RACES, || async {
            match decide().await? {
                Some(change) => self.store.commit(change).await,
                None => Ok(()),
            }
        });
        Ok(committed.await?)
    }

    /// Commits what `command` makes of a step, together with what became of the effect. Where the step went
    /// on without it, only the effect's end is committed.
    pub(crate) async fn advance(
        &self,
        effect: &Effect,
        after: &Effect,
        run: &RunId,
        step: usize,
        command: run::Command,
    ) -> Tried<()> {
        self.advance_with(effect, after, run, step, command, None).await
    }

    /// The same for a step that a build belongs to from now on: `owned`, with the effect that tried the step
    /// first.
    pub(crate) async fn advance_with(
        &self,
        effect: &Effect,
        after: &Effect,
        run: &RunId,
        step: usize,
        command: run::Command,
        owned: Option<&(StartedBuild, EffectId)>,
    ) -> Tried<()> {
        self.commit_newest(effect, async || {
            let now = self.now();
            let mut change = Change::to(&effect.deploy, now).effect(effect, after.clone());
            if let Some((build, first)) = owned {
                change = change.build(build, first);
            }
            let Some(run) = self.store.run(&effect.deploy, run).await? else { return Ok(Some(change)) };
            Ok(Some(match run::decide(&run, step, command.clone(), now) {
                Ok(decision) => {
                    let pinned = run::pinned(decision, step, after.build.as_ref());
                    change.run(run::asked(pinned, step, after.asked.as_ref()))
                }
                Err(_) => change,
            }))
        })
        .await
    }

    /// Commits what `commands` make of an approval, together with what became of the effect.
    pub(crate) async fn change_approval(
        &self,
        effect: &Effect,
        after: &Effect,
        id: &ApprovalId,
        commands: &[votes::Command],
    ) -> Tried<()> {
        self.change_approval_of(&effect.deploy, effect, after, id, commands).await
    }

    /// The same for an approval of `deploy`, which is another one than the effect's.
    pub(crate) async fn change_approval_of(
        &self,
        deploy: &DeployId,
        effect: &Effect,
        after: &Effect,
        id: &ApprovalId,
        commands: &[votes::Command],
    ) -> Tried<()> {
        self.commit_newest(effect, async || {
            let now = self.now();
            let mut change = Change::to(deploy, now).effect(effect, after.clone());
            let Some(approval) = self.store.approval(deploy, id).await? else {
                return Ok(Some(change));
            };
            let mut changed = Decision::new(approval);
            let mut any = false;
            for command in commands {
                let Ok(decision) = votes::decide(&changed.next, command.clone(), now) else { continue };
                any = true;
                changed.next = decision.next;
                changed.effects.extend(decision.effects);
                changed.later.extend(decision.later);
                changed.events.extend(decision.events);
                if let votes::Command::DialogPosted(dialog) = command {
                    change = change.dialog(dialog, id);
                }
            }
            Ok(Some(if any { change.approval(changed) } else { change }))
        })
        .await
    }
}
