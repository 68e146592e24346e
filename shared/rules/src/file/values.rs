//! Values with a meaning: truths, counts, channels, people, addresses.

use super::denied::is_nobody;
use super::hosts;
use super::reader::Reader;
use crate::condition::{meant_time, meant_truth, parse_duration};
use crate::problem::{Position, Wrong};
use crate::yaml::{Content, Node};
use jiff::SignedDuration;
use std::collections::HashSet;

/// Mentions of Slack's that are no user groups.
/// Source: <https://docs.slack.dev/messaging/formatting-message-text>.
const EVERYBODY: [&str; 3] = ["here", "channel", "everyone"];
/// Characters that an e-mail address has only within quotes, which nobody's has.
/// Source: <https://www.rfc-editor.org/rfc/rfc5322#section-3.2.3>, `specials`.
const NOT_IN_ADDRESSES: [char; 12] = [',', ';', ':', '<', '>', '(', ')', '[', ']', '"', '\\', '`'];

/// The longest name of a Slack channel.
const CHANNEL_NAME: usize = 80;

impl Reader<'_> {
    /// `true` or `false`.
    pub(super) fn truth(&mut self, node: &Node, what: &str) -> Option<bool> {
        let truth = node.as_scalar().and_then(|scalar| scalar.as_bool());
        if truth.is_none() {
            let message = format!("{what} takes true or false{}", node.instead());
            let meant = node.as_scalar().and_then(|scalar| meant_truth(&scalar.text));
            let right = match meant {
                Some(truth) => format!("write `{truth}`, without quotes"),
                None => "write `true` or `false`, without quotes".to_owned(),
            };
            self.problem(node.start, message, right);
        }
        truth
    }

    /// A whole number from 1.
    pub(super) fn count(&mut self, node: &Node, what: &str) -> Option<u32> {
        let count =
            node.as_scalar().and_then(|scalar| scalar.text.trim().parse().ok()).filter(|count| *count >= 1);
        if count.is_none() {
            self.problem(
                node.start,
                format!("{what} takes a whole number from 1"),
                format!("write, for example, `{what}: 2`"),
            );
        }
        count
    }

    /// A Slack channel: `#name` or an id.
    pub(super) fn channel(&mut self, node: &Node, what: &str) -> Option<String> {
        if let Content::Sequence(_) = &node.content {
            let right = "write one channel, and give each other one an action of its own".to_owned();
            self.problem(node.start, format!("{what} takes one channel, not a list"), right);
            return None;
        }
        let text = self.text(node, what)?;
        self.sound(node.start, channel(&text))
    }

    /// Reads the people who may vote, or break the glass: a list, or one of them alone.
    pub(super) fn approvers(&mut self, node: &Node, key: &str) -> Option<Vec<String>> {
        let example = format!("`{key}: [ana@example.com]`");
        let what = if key == "break_glass" { "break the glass" } else { "vote" };
        let text = node.as_scalar().filter(|scalar| !scalar.is_null()).map(|scalar| scalar.text.trim());
        if let Some(text) = text.filter(|text| is_nobody(text) || meant_truth(text).is_some()) {
            let right = match (key, meant_truth(text)) {
                // Without the key nobody lifts the freeze, and without the other one everybody votes.
                ("break_glass", Some(false) | None) => format!("leave `{key}` out"),
                ("approvers", Some(true)) => format!("leave `{key}` out: then everybody can vote"),
                _ => format!("list the people who can {what}"),
            };
            self.problem(node.start, format!("`{text}` can't {what}"), right);
            return None;
        }
        let mut approvers = match &node.content {
            Content::Scalar(_) => self.approver(node, what).into_iter().collect(),
            Content::Sequence(_) | Content::Mapping(_) => {
                let nodes = self.list(node, key, &example)?;
                self.each(nodes, |reader, node| reader.approver(node, what))
            }
        };
        let mut seen = HashSet::new();
        approvers.retain(|approver: &String| seen.insert(approver.to_ascii_lowercase()));
        Some(approvers)
    }

    /// People: a list of e-mail addresses and Slack user ids, or one of them alone; each once.
    pub(super) fn people(&mut self, node: &Node, key: &str, example: &str) -> Option<Vec<String>> {
        let mut people = match &node.content {
            Content::Scalar(_) => self.person(node, example).into_iter().collect(),
            Content::Sequence(_) | Content::Mapping(_) => {
                let nodes = self.list(node, key, example)?;
                self.each(nodes, |reader, node| reader.person(node, example))
            }
        };
        let mut seen = HashSet::new();
        people.retain(|person: &String| seen.insert(person.to_ascii_lowercase()));
        Some(people).filter(|people| !people.is_empty())
    }

    fn person(&mut self, node: &Node, example: &str) -> Option<String> {
        let text = self.text(node, "a person")?;
        let text = text.trim();
        let is_group = |who: &String| who.starts_with('@') || is_slack_id(who, &['S']);
        let person = approver(text).filter(|who| !is_group(who));
        if person.is_none() {
            let suggestion = if text.contains([',', ' ']) && people_meant(text).is_some() {
                format!("write {}", people_meant(text).unwrap_or_default())
            } else {
                format!("write, for example, {example}")
            };
            self.problem(node.start, format!("`{text}` can't get a message"), suggestion);
        }
        person
    }

    /// One of those who may do `what`.
    fn approver(&mut self, node: &Node, what: &str) -> Option<String> {
        let text = self.text(node, "an approver")?;
        let wrong = match may_do(&text, what) {
            Ok(approver) => return Some(approver),
            Err(wrong) => wrong,
        };
        let edits = if text.contains(' ') { self.each_with_dash(node) } else { Vec::new() };
        let Some(second) = edits.get(1) else { return self.sound(node.start, Err(wrong)) };
        let at = Position { column: second.removed + 1, ..second.at };
        let right = "write `- ` before each, all in one column".to_owned();
        self.problem_with(at, wrong.message, right, edits);
        None
    }

    /// An address to call. It is not repeated in messages: it may hold a secret.
    pub(super) fn address(&mut self, node: &Node, what: &str) -> Option<String> {
        let text = self.template(node, what)?;
        self.sound(node.start, address(&text, what))
    }
}

