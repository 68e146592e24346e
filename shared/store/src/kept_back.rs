//! Steps that the policy keeps back: finding their deploys, and waking them.

use crate::error::{CommitError, StoreError};
use crate::{Store, keys};
use approval::effect::Effect;
use approval::id::DeployId;
use jiff::Timestamp;
use std::collections::BTreeSet;

impl Store {
    /// The deploys with a step that the policy keeps back, each once: one query, and one more for each
    /// further megabyte. Those of which another step failed are among them whether the policy keeps
    /// something back or not, as a run has one place in the index.
    ///
    /// # Errors
    /// The record can't be read.
    pub async fn deploys_kept_back(&self) -> Result<BTreeSet<DeployId>, StoreError> {
        let mut found = BTreeSet::new();
        for of in [keys::KEPT_BACK, keys::FAILED] {
            let partitions = self.partitions(keys::APPROVALS_INDEX, keys::APPROVALS, of, None).await?;
            let ids = partitions.iter().filter_map(|pk| pk.strip_prefix("deploy#"));
            found.extend(ids.map(DeployId::from_text));
        }
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
