//! Conditions as other languages write them, in the words of this one.

mod parts;
mod phrases;
mod scan;
mod time;
mod words;

use super::{in_any_case, parse, parse_duration};
use crate::reference::Kind;
use crate::variables::{DRIFT, Variable, kind_of, look_up};
use scan::{Token, scan, variable};
use time::unit_of;
use words::{Call, call_of, is_value, like, quoted, turned, without_always};

pub(crate) use time::{meant_time, meant_truth};
pub(crate) use words::{is_always, is_anything, is_nothing};

/// The longest condition that is written anew, in characters.
const LONGEST: usize = 200;

/// The condition that `text`, which is none, is most likely meant to be; `None`: that can't be told.
pub(crate) fn meant(text: &str) -> Option<String> {
    if text.chars().count() > LONGEST {
        return None;
    }
    let inner = without_always(unwrapped(text));
    let mut tokens = scan(&inner)?;
    if matches!(tokens.first(), Some((_, Token::Name(word))) if matches!(word.as_str(), "if" | "when" | "where"))
    {
        tokens.remove(0);
    }
    let mut writer = Writer { tokens, at: 0, written: String::new(), open: 0, last: None, subject: None };
    writer.condition()?;
    let written = writer.written.trim().to_owned();
    (written != text && parse(&written).is_ok()).then_some(written)
}

/// The condition within `${{ … }}`, as other systems have one; or the text.
fn unwrapped(text: &str) -> &str {
    let whole = text.trim();
    let inner = [("${{", "}}"), ("{{", "}}"), ("$[[", "]]"), ("<%=", "%>"), ("<%", "%>")].iter().find_map(
        |(start, end)| {
            let inner = whole.strip_prefix(start)?.strip_suffix(end)?;
            (!inner.contains(start) && inner.contains(['=', '<', '>'])).then_some(inner)
        },
    );
    inner.unwrap_or(text)
}

struct Writer {
    tokens: Vec<(String, Token)>,
    at: usize,
    written: String,
    open: usize,
    /// The last comparison.
    last: Option<Last>,
    /// The variable of the last comparison, also where no other value can follow.
    subject: Option<String>,
}

/// A comparison that other values may follow: `branch='main' or 'dev'`.
#[derive(Clone)]
struct Last {
    variable: String,
    sign: &'static str,
    /// Length of `written` before the comparison, in bytes.
    start: usize,
    /// The part of a text that its values are asked for; `None`: it compares whole texts.
    call: Option<Call>,
}

impl Writer {
    fn peek(&self, ahead: usize) -> Option<&Token> {
        self.tokens.get(self.at + ahead).map(|(_, token)| token)
    }

    /// The spaces before the next token.
    fn space(&self) -> String {
        self.tokens.get(self.at).map_or_else(String::new, |(space, _)| space.clone())
    }

    fn next(&mut self) -> Option<(String, Token)> {
        let token = self.tokens.get(self.at).cloned()?;
        self.at += 1;
        Some(token)
    }

    fn take(&mut self, token: &Token) -> bool {
        let is_next = self.peek(0) == Some(token);
        self.at += usize::from(is_next);
        is_next
    }

    fn condition(&mut self) -> Option<()> {
        // A list joins its entries by `and` itself.
        self.take(&Token::And);
        loop {
            self.one()?;
            self.others()?;
            let mut joined = None;
            while let Some((space, token)) = self.next() {
                match token {
                    Token::Close if self.open > 0 => {
                        self.open -= 1;
                        self.written.push(')');
                    }
                    // One that closes nothing.
                    Token::Close => {}
                    Token::And => joined = Some((space, "and")),
                    Token::Comma => joined = Some((" ".to_owned(), "and")),
                    Token::Or => joined = Some((space, "or")),
                    _ => return None,
                }
                if joined.is_some() {
                    break;
                }
            }
            // What ends with `and` says no more.
            let Some((space, word)) = joined.filter(|_| self.at < self.tokens.len()) else {
                self.written.push_str(&")".repeat(self.open));
                return Some(());
            };
            let space = if space.is_empty() { " ".to_owned() } else { space };
            let again = if word == "and" { Token::And } else { Token::Or };
            while self.take(&again) {}
            self.written.push_str(&format!("{space}{word}"));
            if self.space().is_empty() {
                self.written.push(' ');
            }
        }
    }

