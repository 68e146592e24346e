//! A commit of a range, and one of a pull request's branch.

use super::pushes::Arrival;
use super::{identity, parse, wire};
use signoff_core::deploy::Person;
use signoff_core::issue;
use signoff_core::range::{Identity, RangeCommit, RangePullRequest, Signature};

/// Answer of a query about a commit.
#[derive(Debug, Default)]
pub(super) struct CommitDetails {
    /// The author and the co-authors, with their accounts.
    pub authors: Vec<Identity>,
    /// The pull requests that brought it.
    pub pull_requests: Vec<u64>,
}

impl CommitDetails {
    /// Reads the answer `brought` about the commit `sha`. Only merged pull requests count.
    pub(super) fn new(sha: &str, brought: wire::Brought, missing: &mut Vec<String>) -> Self {
        let (authors, all) = brought.authors.all();
        if !all {
            missing.push(format!("GitHub did not tell all authors of the commit {sha}."));
        }
        let bringing = brought.associated_pull_requests.map(wire::Connection::all);
        let (pull_requests, all) = bringing.unwrap_or((Vec::new(), false));
        if !all {
            missing.push(format!("GitHub did not tell all pull requests of the commit {sha}."));
        }
        let merged = pull_requests.into_iter().filter(|pull_request| pull_request.merged);
        let (own, others): (Vec<_>, Vec<_>) =
            merged.partition(|pull_request| pull_request.repository.is(&brought.repository));
        if !others.is_empty() {
            missing.push(of_another_repository(sha));
        }
        let numbers = own.iter().map(|pull_request| pull_request.number).collect();
        let authors = authors.iter().map(|author| named(Some(author), &Signature::Unsigned)).collect();
        Self { authors, pull_requests: numbers }
    }
}

/// The gap that a pull request of another repository leaves: its number is that of somebody else's change
/// here, and the pull request that brought the commit `sha` into this repository is not known.
pub(super) fn of_another_repository(sha: &str) -> String {
    format!(
        "GitHub told a pull request of another repository for the commit {sha}, and not what brought it into this one."
    )
}

/// A commit of a comparison, with what a query told of it and how it came into the repository.
pub(super) fn commit_of_range(
    commit: &wire::Commit,
    told: Option<&CommitDetails>,
    arrival: Arrival,
) -> RangeCommit {
    let committer = identity::account(commit.committer.as_ref());
    let signature = identity::verified(commit.commit.verification.as_ref(), committer.as_ref());
    let person = |user: Option<&wire::GitUser>, account| {
        let name = user.and_then(|user| user.name.as_deref());
        let email = user.and_then(|user| user.email.as_deref());
        identity::named(name, email, account, &signature)
    };
    let author = person(commit.commit.author.as_ref(), identity::account(commit.author.as_ref()));
    let committer = person(commit.commit.committer.as_ref(), committer);
    RangeCommit {
        revision: commit.sha.clone(),
        title: parse::title(&commit.commit.message),
        co_authors: co_authors(&author, &commit.commit.message, told.map_or(&[], |told| &told.authors)),
        committer: Some(committer).filter(|committer| !is_host(committer, &signature)),
        author,
        signature,
        pushed_by: arrival.pushed_by,
        merged_in: arrival.merged_in,
        pull_requests: told.map(|told| told.pull_requests.clone()).unwrap_or_default(),
        issues: issue::mentioned(&commit.commit.message),
        parents: commit.parents.len(),
    }
}

/// A commit of the branch of the pull request `number`.
pub(super) fn commit_of_branch(commit: &wire::GraphCommit, number: u64, arrival: Arrival) -> RangeCommit {
    let signature = identity::signed(commit.signature.as_ref());
    let author = named(commit.author.as_ref(), &signature);
    let listed = commit.authors.nodes.iter().flatten().flatten();
    let authors: Vec<Identity> = listed.map(|author| named(Some(author), &Signature::Unsigned)).collect();
    RangeCommit {
        revision: commit.oid.clone(),
        title: parse::title(&commit.message),
        co_authors: co_authors(&author, &commit.message, &authors),
        author,
        committer: Some(named(commit.committer.as_ref(), &signature))
            .filter(|committer| !is_host(committer, &signature)),
        signature,
        pushed_by: arrival.pushed_by,
        merged_in: arrival.merged_in,
        pull_requests: vec![number],
        issues: issue::mentioned(&commit.message),
        parents: commit.parents.total_count.unwrap_or_default(),
    }
}

