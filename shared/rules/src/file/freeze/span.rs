//! Freezes that leave no time, or none for many years.

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use signoff_core::freeze::{Dates, Day, Freeze, Hours, MIDNIGHT, zone_offset};

/// Most years that a window is likely to be meant for.
const LONGEST_YEARS: i16 = 10;
const DAY: i64 = MIDNIGHT as i64;
const WEEK: i64 = 7 * DAY;
/// The start of the year whose months are looked at, 2026: zones that change their clock do so every year.
const YEAR: Timestamp = Timestamp::constant(1_767_225_600, 0);

/// True if a window is open all day and on every day of its dates.
pub(super) fn is_whole(days: &[Day], hours: Option<Hours>) -> bool {
    (days.is_empty() || Day::ALL.iter().all(|day| days.contains(day)))
        && hours.is_none_or(|hours| hours.from == 0 && hours.to == MIDNIGHT)
}

/// The last day of dates that follow on each other for longer than anybody means; `None`: none do.
pub(super) fn long_until(dates: &[Dates]) -> Option<Date> {
    let mut ranges: Vec<(Date, Date)> = dates.iter().map(|dates| (dates.first, dates.last)).collect();
    ranges.sort_unstable();
    let mut joined: Vec<(Date, Date)> = Vec::new();
    for (first, last) in ranges {
        match joined.last_mut() {
            Some((_, end)) if end.tomorrow().map_or(true, |next| first <= next) => *end = last.max(*end),
            Some(_) | None => joined.push((first, last)),
        }
    }
    joined.into_iter().find(|(first, last)| last.year() - first.year() > LONGEST_YEARS).map(|(_, last)| last)
}

/// True if windows that open every week are open at every minute of it, in summer and in winter.
pub(super) fn never_ends(windows: &[Freeze]) -> bool {
    let weekly: Vec<&Freeze> = windows.iter().filter(|window| window.dates.is_empty()).collect();
    let month = |month: i64| YEAR + SignedDuration::from_hours(30 * 24 * month);
    !weekly.is_empty() && (0..12).all(|number| is_closed_week(&weekly, month(number)))
}

/// True if every minute of a week in UTC is in a window, by the clocks of `at`.
fn is_closed_week(windows: &[&Freeze], at: Timestamp) -> bool {
    let mut free = vec![true; usize::try_from(WEEK).unwrap_or_default()];
    for window in windows {
        let ahead = zone_offset(&window.time_zone, at).as_mins();
        let (from, to) = window.hours.map_or((0, DAY), |hours| (hours.from.into(), hours.to.into()));
        let to = if to > from { to } else { to + DAY };
        for (start, _) in (0..)
            .step_by(usize::from(MIDNIGHT))
            .zip(Day::ALL)
            .filter(|(_, day)| window.days.is_empty() || window.days.contains(day))
        {
            for minute in from..to {
                let index = usize::try_from((start + minute - ahead).rem_euclid(WEEK)).unwrap_or_default();
                if let Some(free) = free.get_mut(index) {
                    *free = false;
                }
            }
        }
    }
    !free.contains(&true)
}
