//! The texts of actions: Jinja templates over a deploy.
//!
//! The engine is `minijinja` without includes, macros or access to anything outside of the template's
//! [`Context`]. The work that a template may do, the memory that it may take and the text that it may produce
//! are limited.

mod check;
mod code;
mod context;
mod filters;
mod go;
mod names;
mod odd;
mod operators;
mod tags;

pub(crate) use check::{check, sample_of};
use context::{CHANGING, MENTIONS};
pub use context::{Context, FAILED_RULES, LATE, Mentions};
pub(crate) use odd::odd;

use crate::problem::one_line;
use code::{pieces, refused};
use minijinja::value::{Value, ValueKind};
use minijinja::{AutoEscape, Environment, Error, ErrorKind, Output, State, Template, UndefinedBehavior};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use signoff_core::mrkdwn::escape;
use std::collections::HashSet;
use std::fmt::{self, Write};
use std::sync::LazyLock;

/// The longest template that is read, in bytes.
pub const MAX_TEMPLATE_BYTES: usize = 16 * 1024;
/// The longest text that a template may render to, in bytes.
pub const MAX_OUTPUT_BYTES: usize = 32 * 1024;
/// The longest list that `range` gives.
const MAX_RANGE: usize = 1000;
/// Most work that a template may do, in the engine's units (about one per instruction, and one per 64 bytes
/// of text).
pub const MAX_WORK: u64 = 20_000;

/// Reason for which a template was not rendered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateError {
    /// The line of the template, from 1, where one is known.
    pub line: Option<usize>,
    /// Description of the error.
    pub message: String,
}

impl fmt::Display for TemplateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "template, line {line}: {}", self.message),
            None => write!(f, "template: {}", self.message),
        }
    }
}

impl std::error::Error for TemplateError {}

/// Renders a template as Slack mrkdwn: the template's own text stands as it is written, the deploy's is
/// escaped ([`escape`]), mentions and links made from the deploy work. A list is its elements with commas
/// between.
///
/// # Errors
/// A template that cannot be read, or that takes more work or produces more text than allowed.
pub fn render(template: &str, context: &Context) -> Result<String, TemplateError> {
    render_in(&SLACK, template, context.slack()).map(|(text, _)| text)
}

/// Renders a template as plain text, for what does not go to Slack (a build's parameters): nothing is
/// escaped, people and deploys are shown by name instead of as mentions and links.
///
/// # Errors
/// As [`render`].
pub fn render_plain(template: &str, context: &Context) -> Result<String, TemplateError> {
    render_in(&PLAIN, template, context.plain()).map(|(text, _)| text)
}

/// True if a text has something for the engine to replace: it is more than plain text.
pub(crate) fn is_template(text: &str) -> bool {
    text.contains("{{") || text.contains("{%") || text.contains("{#")
}

/// The texts in quotes in the code of a template, without what only joins a list.
pub(crate) fn texts_in_code(template: &str) -> Vec<&str> {
    let mut texts = Vec::new();
    for piece in pieces(template) {
        let code::Piece::Code(code) = piece else { continue };
        for (index, token) in
            code.tokens.iter().enumerate().filter(|(_, token)| token.kind == code::Kind::Text)
        {
            let before = |distance: usize| index.checked_sub(distance).and_then(|at| code.tokens.get(at));
            let is = |distance: usize, text: &str| before(distance).is_some_and(|token| token.is(text));
            // `tags | join(', ')` and `prs[0]['title']`.
            let joins = is(1, "(") && is(2, "join");
            let picks = is(1, "[") && before(2).is_some_and(|token| token.is_value_name() || token.is("]"));
            if !joins && !picks {
                texts.push(token.text.get(1..token.text.len().saturating_sub(1)).unwrap_or_default());
            }
        }
    }
    texts
}

/// True if a template names a variable of [`LATE`], or can't be read and may.
pub fn is_late(template: &str) -> bool {
    names_one_of(template, &LATE)
}

/// True if a template names something that the deploy's own row does not have: a variable of [`LATE`], its
/// health or the rules that failed. True also if it can't be read and may.
pub fn is_of_record(template: &str) -> bool {
    is_late(template) || names_one_of(template, &CHANGING)
}

