//! A step's line in the dialog's thread, in each state.

use crate::dialogs::said;
use crate::samples::{Branches, ask, ask_with, at, deploy, hook, opened};
use approval::action::{Action, BuildRef};
use approval::approval::Outcome;
use approval::id::{ApprovalId, RunId};
use approval::message::{step_elsewhere, step_line};
use approval::run::{Command, Resolution, Run, StepState, decide};

fn build() -> Action {
    Action::AutoApproveBuild(BuildRef { build: "deploy-production".to_owned(), job: None })
}

/// The line of step 1 (the build, under an approval, with two actions after it) in this state.
fn line(state: StepState) -> Option<String> {
    step_line(&run(state), 1)
}

fn run(state: StepState) -> Run {
    let mut run = opened(&[ask("Promote", vec![build(), hook("one.example")]), hook("two.example")]).next;
    run.steps[1].state = state;
    run
}

fn stopped(state: StepState) -> String {
    let mut run = run(state);
    run.steps[2].state = StepState::Skipped;
    run.steps[3].state = StepState::Skipped;
    step_line(&run, 1).expect("a line")
}

fn failed(reason: &str) -> StepState {
    StepState::Failed { at: at(1), reason: reason.to_owned() }
}

#[test]
fn a_step_whose_turn_never_came_has_no_line() {
    assert_eq!(line(StepState::Waiting), None);
    assert_eq!(line(StepState::Skipped), None);
    assert_eq!(step_line(&run(StepState::Waiting), 9), None);
}

#[test]
fn a_running_step_says_so() {
    insta::assert_snapshot!(line(StepState::Running { note: None, waits: false }).expect("a line"), @":hourglass_flowing_sand: `auto_approve_build: deploy-production` is running.");
}

#[test]
fn a_step_that_is_tried_again_says_why() {
    let note = Some("CircleCI answered 503 while approving the job. Next attempt in 4 s.".to_owned());
    insta::assert_snapshot!(line(StepState::Running { note, waits: false }).expect("a line"), @":hourglass_flowing_sand: `auto_approve_build: deploy-production` is being tried again: CircleCI answered 503 while approving the job. Next attempt in 4 s.");
}

#[test]
fn a_step_that_succeeded_says_what_was_done_and_where() {
    let done = |url: Option<&str>| StepState::Succeeded {
        at: at(1),
        summary: "job hold of deploy-production approved.".to_owned(),
        url: url.map(str::to_owned),
    };
    insta::assert_snapshot!(line(done(None)).expect("a line"), @":white_check_mark: `auto_approve_build: deploy-production`: job hold of deploy-production approved.");
    let url = "https://app.circleci.com/pipelines/1?a=b&c=d";
    insta::assert_snapshot!(line(done(Some(url))).expect("a line"), @":white_check_mark: `auto_approve_build: deploy-production`: job hold of deploy-production approved. <https://app.circleci.com/pipelines/1?a=b&amp;c=d|Open>");
}

