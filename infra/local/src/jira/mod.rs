//! A stand-in for Jira Cloud's REST API v3, held to its official spec, with a page at `/` that shows the
//! issues and what was written on them.
//!
//! `POST /rest/api/3/issue/bulkfetch` is younger than the spec that it is held to, and as
//! <https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issues/> describes it. Every
//! project has one workflow: To Do, In Progress and Done, each a step away from the other two; only what goes
//! to Done takes a resolution. Where the documentation is silent, it assumes that a field which can't be set
//! answers 400 with `errors`.

mod api;
mod handle;
mod page;
mod state;

#[cfg(test)]
mod tests;

pub use state::NewIssue;

use crate::shell::{self, Service, Shell, StandIn, page_routes, whole_page};
use crate::spec::Spec;
use axum::Router;
use axum::routing::{any, get};
use std::io;

/// Options of the stand-in.
pub type Options = shell::Options<Settings>;
/// A running stand-in.
pub type Jira = StandIn<JiraService>;
type Shared = Shell<JiraService>;

/// Options of this stand-in alone.
#[derive(Clone)]
pub struct Settings {
    /// The e-mail address of the account that requests must come from to read issues.
    pub email: String,
    /// API token of that account.
    pub token: String,
    /// The e-mail address of the account that may change issues, too.
    pub write_email: String,
    /// API token of that account.
    pub write_token: String,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            email: "signoff@jira-of-the-local-stack.example".to_owned(),
            token: "jira-token-of-the-local-stack".to_owned(),
            write_email: "signoff-actions@jira-of-the-local-stack.example".to_owned(),
            write_token: "jira-write-token-of-the-local-stack".to_owned(),
        }
    }
}

/// Parts of a running stand-in beside its state.
pub struct JiraService {
    spec: Spec,
}

impl Service for JiraService {
    type Settings = Settings;
    type State = state::State;

    fn new(_: &Settings) -> io::Result<Self> {
        Ok(Self { spec: Spec::jira().map_err(io::Error::other)? })
    }

    fn api() -> Router<Jira> {
        Router::new().route("/rest/api/3/{*path}", any(api::answer))
    }

    fn pages() -> Router<Jira> {
        page_routes().route("/browse/{key}", get(whole_page))
    }
}
