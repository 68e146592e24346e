//! Characters within a value that look like others, or like nothing: a value is compared as it stands.

use super::Rule;
use super::reader::Reader;
use crate::edit::Edit;
use crate::odd::{Looks, first_odd, is_from_right, is_of_writing, looks};
use crate::problem::Position;
use crate::yaml::{Content, Entry, Node, Scalar, ScalarStyle, locate};
use std::collections::BTreeSet;
use std::rc::Rc;

/// Keys whose text is written for people, who see what is meant: only what nobody sees is told of.
const FOR_PEOPLE: [&str; 13] = [
    "add_to_deploy_message_thread",
    "body",
    "comment",
    "description",
    "detail",
    "field_value",
    "meessage",
    "message",
    "notify_deploy_authors",
    "notify_deployer",
    "notify_mentioned_issues",
    "prompt",
    "slack_deploy_message",
];

/// Most characters that are taken out of one text.
const MAX_EDITS: usize = 50;
/// Most rules with such names that are looked for.
const MAX_NAMES: usize = 100;

/// Keys beside which `name` is what people call an approval or a freeze window.
const TITLED: [&str; 5] = ["approvers", "channel", "dates", "days", "on_success"];

impl Reader<'_> {
    /// A notice of each value with such a character, but for texts that people read, and the names of `rules`
    /// where others name them.
    pub(super) fn odd_values(&mut self, root: &Node, rules: &[Rule]) {
        let names = rules.iter().map(|rule| rule.name.as_str()).filter(|name| first_odd(name).is_some());
        let names: Vec<&str> = names.take(MAX_NAMES).collect();
        let mut nodes: Vec<Value> = Vec::new();
        match &root.content {
            // What stands under `x-…` is looked at where it is used.
            Content::Mapping(entries) => {
                let used = entries.iter().filter(|entry| !entry.key.starts_with("x-"));
                nodes.extend(used.map(|entry| Value::new(&entry.value, false)));
            }
            Content::Scalar(_) | Content::Sequence(_) => self.odd_values_of(root, &names, &mut nodes),
        }
        // An alias stands for the same place.
        let mut seen = BTreeSet::new();
        while let Some(value) = nodes.pop() {
            if self.has_enough_notices() {
                return;
            }
            if !seen.insert((value.node.start.line, value.node.start.column)) {
                continue;
            }
            match value.node.as_scalar() {
                Some(scalar) if value.is_for_people => self.unseen_in_text(&value.node, scalar),
                Some(_) | None => self.odd_values_of(&value.node, &names, &mut nodes),
            }
        }
    }

    /// Looks at one node, and adds what is in it to `nodes`.
    fn odd_values_of(&mut self, node: &Node, names: &[&str], nodes: &mut Vec<Value>) {
        match &node.content {
            Content::Scalar(scalar) => self.odd_value(node, scalar, names),
            Content::Sequence(entries) => nodes.extend(entries.iter().map(|node| Value::new(node, false))),
            Content::Mapping(entries) => {
                entries.iter().for_each(|entry| self.colon_of_a_key(entry));
                let is_titled = entries.iter().any(|entry| TITLED.contains(&entry.key.as_str()));
                let is_for_people = |key: &str| FOR_PEOPLE.contains(&key) || key == "name" && is_titled;
                let value = |entry: &Entry| Value::new(&entry.value, is_for_people(&entry.key));
                // What belongs to a text as keys of its own (`detail`) is for programs, and for people.
                let is_text =
                    |entry: &&Entry| !is_for_people(&entry.key) || entry.value.as_scalar().is_some();
                nodes.extend(entries.iter().filter(is_text).map(value));
            }
        }
    }

    /// `build: deploy // the new one`: a comment of another language, which is a part of the value here.
    fn comment_of_others(&mut self, node: &Node, scalar: &Scalar) -> bool {
        let Some((before, _)) = scalar.text.split_once(" // ") else { return false };
        let is_there = self.source.from(node.start).starts_with(&scalar.text);
        if scalar.style != ScalarStyle::Plain || !is_there || before.contains("{{") {
            return false;
        }
        let at = Position { column: node.start.column + before.chars().count() + 1, ..node.start };
        let edit = Edit { at, removed: 2, put: "#".to_owned() };
        let message = "`//` starts no comment in YAML, and is a part of the value";
        self.notice_with(at, message, "write `#`".to_owned(), vec![edit]);
        true
    }

    /// `name:: deploy.yml`: the key ends with a `:` of its own.
    fn colon_of_a_key(&mut self, entry: &Entry) {
        let is_there = self.source.from(entry.at).starts_with(&format!("{}:", entry.key));
        if !entry.key.ends_with(':') || entry.key.len() < 2 || !is_there {
            return;
        }
        let at = Position { column: entry.at.column + entry.key.chars().count() - 1, ..entry.at };
        let edit = Edit { at, removed: 1, put: String::new() };
        let message = format!("the name `{}` ends with a `:`", entry.key);
        self.notice_with(at, message, "write one `:`".to_owned(), vec![edit]);
    }

    /// `environment: production,`: a sign that ends the line in JSON and other languages.
    fn sign_at_the_end(&mut self, node: &Node, scalar: &Scalar) {
        let Some(sign) = scalar.text.chars().last().filter(|sign| matches!(sign, ',' | ';')) else { return };
        let is_word = !scalar.text.contains(char::is_whitespace) && scalar.text.len() > 1;
        if scalar.style != ScalarStyle::Plain || !is_word {
            return;
        }
        let column = node.start.column + scalar.text.chars().count() - 1;
        let edit = Edit { at: Position { column, ..node.start }, removed: 1, put: String::new() };
        let message = format!("the `{sign}` is a part of the value");
        self.notice_with(
            edit.at,
            message,
            "leave it out, or put the value into quotes".to_owned(),
            vec![edit],
        );
    }

    fn odd_value(&mut self, node: &Node, scalar: &Scalar, names: &[&str]) {
        if scalar.text.is_ascii() && !scalar.text.contains(is_unseen_control) {
            if self.comment_of_others(node, scalar) {
                return;
            }
            return self.sign_at_the_end(node, scalar);
        }
        // As long as it was, so that the place is the same.
        let hidden = |text: String, name: &&str| text.replace(*name, &"x".repeat(name.chars().count()));
        let text = names.iter().fold(scalar.text.clone(), hidden);
        let Some((offset, c, looks)) = odd_in(&text) else { return };
        let (message, right) = looks.told(c);
        let message = match looks {
            Looks::Nothing | Looks::Space => format!("{message} is a part of the value"),
            Looks::Dash | Looks::Quote(_) | Looks::Sign(_) => {
                format!("{message}, and is a part of the value")
            }
        };
        let right = if looks == Looks::Dash { "write `-`".to_owned() } else { right };
        let at = locate(self.source, node, offset);
        // In double quotes, it may stand there as an escape.
        let is_there = self.source.from(at).starts_with(c);
        let edit = is_there.then(|| Edit { at, removed: 1, put: looks.right().to_owned() });
        // Which of several quotes are meant is for its author to say.
        let edits = edit.filter(|_| !matches!(looks, Looks::Quote(_))).into_iter().collect();
        self.notice_with(at, message, right, edits);
    }

    /// Tells of the characters of a text for people that nobody sees: they hide or turn what stands around.
    fn unseen_in_text(&mut self, node: &Node, scalar: &Scalar) {
        if scalar.text.is_ascii() && !scalar.text.contains(is_unseen_control) {
            return;
        }
        let unseen = unseen(&scalar.text);
        let Some((offset, c)) = unseen.first().copied() else { return };
        let (message, right) = Looks::Nothing.told(c);
        let right = match unseen.len() {
            1 => right,
            count => format!("{right}, and {} more in this text", count - 1),
        };
        let place = |offset: usize| locate(self.source, node, offset);
        // In double quotes, it may stand there as an escape.
        let edits: Option<Vec<Edit>> = unseen
            .iter()
            .map(|(offset, c)| {
                let at = place(*offset);
                let is_there = self.source.from(at).starts_with(*c);
                is_there.then(|| Edit { at, removed: 1, put: String::new() })
            })
            .collect();
        let (at, edits) = (place(offset), edits.filter(|edits| edits.len() <= MAX_EDITS).unwrap_or_default());
        self.notice_with(at, format!("{message} is a part of the text"), right, edits);
    }
}

