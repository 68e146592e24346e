//! CircleCI: approval jobs to approve, pipelines to trigger.

mod approve;
pub mod client;
mod failure;
mod origin;
mod wire;

pub use approve::Approved;
pub use client::{CircleCi, Sighting, Target, Triggered};
