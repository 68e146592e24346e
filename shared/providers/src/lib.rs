//! The outside world: what it sends us, and what we ask of it.
//!
//! Each provider is one folder with the same file names, as far as they apply:
//!
//! | file | holds |
//! |---|---|
//! | `verify.rs` | the signature check, over raw bytes, before anything is parsed |
//! | `wire.rs` | serde types of what crosses the wire, as the provider documents it |
//! | `parse.rs` | outside input to our types; every error names what was wrong |
//! | `failure.rs` | an answer that isn't a success to a [`Failure`], with the message that people read |
//! | `client.rs` | the calls |
//!
//! No provider reads the clock: the time comes in as an argument. Secrets come in as
//! [`secrecy::SecretString`], and an empty one refuses.

pub mod circleci;
pub mod cloudwatch;
pub mod derived;
pub mod eventbridge;
pub mod failure;
mod form;
mod found;
pub mod github;
pub mod http;
pub mod issue;
pub mod jira;
pub mod linear;
pub mod oidc;
pub mod register;
pub mod signature;
pub mod slack;
pub mod tracker;
pub mod webhook;

#[cfg(test)]
mod responder;

pub use failure::Failure;
pub use found::{FoundBuild, Likeness};
