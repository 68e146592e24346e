//! Time zones as people call them.

use signoff_core::freeze::time_zones;
use strsim::osa_distance;

/// Abbreviations that people write, each with a zone that they mean. The database has some of them, as zones
/// without summer time or whose summer time is the past's: `EST` is five hours behind all year round.
const ABBREVIATIONS: [(&str, &str); 33] = [
    ("CENTRAL EUROPEAN", "Europe/Berlin"),
    ("PST", "America/Los_Angeles"),
    ("PDT", "America/Los_Angeles"),
    ("PT", "America/Los_Angeles"),
    ("PACIFIC", "America/Los_Angeles"),
    ("MOUNTAIN", "America/Denver"),
    ("CENTRAL", "America/Chicago"),
    ("EASTERN", "America/New_York"),
    ("MST", "America/Denver"),
    ("MDT", "America/Denver"),
    ("MT", "America/Denver"),
    ("CST", "America/Chicago"),
    ("CDT", "America/Chicago"),
    ("CT", "America/Chicago"),
    ("EST", "America/New_York"),
    ("EDT", "America/New_York"),
    ("ET", "America/New_York"),
    ("BST", "Europe/London"),
    ("WET", "Europe/Lisbon"),
    ("WEST", "Europe/Lisbon"),
    ("CET", "Europe/Berlin"),
    ("CEST", "Europe/Berlin"),
    ("MET", "Europe/Berlin"),
    ("MEZ", "Europe/Berlin"),
    ("EET", "Europe/Athens"),
    ("EEST", "Europe/Athens"),
    ("MSK", "Europe/Moscow"),
    ("IST", "Asia/Kolkata"),
    ("SGT", "Asia/Singapore"),
    ("HKT", "Asia/Hong_Kong"),
    ("JST", "Asia/Tokyo"),
    ("AEST", "Australia/Sydney"),
    ("AEDT", "Australia/Sydney"),
];
/// Cities without a zone of their own, each with that of their country.
const CITIES: [(&str, &str); 23] = [
    ("ATLANTA", "America/New_York"),
    ("AUSTIN", "America/Chicago"),
    ("BANGALORE", "Asia/Kolkata"),
    ("BARCELONA", "Europe/Madrid"),
    ("BEIJING", "Asia/Shanghai"),
    ("BENGALURU", "Asia/Kolkata"),
    ("BOSTON", "America/New_York"),
    ("COLOGNE", "Europe/Berlin"),
    ("DALLAS", "America/Chicago"),
    ("DELHI", "Asia/Kolkata"),
    ("FRANKFURT", "Europe/Berlin"),
    ("GENEVA", "Europe/Zurich"),
    ("HAMBURG", "Europe/Berlin"),
    ("HOUSTON", "America/Chicago"),
    ("MIAMI", "America/New_York"),
    ("MILAN", "Europe/Rome"),
    ("MUMBAI", "Asia/Kolkata"),
    ("MUNICH", "Europe/Berlin"),
    ("NEW DELHI", "Asia/Kolkata"),
    ("SAN FRANCISCO", "America/Los_Angeles"),
    ("SEATTLE", "America/Los_Angeles"),
    ("WASHINGTON", "America/New_York"),
    ("WIEN", "Europe/Vienna"),
];
/// Words for the zone of the machine that reads them.
const NO_PLACES: [&str; 6] = ["LOCAL", "LOCALTIME", "SYSTEM", "DEFAULT", "SERVER", "HOST"];
/// Fewest letters of a name that others may be alike to.
const SHORTEST: usize = 5;
/// Most letters that are wrong in a name.
const MOST_WRONG: usize = 2;

/// The zone that an abbreviation stands for.
pub(super) fn abbreviated(text: &str) -> Option<&'static str> {
    look_up(&ABBREVIATIONS, &text.to_ascii_uppercase())
}

/// The zone of `Pacific Standard Time`, or of `America/PST`.
pub(super) fn written_out(text: &str) -> Option<&'static str> {
    let name = last_part(text);
    let name = [" STANDARD TIME", " DAYLIGHT TIME", " SUMMER TIME", " TIME"]
        .iter()
        .find_map(|end| name.strip_suffix(end))
        .unwrap_or(&name);
    look_up(&ABBREVIATIONS, name)
}

