//! `wordwrap`.

use super::{Given, invalid, shown};
use crate::template::Bounded;
use minijinja::Error;
use minijinja::value::Value;
use std::collections::VecDeque;
use std::fmt::Write;

/// `wordwrap`: each line of a text in lines of at most so many characters, as Python's `textwrap` cuts them.
/// Mentions and links are not cut.
pub(super) fn wordwrap(value: &Value, mut given: Given) -> Result<Value, Error> {
    let width = given.take::<usize>("width")?.unwrap_or(79);
    let break_words = given.take::<bool>("break_long_words")?.unwrap_or(true);
    let wrapstring = given.take::<String>("wrapstring")?.unwrap_or_else(|| "\n".to_owned());
    let break_hyphens = given.take::<bool>("break_on_hyphens")?.unwrap_or(true);
    given.end()?;
    if width == 0 {
        return Err(invalid("`wordwrap` takes a width of at least 1".to_owned()));
    }
    if value.is_safe() {
        return Ok(value.clone());
    }
    let text = shown(value)?;
    let mut written = Bounded(String::new());
    for (index, line) in text.lines().enumerate() {
        if index > 0 {
            written.write_str(&wrapstring)?;
        }
        for (index, part) in wrapped(line, width, break_words, break_hyphens).iter().enumerate() {
            if index > 0 {
                written.write_str(&wrapstring)?;
            }
            written.write_str(part)?;
        }
    }
    Ok(Value::from(written.0))
}

/// A line in lines of at most `width` characters.
fn wrapped(line: &str, width: usize, break_words: bool, break_hyphens: bool) -> Vec<String> {
    let mut chunks: VecDeque<Vec<char>> = chunks(line, break_hyphens).into();
    let is_space = |chunk: &Vec<char>| chunk.iter().all(|c| c.is_whitespace());
    let mut lines = Vec::new();
    while !chunks.is_empty() {
        if !lines.is_empty() && chunks.front().is_some_and(is_space) {
            chunks.pop_front();
        }
        let (mut current, mut length): (Vec<Vec<char>>, usize) = (Vec::new(), 0);
        while let Some(chunk) = chunks.pop_front() {
            if length + chunk.len() <= width {
                length += chunk.len();
                current.push(chunk);
                continue;
            }
            if chunk.len() <= width || !(break_words || current.is_empty()) {
                chunks.push_front(chunk);
            } else if break_words {
                let room = width - length;
                let hyphen = chunk.iter().take(room).rposition(|c| *c == '-').filter(|at| *at > 0);
                let end = hyphen.filter(|_| break_hyphens).map_or(room, |at| at + 1);
                let mut start = chunk;
                chunks.push_front(start.split_off(end));
                current.push(start);
            } else {
                current.push(chunk);
            }
            break;
        }
        if current.last().is_some_and(is_space) {
            current.pop();
        }
        if !current.is_empty() {
            lines.push(current.concat().into_iter().collect());
        }
    }
    lines
}

/// The runs of spaces and of other characters, where hyphens may be broken at also the parts of words up to a
/// hyphen between letters.
fn chunks(line: &str, break_hyphens: bool) -> Vec<Vec<char>> {
    let mut chunks: Vec<Vec<char>> = Vec::new();
    let chars: Vec<char> = line.chars().collect();
    let word =
        |at: Option<usize>| at.and_then(|at| chars.get(at)).is_some_and(|c| c.is_alphanumeric() || *c == '_');
    let letter =
        |at: Option<usize>| word(at) && at.and_then(|at| chars.get(at)).is_some_and(|c| !c.is_numeric());
    for (index, c) in chars.iter().enumerate() {
        let behind = |distance: usize| index.checked_sub(distance);
        let after_hyphen = break_hyphens
            && behind(1).and_then(|at| chars.get(at)) == Some(&'-')
            && letter(behind(2))
            && word(behind(3))
            && word(Some(index))
            && letter(Some(index + 1));
        let turns = behind(1)
            .and_then(|at| chars.get(at))
            .is_none_or(|last| last.is_whitespace() != c.is_whitespace());
        match chunks.last_mut() {
            Some(chunk) if !turns && !after_hyphen => chunk.push(*c),
            Some(_) | None => chunks.push(vec![*c]),
        }
    }
    chunks
}
