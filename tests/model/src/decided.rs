//! The core's decisions, each asked for once: the core is pure, so the same question has the same answer, and
//! a check asks it in millions of states.

use crate::record::{Follows, Kept, follow, hash};
use crate::scenario::NOW;
use jiff::{SignedDuration, Timestamp};
use signoff_core::approval::{self as votes, Approval, Electorate};
use signoff_core::decision::Decision;
use signoff_core::message;
use signoff_core::run::{self, Run};
use std::cell::RefCell;
use std::collections::HashMap;
use std::hash::Hash;
use std::rc::Rc;
use std::thread::LocalKey;

type Known<T> = RefCell<HashMap<u64, T>>;

thread_local! {
    static APPROVALS: Known<Result<Follows<Approval>, votes::Refusal>> = RefCell::default();
    static RUNS: Known<Result<Follows<Run>, run::Refusal>> = RefCell::default();
    static ELECTORATES: Known<Electorate> = RefCell::default();
    static DIALOGS: Known<u64> = RefCell::default();
    static LINES: Known<Rc<[Option<u64>]>> = RefCell::default();
}

/// Applies `commands` to `approval` at `now`, one after the other; refused commands change nothing. If all
/// are refused, returns the last refusal.
pub fn approval(
    approval: &Kept<Approval>,
    commands: &[votes::Command],
    now: Timestamp,
) -> Result<Follows<Approval>, votes::Refusal> {
    known(&APPROVALS, &(approval, commands, now), || {
        let mut changed = Decision::new(Approval::clone(approval));
        let (mut any, mut last) = (false, votes::Refusal::Repeated);
        for command in commands {
            match votes::decide(&changed.next, command.clone(), now) {
                Ok(decision) => {
                    any = true;
                    changed.next = decision.next;
                    changed.effects.extend(decision.effects);
                    changed.later.extend(decision.later);
                }
                Err(refusal) => last = refusal,
            }
        }
        if any { Ok(opened(changed)) } else { Err(last) }
    })
}

/// An approval's decision as it is committed.
pub fn opened(decision: Decision<Approval>) -> Follows<Approval> {
    let Decision { mut next, effects, later, .. } = decision;
    let read = next.version;
    next.version += 1;
    let effects = follow(&next.deploy, next.id.as_str(), next.version, effects, later);
    Follows { read, effects, next: Kept::new(next) }
}

/// Applies `command` to step number `step` of `run`.
pub fn run(run: &Kept<Run>, step: usize, command: &run::Command) -> Result<Follows<Run>, run::Refusal> {
    known(&RUNS, &(run, step, command), || {
        // No two steps fail at the same time.
        let failed_at = || NOW + SignedDuration::from_micros(i64::try_from(run.version).unwrap_or(i64::MAX));
        let fails = matches!(command, run::Command::Lose { .. } | run::Command::Fail { .. });
        let now = if fails { failed_at() } else { NOW };
        let Decision { mut next, effects, later, .. } = run::decide(run, step, command.clone(), now)?;
        let read = next.version;
        next.version += 1;
        let effects = follow(&next.deploy, next.id.as_str(), next.version, effects, later);
        Ok(Follows { read, effects, next: Kept::new(next) })
    })
}

/// Returns the electorate by `judge`, which is called once for each `key`; the key identifies the change.
pub fn electorate(key: &impl Hash, judge: impl FnOnce() -> Electorate) -> Electorate {
    known(&ELECTORATES, key, judge)
}

/// The step of `run` that failed, or of which nobody knows whether it happened, and when.
pub fn failed(run: &Run) -> Option<(usize, Timestamp)> {
    let step = run.failed_steps().next()?;
    Some((step, run.steps.get(step)?.failure()?.0))
}

/// Returns a hash of the dialog of `approval`, which `run` waits for.
pub fn dialog(approval: &Kept<Approval>, run: &Kept<Run>) -> u64 {
    known(&DIALOGS, &(approval, run), || {
        let dialog = message::dialog(approval, Some(run));
        hash(&(dialog.text, dialog.blocks.to_string()))
    })
}

/// Returns hashes of the lines of the steps of `run`; `None` for a step without a line.
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
