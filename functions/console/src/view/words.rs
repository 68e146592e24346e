//! Words for what the record says of people, that the pages and the timeline share.

use approval::approval::{Choice, Standing, Verdict};
use jiff::{SignedDuration, Timestamp};

/// To `approve` or `reject`.
pub(crate) fn choice(choice: Choice) -> &'static str {
    match choice {
        Choice::Approve => "approve",
        Choice::Reject => "reject",
    }
}

/// What an account was.
pub(crate) fn standing(standing: Standing) -> &'static str {
    match standing {
        Standing::Member => "a member of the workspace",
        Standing::Deactivated => "a deactivated account",
        Standing::Guest => "a guest of the workspace",
        Standing::Stranger => "somebody of another workspace",
        Standing::Bot => "a program",
    }
}

/// Whether somebody may vote, and why not, as a clause.
pub(crate) fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Eligible => "they may vote",
        Verdict::Deactivated => "their account is deactivated",
        Verdict::Guest => "they are a guest of the workspace",
        Verdict::Stranger => "they are of another workspace",
        Verdict::Bot => "it is a program",
        Verdict::NotNamed => "they are not among those who may vote",
        Verdict::OwnChange => "it is their own change",
    }
}

/// What the account of somebody who clicked was, as a sentence.
pub(crate) fn account(account: Option<Standing>) -> String {
    account.map_or_else(
        || "At the click: not known, as Slack did not say in time.".to_owned(),
        |account| format!("At the click: {}.", standing(account)),
    )
}

/// A name in quotation marks.
pub(crate) fn quoted(name: &str) -> String {
    format!("\u{201c}{name}\u{201d}")
}

/// What somebody said, as the end of a sentence.
pub(crate) fn said(text: &str) -> String {
    let end = if text.ends_with(['.', '!', '?', '\u{2026}']) { "" } else { "." };
    format!("{}{end}", quoted(text))
}

/// `text` as the end of a sentence.
pub(crate) fn sentence(text: &str) -> String {
    let text = text.trim_end();
    if text.ends_with(['.', '!', '?', '\u{2026}']) { text.to_owned() } else { format!("{text}.") }
}

/// A time within a text.
pub(crate) fn when(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d at %H:%M UTC").to_string()
}

/// How long something took, in its two largest units: `12 minutes`, `2 hours 5 minutes`.
pub(crate) fn took(duration: SignedDuration) -> String {
    let seconds = duration.as_secs().max(0);
    let units = [
        (seconds / 86_400, "day"),
        (seconds / 3_600 % 24, "hour"),
        (seconds / 60 % 60, "minute"),
        (seconds % 60, "second"),
    ];
    let largest = units.iter().position(|(count, _)| *count > 0).unwrap_or(units.len() - 1);
    let shown = units.iter().skip(largest).take(if largest < 2 { 2 } else { 1 });
    let words = shown.filter(|(count, unit)| *count > 0 || *unit == "second");
    let words = words.map(|(count, unit)| format!("{count} {unit}{}", if *count == 1 { "" } else { "s" }));
    words.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_long_something_took() {
        for (seconds, words) in [
            (-5, "0 seconds"),
            (0, "0 seconds"),
            (1, "1 second"),
            (59, "59 seconds"),
            (60, "1 minute"),
            (12 * 60 + 40, "12 minutes"),
            (3_600, "1 hour"),
            (2 * 3_600 + 5 * 60 + 1, "2 hours 5 minutes"),
            (86_400 + 59 * 60, "1 day"),
            (3 * 86_400 + 4 * 3_600, "3 days 4 hours"),
        ] {
            assert_eq!(took(SignedDuration::from_secs(seconds)), words);
        }
    }
}
