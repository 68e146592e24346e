//! The JSON Schema of a rules file.

mod policy;

pub use policy::policy_schema;

use super::{
    ACTIONS, ACTIONS_NOT_YET, ASKING, Absent, Action, CONDITION, DAYS, FILE, FREEZE, Key, MAX_DATES,
    MAX_FREEZES, MAX_QUOTAS, MAX_RULE_NAME, ON_FAILURE, QUOTA, RULE, TRIGGERS, TRIGGERS_NOT_YET, Takes,
    WATCHING,
};
use serde_json::{Map, Value, json};
use signoff_core::action::EVENT_DETAIL;

/// A text that is not blank.
const SOME_TEXT: &str = r"\S";
/// A channel's name (with or without `#`), or its id.
const CHANNEL: &str = r"^\s*(#?[^\x00-,./:-@A-Z\[-^`{-\x7f]{1,80}|[CGD][A-Z0-9]{7,})\s*$";
/// A whole number of seconds, minutes, hours or days that is not 0.
const WAIT: &str = r"^\s*0*[1-9][0-9]*[smhd]\s*$";
/// A whole number from 1, as a text.
const COUNT: &str = r"^\s*\+?0*[1-9][0-9]*\s*$";
/// YAML 1.1's words for a truth, which an editor takes for texts.
const TRUTH: &str = "^([Yy][Ee][Ss]|[Nn][Oo]|[Oo][Nn]|[Oo][Ff][Ff])$";
/// A time of the day.
const FROM_TIME: &str = r"^\s*([01]?[0-9]|2[0-3]):[0-5][0-9]\s*$";
/// A time of the day, up to its end.
const TO_TIME: &str = r"^\s*(([01]?[0-9]|2[0-3]):[0-5][0-9]|24:00)\s*$";
/// A date or a range of dates.
const DATES: &str = r"^\s*[0-9]{4}-[0-9]{2}-[0-9]{2}(\s*\.\.\s*[0-9]{4}-[0-9]{2}-[0-9]{2})?\s*$";
/// A web address, which may have template variables.
const ADDRESS: &str = r"^\s*https?://[^/?#@:\s]";
/// An event bus's name, or its ARN.
const BUS: &str = r"^\s*(arn:aws[a-z-]*:events:[a-z0-9-]+:[0-9]{12}:event-bus/)?[/._A-Za-z0-9-]{1,256}\s*$";
/// An e-mail address, a Slack id, a mention or a user group.
const PERSON: &str = r"^\s*(<@[UW][A-Z0-9]{7,}(\|.*)?>|<!subteam\^S[A-Z0-9]{7,}(\|.*)?>|[UWS][A-Z0-9]{7,}|@[^\s@,;<>]+|[^\s@,;<>]+@[^\s@,;<>.][^\s@,;<>]*\.[^\s@,;<>]*[^\s@,;<>.])\s*$";

/// The JSON Schema (draft 2020-12) of a rules file, as text. It refuses nothing that [`crate::parse`] takes,
/// but for mistakes in a rule that is not opened anyway; what only the reader knows (a condition's grammar, a
/// template's variables, two rules of one name) it lets pass.
///
/// It uses only what means the same in draft 7, which is what editors know best.
pub fn schema() -> String {
    let mut schema = mapping(&FILE);
    schema.insert("$schema".to_owned(), json!("https://json-schema.org/draft/2020-12/schema"));
    schema.insert("title".to_owned(), json!("Rules of Signoff"));
    schema.insert("description".to_owned(), json!("A rules file: .signoff/rules.yml"));
    // What anchors point to stands under such keys.
    schema.insert("patternProperties".to_owned(), json!({"^x-": {}}));
    schema.insert("$defs".to_owned(), definitions());
    // Numbers and texts alone: it can't fail, and the other form says the same.
    let schema = Value::Object(schema);
    serde_json::to_string_pretty(&schema).unwrap_or_else(|_| schema.to_string()) + "\n"
}

/// A text that is not blank; a number or a truth is one, too.
fn text() -> Value {
    json!({"type": ["string", "number", "boolean"], "pattern": SOME_TEXT})
}

