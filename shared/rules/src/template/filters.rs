//! The filters that the engine does not have as Jinja documents them, or not with a bounded result.
//!
//! Source of what they do: <https://jinja.palletsprojects.com/en/stable/templates/#list-of-builtin-filters>.

mod json;
mod text;
mod wrap;

use super::{Bounded, MAX_OUTPUT_BYTES, RESERVED, Target};
use minijinja::formatting::{FormatStyle, format};
use minijinja::value::{Kwargs, Rest, Value, ValueKind, ValueOrKwargs, from_args};
use minijinja::{Environment, Error, ErrorKind};
use percent_encoding::utf8_percent_encode;
use signoff_core::mrkdwn::{escape, link};
use std::borrow::Cow;
use std::fmt::Write;

/// The largest width that `format` takes.
const MAX_WIDTH: usize = 1000;

/// Gives the engine for one kind of text its filters.
pub(super) fn add_to(environment: &mut Environment<'_>, target: Target) {
    // These make lists that grow without costing work; see also `code::refused`.
    environment.remove_filter("chain");
    environment.remove_filter("zip");
    // Nobody can declare text of a pull request to be safe; `escape` is what rendering does anyway.
    environment.add_filter("safe", |value: Value| value);
    if target != Target::Slack {
        environment.add_filter("escape", |value: Value| value);
        environment.add_filter("e", |value: Value| value);
    }
    environment.add_filter("center", with(text::center));
    environment.add_filter("filesizeformat", with(text::filesizeformat));
    environment.add_filter("forceescape", move |value: Value| {
        let text = shown(&value)?;
        Ok::<_, Error>(match target {
            Target::Slack => Value::from_safe_string(escape(&text)),
            Target::Plain | Target::Address => Value::from(text.into_owned()),
        })
    });
    environment
        .add_filter("format", move |value: Value, args: Rest<ValueOrKwargs>| formatted(value, args, target));
    environment.add_filter("pprint", |value: Value| bounded(format_args!("{value:#?}")));
    environment.add_filter("string", |value: Value| match value.kind() {
        ValueKind::String => Ok(value),
        _ => shown(&value).map(|text| Value::from(text.into_owned())),
    });
    environment.add_filter("striptags", |value: Value| shown(&value).map(|text| text::striptags(&text)));
    environment.add_filter("tojson", with(json::tojson));
    environment.add_filter("truncate", with(text::truncate));
    environment.add_filter("urlencode", move |value: Value| urlencode(&value, target));
    environment.add_filter("urlize", move |value: Value, args: Rest<ValueOrKwargs>| {
        urlize(&value, Given::new(args)?, target)
    });
    environment.add_filter("wordcount", |value: Value| shown(&value).map(|text| text::wordcount(&text)));
    environment.add_filter("wordwrap", with(wrap::wordwrap));
    environment.add_filter("xmlattr", with(xmlattr));
}

/// A filter of a value and what is written behind its name.
fn with(
    filter: fn(&Value, Given) -> Result<Value, Error>,
) -> impl Fn(Value, Rest<ValueOrKwargs>) -> Result<Value, Error> {
    move |value, args| filter(&value, Given::new(args)?)
}

/// Arguments of a filter: values in their order, then values by name.
struct Given {
    values: std::vec::IntoIter<Value>,
    named: Kwargs,
}

impl Given {
    fn new(args: Rest<ValueOrKwargs>) -> Result<Self, Error> {
        let args: Vec<Value> = args.0.into_iter().map(Value::from).collect();
        let (values, named): (&[Value], Kwargs) = from_args(&args)?;
        Ok(Self { values: Vec::from(values).into_iter(), named })
    }

    /// The next value, by its place or its name; `None` where it is not given.
    fn take<T: TryFrom<Value>>(&mut self, name: &str) -> Result<Option<T>, Error> {
        let value = match self.values.next() {
            Some(value) => Some(value),
            None => self.named.get::<Option<Value>>(name)?,
        };
        let Some(value) = value.filter(|value| !value.is_none() && !value.is_undefined()) else {
            return Ok(None);
        };
        T::try_from(value)
            .map(Some)
            .map_err(|_| invalid(format!("this value cannot be the `{name}` of a filter")))
    }

