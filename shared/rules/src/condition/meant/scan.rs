//! The words and signs of conditions as other languages have them.

use crate::condition::lexer::filter;
use crate::variables::{Variable, look_up};

/// A word or sign of a condition in any language.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    /// A variable, a number or a keyword.
    Name(String),
    /// A text, without its quotes.
    Text(String),
    /// An operator as it is written here.
    Sign(&'static str),
    Not,
    And,
    Or,
    /// A comma or semicolon.
    Comma,
    Open,
    Close,
    OpenList,
    CloseList,
}

/// The tokens of a text, each with the spaces before it; `None`: something has no place in any condition.
pub(super) fn scan(text: &str) -> Option<Vec<(String, Token)>> {
    let mut tokens = Vec::new();
    let mut rest = text;
    loop {
        let trimmed = rest.trim_start();
        let space = rest.get(..rest.len() - trimmed.len())?.to_owned();
        let Some(first) = trimmed.chars().next() else { return Some(tokens) };
        let (token, length) = token(trimmed, first)?;
        tokens.push((space, token));
        rest = trimmed.get(length..)?;
    }
}

fn token(rest: &str, first: char) -> Option<(Token, usize)> {
    if let Some((name, length)) = expression(rest) {
        return Some((Token::Name(name), length));
    }
    if let Some(close) = closing(first) {
        let inner = rest.get(first.len_utf8()..)?;
        let length = match inner.find(|c| close.contains(&c)) {
            Some(length) => length,
            None => left_open(inner)?,
        };
        // `'it\'s'`: an escape of other languages, where it leaves a quote open here.
        let is_escape = inner.get(..length).is_some_and(|text| text.ends_with('\\'))
            && rest.matches(first).count() % 2 == 1;
        let next = inner.get(length + 1..).unwrap_or_default();
        if let Some(more) = next.find(first).filter(|_| is_escape && matches!(first, '\'' | '"')) {
            let text = format!("{}{first}{}", inner.get(..length - 1)?, next.get(..more)?);
            return Some((Token::Text(text), 1 + length + 1 + more + 1));
        }
        let end = inner.get(length..)?.chars().next().map_or(0, char::len_utf8);
        let (text, whole) = (inner.get(..length)?, first.len_utf8() + length + end);
        // `'it''s'`: YAML's own escape.
        if let Some((Token::Text(more), length)) =
            rest.get(whole..).filter(|rest| rest.starts_with(first)).and_then(|rest| token(rest, first))
        {
            return Some((Token::Text(format!("{text}{first}{more}")), whole + length));
        }
        return Some((Token::Text(text.to_owned()), whole));
    }
    let run = |is: fn(char) -> bool| rest.find(|c| !is(c)).unwrap_or(rest.len());
    let one = |token| Some((token, first.len_utf8()));
    match first {
        '(' | '（' => one(Token::Open),
        ')' | '）' => one(Token::Close),
        '≥' | '⩾' => one(Token::Sign(">=")),
        '≤' | '⩽' => one(Token::Sign("<=")),
        '≠' => one(Token::Sign("!=")),
        '＝' => one(Token::Sign("=")),
        '＞' => one(Token::Sign(">")),
        '＜' => one(Token::Sign("<")),
        // `environment: 'Staging'`, as a key with its value.
        ':' => Some((Token::Sign("="), rest.len() - rest.get(1..)?.trim_start().len())),
        '，' => one(Token::Comma),
        '[' => one(Token::OpenList),
        ']' => one(Token::CloseList),
        ',' | ';' => one(Token::Comma),
        '&' => Some((Token::And, run(|c| c == '&'))),
        '|' if filter(rest).is_some() => None,
        '|' => Some((Token::Or, run(|c| c == '|'))),
        '=' | '!' | '<' | '>' | '~' => {
            let is_sign = |c: char| matches!(c, '=' | '!' | '<' | '>' | '~');
            let alone = run(is_sign);
            // `> =`: an operator with a space in it.
            let behind = rest.get(alone..)?;
            let more = behind.trim_start();
            let more_length = more.find(|c| !is_sign(c)).unwrap_or(more.len());
            let length = if more_length == 0 { alone } else { rest.len() - more.len() + more_length };
            let sign: String = rest.get(..length)?.split_whitespace().collect();
            let token = match sign.as_str() {
                "=" | "==" | "===" => Token::Sign("="),
                "!=" | "<>" | "!==" | "=!" => Token::Sign("!="),
                ">" => Token::Sign(">"),
                ">=" | "=>" => Token::Sign(">="),
                "<" => Token::Sign("<"),
                "<=" | "=<" => Token::Sign("<="),
                "~=" | "=~" | "~" => Token::Sign("~="),
                "!" => Token::Not,
                _ => return None,
            };
            Some((token, length))
        }
        '#' | '@' | '/' | '*' => {
            let length = rest.find([' ', ')', ']', ',', '\'', '"']).unwrap_or(rest.len());
            // A `*` alone is any text, which no operator compares with.
            let length = Some(length).filter(|_| rest.get(..length) != Some("*"))?;
            Some((Token::Text(rest.get(..length)?.to_owned()), length))
        }
        _ if first.is_alphanumeric() || matches!(first, '_' | '-') => {
            let length = run(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.'));
            let word = rest.get(..length)?;
            let token = match word.to_ascii_lowercase().as_str() {
                "and" => Token::And,
                "or" => Token::Or,
                "not" => Token::Not,
                _ => Token::Name(word.to_owned()),
            };
            Some((token, length))
        }
        _ => None,
    }
}

/// The length of the text whose quote `inner` does not close: up to another kind of quote, or to its end.
/// `None`: there is more than one text in it.
fn left_open(inner: &str) -> Option<usize> {
    let is_quote = |c: char| closing(c).is_some() || matches!(c, '’' | '”' | '»');
    if let Some(end) = inner.find(is_quote) {
        return Some(end);
    }
    let is_more = inner.contains(['=', '<', '>', '~']) || inner.contains(" and ") || inner.contains(" or ");
    (!is_more).then_some(inner.len())
}

/// The characters that end a text which starts with `quote`; `None`: it is no quote.
fn closing(quote: char) -> Option<&'static [char]> {
    match quote {
        '\'' => Some(&['\'']),
        '"' => Some(&['"']),
        '′' | '´' | '＇' => Some(&['′', '´', '＇', '\'']),
        '″' | '＂' => Some(&['″', '＂', '"']),
        '`' => Some(&['`', '\'']),
        '‘' | '’' | '‚' | '‛' => Some(&['‘', '’', '\'']),
        '“' | '”' | '„' | '‟' | '«' => Some(&['“', '”', '»', '"']),
        _ => None,
    }
}

