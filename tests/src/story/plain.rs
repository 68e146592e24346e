//! Texts as people see them, without what differs from run to run.

/// True if `text` has the form of CircleCI's ids.
fn is_uuid(text: &str) -> bool {
    text.len() == 36 && text.bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit())
}

/// `text` without what differs from run to run: revisions, ids, ports, and the dates of this run ("on
/// November 23rd at 01:54").
pub(super) fn plain(text: &str) -> String {
    let mut plain = String::new();
    for word in text.split_inclusive([' ', '\n']) {
        let bare = word.trim_start_matches('(').trim_end_matches([' ', '\n', ',', '.', ':', ')']);
        if is_uuid(bare) {
            plain.push_str(&word.replace(bare, "ID"));
            continue;
        }
        let hex = bare.len() >= 7 && bare.bytes().all(|byte| byte.is_ascii_hexdigit());
        plain.push_str(&if hex { word.replace(bare, "REVISION") } else { word.to_owned() });
    }
    let mut undated = String::new();
    let mut rest = plain.as_str();
    while let Some(at) = rest.find(" at ") {
        let (before, after) = rest.split_at(at + 4);
        let time = after.len() >= 5 && after.is_char_boundary(5) && after.as_bytes()[2] == b':';
        let word = [" on ", " until "].into_iter().filter_map(|word| Some((before.rfind(word)?, word))).max();
        match word {
            Some((on, word)) if time => {
                undated.push_str(&before[..on]);
                undated.push_str(word);
                undated.push_str("DATE at TIME");
                rest = &after[5..];
                // A window of seconds is told to the second.
                let is_second = rest.len() >= 3
                    && rest.starts_with(':')
                    && rest.as_bytes()[1..3].iter().all(u8::is_ascii_digit);
                rest = if is_second { &rest[3..] } else { rest };
            }
            _ => {
                undated.push_str(before);
                rest = after;
            }
        }
    }
    without_ports(&(undated + rest))
}

/// `text` with one name in the place of each address of this machine: a receiver's port differs from run to
/// run.
fn without_ports(text: &str) -> String {
    let mut parts = text.split("http://127.0.0.1:");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| {
        let rest = part.trim_start_matches(|digit: char| digit.is_ascii_digit());
        format!("{text}https://RECEIVER{rest}")
    })
}
