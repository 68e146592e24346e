//! E-mail addresses of those who merged the pull requests of a deploy: approving one's own merge is no second
//! pair of eyes.

use signoff_core::deploy::{Commit, Deploy, Person};
use signoff_providers::Failure;
use signoff_providers::github::GitHub;
use std::collections::BTreeMap;

/// Most profiles that are read, a request each. Other accounts keep the name that is known.
const MAX_PROFILES: usize = 50;
/// The addresses that GitHub makes up for those who hide theirs; nobody in Slack has one.
const MADE_UP: &str = "@users.noreply.github.com";

/// Fills in the names and addresses of those who merged pull requests of `deploy`. An author of a commit of
/// the deploy has them there; of others the public profile is read. Of an account without a profile, the name
/// alone is known.
///
/// # Errors
/// The git host can't be asked now.
pub(crate) async fn look_up(github: &GitHub, deploy: &mut Deploy) -> Result<(), Failure> {
    let Deploy { commits, pull_requests, reading, .. } = deploy;
    let mut people: BTreeMap<String, Person> = BTreeMap::new();
    let mut asked = 0_usize;
    let listed = pull_requests.iter_mut().filter_map(|pull_request| pull_request.merged_by.as_mut());
    for merger in listed.chain(&mut reading.older.mergers).filter(|merger| merger.email.is_none()) {
        let Some(login) = merger.username.clone() else { continue };
        let known = people.get(&login).or_else(|| author(commits, &reading.older.authors, &login));
        let person = match known {
            Some(person) => person.clone(),
            None if asked < MAX_PROFILES => {
                asked += 1;
                unless_refused(github.person(&login).await)?.unwrap_or_else(|| merger.clone())
            }
            None => continue,
        };
        people.insert(login, person.clone());
        *merger = person;
    }
    Ok(())
}

/// The author of one of `commits`, or one of the `older` authors, who has the account `login`, and an address
/// that is theirs.
fn author<'a>(commits: &'a [Commit], older: &'a [Person], login: &str) -> Option<&'a Person> {
    commits.iter().flat_map(|commit| &commit.authors).chain(older).find(|author| {
        let theirs = author.email.as_ref().is_some_and(|email| !email.ends_with(MADE_UP));
        theirs && author.username.as_ref().is_some_and(|username| username.eq_ignore_ascii_case(login))
    })
}

/// Returns the git host's answer; `None` where it says that there is no such thing.
fn unless_refused<T>(answer: Result<T, Failure>) -> Result<Option<T>, Failure> {
    match answer {
        Ok(said) => Ok(Some(said)),
        Err(failure @ (Failure::Permanent(_) | Failure::Refusal(_))) => {
            tracing::warn!(
                failure = failure.logged(),
                "the profile of somebody who merged a pull request is not known"
            );
            Ok(None)
        }
        Err(failure) => Err(failure),
    }
}
