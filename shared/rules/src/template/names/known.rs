//! Values as far as they are known before there is a deploy.

use super::super::code::Slip;
use crate::reference::TEMPLATE_VARIABLES;
use crate::suggest::did_you_mean;
use minijinja::value::{Value, ValueKind};

/// Attributes of `loop`.
const LOOP: [&str; 11] = [
    "index",
    "index0",
    "revindex",
    "revindex0",
    "first",
    "last",
    "length",
    "depth",
    "depth0",
    "previtem",
    "nextitem",
];
/// Methods of `loop`.
pub(super) const LOOP_METHODS: [&str; 2] = ["cycle", "changed"];

/// The tests, after `is`. Source:
/// <https://jinja.palletsprojects.com/en/stable/templates/#list-of-builtin-tests>.
pub(super) const TESTS: [&str; 36] = [
    "boolean",
    "defined",
    "divisibleby",
    "eq",
    "equalto",
    "escaped",
    "even",
    "false",
    "filter",
    "float",
    "ge",
    "greaterthan",
    "gt",
    "in",
    "integer",
    "int",
    "iterable",
    "le",
    "lessthan",
    "lower",
    "lt",
    "mapping",
    "ne",
    "none",
    "number",
    "odd",
    "safe",
    "sameas",
    "sequence",
    "string",
    "test",
    "true",
    "undefined",
    "upper",
    "endingwith",
    "startingwith",
];

/// Methods and functions of other languages, and the code that does the same for `x`.
const ELSEWHERE: [(&str, &str); 74] = [
    ("sub", "x | replace"),
    ("gsub", "x | replace"),
    ("ucfirst", "x | capitalize"),
    ("short", "x[:7]"),
    ("shorten", "x[:7]"),
    ("substring", "x[:7]"),
    ("strip", "x | trim"),
    ("lstrip", "x | trim"),
    ("rstrip", "x | trim"),
    ("toUpperCase", "x | upper"),
    ("toLowerCase", "x | lower"),
    ("uppercase", "x | upper"),
    ("lowercase", "x | lower"),
    ("upcase", "x | upper"),
    ("downcase", "x | lower"),
    ("toupper", "x | upper"),
    ("tolower", "x | lower"),
    ("to_upper", "x | upper"),
    ("to_lower", "x | lower"),
    ("capitalise", "x | capitalize"),
    ("titlecase", "x | title"),
    ("len", "x | length"),
    ("size", "x | length"),
    ("str", "x | string"),
    ("toString", "x | string"),
    ("to_string", "x | string"),
    ("to_s", "x | string"),
    ("toJSON", "x | tojson"),
    ("toJson", "x | tojson"),
    ("json", "x | tojson"),
    ("to_json", "x | tojson"),
    ("jsonify", "x | tojson"),
    ("json_encode", "x | tojson"),
    ("dumps", "x | tojson"),
    ("splitlines", "x | lines"),
    ("startswith", "x is startingwith('a')"),
    ("startsWith", "x is startingwith('a')"),
    ("starts_with", "x is startingwith('a')"),
    ("endswith", "x is endingwith('a')"),
    ("endsWith", "x is endingwith('a')"),
    ("ends_with", "x is endingwith('a')"),
    ("contains", "'a' in x"),
    ("includes", "'a' in x"),
    ("get", "x.name"),
    ("keys", "x | list"),
    ("sorted", "x | sort"),
    ("reversed", "x | reverse"),
    ("encodeURIComponent", "x | urlencode"),
    ("url_encode", "x | urlencode"),
    ("urlquote", "x | urlencode"),
    ("escape_once", "x | escape"),
    ("truncatechars", "x | truncate"),
    ("wordcounts", "x | wordcount"),
    ("strip_html", "x | striptags"),
    ("append", "x ~ 'a'"),
    ("concat", "x ~ 'a'"),
    ("nl2br", "x"),
    ("newline_to_br", "x"),
    ("raw", "x"),
    ("quote", "x"),
    ("squote", "x"),
    ("trans", "x"),
    ("mandatory", "x"),
    ("url_escape", "x | urlencode"),
    ("cgi_escape", "x | urlencode"),
    ("substr", "x[:7]"),
    ("charAt", "x[0]"),
    ("equals", "x == 'a'"),
    ("isset", "x is defined"),
    ("defined", "x is defined"),
    ("coalesce", "x or 'a'"),
    ("to_nice_json", "x | tojson"),
    ("exists", "x is defined"),
    ("padStart", "x"),
];