#[test]
fn a_step_that_failed_says_why_and_what_did_not_run() {
    let reason = "there is no workflow deploy-production in this pipeline";
    insta::assert_snapshot!(stopped(failed(reason)), @r"
    :x: `auto_approve_build: deploy-production` failed: there is no workflow deploy-production in this pipeline.
    Did not run: `webhook: https://one.example`, `webhook: https://two.example`.
    ");
}

#[test]
fn the_last_step_that_failed_held_nothing_up() {
    insta::assert_snapshot!(line(failed("CircleCI answered 401: Unauthorized")).expect("a line"), @":x: `auto_approve_build: deploy-production` failed: CircleCI answered 401: Unauthorized.");
}

#[test]
fn a_step_that_may_have_happened_says_what_to_do() {
    let lost = StepState::Unknown { at: at(1), reason: "no answer from GitHub within 10 s".to_owned() };
    insta::assert_snapshot!(line(lost).expect("a line"), @":grey_question: `auto_approve_build: deploy-production` may or may not have happened: no answer from GitHub within 10 s. Signoff does not repeat it by itself, so that nothing runs twice. Look whether it happened (the buttons are in the dialog): if not, *Retry* runs it again; if so, *Mark as done* goes on with what follows.");
}

#[test]
fn a_step_that_somebody_said_what_became_of_names_them() {
    let lost = run(StepState::Unknown { at: at(1), reason: "no answer".to_owned() });
    let resolved = |resolution| {
        let (by, name) = ("U1".to_owned(), "Ana <Novak>".to_owned());
        let command = Command::Resolve { by, name, resolution, lost_at: at(1) };
        step_line(&decide(&lost, 1, command, at(2)).expect("resolved").next, 1).expect("a line")
    };
    insta::assert_snapshot!(resolved(Resolution::Retry), @":hourglass_flowing_sand: `auto_approve_build: deploy-production` is being tried again: Ana &lt;Novak&gt; asked for it.");
    insta::assert_snapshot!(resolved(Resolution::MarkAsDone), @":white_check_mark: `auto_approve_build: deploy-production`: Ana &lt;Novak&gt; marked it as done.");
}

/// What the line of step `step` says did not run.
fn cut_off(run: &Run, step: usize) -> String {
    let line = step_line(run, step).expect("a line");
    line.split_once("Did not run: ").map_or("nothing", |(_, rest)| rest).replace("webhook: https://", "")
}

#[test]
fn what_an_approval_sorted_out_is_not_told_as_cut_off() {
    let inner = ask_with(
        "inner",
        Branches { on_success: vec![hook("in-yes")], on_reject: vec![hook("in-no")], on_expire: vec![] },
    );
    let outer = Branches {
        on_success: vec![hook("yes-1"), hook("yes-2")],
        on_reject: vec![inner, hook("no-2")],
        on_expire: vec![hook("late")],
    };
    let mut run = opened(&[ask_with("outer", outer), hook("last")]).next;
    let carry_out = |run: &mut Run, step: usize, commands: &[Command]| {
        for command in commands {
            *run = decide(run, step, command.clone(), at(2)).expect("its turn").next;
        }
    };
    let ask = Command::Ask(ApprovalId::from_text("a"));
    let fail = Command::Fail { reason: "404".to_owned() };
    carry_out(&mut run, 0, &[Command::Begin, ask.clone()]);
    let mut rejected = run.clone();
    carry_out(&mut run, 0, &[Command::Close(Outcome::Approved)]);
    carry_out(&mut run, 1, &[Command::Begin, fail]);
    assert_eq!(cut_off(&run, 1), "`yes-2`, `last`.");
    carry_out(&mut rejected, 0, &[Command::Close(Outcome::Rejected)]);
    assert_eq!(cut_off(&rejected, 0), "`yes-1`, `yes-2`, `last`.");
    carry_out(&mut rejected, 3, &[Command::Begin, ask, Command::Close(Outcome::Expired)]);
    assert_eq!(cut_off(&rejected, 3), "`in-yes`, `no-2`.");
}

#[test]
fn what_a_provider_wrote_at_length_does_not_hide_what_to_do() {
    let long = "<&\u{1f680} ".repeat(3000);
    let lost = StepState::Unknown { at: at(1), reason: long.clone() };
    let message =
        step_elsewhere(&run(lost.clone()), 1, &deploy(), "https://signoff.example.com/deploys/d", "T1");
    let message = message.expect("a message");
    assert!(line(lost).is_some_and(|line| line.contains("Mark as done") && line.len() <= 3000));
    assert!(message.text.contains("Mark as done") && message.text.len() <= 3000);
    assert_eq!(message.blocks[0]["text"]["text"], message.text);
    let steps: Vec<_> = (0..100).map(|number| hook(&format!("{number}.{}", "example.".repeat(20)))).collect();
    let mut stopped = opened(&steps).next;
    stopped.steps[0].state = failed(&long);
    stopped.steps[1..].iter_mut().for_each(|step| step.state = StepState::Skipped);
    assert!(step_line(&stopped, 0).is_some_and(|line| line.len() <= 3000));
}

#[test]
fn a_second_approval_says_in_the_firsts_thread_where_it_asks_and_how_it_ended() {
    let mut run = opened(&[ask("First", vec![ask("Second", vec![build()])])]).next;
    let mut line = |state: StepState| {
        run.steps[1].state = state;
        step_line(&run, 1).expect("a line")
    };
    insta::assert_snapshot!(line(StepState::Asking { approval: ApprovalId::from_text("a") }), @":ballot_box_with_ballot: `slack_channel_approval: Second` waits for votes in #production.");
    let approved = StepState::Succeeded { at: at(1), summary: "approved".to_owned(), url: None };
    insta::assert_snapshot!(line(approved), @":white_check_mark: `slack_channel_approval: Second`: approved.");
    insta::assert_snapshot!(line(failed("rejected")), @":x: `slack_channel_approval: Second`: rejected.");
}

#[test]
fn what_a_provider_wrote_can_not_mention_or_link() {
    let line = line(failed("<!channel> `x` & <https://evil.example|click>")).expect("a line");
    assert!(line.contains("&lt;!channel&gt; `x` &amp; &lt;https://evil.example|click&gt;"), "{line}");
}

#[test]
fn an_actions_name_can_not_end_its_code() {
    let run = opened(&[ask("`<!here>`", vec![])]).next;
    let mut asking = run;
    asking.steps[0].state = StepState::Running { note: None, waits: false };
    let line = step_line(&asking, 0).expect("a line");
    assert!(line.contains("`slack_channel_approval: '&lt;!here&gt;'`"), "{line}");
}

#[test]
fn a_step_without_a_thread_names_its_rule_and_deploy() {
    let mut run = opened(&[hook("one.example")]).next;
    let url = "https://signoff.example.com/deploys/d";
    let elsewhere = |run: &Run| step_elsewhere(run, 0, &deploy(), url, "T1");
    run.steps[0].state = failed("the address answered 500");
    let message = elsewhere(&run).expect("a message");
    insta::assert_snapshot!(message.text, @"
    Rule `promote` for <https://signoff.example.com/deploys/d|7bf7226 - checkout (Staging)>:
    :x: `webhook: https://one.example` failed: the address answered 500.
    ");
    assert_eq!(
        message.blocks,
        serde_json::json!([{
            "type": "section", "text": { "type": "mrkdwn", "text": message.text }
        }]),
        "what replaces buttons has none"
    );
    run.steps[0].state = StepState::Waiting;
    assert_eq!(elsewhere(&run), None);
}

#[test]
fn a_step_without_a_thread_that_may_have_happened_has_buttons() {
    let mut run = opened(&[hook("one.example")]).next;
    run.id = RunId::from_text("r");
    run.steps[0].state = StepState::Unknown { at: at(1), reason: "no answer within 10 s".to_owned() };
    let message =
        step_elsewhere(&run, 0, &deploy(), "https://signoff.example.com/deploys/d", "T1").expect("a message");
    let blocks: Vec<_> = message.blocks.as_array().into_iter().flatten().map(said).collect();
    insta::assert_snapshot!(blocks.join("\n"), @r#"
    section: Rule `promote` for <https://signoff.example.com/deploys/d|7bf7226 - checkout (Staging)>:
    :grey_question: `webhook: https://one.example` may or may not have happened: no answer within 10 s. Signoff does not repeat it by itself, so that nothing runs twice. Look whether it happened: if not, *Retry* runs it again; if so, *Mark as done* goes on with what follows.
    "step-0": [Retry: "retry" "d r 0 1620733321000000 T1", danger] [Mark as done: "mark_as_done" "d r 0 1620733321000000 T1"]
    "#);
}
