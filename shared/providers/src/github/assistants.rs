//! The people who ask an assistant for more, by a comment or a review of the pull request that it works on.
//!
//! Some assistants work on whatever is written on a pull request that they opened; on the pull request of a
//! person they do what a comment asks that names them. Neither the text of a commit nor that of a comment
//! shows that somebody asked for nothing: whoever wrote counts.

use super::client::GitHub;
use super::issue_askers::IssueAskers;
use super::nested::WithBranch;
use super::room::Room;
use super::{graphql, identity, wire};
use crate::failure::Failure;
use signoff_core::people::{Entry, Handle};
use signoff_core::range::{Account, Identity, RangePullRequest};
use std::collections::{BTreeMap, BTreeSet};

/// The pull requests in a query.
const PAGE: usize = 100;
/// The most pages of 100 comments and of 50 reviews that are read of a pull request.
const MOST_PAGES: usize = 20;

/// The addresses that assistants commit by and that may belong to no account.
///
/// Source: commits of public repositories, such as buildkite/docs 5eb2c5dba44a and e4dbade20788.
const ADDRESSES: [&str; 4] =
    ["noreply@anthropic.com", "cursoragent@cursor.com", "noreply@openai.com", "gemini-cli-robot@google.com"];
/// The names by which a comment calls an assistant, beside the name of its account: `@copilot`, `/gemini`.
const CALLED: [&str; 9] =
    ["copilot", "claude", "cursor", "cursoragent", "codex", "devin", "jules", "gemini", "gemini-cli"];

/// The comments by which people ask for more.
enum Listens {
    /// An assistant opened the pull request: all of them.
    ToAll,
    /// An assistant made commits on a person's branch: those that call one by such a name.
    To(BTreeSet<String>),
}

impl Listens {
    /// The comments that count on `pull_request` with the commits of its branch; `None` where no assistant
    /// is at work.
    fn on(pull_request: &RangePullRequest, commits: &[wire::GraphCommit]) -> Option<Self> {
        if assistant(pull_request).is_some() {
            return Some(Self::ToAll);
        }
        let mut names = BTreeSet::new();
        for git in commits.iter().flat_map(|commit| [&commit.author, &commit.committer]).flatten() {
            let email = git.email.as_deref().unwrap_or_default().to_lowercase();
            let known = identity::git_account(git).filter(is_assistant);
            if known.is_some() || ADDRESSES.contains(&email.as_str()) {
                names.extend(CALLED.map(str::to_owned));
                let login = known.map(|account| account.login.trim_end_matches("[bot]").to_lowercase());
                names.extend(login);
            }
        }
        (!names.is_empty()).then_some(Self::To(names))
    }

    fn hears(&self, texts: &[&str]) -> bool {
        match self {
            Self::ToAll => texts.iter().any(|text| !text.trim().is_empty()),
            Self::To(names) => texts.iter().any(|text| calls(text, names)),
        }
    }
}

/// True for the account of a program that may write what people ask it for. Dependabot and Renovate
/// write versions; the people behind a run's own token and the merge queue are found otherwise.
fn is_assistant(account: &Account) -> bool {
    let updates = Entry::built_in().map(|entry| entry.handle).contains(&Handle::github(account.id));
    account.is_assistants() || account.acts_for_nobody() && !updates
}

/// True if `text` has one of `names` after `@` or `/`, as a word of its own.
fn calls(text: &str, names: &BTreeSet<String>) -> bool {
    let is_in_name = |letter: char| letter.is_ascii_alphanumeric() || letter == '-' || letter == '_';
    let text = text.to_lowercase();
    text.match_indices(['@', '/']).any(|(at, _)| {
        let called = text.get(at + 1..).unwrap_or_default();
        let end = called.find(|letter| !is_in_name(letter)).unwrap_or(called.len());
        called.get(..end).is_some_and(|name| names.contains(name))
    })
}