    /// Other values of the last comparison, if any follow: `branch=main, dev` or `branch='main' or 'dev'`.
    /// `None`: it can't be told what they are compared with, or how they are joined.
    fn others(&mut self) -> Option<()> {
        let Some(Last { variable, sign, start, call }) = self.last.take() else { return Some(()) };
        let is_list = kind_of(&variable) == Some(Kind::List);
        let before = self.written.get(..start)?.trim_end();
        let is_from_start = before.is_empty() || before.ends_with('(');
        let mut joined_by = None;
        while self.goes_on() {
            let (_, joiner) = self.next()?;
            let word = match (joiner, sign) {
                (Token::Comma, "!=") | (Token::And, "!=") => "and",
                (Token::Comma | Token::Or, "=" | "~=") => "or",
                (Token::And, "=" | "~=") if is_list => "and",
                _ => return None,
            };
            if joined_by.is_some_and(|other| other != word) {
                return None;
            }
            joined_by = Some(word);
            let value = match call {
                Some(call) => self.part(&variable, call)?,
                None => self.value(&variable, sign)?,
            };
            self.written.push_str(&format!(" {word} {variable}{sign}{value}"));
        }
        let is_alone = is_from_start && matches!(self.peek(0), None | Some(Token::Close));
        if joined_by == Some("or") && !is_alone {
            self.written.insert(start, '(');
            self.written.push(')');
        }
        Some(())
    }

    /// True if a joiner and another value of the last comparison come next.
    fn goes_on(&self) -> bool {
        let is_joined = matches!(self.peek(0), Some(Token::Comma | Token::And | Token::Or));
        let is_value = match self.peek(1) {
            Some(Token::Text(_)) => true,
            Some(Token::Name(name)) => look_up(name) == Variable::Unknown(None),
            _ => false,
        };
        let is_end =
            matches!(self.peek(2), None | Some(Token::Comma | Token::And | Token::Or | Token::Close));
        is_joined && is_value && is_end
    }

    /// One comparison, with the parentheses that open before it.
    fn one(&mut self) -> Option<()> {
        let mut is_not = false;
        loop {
            let (space, token) = self.next()?;
            let name = match token {
                Token::Open if !is_not => {
                    self.open += 1;
                    self.written.push_str(&space);
                    self.written.push('(');
                    continue;
                }
                Token::Not if !is_not => {
                    is_not = true;
                    if !self.written.ends_with([' ', '(']) {
                        self.written.push_str(&space);
                    }
                    continue;
                }
                // `drift_to_'Pre Prod'`: the environment stands without quotes.
                Token::Name(name) if name == DRIFT => match self.next()?.1 {
                    Token::Text(environment) => format!("{DRIFT}{environment}"),
                    _ => return None,
                },
                // `len(tags)`: a list is compared by its length.
                Token::Name(name)
                    if matches!(name.as_str(), "len" | "count" | "size" | "length")
                        && self.peek(0) == Some(&Token::Open)
                        && self.peek(2) == Some(&Token::Close) =>
                {
                    self.next();
                    let Some((_, Token::Name(list))) = self.next() else { return None };
                    self.next();
                    list
                }
                Token::Name(name) if self.peek(0) == Some(&Token::Open) && call_of(&name).is_some() => {
                    self.written.push_str(&space);
                    return self.call(&name, is_not);
                }
                Token::Name(name) if self.is_turned() && is_value(&name) => {
                    self.written.push_str(&space);
                    return self.turned_around((space, Token::Name(name)), is_not);
                }
                Token::Text(text) if self.is_turned() && look_up(&text) != Variable::Supported => {
                    self.written.push_str(&space);
                    return self.turned_around((space, Token::Text(text)), is_not);
                }
                // `deployed for`: a name that is written in words.
                Token::Name(name) if self.in_words_of(&name).is_some() => {
                    let (name, words) = self.in_words_of(&name)?;
                    self.at += words;
                    name
                }
                Token::Name(name) if name.contains('.') && look_up(&name) != Variable::Supported => {
                    let first = name.split('.').next().filter(|first| look_up(first) == Variable::Supported);
                    first.map(str::to_owned).or_else(|| variable(&name))?
                }
                Token::Name(name) => name,
                Token::Text(text) if self.is_in() => {
                    let is_out = self.take(&Token::Not) != is_not;
                    self.next();
                    let Some((_, Token::Name(list))) = self.next() else { return None };
                    let sign = if is_out { "!=" } else { "=" };
                    self.written.push_str(&format!("{space}{list}{sign}{}", quoted(&text)?));
                    return Some(());
                }
                Token::Text(name) if look_up(&name) == Variable::Supported => name,
                // `deployed_for>'5m' and <'1h'`: the variable is named once.
                Token::Sign(_) if !is_not => {
                    self.at -= 1;
                    self.subject.clone()?
                }
                _ => return None,
            };
            if !is_not {
                self.written.push_str(&space);
            }
            return self.comparison(&name, is_not);
        }
    }

