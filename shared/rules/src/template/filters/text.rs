//! Filters that shape a text.

use super::{Given, invalid, shown};
use crate::template::MAX_OUTPUT_BYTES;
use minijinja::Error;
use minijinja::value::Value;

/// Most characters by which a text may be longer than allowed without being cut.
const LEEWAY: usize = 5;

/// `center`: a text in the middle of so many characters. Of an odd number of spaces, Python puts one more to
/// the left where the width is odd.
pub(super) fn center(value: &Value, mut given: Given) -> Result<Value, Error> {
    let width = given.take::<usize>("width")?.unwrap_or(80);
    given.end()?;
    if width > MAX_OUTPUT_BYTES {
        return Err(invalid(format!("`center({width})` is too wide: at most {MAX_OUTPUT_BYTES}")));
    }
    let text = shown(value)?;
    let spaces = width.saturating_sub(text.chars().count());
    let left = spaces / 2 + (spaces & width & 1);
    let centered = format!("{:left$}{text}{:right$}", "", "", right = spaces - left);
    Ok(if value.is_safe() { Value::from_safe_string(centered) } else { Value::from(centered) })
}

/// `filesizeformat`: a number of bytes as people read it.
pub(super) fn filesizeformat(value: &Value, mut given: Given) -> Result<Value, Error> {
    let binary = given.take::<bool>("binary")?.unwrap_or(false);
    given.end()?;
    let text = shown(value)?;
    let bytes = text.trim().parse::<f64>().ok().filter(|bytes| bytes.is_finite());
    let Some(bytes) = bytes else {
        return Err(invalid("`filesizeformat` takes a number of bytes".to_owned()));
    };
    let (base, units) = if binary {
        (1024.0, ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB", "ZiB", "YiB"])
    } else {
        (1000.0, ["kB", "MB", "GB", "TB", "PB", "EB", "ZB", "YB"])
    };
    if bytes == 1.0 {
        return Ok(Value::from("1 Byte"));
    }
    if bytes < base {
        return Ok(Value::from(format!("{:.0} Bytes", bytes.trunc())));
    }
    let (mut size, mut shown_unit) = (bytes, "");
    for unit in units {
        (size, shown_unit) = (size / base, unit);
        if size < base {
            break;
        }
    }
    Ok(Value::from(format!("{size:.1} {shown_unit}")))
}

/// `striptags`: a text without the tags and comments of HTML, with one space for several, and its entities as
/// characters.
pub(super) fn striptags(text: &str) -> String {
    let without_comments = without(text, "<!--", "-->");
    let without_tags = without(&without_comments, "<", ">");
    let words: Vec<&str> = without_tags.split_whitespace().collect();
    let mut text = words.join(" ");
    for (entity, character) in
        [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#34;", "\""), ("&#39;", "'"), ("&amp;", "&")]
    {
        text = text.replace(entity, character);
    }
    text
}

/// A text without what stands from `start` up to `end`.
fn without(text: &str, start: &str, end: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(start) {
        let Some((_, behind)) = after.split_once(end) else { break };
        kept.push_str(before);
        rest = behind;
    }
    kept + rest
}

/// `truncate`: so many characters of a text, with what shows that it was cut. A mention or a link is not cut:
/// half of one would be neither.
pub(super) fn truncate(value: &Value, mut given: Given) -> Result<Value, Error> {
    let length = given.take::<usize>("length")?.unwrap_or(255);
    let killwords = given.take::<bool>("killwords")?.unwrap_or(false);
    let end = given.take::<String>("end")?.unwrap_or_else(|| "...".to_owned());
    let leeway = given.take::<usize>("leeway")?.unwrap_or(LEEWAY);
    given.end()?;
    if value.is_safe() {
        return Ok(value.clone());
    }
    let Some(kept) = length.checked_sub(end.chars().count()) else {
        return Err(invalid(format!("`truncate({length})` leaves no room for its end, `{end}`")));
    };
    let text = shown(value)?;
    if text.chars().count() <= length.saturating_add(leeway) {
        return Ok(Value::from(text.into_owned()));
    }
    let cut: String = text.chars().take(kept).collect();
    let cut =
        if killwords { cut.as_str() } else { cut.rsplit_once(' ').map_or(cut.as_str(), |(words, _)| words) };
    Ok(Value::from(format!("{cut}{end}")))
}

/// `wordcount`: the number of runs of letters, digits and `_`.
pub(super) fn wordcount(text: &str) -> usize {
    text.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty()).count()
}

/// A text that stands in an attribute of XML.
pub(super) fn xml(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&#34;")
        .replace('\'', "&#39;")
}
