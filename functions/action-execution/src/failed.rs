//! A step's failure is told in a message of its own: an edit of its line notifies nobody.

use crate::accounts::Purpose;
use crate::effect_error::{EffectError, Tried};
use crate::handler::ActionExecution;
use jiff::Timestamp;
use signoff_core::action::Action;
use signoff_core::approval::{Approval, Dialog, Hands};
use signoff_core::base::Base;
use signoff_core::deploy::Deploy;
use signoff_core::effect::{Effect, EffectState};
use signoff_core::id::{ApprovalId, RunId};
use signoff_core::message::{self, FailedStep, Message};
use signoff_core::run::{self, FailureNotice, KnownMakers, Makers, Run, Status, Step};
use signoff_core::shares::Changes;
use signoff_providers::Failure;
use signoff_providers::slack::client::{MessageRef, Slack};
use signoff_runtime::effects::Attempt;
use signoff_store::{Change, ReadStep, StoreError};

/// Number of attempts before Signoff reports a failure without the people whom it could not look up, whatever
/// the reason: a rate limit counts, too.
const LOOKS: u32 = 4;

/// A failure of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Failed<'a> {
    /// The approval in whose thread it is told; `None`: it is told in the deployment's channel.
    pub(crate) approval: Option<&'a ApprovalId>,
    pub(crate) run: &'a RunId,
    pub(crate) step: usize,
    pub(crate) at: Timestamp,
}

impl ActionExecution {
    /// Tells people of a failure, in a new message. One that somebody dealt with loses its buttons instead,
    /// and says who. Where the thread takes nothing any more, it is told in the deployment's channel, and
    /// where that takes nothing either, directly ([`crate::elsewhere`]).
    pub(crate) async fn tell_failure(&self, attempt: &Attempt, failed: Failed<'_>) -> Tried<()> {
        let effect = &attempt.effect;
        let Failed { step, at, .. } = failed;
        let read = self.store.step(&effect.deploy, failed.run, step).await?;
        let Some(ReadStep { deploy, run, approvals }) = read else { return self.done(effect).await };
        let Some(current) = run.steps.get(step) else { return self.done(effect).await };
        let told = current.notice.as_ref().filter(|told| told.failed_at == at);
        let is_current = current.failure().is_some_and(|(failed_at, _)| failed_at == at);
        let place = match (is_current, told) {
            // Nothing can be done about it here any more.
            (true, Some(told)) if run.asked_again.is_some() => Some(told.message.clone()),
            // It was told, or somebody dealt with it before it was.
            (true, Some(_)) | (false, None) => return self.done(effect).await,
            (true, None) => None,
            (false, Some(told)) => Some(told.message.clone()),
        };
        let approval = approvals.iter().find(|approval| Some(&approval.id) == failed.approval);
        let dialog = approval.and_then(|approval| approval.dialog.clone());
        let slack = self.outside.slack(self.now()).await?;
        let is_known = current.makers.as_ref().is_some_and(|known| known.failed_at == at);
        if place.is_none() && is_build(&current.action) && !is_known {
            // Whether or not anybody can be told: who may mark it as done follows from it.
            let makers = self.makers_of_build(attempt, &slack, (&deploy, &run), approval).await?;
            self.note_makers(effect, &run.id, step, KnownMakers { failed_at: at, makers }).await?;
        }
        // Without a dialog there is no thread: it is told where the deployment's problems are.
        let fallback = self.fallback_channel(&deploy).await?;
        let (channel, thread) = match (dialog, &fallback) {
            (Some(dialog), _) => (dialog.channel, Some(dialog.ts)),
            (None, Some(channel)) => (channel.clone(), None),
            // It says that somebody dealt with it.
            (None, None) if place.is_some() => return self.taken_back(effect, &run, step).await,
            (None, None) => {
                return Err(Failure::Permanent(
                    "the deployment has no channel to tell it in: name one on its page".to_owned(),
                )
                .into());
            }
        };
        let workspace = self.outside.workspace(&slack).await?;
        let deployers = match place {
            Some(_) => Vec::new(),
            None => self.found_deployers(attempt, &slack, &deploy).await?,
        };
        let shown = FailedStep {
            run: &run,
            step,
            approval,
            in_thread: thread.is_some() && place.as_ref().is_none_or(|place| place.channel == channel),
            deploy: &deploy,
            deploy_url: &self.deploy_url(&deploy.id),
            deployers: &deployers,
            workspace: &workspace,
        };
        if let Some(Dialog { channel, ts }) = place {
            let over = message::failure_resolved(&shown, at).or_else(|| message::step_failed(&shown));
            if let Some(Message { text, blocks }) = over {
                // A message that somebody deleted is not missed: the step's line has it.
                slack.update_message(&MessageRef { channel, ts }, &text, &blocks).await?;
            }
            return self.taken_back(effect, &run, step).await;
        }
        let Some(Message { text, blocks }) = message::step_failed(&shown) else {
            return self.done(effect).await;
        };
        let key = key(&run, step, at);
        let posted = self.post_once(attempt, &channel, thread.as_deref(), &text, &blocks, &key).await;
        let posted = match (posted, fallback.filter(|_| thread.is_some())) {
            // The thread takes nothing any more; the message and its buttons do as well elsewhere.
            (Err(EffectError::ProviderClients(failure)), Some(channel)) if !failure.is_passing() => {
                tracing::warn!(deploy = %deploy.id, failure = failure.logged(), "a failure is told in the deployment's channel");
                let elsewhere = FailedStep { in_thread: false, ..shown };
                let Some(Message { text, blocks }) = message::step_failed(&elsewhere) else {
                    return self.done(effect).await;
                };
                self.post_once(attempt, &channel, None, &text, &blocks, &key).await?
            }
            (posted, _) => posted?,
        };
        let message = Dialog { channel: posted.channel, ts: posted.ts };
        let after = effect.closed(EffectState::Succeeded, None);
        let command = run::Command::FailurePosted(FailureNotice { failed_at: at, message });
        self.advance(effect, &after, &run.id, step, command).await
    }

