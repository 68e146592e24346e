//! News that comes late: the source host learns of a push or a pull request some minutes after it answers
//! for the commit itself, so that a range which is read as soon as its deploy arrives may lack makers.

use crate::range::is_settled;
use jiff::{SignedDuration, Timestamp};
use signoff_core::approval::Blocker;
use signoff_core::shares::Changes;
use signoff_providers::Failure;

/// The time after which the source host knows what happened before a deploy arrived. GitHub names none for
/// its list of pushes and for the pull requests of a commit.
const LATEST_NEWS: SignedDuration = SignedDuration::from_mins(10);

/// The reading of a range that is on record already, and whether it counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Again {
    /// It counts.
    No,
    /// It is read anew where something in it is not settled.
    Unsettled,
    /// It is read anew where news could come after it: this is the look before the first action.
    BeforeActing,
}

impl Again {
    /// True if the reading `kept` counts for a deploy that arrived at `arrived`.
    pub(crate) fn takes(self, kept: &Changes, arrived: Timestamp) -> bool {
        match self {
            Self::No => true,
            Self::Unsettled => is_settled(kept),
            Self::BeforeActing => kept.read_at >= arrived + LATEST_NEWS,
        }
    }

    /// Returns the reading `read`. `had_one`: true if an earlier reading is on record.
    ///
    /// # Errors
    ///
    /// The reading before the first action failed though an earlier one is on record. It is tried again,
    /// since people voted on a known change.
    pub(crate) fn or_tried_again(
        self,
        read: Result<Changes, Blocker>,
        had_one: bool,
    ) -> Result<Result<Changes, Blocker>, Failure> {
        match read {
            // A base that is lost does not come back, and two histories stay two.
            Err(blocker @ (Blocker::BaseLost { .. } | Blocker::Unrelated { .. })) => Ok(Err(blocker)),
            Err(blocker) if had_one && self == Self::BeforeActing => Err(Failure::retryable(format!(
                "the change is read once more before the first action, and {}",
                words(&blocker)
            ))),
            read => Ok(read),
        }
    }
}

/// The reason for which a range was not read, as a part of a sentence.
fn words(blocker: &Blocker) -> String {
    match blocker {
        Blocker::Incomplete { missing } => {
            let missing = missing.join(" ");
            format!("that failed: {}", missing.trim_end_matches('.'))
        }
        _ => "GitHub does not tell it".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use signoff_core::range::{Direction, Range};
    use signoff_core::shares::changes;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_secs(seconds)
    }

    fn read_at(seconds: i64, missing: &[&str]) -> Changes {
        let range = Range {
            base: "4bf7226".to_owned(),
            head: "7bf7226".to_owned(),
            direction: Direction::Forward,
            added: Vec::new(),
            removed: Vec::new(),
            pull_requests: Vec::new(),
            missing: Vec::new(),
        };
        let mut read = changes(&range, &[], at(seconds));
        read.missing = missing.iter().map(ToString::to_string).collect();
        read
    }

    #[test]
    fn reading_counts_once_no_news_can_come_after_it() {
        let (early, cut, late) =
            (read_at(599, &[]), read_at(600, &["A page is missing."]), read_at(600, &[]));
        for (again, expected) in [
            (Again::No, [true, true, true]),
            (Again::Unsettled, [true, false, true]),
            (Again::BeforeActing, [false, true, true]),
        ] {
            assert_eq!([&early, &cut, &late].map(|kept| again.takes(kept, at(0))), expected, "{again:?}");
        }
    }

    #[test]
    fn failed_last_look_is_tried_again() {
        let lost = || Err(Blocker::BaseLost { base: "4bf7226aaaa".to_owned() });
        let cut = || Err(Blocker::Incomplete { missing: vec!["GitHub answered 503.".to_owned()] });
        for (again, had_one) in [(Again::No, true), (Again::Unsettled, true), (Again::BeforeActing, false)] {
            assert_eq!(again.or_tried_again(lost(), had_one), Ok(lost()), "{again:?}");
        }
        assert_eq!(Again::BeforeActing.or_tried_again(lost(), true), Ok(lost()), "no look brings it back");
        let told = match Again::BeforeActing.or_tried_again(cut(), true) {
            Err(failure) if failure.is_passing() => failure.to_string(),
            other => panic!("not tried again: {other:?}"),
        };
        insta::assert_snapshot!(told, @"the change is read once more before the first action, and that failed: GitHub answered 503");
        let read = || Ok(read_at(600, &["A page is missing."]));
        assert_eq!(Again::BeforeActing.or_tried_again(read(), true), Ok(read()));
    }
}
