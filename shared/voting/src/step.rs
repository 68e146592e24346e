//! Retry and Mark as done: somebody says what became of an action whose answer was lost.

use crate::cast::{Because, Refused};
use approval::approval::{Electorate, Refusal, Standing, Verdict, Voter};
use approval::id::{DeployId, RunId};
use approval::message;
use approval::run::{Command, Resolution, decide};
use jiff::Timestamp;
use runtime::race;
use store::{Change, CommitError, Store};

/// How often a lost race is decided again.
const MAX_RACES: u32 = 10;

/// What became of a step, as somebody says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The deploy.
    pub deploy: DeployId,
    /// The run.
    pub run: RunId,
    /// The step of it, from 0.
    pub step: usize,
    /// When its answer was lost.
    pub lost_at: Timestamp,
    /// The team id whose members may say so, where no approval says who may.
    pub workspace: String,
    /// What is to be done about it.
    pub resolution: Resolution,
}

/// Commits at `now` what becomes of the step, as `voter` says; `Some`: nothing does, and this is why.
///
/// # Errors
///
/// The record can't be read or written, or others committed first each time: nothing was changed.
pub async fn resolve(
    store: &Store,
    voter: &Voter,
    answer: &Answer,
    now: Timestamp,
) -> Result<Option<Refused>, CommitError> {
    race::decide(&voter.id, MAX_RACES, || async {
        let Some(run) = store.run(&answer.deploy, &answer.run).await? else {
            return Ok(Some(Refused::new(Because::NotOnRecord, message::NO_SUCH_RUN)));
        };
        let refused = match run.thread_of(answer.step) {
            Some(id) => {
                let Some(approval) = store.approval(&answer.deploy, &id).await? else {
                    // Nobody can tell any more who may say so.
                    return Ok(Some(Refused::new(Because::NotOnRecord, message::NO_SUCH_APPROVAL)));
                };
                approval.admit(voter).err().as_ref().and_then(Refused::of)
            }
            None => stranger(voter, &answer.workspace),
        };
        if refused.is_some() {
            return Ok(refused);
        }
        let command = Command::Resolve {
            by: voter.id.clone(),
            name: voter.name.clone(),
            resolution: answer.resolution,
            lost_at: answer.lost_at,
        };
        let decision = match decide(&run, answer.step, command, now) {
            Ok(decision) => decision,
            Err(refusal) => {
                let text = message::resolution_refused(refusal);
                return Ok(Some(Refused::new(Because::NotNow, text)));
            }
        };
        store.commit(Change::to(&answer.deploy, now).run(decision)).await?;
        Ok(None)
    })
    .await
}

/// Why somebody who is no member of `workspace` may not say what became of a step.
fn stranger(voter: &Voter, workspace: &str) -> Option<Refused> {
    let member = voter.workspace == workspace && voter.standing == Some(Standing::Member);
    if member {
        return None;
    }
    Refused::of(&Refusal::NotEligible(Verdict::Stranger, Box::new(Electorate::anyone())))
}
