//! Whoever started a run whose own token did something.

use super::client::GitHub;
use super::comparison::LANES;
use super::{identity, wire};
use crate::failure::{Failure, Repeat};
use futures_util::future::try_join_all;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use signoff_core::range::Identity;

/// The most attempts of a run that are read: the newest ones, a request each.
const MAX_ATTEMPTS: u64 = 10;
/// The time that GitHub may take to set a deployment's status after the run that it names is over.
const LATE_STATUS: SignedDuration = SignedDuration::from_mins(1);
/// The states of a run that is not over.
///
/// Source: <https://docs.github.com/rest/actions/workflow-runs#list-workflow-runs-for-a-repository>.
const UNDER_WAY: [&str; 5] = ["queued", "in_progress", "waiting", "requested", "pending"];

/// `GET /repos/{owner}/{repo}/actions/runs/{run_id}` and `…/attempts/{attempt_number}`, answered.
#[derive(Deserialize)]
struct Attempt {
    head_sha: String,
    #[serde(default)]
    run_attempt: Option<u64>,
    status: Option<String>,
    run_started_at: Option<Timestamp>,
    updated_at: Option<Timestamp>,
    actor: Option<wire::Account>,
    triggering_actor: Option<wire::Account>,
}

/// The attempts of a run that were read, oldest first, by their numbers; `None` for one that GitHub does not
/// tell.
struct Attempts {
    read: Vec<(u64, Option<Attempt>)>,
    /// True if there are earlier ones.
    is_cut: bool,
}

impl Attempt {
    /// True if it was under way at `at`: it had begun, and was not over.
    fn was_under_way(&self, at: Timestamp) -> bool {
        let is_open = self.status.as_deref().is_some_and(|status| UNDER_WAY.contains(&status));
        let ends_later = || self.updated_at.is_some_and(|ended| at <= ended + LATE_STATUS);
        self.run_started_at.is_some_and(|started| started <= at) && (is_open || ends_later())
    }

    /// Whoever started the attempt `number`, and the run's first starter: people; programs such as Renovate,
    /// whose push started it; and the merge queue, for which those stand who queued. `None`: another run's
    /// token, or somebody whom GitHub does not name, started it.
    fn starters(&self, number: u64) -> Option<Vec<Identity>> {
        let named = |account: &Option<wire::Account>| {
            let is_user = account.as_ref().is_some_and(|account| account.kind.as_deref() == Some("User"));
            let known = identity::account(account.as_ref())?;
            (is_user || known.is_merge_queue() || known.acts_for_nobody()).then_some(known)
        };
        let (first, by) = (named(&self.actor), named(&self.triggering_actor));
        // The first starter says nothing of who started a later attempt.
        if by.is_none() && (number > 1 || first.is_none()) {
            return None;
        }
        Some(first.into_iter().chain(by).map(identity::acted).collect())
    }
}

impl Attempts {
    /// Whoever started any of them; nobody where only runs' tokens did.
    fn starters(self) -> Vec<Identity> {
        let started = self.read.into_iter();
        let started: Vec<(u64, Option<Vec<Identity>>)> =
            started.map(|(number, read)| (number, read.and_then(|read| read.starters(number)))).collect();
        if started.iter().all(|(_, by)| by.is_none()) {
            return Vec::new();
        }
        let mut people = Vec::new();
        for (number, by) in started {
            let untold = || vec![Identity::untold(&format!("who started the attempt {number} of the run"))];
            for person in by.unwrap_or_else(untold) {
                if !people.contains(&person) {
                    people.push(person);
                }
            }
        }
        people.extend(self.is_cut.then(|| Identity::untold("who started earlier attempts of the run")));
        people
    }
}

