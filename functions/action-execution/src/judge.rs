//! The people who may vote on a range, judged when the approval opens, while it is blocked, and before the
//! first action.

use crate::effect_error::Tried;
use crate::handler::ActionExecution;
use crate::late_news::Again;
use crate::members::InSlack;
use crate::range::not_less;
use signoff_core::action::{Action, ApprovalSpec};
use signoff_core::approval::{
    Approval, Blocker, Command, Electorate, Successor, WithoutRange, wait_before_round,
};
use signoff_core::base::Base;
use signoff_core::deploy::Deploy;
use signoff_core::effect::{EffectKind, EffectState, MAX_ATTEMPTS, backoff};
use signoff_core::id::ApprovalId;
use signoff_core::range_files::RangeFiles;
use signoff_core::run::{Branch, Run, StepState};
use signoff_core::shares::Changes;
use signoff_providers::Failure;
use signoff_providers::slack::client::Slack;
use signoff_rules::place::place;
use signoff_runtime::batch::Handled;
use signoff_runtime::effects::Attempt;
use signoff_store::Change;

/// Result of judging an approval, with the input that it is based on.
pub(crate) struct Judgement {
    /// The people who may vote.
    pub(crate) electorate: Electorate,
    /// Record of the revisions let through to its place, as it was read.
    pub(crate) base: Base,
    /// The base of its range; `None`: there is none, or none is judged.
    pub(crate) start: Option<String>,
    /// The range, where it was read anew.
    pub(crate) read: Option<Changes>,
    /// `true`: its approval sets a base, if the policy lets it. It asks by the rules in force.
    pub(crate) sets_base: bool,
    /// The deploy that rolled this one back, where one did since the approval opened.
    pub(crate) rolled_back_by: Option<Successor>,
}

/// An approval that is open, judged anew.
pub(crate) struct Judged {
    /// Its range, and who may vote.
    pub(crate) judgement: Judgement,
    /// `true`: it asks for four eyes, or an earlier approval for the same place did.
    pub(crate) four_eyes: bool,
    /// Its deploy.
    pub(crate) deploy: Deploy,
    /// The run that waits for it.
    pub(crate) run: Run,
}

/// An approval that asks: its deploy, its run and its rule's words.
#[derive(Clone, Copy)]
pub(crate) struct Asked<'a> {
    /// The approval.
    pub(crate) id: &'a ApprovalId,
    /// The approval as the rule describes it.
    pub(crate) spec: &'a ApprovalSpec,
    /// The deploy.
    pub(crate) deploy: &'a Deploy,
    /// The run that waits for it.
    pub(crate) run: &'a Run,
    /// The step of the run.
    pub(crate) step: usize,
    /// The approval as it is on record, where it was opened.
    pub(crate) shown: Option<&'a Approval>,
}

impl Asked<'_> {
    /// The place that it leads to: of one that was opened, the place of then.
    fn place(&self) -> String {
        match self.shown {
            Some(shown) => shown.subject.place.clone(),
            None => place(self.spec, &self.run.rule, self.deploy),
        }
    }

    /// Another approval of the run for the same place that is still to come: the last one of them lets the
    /// revision through.
    fn is_followed(&self) -> bool {
        self.of_place(self.step + 1..self.run.steps.len()).any(|(index, _)| {
            let branch = self.run.branch_of(index, self.step);
            branch.is_none_or(|branch| branch == Branch::OnSuccess)
        })
    }

    /// The steps whose approvals for the same place the run went through, each with whether it asks for four
    /// eyes. `None`: the last of them is still to come, or the run stopped before it.
    pub(crate) fn went_through(&self) -> Option<Vec<(usize, bool)>> {
        let succeeded = |index: usize| matches!(self.run.steps[index].state, StepState::Succeeded { .. });
        let all = 0..self.run.steps.len();
        let is_missing = self.of_place(self.step + 1..all.end).any(|(index, _)| {
            let branch = self.run.branch_of(index, self.step);
            branch.is_none_or(|branch| branch == Branch::OnSuccess) && !succeeded(index)
        });
        let through = self.of_place(all).filter(|(index, _)| succeeded(*index));
        let through: Vec<_> = through.map(|(index, spec)| (index, !spec.self_approval)).collect();
        (!is_missing && through.iter().any(|(index, _)| *index == self.step)).then_some(through)
    }

    /// The earlier approvals for the same place that the run went through, and whether each asked for four
    /// eyes.
    fn earlier(&self) -> Vec<(ApprovalId, bool)> {
        let through = self
            .of_place(0..self.step)
            .filter(|(index, _)| matches!(self.run.steps[*index].state, StepState::Succeeded { .. }));
        through.map(|(index, spec)| (ApprovalId::derive(&self.run.id, index), !spec.self_approval)).collect()
    }

    /// The approvals among these steps that lead to the same place.
    fn of_place(&self, steps: std::ops::Range<usize>) -> impl Iterator<Item = (usize, &ApprovalSpec)> {
        let here = place(self.spec, &self.run.rule, self.deploy);
        let steps = self.run.steps.iter().enumerate().skip(steps.start).take(steps.len());
        steps.filter_map(move |(index, step)| match &step.action {
            Action::SlackChannelApproval(spec) => {
                let there = place(spec, &self.run.rule, self.deploy);
                (there == here).then_some((index, spec))
            }
            _ => None,
        })
    }
}

