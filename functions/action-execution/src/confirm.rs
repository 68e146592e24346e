//! The look at those who approved, before the first action.

use crate::earlier::EarlierVotes;
use crate::effect_error::Tried;
use crate::handler::ActionExecution;
use crate::judge::{Judged, Judgement};
use crate::late_news::Again;
use crate::policy::Basing;
use signoff_core::approval::{
    self as votes, Approval, BreakerCheck, Check, Choice, Command, Electorate, Standing, Status, Verdict,
};
use signoff_core::effect::{EffectKind, Others};
use signoff_core::id::ApprovalId;
use signoff_providers::Failure;
use signoff_providers::slack::client::{Profile, Slack};
use signoff_runtime::effects::Attempt;
use signoff_store::Change;
use std::cell::Cell;

impl ActionExecution {
    /// Looks up whether enough of those who approved still may, and approves or goes back to waiting. A range
    /// that was read soon after its deploy arrived is read once more.
    pub(crate) async fn confirm_quorum(&self, attempt: &Attempt, id: &ApprovalId) -> Tried<()> {
        let effect = &attempt.effect;
        let Some(approval) = self.store.approval(&effect.deploy, id).await? else {
            return self.done(effect).await;
        };
        match approval.status {
            Status::Quorum { until, .. } if until <= self.now() => {}
            // It was undone or closed, or somebody made a new quorum that has its own look.
            Status::Quorum { .. } | Status::Pending | Status::Closed(_) => return self.done(effect).await,
        }
        let slack = self.outside.slack(self.now()).await?;
        let judged = self.judge_open(&slack, &approval, Again::BeforeActing).await?;
        let Judged { judgement, four_eyes, deploy, run } = judged;
        let earlier = self.approvals_before(&run, approval.step).await?;
        let moved = match self.earlier_votes(&slack, &deploy, &run, approval.step, &earlier).await? {
            EarlierVotes::Stand => None,
            EarlierVotes::OtherChange(reason) => Some(reason),
            // The dialog says so, and the look is made again for a day.
            EarlierVotes::Unknown(reason) => return Err(Failure::retryable(reason).into()),
        };
        let breaker = self.check_breaker(&slack, &approval, &judgement).await?;
        let Judgement { electorate, base, start, read, sets_base, rolled_back_by } = judgement;
        // What the policy keeps back went nowhere: the next range has it too.
        let basing = match sets_base {
            true => self.policy_on_base(&deploy, &run).await?,
            false => Basing::Never,
        };
        let command = match (rolled_back_by, moved) {
            (Some(by), _) => Command::Supersede(by),
            (None, Some(reason)) => Command::Cancel { reason },
            (None, None) => Command::Confirm(check(&slack, &approval, electorate, start, breaker).await?),
        };
        let (first, moved) = (Cell::new(true), Cell::new(false));
        self.commit_newest(effect, async || {
            let now = self.now();
            let change = Change::to(&effect.deploy, now).done(effect);
            let Some(approval) = self.store.approval(&effect.deploy, id).await? else {
                return Ok(Some(change));
            };
            let Ok(mut decision) = votes::decide(&approval, command.clone(), now) else {
                return Ok(Some(change));
            };
            decision.next = decision.next.named(|id| self.names.of(id));
            if !first.replace(false)
                && self.store.base(&base.deployment, &base.place).await?.version != base.version
            {
                moved.set(true);
                return Ok(None);
            }
            let change = match &read {
                Some(read) => change.range(id, read.clone()),
                None => change,
            };
            let is_approved = decision.next.status.is_approved();
            if is_approved && decision.next.glass.broken.is_some() {
                // It sets a base once it is reviewed.
                let owed = self.store.owed_reviews(&base.deployment).await?.with(&decision.next);
                let next = base.clone().after_glass(&approval.subject.revision, now);
                let change = change.owed_reviews(owed);
                // Of a run with more approvals to come, nothing went anywhere yet.
                let change = if sets_base { change.base(next) } else { change };
                return Ok(Some(change.approval(decision)));
            }
            let change = if is_approved && self.sets_base(&run, &basing, &decision.next).await? {
                let next = base.clone().after(&approval.subject.revision, four_eyes, now);
                let has_moved = next.starts_elsewhere(&base);
                let others =
                    has_moved.then(|| EffectKind::judge_others(Others::MovedBy { approval: id.clone() }));
                let owner = format!("base moved by {id}");
                change.base(next).and(&owner, others.into_iter().collect(), Vec::new())
            } else {
                change
            };
            Ok(Some(change.approval(decision)))
        })
        .await?;
        if moved.get() {
            let reason = "another revision was approved for the same place meanwhile";
            return Err(Failure::retryable(reason).into());
        }
        Ok(())
    }
}

/// Looks up those who approved, in the order in which they voted, until enough of them may.
async fn check(
    slack: &Slack,
    approval: &Approval,
    electorate: Electorate,
    base: Option<String>,
    breaker: Option<BreakerCheck>,
) -> Result<Check, Failure> {
    let (mut voters, mut confirmed) = (Vec::new(), Vec::new());
    let breakers = electorate.glass.as_ref();
    let is_broken = breaker.as_ref().is_some_and(|breaker| {
        let named = breakers.is_some_and(|breakers| breakers.people.contains(&breaker.by));
        named && breaker.verdict == Verdict::Eligible
    });
    for vote in approval.votes.iter().filter(|vote| vote.choice == Choice::Approve) {
        if is_broken || electorate.is_enough(&confirmed, approval.votes_required) {
            break;
        }
        let verdict = match electorate.verdict(&vote.voter) {
            Verdict::Eligible => account(slack, approval, &vote.voter).await?,
            unfit => unfit,
        };
        confirmed.extend((verdict == Verdict::Eligible).then_some(vote.voter.as_str()));
        voters.push((vote.voter.clone(), verdict));
    }
    Ok(Check { electorate, voters, base, breaker })
}

/// Returns the verdict on the Slack account of `voter` now.
pub(crate) async fn account(slack: &Slack, approval: &Approval, voter: &str) -> Result<Verdict, Failure> {
    let Some(profile) = slack.user(voter).await? else { return Ok(Verdict::Deactivated) };
    verdict(&profile, &approval.workspace)
}

/// The verdict on the account `profile`, where members of `workspace` may vote. Error: it is a member's, and
/// Slack does not say of which workspace.
fn verdict(profile: &Profile, workspace: &str) -> Result<Verdict, Failure> {
    match profile.standing() {
        Standing::Member if profile.team_id.is_empty() => {
            Err(Failure::retryable("Slack does not say which workspace somebody who voted is a member of"))
        }
        Standing::Member if profile.team_id != workspace => Ok(Verdict::Stranger),
        standing => Ok(Verdict::of(standing)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn member_of_an_unknown_workspace_is_not_eligible() {
        let profile = |team_id: &str, deleted| Profile {
            id: "U1".to_owned(),
            name: "Ana".to_owned(),
            email: None,
            deleted,
            guest: false,
            stranger: false,
            bot: false,
            admin: false,
            team_id: team_id.to_owned(),
        };
        assert_eq!(verdict(&profile("T1", false), "T1"), Ok(Verdict::Eligible));
        assert_eq!(verdict(&profile("T2", false), "T1"), Ok(Verdict::Stranger));
        assert_eq!(verdict(&profile("", true), "T1"), Ok(Verdict::Deactivated));
        assert!(verdict(&profile("", false), "T1").is_err_and(|failure| failure.is_passing()));
    }
}
