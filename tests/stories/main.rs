//! Stories of the whole system.

#![expect(clippy::unwrap_used, reason = "what fails in a story fails its test")]

mod actions;
mod bad_input;
mod clock;
mod deliveries;
mod record;
mod rules;
mod samples;
mod settings;
mod soak;
mod votes;
