//! YAML text to a tree whose nodes know their line, with CloudFormation's short tags in their long form.
//!
//! `!Ref X` and `Ref: X` give the same tree, so that nothing behind this file knows about tags. Tags:
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html>.

use std::collections::HashMap;

use saphyr_parser::{Event, Parser, Span, StrInput, Tag};

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
/// What is not YAML, more than one document, a key that is not a scalar, a repeated key.
pub(super) fn parse(text: &str) -> Result<Node, TemplateError> {
    let mut reader = Reader { events: Parser::new_from_str(text), anchors: HashMap::new() };
    loop {
        match reader.next()? {
            (Event::StreamStart | Event::DocumentStart(_) | Event::Nothing, _) => {}
            (Event::StreamEnd | Event::DocumentEnd, span) => {
                return Err(TemplateError::new(span.start.line(), "the template is empty"));
            }
            (event, span) => return reader.node(event, span),
        }
    }
}

struct Reader<'t> {
    events: Parser<'t, StrInput<'t>>,
    anchors: HashMap<usize, Node>,
}

impl<'t> Reader<'t> {
    fn next(&mut self) -> Result<(Event<'t>, Span), TemplateError> {
        match self.events.next_event() {
            Some(Ok(event)) => Ok(event),
            Some(Err(error)) => {
                Err(TemplateError::new(error.marker().line(), format!("not valid YAML: {}", error.info())))
            }
            None => Err(TemplateError::new(0, "the template ends too early")),
        }
    }

    fn node(&mut self, event: Event<'t>, span: Span) -> Result<Node, TemplateError> {
        let line = span.start.line();
        let (kind, tag, anchor) =
            match event {
                Event::Scalar(text, _, anchor, tag) => (Kind::Text(text.into_owned()), tag, anchor),
                Event::SequenceStart(anchor, tag) => (self.list()?, tag, anchor),
                Event::MappingStart(anchor, tag) => (self.map()?, tag, anchor),
                Event::Alias(anchor) => {
                    return self.anchors.get(&anchor).cloned().ok_or_else(|| {
                        TemplateError::new(line, "this alias stands inside of what it names")
                    });
                }
                Event::Nothing
                | Event::StreamStart
                | Event::StreamEnd
                | Event::DocumentStart(_)
                | Event::DocumentEnd
                | Event::SequenceEnd
                | Event::MappingEnd => return Err(TemplateError::new(line, "a value is missing here")),
            };
        let node = tagged(Node { line, kind }, tag.as_deref())?;
        if anchor > 0 {
            self.anchors.insert(anchor, node.clone());
        }
        Ok(node)
    }

    fn list(&mut self) -> Result<Kind, TemplateError> {
        let mut items = Vec::new();
        loop {
            match self.next()? {
                (Event::SequenceEnd, _) => return Ok(Kind::List(items)),
                (event, span) => items.push(self.node(event, span)?),
            }
        }
    }

    fn map(&mut self) -> Result<Kind, TemplateError> {
        let mut entries: Vec<(String, Node)> = Vec::new();
        loop {
            let (key, line) = match self.next()? {
                (Event::MappingEnd, _) => return Ok(Kind::Map(entries)),
                (Event::Scalar(key, ..), span) => (key.into_owned(), span.start.line()),
                (_, span) => return Err(TemplateError::new(span.start.line(), "a key must be a text")),
            };
            if entries.iter().any(|(name, _)| *name == key) {
                return Err(TemplateError::new(line, format!("the key `{key}` stands here twice")));
            }
            let (event, span) = self.next()?;
            entries.push((key, self.node(event, span)?));
        }
    }
}

/// Puts a short tag into its long form.
fn tagged(node: Node, tag: Option<&Tag>) -> Result<Node, TemplateError> {
    let Some(tag) = tag.filter(|tag| !tag.is_yaml_core_schema()) else { return Ok(node) };
    let line = node.line;
    let function = match tag.suffix.as_str() {
        name @ ("Ref" | "Condition") => name.to_owned(),
        name => format!("Fn::{name}"),
    };
    let argument = match (function.as_str(), node.as_text()) {
        // `!GetAtt Table.Arn` is `Fn::GetAtt: [Table, Arn]`.
        ("Fn::GetAtt", Some(text)) => {
            let (resource, attribute) = text.split_once('.').ok_or_else(|| {
                TemplateError::new(line, format!("`!GetAtt {text}` must name a resource and an attribute"))
            })?;
            let parts = vec![Node::text_at(line, resource), Node::text_at(line, attribute)];
            Node { line, kind: Kind::List(parts) }
        }
        _ => node,
    };
    Ok(Node { line, kind: Kind::Map(vec![(function, argument)]) })
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
            ("a: 1\na: 2\n", "line 2: the key `a` stands here twice"),
            ("a: [1, 2\n", "line 2: not valid YAML"),
            ("\n", "the template is empty"),
            ("a: !GetAtt Table\n", "line 1: `!GetAtt Table` must name a resource and an attribute"),
        ] {
            let error = parse(text).unwrap_err().to_string();
            assert!(error.contains(message), "{text:?} gave {error:?}");
        }
    }
}