    /// True if `in` a list comes next, or `not in` one.
    fn is_in(&self) -> bool {
        let from = usize::from(self.peek(0) == Some(&Token::Not));
        let is_word = matches!(self.peek(from), Some(Token::Name(word)) if word.eq_ignore_ascii_case("in"));
        is_word && matches!(self.peek(from + 1), Some(Token::Name(list)) if kind_of(list) == Some(Kind::List))
    }

    /// True if an operator and a variable come next: `'Staging'=environment`.
    fn is_turned(&self) -> bool {
        let is_variable = matches!(self.peek(1), Some(Token::Name(name)) if kind_of(name).is_some());
        matches!(self.peek(0), Some(Token::Sign(sign)) if *sign != "~=") && is_variable
    }

    /// A comparison whose value stands before its variable.
    fn turned_around(&mut self, value: (String, Token), is_not: bool) -> Option<()> {
        let Some((_, Token::Sign(sign))) = self.next() else { return None };
        let Some((_, Token::Name(variable))) = self.next() else { return None };
        let sign = match sign {
            ">" => "<",
            ">=" => "<=",
            "<" => ">",
            "<=" => ">=",
            same => same,
        };
        let sign = if is_not { turned(sign)? } else { sign };
        self.at -= 1;
        *self.tokens.get_mut(self.at)? = value;
        let value = self.value(&variable, sign)?;
        self.written.push_str(&format!("{variable}{sign}{value}"));
        Some(())
    }

    /// `between '5m' and '1h'`, behind its variable.
    fn between(&mut self, name: &str) -> Option<()> {
        self.next();
        let least = self.value(name, ">=")?;
        self.take(&Token::And).then_some(())?;
        let most = self.value(name, "<=")?;
        self.written.push_str(&format!("{name}>={least} and {name}<={most}"));
        Some(())
    }