/// `#name`, or the id of a Slack channel.
pub(crate) fn channel(text: &str) -> Result<String, Wrong> {
    let text = text.trim();
    if is_slack_id(text, &['C', 'G', 'D']) {
        return Ok(text.to_owned());
    }
    let name = text.strip_prefix('#').unwrap_or(text);
    let sound = |name: &str| {
        !name.is_empty()
            && name.chars().count() <= CHANNEL_NAME
            && name.chars().all(|c| (c.is_alphanumeric() && !c.is_uppercase()) || matches!(c, '-' | '_'))
    };
    if sound(name) {
        return Ok(format!("#{name}"));
    }
    let lower = name.to_lowercase();
    let kebab = lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    let kebab = kebab.collect::<Vec<_>>().join("-");
    let suggestion = if let Some(id) = channel_id(text) {
        format!("write {id}")
    } else if is_slack_id(text, &['U', 'W', 'S']) {
        "name a channel, for example '#deploys', and send a person a `slack_personal_message`".to_owned()
    } else if sound(&lower) {
        format!("names of channels are in lower case: '#{lower}'")
    } else if let Some(name) = name.strip_prefix('#').filter(|name| sound(name)) {
        format!("write '#{name}'")
    } else if text.contains("{{") {
        "a channel's name takes no template: write the name out, for example '#deploys'".to_owned()
    } else if let Some(name) = lower.strip_prefix('@').filter(|name| sound(name)) {
        format!("write '#{name}': the names of channels start with a hash sign")
    } else if name.contains(',') {
        "write one channel, and give each other one an action of its own".to_owned()
    } else if sound(&kebab) {
        format!("write, for example, '#{kebab}', or the channel's id (C0123ABCDEF)")
    } else {
        "write, for example, '#name' with quotes, or the channel's id (C0123ABCDEF)".to_owned()
    };
    Err(Wrong::new(format!("`{text}` cannot be a Slack channel"), suggestion))
}

