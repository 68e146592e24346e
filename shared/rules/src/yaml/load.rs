//! From parser events to the tree.

use super::syntax;
use super::{Content, Entry, MAX_DEPTH, MAX_NODES, MAX_SOURCE_BYTES, Node, Scalar, TEXT_PER_NODE};
use crate::problem::{MAX_PROBLEMS, Position, Problem, Source};
use saphyr_parser::{Event, Marker, Parser, ScalarStyle, Span, Tag};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::rc::Rc;

/// Reads the one document of a file. `begin` is what to write into an empty one.
///
/// # Errors
/// Every problem found: a syntax error ends the reading, duplicate keys and the like are collected. A file
/// without content is a problem too.
pub fn load(source: &Source<'_>, begin: &str) -> Result<Rc<Node>, Vec<Problem>> {
    whole(read(source, begin))
}

/// [`load`] of a document in which tags have a meaning, as in a CloudFormation template. A value with a tag
/// becomes a mapping with the tag as its one key: `!Ref A` is `"!Ref": A`.
///
/// # Errors
/// As those of [`load`].
pub fn load_with_tags(source: &Source<'_>, begin: &str) -> Result<Rc<Node>, Vec<Problem>> {
    whole(read_all(source, begin, true))
}

fn whole(read: Result<(Rc<Node>, Vec<KeyAgain>), Unread>) -> Result<Rc<Node>, Vec<Problem>> {
    let (root, again) = read.map_err(|unread| unread.problems)?;
    if again.is_empty() { Ok(root) } else { Err(again.into_iter().map(|again| again.problem).collect()) }
}

/// A key that stands in its mapping a second time. Its value is not in the tree.
#[derive(Debug)]
pub(crate) struct KeyAgain {
    /// The problem that it is.
    pub(crate) problem: Problem,
    /// The start of the mapping, where the tree has that in one place; `None`: an anchor makes others of it.
    pub(crate) mapping: Option<Position>,
    /// The value that it has the second time.
    pub(crate) value: Rc<Node>,
}

/// Reason for which a document could not be read.
#[derive(Debug)]
pub(crate) struct Unread {
    /// Every problem.
    pub(crate) problems: Vec<Problem>,
    /// True if the reading ended at the last of them, so that nothing after it was looked at.
    pub(crate) is_cut: bool,
}

/// [`load`], which leaves the keys that stand in a mapping twice for the caller to judge, and says also
/// whether the reading ended before the document did.
pub(crate) fn read(source: &Source<'_>, begin: &str) -> Result<(Rc<Node>, Vec<KeyAgain>), Unread> {
    read_all(source, begin, false)
}

fn read_all(source: &Source<'_>, begin: &str, keeps_tags: bool) -> Result<(Rc<Node>, Vec<KeyAgain>), Unread> {
    let cut = |problems| Unread { problems, is_cut: true };
    let text = source.text();
    let start = Position { line: 1, column: 1 };
    if text.len() > MAX_SOURCE_BYTES {
        let message = format!("the file is larger than {} KiB", MAX_SOURCE_BYTES / 1024);
        return Err(cut(vec![source.problem(start, message, "split off what is not rules".to_owned())]));
    }
    let mut loader = Loader {
        source,
        keeps_tags,
        problems: Vec::new(),
        again: Vec::new(),
        stack: Vec::new(),
        anchors: BTreeMap::new(),
        root: None,
        nodes: 0,
    };
    let mut documents = 0;
    for event in Parser::new_from_str(text) {
        let step = match event {
            Ok((Event::DocumentStart(_), span)) if documents > 0 => Err(Box::new(source.problem(
                position(span.start),
                "a second document starts here",
                "write all rules under one `rules:`, without the `---`".to_owned(),
            ))),
            Ok((Event::DocumentStart(_), _)) => {
                documents += 1;
                Ok(())
            }
            Ok((event, span)) => loader.event(event, span),
            Err(error) => Err(Box::new(syntax::problem(source, &error))),
        };
        if let Err(problem) = step {
            let mut problems = loader.all_problems();
            problems.push(*problem);
            return Err(cut(problems));
        }
        if loader.problems.len() + loader.again.len() >= MAX_PROBLEMS {
            return Err(cut(loader.all_problems()));
        }
    }
    if !loader.problems.is_empty() {
        return Err(Unread { problems: loader.all_problems(), is_cut: false });
    }
    match loader.root {
        Some(root) if !root.is_null() => Ok((root, loader.again)),
        _ => Err(cut(vec![source.problem(start, "the file is empty", begin.to_owned())])),
    }
}

/// The parser's position (columns from 0) as ours (from 1).
pub(super) fn position(marker: Marker) -> Position {
    Position { line: marker.line(), column: marker.col() + 1 }
}

struct Loader<'s> {
    source: &'s Source<'s>,
    /// True if tags are kept, false if they are problems.
    keeps_tags: bool,
    problems: Vec<Problem>,
    again: Vec<KeyAgain>,
    stack: Vec<Open>,
    anchors: BTreeMap<usize, Rc<Node>>,
    root: Option<Rc<Node>>,
    nodes: usize,
}

