//! Words and texts that mean something else, or nothing, in a condition.

use super::scan::variable as variable_of;
use crate::condition::parse_duration;

/// Functions and methods of other languages that a condition has an operator for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Call {
    StartsWith,
    EndsWith,
    Contains,
}

/// The function or method that `name` stands for, and the variable that it is a method of.
pub(super) fn call_of(name: &str) -> Option<(Call, Option<String>)> {
    let (variable, function) = match name.rsplit_once('.') {
        Some((variable, function)) => (Some(variable_of(variable)?), function),
        None => (None, name),
    };
    let call = match function.to_ascii_lowercase().replace('_', "").as_str() {
        "startswith" | "hasprefix" => Call::StartsWith,
        "endswith" | "hassuffix" => Call::EndsWith,
        "contains" | "includes" => Call::Contains,
        _ => return None,
    };
    Some((call, variable))
}

/// True if a word is a value: a number, or a time.
pub(super) fn is_value(word: &str) -> bool {
    word.parse::<f64>().is_ok() || parse_duration(word).is_some()
}

/// Conditions of GitHub Actions that hold for whatever a rule is opened for.
///
/// <https://docs.github.com/actions/reference/workflows-and-actions/expressions#status-check-functions>
const ALWAYS: [&str; 4] = ["always()", "success()", "!cancelled()", "!failure()"];

/// True if a text means "for every deploy" in other languages.
pub(crate) fn is_always(text: &str) -> bool {
    let inner = text.trim().strip_prefix("${{").and_then(|inner| inner.strip_suffix("}}"));
    let inner = inner.unwrap_or(text).trim();
    ALWAYS.iter().chain(&["true"]).any(|always| inner.eq_ignore_ascii_case(always))
}

/// `text` without what holds for every deploy beside something else.
pub(super) fn without_always(text: &str) -> String {
    let mut rest = text.to_owned();
    for always in ALWAYS {
        for joiner in ["and", "&&"] {
            rest =
                rest.replace(&format!("{always} {joiner} "), "").replace(&format!(" {joiner} {always}"), "");
        }
    }
    rest
}

/// True if a word means "no value" in other languages.
pub(crate) fn is_nothing(word: &str) -> bool {
    ["null", "none", "nil", "nothing", "empty", "undefined"]
        .iter()
        .any(|name| word.eq_ignore_ascii_case(name))
}

/// True if a word means "whatever value" in other languages.
pub(crate) fn is_anything(word: &str) -> bool {
    ["any", "anything", "something"].iter().any(|name| word.eq_ignore_ascii_case(name))
}

/// A text as a regular expression that matches that text.
pub(super) fn escaped(text: &str) -> String {
    let is_sign = |c: char| "\\.+*?()|[]{}^$".contains(c);
    text.chars().flat_map(|c| is_sign(c).then_some('\\').into_iter().chain([c])).collect()
}

/// The pattern of SQL's LIKE as a regular expression. One that is such an expression already stays as it is.
pub(super) fn like(text: &str) -> String {
    if text.contains(['*', '[', '(', '|', '^', '$', '\\', '+']) {
        return text.to_owned();
    }
    let pattern = text.split('%').map(escaped).collect::<Vec<_>>().join(".*");
    if pattern.ends_with(".*") { pattern } else { format!("{pattern}$") }
}

/// The operator that holds where this one does not.
pub(super) fn turned(sign: &'static str) -> Option<&'static str> {
    match sign {
        "=" => Some("!="),
        "!=" => Some("="),
        ">" => Some("<="),
        ">=" => Some("<"),
        "<" => Some(">="),
        "<=" => Some(">"),
        _ => None,
    }
}

/// `text` as a deploy has it in the list `variable`: a tag starts with `#`.
pub(super) fn tag_of(variable: &str, text: &str) -> String {
    let is_tag = variable == "tags" && text.starts_with(char::is_alphanumeric);
    if is_tag && !text.contains(char::is_whitespace) { format!("#{text}") } else { text.to_owned() }
}

/// A text in the quotes that it does not hold.
pub(super) fn quoted(text: &str) -> Option<String> {
    match (text.contains('\''), text.contains('"')) {
        (false, _) => Some(format!("'{text}'")),
        (true, false) => Some(format!("\"{text}\"")),
        (true, true) => None,
    }
}
