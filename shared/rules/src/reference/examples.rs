//! A value of the kind that belongs somewhere, as advice shows it.

use super::{
    ACTIONS, APPROVAL, BUILD, CHANNEL_MESSAGE, CONDITION, EVENT, FREEZE, ISSUE_FIELD, ISSUE_TRANSITION, Key,
    MONITOR_DRIFT, PERSONAL_MESSAGE, QUOTA, RULE, TRIGGER_BUILD, WEBHOOK,
};

/// The keys, those first whose names mean the same elsewhere.
const KEYS: [&[Key]; 14] = [
    &APPROVAL,
    &RULE,
    &CHANNEL_MESSAGE,
    &PERSONAL_MESSAGE,
    &FREEZE,
    &CONDITION,
    &QUOTA,
    &BUILD,
    &TRIGGER_BUILD,
    &WEBHOOK,
    &EVENT,
    &ISSUE_TRANSITION,
    &ISSUE_FIELD,
    &MONITOR_DRIFT,
];

/// The names of entries of lists, each with one of its kind.
const ENTRIES: [(&str, &str); 9] = [
    ("a condition", "environment='Staging'"),
    ("an action", "trigger_build"),
    ("an approver", "ana@example.com"),
    ("a person", "ana@example.com"),
    ("an owner", "ana@example.com"),
    ("a trigger", "pr_opened"),
    ("a day", "sat"),
    ("a date", "2026-12-20"),
    ("secret", "secret: pager"),
];

/// A value for `what`, in one line of YAML: with its key where `what` is the name of one, or of an action, or
/// has a name in backticks.
pub(crate) fn example(what: &str) -> String {
    let entry = ENTRIES.iter().find(|(entry, _)| *entry == what).map(|(_, example)| *example);
    let key = || {
        let of_keys = KEYS.iter().flat_map(|keys| keys.iter()).filter(|key| key.name == what);
        let of_actions = ACTIONS.iter().filter(|action| action.name == what);
        let examples =
            of_keys.flat_map(|key| key.examples).chain(of_actions.flat_map(|action| action.examples));
        examples.map(|example| example.trim_start_matches("- ")).find(|example| is_whole(example))
    };
    match (entry.or_else(key), what.split('`').nth(1)) {
        (Some(example), _) => example.to_owned(),
        (None, Some(name)) => format!("{name}: 'text'"),
        (None, None) => "'text'".to_owned(),
    }
}

/// True if an example is a key with a value in one line.
fn is_whole(example: &str) -> bool {
    !example.contains('\n') && example.contains(": ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn example_is_of_the_kind_that_is_missing() {
        for (what, expected) in [
            ("channel", "channel: '#releases'"),
            ("name", "name: Promote deploy to production"),
            ("after", "after: [canary]"),
            ("expires_after", "expires_after: '24h'"),
            ("send_event", "send_event: promoted"),
            ("auto_approve_build", "auto_approve_build: build-and-deploy"),
            ("a day", "sat"),
            ("the parameter `version`", "version: 'text'"),
            ("something else", "'text'"),
        ] {
            assert_eq!(example(what), expected);
        }
    }
}
