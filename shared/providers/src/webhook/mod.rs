//! The `webhook` action: a signed description of the deploy, posted to the team's own address.

mod address;
pub mod client;
pub mod sign;
mod wire;

pub(crate) use address::{Guarded, Refused, target};

pub use address::Loopback;
pub use client::{HEADER_DELIVERY, Webhook};
pub use sign::sign;
pub use wire::{body, description};
