//! A tick: effects whose message was lost, whose process ended, or that were put off, are sent again.

use jiff::Timestamp;
use runtime::aws::Aws;
use runtime::settings::{SettingError, Settings};
use store::{Store, StoreError};

/// How many effects are read at a time.
const PAGE: i32 = 100;
/// How many pages one tick works through; what is left is the next one's.
const MAX_PAGES: usize = 20;

/// Sends again what nobody did.
#[derive(Debug)]
pub(crate) struct Clock {
    store: Store,
}

impl Clock {
    /// The function with these settings. Error: one is missing.
    pub(crate) fn new(settings: &Settings, aws: &Aws) -> Result<Self, SettingError> {
        settings.required("DEPLOYS_QUEUE_URL")?;
        settings.required("EFFECTS_QUEUE_URL")?;
        Ok(Self { store: settings.store(aws)? })
    }

    /// Sends every effect that is due at `now`, and returns how many. One that can't be sent is due again a little later.
    pub(crate) async fn tick(&self, request_id: &str, now: Timestamp) -> Result<usize, StoreError> {
        let mut sent = 0;
        for _ in 0..MAX_PAGES {
            let due = self.store.take_due(now, PAGE).await.inspect_err(|error| {
                tracing::error!(request_id, %error, "what is due can't be read");
            })?;
            if due.is_empty() {
                break;
            }
            for effect in &due {
                tracing::warn!(request_id, deploy = %effect.deploy, effect = %effect.id, kind = ?effect.kind, "sent again");
            }
            self.store
                .send(&due)
                .await
                .inspect_err(|error| tracing::error!(request_id, %error, "not sent"))?;
            sent += due.len();
        }
        Ok(sent)
    }
}
