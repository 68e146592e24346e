//! What texts are made of.

use crate::approval::Electorate;
use crate::deploy::Deploy;
use crate::mrkdwn::{escape, link};
use jiff::Timestamp;
use serde_json::{Value, json};

/// How many people are mentioned at a time.
const MENTIONS: usize = 20;

/// Text as code in a line of mrkdwn.
pub(super) fn code(text: &str) -> String {
    format!("`{}`", escape(text).replace('`', "'"))
}

/// Lines as a block of code.
pub(super) fn code_block(lines: &[String]) -> String {
    format!("```{}```", escape(&lines.join("\n")).replace("```", "'''"))
}

/// Text as the end of a sentence.
pub(super) fn sentence(text: &str) -> String {
    let text = escape(text.trim_end());
    if text.ends_with(['.', '!', '?', '\u{2026}']) { text } else { text + "." }
}

/// A block of text.
pub(super) fn section(text: &str) -> Value {
    json!({ "type": "section", "text": { "type": "mrkdwn", "text": text } })
}

/// A block of small text.
pub(super) fn context(text: &str) -> Value {
    json!({ "type": "context", "elements": [{ "type": "mrkdwn", "text": text }] })
}

/// A button; `style` is `primary`, `danger` or empty.
pub(super) fn button(action_id: &str, text: &str, style: &str, value: &str) -> Value {
    let mut button = json!({
        "type": "button",
        "action_id": action_id,
        "text": { "type": "plain_text", "text": text },
        "value": value,
    });
    if !style.is_empty() {
        button["style"] = json!(style);
    }
    button
}

/// Mrkdwn, cut to `limit` characters with an ellipsis where it is longer, and never within a link or an escaped character.
pub(super) fn cut(text: &str, limit: usize) -> String {
    let short = shorten(text, limit);
    let Some(kept) = short.strip_suffix('\u{2026}').filter(|_| short != text) else { return short };
    let open = |from: char, to: char| kept.rfind(from).filter(|start| !kept[*start..].contains(to));
    let end = open('<', '>').or_else(|| open('&', ';')).unwrap_or(kept.len());
    format!("{}\u{2026}", &kept[..end])
}

/// People, as mentions.
pub(super) fn mentions<'a>(people: impl ExactSizeIterator<Item = &'a String>) -> String {
    let more = people.len().saturating_sub(MENTIONS);
    let mentions: Vec<_> = people.take(MENTIONS).map(|id| format!("<@{id}>")).collect();
    let and_more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}{and_more}", mentions.join(", "))
}

/// Who may vote, as sentences; empty where anyone may.
pub(super) fn may_vote(electorate: &Electorate) -> String {
    let mut sentences = Vec::new();
    match &electorate.people {
        None => {}
        Some(people) if people.is_empty() => sentences.push(format!(
            "Only {} may vote, and none of them has a Slack account.",
            escape(&electorate.who)
        )),
        Some(people) => {
            sentences.push(format!(
                "Only {} may vote: {}.",
                escape(&electorate.who),
                mentions(people.iter())
            ));
        }
    }
    if !electorate.except.is_empty() {
        let except = mentions(electorate.except.iter());
        sentences.push(format!("Who wrote, merged or deployed this may not: {except}."));
    }
    if !electorate.not_found.is_empty() {
        let names: Vec<_> = electorate.not_found.iter().map(|name| code(name)).collect();
        sentences.push(format!("Not found in Slack, and so not kept from voting: {}.", names.join(", ")));
    }
    sentences.join(" ")
}

/// How many of how many.
pub(super) fn count(given: u32, required: u32, what: &str) -> String {
    let plural = if required == 1 { "" } else { "s" };
    format!("{given} of {required} {what}{plural}")
}

/// A time as each reader's Slack shows it, in their own time zone; `May 11th at 11:42`.
pub(super) fn local_time(at: Timestamp) -> String {
    let fallback = at.strftime("%Y-%m-%d at %H:%M UTC");
    format!("<!date^{}^{{date}} at {{time}}|{fallback}>", at.as_second())
}

/// A deploy's title as a link to its page.
pub fn deploy_link(deploy: &Deploy, deploy_url: &str) -> String {
    link(deploy_url, &deploy.title())
}

/// `text`, cut to `limit` characters with an ellipsis where it is longer.
pub fn shorten(text: &str, limit: usize) -> String {
    if text.chars().count() <= limit {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(limit.saturating_sub(1)).collect();
    short.push('\u{2026}');
    short
}