/// True if a template mentions authors in Slack, or can't be read and may.
pub fn is_mentioning(template: &str) -> bool {
    names_one_of(template, &MENTIONS)
}

/// True if a template names one of the variables `wanted`, or can't be read and may.
fn names_one_of(template: &str, wanted: &[&str]) -> bool {
    if !wanted.iter().any(|name| template.contains(name)) {
        return false;
    }
    names_of(template).is_none_or(|names| wanted.iter().any(|name| names.contains(*name)))
}

/// The variables that a template names; `None`: it can't be read.
pub(crate) fn names_of(template: &str) -> Option<HashSet<String>> {
    SLACK.template_from_str(template).ok().map(|read| read.undeclared_variables(false))
}

/// True if a template is made of the deploy's revision and fixed text alone.
pub fn is_of_revision(template: &str) -> bool {
    names_of(template).is_some_and(|names| names.iter().all(|name| REVISION.contains(&name.as_str())))
}

/// A template that renders to `text`, as it is, by [`render_plain`].
///
/// What is rendered once and run later goes through templates a second time: what stands in it, be it a
/// commit's title, is no template of the rule.
pub fn literal(text: &str) -> String {
    // The engine drops a last line break.
    let is_one = ["{{", "{%", "{#"].iter().any(|start| text.contains(start)) || text.ends_with(['\n', '\r']);
    if !is_one {
        return text.to_owned();
    }
    let mut quoted = String::from("{{ \"");
    for character in text.chars() {
        match character {
            '"' | '\\' => quoted.extend(['\\', character]),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            // No text of these reads as the begin or the end of a piece of a template.
            '{' | '}' | '%' | '#' => quoted.push_str(&format!("\\u{:04x}", u32::from(character))),
            _ => quoted.push(character),
        }
    }
    quoted.push_str("\" }}");
    quoted
}

/// Renders a template as an address: the template's own text stands as it is written, and what an expression
/// gives is percent-encoded, but for the characters that RFC 3986 has unreserved. So a value stays in the one
/// path segment or query value where the template has it, whatever it is. People and deploys are shown by
/// name.
///
/// # Errors
/// As [`render`].
pub fn render_address(template: &str, context: &Context) -> Result<String, TemplateError> {
    render_in(&ADDRESS, template, context.plain()).map(|(text, _)| text)
}

/// The variables that are the deploy's revision.
const REVISION: [&str; 2] = ["revision", "deploy_revision"];

/// All but RFC 3986's unreserved characters.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

static SLACK: LazyLock<Environment<'static>> = LazyLock::new(|| environment(Target::Slack));
static ADDRESS: LazyLock<Environment<'static>> = LazyLock::new(|| environment(Target::Address));
static PLAIN: LazyLock<Environment<'static>> = LazyLock::new(|| environment(Target::Plain));

#[derive(Clone, Copy, PartialEq, Eq)]
enum Target {
    Slack,
    Plain,
    Address,
}

/// The engine for one kind of text.
fn environment(target: Target) -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_debug(false);
    environment.set_fuel(Some(MAX_WORK));
    // A variable that a template names, and that this deploy has no value for, renders to nothing.
    environment.set_undefined_behavior(UndefinedBehavior::Chainable);
    environment.remove_global("debug");
    environment.add_function("range", range);
    filters::add_to(&mut environment, target);
    // The engine takes what is captured (`{% set x %}…{% endset %}`) as escaped once there is a kind of
    // escaping.
    match target {
        Target::Slack => environment.set_auto_escape_callback(|_| AutoEscape::Custom("slack".into())),
        Target::Address => environment.set_auto_escape_callback(|_| AutoEscape::Custom("address".into())),
        Target::Plain => {}
    }
    environment.set_formatter(move |out, state, value| format(out, state, value, target));
    environment
}

