//! The answers in an action's texts and for its receivers.

use crate::samples::{Branches, approval, ask_with, at, counted, hook, opened};
use signoff_core::action::Action;
use signoff_core::approval::{Approval, Broken, Choice, Closed, Status, Vote};
use signoff_core::facts::{self, Facts, Health, Report};
use signoff_core::happened::Happened;
use signoff_core::id::{ApprovalId, DeployId};
use signoff_core::run::{self, Run};

/// A run of the rule `rule`, which came after `after`.
fn run_of(rule: &str, after: &[&str], actions: &[Action]) -> Run {
    let run = opened(actions).next;
    let id = signoff_core::id::RunId::derive(&run.deploy, rule);
    Run { id, rule: rule.to_owned(), after: after.iter().map(ToString::to_string).collect(), ..run }
}

/// The approval of step 0 of `run`, which ended so.
fn ended(run: &Run, status: Status, votes: Vec<Vote>) -> Approval {
    let mut approval =
        Approval { id: ApprovalId::derive(&run.id, 0), run: run.id.clone(), status, votes, ..approval() };
    approval.subject.rule = run.rule.clone();
    approval
}

fn asking() -> Vec<Action> {
    vec![ask_with(
        "gate",
        Branches { on_success: vec![hook("a")], on_reject: vec![hook("b")], on_expire: vec![hook("c")] },
    )]
}

#[test]
fn action_is_told_how_its_own_approval_ended() {
    let cancelled =
        Status::Closed(Closed::Cancelled { at: at(5), by: None, reason: "the channel is gone".to_owned() });
    for (status, outcome, approvers) in [
        (Status::Closed(Closed::Approved { at: at(5) }), "approved", vec!["U1"]),
        (Status::Closed(Closed::Rejected { at: at(5) }), "rejected", vec!["U1"]),
        (Status::Closed(Closed::Expired { at: at(5) }), "expired", vec!["U1"]),
        (cancelled, "cancelled", vec!["U1"]),
        // Nothing is claimed of one that is open.
        (Status::Pending, "by_itself", vec![]),
    ] {
        let run = run_of("promote", &[], &asking());
        let votes = vec![counted("U1", Choice::Approve), counted("U2", Choice::Reject)];
        let approvals = [ended(&run, status, votes)];
        let runs = [run];
        let facts = Facts::none(&DeployId::from_text("d"));
        for step in 1..4 {
            let happened = Happened::at(&runs, &approvals, &facts, &runs[0].id, step);
            assert_eq!(happened.outcome(), outcome);
            let names: Vec<&str> = happened.approved_by().iter().map(|approver| approver.id).collect();
            assert_eq!(names, approvers, "{outcome}");
        }
        // The first step waits for nobody.
        assert_eq!(Happened::at(&runs, &approvals, &facts, &runs[0].id, 0).outcome(), "by_itself");
    }
}

#[test]
fn rule_that_asks_nobody_has_the_approval_it_came_after() {
    let (first, second) = (run_of("first", &[], &asking()), run_of("second", &["first"], &asking()));
    let between = run_of("between", &["second"], &[hook("a")]);
    let (last, other) = (run_of("last", &["between"], &[hook("b")]), run_of("other", &[], &[hook("c")]));
    let approvals = [
        ended(&first, Status::Closed(Closed::Approved { at: at(5) }), vec![counted("U1", Choice::Approve)]),
        ended(&second, Status::Closed(Closed::Approved { at: at(9) }), vec![counted("U2", Choice::Approve)]),
    ];
    let runs = [first, second, between, last, other];
    let facts = Facts::none(&DeployId::from_text("d"));
    let told = |run: &Run| {
        let happened = Happened::at(&runs, &approvals, &facts, &run.id, 0);
        happened.decided.map(|decided| (decided.rule, decided.outcome))
    };
    assert_eq!(told(&runs[3]), Some(("second".to_owned(), "approved")));
    assert_eq!(told(&runs[2]), Some(("second".to_owned(), "approved")));
    assert_eq!(told(&runs[4]), None);
}

#[test]
fn broken_glass_counts_as_who_approved() {
    let run = run_of("promote", &[], &asking());
    let mut approval =
        ended(&run, Status::Closed(Closed::Approved { at: at(5) }), vec![counted("U1", Choice::Approve)]);
    approval.glass.broken = Some(Broken {
        by: "U9".to_owned(),
        name: "Eve".to_owned(),
        at: at(4),
        reason: "the site is down".to_owned(),
        due: at(100),
        hands: None,
        review: None,
    });
    let (runs, approvals) = ([run], [approval]);
    let happened = Happened::at(&runs, &approvals, &Facts::none(&runs[0].deploy), &runs[0].id, 1);
    let names: Vec<&str> = happened.approved_by().iter().map(|approver| approver.id).collect();
    assert_eq!(names, ["U1", "U9"]);
    assert_eq!(happened.decided.unwrap().glass.unwrap().reason, "the site is down");
}

#[test]
fn health_and_failed_rules_are_those_on_record() {
    let failed = Run { status: run::Status::Stopped, ..run_of("smoke", &[], &[hook("a")]) };
    let runs = [failed, run_of("tell", &[], &[hook("b")])];
    let report = Report { health: Health::Ailing, at: at(0) };
    let command = facts::Command::Report { source: "api".to_owned(), report };
    let facts = facts::decide(&Facts::none(&runs[0].deploy), command, at(1)).unwrap().next;
    let happened = Happened::at(&runs, &[], &facts, &runs[1].id, 0);
    assert_eq!((happened.health, happened.failed_rules), (Some(Health::Ailing), vec!["smoke".to_owned()]));
    assert!(happened.decided.is_none());
}

#[test]
fn run_that_was_asked_again_says_nothing_any_more() {
    let again = run_of("promote", &[], &asking());
    let older = Run {
        id: signoff_core::id::RunId::from_text("older"),
        status: run::Status::Stopped,
        asked_again: Some(again.id.clone()),
        ..again.clone()
    };
    let tell = run_of("tell", &["promote"], &[hook("a")]);
    let approvals = [
        ended(&older, Status::Closed(Closed::Rejected { at: at(9) }), vec![counted("U1", Choice::Reject)]),
        ended(&again, Status::Closed(Closed::Approved { at: at(5) }), vec![counted("U2", Choice::Approve)]),
    ];
    let own = Happened::at(
        &[older.clone(), again.clone()],
        &approvals,
        &Facts::none(&DeployId::from_text("d")),
        &older.id,
        2,
    );
    assert_eq!(own.outcome(), "rejected", "its own actions are told of its own approval");
    for runs in [[older.clone(), again.clone(), tell.clone()], [again, older, tell]] {
        let facts = Facts::none(&DeployId::from_text("d"));
        let told = Happened::at(&runs, &approvals, &facts, &runs[2].id, 0);
        let names: Vec<&str> = told.approved_by().iter().map(|approver| approver.id).collect();
        assert_eq!((told.outcome(), names), ("approved", vec!["U2"]));
        assert_eq!(told.failed_rules, Vec::<String>::new());
    }
}
