//! The team's changes as the source host tells them, and its people as Slack and the People page know them.

use crate::made::{Change, Commit, Merger, Name, PEOPLE, People, Signed, Word};
use signoff_core::approval::{Member, SaidNobody};
use signoff_core::deploy::Slug;
use signoff_core::people::Nobody;
use signoff_core::range::{Account, Direction, Identity, Range, RangeCommit, RangePullRequest, Signature};
use signoff_core::range_lists::are_openers_own;
use signoff_core::shares::Maker;

/// The numbers of the accounts of people, and of their second ones.
const FIRST: u64 = 1;
const SECOND: u64 = 100;
const LEFT: u64 = 900;
const STRANGER: u64 = 901;
/// Dependabot, which is on the list from the start.
const LISTED: u64 = 49_699_333;
const UNLISTED: u64 = 77;
const TOKEN: u64 = 41_898_282;
const QUEUE: u64 = 118_344_674;

/// The team's deployment.
pub fn slug() -> Slug {
    Slug::new("acme", "checkout").unwrap()
}

pub fn sha(index: usize) -> String {
    format!("{index:040x}")
}

/// The SHA of the commit `place` of the branch that was squashed into `index`.
fn branch_sha(index: usize, place: usize) -> String {
    format!("b{index:020x}{place:019x}")
}

fn address(person: u64) -> String {
    format!("person-{person}@acme.example")
}

fn second_address(person: u64) -> String {
    format!("person-{person}@old.example")
}

fn program(id: u64, login: &str) -> Account {
    Account { id, login: login.to_owned(), is_bot: true }
}

fn account(name: Name) -> Option<Account> {
    let (id, login) = match name {
        Name::Account(person) => (FIRST + person, format!("person-{person}")),
        Name::SecondAccount(person) => (SECOND + person, format!("other-{person}")),
        Name::Left => (LEFT, "left".to_owned()),
        Name::Stranger => (STRANGER, "stranger".to_owned()),
        Name::Address(_) | Name::SecondAddress(_) | Name::NoAddress => return None,
    };
    Some(Account { id, login, is_bot: false })
}

/// Somebody as a commit's text names them; the account is the one that the address belongs to.
pub fn named(name: Name) -> Identity {
    let email = match name {
        Name::Account(person) | Name::Address(person) => address(person),
        Name::SecondAccount(person) => format!("private-{person}@elsewhere.example"),
        Name::SecondAddress(person) => second_address(person),
        Name::Left => "left@elsewhere.example".to_owned(),
        Name::Stranger => "stranger@elsewhere.example".to_owned(),
        Name::NoAddress => "assistant@elsewhere.example".to_owned(),
    };
    Identity { name: email.clone(), email: Some(email), account: account(name), vouched: false }
}

fn acted_by(account: Account) -> Identity {
    Identity { name: account.login.clone(), email: None, account: Some(account), vouched: true }
}

/// Somebody who signed in and did something.
pub fn acted(name: Name) -> Identity {
    account(name).map_or_else(|| named(name), acted_by)
}

fn commit(revision: String, made: &Commit, number: Option<u64>) -> RangeCommit {
    let signer = account(made.author).filter(|_| made.signed == Signed::ByAuthor);
    let author = Identity { vouched: signer.is_some(), ..named(made.author) };
    let is_hosts = made.signed == Signed::ByHost;
    RangeCommit {
        title: format!("Change {revision}"),
        revision,
        committer: Some(author.clone()).filter(|_| !is_hosts),
        author,
        co_authors: made.co_author.into_iter().map(named).collect(),
        signature: match signer {
            Some(signer) => Signature::Valid(signer),
            None if is_hosts => Signature::Host,
            None => Signature::Unsigned,
        },
        pushed_by: made.pusher.into_iter().map(acted).collect(),
        pull_requests: number.into_iter().collect(),
        merged_in: None,
        issues: Vec::new(),
        parents: 1,
    }
}

fn pull_request(number: u64, opened_by: Identity, merger: Merger) -> RangePullRequest {
    let (merged_by, merge_asked_by) = match merger {
        Merger::Account(name) => (vec![acted(name)], Vec::new()),
        Merger::Token { asked_by } => {
            let asked: Vec<Identity> = asked_by.into_iter().map(Name::Account).map(acted).collect();
            let token = acted_by(program(TOKEN, "github-actions[bot]"));
            ([token].into_iter().chain(asked.clone()).collect(), asked)
        }
        Merger::Queue { asked_by, earlier } => {
            let person = |by: Option<u64>| by.into_iter().map(Name::Account).map(acted);
            let queue = acted_by(program(QUEUE, "github-merge-queue[bot]"));
            let merged_by = [queue].into_iter().chain(person(earlier)).chain(person(asked_by));
            (merged_by.collect(), person(asked_by).collect())
        }
        Merger::Gone { asked_by } => {
            let asked: Vec<Identity> = asked_by.into_iter().map(Name::Account).map(acted).collect();
            (asked.iter().cloned().chain([Identity::untold("who merged it")]).collect(), asked)
        }
    };
    RangePullRequest {
        number,
        title: format!("Change {number}"),
        url: String::new(),
        branch: None,
        opened_by: Some(opened_by),
        merged_by,
        merge_asked_by,
        opening_asked_by: Vec::new(),
        more_asked_by: Vec::new(),
        labels: Vec::new(),
        issues: Vec::new(),
        is_of_fork: false,
        is_openers_own: false,
        commits: Vec::new(),
        remade: Vec::new(),
        merges: Vec::new(),
    }
}

/// A commit that somebody wrote on the host's page.
fn on_page(author: Name) -> Commit {
    Commit { author, co_author: None, pusher: Some(author), signed: Signed::ByHost }
}

