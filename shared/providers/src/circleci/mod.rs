//! CircleCI: approval jobs to approve, pipelines to trigger.

mod approve;
pub mod client;
mod definition;
mod failure;
mod origin;
pub mod ran;
mod wire;

pub use approve::{Approved, HeldJob, NotApproved};
pub use client::{CircleCi, PIPELINE_APPEARS_WITHIN, SearchResult, Target, Triggered};
pub use ran::Ran;
