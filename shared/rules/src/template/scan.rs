//! Finding the code in a template: what stands in `{{ … }}` and `{% … %}`, outside of texts in quotes.

/// What a template may not hold, with the number of characters before it.
///
/// `*` and `+` make lists of any length of short ones (`[1] * 100000000`), which the engine walks without counting it as
/// work; joining texts, what they are otherwise good for, is `~`. `raw` is refused so that this scan and the engine agree
/// about what is code.
pub(super) fn refused(template: &str) -> Option<(usize, &'static str)> {
    let chars: Vec<char> = template.chars().collect();
    let mut at = 0;
    while at < chars.len() {
        at = match marker(&chars, at) {
            Some('#') => skip_comment(&chars, at),
            Some(kind) => match scan_code(&chars, at, kind) {
                Ok(end) => end,
                Err(refused) => return Some(refused),
            },
            None => at + 1,
        };
    }
    None
}

/// `{`, `%` or `#` where `{{`, `{%` or `{#` stands.
fn marker(chars: &[char], at: usize) -> Option<char> {
    match (chars.get(at), chars.get(at + 1)) {
        (Some('{'), Some(kind @ ('{' | '%' | '#'))) => Some(*kind),
        _ => None,
    }
}

fn skip_comment(chars: &[char], at: usize) -> usize {
    let rest = chars.get(at + 2..).unwrap_or_default();
    rest.windows(2).position(|pair| pair == ['#', '}']).map_or(chars.len(), |end| at + 2 + end + 2)
}

/// Scans `{{ … }}` or `{% … %}` (`kind` tells which) from its first character; the place behind it, or what is refused.
fn scan_code(chars: &[char], start: usize, kind: char) -> Result<usize, (usize, &'static str)> {
    let end = if kind == '{' { '}' } else { '%' };
    let mut at = start + 2;
    // `{%-` and `{%+` say what happens to the spaces around.
    if matches!(chars.get(at), Some('-' | '+')) {
        at += 1;
    }
    let word: String =
        chars.iter().skip(at).skip_while(|c| c.is_whitespace()).take_while(|c| c.is_alphanumeric()).collect();
    if kind == '%' && word == "raw" {
        return Err((start, "`raw` cannot be used in a template"));
    }
    let mut nesting = 0_i32;
    while let Some(&c) = chars.get(at) {
        let closes = |at: usize| chars.get(at) == Some(&end) && chars.get(at + 1) == Some(&'}');
        if nesting == 0 && closes(at) {
            return Ok(at + 2);
        }
        match c {
            '-' | '+' if nesting == 0 && closes(at + 1) => return Ok(at + 3),
            '+' | '*' => return Err((at, "`+` and `*` cannot be used in a template: join texts with `~`")),
            '(' | '[' | '{' => nesting += 1,
            ')' | ']' | '}' => nesting -= 1,
            '\'' | '"' => at = end_of_text(chars, at),
            _ => {}
        }
        at += 1;
    }
    Ok(at)
}

/// The place of the quote that ends the text that starts at `at`.
fn end_of_text(chars: &[char], at: usize) -> usize {
    let quote = chars.get(at);
    let mut end = at + 1;
    while end < chars.len() && chars.get(end) != quote {
        end += if chars.get(end) == Some(&'\\') { 2 } else { 1 };
    }
    end
}

/// How many characters stand before `name` where it first stands as a whole word within code; a comment or a text in
/// quotes may be taken for code, which only costs precision.
pub(super) fn word_offset(template: &str, name: &str) -> Option<usize> {
    let is_word = |c: char| c.is_alphanumeric() || c == '_' || c == '.';
    let mut from = 0;
    while let Some(found) = template.get(from..)?.find('{') {
        let start = from + found;
        let rest = template.get(start..)?;
        let close = if rest.starts_with("{{") {
            "}}"
        } else if rest.starts_with("{%") {
            "%}"
        } else {
            from = start + 1;
            continue;
        };
        let code = rest.get(..rest.find(close).unwrap_or(rest.len()))?;
        for (index, _) in code.match_indices(name) {
            let before = code.get(..index).and_then(|text| text.chars().next_back());
            let after = code.get(index + name.len()..).and_then(|text| text.chars().next());
            if !before.is_some_and(is_word) && !after.is_some_and(|c| is_word(c) && c != '.') {
                return Some(template.get(..start + index)?.chars().count());
            }
        }
        from = start + code.len().max(1);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_makes_long_lists_is_refused_and_nothing_else() {
        for (template, expected) in [
            ("a + b * c", None),
            ("{{ 'a + b' ~ \"*\" }} + {{ tags }} *", None),
            ("{{ 'it\\'s + ' }}", None),
            ("{%+ if tags +%}x{% endif -%} +", None),
            ("{# + #} {{ tags }}", None),
            ("{{ a + b }}", Some(5)),
            ("{{ {'a': {'b': 1}} * 2 }}", Some(19)),
            ("{{ {'a': 1} }} + {{ [1]*2 }}", Some(23)),
            ("{% set x = x+x %}", Some(12)),
            ("{{ '}}' * 9 }}", Some(8)),
            ("{{ 2 ** 9 }}", Some(5)),
            ("{% raw %}{{ ' {% endraw %}{{ [1] * 9 }}", Some(0)),
            ("{%- raw -%}", Some(0)),
            ("{{", None),
            ("{% 'open", None),
            ("{#", None),
        ] {
            assert_eq!(refused(template).map(|(offset, _)| offset), expected, "{template}");
        }
    }

    #[test]
    fn a_name_is_found_where_it_is_code() {
        assert_eq!(word_offset("tagz: {{ x.tagz }} {{ tagz2 }} {{ tagz.x }}", "tagz"), Some(34));
        assert_eq!(word_offset("é {% if tagz %}", "tagz"), Some(8));
        assert_eq!(word_offset("{{ a", "tagz"), None);
    }
}
