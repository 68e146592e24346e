//! The policy of the stack: the copy that counts, and the one that was proposed.

use crate::error::StoreError;
use crate::{Store, keys};
use signoff_core::policy::StackPolicy;

impl Store {
    /// The policy of the stack, by one GetItem; `None`: none was ever read, nor tried to be.
    ///
    /// # Errors
    /// The record can't be read.
    pub async fn policy(&self) -> Result<Option<StackPolicy>, StoreError> {
        self.get(&keys::policy()).await
    }
}
