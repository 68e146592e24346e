//! Asking again for an approval that is closed.

use crate::samples::{after, approval, ask, at, check, click, counted, for_it, hook, voted};
use signoff_core::action::{Action, ApprovalSpec, OnFailure};
use signoff_core::approval::{Approval, Choice, Closed, Dialog, Electorate, Outcome, Status, Verdict};
use signoff_core::effect::{EffectKind, StartedBuild};
use signoff_core::event::EventKind;
use signoff_core::id::{ApprovalId, DeployId, RunId};
use signoff_core::message::{NotAskedAgain, dialog, not_asked_again};
use signoff_core::run::{self, Again, Ended, FailureNotice, NotAgain, Opening, Resolution, Run, StepState};

fn deploy() -> DeployId {
    DeployId::from_text("d")
}

fn opened(actions: &[Action]) -> Run {
    Run::open(&opening(&deploy(), actions), at(0)).next
}

fn opening<'a>(deploy: &'a DeployId, actions: &'a [Action]) -> Opening<'a> {
    Opening {
        deploy,
        revision: "7bf72269a1b2c3d4",
        rule: "promote",
        rule_hash: "hash",
        actions,
        followed: false,
    }
}

/// A message, an approval, and what runs after it.
fn actions() -> Vec<Action> {
    vec![hook("one.example"), ask("promote", vec![hook("two.example")])]
}

/// A run whose approval ended like this, and the approval.
fn ended(status: Status) -> (Run, Approval) {
    let mut run = opened(&actions());
    let failed = StepState::Failed { at: at(70), reason: "no".to_owned() };
    run.steps[0].state = StepState::Succeeded { at: at(1), summary: "done".to_owned(), url: None };
    run.steps[1].state = failed;
    run.steps[1].asked = true;
    run.steps[2].state = StepState::Skipped;
    run.status = run::Status::Stopped;
    let id = ApprovalId::derive(&run.id, 1);
    let asked =
        Approval { id, run: run.id.clone(), step: 1, name: "promote".to_owned(), status, ..approval() };
    (run, asked)
}

fn rejected() -> (Run, Approval) {
    let (run, asked) = ended(Status::Closed(Closed::Rejected { at: at(70) }));
    (run, Approval { votes: vec![counted("U1", Choice::Reject), counted("U2", Choice::Approve)], ..asked })
}

#[test]
fn only_what_ended_without_success_may_be_asked_again() {
    let cancelled = Status::Closed(Closed::Cancelled { at: at(70), by: None, reason: "no".to_owned() });
    let superseded = Status::Closed(Closed::Superseded { at: at(70), by: crate::samples::successor() });
    for (status, expected) in [
        (Status::Pending, Err(NotAgain::NotOver)),
        (Status::Closed(Closed::Expired { at: at(70) }), Ok(Ended::Expired)),
        (cancelled, Ok(Ended::Cancelled)),
        (superseded, Err(NotAgain::Superseded)),
        (Status::Closed(Closed::Approved { at: at(70) }), Ok(Ended::Failed)),
    ] {
        let (run, approval) = ended(status.clone());
        assert_eq!(run.may_ask_again(&approval), expected, "{status:?}");
    }
    let (run, approval) = rejected();
    assert_eq!(run.may_ask_again(&approval), Ok(Ended::Rejected { by: vec!["U1".to_owned()] }));
    let approved = Approval { status: Status::Closed(Closed::Approved { at: at(70) }), ..approval.clone() };
    let succeeded = Run { status: run::Status::Succeeded, ..run.clone() };
    assert_eq!(succeeded.may_ask_again(&approved), Err(NotAgain::Succeeded));
    let going_on = Run { status: run::Status::Running, ..run };
    assert_eq!(going_on.may_ask_again(&approval), Err(NotAgain::NotOver));
}

