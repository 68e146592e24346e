//! Amazon EventBridge: what an event says, and what a refusal means. The call itself is AWS's own client.

mod failure;
mod wire;

pub use failure::{refused, unsent};
pub use wire::{BusEvent, SOURCE};
