//! A step's line in the dialog's thread, in each state.

use crate::samples::{Branches, ask, ask_with, at, deploy, first, hook, opened};
use signoff_core::action::{Action, BuildRef};
use signoff_core::approval::Outcome;
use signoff_core::id::ApprovalId;
use signoff_core::message::{FailedStep, step_elsewhere, step_failed, step_line};
use signoff_core::run::{Command, Resolution, Run, StepState, decide};

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
    insta::assert_snapshot!(line(StepState::Running { note, waits: false }).expect("a line"), @":hourglass_flowing_sand: `auto_approve_build: deploy-production` is being retried: CircleCI answered 503 while approving the job. Next attempt in 4 s.");
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
fn a_step_that_failed_says_so() {
    insta::assert_snapshot!(line(failed("CircleCI answered 401: Unauthorized")).expect("a line"), @":x: `auto_approve_build: deploy-production` failed.");
}

#[test]
fn a_step_that_may_have_happened_says_so() {
    let lost = StepState::Unknown { at: at(1), reason: "no answer from GitHub within 10 s".to_owned() };
    insta::assert_snapshot!(line(lost).expect("a line"), @":grey_question: `auto_approve_build: deploy-production` may or may not have happened.");
}

#[test]
fn a_step_that_somebody_said_what_became_of_names_them() {
    let lost = run(StepState::Unknown { at: at(1), reason: "no answer".to_owned() });
    let resolved = |resolution| {
        let (by, name) = ("U1".to_owned(), "Ana <Novak>".to_owned());
        let reason = Some("fixed by <hand>".to_owned());
        let command = Command::Resolve { by, name, resolution, reason, failed_at: at(1) };
        step_line(&decide(&lost, 1, command, at(2)).expect("resolved").next, 1).expect("a line")
    };
    insta::assert_snapshot!(resolved(Resolution::Retry), @":hourglass_flowing_sand: `auto_approve_build: deploy-production` is being retried: Ana &lt;Novak&gt; asked for it.");
    insta::assert_snapshot!(resolved(Resolution::Skip), @":fast_forward: `auto_approve_build: deploy-production`: <@U1> skipped it: fixed by &lt;hand&gt;.");
    insta::assert_snapshot!(resolved(Resolution::MarkAsDone), @":white_check_mark: `auto_approve_build: deploy-production`: Ana &lt;Novak&gt; marked it as done.");
}

/// The part of the line of step `step` about the actions that did not run.
fn cut_off(run: &Run, step: usize) -> String {
    let (deploy, deploy_url) = (deploy(), "https://signoff.example.com/deploys/d");
    let failed = FailedStep {
        run,
        step,
        approval: None,
        in_thread: false,
        deploy: &deploy,
        deploy_url,
        deployers: &[],
        workspace: "T1",
    };
    let line = step_failed(&failed).map(|message| message.text).filter(|_| !run.offers(step).is_empty());
    let line = line.or_else(|| step_line(run, step)).expect("a line");
    let line = line.replace("\nAn admin can act on this.", "");
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
    carry_out(&mut run, 0, &[Command::Begin(first()), ask.clone()]);
    let mut rejected = run.clone();
    carry_out(&mut run, 0, &[Command::Close(Outcome::Approved)]);
    carry_out(&mut run, 1, &[Command::Begin(first()), fail]);
    assert_eq!(cut_off(&run, 1), "`yes-2`, `last`.");
    carry_out(&mut rejected, 0, &[Command::Close(Outcome::Rejected)]);
    assert_eq!(cut_off(&rejected, 0), "`yes-1`, `yes-2`, `last`.");
    carry_out(&mut rejected, 3, &[Command::Begin(first()), ask, Command::Close(Outcome::Expired)]);
    assert_eq!(cut_off(&rejected, 3), "`in-yes`, `no-2`.");
}

#[test]
fn second_approval_is_reported_in_the_thread_of_the_first() {
    let mut run = opened(&[ask("First", vec![ask("Second", vec![build()])])]).next;
    run.steps[1].asked = true;
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
    let state = StepState::Running {
        note: Some("<!channel> `x` & <https://evil.example|click>".to_owned()),
        waits: false,
    };
    let line = line(state).expect("a line");
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
    let elsewhere = |run: &Run| step_elsewhere(run, 0, &deploy(), url);
    run.steps[0].state = failed("the address answered 500");
    let message = elsewhere(&run).expect("a message");
    insta::assert_snapshot!(message.text, @"
    Rule `promote` for <https://signoff.example.com/deploys/d|7bf7226 - checkout (Staging)>:
    :x: `webhook: https://one.example` failed.
    ");
    assert_eq!(
        message.blocks,
        serde_json::json!([{
            "type": "section", "text": { "type": "mrkdwn", "text": message.text, "verbatim": true }
        }]),
        "what replaces buttons has none"
    );
    run.steps[0].state = StepState::Waiting;
    assert_eq!(elsewhere(&run), None);
}
