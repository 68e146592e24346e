//! Break-glass: who may, whoever did is looked up once more, everybody is told, and the review is reminded of
//! until it is done.

use crate::confirm::account;
use crate::effect_error::Tried;
use crate::electorate::each_once;
use crate::handler::ActionExecution;
use crate::judge::{Asked, Judgement};
use crate::late_base::LateBase;
use crate::policy::{Basing, Binding, judged};
use signoff_core::action::Action;
use signoff_core::approval::{Approval, BreakerCheck, Breakers, Hands, REVIEW_WITHIN, next_reminder};
use signoff_core::effect::{EffectState, MAX_ATTEMPTS};
use signoff_core::event::EventKind;
use signoff_core::id::{ApprovalId, DeployId};
use signoff_core::message::{self, Message};
use signoff_providers::Failure;
use signoff_providers::slack::client::Slack;
use signoff_rules::policy::BreakGlass;
use signoff_runtime::batch::Handled;
use signoff_runtime::effects::Attempt;
use signoff_store::Change;

impl ActionExecution {
    /// The people who may break the glass of what `asked` asks; `None`: it has no glass. The policy in force
    /// names them, or without one the rule in force: no broken glass brings a proposed rules file or policy
    /// into force. Where the policy is not known, nobody may.
    ///
    /// Errors: Slack can't be asked now.
    pub(crate) async fn breakers(
        &self,
        slack: &Slack,
        asked: &Asked<'_>,
        binding: &Binding,
    ) -> Tried<Option<Breakers>> {
        if !asked.run.is_in_force() {
            return Ok(None);
        }
        let (named, review_within, by_policy) = match binding {
            Binding::Nothing => (asked.spec.break_glass.clone(), REVIEW_WITHIN, false),
            // A glass that was broken is not struck because the policy can't be read now.
            Binding::Unknown(why) if asked.shown.is_some_and(|shown| shown.glass.broken.is_some()) => {
                return Err(Failure::retryable(why.clone()).into());
            }
            Binding::Unknown(_) => return Ok(None),
            Binding::Policy(policy) => {
                let (actions, before) = (asked.run.actions(), self.runs_before(asked.run).await?);
                let before: Vec<_> =
                    before.iter().map(|run| (run.actions(), run.promotes_to.as_deref())).collect();
                let judged = judged(asked.run, &actions, &before);
                let names = self.bound_as(policy, asked.deploy).await?;
                let BreakGlass { people, review_within } = names.break_glass(policy, &judged);
                (people, review_within, true)
            }
        };
        if named.is_empty() {
            return Ok(None);
        }
        let people = each_once(self.resolve(slack, &named).await?.people);
        self.forget(&named).await;
        Ok(Some(Breakers { people, review_within: review_within.as_secs(), by_policy }))
    }

    /// The look at whoever broke the glass of `approval`, and at who made the change; `None`: it is whole.
    pub(crate) async fn check_breaker(
        &self,
        slack: &Slack,
        approval: &Approval,
        judgement: &Judgement,
    ) -> Tried<Option<BreakerCheck>> {
        let Some(broken) = &approval.glass.broken else { return Ok(None) };
        let verdict = account(slack, approval, &broken.by).await?;
        let hands = self.hands(slack, approval, judgement).await?;
        Ok(Some(BreakerCheck { by: broken.by.clone(), verdict, hands }))
    }

    /// Everybody with a hand in what `approval` lets through, also where its rule lets makers vote.
    async fn hands(&self, slack: &Slack, approval: &Approval, judgement: &Judgement) -> Tried<Hands> {
        let found = self.store.deploy_and_run(&approval.deploy, &approval.run).await?;
        let Some((deploy, run)) = found else { return Ok(Hands { members: Vec::new(), may_lack: true }) };
        let four_eyes = match run.steps.get(approval.step).map(|step| &step.action) {
            Some(Action::SlackChannelApproval(spec)) => !spec.self_approval,
            _ => false,
        };
        let start = judgement.base.start_of(four_eyes, &run.revision);
        let kept = match (start, &judgement.read) {
            (None, _) => None,
            (Some(_), Some(read)) => Some(read.clone()),
            (Some(_), None) => self.store.range(&deploy.id, &approval.id).await?,
        };
        let since = start.map(|start| start.revision.as_str());
        let (ends, let_through) = ((since, run.revision.as_str()), (&judgement.base, four_eyes));
        let mut hands = self.hands_since(slack, &deploy, ends, let_through, kept).await?;
        // Without a base the deploy's own commits are what is judged, but for four eyes, which judge all of
        // them.
        hands.may_lack |= four_eyes && start.is_none();
        hands.members.extend(start.and_then(|start| start.set_by.clone()));
        hands.members = each_once(hands.members);
        Ok(hands)
    }

