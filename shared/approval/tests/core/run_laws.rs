//! What holds of a run after any commands in any order.

use crate::samples::{ask, at, hook, opened};
use approval::action::Action;
use approval::approval::Outcome;
use approval::effect::EffectKind;
use approval::event::EventKind;
use approval::id::ApprovalId;
use approval::run::{Command, Run, Status, StepState, decide};
use proptest::prelude::*;

/// Actions, with approvals in approvals; few of them have the same name.
fn actions() -> impl Strategy<Value = Vec<Action>> {
    let leaf = any::<u16>().prop_map(|number| hook(&number.to_string()));
    let action = leaf.prop_recursive(3, 12, 3, |inner| {
        let parts = (any::<u16>(), proptest::collection::vec(inner, 0..3));
        parts.prop_map(|(number, on_success)| ask(&number.to_string(), on_success))
    });
    proptest::collection::vec(action, 0..4)
}

/// Which step a command is for: the one whose turn it is, or any.
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
        1 => Just(Command::Close(Outcome::Rejected)),
        1 => reason().prop_map(|reason| Command::Close(Outcome::Cancelled(reason))),
        2 => reason().prop_map(|reason| Command::Retry { reason }),
        6 => reason().prop_map(|summary| Command::Succeed { summary, url: None }),
        1 => reason().prop_map(|reason| Command::Fail { reason }),
        1 => reason().prop_map(|reason| Command::Lose { reason }),
        1 => reason().prop_map(|ts| Command::LinePosted { ts }),
    ];
    proptest::collection::vec((place, command), 0..50)
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
        let turn =
            history.last.steps.iter().position(|step| !matches!(step.state, StepState::Succeeded { .. }));
        let step = match place {
            At::Turn => turn.unwrap_or(0),
            At::Step(step) => *step,
        };
        if let Ok(decision) = decide(&history.last, step, command.clone(), at(second)) {
            check(&history.last, &decision.next, step, command);
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
        StepState::Waiting | StepState::Running { .. } | StepState::Asking { .. } => false,
        StepState::Succeeded { .. }
        | StepState::Failed { .. }
        | StepState::Unknown { .. }
        | StepState::Skipped => true,
    }
}

fn is_active(state: &StepState) -> bool {
    matches!(state, StepState::Running { .. } | StepState::Asking { .. })
}

/// The actions in the order in which they run, by another way than the one that is tested.
fn in_order(actions: &[Action]) -> Vec<&Action> {
    let own = |action: &Action| match action {
        Action::SlackChannelApproval(spec) => spec.on_success.len(),
        _ => 0,
    };
    let mut stack: Vec<_> = actions.iter().rev().collect();
    let mut order = Vec::new();
    while let Some(action) = stack.pop() {
        order.push(action);
        if let (Action::SlackChannelApproval(spec), true) = (action, own(action) > 0) {
            stack.extend(spec.on_success.iter().rev());
        }
    }
    order
}

proptest! {
    #[test]
    fn every_step_runs_once_and_in_order(actions in actions(), commands in commands()) {
        let history = carry_out(&actions, &commands, |_, _, _, _| {});
        let run = history.steps_run();
        prop_assert_eq!(&run, &(0..run.len()).collect::<Vec<_>>());
        prop_assert!(run.len() <= history.last.steps.len());
    }

    #[test]
    fn a_step_begins_only_after_its_effect_and_one_at_a_time(actions in actions(), commands in commands()) {
        let mut begun = Vec::new();
        let history = carry_out(&actions, &commands, |_, after, step, command| {
            assert!(after.steps.iter().filter(|step| is_active(&step.state)).count() <= 1, "{after:?}");
            if *command == Command::Begin {
                begun.push(step);
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
    fn a_run_ends_as_its_steps_did_and_once(actions in actions(), commands in commands()) {
        let history = carry_out(&actions, &commands, |_, _, _, _| {});
        let steps = &history.last.steps;
        let all_succeeded = steps.iter().all(|step| matches!(step.state, StepState::Succeeded { .. }));
        let ended_well = history.count(|event| matches!(event, EventKind::RunSucceeded { .. }));
        let stopped = history.count(|event| matches!(event, EventKind::RunStopped { .. }));
        prop_assert_eq!(history.last.status == Status::Succeeded, all_succeeded);
        let ends = match history.last.status {
            Status::Running => (0, 0),
            Status::Succeeded => (1, 0),
            Status::Stopped => (0, 1),
        };
        prop_assert_eq!((ended_well, stopped), ends);
    }

    #[test]
    fn what_comes_after_the_step_that_stopped_a_run_is_skipped(actions in actions(), commands in commands()) {
        let history = carry_out(&actions, &commands, |_, _, _, _| {});
        if history.last.status == Status::Stopped {
            let states: Vec<_> = history.last.steps.iter().map(|step| &step.state).collect();
            let stopped = states.iter().position(|state| !matches!(state, StepState::Succeeded { .. })).unwrap_or(0);
            let is_why = matches!(states[stopped], StepState::Failed { .. } | StepState::Unknown { .. });
            prop_assert!(is_why, "{:?}", states);
            prop_assert!(states[stopped + 1..].iter().all(|state| **state == StepState::Skipped));
        }
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
            prop_assert!(spec.on_success.contains(&step.action));
        }
        let top: Vec<_> = run.steps.iter().filter(|step| step.under.is_none()).map(|step| &step.action).collect();
        prop_assert_eq!(top, actions.iter().collect::<Vec<_>>());
    }
}
