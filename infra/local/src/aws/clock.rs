//! The local AWS's clock: AWS's services know the time by themselves, so this stands for theirs.

use jiff::Timestamp;

/// The time of day.
#[expect(clippy::disallowed_methods, reason = "AWS's services read the clock themselves")]
pub(super) fn now() -> Timestamp {
    Timestamp::now()
}