    fn comparison(&mut self, name: &str, is_not: bool) -> Option<()> {
        if !is_not && matches!(self.peek(0), Some(Token::Name(word)) if word.eq_ignore_ascii_case("between"))
        {
            return self.between(name);
        }
        if let Some(written) = self.asked_for_a_part(name, is_not) {
            return written;
        }
        let is_word =
            |word: &str| matches!(self.peek(0), Some(Token::Name(next)) if next.eq_ignore_ascii_case(word));
        let is_in_any_case = is_word("ilike");
        let is_like = is_in_any_case || is_word("like");
        self.subject = Some(name.to_owned());
        let start = self.written.len();
        let before = self.space();
        let (sign, is_word) = match self.operator()? {
            Some((sign, is_word)) => (if is_not { turned(sign)? } else { sign }, is_word),
            None => {
                let suffix = match (is_not, kind_of(name)) {
                    (false, _) => "",
                    (true, Some(Kind::List)) => "=[]",
                    (true, Some(Kind::Bool)) => "=false",
                    (true, _) => return None,
                };
                self.written.push_str(&format!("{name}{suffix}"));
                return Some(());
            }
        };
        // `contains any of 'a', 'b'`: the values are joined by `or`, as others are.
        let is_named = |ahead: usize, words: &[&str]| matches!(self.peek(ahead), Some(Token::Name(name)) if words.contains(&name.as_str()));
        if is_word && is_named(0, &["any", "one", "either"]) && is_named(1, &["of"]) {
            self.at += 2;
        } else if is_named(0, &["all", "both", "each", "every", "none"]) && is_named(1, &["of"]) {
            return None;
        }
        // `tags=any` is not empty.
        let is_any = matches!(self.peek(0), Some(Token::Name(word)) if is_anything(word));
        if is_any && kind_of(name) == Some(Kind::List) && matches!(sign, "=" | "!=") {
            self.next();
            self.written.push_str(&format!("{name}{}[]", turned(sign)?));
            return Some(());
        }
        if matches!(self.peek(0), Some(Token::OpenList | Token::Open)) {
            let each: Vec<String> =
                self.list(name, sign)?.into_iter().map(|value| format!("{name}{sign}{value}")).collect();
            let joined = each.join(if sign == "!=" { " and " } else { " or " });
            let is_alone = self.at >= self.tokens.len() && self.written.trim().is_empty();
            let is_one = each.len() == 1 || (is_alone && self.open == 0);
            self.written.push_str(&if is_one { joined } else { format!("({joined})") });
            return Some(());
        }
        let (before, behind) = if is_word { (String::new(), String::new()) } else { (before, self.space()) };
        let value = match self.peek(0) {
            Some(Token::Text(text)) if is_like => {
                let any_case = if is_in_any_case && !in_any_case(name) { "(?i)" } else { "" };
                let pattern = quoted(&format!("{any_case}{}", like(text)));
                self.next();
                pattern?
            }
            _ => self.value(name, sign)?,
        };
        self.written.push_str(&format!("{name}{before}{sign}{behind}{value}"));
        self.last = Some(Last { variable: name.to_owned(), sign, start, call: None });
        Some(())
    }

    /// The operator that comes next, and whether it is a word elsewhere. `Some(None)`: there is none, and the
    /// variable stands alone.
    fn operator(&mut self) -> Option<Option<(&'static str, bool)>> {
        let word = match self.peek(0) {
            Some(Token::Sign(sign)) => {
                let sign = *sign;
                self.at += 1;
                return Some(Some((sign, false)));
            }
            Some(Token::Not) if matches!(self.peek(1), Some(Token::Name(name)) if name.eq_ignore_ascii_case("in")) =>
            {
                self.at += 2;
                return Some(Some(("!=", true)));
            }
            Some(Token::Not) => {
                let words = match (self.call_in_words(), self.peek(1)) {
                    (Some((Call::Contains, true, words)), _) => words,
                    // `environment not 'Staging'`
                    (None, Some(Token::Text(_))) => 1,
                    _ => return None,
                };
                self.at += words;
                return Some(Some(("!=", true)));
            }
            Some(Token::Text(_)) => return Some(Some(("=", true))),
            Some(Token::Name(word)) => word.to_ascii_lowercase(),
            _ => return Some(None),
        };
        if let Some((sign, words)) = self.in_words() {
            self.at += words;
            return Some(Some((sign, true)));
        }
        if let Some((Call::Contains, is_out, words)) = self.call_in_words() {
            self.at += words;
            return Some(Some((if is_out { "!=" } else { "=" }, true)));
        }
        if word == "empty" {
            return Some(Some(("=", true)));
        }
        let sign = match word.as_str() {
            "is" | "equals" | "equal" | "eq" | "in" => "=",
            "isnt" | "ne" | "neq" => "!=",
            "matches" | "like" | "ilike" => "~=",
            "gt" => ">",
            "ge" | "gte" => ">=",
            "lt" => "<",
            "le" | "lte" => "<=",
            _ => return None,
        };
        self.at += 1;
        let is_not = sign == "=" && self.take(&Token::Not);
        Some(Some((if is_not { "!=" } else { sign }, true)))
    }

