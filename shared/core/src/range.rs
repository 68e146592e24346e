//! The range: everything that a deploy adds to a place since the last revision that was let through there, as
//! the source host tells it.
//!
//! Two kinds of facts are kept apart. Somebody's text (a commit's author, an address, a trailer) only adds
//! makers. The host's word (the account that signed in and pushed, opened or merged) can also show that
//! somebody is none.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An account on the source host.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Account {
    /// The host's ID of the account. It stays the same when the account is renamed.
    pub id: u64,
    /// Its name.
    pub login: String,
    /// True if the host says that it is a bot.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_bot: bool,
}

/// The account that GitHub's merge queue merges and pushes by.
///
/// Source: <https://api.github.com/users/github-merge-queue[bot]>.
const MERGE_QUEUE: &str = "github-merge-queue";
/// The account that a run's own token acts by.
///
/// Source: <https://docs.github.com/actions/concepts/security/github_token>.
const RUN_TOKEN: &str = "github-actions";
/// The end of a program's account name in the REST API.
const BOT: &str = "[bot]";
/// The end of the addresses that GitHub gives accounts.
///
/// Source: <https://docs.github.com/account-and-profile/reference/email-addresses-reference>.
const NOREPLY: &str = "@users.noreply.github.com";

/// GitHub's own programs by the numbers of their accounts, each with one name. Addresses of theirs lack the
/// `[bot]`, as in `198982749+Copilot@users.noreply.github.com`, and the APIs name Copilot differently.
///
/// Source: <https://api.github.com/user/41898282> and the like; for Copilot, commits of public repositories
/// such as pytest-dev/pytest f50d6958cf6d.
const PROGRAMS: [(u64, &str); 5] = [
    (41_898_282, "github-actions[bot]"),
    (118_344_674, "github-merge-queue[bot]"),
    (175_728_472, "Copilot"),
    (198_982_749, "copilot-swe-agent[bot]"),
    (223_556_219, "Copilot"),
];

/// The numbers of the accounts of assistants that GitHub takes for people.
///
/// Source: the numbers in their addresses, such as `199161495+cursoragent@users.noreply.github.com` and
/// `224641728+gemini-cli-robot@users.noreply.github.com`.
const ASSISTANTS: [u64; 2] = [199_161_495, 224_641_728];

impl Account {
    /// The account with this number on GitHub. `is_bot`: GitHub says that it is a program's.
    pub fn on_github(id: u64, login: &str, is_bot: bool) -> Self {
        let known = known_program(id);
        let login = known.unwrap_or(login);
        Self { id, login: login.to_owned(), is_bot: is_bot || known.is_some() || login.ends_with(BOT) }
    }

    /// The account that GitHub's own address names: `ID+LOGIN@users.noreply.github.com`. Anyone can type one:
    /// it adds a maker and proves nothing. The number decides which account it is.
    pub fn of_noreply(email: &str) -> Option<Self> {
        let (id, login) = email.strip_suffix(NOREPLY)?.split_once('+')?;
        let is_program = |(_, name): &(u64, &str)| name.trim_end_matches(BOT).eq_ignore_ascii_case(login);
        Some(Self::on_github(id.parse().ok()?, login, PROGRAMS.iter().any(is_program)))
    }

    /// True for the account of an assistant that the host takes for a person.
    pub fn is_assistants(&self) -> bool {
        ASSISTANTS.contains(&self.id)
    }

    /// True for the account of a program: the host says so, or its name or its number does.
    pub fn is_programs(&self) -> bool {
        self.is_bot || self.login.ends_with(BOT) || known_program(self.id).is_some()
    }

    /// True for the host's merge queue.
    pub fn is_merge_queue(&self) -> bool {
        self.is_program_named(MERGE_QUEUE)
    }

    /// True for the account that runs' own tokens act by.
    pub fn is_run_token(&self) -> bool {
        self.is_program_named(RUN_TOKEN)
    }

    /// True for a program that acts for nobody in particular: no run's own token, and not the merge queue.
    pub fn acts_for_nobody(&self) -> bool {
        self.is_programs() && !self.is_merge_queue() && !self.is_run_token()
    }

    fn is_program_named(&self, name: &str) -> bool {
        let login = known_program(self.id).unwrap_or(&self.login);
        self.is_programs() && login.strip_suffix(BOT).unwrap_or(login) == name
    }
}

/// The name of GitHub's own program with the account number `id`.
fn known_program(id: u64) -> Option<&'static str> {
    PROGRAMS.iter().find(|(number, _)| *number == id).map(|(_, name)| *name)
}

/// Somebody with a hand in a change, as the source host names them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Identity {
    /// The name that people read.
    pub name: String,
    /// The e-mail address that the commit or the profile gives.
    pub email: Option<String>,
    /// The account that acted, or that the address belongs to.
    pub account: Option<Account>,
    /// True if the host vouches that this account acted: it signed in and pushed, opened, merged or queued,
    /// or its valid signature is on the commit. The host does not vouch for an account that only follows from
    /// a commit's address.
    pub vouched: bool,
}

