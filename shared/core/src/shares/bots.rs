//! Programs that commit by themselves.

use crate::range::{Account, RangeCommit, Signature};

/// The program whose own commit this is by the source host's signature: it committed through the host's API.
/// Commits by a run's own token or the merge queue are the work of the people behind them.
pub(super) fn own_bot(commit: &RangeCommit) -> Option<&Account> {
    let is_signed = commit.signature == Signature::Host && commit.committer.is_none();
    commit.author.account.as_ref().filter(|author| is_signed && author.acts_for_nobody())
}