/// A list or mapping whose end has not come yet.
struct Open {
    anchor: usize,
    tag: Option<String>,
    start: Position,
    size: usize,
    height: usize,
    items: Items,
}

enum Items {
    Sequence(Vec<Rc<Node>>),
    Mapping { entries: Vec<Entry>, key: Option<Key>, seen: HashMap<String, Position> },
}

/// A key whose value has not come yet.
struct Key {
    text: String,
    at: Position,
    /// The problem that it stands in its mapping already.
    again: Option<Box<Problem>>,
}

impl Loader<'_> {
    /// Every problem so far, in the order of the file.
    fn all_problems(&mut self) -> Vec<Problem> {
        let mut all = std::mem::take(&mut self.problems);
        all.extend(std::mem::take(&mut self.again).into_iter().map(|again| again.problem));
        all.sort_by_key(|problem| (problem.line, problem.column));
        all
    }

    /// Takes one event in.
    fn event(&mut self, event: Event<'_>, span: Span) -> Result<(), Box<Problem>> {
        let start = position(span.start);
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let kept = self.kept_tag(tag.as_deref(), start)?;
                // `!!str` makes a text of what would be something else, as quotes do.
                let style = if tag.is_some_and(|tag| tag.suffix == "str") && style == ScalarStyle::Plain {
                    ScalarStyle::DoubleQuoted
                } else {
                    style
                };
                let size = 1 + text.len() / TEXT_PER_NODE;
                let scalar = Scalar { text: text.into_owned(), style };
                let node = Node { content: Content::Scalar(scalar), start, size, height: 0 };
                self.add(Rc::new(tagged(node, kept)), anchor, size)
            }
            Event::SequenceStart(anchor, tag) => {
                let tag = self.kept_tag(tag.as_deref(), start)?;
                self.open(anchor, tag, start, Items::Sequence(Vec::new()))
            }
            Event::MappingStart(anchor, tag) => {
                let tag = self.kept_tag(tag.as_deref(), start)?;
                let items = Items::Mapping { entries: Vec::new(), key: None, seen: HashMap::new() };
                self.open(anchor, tag, start, items)
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(),
            Event::Alias(anchor) => match self.anchors.get(&anchor).cloned() {
                Some(node) => self.add(Rc::clone(&node), 0, node.size),
                None => {
                    Err(Box::new(self.source.problem(start, "an alias inside of what it stands for", None)))
                }
            },
            Event::Nothing
            | Event::StreamStart
            | Event::StreamEnd
            | Event::DocumentStart(_)
            | Event::DocumentEnd => Ok(()),
        }
    }

    /// The tag to keep, as it is written. YAML's own (`!!str`) are never kept. Where no tags are, only YAML's
    /// own mean anything.
    fn kept_tag(&self, tag: Option<&Tag>, at: Position) -> Result<Option<String>, Box<Problem>> {
        match tag {
            Some(tag) if !tag.is_yaml_core_schema() && self.keeps_tags => {
                Ok(Some(format!("!{}", tag.suffix)))
            }
            Some(tag) if !tag.is_yaml_core_schema() => {
                let right = "leave it out".to_owned();
                Err(Box::new(self.source.problem(at, "tags (`!name`) mean nothing here", right)))
            }
            _ => Ok(None),
        }
    }

    /// Starts a list or mapping.
    fn open(
        &mut self,
        anchor: usize,
        tag: Option<String>,
        start: Position,
        items: Items,
    ) -> Result<(), Box<Problem>> {
        if self.stack.len() >= MAX_DEPTH {
            return Err(Box::new(self.too_deep(start)));
        }
        self.stack.push(Open { anchor, tag, start, size: 1, height: 0, items });
        Ok(())
    }

    fn too_deep(&self, at: Position) -> Problem {
        self.source.problem(at, format!("nested more than {MAX_DEPTH} levels deep"), None)
    }

    /// Ends the innermost list or mapping.
    fn close(&mut self) -> Result<(), Box<Problem>> {
        let Some(open) = self.stack.pop() else { return Ok(()) };
        let content = match open.items {
            Items::Sequence(nodes) => Content::Sequence(nodes),
            Items::Mapping { entries, .. } => Content::Mapping(self.merge(entries)),
        };
        let node = Node { content, start: open.start, size: open.size, height: open.height + 1 };
        self.add(Rc::new(tagged(node, open.tag)), open.anchor, 1)
    }

    /// Puts a finished node into what it stands in. `cost` is how many nodes it brings: an alias brings as
    /// many as it stands for, although they are shared in memory, because walking the tree must be bounded as
    /// well.
    fn add(&mut self, node: Rc<Node>, anchor: usize, cost: usize) -> Result<(), Box<Problem>> {
        self.nodes = self.nodes.saturating_add(cost);
        if self.nodes > MAX_NODES {
            let message =
                format!("more than {MAX_NODES} values, aliases expanded and long texts counted as several");
            let right = "write fewer, or fewer aliases".to_owned();
            return Err(Box::new(self.source.problem(node.start, message, right)));
        }
        if self.stack.len() + node.height > MAX_DEPTH {
            return Err(Box::new(self.too_deep(node.start)));
        }
        if anchor != 0 {
            self.anchors.insert(anchor, Rc::clone(&node));
        }
        let is_shared = self.stack.iter().any(|open| open.anchor != 0);
        let Some(parent) = self.stack.last_mut() else {
            self.root = Some(node);
            return Ok(());
        };
        parent.size = parent.size.saturating_add(node.size);
        parent.height = parent.height.max(node.height);
        match &mut parent.items {
            Items::Sequence(nodes) => nodes.push(node),
            Items::Mapping { entries, key, seen } => match key.take() {
                Some(Key { text, at, again: None }) => entries.push(Entry { key: text, at, value: node }),
                Some(Key { again: Some(problem), .. }) => {
                    let mapping = (!is_shared).then_some(parent.start);
                    self.again.push(KeyAgain { problem: *problem, mapping, value: node });
                }
                None => {
                    let at = node.start;
                    let text = match &node.content {
                        Content::Scalar(scalar) => scalar.text.clone(),
                        Content::Sequence(_) | Content::Mapping(_) => {
                            // With such a key, the rest would be read as something else than it is meant to
                            // be.
                            return Err(Box::new(key_problem(self.source, at)));
                        }
                    };
                    let again = match seen.get(&text) {
                        Some(first) if text != "<<" => {
                            Some(Box::new(key_again(self.source, &text, at, *first)))
                        }
                        _ => {
                            seen.insert(text.clone(), at);
                            None
                        }
                    };
                    *key = Some(Key { text, at, again });
                }
            },
        }
        Ok(())
    }

    /// Replaces merge keys (`<<: *base`, `<<: [*a, *b]`) by the entries that they bring and that are not
    /// there already.
    fn merge(&mut self, entries: Vec<Entry>) -> Vec<Entry> {
        if entries.iter().all(|entry| entry.key != "<<") {
            return entries;
        }
        let (merges, mut merged): (Vec<Entry>, Vec<Entry>) =
            entries.into_iter().partition(|entry| entry.key == "<<");
        let mut keys: HashSet<String> = merged.iter().map(|entry| entry.key.clone()).collect();
        for entry in merges {
            let bases = match &entry.value.content {
                Content::Sequence(nodes) => nodes.iter().collect(),
                Content::Scalar(_) | Content::Mapping(_) => vec![&entry.value],
            };
            if let Some(base) = bases.iter().find(|base| !matches!(base.content, Content::Mapping(_))) {
                let name = base
                    .as_scalar()
                    .map(|scalar| scalar.text.trim())
                    .filter(|name| name.starts_with(char::is_alphabetic) && !name.contains(' '));
                let name = name.unwrap_or("name");
                let suggestion = format!("write `<<: *{name}`, where a mapping above has this anchor");
                self.problems.push(self.source.problem(
                    entry.at,
                    "`<<` merges keys with values only",
                    suggestion,
                ));
            }
            for base in bases {
                match &base.content {
                    Content::Mapping(brought) => {
                        for new in brought {
                            if keys.insert(new.key.clone()) {
                                merged.push(new.clone());
                            }
                        }
                    }
                    Content::Scalar(_) | Content::Sequence(_) => {}
                }
            }
        }
        merged
    }
}

