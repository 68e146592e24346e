//! Files with mistakes, by what they are about.

mod actions;
mod advised;
mod conditions;
mod copied;
mod files;
mod limits;
pub(super) mod others;
mod signs;
mod slips;
mod templates;
mod windows;

/// The reason for which a message about a stack's secrets has no row.
const STACK: &str = "of what a stack has, and not of a file alone: its own test has such a file";

/// Sentences that are told of no row, and why.
pub(super) const ELSEWHERE: &[(&str, &str)] = &[
    ("the condition is empty", "in a file, an empty text is told as one"),
    ("this cannot be read", "what is left out without a word of its own, of which there is nothing"),
    ("{what}: the templates of this file take too much work", "the limits' own test has such a file"),
    (
        "{what} is too large: its actions take {} KB on record, and at most {} KB are kept",
        "the size's own test has such a file",
    ),
    (
        "shorten its texts, or make several rules of it; what stands under an approval is kept once for each approval above it",
        "the size's own test has such a file",
    ),
    ("end of block", "the engine's words, which are told in others"),
    ("end of input", "the engine's words, which are told in others"),
    ("end of variable block", "the engine's words, which are told in others"),
    ("can only sum numbers", "the engine's words, which are told in others"),
    ("cannot convert value into pair", "the engine's words, which are told in others"),
    ("is not callable", "the engine's words, which are told in others"),
    ("missing an argument for format spec", "the engine's words, which are told in others"),
    ("sequence of wrong length", "the engine's words, which are told in others"),
    ("the end of the template", "an error of the engine that no slip explains"),
    ("x is defined", "a form that is told with a value for `x`"),
    ("x is endingwith('a')", "a form that is told with a value for `x`"),
    ("x is startingwith('a')", "a form that is told with a value for `x`"),
    ("x | capitalize", "a form that is told with a value for `x`"),
    ("x | replace", "a form that is told with a value for `x`"),
    ("x | reverse", "a form that is told with a value for `x`"),
    ("x | striptags", "a form that is told with a value for `x`"),
    ("x | truncate", "a form that is told with a value for `x`"),
    ("x | urlencode", "a form that is told with a value for `x`"),
    ("x | wordcount", "a form that is told with a value for `x`"),
    ("the `$` is shown as it is written", "in a file, an expression of another system"),
    ("a tab behind `-` or `:`", "in a file, a tab that indents a line"),
    ("a tab where YAML takes spaces", "in a file, a tab that indents a line"),
    ("this `]` or `}` closes nothing", "in a rule, a bracket too many"),
    ("take it out, or put the text into quotes", "in a rule, a bracket too many"),
    ("use spaces", "in a file, a tab that indents a line"),
    ("this value", "a value of which nothing is known, so that nothing is wrong with it"),
    ("the stack has no secret `{secret}` for {deployment}", STACK),
    ("the secret `{secret}` may not go to {host}", STACK),
    (
        "have an admin put it under `webhook_headers` into the stack's WriteSecret, with the hosts and deployments that it is for",
        STACK,
    ),
    (
        "correct the address, or have an admin add the host to the secret's `hosts` in the stack's WriteSecret",
        STACK,
    ),
    ("nested too deep", "a limit of the scanner that is above the loader's"),
];

/// A row: what is wrong, and what is right; empty where nobody has to follow the advice by hand.
type Pair = (&'static str, &'static str);

pub(super) fn all() -> Vec<(String, String)> {
    [
        of(conditions::TEXTS, with_condition),
        of(conditions::LISTS, with_keys),
        of(actions::APPROVALS, with_approval),
        of(actions::ACTIONS, with_action),
        of(templates::TEXTS, super::with_template),
        of(windows::WINDOWS, with_window),
        of(files::RULES, with_keys),
        of(files::FILES, str::to_owned),
        of(slips::TEXTS, with_condition),
        of(slips::RULES, with_keys),
        of(slips::APPROVALS, with_approval),
        of(slips::ACTIONS, with_action),
        of(slips::WINDOWS, with_window),
        of(slips::TEMPLATES, super::with_template),
        slips::files(),
        others::all(),
        of(advised::TEXTS, with_condition),
        of(advised::RULES, with_keys),
        of(advised::APPROVALS, with_approval),
        of(advised::ACTIONS, with_action),
        of(advised::WINDOWS, with_window),
        of(advised::TEMPLATES, super::with_template),
        of(advised::FILES, str::to_owned),
        copied::all(),
        signs::all(),
    ]
    .concat()
}

/// Each row, with its file made of its text.
fn of(pairs: &[Pair], with: fn(&str) -> String) -> Vec<(String, String)> {
    let followed = |text: &str| if text.is_empty() { String::new() } else { with(text) };
    pairs.iter().map(|(file, right)| (with(file), followed(right))).collect()
}

/// The files of rows that are one message each, whatever the file.
pub(super) fn single() -> Vec<String> {
    let others = copied::all().into_iter().chain(signs::all()).map(|(file, _)| file);
    advised::single().into_iter().chain(others).collect()
}
pub(super) use limits::all as limits;

/// A file with this condition.
pub(super) fn with_condition(text: &str) -> String {
    with_keys(&format!("conditions:\n  - '{}'", text.replace('\'', "''")))
}

/// A file whose only rule has these keys; `actions` too, where they say nothing of it.
pub(super) fn with_keys(keys: &str) -> String {
    let has_actions = ["actions:", "Actions:", "action:", "steps:"].iter().any(|key| keys.contains(key));
    let actions = if has_actions { "" } else { "\nactions: [trigger_build]" };
    let lines: String = format!("{keys}{actions}").lines().map(|line| format!("      {line}\n")).collect();
    format!("rules:\n  - promote:\n{lines}")
}

/// A file with an approval that has these keys.
pub(super) fn with_approval(keys: &str) -> String {
    let channel = if keys.contains("channel") { "" } else { "channel: '#a'\n" };
    let lines: String = format!("{channel}{keys}").lines().map(|line| format!("      {line}\n")).collect();
    with_keys(&format!("actions:\n  - slack_channel_approval:\n{lines}").replace("\n      ", "\n      "))
}

/// A file with this action.
pub(super) fn with_action(action: &str) -> String {
    let lines: String = action.lines().map(|line| format!("\n    {line}")).collect();
    with_keys(&format!("actions:\n  - {}", lines.trim_start()))
}

/// A file with this freeze window.
pub(super) fn with_window(window: &str) -> String {
    with_keys(&format!("freeze: {window}"))
}
