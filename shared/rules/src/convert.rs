//! From a file of Sleuth's, `.sleuth/rules.yml`, to one of Signoff's, `.signoff/rules.yml`.
//!
//! Signoff reads both, so what has to differ is small: names that older files use and that are written in
//! another way now. Everything else stays as it is, byte for byte: comments, order, quotes, line ends.

use crate::condition::{Patterns, parse_with_names};
use crate::file::{BEGIN, parse};
use crate::problem::{Position, Problem, Source};
use crate::variables::RENAMED;
use crate::yaml::{self, Content, Entry, Node, locate};
use std::collections::BTreeMap;

/// A converted file.
#[derive(Clone, Debug, PartialEq)]
pub struct Conversion {
    /// The text of the new file.
    pub text: String,
    /// The changes, at their places in the old file; empty: the text is the same.
    pub changes: Vec<Problem>,
    /// Notices for the authors of the new file, at their places there: [`crate::RulesFile::notices`].
    pub notices: Vec<Problem>,
}

/// Converts the text of a file, which is called `path` in messages.
///
/// # Errors
/// The problems of a file that can't be read; see [`parse`].
pub fn convert(source: &str, path: &str) -> Result<Conversion, Vec<Problem>> {
    parse(source, path)?;
    let lines = Source::new(path, source);
    let mut converter = Converter { source: &lines, renamed: BTreeMap::new() };
    let (root, again) = yaml::read(&lines, BEGIN).map_err(|unread| unread.problems)?;
    converter.walk(&root);
    // Only a rule that is not opened may have a key twice.
    again.iter().for_each(|again| converter.walk(&again.value));

    let mut text = source.to_owned();
    // From the end, so that what stands before keeps its place.
    for (start, Renamed { old, new, .. }) in converter.renamed.iter().rev() {
        text.replace_range(*start..start + old.len(), new);
    }
    let notices = parse(&text, path)?.notices;
    Ok(Conversion { text, changes: converter.changes(), notices })
}

struct Converter<'s> {
    source: &'s Source<'s>,
    /// By their places, in bytes: what an alias repeats is there once.
    renamed: BTreeMap<usize, Renamed>,
}

/// A name to change.
struct Renamed {
    at: Position,
    old: &'static str,
    new: &'static str,
}

