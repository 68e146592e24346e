//! The look at those who approved, before the first action.

use crate::electorate::electorate;
use crate::handler::ActionExecution;
use crate::trouble::Trouble;
use approval::action::Action;
use approval::approval::{Approval, Check, Choice, Command, Electorate, Standing, Status, Verdict};
use approval::effect::EffectState;
use approval::id::ApprovalId;
use providers::Failure;
use providers::slack::client::Slack;
use runtime::effects::Attempt;

impl ActionExecution {
    /// Looks up whether enough of those who approved still may, and approves or goes back to waiting.
    pub(crate) async fn confirm_quorum(&self, attempt: &Attempt, id: &ApprovalId) -> Result<(), Trouble> {
        let effect = &attempt.effect;
        let Some(approval) = self.store.approval(&effect.deploy, id).await? else {
            return self.done(effect).await;
        };
        match approval.status {
            Status::Quorum { until, .. } if until <= self.now() => {}
            // It was undone or closed, or somebody made a new quorum that has its own look.
            Status::Quorum { .. }
            | Status::Pending
            | Status::Approved { .. }
            | Status::Rejected { .. }
            | Status::Expired { .. }
            | Status::Superseded { .. }
            | Status::Cancelled { .. } => return self.done(effect).await,
        }
        let slack = self.outside.slack(self.now()).await?;
        let electorate = self.electorate_now(&slack, &approval).await?;
        let check = check(&slack, &approval, electorate).await?;
        let after = effect.closed(EffectState::Succeeded, None);
        self.change_approval(effect, &after, id, &[Command::Confirm(check)]).await
    }

    /// Who may vote now: groups and accounts may have changed since the approval opened.
    async fn electorate_now(&self, slack: &Slack, approval: &Approval) -> Result<Electorate, Trouble> {
        let found = self.store.deploy_and_run(&approval.deploy, &approval.run).await?;
        let (deploy, run) =
            found.ok_or_else(|| Failure::Permanent("the deploy is not on record any more".to_owned()))?;
        let Some(Action::SlackChannelApproval(spec)) = run.steps.get(approval.step).map(|step| &step.action)
        else {
            return Err(Failure::Permanent("the run does not ask for this approval".to_owned()).into());
        };
        let deploy = self.made_by(&deploy, &run, spec.self_approval).await?;
        let makers = self.makers(slack, &deploy).await?;
        let mut electorate = electorate(slack, spec, &deploy, &makers).await?;
        electorate.people_page = Some(self.people_page());
        Ok(electorate)
    }
}

/// Looks up those who approved, in the order in which they voted, until enough of them may.
async fn check(slack: &Slack, approval: &Approval, electorate: Electorate) -> Result<Check, Failure> {
    let (mut voters, mut confirmed) = (Vec::new(), Vec::new());
    for vote in approval.votes.iter().filter(|vote| vote.choice == Choice::Approve) {
        if electorate.tally(&confirmed, approval.votes_required).needed == 0 {
            break;
        }
        let verdict = match electorate.verdict(&vote.voter) {
            Verdict::Eligible => account(slack, approval, &vote.voter).await?,
            unfit => unfit,
        };
        confirmed.extend((verdict == Verdict::Eligible).then_some(vote.voter.as_str()));
        voters.push((vote.voter.clone(), verdict));
    }
    Ok(Check { electorate, voters })
}

async fn account(slack: &Slack, approval: &Approval, voter: &str) -> Result<Verdict, Failure> {
    let Some(profile) = slack.user(voter).await? else { return Ok(Verdict::Deactivated) };
    let elsewhere = !profile.team_id.is_empty() && profile.team_id != approval.workspace;
    Ok(match profile.standing() {
        Standing::Member if elsewhere => Verdict::Stranger,
        standing => Verdict::of(standing),
    })
}
