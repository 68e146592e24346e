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

use crate::fault::{Observed, observe};
use crate::spec::Spec;
use crate::spec::gate::Gate;
use crate::stand_in::keep::{self, Keeper};
use crate::stand_in::page::Link;
use crate::stand_in::server::{Bound, Server};
use crate::stand_in::{Clock, locked, system_clock};
use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::{any, get};
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

/// Options of the stand-in.
#[derive(Clone)]
pub struct Options {
    /// Address to listen on; port 0 takes any free one.
    pub address: SocketAddr,
    /// The token that requests must carry in `Circle-Token`.
    pub token: String,
    /// The time.
    pub clock: Clock,
    /// Number of pipelines or workflows on one page of a list.
    pub page_size: usize,
    /// Time that a job runs until it succeeds; `None`: until [`CircleCi::end_running`].
    pub build_time: Option<Duration>,
    /// File that keeps projects and pipelines over restarts; `None`: they are not kept.
    pub file: Option<PathBuf>,
    /// Links to the other pages of the local stack.
    pub links: Vec<Link>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            token: "circleci-token-of-the-local-stack".to_owned(),
            clock: system_clock(),
            page_size: 20,
            build_time: None,
            file: None,
            links: Vec::new(),
        }
    }
}

struct Shared {
    url: String,
    token: String,
    clock: Clock,
    page_size: usize,
    build_time: Option<Duration>,
    links: Vec<Link>,
    gate: Gate,
    observed: Observed,
    state: Mutex<state::State>,
    /// The commits of branches and tags, where a source host is known.
    heads: OnceLock<Heads>,
}

/// The commit that a branch or a tag (`true`) of a repository (`owner/name`) stands at.
type Heads = Box<dyn Fn(&str, &str, bool) -> Option<String> + Send + Sync>;

/// A running stand-in; it stops when the last clone is dropped.
#[derive(Clone)]
pub struct CircleCi {
    shared: Arc<Shared>,
    /// They stop with the last clone of this.
    _running: Arc<(Server, Option<Keeper>)>,
}

impl CircleCi {
    /// Starts a stand-in with what [`Options::file`] has, else without projects.
    ///
    /// # Errors
    /// When the address cannot be bound, or the file cannot be read.
    pub async fn start(options: Options) -> io::Result<Self> {
        let bound = Bound::new(options.address).await?;
        let shared = Arc::new(Shared {
            url: bound.url(),
            token: options.token,
            clock: options.clock,
            page_size: options.page_size,
            build_time: options.build_time,
            links: options.links,
            gate: Gate::new(Spec::circleci())?,
            observed: Observed::default(),
            state: Mutex::new(keep::restored(options.file.as_deref())?),
            heads: OnceLock::new(),
        });
        let api = Router::new()
            .route("/api/v2/{*path}", any(api::answer))
            .layer(from_fn_with_state(shared.observed.clone(), observe));
        let router = Router::new()
            .route("/", get(page::whole))
            .route("/live", get(page::live))
            .route("/pipelines/{*path}", get(page::whole))
            .merge(api)
            .with_state(shared.clone());
        let kept = shared.clone();
        let keeper = options.file.map(|file| Keeper::new(file, move || keep::text_of(&*locked(&kept.state))));
        Ok(Self { shared, _running: Arc::new((bound.serve(router), keeper)) })
    }

    /// The address of the page, and of the app that links lead to (`CIRCLECI_APP_URL`).
    pub fn url(&self) -> &str {
        &self.shared.url
    }

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
