//! GraphQL, as far as Signoff speaks it: one operation without fragments, aliases and directives.

use serde_json::{Map, Value};
use std::iter::Peekable;
use std::str::CharIndices;

/// A field that is asked for.
#[derive(Debug, PartialEq, Eq)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// Its arguments, as the query writes them between the parentheses.
    pub arguments: String,
    /// Fields that the query asks of it; empty: it is a value.
    pub selection: Vec<Field>,
}

/// The fields that a request asks for; `None`: it can't be read.
pub fn parse(text: &str) -> Option<Vec<Field>> {
    let mut reader = Reader { text, rest: text.char_indices().peekable() };
    let kind = reader.name();
    if !matches!(kind, "query" | "mutation" | "") {
        return None;
    }
    if reader.peek() == Some('(') {
        reader.parentheses()?;
    }
    let fields = reader.selection()?;
    (reader.peek().is_none() && !fields.is_empty()).then_some(fields)
}

/// The variable that is passed as an argument, anywhere inside of what a field is given (`id: $issue`).
pub fn variable<'v>(field: &Field, argument: &str, variables: &'v Value) -> Option<&'v Value> {
    let (_, rest) = field.arguments.split_once(&format!("{argument}: $"))?;
    let name = rest.split(|c: char| !c.is_alphanumeric()).next()?;
    variables.get(name)
}

/// Returns the selected fields of `value`. `Err`: the field that it does not have.
pub fn select(value: &Value, selection: &[Field]) -> Result<Value, String> {
    match value {
        Value::Array(items) => items.iter().map(|item| select(item, selection)).collect(),
        Value::Object(members) if !selection.is_empty() => {
            let mut selected = Map::new();
            for field in selection {
                let member = members.get(&field.name).ok_or_else(|| field.name.clone())?;
                selected.insert(field.name.clone(), select(member, &field.selection)?);
            }
            Ok(Value::Object(selected))
        }
        Value::Object(_) => Err("an object without a selection".to_owned()),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Ok(value.clone()),
    }
}

struct Reader<'t> {
    text: &'t str,
    rest: Peekable<CharIndices<'t>>,
}

impl<'t> Reader<'t> {
    /// The next character that is no space.
    fn peek(&mut self) -> Option<char> {
        while self.rest.next_if(|(_, c)| c.is_whitespace() || *c == ',').is_some() {}
        self.rest.peek().map(|(_, c)| *c)
    }

    fn name(&mut self) -> &'t str {
        self.peek();
        let from = self.place();
        while self.rest.next_if(|(_, c)| c.is_alphanumeric() || *c == '_').is_some() {}
        let to = self.place();
        self.text.get(from..to).unwrap_or_default()
    }

    fn place(&mut self) -> usize {
        self.rest.peek().map_or(self.text.len(), |(at, _)| *at)
    }

    /// Reads the text between parentheses.
    fn parentheses(&mut self) -> Option<&'t str> {
        self.rest.next_if(|(_, c)| *c == '(')?;
        let from = self.place();
        let mut depth = 1;
        loop {
            let (at, c) = self.rest.next()?;
            match c {
                '(' => depth += 1,
                ')' => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                return self.text.get(from..at);
            }
        }
    }

    fn selection(&mut self) -> Option<Vec<Field>> {
        self.peek();
        self.rest.next_if(|(_, c)| *c == '{')?;
        let mut fields = Vec::new();
        while self.peek()? != '}' {
            let name = self.name().to_owned();
            if name.is_empty() {
                return None;
            }
            let arguments = match self.peek()? {
                '(' => self.parentheses()?.to_owned(),
                _ => String::new(),
            };
            let selection = match self.peek()? {
                '{' => self.selection()?,
                _ => Vec::new(),
            };
            fields.push(Field { name, arguments, selection });
        }
        self.rest.next();
        Some(fields)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_request_is_read_and_answered_with_what_it_asks_for() {
        let text = "query($id: String!, $x: Int) { issue(id: $id) { id, team { states(first: 9) { nodes { name } } } } me { id } }";
        let fields = parse(text).unwrap();
        assert_eq!(fields.iter().map(|field| field.name.as_str()).collect::<Vec<_>>(), ["issue", "me"]);
        assert_eq!(variable(&fields[0], "id", &json!({"id": "SHOP-7"})), Some(&json!("SHOP-7")));
        let value = json!({"id": 1, "title": "x", "team": {"id": 2, "states": {"nodes": [{"id": 3, "name": "Done"}]}}});
        let selected = select(&value, &fields[0].selection).unwrap();
        assert_eq!(selected, json!({"id": 1, "team": {"states": {"nodes": [{"name": "Done"}]}}}));
        assert_eq!(select(&json!({"id": 1}), &fields[0].selection), Err("team".to_owned()));
        assert_eq!(select(&value, &parse("{ team }").unwrap()).unwrap_err(), "an object without a selection");
    }

    #[test]
    fn what_is_no_request_is_told() {
        for text in ["", "{}", "{ a", "{ a } b", "subscription { a }", "{ a( }", "query { {a} }"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