/// A value that is to be looked at.
struct Value {
    node: Rc<Node>,
    /// It is a text that people read.
    is_for_people: bool,
}

impl Value {
    fn new(node: &Rc<Node>, is_for_people: bool) -> Self {
        Self { node: Rc::clone(node), is_for_people }
    }
}

/// The characters of a text for people that hide or turn what stands around them, with their places: at most
/// one more than are taken out.
fn unseen(text: &str) -> Vec<(usize, char)> {
    let is_from_right = text.contains(is_from_right);
    let chars: Vec<char> = text.chars().collect();
    let is_unseen = |(index, c): &(usize, char)| {
        let is_odd = is_unseen_control(*c) || looks(*c) == Some(Looks::Nothing);
        is_odd && !(is_from_right && is_of_writing(*c)) && !is_joining(&chars, *index)
    };
    chars.iter().copied().enumerate().filter(is_unseen).take(MAX_EDITS + 1).collect()
}

/// True for what joins the parts of an emoji, or letters of a script that has such joins.
fn is_joining(chars: &[char], index: usize) -> bool {
    let beside = [index.checked_sub(1).and_then(|before| chars.get(before)), chars.get(index + 1)];
    let is_among = beside.iter().all(|c| c.is_some_and(|c| !c.is_ascii()));
    match chars.get(index) {
        // The flags of England, Scotland and Wales end in tags.
        Some('\u{e0020}'..='\u{e007f}') => chars.contains(&'\u{1f3f4}'),
        Some('\u{200c}' | '\u{200d}') => is_among,
        Some(_) | None => false,
    }
}

