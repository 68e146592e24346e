//! A file of cases: given this deploy, expect these runs.

use crate::args::At;
use crate::deploy::{self, Described, unknown_key};
use crate::files::read_file;
use jiff::{SignedDuration, Timestamp};
use signoff_rules::Problem;
use signoff_rules::problem::{Position, Source};
use signoff_rules::reference::{APPROVAL, names};
use signoff_rules::yaml::{Content, Entry, Node, load};
use std::path::Path;
use std::rc::Rc;

/// The keys of a dialog that can be compared.
const ASK: [&str; APPROVAL.len()] = names(&APPROVAL);
const FILE: [&str; 2] = ["rules", "cases"];
const CASE: [&str; 4] = ["name", "deploy", "at", "expect"];
const EXPECTED: [&str; 5] = ["rule", "first", "ask", "then", "blocked"];

/// A file of cases.
pub(crate) struct Cases {
    /// Its rules file, as it is named: beside the file of cases.
    pub(crate) rules: String,
    /// Place of its name in the file of cases.
    pub(crate) rules_at: Position,
    /// The cases, in order.
    pub(crate) cases: Vec<Case>,
}

/// One case.
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) at: Position,
    pub(crate) deploy: Described,
    pub(crate) when: At,
    pub(crate) expect: Vec<Expected>,
}

/// A run that is expected.
pub(crate) struct Expected {
    /// The rule's name, and where it is named.
    pub(crate) rule: String,
    pub(crate) at: Position,
    /// The lines of what runs before the dialog.
    pub(crate) first: Option<Vec<String>>,
    /// Keys and values that the dialog is expected to have.
    pub(crate) ask: Option<Vec<Entry>>,
    /// The lines of what runs after it, or of all that runs.
    pub(crate) then: Option<Vec<String>>,
    /// True if the policy is expected to block the actions of the rule.
    pub(crate) blocked: bool,
}

/// Reads a file of cases. `folder` is where it stands, `now` the time of a deploy that names none.
///
/// # Errors
/// Every problem, each with its place.
pub(crate) fn read(source: &Source<'_>, folder: &Path, now: Timestamp) -> Result<Cases, Vec<Problem>> {
    let root = load(source, "start with `rules:` and `cases:`")?;
    let mut reader = Reader { source, folder, now, problems: Vec::new() };
    let cases = reader.file(&root);
    match cases {
        Some(cases) if reader.problems.is_empty() => Ok(cases),
        _ => Err(reader.problems),
    }
}

struct Reader<'s> {
    source: &'s Source<'s>,
    folder: &'s Path,
    now: Timestamp,
    problems: Vec<Problem>,
}

/// The value of a key.
fn field<'n>(entries: &'n [Entry], key: &str) -> Option<&'n Rc<Node>> {
    entries.iter().find(|entry| entry.key == key).map(|entry| &entry.value)
}

