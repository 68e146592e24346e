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
    let mut tokens = scan(text)?;
    if matches!(tokens.first(), Some((_, Token::Name(word))) if matches!(word.as_str(), "if" | "when" | "where"))
    {
        tokens.remove(0);
    }
    let mut writer = Writer { tokens, at: 0, written: String::new(), open: 0, last: None };
    writer.condition()?;
    let written = writer.written.trim().to_owned();
    (written != text && parse(&written).is_ok()).then_some(written)
}

/// A time as people write it (`5 minutes`) as a condition has it (`5m`).
pub(crate) fn meant_time(text: &str) -> Option<String> {
    let text = text.trim().to_lowercase();
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let (number, unit) = text.split_at(digits);
    let time =
        format!("{number}{}", unit_of(unit.trim_start_matches([' ', '-', '_']).trim_end_matches('.'))?);
    parse_duration(&time).map(|_| time)
}

fn unit_of(word: &str) -> Option<char> {
    match word {
        "s" | "sec" | "secs" | "second" | "seconds" => Some('s'),
        "m" | "min" | "mins" | "minute" | "minutes" => Some('m'),
        "h" | "hr" | "hrs" | "hour" | "hours" => Some('h'),
        "d" | "day" | "days" => Some('d'),
        _ => None,
    }
}

struct Writer {
    tokens: Vec<(String, Token)>,
    at: usize,
    written: String,
    open: usize,
    /// The variable and the operator of the last comparison.
    last: Option<(String, &'static str)>,
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
                    Token::Comma if self.goes_on() => {
                        let (name, sign) = self.last.clone()?;
                        let value = self.value(&name)?;
                        let word = if sign == "!=" { "and" } else { "or" };
                        self.written.push_str(&format!(" {word} {name}{sign}{value}"));
                    }
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

    /// Whether another value of the last comparison comes next: `environment=Staging, QA`.
    fn goes_on(&self) -> bool {
        let is_value = match self.peek(0) {
            Some(Token::Text(_)) => true,
            Some(Token::Name(name)) => kind_of(name).is_none(),
            _ => false,
        };
        let is_alone = matches!(self.peek(1), None | Some(Token::Comma));
        is_value && is_alone && self.open == 0 && !self.written.contains(" and ")
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

    fn comparison(&mut self, name: &str, is_not: bool) -> Option<()> {
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
                self.list(name)?.into_iter().map(|value| format!("{name}{sign}{value}")).collect();
            let joined = each.join(if sign == "!=" { " and " } else { " or " });
            let is_alone = self.at >= self.tokens.len() && self.written.trim().is_empty();
            let is_one = each.len() == 1 || (is_alone && self.open == 0);
            self.written.push_str(&if is_one { joined } else { format!("({joined})") });
            return Some(());
        }
        let (before, behind) = if is_word { (String::new(), String::new()) } else { (before, self.space()) };
        let value = self.value(name)?;
        self.written.push_str(&format!("{name}{before}{sign}{behind}{value}"));
        self.last = Some((name.to_owned(), sign));
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

    /// The values of `['a', 'b']` or `('a', 'b')`.
    fn list(&mut self, name: &str) -> Option<Vec<String>> {
        self.next();
        let mut values = Vec::new();
        loop {
            match self.peek(0)? {
                Token::Close | Token::CloseList => {
                    self.next();
                    return (!values.is_empty()).then_some(values);
                }
                Token::Comma => {
                    self.next();
                }
                _ => values.push(self.value(name)?),
            }
        }
    }

    fn value(&mut self, variable: &str) -> Option<String> {
        let is_time = matches!(kind_of(variable), Some(Kind::Duration | Kind::Behind));
        let name = match self.next()?.1 {
            Token::Text(text) if is_time => return quoted(&meant_time(&text).unwrap_or(text)),
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
                Some(unit) if is_time => quoted(&format!("{name}{unit}")),
                // `10 deploys`: a number has no unit.
                _ => matches!(unit.as_str(), "deploys" | "deploy" | "votes" | "tags").then_some(name),
            };
        }
        if name.eq_ignore_ascii_case("true") || name.eq_ignore_ascii_case("false") || kind_of(&name).is_some()
        {
            return Some(name);
        }
        let mut words = name;
        while let Some(Token::Name(word)) = self.peek(0) {
            words = format!("{words} {word}");
            self.next();
        }
        quoted(&words)
    }
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
            // What is meant can't be told.
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
            ("1.5h", None),
        ] {
            assert_eq!(meant_time(text).as_deref(), expected, "{text}");
        }
    }
}
