//! Files with mistakes, by what they are about.

mod actions;
mod conditions;
mod files;
mod limits;
mod windows;

/// Sentences that are told of no row, and why.
pub(super) const ELSEWHERE: &[(&str, &str)] = &[];

/// A row: what is wrong, and what is right; empty where nobody has to follow the advice by hand.
type Pair = (&'static str, &'static str);

pub(super) fn all() -> Vec<(String, String)> {
    let of = |pairs: &[Pair], with: fn(&str) -> String| -> Vec<(String, String)> {
        let followed = |text: &str| if text.is_empty() { String::new() } else { with(text) };
        pairs.iter().map(|(file, right)| (with(file), followed(right))).collect()
    };
    [
        of(&conditions::TEXTS, with_condition),
        of(&conditions::LISTS, with_keys),
        of(&actions::APPROVALS, with_approval),
        of(&actions::ACTIONS, with_action),
        of(&windows::WINDOWS, with_window),
        of(&files::RULES, with_keys),
        of(&files::FILES, str::to_owned),
        limits::all(),
    ]
    .concat()
}

/// A file with this condition.
fn with_condition(text: &str) -> String {
    with_keys(&format!("conditions:\n  - '{}'", text.replace('\'', "''")))
}

/// A file whose only rule has these keys; `actions` too, where they say nothing of it.
fn with_keys(keys: &str) -> String {
    let actions = if keys.contains("ctions") { "" } else { "\nactions: [trigger_build]" };
    let lines: String = format!("{keys}{actions}").lines().map(|line| format!("      {line}\n")).collect();
    format!("rules:\n  - promote:\n{lines}")
}

/// A file with an approval that has these keys.
fn with_approval(keys: &str) -> String {
    let channel = if keys.contains("channel") { "" } else { "channel: '#a'\n" };
    let lines: String = format!("{channel}{keys}").lines().map(|line| format!("      {line}\n")).collect();
    with_keys(&format!("actions:\n  - slack_channel_approval:\n{lines}").replace("\n      ", "\n      "))
}

/// A file with this action.
fn with_action(action: &str) -> String {
    let lines: String = action.lines().map(|line| format!("\n    {line}")).collect();
    with_keys(&format!("actions:\n  - {}", lines.trim_start()))
}

/// A file with this freeze window.
fn with_window(window: &str) -> String {
    with_keys(&format!("freeze: {window}"))
}
