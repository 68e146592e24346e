//! The people who ask an assistant for more, by a comment or a review of the pull request that it works on.
//!
//! Some assistants work on whatever is written on a pull request that they opened; on the pull request of a
//! person they do what a comment asks that names them. Neither the text of a commit nor that of a comment
//! shows that somebody asked for nothing: whoever wrote counts.

use super::client::GitHub;
use super::nested::WithBranch;
use super::{graphql, identity, wire};
use crate::failure::Failure;
use approval::people::{Entry, Handle};
use approval::range::{Account, Identity, RangePullRequest};
use std::collections::BTreeSet;

/// The pull requests in a query.
const PAGE: usize = 25;

/// The numbers of the accounts of assistants that GitHub takes for people.
///
/// Source: the numbers in their addresses, such as `199161495+cursoragent@users.noreply.github.com` and
/// `224641728+gemini-cli-robot@users.noreply.github.com`.
const AS_PEOPLE: [u64; 2] = [199_161_495, 224_641_728];
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
        let opener = pull_request.opened_by.as_ref().and_then(|by| by.account.as_ref());
        if opener.is_some_and(is_assistant) {
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
    AS_PEOPLE.contains(&account.id) || account.acts_for_nobody() && !updates
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

impl GitHub {
    /// Adds to those of `pull_requests` on which assistants work the people who asked for more there. What
    /// is not told is added to `missing`. A request for each 25 of these, none for pull requests of people
    /// alone.
    ///
    /// # Errors
    ///
    /// As [`GitHub::range`].
    pub(super) async fn read_asked_more(
        &self,
        repository: &str,
        pull_requests: &mut [WithBranch],
        missing: &mut Vec<String>,
    ) -> Result<(), Failure> {
        let assisted =
            pull_requests.iter().filter(|(opened, commits)| Listens::on(opened, commits).is_some());
        let numbers: Vec<u64> = assisted.map(|(pull_request, _)| pull_request.number).collect();
        let field = |number: &u64| graphql::of_comments(*number);
        let answers = self.ask(repository, (&numbers, PAGE), "the comments", field).await?;
        missing.extend(answers.missing);
        for (number, value) in answers.found {
            let not_all = || {
                format!(
                    "GitHub did not tell all comments of the pull request #{number}, where an assistant works."
                )
            };
            let known = pull_requests.iter_mut().find(|(pull_request, _)| pull_request.number == number);
            let Some((pull_request, commits)) = known else { continue };
            let Some(listens) = Listens::on(pull_request, commits) else { continue };
            let Some(read) = graphql::read::<wire::GraphComments>(&value) else {
                missing.push(not_all());
                continue;
            };
            let (people, is_whole) = asking(read, &listens, number);
            missing.extend((!is_whole).then(not_all));
            pull_request.more_asked_by = people;
        }
        Ok(())
    }
}

/// The people who wrote what `listens` hears on the pull request `number`, and whether all of them are
/// known. A program that writes there asks for nothing by itself.
fn asking(read: wire::GraphComments, listens: &Listens, number: u64) -> (Vec<Identity>, bool) {
    let (comments, all_comments) = read.comments.all();
    let (reviews, all_reviews) = read.reviews.map_or((Vec::new(), false), wire::Connection::all);
    let mut is_whole = all_comments && all_reviews;
    let mut people: Vec<Identity> = Vec::new();
    let of_reviews = reviews.into_iter().map(|review| {
        let (inline, all_inline) = review.comments.all();
        is_whole &= all_inline;
        (
            review.author,
            [review.body].into_iter().chain(inline.into_iter().map(|comment| comment.body)).collect(),
        )
    });
    let of_reviews: Vec<(Option<wire::Actor>, Vec<String>)> = of_reviews.collect();
    let written = comments.into_iter().map(|comment| (comment.author, vec![comment.body]));
    for (author, texts) in written.chain(of_reviews) {
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        if !listens.hears(&texts) {
            continue;
        }
        let person = match identity::actor(author.as_ref()) {
            Some(account) if account.is_programs() || AS_PEOPLE.contains(&account.id) => continue,
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
