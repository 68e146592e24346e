//! The keys of rules files, and lines that read as one.

use crate::reference::{
    ACTIONS, ACTIONS_NOT_YET, APPROVAL, BUILD, CHANNEL_MESSAGE, CONDITION, EVENT, FILE, FREEZE, ISSUE_FIELD,
    ISSUE_TRANSITION, Key, MONITOR_DRIFT, PERSONAL_MESSAGE, QUOTA, RULE, TRIGGER_BUILD, Takes, WEBHOOK, has,
};
use crate::suggest::closest;

/// True if a line starts a key or an entry that rules files have.
pub(super) fn starts_structure(line: &str) -> bool {
    let text = line.trim_start();
    let entry = text.strip_prefix("- ").unwrap_or(text);
    let word = entry.split([':', ' ']).next().unwrap_or("");
    let is_bare = entry.trim_end() == word && text.starts_with("- ");
    is_key(word) && (entry.get(word.len()..).is_some_and(|rest| rest.starts_with(':')) || is_bare)
}

/// The keys of rules files.
const KEYS: [&[Key]; 15] = [
    &FILE,
    &RULE,
    &FREEZE,
    &CONDITION,
    &APPROVAL,
    &QUOTA,
    &BUILD,
    &TRIGGER_BUILD,
    &CHANNEL_MESSAGE,
    &PERSONAL_MESSAGE,
    &WEBHOOK,
    &EVENT,
    &ISSUE_TRANSITION,
    &ISSUE_FIELD,
    &MONITOR_DRIFT,
];

/// True if rules files have this key, or an action of this name.
pub(super) fn is_key(word: &str) -> bool {
    KEYS.iter().any(|keys| keys.iter().any(|key| key.name == word)) || is_action(word)
}

/// True for the name of an action, also of one that is not supported yet.
pub(super) fn is_action(word: &str) -> bool {
    ACTIONS.iter().any(|action| action.name == word) || has(&ACTIONS_NOT_YET, word)
}

/// True for a line that its author takes for a key with a value, however the key is spelt: a text must not
/// swallow it.
pub(super) fn reads_as_key(line: &str) -> bool {
    let text = line.trim_start();
    let entry = text.strip_prefix("- ").unwrap_or(text).trim_start_matches(['\'', '"']);
    let Some((word, rest)) = entry.split_once([':', '=']) else { return false };
    let is_apart = rest.is_empty() || rest.starts_with([' ', '\'', '"']) || entry.contains('=');
    let word = snake(word.trim_end_matches(['\'', '"', ' ']));
    is_apart && (is_key(&word) || (word.contains('_') && closest(&word, key_names()).is_some()))
}

/// `votesRequired` and `votes-required` as names are written here.
fn snake(word: &str) -> String {
    let mut snake = String::new();
    let mut before = ' ';
    for c in word.chars() {
        if c.is_uppercase() && before.is_lowercase() {
            snake.push('_');
        }
        snake.extend(c.to_lowercase());
        before = c;
    }
    snake.replace('-', "_")
}

fn key_names() -> impl Iterator<Item = &'static str> {
    let keys = KEYS.iter().flat_map(|keys| keys.iter().map(|key| key.name));
    keys.chain(ACTIONS.iter().map(|action| action.name))
}

/// True if a key takes a list, and a name alone in its place.
pub(super) fn takes_list(word: &str) -> bool {
    let is_list = |takes: &Takes| {
        matches!(takes, Takes::People | Takes::Recipients | Takes::OtherRules | Takes::Days | Takes::Dates)
    };
    KEYS.iter().any(|keys| keys.iter().any(|key| key.name == word && is_list(&key.takes)))
}

/// True if a key, or an action of this name, takes a text and nothing else.
pub(super) fn takes_text(word: &str) -> bool {
    let is_text = |takes: &Takes| matches!(takes, Takes::Text | Takes::OptionalText | Takes::Template);
    KEYS.iter().any(|keys| keys.iter().any(|key| key.name == word && is_text(&key.takes)))
        || ACTIONS.iter().any(|action| action.name == word && action.takes.iter().all(is_text))
}
