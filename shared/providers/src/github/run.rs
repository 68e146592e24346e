//! The people behind a run whose own token did something.

use super::client::GitHub;
use super::{identity, wire};
use crate::failure::{Failure, Repeat};
use approval::range::Identity;
use serde::Deserialize;

/// The account that a run's own token acts by.
///
/// Source: <https://docs.github.com/actions/concepts/security/github_token>.
pub const RUN_TOKEN: &str = "github-actions[bot]";

/// The account that the merge queue pushes by.
const MERGE_QUEUE: &str = "github-merge-queue[bot]";

/// `GET /repos/{owner}/{repo}/actions/runs/{run_id}`, answered.
#[derive(Deserialize)]
struct WireRun {
    head_sha: String,
    actor: Option<wire::Account>,
    triggering_actor: Option<wire::Account>,
}

impl GitHub {
    /// The people who started the run `run` of `repository` (`owner/name`), at first and again, where it is a run of the commit
    /// `sha`, and the merge queue, for which those stand who queued; nobody where it is not, where only other programs
    /// started it, or where the token may not read runs.
    /// <https://docs.github.com/rest/actions/workflow-runs#get-a-workflow-run>
    ///
    /// # Errors
    ///
    /// A request that GitHub did not answer, or declined for now.
    pub async fn starters(&self, repository: &str, run: u64, sha: &str) -> Result<Vec<Identity>, Failure> {
        let doing = format!("reading the run {run} of {repository}");
        let answer = match self.read(repository, ["actions", "runs", &run.to_string()], &doing).await {
            Ok(answer) => answer,
            Err(failure @ (Failure::Permanent(_) | Failure::Refusal(_))) => {
                tracing::warn!(repository, run, %failure, "GitHub does not tell who started a run");
                return Ok(Vec::new());
            }
            Err(failure) => return Err(failure),
        };
        let read: WireRun = answer.json("GitHub", &doing, Repeat::Harmless)?;
        if read.head_sha != sha {
            return Ok(Vec::new());
        }
        let people = [read.actor, read.triggering_actor].into_iter().flatten();
        let is_queue = |account: &wire::Account| account.login.as_deref() == Some(MERGE_QUEUE);
        let people = people.filter(|account| account.kind.as_deref() == Some("User") || is_queue(account));
        let mut accounts: Vec<_> = people.filter_map(|account| identity::account(Some(&account))).collect();
        accounts.dedup();
        Ok(accounts.into_iter().map(identity::acted).collect())
    }
}

/// The number of the run whose page, or whose job's page, `url` is: `https://github.com/OWNER/NAME/actions/runs/NUMBER/...`.
/// `None`: it is another page, or one of another repository than `repository`.
pub fn run_of(url: &str, repository: &str) -> Option<u64> {
    let path = reqwest::Url::parse(url).ok()?.path().to_owned();
    let mut parts = path.trim_matches('/').split('/');
    let (owner, name) = repository.split_once('/')?;
    let mut is = |expected: &str| parts.next().is_some_and(|part| part.eq_ignore_ascii_case(expected));
    let is_run = is(owner) && is(name) && is("actions") && is("runs");
    parts.next().filter(|_| is_run)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_found_by_its_page() {
        for (url, expected) in [
            ("https://github.com/acme/checkout/actions/runs/17/job/4", Some(17)),
            ("https://github.com/Acme/checkout/actions/runs/17", Some(17)),
            ("http://localhost:4000/acme/checkout/actions/runs/17", Some(17)),
            ("https://github.com/acme/other/actions/runs/17", None),
            ("https://github.com/acme/checkout/deployments/17", None),
            ("https://github.com/acme/checkout/actions/runs/latest", None),
            ("https://github.com/acme/checkout/actions/runs", None),
            ("", None),
        ] {
            assert_eq!(run_of(url, "acme/checkout"), expected, "{url}");
        }
    }
}
