//! DynamoDB: the rows, and the one transaction that changes them, as `signoff_store::change` writes it.

use crate::scenario::{EXPIRES_AT, NOW};
use jiff::Timestamp;
use signoff_core::approval::Approval;
use signoff_core::decision::Later;
use signoff_core::effect::{Claim, Effect, EffectKind, EffectState};
use signoff_core::id::{DeployId, EffectId};
use signoff_core::run::Run;
use std::collections::BTreeSet;
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher, Hash, Hasher};
use std::ops::Deref;
use std::sync::Arc;

/// A state as it was committed; it knows its own hash, so that a world is hashed quickly.
#[derive(Clone, Debug)]
pub struct Kept<T> {
    hash: u64,
    value: Arc<T>,
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

/// Everything on record about the deploy.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Record {
    /// The approval, once it was opened.
    pub approval: Option<Kept<Approval>>,
    /// The run.
    pub run: Kept<Run>,
    /// The effects that are not closed. Those that stand in the queue are in its order.
    pub effects: Vec<Row>,
    /// The effects that were committed without a version, closed or not.
    pub once: BTreeSet<EffectId>,
}

/// An effect, and where its message is. Rows that differ in their ids alone are alike.
#[derive(Clone, Debug)]
pub struct Row {
    /// The effect.
    pub effect: Arc<Effect>,
    /// Place of its message.
    pub queued: Queued,
    /// Its FIFO group.
    pub group: u64,
    alike: u64,
}

/// Place of an effect's message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Queued {
    /// In the queue, or in the hands of who works on it.
    Sent,
    /// Still to be sent by the process that committed the effect.
    By(Process),
    /// Nowhere: the process that was to send it ended.
    Nowhere,
}

/// A process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Process {
    /// The one that deals with this click.
    Click(usize),
    /// The one that deals with what this person says about a lost answer.
    Answer(usize),
    /// The one at this place of [`World::workers`](crate::world::World::workers).
    Worker(usize),
    /// The clock.
    Clock,
}

/// One transaction.
#[derive(Clone, Debug, Default)]
pub struct Change {
    /// An approval's next state (its first, where none was read), with what follows from it.
    pub approval: Option<Follows<Approval>>,
    /// True if the approval is written whatever its version.
    pub unconditional: bool,
    /// A run's next state, with what follows from it.
    pub run: Option<Follows<Run>>,
    /// An effect as this process claimed it, and what became of it.
    pub effect: Option<(Arc<Effect>, Effect)>,
    /// True if the effect's message is done though the effect is not: the clock sends another.
    pub parked: bool,
    /// Effects that follow from something that has no version.
    pub and: Vec<Row>,
}

/// Another process committed first; nothing was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Conflict;

impl<T: Hash> Kept<T> {
    /// `value`, kept.
    pub fn new(value: T) -> Self {
        Self { hash: hash(&value), value: Arc::new(value) }
    }
}

impl<T> Deref for Kept<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

/// As the checker itself knows a state by the hash of it.
impl<T> PartialEq for Kept<T> {
    fn eq(&self, other: &Self) -> bool {
        self.hash == other.hash
    }
}

impl<T> Eq for Kept<T> {}

impl<T> Hash for Kept<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.hash.hash(state);
    }
}

/// The hash of `value`, the same in every run.
pub fn hash(value: &impl Hash) -> u64 {
    BuildHasherDefault::<DefaultHasher>::default().hash_one(value)
}

/// Returns a hash of `effect` without its id and its times, which follow from the rest.
pub fn alike(effect: &Effect) -> u64 {
    hash(&(&effect.kind, effect.state, effect.attempts))
}

impl Row {
    /// The row of `effect`.
    pub fn new(effect: Effect, queued: Queued) -> Self {
        let group = hash(&effect.group());
        Self { alike: alike(&effect), group, queued, effect: Arc::new(effect) }
    }

    /// The effect as a process claims it after all the time that it has to wait for, or `at` once where
    /// `held`; and whether an earlier attempt's end is unknown. `None`: it can't be claimed.
    pub fn claim(&self, held: bool) -> Option<(Effect, bool)> {
        let then = if held { NOW } else { self.effect.not_before.max(NOW) };
        let Claim::Take { lost } = self.effect.claim(then) else { return None };
        Some((since(self.effect.started(then), then), lost))
    }

    /// Puts `effect` in the place of the one that stands here.
    pub fn replace(&mut self, effect: Effect) {
        self.alike = alike(&effect);
        self.effect = Arc::new(effect);
    }

    /// True if it was committed for a later time: nobody sends it before.
    pub fn is_later(&self) -> bool {
        self.effect.not_before >= EXPIRES_AT || self.judges_again()
    }