    /// The effect, which looked at a message about a failure again, is done. Where `run` was asked again, a
    /// later message may follow.
    async fn taken_back(&self, effect: &Effect, run: &Run, step: usize) -> Tried<()> {
        let next = run.next_taken_back(step).into_iter().collect();
        let owner = format!("taken back {}", effect.id);
        let change = Change::to(&effect.deploy, self.now()).done(effect);
        Ok(self.store.commit(change.and(&owner, next, Vec::new())).await?)
    }

    /// Puts on record who made what the failure of step number `step` is about.
    async fn note_makers(&self, effect: &Effect, run: &RunId, step: usize, makers: KnownMakers) -> Tried<()> {
        self.commit_newest(effect, async || {
            let now = self.now();
            let Some(run) = self.store.run(&effect.deploy, run).await? else { return Ok(None) };
            let found = run::decide(&run, step, run::Command::MakersFound(makers.clone()), now);
            Ok(found.ok().map(|decision| Change::to(&effect.deploy, now).run(decision)))
        })
        .await
    }

    /// The people who made what a build of `run` is about: everything since the base of `approval`,
    /// which the build follows. Without a base, the deploy's own commits, and some makers are
    /// lacking where earlier ones may not have been built. Whoever can't be looked up keeps nobody
    /// from being told of the failure.
    async fn makers_of_build(
        &self,
        attempt: &Attempt,
        slack: &Slack,
        (deploy, run): (&Deploy, &Run),
        approval: Option<&Approval>,
    ) -> Tried<Makers> {
        let base = approval.and_then(|approval| approval.subject.base.as_deref());
        let kept = match (base, approval) {
            (Some(_), Some(approval)) => self.store.range(&deploy.id, &approval.id).await?,
            (Some(_) | None, _) => None,
        };
        match self.hands_of_build(slack, (deploy, run), approval, kept).await {
            Ok(Hands { members, may_lack }) => {
                let is_whole = base.is_some()
                    || (deploy.reading.missing.is_empty() && self.follows_success(deploy, run).await?);
                Ok(Makers { members, lacks_some: may_lack || !is_whole })
            }
            Err(EffectError::ProviderClients(failure))
                if !(failure.is_passing() && attempt.effect.attempts < LOOKS) =>
            {
                tracing::warn!(deploy = %deploy.id, failure = failure.logged(), "a failure is told without who made the change");
                Ok(Makers { members: Vec::new(), lacks_some: true })
            }
            // A row of People that can't be read keeps nobody from being told.
            Err(EffectError::Store(error)) if !error.is_passing() => {
                Ok(Makers { members: Vec::new(), lacks_some: true })
            }
            Err(trouble) => Err(trouble),
        }
    }

    /// Everybody with a hand in what a build of `run` is about; `kept` is the range of `approval`, where one
    /// was read.
    async fn hands_of_build(
        &self,
        slack: &Slack,
        (deploy, run): (&Deploy, &Run),
        approval: Option<&Approval>,
        kept: Option<Changes>,
    ) -> Tried<Hands> {
        let place = approval.map_or("", |approval| approval.subject.place.as_str());
        let (base, four_eyes) = match approval {
            None => (Base::none(&deploy.deployment, place), false),
            Some(approval) => {
                let four_eyes = match run.steps.get(approval.step).map(|step| &step.action) {
                    Some(Action::SlackChannelApproval(spec)) => !spec.self_approval,
                    _ => false,
                };
                // The approval let the revision through since.
                let base = self.store.base(&deploy.deployment, place).await?.as_of(approval.opened_at);
                (base, four_eyes)
            }
        };
        let since = approval.and_then(|approval| approval.subject.base.as_deref());
        self.hands_since(slack, deploy, (since, &run.revision), (&base, four_eyes), kept).await
    }

