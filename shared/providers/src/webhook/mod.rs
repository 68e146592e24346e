//! The `webhook` action: a signed description of the deploy, posted to the team's own address.

pub mod client;
pub mod sign;
mod wire;

pub use client::{HEADER_DELIVERY, Webhook};
pub use sign::sign;
pub use wire::{body, description};
