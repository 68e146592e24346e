//! The whole system under test: the functions, deployed from `template.yaml` on a local AWS, with stand-ins
//! for Slack, GitHub, CircleCI, Jira and Linear around it. A test tells a [story](story::Story) of one
//! deployment; stories share one [world](world::World) and run side by side.
//!
//! `SIGNOFF_TEST_AWS=ministack` tells the same stories on a second, independent local AWS.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "the harness is test code: what fails in it fails the test"
)]

pub mod contract;
pub mod front;
pub mod invariants;
pub mod local_aws;
pub mod receiver;
pub mod routes;
pub mod scenario;
pub mod scenarios;
pub mod story;
pub mod tell;
pub mod telling;
#[cfg(test)]
mod template;
pub mod visitor;
pub mod world;