    /// True if nothing came to the environment before `deploy`, or the run of the same rule
    /// succeeded for what came there: then only the own commits of `deploy` are new.
    async fn follows_success(&self, deploy: &Deploy, run: &Run) -> Result<bool, StoreError> {
        let Some(before) = self.store.previous(deploy).await? else { return Ok(true) };
        let mut found = self.store.run(&before.id, &RunId::derive(&before.id, &run.rule)).await?;
        while let Some(again) = found.as_ref().and_then(|run| run.asked_again.clone()) {
            found = self.store.run(&before.id, &again).await?;
        }
        Ok(found.is_some_and(|run| run.status == Status::Succeeded))
    }

    /// `text` (in mrkdwn) with a mention of those who deployed below it, as far as they can be looked up.
    ///
    /// # Errors
    ///
    /// The record can't be read, or Slack doesn't answer and the lookup is worth another attempt.
    pub(crate) async fn mentioning_deployers(&self, attempt: &Attempt, text: &str) -> Tried<String> {
        let Some(deploy) = self.store.deploy(&attempt.effect.deploy).await? else {
            return Ok(text.to_owned());
        };
        Ok(message::with_deployers(text, &self.deployers_of(attempt, &deploy).await?))
    }

    /// Those who deployed `deploy`, as Slack user ids, as far as they can be looked up.
    ///
    /// # Errors
    ///
    /// As [`Self::mentioning_deployers`].
    pub(crate) async fn deployers_of(&self, attempt: &Attempt, deploy: &Deploy) -> Tried<Vec<String>> {
        let slack = self.outside.slack(self.now()).await?;
        self.found_deployers(attempt, &slack, deploy).await
    }

    /// The text about a failure, and the approval before its step, for those who are told of it directly;
    /// `None`: somebody dealt with it.
    ///
    /// # Errors
    ///
    /// The record can't be read.
    pub(crate) async fn failure_text(
        &self,
        effect: &Effect,
        failed: Failed<'_>,
    ) -> Tried<Option<(Option<Approval>, String)>> {
        let read = self.store.step(&effect.deploy, failed.run, failed.step).await?;
        let Some(ReadStep { deploy, run, approvals }) = read else { return Ok(None) };
        let failure = run.steps.get(failed.step).and_then(Step::failure);
        if failure.is_none_or(|(at, _)| at != failed.at) {
            return Ok(None);
        }
        let approval = approvals.into_iter().find(|approval| Some(&approval.id) == failed.approval);
        let shown = FailedStep {
            run: &run,
            step: failed.step,
            approval: approval.as_ref(),
            in_thread: false,
            deploy: &deploy,
            deploy_url: &self.deploy_url(&deploy.id),
            deployers: &[],
            workspace: "",
        };
        let text = message::step_failed(&shown).map(|message| message.text);
        Ok(text.map(|text| (approval, text)))
    }

    /// Those who deployed `deploy`, as Slack user ids: the message mentions them. Nobody, where they can't be
    /// looked up.
    async fn found_deployers(&self, attempt: &Attempt, slack: &Slack, deploy: &Deploy) -> Tried<Vec<String>> {
        match self.found_for(slack, deploy.deployers().to_vec(), Purpose::Mentioning).await {
            Ok(found) => Ok(found.members_of(deploy.deployers())),
            Err(EffectError::Store(error)) if !error.is_passing() => Ok(Vec::new()),
            Err(trouble) => {
                let failure = trouble.outside()?;
                if failure.is_passing() && attempt.effect.attempts < LOOKS {
                    return Err(failure.into());
                }
                tracing::warn!(deploy = %deploy.id, failure = failure.logged(), "a failure is told without who deployed");
                Ok(Vec::new())
            }
        }
    }
}

/// True if only people who made none of the change may mark `action` as done.
fn is_build(action: &Action) -> bool {
    matches!(action, Action::AutoApproveBuild(_) | Action::TriggerBuild(_))
}

/// Key in the message, by which Signoff finds it again.
fn key(run: &Run, step: usize, at: Timestamp) -> String {
    format!("{}-{step}-failed-{}", run.id, at.as_microsecond())
}
