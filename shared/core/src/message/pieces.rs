//! Pieces that texts are made of.

use crate::approval::{Blocker, Electorate, Needed};
use crate::deploy::Deploy;
use crate::mrkdwn::{escape, link};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

/// The most characters of a section's text.
pub(super) const SECTION_LIMIT: usize = 3000;
/// The most people that are mentioned at a time.
const MENTIONS: usize = 20;
/// The most characters of a name that are shown.
pub(super) const NAME_LIMIT: usize = 200;
/// The most characters of somebody else's words (a provider's, a person's) that are repeated.
const QUOTE_LIMIT: usize = 500;

/// Text as code in a line of mrkdwn.
pub(super) fn code(text: &str) -> String {
    format!("`{}`", escape(text).replace('`', "'"))
}

/// Lines as a block of code.
pub(super) fn code_block(lines: &[String]) -> String {
    format!("```{}```", escape(&lines.join("\n")).replace("```", "'''"))
}

/// Somebody else's words as the end of a sentence.
pub(super) fn sentence(text: &str) -> String {
    let text = escape(&shorten(text.trim_end(), QUOTE_LIMIT));
    if text.ends_with(['.', '!', '?', '\u{2026}']) { text } else { text + "." }
}

/// Text with the links and mentions that are written as such alone: Slack looks for no `@here`, `#channel`
/// or address in what somebody else wrote.
/// Source: <https://docs.slack.dev/reference/block-kit/composition-objects/text-object>, `verbatim`.
fn mrkdwn(text: &str) -> Value {
    json!({ "type": "mrkdwn", "text": text, "verbatim": true })
}

/// A block of a rule's own text, in which Slack finds channels and addresses.
pub(super) fn written(text: &str) -> Value {
    json!({ "type": "section", "text": { "type": "mrkdwn", "text": text } })
}

/// A block of text.
pub(super) fn section(text: &str) -> Value {
    json!({ "type": "section", "text": mrkdwn(text) })
}

/// A block of small text.
pub(super) fn context(text: &str) -> Value {
    json!({ "type": "context", "elements": [mrkdwn(text)] })
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

/// Mrkdwn, cut to `limit` characters with an ellipsis where it is longer, and never within a link or an
/// escaped character.
pub(super) fn cut(text: &str, limit: usize) -> String {
    match text.char_indices().nth(limit) {
        None => text.to_owned(),
        Some(_) => whole(&text.chars().take(limit.saturating_sub(1)).collect::<String>()),
    }
}

/// The same for a limit in bytes.
pub(super) fn cut_bytes(text: &str, limit: usize) -> String {
    if text.len() <= limit {
        return text.to_owned();
    }
    let end = text.floor_char_boundary(limit.saturating_sub('\u{2026}'.len_utf8()));
    whole(text.get(..end).unwrap_or_default())
}

/// The beginning of a text without the link or the escaped character that it was cut in, and an ellipsis.
fn whole(kept: &str) -> String {
    let open = |from: char, to: char| kept.rfind(from).filter(|start| !kept[*start..].contains(to));
    let end = open('<', '>').or_else(|| open('&', ';')).unwrap_or(kept.len());
    format!("{}\u{2026}", &kept[..end])
}

/// People, as mentions.
pub(super) fn mentions<'a>(people: impl ExactSizeIterator<Item = &'a String>) -> String {
    and_more(people.map(|id| format!("<@{id}>")))
}

/// The first few of `items`, and the number of the others.
pub(super) fn and_more(items: impl ExactSizeIterator<Item = String>) -> String {
    let more = items.len().saturating_sub(MENTIONS);
    let shown: Vec<_> = items.take(MENTIONS).collect();
    let and_more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}{and_more}", shown.join(", "))
}

