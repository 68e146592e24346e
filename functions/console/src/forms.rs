//! Values that people typed into forms, and their problems.

pub(crate) mod key;
pub(crate) mod people;
pub(crate) mod people_file;
pub(crate) mod settings;

/// Text typed into a field, and its problem.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Field {
    pub(crate) text: String,
    pub(crate) problem: Option<String>,
}

impl Field {
    /// A field with this text.
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), problem: None }
    }
}
