//! What the issue trackers have in common.

/// A comment to be written on an issue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Comment<'a> {
    /// What it says.
    pub text: &'a str,
    /// The deploy's page, which it links to.
    pub page: &'a str,
    /// What it is known by: the effect's id. An issue never has two comments with one key.
    pub key: &'a str,
    /// Whether an earlier attempt may have written it.
    pub may_stand: bool,
}

/// An issue is in the state that was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved {
    /// The state, as the tracker writes it.
    pub state: String,
    /// Whether it was in this state before.
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