/// True if a character moves or hides the text around it.
fn is_unseen_control(c: char) -> bool {
    c.is_control() && !matches!(c, '\n' | '\t')
}

/// The first character of a text that is most likely another one than it looks like, and its place.
fn odd_in(text: &str) -> Option<(usize, char, Looks)> {
    let chars: Vec<char> = text.chars().collect();
    let is_quoted = |quote: Option<&char>| {
        quote.and_then(|c| looks(*c)).is_some_and(|looks| matches!(looks, Looks::Quote(_)))
    };
    let has_quotes = chars.len() > 1 && is_quoted(chars.first()) && is_quoted(chars.last());
    chars.iter().copied().enumerate().find_map(|(index, c)| {
        let looks = if is_unseen_control(c) { Looks::Nothing } else { looks(c)? };
        let before = index.checked_sub(1).and_then(|before| chars.get(before)).copied();
        let beside = [before, chars.get(index + 1).copied()];
        let is_beside = |is: fn(char) -> bool| beside.iter().any(|c| c.is_some_and(is));
        let is_odd = match looks {
            // In a family of emoji and in Persian these characters join what stands beside them.
            // The flags of England, Scotland and Wales end in tags.
            Looks::Nothing if chars.contains(&'\u{1f3f4}') && ('\u{e0020}'..='\u{e007f}').contains(&c) => {
                false
            }
            Looks::Nothing => beside.iter().any(|c| c.is_none_or(|c| c.is_ascii())),
            Looks::Space => true,
            Looks::Dash => {
                let is_range = beside.iter().all(|c| c.is_some_and(|c| c.is_ascii_digit()));
                c != '·'
                    && c != '•'
                    && !is_range
                    && is_beside(|c| c.is_ascii_alphanumeric())
                    && !is_beside(|c| c == ' ')
            }
            Looks::Quote(_) => has_quotes,
            Looks::Sign(sign) => sign.is_alphabetic() && is_beside(|c| c.is_ascii_alphabetic()),
        };
        is_odd.then_some((index, c, looks))
    })
}

#[cfg(test)]
mod tests {
    use super::unseen;
    use crate::parse;

