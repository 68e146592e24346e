//! GraphQL, as far as a question of one field at the root needs it.

use std::iter::Peekable;
use std::str::Chars;

/// The deepest nesting that is read.
const DEEPEST: usize = 10;

/// A field of a selection.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Field {
    /// The name that the answer has it under, where it is another one.
    pub(super) alias: Option<String>,
    pub(super) name: String,
    pub(super) arguments: Vec<(String, Argument)>,
    /// The fields below it; those of fragments stand among them.
    pub(super) selection: Vec<Field>,
}

/// The value of an argument.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Argument {
    /// Text, or one of a list of words.
    Text(String),
    /// The variable of this name.
    Variable(String),
    Null,
    /// A number, a list or an object: none of ours.
    Other,
}

impl Field {
    /// The name that the answer has it under.
    pub(super) fn key(&self) -> &str {
        self.alias.as_deref().unwrap_or(&self.name)
    }
}

/// A piece of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Name(String),
    Text(String),
    Number,
    /// `...`
    Spread,
    Sign(char),
}

/// The one field at the root of the document's one operation. Error: what was expected, at the end of a
/// sentence.
pub(super) fn read(text: &str) -> Result<Field, String> {
    let mut tokens = Tokens { tokens: tokens(text)?.into_iter().peekable() };
    if let Some(Token::Name(kind)) = tokens.tokens.peek() {
        if !matches!(kind.as_str(), "query" | "mutation") {
            return Err(format!("it begins with `{kind}`, and not with query or mutation"));
        }
        tokens.tokens.next();
        tokens.tokens.next_if(|token| matches!(token, Token::Name(_)));
        if tokens.takes('(') {
            tokens.skip_variables()?;
        }
    }
    let selection = tokens.selection(0)?;
    if tokens.tokens.next().is_some() {
        return Err("it has more than one operation".to_owned());
    }
    let mut fields = selection.into_iter();
    match (fields.next(), fields.next()) {
        (Some(field), None) => Ok(field),
        _ => Err("it asks for several things at once: ask one after the other".to_owned()),
    }
}

struct Tokens {
    tokens: Peekable<std::vec::IntoIter<Token>>,
}

impl Tokens {
    fn takes(&mut self, sign: char) -> bool {
        self.tokens.next_if(|token| *token == Token::Sign(sign)).is_some()
    }

    fn expect(&mut self, sign: char) -> Result<(), String> {
        if self.takes(sign) { Ok(()) } else { Err(format!("a `{sign}` is missing")) }
    }

    fn name(&mut self) -> Result<String, String> {
        match self.tokens.next() {
            Some(Token::Name(name)) => Ok(name),
            _ => Err("a name is missing".to_owned()),
        }
    }

    /// The declarations of variables, after their `(`.
    fn skip_variables(&mut self) -> Result<(), String> {
        for token in self.tokens.by_ref() {
            if token == Token::Sign(')') {
                return Ok(());
            }
        }
        Err("a `)` is missing".to_owned())
    }

    fn selection(&mut self, depth: usize) -> Result<Vec<Field>, String> {
        if depth > DEEPEST {
            return Err("it is nested too deeply".to_owned());
        }
        self.expect('{')?;
        let mut fields = Vec::new();
        while !self.takes('}') {
            if self.tokens.next_if_eq(&Token::Spread).is_some() {
                if self.tokens.next_if_eq(&Token::Name("on".to_owned())).is_none() {
                    return Err("a fragment has a name: write its fields in place of it".to_owned());
                }
                self.name()?;
                fields.extend(self.selection(depth + 1)?);
            } else {
                fields.push(self.field(depth)?);
            }
        }
        Ok(fields)
    }

    fn field(&mut self, depth: usize) -> Result<Field, String> {
        let first = self.name()?;
        let (alias, name) = if self.takes(':') { (Some(first), self.name()?) } else { (None, first) };
        let mut arguments = Vec::new();
        if self.takes('(') {
            while !self.takes(')') {
                let argument = self.name()?;
                self.expect(':')?;
                arguments.push((argument, self.value(depth)?));
            }
        }
        let is_parent = self.tokens.peek() == Some(&Token::Sign('{'));
        let selection = if is_parent { self.selection(depth + 1)? } else { Vec::new() };
        Ok(Field { alias, name, arguments, selection })
    }