/// `range(end)`, `range(start, end)`, `range(start, end, step)`: a list of at most [`MAX_RANGE`] numbers.
fn range(first: i64, second: Option<i64>, step: Option<i64>) -> Result<Vec<i64>, Error> {
    let (start, end) = second.map_or((0, first), |second| (first, second));
    let step = step.unwrap_or(1);
    let mut numbers = Vec::new();
    let mut number = Some(start);
    while let Some(next) = number.filter(|next| if step > 0 { *next < end } else { *next > end }) {
        if step == 0 || numbers.len() >= MAX_RANGE {
            let message = format!("a range has at most {MAX_RANGE} numbers");
            return Err(Error::new(ErrorKind::InvalidOperation, message));
        }
        numbers.push(next);
        number = next.checked_add(step);
    }
    Ok(numbers)
}

/// Writes a value into the output, lists element by element: escaped for Slack unless it is a mention or link
/// of ours, percent-encoded for an address.
fn format(
    out: &mut Output<'_>,
    state: &mut State<'_, '_>,
    value: &Value,
    target: Target,
) -> Result<(), Error> {
    if value.is_undefined() || value.is_none() {
        return Ok(());
    }
    if matches!(value.kind(), ValueKind::Seq | ValueKind::Iterable) {
        for (index, element) in value.try_iter()?.enumerate() {
            // A list may be made while it is walked (`[1] * 100000000`): that is work, too.
            state.consume_fuel(1)?;
            if index > 0 {
                format_one(
                    out,
                    &Value::from(", "),
                    if target == Target::Slack { Target::Plain } else { target },
                )?;
            }
            format_one(out, &element, target)?;
        }
        return Ok(());
    }
    format_one(out, value, target)
}

fn format_one(out: &mut Output<'_>, value: &Value, target: Target) -> Result<(), Error> {
    let mut shown = Bounded(String::new());
    let text = match value.as_str() {
        Some(text) => text,
        None => {
            write!(shown, "{value}")?;
            shown.0.as_str()
        }
    };
    match target {
        Target::Plain => out.write_str(text)?,
        Target::Slack | Target::Address if value.is_safe() => out.write_str(text)?,
        Target::Slack => out.write_str(&escape(text))?,
        Target::Address => write!(out, "{}", utf8_percent_encode(text, RESERVED))?,
    }
    Ok(())
}

/// A text that refuses to grow beyond what may be rendered.
struct Bounded(String);

impl Write for Bounded {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if self.0.len() + text.len() > MAX_OUTPUT_BYTES {
            return Err(fmt::Error);
        }
        self.0.push_str(text);
        Ok(())
    }
}

/// The rendered text, and how much work that was.
fn render_in(
    environment: &Environment<'_>,
    template: &str,
    values: &Value,
) -> Result<(String, u64), TemplateError> {
    if template.len() > MAX_TEMPLATE_BYTES {
        let message = format!("longer than {} KiB", MAX_TEMPLATE_BYTES / 1024);
        return Err(TemplateError { line: None, message });
    }
    if let Some(slip) = refused(&pieces(template)) {
        let line = 1 + template.bytes().take(slip.at).filter(|byte| *byte == b'\n').count();
        let message =
            slip.suggestion.into_iter().fold(slip.message, |message, clause| message + "; " + &clause);
        return Err(TemplateError { line: Some(line), message });
    }
    environment
        .template_from_str(template)
        .and_then(|compiled| render_compiled(&compiled, values))
        .map_err(|error| TemplateError { line: error.line(), message: explained(&error) })
}

/// The rendered text, and how much work that was.
fn render_compiled(compiled: &Template<'_, '_>, values: &Value) -> Result<(String, u64), Error> {
    let rendered = compiled.render_captured(values)?;
    let work = rendered.state().fuel_levels().map_or(0, |(consumed, _)| consumed);
    let text = rendered.into_output();
    if text.len() > MAX_OUTPUT_BYTES { Err(Error::from(ErrorKind::WriteFailure)) } else { Ok((text, work)) }
}

/// The engine's error in our words.
fn explained(error: &Error) -> String {
    match (error.kind(), error.detail()) {
        (ErrorKind::OutOfFuel, _) => "it takes too much work; shorten its loops".to_owned(),
        (ErrorKind::WriteFailure, _) => format!("its text is longer than {} KiB", MAX_OUTPUT_BYTES / 1024),
        (kind, None) => kind.to_string(),
        // It repeats what stands in the template, however long that is.
        (_, Some(detail)) => one_line(detail.to_owned()),
    }
}

#[cfg(test)]
mod tests;
