//! Templates that work, and hardly mean what they say: a brace that is shown, and texts that are always true.

use super::code::{Code, Kind, Piece, Token, pieces};

/// Something odd in a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Odd {
    /// Number of characters before it.
    pub(crate) offset: usize,
    pub(crate) message: String,
    pub(crate) suggestion: String,
    /// The code that the suggestion puts another one in the place of, the number of characters before it, and
    /// that other one.
    pub(crate) change: Option<(usize, String, String)>,
}

/// The oddities of a template, in its order.
pub(crate) fn odd(template: &str) -> Vec<Odd> {
    if !template.contains('{') {
        return Vec::new();
    }
    let pieces = pieces(template);
    let mut found = Vec::new();
    let before = |at: usize| template.get(..at).unwrap_or_default().chars().count();
    for (index, piece) in pieces.iter().enumerate() {
        match piece {
            Piece::Text(at, text) if text.starts_with('}') && index > 0 && has_lone_brace(&pieces) => {
                found.push(Odd {
                    offset: before(*at),
                    message: "this `}` is shown as it stands".to_owned(),
                    suggestion: "take it out".to_owned(),
                    change: Some((before(*at), "}".to_owned(), String::new())),
                });
            }
            Piece::Text(..) | Piece::Comment(..) => {}
            Piece::Code(code) => {
                found.extend(text_alone(code).map(|alone| Odd {
                    offset: before(alone.at),
                    message: alone.message.to_owned(),
                    suggestion: alone.right,
                    change: alone.change.and_then(|(start, end, put)| {
                        Some((before(start), template.get(start..end)?.to_owned(), put))
                    }),
                }));
            }
        }
    }
    found
}

/// True if the text outside of code closes more braces than it opens: JSON around code is none.
fn has_lone_brace(pieces: &[Piece<'_>]) -> bool {
    let count = |sign: char| {
        let of = |piece: &Piece<'_>| match piece {
            Piece::Text(_, text) => text.matches(sign).count(),
            Piece::Comment(..) | Piece::Code(_) => 0,
        };
        pieces.iter().map(of).sum::<usize>()
    };
    count('}') > count('{')
}

/// A text in code that is always true, or shows code.
struct Alone {
    /// Number of bytes before it.
    at: usize,
    message: &'static str,
    right: String,
    /// The start and the end of the code that is to be another, in bytes, and that other.
    change: Option<(usize, usize, String)>,
}

/// `environment == 'a' or 'b'`, where `'b'` is true whatever the environment is; and a template in a text.
fn text_alone(code: &Code<'_>) -> Option<Alone> {
    let texts = code.tokens.iter().enumerate().filter(|(_, token)| token.kind == Kind::Text);
    for (index, token) in texts {
        if code.is_statement && token.text.contains("{{") {
            let inner = token.text.split("{{").nth(1).and_then(|rest| rest.split("}}").next())?.trim();
            return Some(Alone {
                at: token.start,
                message: "nothing is filled in within a text of a template's code",
                right: format!("name `{inner}` without quotes and braces"),
                change: None,
            });
        }
        if let Some(alone) = beside_another(&code.tokens, index) {
            return Some(alone);
        }
    }
    None
}

/// The text of this number, where it stands beside the one that a variable is compared with.
fn beside_another(tokens: &[Token<'_>], index: usize) -> Option<Alone> {
    const GOES_ON: [&str; 13] = ["==", "!=", "in", "is", "not", "~", "|", ".", "[", "and", "or", "<", ">"];
    let token = tokens.get(index)?;
    let before = |distance: usize| index.checked_sub(distance).and_then(|at| tokens.get(at));
    let is = |distance: usize, text: &str| before(distance).is_some_and(|token| token.is(text));
    let first = before(2).filter(|first| first.kind == Kind::Text)?;
    let is_grouped = is(3, "(");
    let distance = 3 + usize::from(is_grouped);
    let operator = before(distance).filter(|operator| operator.is("==") || operator.is("!="))?;
    let behind = tokens.get(index + 1 + usize::from(is_grouped));
    let goes_on = behind.is_some_and(|token| GOES_ON.iter().any(|sign| token.is(sign)));
    if !(is(1, "or") || is(1, "and")) || goes_on {
        return None;
    }
    let name = before(distance + 1)?;
    let is_whole = before(distance + 2).is_none_or(|token| !token.is(".") && !token.is("]"));
    let is_either = operator.is("==") && is(1, "or") || operator.is("!=") && is(1, "and");
    let word = if operator.is("!=") { "not in" } else { "in" };
    let put = format!("{} {word} [{}, {}]", name.text, first.text, token.text);
    let is_known = name.is_value_name() && is_whole && is_either;
    let end = if is_grouped { tokens.get(index + 1)?.end() } else { token.end() };
    Some(Alone {
        at: token.start,
        message: "this text is compared with nothing, and is always true",
        right: match is_known {
            true => format!("write `{put}`"),
            false => "compare each with the variable".to_owned(),
        },
        change: is_known.then_some((name.start, end, put)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn odd_template_is_told_with_what_is_meant() {
        for (template, expected) in [
            ("{{ environment }}}", Some("take it out")),
            ("{% if tags %}}x{% endif %}", Some("take it out")),
            ("{# x #}}", Some("take it out")),
            ("{\"text\": {{ environment }}}", None),
            ("{{ environment }}, }", None),
            ("{% if environment == 'x' or 'b' %}y{% endif %}", Some("write `environment in ['x', 'b']`")),
            ("{% if environment == ('x' or 'b') %}y{% endif %}", Some("write `environment in ['x', 'b']`")),
            (
                "{% if environment != 'x' and 'b' %}y{% endif %}",
                Some("write `environment not in ['x', 'b']`"),
            ),
            ("{% if environment != 'x' or 'b' %}y{% endif %}", Some("compare each with the variable")),
            ("{% if environment == 'x' or 'b' in tags %}y{% endif %}", None),
            ("{{ environment == 'x' and 'y' or 'n' }}", None),
            ("{% if \"{{ tags }}\" %}x{% endif %}", Some("name `tags` without quotes and braces")),
            ("{{ '{{ environment }}' }}", None),
        ] {
            let found = odd(template);
            assert_eq!(found.first().map(|odd| odd.suggestion.as_str()), expected, "{template}");
        }
    }
}
