//! Laws that hold for a run after any commands in any order.

use crate::samples::{Branches, ask_with, at, first, hook, opened};
use jiff::Timestamp;
use proptest::prelude::*;
use signoff_core::action::{Action, OnFailure};
use signoff_core::approval::{Dialog, Outcome};
use signoff_core::effect::EffectKind;
use signoff_core::event::EventKind;
use signoff_core::id::ApprovalId;
use signoff_core::run::{Branch, Command, Resolution, Run, Status, StepState, decide};
use std::collections::BTreeMap;

/// Actions, with approvals in approvals; few of them have the same name.
fn actions() -> impl Strategy<Value = Vec<Action>> {
    let leaf = any::<u16>().prop_map(|number| hook(&number.to_string()));
    let action = leaf.prop_recursive(3, 12, 3, |inner| {
        let branch = |most| proptest::collection::vec(inner.clone(), 0..most);
        let parts = (any::<u16>(), branch(3), branch(2), branch(2));
        parts.prop_map(|(number, on_success, on_reject, on_expire)| {
            ask_with(&number.to_string(), Branches { on_success, on_reject, on_expire })
        })
    });
    proptest::collection::vec(action, 0..4)
}

/// `actions`, where the run goes on after a failure of those hooks of which `continues` has the bit.
fn continuing(actions: Vec<Action>, continues: u16, number: &mut u32) -> Vec<Action> {
    let mut each = |action: Action| match action {
        Action::SlackChannelApproval(mut spec) => {
            for branch in [&mut spec.on_success, &mut spec.on_reject, &mut spec.on_expire] {
                *branch = continuing(std::mem::take(branch), continues, number);
            }
            Action::SlackChannelApproval(spec)
        }
        hook => {
            *number += 1;
            let is_one = (continues >> (*number % 16)) & 1 == 1;
            hook.with_on_failure(if is_one { OnFailure::Continue } else { OnFailure::Stop })
        }
    };
    actions.into_iter().map(&mut each).collect()
}

/// The step that a command is for: the one whose turn it is (for an answer, the one that was lost last), or
/// any.
#[derive(Clone, Copy, Debug)]
enum At {
    Turn,
    Step(usize),
}

fn commands() -> impl Strategy<Value = Vec<(At, Command)>> {
    let place = prop_oneof![3 => Just(At::Turn), 1 => (0..14_usize).prop_map(At::Step)];
    let reason = || any::<bool>().prop_map(|first| if first { "a" } else { "b" }.to_owned());
    let command = prop_oneof![
        6 => Just(Command::Begin(first())),
        3 => Just(Command::Ask(ApprovalId::from_text("a"))),
        3 => Just(Command::Close(Outcome::Approved)),
        2 => Just(Command::Close(Outcome::Rejected)),
        2 => Just(Command::Close(Outcome::Expired)),
        1 => reason().prop_map(|reason| Command::Close(Outcome::Ended(reason))),
        1 => reason().prop_map(|reason| Command::Close(Outcome::Superseded(reason))),
        1 => reason().prop_map(|reason| Command::Close(Outcome::Cancelled(reason))),
        2 => reason().prop_map(|reason| Command::Retry { reason }),
        6 => reason().prop_map(|summary| Command::Succeed { summary, url: None, build: None }),
        1 => reason().prop_map(|reason| Command::Fail { reason }),
        2 => reason().prop_map(|reason| Command::Lose { reason }),
        6 => (0..3_usize, 0..60_i64).prop_map(|(which, second)| resolve(RESOLUTIONS[which], at(second))),
        1 => reason().prop_map(|ts| {
            let line = Dialog { channel: "C1".to_owned(), ts };
            Command::LinePosted { line, is_final: false }
        }),
    ];
    proptest::collection::vec((place, command), 0..50)
}

const RESOLUTIONS: [Resolution; 3] = [Resolution::Retry, Resolution::Skip, Resolution::MarkAsDone];

fn resolve(resolution: Resolution, failed_at: Timestamp) -> Command {
    let reason = Some("because".to_owned());
    Command::Resolve { by: "U1".to_owned(), name: "Ana".to_owned(), resolution, reason, failed_at }
}