/// The id of the channel that a mention or a link of Slack's names.
fn channel_id(text: &str) -> Option<&str> {
    let mention = text.strip_prefix("<#").and_then(|rest| rest.strip_suffix('>'));
    let link = text.split_once("slack.com/archives/").map(|(_, rest)| rest);
    let id = mention.or(link)?.split(['|', '/', '?', '#']).next()?;
    is_slack_id(id, &['C', 'G', 'D']).then_some(id)
}

/// Somebody who may do `what`: `vote`, or `break the glass`.
pub(crate) fn may_do(text: &str, what: &str) -> Result<String, Wrong> {
    let text = text.trim();
    approver(text).ok_or_else(|| {
        let suggestion = people_meant(text).map_or_else(|| nobody(text), |people| format!("write {people}"));
        Wrong::new(format!("`{text}` can't {what}"), suggestion)
    })
}

/// Returns advice for a text that names nobody.
fn nobody(text: &str) -> String {
    if text.starts_with(['-', '!', '¬', '^']) {
        return "list the people who can: you can't exclude anyone by name".to_owned();
    }
    if text.contains('#') && text.contains('@') {
        return "put a space before `#` and behind it, if a comment starts there".to_owned();
    }
    let handle = text.trim_start_matches('@').to_lowercase();
    let words: Vec<&str> =
        handle.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let is_handle = handle.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | ' '));
    if EVERYBODY.contains(&handle.as_str()) {
        "name people or a user group, for example '@release-managers'".to_owned()
    } else if text.get(1..2) == Some("0") && is_slack_id(&text.to_uppercase(), &['U', 'W', 'S']) {
        format!("write {}", text.to_uppercase())
    } else if is_handle && !words.is_empty() && text.starts_with('@') {
        format!("the handle of a user group has no spaces: write, for example, '@{}'", words.join("-"))
    } else if is_handle && words.len() == 1 {
        format!("write, for example, '@{handle}' for a user group, or a person's e-mail address")
    } else {
        "write an e-mail address, a Slack user id (U0123ABCDEF) or a user group ('@release-managers')"
            .to_owned()
    }
}

/// The person, or the list of people, that one text names as other systems do; `None`: part of it names
/// nobody.
fn people_meant(text: &str) -> Option<String> {
    // `Ana Lee <ana@example.com>`
    let address = |part: &str| {
        let inner = part.split_once('<').and_then(|(_, rest)| rest.trim_end().strip_suffix('>'));
        inner.or_else(|| part.strip_prefix("mailto:")).unwrap_or(part).trim().to_owned()
    };
    let is_sound = |person: &String| approver(person).is_some();
    let written =
        |person: &String| if person.starts_with('@') { format!("'{person}'") } else { person.clone() };
    let text = text.trim_end_matches([',', ';', ']', '.']).trim_start_matches('[');
    let is_listed = text.contains([',', ';']);
    let whole = address(text);
    if is_sound(&whole) && !is_listed {
        return Some(written(&whole));
    }
    let parts: Vec<String> = if is_listed {
        text.split([',', ';']).map(str::trim).filter(|part| !part.is_empty()).map(address).collect()
    } else {
        let words = text.split_whitespace().filter(|word| !matches!(*word, "and" | "or" | "&" | "+" | "|"));
        words.map(str::to_owned).collect()
    };
    let is_people = !parts.is_empty() && parts.iter().all(is_sound);
    is_people.then(|| format!("[{}]", parts.iter().map(written).collect::<Vec<_>>().join(", ")))
}

/// True if an approver is a group, which has any number of members.
pub(crate) fn is_group(approver: &str) -> bool {
    approver.starts_with('@') || (approver.starts_with('S') && !approver.contains('@'))
}

