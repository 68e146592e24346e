//! Slack: the dialog's channel, its people, and the clicks that come back.

pub mod client;
mod failure;
pub mod parse;
pub mod verify;
mod wire;

pub use client::{MessageRef, Profile, Slack};
pub use parse::{Click, Interaction, ParseError, interaction};
pub use verify::verify;