#[test]
fn ended_run_reevaluates_the_rules_that_ask_for_it() {
    let mut run = opened(&[hook("1")]).next;
    run.followed = true;
    let running = decide(&run, 0, Command::Begin(first()), at(1)).expect("it begins").next;
    let evaluates = |run: &Run, command| {
        let decision = decide(run, 0, command, at(2)).expect("its end");
        decision.effects.contains(&EffectKind::EvaluateRules { look: None })
    };
    let succeed = || Command::Succeed { summary: "done".to_owned(), url: None, build: None };
    assert!(evaluates(&running, succeed()));
    assert!(evaluates(&running, Command::Fail { reason: "404".to_owned() }));
    assert!(!evaluates(&Run { followed: false, ..running }, succeed()));
}

/// A run, and everything that followed on the way.
struct History {
    last: Run,
    effects: Vec<EffectKind>,
    events: Vec<EventKind>,
}

/// Opens a run and carries out `commands`, and has `check` see the run before and after each that changed it.
fn carry_out(
    actions: &[Action],
    commands: &[(At, Command)],
    mut check: impl FnMut(&Run, &Run, usize, &Command),
) -> History {
    let opening = opened(actions);
    let mut history = History { last: opening.next, effects: opening.effects, events: opening.events };
    for (second, (place, command)) in (1..).zip(commands) {
        let failed = history.last.steps.iter().position(|step| step.failure().is_some());
        let turn = history.last.steps.iter().position(|step| !has_ended(&step.state)).or(failed).unwrap_or(0);
        let step = match place {
            At::Turn => turn,
            At::Step(step) => *step,
        };
        let mut command = command.clone();
        if let (At::Turn, Command::Resolve { failed_at, .. }) = (place, &mut command)
            && let Some((at, _)) = history.last.steps.get(turn).and_then(|step| step.failure())
        {
            *failed_at = at;
        }
        if let Ok(decision) = decide(&history.last, step, command.clone(), at(second)) {
            check(&history.last, &decision.next, step, &command);
            history.last = decision.next;
            history.effects.extend(decision.effects);
            history.events.extend(decision.events);
        }
    }
    history
}

impl History {
    /// The steps that were to be run, in the order in which they were.
    fn steps_run(&self) -> Vec<usize> {
        let run = |effect: &EffectKind| {
            if let EffectKind::RunStep { step, .. } | EffectKind::RetryStep { step, .. } = effect {
                Some(*step)
            } else {
                None
            }
        };
        self.effects.iter().filter_map(run).collect()
    }

    fn count(&self, wanted: fn(&EventKind) -> bool) -> usize {
        self.events.iter().filter(|event| wanted(event)).count()
    }
}

fn has_ended(state: &StepState) -> bool {
    match state {
        StepState::Waiting
        | StepState::Running { .. }
        | StepState::Asking { .. }
        | StepState::Unknown { .. } => false,
        StepState::Succeeded { .. }
        | StepState::Failed { .. }
        | StepState::Skipped
        | StepState::SkippedByHand { .. } => true,
    }
}

fn is_active(state: &StepState) -> bool {
    !has_ended(state) && *state != StepState::Waiting
}

/// True if step number `step` waits for the approval of step number `approval`, directly or not.
fn is_under(run: &Run, step: usize, approval: usize) -> bool {
    run.steps[step].under.is_some_and(|under| under == approval || is_under(run, under, approval))
}

/// The actions in the order in which they run, by another way than the one that is tested.
fn in_order(actions: &[Action]) -> Vec<&Action> {
    let mut stack: Vec<_> = actions.iter().rev().collect();
    let mut order = Vec::new();
    while let Some(action) = stack.pop() {
        order.push(action);
        if let Action::SlackChannelApproval(spec) = action {
            stack.extend(spec.on_expire.iter().rev());
            stack.extend(spec.on_reject.iter().rev());
            stack.extend(spec.on_success.iter().rev());
        }
    }
    order
}

/// True if no step waits or runs behind one that failed and stops the run, but in the branch of an approval
/// that ended otherwise.
fn is_stopped(run: &Run) -> bool {
    let fails =
        |step: usize| matches!(run.steps[step].state, StepState::Failed { .. }) && run.steps[step].stops();
    let mut goes_on = (0..run.steps.len()).filter(|step| !has_ended(&run.steps[*step].state));
    goes_on.all(|step| (0..step).all(|before| !fails(before) || is_under(run, step, before)))
}