#[test]
fn run_that_stands_at_an_unknown_step_may_be_asked_again() {
    let (mut run, approval) = ended(Status::Closed(Closed::Approved { at: at(70) }));
    run.steps[1].state = StepState::Succeeded { at: at(1), summary: "approved".to_owned(), url: None };
    run.steps[2].state = StepState::Unknown { at: at(80), reason: "no answer".to_owned() };
    run.steps[2].on_failure = OnFailure::Stop;
    run.status = run::Status::Running;
    assert_eq!(run.may_ask_again(&approval), Ok(Ended::Failed));
    let mut going_on = run.clone();
    going_on.steps[0].state = StepState::Running { note: None, waits: false };
    assert_eq!(going_on.may_ask_again(&approval), Err(NotAgain::NotOver), "another step runs");
    let succeed = run::Command::Succeed { summary: "done".to_owned(), url: None, build: None };
    let stands = run::decide(&going_on, 0, succeed, at(90)).expect("it succeeds");
    let draw = EffectKind::DrawDialog { approval: approval.id.clone() };
    assert!(stands.effects.contains(&draw), "the dialog offers to ask again");
    going_on.steps[0].state = StepState::Waiting;
    assert_eq!(going_on.may_ask_again(&approval), Err(NotAgain::NotOver), "another step is about to run");
    let mut told = run.clone();
    told.steps[2].on_failure = OnFailure::Continue;
    assert_eq!(told.may_ask_again(&approval), Err(NotAgain::NotOver), "it does not stop the run");

    let (deploy, actions) = (deploy(), actions());
    let (earlier, next) = run
        .ask_again((&approval, &[]), &opening(&deploy, &actions), ("U9", "zoe"), at(100))
        .expect("it is asked again");
    assert_eq!(earlier.next.status, run::Status::Stopped);
    assert_eq!(earlier.next.steps[2].state, run.steps[2].state, "nobody knows more about it");
    assert_eq!(earlier.events, [EventKind::RunStopped { run: run.id.clone(), step: 2 }]);
    assert!(earlier.next.offers(2).is_empty());
    assert_eq!(next.next.steps[2].state, StepState::Waiting, "it runs if people approve it again");
}

#[test]
fn new_run_begins_with_its_approval_and_without_votes() {
    let (run, approval) = rejected();
    let (deploy, actions) = (deploy(), actions());
    let (earlier, next) = run
        .ask_again((&approval, &[]), &opening(&deploy, &actions), ("U9", "zoe"), at(100))
        .expect("it is asked again");
    let expected = RunId::derive_again(&deploy, "promote", 1);
    assert_eq!(earlier.next.asked_again, Some(expected.clone()));
    assert_eq!(earlier.effects, [EffectKind::DrawDialog { approval: approval.id.clone() }]);
    assert_eq!((&next.next.id, next.next.version), (&expected, 0));
    assert_eq!(next.effects, [EffectKind::RunStep { run: expected.clone(), step: 1 }]);
    assert!(matches!(next.next.steps[0].state, StepState::Succeeded { .. }), "it is not done once more");
    let by = ("U9".to_owned(), "zoe".to_owned());
    let asked = EventKind::AskedAgain { approval: approval.id.clone(), run: expected, by: by.0, name: by.1 };
    assert!(next.events.contains(&asked));
    // The second time, and by whom.
    let mut second = next.next;
    second.status = run::Status::Stopped;
    let again = Approval { run: second.id.clone(), ..approval.clone() };
    let (_, third) = second
        .ask_again((&again, &[]), &opening(&deploy, &actions), ("U9", "zoe"), at(200))
        .expect("once more");
    let ended = Ended::Rejected { by: vec!["U1".to_owned()] };
    let expected = Again {
        round: 2,
        run: second.id.clone(),
        approval: again.id,
        ended,
        by: "U9".to_owned(),
        name: "zoe".to_owned(),
    };
    assert_eq!(third.next.again, Some(expected));
    // Whoever was slower finds it asked already.
    let once_more =
        earlier.next.ask_again((&approval, &[]), &opening(&deploy, &actions), ("U8", "yan"), at(101));
    assert_eq!(once_more.map(|_| ()), Err(NotAgain::Before));
}

