//! Names that are like another one and say something else: `no_self_approval` is no `self_approval`.

use super::likest;

/// Words that turn the rest of a name round.
const DENYING: [&str; 35] = [
    "no",
    "not",
    "non",
    "never",
    "dont",
    "doesnt",
    "cant",
    "un",
    "anti",
    "deny",
    "denies",
    "denied",
    "disallow",
    "disallowed",
    "forbid",
    "forbidden",
    "block",
    "blocked",
    "prevent",
    "without",
    "exclude",
    "excluded",
    "excluding",
    "except",
    "skip",
    "ignore",
    "disable",
    "disabled",
    "reject",
    "bypass",
    "suppress",
    "unless",
    "off",
    "avoid",
    "refuse",
];
/// Beginnings of a word that turn it round.
const DENYING_STARTS: [&str; 4] = ["un", "non", "dis", "in"];
/// Words that give a name another meaning, which is not the opposite either.
const CHANGING: [&str; 9] = ["max", "maximum", "most", "any", "either", "or", "one", "some", "instead"];

/// The way in which a name says something else than another name that is like it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sense {
    /// It says the same.
    Same,
    /// It denies it: `no_self_approval`.
    Opposite,
    /// It says neither: `max_votes_required`.
    Other,
}

/// The words of a name in lower case: of `noSelfApproval`, `no`, `self` and `approval`.
fn words_of(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut was_lower = false;
    for c in name.trim().chars() {
        if matches!(c, '\'' | '’') {
            continue;
        }
        if !c.is_alphanumeric() || (was_lower && c.is_uppercase()) {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut().filter(|_| c.is_alphanumeric()) {
            word.extend(c.to_lowercase());
        }
        was_lower = c.is_lowercase();
    }
    words.retain(|word| !word.is_empty());
    words
}

/// The sense of `name` beside that of `known`, which is like it: a name may be a letter away from another one
/// and say the opposite.
pub(crate) fn sense(name: &str, known: &str) -> Sense {
    if name.trim().starts_with(['!', '-', '¬', '^']) && !known.starts_with(['!', '-', '¬', '^']) {
        return Sense::Opposite;
    }
    let (own, others) = (words_of(name), words_of(known));
    if own.concat() == others.concat() {
        return Sense::Same;
    }
    let is_alike = |one: &str, other: &str| strsim::normalized_damerau_levenshtein(one, other) >= 0.75;
    // A word that both have, however it is spelt, makes no difference.
    let beyond = |own: &[String], others: &[String]| -> (usize, bool) {
        let rest = own.iter().filter(|word| !others.contains(word));
        let is_denied = |word: &&String| {
            let inner = DENYING_STARTS.iter().filter_map(|start| word.strip_prefix(start));
            let is_glued = |inner: &str| {
                others.iter().any(|other| {
                    strsim::normalized_damerau_levenshtein(inner, other)
                        > strsim::normalized_damerau_levenshtein(word, other)
                        && is_alike(inner, other)
                })
            };
            // `reject_required` is short for `rejections_required`.
            let is_short = others.iter().any(|other| word.len() > 4 && other.starts_with(word.as_str()));
            DENYING.contains(&word.as_str()) && !is_short || inner.into_iter().any(is_glued)
        };
        let denied = rest.clone().filter(is_denied).count();
        (denied, rest.clone().any(|word| CHANGING.contains(&word.as_str())))
    };
    let ((denied, is_changed), (denied_there, is_changed_there)) =
        (beyond(&own, &others), beyond(&others, &own));
    // `noselfapproval`
    let (whole, other) = (own.concat(), others.concat());
    let is_glued = denied == 0
        && DENYING.iter().any(|word| {
            whole.strip_prefix(word).or_else(|| whole.strip_suffix(word)).is_some_and(|rest| rest == other)
        });
    if is_changed || is_changed_there {
        return Sense::Other;
    }
    match denied + denied_there + usize::from(is_glued) {
        0 => Sense::Same,
        count if count % 2 == 1 => Sense::Opposite,
        // `no_unverified_commits`
        _ => Sense::Other,
    }
}

/// The name among `known` that `name` denies or changes: `self_approval` for `no_self_approval`; with its
/// sense.
pub(crate) fn denied<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<(&'a str, Sense)> {
    let known: Vec<&str> = known.into_iter().collect();
    let left: Vec<String> = words_of(name)
        .into_iter()
        .filter(|word| !DENYING.contains(&word.as_str()) && !CHANGING.contains(&word.as_str()))
        .collect();
    let left = left.join("_");
    let found = likest(name, known.iter().copied())
        .filter(|known| sense(name, known) != Sense::Same)
        .or_else(|| likest(&left, known).filter(|known| sense(name, known) != Sense::Same))?;
    Some((found, sense(name, found)))
}

#[cfg(test)]
mod tests {
    use super::super::closest;
    use super::*;

    #[test]
    fn name_that_denies_another_is_not_meant_for_it() {
        for (name, known, expected) in [
            ("no_self_approval", "self_approval", Sense::Opposite),
            ("no-self-aproval", "self_approval", Sense::Opposite),
            ("noSelfApproval", "self_approval", Sense::Opposite),
            ("noselfapproval", "self_approval", Sense::Opposite),
            ("self_approval_forbidden", "self_approval", Sense::Opposite),
            ("self_disapproval", "self_approval", Sense::Opposite),
            ("don't_ask_again", "ask_again", Sense::Opposite),
            ("unverified_commits", "verified_commits", Sense::Opposite),
            ("unverifed_commits", "verified_commits", Sense::Opposite),
            ("no_unverified_commits", "verified_commits", Sense::Other),
            ("on_unsuccess", "on_success", Sense::Opposite),
            ("known_makers", "unknown_makers", Sense::Opposite),
            ("max_votes_required", "votes_required", Sense::Other),
            ("conditions_any", "conditions", Sense::Other),
            ("!sat", "sat", Sense::Opposite),
            ("self_approvals", "self_approval", Sense::Same),
            ("allow_self_approval", "self_approval", Sense::Same),
            ("reject_required", "rejections_required", Sense::Same),
            ("un_do_window", "undo_window", Sense::Same),
            ("unknow_makers", "unknown_makers", Sense::Same),
            ("enviroment", "environment", Sense::Same),
            ("inviroment", "environment", Sense::Same),
            ("undo_windw", "undo_window", Sense::Same),
            ("minimum_votes_required", "votes_required", Sense::Same),
        ] {
            assert_eq!(sense(name, known), expected, "{name}");
            let is_meant = closest(name, [known]).is_some();
            assert!(!is_meant || expected == Sense::Same, "{name}");
        }
    }
}
