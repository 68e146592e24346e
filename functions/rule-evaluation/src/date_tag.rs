//! Tags that are dates. Their names could be the beginning of a SHA as well.

use jiff::civil::Date;

/// True if `name` is a date of this century, as tags of releases have it: `20261130`, `202611` or `2026`.
pub(crate) fn is_date(name: &str) -> bool {
    if !name.starts_with("20") || !name.bytes().all(|byte| byte.is_ascii_digit()) {
        return false;
    }
    let of = |year: &str, month: &str, day: &str| {
        let (Ok(year), Ok(month), Ok(day)) = (year.parse(), month.parse(), day.parse()) else { return false };
        Date::new(year, month, day).is_ok()
    };
    match name.len() {
        4 => true,
        6 => of(&name[..4], &name[4..], "1"),
        8 => of(&name[..4], &name[4..6], &name[6..]),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::is_date;

    #[test]
    fn date_is_told_from_other_numbers() {
        for name in ["20261130", "20280229", "202611", "2026"] {
            assert!(is_date(name), "{name}");
        }
        let others = ["20261131", "20270229", "202613", "202600", "1042", "19991231", "2026113", "20261130a"];
        for name in others.into_iter().chain(["2026-1", "20", ""]) {
            assert!(!is_date(name), "{name}");
        }
    }
}
