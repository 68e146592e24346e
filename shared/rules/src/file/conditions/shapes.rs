//! Conditions in another shape than a text: keys with values, lists under `not:`, texts behind a bullet.

use super::{KEYS, MAX_REPEATED};
use crate::condition::{meant, parse};
use crate::file::denied::turned_round;
use crate::reference::Kind;
use crate::variables::{Variable, kind_of, look_up};
use crate::yaml::{Content, Entry, Node};
use std::rc::Rc;

/// Returns the meaning of a text as a condition; `None`: it is none.
pub(super) fn as_condition(text: &str) -> Option<String> {
    if !text.contains(['=', '<', '>']) {
        return None;
    }
    if parse(text).is_ok() { Some(text.to_owned()) } else { meant(text) }
}

/// `- environment: Staging` as the comparison that it is meant to be; of several keys, each as one.
pub(super) fn as_comparisons(entries: &[Entry]) -> Option<String> {
    let comparisons: Option<Vec<String>> = entries.iter().map(as_comparison).collect();
    let comparisons = comparisons.filter(|comparisons| !comparisons.is_empty())?;
    let one = |comparison: &String| match comparison.contains(" or ") && comparisons.len() > 1 {
        true => format!("({comparison})"),
        false => comparison.clone(),
    };
    let whole = comparisons.iter().map(one).collect::<Vec<_>>().join(" and ");
    (whole.len() <= MAX_REPEATED).then(|| format!("`- {whole}`"))
}

/// The value of `not:` as a condition that holds where it does not. Of several it can't be told if all or one
/// must not hold.
pub(super) fn denied_condition(value: &Node) -> Option<String> {
    let one = match &value.content {
        Content::Scalar(scalar) => scalar.text.trim().to_owned(),
        Content::Sequence(nodes) => match nodes.as_slice() {
            [node] => node.as_scalar()?.text.trim().to_owned(),
            _ => return None,
        },
        Content::Mapping(entries) => {
            as_comparisons(entries)?.trim_matches('`').trim_start_matches("- ").to_owned()
        }
    };
    turned_round(&one)
}

/// The text under `conditions:` where each key is a condition, or it is the `expression` of one.
pub(super) fn as_written(entries: &[Entry]) -> Option<String> {
    let texts: Option<Vec<String>> = entries
        .iter()
        .map(|entry| match entry.value.as_scalar() {
            Some(scalar) if scalar.is_null() => as_condition(&entry.key),
            Some(scalar) if entry.key == "expression" => as_condition(scalar.text.trim()),
            _ => None,
        })
        .collect();
    let texts = texts.filter(|texts| texts.len() == 1)?;
    texts.first().filter(|text| text.len() <= MAX_REPEATED).map(|text| format!("`- {text}`"))
}

/// The condition behind a sign of a list that is none in YAML: `a) tags`, `[x] tags`.
pub(super) fn behind_a_bullet(text: &str) -> Option<String> {
    let text = text.trim();
    let (sign, rest) = text.split_once(' ')?;
    let is_bullet =
        sign.chars().count() <= 3 && sign.ends_with([')', ']', '.', '*', '+', '•', '–', '>', ':']);
    as_condition(rest.trim()).filter(|_| is_bullet)
}

/// `or: [tags='#a', tags='#b']`, as other languages join conditions, as one of them.
pub(super) fn joined(entries: &[Entry]) -> Option<String> {
    let [entry] = entries else { return None };
    let word = match entry.key.to_lowercase().as_str() {
        "or" | "any" | "any_of" | "anyof" => "or",
        "and" | "all" | "all_of" | "allof" => "and",
        _ => return None,
    };
    let Content::Sequence(nodes) = &entry.value.content else { return None };
    let text = |node: &Rc<Node>| {
        let text = node.as_scalar()?.text.trim();
        parse(text).is_ok().then(|| text.to_owned())
    };
    let parts: Option<Vec<String>> = nodes.iter().map(text).collect();
    let whole = parts?.join(&format!(" {word} "));
    (!whole.is_empty() && whole.len() <= MAX_REPEATED).then(|| format!("`- {whole}`"))
}

fn as_comparison(entry: &Entry) -> Option<String> {
    // Most of these are `expression`. No variable has such a name, and looking for one that is alike takes
    // time.
    if KEYS.contains(&entry.key.as_str()) {
        return None;
    }
    match look_up(&entry.key) {
        Variable::Unknown(_) => return None,
        Variable::Supported | Variable::NotYet => {}
    }
    let key = entry.key.as_str();
    if let Content::Sequence(nodes) = &entry.value.content {
        let texts: Option<Vec<&str>> = nodes.iter().map(|node| Some(node.as_scalar()?.text.trim())).collect();
        let texts = texts.filter(|texts| !texts.is_empty())?;
        let each: Vec<String> = texts.iter().map(|text| format!("{key}='{text}'")).collect();
        let whole = each.join(" or ");
        return parse(&whole).is_ok().then_some(whole);
    }
    let text = entry.value.as_scalar()?.text.trim();
    // `deployed_for: '>=5m'`: the operator stands behind the colon.
    if text.starts_with(['=', '!', '<', '>', '~']) {
        let whole = format!("{key}{text}");
        let negated = text.strip_prefix('!').map(|text| format!("{key}!='{}'", text.trim()));
        let right = if parse(&whole).is_ok() { Some(whole) } else { meant(&whole) };
        return right.or(negated).or_else(|| Some(format!("{key}='…'")));
    }
    match kind_of(key) {
        Some(Kind::Bool) if text.eq_ignore_ascii_case("true") => Some(key.to_owned()),
        Some(Kind::Bool) if text.eq_ignore_ascii_case("false") => Some(format!("{key}=false")),
        // A count has no quotes.
        Some(Kind::Number | Kind::Behind) if text.parse::<u32>().is_ok() => Some(format!("{key}={text}")),
        _ => Some(format!("{key}='{text}'")),
    }
}
