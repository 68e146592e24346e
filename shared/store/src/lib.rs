//! The record in DynamoDB, and the effects that go from it to SQS.
//!
//! Everything about one deploy lies in one partition of the record table: the deploy, its runs, approvals,
//! effects and events. A [`Change`] writes state, effects and events in one transaction; what was written is
//! then sent to SQS, and what could not be sent is sent by the clock.

mod accounts;
mod api_keys;
mod approvals;
mod bases;
mod builds;
mod cache;
mod change;
mod ci_trust;
mod deployments;
mod drift;
mod due;
mod effects;
mod environments;
mod error;
mod evaluations;
mod failed;
mod header_secrets;
mod keeping;
mod kept_back;
mod keys;
mod lanes;
mod latest;
mod listing;
mod messages;
mod packed;
mod people;
mod policy;
mod projects;
mod queries;
mod queue;
mod reading_parts;
mod repositories;
mod rollbacks;
mod row;
mod rules_in_force;
mod secret_numbers;
mod sessions;
mod size;
mod standing;
mod steps;
mod unreadable;
mod without_rules;

pub use accounts::KeptAccount;
pub use api_keys::{Actor, ApiKey, DeploymentPattern, Done, Scope};
pub use approvals::{ApprovalListing, ApprovalSummary, MAX_SCANNED, WantedApprovals, WantedOutcome};
pub use builds::{BuildRequest, Owner};
pub use cache::CachedRules;
pub use change::Change;
pub use ci_trust::{CiProject, CiTrust, CiTrustError, MOST_TRUSTS};
pub use deployments::{DeploymentSettings, GitHost};
pub use drift::MissingDeploys;
pub use due::{ASIDE, Due, DueLook, MOST_OF_ONE};
pub use environments::{Deployment, DeploymentListing, Environment};
pub use error::{CommitError, StoreError};
pub use evaluations::{EvaluationPlace, ListedEvaluation};
pub use lanes::{edits_line, is_lane};
pub use latest::Latest;
pub use listing::{DeploySummary, Listing, Wanted};
pub use people::People;
pub use queries::{Beside, DeployOutline, DialogPlace, Page};
pub use queue::EffectMessage;
pub use repositories::{Anew, KeptRepository};
pub use rollbacks::RolledBack;
pub use rules_in_force::RulesTexts;
pub use secret_numbers::{SecretChange, SecretNumbers};
pub use sessions::Session;
pub use standing::{After, Arrived};
pub use steps::ReadStep;

use jiff::SignedDuration;

/// The tables and queues of one stack. A function that may not reach one of them leaves it `None`.
#[derive(Clone, Debug)]
pub struct StoreConfig {
    /// The record table's name.
    pub record_table: String,
    /// The cache table's name.
    pub cache_table: Option<String>,
    /// The address of the queue to rule-evaluation.
    pub deploys_queue: Option<String>,
    /// The address of the queue to action-execution.
    pub effects_queue: Option<String>,
    /// Time for which the record is kept.
    pub retention: SignedDuration,
}

/// The record of one stack.
#[derive(Clone, Debug)]
pub struct Store {
    dynamo: aws_sdk_dynamodb::Client,
    sqs: Option<aws_sdk_sqs::Client>,
    places: StoreConfig,
}

impl Store {
    /// The record at `places`. `sqs` is needed by functions that commit effects; without it they wait for the
    /// clock.
    pub fn new(
        dynamo: aws_sdk_dynamodb::Client,
        sqs: Option<aws_sdk_sqs::Client>,
        places: StoreConfig,
    ) -> Self {
        Self { dynamo, sqs, places }
    }
}