fn address() -> Value {
    json!({"type": "string", "pattern": ADDRESS})
}

/// One of several forms, each of other types than the rest. What is said of a text says nothing of a list, so
/// that a validator leads to the place of what is wrong: of `anyOf`, it knows no more than that none fits.
fn either(forms: impl IntoIterator<Item = Value>) -> Value {
    let (mut whole, mut types) = (Map::new(), Vec::new());
    for (name, value) in forms.into_iter().filter_map(|form| form.as_object().cloned()).flatten() {
        match (name.as_str(), value) {
            ("type", Value::Array(several)) => types.extend(several),
            ("type", one) => types.push(one),
            (_, value) => {
                whole.insert(name, value);
            }
        }
    }
    whole.insert("type".to_owned(), types.into());
    whole.into()
}

/// One of several words. The reader takes spaces around a word; the examples are what an editor offers.
fn word(words: &[&str]) -> Value {
    json!({"type": "string", "pattern": format!(r"^\s*({})\s*$", words.join("|")), "examples": words})
}

fn definitions() -> Value {
    let text = text();
    let person = json!({"type": "string", "pattern": PERSON});
    let count = json!({"type": ["integer", "string"], "minimum": 1, "maximum": u32::MAX, "pattern": COUNT});
    let date = json!({"type": "string", "pattern": DATES});
    let quotas = json!({"type": "array", "items": reference("quota"), "minItems": 1, "maxItems": MAX_QUOTAS});
    let windows =
        json!({"type": "array", "items": reference("window"), "minItems": 1, "maxItems": MAX_FREEZES});
    let day = json!({"type": "string", "pattern": days("{0}")});
    let dates = json!({"type": "array", "items": reference("date"), "minItems": 1, "maxItems": MAX_DATES});
    let expression = json!({"type": "string", "pattern": SOME_TEXT});
    json!({
        "text": text.clone(),
        "optional_text": {"type": ["string", "number", "boolean", "null"], "pattern": SOME_TEXT},
        "count": count.clone(),
        "truth": {"type": ["boolean", "string"], "pattern": TRUTH},
        "channel": {"type": ["string", "number", "boolean"], "pattern": CHANNEL},
        "wait": {"type": "string", "pattern": WAIT},
        "address": address(),
        "bus": {"type": ["string", "number", "boolean"], "pattern": BUS},
        "person": person.clone(),
        "people": either([person.clone(), list("person")]),
        "quota": mapping(&QUOTA),
        "votes": either([count.clone(), quotas]),
        "rules": {"type": ["array", "null"], "items": reference("rule")},
        "rule": {
            "type": "object",
            "minProperties": 1,
            "maxProperties": 1,
            "propertyNames": {"pattern": SOME_TEXT, "maxLength": MAX_RULE_NAME},
            "additionalProperties": mapping(&RULE),
        },
        "triggers": {"type": ["array", "null"], "items": reference("trigger"), "minItems": 1},
        "trigger": trigger(),
        "other_rules": either([text.clone(), list("text")]),
        "freeze": either([window(), windows]),
        "window": window(),
        "days": either([json!({"type": "string", "pattern": days("*")}), json!({"type": "array", "items": day, "minItems": 1})]),
        "from_time": {"type": "string", "pattern": FROM_TIME},
        "to_time": {"type": "string", "pattern": TO_TIME},
        "date": date.clone(),
        "dates": either([date.clone(), dates]),
        "conditions": {"type": ["array", "null"], "items": reference("condition")},
        "condition": either([expression.clone(), mapping(&CONDITION).into()]),
        "expression": expression.clone(),
        "actions": list("action"),
        "action": action(),
        "parameters": {
            "type": ["object", "null"],
            "propertyNames": {"pattern": SOME_TEXT},
            "properties": {"name": reference("text")},
            "additionalProperties": {"type": ["string", "number", "boolean"]},
        },
        "details": {
            "type": ["object", "null"],
            "propertyNames": {"pattern": SOME_TEXT, "not": {"enum": EVENT_DETAIL}},
            "additionalProperties": reference("text"),
        },
    })
}

