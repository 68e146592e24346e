//! Conditions as other languages write them, in the words of this one.

mod scan;

use super::{parse, parse_duration};
use crate::reference::Kind;
use crate::variables::{DRIFT, Variable, kind_of, look_up};
use scan::{Token, scan, variable};

/// The longest condition that is written anew, in characters.
const LONGEST: usize = 200;

/// The condition that `text`, which is none, is most likely meant to be; `None`: that can't be told.
pub(crate) fn meant(text: &str) -> Option<String> {
    if text.chars().count() > LONGEST {
        return None;
    }
    let inner = unwrapped(text);
    let mut tokens = scan(inner)?;
    if matches!(tokens.first(), Some((_, Token::Name(word))) if matches!(word.as_str(), "if" | "when" | "where"))
    {
        tokens.remove(0);
    }
    let mut writer = Writer { tokens, at: 0, written: String::new(), open: 0, last: None };
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

/// A time as people write it (`5 minutes`) as a condition has it (`5m`).
pub(crate) fn meant_time(text: &str) -> Option<String> {
    let lower = text.trim().to_lowercase();
    // `PT1H30M`, as ISO 8601 has it.
    let mut rest = match lower.strip_prefix('p') {
        Some(iso) => iso.replace('t', ""),
        None => lower,
    };
    let mut parts = Vec::new();
    while !rest.is_empty() {
        let is_number = |c: char| c.is_ascii_digit() || c == '.';
        let number = rest.len() - rest.trim_start_matches(is_number).len();
        let (number, behind) = rest.split_at(number);
        let behind = behind.trim_start_matches([' ', '-', '_']);
        let unit = behind.find(|c: char| !c.is_alphabetic()).unwrap_or(behind.len());
        let (unit, behind) = behind.split_at(unit);
        parts.push((number.to_owned(), unit_of(unit)?));
        let behind = behind.trim_start_matches(['.', ',', ' ']);
        rest = behind.strip_prefix("and ").unwrap_or(behind).to_owned();
    }
    match parts.as_slice() {
        [(number, unit)] if !number.contains('.') && *unit != 'w' => {
            let time = format!("{number}{unit}");
            parse_duration(&time).map(|_| time)
        }
        _ => in_one_unit(&parts),
    }
}

/// The truth that a text or number stands for elsewhere.
pub(crate) fn meant_truth(text: &str) -> Option<bool> {
    match text.trim().to_ascii_lowercase().as_str() {
        "yes" | "y" | "on" | "1" | "true" => Some(true),
        "no" | "n" | "off" | "0" | "false" => Some(false),
        _ => None,
    }
}

/// The sum of numbers with their units in the largest unit of which it is a whole number.
fn in_one_unit(parts: &[(String, char)]) -> Option<String> {
    const UNITS: [(char, u64); 4] = [('d', 86_400), ('h', 3600), ('m', 60), ('s', 1)];
    let mut seconds = 0_u64;
    for (number, unit) in parts {
        let (whole, part) = number.split_once('.').unwrap_or((number, "0"));
        let of_unit = match unit {
            'w' => 7 * 86_400,
            _ => UNITS.iter().find(|(name, _)| name == unit).map(|(_, seconds)| *seconds)?,
        };
        let decimals = 10_u64.checked_pow(u32::try_from(part.len()).ok()?)?;
        let part = part.parse::<u64>().ok()?.checked_mul(of_unit)?;
        if part % decimals != 0 {
            return None;
        }
        let whole = whole.parse::<u64>().ok()?.checked_mul(of_unit)?;
        seconds = seconds.checked_add(whole)?.checked_add(part / decimals)?;
    }
    let (unit, of_unit) = UNITS.into_iter().find(|(_, of_unit)| seconds > 0 && seconds % of_unit == 0)?;
    Some(format!("{}{unit}", seconds / of_unit))
}

fn unit_of(word: &str) -> Option<char> {
    match word {
        "s" | "sec" | "secs" | "second" | "seconds" => Some('s'),
        "m" | "min" | "mins" | "minute" | "minutes" => Some('m'),
        "h" | "hr" | "hrs" | "hour" | "hours" => Some('h'),
        "d" | "day" | "days" => Some('d'),
        "w" | "wk" | "wks" | "week" | "weeks" => Some('w'),
        _ => None,
    }
}

struct Writer {
    tokens: Vec<(String, Token)>,
    at: usize,
    written: String,
    open: usize,
    /// The last comparison.
    last: Option<Last>,
}

/// A comparison that other values may follow: `branch='main' or 'dev'`.
#[derive(Clone)]
struct Last {
    variable: String,
    sign: &'static str,
    /// How much had been written before it.
    start: usize,
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
            self.written.push_str(&format!("{space}{word}"));
            if self.space().is_empty() {
                self.written.push(' ');
            }
        }
    }

    /// Other values of the last comparison, if any follow: `environment=Staging, QA`, `branch='main' or 'dev'`.
    /// `None`: it can't be told what they are compared with, or how they are joined.
    fn others(&mut self) -> Option<()> {
        let Some(Last { variable, sign, start }) = self.last.take() else { return Some(()) };
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
            let value = self.value(&variable, sign)?;
            self.written.push_str(&format!(" {word} {variable}{sign}{value}"));
        }
        let is_alone = is_from_start && matches!(self.peek(0), None | Some(Token::Close));
        if joined_by == Some("or") && !is_alone {
            self.written.insert(start, '(');
            self.written.push(')');
        }
        Some(())
    }

    /// Whether another value of the last comparison comes next, behind what joins it.
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
                _ => return None,
            };
            if !is_not {
                self.written.push_str(&space);
            }
            return self.comparison(&name, is_not);
        }
    }

    /// Whether `in` a list comes next, or `not in` one.
    fn is_in(&self) -> bool {
        let from = usize::from(self.peek(0) == Some(&Token::Not));
        let is_word = matches!(self.peek(from), Some(Token::Name(word)) if word.eq_ignore_ascii_case("in"));
        is_word && matches!(self.peek(from + 1), Some(Token::Name(list)) if kind_of(list) == Some(Kind::List))
    }

    /// Whether an operator and a variable come next: `'Staging'=environment`.
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

    /// `startsWith(branch, 'release/')` and `branch.startsWith('release/')`.
    fn call(&mut self, name: &str, is_not: bool) -> Option<()> {
        let (call, method_of) = call_of(name)?;
        self.next();
        let variable = match method_of {
            Some(variable) => variable,
            None => {
                let Some((_, Token::Name(name))) = self.next() else { return None };
                let variable = variable(&name)?;
                self.take(&Token::Comma).then_some(variable)?
            }
        };
        let (Some((_, Token::Text(text))), Some((_, Token::Close))) = (self.next(), self.next()) else {
            return None;
        };
        let is_list = kind_of(&variable)? == Kind::List;
        let (sign, value) = match call {
            Call::Contains if is_list => ("=", text),
            // There is no operator for what does not match.
            _ if is_not => return None,
            Call::Contains => ("~=", format!(".*{}", escaped(&text))),
            Call::StartsWith => ("~=", escaped(&text)),
            Call::EndsWith => ("~=", format!(".*{}$", escaped(&text))),
        };
        let sign = if is_not { turned(sign)? } else { sign };
        self.written.push_str(&format!("{variable}{sign}{}", quoted(&value)?));
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
        let is_like = matches!(self.peek(0), Some(Token::Name(word)) if word.eq_ignore_ascii_case("like"));
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
                let pattern = quoted(&like(text));
                self.next();
                pattern?
            }
            _ => self.value(name, sign)?,
        };
        self.written.push_str(&format!("{name}{before}{sign}{behind}{value}"));
        self.last = Some(Last { variable: name.to_owned(), sign, start });
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
            Some(Token::Text(_)) => return Some(Some(("=", true))),
            Some(Token::Name(word)) => word.to_ascii_lowercase(),
            _ => return Some(None),
        };
        if let Some((sign, words)) = self.in_words() {
            self.at += words;
            return Some(Some((sign, true)));
        }
        if word == "empty" {
            return Some(Some(("=", true)));
        }
        let sign = match word.as_str() {
            "is" | "equals" | "equal" | "eq" | "contains" | "has" | "includes" | "in" => "=",
            "isnt" | "ne" | "neq" => "!=",
            "matches" | "like" => "~=",
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

    /// The operator that the next words say, and how many these are: `is more than`.
    fn in_words(&self) -> Option<(&'static str, usize)> {
        let word = |ahead: usize| match self.peek(ahead) {
            Some(Token::Name(word)) => word.to_ascii_lowercase(),
            _ => String::new(),
        };
        let from = usize::from(word(0) == "is");
        let sign = match (word(from).as_str(), word(from + 1).as_str()) {
            ("more" | "greater" | "longer" | "older" | "higher", "than") => ">",
            ("less" | "fewer" | "shorter" | "newer" | "lower", "than") => "<",
            ("at", "least") => ">=",
            ("at", "most") => "<=",
            ("over" | "above", _) => return Some((">", from + 1)),
            ("under" | "below", _) => return Some(("<", from + 1)),
            _ => return None,
        };
        Some((sign, from + 2))
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
        quoted(&words)
    }
}

