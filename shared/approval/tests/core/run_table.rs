//! What each command makes of a run's step in each state.

use crate::samples::{ask, at, consequences, hook, opened};
use approval::approval::Outcome;
use approval::id::ApprovalId;
use approval::run::{Command, Refusal, Run, Status, StepState, decide};

/// A run of an approval with one action, and an action after it. The step to look at is the first or the second.
fn run() -> Run {
    opened(&[ask("Promote", vec![hook("one.example")]), hook("two.example")]).next
}

fn succeeded() -> StepState {
    StepState::Succeeded { at: at(1), summary: "done".to_owned(), url: None }
}

fn failed() -> StepState {
    StepState::Failed { at: at(1), reason: "404".to_owned() }
}

fn asking() -> StepState {
    StepState::Asking { approval: ApprovalId::from_text("a") }
}

/// The run whose steps begin with these states.
fn with(states: &[StepState]) -> Run {
    let mut run = run();
    for (step, state) in run.steps.iter_mut().zip(states) {
        step.state = state.clone();
    }
    run
}

/// A run in each state of the step with the number beside it.
fn states() -> Vec<(&'static str, Run, usize)> {
    let running = |note: Option<&str>| StepState::Running { note: note.map(str::to_owned) };
    let unknown = StepState::Unknown { at: at(1), reason: "no answer".to_owned() };
    vec![
        ("waiting, its turn", with(&[succeeded()]), 1),
        ("waiting, not its turn", with(&[asking()]), 1),
        ("running", with(&[succeeded(), running(None)]), 1),
        ("running once more after 503", with(&[succeeded(), running(Some("503"))]), 1),
        ("running, the last step", with(&[succeeded(), succeeded(), running(None)]), 2),
        ("running, before there is a thread", with(&[running(None)]), 0),
        ("asking", with(&[asking()]), 0),
        ("succeeded", with(&[succeeded(), succeeded()]), 1),
        ("failed", with(&[succeeded(), failed()]), 1),
        ("unknown", with(&[succeeded(), unknown]), 1),
        ("skipped", with(&[failed(), StepState::Skipped]), 1),
    ]
}

fn commands() -> Vec<(&'static str, Command)> {
    let reason = || "503".to_owned();
    vec![
        ("begin", Command::Begin),
        ("ask", Command::Ask(ApprovalId::from_text("a"))),
        ("close approved", Command::Close(Outcome::Approved)),
        ("close rejected", Command::Close(Outcome::Rejected)),
        ("close cancelled", Command::Close(Outcome::Cancelled("gone".to_owned()))),
        ("retry after 503", Command::Retry { reason: reason() }),
        ("succeed", Command::Succeed { summary: "done".to_owned(), url: None }),
        ("fail", Command::Fail { reason: reason() }),
        ("lose", Command::Lose { reason: reason() }),
        ("line posted", Command::LinePosted { ts: "1.0".to_owned() }),
    ]
}

fn word(state: &StepState) -> &'static str {
    match state {
        StepState::Waiting => "waiting",
        StepState::Running { .. } => "running",
        StepState::Asking { .. } => "asking",
        StepState::Succeeded { .. } => "succeeded",
        StepState::Failed { .. } => "failed",
        StepState::Unknown { .. } => "unknown",
        StepState::Skipped => "skipped",
    }
}

fn outcome(run: &Run, step: usize, command: Command) -> String {
    match decide(run, step, command, at(120)) {
        Ok(decision) => {
            let steps: Vec<_> = decision.next.steps.iter().map(|step| word(&step.state)).collect();
            format!("{} ({:?}); {}", steps.join(" "), decision.next.status, consequences(&decision))
        }
        Err(refusal) => format!("refused: {refusal:?}"),
    }
}