#[test]
fn nothing_new_runs_unasked_before_the_approval() {
    let (run, approval) = rejected();
    let deploy = deploy();
    let changed = vec![hook("other.example"), ask("promote", vec![hook("two.example")])];
    let (_, next) = run
        .ask_again((&approval, &[]), &opening(&deploy, &changed), ("U9", "zoe"), at(100))
        .expect("it is asked again");
    assert_eq!(next.next.steps[0].state, StepState::Skipped);
    let silent = vec![hook("two.example")];
    let refused = run.ask_again((&approval, &[]), &opening(&deploy, &silent), ("U9", "zoe"), at(100));
    assert_eq!(refused.map(|_| ()), Err(NotAgain::AsksNobody));
}

#[test]
fn rejection_is_final_where_the_rule_says_so() {
    let last = |mut action: Action| {
        if let Action::SlackChannelApproval(ApprovalSpec { ask_again, .. }) = &mut action {
            *ask_again = false;
        }
        vec![hook("one.example"), action]
    };
    let strict = last(ask("promote", vec![hook("two.example")]));
    let (mut run, approval) = rejected();
    let deploy = deploy();
    let by_now = run.ask_again((&approval, &[]), &opening(&deploy, &strict), ("U9", "zoe"), at(100));
    assert_eq!(by_now.map(|_| ()), Err(NotAgain::Final), "the rule as it is now");
    run.steps[1].action = strict[1].clone();
    assert_eq!(run.may_ask_again(&approval), Err(NotAgain::Final), "the rule as it was");
    let expired = Approval { status: Status::Closed(Closed::Expired { at: at(70) }), ..approval };
    assert_eq!(run.may_ask_again(&expired), Ok(Ended::Expired), "nobody rejected it");
}

/// What asking again for the approval of `run` leads to: for that run, and for the new one.
fn asks_again(
    run: &Run,
    approval: &Approval,
    all: &[&Approval],
    actions: &[Action],
) -> (signoff_core::decision::Decision<Run>, signoff_core::decision::Decision<Run>) {
    let by = ("U9", "zoe");
    run.ask_again((approval, all), &opening(&deploy(), actions), by, at(100)).expect("it is asked again")
}

#[test]
fn new_run_knows_the_pipeline_that_was_started() {
    let (mut run, approval) = rejected();
    let started =
        StartedBuild::Pipeline { id: "p1".to_owned(), number: 1, url: "https://ci.test/1".to_owned() };
    run.steps[0].started = Some(started.clone());
    let (_, next) = asks_again(&run, &approval, &[], &actions());
    assert_eq!(next.next.steps[0].started, Some(started), "no other pipeline is released after it");
}

#[test]
fn every_dialog_of_the_run_offers_to_ask_again_no_more() {
    let two = [ask("qa", vec![]), ask("prod", vec![])];
    let ends = [(0, Outcome::Approved), (1, Outcome::Rejected)];
    let (run, later) = stopped(&two, &ends, 1, Status::Closed(Closed::Rejected { at: at(70) }));
    let (earlier, _) = asks_again(&run, &later, &[], &two);
    for step in [0, 1] {
        let draw = EffectKind::DrawDialog { approval: ApprovalId::derive(&run.id, step) };
        assert!(earlier.effects.contains(&draw), "{step}: {:?}", earlier.effects);
    }
}

#[test]
fn new_dialog_says_that_a_later_approval_expired() {
    let two = [ask("qa", vec![]), ask("prod", vec![])];
    let ends = [(0, Outcome::Approved), (1, Outcome::Expired)];
    let (run, before) = stopped(&two, &ends, 0, Status::Closed(Closed::Approved { at: at(70) }));
    let (_, later) = stopped(&two, &ends, 1, Status::Closed(Closed::Expired { at: at(70) }));
    let (_, next) = asks_again(&run, &before, &[&before, &later], &two);
    assert_eq!(next.next.again.map(|again| again.ended), Some(Ended::Expired), "no action failed");
}

