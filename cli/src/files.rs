//! Reading and writing files.

use crate::Streams;
use serde::de::IgnoredAny;
use std::borrow::Cow;
use std::fs;
use std::io;
use std::path::Path;

/// Error that ends a command early.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Stop {
    /// A file that can't be read or written.
    #[error("{path}: {reason}")]
    File { path: String, reason: String },
    /// A Signoff that can't be asked: why, and what to do.
    #[error("{0}")]
    Ask(String),
    /// A Signoff that gave no answer, though it may give one later.
    #[error("{0}")]
    Unanswered(String),
    /// Nobody takes what is written.
    #[error("cannot write: {0}")]
    Write(#[from] io::Error),
}

impl Stop {
    pub(crate) fn file(path: &Path, reason: impl ToString) -> Self {
        Self::File { path: path.display().to_string(), reason: reason.to_string() }
    }
}

/// True if a path stands for the standard input.
pub(crate) fn is_input(path: &Path) -> bool {
    path == Path::new("-")
}

/// The text of a file, or of the standard input for `-`.
pub(crate) fn read(path: &Path, streams: &mut Streams<'_>) -> Result<String, Stop> {
    if is_input(path) {
        let mut bytes = Vec::new();
        streams.input.read_to_end(&mut bytes).map_err(|error| Stop::file(path, error))?;
        return text(path, bytes);
    }
    read_file(path)
}

/// The text of a file.
pub(crate) fn read_file(path: &Path) -> Result<String, Stop> {
    text(path, fs::read(path).map_err(|error| unreadable(path, &error))?)
}

/// Error for a path that can't be read, in words that are the same on every system.
pub(crate) fn unreadable(path: &Path, error: &io::Error) -> Stop {
    match error.kind() {
        io::ErrorKind::NotFound => Stop::file(path, "no such file"),
        io::ErrorKind::IsADirectory => Stop::file(path, "this is a folder; name a file in it"),
        _ => Stop::file(path, error),
    }
}

/// A text as YAML takes it. JSON may be indented with tabs and write a character as two escapes
/// (`\ud83d\ude80`), and YAML may not. Every line stays where it is.
pub(crate) fn as_yaml(text: &str) -> Cow<'_, str> {
    if !text.contains(['\t', '\\']) || serde_json::from_str::<IgnoredAny>(text).is_err() {
        return text.into();
    }
    let mut yaml = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        let (before, escape) = rest.split_at(at);
        yaml.push_str(before);
        let two = escape.get(..12).filter(|two| two.starts_with("\\u"));
        let one = two.and_then(|two| serde_json::from_str::<String>(&format!("\"{two}\"")).ok());
        let (shown, length) = match &one {
            Some(one) if one.chars().count() == 1 => (one.as_str(), 12),
            Some(_) | None => (escape.get(..2).unwrap_or(escape), 2),
        };
        yaml.push_str(shown);
        rest = escape.get(length..).unwrap_or("");
    }
    yaml.push_str(rest);
    // Within a text of JSON there is no tab as such.
    yaml.replace('\t', " ").into()
}

fn text(path: &Path, bytes: Vec<u8>) -> Result<String, Stop> {
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        Stop::file(path, format!("it is not UTF-8, from byte {at} on: save it as UTF-8"))
    })
}
