//! The commits that a rollback or a divergence leads to and that nobody let through: a revision between two
//! approved ones has the commits of the second one that may be wrong, and not those that mend them.

use crate::effect_error::Tried;
use crate::handler::ActionExecution;
use crate::range::{addresses, incomplete, within_a_row};
use signoff_core::approval::Blocker;
use signoff_core::base::{Base, Passed};
use signoff_core::deploy::Deploy;
use signoff_core::range::{Direction, Identity};
use signoff_core::shares::{Changes, Held, changes};
use signoff_providers::Failure;
use signoff_providers::github::{GitHub, RangeFailure, ReadRange};

impl ActionExecution {
    /// `read`, the range of `deploy` since a revision that was let through, with what its end holds besides,
    /// where it goes back or away to a revision that was never let through: everything since the newest
    /// revision before it that was. Where none is known, its last commit.
    ///
    /// `four_eyes`: only revisions count that were let through with four eyes. The inner error is the reason
    /// that blocks the approval. No request where the revision was let through, and otherwise one or two for
    /// each revision that is compared (nine at most), and those of a range.
    pub(crate) async fn with_held(
        &self,
        deploy: &Deploy,
        deployed_by: &[Identity],
        (base, four_eyes): (&Base, bool),
        read: Changes,
    ) -> Tried<Result<Changes, Blocker>> {
        let goes_elsewhere = match read.direction {
            Direction::Rollback | Direction::Diverged => true,
            Direction::Forward | Direction::Same => false,
        };
        let known = base.let_through(four_eyes);
        let is_known = |passed: &&Passed| passed.revision == read.head && passed.set_by.is_none();
        if !goes_elsewhere || known.iter().any(is_known) {
            return Ok(Ok(read));
        }
        let github = match self.reader_of(deploy).await? {
            Ok(github) => github,
            Err(failure) => return Ok(Err(incomplete(&failure))),
        };
        let known: Vec<&Passed> = known.into_iter().filter(|passed| passed.revision != read.base).collect();
        let look = async |index: usize| match known.get(index) {
            Some(passed) => is_before(&github, &deploy.repository, passed, &read.head).await,
            None => Ok(false),
        };
        let since = match newest_before(known.len(), look).await {
            Ok(index) => index.and_then(|index| known.get(index)),
            Err(failure) => return Ok(Err(blocker(failure)?)),
        };
        let Some(since) = since else {
            let held = Held { since: None, set_by: None, commits: 1 };
            return Ok(match last_commit(&github, deploy, deployed_by, &read).await? {
                Ok(last) => Ok(within_a_row(read.with_held(held, Some(last)))),
                Err(blocker) => Err(blocker),
            });
        };
        let (revision, set_by) = (since.revision.clone(), since.set_by.clone());
        if revision == read.head {
            // An admin said that it was let through: they may not vote.
            let held = Held { since: Some(revision), set_by, commits: 0 };
            return Ok(Ok(read.with_held(held, None)));
        }
        let more = self.read_range(deploy, deployed_by, (&revision, &read.head)).await?;
        Ok(more.map(|more| {
            let held = Held { since: Some(revision), set_by, commits: more.added };
            within_a_row(read.with_held(held, Some(more)))
        }))
    }
}

/// The place of the newest of `count` revisions, the newest first, for which `is_before` is true; `None`: it
/// is true for none that was looked at. The first one is looked at first. The others are taken to follow
/// from one another, so that few of them need a look: in another order, an older one may be found, since
/// which there are more commits.
async fn newest_before<E>(
    count: usize,
    is_before: impl AsyncFn(usize) -> Result<bool, E>,
) -> Result<Option<usize>, E> {
    let Some(oldest) = count.checked_sub(1) else { return Ok(None) };
    if is_before(0).await? {
        return Ok(Some(0));
    }
    if oldest == 0 || !is_before(oldest).await? {
        return Ok(None);
    }
    let (mut from, mut to) = (1, oldest);
    while from < to {
        let middle = from + (to - from) / 2;
        match is_before(middle).await? {
            true => to = middle,
            false => from = middle + 1,
        }
    }
    Ok(Some(to))
}

/// True if `revision` contains that of `passed`. One that the host lost, or that has no commit in common, is
/// not before it.
async fn is_before(
    github: &GitHub,
    repository: &str,
    passed: &Passed,
    revision: &str,
) -> Result<bool, RangeFailure> {
    match github.outline(repository, &passed.revision, revision).await {
        Ok(outline) => Ok(matches!(outline.direction, Direction::Forward | Direction::Same)),
        Err(RangeFailure::BaseLost(_) | RangeFailure::Unrelated(_)) => Ok(false),
        Err(failure) => Err(failure),
    }
}

/// The last commit of the range `read` of `deploy`, by itself.
async fn last_commit(
    github: &GitHub,
    deploy: &Deploy,
    deployed_by: &[Identity],
    read: &Changes,
) -> Tried<Result<Changes, Blocker>> {
    let ReadRange { range, profiles, .. } = match github.single(&deploy.repository, &read.head).await {
        Ok(single) => single,
        Err(failure) => return Ok(Err(blocker(failure.into())?)),
    };
    let mut last = changes(&range, deployed_by, read.read_at).of_repository(&deploy.repository);
    if let Err(failure) = addresses(github, &mut last, profiles).await {
        return Ok(Err(incomplete(&failure)));
    }
    Ok(Ok(last))
}

/// The reason that blocks the approval where something can't be read.
///
/// # Errors
///
/// It can't be read now, and is read again.
fn blocker(failure: RangeFailure) -> Result<Blocker, Failure> {
    match failure {
        RangeFailure::Unfinished(failure) => Err(failure),
        RangeFailure::Other(failure) if failure.is_passing() => Err(failure),
        RangeFailure::HeadUnknown(failure)
        | RangeFailure::BaseLost(failure)
        | RangeFailure::Unrelated(failure)
        | RangeFailure::Other(failure) => Ok(incomplete(&failure)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;
    use std::convert::Infallible;

    /// The place that is found among revisions that are before (`1`) or not (`0`), and the number of looks.
    fn found(are_before: &str) -> (Option<usize>, usize) {
        let looks = RefCell::new(0);
        let is_before = async |index: usize| {
            *looks.borrow_mut() += 1;
            Ok::<_, Infallible>(are_before.as_bytes()[index] == b'1')
        };
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let Ok(found) = runtime.block_on(newest_before(are_before.len(), is_before));
        (found, looks.into_inner())
    }

    #[test]
    fn newest_revision_before_is_found_by_few_looks() {
        for (are_before, expected) in [
            ("", None),
            ("0", None),
            ("1", Some(0)),
            ("1111", Some(0)),
            ("0111", Some(1)),
            ("0001", Some(3)),
            ("00", None),
            ("0110", None),
            (&format!("{}{}", "0".repeat(60), "1".repeat(41)), Some(60)),
        ] {
            let (found, looks) = found(are_before);
            assert_eq!(found, expected, "{are_before}");
            assert!(looks <= 9, "{are_before}: {looks} looks");
        }
    }
}