#[test]
fn run_of_many_approvals_draws_the_last_dialogs() {
    let many: Vec<Action> = (0..120).map(|_| ask("qa", vec![])).collect();
    let ends: Vec<_> =
        (0..119).map(|step| (step, Outcome::Approved)).chain([(119, Outcome::Rejected)]).collect();
    let mut run = opened(&many);
    let mut decided = None;
    for (step, outcome) in ends {
        for command in [
            run::Command::Begin(crate::samples::first()),
            run::Command::Ask(ApprovalId::derive(&run.id, step)),
            run::Command::Close(outcome),
        ] {
            let decision = run::decide(&run, step, command, at(70)).expect("its turn");
            run = decision.next.clone();
            decided = Some(decision);
        }
    }
    let decision = decided.expect("a decision");
    assert_eq!(decision.next.status, run::Status::Stopped);
    assert!(decision.effects.len() < 60, "{} effects in one transaction", decision.effects.len());
    let last = EffectKind::DrawDialog { approval: ApprovalId::derive(&run.id, 119) };
    assert!(decision.effects.contains(&last));
}

#[test]
fn offers_of_many_failures_are_taken_back_in_turn() {
    let mut actions = vec![ask("promote", vec![])];
    actions.extend((0..200).map(|_| hook("two.example")));
    let (mut run, approval) =
        stopped(&actions, &[(0, Outcome::Rejected)], 0, Status::Closed(Closed::Rejected { at: at(70) }));
    let message = Dialog { channel: "C1".to_owned(), ts: "1.0".to_owned() };
    for step in &mut run.steps[1..] {
        step.state = StepState::Failed { at: at(70), reason: "no".to_owned() };
        step.notice = Some(FailureNotice { failed_at: at(70), message: message.clone() });
    }
    let (earlier, _) = asks_again(&run, &approval, &[], &actions);
    assert!(earlier.effects.len() < 60, "{} effects in one transaction", earlier.effects.len());
    let is_told = |kind: &EffectKind| match kind {
        EffectKind::TellFailure { step, .. } => Some(*step),
        _ => None,
    };
    let mut reached: Vec<usize> = earlier.effects.iter().filter_map(is_told).collect();
    let mut next = 0;
    while let Some(step) = reached.get(next).copied() {
        reached.extend(earlier.next.next_taken_back(step).as_ref().and_then(is_told));
        next += 1;
    }
    reached.sort_unstable();
    assert_eq!(reached, (1..=200).collect::<Vec<_>>(), "each of them once");
    assert_eq!(run.next_taken_back(1), None, "a run that goes on keeps its offers");
}

/// A run of `actions` after its steps ended like this, and its approval number `step` with this status.
fn stopped(
    actions: &[Action],
    outcomes: &[(usize, Outcome)],
    step: usize,
    status: Status,
) -> (Run, Approval) {
    let mut run = opened(actions);
    for (step, outcome) in outcomes {
        for command in [
            run::Command::Begin(crate::samples::first()),
            run::Command::Ask(ApprovalId::derive(&run.id, *step)),
            run::Command::Close(outcome.clone()),
        ] {
            run = run::decide(&run, *step, command, at(70)).expect("its turn").next;
        }
    }
    let id = ApprovalId::derive(&run.id, step);
    let votes = match status {
        Status::Closed(Closed::Rejected { .. }) => vec![counted("U1", Choice::Reject)],
        _ => Vec::new(),
    };
    let asked = Approval { id, run: run.id.clone(), step, status, votes, ..approval() };
    (run, asked)
}

