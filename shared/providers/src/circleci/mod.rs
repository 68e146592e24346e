//! CircleCI: approval jobs to approve, pipelines to trigger.

mod approve;
pub mod client;
mod definition;
mod failure;
pub mod find;
mod origin;
pub mod ran;
mod wire;

pub use approve::{ApprovedJob, HeldJob, NotApproved};
pub use client::{CircleCi, Target, Triggered};
pub use find::{PIPELINE_APPEARS_WITHIN, Triggers};
pub use ran::Ran;
