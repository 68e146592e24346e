//! Changes of an issue, whichever tracker has it.

/// A comment to be written on an issue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Comment<'a> {
    /// Text of the comment.
    pub text: &'a str,
    /// The deploy's page, which it links to.
    pub page: &'a str,
    /// Key that identifies the comment: the effect's id. An issue never has two comments with one key.
    pub key: &'a str,
    /// True if an earlier attempt may have written it.
    pub may_stand: bool,
}

/// An issue is in the state that was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved {
    /// The state, as the tracker writes it.
    pub state: String,
    /// True if it was in this state before.
    pub already: bool,
}

/// The first 10 of some names, separated by commas.
pub(crate) fn listed<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let names: Vec<&str> = names.into_iter().collect();
    let more = names.len().saturating_sub(10);
    let mut text = names.into_iter().take(10).collect::<Vec<_>>().join(", ");
    if more > 0 {
        text.push_str(&format!(" and {more} more"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_names_are_listed() {
        let names: Vec<String> = (1..=12).map(|number| number.to_string()).collect();
        assert_eq!(listed(names.iter().map(String::as_str)), "1, 2, 3, 4, 5, 6, 7, 8, 9, 10 and 2 more");
        assert_eq!(listed(["one"]), "one");
    }
}
