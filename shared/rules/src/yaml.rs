//! YAML as a tree whose nodes know where they stand in the file.
//!
//! The scanning is `saphyr-parser`'s (YAML 1.2). What this adds: positions from 1, bounded size, depth and
//! alias expansion, duplicate keys as problems, merge keys (`<<`), and error messages that say what to write
//! instead.

mod load;
mod locate;
mod syntax;

pub use saphyr_parser::ScalarStyle;

use crate::problem::Position;
use std::rc::Rc;

pub(crate) use load::{KeyAgain, Unread, read};
pub use load::{load, load_with_tags};
pub(crate) use locate::locate;

/// The largest file that is read, in bytes.
pub const MAX_SOURCE_BYTES: usize = 512 * 1024;
/// The most nodes that a file may have, aliases expanded.
pub const MAX_NODES: usize = 120_000;
/// Bytes of text that count as one node more: an alias repeats a long text as well as a long list.
const TEXT_PER_NODE: usize = 16;
/// The deepest nesting that is read.
pub const MAX_DEPTH: usize = 64;

/// A node of the tree.
#[derive(Debug)]
pub struct Node {
    /// Its content.
    pub content: Content,
    /// Its start; for an alias, the start of the node that it stands for.
    pub start: Position,
    /// Number of nodes that it consists of, itself included, long texts counted as several.
    size: usize,
    /// Number of levels of lists and mappings in it, itself included.
    height: usize,
}

/// Content of a node.
#[derive(Debug)]
pub enum Content {
    /// A text, a number, nothing: YAML's scalars, not yet told apart.
    Scalar(Scalar),
    /// A list.
    Sequence(Vec<Rc<Node>>),
    /// Keys with values, in the order of the file.
    Mapping(Vec<Entry>),
}

/// A scalar.
#[derive(Debug)]
pub struct Scalar {
    /// Its text, unquoted and unfolded.
    pub text: String,
    /// The style in which it is written; only a plain one can be anything but a text.
    pub style: ScalarStyle,
}

/// A key of a mapping with its value.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The key's text.
    pub key: String,
    /// The start of the key.
    pub at: Position,
    /// The value.
    pub value: Rc<Node>,
}

impl Scalar {
    /// True if it has no value (`~`, `null` or no text).
    pub fn is_null(&self) -> bool {
        self.style == ScalarStyle::Plain && matches!(self.text.as_str(), "" | "~" | "null" | "Null" | "NULL")
    }

    /// `true` or `false`. Rules files have always been read with YAML 1.1's words too: `yes`, `no`, `on`,
    /// `off`.
    pub fn as_bool(&self) -> Option<bool> {
        if self.style != ScalarStyle::Plain {
            return None;
        }
        match self.text.to_ascii_lowercase().as_str() {
            "true" | "yes" | "on" => Some(true),
            "false" | "no" | "off" => Some(false),
            _ => None,
        }
    }

    /// A whole number in decimal digits. `007` is none: a text of digits (a revision, an account) must keep
    /// its zeros.
    pub fn as_integer(&self) -> Option<i64> {
        let digits = self.text.strip_prefix('-').unwrap_or(&self.text);
        let canonical = digits == "0" || digits.starts_with(|c: char| c.is_ascii_digit() && c != '0');
        if self.style == ScalarStyle::Plain && canonical { self.text.parse().ok() } else { None }
    }
}

impl Node {
    /// The scalar it is, if it is one.
    pub fn as_scalar(&self) -> Option<&Scalar> {
        match &self.content {
            Content::Scalar(scalar) => Some(scalar),
            Content::Sequence(_) | Content::Mapping(_) => None,
        }
    }

    /// A mapping with these entries.
    pub(crate) fn of_entries(entries: Vec<Entry>, start: Position) -> Self {
        let size = entries.iter().fold(1, |size: usize, entry| size.saturating_add(entry.value.size));
        let height = entries.iter().map(|entry| entry.value.height).max().unwrap_or_default() + 1;
        Self { content: Content::Mapping(entries), start, size, height }
    }

    /// Nothing at all.
    pub(crate) fn nothing(start: Position) -> Self {
        let scalar = Scalar { text: String::new(), style: ScalarStyle::Plain };
        Self { content: Content::Scalar(scalar), start, size: 1, height: 0 }
    }

    /// True if a mapping in it, or it itself, starts at `place`.
    pub(crate) fn has_mapping_at(&self, place: Position) -> bool {
        match &self.content {
            Content::Scalar(_) => false,
            Content::Sequence(nodes) => nodes.iter().any(|node| node.has_mapping_at(place)),
            Content::Mapping(entries) => {
                self.start == place || entries.iter().any(|entry| entry.value.has_mapping_at(place))
            }
        }
    }

    /// True if it has no value: a null scalar.
    pub fn is_null(&self) -> bool {
        self.as_scalar().is_some_and(Scalar::is_null)
    }

    /// Returns the kind that it is instead of the expected one, as the end of a message: `, not a list`.
    pub fn instead(&self) -> &'static str {
        match &self.content {
            Content::Scalar(scalar) if scalar.is_null() => ", and there is nothing here",
            Content::Scalar(scalar) if scalar.as_bool().is_some() => ", not true or false",
            Content::Scalar(scalar) if scalar.as_integer().is_some() => ", not a number",
            Content::Scalar(_) => ", not a text",
            Content::Sequence(_) => ", not a list",
            Content::Mapping(_) => ", not keys with values",
        }
    }
}

#[cfg(test)]
mod tests;