impl Reader<'_> {
    fn problem(&mut self, at: Position, message: String, suggestion: &str) {
        self.problems.push(self.source.problem(at, message, suggestion.to_owned()));
    }

    fn file(&mut self, root: &Node) -> Option<Cases> {
        let entries = self.mapping(root, "a file of cases", &FILE, "`rules: rules.yml` and `cases:`")?;
        let rules = self.required(root, entries, "rules", "write `rules:` and the name of the rules file")?;
        let cases = self.required(root, entries, "cases", "write `cases:` and under it a list of cases")?;
        let name = self.text(rules, "rules");
        let cases = self.list(cases, "cases").iter().filter_map(|node| self.case(node)).collect();
        Some(Cases { rules: name?, rules_at: rules.start, cases })
    }

    fn case(&mut self, node: &Node) -> Option<Case> {
        let entries = self.mapping(node, "a case", &CASE, "`- name:`, `deploy:` and `expect:`")?;
        let name = self.required(node, entries, "name", "say what the case is about").cloned();
        let deploy =
            self.required(node, entries, "deploy", "write, for example, `deploy: {sha: 7bf7226}`").cloned();
        let expect =
            self.required(node, entries, "expect", "list the runs, or write `expect: []` for none").cloned();
        let name = name.and_then(|name| self.text(&name, "name"));
        let when = match field(entries, "at") {
            None => Some(At::After(SignedDuration::ZERO)),
            Some(node) => self.when(node),
        };
        let deploy = deploy.and_then(|node| self.deploy(&node));
        let expect = expect.map(|node| {
            let nodes = self.list(&node, "expect");
            nodes.iter().filter_map(|node| self.expected(node)).collect()
        });
        Some(Case { name: name?, at: node.start, deploy: deploy?, when: when?, expect: expect? })
    }

    fn when(&mut self, node: &Node) -> Option<At> {
        let text = self.text(node, "at")?;
        text.parse()
            .map_err(|right: String| self.problem(node.start, format!("at: `{text}` is not a time"), &right))
            .ok()
    }

    /// A deploy, or the name of a file that describes one.
    fn deploy(&mut self, node: &Node) -> Option<Described> {
        let read = match &node.content {
            Content::Scalar(scalar) if !scalar.is_null() => {
                let path = self.folder.join(&scalar.text);
                match read_file(&path) {
                    Ok(text) => deploy::parse(&text, &path.display().to_string(), self.now),
                    Err(stop) => Err(vec![self.source.problem(node.start, format!("deploy: {stop}"), None)]),
                }
            }
            Content::Scalar(_) | Content::Sequence(_) | Content::Mapping(_) => {
                deploy::read(self.source, node, self.now)
            }
        };
        read.map_err(|problems| self.problems.extend(problems)).ok()
    }

    fn expected(&mut self, node: &Node) -> Option<Expected> {
        let shape = "`- rule: name-of-the-rule` and, under it, what is expected of its run";
        let entries = self.mapping(node, "an expected run", &EXPECTED, shape)?;
        let rule = self.required(node, entries, "rule", "name the rule")?;
        let ask = field(entries, "ask").map(|node| self.ask(node));
        let mut lines = |key| field(entries, key).map(|node| self.lines(node, key));
        let (first, then) = (lines("first"), lines("then"));
        let blocked = field(entries, "blocked").is_some_and(|node| self.truth(node, "blocked"));
        Some(Expected { rule: self.text(rule, "rule")?, at: rule.start, first, ask, then, blocked })
    }

    fn truth(&mut self, node: &Node, what: &str) -> bool {
        let truth = node.as_scalar().and_then(|scalar| scalar.as_bool());
        if truth.is_none() {
            let message = format!("{what} takes true or false{}", node.instead());
            self.problem(node.start, message, "write `true` or `false`, without quotes");
        }
        truth.unwrap_or_default()
    }

    /// Keys and values that a dialog is expected to have. Empty: the dialog only has to be there.
    fn ask(&mut self, node: &Node) -> Vec<Entry> {
        if node.is_null() {
            return Vec::new();
        }
        let shape = "`ask: {channel: '#releases'}`, with keys of slack_channel_approval";
        self.mapping(node, "ask", &ASK, shape).map(<[Entry]>::to_vec).unwrap_or_default()
    }

    /// A list of actions' lines.
    fn lines(&mut self, node: &Node, what: &str) -> Vec<String> {
        self.list(node, what).iter().map(|node| line(node)).collect()
    }

    fn mapping<'n>(&mut self, node: &'n Node, what: &str, keys: &[&str], shape: &str) -> Option<&'n [Entry]> {
        let Content::Mapping(entries) = &node.content else {
            let message = format!("{what} takes keys with values{}", node.instead());
            self.problem(node.start, message, &format!("write {shape}"));
            return None;
        };
        // As in a rules file, keys of the file that start with `x-` hold what anchors point to.
        let anchors = |entry: &&Entry| keys == FILE && entry.key.starts_with("x-");
        for entry in entries.iter().filter(|entry| !keys.contains(&entry.key.as_str()) && !anchors(entry)) {
            self.problems.push(unknown_key(self.source, entry, what, keys));
        }
        Some(entries)
    }

    fn required<'n>(
        &mut self,
        node: &Node,
        entries: &'n [Entry],
        key: &str,
        right: &str,
    ) -> Option<&'n Rc<Node>> {
        let found = field(entries, key);
        if found.is_none() {
            self.problem(node.start, format!("no key `{key}`"), right);
        }
        found
    }

    fn list<'n>(&mut self, node: &'n Node, what: &str) -> &'n [Rc<Node>] {
        match &node.content {
            Content::Sequence(nodes) => nodes,
            Content::Scalar(_) | Content::Mapping(_) => {
                let message = format!("{what} takes a list{}", node.instead());
                self.problem(node.start, message, "start each entry with `- `");
                &[]
            }
        }
    }

    fn text(&mut self, node: &Node, what: &str) -> Option<String> {
        match node.as_scalar().filter(|scalar| !scalar.is_null() && !scalar.text.trim().is_empty()) {
            Some(scalar) => Some(scalar.text.trim().to_owned()),
            None => {
                self.problem(node.start, format!("{what} takes a text{}", node.instead()), "write one");
                None
            }
        }
    }
}

/// An action's line, however it is written: without quotes, `auto_approve_build: build` is a mapping.
pub(crate) fn line(node: &Node) -> String {
    match &node.content {
        Content::Mapping(entries) => entries.iter().map(pair).collect::<Vec<_>>().join(", "),
        Content::Scalar(_) | Content::Sequence(_) => inner(node),
    }
}

fn pair(entry: &Entry) -> String {
    format!("{}: {}", entry.key, inner(&entry.value))
}

fn inner(node: &Node) -> String {
    match &node.content {
        Content::Scalar(scalar) => scalar.text.trim().to_owned(),
        Content::Sequence(nodes) => nodes.iter().map(|node| inner(node)).collect::<Vec<_>>().join(", "),
        Content::Mapping(entries) => {
            format!("{{{}}}", entries.iter().map(pair).collect::<Vec<_>>().join(", "))
        }
    }
}
