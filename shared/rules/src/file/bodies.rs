//! Bodies of webhooks that are JSON, in which a value ends the text that it stands in.

use super::reader::Reader;
use crate::yaml::Node;

/// Parts of the names of variables that people write, with quotes and all.
const WRITTEN_BY_PEOPLE: [&str; 4] = ["title", "reason", "deploy_name", "message"];
/// Filters after which a value has no quotes that end a text.
const SAFE: [&str; 4] = ["tojson", "urlencode", "replace", "length"];

impl Reader<'_> {
    /// A notice of a body that is JSON and has somebody's words between quotes: a quote in these ends the
    /// text, and what follows is read as keys.
    pub(super) fn words_in_json(&mut self, node: &Node, body: &str) {
        if let Some(code) = words_in_json(body) {
            let message = format!("a quote in `{code}` ends the text of JSON that it stands in");
            let inner = code.trim_start_matches("{{").trim_end_matches("}}").trim();
            let right = format!(
                "write `{{{{ {inner} | tojson }}}}` without quotes around it, or give `body` names with texts"
            );
            self.notice(node.start, message, right);
        }
    }
}

/// The first such code of a body; `None`: there is none, or the body is not JSON.
fn words_in_json(body: &str) -> Option<&str> {
    if !body.contains("{{") || body.contains("{%") || body.contains("{#") {
        return None;
    }
    let (mut filled, mut found, mut rest, mut is_text) = (String::new(), None, body, false);
    while let Some(start) = rest.find("{{") {
        let (before, code) = rest.split_at(start);
        let end = code.find("}}")? + 2;
        let (code, behind) = code.split_at(end);
        for (index, c) in before.char_indices() {
            let escapes = before.get(..index)?.chars().rev().take_while(|c| *c == '\\').count();
            is_text ^= c == '"' && escapes % 2 == 0;
        }
        filled.push_str(before);
        filled.push_str(if is_text { "x" } else { "0" });
        let is_written = WRITTEN_BY_PEOPLE.iter().any(|part| code.contains(part));
        if is_text && is_written && !SAFE.iter().any(|filter| code.contains(filter)) {
            found = found.or(Some(code));
        }
        rest = behind;
    }
    filled.push_str(rest);
    found.filter(|_| serde_json::from_str::<serde_json::Value>(&filled).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_people_in_json_are_found() {
        for (body, expected) in [
            (r#"{"text": "{{ prs[0].title }}"}"#, Some("{{ prs[0].title }}")),
            (r#"{"a": "\"", "text": "by {{ approval.reason }}!"}"#, Some("{{ approval.reason }}")),
            (r#"{"n": {{ pull_request_id }}, "text": "{{ deploy_name }}"}"#, Some("{{ deploy_name }}")),
            (r#"{"text": {{ prs[0].title | tojson }}}"#, None),
            (r#"{"text": {{ prs[0].title }}}"#, None),
            (r#"{"sha": "{{ revision }}"}"#, None),
            (r#"{"text": "{% if tags %}{{ deploy_name }}{% endif %}"}"#, None),
            (r#"He said "{{ deploy_name }}""#, None),
            (r#"{"text": "{{ deploy_name"#, None),
        ] {
            assert_eq!(words_in_json(body), expected, "{body}");
        }
    }
}