/// The variable that a template or another system's expression at the start of `rest` stands for, and how
/// long that is.
fn expression(rest: &str) -> Option<(String, usize)> {
    for (start, end) in
        [("${{", "}}"), ("{{", "}}"), ("<%=", "%>"), ("<%", "%>"), ("${", "}"), ("{", "}"), ("%", "%")]
    {
        let Some(inner) = rest.strip_prefix(start) else { continue };
        let length = inner.find(end)?;
        return Some((variable(inner.get(..length)?.trim())?, start.len() + length + end.len()));
    }
    let name = rest.strip_prefix('$')?;
    let length =
        name.find(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '_' | '.')).unwrap_or(name.len());
    Some((variable(name.get(..length)?)?, length + 1))
}

/// The variable of a condition that is called so, or so elsewhere.
pub(super) fn variable(name: &str) -> Option<String> {
    let last = name.rsplit('.').next().unwrap_or(name);
    let is_known = |name: &str| look_up(name) == Variable::Supported;
    let lower = last.to_ascii_lowercase();
    let short = lower.rsplit_once('_').map_or(lower.as_str(), |(_, short)| short);
    let other = match short {
        "ref" | "branch" => "branch",
        "name" if lower.contains("ref") || lower.contains("branch") => "branch",
        "sha" | "sha1" | "commit" => "revision",
        "actor" | "user" | "username" => "deployer",
        "repository" | "repo" => "deployment",
        _ => lower.as_str(),
    };
    [last, lower.as_str(), other].into_iter().find(|name| is_known(name)).map(str::to_owned)
}
