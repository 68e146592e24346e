use super::*;

fn problems(blocks: Value) -> String {
    checked(&blocks).map(|_| String::new()).unwrap_or_else(|errors| errors.join("\n"))
}

fn button(changes: Value) -> Value {
    let mut button = json!({
        "type": "button", "text": {"type": "plain_text", "text": "Approve"}, "action_id": "approve",
        "value": "v", "style": "primary",
    });
    button.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    json!([{"type": "actions", "block_id": "votes", "elements": [button]}])
}

fn text(kind: &str, length: usize) -> Value {
    json!({"type": kind, "text": "x".repeat(length)})
}

#[test]
fn a_dialog_is_kept_with_what_slack_fills_in() {
    let kept = checked(&json!([
        {"type": "section", "text": {"type": "mrkdwn", "text": "*Hi*"}},
        {"type": "divider"},
        {"type": "actions", "block_id": "votes", "elements": [
            {"type": "button", "text": {"type": "plain_text", "text": "Approve"}}]},
    ]));
    assert_eq!(
        json!(kept.unwrap()),
        json!([
            {"type": "section", "block_id": "blk0",
             "text": {"type": "mrkdwn", "text": "*Hi*", "verbatim": false}},
            {"type": "divider", "block_id": "blk1"},
            {"type": "actions", "block_id": "votes", "elements": [
                {"type": "button", "action_id": "act0",
                 "text": {"type": "plain_text", "text": "Approve", "emoji": true}}]},
        ])
    );
}

#[test]
fn every_limit_is_held_at_its_edge() {
    let section = |text: Value| json!([{"type": "section", "text": text}]);
    let header = |text: Value| json!([{"type": "header", "text": text}]);
    let context = |count| json!([{"type": "context", "elements": vec![text("mrkdwn", 1); count]}]);
    let fields = |count, length| json!([{"type": "section", "fields": vec![text("mrkdwn", length); count]}]);
    let long = |length: usize| json!("x".repeat(length));
    for (within, beyond, expected) in [
        (
            json!(vec![json!({"type": "divider"}); 50]),
            json!(vec![json!({"type": "divider"}); 51]),
            "no more than 50 items allowed [json-pointer:/blocks]",
        ),
        (
            section(text("mrkdwn", 3000)),
            section(text("mrkdwn", 3001)),
            "must be less than 3001 characters [json-pointer:/blocks/0/text/text]",
        ),
        (
            section(text("mrkdwn", 1)),
            section(text("mrkdwn", 0)),
            "must be more than 0 characters [json-pointer:/blocks/0/text/text]",
        ),
        (header(text("plain_text", 150)), header(text("plain_text", 151)), "must be less than 151"),
        (
            header(text("plain_text", 1)),
            header(text("mrkdwn", 1)),
            "must be plain_text [json-pointer:/blocks/0/text/type]",
        ),
        (context(10), context(11), "no more than 10 items allowed [json-pointer:/blocks/0/elements]"),
        (context(1), context(0), "at least one element"),
        (fields(10, 2000), fields(11, 1), "between 1 and 10 items"),
        (
            fields(1, 1),
            fields(1, 2001),
            "must be less than 2001 characters [json-pointer:/blocks/0/fields/0/text]",
        ),
        (
            button(json!({"value": long(2000)})),
            button(json!({"value": long(2001)})),
            "must be less than 2001 characters [json-pointer:/blocks/0/elements/0/value]",
        ),
        (
            button(json!({"action_id": long(255)})),
            button(json!({"action_id": long(256)})),
            "1 to 255 characters [json-pointer:/blocks/0/elements/0/action_id]",
        ),
        (
            button(json!({"text": text("plain_text", 75)})),
            button(json!({"text": text("plain_text", 76)})),
            "must be less than 76",
        ),
        (
            button(json!({"style": "danger"})),
            button(json!({"style": "default"})),
            "must be one of `primary`, `danger`",
        ),
        (
            button(json!({"url": "https://a.test"})),
            button(json!({"disabled": true})),
            "invalid additional property: disabled",
        ),
    ] {
        assert_eq!(problems(within), "");
        let problems = problems(beyond);
        assert!(problems.contains(expected), "{expected}: {problems}");
    }
}

#[test]
fn what_is_not_a_block_is_refused() {
    let twice = json!([{"type": "divider", "block_id": "a"}, {"type": "divider", "block_id": "a"}]);
    let two = json!([{"type": "actions", "elements": [
        {"type": "button", "action_id": "a", "text": text("plain_text", 1)},
        {"type": "button", "action_id": "a", "text": text("plain_text", 1)}]}]);
    for (blocks, expected) in [
        (json!({}), "must be an array"),
        (json!(["x"]), "must be an object"),
        (json!([{"type": "marquee"}]), "unsupported type: marquee"),
        (json!([{"type": "section"}]), "must define either `fields` or `text`"),
        (json!([{"type": "section", "text": "x"}]), "missing required field"),
        (json!([{"type": "divider", "text": 1}]), "invalid additional property: text"),
        (
            json!([{"type": "section", "text": {"type": "mrkdwn", "text": "x", "emoji": true}}]),
            "property: emoji",
        ),
        (twice, "must be unique: a"),
        (two, "must be unique: a"),
    ] {
        let problems = problems(blocks);
        assert!(problems.contains(expected), "{expected}: {problems}");
    }
}

fn menu(options: Value) -> Value {
    json!([{"type": "section", "text": text("mrkdwn", 1),
        "accessory": {"type": "overflow", "action_id": "more", "options": options}}])
}

#[test]
fn menu_is_kept_within_the_limits_of_slack() {
    let option =
        |label: usize, value: usize| json!({"text": text("plain_text", label), "value": "v".repeat(value)});
    let options = |count: usize| json!(vec![option(75, 150); count]);
    let kept = checked(&menu(options(5))).unwrap();
    assert_eq!(kept[0]["accessory"]["options"][4]["text"]["emoji"], true);
    let mut described = option(1, 1);
    described["description"] = text("plain_text", 75);
    assert_eq!(problems(menu(json!([described]))), "");
    described["description"] = text("plain_text", 76);
    let told: Vec<String> = [
        options(0),
        options(6),
        json!([option(76, 1)]),
        json!([option(1, 151)]),
        json!([{"text": text("plain_text", 1)}]),
        json!([{"text": text("mrkdwn", 1), "value": "v"}]),
        json!([{"text": text("plain_text", 1), "value": "v", "style": "danger"}]),
        json!([described]),
    ]
    .into_iter()
    .map(|options| problems(menu(options)))
    .collect();
    insta::assert_snapshot!(told.join("\n"), @"
    between 1 and 5 items allowed [json-pointer:/blocks/0/accessory/options]
    between 1 and 5 items allowed [json-pointer:/blocks/0/accessory/options]
    must be less than 76 characters [json-pointer:/blocks/0/accessory/options/0/text/text]
    must be less than 151 characters [json-pointer:/blocks/0/accessory/options/0/value]
    missing required field: value [json-pointer:/blocks/0/accessory/options/0]
    must be plain_text [json-pointer:/blocks/0/accessory/options/0/text/type]
    invalid additional property: style [json-pointer:/blocks/0/accessory/options/0]
    must be less than 76 characters [json-pointer:/blocks/0/accessory/options/0/description/text]
    ");
}

#[test]
fn a_message_has_no_inputs() {
    let input =
        json!([{"type": "input", "label": text("plain_text", 1), "element": {"type": "plain_text_input"}}]);
    assert_eq!(problems(input), "unsupported type: input [json-pointer:/blocks/0/type]");
}
