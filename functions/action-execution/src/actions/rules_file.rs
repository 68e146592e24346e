//! Signoff's own steps about a proposed rules file, or a proposed policy: put it in force, keep it out, or
//! wait for it.

use super::Done;
use crate::effect_error::Tried;
use crate::handler::ActionExecution;
use jiff::{SignedDuration, Timestamp};
use signoff_core::action::{Action, RulesFileStep};
use signoff_core::deploy::Deploy;
use signoff_core::effect::{Effect, EffectKind};
use signoff_core::event::EventKind;
use signoff_core::id::RunId;
use signoff_core::message;
use signoff_core::rules_in_force::{How, Refusal, RulesInForce};
use signoff_core::run::{self, Run};
use signoff_providers::Failure;
use signoff_runtime::connections::Connected;
use signoff_runtime::effects::Attempt;
use signoff_store::Change;
use std::cell::Cell;

/// The reason for which a rules file that its voters rejected stays out of force.
const REJECTED: &str = "the proposed rules file was rejected";

/// The shortest time that a step waits for something to come.
const SHORTEST_WAIT: SignedDuration = SignedDuration::from_mins(1);

impl ActionExecution {
    pub(super) async fn rules_file(
        &self,
        attempt: &Attempt,
        deploy: &Deploy,
        connected: &Connected,
        run: &Run,
        step: &RulesFileStep,
    ) -> Tried<Done> {
        match step {
            RulesFileStep::PutInForce { file } => {
                self.change_rules(attempt, deploy, (connected, run), file, |state| {
                    asked_by(state, file, run)?;
                    state.put_in_force(file, How::Approved { deploy: deploy.id.clone() }, self.now())
                })
                .await?;
                Ok(done("the rules file is in force for the next deploys"))
            }
            RulesFileStep::Reject { file } => {
                self.change_rules(attempt, deploy, (connected, run), file, |state| {
                    asked_by(state, file, run)?;
                    state.reject(file)
                })
                .await?;
                Ok(done("the rules in force stay as they are"))
            }
            RulesFileStep::PutPolicyInForce { policy } => {
                self.change_policy(attempt, deploy, connected, |state| {
                    state.put_in_force(policy, &run.id, self.now())
                })
                .await?;
                Ok(done("the policy is in force"))
            }
            RulesFileStep::RejectPolicy { policy } => {
                self.change_policy(attempt, deploy, connected, |state| state.reject(policy, &run.id)).await?;
                Ok(done("the policy in force stays as it is"))
            }
            // `wait_for_rules` let it come here.
            RulesFileStep::Await { .. } => Ok(done("the rules file is in force")),
        }
    }

    /// Commits what `decide` makes of the deployment's rules. The deployment's channel is told of a file that
    /// came into force, or that of the first approval of `run` if it has none. Error: the file is not
    /// proposed any more, or was rejected.
    async fn change_rules(
        &self,
        attempt: &Attempt,
        deploy: &Deploy,
        (connected, run): (&Connected, &Run),
        file: &str,
        decide: impl Fn(&RulesInForce) -> Result<RulesInForce, Refusal>,
    ) -> Tried<()> {
        let effect = &attempt.effect;
        let refused = Cell::new(None);
        self.commit_newest(effect, async || {
            let Some(state) = self.store.rules_in_force(&deploy.deployment).await? else {
                refused.set(Some(Refusal::NotProposed));
                return Ok(None);
            };
            let next = match decide(&state) {
                Ok(next) => next,
                Err(refusal) => {
                    refused.set(Some(refusal));
                    return Ok(None);
                }
            };
            refused.set(None);
            let (mut effects, mut events) = (Vec::new(), Vec::new());
            if next.in_force.file.id == file {
                let in_force = &next.in_force;
                let why = in_force.how.to_string();
                let page = format!("{}/deployments/{}", self.public_url, deploy.deployment);
                let channel = connected.connection().and_then(|connection| connection.channel.clone());
                let channel = channel.or_else(|| run.first_asked().map(|asked| asked.channel.clone()));
                let text = message::rules_now_in_force(deploy, &in_force.file.hash, &page, &why);
                effects.extend(channel.map(|channel| EffectKind::TellChannel { channel, text }));
                let (path, hash) = (in_force.file.path.clone(), in_force.file.hash.clone());
                events.push(EventKind::RulesInForce { path, hash, why });
            }
            let change = Change::to(&deploy.id, self.now()).rules(next);
            Ok(Some(change.and(&format!("rules file {}", effect.id), effects, events)))
        })
        .await?;
        let gone = "the default branch has another rules file by now: this one is not proposed any more";
        Ok(ended(refused.get(), attempt, REJECTED, gone)?)
    }

