//! The `webhook` action: a signed request to the team's own address.

mod address;
pub mod client;
pub mod sign;
mod wire;

pub(crate) use address::{Guarded, target};

pub use client::{HEADER_DELIVERY, Header, Request, Webhook};
pub use sign::sign;
pub use signoff_core::address::Loopback;
pub use wire::{body, description};
