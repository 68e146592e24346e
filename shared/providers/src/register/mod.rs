//! The generic webhook: a deploy that any CI registers, in any of the ways that clients of Sleuth's use, and
//! reports of its health.
//!
//! The request's signature is its API key: [`api_key`] finds it, `signoff_runtime::api_keys` checks it, and
//! only then [`parse`](parse()) reads the rest.

mod detail;
pub mod graphql;
mod health;
mod input;
mod key;
mod parse;

pub use health::{HealthReport, parse_health, parse_revision};
pub use input::ParseError;
pub use key::api_key;
pub use parse::{Registration, parse};