impl ActionExecution {
    /// Judges who may vote now on what `asked` asks, by the range that is on record where that counts for
    /// `again`.
    pub(crate) async fn judge(&self, slack: &Slack, asked: Asked<'_>, again: Again) -> Tried<Judgement> {
        let Asked { id, spec, deploy, run, shown, .. } = asked;
        if let Some(file) = run.proposes() {
            return self.judge_file(slack, asked, file, again).await;
        }
        let base = self.store.base(&deploy.deployment, &asked.place()).await?;
        let authors = match spec.authors_only {
            true => self.authors(slack, &deploy.reading.vouched).await?,
            false => Vec::new(),
        };
        let mut electorate = self.electorate(slack, spec, authors).await?;
        electorate.people_page = Some(self.people_page());
        let binding = self.policy().await?;
        electorate.glass = self.breakers(slack, &asked, &binding).await?;
        self.forget_approvers(spec).await;
        electorate.below_policy = self.held_against(&binding, deploy, run, None).await?.below;
        let sets_base = run.is_in_force() && !asked.is_followed();
        let judgement = |electorate, base, start, read| Judgement {
            electorate,
            base,
            start,
            read,
            sets_base,
            rolled_back_by: None,
        };
        if run.proposes_policy().is_some() {
            // What is asked is the policy: the deploy only brought it to light.
            return Ok(judgement(electorate, base, None, None));
        }
        let now = self.now();
        let start = match spec.judges_range() {
            true => base.judged_from(!spec.self_approval, &run.revision).cloned(),
            false => base.start_of(!spec.self_approval, &run.revision).cloned(),
        };
        let own =
            || RangeFiles { rules_change: deploy.rules_change.clone(), moves: deploy.reading.moves.clone() };
        let Some(passed) = start else {
            let electorate = match spec.judges_range() {
                true => electorate.judging(spec, &base, Err(Blocker::NoBase), now),
                false => electorate.without_range(WithoutRange::NoBase),
            };
            return Ok(judgement(electorate.changing(own()), base, None, None));
        };
        let start = passed.revision.clone();
        if !spec.judges_range() {
            let shown = shown.map(|shown| &shown.electorate);
            let electorate = self.outlined(electorate, deploy, &passed, shown).await?;
            return Ok(judgement(electorate, base, Some(start), None));
        }
        let kept = self.store.range(&deploy.id, id).await?;
        let deployed_by = self.deployed_by(deploy).await?;
        let is_it = |kept: &Changes| {
            kept.base == start && kept.head == run.revision && kept.started_by == deployed_by
        };
        let kept = kept.filter(is_it);
        let had_one = kept.is_some();
        let (known, is_new) = match kept.filter(|kept| again.takes(kept, deploy.registered_at)) {
            Some(kept) => (Ok(kept), false),
            None => {
                let read = match self.read_range(deploy, &deployed_by, (&start, &run.revision)).await? {
                    // Without an approval there is nothing to go back from.
                    Ok(read) if passed.set_by.is_none() => {
                        self.with_held(deploy, &deployed_by, (&base, !spec.self_approval), read).await?
                    }
                    read => read,
                };
                (again.or_tried_again(read, had_one)?, true)
            }
        };
        let electorate = match &known {
            Ok(changes) => {
                let InSlack { members, own_word, others } = self.members(slack, &changes.makers).await?;
                if !spec.self_approval {
                    electorate.own_word = own_word;
                    electorate.except.extend(others);
                }
                let files = changes.files.clone();
                electorate.judging(spec, &base, Ok((changes, &members)), now).changing(files)
            }
            Err(blocker) => electorate
                .judging(spec, &base, Err(blocker.clone()), now)
                .changing(RangeFiles { rules_change: not_less(deploy), ..own() }),
        };
        let electorate =
            if spec.self_approval { electorate } else { electorate.with_those_left(spec.votes_required) };
        let read = known.ok().filter(|_| is_new);
        Ok(judgement(electorate, base, Some(start), read))
    }

