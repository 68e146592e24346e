//! A step's failure: the steps that it stops, the messages, and the ways in which people can act on it.

use crate::dialogs::said;
use crate::samples::{approval, ask, at, consequences, counted, deploy, first, hook, opened};
use jiff::civil::date;
use signoff_core::action::{Action, BuildRef, OnFailure};
use signoff_core::approval::{Approval, Choice, Dialog, Electorate, Frozen, Lifted};
use signoff_core::effect::{Claim, Effect, EffectKind};
use signoff_core::freeze::{Dates, Freeze};
use signoff_core::id::{DeployId, EffectId, RunId};
use signoff_core::message::{FailedStep, failure_resolved, step_failed, still_frozen};
use signoff_core::run::{
    Command, FailureNotice, KnownMakers, Makers, NotTheirs, Refusal, Resolution, Run, Status, StepState,
    decide,
};

fn tell() -> Action {
    Action::NotifyDeployer("Done.".to_owned())
}

fn build() -> Action {
    Action::AutoApproveBuild(BuildRef { build: "build-and-deploy".to_owned(), job: None })
}

/// `run` after these commands for step number `step`, and the consequences of the last.
fn after(run: &Run, step: usize, commands: &[Command]) -> (Run, String) {
    let (mut run, mut followed) = (run.clone(), String::new());
    for command in commands {
        let decision = decide(&run, step, command.clone(), at(120)).expect("its turn");
        followed = consequences(&decision);
        run = decision.next;
    }
    (run, followed)
}

fn fail() -> Command {
    Command::Fail { reason: "is_archived".to_owned() }
}

fn lose() -> Command {
    Command::Lose { reason: "no answer".to_owned() }
}

fn succeed() -> Command {
    Command::Succeed { summary: "done".to_owned(), url: None, build: None }
}

fn does(resolution: Resolution) -> Command {
    let reason = Some("we <deployed> by hand".to_owned());
    Command::Resolve { by: "U1".to_owned(), name: "Ana".to_owned(), resolution, reason, failed_at: at(120) }
}

fn told() -> Command {
    let message = Dialog { channel: "C1".to_owned(), ts: "9.0".to_owned() };
    Command::FailurePosted(FailureNotice { failed_at: at(120), message })
}

fn found(makers: Makers) -> Command {
    Command::MakersFound(KnownMakers { failed_at: at(120), makers })
}

#[test]
fn a_failed_message_stops_nothing() {
    let run = opened(&[tell(), hook("one.example")]).next;
    for (failure, followed) in [
        (fail(), "do: tell_failure 0, run_step 1; record: step_failed 0"),
        (lose(), "do: tell_failure 0, run_step 1; record: step_unknown 0"),
    ] {
        let (failed, did) = after(&run, 0, &[Command::Begin(first()), failure]);
        assert_eq!(did, followed);
        let (done, did) = after(&failed, 1, &[Command::Begin(first()), succeed()]);
        assert_eq!(
            (done.status, did.as_str()),
            (Status::Succeeded, "do: -; record: step_succeeded 1, run_succeeded")
        );
        assert_eq!(done.failed_steps().collect::<Vec<_>>(), [0]);
    }
}

#[test]
fn on_failure_decides_what_runs_after_a_failure() {
    for (action, status) in [
        (tell(), Status::Running),
        (tell().with_on_failure(OnFailure::Stop), Status::Stopped),
        (hook("one.example"), Status::Stopped),
        (hook("one.example").with_on_failure(OnFailure::Continue), Status::Running),
    ] {
        let run = opened(&[action.clone(), hook("two.example")]).next;
        assert_eq!(after(&run, 0, &[Command::Begin(first()), fail()]).0.status, status, "{action}");
    }
}

#[test]
fn a_retried_message_waits_for_nobody_and_holds_nobody_up() {
    let run = opened(&[tell(), hook("one.example"), hook("two.example")]).next;
    let (failed, _) = after(&run, 0, &[Command::Begin(first()), fail()]);
    let (beside, _) = after(&failed, 1, &[Command::Begin(first())]);
    let (retried, did) = after(&beside, 0, &[does(Resolution::Retry)]);
    assert_eq!(did, "do: retry_step 0; record: step_resolved 0");
    let (one_done, did) = after(&retried, 1, &[succeed()]);
    assert_eq!(did, "do: -; record: step_succeeded 1", "the first one is running");
    let (both_done, did) = after(&one_done, 0, &[succeed()]);
    assert_eq!(
        (both_done.status, did.as_str()),
        (Status::Running, "do: run_step 2; record: step_succeeded 0")
    );
}

