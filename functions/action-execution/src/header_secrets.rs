//! The stack's header secrets on record, without their values: whoever checks a rules file has no access to
//! the secrets themselves.

use crate::effect_error::Tried;
use crate::handler::ActionExecution;
use signoff_core::header_secret::HeaderSecrets;
use signoff_runtime::effects::Attempt;
use signoff_runtime::header_secrets::destinations;

impl ActionExecution {
    /// Puts on record which header secrets the stack has now, and where each may go. One request to Secrets
    /// Manager and one write.
    ///
    /// # Errors
    ///
    /// The secret can't be read, or the record can't be written.
    pub(crate) async fn list_header_secrets(&self, attempt: &Attempt) -> Tried<()> {
        let read_at = self.now();
        let secrets = destinations(&self.outside.latest_headers(read_at).await?);
        self.store.keep_header_secrets(&HeaderSecrets { read_at, secrets }).await?;
        self.done(&attempt.effect).await
    }
}