    /// True if the approval may set a base once it is reviewed: it asks by the rules in force, and the policy
    /// keeps nothing of its run back.
    async fn reviewed_sets_base(&self, deploy: &DeployId, id: &ApprovalId) -> Tried<bool> {
        let Some(approval) = self.store.approval(deploy, id).await? else { return Ok(false) };
        let found = self.store.deploy_and_run(deploy, &approval.run).await?;
        let Some((deploy, run)) = found.filter(|(_, run)| run.is_in_force()) else { return Ok(false) };
        if let Binding::Unknown(why) = self.policy().await? {
            return Err(Failure::retryable(why).into());
        }
        Ok(matches!(self.policy_on_base(&deploy, &run).await?, Basing::Always))
    }

    /// Tells everybody in the channel that somebody broke the glass. That is a message of its own: Slack
    /// notifies nobody of a mention of the channel in a thread.
    pub(crate) async fn tell_glass_broken(&self, attempt: &Attempt, id: &ApprovalId) -> Tried<()> {
        let effect = &attempt.effect;
        let Some(approval) = self.store.approval(&effect.deploy, id).await? else {
            return self.done(effect).await;
        };
        let Some(Message { text, blocks }) = message::glass_broken(&approval) else {
            return self.done(effect).await;
        };
        let channel = approval.dialog.as_ref().map_or(&approval.channel, |dialog| &dialog.channel);
        self.post_once(attempt, channel, None, &text, &blocks, effect.id.as_str()).await?;
        self.done(effect).await
    }

    /// Says in the dialog's thread that a review is owed, and does so again a day later, until it is done.
    pub(crate) async fn remind_review(&self, attempt: &Attempt, id: &ApprovalId, round: u32) -> Tried<()> {
        let effect = &attempt.effect;
        let Some(approval) = self.store.approval(&effect.deploy, id).await? else {
            return self.done(effect).await;
        };
        let Some(Message { text, blocks }) = message::review_reminder(&approval) else {
            return self.done(effect).await;
        };
        let (channel, thread) = match &approval.dialog {
            Some(dialog) => (dialog.channel.as_str(), Some(dialog.ts.as_str())),
            None => (approval.channel.as_str(), None),
        };
        self.post_once(attempt, channel, thread, &text, &blocks, effect.id.as_str()).await?;
        let now = self.now();
        let next = next_reminder(&approval, round, now);
        let change = Change::to(&effect.deploy, now).done(effect);
        self.store.commit(change.later(&format!("reminder after {}", effect.id), next.kind, next.at)).await?;
        Ok(())
    }

    /// A reminder that could not be posted is put on record, and the next one comes a day later all the same.
    pub(crate) async fn settle_reminding(
        &self,
        attempt: &Attempt,
        id: &ApprovalId,
        round: u32,
        failure: Failure,
    ) -> Tried<Handled> {
        let effect = &attempt.effect;
        let approval = self.store.approval(&effect.deploy, id).await?;
        let owed = approval.filter(|approval| approval.owed_review().is_some());
        let passes = failure.is_passing() && effect.tries() < MAX_ATTEMPTS;
        let Some(approval) = owed.filter(|_| !passes) else {
            return self.settle_telling(attempt, "the dialog's thread", failure).await;
        };
        let elsewhere = match failure.is_passing() {
            true => Vec::new(),
            false => self.told_elsewhere(attempt).await?,
        };
        let (now, reason) = (self.now(), failure.to_string());
        let next = next_reminder(&approval, round, now);
        let event = EventKind::NotTold { channel: approval.channel, reason: reason.clone() };
        let change = Change::to(&effect.deploy, now)
            .effect(effect, effect.closed(EffectState::Failed, Some(reason)))
            .and(effect.id.as_str(), elsewhere, vec![event])
            .later(&format!("reminder after {}", effect.id), next.kind, next.at);
        self.store.commit(change).await?;
        Ok(Handled::Done)
    }

    /// Lets what went ahead by a broken glass count as approved, now that it was reviewed: the next range
    /// starts there, unless something was let through to its place since.
    pub(crate) async fn settle_review(&self, attempt: &Attempt, id: &ApprovalId) -> Tried<()> {
        let effect = &attempt.effect;
        let sets_base = self.reviewed_sets_base(&effect.deploy, id).await?;
        self.commit_newest(effect, async || {
            let now = self.now();
            let change = Change::to(&effect.deploy, now).done(effect);
            let approval = self.store.approval(&effect.deploy, id).await?;
            let reviewed = approval.filter(|approval| approval.owed_review().is_none());
            let Some(approval) = reviewed else { return Ok(Some(change)) };
            let found = self.store.deploy_and_run(&approval.deploy, &approval.run).await?;
            let Some((deploy, run)) = found else { return Ok(Some(change)) };
            let owed = self.store.owed_reviews(&deploy.deployment).await?.without(id);
            let change = change.owed_reviews(owed);
            let moved = match sets_base {
                true => self.late_base(&deploy, &run, &approval, now).await?,
                false => None,
            };
            let Some(LateBase { next, others }) = moved else { return Ok(Some(change)) };
            let owner = format!("base moved by the review of {id}");
            Ok(Some(change.base(next).and(&owner, others, Vec::new())))
        })
        .await
    }
}
