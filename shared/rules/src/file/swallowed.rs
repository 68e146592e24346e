//! Keys that a text swallows: a line below `|` that its author takes for the next key.

use super::reader::Reader;
use crate::problem::Position;
use crate::reference::{APPROVAL, Key, MONITOR_DRIFT, RULE, WEBHOOK};
use crate::yaml::{Content, Entry, Node, ScalarStyle};
use std::collections::BTreeSet;
use std::rc::Rc;

/// The keys that may follow a text, by what takes them.
const KEYS: [&[Key]; 4] = [&RULE, &APPROVAL, &WEBHOOK, &MONITOR_DRIFT];

impl Reader<'_> {
    /// Adds a notice for each line of a text that is written as a key which stands beside that text and is
    /// missing there. `root` is the whole document.
    pub(super) fn swallowed_keys(&mut self, root: &Node) {
        let mut seen = BTreeSet::new();
        let mut nodes: Vec<Rc<Node>> = Vec::new();
        self.swallowed_in(root, &mut nodes);
        while let Some(node) = nodes.pop() {
            if self.has_enough_notices() {
                return;
            }
            if seen.insert((node.start.line, node.start.column)) {
                self.swallowed_in(&node, &mut nodes);
            }
        }
    }

    fn swallowed_in(&mut self, node: &Node, nodes: &mut Vec<Rc<Node>>) {
        match &node.content {
            Content::Scalar(_) => {}
            Content::Sequence(entries) => nodes.extend(entries.iter().cloned()),
            Content::Mapping(entries) => {
                for entry in entries {
                    self.swallowed_by(entry, entries);
                    nodes.push(Rc::clone(&entry.value));
                }
            }
        }
    }

    /// The first key that the text of `entry` swallows, which stands among `entries`.
    fn swallowed_by(&mut self, entry: &Entry, entries: &[Entry]) {
        let Some(scalar) = entry.value.as_scalar() else { return };
        if !matches!(scalar.style, ScalarStyle::Literal | ScalarStyle::Folded) {
            return;
        }
        let takes = |keys: &[Key], key: &str| keys.iter().any(|known| known.name == key);
        let Some(keys) = KEYS.into_iter().find(|keys| entries.iter().all(|entry| takes(keys, &entry.key)))
        else {
            return;
        };
        let start = entry.value.start.line;
        let lines = scalar.text.lines().count();
        for number in start..start + lines {
            let line = self.source.line(number);
            let text = line.trim_start();
            let Some((key, value)) = text.split_once(':') else { continue };
            let next = self.source.line(number + 1);
            let has_list = value.trim().is_empty() && next.trim_start().starts_with("- ");
            let is_one_word = key.contains('_') && value.starts_with(' ') && !value.trim().is_empty();
            if !takes(keys, key) || !(has_list || is_one_word) || entries.iter().any(|entry| entry.key == key)
            {
                continue;
            }
            let at = Position { line: number, column: line.chars().count() - text.chars().count() + 1 };
            let message = format!("`{key}` is a part of the text of `{}`", entry.key);
            let right = format!("if it is meant as a key, indent it as far as `{}`", entry.key);
            return self.notice(at, message, right);
        }
    }
}
