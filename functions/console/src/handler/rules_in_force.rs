//! Accepting a proposed rules file whose dialog can't be completed.

use super::{Call, Console, refusals};
use crate::address::parameters::parameter;
use crate::address::routes::ErrorFormat;
use crate::answer::Answer;
use signoff_core::action::Action;
use signoff_core::approval::{Approval, Closed, Standing as AccountStanding, Status, Successor};
use signoff_core::effect::{Effect, EffectKind};
use signoff_core::event::EventKind;
use signoff_core::id::ApprovalId;
use signoff_core::message::{self, LONGEST_REASON, shorten};
use signoff_core::people::{Handle, Nobody, Standing, Statement};
use signoff_core::rules_in_force::{How, Proposal, Refusal};
use signoff_core::run::{Run, StepState};
use signoff_core::shares::{Changes, Maker};
use signoff_providers::Failure;
use signoff_providers::slack::client::Profile;
use signoff_store::{Change, CommitError, Page, StoreError};

/// Longest part of a maker's name that is shown, in characters.
const NAME: usize = 100;
const UNREAD: &str = "who made it could not be read whole, or no account stands for some of it. Put the file in force back onto \
                      the default branch, deploy, and change it again.";
const OWN_WORD: &str = "you said on the page People who somebody of them is, and nobody else confirmed it.";
const MAP: &str = "Say on the page People who that is.";
const NOT_NOW: &str =
    "Signoff can\u{2019}t look you up in Slack right now. Nothing was changed. Try again in a moment.";

impl Console {
    /// Puts a proposed rules file in force whose dialog can't be completed: 3 GetItem, 1 Query, 1
    /// BatchGetItem and 1 write. The deployment's channel is told, or that of the first approval of the
    /// proposal if it has none.
    pub(super) async fn accept_rules(&self, call: &Call<'_>) -> Result<Answer, Answer> {
        let deployment = call.deployment()?;
        // A key is nobody of whom one could say that they made none of it.
        let member = call.member()?;
        let unreadable = |error: StoreError| refusals::unreadable(&error, ErrorFormat::Page, call.id, None);
        let file = parameter(&call.form, "file").unwrap_or_default();
        let reason = parameter(&call.form, "reason").unwrap_or_default().trim().to_owned();
        if reason.is_empty() || reason.chars().count() > LONGEST_REASON {
            return Err(refusals::bad_form("reason"));
        }
        let state = self.store.rules_in_force(&deployment).await.map_err(unreadable)?;
        let state = state.ok_or_else(|| refusals::no_deployment(ErrorFormat::Page))?;
        let proposal = state.proposed(&file).map_err(|refusal| refusals::rules_not_accepted(why(refusal)))?;
        let page = self.store.page(&proposal.deploy).await.map_err(unreadable)?;
        let page = page.ok_or_else(|| refusals::no_deployment(ErrorFormat::Page))?;
        let Some((run, step)) = stuck(&page, proposal) else {
            return Err(refusals::rules_not_accepted(
                "The votes on this rules file decide: its dialog was not found impossible to complete. Nothing was changed. If the \
                 dialog\u{2019}s channel was archived, change the file on the default branch again and deploy: the new dialog can\u{2019}t \
                 be shown, and you can accept the file then.",
            ));
        };
        if let Some(name) = still_to_ask(run, step) {
            return Err(refusals::rules_not_accepted(&format!(
                "\u{201c}{name}\u{201d} was not asked yet, and nobody can accept the file for its voters. Nothing was changed. Put the file in \
                 force back onto the default branch, deploy, and make the change in parts."
            )));
        }
        match self.hand_in(call, proposal, &member.id).await? {
            Hand::None => {}
            Hand::Own => {
                return Err(refusals::rules_not_accepted(
                    "You made some of this rules file. Another admin has to accept it. Nothing was changed.",
                ));
            }
            Hand::Unknown(why) => {
                return Err(refusals::rules_not_accepted(&format!(
                    "Nobody can tell whether you made some of this rules file: {why} Nothing was changed."
                )));
            }
        }
        let how = How::Accepted { by: member.id.clone(), name: member.name.clone(), reason };
        let why_in_force = how.to_string();
        let next = state.put_in_force(&file, how, call.now);
        let next = next.map_err(|refusal| refusals::rules_not_accepted(why(refusal)))?;
        let connected = self.connections.of(&self.store, &deployment).await.map_err(unreadable)?;
        let channel = connected.connection().and_then(|connection| connection.channel.clone());
        let channel = channel.or_else(|| run.first_asked().map(|asked| asked.channel.clone()));
        // A dialog about a file in force that can't be read has none where the deployment has none.
        let channel = channel.filter(|channel| !channel.is_empty());
        let address = self.site.deployment_url(&deployment);
        let (path, hash) = (next.in_force.file.path.clone(), next.in_force.file.hash.clone());
        let text = message::rules_now_in_force(&page.deploy, &hash, &address, &why_in_force);
        let mut effects: Vec<_> =
            channel.map(|channel| EffectKind::TellChannel { channel, text }).into_iter().collect();
        let title = format!("{}\u{2019}s acceptance of the file", member.name);
        effects.push(EffectKind::Supersede {
            deploy: proposal.deploy.clone(),
            run: proposal.run.clone(),
            by: Successor { deploy: proposal.deploy.clone(), title, url: address },
        });
        let event = EventKind::RulesInForce { path, hash, why: why_in_force };
        let change = Change::to(&proposal.deploy, call.now).rules(next);
        let change = change.and(&format!("rules file {file} accepted"), effects, vec![event]);
        match self.store.commit(change).await {
            Ok(()) => {
                tracing::info!(request_id = call.id, %deployment, file, by = member.id, "a rules file was accepted");
                Ok(Answer::see_other(format!("/deployments/{deployment}#rules")))
            }
            Err(CommitError::Conflict) => Err(refusals::rules_not_accepted(
                "The rules of this deployment have changed in the meantime. Nothing was changed. Reload the page.",
            )),
            Err(CommitError::Store(error)) => {
                tracing::error!(request_id = call.id, %deployment, %error, "a rules file was not accepted");
                Err(refusals::not_recorded(call.id))
            }
        }
    }

