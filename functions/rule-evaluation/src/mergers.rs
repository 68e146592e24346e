//! Who merged the pull requests of a deploy: approving one's own merge is no second pair of eyes.

use approval::deploy::{Commit, Deploy, Person};
use providers::Failure;
use providers::github::GitHub;
use std::collections::BTreeMap;

/// How many pull requests are looked up, a request each.
const MAX_LOOKUPS: usize = 20;
/// The addresses that GitHub makes up for those who hide theirs; nobody in Slack has one.
const MADE_UP: &str = "@users.noreply.github.com";

/// Fills in who merged each pull request of `deploy` of which that is not known, of the first 20. Whoever wrote a commit of
/// the deploy too has its name and address; of others the public profile is read. A pull request that can't be read,
/// or was not merged, stays without.
///
/// # Errors
/// The git host can't be asked now.
pub(crate) async fn look_up(github: &GitHub, deploy: &mut Deploy) -> Result<(), Failure> {
    let Deploy { repository, commits, pull_requests, .. } = deploy;
    let mut people: BTreeMap<String, Person> = BTreeMap::new();
    for pull_request in pull_requests.iter_mut().take(MAX_LOOKUPS).filter(|known| known.merged_by.is_none()) {
        let answer = github.merged_by(repository, pull_request.number).await;
        let Some(login) = unless_refused(answer)?.flatten() else { continue };
        let person = match people.get(&login).or_else(|| author(commits, &login)) {
            Some(person) => person.clone(),
            None => unless_refused(github.person(&login).await)?.unwrap_or_else(|| Person {
                name: login.clone(),
                email: None,
                username: Some(login.clone()),
            }),
        };
        people.insert(login, person.clone());
        pull_request.merged_by = Some(person);
    }
    Ok(())
}

/// The author of one of `commits` who has the account `login`, and an address that is theirs.
fn author<'a>(commits: &'a [Commit], login: &str) -> Option<&'a Person> {
    commits.iter().flat_map(|commit| &commit.authors).find(|author| {
        let theirs = author.email.as_ref().is_some_and(|email| !email.ends_with(MADE_UP));
        theirs && author.username.as_ref().is_some_and(|username| username.eq_ignore_ascii_case(login))
    })
}

/// What the git host said; `None` where it says that there is no such thing.
fn unless_refused<T>(answer: Result<T, Failure>) -> Result<Option<T>, Failure> {
    match answer {
        Ok(said) => Ok(Some(said)),
        Err(failure @ (Failure::Permanent(_) | Failure::Refusal(_))) => {
            tracing::warn!(%failure, "who merged a pull request is not known");
            Ok(None)
        }
        Err(failure) => Err(failure),
    }
}