/// Number of hours that `UTC+2` or `+02:00` is ahead of UTC.
pub(super) fn hours_ahead(text: &str) -> Option<i8> {
    let upper = text.trim().to_ascii_uppercase();
    let offset = ["UTC", "GMT"].iter().find_map(|name| upper.strip_prefix(name)).unwrap_or(&upper).trim();
    let is_signed = offset.starts_with(['+', '-']);
    let hours = offset.strip_suffix(":00").unwrap_or(offset);
    hours.parse().ok().filter(|hours: &i8| is_signed && hours.abs() <= 12)
}

/// The zone that a name which is none is meant for, where its offset is sure to be that of what is meant: its
/// city, a city without a zone, or one with a letter or two wrong.
pub(super) fn meant(text: &str) -> Option<String> {
    let city = last_part(text);
    if NO_PLACES.contains(&city.as_str()) || city.contains(['+', '-']) && !text.contains('/') {
        return None;
    }
    if let Some(zone) = look_up(&CITIES, &city) {
        return Some(zone.to_owned());
    }
    let zones = time_zones();
    if let Some(zone) = zones.iter().find(|zone| zone.contains('/') && last_part(zone) == city) {
        return Some(zone.clone());
    }
    if city.chars().count() < SHORTEST {
        return None;
    }
    // In another part of the world, a city that is alike is hours away.
    let region = |zone: &str| zone.split_once('/').map(|(region, _)| region.to_ascii_uppercase());
    let own = region(text);
    let is_near = |zone: &&String| {
        let theirs = region(zone);
        own.is_none()
            || own
                .as_ref()
                .zip(theirs.as_ref())
                .is_some_and(|(own, theirs)| osa_distance(own, theirs) <= MOST_WRONG)
    };
    let distance = |zone: &&String| osa_distance(&last_part(zone), &city);
    let nearest = zones.iter().filter(is_near).min_by_key(distance)?;
    (distance(&nearest) <= MOST_WRONG).then(|| nearest.clone())
}

/// The name behind the last `/`, in capitals, with spaces between its words.
fn last_part(text: &str) -> String {
    text.rsplit('/').next().unwrap_or(text).replace('_', " ").trim().to_ascii_uppercase()
}

fn look_up(of: &[(&str, &'static str)], name: &str) -> Option<&'static str> {
    of.iter().find(|(known, _)| *known == name).map(|(_, zone)| *zone)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zone_that_is_named_is_the_one_that_is_meant() {
        for (text, zone) in [
            ("Pacific Time", "America/Los_Angeles"),
            ("Eastern Standard Time", "America/New_York"),
            ("America/PST", "America/Los_Angeles"),
            ("Central European Time", "Europe/Berlin"),
        ] {
            assert_eq!(written_out(text), Some(zone), "{text}");
        }
        for (text, zone) in [
            ("America/Seattle", Some("America/Los_Angeles")),
            ("America/San_Francisco", Some("America/Los_Angeles")),
            ("America/Washington", Some("America/New_York")),
            ("Asia/Mumbai", Some("Asia/Kolkata")),
            ("Europa/Wien", Some("Europe/Vienna")),
            ("Europe/Frankfurt", Some("Europe/Berlin")),
            ("Europa/Berlin", Some("Europe/Berlin")),
            ("Europe/Berln", Some("Europe/Berlin")),
            ("berlin", Some("Europe/Berlin")),
            ("America/Springfield", None),
            ("Asia/Pune", None),
            ("local", None),
            ("UTC+2", None),
        ] {
            assert_eq!(meant(text).as_deref(), zone, "{text}");
        }
        for (text, hours) in [
            ("UTC+2", Some(2)),
            ("gmt -5", Some(-5)),
            ("+02:00", Some(2)),
            ("UTC+05:30", None),
            ("UTC", None),
            ("2", None),
        ] {
            assert_eq!(hours_ahead(text), hours, "{text}");
        }
    }
}
