//! A stand-in for Linear's GraphQL API, with a page at `/` that shows the issues and what was written on
//! them.
//!
//! It answers the queries and mutations that Signoff sends, as the schema in
//! <https://github.com/linear/linear> describes them, and refuses a field that it does not have. A team has
//! the states Todo, In Progress and Done. Where the documentation is silent, it assumes that a comment with
//! an id that there is already is refused with `INPUT_ERROR`.

mod api;
mod handle;
mod page;
mod query;
mod state;

#[cfg(test)]
mod tests;

pub use state::NewIssue;

use crate::fault::{Observed, observe};
use crate::stand_in::keep::{self, Keeper};
use crate::stand_in::locked;
use crate::stand_in::page::Link;
use crate::stand_in::server::{Bound, Server};
use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

/// Options of the stand-in.
#[derive(Clone)]
pub struct Options {
    /// Address to listen on; port 0 takes any free one.
    pub address: SocketAddr,
    /// The API key that queries must carry in `Authorization`.
    pub key: String,
    /// The API key that mutations must carry; queries may.
    pub write_key: String,
    /// File that keeps issues over restarts; `None`: they are not kept.
    pub file: Option<PathBuf>,
    /// Links to the other pages of the local stack.
    pub links: Vec<Link>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            key: "lin_api_of_the_local_stack".to_owned(),
            write_key: "lin_api_of_the_local_stack_that_writes".to_owned(),
            file: None,
            links: Vec::new(),
        }
    }
}

struct Shared {
    url: String,
    key: String,
    write_key: String,
    links: Vec<Link>,
    observed: Observed,
    violations: Mutex<Vec<String>>,
    state: Mutex<state::State>,
}

/// A running stand-in; it stops when the last clone is dropped.
#[derive(Clone)]
pub struct Linear {
    shared: Arc<Shared>,
    /// They stop with the last clone of this.
    _running: Arc<(Server, Option<Keeper>)>,
}

impl Linear {
    /// Starts a stand-in with what [`Options::file`] has, else without issues.
    ///
    /// # Errors
    /// When the address cannot be bound, or the file cannot be read.
    pub async fn start(options: Options) -> io::Result<Self> {
        let bound = Bound::new(options.address).await?;
        let shared = Arc::new(Shared {
            url: bound.url(),
            key: options.key,
            write_key: options.write_key,
            links: options.links,
            observed: Observed::default(),
            violations: Mutex::default(),
            state: Mutex::new(keep::restored(options.file.as_deref())?),
        });
        let api = Router::new()
            .route("/graphql", post(api::answer))
            .layer(from_fn_with_state(shared.observed.clone(), observe));
        let router = Router::new()
            .route("/", get(page::whole))
            .route("/live", get(page::live))
            .route("/issue/{key}", get(page::whole))
            .merge(api)
            .with_state(shared.clone());
        let kept = shared.clone();
        let keeper = options.file.map(|file| Keeper::new(file, move || keep::text_of(&*locked(&kept.state))));
        Ok(Self { shared, _running: Arc::new((bound.serve(router), keeper)) })
    }

    /// The address of the page.
    pub fn url(&self) -> &str {
        &self.shared.url
    }

    /// The address of the API (`LINEAR_API_URL`).
    pub fn api_url(&self) -> String {
        format!("{}/graphql", self.shared.url)
    }
}