    /// Judges anew who may vote on an approval that is open; and whether it lets its revision through with
    /// four eyes: it asks for them, or an earlier one of its run did over the same range.
    pub(crate) async fn judge_open(&self, slack: &Slack, approval: &Approval, again: Again) -> Tried<Judged> {
        let found = self.store.deploy_and_run(&approval.deploy, &approval.run).await?;
        let (deploy, run) =
            found.ok_or_else(|| Failure::Permanent("the deploy is not on record any more".to_owned()))?;
        let Some(Action::SlackChannelApproval(spec)) = run.steps.get(approval.step).map(|step| &step.action)
        else {
            return Err(Failure::Permanent("the run does not ask for this approval".to_owned()).into());
        };
        let (step, shown) = (approval.step, Some(approval));
        let asked = Asked { id: &approval.id, spec, deploy: &deploy, run: &run, step, shown };
        let mut judgement = self.judge(slack, asked, again).await?;
        // When it opens, too few voters are a mistake of the rule. Later, a group was emptied or people left.
        judgement.electorate = judgement.electorate.with_those_left(spec.votes_required);
        let mut four_eyes = !spec.self_approval;
        let start = judgement.base.start_of(true, &run.revision).map(|start| start.revision.clone());
        for (earlier, had_four_eyes) in asked.earlier() {
            let earlier = self.store.approval(&deploy.id, &earlier).await?;
            // Where the base moved since, what that takes out was before nobody's four eyes.
            let is_same = earlier.as_ref().is_some_and(|earlier| earlier.subject.base == start);
            four_eyes |= had_four_eyes && is_same;
            // What a broken glass let through counts as approved once it is reviewed.
            let is_owed = earlier.is_none_or(|earlier| earlier.owed_review().is_some());
            judgement.sets_base &= !is_owed;
        }
        let rolled_back_by = match run.proposes().or(run.proposes_policy()) {
            Some(_) => None,
            None => self.rolled_back_by(&deploy).await?,
        };
        Ok(Judged { judgement: Judgement { rolled_back_by, ..judgement }, four_eyes, deploy, run })
    }

    /// Looks again whether a blocked approval can be judged. One that can goes on by itself.
    pub(crate) async fn judge_again(&self, attempt: &Attempt, id: &ApprovalId, round: u32) -> Tried<()> {
        let effect = &attempt.effect;
        let approval = self.store.approval(&effect.deploy, id).await?;
        let Some(approval) = approval.filter(|approval| approval.status.is_open()) else {
            return self.done(effect).await;
        };
        let slack = self.outside.slack(self.now()).await?;
        let judged = self.judge_open(&slack, &approval, Again::Unsettled).await?;
        let Judgement { electorate, start, read, rolled_back_by, .. } = judged.judgement;
        let command = match rolled_back_by {
            Some(by) => Command::Supersede(by),
            None => Command::Judge { electorate, base: start, round },
        };
        self.commit_newest(effect, async || {
            let now = self.now();
            let change = Change::to(&effect.deploy, now).done(effect);
            let Some(approval) = self.store.approval(&effect.deploy, id).await? else {
                return Ok(Some(change));
            };
            let Ok(mut decision) = signoff_core::approval::decide(&approval, command.clone(), now) else {
                return Ok(Some(change));
            };
            decision.next = decision.next.named(|id| self.names.of(id));
            let change = match &read {
                Some(read) => change.range(id, read.clone()),
                None => change,
            };
            Ok(Some(change.approval(decision)))
        })
        .await
    }

    /// A look that failed is made again for as long as the approval is open.
    pub(crate) async fn settle_judging(
        &self,
        attempt: &Attempt,
        id: &ApprovalId,
        round: u32,
        failure: Failure,
    ) -> Tried<Handled> {
        let effect = &attempt.effect;
        if failure.is_passing() && effect.tries() < MAX_ATTEMPTS {
            let wait = backoff(effect.tries(), failure.retry_after());
            self.store.settle(effect, &effect.postponed(self.now(), wait, failure.to_string())).await?;
            return Ok(Handled::Again(wait));
        }
        let now = self.now();
        let next = round.saturating_add(1);
        let after = effect.closed(EffectState::Failed, Some(failure.to_string()));
        let mut change = Change::to(&effect.deploy, now).effect(effect, after);
        let is_open = self.store.approval(&effect.deploy, id).await?;
        if is_open.is_some_and(|approval| approval.status.is_open()) {
            let kind = EffectKind::JudgeAgain { approval: id.clone(), round: next };
            change =
                change.later(&format!("judging after {}", effect.id), kind, now + wait_before_round(next));
        }
        self.store.commit(change).await?;
        Ok(Handled::Done)
    }
}