    /// Refuses what no [`Self::take`] asked for.
    fn end(mut self) -> Result<(), Error> {
        if self.values.next().is_some() {
            return Err(Error::from(ErrorKind::TooManyArguments));
        }
        self.named.assert_all_used()
    }
}

fn invalid(message: String) -> Error {
    Error::new(ErrorKind::InvalidOperation, message)
}

/// A value as text, which is at most as long as what may be rendered.
fn shown(value: &Value) -> Result<Cow<'_, str>, Error> {
    if let Some(text) = value.as_str() {
        return Ok(Cow::Borrowed(text));
    }
    if value.is_none() || value.is_undefined() {
        return Ok(Cow::Borrowed(""));
    }
    bounded(format_args!("{value}")).map(Cow::Owned)
}

fn bounded(text: std::fmt::Arguments<'_>) -> Result<String, Error> {
    let mut written = Bounded(String::new());
    written.write_fmt(text)?;
    Ok(written.0)
}

/// `format`: the values in the places of a text. A mention or link among them stays one: the text around it
/// is escaped, as where texts are joined with `~`. Elsewhere the whole is a text as any other: an address
/// encodes all of it.
fn formatted(value: Value, args: Rest<ValueOrKwargs>, target: Target) -> Result<Value, Error> {
    let text = shown(&value)?;
    let makes_characters = check_format(&text)?;
    let mut args: Vec<Value> = args.0.into_iter().map(Value::from).collect();
    // What they show is bounded before the engine makes texts of them.
    args.iter().try_for_each(|value| shown(value).map(|_| ()))?;
    if target != Target::Slack || (!value.is_safe() && !args.iter().any(Value::is_safe)) {
        return within(format(FormatStyle::Printf, &text, &args)?).map(Value::from);
    }
    let text = if value.is_safe() { text } else { Cow::Owned(escape(&text)) };
    for value in &mut args {
        let is_plain = value.is_safe() || matches!(value.kind(), ValueKind::Number | ValueKind::Bool);
        if !is_plain {
            *value = Value::from_safe_string(escape(&shown(value)?));
        }
    }
    // `%c` would make any character of a number.
    if makes_characters {
        return Err(invalid("`%c` cannot stand beside a mention or a link: write `%s`".to_owned()));
    }
    within(format(FormatStyle::Printf, &text, &args)?).map(Value::from_safe_string)
}

fn within(text: String) -> Result<String, Error> {
    if text.len() > MAX_OUTPUT_BYTES { Err(Error::from(ErrorKind::WriteFailure)) } else { Ok(text) }
}

/// Refuses widths that make long texts of short ones, and names that the engine cannot read. Gives whether a
/// character is made of a number.
fn check_format(text: &str) -> Result<bool, Error> {
    for (at, _) in text.match_indices("%(") {
        // The engine reads a name to its `)`, also past another `%`, and panics at a character there that is
        // not ASCII, as a pull request's title may have. Where `%%` stands before it there is no name, and it
        // is refused all the same.
        let rest = text.get(at + 2..).unwrap_or_default();
        let name = rest.split_once(')').map_or(rest, |(name, _)| name);
        if !name.is_ascii() {
            return Err(invalid(format!("`%({name})` is not a name: letters a to z, digits and `_`")));
        }
    }
    let mut makes_characters = false;
    for spec in text.split('%').skip(1) {
        let spec = match spec.strip_prefix('(') {
            Some(named) => named.split_once(')').map_or("", |(_, spec)| spec),
            None => spec,
        };
        let spec = spec.trim_start_matches(['#', '0', '-', ' ', '+']);
        let widths = spec.split(|c: char| c != '.' && !c.is_ascii_digit()).next().unwrap_or_default();
        let conversion = spec.trim_start_matches(|c: char| c == '.' || c.is_ascii_digit());
        makes_characters |= conversion.trim_start_matches(['h', 'l', 'L']).starts_with('c');
        for width in widths.split('.').filter(|width| !width.is_empty()) {
            if width.parse::<usize>().map_or(true, |width| width > MAX_WIDTH) {
                return Err(invalid(format!("`%{width}` is too wide: at most {MAX_WIDTH}")));
            }
        }
    }
    Ok(makes_characters)
}