/// True if GitHub itself committed. That adds no maker, and without GitHub's valid signature it vouches for
/// nothing either: some of its own squashes are not signed.
fn is_host(committer: &Identity, signature: &Signature) -> bool {
    *signature == Signature::Host || committer.account.as_ref().is_some_and(identity::is_host)
}

fn named(person: Option<&wire::GitActor>, signature: &Signature) -> Identity {
    let Some(person) = person else { return identity::named(None, None, None, signature) };
    let account = identity::actor(person.user.as_ref());
    identity::named(person.name.as_deref(), person.email.as_deref(), account, signature)
}

/// Everybody whom the message names beside the author, with the accounts that GitHub finds; and whom only
/// GitHub finds there.
fn co_authors(author: &Identity, message: &str, authors: &[Identity]) -> Vec<Identity> {
    let same = |one: &Option<String>, other: &Option<String>| match (one, other) {
        (Some(one), Some(other)) => one.eq_ignore_ascii_case(other),
        (Some(_) | None, None) | (None, Some(_)) => false,
    };
    let git = Person { name: author.name.clone(), email: author.email.clone(), username: None };
    let mut found: Vec<Identity> = parse::with_co_authors(Some(git), message)
        .into_iter()
        .skip(1)
        .map(|person| {
            let known = authors.iter().find(|known| same(&known.email, &person.email));
            let account = known.and_then(|known| known.account.clone());
            identity::named(Some(&person.name), person.email.as_deref(), account, &Signature::Unsigned)
        })
        .collect();
    for other in authors {
        let is_known =
            same(&other.email, &author.email) || found.iter().any(|known| same(&known.email, &other.email));
        if !is_known && (other.account.is_some() || other.email.is_some()) {
            found.push(other.clone());
        }
    }
    found
}

/// Notes the commits of the branches of pull requests of which GitHub did not tell all authors.
pub(super) fn note_cut_authors(
    pull_requests: &[(RangePullRequest, Vec<wire::GraphCommit>)],
    missing: &mut Vec<String>,
) {
    for commit in pull_requests.iter().flat_map(|(_, commits)| commits) {
        if !commit.authors.is_whole() {
            missing.push(format!("GitHub did not tell all authors of the commit {}.", commit.oid));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn pull_request_of_another_repository_brings_nothing() {
        let of = |number: u64, merged: bool, repository: Option<u64>| json!({"number": number, "merged": merged, "repository": {"databaseId": repository}});
        for (nodes, numbers, is_whole) in [
            (vec![of(7, true, Some(1)), of(8, false, Some(1))], vec![7], true),
            (vec![of(7, true, Some(2))], vec![], false),
            (vec![of(7, true, Some(1)), of(7, true, Some(2))], vec![7], false),
            (vec![of(7, false, Some(2))], vec![], true),
            (vec![of(7, true, None)], vec![], false),
        ] {
            let pull_requests = json!({"totalCount": nodes.len(), "nodes": nodes});
            let brought = json!({"repository": {"databaseId": 1}, "authors": {"totalCount": 0, "nodes": []},
                "associatedPullRequests": pull_requests});
            let mut missing = Vec::new();
            let told = CommitDetails::new("a1", serde_json::from_value(brought).unwrap(), &mut missing);
            assert_eq!((told.pull_requests, missing.is_empty()), (numbers, is_whole), "{pull_requests}");
        }
    }

    #[test]
    fn commit_keeps_the_issues_of_its_whole_message() {
        let message = "SHOP-7 Fix the price\n\nBlocked-by: SHOP-9\n";
        let commit = json!({"sha": "a1", "commit": {"message": message}, "parents": []});
        let commit: wire::Commit = serde_json::from_value(commit).unwrap();
        let made = commit_of_range(&commit, None, Arrival::default());
        assert_eq!((made.title.as_str(), made.issues), ("SHOP-7 Fix the price", issue::mentioned(message)));
        assert_eq!(issue::mentioned(message), ["SHOP-7", "SHOP-9"]);
    }
}