#[test]
fn run_ends_again_after_its_message_is_retried() {
    let run = opened(&[tell()]).next;
    let (failed, _) = after(&run, 0, &[Command::Begin(first()), fail()]);
    assert_eq!(failed.status, Status::Succeeded);
    let (retried, _) = after(&failed, 0, &[does(Resolution::Retry)]);
    assert_eq!(retried.status, Status::Running);
    assert_eq!(after(&retried, 0, &[succeed()]).0.status, Status::Succeeded);
}

#[test]
fn skip_and_mark_as_done_let_the_rest_run() {
    let run = opened(&[hook("one.example"), hook("two.example")]).next;
    let (failed, did) = after(&run, 0, &[Command::Begin(first()), fail()]);
    assert_eq!(
        (failed.status, did.as_str()),
        (Status::Stopped, "do: tell_failure 0; record: step_failed 0, run_stopped 0")
    );
    for resolution in [Resolution::Skip, Resolution::MarkAsDone] {
        let (on, did) = after(&failed, 0, &[does(resolution)]);
        assert_eq!((on.status, did.as_str()), (Status::Running, "do: run_step 1; record: step_resolved 0"));
        assert_eq!(
            decide(&on, 0, does(Resolution::Retry), at(121)),
            Err(Refusal::Repeated),
            "somebody was first"
        );
        assert_eq!(after(&on, 1, &[Command::Begin(first()), succeed()]).0.status, Status::Succeeded);
    }
    let without = Command::Resolve {
        by: "U1".to_owned(),
        name: "Ana".to_owned(),
        resolution: Resolution::Skip,
        reason: Some(" ".to_owned()),
        failed_at: at(120),
    };
    assert_eq!(decide(&failed, 0, without, at(121)), Err(Refusal::ReasonNeeded));
}

#[test]
fn a_retry_of_a_lost_answer_looks_first_where_it_can() {
    let started = Action::TriggerBuild(signoff_core::action::TriggerSpec {
        workflow: None,
        parameters: std::collections::BTreeMap::new(),
        revision: None,
    });
    for (action, failure, looks) in [
        (started.clone(), lose(), true),
        (started, fail(), false),
        (hook("one.example"), lose(), false),
        (build(), lose(), false),
    ] {
        let run = opened(std::slice::from_ref(&action)).next;
        let (failed, _) = after(&run, 0, &[Command::Begin(first()), failure]);
        let retried = decide(&failed, 0, does(Resolution::Retry), at(121)).expect("retried");
        let retry = EffectKind::RetryStep { run: run.id.clone(), step: 0, first: first(), looks };
        assert!(retried.effects.contains(&retry), "{action}: {:?}", retried.effects);
        let effect = Effect::new(EffectId::from_text("e2"), DeployId::from_text("d"), retry, at(121));
        assert_eq!(effect.claim(at(121)), Claim::Take { lost: looks });
    }
}

#[test]
fn an_approval_can_only_be_asked_again() {
    let run = opened(&[ask("Promote", vec![hook("one.example")]), hook("two.example")]).next;
    let (failed, did) = after(&run, 0, &[Command::Begin(first()), fail()]);
    assert_eq!(did, "do: tell_failure 0; record: step_failed 0, run_stopped 0");
    for never in [Resolution::Skip, Resolution::MarkAsDone] {
        assert_eq!(decide(&failed, 0, does(never), at(121)), Err(Refusal::OutOfTurn));
    }
    let (again, _) = after(&failed, 0, &[does(Resolution::Retry)]);
    let states: Vec<_> = again.steps.iter().skip(1).map(|step| step.state.clone()).collect();
    assert_eq!(states, [StepState::Waiting, StepState::Waiting]);
}

#[test]
fn a_build_is_marked_as_done_by_nobody_who_made_the_change() {
    let (run, _) = after(&opened(&[build()]).next, 0, &[Command::Begin(first()), fail()]);
    let may = |run: &Run, person, approval| run.may_mark_as_done(0, person, approval);
    assert_eq!(may(&run, "U1", None), Err(NotTheirs::NotKnownYet));
    let makers = |members: &[&str], lacks_some| Makers {
        members: members.iter().map(|id| (*id).to_owned()).collect(),
        lacks_some,
    };
    let (posted, _) = after(&run, 0, &[told()]);
    assert_eq!(may(&posted, "U2", None), Err(NotTheirs::NotKnownYet), "they are looked up before");
    // They are known whether or not the failure could be told.
    let (known, did) = after(&run, 0, &[found(makers(&["U1"], false))]);
    assert_eq!(did, "do: -; record: -");
    assert_eq!(may(&known, "U1", None), Err(NotTheirs::OwnChange));
    assert_eq!(may(&known, "U2", None), Ok(()));
    let electorate = Electorate { except: vec!["U2".to_owned()], ..Electorate::anyone() };
    let judged = Approval { electorate, ..approval() };
    assert_eq!(may(&known, "U2", Some(&judged)), Err(NotTheirs::OwnChange));
    let (in_part, _) = after(&run, 0, &[found(makers(&["U1"], true))]);
    assert_eq!(may(&in_part, "U2", None), Err(NotTheirs::MakersNotKnown));
    let (other, _) = after(&opened(&[hook("one.example")]).next, 0, &[Command::Begin(first()), fail()]);
    assert_eq!(may(&other, "U1", None), Ok(()), "a webhook is no build");
}

