//! Freeze windows: the times at which they are open, and at which they end.

use crate::samples::window;
use jiff::civil::{Date, date};
use jiff::tz::{TimeZone, TimeZoneDatabase};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use signoff_core::freeze::{
    Dates, Day, Freeze, Hours, MIDNIGHT, hold, names, next_opening, time_zone, time_zones,
};

const BERLIN: &str = "Europe/Berlin";
const MINUTE: SignedDuration = SignedDuration::from_mins(1);

fn hours(from: u16, to: u16) -> Freeze {
    Freeze { hours: Some(Hours { from: from * 60, to: to * 60 }), ..window("nights", BERLIN) }
}

fn on(days: &[Day], freeze: Freeze) -> Freeze {
    Freeze { days: days.to_vec(), ..freeze }
}

fn between(first: Date, last: Date) -> Freeze {
    Freeze { dates: vec![Dates { first, last }], ..window("holidays", BERLIN) }
}

fn weekend() -> Freeze {
    on(&[Day::Sat, Day::Sun], window("weekend", BERLIN))
}

fn time(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

#[test]
fn a_freeze_ends_when_no_window_is_open_any_more() {
    let friday = || on(&[Day::Fri], hours(16, 24));
    let christmas = || between(date(2026, 12, 20), date(2027, 1, 3));
    for (windows, at, until) in [
        // Whole days, in the zone's own time: Berlin is an hour ahead of UTC in winter, two in summer.
        (vec![weekend()], "2026-11-20T22:59:59Z", None),
        (vec![weekend()], "2026-11-20T23:00:00Z", Some("2026-11-22T23:00:00Z")),
        (vec![weekend()], "2026-11-22T22:59:59.999Z", Some("2026-11-22T23:00:00Z")),
        (vec![weekend()], "2026-11-22T23:00:00Z", None),
        (vec![weekend()], "2026-06-12T22:00:00Z", Some("2026-06-14T22:00:00Z")),
        // Hours, which begin with their first minute and end before their last.
        (vec![hours(9, 17)], "2026-11-23T07:59:59Z", None),
        (vec![hours(9, 17)], "2026-11-23T08:00:00Z", Some("2026-11-23T16:00:00Z")),
        (vec![hours(9, 17)], "2026-11-23T16:00:00Z", None),
        // Across midnight, the window belongs to the day on which it begins.
        (vec![hours(22, 6)], "2026-11-23T21:00:00Z", Some("2026-11-24T05:00:00Z")),
        (vec![hours(22, 6)], "2026-11-24T04:59:00Z", Some("2026-11-24T05:00:00Z")),
        (vec![on(&[Day::Mon], hours(22, 6))], "2026-11-23T04:00:00Z", None),
        (vec![on(&[Day::Mon], hours(22, 6))], "2026-11-24T04:00:00Z", Some("2026-11-24T05:00:00Z")),
        (vec![on(&[Day::Mon], hours(22, 0))], "2026-11-23T22:30:00Z", Some("2026-11-23T23:00:00Z")),
        // Windows that adjoin or overlap are one.
        (vec![friday(), weekend()], "2026-11-20T15:00:00Z", Some("2026-11-22T23:00:00Z")),
        (vec![weekend(), hours(20, 8)], "2026-11-20T19:00:00Z", Some("2026-11-23T07:00:00Z")),
        (vec![weekend(), christmas()], "2026-12-19T12:00:00Z", Some("2027-01-03T23:00:00Z")),
        // Dates, both ends of a range included.
        (vec![christmas()], "2026-12-19T22:59:00Z", None),
        (vec![christmas()], "2026-12-19T23:00:00Z", Some("2027-01-03T23:00:00Z")),
        (
            vec![between(date(2026, 12, 24), date(2026, 12, 24))],
            "2026-12-24T12:00:00Z",
            Some("2026-12-24T23:00:00Z"),
        ),
        // Everything that a window says has to be so.
        (vec![on(&[Day::Fri], christmas())], "2026-12-24T12:00:00Z", None),
        (vec![on(&[Day::Fri], christmas())], "2026-12-25T12:00:00Z", Some("2026-12-25T23:00:00Z")),
        // In spring 02:00 is 03:00: the window is an hour shorter. In autumn 03:00 is 02:00: an hour longer.
        (vec![hours(1, 4)], "2026-03-29T00:00:00Z", Some("2026-03-29T02:00:00Z")),
        (vec![hours(1, 4)], "2026-10-24T23:00:00Z", Some("2026-10-25T03:00:00Z")),
        // An hour that is not there is skipped; one that is there twice is frozen twice.
        (vec![hours(2, 3)], "2026-03-29T00:59:00Z", None),
        (vec![hours(2, 3)], "2026-03-29T01:00:00Z", None),
        (vec![hours(2, 3)], "2026-10-25T00:30:00Z", Some("2026-10-25T02:00:00Z")),
        // What never ends is looked at again after a year.
        (vec![window("always", "UTC")], "2026-11-23T08:00:00Z", Some("2027-11-24T08:00:00Z")),
        (vec![], "2026-11-23T08:00:00Z", None),
    ] {
        let held = hold(&windows, time(at));
        assert_eq!(held.map(|hold| hold.until), until.map(time), "{at} {windows:?}");
    }
    let twice = Freeze { hours: Some(Hours { from: 120, to: 150 }), ..window("half an hour", BERLIN) };
    for (at, until) in
        [("2026-10-25T00:10:00Z", "2026-10-25T00:30:00Z"), ("2026-10-25T01:10:00Z", "2026-10-25T01:30:00Z")]
    {
        assert_eq!(hold(std::slice::from_ref(&twice), time(at)).map(|hold| hold.until), Some(time(until)));
    }
}

#[test]
fn who_holds_is_named() {
    let windows = [hours(9, 17), weekend(), on(&[Day::Fri], hours(16, 24)), hours(12, 13)];
    let held = hold(&windows, time("2026-11-20T16:00:00Z")).unwrap();
    // The other two are open on Saturday, too.
    assert_eq!(
        (held.windows.as_slice(), held.until),
        ([0, 1, 2, 3].as_slice(), time("2026-11-22T23:00:00Z"))
    );
    let held = hold(&windows, time("2026-11-23T15:00:00Z")).unwrap();
    assert_eq!(names(&windows, &held), "nights");
}

#[test]
fn the_next_freeze_is_found() {
    let opening = |windows: &[Freeze], at| next_opening(windows, time(at)).map(|at| at.to_string());
    let weekday = "2026-11-23T08:00:00Z";
    assert_eq!(opening(&[weekend()], weekday).as_deref(), Some("2026-11-27T23:00:00Z"));
    assert_eq!(opening(&[weekend(), hours(22, 6)], weekday).as_deref(), Some("2026-11-23T21:00:00Z"));
    assert_eq!(opening(&[weekend()], "2026-11-22T08:00:00Z").as_deref(), Some("2026-11-22T08:00:00Z"));
    assert_eq!(opening(&[between(date(2020, 1, 1), date(2020, 1, 2))], weekday), None);
    assert_eq!(opening(&[], weekday), None);
}

#[test]
fn a_window_reads_as_it_is_written() {
    let both = Freeze {
        days: vec![Day::Fri],
        hours: Some(Hours { from: 16 * 60 + 5, to: MIDNIGHT }),
        ..between(date(2026, 12, 20), date(2027, 1, 3))
    };
    assert_eq!(both.to_string(), "holidays (fri, 2026-12-20..2027-01-03, 16:05-24:00, Europe/Berlin)");
    assert_eq!(weekend().to_string(), "weekend (sat, sun, Europe/Berlin)");
}

#[test]
fn time_zones_are_those_of_the_database() {
    assert_eq!(time_zone("europe/berlin").as_deref(), Some("Europe/Berlin"));
    assert_eq!(time_zone("utc").as_deref(), Some("UTC"));
    assert_eq!((time_zone("Europe/Bern"), time_zone("CET+1"), time_zone("")), (None, None, None));
    assert!(time_zones().iter().all(|name| time_zone(name).is_some()) && time_zones().len() > 300);
}

prop_compose! {
    fn any_window()(
        days in prop::sample::subsequence(Day::ALL.to_vec(), 0..=6),
        hours in prop::option::of((0..MIDNIGHT, 0..=MIDNIGHT)),
        dates in prop::collection::vec((-3..40_i64, 0..3_i64), 0..3),
        // Zones that jump in the days below, by an hour and by half of one, at midnight, and one that never
        // does.
        zone in prop::sample::select(vec!["Europe/Berlin", "Australia/Lord_Howe", "America/Santiago", "UTC"]),
    ) -> Freeze {
        let day = |after: i64| date(2026, 3, 20).saturating_add(SignedDuration::from_hours(24 * after));
        let dates = dates.into_iter().map(|(from, more)| Dates { first: day(from), last: day(from + more) });
        let hours = hours.map(|(from, to)| Hours { from, to });
        Freeze { days, hours, dates: dates.collect(), ..window("any", zone) }
    }
}

/// True if a window is open at `at`: the clock on the wall stands in one that began today or yesterday.
fn is_open(window: &Freeze, zone: &TimeZone, at: Timestamp) -> bool {
    let local = zone.to_datetime(at);
    let Hours { from, to } = window.hours.unwrap_or(Hours { from: 0, to: MIDNIGHT });
    let to = if to <= from { to + MIDNIGHT } else { to };
    [local.date(), local.date().yesterday().expect("a date")].into_iter().any(|begins| {
        let minute = begins.at(0, 0, 0, 0).duration_until(local).as_mins();
        let day = Day::ALL[begins.weekday().to_monday_zero_offset() as usize];
        let dated = |dates: &Dates| dates.first <= begins && begins <= dates.last;
        (i64::from(from)..i64::from(to)).contains(&minute)
            && (window.days.is_empty() || window.days.contains(&day))
            && (window.dates.is_empty() || window.dates.iter().any(dated))
    })
}

proptest! {
    #[test]
    fn a_freeze_ends_at_the_first_minute_at_which_no_window_is_open(
        windows in prop::collection::vec(any_window(), 0..3),
        minutes in 0..30 * 24 * 60,
    ) {
        let zone = |window: &Freeze| TimeZoneDatabase::bundled().get(&window.time_zone).unwrap();
        let zones: Vec<_> = windows.iter().map(zone).collect();
        let first = time("2026-03-20T00:00:00Z") + MINUTE * minutes;
        let looked_at = 2 * 24 * 60;
        let find = |open| {
            let any = |at| windows.iter().zip(&zones).any(|(window, zone)| is_open(window, zone, at));
            (0..looked_at).map(|more| first + MINUTE * more).find(|at| any(*at) == open)
        };
        match (hold(&windows, first), find(false)) {
            (None, end) => prop_assert_eq!(end, Some(first)),
            (Some(held), Some(end)) => prop_assert_eq!(held.until, end),
            (Some(held), None) => prop_assert!(held.until >= first + MINUTE * looked_at),
        }
        match (next_opening(&windows, first), find(true)) {
            (opening, Some(found)) => prop_assert_eq!(opening, Some(found)),
            (opening, None) => prop_assert!(opening.is_none_or(|at| at >= first + MINUTE * looked_at)),
        }
    }
}
