//! Steps that the approvals on record let run or not, whatever an effect says.

use crate::samples::{Branches, approval, ask, ask_with, at, hook, opened};
use signoff_core::approval::{Approval, Closed, Outcome, Status, Subject};
use signoff_core::id::{ApprovalId, DeployId, RunId};
use signoff_core::run::{Run, StepState};
use std::slice::from_ref;

/// The approval that step number `step` of `run` asks for.
fn asked(run: &Run, step: usize, status: Status) -> Approval {
    Approval {
        id: ApprovalId::derive(&run.id, step),
        deploy: run.deploy.clone(),
        run: run.id.clone(),
        step,
        subject: Subject {
            revision: run.revision.clone(),
            rule: run.rule.clone(),
            rule_hash: run.rule_hash.clone(),
            ..Subject::default()
        },
        status,
        ..approval()
    }
}

fn statuses() -> [Status; 7] {
    let superseded = Status::Closed(Closed::Superseded { at: at(1), by: crate::samples::successor() });
    [
        Status::Pending,
        Status::Quorum { since: at(0), until: at(0), note: None },
        Status::Closed(Closed::Approved { at: at(1) }),
        Status::Closed(Closed::Rejected { at: at(1) }),
        Status::Closed(Closed::Expired { at: at(1) }),
        superseded,
        Status::Closed(Closed::Cancelled { at: at(1), by: None, reason: "x".to_owned() }),
    ]
}

#[test]
fn only_approvals_on_record_permit_a_step() {
    let branches = Branches {
        on_success: vec![hook("approved.example")],
        on_reject: vec![hook("rejected.example")],
        on_expire: vec![hook("expired.example")],
    };
    let run = opened(&[ask_with("Promote", branches), hook("after.example")]).next;
    let permitted = |step| {
        let permits = |status: &Status| run.permits(step, &[asked(&run, 0, status.clone())]);
        let words: Vec<_> = statuses().iter().filter(|status| permits(status)).map(Status::word).collect();
        words.join(" ")
    };
    assert_eq!([1, 2, 3, 4].map(permitted), ["approved", "rejected", "expired", "approved"]);
    assert!(run.permits(0, &[]), "what asks needs no vote");
    assert!((1..5).all(|step| !run.permits(step, &[])), "nothing on record permits nothing");
}

#[test]
fn an_approval_of_something_else_permits_nothing() {
    let run = opened(&[ask("Promote", vec![hook("one.example")])]).next;
    let good = asked(&run, 0, Status::Closed(Closed::Approved { at: at(1) }));
    assert!(run.permits(1, from_ref(&good)));
    let subject = |change: fn(&mut Subject)| {
        let mut other = good.clone();
        change(&mut other.subject);
        other
    };
    for other in [
        Approval { id: ApprovalId::from_text("other"), ..good.clone() },
        Approval { deploy: DeployId::from_text("other"), ..good.clone() },
        Approval { run: RunId::from_text("other"), ..good.clone() },
        Approval { step: 1, ..good.clone() },
        subject(|subject| subject.revision.push('0')),
        subject(|subject| subject.rule.push('2')),
        subject(|subject| subject.rule_hash.push('2')),
    ] {
        assert!(!run.permits(1, from_ref(&other)), "{other:?}");
    }
}

#[test]
fn each_approval_on_the_way_is_needed() {
    let mut run =
        opened(&[ask("One", vec![ask("Two", vec![hook("one.example")])]), hook("after.example")]).next;
    let approved = |step| asked(&run, step, Status::Closed(Closed::Approved { at: at(1) }));
    let (one, two) = (approved(0), approved(1));
    for step in [2, 3] {
        assert!(run.permits(step, &[one.clone(), two.clone()]));
        assert!(!run.permits(step, from_ref(&one)) && !run.permits(step, from_ref(&two)));
    }
    // An approval that the run did not come to is not on the way.
    run.steps[1].state = StepState::Skipped;
    assert!(run.permits(3, &[one]));
    assert!(!run.permits(3, &[two]));
}

#[test]
fn an_outcome_is_that_of_the_record() {
    let told = |outcome: Outcome| {
        let fits = |status: &&Status| status.is_outcome(&outcome);
        statuses().iter().filter(fits).map(Status::word).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(told(Outcome::Approved), "approved");
    assert_eq!(told(Outcome::Rejected), "rejected");
    assert_eq!(told(Outcome::Expired), "expired");
    assert_eq!(told(Outcome::Superseded("x".to_owned())), "superseded");
    for outcome in [Outcome::Ended("x".to_owned()), Outcome::Cancelled("x".to_owned())] {
        assert_eq!(told(outcome), "cancelled");
    }
}
