//! Steps that the policy keeps back: finding their deploys, and waking them.

use crate::error::{CommitError, StoreError};
use crate::{Store, keys};
use jiff::Timestamp;
use signoff_core::effect::{Effect, PARKED_FOR};
use signoff_core::id::DeployId;
use std::collections::BTreeSet;

impl Store {
    /// The deploys with a step that the policy keeps back at `now`, each once: two queries, and one more of
    /// the first kind for each further megabyte. A run has one place in the index, so where another of its
    /// steps failed it is found among those that failed: of these, the newest 500 that opened within a day
    /// before `now` are among the answer, whether the policy keeps something back or not. The steps of older
    /// ones are left to the clock, which looks at each one within a quarter of an hour.
    ///
    /// # Errors
    /// The record can't be read.
    pub async fn deploys_kept_back(&self, now: Timestamp) -> Result<BTreeSet<DeployId>, StoreError> {
        let partitions =
            self.partitions(keys::APPROVALS_INDEX, keys::APPROVALS, keys::KEPT_BACK, None).await?;
        let ids = partitions.iter().filter_map(|pk| pk.strip_prefix("deploy#"));
        let mut found: BTreeSet<DeployId> = ids.map(DeployId::from_text).collect();
        found.extend(self.failed_since(now - PARKED_FOR).await?);
        Ok(found)
    }

    /// Has an effect done whose time has not come: what it waited for came, at `now`. One that somebody
    /// does, or did since it was read, stays as it is. What can't be sent is left to the clock.
    ///
    /// # Errors
    /// The record can't be written.
    pub async fn wake(&self, waiting: &Effect, now: Timestamp) -> Result<(), StoreError> {
        if !waiting.is_waiting(now) {
            return Ok(());
        }
        let woken = waiting.woken(now);
        match self.settle(waiting, &woken).await {
            Ok(()) => self.send_committed(&[woken]).await,
            Err(CommitError::Conflict) => {}
            Err(CommitError::Store(error)) => return Err(error),
        }
        Ok(())
    }
}