    /// The hand that the member `id` had in `proposal`, by account and by address: 1 GetItem, 1 BatchGetItem
    /// for each 100 accounts and addresses, and 1 request to Slack for each address.
    async fn hand_in(&self, call: &Call<'_>, proposal: &Proposal, id: &str) -> Result<Hand, Answer> {
        let unreadable = |error: StoreError| refusals::unreadable(&error, ErrorFormat::Page, call.id, None);
        let first = ApprovalId::derive(&proposal.run, 0);
        let read = self.store.range(&proposal.deploy, &first).await.map_err(unreadable)?;
        let is_whole = |read: &Changes| read.missing.is_empty() && read.unvouched.count == 0;
        let read = read.filter(|read| is_whole(read) && proposal.revision.as_deref() == Some(&read.head));
        let Some(read) = read else { return Ok(Hand::Unknown(UNREAD.to_owned())) };
        let handles: Vec<Vec<Handle>> = read.makers.iter().map(Maker::handles).collect();
        let listed = self.store.people_of(&handles.concat()).await.map_err(unreadable)?;
        let mut is_own = false;
        for (maker, handles) in read.makers.iter().zip(&handles) {
            let by_address = self.by_address(call, handles).await;
            let accounts = by_address.map_err(|_| refusals::rules_not_accepted(NOT_NOW))?;
            // Somebody with a guest account may have another one here.
            let mut is_known = accounts.iter().any(|account| account.standing() == AccountStanding::Member);
            let mut members: Vec<String> = accounts.into_iter().map(|account| account.id).collect();
            let is_address = |handle: &Handle| matches!(handle, Handle::Email { .. });
            let has_account = handles.iter().any(|handle| !is_address(handle));
            for entry in handles.iter().filter_map(|handle| listed.get(handle)) {
                let statements = entry.counts.iter().chain(&entry.waits);
                if statements.filter_map(Statement::only_by).any(|by| by == id) {
                    return Ok(Hand::Unknown(OWN_WORD.to_owned()));
                }
                match entry.standing() {
                    Standing::Member { id } => {
                        is_known |= !entry.handle.stands_for_people();
                        members.push(id.to_owned());
                    }
                    Standing::NobodyHere { kind: Nobody::Bot } => is_known |= maker.is_signed_bot,
                    // An address says nothing of the account that it belongs to; nor does a program of
                    // whoever had it do its work.
                    Standing::NobodyHere { .. } => {
                        let is_of_another = has_account && is_address(&entry.handle);
                        is_known |= !is_of_another && !maker.is_program_at_work();
                    }
                    Standing::Unknown { kept } => members.extend(kept.map(str::to_owned)),
                }
            }
            is_own |= members.iter().any(|member| member == id);
            if !is_known && (maker.account.is_some() || maker.is_untold) {
                let name = shorten(&maker.name, NAME);
                return Ok(Hand::Unknown(format!("{name} made it and is not found in Slack. {MAP}")));
            }
        }
        Ok(if is_own { Hand::Own } else { Hand::None })
    }