/// True where an assistant is at work on `pull_request` with the commits of its branch.
pub(super) fn is_assisted(pull_request: &RangePullRequest, commits: &[wire::GraphCommit]) -> bool {
    Listens::on(pull_request, commits).is_some()
}

/// What is asked for of a pull request: the cursors of the next pages, where there are more; and the
/// issues that it closes, where an assistant opened it.
#[derive(Clone)]
struct Next {
    comments: Option<String>,
    reviews: Option<String>,
    issues: bool,
}

impl Next {
    fn first(pull_request: &RangePullRequest) -> Self {
        let start = || Some(String::new());
        Self { comments: start(), reviews: start(), issues: assistant(pull_request).is_some() }
    }
}

/// The assistant that opened `pull_request`.
fn assistant(pull_request: &RangePullRequest) -> Option<&Account> {
    pull_request.opened_by.as_ref()?.account.as_ref().filter(|account| is_assistant(account))
}

/// The comments and reviews of a pull request, as far as they were read.
#[derive(Default)]
struct Read {
    comments: Vec<wire::Comment>,
    reviews: Vec<wire::Review>,
    issues: Option<wire::ClosedIssues>,
    is_cut: bool,
}

impl Read {
    /// Adds a page that was asked for by `asked`. The answer has what comes after it.
    fn add(&mut self, page: wire::GraphComments, asked: &Next) -> Next {
        let mut next = Next { comments: None, reviews: None, issues: false };
        if asked.issues {
            self.issues = Some(page.issues);
        }
        self.is_cut |= asked.comments.is_some() && page.comments.is_none();
        self.is_cut |= asked.reviews.is_some() && page.reviews.is_none();
        if let Some(comments) = page.comments {
            let (comments, after, is_whole) = comments.page();
            self.comments.extend(comments);
            (next.comments, self.is_cut) = (after, self.is_cut || !is_whole);
        }
        if let Some(reviews) = page.reviews {
            let (reviews, after, is_whole) = reviews.page();
            self.reviews.extend(reviews);
            (next.reviews, self.is_cut) = (after, self.is_cut || !is_whole);
        }
        next
    }
}

impl GitHub {
    /// Adds to those of `pull_requests` on which assistants work the people who asked for more there. What
    /// is not told, or is more than there is `room` for, is added to `missing`. A request for each hundred
    /// of these and each page of their comments and reviews, none for pull requests of people alone.
    ///
    /// # Errors
    ///
    /// As [`GitHub::range`].
    pub(super) async fn read_asked_more(
        &self,
        repository: &str,
        pull_requests: &mut [WithBranch],
        room: &mut Room,
        missing: &mut Vec<String>,
    ) -> Result<(), Failure> {
        let assisted = pull_requests.iter().filter(|(opened, commits)| is_assisted(opened, commits));
        let mut open: Vec<(u64, Next)> =
            assisted.map(|(opened, _)| (opened.number, Next::first(opened))).collect();
        let mut read: BTreeMap<u64, Read> = BTreeMap::new();
        for _ in 0..MOST_PAGES {
            // One is left for pushes.
            let most = room.take(open.len().div_ceil(PAGE), 1) * PAGE;
            for (number, _) in open.split_off(most.min(open.len())) {
                read.entry(number).or_default().is_cut = true;
            }
            if open.is_empty() {
                break;
            }
            let field = |(number, next): &(u64, Next)| {
                let (comments, reviews) = (next.comments.as_deref(), next.reviews.as_deref());
                graphql::of_comments(*number, comments, reviews, next.issues)
            };
            let answers = self.ask(repository, (&open, PAGE), "the comments", field).await?;
            missing.extend(answers.missing);
            open = Vec::new();
            for ((number, asked), value) in answers.found {
                let read = read.entry(number).or_default();
                let Some(page) = graphql::read::<wire::GraphComments>(&value) else {
                    read.is_cut = true;
                    continue;
                };
                let next = read.add(page, &asked);
                if next.comments.is_some() || next.reviews.is_some() {
                    open.push((number, next));
                }
            }
        }
        for (number, _) in open {
            read.entry(number).or_default().is_cut = true;
        }
        for (pull_request, commits) in pull_requests {
            let number = pull_request.number;
            let Some(mut read) = read.remove(&number) else { continue };
            let issues = read.issues.take().zip(assistant(pull_request));
            let is_assigned = !pull_request.opening_asked_by.is_empty();
            let askers =
                issues.map(|(issues, by)| IssueAskers::of(issues, (by, is_assigned), number, missing));
            let IssueAskers { stand, others } = askers.unwrap_or_default();
            pull_request.opening_asked_by.extend(stand);
            let Some(listens) = Listens::on(pull_request, commits) else { continue };
            let (people, is_whole) = asking(read, &listens, number);
            if !is_whole {
                missing.push(format!(
                    "GitHub did not tell all comments of the pull request #{number}, where an assistant works."
                ));
            }
            for person in people.into_iter().chain(others) {
                if !pull_request.more_asked_by.contains(&person) {
                    pull_request.more_asked_by.push(person);
                }
            }
        }
        Ok(())
    }
}

