//! YAML text to a tree whose nodes know their line, with CloudFormation's short tags in their long form.
//!
//! `!Ref X` and `Ref: X` give the same tree, so that nothing behind this file knows about tags. Tags:
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html>.

use signoff_rules::problem::Source;
use signoff_rules::yaml::{self, Content, Entry, load_with_tags};

use super::TemplateError;

/// A value of the template and the line that it starts in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Node {
    /// 1-based line in the file.
    pub(super) line: usize,
    pub(super) kind: Kind,
}

/// Value of a node. CloudFormation itself turns `true`, `10` and `"10"` into what the property wants, so
/// scalars stay text here and the typed readers of [`Node`] convert them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    Text(String),
    List(Vec<Node>),
    /// Keys keep the file's order.
    Map(Vec<(String, Node)>),
}

impl Node {
    pub(super) fn text_at(line: usize, text: impl Into<String>) -> Self {
        Self { line, kind: Kind::Text(text.into()) }
    }

    /// The value behind `key`, if this is a map that has it.
    pub(super) fn get(&self, key: &str) -> Option<&Self> {
        self.entries().iter().find(|(name, _)| name == key).map(|(_, value)| value)
    }

    /// The value behind several keys, one in the other.
    pub(super) fn at(&self, path: &[&str]) -> Option<&Self> {
        path.iter().try_fold(self, |node, key| node.get(key))
    }

    pub(super) fn entries(&self) -> &[(String, Self)] {
        match &self.kind {
            Kind::Map(entries) => entries,
            Kind::Text(_) | Kind::List(_) => &[],
        }
    }

    pub(super) fn items(&self) -> &[Self] {
        match &self.kind {
            Kind::List(items) => items,
            Kind::Text(_) | Kind::Map(_) => &[],
        }
    }

    pub(super) fn as_text(&self) -> Option<&str> {
        match &self.kind {
            Kind::Text(text) => Some(text),
            Kind::List(_) | Kind::Map(_) => None,
        }
    }

    /// Text behind `key`; none if it is absent or not a scalar.
    pub(super) fn text(&self, key: &str) -> Option<&str> {
        self.get(key).and_then(Self::as_text)
    }

    /// Text behind `key`.
    ///
    /// # Errors
    /// Names the key if it is absent or not a scalar.
    pub(super) fn required(&self, key: &str) -> Result<&str, TemplateError> {
        let node =
            self.get(key).ok_or_else(|| TemplateError::new(self.line, format!("`{key}` is missing")))?;
        node.as_text().ok_or_else(|| TemplateError::new(node.line, format!("`{key}` must be a text")))
    }

    /// Whole number behind `key`, or `default` if it is absent.
    ///
    /// # Errors
    /// Names the key and the value if that is no whole number.
    pub(super) fn number(&self, key: &str, default: u64) -> Result<u64, TemplateError> {
        let Some(node) = self.get(key) else { return Ok(default) };
        let text = node.as_text().unwrap_or_default();
        text.parse().map_err(|_| {
            TemplateError::new(node.line, format!("`{key}` must be a whole number, and is `{text}`"))
        })
    }

    /// `true` or `false` behind `key`, or `default` if it is absent.
    ///
    /// # Errors
    /// Names the key and the value if that is neither.
    pub(super) fn flag(&self, key: &str, default: bool) -> Result<bool, TemplateError> {
        let Some(node) = self.get(key) else { return Ok(default) };
        match node.as_text() {
            Some("true") => Ok(true),
            Some("false") => Ok(false),
            other => Err(TemplateError::new(
                node.line,
                format!("`{key}` must be true or false, and is `{}`", other.unwrap_or("a list or map")),
            )),
        }
    }
}

/// Reads one YAML document.
///
/// # Errors
/// The first problem that the loader finds; a `!GetAtt` that names no attribute.
pub(super) fn parse(text: &str) -> Result<Node, TemplateError> {
    let root = load_with_tags(&Source::new("template.yaml", text), "add `Resources`");
    node(&*root.map_err(|problems| {
        let first = problems.into_iter().next();
        first.map_or_else(
            || TemplateError::new(0, "not YAML"),
            |problem| TemplateError::new(problem.line, problem.message),
        )
    })?)
}

fn node(yaml: &yaml::Node) -> Result<Node, TemplateError> {
    let line = yaml.start.line;
    let kind = match &yaml.content {
        Content::Scalar(scalar) => Kind::Text(scalar.text.clone()),
        Content::Sequence(items) => {
            Kind::List(items.iter().map(|item| node(item)).collect::<Result<_, _>>()?)
        }
        Content::Mapping(entries) => Kind::Map(entries.iter().map(entry).collect::<Result<_, _>>()?),
    };
    Ok(Node { line, kind })
}

/// A key with its value, a short tag in its long form.
fn entry(Entry { key, value, .. }: &Entry) -> Result<(String, Node), TemplateError> {
    let value = node(value)?;
    let function = match key.strip_prefix('!') {
        None => return Ok((key.clone(), value)),
        Some(name @ ("Ref" | "Condition")) => name.to_owned(),
        Some(name) => format!("Fn::{name}"),
    };
    let line = value.line;
    let argument = match (function.as_str(), value.as_text()) {
        // `!GetAtt Table.Arn` is `Fn::GetAtt: [Table, Arn]`.
        ("Fn::GetAtt", Some(text)) => {
            let (resource, attribute) = text.split_once('.').ok_or_else(|| {
                TemplateError::new(line, format!("`!GetAtt {text}` must name a resource and an attribute"))
            })?;
            let parts = vec![Node::text_at(line, resource), Node::text_at(line, attribute)];
            Node { line, kind: Kind::List(parts) }
        }
        _ => value,
    };
    Ok((function, argument))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_and_long_forms_are_the_same_tree() {
        let short =
            parse("- !Ref A\n- !GetAtt A.Arn.Deep\n- !Sub 'x-${A}'\n- !If [C, a, b]\n- !Condition C\n")
                .unwrap();
        let long = parse(
            "- Ref: A\n- Fn::GetAtt: [A, Arn.Deep]\n- Fn::Sub: 'x-${A}'\n- Fn::If: [C, a, b]\n- Condition: C\n",
        )
        .unwrap();
        assert_eq!(short, long);
    }

    #[test]
    fn an_alias_repeats_what_it_names() {
        let node = parse("a: &all {b: c}\nd: *all\n").unwrap();
        assert_eq!(node.at(&["d", "b"]).and_then(Node::as_text), Some("c"));
    }

    #[test]
    fn mistakes_are_told_with_their_line() {
        for (text, message) in [
            ("a: 1\na: 2\n", "line 2: the key `a` is here twice"),
            ("a: [1, 2\n", "line 1: a `{` or `[` is not closed"),
            ("\n", "the file is empty"),
            ("a: !GetAtt Table\n", "line 1: `!GetAtt Table` must name a resource and an attribute"),
        ] {
            let error = parse(text).unwrap_err().to_string();
            assert!(error.contains(message), "{text:?} gave {error:?}");
        }
    }
}
