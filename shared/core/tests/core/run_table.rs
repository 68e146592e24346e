//! A table of every command to a run's step in every state.

use crate::approval_table::table;
use crate::samples::{ask, at, consequences, first, hook, opened};
use jiff::{SignedDuration, Timestamp};
use signoff_core::approval::{Dialog, Outcome};
use signoff_core::id::ApprovalId;
use signoff_core::run::{Command, Refusal, Resolution, Run, StepState, decide};

/// A run of an approval with one action, and an action after it.
fn run() -> Run {
    opened(&[ask("Promote", vec![hook("one.example")]), hook("two.example")]).next
}

fn succeeded() -> StepState {
    StepState::Succeeded { at: at(1), summary: "done".to_owned(), url: None }
}

fn failed() -> StepState {
    StepState::Failed { at: at(1), reason: "404".to_owned() }
}

pub fn asking() -> StepState {
    StepState::Asking { approval: ApprovalId::from_text("a") }
}

/// The run whose steps begin with these states.
fn with(states: &[StepState]) -> Run {
    let mut run = run();
    for (step, state) in run.steps.iter_mut().zip(states) {
        step.state = state.clone();
        step.asked = matches!(state, StepState::Asking { .. });
    }
    run
}

/// A run of an action alone, in this state, whose line stands in the deployment's channel.
fn unthreaded(state: StepState) -> Run {
    let mut run = opened(&[hook("one.example")]).next;
    (run.steps[0].state, run.steps[0].line) = (state, Some(line("1.0")));
    run
}

/// A run whose approval was asked and rejected.
fn rejected() -> Run {
    let mut run = with(&[failed(), StepState::Skipped, StepState::Skipped]);
    run.steps[0].asked = true;
    run
}

/// A run in each state of the step with the number beside it.
fn states() -> Vec<(&'static str, Run, usize)> {
    let running = |note: Option<&str>| StepState::Running { note: note.map(str::to_owned), waits: false };
    let unknown = StepState::Unknown { at: at(1), reason: "no answer".to_owned() };
    vec![
        ("waiting, its turn", with(&[succeeded()]), 1),
        ("waiting, not its turn", with(&[asking()]), 1),
        ("running", with(&[succeeded(), running(None)]), 1),
        ("running once more after 503", with(&[succeeded(), running(Some("503"))]), 1),
        ("running, the last step", with(&[succeeded(), succeeded(), running(None)]), 2),
        ("running, an approval", with(&[running(None)]), 0),
        ("running, before there is a thread", unthreaded(running(None)), 0),
        ("asking", with(&[asking()]), 0),
        ("succeeded", with(&[succeeded(), succeeded()]), 1),
        ("failed", with(&[succeeded(), failed()]), 1),
        ("failed, the others skipped", with(&[succeeded(), failed(), StepState::Skipped]), 1),
        (
            "failed, an approval that could not be asked",
            with(&[failed(), StepState::Skipped, StepState::Skipped]),
            0,
        ),
        ("failed, an approval that was rejected", rejected(), 0),
        ("unknown", with(&[succeeded(), unknown.clone()]), 1),
        ("unknown, before there is a thread", unthreaded(unknown), 0),
        ("skipped", with(&[failed(), StepState::Skipped]), 1),
    ]
}

fn resolve(resolution: Resolution, failed_at: Timestamp) -> Command {
    let reason = (resolution == Resolution::Skip).then(|| "not needed".to_owned());
    Command::Resolve { by: "U1".to_owned(), name: "Ana".to_owned(), resolution, reason, failed_at }
}

fn line(ts: &str) -> Dialog {
    Dialog { channel: "C1".to_owned(), ts: ts.to_owned() }
}

fn commands() -> Vec<(&'static str, Command)> {
    let reason = || "503".to_owned();
    vec![
        ("begin", Command::Begin(first())),
        ("ask", Command::Ask(ApprovalId::from_text("a"))),
        ("close approved", Command::Close(Outcome::Approved)),
        ("close rejected", Command::Close(Outcome::Rejected)),
        ("close expired", Command::Close(Outcome::Expired)),
        ("close superseded", Command::Close(Outcome::Superseded("superseded".to_owned()))),
        ("close cancelled", Command::Close(Outcome::Cancelled("gone".to_owned()))),
        ("retry after 503", Command::Retry { reason: reason() }),
        ("succeed", Command::Succeed { summary: "done".to_owned(), url: None, build: None }),
        ("fail", Command::Fail { reason: reason() }),
        ("lose", Command::Lose { reason: reason() }),
        ("say: retry", resolve(Resolution::Retry, at(1))),
        ("say: skip", resolve(Resolution::Skip, at(1))),
        ("say: done", resolve(Resolution::MarkAsDone, at(1))),
        ("say of an older loss: retry", resolve(Resolution::Retry, at(0))),
        ("line posted", Command::LinePosted { line: line("2.0"), is_final: false }),
    ]
}

