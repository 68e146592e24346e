//! Times that approvals take, from being opened to being approved.

use jiff::civil::{Date, date};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Span, Timestamp};
use signoff_store::ApprovalSummary;
use std::collections::BTreeMap;

/// Largest number of periods that are shown side by side.
const MOST_PERIODS: i64 = 12;

/// The time that so many approvals took.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Taken {
    /// Number of approvals.
    pub(crate) count: usize,
    /// Half of them took no longer than this: the middle one, or halfway between the middle two.
    pub(crate) median: SignedDuration,
    /// Nine of ten took no longer than this: the one of them whose rank, counted from the quickest, is nine
    /// tenths of their number, rounded up.
    pub(crate) p90: SignedDuration,
}

/// The time that approvals of a deployment took, as a whole and over time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TimeToApprove {
    pub(crate) all: Taken,
    pub(crate) every: Every,
    /// Oldest first, those without an approval left out.
    pub(crate) periods: Vec<Period>,
}

/// The approvals that were opened in a day, week, month or year, in UTC.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Period {
    /// Number of periods after the first.
    pub(crate) place: i64,
    /// Its first day.
    pub(crate) from: Date,
    pub(crate) taken: Taken,
}

/// Length of a period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Every {
    Day,
    /// From Monday on.
    Week,
    Month,
    Year,
}

impl Taken {
    /// `None` where there are none.
    fn of(mut times: Vec<SignedDuration>) -> Option<Self> {
        times.sort_unstable();
        let count = times.len();
        let (lower, upper) = (times.get(count.checked_sub(1)? / 2)?, times.get(count / 2)?);
        let p90 = *times.get((count * 9).div_ceil(10) - 1)?;
        Some(Self { count, median: (*lower + *upper) / 2, p90 })
    }
}

impl TimeToApprove {
    /// Times of those of `approvals` that were approved; `None`: none was.
    pub(crate) fn of(approvals: &[ApprovalSummary]) -> Option<Self> {
        let approved: Vec<(Timestamp, SignedDuration)> = approvals
            .iter()
            .filter_map(|approval| {
                let at = approval.status.approved_at()?;
                Some((approval.opened_at, at.duration_since(approval.opened_at)))
            })
            .collect();
        let all = Taken::of(approved.iter().map(|(_, took)| *took).collect())?;
        let opened = || approved.iter().map(|(opened, _)| *opened);
        let (oldest, newest) = (opened().min()?, opened().max()?);
        let every = Every::ALL
            .into_iter()
            .find(|every| every.number(newest) - every.number(oldest) < MOST_PERIODS)
            .unwrap_or(Every::Year);
        let mut by_number: BTreeMap<i64, Vec<SignedDuration>> = BTreeMap::new();
        for (opened, took) in &approved {
            by_number.entry(every.number(*opened)).or_default().push(*took);
        }
        let first = every.number(oldest);
        let period = |(number, times)| {
            Some(Period { place: number - first, from: every.first_day(number)?, taken: Taken::of(times)? })
        };
        Some(Self { all, every, periods: by_number.into_iter().filter_map(period).collect() })
    }
}

impl Every {
    const ALL: [Self; 4] = [Self::Day, Self::Week, Self::Month, Self::Year];

    /// The number of the period that `at` is in, counted through.
    fn number(self, at: Timestamp) -> i64 {
        let day = at.to_zoned(TimeZone::UTC).date();
        let (year, month) = (i64::from(day.year()), i64::from(day.month()));
        match self {
            Self::Day => days(day),
            Self::Week => days(day).div_euclid(7),
            Self::Month => year * 12 + month - 1,
            Self::Year => year,
        }
    }

    /// The first day of the period with this number.
    fn first_day(self, number: i64) -> Option<Date> {
        let first_of =
            |year: i64, month: i64| Date::new(i16::try_from(year).ok()?, i8::try_from(month).ok()?, 1).ok();
        match self {
            Self::Day => monday().checked_add(Span::new().days(number)).ok(),
            Self::Week => monday().checked_add(Span::new().weeks(number)).ok(),
            Self::Month => first_of(number.div_euclid(12), number.rem_euclid(12) + 1),
            Self::Year => first_of(number, 1),
        }
    }
}

/// A Monday to count days and weeks from.
fn monday() -> Date {
    date(1970, 1, 5)
}

fn days(day: Date) -> i64 {
    day.duration_since(monday()).as_hours() / 24
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    fn taken(seconds: &[i64]) -> Option<(i64, i64)> {
        let taken = Taken::of(seconds.iter().map(|seconds| SignedDuration::from_secs(*seconds)).collect())?;
        assert_eq!(taken.count, seconds.len());
        Some((taken.median.as_secs(), taken.p90.as_secs()))
    }

    #[test]
    fn the_median_and_the_ninth_tenth() {
        assert_eq!(taken(&[]), None);
        assert_eq!(taken(&[7]), Some((7, 7)));
        assert_eq!(taken(&[30, 10]), Some((20, 30)));
        assert_eq!(taken(&[3, 1, 2]), Some((2, 3)));
        assert_eq!(taken(&[10, 1, 2, 3, 4, 5, 6, 7, 8, 9]), Some((5, 9)));
        assert_eq!(taken(&(1..=100).collect::<Vec<_>>()), Some((50, 90)));
        assert_eq!(taken(&(1..=11).collect::<Vec<_>>()), Some((6, 10)));
    }

    fn periods(opened: &[&str]) -> (Every, Vec<String>) {
        let taken: Vec<_> = opened.iter().map(|at| (at.parse().unwrap(), 60)).collect();
        let time = TimeToApprove::of(&sample::approved_after(&taken)).unwrap();
        let shown = |period: &Period| format!("{} {} {}", period.place, period.from, period.taken.count);
        (time.every, time.periods.iter().map(shown).collect())
    }

    #[test]
    fn periods_are_as_short_as_a_dozen_of_them_allow() {
        assert_eq!(
            periods(&["2026-11-23T23:59:59Z", "2026-11-12T00:00:00Z", "2026-11-23T00:00:00Z"]),
            (Every::Day, vec!["0 2026-11-12 1".to_owned(), "11 2026-11-23 2".to_owned()])
        );
        // A Sunday belongs to the week of the Monday before it.
        assert_eq!(
            periods(&["2026-11-22T10:00:00Z", "2026-11-23T10:00:00Z", "2026-09-07T00:00:00Z"]),
            (
                Every::Week,
                ["0 2026-09-07 1", "10 2026-11-16 1", "11 2026-11-23 1"].map(str::to_owned).to_vec()
            )
        );
        assert_eq!(
            periods(&["2026-11-30T10:00:00Z", "2025-12-31T10:00:00Z"]),
            (Every::Month, ["0 2025-12-01 1", "11 2026-11-01 1"].map(str::to_owned).to_vec())
        );
        assert_eq!(
            periods(&["2026-11-30T10:00:00Z", "2025-11-30T10:00:00Z"]),
            (Every::Year, ["0 2025-01-01 1", "1 2026-01-01 1"].map(str::to_owned).to_vec())
        );
    }

    #[test]
    fn only_what_was_approved_counts() {
        let time = TimeToApprove::of(&sample::recorded()).unwrap();
        assert_eq!((time.all.count, time.all.median), (1, SignedDuration::from_mins(4)));
        let mut none = sample::recorded();
        none.retain(|approval| !approval.status.is_approved());
        assert_eq!(TimeToApprove::of(&none), None);
    }
}