#[test]
fn a_message_that_came_too_late_loses_its_buttons() {
    let (failed, _) = after(&opened(&[hook("one.example")]).next, 0, &[Command::Begin(first()), fail()]);
    let (_, did) = after(&failed, 0, &[told()]);
    assert_eq!(did, "do: -; record: -");
    let (retried, _) = after(&failed, 0, &[does(Resolution::Retry)]);
    let (_, did) = after(&retried, 0, &[told()]);
    assert_eq!(did, "do: tell_failure 0; record: -");
}

#[test]
fn nobody_acts_on_a_failure_in_a_freeze() {
    let freeze = Freeze {
        name: "release day".to_owned(),
        days: Vec::new(),
        hours: None,
        dates: vec![Dates { first: date(2021, 5, 11), last: date(2021, 5, 11) }],
        time_zone: "UTC".to_owned(),
        break_glass: Vec::new(),
    };
    let frozen = Approval { frozen: Frozen::new(vec![freeze], at(1)), ..approval() };
    insta::assert_snapshot!(still_frozen(&frozen, at(120)).expect("it is frozen"), @"Nothing was done: this is frozen until <!date^1620777600^{date} at {time}|2021-05-12 at 00:00 UTC>: release day. Try again then.");
    assert_eq!(still_frozen(&frozen, at(24 * 3600)), None);
    let lifted = Some(Lifted { by: "U1".to_owned(), at: at(60), reason: "urgent".to_owned() });
    let frozen = Approval { frozen: Frozen { lifted, ..frozen.frozen }, ..approval() };
    assert_eq!(still_frozen(&frozen, at(120)), None);
}

/// The message about step number `step` of `run`, block by block.
fn shown(run: &Run, step: usize, approval: Option<&Approval>) -> String {
    let mut run = run.clone();
    run.id = RunId::from_text("r");
    let (deploy, deployers) = (deploy(), ["U7".to_owned()]);
    let failed = FailedStep {
        run: &run,
        step,
        approval,
        in_thread: approval.is_some(),
        deploy: &deploy,
        deploy_url: "https://signoff.example.com/deploys/d",
        deployers: &deployers,
        workspace: "T1",
    };
    let message = step_failed(&failed).or_else(|| failure_resolved(&failed, at(120))).expect("a message");
    assert_eq!(message.blocks[0]["text"]["text"], message.text);
    assert!(message.text.len() <= 3000, "{}", message.text.len());
    message.blocks.as_array().into_iter().flatten().map(said).collect::<Vec<_>>().join("\n")
}

fn approved() -> Approval {
    Approval { votes: vec![counted("U2", Choice::Approve)], ..approval() }
}

