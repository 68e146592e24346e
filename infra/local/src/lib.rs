//! The local stack: everything Signoff needs of AWS, Slack, GitHub, CircleCI, Jira and Linear, on loopback.

pub mod api_key;
pub mod aws;
pub mod calls;
pub mod cargo;
pub mod circleci;
pub mod fault;
pub mod github;
pub mod jira;
pub mod limit;
pub mod linear;
pub mod oidc;
pub mod secrets;
pub mod shell;
pub mod slack;
pub mod spec;
pub mod stand_in;
