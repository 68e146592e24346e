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

use crate::shell::{self, Service, Shell, StandIn, page_routes, whole_page};
use axum::Router;
use axum::routing::{get, post};
use std::io;

/// Options of the stand-in.
pub type Options = shell::Options<Settings>;
/// A running stand-in.
pub type Linear = StandIn<LinearService>;
type Shared = Shell<LinearService>;

/// Options of this stand-in alone.
#[derive(Clone)]
pub struct Settings {
    /// The API key that queries must carry in `Authorization`.
    pub key: String,
    /// The API key that mutations must carry; queries may.
    pub write_key: String,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            key: "lin_api_of_the_local_stack".to_owned(),
            write_key: "lin_api_of_the_local_stack_that_writes".to_owned(),
        }
    }
}

/// Linear has nothing beside its state.
pub struct LinearService;

impl Service for LinearService {
    type Settings = Settings;
    type State = state::State;

    fn new(_: &Settings) -> io::Result<Self> {
        Ok(Self)
    }

    fn api() -> Router<Linear> {
        Router::new().route("/graphql", post(api::answer))
    }

    fn pages() -> Router<Linear> {
        page_routes().route("/issue/{key}", get(whole_page))
    }
}

impl Linear {
    /// The address of the API (`LINEAR_API_URL`).
    pub fn api_url(&self) -> String {
        format!("{}/graphql", self.shared.url)
    }
}