proptest! {
    #[test]
    fn no_step_goes_on_behind_one_that_stops(
        actions in actions(),
        continues in any::<u16>(),
        commands in commands(),
    ) {
        let mut number = 0;
        let actions = continuing(actions, continues, &mut number);
        carry_out(&actions, &commands, |_, after, _, command| {
            assert!(is_stopped(after), "{command:?}: {after:?}");
        });
    }

    #[test]
    fn step_runs_once_in_order_unless_asked_again(actions in actions(), commands in commands()) {
        let mut asked_for = Vec::new();
        let history = carry_out(&actions, &commands, |_, _, step, command| {
            if matches!(command, Command::Resolve { resolution: Resolution::Retry, .. }) {
                asked_for.push(step);
            }
        });
        let mut run = history.steps_run();
        for step in asked_for {
            let again = run.iter().rposition(|other| *other == step).expect("a step that is run again");
            run.remove(again);
        }
        prop_assert!(run.is_sorted_by(|earlier, later| earlier < later), "{run:?}");
        prop_assert!(run.iter().all(|step| *step < history.last.steps.len()));
    }

    #[test]
    fn a_step_begins_only_after_its_effect_and_one_at_a_time(actions in actions(), commands in commands()) {
        let mut begun = Vec::new();
        let history = carry_out(&actions, &commands, |_, after, step, command| {
            assert!(after.steps.iter().filter(|step| is_active(&step.state)).count() <= 1, "{after:?}");
            match command {
                Command::Begin(_) | Command::Resolve { resolution: Resolution::Retry, .. } => begun.push(step),
                _ => {}
            }
        });
        prop_assert!(history.steps_run().starts_with(&begun), "{:?} {:?}", history.steps_run(), begun);
    }

    #[test]
    fn only_people_change_what_has_ended(actions in actions(), commands in commands()) {
        carry_out(&actions, &commands, |before, after, _, command| {
            for (old, new) in before.steps.iter().zip(&after.steps) {
                let is_final = has_ended(&old.state) && !matches!(command, Command::Resolve { .. });
                assert!(!is_final || old.state == new.state, "{command:?}: {old:?}");
            }
            if before.status != Status::Running && !matches!(command, Command::Resolve { .. }) {
                assert_eq!(before.status, after.status);
                assert!(matches!(command, Command::LinePosted { .. }), "{command:?}");
            }
        });
    }

    #[test]
    fn run_ends_once_as_its_steps_did(
        actions in actions(),
        commands in commands(),
    ) {
        let mut taken_up = 0;
        let history = carry_out(&actions, &commands, |before, after, _, command| {
            let is_taken_up = matches!(command, Command::Resolve { .. }) && before.status != Status::Running;
            taken_up += usize::from(is_taken_up);
            let all_ended = after.steps.iter().all(|step| has_ended(&step.state));
            assert_eq!(after.status != Status::Running, all_ended, "{after:?}");
        });
        let failed = history.last.steps.iter().any(|step| step.stops());
        let ended_well = history.count(|event| matches!(event, EventKind::RunSucceeded { .. }));
        let stopped = history.count(|event| matches!(event, EventKind::RunStopped { .. }));
        let is_over = usize::from(history.last.status != Status::Running);
        prop_assert_eq!(ended_well + stopped, taken_up + is_over);
        prop_assert!(history.last.status != Status::Succeeded || ended_well > 0);
        prop_assert!(history.last.status == Status::Running || failed == (history.last.status == Status::Stopped));
    }

    #[test]
    fn a_run_that_is_not_over_has_something_to_be_done(actions in actions(), commands in commands()) {
        let history = carry_out(&actions, &commands, |_, _, _, _| {});
        let Some(turn) = history.last.steps.iter().position(|step| !has_ended(&step.state)) else { return Ok(()) };
        if history.last.steps[turn].state == StepState::Waiting {
            prop_assert_eq!(history.steps_run().pop(), Some(turn));
        }
        let waiting = history.last.steps.iter().skip(turn + 1);
        prop_assert!(waiting.map(|step| &step.state).all(|state| has_ended(state) || *state == StepState::Waiting));
    }

    #[test]
    fn a_step_of_a_branch_runs_only_if_its_approval_ended_so(actions in actions(), commands in commands()) {
        let mut outcomes = BTreeMap::new();
        let history = carry_out(&actions, &commands, |_, _, step, command| {
            if let Command::Close(outcome) = command {
                outcomes.insert(step, outcome.clone());
            }
        });
        for step in history.steps_run() {
            let Some(under) = history.last.steps[step].under else { continue };
            let outcome = outcomes.get(&under).expect("an approval that ended");
            let needed = match history.last.steps[step].branch {
                Branch::OnSuccess => Outcome::Approved,
                Branch::OnReject => Outcome::Rejected,
                Branch::OnExpire => Outcome::Expired,
            };
            prop_assert_eq!(outcome, &needed);
        }
        // What stands after an approval that did not approve runs only if it is within its branch.
        let stopped = outcomes.iter().filter(|(_, outcome)| **outcome != Outcome::Approved).map(|(step, _)| *step);
        for stopped in stopped {
            let later = history.steps_run().into_iter().filter(|step| *step > stopped);
            for step in later {
                prop_assert!(is_under(&history.last, step, stopped), "{step} after {stopped}");
            }
        }
    }

    #[test]
    fn nothing_runs_after_a_failed_step_until_people_act(actions in actions(), commands in commands()) {
        carry_out(&actions, &commands, |_, after, step, command| {
            let fails = matches!(command, Command::Fail { .. } | Command::Lose { .. });
            if fails && matches!(after.steps[step].state, StepState::Failed { .. }) {
                assert_eq!(after.status, Status::Stopped);
                assert!(after.steps.iter().all(|step| has_ended(&step.state)), "{after:?}");
            }
        });
    }

    #[test]
    fn retry_leaves_all_other_steps_as_before_the_failure(actions in actions(), commands in commands()) {
        carry_out(&actions, &commands, |before, after, step, command| {
            let Some((failed_at, _)) = after.steps[step].failure() else { return };
            let fails = matches!(command, Command::Fail { .. } | Command::Lose { .. });
            let retried = decide(after, step, resolve(Resolution::Retry, failed_at), at(600));
            if let (true, Ok(retried)) = (fails, retried) {
                let states = |run: &Run| run.steps.iter().map(|step| step.state.clone()).collect::<Vec<_>>();
                let (mut then, mut now) = (states(before), states(&retried.next));
                (then[step], now[step]) = (StepState::Skipped, StepState::Skipped);
                assert_eq!((then, before.status), (now, retried.next.status));
            }
        });
    }

    #[test]
    fn nobody_takes_a_run_past_an_approval(actions in actions(), commands in commands()) {
        carry_out(&actions, &commands, |before, after, step, command| {
            let asks = matches!(before.steps[step].action, Action::SlackChannelApproval(_));
            if let (true, Command::Resolve { .. }) = (asks, command) {
                assert!(matches!(after.steps[step].state, StepState::Running { .. }));
                assert!(!before.steps[step].asked);
            }
        });
    }

    #[test]
    fn what_changes_nothing_is_refused(actions in actions(), commands in commands()) {
        carry_out(&actions, &commands, |before, after, _, command| {
            assert_ne!(before, after, "{command:?}");
            assert_eq!(before.version, after.version);
        });
    }

    #[test]
    fn actions_run_in_the_order_of_the_file(actions in actions()) {
        let run = opened(&actions).next;
        let flat: Vec<_> = run.steps.iter().map(|step| &step.action).collect();
        prop_assert_eq!(flat, in_order(&actions));
        for (index, step) in run.steps.iter().enumerate() {
            let Some(under) = step.under else { continue };
            prop_assert!(under < index);
            let Action::SlackChannelApproval(spec) = &run.steps[under].action else {
                return Err(TestCaseError::fail("a step under what is no approval"));
            };
            let branch = match step.branch {
                Branch::OnSuccess => &spec.on_success,
                Branch::OnReject => &spec.on_reject,
                Branch::OnExpire => &spec.on_expire,
            };
            prop_assert!(branch.contains(&step.action));
        }
        let top: Vec<_> = run.steps.iter().filter(|step| step.under.is_none()).map(|step| &step.action).collect();
        prop_assert_eq!(top, actions.iter().collect::<Vec<_>>());
    }
}