/// An approval with these actions after it, whose rejection is final or not.
fn asks(name: &str, ask_again: bool, on_success: Vec<Action>, on_reject: Vec<Action>) -> Action {
    match ask(name, on_success) {
        Action::SlackChannelApproval(spec) => {
            Action::SlackChannelApproval(ApprovalSpec { ask_again, on_reject, ..spec })
        }
        other => other,
    }
}

#[test]
fn final_rejection_ends_every_approval_of_its_run() {
    let (approved, rejected, expired) = (
        Status::Closed(Closed::Approved { at: at(70) }),
        Status::Closed(Closed::Rejected { at: at(70) }),
        Status::Closed(Closed::Expired { at: at(70) }),
    );
    let qa = |is_final: bool| vec![asks("qa", true, vec![asks("prod", !is_final, vec![], vec![])], vec![])];
    let ends = [(0, Outcome::Approved), (1, Outcome::Rejected)];
    let (run, before) = stopped(&qa(true), &ends, 0, approved.clone());
    assert_eq!(run.may_ask_again(&before), Err(NotAgain::Final), "a later approval was rejected");
    let (open, before) = stopped(&qa(false), &ends, 0, approved.clone());
    assert_eq!(open.may_ask_again(&before), Ok(Ended::Failed));
    // The rule as it is now, and who rejected.
    let (_, later) = stopped(&qa(false), &ends, 1, rejected);
    let deploy = deploy();
    let by = ("U9", "zoe");
    let strict = open.ask_again((&before, &[&before, &later]), &opening(&deploy, &qa(true)), by, at(100));
    assert_eq!(strict.map(|_| ()), Err(NotAgain::Final));
    let (_, again) = open
        .ask_again((&before, &[&before, &later]), &opening(&deploy, &qa(false)), by, at(100))
        .expect("it is asked again");
    let ended = again.next.again.map(|again| again.ended);
    assert_eq!(ended, Some(Ended::Rejected { by: vec!["U1".to_owned()] }));
    // An approval that was asked because of the rejection.
    let escalates = [asks("prod", false, vec![], vec![ask("escalate", vec![])])];
    let ends = [(0, Outcome::Rejected), (1, Outcome::Expired)];
    let (run, after) = stopped(&escalates, &ends, 1, expired);
    assert_eq!(run.may_ask_again(&after), Err(NotAgain::Final), "an earlier approval was rejected");
}

#[test]
fn run_that_was_asked_again_permits_nothing() {
    let (run, approval) = ended(Status::Closed(Closed::Approved { at: at(70) }));
    let run = Run { asked_again: Some(RunId::from_text("r2")), ..run };
    assert!(!run.permits(2, &[approval]));
}

#[test]
fn run_that_was_asked_again_takes_no_answer_to_its_failure() {
    let (mut run, asked) = ended(Status::Closed(Closed::Approved { at: at(60) }));
    run.steps[1].state = StepState::Succeeded { at: at(60), summary: "approved".to_owned(), url: None };
    run.steps[2].state = StepState::Failed { at: at(70), reason: "two.example answered 500".to_owned() };
    let message = Dialog { channel: "C1".to_owned(), ts: "1.0".to_owned() };
    run.steps[2].notice = Some(FailureNotice { failed_at: at(70), message });
    assert_eq!(run.offers(2), [Resolution::Retry, Resolution::Skip, Resolution::MarkAsDone]);
    let (deploy, actions) = (deploy(), actions());
    let (earlier, _) = run
        .ask_again((&asked, &[]), &opening(&deploy, &actions), ("U9", "zoe"), at(100))
        .expect("it is asked again");
    // The message about the failure loses its buttons.
    let (approval, id) = (Some(asked.id.clone()), run.id.clone());
    let redrawn = EffectKind::TellFailure { approval, run: id, step: 2, failed_at: at(70) };
    assert!(earlier.effects.contains(&redrawn), "{:?}", earlier.effects);
    assert_eq!((earlier.next.offers(2), earlier.next.failed_steps().count()), (&[] as &[_], 0));
    for resolution in [Resolution::Retry, Resolution::Skip, Resolution::MarkAsDone] {
        let (by, name, reason) = ("U2".to_owned(), "ben".to_owned(), Some("not needed".to_owned()));
        let resolve = run::Command::Resolve { by, name, resolution, reason, failed_at: at(70) };
        let answer = run::decide(&earlier.next, 2, resolve, at(101)).map(|_| ());
        assert_eq!(answer, Err(run::Refusal::AskedAgain), "{resolution:?}");
    }
    // The closed dialog still says what failed.
    let text = dialog(&asked, Some(&earlier.next)).text;
    assert!(text.contains("Approved, but `webhook: https://two.example` failed"), "{text}");
}