    /// True if the step of `run` that waits for the rules file with the id `file` has to wait on. It need not
    /// if the file came into force after the run was opened, even if another one is in force by now. Error:
    /// the file won't come into force.
    pub(crate) async fn waits_for_rules(&self, deploy: &Deploy, run: &Run, file: &str) -> Tried<bool> {
        let state = self.store.rules_in_force(&deploy.deployment).await?;
        if state.as_ref().is_some_and(|state| state.was_in_force_after(file, run.opened_at)) {
            return Ok(false);
        }
        let proposed = state.as_ref().map_or(Err(Refusal::NotProposed), |state| state.proposed(file));
        match proposed {
            Ok(_) => Ok(true),
            Err(Refusal::Repeated) => Ok(false),
            Err(Refusal::Rejected) => Err(Failure::Permanent(REJECTED.to_owned()).into()),
            Err(Refusal::NotProposed) => {
                let gone =
                    "the proposed rules file did not come into force: the default branch has another one";
                Err(Failure::Permanent(gone.to_owned()).into())
            }
        }
    }

    /// Refuses to go on where the step of `effect` waited for a rules file and `deploy` was overtaken
    /// meanwhile: the votes of `run` are about what stood there then. A newer deploy overtakes it where an
    /// approval of it supersedes.
    ///
    /// # Errors
    ///
    /// [`Failure::Permanent`] that says what overtook it.
    pub(crate) async fn unless_newer_came(&self, effect: &Effect, deploy: &Deploy, run: &Run) -> Tried<()> {
        if effect.not_before < effect.created_at + SHORTEST_WAIT {
            return Ok(());
        }
        let environment = &deploy.environment;
        let supersedes = run.steps.iter().any(|step| match &step.action {
            Action::SlackChannelApproval(spec) => spec.supersede,
            _ => false,
        });
        let overtaken = match self.rolled_back_by(deploy).await? {
            Some(by) => Some(format!("{} rolled {environment} back", by.title)),
            None if !supersedes => None,
            None => {
                let after = self.store.after(deploy).await?;
                after.overtook().map(|_| format!("a newer deploy came to {environment}"))
            }
        };
        match overtaken {
            Some(what) => Err(Failure::Permanent(format!(
                "nothing was done: {what} while this waited for the rules file"
            ))
            .into()),
            None => Ok(()),
        }
    }

    /// Has the step wait on for its rules file: the clock sends its effect again, at most a quarter of an
    /// hour later.
    pub(crate) async fn wait_for_rules(&self, attempt: &Attempt, run: &RunId, step: usize) -> Tried<()> {
        let reason = "It waits until the proposed rules file is in force.".to_owned();
        let after = kept_waiting(attempt, self.now(), reason.clone());
        self.advance(&attempt.effect, &after, run, step, run::Command::Retry { reason }).await
    }
}

/// The effect of `attempt`, which waits for `reason`: the clock sends it again, after a minute at first and
/// at most a quarter of an hour later.
pub(crate) fn kept_waiting(attempt: &Attempt, now: Timestamp, reason: String) -> Effect {
    let waited = now.duration_since(attempt.effect.created_at);
    let wait = (waited / 4).clamp(SHORTEST_WAIT, SignedDuration::from_mins(15));
    let after = attempt.postponed(now, wait, reason);
    // Waiting is no failure: it is never given up, and its tries count from the end of it.
    let first_due = Some(after.not_before);
    Effect { attempts: 1, spared: 0, waits_since: None, first_due, ..after }
}

/// The end of a step of `attempt` that decided about a proposal. What is done already, an earlier attempt
/// did.
///
/// # Errors
/// The proposal was rejected, or is not there any more: `rejected` or `gone` say so.
pub(super) fn ended(
    refused: Option<Refusal>,
    attempt: &Attempt,
    rejected: &str,
    gone: &str,
) -> Result<(), Failure> {
    match refused {
        None | Some(Refusal::Repeated) => Ok(()),
        Some(Refusal::Rejected) if attempt.lost => Ok(()),
        Some(Refusal::Rejected) => Err(Failure::Permanent(rejected.to_owned())),
        Some(Refusal::NotProposed) => Err(Failure::Permanent(gone.to_owned())),
    }
}

/// Checks that the dialog of `run` is about the proposal of `state`, and that it has the file `file` (an id).
///
/// # Errors
/// The file is not proposed, or another run asks about it by now.
fn asked_by(state: &RulesInForce, file: &str, run: &Run) -> Result<(), Refusal> {
    match state.proposed(file)?.run == run.id {
        true => Ok(()),
        false => Err(Refusal::NotProposed),
    }
}

fn done(summary: &str) -> Done {
    Done { summary: format!("{summary}."), url: None }
}
