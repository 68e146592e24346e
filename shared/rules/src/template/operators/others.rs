//! Code that JavaScript and Handlebars have.

use super::{Code, Slip};
use crate::reference::TEMPLATE_VARIABLES;

/// `prs.length` as it is asked for here, anywhere in a piece of code.
pub(super) fn with_filters(code: &str) -> String {
    let mut parts = code.split(".length");
    let mut written = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let is_whole = !part.starts_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | '('));
        written.push_str(if is_whole { " | length" } else { ".length" });
        written.push_str(part);
    }
    written
}

/// `{{! a comment }}` of Handlebars.
pub(super) fn comment_of_handlebars(template: &str, code: &Code<'_>) -> Option<Slip> {
    let inner = template.get(code.start + 2..)?.strip_prefix('!')?;
    let inner = inner.get(..inner.find("}}")?)?;
    let is_dashed = inner.starts_with("--");
    let text = inner.trim_start_matches('-').trim_end_matches('-').trim();
    let is_variable = TEMPLATE_VARIABLES.iter().any(|variable| variable.name == text);
    let is_comment = is_dashed || inner.starts_with(' ') && !is_variable && !text.contains(['(', '=', '.']);
    (is_comment && !code.is_statement).then(|| {
        let message = "`{{!` starts no comment of a template";
        Slip::new(code.start, message, format!("write `{{# {text} #}}`"))
    })
}
