//! A form (a modal) and its limits: <https://docs.slack.dev/reference/views/modal-views>

use super::{Check, LONGEST_ID};
use serde_json::{Map, Value};

/// The most blocks that a form holds.
const BLOCKS: usize = 100;
/// The longest title, and the longest label of the buttons that submit and close.
const LONGEST_LABEL: usize = 24;
/// The longest `private_metadata`.
const LONGEST_METADATA: usize = 3000;

/// A form as Slack keeps it. Of the optional properties it may have those that Signoff uses.
///
/// # Errors
/// What Slack would say about it, each with the JSON pointer of the place.
pub fn checked(view: &Value) -> Result<Map<String, Value>, Vec<String>> {
    let mut check = Check { in_form: true, ..Check::default() };
    let mut kept = view.as_object().cloned().unwrap_or_default();
    if kept.get("type").and_then(Value::as_str) != Some("modal") {
        check.wrong("must be `modal`", "/view/type");
    }
    check.only(&kept, &["title", "blocks", "submit", "close", "callback_id", "private_metadata"], "/view");
    check.text(&mut kept, "title", "/view", Some("plain_text"), LONGEST_LABEL);
    for button in ["submit", "close"] {
        if kept.contains_key(button) {
            check.text(&mut kept, button, "/view", Some("plain_text"), LONGEST_LABEL);
        }
    }
    check.length(&kept, "callback_id", "/view", LONGEST_ID);
    check.length(&kept, "private_metadata", "/view", LONGEST_METADATA);
    let blocks = check.blocks(kept.get("blocks").unwrap_or(&Value::Null), "/view/blocks", BLOCKS);
    let of_type = |block: &&Value, kind: &str| block.get("type").and_then(Value::as_str) == Some(kind);
    if blocks.iter().any(|block| of_type(&block, "input")) && !kept.contains_key("submit") {
        check.wrong("must define `submit` to use an `input` block in modals", "/view");
    }
    let focused = |block: &&Value| block.pointer("/element/focus_on_load") == Some(&Value::Bool(true));
    if blocks.iter().filter(focused).count() > 1 {
        check.wrong("only one element can have `focus_on_load`", "/view/blocks");
    }
    kept.insert("blocks".to_owned(), Value::Array(blocks));
    if check.errors.is_empty() { Ok(kept) } else { Err(check.errors) }
}

#[cfg(test)]
mod tests;
