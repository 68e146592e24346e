//! Block Kit's limits, as <https://docs.slack.dev/reference/block-kit> lists them: blocks that Slack would
//! refuse are refused, and the others are kept as Slack keeps them, with ids.

mod elements;
pub mod view;

use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// The most blocks that a message holds.
const BLOCKS: usize = 50;
/// The longest block id and action id.
const LONGEST_ID: usize = 255;

/// The blocks of a message as Slack keeps them: every block has an id, every button an action id, every text
/// says whether it shows emoji.
///
/// # Errors
/// What Slack would say about them, each with the JSON pointer of the place.
pub fn checked(blocks: &Value) -> Result<Vec<Value>, Vec<String>> {
    let mut check = Check::default();
    let kept = check.blocks(blocks, "/blocks", BLOCKS);
    if check.errors.is_empty() { Ok(kept) } else { Err(check.errors) }
}

#[derive(Default)]
struct Check {
    errors: Vec<String>,
    block_ids: BTreeSet<String>,
    /// True if the blocks are those of a form. Only a form has inputs.
    in_form: bool,
}

impl Check {
    fn wrong(&mut self, problem: &str, pointer: &str) {
        self.errors.push(format!("{problem} [json-pointer:{pointer}]"));
    }

    fn blocks(&mut self, blocks: &Value, at: &str, most: usize) -> Vec<Value> {
        let Some(list) = blocks.as_array() else {
            self.wrong("blocks must be an array", at);
            return Vec::new();
        };
        if list.len() > most {
            self.wrong(&format!("no more than {most} items allowed"), at);
        }
        let blocks = list.iter().enumerate();
        blocks.map(|(index, block)| self.block(block, &format!("{at}/{index}"), index)).collect()
    }

    fn block(&mut self, block: &Value, at: &str, index: usize) -> Value {
        let Some(map) = block.as_object() else {
            self.wrong("must be an object", at);
            return Value::Null;
        };
        let mut kept = map.clone();
        let id = match map.get("block_id") {
            Some(id) => self.id(id, &format!("{at}/block_id")),
            // Slack makes ids up.
            None => format!("blk{index}"),
        };
        if !self.block_ids.insert(id.clone()) {
            self.wrong(&format!("`block_id` must be unique: {id}"), at);
        }
        kept.insert("block_id".to_owned(), Value::String(id));
        match map.get("type").and_then(Value::as_str).unwrap_or_default() {
            "section" => self.section(&mut kept, at),
            "header" => {
                self.only(&kept, &["text"], at);
                self.text(&mut kept, "text", at, Some("plain_text"), 150);
            }
            "divider" => self.only(&kept, &[], at),
            "context" => {
                self.only(&kept, &["elements"], at);
                self.elements(&mut kept, at, 10, Self::context_element);
            }
            "actions" => {
                self.only(&kept, &["elements"], at);
                self.elements(&mut kept, at, 25, Self::interactive);
                self.unique_actions(&kept, at);
            }
            "input" if self.in_form => self.input(&mut kept, at),
            other => self.wrong(&format!("unsupported type: {other}"), &format!("{at}/type")),
        }
        Value::Object(kept)
    }

    fn section(&mut self, kept: &mut Map<String, Value>, at: &str) {
        self.only(kept, &["text", "fields", "accessory", "expand"], at);
        if !kept.contains_key("text") && !kept.contains_key("fields") {
            self.wrong("must define either `fields` or `text`", at);
        }
        if kept.contains_key("text") {
            self.text(kept, "text", at, None, 3000);
        }
        if let Some(fields) = kept.get("fields").cloned() {
            let fields = fields.as_array().cloned().unwrap_or_default();
            if fields.is_empty() || fields.len() > 10 {
                self.wrong("between 1 and 10 items allowed", &format!("{at}/fields"));
            }
            let checked = fields.into_iter().enumerate().map(|(index, mut field)| {
                self.text_object(&mut field, &format!("{at}/fields/{index}"), None, 2000);
                field
            });
            let checked: Vec<Value> = checked.collect();
            kept.insert("fields".to_owned(), Value::Array(checked));
        }
        if let Some(accessory) = kept.get("accessory").cloned() {
            let accessory = self.interactive(&accessory, &format!("{at}/accessory"), 0);
            kept.insert("accessory".to_owned(), accessory);
        }
    }

