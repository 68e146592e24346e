//! Patterns in which `*` stands for any text, against texts that may have template variables.

/// The longest text that is compared with a pattern, in characters. A longer one may fit anything.
const MAX_TEXT: usize = 500;

/// Verdict on a text and a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Fit {
    /// Whatever its variables become, it does not.
    No,
    /// It depends on what its variables become.
    Maybe,
    /// Whatever its variables become, it does.
    Yes,
}

/// A character, or any text.
type Piece = Option<char>;

/// Compares `text` with `patterns`, in the case that they are written in. Returns the best fit.
pub(super) fn fit(patterns: &[String], text: &str) -> Fit {
    let text = pieces(text.trim());
    patterns.iter().map(|pattern| one(pattern, &text)).max().unwrap_or(Fit::No)
}

/// Compares a branch or a tag, by its name or as `refs/heads/main`, with `patterns`. Only a pattern that
/// begins with `refs/`, or that is `*`, is for one that is written in full.
pub(super) fn fit_ref(patterns: &[String], text: &str) -> Fit {
    let is_full = text.trim().starts_with("refs/");
    let is_for = |pattern: &&String| pattern.trim() == "*" || pattern.trim().starts_with("refs/") == is_full;
    let patterns: Vec<String> = patterns.iter().filter(is_for).cloned().collect();
    fit(&patterns, text)
}

/// As [`fit`], in any case.
pub(super) fn fit_in_any_case(patterns: &[String], text: &str) -> Fit {
    let text = pieces(text.trim().to_lowercase().as_str());
    patterns.iter().map(|pattern| one(&pattern.to_lowercase(), &text)).max().unwrap_or(Fit::No)
}

/// Compares patterns that name a parameter (`promote.yml environment=prod*`), in any case, with a build of
/// `workflow` that is given the parameters `given`. Any other parameter has a default, which may be anything.
pub(super) fn fit_left_out(patterns: &[String], workflow: &str, given: &[String]) -> Fit {
    let build = pieces(&format!("{workflow} {{{{ parameter }}}}").to_lowercase());
    let may_be = |named: &str| {
        let name = named.rsplit(char::is_whitespace).next().unwrap_or(named);
        let is_given = given.iter().any(|given| given.to_lowercase() == name);
        !is_given && one(named, &build) > Fit::No
    };
    let names_it = |pattern: &String| {
        let pattern = pattern.to_lowercase();
        pattern.match_indices('=').any(|(at, _)| pattern.get(..at).map(str::trim).is_some_and(may_be))
    };
    if patterns.iter().any(names_it) { Fit::Maybe } else { Fit::No }
}

fn one(pattern: &str, text: &[Piece]) -> Fit {
    if text.len() > MAX_TEXT {
        return Fit::Maybe;
    }
    let pattern: Vec<Piece> = pattern.trim().chars().map(|c| (c != '*').then_some(c)).collect();
    if !pattern.contains(&None) && !text.contains(&None) {
        return if pattern == text { Fit::Yes } else { Fit::No };
    }
    match (meet(&pattern, text, false), meet(&pattern, text, true)) {
        (true, _) => Fit::Yes,
        (false, true) => Fit::Maybe,
        (false, false) => Fit::No,
    }
}

/// True if `pattern` and `text` have a text in common. Unless the text's variables are `free`, only a `*` can
/// stand for one: then the pattern fits whatever they become.
fn meet(pattern: &[Piece], text: &[Piece], free: bool) -> bool {
    // For each place in the text, whether what follows it meets what follows the current place in the
    // pattern.
    let mut next: Vec<bool> = Vec::new();
    for at in (0..=pattern.len()).rev() {
        let mut row = vec![false; text.len() + 1];
        for from in (0..=text.len()).rev() {
            let later = |row: &[bool], index: usize| row.get(index).copied().unwrap_or(false);
            let meets = match (pattern.get(at), text.get(from)) {
                (None, None) => true,
                (Some(None), _) => later(&next, from) || later(&row, from + 1),
                (None, Some(None)) => free && later(&row, from + 1),
                (Some(Some(_)), Some(None)) => free && (later(&row, from + 1) || later(&next, from)),
                (Some(Some(one)), Some(Some(other))) => one == other && later(&next, from + 1),
                (Some(Some(_)), None) | (None, Some(Some(_))) => false,
            };
            if let Some(cell) = row.get_mut(from) {
                *cell = meets;
            }
        }
        next = row;
    }
    next.first().copied().unwrap_or(false)
}

/// The characters of a text, with nothing for each template variable. Where it can't be told what stands
/// outside of them, all of it is one.
fn pieces(text: &str) -> Vec<Piece> {
    let Some((before, mut rest)) = text.split_once("{{") else {
        let is_plain = !text.contains("{%") && !text.contains("{#");
        return if is_plain { text.chars().map(Some).collect() } else { vec![None] };
    };
    // Quotes may hold the end of a variable; tags, comments and trimming change what stands around them.
    if text.contains(['"', '\'']) || ["{%", "{#", "{{-", "-}}"].iter().any(|tag| text.contains(tag)) {
        return vec![None];
    }
    let mut pieces: Vec<Piece> = before.chars().map(Some).collect();
    loop {
        pieces.push(None);
        let Some((_, after)) = rest.split_once("}}") else { return pieces };
        let Some((before, next)) = after.split_once("{{") else {
            pieces.extend(after.chars().map(Some));
            return pieces;
        };
        pieces.extend(before.chars().map(Some));
        rest = next;
    }
}

/// True if a text has no template variables.
pub(super) fn is_plain(text: &str) -> bool {
    !pieces(text).contains(&None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_fits_a_pattern_for_sure_or_perhaps() {
        for (pattern, text, expected) in [
            ("main", "main", Fit::Yes),
            ("main", " main ", Fit::Yes),
            ("main", "Main", Fit::No),
            ("main", "mainline", Fit::No),
            ("*", "", Fit::Yes),
            ("release-*", "release-1", Fit::Yes),
            ("release-*", "release-{{ version }}", Fit::Yes),
            ("release-*", "{{ branch }}", Fit::Maybe),
            ("release-*", "rel{{ rest }}", Fit::Maybe),
            ("release-*", "x{{ rest }}", Fit::No),
            ("*-prod", "{{ app }}-prod", Fit::Yes),
            ("*-prod", "{{ app }}-staging", Fit::No),
            ("*-prod", "{{ app }}-{{ place }}", Fit::Maybe),
            ("a*b*c", "a{{ x }}b{{ y }}c", Fit::Yes),
            ("a*b*c", "a{{ x }}c", Fit::Maybe),
            // What the text is can't be told from its letters alone.
            ("*main", "{{ 'evil }}main' }}", Fit::Maybe),
            ("*main", "{% if a %}main", Fit::Maybe),
            ("release-*", "release-{# x #}", Fit::Maybe),
            ("a b", "a {{- x }} b", Fit::Maybe),
        ] {
            assert_eq!(fit(&[pattern.to_owned()], text), expected, "{pattern} {text}");
        }
        assert_eq!(fit_in_any_case(&["Prod*".to_owned()], "PRODUCTION"), Fit::Yes);
        assert_eq!(fit(&["a*".to_owned()], &"a".repeat(MAX_TEXT + 1)), Fit::Maybe);
        assert_eq!(fit(&[], "a"), Fit::No);
        assert!(is_plain("a {b}") && !is_plain("a {{ b }}") && !is_plain("{% raw %}"));
    }
}