/// Functions and methods of other languages that a condition has an operator for.
#[derive(Clone, Copy)]
enum Call {
    StartsWith,
    EndsWith,
    Contains,
}

/// The function or method that `name` stands for, and the variable that it is a method of.
fn call_of(name: &str) -> Option<(Call, Option<String>)> {
    let (variable, function) = match name.rsplit_once('.') {
        Some((variable, function)) => (Some(scan::variable(variable)?), function),
        None => (None, name),
    };
    let call = match function.to_ascii_lowercase().replace('_', "").as_str() {
        "startswith" | "hasprefix" => Call::StartsWith,
        "endswith" | "hassuffix" => Call::EndsWith,
        "contains" | "includes" => Call::Contains,
        _ => return None,
    };
    Some((call, variable))
}

/// Whether a word is a value: a number, or a time.
fn is_value(word: &str) -> bool {
    word.parse::<f64>().is_ok() || parse_duration(word).is_some()
}

/// Whether a word is what other languages call no value at all.
pub(crate) fn is_nothing(word: &str) -> bool {
    ["null", "none", "nil", "nothing", "empty", "undefined"]
        .iter()
        .any(|name| word.eq_ignore_ascii_case(name))
}

/// A text as a regular expression that matches that text.
fn escaped(text: &str) -> String {
    let is_sign = |c: char| "\\.+*?()|[]{}^$".contains(c);
    text.chars().flat_map(|c| is_sign(c).then_some('\\').into_iter().chain([c])).collect()
}

