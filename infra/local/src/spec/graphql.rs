//! GraphQL queries held to an extract of GitHub's official schema (`specs/github.graphql`), so that neither
//! the client nor the stand-in can invent a field. See <https://spec.graphql.org/October2021/>.

use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::iter::Peekable;
use std::vec::IntoIter;

/// The kinds of definitions that are read.
const READ: [&str; 4] = ["type", "interface", "enum", "union"];
/// The most elements of a connection that a query may ask for.
const LARGEST_PAGE: u64 = 100;

/// The types of a schema, each with its fields. The values of an enum and the members of a union stand as
/// fields; values have no type.
#[derive(Debug)]
pub struct Schema(pub BTreeMap<String, BTreeMap<String, Field>>);

/// A field: its arguments and its type, as the schema writes them.
#[derive(Debug, PartialEq, Eq)]
pub struct Field {
    /// The arguments with their types.
    pub arguments: BTreeMap<String, String>,
    /// The type.
    pub of: String,
}

/// A field that a query asks for, or an inline fragment with those of one type.
#[derive(Debug)]
pub struct Selection {
    /// The key in the answer.
    pub alias: String,
    /// The field; empty of an inline fragment.
    pub name: String,
    /// The type of an inline fragment.
    pub on: Option<String>,
    /// The arguments, with the variables filled in.
    pub arguments: Map<String, Value>,
    /// Fields that it asks for in turn.
    pub selections: Vec<Selection>,
}

impl Schema {
    /// The part of GitHub's schema that Signoff's queries use.
    ///
    /// # Errors
    /// What can't be read of the extract that was built in.
    pub fn github() -> Result<Self, String> {
        Self::parse(include_str!("../../specs/github.graphql"))
    }

    /// The types of a document in the schema definition language.
    ///
    /// # Errors
    /// What can't be read.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut tokens = Tokens(tokens(text)?.into_iter().peekable());
        let mut types = BTreeMap::new();
        while let Some(word) = tokens.0.next() {
            if !matches!(word, Token::Name(ref kind) if READ.contains(&kind.as_str())) {
                tokens.skip_definition();
                continue;
            }
            let name = tokens.name()?;
            if word == Token::Name("union".to_owned()) {
                types.insert(name, tokens.members()?);
                continue;
            }
            while tokens.0.next_if(|token| *token != Token::Mark('{')).is_some() {}
            tokens.mark('{')?;
            let mut fields = BTreeMap::new();
            while !tokens.eat('}') {
                let (field, definition) = tokens.definition()?;
                fields.insert(field, definition);
            }
            types.insert(name, fields);
        }
        Ok(Self(types))
    }

    /// The selections of a query with these variables, if it asks only for what the schema has.
    ///
    /// # Errors
    /// What can't be read, or what the schema does not have.
    pub fn query(&self, text: &str, variables: &Map<String, Value>) -> Result<Vec<Selection>, String> {
        let mut tokens = Tokens(tokens(text)?.into_iter().peekable());
        if tokens.name()? != "query" {
            return Err("only queries are read".to_owned());
        }
        if tokens.eat('(') {
            while !tokens.eat(')') {
                tokens.0.next().ok_or("a list of variables does not end")?;
            }
        }
        let selections = tokens.selections(variables)?;
        self.check("Query", &selections)?;
        Ok(selections)
    }

    fn check(&self, of: &str, selections: &[Selection]) -> Result<(), String> {
        for selection in selections {
            if let Some(on) = &selection.on {
                self.check(on, &selection.selections)?;
                continue;
            }
            if selection.name == "__typename" {
                continue;
            }
            let name = &selection.name;
            let field = self.0.get(of).and_then(|fields| fields.get(name));
            let field = field.ok_or_else(|| format!("Field '{name}' doesn't exist on type '{of}'"))?;
            if let Some(unknown) = selection.arguments.keys().find(|key| !field.arguments.contains_key(*key))
            {
                return Err(format!("Field '{name}' doesn't accept argument '{unknown}'"));
            }
            let of = field.of.trim_matches(['[', ']', '!']);
            let page = selection.arguments.get("first").and_then(Value::as_u64);
            if of.ends_with("Connection") && !page.is_some_and(|page| (1..=LARGEST_PAGE).contains(&page)) {
                return Err(format!("`first` on '{name}' must be from 1 to {LARGEST_PAGE}"));
            }
            let is_object =
                self.0.get(of).is_some_and(|fields| fields.values().any(|field| !field.of.is_empty()));
            if is_object == selection.selections.is_empty() {
                return Err(format!(
                    "Field '{name}' of type '{of}' needs selections exactly if it is an object"
                ));
            }
            self.check(of, &selection.selections)?;
        }
        Ok(())
    }
}

