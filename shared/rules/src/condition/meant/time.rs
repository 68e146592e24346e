//! Times and truths as people and other systems write them.

use crate::condition::parse_duration;

/// A time as people write it (`5 minutes`) as a condition has it (`5m`).
pub(crate) fn meant_time(text: &str) -> Option<String> {
    let lower = text.trim().to_lowercase();
    // `PT1H30M`, as ISO 8601 has it.
    let mut rest = match lower.strip_prefix('p') {
        Some(iso) => iso.replace('t', ""),
        None => lower,
    };
    let mut parts = Vec::new();
    while !rest.is_empty() {
        let is_number = |c: char| c.is_ascii_digit() || c == '.';
        let number = rest.len() - rest.trim_start_matches(is_number).len();
        let (number, behind) = rest.split_at(number);
        let behind = behind.trim_start_matches([' ', '-', '_']);
        let unit = behind.find(|c: char| !c.is_alphabetic()).unwrap_or(behind.len());
        let (unit, behind) = behind.split_at(unit);
        parts.push((number.to_owned(), unit_of(unit)?));
        let behind = behind.trim_start_matches(['.', ',', ' ']);
        rest = behind.strip_prefix("and ").unwrap_or(behind).to_owned();
    }
    match parts.as_slice() {
        [(number, unit)] if !number.contains('.') && *unit != 'w' => {
            let time = format!("{number}{unit}");
            parse_duration(&time).map(|_| time)
        }
        _ => in_one_unit(&parts),
    }
}

/// The truth that a text or number stands for elsewhere.
pub(crate) fn meant_truth(text: &str) -> Option<bool> {
    match text.trim().to_ascii_lowercase().as_str() {
        "yes" | "y" | "on" | "1" | "true" => Some(true),
        "no" | "n" | "off" | "0" | "false" => Some(false),
        _ => None,
    }
}

/// The sum of numbers with their units in the largest unit of which it is a whole number.
fn in_one_unit(parts: &[(String, char)]) -> Option<String> {
    const UNITS: [(char, u64); 4] = [('d', 86_400), ('h', 3600), ('m', 60), ('s', 1)];
    let mut seconds = 0_u64;
    for (number, unit) in parts {
        let (whole, part) = number.split_once('.').unwrap_or((number, "0"));
        let of_unit = match unit {
            'w' => 7 * 86_400,
            _ => UNITS.iter().find(|(name, _)| name == unit).map(|(_, seconds)| *seconds)?,
        };
        let decimals = 10_u64.checked_pow(u32::try_from(part.len()).ok()?)?;
        let part = part.parse::<u64>().ok()?.checked_mul(of_unit)?;
        if part % decimals != 0 {
            return None;
        }
        let whole = whole.parse::<u64>().ok()?.checked_mul(of_unit)?;
        seconds = seconds.checked_add(whole)?.checked_add(part / decimals)?;
    }
    let (unit, of_unit) =
        UNITS.into_iter().find(|(_, of_unit)| seconds > 0 && seconds.is_multiple_of(*of_unit))?;
    Some(format!("{}{unit}", seconds / of_unit))
}

pub(super) fn unit_of(word: &str) -> Option<char> {
    match word {
        "s" | "sec" | "secs" | "second" | "seconds" => Some('s'),
        "m" | "min" | "mins" | "minute" | "minutes" => Some('m'),
        "h" | "hr" | "hrs" | "hour" | "hours" => Some('h'),
        "d" | "day" | "days" => Some('d'),
        "w" | "wk" | "wks" | "week" | "weeks" => Some('w'),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_as_people_write_it_gets_its_unit() {
        for (text, expected) in [
            ("5 minutes", Some("5m")),
            ("2 Hours", Some("2h")),
            ("30sec", Some("30s")),
            ("1-day", Some("1d")),
            ("5", None),
            ("soon", None),
            ("1.5h", Some("90m")),
            ("1h30m", Some("90m")),
            ("1h 30 min", Some("90m")),
            ("2 hours and 30 seconds", Some("7230s")),
            ("1w", Some("7d")),
            ("PT5M", Some("5m")),
            ("P1DT12H", Some("36h")),
            ("1.00001h", None),
            ("-5m", None),
            ("5-10m", None),
            ("5–10m", None),
            ("h", None),
            ("", None),
        ] {
            assert_eq!(meant_time(text).as_deref(), expected, "{text}");
        }
    }
}