/// An address to call, which may have templates.
pub(crate) fn address(text: &str, what: &str) -> Result<String, Wrong> {
    let text = text.trim();
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let host = rest.and_then(|rest| rest.split(['/', '?', '#', '@', ':']).next()).unwrap_or("");
    if host.is_empty() || text.contains(char::is_whitespace) && !text.contains("{{") {
        let has_host =
            text.split('/').next().is_some_and(|host| host.contains('.') && !host.contains([' ', ':']));
        if rest.is_none() && has_host {
            return Err(Wrong::new(format!("{what} takes an address"), "start it with `https://`"));
        }
        return Err(Wrong::new(
            format!("{what} takes an address"),
            "write, for example, https://example.com/hook",
        ));
    }
    if !hosts::has_sound_host(text) {
        let right = "write the name of the host, and behind a `:` a port up to 65535";
        return Err(Wrong::new(
            format!("{what} takes an address, and this one has no host that can be called"),
            right,
        ));
    }
    if hosts::is_never_called(text) {
        return Err(Wrong::new(
            format!(
                "{what} takes an address, and this one is of the network's link or of a cloud's metadata, which is never called"
            ),
            "write the address of the service that is to be told",
        ));
    }
    Ok(text.to_owned())
}

/// A time to wait, from a second up to `longest`.
pub(crate) fn wait(
    text: &str,
    key: &str,
    example: &str,
    longest: SignedDuration,
) -> Result<SignedDuration, Wrong> {
    let wait = parse_duration(text.trim()).and_then(|wait| SignedDuration::try_from(wait).ok());
    let Some(wait) = wait.filter(|wait| !wait.is_zero()) else {
        let message = format!("{key} takes a time: a whole number and s, m, h or d");
        let is_sound = |time: &String| {
            let meant = parse_duration(time).and_then(|time| SignedDuration::try_from(time).ok());
            meant.is_some_and(|time| !time.is_zero() && time <= longest)
        };
        let right = match meant_time(text).filter(is_sound) {
            Some(time) => format!("write '{time}'"),
            None => format!("write, for example, `{key}: '{example}'`"),
        };
        return Err(Wrong::new(message, right));
    };
    if wait > longest {
        let hours = longest.as_hours();
        let longest = if hours % 24 == 0 { format!("{}d", hours / 24) } else { format!("{hours}h") };
        return Err(Wrong::new(
            format!("{key} is longer than {longest}"),
            format!("write at most '{longest}'"),
        ));
    }
    Ok(wait)
}

/// An approver as the rest of Signoff knows them: an e-mail address, `U…`, `S…` or `@group`.
fn approver(text: &str) -> Option<String> {
    let mention = text.strip_prefix("<@").and_then(|rest| rest.strip_suffix('>'));
    let group = text.strip_prefix("<!subteam^").and_then(|rest| rest.strip_suffix('>'));
    let id = mention.or(group).map(|inner| inner.split('|').next().unwrap_or(inner));
    if let Some(id) = id {
        let letters: &[char] = if mention.is_some() { &['U', 'W'] } else { &['S'] };
        return is_slack_id(id, letters).then(|| id.to_owned());
    }
    if is_slack_id(text, &['U', 'W', 'S']) {
        return Some(text.to_owned());
    }
    if let Some(handle) = text.strip_prefix('@') {
        // These reach whoever happens to be in a channel: they are no user groups.
        let sound = !EVERYBODY.contains(&handle.to_ascii_lowercase().as_str())
            && !handle.is_empty()
            && handle.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.'));
        return sound.then(|| text.to_owned());
    }
    // No address begins with a sign of a list, and none has a comment in it.
    if text.starts_with(['-', '!', '¬', '^']) || text.contains('#') {
        return None;
    }
    let (local, domain) = text.split_once('@')?;
    let sound = !local.is_empty()
        && domain.contains('.')
        && domain.split('.').all(|label| !label.is_empty())
        && !text.contains(|c: char| c.is_whitespace() || c.is_control() || NOT_IN_ADDRESSES.contains(&c))
        && !domain.contains('@');
    sound.then(|| text.to_owned())
}