    /// The values of `['a', 'b']`, `('a', 'b')` or `('a' or 'b')`.
    fn list(&mut self, name: &str, sign: &str) -> Option<Vec<String>> {
        self.next();
        let mut values = vec![self.value(name, sign)?];
        loop {
            match (self.next()?.1, self.peek(0)) {
                (Token::Close | Token::CloseList, _) => return Some(values),
                (Token::Comma, Some(Token::Close | Token::CloseList)) => {}
                (Token::Comma, _) => values.push(self.value(name, sign)?),
                (Token::Or, _) if sign != "!=" => values.push(self.value(name, sign)?),
                (Token::And, _) if sign == "!=" => values.push(self.value(name, sign)?),
                _ => return None,
            }
        }
    }

    fn value(&mut self, variable: &str, sign: &str) -> Option<String> {
        let kind = kind_of(variable);
        let is_time = matches!(kind, Some(Kind::Duration | Kind::Behind));
        let name = match self.next()?.1 {
            Token::Text(text) | Token::Name(text) if kind == Some(Kind::Bool) => {
                return meant_truth(&text).map(|truth| truth.to_string());
            }
            Token::Text(text) if is_time => return quoted(&meant_time(&text).unwrap_or(text)),
            // `/^release/`, as other languages write a regular expression. Without `^` it matches anywhere.
            Token::Text(text) if sign == "~=" && text.starts_with('/') => {
                return quoted(
                    text.strip_prefix('/')?.strip_suffix('/').filter(|inner| inner.starts_with('^'))?,
                );
            }
            Token::Text(text) if variable == "branch" && sign != "~=" => {
                return quoted(text.strip_prefix("refs/heads/").unwrap_or(&text));
            }
            Token::Text(text) if matches!(sign, "=" | "!=") => {
                return quoted(&words::tag_of(variable, &text));
            }
            Token::Text(text) => return quoted(&text),
            Token::Name(name) => name,
            _ => return None,
        };
        if parse_duration(&name).is_some() {
            return quoted(&name);
        }
        if name.parse::<f64>().is_ok() {
            let unit = match self.peek(0) {
                Some(Token::Name(word)) => word.to_lowercase(),
                _ => return Some(name),
            };
            self.next();
            return match unit_of(&unit) {
                Some(unit) if is_time => quoted(&meant_time(&format!("{name}{unit}"))?),
                // `10 deploys`: a number has no unit.
                _ => matches!(unit.as_str(), "deploys" | "deploy" | "votes" | "tags").then_some(name),
            };
        }
        if name.eq_ignore_ascii_case("true") || name.eq_ignore_ascii_case("false") || kind_of(&name).is_some()
        {
            return Some(name);
        }
        if is_nothing(&name) {
            return (kind == Some(Kind::List) && matches!(sign, "=" | "!=")).then(|| "[]".to_owned());
        }
        if let Some(time) = meant_time(&name).filter(|_| is_time) {
            return quoted(&time);
        }
        let mut words = name;
        while let Some(Token::Name(word)) = self.peek(0) {
            words = format!("{words} {word}");
            self.next();
        }
        quoted(&if matches!(sign, "=" | "!=") { words::tag_of(variable, &words) } else { words })
    }
}

#[cfg(test)]
mod tests;
