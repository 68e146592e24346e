//! Table of the routes that lead here. Tests hold docs/reference/routes.md and template.yaml to it.

use signoff_runtime::gateway::Route;

/// Endpoint that answers a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Endpoint {
    /// A click, or a window that was submitted.
    Interaction,
    /// A request of the Events API.
    Event,
}

/// Every route that leads here.
pub(crate) const TABLE: &[Route<Endpoint>] = &[
    Route {
        key: "POST /slack/interactions",
        endpoint: Endpoint::Interaction,
        does: "takes a click on a button, or a window that a person submits",
    },
    Route {
        key: "POST /slack/events",
        endpoint: Endpoint::Event,
        does: "takes an event: a reaction, or a deleted message",
    },
];

#[cfg(test)]
mod tests {
    use super::*;
    use signoff_runtime::gateway::rows;

    #[test]
    fn reference_has_the_same_routes() {
        let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/reference/routes.md");
        let table =
            format!("## slack-interaction\n\n| request | what it does |\n|---|---|\n{}\n", rows(TABLE));
        let page = std::fs::read_to_string(page).unwrap();
        assert!(page.contains(&table), "docs/reference/routes.md has another table of requests:\n{table}");
    }
}
