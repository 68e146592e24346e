//! Names in a condition that is not right as it stands.

use crate::condition::{Comparison, Name, Operand, Patterns, meant, parse, parse_with_names};
use crate::file::comparisons::{Finding, finding};
use crate::variables::{Variable, look_up};

/// The same condition, with the names of here for variables that other systems call otherwise.
pub(super) fn with_known_names(condition: String) -> String {
    let Ok((_, names)) = parse_with_names(&condition, &mut Patterns::default()) else { return condition };
    let mut chars: Vec<char> = condition.chars().collect();
    for name in names.iter().rev().filter(|name| !name.is_value) {
        let Variable::Unknown(Some(advice)) = look_up(&name.name) else { continue };
        let known = advice.strip_prefix("did you mean `").and_then(|rest| rest.strip_suffix("`?"));
        let place = name.offset..name.offset + name.name.chars().count();
        if let Some(known) = known.filter(|_| place.end <= chars.len()) {
            chars.splice(place, known.chars());
        }
    }
    chars.into_iter().collect()
}

/// `environment=Staging or Production`: the first value without quotes, and the condition that is meant where
/// another value stands alone behind it, as a variable would; `None`: that is not what is wrong.
pub(super) fn with_quotes<'n>(text: &str, names: &'n [Name]) -> Option<(&'n Name, String)> {
    let mut unknown = names.iter().filter(|name| matches!(look_up(&name.name), Variable::Unknown(_)));
    let first = unknown.next().filter(|name| name.is_value)?;
    unknown.next().filter(|name| !name.is_value)?;
    let right = meant(text)?;
    let (_, names) = parse_with_names(&right, &mut Patterns::default()).ok()?;
    let is_sound = names.iter().all(|name| look_up(&name.name) == Variable::Supported);
    is_sound.then_some((first, right))
}

/// Returns the text to write for a value without quotes: its variable's value, where that is another one.
pub(super) fn meant_value(text: &str, name: &Name) -> String {
    let plain = format!("write '{}'", name.name);
    let before: String = text.chars().take(name.offset).collect();
    let behind: String = text.chars().skip(name.offset + name.name.chars().count()).collect();
    let Ok(condition) = parse(&format!("{before}'{}'{behind}", name.name)) else { return plain };
    let is_it = |comparison: &&Comparison| match &comparison.value {
        Operand::Text(text) => *text == name.name,
        _ => false,
    };
    let comparisons = condition.comparisons();
    match comparisons.iter().copied().find(is_it).and_then(finding) {
        None => plain,
        Some(
            Finding::Problem(_, right)
            | Finding::Never(_, right)
            | Finding::Always(_, right)
            | Finding::Unlikely(_, right),
        ) => match right.strip_prefix("did you mean ").and_then(|right| right.strip_suffix('?')) {
            Some(right) => format!("write {right}"),
            None => right,
        },
    }
}

/// The first variable that is not supported yet in a condition that can't be read, and its place. Behind the
/// place of the mistake, too: the rule is not opened, whatever else is wrong with it.
pub(super) fn not_yet(text: &str) -> Option<(usize, &str)> {
    let is_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    let (mut at, mut quote) = (0, None);
    for part in text.split_inclusive(|c: char| !is_word(c)) {
        let word = part.trim_end_matches(|c: char| !is_word(c));
        let is_name = quote.is_none() && !word.is_empty();
        if is_name && look_up(word) == Variable::NotYet {
            return Some((at, word));
        }
        at += part.chars().count();
        let sign = part.chars().last().filter(|sign| matches!(sign, '\'' | '"'));
        quote = match (quote, sign) {
            (None, sign) => sign,
            (Some(open), Some(sign)) if open == sign => None,
            (open, _) => open,
        };
    }
    None
}
