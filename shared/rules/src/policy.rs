//! The policy: the floor that the rules of every repository of a stack have to meet (`.signoff/policy.yml`).
//!
//! A policy binds what acts, by deployment, place and action. [`parse`] reads it, [`Policy::binding`] says
//! what binds one action, and [`Policy::judge`] compares a rules file with it. What can't be proven to meet
//! the floor is below it.

mod bind;
mod counting;
mod judge;
mod pattern;
mod place;
mod refs;
mod votes;

pub use counting::{Approved, Lacking, LackingKind, Together};
pub use judge::{Before, Judged, Shortfall};
pub use place::Place;
pub(crate) use place::host;
pub use refs::AllowedRefs;

use crate::problem::Problem;
use jiff::SignedDuration;
use signoff_core::action::QuotaSpec;

/// The time in which a review is due after somebody broke the glass, where the policy names none.
pub const REVIEW_WITHIN: SignedDuration = SignedDuration::from_hours(48);

/// A policy.
#[derive(Clone, Debug, PartialEq)]
pub struct Policy {
    /// The people of whom two have to approve a change of the policy: e-mail addresses and Slack user ids, at
    /// least two.
    pub owners: Vec<String>,
    /// The floor of everything that no section names.
    pub default: Floor,
    /// The other floors, each with what it is for.
    pub floors: Vec<Section>,
    /// The SHA-256 of the file's text, in hexadecimal.
    pub hash: String,
}

/// A floor with what it is for. A list that is empty names everything.
#[derive(Clone, Debug, PartialEq)]
pub struct Section {
    /// Its name, for people.
    pub name: Option<String>,
    /// The deployments: `organization/name`, or `organization/*`.
    pub deployments: Vec<String>,
    /// Patterns of places.
    pub places: Vec<String>,
    /// The names of actions.
    pub actions: Vec<String>,
    /// The requirements of the section.
    pub floor: Floor,
    /// Its line in the policy, from 1.
    pub line: usize,
}

/// A value with the line of the policy that says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said<T> {
    /// The value.
    pub value: T,
    /// The line, from 1.
    pub line: usize,
}

/// The least that is asked: of a section of the policy, or of all sections together that bind an action. Of
/// several lists each one binds. What is a line is asked where there is one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Floor {
    /// The least votes.
    pub votes: Option<Said<u32>>,
    /// Lists of votes, each with whose they have to be.
    pub quotas: Vec<Said<Vec<QuotaSpec>>>,
    /// Lists of those whose votes count.
    pub approvers: Vec<Said<Vec<String>>>,
    /// The line that asks for `self_approval: false`.
    pub four_eyes: Option<usize>,
    /// The line that asks for `verified_commits: true`.
    pub verified_commits: Option<usize>,
    /// The line that refuses `unknown_makers: allow`.
    pub blocks_unknown_makers: Option<usize>,
    /// The line that asks for `rollback: four_eyes`.
    pub rollback_four_eyes: Option<usize>,
    /// The line that asks for a rejection to be final.
    pub final_rejection: Option<usize>,
    /// The longest that an approval may be open.
    pub expires_after: Option<Said<SignedDuration>>,
    /// Patterns of the environments that a rule may promote to.
    pub promotes_to: Vec<Said<Vec<String>>>,
    /// The names of the actions that are allowed.
    pub allowed_actions: Vec<Said<Vec<String>>>,
    /// Patterns of the workflows and jobs that are allowed.
    pub allowed_workflows: Vec<Said<Vec<String>>>,
    /// Patterns of the branches and tags that may be built or released.
    pub allowed_refs: Vec<Said<Vec<String>>>,
    /// Patterns of the hosts that webhooks may call.
    pub allowed_webhook_hosts: Vec<Said<Vec<String>>>,
    /// Lists of those who may break the glass: only who is named in each of them.
    pub break_glass: Vec<Said<Vec<String>>>,
    /// True if a floor that asks for votes is among these and names nobody who may break the glass: then
    /// nobody may.
    pub names_no_breaker: bool,
    /// The time in which a review is due after that.
    pub review_within: Option<Said<SignedDuration>>,
}

/// The people who may break the glass of an approval, and the time in which the review is due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BreakGlass {
    /// E-mail addresses, Slack user ids and user groups; none: nobody may.
    pub people: Vec<String>,
    /// The time in which the review is due.
    pub review_within: SignedDuration,
}

/// Reads a policy. `path` is the file's name in messages (`.signoff/policy.yml`).
///
/// # Errors
/// Every problem of the file, in the order of its lines, as [`crate::file::parse`] tells those of a rules
/// file. A policy with a problem binds nothing: the last good one stays in force.
pub fn parse(source: &str, path: &str) -> Result<Policy, Vec<Problem>> {
    crate::file::policy::parse(source, path)
}
