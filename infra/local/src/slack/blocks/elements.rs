//! Elements that people click or fill in: <https://docs.slack.dev/reference/block-kit/block-elements>

use super::Check;
use serde_json::{Map, Value};

/// The longest text that an input takes.
const LONGEST_INPUT: u64 = 3000;
/// The most options of an overflow menu.
const OPTIONS: usize = 5;

impl Check {
    /// A button or an overflow menu.
    pub(super) fn interactive(&mut self, element: &Value, at: &str, index: usize) -> Value {
        let mut kept = element.as_object().cloned().unwrap_or_default();
        match kept.get("type").and_then(Value::as_str).unwrap_or_default() {
            "button" => self.button(&mut kept, at),
            "overflow" => self.overflow(&mut kept, at),
            // Signoff has no other element, and the page could not draw one.
            other => {
                self.wrong(&format!("unsupported type: {other}"), &format!("{at}/type"));
                return element.clone();
            }
        }
        self.action_id(&mut kept, at, index);
        Value::Object(kept)
    }

    fn button(&mut self, kept: &mut Map<String, Value>, at: &str) {
        self.only(
            kept,
            &["text", "action_id", "url", "value", "style", "confirm", "accessibility_label"],
            at,
        );
        self.text(kept, "text", at, Some("plain_text"), 75);
        self.length(kept, "value", at, 2000);
        self.length(kept, "url", at, 3000);
        self.length(kept, "accessibility_label", at, 75);
        if kept.get("style").is_some_and(|style| !["primary", "danger"].map(Value::from).contains(style)) {
            self.wrong("must be one of `primary`, `danger`", &format!("{at}/style"));
        }
    }

    fn overflow(&mut self, kept: &mut Map<String, Value>, at: &str) {
        self.only(kept, &["action_id", "options", "confirm"], at);
        let options = kept.get("options").and_then(Value::as_array).cloned().unwrap_or_default();
        if options.is_empty() || options.len() > OPTIONS {
            self.wrong(&format!("between 1 and {OPTIONS} items allowed"), &format!("{at}/options"));
        }
        let options = options.iter().enumerate();
        let options = options.map(|(index, option)| self.option(option, &format!("{at}/options/{index}")));
        let options = options.collect();
        kept.insert("options".to_owned(), Value::Array(options));
    }

    fn option(&mut self, option: &Value, at: &str) -> Value {
        let mut kept = option.as_object().cloned().unwrap_or_default();
        for name in
            kept.keys().filter(|name| !["text", "value", "description", "url"].contains(&name.as_str()))
        {
            self.errors.push(format!("invalid additional property: {name} [json-pointer:{at}]"));
        }
        self.text(&mut kept, "text", at, Some("plain_text"), 75);
        if kept.contains_key("description") {
            self.text(&mut kept, "description", at, Some("plain_text"), 75);
        }
        if !kept.contains_key("value") {
            self.wrong("missing required field: value", at);
        }
        self.length(&kept, "value", at, 150);
        self.length(&kept, "url", at, 3000);
        Value::Object(kept)
    }

    /// An input block with its element.
    pub(super) fn input(&mut self, kept: &mut Map<String, Value>, at: &str) {
        self.only(kept, &["label", "element", "hint", "optional"], at);
        self.text(kept, "label", at, Some("plain_text"), 2000);
        if kept.contains_key("hint") {
            self.text(kept, "hint", at, Some("plain_text"), 2000);
        }
        self.flag(kept, "optional", at);
        let at = format!("{at}/element");
        let mut element = kept.get("element").and_then(Value::as_object).cloned().unwrap_or_default();
        let kind = element.get("type").and_then(Value::as_str).unwrap_or_default();
        if kind != "plain_text_input" {
            // As with buttons: Signoff has no other.
            self.wrong(&format!("unsupported type: {kind}"), &format!("{at}/type"));
            return;
        }
        let names = [
            "action_id",
            "initial_value",
            "multiline",
            "min_length",
            "max_length",
            "focus_on_load",
            "placeholder",
        ];
        self.only(&element, &names, &at);
        if element.contains_key("placeholder") {
            self.text(&mut element, "placeholder", &at, Some("plain_text"), 150);
        }
        self.flag(&element, "multiline", &at);
        self.flag(&element, "focus_on_load", &at);
        self.length(&element, "initial_value", &at, 3000);
        self.number(&element, "min_length", &at, 0);
        self.number(&element, "max_length", &at, 1);
        self.action_id(&mut element, &at, 0);
        kept.insert("element".to_owned(), Value::Object(element));
    }

    /// Checks an element's action id; Slack makes one up where there is none.
    fn action_id(&mut self, kept: &mut Map<String, Value>, at: &str, index: usize) {
        let id = match kept.get("action_id").cloned() {
            Some(id) => self.id(&id, &format!("{at}/action_id")),
            None => format!("act{index}"),
        };
        kept.insert("action_id".to_owned(), Value::String(id));
    }

    fn flag(&mut self, holder: &Map<String, Value>, key: &str, at: &str) {
        if holder.get(key).is_some_and(|flag| !flag.is_boolean()) {
            self.wrong("must be a boolean", &format!("{at}/{key}"));
        }
    }

    fn number(&mut self, holder: &Map<String, Value>, key: &str, at: &str, least: u64) {
        let Some(number) = holder.get(key) else { return };
        if number.as_u64().is_none_or(|number| !(least..=LONGEST_INPUT).contains(&number)) {
            self.wrong(&format!("must be between {least} and {LONGEST_INPUT}"), &format!("{at}/{key}"));
        }
    }
}