    fn elements(
        &mut self,
        kept: &mut Map<String, Value>,
        at: &str,
        most: usize,
        check: fn(&mut Self, &Value, &str, usize) -> Value,
    ) {
        let elements = kept.get("elements").and_then(Value::as_array).cloned().unwrap_or_default();
        let place = format!("{at}/elements");
        if elements.is_empty() {
            self.wrong("must provide at least one element", &place);
        }
        if elements.len() > most {
            self.wrong(&format!("no more than {most} items allowed"), &place);
        }
        let checked: Vec<Value> = elements
            .iter()
            .enumerate()
            .map(|(index, element)| check(self, element, &format!("{place}/{index}"), index))
            .collect();
        kept.insert("elements".to_owned(), Value::Array(checked));
    }

    fn context_element(&mut self, element: &Value, at: &str, _index: usize) -> Value {
        let mut kept = element.clone();
        self.text_object(&mut kept, at, None, 3000);
        kept
    }

    fn unique_actions(&mut self, kept: &Map<String, Value>, at: &str) {
        let elements = kept.get("elements").and_then(Value::as_array).into_iter().flatten();
        let mut seen = BTreeSet::new();
        for id in elements.filter_map(|element| element.get("action_id").and_then(Value::as_str)) {
            if !seen.insert(id) {
                self.wrong(&format!("`action_id` must be unique: {id}"), &format!("{at}/elements"));
            }
        }
    }

    fn id(&mut self, id: &Value, at: &str) -> String {
        let text = id.as_str().unwrap_or_default();
        if text.is_empty() || text.chars().count() > LONGEST_ID {
            self.wrong(&format!("must be a string of 1 to {LONGEST_ID} characters"), at);
        }
        text.to_owned()
    }

    /// Checks the text object of a property and fills in what Slack fills in.
    fn text(
        &mut self,
        holder: &mut Map<String, Value>,
        key: &str,
        at: &str,
        kind: Option<&str>,
        longest: usize,
    ) {
        match holder.get_mut(key) {
            Some(text) if text.is_object() => self.text_object(text, &format!("{at}/{key}"), kind, longest),
            _ => self.wrong(&format!("missing required field: {key}"), &format!("{at}/{key}")),
        }
    }

    /// Checks a text object and fills in what Slack fills in.
    fn text_object(&mut self, text: &mut Value, place: &str, kind: Option<&str>, longest: usize) {
        let Some(text) = text.as_object_mut() else {
            self.wrong("must be an object", place);
            return;
        };
        let own = text.get("type").and_then(Value::as_str).unwrap_or_default().to_owned();
        if !["plain_text", "mrkdwn"].contains(&own.as_str()) || kind.is_some_and(|kind| kind != own) {
            self.wrong(
                &format!("must be {}", kind.unwrap_or("plain_text or mrkdwn")),
                &format!("{place}/type"),
            );
        }
        let allowed = if own == "plain_text" { "emoji" } else { "verbatim" };
        let filled = if own == "plain_text" { json!(true) } else { json!(false) };
        text.entry(allowed).or_insert(filled);
        for name in text.keys().filter(|name| !["type", "text", allowed].contains(&name.as_str())) {
            self.errors.push(format!("invalid additional property: {name} [json-pointer:{place}]"));
        }
        let length = text.get("text").and_then(Value::as_str).unwrap_or_default().chars().count();
        if length == 0 {
            self.wrong("must be more than 0 characters", &format!("{place}/text"));
        }
        if length > longest {
            self.wrong(&format!("must be less than {} characters", longest + 1), &format!("{place}/text"));
        }
    }

    fn length(&mut self, holder: &Map<String, Value>, key: &str, at: &str, longest: usize) {
        let Some(value) = holder.get(key) else { return };
        if value.as_str().is_none_or(|text| text.chars().count() > longest) {
            self.wrong(&format!("must be less than {} characters", longest + 1), &format!("{at}/{key}"));
        }
    }

    /// Slack refuses a block with a property that it does not know.
    fn only(&mut self, kept: &Map<String, Value>, names: &[&str], at: &str) {
        for name in kept.keys() {
            if !["type", "block_id"].contains(&name.as_str()) && !names.contains(&name.as_str()) {
                self.wrong(&format!("invalid additional property: {name}"), at);
            }
        }
    }
}

#[cfg(test)]
mod tests;
