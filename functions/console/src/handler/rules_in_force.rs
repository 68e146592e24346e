//! Accepting a proposed rules file whose dialog can't be completed.

use super::{Call, Console, refusals};
use crate::address::parameters::parameter;
use crate::address::routes::Face;
use crate::answer::Answer;
use approval::effect::EffectKind;
use approval::event::EventKind;
use approval::message::{self, LONGEST_REASON};
use approval::rules_in_force::{How, Proposal, Refusal};
use approval::run::{Run, StepState};
use providers::Failure;
use store::{Change, CommitError, Page, StoreError};

const NOT_NOW: &str =
    "Slack can\u{2019}t be asked now who you are. Nothing was changed. Try again in a moment.";

impl Console {
    /// Puts a proposed rules file in force whose dialog can't be completed: 2 GetItem, 1 Query and 1 write. The channel is told.
    pub(super) async fn accept_rules(&self, call: &Call<'_>) -> Result<Answer, Answer> {
        let deployment = call.deployment()?;
        // A key is nobody of whom one could say that they made none of it.
        let member = call.member()?;
        let unreadable = |error: StoreError| refusals::unreadable(&error, Face::Page, call.id, None);
        let file = parameter(&call.form, "file").unwrap_or_default();
        let reason = parameter(&call.form, "reason").unwrap_or_default().trim().to_owned();
        if reason.is_empty() || reason.chars().count() > LONGEST_REASON {
            return Err(refusals::bad_form("reason"));
        }
        let state = self.store.rules_in_force(&deployment).await.map_err(unreadable)?;
        let state = state.ok_or_else(|| refusals::no_deployment(Face::Page))?;
        let proposal = state.proposed(&file).map_err(|refusal| refusals::rules_not_accepted(why(refusal)))?;
        let page = self.store.page(&proposal.deploy).await.map_err(unreadable)?;
        let page = page.ok_or_else(|| refusals::no_deployment(Face::Page))?;
        if !is_stuck(&page, proposal) {
            return Err(refusals::rules_not_accepted(
                "The votes on this rules file decide: its dialog was not found impossible to complete. Nothing was changed.",
            ));
        }
        if self.made(call, proposal, &member.id).await.map_err(|_| refusals::rules_not_accepted(NOT_NOW))? {
            return Err(refusals::rules_not_accepted(
                "You made some of this rules file. Another admin has to accept it. Nothing was changed.",
            ));
        }
        let how = How::Accepted { by: member.id.clone(), name: member.name.clone(), reason };
        let why_in_force = how.to_string();
        let next = state.put_in_force(&file, how, call.now);
        let next = next.map_err(|refusal| refusals::rules_not_accepted(why(refusal)))?;
        let connected = self.connections.of(&self.store, &deployment).await.map_err(unreadable)?;
        let channel = connected.connection().and_then(|connection| connection.channel.clone());
        let address = self.site.deployment_url(&deployment);
        let (path, hash) = (next.in_force.file.path.clone(), next.in_force.file.hash.clone());
        let text = message::rules_now_in_force(&page.deploy, &hash, &address, &why_in_force);
        let tell = channel.map(|channel| EffectKind::TellChannel { channel, text });
        let event = EventKind::RulesInForce { path, hash, why: why_in_force };
        let change = Change::to(&proposal.deploy, call.now).rules(next);
        let change =
            change.and(&format!("rules file {file} accepted"), tell.into_iter().collect(), vec![event]);
        match self.store.commit(change).await {
            Ok(()) => {
                tracing::info!(request_id = call.id, %deployment, file, by = member.id, "a rules file was accepted");
                Ok(Answer::see_other(format!("/deployments/{deployment}#rules")))
            }
            Err(CommitError::Conflict) => Err(refusals::rules_not_accepted(
                "The rules of this deployment changed meanwhile. Nothing was changed. Load the page again.",
            )),
            Err(CommitError::Store(error)) => {
                tracing::error!(request_id = call.id, %deployment, %error, "a rules file was not accepted");
                Err(refusals::not_recorded(call.id))
            }
        }
    }

    /// Whether the member `id` is one of the makers of `proposal`, by their e-mail address.
    async fn made(&self, call: &Call<'_>, proposal: &Proposal, id: &str) -> Result<bool, Failure> {
        let app = self.members.app(call.now).await;
        let app = app.ok().flatten().ok_or_else(|| Failure::retryable("no Slack app".to_owned()))?;
        let slack = self.members.slack(&app).await?;
        let profile = slack.user(id).await?;
        let email = profile.and_then(|profile| profile.email);
        let email = email.ok_or_else(|| Failure::retryable("no e-mail address".to_owned()))?;
        let is_theirs = |maker: &Option<String>| {
            maker.as_ref().is_some_and(|maker| maker.to_lowercase() == email.to_lowercase())
        };
        Ok(proposal.makers.people.iter().any(|maker| is_theirs(&maker.email)))
    }
}

/// Whether the dialog of `proposal` can't be completed: it could not be opened, and nobody decided or cancelled it.
fn is_stuck(page: &Page, proposal: &Proposal) -> bool {
    let run = page.runs.iter().find(|run| run.id == proposal.run);
    run.is_some_and(|run: &Run| {
        let opened = page.approvals.iter().filter(|approval| approval.run == run.id);
        let failed = |(step, asked): (usize, &approval::run::Step)| {
            let has_failed = matches!(asked.state, StepState::Failed { .. });
            has_failed && run.asks(step).is_some() && !opened.clone().any(|approval| approval.step == step)
        };
        run.steps.iter().enumerate().any(failed)
    })
}

fn why(refusal: Refusal) -> &'static str {
    match refusal {
        Refusal::Repeated => "This rules file is in force already.",
        Refusal::NotProposed => "The default branch has another rules file by now. Load the page again.",
        Refusal::Rejected => {
            "The voters rejected this rules file. Change the file, and it is asked about anew."
        }
    }
}