/// `urlencode`: a text percent-encoded but for its `/`; names and values, or a list of pairs, as a query.
///
/// In an address, where each value is encoded when it is shown, a text is left as it is: once is enough, and
/// also its `/` is.
fn urlencode(value: &Value, target: Target) -> Result<Value, Error> {
    let query = |text: &str| utf8_percent_encode(text, RESERVED).to_string();
    let pairs: Vec<(Value, Value)> = match value.kind() {
        ValueKind::Map => {
            let pair = |name: Value| value.get_item(&name).map(|value| (name, value));
            value.try_iter()?.map(pair).collect::<Result<_, _>>()?
        }
        ValueKind::Seq | ValueKind::Iterable => {
            let pair = |pair: Value| Ok((pair.get_item_by_index(0)?, pair.get_item_by_index(1)?));
            value.try_iter()?.map(pair).collect::<Result<_, Error>>()?
        }
        _ if target == Target::Address => return Ok(value.clone()),
        _ => return Ok(Value::from(query(&shown(value)?).replace("%2F", "/"))),
    };
    let mut written = Bounded(String::new());
    for (name, value) in pairs {
        let separator = if written.0.is_empty() { "" } else { "&" };
        let (name, value) = (query(&shown(&name)?), query(&shown(&value)?));
        write!(written, "{separator}{}={}", name.replace("%20", "+"), value.replace("%20", "+"))?;
    }
    Ok(match target {
        Target::Address => Value::from_safe_string(written.0),
        Target::Slack | Target::Plain => Value::from(written.0),
    })
}

/// `urlize`: in Slack, the `http` and `https` addresses in a text become links, shortened to `trim_url_limit`
/// characters. Elsewhere a link is its address, which is there already.
fn urlize(value: &Value, mut given: Given, target: Target) -> Result<Value, Error> {
    let limit = given.take::<usize>("trim_url_limit")?;
    // What they say of a link, a message has no place for.
    for name in ["nofollow", "target", "rel", "extra_schemes"] {
        given.take::<Value>(name)?;
    }
    given.end()?;
    if target != Target::Slack || value.is_safe() {
        return Ok(value.clone());
    }
    let text = shown(value)?;
    let mut linked = Bounded(String::new());
    for word in text.split_inclusive(char::is_whitespace) {
        let start = word.len() - word.trim_start_matches(['(', '[', '{', '<', '"', '\'']).len();
        let (before, rest) = word.split_at(start);
        let end = rest
            .trim_end()
            .trim_end_matches(['.', ',', ':', ';', '!', '?', ')', ']', '}', '>', '"', '\''])
            .len();
        let (address, after) = rest.split_at(end);
        let is_address = ["https://", "http://"]
            .iter()
            .any(|scheme| address.strip_prefix(scheme).is_some_and(|rest| !rest.is_empty()));
        if !is_address {
            linked.write_str(&escape(word))?;
            continue;
        }
        let label = match limit.and_then(|limit| address.char_indices().nth(limit)) {
            Some((cut, _)) => format!("{}...", address.get(..cut).unwrap_or(address)),
            None => address.to_owned(),
        };
        write!(linked, "{}{}{}", escape(before), link(address, &label), escape(after))?;
    }
    Ok(Value::from_safe_string(linked.0))
}

/// `xmlattr`: names and values as attributes, with a space before them unless `autospace` is false. What is
/// none is left out.
fn xmlattr(value: &Value, mut given: Given) -> Result<Value, Error> {
    let autospace = given.take::<bool>("autospace")?.unwrap_or(true);
    given.end()?;
    if value.kind() != ValueKind::Map {
        return Err(invalid("`xmlattr` takes names with values: `{'id': 12} | xmlattr`".to_owned()));
    }
    let mut written = Bounded(String::new());
    for name in value.try_iter()? {
        let attribute = value.get_item(&name)?;
        if attribute.is_none() || attribute.is_undefined() {
            continue;
        }
        let name = shown(&name)?;
        if name.is_empty()
            || name.contains(|c: char| {
                c.is_whitespace() || matches!(c, '/' | '>' | '=' | '<' | '"' | '\'' | '&')
            })
        {
            return Err(invalid(format!("`{name}` cannot be the name of an attribute")));
        }
        let separator = if written.0.is_empty() && !autospace { "" } else { " " };
        write!(written, "{separator}{name}=\"{}\"", text::xml(&shown(&attribute)?))?;
    }
    Ok(Value::from(written.0))
}

#[cfg(test)]
mod tests;
