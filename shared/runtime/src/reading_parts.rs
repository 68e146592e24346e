//! The parts of large ranges that the record keeps between invocations.

use jiff::{SignedDuration, Timestamp};
use providers::Failure;
use providers::github::{Kept, Parts};
use std::fmt;
use store::{Store, StoreError};

/// The time for which an invocation reads one range; less than what the loop over a batch leaves for each
/// message.
const BUDGET: SignedDuration = SignedDuration::from_secs(8);
/// The part that names the reading of a range that is under way.
const NAME: &str = "name";

/// The parts of ranges that the record has, for one reading in one invocation.
pub struct KeptParts {
    store: Store,
    clock: fn() -> Timestamp,
    until: Timestamp,
}

impl KeptParts {
    /// The parts in `store`. The time for reading begins now, by `clock`.
    pub fn new(store: Store, clock: fn() -> Timestamp) -> Self {
        Self { store, clock, until: clock() + BUDGET }
    }
}

impl fmt::Debug for KeptParts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeptParts").field("until", &self.until).finish_non_exhaustive()
    }
}

impl Parts for KeptParts {
    fn begin<'a>(&'a self, range: &'a str) -> Kept<'a, String> {
        Box::pin(async move {
            let now = (self.clock)();
            if let Some(name) = self.store.reading_part(range, NAME, now).await.map_err(failure)?
                && !name.is_empty()
            {
                return Ok(name);
            }
            let name = format!("{range} {now}");
            self.store.keep_reading_part(range, NAME, name.clone(), now).await.map_err(failure)?;
            Ok(name)
        })
    }

    fn get<'a>(&'a self, reading: &'a str, name: &'a str) -> Kept<'a, Option<String>> {
        Box::pin(async move { self.store.reading_part(reading, name, (self.clock)()).await.map_err(failure) })
    }

    fn put<'a>(&'a self, reading: &'a str, name: &'a str, part: String) -> Kept<'a, ()> {
        Box::pin(async move {
            self.store.keep_reading_part(reading, name, part, (self.clock)()).await.map_err(failure)
        })
    }

    fn end<'a>(&'a self, range: &'a str) -> Kept<'a, ()> {
        Box::pin(async move {
            self.store.keep_reading_part(range, NAME, String::new(), (self.clock)()).await.map_err(failure)
        })
    }

    fn is_over(&self) -> bool {
        (self.clock)() >= self.until
    }
}

/// The failure of a record that can't be asked now.
fn failure(error: StoreError) -> Failure {
    Failure::retryable(format!("the parts of a range: {error}"))
}