/// The people who may vote, as sentences; empty where anyone may.
pub(super) fn may_vote(electorate: &Electorate) -> String {
    let mut sentences = Vec::new();
    let is_known = !electorate.blocked.contains(&Blocker::RulesUnread);
    if let Some(people) = electorate.people.as_ref().filter(|_| is_known) {
        let who = escape(&shorten(&electorate.who, NAME_LIMIT));
        let left: Vec<_> = people.iter().filter(|person| !electorate.except.contains(person)).collect();
        sentences.push(match (people.is_empty(), left.is_empty()) {
            (true, true | false) => format!("Only {who} can vote, and none of them has a Slack account."),
            (false, true) => format!("Only {who} can vote, and it is their own change."),
            (false, false) => format!("Only {who} can vote: {}.", mentions(left.into_iter())),
        });
    }
    let is_told = |blocker: &Blocker| matches!(blocker, Blocker::ApproversMissing { .. });
    if !electorate.missing.is_empty() && !electorate.blocked.iter().any(is_told) {
        let names = and_more(electorate.missing.iter().map(|name| code(&shorten(name, NAME_LIMIT))));
        sentences.push(format!("Slack doesn't know these approvers of the rule: {names}."));
    }
    let makers: Vec<_> = electorate.makers().collect();
    if !makers.is_empty() {
        let except = mentions(makers.into_iter());
        sentences.push(format!("Can't vote on their own change: {except}."));
    }
    if !electorate.own_word.is_empty() {
        let own_word = mentions(electorate.own_word.iter());
        sentences.push(format!(
            "{own_word} can't vote: nobody else has confirmed what they said about who made this."
        ));
    }
    if !electorate.not_found.is_empty() {
        let names = and_more(electorate.not_found.iter().map(|name| code(&shorten(name, NAME_LIMIT))));
        sentences.push(format!("Not found in Slack, so not excluded from voting: {names}."));
    }
    if electorate.lacks_makers() {
        let page = electorate.people_page.as_ref().map(|page| link(page, "People"));
        sentences.extend(page.map(|page| format!("An admin can add them: {page}.")));
    }
    sentences.join(" ")
}

/// The people from whom more votes are needed, as the end of a sentence: `: 1 from @sre, 1 from @qa`, `, from
/// @sre or @qa`; empty where anybody's will do.
pub(super) fn needed_from(electorate: &Electorate, needed: &Needed) -> String {
    let name = |index: &usize| {
        let quota = electorate.quotas.get(*index);
        escape(&shorten(quota.map_or("", |quota| &quota.from), NAME_LIMIT))
    };
    match needed {
        Needed::Anybody => String::new(),
        Needed::Each(each) => {
            let each: Vec<_> =
                each.iter().map(|(index, votes)| format!("{votes} from {}", name(index))).collect();
            format!(": {}", each.join(", "))
        }
        Needed::AnyOf(any) => format!(", from {}", any.iter().map(name).collect::<Vec<_>>().join(" or ")),
    }
}

/// The number that is given out of the number that is required: `1 of 2 approvals`.
pub(super) fn count(given: u32, required: u32, what: &str) -> String {
    let plural = if required == 1 { "" } else { "s" };
    format!("{given} of {required} {what}{plural}")
}

/// A time as each reader's Slack shows it, in their own time zone; `May 11th at 11:42`.
pub(super) fn local_time(at: Timestamp) -> String {
    let fallback = at.strftime("%Y-%m-%d at %H:%M UTC");
    format!("<!date^{}^{{date}} at {{time}}|{fallback}>", at.as_second())
}

/// A time as [`local_time`], to the second, for one that is only seconds away.
fn local_time_to_the_second(at: Timestamp) -> String {
    let fallback = at.strftime("%Y-%m-%d at %H:%M:%S UTC");
    format!("<!date^{}^{{date}} at {{time_secs}}|{fallback}>", at.as_second())
}

/// The length below which a window is shown to the second.
const SHORT_WINDOW: SignedDuration = SignedDuration::from_mins(5);

/// The end of a window in which somebody may undo, exact enough for its length.
pub(super) fn end_of_window(since: Timestamp, until: Timestamp) -> String {
    let is_short = until.duration_since(since) < SHORT_WINDOW;
    if is_short { local_time_to_the_second(until) } else { local_time(until) }
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
