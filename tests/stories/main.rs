//! Stories of the whole system.

mod actions;
mod bad_input;
mod clock;
mod deliveries;
mod record;
mod rules;
mod votes;