/// `node` behind its tag, if that is kept.
fn tagged(node: Node, tag: Option<String>) -> Node {
    let Some(key) = tag else { return node };
    let start = node.start;
    Node::of_entries(vec![Entry { key, at: start, value: Rc::new(node) }], start)
}

/// The problem that the key `text` at `at` stands in its mapping already, at `first`.
fn key_again(source: &Source<'_>, text: &str, at: Position, first: Position) -> Problem {
    let message = format!("the key `{text}` is here twice (first in line {})", first.line);
    // Without the entries of one of two lists, a rule would ask for less.
    let right = match has_list(source, at) {
        true => "put the entries of both under the first",
        false => "keep one of them",
    };
    source.problem(at, message, right.to_owned())
}

/// True where the key at `at` stands above the entries of a list.
fn has_list(source: &Source<'_>, at: Position) -> bool {
    let mut below = (at.line + 1..=source.line_count()).map(|line| source.line(line).trim_start());
    let next = below.find(|line| !line.is_empty() && !line.starts_with('#'));
    source.line(at.line).trim_end().ends_with(':') && next.is_some_and(|line| line.starts_with("- "))
}

/// A key that is a list or mapping: nearly always a template that lacks its quotes.
fn key_problem(source: &Source<'_>, at: Position) -> Problem {
    let before_and_at: String =
        source.line(at.line).chars().skip(at.column.saturating_sub(2)).take(3).collect();
    if before_and_at.contains("{{") {
        let suggestion = "in YAML, `{` starts a mapping: write '{{ … }}' with quotes".to_owned();
        source.problem(at, "a template without quotes", suggestion)
    } else {
        source.problem(at, "a key must be a plain text", None)
    }
}
