//! The rate limits that Slack and GitHub publish, for the calls that Signoff makes.

use super::Limit;
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(60 * 60);

/// Slack's methods with a number of requests a minute for each app and workspace, by their tiers. Those of a
/// tier of their own, such as `chat.postMessage`, take "several hundred", counted as 300.
const SLACK: [(&str, usize); 15] = [
    ("chat.postMessage", 300),
    ("chat.getPermalink", 300),
    ("auth.test", 300),
    ("chat.postEphemeral", 100),
    ("conversations.members", 100),
    ("users.info", 100),
    ("views.open", 100),
    ("chat.update", 50),
    ("conversations.history", 50),
    ("conversations.replies", 50),
    ("conversations.open", 50),
    ("users.lookupByEmail", 50),
    ("conversations.list", 20),
    ("usergroups.list", 20),
    ("usergroups.users.list", 20),
];

impl Limit {
    /// Slack's limits, without the bursts that Slack lets through at times.
    /// <https://docs.slack.dev/apis/web-api/rate-limits>
    pub fn of_slack() -> Vec<Self> {
        let post = Self { each: Some("channel"), ..Self::of("/api/chat.postMessage", 1, SECOND) };
        let method = |(name, requests): (&str, usize)| Self::of(&format!("/api/{name}"), requests, MINUTE);
        [post].into_iter().chain(SLACK.map(method)).collect()
    }

    /// GitHub's limits of so many tokens together: 5,000 requests an hour, REST and GraphQL counted apart,
    /// and the secondary limits of 900 points a minute for REST and 2,000 for GraphQL, of which a read takes
    /// one.
    /// <https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api>
    pub fn of_github(tokens: usize) -> Vec<Self> {
        let limits = [
            ("GET /", 5_000, HOUR),
            ("GET /", 900, MINUTE),
            ("POST /graphql", 5_000, HOUR),
            ("POST /graphql", 2_000, MINUTE),
        ];
        limits.map(|(of, requests, per)| Self::of(of, requests * tokens, per)).into()
    }

    fn of(method_and_path: &str, requests: usize, per: Duration) -> Self {
        Self { method_and_path_contains: method_and_path.to_owned(), each: None, requests, per }
    }
}
