//! Retry and Mark as done: somebody says what became of an action whose answer was lost.

use crate::answer::{done, text};
use crate::asked::Answer;
use crate::handler::{Call, SlackInteraction};
use approval::approval::{Electorate, Refusal, Standing, Verdict, Voter};
use approval::message;
use approval::run::{Command, decide};
use lambda_http::http::StatusCode;
use lambda_http::{Body, Response};
use providers::slack::parse::Click;
use runtime::race;
use store::{Change, CommitError};

/// How often a lost race is decided again.
const MAX_RACES: u32 = 10;

impl SlackInteraction {
    /// A click on Retry or Mark as done.
    pub(crate) async fn step(&self, call: &Call<'_>, click: &Click, answer: &Answer) -> Response<Body> {
        let (request_id, deploy, run) = (call.request_id, &answer.deploy, &answer.run);
        let voter = self.person(call, &click.user).await;
        if voter.standing.is_none() {
            // This may run something once more: nobody does that unseen.
            return text(StatusCode::SERVICE_UNAVAILABLE, "Slack did not say who you are. Click again.");
        }
        let told = match self.resolve(call, &voter, answer).await {
            Ok(None) => Ok(()),
            Ok(Some(refusal)) => self.tell_once(call, click, deploy, refusal, Vec::new()).await.map(|_| ()),
            Err(error) => Err(error),
        };
        match told {
            Ok(()) => {
                let (step, resolution) = (answer.step, answer.resolution);
                tracing::info!(request_id, %deploy, %run, step, ?resolution, voter = voter.id, "dealt with");
                done()
            }
            Err(error) => {
                tracing::error!(request_id, %deploy, %run, %error, "a click was not recorded");
                text(StatusCode::SERVICE_UNAVAILABLE, "Signoff could not record this. Click again.")
            }
        }
    }

    /// Commits what becomes of the step; `Some`: nothing does, and this is why.
    async fn resolve(
        &self,
        call: &Call<'_>,
        voter: &Voter,
        answer: &Answer,
    ) -> Result<Option<String>, CommitError> {
        race::decide(&voter.id, MAX_RACES, || async {
            let Some(run) = self.store.run(&answer.deploy, &answer.run).await? else {
                return Ok(Some(message::NO_SUCH_RUN.to_owned()));
            };
            let refusal = match run.thread_of(answer.step) {
                Some(id) => {
                    let approval = self.store.approval(&answer.deploy, &id).await?;
                    let refusal = approval.and_then(|approval| approval.admit(voter).err());
                    refusal.as_ref().and_then(message::refusal)
                }
                None => stranger(voter, &answer.workspace),
            };
            if refusal.is_some() {
                return Ok(refusal);
            }
            let command = Command::Resolve {
                by: voter.id.clone(),
                name: voter.name.clone(),
                resolution: answer.resolution,
                lost_at: answer.lost_at,
            };
            let decision = match decide(&run, answer.step, command, call.now) {
                Ok(decision) => decision,
                Err(refusal) => return Ok(Some(message::resolution_refused(refusal).to_owned())),
            };
            self.store.commit(Change::to(&answer.deploy, call.now).run(decision)).await?;
            Ok(None)
        })
        .await
    }
}

/// Why somebody who is no member of `workspace` may not say what became of a step.
fn stranger(voter: &Voter, workspace: &str) -> Option<String> {
    let member = voter.workspace == workspace && voter.standing == Some(Standing::Member);
    if member {
        return None;
    }
    message::refusal(&Refusal::NotEligible(Verdict::Stranger, Box::new(Electorate::anyone())))
}
