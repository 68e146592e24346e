//! Programs that commit by themselves.

use super::account_id;
use crate::range::{Account, Identity, RangeCommit, RangePullRequest, Signature};

/// The program whose own commit this is by the source host's signature: it committed through the host's API.
/// Commits by a run's own token or the merge queue are the work of the people behind them.
pub(super) fn own_bot(commit: &RangeCommit) -> Option<&Account> {
    let is_signed = commit.signature == Signature::Host && commit.committer.is_none();
    commit.author.account.as_ref().filter(|author| is_signed && author.acts_for_nobody())
}

/// A commit, and the pull requests that brought it.
pub(super) struct Brought<'r> {
    pub(super) commit: &'r RangeCommit,
    pub(super) of: &'r [&'r RangePullRequest],
}

impl Brought<'_> {
    /// True if `by` is a run's own token or the merge queue, and the commit is a merge by which the host
    /// brought a pull request in for it. It adds nothing of its own, and the share of the merge has whoever
    /// stands behind the token.
    pub(super) fn is_merge_by_token(&self, by: &Identity) -> bool {
        let mut merges = self.of.iter().filter(|from| from.is_merged_by(self.commit));
        merges.any(|from| merged_by_token(from, by))
    }

    /// The same for whoever pushed what the host made by a merge, a squash or a rebase.
    pub(super) fn is_by_token(&self, by: &Identity) -> bool {
        let is_made = |from: &&&RangePullRequest| {
            let is_remade = from.remade.contains(&self.commit.revision) && !from.commits.is_empty();
            is_remade || from.is_merged_by(self.commit)
        };
        self.of.iter().filter(is_made).any(|from| merged_by_token(from, by))
    }
}

/// True if `by` is a run's own token or the merge queue, and the share of the merge of `from` has it or the
/// people behind it.
fn merged_by_token(from: &RangePullRequest, by: &Identity) -> bool {
    let Some(account) = by.account.as_ref() else { return false };
    let is_named = || {
        let mergers = from.merged_by.iter().filter_map(|merger| merger.account.as_ref());
        mergers.map(|merger| merger.id).any(|id| id == account.id)
    };
    // Whoever the host says merged it queued it.
    let is_queued = || from.merged_by.iter().any(|merger| merger.account.is_some());
    account.is_run_token() && is_named() || account.is_merge_queue() && (is_named() || is_queued())
}

/// The program whose own commit this is by the host's signature, and the people who asked it to open the
/// commit's pull request.
pub(super) fn askers<'r>(commit: &RangeCommit, of: &[&'r RangePullRequest]) -> Option<(u64, &'r [Identity])> {
    let author = own_bot(commit)?;
    let from = of.iter().find(|from| {
        let opener = from.opened_by.as_ref().filter(|opener| opener.vouched).and_then(account_id);
        opener == Some(author.id) && !from.opening_asked_by.is_empty()
    })?;
    Some((author.id, from.opening_asked_by.as_slice()))
}
