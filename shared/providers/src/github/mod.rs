//! GitHub: deployments that succeeded, the rules file, commits and pull requests, workflows to start.

mod account;
pub mod changing;
pub mod client;
mod comparison;
pub mod dispatch;
mod failure;
pub mod files;
pub mod first_file;
mod graphql;
pub mod identify;
mod identity;
mod missing;
mod nested;
pub mod parse;
mod parts;
mod push_heads;
mod pushes;
pub mod range;
mod range_commit;
mod range_pull_request;
pub mod run;
pub mod source;
pub mod verify;
mod wire;

pub use changing::Changing;
pub use client::{ChangedFiles, FileAnswer, GitHub};
pub use dispatch::{RUN_APPEARS_WITHIN, Sighting, StartedRun};
pub use first_file::{Forgetful, Keeper, KeptFile, RepositoryFile};
pub use identify::{Head, HostDeployment, HostStatus, RepositoryIdentity};
pub use missing::Missing;
pub use parse::{Delivery, ParseError, ReportedDeployment, delivery, named_repository};
pub use parts::{Kept, Parts};
pub use range::{Outline, RangeFailure, ReadRange};
pub use run::run_of;
pub use source::{Named, RefHead};
pub use verify::{verify, verify_any};
