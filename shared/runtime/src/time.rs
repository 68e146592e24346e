//! The one place that reads the clock; everything else is told the time.

use jiff::Timestamp;

/// The time now.
#[expect(clippy::disallowed_methods, reason = "this is the place that everything else is told the time from")]
pub fn now() -> Timestamp {
    Timestamp::now()
}
