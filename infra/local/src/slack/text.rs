//! Message as plain text, as people read it: for tests that pin what is seen.

use super::date::{Reader, shown};
use super::emoji;
use super::mrkdwn::{Span, parse, unescaped};
use super::state::Workspace;
use serde_json::Value;

/// A message as it is read: its blocks, a line or more each; without blocks its text. Buttons and menus
/// stand in brackets.
pub fn message(workspace: &Workspace, reader: &Reader, text: &str, blocks: &[Value]) -> String {
    if blocks.is_empty() {
        return mrkdwn(workspace, reader, text);
    }
    let blocks: Vec<String> = blocks.iter().map(|block| self::block(workspace, reader, block)).collect();
    blocks.join("\n")
}

/// A block as it is read: of an input its label and its hint.
pub fn block(workspace: &Workspace, reader: &Reader, block: &Value) -> String {
    let text = |value: &Value| object(workspace, reader, value);
    let all = |key: &str| -> Vec<String> {
        block.get(key).and_then(Value::as_array).into_iter().flatten().map(text).collect()
    };
    match block.get("type").and_then(Value::as_str).unwrap_or_default() {
        "divider" => "———".to_owned(),
        "context" | "actions" => all("elements").join(" "),
        "input" => {
            let label = block.get("label").map(text).unwrap_or_default();
            let optional = if block.get("optional") == Some(&Value::Bool(true)) { " (optional)" } else { "" };
            let hint = block.get("hint").map(|hint| format!("\n{}", text(hint))).unwrap_or_default();
            format!("{label}{optional}{hint}")
        }
        _ => {
            let mut lines: Vec<String> = block.get("text").map(text).into_iter().collect();
            lines.extend(all("fields"));
            lines.extend(block.get("accessory").map(text));
            lines.join("\n")
        }
    }
}

/// A text object, a button or an overflow menu.
fn object(workspace: &Workspace, reader: &Reader, value: &Value) -> String {
    let text = value.get("text");
    match value.get("type").and_then(Value::as_str).unwrap_or_default() {
        "button" => format!("[{}]", text.map(|text| object(workspace, reader, text)).unwrap_or_default()),
        "overflow" => {
            let options = value.get("options").and_then(Value::as_array).into_iter().flatten();
            let options = options.filter_map(|option| option.get("text"));
            let options: Vec<String> = options.map(|text| object(workspace, reader, text)).collect();
            format!("[… {}]", options.join(" | "))
        }
        "plain_text" => with_emoji(text.and_then(Value::as_str).unwrap_or_default()),
        _ => mrkdwn(workspace, reader, text.and_then(Value::as_str).unwrap_or_default()),
    }
}

fn mrkdwn(workspace: &Workspace, reader: &Reader, text: &str) -> String {
    spans(workspace, reader, &parse(text))
}

/// Plain text with its `:emoji:` replaced.
pub fn with_emoji(text: &str) -> String {
    let mut shown = String::new();
    let mut rest = text;
    while let Some(start) = rest.find(':') {
        shown.push_str(rest.get(..start).unwrap_or_default());
        rest = rest.get(start + 1..).unwrap_or_default();
        let name = rest.split(':').next().filter(|name| name.len() < rest.len()).unwrap_or_default();
        match emoji::of(name) {
            Some(emoji) => {
                shown.push_str(emoji);
                rest = rest.get(name.len() + 1..).unwrap_or_default();
            }
            None => shown.push(':'),
        }
    }
    unescaped(&(shown + rest))
}

fn spans(workspace: &Workspace, reader: &Reader, all: &[Span]) -> String {
    all.iter()
        .map(|span| match span {
            Span::Text(text) | Span::Code(text) | Span::Preformatted(text) => text.clone(),
            Span::Bold(inner) | Span::Italic(inner) | Span::Strike(inner) => spans(workspace, reader, inner),
            Span::Quote(inner) => format!("| {}", spans(workspace, reader, inner)),
            Span::Link(_, label) => spans(workspace, reader, label),
            Span::User(id) => user(workspace, id),
            Span::Channel(id) => channel(workspace, id),
            Span::Group(id) => group(workspace, id),
            Span::Everyone(name) => format!("@{name}"),
            Span::Date(date) => shown(date, reader),
            Span::Emoji(name) => emoji::of(name).map_or_else(|| format!(":{name}:"), str::to_owned),
            Span::Break => "\n".to_owned(),
        })
        .collect()
}

/// `@Ana Kovač`; of an id that is nobody's the id.
pub fn user(workspace: &Workspace, id: &str) -> String {
    format!("@{}", workspace.users.get(id).map_or(id, |user| user.name.as_str()))
}

/// `#deploys`
pub fn channel(workspace: &Workspace, id: &str) -> String {
    format!("#{}", workspace.channels.get(id).map_or(id, |channel| channel.name.as_str()))
}

/// `@release-managers`
pub fn group(workspace: &Workspace, id: &str) -> String {
    format!("@{}", workspace.groups.get(id).map_or(id, |group| group.handle.as_str()))
}
