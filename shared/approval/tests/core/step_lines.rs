//! A step's line in the dialog's thread, in each state.

use crate::samples::{ask, at, deploy, hook, opened};
use approval::action::{Action, BuildRef};
use approval::id::ApprovalId;
use approval::message::{step_elsewhere, step_line};
use approval::run::{Run, StepState};

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
    insta::assert_snapshot!(line(StepState::Running { note: None }).expect("a line"), @":hourglass_flowing_sand: `auto_approve_build: deploy-production` is running.");
}

#[test]
fn a_step_that_is_tried_again_says_why() {
    let note = Some("CircleCI answered 503 while approving the job. Next attempt in 4 s.".to_owned());
    insta::assert_snapshot!(line(StepState::Running { note }).expect("a line"), @":hourglass_flowing_sand: `auto_approve_build: deploy-production` is being tried again: CircleCI answered 503 while approving the job. Next attempt in 4 s.");
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
    insta::assert_snapshot!(stopped(lost), @r"
    :grey_question: `auto_approve_build: deploy-production` may or may not have happened: no answer from GitHub within 10 s. Signoff does not repeat it, so that nothing runs twice. Look whether it happened, and start it by hand if not.
    Did not run: `webhook: https://one.example`, `webhook: https://two.example`.
    ");
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
    asking.steps[0].state = StepState::Running { note: None };
    let line = step_line(&asking, 0).expect("a line");
    assert!(line.contains("`slack_channel_approval: '&lt;!here&gt;'`"), "{line}");
}

#[test]
fn a_step_without_a_thread_names_its_rule_and_deploy() {
    let mut run = opened(&[hook("one.example")]).next;
    run.steps[0].state = failed("the address answered 500");
    let url = "https://signoff.example.com/deploys/d";
    insta::assert_snapshot!(step_elsewhere(&run, 0, &deploy(), url).expect("a line"), @r"
    Rule `promote` for <https://signoff.example.com/deploys/d|7bf7226 - checkout (Staging)>:
    :x: `webhook: https://one.example` failed: the address answered 500.
    ");
    run.steps[0].state = StepState::Waiting;
    assert_eq!(step_elsewhere(&run, 0, &deploy(), url), None);
}
