//! A stand-in for CircleCI's API v2, held to its official spec, with a page at `/` that shows what waits on
//! hold and what was approved and triggered.
//!
//! Where the documentation is silent, it assumes:
//! - approving answers 202 `{"message":"Accepted."}` once; a job that was approved or cancelled already, or
//!   that still waits for other jobs, answers 400 with a message, and nothing changes;
//! - an unknown workflow, approval request or pipeline answers 404 with a message;
//! - an undeclared pipeline parameter answers 400 `Unexpected argument(s): …`, and naming both a branch and a
//!   tag answers 400;
//! - a tag that is sent as a branch, or a branch that is none, answers 400 `Branch not found`;
//! - lists are newest first, 20 to a page, and a made-up page token answers 400;
//! - a triggered pipeline without a branch or tag builds `main`;
//! - a project of the GitHub App answers 400 to the older call that triggers a pipeline, and its pipelines
//!   have no `vcs`, but `git.checkout_sha` among their parameters;
//! - another pipeline definition than the project's answers 404.

mod api;
mod handle;
mod page;
mod state;

#[cfg(test)]
mod tests;

pub use handle::{Approval, NewPipeline, OnHold, Triggered};
pub use state::{JobStatus, NewJob};

use crate::shell::{self, Service, Shell, StandIn, page_routes, whole_page};
use crate::spec::Spec;
use axum::Router;
use axum::routing::{any, get};
use std::io;
use std::sync::OnceLock;
use std::time::Duration;

/// Options of the stand-in.
pub type Options = shell::Options<Settings>;
/// A running stand-in.
pub type CircleCi = StandIn<CircleCiService>;
type Shared = Shell<CircleCiService>;

/// Options of this stand-in alone.
#[derive(Clone)]
pub struct Settings {
    /// The token that requests must carry in `Circle-Token`.
    pub token: String,
    /// Number of pipelines or workflows on one page of a list.
    pub page_size: usize,
    /// Time that a job runs until it succeeds; `None`: until [`CircleCi::end_running`].
    pub build_time: Option<Duration>,
}

impl Default for Settings {
    fn default() -> Self {
        Self { token: "circleci-token-of-the-local-stack".to_owned(), page_size: 20, build_time: None }
    }
}

/// Parts of a running stand-in beside its state.
pub struct CircleCiService {
    spec: Spec,
    /// The commits of branches and tags, where a source host is known.
    heads: OnceLock<Heads>,
}

/// The commit that a branch or a tag (`true`) of a repository (`owner/name`) stands at.
type Heads = Box<dyn Fn(&str, &str, bool) -> Option<String> + Send + Sync>;

impl Service for CircleCiService {
    type Settings = Settings;
    type State = state::State;

    fn new(_: &Settings) -> io::Result<Self> {
        Ok(Self { spec: Spec::circleci().map_err(io::Error::other)?, heads: OnceLock::new() })
    }

    fn api() -> Router<CircleCi> {
        Router::new().route("/api/v2/{*path}", any(api::answer))
    }

    fn pages() -> Router<CircleCi> {
        page_routes().route("/pipelines/{*path}", get(whole_page))
    }
}

impl CircleCi {
    /// The base address of the API (`CIRCLECI_API_URL`).
    pub fn api_url(&self) -> String {
        format!("{}/api/v2", self.shared.url)
    }
}

/// `github/acme/shop` and `gh/acme/shop` are the same project; so with Bitbucket.
fn canonical_slug(slug: &str) -> String {
    match slug.split_once('/') {
        Some(("github", name)) => format!("gh/{name}"),
        Some(("bitbucket", name)) => format!("bb/{name}"),
        _ => slug.to_owned(),
    }
}