    /// True if it has a blocked approval judged again.
    pub fn judges_again(&self) -> bool {
        matches!(self.effect.kind, EffectKind::JudgeAgain { .. })
    }

    fn key(&self) -> (Queued, u64, u64) {
        (self.queued, self.group, self.alike)
    }
}

/// `effect` with its times counted from `then` on.
fn since(mut effect: Effect, then: Timestamp) -> Effect {
    let passed = then.duration_since(NOW);
    effect.not_before -= passed;
    effect.due_at -= passed;
    effect
}

impl PartialEq for Row {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for Row {}

impl Hash for Row {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.key().hash(state);
    }
}

impl Record {
    /// The row of the effect with this id; `None`: it is closed.
    pub fn row(&self, id: &EffectId) -> Option<usize> {
        self.effects.iter().position(|row| row.effect.id == *id)
    }

    /// Commits `change` for process `by`, which has the new effects to send: all of it or nothing.
    pub fn commit(&mut self, change: Change, by: Process) -> Result<(), Conflict> {
        let Change { approval, unconditional, run, effect, parked, and } = change;
        if let Some(follows) = &approval
            && !unconditional
            && self.approval.as_ref().map_or(0, |row| row.version) != follows.read
        {
            return Err(Conflict);
        }
        if run.as_ref().is_some_and(|follows| self.run.version != follows.read) {
            return Err(Conflict);
        }
        let of_approval = approval.iter().flat_map(|follows| &follows.effects);
        let of_run = run.iter().flat_map(|follows| &follows.effects);
        let mut new = of_approval.chain(of_run).chain(&and).map(|row| &row.effect.id);
        if new.any(|id| self.once.contains(id) || self.row(id).is_some()) {
            return Err(Conflict);
        }
        if let Some((claimed, after)) = effect {
            let row = self.row(&claimed.id).and_then(|at| Some((at, self.effects.get_mut(at)?)));
            let is_own = |row: &Row| {
                row.effect.state == EffectState::Started && row.effect.attempts == claimed.attempts
            };
            let Some((at, row)) = row.filter(|(_, row)| is_own(row)) else { return Err(Conflict) };
            row.replace(after);
            if parked {
                row.queued = Queued::Nowhere;
            }
            if row.effect.is_closed() {
                self.effects.remove(at);
            }
        }
        self.once.extend(and.iter().map(|row| row.effect.id.clone()));
        if let Some(Follows { next, effects, .. }) = approval {
            self.approval = Some(next);
            self.effects.extend(unsent(&effects, Queued::By(by)));
        }
        if let Some(Follows { next, effects, .. }) = run {
            self.run = next;
            self.effects.extend(unsent(&effects, Queued::By(by)));
        }
        self.effects.extend(unsent(&and, Queued::By(by)));
        Ok(())
    }

    /// Writes and sends `effects` before what they follow from is committed, where they are not on record.
    pub fn send_early(&mut self, mut effects: Vec<Row>) {
        effects.retain(|row| self.row(&row.effect.id).is_none());
        self.effects.extend(unsent(&effects, Queued::Sent));
    }

    /// Sends the messages of `which` rows, in order: they are the queue's last.
    pub fn send(&mut self, which: impl Fn(&Row) -> bool) {
        let (mut sent, rest): (Vec<_>, Vec<_>) = self.effects.drain(..).partition(which);
        sent.iter_mut().for_each(|row| row.queued = Queued::Sent);
        self.effects = rest;
        self.effects.append(&mut sent);
    }

    /// Brings the rows into an order that says nothing but what matters: the order of each group in the
    /// queue.
    pub fn tidy(&mut self) {
        self.effects.sort_by_key(|row| match row.queued {
            Queued::Sent | Queued::By(_) => (row.queued, row.group, 0),
            Queued::Nowhere => row.key(),
        });
    }
}

/// The effects that follow from `owner` reaching `version`, at once and `later`, as they are committed.
pub fn follow(
    deploy: &DeployId,
    owner: &str,
    version: u64,
    effects: Vec<EffectKind>,
    later: Vec<Later>,
) -> Vec<Row> {
    let at_once = effects.into_iter().map(|kind| Later { at: NOW, kind });
    let row = |(index, Later { at, kind })| {
        let id = EffectId::derive(owner, version, index);
        Row::new(Effect::later(id, deploy.clone(), kind, at, NOW), Queued::Nowhere)
    };
    at_once.chain(later).enumerate().map(row).collect()
}

/// Effects that follow from a decision, with their messages where `queued` says; what is for later is left to
/// the clock.
pub fn unsent(effects: &[Row], queued: Queued) -> impl Iterator<Item = Row> {
    effects.iter().map(move |row| {
        let queued = if row.is_later() { Queued::Nowhere } else { queued };
        Row { queued, ..row.clone() }
    })
}
