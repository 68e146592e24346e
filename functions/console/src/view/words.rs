//! Words for what the record says of people, that the pages and the timeline share.

use jiff::{SignedDuration, Timestamp};
use signoff_core::approval::{Choice, Standing, Verdict};

/// To `approve` or `reject`.
pub(crate) fn choice(choice: Choice) -> &'static str {
    match choice {
        Choice::Approve => "approve",
        Choice::Reject => "reject",
    }
}

/// Standing of an account, in words.
pub(crate) fn standing(standing: Standing) -> &'static str {
    match standing {
        Standing::Member => "a member of the workspace",
        Standing::Deactivated => "a deactivated account",
        Standing::Guest => "a guest of the workspace",
        Standing::Stranger => "somebody from another workspace",
        Standing::Bot => "a program",
    }
}

/// Verdict on somebody as a clause: they may vote, or why not.
pub(crate) fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Eligible => "they can vote",
        Verdict::Deactivated => "their account is deactivated",
        Verdict::Guest => "they are a guest of the workspace",
        Verdict::Stranger => "they are in another workspace",
        Verdict::Bot => "it is a bot",
        Verdict::NotNamed => "they are not an approver",
        Verdict::OwnWord => "nobody else confirmed what they said on the page People about who made this",
        Verdict::OwnChange => "it is their own change",
        Verdict::SetTheBase => "they set the base of the change",
        Verdict::BaseMoved => "another revision was approved since, so the change is different now",
    }
}

/// Standing at the click of the account of somebody who clicked, as a sentence.
pub(crate) fn account(account: Option<Standing>) -> String {
    account.map_or_else(
        || "When voting: unknown, because Slack didn\u{2019}t answer in time.".to_owned(),
        |account| format!("When voting: {}.", standing(account)),
    )
}

/// A name in quotation marks.
pub(crate) fn quoted(name: &str) -> String {
    format!("\u{201c}{name}\u{201d}")
}

/// Words of somebody, as the end of a sentence.
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

/// Length of a time in its two largest units.
pub(crate) fn lasted(time: SignedDuration) -> String {
    let seconds = time.as_secs().max(0);
    let units = [
        (seconds / 86_400, "day"),
        (seconds / 3600 % 24, "h"),
        (seconds / 60 % 60, "min"),
        (seconds % 60, "s"),
    ];
    let first = units.iter().position(|(count, _)| *count > 0).unwrap_or(units.len() - 1);
    let shown =
        units[first..].iter().take(2).enumerate().filter(|(place, (count, _))| *place == 0 || *count > 0);
    let shown = shown.map(|(_, (count, unit))| match (*unit, count) {
        ("day", count) if *count != 1 => format!("{count} days"),
        (unit, count) => format!("{count} {unit}"),
    });
    shown.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_long_something_lasted() {
        for (seconds, shown) in [
            (-1, "0 s"),
            (0, "0 s"),
            (59, "59 s"),
            (60, "1 min"),
            (61, "1 min 1 s"),
            (3600, "1 h"),
            (3660, "1 h 1 min"),
            (86_400, "1 day"),
            (2 * 86_400 + 59, "2 days"),
            (90_000, "1 day 1 h"),
        ] {
            assert_eq!(lasted(SignedDuration::from_secs(seconds)), shown);
        }
    }
}
