//! The people behind a run whose own token did something.

use super::client::GitHub;
use super::comparison::LANES;
use super::{identity, wire};
use crate::failure::{Failure, Repeat};
use approval::range::Identity;
use futures_util::future::try_join_all;
use serde::Deserialize;

/// The most attempts of a run that are read: the newest ones, a request each.
const MAX_ATTEMPTS: u64 = 10;

/// `GET /repos/{owner}/{repo}/actions/runs/{run_id}` and `…/attempts/{attempt_number}`, answered.
#[derive(Deserialize)]
struct Attempt {
    head_sha: String,
    #[serde(default)]
    run_attempt: Option<u64>,
    actor: Option<wire::Account>,
    triggering_actor: Option<wire::Account>,
}

impl Attempt {
    /// The people who started the attempt `number`, the run's first starter among them, and the merge
    /// queue, for which those stand who queued. `None`: a program, or somebody whom GitHub does not name,
    /// started it.
    fn starters(&self, number: u64) -> Option<Vec<Identity>> {
        let stands_for_people = |account: &wire::Account| {
            let is_queue = identity::account(Some(account)).is_some_and(|known| known.is_merge_queue());
            account.kind.as_deref() == Some("User") || is_queue
        };
        let person = |account: &Option<wire::Account>| {
            identity::account(account.as_ref().filter(|account| stands_for_people(account)))
        };
        let (first, by) = (person(&self.actor), person(&self.triggering_actor));
        // The first starter says nothing of who started a later attempt.
        if by.is_none() && (number > 1 || first.is_none()) {
            return None;
        }
        Some(first.into_iter().chain(by).map(identity::acted).collect())
    }
}

impl GitHub {
    /// The people who started the run `run` of `repository` (`owner/name`), at first and again, up to the
    /// attempt `attempt`; without it, up to the newest one. Each attempt goes on from what the ones before
    /// it did. Where an attempt's starter is not told, or there are more than the 10 that are read,
    /// somebody untold is among them.
    ///
    /// Nobody where it is no run of the commit `sha`, where only programs started it, or where the token
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
        let Some(last) = self.attempt(repository, run, attempt).await? else { return Ok(Vec::new()) };
        if last.head_sha != sha {
            return Ok(Vec::new());
        }
        let number = attempt.or(last.run_attempt);
        let newest = number.unwrap_or(1).max(1);
        let from = (newest + 1).saturating_sub(MAX_ATTEMPTS).max(1);
        let is_cut = from > 1 || number.is_none();
        let mut started = Vec::new();
        let numbers: Vec<u64> = (from..newest).collect();
        for numbers in numbers.chunks(LANES) {
            let asked = numbers.iter().map(|number| self.attempt(repository, run, Some(*number)));
            let read = try_join_all(asked).await?.into_iter().zip(numbers);
            started
                .extend(read.map(|(read, number)| (*number, read.and_then(|read| read.starters(*number)))));
        }
        started.push((newest, last.starters(newest)));
        if started.iter().all(|(_, by)| by.is_none()) {
            return Ok(Vec::new());
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
        people.extend(is_cut.then(|| Identity::untold("who started earlier attempts of the run")));
        Ok(people)
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
