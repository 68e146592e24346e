//! Retry, Skip and Mark as done: somebody acts on a step that failed, or of which nobody knows whether it
//! happened.

use crate::answer::{done, instead, text};
use crate::handler::{Call, SlackInteraction};
use lambda_http::http::StatusCode;
use lambda_http::{Body, Response};
use signoff_core::message;
use signoff_core::run::Resolution;
use signoff_providers::Failure;
use signoff_providers::slack::parse::{Click, Submission};
use signoff_store::CommitError;
use signoff_voting::{ActingVoter, Answer, Gate, Passage, Refused, foresee_step, resolve};
use thiserror::Error;

/// Error that kept a click from being handled.
#[derive(Debug, Error)]
enum StepError {
    #[error(transparent)]
    Commit(#[from] CommitError),
    #[error("the window was not opened: {0}")]
    Window(#[from] Failure),
}

impl SlackInteraction {
    /// A click on Retry, Skip or Mark as done. `is_elsewhere`: on a message outside the thread of the step's
    /// approval, where others can click than the people in its channel.
    pub(crate) async fn step(
        &self,
        call: &Call<'_>,
        click: &Click,
        answer: &Answer,
        is_elsewhere: bool,
    ) -> Response<Body> {
        let (request_id, deploy, run) = (call.request_id, &answer.deploy, &answer.run);
        let passage = async {
            match is_elsewhere {
                true => self.passage(call, &click.user.id, answer).await,
                false => Ok(Passage::Open),
            }
        };
        let (actor, passage) = tokio::join!(self.actor(call, &click.user), passage);
        if actor.voter.standing.is_none() {
            // This may run something once more: nobody does that unseen.
            return text(StatusCode::SERVICE_UNAVAILABLE, "Slack did not say who you are. Click again.");
        }
        let stopped = passage.map(|passage| passage.refusal(actor.is_admin));
        let dealt = match (stopped, answer.resolution) {
            (Err(error), _) => Err(error.into()),
            (Ok(Some(refused)), _) => Ok(Some(refused)),
            (Ok(None), Resolution::Skip) => self.ask_why(call, click, &actor, answer).await,
            (Ok(None), Resolution::Retry | Resolution::MarkAsDone) => {
                resolve(&self.store, self.lookup(call), &actor, answer, None, call.now)
                    .await
                    .map_err(StepError::from)
            }
        };
        let told = match dealt {
            Ok(None) => Ok(()),
            Ok(Some(refusal)) => {
                let told = self.tell_once(call, click, deploy, refusal.text, Vec::new()).await;
                told.map_err(StepError::from)
            }
            Err(error) => Err(error),
        };
        match told {
            Ok(()) => {
                let (step, resolution) = (answer.step, answer.resolution);
                tracing::info!(request_id, %deploy, %run, step, ?resolution, voter = actor.voter.id, "dealt with");
                done()
            }
            Err(error) => {
                tracing::error!(request_id, %deploy, %run, %error, "a click was not recorded");
                text(StatusCode::SERVICE_UNAVAILABLE, "Signoff could not record this. Click again.")
            }
        }
    }

    /// The answer to `user` (a Slack user id) of the gate of the approval in whose thread the step of
    /// `answer` stands, where that is open to anyone in the channel. Up to two reads, and a look at Slack.
    async fn passage(&self, call: &Call<'_>, user: &str, answer: &Answer) -> Result<Passage, CommitError> {
        let Some(run) = self.store.run(&answer.deploy, &answer.run).await? else { return Ok(Passage::Open) };
        let Some(id) = run.thread_of(answer.step) else { return Ok(Passage::Open) };
        let approval = self.store.approval(&answer.deploy, &id).await?;
        let Some(gate) = Gate::of_step(approval.as_ref()) else { return Ok(Passage::Open) };
        Ok(self.accounts.passage(call.bot_token, &gate, user, call.request_id).await)
    }

    /// Opens the window that asks why a step is skipped; `Some`: `actor` may not skip it, and this is why.
    async fn ask_why(
        &self,
        call: &Call<'_>,
        click: &Click,
        actor: &ActingVoter,
        answer: &Answer,
    ) -> Result<Option<Refused>, StepError> {
        let run = match foresee_step(&self.store, self.lookup(call), actor, answer, call.now).await? {
            Ok(Some(run)) => run,
            // A second click of theirs, which came after the window was sent.
            Ok(None) => return Ok(None),
            Err(refused) => return Ok(Some(refused)),
        };
        let carried = serde_json::to_string(answer)
            .map_err(|error| Failure::Permanent(format!("the window can't be written: {error}")))?;
        let view = message::ask_skip_reason(&run, answer.step, &carried);
        self.slack(call).await?.open_view(&click.trigger_id, &view).await?;
        Ok(None)
    }

    /// The window with the reason to skip a step. The answer closes it, or says in it why nothing was done.
    pub(crate) async fn skip(
        &self,
        call: &Call<'_>,
        submission: &Submission,
        answer: &Answer,
        reason: String,
    ) -> Response<Body> {
        let (request_id, deploy, run) = (call.request_id, &answer.deploy, &answer.run);
        let actor = self.actor(call, &submission.user).await;
        if actor.voter.standing.is_none() {
            return text(StatusCode::SERVICE_UNAVAILABLE, "Slack did not say who you are. Submit it again.");
        }
        match resolve(&self.store, self.lookup(call), &actor, answer, Some(reason), call.now).await {
            Ok(None) => {
                tracing::info!(request_id, %deploy, %run, step = answer.step, voter = actor.voter.id, "skipped");
                done()
            }
            Ok(Some(refused)) => instead(&message::say(&refused.text)),
            Err(error) => {
                tracing::error!(request_id, %deploy, %run, %error, "a reason was not recorded");
                text(StatusCode::SERVICE_UNAVAILABLE, "Signoff could not record this. Submit it again.")
            }
        }
    }
}