#[test]
fn every_command_in_every_state() {
    let mut table = String::new();
    for (name, run, step) in states() {
        table.push_str(&format!("step {step} {name}\n"));
        for (name, command) in commands() {
            table.push_str(&format!("  {name:16} {}\n", outcome(&run, step, command)));
        }
    }
    insta::assert_snapshot!(table, @r"
    step 1 waiting, its turn
      begin            succeeded running waiting (Running); do: draw_step 1; record: step_started 1
      ask              refused: OutOfTurn
      close approved   refused: OutOfTurn
      close rejected   refused: OutOfTurn
      close cancelled  refused: OutOfTurn
      retry after 503  refused: OutOfTurn
      succeed          refused: OutOfTurn
      fail             refused: OutOfTurn
      lose             refused: OutOfTurn
      line posted      succeeded waiting waiting (Running); do: -; record: -
    step 1 waiting, not its turn
      begin            refused: OutOfTurn
      ask              refused: OutOfTurn
      close approved   refused: OutOfTurn
      close rejected   refused: OutOfTurn
      close cancelled  refused: OutOfTurn
      retry after 503  refused: OutOfTurn
      succeed          refused: OutOfTurn
      fail             refused: OutOfTurn
      lose             refused: OutOfTurn
      line posted      asking waiting waiting (Running); do: -; record: -
    step 1 running
      begin            refused: Repeated
      ask              succeeded asking waiting (Running); do: draw_dialog, draw_step 1; record: -
      close approved   refused: OutOfTurn
      close rejected   refused: OutOfTurn
      close cancelled  refused: OutOfTurn
      retry after 503  succeeded running waiting (Running); do: draw_step 1; record: step_retrying 1
      succeed          succeeded succeeded waiting (Running); do: draw_step 1, run_step 2; record: step_succeeded 1
      fail             succeeded failed skipped (Stopped); do: draw_step 1; record: step_failed 1, run_stopped 1
      lose             succeeded unknown skipped (Stopped); do: draw_step 1; record: step_unknown 1, run_stopped 1
      line posted      succeeded running waiting (Running); do: -; record: -
    step 1 running once more after 503
      begin            refused: Repeated
      ask              succeeded asking waiting (Running); do: draw_dialog, draw_step 1; record: -
      close approved   refused: OutOfTurn
      close rejected   refused: OutOfTurn
      close cancelled  refused: OutOfTurn
      retry after 503  refused: Repeated
      succeed          succeeded succeeded waiting (Running); do: draw_step 1, run_step 2; record: step_succeeded 1
      fail             succeeded failed skipped (Stopped); do: draw_step 1; record: step_failed 1, run_stopped 1
      lose             succeeded unknown skipped (Stopped); do: draw_step 1; record: step_unknown 1, run_stopped 1
      line posted      succeeded running waiting (Running); do: -; record: -
    step 2 running, the last step
      begin            refused: Repeated
      ask              succeeded succeeded asking (Running); do: draw_dialog, draw_step 2; record: -
      close approved   refused: OutOfTurn
      close rejected   refused: OutOfTurn
      close cancelled  refused: OutOfTurn
      retry after 503  succeeded succeeded running (Running); do: draw_step 2; record: step_retrying 2
      succeed          succeeded succeeded succeeded (Succeeded); do: draw_step 2; record: step_succeeded 2, run_succeeded
      fail             succeeded succeeded failed (Stopped); do: draw_step 2; record: step_failed 2, run_stopped 2
      lose             succeeded succeeded unknown (Stopped); do: draw_step 2; record: step_unknown 2, run_stopped 2
      line posted      succeeded succeeded running (Running); do: -; record: -
    step 0 running, before there is a thread
      begin            refused: Repeated
      ask              asking waiting waiting (Running); do: draw_dialog; record: -
      close approved   refused: OutOfTurn
      close rejected   refused: OutOfTurn
      close cancelled  refused: OutOfTurn
      retry after 503  running waiting waiting (Running); do: -; record: step_retrying 0
      succeed          succeeded waiting waiting (Running); do: run_step 1; record: step_succeeded 0
      fail             failed skipped skipped (Stopped); do: -; record: step_failed 0, run_stopped 0
      lose             unknown skipped skipped (Stopped); do: -; record: step_unknown 0, run_stopped 0
      line posted      running waiting waiting (Running); do: -; record: -
    step 0 asking
      begin            refused: OutOfTurn
      ask              refused: Repeated
      close approved   succeeded waiting waiting (Running); do: run_step 1; record: -
      close rejected   failed skipped skipped (Stopped); do: -; record: run_stopped 0
      close cancelled  failed skipped skipped (Stopped); do: -; record: run_stopped 0
      retry after 503  refused: OutOfTurn
      succeed          refused: OutOfTurn
      fail             refused: OutOfTurn
      lose             refused: OutOfTurn
      line posted      asking waiting waiting (Running); do: -; record: -
    step 1 succeeded
      begin            refused: Repeated
      ask              refused: Repeated
      close approved   refused: Repeated
      close rejected   refused: Repeated
      close cancelled  refused: Repeated
      retry after 503  refused: Repeated
      succeed          refused: Repeated
      fail             refused: Repeated
      lose             refused: Repeated
      line posted      succeeded succeeded waiting (Running); do: -; record: -
    step 1 failed
      begin            refused: Repeated
      ask              refused: Repeated
      close approved   refused: Repeated
      close rejected   refused: Repeated
      close cancelled  refused: Repeated
      retry after 503  refused: Repeated
      succeed          refused: Repeated
      fail             refused: Repeated
      lose             refused: Repeated
      line posted      succeeded failed waiting (Running); do: -; record: -
    step 1 unknown
      begin            refused: Repeated
      ask              refused: Repeated
      close approved   refused: Repeated
      close rejected   refused: Repeated
      close cancelled  refused: Repeated
      retry after 503  refused: Repeated
      succeed          refused: Repeated
      fail             refused: Repeated
      lose             refused: Repeated
      line posted      succeeded unknown waiting (Running); do: -; record: -
    step 1 skipped
      begin            refused: Repeated
      ask              refused: Repeated
      close approved   refused: Repeated
      close rejected   refused: Repeated
      close cancelled  refused: Repeated
      retry after 503  refused: Repeated
      succeed          refused: Repeated
      fail             refused: Repeated
      lose             refused: Repeated
      line posted      failed skipped waiting (Running); do: -; record: -
    ");
}

#[test]
fn a_step_that_is_not_there_is_refused() {
    assert_eq!(decide(&run(), 3, Command::Begin, at(1)), Err(Refusal::NoSuchStep));
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
fn a_step_is_shown_in_the_thread_of_the_approval_that_it_follows() {
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