    fn value(&mut self, depth: usize) -> Result<Argument, String> {
        if depth > DEEPEST {
            return Err("it is nested too deeply".to_owned());
        }
        match self.tokens.next() {
            Some(Token::Text(text)) => Ok(Argument::Text(text)),
            Some(Token::Name(name)) if name == "null" => Ok(Argument::Null),
            Some(Token::Name(name)) if name == "true" || name == "false" => Ok(Argument::Other),
            Some(Token::Name(name)) => Ok(Argument::Text(name)),
            Some(Token::Number) => Ok(Argument::Other),
            Some(Token::Sign('$')) => Ok(Argument::Variable(self.name()?)),
            Some(Token::Sign('[')) => {
                while !self.takes(']') {
                    self.value(depth + 1)?;
                }
                Ok(Argument::Other)
            }
            Some(Token::Sign('{')) => {
                while !self.takes('}') {
                    self.name()?;
                    self.expect(':')?;
                    self.value(depth + 1)?;
                }
                Ok(Argument::Other)
            }
            Some(Token::Sign(_) | Token::Spread) | None => Err("a value is missing".to_owned()),
        }
    }
}

fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut chars = text.chars().peekable();
    let mut tokens = Vec::new();
    while let Some(&next) = chars.peek() {
        match next {
            // Commas are space.
            ',' | '\u{feff}' => {
                chars.next();
            }
            next if next.is_whitespace() => {
                chars.next();
            }
            '#' => while chars.next_if(|c| *c != '\n').is_some() {},
            '"' => tokens.push(Token::Text(quoted(&mut chars)?)),
            '.' => {
                let dots = std::iter::from_fn(|| chars.next_if_eq(&'.')).count();
                if dots != 3 {
                    return Err("`...` is meant, and other dots stand there".to_owned());
                }
                tokens.push(Token::Spread);
            }
            '{' | '}' | '(' | ')' | '[' | ']' | ':' | '$' | '!' | '=' | '@' => {
                chars.next();
                tokens.push(Token::Sign(next));
            }
            next if next.is_ascii_alphabetic() || next == '_' => {
                let of_name = |c: &char| c.is_ascii_alphanumeric() || *c == '_';
                tokens.push(Token::Name(std::iter::from_fn(|| chars.next_if(of_name)).collect()));
            }
            next if next.is_ascii_digit() || next == '-' => {
                let of_number = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '-' | '+' | '.');
                while chars.next_if(of_number).is_some() {}
                tokens.push(Token::Number);
            }
            other => return Err(format!("the character {} has no meaning there", other.escape_default())),
        }
    }
    Ok(tokens)
}

/// A text in quotes.
fn quoted(chars: &mut Peekable<Chars<'_>>) -> Result<String, String> {
    let unclosed = || "a text has no closing quote".to_owned();
    chars.next();
    let mut text = String::new();
    loop {
        match chars.next().ok_or_else(unclosed)? {
            '"' => return Ok(text),
            '\n' => return Err(unclosed()),
            '\\' => text.push(match chars.next().ok_or_else(unclosed)? {
                'n' => '\n',
                't' => '\t',
                'r' => '\r',
                'b' => '\u{8}',
                'f' => '\u{c}',
                'u' => unicode(chars)?,
                same @ ('"' | '\\' | '/') => same,
                other => return Err(format!("\\{} stands for nothing", other.escape_default())),
            }),
            other => text.push(other),
        }
    }
}

/// The character of `\uXXXX`, after its `u`.
fn unicode(chars: &mut Peekable<Chars<'_>>) -> Result<char, String> {
    let digits: String = chars.by_ref().take(4).collect();
    let code = u32::from_str_radix(&digits, 16).ok().filter(|_| digits.len() == 4);
    code.and_then(char::from_u32).ok_or_else(|| "a \\u names no character".to_owned())
}