/// The body of a webhook: a text, or names with texts.
fn body() -> Value {
    let names = json!({
        "type": "object",
        "propertyNames": {"pattern": SOME_TEXT},
        "additionalProperties": reference("text"),
    });
    either([text(), names])
}

/// The headers of a webhook: names with texts, or with the names of secrets.
fn headers() -> Value {
    let name = "[A-Za-z0-9._-]{1,100}";
    let secret = json!({
        "type": "object",
        "properties": {"secret": {"type": "string", "pattern": format!(r"^\s*{name}\s*$")}},
        "required": ["secret"],
        "additionalProperties": false,
    });
    json!({
        "type": ["object", "null"],
        "maxProperties": 20,
        "propertyNames": {"pattern": format!("^{name}$")},
        "additionalProperties": either([text(), secret]),
    })
}

fn reference(name: &str) -> Value {
    json!({"$ref": format!("#/$defs/{name}")})
}

/// A list that has something.
fn list(of: &str) -> Value {
    json!({"type": "array", "items": reference(of), "minItems": 1})
}

/// A mapping with these keys and no others.
fn mapping(keys: &[Key]) -> Map<String, Value> {
    let properties: Map<String, Value> =
        keys.iter().map(|key| (key.name.to_owned(), property(key))).collect();
    let required: Vec<&str> =
        keys.iter().filter(|key| key.absent == Absent::Refused).map(|key| key.name).collect();
    let mut mapping = Map::new();
    mapping.insert("type".to_owned(), json!("object"));
    mapping.insert("properties".to_owned(), properties.into());
    mapping.insert("required".to_owned(), required.into());
    mapping.insert("additionalProperties".to_owned(), json!(false));
    mapping
}

/// A window: it says when it is open, and by whose clock.
fn window() -> Value {
    let one_of = |keys: &[&str]| keys.iter().map(|key| json!({"required": [key]})).collect::<Vec<_>>();
    let by_clock = json!({"required": ["time_zone"]});
    let dates_alone = json!({"required": ["dates"], "not": {"anyOf": one_of(&["days", "from", "to"])}});
    let mut window = mapping(&FREEZE);
    window.insert(
        "allOf".to_owned(),
        json!([{"anyOf": one_of(&["days", "from", "to", "dates"])}, {"anyOf": [by_clock, dates_alone]}]),
    );
    window.into()
}

/// The pattern of a day of the week, or of so many more (`*`) after commas; in whatever case.
fn days(more: &str) -> String {
    let any_case = |letter: char| format!("[{}{letter}]", letter.to_ascii_uppercase());
    let words: Vec<String> =
        DAYS.as_flattened().iter().map(|day| day.chars().map(any_case).collect()).collect();
    let day = format!(r"\s*({})\s*", words.join("|"));
    format!("^{day}(,{day}){more}$")
}

fn property(key: &Key) -> Value {
    let (about, default) = match key.absent {
        Absent::Refused => (key.about.to_owned(), None),
        Absent::Value(value) => (format!("{} Without it: {value}.", key.about), Some(value)),
        Absent::Means(means) => (format!("{} Without it: {means}.", key.about), None),
    };
    let mut property = Map::new();
    property.insert("description".to_owned(), json!(about));
    property.insert("allOf".to_owned(), json!([takes(&key.takes)]));
    if let Some(default) = default {
        // A number or a truth is one; any other default is a text.
        property
            .insert("default".to_owned(), serde_json::from_str(default).unwrap_or_else(|_| json!(default)));
    }
    property.into()
}

