//! A state of everything: the record, the processes that are in the middle of something, the outside world.

use crate::answers;
use crate::clicks;
use crate::decided;
use crate::effects::{self, Stage};
use crate::law::{self, Law};
use crate::outside::OutsideWorld;
use crate::record::{Change, Conflict, Kept, Process, Queued, Record, Row, follow, hash, unsent};
use crate::scenario::{EXPIRES_AT, Flaw, NOW, Queue, Scenario};
use jiff::Timestamp;
use signoff_core::approval::Approval;
use signoff_core::effect::{Effect, EffectKind};
use signoff_core::run::Run;
use std::collections::BTreeSet;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// A state of everything.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct World {
    /// Content of DynamoDB and SQS.
    pub record: Record,
    /// Progress of each planned click.
    pub clicks: Vec<clicks::Stage>,
    /// Progress of each person's answer about a failure.
    pub answers: Vec<answers::Stage>,
    /// The processes that do an effect.
    pub workers: Vec<Worker>,
    /// True if the approval's time is over.
    pub late: bool,
    /// Things that happened outside.
    pub outside: OutsideWorld,
    /// Number of processes that may still end in the middle of their work.
    pub crashes: u8,
    /// Number of calls that may still fail.
    pub failures: u8,
    /// Number of times that an approval's outcome was committed for its run.
    pub outcomes: u8,
    /// Number of times that a run heard an outcome.
    pub heard: u8,
    /// Number of tries of each step.
    pub tries: Vec<Tries>,
    /// The laws that a step on the way here broke.
    pub broken: BTreeSet<Law>,
}

/// Number of tries of a step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Tries {
    /// Number of commits that order it to run.
    pub asked: u8,
    /// Number of commits which say that it failed, or that nobody knows if it happened.
    pub lost: u8,
}

/// A process that has claimed an effect.
#[derive(Clone, Debug)]
pub struct Worker {
    /// The effect as it was claimed.
    pub effect: Arc<Effect>,
    /// True if the end of an earlier attempt is unknown.
    pub lost: bool,
    /// True if another process has claimed the effect since.
    pub superseded: bool,
    /// Progress of the process.
    pub stage: Stage,
    group: u64,
    alike: u64,
}

impl Worker {
    fn key(&self) -> (u64, bool, bool, &Stage) {
        (self.alike, self.lost, self.superseded, &self.stage)
    }
}

impl PartialEq for Worker {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for Worker {}

impl Hash for Worker {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.key().hash(state);
    }
}

impl World {
    /// The world after the run was opened, and its first effect sent or not.
    pub fn opened(scenario: &Scenario, queued: Queued) -> Self {
        let mut opening = scenario.open();
        opening.next.version = 1;
        let steps = opening.next.steps.len();
        let id = opening.next.id.as_str();
        let first = follow(&opening.next.deploy, id, 1, opening.effects, opening.later);
        let effects = unsent(&first, queued).collect();
        let mut tries = vec![Tries::default(); steps];
        count_asked(&first, &mut tries);
        let run = Kept::new(opening.next);
        let record = Record { approval: None, run, effects, once: BTreeSet::new() };
        Self {
            record,
            clicks: clicks::planned(scenario),
            answers: vec![answers::Stage::Silent; scenario.answerers],
            workers: Vec::new(),
            late: false,
            outside: OutsideWorld::before(steps),
            crashes: scenario.crashes,
            failures: scenario.failures,
            outcomes: 0,
            heard: 0,
            tries,
            broken: BTreeSet::new(),
        }
    }

    /// The time now.
    pub fn now(&self) -> Timestamp {
        if self.late { EXPIRES_AT } else { NOW }
    }

    /// Commits `change` for process `by`. What others have read, and what stands in Slack, is older then.
    pub fn commit(&mut self, scenario: &Scenario, change: Change, by: Process) -> Result<(), Conflict> {
        let (approval, run) = (self.record.approval.clone(), self.record.run.clone());
        let outcomes = change.approval.iter().flat_map(|follows| &follows.effects);
        let advances = |row: &&Row| matches!(row.effect.kind, EffectKind::AdvanceRun { .. });
        let outcomes = outcomes.filter(advances).count();
        let mut tries = self.tries.clone();
        change.run.iter().for_each(|follows| count_asked(&follows.effects, &mut tries));
        count_asked(&change.and, &mut tries);
        self.record.commit(change, by)?;
        self.tries = tries;
        self.outcomes = self.outcomes.saturating_add(u8::try_from(outcomes).unwrap_or(u8::MAX));
        if let (Some(old), Some(new)) = (&approval, self.record.approval.clone()) {
            if *old != new {
                self.approval_changed(scenario, old, &new, by);
            }
            if decided::dialog(old, &run) != decided::dialog(&new, &self.record.run) {
                self.outside.dialog.newest = false;
                self.workers.iter_mut().for_each(|worker| worker.stage.dialog_is_old());
            }
        }
        if self.record.run != run {
            self.run_changed(&run, by);
        }
        Ok(())
    }

    fn approval_changed(
        &mut self,
        scenario: &Scenario,
        old: &Kept<Approval>,
        new: &Kept<Approval>,
        by: Process,
    ) {
        let seen = match by {
            Process::Worker(at) => self.workers.get(at).and_then(|worker| worker.stage.seen_eligible()),
            Process::Click(_) | Process::Answer(_) | Process::Clock => None,
        };
        law::watch_approval(old, new, &self.outside, &mut self.broken);
        law::watch_makers(old, new, scenario, &self.outside, &mut self.broken);
        law::watch_look(old, new, seen, &mut self.broken);
        clicks::overtake(&mut self.clicks, scenario.has(Flaw::UnconditionalWrite).then_some(old));
    }

