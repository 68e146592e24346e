//! A tick: effects whose message was lost, whose process ended, or that were put off, are sent again.

use jiff::{SignedDuration, Timestamp};
use lambda_runtime::Diagnostic;
use signoff_runtime::aws::Aws;
use signoff_runtime::settings::{SettingError, Settings};
use signoff_store::{Store, StoreError};

/// The number of effects that are taken and sent at a time.
const PART: usize = 100;
/// The number of effects that one tick sends at most; what is left is the next one's.
const MOST: usize = 2_000;
/// The time for which a tick sends. The rest of the function's minute is for what is open.
const SENDS_FOR: SignedDuration = SignedDuration::from_secs(40);

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
        Ok(Self { store: aws.store(settings)? })
    }

    /// Sends the effects that are due, deployment by deployment in turns, and returns how many. What can't be
    /// taken or sent is due again a little later, and keeps no other one back; what is beyond its
    /// deployment's share, or this tick's time, is the next tick's. An effect that can't be read is put
    /// aside, and people are told.
    ///
    /// # Errors
    ///
    /// The record can't be read, or something could not be taken or sent; all else was.
    pub(crate) async fn tick(&self, request_id: &str, clock: fn() -> Timestamp) -> Result<usize, StoreError> {
        let now = clock();
        let (mut sent, mut failed) = (0, None);
        let mut look = self.store.due(now);
        while !look.is_over() && sent < MOST && clock().duration_since(now) < SENDS_FOR {
            let due = match look.take(PART).await {
                Ok(due) => due,
                Err(error) => {
                    tracing::error!(request_id, %error, "what is due can't be read");
                    return Err(error);
                }
            };
            for effect in &due.effects {
                let (deploy, id, kind) = (&effect.deploy, &effect.id, effect.kind.name());
                tracing::warn!(request_id, %deploy, effect = %id, kind, "sent again");
            }
            sent += due.effects.len();
            let sending =
                [self.store.send(&due.effects).await, self.store.send_unreadable(&due.unreadable, now).await];
            let mut failures = due.failures.into_iter().chain(sending.into_iter().filter_map(Result::err));
            // There may be as many as effects, and for the same reason.
            if let Some(error) = failures.next() {
                let others = failures.count();
                tracing::error!(request_id, %error, others, "not sent; it is due again a little later");
                failed = failed.or(Some(error));
            }
        }
        if !look.is_over() || look.left() > 0 {
            tracing::warn!(request_id, sent, left = look.left(), "more is due; the next tick sends it");
        }
        if is_on_the_hour(now) {
            match self.store.keep_open(now).await {
                Ok(kept) => tracing::info!(request_id, kept, "what is open is kept on"),
                Err(error) => {
                    tracing::error!(request_id, %error, "what is open was not kept on; the next hour does");
                    failed = failed.or(Some(error));
                }
            }
        }
        failed.map_or(Ok(sent), Err)
    }
}

/// True in the minute of each hour in which what is open is kept on.
fn is_on_the_hour(now: Timestamp) -> bool {
    now.as_second().rem_euclid(3600) < 60
}

/// A minute of which something was not done.
#[derive(Debug)]
pub(crate) struct TickFailed(pub(crate) StoreError);

/// The error as Lambda reports it: its name is one that people can look for.
impl From<TickFailed> for Diagnostic {
    fn from(TickFailed(error): TickFailed) -> Self {
        let name = match &error {
            StoreError::Service { .. } => "RecordUnavailable",
            StoreError::Row { .. } => "UnreadableRow",
            StoreError::TooLarge { .. } | StoreError::Refused { .. } => "NotCommitted",
        };
        Self { error_type: name.to_owned(), error_message: error.to_string() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn error_has_a_name_that_people_can_look_for() {
        let error =
            StoreError::TooLarge { part: "a".to_owned(), size: "b".to_owned(), limit: "c".to_owned() };
        let told = Diagnostic::from(TickFailed(error));
        assert_eq!(told.error_type, "NotCommitted");
        assert!(told.error_message.contains('a'), "{told:?}");
    }

    #[test]
    fn one_minute_of_each_hour_keeps_what_is_open() {
        let minutes = |of: i64| {
            (0..60).filter(move |minute| {
                is_on_the_hour(Timestamp::from_second(of * 3600 + minute * 60 + 17).unwrap())
            })
        };
        for hour in [0, 1, 490_000] {
            assert_eq!(minutes(hour).collect::<Vec<_>>(), [0]);
        }
    }
}
