//! What a state machine answers: the next state and everything that follows from it.

use crate::effect::EffectKind;
use crate::event::EventKind;

/// The result of a command that changes a state. Committing it writes all of it or nothing.
#[derive(Clone, Debug, PartialEq)]
pub struct Decision<State> {
    /// The state to commit. Its `version` is still the one that was read; committing moves it.
    pub next: State,
    /// What is to be done to the outside world, in order.
    pub effects: Vec<EffectKind>,
    /// What goes on record, in order.
    pub events: Vec<EventKind>,
}
