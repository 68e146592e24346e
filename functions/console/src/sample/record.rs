//! Approvals of a list.

use super::{at, vote};
use jiff::Timestamp;
use signoff_core::approval::{Choice, Closed, Status, Successor};
use signoff_core::deploy::Slug;
use signoff_core::id::{ApprovalId, DeployId};
use signoff_store::ApprovalSummary;

fn listed(number: u32, opened_at: Timestamp, status: Status) -> ApprovalSummary {
    ApprovalSummary {
        id: ApprovalId::from_text(format!("a{number:04}")),
        deploy: DeployId::from_text(format!("d{number:04}")),
        deployment: Slug::new("acme", "checkout"),
        environment: Some("Staging".into()),
        revision: "7bf72269a1b2c3d4e5f60718293a4b5c6d7e8f90".into(),
        name: "Promote deploy to production".into(),
        rule: "promote-to-production".into(),
        status,
        votes: Vec::new(),
        glass: Default::default(),
        opened_at,
    }
}

/// One of each end, newest first.
pub(crate) fn recorded() -> Vec<ApprovalSummary> {
    let newer = Successor {
        deploy: DeployId::from_text("a41c0e93d2b7f6580e1d"),
        title: "a41c0e9 - checkout (Staging)".into(),
        url: "https://signoff.example.com/deploys/a41c0e93d2b7f6580e1d".into(),
    };
    let ends = [
        Status::Pending,
        Status::Quorum { since: at(590), until: at(600), note: None },
        Status::Closed(Closed::Approved { at: at(720) }),
        Status::Closed(Closed::Rejected { at: at(640) }),
        Status::Closed(Closed::Expired { at: at(90_000) }),
        Status::Closed(Closed::Superseded { at: at(4000), by: newer }),
        Status::Closed(Closed::Cancelled { at: at(700), by: Some("U2".into()), reason: "Not today.".into() }),
        Status::Closed(Closed::Cancelled {
            at: at(701),
            by: None,
            reason: "There is no channel #nowhere.".into(),
        }),
    ];
    let (mut approvals, mut opened) = (Vec::new(), 600);
    for (number, status) in (0..).zip(ends) {
        approvals.push(listed(number, at(opened), status));
        opened -= 60;
    }
    let for_it = |voter: &str, name: &str, seconds| vote(voter, name, Choice::Approve, seconds);
    approvals[0].votes = vec![for_it("U1", "Mato Zgajner", 610)];
    approvals[2].votes = vec![for_it("U1", "Mato Zgajner", 610), for_it("U2", "Ana Novak", 720)];
    let mut against = vote("U3", "Iztok Kos", Choice::Reject, 640);
    against.reason = Some("The tests are red.".into());
    approvals[3].votes = vec![against];
    approvals[6].votes = vec![for_it("U2", "Ana Novak", 300)];
    // Opened before this was kept.
    (approvals[7].deployment, approvals[7].environment) = (None, None);
    approvals
}

/// An approval for each pair: when it was opened, and after how many seconds it was approved.
pub(crate) fn approved_after(taken: &[(Timestamp, i64)]) -> Vec<ApprovalSummary> {
    let approved = |opened: Timestamp, after| {
        Status::Closed(Closed::Approved { at: opened + jiff::SignedDuration::from_secs(after) })
    };
    (0..)
        .zip(taken)
        .map(|(number, (opened, after))| listed(number, *opened, approved(*opened, *after)))
        .collect()
}