/// A commit's signature, as the source host judged it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Signature {
    /// There is none.
    Unsigned,
    /// It is valid, and this account's.
    Valid(Account),
    /// It is valid, and the host's own: made on its page, by its merge button, or by an app through its API.
    Host,
    /// It is not valid; the host's word for why.
    Invalid(String),
    /// The host could not judge it now.
    Unknown(String),
}

/// A commit of a range.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RangeCommit {
    /// The full SHA.
    pub revision: String,
    /// The message's first line.
    pub title: String,
    /// The author, by the commit's text.
    pub author: Identity,
    /// The committer, by the commit's text; `None` where the host itself committed (its merge button, its
    /// page).
    pub committer: Option<Identity>,
    /// The co-authors that its message names.
    pub co_authors: Vec<Identity>,
    /// Its signature.
    pub signature: Signature,
    /// The accounts that brought it into the repository, by the host's list of pushes; empty where the host
    /// does not tell.
    pub pushed_by: Vec<Identity>,
    /// The full SHA of the merge commit with which the host brought it in, by the same list. `None`: somebody
    /// had pushed it before, or the list does not tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub merged_in: Option<String>,
    /// The numbers of the pull requests that brought it in.
    pub pull_requests: Vec<u64>,
    /// The keys of the issues that its message mentions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub issues: Vec<String>,
    /// The number of its parents.
    pub parents: usize,
}

/// A merged pull request of a range.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RangePullRequest {
    /// Its number in the repository.
    pub number: u64,
    /// Its title.
    pub title: String,
    /// Its page.
    pub url: String,
    /// The branch that it came from.
    pub branch: Option<String>,
    /// The account that opened it; `None` where it is gone.
    pub opened_by: Option<Identity>,
    /// The accounts that merged it, queued it, or turned on auto-merge.
    pub merged_by: Vec<Identity>,
    /// The people among these who queued it or turned on auto-merge: they stand behind a token that merged
    /// it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub merge_asked_by: Vec<Identity>,
    /// The people who asked the program that opened it to do so: they assigned it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub opening_asked_by: Vec<Identity>,
    /// The people who asked an assistant for more by a comment or a review. They are makers beside those
    /// who asked first, and never in their place.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub more_asked_by: Vec<Identity>,
    /// Its labels' names.
    pub labels: Vec<String>,
    /// The keys of the issues that its title, its text and its branch mention.
    pub issues: Vec<String>,
    /// True if its branch is in another repository, such as a fork.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_of_fork: bool,
    /// True if all commits of its branch are the own ones of the account that opened it, by the host's valid
    /// signature. A merge that somebody else made there is not.
    #[serde(default)]
    pub is_openers_own: bool,
    /// The commits of its branch that the host made others of, by a squash or a rebase.
    pub commits: Vec<RangeCommit>,
    /// The full SHAs of the range's commits that a squash or a rebase made of these.
    pub remade: Vec<String>,
    /// The full SHAs of the merge commits by which the host brought its branch in, by its own list of pushes.
    /// None of them is of the branch itself, and none was pushed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub merges: Vec<String>,
}

impl RangeCommit {
    /// True for a merge commit that the host made: by its merge button, by the button that brings a branch up
    /// to date, or in its editor of conflicts, which takes any text.
    pub fn is_hosts_merge(&self) -> bool {
        self.parents > 1 && self.committer.is_none() && self.signature == Signature::Host
    }
}

impl RangePullRequest {
    /// True if `commit` is the merge by which the host brought this pull request in. The host makes none of
    /// branches with conflicts, so that such a merge adds nothing of its own.
    pub fn is_merged_by(&self, commit: &RangeCommit) -> bool {
        commit.is_hosts_merge() && self.merges.contains(&commit.revision)
    }

    /// True if `commit` came from a fork, and its merge is the only push that the host lists of it. Whoever
    /// pressed the button pushed nothing of their own: pushes to the fork are in the fork's list.
    pub fn brought_from_fork(&self, commit: &RangeCommit) -> bool {
        let is_merge = |sha: &String| *sha != commit.revision && self.merges.contains(sha);
        self.is_of_fork && commit.merged_in.as_ref().is_some_and(is_merge)
    }
}

/// The direction from the base to the revision.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// The revision contains the base.
    #[default]
    Forward,
    /// The base contains the revision.
    Rollback,
    /// Neither contains the other, as after a force push.
    Diverged,
    /// The revision is the base.
    Same,
}

/// Everything between a base and a revision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Range {
    /// The revision where it starts: a full SHA.
    pub base: String,
    /// The revision where it ends: a full SHA.
    pub head: String,
    /// The direction from the first to the second.
    pub direction: Direction,
    /// The commits that it adds, oldest first.
    pub added: Vec<RangeCommit>,
    /// The commits that it takes out, oldest first.
    pub removed: Vec<RangeCommit>,
    /// The pull requests that brought these in, or out.
    pub pull_requests: Vec<RangePullRequest>,
    /// The parts that were not read, and why, a sentence each; empty: the range is complete.
    pub missing: Vec<String>,
}