/// The nodes that a query can be answered with at most, as GitHub counts them: each connection's elements,
/// times those that it is in. See
/// <https://docs.github.com/graphql/overview/rate-limits-and-query-limits-for-the-graphql-api>.
pub fn nodes(selections: &[Selection]) -> u64 {
    let one = |selection: &Selection| {
        let inner = nodes(&selection.selections);
        match selection.arguments.get("first").and_then(Value::as_u64) {
            Some(first) => first.saturating_add(first.saturating_mul(inner)),
            None => inner,
        }
    };
    selections.iter().map(one).sum()
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Name(String),
    Literal(Value),
    Mark(char),
    Spread,
}

fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut tokens = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let word = |fits: fn(char) -> bool| rest.find(|c| !fits(c)).unwrap_or(rest.len());
        let used = match first {
            '#' => rest.find('\n').unwrap_or(rest.len()),
            _ if first.is_whitespace() || first == ',' || first == '\u{feff}' => first.len_utf8(),
            // A description.
            '"' if rest.starts_with("\"\"\"") => {
                let end =
                    rest.get(3..).and_then(|text| text.find("\"\"\"")).ok_or("a description does not end")?;
                end + 6
            }
            '"' => {
                let mut values = serde_json::Deserializer::from_str(rest).into_iter::<String>();
                let value = values.next().and_then(Result::ok).ok_or("a string does not end")?;
                tokens.push(Token::Literal(value.into()));
                values.byte_offset()
            }
            '.' if rest.starts_with("...") => {
                tokens.push(Token::Spread);
                3
            }
            _ if first.is_ascii_digit() || first == '-' => {
                let end = word(|c| c.is_ascii_digit() || c == '-' || c == '.');
                let number = rest.get(..end).and_then(|text| serde_json::from_str(text).ok());
                tokens.push(Token::Literal(number.ok_or("a number can't be read")?));
                end
            }
            _ if first.is_ascii_alphabetic() || first == '_' => {
                let end = word(|c| c.is_ascii_alphanumeric() || c == '_');
                tokens.push(Token::Name(rest.get(..end).unwrap_or_default().to_owned()));
                end
            }
            _ => {
                tokens.push(Token::Mark(first));
                first.len_utf8()
            }
        };
        rest = rest.get(used..).unwrap_or_default();
    }
    Ok(tokens)
}

struct Tokens(Peekable<IntoIter<Token>>);

impl Tokens {
    fn name(&mut self) -> Result<String, String> {
        match self.0.next() {
            Some(Token::Name(name)) => Ok(name),
            other => Err(format!("a name is missing: {other:?}")),
        }
    }

    fn eat(&mut self, mark: char) -> bool {
        self.0.next_if(|token| *token == Token::Mark(mark)).is_some()
    }

    fn mark(&mut self, mark: char) -> Result<(), String> {
        if self.eat(mark) { Ok(()) } else { Err(format!("`{mark}` is missing: {:?}", self.0.peek())) }
    }

    /// The members of a union.
    fn members(&mut self) -> Result<BTreeMap<String, Field>, String> {
        self.mark('=')?;
        let mut members = BTreeMap::new();
        loop {
            self.eat('|');
            let name = self.name()?;
            members.insert(name.clone(), Field { arguments: BTreeMap::new(), of: name });
            if self.0.peek() != Some(&Token::Mark('|')) {
                return Ok(members);
            }
        }
    }

    /// Skips the rest of what is not read: an input, a scalar, a directive.
    fn skip_definition(&mut self) {
        let mut depth = 0_i32;
        while let Some(token) = self.0.peek() {
            match token {
                Token::Mark('{' | '(') => depth += 1,
                Token::Mark('}' | ')') => depth -= 1,
                Token::Name(word)
                    if depth == 0
                        && (READ.contains(&word.as_str())
                            || ["input", "scalar", "directive"].contains(&word.as_str())) =>
                {
                    return;
                }
                _ => {}
            }
            self.0.next();
        }
    }

    /// A field of a type, or a value of an enum.
    fn definition(&mut self) -> Result<(String, Field), String> {
        let name = self.name()?;
        let mut arguments = BTreeMap::new();
        if self.eat('(') {
            while !self.eat(')') {
                let argument = self.name()?;
                self.mark(':')?;
                let of = self.of()?;
                if self.eat('=') {
                    self.value(&Map::new())?;
                }
                self.directives()?;
                arguments.insert(argument, of);
            }
        }
        let of = if self.eat(':') { self.of()? } else { String::new() };
        self.directives()?;
        Ok((name, Field { arguments, of }))
    }

    fn directives(&mut self) -> Result<(), String> {
        while self.eat('@') {
            self.name()?;
            if self.eat('(') {
                while !self.eat(')') {
                    self.0.next().ok_or("a directive does not end")?;
                }
            }
        }
        Ok(())
    }

    fn of(&mut self) -> Result<String, String> {
        let mut of = match self.eat('[') {
            true => {
                let inner = self.of()?;
                self.mark(']')?;
                format!("[{inner}]")
            }
            false => self.name()?,
        };
        if self.eat('!') {
            of.push('!');
        }
        Ok(of)
    }

