//! Table of the routes that lead here. Tests hold docs/reference/routes.md and template.yaml to it.

use signoff_runtime::gateway::Route;

/// Endpoint that answers a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Endpoint {
    /// Register a deploy.
    Register,
    /// Report the health of a deploy.
    Health,
    /// A question of Sleuth's own command line.
    GraphQl,
    /// A delivery of GitHub.
    GitHub,
}

/// Every route that leads here.
pub(crate) const TABLE: &[Route<Endpoint>] = &[
    Route {
        key: "POST /api/1/deployments/{org}/{deployment}/register_deploy",
        endpoint: Endpoint::Register,
        does: "registers a deploy",
    },
    Route {
        key: "POST /api/1/deployments/{org}/{deployment}/register-deploy",
        endpoint: Endpoint::Register,
        does: "registers a deploy",
    },
    Route {
        key: "POST /api/1/{org}/{deployment}/register_deploy",
        endpoint: Endpoint::Register,
        does: "registers a deploy",
    },
    Route {
        key: "POST /api/1/deployments/{org}/{deployment}/{revision}/health",
        endpoint: Endpoint::Health,
        does: "reports the health of a deploy",
    },
    Route {
        key: "GET /graphql",
        endpoint: Endpoint::GraphQl,
        does: "answers a question of Sleuth\u{2019}s command line",
    },
    Route {
        key: "POST /graphql",
        endpoint: Endpoint::GraphQl,
        does: "answers a question of Sleuth\u{2019}s command line, or reports the health of a deploy",
    },
    Route {
        key: "POST /webhooks/github",
        endpoint: Endpoint::GitHub,
        does: "takes a delivery of GitHub\u{2019}s webhook",
    },
];

#[cfg(test)]
mod tests {
    use super::*;
    use signoff_runtime::gateway::rows;

    #[test]
    fn reference_has_the_same_routes() {
        let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/reference/routes.md");
        let table = format!("## deploy-webhook\n\n| request | what it does |\n|---|---|\n{}\n", rows(TABLE));
        let page = std::fs::read_to_string(page).unwrap();
        assert!(page.contains(&table), "docs/reference/routes.md has another table of requests:\n{table}");
    }
}
