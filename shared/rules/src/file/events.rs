//! `send_event`.

use super::reader::Reader;
use crate::problem::Wrong;
use crate::reference::{DEFAULT_DETAIL_TYPE, EVENT, names};
use crate::yaml::{Content, Node};
use signoff_core::action::{EVENT_DETAIL, EventSpec, MAX_DETAIL_TYPE};
use std::collections::BTreeMap;

/// The action's name.
pub(super) const EVENT_ACTION: &str = "send_event";

const KEYS: [&str; EVENT.len()] = names(&EVENT);
/// The longest name of an event bus.
const BUS_NAME: usize = 256;

impl Reader<'_> {
    /// The event of a rule that says nothing about it.
    pub(super) fn default_event() -> EventSpec {
        EventSpec { detail_type: DEFAULT_DETAIL_TYPE.to_owned(), detail: BTreeMap::new(), bus: None }
    }

    /// The detail type, or `{detail_type, detail, bus}`.
    pub(super) fn event(&mut self, node: &Node) -> Option<EventSpec> {
        let event = Self::default_event();
        let Content::Mapping(entries) = &node.content else {
            let detail_type = self.detail_type(node, EVENT_ACTION)?;
            return Some(EventSpec { detail_type, ..event });
        };
        let (mut detail_type, mut detail, mut bus) = (Some(event.detail_type), event.detail, None);
        for entry in self.known(entries, EVENT_ACTION, &KEYS) {
            match entry.key.as_str() {
                "detail_type" => detail_type = self.detail_type(&entry.value, "detail_type"),
                "detail" if entry.value.is_null() => {}
                "detail" => detail = self.details(&entry.value),
                "bus" => bus = self.bus(&entry.value),
                _ => {}
            }
        }
        Some(EventSpec { detail_type: detail_type?, detail, bus })
    }

    /// A template. What it becomes is known when the action runs; a text without anything to fill in is known
    /// now.
    fn detail_type(&mut self, node: &Node, what: &str) -> Option<String> {
        let text = self.template(node, what)?;
        let sound = detail_type(&text, what);
        self.sound(node.start, sound)?;
        Some(text)
    }

    /// Names with templates.
    fn details(&mut self, node: &Node) -> BTreeMap<String, String> {
        let mut details = BTreeMap::new();
        for entry in self.mapping(node, "detail", "`detail:` with a name and a text each").unwrap_or_default()
        {
            let name = entry.key.as_str();
            if name.trim().is_empty() {
                self.problem(
                    entry.at,
                    "a text of the detail has no name",
                    "write, for example, `name: text`".to_owned(),
                );
            } else if EVENT_DETAIL.contains(&name) {
                let message = format!("`{name}` is reserved for Signoff");
                self.problem(entry.at, message, "choose another name".to_owned());
            } else if let Some(text) = self.template(&entry.value, &format!("`{name}` of the detail")) {
                details.insert(name.to_owned(), text);
            }
        }
        details
    }

    fn bus(&mut self, node: &Node) -> Option<String> {
        let text = self.text(node, "bus")?;
        let bus = text.trim();
        if is_bus(bus) {
            return Some(bus.to_owned());
        }
        let message = format!("`{bus}` is not the name of an event bus");
        let suggestion =
            "write a name of letters, digits, dots, hyphens, underscores and slashes, or the bus's ARN";
        self.problem(node.start, message, suggestion.to_owned());
        None
    }
}

/// Checks that a text without templates is short enough for a detail type.
pub(crate) fn detail_type(text: &str, what: &str) -> Result<(), Wrong> {
    let characters = text.chars().count();
    if text.contains('{') || characters <= MAX_DETAIL_TYPE {
        return Ok(());
    }
    let suggestion = format!("a detail type has {MAX_DETAIL_TYPE} at most; put the rest under `detail:`");
    Err(Wrong::new(format!("{what} has {characters} characters"), suggestion))
}

/// True if this is a bus's name, or its ARN.
///
/// Source: <https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEventsRequestEntry.html>,
/// `EventBusName`.
fn is_bus(text: &str) -> bool {
    let is_name = |name: &str| {
        (1..=BUS_NAME).contains(&name.len())
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'/' | b'.' | b'-' | b'_'))
    };
    let only = |text: &str, is: fn(u8) -> bool| !text.is_empty() && text.bytes().all(is);
    let letter = |b: u8| b.is_ascii_lowercase() || b == b'-';
    match text.splitn(6, ':').collect::<Vec<_>>().as_slice() {
        [name] => is_name(name),
        ["arn", partition, "events", region, account, resource] => {
            partition.strip_prefix("aws").is_some_and(|rest| rest.bytes().all(letter))
                && only(region, |b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
                && account.len() == 12
                && only(account, |b| b.is_ascii_digit())
                && resource.strip_prefix("event-bus/").is_some_and(is_name)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bus_has_a_name_or_an_arn() {
        for (text, expected) in [
            ("default", true),
            ("deploys.eu/1_a-B", true),
            ("arn:aws:events:eu-central-1:123456789012:event-bus/deploys", true),
            ("arn:aws-us-gov:events:us-gov-west-1:123456789012:event-bus/default", true),
            ("arn:aws:events:eu-central-1:123456789012:rule/deploys", false),
            ("arn:aws:events:eu-central-1:1234:event-bus/deploys", false),
            ("arn:aws:sqs:eu-central-1:123456789012:event-bus/deploys", false),
            ("arn:aws:events:eu-central-1:123456789012:event-bus/", false),
            ("my bus", false),
            ("#deploys", false),
            ("", false),
        ] {
            assert_eq!(is_bus(text), expected, "{text}");
        }
        assert!(is_bus(&"a".repeat(256)) && !is_bus(&"a".repeat(257)));
    }
}