    fn run_changed(&mut self, old: &Kept<Run>, by: Process) {
        let new = self.record.run.clone();
        self.heard += law::heard(old, &new);
        law::watch_run(old, &new, by, &mut self.broken);
        answers::overtake(&mut self.answers);
        for ((old, new), tries) in old.steps.iter().zip(&new.steps).zip(&mut self.tries) {
            let fails = new.failure().is_some() && old.state != new.state;
            tries.lost += u8::from(fails);
        }
        let (before, after) = (decided::lines(old), decided::lines(&new));
        for (step, (before, after)) in before.iter().zip(after.iter()).enumerate() {
            if before != after {
                if let Some(line) = self.outside.lines.get_mut(step) {
                    line.newest = false;
                }
                self.workers.iter_mut().for_each(|worker| worker.stage.line_is_old(step));
            }
        }
    }

    /// The rows whose message the queue hands out now.
    pub fn deliverable(&self, scenario: &Scenario) -> Vec<usize> {
        let sent = self.record.effects.iter().enumerate().filter(|(_, row)| row.queued == Queued::Sent);
        match scenario.queue {
            Queue::Fifo => {
                let mut busy: Vec<_> = self.workers.iter().map(|worker| worker.group).collect();
                let mut first = |row: &Row| {
                    let is_first = !busy.contains(&row.group);
                    busy.push(row.group);
                    is_first
                };
                sent.filter(|(_, row)| first(row)).map(|(at, _)| at).collect()
            }
            Queue::Standard if self.workers.len() < 2 => sent.map(|(at, _)| at).collect(),
            Queue::Standard => Vec::new(),
        }
    }

    /// A process takes the effect in row `at`, as `signoff_runtime::effects::take` does. `None`: not now.
    pub fn take(&mut self, scenario: &Scenario, at: usize) -> Option<()> {
        let row = self.record.effects.get_mut(at)?;
        let holder = self.workers.iter_mut().find(|worker| worker.effect.id == row.effect.id);
        let (claimed, lost) = row.claim(holder.is_some() && !scenario.has(Flaw::OutlivesLease))?;
        if let Some(holder) = holder {
            holder.superseded = true;
        }
        let left = (self.crashes, self.failures);
        law::watch_attempts(&claimed, scenario, left, self.outside.base_moved, &mut self.broken);
        row.replace(claimed);
        let effect = row.effect.clone();
        let (group, alike) = (row.group, crate::record::alike(&effect));
        self.workers.push(Worker { effect, lost, superseded: false, stage: Stage::Claimed, group, alike });
        effects::read(self, self.workers.len() - 1)
    }

    /// The worker at this place ends.
    pub fn leave(&mut self, at: usize) {
        self.workers.remove(at);
        for row in &mut self.record.effects {
            match row.queued {
                Queued::By(Process::Worker(by)) if by == at => row.queued = Queued::Nowhere,
                Queued::By(Process::Worker(by)) if by > at => {
                    row.queued = Queued::By(Process::Worker(by - 1));
                }
                Queued::By(_) | Queued::Sent | Queued::Nowhere => {}
            }
        }
    }

    /// Process `by` ends, which is no worker.
    pub fn leave_unsent(&mut self, by: Process) {
        for row in &mut self.record.effects {
            if row.queued == Queued::By(by) {
                row.queued = Queued::Nowhere;
            }
        }
    }

    /// True if process `by` has something to send.
    pub fn has_to_send(&self, by: Process) -> bool {
        self.record.effects.iter().any(|row| row.queued == Queued::By(by))
    }

    /// Brings everything into an order that says nothing but what matters.
    pub fn tidy(mut self) -> Self {
        let mut order: Vec<_> = (0..self.workers.len()).collect();
        order.sort_by_key(|at| self.workers.get(*at).map(hash));
        if !order.is_sorted() {
            self.workers = order.iter().filter_map(|at| self.workers.get(*at).cloned()).collect();
            for row in &mut self.record.effects {
                if let Queued::By(Process::Worker(by)) = &mut row.queued {
                    *by = order.iter().position(|at| at == by).unwrap_or(*by);
                }
            }
        }
        self.record.tidy();
        self
    }

    /// True if the effect in `row` has to wait until the approval's time is over, or until somebody mends the
    /// range: each look before that only orders the next one.
    pub fn is_early(&self, row: &Row) -> bool {
        let is_due = if row.judges_again() { self.outside.mended } else { self.late };
        row.is_later() && !is_due
    }

    /// True if nothing is left to do, except for people who may still click, and effects that wait for the
    /// end of the approval's time.
    pub fn is_quiet(&self, scenario: &Scenario) -> bool {
        let nobody_sends = |row: &Row| row.queued == Queued::Nowhere && scenario.has(Flaw::NoClock);
        self.workers.is_empty()
            && self.clicks.iter().all(|click| !click.is_underway())
            && self.answers.iter().all(|answer| !answer.is_underway())
            && self.record.effects.iter().all(|row| nobody_sends(row) || self.is_early(row))
    }
}

fn count_asked(effects: &[Row], tries: &mut [Tries]) {
    for row in effects {
        if let EffectKind::RunStep { step, .. } | EffectKind::RetryStep { step, .. } = row.effect.kind
            && let Some(tries) = tries.get_mut(step)
        {
            tries.asked += 1;
        }
    }
}
