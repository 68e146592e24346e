//! Programs that commit and merge by themselves, and those that act for people.

use crate::range::{Account, RangeCommit, Signature};

/// The account that GitHub's merge queue merges with.
const MERGE_QUEUE: &str = "github-merge-queue";
/// The account that a run's own token acts by.
///
/// Source: <https://docs.github.com/actions/concepts/security/github_token>.
const RUN_TOKEN: &str = "github-actions";

/// The program whose own commit this is by the source host's signature: it committed through the host's
/// API. What a run's own token or the merge queue made is the work of the people behind it.
pub(super) fn own_bot(commit: &RangeCommit) -> Option<&Account> {
    let is_signed = commit.signature == Signature::Host && commit.committer.is_none();
    commit.author.account.as_ref().filter(|author| is_signed && is_program(author))
}

/// Whether an account is a program's that acts for nobody in particular.
pub(super) fn is_program(account: &Account) -> bool {
    is_bot(account) && !is_merge_queue(account) && !is_run_token(account)
}

/// Whether an account is a program's.
pub(super) fn is_bot(account: &Account) -> bool {
    account.is_bot || account.login.ends_with("[bot]")
}

/// Whether an account has the name of the host's merge queue.
pub(super) fn is_merge_queue(account: &Account) -> bool {
    is_named(account, MERGE_QUEUE)
}

/// Whether an account has the name that runs' own tokens act by.
pub(super) fn is_run_token(account: &Account) -> bool {
    is_named(account, RUN_TOKEN)
}

fn is_named(account: &Account, name: &str) -> bool {
    account.login.strip_suffix("[bot]").unwrap_or(&account.login) == name
}
