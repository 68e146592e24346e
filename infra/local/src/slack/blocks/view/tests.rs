use super::*;
use serde_json::json;

fn problems(view: &Value) -> String {
    checked(view).map(|_| String::new()).unwrap_or_else(|errors| errors.join("\n"))
}

fn plain(length: usize) -> Value {
    json!({"type": "plain_text", "text": "x".repeat(length)})
}

/// A form with one input, changed at one place (a JSON pointer below the form).
fn form(pointer: &str, value: Value) -> Value {
    let mut form = json!({
        "type": "modal", "title": plain(24), "submit": plain(24), "close": plain(24),
        "callback_id": "c", "private_metadata": "m",
        "blocks": [{"type": "input", "block_id": "b", "label": plain(2000), "hint": plain(2000), "optional": true,
            "element": {"type": "plain_text_input", "action_id": "a", "multiline": true, "min_length": 0,
                "max_length": 3000, "initial_value": "x", "focus_on_load": true, "placeholder": plain(150)}}],
    });
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    form.pointer_mut(parent).unwrap()[key] = value;
    form
}

#[test]
fn a_form_is_kept_with_what_slack_fills_in() {
    let kept = checked(&json!({"type": "modal", "title": plain(1), "submit": plain(1), "blocks": [
        {"type": "input", "label": plain(1), "element": {"type": "plain_text_input"}}]}));
    let filled = json!({"type": "plain_text", "text": "x", "emoji": true});
    assert_eq!(
        Value::Object(kept.unwrap()),
        json!({"type": "modal", "title": filled, "submit": filled, "blocks": [{"type": "input", "block_id": "blk0",
            "label": filled, "element": {"type": "plain_text_input", "action_id": "act0"}}]})
    );
}

#[test]
fn every_limit_of_a_form_is_held_at_its_edge() {
    let text = |length: usize| json!("x".repeat(length));
    let blocks = |count: usize| json!(vec![json!({"type": "divider"}); count]);
    assert_eq!(problems(&form("/callback_id", text(255))), "");
    assert_eq!(problems(&form("/private_metadata", text(3000))), "");
    assert_eq!(problems(&form("/blocks", blocks(100))), "");
    let mut told = Vec::new();
    for (pointer, value) in [
        ("/title", plain(25)),
        ("/title", json!({"type": "mrkdwn", "text": "x"})),
        ("/submit", plain(25)),
        ("/close", plain(25)),
        ("/callback_id", text(256)),
        ("/private_metadata", text(3001)),
        ("/private_metadata", json!({})),
        ("/blocks", blocks(101)),
        ("/blocks", Value::Null),
        ("/type", json!("home")),
        ("/notify_on_close", json!(true)),
        ("/blocks/0/label", plain(2001)),
        ("/blocks/0/hint", plain(2001)),
        ("/blocks/0/optional", json!("yes")),
        ("/blocks/0/dispatch_action", json!(true)),
        ("/blocks/0/element/type", json!("datepicker")),
        ("/blocks/0/element/action_id", text(256)),
        ("/blocks/0/element/min_length", json!(3001)),
        ("/blocks/0/element/max_length", json!(0)),
        ("/blocks/0/element/max_length", json!(3001)),
        ("/blocks/0/element/max_length", json!("9")),
        ("/blocks/0/element/placeholder", plain(151)),
        ("/blocks/0/element/initial_value", text(3001)),
        ("/blocks/0/element/focus_on_load", json!(1)),
        ("/blocks/0/element/value", json!("x")),
    ] {
        let problems = problems(&form(pointer, value));
        assert!(!problems.is_empty(), "{pointer}");
        told.push(problems);
    }
    insta::assert_snapshot!(told.join("\n"), @"
    must be less than 25 characters [json-pointer:/view/title/text]
    must be plain_text [json-pointer:/view/title/type]
    must be less than 25 characters [json-pointer:/view/submit/text]
    must be less than 25 characters [json-pointer:/view/close/text]
    must be less than 256 characters [json-pointer:/view/callback_id]
    must be less than 3001 characters [json-pointer:/view/private_metadata]
    must be less than 3001 characters [json-pointer:/view/private_metadata]
    no more than 100 items allowed [json-pointer:/view/blocks]
    blocks must be an array [json-pointer:/view/blocks]
    must be `modal` [json-pointer:/view/type]
    invalid additional property: notify_on_close [json-pointer:/view]
    must be less than 2001 characters [json-pointer:/view/blocks/0/label/text]
    must be less than 2001 characters [json-pointer:/view/blocks/0/hint/text]
    must be a boolean [json-pointer:/view/blocks/0/optional]
    invalid additional property: dispatch_action [json-pointer:/view/blocks/0]
    unsupported type: datepicker [json-pointer:/view/blocks/0/element/type]
    must be a string of 1 to 255 characters [json-pointer:/view/blocks/0/element/action_id]
    must be between 0 and 3000 [json-pointer:/view/blocks/0/element/min_length]
    must be between 1 and 3000 [json-pointer:/view/blocks/0/element/max_length]
    must be between 1 and 3000 [json-pointer:/view/blocks/0/element/max_length]
    must be between 1 and 3000 [json-pointer:/view/blocks/0/element/max_length]
    must be less than 151 characters [json-pointer:/view/blocks/0/element/placeholder/text]
    must be less than 3001 characters [json-pointer:/view/blocks/0/element/initial_value]
    must be a boolean [json-pointer:/view/blocks/0/element/focus_on_load]
    invalid additional property: value [json-pointer:/view/blocks/0/element]
    ");
}

#[test]
fn an_input_needs_a_submit_button_and_only_one_has_the_focus() {
    let mut without = form("/title", plain(1));
    without.as_object_mut().unwrap().remove("submit");
    let expected = "must define `submit` to use an `input` block in modals [json-pointer:/view]";
    assert_eq!(problems(&without), expected);
    let mut two = form("/title", plain(1));
    let mut second = two["blocks"][0].clone();
    second["block_id"] = json!("c");
    two["blocks"].as_array_mut().unwrap().push(second);
    assert_eq!(problems(&two), "only one element can have `focus_on_load` [json-pointer:/view/blocks]");
}