/// The pattern of SQL's LIKE as a regular expression. One that is such an expression already stays as it is.
fn like(text: &str) -> String {
    if text.contains(['*', '[', '(', '|', '^', '$', '\\', '+']) {
        return text.to_owned();
    }
    let pattern = text.split('%').map(escaped).collect::<Vec<_>>().join(".*");
    if pattern.ends_with(".*") { pattern } else { format!("{pattern}$") }
}

/// The operator that holds where this one does not.
fn turned(sign: &'static str) -> Option<&'static str> {
    match sign {
        "=" => Some("!="),
        "!=" => Some("="),
        ">" => Some("<="),
        ">=" => Some("<"),
        "<" => Some(">="),
        "<=" => Some(">"),
        _ => None,
    }
}

/// A text in the quotes that it does not hold.
fn quoted(text: &str) -> Option<String> {
    match (text.contains('\''), text.contains('"')) {
        (false, _) => Some(format!("'{text}'")),
        (true, false) => Some(format!("\"{text}\"")),
        (true, true) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn condition_of_another_language_is_written_anew() {
        for (text, expected) in [
            ("environment == 'Staging'", Some("environment = 'Staging'")),
            ("environment=Staging", Some("environment='Staging'")),
            ("environment is Staging", Some("environment='Staging'")),
            ("environment is not 'Pre Prod'", Some("environment!='Pre Prod'")),
            ("environment in ['Staging', \"QA\"]", Some("environment='Staging' or environment='QA'")),
            (
                "environment in (Staging, QA) and tags='#a'",
                Some("(environment='Staging' or environment='QA') and tags='#a'"),
            ),
            ("environment not in ['Staging', 'QA']", Some("environment!='Staging' and environment!='QA'")),
            ("tags contains '#web'", Some("tags='#web'")),
            ("tags=#web", Some("tags='#web'")),
            ("environment='Staging'&&tags='#a'", Some("environment='Staging' and tags='#a'")),
            ("environment='Staging', tags='#a'", Some("environment='Staging' and tags='#a'")),
            ("environment='Staging' and", Some("environment='Staging'")),
            ("not future_deploy", Some("future_deploy=false")),
            ("!future_deploy and !tags", Some("future_deploy=false and tags=[]")),
            ("not environment = 'Staging'", Some("environment != 'Staging'")),
            (
                "(environment='Staging' or environment='QA'",
                Some("(environment='Staging' or environment='QA')"),
            ),
            ("environment='Staging')", Some("environment='Staging'")),
            ("environment='Staging", Some("environment='Staging'")),
            ("environment=“Staging”", Some("environment='Staging'")),
            ("deployed_for>=5m", Some("deployed_for>='5m'")),
            ("deployed_for >= 5 minutes", Some("deployed_for >= '5m'")),
            ("drift_to_production>10 deploys", Some("drift_to_production>10")),
            ("$environment='Staging'", Some("environment='Staging'")),
            ("<% environment %>='Staging'", Some("environment='Staging'")),
            ("{{ environment }} = 'Staging'", Some("environment = 'Staging'")),
            ("${{ github.ref }} == 'main'", Some("branch = 'main'")),
            ("'environment'='Staging'", Some("environment='Staging'")),
            ("drift_to_'Pre Prod'>10", Some("drift_to_Pre Prod>10")),
            ("environment='it''s'", Some("environment=\"it's\"")),
            ("environment 'Staging'", Some("environment='Staging'")),
            ("environment = Staging, QA", Some("environment = 'Staging' or environment='QA'")),
            ("if environment.name == 'Staging'", Some("environment = 'Staging'")),
            ("len(tags) > 0", Some("tags > 0")),
            ("'#web' in tags and '#db' not in tags", Some("tags='#web' and tags!='#db'")),
            ("deployed_for more than 5m", Some("deployed_for>'5m'")),
            ("deployed_for is at least 5 minutes", Some("deployed_for>='5m'")),
            ("branch='main' or 'dev'", Some("branch='main' or branch='dev'")),
            (
                "environment='QA' and branch='main' or 'dev'",
                Some("environment='QA' and (branch='main' or branch='dev')"),
            ),
            (
                "branch='main' or 'dev' and environment='QA'",
                Some("(branch='main' or branch='dev') and environment='QA'"),
            ),
            ("tags='#a' and '#b'", Some("tags='#a' and tags='#b'")),
            ("tags!='#a' and '#b'", Some("tags!='#a' and tags!='#b'")),
            ("environment=('a' or 'b')", Some("environment='a' or environment='b'")),
            ("'Staging'=environment", Some("environment='Staging'")),
            ("'5m'<deployed_for", Some("deployed_for>'5m'")),
            ("10 <= drift_to_production", Some("drift_to_production>=10")),
            ("branch like 'rel%'", Some("branch~='rel.*'")),
            ("branch like '%1.0'", Some("branch~='.*1\\.0$'")),
            ("branch like 'release/.*'", Some("branch~='release/.*'")),
            ("branch~=/^rel.*/", Some("branch~='^rel.*'")),
            ("environment=\"Staging'", Some("environment='Staging'")),
            ("environment=\"Staging' and tags='#a'", Some("environment='Staging' and tags='#a'")),
            ("tags is not empty", Some("tags!=[]")),
            ("tags is empty", Some("tags=[]")),
            ("tags empty", Some("tags=[]")),
            ("tags != null", Some("tags != []")),
            ("deployed_for ≥ '5m'", Some("deployed_for >= '5m'")),
            ("environment≠'Staging'", Some("environment!='Staging'")),
            ("（environment＝'Staging'）", Some("(environment='Staging')")),
            ("deployed_for≥′5m′", Some("deployed_for>='5m'")),
            ("startsWith(branch, 'rel/1.')", Some("branch~='rel/1\\.'")),
            ("branch.endsWith('-rc')", Some("branch~='.*-rc$'")),
            ("contains(tags, '#a')", Some("tags='#a'")),
            ("!contains(tags, '#a')", Some("tags!='#a'")),
            ("deployed_for between '5m' and '1h'", Some("deployed_for>='5m' and deployed_for<='1h'")),
            ("deployed_for >= 2 weeks", Some("deployed_for >= '14d'")),
            ("deployed_for >= 1h30m", Some("deployed_for >= '90m'")),
            ("${{ github.ref == 'refs/heads/main' }}", Some("branch = 'main'")),
            ("environment in ['a', 'b',]", Some("environment='a' or environment='b'")),
            // What is meant can't be told.
            ("tags=['#a' xor '#b']", None),
            ("tags in []", None),
            ("branch~=/rel.*/", None),
            ("environment='a' and 'b'", None),
            ("environment!='a' or 'b'", None),
            ("environment='a' or 'b' and 'c'", None),
            ("environment='Staging' or rollbak", None),
            ("environment is null", None),
            ("environment=*", None),
            ("environment='Staging and tags=[]", None),
            ("!startsWith(branch, 'rel')", None),
            ("environment='Staging' tags='#a'", None),
            ("not (tags='#a' or tags='#b')", None),
            ("not tags~='#a'", None),
            ("environment", None),
            ("", None),
            ("{{ weather }}='x'", None),
        ] {
            assert_eq!(meant(text).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn time_as_people_write_it_gets_its_unit() {
        for (text, expected) in [
            ("5 minutes", Some("5m")),
            ("2 Hours", Some("2h")),
            ("30sec", Some("30s")),
            ("1-day", Some("1d")),
            ("5", None),
            ("soon", None),
            ("1.5h", Some("90m")),
            ("1h30m", Some("90m")),
            ("1h 30 min", Some("90m")),
            ("2 hours and 30 seconds", Some("7230s")),
            ("1w", Some("7d")),
            ("PT5M", Some("5m")),
            ("P1DT12H", Some("36h")),
            ("1.00001h", None),
            ("-5m", None),
            ("5-10m", None),
            ("5–10m", None),
            ("h", None),
            ("", None),
        ] {
            assert_eq!(meant_time(text).as_deref(), expected, "{text}");
        }
    }
}
