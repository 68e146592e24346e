//! The local stack: everything Signoff needs of AWS, Slack, CircleCI and GitHub, on loopback.

pub mod aws;
pub mod calls;
pub mod cargo;
pub mod circleci;
pub mod fault;
pub mod github;
pub mod slack;
pub mod spec;
pub mod stand_in;
