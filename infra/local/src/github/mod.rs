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

use crate::fault::{Observed, observe};
use crate::spec::Spec;
use crate::spec::gate::Gate;
use crate::spec::graphql::Schema;
use crate::stand_in::keep::{self, Keeper};
use crate::stand_in::page::Link;
use crate::stand_in::server::{Bound, Server};
use crate::stand_in::{Clock, locked, system_clock};
use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::{any, get, post};
use std::collections::BTreeMap;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex};

/// Options of the stand-in.
#[derive(Clone)]
pub struct Options {
    /// Address to listen on; port 0 takes any free one.
    pub address: SocketAddr,
    /// The token that requests must carry in `Authorization` to read.
    pub token: String,
    /// The token that they must carry to start and cancel workflows; it reads nothing but those.
    pub write_token: String,
    /// Secret from which Signoff derives the secrets of webhooks.
    pub webhook_secret: String,
    /// The time.
    pub clock: Clock,
    /// File that keeps repositories over restarts; `None`: they are not kept.
    pub file: Option<PathBuf>,
    /// Links to the other pages of the local stack.
    pub links: Vec<Link>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            token: "github-token-of-the-local-stack".to_owned(),
            write_token: "github-write-token-of-the-local-stack".to_owned(),
            webhook_secret: "github-webhook-secret-of-the-local-stack".to_owned(),
            clock: system_clock(),
            file: None,
            links: Vec::new(),
        }
    }
}

struct Shared {
    url: String,
    token: String,
    write_token: String,
    /// The secrets of the repositories' webhooks.
    webhook_secrets: Mutex<BTreeMap<String, String>>,
    clock: Clock,
    links: Vec<Link>,
    gate: Gate,
    schema: Schema,
    observed: Observed,
    /// Number of requests that count against the rate limit.
    used: AtomicU64,
    state: Mutex<state::State>,
}

/// A running stand-in; it stops when the last clone is dropped.
#[derive(Clone)]
pub struct GitHub {
    shared: Arc<Shared>,
    /// They stop with the last clone of this.
    _running: Arc<(Server, Option<Keeper>)>,
}

impl GitHub {
    /// Starts a stand-in with what [`Options::file`] has, else without repositories.
    ///
    /// # Errors
    /// When the address cannot be bound, or the file cannot be read.
    pub async fn start(options: Options) -> io::Result<Self> {
        let bound = Bound::new(options.address).await?;
        let shared = Arc::new(Shared {
            url: bound.url(),
            token: options.token,
            write_token: options.write_token,
            webhook_secrets: Mutex::default(),
            clock: options.clock,
            links: options.links,
            gate: Gate::new(Spec::github())?,
            schema: Schema::github().map_err(io::Error::other)?,
            observed: Observed::default(),
            used: AtomicU64::new(0),
            state: Mutex::new(keep::restored(options.file.as_deref())?),
        });
        let api = Router::new()
            .route("/repos/{*path}", any(api::answer))
            .route("/users/{*path}", any(api::answer))
            .route("/graphql", post(graphql::answer))
            .layer(from_fn_with_state(shared.observed.clone(), observe));
        let router = Router::new()
            .route("/", get(page::whole))
            .route("/live", get(page::live))
            .fallback(get(page::whole))
            .merge(api)
            .with_state(shared.clone());
        let kept = shared.clone();
        let keeper = options.file.map(|file| Keeper::new(file, move || keep::text_of(&*locked(&kept.state))));
        Ok(Self { shared, _running: Arc::new((bound.serve(router), keeper)) })
    }

    /// The base address of the API (`GITHUB_API_URL`), and of the page.
    pub fn url(&self) -> &str {
        &self.shared.url
    }
}
