//! A key behind the value of another one, on the same line.

use super::candidates::{Line, shown};
use super::keys::{is_action, is_key};
use super::{Edit, Slip};

/// `channel: '#a', votes_required: 2` outside of brackets.
pub(super) fn key_behind(line: &Line<'_>, slips: &mut Vec<Slip>) {
    let Some((key, value)) = line.content.split_once(": ") else { return };
    let value = value.trim_start();
    let Some(quote) = value.chars().next().filter(|quote| matches!(quote, '\'' | '"')) else { return };
    let Some(length) = value.get(1..).and_then(|rest| rest.find(quote)).map(|at| at + 2) else { return };
    let (value, rest) = value.split_at(length);
    let next = rest.trim_start_matches([',', ';', ' ']);
    let Some((word, of_word)) = next.split_once(": ") else { return };
    if !is_key(key) || !is_key(word) || is_action(word) || of_word.contains([',', '{', '}', '[', ']']) {
        return;
    }
    let start = line.content.len() - rest.len() - value.len();
    let at = |bytes: usize| line.at(line.content.get(..bytes).unwrap_or_default().chars().count());
    let end = start + value.len();
    let between = rest.chars().count() - next.chars().count();
    let place = at(end + rest.len() - next.len());
    let message = format!("`{word}` stands behind the value of `{key}`");
    let (suggestion, edits) = if is_action(key) {
        let whole = format!("{key}: {{url: {value}, {next}}}");
        let edits = vec![
            Edit { at: at(start), removed: 0, put: "{url: ".to_owned() },
            Edit { at: at(end), removed: between, put: ", ".to_owned() },
            Edit { at: line.end(), removed: 0, put: "}".to_owned() },
        ];
        if key != "webhook" {
            return;
        }
        (format!("write `{}`", shown(&whole)), edits)
    } else {
        let indent = " ".repeat(line.column.saturating_sub(1));
        let put = format!("\n{indent}");
        let edits = vec![Edit { at: at(end), removed: between, put }];
        (format!("write `{}` on a line of its own", shown(next)), edits)
    };
    slips.push(Slip { at: place, message, suggestion, edits });
}