fn takes(takes: &Takes) -> Value {
    reference(match takes {
        Takes::Text | Takes::Template => "text",
        Takes::OptionalText => "optional_text",
        Takes::Count => "count",
        Takes::Truth => "truth",
        Takes::Channel => "channel",
        Takes::Wait(_) => "wait",
        Takes::Word(words) => return word(words),
        Takes::Address => "address",
        Takes::People | Takes::Recipients => "people",
        Takes::Votes => "votes",
        Takes::Rules => "rules",
        Takes::Triggers => "triggers",
        Takes::OtherRules => "other_rules",
        Takes::Freeze => "freeze",
        Takes::Days => "days",
        Takes::FromTime => "from_time",
        Takes::ToTime => "to_time",
        Takes::TimeZone => "text",
        Takes::Dates => "dates",
        Takes::Conditions => "conditions",
        Takes::Expression => "expression",
        Takes::Actions => "actions",
        Takes::Parameters => "parameters",
        Takes::Details => "details",
        Takes::Body => return body(),
        Takes::Headers => return headers(),
        Takes::Bus => "bus",
        Takes::Owners => "owners",
        Takes::Deployments => "deployments",
        Takes::Patterns => "patterns",
        Takes::Hosts => "hosts",
        Takes::ActionNames => "action_names",
        Takes::Floors => "floors",
        Takes::Keys(keys) => return mapping(keys).into(),
    })
}

/// A name alone, or with a mapping under it.
fn trigger() -> Value {
    let names: Vec<&str> = TRIGGERS.iter().chain(&TRIGGERS_NOT_YET).map(|trigger| trigger.name).collect();
    let under: Vec<Value> = names.iter().map(|name| json!({"required": [name]})).collect();
    either([one_of(&names), json!({"type": "object", "anyOf": under})])
}

/// One of these names, as it is written.
fn one_of(names: &[&str]) -> Value {
    json!({"type": "string", "pattern": format!("^({})$", names.join("|")), "examples": names})
}

/// A name alone, or with what it takes.
fn action() -> Value {
    let not_yet = ACTIONS_NOT_YET.iter().map(|action| action.name);
    let bare: Vec<&str> =
        ACTIONS.iter().filter(|action| action.bare).map(|action| action.name).chain(not_yet).collect();
    let mut properties: Map<String, Value> =
        ACTIONS.iter().map(|action| (action.name.to_owned(), one_action(action))).collect();
    for action in ACTIONS_NOT_YET {
        let about = format!("Known, not supported yet: a rule with it is not opened. {}", action.about);
        properties.insert(action.name.to_owned(), json!({"description": about}));
    }
    let alone = json!({"required": [ON_FAILURE.name]});
    properties.insert(ON_FAILURE.name.to_owned(), property(&ON_FAILURE));
    // Beside the name, there may be `on_failure` alone.
    let named = json!({
        "type": "object",
        "properties": properties,
        "additionalProperties": false,
        "minProperties": 1,
        "maxProperties": 2,
        "if": alone,
        "then": {"minProperties": 2, "properties": {(ASKING): false, (WATCHING): false}},
        "else": {"maxProperties": 1},
    });
    either([one_of(&bare), named])
}

/// Returns the schema of an action's value, with `on_failure` among its keys where it takes keys.
fn takes_with_on_failure(action: &Action, taken: &Takes) -> Value {
    let has_none = [ASKING, WATCHING].contains(&action.name);
    let Takes::Keys(keys) = taken else { return takes(taken) };
    let own = if has_none { keys.to_vec() } else { [*keys, &[ON_FAILURE]].concat() };
    mapping(&own).into()
}

fn one_action(action: &Action) -> Value {
    let form = |taken: &Takes| match taken {
        // Forms that are joined say all themselves.
        Takes::Template if action.takes.len() > 1 => text(),
        Takes::Address if action.takes.len() > 1 => address(),
        _ => takes_with_on_failure(action, taken),
    };
    let mut forms: Vec<Value> = action.takes.iter().map(form).collect();
    if action.bare {
        if let [Takes::Template] = action.takes {
            forms = vec![text()];
        }
        forms.push(json!({"type": "null"}));
    }
    if action.name == "slack_channel_approval" {
        // Who may vote is said once.
        let quotas =
            json!({"properties": {"votes_required": {"type": "array"}}, "required": ["votes_required"]});
        forms = vec![json!({"allOf": forms, "not": {"allOf": [quotas, {"required": ["approvers"]}]}})];
    }
    let form = if forms.len() > 1 { either(forms) } else { forms.pop().unwrap_or_default() };
    json!({"description": action.about, "allOf": [form]})
}

#[cfg(test)]
mod tests;
