//! A run that is expected against the one that opens.

use crate::cases::{Expected, line};
use crate::does::{Asks, Does, quota, steps};
use jiff::SignedDuration;
use serde_json::Value;
use signoff_core::action::QuotaSpec;
use signoff_rules::condition::parse_duration;
use signoff_rules::explain::shown_duration;
use signoff_rules::yaml::{Content, Entry, Node};
use std::rc::Rc;

/// Differences from what the run is expected to do, one line each.
pub(super) fn failures(expected: &Expected, does: &[Does]) -> Vec<String> {
    let steps = steps(does);
    let mut failures = Vec::new();
    let mut lines = |what: &str, expected: &[String], found: &[&Does]| {
        let found: Vec<_> = found.iter().map(|does| does.line.as_str()).collect();
        if expected != found {
            failures.push(format!("{what}: expected {}, found {}", list(expected), list(&found)));
        }
    };
    let Some(ask) = &expected.ask else {
        if let Some(first) = &expected.first {
            lines("first", first, steps.get(..first.len()).unwrap_or(&steps));
        }
        if let Some(then) = &expected.then {
            let before = expected.first.as_ref().map_or(0, Vec::len);
            lines("then", then, steps.get(before..).unwrap_or_default());
        }
        return failures;
    };
    let Some((index, asks)) =
        steps.iter().enumerate().find_map(|(index, does)| Some((index, does.asks.as_ref()?)))
    else {
        return vec!["ask: it asks nobody".to_owned()];
    };
    // That nothing runs before people were asked is what a gate is for.
    lines("first", expected.first.as_deref().unwrap_or_default(), &steps[..index]);
    if let Some(then) = &expected.then {
        lines("then", then, &steps[index + 1..]);
    }
    failures.extend(ask.iter().filter_map(|entry| differs(entry, asks)));
    failures
}

/// `[a, b]`.
fn list(lines: &[impl AsRef<str>]) -> String {
    format!("[{}]", lines.iter().map(AsRef::as_ref).collect::<Vec<_>>().join(", "))
}

/// Difference between one key of a dialog and the value that is expected of it.
fn differs(entry: &Entry, asks: &Asks) -> Option<String> {
    let key = entry.key.as_str();
    let (expected, found) = match key {
        "on_success" => (texts(&entry.value), list(&of(&asks.on_success))),
        "on_reject" => (texts(&entry.value), list(&of(&asks.on_reject))),
        "on_expire" => (texts(&entry.value), list(&of(&asks.on_expire))),
        "votes_required"
            if !asks.quotas.is_empty() || matches!(entry.value.content, Content::Sequence(_)) =>
        {
            let found = match asks.quotas.as_slice() {
                [] => asks.votes_required.to_string(),
                quotas => list(&quotas.iter().map(quota).collect::<Vec<_>>()),
            };
            (votes(&entry.value), found)
        }
        _ => {
            // Nothing in this type can fail to become JSON.
            let asks = serde_json::to_value(asks).unwrap_or_default();
            let found = asks.get(key).unwrap_or(&Value::Null);
            (written(&entry.value, found), shown(found))
        }
    };
    (expected != found).then(|| format!("ask.{key}: expected {expected}, found {found}"))
}

fn of(does: &[Does]) -> Vec<&str> {
    does.iter().map(|does| does.line.as_str()).collect()
}

/// Value that was found, in words.
fn shown(found: &Value) -> String {
    match found {
        Value::Null => "nothing".to_owned(),
        Value::String(text) => format!("`{text}`"),
        Value::Array(items) => {
            list(&items.iter().map(|item| item.as_str().unwrap_or_default()).collect::<Vec<_>>())
        }
        Value::Bool(_) | Value::Number(_) | Value::Object(_) => found.to_string(),
    }
}

/// Value that is expected, written as [`shown`] would write what it means: `on` is true, `90m` is 1h 30m.
fn written(node: &Node, found: &Value) -> String {
    let Some(scalar) = node.as_scalar() else { return texts(node) };
    if scalar.is_null() {
        return shown(&Value::Null);
    }
    let text = scalar.text.trim();
    match found {
        Value::Bool(_) => scalar.as_bool().map_or_else(|| format!("`{text}`"), |truth| truth.to_string()),
        Value::Number(_) => text.to_owned(),
        Value::Array(_) => texts(node),
        Value::String(found) if found == text => format!("`{text}`"),
        Value::Null | Value::String(_) | Value::Object(_) => {
            let time = parse_duration(text).and_then(|time| SignedDuration::try_from(time).ok());
            format!("`{}`", time.map_or_else(|| text.to_owned(), shown_duration))
        }
    }
}

/// The votes that are expected: a number, or a list as [`quota`] tells its entries.
fn votes(node: &Node) -> String {
    match &node.content {
        Content::Sequence(nodes) => {
            let entry = |node: &Rc<Node>| entry_of_votes(node).unwrap_or_else(|| line(node));
            list(&nodes.iter().map(entry).collect::<Vec<_>>())
        }
        Content::Scalar(_) | Content::Mapping(_) => line(node),
    }
}

/// `{from: '@sre', votes: 2}`; `None`: it is no such entry.
fn entry_of_votes(node: &Node) -> Option<String> {
    let Content::Mapping(entries) = &node.content else { return None };
    let mut expected = QuotaSpec { from: Vec::new(), votes: 1 };
    for Entry { key, value, .. } in entries {
        match (key.as_str(), &value.content) {
            ("from", Content::Sequence(nodes)) => {
                expected.from = nodes.iter().map(|node| line(node)).collect()
            }
            ("from", Content::Scalar(scalar)) => expected.from = vec![scalar.text.trim().to_owned()],
            ("votes", Content::Scalar(scalar)) => expected.votes = scalar.text.trim().parse().ok()?,
            _ => return None,
        }
    }
    Some(quota(&expected))
}

/// A list, or one entry of it alone.
fn texts(node: &Node) -> String {
    match &node.content {
        Content::Sequence(nodes) => list(&nodes.iter().map(|node| line(node)).collect::<Vec<_>>()),
        Content::Scalar(_) | Content::Mapping(_) => list(&[line(node)]),
    }
}
