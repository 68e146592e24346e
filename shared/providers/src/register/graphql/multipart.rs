//! `multipart/form-data`: <https://www.rfc-editor.org/rfc/rfc7578>.

use super::ParseError;

/// The most parts that are read.
const MOST_PARTS: usize = 20;

/// The boundary of a form's parts; `None`: the content type is another one.
pub(super) fn boundary(content_type: &str) -> Option<&str> {
    let (kind, rest) = content_type.split_once(';')?;
    if !kind.trim().eq_ignore_ascii_case("multipart/form-data") {
        return None;
    }
    let mut named = rest.split(';').filter_map(|piece| piece.split_once('='));
    let (_, boundary) = named.find(|(name, _)| name.trim().eq_ignore_ascii_case("boundary"))?;
    Some(boundary.trim().trim_matches('"')).filter(|boundary| !boundary.is_empty())
}

/// The parts of a form: their names and what they hold.
pub(super) fn parts<'b>(boundary: &str, body: &'b [u8]) -> Result<Vec<(String, &'b [u8])>, ParseError> {
    let bad = |problem: &str| ParseError::Body(format!("the form {problem}"));
    let delimiter = [b"\r\n--", boundary.as_bytes()].concat();
    // The first one begins the body.
    let mut rest = match body.strip_prefix(&delimiter[2..]) {
        Some(rest) => rest,
        None => after(body, &delimiter).map(|(_, rest)| rest).ok_or_else(|| bad("has no parts"))?,
    };
    let mut parts = Vec::new();
    while !rest.starts_with(b"--") {
        if parts.len() == MOST_PARTS {
            return Err(bad(&format!("has more than {MOST_PARTS} parts")));
        }
        let (part, next) = after(rest, &delimiter).ok_or_else(|| bad("ends within a part"))?;
        let (head, content) = after(part, b"\r\n\r\n").ok_or_else(|| bad("has a part without a head"))?;
        let head = String::from_utf8_lossy(head);
        let name = name(&head).ok_or_else(|| bad("has a part without a name"))?;
        parts.push((name, content));
        rest = next;
    }
    Ok(parts)
}

/// The name in a part's head.
fn name(head: &str) -> Option<String> {
    let is_disposition = |line: &&str| {
        line.split_once(':').is_some_and(|(name, _)| name.trim().eq_ignore_ascii_case("content-disposition"))
    };
    let line = head.lines().find(is_disposition)?;
    let named = line.split(';').map(str::trim).find_map(|piece| piece.strip_prefix("name="))?;
    Some(named.trim_matches('"').to_owned())
}

/// Splits `hay` at the first `needle`.
fn after<'b>(hay: &'b [u8], needle: &[u8]) -> Option<(&'b [u8], &'b [u8])> {
    let at = hay.windows(needle.len()).position(|window| window == needle)?;
    Some((hay.get(..at)?, hay.get(at + needle.len()..)?))
}
