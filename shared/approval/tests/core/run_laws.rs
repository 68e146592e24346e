//! What holds of a run after any commands in any order.

use crate::samples::{Branches, ask_with, at, hook, opened};
use approval::action::Action;
use approval::approval::{Dialog, Outcome};
use approval::effect::EffectKind;
use approval::event::EventKind;
use approval::id::ApprovalId;
use approval::run::{Branch, Command, Resolution, Run, Status, StepState, decide};
use jiff::Timestamp;
use proptest::prelude::*;
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

/// Which step a command is for: the one whose turn it is (and for what somebody says, what it lost last), or any.
#[derive(Clone, Copy, Debug)]
enum At {
    Turn,
    Step(usize),
}

fn commands() -> impl Strategy<Value = Vec<(At, Command)>> {
    let place = prop_oneof![3 => Just(At::Turn), 1 => (0..14_usize).prop_map(At::Step)];
    let reason = || any::<bool>().prop_map(|first| if first { "a" } else { "b" }.to_owned());
    let command = prop_oneof![
        6 => Just(Command::Begin),
        3 => Just(Command::Ask(ApprovalId::from_text("a"))),
        3 => Just(Command::Close(Outcome::Approved)),
        2 => Just(Command::Close(Outcome::Rejected)),
        2 => Just(Command::Close(Outcome::Expired)),
        1 => reason().prop_map(|reason| Command::Close(Outcome::Ended(reason))),
        1 => reason().prop_map(|reason| Command::Close(Outcome::Cancelled(reason))),
        2 => reason().prop_map(|reason| Command::Retry { reason }),
        6 => reason().prop_map(|summary| Command::Succeed { summary, url: None }),
        1 => reason().prop_map(|reason| Command::Fail { reason }),
        2 => reason().prop_map(|reason| Command::Lose { reason }),
        6 => (any::<bool>(), 0..60_i64).prop_map(|(retry, second)| resolve(retry, at(second))),
        1 => reason().prop_map(|ts| Command::LinePosted(Dialog { channel: "C1".to_owned(), ts })),
    ];
    proptest::collection::vec((place, command), 0..50)
}

fn resolve(retry: bool, lost_at: Timestamp) -> Command {
    let resolution = if retry { Resolution::Retry } else { Resolution::MarkAsDone };
    Command::Resolve { by: "U1".to_owned(), name: "Ana".to_owned(), resolution, lost_at }
}

#[test]
fn the_end_of_a_run_that_rules_ask_about_has_them_evaluated_again() {
    let mut run = opened(&[hook("1")]).next;
    run.followed = true;
    let running = decide(&run, 0, Command::Begin, at(1)).expect("it begins").next;
    let evaluates = |run: &Run, command| {
        let decision = decide(run, 0, command, at(2)).expect("its end");
        decision.effects.contains(&EffectKind::EvaluateRules)
    };
    let succeed = || Command::Succeed { summary: "done".to_owned(), url: None };
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
        let turn = history.last.steps.iter().position(|step| !has_ended(&step.state)).unwrap_or(0);
        let step = match place {
            At::Turn => turn,
            At::Step(step) => *step,
        };
        let mut command = command.clone();
        if let (At::Turn, Command::Resolve { lost_at, .. }) = (place, &mut command)
            && let Some(StepState::Unknown { at, .. }) = history.last.steps.get(turn).map(|step| &step.state)
        {
            *lost_at = *at;
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
            if let EffectKind::RunStep { step, .. } = effect { Some(*step) } else { None }
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
        StepState::Succeeded { .. } | StepState::Failed { .. } | StepState::Skipped => true,
    }
}

fn is_active(state: &StepState) -> bool {
    !has_ended(state) && *state != StepState::Waiting
}

/// Whether step number `step` waits for the approval of step number `approval`, directly or not.
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

proptest! {
    #[test]
    fn every_step_runs_once_and_in_order_unless_somebody_asks_for_it_again(actions in actions(), commands in commands()) {
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
                Command::Begin | Command::Resolve { resolution: Resolution::Retry, .. } => begun.push(step),
                _ => {}
            }
        });
        prop_assert!(history.steps_run().starts_with(&begun), "{:?} {:?}", history.steps_run(), begun);
    }

    #[test]
    fn nothing_but_lines_changes_where_a_step_or_a_run_has_ended(actions in actions(), commands in commands()) {
        carry_out(&actions, &commands, |before, after, _, command| {
            for (old, new) in before.steps.iter().zip(&after.steps) {
                assert!(!has_ended(&old.state) || old.state == new.state, "{command:?}: {old:?}");
            }
            if before.status != Status::Running {
                assert_eq!(before.status, after.status);
                assert!(matches!(command, Command::LinePosted { .. }), "{command:?}");
            }
        });
    }

    #[test]
    fn a_run_is_over_when_nothing_waits_and_ends_once_and_as_its_steps_did(
        actions in actions(),
        commands in commands(),
    ) {
        let history = carry_out(&actions, &commands, |_, after, _, _| {
            let all_ended = after.steps.iter().all(|step| has_ended(&step.state));
            assert_eq!(after.status != Status::Running, all_ended, "{after:?}");
        });
        let failed = history.last.steps.iter().any(|step| matches!(step.state, StepState::Failed { .. }));
        let ended_well = history.count(|event| matches!(event, EventKind::RunSucceeded { .. }));
        let stopped = history.count(|event| matches!(event, EventKind::RunStopped { .. }));
        let ends = match history.last.status {
            Status::Running => (0, 0),
            Status::Succeeded => (1, 0),
            Status::Stopped => (0, 1),
        };
        prop_assert_eq!((ended_well, stopped), ends);
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
    fn a_step_that_failed_is_the_last_one(actions in actions(), commands in commands()) {
        let mut failed = None;
        let history = carry_out(&actions, &commands, |_, after, step, command| {
            let fails = matches!(command, Command::Fail { .. } | Command::Lose { .. });
            if fails && matches!(after.steps[step].state, StepState::Failed { .. }) {
                assert_eq!((failed.replace(step), after.status), (None, Status::Stopped));
            }
        });
        if let Some(failed) = failed {
            prop_assert_eq!(history.steps_run().pop(), Some(failed));
        }
    }

    #[test]
    fn what_changes_nothing_is_refused(actions in actions(), commands in commands()) {
        carry_out(&actions, &commands, |before, after, _, command| {
            assert_ne!(before, after, "{command:?}");
            assert_eq!(before.version, after.version);
        });
    }

    #[test]
    fn actions_run_in_the_files_order_and_an_approvals_own_follow_it(actions in actions()) {
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