    /// The Slack accounts that have one of the addresses among `handles`.
    async fn by_address(&self, call: &Call<'_>, handles: &[Handle]) -> Result<Vec<Profile>, Failure> {
        let app = self.members.app(call.now).await;
        let app = app.ok().flatten().ok_or_else(|| Failure::retryable("no Slack app".to_owned()))?;
        let slack = self.members.slack(&app).await?;
        let mut members = Vec::new();
        for handle in handles.iter().filter(|handle| !handle.is_noreply()) {
            if let Handle::Email { address } = handle {
                members.extend(slack.user_by_email(address).await?);
            }
        }
        Ok(members)
    }
}

/// The hand that a member had in a proposed file.
enum Hand {
    /// None.
    None,
    /// They made some of it.
    Own,
    /// Nobody can tell; the reason, and what to do, in sentences.
    Unknown(String),
}

/// The run about `proposal` and its step whose dialog can't be completed: it could not be opened, and nobody
/// decided or cancelled it; or it is blocked; or its channel does not take it.
fn stuck<'p>(page: &'p Page, proposal: &Proposal) -> Option<(&'p Run, usize)> {
    let run = page.runs.iter().find(|run| run.id == proposal.run)?;
    let opened = page.approvals.iter().filter(|approval| approval.run == run.id);
    let is_blocked =
        |approval: &&Approval| approval.status.is_open() && !approval.electorate.blocked.is_empty();
    let failed = |step: &usize| {
        let has_failed =
            run.steps.get(*step).is_some_and(|asked| matches!(asked.state, StepState::Failed { .. }));
        has_failed && run.asks(*step).is_some() && !opened.clone().any(|approval| approval.step == *step)
    };
    let is_unseen = |approval: &&Approval| is_unseen(page, approval);
    let blocked = opened.clone().find(|approval| is_blocked(approval) || is_unseen(approval));
    let blocked = blocked.map(|approval| approval.step);
    blocked.or_else(|| (0..run.steps.len()).find(failed)).map(|step| (run, step))
}

/// True if people were told that the dialog of `approval` can't be shown, which is still so; or if Signoff
/// cancelled it because it never was.
fn is_unseen(page: &Page, approval: &Approval) -> bool {
    let told: Vec<&str> = page
        .events
        .iter()
        .filter_map(|event| match &event.kind {
            EventKind::NotTold { channel, reason } if *channel == approval.channel => Some(reason.as_str()),
            _ => None,
        })
        .collect();
    let draws = |effect: &&Effect| matches!(&effect.kind, EffectKind::DrawDialog { approval: drawn } if *drawn == approval.id);
    let still = |effect: &Effect| {
        !effect.is_closed() && effect.note.as_deref().is_some_and(|note| told.contains(&note))
    };
    match &approval.status {
        Status::Closed(Closed::Cancelled { by: None, .. }) => approval.dialog.is_none() && !told.is_empty(),
        status => status.is_open() && page.effects.iter().filter(draws).any(still),
    }
}

/// The first approval that `run` asks for after step number `step`: an acceptance stands for nobody who was
/// not asked.
fn still_to_ask(run: &Run, step: usize) -> Option<&str> {
    run.steps.iter().skip(step.saturating_add(1)).find_map(|later| match &later.action {
        Action::SlackChannelApproval(spec) => Some(spec.name.as_str()),
        _ => None,
    })
}

fn why(refusal: Refusal) -> &'static str {
    match refusal {
        Refusal::Repeated => "This rules file is already in force.",
        Refusal::NotProposed => "The default branch now has another rules file. Reload the page.",
        Refusal::Rejected => "The voters rejected this rules file. Change the file to ask again.",
    }
}
