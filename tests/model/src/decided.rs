//! The core's decisions, each asked for once: the core is pure, so the same question has the same answer, and a check
//! asks it in millions of states.

use crate::record::{Kept, Row, follow, hash};
use crate::scenario::NOW;
use approval::approval::{self as votes, Approval};
use approval::decision::Decision;
use approval::message;
use approval::run::{self, Run};
use std::cell::RefCell;
use std::collections::HashMap;
use std::hash::Hash;
use std::rc::Rc;
use std::thread::LocalKey;

type Known<T> = RefCell<HashMap<u64, T>>;

thread_local! {
    static APPROVALS: Known<Result<Follows<Approval>, votes::Refusal>> = RefCell::default();
    static RUNS: Known<Option<Follows<Run>>> = RefCell::default();
    static DIALOGS: Known<u64> = RefCell::default();
    static LINES: Known<Rc<[Option<u64>]>> = RefCell::default();
}

/// A decision as it is committed.
#[derive(Clone, Debug)]
pub struct Follows<T> {
    /// The version of the state that was read.
    pub read: u64,
    /// The next state, with the version that it is committed as.
    pub next: Kept<T>,
    /// The effects that follow from it.
    pub effects: Vec<Row>,
}

/// What `commands` make of `approval`, one after the other: those that are refused change nothing. The last refusal
/// where all are.
pub fn approval(
    approval: &Kept<Approval>,
    commands: &[votes::Command],
) -> Result<Follows<Approval>, votes::Refusal> {
    known(&APPROVALS, &(approval, commands), || {
        let mut changed =
            Decision { next: Approval::clone(approval), effects: Vec::new(), events: Vec::new() };
        let (mut any, mut last) = (false, votes::Refusal::Repeated);
        for command in commands {
            match votes::decide(&changed.next, command.clone(), NOW) {
                Ok(decision) => {
                    any = true;
                    changed.next = decision.next;
                    changed.effects.extend(decision.effects);
                }
                Err(refusal) => last = refusal,
            }
        }
        if any { Ok(opened(changed)) } else { Err(last) }
    })
}

/// An approval's decision as it is committed.
pub fn opened(decision: Decision<Approval>) -> Follows<Approval> {
    let Decision { mut next, effects, .. } = decision;
    let read = next.version;
    next.version += 1;
    let effects = follow(&next.deploy, next.id.as_str(), next.version, effects);
    Follows { read, effects, next: Kept::new(next) }
}

/// What `command` makes of step number `step` of `run`; `None`: it is refused.
pub fn run(run: &Kept<Run>, step: usize, command: &run::Command) -> Option<Follows<Run>> {
    known(&RUNS, &(run, step, command), || {
        let Decision { mut next, effects, .. } = run::decide(run, step, command.clone(), NOW).ok()?;
        let read = next.version;
        next.version += 1;
        let effects = follow(&next.deploy, next.id.as_str(), next.version, effects);
        Some(Follows { read, effects, next: Kept::new(next) })
    })
}

/// What tells the dialog of `approval` from another.
pub fn dialog(approval: &Kept<Approval>) -> u64 {
    known(&DIALOGS, approval, || {
        let dialog = message::dialog(approval);
        hash(&(dialog.text, dialog.blocks.to_string()))
    })
}

/// What tells the lines of the steps of `run` from others; `None` for a step that shows none.
pub fn lines(run: &Kept<Run>) -> Rc<[Option<u64>]> {
    known(&LINES, run, || {
        let line = |step| message::step_line(run, step).map(|line| hash(&line));
        (0..run.steps.len()).map(line).collect()
    })
}

fn known<K: Hash, T: Clone>(memo: &'static LocalKey<Known<T>>, key: &K, ask: impl FnOnce() -> T) -> T {
    let key = hash(key);
    if let Some(known) = memo.with_borrow(|known| known.get(&key).cloned()) {
        return known;
    }
    let answer = ask();
    memo.with_borrow_mut(|known| known.insert(key, answer.clone()));
    answer
}
