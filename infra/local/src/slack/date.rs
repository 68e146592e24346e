//! Slack's date tokens, in a reader's time zone.

use super::mrkdwn::Date;
use jiff::Timestamp;
use jiff::civil;
use jiff::tz::TimeZone;

/// Reader of a date: their time zone, and the time at which they read.
#[derive(Clone, Debug)]
pub struct Reader {
    /// Their time zone.
    pub zone: TimeZone,
    /// The time at which they read.
    pub now: Timestamp,
}

/// The date as the reader sees it. Like Slack it leaves the year out when it is this year; the clock has 24
/// hours, as in the seed's pictures (Slack follows the reader's preference). A format with an unknown token
/// shows the fallback.
pub fn shown(date: &Date, reader: &Reader) -> String {
    let Ok(at) = Timestamp::from_second(date.seconds) else { return date.fallback.clone() };
    let at = at.to_zoned(reader.zone.clone());
    let today = reader.now.to_zoned(reader.zone.clone()).date();
    let mut shown = String::new();
    let mut rest = date.format.as_str();
    while let Some(open) = rest.find('{') {
        let Some(close) = rest.get(open..).and_then(|tail| tail.find('}')).map(|length| open + length) else {
            return date.fallback.clone();
        };
        shown.push_str(rest.get(..open).unwrap_or_default());
        let token = rest.get(open + 1..close).unwrap_or_default();
        let Some(value) = value(token, at.datetime(), today, reader.now.as_second() - date.seconds) else {
            return date.fallback.clone();
        };
        shown.push_str(&value);
        rest = rest.get(close + 1..).unwrap_or_default();
    }
    shown + rest
}

fn value(token: &str, at: civil::DateTime, today: civil::Date, seconds_ago: i64) -> Option<String> {
    let day = at.date();
    let year = if day.year() == today.year() { String::new() } else { format!(", {}", day.year()) };
    let long = |pattern: &str| format!("{}{year}", day.strftime(pattern)).replace("{}", &ordinal(day.day()));
    let pretty = |otherwise: &str| {
        if today == day {
            Some("today".to_owned())
        } else if day.tomorrow().is_ok_and(|next| next == today) {
            Some("yesterday".to_owned())
        } else if today.tomorrow().is_ok_and(|next| next == day) {
            Some("tomorrow".to_owned())
        } else {
            value(otherwise, at, today, seconds_ago)
        }
    };
    Some(match token {
        "date_num" => day.strftime("%Y-%m-%d").to_string(),
        "date_slash" => day.strftime("%d/%m/%Y").to_string(),
        "date" => long("%B {}"),
        "date_short" => long("%b %-d"),
        "date_long" => long("%A, %B {}"),
        "date_long_full" => long("%B %-d"),
        "date_pretty" => return pretty("date"),
        "date_short_pretty" => return pretty("date_short"),
        "date_long_pretty" => return pretty("date_long"),
        "time" => at.strftime("%H:%M").to_string(),
        "time_secs" => at.strftime("%H:%M:%S").to_string(),
        "ago" => ago(seconds_ago),
        _ => return None,
    })
}

fn ordinal(day: i8) -> String {
    let ending = match day {
        1 | 21 | 31 => "st",
        2 | 22 => "nd",
        3 | 23 => "rd",
        _ => "th",
    };
    format!("{day}{ending}")
}

fn ago(seconds: i64) -> String {
    let (count, unit) = match seconds.abs() {
        0..60 => (seconds.abs(), "second"),
        60..3600 => (seconds.abs() / 60, "minute"),
        3600..86_400 => (seconds.abs() / 3600, "hour"),
        _ => (seconds.abs() / 86_400, "day"),
    };
    let plural = if count == 1 { "" } else { "s" };
    if seconds < 0 { format!("in {count} {unit}{plural}") } else { format!("{count} {unit}{plural} ago") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(format: &str, now: &str) -> String {
        let date = Date {
            seconds: "2021-05-11T09:42:00Z".parse::<Timestamp>().unwrap().as_second(),
            format: format.to_owned(),
            link: None,
            fallback: "fallback".to_owned(),
        };
        let zone = TimeZone::fixed(jiff::tz::offset(2));
        shown(&date, &Reader { zone, now: now.parse().unwrap() })
    }

    #[test]
    fn the_tokens() {
        let this_year = "2021-12-31T00:00:00Z";
        for (format, expected) in [
            ("{date} at {time}", "May 11th at 11:42"),
            ("{date_long}", "Tuesday, May 11th"),
            ("{date_short}, {time_secs}", "May 11, 11:42:00"),
            ("{date_num}", "2021-05-11"),
            ("{date_pretty}", "May 11th"),
            ("{date_unknown}", "fallback"),
            ("{date", "fallback"),
            ("no token", "no token"),
        ] {
            assert_eq!(read(format, this_year), expected, "{format}");
        }
        assert_eq!(read("{date}", "2022-01-01T00:00:00Z"), "May 11th, 2021");
        assert_eq!(read("{date_short}", "2022-01-01T00:00:00Z"), "May 11, 2021");
        assert_eq!(read("{date_pretty} at {time}", "2021-05-11T20:00:00Z"), "today at 11:42");
        assert_eq!(read("{date_long_pretty}", "2021-05-11T23:00:00Z"), "yesterday");
        assert_eq!(read("{date_short_pretty}", "2021-05-10T10:00:00Z"), "tomorrow");
        assert_eq!(read("{ago}", "2021-05-11T09:45:00Z"), "3 minutes ago");
        assert_eq!(read("{ago}", "2021-05-11T08:42:00Z"), "in 1 hour");
    }
}
