//! Conversion of a rule's text to a value for a field of an issue.

use crate::failure::quote;
use serde_json::{Value, json};

/// Change to an issue.
#[derive(Debug, PartialEq)]
pub(super) enum Change {
    /// Its fields become these.
    Set(Value),
    /// The label of this name is added.
    AddLabel(String),
}

/// Converts `text` to a change of the field `name`; case, spaces and `_` in the name make no difference.
/// `Err`: the reason why the field can't take it.
pub(super) fn change(name: &str, text: &str) -> Result<Change, String> {
    let plain: String = name.chars().filter(|c| c.is_alphanumeric()).collect::<String>().to_lowercase();
    let text = text.trim();
    let shown = quote(text);
    match plain.as_str() {
        "title" => Ok(Change::Set(json!({"title": text}))),
        "priority" => match priority(text) {
            Some(priority) => Ok(Change::Set(json!({"priority": priority}))),
            None => Err(format!(
                "its priority can't be `{shown}`, only Urgent, High, Medium, Low, None or 0 to 4"
            )),
        },
        "estimate" => match text.parse::<u32>() {
            Ok(points) => Ok(Change::Set(json!({"estimate": points}))),
            Err(_) => Err(format!("its estimate is a whole number of points, not `{shown}`")),
        },
        "duedate" => match text.parse::<jiff::civil::Date>() {
            Ok(date) => Ok(Change::Set(json!({"dueDate": date.to_string()}))),
            Err(_) => Err(format!("its due date is a date such as 2026-05-11, not `{shown}`")),
        },
        "label" | "labels" => Ok(Change::AddLabel(text.to_owned())),
        "state" | "status" => {
            Err("its state is not a field here: use transition_mentioned_issues".to_owned())
        }
        _ => Err(format!(
            "of Linear's fields Signoff sets title, priority, estimate, due date and label, not `{}`",
            quote(name)
        )),
    }
}

/// Linear's number of a priority.
fn priority(text: &str) -> Option<u8> {
    match text.to_lowercase().as_str() {
        "0" | "none" | "no priority" => Some(0),
        "1" | "urgent" => Some(1),
        "2" | "high" => Some(2),
        "3" | "medium" => Some(3),
        "4" | "low" => Some(4),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_means_what_the_field_holds() {
        let told: Vec<String> = [
            ("Title", "New"),
            ("priority", "urgent"),
            ("priority", "2"),
            ("priority", "5"),
            ("Estimate", "3"),
            ("estimate", "-1"),
            ("Due date", "2026-05-11"),
            ("due_date", "tomorrow"),
            ("label", " released "),
            ("state", "Done"),
            ("assignee", "ana"),
        ]
        .into_iter()
        .map(|(name, text)| format!("{name}: {:?}", change(name, text)))
        .collect();
        insta::assert_snapshot!(told.join("\n"), @r#"
        Title: Ok(Set(Object {"title": String("New")}))
        priority: Ok(Set(Object {"priority": Number(1)}))
        priority: Ok(Set(Object {"priority": Number(2)}))
        priority: Err("its priority can't be `5`, only Urgent, High, Medium, Low, None or 0 to 4")
        Estimate: Ok(Set(Object {"estimate": Number(3)}))
        estimate: Err("its estimate is a whole number of points, not `-1`")
        Due date: Ok(Set(Object {"dueDate": String("2026-05-11")}))
        due_date: Err("its due date is a date such as 2026-05-11, not `tomorrow`")
        label: Ok(AddLabel("released"))
        state: Err("its state is not a field here: use transition_mentioned_issues")
        assignee: Err("of Linear's fields Signoff sets title, priority, estimate, due date and label, not `assignee`")
        "#);
    }
}