pub fn word(state: &StepState) -> &'static str {
    match state {
        StepState::Waiting => "waiting",
        StepState::Running { .. } => "running",
        StepState::Asking { .. } => "asking",
        StepState::Succeeded { .. } => "succeeded",
        StepState::Failed { .. } => "failed",
        StepState::Unknown { .. } => "unknown",
        StepState::Skipped => "skipped",
        StepState::SkippedByHand { .. } => "skipped_by_hand",
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
    let mut text = String::new();
    for (name, run, step) in states() {
        let lines = commands().into_iter().map(|(name, command)| (name, outcome(&run, step, command)));
        let lines: String = table(lines).lines().map(|line| format!("  {line}\n")).collect();
        text.push_str(&format!("step {step} {name}\n{lines}"));
    }
    insta::assert_snapshot!(text, @"
    step 1 waiting, its turn
      begin                        succeeded running waiting (Running); do: draw_step 1; record: step_started 1
      ask                          refused: OutOfTurn
      close approved               refused: OutOfTurn
      close rejected               refused: OutOfTurn
      close expired                refused: OutOfTurn
      close superseded             refused: OutOfTurn
      close cancelled              refused: OutOfTurn
      retry after 503              refused: OutOfTurn
      succeed                      refused: OutOfTurn
      fail                         refused: OutOfTurn
      lose                         refused: OutOfTurn
      say: retry                   refused: OutOfTurn
      say: skip                    refused: OutOfTurn
      say: done                    refused: OutOfTurn
      say of an older loss: retry  refused: OutOfTurn
      line posted                  succeeded waiting waiting (Running); do: -; record: -
    step 1 waiting, not its turn
      begin                        refused: OutOfTurn
      ask                          refused: OutOfTurn
      close approved               refused: OutOfTurn
      close rejected               refused: OutOfTurn
      close expired                refused: OutOfTurn
      close superseded             refused: OutOfTurn
      close cancelled              refused: OutOfTurn
      retry after 503              refused: OutOfTurn
      succeed                      refused: OutOfTurn
      fail                         refused: OutOfTurn
      lose                         refused: OutOfTurn
      say: retry                   refused: OutOfTurn
      say: skip                    refused: OutOfTurn
      say: done                    refused: OutOfTurn
      say of an older loss: retry  refused: OutOfTurn
      line posted                  asking waiting waiting (Running); do: -; record: -
    step 1 running
      begin                        refused: Repeated
      ask                          refused: OutOfTurn
      close approved               refused: OutOfTurn
      close rejected               refused: OutOfTurn
      close expired                refused: OutOfTurn
      close superseded             refused: OutOfTurn
      close cancelled              refused: OutOfTurn
      retry after 503              succeeded running waiting (Running); do: draw_step 1; record: step_retrying 1
      succeed                      succeeded succeeded waiting (Running); do: draw_step 1, run_step 2; record: step_succeeded 1
      fail                         succeeded failed skipped (Stopped); do: draw_step 1, tell_failure 1, draw_dialog; record: step_failed 1, run_stopped 1
      lose                         succeeded unknown waiting (Running); do: draw_step 1, tell_failure 1, draw_dialog; record: step_unknown 1
      say: retry                   refused: Repeated
      say: skip                    refused: Repeated
      say: done                    refused: Repeated
      say of an older loss: retry  refused: Repeated
      line posted                  succeeded running waiting (Running); do: -; record: -
    step 1 running once more after 503
      begin                        refused: Repeated
      ask                          refused: OutOfTurn
      close approved               refused: OutOfTurn
      close rejected               refused: OutOfTurn
      close expired                refused: OutOfTurn
      close superseded             refused: OutOfTurn
      close cancelled              refused: OutOfTurn
      retry after 503              refused: Repeated
      succeed                      succeeded succeeded waiting (Running); do: draw_step 1, run_step 2; record: step_succeeded 1
      fail                         succeeded failed skipped (Stopped); do: draw_step 1, tell_failure 1, draw_dialog; record: step_failed 1, run_stopped 1
      lose                         succeeded unknown waiting (Running); do: draw_step 1, tell_failure 1, draw_dialog; record: step_unknown 1
      say: retry                   refused: Repeated
      say: skip                    refused: Repeated
      say: done                    refused: Repeated
      say of an older loss: retry  refused: Repeated
      line posted                  succeeded running waiting (Running); do: -; record: -
    step 2 running, the last step
      begin                        refused: Repeated
      ask                          refused: OutOfTurn
      close approved               refused: OutOfTurn
      close rejected               refused: OutOfTurn
      close expired                refused: OutOfTurn
      close superseded             refused: OutOfTurn
      close cancelled              refused: OutOfTurn
      retry after 503              succeeded succeeded running (Running); do: draw_step 2; record: step_retrying 2
      succeed                      succeeded succeeded succeeded (Succeeded); do: draw_step 2; record: step_succeeded 2, run_succeeded
      fail                         succeeded succeeded failed (Stopped); do: draw_step 2, tell_failure 2, draw_dialog; record: step_failed 2, run_stopped 2
      lose                         succeeded succeeded unknown (Running); do: draw_step 2, tell_failure 2, draw_dialog; record: step_unknown 2
      say: retry                   refused: Repeated
      say: skip                    refused: Repeated
      say: done                    refused: Repeated
      say of an older loss: retry  refused: Repeated
      line posted                  succeeded succeeded running (Running); do: -; record: -
    step 0 running, an approval
      begin                        refused: Repeated
      ask                          asking waiting waiting (Running); do: draw_dialog; record: -
      close approved               refused: OutOfTurn
      close rejected               refused: OutOfTurn
      close expired                refused: OutOfTurn
      close superseded             refused: OutOfTurn
      close cancelled              refused: OutOfTurn
      retry after 503              running waiting waiting (Running); do: -; record: step_retrying 0
      succeed                      refused: OutOfTurn
      fail                         failed skipped skipped (Stopped); do: tell_failure 0; record: step_failed 0, run_stopped 0
      lose                         failed skipped skipped (Stopped); do: tell_failure 0; record: step_failed 0, run_stopped 0
      say: retry                   refused: Repeated
      say: skip                    refused: Repeated
      say: done                    refused: Repeated
      say of an older loss: retry  refused: Repeated
      line posted                  running waiting waiting (Running); do: -; record: -
    step 0 running, before there is a thread
      begin                        refused: Repeated
      ask                          refused: OutOfTurn
      close approved               refused: OutOfTurn
      close rejected               refused: OutOfTurn
      close expired                refused: OutOfTurn
      close superseded             refused: OutOfTurn
      close cancelled              refused: OutOfTurn
      retry after 503              running (Running); do: draw_step 0; record: step_retrying 0
      succeed                      succeeded (Succeeded); do: draw_step 0; record: step_succeeded 0, run_succeeded
      fail                         failed (Stopped); do: draw_step 0, tell_failure 0; record: step_failed 0, run_stopped 0
      lose                         unknown (Running); do: draw_step 0, tell_failure 0; record: step_unknown 0
      say: retry                   refused: Repeated
      say: skip                    refused: Repeated
      say: done                    refused: Repeated
      say of an older loss: retry  refused: Repeated
      line posted                  running (Running); do: -; record: -
    step 0 asking
      begin                        refused: OutOfTurn
      ask                          refused: Repeated
      close approved               succeeded waiting waiting (Running); do: run_step 1; record: -
      close rejected               failed skipped skipped (Stopped); do: draw_dialog; record: run_stopped 0
      close expired                failed skipped skipped (Stopped); do: draw_dialog; record: run_stopped 0
      close superseded             failed skipped skipped (Stopped); do: -; record: run_stopped 0
      close cancelled              failed skipped skipped (Stopped); do: draw_step 0, draw_dialog; record: run_stopped 0
      retry after 503              refused: OutOfTurn
      succeed                      refused: OutOfTurn
      fail                         refused: OutOfTurn
      lose                         refused: OutOfTurn
      say: retry                   refused: OutOfTurn
      say: skip                    refused: OutOfTurn
      say: done                    refused: OutOfTurn
      say of an older loss: retry  refused: OutOfTurn
      line posted                  asking waiting waiting (Running); do: -; record: -
    step 1 succeeded
      begin                        refused: Repeated
      ask                          refused: Repeated
      close approved               refused: Repeated
      close rejected               refused: Repeated
      close expired                refused: Repeated
      close superseded             refused: Repeated
      close cancelled              refused: Repeated
      retry after 503              refused: Repeated
      succeed                      refused: Repeated
      fail                         refused: Repeated
      lose                         refused: Repeated
      say: retry                   refused: Repeated
      say: skip                    refused: Repeated
      say: done                    refused: Repeated
      say of an older loss: retry  refused: Repeated
      line posted                  succeeded succeeded waiting (Running); do: -; record: -
    step 1 failed
      begin                        refused: Repeated
      ask                          refused: Repeated
      close approved               refused: Repeated
      close rejected               refused: Repeated
      close expired                refused: Repeated
      close superseded             refused: Repeated
      close cancelled              refused: Repeated
      retry after 503              refused: Repeated
      succeed                      refused: Repeated
      fail                         refused: Repeated
      lose                         refused: Repeated
      say: retry                   succeeded running waiting (Running); do: draw_step 1, draw_dialog, run_step 1; record: step_resolved 1
      say: skip                    succeeded skipped_by_hand waiting (Running); do: draw_step 1, draw_dialog, run_step 2; record: step_resolved 1
      say: done                    succeeded succeeded waiting (Running); do: draw_step 1, draw_dialog, run_step 2; record: step_resolved 1
      say of an older loss: retry  refused: Repeated
      line posted                  succeeded failed waiting (Running); do: -; record: -
    step 1 failed, the others skipped
      begin                        refused: Repeated
      ask                          refused: Repeated
      close approved               refused: Repeated
      close rejected               refused: Repeated
      close expired                refused: Repeated
      close superseded             refused: Repeated
      close cancelled              refused: Repeated
      retry after 503              refused: Repeated
      succeed                      refused: Repeated
      fail                         refused: Repeated
      lose                         refused: Repeated
      say: retry                   succeeded running waiting (Running); do: draw_step 1, draw_dialog, run_step 1; record: step_resolved 1
      say: skip                    succeeded skipped_by_hand waiting (Running); do: draw_step 1, draw_dialog, run_step 2; record: step_resolved 1
      say: done                    succeeded succeeded waiting (Running); do: draw_step 1, draw_dialog, run_step 2; record: step_resolved 1
      say of an older loss: retry  refused: Repeated
      line posted                  succeeded failed skipped (Running); do: -; record: -
    step 0 failed, an approval that could not be asked
      begin                        refused: Repeated
      ask                          refused: Repeated
      close approved               refused: Repeated
      close rejected               refused: Repeated
      close expired                refused: Repeated
      close superseded             refused: Repeated
      close cancelled              refused: Repeated
      retry after 503              refused: Repeated
      succeed                      refused: Repeated
      fail                         refused: Repeated
      lose                         refused: Repeated
      say: retry                   running waiting waiting (Running); do: run_step 0; record: step_resolved 0
      say: skip                    refused: OutOfTurn
      say: done                    refused: OutOfTurn
      say of an older loss: retry  refused: Repeated
      line posted                  failed skipped skipped (Running); do: -; record: -
    step 0 failed, an approval that was rejected
      begin                        refused: Repeated
      ask                          refused: Repeated
      close approved               refused: Repeated
      close rejected               refused: Repeated
      close expired                refused: Repeated
      close superseded             refused: Repeated
      close cancelled              refused: Repeated
      retry after 503              refused: Repeated
      succeed                      refused: Repeated
      fail                         refused: Repeated
      lose                         refused: Repeated
      say: retry                   refused: OutOfTurn
      say: skip                    refused: OutOfTurn
      say: done                    refused: OutOfTurn
      say of an older loss: retry  refused: Repeated
      line posted                  failed skipped skipped (Running); do: -; record: -
    step 1 unknown
      begin                        refused: Repeated
      ask                          refused: Repeated
      close approved               refused: Repeated
      close rejected               refused: Repeated
      close expired                refused: Repeated
      close superseded             refused: Repeated
      close cancelled              refused: Repeated
      retry after 503              refused: Repeated
      succeed                      refused: Repeated
      fail                         refused: Repeated
      lose                         refused: Repeated
      say: retry                   succeeded running waiting (Running); do: draw_step 1, draw_dialog, run_step 1; record: step_resolved 1
      say: skip                    succeeded skipped_by_hand waiting (Running); do: draw_step 1, draw_dialog, run_step 2; record: step_resolved 1
      say: done                    succeeded succeeded waiting (Running); do: draw_step 1, draw_dialog, run_step 2; record: step_resolved 1
      say of an older loss: retry  refused: Repeated
      line posted                  succeeded unknown waiting (Running); do: -; record: -
    step 0 unknown, before there is a thread
      begin                        refused: Repeated
      ask                          refused: Repeated
      close approved               refused: Repeated
      close rejected               refused: Repeated
      close expired                refused: Repeated
      close superseded             refused: Repeated
      close cancelled              refused: Repeated
      retry after 503              refused: Repeated
      succeed                      refused: Repeated
      fail                         refused: Repeated
      lose                         refused: Repeated
      say: retry                   running (Running); do: draw_step 0, run_step 0; record: step_resolved 0
      say: skip                    skipped_by_hand (Succeeded); do: draw_step 0; record: step_resolved 0, run_succeeded
      say: done                    succeeded (Succeeded); do: draw_step 0; record: step_resolved 0, run_succeeded
      say of an older loss: retry  refused: Repeated
      line posted                  unknown (Running); do: -; record: -
    step 1 skipped
      begin                        refused: Repeated
      ask                          refused: Repeated
      close approved               refused: Repeated
      close rejected               refused: Repeated
      close expired                refused: Repeated
      close superseded             refused: Repeated
      close cancelled              refused: Repeated
      retry after 503              refused: Repeated
      succeed                      refused: Repeated
      fail                         refused: Repeated
      lose                         refused: Repeated
      say: retry                   refused: Repeated
      say: skip                    refused: Repeated
      say: done                    refused: Repeated
      say of an older loss: retry  refused: Repeated
      line posted                  failed skipped waiting (Running); do: -; record: -
    ");
}

#[test]
fn who_says_what_became_of_a_step_is_asked_about_its_last_loss() {
    let failed_at = at(1) + SignedDuration::from_nanos(1_234_567);
    let unknown = with(&[succeeded(), StepState::Unknown { at: failed_at, reason: "no answer".to_owned() }]);
    // The button carries it in microseconds.
    let carried = Timestamp::from_microsecond(failed_at.as_microsecond()).expect("a time");
    assert_ne!(carried, failed_at);
    let again = decide(&unknown, 1, resolve(Resolution::Retry, carried), at(120)).expect("asked for").next;
    assert_eq!(
        again.steps[1].state,
        StepState::Running { note: Some("Ana asked for it".to_owned()), waits: false }
    );
    assert_eq!(decide(&again, 1, resolve(Resolution::Retry, carried), at(121)), Err(Refusal::Repeated));
    let lost_again =
        decide(&again, 1, Command::Lose { reason: "no answer".to_owned() }, at(130)).expect("lost").next;
    assert_eq!(
        decide(&lost_again, 1, resolve(Resolution::MarkAsDone, carried), at(131)),
        Err(Refusal::Repeated)
    );
    let done = decide(&lost_again, 1, resolve(Resolution::MarkAsDone, at(130)), at(131)).expect("done").next;
    let summary = "Ana marked it as done".to_owned();
    assert_eq!(done.steps[1].state, StepState::Succeeded { at: at(131), summary, url: None });
}

#[test]
fn a_line_that_moved_is_drawn_where_it_stands_now() {
    let posted = |run: &Run, ts, is_final| {
        let command = Command::LinePosted { line: line(ts), is_final };
        decide(run, 1, command, at(120)).map(|decision| decision.next)
    };
    let first = posted(&run(), "1.0", false).expect("posted");
    assert_eq!(posted(&first, "1.0", false), Err(Refusal::Repeated));
    let moved = posted(&first, "2.0", true).expect("posted");
    assert_eq!((&moved.steps[1].line, moved.steps[1].line_is_final), (&Some(line("2.0")), true));
    assert!(!posted(&moved, "3.0", false).expect("posted").steps[1].line_is_final);
}

#[test]
fn a_step_that_is_not_there_is_refused() {
    assert_eq!(decide(&run(), 3, Command::Begin(first()), at(1)), Err(Refusal::NoSuchStep));
}
