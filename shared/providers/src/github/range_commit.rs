//! A commit of a range, and one of a pull request's branch.

use super::{identity, parse, wire};
use approval::deploy::Person;
use approval::range::{Identity, RangeCommit, RangePullRequest, Signature};

/// What a query told of a commit.
#[derive(Debug, Default)]
pub(super) struct Told {
    /// The author and the co-authors, with their accounts.
    pub authors: Vec<Identity>,
    /// The pull requests that brought it.
    pub pull_requests: Vec<u64>,
}

impl Told {
    /// What `brought` says of the commit `sha`. Pull requests count that were merged.
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
        let numbers = merged.map(|pull_request| pull_request.number).collect();
        let authors = authors.iter().map(|author| named(Some(author), &Signature::Unsigned)).collect();
        Self { authors, pull_requests: numbers }
    }
}

/// A commit of a comparison, with what a query told of it and who pushed it.
pub(super) fn commit_of_range(
    commit: &wire::Commit,
    told: Option<&Told>,
    pushed_by: Vec<Identity>,
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
        pushed_by,
        pull_requests: told.map(|told| told.pull_requests.clone()).unwrap_or_default(),
        parents: commit.parents.len(),
    }
}

/// A commit of the branch of the pull request `number`.
pub(super) fn commit_of_branch(
    commit: &wire::GraphCommit,
    number: u64,
    pushed_by: Vec<Identity>,
) -> RangeCommit {
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
        pushed_by,
        pull_requests: vec![number],
        parents: commit.parents.total_count.unwrap_or_default(),
    }
}

/// Whether GitHub itself committed. It adds nobody, and without its valid signature it vouches for nothing either:
/// some of its own squashes are not signed.
fn is_host(committer: &Identity, signature: &Signature) -> bool {
    *signature == Signature::Host || committer.account.as_ref().is_some_and(identity::is_host)
}

fn named(person: Option<&wire::GitActor>, signature: &Signature) -> Identity {
    let Some(person) = person else { return identity::named(None, None, None, signature) };
    let account = identity::actor(person.user.as_ref());
    identity::named(person.name.as_deref(), person.email.as_deref(), account, signature)
}

/// Everybody whom the message names beside the author, with the accounts that GitHub finds; and whom only GitHub finds there.
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
