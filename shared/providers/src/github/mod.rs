//! GitHub: deployments that succeeded, the rules file, commits and pull requests, workflows to start.

pub mod client;
pub mod dispatch;
mod failure;
pub mod parse;
pub mod verify;
mod wire;

pub use client::{ChangedFiles, Comparison, FileAnswer, GitHub};
pub use dispatch::{RUN_APPEARS_WITHIN, Sighting};
pub use parse::{Delivery, DeploymentSucceeded, ParseError, delivery};
pub use verify::verify;
