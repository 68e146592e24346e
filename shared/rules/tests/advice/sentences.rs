//! The sentences of messages, as the source has them.

use std::fs;
use std::path::{Path, PathBuf};

/// Source files with the messages about a rules file.
const SOURCES: [&str; 8] = [
    "src/file",
    "src/condition/lexer.rs",
    "src/condition/parser.rs",
    "src/odd.rs",
    "src/suggest.rs",
    "src/template/check.rs",
    "src/template",
    "src/yaml",
];
/// Files among them with messages about other files, or none.
const OTHERS: [&str; 8] =
    ["tests", "policy.rs", "filters", "filters.rs", "limits.rs", "options.rs", "context.rs", "zones.rs"];
/// The shortest text that is a sentence, in letters.
const SHORTEST: usize = 8;

/// A text of the source.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Sentence {
    /// The source file's name.
    pub(super) file: String,
    /// The text, with its placeholders.
    pub(super) text: String,
}

impl Sentence {
    /// True if a message may be this sentence, with any text in its placeholders.
    pub(super) fn is_in(&self, told: &str) -> bool {
        if told.contains(&self.text) {
            return true;
        }
        let mut rest = told;
        for part in parts(&self.text) {
            let Some(at) = rest.find(&part) else { return false };
            rest = &rest[at + part.len()..];
        }
        true
    }
}

/// Returns the fixed parts of a format's text.
fn parts(text: &str) -> Vec<String> {
    let plain = text.replace("{{", "\u{1}").replace("}}", "\u{2}");
    let mut parts = vec![String::new()];
    let mut is_placeholder = false;
    for c in plain.chars() {
        match c {
            '{' => is_placeholder = true,
            '}' => {
                is_placeholder = false;
                parts.push(String::new());
            }
            _ if is_placeholder => {}
            _ => parts.last_mut().unwrap().push(c),
        }
    }
    // A text that is no format has its braces as they are.
    parts
        .iter()
        .map(|part| part.replace('\u{1}', "{").replace('\u{2}', "}"))
        .filter(|part| !part.trim().is_empty())
        .collect()
}

/// Every sentence of the messages.
pub(super) fn all() -> Vec<Sentence> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    SOURCES.iter().for_each(|source| gather(&root.join(source), &mut files));
    files.sort();
    files.dedup();
    let mut all = Vec::new();
    for file in files {
        let source = fs::read_to_string(&file).unwrap();
        let source = source.split("#[cfg(test)]").next().unwrap_or_default();
        let name = file.strip_prefix(root.join("src")).unwrap().display().to_string();
        let sentences = literals(source).into_iter().filter(|text| is_sentence(text));
        all.extend(sentences.map(|text| Sentence { file: name.clone(), text }));
    }
    all.sort();
    all.dedup();
    all
}

fn gather(path: &Path, files: &mut Vec<PathBuf>) {
    let name = path.file_name().unwrap().to_string_lossy().into_owned();
    if OTHERS.contains(&name.as_str()) || name == "tests.rs" {
        return;
    }
    if path.is_dir() {
        fs::read_dir(path).unwrap().for_each(|entry| gather(&entry.unwrap().path(), files));
    } else if name.ends_with(".rs") {
        files.push(path.to_owned());
    }
}

fn is_sentence(text: &str) -> bool {
    let parts = parts(text).join(" ");
    let letters = parts.chars().filter(|c| c.is_alphabetic()).count();
    letters >= SHORTEST && parts.trim().contains(' ')
}

/// Calls that look for a text and tell nobody.
const LOOKING: [&str; 7] =
    ["has(", "contains(", "starts_with(", "ends_with(", "strip_prefix(", "split_once(", "reason = "];

/// The texts in quotes of a source file, but for those that are looked for.
fn literals(source: &str) -> Vec<String> {
    let mut texts = Vec::new();
    let mut chars = source.chars().peekable();
    let mut before = String::new();
    while let Some(c) = chars.next() {
        before.push(c);
        match c {
            '/' if chars.peek() == Some(&'/') => while chars.next_if(|c| *c != '\n').is_some() {},
            // `'"'` and `'\''`, but no lifetime.
            '\'' => {
                let rest: String = chars.clone().take(3).collect();
                let skipped = if rest.starts_with('\\') {
                    3
                } else if rest.chars().nth(1) == Some('\'') {
                    2
                } else {
                    0
                };
                (0..skipped).for_each(|_| {
                    chars.next();
                });
            }
            '"' => {
                let mut text = String::new();
                while let Some(c) = chars.next() {
                    match c {
                        '"' => break,
                        '\\' => match chars.next() {
                            Some('n') => text.push('\n'),
                            // The line goes on in the next one.
                            Some('\n') => while chars.next_if(|c| c.is_whitespace()).is_some() {},
                            Some('u') => text.push('{'),
                            Some(c) => text.push(c),
                            None => {}
                        },
                        c => text.push(c),
                    }
                }
                let call = before.trim_end_matches('"');
                if !LOOKING.iter().any(|looking| call.ends_with(looking)) {
                    texts.push(text);
                }
            }
            _ => {}
        }
    }
    texts
}