/// The people who wrote what `listens` hears on the pull request `number`, and whether all of them are
/// known. A program that writes there asks for nothing by itself.
fn asking(read: Read, listens: &Listens, number: u64) -> (Vec<Identity>, bool) {
    let mut is_whole = !read.is_cut;
    let mut people: Vec<Identity> = Vec::new();
    let of_reviews = read.reviews.into_iter().map(|review| {
        let (inline, all_inline) = review.comments.all();
        is_whole &= all_inline;
        (
            review.author,
            [review.body].into_iter().chain(inline.into_iter().map(|comment| comment.body)).collect(),
        )
    });
    let of_reviews: Vec<(Option<wire::Actor>, Vec<String>)> = of_reviews.collect();
    let written = read.comments.into_iter().map(|comment| (comment.author, vec![comment.body]));
    for (author, texts) in written.chain(of_reviews) {
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        if !listens.hears(&texts) {
            continue;
        }
        let person = match identity::actor(author.as_ref()) {
            Some(account) if account.is_programs() || account.is_assistants() => continue,
            Some(account) => identity::acted(account),
            // The account is gone, or its number is not told.
            None => Identity::untold(&format!("who asked for more in #{number}")),
        };
        if !people.contains(&person) {
            people.push(person);
        }
    }
    (people, is_whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comment_calls_an_assistant_by_its_name_alone() {
        let names: BTreeSet<String> = ["copilot", "gemini-cli", "acme-writer"].map(str::to_owned).into();
        for (text, expected) in [
            ("@copilot please rename it", true),
            ("Nice. @Copilot, and the test?", true),
            ("/gemini-cli fix", true),
            ("(@acme-writer)", true),
            ("@acme-writer[bot] more", true),
            ("copilot did this", false),
            ("@copilots look", false),
            ("@ben see a/b", false),
            ("", false),
        ] {
            assert_eq!(calls(text, &names), expected, "{text}");
        }
    }

    #[test]
    fn updaters_tokens_and_people_are_no_assistants() {
        let account = |id, login: &str| Account { id, login: login.to_owned(), is_bot: false };
        for (account, expected) in [
            (account(198_982_749, "copilot-swe-agent[bot]"), true),
            (account(5, "acme-writer[bot]"), true),
            (account(199_161_495, "cursoragent"), true),
            (account(49_699_333, "dependabot[bot]"), false),
            (account(29_139_614, "renovate[bot]"), false),
            (account(41_898_282, "github-actions[bot]"), false),
            (account(118_344_674, "github-merge-queue[bot]"), false),
            (account(7, "ana"), false),
        ] {
            assert_eq!(is_assistant(&account), expected, "{}", account.login);
        }
    }
}
