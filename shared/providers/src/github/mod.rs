//! GitHub: deployments that succeeded, the rules file, commits and pull requests, workflows to start.

pub mod client;
pub mod dispatch;
mod failure;
pub mod first_file;
pub mod identify;
pub mod parse;
pub mod source;
pub mod verify;
mod wire;

pub use client::{ChangedFiles, Comparison, FileAnswer, GitHub};
pub use dispatch::{RUN_APPEARS_WITHIN, Sighting, StartedRun};
pub use first_file::{Forgetful, Keeper, KeptFile, RepositoryFile};
pub use identify::{Head, HostDeployment, HostStatus, RepositoryIdentity};
pub use parse::{Delivery, DeploymentSucceeded, ParseError, delivery, named_repository};
pub use source::{Head, Named};
pub use verify::{verify, verify_any};