/// Filters and functions of other languages that nothing here does the same as.
pub(super) const NOTHING_LIKE: [&str; 13] = [
    "b64encode",
    "b64decode",
    "to_yaml",
    "to_nice_yaml",
    "regex_replace",
    "regex_search",
    "hash",
    "md5",
    "sha1",
    "sha256",
    "markdown",
    "markdownify",
    "pluralize",
];

/// Names of other languages for the time of now.
pub(super) const CLOCKS: [&str; 8] =
    ["now", "date", "today", "time", "timestamp", "utcnow", "strftime", "datetime"];

/// The code that does for `value` what a method or function of another language does.
pub(super) fn elsewhere(name: &str, value: &str, values: &str) -> Option<String> {
    let (_, code) = ELSEWHERE.iter().find(|(known, _)| *known == name)?;
    let (before, after) = code.split_once('x').filter(|_| code.starts_with('x')).unwrap_or((code, ""));
    let code = if code.starts_with('x') {
        format!("{before}{value}{after}")
    } else {
        code.replace("in x", &format!("in {value}"))
    };
    if values.is_empty() {
        return Some(code);
    }
    Some(match name {
        "get" => match unquoted(values) {
            Some(name) if is_name(name) => format!("{value}.{name}"),
            Some(_) | None => format!("{value}[{}]", values.split(',').next().unwrap_or_default()),
        },
        "charAt" => format!("{value}[{}]", values.trim()),
        "substr" if !values.trim_start().starts_with("0,") => return None,
        "substring" | "substr" | "slice" => match values.split_once(',') {
            Some((start, end)) => format!("{value}[{}:{}]", start.trim(), end.trim()),
            None => format!("{value}[{}:]", values.trim()),
        },
        _ if code.contains("'a'") => code.replace("'a'", values),
        "strip" | "lstrip" | "rstrip" | "truncatechars" => format!("{code}({values})"),
        // The filter takes none.
        _ => code,
    })
}

/// The text in quotes, where there is nothing else.
pub(super) fn unquoted(code: &str) -> Option<&str> {
    let quote = code.chars().next().filter(|c| matches!(c, '\'' | '"'))?;
    code.strip_prefix(quote)?.strip_suffix(quote).filter(|text| !text.contains([quote, '\\']))
}

fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// Value as far as it is known.
#[derive(Clone, Debug)]
pub(super) enum Known {
    /// Nothing.
    Anything,
    /// `loop`.
    Loop,
    /// A value like this one, of the variable with this name where it comes from one.
    Like(Value, &'static str),
}

impl Known {
    pub(super) fn text() -> Self {
        Self::Like(Value::from("text"), "")
    }

    pub(super) fn number() -> Self {
        Self::Like(Value::from(1), "")
    }

    pub(super) fn texts() -> Self {
        Self::Like(Value::from(vec!["text"]), "")
    }

    pub(super) fn is_text(&self) -> bool {
        matches!(self, Self::Like(value, _) if value.kind() == ValueKind::String)
    }

    /// Returns one of its elements, as far as it is known.
    pub(super) fn element(&self) -> Self {
        match self {
            Self::Like(value, variable) if is_list(value) => match value.get_item_by_index(0) {
                Ok(element) if !element.is_undefined() => Self::Like(element, variable),
                Ok(_) | Err(_) => Self::Anything,
            },
            Self::Like(value, _) if value.kind() == ValueKind::String => Self::text(),
            Self::Like(..) | Self::Anything | Self::Loop => Self::Anything,
        }
    }

