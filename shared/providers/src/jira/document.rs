//! Texts in the Atlassian Document Format, which comments and long fields take. See
//! <https://developer.atlassian.com/cloud/jira/platform/apis/document/structure/>.

use crate::issue::Comment;
use serde_json::{Value, json};

/// A text: each line a paragraph, each address a link.
pub(super) fn text(text: &str) -> Value {
    document(paragraphs(text))
}

/// A comment: its text, and a link to the deploy's page whose address carries the comment's key.
pub(super) fn comment(comment: &Comment<'_>) -> Value {
    let mut content = paragraphs(comment.text);
    content.push(paragraph(vec![linked("Signoff", &format!("{}#{}", comment.page, comment.key))]));
    document(content)
}

/// True if a document is the comment with this key.
pub(super) fn has_key(document: &Value, key: &str) -> bool {
    match document {
        Value::String(text) => text.ends_with(&format!("#{key}")),
        Value::Array(parts) => parts.iter().any(|part| has_key(part, key)),
        Value::Object(parts) => parts.values().any(|part| has_key(part, key)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

fn document(content: Vec<Value>) -> Value {
    json!({"version": 1, "type": "doc", "content": content})
}

fn paragraphs(text: &str) -> Vec<Value> {
    text.trim().lines().map(|line| paragraph(words(line))).collect()
}

fn paragraph(content: Vec<Value>) -> Value {
    json!({"type": "paragraph", "content": content})
}

/// A line, in pieces: a text node is never empty.
fn words(line: &str) -> Vec<Value> {
    let mut nodes = Vec::new();
    let mut plain = String::new();
    for word in line.split_inclusive(' ') {
        let address = word.trim_end_matches(|c: char| c.is_whitespace() || matches!(c, '.' | ',' | ')'));
        if !address.starts_with("https://") && !address.starts_with("http://") {
            plain.push_str(word);
            continue;
        }
        if !plain.is_empty() {
            nodes.push(json!({"type": "text", "text": std::mem::take(&mut plain)}));
        }
        nodes.push(linked(address, address));
        plain.push_str(&word[address.len()..]);
    }
    if !plain.is_empty() {
        nodes.push(json!({"type": "text", "text": plain}));
    }
    nodes
}

fn linked(text: &str, address: &str) -> Value {
    json!({"type": "text", "text": text, "marks": [{"type": "link", "attrs": {"href": address}}]})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comment_is_its_lines_and_a_link_that_carries_its_key() {
        let written = Comment {
            text: "Deployed, see https://ci.example.com/1.\n\nThanks\n",
            page: "https://signoff.example.com/deploys/d1",
            key: "e1",
            may_stand: false,
        };
        let document = comment(&written);
        insta::assert_snapshot!(document.to_string(), @r#"{"content":[{"content":[{"text":"Deployed, see ","type":"text"},{"marks":[{"attrs":{"href":"https://ci.example.com/1"},"type":"link"}],"text":"https://ci.example.com/1","type":"text"},{"text":".","type":"text"}],"type":"paragraph"},{"content":[],"type":"paragraph"},{"content":[{"text":"Thanks","type":"text"}],"type":"paragraph"},{"content":[{"marks":[{"attrs":{"href":"https://signoff.example.com/deploys/d1#e1"},"type":"link"}],"text":"Signoff","type":"text"}],"type":"paragraph"}],"type":"doc","version":1}"#);
        assert!(has_key(&document, "e1"));
        for key in ["e", "1", "e11", "d1"] {
            assert!(!has_key(&document, key), "{key}");
        }
        assert_eq!(text(" \n"), json!({"version": 1, "type": "doc", "content": []}));
    }
}
