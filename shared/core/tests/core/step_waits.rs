//! Steps that wait for something that is still to come.

use crate::samples::{approval, ask, at, hook, opened, with_votes};
use signoff_core::action::{Action, WebhookSpec};
use signoff_core::approval::Choice;
use signoff_core::effect::EffectKind;
use signoff_core::event::EventKind;
use signoff_core::id::DeployId;
use signoff_core::message::step_line;
use signoff_core::run::{Command, Opening, Refusal, Run, StepState, decide, told_held};

fn run(state: StepState) -> Run {
    let actions = [
        Action::Webhook(WebhookSpec::to("https://one.example".to_owned())),
        Action::Webhook(WebhookSpec::to("https://two.example".to_owned())),
    ];
    let opening = Opening {
        deploy: &DeployId::from_text("d1"),
        revision: "7bf7226",
        rule: "promote",
        rule_hash: "h",
        actions: &actions,
        followed: false,
    };
    let mut run = Run::open(&opening, at(0)).next;
    run.steps[0].state = state;
    run
}

fn waits(reason: &str) -> Command {
    Command::Wait { reason: reason.to_owned() }
}

#[test]
fn only_a_step_that_runs_waits() {
    let ended = StepState::Succeeded { at: at(1), summary: "done".to_owned(), url: None };
    let failed = StepState::Failed { at: at(1), reason: "no".to_owned() };
    let unknown = StepState::Unknown { at: at(1), reason: "no answer".to_owned() };
    let asking = StepState::Asking { approval: signoff_core::id::ApprovalId::from_text("a") };
    for (state, refusal) in [
        (StepState::Waiting, Refusal::OutOfTurn),
        (asking, Refusal::OutOfTurn),
        (ended, Refusal::Repeated),
        (failed, Refusal::Repeated),
        (unknown, Refusal::Repeated),
        (StepState::Skipped, Refusal::Repeated),
    ] {
        assert_eq!(decide(&run(state.clone()), 0, waits("x"), at(9)).map(|_| ()), Err(refusal), "{state:?}");
    }
}

#[test]
fn step_that_waits_says_so_once_and_goes_on() {
    let running = run(StepState::Running { note: None, waits: false });
    let waiting = decide(&running, 0, waits("the tests still run"), at(9)).expect("it waits");
    let event =
        EventKind::StepWaits { run: running.id.clone(), step: 0, reason: "the tests still run".to_owned() };
    assert_eq!(waiting.events, [event]);
    insta::assert_snapshot!(step_line(&waiting.next, 0).expect("a line"), @":hourglass_flowing_sand: `webhook: https://one.example` is waiting: the tests still run.");
    assert_eq!(
        decide(&waiting.next, 0, waits("the tests still run"), at(10)).map(|_| ()),
        Err(Refusal::Repeated)
    );
    let other = decide(&waiting.next, 0, waits("which one?"), at(10)).expect("it waits for something else");
    let done = Command::Succeed { summary: "done".to_owned(), url: None, build: None };
    let next = decide(&other.next, 0, done, at(11)).expect("it goes on");
    assert_eq!(next.effects.len(), 1, "the next step runs");
}

#[test]
fn step_that_a_freeze_holds_is_told_in_the_thread() {
    let mut asked = opened(&[ask("Promote", vec![hook("one.example")])]).next;
    asked.steps[1].state = StepState::Running { note: None, waits: false };
    let voted = with_votes(approval(), &[("U1", Choice::Approve), ("U2", Choice::Reject)]);
    let held = decide(&asked, 1, waits("It waits for the end of a freeze"), at(9)).expect("it waits");
    let told = told_held(held.clone(), 1, Some(&voted), false);
    let Some(EffectKind::TellThread { approval, text, to_deployers: true }) = told.effects.last() else {
        panic!("nothing is told: {:?}", told.effects)
    };
    assert_eq!(Some(approval), asked.thread_of(1).as_ref());
    insta::assert_snapshot!(text, @"
    :hourglass_flowing_sand: `webhook: https://one.example` is approved, and nothing has run yet: It waits for the end of a freeze.
    Approved by <@U1>.
    ");
    assert_eq!(told.effects.len(), held.effects.len() + 1);
    let lost = told_held(held.clone(), 1, Some(&voted), true);
    let Some(EffectKind::TellThread { text, .. }) = lost.effects.last() else { panic!("nothing is told") };
    assert!(!text.contains("nothing has run"), "nobody knows that: {text}");
    // The same reason again is no news.
    assert_eq!(decide(&told.next, 1, waits("It waits for the end of a freeze"), at(10)).ok(), None);
    // Without an approval there is no thread.
    let unasked = run(StepState::Running { note: None, waits: false });
    let unasked = decide(&unasked, 0, waits("frozen"), at(9)).expect("it waits");
    assert_eq!(told_held(unasked.clone(), 0, None, false), unasked);
}