impl Converter<'_> {
    fn walk(&mut self, node: &Node) {
        match &node.content {
            Content::Scalar(_) => {}
            Content::Sequence(nodes) => nodes.iter().for_each(|node| self.walk(node)),
            Content::Mapping(entries) => entries.iter().for_each(|entry| self.entry(entry)),
        }
    }

    fn entry(&mut self, entry: &Entry) {
        match (entry.key.as_str(), &entry.value.content) {
            ("conditions", Content::Sequence(nodes)) => nodes.iter().for_each(|node| self.condition(node)),
            ("slack_personal_message", Content::Mapping(entries)) => {
                // As a page of Sleuth's documentation has it.
                let message = entries.iter().find(|entry| entry.key == "meessage");
                if let Some(message) = message.filter(|_| entries.iter().all(|entry| entry.key != "message"))
                {
                    self.rename(message.at, "meessage", "message");
                }
            }
            _ => self.walk(&entry.value),
        }
    }

    /// A condition: its text, or a mapping with it.
    fn condition(&mut self, node: &Node) {
        let text = match &node.content {
            Content::Scalar(scalar) => &scalar.text,
            Content::Mapping(entries) => {
                let expressions = entries.iter().filter(|entry| entry.key == "expression");
                return expressions.for_each(|entry| self.condition(&entry.value));
            }
            Content::Sequence(_) => return,
        };
        let Ok((_, names)) = parse_with_names(text, &mut Patterns::default()) else { return };
        for name in names {
            if let Some((old, new)) = RENAMED.into_iter().find(|(old, _)| *old == name.name) {
                self.rename(locate(self.source, node, name.offset), old, new);
            }
        }
    }

    /// Notes a name to change. Where it can't be found at its place (within an escape), it stays: the file
    /// means the same.
    fn rename(&mut self, mut at: Position, old: &'static str, new: &'static str) {
        let rest = |at| self.source.offset(at).and_then(|start| self.source.text().get(start..));
        // The place of a key is that of its quote.
        if rest(at).is_some_and(|rest| rest.starts_with(['\'', '"'])) {
            at.column += 1;
        }
        if let Some(start) = self.source.offset(at)
            && rest(at).is_some_and(|rest| rest.starts_with(old))
        {
            self.renamed.insert(start, Renamed { at, old, new });
        }
    }

    fn changes(&self) -> Vec<Problem> {
        let change = |Renamed { at, old, new }: &Renamed| {
            self.source.problem(*at, format!("`{old}` is `{new}` now"), None)
        };
        self.renamed.values().map(change).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: &str = "# Ours. \r\nrules:\r\n  - nudge:   # é\n      conditions: [ \"environment='Staging'  and deploy_message_reactions_plus_1>2\" ]\n      \
        actions: &actions\n        - slack_personal_message: {group: authors, \"meessage\": 'meessage'}\n        \
        - monitor_drift:\n            environment: Production\n            threshold: 2h\n            on_over:\n              \
        - slack_personal_message:\n                  meessage: late\n                  group: authors\n  - again:\n      conditions:\n        \
        - description: deploy_message_reactions_plus_1\n          expression: >-\n            \
        tags='deploy_message_reactions_plus_1' or\n            deploy_message_reactions_minus_1=0\n        \
        - deploy_message_reaction_plus_1=deploy_message_reactions_plus_1\n      actions: *actions\n";

    #[test]
    fn old_names_change_and_nothing_else() {
        let conversion = convert(OLD, ".sleuth/rules.yml").unwrap();
        let mut told = conversion.text.clone();
        for change in &conversion.changes {
            told.push_str(&format!("{change}\n"));
        }
        insta::assert_snapshot!(told, @r#"
        # Ours. 
        rules:
          - nudge:   # é
              conditions: [ "environment='Staging'  and deploy_message_reaction_plus_1>2" ]
              actions: &actions
                - slack_personal_message: {group: authors, "message": 'meessage'}
                - monitor_drift:
                    environment: Production
                    threshold: 2h
                    on_over:
                      - slack_personal_message:
                          message: late
                          group: authors
          - again:
              conditions:
                - description: deploy_message_reactions_plus_1
                  expression: >-
                    tags='deploy_message_reactions_plus_1' or
                    deploy_message_reaction_minus_1=0
                - deploy_message_reaction_plus_1=deploy_message_reaction_plus_1
              actions: *actions
        .sleuth/rules.yml:4:49: `deploy_message_reactions_plus_1` is `deploy_message_reaction_plus_1` now
        .sleuth/rules.yml:6:53: `meessage` is `message` now
        .sleuth/rules.yml:12:19: `meessage` is `message` now
        .sleuth/rules.yml:19:13: `deploy_message_reactions_minus_1` is `deploy_message_reaction_minus_1` now
        .sleuth/rules.yml:20:42: `deploy_message_reactions_plus_1` is `deploy_message_reaction_plus_1` now
        "#);
        // Each of them loses one letter.
        assert_eq!(OLD.len() - conversion.text.len(), conversion.changes.len());
        assert!(conversion.text.starts_with("# Ours. \r\nrules:\r\n  - nudge:   # é\n"));
    }

    #[test]
    fn a_converted_file_says_the_same_and_is_not_converted_again() {
        let new = convert(OLD, "rules.yml").unwrap();
        let again = convert(&new.text, "rules.yml").unwrap();
        assert_eq!(again, Conversion { text: new.text, changes: Vec::new(), notices: new.notices });
    }

    #[test]
    fn a_file_without_old_names_is_the_same() {
        for text in [
            include_str!("../tests/corpus/good/crlf.yml"),
            include_str!("../tests/corpus/good/everything.yml"),
            include_str!("../tests/corpus/good/not-yet.yml"),
            include_str!("../tests/corpus/good/no-rules.yml"),
        ] {
            let conversion = convert(text, "rules.yml").unwrap();
            assert_eq!((conversion.text.as_str(), conversion.changes.len()), (text, 0));
            assert_eq!(conversion.notices, parse(text, "rules.yml").unwrap().notices);
        }
    }

    #[test]
    fn a_file_with_problems_is_not_converted() {
        let problems =
            convert("rules:\n  - a: {conditions: [b], actions: [trigger_build]}\n", "rules.yml").unwrap_err();
        insta::assert_snapshot!(problems[0], @"rules.yml:2:22: unknown variable `b`");
    }
}