/// The commit of the trunk that a change is, and its pull request.
fn told(index: usize, change: &Change) -> (RangeCommit, Option<RangePullRequest>) {
    let number = index as u64;
    match change {
        Change::Pushed(made) => (commit(sha(index), made, None), None),
        Change::Merged { commit: made, opener, merger } => {
            (commit(sha(index), made, Some(number)), Some(pull_request(number, acted(*opener), *merger)))
        }
        Change::Squashed { branch, opener, merger } => {
            let opened = pull_request(number, acted(*opener), *merger);
            let made = branch.iter().enumerate();
            let commits: Vec<RangeCommit> =
                made.map(|(place, made)| commit(branch_sha(index, place), made, Some(number))).collect();
            let squash = RangeCommit {
                revision: sha(index),
                title: format!("Change {index}"),
                author: named(*opener),
                committer: None,
                co_authors: branch.iter().map(|made| named(made.author)).collect(),
                signature: Signature::Host,
                pushed_by: opened.merged_by.iter().take(1).filter(|by| !by.is_untold()).cloned().collect(),
                pull_requests: vec![number],
                merged_in: None,
                issues: Vec::new(),
                parents: 1,
            };
            (squash, Some(RangePullRequest { commits, remade: vec![sha(index)], ..opened }))
        }
        Change::Program { is_listed, is_signed, asked_by, more_asked_by, resolved_by, merger } => {
            let by = if *is_listed {
                program(LISTED, "dependabot[bot]")
            } else {
                program(UNLISTED, "writer[bot]")
            };
            let author = Identity { vouched: false, ..acted_by(by.clone()) };
            let (committer, signature) = match is_signed {
                true => (None, Signature::Host),
                false => (Some(author.clone()), Signature::Unsigned),
            };
            let made = RangeCommit {
                revision: sha(index),
                title: format!("Change {index}"),
                author,
                committer,
                co_authors: Vec::new(),
                signature,
                pushed_by: vec![acted_by(by.clone())],
                pull_requests: vec![number],
                merged_in: None,
                issues: Vec::new(),
                parents: 1,
            };
            let opened = RangePullRequest {
                opening_asked_by: asked_by.iter().map(|person| acted(Name::Account(*person))).collect(),
                more_asked_by: more_asked_by.iter().map(|name| acted(*name)).collect(),
                ..pull_request(number, acted_by(by), *merger)
            };
            let resolving = resolved_by.map(|name| RangeCommit {
                parents: 2,
                ..commit(branch_sha(index, 1), &on_page(name), Some(number))
            });
            let of_branch = |place| RangeCommit { revision: branch_sha(index, place), ..made.clone() };
            let branch: Vec<RangeCommit> = [of_branch(0)].into_iter().chain(resolving).collect();
            let is_openers_own = are_openers_own(&branch, opened.opened_by.as_ref());
            let opened = RangePullRequest { is_openers_own, ..opened };
            match resolved_by {
                // Whoever merged it deleted the line of co-authors.
                Some(_) => {
                    let squash = RangeCommit { committer: None, signature: Signature::Host, ..made };
                    (squash, Some(RangePullRequest { commits: branch, remade: vec![sha(index)], ..opened }))
                }
                None => (made, Some(opened)),
            }
        }
    }
}

/// The range of a trunk from `start` to `head`; one that was cut says so.
pub fn range(trunk: &[Change], start: usize, head: usize, is_cut: bool) -> Range {
    let between = |from: usize, to: usize| -> Vec<(RangeCommit, Option<RangePullRequest>)> {
        (from + 1..to + 1).map(|index| told(index, &trunk[index])).collect()
    };
    let (added, removed) = (between(start, head), between(head, start));
    let pull_requests = added.iter().chain(&removed).filter_map(|(_, opened)| opened.clone()).collect();
    let commits = |side: Vec<(RangeCommit, Option<RangePullRequest>)>| side.into_iter().map(|(made, _)| made);
    Range {
        base: sha(start),
        head: sha(head),
        direction: match start.cmp(&head) {
            std::cmp::Ordering::Less => Direction::Forward,
            std::cmp::Ordering::Equal => Direction::Same,
            std::cmp::Ordering::Greater => Direction::Rollback,
        },
        pull_requests,
        added: commits(added).collect(),
        removed: commits(removed).collect(),
        missing: is_cut.then(|| "GitHub did not tell all.".to_owned()).into_iter().collect(),
    }
}

/// The Slack member of each maker, by the account and the addresses together, and by the People page.
pub fn members(makers: &[Maker], people: &People) -> Vec<Member> {
    makers.iter().map(|maker| member(maker, people)).collect()
}

fn member(maker: &Maker, people: &People) -> Member {
    let id = maker.account.as_ref().map(|account| account.id);
    let is = |person: &u64| {
        let by_second = id == Some(SECOND + person) || maker.emails.contains(&second_address(*person));
        id == Some(FIRST + person)
            || maker.emails.contains(&address(*person))
            || people.second.contains(person) && by_second
    };
    let found: Vec<String> = (0..PEOPLE).filter(is).map(|person| format!("U{person}")).collect();
    match (id, people.left) {
        _ if !found.is_empty() => Member::Found(found),
        (Some(LISTED), _) if maker.is_signed_bot => Member::Bot,
        (Some(LEFT), Word::Confirmed) => Member::NobodyHere,
        (Some(LEFT), Word::Said) => Member::SaidNobodyHere(SaidNobody {
            handle: format!("github:{LEFT}"),
            version: 1,
            name: "left".to_owned(),
            kind: Nobody::Left,
            reason: "They left".to_owned(),
            by: "U-admin".to_owned(),
        }),
        _ => Member::NotFound,
    }
}
