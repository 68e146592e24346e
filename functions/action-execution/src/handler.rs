//! An effect: claim it, do it, put on record what became of it.

use crate::accounts::Accounts;
use crate::draw::Drawn;
use crate::effect_error::{EffectError, Tried};
use crate::failed::Failed;
use crate::names::Names;
use crate::pause::Pause;
use crate::policy::Policies;
use crate::provider_clients::ProviderClients;
use crate::tellings::is_over;
use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use jiff::Timestamp;
use lambda_runtime::LambdaEvent;
use signoff_core::deploy::Deploy;
use signoff_core::effect::{EffectKind, Queue};
use signoff_core::id::{ApprovalId, DeployId};
use signoff_core::message;
use signoff_providers::Failure;
use signoff_runtime::aside;
use signoff_runtime::aws::Aws;
use signoff_runtime::batch::{Handled, OwnQueue};
use signoff_runtime::connections::Connections;
use signoff_runtime::effects::{Attempt, NotTaken, SOON, take};
use signoff_runtime::settings::{SettingError, Settings};
use signoff_store::{EffectMessage, Store, StoreError};
use std::collections::BTreeMap;
use std::sync::Mutex;

/// Does effects.
#[derive(Debug)]
pub(crate) struct ActionExecution {
    pub(crate) store: Store,
    pub(crate) outside: ProviderClients,
    pub(crate) connections: Connections,
    pub(crate) accounts: Accounts,
    /// The approvers that unfinished looks found.
    pub(crate) approvers: Accounts,
    /// Names that lookups of people told.
    pub(crate) names: Names,
    pub(crate) drawn: Mutex<BTreeMap<ApprovalId, Drawn>>,
    /// Pause that Slack asked for, for edits of superseded dialogs.
    pub(crate) edits: Pause,
    /// Pause that Slack asked for, for lookups of people who are only mentioned.
    pub(crate) lookups: Pause,
    pub(crate) policies: Policies,
    queue: OwnQueue,
    pub(crate) public_url: String,
    pub(crate) clock: fn() -> Timestamp,
}

impl ActionExecution {
    /// The function with these settings. Error: one is missing or can't be read.
    pub(crate) fn new(
        settings: &Settings,
        aws: &Aws,
        clock: fn() -> Timestamp,
    ) -> Result<Self, SettingError> {
        let connections = settings.connections()?;
        Ok(Self {
            store: aws.store(settings)?,
            outside: ProviderClients::new(settings, aws)?,
            connections,
            accounts: Accounts::default(),
            approvers: Accounts::default(),
            names: Names::default(),
            drawn: Mutex::default(),
            edits: Pause::default(),
            lookups: Pause::default(),
            policies: Policies::new(settings)?,
            queue: OwnQueue::new(settings, "EFFECTS_QUEUE_URL", "EFFECTS_DLQ_URL", aws)?,
            public_url: settings.url("PUBLIC_URL")?,
            clock,
        })
    }

    /// Handles a batch of messages; what is to be tried again is reported as failed.
    pub(crate) async fn handle(&self, event: LambdaEvent<SqsEvent>) -> SqsBatchResponse {
        let (request_id, deadline) = (event.context.request_id, event.context.deadline);
        let handle = async |message| self.effect(&message, &request_id).await;
        self.queue.each(event.payload, deadline, self.clock, handle).await
    }

    /// The time now.
    pub(crate) fn now(&self) -> Timestamp {
        (self.clock)()
    }

    /// The address of a deploy's page.
    pub(crate) fn deploy_url(&self, deploy: &DeployId) -> String {
        format!("{}/deploys/{deploy}", self.public_url)
    }

    /// The channel that hears what no dialog can show.
    pub(crate) async fn fallback_channel(&self, deploy: &Deploy) -> Result<Option<String>, StoreError> {
        let connected = self.connections.of(&self.store, &deploy.deployment).await?;
        Ok(connected.connection().and_then(|connection| connection.channel.clone()))
    }

    async fn effect(&self, message: &EffectMessage, request_id: &str) -> Handled {
        let attempt = match take(&self.store, Queue::Effects, message, self.now(), request_id).await {
            Ok(attempt) => attempt,
            Err(NotTaken::Handled(handled)) => return handled,
            Err(NotTaken::Unreadable(error)) => {
                return self.put_aside(message, None, &error, request_id).await;
            }
        };
        let attempt = &attempt;
        let settled = match self.perform(attempt).await {
            Ok(()) => {
                let EffectMessage { deploy, effect: id } = message;
                tracing::info!(request_id, %deploy, effect = %id, kind = attempt.effect.kind.name(), "done");
                return Handled::Done;
            }
            Err(EffectError::ProviderClients(failure)) => self.settle(attempt, failure, request_id).await,
            Err(EffectError::Store(error)) if !error.is_passing() => match &error {
                StoreError::TooLarge { .. } | StoreError::Refused { .. } => {
                    self.settle(attempt, Failure::Permanent(error.to_string()), request_id).await
                }
                StoreError::Row { .. } | StoreError::Service { .. } => {
                    return self.put_aside(message, Some(attempt), &error, request_id).await;
                }
            },
            Err(trouble) => Err(trouble),
        };
        settled.unwrap_or_else(|trouble| {
            let EffectMessage { deploy, effect } = message;
            tracing::error!(request_id, %deploy, %effect, %trouble, "not settled; tried again when the lease ends");
            Handled::Again(attempt.effect.not_before.duration_since(self.now()).max(SOON))
        })
    }