#[test]
fn dialog_says_how_often_it_was_asked_and_by_whom_rejected() {
    let (run, closed) = rejected();
    let again = |round, ended| {
        let (by, name) = ("U9".to_owned(), "zoe".to_owned());
        let again = Again { round, run: run.id.clone(), approval: closed.id.clone(), ended, by, name };
        let open = Approval { again: Some(again), ..approval() };
        dialog(&open, None).text.lines().nth(1).expect("a second line").to_owned()
    };
    insta::assert_snapshot!([
        again(1, Ended::Rejected { by: vec!["U1".to_owned(), "U2".to_owned()] }),
        again(2, Ended::Expired),
        again(3, Ended::Cancelled),
        again(1, Ended::Failed),
    ].join("\n"), @"
    :repeat: <@U9> asked again. This was asked once before; the last time, <@U1>, <@U2> rejected it.
    :repeat: <@U9> asked again. This was asked twice before; the last time, too few people voted in time.
    :repeat: <@U9> asked again. This was asked 3 times before; the last time, it was cancelled.
    :repeat: <@U9> asked again. This was asked once before; the last time, it was approved, and an action failed.
    ");
}

#[test]
fn closed_dialog_has_a_menu_until_it_is_asked_again() {
    let (run, closed) = rejected();
    let drawn = |run: &Run, approval: &Approval| dialog(approval, Some(run)).blocks.to_string();
    assert!(drawn(&run, &closed).contains("\"value\":\"ask_again "));
    let succeeded = Run { status: run::Status::Succeeded, ..run.clone() };
    let approved = Approval { status: Status::Closed(Closed::Approved { at: at(70) }), ..closed.clone() };
    let again = Run { asked_again: Some(RunId::from_text("r2")), ..run };
    for (run, approval) in [(&succeeded, &approved), (&again, &closed)] {
        assert!(!drawn(run, approval).contains("\"value\":\"ask_again "), "{approval:?}");
    }
    assert!(dialog(&closed, Some(&again)).text.contains("asked again"));
}

#[test]
fn refusals_name_the_reason_and_what_to_do() {
    let core = [
        NotAgain::NotOver,
        NotAgain::Succeeded,
        NotAgain::Superseded,
        NotAgain::Before,
        NotAgain::Proposal,
        NotAgain::Final,
        NotAgain::AsksNobody,
    ];
    let others = [
        NotAskedAgain::NewerDeploy { environment: "Staging".to_owned(), revision: "98c2f5b7".to_owned() },
        NotAskedAgain::Disconnected,
        NotAskedAgain::NoRules,
        NotAskedAgain::NoSuchRule { rule: "promote".to_owned() },
        NotAskedAgain::After { rule: "test".to_owned() },
        NotAskedAgain::DoesNotHold {
            rule: "promote".to_owned(),
            why: "environment='QA' (it is Staging)".to_owned(),
        },
        NotAskedAgain::Unsupported { problem: "rules.yml:3:5: create_pr is not supported".to_owned() },
    ];
    let all = core.into_iter().map(NotAskedAgain::Core).chain(others);
    let texts: Vec<_> = all.map(|why| not_asked_again("U9", &why)).collect();
    insta::assert_snapshot!(texts.join("\n"), @"
    :no_entry: <@U9> Could not ask again: it is still open.
    :no_entry: <@U9> Could not ask again: it was approved, and all its actions ran.
    :no_entry: <@U9> Could not ask again: a newer deploy replaced it.
    :no_entry: <@U9> Could not ask again: it was already asked again.
    :no_entry: <@U9> Could not ask again: the next deploy asks about the proposal again.
    :no_entry: <@U9> Could not ask again: its rule makes a rejection final (`ask_again: false`). Deploy a new revision.
    :no_entry: <@U9> Could not ask again: the rule in force no longer asks for an approval.
    :no_entry: <@U9> Could not ask again: 98c2f5b came to Staging since. This approval is about what was there before.
    :no_entry: <@U9> Could not ask again: the deployment is no longer connected to this stack.
    :no_entry: <@U9> Could not ask again: the deployment has no valid rules now.
    :no_entry: <@U9> Could not ask again: the rules in force no longer have the rule promote.
    :no_entry: <@U9> Could not ask again: the rule waits until the run of test succeeds.
    :no_entry: <@U9> Could not ask again: the rule promote does not match this deploy now: environment='QA' (it is Staging).
    :no_entry: <@U9> Could not ask again: the rule uses something that Signoff does not support: rules.yml:3:5: create_pr is not supported
    ");
}

#[test]
fn missing_approvers_block_only_what_the_others_can_not_give() {
    let two = |required| {
        let people = Some(vec!["U1".to_owned(), "U2".to_owned()]);
        let missing = vec!["@disbanded".to_owned()];
        let who = "the approvers of this rule".to_owned();
        Electorate { people, who, missing, ..Electorate::anyone() }.with_those_found(required)
    };
    assert!(two(2).blocked.is_empty(), "the others decide");
    let blocked = Approval { electorate: two(3), votes_required: 3, ..approval() };
    insta::assert_snapshot!(dialog(&blocked, None).text, @"
    <@U1>, would you like to promote <https://signoff.example.com/deploys/d|7bf7226 - work-test (Production)> to production?
    :no_entry: Blocked, and votes are kept: Slack doesn't know these approvers of the rule: @disbanded. Without them, 1 vote is missing. Restore them in Slack, and this goes on by itself; or name others in the rule and ask again.
    0 of 3 approvals, 3 more needed. Only the approvers of this rule can vote: <@U1>, <@U2>.
    ");
    let told = Approval { electorate: two(2), votes_required: 2, ..approval() };
    insta::assert_snapshot!(dialog(&told, None).text, @"
    <@U1>, would you like to promote <https://signoff.example.com/deploys/d|7bf7226 - work-test (Production)> to production?
    0 of 2 approvals, 2 more needed. Only the approvers of this rule can vote: <@U1>, <@U2>. Slack doesn't know these approvers of the rule: `@disbanded`.
    ");
    // Once they are restored, the votes that were kept complete it.
    let votes = [("U1", Choice::Approve), ("U2", Choice::Approve)];
    let kept = voted(Approval { electorate: two(3), votes_required: 3, ..approval() }, &votes);
    let people = Some(vec!["U1".to_owned(), "U2".to_owned(), "U3".to_owned()]);
    let restored = Electorate { people, ..Electorate::anyone() };
    let judge = signoff_core::approval::Command::Judge { electorate: restored.clone(), base: None, round: 1 };
    let open = after(&kept, judge, 90);
    let quorum = after(&open, click("U3", for_it(Choice::Approve), 91), 91);
    assert!(quorum.status.is_quorum());
    let all = ["U1", "U2", "U3"].map(|voter| (voter, Verdict::Eligible));
    assert!(after(&quorum, check(restored, &all), 92).status.is_approved());
}