    /// Returns the value of an attribute, or the slip if there is none of that name. `code` is the text that
    /// asks for it.
    pub(super) fn attribute(&self, name: &str, at: usize, code: &str) -> Result<Self, Slip> {
        let (value, variable) = match self {
            Self::Anything => return Ok(Self::Anything),
            Self::Loop if LOOP.contains(&name) => {
                return Ok(if matches!(name, "previtem" | "nextitem") {
                    Self::Anything
                } else {
                    Self::number()
                });
            }
            Self::Loop => {
                let message = format!("`loop` has no `{name}`: {}", LOOP.join(", "));
                let djangos = match name {
                    "counter" => Some("did you mean `index`?".to_owned()),
                    "counter0" => Some("did you mean `index0`?".to_owned()),
                    _ => did_you_mean(name, LOOP),
                };
                return Err(Slip::new(at, message, djangos));
            }
            Self::Like(value, variable) => (value, *variable),
        };
        match value.kind() {
            ValueKind::Map => {
                let attribute = value.get_attr(name).unwrap_or_default();
                if !attribute.is_undefined() {
                    return Ok(Self::Like(attribute, ""));
                }
                let names = attributes(value, variable);
                let noun = if variable.is_empty() { "this value".to_owned() } else { noun(variable) };
                let message = format!("{noun} has no `{name}`: {}", names.join(", "));
                Err(Slip::new(at, message, did_you_mean(name, names.iter().map(String::as_str))))
            }
            ValueKind::Seq | ValueKind::Iterable => {
                if name.bytes().all(|byte| byte.is_ascii_digit()) {
                    return Ok(self.element());
                }
                let message = format!("a list has no `{name}`");
                let element = self.element();
                let has_it = matches!(&element, Self::Like(value, _) if value.kind() == ValueKind::Map);
                if element.attribute(name, at, code).is_ok() && has_it {
                    let one = variable.strip_suffix('s').unwrap_or(variable);
                    let suggestion = format!("write `{code}[0].{name}`, or `{{% for {one} in {code} %}}`");
                    return Err(Slip::new(at, message, suggestion));
                }
                Err(Slip::new(at, message, as_filter(name, code)))
            }
            ValueKind::String | ValueKind::Number | ValueKind::Bool => {
                let noun = if value.kind() == ValueKind::String { "a text" } else { "a number" };
                Err(Slip::new(at, format!("{noun} has no `{name}`"), as_filter(name, code)))
            }
            _ => Ok(Self::Anything),
        }
    }
}

/// The filter that gives what another language has as an attribute.
fn as_filter(name: &str, code: &str) -> Option<String> {
    let is_filter = crate::reference::FILTERS.iter().any(|filter| filter.name == name);
    let filtered = if is_filter { Some(format!("{code} | {name}")) } else { elsewhere(name, code, "") };
    filtered.map(|filtered| format!("write `{filtered}`")).or_else(|| Some(format!("write `{code}` alone")))
}

pub(super) fn is_list(value: &Value) -> bool {
    matches!(value.kind(), ValueKind::Seq | ValueKind::Iterable)
}

/// The attributes of an element of `variable`, in the order in which the reference names them.
fn attributes(value: &Value, variable: &str) -> Vec<String> {
    let about =
        TEMPLATE_VARIABLES.iter().find(|known| known.name == variable).map_or("", |known| known.about);
    let mut names: Vec<String> =
        value.try_iter().into_iter().flatten().map(|name| name.to_string()).collect();
    names.sort_by_key(|name| about.find(&format!("`{name}`")).unwrap_or(usize::MAX));
    names
}

/// An element of `variable`, with its article.
fn noun(variable: &str) -> String {
    let one = if variable == "prs" { "pull request" } else { variable.strip_suffix('s').unwrap_or(variable) };
    let article = if one.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
    format!("{article} {}", one.replace('_', " "))
}
