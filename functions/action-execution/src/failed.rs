//! A step's failure is told in a message of its own: an edit of its line notifies nobody.

use crate::electorate::each_once;
use crate::handler::ActionExecution;
use crate::people::Known;
use crate::trouble::Trouble;
use approval::action::Action;
use approval::approval::Dialog;
use approval::deploy::Deploy;
use approval::effect::EffectState;
use approval::id::{ApprovalId, RunId};
use approval::message::{self, FailedStep, Message};
use approval::run::{self, FailureNotice, Makers, Run};
use jiff::Timestamp;
use providers::slack::client::{MessageRef, Slack};
use runtime::effects::Attempt;
use store::ReadStep;

/// How often the people are looked up before a failure is told without them.
const LOOKS: u32 = 4;

/// A failure of a step.
#[derive(Clone, Copy)]
pub(crate) struct Failed<'a> {
    /// The approval in whose thread it is told; `None`: it is told in the deployment's channel.
    pub(crate) approval: Option<&'a ApprovalId>,
    pub(crate) run: &'a RunId,
    pub(crate) step: usize,
    pub(crate) at: Timestamp,
}

impl ActionExecution {
    /// Tells people of a failure, in a new message. One that somebody dealt with loses its buttons instead,
    /// and says who.
    pub(crate) async fn tell_failure(&self, attempt: &Attempt, failed: Failed<'_>) -> Result<(), Trouble> {
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
        // Without a dialog there is no thread: it is told where the deployment's problems are.
        let (channel, thread) = match dialog {
            Some(dialog) => (dialog.channel, Some(dialog.ts)),
            None => match self.fallback_channel(&deploy).await? {
                Some(channel) => (channel, None),
                None => return self.done(effect).await,
            },
        };
        let slack = self.outside.slack(self.now()).await?;
        let workspace = self.outside.workspace(&slack).await?;
        let (makers, deployers) = match place {
            Some(_) => (Makers::default(), Vec::new()),
            None => self.makers_and_deployers(attempt, &slack, &deploy, &current.action).await?,
        };
        let shown = FailedStep {
            run: &run,
            step,
            approval,
            in_thread: thread.is_some(),
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
            return self.done(effect).await;
        }
        let Some(Message { text, blocks }) = message::step_failed(&shown) else {
            return self.done(effect).await;
        };
        let key = key(&run, step, at);
        let posted = self.post_once(attempt, &channel, thread.as_deref(), &text, &blocks, &key).await?;
        let message = Dialog { channel: posted.channel, ts: posted.ts };
        let after = effect.closed(EffectState::Succeeded, None);
        let command = run::Command::FailurePosted(FailureNotice { failed_at: at, message, makers });
        self.advance(effect, &after, &run.id, step, command).await
    }

    /// The people who made the change of `deploy`, where `action` is a build, and those who deployed it, as
    /// Slack user ids. People who can't be looked up keep nobody from being told: then some makers are
    /// lacking.
    async fn makers_and_deployers(
        &self,
        attempt: &Attempt,
        slack: &Slack,
        deploy: &Deploy,
        action: &Action,
    ) -> Result<(Makers, Vec<String>), Trouble> {
        let is_build = matches!(action, Action::AutoApproveBuild(_) | Action::TriggerBuild(_));
        let looked_up = match is_build {
            true => self.makers(slack, deploy).await,
            false => self.found(slack, deploy.deployers().to_vec()).await,
        };
        let found = match looked_up {
            Ok(found) => found,
            Err(failure) if failure.is_passing() && attempt.effect.attempts < LOOKS => {
                return Err(failure.into());
            }
            Err(failure) => {
                tracing::warn!(deploy = %deploy.id, failure = failure.logged(), "a failure is told without who made the change");
                return Ok((Makers { members: Vec::new(), lacks_some: true }, Vec::new()));
            }
        };
        let deployers = found.members_of(deploy.deployers());
        if !is_build {
            return Ok((Makers::default(), deployers));
        }
        let members: Vec<String> =
            found.each().flat_map(|found| found.members.iter().map(|member| member.id.clone())).collect();
        let is_unknown = found.each().any(|found| found.known == Known::NotFound);
        let is_cut = found.each().count() < deploy.makers().len() || !deploy.reading.missing.is_empty();
        Ok((Makers { members: each_once(members), lacks_some: is_unknown || is_cut }, deployers))
    }
}

/// What the message carries, by which it is found again.
fn key(run: &Run, step: usize, at: Timestamp) -> String {
    format!("{}-{step}-failed-{}", run.id, at.as_microsecond())
}
