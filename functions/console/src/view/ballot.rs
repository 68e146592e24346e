//! Choices that somebody who is signed in with Slack has about an approval, by the same rules as in Slack.
//! Signoff looks up whether their account is still a member's when they make one.

use crate::auth::visitor::Member;
use crate::view::mrkdwn::People;
use jiff::Timestamp;
use signoff_core::action::Reasons;
use signoff_core::approval::{Approval, ApprovalAction, ApprovalRequest, Choice, Refusal, Standing, Voter};
use signoff_core::id::{ApprovalId, DeployId};
use signoff_core::message;
use signoff_voting::foresee;

/// Choices that a member has about an approval.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BallotView {
    pub(crate) deploy: DeployId,
    pub(crate) approval: ApprovalId,
    /// The mark of what a vote stands for.
    pub(crate) subject: String,
    /// Their vote, if they have one.
    pub(crate) voted: Option<Choice>,
    /// Choices that would count.
    pub(crate) may: Vec<ApprovalAction>,
    /// Votes that need a reason.
    pub(crate) reasons: Reasons,
    /// Warning that says what breaking the glass means.
    pub(crate) glass_warning: String,
    /// Reason why they may not vote, as the end of a sentence.
    pub(crate) why_not: Option<String>,
}

/// `member`, for decisions about an approval of their workspace: nobody else can sign in.
pub(crate) fn voter(member: &Member, workspace: &str) -> Voter {
    Voter {
        id: member.id.clone(),
        name: member.name.clone(),
        workspace: workspace.to_owned(),
        standing: Some(Standing::Member),
    }
}

/// Vote of `member` on `approval`, if they have one.
pub(crate) fn voted(approval: &Approval, member: &Member) -> Option<Choice> {
    approval.votes.iter().find(|vote| vote.voter == member.id).map(|vote| vote.choice)
}

impl BallotView {
    /// Choices that `member` has about `approval` at `now`.
    pub(crate) fn of(approval: &Approval, member: &Member, people: &People<'_>, now: Timestamp) -> Self {
        let voter = voter(member, &approval.workspace);
        let voted = voted(approval, member);
        let subject = approval.subject.mark();
        let refusal = |what: ApprovalAction| {
            let (deploy, approval_id) = (approval.deploy.clone(), approval.id.clone());
            let request = ApprovalRequest {
                deploy,
                approval: approval_id,
                subject: subject.clone(),
                action: what,
                at: now,
            };
            foresee(approval, &voter, &request, now).filter(|refusal| *refusal != Refusal::Replayed)
        };
        let may = |what: &ApprovalAction| {
            let again = voted.is_some() && what.choice() == voted;
            !again && refusal(*what).is_none()
        };
        Self {
            may: ApprovalAction::ON_BALLOT.into_iter().filter(may).collect(),
            why_not: refusal(ApprovalAction::Approve)
                .and_then(|refusal| message::why_not_counted(&refusal))
                .map(|why| people.told(&why)),
            glass_warning: message::glass_warning(approval),
            deploy: approval.deploy.clone(),
            approval: approval.id.clone(),
            voted,
            reasons: approval.require_reason,
            subject,
        }
    }

    /// True if they may do that.
    pub(crate) fn may(&self, what: ApprovalAction) -> bool {
        self.may.contains(&what)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;
    use signoff_store::Page;

    /// Choices that Ana (U2) has about the last approval of `page`, and the reason why she may not vote.
    fn ballot(page: &Page, seconds: i64) -> String {
        let ana = Member { id: "U2".into(), name: "Ana Novak".into(), is_admin: false };
        let approval = page.approvals.last().unwrap();
        let ballot = BallotView::of(approval, &ana, &People::of(page), sample::at(seconds));
        let may: Vec<_> = ballot.may.iter().map(|what| what.name()).collect();
        format!("voted {:?}, may {}; {}", ballot.voted, may.join(", "), ballot.why_not.unwrap_or_default())
    }

    #[test]
    fn what_counts_is_offered_and_nothing_else() {
        insta::assert_snapshot!(ballot(&sample::pending(), 600), @"voted None, may approve, reject, cancel;");
        insta::assert_snapshot!(ballot(&sample::four_eyes(), 600), @"voted Some(Approve), may reject, withdraw, cancel;");
        insta::assert_snapshot!(ballot(&sample::four_eyes(), 3 * 3600), @"voted Some(Approve), may ; this expired on 2026-11-23 at 12:42 UTC.");
        insta::assert_snapshot!(ballot(&sample::held_back(), 600), @"voted None, may approve, reject, undo, cancel;");
        insta::assert_snapshot!(ballot(&sample::frozen(), 600), @"voted None, may approve, reject, undo, lift-freeze, cancel;");
        insta::assert_snapshot!(ballot(&sample::struck(), 600), @"voted None, may ; only the approvers of this rule can vote: @Mato Zgajner, @Eva Kralj, @jan.");
        insta::assert_snapshot!(ballot(&sample::cancelled_by_a_person(), 600), @"voted Some(Approve), may ;");
    }
}