impl GitHub {
    /// Whoever started the run `run` of `repository` (`owner/name`), at first and again, up to the
    /// attempt `attempt`; without it, up to the newest one. Each attempt goes on from what the ones before
    /// it did. Where an attempt's starter is not told, or there are more than the 10 that are read,
    /// somebody untold is among them.
    ///
    /// Nobody where it is no run of the commit `sha`, where only runs' tokens started it, or where the token
    /// may not read runs. A request for each attempt.
    /// <https://docs.github.com/rest/actions/workflow-runs#get-a-workflow-run-attempt>
    ///
    /// # Errors
    ///
    /// A request that GitHub did not answer, or declined for now.
    pub async fn starters(
        &self,
        repository: &str,
        run: u64,
        attempt: Option<u64>,
        sha: &str,
    ) -> Result<Vec<Identity>, Failure> {
        let attempts = self.attempts(repository, run, attempt, sha).await?;
        Ok(attempts.map(Attempts::starters).unwrap_or_default())
    }

    /// Whoever started the run `run` up to its newest attempt ([`GitHub::starters`]), if an attempt
    /// was under way at any of the times `at`, at which statuses were set that name the run. Anybody who may
    /// set a status can name any run there; nobody if it had not begun or was over.
    ///
    /// # Errors
    ///
    /// As [`GitHub::starters`].
    pub async fn starters_at(
        &self,
        repository: &str,
        run: u64,
        sha: &str,
        at: &[Timestamp],
    ) -> Result<Vec<Identity>, Failure> {
        let attempts = self.attempts(repository, run, None, sha).await?;
        let was_under_way = |attempts: &Attempts| {
            let mut told = attempts.read.iter().filter_map(|(_, read)| read.as_ref());
            told.any(|attempt| at.iter().any(|at| attempt.was_under_way(*at)))
        };
        Ok(attempts.filter(was_under_way).map(Attempts::starters).unwrap_or_default())
    }

    /// The attempts of a run of the commit `sha`, up to `attempt` or to its newest one; `None` where it is no
    /// run of that commit, or GitHub does not tell.
    async fn attempts(
        &self,
        repository: &str,
        run: u64,
        attempt: Option<u64>,
        sha: &str,
    ) -> Result<Option<Attempts>, Failure> {
        let last = self.attempt(repository, run, attempt).await?;
        let Some(last) = last.filter(|last| last.head_sha == sha) else { return Ok(None) };
        let number = attempt.or(last.run_attempt);
        let newest = number.unwrap_or(1).max(1);
        let from = (newest + 1).saturating_sub(MAX_ATTEMPTS).max(1);
        let is_cut = from > 1 || number.is_none();
        let mut read = Vec::new();
        let numbers: Vec<u64> = (from..newest).collect();
        for numbers in numbers.chunks(LANES) {
            let asked = numbers.iter().map(|number| self.attempt(repository, run, Some(*number)));
            read.extend(numbers.iter().copied().zip(try_join_all(asked).await?));
        }
        read.push((newest, Some(last)));
        Ok(Some(Attempts { read, is_cut }))
    }

    /// An attempt of a run, or its newest one; `None` where GitHub does not tell.
    async fn attempt(
        &self,
        repository: &str,
        run: u64,
        attempt: Option<u64>,
    ) -> Result<Option<Attempt>, Failure> {
        let doing = format!("reading the run {run} of {repository}");
        let (run, attempt) = (run.to_string(), attempt.map(|attempt| attempt.to_string()));
        let of_attempt = attempt.iter().flat_map(|attempt| ["attempts", attempt.as_str()]);
        let path: Vec<&str> = ["actions", "runs", &run].into_iter().chain(of_attempt).collect();
        match self.read(repository, path, &doing).await {
            Ok(answer) => answer.json("GitHub", &doing, Repeat::Harmless).map(Some),
            Err(failure @ (Failure::Permanent(_) | Failure::Refusal(_))) => {
                tracing::warn!(
                    repository,
                    run,
                    failure = failure.logged(),
                    "GitHub does not tell who started a run"
                );
                Ok(None)
            }
            Err(failure) => Err(failure),
        }
    }
}

/// The number of the run whose page, or whose job's page, `url` is:
/// `https://github.com/OWNER/NAME/actions/runs/NUMBER/...`. `None`: it is another page, or one of another
/// repository than `repository`.
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
