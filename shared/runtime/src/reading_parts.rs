//! The parts of large ranges that the record keeps between invocations.

use jiff::{SignedDuration, Timestamp};
use signoff_providers::Failure;
use signoff_providers::github::{Kept, Parts};
use signoff_store::{Store, StoreError};
use std::fmt;

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
            let name = name_at(range, now);
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

/// The name of a reading of `range` that begins at `now`.
fn name_at(range: &str, now: Timestamp) -> String {
    format!("{range} {now}")
}

/// The time at which a range was read that was complete at `now`: of a `reading` whose parts are kept, its
/// beginning, as parts of it may be as old. One without a time in its name is older than anything.
pub fn read_at(reading: Option<&str>, now: Timestamp) -> Timestamp {
    let Some(name) = reading else { return now };
    let begun = name.rsplit_once(' ').and_then(|(_, at)| at.parse::<Timestamp>().ok());
    begun.unwrap_or(Timestamp::UNIX_EPOCH).min(now)
}

/// The failure of a record that can't be asked now.
fn failure(error: StoreError) -> Failure {
    Failure::retryable(format!("the parts of a range: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn range_is_as_old_as_the_beginning_of_its_reading() {
        let begun: Timestamp = "2026-05-11T12:00:00.25Z".parse().unwrap();
        let now = begun + SignedDuration::from_mins(20);
        let name = name_at("acme/checkout 4bf7226 7bf7226", begun);
        assert_eq!(read_at(Some(&name), now), begun);
        assert_eq!(read_at(None, now), now);
        assert_eq!(read_at(Some("without-a-time"), now), Timestamp::UNIX_EPOCH);
    }
}
