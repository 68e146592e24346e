//! GitHub: deployments that succeeded, the rules file, commits and pull requests, workflows to start.

mod account;
pub mod client;
pub mod dispatch;
mod failure;
pub mod first_file;
mod graphql;
mod identity;
pub mod parse;
mod pushes;
pub mod range;
mod range_commit;
mod range_pull_request;
pub mod verify;
mod wire;

pub use client::{ChangedFiles, Comparison, FileAnswer, GitHub};
pub use dispatch::{RUN_APPEARS_WITHIN, Sighting};
pub use first_file::{Forgetful, Keeper, KeptFile, RepositoryFile};
pub use parse::{Delivery, DeploymentSucceeded, ParseError, delivery};
pub use range::{RangeFailure, ReadRange};
pub use verify::verify;
