//! Committing what was decided on the newest state.

use crate::handler::ActionExecution;
use crate::trouble::Trouble;
use approval::approval::Outcome;
use approval::effect::Effect;
use approval::id::RunId;
use approval::run::{self, Run, StepState};
use approval::{approval as votes, decision::Decision, effect::EffectKind, message};
use runtime::race;
use store::{Change, CommitError};

/// How often a lost race is decided again.
const MAX_RACES: u32 = 20;

impl ActionExecution {
    /// Commits what `decide` makes of the newest state, and decides again when another process committed first.
    /// `None` from `decide`: there is nothing to commit any more.
    pub(crate) async fn commit_newest<F>(&self, effect: &Effect, decide: F) -> Result<(), Trouble>
    where
        F: AsyncFn() -> Result<Option<Change>, Trouble>,
    {
        for race in 1..=MAX_RACES {
            let Some(change) = decide().await? else { return Ok(()) };
            match self.store.commit(change).await {
                Err(CommitError::Conflict) => race::pause(effect.id.as_str(), race).await,
                committed => return Ok(committed?),
            }
        }
        Err(Trouble::Race)
    }

    /// Commits what `command` makes of a step, together with what became of the effect. Where the step went on
    /// without it, only the effect's end is committed.
    pub(crate) async fn advance(
        &self,
        effect: &Effect,
        after: &Effect,
        run: &RunId,
        step: usize,
        command: run::Command,
    ) -> Result<(), Trouble> {
        self.commit_newest(effect, async || {
            let now = self.now();
            let change = Change::to(&effect.deploy, now).effect(effect, after.clone());
            let Some(run) = self.store.run(&effect.deploy, run).await? else { return Ok(Some(change)) };
            Ok(Some(match run::decide(&run, step, command.clone(), now) {
                Ok(mut decision) => {
                    // The dialog itself says that it was rejected.
                    if command != run::Command::Close(Outcome::Rejected) {
                        decision.effects.extend(self.tell_elsewhere(&decision.next, step).await?);
                    }
                    change.run(decision)
                }
                Err(_) => change,
            }))
        })
        .await
    }

    /// A step that stopped its run and has no thread to say so in says so in the deployment's channel.
    async fn tell_elsewhere(&self, run: &Run, step: usize) -> Result<Option<EffectKind>, Trouble> {
        let stopped = run
            .steps
            .get(step)
            .is_some_and(|step| matches!(step.state, StepState::Failed { .. } | StepState::Unknown { .. }));
        if !stopped || run.thread_of(step).is_some() {
            return Ok(None);
        }
        let Some(deploy) = self.store.deploy(&run.deploy).await? else { return Ok(None) };
        let Some(channel) = self.fallback_channel(&deploy) else { return Ok(None) };
        let url = self.deploy_url(&deploy.id);
        Ok(message::step_elsewhere(run, step, &deploy, &url)
            .map(|text| EffectKind::TellChannel { channel, text }))
    }

    /// Commits what `commands` make of an approval, together with what became of the effect.
    pub(crate) async fn change_approval(
        &self,
        effect: &Effect,
        after: &Effect,
        id: &approval::id::ApprovalId,
        commands: &[votes::Command],
    ) -> Result<(), Trouble> {
        self.commit_newest(effect, async || {
            let now = self.now();
            let change = Change::to(&effect.deploy, now).effect(effect, after.clone());
            let Some(approval) = self.store.approval(&effect.deploy, id).await? else {
                return Ok(Some(change));
            };
            let mut changed = Decision { next: approval, effects: Vec::new(), events: Vec::new() };
            let mut any = false;
            for command in commands {
                let Ok(decision) = votes::decide(&changed.next, command.clone(), now) else { continue };
                any = true;
                changed.next = decision.next;
                changed.effects.extend(decision.effects);
                changed.events.extend(decision.events);
            }
            Ok(Some(if any { change.approval(changed) } else { change }))
        })
        .await
    }
}
