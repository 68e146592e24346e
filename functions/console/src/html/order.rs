//! The order of the Approvals tab: what waits for the visitor first, then what waits for others.

use super::approvals::waits;
use super::ballot::DeployPageContext;
use crate::view::ballot::BallotView;
use crate::view::mrkdwn::People;
use crate::view::{ApprovalView, Section};
use signoff_core::approval::ApprovalAction;

/// The place of a section among the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    /// The visitor can vote on it, and has not.
    WaitsForVisitor,
    /// It waits for others.
    Waits,
    /// Nobody is needed.
    Rests,
}

/// `sections` as the tab shows them: among those that wait alike, in the order of the record, which is that
/// of the rules file.
pub(super) fn in_order(mut sections: Vec<Section>, booth: &DeployPageContext<'_>) -> Vec<Section> {
    sections.sort_by_cached_key(|section| place(section, booth));
    sections
}

fn place(section: &Section, booth: &DeployPageContext<'_>) -> Place {
    match section {
        Section::Approval(approval) if is_awaited(approval, booth) => Place::WaitsForVisitor,
        Section::Approval(_) | Section::Run(_) if waits(section) => Place::Waits,
        Section::Approval(_) | Section::Run(_) => Place::Rests,
    }
}

/// True if the visitor can vote on `view`, and has not.
fn is_awaited(view: &ApprovalView, booth: &DeployPageContext<'_>) -> bool {
    let mut open = booth.record.approvals.iter().filter(|approval| approval.status.is_open());
    let found = open.find(|approval| approval.id == view.id);
    let Some((approval, (_, member))) = found.zip(booth.member()) else { return false };
    let ballot = BallotView::of(approval, member, &People::of(booth.record), booth.now);
    ballot.voted.is_none() && ballot.may(ApprovalAction::Approve)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::visitor::{Member, Visitor, Who};
    use crate::{sample, view};
    use signoff_core::approval::{Choice, Closed, Status, Vote};
    use signoff_core::id::ApprovalId;
    use signoff_store::Page;

    fn names(record: &Page, visitor: Option<&Visitor>) -> Vec<String> {
        let booth = DeployPageContext { record, visitor, told: None, now: sample::at(600) };
        let name = |section: Section| match section {
            Section::Approval(approval) => Some(approval.name),
            Section::Run(_) => None,
        };
        in_order(view::sections(record), &booth).into_iter().filter_map(name).collect()
    }

    #[test]
    fn approvals_that_wait_for_the_visitor_come_first() {
        let mut page = sample::pending();
        let asked = page.approvals[0].clone();
        let like = |name: &str| {
            let mut other = asked.clone();
            (other.id, other.name) = (ApprovalId::from_text(name), name.to_owned());
            other
        };
        let mut expired = like("expired");
        expired.status = Status::Closed(Closed::Expired { at: sample::at(500) });
        let mut voted = like("voted");
        voted.votes = vec![Vote { voter: "U2".into(), choice: Choice::Approve, ..asked.votes[0].clone() }];
        page.approvals = vec![expired, voted, like("first"), like("second")];
        let member = Member { id: "U2".into(), name: "Ana Novak".into(), is_admin: false };
        let ana = Visitor { who: Who::Person(member), form_token: Some("0123abcd".into()) };
        assert_eq!(names(&page, Some(&ana)), ["first", "second", "voted", "expired"]);
        assert_eq!(names(&page, None), ["voted", "first", "second", "expired"]);
    }
}
