//! Signoff's own steps about a proposed rules file, or a proposed policy: put it in force, keep it out, or wait for it.

use super::Done;
use crate::handler::ActionExecution;
use crate::people::{Known, Makers};
use crate::trouble::Trouble;
use approval::action::RulesFileStep;
use approval::deploy::{Deploy, RulesChange};
use approval::effect::{Effect, EffectKind};
use approval::event::EventKind;
use approval::id::RunId;
use approval::message;
use approval::rules_in_force::{How, Refusal, RulesInForce};
use approval::run::{self, Run};
use jiff::SignedDuration;
use providers::Failure;
use runtime::connections::Connected;
use runtime::effects::Attempt;
use std::borrow::Cow;
use std::cell::Cell;
use store::Change;

impl ActionExecution {
    pub(super) async fn rules_file(
        &self,
        attempt: &Attempt,
        deploy: &Deploy,
        connected: &Connected,
        run: &Run,
        step: &RulesFileStep,
    ) -> Result<Done, Trouble> {
        match step {
            RulesFileStep::PutInForce { file } => {
                self.change_rules(attempt, deploy, connected, file, |state| {
                    let proposal = state.proposed(file)?;
                    if proposal.run != run.id {
                        return Err(Refusal::NotProposed);
                    }
                    state.put_in_force(file, How::Approved { deploy: deploy.id.clone() }, self.now())
                })
                .await?;
                Ok(done("the rules file is in force for the next deploys"))
            }
            RulesFileStep::Reject { file } => {
                self.change_rules(attempt, deploy, connected, file, |state| state.reject(file)).await?;
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

    /// Commits what `decide` makes of the deployment's rules; a file that came into force is told. Error: the file is not
    /// proposed any more, or was rejected.
    async fn change_rules(
        &self,
        attempt: &Attempt,
        deploy: &Deploy,
        connected: &Connected,
        file: &str,
        decide: impl Fn(&RulesInForce) -> Result<RulesInForce, Refusal>,
    ) -> Result<(), Trouble> {
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
                let text = message::rules_now_in_force(deploy, &in_force.file.hash, &page, &why);
                effects.extend(channel.map(|channel| EffectKind::TellChannel { channel, text }));
                let (path, hash) = (in_force.file.path.clone(), in_force.file.hash.clone());
                events.push(EventKind::RulesInForce { path, hash, why });
            }
            let change = Change::to(&deploy.id, self.now()).rules(next);
            Ok(Some(change.and(&format!("rules file {}", effect.id), effects, events)))
        })
        .await?;
        match refused.get() {
            // An earlier attempt did it.
            None | Some(Refusal::Repeated) => Ok(()),
            Some(Refusal::Rejected) if attempt.lost => Ok(()),
            Some(Refusal::Rejected) => {
                Err(Failure::Permanent("the proposed rules file was rejected".to_owned()).into())
            }
            Some(Refusal::NotProposed) => {
                let gone =
                    "the default branch has another rules file by now: this one is not proposed any more";
                Err(Failure::Permanent(gone.to_owned()).into())
            }
        }
    }

    /// Whether the step that waits for the rules file with the id `file` has to wait on. Error: it won't come into force.
    pub(crate) async fn waits_for_rules(&self, deploy: &Deploy, file: &str) -> Result<bool, Trouble> {
        let state = self.store.rules_in_force(&deploy.deployment).await?;
        let proposed = state.as_ref().map_or(Err(Refusal::NotProposed), |state| state.proposed(file));
        match proposed {
            Ok(_) => Ok(true),
            Err(Refusal::Repeated) => Ok(false),
            Err(Refusal::Rejected) => {
                Err(Failure::Permanent("the proposed rules file was rejected".to_owned()).into())
            }
            Err(Refusal::NotProposed) => {
                let gone =
                    "the proposed rules file did not come into force: the default branch has another one";
                Err(Failure::Permanent(gone.to_owned()).into())
            }
        }
    }

    /// Has the step wait on for its rules file: the clock sends its effect again, at most a quarter of an hour later.
    pub(crate) async fn wait_for_rules(
        &self,
        attempt: &Attempt,
        run: &RunId,
        step: usize,
    ) -> Result<(), Trouble> {
        let (effect, now) = (&attempt.effect, self.now());
        let waited = now.duration_since(effect.created_at);
        let wait = (waited / 4).clamp(SignedDuration::from_mins(1), SignedDuration::from_mins(15));
        let reason = "It waits until the proposed rules file is in force.".to_owned();
        // Waiting is no failure: it is never given up.
        let after = Effect { attempts: 1, ..attempt.postponed(now, wait, reason.clone()) };
        self.advance(effect, &after, run, step, run::Command::Retry { reason }).await
    }

    /// The members who made a proposed rules file, which is what `deploy` stands for. Error: one of its makers is not found.
    pub(crate) fn makers_of_file(&self, deploy: &Deploy, makers: &Makers) -> Result<Vec<String>, Failure> {
        let mut ids = Vec::new();
        for maker in deploy.makers() {
            let found = makers.get(maker);
            ids.extend(found.unconfirmed_by);
            ids.extend(found.members.into_iter().map(|member| member.id));
            match found.known {
                Known::Member | Known::NobodyHere => {}
                Known::Bot | Known::NotFound => {
                    let name =
                        if maker.name.is_empty() { maker.username.as_deref() } else { Some(&*maker.name) };
                    let name = name.or(maker.email.as_deref()).unwrap_or("somebody");
                    return Err(Failure::Permanent(blocked(&format!("{name} can't be found in Slack"))));
                }
            }
        }
        ids.sort();
        ids.dedup();
        Ok(ids)
    }

    /// The deploy whose makers an approval of `run` goes by: of a run that asks about a proposed rules file, the makers are
    /// those of the file; of one that asks about a proposed policy, there are none. Error: the rule of the approval keeps them from voting, and they are not known.
    pub(crate) async fn made_by<'d>(
        &self,
        deploy: &'d Deploy,
        run: &Run,
        self_approval: bool,
    ) -> Result<Cow<'d, Deploy>, Trouble> {
        if run.proposes_policy().is_some() {
            // What is asked is the policy: the deploy only brought it to light.
            return Ok(Cow::Owned(Deploy {
                commits: Vec::new(),
                pull_requests: Vec::new(),
                deployer: None,
                reading: Default::default(),
                rules_change: RulesChange::No,
                ..deploy.clone()
            }));
        }
        let Some(file) = run.proposes() else { return Ok(Cow::Borrowed(deploy)) };
        let state = self.store.rules_in_force(&deploy.deployment).await?;
        let Some(Ok(proposal)) = state.as_ref().map(|state| state.proposed(file)) else {
            let gone = "the default branch has another rules file by now";
            return Err(Failure::Permanent(gone.to_owned()).into());
        };
        if let Some(why) = proposal.makers.unknown.as_ref().filter(|_| !self_approval) {
            return Err(Failure::Permanent(blocked(why)).into());
        }
        Ok(Cow::Owned(proposal.as_change_of(deploy)))
    }
}

/// Why a dialog can't be completed whose rule keeps makers from voting, and what to do.
fn blocked(why: &str) -> String {
    format!(
        "who made the rules file can't vote on it, and who that is can't be told: {why}. An admin who made none of it can accept \
         the file on the deployment's page"
    )
}

fn done(summary: &str) -> Done {
    Done { summary: format!("{summary}."), url: None }
}