    #[test]
    fn unseen_characters_of_a_text_are_found() {
        for (text, expected) in [
            ("plain é – “x” 👩‍💻 🏳️‍🌈", vec![]),
            ("a\u{202e}b\u{202c}", vec![1, 3]),
            ("\u{2066}x\u{2069}", vec![0, 2]),
            ("a\u{200b} b\u{ad}c\u{feff}", vec![1, 4, 6]),
            ("a\u{8}b", vec![1]),
            ("a\u{200d}b", vec![1]),
            ("שלום \u{200e}(x)\u{2067}y\u{2069}", vec![]),
            ("שלום \u{202e}x", vec![5]),
            ("می\u{200c}خواهم", vec![]),
            ("🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}", vec![]),
            ("x\u{e0067}", vec![1]),
        ] {
            let places: Vec<usize> = unseen(text).into_iter().map(|(place, _)| place).collect();
            assert_eq!(places, expected, "{text:?}");
        }
    }

    #[test]
    fn name_of_a_rule_is_odd_at_its_own_place_only() {
        let file = |name: &str, other: &str, key: &str| {
            format!(
                "rules:\n  - {name}:\n      actions: [trigger_build]\n  - b:\n      {}\n      actions: [trigger_build]\n",
                key.replace('$', other)
            )
        };
        let (after, failed) = ("after: $", "conditions: [\"failed_rules='$'\"]");
        let places = |name: &str, other: &str, key: &str| -> Vec<(usize, usize)> {
            let told = match parse(&file(name, other, key), "f") {
                Ok(file) => file.notices,
                Err(problems) => problems,
            };
            told.iter().map(|told| (told.line, told.column)).collect()
        };
        for key in [after, failed] {
            assert_eq!(places("pro\u{2011}mote", "pro\u{2011}mote", key), [], "{key}");
            assert_eq!(places("pro\u{a0}mote", "pro\u{a0}mote", key), [(2, 8)], "{key}");
            assert_eq!(places("pro\u{2011}mote", "pro-mote", key), [(2, 8)], "{key}");
        }
        assert_eq!(places("pro-mote", "pro\u{2011}mote", after), [(5, 17)]);
        assert_eq!(places("pro mote", "pro\u{a0}mote", after), [(5, 17)]);
        assert_eq!(places("pro mote", "pro\u{a0}mote", failed), [(5, 38)]);
    }

    #[test]
    fn odd_character_of_a_value_is_told_by_its_code_point() {
        for (action, expected) in [
            ("auto_approve_build: deploy\u{200b}prod", "U+200B"),
            ("auto_approve_build: deploy\u{ad}prod", "U+00AD"),
            ("auto_approve_build: deploy\u{202e}prod", "U+202E"),
            ("auto_approve_build: deploy\u{e0041}prod", "U+E0041"),
            ("auto_approve_build: deploy\u{3164}prod", "U+3164"),
            ("auto_approve_build: deploy\u{a0}prod", "U+00A0"),
            ("auto_approve_build: deploy\u{2011}prod", "U+2011"),
            ("auto_approve_build: \"deploy\\u001bprod\"", "U+001B"),
            ("auto_approve_build: „deploy“", "U+201E"),
            ("auto_approve_build: ′deploy′", "U+2032"),
            ("auto_approve_build: \u{420}roduction", "U+0420"),
            ("slack_channel_approval: {channel: '#a', approvers: \"ana\u{200d}@b.co\"}", "U+200D"),
            ("auto_approve_build: deploy,", "`,`"),
            ("trigger_build: {parameters: {name: x.yml, to: 'eu,'}}", ""),
            // What is meant as it stands.
            ("auto_approve_build: деплой", ""),
            ("auto_approve_build: デプロイ（本番）", ""),
            ("auto_approve_build: build – deploy", ""),
            ("auto_approve_build: l’équipe", ""),
            ("auto_approve_build: 👩\u{200d}🚀 up", ""),
            ("slack_deploy_message: “out”\u{a0}!", ""),
            ("auto_approve_build: phase 1–2", ""),
            ("slack_channel_approval: {channel: '#a', name: 'Phase one–two'}", ""),
            ("auto_approve_build: \u{1f3f4}\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f} up", ""),
        ] {
            let text = format!("rules:\n  - a:\n      actions:\n        - {action}\n");
            let notices = parse(&text, "f").unwrap().notices;
            assert_eq!(notices.len(), usize::from(!expected.is_empty()), "{action}: {notices:?}");
            assert!(notices.iter().all(|notice| notice.message.contains(expected)), "{action}: {notices:?}");
        }
    }
}
