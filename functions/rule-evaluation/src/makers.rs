//! The people who made a proposed rules file.

use approval::deploy::{Commit, Person};
use approval::rules_in_force::Makers;
use providers::Failure;
use providers::github::GitHub;
use providers::github::first_file::{RULES, TAGS};

/// The most commits that are looked at one by one; GitHub takes a request for each.
const MAX_COMMITS: usize = 60;

/// The authors of the commits between `base` and `head` that changed the rules file or the default tags, and who opened and
/// merged their pull requests. Where that can't be told in full, it says why.
///
/// # Errors
/// The git host can't be asked now.
pub(crate) async fn makers(
    github: &GitHub,
    repository: &str,
    base: Option<&str>,
    head: Option<&str>,
) -> Result<Makers, Failure> {
    let unknown = |people, why: &str| Ok(Makers { people, unknown: Some(why.to_owned()) });
    let (Some(base), Some(head)) = (base, head) else {
        return unknown(Vec::new(), "the git host did not name the commits that changed the file");
    };
    let Some(comparison) = unless_refused(github.compare(repository, base, head).await)? else {
        return unknown(Vec::new(), "the git host can't compare the file in force with the proposed one");
    };
    let mut people = Vec::new();
    if comparison.commits.len() > MAX_COMMITS {
        comparison
            .commits
            .iter()
            .flat_map(|commit| &commit.authors)
            .for_each(|person| add(&mut people, person));
        let why = format!("more than {MAX_COMMITS} commits came since the file in force was read");
        return unknown(people, &why);
    }
    let mut found = false;
    for commit in &comparison.commits {
        if changes_rules(github, repository, commit).await? {
            found = true;
            commit.authors.iter().for_each(|person| add(&mut people, person));
            of_pull_requests(github, repository, commit, &mut people).await?;
        }
    }
    if !found {
        return unknown(people, "no commit of the default branch is known to have changed the file");
    }
    Ok(Makers { people, unknown: None })
}

/// Whether `commit` changes a file that rules are read from, or may.
async fn changes_rules(github: &GitHub, repository: &str, commit: &Commit) -> Result<bool, Failure> {
    let Some((_, files)) = unless_refused(github.commit(repository, &commit.revision).await)? else {
        return Ok(true);
    };
    let is_ours = |path: &String| RULES.iter().chain(&TAGS).any(|ours| path == ours);
    Ok(files.truncated || files.paths.iter().any(is_ours))
}

/// Adds who opened and merged the pull requests of `commit`.
async fn of_pull_requests(
    github: &GitHub,
    repository: &str,
    commit: &Commit,
    people: &mut Vec<Person>,
) -> Result<(), Failure> {
    let pulls = unless_refused(github.pull_requests(repository, &commit.revision).await)?.unwrap_or_default();
    for pull in pulls {
        let merger = unless_refused(github.merged_by(repository, pull.number).await)?.flatten();
        for login in [Some(pull.author), merger].into_iter().flatten().filter(|login| !login.is_empty()) {
            let has = |person: &Person| {
                person.username.as_ref().is_some_and(|known| known.eq_ignore_ascii_case(&login))
            };
            if people.iter().any(has) {
                continue;
            }
            let person = unless_refused(github.person(&login).await)?;
            let nameless = || Person { name: login.clone(), email: None, username: Some(login.clone()) };
            add(people, &person.unwrap_or_else(nameless));
        }
    }
    Ok(())
}

fn add(people: &mut Vec<Person>, person: &Person) {
    if !people.iter().any(|known| known == person) {
        people.push(person.clone());
    }
}

/// What the git host said; `None` where it says that there is no such thing.
fn unless_refused<T>(answer: Result<T, Failure>) -> Result<Option<T>, Failure> {
    match answer {
        Ok(said) => Ok(Some(said)),
        Err(Failure::Permanent(_) | Failure::Refusal(_)) => Ok(None),
        Err(failure) => Err(failure),
    }
}