    /// Has people told that a row can't be read which an effect needs, or is; the effect is tried again in an
    /// hour.
    async fn put_aside(
        &self,
        message: &EffectMessage,
        attempt: Option<&Attempt>,
        error: &StoreError,
        request_id: &str,
    ) -> Handled {
        let (EffectMessage { deploy, effect }, now) = (message, self.now());
        tracing::error!(request_id, alarm = "unreadable", %deploy, %effect, %error, "put aside for an hour");
        let told =
            aside::tell(&self.store, &self.connections, message, &self.deploy_url(deploy), error, now).await;
        let settled = match attempt {
            Some(attempt) => self.store.settle(&attempt.effect, &aside::postponed(attempt, error, now)).await,
            None => Ok(()),
        };
        if let Err(error) = told.and(settled) {
            tracing::error!(request_id, %deploy, %effect, %error, "not told now; the clock comes back to it");
        }
        // The clock sends it again.
        Handled::Done
    }

    /// Does the effect and commits what follows from it.
    async fn perform(&self, attempt: &Attempt) -> Tried<()> {
        let effect = &attempt.effect;
        if attempt.attempts_exhausted() && (is_over(effect, self.now()) || !effect.kind.is_waited_for()) {
            return Err(Failure::Permanent("Signoff stopped each time it was tried".to_owned()).into());
        }
        match &effect.kind {
            EffectKind::RunStep { run, step } => self.run_step(attempt, run, *step, None).await,
            EffectKind::RetryStep { run, step, first, .. } => {
                self.run_step(attempt, run, *step, Some(first)).await
            }
            EffectKind::TellFailure { approval, run, step, failed_at } => {
                let failed = Failed { approval: approval.as_ref(), run, step: *step, at: *failed_at };
                self.tell_failure(attempt, failed).await
            }
            EffectKind::AdvanceRun { run, step, outcome } => {
                self.advance_run(attempt, run, *step, outcome).await
            }
            EffectKind::ConfirmQuorum { approval } => self.confirm_quorum(attempt, approval).await,
            EffectKind::Expire { approval } => self.expire(attempt, approval).await,
            EffectKind::Remind { approval } => self.remind(attempt, approval).await,
            EffectKind::TellThread { approval, text, to_deployers } => {
                let text = match to_deployers {
                    true => self.mentioning_deployers(attempt, text).await?,
                    false => text.clone(),
                };
                self.tell_thread(attempt, approval, |_| Some(text.clone())).await
            }
            EffectKind::WatchFreeze { approval } => self.watch_freeze(attempt, approval).await,
            EffectKind::JudgeAgain { approval, round } => self.judge_again(attempt, approval, *round).await,
            EffectKind::WatchApprovers { approval } => self.watch_approvers(attempt, approval).await,
            EffectKind::JudgeOthers { others, from } => {
                self.judge_others(attempt, others, from.as_deref()).await
            }
            EffectKind::ApplyPolicy { from } => Ok(self.apply_policy(attempt, from.as_ref()).await?),
            EffectKind::ListHeaderSecrets => self.list_header_secrets(attempt).await,
            EffectKind::TellFreezeLifted { approval } => {
                self.tell_thread(attempt, approval, message::freeze_lifted).await
            }
            EffectKind::TellGlassBroken { approval } => self.tell_glass_broken(attempt, approval).await,
            EffectKind::RemindReview { approval, round } => {
                self.remind_review(attempt, approval, *round).await
            }
            EffectKind::SettleReview { approval } => self.settle_review(attempt, approval).await,
            EffectKind::Supersede { deploy, run, by } => self.supersede(attempt, deploy, run, by).await,
            EffectKind::DrawDialog { approval } => self.draw_dialog(attempt, approval).await,
            EffectKind::DrawStep { approval, run, step } => {
                self.draw_step(attempt, approval.as_ref(), run, *step).await
            }
            EffectKind::TellPerson { channel, user, text } => {
                self.outside.slack(self.now()).await?.post_ephemeral(channel, user, text).await?;
                self.done(effect).await
            }
            EffectKind::TellMember { user, text } => self.tell_member(attempt, user, text).await,
            EffectKind::TellChannel { channel, text } => {
                self.post_once(attempt, channel, None, text, &serde_json::Value::Null, effect.id.as_str())
                    .await?;
                self.done(effect).await
            }
            EffectKind::OfferEvaluation { channel, text } => {
                let slack = self.outside.slack(self.now()).await?;
                let workspace = self.outside.workspace(&slack).await?;
                let message = message::offer_evaluation(text, &effect.deploy, &workspace);
                let key = effect.id.as_str();
                self.post_once(attempt, channel, None, &message.text, &message.blocks, key).await?;
                self.done(effect).await
            }
            EffectKind::AskMember { handle, version, at } => {
                self.ask_member(attempt, handle, *version, at.as_ref()).await
            }
            EffectKind::EvaluateRules { .. }
            | EffectKind::EvaluateAgain
            | EffectKind::AskAgain { .. }
            | EffectKind::RecordHealth { .. } => {
                Err(Failure::Permanent("rule-evaluation does this, not action-execution".to_owned()).into())
            }
        }
    }
}
