//! The shape of a run: its opening, the steps that its approvals lead to, and the place where each step is
//! shown.

use crate::approval_table::table;
use crate::run_table::{asking, word};
use crate::samples::{Branches, ask, ask_with, at, consequences, first, hook, opened};
use signoff_core::approval::Outcome;
use signoff_core::id::ApprovalId;
use signoff_core::run::{Branch, Command, Run, Status, StepState, decide};

/// A run of an approval with an action in each branch, the first of them an approval with actions of its own,
/// and an action after it; and the number of the step in each branch.
fn branched() -> Run {
    let inner = ask_with(
        "inner",
        Branches { on_success: vec![hook("yes")], on_reject: vec![hook("no")], on_expire: vec![] },
    );
    let outer = Branches {
        on_success: vec![inner, hook("approved")],
        on_reject: vec![hook("rejected")],
        on_expire: vec![hook("expired")],
    };
    let mut run = opened(&[ask_with("outer", outer), hook("last")]).next;
    run.steps[0].state = asking();
    run.steps[0].asked = true;
    run
}

#[test]
fn what_runs_after_an_approval_follows_from_how_it_ended() {
    let ended = |outcome: Outcome| {
        let decision = decide(&branched(), 0, Command::Close(outcome), at(120)).expect("an end");
        let waiting = decision.next.steps.iter().filter(|step| step.state == StepState::Waiting);
        let waiting: Vec<_> = waiting.map(|step| step.action.to_string()).collect();
        let waiting = if waiting.is_empty() { "nothing".to_owned() } else { waiting.join(", ") };
        let waiting = waiting.replace("webhook: https://", "").replace("slack_channel_approval: ", "");
        format!("{:?}, {waiting} waits; {}", decision.next.status, consequences(&decision))
    };
    insta::assert_snapshot!(table([
        ("approved", ended(Outcome::Approved)),
        ("rejected", ended(Outcome::Rejected)),
        ("expired", ended(Outcome::Expired)),
        ("superseded", ended(Outcome::Superseded("superseded".to_owned()))),
        ("ended", ended(Outcome::Ended("cancelled by Ana".to_owned()))),
        ("cancelled", ended(Outcome::Cancelled("its dialog could not be shown".to_owned()))),
    ]), @"
    approved    Running, inner, yes, no, approved, last waits; do: run_step 1; record: -
    rejected    Running, rejected waits; do: run_step 5; record: -
    expired     Running, expired waits; do: run_step 6; record: -
    superseded  Stopped, nothing waits; do: -; record: run_stopped 0
    ended       Stopped, nothing waits; do: draw_dialog; record: run_stopped 0
    cancelled   Stopped, nothing waits; do: draw_step 0, draw_dialog; record: run_stopped 0
    ");
}

#[test]
fn rejection_within_a_branch_stops_the_run_after_it() {
    let begin = |run: &Run, step| decide(run, step, Command::Begin(first()), at(120)).expect("its turn").next;
    let outer = decide(&branched(), 0, Command::Close(Outcome::Approved), at(60)).expect("approved").next;
    let asked =
        decide(&begin(&outer, 1), 1, Command::Ask(ApprovalId::from_text("b")), at(61)).expect("asked").next;
    let inner = decide(&asked, 1, Command::Close(Outcome::Rejected), at(62)).expect("rejected").next;
    let states: Vec<_> = inner.steps.iter().map(|step| word(&step.state)).collect();
    assert_eq!(
        states,
        ["succeeded", "failed", "skipped", "waiting", "skipped", "skipped", "skipped", "skipped"]
    );
    let done = Command::Succeed { summary: "told".to_owned(), url: None, build: None };
    let last = decide(&begin(&inner, 3), 3, done, at(63)).expect("done");
    assert_eq!(last.next.status, Status::Stopped);
    assert_eq!(
        consequences(&last),
        "do: draw_step 3, draw_dialog, draw_dialog; record: step_succeeded 3, run_stopped 1"
    );
}

#[test]
fn unseen_approval_is_reported_in_the_deployments_channel() {
    use signoff_core::effect::EffectKind;
    let told = |outcome: Outcome| {
        let decision = decide(&branched(), 0, Command::Close(outcome), at(120)).expect("an end");
        decision
            .effects
            .iter()
            .any(|effect| matches!(effect, EffectKind::DrawStep { approval: None, step: 0, .. }))
    };
    assert!(told(Outcome::Cancelled("its dialog could not be shown".to_owned())));
    assert!(
        !told(Outcome::Superseded("superseded".to_owned()))
            && !told(Outcome::Rejected)
            && !told(Outcome::Expired)
    );
}

#[test]
fn a_run_opens_with_its_first_step() {
    let opening = opened(&[hook("one.example"), hook("two.example")]);
    assert_eq!(opening.next.status, Status::Running);
    assert_eq!(consequences(&opening), "do: run_step 0; record: run_opened");
}

#[test]
fn a_run_without_actions_has_succeeded_when_it_opens() {
    let opening = opened(&[]);
    assert_eq!(opening.next.status, Status::Succeeded);
    assert_eq!(consequences(&opening), "do: -; record: run_opened, run_succeeded");
}

#[test]
fn step_stands_in_the_thread_of_its_approval() {
    let nested = ask("inner", vec![hook("one.example")]);
    let run = opened(&[
        hook("zero.example"),
        ask("outer", vec![nested, hook("two.example")]),
        hook("three.example"),
    ])
    .next;
    let thread = |approval: usize| Some(ApprovalId::derive(&run.id, approval));
    let threads: Vec<_> = (0..run.steps.len()).map(|step| run.thread_of(step)).collect();
    assert_eq!(threads, [None, None, thread(1), thread(2), thread(1), thread(2)]);
    assert_eq!(run.thread_of(6), None);
}

#[test]
fn a_step_waits_for_the_approval_that_the_run_comes_to_it_by() {
    let branches =
        |on_reject| Branches { on_success: vec![hook("yes.example")], on_reject, ..Branches::default() };
    let roll_back = ask("roll back", vec![hook("back.example")]);
    let run = opened(&[ask_with("outer", branches(vec![roll_back])), hook("then.example")]).next;
    let steps = 0..=run.steps.len();
    let waits_for: Vec<_> = steps.clone().map(|step| run.waits_for(step)).collect();
    assert_eq!(waits_for, [None, Some(0), Some(0), Some(2), Some(0), None]);
    let (success, reject) = (Some(Branch::OnSuccess), Some(Branch::OnReject));
    let needs = |approval| steps.clone().map(|step| run.branch_of(step, approval)).collect::<Vec<_>>();
    assert_eq!(needs(0), [None, success, reject, reject, None, None]);
    assert_eq!(needs(2), [None, None, None, success, None, None]);
    let asks = |step| run.asks(step).is_some_and(|id| id == ApprovalId::derive(&run.id, step));
    assert_eq!(steps.filter(|step| asks(*step)).collect::<Vec<_>>(), [0, 2]);
}
