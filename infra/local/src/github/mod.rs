//! A stand-in for GitHub's REST API (version 2022-11-28), held to its official spec, with a page at `/` that
//! shows repositories, commits and what was dispatched, and signed deliveries of the `deployment_status`
//! webhook.
//!
//! Where the documentation is silent, it assumes:
//! - a file has the same text at every branch and revision, unless [`GitHub::set_file_at`] says otherwise;
//! - `commits/{ref}` and `commits/{sha}/pulls` of an unknown commit answer 422 `No commit found for SHA: …`,
//!   a comparison with one 404;
//! - a dispatch on an unknown ref answers 422 `No ref found for: …`, of an unknown workflow 404;
//! - a build's branch moves while it is started only where [`GitHub::move_before_dispatch`] says so;
//! - the list of activities goes back to the beginning, and a push to a fork is not in it;
//! - GraphQL tells no account of a bot that git names as author or committer, and whoever signed as GitHub is
//!   no signer;
//! - everybody who wrote a commit, or opened or merged a pull request, has a public profile;
//! - a workflow that was started has a run at once, which stays queued; filters of the list of runs that
//!   Signoff does not use do nothing;
//! - a request that the spec does not accept answers 422 and says why.

mod activity;
mod api;
mod changes;
mod commit_json;
mod graphql;
mod handle;
mod history;
mod identify;
mod json;
mod page;
mod refs;
mod repository_json;
mod runs;
mod state;
mod webhook;

#[cfg(test)]
mod tests;

pub use history::{Opened, Push, Signed, Written};
pub use identify::{HostDeployment, HostStatus};
pub use state::{Author, ChangedFile, Commit, Dispatched, NewCommit, NewPullRequest};
pub use webhook::{Delivery, DeploymentStatus};

use crate::shell::{self, Service, Shell, StandIn, page_routes, whole_page};
use crate::spec::Spec;
use crate::spec::graphql::Schema;
use axum::Router;
use axum::routing::{any, get, post};
use std::collections::BTreeMap;
use std::io;
use std::sync::Mutex;
use std::sync::atomic::AtomicU64;

/// Options of the stand-in.
pub type Options = shell::Options<Settings>;
/// A running stand-in.
pub type GitHub = StandIn<GitHubService>;
type Shared = Shell<GitHubService>;

/// Options of this stand-in alone.
#[derive(Clone)]
pub struct Settings {
    /// The token that requests must carry in `Authorization` to read.
    pub token: String,
    /// The token that they must carry to start and cancel workflows; it reads nothing but those.
    pub write_token: String,
    /// Secret from which Signoff derives the secrets of webhooks.
    pub webhook_secret: String,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            token: "github-token-of-the-local-stack".to_owned(),
            write_token: "github-write-token-of-the-local-stack".to_owned(),
            webhook_secret: "github-webhook-secret-of-the-local-stack".to_owned(),
        }
    }
}

/// Parts of a running stand-in beside its state.
pub struct GitHubService {
    spec: Spec,
    schema: Schema,
    /// The secrets of the repositories' webhooks.
    webhook_secrets: Mutex<BTreeMap<String, String>>,
    /// Number of requests that count against the rate limit.
    used: AtomicU64,
}

impl Service for GitHubService {
    type Settings = Settings;
    type State = state::State;

    fn new(_: &Settings) -> io::Result<Self> {
        Ok(Self {
            spec: Spec::github().map_err(io::Error::other)?,
            schema: Schema::github().map_err(io::Error::other)?,
            webhook_secrets: Mutex::default(),
            used: AtomicU64::new(0),
        })
    }

    fn api() -> Router<GitHub> {
        Router::new()
            .route("/repos/{*path}", any(api::answer))
            .route("/users/{*path}", any(api::answer))
            .route("/graphql", post(graphql::answer))
    }

    fn pages() -> Router<GitHub> {
        // Every address that the API's answers link to leads here.
        page_routes().fallback(get(whole_page))
    }
}
