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
use std::sync::{Arc, Mutex};

/// Options of the stand-in.
#[derive(Clone)]
pub struct Options {
    /// Address to listen on; port 0 takes any free one.
    pub address: SocketAddr,
    /// The e-mail address of the account that requests must come from to read issues.
    pub email: String,
    /// API token of that account.
    pub token: String,
    /// The e-mail address of the account that may change issues, too.
    pub write_email: String,
    /// API token of that account.
    pub write_token: String,
    /// The time.
    pub clock: Clock,
    /// File that keeps issues over restarts; `None`: they are not kept.
    pub file: Option<PathBuf>,
    /// Links to the other pages of the local stack.
    pub links: Vec<Link>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            email: "signoff@jira-of-the-local-stack.example".to_owned(),
            token: "jira-token-of-the-local-stack".to_owned(),
            write_email: "signoff-actions@jira-of-the-local-stack.example".to_owned(),
            write_token: "jira-write-token-of-the-local-stack".to_owned(),
            clock: system_clock(),
            file: None,
            links: Vec::new(),
        }
    }
}

struct Shared {
    url: String,
    reader: (String, String),
    writer: (String, String),
    clock: Clock,
    links: Vec<Link>,
    observed: Observed,
    gate: Gate,
    violations: Mutex<Vec<String>>,
    state: Mutex<state::State>,
}

/// A running stand-in; it stops when the last clone is dropped.
#[derive(Clone)]
pub struct Jira {
    shared: Arc<Shared>,
    /// They stop with the last clone of this.
    _running: Arc<(Server, Option<Keeper>)>,
}

impl Jira {
    /// Starts a stand-in with what [`Options::file`] has, else without issues.
    ///
    /// # Errors
    /// When the address cannot be bound, or the file cannot be read.
    pub async fn start(options: Options) -> io::Result<Self> {
        let bound = Bound::new(options.address).await?;
        let shared = Arc::new(Shared {
            url: bound.url(),
            reader: (options.email, options.token),
            writer: (options.write_email, options.write_token),
            clock: options.clock,
            links: options.links,
            observed: Observed::default(),
            gate: Gate::new(Spec::jira())?,
            violations: Mutex::default(),
            state: Mutex::new(keep::restored(options.file.as_deref())?),
        });
        let api = Router::new()
            .route("/rest/api/3/{*path}", any(api::answer))
            .layer(from_fn_with_state(shared.observed.clone(), observe));
        let router = Router::new()
            .route("/", get(page::whole))
            .route("/live", get(page::live))
            .route("/browse/{key}", get(page::whole))
            .merge(api)
            .with_state(shared.clone());
        let kept = shared.clone();
        let keeper = options.file.map(|file| Keeper::new(file, move || keep::text_of(&*locked(&kept.state))));
        Ok(Self { shared, _running: Arc::new((bound.serve(router), keeper)) })
    }

    /// The address of the site (`JIRA_URL`).
    pub fn url(&self) -> &str {
        &self.shared.url
    }
}
