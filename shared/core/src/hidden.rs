//! Characters that nobody sees.

/// True if `c` has no shape of its own, or changes only how others are shown: a name that has one looks like
/// another name. Source: <https://www.unicode.org/reports/tr36/#Visual_Security_Issues>.
pub fn is_hidden(c: char) -> bool {
    reorders(c)
        || matches!(
            c,
            '\u{ad}'
                | '\u{180e}'
                | '\u{200b}'..='\u{200d}'
                | '\u{2028}'
                | '\u{2029}'
                | '\u{2060}'..='\u{2064}'
                | '\u{feff}'
                | '\u{e0000}'..='\u{e007f}'
        )
}

/// True if `c` sets the direction in which the text after it is shown.
/// Source: <https://www.unicode.org/reports/tr9/#Directional_Formatting_Characters>.
pub fn reorders(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}
