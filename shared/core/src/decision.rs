//! The decision of a state machine: the next state, and everything that follows from it.

use crate::effect::EffectKind;
use crate::event::EventKind;
use jiff::Timestamp;

/// The result of a command that changes a state. Committing it writes all of it or nothing.
#[derive(Clone, Debug, PartialEq)]
pub struct Decision<State> {
    /// The state to commit. Its `version` is still the one that was read; committing moves it.
    pub next: State,
    /// The effects, in order.
    pub effects: Vec<EffectKind>,
    /// The effects that wait for a later time.
    pub later: Vec<Later>,
    /// The events that go on record, in order.
    pub events: Vec<EventKind>,
}

/// An effect that waits for its time.
#[derive(Clone, Debug, PartialEq)]
pub struct Later {
    /// Not before this time.
    pub at: Timestamp,
    /// The effect.
    pub kind: EffectKind,
}

impl<State> Decision<State> {
    /// `next`, and nothing that follows from it yet.
    pub fn new(next: State) -> Self {
        Self { next, effects: Vec::new(), later: Vec::new(), events: Vec::new() }
    }

    /// Has `kind` done, once, however often that is asked for.
    pub fn follow(&mut self, kind: EffectKind) {
        if !self.effects.contains(&kind) {
            self.effects.push(kind);
        }
    }
}
