//! "Did you mean": the known name that a misspelt one is closest to, unless it says something else.

mod sense;

pub(crate) use sense::{Sense, denied, sense};

/// Least likeness of two names, from 0 to 1, for one to be suggested for the other.
const LIKENESS: f64 = 0.6;

/// Least likeness of a name of fewer letters than [`SHORTEST`]: nearly all of them are a few letters apart.
const LIKENESS_OF_SHORT: f64 = 0.65;
/// See [`LIKENESS_OF_SHORT`].
const SHORTEST: usize = 5;

/// The shortest name that is looked for within longer ones.
const SHORTEST_PART: usize = 4;

/// The most alike of `known` to `name`, ignoring case and taking `-` for `_`; `None` where none is alike
/// enough, or that one says something else.
pub(crate) fn closest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    likest(name, known).filter(|known| sense(name, known) == Sense::Same)
}

/// The most alike of `known` to `name`, whatever it says.
fn likest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let plain = |text: &str| text.trim().to_lowercase().replace(['-', ' '], "_");
    let name = plain(name);
    // Comparing takes time by the product of both lengths, and no known name is long.
    if name.len() > 60 {
        return None;
    }
    let least = if name.chars().count() < SHORTEST { LIKENESS_OF_SHORT } else { LIKENESS };
    let known: Vec<(String, &str)> =
        known.into_iter().map(|candidate| (plain(candidate), candidate)).collect();
    let likest = known
        .iter()
        .map(|(plain, candidate)| (strsim::normalized_damerau_levenshtein(&name, plain), *candidate))
        .filter(|(likeness, _)| *likeness >= least)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, candidate)| candidate);
    likest.or_else(|| {
        // `votes` for `votes_required`: a part that only one of them has.
        let mut longer = known.iter().filter(|(plain, _)| {
            name.len() >= SHORTEST_PART
                && (plain.strip_prefix(&name).is_some_and(|rest| rest.starts_with('_'))
                    || plain.strip_suffix(&name).is_some_and(|rest| rest.ends_with('_')))
        });
        longer.next().filter(|_| longer.next().is_none()).map(|(_, candidate)| *candidate)
    })
}

/// The one of `known` that `name` may be meant for, as the clause ``did you mean `x`?``; `None` where none is
/// alike enough.
pub fn did_you_mean<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    closest(name, known).map(|candidate| format!("did you mean `{candidate}`?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_finger_is_recognised_and_another_word_is_not() {
        let known = ["environment", "tags", "pr_labels", "pr_label"];
        for (name, expected) in [
            ("enviroment", Some("environment")),
            ("Environment", Some("environment")),
            ("pr-labels", Some("pr_labels")),
            ("tag", Some("tags")),
            ("labels", Some("pr_labels")),
            ("weather", None),
            ("env", None),
            ("tgas", Some("tags")),
            ("pr", None),
            ("", None),
        ] {
            assert_eq!(closest(name, known), expected, "{name}");
        }
        assert_eq!(closest(&"x".repeat(100_000), known), None);
    }
}
