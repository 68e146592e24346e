//! An approval's question.

use maud::{Markup, html};

/// Text with mrkdwn's `*bold*` as bold: what stands between two asterisks that touch it, alone on their outer
/// sides.
pub(super) fn formatted(text: &str) -> Markup {
    let (mut parts, mut rest) = (Vec::new(), text);
    while let Some((before, bold, after)) = next_bold(rest) {
        parts.push(html! { (before) strong { (bold) } });
        rest = after;
    }
    html! { @for part in &parts { (part) } (rest) }
}

/// The first bold text, with what stands before and after it.
fn next_bold(text: &str) -> Option<(&str, &str, &str)> {
    let part_of_word = |c: char| c.is_alphanumeric() || c == '*';
    let stars = || text.match_indices('*').map(|(at, _)| at);
    stars().find_map(|open| {
        let (before, inside) = (text.get(..open)?, text.get(open + 1..)?);
        let opens = !before.ends_with(part_of_word) && !inside.starts_with(char::is_whitespace);
        let (bold, after) = inside.split_once('*')?;
        let closes = !bold.is_empty() && !bold.contains('\n') && !bold.ends_with(char::is_whitespace);
        (opens && closes && !after.starts_with(part_of_word)).then_some((before, bold, after))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bold_text() {
        for (text, shown) in [
            ("*Promote* it to *production*?", "<strong>Promote</strong> it to <strong>production</strong>?"),
            ("(*a b*)", "(<strong>a b</strong>)"),
            ("2 * 3 * 4, a*b*c, **, *never closed", "2 * 3 * 4, a*b*c, **, *never closed"),
            ("*<b>*", "<strong>&lt;b&gt;</strong>"),
            ("*\u{fc}ber* *\u{1f680}*", "<strong>\u{fc}ber</strong> <strong>\u{1f680}</strong>"),
        ] {
            assert_eq!(formatted(text).0, shown);
        }
    }
}