/// True if a text is an id that Slack gives, of a kind that starts with one of `letters`.
fn is_slack_id(text: &str, letters: &[char]) -> bool {
    text.starts_with(letters)
        && text.len() >= 8
        && text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
        && text.bytes().any(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_of_one_text_are_listed_where_all_are_known() {
        for (text, expected) in [
            ("a@b.co, @sre", Some("[a@b.co, '@sre']")),
            ("a@b.co and c@d.co", Some("[a@b.co, c@d.co]")),
            ("Ana Lee <ana@b.co>", Some("ana@b.co")),
            ("Ana <ana@b.co>, Ben <ben@b.co>", Some("[ana@b.co, ben@b.co]")),
            ("ana@b.co]", Some("ana@b.co")),
            ("mailto:ana@b.co", Some("ana@b.co")),
            ("@Sre Team", None),
            ("ana @b.co", None),
            ("a@b.co or else", None),
            ("sre", None),
        ] {
            assert_eq!(people_meant(text).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn channel_that_is_none_is_told_with_what_is_meant() {
        for (text, expected) in [
            ("<#C0123ABCDEF|releases>", "write C0123ABCDEF"),
            ("https://acme.slack.com/archives/C0123ABCDEF", "write C0123ABCDEF"),
            ("##rel", "write '#rel'"),
            ("#Releases", "lower case: '#releases'"),
            ("#Release Team", "for example, '#release-team'"),
            ("#rel.ops", "for example, '#rel-ops'"),
            ("#{{ environment }}", "takes no template"),
            ("U0123ABCDEF", "a `slack_personal_message`"),
        ] {
            let suggestion = channel(text).unwrap_err().suggestion.unwrap();
            assert!(suggestion.contains(expected), "{text}: {suggestion}");
        }
    }

    #[test]
    fn address_has_a_host_that_can_be_called() {
        for (text, expected) in [
            ("https://example.com/hook", true),
            ("https://example.com:8443/hook", true),
            ("https://me:pw@example.com?x=a:b", true),
            ("http://[::1]:9000/x", true),
            ("https://{{ environment }}.example.com:1/", true),
            ("https://bücher.example/", true),
            ("https://example.com**", false),
            ("https://example.com:99999/", false),
            ("https://example.com:x/", false),
            ("https://[::1/", false),
            ("https://[example.com]/", false),
            ("http://１２７.0.0.1/", false),
            ("http://①②⑦.0.0.1/", false),
            ("http://169。254。169。254/", false),
            ("https://evil.example\\{{ revision }}.example.com/", false),
            ("https://evil.example\\.example.com/", false),
            ("https://example.com/a\\b", true),
        ] {
            assert_eq!(address(text, "webhook").is_ok(), expected, "{text}");
        }
    }

    #[test]
    fn approvers_are_people_and_groups() {
        for (text, expected) in [
            ("ana@example.com", Some("ana@example.com")),
            ("U0123ABCDEF", Some("U0123ABCDEF")),
            ("<@W0123ABCDEF>", Some("W0123ABCDEF")),
            ("<@U0123ABCDEF|ana>", Some("U0123ABCDEF")),
            ("@release-managers", Some("@release-managers")),
            ("S0123ABCDEF", Some("S0123ABCDEF")),
            ("<!subteam^S0123ABCDEF|@team>", Some("S0123ABCDEF")),
            ("<!subteam^U0123ABCDEF>", None),
            ("<!channel>", None),
            ("@here", None),
            ("@Everyone", None),
            ("ana@example.com]", None),
            ("-ana@example.com", None),
            ("!ana@example.com", None),
            ("ana@example.com#note", None),
            ("ana-b+c@example.com", Some("ana-b+c@example.com")),
            ("ana@example..com", None),
            ("#channel", None),
            ("ana", None),
            ("ana@", None),
            ("ana@localhost", None),
            ("@", None),
            ("a@b.com, c@d.com", None),
            ("C0123ABCDEF", None),
            ("", None),
        ] {
            assert_eq!(approver(text).as_deref(), expected, "{text}");
        }
    }
}
