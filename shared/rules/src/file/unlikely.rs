//! Comparisons that can hold, and hardly ever mean what their author means: patterns and lists of other
//! languages in one text.

use super::comparisons::Finding;
use crate::condition::{Comparison, Operand, Operator};

/// The template, or the variable of a shell, that a text in a condition has; `None`: it has none.
pub(super) fn expression_in_quotes(text: &str) -> Option<&str> {
    if let (Some(start), Some(end)) = (text.find("{{"), text.rfind("}}")) {
        return text.get(start..end + 2);
    }
    let (start, _) = text.match_indices('$').find(|(at, _)| {
        let rest = text.get(at + 1..).unwrap_or_default();
        let rest = rest.strip_prefix(['{', '(']).unwrap_or(rest);
        rest.starts_with(|c: char| c.is_ascii_uppercase() || c == '_')
    })?;
    text.get(start..)
}

/// A text that is a pattern or a list elsewhere, and one name here; or a glob that is a pattern here.
pub(super) fn unlikely(comparison: &Comparison) -> Option<Finding> {
    let Comparison { variable, operator, value } = comparison;
    let is_name = matches!(variable.as_str(), "environment" | "branch");
    match value {
        Operand::Text(text) if matches!(operator, Operator::Equal | Operator::NotEqual) => {
            let (why, right) = match variable.as_str() {
                _ if is_name => name(variable, *operator, text)?,
                "tags" if text.starts_with('#') && text.contains('*') && text.len() > 2 => {
                    ("a `*` stands for itself".to_owned(), as_pattern(variable, *operator, text))
                }
                "pr_labels" | "issue_labels" if text.trim() != text && !text.trim().is_empty() => {
                    let why = "a space at its end is a part of it".to_owned();
                    (why, format!("write `{variable}{operator}'{}'`", text.trim()))
                }
                _ => return None,
            };
            Some(Finding::Unlikely(why, right))
        }
        Operand::Pattern(pattern) if is_name => {
            let text = pattern.text();
            let (at, sign) = text.match_indices(['/', '-']).find(|(at, _)| {
                let rest = text.get(at + 1..).unwrap_or_default();
                // In brackets, it is one of several characters.
                rest.starts_with('*') && !text.get(..*at).unwrap_or_default().contains('[')
            })?;
            let (before, behind) = (text.get(..=at)?, text.get(at + 1..)?);
            let why = format!("`{sign}*` is any number of `{sign}`, and none");
            Some(Finding::Unlikely(why, format!("write `{variable}~='{before}.{behind}'`")))
        }
        Operand::Text(_)
        | Operand::Pattern(_)
        | Operand::Number(_)
        | Operand::Bool(_)
        | Operand::Variable(_)
        | Operand::EmptyList => None,
    }
}

/// The reason why a text is hardly a name, and what to write.
fn name(variable: &str, operator: Operator, text: &str) -> Option<(String, String)> {
    if text.trim() != text {
        let why = "a space at its end is a part of it".to_owned();
        return Some((why, format!("write `{variable}{operator}'{}'`", text.trim())));
    }
    let slashes = text.strip_prefix('/').and_then(|inner| inner.strip_suffix('/'));
    let inner = slashes.unwrap_or(text);
    // A name may well end with `$`.
    let inner = match inner.strip_prefix('^') {
        Some(start) => start.strip_suffix('$').unwrap_or(start),
        None => inner,
    };
    let inner = inner.strip_prefix('(').and_then(|inner| inner.strip_suffix(')')).unwrap_or(inner);
    let is_plain = |part: &str| {
        !part.is_empty()
            && part.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '/' | ' ' | '.'))
    };
    let parts: Vec<&str> = inner.split(['|', ',']).map(str::trim).collect();
    if parts.len() > 1 && parts.iter().all(|part| is_plain(part)) {
        let word = if operator == Operator::NotEqual { " and " } else { " or " };
        let each: Vec<String> = parts.iter().map(|part| format!("{variable}{operator}'{part}'")).collect();
        return Some(("it is one name".to_owned(), format!("write `({})`", each.join(word))));
    }
    if inner != text && is_plain(inner) {
        let why = "the signs around it are a part of the name".to_owned();
        return Some((why, format!("write `{variable}{operator}'{inner}'`")));
    }
    let is_pattern = text.contains('*') || text.contains(".+");
    is_pattern.then(|| ("its signs stand for themselves".to_owned(), as_pattern(variable, operator, text)))
}

/// Advice to write a pattern in the place of a text with `*`.
fn as_pattern(variable: &str, operator: Operator, text: &str) -> String {
    if operator == Operator::NotEqual {
        return "match the others with `~=`: a pattern can't be negated".to_owned();
    }
    let is_pattern = text.contains(".*") || text.contains(".+");
    let pattern = if is_pattern { text.to_owned() } else { text.replace('.', "\\.").replace('*', ".*") };
    format!("write `{variable}~='{pattern}'`")
}

#[cfg(test)]
mod tests {
    use super::super::comparisons::told_alone;

    #[test]
    fn text_that_is_a_pattern_elsewhere_is_told() {
        for (text, expected) in [
            ("environment='{{ environment }}'", Some("write the value itself")),
            ("environment!='$ENV'", Some("write the value itself")),
            ("environment='${{ inputs.env }}'", Some("write the value itself")),
            ("branch='$CI_COMMIT_BRANCH'", Some("write the value itself")),
            ("environment='Staging,QA'", Some("write `(environment='Staging' or environment='QA')`")),
            ("environment!='Staging|QA'", Some("write `(environment!='Staging' and environment!='QA')`")),
            ("branch='(main|dev)'", Some("write `(branch='main' or branch='dev')`")),
            ("environment='Stag*'", Some("write `environment~='Stag.*'`")),
            ("environment='Staging.*'", Some("write `environment~='Staging.*'`")),
            ("environment='^Staging$'", Some("write `environment='Staging'`")),
            ("environment='/Staging/'", Some("write `environment='Staging'`")),
            ("environment='Staging '", Some("write `environment='Staging'`")),
            ("tags='#web*'", Some("write `tags~='#web.*'`")),
            ("pr_labels=' fix'", Some("write `pr_labels='fix'`")),
            ("branch~='release/*'", Some("write `branch~='release/.*'`")),
            ("branch~='release/.*'", None),
            ("branch~='[a/*]'", None),
            ("environment='Pre Prod'", None),
            ("environment='US$'", None),
            ("branch='release/1.0'", None),
            ("pr_labels='a,b'", None),
        ] {
            assert_eq!(told_alone(text).map(|(_, right)| right).as_deref(), expected, "{text}");
        }
    }
}