    fn selections(&mut self, variables: &Map<String, Value>) -> Result<Vec<Selection>, String> {
        self.mark('{')?;
        let mut selections = Vec::new();
        while !self.eat('}') {
            selections.push(self.selection(variables)?);
        }
        Ok(selections)
    }

    fn selection(&mut self, variables: &Map<String, Value>) -> Result<Selection, String> {
        if self.0.next_if_eq(&Token::Spread).is_some() {
            if self.name()? != "on" {
                return Err("named fragments are not read".to_owned());
            }
            let on = Some(self.name()?);
            let selections = self.selections(variables)?;
            return Ok(Selection {
                alias: String::new(),
                name: String::new(),
                on,
                arguments: Map::new(),
                selections,
            });
        }
        let alias = self.name()?;
        let name = if self.eat(':') { self.name()? } else { alias.clone() };
        let mut arguments = Map::new();
        if self.eat('(') {
            while !self.eat(')') {
                let argument = self.name()?;
                self.mark(':')?;
                let value = self.value(variables)?;
                arguments.insert(argument, value);
            }
        }
        let selections = match self.0.peek() {
            Some(Token::Mark('{')) => self.selections(variables)?,
            _ => Vec::new(),
        };
        Ok(Selection { alias, name, on: None, arguments, selections })
    }

    fn value(&mut self, variables: &Map<String, Value>) -> Result<Value, String> {
        match self.0.next() {
            Some(Token::Literal(value)) => Ok(value),
            Some(Token::Name(word)) => Ok(match word.as_str() {
                "true" => Value::Bool(true),
                "false" => Value::Bool(false),
                "null" => Value::Null,
                _ => Value::String(word),
            }),
            Some(Token::Mark('$')) => {
                let name = self.name()?;
                Ok(variables.get(&name).cloned().unwrap_or_default())
            }
            Some(Token::Mark('[')) => {
                let mut values = Vec::new();
                while !self.eat(']') {
                    values.push(self.value(variables)?);
                }
                Ok(values.into())
            }
            Some(Token::Mark('{')) => {
                let mut values = Map::new();
                while !self.eat('}') {
                    let key = self.name()?;
                    self.mark(':')?;
                    let value = self.value(variables)?;
                    values.insert(key, value);
                }
                Ok(values.into())
            }
            other => Err(format!("a value is missing: {other:?}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use std::path::Path;

    #[test]
    fn the_extract_is_what_the_official_schema_says() {
        let extract = Schema::github().unwrap();
        let path =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/reference/specs/github.graphql");
        let Ok(text) = std::fs::read_to_string(&path) else {
            println!("NOT COMPARED: the official github.graphql is not next to this checkout");
            return;
        };
        let official = Schema::parse(&text).unwrap();
        for (name, fields) in &extract.0 {
            let known = &official.0[name];
            for (field, definition) in fields {
                assert_eq!(Some(definition), known.get(field), "{name}.{field}");
            }
        }
    }

    #[test]
    fn a_query_asks_for_what_the_schema_has_and_for_100_at_most() {
        let schema = Schema::github().unwrap();
        let problem = |inner: &str| {
            let text =
                format!("query($owner: String!) {{ repository(owner: $owner, name: \"b\") {{ {inner} }} }}");
            schema.query(&text, json!({"owner": "a"}).as_object().unwrap()).err().unwrap_or_default()
        };
        for (inner, part) in [
            ("c0: object(oid: \"ab\") { ... on Commit { oid parents(first: 2) { totalCount } } }", ""),
            ("pullRequest(number: 1) { author { __typename login ... on Bot { databaseId } } }", ""),
            ("pullRequest(number: 1) { assignee }", "'assignee' doesn't exist on type 'PullRequest'"),
            ("pullRequest(id: 1) { title }", "doesn't accept argument 'id'"),
            ("pullRequest(number: 1) { labels { totalCount } }", "`first` on 'labels'"),
            ("pullRequest(number: 1) { labels(first: 101) { totalCount } }", "`first` on 'labels'"),
            ("pullRequest(number: 1) { author }", "needs selections"),
            ("pullRequest(number: 1) { title { text } }", "needs selections"),
        ] {
            let problem = problem(inner);
            assert!(problem.contains(part) && problem.is_empty() == part.is_empty(), "{inner}: {problem}");
        }
    }

    #[test]
    fn nodes_are_counted_through_nested_connections() {
        let schema = Schema::github().unwrap();
        let text = "query { repository(owner: \"a\", name: \"b\") { pullRequest(number: 1) { labels(first: 10) { totalCount }
            commits(first: 100) { nodes { commit { authors(first: 5) { totalCount } } } } } } }";
        assert_eq!(nodes(&schema.query(text, &Map::new()).unwrap()), 10 + 100 + 100 * 5);
    }
}
