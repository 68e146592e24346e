//! Fields of forms, each with its label, a hint, and what is wrong with it beside it.

use crate::forms::Field;
use maud::{Markup, html};

/// A field for a line of text.
pub(super) struct Line<'a> {
    pub(super) id: &'a str,
    pub(super) label: &'a str,
    pub(super) hint: &'a str,
    pub(super) required: bool,
    pub(super) longest: usize,
}

/// The field `line` with what is in it.
pub(super) fn line(line: &Line<'_>, field: &Field) -> Markup {
    let Line { id, label, hint, required, longest } = *line;
    let (hint_id, problem_id) = (format!("{id}-hint"), format!("{id}-problem"));
    let described = if field.problem.is_some() { format!("{problem_id} {hint_id}") } else { hint_id.clone() };
    html! {
        div.field {
            label for=(id) { (label) }
            input id=(id) name=(id) type="text" value=(field.text) required[required] maxlength=(longest) autocomplete="off"
                aria-describedby=(described) aria-invalid=[field.problem.is_some().then_some("true")];
            @if let Some(problem) = &field.problem { p.wrong id=(problem_id) { (problem) } }
            p.meta id=(hint_id) { (hint) }
        }
    }
}

/// The field `line` for several lines, with what is in it.
pub(super) fn area(line: &Line<'_>, field: &Field) -> Markup {
    let Line { id, label, hint, required, longest } = *line;
    let (hint_id, problem_id) = (format!("{id}-hint"), format!("{id}-problem"));
    let described = if field.problem.is_some() { format!("{problem_id} {hint_id}") } else { hint_id.clone() };
    html! {
        div.field {
            label for=(id) { (label) }
            textarea id=(id) name=(id) rows="3" required[required] maxlength=(longest) spellcheck="false"
                aria-describedby=(described) aria-invalid=[field.problem.is_some().then_some("true")] { "\n" (field.text) }
            @if let Some(problem) = &field.problem { p.wrong id=(problem_id) { (problem) } }
            p.meta id=(hint_id) { (hint) }
        }
    }
}

/// A block of text that is to be copied, named by its heading.
pub(super) fn copied(id: &str, label: &str, text: &str) -> Markup {
    html! {
        div.copied {
            pre id=(id) tabindex="0" role="region" aria-label=(label) { code { (text) } }
            button.second type="button" data-copy=(format!("#{id}")) hidden { "Copy" }
        }
    }
}

/// A text whose parts in backticks are code.
pub(super) fn with_code(text: &str) -> Markup {
    html! {
        @for (index, part) in text.split('`').enumerate() {
            @if index % 2 == 1 { code { (part) } } @else { (part) }
        }
    }
}