#[test]
fn a_failure_names_who_it_concerns_and_who_can_act() {
    let run = opened(&[ask("Promote", vec![build(), tell()]), hook("two.example")]).next;
    let mut run = run;
    run.steps[0].state = StepState::Succeeded { at: at(1), summary: "approved".to_owned(), url: None };
    let (failed, _) = after(&run, 1, &[Command::Begin(first()), fail()]);
    insta::assert_snapshot!(shown(&failed, 1, Some(&approved())), @r#"
    section: :x: `auto_approve_build: build-and-deploy` failed: is_archived.
    Did not run: `notify_deployer`, `webhook: https://two.example`.
    Deployed by <@U7>. Approved by <@U2>.
    Anyone in #deploys can act on this. Only somebody who made none of the change can mark it as done.
    "step-1": [Retry: "retry" "d r 1 1620733440000000 T1", primary] [Skip…: "skip_step" "d r 1 1620733440000000 T1"] [Mark as done: "mark_as_done" "d r 1 1620733440000000 T1"]
    "#);
    let (lost, _) = after(&run, 1, &[Command::Begin(first()), lose()]);
    let named = Electorate { people: Some(vec!["U2".to_owned(), "U3".to_owned()]), ..Electorate::anyone() };
    insta::assert_snapshot!(shown(&lost, 1, Some(&Approval { electorate: named, ..approved() })), @r#"
    section: :grey_question: `auto_approve_build: build-and-deploy` may or may not have happened: no answer.
    Signoff doesn’t repeat it by itself, so that nothing runs twice. Check whether it happened. If it did, mark it as done. If it didn’t, retry it.
    Deployed by <@U7>. Approved by <@U2>.
    <@U2>, <@U3> can act on this, or an admin if they have all left. Only somebody who made none of the change can mark it as done.
    "step-1": [Retry: "retry" "d r 1 1620733440000000 T1", primary] [Skip…: "skip_step" "d r 1 1620733440000000 T1"] [Mark as done: "mark_as_done" "d r 1 1620733440000000 T1"]
    "#);
    let except = Electorate { except: vec!["U7".to_owned()], ..Electorate::anyone() };
    insta::assert_snapshot!(shown(&failed, 1, Some(&Approval { electorate: except, ..approved() })), @r#"
    section: :x: `auto_approve_build: build-and-deploy` failed: is_archived.
    Did not run: `notify_deployer`, `webhook: https://two.example`.
    Deployed by <@U7>. Approved by <@U2>.
    Anyone in #deploys can act on this, except <@U7>. Only somebody who made none of the change can mark it as done.
    "step-1": [Retry: "retry" "d r 1 1620733440000000 T1", primary] [Skip…: "skip_step" "d r 1 1620733440000000 T1"] [Mark as done: "mark_as_done" "d r 1 1620733440000000 T1"]
    "#);
}

#[test]
fn a_failure_without_a_dialog_names_its_rule_and_deploy() {
    let run = opened(&[hook("one.example")]).next;
    let (failed, _) = after(&run, 0, &[Command::Begin(first()), fail()]);
    insta::assert_snapshot!(shown(&failed, 0, None), @r#"
    section: Rule `promote` for <https://signoff.example.com/deploys/d|7bf7226 - checkout (Staging)>:
    :x: `webhook: https://one.example` failed: is_archived.
    Deployed by <@U7>.
    An admin can act on this.
    "step-0": [Retry: "retry" "d r 0 1620733440000000 T1 elsewhere", primary] [Skip…: "skip_step" "d r 0 1620733440000000 T1 elsewhere"] [Mark as done: "mark_as_done" "d r 0 1620733440000000 T1 elsewhere"]
    "#);
    let asks = opened(&[ask("Promote", vec![])]).next;
    let (failed, _) = after(&asks, 0, &[Command::Begin(first()), fail()]);
    insta::assert_snapshot!(shown(&failed, 0, None), @r#"
    section: Rule `promote` for <https://signoff.example.com/deploys/d|7bf7226 - checkout (Staging)>:
    :x: `slack_channel_approval: Promote` failed: is_archived.
    Deployed by <@U7>.
    An admin can act on this.
    "step-0": [Retry: "retry" "d r 0 1620733440000000 T1 elsewhere", primary]
    "#);
}

#[test]
fn a_failure_that_somebody_dealt_with_says_who() {
    let run = opened(&[hook("one.example")]).next;
    let (failed, _) = after(&run, 0, &[Command::Begin(first()), fail(), told()]);
    let dealt = |resolution| {
        let (dealt, did) = after(&failed, 0, &[does(resolution)]);
        assert!(did.contains("tell_failure 0"), "{did}");
        shown(&dealt, 0, None)
    };
    insta::assert_snapshot!(dealt(Resolution::Retry), @"
    section: Rule `promote` for <https://signoff.example.com/deploys/d|7bf7226 - checkout (Staging)>:
    :x: `webhook: https://one.example` failed: is_archived.
    <@U1> retried it.
    ");
    insta::assert_snapshot!(dealt(Resolution::Skip), @"
    section: Rule `promote` for <https://signoff.example.com/deploys/d|7bf7226 - checkout (Staging)>:
    :x: `webhook: https://one.example` failed: is_archived.
    <@U1> skipped it: we &lt;deployed&gt; by hand.
    ");
    insta::assert_snapshot!(dealt(Resolution::MarkAsDone), @"
    section: Rule `promote` for <https://signoff.example.com/deploys/d|7bf7226 - checkout (Staging)>:
    :x: `webhook: https://one.example` failed: is_archived.
    <@U1> marked it as done.
    ");
}

#[test]
fn a_long_reason_leaves_room_for_what_people_can_do() {
    let reason = "<&\u{1f680} ".repeat(3000);
    let steps: Vec<_> = (0..100).map(|number| hook(&format!("{number}.{}", "example.".repeat(20)))).collect();
    let (lost, _) =
        after(&opened(&steps).next, 0, &[Command::Begin(first()), Command::Lose { reason: reason.clone() }]);
    assert!(shown(&lost, 0, None).contains("An admin can act on this."));
    let (failed, _) = after(&opened(&steps).next, 0, &[Command::Begin(first()), Command::Fail { reason }]);
    assert!(shown(&failed, 0, None).contains("Retry"));
}
